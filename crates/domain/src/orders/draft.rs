//! The Shopify order that a JOOR order becomes, in words of the trade: everything decided, nothing left to choose.

use crate::ids::{CustomerId, LocationId, Token, VariantId};
use crate::money::{Currency, Decimal, Money};
use crate::settings::Payment;
use jiff::civil::Date;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub token: Token,
    pub currency: Currency,
    pub lines: Vec<DraftLine>,
    /// Taken off the goods as one fixed amount; zero: none.
    pub discount: Decimal,
    pub discount_label: String,
    pub shipping: Option<DraftShipping>,
    pub customer: Option<CustomerId>,
    pub email: String,
    pub ship_to: DraftAddress,
    pub bill_to: DraftAddress,
    pub payment: Payment,
    pub fulfilment: DraftFulfilment,
    pub claim: Claim,
    pub note: String,
    pub attributes: Vec<(String, String)>,
    pub tags: Vec<String>,
    pub po_number: String,
    /// The order's page in JOOR; empty: none.
    pub source_url: String,
    /// Never in the future.
    pub processed_on: Option<Date>,
    /// Σ price × quantity − discount + shipping + tax, from JOOR's parts.
    pub expected: Money,
    pub units: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftLine {
    pub variant: VariantId,
    pub quantity: i64,
    pub unit_price: Decimal,
    pub tax: Option<DraftTax>,
}

/// A tax amount of a whole line or of shipping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftTax {
    pub name: String,
    /// A fraction: 0.2 is 20 %.
    pub rate: Decimal,
    pub amount: Decimal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftShipping {
    pub title: String,
    pub code: String,
    pub price: Decimal,
    pub tax: Option<DraftTax>,
}

/// An address with codes instead of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftAddress {
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub line_1: String,
    pub line_2: String,
    pub city: String,
    /// Region code without the country, such as `NY`; empty: none.
    pub region_code: String,
    /// ISO 3166-1 alpha-2.
    pub country_code: String,
    pub postcode: String,
    /// E.164; empty: none.
    pub phone: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftFulfilment {
    Unfulfilled,
    Fulfilled(Option<LocationId>),
    /// Created unfulfilled and moved to the location afterwards.
    MoveTo(LocationId),
}

/// What happens to stock in the create call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Claimed; Shopify refuses the whole order where its own policy says so.
    ObeyingPolicy,
    /// Claimed even below zero.
    IgnoringPolicy,
    Nothing,
}

/// What the shop will compute for this draft: it adds up what it is given and computes no tax of its own.
pub fn shopify_total(draft: &Draft) -> Decimal {
    let tax = |tax: &Option<DraftTax>| tax.as_ref().map_or(Decimal::ZERO, |tax| tax.amount);
    let lines: Decimal =
        draft.lines.iter().map(|line| line.unit_price * Decimal::from(line.quantity) + tax(&line.tax)).sum();
    let shipping =
        draft.shipping.as_ref().map_or(Decimal::ZERO, |shipping| shipping.price + tax(&shipping.tax));
    lines - draft.discount + shipping
}
