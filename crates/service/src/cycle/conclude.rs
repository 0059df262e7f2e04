//! Ends a turn: the outcome of its stages becomes problems of the connection (or closes them), the cycle is recorded,
//! and the next due time is found. The step from an adapter's error to a problem is here and nowhere else.

use super::{Counts, IDLE_RECORD, Stage, Stop, Turn, Turned, Worker};
use adapters::ledger::records::Change;
use adapters::ledger::{ExportQuery, LedgerError, ProblemQuery};
use adapters::ports::CallError;
use adapters::settings::Trial;
use domain::cycle::next_cycle;
use domain::ids::JoorOrderId;
use domain::orders::export::{Step, next};
use domain::problem::{Problem, Told};
use domain::time::Moment;
use std::time::Duration;

/// Code of the refusal by which the worker itself marks credentials that lead to another shop.
pub(super) const WRONG_ACCOUNT: &str = "WRONG_ACCOUNT";

/// A failed connection is tried again after this long.
const PAUSE: Duration = Duration::from_secs(300);
/// After a failure nothing at all is tried for this long.
const CALM: Duration = Duration::from_secs(60);
/// Server clocks may differ by this much before anybody is told.
const CLOCK_TOLERANCE_SECONDS: i64 = 60;

/// Codes of the connection that a good cycle proves wrong.
const PROVED_WRONG: [&str; 16] = [
    "CONN_SETTINGS",
    "CONN_JOOR_AUTH",
    "CONN_SHOPIFY_AUTH",
    "CONN_SHOPIFY_TOKEN",
    "CONN_SHOPIFY_SCOPE",
    "CONN_SHOP_UNAVAILABLE",
    "CONN_API_VERSION",
    "CONN_WRONG_ACCOUNT",
    "SRC_UNAVAILABLE",
    "SRC_RATE_LIMIT",
    "DEST_RATE_LIMIT",
    "DEST_ORDER_QUOTA",
    "DEST_UNAVAILABLE",
    "DEST_REJECTED",
    "SYS_STORE",
    "SYS_SILENCE",
];

impl Worker {
    pub(super) async fn conclude(
        &mut self,
        turned: &mut Turned,
        started: Moment,
        due: bool,
        outcome: Stage<()>,
    ) -> Result<Turn, LedgerError> {
        let now = self.now();
        let problem = match outcome {
            Ok(()) => None,
            Err(Stop::Ledger(error)) => return Err(error),
            Err(Stop::Joor(error)) => Some((joor_problem(&error), error)),
            Err(Stop::Shopify(error)) => {
                Some((connection_problem(&error, &self.checked.shopify.shop_url, now), error))
            }
        };
        let interval = self.interval();
        let known_due = self.moment_at(self.next_cycle(&turned.connection));
        let mut next_due = match due {
            true if self.memory.unsent => now,
            true => next_cycle(started, now, interval),
            false => known_due,
        };
        let waiting = self.memory.wait_until.filter(|until| *until > self.clock.mono());
        match &problem {
            Some((_, CallError::Throttled { until })) => self.memory.wait_until = Some(self.mono_at(*until)),
            Some(_) => {
                // Looks and follow-ups are not tried again at once either.
                let pause = self.pause(interval);
                self.memory.wait_until = Some(self.mono_at(now.plus(pause.min(CALM))));
                next_due = next_due.max(now.plus(pause));
            }
            None if waiting.is_none() => self.memory.wait_until = None,
            None => {}
        }
        if let Some(until) = self.memory.wait_until {
            next_due = next_due.max(self.moment_at(until));
        }
        let mut changes = self.connection_problems(problem.as_ref().map(|(problem, _)| problem), due).await?;
        if due {
            changes.extend(self.cycle_changes(
                started,
                next_due,
                problem.as_ref().map(|(problem, _)| problem),
                !changes.is_empty(),
            ));
        }
        self.commit(turned, &changes).await?;
        let live = turned.connection.live_since.is_some();
        if live || problem.is_some() {
            // After the commit, so that what this turn found is told by this turn's mail. In preview only the connection
            // itself is worth a mail.
            let news = self.news_changes(false, live).await?;
            self.commit(turned, &news).await?;
        }
        self.memory.usage = self.usage_now();
        let next_due = match self.rests_until() {
            Some(end) => next_due.max(end),
            None => self.soonest(turned, next_due).await?,
        };
        Ok(Turn {
            next_due,
            counts: self.memory.counts.clone(),
            problem: problem.map(|(problem, _)| problem),
            fenced: false,
        })
    }

    /// What a cycle leaves behind; an idle one leaves nothing but a mark now and then.
    fn cycle_changes(
        &mut self,
        started: Moment,
        next_due: Moment,
        problem: Option<&Problem>,
        changed: bool,
    ) -> Vec<Change> {
        let now = self.now();
        let mut changes = Vec::new();
        if problem.is_none() {
            self.memory.heard.good_cycle(now);
        }
        self.memory.next_cycle = Some(self.mono_at(next_due));
        let idle = self.memory.counts == Counts { listed: self.memory.counts.listed, ..Counts::default() };
        let long_ago = self.memory.last_record.is_none_or(|at| self.clock.mono().since(at) >= IDLE_RECORD);
        if idle && !long_ago && problem.is_none() && !changed {
            return changes;
        }
        let word = problem.map_or("good", Problem::code);
        changes.push(Change::Cycle(self.record(started, word, self.memory.usage)));
        if problem.is_none() {
            changes.push(Change::LastGood(now));
        }
        changes.push(Change::NextDue(next_due));
        self.memory.last_record = Some(self.clock.mono());
        changes
    }

    pub fn interval(&self) -> Duration {
        self.settings().schedule.interval
    }

    fn pause(&self, interval: Duration) -> Duration {
        match self.trial {
            Trial::On => interval,
            Trial::Off => PAUSE.max(interval),
        }
    }

    /// Opens the problem that ended the cycle and closes those that a good cycle disproves.
    async fn connection_problems(
        &self,
        problem: Option<&Problem>,
        due: bool,
    ) -> Result<Vec<Change>, LedgerError> {
        let open = self.open_told(None).await?;
        let mut changes = Vec::new();
        if let Some(problem) = problem {
            let told = problem.told("");
            if !open.contains(&told) {
                changes.push(Change::ProblemOpened { order: None, told });
            }
        } else if due {
            for code in PROVED_WRONG.into_iter().filter(|code| open.iter().any(|told| told.code == *code)) {
                changes.push(Change::ProblemClosed { order: None, code });
            }
        }
        let offset =
            self.wholesale.clock_offset_seconds().filter(|seconds| seconds.abs() > CLOCK_TOLERANCE_SECONDS);
        let clock_open = open.iter().any(|told| told.code == "SYS_CLOCK");
        match (offset, clock_open) {
            (Some(seconds), false) => {
                changes.push(Change::ProblemOpened {
                    order: None,
                    told: Problem::SysClock { seconds }.told(""),
                });
            }
            (None, true) => changes.push(Change::ProblemClosed { order: None, code: "SYS_CLOCK" }),
            (Some(_), true) | (None, false) => {}
        }
        Ok(changes)
    }

    /// The next moment at which a turn has anything to do: the next cycle, a look, or a follow-up.
    async fn soonest(&self, turned: &Turned, next_due: Moment) -> Result<Moment, LedgerError> {
        if turned.connection.paused {
            return Ok(next_due);
        }
        let query = ExportQuery { states: vec!["unconfirmed", "sending"], ..ExportQuery::default() };
        let looks = self.ledger.exports(&self.name, &query).await?.into_iter().filter_map(|row| {
            match next(&row.export) {
                Step::Look { not_before } => Some(not_before),
                Step::Check | Step::Send | Step::Wait { .. } | Step::Rest => None,
            }
        });
        let steps = self.ledger.follow_ups(&self.name).await?.into_iter().map(|step| step.due);
        let floor = self.now().plus(Duration::from_millis(200));
        let soonest =
            looks.chain(steps).map(|at| self.due().at(at)).min().map_or(next_due, |at| at.max(floor));
        Ok(match self.memory.wait_until.map(|until| self.moment_at(until)) {
            Some(until) => soonest.max(until).min(next_due.max(until)),
            None => soonest.min(next_due),
        })
    }

    pub(super) async fn open_problems(&self, order: Option<&JoorOrderId>) -> Stage<Vec<Told>> {
        Ok(self.open_told(order).await?)
    }

    async fn open_told(&self, order: Option<&JoorOrderId>) -> Result<Vec<Told>, LedgerError> {
        let query = ProblemQuery { order: order.cloned(), open_only: true };
        let rows = self.ledger.problems(&self.name, &query).await?;
        Ok(rows.into_iter().filter(|row| row.order.as_ref() == order).map(|row| row.told).collect())
    }
}

/// What an error from JOOR means for the connection.
pub fn joor_problem(error: &CallError) -> Problem {
    match error {
        CallError::Throttled { until } => Problem::SrcRateLimit { until: *until },
        CallError::Unauthorized { status, endpoint } => {
            Problem::ConnJoorAuth { status: *status, endpoint: endpoint.clone() }
        }
        CallError::Forbidden { missing } => {
            Problem::ConnJoorAuth { status: 403, endpoint: missing.join(", ") }
        }
        CallError::WrongVersion { asked, answered } => {
            Problem::ConnApiVersion { asked: asked.clone(), answered: answered.clone() }
        }
        CallError::TokenUnavailable { reason } => {
            Problem::SrcUnavailable { endpoint: "token".to_owned(), reason: reason.clone() }
        }
        CallError::NoAnswer { endpoint, reason } | CallError::Garbled { endpoint, reason } => {
            Problem::SrcUnavailable { endpoint: endpoint.clone(), reason: reason.clone() }
        }
        CallError::Closed { answer } => {
            Problem::SrcUnavailable { endpoint: String::new(), reason: answer.clone() }
        }
        CallError::Refused { .. } => {
            Problem::SrcUnavailable { endpoint: String::new(), reason: error.to_string() }
        }
    }
}

/// What an error from Shopify, on anything but a create, means for the connection.
pub fn connection_problem(error: &CallError, shop: &str, now: Moment) -> Problem {
    match error {
        CallError::Throttled { until } => Problem::DestRateLimit { until: *until },
        CallError::Unauthorized { status, .. } => {
            Problem::ConnShopifyAuth { shop: shop.to_owned(), status: *status }
        }
        CallError::TokenUnavailable { reason } => {
            Problem::ConnShopifyToken { since: now, reason: reason.clone() }
        }
        CallError::Forbidden { missing } => Problem::ConnShopifyScope {
            missing: missing.clone(),
            purpose: "read and create what an export needs".to_owned(),
        },
        CallError::Closed { answer } => {
            Problem::ConnShopUnavailable { shop: shop.to_owned(), answer: answer.clone() }
        }
        CallError::WrongVersion { asked, answered } => {
            Problem::ConnApiVersion { asked: asked.clone(), answered: answered.clone() }
        }
        CallError::NoAnswer { endpoint, reason } | CallError::Garbled { endpoint, reason } => {
            Problem::DestUnavailable { reason: format!("{endpoint}: {reason}") }
        }
        CallError::Refused { reasons } => match reasons.first() {
            Some(first) if first.code == WRONG_ACCOUNT => {
                Problem::ConnWrongAccount { was: first.field.clone(), is: first.message.clone() }
            }
            Some(first) => {
                Problem::DestRejected { message: first.message.clone(), field: first.field.clone() }
            }
            None => Problem::DestUnavailable { reason: error.to_string() },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use adapters::ports::Refusal;

    const NOW: Moment = Moment(0);

    fn errors() -> Vec<CallError> {
        let text = String::new;
        vec![
            CallError::Throttled { until: NOW },
            CallError::Unauthorized { status: 401, endpoint: text() },
            CallError::TokenUnavailable { reason: text() },
            CallError::Forbidden { missing: vec!["write_orders".to_owned()] },
            CallError::Closed { answer: text() },
            CallError::WrongVersion { asked: text(), answered: text() },
            CallError::Refused { reasons: vec![Refusal { code: text(), field: text(), message: text() }] },
            CallError::NoAnswer { endpoint: text(), reason: text() },
            CallError::Garbled { endpoint: text(), reason: text() },
        ]
    }

    #[test]
    fn every_shopify_error_has_its_code() {
        let codes: Vec<&str> =
            errors().iter().map(|error| connection_problem(error, "shop", NOW).code()).collect();
        assert_eq!(
            codes,
            [
                "DEST_RATE_LIMIT",
                "CONN_SHOPIFY_AUTH",
                "CONN_SHOPIFY_TOKEN",
                "CONN_SHOPIFY_SCOPE",
                "CONN_SHOP_UNAVAILABLE",
                "CONN_API_VERSION",
                "DEST_REJECTED",
                "DEST_UNAVAILABLE",
                "DEST_UNAVAILABLE",
            ]
        );
    }

    #[test]
    fn every_joor_error_has_its_code() {
        let codes: Vec<&str> = errors().iter().map(|error| joor_problem(error).code()).collect();
        assert_eq!(
            codes,
            [
                "SRC_RATE_LIMIT",
                "CONN_JOOR_AUTH",
                "SRC_UNAVAILABLE",
                "CONN_JOOR_AUTH",
                "SRC_UNAVAILABLE",
                "CONN_API_VERSION",
                "SRC_UNAVAILABLE",
                "SRC_UNAVAILABLE",
                "SRC_UNAVAILABLE",
            ]
        );
    }

    #[test]
    fn credentials_that_lead_to_another_shop_are_told_apart() {
        let reasons =
            vec![Refusal { code: WRONG_ACCOUNT.to_owned(), field: "a".to_owned(), message: "b".to_owned() }];
        let problem = connection_problem(&CallError::Refused { reasons }, "shop", NOW);
        assert_eq!(problem, Problem::ConnWrongAccount { was: "a".to_owned(), is: "b".to_owned() });
    }
}
