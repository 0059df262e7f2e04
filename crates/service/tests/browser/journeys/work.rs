//! A day's work: a problem is seen and goes away, an order is found and helped, a period is proved.

use crate::harness::{CONNECTION, World};
use crate::pages::{Frame, Order, Orders, Proof, SignIn, as_admin, first_password, served};
use crate::window::{Device, Scheme, Script, Window};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_stock_problem_is_seen_fixed_in_the_shop_and_gone_without_a_click() {
    let mut world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("95101"));
    let home = served(&mut world).await;
    let window = as_admin(&world, &home).await;
    Frame(&window).to("Problems").await;
    window.says("Not enough stock").await;
    window.press("Not enough stock").await;
    window.until_at(&format!("/problems/{CONNECTION}/STOCK_SHORT")).await;
    window.says("95101").await;
    Frame(&window).to("Problems").await;
    window.says("Not enough stock").await;

    // Whoever loads the page anew loses this.
    window.run("window.untouched = true").await;
    world.set_stock(0, 0, [10, 0]);
    window.says("Nothing is wrong").await;
    window.says("Solved lately").await;
    window.until("the navigation counts none", async || window.texts("nav .badge").await.is_empty()).await;
    assert_eq!(window.run("return window.untouched").await, true, "the page was loaded again");
    world.until_order("95101", "exported").await;
    Frame(&window).to("Orders").await;
    Orders(&window).open("95101").await;
    Order(&window).until_state("Exported").await;
    window.says(&world.shop_order_of("95101").name).await;
    assert_eq!(window.asked_outside().await, [""; 0], "the browser asks nobody else");
    drop(window);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_cause_turns_into_good_news_and_back_while_one_looks_at_it() {
    let mut world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("95103"));
    let home = served(&mut world).await;
    world.until_order("95103", "held").await;
    let window = as_admin(&world, &home).await;
    window.goto(&format!("/problems/{CONNECTION}/STOCK_SHORT")).await;
    window.says("1 order waits on it.").await;
    window.run("window.untouched = true").await;
    world.set_stock(0, 0, [2, 0]);
    window.says("Solved: no order of brand waits on it.").await;
    window.says("1 order no longer waits on it since yesterday.").await;
    assert!(!window.offers("Check it now").await, "there is nothing to check");
    world.approved(world.plain("95104"));
    window.says("1 order waits on it.").await;
    window.says("95104").await;
    assert_eq!(window.run("return window.untouched").await, true, "the page was loaded again");
    drop(window);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_leads_to_the_field_of_the_setting_that_puts_it_right() {
    let mut world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("95105"));
    let home = served(&mut world).await;
    world.until_order("95105", "held").await;
    let window = as_admin(&world, &home).await;
    window.goto(&format!("/orders/{CONNECTION}/95105")).await;
    window.press("Setting “Orders: Stock”").await;
    window.until_at(&format!("/connections/{CONNECTION}/settings")).await;
    let in_field = "const box = document.activeElement.getBoundingClientRect();
        return document.activeElement.id + (box.top >= 0 && box.bottom <= innerHeight ? ' in sight' : ' out of sight')";
    let until = async |wanted: &str| {
        let at = async || window.run(in_field).await.as_str().is_some_and(|id| id == wanted);
        window.until(wanted, at).await;
    };
    until("orders.stock in sight").await;
    // Also a row that is not filled in yet, and is folded away.
    window.goto(&format!("/connections/{CONNECTION}/settings#tax.rules[1].country")).await;
    until("tax.rules[1].country in sight").await;
    drop(window);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_difference_comes_first_in_the_proof_and_leads_to_its_order() {
    let mut world = World::start().await;
    for id in ["95111", "95112"] {
        world.approved(world.plain(id));
    }
    let home = served(&mut world).await;
    let window = as_admin(&world, &home).await;
    for id in ["95111", "95112"] {
        world.until_order(id, "exported").await;
    }
    Frame(&window).to("Proof").await;
    Proof(&window).compare().await;
    window.says("Approved in JOOR").await;
    assert_eq!(Proof(&window).differences().await, [""; 0]);

    world.sandbox.shop.add_units(&world.shop_order_of("95112").gid, 0, 9);
    Proof(&window).compare().await;
    window.until("the difference is shown", async || !Proof(&window).differences().await.is_empty()).await;
    let differences = Proof(&window).differences().await;
    assert!(differences.iter().all(|one| one.contains("95112")), "{differences:?}");
    let words = window.words().await;
    assert!(words.find("95112").unwrap() < words.find("Approved in JOOR").unwrap(), "{words}");
    assert!(window.offers("Download as CSV").await);
    window.press("95112").await;
    Order(&window).until_state("Exported").await;
    drop(window);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_script_switched_off_a_held_order_is_found_and_closed_by_hand() {
    let mut world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("95121"));
    let home = served(&mut world).await;
    world.until_order("95121", "held").await;
    let window = Window::with(&home, Script::Off).await;
    window.goto("/orders").await;
    SignIn(&window).with("admin", &first_password(&world)).await;
    window.until_at("/orders").await;
    Orders(&window).find("95121").await;
    assert_eq!(Orders(&window).numbers().await, ["95121"]);
    Orders(&window).open("95121").await;
    Order(&window).until_state("Held").await;
    window.says("Not enough stock").await;
    Order(&window).close_by_hand("sold over the counter").await;
    world.until_order("95121", "closed_by_hand").await;
    // Nothing comes alive here: the page is loaded by hand.
    assert_eq!(Order(&window).state().await, "Held", "no script ran");
    window.driver().refresh().await.unwrap();
    Order(&window).until_state("Closed by hand").await;
    drop(window);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_two_hundred_rows_keeps_its_head_and_its_figures_in_line() {
    let mut world = World::start().await;
    let lines = (0..200).map(|line| world.brand.line(0, line % 15, 1 + i64::from(line % 2 == 0)));
    world.approved(world.brand.order("95110", 0).lines(lines));
    let home = served(&mut world).await;
    world.until_order("95110", "exported").await;
    let window = as_admin(&world, &home).await;
    window.be(Device::Desk, Scheme::Light).await;
    window.goto(&format!("/orders/{CONNECTION}/95110?all=yes")).await;
    let seen = window
        .run(
            "const table = document.querySelector('main table');
            const rows = [...table.tBodies[0].rows];
            rows.at(-1).scrollIntoView({ block: 'end' });
            const head = table.querySelector('thead th').getBoundingClientRect();
            const ends = column => new Set(rows.map(row => Math.round(row.cells[column].getBoundingClientRect().right)));
            return {
                rows: rows.length,
                above: rows[0].getBoundingClientRect().bottom < 0,
                head: head.top >= 0 && head.bottom <= innerHeight,
                line: rows[0].cells.length - [...rows[0].cells].filter((_, column) => ends(column).size === 1).length,
                figures: getComputedStyle(rows[0].querySelector('.number')).fontVariantNumeric,
                sideways: document.documentElement.scrollWidth > innerWidth,
            }",
        )
        .await;
    let wanted = json!({
        "rows": 200, "above": true, "head": true, "line": 0, "figures": "tabular-nums", "sideways": false
    });
    assert_eq!(seen, wanted);
    drop(window);
    world.finish().await;
}
