//! What follows a refused create: one look, since the refusal may follow an earlier success, then a problem with the
//! catalogue's code. The same request is not sent again while nothing changed.

use super::discover::moved;
use super::send::Leaving;
use super::settle::broken_rule;
use super::{Stage, Stop, Turned, Worker};
use adapters::ledger::records::{Change, RefusalRecord};
use adapters::ports::{CallError, Refusal};
use domain::orders::export::{Event, State, apply};
use domain::problem::Problem;

impl Worker {
    /// A refusal may follow an earlier success, so one look is owed before it counts.
    pub(super) async fn record_refused(
        &mut self,
        turned: &mut Turned,
        mut part: Leaving,
        reasons: Vec<Refusal>,
    ) -> Stage<Option<CallError>> {
        let now = self.now();
        let words = reasons.iter().map(|r| r.message.as_str()).collect::<Vec<_>>().join("; ");
        self.move_answered(turned, &mut part, &Event::Refused { now }, &words).await?;
        let facts = self.shop_facts(turned).await?;
        let tokens = [part.row.export.token.clone()];
        let asked = self.clock.mono();
        let found = self.shop.find_exports(&tokens).await.map_err(Stop::Shopify)?;
        let looked = self.look(&part.row, &found, &facts, asked).await?;
        self.take_look(turned, &mut part.row, looked).await?;
        if part.row.export.state != State::Seen {
            return Ok(None);
        }
        self.hold_refused(turned, part, &reasons).await
    }

    /// Holds an order whose request was clearly refused, unless the refusal concerns the whole shop.
    pub(super) async fn hold_refused(
        &mut self,
        turned: &mut Turned,
        part: Leaving,
        reasons: &[Refusal],
    ) -> Stage<Option<CallError>> {
        let now = self.now();
        if reasons.iter().any(|reason| reason.code == adapters::shopify::ORDER_QUOTA) {
            let until = now.plus(std::time::Duration::from_secs(60));
            let told = Problem::DestOrderQuota { until }.told("");
            self.commit(turned, &[Change::ProblemOpened { order: None, told }]).await?;
            return Ok(Some(CallError::Throttled { until }));
        }
        let problem = refusal_problem(reasons, &part);
        if let Problem::ConnShopUnavailable { answer, .. } = &problem {
            return Ok(Some(CallError::Closed { answer: answer.clone() }));
        }
        let told = problem.told(part.record.id.as_str());
        let same = part.row.refusal.as_ref().filter(|old| old.fingerprint == part.circumstances);
        let refusal = RefusalRecord {
            fingerprint: part.circumstances.clone(),
            times: same.map_or(0, |old| old.times) + 1,
            at: now,
            told: told.clone(),
        };
        let export = apply(&part.row.export, &Event::Held).map_err(broken_rule)?;
        let changes = [
            moved(&export, &Event::Held, &told.sentence),
            Change::RefusalNoted { key: export.key.clone(), refusal: Some(refusal) },
            Change::Problems { order: Some(part.record.id.clone()), told: vec![told] },
            Change::ReportDue { order: part.record.id.clone(), due: Some(now) },
        ];
        self.commit(turned, &changes).await?;
        Ok(None)
    }
}

/// The catalogue's table from Shopify's user errors to codes.
fn refusal_problem(reasons: &[Refusal], part: &Leaving) -> Problem {
    let Some(first) = reasons.first() else {
        return Problem::DestRejected { message: "no reason given".to_owned(), field: String::new() };
    };
    let path = first.field.to_ascii_lowercase();
    let text = first.message.to_ascii_lowercase();
    let line_stock = text.contains("unable to reserve inventory");
    let currency = part.request.expected.currency;
    match first.code.as_str() {
        "SHOP_DORMANT" => Problem::ConnShopUnavailable { shop: String::new(), answer: first.message.clone() },
        "INVENTORY_CLAIM_FAILED" => Problem::StockClaimFailed,
        _ if line_stock => Problem::StockClaimFailed,
        "PROCESSED_AT_INVALID" => {
            let date = part.draft.as_ref().and_then(|draft| draft.processed_on);
            Problem::DestDateInvalid { date: date.map(|day| day.to_string()).unwrap_or_default() }
        }
        "TAX_LINE_RATE_MISSING" => Problem::TaxRuleMissing { country: String::new() },
        "REDUNDANT_CUSTOMER_FIELDS" => {
            Problem::SysUnexpected { id: part.row.export.key.to_string(), step: "order creation".to_owned() }
        }
        _ if path.ends_with("email") => Problem::CustEmailInvalid {
            email: part.draft.as_ref().map(|draft| draft.email.clone()).unwrap_or_default(),
        },
        _ if path.contains("currency") => {
            Problem::MoneyCurrency { found: currency.code().to_owned(), allowed: Vec::new() }
        }
        _ => Problem::DestRejected { message: first.message.clone(), field: first.field.clone() },
    }
}
