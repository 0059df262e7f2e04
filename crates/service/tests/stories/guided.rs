//! Guided re-export: the earlier Shopify order is cancelled on a person's word, and the order is exported anew.

use crate::harness::{CONNECTION, Call, SLOWLY, World, in_both_kinds_of_shop, program, run_to_end, until};
use sandbox::{Fault, When};
use serde_json::json;
use std::time::Duration;

const FULFILMENT_SCOPE: &str = "write_merchant_managed_fulfillment_orders";
/// Cycles within which everything that waits is done: the quiet time of a story is one second.
const CYCLES_MAX: usize = 60;

async fn exported(world: &World, id: &str) -> sandbox::shopify::OrderView {
    world.approved(world.plain(id));
    world.sync().await;
    world.sync().await;
    world.order(id).await.must_be("exported", &[]);
    world.shop_order_of(id)
}

async fn replace(world: &World, id: &str) {
    world.run(&["--yes", "orders", "re-export", id, "--cancel-previous"]).await.must_end_with(0);
}

/// Cycles until the second generation is exported.
async fn sync_until_replaced(world: &World, id: &str) {
    for _ in 0..CYCLES_MAX {
        world.sync().await;
        let shown = world.order(id).await;
        if (shown.state(), shown.generation()) == ("exported", 2) {
            return;
        }
    }
    panic!("{id} is not replaced: {:#}", world.order(id).await.0);
}

/// The order is exported in its second generation, alone, and JOOR says so.
async fn must_be_replaced(world: &World, id: &str) {
    let shown = world.order(id).await;
    shown.must_be("exported", &[]);
    assert_eq!(shown.generation(), 2);
    let orders = world.shop_orders_of(id);
    let live: Vec<_> = orders.iter().filter(|order| order.is_live()).collect();
    assert_eq!((orders.len(), live.len()), (2, 1), "{orders:#?}");
    assert_eq!(world.joor_report(id), ("SUCCESS".to_owned(), format!("Shopify order {}", live[0].name)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_earlier_order_is_cancelled_after_a_yes_and_its_units_go_back() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let before = world.stock(0, 0);
        let first = exported(world, "97001").await;
        assert_eq!(world.stock(0, 0), before - 2);
        let asked = world.run(&["orders", "re-export", "97001", "--cancel-previous"]).await.must_end_with(1);
        assert_eq!(asked.json["cancels"][0]["shopify_order"], first.name.as_str());
        assert_eq!(asked.json["cancels"][0]["restocks"], true);
        let new = &asked.json["new_export"];
        assert_eq!(
            (&new["would_be"], &new["shopify_orders"][0]["total"]),
            (&json!("ready"), &json!("91.00 USD"))
        );
        world.sync().await;
        assert!(world.shop_order_of("97001").is_live(), "nobody said yes");
        replace(world, "97001").await;
        for _ in 0..4 {
            world.sync().await;
        }
        must_be_replaced(world, "97001").await;
        assert_eq!(world.stock(0, 0), before - 2, "two back, two taken");
        assert_eq!(world.asked("OrderCancel"), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_happen_is_said_in_words_before_the_question() {
    let world = World::start().await;
    let first = exported(&world, "97006").await;
    let mut command = program(&["--trial", "--data"]);
    command.arg(world.data_folder()).args(["orders", "re-export", "97006", "--cancel-previous"]);
    let asked = run_to_end(command).await.must_end_with(1);
    for words in
        [first.name.as_str(), "This cannot be undone", "91.00 USD", "not confirmed; nothing is changed"]
    {
        let said = format!("{}{}", asked.stdout, asked.stderr);
        assert!(said.contains(words), "{words} is not in {said}");
    }
    world.sync().await;
    assert!(world.shop_order_of("97006").is_live());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fulfilments_are_cancelled_first_and_bypassed_stock_stays_as_it_is() {
    let mut world = World::start().await;
    world.settings.text("orders", "fulfilment", "fulfilled");
    world.settings.text("orders", "location", &sandbox::brand::ROOMS[0].id.to_string());
    world.settings.text("orders", "stock", "bypass");
    world.apply().await;
    let before = world.stock(0, 0);
    exported(&world, "97002").await;
    let asked = world.run(&["orders", "re-export", "97002", "--cancel-previous"]).await.must_end_with(1);
    assert_eq!(asked.json["cancels"][0]["fulfilments"].as_array().map(Vec::len), Some(1), "{:#}", asked.json);
    assert_eq!(asked.json["cancels"][0]["restocks"], false);
    replace(&world, "97002").await;
    for _ in 0..4 {
        world.sync().await;
    }
    must_be_replaced(&world, "97002").await;
    assert_eq!(world.asked("FulfillmentCancel"), 1);
    assert_eq!(world.stock(0, 0), before);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_for_which_money_was_received_is_never_cancelled() {
    let world = World::start().await;
    let first = exported(&world, "97003").await;
    world.sandbox.shop.mark_paid(&first.gid);
    let refused =
        world.run(&["--yes", "orders", "re-export", "97003", "--cancel-previous"]).await.must_end_with(1);
    assert!(refused.json["error"].as_str().is_some_and(|text| text.contains("money")), "{:#}", refused.json);
    // Paid between the yes and the cycle.
    let second = exported(&world, "97004").await;
    replace(&world, "97004").await;
    world.sandbox.shop.mark_paid(&second.gid);
    for _ in 0..3 {
        world.sync().await;
    }
    let shown = world.order("97004").await;
    shown.must_be("held", &["DUP_LIVE_EXPORT"]);
    assert!(shown.sentence("DUP_LIVE_EXPORT").contains("money"), "{}", shown.sentence("DUP_LIVE_EXPORT"));
    assert_eq!(world.asked("OrderCancel"), 0);
    assert_eq!(world.shop_orders_of("97004").len(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_whose_answer_is_lost_or_whose_program_is_killed_is_carried_out_once() {
    let world = World::start().await;
    let before = world.stock(0, 0);
    exported(&world, "97005").await;
    replace(&world, "97005").await;
    world.fault("OrderCancel", When::Next, Fault::LoseReply);
    for _ in 0..4 {
        world.sync().await;
    }
    must_be_replaced(&world, "97005").await;
    exported(&world, "97006").await;
    replace(&world, "97006").await;
    world.kill_during(Call::OrderCancel).await;
    for _ in 0..5 {
        world.run(&["sync", "--once"]).await;
    }
    must_be_replaced(&world, "97006").await;
    assert_eq!(world.stock(0, 0), before - 4, "each order took its two units once");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_re_export_given_up_before_the_cancellation_left_keeps_the_first_order() {
    let world = World::start().await;
    let first = exported(&world, "97007").await;
    replace(&world, "97007").await;
    // Shopify has no time for it in this cycle.
    world.fault(
        "OrderToCancel",
        When::Next,
        Fault::Status { code: 503, body: String::new(), headers: Vec::new() },
    );
    world.run(&["sync", "--once"]).await;
    assert!(world.shop_order_of("97007").is_live());
    world.run(&["orders", "re-export", "97007", "--give-up"]).await.must_end_with(0);
    for _ in 0..3 {
        world.sync().await;
    }
    assert!(world.shop_order_of("97007").is_live(), "given up: the first order stays");
    assert_eq!(world.joor_report("97007"), ("SUCCESS".to_owned(), format!("Shopify order {}", first.name)));
    assert_eq!(world.asked("OrderCancel"), 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_exported_or_cancelled_already_has_nothing_to_cancel() {
    let world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("97008"));
    world.sync().await;
    let refused =
        world.run(&["--yes", "orders", "re-export", "97008", "--cancel-previous"]).await.must_end_with(2);
    assert!(
        refused.json["error"].as_str().is_some_and(|text| text.contains("not exported")),
        "{:#}",
        refused.json
    );
    world.set_stock(0, 0, [9, 9]);
    world.sync().await;
    world.sandbox.shop.cancel_order(&world.shop_order_of("97008").gid, true);
    let refused =
        world.run(&["--yes", "orders", "re-export", "97008", "--cancel-previous"]).await.must_end_with(2);
    assert!(
        refused.json["error"].as_str().is_some_and(|text| text.contains("cancelled already")),
        "{:#}",
        refused.json
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_click_in_joor_waits_for_is_cancelled_by_the_command_and_late_answers_restock_once() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let first = exported(world, "97009").await;
        // Only the order's own units are left to export it again.
        world.set_stock(0, 0, [0, 0]);
        world.sandbox.joor.set_to_reexport("97009");
        for _ in 0..3 {
            world.sync().await;
        }
        assert!(world.order("97009").await.sentence("DUP_LIVE_EXPORT").contains(&first.name));
        let asked = async || {
            let asked = world.run(&["orders", "re-export", "97009", "--cancel-previous"]).await;
            asked.must_end_with(1).json["new_export"].clone()
        };
        assert_eq!(asked().await["would_be"], "ready");
        // Sold below zero since: the two that go back are one too few.
        world.set_stock(0, 0, [-1, 0]);
        let held = asked().await;
        assert_eq!(
            (&held["would_be"], &held["problems"][0]["code"]),
            (&json!("held"), &json!("STOCK_SHORT"))
        );
        world.set_stock(0, 0, [0, 0]);
        replace(world, "97009").await;
        world.fault("OrderCancel", When::Next, Fault::ActLate(Duration::from_millis(1500)));
        world.sync().await;
        let waiting = world.order("97009").await;
        assert!(waiting.sentence("DUP_LIVE_EXPORT").contains("being cancelled"), "{:#}", waiting.0);
        // Too late to keep the first order: the command changes nothing.
        world.run(&["orders", "re-export", "97009", "--give-up"]).await.must_end_with(0);
        sync_until_replaced(world, "97009").await;
        must_be_replaced(world, "97009").await;
        assert_eq!(world.stock(0, 0), 0, "two back once, two taken");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fulfilled_order_needs_its_permission_and_then_gives_back_what_it_took() {
    let mut world = World::start().await;
    world.may_be_refused = true;
    world.settings.text("orders", "fulfilment", "fulfilled");
    world.settings.text("orders", "location", &sandbox::brand::ROOMS[0].id.to_string());
    world.apply().await;
    let before = world.stock(0, 0);
    exported(&world, "97010").await;
    world.sandbox.shop.configure(|shop| shop.scopes.retain(|scope| scope != FULFILMENT_SCOPE));
    let asked = world.run(&["orders", "re-export", "97010", "--cancel-previous"]).await.must_end_with(1);
    assert_eq!(asked.json["cancels"][0]["restocks"], true);
    assert_eq!(asked.json["missing_scopes"], json!([FULFILMENT_SCOPE]));
    let tested = world.run(&["connection", "test", CONNECTION]).await.must_end_with(0);
    assert!(
        tested.stdout.contains(FULFILMENT_SCOPE),
        "a shop that replaces nothing is well: {}",
        tested.stdout
    );
    replace(&world, "97010").await;
    world.sync().await;
    let held = world.order("97010").await;
    held.must_be("held", &["DUP_LIVE_EXPORT"]);
    assert!(held.sentence("DUP_LIVE_EXPORT").contains(FULFILMENT_SCOPE), "{:#}", held.0);
    world.sandbox.shop.configure(|shop| shop.scopes.push(FULFILMENT_SCOPE.to_owned()));
    // Asked again by somebody who does not want to wait.
    replace(&world, "97010").await;
    sync_until_replaced(&world, "97010").await;
    must_be_replaced(&world, "97010").await;
    assert_eq!(world.stock(0, 0), before - 2, "two back, two taken");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_parts_of_a_split_order_are_cancelled_before_either_is_sent_again() {
    let mut world = World::start().await;
    world.settings.text("orders", "splitting", "split");
    world.apply().await;
    world.approved(super::money::long(&world, "97011"));
    world.sync().await;
    world.sync().await;
    world.order("97011").await.must_be("exported", &[]);
    assert_eq!(world.shop_orders_of("97011").len(), 2);
    let taken = world.stock(0, 0);
    let asked = world.run(&["orders", "re-export", "97011", "--cancel-previous"]).await.must_end_with(1).json;
    let said = (asked["cancels"].as_array(), asked["new_export"]["shopify_orders"].as_array());
    assert_eq!((said.0.map(Vec::len), said.1.map(Vec::len)), (Some(2), Some(2)), "{asked:#}");
    // Shopify takes its time, and dies on the way to the second one.
    world.sandbox.shop.configure(|shop| shop.cancel_delay = Duration::from_millis(400));
    replace(&world, "97011").await;
    world.fault(
        "OrderCancel",
        When::Nth(2),
        Fault::Status { code: 502, body: String::new(), headers: Vec::new() },
    );
    for _ in 0..CYCLES_MAX {
        world.sync().await;
        let live: Vec<_> =
            world.shop_orders_of("97011").into_iter().filter(|order| order.is_live()).collect();
        let second = live.iter().filter(|order| is_second(order)).count();
        assert!(second == 0 || second == live.len(), "two generations stand: {live:#?}");
        if second == 2 && world.order("97011").await.state() == "exported" {
            break;
        }
    }
    world.sync().await;
    world.order("97011").await.must_be("exported", &[]);
    let orders = world.shop_orders_of("97011");
    let live = orders.iter().filter(|order| order.is_live());
    let parts: Vec<_> = live.filter_map(|order| order.source_identifier.as_deref()).collect();
    assert_eq!((orders.len(), parts.len()), (4, 2), "{parts:?}");
    for part in ["-97011-2-1", "-97011-2-2"] {
        assert!(parts.iter().any(|token| token.ends_with(part)), "{part}: {parts:?}");
    }
    assert_eq!(world.joor_report("97011").0, "SUCCESS");
    assert_eq!(world.stock(0, 0), taken, "all back once, all taken once");
    world.finish().await;
}

fn is_second(order: &sandbox::shopify::OrderView) -> bool {
    order.source_identifier.as_deref().is_some_and(|token| token.contains("-97011-2-"))
}

/// Runs cycles until one is on its way to this call, and kills that one; the call is executed afterwards.
async fn killed_during(world: &World, call: Call) {
    let struck = || world.sandbox.faults.hits().len();
    let before = struck();
    world.sandbox.faults.script(call.service(), call.name(), When::Next, Fault::Slow(SLOWLY));
    for _ in 0..CYCLES_MAX {
        let mut cycle = world.spawn(&["sync", "--once"]);
        until("the cycle ends or reaches the call", || struck() > before || cycle.has_ended()).await;
        if struck() > before {
            cycle.kill();
            world.leases_end();
            return;
        }
    }
    panic!("no cycle comes to {call:?}: {:#}", world.order("97012").await.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_step_it_goes_on_from_there() {
    let mut world = World::start().await;
    world.settings.text("orders", "fulfilment", "fulfilled");
    world.settings.text("orders", "location", &sandbox::brand::ROOMS[0].id.to_string());
    world.apply().await;
    let before = world.stock(0, 0);
    exported(&world, "97012").await;
    replace(&world, "97012").await;
    for call in [Call::OrderToCancel, Call::FulfillmentCancel, Call::OrderCancel, Call::OrderCreate] {
        killed_during(&world, call).await;
    }
    until("the new order exists", || world.shop_orders_of("97012").len() == 2).await;
    killed_during(&world, Call::JoorReport).await;
    sync_until_replaced(&world, "97012").await;
    world.sync().await;
    must_be_replaced(&world, "97012").await;
    assert_eq!(world.stock(0, 0), before - 2, "two back once, two taken once");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_that_nobody_wants_any_more_is_looked_for_no_longer_than_needed() {
    let world = World::start().await;
    exported(&world, "97013").await;
    replace(&world, "97013").await;
    // Never executed, which nobody can know.
    world.fault(
        "OrderCancel",
        When::Next,
        Fault::Status { code: 502, body: String::new(), headers: Vec::new() },
    );
    world.sync().await;
    world.run(&["orders", "close", "97013", "--note", "kept"]).await.must_end_with(0);
    for _ in 0..8 {
        world.sync().await;
    }
    let looks = world.asked("OrderToCancel");
    world.sync().await;
    world.sync().await;
    assert_eq!((world.asked("OrderCancel"), world.asked("OrderToCancel")), (1, looks));
    assert!(world.shop_order_of("97013").is_live());
    world.finish().await;
}
