//! Tells JOOR the result of each order. The status has to be repeated in every write, so it is read again just before
//! and checked again afterwards; after an unclear answer the order is read before anything is written again.

use super::judge;
use super::{Stage, Stop, Turned, Worker};
use adapters::ledger::records::{Change, ExportRecord, OrderRecord};
use adapters::ports::{CallError, OrderRow, Report, Reported, Row};
use adapters::witness::{self, Said, Wire};
use domain::cycle::back_off;
use domain::ids::{JoorOrderId, ShopOrderId};
use domain::orders::export::State;
use domain::orders::order::{ExportState, OrderStatus};
use domain::orders::reporting::{Mark, Next, Wanted, next_write, repeats_success};
use domain::problem::{Problem, Severity};
use std::collections::BTreeMap;
use std::time::Duration;

/// Reports that go out with one call.
const REPORT_TOGETHER: usize = 50;

/// A report that JOOR did not take.
const FAILED: &str = "BACK_STATUS_FAILED";

struct Due {
    record: OrderRecord,
    exports: Vec<ExportRecord>,
    wanted: Wanted,
}

/// Reports that went out, and what JOOR answered.
#[derive(Default)]
struct Written {
    reports: Vec<(Due, Report)>,
    answer: Reported,
    said: Said,
}

impl Written {
    fn orders(&self) -> impl Iterator<Item = &JoorOrderId> {
        self.reports.iter().map(|(_, report)| &report.order)
    }
}

impl Worker {
    pub(super) async fn report(&mut self, turned: &mut Turned) -> Stage<()> {
        let mut due = self.due_reports(turned).await?;
        due.truncate(REPORT_TOGETHER * 10);
        let mut written = Written::default();
        while !due.is_empty() || !written.reports.is_empty() {
            let rest = due.split_off(due.len().min(REPORT_TOGETHER));
            let together = std::mem::replace(&mut due, rest);
            // One reading shows what became of the last reports, and what the next ones have to repeat.
            let ids: Vec<JoorOrderId> =
                written.orders().chain(together.iter().map(|item| &item.record.id)).cloned().collect();
            let (marks, read) = witness::of(self.read_marks(&ids)).await;
            let marks = marks?;
            self.check_written(turned, &written, &marks).await?;
            written = self.report_some(turned, together, &marks, &read).await?;
        }
        Ok(())
    }

    async fn due_reports(&self, turned: &mut Turned) -> Stage<Vec<Due>> {
        let mut due = Vec::new();
        let mut settled = Vec::new();
        for record in self.ledger.reports_due(&self.name, self.due()).await? {
            if self.memory.linked.contains(&record.id) {
                continue;
            }
            let exports = self.exports_of(&record.id).await?;
            let open = self.open_problems(Some(&record.id)).await?;
            let wanted = judge::wanted_report(&record, &exports, &open, self.settings().report);
            match wanted.filter(|wanted| record.reported.as_ref() != Some(wanted)) {
                Some(wanted) => due.push(Due { record, exports, wanted }),
                None => {
                    // A write that failed is not tried again; what a write overwrote stays to be looked at.
                    let tries =
                        open.iter().filter(|told| told.code == FAILED && told.severity != Severity::Outage);
                    let order = Some(record.id.clone());
                    settled
                        .extend(tries.map(|_| Change::ProblemClosed { order: order.clone(), code: FAILED }));
                    settled.push(Change::ReportDue { order: record.id, due: None });
                }
            }
        }
        self.commit(turned, &settled).await?;
        Ok(due)
    }

    async fn report_some(
        &mut self,
        turned: &mut Turned,
        due: Vec<Due>,
        fresh: &BTreeMap<JoorOrderId, Mark>,
        read: &Said,
    ) -> Stage<Written> {
        let standing = self.standing(&due).await?;
        let mut leaving: Vec<(Due, Report)> = Vec::new();
        let mut changes = Vec::new();
        for item in due {
            let Some(row) = fresh.get(&item.record.id) else {
                changes.push(self.later(&item.record, "the order is not in JOOR's answer"));
                continue;
            };
            match self.next_step(&item, row, &standing).await? {
                Next::There => {
                    let wire = read.about(item.record.id.as_str()).wire();
                    changes.extend(acknowledged(&item.record, &item.wanted, true, wire));
                }
                Next::Write(status) => {
                    let report = Report {
                        order: item.record.id.clone(),
                        status,
                        export_state: item.wanted.0,
                        description: item.wanted.1.clone(),
                    };
                    let in_flight = OrderRecord { report_in_flight: true, ..item.record.clone() };
                    changes.push(Change::Order(Box::new(in_flight)));
                    leaving.push((item, report));
                }
                Next::Wait(reason) => changes.push(self.later(&item.record, &reason)),
                Next::Ask(problem) => {
                    // Whatever is decided makes it due again.
                    let order = item.record.id.clone();
                    changes.push(Change::ReportDue { order, due: None });
                    let told = problem.told(item.record.id.as_str());
                    changes.push(Change::ProblemOpened { order: Some(item.record.id.clone()), told });
                }
            }
        }
        self.commit(turned, &changes).await?;
        if leaving.is_empty() {
            return Ok(Written::default());
        }
        self.write_reports(turned, leaving).await
    }

    async fn write_reports(&mut self, turned: &mut Turned, leaving: Vec<(Due, Report)>) -> Stage<Written> {
        let reports: Vec<Report> = leaving.iter().map(|(_, report)| report.clone()).collect();
        let (answer, said) = witness::of(self.wholesale.report(&reports)).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let changes: Vec<Change> = leaving
                    .iter()
                    .flat_map(|(item, _)| match concerns_the_account(&error) {
                        // Nothing was written: due as before. The account's own problem is told once, not for each
                        // order.
                        true => vec![Change::Order(Box::new(item.record.clone()))],
                        false => self.failed(&item.record, true, &error.to_string(), &said),
                    })
                    .collect();
                self.commit(turned, &changes).await?;
                return Err(Stop::Joor(error));
            }
        };
        Ok(Written { reports: leaving, answer, said })
    }

    /// What JOOR says of the reports, and shows.
    async fn check_written(
        &mut self,
        turned: &mut Turned,
        written: &Written,
        after: &BTreeMap<JoorOrderId, Mark>,
    ) -> Stage<()> {
        let Written { answer, said, .. } = written;
        let mut changes = Vec::new();
        for (item, report) in &written.reports {
            if let Some(reason) = answer.refused.get(&report.order) {
                changes.extend(self.failed(&item.record, false, reason, said));
            } else if answer.acknowledged.contains(&report.order) {
                self.memory.counts.reported += 1;
                let shown = after.get(&report.order);
                let seen = shown.is_some_and(|row| row.export_state == Some(report.export_state));
                let wire = said.about(report.order.as_str()).wire();
                changes.extend(acknowledged(&item.record, &item.wanted, seen, wire));
                if let Some(row) = shown.filter(|row| row.status != report.status) {
                    changes.push(status_changed(&report.order, &report.status, &row.status));
                }
            } else {
                let reason = "JOOR's answer does not mention the order";
                changes.extend(self.failed(&item.record, true, reason, said));
            }
        }
        Ok(self.commit(turned, &changes).await?)
    }

    async fn next_step(
        &self,
        item: &Due,
        mark: &Mark,
        standing: &BTreeMap<ShopOrderId, bool>,
    ) -> Stage<Next> {
        let gone = self.gone(item, standing).await?;
        Ok(next_write(&item.wanted, mark, &item.record.status, gone))
    }

    /// The Shopify order of a part that does not stand any more, if a person has not answered "leave it" about it. That
    /// is not asked again: the part counts as exported.
    async fn gone(&self, item: &Due, standing: &BTreeMap<ShopOrderId, bool>) -> Stage<Option<String>> {
        let id = &item.record.id;
        let shown = judge::shown_generation(&item.record, &item.exports);
        for row in item.exports.iter().filter(|row| row.export.key.generation.0 == shown) {
            let State::Exported { order, name } = &row.export.state else { continue };
            if standing.get(order) != Some(&false) {
                continue;
            }
            let told = Problem::ChgShopifyCancelled { shop_order: name.clone() }.told(id.as_str());
            if self.open_problems(Some(id)).await?.contains(&told) || !self.was_told(id, &told).await? {
                return Ok(Some(name.clone()));
            }
        }
        Ok(None)
    }

    /// Which Shopify orders still stand, for reports that repeat a SUCCESS.
    async fn standing(&self, due: &[Due]) -> Stage<BTreeMap<ShopOrderId, bool>> {
        let ids: Vec<ShopOrderId> = due
            .iter()
            .filter(|item| {
                let (record, exports) = (&item.record, &item.exports);
                let is_of_earlier = judge::shown_generation(record, exports) != record.generation;
                repeats_success(&item.wanted, record.report_tries, record.report_in_flight, is_of_earlier)
            })
            .flat_map(|item| &item.exports)
            .filter_map(|export| match &export.export.state {
                State::Exported { order, .. } => Some(order.clone()),
                _ => None,
            })
            .collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let states = self.shop.orders(&ids).await.map_err(Stop::Shopify)?;
        Ok(states
            .into_iter()
            .map(|(id, state)| (id, state.is_some_and(|state| !state.order.cancelled)))
            .collect())
    }

    /// What JOOR itself holds of these orders; an order that is broken otherwise still has its status.
    async fn read_marks(&self, ids: &[JoorOrderId]) -> Stage<BTreeMap<JoorOrderId, Mark>> {
        let rows = self.wholesale.orders_to_report(ids).await.map_err(Stop::Joor)?;
        let mark = |row: Row<OrderRow>| match row {
            Ok(row) => {
                let export_state = row.order.shown_export_state();
                let (status, description) = (row.order.status, row.order.export_description);
                Some((row.order.id, Mark { status, export_state, description }))
            }
            Err(broken) => Some((
                broken.order?,
                Mark {
                    status: broken.status?,
                    export_state: broken.export_state,
                    description: String::new(),
                },
            )),
        };
        Ok(rows.into_iter().filter_map(mark).collect())
    }

    pub(super) async fn read_heads(&self, ids: &[JoorOrderId]) -> Stage<BTreeMap<JoorOrderId, OrderRow>> {
        let rows = self.wholesale.orders_by_id(ids).await.map_err(Stop::Joor)?;
        Ok(rows.into_iter().flatten().map(|row| (row.order.id.clone(), row)).collect())
    }

    /// Not written now; tried again later without anybody being told.
    fn later(&self, record: &OrderRecord, reason: &str) -> Change {
        tracing::info!(order.number = %record.id, reason, "the report to JOOR waits");
        let due = self.now().plus(self.settings().schedule.interval.min(Duration::from_secs(300)));
        Change::Order(Box::new(OrderRecord { report_due: Some(due), ..record.clone() }))
    }

    fn failed(&self, record: &OrderRecord, maybe_written: bool, reason: &str, said: &Said) -> Vec<Change> {
        let tries = record.report_tries + 1;
        let due = self.now().plus(back_off(tries, self.chance.number() as u32));
        let problem = Problem::BackStatusFailed { reason: reason.to_owned(), status_changed: None };
        let row = OrderRecord {
            report_in_flight: maybe_written,
            report_tries: tries,
            report_due: Some(due),
            ..record.clone()
        };
        let order = record.id.clone();
        let mut changes = vec![
            Change::Order(Box::new(row)),
            Change::ProblemOpened { order: Some(order.clone()), told: problem.told(record.id.as_str()) },
        ];
        let what = if maybe_written { "report_unclear" } else { "report_refused" };
        let wire = said.about(order.as_str()).wire();
        let again =
            wire.is_some().then(|| Change::DeedAgain { order, what, detail: reason.to_owned(), wire });
        changes.extend(again);
        changes
    }
}

/// Answers that JOOR gives before it looks at any order.
fn concerns_the_account(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Throttled { .. } | CallError::Unauthorized { .. } | CallError::TokenUnavailable { .. }
    )
}

fn acknowledged(record: &OrderRecord, wanted: &Wanted, seen: bool, wire: Option<Wire>) -> Vec<Change> {
    let mut row = OrderRecord {
        reported: Some(wanted.clone()),
        report_in_flight: false,
        report_tries: record.report_tries + 1,
        report_due: None,
        ..record.clone()
    };
    if wanted.0 == ExportState::Success {
        row.track.acknowledge(seen);
    } else {
        // A FAILED is rewritten whenever its sentence changed: it is no repetition of a SUCCESS.
        row.report_tries = 0;
    }
    let what = match wanted.0 {
        ExportState::Success => "reported_success",
        ExportState::Failed => "reported_failed",
        ExportState::Undefined => "reported_undefined",
    };
    vec![
        Change::Order(Box::new(row)),
        Change::ProblemClosed { order: Some(record.id.clone()), code: FAILED },
        Change::Deed { order: record.id.clone(), what, detail: wanted.1.clone(), wire },
    ]
}

fn status_changed(order: &JoorOrderId, written: &OrderStatus, now: &OrderStatus) -> Change {
    let problem = Problem::BackStatusFailed {
        reason: format!("the status was {} right before the write", written.word()),
        status_changed: Some(now.word().to_owned()),
    };
    Change::ProblemOpened { order: Some(order.clone()), told: problem.told(order.as_str()) }
}
