//! `orders re-export --cancel-previous`: says in words what will happen, asks, and notes the command. What that would be is
//! found out in `replace::plan`, for the console too; the cancelling itself is the next cycle's, see `cycle::cancelling`.

pub mod plan;

use crate::cli::exit;
use crate::commands::{Failure, Session, find, note_replace};
use crate::compose::{ComposeError, House};
use crate::preview;
use crate::show::shapes::{CancelShape, ReplaceShape, value_of};
use adapters::ports::Units;
use domain::ids::JoorOrderId;
use plan::{Leaving, Obstacle, Plan, Unread, look};
use serde_json::json;

pub async fn run(
    session: &Session,
    house: &House,
    id: &str,
    connection: Option<&str>,
) -> Result<u8, Failure> {
    let about = find(session, &house.ledger, connection, id).await?;
    let record = session.connection(&house.ledger, &about.connection).await?;
    let plan = look(house, &record, &about.order).await.map_err(unread)?;
    let plan = plan.map_err(|obstacle| refused(&obstacle, &about.order.id))?;
    for line in what_happens(id, &plan) {
        session.voice.text(&line);
    }
    let mut value = value_of(&shape(id, &plan));
    if !session.confirmed(&format!("Cancel {} and export order {id} again?", plan.names())) {
        let failure = Failure::new(exit::FAILED, "not confirmed; nothing is changed", "add --yes to go on");
        return Ok(session.fail_with(value, &failure));
    }
    let command = note_replace(session, &house.ledger, &about).await?;
    session.voice.text(&format!("Noted as command {command}; the next cycle begins with it"));
    value["command"] = json!(command);
    session.voice.data(value);
    Ok(exit::OK)
}

fn unread(unread: Unread) -> Failure {
    match unread {
        Unread::Ledger(error) => Failure::from(error),
        Unread::Connection(error) => Failure::from(error),
        Unread::Outside(stop) => Failure::from(ComposeError::Outside(stop.words())),
    }
}

/// Why it is not possible from here, and what to do instead.
pub fn refused(obstacle: &Obstacle, id: &JoorOrderId) -> Failure {
    let see = || format!("see `joor-shopify orders show {id}`");
    match obstacle {
        Obstacle::None(why) => Failure::new(exit::USAGE, why.words(id), see()),
        Obstacle::NotShown { name, key, .. } => {
            Failure::new(exit::USAGE, format!("Shopify does not show {name} ({key})"), see())
        }
        Obstacle::Paid { name, .. } => {
            let what = format!("money was received for {name}, and nothing is refunded from here");
            let hint =
                format!("refund and cancel it in Shopify, then run `joor-shopify orders re-export {id}`");
            Failure::new(exit::FAILED, what, hint)
        }
        Obstacle::Cancelled => {
            let what = format!("the earlier Shopify order of {id} is cancelled already");
            Failure::new(exit::USAGE, what, format!("run `joor-shopify orders re-export {id}`"))
        }
    }
}

fn what_happens(id: &str, plan: &Plan) -> Vec<String> {
    let mut lines = plan.what_happens(id);
    let mut next = plan.next_words(id);
    for told in plan.next.iter().flat_map(|next| &next.told) {
        next.push_str(&format!("\n  {} {}\n    hint: {}", told.code, told.sentence, told.resolution));
    }
    lines.push(next);
    lines
}

/// The same for programs.
pub fn shape(id: &str, plan: &Plan) -> ReplaceShape {
    let mut words = plan.what_happens(id);
    words.push(plan.next_words(id));
    ReplaceShape {
        joor_order: id.to_owned(),
        words,
        cancels: plan.leaving.iter().map(cancelled).collect(),
        missing_scopes: plan.missing.iter().map(|scope| (*scope).to_owned()).collect(),
        new_export: plan.next.as_ref().map(preview::shape),
    }
}

fn cancelled(one: &Leaving) -> CancelShape {
    let order = &one.read.order;
    CancelShape {
        shopify_order: order.name.clone(),
        id: order.id.as_str().to_owned(),
        total: one.total(),
        units: order.units,
        fulfilments: one.read.fulfilments.iter().map(|found| found.name.clone()).collect(),
        restocks: one.units == Units::GoBack,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cycle::Previewed;
    use adapters::ports::{Cancellable, Fulfilment};
    use domain::ids::{JoorOrderId, ShopOrderId};
    use domain::money::Currency;
    use domain::orders::shelf::ShopOrder;
    use domain::problem::Problem;
    use rust_decimal::Decimal;

    fn leaving(fulfilments: &[&str], units: Units) -> Leaving {
        let fulfilment = |name: &&str| Fulfilment { id: String::new(), name: (*name).to_owned() };
        let order = ShopOrder {
            id: ShopOrderId::new("gid://shopify/Order/1"),
            name: "#1001".to_owned(),
            source_identifier: String::new(),
            cancelled: false,
            paid: false,
            created: None,
            total: Decimal::new(9100, 2),
            currency: Currency::from_code("USD"),
            units: 2,
        };
        let fulfilments = fulfilments.iter().map(fulfilment).collect();
        Leaving { read: Cancellable { order, fulfilments }, units }
    }

    #[test]
    fn everything_that_happens_is_said_before_it_is_asked_for() {
        let held = Previewed {
            order: JoorOrderId::new("7"),
            state: "held",
            told: vec![Problem::DupLiveExport { shop_orders: vec!["#900".to_owned()] }.told("7")],
            drafts: Vec::new(),
            creates_customer: false,
        };
        let plan = Plan {
            leaving: vec![leaving(&["#1001-F1"], Units::GoBack)],
            missing: vec!["write_x"],
            next: Some(held),
        };
        let said = what_happens("7", &plan);
        let said = said.join("\n");
        for words in [
            "#1001 (2 units, 91.00 USD) is cancelled in Shopify. First its 1 fulfilment (#1001-F1). Its units go back",
            "lacks the scope write_x",
            "Nothing is refunded and nobody is notified. This cannot be undone.",
            "would be held: until that is solved, nothing is sent in place",
            "DUP_LIVE_EXPORT",
            "#900",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        let plan = Plan { leaving: vec![leaving(&[], Units::Stay)], missing: Vec::new(), next: None };
        let said = what_happens("7", &plan).join("\n");
        assert!(
            said.contains("Stock stays as it is") && said.contains("JOOR does not show order 7"),
            "{said}"
        );
        assert!(!said.contains("fulfilment") && !said.contains("scope"), "{said}");
    }

    #[test]
    fn a_new_export_is_told_with_its_totals() {
        let totals = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(plan::state_words("ready", &totals(&["91.00 USD"])), "ready: 91.00 USD.");
        let two = plan::state_words("ready", &totals(&["91.00 USD", "7.00 USD"]));
        assert_eq!(two, "ready as 2 Shopify orders: 91.00 USD and 7.00 USD.");
        // The draft of a refused request is known too, but is not what will be sent.
        assert!(plan::state_words("held", &totals(&["91.00 USD"])).starts_with("held: until"));
    }
}
