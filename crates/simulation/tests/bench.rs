//! Budgets that do not depend on the machine.

use simulation::bench;

/// Points of an order whose retailer is known and whose default address stays: the create, and a share of reading stock,
/// looking first and reading back.
const POINTS_MAX: f64 = 12.5;
/// Shopify charges a point for each of the two addresses, and looking two generations ahead costs two.
const SURCHARGES: f64 = 4.0;

#[tokio::test]
async fn an_order_costs_no_more_points_credits_and_requests_than_its_budget() {
    let used = bench::backlog(&mut bench::world().await, 200).await;
    assert!(used.points_per_order() <= POINTS_MAX + SURCHARGES, "{used:?}");
    // The goal is 45; this keeps it from becoming more than it is.
    assert!(used.credits <= 61, "{used:?}");
    assert_eq!(bench::idle_cycle(&mut bench::world().await).await, (3, 0));
}
