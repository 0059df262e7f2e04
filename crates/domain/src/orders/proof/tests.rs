//! Each difference from the state of the three sides that makes it.

use super::*;
use crate::money::{Currency, Decimal};

fn usd(cents: i64) -> Money {
    Money::new(Decimal::new(cents, 2), Currency::from_code("USD").unwrap())
}

fn variant(number: &str) -> VariantId {
    VariantId::from_number(number).unwrap()
}

fn id(number: u64) -> ShopOrderId {
    ShopOrderId::from_number(&number.to_string()).unwrap()
}

fn units(of_one: i64) -> Units {
    Units::from([(variant("1"), of_one), (variant("2"), 3)])
}

fn in_shop(number: u64, generation: u32, part: u32) -> InShop {
    InShop {
        id: id(number),
        name: format!("#{number}"),
        generation: Some(generation),
        part: Some(part),
        cancelled: false,
        total: Some(usd(10_000)),
        units: Some(units(2)),
    }
}

fn export(number: u64, generation: u32, part: u32) -> OurExport {
    OurExport {
        generation,
        part,
        state: State::Exported { order: id(number), name: format!("#{number}") },
        asked: Some(Asked { total: usd(10_000), units: units(2) }),
        visible: true,
    }
}

fn joor(status: OrderStatus, export_state: ExportState) -> Option<InJoor> {
    let description = "Shopify order #1".to_owned();
    Some(InJoor { status, export_state: Some(export_state), description, units: None, unreadable: None })
}

/// Exported once, and everything is as it should be.
fn fine() -> Entry {
    let counted = Counted { state: "exported", has_issues: false, value: Some(usd(10_000)), units: Some(5) };
    Entry {
        order: JoorOrderId::new("7"),
        retailer: "Rose & Sons".to_owned(),
        approved: Some(jiff::civil::date(2026, 11, 20)),
        joor: joor(OrderStatus::Approved, ExportState::Success),
        ledger: Some(InLedger { counted, generation: 1, exports: vec![export(1, 1, 1)], edits: Vec::new() }),
        shop: vec![in_shop(1, 1, 1)],
    }
}

fn words(entry: &Entry) -> Vec<&'static str> {
    differences(entry).iter().map(Difference::word).collect()
}

/// The fine order with a change, and what differs then.
fn changed(change: impl FnOnce(&mut Entry)) -> Vec<&'static str> {
    let mut entry = fine();
    change(&mut entry);
    words(&entry)
}

fn ledger(entry: &mut Entry) -> &mut InLedger {
    entry.ledger.as_mut().unwrap()
}

#[test]
fn sides_that_say_the_same_differ_nowhere() {
    assert_eq!(words(&fine()), [""; 0]);
    let proof = Proof::of(&[fine()]);
    assert!(proof.holds());
    assert_eq!((proof.in_shopify.count, proof.in_shopify.units), (1, 5));
    assert_eq!(proof.in_shopify.values, proof.equation.exported.values);
}

#[test]
fn parts_and_cancelled_earlier_generations_are_no_doubles() {
    let both = |entry: &mut Entry, generation, part| {
        entry.shop.push(in_shop(2, generation, part));
        ledger(entry).exports.push(export(2, generation, part));
    };
    assert_eq!(changed(|entry| both(entry, 1, 2)), [""; 0]);
    assert_eq!(
        changed(|entry| {
            both(entry, 2, 1);
            entry.shop[0].cancelled = true;
            ledger(entry).generation = 2;
        }),
        [""; 0]
    );
    assert_eq!(
        changed(|entry| {
            both(entry, 2, 1);
            ledger(entry).generation = 2;
        }),
        ["doubled"]
    );
}

#[test]
fn what_shopify_has_and_the_ledger_does_not_know_is_named() {
    assert_eq!(changed(|entry| entry.shop.push(in_shop(2, 1, 1))), ["not_in_ledger", "doubled"]);
    assert_eq!(
        changed(|entry| ledger(entry).exports[0].state = State::Held),
        ["not_in_ledger", "exported_by_others"]
    );
    // A cancelled one stands for nothing.
    assert_eq!(
        changed(|entry| {
            entry.shop.push(in_shop(2, 1, 1));
            entry.shop[1].cancelled = true;
        }),
        [""; 0]
    );
}

#[test]
fn orders_that_are_gone_cancelled_or_out_of_sight_are_told_apart() {
    assert_eq!(changed(|entry| entry.shop.clear()), ["missing"]);
    assert_eq!(changed(|entry| entry.shop[0].cancelled = true), ["cancelled_in_shopify"]);
    assert_eq!(
        changed(|entry| {
            entry.shop.clear();
            ledger(entry).exports[0].visible = false;
        }),
        ["out_of_sight"]
    );
    assert_eq!(
        changed(|entry| entry.joor = joor(OrderStatus::Cancelled, ExportState::Success)),
        ["cancelled_in_joor"]
    );
}

#[test]
fn totals_lines_and_edits_are_compared() {
    assert_eq!(changed(|entry| entry.shop[0].total = Some(usd(9_999))), ["total"]);
    assert_eq!(changed(|entry| entry.shop[0].total = None), ["total"]);
    let mut swapped = fine();
    swapped.shop[0].units = Some(Units::from([(variant("1"), 3), (variant("2"), 2)]));
    assert_eq!(
        differences(&swapped)[0].sentence(),
        "#1 has other lines than were sent: 3 of variant 1 instead of 2; 2 of variant 2 instead of 3"
    );
    swapped.shop[0].units = Some(Units::from([(variant("1"), 2), (VariantId::new(NO_PRODUCT), 3)]));
    assert_eq!(
        differences(&swapped)[0].sentence(),
        "#1 has other lines than were sent: 3 of a line without a product instead of 0; 0 of variant 2 instead of 3"
    );
    assert_eq!(changed(|entry| ledger(entry).edits.push("was 2, now 3".to_owned())), ["edited_in_joor"]);
    // What a person linked was asked for by somebody else: of a total that is not known there is nothing to compare.
    assert_eq!(
        changed(|entry| {
            ledger(entry).exports[0].asked = None;
            entry.shop[0].total = None;
        }),
        [""; 0]
    );
}

#[test]
fn what_a_person_linked_is_compared_with_the_order_in_joor() {
    let mut entry = fine();
    ledger(&mut entry).exports[0].asked = None;
    assert_eq!(words(&entry), [""; 0]);
    entry.shop[0].total = Some(usd(4_000));
    entry.shop[0].units = Some(Units::from([(variant("1"), 1)]));
    let found = differences(&entry);
    assert_eq!(words(&entry), ["linked_differs"]);
    assert_eq!(
        found[0].sentence(),
        "#1, linked by a person, comes to 40.00 USD for 1 unit; in JOOR it is 100.00 USD for 5 units"
    );
    // The other part of a split order.
    let mut part = in_shop(2, 1, 2);
    part.total = Some(usd(6_000));
    part.units = Some(Units::from([(variant("1"), 1), (variant("2"), 3)]));
    entry.shop.push(part);
    ledger(&mut entry).exports.push(OurExport { asked: None, ..export(2, 1, 2) });
    assert_eq!(words(&entry), [""; 0]);
    // The units differ although the totals are the same.
    entry.shop[1].units = Some(Units::from([(variant("1"), 1)]));
    assert_eq!(words(&entry), ["linked_differs"]);
    // What was not known when it was linked cannot be compared.
    ledger(&mut entry).counted.value = None;
    ledger(&mut entry).counted.units = None;
    assert_eq!(words(&entry), [""; 0]);
}

#[test]
fn an_exported_order_that_joor_does_not_show_any_more_is_named() {
    assert_eq!(changed(|entry| entry.joor = None), ["gone_from_joor"]);
    // Cancelled there as well: nothing stands for it.
    assert_eq!(
        changed(|entry| {
            entry.joor = None;
            entry.shop[0].cancelled = true;
        }),
        ["cancelled_in_shopify"]
    );
    assert_eq!(
        changed(|entry| {
            entry.joor = None;
            ledger(entry).exports[0].state = State::Held;
            entry.shop.clear();
        }),
        [""; 0]
    );
}

#[test]
fn orders_that_this_program_never_saw_break_the_proof() {
    let unseen = |status, state| {
        changed(|entry| {
            entry.joor = joor(status, state);
            entry.ledger = None;
            entry.shop.clear();
        })
    };
    assert_eq!(unseen(OrderStatus::Approved, ExportState::Undefined), ["not_seen"]);
    assert_eq!(unseen(OrderStatus::Shipped, ExportState::Success), ["exported_by_others"]);
    assert_eq!(unseen(OrderStatus::Pending, ExportState::Undefined), [""; 0]);
    let mut entry = fine();
    entry.joor = joor(OrderStatus::Approved, ExportState::Undefined);
    entry.ledger = None;
    entry.shop.clear();
    let proof = Proof::of(&[entry, fine()]);
    assert!(!proof.equation.balances());
    assert_eq!(proof.equation.approved.count, 2);
}

fn broken() -> Unreadable {
    let text = |word: &str| word.to_owned();
    Unreadable { field: text("total"), expected: text("a number"), found: text("many") }
}

#[test]
fn orders_that_cannot_be_read_break_the_proof_unless_the_ledger_knows_them() {
    let unreadable = |status: OrderStatus| {
        Some(InJoor { unreadable: Some(broken()), ..joor(status, ExportState::Undefined).unwrap() })
    };
    let nowhere = || OrderStatus::Unknown("unreadable".to_owned());
    let unknown = |status: OrderStatus| {
        let mut entry = fine();
        entry.joor = unreadable(status);
        entry.ledger = None;
        entry.shop.clear();
        entry
    };
    assert_eq!(words(&unknown(nowhere())), ["not_readable"]);
    assert_eq!(words(&unknown(OrderStatus::Approved)), ["not_readable"]);
    assert_eq!(words(&unknown(OrderStatus::Cancelled)), [""; 0]);
    assert_eq!(changed(|entry| entry.joor = unreadable(nowhere())), [""; 0]);
    let found = differences(&unknown(nowhere()));
    assert!(found[0].sentence().ends_with("total should be a number but is \"many\""), "{found:?}");
    let proof = Proof::of(&[unknown(nowhere()), fine()]);
    assert!(!proof.equation.balances() && proof.equation.approved.count == 2);
}

#[test]
fn an_order_that_somebody_else_exported_is_named_with_their_words() {
    let mut entry = fine();
    entry.shop.clear();
    ledger(&mut entry).exports[0].state = State::Held;
    let found = differences(&entry);
    assert_eq!(found[0].code(), Some("DUP_SECOND_EXPORTER"));
    assert!(found[0].sentence().contains("\"Shopify order #1\""));
    // Entered by hand, and marked so by a person: that is no secret.
    ledger(&mut entry).counted.state = "closed_by_hand";
    assert_eq!(words(&entry), [""; 0]);
}

#[test]
fn every_difference_has_words_and_a_fix() {
    let all = [
        Difference::NotSeen { approved: None, unreadable: None },
        Difference::NotSeen { approved: None, unreadable: Some(broken()) },
        Difference::SecondExporter { description: String::new() },
        Difference::Unledgered { shop_order: "#1".to_owned(), id: id(1) },
        Difference::Doubled { shop_orders: vec!["#1".to_owned(), "#2".to_owned()] },
        Difference::Missing { shop_order: "#1".to_owned() },
        Difference::CancelledInShopify { shop_order: "#1".to_owned() },
        Difference::CancelledInJoor { shop_orders: vec!["#1".to_owned()] },
        Difference::GoneFromJoor { shop_orders: vec!["#1".to_owned()] },
        Difference::Linked {
            shop_orders: vec!["#1".to_owned()],
            found: "a".to_owned(),
            joor: "b".to_owned(),
        },
        Difference::Total { shop_order: "#1".to_owned(), asked: usd(1), found: None },
        Difference::Lines { shop_order: "#1".to_owned(), changes: vec!["x".to_owned()] },
        Difference::EditedInJoor { changes: vec!["x".to_owned()] },
        Difference::OutOfSight { shop_order: "#1".to_owned() },
    ];
    for difference in all {
        assert!(!difference.sentence().is_empty() && !difference.fix().is_empty(), "{difference:?}");
        let known = difference.code().is_none_or(|code| Problem::CODES.contains(&code));
        assert!(known, "{difference:?}");
    }
}
