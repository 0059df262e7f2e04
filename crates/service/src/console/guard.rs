//! Before any route: the right host, a form of our own, a session whose role reaches. After it: headers that keep a
//! browser from doing more than showing the page. No route can forget any of it.

use super::answers::{lone, own_path};
use super::form_token::is_token;
use super::routes::Access;
use super::visit::{Visit, forget_notice, taken_notice};
use super::{Console, Door, api};
use adapters::ledger::records::Role;
use adapters::passwords::Key;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;

pub const SESSION: &str = "joor_shopify";
/// With HTTPS: browsers take a cookie of this name only from this very host, and only encrypted.
pub const SESSION_HTTPS: &str = "__Host-joor_shopify";

/// Nobody stays signed in longer than this without coming by.
pub const SESSION_MAX: Duration = Duration::from_secs(14 * 24 * 60 * 60);
const SEEN_EVERY: Duration = Duration::from_secs(60);
const FORM_BYTES_MAX: usize = 512 * 1024;

/// No inline script or style, nothing from elsewhere, no frame around us.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Nothing to other hosts. With `no-referrer`, browsers would not tell where our own forms come from either.
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=()"),
];

/// Around one route.
pub async fn guard(
    State((console, access)): State<(Arc<Console>, Access)>,
    request: Request,
    next: Next,
) -> Response {
    let live = request.headers().contains_key("x-live");
    let had_notice = taken_notice(request.headers()).is_some();
    let mut answer = match admitted(&console, access, request).await {
        Ok(request) => next.run(request).await,
        Err(refused) => refused,
    };
    let headers = answer.headers_mut();
    // Shown once; a page that reads itself again is not who it is for.
    if had_notice && !live && !headers.contains_key(header::LOCATION) {
        forget_notice(headers);
    }
    answer
}

/// Around everything, whatever is answered.
pub async fn headers(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let of_api = path.starts_with(api::ROOT).then(|| path.to_owned());
    let mut answer = match console.listen.answers_to(host(request.headers())) {
        true => next.run(request).await,
        false => lone(
            StatusCode::MISDIRECTED_REQUEST,
            "This address is not known here",
            "The console answers only to the address of `console.url`, or to this machine itself. Set `console.url` to \
             the address that people use.",
        ),
    };
    if let Some(path) = of_api {
        answer = api::reworded(answer, &path);
    }
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if console.listen.is_https() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    answer
}

async fn admitted(console: &Console, access: Access, request: Request) -> Result<Request, Response> {
    let is_form = !matches!(*request.method(), Method::GET | Method::HEAD);
    if is_form && !is_from_us(console, request.headers()) {
        return Err(lone(
            StatusCode::FORBIDDEN,
            "That form came from another page",
            "Only forms of this console are taken. Go back to the page and do it there.",
        ));
    }
    let visit = console.visit(request.headers()).await?;
    let (mut parts, body) = request.into_parts();
    let body = if is_form { form_bytes(body).await? } else { Bytes::new() };
    match (access, &visit) {
        (Access::Open, _) => {}
        (Access::Role(_), None) => return Err(to_sign_in(&parts.uri.to_string(), is_form)),
        (Access::Role(role), Some(visit)) => {
            if is_form && !has_token(&body, &visit.csrf) {
                return Err(lone(
                    StatusCode::FORBIDDEN,
                    "That page was too old",
                    "It was made before you signed in the last time. Open it again and do it once more.",
                ));
            }
            if !visit.may(role) {
                return Err(not_allowed(role));
            }
        }
    }
    if let Some(visit) = visit {
        parts.extensions.insert(visit);
    }
    Ok(Request::from_parts(parts, Body::from(body)))
}

pub fn not_allowed(role: Role) -> Response {
    let who = match role {
        Role::Viewer => "people who are signed in",
        Role::Operator => "operators and admins",
        Role::Admin => "admins",
    };
    let words = format!("This is for {who}. An admin can give you that role on the page “People”.");
    lone(StatusCode::FORBIDDEN, "You may not do that", &words)
}

fn to_sign_in(from: &str, is_form: bool) -> Response {
    let next = if is_form { "/".to_owned() } else { from.to_owned() };
    let query = serde_urlencoded(&[("next", own_path(&next).to_str().unwrap_or("/"))]);
    let address = HeaderValue::from_str(&format!("/sign-in?{query}"));
    let address = address.unwrap_or(HeaderValue::from_static("/sign-in"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response()
}

/// Pairs as the query of an address.
pub fn serde_urlencoded(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The body of a form, of a bounded size.
pub async fn form_bytes(body: Body) -> Result<Bytes, Response> {
    to_bytes(body, FORM_BYTES_MAX).await.map_err(|_| {
        lone(StatusCode::PAYLOAD_TOO_LARGE, "That is too much", "A form may hold 512 kB. Send less of it.")
    })
}

fn has_token(body: &[u8], csrf: &str) -> bool {
    let given = url::form_urlencoded::parse(body).find(|(name, _)| name == "csrf");
    given.is_some_and(|(_, given)| is_token(&given, csrf))
}

/// Browsers say where a form comes from. Who says nothing is no browser, and has no cookie that somebody could abuse.
fn is_from_us(console: &Console, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    match text("origin") {
        None => true,
        Some(origin) => {
            let host = origin.split_once("://").map(|(_, host)| host).unwrap_or_default();
            console.listen.answers_to(host) && (host == self::host(headers) || console.listen.is_https())
        }
    }
}

fn host(headers: &HeaderMap) -> &str {
    headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A cookie by its name.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .find_map(|pair| pair.trim().split_once('=').filter(|(known, _)| *known == name))
        .map(|(_, value)| value)
}

impl Console {
    /// Who is signed in with this request.
    async fn visit(&self, headers: &HeaderMap) -> Result<Option<Visit>, Response> {
        let notice = taken_notice(headers);
        if self.door == Door::Demo {
            let name = "demo".to_owned();
            let csrf = self.demo_token.clone();
            return Ok(Some(Visit { name, role: Role::Admin, session: String::new(), csrf, notice }));
        }
        let Some(key) = cookie(headers, self.session_cookie()).and_then(Key::parse) else { return Ok(None) };
        let failed = |error: adapters::ledger::LedgerError| {
            lone(
                StatusCode::SERVICE_UNAVAILABLE,
                "The ledger cannot be read",
                &format!("Nothing is sent meanwhile. {error}"),
            )
        };
        let now = self.now();
        let found = self.ledger().session(&key.hash(), now).await.map_err(failed)?;
        let Some((session, person)) = found else { return Ok(None) };
        // Once a minute is often enough to say when somebody was here.
        if now.since(session.seen) > SEEN_EVERY {
            let expires = now.plus(SESSION_MAX);
            self.ledger().touch_session(&session.hash, now, expires).await.map_err(failed)?;
        }
        let (name, role) = (person.name, person.role);
        Ok(Some(Visit { name, role, session: session.hash, csrf: key.form_token(), notice }))
    }

    pub fn session_cookie(&self) -> &'static str {
        if self.listen.is_https() { SESSION_HTTPS } else { SESSION }
    }
}
