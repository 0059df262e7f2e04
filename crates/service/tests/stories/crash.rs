//! `kill -9` during the calls that only some orders need, and during a mail; a death before each write of the ledger; and
//! that no call is left out. The calls of every order are in `protocol`, those of a cancellation in `guided`; deaths at
//! every point, in this process, are the simulation's.

use super::days::{HOUR, at, mails_to};
use super::rare::refuse;
use crate::harness::{Call, World, in_both_kinds_of_shop, until};
use sandbox::brand::ROOMS;
use sandbox::{Fault, When};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

/// Kills during the call, runs again, and sees the order where it belongs.
async fn killed_and_there_once(world: &World, id: &str, call: Call) {
    world.kill_during(call).await;
    world.sync().await;
    assert_eq!(world.order(id).await.state(), "exported", "killed during {call:?}");
    world.shop_order_of(id);
    until("the report is in JOOR", || world.joor_report(id).0 == "SUCCESS").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_a_call_that_few_orders_need_there_is_one_order() {
    in_both_kinds_of_shop(async |world: &mut World| {
        for (id, call) in [("79301", Call::JoorSkus), ("79302", Call::JoorPriceTypes)] {
            world.approved(world.plain(id));
            killed_and_there_once(world, id, call).await;
        }
        // Found by its SKU alone.
        let mut line = world.brand.line(0, 3, 1);
        line.upc = None;
        world.approved(world.brand.order("79303", 0).line(line));
        killed_and_there_once(world, "79303", Call::VariantsBySearch).await;

        world.settings.text("orders", "fulfilment", "assigned").text(
            "orders",
            "location",
            &ROOMS[1].id.to_string(),
        );
        world.apply().await;
        world.approved(world.plain("79304"));
        killed_and_there_once(world, "79304", Call::MoveFulfillmentOrder).await;
        let order = world.shop_order_of("79304");
        assert_eq!(order.assigned_locations, [format!("gid://shopify/Location/{}", ROOMS[1].id)]);

        // An app whose token has to be fetched.
        world.settings.remove("shopify", "access_token").text("shopify", "client_id", "sandbox-client");
        world.settings.text("shopify", "client_secret", "sandbox-secret");
        world.apply().await;
        world.approved(world.plain("79305"));
        killed_and_there_once(world, "79305", Call::ShopToken).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_the_first_calls_of_a_shop_or_for_a_retailer_nobody_knows_there_is_one_order() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("79331"));
        killed_and_there_once(world, "79331", Call::MetafieldDefinitions).await;
        world.approved(world.brand.order("79332", 2).line(world.brand.line(0, 1, 1)));
        killed_and_there_once(world, "79332", Call::Customers).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_the_daily_comparison_it_is_made_and_mailed_by_the_next_cycle() {
    let mut world = World::with(at(4)).await;
    world.approved(world.plain("79341"));
    world.sync().await;
    world.pass(27 * HOUR);
    world.approved(world.brand.order("79342", 0).line(world.brand.line(0, 1, 1)));
    killed_and_there_once(&world, "79342", Call::OrdersSince).await;
    assert_eq!(mails_to(&world, "daily").len(), 1, "{:#?}", world.mails());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_refused_order_is_searched_for_it_is_sent_once_more_and_there_once() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let error =
            json!({ "code": "INVALID", "field": ["order", "processedAt"], "message": "is not possible now" });
        let body = json!({ "data": { "orderCreate": { "order": null, "userErrors": [error] } } }).to_string();
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        world.fault("OrderCreate", When::Next, Fault::Status { code: 200, body, headers });
        world.approved(world.plain("79311"));
        world.kill_during(Call::OrdersBySource).await;
        // The reason died with the process; the look that was due proves that nothing is there.
        world.run_as_service().await;
        let shown = world.until_order("79311", "exported").await;
        shown.must_be("exported", &[]);
        assert_eq!((shown.requests(), world.asked("OrderCreate")), (2, 2));
        world.shop_order_of("79311");
        world.stop_service().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_mail_leaves_it_arrives_with_the_next_run() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.set_stock(0, 0, [0, 0]);
        world.approved(world.plain("79321"));
        world.kill_during(Call::Mail).await;
        assert!(world.mails().is_empty());
        world.sync().await;
        let about = |raw: &str| raw.contains("79321") && raw.contains("STOCK_SHORT");
        let told = world.mails().iter().filter(|mail| about(&mail.body_text)).count();
        assert_eq!(told, 1, "{:#?}", world.mails());
    })
    .await;
}

/// No cycle with one new order writes more often.
const WRITES_MAX: usize = 60;

/// Between an answer and its record, and between two records: nothing of the kind can be hit from outside.
#[tokio::test(flavor = "multi_thread")]
async fn killed_before_each_write_of_the_ledger_there_is_one_order_and_one_report() {
    let world = World::start().await;
    for write in 1..=WRITES_MAX {
        let id = format!("794{write:02}");
        world.approved(world.brand.order(&id, 0).line(world.brand.line(write % 2, write % 8, 1)));
        let died = world.dies_at_write(write).await;
        if died {
            world.sync().await;
        }
        let shown = world.order(&id).await;
        assert_eq!((shown.state(), shown.requests()), ("exported", 1), "write {write}: {:#}", shown.0);
        world.shop_order_of(&id);
        assert_eq!(world.joor_report(&id).0, "SUCCESS", "write {write}");
        assert_eq!(world.asked("OrderCreate"), write);
        if !died {
            assert!(
                write > 8,
                "the cycle writes down its request, the answer, the report and itself: {write}"
            );
            return world.finish().await;
        }
    }
    panic!("a cycle with one new order writes more than {WRITES_MAX} times");
}

/// Something that an order comes to, in cycles of its own: its number as it begins, the generation in which it ends, and in how
/// many Shopify orders.
struct Life {
    first_number: usize,
    generation: u64,
    parts: usize,
    /// Until the cycle that dies.
    begins: Begins,
}

/// Cycles after which a person searches for what no look has found.
const ROUNDS_UNTIL_SEARCHED: usize = 8;

type Begins = for<'a> fn(&'a World, &'a str) -> Going<'a>;
type Going<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The process dies once before each write of the cycle that goes on from there, and the next ones bring it to its end.
async fn dies_before_each_write(life: Life) {
    let mut world = World::start().await;
    if life.parts > 1 {
        world.settings.text("orders", "splitting", "split");
        world.apply().await;
    }
    for write in 1..=WRITES_MAX {
        // JOOR's credits of one window are not enough for so many cycles.
        world.pass(Duration::from_secs(301));
        let id = (life.first_number + write).to_string();
        (life.begins)(&world, &id).await;
        let died = world.dies_at_write(write).await;
        world.sync().await;
        let mut shown = world.order(&id).await;
        for round in 0..WRITES_MAX {
            if (shown.state(), shown.generation()) == ("exported", life.generation) {
                break;
            }
            // Died before the second of two requests left. One process alone may say so, or a person who searched.
            let is_half = life.parts > 1 && world.shop_orders_of(&id).len() < life.parts;
            if is_half && shown.state() == "unconfirmed" && round == ROUNDS_UNTIL_SEARCHED {
                world.retry(&id, &["--not-there"]).await;
            }
            // Looks come at growing distances, and a release build is quicker than those.
            world.pass(Duration::from_secs(10));
            world.sync().await;
            shown = world.order(&id).await;
        }
        assert_eq!(
            (shown.state(), shown.generation()),
            ("exported", life.generation),
            "{write}: {:#}",
            shown.0
        );
        world.sync().await;
        let live = world.shop_orders_of(&id).into_iter().filter(|order| order.is_live()).count();
        assert_eq!((live, world.joor_report(&id).0.as_str()), (life.parts, "SUCCESS"), "write {write}");
        if !died {
            return world.finish().await;
        }
    }
    panic!("a cycle of one order writes more than {WRITES_MAX} times");
}

/// An order that is exported and reported.
async fn settled(world: &World, id: &str) {
    world.approved(world.plain(id));
    world.sync().await;
    world.sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_customer_is_made_dies_before_each_write_and_is_there_once() {
    dies_before_each_write(Life {
        first_number: 79600,
        generation: 1,
        parts: 1,
        begins: |world, id| {
            Box::pin(async move {
                let mut order = world.brand.order(id, 2).line(world.brand.line(0, 1, 1));
                order.customer.id = format!("9{id}");
                order.customer.buyer_email = format!("buyer{id}@example.com");
                world.approved(order);
            })
        },
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_without_an_answer_dies_before_each_write_and_is_adopted_once() {
    dies_before_each_write(Life {
        first_number: 79660,
        generation: 1,
        parts: 1,
        begins: |world, id| {
            Box::pin(async move {
                world.fault("OrderCreate", When::Next, Fault::LoseReply);
                world.approved(world.brand.order(id, 0).line(world.brand.line(1, 1, 1)));
            })
        },
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_order_that_is_tried_again_dies_before_each_write_and_is_there_once() {
    dies_before_each_write(Life {
        first_number: 79840,
        generation: 1,
        parts: 1,
        begins: |world, id| {
            Box::pin(async move {
                refuse(world, "OrderCreate", "INVALID", &["order"], "Something is wrong with it");
                world.approved(world.brand.order(id, 0).line(world.brand.line(1, 2, 1)));
                world.sync().await;
                assert_eq!(world.order(id).await.state(), "held");
                world.retry(id, &[]).await;
            })
        },
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_in_two_parts_dies_before_each_write_and_both_are_there_once() {
    dies_before_each_write(Life {
        first_number: 79900,
        generation: 1,
        parts: 2,
        begins: |world, id| {
            Box::pin(async move {
                (0..15).for_each(|variant| world.set_stock(0, variant, [700, 0]));
                let lines = (0..251).map(|line| world.brand.line(0, line % 15, 1));
                world.approved(world.brand.order(id, 0).lines(lines));
            })
        },
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_re_export_dies_before_each_write_and_is_there_once() {
    dies_before_each_write(Life {
        first_number: 79720,
        generation: 2,
        parts: 1,
        begins: |world, id| {
            Box::pin(async move {
                settled(world, id).await;
                world.sandbox.shop.cancel_order(&world.shop_order_of(id).gid, true);
                world.sandbox.joor.set_to_reexport(id);
                world.sync().await;
            })
        },
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guided_re_export_dies_before_each_write_and_is_there_once() {
    dies_before_each_write(Life {
        first_number: 79780,
        generation: 2,
        parts: 1,
        begins: |world, id| {
            Box::pin(async move {
                settled(world, id).await;
                let arguments = ["--yes", "orders", "re-export", id, "--cancel-previous"];
                world.run(&arguments).await.must_end_with(0);
            })
        },
    })
    .await;
}

/// Calls that only read: further pages of lists that few shops have, whether a product that a person linked around is
/// gone, and what somebody searches for in the console.
const ONLY_READ: [&str; 5] = ["FindCustomers", "FindVariants", "InventoryLevels", "Locations", "Products"];

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_call_during_which_no_story_kills_the_program() {
    let source = include_str!("../harness/calls.rs");
    let killed = |name: &str| source.contains(&format!("=> \"{name}\""));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../adapters/src/shopify/documents");
    let documents: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the documents are beside the stories")
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    assert!(documents.len() > 20, "{documents:?}");
    for name in documents {
        assert_eq!(killed(&name), !ONLY_READ.contains(&name.as_str()), "{name}");
    }
    // JOOR's have no files: those of a cycle that has to learn everything.
    let world = World::start().await;
    world.approved(world.plain("79501"));
    world.sync().await;
    let asked: BTreeSet<String> = world.sandbox.joor.operations().into_iter().collect();
    assert!(asked.contains("POST bulk_update"), "{asked:?}");
    for name in asked {
        assert!(killed(&name), "{name}");
    }
    world.finish().await;
}
