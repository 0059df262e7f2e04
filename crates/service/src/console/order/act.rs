//! What a person may do with an order, and what a form of its page asks for.

use super::super::Console;
use super::super::answers::{Answer, No, done, not_done};
use super::super::sure::order_question;
use super::super::visit::Visit;
use super::super::words::noted_words;
use super::find;
use crate::cli::RetryArgs;
use crate::commands::act::{About, Ask, close_of, note, re_export_of, reopen_of, retry_of};
use axum::extract::{Extension, Form, Path, State};
use console::pages::order::{Action, ActionKind};
use serde::Deserialize;
use std::sync::Arc;

/// What may be done in the order's state, given the problems that are open on it. At most one of them is the main one.
pub fn actions(about: &About, href: &str, open: &[&str]) -> Vec<Action> {
    if about.parts.is_empty() {
        // Nothing can be sent for it, and nothing is asked about it here.
        return Vec::new();
    }
    let mut found = match about.state() {
        "seen" | "held" | "waiting" | "ready" | "skipped" => not_sent(about, href, open),
        "unconfirmed" => vec![
            link(
                about,
                href,
                "It is in Shopify already",
                "Search Shopify for the tag with the JOOR order number.",
            ),
            form(
                about,
                href,
                "not-there",
                "It is not in Shopify",
                "You searched Shopify by hand: it is sent again.",
            ),
        ],
        "exported" => {
            let again = "Shows what happens to the Shopify order and what the new one would be, and asks.";
            let leave = "What is told here is meant, and no longer a question.";
            let leave = close(about, href, "Leave it as it is", leave);
            let is_asked = !open.is_empty();
            std::iter::once(go(href, "again", "Export it again", again))
                .chain(is_asked.then_some(leave))
                .collect()
        }
        "closed_by_hand" => {
            let hint = "The order is checked again in the next cycle.";
            vec![form(about, href, "reopen", "Take that back", hint)]
        }
        _ => Vec::new(),
    };
    // The first that is easily taken back is the one to begin with, except where all is well.
    if about.state() != "exported"
        && let Some(first) = found.iter_mut().find(|action| action.sure.is_none())
    {
        first.main = true;
    }
    found
}

fn not_sent(about: &About, href: &str, open: &[&str]) -> Vec<Action> {
    let has = |codes: &[&str]| open.iter().any(|code| codes.contains(code));
    let mut found = Vec::new();
    if has(&NEEDS_CUSTOMER) {
        let hint = "Search Shopify, or name the customer. It is remembered for the retailer.";
        found.push(go(href, "customer", "Choose the customer", hint));
    }
    if has(&NEEDS_ITEM) {
        let hint = "Search Shopify for the items that are not clear. It is remembered for the style.";
        found.push(go(href, "item", "Choose the items", hint));
    }
    if has(&["DUP_LIVE_EXPORT"]) {
        let hint = "Shows what happens to the earlier Shopify order and what the new one would be, and asks.";
        found.push(go(href, "again", "Cancel the earlier order and go on", hint));
    }
    if about.found_other {
        let hint = "The order that was found in Shopify is cancelled there, and this one is to be sent.";
        found.push(form(about, href, "re-export", "Export it again", hint));
    }
    let check = "Reads the order and today's stock in the next cycle.";
    found.push(form(about, href, "retry", "Check again now", check));
    let shown = "With this moment's stock, customers and settings. Nothing is sent.";
    found.push(go(href, "preview", "Show what would be sent", shown));
    if has(&["SRC_BAD_PAYLOAD"]) {
        let hint = "Where a SKU of JOOR cannot be read, Shopify's variant can be named.";
        found.push(go(href, "item", "Choose the items", hint));
    }
    if has(&["PRICE_PLACEHOLDER"]) {
        let hint = "They look like stand-ins, and are meant all the same.";
        found.push(form(about, href, "confirm-prices", "The prices are right", hint));
    }
    if has(&["ORD_ON_START_DAY", "DUP_SECOND_EXPORTER"]) {
        let hint = "You looked in Shopify, and nobody else exported it.";
        found.push(form(about, href, "release", "Export it anyway", hint));
    }
    found.push(close(about, href, "Close by hand", "It is settled elsewhere and not exported."));
    let adopt = "Takes an order that somebody made in Shopify as the export of this one.";
    found.push(link(about, href, "It is in Shopify already", adopt));
    if about.order.generation > 1 {
        let hint = "The earlier Shopify order stays the export.";
        found.push(form(about, href, "give-up", "Give the re-export up", hint));
    }
    found
}

/// What a person chooses in Shopify; with a page that searches it.
const NEEDS_CUSTOMER: [&str; 4] =
    ["CUST_NOT_FOUND", "CUST_AMBIGUOUS", "CUST_CONTACT_TAKEN", "CUST_LINK_DEAD"];
const NEEDS_ITEM: [&str; 5] =
    ["ITEM_NOT_FOUND", "ITEM_NOT_FROM_SHOPIFY", "ITEM_AMBIGUOUS", "ITEM_IDS_DISAGREE", "ITEM_LINK_DEAD"];

fn go(href: &str, page: &str, words: &str, hint: &str) -> Action {
    let kind = ActionKind::Page { href: format!("{href}/{page}") };
    Action { words: words.to_owned(), hint: hint.to_owned(), kind, main: false, sure: None }
}

fn form(about: &About, href: &str, verb: &str, words: &str, hint: &str) -> Action {
    Action {
        words: words.to_owned(),
        hint: hint.to_owned(),
        kind: ActionKind::Form { action: format!("{href}/{verb}"), fields: Vec::new() },
        main: false,
        sure: order_question(verb, about.order.id.as_str()),
    }
}

fn close(about: &About, href: &str, words: &str, hint: &str) -> Action {
    text(about, href, "close", words, hint, ("note", "Why?"))
}

fn link(about: &About, href: &str, words: &str, hint: &str) -> Action {
    text(about, href, "link-order", words, hint, ("shop_order", "Number in the address of the Shopify order"))
}

fn text(
    about: &About,
    href: &str,
    verb: &str,
    words: &str,
    hint: &str,
    (name, label): (&'static str, &'static str),
) -> Action {
    let kind = ActionKind::Text { action: format!("{href}/{verb}"), name, label, fields: Vec::new() };
    Action { kind, ..form(about, href, verb, words, hint) }
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
    let paused = console.ledger().connection(&connection).await?.is_some_and(|record| record.paused);
    done(&href, &noted_words(&connection, paused))
}

fn ask_of(about: &About, verb: &str, given: &Given) -> Option<Result<Ask, crate::commands::Failure>> {
    let plain = || RetryArgs { id: about.order.id.to_string(), ..RetryArgs::default() };
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

#[cfg(test)]
#[path = "act_tests.rs"]
mod tests;
