//! The two endpoints of a shop: GraphQL and the token grant. Checks what comes before the query runs (shop state, token,
//! content type, document, variables, cost) and wraps what it answered.

use async_graphql::Positioned;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, VariableDefinition,
};
use async_graphql::parser::{self, types::OperationType};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use serde_json::{Map, Value, json};

use super::cost::{Costing, QUERY_COST_MAX};
use super::execute::{Execution, position};
use super::handle::Shop;
use super::sdl::sdl;
use super::state::{ShopState, State};
use super::time::http_date;
use super::validate::validate;
use super::variables::{Findings, coerce};
use crate::faults::{self, Outcome, Service};

/// The oldest version that is still accessible; unknown versions run on it.
const OLDEST_VERSION: &str = "2025-10";
const LIMITS_PAGE: &str = "https://shopify.dev/api/usage/rate-limits";

impl Shop {
    /// `POST /admin/api/{version}/graphql.json` and `POST /admin/oauth/access_token`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/admin/api/{version}/graphql.json", post(graphql))
            .route("/admin/oauth/access_token", post(access_token))
            .with_state(self.clone())
    }
}

async fn graphql(
    Extract(shop): Extract<Shop>,
    Path(version): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Outcome {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let operation = operation_name(&request);
    {
        let mut state = shop.state();
        state.requests += 1;
        state.operations.push(operation.clone());
    }
    let said = String::from_utf8_lossy(&body);
    let fault = shop.faults.take_about(Service::Shopify, &operation, &said);
    let throttled_shop = shop.clone();
    let asked = version.clone();
    let throttled = move || {
        let body = throttled_envelope(&mut throttled_shop.state(), 10);
        throttled_shop.reply(StatusCode::OK, &asked, &body)
    };
    let run = async move {
        let (status, answer) = shop.graphql_answer(&headers, request, &operation).await;
        shop.reply(status, &version, &answer)
    };
    faults::answer(fault, throttled, run).await
}

/// The name that the request gives its operation, or that its document does.
fn operation_name(request: &Value) -> String {
    if let Some(name) = request.get("operationName").and_then(Value::as_str) {
        return name.to_owned();
    }
    let document =
        request.get("query").and_then(Value::as_str).and_then(|query| parser::parse_query(query).ok());
    document
        .and_then(|found| found.operations.iter().next().and_then(|(name, _)| name.map(ToString::to_string)))
        .unwrap_or_default()
}

impl Shop {
    fn reply(&self, status: StatusCode, asked_version: &str, body: &Value) -> Response {
        let mut state = self.state();
        let request_id = format!("sandbox-{}", state.new_id());
        let version = if asked_version == state.options.api_version { asked_version } else { OLDEST_VERSION };
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        let texts = [
            (header::CONTENT_TYPE.as_str(), "application/json; charset=utf-8".to_owned()),
            (header::DATE.as_str(), http_date(state.now())),
            ("x-shopify-api-version", version.to_owned()),
            ("x-request-id", request_id),
        ];
        for (name, text) in texts {
            if let Ok(value) = HeaderValue::from_str(&text) {
                response.headers_mut().insert(header::HeaderName::from_static(name), value);
            }
        }
        response
    }

    async fn graphql_answer(
        &self,
        headers: &HeaderMap,
        request: Value,
        operation: &str,
    ) -> (StatusCode, Value) {
        if let Some(refusal) = self.state().gate(headers) {
            return refusal;
        }
        let Some(query) = request.get("query").and_then(Value::as_str) else {
            return (
                StatusCode::BAD_REQUEST,
                json!({ "errors": { "query": "Required parameter missing or invalid" } }),
            );
        };
        let document = match parser::parse_query(query) {
            Ok(document) => document,
            Err(error) => return (StatusCode::OK, json!({ "errors": [parse_error(&error)] })),
        };
        let wanted = request.get("operationName").and_then(Value::as_str);
        let Some((name, definition)) = chosen(&document, wanted) else {
            let message = format!("No operation named \"{}\"", wanted.unwrap_or_default());
            return (
                StatusCode::OK,
                json!({ "errors": [{ "message": message, "extensions": { "code": "BAD_REQUEST" } }] }),
            );
        };
        let sent = request.get("variables").cloned().unwrap_or_default();
        let variables = match variables(&definition.node.variable_definitions, &sent) {
            Ok(variables) => variables,
            Err(errors) => return (StatusCode::OK, json!({ "errors": errors })),
        };
        let errors = validate(query, &document, (name, &definition.node), &sent).await;
        if !errors.is_empty() {
            return (StatusCode::OK, json!({ "errors": errors }));
        }
        (StatusCode::OK, self.state().executed(&document, &definition.node, &variables, operation))
    }
}

impl State {
    /// What is answered before anybody looks at the body.
    fn gate(&mut self, headers: &HeaderMap) -> Option<(StatusCode, Value)> {
        self.settle_cancels();
        match self.shop_state {
            ShopState::Frozen => {
                return Some((StatusCode::PAYMENT_REQUIRED, json!({ "errors": "Unavailable Shop" })));
            }
            ShopState::Locked => return Some((StatusCode::LOCKED, json!({ "errors": "Shop is locked" }))),
            ShopState::Open | ShopState::Dormant => {}
        }
        let token =
            headers.get("x-shopify-access-token").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let now = self.now();
        let granted = self.tokens.get(token).is_some_and(|end| *end > now);
        let is_static = self.static_token_works && !token.is_empty() && token == self.options.static_token;
        if !granted && !is_static {
            let message = "[API] Invalid API key or access token (unrecognized login or wrong password)";
            return Some((StatusCode::UNAUTHORIZED, json!({ "errors": message })));
        }
        let kind =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/json") {
            let message = "Unsupported Media Type: send application/json";
            return Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, json!({ "errors": message })));
        }
        None
    }

    fn executed(
        &mut self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        variables: &Map<String, Value>,
        name: &str,
    ) -> Value {
        let mut costing = Costing::new(sdl(), document, variables);
        let requested = costing.requested(operation);
        if !costing.complaints.is_empty() {
            return json!({ "errors": costing.complaints });
        }
        if requested > QUERY_COST_MAX {
            return too_dear(requested);
        }
        let now = self.now();
        if !self.bucket.take(requested, now) {
            return throttled_envelope(self, requested);
        }
        let mut execution = Execution::new(document, variables, self);
        let oversized = execution.oversized(operation);
        if !oversized.is_empty() {
            let cost = self.bucket.report(requested, None, now);
            return json!({ "errors": oversized, "extensions": { "cost": cost } });
        }
        let data = execution.run(operation);
        let (errors, search) = (execution.errors, execution.search);
        let actual = Costing::new(sdl(), document, variables).actual(operation, &data).min(requested);
        self.bucket.give_back(requested - actual);
        self.points_used += actual;
        self.costs.push((name.to_owned(), requested, actual));
        let mut answer = json!({ "data": data, "extensions": { "cost": self.bucket.report(requested, Some(actual), now) } });
        if !errors.is_empty() {
            answer["errors"] = Value::Array(errors);
        }
        if !search.is_empty() {
            answer["extensions"]["search"] = Value::Array(search);
        }
        answer
    }
}

fn chosen<'d>(
    document: &'d ExecutableDocument,
    wanted: Option<&str>,
) -> Option<(Option<&'d str>, &'d Positioned<OperationDefinition>)> {
    let named = match (&document.operations, wanted) {
        // A lone operation without a name answers to none.
        (DocumentOperations::Single(operation), _) => Some((None, operation)),
        (DocumentOperations::Multiple(all), Some(wanted)) => all
            .iter()
            .find(|(name, _)| name.as_str() == wanted)
            .map(|(name, found)| (Some(name.as_str()), found)),
        (DocumentOperations::Multiple(all), None) => match all.len() {
            1 => all.iter().next().map(|(name, found)| (Some(name.as_str()), found)),
            _ => None,
        },
    };
    named.filter(|(_, operation)| operation.node.ty != OperationType::Subscription)
}

/// The coerced variables, or one error for each that does not fit.
fn variables(
    definitions: &[Positioned<VariableDefinition>],
    sent: &Value,
) -> Result<Map<String, Value>, Vec<Value>> {
    let mut variables = Map::new();
    let mut errors = Vec::new();
    for definition in definitions {
        let name = definition.node.name.node.as_str();
        let ty = &definition.node.var_type.node;
        let given = sent.get(name).cloned();
        let default =
            definition.node.default_value.as_ref().and_then(|found| found.node.clone().into_json().ok());
        let value = match given.clone().or(default) {
            Some(value) => value,
            None if ty.nullable => continue,
            None => Value::Null,
        };
        let mut findings = Findings::default();
        let coerced = coerce(ty, &value, &mut Vec::new(), &mut findings);
        if findings.problems.is_empty() {
            variables.insert(name.to_owned(), coerced);
        } else {
            errors.push(invalid_variable(definition, given, &findings));
        }
    }
    if errors.is_empty() { Ok(variables) } else { Err(errors) }
}

fn invalid_variable(
    definition: &Positioned<VariableDefinition>,
    given: Option<Value>,
    findings: &Findings,
) -> Value {
    let describe = |path: &[Value]| {
        let parts: Vec<String> =
            path.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned)).collect();
        parts.join(".")
    };
    let places: Vec<String> = findings
        .problems
        .iter()
        .filter(|problem| !problem.path.is_empty())
        .map(|problem| format!("{} ({})", describe(&problem.path), problem.explanation))
        .collect();
    let mut message = format!(
        "Variable ${} of type {} was provided invalid value",
        definition.node.name.node, definition.node.var_type.node
    );
    if !places.is_empty() {
        message = format!("{message} for {}", places.join(", "));
    }
    let problems: Vec<Value> = findings
        .problems
        .iter()
        .map(|problem| json!({ "path": problem.path, "explanation": problem.explanation }))
        .collect();
    json!({
        "message": message,
        "locations": [position(definition.pos)],
        "extensions": { "code": "INVALID_VARIABLE", "value": given, "problems": problems },
    })
}

fn parse_error(error: &parser::Error) -> Value {
    let at: Vec<Value> = error.positions().map(position).collect();
    let mut answer =
        json!({ "message": format!("syntax error, {error}"), "extensions": { "code": "PARSE_ERROR" } });
    if !at.is_empty() {
        answer["locations"] = Value::Array(at);
    }
    answer
}

fn too_dear(requested: u64) -> Value {
    let message = format!(
        "Query cost is {requested}, which exceeds the single query max cost limit ({QUERY_COST_MAX})."
    );
    let extensions = json!({
        "code": "MAX_COST_EXCEEDED",
        "cost": requested,
        "maxCost": QUERY_COST_MAX,
        "documentation": LIMITS_PAGE,
    });
    json!({ "errors": [{ "message": message, "extensions": extensions }] })
}

fn throttled_envelope(state: &mut State, requested: u64) -> Value {
    let now = state.now();
    let cost = state.bucket.report(requested, None, now);
    let extensions = json!({ "code": "THROTTLED", "documentation": LIMITS_PAGE });
    json!({ "errors": [{ "message": "Throttled", "extensions": extensions }], "extensions": { "cost": cost } })
}

async fn access_token(Extract(shop): Extract<Shop>, headers: HeaderMap, body: Bytes) -> Outcome {
    let fault = shop.faults.take(Service::ShopifyToken, "token");
    shop.state().requests += 1;
    let throttled = || {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2.0"));
        response
    };
    let run = async move {
        let kind =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (status, answer) = shop.state().grant(kind, &body);
        let mut response = Response::new(Body::from(answer.to_string()));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    };
    faults::answer(fault, throttled, run).await
}

impl State {
    /// Client credentials, sent as a form or as JSON.
    fn grant(&mut self, kind: &str, body: &[u8]) -> (StatusCode, Value) {
        let field = |name: &str| {
            if kind.starts_with("application/json") {
                let sent: Value = serde_json::from_slice(body).unwrap_or_default();
                return sent.get(name).and_then(Value::as_str).map(str::to_owned);
            }
            form_field(body, name)
        };
        let oauth_error = |code: &str, description: &str| {
            (StatusCode::BAD_REQUEST, json!({ "error": code, "error_description": description }))
        };
        if field("grant_type").as_deref() != Some("client_credentials") {
            return oauth_error("unsupported_grant_type", "Only client_credentials is supported");
        }
        let (id, secret) = (field("client_id"), field("client_secret"));
        if id.as_ref() != Some(&self.options.client_id)
            || secret.as_ref() != Some(&self.options.client_secret)
        {
            return oauth_error("invalid_client", "The client is unknown or its secret is wrong");
        }
        let token = format!("shpca_{}", self.new_id());
        let life = self.options.token_life;
        self.tokens.insert(token.clone(), self.now() + life);
        let scope = self.options.scopes.join(",");
        (StatusCode::OK, json!({ "access_token": token, "scope": scope, "expires_in": life.as_secs() }))
    }
}

fn form_field(body: &[u8], wanted: &str) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let found = text.split('&').filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == wanted)?;
    percent_decoded(found.1)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}
