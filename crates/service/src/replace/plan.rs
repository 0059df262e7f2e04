//! What a guided re-export would do: which earlier Shopify orders it cancels, and what the new export would be. Read and put
//! in words; nobody is asked and nothing is written here.

use crate::compose::{ComposeError, House};
use crate::cycle::cancelling::{NoneEarlier, earlier_orders, units_of};
use crate::cycle::{Previewed, Stop};
use crate::doctor::FULFILMENT_SCOPE;
use crate::show::counted;
use adapters::ledger::records::{ConnectionRecord, ExportRecord, OrderRecord};
use adapters::ledger::{ExportQuery, LedgerError};
use adapters::ports::{Cancellable, Shop, Units};
use domain::ids::ShopOrderId;
use domain::money::Money;
use domain::orders::export::State;

/// An earlier order with what becomes of it.
pub struct Leaving {
    pub read: Cancellable,
    pub units: Units,
}

pub struct Plan {
    pub leaving: Vec<Leaving>,
    /// What cancelling needs and the app has not.
    pub missing: Vec<&'static str>,
    /// `None`: JOOR does not show the order.
    pub next: Option<Previewed>,
}

/// Why this order cannot be cancelled and exported again from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    None(NoneEarlier),
    NotShown {
        name: String,
        key: String,
        order: ShopOrderId,
    },
    Paid {
        name: String,
        order: ShopOrderId,
    },
    /// In Shopify, all of them.
    Cancelled,
}

/// Why it could not be found out.
#[derive(Debug)]
pub enum Unread {
    Ledger(LedgerError),
    Connection(ComposeError),
    Outside(Stop),
}

pub async fn look(
    house: &House,
    connection: &ConnectionRecord,
    order: &OrderRecord,
) -> Result<Result<Plan, Obstacle>, Unread> {
    let query = ExportQuery { order: Some(order.id.clone()), ..ExportQuery::default() };
    let exports = house.ledger.exports(&connection.name, &query).await.map_err(Unread::Ledger)?;
    let earlier = match earlier_orders(order, &exports) {
        Ok(earlier) => earlier,
        Err(none) => return Ok(Err(Obstacle::None(none))),
    };
    let mut worker = house.worker(connection).await.map_err(Unread::Connection)?;
    worker.dry = true;
    let shop = worker.shop.clone();
    let mut leaving = Vec::new();
    for row in earlier {
        let State::Exported { order, name } = &row.export.state else { continue };
        let read = shop.order_to_cancel(order).await.map_err(outside)?;
        match checked(row, order, name, read) {
            Ok(None) => {}
            Ok(Some(read)) => leaving.push(Leaving { units: units_of(shop.as_ref(), row, &read), read }),
            Err(obstacle) => return Ok(Err(obstacle)),
        }
    }
    if leaving.is_empty() {
        return Ok(Err(Obstacle::Cancelled));
    }
    let missing = missing_scopes(shop.as_ref(), &leaving).await?;
    let rooms: Vec<_> = leaving.iter().map(|one| (one.read.order.id.clone(), one.units)).collect();
    let next =
        worker.preview_again(connection.clone(), order, exports, &rooms).await.map_err(Unread::Outside)?;
    Ok(Ok(Plan { leaving, missing, next }))
}

fn outside(error: adapters::ports::CallError) -> Unread {
    Unread::Outside(Stop::Shopify(error))
}

/// May this order be cancelled? `None`: it is cancelled already.
fn checked(
    row: &ExportRecord,
    order: &ShopOrderId,
    name: &str,
    read: Option<Cancellable>,
) -> Result<Option<Cancellable>, Obstacle> {
    let (name, order) = (name.to_owned(), order.clone());
    match read {
        None => Err(Obstacle::NotShown { name, key: row.export.key.to_string(), order }),
        Some(read) if read.order.cancelled => Ok(None),
        Some(read) if read.order.paid => Err(Obstacle::Paid { name, order }),
        Some(read) => Ok(Some(read)),
    }
}

async fn missing_scopes(shop: &dyn Shop, leaving: &[Leaving]) -> Result<Vec<&'static str>, Unread> {
    if leaving.iter().all(|one| one.read.fulfilments.is_empty()) {
        return Ok(Vec::new());
    }
    let facts = shop.facts().await.map_err(outside)?;
    Ok(if facts.scopes.contains(FULFILMENT_SCOPE) { Vec::new() } else { vec![FULFILMENT_SCOPE] })
}

impl Plan {
    pub fn names(&self) -> String {
        self.leaving.iter().map(|one| one.read.order.name.as_str()).collect::<Vec<_>>().join(" and ")
    }

    /// A sentence for each thing that happens, up to the new export.
    pub fn what_happens(&self, id: &str) -> Vec<String> {
        let mut lines: Vec<String> = self.leaving.iter().map(Leaving::words).collect();
        if !self.missing.is_empty() {
            lines.push(format!(
                "The app lacks the scope {}: fulfilments stand, and with them their orders, until it is added and the app \
                 is installed again.",
                self.missing.join(", ")
            ));
        }
        lines.push(format!(
            "Nothing is refunded and nobody is notified. This cannot be undone. Then order {id} is exported as a new \
             Shopify order, checked like any other."
        ));
        lines
    }

    /// What the checks say now, with the units of the cancelled orders back in stock.
    pub fn next_words(&self, id: &str) -> String {
        let Some(next) = &self.next else {
            return format!(
                "JOOR does not show order {id} at the moment: as long as that lasts, nothing is sent in place of what is \
                 cancelled."
            );
        };
        let totals: Vec<String> = next.drafts.iter().map(|draft| draft.expected.to_string()).collect();
        format!("Checked now, the new export would be {}", state_words(next.state, &totals))
    }
}

pub fn state_words(state: &str, totals: &[String]) -> String {
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

impl Leaving {
    pub fn total(&self) -> String {
        let order = &self.read.order;
        order
            .currency
            .map_or_else(|| order.total.to_string(), |currency| Money::new(order.total, currency).to_string())
    }

    fn words(&self) -> String {
        let order = &self.read.order;
        let units = counted(usize::try_from(order.units).unwrap_or_default(), "unit");
        let fulfilments: Vec<&str> = self.read.fulfilments.iter().map(|found| found.name.as_str()).collect();
        let first = match fulfilments.is_empty() {
            true => String::new(),
            false => {
                format!(
                    " First its {} ({}).",
                    counted(fulfilments.len(), "fulfilment"),
                    fulfilments.join(", ")
                )
            }
        };
        let stock = match self.units {
            Units::GoBack => "Its units go back to stock.",
            Units::Stay => "Stock stays as it is: the order took none, or nobody knows.",
        };
        format!("{} ({units}, {}) is cancelled in Shopify.{first} {stock}", order.name, self.total())
    }
}
