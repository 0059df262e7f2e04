//! Edits of an order after its export: found by comparing what JOOR says now with what was exported, shown, and never
//! exported.

use super::commands::is_exported;
use super::discover::{Heads, current_exports, shop_order_names};
use super::{Stage, Stop, Turned, Worker, content};
use adapters::ledger::records::{Change, ExportRecord, OrderRecord};
use adapters::ports::OrderRow;
use domain::ids::JoorOrderId;
use domain::orders::order::Order;
use domain::problem::{Problem, Told};
use std::time::Duration;

/// Exported orders changed today or yesterday: their lines are compared at most this often.
const EDIT_CHECK: Duration = Duration::from_secs(3600);

/// Linked orders that are read with one call.
const READ_TOGETHER: usize = 50;

pub const EDITED: &str = "CHG_JOOR_EDITED";

/// What an order that reads like this now has become since its export, or since a person accepted an edit of it.
pub(super) fn edit_of(record: &OrderRecord, exports: &[ExportRecord], content: &str) -> Option<Problem> {
    let changes = content::differences(record.exported_content.as_ref()?, content);
    let shop_order = shop_order_names(&current_exports(record, exports));
    (!changes.is_empty()).then_some(Problem::ChgJoorEdited { shop_order, changes })
}

/// Edited orders that are compared in one cycle; the others come with the next ones.
const EDITED_MAX: usize = 200;

impl Worker {
    /// Is it time to compare the lines of an exported order whose head did not change?
    pub(super) fn edit_check_due(&mut self, id: &JoorOrderId) -> bool {
        let now = self.clock.mono();
        let due = self.memory.edit_checked.get(id).is_none_or(|at| now.since(*at) >= EDIT_CHECK);
        if due {
            self.memory.edit_checked.insert(id.clone(), now);
        }
        due
    }

    /// Notes what orders that a person linked are in JOOR, so that an edit after that is seen. None of them keeps anything
    /// back: where JOOR has no time for it, they go on being due for a report and come with the next cycle.
    pub(super) async fn note_linked(&mut self, turned: &mut Turned) -> Stage<()> {
        for record in self.ledger.reports_due(&self.name, self.due()).await? {
            let unknown = record.exported_content.is_none();
            if unknown && is_exported(&record, &self.exports_of(&record.id).await?) {
                self.memory.linked.insert(record.id);
            }
        }
        let ids: Vec<JoorOrderId> = self.memory.linked.iter().cloned().collect();
        for chunk in ids.chunks(READ_TOGETHER) {
            let (rows, lines) =
                match (self.wholesale.orders_by_id(chunk).await, self.wholesale.lines(chunk).await) {
                    (Ok(rows), Ok(lines)) => (rows, lines),
                    (Err(error), _) | (_, Err(error)) => {
                        tracing::info!(reason = %error, "what JOOR says of linked orders is read later");
                        return Ok(());
                    }
                };
            let records = self.records(chunk).await?;
            let mut changes = Vec::new();
            for OrderRow { order, .. } in rows.into_iter().flatten() {
                let (Some(record), Some(Ok(lines))) = (records.get(&order.id), lines.get(&order.id)) else {
                    continue;
                };
                let unknown = record.exported_content.is_none();
                if unknown && is_exported(record, &self.exports_of(&order.id).await?) {
                    let exported_content = Some(content::content(&order, lines));
                    changes.push(Change::Order(Box::new(OrderRecord { exported_content, ..record.clone() })));
                }
            }
            self.commit(turned, &changes).await?;
            self.memory.linked.retain(|id| !chunk.contains(id));
        }
        Ok(())
    }

    /// Compares exported orders that may have been edited with what was exported.
    pub(super) async fn compare_edited(
        &mut self,
        heads: &Heads,
        mut edited: Vec<Order>,
        changes: &mut Vec<Change>,
    ) -> Stage<()> {
        for later in edited.drain(EDITED_MAX.min(edited.len())..) {
            self.memory.edit_checked.remove(&later.id);
        }
        let ids: Vec<JoorOrderId> = edited.iter().map(|order| order.id.clone()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let lines = self.wholesale.lines(&ids).await.map_err(Stop::Joor)?;
        for order in edited {
            let (Some(record), Some(Ok(lines))) = (heads.records.get(&order.id), lines.get(&order.id)) else {
                continue;
            };
            let content = content::content(&order, lines);
            let found = edit_of(record, &heads.exports[&order.id], &content);
            let told = found.map(|problem| problem.told(order.id.as_str()));
            let open = self.open_order_problem(&order.id, EDITED).await?;
            match (told, open) {
                (None, Some(_)) => {
                    changes.push(Change::ProblemClosed { order: Some(order.id.clone()), code: EDITED });
                }
                (Some(told), open) if open.as_ref() != Some(&told) => {
                    changes.push(Change::ProblemOpened { order: Some(order.id.clone()), told });
                    changes.push(Change::EditSeen { order: order.id.clone(), content });
                }
                (None, None) | (Some(_), _) => {}
            }
        }
        Ok(())
    }

    async fn open_order_problem(&self, order: &JoorOrderId, code: &str) -> Stage<Option<Told>> {
        let open = self.open_problems(Some(order)).await?;
        Ok(open.into_iter().find(|told| told.code == code))
    }
}
