//! JOOR's JSON: rows of orders, lines, SKUs and price types, and the oddities that real answers have. No state, no HTTP.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::order::{Address, DiscountKind, LineSeed, Named, OrderSeed};
use super::{JoorOptions, PriceType, Sku};

/// Through its text, so that no float comes near it.
pub fn number(value: Decimal) -> Value {
    value.to_string().parse::<serde_json::Number>().map_or(Value::Null, Value::Number)
}

fn date(value: Option<Date>) -> Value {
    value.map_or(Value::Null, |day| Value::String(day.to_string()))
}

fn address(address: &Address, with_contact: bool) -> Value {
    let mut row = json!({
        "id": format!("A-{}", address.code),
        "code": address.code,
        "name": address.name,
        "company": address.company,
        "line_1": address.line_1,
        "line_2": address.line_2,
        "city": address.city,
        "state": address.state,
        "zip": address.zip,
        "country": address.country,
        "phone": address.phone,
    });
    if with_contact {
        row["fax"] = json!("");
        row["email"] = json!(address.email);
    }
    row
}

fn named(value: &Named) -> Value {
    json!({ "id": value.id, "code": value.code, "name": value.name })
}

pub fn order_row(order: &OrderSeed, options: &JoorOptions) -> Value {
    let export_status = if options.integer_export_state {
        json!(order.export_status.number())
    } else {
        json!(order.export_status.word())
    };
    let mut row = json!({
        "id": order.id,
        "status": order.status.word(),
        "price_type_id": order.price_type_id,
        "total": order.units.unwrap_or_else(|| order.live_units()),
        "date_created": date(order.date_created),
        "date_approved": date(order.date_approved),
        "date_modified": date(order.date_modified),
        "comments": order.comments,
        "internal_comments": order.internal_comments,
        "tracking_number": order.tracking_number,
        "export_status": export_status,
        "export_description": order.export_description,
        "exported_on": order.exported_on,
        "customer": {
            "id": order.customer.id,
            "code": order.customer.code,
            "name": order.customer.name,
            "buyer_name": order.customer.buyer_name,
        },
        "buyer": {
            "id": format!("B{}", order.customer.id),
            "name": order.customer.buyer_name,
            "email": order.customer.buyer_email,
        },
        "customer_group": { "code": order.customer.group.code, "name": order.customer.group.name },
        "shipping_address": address(&order.shipping_address, true),
        "billing_address": address(&order.billing_address, false),
        "shipping_method": named(&order.shipping_method),
        "payment_method": named(&order.payment_method),
        "shipping_price": order.shipping_price.map(|price| price.to_string()),
        "po_number": order.po_number,
        "delivery_window_start": date(order.window.map(|(start, _)| start)),
        "delivery_window_end": date(order.window.map(|(_, end)| end)),
        "collection": named(&order.collection),
        "season": { "id": order.season.id, "code": order.season.code },
        "warehouse": named(&order.warehouse),
        "sales_rep": named(&order.sales_rep),
        "type": named(&order.order_type),
        "event": { "event": "", "code": "" },
    });
    row["discount"] = discount(order);
    row["tax"] = json!({ "amount": order.tax_amount.map(number), "number": order.tax_number });
    if let Some(door) = &order.door {
        row["door"] = named(door);
    }
    for (path, value) in &order.raw {
        put(&mut row, path, value.clone());
    }
    if options.oddities { odd_order(row) } else { row }
}

fn discount(order: &OrderSeed) -> Value {
    let details: Vec<Value> = order
        .discount
        .details
        .iter()
        .map(|(kind, value)| {
            let kind = match kind {
                DiscountKind::Percentage => "PERCENTAGE",
                DiscountKind::Amount => "AMOUNT",
            };
            json!({ "type": kind, "value": number(*value) })
        })
        .collect();
    let amount = match (order.discount.amount, details.is_empty()) {
        (Some(amount), _) => number(amount),
        (None, true) => json!(0),
        (None, false) => Value::Null,
    };
    json!({ "discount": amount, "details": details })
}

pub fn line_row(order_id: &str, line: &LineSeed, options: &JoorOptions) -> Value {
    let mut row = json!({
        "id": line.id,
        "order_id": order_id,
        "cancelled": line.cancelled,
        "line_item_sku": {
            "original_id": line.sku_id,
            "sku_identifier": line.sku_identifier,
            "product": {
                "id": line.product_id,
                "name": line.product_name,
                "identifier": line.style_identifier,
                "external_id": line.style_number,
            },
            "wholesale_price": number(line.wholesale_price),
            "suggested_retail_price": number((line.wholesale_price * Decimal::new(22, 1)).round()),
            "trait_values": traits(&line.color, &line.size),
        },
        "quantity": line.quantity,
    });
    if let Some(price) = line.item_price {
        row["line_item_sku"]["item_price"] = number(price);
    }
    for (path, value) in &line.raw {
        put(&mut row, path, value.clone());
    }
    if options.oddities { odd_line(row) } else { row }
}

fn traits(color: &str, size: &str) -> Value {
    json!([
        { "trait": { "id": "U0tVVHJhaXQ6U3R5bGVDb2xvcg==", "name": "Color", "type": "sku" },
          "value": color, "external_id": color.to_uppercase() },
        { "trait": { "id": "U0tVVHJhaXQ6U2l6ZQ==", "name": "Size", "type": "sku" },
          "value": size, "external_id": size },
    ])
}

pub fn sku_row(sku: &Sku, options: &JoorOptions) -> Value {
    let identifiers: Vec<Value> = sku.upc.iter().map(|upc| json!({ "type": "upc", "value": upc })).collect();
    let mut row = json!({
        "id": sku.id,
        "product_id": sku.product_id,
        "external_id": sku.external_id,
        "sku_identifier": sku.sku_identifier,
        "trait_values": traits(&sku.color, &sku.size),
        "identifiers": identifiers,
    });
    if options.oddities {
        pad(&mut row, "sku_identifier");
        one_for_a_list(&mut row, "identifiers");
        row = empties(row);
        row["hexColor"] = json!("#a0b0c0");
    }
    row
}

pub fn price_type_row(price_type: &PriceType) -> Value {
    json!({
        "id": price_type.id,
        "name": price_type.name,
        "currency_code": price_type.currency,
        "retail_currency_code": price_type.currency,
    })
}

/// Sets a value at a dotted path, making objects on the way where there are none.
pub fn put(row: &mut Value, path: &str, value: Value) {
    let mut at = row;
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        if names.peek().is_none() {
            at[name] = value;
            return;
        }
        at = &mut at[name];
    }
}

/// `{"data": …, "errors": []}`; with oddities a list of one comes as its element.
pub fn envelope(mut rows: Vec<Value>, options: &JoorOptions) -> Value {
    if options.oddities && rows.len() == 1 {
        return json!({ "data": rows.remove(0), "errors": "" });
    }
    json!({ "data": rows, "errors": [] })
}

fn odd_order(mut row: Value) -> Value {
    for kind in ["shipping_address", "billing_address"] {
        pad(&mut row[kind], "code");
        for (usual, other) in [("line_1", "line1"), ("line_2", "line2")] {
            if let Some(fields) = row[kind].as_object_mut()
                && let Some(value) = fields.remove(usual)
            {
                fields.insert(other.to_owned(), value);
            }
        }
    }
    pad(&mut row["customer"], "code");
    pad(&mut row["collection"], "code");
    as_text(&mut row, "total");
    as_text(&mut row["discount"], "discount");
    as_text(&mut row["tax"], "amount");
    as_number(&mut row["customer"], "id");
    one_for_a_list(&mut row["discount"], "details");
    let mut row = empties(row);
    row["order_divisions"] = json!("");
    row["is_personal_order"] = json!("false");
    row["retail_total"] = json!({ "amount": "12.5", "label": null });
    row
}

fn odd_line(mut row: Value) -> Value {
    as_text(&mut row, "quantity");
    for field in ["wholesale_price", "item_price", "suggested_retail_price"] {
        as_text(&mut row["line_item_sku"], field);
    }
    pad(&mut row["line_item_sku"], "sku_identifier");
    pad(&mut row["line_item_sku"]["product"], "identifier");
    let mut row = empties(row);
    row["style_tags"] = json!("");
    row["position"] = json!({ "page": 1 });
    row
}

fn pad(row: &mut Value, field: &str) {
    if let Some(Value::String(text)) = row.get_mut(field)
        && !text.is_empty()
    {
        *text = format!(" {text} ");
    }
}

fn as_text(row: &mut Value, field: &str) {
    if let Some(value) = row.get_mut(field)
        && value.is_number()
    {
        *value = Value::String(value.to_string());
    }
}

fn as_number(row: &mut Value, field: &str) {
    if let Some(value) = row.get_mut(field)
        && let Some(parsed) = value.as_str().and_then(|text| text.parse::<i64>().ok())
    {
        *value = json!(parsed);
    }
}

fn one_for_a_list(row: &mut Value, field: &str) {
    if let Some(value) = row.get_mut(field)
        && let Some(items) = value.as_array_mut()
        && items.len() == 1
    {
        *value = items.remove(0);
    }
}

/// Nothing, in all its forms, comes as the empty string.
fn empties(value: Value) -> Value {
    match value {
        Value::Null => json!(""),
        Value::Array(items) if items.is_empty() => json!(""),
        Value::Array(items) => Value::Array(items.into_iter().map(empties).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, field)| (name, empties(field))).collect())
        }
        other @ (Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}
