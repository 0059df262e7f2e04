//! What tests, brand and judge see of a shop without HTTP: plain copies of its records.

use rust_decimal::Decimal;

use jiff::Timestamp;

use super::gid;
use super::order_objects::fulfillment_status;
use super::state::{Address, Customer, Discount, Metafield, Order, State, TaxLine};

/// One order as the shop holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderView {
    pub gid: String,
    pub name: String,
    pub source_identifier: Option<String>,
    pub source_name: Option<String>,
    pub source_url: Option<String>,
    pub po_number: Option<String>,
    pub note: Option<String>,
    pub email: Option<String>,
    pub tags: Vec<String>,
    pub custom_attributes: Vec<(String, String)>,
    /// Every metafield, custom ids among them.
    pub metafields: Vec<Metafield>,
    pub currency: String,
    pub lines: Vec<LineView>,
    pub shipping_lines: Vec<ShippingView>,
    pub discount: Option<Discount>,
    pub subtotal: Decimal,
    pub discount_total: Decimal,
    pub shipping_total: Decimal,
    pub tax: Decimal,
    pub total: Decimal,
    pub billing_address: Option<Address>,
    pub shipping_address: Option<Address>,
    pub customer: Option<String>,
    /// `None` where Shopify shows null.
    pub financial_status: Option<String>,
    pub fulfillment_status: String,
    /// Open fulfilment orders.
    pub fulfilment_orders: Vec<String>,
    /// Locations of open fulfilment orders.
    pub assigned_locations: Vec<String>,
    /// Locations of fulfilments that stand.
    pub fulfilled_at: Vec<String>,
    pub inventory_behaviour: String,
    pub received: Decimal,
    pub created_at: Timestamp,
    pub processed_at: Timestamp,
    pub cancelled_at: Option<Timestamp>,
}

impl OrderView {
    pub fn is_live(&self) -> bool {
        self.cancelled_at.is_none()
    }

    /// The value of a metafield.
    pub fn metafield(&self, namespace: &str, key: &str) -> Option<&str> {
        let wanted = |held: &&Metafield| held.namespace == namespace && held.key == key;
        self.metafields.iter().find(wanted).map(|held| held.value.as_str())
    }
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct LineView {
    pub gid: String,
    pub variant: Option<String>,
    pub title: String,
    pub sku: Option<String>,
    pub quantity: i64,
    pub price: Decimal,
    pub requires_shipping: bool,
    pub tax_lines: Vec<TaxLine>,
}

/// One shipping line of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct ShippingView {
    pub title: String,
    pub price: Decimal,
    pub tax_lines: Vec<TaxLine>,
}

/// One customer.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerView {
    pub gid: String,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<String>,
    pub note: Option<String>,
    pub tags: Vec<String>,
    pub tax_exempt: bool,
    pub addresses: Vec<Address>,
    pub default_address: Option<Address>,
    pub metafields: Vec<Metafield>,
}

/// Units of a variant at one location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockView {
    pub location: u64,
    pub available: i64,
    pub committed: i64,
    pub on_hand: i64,
}

pub(crate) fn order_view(order: &Order) -> OrderView {
    let location = |id: u64| gid::gid("Location", id);
    let lines = order.lines.iter().map(|line| LineView {
        gid: gid::gid("LineItem", line.id),
        variant: line.variant.map(|id| gid::gid("ProductVariant", id)),
        title: line.title.clone(),
        sku: line.sku.clone(),
        quantity: line.quantity,
        price: line.price,
        requires_shipping: line.requires_shipping,
        tax_lines: line.tax_lines.clone(),
    });
    let shipping_lines = order.shipping_lines.iter().map(|line| ShippingView {
        title: line.title.clone(),
        price: line.price,
        tax_lines: line.tax_lines.clone(),
    });
    let open = order.fulfillment_orders.iter().filter(|found| found.status == "OPEN");
    let shipped = order.fulfillments.iter().filter(|found| found.status == "SUCCESS");
    OrderView {
        gid: gid::gid("Order", order.id),
        name: order.name.clone(),
        source_identifier: order.source_identifier.clone(),
        source_name: order.source_name.clone(),
        source_url: order.source_url.clone(),
        po_number: order.po_number.clone(),
        note: order.note.clone(),
        email: order.email.clone(),
        tags: order.tags.clone(),
        custom_attributes: order.custom_attributes.clone(),
        metafields: order.metafields.clone(),
        currency: order.currency.clone(),
        lines: lines.collect(),
        shipping_lines: shipping_lines.collect(),
        discount: order.discount.clone(),
        subtotal: order.totals.subtotal,
        discount_total: order.totals.discount,
        shipping_total: order.totals.shipping,
        tax: order.totals.tax,
        total: order.totals.total,
        billing_address: order.billing.clone(),
        shipping_address: order.shipping.clone(),
        customer: order.customer.map(|id| gid::gid("Customer", id)),
        financial_status: order.financial.clone(),
        fulfillment_status: fulfillment_status(order).to_owned(),
        fulfilment_orders: open.clone().map(|found| gid::gid("FulfillmentOrder", found.id)).collect(),
        assigned_locations: open.map(|found| location(found.location)).collect(),
        fulfilled_at: shipped.map(|found| location(found.location)).collect(),
        inventory_behaviour: order.inventory.clone(),
        received: order.received,
        created_at: order.created_at,
        processed_at: order.processed_at,
        cancelled_at: order.cancelled_at,
    }
}

pub(crate) fn customer_view(id: u64, customer: &Customer) -> CustomerView {
    CustomerView {
        gid: gid::gid("Customer", id),
        email: customer.email.clone(),
        first_name: customer.first_name.clone(),
        last_name: customer.last_name.clone(),
        phone: customer.phone.clone(),
        note: customer.note.clone(),
        tags: customer.tags.clone(),
        tax_exempt: customer.tax_exempt,
        addresses: customer.addresses.clone(),
        default_address: customer.default_address().cloned(),
        metafields: customer.metafields.clone(),
    }
}

pub(crate) fn stock_views(state: &State, variant: u64) -> Vec<StockView> {
    let Some(found) = state.variants.get(&variant) else { return Vec::new() };
    let views = found.stock.iter().map(|(location, level)| StockView {
        location: *location,
        available: level.available,
        committed: level.committed,
        on_hand: level.available + level.committed,
    });
    views.collect()
}
