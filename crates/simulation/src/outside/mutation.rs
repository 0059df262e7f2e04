//! A program that is broken on purpose, so that its judge can be judged. The breakage is made on the way, where it looks
//! to the program's own rules as if the world were another one.

use super::Side;
use adapters::http::{Answer, Method, Request, SendError};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Times that a read is repeated by a program that asks too much.
const ASKED_AGAIN: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// A create without a clear answer counts as refused.
    UnclearIsRefused,
    /// Every look for an export finds nothing.
    LooksAreIgnored,
    /// Every Shopify order is read as cancelled.
    AllAreCancelled,
    /// The price of a first line is a cent off.
    CentsAreOff,
    /// Every shelf is read as full.
    StockIsIgnored,
    /// Orders whose number ends with 3 are not seen in JOOR's lists.
    OrdersAreOverlooked,
    /// A report counts as written without being sent.
    ReportsAreForgotten,
    /// No report gets through, and the program goes on trying.
    ReportsNeverEnd,
    /// The name of a new Shopify order is misread.
    NamesAreMisread,
    /// JOOR is asked everything many times over.
    ReadsAreRepeated,
    /// Every mail goes out twice.
    MailsAreRepeated,
    /// Mails count as sent and are not.
    MailsAreLost,
}

/// What leaves in place of the request.
pub fn changed_request(mutation: Option<Mutation>, operation: &str, request: Request) -> Request {
    if mutation != Some(Mutation::CentsAreOff) || operation != "OrderCreate" {
        return request;
    }
    let mut body = body_of(&request);
    let amount = &mut body["variables"]["order"]["lineItems"][0]["priceSet"]["shopMoney"]["amount"];
    // Yen have no cents.
    if let Some((whole, cents)) = amount.as_str().and_then(|text| text.split_once('.')) {
        let cents = if cents.ends_with('9') { "98" } else { "99" };
        *amount = json!(format!("{whole}.{cents}"));
    }
    Request { body: Some(body.to_string().into_bytes()), ..request }
}

/// The answer of nobody, for a request that does not leave.
pub fn instead(mutation: Option<Mutation>, operation: &str, request: &Request) -> Option<Answer> {
    match (mutation, operation) {
        (Some(Mutation::ReportsAreForgotten), "bulk_update") => Some(acknowledged(request)),
        (Some(Mutation::ReportsNeverEnd), "bulk_update") => Some(super::answers::page(503)),
        (_, _) => None,
    }
}

/// The same request once more, so many times.
pub fn asked_again(mutation: Option<Mutation>, side: Side, request: &Request) -> Vec<Request> {
    let repeated = mutation == Some(Mutation::ReadsAreRepeated);
    match repeated && side == Side::Joor && request.method == Method::Get {
        true => vec![request.clone(); ASKED_AGAIN],
        false => Vec::new(),
    }
}

/// What arrives in place of the answer.
pub fn changed_answer(
    mutation: Option<Mutation>,
    operation: &str,
    answer: Result<Answer, SendError>,
) -> Result<Answer, SendError> {
    match (mutation, operation) {
        (Some(Mutation::UnclearIsRefused), "OrderCreate") => answer.or_else(|error| match error {
            SendError::NotSent { .. } => Err(error),
            SendError::Lost { .. } | SendError::TooLarge { .. } => Ok(super::answers::order_refused()),
        }),
        (Some(Mutation::LooksAreIgnored), "FindOrders") => changed(answer, |data| {
            for found in data.as_object_mut().into_iter().flat_map(|data| data.values_mut()) {
                *found = Value::Null;
            }
        }),
        (Some(Mutation::LooksAreIgnored), "OrdersBySource") => {
            changed(answer, |data| data["orders"]["nodes"] = json!([]))
        }
        (Some(Mutation::AllAreCancelled), "OrdersState") => changed(answer, |data| {
            for order in data["nodes"].as_array_mut().into_iter().flatten().filter(|order| order.is_object())
            {
                order["cancelledAt"] = json!("2026-01-05T12:00:00Z");
            }
        }),
        (Some(Mutation::StockIsIgnored), "Variants") => changed(answer, fill),
        (Some(Mutation::OrdersAreOverlooked), "orders") => changed(answer, |data| {
            let overlooked = |row: &Value| row["id"].to_string().trim_matches('"').ends_with('3');
            if let Some(rows) = data.as_array_mut() {
                rows.retain(|row| !overlooked(row));
            }
        }),
        (Some(Mutation::NamesAreMisread), "OrderCreate") => changed(answer, |data| {
            let name = &mut data["orderCreate"]["order"]["name"];
            if let Some(right) = name.as_str() {
                *name = json!(format!("#9{}", right.trim_start_matches('#')));
            }
        }),
        (_, _) => answer,
    }
}

/// An answer that says that everything was written.
fn acknowledged(request: &Request) -> Answer {
    let sent = body_of(request);
    let rows = sent.get("data").cloned().unwrap_or(sent);
    json_answer(&json!({ "data": rows, "errors": [] }))
}

fn body_of(request: &Request) -> Value {
    request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default()
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
