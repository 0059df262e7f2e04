//! Every page there is: found by following every link, so that a new page is judged as soon as anything leads to it.

use crate::harness::{CONNECTION, World};
use crate::window::Window;
use sandbox::joor::Status;
use std::collections::{BTreeMap, VecDeque};

/// Pages that only a form leads to.
fn asked() -> [String; 4] {
    [
        "/pending?check=1".to_owned(),
        "/proof?compare=1".to_owned(),
        format!("/connections/{CONNECTION}?check=1"),
        "/orders?q=nothing-is-like-this".to_owned(),
    ]
}

/// What must be among the pages; otherwise the walk has lost its way.
const SURELY: [&str; 11] = [
    "/",
    "/activity",
    "/connections",
    "/connections/NAME",
    "/me",
    "/orders",
    "/orders/NAME/N",
    "/people",
    "/problems",
    "/problems/NAME/CODE",
    "/proof?compare=1",
];

/// One address of each kind of page, by kind, as somebody signed in finds them.
pub async fn every_page(window: &Window) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut waiting: VecDeque<String> = VecDeque::from(["/".to_owned()]);
    while let Some(path) = waiting.pop_front() {
        let kind = kind(&path);
        if found.contains_key(&kind) {
            continue;
        }
        window.goto(&path).await;
        found.insert(kind, path);
        let links = window.run("return [...document.querySelectorAll('a[href^=\"/\"]')].map((one) => one.getAttribute('href'))").await;
        for link in links.as_array().into_iter().flatten().filter_map(|link| link.as_str()) {
            let path = link.split(['?', '#']).next().unwrap_or(link);
            if !path.ends_with(".csv") && !path.starts_with("/api/") {
                waiting.push_back(path.to_owned());
            }
        }
    }
    found.extend(asked().map(|path| (path.clone(), path)));
    for surely in SURELY {
        assert!(found.contains_key(surely), "nothing leads to {surely}: {:?}", found.keys());
    }
    found
}

/// The path with a word for each part that differs from page to page of the same kind.
fn kind(path: &str) -> String {
    let part = |part: &str| {
        if part == CONNECTION {
            "NAME".to_owned()
        } else if !part.is_empty() && part.chars().all(|one| one.is_ascii_uppercase() || one == '_') {
            "CODE".to_owned()
        } else if part.chars().any(|one| one.is_ascii_digit()) {
            "N".to_owned()
        } else {
            part.to_owned()
        }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The name of its picture.
pub fn picture(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let name = format!("{}-{}", kind(path), query.split('=').next().unwrap_or_default());
    let name: String = name.chars().map(|one| if one.is_ascii_alphanumeric() { one } else { '-' }).collect();
    let name = name.trim_matches('-').to_lowercase();
    if name.is_empty() { "overview".to_owned() } else { name }
}

/// Orders in every state that needs or shows something, and one before approval.
pub async fn a_busy_day(world: &mut World) {
    // Looking takes a while, and a cycle every second would spend JOOR's budget.
    world.settings.text("schedule", "interval", "5s");
    world.apply().await;
    world.set_stock(0, 1, [0, 0]);
    world.approved(world.plain("95001"));
    world.approved(world.plain("95002"));
    world.approved(world.brand.order("95003", 0).line(world.brand.line(0, 1, 3)));
    world.approved(
        world.brand.order("95004", 1).line(world.brand.line(0, 1, 1)).line(world.brand.line(1, 0, 2)),
    );
    let mut cheap = world.brand.order("95005", 2).line(world.brand.line(1, 1, 2));
    cheap.lines[0].item_price = Some(rust_decimal::Decimal::ONE);
    world.approved(cheap);
    world.approved(world.brand.order("95006", 1).line(world.brand.line(0, 1, 3)).status(Status::Pending));
    world.sandbox.joor.change("95006", |order| order.date_approved = None);
    for _ in 0..2 {
        world.sync().await;
    }
    world.sandbox.joor.change("95002", |order| order.lines[0].quantity = 7.into());
    world.sync().await;
    world.order("95001").await.must_be("exported", &[]);
    world.order("95003").await.must_be("held", &["STOCK_SHORT"]);
    world.order("95005").await.must_be("held", &["PRICE_PLACEHOLDER"]);
}
