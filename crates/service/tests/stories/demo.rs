//! The first command of the README.

use crate::harness::{Browser, Daemon, Page, program, run_to_end, until_within};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_gives_every_order_its_right_fate_and_leaves_nothing_in_flight() {
    let ran = run_to_end(program(&["demo", "--exit", "--json"])).await.must_end_with(0);
    let orders = ran.json["orders"].as_array().cloned().unwrap_or_default();
    assert!(orders.len() > 100, "{} orders", orders.len());
    for order in &orders {
        assert!(order["joor_order"].is_string() && order["problems"].is_array(), "{order}");
        let state = order["state"].as_str().unwrap_or_default();
        assert!(["exported", "held", "skipped", "closed_by_hand"].contains(&state), "{order}");
        assert_eq!(
            state == "exported",
            order["shopify_order"].as_str().is_some_and(|name| !name.is_empty()),
            "{order}"
        );
    }
    assert!(ran.json["mails"].as_array().is_some_and(|mails| !mails.is_empty()));
    for part in ["joor_credits", "shopify_points", "requests"] {
        assert!(ran.json["cost"][part].as_u64().is_some_and(|cost| cost > 0), "{part}");
    }
    let exported: Vec<_> = orders.iter().filter(|order| order["state"] == "exported").collect();
    for order in &exported {
        let total = order["total"].as_str().unwrap_or_default();
        let (figure, currency) = total.split_once(' ').unwrap_or_default();
        assert!(figure.parse::<rust_decimal::Decimal>().is_ok() && currency.len() == 3, "{order}");
    }
    let equation = &ran.json["equation"];
    assert_eq!(equation["in_flight"]["count"], 0, "{equation:#}");
    let parts = equation.as_object().expect("parts");
    let count = |part: &str| parts[part]["count"].as_u64().unwrap_or_default();
    assert_eq!(count("exported") + count("exported_with_issues"), exported.len() as u64, "{equation:#}");
    let others: u64 = parts.keys().filter(|part| *part != "approved").map(|part| count(part)).sum();
    assert_eq!(count("approved"), others, "{equation:#}");
}

/// The story takes its time before life goes on.
const STORY: Duration = Duration::from_secs(240);
/// The first order that is not of the story.
const ARRIVED: &str = "7200001";

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_goes_on_after_its_story_with_new_orders_and_with_buttons_that_do_something() {
    let folder = tempfile::tempdir().expect("a folder for the log");
    let demo = Daemon::start(program(&["demo"]), &folder.path().join("demo.log"));
    let opened = "The console is open: http://";
    until_within(STORY, "the console is open", || demo.log().contains(opened)).await;
    let log = demo.log();
    let (_, address) = log.split_once(opened).expect("it was seen");
    let mut browser = Browser::at(address.split('/').next().expect("a host"));
    // Whoever follows the address at once finds the connection.
    browser.get("/connections").await.must_be(200).must_say("/connections/demo");
    until_within(STORY, "life goes on", || demo.log().contains("Life goes on")).await;
    readable(&demo.log());
    // Nobody has approved it yet, and there is nothing left of its goods.
    let pending = browser.get("/pending?check=1").await.must_be(200);
    pending.must_say("7300002").must_say("is short of stock");
    let order = format!("/orders/demo/{ARRIVED}");
    until_shown(&mut browser, &order, "is in Shopify", |page| page.body.contains("In Shopify as ")).await;
    browser.get(&order).await.must_say("https://www.joor.example/orders/review/7200001");
    let short = "/orders/demo/7200003";
    until_shown(&mut browser, short, "is short of stock", |page| page.body.contains("STOCK_SHORT")).await;

    browser.get("/connections/demo").await.must_be(200);
    browser.post("/connections/demo/pause", &[]).await.must_lead_to("/connections/demo");
    let resume = "/connections/demo/resume";
    let is_paused = |page: &Page| page.body.contains(resume);
    until_shown(&mut browser, "/connections/demo", "is paused", is_paused).await;
    browser.get("/").await.must_be(200).must_say("demo: paused, so nothing is read or sent");
    browser.post(resume, &[]).await.must_lead_to("/connections/demo");
    // Restocked meanwhile, and nobody had to click.
    until_shown(&mut browser, short, "is in Shopify", |page| page.body.contains("In Shopify as ")).await;
    demo.terminate();
    assert_eq!(demo.ended().await, 0);
}

/// The table of orders with what happened and why, the mails, the cost, and what the numbers come to.
fn readable(log: &str) {
    let row = |needles: &[&str]| log.lines().any(|line| needles.iter().all(|needle| line.contains(needle)));
    assert!(row(&["JOOR order", "State", "Why"]), "no head of the table\n{log}");
    assert!(row(&["exported", "#1001"]), "no order with its Shopify order\n{log}");
    assert!(row(&["held", "STOCK_SHORT"]), "no order that is short of stock\n{log}");
    for part in ["Subject: [joor-shopify]", "What to do:", "JOOR credits, ", "in flight", "Judge: all "] {
        assert!(log.contains(part), "{part} is not in\n{log}");
    }
}

/// Reads the page until it holds; an order that has not arrived yet has none.
async fn until_shown(browser: &mut Browser, path: &str, what: &str, holds: impl Fn(&Page) -> bool) {
    let watch = async {
        loop {
            let page = browser.get(path).await;
            if page.status == 200 && holds(&page) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    if tokio::time::timeout(STORY, watch).await.is_err() {
        panic!("{path} never {what}:\n{}", browser.get(path).await.body);
    }
}
