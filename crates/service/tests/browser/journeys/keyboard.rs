//! Whoever has no mouse.

use crate::harness::World;
use crate::pages::{ADMIN, Order, Orders, as_admin, first_password, order_path, served};
use crate::window::Window;
use thirtyfour::Key;

/// More than any page has between its start and what is wanted.
const TABS_MAX: usize = 60;

/// What has the focus: its words or its id, and whether one sees that it has it.
const FOCUSED: &str = "
const one = document.activeElement;
const style = getComputedStyle(one);
const box = one.getBoundingClientRect();
const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
const there = box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight;
return [one.id || one.innerText.trim(), outlined && there && one.matches(':focus-visible')];";

/// Tab by Tab until this has the focus; wherever it is meanwhile, one sees it.
async fn tab_to(window: &Window, wanted: &str) {
    let mut passed = Vec::new();
    for _ in 0..TABS_MAX {
        window.key(Key::Tab).await;
        let focused = window.run(FOCUSED).await;
        let name = focused[0].as_str().unwrap_or_default().to_owned();
        assert_eq!(focused[1], true, "{name:?} has the focus, and nobody sees it; before it: {passed:?}");
        if name == wanted {
            return;
        }
        passed.push(name);
    }
    panic!("{wanted:?} is not reached by Tab: {passed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_keys_alone_one_signs_in_finds_an_order_and_has_it_checked_again() {
    let mut world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("95301"));
    world.approved(world.brand.order("95302", 1).line(world.brand.line(1, 0, 1)));
    let home = served(&mut world).await;
    world.until_order("95301", "held").await;
    let window = Window::at(&home).await;
    window.goto("/").await;
    window.says("Sign in").await;
    // The first field has the focus already.
    window.keys(ADMIN).await;
    tab_to(&window, "password").await;
    window.keys(first_password(&world)).await;
    window.key(Key::Enter).await;
    window.until_at("/").await;

    tab_to(&window, "To the content").await;
    tab_to(&window, "Orders").await;
    window.key(Key::Enter).await;
    window.until_at("/orders").await;
    tab_to(&window, "q").await;
    window.keys("95301").await;
    window.key(Key::Enter).await;
    window.until("it is found", async || window.path().await.contains("q=95301")).await;
    tab_to(&window, "95301").await;
    window.key(Key::Enter).await;
    window.until_at(&order_path("95301")).await;
    Order(&window).until_state("Held").await;
    tab_to(&window, "Check again now").await;
    window.key(Key::Enter).await;
    window.says("The next cycle").await;
    world.set_stock(0, 0, [10, 0]);
    Order(&window).until_state("Exported").await;
    drop(window);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn news_takes_nobodys_place_on_the_page() {
    let mut world = World::start().await;
    for id in ["95311", "95312"] {
        world.approved(world.plain(id));
    }
    let home = served(&mut world).await;
    for id in ["95311", "95312"] {
        world.until_order(id, "exported").await;
    }
    let window = as_admin(&world, &home).await;
    window.goto("/orders?sort=number").await;
    tab_to(&window, "95312").await;
    window.run("window.untouched = document.activeElement").await;
    world.approved(world.brand.order("95310", 0).line(world.brand.line(1, 0, 1)));
    let arrived = async || Orders(&window).numbers().await.contains(&"95310".to_owned());
    window.until("the order that arrived is shown", arrived).await;
    let focused = window.run(FOCUSED).await;
    assert_eq!(focused, serde_json::json!(["95312", true]), "one is where one was, and sees it");
    assert_eq!(window.run("return window.untouched.isConnected").await, false, "the list was replaced");
    window.key(Key::Enter).await;
    window.until_at(&order_path("95312")).await;
    drop(window);
    world.finish().await;
}
