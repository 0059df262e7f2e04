//! Proof that nothing is missing, doubled or different; linking what is there already; exporting from before the start.

use super::days::{DAY, HOUR, at, mails_to};
use crate::harness::{CONNECTION, Shown, World, quoted};
use jiff::ToSpan;
use sandbox::{Fault, When};
use serde_json::Value;

/// The one connection's proof.
fn proved(ran: &crate::harness::Ran) -> Value {
    ran.json["connections"][0].clone()
}

fn words(proof: &Value, order: &str) -> Vec<String> {
    let differences = proof["differences"].as_array().cloned().unwrap_or_default();
    let own = differences.iter().filter(|one| one["joor_order"] == order);
    own.map(|one| one["difference"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn four_exported(world: &World) {
    for (index, id) in ["96001", "96002", "96003", "96004"].into_iter().enumerate() {
        world.approved(world.brand.order(id, index % 2).line(world.brand.line(index % 2, 0, 1)));
    }
    for _ in 0..3 {
        world.sync().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_in_which_nothing_went_wrong_is_proved_in_counts_units_and_values() {
    let world = World::start().await;
    four_exported(&world).await;
    world.set_stock(1, 1, [0, 0]);
    world.approved(world.brand.order("96005", 0).line(world.brand.line(1, 1, 3)));
    world.sync().await;
    let proof = proved(&world.run(&["proof"]).await.must_end_with(0));
    assert_eq!(proof["holds"], true);
    let equation = &proof["equation"];
    assert_eq!((&equation["approved"]["count"], &equation["exported"]["count"]), (&5.into(), &4.into()));
    assert_eq!((&equation["held"]["count"], &equation["held"]["units"]), (&1.into(), &3.into()));
    assert_eq!(proof["in_shopify"]["count"], 4);
    assert_eq!(proof["in_shopify"]["units"], equation["exported"]["units"]);
    assert_eq!(proof["in_shopify"]["values"], equation["exported"]["values"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_difference_that_somebody_planted_is_named_with_its_fix() {
    let world = World::start().await;
    four_exported(&world).await;
    for id in ["96006", "96007"] {
        world.approved(world.plain(id));
    }
    for _ in 0..2 {
        world.sync().await;
    }
    let shop = &world.sandbox.shop;
    shop.delete_order(&world.shop_order_of("96001").gid);
    shop.cancel_order(&world.shop_order_of("96002").gid, true);
    let copy = shop.duplicate_order(&world.shop_order_of("96003").gid);
    shop.add_units(&world.shop_order_of("96004").gid, 0, 9);
    world.sandbox.joor.change("96006", |order| order.lines[0].quantity = 7.into());
    world.sandbox.joor.set_status("96007", sandbox::joor::Status::Cancelled);
    // Two that this program never saw: one that somebody else exported, one that JOOR did not list.
    let seed = world.plain("96008").exported(sandbox::joor::ExportState::Success, Some("ERP 12"));
    world.approved(seed);
    let yesterday = world.sandbox.clock.today().saturating_sub(1.day());
    world.approved(world.plain("96009").approved_on(yesterday));
    // Approved a moment ago: no difference, the next cycle reads it.
    world.approved(world.plain("96010"));
    let ran = world.run(&["proof"]).await.must_end_with(1);
    let proof = proved(&ran);
    assert_eq!(proof["holds"], false);
    let expected = [
        ("96001", vec!["missing"]),
        ("96002", vec!["cancelled_in_shopify"]),
        ("96003", vec!["not_in_ledger", "doubled"]),
        ("96004", vec!["total", "lines"]),
        ("96006", vec!["edited_in_joor"]),
        ("96007", vec!["cancelled_in_joor"]),
        ("96008", vec!["exported_by_others"]),
        ("96009", vec!["not_seen"]),
    ];
    for (order, differences) in expected {
        assert_eq!(words(&proof, order), differences, "{order}: {:#}", proof["differences"]);
    }
    assert_eq!(words(&proof, "96010"), [""; 0]);
    assert!(proof["differences"].as_array().is_some_and(|all| all.iter().all(|one| one["fix"] != "")));
    assert_eq!(ran.json["ok"], false);
    shop.delete_order(&copy);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_restored_from_an_old_backup_finds_its_orders_and_doubles_none() {
    let world = World::start().await;
    four_exported(&world).await;
    world.forget_everything().await;
    // JOOR shows them as exported; set back, so that the new ledger would send them if it did not look.
    for id in ["96001", "96002"] {
        world.sandbox.joor.change(id, |order| order.export_status = sandbox::joor::ExportState::Undefined);
    }
    let start = world.sandbox.clock.today().saturating_sub(3.days()).to_string();
    let mut settings = world.settings.clone();
    settings.set("schedule", "exported_since", &quoted(&start));
    let file = world.write_file("earlier.toml", &settings.toml());
    world.run(&["connection", "apply", &file, "--name", CONNECTION]).await.must_end_with(0);
    world.sync().await;
    world.sync().await;
    world.order("96001").await.must_be("held", &["DUP_FOUND_UNLEDGERED"]);
    world.order("96003").await.must_be("skipped", &["DUP_SECOND_EXPORTER"]);
    let shown = world.run(&["adopt"]).await.must_end_with(1);
    assert_eq!(shown.json["orders"].as_array().map(Vec::len), Some(4), "{:#}", shown.json);
    assert_eq!(world.order("96001").await.state(), "held", "nobody said yes");
    let orders = shown.json["orders"].as_array().cloned().unwrap_or_default();
    assert!(orders.iter().any(|one| one["equal"] == true), "{orders:#?}");
    world.run(&["--yes", "adopt", "--different-too"]).await.must_end_with(0);
    world.sync().await;
    for id in ["96001", "96002", "96003", "96004"] {
        world.order(id).await.must_be("exported", &[]);
        world.shop_order_of(id);
    }
    assert_eq!(proved(&world.run(&["proof"]).await.must_end_with(0))["holds"], true);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_another_tool_are_linked_from_a_file_and_wrong_lines_are_refused() {
    let world = World::start().await;
    four_exported(&world).await;
    let other = world.shop_order_of("96001");
    world.approved(world.plain("96011"));
    world.set_stock(0, 0, [0, 0]);
    world.sync().await;
    let number = other.gid.rsplit('/').next().unwrap_or_default().to_owned();
    let garbage = world.write_file("garbage.csv", "JOOR order,Shopify order\n96011,#1001\n");
    let refused = world.run(&["adopt", "--file", &garbage]).await.must_end_with(2);
    assert!(refused.json["error"].as_str().is_some_and(|text| text.contains("line 2")), "{:#}", refused.json);
    // Another order's export, and an order that nobody knows.
    let taken = world.write_file("taken.csv", &format!("96011,{number}\n"));
    let shown = world.run(&["--yes", "adopt", "--file", &taken, "--different-too"]).await;
    world.sync().await;
    assert_eq!(world.order("96011").await.state(), "held", "{:#}", shown.json);
    let unknown = world.write_file("unknown.csv", "99999,4711\n");
    let shown = world.run(&["adopt", "--file", &unknown]).await.must_end_with(1);
    assert!(
        shown.json["orders"][0]["obstacle"].as_str().is_some_and(|text| text.contains("not in the ledger"))
    );
    // The order that the earlier tool made for it.
    let gid = world.sandbox.shop.duplicate_order(&other.gid);
    world.sandbox.shop.rename_source(&gid, "erp-17");
    let made = gid.rsplit('/').next().unwrap_or_default();
    let right = world.write_file("right.csv", &format!("order,shopify\n96011;{made}\n").replace(';', ","));
    world.run(&["--yes", "adopt", "--file", &right, "--different-too"]).await.must_end_with(0);
    world.sync().await;
    world.order("96011").await.must_be("exported", &[]);
    // The earlier tool's order names no order of JOOR.
    world.sandbox.shop.delete_order(&gid);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_from_before_the_start_are_exported_once_the_start_was_moved_with_a_preview() {
    let mut world = World::start().await;
    world.settings.remove("schedule", "exported_since");
    world.apply().await;
    let early = world.sandbox.clock.today().saturating_sub(10.days());
    world.approved(world.plain("96021").approved_on(early));
    world.approved(world.brand.order("96022", 1).line(world.brand.line(1, 1, 5000)).approved_on(early));
    world.sync().await;
    assert_eq!(world.shop_orders_of("96021").len(), 0);
    let since = early.to_string();
    let asked = world.run(&["backfill", "--since", &since]).await.must_end_with(1);
    let becomes = |id: &str| {
        let all = asked.json["preview"].as_array().cloned().unwrap_or_default();
        all.iter().find(|one| one["joor_order"] == id).map(|one| one["would_be"].clone())
    };
    assert_eq!((becomes("96021"), becomes("96022")), (Some("ready".into()), Some("held".into())));
    world.sync().await;
    assert_eq!(world.shop_orders_of("96021").len(), 0, "nobody said yes");
    world.run(&["--yes", "backfill", "--since", &since]).await.must_end_with(0);
    world.sync().await;
    world.sync().await;
    world.order("96021").await.must_be("exported", &[]);
    world.shop_order_of("96021");
    world.order("96022").await.must_be("held", &["STOCK_SHORT"]);
    world.run(&["backfill", "--since", &since]).await.must_end_with(2);
    let _: &Shown = &world.order("96021").await;
    world.finish().await;
}

/// JOOR lists an order that nobody can read and that this program never met, and a row of which not even the number can be
/// read: proof and preview say so instead of leaving them out.
#[tokio::test(flavor = "multi_thread")]
async fn orders_that_cannot_be_read_are_named_in_the_proof_and_before_a_backfill() {
    let mut world = World::start().await;
    world.settings.remove("schedule", "exported_since");
    world.apply().await;
    let early = world.sandbox.clock.today().saturating_sub(10.days());
    world.approved(world.plain("96031").approved_on(early));
    world.approved(world.brand.order("96032", 1).line(world.brand.line(1, 1, 1)).approved_on(early));
    let since = early.to_string();
    let broken = |field: &str, value: Value| Fault::BrokenRow {
        order_id: "96031".to_owned(),
        field: field.to_owned(),
        value,
    };
    let table =
        [("96031", "shipping_price", serde_json::json!({ "amount": "ask" })), ("?", "id", Value::Null)];
    for (number, field, value) in table {
        world.sandbox.faults.clear();
        world.joor_fault("GET orders", When::Always, broken(field, value));
        let asked = world.run(&["backfill", "--since", &since]).await.must_end_with(1).json;
        let all = asked["preview"].as_array().cloned().unwrap_or_default();
        let one =
            |id: &str| all.iter().find(|one| one["joor_order"] == id).unwrap_or_else(|| panic!("{asked:#}"));
        assert_eq!(one("96032")["would_be"], "ready");
        assert_eq!(one(number)["would_be"], "held");
        let words = one(number).to_string();
        assert!(words.contains("SRC_BAD_PAYLOAD") && words.contains(field), "{words}");
    }
    let mut settings = world.settings.clone();
    settings.set("schedule", "exported_since", &quoted(&since)).set("schedule", "include_start_day", "true");
    let file = world.write_file("earlier.toml", &settings.toml());
    world.run(&["connection", "apply", &file, "--name", CONNECTION]).await.must_end_with(0);
    world.sandbox.faults.clear();
    world.joor_fault(
        "GET orders",
        When::Always,
        broken("shipping_price", serde_json::json!({ "amount": "ask" })),
    );
    let ran = world.run(&["proof"]).await.must_end_with(1);
    let proof = proved(&ran);
    assert_eq!(words(&proof, "96031"), ["not_readable"], "{:#}", proof["differences"]);
    assert_eq!(words(&proof, "96032"), ["not_seen"], "{:#}", proof["differences"]);
    assert_eq!(proof["equation"]["approved"]["count"], 2);
    // A cycle meets it and holds it: then it is one of those that are accounted for.
    world.sync().await;
    world.sync().await;
    world.order("96031").await.must_be("held", &["SRC_BAD_PAYLOAD"]);
    world.order("96032").await.must_be("exported", &[]);
    let proof = proved(&world.run(&["proof"]).await.must_end_with(0));
    assert_eq!((&proof["holds"], &proof["equation"]["held"]["count"]), (&true.into(), &1.into()));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_mail_says_what_differs_in_shopify_and_what_to_do() {
    let mut world = World::with(at(4)).await;
    four_exported(&world).await;
    world.sandbox.shop.delete_order(&world.shop_order_of("96001").gid);
    world.pass(26 * HOUR);
    world.sync().await;
    world.sync().await;
    let mails = mails_to(&world, "daily");
    let last = mails.last().unwrap_or_else(|| panic!("no daily mail: {:#?}", world.mails()));
    assert!(last.subject.contains("1 difference TO LOOK AT"), "{}", last.subject);
    assert!(
        last.body_text.contains("96001") && last.body_text.contains("not in Shopify any"),
        "{}",
        last.body_text
    );
    assert!(last.body_text.contains("3 orders with 3 units in Shopify"), "{}", last.body_text);
    assert!(last.body_text.contains("orders re-export"), "{}", last.body_text);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_lost_its_source_and_kept_its_custom_id_is_named_and_can_be_linked() {
    let mut world = World::start().await;
    four_exported(&world).await;
    let (blank, renamed) = (world.shop_order_of("96001"), world.shop_order_of("96002"));
    world.forget_everything().await;
    let start = world.sandbox.clock.today().saturating_sub(3.days()).to_string();
    world.settings.text("schedule", "exported_since", &start);
    world.apply().await;
    world.sandbox.shop.blank_source(&blank.gid);
    world.sandbox.shop.rename_source(&renamed.gid, "erp-17");
    let proof = proved(&world.run(&["proof"]).await.must_end_with(1));
    for id in ["96001", "96002", "96003", "96004"] {
        assert_eq!(words(&proof, id), ["exported_by_others", "not_in_ledger"], "{:#}", proof["differences"]);
    }
    world.sync().await;
    let shown = world.run(&["--yes", "adopt", "--different-too"]).await.must_end_with(0).json;
    assert_eq!(shown["orders"].as_array().map(Vec::len), Some(4), "{shown:#}");
    world.sync().await;
    for (id, order) in [("96001", &blank), ("96002", &renamed)] {
        world.order(id).await.must_be("exported", &[]);
        world.sandbox.shop.delete_order(&order.gid);
    }
    // A look that is no clear answer proves nothing.
    let doubt = r#"{"data":{"e0":null},"errors":[{"message":"Internal error","path":["e0"]}]}"#;
    world.fault("FindOrders", When::Next, Fault::ReplaceBody(doubt.to_owned()));
    world.run(&["proof"]).await.must_end_with(4);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_older_than_shopify_shows_are_out_of_sight_until_the_app_may_read_them_all() {
    let mut world = World::start().await;
    four_exported(&world).await;
    world.pass(70 * DAY);
    let from = world.sandbox.clock.today().saturating_sub(75.days()).to_string();
    let proof = proved(&world.run(&["proof", "--from", &from]).await.must_end_with(1));
    for id in ["96001", "96002", "96003", "96004"] {
        assert_eq!(words(&proof, id), ["out_of_sight"], "{:#}", proof["differences"]);
    }
    world.sandbox.shop.configure(|shop| shop.scopes.push("read_all_orders".to_owned()));
    let proof = proved(&world.run(&["proof", "--from", &from]).await.must_end_with(0));
    assert_eq!((&proof["holds"], &proof["in_shopify"]["count"]), (&true.into(), &4.into()));
    world.finish().await;
}
