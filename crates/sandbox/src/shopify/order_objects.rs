//! Orders, their lines and their fulfilment as GraphQL objects.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::gid;
use super::money::bag;
use super::state::{Fulfillment, FulfillmentOrder, Order, State};
use super::time::written;

impl State {
    pub(crate) fn order_object(&self, number: u64) -> Option<Value> {
        let order = self.orders.get(&number)?;
        let mut object = head(order);
        let parts = [money_fields(order), self.references(order)];
        let map = object.as_object_mut()?;
        for part in parts {
            map.extend(part.as_object().cloned()?);
        }
        Some(object)
    }

    fn references(&self, order: &Order) -> Value {
        // Without the right, the list is empty rather than refused.
        let visible = self.may("read_merchant_managed_fulfillment_orders");
        let fulfillment_orders: Vec<String> = order
            .fulfillment_orders
            .iter()
            .filter(|_| visible)
            .map(|found| gid::gid("FulfillmentOrder", found.id))
            .collect();
        let customer =
            order.customer.filter(|id| self.customers.contains_key(id)).map(|id| gid::gid("Customer", id));
        json!({
            "customer": customer,
            "lineItems": order.lines.iter().map(|line| gid::gid("LineItem", line.id)).collect::<Vec<_>>(),
            "fulfillmentOrders": fulfillment_orders,
            "fulfillments": order.fulfillments.iter().map(|found| gid::gid("Fulfillment", found.id)).collect::<Vec<_>>(),
        })
    }

    pub(crate) fn line_object(&self, number: u64) -> Option<Value> {
        let mut lines =
            self.orders.values().flat_map(|order| order.lines.iter().map(move |line| (order, line)));
        let (order, line) = lines.find(|(_, line)| line.id == number)?;
        let variant = line.variant.filter(|id| self.variants.contains_key(id));
        Some(json!({
            "id": gid::gid("LineItem", line.id),
            "currentQuantity": if order.cancelled_at.is_some() { 0 } else { line.quantity },
            "quantity": line.quantity,
            "variant": variant.map(|id| gid::gid("ProductVariant", id)),
        }))
    }

    pub(crate) fn fulfillment_order_object(&self, number: u64) -> Option<Value> {
        let (_, found) = self.find_fulfillment_order(number)?;
        let location = Some(found.location).filter(|id| self.locations.contains_key(id));
        Some(json!({
            "id": gid::gid("FulfillmentOrder", number),
            "status": found.status,
            "assignedLocation": { "location": location.map(|id| gid::gid("Location", id)) },
        }))
    }

    pub(crate) fn find_fulfillment_order(&self, number: u64) -> Option<(&Order, &FulfillmentOrder)> {
        self.orders.values().find_map(|order| {
            order.fulfillment_orders.iter().find(|found| found.id == number).map(|found| (order, found))
        })
    }

    pub(crate) fn fulfillment_object(&self, number: u64) -> Option<Value> {
        let (order, index) = self.orders.values().find_map(|order| {
            Some((order, order.fulfillments.iter().position(|found| found.id == number)?))
        })?;
        let found: &Fulfillment = &order.fulfillments[index];
        let name = format!("{}-F{}", order.name, index + 1);
        Some(json!({ "id": gid::gid("Fulfillment", number), "name": name, "status": found.status }))
    }
}

fn head(order: &Order) -> Value {
    let units: i64 = order.lines.iter().map(|line| line.quantity).sum();
    json!({
        "id": gid::gid("Order", order.id),
        "name": order.name,
        "sourceIdentifier": order.source_identifier,
        "tags": order.tags,
        "currencyCode": order.currency,
        "cancelledAt": order.cancelled_at.map(written),
        "createdAt": written(order.created_at),
        "displayFinancialStatus": order.financial,
        "displayFulfillmentStatus": fulfillment_status(order),
        "subtotalLineItemsQuantity": units,
    })
}

fn money_fields(order: &Order) -> Value {
    let bag = |value| bag(value, &order.currency);
    let current = if order.cancelled_at.is_some() { Decimal::ZERO } else { order.totals.total };
    json!({
        "totalPriceSet": bag(order.totals.total),
        "totalTaxSet": bag(order.totals.tax),
        "currentTotalPriceSet": bag(current),
    })
}

/// What a person sees as the fulfilment of an order.
pub(crate) fn fulfillment_status(order: &Order) -> &'static str {
    if order.restocked {
        return "RESTOCKED";
    }
    let shipped: i64 = order
        .fulfillments
        .iter()
        .filter(|found| found.status == "SUCCESS")
        .flat_map(|found| &found.items)
        .map(|item| item.quantity)
        .sum();
    let ordered: i64 = order.lines.iter().map(|line| line.quantity).sum();
    match shipped {
        0 => "UNFULFILLED",
        units if units >= ordered => "FULFILLED",
        _ => "PARTIALLY_FULFILLED",
    }
}
