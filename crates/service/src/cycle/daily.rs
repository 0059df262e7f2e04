//! Once a day: every order approved since the start, as JOOR lists it, against the ledger; and the daily proof by mail.

use super::discover::Heads;
use super::judge::{self, FirstSight};
use super::{Stage, Stop, Turned, Worker};
use crate::alerts::Compared;
use adapters::ledger::records::{Change, OrderRecord};
use adapters::ports::{OrderFilter, OrderRow};
use domain::ids::JoorOrderId;
use domain::orders::equation::Equation;
use domain::orders::export::{Event, apply};
use domain::orders::order::OrderStatus;
use domain::problem::Problem;
use jiff::ToSpan;
use std::collections::BTreeSet;

/// Days of approval that the daily mail compares with Shopify.
const COMPARED_DAYS: i64 = 7;

impl Worker {
    /// Runs on the first cycle of a day, once the hour of the daily mail has come; on a new connection at once.
    pub(super) async fn daily_comparison(&mut self, turned: &mut Turned, heads: &Heads) -> Stage<()> {
        let now = self.now();
        let hour = now.timestamp().to_zoned(jiff::tz::TimeZone::UTC).hour();
        let last = turned.connection.last_daily;
        let hour_come = i16::from(hour) >= i16::from(self.settings().alerts.daily_hour);
        if last == Some(now.day()) || (last.is_some() && !hour_come) || turned.connection.live_since.is_none()
        {
            return Ok(());
        }
        // The first comparison is the very first read: nothing can have been missed before it.
        if last.is_some() {
            let filter = OrderFilter { approved_from: Some(self.start(turned)), ..OrderFilter::default() };
            let rows = self.wholesale.orders(&filter).await.map_err(Stop::Joor)?;
            let rows: Vec<OrderRow> = rows.into_iter().flatten().collect();
            self.missed(turned, heads, rows).await?;
        }
        let mut changes = vec![Change::LastDaily(now.day())];
        if last.is_some() {
            let compared = self.compare_last_days(turned).await?;
            changes.extend(self.daily_mail(compared).await?);
        }
        turned.connection.last_daily = Some(now.day());
        Ok(self.commit(turned, &changes).await?)
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

    /// Orders that are approved in JOOR and unknown to the ledger.
    async fn missed(&mut self, turned: &mut Turned, heads: &Heads, rows: Vec<OrderRow>) -> Stage<()> {
        let ids: Vec<JoorOrderId> = rows.iter().map(|row| row.order.id.clone()).collect();
        let known: BTreeSet<JoorOrderId> = self.records(&ids).await?.into_keys().collect();
        let mut changes = Vec::new();
        for row in rows {
            let order = &row.order;
            let approved = matches!(order.status, OrderStatus::Approved | OrderStatus::Shipped);
            if known.contains(&order.id) || heads.records.contains_key(&order.id) || !approved {
                continue;
            }
            let record: OrderRecord = judge::record_of(&row, None, self.now());
            let Ok(export) = self.new_export(&order.id, 1, 1) else { continue };
            changes.push(Change::Order(Box::new(record)));
            changes.push(Change::ExportOpened(export.clone()));
            let (event, problem) = match judge::first_sight(order, self.start(turned)) {
                FirstSight::Open | FirstSight::Ignore => {
                    (None, Problem::SrcMissedOrder { approved: order.approved })
                }
                FirstSight::Skipped(problem) => (Some(Event::Skipped), problem),
                FirstSight::Held(problem) => (Some(Event::Held), problem),
            };
            let told = problem.told(order.id.as_str());
            if let Some(event) = event
                && let Ok(after) = apply(&export, &event)
            {
                changes.push(super::discover::moved(&after, &event, &told.sentence));
            }
            changes.push(Change::ProblemOpened { order: Some(order.id.clone()), told });
        }
        Ok(self.commit(turned, &changes).await?)
    }

    /// The equation over everything in the ledger.
    pub async fn equation(&self) -> Result<Equation, adapters::ledger::LedgerError> {
        let rows = self.ledger.equation_rows(&self.name).await?;
        Ok(Equation::of(rows))
    }
}
