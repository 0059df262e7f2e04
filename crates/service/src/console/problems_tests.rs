//! Lists of problems: who is found, what stands in the way of whom, and pages that say that there are more.

use super::subjects::{self, Pages};
use super::*;
use adapters::ledger::records::ProblemRecord;
use domain::ids::{JoorOrderId, ProductId, VariantId};
use domain::problem::{LineRef, Problem, Shortage};

fn line(label: &str, variant: &str) -> LineRef {
    LineRef {
        label: label.to_owned(),
        product: ProductId::from_number("7"),
        variant: VariantId::from_number(variant),
        ..LineRef::default()
    }
}

fn open(order: usize, retailer: &str, lines: &[LineRef]) -> OpenProblem {
    let short = lines.iter().cloned();
    let short = short.map(|line| Shortage { line, ordered: 3, available: 1, promised_before: 0 }).collect();
    let id = order.to_string();
    OpenProblem {
        connection: "brand".to_owned(),
        problem: ProblemRecord {
            id: i64::try_from(order).unwrap(),
            order: Some(JoorOrderId::new(id.clone())),
            told: Problem::StockShort { short, lines: 2, place: "Lyon".to_owned() }.told(&id),
            opened: Moment(1000),
            closed: None,
            mailed: None,
            closing_mailed: false,
        },
        retailer: retailer.to_owned(),
        po_number: String::new(),
        value: None,
        ship_start: None,
        ship_end: None,
        state: Some("held"),
    }
}

#[test]
fn each_style_stands_once_with_the_orders_that_wait_on_it_and_on_nothing_else() {
    let (rose, lily) = (line("Rose", "51"), line("Lily", "52"));
    let both = open(1, "Rosa", &[rose.clone(), lily]);
    let one = open(2, "Rosa", &[rose]);
    let shown = subjects::of(&[&both, &one], &Places::known(), "/problems/brand/STOCK_SHORT");
    let told: Vec<_> = shown.iter().map(|one| (one.words.as_str(), one.orders, one.alone.as_str())).collect();
    assert_eq!(
        told,
        [
            ("Rose", 2, "1 of them on nothing else of this list"),
            ("Lily", 1, "It waits on others of this list too")
        ]
    );
    assert_eq!(shown[0].href, "/problems/brand/STOCK_SHORT?on=variant%3A7%2F51");
}

#[test]
fn more_than_a_page_is_said_and_turned_to_and_a_search_or_a_style_narrows_it() {
    let all: Vec<OpenProblem> = (1..=450)
        .map(|order| {
            let retailer = if order % 2 == 0 { "Rosa" } else { "Maison Verte" };
            open(order, retailer, &[line("Rose", if order == 7 { "99" } else { "51" })])
        })
        .collect();
    let open: Vec<&OpenProblem> = all.iter().collect();
    let here = "/problems/brand/STOCK_SHORT";
    let asked = |q: &str, on: &str, page: &str| Asked { q: q.into(), on: on.into(), page: page.into() };
    let first = Pages::of(&open, &asked("", "", ""), here);
    assert_eq!((first.range.as_str(), first.previous), ("1 to 200 of 450 orders", None));
    assert_eq!(first.next.as_deref(), Some("/problems/brand/STOCK_SHORT?page=2"));
    let last = Pages::of(&open, &asked("", "", "77"), here);
    assert_eq!((last.range.as_str(), last.shown.len(), last.next), ("401 to 450 of 450 orders", 50, None));
    let found = Pages::of(&open, &asked("rosa 44", "", ""), here);
    let ids: Vec<_> = found.shown.iter().map(|one| one.problem.id).collect();
    assert_eq!(ids, [44, 144, 244, 344, 440, 442, 444, 446, 448]);
    let on = Pages::of(&open, &asked("", "variant:7/99", ""), here);
    assert_eq!((on.shown.len(), on.shown[0].problem.id), (1, 7));
    assert_eq!(on.chosen, Some(("Rose".to_owned(), here.to_owned())));
}

#[test]
fn what_waits_on_something_else_too_is_said_before_the_fix() {
    let (one, two) = (open(1, "Rosa", &[line("Rose", "51")]), open(2, "Rosa", &[line("Rose", "51")]));
    let mut other = open(2, "Rosa", &[]);
    other.problem.told = Problem::OrdEmpty { rows: 0 }.told("2");
    let all = [one.clone(), two.clone(), other];
    let said = releases(&[&one, &two], &all);
    assert!(
        said.starts_with("2 orders wait on it.") && said.ends_with("1 of them waits on something else too.")
    );
}

#[test]
fn a_cause_that_two_connections_have_says_which_is_which() {
    let lines = [line("Rose", "51")];
    let elsewhere = OpenProblem { connection: "second".to_owned(), ..open(2, "Rosa", &lines) };
    let named = |open: &[OpenProblem]| -> Vec<String> {
        let groups = needs(open, Moment(2000));
        groups.iter().flat_map(|group| &group.causes).map(|cause| cause.connection.clone()).collect()
    };
    assert_eq!(named(&[open(1, "Rosa", &lines), elsewhere]), ["brand", "second"]);
    assert_eq!(named(&[open(1, "Rosa", &lines)]), [""]);
}
