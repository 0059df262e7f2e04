//! The way to the pretended services, without sockets: their own routers are called in this process, and on the way all
//! can happen to a call that happens in a network.

mod answers;
mod mutation;
mod trouble;

pub use mutation::Mutation;
pub use trouble::{Side, Trouble, at, kind};

use crate::clock::SimClock;
use crate::life::Life;
use adapters::http::{Answer, Request, SendError, Transport};
use answers::{order_refused, page, refused_in_json, throttled, throttled_in_body, unauthorized};
use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use jiff::Timestamp;
use sandbox::server::DropConnection;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tower::ServiceExt;

pub const JOOR_HOST: &str = "joor.example.com";
pub const SHOP_HOST: &str = "sandbox-shop.myshopify.com";

/// How long every exchange takes.
const EXCHANGE: Duration = Duration::from_millis(60);
/// Longer than any answer; a real client reads no further.
const BODY_BYTES_MAX: usize = 20 * 1024 * 1024;

/// Which of the coming calls of a side is struck.
#[derive(Clone, Debug)]
struct Plan {
    side: Side,
    /// Empty: any operation.
    operation: String,
    /// So many matching calls pass before.
    skip: u32,
    trouble: Trouble,
}

impl Plan {
    fn strikes(&self, side: Side, operation: &str) -> bool {
        let named = self.operation == operation;
        let any = self.operation.is_empty() && (self.trouble != Trouble::Twice || operation != "OrderCreate");
        self.side == side && (named || any)
    }
}

#[derive(Default)]
struct State {
    plans: Vec<Plan>,
    met: BTreeMap<String, u64>,
    /// Requests that are executed after this much more time, when their caller has given up long ago.
    late: Vec<(Duration, Request)>,
    uninvited: Vec<String>,
    calls: u64,
    creates: u64,
    /// The call that is delivered twice.
    doubled: Option<u64>,
    /// Creates that left, by token.
    creates_of: BTreeMap<String, u32>,
    /// JOOR orders whose last create was refused by plan, and when.
    refused: BTreeMap<String, Timestamp>,
    mutation: Option<Mutation>,
}

pub struct Outside {
    joor: Router,
    shop: Router,
    clock: SimClock,
    life: Arc<Life>,
    state: Mutex<State>,
}

impl Outside {
    pub fn new(joor: Router, shop: Router, clock: SimClock, life: Arc<Life>) -> Outside {
        Outside { joor, shop, clock, life, state: Mutex::default() }
    }

    /// After `skip` more calls of this kind, one is struck. An empty operation means any.
    pub fn plan(&self, side: Side, operation: &str, skip: u32, trouble: Trouble) {
        let plan = Plan { side, operation: operation.to_owned(), skip, trouble };
        self.lock().plans.push(plan);
    }

    /// The call with this number, counted from 1, is delivered twice.
    pub fn deliver_twice(&self, call: u64) {
        self.lock().doubled = Some(call);
    }

    /// The weather clears up: nothing more is planned. What is late still comes.
    pub fn clear(&self) {
        self.lock().plans.clear();
    }

    /// Breaks the program on purpose.
    pub fn mutate(&self, mutation: Option<Mutation>) {
        self.lock().mutation = mutation;
    }

    /// Troubles that struck, by kind.
    pub fn met(&self) -> BTreeMap<String, u64> {
        self.lock().met.clone()
    }

    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// Creates that left, whatever came of them.
    pub fn creates(&self) -> u64 {
        self.lock().creates
    }

    /// Creates with this token that left.
    pub fn creates_of(&self, token: &str) -> u32 {
        self.lock().creates_of.get(token).copied().unwrap_or_default()
    }

    /// "Too many" answers that nobody planned: the program ran into a limit by itself.
    pub fn uninvited(&self) -> Vec<String> {
        self.lock().uninvited.clone()
    }

    /// When the last create of this JOOR order was refused, if that was planned.
    pub fn refused_at(&self, order: &str) -> Option<Timestamp> {
        self.lock().refused.get(order).copied()
    }

    /// Is a write to JOOR still to be executed, whose caller has given up?
    pub fn joor_writes_late(&self) -> bool {
        self.lock().late.iter().any(|(_, request)| operation(request) == "bulk_update")
    }

    /// Requests that are still to be executed.
    pub fn late(&self) -> usize {
        self.lock().late.len()
    }

    /// Time passes; what is late is executed in its moment.
    pub async fn pass(&self, span: Duration) {
        let mut left = span;
        loop {
            let next = self.lock().late.iter().map(|(wait, _)| *wait).min();
            let step = next.map_or(left, |wait| wait.min(left));
            self.clock.pass(step);
            left -= step;
            let due = self.due_after(step);
            let nothing_due = due.is_empty();
            for request in due {
                self.execute(request).await;
            }
            if nothing_due && left.is_zero() {
                return;
            }
        }
    }

    fn due_after(&self, step: Duration) -> Vec<Request> {
        let mut state = self.lock();
        for (wait, _) in &mut state.late {
            *wait = wait.saturating_sub(step);
        }
        let (due, late) = std::mem::take(&mut state.late).into_iter().partition(|(wait, _)| wait.is_zero());
        state.late = late;
        let due: Vec<(Duration, Request)> = due;
        due.into_iter().map(|(_, request)| request).collect()
    }

    fn struck(&self, side: Side, operation: &str) -> Option<Trouble> {
        let mut state = self.lock();
        state.calls += 1;
        state.creates += u64::from(operation == "OrderCreate");
        if state.doubled == Some(state.calls) {
            return Some(Trouble::Twice);
        }
        let mut struck = None;
        for (index, plan) in state.plans.iter_mut().enumerate() {
            if !plan.strikes(side, operation) {
                continue;
            }
            if plan.skip > 0 {
                plan.skip -= 1;
            } else if struck.is_none() {
                struck = Some(index);
            }
        }
        let trouble = state.plans.remove(struck?).trouble;
        *state.met.entry(at(side, &kind(&trouble))).or_default() += 1;
        Some(trouble)
    }

    /// The service does what it is asked for, whoever still listens.
    async fn execute(&self, request: Request) -> Option<Answer> {
        let router = if request.url.host_str() == Some(JOOR_HOST) { &self.joor } else { &self.shop };
        let path = &request.url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut asked = axum::http::Request::builder().method(request.method.word()).uri(path);
        for (name, value) in &request.headers {
            asked = asked.header(name, value);
        }
        let body = Body::from(request.body.unwrap_or_default());
        let asked = asked.body(body).expect("the clients make well-formed requests");
        let answered = match router.clone().oneshot(asked).await {
            Ok(answered) => answered,
            Err(never) => match never {},
        };
        if answered.extensions().get::<DropConnection>().is_some() {
            return None;
        }
        let status = answered.status().as_u16();
        let headers = answered.headers().iter();
        let headers = headers
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let body = to_bytes(answered.into_body(), usize::MAX).await.unwrap_or_default().to_vec();
        Some(Answer { status, headers, body })
    }

    async fn exchange(&self, side: Side, operation: &str, request: Request) -> Result<Answer, SendError> {
        let patience = request.timeout;
        let trouble = self.struck(side, operation);
        self.note_create(&request, trouble == Some(Trouble::OrderRefused));
        let again = (trouble == Some(Trouble::Twice)).then(|| request.clone());
        let request = match self.on_the_way(side, trouble.as_ref(), request).await {
            Ok(request) => request,
            Err(ended) => return ended,
        };
        self.pass(EXCHANGE).await;
        let Some(mut answer) = self.execute(request).await else { return lost("connection closed") };
        if let Some(again) = again {
            answer = self.execute(again).await.unwrap_or(answer);
        }
        self.look_for_limits(operation, &answer);
        self.on_the_way_back(trouble, answer, patience).await
    }

    /// The request if it arrives in time, or how the exchange ended without it.
    async fn on_the_way(
        &self,
        side: Side,
        trouble: Option<&Trouble>,
        request: Request,
    ) -> Result<Request, Result<Answer, SendError>> {
        let patience = request.timeout;
        match trouble {
            Some(Trouble::NotSent) => {
                Err(Err(SendError::NotSent { reason: "connection refused".to_owned() }))
            }
            Some(Trouble::Unheard) => Err(lost("connection reset")),
            Some(Trouble::Late(after)) => {
                self.lock().late.push((*after, request));
                self.pass(patience).await;
                Err(lost("no answer in time"))
            }
            Some(Trouble::Page(status)) => Err(Ok(page(*status))),
            Some(Trouble::Throttled) => Err(Ok(throttled(side))),
            Some(Trouble::ThrottledInBody) => Err(Ok(throttled_in_body(side))),
            Some(Trouble::RefusedInJson(status)) => Err(Ok(refused_in_json(side, *status))),
            Some(Trouble::OrderRefused) => Err(Ok(order_refused())),
            Some(Trouble::Unauthorized) => Err(Ok(unauthorized())),
            Some(Trouble::Slow(span)) if *span >= patience => {
                self.lock().late.push((*span, request));
                self.pass(patience).await;
                Err(lost("no answer in time"))
            }
            Some(Trouble::Slow(span)) => {
                self.pass(*span).await;
                Ok(request)
            }
            Some(
                Trouble::ReplyLost
                | Trouble::Cut
                | Trouble::Garbage
                | Trouble::DeniedAfterwards(_)
                | Trouble::OtherBody(_)
                | Trouble::TooLarge
                | Trouble::Drip(_)
                | Trouble::Twice,
            )
            | None => Ok(request),
        }
    }

    /// What arrives of the answer.
    async fn on_the_way_back(
        &self,
        trouble: Option<Trouble>,
        mut answer: Answer,
        patience: Duration,
    ) -> Result<Answer, SendError> {
        match trouble {
            Some(Trouble::ReplyLost) => lost("connection reset"),
            Some(Trouble::Cut) => lost("the body ended early"),
            Some(Trouble::TooLarge) => Err(SendError::TooLarge { limit: BODY_BYTES_MAX }),
            Some(Trouble::Garbage) => {
                answer.body = b"\x00\x1f<<{\"data\":".to_vec();
                Ok(answer)
            }
            Some(Trouble::DeniedAfterwards(status)) => Ok(page(status)),
            Some(Trouble::Drip(pause)) => {
                let span = pause.saturating_mul(answer.body.len() as u32);
                self.pass(span.min(patience)).await;
                if span < patience { Ok(answer) } else { lost("the body did not end in time") }
            }
            Some(Trouble::OtherBody(body)) => {
                answer.body = body.as_bytes().to_vec();
                Ok(answer)
            }
            Some(
                Trouble::NotSent
                | Trouble::Unheard
                | Trouble::Late(_)
                | Trouble::Page(_)
                | Trouble::Slow(_)
                | Trouble::Throttled
                | Trouble::ThrottledInBody
                | Trouble::RefusedInJson(_)
                | Trouble::OrderRefused
                | Trouble::Unauthorized
                | Trouble::Twice,
            )
            | None => Ok(answer),
        }
    }

    /// Counts a create. What is refused by plan stays so until it is asked for once more.
    fn note_create(&self, request: &Request, refused: bool) {
        let Some(token) = created(request) else { return };
        let order = token.split('-').nth(2).unwrap_or_default().to_owned();
        let now = self.clock.true_now();
        let mut state = self.lock();
        *state.creates_of.entry(token).or_default() += 1;
        if refused {
            state.refused.insert(order, now)
        } else {
            state.refused.remove(&order)
        };
    }

    fn look_for_limits(&self, operation: &str, answer: &Answer) {
        let refused = answer.status == 429 || answer.text().contains("\"THROTTLED\"");
        if refused {
            let at = self.clock.true_now();
            self.lock().uninvited.push(format!("{at}: {operation} answered {}", answer.status));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for Outside {
    async fn send(&self, request: Request) -> Result<Answer, SendError> {
        let side = if request.url.host_str() == Some(JOOR_HOST) { Side::Joor } else { Side::Shopify };
        let operation = operation(&request);
        self.life.touch(|| format!("before {operation}")).await;
        let mutation = self.lock().mutation;
        let request = mutation::changed_request(mutation, &operation, request);
        let answer = match mutation::instead(mutation, &operation, &request) {
            Some(answer) => Ok(answer),
            None => {
                let again = mutation::asked_again(mutation, side, &request);
                let answer = self.exchange(side, &operation, request).await;
                for request in again {
                    if let Some(answer) = self.execute(request).await {
                        self.look_for_limits(&operation, &answer);
                    }
                }
                answer
            }
        };
        let answer = mutation::changed_answer(mutation, &operation, answer);
        self.life.touch(|| format!("after {operation}")).await;
        answer
    }
}

fn lost(reason: &str) -> Result<Answer, SendError> {
    Err(SendError::Lost { reason: reason.to_owned() })
}

/// What a request is for: the GraphQL operation, or the last piece of the path.
fn operation(request: &Request) -> String {
    let path = request.url.path().trim_end_matches('/');
    if !path.ends_with("graphql.json") {
        return path.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let body: serde_json::Value =
        request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    body["operationName"].as_str().unwrap_or("graphql").to_owned()
}

/// The token of the order that a create asks for.
fn created(request: &Request) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(request.body.as_deref()?).ok()?;
    Some(body["variables"]["order"]["sourceIdentifier"].as_str()?.to_owned())
}
