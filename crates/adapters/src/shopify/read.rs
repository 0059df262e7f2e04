//! Turns Shopify's shapes into ours. Pure; what is unreadable is an error with the reason, never a guess.

use super::envelope::sentence;
use super::wire;
use crate::ports::{
    Cancellable, FoundCustomer, FoundVariant, Fulfilment, FulfilmentOrder, Refusal, ShopOrderState,
};
use domain::ids::{CustomerId, LocationId, ProductId, ShopOrderId, VariantId};
use domain::money::{Currency, Decimal};
use domain::orders::shelf::{Customer, Location, ProductState, ShopOrder, Variant, WhenSoldOut};
use domain::time::Moment;

pub fn location(wire: wire::Location) -> Location {
    Location { id: LocationId::new(wire.id), name: wire.name, active: wire.is_active }
}

pub fn order(wire: wire::Order) -> ShopOrder {
    ShopOrder {
        id: ShopOrderId::new(wire.id),
        name: wire.name,
        source_identifier: wire.source_identifier.unwrap_or_default(),
        cancelled: wire.cancelled_at.is_some(),
        total: wire.total_price_set.shop_money.amount,
        currency: Currency::from_code(&wire.total_price_set.shop_money.currency_code),
        units: wire.subtotal_line_items_quantity,
        paid: is_paid(wire.display_financial_status.as_deref()),
        created: wire.created_at.and_then(|text| moment(&text)),
    }
}

/// The order of a create's answer. Parts that cannot be read become values that no comparison with what was expected
/// passes, so that a later look sorts them out.
pub fn salvaged(wire: wire::SalvagedOrder) -> ShopOrder {
    ShopOrder {
        id: ShopOrderId::new(wire.id),
        name: wire.name.unwrap_or_default(),
        source_identifier: wire.source_identifier.unwrap_or_default(),
        cancelled: wire.cancelled_at.is_some(),
        total: wire.amount.unwrap_or(Decimal::NEGATIVE_ONE),
        currency: wire.amount.and(wire.currency_code).and_then(|code| Currency::from_code(&code)),
        units: wire.units.unwrap_or(-1),
        paid: is_paid(wire.financial_status.as_deref()),
        // Just now: its export is recorded in the same moment.
        created: None,
    }
}

fn moment(text: &str) -> Option<Moment> {
    text.parse::<jiff::Timestamp>().ok().map(|at| Moment(at.as_millisecond()))
}

/// A status that this release does not know counts as paid: such an order is left alone.
fn is_paid(status: Option<&str>) -> bool {
    !matches!(status, None | Some("PENDING" | "AUTHORIZED" | "VOIDED" | "EXPIRED"))
}

pub fn order_state(head: wire::Order, rest: wire::OrderRest) -> ShopOrderState {
    let line = |line: wire::LineItem| {
        (line.variant.map(|variant| VariantId::new(variant.id)), line.current_quantity)
    };
    ShopOrderState {
        order: order(head),
        lines: rest.line_items.nodes.into_iter().map(line).collect(),
        fulfilment_orders: rest.fulfillment_orders.nodes.into_iter().map(fulfilment_order).collect(),
        customer: rest.customer.map(customer),
        fulfilled: rest.display_fulfillment_status == "FULFILLED",
    }
}

fn fulfilment_order(wire: wire::FulfillmentOrder) -> FulfilmentOrder {
    FulfilmentOrder {
        open: matches!(wire.status.as_str(), "OPEN" | "SCHEDULED" | "ON_HOLD" | "IN_PROGRESS"),
        id: wire.id,
        location: wire.assigned_location.location.map(|location| LocationId::new(location.id)),
    }
}

/// Only fulfilments that stand: what failed or was cancelled keeps no order from being cancelled. A status that this
/// release does not know counts as standing.
pub fn cancellable(head: wire::Order, rest: wire::Fulfillments) -> Cancellable {
    let stands =
        |found: &wire::Fulfillment| !matches!(found.status.as_str(), "CANCELLED" | "ERROR" | "FAILURE");
    let fulfilment = |found: wire::Fulfillment| Fulfilment { id: found.id, name: found.name };
    Cancellable {
        order: order(head),
        fulfilments: rest.fulfillments.into_iter().filter(stands).map(fulfilment).collect(),
    }
}

/// Levels at inactive locations do not count: nothing can be sold from there.
pub fn variant(wire: wire::Variant) -> Variant {
    let item = wire.inventory_item;
    Variant {
        id: VariantId::new(wire.id),
        product: ProductId::new(wire.product.id),
        product_title: wire.product.title,
        product_state: product_state(&wire.product.status),
        title: wire.title,
        sku: wire.sku.unwrap_or_default(),
        barcode: wire.barcode.unwrap_or_default(),
        // An unknown policy sells nothing that is not there.
        when_sold_out: match wire.inventory_policy.as_str() {
            "CONTINUE" => WhenSoldOut::Continue,
            _ => WhenSoldOut::Stop,
        },
        tracked: item.tracked,
        available: item.inventory_levels.nodes.into_iter().filter_map(level).collect(),
    }
}

fn product_state(status: &str) -> ProductState {
    match status {
        "ACTIVE" => ProductState::Active,
        "ARCHIVED" => ProductState::Archived,
        "DRAFT" => ProductState::Draft,
        _ => ProductState::Unknown,
    }
}

pub fn found_variant(wire: wire::FoundVariant) -> FoundVariant {
    FoundVariant {
        id: VariantId::new(wire.id),
        product: ProductId::new(wire.product.id),
        product_title: wire.product.title,
        title: wire.title,
        sku: wire.sku.unwrap_or_default(),
        barcode: wire.barcode.unwrap_or_default(),
        product_state: product_state(&wire.product.status),
        available: wire.inventory_quantity,
    }
}

pub fn found_customer(wire: wire::FoundCustomer) -> FoundCustomer {
    let place = wire.default_address.unwrap_or_default();
    FoundCustomer {
        id: CustomerId::new(wire.id),
        name: wire.display_name,
        email: wire.default_email_address.map(|email| email.email_address).unwrap_or_default(),
        company: place.company.unwrap_or_default(),
        city: place.city.unwrap_or_default(),
        country: place.country_code_v2.unwrap_or_default(),
        orders: wire.number_of_orders.parse().ok(),
    }
}

pub fn level(wire: wire::InventoryLevel) -> Option<(LocationId, i64)> {
    let available = wire.quantities.iter().find(|quantity| quantity.name == "available")?.quantity;
    (wire.is_active && wire.location.is_active).then(|| (LocationId::new(wire.location.id), available))
}

pub fn customer(wire: wire::Customer) -> Customer {
    Customer {
        id: CustomerId::new(wire.id),
        name: wire.display_name,
        email: wire.default_email_address.map(|email| email.email_address).unwrap_or_default(),
        tax_exempt: wire.tax_exempt,
        default_address: wire.default_address.map(|address| address.id),
    }
}

/// Some mutations say "has already been taken" without the code for it.
pub fn refusal(wire: wire::UserError) -> Refusal {
    let code = match wire.code {
        Some(code) if !code.is_empty() && code != "INVALID" => code,
        _ if wire.message.contains("already been taken") => "TAKEN".to_owned(),
        code => code.unwrap_or_default(),
    };
    Refusal { code, field: wire.field.unwrap_or_default().join("."), message: sentence(&wire.message) }
}
