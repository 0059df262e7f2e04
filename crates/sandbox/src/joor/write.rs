//! JOOR's `bulk_update`: each item for itself, the given status applied, wrong items reported beside the good ones.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::account::Account;
use super::http::BadRequest;
use super::order::{ExportState, OrderSeed, Status};

const TEXT_CHARS_MAX: usize = 255;

/// Why an item was not applied: JOOR's word and sentence.
struct Refusal {
    status: &'static str,
    message: String,
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal { status: "INVALID", message: message.into() }
}

pub fn bulk_update(
    account: &mut Account,
    body: &[u8],
    now: Timestamp,
    today: Date,
) -> Result<Value, BadRequest> {
    let items: Vec<Value> =
        serde_json::from_slice(body).map_err(|_| BadRequest("The body must be a JSON array".to_owned()))?;
    let most = account.options.bulk_update_max;
    if items.len() > most {
        return Err(BadRequest(format!("At most {most} orders can be updated in one request")));
    }
    let (mut data, mut errors) = (Vec::new(), Vec::new());
    for item in &items {
        match update(account, item, now, today) {
            Ok(row) => data.push(row),
            Err(Refusal { status, message }) => {
                errors.push(json!({ "status": status, "message": message, "details": { "id": item["id"] } }));
            }
        }
    }
    Ok(json!({ "data": data, "errors": errors }))
}

fn update(account: &mut Account, item: &Value, now: Timestamp, today: Date) -> Result<Value, Refusal> {
    let id = match &item["id"] {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            return Err(invalid("id is required"));
        }
    };
    let order = account.order(&id).ok_or_else(|| Refusal {
        status: "NOT_FOUND",
        message: format!("Order {id} does not exist in this account"),
    })?;
    let change = Change::read(item, order)?;
    let stamp = if account.options.exported_on_is_date { today.to_string() } else { now.to_string() };
    account.edit(&id, now, today, |order, today| change.apply(order, &stamp, today));
    let order = account.order(&id).ok_or_else(|| invalid("the order is gone"))?;
    Ok(json!({ "id": order.id, "status": order.status.word(), "export_status": order.export_status.word() }))
}

/// An item that passed its checks.
struct Change {
    status: Status,
    export_status: Option<ExportState>,
    /// Outer: the field is there. Inner: it is not null.
    export_description: Option<Option<String>>,
    comments: Option<String>,
    internal_comments: Option<String>,
    tracking_number: Option<String>,
}

impl Change {
    fn read(item: &Value, order: &OrderSeed) -> Result<Change, Refusal> {
        let word = item["status"].as_str().ok_or_else(|| invalid("status is required"))?;
        let status = Status::from_word(word).ok_or_else(|| invalid(format!("{word} is not a status")))?;
        if status == Status::InProgress && order.status != Status::InProgress {
            return Err(invalid("An order cannot be moved back to IN_PROGRESS"));
        }
        let export_status = match &item["export_status"] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        let export_status = match export_status {
            Some(text) => {
                let state = ExportState::from_text(&text);
                Some(state.ok_or_else(|| invalid(format!("{text} is not an export status")))?)
            }
            None => None,
        };
        let export_description = match item.get("export_description") {
            Some(Value::Null) => Some(None),
            Some(_) => Some(text(item, "export_description")?),
            None => None,
        };
        Ok(Change {
            status,
            export_status,
            export_description,
            comments: text(item, "comments")?,
            internal_comments: text(item, "internal_comments")?,
            tracking_number: text(item, "tracking_number")?,
        })
    }

    fn apply(self, order: &mut OrderSeed, stamp: &str, today: Date) {
        if self.status == Status::Approved && order.status != Status::Approved {
            order.date_approved = Some(today);
        }
        order.status = self.status;
        if let Some(state) = self.export_status {
            order.export_status = state;
            order.exported_on = match state {
                ExportState::Success | ExportState::Failed => Some(stamp.to_owned()),
                ExportState::Undefined => None,
            };
        }
        if let Some(description) = self.export_description {
            order.export_description = description;
        }
        if let Some(comments) = self.comments {
            order.comments = comments;
        }
        if let Some(comments) = self.internal_comments {
            order.internal_comments = comments;
        }
        if let Some(number) = self.tracking_number {
            order.tracking_number = Some(number);
        }
    }
}

fn text(item: &Value, name: &str) -> Result<Option<String>, Refusal> {
    match &item[name] {
        Value::Null => Ok(None),
        Value::String(text) if text.chars().count() > TEXT_CHARS_MAX => {
            Err(invalid(format!("{name} is longer than {TEXT_CHARS_MAX} characters")))
        }
        Value::String(text) => Ok(Some(text.clone())),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(invalid(format!("{name} must be a text")))
        }
    }
}
