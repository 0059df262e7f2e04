//! Sequences in which something is left behind or asked twice: parts of a split order, give-ups, one poisoned order.

use super::money::long;
use crate::harness::{World, in_both_kinds_of_shop};
use sandbox::{Fault, When};

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_shopify_throttled_leaves_in_the_next_cycle_as_it_was_frozen() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.settings.text("orders", "splitting", "split");
        world.apply().await;
        world.approved(long(world, "95001"));
        world.fault("OrderCreate", When::Nth(2), Fault::Throttled);
        world.run(&["sync", "--once"]).await;
        assert_eq!(world.shop_orders_of("95001").len(), 1, "the other part waits");
        // An edit meanwhile does not cut the rest anew.
        world.sandbox.joor.edit_quantity("95001", 0, 5);
        world.sync().await;
        world.sync().await;
        let parts = world.shop_orders_of("95001");
        let units: i64 = parts.iter().flat_map(|part| &part.lines).map(|line| line.quantity).sum();
        assert_eq!((parts.len(), units), (2, 300));
        assert_eq!(world.joor_report("95001").0, "SUCCESS");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_part_waits_for_a_person_and_then_leaves() {
    let mut world = World::start().await;
    world.settings.text("orders", "splitting", "split");
    world.apply().await;
    world.approved(long(&world, "95002"));
    let refusal = r#"{"data":{"orderCreate":{"order":null,"userErrors":[{"code":"INVALID","field":["order"],
        "message":"Something about this order"}]}}}"#;
    let refused = Fault::Status { code: 200, body: refusal.to_owned(), headers: Vec::new() };
    world.fault("OrderCreate", When::Nth(2), refused);
    world.sync().await;
    world.sync().await;
    let shown = world.order("95002").await;
    shown.must_be("held", &["DEST_REJECTED"]);
    assert_eq!(world.shop_orders_of("95002").len(), 1);
    world.run(&["orders", "retry", "95002"]).await.must_end_with(0);
    world.sync().await;
    world.sync().await;
    world.order("95002").await.must_be("exported", &[]);
    assert_eq!(world.shop_orders_of("95002").len(), 2);
    assert_eq!(world.joor_report("95002").0, "SUCCESS");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_poisoned_order_is_held_and_the_others_go_on() {
    let world = World::start().await;
    world.approved(world.plain("95003"));
    world.approved(world.plain("95004"));
    let poison = r#"{"errors":[{"message":"Variable $order was provided an invalid value",
        "extensions":{"code":"INVALID_VARIABLE","value":{},"problems":[]}}]}"#;
    let refused = Fault::Status { code: 200, body: poison.to_owned(), headers: Vec::new() };
    world.fault("OrderCreate", When::Next, refused);
    world.sync().await;
    let states = [world.order("95003").await, world.order("95004").await];
    let mut words: Vec<&str> = states.iter().map(|shown| shown.state()).collect();
    words.sort_unstable();
    assert_eq!(words, ["exported", "held"]);
    let held = states.iter().find(|shown| shown.state() == "held").unwrap();
    held.must_be("held", &["DEST_REJECTED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_fate_is_open_cannot_be_closed_by_hand() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("95005"));
        world.fault("OrderCreate", When::Next, Fault::LoseReply);
        world.sync().await;
        assert_eq!(world.order("95005").await.state(), "unconfirmed");
        let refused = world.run(&["orders", "close", "95005", "--note", "typed in by hand"]).await;
        refused.must_end_with(2);
        world.run_as_service().await;
        world.until_order("95005", "exported").await;
        world.stop_service().await;
        assert_eq!(world.shop_orders_of("95005").len(), 1);
    })
    .await;
}
