//! The token endpoint: a password grant that checks all five fields, answered in Keycloak's manner.

use std::collections::HashMap;

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Joor;

type Fields = HashMap<String, String>;

/// The form of the request, in either of its two encodings. `None`: it cannot be read.
pub async fn fields(request: Request) -> Option<Fields> {
    let kind = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    if !kind.starts_with("multipart/form-data") {
        return Form::<Fields>::from_request(request, &()).await.ok().map(|Form(fields)| fields);
    }
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    let mut fields = Fields::new();
    while let Some(field) = form.next_field().await.ok()? {
        let name = field.name()?.to_owned();
        fields.insert(name, field.text().await.ok()?);
    }
    Some(fields)
}

pub fn grant(joor: &Joor, fields: Option<Fields>) -> Response {
    let now = joor.clock.now();
    let mut account = joor.lock();
    let options = account.options.clone();
    let given = fields.unwrap_or_default();
    let is = |name: &str, expected: &str| given.get(name).is_some_and(|value| value == expected);
    if !is("grant_type", "password") {
        return refused("unsupported_grant_type", "Unsupported grant_type");
    }
    if !is("client_id", &options.client_id) || !is("client_secret", &options.client_secret) {
        return refused("unauthorized_client", "Invalid client or Invalid client credentials");
    }
    if !is("username", &options.username) || !is("password", &options.password) {
        return refused("invalid_grant", "Invalid user credentials");
    }
    account.tokens_given += 1;
    let number = account.tokens_given;
    let token = format!("sandbox.{number:06}.{:x}", now.as_millisecond());
    let life = SignedDuration::try_from(options.token_life).unwrap_or(SignedDuration::MAX);
    account.tokens.insert(token.clone(), now.checked_add(life).unwrap_or(Timestamp::MAX));
    Json(json!({
        "access_token": token,
        "expires_in": options.token_life.as_secs(),
        "refresh_expires_in": 7_776_000,
        "refresh_token": format!("refresh.{number:06}"),
        "token_type": "Bearer",
        "not-before-policy": 0,
        "session_state": format!("00000000-0000-4000-8000-{number:012}"),
        "scope": "email profile",
    }))
    .into_response()
}

fn refused(error: &str, description: &str) -> Response {
    (StatusCode::UNAUTHORIZED, Json(json!({ "error": error, "error_description": description })))
        .into_response()
}
