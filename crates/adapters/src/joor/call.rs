//! One call to JOOR: credits, token, sending, and what the answer's status means. Which calls are made is decided in
//! `mod.rs`.

use super::JoorClient;
use super::credits::Cost;
use super::said;
use super::wire::{ApiError, Envelope, Object, Value};
use crate::http::{Answer, Method, Request, SendError};
use crate::ports::{CallError, Refusal};
use crate::witness;
use domain::ids::JoorOrderId;
use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A list longer than this does not end by itself: 100,000 orders are 500 pages.
const PAGES_MAX: usize = 500;

/// How much of a refusal's text is kept when it is not JOOR's envelope.
const REFUSAL_CHARS_MAX: usize = 200;

/// Why a call gave nothing; a rejection may be asked again in smaller pieces.
#[derive(Debug)]
pub enum Failure {
    Call(CallError),
    Rejected(Rejection),
}

/// JOOR refused this request as it stands, or its answer would be too large.
#[derive(Debug)]
pub struct Rejection {
    pub endpoint: String,
    pub status: u16,
    pub errors: Vec<ApiError>,
    pub answer_too_large: bool,
}

impl Rejection {
    pub fn words(&self) -> String {
        let words: Vec<String> =
            self.errors.iter().map(ApiError::words).filter(|words| !words.is_empty()).collect();
        if words.is_empty() { format!("HTTP {}", self.status) } else { words.join("; ") }
    }

    /// By itself a matter of size.
    pub fn too_many(&self) -> bool {
        self.answer_too_large || matches!(self.status, 413 | 414 | 431)
    }

    pub fn error(&self) -> CallError {
        if self.answer_too_large {
            return CallError::Garbled { endpoint: self.endpoint.clone(), reason: self.words() };
        }
        let refusal = |error: &ApiError| Refusal {
            code: if error.status.is_empty() {
                format!("HTTP_{}", self.status)
            } else {
                error.status.clone()
            },
            field: error.details.keys().cloned().collect::<Vec<_>>().join("."),
            message: if error.message.is_empty() { error.words() } else { error.message.clone() },
        };
        let mut reasons: Vec<Refusal> = self.errors.iter().map(refusal).collect();
        if reasons.is_empty() {
            let (code, message) = (format!("HTTP_{}", self.status), self.words());
            reasons.push(Refusal { code, field: String::new(), message });
        }
        CallError::Refused { reasons }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Failure {
        Failure::Call(error)
    }
}

impl Failure {
    pub fn into_error(self) -> CallError {
        match self {
            Failure::Call(error) => error,
            Failure::Rejected(rejection) => rejection.error(),
        }
    }
}

/// The rows of all pages, each with its own text, and what stood in `errors`.
#[derive(Debug, Default)]
pub struct Rows {
    pub rows: Vec<String>,
    pub errors: Vec<ApiError>,
}

const PAGE_CAP_STEP: usize = 50;

/// How a list is paged.
#[derive(Clone, Copy)]
pub enum Paging<'a> {
    /// With `page` and `page_size`, until a page is short [O]; a short page of a round size may be a cap of the server [I].
    Sized(usize),
    /// So, of orders that were named: once all of them are there, nothing is missing on a further page.
    Named { ids: &'a [JoorOrderId], size: usize, cost: Cost },
    /// No paging is documented. An answer with a round number of rows may still be a first page, so one more is asked
    /// for; the counter remembers up to how many rows an answer is known to be complete.
    Suspected(&'a AtomicUsize),
}

impl Paging<'_> {
    /// May more rows follow after a page of so many, of which these keys are there by now?
    fn may_follow(self, rows: usize, there: &BTreeSet<String>) -> bool {
        match self {
            // A server may cap pages below what was asked for; caps are round numbers.
            Paging::Sized(size) => rows >= size || (rows > 0 && rows.is_multiple_of(PAGE_CAP_STEP)),
            Paging::Named { ids, size, .. } => {
                let missing = ids.iter().any(|id| !there.contains(id.as_str()));
                missing && Paging::Sized(size).may_follow(rows, there)
            }
            Paging::Suspected(complete) => {
                // Page sizes are round numbers.
                rows > complete.load(Ordering::Relaxed) && rows.is_multiple_of(10)
            }
        }
    }

    fn cost(self) -> Cost {
        match self {
            Paging::Named { cost, .. } => cost,
            Paging::Sized(_) | Paging::Suspected(_) => Cost::Read,
        }
    }

    /// One answer brought so many rows and was complete.
    fn complete(self, rows: usize) {
        match self {
            Paging::Sized(_) | Paging::Named { .. } => {}
            Paging::Suspected(complete) => {
                complete.fetch_max(rows, Ordering::Relaxed);
            }
        }
    }
}

pub type Query = Vec<(&'static str, String)>;

impl JoorClient {
    pub(super) async fn get(&self, path: &[&str], query: &Query) -> Result<Answer, Failure> {
        self.get_at(Cost::Read, path, query).await
    }

    async fn get_at(&self, cost: Cost, path: &[&str], query: &Query) -> Result<Answer, Failure> {
        self.call(cost, None, Method::Get, path, query).await
    }

    pub(super) async fn post(&self, path: &[&str], body: Vec<u8>) -> Result<Answer, Failure> {
        self.call(Cost::Write, Some(&body), Method::Post, path, &Vec::new()).await
    }

    async fn call(
        &self,
        cost: Cost,
        body: Option<&[u8]>,
        method: Method,
        path: &[&str],
        query: &Query,
    ) -> Result<Answer, Failure> {
        let mut url = self.config.api_url.at(path.iter().copied());
        url.query_pairs_mut().append_pair("account", &self.config.account);
        for (name, value) in query {
            url.query_pairs_mut().append_pair(name, value);
        }
        let endpoint = crate::http::endpoint(&url);
        let mut refused = None;
        loop {
            self.take(cost)?;
            let token = self.token(refused.as_ref()).await?;
            let request = Request::new(method, url.clone(), self.config.timeout)
                .header("accept", "application/json")
                .bearer(&token);
            self.requests.fetch_add(1, Ordering::Relaxed);
            let request = body.iter().fold(request, |request, body| request.json(*body));
            witness::asked(|| said::request(path, query, body), said::part);
            let answer = match self.transport.send(request).await {
                Ok(answer) => answer,
                Err(SendError::NotSent { reason } | SendError::Lost { reason }) => {
                    return Err(CallError::NoAnswer { endpoint, reason }.into());
                }
                Err(error @ SendError::TooLarge { .. }) => {
                    let said = ApiError { message: error.to_string(), ..ApiError::default() };
                    let errors = vec![said];
                    return Err(Failure::Rejected(Rejection {
                        endpoint,
                        status: 200,
                        errors,
                        answer_too_large: true,
                    }));
                }
            };
            witness::answered(|| witness::body_of(&answer));
            self.learn(&answer);
            if answer.status == 401 && refused.is_none() {
                tracing::info!("JOOR refused the token before its time; it is renewed once");
                refused = Some(token);
                continue;
            }
            return self.judge(endpoint, answer);
        }
    }

    async fn token(&self, refused: Option<&crate::vault::Secret>) -> Result<crate::vault::Secret, CallError> {
        let sent = || {
            self.requests.fetch_add(1, Ordering::Relaxed);
        };
        self.tokens.current(refused, &self.config, &*self.transport, &*self.clock, sent).await
    }

    fn take(&self, cost: Cost) -> Result<(), CallError> {
        let taken = self.credits.lock().unwrap_or_else(PoisonError::into_inner).take(cost, self.clock.mono());
        match taken {
            Ok(()) => {
                self.credits_spent.fetch_add(u64::from(cost.credits()), Ordering::Relaxed);
                Ok(())
            }
            Err(wait) => Err(CallError::Throttled { until: self.clock.now().plus(wait) }),
        }
    }

    fn learn(&self, answer: &Answer) {
        let (now, wall) = (self.clock.mono(), self.clock.now());
        self.credits.lock().unwrap_or_else(PoisonError::into_inner).learn(answer, now, wall);
        if let Some(theirs) = answer.date() {
            // Their header has whole seconds.
            let offset = theirs.0.div_euclid(1000) - wall.0.div_euclid(1000);
            *self.offset.lock().unwrap_or_else(PoisonError::into_inner) = Some(offset);
        }
    }

    /// What a status means. One row of the table a line, so that none is forgotten.
    fn judge(&self, endpoint: String, answer: Answer) -> Result<Answer, Failure> {
        let error = match answer.status {
            200..=299 if answer.is_html() => {
                CallError::Garbled { endpoint, reason: "a web page instead of JSON".to_owned() }
            }
            200..=299 => return Ok(answer),
            300..=399 => CallError::Garbled {
                endpoint,
                reason: format!("a redirect (HTTP {}), which is not followed", answer.status),
            },
            401 => CallError::Unauthorized { status: 401, endpoint },
            403 => CallError::Forbidden { missing: vec![refusal_words(&answer).unwrap_or(endpoint)] },
            // JOOR's own words about one order are about the order and not about the path.
            404 if refusal_errors(&answer).iter().any(|error| error.order().is_some()) => {
                let errors = refusal_errors(&answer);
                return Err(Failure::Rejected(Rejection {
                    endpoint,
                    status: 404,
                    errors,
                    answer_too_large: false,
                }));
            }
            404 | 405 | 410 => {
                CallError::WrongVersion { asked: endpoint, answered: format!("HTTP {}", answer.status) }
            }
            402 | 408 | 423 | 500.. | ..200 => {
                CallError::NoAnswer { endpoint, reason: format!("HTTP {}", answer.status) }
            }
            429 => CallError::Throttled { until: self.refused_by_throttle(&answer) },
            status @ 400..=499 => {
                let errors = refusal_errors(&answer);
                return Err(Failure::Rejected(Rejection {
                    endpoint,
                    status,
                    errors,
                    answer_too_large: false,
                }));
            }
        };
        Err(Failure::Call(error))
    }

    fn refused_by_throttle(&self, answer: &Answer) -> domain::time::Moment {
        let now = self.clock.now();
        let told = answer.retry_after(now).map(|until| until.since(now));
        let mut credits = self.credits.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = credits.refused(told, self.clock.mono());
        tracing::warn!(
            wait_secs = wait.as_secs(),
            "JOOR throttles this account although credits were left by our count"
        );
        now.plus(wait)
    }

    /// All pages of a list.
    pub(super) async fn list(
        &self,
        path: &[&str],
        query: &Query,
        paging: Paging<'_>,
    ) -> Result<Rows, Failure> {
        let mut all = Rows::default();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for page in 1..=PAGES_MAX {
            let mut query = query.clone();
            match paging {
                Paging::Sized(size) | Paging::Named { size, .. } => {
                    query.extend([("page", page.to_string()), ("page_size", size.to_string())]);
                }
                Paging::Suspected(_) if page > 1 => query.push(("page", page.to_string())),
                Paging::Suspected(_) => {}
            }
            let answer = match self.get_at(paging.cost(), path, &query).await {
                // A parameter that is not documented may be refused; then there are no pages.
                Err(Failure::Rejected(_)) if page > 1 && matches!(paging, Paging::Suspected(_)) => {
                    paging.complete(all.rows.len());
                    return Ok(all);
                }
                answer => answer?,
            };
            let body = answer.text();
            let envelope = self.envelope(path, &body)?;
            all.errors.extend(envelope.errors);
            let count = envelope.data.len();
            let before = seen.len();
            for row in envelope.data {
                if seen.insert(key_of(row)) {
                    all.rows.push(row.raw().to_owned());
                }
            }
            // Nothing new: the end, or a server that answers every page with the first one.
            let nothing_new = seen.len() == before;
            if nothing_new || !paging.may_follow(count, &seen) {
                if page == 1 || (page == 2 && nothing_new) {
                    paging.complete(all.rows.len());
                }
                return Ok(all);
            }
        }
        let reason = format!("the list has no end within {PAGES_MAX} pages");
        Err(CallError::Garbled { endpoint: path.join("/"), reason }.into())
    }

    /// The envelope of a good answer. Errors alone, none of which names an order, are a rejection.
    pub(super) fn envelope<'a>(&self, path: &[&str], body: &'a str) -> Result<Envelope<'a>, Failure> {
        let endpoint = path.join("/");
        let Some(envelope) = Envelope::read(body) else {
            let reason = "neither `data` nor `errors` in it, or not JSON at all".to_owned();
            return Err(CallError::Garbled { endpoint, reason }.into());
        };
        let unnamed = envelope.errors.iter().all(|error| error.details.is_empty());
        if envelope.data.is_empty() && !envelope.errors.is_empty() && unnamed {
            let errors = envelope.errors;
            return Err(Failure::Rejected(Rejection {
                endpoint,
                status: 200,
                errors,
                answer_too_large: false,
            }));
        }
        Ok(envelope)
    }
}

/// What makes a row the same row on another page.
fn key_of(row: Value<'_>) -> String {
    let id = Object::row(row).ok().and_then(|row| row.text("id").ok()).filter(|id| !id.is_empty());
    id.unwrap_or_else(|| row.raw().to_owned())
}

/// The errors of a refusal: JOOR's envelope, or the beginning of whatever text it is.
fn refusal_errors(answer: &Answer) -> Vec<ApiError> {
    let body = answer.text();
    let errors = Envelope::read(&body).map(|envelope| envelope.errors).unwrap_or_default();
    if !errors.is_empty() {
        return errors;
    }
    if answer.is_html() || body.trim().is_empty() {
        return Vec::new();
    }
    let message: String = body.trim().chars().filter(|c| !c.is_control()).take(REFUSAL_CHARS_MAX).collect();
    vec![ApiError { message, ..ApiError::default() }]
}

fn refusal_words(answer: &Answer) -> Option<String> {
    let words: Vec<String> = refusal_errors(answer).iter().map(ApiError::words).collect();
    (!words.is_empty()).then(|| words.join("; "))
}
