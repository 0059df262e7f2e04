//! After the export: edits and cancellations are shown and export nothing.

use crate::harness::{World, amount, in_both_kinds_of_shop};
use sandbox::joor::{ExportState, Status};

#[tokio::test(flavor = "multi_thread")]
async fn approved_and_cancelled_between_two_looks_is_visible_and_never_sent() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.sync().await;
        world.approved(world.plain("85007"));
        world.sandbox.joor.cancel("85007");
        world.sync().await;
        world.order("85007").await.must_be("skipped", &["ORD_NOT_APPROVED"]);
        assert!(world.shop_orders_of("85007").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_after_the_export_exports_nothing_and_is_shown_line_by_line() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("81001").line(world.brand.line(1, 0, 1)));
        world.sync().await;
        let before = world.shop_order_of("81001");
        world.sandbox.joor.edit_quantity("81001", 0, 7);
        world.sandbox.joor.edit_price("81001", 1, amount("99"));
        world.sandbox.joor.change("81001", |order| order.comments = "Please ring first".to_owned());
        for _ in 0..3 {
            world.sync().await;
        }
        let shown = world.order("81001").await;
        shown.must_be("exported", &["CHG_JOOR_EDITED"]);
        let sentence = shown.sentence("CHG_JOOR_EDITED");
        assert!(
            sentence.contains('7') && sentence.contains("99") && sentence.contains("Please ring first"),
            "{sentence}"
        );
        assert_eq!(world.shop_order_of("81001"), before);
        assert_eq!(world.asked("OrderCreate"), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_in_joor_after_the_export_is_shown() {
    let world = World::start().await;
    world.approved(world.plain("81002"));
    world.sync().await;
    world.sandbox.joor.cancel("81002");
    world.sync().await;
    let shown = world.order("81002").await;
    shown.must_be("exported", &["CHG_JOOR_CANCELLED"]);
    assert!(shown.sentence("CHG_JOOR_CANCELLED").contains(&world.shop_order_of("81002").name));
    assert!(world.shop_order_of("81002").is_live(), "nothing is cancelled in Shopify by itself");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_in_joor_before_the_export_is_not_sent() {
    let world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("81003"));
    world.sync().await;
    world.sandbox.joor.cancel("81003");
    world.set_stock(0, 0, [9, 0]);
    world.sync().await;
    world.order("81003").await.must_be("skipped", &["ORD_NOT_APPROVED"]);
    assert!(world.shop_orders_of("81003").is_empty());
    assert_eq!(world.joor("81003").status, Status::Cancelled, "the program moved no status");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shipped_before_it_was_seen_and_exported_by_somebody_else_are_visible() {
    let world = World::start().await;
    world.sync().await;
    world.approved(world.plain("81004").status(Status::Shipped));
    world.approved(world.plain("81005").exported(ExportState::Success, Some("NetSuite SO-20931")));
    world.sync().await;
    world.order("81004").await.must_be("skipped", &["ORD_NOT_APPROVED"]);
    let shown = world.order("81005").await;
    shown.must_be("skipped", &["DUP_SECOND_EXPORTER"]);
    assert!(shown.sentence("DUP_SECOND_EXPORTER").contains("NetSuite SO-20931"));
    assert_eq!(world.joor_report("81005").1, "NetSuite SO-20931", "left as it is");
    assert_eq!(world.asked("OrderCreate"), 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_order_that_somebody_else_reports_as_exported_is_not_sent() {
    let world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("81006"));
    world.sync().await;
    world.order("81006").await.must_be("held", &["STOCK_SHORT"]);
    world.sandbox.joor.write_success_by_somebody_else("81006");
    world.set_stock(0, 0, [9, 0]);
    world.sync().await;
    let shown = world.order("81006").await;
    assert!(shown.problems().contains(&"DUP_SECOND_EXPORTER"), "{:#}", shown.0);
    assert!(world.shop_orders_of("81006").is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_vanishes_from_joor_is_held_with_a_reason() {
    let world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("81007"));
    world.sync().await;
    world.sandbox.joor.remove("81007");
    world.set_stock(0, 0, [9, 0]);
    world.sync().await;
    world.order("81007").await.must_be("held", &["SRC_ORDER_VANISHED"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_edited_while_it_is_held_is_decided_anew() {
    let world = World::start().await;
    world.set_stock(0, 0, [1, 0]);
    world.approved(world.plain("81008"));
    world.sync().await;
    world.order("81008").await.must_be("held", &["STOCK_SHORT"]);
    world.sandbox.joor.edit_quantity("81008", 0, 1);
    world.sync().await;
    world.order("81008").await.must_be("exported", &[]);
    assert_eq!(world.shop_order_of("81008").total, amount("45.50"));
    world.finish().await;
}
