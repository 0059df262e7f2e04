//! What people may read of a call beside the step that made it, and what of a batch is about one thing. The documents are
//! left out, since their names say which they are; so is what the call cost.

use crate::http::Answer;
use crate::witness::{Exchange, body_of};
use serde_json::{Value, json};

/// The operation with its variables, of a body as it leaves.
pub fn request(body: &str) -> Value {
    let mut request: Value = serde_json::from_str(body).unwrap_or_default();
    if let Some(fields) = request.as_object_mut() {
        fields.remove("query");
    }
    request
}

pub fn answer(answer: &Answer) -> Value {
    let mut body = body_of(answer);
    if let Some(fields) = body.as_object_mut() {
        fields.remove("extensions");
    }
    body
}

/// Of a list of ids this one, of aliases those that name it; any other call as a whole, if it names it.
pub fn part(said: &Exchange, thing: &str) -> Option<Exchange> {
    let variables = &said.request["variables"];
    if let Some(ids) = variables["ids"].as_array() {
        let place = ids.iter().position(|id| id == thing)?;
        let mut request = said.request.clone();
        request["variables"]["ids"] = json!([ids[place]]);
        let own = |answer: &Value| match answer.pointer("/data/nodes").and_then(Value::as_array) {
            Some(nodes) => {
                with_data(answer, json!({ "nodes": nodes.get(place).into_iter().collect::<Vec<_>>() }))
            }
            None => answer.clone(),
        };
        return Some(Exchange { request, answer: said.answer.as_ref().map(own) });
    }
    let fields = variables.as_object()?;
    let own: Vec<&String> =
        fields.iter().filter(|(_, value)| names(value, thing)).map(|(name, _)| name).collect();
    if own.is_empty() {
        return None;
    }
    match fields.keys().all(|name| is_alias(name)) {
        true => Some(aliased(said, &own)),
        false => Some(said.clone()),
    }
}

/// What an error without a path is about is not said, so it stays.
fn aliased(said: &Exchange, own: &[&String]) -> Exchange {
    let is_own = |name: &str| own.iter().any(|alias| *alias == name);
    let mut request = said.request.clone();
    if let Some(variables) = request["variables"].as_object_mut() {
        variables.retain(|name, _| is_own(name));
    }
    let own = |answer: &Value| {
        let mut own = match answer.get("data").and_then(Value::as_object) {
            Some(data) => {
                with_data(answer, data.iter().filter(|(name, _)| is_own(name)).map(owned).collect())
            }
            None => answer.clone(),
        };
        if let Some(errors) = own.get_mut("errors").and_then(Value::as_array_mut) {
            errors.retain(|error| error["path"][0].as_str().is_none_or(is_own));
        }
        own
    };
    Exchange { request, answer: said.answer.as_ref().map(own) }
}

/// An answer with this in the place of its data, which may be large.
fn with_data(answer: &Value, data: Value) -> Value {
    let others = answer.as_object().into_iter().flatten().filter(|(name, _)| *name != "data");
    others.map(owned).chain([("data".to_owned(), data)]).collect()
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// Such as `e12`.
fn is_alias(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(char::is_alphabetic) && name.len() > 1 && chars.all(|c| c.is_ascii_digit())
}

fn names(value: &Value, thing: &str) -> bool {
    match value {
        // A search has it between quotes.
        Value::String(text) => text == thing || text.contains(&format!("\"{thing}\"")),
        Value::Array(values) => values.iter().any(|value| names(value, thing)),
        Value::Object(fields) => fields.values().any(|value| names(value, thing)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(request: Value, answer: Value) -> Exchange {
        Exchange { request, answer: Some(answer) }
    }

    fn check(said: &Exchange, thing: &str, expected: Option<(Value, Value)>) {
        let part = part(said, thing).map(|part| (part.request["variables"].clone(), part.answer.unwrap()));
        assert_eq!(part, expected, "{thing}");
    }

    #[test]
    fn an_order_sees_its_own_part_of_a_batch() {
        let read = said(
            json!({"variables": {"ids": ["1", "2", "3"]}}),
            json!({"data": {"nodes": [{"id": "1"}, null, {"id": "3"}]}}),
        );
        check(&read, "3", Some((json!({"ids": ["3"]}), json!({"data": {"nodes": [{"id": "3"}]}}))));
        check(&read, "2", Some((json!({"ids": ["2"]}), json!({"data": {"nodes": [null]}}))));
        check(&read, "4", None);
        let looked = said(
            json!({"variables": {"e0": {"customId": {"value": "t-1"}}, "e1": {"customId": {"value": "t-11"}}}}),
            json!({"data": {"e0": null, "e1": {"id": "9"}}, "errors": [{"path": ["e0"]}, {"path": ["e1"]}, {"message": "m"}]}),
        );
        check(
            &looked,
            "t-1",
            Some((
                json!({"e0": {"customId": {"value": "t-1"}}}),
                json!({"data": {"e0": null}, "errors": [{"path": ["e0"]}, {"message": "m"}]}),
            )),
        );
        check(&looked, "t-2", None);
    }

    #[test]
    fn a_call_about_one_thing_is_told_as_a_whole() {
        let search = said(
            json!({"variables": {"search": "source_identifier:\"t-1\"", "after": null}}),
            json!({"data": {"orders": {"nodes": []}}}),
        );
        check(&search, "t-1", Some((search.request["variables"].clone(), search.answer.clone().unwrap())));
        check(&search, "t", None);
    }

    #[test]
    fn neither_the_document_nor_the_cost_is_told() {
        assert_eq!(
            request(r#"{"query":"q","operationName":"O","variables":{}}"#),
            json!({"operationName": "O", "variables": {}})
        );
        let of = |body: &str| {
            answer(&Answer { status: 502, headers: Default::default(), body: body.as_bytes().to_vec() })
        };
        assert_eq!(of(r#"{"data":{},"extensions":{"cost":1}}"#), json!({"data": {}}));
        assert_eq!(of("<p>Ada</p>"), json!("HTTP 502, 10 bytes that are no JSON"));
    }
}
