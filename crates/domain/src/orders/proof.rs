//! The proof of a period: each JOOR order with what JOOR, the ledger and Shopify say about it, and where they differ.
//! What belongs to the period, and how it was read, is the caller's business.

mod difference;

pub use difference::Difference;

use crate::ids::{JoorOrderId, ShopOrderId, VariantId};
use crate::money::Money;
use crate::orders::equation::{Counted, Equation, Sum};
use crate::orders::export::State;
use crate::orders::order::{ExportState, OrderStatus};
use crate::problem::Problem;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Units of each variant.
pub type Units = BTreeMap<VariantId, i64>;

/// What stands for the variant of a line that has none any more: its product was deleted, or it was typed in by hand.
pub const NO_PRODUCT: &str = "";

/// One JOOR order, seen from all three sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub order: JoorOrderId,
    pub retailer: String,
    pub approved: Option<Date>,
    /// `None`: JOOR does not show the order any more.
    pub joor: Option<InJoor>,
    /// `None`: this program has never seen the order.
    pub ledger: Option<InLedger>,
    /// Every Shopify order that names this order as its source, of any generation and part.
    pub shop: Vec<InShop>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InJoor {
    pub status: OrderStatus,
    pub export_state: Option<ExportState>,
    pub description: String,
    /// By JOOR's own count.
    pub units: Option<i64>,
    /// Set where JOOR shows the order and it cannot be read: then hardly anything else is known of it.
    pub unreadable: Option<Unreadable>,
}

/// What of an order of JOOR is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub field: String,
    pub expected: String,
    pub found: String,
}

impl Unreadable {
    pub fn problem(&self) -> Problem {
        let Unreadable { field, expected, found } = self.clone();
        Problem::SrcBadPayload { field, expected, found }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InLedger {
    pub counted: Counted,
    /// The current generation.
    pub generation: u32,
    pub exports: Vec<OurExport>,
    /// What changed in JOOR since the export, one fact an entry.
    pub edits: Vec<String>,
}

/// What the ledger says of one generation and part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OurExport {
    pub generation: u32,
    pub part: u32,
    pub state: State,
    /// What was asked for; `None` if a person linked the order: then all of it together is compared with JOOR's order.
    pub asked: Option<Asked>,
    /// Shopify shows this app orders as old as this one.
    pub visible: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub total: Money,
    pub units: Units,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InShop {
    pub id: ShopOrderId,
    pub name: String,
    /// From its token; `None` if it carries none of ours (a person linked it).
    pub generation: Option<u32>,
    pub part: Option<u32>,
    pub cancelled: bool,
    pub total: Option<Money>,
    /// `None` if its lines were not read.
    pub units: Option<Units>,
}

/// The sides of a period in counts, units and values, and every difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// What is approved counts with the units that JOOR says, the rest as the ledger has it; orders that it has never seen
    /// count as approved only.
    pub equation: Equation,
    /// Orders that Shopify really has and that are not cancelled. One entry an order of JOOR, as in the equation.
    pub in_shopify: Sum,
    pub differences: Vec<(JoorOrderId, String, Difference)>,
}

impl Proof {
    pub fn of(entries: &[Entry]) -> Proof {
        let mut proof = Proof::default();
        let counted = entries.iter().filter_map(|entry| entry.ledger.as_ref().map(|ledger| ledger.counted));
        proof.equation = Equation::of(counted);
        for entry in entries {
            let standing: Vec<&InShop> = entry.shop.iter().filter(|order| !order.cancelled).collect();
            if !standing.is_empty() {
                proof.in_shopify.add(value_of(&standing), units_of(&standing));
            }
            let differences = differences(entry);
            for difference in &differences {
                let approved = &mut proof.equation.approved;
                match difference {
                    Difference::NotSeen { .. } => {
                        approved.add(None, entry.joor.as_ref().and_then(|joor| joor.units));
                    }
                    Difference::Units { joor, ledger } => {
                        approved.units = approved.units.saturating_add(joor.saturating_sub(*ledger));
                    }
                    _ => {}
                }
            }
            let named = |difference| (entry.order.clone(), entry.retailer.clone(), difference);
            proof.differences.extend(differences.into_iter().map(named));
        }
        proof
    }

    /// Everything accounted for, and no side says anything else than another.
    pub fn holds(&self) -> bool {
        self.equation.balances() && self.differences.is_empty()
    }
}

/// Where the sides of one order differ.
pub fn differences(entry: &Entry) -> Vec<Difference> {
    let mut found = Vec::new();
    let standing: Vec<&InShop> = entry.shop.iter().filter(|order| !order.cancelled).collect();
    let Some(ledger) = &entry.ledger else {
        found.extend(unseen(entry));
        found.extend(standing.iter().map(|order| unledgered(order)));
        found.extend(doubled(&standing));
        return found;
    };
    let exported: BTreeSet<&ShopOrderId> = ledger.exports.iter().filter_map(OurExport::order).collect();
    found
        .extend(standing.iter().filter(|order| !exported.contains(&order.id)).map(|order| unledgered(order)));
    found.extend(doubled(&standing));
    found.extend(by_others(entry, ledger));
    let current = ledger.exports.iter().filter(|export| export.generation == ledger.generation);
    for (export, id, name) in current.filter_map(|export| Some((export, export.order()?, export.name()?))) {
        match entry.shop.iter().find(|order| order.id == *id) {
            Some(order) if order.cancelled => {
                found.push(Difference::CancelledInShopify { shop_order: order.name.clone() });
            }
            Some(order) => found.extend(compared(order, export.asked.as_ref())),
            None if export.visible => found.push(Difference::Missing { shop_order: name.to_owned() }),
            None => found.push(Difference::OutOfSight { shop_order: name.to_owned() }),
        }
    }
    let cancelled_in_joor =
        entry.joor.as_ref().is_some_and(|joor| matches!(joor.status, OrderStatus::Cancelled));
    if cancelled_in_joor && !standing.is_empty() {
        let shop_orders = standing.iter().map(|order| order.name.clone()).collect();
        found.push(Difference::CancelledInJoor { shop_orders });
    }
    if entry.joor.is_none() && !standing.is_empty() && !exported.is_empty() {
        let shop_orders = standing.iter().map(|order| order.name.clone()).collect();
        found.push(Difference::GoneFromJoor { shop_orders });
    }
    found.extend(linked(ledger, &standing));
    if exported.is_empty() {
        found.extend(units_changed(entry, ledger));
    }
    if !ledger.edits.is_empty() && !exported.is_empty() {
        found.push(Difference::EditedInJoor { changes: ledger.edits.clone() });
    }
    found
}

impl OurExport {
    fn order(&self) -> Option<&ShopOrderId> {
        match &self.state {
            State::Exported { order, .. } => Some(order),
            _ => None,
        }
    }

    fn name(&self) -> Option<&str> {
        match &self.state {
            State::Exported { name, .. } => Some(name),
            _ => None,
        }
    }
}

fn unledgered(order: &InShop) -> Difference {
    Difference::Unledgered { shop_order: order.name.clone(), id: order.id.clone() }
}

/// An approved order that the ledger does not know.
fn unseen(entry: &Entry) -> Option<Difference> {
    let joor = entry.joor.as_ref()?;
    let not_seen =
        || Some(Difference::NotSeen { approved: entry.approved, unreadable: joor.unreadable.clone() });
    match (&joor.status, joor.export_state) {
        (OrderStatus::Approved | OrderStatus::Shipped, Some(ExportState::Success)) => {
            Some(Difference::SecondExporter { description: joor.description.clone() })
        }
        (OrderStatus::Approved | OrderStatus::Shipped, _) => not_seen(),
        // JOOR lists it as approved, and not even its status can be read.
        (OrderStatus::Unknown(_), _) if joor.unreadable.is_some() => not_seen(),
        (
            OrderStatus::InProgress
            | OrderStatus::Notes
            | OrderStatus::Pending
            | OrderStatus::Cancelled
            | OrderStatus::Unknown(_),
            _,
        ) => None,
    }
}

/// What is closed or left out is counted as it was when it was last checked, and nobody checks it again.
fn units_changed(entry: &Entry, ledger: &InLedger) -> Option<Difference> {
    let shown = entry.joor.as_ref()?;
    // Without any unit there is nothing to settle.
    let joor = shown.units.filter(|units| *units > 0)?;
    let (rests, ledger) = (ledger.counted.state, ledger.counted.units?);
    let at_rest = matches!(rests, "closed_by_hand" | "skipped");
    let counts = at_rest && matches!(shown.status, OrderStatus::Approved | OrderStatus::Shipped);
    (counts && joor != ledger).then_some(Difference::Units { joor, ledger })
}

/// JOOR shows a success, and no export of ours was ever made.
fn by_others(entry: &Entry, ledger: &InLedger) -> Option<Difference> {
    let joor = entry.joor.as_ref()?;
    let ours = ledger.exports.iter().any(|export| export.order().is_some())
        || ledger.counted.state == "closed_by_hand";
    (joor.export_state == Some(ExportState::Success) && !ours)
        .then(|| Difference::SecondExporter { description: joor.description.clone() })
}

/// Live orders of two generations, or two of the same part.
fn doubled(standing: &[&InShop]) -> Option<Difference> {
    let generations: BTreeSet<Option<u32>> = standing.iter().map(|order| order.generation).collect();
    let places: BTreeSet<(Option<u32>, Option<u32>)> =
        standing.iter().map(|order| (order.generation, order.part)).collect();
    (generations.len() > 1 || places.len() < standing.len()).then(|| Difference::Doubled {
        shop_orders: standing.iter().map(|order| order.name.clone()).collect(),
    })
}

/// What Shopify has against what was asked for.
fn compared(order: &InShop, asked: Option<&Asked>) -> Vec<Difference> {
    let Some(asked) = asked else { return Vec::new() };
    let mut found = Vec::new();
    if order.total != Some(asked.total) {
        found.push(Difference::Total {
            shop_order: order.name.clone(),
            asked: asked.total,
            found: order.total,
        });
    }
    if let Some(units) = &order.units {
        let changes = changed_units(&asked.units, units);
        if !changes.is_empty() {
            found.push(Difference::Lines { shop_order: order.name.clone(), changes });
        }
    }
    found
}

/// What a person linked, all of it together, against what JOOR's order is worth. What is not known is not compared.
fn linked(ledger: &InLedger, standing: &[&InShop]) -> Option<Difference> {
    let current: Vec<&OurExport> =
        ledger.exports.iter().filter(|export| export.generation == ledger.generation).collect();
    if !current.iter().any(|export| export.order().is_some() && export.asked.is_none()) {
        return None;
    }
    let ids: BTreeSet<&ShopOrderId> = current.iter().filter_map(|export| export.order()).collect();
    let orders: Vec<&InShop> = standing.iter().copied().filter(|order| ids.contains(&order.id)).collect();
    let (total, units) = (value_of(&orders), units_of(&orders));
    let Counted { value, units: ordered, .. } = ledger.counted;
    let differ = (total.is_some() && value.is_some() && total != value)
        || (units.is_some() && ordered.is_some() && units != ordered);
    (differ && !orders.is_empty()).then(|| Difference::Linked {
        shop_orders: orders.iter().map(|order| order.name.clone()).collect(),
        found: in_words(total, units),
        joor: in_words(value, ordered),
    })
}

fn in_words(total: Option<Money>, units: Option<i64>) -> String {
    let total = total.map_or_else(|| "an unknown amount".to_owned(), |money| money.to_string());
    match units {
        Some(1) => format!("{total} for 1 unit"),
        Some(units) => format!("{total} for {units} units"),
        None => total,
    }
}

/// In words, variant by variant; at most 20.
fn changed_units(asked: &Units, found: &Units) -> Vec<String> {
    let variants: BTreeSet<&VariantId> = asked.keys().chain(found.keys()).collect();
    let of = |units: &Units, variant: &VariantId| units.get(variant).copied().unwrap_or_default();
    variants
        .into_iter()
        .map(|variant| (variant, of(asked, variant), of(found, variant)))
        .filter(|(_, asked, found)| asked != found)
        .map(|(variant, asked, found)| format!("{found} of {} instead of {asked}", variant_words(variant)))
        .take(20)
        .collect()
}

fn variant_words(variant: &VariantId) -> String {
    match variant.number() {
        NO_PRODUCT => "a line without a product".to_owned(),
        number => format!("variant {number}"),
    }
}

/// The sum of orders of one currency.
fn value_of(orders: &[&InShop]) -> Option<Money> {
    let totals: Vec<Money> = orders.iter().map(|order| order.total).collect::<Option<_>>()?;
    let first = totals.first()?;
    let same = totals.iter().all(|total| total.currency == first.currency);
    same.then(|| Money::new(totals.iter().map(|total| total.amount).sum(), first.currency))
}

fn units_of(orders: &[&InShop]) -> Option<i64> {
    orders.iter().map(|order| order.units.as_ref().map(|units| units.values().sum::<i64>())).sum()
}

#[cfg(test)]
mod tests;
