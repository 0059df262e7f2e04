//! The JOOR client over a scripted transport: token, paging, batches, credits, reports, odd answers.

mod batches;
mod catalogue;
mod credits;
mod lists;
mod reports;
mod sandbox_joor;
mod token;

use adapters::clock::StoppedClock;
use adapters::http::{Answer, BaseUrl, Method, Mode, Request, SendError, Transport};
use adapters::joor::{JoorClient, JoorConfig, JoorLogin};
use adapters::ports::{CallError, Clock, OrderFilter, Report, Wholesale};
use adapters::vault::Secret;
use async_trait::async_trait;
use domain::ids::{JoorOrderId, JoorStyleId, PriceTypeId};
use domain::orders::order::{ExportState, OrderStatus};
use domain::time::Moment;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const START: Moment = Moment(1_790_000_000_000);

type Outcome = Result<Answer, SendError>;

/// What the double saw: path, parameters and body of each call, tokens apart.
#[derive(Clone, Debug, Default)]
struct Seen {
    method: &'static str,
    path: String,
    query: BTreeMap<String, String>,
    body: String,
    bearer: String,
}

impl Seen {
    fn ids(&self, name: &str) -> Vec<String> {
        self.query.get(name).map(|ids| ids.split(',').map(str::to_owned).collect()).unwrap_or_default()
    }
}

type Answering = Box<dyn Fn(&Seen, usize) -> Outcome + Send + Sync>;

/// A JOOR that answers by a function and remembers what it was asked.
struct Double {
    answer: Answering,
    token: Box<dyn Fn(usize) -> Outcome + Send + Sync>,
    calls: Mutex<Vec<Seen>>,
    tokens: Mutex<Vec<String>>,
}

#[async_trait]
impl Transport for Double {
    async fn send(&self, request: Request) -> Outcome {
        let body = String::from_utf8(request.body.clone().unwrap_or_default()).unwrap();
        tokio::task::yield_now().await;
        if request.url.path() == "/auth/" {
            let number = {
                let mut tokens = self.tokens.lock().unwrap();
                tokens.push(body);
                tokens.len()
            };
            return (self.token)(number);
        }
        let header = |name: &str| {
            let found = request.headers.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let seen = Seen {
            method: if request.method == Method::Get { "GET" } else { "POST" },
            path: request.url.path().to_owned(),
            query: request.url.query_pairs().into_owned().collect(),
            body,
            bearer: header("authorization"),
        };
        assert_eq!(seen.query.get("account").map(String::as_str), Some("77"), "every call names the account");
        let number = {
            let mut calls = self.calls.lock().unwrap();
            calls.push(seen.clone());
            calls.len()
        };
        (self.answer)(&seen, number)
    }
}

struct World {
    double: Arc<Double>,
    clock: Arc<StoppedClock>,
    joor: JoorClient,
}

impl World {
    fn calls(&self) -> Vec<Seen> {
        self.double.calls.lock().unwrap().clone()
    }

    fn tokens(&self) -> usize {
        self.double.tokens.lock().unwrap().len()
    }
}

fn new_world(answer: impl Fn(&Seen, usize) -> Outcome + Send + Sync + 'static) -> World {
    world_with_token(answer, |number| token(number, "36000"))
}

fn world_with_token(
    answer: impl Fn(&Seen, usize) -> Outcome + Send + Sync + 'static,
    token: impl Fn(usize) -> Outcome + Send + Sync + 'static,
) -> World {
    let double = Arc::new(Double {
        answer: Box::new(answer),
        token: Box::new(token),
        calls: Mutex::default(),
        tokens: Mutex::default(),
    });
    let clock = Arc::new(StoppedClock::at(START));
    let login = JoorLogin {
        client_id: "client".to_owned(),
        client_secret: Secret::new("hush-client"),
        username: "brand+api".to_owned(),
        password: Secret::new("hush&password"),
    };
    let base = |path: &str| BaseUrl::parse(&format!("https://joor.example.com{path}"), Mode::Real).unwrap();
    let config = JoorConfig::new(base("/v4"), base("/auth/"), "77", login);
    let transport: Arc<dyn Transport> = double.clone();
    let hands: Arc<dyn Clock> = clock.clone();
    World { joor: JoorClient::new(config, transport, hands), double, clock }
}

fn answer(status: u16, body: impl Into<String>) -> Outcome {
    Ok(Answer { status, headers: BTreeMap::new(), body: body.into().into_bytes() })
}

fn token(number: usize, life: &str) -> Outcome {
    answer(
        200,
        format!(r#"{{"access_token": "token-{number}", "expires_in": {life}, "token_type": "Bearer"}}"#),
    )
}

fn data(rows: impl IntoIterator<Item = String>) -> Outcome {
    answer(200, format!(r#"{{"data": [{}], "errors": []}}"#, rows.into_iter().collect::<Vec<_>>().join(",")))
}

fn nothing() -> Outcome {
    data([])
}

fn order(id: impl std::fmt::Display) -> String {
    format!(r#"{{"id": "{id}", "status": "APPROVED", "export_status": "UNDEFINED"}}"#)
}

fn line(id: impl std::fmt::Display, order: &str) -> String {
    format!(
        r#"{{"id": "{id}", "order_id": "{order}", "quantity": 1, "line_item_sku": {{"original_id": "s"}}}}"#
    )
}

fn ids(range: std::ops::Range<u32>) -> Vec<JoorOrderId> {
    range.map(|number| JoorOrderId::new(number.to_string())).collect()
}

fn report(id: impl std::fmt::Display) -> Report {
    Report {
        order: JoorOrderId::new(id.to_string()),
        status: OrderStatus::Approved,
        export_state: ExportState::Success,
        description: "Shopify order #1001".to_owned(),
    }
}
