//! Orders and problems as people see them.

use super::*;
use domain::ids::{ExportKey, Generation, JoorOrderId, Part, ShopOrderId, Token};
use domain::money::{Currency, Decimal, Money};
use domain::orders::export::Export;
use domain::problem::Problem;
use domain::time::Moment;
use serde_json::json;

fn usd(cents: i64) -> Money {
    Money::new(Decimal::new(cents, 2), Currency::from_code("USD").unwrap())
}

/// An order of a retailer with a hostile name.
pub fn order(id: &str) -> OrderRecord {
    OrderRecord {
        head: "{}".to_owned(),
        status: "approved".to_owned(),
        export_state: "undefined".to_owned(),
        approved: Some("2026-11-20".parse().unwrap()),
        retailer: "Rose \u{1b}[31m& Sons".to_owned(),
        retailer_id: "r1".to_owned(),
        po_number: "PO-1".to_owned(),
        linesheet: "Spring".to_owned(),
        value: Some(usd(12_345)),
        units: Some(12),
        ..OrderRecord::blank(JoorOrderId::new(id), Moment(0))
    }
}

pub fn export(order: &str, generation: u32, part: u32, state: State) -> ExportRecord {
    let key =
        ExportKey { order: JoorOrderId::new(order), generation: Generation(generation), part: Part(part) };
    let total = matches!(state, State::Exported { .. }).then(|| usd(12_345));
    let token = Token::new("production", "42", &key).unwrap();
    ExportRecord {
        export: Export { key, token, state, attempts: 1, version: 1 },
        request: None,
        refusal: None,
        total,
        cancelled: false,
        changed: Moment(0),
        shop_created: None,
    }
}

pub fn done(name: &str) -> State {
    State::Exported { order: ShopOrderId::from_number("9").unwrap(), name: name.to_owned() }
}

fn problem() -> Told {
    Problem::OrdEmpty { rows: 3 }.told("7100412")
}

#[test]
fn the_list_shows_state_value_shop_order_and_problems() {
    let exported =
        Row::new("main", order("7100411"), vec![export("7100411", 1, 1, done("#1001"))], Vec::new());
    let held =
        Row::new("main", order("7100412"), vec![export("7100412", 1, 1, State::Held)], vec![problem()]);
    let shown = table_of(&[exported.clone(), held.clone()], false);
    for part in [
        "7100411",
        "exported",
        "#1001",
        "123.45 USD",
        "2026-11-20",
        "held",
        problem().code,
        "Rose ·[31m& Sons",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    assert!(!shown.contains("Connection") && table_of(&[held], true).contains("Connection"));
    let value = exported.json();
    assert_eq!(value["shopify_order"], "#1001");
    assert_eq!((&value["state"], &value["total"]), (&json!("exported"), &json!("123.45 USD")));
}

#[test]
fn a_split_order_is_as_far_as_its_last_part_and_sums_its_totals() {
    let parts = vec![export("1", 1, 1, done("#1")), export("1", 1, 2, State::Ready)];
    let row = Row::new("main", order("1"), parts, Vec::new());
    assert_eq!((row.state(), row.shop_orders()), ("ready", vec!["#1"]));
    let parts = vec![export("1", 1, 1, done("#1")), export("1", 1, 2, done("#2"))];
    let row = Row::new("main", order("1"), parts, Vec::new());
    assert_eq!((row.state(), row.total().as_deref()), ("exported", Some("246.90 USD")));
}

#[test]
fn an_earlier_export_does_not_count_for_the_state_of_a_re_export() {
    let again = OrderRecord { generation: 2, ..order("1") };
    let row = Row::new(
        "main",
        again,
        vec![export("1", 1, 1, done("#1")), export("1", 2, 1, State::Held)],
        Vec::new(),
    );
    assert_eq!((row.state(), row.shop_orders().len()), ("held", 0));
}

#[test]
fn the_story_of_an_order_tells_problem_fix_history_and_what_was_asked_for() {
    let story = Story {
        row: Row::new("main", order("7100412"), vec![export("7100412", 1, 1, State::Held)], vec![problem()]),
        events: vec![EventRecord {
            key: export("7100412", 1, 1, State::Held).export.key,
            at: Moment(0),
            version: 1,
            epoch: 1,
            word: "held".to_owned(),
            state: "held".to_owned(),
            detail: "1 problem".to_owned(),
            wired: false,
        }],
        follow_ups: Vec::new(),
        commands: vec![Command {
            id: 5,
            verb: "re_export".to_owned(),
            arguments: "{}".to_owned(),
            by: "anna".to_owned(),
            at: Moment(0),
            outcome: None,
            applied: None,
        }],
        page: "https://joor.example/7100412".to_owned(),
        unreadable: Some("{\"quantity\":\"a dozen\"}".to_owned()),
    };
    let text = story.text();
    let told = problem();
    for part in [
        "Order 7100412: held",
        told.code,
        told.sentence.as_str(),
        told.resolution.as_str(),
        "production-42-7100412-1-1",
        "1 problem",
        "Asked for: re export by anna",
        "https://joor.example/7100412",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "{text}");
    let value = story.json();
    assert_eq!(value["details"][0]["code"], told.code);
    assert_eq!(value["events"][0]["event"], "held");
    assert_eq!(value["commands"][0], "re_export");
}

#[test]
fn problems_of_orders_and_connections_are_listed_with_their_fix() {
    let record = |order: Option<&str>, closed| ProblemRecord {
        id: 1,
        order: order.map(JoorOrderId::new),
        told: problem(),
        opened: Moment(0),
        closed,
        mailed: None,
        closing_mailed: false,
    };
    let shown = problem_table(
        &[("main".to_owned(), record(None, None)), ("main".to_owned(), record(Some("7"), Some(Moment(1))))],
        false,
    );
    assert!(shown.contains("connection") && shown.contains(problem().code), "{shown}");
    assert!(
        problem_table(&[("main".to_owned(), record(None, Some(Moment(1))))], true).contains("solved"),
        "{shown}"
    );
    let severe = |severity| ProblemRecord { told: Told { severity, ..problem() }, ..record(None, None) };
    assert!(needs_person(&severe(Severity::Blocker)) && !needs_person(&severe(Severity::Notice)));
    assert!(!needs_person(&ProblemRecord { closed: Some(Moment(1)), ..severe(Severity::Blocker) }));
}
