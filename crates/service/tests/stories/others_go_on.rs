//! One order, retailer or step that gets no answer, while everything else does: it keeps nothing else back.

use super::days::{DAY, HOUR, MINUTE, at, mails_to};
use super::money::long;
use crate::harness::{World, until};
use sandbox::brand::ROOMS;
use sandbox::joor::Status;
use sandbox::{Fault, When};

fn away(code: u16) -> Fault {
    Fault::Status { code, body: "the server is busy".to_owned(), headers: Vec::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_lines_joor_never_gives_is_held_and_keeps_no_other_back() {
    let world = World::start().await;
    for id in ["98001", "98002", "98003", "98004"] {
        world.approved(world.plain(id));
    }
    world.joor_fault_about("GET sku_line_items", "98003", When::Always, away(504));
    world.sync().await;
    for id in ["98001", "98002", "98004"] {
        world.order(id).await.must_be("exported", &[]);
    }
    let held = world.order("98003").await;
    held.must_be("held", &["SRC_BAD_PAYLOAD"]);
    assert!(held.sentence("SRC_BAD_PAYLOAD").contains("504"), "{:#}", held.0);
    assert_eq!(world.joor_report("98003").0, "FAILED");

    world.sandbox.faults.clear();
    world.sync().await;
    world.order("98003").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_joor_gives_no_lines_at_all_that_is_an_outage_and_no_order_is_blamed() {
    let world = World::start().await;
    for id in ["98005", "98006", "98007"] {
        world.approved(world.plain(id));
    }
    world.joor_fault("GET sku_line_items", When::Always, away(503));
    world.sync_ends_with(4).await;
    for id in ["98005", "98006", "98007"] {
        world.order(id).await.must_be("seen", &[]);
    }
    world.sandbox.faults.clear();
    world.sync().await;
    for id in ["98005", "98006", "98007"] {
        world.order(id).await.must_be("exported", &[]);
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retailer_about_whom_shopify_gives_no_answer_keeps_only_its_own_orders_back() {
    let mut world = World::start().await;
    let new = world.brand.order("98011", 2).line(world.brand.line(0, 0, 1));
    let name = new.customer.name.clone();
    world.approved(new);
    world.approved(world.plain("98012"));
    world.fault_about("CustomerSet", &name, When::Always, away(502));
    world.run_as_service().await;
    world.until_order("98012", "exported").await;
    let held = world.until_order("98011", "held").await;
    held.must_be("held", &["DEST_REJECTED"]);
    // Not at the first try: a moment's trouble is no trouble of the order.
    assert!(world.asked("CustomerSet") >= 3, "{}", world.asked("CustomerSet"));
    world.approved(world.plain("98013"));
    world.until_order("98013", "exported").await;
    world.sandbox.faults.clear();
    world.until_order("98011", "exported").await;
    world.stop_service().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_shopify_never_moves_keeps_no_other_one_from_its_location() {
    let mut world = World::start().await;
    world.settings.text("orders", "fulfilment", "assigned");
    world.settings.text("orders", "location", &ROOMS[1].id.to_string());
    world.apply().await;
    world.approved(world.plain("98021"));
    world.fault("MoveFulfillmentOrder", When::Always, away(504));
    world.run(&["sync", "--once"]).await;
    let stuck = world.shop_order_of("98021").fulfilment_orders;
    assert_eq!(stuck.len(), 1, "{stuck:?}");
    world.sandbox.faults.clear();
    world.fault_about("MoveFulfillmentOrder", &stuck[0], When::Always, away(504));

    world.approved(world.plain("98022"));
    world.run_as_service().await;
    let there = [format!("gid://shopify/Location/{}", ROOMS[1].id)];
    until("the second order is moved", || {
        world.shop_orders_of("98022").iter().any(|order| order.assigned_locations == there)
    })
    .await;
    assert_ne!(world.shop_order_of("98021").assigned_locations, there);
    world.stop_service().await;
    world.sandbox.faults.clear();
    world.pass(HOUR);
    world.sync().await;
    assert_eq!(world.shop_order_of("98021").assigned_locations, there);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_missing_part_of_an_order_that_joor_cancelled_stays_where_it_is() {
    let mut world = World::start().await;
    world.settings.text("orders", "splitting", "split");
    world.apply().await;
    world.approved(long(&world, "98031"));
    world.fault("OrderCreate", When::Nth(2), Fault::Throttled);
    world.run(&["sync", "--once"]).await;
    let first = world.shop_order_of("98031");
    world.sandbox.joor.change("98031", |order| order.status = Status::Cancelled);
    for _ in 0..3 {
        world.sync().await;
    }
    assert_eq!(world.shop_orders_of("98031").len(), 1, "the other part is not wanted any more");
    let told = world.order("98031").await.sentence("CHG_JOOR_CANCELLED");
    assert!(told.contains(&first.name), "{told}");

    // Somebody cancelled it by mistake.
    world.sandbox.joor.change("98031", |order| order.status = Status::Approved);
    world.sync().await;
    world.sync().await;
    assert_eq!(world.shop_orders_of("98031").len(), 2);
    world.order("98031").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_approvals_that_joor_refuses_keeps_no_export_back_and_the_daily_mail_says_so() {
    let mut world = World::with(at(5)).await;
    world.approved(world.plain("98041"));
    world.sync().await;
    world.pass(DAY + HOUR + MINUTE);
    world.joor_fault_about("GET orders", "date_approved_start", When::Always, away(500));
    world.approved(world.plain("98042"));
    world.run_as_service().await;
    world.until_order("98042", "exported").await;
    until("the daily mail", || !mails_to(&world, "daily").is_empty()).await;
    let mails = mails_to(&world, "daily");
    let said = "JOOR's list of approved orders cannot be read";
    assert!(mails.len() == 1 && mails[0].body_text.replace('\n', " ").contains(said), "{mails:#?}");
    world.approved(world.plain("98043"));
    world.until_order("98043", "exported").await;
    world.stop_service().await;
    world.finish().await;
}
