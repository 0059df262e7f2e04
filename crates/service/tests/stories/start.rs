//! Beginning: preview, going live, and the day from which orders are exported.

use super::console::{admin, opened};
use crate::harness::{Browser, CONNECTION, World};
use jiff::ToSpan;
use sandbox::joor::ExportState;

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
async fn before_going_live_the_newest_orders_are_previewed_as_if_they_were_approved_after_it() {
    let mut world = World::preview().await;
    let today = world.sandbox.clock.today();
    world.settings.remove("schedule", "exported_since");
    world.apply().await;
    world.approved(world.plain("77011").approved_on(today.saturating_sub(20.days())));
    let theirs = world.plain("77012").approved_on(today.saturating_sub(3.days()));
    world.approved(theirs.exported(ExportState::Success, Some("NetSuite SO-20931")));
    world.sync().await;
    world.order("77011").await.must_be("skipped", &["ORD_BEFORE_START"]);

    // The last one was never read by a cycle, since somebody else exported it.
    let last = world.run(&["orders", "preview", "--last", "2"]).await.must_end_with(0).json;
    assert_eq!(last["as_if_live"], serde_json::json!([CONNECTION]));
    let all = last["preview"].as_array().cloned().unwrap_or_default();
    let theirs = all.iter().find(|one| one["joor_order"] == "77012").unwrap_or(&last);
    let one = world.run(&["orders", "preview", "77011"]).await.must_end_with(0).json;
    for preview in [theirs, &one["preview"][0]] {
        assert_eq!(preview["would_be"], "ready", "{preview:#}");
        assert_eq!(preview["shopify_orders"][0]["total"], "91.00 USD");
    }

    // Live, its start is known, and what is older stays where it is.
    world.go_live().await;
    world.sync().await;
    let one = world.run(&["orders", "preview", "77011"]).await.must_end_with(0).json;
    assert_eq!(one["preview"][0]["would_be"], "skipped", "{one:#}");
    assert_eq!(one["as_if_live"], serde_json::json!([]));
    assert!(world.shop_orders_of("77011").is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_going_live_the_page_of_an_old_order_shows_what_it_would_be() {
    let mut world = World::preview().await;
    let today = world.sandbox.clock.today();
    world.settings.remove("schedule", "exported_since");
    world.apply().await;
    world.approved(world.plain("77013").approved_on(today.saturating_sub(20.days())));
    world.set_stock(0, 1, [0, 0]);
    let short = world.brand.order("77014", 0).line(world.brand.line(0, 1, 1));
    world.approved(short.approved_on(today.saturating_sub(20.days())));
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    for id in ["77013", "77014"] {
        world.until_order(id, "skipped").await;
    }
    let page = async |admin: &mut Browser, id: &str| {
        admin.get(&format!("/orders/{CONNECTION}/{id}/preview")).await.must_be(200)
    };
    let after = "The connection is not live. If the order were approved after that,";
    let page_of_good = page(&mut admin, "77013").await.must_say(&format!("{after} this would be sent."));
    page_of_good.must_say("91.00 <small>USD</small>");
    page(&mut admin, "77014").await.must_say(&format!("{after} it would be held."));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn going_live_needs_the_word_that_the_previous_integration_is_off() {
    let world = World::preview().await;
    world.approved(world.plain("77004"));
    world.run(&["--yes", "connection", "go-live", "nobody"]).await.must_end_with(2);
    // Without a terminal and without the flags the answer is no.
    world.run(&["connection", "go-live", CONNECTION]).await.must_end_with(2);
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
    world.approved(world.plain("77005").approved_on(today.saturating_sub(2.days())));
    world.approved(world.plain("77009").approved_on(today.saturating_sub(1.day())));
    world.approved(world.plain("77006").approved_on(today));
    world.approved(world.plain("77007").approved_on(today));
    world.sync().await;
    world.order("77005").await.must_be("skipped", &["ORD_BEFORE_START"]);
    assert_eq!(world.joor_report("77005"), ("UNDEFINED".to_owned(), String::new()));
    for id in ["77006", "77007", "77009"] {
        world.order(id).await.must_be("held", &["ORD_ON_START_DAY"]);
    }
    let near = world.order("77009").await.sentence("ORD_ON_START_DAY");
    assert!(near.contains("so close to the start") && near.contains("days need not begin"), "{near}");
    world.retry("77006", &["--export-anyway"]).await;
    world.sync().await;
    world.order("77006").await.must_be("exported", &[]);
    world.order("77007").await.must_be("held", &["ORD_ON_START_DAY"]);

    world.settings.set("schedule", "include_start_day", "true");
    world.apply().await;
    world.sync().await;
    world.order("77007").await.must_be("exported", &[]);
    // That is said of the start day alone.
    world.order("77009").await.must_be("held", &["ORD_ON_START_DAY"]);

    // Moving the start back is a backfill.
    world.settings.text("schedule", "exported_since", &today.saturating_sub(3.days()).to_string());
    world.apply().await;
    world.sync().await;
    for id in ["77005", "77009"] {
        world.order(id).await.must_be("exported", &[]);
    }
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
