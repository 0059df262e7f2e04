//! Parts of lists: the page that `first`, `after`, `last` and `before` ask for, and entries picked by name.

use serde_json::{Map, Value, json};

use super::execute::FieldError;

/// The connection object over all nodes, in their final order.
pub(crate) fn page(nodes: Vec<Value>, args: &Map<String, Value>) -> Result<Value, FieldError> {
    let count = |name: &str| args.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let position = |name: &str| match args.get(name).and_then(Value::as_str) {
        None => Ok(None),
        Some(cursor) => match nodes.iter().position(|node| self::cursor(node) == cursor) {
            Some(found) => Ok(Some(found)),
            None => Err(FieldError::new("INVALID_FIELD_ARGUMENTS", format!("Invalid cursor for '{name}'"))),
        },
    };
    let mut from = position("after")?.map_or(0, |found| found + 1);
    let mut to = position("before")?.unwrap_or(nodes.len()).max(from);
    if let Some(first) = count("first") {
        to = to.min(from + first);
    } else if let Some(last) = count("last") {
        from = from.max(to.saturating_sub(last));
    }
    let shown = &nodes[from..to];
    let edges: Vec<Value> =
        shown.iter().map(|node| json!({ "cursor": cursor(node), "node": node })).collect();
    Ok(json!({
        "edges": edges,
        "nodes": shown,
        "pageInfo": {
            "hasNextPage": to < nodes.len(),
            "hasPreviousPage": from > 0,
            "startCursor": shown.first().map(cursor),
            "endCursor": shown.last().map(cursor),
        },
    }))
}

/// Opaque to callers: the node's id in hexadecimal.
fn cursor(node: &Value) -> String {
    let id = node.as_str().or_else(|| node.get("id").and_then(Value::as_str)).unwrap_or_default();
    id.bytes().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn named_quantities(value: &Value, names: &Value) -> Value {
    let all = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let wanted = names.as_array().map(Vec::as_slice).unwrap_or_default();
    Value::Array(
        wanted.iter().filter_map(|name| all.iter().find(|found| &found["name"] == name)).cloned().collect(),
    )
}

pub(crate) fn metafield(thing: &Map<String, Value>, args: &Map<String, Value>) -> Value {
    let all = thing.get("metafields").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let wanted = |name: &str, found: &Value| {
        args.get(name).is_none_or(|given| given.is_null() || given == &found[name])
    };
    all.iter().find(|found| wanted("namespace", found) && wanted("key", found)).cloned().unwrap_or_default()
}

pub(crate) fn first_of(value: Value, args: &Map<String, Value>) -> Value {
    let first = args.get("first").and_then(Value::as_u64).and_then(|first| usize::try_from(first).ok());
    match (value, first) {
        (Value::Array(mut items), Some(first)) => {
            items.truncate(first);
            Value::Array(items)
        }
        (other, _) => other,
    }
}
