//! The page of one order: what a decision saw, how the total comes about, what was edited since, and everything that
//! happened, with who asked for it.

use super::console::{admin, opened};
use crate::harness::{BOUND, Browser, CONNECTION, Page, World, until};
use std::time::Duration;

fn at(id: &str) -> String {
    format!("/orders/{CONNECTION}/{id}")
}

/// Reads the page again and again until it says this.
async fn until_says(browser: &mut Browser, path: &str, words: &str) -> Page {
    let watch = async {
        loop {
            let page = browser.get(path).await.must_be(200);
            if page.body.contains(words) {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    match tokio::time::timeout(BOUND, watch).await {
        Ok(page) => page,
        Err(_) => browser.get(path).await.must_say(words),
    }
}

/// The text of a section, without its tags.
fn text_of(page: &Page, from: &str, to: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in page.between(from, to).chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn lines_of(page: &Page) -> String {
    text_of(page, r#"id="lines-title">"#, "</section>")
}

/// When the stock beside the lines was read, to the second.
fn checked_at(page: &Page) -> String {
    let (_, lines) = page.body.split_once(r#"id="lines-title">"#).expect("the page has lines");
    lines.split_once("title=\"").and_then(|(_, rest)| rest.split_once('"')).expect("a time").0.to_owned()
}

fn steps_of(page: &Page) -> String {
    text_of(page, r#"id="steps-title">"#, "</section>")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_order_shows_its_lines_its_equation_and_what_shopify_answered() {
    let mut world = World::start().await;
    let stock = world.stock(0, 0);
    world.approved(world.plain("97601"));
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    world.until_order("97601", "exported").await;
    let page = until_says(&mut admin, &at("97601"), "JOOR was told that the order is exported").await;
    let name = world.shop_order_of("97601").name;

    let lines = lines_of(&page);
    assert!(lines.starts_with("Lines Stock as Shopify had it when the order was sent"), "{lines}");
    assert!(
        lines.contains(&format!(" 2 {stock} ")),
        "2 units wanted, {stock} there before they left: {lines}"
    );
    let sum = text_of(&page, r#"id="sum-title">"#, "</section>");
    assert!(sum.contains("Goods") && sum.contains("Total 91.00 USD Total in Shopify 91.00 USD"), "{sum}");
    assert!(sum.ends_with("Shopify shows the same total, to the cent."), "{sum}");
    let steps = steps_of(&page);
    for words in [
        "Approved in JOOR and read",
        "Checked and ready",
        "The request was written down and sent",
        "Shopify created the order",
        &format!("Created in Shopify as {name}"),
        "JOOR was told that the order is exported",
    ] {
        assert!(steps.contains(words), "{words:?} is not in {steps}");
    }
    assert!(!page.body.contains("lineItems"), "requests have pages of their own");
    assert!(page.body.len() < 50_000, "{} bytes", page.body.len());
    until_says(&mut admin, &at("97601"), "was read back and is what was sent").await;

    // The request that created the order; other steps have pages of their own.
    let wire = page.between(&format!("{}/wire/1.", at("97601")), "\"");
    let wire = admin.get(&format!("{}/wire/1.{wire}", at("97601"))).await.must_be(200);
    let wire = wire.must_say("What Shopify answered").must_say(&name).must_say("lineItems");
    let order = world.joor("97601");
    for hidden in [&order.shipping_address.line_1, &order.shipping_address.city] {
        assert!(!hidden.is_empty() && !wire.body.contains(hidden), "{hidden} in {}", wire.body);
    }
    admin.get(&format!("{}/wire/1.1.99", at("97601"))).await.must_be(404).must_say("is called");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_order_shows_which_line_is_short_and_by_how_much_and_writes_nothing_while_that_stays_so() {
    let mut world = World::start().await;
    world.set_stock(0, 1, [3, 0]);
    let order = world.brand.order("97611", 0);
    let order = order.line(world.brand.line(0, 0, 1)).line(world.brand.line(0, 1, 8));
    world.approved(order);
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    world.until_order("97611", "held").await;
    let page = admin.get(&at("97611")).await.must_be(200);
    let lines = lines_of(&page);
    assert!(lines.starts_with("Lines Stock as Shopify had it at the last check"), "{lines}");
    let short = lines.find("8 3 5 short").unwrap_or_else(|| panic!("{lines}"));
    assert!(
        lines[short..].matches("short").count() == 1,
        "the other line is after it, and not short: {lines}"
    );
    let first = checked_at(&page);
    page.must_say("By JOOR&#39;s numbers. Shopify shows no total of it yet.");

    // Cycles that see the same leave the ledger as it is; what changes on the shelf is shown.
    let checks = world.asked("Variants");
    until("three more checks", || world.asked("Variants") >= checks + 3).await;
    let again = admin.get(&at("97611")).await.must_be(200);
    assert_eq!(checked_at(&again), first);
    assert_eq!(steps_of(&again).matches("Not enough stock").count(), 1);
    world.set_stock(0, 1, [6, 0]);
    let page = until_says(&mut admin, &at("97611"), "2 short").await;
    assert!(page.body.contains("Not enough stock"));
    world.set_stock(0, 1, [20, 0]);
    world.until_order("97611", "exported").await;
    let page = admin.get(&at("97611")).await.must_be(200);
    assert!(!lines_of(&page).contains("short"), "{}", lines_of(&page));
    let steps = steps_of(&page);
    assert!(steps.contains("Over: Not enough stock"), "{steps}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_after_the_export_is_shown_line_by_line_until_somebody_says_that_it_is_meant() {
    let mut world = World::start().await;
    world.approved(world.plain("97621"));
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    world.until_order("97621", "exported").await;
    let unedited = until_says(&mut admin, &at("97621"), "JOOR was told that the order is exported").await;
    assert!(!unedited.body.contains("Changed in JOOR since the export"));
    let today = world.sandbox.clock.today();
    world.sandbox.joor.change("97621", |order| {
        order.lines[0].quantity = 7;
        order.comments = "<b>By sea</b>".to_owned();
        order.date_modified = Some(today);
    });
    let page = until_says(&mut admin, &at("97621"), "Changed in JOOR since the export").await;
    let edits = text_of(&page, r#"id="edits-title">"#, "</section>");
    assert!(edits.contains("Comments not there &#60;b&#62;By sea&#60;/b&#62;"), "{edits}");
    assert!(edits.contains("2 at ") && edits.contains("7 at "), "{edits}");
    assert!(!page.body.contains("<b>By sea"), "a stranger's text stays text");

    admin
        .post(&format!("{}/close", at("97621")), &[("note", "agreed by phone")])
        .await
        .must_lead_to(&at("97621"));
    until_says(&mut admin, &at("97621"), "Over: Changed in JOOR after the export").await;
    let page = admin.get(&at("97621")).await.must_be(200);
    assert!(!page.body.contains("Changed in JOOR since the export"), "{}", page.body);
    assert!(steps_of(&page).contains("“Close by hand” was asked for by admin"), "{}", steps_of(&page));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_was_refused_says_so_with_its_words_and_who_asked() {
    let mut world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("97631"));
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    world.until_order("97631", "held").await;
    let link = format!("{}/link-order", at("97631"));
    admin.post(&link, &[("shop_order", "990011")]).await.must_lead_to(&at("97631"));
    let page = until_says(&mut admin, &at("97631"), "was refused").await;
    let steps = steps_of(&page);
    assert!(steps.contains("“Link a Shopify order” was refused by admin Not done: "), "{steps}");
    assert!(steps.contains("990011"), "{steps}");
    admin.post(&format!("{}/close", at("97631")), &[("note", "sold out for good")]).await.must_be(303);
    world.until_order("97631", "closed_by_hand").await;
    let steps = steps_of(&admin.get(&at("97631")).await.must_be(200));
    assert!(steps.contains("Closed by hand by admin sold out for good."), "{steps}");
    world.finish().await;
}
