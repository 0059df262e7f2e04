//! The way of a call through JOOR: fault, token, account, credits, then the call itself. What a call means is in `read`
//! and `write`.

use std::collections::HashMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use axum::{Json, body::Body};
use serde_json::{Value, json};

use super::{Joor, read, token, write};
use crate::faults::{self, Fault, Outcome, Service};

/// What a call found wrong with its own form: answered 400 with JOOR's error envelope.
#[derive(Debug)]
pub struct BadRequest(pub String);

pub type Parameters = HashMap<String, String>;

/// A row that a fault breaks: the order, the field and what stands in it.
pub type BrokenRow = Option<(String, String, Value)>;

pub fn router(joor: Joor) -> Router {
    Router::new()
        .route("/auth/", post(sign_in))
        .route("/auth", post(sign_in))
        .route("/v4/{*call}", any(call))
        .with_state(joor)
}

#[derive(Clone, Copy, Debug)]
enum Call {
    Orders,
    SkuLineItems,
    Skus,
    PriceTypes,
    BulkUpdate,
}

impl Call {
    fn of(method: &Method, path: &str) -> Option<Call> {
        match (method.as_str(), path.trim_end_matches('/')) {
            ("GET", "/v4/orders") => Some(Call::Orders),
            ("GET", "/v4/orders/sku_line_items") => Some(Call::SkuLineItems),
            ("GET", "/v4/skus") => Some(Call::Skus),
            ("GET", "/v4/price_types") => Some(Call::PriceTypes),
            ("POST", "/v4/orders/bulk_update") => Some(Call::BulkUpdate),
            (_, _) => None,
        }
    }

    fn operation(self) -> &'static str {
        match self {
            Call::Orders => "GET orders",
            Call::SkuLineItems => "GET sku_line_items",
            Call::Skus => "GET skus",
            Call::PriceTypes => "GET price_types",
            Call::BulkUpdate => "POST bulk_update",
        }
    }

    fn price(self) -> u32 {
        match self {
            Call::Orders | Call::SkuLineItems | Call::Skus | Call::PriceTypes => 1,
            Call::BulkUpdate => 5,
        }
    }
}

async fn sign_in(State(joor): State<Joor>, request: Request) -> Outcome {
    joor.lock().operations.push("token".to_owned());
    let fault = joor.faults.take(Service::JoorToken, "token");
    let fields = token::fields(request).await;
    let too_many = || StatusCode::TOO_MANY_REQUESTS.into_response();
    faults::answer(fault, too_many, async move { token::grant(&joor, fields) }).await
}

async fn call(State(joor): State<Joor>, request: Request) -> Outcome {
    let Some(call) = Call::of(request.method(), request.uri().path()) else {
        let operation = format!("{} {}", request.method(), request.uri().path());
        joor.lock().operations.push(operation);
        return Outcome::Answer(error(StatusCode::NOT_FOUND, "NOT_FOUND", "No such resource"));
    };
    joor.lock().operations.push(call.operation().to_owned());
    let headers = request.headers().clone();
    let address = request.uri().to_string();
    let parameters =
        Query::<Parameters>::try_from_uri(request.uri()).map(|Query(all)| all).unwrap_or_default();
    let body = Bytes::from_request(request, &()).await.unwrap_or_default();
    let said = address + &String::from_utf8_lossy(&body);
    let fault = joor.faults.take_about(Service::Joor, call.operation(), &said);
    let broken = match &fault {
        Some(Fault::BrokenRow { order_id, field, value }) => {
            Some((order_id.clone(), field.clone(), value.clone()))
        }
        Some(_) | None => None,
    };
    let throttled = {
        let joor = joor.clone();
        move || with_credits(&joor, too_many_requests())
    };
    let run = async move {
        let response = execute(&joor, call, &headers, &parameters, &body, broken);
        with_credits(&joor, response)
    };
    faults::answer(fault, throttled, run).await
}

fn execute(
    joor: &Joor,
    call: Call,
    headers: &HeaderMap,
    parameters: &Parameters,
    body: &Bytes,
    broken: BrokenRow,
) -> Response {
    let (now, today) = (joor.clock.now(), joor.clock.today());
    let mut account = joor.lock();
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let valid = token
        .and_then(|value| value.strip_prefix("Bearer "))
        .and_then(|token| account.tokens.get(token))
        .is_some_and(|end| now < *end);
    if !valid {
        return error(
            StatusCode::UNAUTHORIZED,
            "UNAUTHORIZED",
            "The access token is missing, invalid or expired",
        );
    }
    match parameters.get("account") {
        None => return error(StatusCode::BAD_REQUEST, "INVALID", "The parameter account is required"),
        Some(given) if *given != account.options.account => {
            return error(StatusCode::FORBIDDEN, "FORBIDDEN", "This user has no access to the account");
        }
        Some(_) => {}
    }
    let options = account.options.clone();
    if !account.credits.take(call.price(), now, &options) {
        return too_many_requests();
    }
    let answered = match call {
        Call::Orders => read::orders(&account, parameters, now, &broken),
        Call::SkuLineItems => read::sku_line_items(&account, parameters, &broken),
        Call::Skus => read::skus(&account, parameters),
        Call::PriceTypes => Ok(read::price_types(&account)),
        Call::BulkUpdate => write::bulk_update(&mut account, body, now, today),
    };
    match answered {
        Ok(value) => Json(value).into_response(),
        Err(BadRequest(message)) => error(StatusCode::BAD_REQUEST, "INVALID", &message),
    }
}

fn too_many_requests() -> Response {
    error(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "Too Many Requests")
}

fn error(status: StatusCode, word: &str, message: &str) -> Response {
    let envelope = json!({ "data": [], "errors": [{ "status": word, "message": message, "details": {} }] });
    (status, Json(envelope)).into_response()
}

/// Every answer says what time it is and how the credits stand.
fn with_credits(joor: &Joor, mut response: Response<Body>) -> Response<Body> {
    let now = joor.clock.now();
    let mut account = joor.lock();
    let options = account.options.clone();
    let left = account.credits.left(now, &options);
    let reset = account.credits.resets_in(now, &options).as_secs_f64().ceil();
    let headers = response.headers_mut();
    // The server's clock is the sandbox's, and a caller compares it with its own.
    if let Ok(date) = HeaderValue::from_str(&now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
        headers.insert(header::DATE, date);
    }
    if let Ok(account) = HeaderValue::from_str(&options.account) {
        headers.insert("x-throttling-account-id", account);
    }
    headers.insert("x-throttling-limit", HeaderValue::from(options.credit_quota));
    headers.insert("x-throttling-remaining", HeaderValue::from(left));
    headers.insert("x-throttling-reset", HeaderValue::from(reset as u64));
    response
}
