//! Which earlier Shopify orders a new export would replace, as far as the ledger knows. Nothing is asked for here.

use crate::cycle::discover::current_exports;
use adapters::ledger::records::{ExportRecord, OrderRecord};
use adapters::ports::{Cancellable, Shop, Units};
use domain::ids::JoorOrderId;
use domain::orders::export::State;

/// Why there is no earlier Shopify order to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoneEarlier {
    Uncertain,
    Incomplete,
    NotExported,
    Cancelled,
}

impl NoneEarlier {
    pub fn words(self, id: &JoorOrderId) -> String {
        match self {
            NoneEarlier::Uncertain => format!(
                "it is not certain yet whether order {id} is in Shopify; wait, or look there and say `orders retry {id} \
                 --link-order ORDER` or `--not-there`"
            ),
            NoneEarlier::Incomplete => format!("order {id} is not exported completely yet"),
            NoneEarlier::NotExported => {
                format!("order {id} is not exported yet, so there is nothing to cancel and export again")
            }
            NoneEarlier::Cancelled => format!(
                "the earlier Shopify order of {id} is cancelled already; plain `orders re-export {id}` is enough"
            ),
        }
    }
}

/// The Shopify orders that a new export of this order would replace, as far as the ledger knows; or why there are none.
pub fn earlier_orders<'a>(
    record: &OrderRecord,
    exports: &'a [ExportRecord],
) -> Result<Vec<&'a ExportRecord>, NoneEarlier> {
    let current = current_exports(record, exports);
    if current.iter().any(|row| row.export.state.is_in_flight()) {
        return Err(NoneEarlier::Uncertain);
    }
    let exported = |row: &&ExportRecord| matches!(row.export.state, State::Exported { .. });
    let before = if is_settled(record, exports) {
        record.generation
    } else if current.iter().any(exported) {
        return Err(NoneEarlier::Incomplete);
    } else {
        record.generation.saturating_sub(1)
    };
    let made: Vec<&ExportRecord> =
        exports.iter().filter(|row| row.export.key.generation.0 <= before && exported(row)).collect();
    if made.is_empty() {
        return Err(NoneEarlier::NotExported);
    }
    let alive: Vec<&ExportRecord> = made.into_iter().filter(|row| !row.cancelled).collect();
    match alive.is_empty() {
        true => Err(NoneEarlier::Cancelled),
        false => Ok(alive),
    }
}

/// Is the current generation at its end? Then a new one is opened; else it is the one that waits for room.
pub fn is_settled(record: &OrderRecord, exports: &[ExportRecord]) -> bool {
    current_exports(record, exports).iter().all(|row| row.export.state.is_settled())
}

/// Do the units of this order go back to stock? Only if the request that made it took them.
pub fn units_of(shop: &dyn Shop, row: &ExportRecord, read: &Cancellable) -> Units {
    let made_it = read.order.source_identifier == row.export.token.as_str();
    match &row.request {
        Some(request) if made_it && shop.claims_stock(request) => Units::GoBack,
        Some(_) | None => Units::Stay,
    }
}
