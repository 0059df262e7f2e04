//! What happens around the exports of the brand: lost replies, an edit, a cancellation, orders set to re-export.

use super::CONNECTION;
use crate::compose::{ComposeError, House};
use adapters::ledger::{ExportQuery, OrderQuery};
use domain::orders::export::State;
use sandbox::brand::Brand;
use sandbox::{Fault, Sandbox, Service, When};

/// Faults that the first live cycle meets.
pub fn before(sandbox: &Sandbox) {
    sandbox.faults.script(Service::Shopify, "OrderCreate", When::Nth(4), Fault::LoseReply);
    sandbox.faults.script(Service::Shopify, "OrderCreate", When::Nth(9), Fault::DropBefore);
    sandbox.faults.script(Service::Shopify, "OrderCreate", When::Nth(14), Fault::Throttled);
    sandbox.faults.script(Service::Shopify, "Variants", When::Nth(3), Fault::Html { code: 502 });
}

/// After the exports people go on working: one edits an order in JOOR, two are set to re-export.
pub async fn meanwhile(sandbox: &Sandbox, house: &House, brand: &Brand) -> Result<(), ComposeError> {
    let exported = plain_exports(house, brand).await?;
    let mut orders = exported.into_iter();
    if let Some((order, _)) = orders.next() {
        sandbox.joor.change(&order, |order| order.comments = "Please ring before delivery.".to_owned());
    }
    if let Some((order, shop_order)) = orders.next() {
        sandbox.shop.cancel_order(&shop_order, true);
        sandbox.joor.set_to_reexport(&order);
    }
    if let Some((order, _)) = orders.next() {
        // Its Shopify order still stands, so this one is held and asks.
        sandbox.joor.set_to_reexport(&order);
    }
    Ok(())
}

/// A person answers the question that is open: the earlier order is cancelled in Shopify, and the re-export goes on.
pub async fn afterwards(sandbox: &Sandbox, house: &House) -> Result<(), ComposeError> {
    let query = OrderQuery { problem: Some("DUP_LIVE_EXPORT".to_owned()), ..OrderQuery::default() };
    for order in house.ledger.orders(CONNECTION, &query).await? {
        let exports = ExportQuery { order: Some(order.id.clone()), ..ExportQuery::default() };
        for row in house.ledger.exports(CONNECTION, &exports).await? {
            if let State::Exported { order, .. } = &row.export.state {
                sandbox.shop.cancel_order(order.as_str(), true);
            }
        }
    }
    Ok(())
}

/// Exported orders whose fate is nothing but "exported", with their Shopify order.
async fn plain_exports(house: &House, brand: &Brand) -> Result<Vec<(String, String)>, ComposeError> {
    let query = ExportQuery { states: vec!["exported"], ..ExportQuery::default() };
    let rows = house.ledger.exports(CONNECTION, &query).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let id = row.export.key.order.as_str().to_owned();
            let plain = brand.fate(&id).is_some_and(|fate| fate.problems.is_empty());
            match row.export.state {
                State::Exported { order, .. } if plain => Some((id, order.as_str().to_owned())),
                _ => None,
            }
        })
        .collect())
}
