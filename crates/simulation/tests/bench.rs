//! Budgets that do not depend on the machine.

use simulation::bench;

#[tokio::test]
async fn an_order_costs_no_more_points_credits_and_requests_than_its_budget() {
    let used = bench::backlog(&mut bench::world().await, 200).await;
    assert!(used.points_per_order() <= 12.5, "{used:?}");
    assert!(used.credits <= 45, "{used:?}");
    assert_eq!(bench::idle_cycle(&mut bench::world().await).await, (3, 0));
}
