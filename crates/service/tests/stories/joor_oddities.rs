//! JOOR as it really is: odd forms, broken rows, filters that do nothing, lists that lag.

use crate::harness::{Options, Shown, World, in_both_kinds_with};
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
