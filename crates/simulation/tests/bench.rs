//! Budgets that do not depend on the machine.

use serde_json::json;
use simulation::outside::{Side, Trouble};
use simulation::program::document;
use simulation::{bench, crash};
use std::time::Duration;

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

/// With an interval of an hour, each further cycle of a backlog would come an hour later.
#[tokio::test]
async fn a_backlog_that_takes_longer_than_one_cycle_may_goes_on_at_once() {
    let mut world = bench::world().await;
    let hourly = crash::settings(&world.sandbox).replace("[schedule]\n", "[schedule]\ninterval = \"1h\"\n");
    world.program.command("settings", &json!({ "document": document(&hourly) })).await;
    world.until_quiet().await;
    for _ in 0..130 {
        world.outside.plan(Side::Shopify, "OrderCreate", 0, Trouble::Slow(Duration::from_secs(3)));
    }
    let used = bench::backlog(&mut world, 130).await;
    assert!(used.passed > Duration::from_secs(130 * 3), "it takes long: {used:?}");
    assert!(used.passed < Duration::from_secs(2 * 3600), "the rest waited for the next hour: {used:?}");
}

/// JOOR gives 300 credits in five minutes, and here the lines of each order cost one.
#[tokio::test]
async fn a_backlog_whose_lines_cost_more_than_one_window_of_credits_gets_through() {
    let mut world = bench::world().await;
    world.sandbox.joor.change_options(|joor| joor.line_order_ids_max = 1);
    let used = bench::backlog(&mut world, 340).await;
    assert!(used.credits > 600, "read before deciding and again before sending: {used:?}");
    assert!(used.passed < Duration::from_secs(3600), "{used:?}");
}
