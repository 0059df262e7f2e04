//! The mails as people read them.

use super::*;
use domain::ids::ShopOrderId;
use domain::money::{Currency, Decimal};
use domain::orders::equation::Counted;
use domain::problem::{LineRef, Shortage};
use std::time::Duration;

/// 2026-11-23 10:00 UTC.
const NOON: Moment = Moment(1_795_428_000_000);

fn alerts() -> Alerts {
    Alerts {
        outages: vec!["ops@brand.example".to_owned()],
        orders: vec!["sales@brand.example".to_owned()],
        daily: vec!["owner@brand.example".to_owned()],
        daily_hour: 6,
        silence: Duration::from_secs(6 * 3_600),
    }
}

fn money(cents: i64, code: &str) -> Option<Money> {
    Currency::from_code(code).map(|currency| Money::new(Decimal::new(cents, 2), currency))
}

fn of_order(order: &str, retailer: &str, value: Option<Money>, problem: &Problem) -> OpenProblem {
    OpenProblem {
        order: Some(JoorOrderId::new(order)),
        retailer: retailer.to_owned(),
        value,
        told: problem.told(order),
        links: vec![format!("https://www.jooraccess.com/orders/review/{order}")],
        since: NOON,
        orders_blocked: 0,
    }
}

fn of_connection(problem: &Problem, orders_blocked: u64) -> OpenProblem {
    OpenProblem {
        order: None,
        retailer: String::new(),
        value: None,
        told: problem.told(""),
        links: Vec::new(),
        since: NOON,
        orders_blocked,
    }
}

fn short() -> Problem {
    let line = LineRef {
        label: "Rose Dress Red M".to_owned(),
        identifier: "ROSE-M".to_owned(),
        ..LineRef::default()
    };
    let short = vec![Shortage { line, ordered: 6, available: 4, promised_before: 0 }];
    Problem::StockShort { short, lines: 12, place: "Lyon".to_owned() }
}

fn digest() -> Digest {
    Digest {
        connection: ConnectionName::new("brand-x"),
        at: NOON,
        console: None,
        new: vec![
            of_order("7100412", "Boutique Rosa", money(123_400, "EUR"), &short()),
            of_order("7100413", "Ürün & Söhne", money(50_000, "USD"), &short()),
            of_connection(
                &Problem::SrcUnavailable { endpoint: "/orders".to_owned(), reason: "HTTP 503".to_owned() },
                14,
            ),
        ],
        worse: vec![of_order(
            "7100398",
            "Lily Ltd",
            money(9_999, "EUR"),
            &Problem::TaxRuleMissing { country: "FR".to_owned() },
        )],
        solved: vec![of_order("7100390", "Maison Iris", None, &Problem::StockClaimFailed)],
    }
}

#[test]
fn outages_and_orders_go_to_different_people() {
    let letters = digest_letters(&digest(), &alerts());
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0].to, ["ops@brand.example"]);
    assert_eq!(letters[0].subject, "[joor-shopify] brand-x: 1 outage");
    assert_eq!(letters[0].id, "news-brand-x-1795428000000-outages");
    assert_eq!(
        letters[0].body,
        "Connection brand-x, 2026-11-23 10:00 UTC

NEW

SRC_UNAVAILABLE (outage)
  the whole connection, 14 orders wait · since 2026-11-23 10:00 UTC
    JOOR does not answer at the moment (/orders: HTTP 503), and reading is
    tried again
  Whose move: nobody, it passes by itself
  What to do: Nothing to do if it worked before; look at JOOR's status page if
  it lasts more than 30 minutes, and on a new connection at `joor.api_url` and
  `joor.token_url`

Everything that is open: joor-shopify problems
"
    );
    assert_eq!(letters[1].to, ["sales@brand.example"]);
    assert_eq!(letters[1].subject, "[joor-shopify] brand-x: 3 orders are held, 1 is solved");
    assert_eq!(
        letters[1].body,
        "Connection brand-x, 2026-11-23 10:00 UTC

NEW

STOCK_SHORT (blocker): 2 orders, 1234.00 EUR, 500.00 USD
  order 7100412 · Boutique Rosa · 1234.00 EUR · since 2026-11-23 10:00 UTC
    1 of 12 lines of order 7100412 is short of stock at Lyon: Rose Dress Red M
    (6 ordered, 4 there)
    https://www.jooraccess.com/orders/review/7100412
  order 7100413 · Ürün & Söhne · 500.00 USD · since 2026-11-23 10:00 UTC
    1 of 12 lines of order 7100413 is short of stock at Lyon: Rose Dress Red M
    (6 ordered, 4 there)
    https://www.jooraccess.com/orders/review/7100413
  Whose move: brand in Shopify
  What to do: Add or move stock in Shopify, or reduce the units in JOOR, or
  choose another `orders.stock`, for all orders or for some in `orders.rules`

WORSE THAN BEFORE

TAX_RULE_MISSING (blocker): 1 order, 99.99 EUR
  order 7100398 · Lily Ltd · 99.99 EUR · since 2026-11-23 10:00 UTC
    There is no tax rule for FR, and order 7100398 waits rather than going out
    with a guessed rate
    https://www.jooraccess.com/orders/review/7100398
  Whose move: settings
  What to do: Add `tax.rules.FR` with name and rate (rate 0 for tax free), or
  set `tax.otherwise = \"none\"`

SOLVED

  STOCK_CLAIM_FAILED · order 7100390 · Maison Iris · since 2026-11-23 10:00
  UTC
    https://www.jooraccess.com/orders/review/7100390

Everything that is open: joor-shopify problems
"
    );
}

#[test]
fn the_same_people_get_one_mail() {
    let mut alerts = alerts();
    alerts.orders = vec![" OPS@brand.example".to_owned(), "ops@brand.example".to_owned()];
    let letters = digest_letters(&digest(), &alerts);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to, ["ops@brand.example"]);
    assert_eq!(letters[0].subject, "[joor-shopify] brand-x: 1 outage, 3 orders are held, 1 is solved");
    let outage = letters[0].body.find("SRC_UNAVAILABLE").unwrap();
    assert!(outage < letters[0].body.find("STOCK_SHORT").unwrap(), "the worst comes first");
}

#[test]
fn nobody_to_tell_or_nothing_to_say_makes_no_mail() {
    let nobody = Alerts::default();
    assert_eq!(digest_letters(&digest(), &nobody), Vec::new());
    assert_eq!(daily_letter(&daily(), &nobody), None);
    assert_eq!(
        silence_letter(&Silence { connection: ConnectionName::new("brand-x"), since: NOON }, &nobody),
        None
    );
    let notice = Problem::OrdRuledOut { rule: "samples".to_owned() };
    let quiet =
        Digest { new: vec![of_order("1", "Rosa", None, &notice)], worse: vec![], solved: vec![], ..digest() };
    assert_eq!(digest_letters(&quiet, &alerts()), Vec::new());
}

#[test]
fn the_subject_counts_orders_once() {
    let mark = Problem::AddrPhoneInvalid { phone: "0123".to_owned() };
    let tax = Problem::TaxRuleMissing { country: "FR".to_owned() };
    let headline = |new: Vec<OpenProblem>, solved: Vec<OpenProblem>| {
        text::headline(&Digest { new, worse: Vec::new(), solved, ..digest() })
    };
    let one = |problem: &Problem| of_order("1", "Rosa", None, problem);
    let two = |problem: &Problem| of_order("2", "Rosa", None, problem);
    assert_eq!(headline(vec![one(&short()), one(&tax), one(&mark)], vec![]), "1 order is held");
    assert_eq!(headline(vec![one(&short()), two(&mark)], vec![]), "1 order is held, 1 order needs a look");
    assert_eq!(headline(vec![], vec![one(&tax)]), "1 problem is solved");
    assert_eq!(headline(vec![one(&mark)], vec![one(&tax), two(&tax)]), "1 order needs a look, 2 are solved");
}

#[test]
fn hostile_names_stay_inside_their_line_and_mails_stay_narrow() {
    let evil = format!("Rosa\r\n\r\nSOLVED\r\nBcc: x@example.com\u{1b}[2J {}", "x".repeat(10_000));
    let problem = Problem::OrdRuledOut { rule: evil.clone() };
    let mut hostile = of_order("7100412\nX: y", &evil, None, &problem);
    hostile.told.severity = Severity::Blocker;
    hostile.links = vec!["https://example.com/ \nEvil".to_owned()];
    let digest = Digest {
        connection: ConnectionName::new("brand\r\nBcc: x@example.com"),
        new: vec![hostile],
        worse: vec![],
        solved: vec![],
        console: None,
        at: NOON,
    };
    let letter = digest_letters(&digest, &alerts()).remove(0);
    assert!(!letter.subject.chars().any(char::is_control), "{}", letter.subject);
    assert!(
        !letter.body.lines().any(|line| line.starts_with("SOLVED") || line.starts_with("Bcc")),
        "{}",
        letter.body
    );
    assert!(letter.body.lines().all(|line| line.chars().count() <= 78), "{}", letter.body);
    assert!(!letter.body.contains("Evil") && !letter.body.contains('\u{1b}'), "{}", letter.body);
}

#[test]
fn long_lists_are_counted_instead_of_listed() {
    let new: Vec<OpenProblem> = (1..=5_000)
        .map(|n| of_order(&format!("{n}"), "Rosa", None, &short()))
        .chain((1..=500).map(|n| {
            let problem = Problem::LocUnmapped { location: format!("{n}") };
            let mut open = of_order(&format!("9{n}"), "Rosa", None, &problem);
            open.told.resolution = format!("Set {n}");
            open
        }))
        .collect();
    let digest = Digest { solved: new.clone(), new, worse: Vec::new(), ..digest() };
    let letter = digest_letters(&digest, &alerts()).remove(0);
    assert!(letter.body.contains("  and 4980 more: joor-shopify problems\n"), "{}", letter.body);
    assert!(letter.body.contains("And 461 more causes: joor-shopify problems\n"), "{}", letter.body);
    assert!(letter.body.contains("  and 5440 more\n"), "{}", letter.body);
    assert!(letter.body.lines().count() < 1_000);
}

#[test]
fn every_problem_fits_into_a_mail() {
    for problem in Problem::samples() {
        let mut open = of_order("7100412", "Boutique Rosa", money(100, "EUR"), &problem);
        open.told.severity = open.told.severity.max(Severity::Warning);
        let digest = Digest { new: vec![open], worse: vec![], solved: vec![], ..digest() };
        let letter = digest_letters(&digest, &alerts()).remove(0);
        assert!(letter.body.lines().all(|line| line.chars().count() <= 78), "{}", letter.body);
        assert!(
            letter.body.contains(problem.code()) && letter.body.contains("What to do: "),
            "{}",
            letter.body
        );
    }
}

fn counted(state: &'static str, has_issues: bool, value: Option<Money>) -> Counted {
    Counted { state, has_issues, value, units: Some(2) }
}

fn daily() -> DailyProof {
    DailyProof {
        connection: ConnectionName::new("brand-x"),
        day: jiff::civil::date(2026, 11, 22),
        at: Moment(1_795_330_800_000),
        console: None,
        equation: Equation::of([
            counted("exported", false, money(123_400, "EUR")),
            counted("exported", true, money(20_010, "EUR")),
            counted("held", true, money(9_999, "EUR")),
            counted("skipped", false, None),
        ]),
        compared: compared(Vec::new()),
    }
}

fn compared(differences: Vec<(JoorOrderId, String, Difference)>) -> Compared {
    let mut in_shopify = Sum::default();
    in_shopify.add(money(143_410, "EUR"), Some(4));
    Compared::Since { day: jiff::civil::date(2026, 11, 15), in_shopify, differences }
}

#[test]
fn the_daily_proof_shows_both_sides() {
    let letter = daily_letter(&daily(), &alerts()).unwrap();
    assert_eq!(letter.to, ["owner@brand.example"]);
    assert_eq!(letter.subject, "[joor-shopify] brand-x: 2026-11-22: all 4 approved orders are accounted for");
    assert_eq!(letter.id, "proof-brand-x-2026-11-22-1795330800000");
    let expected = [
        "Connection brand-x, proof of 2026-11-22",
        "",
        "Every approved order is accounted for.",
        "",
        "                          orders   units            EUR",
        "  approved                     4       8        1534.09",
        "= exported                     1       2        1234.00",
        "+ exported with issues         1       2         200.10",
        "+ held                         1       2          99.99",
        "+ skipped                      1       2           0.00",
        "+ closed by hand               0       0           0.00",
        "+ in flight                    0       0           0.00",
        "",
        "Orders whose value is not known: 1",
        "",
        "Orders approved since 2026-11-15: 1 order with 4 units in Shopify. JOOR, this",
        "program and Shopify say the same about each.",
        "",
        "Why orders are held or have issues: joor-shopify problems",
        "",
    ];
    assert_eq!(letter.body, expected.join("\n"));
}

#[test]
fn what_differs_in_shopify_stands_in_subject_and_text_with_its_fix() {
    let mut proof = daily();
    let missing = Difference::Missing { shop_order: "#1001".to_owned() };
    proof.compared = compared(vec![(JoorOrderId::new("7"), "Rose\n& Sons".to_owned(), missing); 25]);
    let letter = daily_letter(&proof, &alerts()).unwrap();
    assert!(letter.subject.ends_with("accounted for, 25 differences TO LOOK AT"), "{}", letter.subject);
    assert!(
        letter.body.contains("7 (Rose & Sons): #1001 is not in Shopify any more\n  What to do: "),
        "{}",
        letter.body
    );
    assert!(letter.body.contains("and 5 more: joor-shopify proof --from 2026-11-15"), "{}", letter.body);
    proof.compared = Compared::Not("Shopify: no answer".to_owned());
    let letter = daily_letter(&proof, &alerts()).unwrap();
    assert!(letter.body.contains("Not compared with Shopify today: Shopify: no answer"), "{}", letter.body);
}

#[test]
fn a_proof_that_does_not_add_up_says_so_in_subject_and_text() {
    let mut proof = daily();
    proof.equation.approved.add(money(100, "EUR"), None);
    let letter = daily_letter(&proof, &alerts()).unwrap();
    assert!(letter.subject.contains("DOES NOT ADD UP"), "{}", letter.subject);
    assert!(letter.body.contains("THE TWO SIDES DIFFER: 5 approved, 4 accounted for."), "{}", letter.body);
}

#[test]
fn silence_raises_one_alarm() {
    let silence = Silence { connection: ConnectionName::new("brand-x"), since: NOON };
    let letter = silence_letter(&silence, &alerts()).unwrap();
    assert_eq!(letter.to, ["ops@brand.example"]);
    assert_eq!(letter.subject, "[joor-shopify] brand-x: silence since 2026-11-23 10:00 UTC");
    assert_eq!(letter.id, "silence-brand-x-1795428000000");
    assert_eq!(
        letter.body,
        "Connection brand-x

SYS_SILENCE: No cycle of this connection has been good since 2026-11-23 10:00
UTC, for at least 6 hours

Whose move: settings
What to do: Run `joor-shopify doctor` and `joor-shopify problems` on the
server; the alarm comes after `alerts.silence`
"
    );
}

#[test]
fn a_ledger_that_cannot_be_used_is_mailed_to_those_who_hear_of_outages() {
    let name = ConnectionName::new("brand-x");
    let letter = store_letter(&name, "disk I/O error", NOON, &alerts()).unwrap();
    assert_eq!(letter.to, alerts().outages);
    assert_eq!(letter.subject, "[joor-shopify] brand-x: the ledger cannot be used");
    assert!(letter.body.contains("SYS_STORE") && letter.body.contains("disk I/O error"), "{}", letter.body);
    let nobody = Alerts { outages: Vec::new(), ..alerts() };
    assert_eq!(store_letter(&name, "disk I/O error", NOON, &nobody), None);
}

#[test]
fn where_there_is_a_console_mails_lead_to_its_pages_and_name_its_buttons() {
    let console: Option<Url> = Url::parse("https://orders.brand.example").ok();
    let here = page(console.as_ref().unwrap(), &["orders", "brand-x", "7100413"]);
    let taken = Problem::CustAmbiguous { retailer: "Rosa".to_owned(), candidates: Vec::new() };
    let mut news = of_order("7100413", "Rosa", None, &taken);
    news.links.insert(0, here);
    let digest = Digest { console: console.clone(), new: vec![news], ..digest() };
    let body = digest_letters(&digest, &alerts()).remove(0).body;
    let lines: Vec<&str> = body.lines().map(str::trim).collect();
    assert!(lines.contains(&"https://orders.brand.example/orders/brand-x/7100413"), "{body}");
    assert!(lines.contains(&"https://www.jooraccess.com/orders/review/7100413"), "{body}");
    assert!(lines.contains(&"Everything that is open: https://orders.brand.example/problems"), "{body}");
    assert!(body.contains("“Choose the customer”") && !body.contains("joor-shopify orders"), "{body}");

    let differs = (
        JoorOrderId::new("71/3 x"),
        "Rosa".to_owned(),
        Difference::OutOfSight { shop_order: "#1001".to_owned() },
    );
    let unknown = (
        JoorOrderId::new("72"),
        "Rosa".to_owned(),
        Difference::Unledgered {
            shop_order: "#1002".to_owned(),
            id: ShopOrderId::new("gid://shopify/Order/2"),
        },
    );
    let proof = DailyProof { console, compared: compared(vec![differs, unknown]), ..daily() };
    let body = daily_letter(&proof, &alerts()).unwrap().body;
    assert!(body.contains("\n  https://orders.brand.example/orders/brand-x/71%2F3%20x\n"), "{body}");
    assert!(
        body.contains("\n  https://orders.brand.example/proof\n") && !body.contains("/brand-x/72"),
        "{body}"
    );
    assert!(body.contains("Link it on the order's page") && !body.contains("`adopt`"), "{body}");
    assert!(
        body.contains("\nWhy orders are held or have issues: https://orders.brand.example/problems\n"),
        "{body}"
    );
}
