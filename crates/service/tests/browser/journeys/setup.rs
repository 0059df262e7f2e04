//! From an empty data directory to the first order in Shopify, and a note that one sees while typing: all of it in the
//! browser.

use super::every_page::{axe, must_be_usable};
use crate::harness::{CONNECTION, World};
use crate::pages::{Connection, Frame, NewConnection, Settings, as_admin, served};
use jiff::ToSpan;

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_run_to_the_first_export_everything_is_done_in_the_browser() {
    let mut world = World::preview().await;
    std::fs::remove_dir_all(world.data_folder()).unwrap();
    world.run(&["init"]).await.must_end_with(0);
    world.approved(world.plain("95501"));
    let home = served(&mut world).await;
    let window = as_admin(&world, &home).await;
    window.press("Add a connection").await;
    window.until_at("/connections/new").await;

    let joor = world.sandbox.joor.options();
    let new = NewConnection(&window);
    window.fill("Name of the connection", CONNECTION).await;
    let account = [
        ("joor.environment", "sandbox"),
        ("joor.api_url", &world.sandbox.joor_api_url()),
        ("joor.token_url", &world.sandbox.joor_token_url()),
        ("joor.account", &joor.account),
        ("joor.client_id", &joor.client_id),
        ("joor.client_secret", &joor.client_secret),
        ("joor.username", &joor.username),
        ("joor.password", &joor.password),
    ];
    new.fill(&account).await;
    window.press("Test and go on").await;
    window.says("The address of the shop").await;
    let axe = axe();
    must_be_usable(&window, &axe, "step Shopify").await;
    new.fill(&[
        ("shopify.shop_url", &world.sandbox.shopify_url()),
        ("shopify.access_token", "shpat_sandbox"),
    ])
    .await;
    window.press("Test and go on").await;
    window.says("What has to be decided before the first order.").await;
    let start = world.sandbox.clock.today().saturating_sub(30.days()).to_string();
    let mails = "wholesale@brand.example.com";
    new.fill(&[("schedule.exported_since", &start), ("alerts.orders", mails), ("alerts.outages", mails)])
        .await;
    window.press("Look at the last orders").await;
    window.says("1 would be sent").await;
    window.says("95501").await;
    must_be_usable(&window, &axe, "step Orders with a dry look").await;
    assert!(world.sandbox.shop.orders().is_empty(), "looking sends nothing");
    window.press("Create the connection").await;
    window.until_at(&format!("/connections/{CONNECTION}")).await;
    window.says("Preview").await;

    Connection(&window).go_live().await;
    world.until_order("95501", "exported").await;
    Frame(&window).to("Overview").await;
    window.says("Nothing needs you.").await;
    assert_eq!(window.asked_outside().await, [""; 0], "the browser asks nobody else");
    drop(window);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_note_of_a_real_order_is_seen_while_its_template_is_typed_and_saved_after_a_preview() {
    let mut world = World::start().await;
    world.approved(world.plain("95511"));
    let home = served(&mut world).await;
    world.until_order("95511", "exported").await;
    let window = as_admin(&world, &home).await;
    let settings = Settings(&window);
    settings.open(CONNECTION).await;
    settings.type_note("Packed for {{ retailer }}").await;
    let retailer = world.joor("95511").customer.name.clone();
    let wanted = format!("Packed for {retailer}");
    window.until("the note is shown", async || settings.note().await.contains(&wanted)).await;
    assert!(window.path().await.ends_with("/settings"), "nothing was sent to save it");

    window.press("Preview on the last").await;
    window.says("would change").await;
    window.says(&wanted).await;
    window.press("Save").await;
    world.until_in_force("Packed for").await;
    world.approved(world.plain("95512"));
    world.until_order("95512", "exported").await;
    let note = world.shop_order_of("95512").note.unwrap_or_default();
    assert!(note.contains(&wanted), "{note}");
    drop(window);
    world.finish().await;
}
