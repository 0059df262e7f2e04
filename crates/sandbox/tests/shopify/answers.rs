//! Every field that can be asked has somebody who answers it.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, Type, TypeKind, TypeSystemDefinition};
use sandbox::shopify::SCHEMA_TEXT;

use super::*;

/// Objects and interfaces with their fields and the types at the heart of these.
type Fields = BTreeMap<String, Vec<(String, String)>>;

fn fields() -> Fields {
    fn heart(ty: &Type) -> String {
        match &ty.base {
            BaseType::Named(name) => name.to_string(),
            BaseType::List(inner) => heart(inner),
        }
    }
    let mut found = Fields::new();
    for definition in parse_schema(SCHEMA_TEXT).unwrap().definitions {
        let TypeSystemDefinition::Type(kind) = definition else { continue };
        let fields = match kind.node.kind {
            TypeKind::Object(object) => object.fields,
            TypeKind::Interface(interface) => interface.fields,
            _ => continue,
        };
        let fields = fields.iter().map(|field| (field.node.name.to_string(), heart(&field.node.ty.node)));
        found.insert(kind.node.name.to_string(), fields.collect());
    }
    found
}

/// All fields of a type and of what they lead to.
fn selection(fields: &Fields, kind: &str) -> String {
    let parts = fields[kind].iter().map(|(field, inner)| {
        let arguments = match (kind, field.as_str()) {
            ("InventoryLevel", "quantities") => "(names: [\"available\"])",
            ("Customer", "metafield") => "(namespace: \"joor_shopify\", key: \"customer\")",
            ("Order", "fulfillments") => "(first: 2)",
            _ if inner.ends_with("Connection") => "(first: 2)",
            _ => "",
        };
        let within = fields.get(inner).map(|_| format!(" {{ {} }}", selection(fields, inner)));
        format!("{field}{arguments}{}", within.unwrap_or_default())
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// Notes which fields hold something.
fn note(fields: &Fields, kind: &str, value: &Value, seen: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| note(fields, kind, item, seen)),
        Value::Object(held) => {
            for (field, inner) in fields.get(kind).into_iter().flatten() {
                if held.get(field).is_some_and(|value| !value.is_null()) {
                    seen.insert(format!("{kind}.{field}"));
                    note(fields, inner, &held[field], seen);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn every_field_of_the_schema_is_answered() {
    let bench = bench(|options| options.search_lag = Duration::ZERO);
    bench.shop.set_customer_custom_id(501, "joor_shopify", "customer", "C-9");
    let shipped = with(order(&[line(SHIRT, 1)]), "metafields", custom_id("T-1"));
    let shipped = with(shipped, "customer", json!({ "toAssociate": { "id": "gid://shopify/Customer/501" } }));
    let shipped =
        with(with(shipped, "sourceIdentifier", json!("T-1")), "fulfillmentStatus", json!("FULFILLED"));
    let shipped = bench.created(shipped, "BYPASS").await;
    let dropped = bench.created(order(&[line(SHIRT, 1)]), "BYPASS").await;
    let cancel =
        "mutation C($id: ID!) { orderCancel(orderId: $id, reason: OTHER, restock: true) { job { id } } }";
    let cancelled = bench.call(cancel, json!({ "id": dropped })).await;
    let job = cancelled["data"]["orderCancel"]["job"]["id"].as_str().unwrap();

    let fields = fields();
    let mut seen = BTreeSet::new();
    for (root, kind) in &fields["QueryRoot"] {
        let custom = "customId: { namespace: \"joor_shopify\", key: \"export\", value: \"T-1\" }";
        let arguments = match root.as_str() {
            "shop" | "currentAppInstallation" => String::new(),
            "node" => format!("(id: \"{}\")", variant(SHIRT)),
            "nodes" => format!("(ids: [\"{}\"])", variant(SHIRT)),
            "order" => format!("(id: \"{shipped}\")"),
            "job" => format!("(id: \"{job}\")"),
            "orderByIdentifier" => format!("(identifier: {{ {custom} }})"),
            "customerByIdentifier" => "(identifier: { emailAddress: \"buyer@store.example\" })".to_owned(),
            "metafieldDefinitions" => "(first: 2, ownerType: ORDER)".to_owned(),
            _ => "(first: 2)".to_owned(),
        };
        let query = format!("query All {{ {root}{arguments} {{ {} }} }}", selection(&fields, kind));
        let answer = bench.call(&query, json!({})).await;
        assert!(answer.get("errors").is_none(), "{query}: {answer}");
        note(&fields, "QueryRoot", &answer["data"], &mut seen);
    }
    // Refusals and the payloads around them are asked for by the stories of each mutation.
    let promised = fields.iter().filter(|(kind, _)| {
        *kind != "Mutation" && !kind.ends_with("Payload") && !kind.ends_with("UserError")
    });
    let silent: Vec<String> = promised
        .flat_map(|(kind, fields)| fields.iter().map(move |(field, _)| format!("{kind}.{field}")))
        .filter(|path| !seen.contains(path))
        .collect();
    assert!(silent.is_empty(), "nobody answers {silent:?}");
}
