//! What an export costs: points, credits, requests, processor time and memory, measured on the real program between the
//! pretended services in stopped time. The targets are those of the design's budgets; what does not depend on the machine
//! is also asserted in a test.

use crate::crash::live_folder;
use crate::habits::Habits;
use crate::program::Looked;
use crate::world::{From, Kind, World};
use sandbox::brand::{Brand, ROOMS};
use sandbox::joor::{ExportState, OrderSeed};
use sandbox::shopify::{Policy, VariantSeed};
use std::time::Duration;

/// Looks that a backlog may take.
const LOOKS_MAX: usize = 2_000;
/// The units of each variant that stay in stock, whatever is ordered.
const PLENTY: i64 = 1_000_000;
/// Lines of each order.
const LINES: usize = 10;

/// What one backlog of orders used from its arrival to its last report.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Used {
    pub orders: usize,
    pub points: u64,
    pub shopify_requests: u64,
    pub credits: u64,
    pub joor_requests: u64,
    /// Looks of the engine that had something to do.
    pub turns: u64,
    /// Stopped time that passed.
    pub passed: Duration,
}

impl Used {
    pub fn points_per_order(&self) -> f64 {
        self.points as f64 / self.orders.max(1) as f64
    }
}

/// A live connection of a small brand whose retailers have the address in Shopify that they have in JOOR.
pub async fn world() -> World {
    let template = live_folder(Kind::RefusesDoubles).await;
    let mut world =
        World::begin(Brand::small(), &Habits::plain(Kind::RefusesDoubles), From::Copy(template.path())).await;
    for style in &world.brand.styles {
        for variant in &style.variants {
            world.sandbox.shop.set_stock(variant.variant_id, ROOMS[0].id, PLENTY);
        }
    }
    world.until_quiet().await;
    world
}

/// Exports so many orders of ten lines each that were approved at the same moment.
pub async fn backlog(world: &mut World, orders: usize) -> Used {
    let shop = |world: &World| (world.sandbox.shop.points_used(), world.sandbox.shop.requests());
    let joor = |world: &World| (world.sandbox.joor.credits_used(), world.sandbox.joor.requests());
    let ids: Vec<String> = (0..orders).map(|number| (9_900_000 + number).to_string()).collect();
    for id in &ids {
        world.sandbox.joor.add_order(ten_lines(world, id));
    }
    let (points, shopify_requests) = shop(world);
    let (credits, joor_requests) = joor(world);
    let begun = world.clock.true_now();
    let mut used = Used { orders, ..Used::default() };
    for _ in 0..LOOKS_MAX {
        if matches!(world.program.look().await, Looked::Turned(_)) {
            used.turns += 1;
        }
        if ids.iter().all(|id| is_reported(world, id)) {
            break;
        }
        let wait = world.program.due_in().max(Duration::from_secs(1));
        world.outside.pass(wait).await;
    }
    assert!(ids.iter().all(|id| is_reported(world, id)), "not all of the {orders} orders arrived");
    used.points = shop(world).0 - points;
    used.shopify_requests = shop(world).1 - shopify_requests;
    used.credits = joor(world).0 - credits;
    used.joor_requests = joor(world).1 - joor_requests;
    used.passed = Duration::try_from(world.clock.true_now().duration_since(begun)).unwrap_or_default();
    used
}

fn ten_lines(world: &World, id: &str) -> OrderSeed {
    let lines = (0..LINES).map(|line| world.brand.line(line % 2, line, 1));
    // Known by its code, and registered where it takes deliveries.
    world.brand.order(id, 0).lines(lines)
}

fn is_reported(world: &World, id: &str) -> bool {
    world.sandbox.joor.order(id).is_some_and(|order| order.export_status == ExportState::Success)
}

/// Requests of JOOR and of Shopify in a cycle in which nothing happens.
pub async fn idle_cycle(world: &mut World) -> (u64, u64) {
    let requests = |world: &World| (world.sandbox.joor.requests(), world.sandbox.shop.requests());
    let before = requests(world);
    let wait = world.program.due_in().max(Duration::from_secs(1));
    world.outside.pass(wait).await;
    world.program.look().await;
    let after = requests(world);
    (after.0 - before.0, after.1 - before.1)
}

/// Orders that wait for stock, each of other variants, in a shop with many; what the process grew by meanwhile.
pub async fn waiting_orders(orders: usize, variants: usize) -> Option<u64> {
    let mut world = world().await;
    let style = world.brand.styles[0].clone();
    for number in 0..variants as u64 {
        world.sandbox.shop.add_variant(VariantSeed {
            product_id: style.product_id,
            variant_id: 50_000_000_000_000 + number,
            sku: Some(format!("BENCH-{number}")),
            barcode: None,
            title: format!("No. {number}"),
            price: style.price,
            policy: Policy::Deny,
            tracked: true,
            stock: vec![(ROOMS[0].id, 0)],
        });
    }
    for number in 0..orders {
        let id = (8_800_000 + number).to_string();
        let lines = (0..LINES).map(|line| {
            let mut seed = world.brand.line(0, line, 1);
            let variant = (number * LINES + line) % variants;
            seed.upc = Some((50_000_000_000_000 + variant as u64).to_string());
            seed.sku_identifier = format!("BENCH-{variant}");
            seed.sku_id = format!("77{variant}");
            seed
        });
        world.sandbox.joor.add_order(world.brand.order(&id, 0).lines(lines));
    }
    let before = resident_kilobytes()?;
    for _ in 0..LOOKS_MAX {
        let looked = world.program.look().await;
        if matches!(&looked, Looked::Turned(turn) if turn.counts.decided >= orders as u64) {
            break;
        }
        let wait = world.program.due_in().max(Duration::from_secs(1));
        world.outside.pass(wait).await;
    }
    Some(resident_kilobytes()?.saturating_sub(before))
}

/// What this process has in memory, where the machine tells it.
fn resident_kilobytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()
}

/// Processor time of this process so far, where the machine tells it: it counts in hundredths of a second.
pub fn processor_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}
