//! The API walked as its table says: who gets in with which token, what is refused in which shape, and that the published
//! description is about these routes and no others.

use super::*;
use crate::console::Door;
use crate::console::routes::tests::{HOST, ROLES, Walk, must_be_guarded};
use adapters::clock::SystemChance;
use adapters::ledger::Changed;
use adapters::ledger::records::Role;
use adapters::passwords::Key;
use adapters::ports::Clock;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use domain::time::{Moment, Mono};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;
use tower::ServiceExt;

/// Time passes when a test says so.
struct Stopped(Mutex<Moment>);

impl Stopped {
    fn pass(&self, span: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.plus(span);
    }
}

impl Clock for Stopped {
    fn now(&self) -> Moment {
        *self.0.lock().unwrap()
    }

    fn mono(&self) -> Mono {
        Mono(Duration::from_millis(u64::try_from(self.now().0).unwrap()))
    }
}

struct Said {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Value,
}

impl Said {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// One shape for every refusal: what happened, what to do, which values are wrong.
    #[track_caller]
    fn must_refuse(self, status: StatusCode) -> Said {
        assert_eq!(self.status, status, "{}", self.body);
        let mut keys: Vec<&str> = self.body.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["error", "errors", "hint"], "{}", self.body);
        for key in ["error", "hint"] {
            assert!(!self.body[key].as_str().unwrap().is_empty(), "{key}: {}", self.body);
        }
        self
    }
}

async fn said(answer: Response<Body>) -> Said {
    let (parts, body) = answer.into_parts();
    let bytes = to_bytes(body, 4_000_000).await.unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert_eq!(parts.headers[header::CONTENT_TYPE], "application/json", "{}: {text}", parts.status);
    let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{}: {text}", parts.status));
    Said { status: parts.status, headers: parts.headers, body }
}

fn path_of(route: &Route) -> String {
    let path = route.path.replace("{connection}", "brand").replace("{order}", "7");
    let path = path.replace("{code}", "STOCK_SHORT").replace("{command}", "7");
    assert!(!path.contains('{'), "{path}: say what stands here in the walk");
    path
}

fn at(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

fn guarded() -> Vec<Route> {
    routes().into_iter().filter(|route| route.access != Access::Open).collect()
}

fn least(route: &Route) -> Role {
    match route.access {
        Access::Open => panic!("{} is open", route.path),
        Access::Role(role) => role,
    }
}

async fn token(walk: &Walk, role: Role) -> Key {
    let (key, now) = (Key::new(&SystemChance), walk.house.clock.now());
    walk.house.ledger.create_token(role.word(), &key.hash(), role, "admin", now).await.unwrap();
    key
}

async fn asked(
    walk: &Walk,
    method: &Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response<Body> {
    let mut request = Request::builder().method(method.clone()).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header(header::HOST, HOST);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    walk.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
}

async fn ask(walk: &Walk, route: &Route, headers: &[(&str, &str)]) -> Said {
    let answer = asked(walk, &route.method, &path_of(route), headers, "").await;
    must_be_guarded(route, &answer);
    said(answer).await
}

fn with(key: &Key) -> String {
    format!("Bearer {}", key.text())
}

#[tokio::test]
async fn a_token_reaches_as_far_as_its_role_and_nothing_else_opens_the_api() {
    let walk = Walk::start().await;
    let tokens = [token(&walk, ROLES[0]).await, token(&walk, ROLES[1]).await, token(&walk, ROLES[2]).await];
    for route in &guarded() {
        let at = at(route);
        let unknown = ask(&walk, route, &[]).await.must_refuse(StatusCode::UNAUTHORIZED);
        assert_eq!(unknown.header(header::WWW_AUTHENTICATE), "Bearer realm=\"joor-shopify\"", "{at}");
        let session = walk.session(Role::Admin).await;
        let cookie = format!("joor_shopify={}", session.text());
        ask(&walk, route, &[("cookie", &cookie)]).await.must_refuse(StatusCode::UNAUTHORIZED);
        for (role, key) in ROLES.into_iter().zip(&tokens) {
            let said = ask(&walk, route, &[("authorization", &with(key))]).await;
            if role < least(route) {
                let said = said.must_refuse(StatusCode::FORBIDDEN);
                assert!(said.body["error"].as_str().unwrap().contains(role.word()), "{at}: {}", said.body);
            } else {
                let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
                assert!(!refused.contains(&said.status), "{at} as {}: {}", role.word(), said.status);
                assert!(said.status != StatusCode::INTERNAL_SERVER_ERROR, "{at} as {}", role.word());
            }
        }
    }
    // And a token opens no page.
    let key = with(&tokens[2]);
    let page = asked(&walk, &Method::GET, "/orders", &[("authorization", &key)], "").await;
    assert_eq!(page.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn whoever_may_only_read_changes_nothing_over_the_api() {
    for route in guarded().iter().filter(|route| route.method != Method::GET) {
        assert!(least(route) > Role::Viewer, "{}", at(route));
        let of_connections = route.path.starts_with("/api/v1/connections") && !route.path.ends_with("/check");
        assert!(!of_connections || least(route) == Role::Admin, "{}", at(route));
    }
}

#[tokio::test]
async fn a_token_that_is_unknown_revoked_or_of_somebody_who_is_kept_out_is_refused_and_the_demo_asks_for_one_too()
 {
    let walk = Walk::start().await;
    let (ledger, now) = (&walk.house.ledger, walk.house.clock.now());
    let one = guarded().into_iter().find(|route| route.path == "/api/v1/orders").unwrap();
    let (key, other) = (token(&walk, Role::Viewer).await, Key::new(&SystemChance));
    let id = ledger.create_token("of ben", &other.hash(), Role::Viewer, "viewer", now).await.unwrap();
    for known in [&key, &other] {
        assert_eq!(ask(&walk, &one, &[("authorization", &with(known))]).await.status, StatusCode::OK);
    }
    assert_eq!(ledger.disable_person("viewer", "admin", now).await.unwrap(), Changed::Done);
    let refused = ask(&walk, &one, &[("authorization", &with(&other))]).await;
    let refused = refused.must_refuse(StatusCode::UNAUTHORIZED);
    assert!(refused.header(header::WWW_AUTHENTICATE).contains("error=\"invalid_token\""));
    ledger.enable_person("viewer", "admin", now).await.unwrap();
    assert!(ledger.revoke_token(id, "admin", now).await.unwrap());
    let basic = format!("Basic {}", key.text());
    for text in [with(&other), with(&Key::new(&SystemChance)), "Bearer x".to_owned(), basic] {
        ask(&walk, &one, &[("authorization", &text)]).await.must_refuse(StatusCode::UNAUTHORIZED);
    }
    let demo = Walk::through(Door::Demo).await;
    ask(&demo, &one, &[]).await.must_refuse(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_program_that_asks_too_often_waits_and_its_neighbours_do_not() {
    let clock = Arc::new(Stopped(Mutex::new(Moment(1_900_000_000_000))));
    let walk = Walk::at(Door::Locked, Some(clock.clone())).await;
    let one = guarded().into_iter().find(|route| route.path == "/api/v1/commands").unwrap();
    let (key, other) = (token(&walk, Role::Viewer).await, token(&walk, Role::Admin).await);
    let (key, other) = (with(&key), with(&other));
    for _ in 0..600 {
        assert_eq!(ask(&walk, &one, &[("authorization", &key)]).await.status, StatusCode::OK);
    }
    let late = ask(&walk, &one, &[("authorization", &key)]).await.must_refuse(StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = late.header(header::RETRY_AFTER).parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!(ask(&walk, &one, &[("authorization", &other)]).await.status, StatusCode::OK);
    clock.pass(Duration::from_secs(wait));
    assert_eq!(ask(&walk, &one, &[("authorization", &key)]).await.status, StatusCode::OK);

    // Guessing gets slower and slower; who is known is not kept waiting by it.
    let guess = with(&Key::new(&SystemChance));
    let mut last = StatusCode::OK;
    for _ in 0..8 {
        last = ask(&walk, &one, &[("authorization", &guess)]).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(&walk, &one, &[("authorization", &key)]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn when_a_token_was_used_is_noted_once_a_minute() {
    let clock = Arc::new(Stopped(Mutex::new(Moment(1_900_000_000_000))));
    let walk = Walk::at(Door::Locked, Some(clock.clone())).await;
    let one = guarded().into_iter().find(|route| route.path == "/api/v1/commands").unwrap();
    let key = with(&token(&walk, Role::Viewer).await);
    let mut seen = Vec::new();
    for seconds in [0, 30, 29, 1] {
        clock.pass(Duration::from_secs(seconds));
        ask(&walk, &one, &[("authorization", &key)]).await;
        seen.push(walk.house.ledger.tokens().await.unwrap()[0].used.unwrap().0 - 1_900_000_000_000);
    }
    assert_eq!(seen, [0, 0, 0, 60_000]);
}

#[tokio::test]
async fn every_refusal_has_one_shape_in_words() {
    let walk = Walk::start().await;
    let key = with(&token(&walk, Role::Admin).await);
    let retry = "/api/v1/orders/brand/7/retry";
    let settings = "/api/v1/connections/brand/settings";
    let json = ("content-type", "application/json");
    let sign = ("authorization", key.as_str());
    let now = walk.house.clock.now();
    walk.house.ledger.create_connection("brand", "", "test", now).await.unwrap();
    let long = "x".repeat(600_000);
    for (method, path, headers, body, status) in [
        (Method::GET, "/api/v1/nothing", &[sign][..], "", StatusCode::NOT_FOUND),
        (Method::GET, "/api/", &[sign], "", StatusCode::NOT_FOUND),
        (Method::DELETE, "/api/v1/orders", &[sign], "", StatusCode::METHOD_NOT_ALLOWED),
        (
            Method::GET,
            "/api/v1/orders",
            &[sign, ("host", "evil.example")],
            "",
            StatusCode::MISDIRECTED_REQUEST,
        ),
        (Method::GET, "/api/v1/orders?color=red", &[sign], "", StatusCode::BAD_REQUEST),
        (Method::GET, "/api/v1/orders/brand/%ff", &[sign], "", StatusCode::BAD_REQUEST),
        (Method::GET, "/api/v1/commands/x", &[sign], "", StatusCode::NOT_FOUND),
        (Method::GET, "/api/v1/connections/nobody", &[sign], "", StatusCode::NOT_FOUND),
        (Method::POST, retry, &[sign, json], "{}", StatusCode::NOT_FOUND),
        (Method::PUT, settings, &[sign, json], "not json", StatusCode::BAD_REQUEST),
        (Method::PUT, settings, &[sign, json], r#"{"document":"","more":1}"#, StatusCode::BAD_REQUEST),
        (Method::PUT, settings, &[sign, json], r#"{"document":""}"#, StatusCode::UNPROCESSABLE_ENTITY),
        (
            Method::PUT,
            settings,
            &[sign, ("content-type", "text/plain")],
            "x",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (Method::PUT, settings, &[sign, json], &long, StatusCode::PAYLOAD_TOO_LARGE),
        (Method::POST, "/api/v1/connections/brand/go-live", &[sign, json], "{}", StatusCode::CONFLICT),
    ] {
        let answer = said(asked(&walk, &method, path, headers, body).await).await;
        let at = format!("{method} {path} {}", answer.body);
        assert_eq!(answer.status, status, "{at}");
        answer.must_refuse(status);
    }
    // Everything that is wrong is named at once.
    let path = "/api/v1/orders?state=held,lost&sort=colour&approved_from=soon&limit=0&value_min=much";
    let all = said(asked(&walk, &Method::GET, path, &[sign], "").await).await;
    let all = all.must_refuse(StatusCode::BAD_REQUEST);
    let keys: Vec<&str> =
        all.body["errors"].as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["state", "sort", "limit", "approved_from", "value_min"], "{}", all.body);
}

#[tokio::test]
async fn the_description_is_about_every_route_of_the_table_and_no_other() {
    let walk = Walk::start().await;
    let served = said(asked(&walk, &Method::GET, "/api/v1/openapi.json", &[], "").await).await.body;
    assert_eq!(served, openapi::document());
    let mut described = BTreeSet::new();
    for (path, methods) in served["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let role = operation["x-role"].as_str().unwrap().to_owned();
            let is_signed = operation["security"] != serde_json::json!([]);
            assert_eq!(is_signed, role != "open", "{method} {path}");
            described.insert((method.to_uppercase(), path.clone(), role));
        }
    }
    let all: BTreeSet<_> = crate::console::routes::all()
        .iter()
        .filter(|route| route.path.starts_with(ROOT))
        .map(|route| {
            let role = match route.access {
                Access::Open => "open",
                Access::Role(role) => role.word(),
            };
            (route.method.to_string(), route.path.to_owned(), role.to_owned())
        })
        .collect();
    assert_eq!(described, all);
}

/// Verbs that cycles know, as their table of arms names them.
fn verbs() -> BTreeSet<&'static str> {
    let source = include_str!("../cycle/commands.rs");
    let (_, arms) = source.split_once("async fn apply_one(").expect("verbs are told apart there");
    let (arms, _) = arms.split_once("is no command that this release knows").expect("the last arm");
    let named = arms.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once('"'));
    named.map(|(verb, _)| verb).collect()
}

#[test]
fn whatever_can_be_asked_for_can_be_asked_for_over_the_api() {
    let paths: Vec<&str> =
        routes().into_iter().filter(|route| route.method != Method::GET).map(|route| route.path).collect();
    let verbs = verbs();
    assert!(verbs.len() >= 12 && verbs.contains("link_item"), "{verbs:?}");
    for verb in verbs {
        let wanted = match verb {
            "retry_cause" => "/api/v1/problems/{connection}/{code}/retry".to_owned(),
            "pause" | "resume" | "go_live" | "settings" => {
                format!("/api/v1/connections/{{connection}}/{}", verb.replace('_', "-"))
            }
            _ => format!("/api/v1/orders/{{connection}}/{{order}}/{}", verb.replace('_', "-")),
        };
        assert!(paths.contains(&wanted.as_str()), "{verb}: no {wanted}");
    }
}

#[test]
fn every_reference_of_the_description_leads_somewhere_and_every_operation_has_its_own_name() {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                if let Some(reference) = object.get("$ref") {
                    found.push(reference.as_str().unwrap().to_owned());
                }
                object.values().for_each(|value| walk(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| walk(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = openapi::document();
    let mut found = Vec::new();
    walk(&document, &mut found);
    assert!(found.len() > 60, "{}", found.len());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let mut names = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{path}");
            for parameter in operation["parameters"].as_array().unwrap() {
                assert!(parameter["name"].is_string() && parameter["in"].is_string(), "{path}: {parameter}");
            }
            let in_path = operation["parameters"].as_array().unwrap().iter();
            let in_path = in_path.filter(|parameter| parameter["in"] == "path").count();
            assert_eq!(in_path, path.matches('{').count(), "{path}");
        }
    }
}
