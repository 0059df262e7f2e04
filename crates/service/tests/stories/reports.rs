//! What JOOR is told, and what happens when the telling goes wrong. Waits of the back-off are in `patience`.

use crate::harness::{World, in_both_kinds_of_shop, until};
use sandbox::joor::Status;
use sandbox::{Fault, When};
use std::time::Duration;

/// A backlog that Shopify slows down would otherwise keep JOOR waiting until its end.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_shopify_slowed_down_is_reported_in_the_same_cycle() {
    in_both_kinds_of_shop(async |world: &mut World| {
        for (step, id) in ["79501", "79502"].into_iter().enumerate() {
            world.approved(world.brand.order(id, 0).line(world.brand.line(0, step, 1)));
        }
        world.may_be_refused = true;
        world.sandbox.shop.configure(|shop| shop.order_quota_per_minute = Some(1));
        world.run(&["sync", "--once"]).await;
        let reported = ["79501", "79502"].map(|id| world.joor_report(id).0 == "SUCCESS");
        assert_eq!(reported.into_iter().filter(|done| *done).count(), 1, "{reported:?}");
        world.sandbox.shop.configure(|shop| shop.order_quota_per_minute = None);
        world.pass(Duration::from_secs(120));
        world.sync().await;
        for id in ["79501", "79502"] {
            world.order(id).await.must_be("exported", &[]);
            assert_eq!(world.joor_report(id).0, "SUCCESS");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_order_is_reported_as_failed_with_the_sentence_and_the_code_in_255_characters() {
    in_both_kinds_of_shop(async |world: &mut World| {
        for variant in 0..15 {
            world.set_stock(0, variant, [0, 0]);
        }
        let lines = (0..15).map(|variant| world.brand.line(0, variant, 3));
        world.approved(world.brand.order("82001", 0).lines(lines));
        world.sync().await;
        let shown = world.order("82001").await;
        let (state, description) = world.joor_report("82001");
        assert_eq!(state, "FAILED");
        assert!(
            description.chars().count() <= 255 && description.ends_with("[STOCK_SHORT]"),
            "{description}"
        );
        let start: String = shown.sentence("STOCK_SHORT").chars().take(60).collect();
        assert!(description.starts_with(&start), "{description}");
        assert_eq!(world.joor("82001").status, Status::Approved);
        // Told once.
        let told = |world: &World| {
            world.sandbox.joor.operations().iter().filter(|name| *name == "POST bulk_update").count()
        };
        let before = told(world);
        for _ in 0..3 {
            world.sync().await;
        }
        assert_eq!(told(world), before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_changes_during_the_report_is_an_outage_for_people() {
    let world = World::start().await;
    world.approved(world.plain("82002"));
    let slowly = |millis| Fault::Slow(Duration::from_millis(millis));
    world.joor_fault("POST bulk_update", When::Next, slowly(300));
    let cycle = world.spawn(&["sync", "--once"]);
    until("the report leaves", || !world.sandbox.faults.hits().is_empty()).await;
    // The read that follows the write is late, so that the change comes in between.
    world.joor_fault("GET orders", When::Next, slowly(800));
    until("the report is written", || world.joor_report("82002").0 == "SUCCESS").await;
    world.sandbox.joor.set_status("82002", Status::Pending);
    assert_eq!(cycle.ended().await, 0);
    let shown = world.order("82002").await;
    shown.must_be("exported", &["BACK_STATUS_FAILED"]);
    assert_eq!(shown.detail("BACK_STATUS_FAILED")["severity"], "outage");
    assert_eq!(
        world.joor("82002").status,
        Status::Pending,
        "a person sets the right status, not the program"
    );
    let mails = world.mails();
    assert!(mails.iter().any(|mail| mail.to == ["it@brand.example.com"]), "{mails:#?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_report_is_written_over_a_status_that_is_no_longer_approved() {
    let world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("82004"));
    world.sync().await;
    let told = world.sandbox.joor.operations().iter().filter(|name| *name == "POST bulk_update").count();
    world.sandbox.joor.set_status("82004", Status::Pending);
    world.sync().await;
    world.sync().await;
    assert_eq!(world.joor("82004").status, Status::Pending);
    assert_eq!(
        world.sandbox.joor.operations().iter().filter(|name| *name == "POST bulk_update").count(),
        told
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_can_be_limited_to_successes_or_switched_off() {
    for (mode, exported, held) in
        [("success_only", "SUCCESS", "UNDEFINED"), ("none", "UNDEFINED", "UNDEFINED")]
    {
        let mut world = World::start().await;
        world.settings.text("joor", "report", mode);
        world.apply().await;
        world.set_stock(0, 0, [0, 0]);
        world.approved(world.plain("82005"));
        world.approved(world.brand.order("82006", 1).line(world.brand.line(1, 0, 1)));
        for _ in 0..3 {
            world.sync().await;
        }
        assert_eq!(world.joor_report("82006").0, exported, "{mode}");
        assert_eq!(world.joor_report("82005").0, held, "{mode}");
        world.shop_order_of("82006");
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_written_over_our_success_is_answered_with_success_and_no_second_order() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("82007"));
        world.sync().await;
        world.sync().await;
        world.sandbox.joor.change("82007", |order| {
            order.export_status = sandbox::joor::ExportState::Failed;
            order.export_description = Some("a nightly script of somebody".to_owned());
        });
        for _ in 0..3 {
            world.sync().await;
        }
        assert_eq!(world.joor_report("82007").0, "SUCCESS");
        world.shop_order_of("82007");
        assert_eq!(world.order("82007").await.generation(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_joor_has_no_time_for_waits_and_nobody_is_told_of_the_order() {
    let world = World::start().await;
    world.approved(world.plain("82010"));
    world.joor_fault("POST bulk_update", When::Next, Fault::Throttled);
    world.run(&["sync", "--once"]).await;
    assert_eq!(world.sandbox.faults.hits().len(), 1);
    assert_eq!(world.joor_report("82010").0, "UNDEFINED");
    world.order("82010").await.must_be("exported", &[]);
    world.sync().await;
    assert_eq!(world.joor_report("82010").0, "SUCCESS");
    world.order("82010").await.must_be("exported", &[]);
    world.shop_order_of("82010");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_item_that_joor_refuses_does_not_keep_the_others_from_being_reported() {
    let world = World::start().await;
    for id in ["82008", "82009"] {
        world.approved(world.brand.order(id, 0).line(world.brand.line(1, 0, 1)));
    }
    // The first one is deleted in JOOR between the export and the report.
    world.fault("OrdersState", When::Next, Fault::Slow(Duration::from_millis(500)));
    let cycle = world.spawn(&["sync", "--once"]);
    until("both are created", || {
        world.sandbox.shop.orders().len() == 2 && !world.sandbox.faults.hits().is_empty()
    })
    .await;
    world.sandbox.joor.set_status("82008", Status::Cancelled);
    assert_eq!(cycle.ended().await, 0);
    assert_eq!(world.joor_report("82009").0, "SUCCESS");
    assert_eq!(world.joor("82008").status, Status::Cancelled);
    world.finish().await;
}

/// The goods may leave before JOOR hears of the export: the report repeats the status that the order has by then.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_shipped_before_its_report_is_reported_and_stays_shipped() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("82013"));
        let down = Fault::Status { code: 503, body: String::new(), headers: Vec::new() };
        world.joor_fault("POST bulk_update", When::Next, down);
        world.sync_ends_with(4).await;
        world.sandbox.joor.set_status("82013", Status::Shipped);
        world.pass(Duration::from_secs(900));
        world.sync().await;
        assert_eq!(world.joor_report("82013").0, "SUCCESS");
        assert_eq!(world.joor("82013").status, Status::Shipped);
        world.sync().await;
        let shown = world.order("82013").await;
        assert!(!shown.problems().contains(&"BACK_STATUS_FAILED"), "{:#}", shown.0);
        world.shop_order_of("82013");
    })
    .await;
}

/// A report that failed and that the order's new status forbids comes to rest, and so does what was said about it.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_may_not_be_written_any_more_is_no_question_to_anybody() {
    let mut world = World::start().await;
    world.approved(world.plain("82012"));
    let down = Fault::Status { code: 503, body: String::new(), headers: Vec::new() };
    world.joor_fault("POST bulk_update", When::Next, down);
    world.sync_ends_with(4).await;
    world.order("82012").await.must_be("exported", &["BACK_STATUS_FAILED"]);
    world.sandbox.joor.set_status("82012", Status::Cancelled);
    world.pass(Duration::from_secs(900));
    world.sync().await;
    world.sync().await;
    world.order("82012").await.must_be("exported", &["CHG_JOOR_CANCELLED"]);
    assert_eq!(world.joor_report("82012").0, "UNDEFINED");
    let before = world.sandbox.joor.operations().len();
    world.pass(Duration::from_secs(900));
    world.sync().await;
    let asked = world.sandbox.joor.operations().split_off(before);
    let lists = asked.iter().filter(|name| *name == "GET orders").count();
    assert_eq!(lists, 3, "nothing is read for a report: {asked:?}");
    world.finish().await;
}

/// A person's wish is not taken for our loss while the order stands; where it is cancelled, a person is asked. Each cycle
/// is a process of its own, so that nothing depends on who is quicker.
#[tokio::test(flavor = "multi_thread")]
async fn a_re_export_clicked_after_a_report_whose_answer_was_lost_sends_nothing_twice() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("84020"));
        world.approved(world.brand.order("84021", 1).line(world.brand.line(1, 0, 1)));
        world.joor_fault("POST bulk_update", When::Next, Fault::LoseReply);
        world.run(&["sync", "--once"]).await;
        for id in ["84020", "84021"] {
            assert_eq!(world.joor_report(id).0, "SUCCESS", "JOOR has executed the report");
        }
        let first = world.shop_order_of("84020");
        world.sandbox.shop.cancel_order(&first.gid, true);
        for id in ["84020", "84021"] {
            world.sandbox.joor.set_to_reexport(id);
        }
        for _ in 0..4 {
            world.pass(Duration::from_secs(600));
            world.run(&["sync", "--once"]).await;
        }
        world.order("84021").await.must_be("exported", &[]);
        assert_eq!(world.joor_report("84021").0, "SUCCESS", "the standing one is reported again");
        // The answer that was lost stays said until the question is answered: nothing is written over a person's wish.
        world.order("84020").await.must_be("exported", &["BACK_STATUS_FAILED", "CHG_SHOPIFY_CANCELLED"]);
        assert_eq!(world.asked("OrderCreate"), 2);
    })
    .await;
}
