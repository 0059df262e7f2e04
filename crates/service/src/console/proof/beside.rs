//! What each side says of one order, so that the sides can stand beside each other: JOOR, this program, Shopify.

use crate::commands::upper;
use crate::console::words::amount;
use console::look::{State as Shown, counted};
use domain::money::Money;
use domain::orders::order::ExportState;
use domain::orders::proof::{Entry, InShop, OurExport, Units};

pub fn in_joor(entry: &Entry) -> Vec<String> {
    let Some(joor) = &entry.joor else { return vec!["Not shown any more".to_owned()] };
    let mark = match joor.export_state {
        Some(ExportState::Success) => "marked as exported",
        Some(ExportState::Failed) => "marked as not exported",
        Some(ExportState::Undefined) => "not marked yet",
        None => "its mark cannot be read",
    };
    let known = entry.ledger.as_ref().map(|ledger| ledger.counted);
    let worth = known.map(|known| worth(known.value, known.units)).filter(|words| !words.is_empty());
    [format!("{}, {mark}", upper(joor.status.word()))].into_iter().chain(worth).collect()
}

pub fn here(entry: &Entry) -> Vec<String> {
    let Some(ledger) = &entry.ledger else { return vec!["Never seen".to_owned()] };
    let exports = ledger.exports.iter().filter(|export| export.generation == ledger.generation);
    [Shown::of(ledger.counted.state).word.to_owned()].into_iter().chain(exports.filter_map(sent)).collect()
}

fn sent(export: &OurExport) -> Option<String> {
    let (_, name) = export.state.shop_order()?;
    Some(match &export.asked {
        Some(asked) => format!("{name}: {}", worth(Some(asked.total), Some(units(&asked.units)))),
        None => format!("{name}, linked by a person"),
    })
}

pub fn in_shopify(entry: &Entry) -> Vec<String> {
    if entry.shop.is_empty() {
        return vec!["Not there".to_owned()];
    }
    entry.shop.iter().map(found).collect()
}

fn found(order: &InShop) -> String {
    let worth = worth(order.total, order.units.as_ref().map(units));
    match (order.cancelled, worth.is_empty()) {
        (true, _) => format!("{}, cancelled", order.name),
        (false, true) => order.name.clone(),
        (false, false) => format!("{}: {worth}", order.name),
    }
}

fn units(units: &Units) -> i64 {
    units.values().sum()
}

/// "91.00 USD, 2 units", as far as it is known.
fn worth(value: Option<Money>, units: Option<i64>) -> String {
    let value = value.map(|value| {
        let amount = amount(&value);
        format!("{} {}", amount.figure, amount.currency)
    });
    let units = units.map(|units| counted(usize::try_from(units).unwrap_or_default(), "unit"));
    value.into_iter().chain(units).collect::<Vec<_>>().join(", ")
}
