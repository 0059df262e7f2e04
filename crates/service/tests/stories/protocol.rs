//! Exactly once: the program is killed, answers are lost, cut and garbled. What needs the waits of the protocol is in
//! `patience`.

use crate::harness::{Call, World, in_both_kinds_of_shop, until};
use sandbox::{Fault, When};

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_create_and_record_then_restarted_there_is_one_order() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("79001"));
        world.kill_during(Call::OrderCreate).await;
        until("the order exists", || world.shop_orders_of("79001").len() == 1).await;
        world.sync().await;
        let shown = world.order("79001").await;
        shown.must_be("exported", &[]);
        assert_eq!((shown.requests(), world.asked("OrderCreate")), (1, 1));
        assert!(shown.events().contains(&"found"), "{:?}", shown.events());
        assert_eq!(world.joor_report("79001").0, "SUCCESS");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_other_call_then_restarted_there_is_one_order() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let calls = [
            (Call::CreateMetafieldDefinition, 0),
            (Call::ShopCheck, 0),
            (Call::Variants, 0),
            (Call::CustomersById, 0),
            (Call::CustomersBySearch, 1),
            (Call::CustomerSet, 2),
            (Call::FindOrders, 0),
            (Call::OrdersState, 0),
            (Call::CustomerUpdateDefaultAddress, 1),
            (Call::JoorToken, 0),
            (Call::JoorOrders, 0),
            (Call::JoorLines, 0),
            (Call::JoorReport, 0),
        ];
        for (step, (call, retailer)) in calls.into_iter().enumerate() {
            let id = format!("791{step:02}");
            world.approved(world.brand.order(&id, retailer).line(world.brand.line(0, step, 1)));
            world.kill_during(call).await;
            world.sync().await;
            let shown = world.order(&id).await;
            assert_eq!(shown.state(), "exported", "killed during {call:?}: {:#}", shown.0);
            world.shop_order_of(&id);
            until("the report is in JOOR", || world.joor_report(&id).0 == "SUCCESS").await;
        }
    })
    .await;
}

/// Ways in which the order is created and the program does not hear so.
fn deafnesses() -> Vec<Fault> {
    vec![
        Fault::LoseReply,
        Fault::ExecuteThenStatus { code: 500, body: "{\"errors\":\"Internal Server Error\"}".to_owned() },
        Fault::ExecuteThenStatus { code: 503, body: String::new() },
        Fault::CutBody { keep: 40 },
        Fault::Garbage,
        Fault::Oversized(64 * 1024 * 1024),
        Fault::ReplaceBody("{}".to_owned()),
        Fault::ReplaceBody("{\"data\":{\"orderCreate\":null},\"errors\":[{\"message\":\"Internal error\",\"extensions\":{\"code\":\"INTERNAL_SERVER_ERROR\"}}]}".to_owned()),
        Fault::ReplaceBody("<html><body>Bad gateway</body></html>".to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_answer_is_lost_cut_or_garbled_the_order_is_looked_up_and_never_sent_again() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let faults = deafnesses();
        for (step, fault) in faults.iter().enumerate() {
            let id = format!("792{step:02}");
            world.approved(world.brand.order(&id, 0).line(world.brand.line(0, step, 1)));
            world.fault("OrderCreate", When::Next, fault.clone());
        }
        world.run_as_service().await;
        for (step, fault) in faults.iter().enumerate() {
            let id = format!("792{step:02}");
            let shown = world.until_order(&id, "exported").await;
            assert_eq!(shown.requests(), 1, "{fault:?}: {:#}", shown.0);
            world.shop_order_of(&id);
        }
        until("all are reported", || {
            (0..faults.len()).all(|step| world.joor_report(&format!("792{step:02}")).0 == "SUCCESS")
        })
        .await;
        assert_eq!(world.asked("OrderCreate"), faults.len());
        world.stop_service().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled_creates_wait_as_long_as_asked_and_go_through_once() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("79012"));
        world.approved(world.brand.order("79013", 1).line(world.brand.line(0, 1, 1)));
        world.fault("OrderCreate", When::Next, Fault::Throttled);
        let headers = vec![("retry-after".to_owned(), "1".to_owned())];
        world.fault("OrderCreate", When::Nth(3), Fault::Status { code: 429, body: String::new(), headers });
        world.run_as_service().await;
        for id in ["79012", "79013"] {
            world.until_order(id, "exported").await;
            world.shop_order_of(id);
        }
        world.stop_service().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn joor_saying_too_many_requests_is_obeyed() {
    let mut world = World::start().await;
    world.approved(world.plain("79014"));
    let headers =
        vec![("x-throttling-reset".to_owned(), "1".to_owned()), ("retry-after".to_owned(), "1".to_owned())];
    let busy = Fault::Status {
        code: 429,
        body: "{\"errors\":[{\"status\":\"TOO_MANY_REQUESTS\"}]}".to_owned(),
        headers,
    };
    world.joor_fault("GET sku_line_items", When::Next, busy);
    world.run_as_service().await;
    world.until_order("79014", "exported").await;
    world.stop_service().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_custom_id_definition_that_somebody_deleted_is_made_again_before_anything_is_sent() {
    let world = World::start().await;
    world.approved(world.plain("79015"));
    world.sync().await;
    world.sandbox.shop.remove_definitions();
    world.approved(world.brand.order("79016", 1).line(world.brand.line(0, 1, 1)));
    world.sync().await;
    world.order("79016").await.must_be("exported", &[]);
    assert_eq!(world.asked("CreateMetafieldDefinition"), 4, "two at set-up, two again");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_ours_that_the_ledger_does_not_know_is_asked_about() {
    let first = World::start().await;
    first.approved(first.plain("79017"));
    first.sync().await;
    first.order("79017").await.must_be("exported", &[]);
    // The ledger is lost; a new one meets the same shop, and JOOR shows the order as not exported.
    first.sandbox.joor.set_to_reexport("79017");
    first.forget_everything().await;
    first.sync().await;
    first.order("79017").await.must_be("held", &["DUP_FOUND_UNLEDGERED"]);
    first.shop_order_of("79017");
    let number = first.shop_order_of("79017").gid.rsplit('/').next().unwrap_or_default().to_owned();
    first.retry("79017", &["--link-order", &number]).await;
    first.sync().await;
    first.order("79017").await.must_be("exported", &[]);
    assert_eq!(first.joor_report("79017").0, "SUCCESS");
    first.finish().await;
}
