//! One order: everything that is known of it, and what can be done. What is asked for becomes a command.

pub mod act;
pub mod again;
pub mod preview;

use super::Console;
use super::answers::{Answer, No, page};
use super::visit::Visit;
use super::words::{Places, amount, full_stop, paused_words, when};
use crate::commands::act::About;
use adapters::ledger::records::{
    AttemptRecord, Command, ConnectionRecord, EventRecord, ExportRecord, OrderRecord,
};
use adapters::ledger::{ExportQuery, ProblemQuery};
use axum::extract::{Extension, Path, State};
use console::Place;
use console::look::{State as Shown, Tone, day};
use console::pages::order::{Export, Fact, Order, Step};
use domain::ids::JoorOrderId;
use domain::orders::export;
use domain::time::Moment;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Finds an order by the two parts of its address.
pub async fn find(console: &Console, connection: &str, id: &str) -> Result<About, No> {
    let id = JoorOrderId::new(id.trim());
    match console.ledger().order(connection, &id).await? {
        Some(order) => Ok(About::of(console.ledger(), connection, order).await?),
        None => Err(No::NotFound(format!(
            "No order {id} has been read from JOOR by the connection {connection}. An order that was approved just now \
             appears after the next cycle."
        ))),
    }
}

pub async fn one(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, id)): Path<(String, String)>,
) -> Answer {
    let about = find(&console, &connection, &id).await?;
    let (ledger, now) = (console.ledger(), console.now());
    let record = ledger.connection(&connection).await?;
    let record = record.ok_or_else(|| No::NotFound(format!("There is no connection {connection}.")))?;
    let places = Places::of(&record, console.house.trial);
    let order = &about.order;
    let query = ExportQuery { order: Some(order.id.clone()), ..ExportQuery::default() };
    let exports = ledger.exports(&connection, &query).await?;
    let query = ProblemQuery { order: Some(order.id.clone()), open_only: true };
    let mut problems = ledger.problems(&connection, &query).await?;
    problems.sort_by_key(|problem| std::cmp::Reverse(problem.told.severity));
    let attempts = ledger.attempts(&connection, &order.id).await?;
    let events = ledger.events(&connection, &order.id).await?;
    let mut asked = ledger.pending_commands(&connection).await?;
    asked.retain(|command| is_about(command, &order.id));
    let href = format!("/orders/{connection}/{}", order.id);
    let actions = if visit.may(adapters::ledger::records::Role::Operator) {
        let codes: Vec<&str> = problems.iter().map(|one| one.told.code).collect();
        act::actions(&about, &href, &codes)
    } else {
        Vec::new()
    };
    page(&Order {
        frame: console.frame(&visit, Place::Orders).await,
        id: order.id.to_string(),
        state: Shown::of(about.state()),
        headline: headline(&about, &exports, now),
        links: places.joor_order(&order.id).into_iter().collect(),
        facts: facts(order, &connection),
        problems: problems
            .iter()
            .map(|one| places.problem(&one.told, Some(&order.id), Some(when(one.opened, now))))
            .collect(),
        asked: asked.iter().map(|command| asked_words(command, &record)).collect(),
        may_act: !actions.is_empty(),
        actions,
        equation: None,
        lines: Vec::new(),
        lines_when: None,
        edits: Vec::new(),
        exports: exports.iter().map(|export| shown_export(export, &places)).collect(),
        steps: steps(&events, &attempts, now),
        href,
    })
}

fn is_about(command: &Command, order: &JoorOrderId) -> bool {
    serde_json::from_str::<Value>(&command.arguments).is_ok_and(|value| value["order"] == order.as_str())
}

pub fn asked_words(command: &Command, connection: &ConnectionRecord) -> String {
    let verb = command.verb.replace('_', " ");
    let of_connection = matches!(command.verb.as_str(), "pause" | "resume" | "go_live" | "settings");
    let then = match connection.paused && !of_connection {
        true => paused_words(&connection.name),
        false => "The next cycle does it.".to_owned(),
    };
    format!("{} asked for “{verb}”. {then}", command.by)
}

/// Where the order is, in one sentence.
fn headline(about: &About, exports: &[ExportRecord], now: Moment) -> String {
    let names: Vec<&str> = about.parts.iter().filter_map(|part| shop_name(part)).collect();
    let since = exports.iter().map(|export| export.changed).max().map(|at| when(at, now).relative());
    let since = since.map(|since| format!(" {since}")).unwrap_or_default();
    match about.state() {
        "exported" => format!("In Shopify as {}.", names.join(", ")),
        "held" => "Not sent. It goes by itself once what is wrong is put right.".to_owned(),
        "waiting" => "Not sent yet. It is tried again by itself.".to_owned(),
        "unconfirmed" => format!(
            "Sent{since} without a clear answer. Shopify is looked through until it is certain; nothing is sent twice."
        ),
        "sending" => "Being sent right now.".to_owned(),
        "skipped" => "Left out on purpose.".to_owned(),
        "closed_by_hand" => "Settled by hand, not exported.".to_owned(),
        "ready" => "Checked. It is sent as soon as the connection is live.".to_owned(),
        _ => "Read from JOOR, to be checked in the next cycle.".to_owned(),
    }
}

fn shop_name(part: &ExportRecord) -> Option<&str> {
    match &part.export.state {
        export::State::Exported { name, .. } => Some(name.as_str()),
        export::State::Seen
        | export::State::Waiting { .. }
        | export::State::Held
        | export::State::Skipped
        | export::State::ClosedByHand
        | export::State::GivenUp
        | export::State::Ready
        | export::State::Sending { .. }
        | export::State::Unconfirmed { .. } => None,
    }
}

fn facts(order: &OrderRecord, connection: &str) -> Vec<Fact> {
    let ships = match (order.ship_start, order.ship_end) {
        (Some(from), Some(to)) => format!("{} to {}", day(from), day(to)),
        (Some(from), None) => day(from),
        (None, _) => String::new(),
    };
    let value = order.value.as_ref().map(|value| {
        let amount = amount(value);
        format!("{} {}", amount.figure, amount.currency)
    });
    let state = if order.export_state.is_empty() { "unreadable" } else { &order.export_state };
    let reported = order.reported.as_ref().map(|(_, words)| words.clone()).unwrap_or_default();
    [
        ("Retailer", order.retailer.clone()),
        ("PO number", order.po_number.clone()),
        ("Linesheet", order.linesheet.clone()),
        ("Value", value.unwrap_or_default()),
        ("Units", order.units.map(|units| units.to_string()).unwrap_or_default()),
        ("Approved", order.approved.map(day).unwrap_or_default()),
        ("Ships", ships),
        ("In JOOR", format!("{}, export state {state}", order.status)),
        ("JOOR was told", reported),
        ("Connection", connection.to_owned()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| Fact { name, value })
    .collect()
}

fn shown_export(record: &ExportRecord, places: &Places) -> Export {
    let export = &record.export;
    let shopify = match &export.state {
        export::State::Exported { order, name } => Some(places.shop_order(order, name)),
        export::State::Seen
        | export::State::Waiting { .. }
        | export::State::Held
        | export::State::Skipped
        | export::State::ClosedByHand
        | export::State::GivenUp
        | export::State::Ready
        | export::State::Sending { .. }
        | export::State::Unconfirmed { .. } => None,
    };
    Export {
        generation: export.key.generation.0,
        part: export.key.part.0,
        state: Shown::of(export.state.word()),
        shopify,
        cancelled: record.cancelled,
        total: record.total.as_ref().map(amount),
        requests: export.attempts,
        token: export.token.to_string(),
    }
}

fn steps(events: &[EventRecord], attempts: &[AttemptRecord], now: Moment) -> Vec<Step> {
    // A request belongs to the event of the version that wrote it down; events are numbered from 0 within an export.
    let mut version = BTreeMap::new();
    events
        .iter()
        .map(|event| {
            let number = version.entry(event.key.clone()).and_modify(|number| *number += 1).or_insert(0_i64);
            let attempt = attempts.iter().find(|one| one.key == event.key && one.version == *number);
            let tone = match event.state.as_str() {
                "exported" => Tone::Good,
                "held" => Tone::Bad,
                "unconfirmed" | "waiting" => Tone::Wait,
                _ => Tone::Idle,
            };
            Step {
                when: when(event.at, now),
                tone,
                words: event_words(event),
                detail: event.detail.clone(),
                by: String::new(),
                request: attempt.map(|attempt| super::masked::request(&attempt.request.body)),
                answer: attempt.and_then(|attempt| attempt.answer.as_deref()).map(super::masked::request),
            }
        })
        .rev()
        .collect()
}

/// What happened, as a person says it.
fn event_words(event: &EventRecord) -> String {
    let words = match (event.word.as_str(), event.state.as_str()) {
        (_, "exported") => "In Shopify",
        ("opened", _) => "Approved in JOOR and read",
        ("frozen" | "sending", _) | (_, "sending") => "The request was written down and sent",
        (_, "unconfirmed") => "No clear answer: looked for in Shopify",
        (_, "held") => "Held",
        (_, "waiting") => "Waits, and is tried again by itself",
        (_, "skipped") => "Left out",
        (_, "closed_by_hand") => "Closed by hand",
        (_, "ready") => "Checked and ready",
        (_, "seen") => "To be checked",
        (other, _) => return full_stop(&other.replace('_', " ")),
    };
    words.to_owned()
}
