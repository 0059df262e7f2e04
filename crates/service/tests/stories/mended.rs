//! Sequences in which something is left behind or asked twice: parts of a split order, give-ups, one poisoned order,
//! questions that are left as they are.

use super::money::long;
use crate::harness::{World, in_both_kinds_of_shop, until, until_within};
use sandbox::brand::ROOMS;
use sandbox::joor::Status;
use sandbox::shopify::OrderView;
use sandbox::{Fault, When};
use std::time::Duration;

/// Two looks, and a quiet time that begins with the request's deadline; or the wait before a second try.
const PATIENCE: Duration = Duration::from_secs(75);

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
    world.finish().await;
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
    world.finish().await;
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

/// An exported order whose SUCCESS JOOR has shown to a later read.
async fn exported(world: &World, id: &str) -> OrderView {
    world.approved(world.plain(id));
    world.sync().await;
    world.sync().await;
    world.order(id).await.must_be("exported", &[]);
    world.shop_order_of(id)
}

async fn cycles(world: &World, count: usize) {
    for _ in 0..count {
        world.sync().await;
    }
}

/// The second part's connection broke before anything left: it is looked for, surely absent, and leaves as frozen.
async fn a_part_that_never_left() {
    let mut world = World::start().await;
    world.settings.text("orders", "splitting", "split");
    world.apply().await;
    world.approved(long(&world, "95010"));
    world.fault("OrderCreate", When::Nth(2), Fault::DropBefore);
    world.run_as_service().await;
    world.until_order("95010", "unconfirmed").await;
    assert_eq!(world.shop_orders_of("95010").len(), 1);
    until_within(PATIENCE, "both parts are reported", || world.joor_report("95010").0 == "SUCCESS").await;
    world.until_shown("95010", "without a question", |shown| shown.problems().is_empty()).await;
    let parts = world.shop_orders_of("95010");
    let units: i64 = parts.iter().flat_map(|part| &part.lines).map(|line| line.quantity).sum();
    assert_eq!((parts.len(), units, world.asked("OrderCreate")), (2, 300, 3));
    world.stop_service().await;
    world.finish().await;
}

/// JOOR breaks down at the report of a second export. The repetition is about that export, not about the cancelled one.
async fn a_second_exports_report_that_failed_once() {
    let mut world = World::start().await;
    let first = exported(&world, "95011").await;
    world.sandbox.shop.cancel_order(&first.gid, true);
    world.sandbox.joor.set_to_reexport("95011");
    let down = Fault::Status { code: 503, body: String::new(), headers: Vec::new() };
    world.joor_fault("POST bulk_update", When::Next, down);
    world.run_as_service().await;
    world.until_shown("95011", "exported again", |shown| shown.generation() == 2).await;
    until_within(PATIENCE, "the report is repeated", || world.joor_report("95011").0 == "SUCCESS").await;
    let shown = world.until_shown("95011", "without a question", |shown| shown.problems().is_empty()).await;
    shown.must_be("exported", &[]);
    let orders = world.shop_orders_of("95011");
    let live: Vec<&str> =
        orders.iter().filter(|order| order.is_live()).map(|order| order.name.as_str()).collect();
    assert_eq!((orders.len(), live.len()), (2, 1));
    assert_eq!(world.joor_report("95011").1, format!("Shopify order {}", live[0]));
    world.stop_service().await;
    world.finish().await;
}

/// While nobody can know whether a second export is in Shopify, no person settles it; once the request cannot be executed
/// late any more, their word that it is not there counts.
async fn a_second_export_whose_fate_is_open() {
    let mut world = World::start().await;
    let first = exported(&world, "95012").await;
    world.sandbox.shop.cancel_order(&first.gid, true);
    world.sandbox.joor.set_to_reexport("95012");
    world.fault("OrderCreate", When::Next, Fault::DropBefore);
    cycles(&world, 2).await;
    let shown = world.order("95012").await;
    assert_eq!((shown.state(), shown.generation()), ("unconfirmed", 2), "{:#}", shown.0);
    for refused in [
        &["orders", "close", "95012", "--note", "typed in by hand"][..],
        &["orders", "re-export", "95012", "--give-up"][..],
    ] {
        let ran = world.run(refused).await.must_end_with(2);
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains("without a clear answer"), "{ran:?}");
    }
    // Noted, but too early to be believed.
    world.retry("95012", &["--not-there"]).await;
    world.sync().await;
    assert_eq!(world.order("95012").await.state(), "unconfirmed");
    assert_eq!(world.asked("OrderCreate"), 2);
    // The request's deadline and the quiet time.
    world.pass(Duration::from_secs(32));
    world.retry("95012", &["--not-there"]).await;
    cycles(&world, 2).await;
    world.order("95012").await.must_be("exported", &[]);
    assert_eq!((world.asked("OrderCreate"), world.shop_orders_of("95012").len()), (3, 2));
    assert_eq!(world.joor_report("95012").0, "SUCCESS");
    world.finish().await;
}

/// Orders may be created but not moved: everything is exported and the failed moves are shown, until the permission is there.
async fn a_permission_that_is_missing_for_moving_orders() {
    let mut world = World::start().await;
    world.settings.text("orders", "fulfilment", "assigned");
    world.settings.text("orders", "location", &ROOMS[1].id.to_string());
    world.apply().await;
    let denied = r#"{"data":{"fulfillmentOrderMove":null},"errors":[{"message":"Access denied for fulfillmentOrderMove field.",
        "path":["fulfillmentOrderMove"],"extensions":{"code":"ACCESS_DENIED",
        "requiredAccess":"`write_merchant_managed_fulfillment_orders` access scope."}}]}"#;
    let denied = Fault::Status { code: 200, body: denied.to_owned(), headers: Vec::new() };
    world.fault("MoveFulfillmentOrder", When::Always, denied);
    for (id, style) in [("95013", 0), ("95014", 1)] {
        world.approved(world.brand.order(id, 0).line(world.brand.line(style, 0, 1)));
        world.sync().await;
        let shown = world.order(id).await;
        shown.must_be("exported", &["LOC_ASSIGN_FAILED"]);
        assert_eq!(world.joor_report(id).0, "SUCCESS");
    }
    world.sandbox.faults.clear();
    world.run_as_service().await;
    let room = format!("gid://shopify/Location/{}", ROOMS[1].id);
    for id in ["95013", "95014"] {
        world.until_shown(id, "moved", |shown| shown.problems().is_empty()).await;
        assert_eq!(world.shop_order_of(id).assigned_locations, [room.as_str()]);
    }
    world.stop_service().await;
    world.finish().await;
}

/// Without the scope Shopify does not refuse the move: it shows no work that could be moved. That is no success, and it
/// heals by itself once the scope is granted; an order that people shipped meanwhile has nothing left to move.
async fn a_scope_without_which_there_is_nothing_to_move() {
    let mut world = World::start().await;
    world.settings.text("orders", "fulfilment", "assigned");
    world.settings.text("orders", "location", &ROOMS[1].id.to_string());
    world.apply().await;
    let scope = "write_merchant_managed_fulfillment_orders";
    world.sandbox.shop.configure(|shop| shop.scopes.retain(|other| other != scope));
    for (id, style) in [("95015", 0), ("95016", 1), ("95017", 1)] {
        world.approved(world.brand.order(id, 0).line(world.brand.line(style, 0, 1)));
        world.sync().await;
        let shown = world.order(id).await;
        shown.must_be("exported", &["LOC_ASSIGN_FAILED"]);
        assert!(shown.sentence("LOC_ASSIGN_FAILED").contains(scope), "{:#}", shown.0);
        assert_eq!((world.joor_report(id).0.as_str(), world.asked("MoveFulfillmentOrder")), ("SUCCESS", 0));
    }
    world.sandbox.shop.cancel_order(&world.shop_order_of("95016").gid, true);
    world.sandbox.shop.fulfil(&world.shop_order_of("95017").gid);
    world.pass(Duration::from_secs(120));
    world.sync().await;
    world.order("95015").await.must_be("exported", &["LOC_ASSIGN_FAILED"]);
    world.order("95017").await.must_be("exported", &[]);
    let cancelled = world.order("95016").await;
    assert!(!cancelled.problems().contains(&"LOC_ASSIGN_FAILED"), "{:#}", cancelled.0);
    world.sandbox.shop.configure(|shop| shop.scopes.push(scope.to_owned()));
    world.pass(Duration::from_secs(600));
    world.sync().await;
    world.order("95015").await.must_be("exported", &[]);
    let room = format!("gid://shopify/Location/{}", ROOMS[1].id);
    assert_eq!(world.shop_order_of("95015").assigned_locations, [room.as_str()]);
    assert_eq!(world.asked("MoveFulfillmentOrder"), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_the_waits_of_the_protocol_ends_well_and_exactly_once() {
    tokio::join!(
        a_part_that_never_left(),
        a_second_exports_report_that_failed_once(),
        a_second_export_whose_fate_is_open(),
        a_permission_that_is_missing_for_moving_orders(),
        a_scope_without_which_there_is_nothing_to_move(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_re_export_was_given_up_a_later_one_exports_once_the_earlier_order_is_cancelled() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let first = exported(world, "95020").await;
        world.sandbox.joor.set_to_reexport("95020");
        cycles(world, 3).await;
        world.order("95020").await.must_be("held", &["DUP_LIVE_EXPORT"]);
        world.run(&["orders", "re-export", "95020", "--give-up"]).await.must_end_with(0);
        cycles(world, 2).await;
        assert_eq!(world.joor_report("95020").0, "SUCCESS");
        world.sandbox.shop.cancel_order(&first.gid, true);
        world.sandbox.joor.set_to_reexport("95020");
        cycles(world, 3).await;
        let shown = world.order("95020").await;
        shown.must_be("exported", &[]);
        assert_eq!(shown.generation(), 3);
        let orders = world.shop_orders_of("95020");
        let live: Vec<_> = orders.iter().filter(|order| order.is_live()).collect();
        assert_eq!((orders.len(), live.len()), (2, 1));
        assert_eq!(live[0].source_identifier.as_deref(), Some("sandbox-424242-95020-3-1"));
        assert_eq!(world.joor_report("95020").1, format!("Shopify order {}", live[0].name));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_re_export_that_is_given_up_twice_shows_the_first_order_in_joor_both_times() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let first = exported(world, "95021").await;
        let success = ("SUCCESS".to_owned(), format!("Shopify order {}", first.name));
        for _ in 0..2 {
            world.sandbox.joor.set_to_reexport("95021");
            cycles(world, 3).await;
            world.order("95021").await.must_be("held", &["DUP_LIVE_EXPORT"]);
            assert_eq!(world.joor_report("95021").0, "FAILED");
            world.run(&["orders", "re-export", "95021", "--give-up"]).await.must_end_with(0);
            cycles(world, 2).await;
            assert_eq!(world.joor_report("95021"), success);
            let shown = world.order("95021").await;
            assert!(shown.problems().is_empty(), "{:#}", shown.0);
        }
        world.shop_order_of("95021");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_number_that_no_token_can_hold_is_kept_and_shown_and_the_service_goes_on() {
    let mut world = World::start().await;
    world.approved(world.plain("71-1"));
    world.approved(world.brand.order("95030", 1).line(world.brand.line(1, 0, 1)));
    world.run_as_service().await;
    world.until_order("95030", "exported").await;
    // Several cycles over the odd one, and a new order in the middle of them.
    let read = world.sandbox.joor.requests();
    until("some more cycles", || world.sandbox.joor.requests() > read + 12).await;
    world.approved(world.brand.order("95031", 1).line(world.brand.line(1, 1, 1)));
    world.until_order("95031", "exported").await;
    let odd = world.order("71-1").await;
    assert_eq!(odd.problems(), ["SRC_BAD_PAYLOAD"], "{:#}", odd.0);
    assert!(odd.sentence("SRC_BAD_PAYLOAD").contains("71-1"), "{:#}", odd.0);
    let (state, words) = world.joor_report("71-1");
    assert!(
        state == "FAILED" && words.contains("71-1") && words.ends_with("[SRC_BAD_PAYLOAD]"),
        "{state} {words}"
    );
    let held = world.run(&["orders", "list", "--state", "held"]).await;
    let listed = &held.json["orders"][0];
    assert_eq!(
        (&listed["joor_order"], &listed["state"]),
        (&"71-1".into(), &"held".into()),
        "{:#}",
        held.json
    );
    assert_eq!(odd.state(), "held");
    assert_eq!(world.sandbox.shop.orders().len(), 2);
    world.stop_service().await;
    let proof = world.run(&["proof"]).await;
    let equation = &proof.json["connections"][0]["equation"];
    assert_eq!(equation["held"]["count"], 1, "{:#}", proof.json);
    assert_eq!(equation["in_flight"]["count"], 0, "{:#}", proof.json);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn identifiers_longer_than_any_number_disturb_no_other_order() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let endless = "99999999999999999999";
        let mut order = world.plain("95040");
        order.customer.code = endless.to_owned();
        world.approved(order);
        let mut order = world.plain("95041");
        order.lines[0].style_identifier = endless.to_owned();
        order.lines[0].upc = Some(endless.to_owned());
        order.lines[0].sku_identifier = endless.to_owned();
        order.lines[0].sku_id = "990077".to_owned();
        order.lines[0].product_id = "99007".to_owned();
        world.approved(order);
        world.approved(world.brand.order("95042", 1).line(world.brand.line(1, 0, 1)));
        cycles(world, 2).await;
        world.order("95042").await.must_be("exported", &[]);
        // Such a code names no customer, so the retailer is found or made as if there were none.
        world.order("95040").await.must_be("exported", &[]);
        world.order("95041").await.must_be("held", &["ITEM_NOT_FROM_SHOPIFY"]);
        assert!(world.shop_orders_of("95041").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_that_joor_interrupts_mails_nothing_about_orders() {
    for fault in [Fault::Throttled, Fault::Status { code: 503, body: String::new(), headers: Vec::new() }] {
        let world = World::preview().await;
        world.set_stock(0, 0, [0, 0]);
        world.approved(world.plain("95050"));
        world.sync().await;
        world.order("95050").await.must_be("held", &["STOCK_SHORT"]);
        world.joor_fault("GET orders", When::Always, fault.clone());
        let interrupted = world.run(&["sync", "--once"]).await;
        assert_ne!(interrupted.code, 0, "{fault:?}: {interrupted:?}");
        world.sandbox.faults.clear();
        let mails = world.mails();
        let about_orders = |mail: &sandbox::Mail| {
            mail.body_text.contains("95050") || mail.to == ["wholesale@brand.example.com"]
        };
        assert!(!mails.iter().any(about_orders), "{fault:?}: {mails:#?}");
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_an_order_that_was_cancelled_in_joor_as_it_is_closes_the_question() {
    let world = World::start().await;
    exported(&world, "95060").await;
    world.sandbox.joor.cancel("95060");
    world.sync().await;
    world.order("95060").await.must_be("exported", &["CHG_JOOR_CANCELLED"]);
    world.run(&["orders", "close", "95060", "--note", "the retailer takes it anyway"]).await.must_end_with(0);
    for _ in 0..3 {
        world.sync().await;
        world.order("95060").await.must_be("exported", &[]);
    }
    assert!(world.shop_order_of("95060").is_live());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_an_order_that_was_approved_again_as_it_is_closes_the_question() {
    let world = World::start().await;
    let first = exported(&world, "95061").await;
    world.sandbox.joor.set_status("95061", Status::Pending);
    world.sync().await;
    world.sandbox.joor.approve("95061");
    world.sandbox.joor.set_to_reexport("95061");
    cycles(&world, 3).await;
    let shown = world.order("95061").await;
    assert!(shown.problems().contains(&"CHG_JOOR_REAPPROVED"), "{:#}", shown.0);
    world.run(&["orders", "close", "95061", "--note", "nothing changed"]).await.must_end_with(0);
    cycles(&world, 3).await;
    world.order("95061").await.must_be("exported", &[]);
    assert_eq!(world.joor_report("95061"), ("SUCCESS".to_owned(), format!("Shopify order {}", first.name)));
    assert_eq!(world.shop_order_of("95061"), first);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_with_nothing_open_reads_joor_three_times_and_asks_shopify_nothing() {
    let world = World::start().await;
    world.approved(world.plain("95070").status(Status::Pending));
    world.sync().await;
    let (joor, shopify) = (world.sandbox.joor.operations().len(), world.sandbox.shop.operations().len());
    world.sync().await;
    let mut asked = world.sandbox.joor.operations().split_off(joor);
    // Each run of the program signs in once.
    asked.retain(|operation| operation != "token");
    assert_eq!(asked, ["GET orders"; 3]);
    assert_eq!(world.sandbox.shop.operations().split_off(shopify), Vec::<String>::new());
    world.finish().await;
}
