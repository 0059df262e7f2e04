//! Stories in which days pass between two runs of the program: the daily mail and the daily comparison, the alarm of
//! silence, clocks that disagree, and the day of going live. Waits and windows are in `waits`.

use super::bad_ledgers::in_a_file;
use crate::harness::{CLOCK_AHEAD, Options, World, program, run_to_end, until};
use jiff::ToSpan;
use sandbox::joor::{ExportState, Status};
use sandbox::{Fault, Mail, Service, When};
use sqlx::{Connection, SqliteConnection, query_scalar};
use std::time::Duration;

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn at(hour: i8) -> Options {
    Options { hour: Some(hour), ..Options::default() }
}

pub(super) fn mails_to(world: &World, name: &str) -> Vec<Mail> {
    let address = format!("{name}@brand.example.com");
    world.mails().into_iter().filter(|mail| mail.to == [address.as_str()]).collect()
}

/// Two jumpers for the other known retailer: the stock of the shirts is not touched.
pub(super) fn other(world: &World, id: &str) -> sandbox::joor::OrderSeed {
    world.brand.order(id, 1).line(world.brand.line(1, 0, 1))
}

/// Accepted and not carried out: the answer mentions no order.
pub(super) fn ignored() -> Fault {
    Fault::Status { code: 200, body: r#"{"data":[],"errors":[]}"#.to_owned(), headers: Vec::new() }
}

fn nothing_there() -> Fault {
    Fault::ReplaceBody(r#"{"data":[],"errors":[]}"#.to_owned())
}

/// One order in each place of the proof, and one of them in another currency.
async fn a_brand_in_every_state(world: &World) {
    world.set_stock(0, 1, [0, 0]);
    world.approved(world.plain("96001"));
    world.approved(world.plain("96002").price_type("502"));
    world.approved(world.plain("96003"));
    world.approved(world.brand.order("96004", 0).line(world.brand.line(0, 1, 3)));
    world.approved(world.brand.order("96005", 0).line(world.brand.line(0, 1, 1)));
    world.approved(world.plain("96006").exported(ExportState::Success, Some("NetSuite SO-1")));
    world.sync().await;
    world.run(&["orders", "close", "96005", "--note", "sold over the counter"]).await.must_end_with(0);
    world.sandbox.joor.edit_quantity("96003", 0, 4);
    world.approved(world.plain("96007"));
    world.fault("OrderCreate", When::Next, Fault::DropBefore);
    world.sync().await;
}

/// A line of the proof's table as written: how many orders, and their worth in euros and dollars.
#[track_caller]
fn proved(mail: &Mail, term: &str) -> [String; 3] {
    let all: Vec<&str> = mail.body_text.lines().collect();
    let head = all.iter().position(|line| line.trim_start().starts_with("orders ")).unwrap();
    let line = all[head + 1..].iter().find(|line| line.get(2..).is_some_and(|rest| rest.starts_with(term)));
    let line = line.unwrap_or_else(|| panic!("no line {term} in\n{}", mail.body_text));
    // Columns stand at the right, so they are counted from there.
    ["orders", "EUR", "USD"].map(|column| {
        let from_right = all[head].split_whitespace().rev().position(|name| name == column).unwrap();
        line.split_whitespace().rev().nth(from_right).unwrap_or_default().to_owned()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_proof_comes_once_a_day_at_its_hour_and_adds_up() {
    let mut world = World::with(at(4)).await;
    world.may_stay_unconfirmed = true;
    a_brand_in_every_state(&world).await;
    world.pass(4 * HOUR);
    world.sync().await;
    assert!(mails_to(&world, "daily").is_empty(), "a connection that is new today has no day to prove");

    world.pass(21 * HOUR + 50 * MINUTE);
    world.sync().await;
    assert!(mails_to(&world, "daily").is_empty(), "ten to six is too early");
    world.pass(20 * MINUTE);
    let busy = Fault::Status { code: 451, body: "try later".to_owned(), headers: Vec::new() };
    world.sandbox.faults.script(Service::Smtp, "*", When::Always, busy);
    world.sync().await;
    assert!(mails_to(&world, "daily").is_empty(), "the mail server is away");
    world.sandbox.faults.clear();
    world.pass(MINUTE);
    world.sync().await;
    let day = world.sandbox.clock.today();
    let mails = mails_to(&world, "daily");
    assert_eq!(mails.len(), 1, "{mails:#?}");
    let proof = &mails[0];
    assert!(
        proof.subject.contains(&format!("{day}: all 7 approved orders are accounted for")),
        "{}",
        proof.subject
    );
    for (term, numbers) in [
        ("approved", ["7", "91.00", "546.00"]),
        ("exported  ", ["2", "91.00", "91.00"]),
        ("exported with issues", ["1", "0.00", "91.00"]),
        ("held", ["1", "0.00", "136.50"]),
        ("skipped", ["1", "0.00", "91.00"]),
        ("closed by hand", ["1", "0.00", "45.50"]),
        ("in flight", ["1", "0.00", "91.00"]),
    ] {
        assert_eq!(proved(proof, term), numbers, "{term}\n{}", proof.body_text);
    }

    for _ in 0..3 {
        world.pass(3 * HOUR);
        world.sync().await;
    }
    assert_eq!(mails_to(&world, "daily").len(), 1, "once a day");
    world.set_stock(0, 1, [9, 0]);
    world.pass(15 * HOUR);
    world.sync().await;
    world.pass(DAY);
    world.sync().await;
    let mails = mails_to(&world, "daily");
    assert_eq!(mails.len(), 3, "{mails:#?}");
    assert_eq!(proved(&mails[2], "held"), ["0", "0.00", "0.00"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_is_mailed_once_and_its_end_too() {
    let mut world = World::start().await;
    world.settings.text("alerts", "silence", "6h");
    world.apply().await;
    world.sync().await;
    world.joor_fault("*", When::Always, Fault::DropBefore);
    world.pass(5 * HOUR);
    world.run_as_service().await;
    let heard = |world: &World| mails_to(world, "it");
    until("the outage is told", || heard(&world).len() == 1).await;
    assert!(heard(&world)[0].body_text.contains("SRC_UNAVAILABLE"), "{:#?}", world.mails());
    world.stop_service().await;

    world.pass(2 * HOUR);
    world.run_as_service().await;
    until("the silence is told", || heard(&world).len() == 2).await;
    let alarm = &heard(&world)[1];
    assert!(alarm.subject.contains("silence since"), "{}", alarm.subject);
    for word in ["SYS_SILENCE", "for at least 6 hours", "joor-shopify doctor"] {
        assert!(alarm.body_text.contains(word), "{word} is not in\n{}", alarm.body_text);
    }
    world.stop_service().await;
    assert_eq!(world.connection_problems().await, ["SRC_UNAVAILABLE", "SYS_SILENCE"]);
    world.pass(DAY);
    world.run_as_service().await;
    let tried = world.sandbox.faults.hits().len();
    until("a few cycles more", || world.sandbox.faults.hits().len() > tried + 3).await;
    assert_eq!(heard(&world).len(), 2, "neither is told again: {:#?}", world.mails());

    world.sandbox.faults.clear();
    until("the end is told", || heard(&world).len() == 3).await;
    let end = &heard(&world)[2];
    assert!(end.subject.contains("2 problems are solved"), "{}", end.subject);
    assert!(end.body_text.contains("SYS_SILENCE"), "{}", end.body_text);
    world.stop_service().await;
    assert_eq!(world.connection_problems().await, Vec::<String>::new());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_comparison_finds_what_no_list_showed() {
    let mut world = World::with(at(4)).await;
    world.sync().await;
    world.pass(DAY);
    world.sync().await;
    world.pass(DAY);
    // Approved and exported by somebody else a week ago, and never seen since.
    let week_ago = world.sandbox.clock.today().saturating_sub(7.days());
    let unseen = |id: &str, status| {
        let mut order = world.plain(id).exported(ExportState::Success, Some("NetSuite SO-2")).status(status);
        order.date_approved = Some(week_ago);
        order.date_modified = Some(week_ago);
        order
    };
    world.approved(unseen("96101", Status::Approved));
    world.approved(unseen("96102", Status::Shipped));
    world.approved(unseen("96103", Status::Pending));
    world.approved(unseen("96105", Status::Approved));
    world.approved(unseen("96-106", Status::Approved));
    world.sync().await;
    assert_eq!(
        world.run(&["orders", "list"]).await.json["orders"],
        serde_json::json!([]),
        "no list shows them"
    );
    // An order that is left out of all three lists of the cycle in which the hour comes.
    world.approved(other(&world, "96104"));
    world.pass(3 * HOUR);
    world.joor_fault("GET orders", When::Times(3), nothing_there());
    let broken = Fault::BrokenRow {
        order_id: "96105".to_owned(),
        field: "shipping_price".to_owned(),
        value: serde_json::json!({ "amount": "ask" }),
    };
    world.joor_fault_about("GET orders", "date_approved_start", When::Next, broken);
    world.sync().await;
    world.order("96105").await.must_be("held", &["SRC_BAD_PAYLOAD"]);
    world.order("96-106").await.must_be("held", &["SRC_BAD_PAYLOAD"]);
    for id in ["96101", "96102"] {
        let shown = world.order(id).await;
        shown.must_be("skipped", &["DUP_SECOND_EXPORTER"]);
        assert!(shown.sentence("DUP_SECOND_EXPORTER").contains("NetSuite SO-2"), "{:#}", shown.0);
    }
    let missed = world.order("96104").await;
    missed.must_be("seen", &["SRC_MISSED_ORDER"]);
    assert!(missed.sentence("SRC_MISSED_ORDER").contains("only by the daily comparison"), "{:#}", missed.0);
    let news = mails_to(&world, "wholesale");
    assert!(news.len() == 1 && news[0].body_text.contains("SRC_MISSED_ORDER"), "{news:#?}");
    assert_eq!(mails_to(&world, "daily").len(), 1);
    world.sync().await;
    world.order("96104").await.must_be("exported", &[]);
    assert_eq!(world.asked("OrderCreate"), 1, "what somebody else exported is left alone");
    assert_eq!(world.joor_report("96101").1, "NetSuite SO-2");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_an_order_that_was_settled_long_ago_are_removed_and_nothing_is_exported_because_of_it() {
    let mut world = World::with(Options { hour: Some(7), ..in_a_file() }).await;
    world.settings.set("schedule", "keep_days", "90");
    world.apply().await;
    world.approved(world.plain("96201"));
    world.sync().await;
    world.sync().await;
    let (path, street) = (world.data_folder().join("ledger.sqlite"), world.brand.retailers[0].street.clone());
    let texts = async || -> i64 {
        let count = "select (select count(*) from joor_order where head like $1) + \
                     (select count(*) from export where request_body like $1) + \
                     (select count(*) from attempt where body like $1 or answer like $1)";
        let mut ledger = SqliteConnection::connect(&format!("sqlite://{}", path.display()))
            .await
            .expect("the ledger opens");
        let found = query_scalar(count).bind(format!("%{street}%")).fetch_one(&mut ledger).await;
        found.expect("the ledger answers")
    };
    world.pass(80 * DAY);
    world.sync().await;
    assert!(texts().await >= 3, "too early: {}", texts().await);
    world.pass(20 * DAY);
    world.sync().await;
    assert_eq!(texts().await, 0);
    world.sandbox.joor.edit_quantity("96201", 0, 7);
    for _ in 0..2 {
        world.sync().await;
    }
    let shown = world.order("96201").await;
    assert_eq!((shown.state(), shown.generation()), ("exported", 1), "{:#}", shown.0);
    assert_eq!(world.asked("OrderCreate"), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lesser_news_wait_for_the_morning_and_what_gets_worse_is_told_at_once() {
    let mut world = World::with(at(4)).await;
    world.approved(other(&world, "96402"));
    world.sync().await;
    world.sandbox.joor.edit_quantity("96402", 0, 3);
    world.approved(world.plain("96401"));
    world.joor_fault("POST bulk_update", When::Always, ignored());
    world.sync().await;
    for (id, code) in [("96401", "BACK_STATUS_FAILED"), ("96402", "CHG_JOOR_EDITED")] {
        world.order(id).await.must_be("exported", &[code]);
    }
    assert!(world.mails().is_empty(), "nothing that cannot wait: {:#?}", world.mails());
    for _ in 0..3 {
        world.pass(DAY + HOUR);
        world.sync().await;
    }
    let news = mails_to(&world, "wholesale");
    assert_eq!(news.len(), 1, "one digest in the morning, and no repeats on the next ones: {news:#?}");
    for word in ["96401", "BACK_STATUS_FAILED", "96402", "CHG_JOOR_EDITED"] {
        assert!(news[0].body_text.contains(word), "{word} is not in\n{}", news[0].body_text);
    }

    // Three lists, then the read before the report; the read after it shows another status.
    world.sandbox.faults.clear();
    let status = serde_json::json!("CANCELLED");
    let changed =
        Fault::BrokenRow { order_id: "96401".to_owned(), field: "status".to_owned(), value: status };
    world.joor_fault("GET orders", When::Nth(5), changed);
    world.pass(2 * HOUR);
    world.sync().await;
    let worse = mails_to(&world, "it");
    assert_eq!(worse.len(), 1, "{:#?}", world.mails());
    for word in ["WORSE THAN BEFORE", "96401", "BACK_STATUS_FAILED", "cancelled"] {
        assert!(worse[0].body_text.contains(word), "{word} is not in\n{}", worse[0].body_text);
    }
    assert!(!worse[0].body_text.contains("NEW"), "{}", worse[0].body_text);
    world.run(&["orders", "close", "96402", "--note", "agreed on the phone"]).await.must_end_with(0);
    world.pass(DAY);
    world.sync().await;
    let news = mails_to(&world, "wholesale");
    assert!(news.len() == 2 && news[1].body_text.contains("CHG_JOOR_EDITED"), "{news:#?}");
    assert!(news[1].subject.contains("1 problem is solved"), "{}", news[1].subject);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_time_of_day_is_for_trials_only_and_said_in_every_output() {
    let mut world = World::start().await;
    world.pass(25 * HOUR);
    for arguments in [["orders", "list"], ["sync", "--once"], ["config", "show"]] {
        let ran = world.run(&arguments).await.must_end_with(0);
        assert_eq!(ran.json["clock_ahead"], "25h", "{arguments:?}\n{}", ran.stdout);
        assert!(ran.stderr.contains("Trial: the clock is set ahead by 25h"), "{}", ran.stderr);
    }
    let mut command = program(&["--json", "--data"]);
    command.arg(world.data_folder()).args(["orders", "list"]).env(CLOCK_AHEAD, "25h");
    let ran = run_to_end(command).await.must_end_with(2);
    assert_eq!(ran.json["errors"][0]["key"], CLOCK_AHEAD, "{}", ran.stdout);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_is_told_and_heals() {
    let mut world = World::with(at(4)).await;
    world.sync().await;
    world.sandbox.clock.advance(95 * Duration::from_secs(1));
    world.approved(world.plain("96301"));
    world.sync().await;
    assert_eq!(world.connection_problems().await, ["SYS_CLOCK"]);
    let told = world.run(&["problems"]).await.json["problems"][0].clone();
    let sentence = told["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with("The clock of this server is 9") && sentence.ends_with("seconds off"),
        "{told:#}"
    );
    assert_eq!(told["severity"], "warning");
    let doctor = world.run(&["doctor"]).await.must_end_with(0);
    assert!(doctor.stdout.contains("clock"), "{}", doctor.stdout);
    world.order("96301").await.must_be("exported", &[]);
    assert!(world.mails().is_empty(), "a warning can wait for the morning: {:#?}", world.mails());
    world.pass(27 * HOUR);
    world.sync().await;
    let news = mails_to(&world, "wholesale");
    assert!(news.len() == 1 && news[0].body_text.contains("SYS_CLOCK"), "{news:#?}");
    world.clock_ahead += 95 * Duration::from_secs(1);
    world.sync().await;
    assert_eq!(world.connection_problems().await, Vec::<String>::new());
    world.pass(DAY);
    world.sync().await;
    let news = mails_to(&world, "wholesale");
    assert!(news.len() == 2 && news[1].subject.contains("solved"), "{news:#?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_of_going_live_ends_at_midnight() {
    let mut world = World::with(at(23)).await;
    world.settings.remove("schedule", "exported_since");
    world.apply().await;
    world.sync().await;
    let start = world.sandbox.clock.today();
    world.approved(world.plain("96601").approved_on(start.saturating_sub(2.days())));
    world.approved(world.plain("96602"));
    world.pass(50 * MINUTE);
    world.sync().await;
    world.order("96601").await.must_be("skipped", &["ORD_BEFORE_START"]);
    world.order("96602").await.must_be("held", &["ORD_ON_START_DAY"]);
    world.pass(20 * MINUTE);
    world.approved(world.plain("96603"));
    world.sync().await;
    world.order("96603").await.must_be("exported", &[]);
    for _ in 0..3 {
        world.pass(DAY);
        world.sync().await;
    }
    let held = world.order("96602").await;
    held.must_be("held", &["ORD_ON_START_DAY"]);
    assert!(held.sentence("ORD_ON_START_DAY").contains(&start.to_string()), "{:#}", held.0);
    world.retry("96602", &["--export-anyway"]).await;
    world.sync().await;
    world.order("96602").await.must_be("exported", &[]);
    // An earlier start brings the older one in, as the order of a start day and then as any other.
    for (days, state, problems) in [(2, "held", vec!["ORD_ON_START_DAY"]), (3, "exported", vec![])] {
        let earlier = start.saturating_sub(days.days());
        world.settings.text("schedule", "exported_since", &earlier.to_string());
        world.apply().await;
        world.sync().await;
        world.order("96601").await.must_be(state, &problems);
    }
    assert_eq!(world.asked("OrderCreate"), 3);
    world.finish().await;
}
