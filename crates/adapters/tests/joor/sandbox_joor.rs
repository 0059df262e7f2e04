//! The JOOR client against the sandbox's JOOR over loopback HTTP: two readings of the same reference that must meet.

use adapters::clock::SystemClock;
use adapters::http::{BaseUrl, HttpOptions, HttpTransport, Mode};
use adapters::joor::{JoorClient, JoorConfig, JoorLogin};
use adapters::ports::{CallError, OrderFilter, Report, Wholesale};
use adapters::vault::Secret;
use domain::ids::{JoorOrderId, JoorStyleId};
use domain::orders::order::{ExportState, OrderStatus};
use sandbox::joor::{LineSeed, OrderSeed};
use sandbox::{Fault, Sandbox, SandboxOptions, Service, When};
use std::sync::Arc;

async fn world(count: u32, change: impl FnOnce(&mut SandboxOptions)) -> (Sandbox, JoorClient) {
    let mut options = SandboxOptions::default();
    change(&mut options);
    let login = JoorLogin {
        client_id: options.joor.client_id.clone(),
        client_secret: Secret::new(options.joor.client_secret.as_str()),
        username: options.joor.username.clone(),
        password: Secret::new(options.joor.password.as_str()),
    };
    let account = options.joor.account.clone();
    let sandbox = Sandbox::start(options).await.unwrap();
    for number in 0..count {
        let price = "12.30".parse().unwrap();
        let line = |at: u64| LineSeed::of_variant(8_000 + at, 40_000 + at, "DLS-SEA-S", 2, price);
        sandbox.joor.add_order(OrderSeed::new(&(7000 + number).to_string()).lines((0..3).map(line)));
    }
    let base = |text: String| BaseUrl::parse(&text, Mode::Trial).unwrap();
    let config =
        JoorConfig::new(base(sandbox.joor_api_url()), base(sandbox.joor_token_url()), account, login);
    let transport = HttpTransport::new(HttpOptions::new(Mode::Trial)).unwrap();
    let client = JoorClient::new(config, Arc::new(transport), Arc::new(SystemClock::start()));
    (sandbox, client)
}

fn ids(count: u32) -> Vec<JoorOrderId> {
    (0..count).map(|number| JoorOrderId::new((7000 + number).to_string())).collect()
}

fn approved() -> OrderFilter {
    OrderFilter {
        status: Some(OrderStatus::Approved),
        export_state: Some(ExportState::Undefined),
        ..OrderFilter::default()
    }
}

#[tokio::test]
async fn orders_lines_skus_and_reports_go_round_plain_and_with_every_oddity() {
    for oddities in [false, true] {
        for integers in [false, true] {
            let (sandbox, joor) = world(5, |options| {
                options.joor.oddities = oddities;
                options.joor.integer_export_state = integers;
            })
            .await;
            let rows = joor.orders(&approved()).await.unwrap();
            let orders: Vec<_> = rows.into_iter().map(|row| row.unwrap().order).collect();
            assert_eq!(orders.len(), 5);
            for order in &orders {
                assert_eq!(
                    (&order.status, order.shown_export_state()),
                    (&OrderStatus::Approved, Some(ExportState::Undefined))
                );
                assert_eq!(
                    (order.ship_to.line_1.as_str(), order.ship_to.region.as_str()),
                    ("48 Cannery Lane", "OR")
                );
                assert_eq!((order.total_units, order.approved.is_some()), (Some(6.into()), true));
            }
            let lines = joor.lines(&ids(5)).await.unwrap();
            let first = lines[&JoorOrderId::new("7000")].as_ref().unwrap();
            assert_eq!((lines.len(), first.len()), (5, 3));
            assert_eq!(first[0].unit_price(), Some("12.30".parse().unwrap()));
            assert_eq!(first[0].style_identifier, "8000");
            let styles: Vec<JoorStyleId> = first.iter().map(|line| line.style.clone()).collect();
            let skus = joor.sku_identifiers(&styles).await.unwrap();
            assert_eq!(skus.known[&first[0].sku].upc, "40000");
            let report = |id: &JoorOrderId| Report {
                order: id.clone(),
                status: OrderStatus::Approved,
                export_state: ExportState::Success,
                description: "Shopify order #1001".to_owned(),
            };
            let mut reports: Vec<Report> = ids(5).iter().map(report).collect();
            reports.push(report(&JoorOrderId::new("999")));
            let reported = joor.report(&reports).await.unwrap();
            assert_eq!((reported.acknowledged.len(), reported.refused.len()), (5, 1));
            assert!(joor.orders(&approved()).await.unwrap().is_empty());
            assert_eq!(joor.usage().credits, sandbox.joor.credits_used(), "both sides count the same");
        }
    }
}

#[tokio::test]
async fn two_hundred_orders_with_lines_cost_few_credits_and_batch_sizes_are_learned() {
    let (sandbox, joor) = world(200, |options| options.joor.line_order_ids_max = 20).await;
    assert_eq!(joor.orders(&approved()).await.unwrap().len(), 200);
    assert_eq!(joor.orders_by_id(&ids(200)).await.unwrap().len(), 200);
    let before = joor.usage().credits;
    for _ in 0..2 {
        let lines = joor.lines(&ids(200)).await.unwrap();
        assert!(lines.len() == 200 && lines.values().all(|lines| lines.as_ref().unwrap().len() == 3));
    }
    assert!(joor.usage().credits - before <= 2 + 2 * 17, "{}", joor.usage().credits - before);
    assert_eq!(joor.usage().credits, sandbox.joor.credits_used());
}

#[tokio::test]
async fn lines_in_pages_are_read_to_the_end() {
    let (_sandbox, joor) = world(40, |options| options.joor.line_page_size = Some(50)).await;
    let lines = joor.lines(&ids(40)).await.unwrap();
    assert_eq!(lines.values().map(|lines| lines.as_ref().unwrap().len()).sum::<usize>(), 120);
}

#[tokio::test]
async fn faults_of_the_sandbox_become_the_right_words() {
    let (sandbox, joor) = world(2, |_| {}).await;
    let script = |fault| sandbox.faults.script(Service::Joor, "GET orders", When::Next, fault);
    for fault in [Fault::LoseReply, Fault::CutBody { keep: 20 }] {
        script(fault);
        assert!(matches!(joor.orders(&approved()).await, Err(CallError::NoAnswer { .. })));
    }
    for fault in [Fault::Html { code: 200 }, Fault::Garbage, Fault::Oversized(21 * 1024 * 1024)] {
        script(fault);
        assert!(matches!(joor.orders(&approved()).await, Err(CallError::Garbled { .. })));
    }
    sandbox.joor.expire_tokens();
    assert_eq!(joor.orders(&approved()).await.unwrap().len(), 2, "a token that ended early is renewed");
    assert_eq!(sandbox.joor.tokens_given(), 2);
    let value = serde_json::json!({ "not": "a number" });
    script(Fault::BrokenRow { order_id: "7001".to_owned(), field: "total".to_owned(), value });
    let rows = joor.orders(&approved()).await.unwrap();
    let broken: Vec<_> = rows.iter().filter_map(|row| row.as_ref().err()).collect();
    assert_eq!((rows.len(), broken.len(), broken[0].field.as_str()), (2, 1, "total"));
    script(Fault::Throttled);
    assert!(matches!(joor.orders(&approved()).await, Err(CallError::Throttled { .. })));
    let requests = sandbox.joor.requests();
    assert!(matches!(joor.orders(&approved()).await, Err(CallError::Throttled { .. })));
    assert_eq!(sandbox.joor.requests(), requests, "nothing is sent before its time");
}
