//! The console's pages about a period, about orders before approval, and about a connection: what they show, and what
//! becomes of what is asked for there.

use super::console::{admin, opened};
use crate::harness::{BOUND, Browser, CONNECTION, Page, World, quoted};
use sandbox::joor::Status;
use std::time::Duration;

const PAGE: &str = "/connections/brand";

/// Reads the page again and again until it holds.
pub async fn until_page(
    browser: &mut Browser,
    path: &str,
    what: &str,
    holds: impl Fn(&Page) -> bool,
) -> Page {
    let watch = async {
        loop {
            let page = browser.get(path).await.must_be(200);
            if holds(&page) {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    match tokio::time::timeout(BOUND, watch).await {
        Ok(page) => page,
        Err(_) => panic!("{path} does not show {what}: {}", browser.get(path).await.body),
    }
}

pub fn says(words: &str) -> impl Fn(&Page) -> bool {
    move |page| page.body.contains(words)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_that_somebody_planted_comes_first_in_the_proof_and_in_its_file() {
    let mut world = World::start().await;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    world.approved(world.plain("97001"));
    world.approved(world.plain("97002"));
    for id in ["97001", "97002"] {
        world.until_order(id, "exported").await;
    }
    world.sandbox.joor.change("97002", |order| order.customer.name = "=1+1, \"Stores\"".to_owned());
    world.sandbox.shop.delete_order(&world.shop_order_of("97001").gid);

    let unasked = admin.get("/proof").await.must_be(200).must_say("Compare now");
    assert!(!unasked.body.contains("Approved in JOOR"), "it compares only when asked to");
    for (query, words) in [
        ("from=yesterday&compare=1", "“yesterday” is none"),
        ("from=2026-03-02&to=2026-03-01&compare=1", "ends before"),
        ("from=2199-01-01&to=2199-01-02&compare=1", "days to come"),
        ("from=2020-01-01&to=2020-02-01&compare=1", "the period ends before"),
        ("connection=nobody&compare=1", "no such connection"),
    ] {
        admin.get(&format!("/proof?{query}")).await.must_be(200).must_say(words);
    }
    let proof = admin.get("/proof?compare=1").await.must_be(200);
    let proof = proof.must_say("1 difference between JOOR, this program and Shopify.");
    let proof = proof.must_say("is not in Shopify any more.").must_say("/orders/brand/97001");
    // The order stands in one row as each side has it.
    let row = proof.between(r#"href="/orders/brand/97001""#, "</tr>");
    for said in [
        r#"data-label="In JOOR">Approved, "#,
        "<br>2\u{a0}units</td>",
        r#"data-label="Here">Exported<br>"#,
        ": 91.00\u{a0}USD, 2\u{a0}units</td>",
        r#"data-label="In Shopify">Not there</td>"#,
    ] {
        assert!(row.contains(said), "{said} is not in {row}");
    }
    let row = proof.between("Approved in JOOR</span>", "</tr>");
    assert!(row.contains(r#"<td class="number" data-label="Orders">2</td>"#), "{row}");
    let csv = proof.between(r#"class="button" href=""#, "\"").replace("&#38;", "&").replace("&amp;", "&");

    let file = admin.get(&csv).await.must_be(200);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert!(file.header("content-disposition").contains(".csv"), "{}", file.header("content-disposition"));
    let rows: Vec<&str> = file.body.lines().filter(|line| line.contains(",9700")).collect();
    assert_eq!(rows.len(), 2, "{}", file.body);
    assert!(
        rows[0].contains(",97001,") && rows[0].contains(",missing,DEST_READBACK_DIFFERS,"),
        "{}",
        rows[0]
    );
    assert!(rows[1].contains(",97002,") && rows[1].ends_with(",,,,"), "{}", rows[1]);
    let mut stranger = browser.clone();
    assert!(stranger.get(&csv).await.must_be(303).location().starts_with("/sign-in"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_is_shown_before_somebody_approves_the_order_and_nothing_is_sent() {
    let mut world = World::start().await;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    world.set_stock(1, 1, [0, 0]);
    let short = world.brand.order("97011", 0).line(world.brand.line(1, 1, 3));
    for seed in [short.status(Status::Pending), world.plain("97012").status(Status::Notes)] {
        world.approved(seed);
    }
    for id in ["97011", "97012"] {
        world.sandbox.joor.change(id, |order| order.date_approved = None);
    }

    until_page(&mut admin, PAGE, "that it is live", says("Orders are read, checked and sent.")).await;
    let unasked = admin.get("/pending").await.must_be(200);
    assert!(!unasked.body.contains("97011"), "JOOR is asked only when a person wants it");
    let shown = admin.get("/pending?check=1").await.must_be(200).must_say("would be held.");
    let held = shown.between("Order 97011", "</article>");
    assert!(held.contains("Waits for approval in JOOR.") && held.contains("STOCK_SHORT"), "{held}");
    assert!(!held.contains("ORD_NOT_APPROVED"), "it is decided as if it were approved: {held}");
    let ready = shown.between("Order 97012", "</article>");
    assert!(ready.contains("it would be sent.") && ready.contains("not yet handed in"), "{ready}");

    world.set_stock(1, 1, [5, 0]);
    let mended = admin.get("/pending?check=1").await.must_be(200);
    assert!(!mended.body.contains("STOCK_SHORT"), "{}", mended.body);
    // Nothing came of looking.
    for id in ["97011", "97012"] {
        assert!(world.shop_orders_of(id).is_empty(), "{id}");
        assert_eq!(world.run(&["orders", "show", id]).await.code, 2, "{id} is not in the ledger");
    }
    assert_eq!(world.joor("97011").status, Status::Pending);

    let today = world.sandbox.clock.today();
    world.sandbox.joor.change("97011", |order| {
        order.status = Status::Approved;
        order.date_approved = Some(today);
        order.date_modified = Some(today);
    });
    world.until_order("97011", "exported").await;
    let gone = admin.get("/pending?check=1").await.must_be(200);
    assert!(!gone.body.contains("Order 97011"), "{}", gone.body);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_goes_live_pauses_resumes_and_undoes_settings_and_sees_it_in_effect() {
    let mut world = World::preview().await;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    world.approved(world.plain("97021"));
    world.until_order("97021", "ready").await;
    admin.get("/connections").await.must_be(200).must_say(PAGE);
    admin.get(PAGE).await.must_be(200).must_say("1 order known; 1 would be sent");
    admin.get(&format!("{PAGE}?check=1")).await.must_be(200).must_say("What the check found");

    admin.post(&format!("{PAGE}/go-live"), &[]).await.must_lead_to(PAGE);
    admin.get(PAGE).await.must_say("Nobody confirmed that the previous integration is off.");
    admin.post(&format!("{PAGE}/go-live"), &[("previous_off", "yes")]).await.must_lead_to(PAGE);
    world.until_order("97021", "exported").await;
    admin.post(&format!("{PAGE}/go-live"), &[("previous_off", "yes")]).await.must_lead_to(PAGE);
    admin.get(PAGE).await.must_say("is live already");

    admin.post(&format!("{PAGE}/pause"), &[]).await.must_lead_to(PAGE);
    until_page(&mut admin, PAGE, "a pause", says("/connections/brand/resume")).await;
    let list = world.run(&["connection", "list"]).await;
    assert_eq!(list.json["connections"][0]["state"], "paused", "{}", list.json);
    admin.post(&format!("{PAGE}/pause"), &[]).await.must_lead_to(PAGE);
    admin.get(PAGE).await.must_say("is paused already.");
    admin.post(&format!("{PAGE}/resume"), &[]).await.must_lead_to(PAGE);
    world.approved(world.plain("97022"));
    world.until_order("97022", "exported").await;

    let before = world.run(&["connection", "export", CONNECTION]).await.json["document"].clone();
    world.settings.set("tags", "templates", &format!("[{}]", quoted("wholesale-97")));
    world.apply().await;
    world.until_in_force("wholesale-97").await;
    let history = admin.get(PAGE).await.must_say("<ins>+ ").must_say("Version 2");
    history.must_say("wholesale-97");
    admin.post(&format!("{PAGE}/undo"), &[("version", "9")]).await.must_lead_to(PAGE);
    admin.get(PAGE).await.must_say("has no settings version 9.");
    admin.post(&format!("{PAGE}/undo"), &[("version", "1")]).await.must_lead_to(PAGE);
    until_page(&mut admin, PAGE, "a third version", says("Version 3</span> by admin")).await;
    let after = world.run(&["connection", "export", CONNECTION]).await.json["document"].clone();
    assert_eq!(before, after);
    admin.post(&format!("{PAGE}/undo"), &[("version", "1")]).await.must_lead_to(PAGE);
    admin.get(PAGE).await.must_say("says what is in force already.");
    // The credentials are those that were kept.
    world.approved(world.plain("97023"));
    world.until_order("97023", "exported").await;
    world.finish().await;
}
