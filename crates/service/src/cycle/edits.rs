//! Edits of an order after its export: found by comparing what JOOR says now with what was exported, shown, and never
//! exported.

use super::discover::{Heads, current_exports, shop_order_names};
use super::{Stage, Stop, Worker, judge};
use adapters::ledger::records::Change;
use domain::ids::JoorOrderId;
use domain::orders::order::Order;
use domain::problem::{Problem, Told};
use std::time::Duration;

/// Exported orders changed today or yesterday: their lines are compared at most this often.
const EDIT_CHECK: Duration = Duration::from_secs(3600);

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
            let Some(before) = &record.exported_content else { continue };
            let differences = judge::differences(before, &judge::content(&order, lines));
            let shop_order = shop_order_names(&current_exports(record, &heads.exports[&order.id]));
            let problem = Problem::ChgJoorEdited { shop_order, changes: differences.clone() };
            let open = self.open_order_problem(&order.id, problem.code()).await?;
            let told = problem.told(order.id.as_str());
            match (differences.is_empty(), open) {
                (true, Some(_)) => {
                    changes
                        .push(Change::ProblemClosed { order: Some(order.id.clone()), code: problem.code() });
                }
                (false, open) if open.as_ref() != Some(&told) => {
                    changes.push(Change::ProblemOpened { order: Some(order.id.clone()), told });
                }
                (true, None) | (false, _) => {}
            }
        }
        Ok(())
    }

    async fn open_order_problem(&self, order: &JoorOrderId, code: &str) -> Stage<Option<Told>> {
        let open = self.open_problems(Some(order)).await?;
        Ok(open.into_iter().find(|told| told.code == code))
    }
}
