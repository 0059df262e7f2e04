//! Every page there is: found by following every link, so that a new page is judged as soon as anything leads to it.

use crate::harness::{CONNECTION, World};
use crate::window::Window;
use sandbox::joor::{LineSeed, Status};
use std::collections::{BTreeMap, VecDeque};

/// Pages that only a form leads to, or that stand behind a link of one order or another.
fn asked() -> Vec<String> {
    let order = |rest: &str| format!("/orders/{CONNECTION}/{rest}");
    vec![
        "/pending?check=1".to_owned(),
        "/proof?compare=1".to_owned(),
        format!("/connections/{CONNECTION}?check=1"),
        "/orders?q=nothing-is-like-this".to_owned(),
        "/nothing-is-here".to_owned(),
        order("95001"),
        order("95001/again"),
        order("95003/preview"),
        order("95007/item"),
        order("95008"),
        order("95008/customer"),
        // Nobody waits on it: good news.
        format!("/problems/{CONNECTION}/CUST_AMBIGUOUS"),
        format!("/problems/{CONNECTION}/CUST_NOT_FOUND"),
    ]
}

/// Pages that answer a form: its own page, what is done there, and what the page of the answer is called.
const ANSWERS: [(&str, &str, &str); 5] = [
    ("/people", "add('/people/add', { name: `somebody-${Date.now()}` })", "a-new-password"),
    ("/people", "add('/people/add', { name: '' })", "a-name-that-does-not-go"),
    ("/orders/brand/95003", "add('/close', { note: 'sold elsewhere' })", "a-question-before"),
    ("/connections/brand/settings", "press({})", "settings-previewed"),
    ("/connections/brand/settings", "press({ 'alerts.daily_hour': '99' })", "settings-that-are-wrong"),
];

/// Sends a form as a browser without script does; or presses the button of the settings.
const DOES: &str = "
const fill = (form, values) => Object.entries(values).forEach(([name, value]) => form.elements[name].value = value);
const add = (action, values) => {
  const form = document.querySelector(`form[action$='${action}']`);
  fill(form, values);
  HTMLFormElement.prototype.submit.call(form);
};
const press = (values) => {
  const button = document.querySelector(\"button.main[name='step']\");
  fill(button.form, values);
  button.click();
};
window.before = true;
";

/// A page with the way to it.
#[derive(Clone, Debug)]
pub struct Found {
    pub path: String,
    /// What is done on that page to come to this one; empty: nothing.
    does: &'static str,
    /// Of its picture.
    pub name: String,
}

impl Found {
    pub fn at(path: String) -> Found {
        Found { name: picture(&path), path, does: "" }
    }

    pub async fn open(&self, window: &Window) {
        window.goto(&self.path).await;
        if self.does.is_empty() {
            return;
        }
        window.run(&format!("{DOES}{}", self.does)).await;
        let arrived = "return window.before === undefined && document.readyState === 'complete'";
        let is_there = async || {
            let said = window.driver().execute(arrived, vec![]).await;
            said.is_ok_and(|said| *said.json() == serde_json::Value::Bool(true))
        };
        window.until(&format!("the answer to the form of {}", self.path), is_there).await;
    }
}

/// What must be among the pages; otherwise the walk has lost its way.
const SURELY: [&str; 14] = [
    "/",
    "/activity",
    "/connections",
    "/connections/NAME",
    "/me",
    "/orders",
    "/orders/NAME/N",
    "/orders/NAME/N/preview",
    "/connections/NAME/settings",
    "/connections/new",
    "/people",
    "/problems",
    "/problems/NAME/CODE",
    "/proof?compare=1",
];

/// One of each kind of page, as somebody signed in finds them.
pub async fn every_page(window: &Window) -> Vec<Found> {
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
    found.extend(asked().into_iter().map(|path| (path.clone(), path)));
    for surely in SURELY {
        assert!(found.contains_key(surely), "nothing leads to {surely}: {:?}", found.keys());
    }
    let answers =
        ANSWERS.map(|(path, does, name)| Found { path: path.to_owned(), does, name: name.to_owned() });
    found.into_values().map(Found::at).chain(answers).collect()
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
fn picture(path: &str) -> String {
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
    world.settings.set("orders", "create_customers", "false");
    world.apply().await;
    world.set_stock(0, 1, [0, 0]);
    world.approved(world.plain("95001"));
    world.approved(world.plain("95002"));
    // Its ship window is open already.
    let mut urgent = world.brand.order("95003", 0).line(world.brand.line(0, 1, 3));
    let day = |days: i64| world.sandbox.clock.today().saturating_add(jiff::Span::new().days(days));
    urgent.window = Some((day(-2), day(20)));
    world.approved(urgent);
    world.approved(
        world.brand.order("95004", 1).line(world.brand.line(0, 1, 1)).line(world.brand.line(1, 0, 2)),
    );
    let mut cheap = world.brand.order("95005", 1).line(world.brand.line(1, 1, 2));
    cheap.lines[0].item_price = Some(rust_decimal::Decimal::ONE);
    world.approved(cheap);
    world.approved(world.brand.order("95006", 1).line(world.brand.line(0, 1, 3)).status(Status::Pending));
    world.sandbox.joor.change("95006", |order| order.date_approved = None);
    // A style that JOOR alone knows, and a retailer whom Shopify does not.
    let mut bag = LineSeed::of_variant(0, 0, "Sample Bag-OS", 4, rust_decimal::Decimal::from(18));
    bag = bag.named("Sample Bag", "Natural", "OS");
    (bag.product_id, bag.sku_id, bag.upc) = ("990".to_owned(), "X-BAG".to_owned(), None);
    world.approved(world.plain("95007").line(bag));
    world.approved(world.brand.order("95008", 2).line(world.brand.line(0, 0, 1)));
    for _ in 0..2 {
        world.sync().await;
    }
    world.sandbox.joor.change("95002", |order| order.lines[0].quantity = 7.into());
    world.sync().await;
    world.order("95001").await.must_be("exported", &[]);
    world.order("95003").await.must_be("held", &["STOCK_SHORT"]);
    world.order("95005").await.must_be("held", &["PRICE_PLACEHOLDER"]);
    world.order("95007").await.must_be("held", &["ITEM_NOT_FROM_SHOPIFY"]);
    world.order("95008").await.must_be("held", &["CUST_NOT_FOUND"]);
}
