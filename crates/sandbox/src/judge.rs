//! The independent judge: compares what stands in both sandboxes with what was meant to become of each order. It knows
//! the brand's fates and the two worlds; it does not know the program.

use crate::Sandbox;
use crate::brand::{Brand, Fate, Planned};
use crate::joor::{ExportState, OrderView as JoorOrder};
use crate::shopify::OrderView as ShopOrder;

/// What the judge says of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub order: String,
    pub ok: bool,
    pub expected: String,
    pub found: String,
}

/// One verdict for each fate, then one for each Shopify order that belongs to none.
pub fn judge(brand: &Brand, sandbox: &Sandbox) -> Vec<Verdict> {
    let shop_orders = sandbox.shop.orders();
    let mut verdicts = Vec::new();
    for fate in &brand.fates {
        let planned = brand.planned(&fate.joor_order).expect("every fate has an order");
        let live: Vec<&ShopOrder> =
            shop_orders.iter().filter(|order| is_live_export(order, &fate.joor_order)).collect();
        let joor = sandbox.joor.order(&fate.joor_order);
        let wrongs = wrongs(fate, planned, &live, joor.as_ref());
        verdicts.push(Verdict {
            order: fate.joor_order.clone(),
            ok: wrongs.is_empty(),
            expected: expected(fate),
            found: if wrongs.is_empty() { "so it is".to_owned() } else { wrongs.join("; ") },
        });
    }
    for order in &shop_orders {
        if !brand.fates.iter().any(|fate| names(order, &fate.joor_order)) {
            verdicts.push(Verdict {
                order: order.name.clone(),
                ok: false,
                expected: "no Shopify order without a JOOR order".to_owned(),
                found: format!("source {:?}", order.source_identifier),
            });
        }
    }
    verdicts
}

fn expected(fate: &Fate) -> String {
    match (&fate.total, fate.problems.as_slice()) {
        (Some((total, currency)), _) => format!("{} at {total} {currency}: {}", fate.state, fate.why),
        (None, codes) => format!("{} for {}: {}", fate.state, codes.join(", "), fate.why),
    }
}

/// The JOOR number stands in the source identifier as a piece of its own.
fn names(order: &ShopOrder, joor_order: &str) -> bool {
    let source = order.source_identifier.as_deref().unwrap_or_default();
    source.split(|c: char| !c.is_ascii_alphanumeric()).any(|piece| piece == joor_order)
}

fn is_live_export(order: &ShopOrder, joor_order: &str) -> bool {
    order.cancelled_at.is_none() && names(order, joor_order)
}

fn wrongs(fate: &Fate, planned: &Planned, live: &[&ShopOrder], joor: Option<&JoorOrder>) -> Vec<String> {
    let Some(joor) = joor else {
        return vec!["the order is gone from JOOR".to_owned()];
    };
    let mut wrongs = Vec::new();
    if joor.status != planned.seed.status {
        wrongs.push(format!("JOOR's status became {}", joor.status.word()));
    }
    match fate.state.as_str() {
        "exported" => exported_wrongs(fate, planned, live, joor, &mut wrongs),
        "held" => held_wrongs(fate, live, joor, &mut wrongs),
        "skipped" => skipped_wrongs(planned, live, joor, &mut wrongs),
        other => wrongs.push(format!("the judge does not know the fate {other}")),
    }
    wrongs
}

fn exported_wrongs(
    fate: &Fate,
    planned: &Planned,
    live: &[&ShopOrder],
    joor: &JoorOrder,
    wrongs: &mut Vec<String>,
) {
    match live {
        [order] => {
            if let Some((total, currency)) = &fate.total
                && (order.total != *total || order.currency != *currency)
            {
                wrongs.push(format!("{} comes to {} {}", order.name, order.total, order.currency));
            }
            let units: i64 = order.lines.iter().map(|line| line.quantity).sum();
            if units != planned.seed.live_units() {
                wrongs.push(format!("{} has {units} units, JOOR {}", order.name, planned.seed.live_units()));
            }
        }
        [] => wrongs.push("no Shopify order".to_owned()),
        several => {
            let names: Vec<&str> = several.iter().map(|order| order.name.as_str()).collect();
            wrongs.push(format!("{} Shopify orders: {}", several.len(), names.join(", ")));
        }
    }
    if joor.export_status != ExportState::Success {
        wrongs.push(report(joor));
    }
}

fn held_wrongs(fate: &Fate, live: &[&ShopOrder], joor: &JoorOrder, wrongs: &mut Vec<String>) {
    if !live.is_empty() {
        wrongs.push(format!("Shopify has {}", live[0].name));
    }
    let description = joor.export_description.as_deref().unwrap_or_default();
    let told = fate.problems.iter().any(|code| description.contains(code.as_str()));
    if joor.export_status != ExportState::Failed || !told {
        wrongs.push(report(joor));
    }
}

fn skipped_wrongs(planned: &Planned, live: &[&ShopOrder], joor: &JoorOrder, wrongs: &mut Vec<String>) {
    if !live.is_empty() {
        wrongs.push(format!("Shopify has {}", live[0].name));
    }
    let before = &planned.seed;
    let untouched = joor.export_status == before.export_status
        && joor.export_description == before.export_description
        && joor.exported_on == before.exported_on;
    if !untouched {
        wrongs.push(report(joor));
    }
}

fn report(joor: &JoorOrder) -> String {
    let description = joor.export_description.as_deref().unwrap_or("nothing");
    format!("JOOR says {}: {description}", joor.export_status.word())
}
