//! How JOOR writes a value, where the documentation and other programs differ. For the probe only; what a value means
//! is in `read.rs`.

use serde_json::Value;

/// The JSON form of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    Word(String),
    Number(String),
    /// Missing, null, or something else.
    Other,
}

/// How a row of an order writes its export state.
pub fn export_state_form(raw: &str) -> Form {
    let row: Option<Value> = serde_json::from_str(raw).ok();
    match row.as_ref().and_then(|row| row.get("export_status")) {
        Some(Value::String(word)) if word.trim().parse::<i64>().is_err() => Form::Word(word.clone()),
        Some(Value::String(number)) => Form::Number(number.clone()),
        Some(Value::Number(number)) => Form::Number(number.to_string()),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => Form::Other,
    }
}
