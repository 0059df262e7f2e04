//! The one verb by which a cycle writes: all changes of a commit are stored together or not at all, and only while
//! the cycle's epoch is the connection's. What each change does to the tables is with its table.

use super::records::{AuditEntry, Change};
use super::sights::Deed;
use super::{
    Ledger, Result, attempts, audit, commands, connections, exports, follow_ups, links, orders, people,
    problems, refusals, retention, sights, wires,
};
use domain::ids::{Epoch, JoorOrderId};
use domain::time::Moment;
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// Who writes, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writing<'a> {
    /// The connection.
    pub name: &'a str,
    pub epoch: Epoch,
    pub now: Moment,
}

impl Ledger {
    /// Stores all changes, or none and says why. Nothing to store writes nothing.
    pub async fn commit(&self, name: &str, epoch: Epoch, now: Moment, changes: &[Change]) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let writing = Writing { name, epoch, now };
        self.in_time(changes.len(), async {
            let mut transaction = self.begin_write().await?;
            connections::hold_epoch(&mut transaction, &writing).await?;
            for change in changes {
                apply(&mut transaction, &writing, change).await?;
            }
            for order in touched(changes) {
                orders::set_rank(&mut transaction, name, order).await?;
            }
            Ok(transaction.commit().await?)
        })
        .await
    }
}

/// Orders whose own row, exports or problems change.
fn touched(changes: &[Change]) -> BTreeSet<&JoorOrderId> {
    let touched = changes.iter().filter_map(|change| match change {
        Change::Order(order) => Some(&order.id),
        Change::Problems { order, .. }
        | Change::ProblemOpened { order, .. }
        | Change::ProblemClosed { order, .. } => order.as_ref(),
        Change::ExportOpened(export) | Change::ExportMoved { export, .. } => Some(&export.key.order),
        Change::RequestFrozen { .. }
        | Change::ReportDue { .. }
        | Change::RefusalNoted { .. }
        | Change::CancelledThere { .. }
        | Change::MadeThere { .. }
        | Change::AnswerNoted { .. }
        | Change::DecisionNoted { .. }
        | Change::Sighted { .. }
        | Change::EditSeen { .. }
        | Change::EventWired { .. }
        | Change::Deed { .. }
        | Change::DeedAgain { .. }
        | Change::DeedWired { .. }
        | Change::FollowUp(_)
        | Change::FollowUpsDropped { .. }
        | Change::ProblemsMailed { .. }
        | Change::CustomerLinked { .. }
        | Change::ItemLinked { .. }
        | Change::ItemUnlinked { .. }
        | Change::MailQueued { .. }
        | Change::MailAddressed { .. }
        | Change::MailMoved { .. }
        | Change::CommandDone { .. }
        | Change::Audited { .. }
        | Change::Cycle(_)
        | Change::NextDue(_)
        | Change::LastGood(_)
        | Change::LastDaily(_)
        | Change::ShopIdentity(_)
        | Change::Live { .. }
        | Change::Paused(_)
        | Change::Secret { .. }
        | Change::Settings { .. }
        | Change::TextsRemoved { .. } => None,
    });
    touched.collect()
}

async fn apply(db: &mut AnyConnection, writing: &Writing<'_>, change: &Change) -> Result<()> {
    let name = writing.name;
    match change {
        Change::Order(order) => orders::put(db, name, order).await,
        Change::ExportOpened(export) => exports::open(db, writing, export).await,
        Change::ExportMoved { export, event, detail, request, total } => {
            let moved =
                exports::Moved { export, event, detail, request: request.as_ref(), total: total.as_ref() };
            exports::step(db, writing, &moved).await
        }
        Change::RequestFrozen { key, request } => exports::freeze(db, writing, key, request).await,
        Change::TextsRemoved { order } => retention::remove(db, name, order).await,
        Change::ReportDue { order, due } => orders::set_report_due(db, name, order, *due).await,
        Change::RefusalNoted { key, refusal } => refusals::note(db, name, key, refusal.as_ref()).await,
        Change::CancelledThere { key, cancelled } => {
            exports::set_cancelled(db, writing, key, *cancelled).await
        }
        Change::MadeThere { key, at } => exports::set_made(db, name, key, *at).await,
        Change::AnswerNoted { key, answer } => attempts::note_answer(db, name, key, answer).await,
        Change::DecisionNoted { key, decided } => attempts::note_seen(db, name, key, decided).await,
        Change::Sighted { order, seen } => sights::put_sight(db, writing, order, seen).await,
        Change::EditSeen { order, content } => sights::put_edit(db, writing, order, content).await,
        Change::EventWired { key, wire } => wires::of_event(db, name, key, wire).await,
        Change::Deed { order, what, detail, wire } => {
            sights::note(db, writing, order, &Deed { what, detail, wire: wire.as_ref() }).await
        }
        Change::DeedAgain { order, what, detail, wire } => {
            sights::note_again(db, writing, order, &Deed { what, detail, wire: wire.as_ref() }).await
        }
        Change::DeedWired { order, what, detail, wire } => {
            wires::of_deed(db, name, order, (what, detail), wire).await
        }
        Change::FollowUp(follow_up) => follow_ups::put(db, name, follow_up).await,
        Change::FollowUpsDropped { key } => follow_ups::drop_open(db, name, key).await,
        Change::Problems { order, told } => problems::replace(db, writing, order.as_ref(), told).await,
        Change::ProblemOpened { order, told } => problems::open(db, writing, order.as_ref(), told).await,
        Change::ProblemClosed { order, code } => problems::close(db, writing, order.as_ref(), code).await,
        Change::ProblemsMailed { opened, closed } => problems::mailed(db, name, opened, closed).await,
        Change::CustomerLinked { retailer_id, customer, by } => {
            links::link_customer(db, writing, retailer_id, customer, by).await
        }
        Change::ItemLinked { sku, variant, by } => links::link_item(db, writing, sku, variant, by).await,
        Change::ItemUnlinked { sku } => links::unlink_item(db, writing, sku).await,
        Change::MailQueued { letter } => people::queue(db, writing, letter).await,
        Change::MailAddressed { id, to } => people::address_mail(db, name, *id, to).await,
        Change::MailMoved { id, tries, due, outcome } => {
            people::move_mail(db, name, *id, *tries, *due, outcome.as_deref()).await
        }
        Change::CommandDone { id, done, words } => commands::finish(db, writing, *id, *done, words).await,
        Change::Audited { by, what, subject, detail } => {
            let entry = AuditEntry { by, connection: Some(name), what, subject, detail };
            audit::append(db, &entry, writing.now).await
        }
        Change::Cycle(cycle) => connections::insert_cycle(db, name, cycle).await,
        Change::NextDue(due) => connections::set_next_due(db, name, *due).await,
        Change::LastGood(at) => connections::set_last_good(db, name, *at).await,
        Change::LastDaily(day) => connections::set_last_daily(db, name, *day).await,
        Change::ShopIdentity(shop) => connections::set_shop(db, name, shop).await,
        Change::Live { since } => connections::set_live(db, name, *since).await,
        Change::Paused(paused) => connections::set_paused(db, name, *paused).await,
        Change::Secret { name: secret, sealed } => connections::put_sealed(db, writing, secret, sealed).await,
        Change::Settings { document, by } => connections::new_settings(db, writing, document, by).await,
    }
}
