//! Sample data of every page.

pub mod again;
pub mod linking;
pub mod more;
pub mod setting;

use console::chart::{Bar, Chart};
use console::look::{Amount, Link, Problem, State, Tone, Urgency, When};
use console::pages::lone::{Message, SignIn};
use console::pages::order::{
    Action, ActionKind, Edit, Equation, EquationRow, Export, Fact, Line, Order, Step, Wire,
};
use console::pages::orders::{Choice, Column, Filters, OrderRow, Orders, Tab};
use console::pages::overview::{self, Cause, ChartCard, ConnectionCard, Needs, Overview, Speed};
use console::pages::problems::{OneCause, Problems, Released, Solved, SolvedCause, Subject, WaitingOrder};
use console::{Frame, Notice, Person, Place};
use jiff::Timestamp;

/// What a hostile order would carry in every text.
pub const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

pub fn frame(current: Place) -> Frame {
    let person = Person { name: "ada@brand.example".to_owned(), role: "Admin", is_admin: true };
    Frame { problems: 7, ..Frame::new(current, Some(person), "token-of-the-session") }
}

pub fn ago(seconds: i64) -> When {
    let now = Timestamp::from_second(1_795_500_000).unwrap();
    When::new(Timestamp::from_second(1_795_500_000 - seconds).unwrap(), now)
}

pub fn usd(figure: &str) -> Amount {
    Amount::new(figure, "USD")
}

fn chart(summary: &str, unit: &'static str, figures: &[u64], full: u64) -> Chart {
    Chart {
        summary: summary.to_owned(),
        of: "Day",
        unit,
        first: "26 Oct".to_owned(),
        last: "24 Nov".to_owned(),
        bars: figures
            .iter()
            .enumerate()
            .map(|(index, figure)| Bar { label: format!("{} Nov", index + 1), figure: *figure })
            .collect(),
        full,
    }
}

pub fn needs(text: &str) -> Vec<Needs> {
    let cause = |title: &str, code: &str, orders, tone, urgency| Cause {
        title: format!("{title}{text}"),
        connection: format!("brand{text}"),
        href: format!("/problems/main/{code}"),
        code: code.to_owned(),
        tone,
        orders,
        at_risk: vec![usd("48210.50"), Amount::new("1200", "EUR")],
        ships: Some("28 Nov 2026".to_owned()),
        urgency,
    };
    vec![
        Needs {
            who: "For the brand, in Shopify".to_owned(),
            causes: vec![
                cause("Not enough stock", "STOCK_SHORT", 5, Tone::Bad, Some(Urgency::Late)),
                cause(
                    "Styles that did not come from Shopify",
                    "ITEM_NOT_FROM_SHOPIFY",
                    2,
                    Tone::Bad,
                    Some(Urgency::Soon),
                ),
            ],
        },
        Needs {
            who: "For the brand, in JOOR".to_owned(),
            causes: vec![cause("Prices that look like stand-ins", "PRICE_STAND_IN", 1, Tone::Wait, None)],
        },
    ]
}

pub fn overview(text: &str) -> Overview {
    let days: Vec<u64> = (0..30).map(|day| (day * 7 + 3) % 19).collect();
    Overview {
        frame: frame(Place::Overview),
        tone: Tone::Wait,
        headline: "8 orders need somebody. Everything else is flowing.".to_owned(),
        connections: vec![ConnectionCard {
            name: format!("main{text}"),
            href: "/connections/main".to_owned(),
            tone: Tone::Good,
            mode: "Live".to_owned(),
            words: "Lune Atelier on JOOR to lune-atelier.myshopify.com".to_owned(),
            last: Some(ago(22)),
            next: Some(ago(-38)),
        }],
        needs: needs(text),
        calm: "Nothing needs you. Every approved order is in Shopify or on its way.".to_owned(),
        exported_today: "42".to_owned(),
        exported_week: "311".to_owned(),
        speed: Some(Speed {
            over: "last 30 days".to_owned(),
            median: "48 s".to_owned(),
            p95: "2 min".to_owned(),
        }),
        charts: vec![
            ChartCard {
                title: "Exports per day".to_owned(),
                chart: chart("Between 0 and 18 orders a day in the last 30 days", "Orders", &days, 0),
            },
            ChartCard {
                title: "JOOR credits".to_owned(),
                chart: chart("At most 18 of 300 credits in five minutes", "Credits", &days, 300),
            },
        ],
        equation: ["exported", "held", "waiting", "unconfirmed", "skipped", "closed_by_hand"]
            .map(|word| overview::EquationRow {
                state: State::of(word),
                orders: "1,204".to_owned(),
                values: vec![usd("1240311.40")],
                href: format!("/orders?state={word}"),
            })
            .into(),
        equation_words:
            "1,260 approved = 1,204 in Shopify + 8 held + 40 skipped + 7 closed by hand + 1 on its way"
                .to_owned(),
    }
}

pub fn empty_overview() -> Overview {
    Overview {
        headline: "Welcome".to_owned(),
        connections: Vec::new(),
        needs: Vec::new(),
        speed: None,
        charts: Vec::new(),
        equation: Vec::new(),
        ..overview("")
    }
}

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

pub fn problem(text: &str) -> Problem {
    Problem {
        title: "Not enough stock".to_owned(),
        sentence: format!(
            "Order 7100412 needs 12 units of “Linen Blazer, Navy, 38” and Shopify has 4 of them.{text}"
        ),
        resolution: "Put the missing 8 units into stock in Shopify, or let this linesheet go without stock. The order then \
                     goes by itself."
            .to_owned(),
        who: "The brand, in Shopify".to_owned(),
        code: "STOCK_SHORT".to_owned(),
        tone: Tone::Bad,
        since: Some(ago(7400)),
        links: vec![
            Link::outside("Open the stock in Shopify", "https://admin.shopify.com/store/x/products/1".to_owned()),
            Link::here("Stock settings", "/connections/main".to_owned()),
        ],
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

pub fn problems(text: &str) -> Problems {
    Problems {
        frame: frame(Place::Problems),
        q: text.to_owned(),
        needs: needs(text),
        of_connections: vec![problem(text)],
        released: vec![Released {
            title: format!("Not enough stock{text}"),
            connection: "main".to_owned(),
            orders: "12 orders".to_owned(),
        }],
        solved: vec![Solved {
            title: format!("Not enough stock{text}"),
            order: "7100399".to_owned(),
            href: "/orders/main/7100399".to_owned(),
            when: ago(600),
        }],
    }
}

pub fn cause(text: &str) -> OneCause {
    OneCause {
        frame: frame(Place::Problems),
        connection: "main".to_owned(),
        title: format!("Not enough stock{text}"),
        code: "STOCK_SHORT".to_owned(),
        tone: Tone::Bad,
        who: "For the brand, in Shopify".to_owned(),
        meaning: "Shopify has fewer units than the order needs, and the stock rule asks for all of them."
            .to_owned(),
        resolution: "Put the missing units into stock, or let a linesheet go without stock.".to_owned(),
        releases: "5 orders wait on it. When the fix is made, the next cycle lets them go by itself."
            .to_owned(),
        released: Some("12 orders no longer wait on it since yesterday.".to_owned()),
        links: vec![Link::here("Stock settings", "/connections/main".to_owned())],
        subjects: vec![Subject {
            words: format!("Linen Blazer, Navy, 38 (LB-NVY-38){text}"),
            alone: "2 of them on nothing else of this list".to_owned(),
            href: "/problems/main/STOCK_SHORT?on=variant%3A1%2F2".to_owned(),
            orders: 3,
            at_risk: vec![usd("12400")],
            links: vec![Link::outside("Open in Shopify", "https://admin.shopify.com/".to_owned())],
        }],
        orders: (0..5)
            .map(|index| WaitingOrder {
                id: format!("{}", 7_100_412 + index),
                href: "/orders/main/7100412".to_owned(),
                retailer: format!("Maison Verte{text}"),
                value: Some(usd("1240.50")),
                ships: "28 Nov 2026".to_owned(),
                urgency: [Some(Urgency::Late), Some(Urgency::Open)].get(index).copied().flatten(),
                sentence: "12 units of “Linen Blazer, Navy, 38” are needed and 4 are there.".to_owned(),
                since: ago(7400),
            })
            .collect(),
        q: text.to_owned(),
        on: format!("variant:1/2{text}"),
        chosen: Some((format!("Linen Blazer, Navy, 38{text}"), "/problems/main/STOCK_SHORT".to_owned())),
        range: "1 to 200 of 1,204 orders".to_owned(),
        previous: None,
        next: Some("/problems/main/STOCK_SHORT?page=2".to_owned()),
        retry_all: Some("/problems/main/STOCK_SHORT/retry".to_owned()),
        retry_words: "Check all 1,204 orders now".to_owned(),
    }
}

pub fn solved_cause(text: &str) -> SolvedCause {
    SolvedCause {
        frame: frame(Place::Problems),
        title: format!("Not enough stock{text}"),
        code: "STOCK_SHORT".to_owned(),
        words: format!("Solved: no order of main{text} waits on it."),
        released: Some("12 orders no longer wait on it since yesterday.".to_owned()),
        solved: problems(text).solved,
    }
}

pub fn sign_in(text: &str) -> SignIn {
    SignIn {
        frame: Frame::new(Place::Nowhere, None, "csrf"),
        name: text.to_owned(),
        wrong: Some(format!("That name and password do not belong together.{text}")),
        next: "/".to_owned(),
    }
}

pub fn message(text: &str) -> Message {
    Message {
        frame: frame(Place::Nowhere),
        title: "This order is not here".to_owned(),
        words: format!("No connection has an order of that number.{text}"),
        href: "/orders".to_owned(),
        link: "Show all orders".to_owned(),
    }
}
