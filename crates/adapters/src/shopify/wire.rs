//! Shapes of Shopify's answers, with Shopify's own field names. Enums are text (open sets: a stable version may add
//! values). Nothing is decided here. What we send is in `input.rs`.

mod found;

pub use found::{FindCustomers, FindVariants, FoundCustomer, FoundVariant};

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use std::str::FromStr;

#[derive(Debug, Deserialize)]
pub struct Connection<T> {
    pub nodes: Vec<T>,
    #[serde(rename = "pageInfo")]
    pub page_info: Option<PageInfo>,
}

impl<T> Connection<T> {
    /// The cursor of the next page, if there is one.
    pub fn next(&self) -> Option<String> {
        self.page_info.as_ref().filter(|page| page.has_next_page).and_then(|page| page.end_cursor.clone())
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageInfo {
    pub has_next_page: bool,
    pub end_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Id {
    pub id: String,
}

// ---------------------------------------------------------------- shop

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShopCheck {
    pub shop: Shop,
    pub current_app_installation: AppInstallation,
    pub order_definition: Connection<Definition>,
    pub customer_definition: Connection<Definition>,
    pub locations: Connection<Location>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shop {
    pub id: String,
    pub myshopify_domain: String,
    pub currency_code: String,
    pub plan: Plan,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    pub partner_development: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppInstallation {
    pub access_scopes: Vec<Scope>,
}

#[derive(Debug, Deserialize)]
pub struct Scope {
    pub handle: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Definitions {
    pub order_definition: Connection<Definition>,
    pub customer_definition: Connection<Definition>,
}

#[derive(Debug, Deserialize)]
pub struct Definition {
    #[serde(rename = "type")]
    pub kind: DefinitionType,
}

#[derive(Debug, Deserialize)]
pub struct DefinitionType {
    pub name: String,
}

#[derive(Debug, Deserialize)]
pub struct Locations {
    pub locations: Connection<Location>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    pub id: String,
    pub name: String,
    pub is_active: bool,
}

// ---------------------------------------------------------------- orders

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub id: String,
    pub name: String,
    pub source_identifier: Option<String>,
    pub cancelled_at: Option<String>,
    /// Selected only where the age of an order counts.
    pub created_at: Option<String>,
    #[serde(deserialize_with = "whole")]
    pub subtotal_line_items_quantity: i64,
    pub total_price_set: MoneyBag,
    pub display_financial_status: Option<String>,
}

/// The order in the answer to a create. Only the id is needed to know that it exists; the rest may be odd.
pub fn salvaged_order(value: &Value) -> Option<SalvagedOrder> {
    let id = value.get("id")?.as_str()?;
    let number = id.strip_prefix("gid://shopify/Order/")?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Some(SalvagedOrder {
        id: id.to_owned(),
        name: text("/name"),
        source_identifier: text("/sourceIdentifier"),
        cancelled_at: text("/cancelledAt"),
        units: value.pointer("/subtotalLineItemsQuantity").and_then(whole_number),
        amount: value.pointer("/totalPriceSet/shopMoney/amount").and_then(|amount| decimal(amount).ok()),
        currency_code: text("/totalPriceSet/shopMoney/currencyCode"),
        financial_status: text("/displayFinancialStatus"),
    })
}

#[derive(Debug)]
pub struct SalvagedOrder {
    pub id: String,
    pub name: Option<String>,
    pub source_identifier: Option<String>,
    pub cancelled_at: Option<String>,
    pub units: Option<i64>,
    pub amount: Option<Decimal>,
    pub currency_code: Option<String>,
    pub financial_status: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MoneyBag {
    pub shop_money: MoneyV2,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MoneyV2 {
    #[serde(deserialize_with = "amount")]
    pub amount: Decimal,
    pub currency_code: String,
}

#[derive(Debug, Deserialize)]
pub struct OrdersBySource {
    pub orders: Connection<Order>,
}

/// What is read of an order beside [`Order`].
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRest {
    pub display_fulfillment_status: String,
    pub line_items: Connection<LineItem>,
    pub fulfillment_orders: Connection<FulfillmentOrder>,
    pub customer: Option<Customer>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineItem {
    /// Without units that were removed from the order since.
    #[serde(deserialize_with = "whole")]
    pub current_quantity: i64,
    pub variant: Option<Id>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FulfillmentOrder {
    pub id: String,
    pub status: String,
    pub assigned_location: AssignedLocation,
}

#[derive(Debug, Deserialize)]
pub struct AssignedLocation {
    pub location: Option<Id>,
}

#[derive(Debug, Deserialize)]
pub struct OrderToCancel {
    /// [`Order`] and [`Fulfillments`] in one.
    pub order: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub struct Fulfillments {
    pub fulfillments: Vec<Fulfillment>,
}

#[derive(Debug, Deserialize)]
pub struct Fulfillment {
    pub id: String,
    pub name: String,
    pub status: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancelPayload {
    pub order_cancel_user_errors: Vec<UserError>,
}

// ---------------------------------------------------------------- variants

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variant {
    pub id: String,
    pub sku: Option<String>,
    pub barcode: Option<String>,
    pub title: String,
    pub inventory_policy: String,
    pub product: Product,
    pub inventory_item: InventoryItem,
}

#[derive(Debug, Deserialize)]
pub struct Product {
    pub id: String,
    pub title: String,
    pub status: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InventoryItem {
    pub id: String,
    pub tracked: bool,
    pub inventory_levels: Connection<InventoryLevel>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InventoryLevels {
    pub inventory_levels: Connection<InventoryLevel>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InventoryLevel {
    pub is_active: bool,
    pub location: LevelLocation,
    pub quantities: Vec<Quantity>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LevelLocation {
    pub id: String,
    pub is_active: bool,
}

#[derive(Debug, Deserialize)]
pub struct Quantity {
    pub name: String,
    #[serde(deserialize_with = "whole")]
    pub quantity: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariantsBySearch {
    pub product_variants: Connection<Variant>,
}

// ---------------------------------------------------------------- customers

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    pub id: String,
    pub display_name: String,
    pub tax_exempt: bool,
    pub default_email_address: Option<EmailAddress>,
    pub default_address: Option<Id>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailAddress {
    pub email_address: String,
}

#[derive(Debug, Deserialize)]
pub struct CustomersBySearch {
    pub customers: Connection<Customer>,
}

// ---------------------------------------------------------------- mutations and errors

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    #[serde(default)]
    pub user_errors: Vec<UserError>,
    /// Whatever the mutation selects of the customer; read by the one that needs it.
    pub customer: Option<Value>,
    pub moved_fulfillment_order: Option<Id>,
}

/// Many mutations give no code at all, and some give it as null.
#[derive(Debug, Deserialize)]
pub struct UserError {
    pub code: Option<String>,
    pub field: Option<Vec<String>>,
    #[serde(default)]
    pub message: String,
}

// ---------------------------------------------------------------- numbers

/// Amounts come as text. A whole number is taken too; a fraction that already went through a float is not.
fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    decimal(&Value::deserialize(deserializer)?).map_err(de::Error::custom)
}

fn decimal(value: &Value) -> Result<Decimal, &'static str> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            return Err("an amount is not a number");
        }
    };
    if value.is_number() && text.contains(['.', 'e', 'E']) {
        return Err("an amount is a bare fraction instead of text");
    }
    Decimal::from_str(&text).map_err(|_| "an amount is not a number")
}

/// Whole numbers may come as `2` or as `2.0`.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    whole_number(&value).ok_or_else(|| de::Error::custom("a quantity is not a whole number"))
}

fn whole_number(value: &Value) -> Option<i64> {
    let exact = |float: f64| (float.fract() == 0.0 && float.abs() < 9.0e15).then_some(float as i64);
    value.as_i64().or_else(|| value.as_f64().and_then(exact))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_read_from_their_text() {
        assert_eq!(decimal(&json!("31.9")), Ok(Decimal::new(3190, 2)));
        assert_eq!(decimal(&json!(20)), Ok(Decimal::new(20, 0)));
        for odd in [json!(31.9), json!("31,9"), json!(""), json!(null), json!(true), json!([])] {
            assert!(decimal(&odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn whole_numbers_may_carry_a_zero_fraction() {
        assert_eq!(whole_number(&json!(2000.0)), Some(2000));
        assert_eq!(whole_number(&json!(-2)), Some(-2));
        assert_eq!(whole_number(&json!(2.5)), None);
        assert_eq!(whole_number(&json!("2")), None);
    }

    #[test]
    fn an_order_is_salvaged_by_its_id_alone() {
        assert!(salvaged_order(&json!({ "id": "gid://shopify/Order/7", "totalPriceSet": 3 })).is_some());
        for odd in [
            json!({ "id": "gid://shopify/Order/" }),
            json!({ "id": "gid://shopify/OrderX/7" }),
            json!({ "id": 7 }),
        ] {
            assert!(salvaged_order(&odd).is_none(), "{odd}");
        }
    }
}
