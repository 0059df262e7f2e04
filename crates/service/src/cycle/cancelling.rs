//! A person wants an order exported again in place of its earlier Shopify orders: cancels those, so that the next
//! generation may leave. The intent is stored before anything is asked of Shopify, every turn reads the order anew, and a
//! cancellation is asked for once more only after the quiet time, if Shopify still shows the order as alive.

mod earlier;

pub use earlier::{NoneEarlier, earlier_orders, is_settled, units_of};

use super::commands::Applied;
use super::discover::{current_exports, shop_order_names};
use super::{Stage, Stop, Turned, Worker};
use adapters::ledger::records::{Change, ExportRecord, FollowUp, FollowUpKind, OrderRecord, RefusalRecord};
use adapters::ports::{CallError, Cancellable, Cancelling, Refusal};
use adapters::settings::Trial;
use adapters::witness::{self, Said};
use domain::cycle::back_off;
use domain::ids::{ExportKey, JoorOrderId, ShopOrderId};
use domain::orders::export::{LOOK_WAITS, State};
use domain::problem::Problem;
use domain::time::Moment;
use std::collections::BTreeMap;
use std::time::Duration;

/// Marks the stored refusal of a cancellation among those of creates.
const NOT_CANCELLED: &str = "not cancelled";
/// Stored before the request leaves.
const ASKED: &str = "asked_to_cancel";
/// A person has to settle the money first; nothing is refunded from here.
const PAID: &str = "not cancelled, since money was received for it";
const NOT_SHOWN: &str = "not cancelled, since Shopify does not show it to this program";

/// The steps of one earlier order.
#[derive(Clone)]
struct Case {
    row: ExportRecord,
    order: ShopOrderId,
    name: String,
    wanted: Option<FollowUp>,
    /// Open as long as a request to cancel is out of which nobody knows the end.
    seen: Option<FollowUp>,
}

/// What an order that is to be cancelled looks like now.
enum Sight {
    /// With what was said to see it.
    Cancelled(Said),
    Paid,
    NotShown,
    Alive(Cancellable),
}

/// Belongs to this file, not to what follows an export.
pub(super) fn is_one(step: &FollowUp) -> bool {
    match step.kind {
        FollowUpKind::CancelEarlier | FollowUpKind::SeeCancelled => true,
        FollowUpKind::ReadBack | FollowUpKind::MoveToLocation | FollowUpKind::RestoreAddress => false,
    }
}

/// Why an earlier order that was to be cancelled still stands, in words behind its name.
pub(super) fn why_alive(row: &ExportRecord) -> Option<&str> {
    let refusal = row.refusal.as_ref().filter(|refusal| refusal.fingerprint == NOT_CANCELLED)?;
    Some(&refusal.told.sentence)
}

impl Worker {
    /// A person said yes: the next generation is opened if it is not, and the earlier orders are to be cancelled.
    pub(super) async fn replace(&self, record: OrderRecord, exports: &[ExportRecord]) -> Stage<Applied> {
        let open = self.open_steps(&record.id).await?;
        Ok(self.intents(record, exports, &open))
    }

    fn intents(&self, record: OrderRecord, exports: &[ExportRecord], open: &[FollowUp]) -> Applied {
        let earlier = earlier_orders(&record, exports).map_err(|none| none.words(&record.id))?;
        let names = shop_order_names(&earlier);
        let id = record.id.clone();
        let (mut changes, generation) = match is_settled(&record, exports) {
            true => {
                let next = record.generation + 1;
                (self.ask_again(record, exports)?.0, next)
            }
            false => (Vec::new(), record.generation),
        };
        let is_out = |key: &ExportKey| {
            open.iter().any(|step| step.key == *key && step.kind == FollowUpKind::SeeCancelled)
        };
        for row in earlier {
            let key = &row.export.key;
            changes.push(Change::RefusalNoted { key: key.clone(), refusal: None });
            let known = open.iter().find(|step| step.key == *key && step.kind == FollowUpKind::CancelEarlier);
            changes.extend(known.map(|step| Change::FollowUp(FollowUp { done: true, ..step.clone() })));
            changes.push(Change::FollowUp(FollowUp {
                key: key.clone(),
                kind: FollowUpKind::CancelEarlier,
                shop_order: ShopOrderId::new(""),
                subject: generation.to_string(),
                tries: known.map_or(0, |step| step.tries),
                // While a request is out of which nobody knows the end, asking twice makes no other leave earlier.
                due: known.filter(|_| is_out(key)).map_or(self.now(), |step| step.due),
                done: false,
            }));
        }
        Ok((
            changes,
            format!("{names} is cancelled in Shopify, then export {generation} of order {id} is sent"),
        ))
    }

    /// Calls the cancellations of an order off; words about why not if Shopify was asked already.
    pub(super) async fn call_off(&self, id: &JoorOrderId) -> Stage<Result<Vec<Change>, String>> {
        let own = self.open_steps(id).await?;
        if own.iter().any(|step| step.kind == FollowUpKind::SeeCancelled) {
            return Ok(Err(format!(
                "Shopify was asked to cancel the earlier order of {id} already, so it can no longer be kept; look at \
                 `orders show {id}` after the next cycle"
            )));
        }
        Ok(Ok(own.into_iter().map(|step| Change::FollowUp(FollowUp { done: true, ..step })).collect()))
    }

    async fn open_steps(&self, id: &JoorOrderId) -> Stage<Vec<FollowUp>> {
        let steps = self.ledger.follow_ups(&self.name).await?;
        Ok(steps.into_iter().filter(|step| is_one(step) && step.key.order == *id).collect())
    }

    /// Earlier orders that are on their way out.
    pub(super) async fn being_cancelled(&self) -> Stage<Vec<ExportKey>> {
        let steps = self.ledger.follow_ups(&self.name).await?;
        Ok(steps.into_iter().filter(is_one).map(|step| step.key).collect())
    }

    /// One step of each cancellation that is due.
    pub(super) async fn cancel_earlier(&mut self, turned: &mut Turned) -> Stage<()> {
        if turned.connection.live_since.is_none() {
            return Ok(());
        }
        let mut open: BTreeMap<ExportKey, Vec<FollowUp>> = BTreeMap::new();
        for step in self.ledger.follow_ups(&self.name).await?.into_iter().filter(is_one) {
            open.entry(step.key.clone()).or_default().push(step);
        }
        let due = self.due();
        open.retain(|_, steps| steps.iter().any(|step| due.at(step.due) <= due.now));
        for (key, steps) in open {
            if self.is_stopping() {
                return Ok(());
            }
            self.one_case(turned, &key, steps).await?;
        }
        Ok(())
    }

    async fn one_case(&mut self, turned: &mut Turned, key: &ExportKey, steps: Vec<FollowUp>) -> Stage<()> {
        let exports = self.exports_of(&key.order).await?;
        let record = self.ledger.order(&self.name, &key.order).await?;
        let Some(row) = exports.iter().find(|row| row.export.key == *key) else { return Ok(()) };
        let (Some(record), State::Exported { order, name }) = (record, &row.export.state) else {
            return Ok(());
        };
        let (wanted, seen): (Vec<FollowUp>, Vec<FollowUp>) =
            steps.into_iter().partition(|step| step.kind == FollowUpKind::CancelEarlier);
        let case = Case {
            row: row.clone(),
            order: order.clone(),
            name: name.clone(),
            wanted: wanted.into_iter().next_back(),
            seen: seen.into_iter().next_back(),
        };
        let sight = match self.sight(&case).await {
            Ok(sight) => sight,
            Err(error) if concerns_the_shop(&error) => return Err(Stop::Shopify(error)),
            Err(error) => return self.put_off(turned, &case, &error, None).await,
        };
        let is_due = case.wanted.as_ref().is_some_and(|step| self.due().at(step.due) <= self.now());
        let is_wanted = may_still_leave(&record, &exports, &case);
        let looked_enough = case.seen.as_ref().is_none_or(|step| step.tries as usize >= LOOK_WAITS.len());
        match sight {
            Sight::Alive(read) if is_due && is_wanted => self.cancel(turned, &case, &record, &read).await,
            Sight::Alive(_) if !is_wanted && looked_enough => self.over(turned, &case, None).await,
            sight => self.take_sight(turned, &case, sight).await,
        }
    }

    async fn sight(&self, case: &Case) -> Result<Sight, CallError> {
        let (read, said) = witness::of(self.shop.order_to_cancel(&case.order)).await;
        Ok(match read? {
            None => Sight::NotShown,
            Some(read) if read.order.cancelled => Sight::Cancelled(said),
            Some(read) if read.order.paid => Sight::Paid,
            Some(read) => Sight::Alive(read),
        })
    }

    /// Nothing is asked for: what is seen ends the case, or it is looked at again.
    async fn take_sight(&mut self, turned: &mut Turned, case: &Case, sight: Sight) -> Stage<()> {
        match sight {
            Sight::Cancelled(said) => {
                tracing::info!(order = %case.row.export.key.order, "Shopify cancelled {}", case.name);
                let key = case.row.export.key.clone();
                let order = key.order.clone();
                let (detail, wire) = (case.name.clone(), said.wire());
                let done = Change::Deed { order, what: "cancelled_earlier", detail, wire };
                let changes = [Change::CancelledThere { key, cancelled: true }, done];
                self.commit(turned, &changes).await?;
                self.over(turned, case, None).await
            }
            Sight::Paid => self.over(turned, case, Some(PAID)).await,
            Sight::NotShown => self.over(turned, case, Some(NOT_SHOWN)).await,
            Sight::Alive(_) => {
                let now = self.now();
                let again = |step: &FollowUp| {
                    let wait = LOOK_WAITS[(step.tries as usize).min(LOOK_WAITS.len() - 1)];
                    let due = now.plus(self.in_trial_at_once(wait));
                    Change::FollowUp(FollowUp { tries: step.tries + 1, due, ..step.clone() })
                };
                let changes: Vec<Change> =
                    case.seen.iter().filter(|step| self.due().at(step.due) <= now).map(again).collect();
                Ok(self.commit(turned, &changes).await?)
            }
        }
    }

    /// No step of the case is left; `reason` says why the order stays alive, if it does and a person has to know.
    async fn over(&mut self, turned: &mut Turned, case: &Case, reason: Option<&str>) -> Stage<()> {
        let done = |step: &FollowUp| Change::FollowUp(FollowUp { done: true, ..step.clone() });
        let mut changes: Vec<Change> = case.wanted.iter().chain(&case.seen).map(done).collect();
        changes.push(self.noted(case, reason));
        Ok(self.commit(turned, &changes).await?)
    }

    fn noted(&self, case: &Case, reason: Option<&str>) -> Change {
        let refusal = reason.map(|reason| {
            let told = Problem::DupLiveExport { shop_orders: vec![case.name.clone()] }
                .told(case.row.export.key.order.as_str());
            RefusalRecord {
                fingerprint: NOT_CANCELLED.to_owned(),
                times: 1,
                at: self.now(),
                told: domain::problem::Told { sentence: reason.to_owned(), ..told },
            }
        });
        Change::RefusalNoted { key: case.row.export.key.clone(), refusal }
    }

    /// `false`: one of them stands, and it was put off.
    async fn cancel_fulfilments(
        &mut self,
        turned: &mut Turned,
        case: &Case,
        record: &OrderRecord,
        read: &Cancellable,
    ) -> Stage<bool> {
        for fulfilment in &read.fulfilments {
            self.keep_lease(turned).await?;
            let (answer, said) = witness::of(self.shop.cancel_fulfilment(&fulfilment.id)).await;
            let (order, wire) = (record.id.clone(), said.wire());
            match answer {
                Ok(()) => {
                    tracing::info!("Cancelled fulfilment {} in Shopify", fulfilment.name);
                    let (what, detail) = ("cancelled_fulfilment", fulfilment.name.clone());
                    self.commit(turned, &[Change::Deed { order, what, detail, wire }]).await?;
                }
                Err(error) if concerns_the_shop(&error) => return Err(Stop::Shopify(error)),
                Err(error) => {
                    let (what, detail) = ("not_cancelled_fulfilment", words_of(&error));
                    let what =
                        if matches!(error, CallError::NoAnswer { .. }) { "unclear_fulfilment" } else { what };
                    let vain = wire.is_some().then_some(Change::DeedAgain { order, what, detail, wire });
                    self.put_off(turned, case, &error, vain).await?;
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Cancels what stands of the order, then the order itself: written down, then called once, then looked at.
    async fn cancel(
        &mut self,
        turned: &mut Turned,
        case: &Case,
        record: &OrderRecord,
        read: &Cancellable,
    ) -> Stage<()> {
        if !self.cancel_fulfilments(turned, case, record, read).await? {
            return Ok(());
        }
        let Some(wanted) = &case.wanted else { return Ok(()) };
        let wanted = self.tried(wanted);
        let seen = FollowUp {
            kind: FollowUpKind::SeeCancelled,
            tries: 0,
            due: self.now(),
            done: false,
            ..wanted.clone()
        };
        let (order, detail) = (record.id.clone(), case.name.clone());
        let deed =
            Change::DeedAgain { order: order.clone(), what: ASKED, detail: detail.clone(), wire: None };
        let asked = [Change::FollowUp(wanted.clone()), Change::FollowUp(seen.clone()), deed];
        self.commit(turned, &asked).await?;
        let note = format!("Replaced by export {} of JOOR order {}", wanted.subject, record.id);
        let units = units_of(self.shop.as_ref(), &case.row, read);
        let (answer, said) = witness::of(self.shop.cancel_order(&case.order, units, &note)).await;
        let wired = said.wire().map(|wire| Change::DeedWired { order, what: ASKED, detail, wire });
        // An earlier request whose end nobody knows stays out, whatever became of this one.
        let unasked = FollowUp { done: case.seen.is_none(), ..seen.clone() };
        let after = Case { wanted: Some(wanted), seen: Some(seen), ..case.clone() };
        match answer {
            Cancelling::Accepted => self.commit(turned, wired.as_slice()).await?,
            Cancelling::Unclear { reason } => {
                self.commit(turned, wired.as_slice()).await?;
                tracing::warn!(%reason, "no clear answer to the cancellation of {}", case.name);
            }
            Cancelling::NotExecuted(error) => {
                let mut changes: Vec<Change> = wired.into_iter().collect();
                changes.push(Change::FollowUp(unasked));
                if !concerns_the_shop(&error) {
                    changes.push(self.noted(case, Some(&words_of(&error))));
                    return Ok(self.commit(turned, &changes).await?);
                }
                changes.extend(case.wanted.iter().cloned().map(Change::FollowUp));
                self.commit(turned, &changes).await?;
                return Err(Stop::Shopify(error));
            }
            Cancelling::Refused(reasons) => {
                let refused = self.noted(case, Some(&refusal_words(&reasons)));
                let mut changes = vec![Change::FollowUp(unasked.clone()), refused];
                changes.extend(wired);
                self.commit(turned, &changes).await?;
                let seen = Some(unasked).filter(|step| !step.done);
                return self.look_again(turned, &Case { seen, ..after }).await;
            }
        }
        self.look_again(turned, &after).await
    }

    /// Right after a request: usually Shopify has carried it out by now.
    async fn look_again(&mut self, turned: &mut Turned, case: &Case) -> Stage<()> {
        match self.sight(case).await {
            Ok(sight) => self.take_sight(turned, case, sight).await,
            Err(error) => {
                tracing::warn!(reason = %error, "{} could not be read yet", case.name);
                Ok(())
            }
        }
    }

    /// This order's own trouble: told where it is a refusal, and tried again later.
    async fn put_off(
        &mut self,
        turned: &mut Turned,
        case: &Case,
        error: &CallError,
        vain: Option<Change>,
    ) -> Stage<()> {
        tracing::warn!(reason = %error, "{} could not be cancelled yet", case.name);
        let steps = case.wanted.iter().chain(&case.seen);
        let mut changes: Vec<Change> = steps.map(|step| Change::FollowUp(self.tried(step))).collect();
        changes.extend(vain);
        if matches!(error, CallError::Refused { .. } | CallError::Forbidden { .. }) {
            changes.push(self.noted(case, Some(&words_of(error))));
        }
        Ok(self.commit(turned, &changes).await?)
    }

    /// The step after one more try: not again before a request that was lost can no longer be executed late.
    fn tried(&self, step: &FollowUp) -> FollowUp {
        let tries = step.tries + 1;
        let wait = self.in_trial_at_once(back_off(tries, self.chance.number() as u32));
        let due: Moment = self.now().plus(wait.max(self.settings().schedule.quiet_time));
        FollowUp { tries, due, ..step.clone() }
    }

    fn in_trial_at_once(&self, wait: Duration) -> Duration {
        match self.trial {
            Trial::On => Duration::ZERO,
            Trial::Off => wait,
        }
    }
}

/// Is the export for which the order is to be cancelled still to come? One that was given up or closed needs no room.
fn may_still_leave(record: &OrderRecord, exports: &[ExportRecord], case: &Case) -> bool {
    let generation = case.wanted.as_ref().map(|step| step.subject.as_str());
    let current = current_exports(record, exports);
    generation == Some(record.generation.to_string().as_str())
        && current.iter().all(|row| match row.export.state {
            State::Seen | State::Waiting { .. } | State::Held | State::Skipped | State::Ready => true,
            State::ClosedByHand
            | State::GivenUp
            | State::Sending { .. }
            | State::Unconfirmed { .. }
            | State::Exported { .. } => false,
        })
}

/// Errors that the next order would meet too. A lost answer is this order's own: the others go on.
fn concerns_the_shop(error: &CallError) -> bool {
    match error {
        CallError::Throttled { .. }
        | CallError::Unauthorized { .. }
        | CallError::TokenUnavailable { .. }
        | CallError::Closed { .. } => true,
        CallError::Forbidden { .. }
        | CallError::WrongVersion { .. }
        | CallError::Refused { .. }
        | CallError::NoAnswer { .. }
        | CallError::Garbled { .. } => false,
    }
}

fn words_of(error: &CallError) -> String {
    match error {
        CallError::Refused { reasons } => refusal_words(reasons),
        other => format!("not cancelled: {other}"),
    }
}

fn refusal_words(reasons: &[Refusal]) -> String {
    let said: Vec<&str> = reasons.iter().map(|reason| reason.message.as_str()).collect();
    format!("not cancelled, Shopify says: {}", said.join("; "))
}
