//! Where people look for orders: the list with every filter, column, tab and page, and what the overview says of them.

use super::console::{admin, opened};
use super::console_pages::until_page;
use crate::harness::{Browser, CONNECTION, Page, World};
use jiff::ToSpan;
use jiff::civil::Date;

/// Orders of one page.
const PAGE: usize = 50;

/// The numbers of the orders shown, in their order.
fn numbers(page: &Page) -> Vec<String> {
    let start = format!("<th scope=\"row\"><a href=\"/orders/{CONNECTION}/");
    let rows = page.body.split(&start).skip(1);
    rows.filter_map(|row| row.split_once('"')).map(|(number, _)| number.to_owned()).collect()
}

async fn found(browser: &mut Browser, query: &str) -> Vec<String> {
    numbers(&browser.get(&format!("/orders?{query}")).await.must_be(200))
}

/// The addresses of the links that stand between these two.
fn links(page: &Page, from: &str, to: &str) -> Vec<String> {
    let part = page.between(from, to);
    let links = part.split("href=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    let links = links.filter(|(href, _)| !href.starts_with('#'));
    links.map(|(href, _)| href.replace("&#38;", "&")).collect()
}

fn said(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// Three orders of whom everything is known, two of them ready and one held, and many more behind them.
async fn many_orders(world: &World) {
    let today = world.sandbox.clock.today();
    let day = |days: i64| today.saturating_add(days.days());
    world.set_stock(0, 1, [0, 0]);
    for (id, retailer, variant, units, age, ships) in
        [("96701", 2, 0, 2, 3, (40, 50)), ("96702", 1, 1, 6, 2, (10, 20)), ("96703", 0, 0, 4, 1, (30, 60))]
    {
        let order = world.brand.order(id, retailer).line(world.brand.line(0, variant, units));
        let mut order = order.approved_on(day(-age));
        order.window = Some((day(ships.0), day(ships.1)));
        order.po_number = format!("PO-{units}-of-{id}");
        order.collection.name = format!("Drop {id}");
        world.approved(order);
    }
    for number in 0..PAGE {
        world.approved(world.plain(&format!("{}", 96_800 + number)).approved_on(day(-9)));
    }
    world.sync().await;
    world.order("96701").await.must_be("ready", &[]);
    world.order("96702").await.must_be("held", &["STOCK_SHORT"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_column_tab_and_page_of_the_list_of_orders_shows_the_orders_that_it_names() {
    let mut world = World::preview().await;
    many_orders(&world).await;
    let today = world.sandbox.clock.today();
    let day = |days: i64| today.saturating_add(days.days());
    let retailer = world.joor("96702").customer.name.split(' ').next().unwrap().to_lowercase();
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;

    let three = "96701 96702 96703";
    for (query, wanted) in [
        ("q=96702".to_owned(), "96702"),
        ("q=po-4-OF".to_owned(), "96703"),
        (format!("q={retailer}&linesheet=Drop+96702"), "96702"),
        ("q=nothing-like-that".to_owned(), ""),
        ("state=held".to_owned(), "96702"),
        ("q=967&state=open".to_owned(), "96701 96703"),
        ("q=967&state=ready".to_owned(), "96701 96703"),
        ("state=exported".to_owned(), ""),
        ("code=STOCK_SHORT".to_owned(), "96702"),
        ("linesheet=Drop+96703".to_owned(), "96703"),
        (format!("q=967&approved_from={}", day(-2)), "96702 96703"),
        (format!("q=967&approved_to={}", day(-2)), "96701 96702"),
        (format!("q=967&ships_from={}", day(30)), "96701 96703"),
        (format!("q=967&ships_to={}", day(30)), "96702 96703"),
        ("q=967&value_min=182".to_owned(), "96702 96703"),
        ("q=967&value_max=182".to_owned(), "96701 96703"),
        (format!("q=967&connection={CONNECTION}"), three),
        ("q=967&connection=nobody".to_owned(), ""),
    ] {
        let mut shown = found(&mut admin, &query).await;
        shown.sort();
        assert_eq!(shown.join(" "), wanted, "{query}");
    }
    let wrong = admin.get("/orders?value_min=much&ships_to=soon").await.must_be(200);
    wrong.must_say("“much” is none.").must_say("“soon” is none.");

    for (sort, wanted) in [
        ("", "96703 96702 96701"),
        ("number", three),
        ("approved", three),
        ("ships", "96702 96703 96701"),
        ("value", "96701 96703 96702"),
    ] {
        assert_eq!(found(&mut admin, &format!("q=967&sort={sort}")).await.join(" "), wanted, "{sort}");
        if !sort.is_empty() {
            let turned: Vec<&str> = wanted.split(' ').rev().collect();
            assert_eq!(found(&mut admin, &format!("q=967&sort=-{sort}")).await, turned, "-{sort}");
        }
    }
    let states = found(&mut admin, "q=967&sort=state").await;
    assert!(states[0] == "96702" || states[2] == "96702", "those of one state stand together: {states:?}");
    let names: Vec<String> = found(&mut admin, "q=967&sort=retailer")
        .await
        .iter()
        .map(|id| world.joor(id).customer.name.to_lowercase())
        .collect();
    assert!(names.is_sorted(), "{names:?}");

    // A list that several things narrow: whatever is pressed changes one of them.
    let asked = format!("q=967&linesheet=Drop+96701&approved_from={}&value_min=10&sort=-value", day(-9));
    let page = admin.get(&format!("/orders?{asked}&state=held&page=2")).await.must_be(200);
    let tabs = links(&page, r#"<ul class="tabs">"#, "</ul>");
    assert_eq!(tabs.len(), 6, "{tabs:?}");
    let page = admin.get(&format!("/orders?{asked}")).await.must_be(200);
    let columns = links(&page, "<thead>", "</thead>");
    assert_eq!(columns.len(), 6, "{columns:?}");
    for href in tabs.iter().chain(&columns) {
        for kept in ["q=967", "linesheet=Drop+96701", "approved_from=", "value_min=10"] {
            assert!(href.contains(kept), "{kept} is lost in {href}");
        }
        assert!(!href.contains("page="), "{href}");
    }
    assert!(tabs.iter().all(|href| href.contains("sort=-value")), "{tabs:?}");

    // The pages.
    let first = admin.get("/orders?state=open&sort=number").await.must_be(200).must_say("1 to 50 of 52");
    assert_eq!(numbers(&first).len(), PAGE);
    let next = links(&first, r#"class="pager""#, "</nav>");
    assert_eq!(next, ["/orders?state=open&sort=number&page=2"]);
    let second = admin.get(&next[0]).await.must_be(200).must_say("51 to 52 of 52");
    assert_eq!(numbers(&second), ["96848", "96849"]);
    assert_eq!(links(&second, r#"class="pager""#, "</nav>"), ["/orders?state=open&sort=number"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_state_that_another_page_leads_to_is_named_among_the_tabs() {
    let mut world = World::preview().await;
    world.approved(world.plain("96711"));
    world.sync().await;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let overview = admin.get("/").await.must_be(200);
    let leads: Vec<String> = links(&overview, r#"id="equation-title""#, "</section>");
    assert_eq!(leads, ["/orders?state=ready"]);
    let page = admin.get(&leads[0]).await.must_be(200);
    assert_eq!(numbers(&page), ["96711"]);
    let current = page.between(r#"aria-current="true">"#, "</a>");
    assert_eq!(current, r#"Ready <span class="soft">1</span>"#);
    let tabs = links(&page, r#"<ul class="tabs">"#, "</ul>");
    assert_eq!((tabs.len(), tabs[0].as_str()), (7, "/orders"), "{tabs:?}");
    let all = admin.get("/orders?state=open").await.must_be(200);
    assert_eq!(links(&all, r#"<ul class="tabs">"#, "</ul>").len(), 6);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_says_what_flowed_what_is_at_risk_and_how_urgent_it_is() {
    let mut world = World::start().await;
    let today = world.sandbox.clock.today();
    world.set_stock(0, 1, [0, 0]);
    world.approved(world.plain("96721"));
    for (id, ships) in [("96722", (-20, -1)), ("96723", (2, 20))] {
        let mut order = world.brand.order(id, 0).line(world.brand.line(0, 1, 2));
        order.window = Some((today.saturating_add(ships.0.days()), today.saturating_add(ships.1.days())));
        world.approved(order);
    }
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    world.until_order("96721", "exported").await;
    world.until_order("96723", "held").await;
    // A cycle is noted at its end, after what it did.
    let wanted = ["STOCK_SHORT", "95 of 100 within", "Last cycle <time"];
    let holds = |page: &Page| wanted.iter().all(|words| page.body.contains(words));
    let page = until_page(&mut admin, "/", "the figures", holds).await;
    let connection = page.between(r#"aria-label="Connections""#, "</ul>");
    assert!(connection.contains("Last cycle <time") && connection.contains("next <time"), "{connection}");
    let cause = page.between(&format!("/problems/{CONNECTION}/STOCK_SHORT"), "</tr>");
    let first = said(today.saturating_sub(20.days()));
    for words in [">2</td>", "182.00 <small>USD</small>", &first, r#"<span class="pill bad">late</span>"#] {
        assert!(cause.contains(words), "{words} is not in {cause}");
    }
    let figures = page.between(r#"<dl class="figures">"#, "</dl>");
    for words in [
        "<dt>Exported today</dt><dd>1</dd>",
        "<dt>In the last 7 days</dt><dd>1</dd>",
        "<dt>Approval seen to Shopify</dt>",
        "<small>median, last 30 days</small>",
    ] {
        assert!(figures.contains(words), "{words} is not in {figures}");
    }
    // Both are times such as "2 s".
    let times = figures.matches(" s <small>").count() + figures.matches(" min <small>").count();
    assert_eq!(times, 2, "{figures}");
    assert_eq!(page.body.matches(r#"<svg class="chart""#).count(), 3, "exports and two budgets");

    // Only what is over is late: beside each order stands how near its window is.
    let cause = admin.get(&format!("/problems/{CONNECTION}/STOCK_SHORT")).await.must_be(200);
    for (id, words) in [("96722", "late"), ("96723", "ships soon")] {
        let row = cause.between(&format!("/orders/{CONNECTION}/{id}\""), "</tr>");
        assert!(row.contains(&format!(">{words}</span>")), "{id}: {row}");
    }
    world.finish().await;
}
