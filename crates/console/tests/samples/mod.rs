//! Sample data of every page: what the pages share, the overview, and what anybody may see.

pub mod again;
pub mod linking;
pub mod more;
pub mod orders;
pub mod problems;
pub mod setting;

use console::chart::{Bar, Chart};
use console::look::{Amount, Link, Problem, State, Tone, Urgency, When};
use console::pages::lone::{Message, SignIn};
use console::pages::overview::{self, Cause, ChartCard, ConnectionCard, Needs, Overview, Speed};
use console::{Frame, Person, Place};
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
