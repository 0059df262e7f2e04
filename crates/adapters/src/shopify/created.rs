//! What the answer to a create proves. The one question: does the order exist, surely not exist, or may it exist?
//! Pure; nothing is sent from here.

use super::envelope::{Call, Envelope, TopError, missing_scopes};
use super::read;
use super::wire::{self, UserError};
use crate::http::Answer;
use crate::ports::{CallError, Created, Refusal};
use serde::Deserialize;
use serde_json::Value;

/// Development shops take five orders a minute. Shopify gives this refusal no code, so we name it ourselves.
pub const ORDER_QUOTA: &str = "ORDER_QUOTA";

const ORDER_QUOTA_SENTENCE: &str = "too many attempts";

const ROOT: &str = "orderCreate";

/// Sorts a complete answer. `throttled_until` is when the next try makes sense, should it have been throttled.
pub fn classify(answer: &Answer, call: &Call<'_>, throttled_until: domain::time::Moment) -> Created {
    let envelope = Envelope::parse(answer);
    if let Ok(envelope) = &envelope
        && let Some(order) = envelope.data.as_ref().and_then(order_in)
    {
        let mut warnings = user_errors(envelope);
        warnings.extend(envelope.errors.iter().map(TopError::refusal));
        return Created::Order { order: read::salvaged(order), warnings };
    }
    match answer.status {
        200 => {}
        401 | 402 | 403 | 404 | 423 => return Created::NotExecuted(call.status_error(answer)),
        429 => return Created::NotExecuted(CallError::Throttled { until: throttled_until }),
        status => return Created::Unclear { reason: format!("HTTP {status}") },
    }
    match envelope {
        Err(reason) => Created::Unclear { reason },
        Ok(envelope) => without_order(&envelope, call, throttled_until),
    }
}

fn without_order(envelope: &Envelope, call: &Call<'_>, throttled_until: domain::time::Moment) -> Created {
    let errors = &envelope.errors;
    if errors.is_empty() {
        let refusals = user_errors(envelope);
        let order_is_null =
            envelope.data.as_ref().and_then(|data| data.get(ROOT)).is_some_and(|payload| {
                payload.is_object() && payload.get("order").is_some_and(Value::is_null)
            });
        return match order_is_null && !refusals.is_empty() {
            true => Created::Refused(refusals),
            false => Created::Unclear { reason: "neither an order nor a reason".to_owned() },
        };
    }
    if errors.iter().all(|error| error.code == "THROTTLED") && no_root(envelope) {
        return Created::NotExecuted(CallError::Throttled { until: throttled_until });
    }
    let never_ran = envelope.data.is_none() && errors.iter().all(refused_before_running);
    let not_allowed =
        no_root(envelope) && errors.iter().all(|error| error.code == "ACCESS_DENIED" && error.path == [ROOT]);
    if not_allowed {
        return Created::NotExecuted(CallError::Forbidden { missing: missing_scopes(errors) });
    }
    if never_ran {
        return Created::NotExecuted(call.failed(errors, false));
    }
    let words =
        errors.iter().map(|error| format!("{} {}", error.code, error.message)).collect::<Vec<_>>().join("; ");
    Created::Unclear { reason: words.trim().to_owned() }
}

/// No payload: neither a `data` nor anything under the root.
fn no_root(envelope: &Envelope) -> bool {
    envelope.data.as_ref().and_then(|data| data.get(ROOT)).is_none_or(Value::is_null)
}

/// Codes of static validation and of limits that are checked before anything runs. Errors without a code are not
/// taken for one of them.
fn refused_before_running(error: &TopError) -> bool {
    error.blames_document()
        || matches!(
            error.code.as_str(),
            "MAX_COST_EXCEEDED" | "INVALID_VARIABLE" | "MAX_INPUT_SIZE_EXCEEDED" | "BAD_REQUEST"
        )
}

/// An order anywhere in the data, whatever its place: its id proves that it exists.
fn order_in(data: &Value) -> Option<wire::SalvagedOrder> {
    wire::salvaged_order(data).or_else(|| match data {
        Value::Object(members) => members.values().find_map(order_in),
        Value::Array(items) => items.iter().find_map(order_in),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

fn user_errors(envelope: &Envelope) -> Vec<Refusal> {
    let list = envelope.data.as_ref().and_then(|data| data.get(ROOT)?.get("userErrors")?.as_array());
    let one = |error: &Value| {
        let mut refusal = read::refusal(UserError::deserialize(error).unwrap_or_else(|_| UserError {
            code: None,
            field: None,
            message: "a reason that cannot be read".to_owned(),
        }));
        if refusal.message.to_lowercase().starts_with(ORDER_QUOTA_SENTENCE) {
            refusal.code = ORDER_QUOTA.to_owned();
        }
        refusal
    };
    list.map(Vec::as_slice).unwrap_or_default().iter().map(one).collect()
}
