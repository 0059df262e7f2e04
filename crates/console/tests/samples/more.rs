//! Sample data of the pages that people come to less often.

use super::{ago, frame, problem, usd};
use console::Place;
use console::look::{Link, State, Tone};
use console::pages::activity::{Activity, Audited, Cycle, Mail};
use console::pages::connections::{Changed, Connection, Connections, Finding, Version};
use console::pages::orders::Choice;
use console::pages::overview::ConnectionCard;
use console::pages::pending::{Pending, PendingOrder};
use console::pages::people::{Me, People, PersonRow, SessionRow, TokenRow};
use console::pages::proof::{Difference, Proof, Side, Term};

pub fn proof(text: &str) -> Proof {
    let term = |words: &str, orders: &str, is_sum| Term {
        words: words.to_owned(),
        orders: orders.to_owned(),
        units: "4,812".to_owned(),
        values: vec![usd("240311.40")],
        is_sum,
    };
    Proof {
        frame: frame(Place::Proof),
        from: "2026-11-01".to_owned(),
        to: "2026-11-24".to_owned(),
        connections: ["main", "second"]
            .map(|name| Choice {
                value: name.to_owned(),
                words: format!("{name}{text}"),
                chosen: name == "main",
            })
            .into(),
        wrong: Some(format!("The period begins after its end.{text}")),
        sides: vec![Side {
            connection: "main".to_owned(),
            headline: "1 of 312 orders differs".to_owned(),
            holds: false,
            note: Some("Orders approved before 5 Nov 2026 belong to whatever exported them then.".to_owned()),
            failed: None,
            differences: vec![Difference {
                order: "7100412".to_owned(),
                href: "/orders/main/7100412".to_owned(),
                retailer: format!("Maison Verte{text}"),
                joor: vec![
                    format!("Approved, marked as exported{text}"),
                    "1,240.50 USD, 24 units".to_owned(),
                ],
                here: vec!["Exported".to_owned(), format!("#1001{text}: 1,240.50 USD, 24 units")],
                shopify: vec![format!("#1001{text}: 1,230.50 USD, 24 units")],
                sentence: format!("#1001 has a total of 1,230.50 USD, and 1,240.50 USD was sent.{text}"),
                fix: "Look at the order in Shopify: somebody may have edited it.".to_owned(),
                links: vec![Link::outside("Open #1001 in Shopify", "https://admin.shopify.com/".to_owned())],
            }],
            terms: vec![
                term("Approved in JOOR", "312", true),
                term("Exported", "304", false),
                term("Held", "8", false),
                term("Standing in Shopify", "304", true),
            ],
            csv: "/proof.csv?from=2026-11-01&to=2026-11-24&connection=main".to_owned(),
        }],
    }
}

pub fn pending(text: &str) -> Pending {
    Pending {
        frame: frame(Place::Pending),
        asked: true,
        failed: Some(format!("JOOR does not answer.{text}")),
        orders: vec![PendingOrder {
            id: "7100500".to_owned(),
            connection: "main".to_owned(),
            joor: Some("https://www.joor.com/orders/7100500".to_owned()),
            retailer: format!("Harbour & Pine{text}"),
            ships: "1 Feb 2027".to_owned(),
            total: Some(usd("3120")),
            state: State::of("held"),
            words: "If it were approved now, it would be held.".to_owned(),
            problems: vec![problem(text)],
        }],
        note: Some("JOOR holds more; these are the first 50.".to_owned()),
    }
}

pub fn activity(text: &str) -> Activity {
    Activity {
        frame: frame(Place::Activity),
        cycles: vec![Cycle {
            connection: "main".to_owned(),
            when: ago(30),
            tone: Tone::Good,
            words: "Good".to_owned(),
            counts: format!("12 read, 2 exported, 2 reported{text}"),
            took: "2 s".to_owned(),
            credits: 12,
            points: 61,
        }],
        audit: vec![Audited {
            when: ago(500),
            by: format!("ada@brand.example{text}"),
            what: "Retry".to_owned(),
            subject: "7100412".to_owned(),
            detail: text.to_owned(),
        }],
        mails: vec![Mail {
            when: ago(600),
            subject: format!("2 orders need you{text}"),
            to: "orders@brand.example".to_owned(),
            outcome: "Sent".to_owned(),
            tone: Tone::Good,
        }],
        older: Some("/activity?before=12".to_owned()),
    }
}

pub fn people(text: &str) -> People {
    let row = |name: &str, role, is_me, disabled| PersonRow {
        name: format!("{name}{text}"),
        role,
        disabled,
        is_me,
        since: ago(9_000_000),
        signed_in: 2,
    };
    People {
        frame: frame(Place::People),
        people: vec![
            row("ada@brand.example", "Admin", true, false),
            row("ben@brand.example", "Operator", false, false),
            row("eve@brand.example", "Viewer", false, true),
        ],
        tokens: vec![TokenRow {
            id: 1,
            name: format!("nightly report{text}"),
            role: "Viewer",
            by: "ada@brand.example".to_owned(),
            created: ago(90_000),
            used: None,
            revoked: false,
        }],
        secret: Some(("The password of ben@brand.example".to_owned(), "abcde-fghjk-mnpqr-stuvw".to_owned())),
    }
}

pub fn me(text: &str) -> Me {
    Me {
        frame: frame(Place::Nowhere),
        sessions: [true, false]
            .map(|is_this| SessionRow {
                key: "key".to_owned(),
                agent: "Firefox on Linux".to_owned(),
                calls_itself: format!("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0{text}"),
                address: "127.0.0.1".to_owned(),
                seen: ago(20),
                created: ago(90_000),
                is_this,
            })
            .into(),
        wrong: Some(format!("That is not your password.{text}")),
    }
}

fn card(text: &str) -> ConnectionCard {
    ConnectionCard {
        name: format!("main{text}"),
        href: "/connections/main".to_owned(),
        tone: Tone::Good,
        mode: "Live".to_owned(),
        words: "Orders are read, checked and sent.".to_owned(),
        last: Some(ago(22)),
        next: Some(ago(-38)),
    }
}

pub fn connections(text: &str) -> Connections {
    Connections { frame: frame(Place::Connections), connections: vec![card(text)], may_change: true }
}

pub fn connection(text: &str) -> Connection {
    Connection {
        frame: frame(Place::Connections),
        name: "main".to_owned(),
        card: card(text),
        is_live: false,
        is_paused: false,
        may_change: true,
        live_words: "40 orders known; 31 would be sent, 6 are held, 3 are skipped.".to_owned(),
        findings: vec![Finding {
            tone: Tone::Bad,
            word: "bad".to_owned(),
            what: "permissions of the app".to_owned(),
            why: format!("write_orders is missing{text}"),
            fix: "Give the app the permission in Shopify, then install it again.".to_owned(),
        }],
        checked: true,
        versions: vec![Version {
            number: 3,
            by: format!("ada@brand.example{text}"),
            when: ago(4000),
            changes: vec![
                Changed { added: false, text: format!("stock = \"require\"{text}") },
                Changed { added: true, text: "stock = \"bypass\"".to_owned() },
            ],
            is_current: false,
        }],
        document: format!("[joor]\naccount = \"12\"{text}\n"),
    }
}
