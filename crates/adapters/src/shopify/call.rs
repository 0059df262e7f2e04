//! Sends documents: token, budget, version and the repeats that are safe. Reads and repeatable mutations go through
//! [`Caller::ask`]; a create goes through [`Caller::send_once`], which never repeats anything.

use super::ShopConfig;
use super::budget::{Budget, Permit};
use super::documents::Document;
use super::envelope::{Call, Cost, Envelope, pause_end};
use super::input;
use super::said;
use super::token::Tokens;
use crate::http::{Answer, BaseUrl, Method, Request, SendError, Transport};
use crate::ports::{CallError, Clock};
use crate::vault::Secret;
use crate::witness;
use domain::time::Moment;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

/// A call waits this long for points; what needs longer is told to the caller instead.
pub const WAIT_MAX: Duration = Duration::from_secs(5);

/// A throttled call is repeated this often.
const REPEATS_MAX: u32 = 3;

/// The least wait after a throttled call, as Shopify asks for.
const THROTTLED_WAIT_MIN: Duration = Duration::from_secs(1);

const OFFSET_UNKNOWN: i64 = i64::MIN;

pub struct Caller {
    config: ShopConfig,
    url: Url,
    endpoint: String,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    pub tokens: Tokens,
    pub budget: Budget,
    offset_seconds: AtomicI64,
    version_answered: Mutex<String>,
}

/// One sending, whatever came of it.
pub enum Sent {
    Answer(Answer),
    Failed(SendError),
}

impl Caller {
    pub fn new(config: ShopConfig, transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Caller {
        let url = config.base_url.at(["admin", "api", config.api_version.as_str(), "graphql.json"]);
        let token_url = BaseUrl::at(&config.base_url, ["admin", "oauth", "access_token"]);
        let tokens = Tokens::new(
            config.credentials.clone(),
            token_url,
            config.read_timeout,
            transport.clone(),
            clock.clone(),
        );
        Caller {
            endpoint: crate::http::endpoint(&url),
            url,
            tokens,
            budget: Budget::new(clock.clone()),
            offset_seconds: AtomicI64::new(OFFSET_UNKNOWN),
            version_answered: Mutex::new(String::new()),
            transport,
            clock,
            config,
        }
    }

    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    pub fn mono(&self) -> domain::time::Mono {
        self.clock.mono()
    }

    pub fn call<'a>(&'a self, operation: &'a str) -> Call<'a> {
        Call { operation, version: &self.config.api_version, endpoint: &self.endpoint, now: self.clock.now() }
    }

    /// Their clock minus ours at the last answer.
    pub fn clock_offset_seconds(&self) -> Option<i64> {
        Some(self.offset_seconds.load(Ordering::Relaxed)).filter(|offset| *offset != OFFSET_UNKNOWN)
    }

    /// The version that the last answer named; empty if it named none.
    pub fn version_answered(&self) -> String {
        self.version_answered.lock().map(|version| version.clone()).unwrap_or_default()
    }

    /// Asks and reads the data; any error in the answer is an error of the call.
    pub async fn read<T: DeserializeOwned>(
        &self,
        document: &Document,
        variables: impl Serialize + Send,
    ) -> Result<T, CallError> {
        let (data, _) = self.search(document, variables).await?;
        Ok(data)
    }

    /// As [`Caller::read`], with the warnings about search filters.
    pub async fn search<T: DeserializeOwned>(
        &self,
        document: &Document,
        variables: impl Serialize + Send,
    ) -> Result<(T, Vec<String>), CallError> {
        let body = body(document, &document.query(), variables);
        let mut envelope = self.ask(document.name, 1, body).await?;
        let warnings = std::mem::take(&mut envelope.search_warnings);
        let call = self.call(document.name);
        Ok((call.decode(envelope.checked(&call)?)?, warnings))
    }

    /// Runs a mutation that may be repeated, and gives the payload of its root.
    pub async fn change<T: DeserializeOwned>(
        &self,
        document: &Document,
        root: &str,
        variables: impl Serialize + Send,
    ) -> Result<T, CallError> {
        let mut data: Value = self.read(document, variables).await?;
        let call = self.call(document.name);
        match data.get_mut(root).map(Value::take) {
            Some(payload) if !payload.is_null() => call.decode(payload),
            _ => Err(call.garbled(format!("no {root}"))),
        }
    }

    /// Asks with a document that repeats an alias, and gives the envelope with its errors: one alias may fail alone.
    pub async fn ask_aliased<V: Serialize>(
        &self,
        document: &Document,
        alias: char,
        each: &[V],
    ) -> Result<Envelope, CallError> {
        let query = document.widened(alias, each.len());
        let names = (0..each.len()).map(|index| format!("{alias}{index}"));
        let variables: serde_json::Map<String, Value> = names
            .zip(each)
            .map(|(name, value)| (name, serde_json::to_value(value).expect("our inputs have text keys only")))
            .collect();
        self.ask(document.name, each.len(), body(document, &query, variables)).await
    }

    /// Sends until there is an answer with status 200 that was not throttled. Only what was surely not executed is
    /// repeated.
    async fn ask(&self, operation: &'static str, size: usize, body: String) -> Result<Envelope, CallError> {
        let mut renewed = false;
        let mut repeats = 0;
        loop {
            let permit = self.budget.reserve(operation, size, WAIT_MAX).await?;
            let token = match self.tokens.current().await {
                Ok(token) => token,
                Err(error) => {
                    permit.cancel();
                    return Err(error);
                }
            };
            let call = self.call(operation);
            witness::asked(|| said::request(&body), said::part);
            let (sent, permit) = self.send_once(body.clone(), &token, self.config.read_timeout, permit).await;
            let answer = match sent {
                Sent::Answer(answer) => answer,
                Sent::Failed(SendError::TooLarge { limit }) => {
                    return Err(call.garbled(format!("more than {limit} bytes")));
                }
                Sent::Failed(error @ (SendError::NotSent { .. } | SendError::Lost { .. })) => {
                    return Err(call.no_answer(error.to_string()));
                }
            };
            witness::answered(|| said::answer(&answer));
            let envelope = if answer.status == 200 { Some(Envelope::parse(&answer)) } else { None };
            permit.settle(cost(envelope.as_ref()));
            match envelope {
                None if answer.status == 401 && !renewed && self.tokens.refused(&token).await => {
                    renewed = true
                }
                None if answer.status == 429 && repeats < REPEATS_MAX => {
                    self.throttled(&answer);
                    repeats += 1;
                }
                None => return Err(call.status_error(&answer)),
                Some(Err(reason)) => return Err(call.garbled(reason)),
                Some(Ok(envelope)) if envelope.is_throttled() => {
                    self.budget.count_throttled();
                    if repeats == REPEATS_MAX {
                        return Err(CallError::Throttled { until: self.throttled_until(operation) });
                    }
                    repeats += 1;
                    self.budget.pause(THROTTLED_WAIT_MIN);
                }
                Some(Ok(envelope)) => match call.wrong_version(&answer) {
                    Some(error) => return Err(error),
                    None => return Ok(envelope),
                },
            }
        }
    }

    /// Sends a body once. The points stay taken until the caller settles the permit.
    pub async fn send_once<'a>(
        &self,
        body: String,
        token: &Secret,
        timeout: Duration,
        permit: Permit<'a>,
    ) -> (Sent, Permit<'a>) {
        let request = Request::new(Method::Post, self.url.clone(), timeout)
            .header("x-shopify-access-token", token.expose())
            .header("accept", "application/json")
            .json(body);
        self.budget.count_request();
        let sent = match self.transport.send(request).await {
            Ok(answer) => {
                self.note(&answer);
                Sent::Answer(answer)
            }
            Err(error) => Sent::Failed(error),
        };
        (sent, permit)
    }

    /// Obeys a 429: nothing leaves before the moment it names.
    pub fn throttled(&self, answer: &Answer) -> Moment {
        let now = self.clock.now();
        let until = pause_end(answer, now);
        self.budget.count_throttled();
        self.budget.pause(until.since(now));
        until
    }

    /// When a throttled call of this operation may be tried again.
    pub fn throttled_until(&self, operation: &'static str) -> Moment {
        self.budget.free_at(operation).max(self.clock.now().plus(THROTTLED_WAIT_MIN))
    }

    fn note(&self, answer: &Answer) {
        if let Some(theirs) = answer.date() {
            let offset = theirs.0.saturating_sub(self.clock.now().0).div_euclid(1000);
            self.offset_seconds.store(offset, Ordering::Relaxed);
        }
        if let Ok(mut version) = self.version_answered.lock() {
            *version = answer.header("x-shopify-api-version").unwrap_or_default().to_owned();
        }
    }
}

fn cost(envelope: Option<&Result<Envelope, String>>) -> Option<&Cost> {
    envelope.and_then(|parsed| parsed.as_ref().ok()).and_then(|envelope| envelope.cost.as_ref())
}

/// The JSON body of a request, the same bytes for the same input.
pub fn body(document: &Document, query: &str, variables: impl Serialize) -> String {
    let request = input::Request { query, operation_name: document.name, variables };
    serde_json::to_string(&request).expect("our inputs have text keys only")
}
