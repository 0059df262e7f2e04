//! The first command of the README.

use crate::harness::{program, run_to_end};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_gives_every_order_its_right_fate_and_leaves_nothing_in_flight() {
    let ran = run_to_end(program(&["demo", "--exit", "--json"])).await.must_end_with(0);
    let orders = ran.json["orders"].as_array().cloned().unwrap_or_default();
    assert!(orders.len() >= 60, "{} orders", orders.len());
    for order in &orders {
        assert!(order["joor_order"].is_string() && order["problems"].is_array(), "{order}");
        let state = order["state"].as_str().unwrap_or_default();
        assert!(["exported", "held", "skipped", "closed_by_hand"].contains(&state), "{order}");
        assert_eq!(
            state == "exported",
            order["shopify_order"].as_str().is_some_and(|name| !name.is_empty()),
            "{order}"
        );
    }
    assert!(ran.json["mails"].as_array().is_some_and(|mails| !mails.is_empty()));
    for part in ["joor_credits", "shopify_points", "requests"] {
        assert!(ran.json["cost"][part].as_u64().is_some_and(|cost| cost > 0), "{part}");
    }
    assert!(ran.json["equation"].is_object(), "{}", ran.json["equation"]);
}
