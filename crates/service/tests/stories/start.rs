//! Beginning: preview, going live, and the day from which orders are exported.

use crate::harness::World;
use jiff::ToSpan;

#[tokio::test(flavor = "multi_thread")]
async fn before_going_live_everything_is_decided_and_nothing_is_sent() {
    let world = World::preview().await;
    world.approved(world.plain("77001"));
    let mut order = world.plain("77002");
    order.lines[0].style_identifier = "BAG".to_owned();
    order.lines[0].sku_identifier = "SAMPLE-BAG-OS".to_owned();
    order.lines[0].sku_id = "990044".to_owned();
    order.lines[0].product_id = "99001".to_owned();
    order.lines[0].upc = None;
    world.approved(order);
    world.approved(world.brand.order("77003", 2).line(world.brand.line(0, 0, 1)));
    for _ in 0..3 {
        world.sync().await;
    }
    world.order("77001").await.must_be("ready", &[]);
    world.order("77002").await.must_be("held", &["ITEM_NOT_FROM_SHOPIFY"]);
    world.order("77003").await.must_be("ready", &[]);
    for operation in ["OrderCreate", "CustomerSet"] {
        assert_eq!(world.asked(operation), 0, "{operation}");
    }
    assert!(!world.sandbox.joor.operations().contains(&"POST bulk_update".to_owned()), "no report");
    assert!(world.mails().is_empty(), "{:?}", world.mails());

    let preview = world.run(&["orders", "preview", "77001"]).await.must_end_with(0).json;
    assert_eq!(preview["preview"][0]["would_be"], "ready");
    assert_eq!(preview["preview"][0]["shopify_orders"][0]["total"], "91.00 USD");

    world.go_live().await;
    world.sync().await;
    world.order("77001").await.must_be("exported", &[]);
    assert_eq!(world.joor_report("77002").0, "FAILED");
    assert_eq!(world.mails().len(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn going_live_needs_the_word_that_the_previous_integration_is_off() {
    let world = World::preview().await;
    world.approved(world.plain("77004"));
    world.run(&["--yes", "connection", "go-live", "nobody"]).await.must_end_with(2);
    // Without a terminal and without the flags the answer is no.
    world.run(&["connection", "go-live", crate::harness::CONNECTION]).await.must_end_with(2);
    world.sync().await;
    assert!(world.shop_orders_of("77004").is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_before_the_start_are_left_alone_and_those_of_the_day_itself_wait_for_a_word() {
    let mut world = World::start().await;
    let today = world.sandbox.clock.today();
    world.settings.remove("schedule", "exported_since");
    world.apply().await;
    world.approved(world.plain("77005").approved_on(today.saturating_sub(1.day())));
    world.approved(world.plain("77006").approved_on(today));
    world.approved(world.plain("77007").approved_on(today));
    world.sync().await;
    world.order("77005").await.must_be("skipped", &["ORD_BEFORE_START"]);
    assert_eq!(world.joor_report("77005"), ("UNDEFINED".to_owned(), String::new()));
    for id in ["77006", "77007"] {
        world.order(id).await.must_be("held", &["ORD_ON_START_DAY"]);
    }
    world.retry("77006", &["--export-anyway"]).await;
    world.sync().await;
    world.order("77006").await.must_be("exported", &[]);
    world.order("77007").await.must_be("held", &["ORD_ON_START_DAY"]);

    world.settings.set("schedule", "include_start_day", "true");
    world.apply().await;
    world.sync().await;
    world.order("77007").await.must_be("exported", &[]);

    // Moving the start back is a backfill.
    world.settings.text("schedule", "exported_since", &today.saturating_sub(3.days()).to_string());
    world.apply().await;
    world.sync().await;
    world.order("77005").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_can_be_previewed_with_the_settings_of_a_file() {
    let mut world = World::start().await;
    let today = world.sandbox.clock.today();
    world.settings.text("schedule", "exported_since", &today.to_string());
    world.apply().await;
    world.approved(world.plain("77008").approved_on(today.saturating_sub(2.days())));
    world.sync().await;
    world.order("77008").await.must_be("skipped", &["ORD_BEFORE_START"]);
    world.settings.text("schedule", "exported_since", &today.saturating_sub(5.days()).to_string());
    let file = world.write_file("other.toml", &world.settings.toml());
    let arguments = ["orders", "preview", "77008", "--settings", &file];
    let preview = world.run(&arguments).await.must_end_with(0).json;
    assert_eq!(preview["preview"][0]["would_be"], "ready", "{preview:#}");
    let preview = world.run(&["orders", "preview", "--last", "5"]).await.must_end_with(0).json;
    assert_eq!(preview["preview"][0]["would_be"], "skipped", "{preview:#}");
    assert!(world.shop_orders_of("77008").is_empty());
    world.finish().await;
}
