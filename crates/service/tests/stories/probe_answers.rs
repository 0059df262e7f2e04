//! `connection probe`: the sandbox plays every answer that a shop or a JOOR account may give, and each is told as what it
//! is. What a probe leaves behind is in `probe`.

use super::probe::{probe, probing};
use crate::harness::{CONNECTION, Ran, World, until};
use jiff::ToSpan;
use sandbox::joor::ExportState;
use sandbox::shopify::Routing;
use sandbox::{Fault, Service, When};
use serde_json::{Value, json};
use service::probe::facts::{Fact, Verdict};
use std::collections::BTreeSet;
use std::time::Duration;

type Told = BTreeSet<(String, String)>;

fn told(ran: &Ran) -> Told {
    let facts = ran.json["facts"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    facts.iter().map(|one| (text(&one["fact"]), text(&one["verdict"]))).collect()
}

fn detail(ran: &Ran, word: &str) -> String {
    let facts = ran.json["facts"].as_array().cloned().unwrap_or_default();
    let found = facts.into_iter().find(|one| one["fact"] == word);
    found.map(|one| one["detail"].as_str().unwrap_or_default().to_owned()).unwrap_or_default()
}

#[track_caller]
fn every(told: &Told, words: &[&str], verdict: Verdict) {
    for word in words {
        let pair = ((*word).to_owned(), verdict.word().to_owned());
        assert!(told.contains(&pair), "{word} is not {}: {told:#?}", verdict.word());
    }
}

/// Watches an order; `act` is what happens in JOOR once the program says that it looks.
async fn watched(world: &World, order: &str, click: &str, act: impl FnOnce(&World)) -> Value {
    let name = format!("watch-{order}-{click}");
    let arguments = ["connection", "probe", CONNECTION, "--watch", order, "--click", click];
    let child = world.spawn_as(&name, &arguments);
    until("the row was read", || child.log().contains("Now ")).await;
    act(world);
    until("the watch has ended", || child.log().contains("\"facts\"")).await;
    let log = child.log();
    assert_eq!(child.ended().await, 0, "{log}");
    let line = log.lines().rev().find(|line| line.contains("\"facts\"")).unwrap_or_default();
    serde_json::from_str::<Value>(line).expect("a line of JSON")["facts"][0].clone()
}

fn pair(fact: &Value) -> (String, String) {
    let text = |name: &str| fact[name].as_str().unwrap_or_default().to_owned();
    (text("fact"), text("verdict"))
}

/// An order that was exported and approved on an earlier day.
fn exported_earlier(world: &World, id: &str) {
    let day = world.sandbox.clock.today().saturating_sub(2.days());
    world.approved(world.plain(id).approved_on(day).exported(ExportState::Success, Some("exported")));
}

async fn everything_as_assumed() -> Told {
    let world = probing(|_| {}).await;
    for number in 0..49 {
        world.approved(world.brand.order(&format!("975{number:02}"), 0).line(world.brand.line(0, 1, 1)));
    }
    let variant = world.variant(1, 0).to_string();
    let ran = probe(&world, &["--yes", "--variant", &variant]).await.must_end_with(0);
    let mut all = told(&ran);
    assert_eq!(all.len(), 10, "{all:#?}");
    assert!(all.iter().all(|(_, verdict)| verdict == "as assumed"), "{:#}", ran.json);
    assert!(detail(&ran, "joor_batch").contains("one call took 50 orders"), "{:#}", ran.json);

    all.insert(pair(
        &watched(&world, "97001", "re-export", |world| world.sandbox.joor.set_to_reexport("97001")).await,
    ));
    exported_earlier(&world, "97002");
    // In two steps, as some accounts do it.
    let again = watched(&world, "97002", "approve", |world| {
        world.sandbox.joor.set_status("97002", sandbox::joor::Status::Pending);
        world.sandbox.joor.approve("97002");
    });
    all.insert(pair(&again.await));
    every(&all, &["joor_re_export", "joor_re_approval"], Verdict::AsAssumed);
    all
}

async fn nothing_as_assumed() -> Told {
    let world = probing(|options| options.sandbox.shop.custom_id_enforced = false).await;
    world.approved(world.plain("97003").raw("total", json!(99)));
    world.sandbox.joor.change_options(|joor| {
        joor.integer_export_state = true;
        joor.ignores_export_filter = true;
        joor.order_ids_max = 1;
    });
    world.sandbox.shop.configure(|shop| {
        shop.lookup_lag = Duration::from_secs(1800);
        shop.search_lag = Duration::from_secs(1800);
        shop.routing = Routing::Elsewhere;
        shop.input_list_max = 1000;
    });
    let variant = world.variant(1, 0).to_string();
    let ran = probe(&world, &["--yes", "--variant", &variant]).await;
    let mut all = told(&ran);
    for word in [
        "custom_id_unique",
        "look_up",
        "search",
        "location",
        "lines_max",
        "joor_units",
        "joor_filters",
        "joor_export_state",
        "joor_batch",
    ] {
        every(&all, &[word], Verdict::Otherwise);
        assert!(!detail(&ran, word).is_empty(), "{word}: {:#}", ran.json);
    }
    every(&all, &["refusal_whole"], Verdict::Unclear);
    assert!(detail(&ran, "joor_batch").contains("one call took 1 order"), "{:#}", ran.json);

    exported_earlier(&world, "97004");
    let other = watched(&world, "97004", "re-export", |world| {
        world.sandbox.joor.change("97004", |order| order.comments = "again, please".to_owned());
    });
    all.insert(pair(&other.await));
    // It looks like "set to re-export", so nobody could tell them apart.
    let reset =
        watched(&world, "97004", "approve", |world| world.sandbox.joor.set_to_reexport("97004")).await;
    assert!(reset["detail"].as_str().is_some_and(|said| said.contains("is taken away")), "{reset}");
    all.insert(pair(&reset));
    every(&all, &["joor_re_export", "joor_re_approval"], Verdict::Otherwise);
    all
}

/// The two answers to a taken id that are neither a clean refusal nor a second order.
async fn odd_refusals() -> Told {
    let world = probing(|options| options.sandbox.shop.taken_id_answers_first = true).await;
    let ran = probe(&world, &["--yes"]).await.must_end_with(0);
    let mut all = told(&ran);
    every(&all, &["custom_id_unique"], Verdict::AsAssumed);
    assert!(detail(&ran, "custom_id_unique").contains("answered with the first order"), "{:#}", ran.json);
    world.sandbox.shop.configure(|shop| {
        shop.taken_id_answers_first = false;
        shop.refusal_leaves_order = true;
    });
    let ran = probe(&world, &["--yes"]).await.must_end_with(0);
    all.extend(told(&ran));
    every(&all, &["refusal_whole"], Verdict::Otherwise);
    world.finish().await;
    all
}

async fn nothing_clear() -> Told {
    let world = probing(|_| {}).await;
    world.set_stock(1, 0, [3, 0]);
    world.sandbox.joor.change("97001", |order| {
        *order = order.clone().raw("total", Value::Null).raw("export_status", Value::Null);
    });
    let away = || Fault::Status { code: 503, body: String::new(), headers: Vec::new() };
    for create in [2, 4] {
        world.sandbox.faults.script(Service::Shopify, "OrderCreate", When::Nth(create), away());
    }
    let variant = world.variant(1, 0).to_string();
    let ran = probe(&world, &["--yes", "--variant", &variant]).await.must_end_with(0);
    let mut all = told(&ran);
    let words = [
        "custom_id_unique",
        "refusal_whole",
        "location",
        "lines_max",
        "joor_units",
        "joor_filters",
        "joor_export_state",
        "joor_batch",
    ];
    every(&all, &words, Verdict::Unclear);
    for click in ["re-export", "approve"] {
        let nothing = watched(&world, "97001", click, |_| {}).await;
        assert!(nothing["detail"].as_str().is_some_and(|said| said.contains("nothing of the order changed")));
        all.insert(pair(&nothing));
    }
    // Approved once more on the same day: the date cannot tell.
    world.sandbox.joor.change("97001", |order| order.raw.clear());
    let same_day = watched(&world, "97001", "approve", |world| {
        world.sandbox.joor.change("97001", |order| order.comments = "approved again".to_owned());
    });
    let same_day = same_day.await;
    assert!(same_day["detail"].as_str().is_some_and(|said| said.contains("today already")), "{same_day}");
    all.insert(pair(&same_day));
    every(&all, &["joor_re_export", "joor_re_approval"], Verdict::Unclear);
    world.finish().await;
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_to_every_question_is_measured_as_what_it_is() {
    let (assumed, otherwise, odd, unclear) =
        tokio::join!(everything_as_assumed(), nothing_as_assumed(), odd_refusals(), nothing_clear());
    let seen: Told = [assumed, otherwise, odd, unclear].into_iter().flatten().collect();
    let verdicts = [Verdict::AsAssumed, Verdict::Otherwise, Verdict::Unclear];
    // A delay is measured, or it is longer than the wait.
    let never = [(Fact::LookUp, Verdict::Unclear), (Fact::Search, Verdict::Unclear)];
    for fact in Fact::ALL {
        for verdict in verdicts {
            let pair = (fact.word().to_owned(), verdict.word().to_owned());
            assert_eq!(seen.contains(&pair), !never.contains(&(fact, verdict)), "{pair:?}: {seen:#?}");
        }
    }
}

/// Where a new approval was measured to look like "set to re-export", exports do not take one for the other.
#[tokio::test(flavor = "multi_thread")]
async fn where_a_new_approval_looks_like_a_re_export_a_person_is_asked_about_both() {
    let world = probing(|_| {}).await;
    world.sync().await;
    exported_earlier(&world, "97005");
    let reset =
        watched(&world, "97005", "approve", |world| world.sandbox.joor.set_to_reexport("97005")).await;
    assert_eq!(pair(&reset).1, Verdict::Otherwise.word(), "{reset}");
    let first = world.shop_order_of("97001");
    world.sandbox.shop.cancel_order(&first.gid, true);
    world.sandbox.joor.set_to_reexport("97001");
    for _ in 0..4 {
        world.sync().await;
    }
    let shown = world.order("97001").await;
    assert!(shown.problems().contains(&"CHG_JOOR_REAPPROVED"), "{:#}", shown.0);
    assert_eq!(shown.generation(), 1);
    world.run(&["orders", "re-export", "97001"]).await.must_end_with(0);
    world.sync().await;
    let again = world.order("97001").await;
    assert_eq!((again.state(), again.generation()), ("exported", 2));
    world.finish().await;
}
