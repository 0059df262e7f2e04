//! Stock is looked at before anything is promised, by the rule that the settings choose.

use crate::harness::{World, in_both_kinds_of_shop};
use sandbox::brand::ROOMS;
use sandbox::shopify::Policy;
use sandbox::{Fault, When};
use std::time::Duration;

/// What a request without an answer may still take is promised to nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn units_of_a_request_that_may_still_be_carried_out_are_promised_to_nobody_else() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.may_stay_unconfirmed = true;
        world.set_stock(0, 0, [5, 0]);
        let of_shirts = |id: &str, units| world.brand.order(id, 0).line(world.brand.line(0, 0, units));
        world.fault("OrderCreate", When::Next, Fault::ActLate(Duration::from_secs(30)));
        world.approved(of_shirts("72091", 5));
        world.run(&["sync", "--once"]).await;
        assert_eq!(world.order("72091").await.state(), "unconfirmed");
        world.approved(of_shirts("72092", 5));
        world.run(&["sync", "--once"]).await;
        world.order("72092").await.must_be("held", &["STOCK_SHORT"]);
        assert_eq!(world.asked("OrderCreate"), 1);
    })
    .await;
}

/// A request that leaves stock alone keeps no unit from anybody, however long it is without an answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_takes_no_stock_keeps_none_from_others() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.may_stay_unconfirmed = true;
        world.settings.rule("name = \"pre-order\"\nstock = \"bypass\"\nwhen = { linesheet = [\"pre27\"] }");
        world.apply().await;
        world.set_stock(0, 0, [5, 0]);
        let of_shirts = |id: &str| world.brand.order(id, 0).line(world.brand.line(0, 0, 5));
        world.fault("OrderCreate", When::Next, Fault::ActLate(Duration::from_secs(30)));
        world.approved(of_shirts("72093").collection("PRE27", "Pre-order 27"));
        world.run(&["sync", "--once"]).await;
        assert_eq!(world.order("72093").await.state(), "unconfirmed");
        world.approved(of_shirts("72094"));
        world.run(&["sync", "--once"]).await;
        world.order("72094").await.must_be("exported", &[]);
        assert_eq!(world.stock(0, 0), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn short_stock_holds_the_order_names_the_lines_and_restocking_releases_it_by_itself() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.set_stock(0, 0, [1, 2]);
        world.set_stock(1, 4, [0, 0]);
        let order = world.brand.order("72001", 0);
        let lines = [world.brand.line(0, 0, 5), world.brand.line(1, 4, 1), world.brand.line(1, 5, 1)];
        world.approved(order.lines(lines));
        world.sync().await;
        let shown = world.order("72001").await;
        shown.must_be("held", &["STOCK_SHORT"]);
        let sentence = shown.sentence("STOCK_SHORT");
        let all = "2 of 3 lines";
        assert!(
            sentence.contains(all)
                && sentence.contains("Wren Poplin Shirt")
                && sentence.contains("Cove Chore Jacket"),
            "{sentence}"
        );
        assert!(world.shop_orders_of("72001").is_empty());
        assert_eq!(world.joor_report("72001").0, "FAILED");
        assert!(world.joor_report("72001").1.ends_with("[STOCK_SHORT]"), "{}", world.joor_report("72001").1);

        world.set_stock(0, 0, [3, 2]);
        world.sync().await;
        let shown = world.order("72001").await;
        shown.must_be("held", &["STOCK_SHORT"]);
        assert!(shown.sentence("STOCK_SHORT").contains("1 of 3 lines"), "the sentence follows the facts");

        world.set_stock(1, 4, [1, 0]);
        world.sync().await;
        world.order("72001").await.must_be("exported", &[]);
        assert_eq!((world.stock(0, 0), world.stock(1, 4)), (0, 0), "claimed");
        assert_eq!(world.joor_report("72001").0, "SUCCESS");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn required_stock_does_not_care_that_a_product_continues_selling() {
    let world = World::start().await;
    world.set_stock(0, 1, [0, 0]);
    world.sandbox.shop.set_policy(world.variant(0, 1), Policy::Continue);
    world.approved(world.brand.order("72002", 0).line(world.brand.line(0, 1, 4)));
    world.sync().await;
    world.order("72002").await.must_be("held", &["STOCK_SHORT"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_policy_of_the_products_only_those_that_continue_selling_are_exempt() {
    let mut world = World::start().await;
    world.settings.text("orders", "stock", "follow_policy");
    world.apply().await;
    world.set_stock(0, 1, [0, 0]);
    world.set_stock(0, 2, [0, 0]);
    world.sandbox.shop.set_policy(world.variant(0, 1), Policy::Continue);
    world.approved(world.brand.order("72003", 0).line(world.brand.line(0, 1, 4)));
    world.approved(world.brand.order("72004", 0).line(world.brand.line(0, 2, 4)));
    world.sync().await;
    assert_eq!(world.shop_order_of("72003").inventory_behaviour, "DECREMENT_OBEYING_POLICY");
    assert_eq!(world.stock(0, 1), -4);
    world.order("72004").await.must_be("held", &["STOCK_SHORT"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_can_always_be_claimed_even_below_zero() {
    let mut world = World::start().await;
    world.settings.text("orders", "stock", "always_claim");
    world.apply().await;
    world.set_stock(0, 1, [1, 0]);
    world.approved(world.brand.order("72005", 0).line(world.brand.line(0, 1, 4)));
    world.sync().await;
    assert_eq!(world.shop_order_of("72005").inventory_behaviour, "DECREMENT_IGNORING_POLICY");
    assert_eq!(world.stock(0, 1), -3);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_can_be_left_alone() {
    let mut world = World::start().await;
    world.settings.text("orders", "stock", "bypass");
    world.apply().await;
    world.set_stock(0, 1, [1, 0]);
    world.approved(world.brand.order("72006", 0).line(world.brand.line(0, 1, 4)));
    world.sync().await;
    assert_eq!(world.shop_order_of("72006").inventory_behaviour, "BYPASS");
    assert_eq!(world.stock(0, 1), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn made_to_order_and_chosen_linesheets_need_no_stock() {
    let mut world = World::start().await;
    world.settings.rule("name = \"pre-order\"\nstock = \"bypass\"\nwhen = { linesheet = [\"pre27\"] }");
    world.apply().await;
    world.set_stock(0, 1, [0, 0]);
    let order = |id: &str| world.brand.order(id, 0).line(world.brand.line(0, 1, 4));
    world.approved(order("72007").collection("MTO", "Made to Order"));
    world.approved(order("72008").collection("PRE27", "Pre-order 27"));
    world.approved(order("72009"));
    world.sync().await;
    for id in ["72007", "72008"] {
        world.order(id).await.must_be("exported", &[]);
        assert_eq!(world.shop_order_of(id).inventory_behaviour, "BYPASS");
    }
    world.order("72009").await.must_be("held", &["STOCK_SHORT"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scarce_stock_goes_to_the_order_that_was_approved_first() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.set_stock(0, 0, [10, 0]);
        let today = world.sandbox.clock.today();
        let earlier = today.saturating_sub(jiff::ToSpan::days(3));
        let order = |id: &str| world.brand.order(id, 0).line(world.brand.line(0, 0, 8));
        world.approved(order("72010").approved_on(today));
        world.approved(order("72011").approved_on(earlier));
        world.approved(order("971001").approved_on(earlier));
        world.sync().await;
        world.order("72011").await.must_be("exported", &[]);
        let late = world.order("72010").await;
        late.must_be("held", &["STOCK_SHORT"]);
        world.order("971001").await.must_be("held", &["STOCK_SHORT"]);
        assert_eq!(world.stock(0, 0), 2, "no unit is promised twice");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn units_count_over_the_chosen_locations_only() {
    let mut world = World::start().await;
    world.set_stock(0, 0, [1, 50]);
    world.settings.set("orders", "stock_locations", &format!("[\"{}\"]", ROOMS[0].id));
    world.apply().await;
    world.approved(world.plain("72012"));
    world.sync().await;
    world.order("72012").await.must_be("held", &["STOCK_SHORT"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_that_is_sold_between_our_look_and_the_call_does_not_oversell() {
    let world = World::start().await;
    world.set_stock(0, 0, [2, 0]);
    world.approved(world.plain("72013"));
    // The create is delayed, and somebody else buys meanwhile.
    world.fault("OrderCreate", When::Next, Fault::Slow(Duration::from_millis(500)));
    let cycle = world.spawn(&["sync", "--once"]);
    crate::harness::until("the create is on its way", || !world.sandbox.faults.hits().is_empty()).await;
    world.set_stock(0, 0, [1, 0]);
    assert_eq!(cycle.ended().await, 0);
    world.order("72013").await.must_be("held", &["STOCK_CLAIM_FAILED"]);
    assert!(world.shop_orders_of("72013").is_empty());
    world.sync().await;
    world.order("72013").await.must_be("held", &["STOCK_SHORT"]);
    world.finish().await;
}
