//! What follows a refused create: one look, since the refusal may follow an earlier success, then a problem with the
//! catalogue's code. The same request is not sent again while nothing changed.

use super::discover::moved;
use super::send::Leaving;
use super::settle::broken_rule;
use super::{Stage, Turned, Worker};
use adapters::ledger::records::{Change, RefusalRecord};
use adapters::ports::{CallError, Refusal};
use domain::orders::address::needs_region;
use domain::orders::draft::{DraftAddress, DraftLine};
use domain::orders::export::{Event, State, apply};
use domain::problem::{AddressKind, LineRef, Problem, Told, said};
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
        self.move_answered(turned, &mut part, &Event::Refused { now }, &words_of(reasons.iter())).await?;
        let up = self.look_up(turned, std::slice::from_ref(&part.row.export.token)).await?;
        let looked = self.look(&part.row, &up).await?;
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
        let told = told(&problem, reasons, part.record.id.as_str());
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
#[derive(Clone)]
struct Asked<'a> {
    key: String,
    currency: &'static str,
    email: &'a str,
    ship_to: Option<&'a DraftAddress>,
    bill_to: Option<&'a DraftAddress>,
    lines: &'a [DraftLine],
    date: Option<Date>,
}

impl Leaving {
    fn asked(&self) -> Asked<'_> {
        let draft = self.draft.as_ref();
        Asked {
            key: self.row.export.key.to_string(),
            currency: self.request.expected.currency.code(),
            email: draft.map_or("", |draft| &draft.email),
            ship_to: draft.map(|draft| &draft.ship_to),
            bill_to: draft.map(|draft| &draft.bill_to),
            lines: draft.map_or(&[], |draft| &draft.lines),
            date: draft.and_then(|draft| draft.processed_on),
        }
    }
}

/// The problem's words, with Shopify's own beside them: a code says less than what was really refused.
fn told(problem: &Problem, reasons: &[Refusal], order: &str) -> Told {
    let mut told = problem.told(order);
    let words = said(&words_of(reasons.iter()));
    if !reasons.is_empty() && !told.sentence.contains(&words) {
        told.sentence = format!("{}; Shopify says: \"{words}\"", told.sentence);
    }
    told
}

fn words_of<'a>(reasons: impl Iterator<Item = &'a Refusal>) -> String {
    let mut words: Vec<&str> = Vec::new();
    for reason in reasons.filter(|reason| !reason.message.is_empty()) {
        if !words.contains(&reason.message.as_str()) {
            words.push(&reason.message);
        }
    }
    words.join("; ")
}

/// The catalogue's table from Shopify's user errors to codes. Of several errors the first that has a code of its own
/// counts: Shopify begins with "Order is invalid" and says then what about it.
fn refusal_problem(reasons: &[Refusal], asked: &Asked<'_>) -> Problem {
    if let Some(known) = reasons.iter().find_map(|reason| known_refusal(reason, asked)) {
        return known;
    }
    let (message, field) = match reasons {
        [] => ("no reason given".to_owned(), String::new()),
        [first, ..] => (words_of(reasons.iter()), first.field.clone()),
    };
    Problem::DestRejected { message, field }
}

fn known_refusal(reason: &Refusal, asked: &Asked<'_>) -> Option<Problem> {
    let path = reason.field.to_ascii_lowercase();
    let text = reason.message.to_ascii_lowercase();
    let country = asked.bill_to.map_or("", |address| address.country_code.as_str());
    match reason.code.as_str() {
        "SHOP_DORMANT" => {
            Some(Problem::ConnShopUnavailable { shop: String::new(), answer: reason.message.clone() })
        }
        "INVENTORY_CLAIM_FAILED" => Some(Problem::StockClaimFailed),
        _ if text.contains("unable to reserve inventory") => Some(Problem::StockClaimFailed),
        "PROCESSED_AT_INVALID" => {
            let date = asked.date.map(|day| day.to_string()).unwrap_or_default();
            Some(Problem::DestDateInvalid { date })
        }
        "TAX_LINE_RATE_MISSING" if !country.is_empty() => {
            Some(Problem::TaxRuleMissing { country: country.to_owned() })
        }
        "REDUNDANT_CUSTOMER_FIELDS" => {
            Some(Problem::SysUnexpected { id: asked.key.clone(), step: "order creation".to_owned() })
        }
        _ => by_field(&path, asked),
    }
}

/// By the path of the field. What would be told in words that are not true of a refusal stays with Shopify's own: a
/// phone number is not left out of an order that was refused, and a note or tag is not cut.
fn by_field(path: &str, asked: &Asked<'_>) -> Option<Problem> {
    let steps: Vec<&str> = path.split('.').collect();
    match steps.as_slice() {
        [.., "email"] if !asked.email.is_empty() => {
            Some(Problem::CustEmailInvalid { email: asked.email.to_owned() })
        }
        [.., "shippingaddress", part] => in_address(AddressKind::Shipping, part, asked.ship_to?),
        [.., "billingaddress", part] => in_address(AddressKind::Billing, part, asked.bill_to?),
        [.., "lineitems", index, "variantid" | "variant"] => {
            let line = asked.lines.get(index.parse::<usize>().ok()?)?;
            let label = format!("variant {}", line.variant.number());
            let variant = Some(line.variant.clone());
            Some(Problem::ItemRemoved { lines: vec![LineRef { label, variant, ..LineRef::default() }] })
        }
        _ if path.contains("currency") => {
            Some(Problem::MoneyCurrency { found: asked.currency.to_owned(), allowed: Vec::new() })
        }
        _ => None,
    }
}

/// A region is named where the country's addresses need one; where they do not, its problem would hold no order.
fn in_address(kind: AddressKind, part: &str, address: &DraftAddress) -> Option<Problem> {
    let word = match part {
        "province" | "provincecode" if is_named_region(address) => {
            let (region, country) = (address.region_code.clone(), address.country_code.clone());
            return Some(Problem::AddrRegionUnknown { kind, region, country });
        }
        "province" | "provincecode" => "region",
        "country" | "countrycode" => "country",
        "address1" => "street",
        "address2" => "second street line",
        "city" => "city",
        "zip" => "postcode",
        "firstname" => "first name",
        "lastname" => "last name",
        "company" => "company",
        _ => return None,
    };
    Some(Problem::AddrIncomplete { kind, parts: vec![format!("a {word} that Shopify accepts")] })
}

fn is_named_region(address: &DraftAddress) -> bool {
    !address.region_code.is_empty() && needs_region(&address.country_code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::VariantId;
    use domain::money::Decimal;

    fn address(country: &str, region: &str) -> DraftAddress {
        DraftAddress {
            country_code: country.to_owned(),
            region_code: region.to_owned(),
            ..DraftAddress::default()
        }
    }

    fn line(variant: &str) -> DraftLine {
        let variant = VariantId::from_number(variant).unwrap();
        DraftLine { variant, quantity: 1, unit_price: Decimal::ONE, tax: None }
    }

    fn refusal(code: &str, field: &str, message: &str) -> Refusal {
        Refusal { code: code.to_owned(), field: field.to_owned(), message: message.to_owned() }
    }

    #[test]
    fn every_refusal_becomes_a_problem_with_all_its_facts_and_shopifys_words() {
        let (american, french) = (address("US", "ME"), address("FR", "75"));
        let lines = [line("8"), line("9")];
        let asked = Asked {
            key: "71/1/1".to_owned(),
            currency: "CHF",
            email: "buyer@shop.example",
            ship_to: Some(&american),
            bill_to: Some(&french),
            lines: &lines,
            date: Some(jiff::civil::date(2026, 1, 2)),
        };
        let frozen =
            Asked { email: "", ship_to: None, bill_to: None, lines: &[], date: None, ..asked.clone() };
        let table = [
            ("SHOP_DORMANT", "", "The shop is asleep", &asked, "CONN_SHOP_UNAVAILABLE", "The shop is asleep"),
            ("INVENTORY_CLAIM_FAILED", "order", "None left", &asked, "STOCK_CLAIM_FAILED", "None left"),
            ("", "order.lineItems.0", "Unable to reserve inventory", &asked, "STOCK_CLAIM_FAILED", ""),
            ("PROCESSED_AT_INVALID", "order.processedAt", "no", &asked, "DEST_DATE_INVALID", "2026-01-02"),
            ("TAX_LINE_RATE_MISSING", "order.lineItems", "no", &asked, "TAX_RULE_MISSING", "FR"),
            ("TAX_LINE_RATE_MISSING", "order.lineItems", "No rate", &frozen, "DEST_REJECTED", "No rate"),
            ("REDUNDANT_CUSTOMER_FIELDS", "order", "no", &asked, "SYS_UNEXPECTED", "71/1/1"),
            ("INVALID", "order.email", "no", &asked, "CUST_EMAIL_INVALID", "buyer@shop.example"),
            ("INVALID", "order.email", "Email is invalid", &asked, "CUST_EMAIL_INVALID", "Email is invalid"),
            ("INVALID", "order.email", "Email is invalid", &frozen, "DEST_REJECTED", "Email is invalid"),
            ("INVALID", "order.currency", "no", &asked, "MONEY_CURRENCY", "CHF"),
            ("INVALID", "order.shippingAddress.province", "no", &asked, "ADDR_REGION_UNKNOWN", "\"ME\""),
            (
                "INVALID",
                "order.shippingAddress.provinceCode",
                "Not in US",
                &asked,
                "ADDR_REGION_UNKNOWN",
                "Not in US",
            ),
            // French addresses do without a region, so a region that is only not known would not hold the order.
            (
                "INVALID",
                "order.billingAddress.province",
                "Not there",
                &asked,
                "ADDR_INCOMPLETE",
                "a region that",
            ),
            (
                "INVALID",
                "order.shippingAddress.country",
                "no",
                &asked,
                "ADDR_INCOMPLETE",
                "a country that Shopify",
            ),
            ("INVALID", "order.shippingAddress.zip", "Zip is odd", &asked, "ADDR_INCOMPLETE", "Zip is odd"),
            ("INVALID", "order.billingAddress.city", "no", &asked, "ADDR_INCOMPLETE", "The billing address"),
            ("INVALID", "order.shippingAddress.zip", "Zip is odd", &frozen, "DEST_REJECTED", "Zip is odd"),
            ("INVALID", "order.shippingAddress", "Odd", &asked, "DEST_REJECTED", "Odd"),
            (
                "INVALID",
                "order.shippingAddress.phone",
                "Phone is odd",
                &asked,
                "DEST_REJECTED",
                "Phone is odd",
            ),
            ("INVALID", "order.lineItems.1.variantId", "It is gone", &asked, "ITEM_REMOVED", "variant 9"),
            ("INVALID", "order.lineItems.1.variantId", "It is gone", &asked, "ITEM_REMOVED", "It is gone"),
            ("INVALID", "order.lineItems.7.variantId", "It is gone", &asked, "DEST_REJECTED", "It is gone"),
            ("INVALID", "order.lineItems.1.quantity", "Too many", &asked, "DEST_REJECTED", "Too many"),
            ("INVALID", "order.note", "Note is too long", &asked, "DEST_REJECTED", "Note is too long"),
            ("INVALID", "order.tags", "Tag is too long", &asked, "DEST_REJECTED", "Tag is too long"),
        ];
        for (code, field, message, asked, expected, fact) in table {
            let reasons = [refusal(code, field, message)];
            let problem = refusal_problem(&reasons, asked);
            assert!(problem.blocks(), "{code} {field} would hold nothing: {problem:?}");
            let told = told(&problem, &reasons, "71");
            let said = format!("{} {}", told.sentence, told.resolution);
            assert!(told.code == expected && said.contains(fact), "{code} {field}: {told:?}");
        }
        assert_eq!(told(&refusal_problem(&[], &asked), &[], "71").code, "DEST_REJECTED");
    }

    #[test]
    fn of_several_reasons_the_one_with_a_code_counts_and_all_are_said() {
        let asked = Asked {
            key: "71/1/1".to_owned(),
            currency: "USD",
            email: "buyer@shop.example",
            ship_to: None,
            bill_to: None,
            lines: &[],
            date: None,
        };
        let head = refusal("INVALID", "order", "Order is invalid");
        let reasons = [head.clone(), refusal("INVALID", "order.email", "Email is odd")];
        let said = told(&refusal_problem(&reasons, &asked), &reasons, "71");
        assert_eq!(said.code, "CUST_EMAIL_INVALID");
        assert!(said.sentence.contains("Order is invalid; Email is odd"), "{}", said.sentence);
        // Nothing here says which line it is, so no line is named.
        let blank = refusal("INVALID", "order.lineItems", "Line items Name can't be blank");
        let reasons = [head, blank.clone(), blank];
        let said = told(&refusal_problem(&reasons, &asked), &reasons, "71");
        assert_eq!(said.code, "DEST_REJECTED");
        assert!(
            said.sentence.contains("\"Order is invalid; Line items Name can't be blank\""),
            "{}",
            said.sentence
        );
    }
}
