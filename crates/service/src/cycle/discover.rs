//! Reads what changed in JOOR and brings the ledger up to date: new orders open an export, exported ones are watched for
//! edits, cancellations and "set to re-export". Nothing is decided over an order here and nothing is sent.

mod lists;

use super::daily::id_of;
use super::judge::{self, FirstSight};
use super::{Stage, Stop, Turned, Worker};
use adapters::ledger::records::{Change, ExportRecord, OrderRecord};
use adapters::ledger::{ExportQuery, OrderQuery};
use adapters::ports::{BrokenRow, OrderRow, Row};
use domain::ids::{ExportKey, Generation, JoorOrderId, Part, Token};
use domain::orders::export::{Event, Export, State, Step, apply, next};
use domain::orders::order::{ExportState, Order, OrderStatus};
use domain::orders::reexport::is_doubted;
use domain::orders::reporting::reads_like_ours;
use domain::problem::Problem;
use jiff::ToSpan;
use lists::bear_out;
use std::collections::{BTreeMap, BTreeSet};

/// Known open orders that no list shows are read by id, so many in one cycle.
const READ_BY_ID_MAX: usize = 1000;

/// The heads of all orders that are open, as read in this cycle.
#[derive(Default)]
pub struct Heads {
    pub orders: BTreeMap<JoorOrderId, Order>,
    pub records: BTreeMap<JoorOrderId, OrderRecord>,
    pub exports: BTreeMap<JoorOrderId, Vec<ExportRecord>>,
}

type Rows = BTreeMap<JoorOrderId, Row<OrderRow>>;

impl Worker {
    pub(super) async fn discover(&mut self, turned: &mut Turned) -> Stage<Heads> {
        let (mut rows, filtered) = self.read_lists(turned).await?;
        let open = self.open_exports().await?;
        let asked = self.read_unlisted(&mut rows, &open).await?;
        let ids: Vec<JoorOrderId> = rows.keys().chain(open.keys()).cloned().collect();
        let mut heads = Heads { records: self.records(&ids).await?, exports: open, ..Heads::default() };
        bear_out(&mut rows, &filtered, &heads);
        self.read_doubted(&mut rows, &heads).await?;
        // What was just read by its id.
        bear_out(&mut rows, &filtered, &heads);
        let mut changes = Vec::new();
        let mut edited: Vec<Order> = Vec::new();
        for (id, row) in rows {
            self.memory.counts.listed += 1;
            match row {
                Ok(row) => self.take_in(turned, &mut heads, row, &mut changes, &mut edited).await?,
                Err(broken) => self.take_in_broken(&mut heads, &id, &broken, &mut changes).await?,
            }
        }
        for id in asked {
            self.vanished(&mut heads, &id, &mut changes).await?;
        }
        self.compare_edited(&heads, edited, &mut changes).await?;
        self.commit(turned, &changes).await?;
        self.memory.lines.retain(|id, _| heads.orders.contains_key(id));
        Ok(heads)
    }

    /// Rows without a readable order id belong to no order, so the connection says that they are there.
    pub(super) async fn tell_nameless(&mut self, turned: &mut Turned, broken: &[BrokenRow]) -> Stage<()> {
        let code = "SRC_BAD_PAYLOAD";
        let open = self.open_connection_problem(code).await?;
        let change = match (broken.first(), open) {
            (Some(row), _) => {
                Change::ProblemOpened { order: None, told: bad_payload(row).told("without a number") }
            }
            (None, true) => Change::ProblemClosed { order: None, code },
            (None, false) => return Ok(()),
        };
        Ok(self.commit(turned, &[change]).await?)
    }

    /// Exports that are not at rest, by order, with all parts and generations of those orders.
    async fn open_exports(&self) -> Stage<BTreeMap<JoorOrderId, Vec<ExportRecord>>> {
        let states = vec!["seen", "waiting", "held", "skipped", "ready", "sending", "unconfirmed"];
        let query = ExportQuery { states, ..ExportQuery::default() };
        let mut open: BTreeMap<JoorOrderId, Vec<ExportRecord>> = BTreeMap::new();
        for row in self.ledger.exports(&self.name, &query).await? {
            open.entry(row.export.key.order.clone()).or_default();
        }
        for (id, rows) in &mut open {
            *rows = self.exports_of(id).await?;
        }
        Ok(open)
    }

    pub(super) async fn exports_of(&self, id: &JoorOrderId) -> Stage<Vec<ExportRecord>> {
        let query = ExportQuery { order: Some(id.clone()), ..ExportQuery::default() };
        Ok(self.ledger.exports(&self.name, &query).await?)
    }

    pub(super) async fn records(&self, ids: &[JoorOrderId]) -> Stage<BTreeMap<JoorOrderId, OrderRecord>> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let query = OrderQuery { ids: Some(ids.to_vec()), ..OrderQuery::default() };
        let rows = self.ledger.orders(&self.name, &query).await?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
    }

    /// Open orders that no list showed are read by id, in rounds. Returns those that JOOR no longer has.
    async fn read_unlisted(
        &mut self,
        rows: &mut Rows,
        open: &BTreeMap<JoorOrderId, Vec<ExportRecord>>,
    ) -> Stage<BTreeSet<JoorOrderId>> {
        let unlisted: Vec<JoorOrderId> = open
            .iter()
            .filter(|(id, exports)| {
                let waits = |row: &ExportRecord| {
                    !matches!(next(&row.export), Step::Rest) && row.export.state != State::Skipped
                };
                !rows.contains_key(*id) && exports.iter().any(waits)
            })
            .map(|(id, _)| id.clone())
            .collect();
        if unlisted.is_empty() {
            return Ok(BTreeSet::new());
        }
        let (turn, round) = their_turn(&unlisted, self.memory.round, READ_BY_ID_MAX);
        self.memory.round = round;
        let mut missing: BTreeSet<JoorOrderId> = turn.iter().cloned().collect();
        for row in self.wholesale.orders_by_id(&turn).await.map_err(Stop::Joor)? {
            if let Some(id) = id_of(&row).filter(|id| missing.remove(id)) {
                rows.insert(id, row);
            }
        }
        Ok(missing)
    }

    /// Exported orders of which a list shows something that would count are read by their id, and only that reading
    /// counts.
    async fn read_doubted(&self, rows: &mut Rows, heads: &Heads) -> Stage<()> {
        let lost = |row: &OrderRow| {
            let listed = row.order.export_state;
            heads.records.get(&row.order.id).is_some_and(|record| {
                // A SUCCESS on an order that was never ours to report is read in every cycle and changes nothing.
                let reports = record.exported_content.is_some()
                    || record.report_due.is_some()
                    || record.reported.is_some();
                // Of an earlier export: the list is behind, or a report was held up.
                let words = &row.order.export_description;
                let other = record.reported.as_ref().is_some_and(|(_, reported)| reported != words)
                    && listed == Some(ExportState::Success)
                    && reads_like_ours(words);
                other
                    || is_doubted(&record.track, listed) && (reports || listed != Some(ExportState::Success))
            })
        };
        let doubted: Vec<JoorOrderId> =
            rows.values().flatten().filter(|row| lost(row)).map(|row| row.order.id.clone()).collect();
        if !doubted.is_empty() {
            rows.extend(self.read_heads(&doubted).await?.into_iter().map(|(id, row)| (id, Ok(row))));
        }
        Ok(())
    }

    async fn take_in(
        &mut self,
        turned: &Turned,
        heads: &mut Heads,
        row: OrderRow,
        changes: &mut Vec<Change>,
        edited: &mut Vec<Order>,
    ) -> Stage<()> {
        let now = self.now();
        let id = row.order.id.clone();
        let Some(old) = heads.records.get(&id).cloned() else {
            return self.first_seen(turned, heads, row, changes).await;
        };
        let mut record = judge::record_of(&row, Some(&old), now);
        if !heads.exports.contains_key(&id) {
            let exports = self.exports_of(&id).await?;
            heads.exports.insert(id.clone(), exports);
        }
        let exports = &heads.exports[&id];
        let shown = judge::shown_generation(&record, exports);
        let shown: Vec<&ExportRecord> =
            exports.iter().filter(|row| row.export.key.generation.0 == shown).collect();
        let current = current_exports(&record, exports);
        let held = current.iter().any(|row| row.export.state == State::Held);
        let exported = shown.iter().all(|row| row.export.state.shop_order().is_some()) && !shown.is_empty();
        if (held || exported) && judge::may_be_written_again(&record, &old) {
            record.report_due = Some(now);
        }
        if exported {
            self.watch_exported(turned, heads, &mut record, &row.order, changes).await?;
            let recent = record.modified.is_some_and(|day| day >= now.day().saturating_sub(1.day()));
            let due = self.memory.lines.get(&id).is_none_or(|known| known.read_on != now.day());
            if record.exported_content.is_none() {
                if self.edit_check_due(&id) {
                    self.memory.linked.insert(id.clone());
                }
            } else if recent && (old.head != record.head || (due && self.edit_check_due(&id))) {
                edited.push(row.order.clone());
            }
        } else if current.iter().any(|row| {
            // In flight: it is looked for and nothing else, whatever changes in JOOR meanwhile.
            matches!(next(&row.export), Step::Check | Step::Send | Step::Wait { .. })
        }) {
            if shown.iter().any(|row| row.export.state.shop_order().is_some()) {
                self.watch_cancelled(heads, &row.order, changes).await?;
            }
            heads.orders.insert(id.clone(), row.order);
        }
        if judge::is_news(&record, &old) {
            changes.push(Change::Order(Box::new(record.clone())));
        }
        heads.records.insert(id, record);
        Ok(())
    }

    async fn first_seen(
        &mut self,
        turned: &Turned,
        heads: &mut Heads,
        row: OrderRow,
        changes: &mut Vec<Change>,
    ) -> Stage<()> {
        let sight = judge::first_sight(&row.order, self.start(turned));
        if sight == FirstSight::Ignore {
            return Ok(());
        }
        self.memory.counts.new += 1;
        let record = judge::record_of(&row, None, self.now());
        let id = row.order.id.clone();
        if !self.open_order(heads, record, changes) {
            return Ok(());
        }
        match sight {
            FirstSight::Ignore => Ok(()),
            FirstSight::Open => {
                heads.orders.insert(id, row.order);
                Ok(())
            }
            FirstSight::Skipped(problem) => {
                self.set_aside(heads, &id, &Event::Skipped, &problem, changes).await
            }
            FirstSight::Held(problem) => self.set_aside(heads, &id, &Event::Held, &problem, changes).await,
        }
    }

    /// Opens the first export; `false` if the order's id cannot stand in a token: it is kept, shown and told, never sent.
    pub(super) fn open_order(
        &mut self,
        heads: &mut Heads,
        record: OrderRecord,
        changes: &mut Vec<Change>,
    ) -> bool {
        let id = record.id.clone();
        let export = match self.new_export(&id, record.generation, 1) {
            Ok(export) => export,
            Err(problem) => {
                changes.push(Change::Order(Box::new(record)));
                changes.push(Change::Problems { order: Some(id.clone()), told: vec![problem.told("")] });
                changes.push(Change::ReportDue { order: id, due: Some(self.now()) });
                return false;
            }
        };
        changes.push(Change::Order(Box::new(record.clone())));
        changes.push(Change::ExportOpened(export.clone()));
        heads.exports.insert(id.clone(), vec![fresh_row(export, self.now())]);
        heads.records.insert(id, record);
        true
    }

    pub(super) fn new_export(
        &self,
        order: &JoorOrderId,
        generation: u32,
        part: u32,
    ) -> Result<Export, Problem> {
        let key = ExportKey { order: order.clone(), generation: Generation(generation), part: Part(part) };
        let token = self.token(&key)?;
        Ok(Export { key, token, state: State::Seen, attempts: 0, version: 0 })
    }

    pub(super) fn token(&self, key: &ExportKey) -> Result<Token, Problem> {
        let joor = &self.checked.joor;
        Token::new(&joor.environment, &joor.account, key).map_err(|refused| Problem::SrcBadPayload {
            field: refused.what.to_owned(),
            expected: "letters and digits only".to_owned(),
            found: refused.value,
        })
    }

    /// Moves every open export of the order aside with one problem, unless it is in flight or there already.
    pub(super) async fn set_aside(
        &self,
        heads: &mut Heads,
        id: &JoorOrderId,
        event: &Event,
        problem: &Problem,
        changes: &mut Vec<Change>,
    ) -> Stage<()> {
        let told = problem.told(id.as_str());
        for row in heads.exports.get_mut(id).into_iter().flatten() {
            let state = row.export.state.word();
            if row.export.state.is_in_flight() || state == event.word() {
                continue;
            }
            if let Ok(export) = apply(&row.export, event) {
                changes.push(moved(&export, event, &told.sentence));
                row.export = export;
            }
        }
        // What is in flight has its own problem, and what is told already is no news.
        let in_flight =
            heads.exports.get(id).into_iter().flatten().any(|row| row.export.state.is_in_flight());
        if !in_flight && self.open_problems(Some(id)).await? != [told.clone()] {
            changes.push(Change::Problems { order: Some(id.clone()), told: vec![told] });
            changes.push(Change::ReportDue { order: id.clone(), due: Some(self.now()) });
        }
        Ok(())
    }

    pub(super) async fn take_in_broken(
        &mut self,
        heads: &mut Heads,
        id: &JoorOrderId,
        broken: &BrokenRow,
        changes: &mut Vec<Change>,
    ) -> Stage<()> {
        let old = heads.records.get(id).cloned();
        let record = judge::record_of_broken(broken, id, old.as_ref(), self.now());
        let approved = broken.status.as_ref().is_none_or(|status| *status == OrderStatus::Approved);
        match &old {
            // A row that is broken and surely not approved is nobody's business yet.
            None if !approved => return Ok(()),
            None => {
                self.open_order(heads, record, changes);
            }
            Some(old) if judge::is_news(&record, old) => changes.push(Change::Order(Box::new(record))),
            Some(_) => {}
        }
        let open =
            heads.exports.get(id).is_some_and(|rows| rows.iter().any(|row| !row.export.state.is_settled()));
        if open {
            self.set_aside(heads, id, &Event::Held, &bad_payload(broken), changes).await?;
            if let Some(raw) = super::seen::unreadable(&broken.raw) {
                changes.extend(self.sighted(id, &raw).await?);
            }
        }
        Ok(())
    }

    async fn vanished(
        &mut self,
        heads: &mut Heads,
        id: &JoorOrderId,
        changes: &mut Vec<Change>,
    ) -> Stage<()> {
        let Some(record) = heads.records.get(id).cloned() else { return Ok(()) };
        self.set_aside(
            heads,
            id,
            &Event::Held,
            &Problem::SrcOrderVanished { seen: record.last_seen },
            changes,
        )
        .await
    }

    async fn open_connection_problem(&self, code: &str) -> Stage<bool> {
        Ok(self.open_problems(None).await?.iter().any(|told| told.code == code))
    }
}

/// Those of many whose turn it is, and where the next turn begins: everybody's comes, however many there are.
fn their_turn(all: &[JoorOrderId], round: usize, most: usize) -> (Vec<JoorOrderId>, usize) {
    let from = if all.len() > most { round % all.len() } else { 0 };
    let turn: Vec<JoorOrderId> = all.iter().cycle().skip(from).take(all.len().min(most)).cloned().collect();
    (turn, from + most.min(all.len()))
}

pub(super) fn bad_payload(broken: &BrokenRow) -> Problem {
    Problem::SrcBadPayload {
        field: broken.field.clone(),
        expected: broken.expected.clone(),
        found: broken.found.clone(),
    }
}

pub(super) fn fresh_row(export: Export, now: domain::time::Moment) -> ExportRecord {
    ExportRecord {
        export,
        request: None,
        refusal: None,
        total: None,
        cancelled: false,
        changed: now,
        shop_created: None,
    }
}

pub(super) fn moved(export: &Export, event: &Event, detail: &str) -> Change {
    Change::ExportMoved {
        export: export.clone(),
        event: event.word(),
        detail: detail.to_owned(),
        request: None,
        total: None,
    }
}

/// The exports of the current generation.
pub(super) fn current_exports<'a>(
    record: &OrderRecord,
    exports: &'a [ExportRecord],
) -> Vec<&'a ExportRecord> {
    exports.iter().filter(|row| row.export.key.generation.0 == record.generation).collect()
}

/// The names of the Shopify orders, such as `#1001, #1002`.
pub(super) fn shop_order_names(exports: &[&ExportRecord]) -> String {
    let names: Vec<&str> = exports
        .iter()
        .filter_map(|row| match &row.export.state {
            State::Exported { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_orders_than_fit_one_cycle_take_turns_and_nobody_is_left_out() {
        let all: Vec<JoorOrderId> = (1..=5).map(|id| JoorOrderId::new(id.to_string())).collect();
        let turns = |most: usize, cycles: usize| {
            let mut round = 0;
            let mut read = Vec::new();
            for _ in 0..cycles {
                let (turn, next) = their_turn(&all, round, most);
                round = next;
                read.push(turn.iter().map(JoorOrderId::as_str).collect::<Vec<_>>().join(" "));
            }
            read
        };
        assert_eq!(turns(2, 3), ["1 2", "3 4", "5 1"]);
        assert_eq!(turns(5, 2), ["1 2 3 4 5", "1 2 3 4 5"]);
        assert_eq!(turns(9, 2), ["1 2 3 4 5", "1 2 3 4 5"]);
    }
}
