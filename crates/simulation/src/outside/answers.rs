//! Answers that are made up on the way, in the services' own words.

use super::Side;
use adapters::http::Answer;
use serde_json::json;
use std::collections::BTreeMap;

const JSON: &str = "application/json";

fn answer(status: u16, kind: &str, body: &str, more: &[(&str, &str)]) -> Answer {
    let mut headers = BTreeMap::from([("content-type".to_owned(), kind.to_owned())]);
    headers.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Answer { status, headers, body: body.as_bytes().to_vec() }
}

pub fn page(status: u16) -> Answer {
    answer(status, "text/html", "<!DOCTYPE html><html><body>Be right back</body></html>", &[])
}

pub fn unauthorized() -> Answer {
    let body = r#"{"data":[],"errors":[{"status":"UNAUTHORIZED","message":"The access token expired"}]}"#;
    answer(401, JSON, body, &[])
}

pub fn throttled(side: Side) -> Answer {
    let joor = r#"{"data":[],"errors":[{"status":"TOO_MANY_REQUESTS","message":"Too Many Requests"}]}"#;
    let limits = [("retry-after", "20"), ("x-throttling-reset", "20"), ("x-throttling-remaining", "0")];
    match side {
        Side::Joor => answer(429, JSON, joor, &limits),
        Side::Shopify => answer(429, JSON, r#"{"errors":"Too Many Requests"}"#, &[("retry-after", "2.0")]),
    }
}

/// GraphQL says so with the status of a good answer; JOOR knows only the status.
pub fn throttled_in_body(side: Side) -> Answer {
    let extensions = json!({ "code": "THROTTLED" });
    let body = json!({ "errors": [{ "message": "Throttled", "extensions": extensions }] });
    match side {
        Side::Joor => throttled(side),
        Side::Shopify => answer(200, JSON, &body.to_string(), &[]),
    }
}

pub fn refused_in_json(side: Side, status: u16) -> Answer {
    let words = "This is not possible now";
    let body = match side {
        Side::Joor => json!({ "data": [], "errors": [{ "status": "REFUSED", "message": words }] }),
        Side::Shopify => json!({ "errors": words }),
    };
    answer(status, JSON, &body.to_string(), &[])
}

/// Shopify's clear refusal of a create.
pub fn order_refused() -> Answer {
    let error =
        json!({ "code": "INVALID", "field": ["order", "processedAt"], "message": "is not possible now" });
    let body = json!({ "data": { "orderCreate": { "order": null, "userErrors": [error] } } });
    answer(200, JSON, &body.to_string(), &[])
}
