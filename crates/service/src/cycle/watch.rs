//! Watches exported orders: is our report there, was the order cancelled in JOOR, or set to re-export? Opens the next
//! generation where one is asked for. Nothing is sent here.

use super::discover::{Heads, fresh_row, shop_order_names};
use super::{Stage, Turned, Worker, judge};
use crate::probe::facts::hides_reapproval;
use adapters::ledger::ProblemQuery;
use adapters::ledger::records::{Change, ExportRecord, OrderRecord};
use adapters::settings::Trial;
use domain::ids::JoorOrderId;
use domain::orders::export::Export;
use domain::orders::order::{ExportState, Order, OrderStatus};
use domain::orders::reexport::{self, Reading};
use domain::orders::reporting;
use domain::problem::{Problem, Told};
use domain::settings::{AfterReapproval, ReportMode};
use std::time::Duration;

impl Worker {
    /// An exported order was read: is our report there, was it cancelled, or set to re-export?
    pub(super) async fn watch_exported(
        &mut self,
        turned: &Turned,
        heads: &mut Heads,
        record: &mut OrderRecord,
        order: &Order,
        changes: &mut Vec<Change>,
    ) -> Stage<()> {
        let id = &order.id;
        let all: Vec<&ExportRecord> = heads.exports[id].iter().collect();
        let name = shop_order_names(&all);
        let back = order.export_state == Some(ExportState::Success)
            && heads.records[id].export_state != judge::export_state_word(order.export_state);
        if back {
            // JOOR shows the order as exported again: no question is open about that.
            changes.push(Change::ProblemClosed { order: Some(id.clone()), code: "CHG_JOOR_REAPPROVED" });
        }
        self.watch_cancelled(heads, order, changes).await?;
        if turned.connection.live_since.is_none() || self.settings().report == ReportMode::None {
            return Ok(());
        }
        let (reading, after_reapproval) = self.reading(record, order, &heads.exports[id]).await?;
        match reading {
            Reading::Nothing => {}
            // Not written once more, whatever became of the answer: that would undo a later "set to re-export".
            Reading::Reported => {
                if record.report_due.is_some() || record.report_in_flight {
                    let code = "BACK_STATUS_FAILED";
                    changes.push(Change::ProblemClosed { order: Some(id.clone()), code });
                }
                record.reported = Some((ExportState::Success, order.export_description.clone()));
                record.report_in_flight = false;
                record.report_due = None;
            }
            Reading::ReportAgain => {
                if record.report_due.is_none() {
                    record.reported = None;
                    record.report_due = Some(self.now());
                }
            }
            Reading::Reexport => self.next_generation(heads, record, order, changes),
            Reading::ReexportAfterReapproval => match after_reapproval {
                AfterReapproval::Export => self.next_generation(heads, record, order, changes),
                AfterReapproval::Ignore => {}
                AfterReapproval::Ask => {
                    let told = Problem::ChgJoorReapproved { shop_order: name }.told(id.as_str());
                    changes.push(Change::ProblemOpened { order: Some(id.clone()), told });
                }
            },
        }
        Ok(())
    }

    /// An order that is in Shopify, or a part of it, and is cancelled in JOOR.
    pub(super) async fn watch_cancelled(
        &self,
        heads: &Heads,
        order: &Order,
        changes: &mut Vec<Change>,
    ) -> Stage<()> {
        let id = &order.id;
        let there: Vec<&ExportRecord> =
            heads.exports[id].iter().filter(|row| row.export.state.shop_order().is_some()).collect();
        let cancelled = Problem::ChgJoorCancelled { shop_order: shop_order_names(&there) };
        let was_cancelled = heads.records[id].status == OrderStatus::Cancelled.word();
        if order.status == OrderStatus::Cancelled {
            let told = cancelled.told(id.as_str());
            if !was_cancelled || !self.was_told(id, &told).await? {
                changes.push(Change::ProblemOpened { order: Some(id.clone()), told });
            }
        } else if was_cancelled {
            changes.push(Change::ProblemClosed { order: Some(id.clone()), code: cancelled.code() });
        }
        Ok(())
    }

    /// What this read of an exported order means, as far as this JOOR account can tell it, and what follows a new approval.
    async fn reading(
        &self,
        record: &mut OrderRecord,
        order: &Order,
        exports: &[ExportRecord],
    ) -> Stage<(Reading, AfterReapproval)> {
        let exports: Vec<&Export> = exports.iter().map(|row| &row.export).collect();
        let ours = reporting::ours(record.generation, &exports);
        let (track, reading) =
            reexport::read(&record.track, order, &ours, self.now(), self.reexport_spacing());
        record.track = track;
        let then = self.settings().orders.after_reapproval;
        Ok(match (reading, then) {
            // It may be a new approval or a wish, so neither is left out unasked.
            (Reading::Reexport, AfterReapproval::Ask | AfterReapproval::Ignore)
                if hides_reapproval(&self.ledger.measured(&self.name).await?) =>
            {
                (Reading::ReexportAfterReapproval, AfterReapproval::Ask)
            }
            other => other,
        })
    }

    /// Was this said about the order already? If a person closed it since, they left the order as it is.
    pub(super) async fn was_told(&self, id: &JoorOrderId, told: &Told) -> Stage<bool> {
        let query = ProblemQuery { order: Some(id.clone()), open_only: false };
        let rows = self.ledger.problems(&self.name, &query).await?;
        Ok(rows.iter().any(|row| row.told.code == told.code && row.told.sentence == told.sentence))
    }

    fn reexport_spacing(&self) -> Duration {
        match self.trial {
            Trial::On => Duration::from_millis(1),
            Trial::Off => self.settings().schedule.interval,
        }
    }

    /// Opens the next generation and puts its order among those to be decided.
    fn next_generation(
        &self,
        heads: &mut Heads,
        record: &mut OrderRecord,
        order: &Order,
        changes: &mut Vec<Change>,
    ) {
        if let Some(export) = self.open_generation(record, changes) {
            heads.exports.entry(order.id.clone()).or_default().push(fresh_row(export, self.now()));
            heads.orders.insert(order.id.clone(), order.clone());
        }
    }

    /// Opens the next generation. It is sent only once every part of the earlier one is cancelled in Shopify.
    pub(super) fn open_generation(
        &self,
        record: &mut OrderRecord,
        changes: &mut Vec<Change>,
    ) -> Option<Export> {
        let export = self.new_export(&record.id, record.generation + 1, 1).ok()?;
        record.generation += 1;
        record.track = record.track.for_next_generation();
        record.reported = None;
        record.report_in_flight = false;
        record.report_tries = 0;
        record.report_due = None;
        changes.push(Change::ExportOpened(export.clone()));
        changes.push(Change::Problems { order: Some(record.id.clone()), told: Vec::new() });
        Some(export)
    }
}
