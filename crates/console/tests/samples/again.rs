//! Sample data of what is asked and shown before something is sent or changed.

use super::{frame, problem, usd};
use console::Place;
use console::look::{Link, State};
use console::pages::again::{Again, Obstacle};
use console::pages::confirm::Confirm;
use console::pages::preview::{Draft, DraftLine, Preview};

pub fn confirm(text: &str) -> Confirm {
    Confirm {
        frame: frame(Place::Connections),
        question: format!("Pause main?{text}"),
        words: format!("Nothing is read or sent until somebody resumes it.{text}"),
        action: "/connections/main/pause".to_owned(),
        fields: vec![(format!("note{text}"), text.to_owned())],
        yes: "Pause it".to_owned(),
        back: "/connections/main".to_owned(),
    }
}

fn draft(text: &str) -> Draft {
    Draft {
        title: "The Shopify order".to_owned(),
        lines: (0..3)
            .map(|index| DraftLine {
                name: format!("Linen Blazer Navy / {}{text}", 34 + index * 2),
                detail: format!("LB-NVY-{}{text}", 34 + index * 2),
                href: "https://admin.shopify.com/store/x/products/1/variants/2".to_owned(),
                quantity: 4 + index,
                price: usd("108.33"),
                amount: usd("433.32"),
                tax: if index == 0 { format!("VAT 20.00{text}") } else { String::new() },
            })
            .collect(),
        sum: [("Goods", "1300.00"), (text, "-130.00"), ("Shipping (Freight)", "40.50"), ("Tax", "30.00")]
            .map(|(name, value)| (name.to_owned(), usd(value)))
            .into(),
        total: usd("1240.50"),
        units: 24,
        facts: [
            ("Customer", "Maison Verte (5512)"),
            ("Fulfilment", "assigned to location Lyon, unfulfilled"),
            ("Stock", "claimed, refused if Shopify's policy says so"),
            ("Dated", "22 Nov 2026"),
        ]
        .map(|(name, words)| (name, format!("{words}{text}")))
        .into(),
        tags: vec![format!("JOOR 7100412{text}"), "wholesale".to_owned()],
        attributes: vec![(format!("Season{text}"), format!("AW26{text}"))],
        note: format!("Maison Verte\nPO-8812\n{text}"),
    }
}

pub fn preview(text: &str) -> Preview {
    Preview {
        frame: frame(Place::Orders),
        id: "7100412".to_owned(),
        href: "/orders/main/7100412".to_owned(),
        retailer: format!("Maison Verte{text}"),
        state: Some(State::of("ready")),
        words: "It would be sent in the next cycle.".to_owned(),
        failed: Some(format!("JOOR does not answer.{text}")),
        problems: vec![problem(text)],
        drafts: vec![draft(text)],
    }
}

pub fn again(text: &str) -> Again {
    Again {
        frame: frame(Place::Orders),
        id: "7100412".to_owned(),
        href: "/orders/main/7100412".to_owned(),
        retailer: format!("Maison Verte{text}"),
        obstacle: None,
        steps: vec![
            format!("#1001 (24 units, 1,240.50 USD) is cancelled in Shopify. Its units go back to stock.{text}"),
            "Nothing is refunded and nobody is notified. This cannot be undone. Then order 7100412 is exported as a new \
             Shopify order, checked like any other."
                .to_owned(),
        ],
        next: "Checked now, the new export would be ready: 1,190.50 USD.".to_owned(),
        next_state: Some(State::of("ready")),
        problems: vec![problem(text)],
        drafts: vec![draft(text)],
        waits: Some("The connection main is paused.".to_owned()),
        yes: Some(format!("Cancel #1001 and export order 7100412 again{text}")),
    }
}

pub fn no_again(text: &str) -> Again {
    Again {
        obstacle: Some(Obstacle {
            what: format!("Money was received for #1001{text}, and nothing is refunded from here."),
            fix: format!("Refund and cancel it in Shopify.{text}"),
            links: vec![Link::outside(
                &format!("Open #1001 in Shopify{text}"),
                "https://x/orders/1".to_owned(),
            )],
            instead: Some((
                "/orders/main/7100412/re-export".to_owned(),
                format!("Export it once more{text}"),
            )),
        }),
        ..again(text)
    }
}
