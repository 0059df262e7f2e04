//! `orders re-export --cancel-previous`: reads what the earlier Shopify orders are now, says in words what will happen to
//! each, asks, and notes the command. The cancelling itself is the next cycle's, see `cycle::cancelling`.

use crate::cli::exit;
use crate::commands::{Failure, Session, find, note_replace};
use crate::compose::{ComposeError, House};
use crate::cycle::cancelling::{earlier_orders, units_of};
use crate::show::counted;
use adapters::ledger::ExportQuery;
use adapters::ledger::records::ExportRecord;
use adapters::ports::{Cancellable, Units};
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
    let worker = house.worker(&record).await?;
    let mut leaving = Vec::new();
    for row in earlier {
        let State::Exported { order, name } = &row.export.state else { continue };
        let read = worker.shop.order_to_cancel(order).await;
        let read = read.map_err(|error| Failure::from(ComposeError::Outside(format!("Shopify: {error}"))))?;
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
    for one in &leaving {
        session.voice.text(&words(one));
    }
    session.voice.text(&format!(
        "Nothing is refunded and nobody is notified. Then order {id} is checked with today's stock, customer and settings and \
         sent as a new Shopify order; what stops it is shown, as for every order."
    ));
    let mut value = json!({ "joor_order": id, "cancels": leaving.iter().map(as_json).collect::<Vec<_>>() });
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
