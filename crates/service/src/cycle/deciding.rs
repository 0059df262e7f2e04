//! Lets the domain decide over every open order and records what became of each: ready, held or skipped with all its
//! problems. Nothing is sent here; the drafts are made again from a fresh read right before sending.

use super::discover::{bad_payload, current_exports, fresh_row, moved};
use super::freeze::{is_to_leave, is_wanted};
use super::judge::{self, FirstSight};
use super::{Gathered, Stage, Turned, Worker, cancelling, seen};
use adapters::ledger::records::{Change, ExportRecord, OrderRecord};
use adapters::shopify::units_asked;
use domain::ids::JoorOrderId;
use domain::money::Money;
use domain::orders::decide::{Decision, NewCustomer, Promised, decide};
use domain::orders::draft::Draft;
use domain::orders::export::{Event, State, apply};
use domain::orders::order::Order;
use domain::orders::reexport::stands_in_the_way;
use domain::problem::{Problem, Told, one_per_code};
use std::time::Duration;

/// A refused request is sent again after this long even if nothing changed.
pub(super) const REFUSAL_KEPT: Duration = Duration::from_secs(6 * 3600);

/// What a decision means for the export rows of an order.
pub(super) struct Verdict {
    pub event: Event,
    pub told: Vec<Told>,
    pub drafts: Vec<Draft>,
    pub create_customer: Option<NewCustomer>,
    /// What was seen of the order, as the ledger keeps it; `None`: its lines were not looked at.
    pub seen: Option<String>,
}

impl Worker {
    /// Decides over all gathered orders and returns those that are ready, in the order in which they are to be sent.
    pub(super) async fn decide(
        &mut self,
        turned: &mut Turned,
        gathered: &Gathered,
    ) -> Stage<Vec<JoorOrderId>> {
        let mut promised = self.promised_before(gathered);
        let mut ready = Vec::new();
        let mut changes = Vec::new();
        for id in gathered.in_order(self.settings()) {
            if self.has_left(gathered, &id) {
                ready.push(id);
                continue;
            }
            let rows = current_exports(&gathered.heads.records[&id], &gathered.heads.exports[&id]);
            if rows.iter().any(|row| self.is_held_back(&row.export.key)) {
                continue;
            }
            let verdict = self.verdict(turned, gathered, &id, &mut promised)?;
            self.memory.counts.decided += 1;
            if verdict.event == Event::Cleared {
                self.memory.counts.ready += 1;
                ready.push(id.clone());
            }
            changes.extend(self.verdict_changes(gathered, &id, &verdict).await?);
        }
        self.commit(turned, &changes).await?;
        Ok(ready)
    }

    /// Some part of the current generation is in flight or exported: what is left of it is sent as frozen, never re-cut.
    pub(super) fn has_left(&self, gathered: &Gathered, id: &JoorOrderId) -> bool {
        let record = &gathered.heads.records[id];
        current_exports(record, &gathered.heads.exports[id])
            .iter()
            .any(|row| row.export.state.is_in_flight() || matches!(row.export.state, State::Exported { .. }))
    }

    /// Units that requests without a clear answer may still take, and parts left from an earlier cycle are about to.
    pub(super) fn promised_before(&self, gathered: &Gathered) -> Promised {
        let in_flight = gathered.heads.exports.values().flatten();
        let in_flight = in_flight.filter(|row| row.export.state.is_in_flight());
        let left = gathered
            .heads
            .orders
            .iter()
            .filter(|(id, order)| self.has_left(gathered, id) && is_wanted(order));
        let rows = left
            .flat_map(|(id, _)| current_exports(&gathered.heads.records[id], &gathered.heads.exports[id]));
        let mut promised = Promised::default();
        let rows = rows.filter(|row| is_to_leave(row)).chain(in_flight);
        let requests = rows.filter_map(|row| row.request.as_ref());
        for request in requests.filter(|request| self.shop.claims_stock(request)) {
            for (variant, units) in units_asked(request).into_iter().flatten() {
                *promised.0.entry(variant).or_default() += units;
            }
        }
        promised
    }

    pub(super) fn verdict(
        &self,
        turned: &Turned,
        gathered: &Gathered,
        id: &JoorOrderId,
        promised: &mut Promised,
    ) -> Stage<Verdict> {
        let record = &gathered.heads.records[id];
        let order = &gathered.heads.orders[id];
        if let Some(broken) = gathered.broken.get(id) {
            return Ok(Verdict {
                seen: seen::unreadable(&broken.raw),
                ..held(id, vec![bad_payload(broken)])
            });
        }
        if let Some(problem) = gathered.refused_customers.get(&order.retailer.joor_id) {
            return Ok(held(id, vec![problem.clone()]));
        }
        if let Some(verdict) = self.not_ours(turned, record, order, &gathered.heads.exports[id]) {
            return Ok(verdict);
        }
        let none = Vec::new();
        let lines = gathered.lines.get(id).unwrap_or(&none);
        let key = |part: u32| domain::ids::ExportKey {
            order: id.clone(),
            generation: domain::ids::Generation(record.generation),
            part: domain::ids::Part(part),
        };
        let tokens = |part: u32| self.token(&key(part));
        let facts = gathered.facts(self, turned, record, order, &tokens);
        let seen = seen::seen(order, lines, &facts, promised);
        // A live earlier generation takes no stock from others: it is found before anything is promised.
        let live = self.live_earlier(gathered, record);
        if !live.is_empty() {
            let mut trial = promised.clone();
            let mut problems = vec![Problem::DupLiveExport { shop_orders: live }];
            if let Decision::Held(more) = decide(order, lines, &facts, &mut trial) {
                problems.extend(more);
            }
            return Ok(Verdict { seen, ..held(id, problems) });
        }
        let before = promised.clone();
        Ok(match decide(order, lines, &facts, promised) {
            Decision::Held(problems) => Verdict { seen, ..held(id, problems) },
            Decision::Skipped(problems) => Verdict { event: Event::Skipped, ..held(id, problems) },
            Decision::Export { drafts, marks, create_customer } => {
                let told = one_per_code(marks.iter().map(|mark| mark.told(id.as_str())).collect());
                let refused = self.refused_before(gathered, id, &drafts);
                if let Some(refusal) = refused {
                    *promised = before;
                    let told = vec![refusal];
                    Verdict { event: Event::Held, told, drafts, create_customer: None, seen }
                } else {
                    Verdict { event: Event::Cleared, told, drafts, create_customer, seen }
                }
            }
        })
    }

    /// An order only leaves if JOOR's own mark says that nobody else exported it, unless a person said so.
    fn not_ours(
        &self,
        turned: &Turned,
        record: &OrderRecord,
        order: &Order,
        exports: &[ExportRecord],
    ) -> Option<Verdict> {
        if record.export_anyway {
            return None;
        }
        if record.generation > 1 {
            let problem = judge::marked_by_somebody_else(order, exports)?;
            return Some(held(&order.id, vec![problem]));
        }
        let export_state = judge::export_state(order, &[], Some(record));
        let order = &Order { export_state, ..order.clone() };
        match judge::first_sight(order, self.start(turned)) {
            FirstSight::Ignore | FirstSight::Open => None,
            FirstSight::Skipped(problem) => {
                Some(Verdict { event: Event::Skipped, ..held(&order.id, vec![problem]) })
            }
            FirstSight::Held(problem) => Some(held(&order.id, vec![problem])),
        }
    }

    /// Names of Shopify orders of earlier generations that still stand (read in Shopify, not assumed).
    fn live_earlier(&self, gathered: &Gathered, record: &OrderRecord) -> Vec<String> {
        gathered.heads.exports[&record.id]
            .iter()
            .filter(|row| row.export.key.generation.0 < record.generation)
            .filter_map(|row| {
                let (cancelled, name) = match &row.export.state {
                    State::Exported { order, name } => (gathered.is_cancelled(order), name.as_str()),
                    _ => (false, "the order that was entered by hand"),
                };
                let still = || match cancelling::why_alive(row) {
                    Some(reason) => format!("{name} ({reason})"),
                    None if gathered.is_being_cancelled(&row.export.key) => {
                        format!("{name} (being cancelled there)")
                    }
                    None => name.to_owned(),
                };
                stands_in_the_way(&row.export, cancelled, record.export_anyway).then(still)
            })
            .collect()
    }

    /// The same request, under the same circumstances, was refused already.
    fn refused_before(&self, gathered: &Gathered, id: &JoorOrderId, drafts: &[Draft]) -> Option<Told> {
        let rows = &gathered.heads.exports[id];
        drafts.iter().find_map(|draft| {
            let row = rows.iter().find(|row| row.export.token == draft.token)?;
            let refusal = row.refusal.as_ref()?;
            let kept = self.now().since(refusal.at) < REFUSAL_KEPT;
            let allowed = if refusal.told.code == "STOCK_CLAIM_FAILED" { 2 } else { 1 };
            let same = refusal.fingerprint == self.circumstances(gathered, draft);
            (kept && same && refusal.times >= allowed).then(|| refusal.told.clone())
        })
    }

    /// A fingerprint of the request and of what Shopify's answer depends on.
    pub(super) fn circumstances(&self, gathered: &Gathered, draft: &Draft) -> String {
        let stock: Vec<String> = draft
            .lines
            .iter()
            .filter_map(|line| gathered.variants.get(&line.variant))
            .map(|variant| variant.available.values().sum::<i64>().to_string())
            .collect();
        format!("{} {} {}", self.shop.freeze(draft).fingerprint, self.settings_version, stock.join(","))
    }

    /// What has to be stored for a verdict; nothing if it is what the ledger says already.
    pub(super) async fn verdict_changes(
        &mut self,
        gathered: &Gathered,
        id: &JoorOrderId,
        verdict: &Verdict,
    ) -> Stage<Vec<Change>> {
        let record = &gathered.heads.records[id];
        let mut changes = Vec::new();
        let detail =
            verdict.told.first().map_or_else(|| "all checks passed".to_owned(), |told| told.sentence.clone());
        let rows = self.part_rows(gathered, record, verdict.drafts.len().max(1), &mut changes)?;
        for (index, row) in rows.iter().enumerate() {
            let needless = verdict.event == Event::Cleared && index >= verdict.drafts.len();
            let event = if needless { &Event::Skipped } else { &verdict.event };
            let wanted = state_after(event);
            if row.export.state.word() != wanted
                && let Ok(export) = apply(&row.export, event)
            {
                changes.push(moved(&export, event, if needless { "no longer needed" } else { &detail }));
            }
        }
        let open = self.open_problems(Some(id)).await?;
        let same = open.len() == verdict.told.len() && verdict.told.iter().all(|told| open.contains(told));
        if !same {
            changes.push(Change::Problems { order: Some(id.clone()), told: verdict.told.clone() });
            changes.push(Change::ReportDue { order: id.clone(), due: Some(self.now()) });
        }
        if let Some(seen) = &verdict.seen {
            changes.extend(self.sighted(id, seen).await?);
        }
        let fresh = OrderRecord {
            value: value_of(verdict).or_else(|| gathered.worth(id)).or(record.value),
            units: units_of(verdict).or_else(|| gathered.units(id)).or(record.units),
            ..record.clone()
        };
        if fresh.value != record.value || fresh.units != record.units {
            // Before the report mark, which would be lost under the older row.
            changes.insert(0, Change::Order(Box::new(fresh)));
        }
        Ok(changes)
    }

    /// Keeps what was seen of an order, if it is anything new.
    pub(super) async fn sighted(&self, id: &JoorOrderId, seen: &str) -> Stage<Option<Change>> {
        let known = self.ledger.sight(&self.name, id).await?;
        let is_new = known.is_none_or(|sight| sight.words != seen);
        Ok(is_new.then(|| Change::Sighted { order: id.clone(), seen: seen.to_owned() }))
    }

    /// The rows of all parts, opening those that are missing.
    fn part_rows(
        &self,
        gathered: &Gathered,
        record: &OrderRecord,
        parts: usize,
        changes: &mut Vec<Change>,
    ) -> Stage<Vec<ExportRecord>> {
        let mut rows: Vec<ExportRecord> =
            current_exports(record, &gathered.heads.exports[&record.id]).into_iter().cloned().collect();
        for part in rows.len() + 1..=parts {
            let Ok(export) = self.new_export(&record.id, record.generation, part as u32) else { break };
            changes.push(Change::ExportOpened(export.clone()));
            rows.push(fresh_row(export, self.now()));
        }
        Ok(rows)
    }
}

fn held(id: &JoorOrderId, problems: Vec<Problem>) -> Verdict {
    let told = one_per_code(problems.iter().map(|problem| problem.told(id.as_str())).collect());
    Verdict { event: Event::Held, told, drafts: Vec::new(), create_customer: None, seen: None }
}

fn state_after(event: &Event) -> &'static str {
    match event {
        Event::Cleared => "ready",
        Event::Held => "held",
        Event::Skipped => "skipped",
        other => other.word(),
    }
}

pub(super) fn value_of(verdict: &Verdict) -> Option<Money> {
    let first = verdict.drafts.first()?;
    let sum = verdict.drafts.iter().map(|draft| draft.expected.amount).sum();
    Some(Money::new(sum, first.expected.currency))
}

fn units_of(verdict: &Verdict) -> Option<i64> {
    (!verdict.drafts.is_empty()).then(|| verdict.drafts.iter().map(|draft| draft.units).sum())
}
