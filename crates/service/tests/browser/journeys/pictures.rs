//! The pictures of the README: a brand some weeks after it went live, seen by a person who is signed in.

use crate::harness::{Options, World};
use crate::pages::{as_admin, order_path, served};
use crate::window::{Device, SCREENSHOTS, Scheme, Window};
use rust_decimal::Decimal;
use sandbox::brand::{Brand, DEMO_SEED, Planned};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Set by `cargo xtask screenshots`: where the pictures belong, which then show weeks instead of days.
const PICTURES: &str = "JOOR_SHOPIFY_PICTURES";
const HOUR: Duration = Duration::from_secs(60 * 60);
const WIDTH: f64 = 1280.0;
const HEIGHT: f64 = 800.0;

/// As many orders are approved on the last day.
const LAST_DAY: usize = 7;

struct Plan {
    folder: PathBuf,
    days: usize,
    /// Looked into more often at the end, so that the hours have something to show.
    hours: usize,
}

fn plan() -> Plan {
    match std::env::var_os(PICTURES) {
        Some(folder) => Plan { folder: folder.into(), days: 28, hours: 14 },
        None => Plan { folder: Path::new(SCREENSHOTS).join("pictures"), days: 2, hours: 1 },
    }
}

/// Orders of the brand that can be sent, in the order of their numbers; and those of the last day, in dollars.
fn good_orders(brand: &mut Brand) -> (Vec<Planned>, Vec<Planned>) {
    let currency = |one: &Planned| {
        let fate = brand.fate(&one.seed.id).filter(|fate| fate.state == "exported");
        fate.and_then(|fate| fate.total.clone()).map(|(_, currency)| currency)
    };
    let mut sent = Vec::new();
    let mut last = Vec::new();
    for mut one in brand.orders.iter().filter(|one| one.seed.lines.len() < 40).cloned() {
        (one.approved_days_ago, one.modified_days_ago) = (0, 0);
        match currency(&one).as_deref() {
            Some("USD") if last.len() < LAST_DAY => last.push(one),
            Some("USD" | "EUR" | "GBP") => sent.push(one),
            _ => {}
        }
    }
    brand.orders.clear();
    (sent, last)
}

/// Day by day a few orders arrive and are exported; on the last day some of them cannot go.
async fn weeks_pass(world: &mut World, (orders, last): (Vec<Planned>, Vec<Planned>), plan: &Plan) {
    let mut orders = orders.into_iter();
    for day in 0..plan.days {
        let today = world.sandbox.clock.today();
        // Quiet on weekends, and never the same number twice in a row.
        let many = if day % 7 >= 5 { 0 } else { 1 + (day * 5 + 2) % 4 };
        for planned in orders.by_ref().take(many) {
            world.approved(planned.on(today));
        }
        world.sync().await;
        world.pass(24 * HOUR);
    }
    for _ in 0..plan.hours {
        world.pass(HOUR);
        world.sync().await;
    }
    let today = world.sandbox.clock.today();
    world.set_stock(0, 0, [6, 0]);
    for (index, mut planned) in last.into_iter().enumerate() {
        planned.window = (3 * index as i64 - 2, 3 * index as i64 + 30);
        let mut seed = planned.on(today);
        match index {
            0..3 => seed = seed.line(world.brand.line(0, 0, 8 + 4 * index as i64)),
            3 => seed.lines[0].item_price = Some(Decimal::ONE),
            _ => {}
        }
        world.approved(seed);
    }
    world.sync().await;
}

async fn take(window: &Window, folder: &Path, name: &str) {
    // That these are test servers is true of the journey, not of the brand.
    window.run("document.querySelector('.banner').remove()").await;
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join(format!("{name}.png")), window.picture(WIDTH, HEIGHT).await).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_show_the_console_of_a_brand_that_works_with_it() {
    let plan = plan();
    let mut brand = Brand::new(DEMO_SEED);
    let orders = good_orders(&mut brand);
    let mut world = World::with(Options { brand, ..Options::default() }).await;
    world.settings.text("schedule", "interval", "60s");
    world.settings.text("orders", "order_page", "https://www.joor.example/orders/review/{order}");
    world.apply().await;
    weeks_pass(&mut world, orders, &plan).await;
    let home = served(&mut world).await;
    let window = as_admin(&world, &home).await;
    window.be(Device::Desk, Scheme::Light).await;
    take(&window, &plan.folder, "overview").await;
    window.goto("/problems").await;
    window.says("Not enough stock").await;
    take(&window, &plan.folder, "problems").await;
    window.goto("/orders?state=held&code=STOCK_SHORT").await;
    let held = window.texts("#orders tbody th a").await;
    window.goto(&order_path(held.last().expect("an order is held"))).await;
    window.says("What is wrong").await;
    take(&window, &plan.folder, "order").await;
    assert_eq!(window.asked_outside().await, [""; 0], "the browser asks nobody else");
    drop(window);
    world.finish().await;
}
