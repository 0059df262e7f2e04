//! Exported once, and again only when a person set it so and the earlier order is cancelled.

use crate::harness::{World, in_both_kinds_of_shop};
use jiff::ToSpan;
use sandbox::joor::Status;

/// An exported order whose SUCCESS JOOR has shown to a later read.
async fn exported(world: &World, id: &str) -> sandbox::shopify::OrderView {
    world.approved(world.plain(id));
    world.sync().await;
    world.sync().await;
    world.order(id).await.must_be("exported", &[]);
    world.shop_order_of(id)
}

/// An order that is to be exported once more and waits, since its Shopify order stands.
pub async fn held_once_more(world: &World, id: &str) -> sandbox::shopify::OrderView {
    let first = exported(world, id).await;
    world.sandbox.joor.set_to_reexport(id);
    for _ in 0..3 {
        world.sync().await;
    }
    world.order(id).await.must_be("held", &["DUP_LIVE_EXPORT"]);
    first
}

#[tokio::test(flavor = "multi_thread")]
async fn set_to_re_export_with_the_earlier_order_cancelled_makes_a_second_one() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let first = exported(world, "80001").await;
        world.sandbox.shop.cancel_order(&first.gid, true);
        world.sandbox.joor.set_to_reexport("80001");
        for _ in 0..3 {
            world.sync().await;
        }
        let shown = world.order("80001").await;
        shown.must_be("exported", &[]);
        assert_eq!(shown.generation(), 2);
        let orders = world.shop_orders_of("80001");
        assert_eq!(orders.len(), 2);
        let live: Vec<_> = orders.iter().filter(|order| order.is_live()).collect();
        assert_eq!(live.len(), 1);
        assert_eq!(live[0].source_identifier.as_deref(), Some("sandbox-424242-80001-2-1"));
        assert_eq!(
            world.joor_report("80001"),
            ("SUCCESS".to_owned(), format!("Shopify order {}", live[0].name))
        );
    })
    .await;
}

/// A process that was frozen since before the re-export writes what was right then.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_the_first_export_that_comes_after_that_of_the_second_is_written_over() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let first = exported(world, "80032").await;
        world.sandbox.shop.cancel_order(&first.gid, true);
        world.sandbox.joor.set_to_reexport("80032");
        for _ in 0..4 {
            world.sync().await;
        }
        let second = world.joor_report("80032");
        assert_ne!(second.1, format!("Shopify order {}", first.name));
        let late = format!("Shopify order {}", first.name);
        world.sandbox.joor.change("80032", |order| order.export_description = Some(late.clone()));
        for _ in 0..2 {
            world.sync().await;
        }
        assert_eq!(world.joor_report("80032"), second);
        assert_eq!(world.order("80032").await.generation(), 2);
        // What somebody else wrote there is theirs.
        let theirs = "entered in NetSuite by hand".to_owned();
        world.sandbox.joor.change("80032", |order| order.export_description = Some(theirs.clone()));
        for _ in 0..2 {
            world.sync().await;
        }
        assert_eq!(world.joor_report("80032").1, theirs);
        world.sandbox.joor.change("80032", |order| order.export_description = Some(second.1.clone()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn set_to_re_export_with_the_earlier_order_alive_is_held_and_goes_on_once_it_is_cancelled() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let first = exported(world, "80002").await;
        world.sandbox.joor.set_to_reexport("80002");
        for _ in 0..3 {
            world.sync().await;
        }
        let shown = world.order("80002").await;
        shown.must_be("held", &["DUP_LIVE_EXPORT"]);
        assert!(shown.sentence("DUP_LIVE_EXPORT").contains(&first.name));
        assert_eq!(world.shop_orders_of("80002").len(), 1);
        assert_eq!(world.joor_report("80002").0, "FAILED");
        world.sandbox.shop.cancel_order(&first.gid, true);
        world.sync().await;
        let shown = world.order("80002").await;
        shown.must_be("exported", &[]);
        assert_eq!((shown.generation(), world.shop_orders_of("80002").len()), (2, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_re_export_can_be_given_up_and_joor_then_shows_the_earlier_order_again() {
    let world = World::start().await;
    let first = held_once_more(&world, "80003").await;
    world.run(&["orders", "re-export", "80003", "--give-up"]).await.must_end_with(0);
    world.sync().await;
    world.sync().await;
    assert_eq!(world.joor_report("80003"), ("SUCCESS".to_owned(), format!("Shopify order {}", first.name)));
    let shown = world.order("80003").await;
    assert!(shown.problems().is_empty(), "{:#}", shown.0);
    for _ in 0..3 {
        world.sync().await;
    }
    assert_eq!(world.shop_orders_of("80003").len(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn giving_up_a_re_export_whose_earlier_order_was_cancelled_asks_before_joor_is_told_that_it_stands() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let first = held_once_more(world, "80011").await;
        world.sandbox.shop.cancel_order(&first.gid, true);
        world.run(&["orders", "re-export", "80011", "--give-up"]).await.must_end_with(0);
        for _ in 0..2 {
            world.sync().await;
        }
        let shown = world.order("80011").await;
        shown.must_be("exported", &["CHG_SHOPIFY_CANCELLED"]);
        assert_ne!(world.joor_report("80011").0, "SUCCESS", "{:#}", shown.0);
        assert_eq!(world.shop_orders_of("80011").len(), 1);
        world.run(&["orders", "close", "80011", "--note", "not wanted any more"]).await.must_end_with(0);
        for _ in 0..2 {
            world.sync().await;
        }
        world.order("80011").await.must_be("exported", &[]);
        let left = ("SUCCESS".to_owned(), format!("Shopify order {}", first.name));
        assert_eq!(world.joor_report("80011"), left);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_re_export_that_was_entered_by_hand_is_never_followed_by_another_unless_a_person_asks_for_it() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let first = held_once_more(world, "80012").await;
        world.run(&["orders", "close", "80012", "--note", "entered by hand as #77"]).await.must_end_with(0);
        world.sync().await;
        world.sandbox.shop.cancel_order(&first.gid, true);
        world.sandbox.joor.set_to_reexport("80012");
        for _ in 0..3 {
            world.sync().await;
        }
        world.order("80012").await.must_be("closed_by_hand", &[]);
        assert_ne!(world.joor_report("80012").0, "SUCCESS", "the first order does not count any more");
        assert_eq!(world.shop_orders_of("80012").len(), 1);
        world.run(&["orders", "re-export", "80012"]).await.must_end_with(0);
        world.sync().await;
        let shown = world.order("80012").await;
        shown.must_be("exported", &[]);
        assert_eq!((shown.generation(), world.shop_orders_of("80012").len()), (3, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_re_export_that_somebody_else_carried_out_meanwhile_is_not_sent() {
    let world = World::start().await;
    exported(&world, "80009").await;
    world.sandbox.joor.set_to_reexport("80009");
    for _ in 0..3 {
        world.sync().await;
    }
    world.order("80009").await.must_be("held", &["DUP_LIVE_EXPORT"]);
    world.sandbox.joor.change("80009", |order| {
        order.export_status = sandbox::joor::ExportState::Success;
        order.export_description = Some("NetSuite 4711".to_owned());
    });
    world.sandbox.shop.cancel_order(&world.shop_order_of("80009").gid, true);
    for _ in 0..2 {
        world.sync().await;
    }
    world.order("80009").await.must_be("held", &["DUP_SECOND_EXPORTER"]);
    assert_eq!(world.shop_orders_of("80009").len(), 1);
    assert_eq!(world.joor_report("80009").1, "NetSuite 4711", "not ours to overwrite");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn approving_again_exports_nothing() {
    in_both_kinds_of_shop(async |world: &mut World| {
        exported(world, "80004").await;
        assert_eq!(world.order("80004").await.0["approved_again"], false);
        world.sandbox.joor.set_status("80004", Status::Pending);
        world.sync().await;
        world.sandbox.joor.approve("80004");
        for _ in 0..3 {
            world.sync().await;
        }
        let shown = world.order("80004").await;
        assert_eq!((shown.state(), shown.generation()), ("exported", 1));
        assert_eq!(shown.0["approved_again"], true, "{:#}", shown.0);
        assert_eq!(world.shop_orders_of("80004").len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn set_to_re_export_after_approving_again_asks_a_person() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let first = exported(world, "80005").await;
        world.sandbox.joor.set_status("80005", Status::Pending);
        world.sync().await;
        world.sandbox.joor.approve("80005");
        world.sandbox.joor.set_to_reexport("80005");
        world.sandbox.shop.cancel_order(&first.gid, true);
        for _ in 0..3 {
            world.sync().await;
        }
        let shown = world.order("80005").await;
        assert!(shown.problems().contains(&"CHG_JOOR_REAPPROVED"), "{:#}", shown.0);
        assert_eq!(world.shop_orders_of("80005").len(), 1);
        world.run(&["orders", "re-export", "80005"]).await.must_end_with(0);
        world.sync().await;
        let shown = world.order("80005").await;
        shown.must_be("exported", &[]);
        assert_eq!((shown.generation(), world.shop_orders_of("80005").len()), (2, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn approving_again_may_export_by_itself_where_the_settings_say_so() {
    let mut world = World::start().await;
    world.settings.text("orders", "after_reapproval", "export");
    world.apply().await;
    world.approved(world.plain("80006").approved_on(world.sandbox.clock.today().saturating_sub(2.days())));
    world.sync().await;
    world.sync().await;
    let first = world.shop_order_of("80006");
    world.sandbox.joor.approve("80006");
    world.sandbox.joor.set_to_reexport("80006");
    world.sandbox.shop.cancel_order(&first.gid, true);
    for _ in 0..3 {
        world.sync().await;
    }
    let shown = world.order("80006").await;
    assert_eq!((shown.state(), shown.generation()), ("exported", 2));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_re_export_after_approving_again_is_ignored_where_the_settings_say_so() {
    let mut world = World::start().await;
    world.settings.text("orders", "after_reapproval", "ignore");
    world.apply().await;
    let first = exported(&world, "80030").await;
    world.sandbox.joor.set_status("80030", Status::Pending);
    world.sync().await;
    world.sandbox.joor.approve("80030");
    world.sandbox.joor.set_to_reexport("80030");
    world.sandbox.shop.cancel_order(&first.gid, true);
    for _ in 0..4 {
        world.sync().await;
    }
    let shown = world.order("80030").await;
    assert_eq!((shown.state(), shown.generation()), ("exported", 1), "{:#}", shown.0);
    assert!(!shown.problems().contains(&"CHG_JOOR_REAPPROVED"), "{:#}", shown.0);
    world.shop_order_of("80030");
    world.finish().await;
}

/// Shopify shows an order of the last weeks; one that it does not show any more was deleted, and nobody ships it.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_deleted_in_shopify_makes_room_for_its_re_export() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let first = exported(world, "80031").await;
        world.sandbox.shop.delete_order(&first.gid);
        world.sandbox.joor.set_to_reexport("80031");
        for _ in 0..4 {
            world.sync().await;
        }
        let shown = world.order("80031").await;
        shown.must_be("exported", &[]);
        assert_eq!(shown.generation(), 2);
        world.shop_order_of("80031");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_ask_for_a_re_export_here_too() {
    let world = World::start().await;
    let first = exported(&world, "80007").await;
    world.run(&["orders", "re-export", "80007"]).await.must_end_with(0);
    world.sync().await;
    world.order("80007").await.must_be("held", &["DUP_LIVE_EXPORT"]);
    world.sandbox.shop.cancel_order(&first.gid, false);
    world.sync().await;
    world.order("80007").await.must_be("exported", &[]);
    assert_eq!(world.shop_orders_of("80007").len(), 2);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_settled_by_hand_is_never_exported_until_it_is_reopened() {
    let world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("80008"));
    world.sync().await;
    world.run(&["orders", "close", "80008", "--note", "entered by hand as #77"]).await.must_end_with(0);
    world.set_stock(0, 0, [10, 0]);
    world.sync().await;
    world.sync().await;
    world.order("80008").await.must_be("closed_by_hand", &[]);
    assert!(world.shop_orders_of("80008").is_empty());
    world.run(&["orders", "reopen", "80008"]).await.must_end_with(0);
    world.sync().await;
    world.order("80008").await.must_be("exported", &[]);
    world.finish().await;
}
