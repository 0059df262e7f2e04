//! Sample data of the list of orders, of one order's page and of what was said about it.

use super::{ago, frame, problem, usd};
use console::look::{Link, State, Tone};
use console::pages::order::{
    Action, ActionKind, Edit, Equation, EquationRow, Export, Fact, Line, Order, Step, Wire,
};
use console::pages::orders::{Choice, Column, Filters, OrderRow, Orders, Tab};
use console::{Frame, Notice, Place};

pub fn orders(count: usize, text: &str) -> Orders {
    let states = ["exported", "held", "exported", "waiting", "exported", "skipped", "unconfirmed"];
    let retailers = ["Maison Verte", "Nordlicht Store", "Harbour & Pine", "Le Comptoir du Midi"];
    let choice =
        |words: &str| Choice { value: words.to_owned(), words: format!("{words}{text}"), chosen: false };
    Orders {
        frame: frame(Place::Orders),
        filters: Filters {
            q: text.to_owned(),
            codes: vec![choice("Not enough stock")],
            linesheets: vec![choice("AW26 Women")],
            connections: vec![choice("main"), choice("second")],
            ..Filters::default()
        },
        tabs: [("All", "1,260", true), ("Held", "8", false), ("Exported", "1,204", false)]
            .map(|(words, count, current)| Tab {
                words: words.to_owned(),
                count: count.to_owned(),
                href: "/orders".to_owned(),
                current,
            })
            .into(),
        columns: ["Order", "State", "Retailer", "Approved", "Ships from", "Value", "Shopify"]
            .map(|words| Column {
                words,
                number: words == "Value",
                href: (words != "Shopify").then(|| "/orders?sort=value".to_owned()),
                sorted: (words == "Approved").then_some("descending"),
            })
            .into(),
        rows: (0..count)
            .map(|index| {
                let state = states[index % states.len()];
                OrderRow {
                    id: format!("{}", 7_100_400 + index),
                    href: format!("/orders/main/{}", 7_100_400 + index),
                    connection: "main".to_owned(),
                    state: State::of(state),
                    retailer: format!("{}{text}", retailers[index % retailers.len()]),
                    po_number: if index % 3 == 0 { format!("88{index}{text}") } else { String::new() },
                    linesheet: "AW26 Women".to_owned(),
                    approved: "22 Nov 2026".to_owned(),
                    ships: "1 Feb 2027".to_owned(),
                    value: Some(usd(&format!("{}.50", 1240 + index * 379))),
                    shopify: if state == "exported" { format!("#{}", 1001 + index) } else { String::new() },
                    problem: if state == "held" { "Not enough stock".to_owned() } else { String::new() },
                    more_problems: if state == "held" { index % 2 } else { 0 },
                }
            })
            .collect(),
        range: "1 to 50 of 1,260 orders".to_owned(),
        previous: None,
        next: Some("/orders?page=2".to_owned()),
        any: true,
        with_connection: false,
    }
}

pub fn order(text: &str) -> Order {
    Order {
        frame: Frame {
            notice: Some(Notice {
                words: "Noted. The next cycle checks the order again.".to_owned(),
                bad: false,
            }),
            ..frame(Place::Orders)
        },
        id: "7100412".to_owned(),
        href: "/orders/main/7100412".to_owned(),
        state: State::of("held"),
        retailer: format!("Maison Verte{text}"),
        headline: "It waits for stock since 2 hours.".to_owned(),
        links: vec![Link::outside("Open in JOOR", "https://www.joor.com/orders/7100412".to_owned())],
        facts: [
            ("Retailer", "Maison Verte"),
            ("PO number", "PO-8812"),
            ("Linesheet", "AW26 Women"),
            ("Value", "1,240.50 USD"),
            ("Units", "24"),
            ("Approved", "22 Nov 2026"),
            ("Ships", "1 Feb 2027 to 28 Feb 2027"),
            ("In JOOR", "Approved, marked as not exported"),
        ]
        .map(|(name, value)| Fact { name, value: format!("{value}{text}") })
        .into(),
        problems: vec![problem(text)],
        asked: Vec::new(),
        actions: vec![
            Action {
                words: "Check again now".to_owned(),
                hint: "Reads the order and today's stock in the next cycle.".to_owned(),
                kind: ActionKind::Form {
                    action: "/orders/main/7100412/retry".to_owned(),
                    fields: Vec::new(),
                },
                main: true,
                sure: None,
            },
            Action {
                words: "Show what would be sent".to_owned(),
                hint: "With today's stock and settings. Nothing is sent.".to_owned(),
                kind: ActionKind::Page { href: "/orders/main/7100412/preview".to_owned() },
                main: false,
                sure: None,
            },
            Action {
                words: "Close by hand".to_owned(),
                hint: "The order is settled elsewhere and not exported.".to_owned(),
                kind: ActionKind::Text {
                    action: "/orders/main/7100412/close".to_owned(),
                    name: "note",
                    label: "Why?",
                    fields: Vec::new(),
                },
                main: false,
                sure: Some(format!("Close order 7100412 by hand?{text}")),
            },
        ],
        equation: Some(Equation {
            rows: [
                ("Goods", "1300.00"),
                ("Discount", "-130.00"),
                ("Shipping", "40.50"),
                ("VAT 20 %", "30.00"),
            ]
            .map(|(name, value)| EquationRow { name: name.to_owned(), value: usd(value) })
            .into(),
            total: usd("1240.50"),
            shopify: Some(usd("1240.50")),
            differs: false,
            words: "Both totals are the same to the cent.".to_owned(),
        }),
        lines: (0..LINES)
            .map(|index| Line {
                style: format!("Linen Blazer{text}"),
                detail: format!("LB-1, Navy, {}{text}", 34 + index * 2),
                sku: format!("LB-NVY-{}{text}", 34 + index * 2),
                linked_by: if index == 2 { format!("ada{text}") } else { String::new() },
                quantity: 4 + index * 2,
                price: "108.33".to_owned(),
                amount: Some(usd("433.32")),
                stock: Some(if index < 2 { 1 + index } else { 50 + index * 2 }),
                promised: i64::from(index % 7 == 3) * 4,
                missing: if index < 2 { 3 + index } else { 0 },
            })
            .collect(),
        lines_words: "Stock as Shopify had it at the last check",
        lines_when: Some(ago(40)),
        more_lines: Some(Link::here("Show all 48 lines", "/orders/main/7100412?all=yes".to_owned())),
        edits: vec![
            Edit {
                what: format!("Linen Blazer Navy 38{text}"),
                was: format!("8 at 108.33{text}"),
                now: format!("12 at 108.33{text}"),
            },
            Edit { what: "Comments".to_owned(), was: String::new(), now: format!("By sea, please{text}") },
        ],
        exports: vec![Export {
            generation: 1,
            part: 1,
            state: State::of("exported"),
            shopify: Some(Link::outside("#1001", "https://admin.shopify.com/store/x/orders/1".to_owned())),
            cancelled: true,
            total: Some(usd("1240.50")),
            requests: 1,
            token: "joor-shopify:12:7100412:1:1".to_owned(),
        }],
        to_do: vec![format!("compare the Shopify order with what was sent{text}")],
        steps: steps(text),
        more_steps: Some(Link::here("Show all 96 steps", "/orders/main/7100412?all=yes".to_owned())),
        may_act: true,
    }
}

/// As many as the page of an order shows at most.
const LINES: i64 = 40;
const STEPS: i64 = 40;

fn steps(text: &str) -> Vec<Step> {
    let step = |index: i64| Step {
        when: ago(8000 + index * 60),
        tone: [Tone::Good, Tone::Idle, Tone::Bad][usize::try_from(index).unwrap() % 3],
        words: format!("Shopify created the order{text}"),
        detail: format!("created in Shopify as #1001, 1,240.50 USD, 24 units{text}"),
        by: if index == 2 { format!("ada@brand.example{text}") } else { String::new() },
        wire: (index % 4 == 0).then(|| format!("/orders/main/7100412/wire/1.1.{index}")),
    };
    (0..STEPS).map(step).collect()
}

pub fn wire(text: &str) -> Wire {
    Wire {
        who: "Shopify",
        frame: frame(Place::Orders),
        id: format!("7100412{text}"),
        href: "/orders/main/7100412".to_owned(),
        title: "Request 1".to_owned(),
        when: ago(8000),
        request: format!("{{\n  \"order\": {{ \"note\": \"{text}\" }}\n}}"),
        answer: Some(format!("{{ \"data\": {{ \"orderCreate\": \"{text}\" }} }}")),
        words: "",
    }
}
