//! One order: everything that is known of it, and what can be done. What is asked for becomes a command.

pub mod act;
pub mod again;
mod lines;
pub mod preview;
mod timeline;
mod wire;

pub use wire::wire;

use super::Console;
use super::activity::asked_for;
use super::answers::{Answer, No, page};
use super::visit::Visit;
use super::words::{Places, amount, paused_words, when};
use crate::commands::act::About;
use crate::commands::upper;
use crate::cycle::EDITED;
use adapters::ledger::records::{
    AttemptRecord, Command, ConnectionRecord, DeedRecord, EventRecord, ExportRecord, FollowUp, OrderRecord,
    ProblemRecord, SightRecord,
};
use adapters::ledger::{ExportQuery, Ledger, LedgerError, ProblemQuery};
use axum::extract::{Extension, Path, Query, State};
use console::look::{State as Shown, day};
use console::pages::order::{Edit, Export, Fact, Order};
use console::{Frame, Place};
use domain::ids::JoorOrderId;
use domain::orders::order::ExportState;
use domain::time::Moment;
use serde::Deserialize;
use serde_json::Value;
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

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AskedFor {
    /// Anything: lines and steps that are left out at first are shown too.
    all: String,
}

pub async fn one(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, id)): Path<(String, String)>,
    Query(asked_for): Query<AskedFor>,
) -> Answer {
    let about = find(&console, &connection, &id).await?;
    let (ledger, now) = (console.ledger(), console.now());
    let record = ledger.connection(&connection).await?;
    let record = record.ok_or_else(|| No::NotFound(format!("There is no connection {connection}.")))?;
    let places = Places::of(&record, console.house.trial, visit.role);
    let order = &about.order;
    let facts = Facts::read(ledger, &connection, order.clone()).await?;
    let mut asked = ledger.pending_commands(&connection).await?;
    asked.retain(|command| is_about(command, &order.id));
    let href = format!("/orders/{connection}/{}", order.id);
    let actions = if visit.may(adapters::ledger::records::Role::Operator) {
        let codes: Vec<&str> = facts.open_problems().into_iter().map(|one| one.told.code).collect();
        act::actions(&about, &href, &codes)
    } else {
        Vec::new()
    };
    let all = !asked_for.all.is_empty();
    let goods = lines::goods(&facts);
    let (shown, more_lines) = goods.as_ref().map(|goods| lines::lines(goods, &href, all)).unwrap_or_default();
    let (steps, more_steps) = timeline::steps(&facts, &href, now, all);
    page(&Order {
        frame: page_frame(&console, &visit).await,
        id: order.id.to_string(),
        state: Shown::of(about.state()),
        retailer: about.order.retailer.clone(),
        headline: headline(&about, &facts.exports, now),
        links: places.joor_page(&order.id).into_iter().collect(),
        facts: known(order, &connection),
        problems: facts
            .open_problems()
            .into_iter()
            .map(|one| places.problem(&one.told, Some(&order.id), Some(when(one.opened, now))))
            .collect(),
        asked: asked.iter().map(|command| asked_words(command, &record)).collect(),
        may_act: !actions.is_empty(),
        actions,
        equation: goods.as_ref().and_then(|goods| lines::equation(goods, &facts)),
        lines: shown,
        lines_words: goods.as_ref().map_or("", |goods| goods.words),
        lines_when: goods.as_ref().map(|goods| when(goods.at, now)),
        more_lines,
        edits: facts.edits(),
        exports: facts.exports.iter().map(|export| shown_export(export, &places)).collect(),
        to_do: timeline::to_do(&facts, now),
        steps,
        more_steps,
        href,
    })
}

/// All that the ledger knows of an order.
struct Facts {
    order: OrderRecord,
    exports: Vec<ExportRecord>,
    attempts: Vec<AttemptRecord>,
    events: Vec<EventRecord>,
    problems: Vec<ProblemRecord>,
    commands: Vec<Command>,
    deeds: Vec<DeedRecord>,
    follow_ups: Vec<FollowUp>,
    sight: Option<SightRecord>,
    edit: Option<SightRecord>,
}

impl Facts {
    async fn read(ledger: &Ledger, name: &str, order: OrderRecord) -> Result<Facts, LedgerError> {
        let (id, of) = (&order.id, Some(order.id.clone()));
        Ok(Facts {
            exports: ledger
                .exports(name, &ExportQuery { order: of.clone(), ..ExportQuery::default() })
                .await?,
            attempts: ledger.attempts(name, id).await?,
            events: ledger.events(name, id).await?,
            problems: ledger.problems(name, &ProblemQuery { order: of, open_only: false }).await?,
            commands: ledger.commands_of(name, id).await?,
            deeds: ledger.deeds(name, id).await?,
            follow_ups: ledger.follow_ups_of(name, id).await?,
            sight: ledger.sight(name, id).await?,
            edit: ledger.edit(name, id).await?,
            order,
        })
    }

    /// The worst first.
    fn open_problems(&self) -> Vec<&ProblemRecord> {
        let mut open: Vec<&ProblemRecord> =
            self.problems.iter().filter(|problem| problem.closed.is_none()).collect();
        open.sort_by_key(|problem| std::cmp::Reverse(problem.told.severity));
        open
    }

    /// As long as nobody said that they are meant.
    fn edits(&self) -> Vec<Edit> {
        let open = self.open_problems().iter().any(|problem| problem.told.code == EDITED);
        match (&self.order.exported_content, &self.edit) {
            (Some(exported), Some(edit)) if open => lines::edits(exported, &edit.words),
            (Some(_) | None, _) => Vec::new(),
        }
    }
}

async fn page_frame(console: &Console, visit: &Visit) -> Frame {
    console.frame(visit, Place::Orders).await
}

fn is_about(command: &Command, order: &JoorOrderId) -> bool {
    serde_json::from_str::<Value>(&command.arguments).is_ok_and(|value| value["order"] == order.as_str())
}

pub fn asked_words(command: &Command, connection: &ConnectionRecord) -> String {
    let asked = asked_for(&command.verb, &command.arguments);
    let of_connection = matches!(command.verb.as_str(), "pause" | "resume" | "go_live" | "settings");
    let then = match connection.paused && !of_connection {
        true => paused_words(&connection.name),
        false => "The next cycle does it.".to_owned(),
    };
    format!("{} asked for “{asked}”. {then}", command.by)
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
    part.export.state.shop_order().map(|(_, name)| name)
}

/// What is known at a glance.
fn known(order: &OrderRecord, connection: &str) -> Vec<Fact> {
    let ships = match (order.ship_start, order.ship_end) {
        (Some(from), Some(to)) => format!("{} to {}", day(from), day(to)),
        (Some(from), None) => day(from),
        (None, _) => String::new(),
    };
    let value = order.value.as_ref().map(|value| {
        let amount = amount(value);
        format!("{} {}", amount.figure, amount.currency)
    });
    let mark = match order.export_state.as_str() {
        "success" => "marked as exported",
        "failed" => "marked as not exported",
        "undefined" => "not marked yet",
        _ => "its mark cannot be read",
    };
    let reported = match &order.reported {
        Some((ExportState::Success, words)) => words.clone(),
        // The words stand among what happened.
        Some((ExportState::Failed, _)) => "Why it is not exported".to_owned(),
        Some((ExportState::Undefined, _)) | None => String::new(),
    };
    [
        ("Retailer", order.retailer.clone()),
        ("PO number", order.po_number.clone()),
        ("Linesheet", order.linesheet.clone()),
        ("Value", value.unwrap_or_default()),
        ("Units", order.units.map(|units| units.to_string()).unwrap_or_default()),
        ("Approved", order.approved.map(day).unwrap_or_default()),
        ("Ships", ships),
        ("In JOOR", format!("{}, {mark}", upper(&order.status))),
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
    let shopify = export.state.shop_order().map(|(order, name)| places.shop_order(order, name));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_said_by_the_words_of_its_button_and_when_it_is_done() {
        let waiting = |verb: &str, arguments: &str| Command {
            id: 7,
            verb: verb.to_owned(),
            arguments: arguments.to_owned(),
            by: "ada".to_owned(),
            at: Moment(1),
            outcome: None,
            applied: None,
        };
        let of = |paused: bool| ConnectionRecord {
            name: "brand".to_owned(),
            settings: String::new(),
            settings_version: 1,
            paused,
            live_since: None,
            shop_id: None,
            created: Moment(0),
            next_due: Moment(0),
            epoch: 1,
            lease_owner: None,
            lease_until: None,
            last_good: None,
            last_daily: None,
        };
        let said = asked_words(&waiting("re_export", "{}"), &of(false));
        assert_eq!(said, "ada asked for “Export once more”. The next cycle does it.");
        let said = asked_words(&waiting("retry", r#"{"export_anyway":true}"#), &of(true));
        assert!(
            said.starts_with("ada asked for “Export it anyway”. The connection brand is paused"),
            "{said}"
        );
        let said = asked_words(&waiting("go_live", "{}"), &of(true));
        assert_eq!(said, "ada asked for “Go live”. The next cycle does it.");
    }
}
