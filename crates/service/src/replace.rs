//! `orders re-export --cancel-previous`: reads what the earlier Shopify orders are now, says in words what will happen to
//! each and what the new export would be, asks, and notes the command. The cancelling itself is the next cycle's, see
//! `cycle::cancelling`.

use crate::cli::exit;
use crate::commands::{Failure, Session, find, note_replace};
use crate::compose::{ComposeError, House};
use crate::cycle::Previewed;
use crate::cycle::cancelling::{earlier_orders, units_of};
use crate::doctor::FULFILMENT_SCOPE;
use crate::preview;
use crate::show::counted;
use adapters::ledger::ExportQuery;
use adapters::ledger::records::ExportRecord;
use adapters::ports::{CallError, Cancellable, Shop, Units};
use domain::money::Money;
use domain::orders::export::State;
use serde_json::{Value, json};

/// An earlier order with what becomes of it.
struct Leaving {
    read: Cancellable,
    units: Units,
}

pub async fn run(
    session: &Session,
    house: &House,
    id: &str,
    connection: Option<&str>,
) -> Result<u8, Failure> {
    let about = find(session, &house.ledger, connection, id).await?;
    let record = session.connection(&house.ledger, &about.connection).await?;
    let query = ExportQuery { order: Some(about.order.id.clone()), ..ExportQuery::default() };
    let exports = house.ledger.exports(&about.connection, &query).await?;
    let earlier = earlier_orders(&about.order, &exports).map_err(|words| refused(&words, id))?;
    let mut worker = house.worker(&record).await?;
    worker.dry = true;
    let mut leaving = Vec::new();
    for row in earlier {
        let State::Exported { order, name } = &row.export.state else { continue };
        let read = worker.shop.order_to_cancel(order).await;
        let read = read.map_err(shopify_failed)?;
        leaving.push(checked(row, name, read, id)?.map(|read| {
            let units = units_of(worker.shop.as_ref(), row, &read);
            Leaving { read, units }
        }));
    }
    let leaving: Vec<Leaving> = leaving.into_iter().flatten().collect();
    if leaving.is_empty() {
        let what = format!("the earlier Shopify order of {id} is cancelled already");
        return Err(Failure::new(exit::USAGE, what, format!("run `joor-shopify orders re-export {id}`")));
    }
    let missing = missing_scopes(worker.shop.as_ref(), &leaving).await?;
    let rooms: Vec<_> = leaving.iter().map(|one| (one.read.order.id.clone(), one.units)).collect();
    let next = worker.preview_again(record, &about.order, exports, &rooms).await;
    let next = next.map_err(|stop| Failure::from(ComposeError::Outside(stop.words())))?;
    for line in what_happens(id, &leaving, &missing, next.as_ref()) {
        session.voice.text(&line);
    }
    let mut value = json!({
        "joor_order": id,
        "cancels": leaving.iter().map(as_json).collect::<Vec<_>>(),
        "missing_scopes": missing,
        "new_export": next.as_ref().map(|next| preview::as_json(std::slice::from_ref(next))[0].clone()),
    });
    if !session.confirmed(&format!("Cancel {} and export order {id} again?", names(&leaving))) {
        let failure = Failure::new(exit::FAILED, "not confirmed; nothing is changed", "add --yes to go on");
        return Ok(session.fail_with(value, &failure));
    }
    let command = note_replace(session, &house.ledger, &about).await?;
    session.voice.text(&format!("Noted as command {command}; the next cycle begins with it"));
    value["command"] = json!(command);
    session.voice.data(value);
    Ok(exit::OK)
}

/// May this order be cancelled? `None`: it is cancelled already.
fn checked(
    row: &ExportRecord,
    name: &str,
    read: Option<Cancellable>,
    id: &str,
) -> Result<Option<Cancellable>, Failure> {
    match read {
        None => Err(refused(&format!("Shopify does not show {name} ({})", row.export.key), id)),
        Some(read) if read.order.cancelled => Ok(None),
        Some(read) if read.order.paid => {
            let what = format!("money was received for {name}, and nothing is refunded from here");
            let hint =
                format!("refund and cancel it in Shopify, then run `joor-shopify orders re-export {id}`");
            Err(Failure::new(exit::FAILED, what, hint))
        }
        Some(read) => Ok(Some(read)),
    }
}

fn refused(words: &str, id: &str) -> Failure {
    Failure::new(exit::USAGE, words, format!("see `joor-shopify orders show {id}`"))
}

fn names(leaving: &[Leaving]) -> String {
    leaving.iter().map(|one| one.read.order.name.as_str()).collect::<Vec<_>>().join(" and ")
}

fn shopify_failed(error: CallError) -> Failure {
    Failure::from(ComposeError::Outside(format!("Shopify: {error}")))
}

/// What cancelling these orders needs and the app has not.
async fn missing_scopes(shop: &dyn Shop, leaving: &[Leaving]) -> Result<Vec<&'static str>, Failure> {
    if leaving.iter().all(|one| one.read.fulfilments.is_empty()) {
        return Ok(Vec::new());
    }
    let facts = shop.facts().await.map_err(shopify_failed)?;
    Ok(if facts.scopes.contains(FULFILMENT_SCOPE) { Vec::new() } else { vec![FULFILMENT_SCOPE] })
}

fn what_happens(id: &str, leaving: &[Leaving], missing: &[&str], next: Option<&Previewed>) -> Vec<String> {
    let mut lines: Vec<String> = leaving.iter().map(words).collect();
    if !missing.is_empty() {
        lines.push(format!(
            "The app lacks the scope {}: fulfilments stand, and with them their orders, until it is added and the app is \
             installed again.",
            missing.join(", ")
        ));
    }
    lines.push(format!(
        "Nothing is refunded and nobody is notified. This cannot be undone. Then order {id} is exported as a new Shopify \
         order, checked like any other."
    ));
    lines.push(next_words(id, next));
    lines
}

/// What the checks say now, with the units of the cancelled orders back in stock.
fn next_words(id: &str, next: Option<&Previewed>) -> String {
    let Some(next) = next else {
        return format!(
            "JOOR does not show order {id} at the moment: as long as that lasts, nothing is sent in place of what is \
             cancelled."
        );
    };
    let totals: Vec<String> = next.drafts.iter().map(|draft| draft.expected.to_string()).collect();
    let mut text = format!("Checked now, the new export would be {}", state_words(next.state, &totals));
    for told in &next.told {
        text.push_str(&format!("\n  {} {}\n    hint: {}", told.code, told.sentence, told.resolution));
    }
    text
}

fn state_words(state: &str, totals: &[String]) -> String {
    match (state, totals) {
        ("ready", [total]) => format!("ready: {total}."),
        ("ready", totals) => {
            format!("ready as {}: {}.", counted(totals.len(), "Shopify order"), totals.join(" and "))
        }
        (state, _) => {
            format!("{state}: until that is solved, nothing is sent in place of what is cancelled.")
        }
    }
}

fn total(one: &Leaving) -> String {
    let order = &one.read.order;
    order
        .currency
        .map_or_else(|| order.total.to_string(), |currency| Money::new(order.total, currency).to_string())
}

fn words(one: &Leaving) -> String {
    let order = &one.read.order;
    let units = counted(usize::try_from(order.units).unwrap_or_default(), "unit");
    let fulfilments: Vec<&str> = one.read.fulfilments.iter().map(|found| found.name.as_str()).collect();
    let first = match fulfilments.is_empty() {
        true => String::new(),
        false => {
            format!(" First its {} ({}).", counted(fulfilments.len(), "fulfilment"), fulfilments.join(", "))
        }
    };
    let stock = match one.units {
        Units::GoBack => "Its units go back to stock.",
        Units::Stay => "Stock stays as it is: the order took none, or nobody knows.",
    };
    format!("{} ({units}, {}) is cancelled in Shopify.{first} {stock}", order.name, total(one))
}

fn as_json(one: &Leaving) -> Value {
    json!({
        "shopify_order": one.read.order.name,
        "id": one.read.order.id.as_str(),
        "total": total(one),
        "units": one.read.order.units,
        "fulfilments": one.read.fulfilments.iter().map(|found| found.name.clone()).collect::<Vec<_>>(),
        "restocks": one.units == Units::GoBack,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use adapters::ports::Fulfilment;
    use domain::ids::{JoorOrderId, ShopOrderId};
    use domain::money::Currency;
    use domain::orders::shelf::ShopOrder;
    use domain::problem::Problem;
    use rust_decimal::Decimal;

    fn leaving(fulfilments: &[&str], units: Units) -> Leaving {
        let fulfilment = |name: &&str| Fulfilment { id: String::new(), name: (*name).to_owned() };
        let order = ShopOrder {
            id: ShopOrderId::new("gid://shopify/Order/1"),
            name: "#1001".to_owned(),
            source_identifier: String::new(),
            cancelled: false,
            paid: false,
            total: Decimal::new(9100, 2),
            currency: Currency::from_code("USD"),
            units: 2,
        };
        let fulfilments = fulfilments.iter().map(fulfilment).collect();
        Leaving { read: Cancellable { order, fulfilments }, units }
    }

    #[test]
    fn everything_that_happens_is_said_before_it_is_asked_for() {
        let held = Previewed {
            order: JoorOrderId::new("7"),
            state: "held",
            told: vec![Problem::DupLiveExport { shop_orders: vec!["#900".to_owned()] }.told("7")],
            drafts: Vec::new(),
            creates_customer: false,
        };
        let said = what_happens("7", &[leaving(&["#1001-F1"], Units::GoBack)], &["write_x"], Some(&held));
        let said = said.join("\n");
        for words in [
            "#1001 (2 units, 91.00 USD) is cancelled in Shopify. First its 1 fulfilment (#1001-F1). Its units go back",
            "lacks the scope write_x",
            "Nothing is refunded and nobody is notified. This cannot be undone.",
            "would be held: until that is solved, nothing is sent in place",
            "DUP_LIVE_EXPORT",
            "#900",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        let said = what_happens("7", &[leaving(&[], Units::Stay)], &[], None).join("\n");
        assert!(
            said.contains("Stock stays as it is") && said.contains("JOOR does not show order 7"),
            "{said}"
        );
        assert!(!said.contains("fulfilment") && !said.contains("scope"), "{said}");
    }

    #[test]
    fn a_new_export_is_told_with_its_totals() {
        let totals = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(state_words("ready", &totals(&["91.00 USD"])), "ready: 91.00 USD.");
        let two = state_words("ready", &totals(&["91.00 USD", "7.00 USD"]));
        assert_eq!(two, "ready as 2 Shopify orders: 91.00 USD and 7.00 USD.");
        // The draft of a refused request is known too, but is not what will be sent.
        assert!(state_words("held", &totals(&["91.00 USD"])).starts_with("held: until"));
    }
}
