//! What a person is offered in each state.

use super::*;
use crate::console::buttons::resolution;
use crate::show::order::tests::{done, export, order};
use adapters::ledger::records::OrderRecord;
use domain::orders::export::{State, Unclear};
use domain::problem::Problem;
use domain::time::Moment;

fn offered(state: State, generation: u32, open: &[&str]) -> Vec<Action> {
    let order = OrderRecord { generation, ..order("71") };
    let parts = vec![export("71", generation, 1, state)];
    let found_other = open.contains(&"DUP_FOUND_UNLEDGERED");
    actions(
        &About { connection: "main".to_owned(), order, parts, found_other, without_export: "seen" },
        "/orders/main/71",
        open,
    )
}

fn words(all: &[Action], which: impl Fn(&Action) -> bool) -> Vec<&str> {
    all.iter().filter(|action| which(action)).map(|action| action.words.as_str()).collect()
}

fn leads_to(all: &[Action], page: &str) -> bool {
    let wanted = format!("/orders/main/71/{page}");
    all.iter().any(|action| matches!(&action.kind, ActionKind::Page { href } if *href == wanted))
}

#[test]
fn one_action_is_the_main_one_and_what_is_hard_to_take_back_is_asked_about() {
    for (state, generation, open, main) in [
        (State::Held, 1, &[][..], Some("Check again now")),
        (State::Held, 1, &["CUST_AMBIGUOUS"], Some("Choose the customer")),
        (State::Held, 1, &["ITEM_NOT_FOUND", "STOCK_SHORT"], Some("Choose the items")),
        (State::Held, 2, &["DUP_LIVE_EXPORT"], Some("Cancel the earlier order and go on")),
        (State::ClosedByHand, 1, &[], Some("Take that back")),
        (done("1"), 1, &["CHG_JOOR_EDITED"], None),
    ] {
        let all = offered(state, generation, open);
        assert_eq!(words(&all, |action| action.main), main.into_iter().collect::<Vec<_>>(), "{open:?}");
        assert!(all.iter().all(|action| !(action.main && action.sure.is_some())), "{open:?}");
    }
    let sure = |action: &Action| action.sure.is_some();
    let held = offered(State::Held, 2, &["ORD_ON_START_DAY", "PRICE_PLACEHOLDER"]);
    let asked = ["Export it anyway", "Close by hand", "It is in Shopify already", "Give the re-export up"];
    assert_eq!(words(&held, sure), asked);
    assert!(words(&held, |action| !sure(action)).contains(&"The prices are right"));
}

#[test]
fn what_the_problems_do_not_call_for_is_not_offered() {
    let held = offered(State::Held, 1, &["STOCK_SHORT"]);
    for page in ["customer", "item", "again"] {
        assert!(!leads_to(&held, page), "{page}");
    }
    assert!(leads_to(&held, "preview"));
    let all = words(&held, |_| true);
    for words in ["The prices are right", "Export it anyway", "Give the re-export up"] {
        assert!(!all.contains(&words), "{words}");
    }
    let exported = offered(done("1"), 1, &[]);
    assert!(leads_to(&exported, "again") && !leads_to(&exported, "preview"));
    assert_eq!(words(&exported, |_| true), ["Export it again"], "there is no question to be left");
}

#[test]
fn every_button_that_words_name_is_on_the_page_of_such_an_order() {
    for problem in Problem::samples() {
        let told = problem.told("71");
        let what_to_do = resolution(&told, true);
        assert!(!what_to_do.contains("joor-shopify orders"), "{}: {what_to_do}", told.code);
        let state = match told.code {
            "DEST_UNCONFIRMED" => unconfirmed(),
            "DEST_READBACK_DIFFERS" => done("1"),
            code if code.starts_with("CHG_") => done("1"),
            _ => State::Held,
        };
        let page = offered(state, 2, &[told.code]);
        for named in what_to_do.split('“').skip(1).filter_map(|rest| rest.split('”').next()) {
            let is_there = page.iter().any(|action| action.words == named);
            assert!(is_there, "{}: “{named}” in {what_to_do}", told.code);
        }
    }
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
