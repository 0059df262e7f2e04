//! Orders that want the same few units: who gets them, and who waits.

use super::planner::Planner;
use super::styles::Role;
use crate::joor::OrderSeed;

pub fn plan(planner: &mut Planner) {
    // Seven digits are more than six: compared as texts, the order of these two would be the other way round.
    const SMALL_NUMBER: &str = "997004";

    let order = wants(planner, 0, &[(0, 24)]);
    planner.held(order, &["STOCK_SHORT"], "24 ordered, 10 there");

    let first = wants(planner, 1, &[(1, 8)]);
    let second = wants(planner, 2, &[(1, 8)]);
    planner.held_on(5, first, &["STOCK_SHORT"], "approved later than the order that took the scarce units");
    planner.exported_on(10, second, &[], "approved first, so the scarce units are its own");

    let large = wants(planner, 5, &[(2, 7)]);
    let mut small = wants(planner, 6, &[(2, 7)]);
    small.id = SMALL_NUMBER.to_owned();
    planner.held_on(8, large, &["STOCK_SHORT"], "approved on the same day, but with the larger order number");
    planner.exported_on(8, small, &[], "approved on the same day, with the smaller order number");

    let greedy = wants(planner, 7, &[(3, 6), (4, 11)]);
    planner.held_on(20, greedy, &["STOCK_SHORT"], "short on one line, so it reserves nothing on the other");
    let later = wants(planner, 8, &[(3, 9)]);
    planner.exported_on(4, later, &[], "the short order before it reserved nothing");

    let order = planner.order(9, 1);
    let line = planner.line(&order, Role::ClosedRoom, 0, 5);
    planner.held(order.line(line), &["STOCK_SHORT"], "the units lie in a room that is closed");

    let order = planner.order(10, 1);
    let line = planner.line(&order, Role::ContinuesSelling, 0, 5);
    planner.held(order.line(line), &["STOCK_SHORT"], "it continues selling, but stock is required");

    let order = planner.order(11, 1);
    let (one, other) = (planner.line(&order, Role::Scarce, 5, 6), planner.line(&order, Role::Scarce, 5, 6));
    planner.held(
        order.line(one).line(other),
        &["STOCK_SHORT"],
        "two lines of one variant need 12 together, 10 there",
    );
}

/// An order of one ordinary line and of scarce variants, each with its units.
fn wants(planner: &mut Planner, retailer: usize, scarce: &[(usize, i64)]) -> OrderSeed {
    let mut order = planner.order(retailer, 1);
    for (variant, units) in scarce {
        let line = planner.line(&order, Role::Scarce, *variant, *units);
        order = order.line(line);
    }
    order
}
