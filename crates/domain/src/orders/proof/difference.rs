//! Where the sides of one order differ: the code, the word for scripts, the sentence and what to do.

use super::Unreadable;
use crate::ids::ShopOrderId;
use crate::money::Money;
use crate::problem::said;
use jiff::civil::Date;

/// Where the sides differ, as far as one order goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Approved in JOOR, and unknown here.
    NotSeen {
        approved: Option<Date>,
        /// Set if it cannot be read either.
        unreadable: Option<Unreadable>,
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
    /// Exported, and JOOR does not show the order any more.
    GoneFromJoor {
        shop_orders: Vec<String>,
    },
    /// A person linked what stands in Shopify, and it is not what JOOR's order comes to.
    Linked {
        shop_orders: Vec<String>,
        found: String,
        joor: String,
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
    /// Not exported, and JOOR counts other units than at its last check.
    Units {
        joor: i64,
        ledger: i64,
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
            Difference::NotSeen { unreadable: Some(_), .. } => Some("SRC_BAD_PAYLOAD"),
            Difference::NotSeen { unreadable: None, .. } => Some("SRC_MISSED_ORDER"),
            Difference::SecondExporter { .. } => Some("DUP_SECOND_EXPORTER"),
            Difference::Unledgered { .. } | Difference::Doubled { .. } => Some("DUP_FOUND_UNLEDGERED"),
            Difference::CancelledInShopify { .. } => Some("CHG_SHOPIFY_CANCELLED"),
            Difference::CancelledInJoor { .. } => Some("CHG_JOOR_CANCELLED"),
            Difference::GoneFromJoor { .. } => Some("SRC_ORDER_VANISHED"),
            Difference::Missing { .. }
            | Difference::Linked { .. }
            | Difference::Total { .. }
            | Difference::Lines { .. } => Some("DEST_READBACK_DIFFERS"),
            Difference::EditedInJoor { .. } => Some("CHG_JOOR_EDITED"),
            Difference::Units { .. } | Difference::OutOfSight { .. } => None,
        }
    }

    /// One word for scripts and for the column of a table.
    pub fn word(&self) -> &'static str {
        match self {
            Difference::NotSeen { unreadable: Some(_), .. } => "not_readable",
            Difference::NotSeen { unreadable: None, .. } => "not_seen",
            Difference::SecondExporter { .. } => "exported_by_others",
            Difference::Unledgered { .. } => "not_in_ledger",
            Difference::Doubled { .. } => "doubled",
            Difference::Missing { .. } => "missing",
            Difference::CancelledInShopify { .. } => "cancelled_in_shopify",
            Difference::CancelledInJoor { .. } => "cancelled_in_joor",
            Difference::GoneFromJoor { .. } => "gone_from_joor",
            Difference::Linked { .. } => "linked_differs",
            Difference::Total { .. } => "total",
            Difference::Lines { .. } => "lines",
            Difference::EditedInJoor { .. } => "edited_in_joor",
            Difference::Units { .. } => "units",
            Difference::OutOfSight { .. } => "out_of_sight",
        }
    }

    pub fn sentence(&self) -> String {
        match self {
            Difference::NotSeen { unreadable: Some(Unreadable { field, expected, found }), .. } => {
                format!(
                    "approved in JOOR, never seen by this program, and in a form that it does not understand: {} should be \
                     {} but is \"{}\"",
                    said(field),
                    said(expected),
                    said(found)
                )
            }
            Difference::NotSeen { approved: Some(day), .. } => {
                format!("approved on {day} in JOOR and never seen by this program")
            }
            Difference::NotSeen { approved: None, .. } => {
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
            Difference::GoneFromJoor { shop_orders } => {
                format!("JOOR does not show it any more, but {} stands in Shopify", shop_orders.join(" and "))
            }
            Difference::Linked { shop_orders, found, joor } => {
                format!(
                    "{}, linked by a person, comes to {found}; in JOOR it is {joor}",
                    shop_orders.join(" and ")
                )
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
            Difference::Units { joor, ledger } => {
                format!("it has {joor} units in JOOR and had {ledger} when it was last checked")
            }
            Difference::OutOfSight { shop_order } => {
                format!("{shop_order} is older than the 60 days of orders that Shopify shows this app")
            }
        }
    }

    /// What a person does about it.
    pub fn fix(&self) -> &'static str {
        match self {
            Difference::NotSeen { unreadable: Some(_), .. } => {
                "correct the field in JOOR if it can be corrected there, else report it with this sentence; a cycle that \
                 meets the order holds it with its problem"
            }
            Difference::NotSeen { unreadable: None, .. } => {
                "it is checked in the next cycle; if it was approved before the start date, move that with `backfill`"
            }
            Difference::SecondExporter { .. } => {
                "switch the other integration off; link what it made with `orders retry ID --link-order ORDER`"
            }
            Difference::Unledgered { .. } => "link it with `adopt`, or cancel it in Shopify",
            Difference::Doubled { .. } => "cancel all but one of them in Shopify",
            Difference::Missing { .. } => "export it again with `orders re-export ID`, or close it by hand",
            Difference::CancelledInShopify { .. } => {
                "export it again with `orders re-export ID`, or leave it with `orders close ID`; a proof names it all the same"
            }
            Difference::CancelledInJoor { .. } => {
                "cancel it in Shopify too, or leave it with `orders close ID`; a proof names it all the same"
            }
            Difference::GoneFromJoor { .. } => {
                "find out in JOOR why it is gone; cancel it in Shopify if it is not to be shipped"
            }
            Difference::Linked { .. } => {
                "look whether a part of it was never linked or never made, and put it right in Shopify"
            }
            Difference::Total { .. } | Difference::Lines { .. } => {
                "look at the order's history in Shopify; if it is meant so, nothing is to do, and a proof goes on naming it"
            }
            Difference::EditedInJoor { .. } => {
                "make the same change in Shopify and accept it with `orders close ID`, or cancel there and export again \
                 with `orders re-export ID`"
            }
            Difference::Units { .. } => {
                "if it is still settled or left out as it is now, nothing is to do, and a proof goes on naming it; else have \
                 it checked again with `orders retry ID`, or take a closing back"
            }
            Difference::OutOfSight { .. } => "give the app the scope read_all_orders",
        }
    }
}
