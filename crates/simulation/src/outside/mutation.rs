//! How each breakage is made.

use super::Mutation;
use adapters::http::{Answer, Request, SendError};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub fn apply(
    mutation: Option<Mutation>,
    operation: &str,
    answer: Result<Answer, SendError>,
) -> Result<Answer, SendError> {
    match (mutation, operation) {
        (Some(Mutation::UnclearIsRefused), "OrderCreate") => answer.or_else(|error| match error {
            SendError::NotSent { .. } => Err(error),
            SendError::Lost { .. } | SendError::TooLarge { .. } => Ok(refused()),
        }),
        (Some(Mutation::LooksAreIgnored), "FindOrders") => changed(answer, |data| {
            for found in data.as_object_mut().into_iter().flat_map(|data| data.values_mut()) {
                *found = Value::Null;
            }
        }),
        (Some(Mutation::LooksAreIgnored), "OrdersBySource") => {
            changed(answer, |data| data["orders"]["nodes"] = json!([]))
        }
        (Some(Mutation::StockIsIgnored), "Variants") => changed(answer, fill),
        (_, _) => answer,
    }
}

fn refused() -> Answer {
    let error = json!({ "code": "INVALID", "field": ["order"], "message": "nobody knows" });
    json_answer(&json!({ "data": { "orderCreate": { "order": null, "userErrors": [error] } } }))
}

/// An answer that says that everything was written.
pub fn acknowledged(request: &Request) -> Answer {
    let sent: Value =
        request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    let rows = sent.get("data").cloned().unwrap_or(sent);
    json_answer(&json!({ "data": rows, "errors": [] }))
}

fn json_answer(body: &Value) -> Answer {
    let headers = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
    Answer { status: 200, headers, body: body.to_string().into_bytes() }
}

fn changed(answer: Result<Answer, SendError>, change: impl FnOnce(&mut Value)) -> Result<Answer, SendError> {
    let mut answer = answer?;
    if let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) {
        change(&mut body["data"]);
        answer.body = body.to_string().into_bytes();
    }
    Ok(answer)
}

/// Every quantity in the answer becomes a large one.
fn fill(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if name == "quantity" { *field = json!(9_999) } else { fill(field) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(fill),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
