//! What a request costs, and the bucket that pays for it.

use sandbox::shopify::{CostModel, SCHEMA_TEXT, page_size_cost};

use super::*;

#[tokio::test]
async fn requested_cost_follows_the_measured_rules() {
    let cases = [
        (ORDER_CREATE, 10),
        ("mutation { orderCreate(order: {}) { order { id customer { id } } userErrors { message } } }", 11),
        (
            "mutation { orderCreate(order: {}) { order { id fulfillmentOrders(first: 5) { nodes { id status
               assignedLocation { location { id name } } } } } userErrors { message } } }",
            21,
        ),
        ("query { locations(first: 10) { nodes { id } pageInfo { hasNextPage } } }", 6),
        ("query { a: order(id: \"x\") { id } b: order(id: \"y\") { id } }", 2),
        ("query { orders(first: 50) { edges { cursor node { id customer { id } } } } }", 2 + 7 * 2),
        ("query { nodes(ids: []) { ... on ProductVariant { id product { id } } ... on Order { id } } }", 2),
    ];
    let model = CostModel::over(SCHEMA_TEXT).unwrap();
    for (query, expected) in cases {
        assert_eq!(model.requested(query, &json!({})), Some(expected), "{query}");
    }
    let sizes = [(1, 1), (2, 2), (3, 2), (5, 3), (10, 4), (20, 5), (50, 7), (100, 9), (200, 10), (250, 11)];
    for (n, expected) in sizes {
        assert_eq!(page_size_cost(n), expected, "page of {n}");
    }
}

#[tokio::test]
async fn an_empty_bucket_throttles_without_executing_and_refills_with_time() {
    // A bucket that hardly refills in real time, however slow the machine is.
    let bench = bench(|options| options.bucket_restore = 1.0);
    bench.shop.set_points_available(3.0);
    let variables = json!({ "order": order(&[line(SHIRT, 1)]) });
    let answer = bench.call(ORDER_CREATE, variables.clone()).await;
    assert_eq!(code(&answer), "THROTTLED");
    assert!(answer.get("data").is_none());
    assert_eq!(answer["extensions"]["cost"]["requestedQueryCost"], 10);
    assert!(answer["extensions"]["cost"]["actualQueryCost"].is_null());
    assert!(bench.shop.orders().is_empty());
    bench.clock.advance(Duration::from_secs(100));
    let answer = bench.call(ORDER_CREATE, variables).await;
    assert_eq!(answer["extensions"]["cost"]["actualQueryCost"], 10, "{answer}");
    assert_eq!(bench.shop.points_used(), 10);
    assert_eq!(bench.shop.orders().len(), 1);
}

#[tokio::test]
async fn a_query_over_1000_points_is_refused_and_unused_points_come_back() {
    let bench = bench(|_| {});
    let lines = "lineItems(first: 250) { nodes { variant { product { id } } } }";
    let dear = format!("query {{ orders(first: 250) {{ nodes {{ a: {lines} b: {lines} c: {lines} }} }} }}");
    assert_eq!(code(&bench.call(&dear, json!({})).await), "MAX_COST_EXCEEDED");
    let answer = bench.call("query { orders(first: 250) { nodes { id } } }", json!({})).await;
    let cost = &answer["extensions"]["cost"];
    assert_eq!((&cost["requestedQueryCost"], &cost["actualQueryCost"]), (&json!(13), &json!(2)));
    assert_eq!(cost["throttleStatus"]["currentlyAvailable"], 1998.0);
    let unpaged = bench.call("query { orders { nodes { id } } }", json!({})).await;
    assert_eq!(code(&unpaged), "INVALID_FIELD_ARGUMENTS");
}
