//! What a person mends in the browser because nobody else can know it.

use crate::harness::{CONNECTION, World, quoted};
use crate::pages::{Order, as_admin, order_path, served};
use sandbox::shopify::CustomerSeed;
use thirtyfour::By;

const CUSTOMER: u64 = 7_090_900_000_095;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_linked_by_search_releases_three_orders_of_the_retailer() {
    let mut world = World::start().await;
    world.settings.set("orders", "create_customers", "false");
    world.apply().await;
    let gid = world.sandbox.shop.add_customer(CustomerSeed {
        id: CUSTOMER,
        email: Some("accounts@elsewhere.example.com".to_owned()),
        first_name: Some("Gull".to_owned()),
        last_name: Some("Trading".to_owned()),
        ..CustomerSeed::default()
    });
    let orders = ["95601", "95602", "95603"];
    for id in orders {
        world.approved(world.brand.order(id, 2).line(world.brand.line(0, 0, 1)));
    }
    let home = served(&mut world).await;
    for id in orders {
        world.until_order(id, "held").await;
    }
    let window = as_admin(&world, &home).await;
    window.goto(&order_path(orders[0])).await;
    window.press("Choose the customer").await;
    window.says("wait on this").await;
    window.fill("Find in Shopify", "gull tradi").await;
    window.press("Search").await;
    window.says("accounts@elsewhere.example.com").await;
    let link = format!("//form[input[@value='{CUSTOMER}']]//button");
    window.click("Link", By::XPath(link)).await;
    window.until_at(&order_path(orders[0])).await;
    window.says("All 3 orders that waited on this").await;
    Order(&window).until_state("Exported").await;
    for id in orders {
        world.until_order(id, "exported").await;
        assert_eq!(world.shop_order_of(id).customer.as_ref(), Some(&gid));
    }
    drop(window);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_replaced_after_one_has_seen_what_happens_and_said_yes() {
    let mut world = World::start().await;
    world.approved(world.plain("95611"));
    let home = served(&mut world).await;
    world.until_order("95611", "exported").await;
    let first = world.shop_order_of("95611");
    world.sandbox.joor.change("95611", |order| order.lines[0].quantity = 5.into());
    let window = as_admin(&world, &home).await;
    window.goto(&order_path("95611")).await;
    window.says("Changed in JOOR since the export").await;
    window.press("Export it again").await;
    window.says("What happens").await;
    window.says(&first.name).await;
    assert_eq!(world.shop_orders_of("95611").len(), 1, "looking changes nothing");
    window.click("the yes", By::Css("form[action$='/again'] button")).await;
    window.until_at(&order_path("95611")).await;
    let done = async || {
        let orders = world.shop_orders_of("95611");
        orders.len() == 2 && orders.iter().filter(|order| order.is_live()).count() == 1
    };
    window.until("the first is cancelled and a second is there", done).await;
    Order(&window).until_state("Exported").await;
    let second = world.shop_orders_of("95611").into_iter().find(|order| order.is_live()).unwrap();
    assert_ne!(second.name, first.name);
    window.says(&second.name).await;
    drop(window);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_taken_back_are_seen_to_be_in_force_again_without_a_click() {
    let mut world = World::start().await;
    world.settings.set("tags", "templates", &format!("[{}]", quoted("wholesale-95")));
    world.apply().await;
    let home = served(&mut world).await;
    let window = as_admin(&world, &home).await;
    window.goto(&format!("/connections/{CONNECTION}")).await;
    window.says("History of the settings").await;
    let in_force = async || window.texts("#history li:has(.pill)").await;
    assert!(in_force().await.iter().all(|one| one.starts_with("Version 2 ")), "{:?}", in_force().await);
    window.press("Put this version in force again").await;
    window.driver().accept_alert().await.expect("it is asked whether that is meant");
    window.says("this page follows by itself").await;
    window.run("window.untouched = true").await;
    let moved = async || in_force().await.first().is_some_and(|one| one.starts_with("Version 3 by admin"));
    window.until("version 3 is in force", moved).await;
    assert_eq!(in_force().await.len(), 1, "one version is in force: {:?}", in_force().await);
    assert_eq!(window.run("return window.untouched").await, true, "the page was loaded again");
    let document = "return document.querySelector('#document pre').textContent";
    let document = window.run(document).await;
    assert!(!document.as_str().unwrap_or_default().contains("wholesale-95"), "{document}");
    drop(window);
    world.finish().await;
}
