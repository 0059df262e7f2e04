//! The budgets of the design beside what this build needs, as a table.

use super::runtime;
use simulation::bench::{self, Used};
use std::time::Duration;

/// Orders of the backlogs.
const BACKLOG: usize = 200;
const LONG_BACKLOG: usize = 600;
/// Points of an order that looking for two later generations of it costs.
const AHEAD: f64 = 2.0;
/// Points a second that Shopify gives back on its smallest plan, and what is there at first.
const RESTORED: f64 = 100.0;
const AT_FIRST: f64 = 2_000.0;

/// Whether every budget was kept. Processor time and memory contain the pretended services, so they are upper bounds.
pub fn run(waiting: usize) -> bool {
    let (used, cpu) = runtime().block_on(async {
        let mut world = bench::world().await;
        let before = bench::processor_time();
        let used = bench::backlog(&mut world, BACKLOG).await;
        (used, before.zip(bench::processor_time()).map(|(before, after)| after - before))
    });
    let idle = runtime().block_on(async { bench::idle_cycle(&mut bench::world().await).await });
    let long = runtime().block_on(async { bench::backlog(&mut bench::world().await, LONG_BACKLOG).await });
    let grown = runtime().block_on(bench::waiting_orders(waiting, waiting * 10));
    println!("{used:#?}");
    let per_order = |time: Duration| time.as_secs_f64() * 1000.0 / used.orders as f64;
    let rows = [
        Row::told("Shopify points per exported order", Some(used.points_per_order())),
        Row::at_most(
            "  of them without looking two generations ahead",
            used.points_per_order() - AHEAD,
            12.5,
        ),
        Row::at_most("JOOR credits for 200 orders", used.credits as f64, 45.0),
        Row::at_most("JOOR requests of an idle cycle", idle.0 as f64, 3.0),
        Row::at_most("Shopify requests of an idle cycle", idle.1 as f64, 0.0),
        Row::at_least("share of Shopify's restore rate under backlog, %", 100.0 * share(&long), 95.0),
        Row::told("processor time per order with the pretended services, ms", cpu.map(per_order)),
        Row::told(
            &format!("memory for {waiting} waiting orders with the services' part, MB"),
            grown.map(|kilobytes| kilobytes as f64 / 1024.0),
        ),
    ];
    for row in &rows {
        println!("{row}");
    }
    rows.iter().all(|row| row.kept)
}

/// Of the points that came back while the backlog lasted, those that were used; the first ones were there before.
fn share(used: &Used) -> f64 {
    (used.points as f64 - AT_FIRST).max(0.0) / (used.passed.as_secs_f64() * RESTORED).max(1.0)
}

struct Row {
    words: String,
    kept: bool,
}

impl Row {
    fn at_most(what: &str, found: f64, budget: f64) -> Row {
        Row::of(what, found, format!("at most {budget}"), found <= budget)
    }

    fn at_least(what: &str, found: f64, budget: f64) -> Row {
        Row::of(what, found, format!("at least {budget}"), found >= budget)
    }

    fn told(what: &str, found: Option<f64>) -> Row {
        match found {
            Some(found) => Row::of(what, found, "for comparison".to_owned(), true),
            None => Row { words: format!("{what:<62} not told by this machine"), kept: true },
        }
    }

    fn of(what: &str, found: f64, budget: String, kept: bool) -> Row {
        let mark = if kept { "" } else { "  MISSED" };
        Row { words: format!("{what:<62} {found:>9.2}   {budget}{mark}"), kept }
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.words)
    }
}
