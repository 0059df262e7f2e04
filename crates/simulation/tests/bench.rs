//! Budgets that do not depend on the machine.

use simulation::bench;

/// Points of an order whose retailer is known and whose default address stays: the create, and a share of reading stock,
/// looking first and reading back.
const POINTS_MAX: f64 = 12.5;
/// Looking two generations ahead, in case that the ledger is an old one.
const SURCHARGES: f64 = 2.0;
/// Of JOOR, for lists, lines, fresh readings, reports, and readings before and after them.
const CREDITS_MAX: u64 = 45;

#[tokio::test]
async fn an_order_costs_no_more_points_credits_and_requests_than_its_budget() {
    let used = bench::backlog(&mut bench::world().await, 200).await;
    assert!(used.points_per_order() <= POINTS_MAX + SURCHARGES, "{used:?}");
    assert!(used.credits <= CREDITS_MAX, "{used:?}");
    assert_eq!(bench::idle_cycle(&mut bench::world().await).await, (3, 0));
}
