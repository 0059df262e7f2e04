//! Parts of lists: the page that `first` and `after` ask for, and entries picked by name.

use serde_json::{Map, Value, json};

use super::execute::FieldError;

/// The connection object over all nodes, in their final order.
pub(crate) fn page(nodes: Vec<Value>, args: &Map<String, Value>) -> Result<Value, FieldError> {
    let from = match args.get("after").and_then(Value::as_str) {
        None => 0,
        Some(cursor) => match nodes.iter().position(|node| self::cursor(node) == cursor) {
            Some(found) => found + 1,
            None => return Err(FieldError::new("INVALID_FIELD_ARGUMENTS", "Invalid cursor for 'after'")),
        },
    };
    let first = args.get("first").and_then(Value::as_u64).and_then(|first| usize::try_from(first).ok());
    let to = first.map_or(nodes.len(), |first| nodes.len().min(from + first));
    let shown = &nodes[from..to];
    let edges: Vec<Value> =
        shown.iter().map(|node| json!({ "cursor": cursor(node), "node": node })).collect();
    Ok(json!({
        "edges": edges,
        "nodes": shown,
        "pageInfo": {
            "hasNextPage": to < nodes.len(),
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
