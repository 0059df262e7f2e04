//! After creation: shipping, moving, cancelling.

use super::*;

#[tokio::test]
async fn fulfilment_at_a_location_takes_the_units_from_there_at_once() {
    let bench = bench(|_| {});
    let paris = json!({ "locationId": format!("gid://shopify/Location/{PARIS}") });
    let input =
        with(with(order(&[line(SHIRT, 2)]), "fulfillmentStatus", json!("FULFILLED")), "fulfillment", paris);
    let id = bench.created(input, "DECREMENT_OBEYING_POLICY").await;
    let view = bench.shop.order(&id).unwrap();
    assert_eq!(view.fulfillment_status, "FULFILLED");
    assert_eq!(view.fulfilled_at, [format!("gid://shopify/Location/{PARIS}")]);
    let level = bench.shop.stock_at(&variant(SHIRT), PARIS).unwrap();
    assert_eq!((level.available, level.committed, level.on_hand), (0, 0, 0));
    let cancel = "mutation OrderCancel($id: ID!) { orderCancel(orderId: $id, reason: OTHER, restock: true) {
        job { id done } orderCancelUserErrors { field message code } } }";
    let refused = bench.call(cancel, json!({ "id": id })).await;
    let errors = &refused["data"]["orderCancel"]["orderCancelUserErrors"];
    assert_eq!(errors[0]["message"], "Cannot cancel an order that has outstanding fulfillments", "{refused}");
    let read = "query F($id: ID!) { order(id: $id) { fulfillments(first: 5) { id status } } }";
    let fulfillment =
        bench.call(read, json!({ "id": id })).await["data"]["order"]["fulfillments"][0]["id"].clone();
    let undo = "mutation FulfillmentCancel($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { status } userErrors { message } } }";
    let undone = bench.call(undo, json!({ "id": fulfillment })).await;
    assert_eq!(undone["data"]["fulfillmentCancel"]["fulfillment"]["status"], "CANCELLED", "{undone}");
    bench.call(cancel, json!({ "id": id })).await;
    assert!(!bench.shop.order(&id).unwrap().is_live());
    assert_eq!(bench.shop.stock(&variant(SHIRT)), 7);
}

#[tokio::test]
async fn cancelling_is_a_job_that_gives_back_what_was_claimed() {
    let bench = bench(|options| options.cancel_delay = Duration::from_secs(5));
    let id = bench.created(order(&[line(SHIRT, 4)]), "DECREMENT_OBEYING_POLICY").await;
    let cancel = "mutation OrderCancel($id: ID!, $note: String) { orderCancel(orderId: $id, reason: OTHER, restock: true,
        staffNote: $note) { job { id done } orderCancelUserErrors { field message code } } }";
    let ask = async |id: &str, note: Value| {
        bench.call(cancel, json!({ "id": id, "note": note })).await["data"]["orderCancel"].clone()
    };
    assert_eq!(
        ask(&id, json!("x".repeat(256))).await["orderCancelUserErrors"][0]["field"],
        json!(["staffNote"])
    );
    let job = ask(&id, Value::Null).await["job"].clone();
    assert_eq!(job["done"], false);
    assert_eq!(
        ask(&id, Value::Null).await["orderCancelUserErrors"][0]["message"],
        "Cancellation is already in progress"
    );
    let done = async || {
        bench.call("query Job($id: ID!) { job(id: $id) { done } }", json!({ "id": job["id"] })).await["data"]
            ["job"]["done"]
            .clone()
    };
    assert_eq!(done().await, false);
    bench.clock.advance(Duration::from_secs(6));
    assert_eq!(done().await, true);
    assert_eq!(bench.shop.stock(&variant(SHIRT)), 7);
    let again = ask(&id, Value::Null).await;
    assert_eq!(
        again["orderCancelUserErrors"][0]["message"],
        "Cannot cancel an order that has already been canceled"
    );
    assert_eq!(
        ask("gid://shopify/Order/1", Value::Null).await["orderCancelUserErrors"][0]["code"],
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn fulfilment_orders_move_where_their_items_are_stocked() {
    let bench = bench(|_| {});
    let id = bench.created(order(&[line(SHIRT, 2)]), "DECREMENT_OBEYING_POLICY").await;
    let read =
        "query OrdersState($id: ID!) { order(id: $id) { fulfillmentOrders(first: 5) { nodes { id status
        assignedLocation { location { name } } } } } }";
    let state = async |id: &str| {
        bench.call(read, json!({ "id": id })).await["data"]["order"]["fulfillmentOrders"]["nodes"][0].clone()
    };
    let found = state(&id).await;
    assert_eq!(found["assignedLocation"]["location"]["name"], "New York");
    let query = "mutation MoveFulfillmentOrder($id: ID!, $to: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $to) {
        movedFulfillmentOrder { id assignedLocation { location { name } } } userErrors { field message code } } }";
    let shift = async |id: &Value, to: u64| {
        let variables = json!({ "id": id, "to": format!("gid://shopify/Location/{to}") });
        bench.call(query, variables).await["data"]["fulfillmentOrderMove"].clone()
    };
    assert_eq!(shift(&found["id"], OLD_HALL).await["userErrors"][0]["message"], "Location not found.");
    let moved = shift(&found["id"], PARIS).await;
    assert_eq!(moved["movedFulfillmentOrder"]["assignedLocation"]["location"]["name"], "Paris", "{moved}");
    let stock =
        |at| bench.shop.stock_at(&variant(SHIRT), at).map(|view| (view.available, view.committed)).unwrap();
    assert_eq!((stock(NEW_YORK), stock(PARIS)), ((5, 0), (0, 2)));
    let scarf = bench.created(order(&[line(SCARF, 1)]), "DECREMENT_OBEYING_POLICY").await;
    let refused = shift(&state(&scarf).await["id"], PARIS).await;
    assert!(refused["movedFulfillmentOrder"].is_null(), "{refused}");
    bench.shop.fulfil(&scarf);
    let closed = shift(&state(&scarf).await["id"], NEW_YORK).await;
    assert_eq!(closed["userErrors"][0]["message"], "Cannot change location.");
}
