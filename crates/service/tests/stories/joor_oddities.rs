//! JOOR as it really is: odd forms, broken rows, filters that do nothing, lists that lag.

use crate::harness::{Options, Shown, World, in_both_kinds_with};
use sandbox::joor::ExportState;
use sandbox::{Fault, JoorOptions, When};
use serde_json::json;
use std::time::Duration;

fn joor(change: impl FnOnce(&mut JoorOptions)) -> Options {
    let mut options = Options::default();
    change(&mut options.sandbox.joor);
    options
}

/// Exports, is asked to re-export, and edits: everything that reads an export state.
async fn whole_life(world: &mut World) {
    world.approved(world.plain("84001"));
    world.approved(world.brand.order("84002", 2).line(world.brand.line(1, 0, 2)));
    for _ in 0..3 {
        world.sync().await;
    }
    for id in ["84001", "84002"] {
        world.order(id).await.must_be("exported", &[]);
        assert_eq!(world.joor_report(id).0, "SUCCESS");
    }
    let first = world.shop_order_of("84001");
    world.sandbox.shop.cancel_order(&first.gid, true);
    world.sandbox.joor.set_to_reexport("84001");
    for _ in 0..3 {
        world.sync().await;
    }
    assert_eq!(world.order("84001").await.generation(), 2);
    world.order("84001").await.must_be("exported", &[]);
    world.shop_order_of("84002");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_as_texts_blanks_padded_codes_and_single_elements_are_read() {
    in_both_kinds_with(joor(|joor| joor.oddities = true), async |world: &mut World| whole_life(world).await)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn export_states_as_integers_and_dates_without_time_are_read() {
    let options = joor(|joor| {
        joor.integer_export_state = true;
        joor.exported_on_is_date = true;
    });
    in_both_kinds_with(options, async |world: &mut World| whole_life(world).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_joor_ignores_exports_nothing_twice() {
    in_both_kinds_with(joor(|joor| joor.ignores_export_filter = true), async |world: &mut World| {
        whole_life(world).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_that_lag_behind_export_nothing_twice() {
    let options = joor(|joor| joor.list_lag = Duration::from_secs(3));
    in_both_kinds_with(options, async |world: &mut World| {
        world.approved(world.plain("84003"));
        world.run_as_service().await;
        world.until_order("84003", "exported").await;
        // The lists show the order as new for some cycles more.
        let seen = world.sandbox.joor.requests();
        crate::harness::until("some more cycles", || world.sandbox.joor.requests() > seen + 20).await;
        let shown = world.order("84003").await;
        assert_eq!((shown.state(), shown.generation()), ("exported", 1));
        world.shop_order_of("84003");
        world.stop_service().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_order_is_kept_as_its_own_problem_and_the_others_are_exported() {
    let world = World::start().await;
    world.approved(world.plain("84004"));
    world.approved(world.brand.order("84005", 0).line(world.brand.line(1, 0, 1)));
    let row = Fault::BrokenRow {
        order_id: "84004".to_owned(),
        field: "shipping_price".to_owned(),
        value: json!({ "amount": "ask" }),
    };
    world.joor_fault("GET orders", When::Always, row);
    world.sync().await;
    let shown = world.order("84004").await;
    shown.must_be("held", &["SRC_BAD_PAYLOAD"]);
    assert!(shown.sentence("SRC_BAD_PAYLOAD").contains("shipping_price"));
    let kept = |shown: &Shown| shown.0["unreadable"].as_str().unwrap_or_default().to_owned();
    assert!(kept(&shown).contains(r#""amount":"ask""#), "{:#}", shown.0);
    world.order("84005").await.must_be("exported", &[]);
    world.sandbox.faults.clear();
    world.sync().await;
    let mended = world.order("84004").await;
    mended.must_be("exported", &[]);
    assert_eq!(kept(&mended), "");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_without_a_readable_export_state_is_neither_new_nor_a_re_export() {
    let world = World::start().await;
    world.approved(world.plain("84006"));
    world.sync().await;
    world.sync().await;
    for value in [json!(null), json!("PERHAPS"), json!([])] {
        let row = |order: &str| Fault::BrokenRow {
            order_id: order.to_owned(),
            field: "export_status".to_owned(),
            value: value.clone(),
        };
        world.sandbox.faults.clear();
        world.joor_fault("GET orders", When::Always, row("84006"));
        for _ in 0..2 {
            world.sync().await;
        }
        let shown = world.order("84006").await;
        assert_eq!((shown.state(), shown.generation()), ("exported", 1), "{value}");
    }
    world.shop_order_of("84006");
    world.finish().await;
}

/// What JOOR's numbers mean is our guess. Here it is wrong for two orders that somebody else exported: they stand in the
/// list of what was modified, and in none that JOOR filters by export state.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_for_an_export_state_opens_an_export_only_from_the_list_that_joor_filtered_by_it() {
    let world = World::with(joor(|joor| joor.integer_export_state = true)).await;
    world.approved(world.plain("84031"));
    world.approved(world.plain("84032").exported(ExportState::Failed, Some("not today")));
    let theirs = [("84033", 0), ("84034", 2)];
    for (id, number) in theirs {
        let order = world.plain(id).exported(ExportState::Success, Some("NetSuite SO-7"));
        world.approved(order.raw("export_status", json!(number)));
    }
    for _ in 0..3 {
        world.sync().await;
        for id in ["84031", "84032"] {
            world.order(id).await.must_be("exported", &[]);
        }
        for (id, number) in theirs {
            let shown = world.order(id).await;
            shown.must_be("held", &["SRC_BAD_PAYLOAD"]);
            let sentence = shown.sentence("SRC_BAD_PAYLOAD");
            let said = format!("the number {number}");
            assert!(sentence.contains("export_status") && sentence.contains(&said), "{sentence}");
            // A FAILED of ours in its place would stand in the list of what may be exported.
            assert_eq!(world.joor_report(id), ("SUCCESS".to_owned(), "NetSuite SO-7".to_owned()));
        }
    }
    assert_eq!(world.asked("OrderCreate"), 2);
    // Now JOOR's own filter says what the number is.
    world.sandbox.joor.set_to_reexport("84033");
    world.sync().await;
    world.order("84033").await.must_be("exported", &[]);
    world.order("84034").await.must_be("held", &["SRC_BAD_PAYLOAD"]);
    world.finish().await;
}

/// The number changes in the list of what was modified, and JOOR's filters still take the order for exported.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_no_filter_bears_out_is_no_wish_to_export_again() {
    let world = World::with(joor(|joor| joor.integer_export_state = true)).await;
    world.approved(world.plain("84035"));
    for _ in 0..2 {
        world.sync().await;
    }
    for number in [0, 2] {
        world.sandbox.joor.change("84035", |order| {
            *order = order.clone().raw("export_status", json!(number));
        });
        for _ in 0..3 {
            world.sync().await;
        }
        let shown = world.order("84035").await;
        shown.must_be("exported", &[]);
        assert_eq!(shown.generation(), 1, "{number}");
    }
    world.sandbox.joor.change("84035", |order| order.raw.clear());
    world.sandbox.joor.set_to_reexport("84035");
    for _ in 0..3 {
        world.sync().await;
    }
    assert_eq!(world.order("84035").await.generation(), 2);
    world.shop_order_of("84035");
    world.finish().await;
}

/// A row that cannot be read may hide that somebody else exported the order.
#[tokio::test(flavor = "multi_thread")]
async fn no_failure_is_written_over_an_export_state_that_is_no_open_one() {
    let world = World::start().await;
    let odd = json!({ "amount": "ask" });
    let theirs = world.plain("84036").exported(ExportState::Success, Some("NetSuite SO-8"));
    world.approved(theirs.raw("shipping_price", odd.clone()));
    world.approved(world.plain("84037").raw("export_status", json!("PERHAPS")));
    world.approved(world.plain("84038").raw("shipping_price", odd));
    for _ in 0..2 {
        world.sync().await;
        for id in ["84036", "84037", "84038"] {
            world.order(id).await.must_be("held", &["SRC_BAD_PAYLOAD"]);
        }
    }
    assert_eq!(world.joor_report("84036"), ("SUCCESS".to_owned(), "NetSuite SO-8".to_owned()));
    assert_eq!(world.joor_report("84037").0, "UNDEFINED");
    assert_eq!(world.joor_report("84038").0, "FAILED");
    for id in ["84036", "84037", "84038"] {
        world.sandbox.joor.change(id, |order| order.raw.clear());
    }
    world.sync().await;
    world.order("84036").await.must_be("skipped", &["DUP_SECOND_EXPORTER"]);
    for id in ["84037", "84038"] {
        world.order(id).await.must_be("exported", &[]);
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_its_number_of_units_is_held_until_joor_says_it() {
    let world = World::start().await;
    world.approved(world.plain("84039").raw("total", json!(null)));
    world.sync().await;
    let shown = world.order("84039").await;
    shown.must_be("held", &["SRC_BAD_PAYLOAD"]);
    assert!(shown.sentence("SRC_BAD_PAYLOAD").contains("total should be the number of units"));
    world.sandbox.joor.change("84039", |order| order.raw.clear());
    world.sync().await;
    world.order("84039").await.must_be("exported", &[]);
    world.finish().await;
}

/// The largest number that can be read, where one more unit is too much for any sum, and twice the price for any product.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_too_large_to_be_added_up_hold_their_order_alone() {
    let world = World::start().await;
    let largest = json!("79228162514264337593543950335");
    let two_lines = |id: &str| world.plain(id).line(world.brand.line(0, 1, 1));
    let mut many = two_lines("84040");
    many.lines[0] = many.lines[0].clone().raw("quantity", largest.clone());
    let mut dear = two_lines("84041");
    dear.lines[0] = dear.lines[0].clone().raw("line_item_sku.item_price", largest);
    world.approved(many);
    world.approved(dear);
    world.approved(world.plain("84042"));
    for _ in 0..2 {
        world.sync().await;
        for id in ["84040", "84041"] {
            world.order(id).await.must_be("held", &["SRC_BAD_PAYLOAD"]);
        }
        world.order("84042").await.must_be("exported", &[]);
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_cannot_be_read_holds_its_order_alone() {
    let world = World::start().await;
    let mut order = world.plain("84007");
    order.lines[0] = order.lines[0].clone().raw("quantity", json!("a dozen"));
    world.approved(order);
    let mut order = world.plain("84008");
    order.lines[0].quantity = -2;
    world.approved(order);
    world.approved(world.plain("84009"));
    world.sync().await;
    let shown = world.order("84007").await;
    shown.must_be("held", &["SRC_BAD_PAYLOAD"]);
    let kept = shown.0["unreadable"].as_str().unwrap_or_default();
    assert!(kept.contains(r#""quantity":"a dozen""#), "{:#}", shown.0);
    world.order("84008").await.must_be("held", &["SRC_BAD_PAYLOAD"]);
    world.order("84009").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn small_pages_and_small_batches_read_everything() {
    let options = joor(|joor| {
        joor.line_order_ids_max = 5;
        joor.sku_product_ids_max = 1;
        joor.order_ids_max = 7;
        joor.bulk_update_max = 3;
        joor.line_page_size = Some(50);
    });
    let world = World::with(options).await;
    for step in 0..9 {
        let id = format!("8410{step}");
        let lines = (0..13).map(|variant| world.brand.line(step % 2, variant, 1));
        world.approved(world.brand.order(&id, step % 2).lines(lines));
    }
    world.sync().await;
    world.sync().await;
    for step in 0..9 {
        let id = format!("8410{step}");
        world.order(&id).await.must_be("exported", &[]);
        assert_eq!(world.shop_order_of(&id).lines.len(), 13);
        assert_eq!(world.joor_report(&id).0, "SUCCESS");
    }
    world.finish().await;
}

/// What the catalogue says of a SKU is half of what tells which variant it is: if it cannot be read, nothing is guessed.
#[tokio::test(flavor = "multi_thread")]
async fn a_sku_that_cannot_be_read_holds_the_orders_with_its_style() {
    let world = World::start().await;
    let odd = world.plain("84017");
    let line = &odd.lines[0];
    let sku = json!({ "id": line.sku_id, "product_id": line.product_id, "external_id": { "a": 1 } });
    let body = json!({ "data": [sku], "errors": [] }).to_string();
    world.joor_fault("GET skus", When::Always, Fault::Status { code: 200, body, headers: Vec::new() });
    world.approved(odd);
    world.sync().await;
    let shown = world.order("84017").await;
    shown.must_be("held", &["SRC_BAD_PAYLOAD"]);
    assert!(shown.sentence("SRC_BAD_PAYLOAD").contains("skus.external_id"), "{:#}", shown.0);
    assert!(shown.0["unreadable"].as_str().is_some_and(|raw| raw.contains("external_id")), "{:#}", shown.0);
    // A person may say which variant it is.
    let variant = world.variant(0, 0).to_string();
    let linked = world.plain("84018");
    let sku = linked.lines[0].sku_id.clone();
    world.approved(linked);
    world.sync().await;
    world.order("84018").await.must_be("held", &["SRC_BAD_PAYLOAD"]);
    let link = ["orders", "link-item", "84018", "--line", &sku, "--variant", &variant];
    world.run(&link).await.must_end_with(0);
    world.sync().await;
    for id in ["84017", "84018"] {
        world.order(id).await.must_be("exported", &[]);
    }
    world.run(&["orders", "unlink-item", "84018", "--line", &sku]).await.must_end_with(0);
    world.sync().await;
    world.approved(world.plain("84019"));
    world.sync().await;
    world.order("84019").await.must_be("held", &["SRC_BAD_PAYLOAD"]);
    world.sandbox.faults.clear();
    world.sync().await;
    world.order("84019").await.must_be("exported", &[]);
    world.finish().await;
}
