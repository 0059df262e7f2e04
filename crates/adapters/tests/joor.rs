//! The JOOR client over a scripted transport: token, paging, batches, credits, reports, odd answers.

mod sandbox_joor;

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

// ---------------------------------------------------------------- token

#[tokio::test]
async fn one_token_is_fetched_and_used_until_five_minutes_before_its_end() {
    let world = new_world(|_, _| nothing());
    let filter = OrderFilter::default();
    let both = futures::future::join(world.joor.orders(&filter), world.joor.orders(&filter)).await;
    assert!(both.0.is_ok() && both.1.is_ok());
    assert_eq!(world.tokens(), 1, "two callers wait for one fetch");
    let form = world.double.tokens.lock().unwrap()[0].clone();
    let sent = "client_id=client&client_secret=hush-client&grant_type=password&username=brand%2Bapi&password=hush%26password";
    assert_eq!(form, sent);
    world.clock.advance(Duration::from_secs(36_000 - 301));
    world.joor.orders(&filter).await.unwrap();
    assert_eq!((world.tokens(), world.calls()[2].bearer.as_str()), (1, "Bearer token-1"));
    world.clock.advance(Duration::from_secs(1));
    world.joor.orders(&filter).await.unwrap();
    assert_eq!((world.tokens(), world.calls()[3].bearer.as_str()), (2, "Bearer token-2"));
    assert_eq!((world.joor.usage().requests, world.joor.usage().credits), (6, 4));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_then_the_refusal_is_told() {
    let world =
        new_world(|seen, _| if seen.bearer == "Bearer token-1" { answer(401, "") } else { nothing() });
    assert!(world.joor.orders(&OrderFilter::default()).await.is_ok());
    assert_eq!((world.tokens(), world.calls().len()), (2, 2));

    let stubborn = new_world(|_, _| answer(401, "nope"));
    let error = stubborn.joor.orders(&OrderFilter::default()).await.unwrap_err();
    assert!(matches!(error, CallError::Unauthorized { status: 401, .. }), "{error:?}");
    assert_eq!((stubborn.tokens(), stubborn.calls().len()), (2, 2));
}

#[tokio::test]
async fn refused_logins_are_told_apart_from_a_token_endpoint_in_trouble() {
    for (outcome, refused) in [
        (answer(401, r#"{"error": "invalid_grant", "echo": "hush&password"}"#), true),
        (answer(400, "hush-client"), true),
        (answer(503, ""), false),
        (answer(200, "<html>hush-client</html>"), false),
        (answer(200, r#"{"access_token": ""}"#), false),
        (answer(200, r#"{"access_token": "a b"}"#), false),
        (answer(302, ""), false),
        (Err(SendError::Lost { reason: "reset".to_owned() }), false),
    ] {
        let world = world_with_token(|_, _| nothing(), move |_| outcome.clone());
        let error = world.joor.orders(&OrderFilter::default()).await.unwrap_err();
        match &error {
            CallError::Unauthorized { .. } => assert!(refused, "{error:?}"),
            CallError::TokenUnavailable { .. } => assert!(!refused, "{error:?}"),
            other => panic!("{other:?}"),
        }
        assert!(!format!("{error:?} {error}").contains("hush"), "{error:?}");
        assert!(world.calls().is_empty());
    }
}

#[tokio::test]
async fn the_life_of_a_token_may_be_a_text_short_or_unsaid() {
    for (life, seconds) in [("\"600\"", 300), ("60", 30), ("null", 600), ("-5", 600), ("\"soon\"", 600)] {
        let world = world_with_token(|_, _| nothing(), move |number| token(number, life));
        for (wait, tokens) in [(0, 1), (seconds - 1, 1), (1, 2)] {
            world.clock.advance(Duration::from_secs(wait));
            world.joor.orders(&OrderFilter::default()).await.unwrap();
            assert_eq!(world.tokens(), tokens, "{life} after {wait}");
        }
    }
}

// ---------------------------------------------------------------- lists

#[tokio::test]
async fn a_list_is_read_to_its_short_page_with_the_filter_on_each() {
    let world = new_world(|seen, _| {
        let page: usize = seen.query["page"].parse().unwrap();
        data((0..437).skip((page - 1) * 200).take(200).map(order))
    });
    let filter = OrderFilter {
        status: Some(OrderStatus::Approved),
        export_state: Some(ExportState::Failed),
        approved_from: Some("2026-10-01".parse().unwrap()),
        approved_to: None,
        modified_since: Some("2026-10-02".parse().unwrap()),
    };
    let rows = world.joor.orders(&filter).await.unwrap();
    let found: BTreeSet<String> = rows.iter().map(|row| row.as_ref().unwrap().order.id.to_string()).collect();
    assert_eq!((rows.len(), found.len(), world.calls().len()), (437, 437, 3));
    for seen in world.calls() {
        for (name, value) in [
            ("status", "APPROVED"),
            ("export_status", "FAILED"),
            ("date_approved_start", "2026-10-01"),
            ("last_modified", "2026-10-02"),
            ("page_size", "200"),
        ] {
            assert_eq!(seen.query.get(name).map(String::as_str), Some(value));
        }
        assert_eq!((seen.path.as_str(), seen.query.contains_key("date_approved_end")), ("/v4/orders", false));
    }
}

#[tokio::test]
async fn a_server_that_caps_its_pages_is_read_to_the_end() {
    let world = new_world(|seen, _| {
        let page: usize = seen.query["page"].parse().unwrap();
        data((0..120).skip((page - 1) * 50).take(50).map(order))
    });
    let rows = world.joor.orders(&OrderFilter::default()).await.unwrap();
    assert_eq!((rows.len(), world.calls().len()), (120, 3));
}

#[tokio::test]
async fn a_full_last_page_and_a_server_that_ignores_pages_both_end() {
    let full =
        new_world(|seen, _| if seen.query["page"] == "1" { data((0..200).map(order)) } else { nothing() });
    assert_eq!(
        (full.joor.orders(&OrderFilter::default()).await.unwrap().len(), full.calls().len()),
        (200, 2)
    );
    let deaf = new_world(|_, _| data((0..300).map(order)));
    assert_eq!(
        (deaf.joor.orders(&OrderFilter::default()).await.unwrap().len(), deaf.calls().len()),
        (300, 2)
    );
}

#[tokio::test]
async fn one_broken_order_does_not_hide_the_others() {
    let world = new_world(|_, _| {
        answer(
            200,
            r#"{"data": [{"id": 1, "status": "APPROVED"}, {"id": 2, "status": "APPROVED", "total": {"a": 1}}, "rubbish",
                {"id": 4, "status": "APPROVED"}],
                "errors": [{"status": "BROKEN", "message": "no address", "details": {"id": "4"}}, {"message": "slow today"}]}"#,
        )
    });
    let rows = world.joor.orders(&OrderFilter::default()).await.unwrap();
    let broken: Vec<_> = rows.iter().filter_map(|row| row.as_ref().err()).collect();
    assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 1);
    let told: Vec<(Option<&str>, &str)> =
        broken.iter().map(|row| (row.order.as_ref().map(JoorOrderId::as_str), row.field.as_str())).collect();
    assert_eq!(told, [(Some("2"), "total"), (None, "(row)"), (Some("4"), "errors")]);
    assert_eq!((broken[2].found.as_str(), broken[2].raw.contains("\"id\": 4")), ("BROKEN: no address", true));
}

#[tokio::test]
async fn every_kind_of_bad_answer_has_its_name() {
    type Check = fn(&CallError) -> bool;
    let cases: Vec<(Outcome, Check)> = vec![
        (answer(200, "<!doctype html><p>Sign in"), |e| matches!(e, CallError::Garbled { .. })),
        (answer(200, r#"{"data": [{"id": 1"#), |e| matches!(e, CallError::Garbled { .. })),
        (answer(200, ""), |e| matches!(e, CallError::Garbled { .. })),
        (answer(302, ""), |e| matches!(e, CallError::Garbled { .. })),
        (Err(SendError::TooLarge { limit: 9 }), |e| matches!(e, CallError::Garbled { .. })),
        (answer(500, "oops"), |e| matches!(e, CallError::NoAnswer { .. })),
        (answer(408, ""), |e| matches!(e, CallError::NoAnswer { .. })),
        (Err(SendError::NotSent { reason: "refused".to_owned() }), |e| {
            matches!(e, CallError::NoAnswer { .. })
        }),
        (Err(SendError::Lost { reason: "reset".to_owned() }), |e| matches!(e, CallError::NoAnswer { .. })),
        (
            answer(403, "no orders for you"),
            |e| matches!(e, CallError::Forbidden { missing } if missing[0] == "no orders for you"),
        ),
        (answer(404, ""), |e| matches!(e, CallError::WrongVersion { .. })),
        (
            answer(400, r#"{"errors": [{"status": "BAD", "message": "page_size"}]}"#),
            |e| matches!(e, CallError::Refused { reasons } if reasons[0].code == "BAD" && reasons[0].message == "page_size"),
        ),
        (
            answer(200, r#"{"data": [], "errors": [{"message": "database is down"}]}"#),
            |e| matches!(e, CallError::Refused { reasons } if reasons[0].message == "database is down"),
        ),
    ];
    for (outcome, check) in cases {
        let shown = format!("{outcome:?}");
        let world = new_world(move |_, _| outcome.clone());
        let error = world.joor.orders(&OrderFilter::default()).await.unwrap_err();
        assert!(check(&error), "{shown}: {error:?}");
        assert_eq!(world.calls().len(), 1, "{shown}: nothing is repeated");
    }
}

// ---------------------------------------------------------------- batches

#[tokio::test]
async fn batches_learn_how_many_ids_are_taken_and_remember_it() {
    for refusal in [400, 414] {
        let world = new_world(move |seen, _| {
            let ids = seen.ids("order_ids");
            if ids.len() > 20 { answer(refusal, "too many") } else { data(ids.iter().map(order)) }
        });
        let rows = world.joor.orders_by_id(&ids(0..100)).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 100);
        let before = world.calls().len();
        world.joor.orders_by_id(&ids(0..24)).await.unwrap();
        assert_eq!(world.calls().len() - before, 2, "HTTP {refusal}");
    }
}

#[tokio::test]
async fn an_order_that_joor_refuses_alone_is_broken_and_the_others_are_read() {
    let world = new_world(|seen, _| {
        let ids = seen.ids("order_ids");
        if ids.iter().any(|id| id == "33") {
            answer(400, r#"{"errors": ["cannot show 33"]}"#)
        } else {
            data(ids.iter().map(order))
        }
    });
    let mut asked = ids(0..60);
    asked.push(JoorOrderId::new("1,2"));
    let rows = world.joor.orders_by_id(&asked).await.unwrap();
    let broken: Vec<&str> =
        rows.iter().filter_map(|row| row.as_ref().err()?.order.as_ref()).map(JoorOrderId::as_str).collect();
    assert_eq!(broken, ["1,2", "33"]);
    assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 59);
}

#[tokio::test]
async fn an_order_that_joor_does_not_know_is_absent() {
    let world = new_world(|_, _| {
        let missing = r#"{"status": "NOT_FOUND", "message": "no", "details": {"id": "2"}}"#;
        answer(200, format!(r#"{{"data": [{}], "errors": [{missing}]}}"#, order(1)))
    });
    let rows = world.joor.orders_by_id(&ids(1..3)).await.unwrap();
    assert_eq!((rows.len(), rows[0].as_ref().unwrap().order.id.as_str()), (1, "1"));
}

#[tokio::test]
async fn lines_are_given_to_their_orders_and_an_order_without_lines_has_none() {
    let world = new_world(|_, _| data([line(1, "5"), line(2, "7"), line(3, "5")]));
    let lines = world.joor.lines(&ids(5..8)).await.unwrap();
    let counts: Vec<(&str, usize)> =
        lines.iter().map(|(id, lines)| (id.as_str(), lines.as_ref().unwrap().len())).collect();
    assert_eq!(counts, [("5", 2), ("6", 0), ("7", 1)]);
    assert_eq!((world.calls().len(), world.calls()[0].path.as_str()), (1, "/v4/orders/sku_line_items"));
}

#[tokio::test]
async fn a_broken_line_breaks_its_order_only() {
    let world = new_world(|_, _| {
        let broken = r#"{"id": 9, "order_id": 6, "quantity": "many", "line_item_sku": {}}"#.to_owned();
        data([line(1, "5"), broken, line(2, "6")])
    });
    let lines = world.joor.lines(&ids(5..7)).await.unwrap();
    assert!(lines[&JoorOrderId::new("5")].is_ok());
    let broken = lines[&JoorOrderId::new("6")].as_ref().unwrap_err();
    assert_eq!((broken.field.as_str(), broken.found.as_str()), ("quantity", "\"many\""));
}

#[tokio::test]
async fn a_line_or_an_error_without_an_order_is_traced_to_it_by_asking_alone() {
    for error_instead in [false, true] {
        let world = new_world(move |seen, _| {
            let asked = seen.ids("order_ids");
            let mut rows: Vec<String> = asked.iter().map(|id| line(id, id)).collect();
            let odd = asked.iter().any(|id| id == "3");
            if odd && !error_instead {
                rows.push(line("x", ""));
            }
            let errors = if odd && error_instead { r#"{"message": "something"}"# } else { "" };
            answer(200, format!(r#"{{"data": [{}], "errors": [{errors}]}}"#, rows.join(",")))
        });
        let lines = world.joor.lines(&ids(0..8)).await.unwrap();
        let broken: Vec<&str> =
            lines.iter().filter(|(_, lines)| lines.is_err()).map(|(id, _)| id.as_str()).collect();
        assert_eq!((lines.len(), broken), (8, vec!["3"]));
    }
}

#[tokio::test]
async fn lines_that_come_in_pages_are_all_read_and_unpaged_ones_cost_no_more_after_one_look() {
    let paged = new_world(|seen, _| {
        let page: usize = seen.query.get("page").map_or(1, |page| page.parse().unwrap());
        data((0..250).skip((page - 1) * 100).take(100).map(|number| line(number, "1")))
    });
    for _ in 0..2 {
        let lines = paged.joor.lines(&ids(1..2)).await.unwrap();
        assert_eq!(lines[&JoorOrderId::new("1")].as_ref().unwrap().len(), 250);
    }
    for second_page in [200, 400] {
        let unpaged = new_world(move |seen, _| {
            if second_page == 400 && seen.query.contains_key("page") {
                return answer(400, "unknown parameter");
            }
            data((0..500).map(|number| line(number, "1")))
        });
        for _ in 0..3 {
            let lines = unpaged.joor.lines(&ids(1..2)).await.unwrap();
            assert_eq!(lines[&JoorOrderId::new("1")].as_ref().unwrap().len(), 500);
        }
        assert_eq!(unpaged.calls().len(), 4, "one look at a second page, once");
    }
}

// ---------------------------------------------------------------- catalogue

#[tokio::test]
async fn skus_are_asked_for_once_an_hour_and_only_those_asked_for_are_kept() {
    let world = new_world(|seen, _| {
        let row = |style: &str| {
            format!(
                r#"{{"id": "sku-{style}", "product_id": "{style}", "identifiers": [{{"type": "upc", "value": "44"}}]}}"#
            )
        };
        data(seen.ids("product_ids").iter().map(|style| row(style)).chain([row("99")]))
    });
    let style = |id: &str| JoorStyleId::new(id);
    let found = world.joor.sku_identifiers(&[style("1"), style("2"), style("1")]).await.unwrap();
    assert_eq!((found.len(), world.calls().len()), (2, 1));
    assert!(found.values().all(|identifiers| identifiers.upc == "44"));
    world.joor.sku_identifiers(&[style("2")]).await.unwrap();
    assert_eq!(world.calls().len(), 1);
    world.joor.sku_identifiers(&[style("2"), style("99")]).await.unwrap();
    assert_eq!(world.calls()[1].ids("product_ids"), ["99"]);
    world.clock.advance(Duration::from_secs(3600));
    world.joor.sku_identifiers(&[style("2")]).await.unwrap();
    assert_eq!(world.calls().len(), 3);
}

#[tokio::test]
async fn price_types_are_kept_for_an_hour() {
    let world = new_world(|_, _| {
        data([r#"{"id": 4, "name": "USD-1", "currency_code": "USD"}"#.to_owned(), "[]".to_owned()])
    });
    for (wait, calls) in [(0, 1), (3599, 1), (1, 2)] {
        world.clock.advance(Duration::from_secs(wait));
        let types = world.joor.price_types().await.unwrap();
        assert_eq!(
            (types.len(), &types[0].id, types[0].currency_code.as_str()),
            (1, &PriceTypeId::new("4"), "USD")
        );
        assert_eq!(world.calls().len(), calls);
    }
}

// ---------------------------------------------------------------- reports

#[tokio::test]
async fn a_report_repeats_the_status_and_is_judged_item_by_item() {
    let world = new_world(|_, _| {
        answer(
            200,
            r#"{"data": [{"id": 1, "export_status": "SUCCESS"}, {"id": "2", "export_status": "UNDEFINED"}, {"id": "9"}],
                "errors": [{"status": "NOT_FOUND", "message": "gone", "details": {"id": 3}}]}"#,
        )
    });
    let mut reports: Vec<Report> = (1..5).map(report).collect();
    reports[1].description = "é".repeat(300);
    let reported = world.joor.report(&reports).await.unwrap();
    assert_eq!(reported.acknowledged, BTreeSet::from([JoorOrderId::new("1")]));
    assert_eq!(reported.refused, BTreeMap::from([(JoorOrderId::new("3"), "NOT_FOUND: gone".to_owned())]));
    let seen = &world.calls()[0];
    assert_eq!((seen.method, seen.path.as_str()), ("POST", "/v4/orders/bulk_update"));
    let body: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    let first = serde_json::json!({"id": "1", "status": "APPROVED", "export_status": "SUCCESS",
        "export_description": "Shopify order #1001"});
    assert_eq!((body.as_array().unwrap().len(), &body[0]), (4, &first));
    assert_eq!(body[1]["export_description"].as_str().unwrap().chars().count(), 255);
    assert_eq!(world.joor.usage().credits, 5);
}

#[tokio::test]
async fn reports_go_in_batches_of_fifty_and_what_is_lost_in_between_is_unclear() {
    let echo = |seen: &Seen| {
        let rows: Vec<serde_json::Value> = serde_json::from_str(&seen.body).unwrap();
        data(rows.iter().map(ToString::to_string))
    };
    let world =
        new_world(
            move |seen, number| {
                if number == 2 { Err(SendError::Lost { reason: "reset".to_owned() }) } else { echo(seen) }
            },
        );
    let reports: Vec<Report> = (0..120).map(report).collect();
    let reported = world.joor.report(&reports).await.unwrap();
    assert_eq!((reported.acknowledged.len(), reported.refused.len(), world.calls().len()), (50, 0, 2));
    let lost = new_world(|_, _| Err(SendError::Lost { reason: "reset".to_owned() }));
    assert!(matches!(lost.joor.report(&reports).await, Err(CallError::NoAnswer { .. })));
    assert_eq!(lost.calls().len(), 1, "an unclear report is not repeated");
    let large = new_world(|_, _| Err(SendError::TooLarge { limit: 1 }));
    assert!(matches!(large.joor.report(&reports).await, Err(CallError::Garbled { .. })));
    assert_eq!(large.calls().len(), 1, "it was written, so it is not repeated in smaller batches");
}

#[tokio::test]
async fn one_report_that_joor_refuses_does_not_stop_the_others() {
    let world = new_world(|seen, _| {
        let rows: Vec<serde_json::Value> = serde_json::from_str(&seen.body).unwrap();
        if rows.iter().any(|row| row["id"] == "5") {
            return answer(422, r#"{"errors": [{"status": "INVALID", "message": "no buyer"}]}"#);
        }
        data(rows.iter().map(ToString::to_string))
    });
    let reported = world.joor.report(&(0..8).map(report).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(reported.acknowledged.len(), 7);
    assert_eq!(reported.refused, BTreeMap::from([(JoorOrderId::new("5"), "INVALID: no buyer".to_owned())]));
}

// ---------------------------------------------------------------- credits

#[tokio::test]
async fn nothing_is_sent_beyond_the_credits_and_all_come_back_with_the_next_window() {
    let world = new_world(|_, _| nothing());
    for _ in 0..290 {
        world.joor.orders(&OrderFilter::default()).await.unwrap();
    }
    let error = world.joor.orders(&OrderFilter::default()).await.unwrap_err();
    let CallError::Throttled { until } = error else { panic!("{error:?}") };
    assert_eq!(world.calls().len(), 290);
    assert!(world.joor.report(&[report(1)]).await.is_ok(), "results can still be reported");
    world.clock.advance(until.since(START));
    assert!(world.joor.orders(&OrderFilter::default()).await.is_ok());
    assert_eq!(world.joor.usage().credits, 290 + 5 + 1);
}

#[tokio::test]
async fn a_429_is_obeyed_and_nothing_is_sent_before_its_time() {
    let world = new_world(|_, number| {
        let mut refusal = answer(429, "slow down").unwrap();
        refusal.headers.insert("retry-after".to_owned(), "77".to_owned());
        if number == 1 { Ok(refusal) } else { nothing() }
    });
    let until = START.plus(Duration::from_secs(77));
    for _ in 0..2 {
        assert_eq!(
            world.joor.orders(&OrderFilter::default()).await.unwrap_err(),
            CallError::Throttled { until }
        );
    }
    assert_eq!(world.calls().len(), 1);
    world.clock.advance(Duration::from_secs(77));
    assert!(world.joor.orders(&OrderFilter::default()).await.is_ok());
}

#[tokio::test]
async fn the_other_clock_is_compared_with_ours() {
    let world = new_world(|_, _| {
        let mut reply = nothing().unwrap();
        // 1,790,000,000 s is 2026-09-21 14:13:20.
        reply.headers.insert("date".to_owned(), "Mon, 21 Sep 2026 14:15:00 GMT".to_owned());
        Ok(reply)
    });
    assert_eq!(world.joor.clock_offset_seconds(), None);
    world.joor.orders(&OrderFilter::default()).await.unwrap();
    assert_eq!(world.joor.clock_offset_seconds(), Some(100));
}
