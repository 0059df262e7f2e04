//! What is measured in JOOR: only by reading, and by comparing an order before and after a person clicked.

use super::facts::{Fact, HIDDEN, Measured, Verdict};
use crate::cli::Click;
use crate::cycle::Stop;
use crate::show::counted;
use adapters::joor::{Form, export_state_form};
use adapters::ledger::{Ledger, OrderQuery};
use adapters::ports::{Clock, JoorUsage, OrderFilter, OrderRow, Wholesale};
use adapters::settings::Trial;
use domain::ids::JoorOrderId;
use domain::money::Decimal;
use domain::orders::order::{ExportState, Line, OrderStatus};
use jiff::civil::Date;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Orders that are compared: as many as a first batch holds.
const ORDERS_MAX: u32 = 50;
/// Days of changes in the list whose filters are looked at.
const DAYS: i64 = 30;
/// Letters of a changed value.
const VALUE_CHARS_MAX: usize = 120;

/// The order must not be in the ledger for this; it is only read.
pub async fn measure(
    name: &str,
    ledger: &Ledger,
    wholesale: &dyn Wholesale,
    today: Date,
) -> Result<Vec<Measured>, Stop> {
    let since = today.saturating_sub(jiff::ToSpan::days(DAYS));
    let filter = OrderFilter {
        status: Some(OrderStatus::Approved),
        export_state: Some(ExportState::Undefined),
        modified_since: Some(since),
        ..OrderFilter::default()
    };
    let listed: Vec<OrderRow> =
        wholesale.orders(&filter).await.map_err(Stop::Joor)?.into_iter().flatten().collect();
    let mut results = vec![filters(&listed, since)];
    let query = OrderQuery { limit: Some(ORDERS_MAX), ..OrderQuery::default() };
    let mut ids: Vec<JoorOrderId> =
        ledger.orders(name, &query).await?.into_iter().map(|row| row.id).collect();
    ids.extend(listed.iter().map(|row| row.order.id.clone()));
    ids.sort();
    ids.dedup();
    ids.truncate(ORDERS_MAX as usize);
    if ids.is_empty() {
        return Ok(results);
    }
    let rows: Vec<OrderRow> =
        wholesale.orders_by_id(&ids).await.map_err(Stop::Joor)?.into_iter().flatten().collect();
    let lines = wholesale.lines(&ids).await.map_err(Stop::Joor)?;
    results.push(batches(ids.len(), wholesale.usage()));
    results.push(export_states(&rows));
    let readable = rows.iter().filter_map(|row| {
        let lines = lines.get(&row.order.id)?.as_ref().ok()?;
        Some((row.order.total_units?, lines.as_slice()))
    });
    results.push(units(readable));
    Ok(results)
}

fn filters(rows: &[OrderRow], since: Date) -> Measured {
    let fact = Fact::JoorFilters;
    let strange = rows.iter().filter(|row| {
        let order = &row.order;
        order.status != OrderStatus::Approved
            || order.shown_export_state().is_some_and(|state| state != ExportState::Undefined)
            || order.modified.is_some_and(|day| day < since)
    });
    match (rows.len(), strange.count()) {
        (0, _) => Measured::new(fact, Verdict::Unclear, "the list is empty"),
        (all, 0) => Measured::new(fact, Verdict::AsAssumed, format!("all {all} rows are what was asked for")),
        (all, some) => {
            Measured::new(fact, Verdict::Otherwise, format!("{some} of {all} rows were not asked for"))
        }
    }
}

/// The largest sizes that were taken, of as many ids as there are. Writes are not measured: that would change orders.
fn batches(ids: usize, usage: JoorUsage) -> Measured {
    let JoorUsage { orders_at_once, lines_at_once, .. } = usage;
    let largest = orders_at_once.min(lines_at_once);
    let said =
        format!("one call took {} by id, and the lines of {lines_at_once}", counted(orders_at_once, "order"));
    let (verdict, detail) = match (largest < ids, ids < ORDERS_MAX as usize) {
        (true, _) => (Verdict::Otherwise, format!("{said}; {ids} at once are refused")),
        (false, true) => {
            (Verdict::Unclear, format!("{said}; with fewer than {ORDERS_MAX} orders no more can be tried"))
        }
        (false, false) => (Verdict::AsAssumed, said),
    };
    Measured { amount: i64::try_from(largest).ok(), ..Measured::new(Fact::JoorBatch, verdict, detail) }
}

fn export_states(rows: &[OrderRow]) -> Measured {
    let fact = Fact::JoorExportState;
    let mut words: Vec<String> = Vec::new();
    let mut numbers: Vec<String> = Vec::new();
    for row in rows {
        match export_state_form(&row.raw) {
            Form::Word(word) => words.push(word),
            Form::Number(number) => numbers.push(number),
            Form::Other => {}
        }
    }
    for list in [&mut words, &mut numbers] {
        list.sort();
        list.dedup();
    }
    match (words.is_empty(), numbers.is_empty()) {
        (true, true) => Measured::new(fact, Verdict::Unclear, "no order carries one"),
        (false, true) => {
            Measured::new(fact, Verdict::AsAssumed, format!("comes as word: {}", words.join(", ")))
        }
        (_, false) => {
            Measured::new(fact, Verdict::Otherwise, format!("comes as number: {}", numbers.join(", ")))
        }
    }
}

fn units<'a>(orders: impl Iterator<Item = (Decimal, &'a [Line])>) -> Measured {
    let fact = Fact::JoorUnits;
    let (mut all, mut equal) = (0_usize, 0_usize);
    for (total, lines) in orders {
        let mut live = lines.iter().filter(|line| line.is_live()).map(|line| line.quantity);
        let sum = live.try_fold(Decimal::ZERO, |sum, quantity| sum.checked_add(quantity));
        all += 1;
        equal += usize::from(sum == Some(total));
    }
    if all == 0 {
        return Measured::new(fact, Verdict::Unclear, "no order could be compared");
    }
    let detail = format!("it is the sum of the lines' units in {equal} of {all} orders");
    let verdict = if equal == all { Verdict::AsAssumed } else { Verdict::Otherwise };
    Measured::new(fact, verdict, detail)
}

/// How often and how long an order is watched.
fn patience(trial: Trial) -> (Duration, Duration) {
    match trial {
        Trial::On => (Duration::from_millis(200), Duration::from_secs(6)),
        Trial::Off => (Duration::from_secs(10), Duration::from_secs(600)),
    }
}

/// Waits for what a person does in JOOR, and says what the row did. `tell` is called once the row was read.
pub async fn watch(
    wholesale: &dyn Wholesale,
    clock: &Arc<dyn Clock>,
    trial: Trial,
    (id, click): (&JoorOrderId, Click),
    tell: impl FnOnce(),
) -> Result<Option<Measured>, Stop> {
    let Some(before) = row(wholesale, id).await? else { return Ok(None) };
    tell();
    let (pause, most) = patience(trial);
    let (began, today) = (clock.mono(), clock.now().day());
    loop {
        clock.wait(pause).await;
        let Some(after) = row(wholesale, id).await? else { return Ok(None) };
        // A new approval may take two steps: back to another status, and approved from there.
        let on_the_way = click == Click::Approve && after.order.status != OrderStatus::Approved;
        if after.raw != before.raw && !on_the_way {
            return Ok(Some(match click {
                Click::ReExport => re_export(&before, &after),
                Click::Approve => approved(&before, &after, today),
            }));
        }
        if clock.mono().since(began) >= most {
            let detail = match after.raw == before.raw {
                true => "nothing of the order changed while it was watched".to_owned(),
                false => format!("{}, and it was not approved while it was watched", change(&before, &after)),
            };
            return Ok(Some(Measured::new(fact_of(click), Verdict::Unclear, detail)));
        }
    }
}

fn fact_of(click: Click) -> Fact {
    match click {
        Click::ReExport => Fact::JoorReExport,
        Click::Approve => Fact::JoorReApproval,
    }
}

async fn row(wholesale: &dyn Wholesale, id: &JoorOrderId) -> Result<Option<OrderRow>, Stop> {
    let rows = wholesale.orders_by_id(std::slice::from_ref(id)).await.map_err(Stop::Joor)?;
    Ok(rows.into_iter().flatten().find(|row| row.order.id == *id))
}

fn is_open(row: &OrderRow) -> bool {
    row.order.shown_export_state() == Some(ExportState::Undefined)
}

/// Assumed: a click takes the export state away and leaves the approval alone.
fn re_export(before: &OrderRow, after: &OrderRow) -> Measured {
    let (fact, detail) = (Fact::JoorReExport, change(before, after));
    if is_open(before) {
        let detail = format!("{detail}; it was not exported before, so a click has nothing to take away");
        return Measured::new(fact, Verdict::Unclear, detail);
    }
    let same_approval = before.order.approved == after.order.approved;
    let assumed = is_open(after) && same_approval && after.order.status == before.order.status;
    Measured::new(fact, if assumed { Verdict::AsAssumed } else { Verdict::Otherwise }, detail)
}

/// Assumed: a new approval has a date of its own and leaves the export state alone. One that takes the export state away
/// and keeps its date could not be told from "set to re-export".
fn approved(before: &OrderRow, after: &OrderRow, today: Date) -> Measured {
    let (fact, detail) = (Fact::JoorReApproval, change(before, after));
    if !is_open(before) && is_open(after) {
        let hidden = before.order.approved == after.order.approved;
        let found =
            Measured::new(fact, Verdict::Otherwise, format!("{detail}; the export status is taken away"));
        return Measured { amount: hidden.then_some(HIDDEN), ..found };
    }
    match (before.order.approved == after.order.approved, before.order.approved == Some(today)) {
        (false, _) => Measured::new(fact, Verdict::AsAssumed, detail),
        (true, true) => {
            let why = "it had been approved today already; watch an order that was approved on another day";
            Measured::new(fact, Verdict::Unclear, format!("{detail}; {why}"))
        }
        (true, false) => Measured::new(fact, Verdict::Otherwise, detail),
    }
}

fn change(before: &OrderRow, after: &OrderRow) -> String {
    format!("it changed {}", changed(&before.raw, &after.raw).join(", "))
}

/// Members of the row that differ, with both values.
fn changed(before: &str, after: &str) -> Vec<String> {
    let read = |text: &str| serde_json::from_str::<serde_json::Map<String, Value>>(text).unwrap_or_default();
    let (before, after) = (read(before), read(after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let shown = |value: Option<&Value>| {
        let text = value.map_or_else(|| "nothing".to_owned(), Value::to_string);
        text.chars().take(VALUE_CHARS_MAX).collect::<String>()
    };
    let differs = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    differs
        .map(|name| format!("{name} from {} to {}", shown(before.get(name)), shown(after.get(name))))
        .collect()
}
