//! The shop's side of a decision: variants with their stock, customers, locations. Read before deciding, never here.

use crate::ids::{CustomerId, LocationId, ProductId, ShopOrderId, VariantId};
use crate::money::{Currency, Decimal};
use crate::time::Moment;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductState {
    Active,
    Archived,
    Draft,
    /// A state that this release does not know; treated as sellable, as Shopify itself would.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenSoldOut {
    Stop,
    Continue,
}

/// A product variant with its stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    pub id: VariantId,
    pub product: ProductId,
    pub product_title: String,
    pub product_state: ProductState,
    pub title: String,
    pub sku: String,
    pub barcode: String,
    pub when_sold_out: WhenSoldOut,
    pub tracked: bool,
    /// Units available to sell per location that stocks the variant; only active locations.
    pub available: BTreeMap<LocationId, i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    pub id: LocationId,
    pub name: String,
    pub active: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub id: CustomerId,
    pub name: String,
    pub email: String,
    pub tax_exempt: bool,
    /// Shopify's id of the default address; `None` if the customer has none.
    pub default_address: Option<String>,
}

/// An order in Shopify as far as exports care about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopOrder {
    pub id: ShopOrderId,
    /// Such as `#1001`.
    pub name: String,
    /// The token that it carries as source identifier.
    pub source_identifier: String,
    pub cancelled: bool,
    pub total: Decimal,
    pub currency: Option<Currency>,
    pub units: i64,
    /// Money was received or captured; such an order is never cancelled by this program.
    pub paid: bool,
    /// When Shopify made it, if the answer said so.
    pub created: Option<Moment>,
}
