//! Answers to searches for a person: only what helps to recognise somebody or something.

use super::{Connection, EmailAddress};
use serde::Deserialize;

/// As a person recognises it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundCustomer {
    pub id: String,
    pub display_name: String,
    pub default_email_address: Option<EmailAddress>,
    pub default_address: Option<FoundPlace>,
    /// A number, written as text.
    pub number_of_orders: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundPlace {
    pub company: Option<String>,
    pub city: Option<String>,
    pub country_code_v2: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct FindCustomers {
    pub customers: Connection<FoundCustomer>,
}

/// As a person recognises it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundVariant {
    pub id: String,
    pub title: String,
    pub sku: Option<String>,
    pub barcode: Option<String>,
    pub inventory_quantity: Option<i64>,
    pub product: FoundProduct,
}

#[derive(Debug, Deserialize)]
pub struct FoundProduct {
    pub id: String,
    pub title: String,
    pub status: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FindVariants {
    pub product_variants: Connection<FoundVariant>,
}
