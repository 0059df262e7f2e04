//! Questions about an exported order that a person answered with "leave it": they stay answered while nothing changes,
//! and are asked again when the thing changes anew. Those about cancellations and approvals in JOOR are in `mended`.

use crate::harness::{World, in_both_kinds_of_shop, until};
use sandbox::joor::ExportState;
use sandbox::shopify::OrderView;
use sandbox::{Fault, When};
use std::time::Duration;

/// An exported order whose SUCCESS JOOR has shown to a later read.
async fn exported(world: &World, id: &str) -> OrderView {
    world.approved(world.plain(id));
    world.sync().await;
    world.sync().await;
    world.order(id).await.must_be("exported", &[]);
    world.shop_order_of(id)
}

/// A person says that it is settled; nothing asks again, whatever is read in the cycles after it.
async fn left(world: &World, id: &str) {
    world.run(&["orders", "close", id, "--note", "settled with the retailer"]).await.must_end_with(0);
    for _ in 0..3 {
        world.sync().await;
        world.order(id).await.must_be("exported", &[]);
    }
}

async fn edit(world: &World, quantity: i64) -> String {
    world.sandbox.joor.edit_quantity("98001", 0, quantity);
    world.sync().await;
    let shown = world.order("98001").await;
    shown.must_be("exported", &["CHG_JOOR_EDITED"]);
    shown.sentence("CHG_JOOR_EDITED")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_was_left_is_not_asked_about_again_but_every_further_one_is() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let first = exported(world, "98001").await;
        let sentence = edit(world, 7).await;
        assert!(sentence.contains("was line 1: 2 ×") || sentence.contains(": 2 ×"), "{sentence}");
        left(world, "98001").await;
        // A further edit is told against what was accepted.
        let sentence = edit(world, 9).await;
        assert!(sentence.contains(": 7 ×") && sentence.contains(": 9 ×"), "{sentence}");
        // One that is taken back is over by itself, and made again it is a question again.
        world.sandbox.joor.edit_quantity("98001", 0, 7);
        world.sync().await;
        world.order("98001").await.must_be("exported", &[]);
        edit(world, 9).await;
        // Back to what was exported is a change too, as what was accepted may stand in Shopify by now.
        left(world, "98001").await;
        edit(world, 2).await;
        left(world, "98001").await;
        assert_eq!(world.shop_order_of("98001"), first, "nothing of it is exported");
        assert_eq!(world.asked("OrderCreate"), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_an_edit_answers_only_what_was_told() {
    let world = World::start().await;
    exported(&world, "98001").await;
    edit(&world, 7).await;
    // Edited once more, unseen, before the answer is applied.
    world.run(&["orders", "close", "98001", "--note", "seven is fine"]).await.must_end_with(0);
    world.sandbox.joor.edit_quantity("98001", 0, 8);
    world.sync().await;
    let shown = world.order("98001").await;
    shown.must_be("exported", &["CHG_JOOR_EDITED"]);
    assert!(shown.sentence("CHG_JOOR_EDITED").contains(": 8 ×"), "{:#}", shown.0);
    left(&world, "98001").await;
    world.finish().await;
}

fn written_over(world: &World, id: &str) {
    world.sandbox.joor.change(id, |order| {
        order.export_status = ExportState::Failed;
        order.export_description = Some("a nightly script of somebody".to_owned());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_cancelled_in_shopify_is_asked_about_once_for_each_shopify_order() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let first = exported(world, "98002").await;
        world.sandbox.shop.cancel_order(&first.gid, true);
        written_over(world, "98002");
        world.sync().await;
        world.sync().await;
        let shown = world.order("98002").await;
        shown.must_be("exported", &["CHG_SHOPIFY_CANCELLED"]);
        assert!(shown.sentence("CHG_SHOPIFY_CANCELLED").contains(&first.name));
        assert_eq!(world.joor_report("98002").0, "FAILED", "a SUCCESS is not repeated for what is gone");
        left(world, "98002").await;
        let success = |order: &OrderView| ("SUCCESS".to_owned(), format!("Shopify order {}", order.name));
        assert_eq!(world.joor_report("98002"), success(&first), "left means that it counts as exported");
        // The same again needs no second answer.
        written_over(world, "98002");
        for _ in 0..3 {
            world.sync().await;
            world.order("98002").await.must_be("exported", &[]);
        }
        assert_eq!(world.joor_report("98002"), success(&first));
        // The next export, cancelled as well, is another question.
        world.run(&["orders", "re-export", "98002"]).await.must_end_with(0);
        world.sync().await;
        world.sync().await;
        world.order("98002").await.must_be("exported", &[]);
        let orders = world.shop_orders_of("98002");
        let second = orders.iter().find(|order| order.is_live()).expect("a second order");
        world.sandbox.shop.cancel_order(&second.gid, true);
        written_over(world, "98002");
        world.sync().await;
        world.sync().await;
        let shown = world.order("98002").await;
        shown.must_be("exported", &["CHG_SHOPIFY_CANCELLED"]);
        assert!(shown.sentence("CHG_SHOPIFY_CANCELLED").contains(&second.name));
        assert_eq!(world.shop_orders_of("98002").len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_cancelled_part_of_an_order_is_a_question_of_its_own() {
    let mut world = World::start().await;
    world.settings.text("orders", "splitting", "split");
    world.apply().await;
    world.set_stock(1, 2, [400, 400]);
    let lines = (0..260).map(|_| world.brand.line(1, 2, 1));
    world.approved(world.brand.order("98004", 1).lines(lines));
    for _ in 0..3 {
        world.sync().await;
    }
    let parts = world.shop_orders_of("98004");
    assert_eq!(parts.len(), 2);
    for part in &parts {
        world.sandbox.shop.cancel_order(&part.gid, true);
        world.sync().await;
        world.order("98004").await.must_be("exported", &[]);
        // Read when JOOR would have to be told once more.
        written_over(&world, "98004");
        for _ in 0..2 {
            world.sync().await;
        }
        let shown = world.order("98004").await;
        shown.must_be("exported", &["CHG_SHOPIFY_CANCELLED"]);
        let sentence = shown.sentence("CHG_SHOPIFY_CANCELLED");
        assert!(sentence.contains(&part.name), "{sentence}");
        assert_eq!(world.joor_report("98004").0, "FAILED", "a SUCCESS is not repeated for what is gone");
        left(&world, "98004").await;
        assert_eq!(world.joor_report("98004").0, "SUCCESS");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_found_at_read_back_that_was_left_stays_answered() {
    let world = World::start().await;
    world.approved(world.plain("98003"));
    world.fault("OrdersState", When::Next, Fault::Slow(Duration::from_millis(600)));
    let cycle = world.spawn(&["sync", "--once"]);
    until("the read-back is on its way", || !world.sandbox.faults.hits().is_empty()).await;
    world.sandbox.shop.remove_variant(world.variant(0, 0));
    assert_eq!(cycle.ended().await, 0);
    let shown = world.order("98003").await;
    shown.must_be("exported", &["DEST_READBACK_DIFFERS"]);
    let resolution = shown.detail("DEST_READBACK_DIFFERS")["resolution"].to_string();
    assert!(resolution.contains("orders close"), "the way to answer is named: {resolution}");
    left(&world, "98003").await;
    world.finish().await;
}
