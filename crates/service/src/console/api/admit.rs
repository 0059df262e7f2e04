//! Before any route of the API: a token that is known and whose role reaches, not too often, and no more than fits. No
//! cookie is looked at, so no page elsewhere can use the browser of somebody who is signed in.

use super::answers::Refused;
use crate::console::Console;
use crate::console::routes::Access;
use crate::console::visit::Visit;
use adapters::ledger::records::{Role, TokenRecord};
use adapters::passwords::Key;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::time::Moment;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Of one token in one minute. A program that walks through 100,000 orders in pages of 200 stays below it.
const REQUESTS_MAX: u32 = 600;
const MINUTE: Duration = Duration::from_secs(60);
const BODY_BYTES_MAX: usize = 512 * 1024;
const BEARER: &str = "Bearer realm=\"joor-shopify\"";
const REFUSED: &str = "Bearer realm=\"joor-shopify\", error=\"invalid_token\"";

/// How often each token asked in its present minute.
#[derive(Debug, Default)]
pub struct Rates(Mutex<HashMap<i64, (Moment, u32)>>);

impl Rates {
    /// Counts one request; `Some`: one too many, and how long to wait.
    fn count(&self, token: i64, now: Moment) -> Option<Duration> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = counted.entry(token).or_insert((now, 0));
        if since.plus(MINUTE) <= now || now < *since {
            (*since, *count) = (now, 0);
        }
        if *count >= REQUESTS_MAX {
            return Some(since.plus(MINUTE).since(now));
        }
        *count += 1;
        None
    }
}

/// Around one route.
pub async fn admit(
    State((console, access)): State<(Arc<Console>, Access)>,
    request: Request,
    next: Next,
) -> Response {
    match admitted(&console, access, request).await {
        Ok(request) => next.run(request).await,
        Err(refused) => refused.into_response(),
    }
}

async fn admitted(console: &Console, access: Access, request: Request) -> Result<Request, Refused> {
    let (mut parts, body) = request.into_parts();
    if let Access::Role(role) = access {
        let token = known(console, &mut parts).await?;
        if token.role < role {
            return Err(not_allowed(&token, role));
        }
        parts.extensions.insert(Visit {
            // As the audit names it.
            name: format!("token {}", token.name),
            role: token.role,
            session: String::new(),
            csrf: String::new(),
            notice: None,
        });
    }
    let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        let error = format!("a request may hold {} kB", BODY_BYTES_MAX / 1024);
        Refused::new(StatusCode::PAYLOAD_TOO_LARGE, error, "send less of it")
    })?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// The token of this request. One that nobody knows costs whoever sends it more and more time; a known one is never
/// kept waiting by what its neighbours send.
async fn known(console: &Console, parts: &mut Parts) -> Result<TokenRecord, Refused> {
    let now = console.now();
    let Some(text) = bearer(&parts.headers) else {
        return Err(Refused::unknown(BEARER, "this needs a token"));
    };
    let found = match Key::parse(text) {
        Some(key) => console.ledger().token(&key.hash()).await?,
        None => None,
    };
    let Some(token) = found else {
        let from = ConnectInfo::<SocketAddr>::from_request_parts(parts, &()).await;
        let from = from.map(|ConnectInfo(from)| from.ip().to_string()).unwrap_or_default();
        let who = format!("api {from}");
        if let Some(until) = console.throttle.locked_until(&who, now) {
            return Err(Refused::too_often(
                "too many unknown tokens came from there",
                secs(until.since(now)),
            ));
        }
        console.throttle.note_failure(&who, now);
        let words =
            "that token is not known, was revoked, or was made by somebody who may not sign in any more";
        return Err(Refused::unknown(REFUSED, words));
    };
    if let Some(wait) = console.rates.count(token.id, now) {
        let words = format!("the token “{}” asked more than {REQUESTS_MAX} times in a minute", token.name);
        return Err(Refused::too_often(&words, secs(wait)));
    }
    // Once a minute is often enough to say when it was used.
    if token.used.is_none_or(|used| now.since(used) >= MINUTE) {
        console.ledger().touch_token(token.id, now).await?;
    }
    Ok(token)
}

fn secs(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(1)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn not_allowed(token: &TokenRecord, role: Role) -> Refused {
    let error = format!(
        "the token “{}” has the role {}, and this needs {}",
        token.name,
        token.role.word(),
        role.word()
    );
    Refused::new(
        StatusCode::FORBIDDEN,
        error,
        "an admin can make a token with that role on the page “People”",
    )
}
