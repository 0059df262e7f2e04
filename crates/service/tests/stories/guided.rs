//! Guided re-export: the earlier Shopify order is cancelled on a person's word, and the order is exported anew.

use crate::harness::{World, in_both_kinds_of_shop};
use sandbox::{Fault, Service, When};

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
    world.kill_during(Service::Shopify, "OrderCancel").await;
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
