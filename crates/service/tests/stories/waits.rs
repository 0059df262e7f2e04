//! Stories about what only time settles: the window in which Shopify shows orders, waits that grow, refusals that are
//! kept for hours, pauses, and tokens that end.

use super::days::{DAY, HOUR, MINUTE, at, ignored, mails_to, other};
use crate::harness::{CONNECTION, Call, Options, World, in_both_kinds_of_shop, until};
use jiff::ToSpan;
use sandbox::{Fault, Service, When};
use std::time::Duration;

fn may_read_all_orders(world: &World) {
    world.sandbox.shop.configure(|shop| shop.scopes.push("read_all_orders".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_approved_before_the_window_waits_for_the_permission_to_look() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let today = world.sandbox.clock.today();
        world.settings.text("schedule", "exported_since", &today.saturating_sub(90.days()).to_string());
        world.apply().await;
        world.approved(world.plain("96201").approved_on(today.saturating_sub(70.days())));
        world.approved(other(world, "96202").approved_on(today.saturating_sub(50.days())));
        world.sync().await;
        world.order("96202").await.must_be("exported", &[]);
        let held = world.order("96201").await;
        held.must_be("held", &["DUP_LOOKUP_BLIND"]);
        assert!(held.sentence("DUP_LOOKUP_BLIND").contains("read_all_orders"), "{:#}", held.0);
        assert_eq!((held.requests(), world.shop_orders_of("96201").len()), (0, 0));
        assert_eq!(world.joor_report("96201").0, "FAILED");
        may_read_all_orders(world);
        world.sync().await;
        world.order("96201").await.must_be("exported", &[]);
        assert_eq!(world.joor_report("96201").0, "SUCCESS");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_fate_that_grew_older_than_the_window_is_never_sent_on_a_guess() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("96211"));
        world.fault("OrderCreate", When::Next, Fault::LoseReply);
        world.sync().await;
        world.approved(other(world, "96212"));
        world.fault("OrderCreate", When::Next, Fault::DropBefore);
        world.sync().await;
        for id in ["96211", "96212"] {
            world.order(id).await.must_be("unconfirmed", &["DEST_UNCONFIRMED"]);
        }
        world.pass(61 * DAY);
        for _ in 0..3 {
            world.pass(HOUR);
            world.sync().await;
        }
        for id in ["96211", "96212"] {
            let shown = world.order(id).await;
            shown.must_be("unconfirmed", &["DEST_UNCONFIRMED"]);
            assert!(shown.events().contains(&"looked_blind"), "{:#}", shown.0);
            assert_eq!(shown.requests(), 1);
        }
        may_read_all_orders(world);
        for _ in 0..3 {
            world.pass(HOUR);
            world.sync().await;
        }
        // Absence takes a quiet time within one process, or the word of a person who searched.
        world.order("96212").await.must_be("unconfirmed", &["DEST_UNCONFIRMED"]);
        world.retry("96212", &["--not-there"]).await;
        world.sync().await;
        for (id, requests) in [("96211", 1), ("96212", 2)] {
            let shown = world.order(id).await;
            shown.must_be("exported", &[]);
            assert_eq!(shown.requests(), requests, "{id}");
            world.shop_order_of(id);
            assert_eq!(world.joor_report(id).0, "SUCCESS");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_re_export_after_the_window_closed_goes_on_only_where_the_earlier_order_can_be_seen() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("96221"));
        world.sync().await;
        world.sync().await;
        let first = world.shop_order_of("96221");
        world.pass(61 * DAY);
        world.sandbox.joor.set_to_reexport("96221");
        world.sandbox.shop.cancel_order(&first.gid, true);
        for _ in 0..4 {
            world.pass(HOUR);
            world.sync().await;
        }
        let shown = world.order("96221").await;
        shown.must_be("held", &["DUP_LIVE_EXPORT"]);
        assert!(shown.sentence("DUP_LIVE_EXPORT").contains(&first.name), "{:#}", shown.0);
        may_read_all_orders(world);
        world.pass(HOUR);
        world.sync().await;
        let shown = world.order("96221").await;
        shown.must_be("exported", &[]);
        assert_eq!((shown.generation(), world.shop_orders_of("96221").len()), (2, 2));
    })
    .await;
}

/// Of an order that was linked, the link is young and the order may be old: its own age counts.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_linked_late_is_out_of_sight_when_shopify_hides_it_and_not_gone() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("96241"));
        world.sync().await;
        let first = world.shop_order_of("96241");
        // As if another tool had made it, long ago.
        world.sandbox.shop.age_order(&first.gid, 50 * DAY);
        world.sandbox.shop.remove_metafields(&first.gid);
        world.forget_everything().await;
        world.sync().await;
        world.retry("96241", &["--link-order", first.gid.rsplit('/').next().expect("a number")]).await;
        world.sync().await;
        world.order("96241").await.must_be("exported", &[]);
        world.pass(11 * DAY);
        world.sync().await;
        let since = world.sandbox.clock.today().saturating_sub(20.days()).to_string();
        let proof = world.run(&["proof", "--from", &since]).await.must_end_with(1).json.to_string();
        assert!(proof.contains("out_of_sight") && !proof.contains("missing"), "{proof}");
        world.run(&["orders", "re-export", "96241"]).await.must_end_with(0);
        for _ in 0..3 {
            world.pass(HOUR);
            world.sync().await;
        }
        world.order("96241").await.must_be("held", &["DUP_LIVE_EXPORT"]);
        assert_eq!(world.shop_orders_of("96241").len(), 1);
        may_read_all_orders(world);
        world.sandbox.shop.cancel_order(&first.gid, true);
        world.pass(HOUR);
        world.sync().await;
        world.order("96241").await.must_be("exported", &[]);
        assert_eq!(world.shop_orders_of("96241").len(), 2);
    })
    .await;
}

/// Killed between create and record, and cancelled by somebody before the next start.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_found_cancelled_is_asked_about_at_once_and_exported_again_on_request() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("96251"));
        world.kill_during(Call::OrderCreate).await;
        world.leases_end();
        until("the order exists", || world.shop_orders_of("96251").len() == 1).await;
        let first = world.shop_order_of("96251");
        world.sandbox.shop.cancel_order(&first.gid, true);
        for _ in 0..3 {
            world.pass(HOUR);
            world.sync().await;
        }
        let held = world.order("96251").await;
        held.must_be("held", &["DUP_FOUND_UNLEDGERED"]);
        let said = held.sentence("DUP_FOUND_UNLEDGERED");
        assert!(said.contains(&first.name) && said.contains("cancelled there"), "{said}");
        let (state, description) = world.joor_report("96251");
        assert_eq!((state.as_str(), description.contains("DUP_FOUND_UNLEDGERED")), ("FAILED", true));
        let mails = world.mails();
        let told = mails.iter().filter(|mail| mail.body_text.contains("cancelled there")).count();
        assert_eq!(told, 1, "told at once, and once: {mails:#?}");
        world.run(&["orders", "re-export", "96251"]).await.must_end_with(0);
        world.sync().await;
        let shown = world.order("96251").await;
        shown.must_be("exported", &[]);
        assert_eq!((shown.generation(), world.shop_orders_of("96251").len()), (2, 2));
        assert_eq!(world.joor_report("96251").0, "SUCCESS");
    })
    .await;
}

fn reports(world: &World) -> usize {
    world.sandbox.joor.operations().iter().filter(|name| *name == "POST bulk_update").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_fails_is_tried_again_after_waits_that_grow() {
    let mut world = World::start().await;
    world.approved(world.plain("96501"));
    world.joor_fault("POST bulk_update", When::Always, ignored());
    world.sync().await;
    assert_eq!(reports(&world), 1);
    // 30 s, 60 s and 120 s, each spread by a fifth; the story itself takes seconds too.
    for (tries, (early, late)) in [(1, (15, 25)), (2, (40, 35)), (3, (85, 65))] {
        world.pass(Duration::from_secs(early));
        world.sync().await;
        assert_eq!(reports(&world), tries, "{early} s after report {tries} is too early");
        world.pass(Duration::from_secs(late));
        world.sync().await;
        assert_eq!(reports(&world), tries + 1, "{} s after report {tries}", early + late);
    }
    world.order("96501").await.must_be("exported", &["BACK_STATUS_FAILED"]);
    world.sandbox.faults.clear();
    world.pass(10 * MINUTE);
    world.sync().await;
    world.order("96501").await.must_be("exported", &[]);
    assert_eq!(world.joor_report("96501").0, "SUCCESS");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_order_is_sent_again_after_six_hours_and_not_before() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("96511"));
        let refusal = r#"{"data":{"orderCreate":{"order":null,"userErrors":[{"code":"INVALID","field":["order"],
            "message":"Something about this order"}]}}}"#;
        let refused = Fault::Status { code: 200, body: refusal.to_owned(), headers: Vec::new() };
        world.fault("OrderCreate", When::Next, refused);
        world.sync().await;
        for _ in 0..5 {
            world.order("96511").await.must_be("held", &["DEST_REJECTED"]);
            world.pass(HOUR);
            world.sync().await;
        }
        assert_eq!(world.asked("OrderCreate"), 1, "the same request is refused again, so it is not sent");
        world.pass(HOUR + MINUTE);
        world.sync().await;
        world.order("96511").await.must_be("exported", &[]);
        assert_eq!(world.asked("OrderCreate"), 2);
        world.shop_order_of("96511");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_of_ten_days_reads_nothing_and_loses_nothing() {
    let mut world = World::start().await;
    world.approved(world.plain("96701"));
    world.sync().await;
    world.run(&["connection", "pause", CONNECTION]).await.must_end_with(0);
    world.sync().await;
    let before = (world.sandbox.joor.requests(), world.sandbox.shop.requests(), world.mails().len());
    world.pass(5 * DAY);
    world.sandbox.joor.cancel("96701");
    world.approved(other(&world, "96702"));
    world.run_as_service().await;
    world.pass(5 * DAY);
    world.sync_ends_with(3).await;
    world.settings.text("alerts", "silence", "5h");
    world.apply().await;
    world.until_in_force("5h").await;
    world.stop_service().await;
    world.sync().await;
    let after = (world.sandbox.joor.requests(), world.sandbox.shop.requests(), world.mails().len());
    assert_eq!(after, before, "no call and no alarm while it is paused");
    world.run(&["connection", "resume", CONNECTION]).await.must_end_with(0);
    world.sync().await;
    world.order("96701").await.must_be("exported", &["CHG_JOOR_CANCELLED"]);
    world.order("96702").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_daily_pause_nothing_is_read_and_afterwards_everything_follows() {
    let mut world = World::with(at(20)).await;
    world.settings.text("schedule", "pause", "22:00-06:00").text("alerts", "silence", "3h");
    world.apply().await;
    world.sync().await;
    let calls = |world: &World| (world.sandbox.joor.requests(), world.sandbox.shop.requests());
    let before = calls(&world);
    world.approved(world.plain("96711"));
    for _ in 0..3 {
        world.pass(3 * HOUR);
        let ran = world.sync().await;
        let due = ran.json["connections"][0]["next_due"].as_str().unwrap_or_default();
        assert!(due.ends_with("T06:00:00Z"), "{:#}", ran.json);
        let listed = world.run(&["connection", "list"]).await.json["connections"][0].clone();
        assert_eq!((&listed["state"], &listed["rests_until"]), (&"live".into(), &due.into()), "{listed:#}");
    }
    assert_eq!(calls(&world), before);
    world.pass(HOUR + 10 * MINUTE);
    world.sync().await;
    world.order("96711").await.must_be("exported", &[]);
    let listed = world.run(&["connection", "list"]).await.json["connections"][0].clone();
    assert!(listed["rests_until"].is_null(), "{listed:#}");

    // The next night, with the service: no alarm, and new settings are taken, which end the pause.
    world.pass(15 * HOUR);
    world.sync().await;
    let before = calls(&world);
    world.approved(other(&world, "96712"));
    world.pass(5 * HOUR);
    world.run_as_service().await;
    world.settings.text("alerts", "silence", "4h");
    world.apply().await;
    world.until_in_force("4h").await;
    assert_eq!((calls(&world), mails_to(&world, "it")), (before, vec![]));
    world.settings.remove("schedule", "pause");
    world.apply().await;
    world.until_order("96712", "exported").await;
    world.stop_service().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_renewed_before_they_end_and_one_that_cannot_be_is_told() {
    let mut options = Options::default();
    options.sandbox.joor.token_life = Duration::from_secs(4);
    options.sandbox.shop.token_life = Duration::from_secs(4);
    let mut world = World::with(options).await;
    world.settings.remove("shopify", "access_token").text("shopify", "client_id", "sandbox-client");
    world.settings.text("shopify", "client_secret", "sandbox-secret");
    world.apply().await;
    world.approved(world.plain("96801"));
    world.run_as_service().await;
    world.until_order("96801", "exported").await;
    let given = world.sandbox.joor.tokens_given();
    until("both first tokens ended", || world.sandbox.joor.tokens_given() >= given + 3).await;
    world.approved(other(&world, "96802"));
    world.until_order("96802", "exported").await;
    assert_eq!(
        world.sandbox.shop.operations().len(),
        world.sandbox.shop.costs().len(),
        "no token was refused"
    );
    assert!(!world.log().contains("refused the token"), "{}", world.log());
    assert_eq!(world.connection_problems().await, Vec::<String>::new());

    let away = Fault::Status { code: 503, body: String::new(), headers: Vec::new() };
    world.sandbox.faults.script(Service::ShopifyToken, "*", When::Always, away);
    let given = world.sandbox.joor.tokens_given();
    until("Shopify's token ends too", || world.sandbox.joor.tokens_given() >= given + 3).await;
    world.approved(world.plain("96803"));
    until("the outage is told", || mails_to(&world, "it").len() == 1).await;
    let told = &mails_to(&world, "it")[0];
    for word in ["CONN_SHOPIFY_TOKEN", "1 order waits"] {
        assert!(told.body_text.contains(word), "{word} is not in\n{}", told.body_text);
    }
    world.sandbox.faults.clear();
    world.until_order("96803", "exported").await;
    until("the end is told", || mails_to(&world, "it").len() == 2).await;
    assert_eq!(world.connection_problems().await, Vec::<String>::new());
    world.stop_service().await;
    world.finish().await;
}
