//! `proof`, `adopt` and `backfill`: what is true of a period, linking what Shopify has already, and exporting orders from
//! before the start. All three read both sides; the last two only note commands, after asking.

mod adopt;

pub use adopt::adopt;

use crate::cli::{BackfillArgs, ProofArgs, exit};
use crate::commands::{Failure, Session, note_settings};
use crate::compose::{ComposeError, House};
use crate::cycle::proving::{NAMELESS, Proved};
use crate::cycle::{Previewed, Stop, Worker};
use crate::preview;
use crate::show::proof::{proof_json, proof_text};
use crate::show::{counted, tables};
use adapters::ledger::records::ConnectionRecord;
use adapters::ports::CallError;
use domain::ids::JoorOrderId;
use domain::money::Money;
use domain::orders::proof::Entry;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeSet;

/// Days of a proof that names no first day.
pub const DAYS: i64 = 30;
/// How often a proof that JOOR or Shopify has no time for begins again. Each time it gets on: what it read of JOOR's
/// lines is kept.
const TRIES: u32 = 24;

pub async fn proof(session: &Session, house: &House, arguments: &ProofArgs) -> Result<u8, Failure> {
    let today = house.clock.now().day();
    let to = arguments.to.unwrap_or(today);
    let from = arguments.from.unwrap_or_else(|| to.saturating_sub(DAYS.days()));
    if from > to {
        let what = format!("the period begins on {from} and ends before, on {to}");
        return Err(Failure::new(exit::USAGE, what, "give --from a day that is not after --to"));
    }
    not_to_come(from, today, "--from")?;
    let mut values = Vec::new();
    let mut differences = 0;
    let mut balanced = true;
    for connection in chosen(session, house, arguments.choice.connection.as_deref()).await? {
        let name = connection.name.clone();
        let start = house.worker(&connection).await?.start_of(&connection);
        if to < start {
            let what = format!(
                "connection {name} exports orders approved since {start}, and the period ends before, on {to}"
            );
            let hint = "orders from before belong to whatever exported them then; `joor-shopify backfill` moves the start";
            return Err(Failure::new(exit::USAGE, what, hint));
        }
        let proved = prove(session, house, connection, from, to).await?;
        if from < proved.start {
            session.voice.talk(&format!(
                "{name}: orders approved before {} belong to whatever exported them then; see `joor-shopify backfill`",
                proved.start
            ));
        }
        session.voice.text(&proof_text(&name, &proved));
        values.push(proof_json(&name, &proved));
        differences += proved.proof.differences.len();
        balanced &= proved.proof.holds();
    }
    let value = json!({ "connections": values });
    if balanced {
        session.voice.data(value);
        return Ok(exit::OK);
    }
    let what = format!("{} between JOOR, this program and Shopify", counted(differences, "difference"));
    Ok(session.fail_with(value, &Failure::new(exit::FAILED, what, "what to do stands beside each")))
}

/// Nothing is proved of days to come.
fn not_to_come(first: Date, today: Date, option: &str) -> Result<(), Failure> {
    if first <= today {
        return Ok(());
    }
    let what = format!("the period begins on {first}, and today is {today} (UTC)");
    Err(Failure::new(exit::USAGE, what, format!("give {option} a day that has come")))
}

/// The connections that a command is about; none at all is an error.
async fn chosen(
    session: &Session,
    house: &House,
    name: Option<&str>,
) -> Result<Vec<ConnectionRecord>, Failure> {
    let connections = session.connections(&house.ledger, name).await?;
    match connections.is_empty() {
        false => Ok(connections),
        true => Err(Failure::new(
            exit::USAGE,
            "there is no connection yet",
            "make one with `joor-shopify connection apply FILE`",
        )),
    }
}

/// Reads and compares; waits where a budget is spent, and begins again then.
async fn prove(
    session: &Session,
    house: &House,
    connection: ConnectionRecord,
    from: Date,
    to: Date,
) -> Result<Proved, Failure> {
    let mut worker = house.worker(&connection).await?;
    worker.dry = true;
    prove_with(&mut worker, session, house, &connection, from, to).await
}

async fn prove_with(
    worker: &mut Worker,
    session: &Session,
    house: &House,
    connection: &ConnectionRecord,
    from: Date,
    to: Date,
) -> Result<Proved, Failure> {
    let mut tries = 1;
    loop {
        match worker.prove(connection.clone(), from, to).await {
            Ok(proved) => return Ok(proved),
            Err(
                Stop::Joor(CallError::Throttled { until }) | Stop::Shopify(CallError::Throttled { until }),
            ) if tries < TRIES => {
                tries += 1;
                session.voice.talk(&format!("the request budget is spent; going on at {until}"));
                tokio::time::sleep(until.since(house.clock.now())).await;
            }
            Err(stop) => return Err(ComposeError::Outside(stop.words()).into()),
        }
    }
}

/// Shows what would become of orders from before the start, and moves the start.
pub async fn backfill(session: &Session, house: &House, arguments: &BackfillArgs) -> Result<u8, Failure> {
    let connections = chosen(session, house, arguments.choice.connection.as_deref()).await?;
    let [connection] = connections.as_slice() else {
        let hint = "name one with --connection";
        return Err(Failure::new(exit::USAGE, "there are several connections", hint));
    };
    let mut worker = house.worker(connection).await?;
    worker.dry = true;
    let start = worker.start_of(connection);
    if arguments.since >= start {
        let what = format!("the start of connection {} is {start} already", connection.name);
        return Err(Failure::new(exit::USAGE, what, "give --since a day before it"));
    }
    worker.checked = worker.checked.exported_since(arguments.since);
    let proved =
        prove_with(&mut worker, session, house, connection, arguments.since, start.saturating_sub(1.day()))
            .await?;
    let (open, there) = not_exported(&proved);
    let ids: Vec<JoorOrderId> =
        open.iter().map(|entry| entry.order.clone()).filter(|id| id.as_str() != NAMELESS).collect();
    let mut previewed = match ids.is_empty() {
        true => Vec::new(),
        false => worker
            .preview(connection.clone(), &ids)
            .await
            .map_err(|stop| Failure::from(ComposeError::Outside(stop.words())))?,
    };
    let known: BTreeSet<JoorOrderId> = previewed.iter().map(|one| one.order.clone()).collect();
    previewed.extend(
        open.iter().filter(|entry| !known.contains(&entry.order)).filter_map(|one| not_readable(one)),
    );
    show_backfill(session, &previewed, &there);
    let value = json!({
        "connection": connection.name,
        "since": arguments.since.to_string(),
        "preview": preview::as_json(&previewed),
        "in_shopify_already": there.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
    });
    let sent = previewed.iter().filter(|one| one.state == "ready").count();
    let question = format!(
        "Move the start of connection {} to {}? {} would be sent to Shopify.",
        connection.name,
        arguments.since,
        counted(sent, "order")
    );
    if !session.confirmed(&question) {
        let failure =
            Failure::new(exit::FAILED, "not confirmed; the start stays as it is", "add --yes to go on");
        return Ok(session.fail_with(value, &failure));
    }
    let document = &worker.checked.document;
    let command = note_settings(session, &house.ledger, &connection.name, document).await?;
    session
        .voice
        .text(&format!("Noted as command {command}: the next cycle begins with {}", arguments.since));
    let mut value = value;
    value["command"] = json!(command);
    session.voice.data(value);
    Ok(exit::OK)
}

/// Orders of the period that are no export in the ledger, and those of them that stand in Shopify already.
fn not_exported(proved: &Proved) -> (Vec<&Entry>, Vec<JoorOrderId>) {
    let done = |entry: &&Entry| {
        let state = entry.ledger.as_ref().map(|ledger| ledger.counted.state);
        matches!(state, Some("exported" | "closed_by_hand" | "sending" | "unconfirmed"))
    };
    let open = proved.entries.iter().filter(|entry| entry.joor.is_some() && !done(entry));
    let (there, not): (Vec<&Entry>, Vec<&Entry>) =
        open.partition(|entry| entry.shop.iter().any(|order| !order.cancelled));
    (not, there.into_iter().map(|entry| entry.order.clone()).collect())
}

/// An order over which nobody can decide: a cycle that meets it holds it with its problem.
fn not_readable(entry: &Entry) -> Option<Previewed> {
    let unreadable = entry.joor.as_ref()?.unreadable.as_ref()?;
    Some(Previewed {
        order: entry.order.clone(),
        state: "held",
        told: vec![unreadable.problem().told(entry.order.as_str())],
        drafts: Vec::new(),
        creates_customer: false,
    })
}

fn show_backfill(session: &Session, previewed: &[Previewed], there: &[JoorOrderId]) {
    let rows = previewed.iter().map(|one| {
        let total = one.drafts.first().map(|draft| {
            let sum = one.drafts.iter().map(|draft| draft.expected.amount).sum();
            Money::new(sum, draft.expected.currency).to_string()
        });
        let becomes = match one.state {
            "ready" => "sent".to_owned(),
            other => other.to_owned(),
        };
        let why = one.told.iter().map(|told| told.sentence.as_str()).collect::<Vec<_>>().join("; ");
        vec![one.order.to_string(), becomes, total.unwrap_or_default(), why]
    });
    if previewed.is_empty() && there.is_empty() {
        session.voice.text("No order was approved in that time that is not exported already");
        return;
    }
    session.voice.text(&tables::wide_table(&["JOOR order", "Would be", ">Total", "Why"], rows));
    for id in there {
        session.voice.text(&format!("{id}: stands in Shopify already; `joor-shopify adopt` links it"));
    }
}
