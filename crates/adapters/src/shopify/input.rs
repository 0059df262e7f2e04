//! Shapes of what we send to Shopify, with Shopify's own field names. Fields stand in a fixed order and empty ones are
//! left out, so that the same draft always gives the same bytes. Nothing is decided here.

use serde::Serialize;

/// The body of a GraphQL request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request<'a, V> {
    pub query: &'a str,
    pub operation_name: &'a str,
    pub variables: V,
}

// ---------------------------------------------------------------- order

#[derive(Serialize)]
pub struct OrderCreate<'a> {
    pub order: Order<'a>,
    pub options: Options,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    pub inventory_behaviour: &'static str,
    pub send_receipt: bool,
    pub send_fulfillment_receipt: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Order<'a> {
    pub currency: &'a str,
    pub line_items: Vec<LineItem<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount_code: Option<DiscountCode<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shipping_lines: Vec<ShippingLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<OrderCustomer<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address<'a>>,
    pub financial_status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transactions: Vec<Transaction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfillment_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfillment: Option<Fulfillment<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub note: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_attributes: Vec<Attribute<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub tags: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    pub po_number: &'a str,
    pub source_name: &'a str,
    pub source_identifier: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub source_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processed_at: Option<String>,
    pub metafields: Vec<Metafield<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineItem<'a> {
    pub variant_id: &'a str,
    pub quantity: i64,
    pub price_set: MoneyBag,
    pub requires_shipping: bool,
    pub taxable: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tax_lines: Vec<TaxLine<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MoneyBag {
    pub shop_money: Money,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Money {
    pub amount: String,
    pub currency_code: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaxLine<'a> {
    pub title: &'a str,
    pub rate: String,
    pub price_set: MoneyBag,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscountCode<'a> {
    pub item_fixed_discount_code: FixedDiscountCode<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FixedDiscountCode<'a> {
    pub code: &'a str,
    pub amount_set: MoneyBag,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShippingLine<'a> {
    pub title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub code: &'a str,
    pub price_set: MoneyBag,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tax_lines: Vec<TaxLine<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderCustomer<'a> {
    pub to_associate: AssociatedCustomer<'a>,
}

#[derive(Serialize)]
pub struct AssociatedCustomer<'a> {
    pub id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    pub kind: &'static str,
    pub status: &'static str,
    pub gateway: &'static str,
    pub amount_set: MoneyBag,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fulfillment<'a> {
    pub location_id: &'a str,
    pub notify_customer: bool,
}

#[derive(Serialize)]
pub struct Attribute<'a> {
    pub key: &'a str,
    pub value: &'a str,
}

#[derive(Serialize)]
pub struct Metafield<'a> {
    pub namespace: &'a str,
    pub key: &'a str,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Address<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub first_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub last_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub company: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub address1: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub address2: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub city: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub province_code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub country_code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub zip: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub phone: &'a str,
}

// ---------------------------------------------------------------- customer

#[derive(Serialize)]
pub struct CustomerSet<'a> {
    pub input: Customer<'a>,
    pub identifier: CustomerIdentifier<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub email: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub first_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub last_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub phone: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub tags: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address<'a>>,
}

/// Exactly one member is given, as Shopify demands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub enum CustomerIdentifier<'a> {
    CustomId(CustomId<'a>),
    EmailAddress(&'a str),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub enum OrderIdentifier<'a> {
    CustomId(CustomId<'a>),
}

#[derive(Clone, Copy, Serialize)]
pub struct CustomId<'a> {
    pub namespace: &'static str,
    pub key: &'static str,
    pub value: &'a str,
}

// ---------------------------------------------------------------- the rest

#[derive(Serialize)]
pub struct Ids<'a> {
    pub ids: Vec<&'a str>,
}

#[derive(Serialize)]
pub struct Search<'a> {
    pub search: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

#[derive(Serialize)]
pub struct After<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    pub after: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomIdKeys {
    pub namespace: &'static str,
    pub order_key: &'static str,
    pub customer_key: &'static str,
}

#[derive(Serialize)]
pub struct CreateDefinition {
    pub definition: NewDefinition,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewDefinition {
    pub name: &'static str,
    pub namespace: &'static str,
    pub key: &'static str,
    pub owner_type: &'static str,
    #[serde(rename = "type")]
    pub kind: &'static str,
}

#[derive(Serialize)]
pub struct OneId<'a> {
    pub id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancel<'a> {
    pub order_id: &'a str,
    pub restock: bool,
    pub staff_note: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MoveFulfillmentOrder<'a> {
    pub id: &'a str,
    pub new_location_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DefaultAddress<'a> {
    pub customer_id: &'a str,
    pub address_id: &'a str,
}
