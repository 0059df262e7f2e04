//! Proof, adoption and backfill where somebody is careless or unlucky: periods that prove nothing, lists with garbage,
//! split orders, two currencies, changes on both sides, orders that JOOR shows no more, budgets that are too small.

use crate::harness::{CONNECTION, Options, Ran, World, quoted};
use jiff::ToSpan;
use sandbox::joor::Status;
use sandbox::{Fault, Service, When};
use serde_json::{Value, json};
use std::time::Duration;

async fn proof(world: &World, code: i32) -> Value {
    let ran = world.run(&["proof"]).await.must_end_with(code);
    ran.json["connections"][0].clone()
}

/// Order and difference of each line.
fn named(proof: &Value) -> Vec<(String, String)> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    let all = proof["differences"].as_array().cloned().unwrap_or_default();
    all.iter().map(|one| (text(one, "joor_order"), text(one, "difference"))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(order, word)| ((*order).to_owned(), (*word).to_owned())).collect()
}

#[track_caller]
fn refused(ran: &Ran, words: &[&str]) {
    let said = format!("{} {}", ran.json["error"], ran.json["hint"]);
    for word in words {
        assert!(said.contains(word), "{word} is not in {said}");
    }
}

/// 260 lines: two parts.
async fn a_split_order(world: &mut World, id: &str) {
    world.settings.text("orders", "splitting", "split");
    world.apply().await;
    world.set_stock(1, 2, [400, 400]);
    let lines = (0..260).map(|_| world.brand.line(1, 2, 1));
    world.approved(world.brand.order(id, 1).lines(lines));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_of_which_nothing_can_be_said_is_refused_and_proves_nothing() {
    let world = World::start().await;
    world.approved(world.plain("96201"));
    world.sync().await;
    let today = world.sandbox.clock.today();
    let day = |days: i64| today.saturating_add(days.days()).to_string();
    let start = day(-30);
    for (arguments, words) in [
        (vec!["proof", "--from", "2020-01-01", "--to", "2020-02-01"], vec![start.as_str(), "backfill"]),
        (vec!["proof", "--from", &day(2), "--to", &day(9)], vec!["a day that has come"]),
        (vec!["proof", "--from", &day(-2), "--to", &day(-3)], vec!["not after --to"]),
        (vec!["proof", "--from", &day(2)], vec!["not after --to"]),
        (vec!["proof", "--connection", "nobody"], vec!["there is no connection", CONNECTION]),
        (vec!["adopt", "--since", &day(3)], vec!["a day that has come"]),
        (vec!["backfill", "--since", &day(3)], vec![start.as_str(), "a day before it"]),
    ] {
        let ran = world.run(&arguments).await.must_end_with(2);
        refused(&ran, &words);
    }
    world.run(&["proof", "--from", "yesterday"]).await.must_end_with(2);
    // Longer than the connection is old, and longer than the calendar: what there is, is proved.
    for (from, to) in [("0001-01-01", "9999-12-31"), (start.as_str(), &day(400))] {
        let ran = world.run(&["proof", "--from", from, "--to", to]).await.must_end_with(0);
        let proof = &ran.json["connections"][0];
        assert_eq!((&proof["from"], &proof["equation"]["exported"]["count"]), (&json!(start), &json!(1)));
        assert_eq!(ran.stderr.contains("approved before"), from < start.as_str(), "{}", ran.stderr);
    }
    // Two periods that overlap count an order of both in each.
    for (from, to) in [(&start, &day(0)), (&day(-1), &day(1))] {
        let ran = world.run(&["proof", "--from", from, "--to", to]).await.must_end_with(0);
        assert_eq!(ran.json["connections"][0]["in_shopify"]["count"], 1);
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_currencies_a_split_order_and_changes_on_both_sides_are_each_counted_and_named() {
    let mut world = World::start().await;
    a_split_order(&mut world, "96211").await;
    world.approved(world.plain("96212"));
    world.approved(world.brand.order("96213", 0).line(world.brand.line(0, 1, 1)).price_type("502"));
    for id in ["96214", "96215", "96216"] {
        world.approved(world.brand.order(id, 0).line(world.brand.line(0, 2, 1)));
    }
    for _ in 0..3 {
        world.sync().await;
    }
    let before = proof(&world, 0).await;
    let values = &before["in_shopify"]["values"];
    assert_eq!(values, &before["equation"]["exported"]["values"]);
    assert_eq!(
        values.as_object().map(|all| all.keys().cloned().collect()),
        Some(vec!["EUR".to_owned(), "USD".to_owned()])
    );
    assert_eq!((&before["in_shopify"]["count"], &before["in_shopify"]["units"]), (&json!(6), &json!(266)));

    // One part is cancelled, one order edited by hand on both sides, one cancelled in JOOR and approved on no day any
    // more, one gone from JOOR, and one that JOOR shows in a way that nobody can read: that one is not gone.
    let cancelled = world.shop_orders_of("96211").remove(1);
    world.sandbox.shop.cancel_order(&cancelled.gid, true);
    world.sandbox.shop.add_units(&world.shop_order_of("96212").gid, 0, 1);
    world.sandbox.joor.change("96212", |order| order.lines[0].quantity = 5.into());
    world.sandbox.joor.change("96214", |order| {
        order.status = Status::Cancelled;
        order.date_approved = None;
    });
    world.sandbox.joor.remove("96215");
    world.sandbox.joor.change("96216", |order| *order = order.clone().raw("total", json!("a dozen")));
    let after = proof(&world, 1).await;
    assert_eq!(
        named(&after),
        pairs(&[
            ("96211", "cancelled_in_shopify"),
            ("96212", "total"),
            ("96212", "lines"),
            ("96212", "edited_in_joor"),
            ("96214", "cancelled_in_joor"),
            ("96215", "gone_from_joor"),
        ]),
        "{:#}",
        after["differences"]
    );
    assert_eq!(after["equation"]["exported"]["count"], 6, "nothing leaves the proof: {after:#}");
    // Gone from JOOR, and the judge asks for a JOOR order behind every order of Shopify.
    world.sandbox.shop.delete_order(&world.shop_order_of("96215").gid);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lost_ledger_links_again_is_compared_with_joor_and_half_an_order_is_no_export() {
    let mut world = World::start().await;
    a_split_order(&mut world, "96221").await;
    for id in ["96222", "96223"] {
        world.approved(world.plain(id));
    }
    for _ in 0..3 {
        world.sync().await;
    }
    world.sandbox.shop.add_units(&world.shop_order_of("96222").gid, 0, 3);
    world.forget_everything().await;
    // JOOR does not remember the split order, so it is decided anew; of the others it says "success".
    world.sandbox.joor.change("96221", |order| order.export_status = sandbox::joor::ExportState::Undefined);
    world.settings.text(
        "schedule",
        "exported_since",
        &world.sandbox.clock.today().saturating_sub(3.days()).to_string(),
    );
    world.apply().await;
    for _ in 0..2 {
        world.sync().await;
    }
    world.order("96221").await.must_be("held", &["DUP_FOUND_UNLEDGERED"]);
    let shown = world.run(&["adopt"]).await.must_end_with(1).json;
    let equal = |order: &str| -> Vec<Value> {
        let all = shown["orders"].as_array().cloned().unwrap_or_default();
        all.iter().filter(|one| one["joor_order"] == order).map(|one| one["equal"].clone()).collect()
    };
    assert_eq!(
        (equal("96221"), equal("96222"), equal("96223")),
        (vec![json!(true), json!(true)], vec![json!(false)], vec![json!(true)])
    );
    // Both parts together come to what JOOR says; the edited one is linked only on request.
    world.run(&["--yes", "adopt"]).await.must_end_with(1);
    for _ in 0..2 {
        world.sync().await;
    }
    world.order("96221").await.must_be("exported", &[]);
    world.order("96222").await.must_be("skipped", &["DUP_SECOND_EXPORTER"]);
    world.run(&["--yes", "adopt", "--different-too"]).await.must_end_with(0);
    for _ in 0..2 {
        world.sync().await;
    }
    world.order("96222").await.must_be("exported", &[]);
    let found = proof(&world, 1).await;
    assert_eq!(named(&found), pairs(&[("96222", "linked_differs")]), "{:#}", found["differences"]);
    let sentence = found["differences"][0]["sentence"].as_str().unwrap_or_default().to_owned();
    assert!(sentence.contains("for 5 units") && sentence.contains("for 2 units"), "{sentence}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_an_order_that_a_lost_ledger_takes_for_one_are_all_linked_and_edits_after_that_are_seen() {
    let mut world = World::start().await;
    a_split_order(&mut world, "96231").await;
    for _ in 0..3 {
        world.sync().await;
    }
    let parts = world.shop_orders_of("96231");
    // Changed while nobody looks.
    world.sandbox.joor.change("96231", |order| order.po_number = "PO from before".into());
    world.forget_everything().await;
    let since = world.sandbox.clock.today().saturating_sub(3.days()).to_string();
    world.settings.text("schedule", "exported_since", &since);
    world.apply().await;
    world.sync().await;
    world.order("96231").await.must_be("skipped", &["DUP_SECOND_EXPORTER"]);
    // Long enough that JOOR's list of changed orders does not show it any more.
    world.pass(Duration::from_secs(5 * 24 * 3600));
    world.sync().await;
    // A person links the second part by hand, which the ledger takes for the whole order.
    let number = |gid: &str| gid.rsplit('/').next().unwrap_or_default().to_owned();
    // A copy of that is no further part.
    let copy = world.sandbox.shop.duplicate_order(&parts[1].gid);
    for order in [&parts[1].gid, &copy] {
        world.retry("96231", &["--link-order", &number(order)]).await;
    }
    world.sync().await;
    let mut found = named(&proof(&world, 1).await);
    found.retain(|(_, word)| word == "not_in_ledger");
    assert_eq!(found.len(), 2, "the first part and the copy: {found:?}");
    world.sandbox.shop.delete_order(&copy);
    let shown = world.run(&["--yes", "adopt"]).await.must_end_with(0).json;
    assert_eq!(shown["orders"][0]["shopify_order"], json!(parts[0].name), "{shown:#}");
    world.run(&["--yes", "adopt"]).await.must_end_with(0);
    for _ in 0..2 {
        world.sync().await;
        world.order("96231").await.must_be("exported", &[]);
    }
    assert_eq!(proof(&world, 0).await["holds"], true);
    let none = world.run(&["--yes", "adopt"]).await.must_end_with(0).json;
    assert_eq!((&none["orders"], world.asked("OrderCreate")), (&json!([]), 2));

    world.sandbox.joor.change("96231", |order| order.po_number = "PO from after".into());
    world.sync().await;
    let shown = world.order("96231").await;
    shown.must_be("exported", &["CHG_JOOR_EDITED"]);
    let sentence = shown.sentence("CHG_JOOR_EDITED");
    assert!(sentence.contains("PO from before") && sentence.contains("PO from after"), "{sentence}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_from_before_a_re_export_is_led_to_the_second_order() {
    let world = World::with(Options { server: None, ..Options::default() }).await;
    world.approved(world.plain("96241"));
    for _ in 0..3 {
        world.sync().await;
    }
    let ledger = world.data_folder().join("ledger.sqlite");
    let backup = world.data_folder().with_file_name("backup.sqlite");
    std::fs::copy(&ledger, &backup).expect("a backup");
    world.sandbox.shop.cancel_order(&world.shop_order_of("96241").gid, true);
    world.sandbox.joor.set_to_reexport("96241");
    for _ in 0..4 {
        world.sync().await;
    }
    assert_eq!(world.order("96241").await.generation(), 2);
    std::fs::copy(&backup, &ledger).expect("it is put back");
    world.sync().await;
    assert_eq!(
        named(&proof(&world, 1).await),
        pairs(&[("96241", "not_in_ledger"), ("96241", "cancelled_in_shopify")])
    );
    let shown = world.run(&["--yes", "adopt"]).await.must_end_with(1).json;
    let obstacle = shown["orders"][0]["obstacle"].as_str().unwrap_or_default();
    assert!(obstacle.contains("re-export ID") && !obstacle.contains("cancel one"), "{shown:#}");
    world.run(&["orders", "re-export", "96241"]).await.must_end_with(0);
    for _ in 0..3 {
        world.run(&["sync", "--once"]).await;
    }
    world.run(&["--yes", "adopt"]).await.must_end_with(0);
    for _ in 0..2 {
        world.sync().await;
    }
    assert_eq!(world.order("96241").await.generation(), 2);
    assert_eq!(proof(&world, 0).await["holds"], true);
    assert_eq!(world.asked("OrderCreate"), 2, "the second order was not made once more");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_a_pair_is_refused_and_what_a_table_program_writes_is_read() {
    let world = World::start().await;
    world.approved(world.plain("96251"));
    world.sync().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("96252"));
    world.sync().await;
    for (name, text, words) in [
        ("empty.csv", "", "no pair"),
        ("heading.csv", "JOOR order,Shopify order\n", "no pair"),
        ("name.csv", "96252,#1001\n", "line 1"),
        ("one.csv", "96252\n", "line 1"),
        ("twice.csv", "96252,7\n96251,7\n", "stands twice"),
    ] {
        let file = world.write_file(name, text);
        let ran = world.run(&["--yes", "adopt", "--file", &file]).await.must_end_with(2);
        refused(&ran, &[name, words]);
    }
    let file = world.write_file("binary.csv", "");
    std::fs::write(&file, [0xff_u8, 0xfe, 0x31, 0x00]).expect("a file");
    refused(&world.run(&["adopt", "--file", &file]).await.must_end_with(2), &["UTF-8"]);
    refused(&world.run(&["adopt", "--file", "/no/such.csv"]).await.must_end_with(2), &["/no/such.csv"]);

    // The export of another order is told at once, not by a command that fails later.
    let other = world.shop_order_of("96251");
    let number = |gid: &str| gid.rsplit('/').next().unwrap_or_default().to_owned();
    let taken = world.write_file("taken.csv", &format!("96252,{}\n", number(&other.gid)));
    let shown =
        world.run(&["--yes", "adopt", "--file", &taken, "--different-too"]).await.must_end_with(1).json;
    let obstacle = shown["orders"][0]["obstacle"].as_str().unwrap_or_default();
    assert!(obstacle.contains("export of JOOR order 96251"), "{shown:#}");
    // Semicolons, a mark of the encoding, a heading.
    let made = world.sandbox.shop.duplicate_order(&other.gid);
    world.sandbox.shop.rename_source(&made, "erp-17");
    let list = world.write_file("table.csv", &format!("\u{feff}JOOR;Shopify\r\n96252;{}\r\n", number(&made)));
    world.run(&["--yes", "adopt", "--file", &list]).await.must_end_with(0);
    world.sync().await;
    world.order("96252").await.must_be("exported", &[]);
    world.sandbox.shop.delete_order(&made);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sides_that_cannot_be_reached_end_each_command_in_words_and_change_nothing() {
    let world = World::start().await;
    world.approved(world.plain("96261"));
    for _ in 0..2 {
        world.sync().await;
    }
    let early = world.sandbox.clock.today().saturating_sub(50.days()).to_string();
    let away = Fault::Status { code: 503, body: String::new(), headers: Vec::new() };
    for (service, side) in [(Service::Joor, "JOOR"), (Service::Shopify, "Shopify")] {
        world.sandbox.faults.script(service, "*", When::Always, away.clone());
        for arguments in [&["proof"][..], &["--yes", "adopt"], &["--yes", "backfill", "--since", &early]] {
            let ran = world.run(arguments).await.must_end_with(4);
            refused(&ran, &[side, "503"]);
        }
        world.sandbox.faults.clear();
    }
    world.sandbox.shop.configure(|shop| shop.scopes.retain(|scope| !scope.ends_with("_orders")));
    let ran = world.run(&["proof"]).await.must_end_with(4);
    refused(&ran, &["orders"]);
    world.sandbox.shop.configure(|shop| shop.scopes = sandbox::ShopOptions::all_scopes());
    assert_eq!(proof(&world, 0).await["holds"], true);
    let settings = world.run(&["connection", "export", CONNECTION]).await.stdout;
    assert!(!settings.contains(&quoted(&early)), "the start did not move: {settings}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_costs_more_than_joor_gives_at_once_waits_goes_on_and_reads_every_page() {
    let mut options = Options::default();
    options.sandbox.joor.credit_window = Duration::from_secs(6);
    let mut world = World::with(options).await;
    world.may_be_refused = true;
    world.settings.text("orders", "stock", "bypass");
    world.apply().await;
    for number in 0..110 {
        world.approved(world.brand.order(&format!("96{number:03}"), 0).line(world.brand.line(0, 0, 1)));
    }
    for _ in 0..2 {
        world.sync().await;
    }
    // It is on the second page of Shopify's list, and nothing but the list shows it.
    let last = world.shop_order_of("96109");
    let copy = world.sandbox.shop.duplicate_order(&last.gid);
    // One order a call: 110 credits for the lines alone, and a window gives 95.
    world.sandbox.joor.change_options(|joor| {
        joor.line_order_ids_max = 1;
        joor.credit_quota = 105;
    });
    let run = tokio::time::timeout(Duration::from_secs(60), world.run(&["proof"]));
    let ran = run.await.expect("it ends in time").must_end_with(1);
    assert!(ran.stderr.contains("the request budget is spent; going on at"), "{}", ran.stderr);
    let found = &ran.json["connections"][0];
    assert_eq!(found["equation"]["exported"]["count"], 110);
    assert_eq!(named(found), pairs(&[("96109", "not_in_ledger"), ("96109", "doubled")]));
    world.sandbox.shop.delete_order(&copy);
    world.finish().await;
}

/// Nobody checks again what is closed; that JOOR says something else by then is named, and the numbers do not add up.
#[tokio::test(flavor = "multi_thread")]
async fn units_that_change_in_joor_after_an_order_was_settled_by_hand_break_the_balance() {
    let world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("96271"));
    world.sync().await;
    world.run(&["orders", "close", "96271", "--note", "sold at the fair"]).await.must_end_with(0);
    world.sync().await;
    let before = proof(&world, 0).await;
    assert_eq!(before["equation"]["closed_by_hand"]["units"], 2, "{before:#}");
    world.sandbox.joor.edit_quantity("96271", 0, 100);
    let after = proof(&world, 1).await;
    assert_eq!(named(&after), pairs(&[("96271", "units")]));
    assert_eq!(
        (&after["equation"]["approved"]["units"], &after["equation"]["balances"]),
        (&json!(100), &json!(false))
    );
    world.finish().await;
}

/// The ledger is older than an export, and the order was taken back in JOOR since, so that it has no day of approval.
#[tokio::test(flavor = "multi_thread")]
async fn a_shopify_order_of_an_order_that_is_no_longer_approved_is_named_when_the_ledger_does_not_know_it() {
    let world = World::start().await;
    world.approved(world.plain("96281"));
    world.sync().await;
    world.shop_order_of("96281");
    world.forget_everything().await;
    world.sandbox.joor.change("96281", |order| {
        order.status = Status::Pending;
        order.date_approved = None;
    });
    world.sync().await;
    let proof = proof(&world, 1).await;
    assert_eq!(named(&proof), pairs(&[("96281", "not_in_ledger")]));
    world.finish().await;
}
