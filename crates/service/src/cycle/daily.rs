//! Once a day: every order approved since the start, as JOOR lists it, against the ledger; and the daily proof by mail.

use super::discover::Heads;
use super::judge::{self, FirstSight};
use super::{Stage, Stop, Turned, Worker};
use crate::alerts::Compared;
use adapters::ledger::records::Change;
use adapters::ports::{BrokenRow, CallError, OrderFilter, OrderRow, Row};
use domain::ids::JoorOrderId;
use domain::orders::equation::Equation;
use domain::orders::export::Event;
use domain::problem::Problem;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::time::Duration;

/// Days of approval that the daily mail compares with Shopify.
const COMPARED_DAYS: i64 = 7;
/// Days of approval that are asked for at once: what was read counts, also where JOOR's credits do not reach for all.
const WINDOW_DAYS: i64 = 31;
/// After so many tries in vain it is left for the day, and the mail says so.
const TRIES_MAX: u32 = 3;

/// How far the comparison of a day has come in this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Comparing {
    /// First day of approval that is not compared yet; `None`: none is.
    from: Option<Date>,
    tries: u32,
}

impl Worker {
    /// Runs on the first cycle of a day, once the hour of the daily mail has come; on a new connection at once.
    pub(super) async fn daily_comparison(&mut self, turned: &mut Turned) -> Stage<()> {
        let now = self.now();
        let hour = now.timestamp().to_zoned(jiff::tz::TimeZone::UTC).hour();
        let last = turned.connection.last_daily;
        let hour_come = i16::from(hour) >= i16::from(self.settings().alerts.daily_hour);
        if last == Some(now.day()) || (last.is_some() && !hour_come) || turned.connection.live_since.is_none()
        {
            return Ok(());
        }
        // The first comparison is the very first read: nothing can have been missed before it.
        let mut unread = None;
        if last.is_some() {
            match self.compare_approvals(turned).await {
                Ok(()) => {}
                Err(Stop::Joor(CallError::Throttled { .. })) => return Ok(()),
                Err(Stop::Joor(error)) if self.memory.comparing.tries + 1 >= TRIES_MAX => {
                    tracing::warn!(reason = %error, "JOOR's approvals cannot be compared with the ledger today");
                    unread = Some(format!("JOOR's list of approved orders cannot be read: {error}"));
                }
                Err(stop) => {
                    self.memory.comparing.tries += 1;
                    return Err(stop);
                }
            }
        }
        self.remove_old_texts(turned).await?;
        let mut changes = vec![Change::LastDaily(now.day())];
        if last.is_some() {
            let compared = match unread {
                Some(reason) => Compared::Not(reason),
                None => self.compare_last_days(turned).await?,
            };
            changes.extend(self.daily_mail(compared).await?);
        }
        self.memory.comparing = Comparing::default();
        turned.connection.last_daily = Some(now.day());
        Ok(self.commit(turned, &changes).await?)
    }

    /// Every order approved since the start, one window of days after the other; what was read once is not read again.
    async fn compare_approvals(&mut self, turned: &mut Turned) -> Stage<()> {
        let mut from = self.memory.comparing.from.unwrap_or_else(|| self.start(turned));
        loop {
            let to = from.saturating_add(WINDOW_DAYS.days());
            // The last window has no end: whatever JOOR calls today is in it.
            let to = (to < self.now().day()).then_some(to);
            let filter = OrderFilter { approved_from: Some(from), approved_to: to, ..OrderFilter::default() };
            let rows = self.wholesale.orders(&filter).await.map_err(Stop::Joor)?;
            self.keep_lease(turned).await?;
            self.missed(turned, rows).await?;
            let Some(to) = to else { return Ok(()) };
            // That day once more: whether the end of a window counts is written down nowhere.
            from = to;
            self.memory.comparing.from = Some(from);
        }
    }

    /// The proof of the last days, for the daily mail. That it cannot be read today is no reason to stop.
    async fn compare_last_days(&mut self, turned: &mut Turned) -> Stage<Compared> {
        if self.post.is_none() || self.settings().alerts.daily.is_empty() {
            return Ok(Compared::Not("nobody is told".to_owned()));
        }
        self.keep_lease(turned).await?;
        let today = self.now().day();
        let from = today.saturating_sub(COMPARED_DAYS.days());
        let proved = self.prove(turned.connection.clone(), from, today).await;
        self.keep_lease(turned).await?;
        match proved {
            Ok(proved) => Ok(Compared::Since {
                day: proved.from,
                in_shopify: proved.proof.in_shopify,
                differences: proved.proof.differences,
            }),
            Err(Stop::Ledger(error)) => Err(Stop::Ledger(error)),
            Err(stop) => Ok(Compared::Not(stop.words())),
        }
    }

    /// Orders that were approved in JOOR and are unknown to the ledger, those that cannot be read among them.
    async fn missed(&mut self, turned: &mut Turned, rows: Vec<Row<OrderRow>>) -> Stage<()> {
        let (rows, nameless): (Vec<_>, Vec<_>) =
            rows.into_iter().map(|row| (id_of(&row), row)).partition(|(id, _)| id.is_some());
        let nameless: Vec<BrokenRow> = nameless.into_iter().filter_map(|(_, row)| row.err()).collect();
        if !nameless.is_empty() {
            self.tell_nameless(turned, &nameless).await?;
        }
        let rows: Vec<(JoorOrderId, Row<OrderRow>)> =
            rows.into_iter().filter_map(|(id, row)| Some((id?, row))).collect();
        let ids: Vec<JoorOrderId> = rows.iter().map(|(id, _)| id.clone()).collect();
        let known: BTreeSet<JoorOrderId> = self.records(&ids).await?.into_keys().collect();
        let (mut missed, mut changes) = (Heads::default(), Vec::new());
        for (id, row) in rows {
            if known.contains(&id) {
                continue;
            }
            match row {
                Ok(row) => self.missed_one(turned, &mut missed, &row, &mut changes).await?,
                Err(broken) => self.take_in_broken(&mut missed, &id, &broken, &mut changes).await?,
            }
        }
        Ok(self.commit(turned, &changes).await?)
    }

    async fn missed_one(
        &mut self,
        turned: &Turned,
        missed: &mut Heads,
        row: &OrderRow,
        changes: &mut Vec<Change>,
    ) -> Stage<()> {
        let order = &row.order;
        let sight = judge::first_sight(order, self.start(turned));
        let record = judge::record_of(row, None, self.now());
        if sight == FirstSight::Ignore || !self.open_order(missed, record, changes) {
            return Ok(());
        }
        match sight {
            FirstSight::Ignore => Ok(()),
            FirstSight::Open => {
                let told = Problem::SrcMissedOrder { approved: order.approved }.told(order.id.as_str());
                changes.push(Change::ProblemOpened { order: Some(order.id.clone()), told });
                Ok(())
            }
            FirstSight::Skipped(problem) => {
                self.set_aside(missed, &order.id, &Event::Skipped, &problem, changes).await
            }
            FirstSight::Held(problem) => {
                self.set_aside(missed, &order.id, &Event::Held, &problem, changes).await
            }
        }
    }

    /// The texts of orders that were settled so long ago that the settings want them gone.
    async fn remove_old_texts(&mut self, turned: &mut Turned) -> Stage<()> {
        let Some(days) = self.settings().schedule.keep_days else { return Ok(()) };
        let before = self.now().minus(Duration::from_secs(u64::from(days) * 24 * 3600));
        loop {
            let old = self.ledger.old_texts(&self.name, before).await?;
            if old.is_empty() || self.is_stopping() {
                return Ok(());
            }
            self.keep_lease(turned).await?;
            let changes: Vec<Change> = old.into_iter().map(|order| Change::TextsRemoved { order }).collect();
            self.commit(turned, &changes).await?;
        }
    }

    /// The equation over everything in the ledger.
    pub async fn equation(&self) -> Result<Equation, adapters::ledger::LedgerError> {
        let rows = self.ledger.equation_rows(&self.name).await?;
        Ok(Equation::of(rows))
    }
}

/// The order that a row is about, if that much can be read.
pub(super) fn id_of(row: &Row<OrderRow>) -> Option<JoorOrderId> {
    match row {
        Ok(row) => Some(row.order.id.clone()),
        Err(broken) => broken.order.clone(),
    }
}
