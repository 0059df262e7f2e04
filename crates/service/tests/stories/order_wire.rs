//! What was said with JOOR and Shopify at each step of an order, read from its page: nobody is named and no secret stands
//! there, and an order sees nothing of another one's.

use super::console::{admin, opened};
use crate::harness::{Browser, CONNECTION, Page, World};
use sandbox::brand::ROOMS;
use sandbox::{Fault, When};
use std::time::Duration;

/// Cycles within which everything that waits is done.
const CYCLES_MAX: usize = 20;

/// A step with the page of what was said at it.
struct Said {
    words: String,
    page: Page,
}

/// Every step of an order that has such a page, newest first.
async fn said_of(browser: &mut Browser, id: &str) -> Vec<Said> {
    let order = browser.get(&format!("/orders/{CONNECTION}/{id}?all=yes")).await.must_be(200);
    let steps = order.between(r#"id="steps-title">"#, "</section>");
    let mut said = Vec::new();
    for step in steps.split("<li ").skip(1) {
        let (_, words) = step.split_once("<p>").expect("a step has words");
        let words = words.split('<').next().unwrap_or_default().trim().replace("&#39;", "'");
        let Some((_, link)) = step.split_once(r#"<a href=""#) else { continue };
        let (link, _) = link.split_once('"').expect("an address ends");
        assert!(link.contains("/wire/"), "{link}");
        said.push(Said { words, page: browser.get(link).await.must_be(200) });
    }
    said
}

fn step<'a>(said: &'a [Said], words: &str) -> &'a Page {
    let told: Vec<&str> = said.iter().map(|one| one.words.as_str()).collect();
    let found = said.iter().find(|one| one.words == words);
    &found.unwrap_or_else(|| panic!("{words:?} is not in {told:#?}")).page
}

#[track_caller]
fn must_tell(page: &Page, who: &str, words: &[&str]) {
    let heading = format!("What {who} answered</h2>\n<pre");
    for words in [&[heading.as_str(), "What was asked for</h2><pre"], words].concat() {
        assert!(page.body.contains(words), "{words:?} is not in\n{}", page.body);
    }
}

/// Neither people nor secrets nor other orders.
fn must_hide(world: &World, said: &[Said], retailer: usize, others: &[&str]) {
    let who = &world.brand.retailers[retailer];
    let joor = world.sandbox.joor.options();
    let secrets = ["shpat_sandbox", &joor.client_secret, &joor.password, &joor.username];
    let people =
        [&who.email, &who.phone, &who.street, &who.last_name, &who.name, &who.zip].map(String::as_str);
    for hidden in [&secrets[..], &people[..], others].concat() {
        assert!(!hidden.is_empty());
        for one in said {
            assert!(!one.page.body.contains(hidden), "{hidden} is in {:?}: {}", one.words, one.page.body);
        }
    }
}

async fn sync_until(world: &mut World, id: &str, generation: u64) {
    for _ in 0..CYCLES_MAX {
        world.sync().await;
        let shown = world.order(id).await;
        if (shown.state(), shown.generation()) == ("exported", generation) && shown.problems().is_empty() {
            // What follows the export.
            world.sync().await;
            return;
        }
        world.pass(Duration::from_secs(90));
    }
    panic!("{id} is not exported: {:#}", world.order(id).await.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_that_spoke_to_joor_or_shopify_shows_what_was_said_and_names_nobody() {
    let mut world = World::start().await;
    world.settings.text("orders", "fulfilment", "assigned");
    world.settings.text("orders", "location", &ROOMS[1].id.to_string());
    world.apply().await;
    world.fault("OrderCreate", When::Next, Fault::LoseReply);
    world.approved(world.brand.order("97701", 2).line(world.brand.line(0, 0, 1)));
    world.sync().await;
    assert_eq!(world.order("97701").await.state(), "unconfirmed");
    world.pass(Duration::from_secs(40));
    world.approved(world.brand.order("97702", 1).line(world.brand.line(1, 0, 1)));
    for (id, generation) in [("97701", 1), ("97702", 1)] {
        sync_until(&mut world, id, generation).await;
    }
    let first = world.shop_order_of("97702");
    world.run(&["--yes", "orders", "re-export", "97702", "--cancel-previous"]).await.must_end_with(0);
    sync_until(&mut world, "97702", 2).await;

    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let created = said_of(&mut admin, "97701").await;
    let name = world.shop_order_of("97701").name;
    let customer = step(&created, "The customer was created in Shopify");
    must_tell(customer, "Shopify", &["CustomerSet", "customerSet", "countryCode"]);
    let found = step(&created, "The order was found in Shopify");
    must_tell(found, "Shopify", &["FindOrders", "sandbox-424242-97701-1-1", &name]);
    let read = step(&created, "The Shopify order was read back and is what was sent");
    must_tell(read, "Shopify", &["OrdersState", &name, "totalPriceSet"]);
    let moved = step(&created, "The order was assigned to its location");
    must_tell(moved, "Shopify", &["MoveFulfillmentOrder", &ROOMS[1].id.to_string(), "movedFulfillmentOrder"]);
    let report = step(&created, "JOOR was told that the order is exported");
    must_tell(report, "JOOR", &["bulk_update", "SUCCESS", &format!("Shopify order {name}")]);
    let lost = step(&created, "The request was written down and sent").body.clone();
    assert!(lost.contains("lineItems") && lost.contains("No answer was kept"), "{lost}");
    must_hide(&world, &created, 2, &["97702", &first.name]);

    let replaced = said_of(&mut admin, "97702").await;
    let address = step(&replaced, "The customer's default address was put back");
    must_tell(address, "Shopify", &["CustomerUpdateDefaultAddress", "addressId"]);
    let asked = step(&replaced, "Shopify was asked to cancel the earlier order");
    must_tell(asked, "Shopify", &["OrderCancel", &first.gid, "orderCancelUserErrors"]);
    let gone = step(&replaced, "Shopify cancelled the earlier order");
    must_tell(gone, "Shopify", &["OrderToCancel", &first.name, "cancelledAt"]);
    must_hide(&world, &replaced, 1, &["97701", &name]);
    for odd in ["d99999", "d", "1.1.99", "1.1", "x"] {
        admin.get(&format!("/orders/{CONNECTION}/97701/wire/{odd}")).await.must_be(404).must_say("is called");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_or_lost_shows_its_request_and_repeats_do_not_pile_up() {
    let mut world = World::start().await;
    world.settings.text("orders", "fulfilment", "fulfilled");
    world.settings.text("orders", "location", &ROOMS[0].id.to_string());
    world.settings.text("orders", "stock", "bypass");
    world.apply().await;
    let body = r#"{"errors":[{"status":"INVALID","message":"Locked by ada@rose.example","details":{"id":"97711"}}]}"#;
    let refused = Fault::Status { code: 422, body: body.to_owned(), headers: Vec::new() };
    world.joor_fault("POST bulk_update", When::Times(2), refused);
    world.approved(world.plain("97711"));
    for _ in 0..2 {
        world.sync().await;
        world.pass(Duration::from_secs(900));
    }
    world.order("97711").await.must_be("exported", &["BACK_STATUS_FAILED"]);
    world.joor_fault("POST bulk_update", When::Next, Fault::DropBefore);
    world.pass(Duration::from_secs(4000));
    world.sync_ends_with(4).await;
    world.pass(Duration::from_secs(4000));
    sync_until(&mut world, "97711", 1).await;
    world.run(&["--yes", "orders", "re-export", "97711", "--cancel-previous"]).await.must_end_with(0);
    sync_until(&mut world, "97711", 2).await;

    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let said = said_of(&mut admin, "97711").await;
    let refused = step(&said, "JOOR refused to be told how the order stands");
    must_tell(refused, "JOOR", &["bulk_update", "97711", "INVALID", "Locked by •••"]);
    let unclear = step(&said, "JOOR gave no clear answer when it was told how the order stands");
    assert!(
        unclear.body.contains("bulk_update") && unclear.body.contains("No answer was kept"),
        "{}",
        unclear.body
    );
    let undone = step(&said, "A fulfilment of the earlier order was cancelled");
    must_tell(undone, "Shopify", &["FulfillmentCancel", "fulfillmentCancel"]);
    let refusals = said.iter().filter(|one| one.words.starts_with("JOOR refused")).count();
    assert_eq!(refusals, 1, "the second one took the place of the first");
    must_hide(&world, &said, 0, &["ada@rose.example"]);

    // A request that never arrived is looked for, not there, and sent again.
    world.fault("OrderCreate", When::Next, Fault::DropBefore);
    world.approved(world.brand.order("97712", 0).line(world.brand.line(1, 0, 1)));
    world.until_order("97712", "exported").await;
    let said = said_of(&mut admin, "97712").await;
    let looked = step(&said, "Looked for in Shopify: not there");
    must_tell(looked, "Shopify", &["FindOrders", "sandbox-424242-97712-1-1", "null"]);
    must_hide(&world, &said, 0, &["97711"]);
    world.finish().await;
}
