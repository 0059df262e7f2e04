//! Orders, their lines and their fulfilment as GraphQL objects.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::gid;
use super::money::bag;
use super::objects::{address_object, item_of, metafield_objects, tax_objects};
use super::state::{Discount, Fulfillment, FulfillmentOrder, Line, Order, Placed, State};
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
        let shipping: Vec<Value> = order
            .shipping_lines
            .iter()
            .map(|line| {
                json!({
                    "id": gid::gid("ShippingLine", line.id),
                    "title": line.title,
                    "code": line.code,
                    "source": line.source,
                    "originalPriceSet": bag(line.price, &order.currency),
                    "taxLines": tax_objects(&line.tax_lines, &order.currency),
                })
            })
            .collect();
        let customer =
            order.customer.filter(|id| self.customers.contains_key(id)).map(|id| gid::gid("Customer", id));
        json!({
            "customer": customer,
            "billingAddress": order.billing.as_ref().map(address_object),
            "shippingAddress": order.shipping.as_ref().map(address_object),
            "lineItems": order.lines.iter().map(|line| gid::gid("LineItem", line.id)).collect::<Vec<_>>(),
            "shippingLines": shipping,
            "taxLines": tax_objects(&order.tax_lines, &order.currency),
            "fulfillmentOrders": fulfillment_orders,
            "fulfillments": order.fulfillments.iter().map(|found| gid::gid("Fulfillment", found.id)).collect::<Vec<_>>(),
            "metafields": metafield_objects(order.id, &order.metafields),
        })
    }

    pub(crate) fn line_object(&self, number: u64) -> Option<Value> {
        let (order, line) = self
            .orders
            .values()
            .find_map(|order| order.lines.iter().find(|line| line.id == number).map(|line| (order, line)))?;
        Some(self.line(order, line))
    }

    fn line(&self, order: &Order, line: &Line) -> Value {
        let variant = line.variant.filter(|id| self.variants.contains_key(id));
        let product = line.product.filter(|id| self.products.contains_key(id));
        let name = match &line.variant_title {
            Some(variant_title) => format!("{} - {variant_title}", line.title),
            None => line.title.clone(),
        };
        let current = if order.cancelled_at.is_some() { 0 } else { line.quantity };
        json!({
            "id": gid::gid("LineItem", line.id),
            "name": name,
            "title": line.title,
            "variantTitle": line.variant_title,
            "sku": line.sku,
            "vendor": line.vendor,
            "quantity": line.quantity,
            "currentQuantity": current,
            "requiresShipping": line.requires_shipping,
            "taxable": line.taxable,
            "customAttributes": attributes(&line.properties),
            "originalUnitPriceSet": bag(line.price, &order.currency),
            "originalTotalSet": bag(line.price * Decimal::from(line.quantity), &order.currency),
            "taxLines": tax_objects(&line.tax_lines, &order.currency),
            "variant": variant.map(|id| gid::gid("ProductVariant", id)),
            "product": product.map(|id| gid::gid("Product", id)),
        })
    }

    pub(crate) fn fulfillment_order_object(&self, number: u64) -> Option<Value> {
        let (order, found) = self.find_fulfillment_order(number)?;
        let place = self.locations.get(&found.location);
        let items: Vec<Value> = found.items.iter().map(|item| placed_object(order, item)).collect();
        Some(json!({
            "id": gid::gid("FulfillmentOrder", number),
            "status": found.status,
            "requestStatus": if found.status == "CLOSED" { "CLOSED" } else { "UNSUBMITTED" },
            "orderId": gid::gid("Order", order.id),
            "orderName": order.name,
            "createdAt": written(found.created_at),
            "updatedAt": written(found.updated_at),
            "assignedLocation": {
                "name": place.map(|place| place.name.clone()).unwrap_or_default(),
                "location": place.map(|_| gid::gid("Location", found.location)),
            },
            "lineItems": items,
        }))
    }

    pub(crate) fn find_fulfillment_order(&self, number: u64) -> Option<(&Order, &FulfillmentOrder)> {
        self.orders.values().find_map(|order| {
            order.fulfillment_orders.iter().find(|found| found.id == number).map(|found| (order, found))
        })
    }

    pub(crate) fn fulfillment_object(&self, number: u64) -> Option<Value> {
        let found: &Fulfillment = self
            .orders
            .values()
            .find_map(|order| order.fulfillments.iter().find(|found| found.id == number))?;
        let location = Some(found.location).filter(|id| self.locations.contains_key(id));
        let units: i64 = found.items.iter().map(|item| item.quantity).sum();
        Some(json!({
            "id": gid::gid("Fulfillment", number),
            "legacyResourceId": number.to_string(),
            "name": found.name,
            "status": found.status,
            "displayStatus": if found.status == "CANCELLED" { "CANCELED" } else { "FULFILLED" },
            "location": location.map(|id| gid::gid("Location", id)),
            "totalQuantity": units,
            "createdAt": written(found.created_at),
        }))
    }
}

fn head(order: &Order) -> Value {
    let units: i64 = order.lines.iter().map(|line| line.quantity).sum();
    let current = if order.cancelled_at.is_some() { 0 } else { units };
    let codes: Vec<&str> = order.discount.iter().map(Discount::code).collect();
    json!({
        "id": gid::gid("Order", order.id),
        "legacyResourceId": order.id.to_string(),
        "name": order.name,
        "number": order.number,
        "sourceIdentifier": order.source_identifier,
        "sourceName": order.source_name,
        "registeredSourceUrl": order.source_url,
        "poNumber": order.po_number,
        "note": order.note,
        "email": order.email,
        "phone": order.phone,
        "tags": order.tags,
        "customAttributes": attributes(&order.custom_attributes),
        "currencyCode": order.currency,
        "presentmentCurrencyCode": order.currency,
        "createdAt": written(order.created_at),
        "updatedAt": written(order.updated_at),
        "processedAt": written(order.processed_at),
        "cancelledAt": order.cancelled_at.map(written),
        "cancelReason": order.cancel_reason,
        "closed": order.closed_at.is_some(),
        "closedAt": order.closed_at.map(written),
        "discountCode": codes.first(),
        "discountCodes": codes,
        "displayFinancialStatus": order.financial,
        "displayFulfillmentStatus": fulfillment_status(order),
        "subtotalLineItemsQuantity": units,
        "currentSubtotalLineItemsQuantity": current,
        "taxesIncluded": order.taxes_included,
        "test": order.test,
    })
}

fn money_fields(order: &Order) -> Value {
    let totals = order.totals;
    let bag = |value| bag(value, &order.currency);
    let current = |value| bag(if order.cancelled_at.is_some() { Decimal::ZERO } else { value });
    let outstanding = if order.cancelled_at.is_some() {
        Decimal::ZERO
    } else {
        totals.total - order.received - order.authorized
    };
    json!({
        "subtotalPriceSet": bag(totals.subtotal),
        "totalDiscountsSet": bag(totals.discount),
        "totalShippingPriceSet": bag(totals.shipping),
        "totalTaxSet": bag(totals.tax),
        "totalPriceSet": bag(totals.total),
        "originalTotalPriceSet": bag(totals.total),
        "currentSubtotalPriceSet": current(totals.subtotal),
        "currentTotalDiscountsSet": current(totals.discount),
        "currentTotalTaxSet": current(totals.tax),
        "currentTotalPriceSet": current(totals.total),
        "totalReceivedSet": bag(order.received),
        "totalRefundedSet": bag(order.refunded),
        "totalCapturableSet": bag(order.authorized),
        "totalOutstandingSet": bag(outstanding),
        "capturable": order.authorized > Decimal::ZERO,
        "fullyPaid": outstanding <= Decimal::ZERO,
        "unpaid": order.received == Decimal::ZERO && order.authorized == Decimal::ZERO,
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

fn placed_object(order: &Order, item: &Placed) -> Value {
    let line = &order.lines[item.line];
    json!({
        "id": gid::gid("FulfillmentOrderLineItem", item.id),
        "totalQuantity": item.quantity,
        "remainingQuantity": item.remaining,
        "sku": line.sku,
        "inventoryItemId": line.variant.map(|variant| gid::gid("InventoryItem", item_of(variant))),
        "variant": line.variant.map(|variant| gid::gid("ProductVariant", variant)),
        "lineItem": gid::gid("LineItem", line.id),
    })
}

fn attributes(pairs: &[(String, String)]) -> Vec<Value> {
    pairs.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}
