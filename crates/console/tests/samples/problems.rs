//! Sample data of the problems: all of them, one cause, and a cause that is solved.

use super::{ago, frame, needs, problem, usd};
use console::Place;
use console::look::{Link, Tone, Urgency};
use console::pages::problems::{OneCause, Problems, Released, Solved, SolvedCause, Subject, WaitingOrder};

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
