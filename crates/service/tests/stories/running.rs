//! The program as a service: one writer at a time, commands beside it, a soft stop.

use crate::harness::{BOUND, World, in_both_kinds_of_shop, joor_number, until, until_within};
use sandbox::{Fault, When};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_triggers_at_once_the_second_says_that_somebody_works_and_there_is_one_order() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("86001"));
        world.fault("OrderCreate", When::Next, Fault::Slow(Duration::from_millis(1500)));
        let first = world.spawn(&["sync", "--once"]);
        until("the first one sends", || !world.sandbox.faults.hits().is_empty()).await;
        let second = world.sync_ends_with(3).await;
        assert!(second.stderr.contains("working on this ledger"), "{}", second.stderr);
        world.run(&["run"]).await.must_end_with(3);
        assert_eq!(first.ended().await, 0);
        world.order("86001").await.must_be("exported", &[]);
        world.shop_order_of("86001");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_service_runs_the_other_commands_work_and_a_second_writer_is_refused() {
    let mut world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("86002"));
    let mut order = world.plain("86003");
    order.lines[0].item_price = Some(rust_decimal::Decimal::ONE);
    world.approved(order);
    world.run_as_service().await;
    world.until_order("86002", "held").await;
    world.until_order("86003", "held").await;
    world.sync_ends_with(3).await;
    let listed = world.run(&["orders", "list", "--state", "held"]).await.must_end_with(0).json;
    assert_eq!(listed["orders"].as_array().map(Vec::len), Some(2), "{listed:#}");
    world.run(&["problems"]).await.must_end_with(1);
    world.run(&["orders", "preview", "86003"]).await.must_end_with(0);
    // Commands and settings reach the service through the ledger.
    world.settings.text("orders", "stock", "bypass");
    world.apply().await;
    world.until_order("86002", "exported").await;
    world.retry("86003", &["--confirm-prices"]).await;
    world.until_order("86003", "exported").await;
    world.run(&["connection", "pause", crate::harness::CONNECTION]).await.must_end_with(0);
    let state = async |world: &World| {
        world.run(&["connection", "list"]).await.json["connections"][0]["state"].clone()
    };
    let paused = async { while state(&world).await != "paused" {} };
    assert!(tokio::time::timeout(BOUND, paused).await.is_ok(), "paused within {BOUND:?}: {}", world.log());
    world.approved(world.plain("86004"));
    let before = world.sandbox.joor.requests();
    world.run(&["connection", "resume", crate::harness::CONNECTION]).await.must_end_with(0);
    assert_eq!(world.sandbox.joor.requests(), before, "nothing is read while paused");
    world.until_order("86004", "exported").await;
    world.stop_service().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_stops_softly_and_finishes_what_is_on_its_way() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("86005"));
        world.fault("OrderCreate", When::Next, Fault::Slow(Duration::from_millis(1200)));
        world.run_as_service().await;
        until("the create is on its way", || !world.sandbox.faults.hits().is_empty()).await;
        world.stop_service().await;
        let shown = world.order("86005").await;
        assert_eq!(shown.state(), "exported", "{:#}", shown.0);
        world.sync().await;
        assert_eq!(world.joor_report("86005").0, "SUCCESS");
        world.shop_order_of("86005");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_service_is_quiet() {
    let mut world = World::start().await;
    world.approved(world.plain("86006"));
    world.run_as_service().await;
    world.until_order("86006", "exported").await;
    until("the report is there", || world.joor_report("86006").0 == "SUCCESS").await;
    let lists = |world: &World| world.sandbox.joor.operations().len();
    let before = lists(&world);
    until("two idle cycles", || lists(&world) >= before + 12).await;
    let shop = world.sandbox.shop.operations().len();
    let from = lists(&world);
    until("two more idle cycles", || lists(&world) >= from + 6).await;
    assert_eq!(world.sandbox.shop.operations().len(), shop, "an idle cycle asks Shopify nothing");
    let idle: Vec<String> = world.sandbox.joor.operations().split_off(from);
    assert!(idle.iter().all(|operation| operation == "GET orders"), "three lists and nothing else: {idle:?}");
    world.stop_service().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_killed_with_six_orders_on_their_way_finds_them_all_again() {
    in_both_kinds_of_shop(async |world: &mut World| {
        for step in 0..6 {
            world.approved(world.brand.order(&format!("8610{step}"), 0).line(world.brand.line(1, step, 1)));
        }
        world.fault("OrderCreate", When::Times(6), Fault::Slow(Duration::from_millis(600)));
        world.run_as_service().await;
        until("all six are on their way", || world.sandbox.faults.hits().len() == 6).await;
        world.kill_service();
        until("all six exist", || world.sandbox.shop.orders().len() == 6).await;
        world.run_as_service().await;
        for step in 0..6 {
            world.until_order(&format!("8610{step}"), "exported").await;
            world.shop_order_of(&format!("8610{step}"));
        }
        world.stop_service().await;
    })
    .await;
}

/// More orders than go between two looks for commands: what a person asks for meanwhile comes before the rest.
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_something_does_not_wait_for_a_whole_backlog() {
    let mut world = World::start().await;
    world.settings.text("orders", "stock", "bypass");
    world.apply().await;
    let earlier = world.sandbox.clock.today().saturating_sub(jiff::ToSpan::days(3));
    let mut order = world.plain("86400").approved_on(earlier);
    order.lines[0].item_price = Some(rust_decimal::Decimal::ONE);
    world.approved(order);
    world.sync().await;
    world.order("86400").await.must_be("held", &["PRICE_PLACEHOLDER"]);

    let ids: Vec<String> = (0..120).map(|number| format!("86{}", 500 + number)).collect();
    for id in &ids {
        world.approved(world.brand.order(id, 0).line(world.brand.line(0, 1, 1)));
    }
    world.fault("OrderCreate", When::Nth(100), Fault::Slow(Duration::from_secs(4)));
    world.run_as_service().await;
    until("the first hundred are on their way", || !world.sandbox.faults.hits().is_empty()).await;
    world.retry("86400", &["--confirm-prices"]).await;
    let all_reported = || ids.iter().all(|id| world.joor_report(id).0 == "SUCCESS");
    until_within(BOUND * 2, "all are exported and reported", all_reported).await;
    let made = world.sandbox.shop.orders();
    let place = made.iter().position(|order| joor_number(order).as_deref() == Some("86400"));
    // At the same time seven others are on their way.
    assert!(place.is_some_and(|place| (100..108).contains(&place)), "{place:?} of {}", made.len());
    world.stop_service().await;
    world.finish().await;
}
