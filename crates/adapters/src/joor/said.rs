//! What people may read of a call beside the step that made it, and what of a batch is about one order.

use crate::witness::Exchange;
use serde_json::{Value, json};

/// All that a report is about; of a row that is read or answered because of a report, nothing else is kept.
const REPORTED: [&str; 4] = ["id", "status", "export_status", "export_description"];
/// Under these a row or an error says whose it is.
const IDS: [&str; 2] = ["id", "order_id"];

pub fn request(path: &[&str], query: &[(&str, String)], body: Option<&[u8]>) -> Value {
    let path = path.join("/");
    match body {
        Some(body) => {
            json!({ "path": path, "body": serde_json::from_slice::<Value>(body).unwrap_or_default() })
        }
        None => {
            let query: serde_json::Map<String, Value> =
                query.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            json!({ "path": path, "query": query })
        }
    }
}

/// The item of this order in a write, or its row in a read. A page of a list on which it is not is not about it.
pub fn part(said: &Exchange, order: &str) -> Option<Exchange> {
    let mut own = said.clone();
    let is_read = match own.request.get_mut("body").and_then(Value::as_array_mut) {
        Some(items) => {
            items.retain(|item| owner(item).as_deref() == Some(order));
            if items.is_empty() {
                return None;
            }
            false
        }
        None => {
            let ids = own.request["query"].get_mut("order_ids")?;
            if !ids.as_str()?.split(',').any(|id| id == order) {
                return None;
            }
            *ids = json!(order);
            true
        }
    };
    let Some(answer) = &mut own.answer else { return Some(own) };
    let rows = if answer.is_array() { Some(&mut *answer) } else { answer.get_mut("data") };
    if let Some(rows) = rows {
        keep(rows, |row| text_of(row).or_else(|| owner(row)).as_deref() == Some(order));
        reported_only(rows);
        if is_read && rows.as_array().is_some_and(Vec::is_empty) {
            return None;
        }
    }
    // What an error that names no order is about is not said, so it stays.
    if let Some(errors) = answer.get_mut("errors") {
        keep(errors, |error| owner(&error["details"]).is_none_or(|named| named == order));
    }
    Some(own)
}

/// Of a list, or of an object that stands for a list; one that stands alone stays or goes as a whole.
fn keep(list: &mut Value, is_own: impl Fn(&Value) -> bool) {
    match list {
        Value::Array(items) => items.retain(is_own),
        Value::Object(items) if items.keys().all(|key| key.parse::<u64>().is_ok()) => {
            items.retain(|_, item| is_own(item));
        }
        Value::Object(_) if !is_own(list) => *list = json!([]),
        Value::Object(_) | Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

fn reported_only(rows: &mut Value) {
    match rows {
        Value::Array(all) => all.iter_mut().for_each(reported_only),
        Value::Object(fields) if fields.keys().all(|key| key.parse::<u64>().is_ok()) => {
            fields.values_mut().for_each(reported_only);
        }
        Value::Object(fields) => fields.retain(|name, _| REPORTED.contains(&name.as_str())),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

fn owner(row: &Value) -> Option<String> {
    IDS.iter().find_map(|name| text_of(row.get(name)?))
}

/// JOOR writes ids as texts and as numbers.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(request: &Value, answer: Option<Value>, order: &str, expected: Option<(Value, Value)>) {
        let said = Exchange { request: request.clone(), answer };
        let part = part(&said, order).map(|own| (own.request, own.answer.unwrap_or_default()));
        assert_eq!(part, expected, "{order}");
    }

    #[test]
    fn an_order_sees_its_own_item_of_a_report_and_what_joor_says_of_it() {
        let body = br#"[{"id":"7","status":"APPROVED"},{"id":"77","status":"APPROVED"}]"#;
        let sent = request(&["orders", "bulk_update"], &[], Some(body));
        let item =
            |id: &str| json!({"path": "orders/bulk_update", "body": [{"id": id, "status": "APPROVED"}]});
        let answer = json!({"data": [{"id": 77, "buyer": "Ada"}, "8"], "errors": [
            {"message": "gone", "details": {"id": 7}}, {"message": "who?", "details": []}, {"details": {"order_id": "77"}}]});
        let errors = json!([{"message": "gone", "details": {"id": 7}}, {"message": "who?", "details": []}]);
        let own = json!({"data": [], "errors": errors});
        check(&sent, Some(answer.clone()), "7", Some((item("7"), own)));
        let own = json!({"data": [{"id": 77}], "errors": [
            {"message": "who?", "details": []}, {"details": {"order_id": "77"}}]});
        check(&sent, Some(answer.clone()), "77", Some((item("77"), own)));
        check(&sent, Some(answer), "8", None);
        check(&sent, None, "7", Some((item("7"), Value::Null)));
        check(&sent, Some(json!([{"id": 8}, "7"])), "7", Some((item("7"), json!(["7"]))));
        check(&sent, Some(json!({"data": {"id": 8}})), "7", Some((item("7"), json!({"data": []}))));
        check(&sent, Some(json!("HTTP 502")), "7", Some((item("7"), json!("HTTP 502"))));
    }

    #[test]
    fn of_an_order_that_was_read_only_what_a_report_is_about_is_told() {
        let asked = request(&["orders"], &[("order_ids", "7,77".to_owned()), ("page", "1".to_owned())], None);
        let own = json!({"path": "orders", "query": {"order_ids": "7", "page": "1"}});
        let row = json!({"data": [{"id": 7, "status": "APPROVED", "buyer": "Ada"}]});
        let told = json!({"data": [{"id": 7, "status": "APPROVED"}]});
        check(&asked, Some(row.clone()), "7", Some((own, told)));
        check(&asked, Some(row.clone()), "77", None);
        check(&asked, Some(row), "8", None);
    }
}
