//! What a person finds in the shop by free text, with what helps to choose. Nothing is decided by it.

use domain::ids::{CustomerId, ProductId, VariantId};
use domain::orders::shelf::ProductState;

/// A customer as a person recognises it; empty texts where Shopify has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCustomer {
    pub id: CustomerId,
    pub name: String,
    pub email: String,
    /// Company, city and country of the default address.
    pub company: String,
    pub city: String,
    pub country: String,
    /// Orders of this customer that Shopify counts.
    pub orders: Option<u64>,
}

/// A variant as a person recognises it; empty texts where Shopify has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundVariant {
    pub id: VariantId,
    pub product: ProductId,
    pub product_title: String,
    pub title: String,
    pub sku: String,
    pub barcode: String,
    pub product_state: ProductState,
    /// What all active locations have together.
    pub available: Option<i64>,
}
