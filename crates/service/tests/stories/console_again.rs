//! What is done from an order's page and from the page of a cause: the guided re-export, the preview, checking everything
//! that waits on one cause, and questions that are asked without script.

use super::console::{added, admin, as_somebody, opened};
use super::console_pages::{says, until_page};
use crate::harness::{Browser, CONNECTION, World};

const CONNECTION_PAGE: &str = "/connections/brand";

fn page_of(order: &str) -> String {
    format!("/orders/{CONNECTION}/{order}")
}

async fn paused(world: &World, admin: &mut Browser) {
    admin.post(&format!("{CONNECTION_PAGE}/pause"), &[]).await.must_lead_to(CONNECTION_PAGE);
    until_page(admin, CONNECTION_PAGE, "a pause", says("/connections/brand/resume")).await;
    let list = world.run(&["connection", "list"]).await;
    assert_eq!(list.json["connections"][0]["state"], "paused", "{}", list.json);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_its_page_an_order_is_cancelled_and_exported_once_more_and_one_that_is_paid_for_is_not() {
    let mut world = World::start().await;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let password = added(&mut admin, "vic@brand.example", "Viewer").await;
    let mut vic = as_somebody(&browser, "vic@brand.example", &password).await;
    world.approved(world.plain("94001"));
    world.until_order("94001", "exported").await;
    let (page, again) = (page_of("94001"), format!("{}/again", page_of("94001")));
    let first = world.shop_order_of("94001");

    admin.get(&page).await.must_be(200).must_say(&format!(r#"href="{again}""#));
    let asked = admin.get(&again).await.must_be(200);
    for words in [
        &format!("{} (2 units, 91.00 USD) is cancelled in Shopify.", first.name),
        "Its units go back to stock.",
        "Nothing is refunded and nobody is notified. This cannot be undone.",
        "Checked now, the new export would be ready: 91.00 USD.",
        &format!("Cancel {} and export order 94001 again", first.name),
    ] {
        assert!(asked.body.contains(words), "{words} is not in\n{}", asked.body);
    }
    let looked = vic.get(&again).await.must_be(200).must_say("is cancelled in Shopify");
    assert!(!looked.body.contains("Cancel #"), "a viewer is not offered what they may not do");
    vic.post(&again, &[]).await.must_be(403);
    assert!(world.shop_order_of("94001").is_live(), "looking changes nothing");

    admin.post(&again, &[]).await.must_lead_to(&page);
    admin.get(&page).await.must_say("Noted. The next cycle does it");
    let shown = |shown: &crate::harness::Shown| (shown.state(), shown.generation()) == ("exported", 2);
    world.until_shown("94001", "a second export", shown).await;
    let orders = world.shop_orders_of("94001");
    let live: Vec<_> = orders.iter().filter(|order| order.is_live()).collect();
    assert_eq!((orders.len(), live.len(), world.asked("OrderCancel")), (2, 1, 1), "{orders:#?}");

    let second = live[0].clone();
    world.sandbox.shop.mark_paid(&second.gid);
    let refused = admin.get(&again).await.must_be(200).must_say("Not possible from here");
    let refused =
        refused.must_say(&format!("Money was received for {}, and nothing is refunded", second.name));
    let refused = refused.must_say("Refund and cancel it in Shopify.");
    assert!(!refused.body.contains("Cancel #"), "{}", refused.body);
    // A form that was open before somebody paid.
    admin.post(&again, &[]).await.must_lead_to(&page);
    admin.get(&page).await.must_say("Money was received for");
    let deeds = admin.get("/activity").await.must_be(200);
    assert_eq!(
        deeds.body.matches(">Cancel it and export again<").count(),
        1,
        "only the first yes: {}",
        deeds.body
    );
    assert_eq!(world.asked("OrderCancel"), 1);

    // Cancelled by hand meanwhile: only the plain re-export is left to do.
    world.approved(world.plain("94002"));
    world.until_order("94002", "exported").await;
    world.sandbox.shop.cancel_order(&world.shop_order_of("94002").gid, true);
    let again = format!("{}/again", page_of("94002"));
    let free = admin.get(&again).await.must_be(200).must_say("is cancelled already");
    free.must_say(&format!(r#"action="{}/re-export""#, page_of("94002")));
    admin.post(&format!("{}/re-export", page_of("94002")), &[]).await.must_lead_to(&page_of("94002"));
    world.until_shown("94002", "a second export", shown).await;

    // Nothing to cancel where nothing is exported.
    world.set_stock(1, 1, [0, 0]);
    world.approved(world.brand.order("94003", 0).line(world.brand.line(1, 1, 1)));
    world.until_order("94003", "held").await;
    admin.get(&format!("{}/again", page_of("94003"))).await.must_say("is not exported yet");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_sent_is_shown_whole_and_so_is_all_that_stands_in_the_way() {
    let mut world = World::start().await;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("94011"));
    world.until_order("94011", "held").await;
    let (page, preview) = (page_of("94011"), format!("{}/preview", page_of("94011")));
    let variant = format!("/variants/{}", world.variant(0, 0));
    admin.get(&page).await.must_be(200).must_say(&preview).must_say(&variant);
    let held = admin.get(&preview).await.must_be(200).must_say("It would be held.").must_say("STOCK_SHORT");
    held.must_say("/admin/products/").must_say(&variant);

    paused(&world, &mut admin).await;
    world.set_stock(0, 0, [10, 0]);
    let ready = admin.get(&preview).await.must_be(200);
    for words in [
        "It would be sent once somebody resumes the connection.",
        "Total for 2 units",
        "91.00 <small>USD",
        "Goods",
        "claimed, refused if Shopify",
        "JOOR 94011",
        "Customer",
        "Fulfilment",
        &variant,
    ] {
        assert!(ready.body.contains(words), "{words} is not in\n{}", ready.body);
    }
    assert!(world.shop_orders_of("94011").is_empty(), "looking sends nothing");

    // Whoever asks for something now is told that it has to wait.
    admin.post(&format!("{page}/retry"), &[]).await.must_lead_to(&page);
    admin
        .get(&page)
        .await
        .must_say("The connection brand is paused: nothing is checked or sent before somebody");
    admin.post(&format!("{CONNECTION_PAGE}/resume"), &[]).await.must_lead_to(CONNECTION_PAGE);
    world.until_order("94011", "exported").await;
    admin.get(&preview).await.must_be(200).must_say("It is in Shopify already");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cause_names_the_styles_that_stand_in_the_way_and_one_command_checks_all_its_orders() {
    let mut world = World::start().await;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let [one, other] = [(0, 1), (1, 1)];
    for (style, variant) in [one, other] {
        world.set_stock(style, variant, [0, 0]);
    }
    let line = |(style, variant): (usize, usize)| world.brand.line(style, variant, 1);
    world.approved(world.brand.order("94021", 0).line(line(one)));
    world.approved(world.brand.order("94022", 0).line(line(one)).line(line(other)));
    world.approved(world.brand.order("94023", 1).line(line(one)));
    for id in ["94021", "94022", "94023"] {
        world.until_order(id, "held").await;
    }
    let cause = format!("/problems/{CONNECTION}/STOCK_SHORT");
    let shown = admin.get(&cause).await.must_be(200).must_say("3 orders wait on it.");
    let shown = shown.must_say("Check all 3 orders now");
    let styles = shown.between("What stands in the way", "Orders that wait</h2>");
    let of = |(style, variant): (usize, usize)| format!("/variants/{}", world.variant(style, variant));
    let (first, second) = (styles.find(&of(one)), styles.find(&of(other)));
    assert!(first.is_some() && first < second, "the style that most orders wait on comes first: {styles}");
    assert!(styles.contains("2 of them on nothing else of this list"), "{styles}");
    assert!(styles.contains("It waits on others of this list too"), "{styles}");
    assert!(styles.contains("/admin/products/") && styles.contains("Its stock in Shopify"), "{styles}");

    // Only the orders of one style, and only those that are looked for.
    let on = |(style, variant): (usize, usize)| {
        let product =
            styles.split_once(&of((style, variant))).unwrap().0.rsplit_once("/admin/products/").unwrap().1;
        format!("{cause}?on=variant%3A{product}%2F{}", world.variant(style, variant))
    };
    let narrowed = admin.get(&on(other)).await.must_be(200).must_say("Show all");
    let rows = narrowed.between("Orders that wait</h2>", "</section>");
    assert!(rows.contains("94022") && !rows.contains("94021"), "{rows}");
    let found = admin.get(&format!("{cause}?q=94023")).await.must_be(200);
    let rows = found.between("Orders that wait</h2>", "</section>");
    assert!(rows.contains("94023") && !rows.contains("94021"), "{rows}");
    admin.get(&format!("{cause}?q=nothing+like+that")).await.must_say("No order is like that");
    admin.get("/problems?q=94022").await.must_be(200).must_say(&cause);
    admin.get("/problems?q=nothing+like+that").await.must_say("No problem is like that");

    admin.post(&format!("{cause}/retry"), &[]).await.must_lead_to(&cause);
    admin.get(&cause).await.must_say("Noted: 3 orders are checked again in the next cycle.");
    let deeds = admin.get("/activity").await.must_be(200);
    let rows = deeds.body.matches("Check all orders of a cause again").count();
    assert_eq!(rows, 1, "one command for all of them: {}", deeds.body);

    for (style, variant) in [one, other] {
        world.set_stock(style, variant, [10, 0]);
    }
    for id in ["94021", "94022", "94023"] {
        world.until_order(id, "exported").await;
    }
    let solved = admin.get(&cause).await.must_be(200).must_say("Solved: no order of brand waits on it.");
    solved.must_say("3 orders no longer wait on it since yesterday.");
    admin.get("/problems").await.must_be(200).must_say("Released in the last 24 hours: 3 orders");
    admin.post(&format!("{cause}/retry"), &[]).await.must_lead_to(&cause);
    admin.get(&cause).await.must_be(200).must_say("so nothing had to be checked.");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_script_a_page_asks_before_anything_is_done_that_is_hard_to_take_back() {
    let mut world = World::start().await;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    added(&mut admin, "ben@brand.example", "Operator").await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("94031"));
    world.until_order("94031", "held").await;
    let page = page_of("94031");
    let close = format!("{page}/close");

    // Asked, and nothing done: each question says what it is about and carries the form on.
    let pause = format!("{CONNECTION_PAGE}/pause");
    for (path, fields, question) in [
        (&pause, &[][..], "Pause brand?"),
        (
            &format!("{CONNECTION_PAGE}/undo"),
            &[("version", "1")],
            "Put version 1 of the settings of brand in force",
        ),
        (&"/people/disable".to_owned(), &[("name", "ben@brand.example")], "Keep ben@brand.example out?"),
        (&"/people/tokens/revoke".to_owned(), &[("id", "1")], "Revoke this token?"),
        (&close, &[("note", "entered by hand")], "The reason you gave: entered by hand"),
        (&format!("{page}/link-order"), &[("shop_order", "5")], "as the export of order 94031?"),
    ] {
        let asked = admin.post_once(path, fields).await.must_be(200).must_say(question);
        let asked =
            asked.must_say(r#"<input type="hidden" name="sure" value="yes">"#).must_say("No, go back");
        for (name, value) in fields {
            assert!(asked.body.contains(&format!(r#"name="{name}" value="{value}""#)), "{}", asked.body);
        }
        assert!(asked.body.contains(&format!(r#"action="{path}""#)), "{}", asked.body);
    }
    // Without a reason there is nothing to ask about: it is refused as ever.
    admin.post_once(&close, &[("note", " ")]).await.must_lead_to(&page);
    let deeds = admin.get("/activity").await.must_be(200);
    for words in ["Pause", "Keep somebody out", "Close by hand", "Link a Shopify order"] {
        assert!(!deeds.body.contains(&format!(">{words}<")), "{words} is in\n{}", deeds.body);
    }

    let yes = ("sure", "yes");
    admin.post_once(&close, &[("note", "entered by hand"), yes]).await.must_lead_to(&page);
    world.until_order("94031", "closed_by_hand").await;
    admin.post_once("/people/disable", &[("name", "ben@brand.example"), yes]).await.must_lead_to("/people");
    admin.get("/people").await.must_say("Let in again");
    let deeds = admin.get("/activity").await.must_be(200);
    deeds.must_say(">Keep somebody out<").must_say(">Close by hand<");
    // What is easily taken back is done at once.
    admin.post_once(&format!("{page}/reopen"), &[]).await.must_lead_to(&page);
    world.until_order("94031", "held").await;
    admin.post_once(&pause, &[yes]).await.must_lead_to(CONNECTION_PAGE);
    until_page(&mut admin, CONNECTION_PAGE, "a pause", says("/connections/brand/resume")).await;
    world.finish().await;
}
