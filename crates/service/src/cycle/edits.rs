//! Edits of an order after its export: found by comparing what JOOR says now with what was exported, shown, and never
//! exported.

use super::discover::{Heads, current_exports, shop_order_names};
use super::{Stage, Stop, Worker, judge};
use adapters::ledger::records::{Change, ExportRecord, OrderRecord};
use domain::ids::JoorOrderId;
use domain::orders::order::Order;
use domain::problem::{Problem, Told};
use std::time::Duration;

/// Exported orders changed today or yesterday: their lines are compared at most this often.
const EDIT_CHECK: Duration = Duration::from_secs(3600);

pub(super) const EDITED: &str = "CHG_JOOR_EDITED";

/// What an order that reads like this now has become since its export, or since a person accepted an edit of it.
pub(super) fn edit_of(record: &OrderRecord, exports: &[ExportRecord], content: &str) -> Option<Problem> {
    let changes = judge::differences(record.exported_content.as_ref()?, content);
    let shop_order = shop_order_names(&current_exports(record, exports));
    (!changes.is_empty()).then_some(Problem::ChgJoorEdited { shop_order, changes })
}

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

    /// Compares exported orders that may have been edited with what was exported.
    pub(super) async fn compare_edited(
        &mut self,
        heads: &Heads,
        edited: Vec<Order>,
        changes: &mut Vec<Change>,
    ) -> Stage<()> {
        let ids: Vec<JoorOrderId> = edited.iter().map(|order| order.id.clone()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let lines = self.wholesale.lines(&ids).await.map_err(Stop::Joor)?;
        for order in edited {
            let (Some(record), Some(Ok(lines))) = (heads.records.get(&order.id), lines.get(&order.id)) else {
                continue;
            };
            let found = edit_of(record, &heads.exports[&order.id], &judge::content(&order, lines));
            let told = found.map(|problem| problem.told(order.id.as_str()));
            let open = self.open_order_problem(&order.id, EDITED).await?;
            match (told, open) {
                (None, Some(_)) => {
                    changes.push(Change::ProblemClosed { order: Some(order.id.clone()), code: EDITED });
                }
                (Some(told), open) if open.as_ref() != Some(&told) => {
                    changes.push(Change::ProblemOpened { order: Some(order.id.clone()), told });
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
