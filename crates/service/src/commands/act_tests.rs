//! What may be asked for an order, and the words where it may not.

use super::*;
use crate::show::order::tests::{done, export, order};
use domain::ids::Epoch;
use domain::orders::export::{State, Unclear};
use domain::time::Moment;

fn about(state: State, generation: u32) -> About {
    let order = OrderRecord { generation, ..order("71") };
    let parts = vec![export("71", generation, 1, state)];
    About { connection: "main".to_owned(), order, parts, found_other: false, without_export: "seen" }
}

fn sending() -> State {
    State::Sending { epoch: Epoch(1), deadline: Moment(0) }
}

fn unconfirmed() -> State {
    State::Unconfirmed {
        deadline: Moment(0),
        cause: Unclear::NoAnswer,
        looks: 0,
        empty_looks: 0,
        next_look: Moment(0),
    }
}

fn plain() -> RetryArgs {
    RetryArgs { id: "71".to_owned(), ..RetryArgs::default() }
}

fn no(result: Result<Ask, Failure>, what: &str, hint: &str) {
    let failure = result.expect_err(what);
    assert_eq!(failure.exit, exit::USAGE);
    assert!(failure.what.contains(what), "{failure:?}");
    assert!(failure.hint.contains(hint), "{failure:?}");
}

#[test]
fn a_retry_carries_the_answers_that_were_given() {
    let retry = RetryArgs { link_customer: Some("77".to_owned()), export_anyway: true, ..plain() };
    let asked = retry_of(&about(State::Held, 1), &retry).unwrap();
    let arguments =
        json!({ "order": "71", "link_customer": "gid://shopify/Customer/77", "export_anyway": true });
    assert_eq!(asked, Ask { connection: "main".to_owned(), verb: "retry", arguments });
}

#[test]
fn an_order_that_may_be_in_shopify_already_is_never_simply_tried_again() {
    no(retry_of(&about(unconfirmed(), 1), &plain()), "without a clear answer", "--not-there");
    no(retry_of(&about(sending(), 1), &plain()), "being sent right now", "end of the cycle");
    no(retry_of(&about(done("#1001"), 1), &plain()), "exported as #1001", "re-export 71");
    no(retry_of(&about(State::ClosedByHand, 1), &plain()), "closed by hand", "reopen 71");
}

#[test]
fn a_persons_word_about_an_unclear_export_is_taken_only_for_an_unclear_export() {
    let not_there = RetryArgs { not_there: true, ..plain() };
    assert_eq!(retry_of(&about(unconfirmed(), 1), &not_there).unwrap().verb, "not_there");
    no(retry_of(&about(State::Held, 1), &not_there), "cannot be sent again on your word", "orders show 71");
    let link = |order: &str| RetryArgs { link_order: Some(order.to_owned()), ..plain() };
    let asked = retry_of(&about(unconfirmed(), 1), &link("gid://shopify/Order/5")).unwrap();
    assert_eq!(asked.arguments, json!({ "order": "71", "shop_order": "gid://shopify/Order/5" }));
    no(retry_of(&about(unconfirmed(), 1), &link("#1001")), "#1001", "number in the address");
    no(retry_of(&about(sending(), 1), &link("5")), "being sent", "");
}

#[test]
fn only_what_was_exported_can_be_exported_again_and_only_a_re_export_given_up() {
    assert_eq!(re_export_of(&about(done("#1"), 1), false).unwrap().verb, "re_export");
    no(re_export_of(&about(State::Held, 1), false), "cannot be exported again", "orders show");
    assert_eq!(re_export_of(&about(State::Held, 2), true).unwrap().verb, "give_up");
    no(re_export_of(&about(State::Held, 1), true), "no re-export", "");
    no(re_export_of(&about(done("#2"), 2), true), "exported as #2", "");
}

#[test]
fn closing_needs_a_reason_and_an_order_whose_fate_is_clear() {
    let asked = close_of(&about(State::Held, 1), " entered by hand ").unwrap();
    assert_eq!(asked.arguments, json!({ "order": "71", "note": "entered by hand" }));
    no(close_of(&about(State::Held, 1), "  "), "note", "say why");
    assert!(close_of(&about(done("#1"), 1), "leave it").is_ok(), "its questions are answered");
    no(close_of(&about(sending(), 1), "x"), "being sent", "");
    no(close_of(&about(unconfirmed(), 1), "x"), "without a clear answer", "");
}

#[test]
fn a_split_order_is_judged_by_its_least_finished_part() {
    let mut about = about(done("#1"), 1);
    about.parts.push(export("71", 1, 2, unconfirmed()));
    no(retry_of(&about, &plain()), "without a clear answer", "");
}

#[test]
fn an_item_is_linked_while_the_order_waits_and_taken_back_at_any_time() {
    let asked = link_item_of(&about(State::Held, 1), " ROSE-M ", "44").unwrap();
    assert_eq!(asked.verb, "link_item");
    let variant = "gid://shopify/ProductVariant/44";
    assert_eq!(asked.arguments, json!({ "order": "71", "line": "ROSE-M", "variant": variant }));
    assert!(link_item_of(&about(State::Skipped, 1), "ROSE-M", variant).is_ok());
    no(link_item_of(&about(State::Held, 1), "ROSE-M", "ROSE"), "ProductVariant", "number in the address");
    no(link_item_of(&about(State::Held, 1), " ", "44"), "no line", "SKU");
    no(link_item_of(&about(done("#1"), 1), "ROSE-M", "44"), "exported as #1", "");
    no(link_item_of(&about(sending(), 1), "ROSE-M", "44"), "being sent", "");
    let back = unlink_item_of(&about(done("#1"), 1), "ROSE-M").unwrap();
    assert_eq!((back.verb, &back.arguments["line"]), ("unlink_item", &json!("ROSE-M")));
    no(unlink_item_of(&about(State::Held, 1), ""), "no line", "SKU");
}
