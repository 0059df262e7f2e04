//! The three lists of JOOR that a cycle reads, and in which of them an order stood that JOOR filtered by export state.
//! What that says of a mark that came as a number is in `judge.rs`.

use super::{Heads, Rows};
use crate::cycle::daily::id_of;
use crate::cycle::{Stage, Stop, Turned, Worker, judge};
use adapters::ports::OrderFilter;
use domain::ids::JoorOrderId;
use domain::orders::order::{ExportState, OrderStatus};
use jiff::ToSpan;
use std::collections::BTreeMap;

/// In which of the lists an order stood that JOOR filtered by export state.
pub(super) type Filtered = BTreeMap<JoorOrderId, Vec<ExportState>>;

impl Worker {
    /// What was modified lately comes first, so that an order which is approved meanwhile is met in JOOR's filtered lists too.
    pub(super) async fn read_lists(&mut self, turned: &mut Turned) -> Stage<(Rows, Filtered)> {
        let approved = |state| OrderFilter {
            status: Some(OrderStatus::Approved),
            export_state: Some(state),
            ..OrderFilter::default()
        };
        // Yesterday, or the day before the last good cycle if nobody looked for longer.
        let last_good = turned.connection.last_good.unwrap_or(turned.connection.created).day();
        let since = self.now().day().min(last_good).saturating_sub(1.day());
        let modified = OrderFilter { modified_since: Some(since), ..OrderFilter::default() };
        let (mut rows, mut filtered) = (Rows::new(), Filtered::new());
        let mut nameless = Vec::new();
        for filter in [modified, approved(ExportState::Undefined), approved(ExportState::Failed)] {
            self.keep_lease(turned).await?;
            for row in self.wholesale.orders(&filter).await.map_err(Stop::Joor)? {
                let Some(id) = id_of(&row) else {
                    nameless.extend(row.err());
                    continue;
                };
                if let Some(state) = filter.export_state {
                    let lists = filtered.entry(id.clone()).or_default();
                    if !lists.contains(&state) {
                        lists.push(state);
                    }
                }
                rows.insert(id, row);
            }
        }
        self.tell_nameless(turned, &nameless).await?;
        Ok((rows, filtered))
    }
}

/// Marks that came as numbers become states where something else says the same.
pub(super) fn bear_out(rows: &mut Rows, filtered: &Filtered, heads: &Heads) {
    for row in rows.values_mut().flatten() {
        let lists = filtered.get(&row.order.id).map(Vec::as_slice).unwrap_or_default();
        row.order.export_state = judge::export_state(&row.order, lists, heads.records.get(&row.order.id));
    }
}
