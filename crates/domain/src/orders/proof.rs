//! The proof of a period: each JOOR order with what JOOR, the ledger and Shopify say about it, and where they differ.
//! What belongs to the period, and how it was read, is the caller's business.

use crate::ids::{JoorOrderId, ShopOrderId, VariantId};
use crate::money::Money;
use crate::orders::equation::{Counted, Equation, Sum};
use crate::orders::export::State;
use crate::orders::order::{ExportState, OrderStatus};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Units of each variant.
pub type Units = BTreeMap<VariantId, i64>;

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
    /// What was asked for; `None` if a person linked the order.
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

/// Where the sides differ, as far as one order goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Approved in JOOR, and unknown here.
    NotSeen {
        approved: Option<Date>,
    },
    /// JOOR shows the order as exported; this program did not do it.
    SecondExporter {
        description: String,
    },
    /// Shopify has an order that this program's ledger does not know as an export.
    Unledgered {
        shop_order: String,
        id: ShopOrderId,
    },
    /// Several Shopify orders stand for the same goods.
    Doubled {
        shop_orders: Vec<String>,
    },
    /// Exported, and no longer in Shopify.
    Missing {
        shop_order: String,
    },
    CancelledInShopify {
        shop_order: String,
    },
    CancelledInJoor {
        shop_orders: Vec<String>,
    },
    Total {
        shop_order: String,
        asked: Money,
        found: Option<Money>,
    },
    /// Edited in Shopify: what changed, variant by variant.
    Lines {
        shop_order: String,
        changes: Vec<String>,
    },
    EditedInJoor {
        changes: Vec<String>,
    },
    /// Older than Shopify shows this app: nothing is known, so nothing is proved.
    OutOfSight {
        shop_order: String,
    },
}

impl Difference {
    /// The problem of the catalogue that it is, if it is one.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Difference::NotSeen { .. } => Some("SRC_MISSED_ORDER"),
            Difference::SecondExporter { .. } => Some("DUP_SECOND_EXPORTER"),
            Difference::Unledgered { .. } | Difference::Doubled { .. } => Some("DUP_FOUND_UNLEDGERED"),
            Difference::CancelledInShopify { .. } => Some("CHG_SHOPIFY_CANCELLED"),
            Difference::CancelledInJoor { .. } => Some("CHG_JOOR_CANCELLED"),
            Difference::Missing { .. } | Difference::Total { .. } | Difference::Lines { .. } => {
                Some("DEST_READBACK_DIFFERS")
            }
            Difference::EditedInJoor { .. } => Some("CHG_JOOR_EDITED"),
            Difference::OutOfSight { .. } => None,
        }
    }

    /// One word for scripts and for the column of a table.
    pub fn word(&self) -> &'static str {
        match self {
            Difference::NotSeen { .. } => "not_seen",
            Difference::SecondExporter { .. } => "exported_by_others",
            Difference::Unledgered { .. } => "not_in_ledger",
            Difference::Doubled { .. } => "doubled",
            Difference::Missing { .. } => "missing",
            Difference::CancelledInShopify { .. } => "cancelled_in_shopify",
            Difference::CancelledInJoor { .. } => "cancelled_in_joor",
            Difference::Total { .. } => "total",
            Difference::Lines { .. } => "lines",
            Difference::EditedInJoor { .. } => "edited_in_joor",
            Difference::OutOfSight { .. } => "out_of_sight",
        }
    }

    pub fn sentence(&self) -> String {
        match self {
            Difference::NotSeen { approved: Some(day) } => {
                format!("approved on {day} in JOOR and never seen by this program")
            }
            Difference::NotSeen { approved: None } => {
                "approved in JOOR and never seen by this program".to_owned()
            }
            Difference::SecondExporter { description } if description.is_empty() => {
                "JOOR shows it as exported, but not by this program".to_owned()
            }
            Difference::SecondExporter { description } => {
                format!("JOOR shows it as exported by somebody else: \"{description}\"")
            }
            Difference::Unledgered { shop_order, .. } => {
                format!("{shop_order} stands in Shopify and is not an export in the ledger")
            }
            Difference::Doubled { shop_orders } => {
                format!("{} stand in Shopify for the same goods", shop_orders.join(" and "))
            }
            Difference::Missing { shop_order } => format!("{shop_order} is not in Shopify any more"),
            Difference::CancelledInShopify { shop_order } => format!("{shop_order} is cancelled in Shopify"),
            Difference::CancelledInJoor { shop_orders } => {
                format!("cancelled in JOOR, but {} stands in Shopify", shop_orders.join(" and "))
            }
            Difference::Total { shop_order, asked, found } => {
                let found = found.map_or_else(|| "an unknown amount".to_owned(), |money| money.to_string());
                format!("{shop_order} comes to {found} instead of {asked}")
            }
            Difference::Lines { shop_order, changes } => {
                format!("{shop_order} has other lines than were sent: {}", changes.join("; "))
            }
            Difference::EditedInJoor { changes } => {
                format!("edited in JOOR since the export: {}", changes.join("; "))
            }
            Difference::OutOfSight { shop_order } => {
                format!("{shop_order} is older than the 60 days of orders that Shopify shows this app")
            }
        }
    }

    /// What a person does about it.
    pub fn fix(&self) -> &'static str {
        match self {
            Difference::NotSeen { .. } => {
                "it is checked in the next cycle; if it was approved before the start date, move that with `backfill`"
            }
            Difference::SecondExporter { .. } => {
                "switch the other integration off; link what it made with `orders retry ID --link-order ORDER`"
            }
            Difference::Unledgered { .. } => "link it with `adopt`, or cancel it in Shopify",
            Difference::Doubled { .. } => "cancel all but one of them in Shopify",
            Difference::Missing { .. } => "export it again with `orders re-export ID`, or close it by hand",
            Difference::CancelledInShopify { .. } => {
                "export it again with `orders re-export ID`, or leave it with `orders close ID`"
            }
            Difference::CancelledInJoor { .. } => {
                "cancel it in Shopify too, or leave it with `orders close ID`"
            }
            Difference::Total { .. } | Difference::Lines { .. } => {
                "look at the order's history in Shopify; leave it as it is with `orders close ID`"
            }
            Difference::EditedInJoor { .. } => {
                "make the same change in Shopify, or cancel there and export again with `orders re-export ID`"
            }
            Difference::OutOfSight { .. } => "give the app the scope read_all_orders",
        }
    }
}

/// The sides of a period in counts, units and values, and every difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// The ledger's side; orders that it has never seen count as approved only.
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
            if differences.iter().any(|difference| matches!(difference, Difference::NotSeen { .. })) {
                proof.equation.approved.add(None, None);
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
    match (&joor.status, joor.export_state) {
        (OrderStatus::Approved | OrderStatus::Shipped, Some(ExportState::Success)) => {
            Some(Difference::SecondExporter { description: joor.description.clone() })
        }
        (OrderStatus::Approved | OrderStatus::Shipped, _) => {
            Some(Difference::NotSeen { approved: entry.approved })
        }
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

/// In words, variant by variant; at most 20.
fn changed_units(asked: &Units, found: &Units) -> Vec<String> {
    let variants: BTreeSet<&VariantId> = asked.keys().chain(found.keys()).collect();
    let of = |units: &Units, variant: &VariantId| units.get(variant).copied().unwrap_or_default();
    variants
        .into_iter()
        .map(|variant| (variant, of(asked, variant), of(found, variant)))
        .filter(|(_, asked, found)| asked != found)
        .map(|(variant, asked, found)| format!("{found} of variant {} instead of {asked}", variant.number()))
        .take(20)
        .collect()
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
