//! What holds of every page: anybody can use it, on any screen, and it keeps still and keeps to itself.

use crate::harness::World;
use crate::pages::{as_admin, served};
use crate::walk::{Found, a_busy_day, every_page};
use crate::window::{Device, Scheme, Window};

/// Where `cargo xtask test` puts axe-core.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/node_modules/axe-core/axe.min.js");
/// Set: whoever runs the tests knows that pages are not judged by axe here.
const WITHOUT_AXE: &str = "JOOR_SHOPIFY_WITHOUT_AXE";
/// What has to arrive before a page is shown for the first time: itself and the style.
const FIRST_BYTES: &str = "
const sizes = performance.getEntriesByType('resource').filter((one) => one.name.includes('.css'));
const page = performance.getEntriesByType('navigation')[0].encodedBodySize;
return sizes.reduce((sum, one) => sum + one.encodedBodySize, page);";
const FIRST_BYTES_MAX: u64 = 50_000;
/// Figures in tables that do not stand in columns of digits of one width, at the right. On a phone a row is a card.
const FIGURES: &str = "
return [...document.querySelectorAll('td.number, th.number')].filter((one) => {
  const style = getComputedStyle(one);
  const isRight = style.textAlign === 'right' || style.textAlign === 'end' || innerWidth < 600;
  return !isRight || !style.fontVariantNumeric.includes('tabular-nums');
}).map((one) => `${one.innerText} is no figure in a column`);";
/// On a desk: what stands in a cell is within the cell, and the cell within its card.
const CELLS: &str = "
return [...document.querySelectorAll('main .card :is(td, th)')].filter((cell) => {
  const card = cell.closest('.card').getBoundingClientRect();
  const scrolls = getComputedStyle(cell.closest('.scroll') ?? cell).overflowX !== 'visible';
  return innerWidth >= 1280 && (cell.scrollWidth > cell.clientWidth + 1
    || (!scrolls && cell.getBoundingClientRect().right > card.right + 1));
}).map((cell) => `${cell.innerText} has no room`);";
/// Widest shift of content that nobody notices, in the measure of browsers; half of what counts as good.
const SHIFT_MAX: f64 = 0.05;

/// The script that judges; an empty one only where somebody said so.
pub fn axe() -> String {
    match std::fs::read_to_string(AXE) {
        Ok(script) => script,
        Err(_) if std::env::var_os(WITHOUT_AXE).is_some() => {
            eprintln!("NOT CHECKED: axe-core is not here ({WITHOUT_AXE} is set)");
            "window.axe = { run: async () => ({ violations: [] }) }".to_owned()
        }
        Err(error) => {
            panic!("{AXE}: {error}; hint: cargo xtask test installs it; {WITHOUT_AXE}=1 goes on without it")
        }
    }
}

/// What axe finds wrong on the page, a line each.
async fn wrong(window: &Window, axe: &str) -> Vec<String> {
    window.run(axe).await;
    let found = window
        .run_until_done(
            "const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
             axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }).then(
               (all) => done(all.violations.flatMap((one) => one.nodes.map((node) =>
                 `${one.id}: ${node.html.slice(0, 200)}: ${node.failureSummary}`))),
               (error) => done([String(error)]));",
        )
        .await;
    let found = found.as_array().cloned().expect("axe answers");
    found.iter().map(|one| one.as_str().unwrap_or_default().to_owned()).collect()
}

/// A page that only a journey comes to: axe finds nothing wrong with it, and a phone shows it whole.
pub async fn must_be_usable(window: &Window, axe: &str, what: &str) {
    let found = wrong(window, axe).await;
    assert!(found.is_empty(), "{what}: {}", found.join("\n"));
    window.be(Device::Phone, Scheme::Light).await;
    let wide = window.run("return document.scrollingElement.scrollWidth").await.as_f64().unwrap();
    assert!(wide <= 390.0, "{what} is {wide} wide on a phone");
    window.photograph(&format!("{}-phone", what.replace(' ', "-"))).await;
    window.be(Device::Desk, Scheme::Light).await;
}

/// Watches from now on how far anything moves that nobody moved.
async fn watch_for_shifts(window: &Window) {
    window
        .run(
            "window.shifted = 0; window.shifts = [];
             new PerformanceObserver((list) => {
               for (const one of list.getEntries()) {
                 if (one.hadRecentInput) continue;
                 window.shifted += one.value;
                 window.shifts.push(...one.sources.map((source) => source.node && (source.node.outerHTML || source.node.nodeName).slice(0, 100)));
               }
             }).observe({ type: 'layout-shift', buffered: true });",
        )
        .await;
}

/// How far everything has moved since, once what is asked for now has been drawn.
async fn shifted(window: &Window) -> (f64, String) {
    let found = window
        .run_until_done(
            "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done([window.shifted, window.shifts.join('\\n')]))))",
        )
        .await;
    (found[0].as_f64().expect("a sum"), found[1].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_wrong_on_any_page_in_light_and_dark() {
    let axe = axe();
    let mut world = World::start().await;
    a_busy_day(&mut world).await;
    let home = served(&mut world).await;
    let window = as_admin(&world, &home).await;
    let mut all = Vec::new();
    let mut pages = every_page(&window).await;
    pages.push(Found::at("/sign-in".to_owned()));
    for page in pages {
        let (path, name) = (&page.path, &page.name);
        if path == "/sign-in" {
            window.driver().delete_all_cookies().await.unwrap();
        }
        page.open(&window).await;
        for (scheme, word) in [(Scheme::Light, "light"), (Scheme::Dark, "dark")] {
            window.be(Device::Desk, scheme).await;
            all.extend(wrong(&window, &axe).await.into_iter().map(|one| format!("{name} in {word}: {one}")));
            window.photograph(&format!("{name}-{word}")).await;
        }
    }
    assert!(all.is_empty(), "{} violations\n{}", all.len(), all.join("\n"));
    assert_eq!(window.asked_outside().await, [""; 0], "the browser asks nobody else");
    drop(window);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_has_to_be_moved_sideways_on_a_phone_and_none_moves_while_it_is_shown() {
    let mut world = World::start().await;
    a_busy_day(&mut world).await;
    let home = served(&mut world).await;
    let window = as_admin(&world, &home).await;
    let mut all = Vec::new();
    let pages = every_page(&window).await;
    for device in [Device::Phone, Device::Desk] {
        window.be(device, Scheme::Light).await;
        for page in &pages {
            let path = &page.name;
            page.open(&window).await;
            watch_for_shifts(&window).await;
            let (width, inner) = match device {
                Device::Phone => ("phone", 390.0),
                Device::Desk => ("desk", 1280.0),
            };
            let wide = window.run("return document.scrollingElement.scrollWidth").await.as_f64().unwrap();
            if wide > inner {
                all.push(format!("{path} is {wide} wide on a {width}"));
            }
            for look in [FIGURES, CELLS] {
                let found = window.run(look).await;
                all.extend(found.as_array().into_iter().flatten().map(|one| format!("{path}: {one}")));
            }
            let bytes = window.run(FIRST_BYTES).await.as_u64().unwrap();
            if bytes > FIRST_BYTES_MAX {
                all.push(format!("{path} takes {bytes} bytes to be shown first"));
            }
            let (shift, what) = shifted(&window).await;
            if shift > SHIFT_MAX {
                all.push(format!("{path} shifts by {shift} on a {width}: {what}"));
            }
            if device == Device::Phone {
                window.photograph(&format!("{path}-phone")).await;
            }
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
    drop(window);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_arrives_while_one_looks_moves_nothing_that_is_read() {
    let mut world = World::start().await;
    a_busy_day(&mut world).await;
    let home = served(&mut world).await;
    let window = as_admin(&world, &home).await;
    for (path, id) in [("/", "95401"), ("/orders", "95402"), ("/activity", "95403")] {
        window.goto(path).await;
        watch_for_shifts(&window).await;
        window.run("window.untouched = true; new MutationObserver(() => window.fresh = true).observe(document.querySelector('main'), { subtree: true, childList: true })").await;
        world.approved(world.plain(id));
        window.until("the page comes alive", async || window.run("return window.fresh").await == true).await;
        world.until_order(id, "exported").await;
        let (shift, what) = shifted(&window).await;
        assert!(shift <= SHIFT_MAX, "{path} shifts by {shift}: {what}");
        assert_eq!(window.run("return window.untouched").await, true, "{path} was loaded again");
    }
    drop(window);
    world.finish().await;
}
