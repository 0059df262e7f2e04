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
use jiff::civil::Date;

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
        let problem = refusal_problem(reasons, &part.asked());
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

/// What the refused request was about, as far as it is known: a part that was frozen earlier has no draft.
struct Asked<'a> {
    key: String,
    currency: &'static str,
    email: &'a str,
    country: &'a str,
    date: Option<Date>,
}

impl Leaving {
    fn asked(&self) -> Asked<'_> {
        let draft = self.draft.as_ref();
        Asked {
            key: self.row.export.key.to_string(),
            currency: self.request.expected.currency.code(),
            email: draft.map_or("", |draft| &draft.email),
            country: draft.map_or("", |draft| &draft.bill_to.country_code),
            date: draft.and_then(|draft| draft.processed_on),
        }
    }
}

/// The catalogue's table from Shopify's user errors to codes.
fn refusal_problem(reasons: &[Refusal], asked: &Asked<'_>) -> Problem {
    let Some(first) = reasons.first() else {
        return Problem::DestRejected { message: "no reason given".to_owned(), field: String::new() };
    };
    let rejected = || Problem::DestRejected { message: first.message.clone(), field: first.field.clone() };
    let path = first.field.to_ascii_lowercase();
    let text = first.message.to_ascii_lowercase();
    let line_stock = text.contains("unable to reserve inventory");
    match first.code.as_str() {
        "SHOP_DORMANT" => Problem::ConnShopUnavailable { shop: String::new(), answer: first.message.clone() },
        "INVENTORY_CLAIM_FAILED" => Problem::StockClaimFailed,
        _ if line_stock => Problem::StockClaimFailed,
        "PROCESSED_AT_INVALID" => {
            Problem::DestDateInvalid { date: asked.date.map(|day| day.to_string()).unwrap_or_default() }
        }
        "TAX_LINE_RATE_MISSING" if !asked.country.is_empty() => {
            Problem::TaxRuleMissing { country: asked.country.to_owned() }
        }
        "REDUNDANT_CUSTOMER_FIELDS" => {
            Problem::SysUnexpected { id: asked.key.clone(), step: "order creation".to_owned() }
        }
        _ if path.ends_with("email") && !asked.email.is_empty() => {
            Problem::CustEmailInvalid { email: asked.email.to_owned() }
        }
        _ if path.contains("currency") => {
            Problem::MoneyCurrency { found: asked.currency.to_owned(), allowed: Vec::new() }
        }
        _ => rejected(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_becomes_a_problem_with_all_its_facts() {
        let asked = Asked {
            key: "71/1/1".to_owned(),
            currency: "CHF",
            email: "buyer@shop.example",
            country: "FR",
            date: Some(jiff::civil::date(2026, 1, 2)),
        };
        let frozen = Asked { email: "", country: "", date: None, key: asked.key.clone(), ..asked };
        let table = [
            ("SHOP_DORMANT", "", "The shop is asleep", &asked, "CONN_SHOP_UNAVAILABLE", "The shop is asleep"),
            ("INVENTORY_CLAIM_FAILED", "order", "no", &asked, "STOCK_CLAIM_FAILED", ""),
            ("", "order.lineItems.0", "Unable to reserve inventory", &asked, "STOCK_CLAIM_FAILED", ""),
            ("PROCESSED_AT_INVALID", "order.processedAt", "no", &asked, "DEST_DATE_INVALID", "2026-01-02"),
            ("TAX_LINE_RATE_MISSING", "order.lineItems", "no", &asked, "TAX_RULE_MISSING", "FR"),
            ("TAX_LINE_RATE_MISSING", "order.lineItems", "No rate", &frozen, "DEST_REJECTED", "No rate"),
            ("REDUNDANT_CUSTOMER_FIELDS", "order", "no", &asked, "SYS_UNEXPECTED", "71/1/1"),
            ("INVALID", "order.email", "no", &asked, "CUST_EMAIL_INVALID", "buyer@shop.example"),
            ("INVALID", "order.email", "Email is invalid", &frozen, "DEST_REJECTED", "Email is invalid"),
            ("INVALID", "order.currency", "no", &asked, "MONEY_CURRENCY", "CHF"),
            ("INVALID", "order.note", "Note is too long", &asked, "DEST_REJECTED", "Note is too long"),
        ];
        for (code, field, message, asked, expected, fact) in table {
            let refusal =
                Refusal { code: code.to_owned(), field: field.to_owned(), message: message.to_owned() };
            let told = refusal_problem(&[refusal], asked).told("71");
            let said = format!("{} {}", told.sentence, told.resolution);
            assert!(told.code == expected && said.contains(fact), "{code} {field}: {told:?}");
        }
        assert_eq!(refusal_problem(&[], &asked).code(), "DEST_REJECTED");
    }
}
