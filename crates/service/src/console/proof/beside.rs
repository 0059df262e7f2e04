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
    // What an order is worth there now is not read; its units are, and whether it is what was exported.
    let units = Some(worth(None, joor.units)).filter(|words| !words.is_empty());
    let is_edited = entry.ledger.as_ref().is_some_and(|ledger| !ledger.edits.is_empty());
    let edited = is_edited.then(|| "Edited since the export".to_owned());
    [format!("{}, {mark}", upper(joor.status.word()))].into_iter().chain(units).chain(edited).collect()
}

pub fn here(entry: &Entry) -> Vec<String> {
    let Some(ledger) = &entry.ledger else { return vec!["Never seen".to_owned()] };
    let exports = ledger.exports.iter().filter(|export| export.generation == ledger.generation);
    let mut said = vec![Shown::of(ledger.counted.state).word.to_owned()];
    said.extend(exports.filter_map(sent));
    // Of an order that is not in Shopify: as it was read last.
    if said.len() == 1 {
        said.extend(
            Some(worth(ledger.counted.value, ledger.counted.units)).filter(|words| !words.is_empty()),
        );
    }
    said
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

/// "91.00 USD, 2 units", as far as it is known; each figure stays beside its unit.
fn worth(value: Option<Money>, units: Option<i64>) -> String {
    let value = value.map(|value| {
        let amount = amount(&value);
        format!("{}\u{a0}{}", amount.figure, amount.currency)
    });
    let units =
        units.map(|units| counted(usize::try_from(units).unwrap_or_default(), "unit").replace(' ', "\u{a0}"));
    value.into_iter().chain(units).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::order::tests::done;
    use domain::ids::{JoorOrderId, ShopOrderId, VariantId};
    use domain::money::Currency;
    use domain::orders::equation::Counted;
    use domain::orders::order::OrderStatus;
    use domain::orders::proof::{Asked, InJoor, InLedger};

    fn usd(amount: &str) -> Option<Money> {
        Currency::from_code("USD").map(|usd| Money::new(amount.parse().unwrap(), usd))
    }

    fn entry(state: &'static str, edits: &[&str]) -> Entry {
        let units: Units = [(VariantId::from_number("51").unwrap(), 2)].into();
        let asked = Asked { total: usd("91").unwrap(), units: units.clone() };
        let export =
            OurExport { generation: 1, part: 1, state: done("1"), asked: Some(asked), visible: true };
        let found = InShop {
            id: ShopOrderId::from_number("1").unwrap(),
            name: "#1001".to_owned(),
            generation: Some(1),
            part: Some(1),
            cancelled: false,
            total: usd("136.5"),
            units: Some(units),
        };
        let is_exported = state == "exported";
        Entry {
            order: JoorOrderId::new("7"),
            retailer: "Rosa".to_owned(),
            approved: None,
            joor: Some(InJoor {
                status: OrderStatus::Approved,
                export_state: Some(ExportState::Success),
                description: String::new(),
                units: Some(if edits.is_empty() { 2 } else { 7 }),
                unreadable: None,
            }),
            ledger: Some(InLedger {
                counted: Counted { state, has_issues: false, value: usd("91"), units: Some(2) },
                generation: 1,
                exports: if is_exported { vec![export] } else { Vec::new() },
                edits: edits.iter().map(|edit| (*edit).to_owned()).collect(),
            }),
            shop: if is_exported { vec![found] } else { Vec::new() },
        }
    }

    fn said(words: &[String]) -> String {
        words.join(" | ").replace('\u{a0}', " ")
    }

    #[test]
    fn each_side_says_what_it_knows_and_no_more() {
        let plain = entry("exported", &[]);
        assert_eq!(said(&in_joor(&plain)), "Approved, marked as exported | 2 units");
        assert_eq!(said(&here(&plain)[..1]), "Exported");
        assert!(said(&here(&plain)).ends_with(": 91.00 USD, 2 units"), "{:?}", here(&plain));
        assert_eq!(said(&in_shopify(&plain)), "#1001: 136.50 USD, 2 units");
        // What it is worth in JOOR now, nobody read.
        let edited = entry("exported", &["2 is now 7"]);
        assert_eq!(
            said(&in_joor(&edited)),
            "Approved, marked as exported | 7 units | Edited since the export"
        );
        let held = entry("held", &[]);
        assert_eq!(said(&in_joor(&held)), "Approved, marked as exported | 2 units");
        assert_eq!(said(&here(&held)), "Held | 91.00 USD, 2 units");
        assert_eq!(said(&in_shopify(&held)), "Not there");
        let nobody = Entry { joor: None, ledger: None, ..entry("held", &[]) };
        assert_eq!(
            (said(&in_joor(&nobody)), said(&here(&nobody))),
            ("Not shown any more".into(), "Never seen".into())
        );
    }
}
