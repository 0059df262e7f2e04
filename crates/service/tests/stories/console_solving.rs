//! Problems that a person solves in the browser: by a setting, and by saying what nobody but them can know.

use super::console::{added, admin, as_somebody, opened};
use super::console_pages::{says, until_page};
use super::console_settings::Filled;
use super::re_export::held_once_more;
use crate::harness::{Browser, CONNECTION, Options, Page, World, until_within};
use sandbox::{Fault, When};
use std::time::Duration;

/// Looks come slower and slower.
const PATIENCE: Duration = Duration::from_secs(120);
const PAGE: &str = "/connections/brand";
const SETTINGS: &str = "/connections/brand/settings";

fn at(id: &str) -> String {
    format!("/orders/{CONNECTION}/{id}")
}

/// Changes one field, looks at what that would change, and saves it; the page that follows.
async fn saved(admin: &mut Browser, field: &str, value: &str) -> Page {
    let mut form = Filled::of(&admin.get(SETTINGS).await.must_be(200), SETTINGS);
    form.set(field, value);
    let seen = form.send(admin, SETTINGS, "preview").await.must_be(200);
    Filled::of(&seen, SETTINGS).send(admin, SETTINGS, "save").await.must_lead_to(PAGE);
    admin.get(PAGE).await.must_be(200)
}

/// Presses a button of the order's page that leads there.
async fn pressed(browser: &mut Browser, id: &str, verb: &str, words: &str) {
    let path = format!("{}/{verb}", at(id));
    until_page(browser, &at(id), words, |page| page.body.contains(&path) && page.body.contains(words)).await;
    browser.post(&path, &[]).await.must_lead_to(&at(id));
    browser.get(&at(id)).await.must_be(200).must_say("Noted. The next cycle does it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_orders_wait_on_says_how_many_when_it_is_saved() {
    let mut world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    for id in ["98101", "98102"] {
        world.approved(world.plain(id));
    }
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    for id in ["98101", "98102"] {
        world.until_order(id, "held").await;
    }
    let page = saved(&mut admin, "orders.discount_label", "Thanks").await;
    assert!(!page.body.contains("on what was changed"), "nothing waits on that: {}", page.body);
    world.until_in_force("Thanks").await;
    let page = saved(&mut admin, "orders.stock", "bypass").await;
    page.must_say("2 orders wait on what was changed. The next cycle checks them again.");
    for id in ["98101", "98102"] {
        world.until_order(id, "exported").await;
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_misses_the_way_to_joor_is_led_to_the_setting_that_opens_it() {
    let mut world = World::start().await;
    let mut order = world.plain("98111");
    order.shipping_address.city.clear();
    world.approved(order);
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    world.until_order("98111", "held").await.must_be("held", &["ADDR_INCOMPLETE"]);
    let field = format!("{SETTINGS}#orders.order_page");
    let cause = format!("/problems/{CONNECTION}/ADDR_INCOMPLETE");
    for path in [&at("98111"), &cause] {
        let page = admin.get(path).await.must_be(200).must_say(&field);
        assert!(!page.body.contains("Open in JOOR"), "{path}: {}", page.body);
    }
    let password = added(&mut admin, "ben", "Operator").await;
    let mut ben = as_somebody(&browser, "ben", &password).await;
    let seen = ben.get(&at("98111")).await.must_be(200);
    assert!(!seen.body.contains(&field), "only an admin can name it: {}", seen.body);

    saved(&mut admin, "orders.order_page", "https://joor.example/orders/review/{order}").await;
    let there = "https://joor.example/orders/review/98111";
    let page = until_page(&mut admin, &at("98111"), "the way", says(there)).await;
    assert!(page.body.contains("Open in JOOR") && !page.body.contains(&field), "{}", page.body);
    admin.get(&cause).await.must_be(200).must_say(there);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_the_start_day_is_released_on_its_page_and_the_deed_says_so() {
    let mut world = World::start().await;
    world.settings.remove("schedule", "exported_since");
    world.apply().await;
    world.approved(world.plain("98121"));
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    world.until_order("98121", "held").await.must_be("held", &["ORD_ON_START_DAY"]);
    let asks = admin.get(&at("98121")).await.must_be(200);
    asks.must_say("Export it anyway");
    pressed(&mut admin, "98121", "release", "Export it anyway").await;
    world.until_order("98121", "exported").await;
    world.shop_order_of("98121");
    let deeds = admin.get("/activity").await.must_be(200);
    let deed = deeds.between("<td>Export it anyway</td>", "</tr>");
    assert!(deed.contains("98121"), "{deed}");
    admin.get(&at("98121")).await.must_say("“Export it anyway” was asked for");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_re_export_that_waits_is_given_up_on_its_page_and_the_earlier_order_stays() {
    let mut world = World::start().await;
    let first = held_once_more(&world, "98131").await;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    pressed(&mut admin, "98131", "give-up", "Give the re-export up").await;
    let page = until_page(&mut admin, &at("98131"), "the earlier order", says("In Shopify as ")).await;
    page.must_say(&first.name);
    assert_eq!(world.shop_order_of("98131").gid, first.gid);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uncertain_order_that_somebody_looked_for_is_sent_again_on_their_word() {
    let mut options = Options::default();
    options.sandbox.shop.custom_id_enforced = false;
    options.sandbox.shop.ignore_search_filters = true;
    let mut world = World::with(options).await;
    world.approved(world.plain("98140"));
    world.sync().await;
    world.approved(world.brand.order("98141", 0).line(world.brand.line(1, 0, 1)));
    world.fault("OrderCreate", When::Next, Fault::DropBefore);
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    world.until_order("98141", "unconfirmed").await;
    // A word counts once the program looked by itself.
    let looks = world.asked("FindOrders");
    until_within(PATIENCE, "two more looks", || world.asked("FindOrders") >= looks + 2).await;
    pressed(&mut admin, "98141", "not-there", "It is not in Shopify").await;
    world.until_order("98141", "exported").await;
    world.shop_order_of("98141");
    let page = admin.get(&at("98141")).await.must_be(200);
    page.must_say("“Not in Shopify: send again” was asked for");
    world.finish().await;
}
