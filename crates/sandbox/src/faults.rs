//! Scripted misfortune: which call of which service goes wrong, and how. Knows HTTP answers, but no service's meaning:
//! what a refused call would have done is a future that the service hands in.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;

use crate::server::DropConnection;

/// The services that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    Joor,
    JoorToken,
    Shopify,
    ShopifyToken,
    Smtp,
}

/// What goes wrong with one call.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Executed, then the connection closes without an answer.
    LoseReply,
    /// The connection closes now, without an answer; the call is executed after the delay.
    ActLate(Duration),
    /// The connection closes, nothing is executed.
    DropBefore,
    /// Not executed; answered with this status. For SMTP the code is the SMTP reply code.
    Status { code: u16, body: String, headers: Vec<(String, String)> },
    /// Executed, but the answer says otherwise.
    ExecuteThenStatus { code: u16, body: String },
    /// Executed; only the first bytes of the body leave, then the connection closes.
    CutBody { keep: usize },
    /// Executed; the body leaves a byte at a time with this pause before each.
    Drip(Duration),
    /// Executed; the body is replaced by bytes that are not JSON.
    Garbage,
    /// Not executed; an HTML page.
    Html { code: u16 },
    /// A delay, then as usual. A caller that gives up meanwhile does not stop the execution.
    Slow(Duration),
    /// Not executed; the service's own "too many": Shopify's THROTTLED envelope, JOOR's 429.
    Throttled,
    /// Executed; the body is padded with blanks to more than this many bytes.
    Oversized(usize),
    /// Executed; answered 200 with this body instead.
    ReplaceBody(String),
    /// JOOR lists: the row of this order carries a field of the wrong type. Other services answer as usual.
    BrokenRow { order_id: String, field: String, value: serde_json::Value },
}

/// Which of the coming calls is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Next,
    /// The n-th matching call from now, counted from 1.
    Nth(u32),
    /// The next n matching calls.
    Times(u32),
    Always,
}

#[derive(Clone, Debug)]
struct Script {
    service: Service,
    operation: String,
    /// Only calls whose address or body holds this text; empty: all of them.
    about: String,
    when: When,
    fault: Fault,
    seen: u32,
    struck: u32,
}

impl Script {
    fn is_due(&self) -> bool {
        match self.when {
            When::Next => self.struck == 0,
            When::Nth(n) => self.seen == n,
            When::Times(n) => self.struck < n,
            When::Always => true,
        }
    }

    fn is_spent(&self) -> bool {
        match self.when {
            When::Next => self.struck > 0,
            When::Nth(n) => self.seen >= n,
            When::Times(n) => self.struck >= n,
            When::Always => false,
        }
    }
}

#[derive(Debug, Default)]
struct Scripts {
    waiting: Vec<Script>,
    hits: Vec<(Service, String)>,
}

/// The scripts of one sandbox. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    scripts: Arc<Mutex<Scripts>>,
}

impl Faults {
    /// Plans a fault. The operation `*` means every operation of the service.
    pub fn script(&self, service: Service, operation: &str, when: When, fault: Fault) {
        self.script_about(service, operation, "", when, fault);
    }

    /// The same for calls whose address or body holds a text, such as the number of one order.
    pub fn script_about(&self, service: Service, operation: &str, about: &str, when: When, fault: Fault) {
        let (operation, about) = (operation.to_owned(), about.to_owned());
        let script = Script { service, operation, about, when, fault, seen: 0, struck: 0 };
        self.lock().waiting.push(script);
    }

    /// Forgets all plans; what already struck stays in `hits`.
    pub fn clear(&self) {
        self.lock().waiting.clear();
    }

    /// Called by a service once per call: the fault that strikes it, if any. Where several are due, the oldest plan
    /// strikes and the others wait for the next call; an `Nth` whose call is struck by an older plan is used up.
    pub fn take(&self, service: Service, operation: &str) -> Option<Fault> {
        self.take_about(service, operation, "")
    }

    /// The same for a call whose address and body say this.
    pub fn take_about(&self, service: Service, operation: &str, said: &str) -> Option<Fault> {
        let mut scripts = self.lock();
        let mut struck = None;
        for script in &mut scripts.waiting {
            if script.service != service || (script.operation != operation && script.operation != "*") {
                continue;
            }
            if !said.contains(&script.about) {
                continue;
            }
            script.seen += 1;
            if struck.is_none() && script.is_due() {
                script.struck += 1;
                struck = Some(script.fault.clone());
            }
        }
        scripts.waiting.retain(|script| !script.is_spent());
        if struck.is_some() {
            scripts.hits.push((service, operation.to_owned()));
        }
        struck
    }

    /// The calls that were struck, in order.
    pub fn hits(&self) -> Vec<(Service, String)> {
        self.lock().hits.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Scripts> {
        self.scripts.lock().expect("nothing panics while it holds the scripts")
    }
}

/// How a call ends for its caller.
#[derive(Debug)]
pub enum Outcome {
    Answer(Response),
    /// The connection closes without an answer.
    Drop,
}

impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        match self {
            Outcome::Answer(response) => response,
            Outcome::Drop => {
                let mut response = Response::new(Body::empty());
                response.extensions_mut().insert(DropConnection);
                response
            }
        }
    }
}

/// Runs one call under its fault. Execution is a task of its own: a server does not stop working because its caller
/// hung up.
pub async fn answer(
    fault: Option<Fault>,
    throttled: impl FnOnce() -> Response,
    run: impl Future<Output = Response> + Send + 'static,
) -> Outcome {
    match fault {
        None | Some(Fault::BrokenRow { .. }) => Outcome::Answer(executed(run).await),
        Some(Fault::LoseReply) => {
            executed(run).await;
            Outcome::Drop
        }
        Some(Fault::ActLate(delay)) => {
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                run.await
            });
            Outcome::Drop
        }
        Some(Fault::DropBefore) => Outcome::Drop,
        Some(Fault::Status { code, body, headers }) => Outcome::Answer(status(code, body, &headers)),
        Some(Fault::ExecuteThenStatus { code, body }) => {
            executed(run).await;
            Outcome::Answer(status(code, body, &[]))
        }
        Some(Fault::CutBody { keep }) => cut(executed(run).await, keep).await,
        Some(Fault::Drip(pause)) => dripping(executed(run).await, pause).await,
        Some(Fault::Garbage) => {
            replaced(executed(run).await, |_| Bytes::from_static(b"\x00\x1f<<{\"data\":")).await
        }
        Some(Fault::Html { code }) => {
            let page = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Be right back</body></html>";
            Outcome::Answer(status(
                code,
                page.to_owned(),
                &[("content-type".to_owned(), "text/html".to_owned())],
            ))
        }
        Some(Fault::Slow(delay)) => {
            let late = async move {
                tokio::time::sleep(delay).await;
                run.await
            };
            Outcome::Answer(executed(late).await)
        }
        Some(Fault::Throttled) => Outcome::Answer(throttled()),
        Some(Fault::Oversized(bytes)) => replaced(executed(run).await, |body| padded(body, bytes)).await,
        Some(Fault::ReplaceBody(text)) => {
            executed(run).await;
            Outcome::Answer(status(200, text, &[("content-type".to_owned(), "application/json".to_owned())]))
        }
    }
}

async fn executed(run: impl Future<Output = Response> + Send + 'static) -> Response {
    match tokio::spawn(run).await {
        Ok(response) => response,
        Err(reason) => status(500, format!("the sandbox itself failed: {reason}"), &[]),
    }
}

fn status(code: u16, body: String, headers: &[(String, String)]) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn padded(body: Bytes, bytes: usize) -> Bytes {
    let mut padded = body.to_vec();
    let wanted = padded.len().max(bytes.saturating_add(1));
    padded.resize(wanted, b' ');
    Bytes::from(padded)
}

async fn replaced(response: Response, change: impl FnOnce(Bytes) -> Bytes) -> Outcome {
    let (mut parts, body) = response.into_parts();
    let body = whole(body).await;
    parts.headers.remove(header::CONTENT_LENGTH);
    Outcome::Answer(Response::from_parts(parts, Body::from(change(body))))
}

/// The head promises the whole length, so that the caller can notice the cut.
async fn cut(response: Response, keep: usize) -> Outcome {
    let (mut parts, body) = response.into_parts();
    let body = whole(body).await;
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len().max(keep + 1)));
    let kept = body.slice(..keep.min(body.len()));
    let pieces = futures::stream::once(async move { Ok::<Bytes, std::io::Error>(kept) }).chain(
        futures::stream::once(async {
            // The kept bytes must have left before the connection breaks, else the caller sees nothing at all.
            tokio::time::sleep(Duration::from_millis(20)).await;
            Err(std::io::Error::other("cut by script"))
        }),
    );
    Outcome::Answer(Response::from_parts(parts, Body::from_stream(pieces)))
}

/// The head comes at once, with the whole length.
async fn dripping(response: Response, pause: Duration) -> Outcome {
    let (mut parts, body) = response.into_parts();
    let body = whole(body).await;
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let bytes = futures::stream::iter(body).then(move |byte| async move {
        tokio::time::sleep(pause).await;
        Ok::<Bytes, std::convert::Infallible>(Bytes::copy_from_slice(&[byte]))
    });
    Outcome::Answer(Response::from_parts(parts, Body::from_stream(bytes)))
}

async fn whole(body: Body) -> Bytes {
    axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(faults: &Faults, calls: usize) -> Vec<bool> {
        (0..calls).map(|_| faults.take(Service::Joor, "GET orders").is_some()).collect()
    }

    #[test]
    fn each_kind_of_when_strikes_the_calls_that_it_names() {
        let cases = [
            (When::Next, vec![true, false, false, false]),
            (When::Nth(3), vec![false, false, true, false]),
            (When::Times(2), vec![true, true, false, false]),
            (When::Always, vec![true, true, true, true]),
        ];
        for (when, expected) in cases {
            let faults = Faults::default();
            faults.script(Service::Joor, "GET orders", when, Fault::DropBefore);
            assert_eq!(strikes(&faults, 4), expected, "{when:?}");
        }
    }

    #[test]
    fn other_operations_and_services_are_left_alone() {
        let faults = Faults::default();
        faults.script(Service::Shopify, "OrderCreate", When::Always, Fault::LoseReply);
        assert_eq!(faults.take(Service::Shopify, "FindOrders"), None);
        assert_eq!(faults.take(Service::Joor, "OrderCreate"), None);
        assert_eq!(faults.take(Service::Shopify, "OrderCreate"), Some(Fault::LoseReply));
        assert_eq!(faults.hits(), vec![(Service::Shopify, "OrderCreate".to_owned())]);
    }

    #[test]
    fn plans_for_the_same_call_strike_one_after_the_other() {
        let faults = Faults::default();
        faults.script(Service::Joor, "*", When::Next, Fault::DropBefore);
        faults.script(Service::Joor, "GET orders", When::Next, Fault::LoseReply);
        assert_eq!(faults.take(Service::Joor, "GET orders"), Some(Fault::DropBefore));
        assert_eq!(faults.take(Service::Joor, "GET orders"), Some(Fault::LoseReply));
        assert_eq!(faults.take(Service::Joor, "GET orders"), None);
    }
}
