//! What a person may do with an order, and what a form of its page asks for.

use super::super::Console;
use super::super::answers::{Answer, No, done, not_done};
use super::super::visit::Visit;
use super::find;
use crate::cli::{ConnectionChoice, RetryArgs};
use crate::commands::act::{About, Ask, close_of, note, re_export_of, reopen_of, retry_of};
use axum::extract::{Extension, Form, Path, State};
use console::pages::order::{Action, ActionKind};
use serde::Deserialize;
use std::sync::Arc;

/// What may be done in the order's state.
pub fn actions(about: &About, href: &str) -> Vec<Action> {
    let form = |verb: &str, words: &str, hint: &str, main: bool| Action {
        words: words.to_owned(),
        hint: hint.to_owned(),
        kind: ActionKind::Form { action: format!("{href}/{verb}"), fields: Vec::new() },
        main,
    };
    match about.state() {
        "seen" | "held" | "waiting" | "ready" | "skipped" => {
            let check = "Reads the order and today's stock in the next cycle.";
            let mut found = vec![
                form("retry", "Check again now", check, true),
                close(href, "Close by hand", "It is settled elsewhere and not exported."),
                link(
                    href,
                    "It is in Shopify already",
                    "Takes an order that somebody made in Shopify as the export of this one.",
                ),
            ];
            if about.order.generation > 1 {
                let hint = "The earlier Shopify order stays the export.";
                found.push(form("give-up", "Give the re-export up", hint, false));
            }
            found
        }
        "unconfirmed" => {
            let sure = "You searched Shopify by hand: it may be sent again.";
            vec![
                link(href, "I found it in Shopify", "Search Shopify for the tag with the JOOR order number."),
                form("not-there", "It is not in Shopify", sure, false),
            ]
        }
        "exported" => {
            let anew = "Makes a new Shopify order, and only after the earlier one is cancelled there.";
            vec![
                form("re-export", "Export once more", anew, false),
                close(href, "Leave it as it is", "Changes in JOOR since the export are meant."),
            ]
        }
        "closed_by_hand" => {
            vec![form("reopen", "Take that back", "The order is checked again in the next cycle.", true)]
        }
        _ => Vec::new(),
    }
}

fn close(href: &str, words: &str, hint: &str) -> Action {
    text(format!("{href}/close"), words, hint, "note", "Why?")
}

fn link(href: &str, words: &str, hint: &str) -> Action {
    let label = "Number in the address of the Shopify order";
    text(format!("{href}/link-order"), words, hint, "shop_order", label)
}

fn text(action: String, words: &str, hint: &str, name: &'static str, label: &'static str) -> Action {
    let kind = ActionKind::Text { action, name, label, fields: Vec::new() };
    Action { words: words.to_owned(), hint: hint.to_owned(), kind, main: false }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    note: String,
    shop_order: String,
    customer: String,
}

/// What a form of the order's page asks for.
pub async fn act(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, id, verb)): Path<(String, String, String)>,
    Form(given): Form<Given>,
) -> Answer {
    let about = find(&console, &connection, &id).await?;
    let href = format!("/orders/{connection}/{}", about.order.id);
    let ask = match ask_of(&about, &verb, &given) {
        Some(Ok(ask)) => ask,
        Some(Err(failure)) => return not_done(&href, &failure.sentence()),
        None => return Err(No::NotFound(format!("Nothing is called “{verb}” here."))),
    };
    note(console.ledger(), &ask, &visit.name, console.now()).await?;
    done(&href, "Noted. The next cycle does it; this page follows by itself.")
}

fn ask_of(about: &About, verb: &str, given: &Given) -> Option<Result<Ask, crate::commands::Failure>> {
    let plain = || RetryArgs {
        id: about.order.id.to_string(),
        link_customer: None,
        export_anyway: false,
        confirm_prices: false,
        link_order: None,
        not_there: false,
        choice: ConnectionChoice { connection: None },
    };
    Some(match verb {
        "retry" => retry_of(about, &plain()),
        "release" => retry_of(about, &RetryArgs { export_anyway: true, ..plain() }),
        "confirm-prices" => retry_of(about, &RetryArgs { confirm_prices: true, ..plain() }),
        "link-customer" => {
            retry_of(about, &RetryArgs { link_customer: Some(given.customer.clone()), ..plain() })
        }
        "link-order" => retry_of(about, &RetryArgs { link_order: Some(given.shop_order.clone()), ..plain() }),
        "not-there" => retry_of(about, &RetryArgs { not_there: true, ..plain() }),
        "re-export" => re_export_of(about, false),
        "give-up" => re_export_of(about, true),
        "close" => close_of(about, &given.note),
        "reopen" => reopen_of(about),
        _ => return None,
    })
}
