//! Settles what is open from before: a request whose answer is missing is looked for, and only looked for, until it is
//! found or surely absent. No create leaves from here.

use super::{CREATE_TIMEOUT, Stage, Stop, Turned, Worker};
use adapters::ledger::ExportQuery;
use adapters::ledger::records::{Change, ExportRecord};
use adapters::ports::{Found, Frozen, ShopFacts};
use adapters::witness::{self, Said};
use domain::ids::{ExportKey, Token};
use domain::money::Money;
use domain::orders::export::{Event, Export, Look, State, Step, apply, next};
use domain::orders::looking;
use domain::orders::shelf::ShopOrder;
use domain::problem::{Problem, Told};
use domain::settings::INTERVAL_FLOOR;
use domain::time::{Moment, Mono};
use std::time::Duration;

/// Shopify shows an app the last 60 days; five of them are kept as a margin.
pub(super) const VISIBLE: Duration = Duration::from_secs(55 * 24 * 3600);

/// What a look held back is looked at again after this long: in the next cycle, and not in one that follows at once.
const HELD_BACK: Duration = Duration::from_secs(30);
const _: () = assert!(HELD_BACK.as_secs() < INTERVAL_FLOOR.as_secs());

/// A look with the order that it found, if it did.
pub(super) struct Looked {
    pub look: Look,
    pub order: Option<ShopOrder>,
    /// Why the look was blind.
    pub blind: Option<String>,
    /// What was said with Shopify for it.
    pub said: Said,
}

/// What a look-up by custom id showed of several exports.
pub(super) struct LookUp {
    pub found: Found,
    pub facts: ShopFacts,
    /// When it was asked for.
    pub asked: Mono,
    pub said: Said,
}

impl Looked {
    pub fn of(look: Look, order: Option<ShopOrder>, blind: Option<String>) -> Looked {
        Looked { look, order, blind, said: Said::default() }
    }
}

impl Worker {
    pub(super) async fn settle(&mut self, turned: &mut Turned) -> Stage<()> {
        let query = ExportQuery { states: vec!["sending", "unconfirmed"], ..ExportQuery::default() };
        let mut rows = self.ledger.exports(&self.name, &query).await?;
        self.memory.quiet.keep(rows.iter().map(|row| &row.export));
        let now = self.now();
        let mut due = Vec::new();
        for row in &mut rows {
            self.memory.quiet.met(&row.export, self.clock.mono(), CREATE_TIMEOUT);
            if matches!(row.export.state, State::Sending { .. }) {
                // The process that sent it is gone: whatever it was told is lost.
                let event = Event::Lost { now };
                self.move_export(turned, row, &event, "the program stopped before the answer was recorded")
                    .await?;
                due.push(row.clone());
            } else if matches!(next(&row.export), Step::Look { not_before } if self.due().at(not_before) <= now)
            {
                due.push(row.clone());
            }
        }
        if due.is_empty() {
            return Ok(());
        }
        let tokens: Vec<Token> = due.iter().map(|row| row.export.token.clone()).collect();
        let up = self.look_up(turned, &tokens).await?;
        for mut row in due {
            let looked = self.look(&row, &up).await?;
            self.take_look(turned, &mut row, looked).await?;
        }
        Ok(())
    }

    pub(super) async fn look_up(&mut self, turned: &mut Turned, tokens: &[Token]) -> Stage<LookUp> {
        let facts = self.shop_facts(turned).await?;
        let asked = self.clock.mono();
        let (found, said) = witness::of(self.shop.find_exports(tokens)).await;
        Ok(LookUp { found: found.map_err(Stop::Shopify)?, facts, asked, said })
    }

    /// What a look-up by custom id means for one export; adds the search by source identifier where absence needs it.
    pub(super) async fn look(&mut self, row: &ExportRecord, up: &LookUp) -> Stage<Looked> {
        let (looked, searched) = witness::of(self.look_closer(row, up)).await;
        let said = up.said.about(row.export.token.as_str()).and(searched);
        Ok(Looked { said, ..looked? })
    }

    async fn look_closer(&mut self, row: &ExportRecord, up: &LookUp) -> Stage<Looked> {
        let LookUp { found, facts, asked, .. } = up;
        let token = &row.export.token;
        if let Some(order) = found.orders.get(token) {
            return self.found(row, order.clone()).await;
        }
        if let Some(reason) = self.blind(row, found, facts) {
            return Ok(Looked::of(Look::Blind, None, Some(reason)));
        }
        // Over when the look was asked for, not now: its answer says nothing about the time in between.
        let over = |quiet_time| self.memory.quiet.is_over(&row.export, *asked, quiet_time);
        let quiet = over(self.settings().schedule.quiet_time) && over(self.quiet_time().await?);
        let mut searched = false;
        if looking::needs_search(&row.export, quiet) {
            let counts = |order: &ShopOrder| looking::hit_counts(&row.export, order.cancelled);
            match self.shop.search_source(token).await {
                Ok(hits) => match hits.into_iter().find(counts) {
                    Some(order) => return self.found(row, order).await,
                    None => searched = true,
                },
                // A search that cannot be trusted leaves the export unconfirmed.
                Err(adapters::ports::CallError::Garbled { .. }) => {}
                Err(error) => return Err(Stop::Shopify(error)),
            }
        }
        Ok(Looked::of(Look::Empty { quiet, searched }, None, None))
    }

    /// The quiet time in force: longer than the one of the settings in a shop that was measured to be slower.
    pub(super) async fn quiet_time(&self) -> Stage<Duration> {
        let measured = self.ledger.measured(&self.name).await?;
        Ok(crate::probe::facts::quiet_time(self.settings().schedule.quiet_time, &measured, self.trial))
    }

    fn blind(&self, row: &ExportRecord, found: &Found, facts: &ShopFacts) -> Option<String> {
        let asked = match &row.export.state {
            State::Unconfirmed { deadline, .. } => *deadline,
            _ => self.now(),
        };
        if !facts.order_definition {
            return Some("the custom-id definition of orders is missing in Shopify".to_owned());
        }
        if !found.absent.contains(&row.export.token) {
            return Some("Shopify gave no clear answer to the look-up".to_owned());
        }
        (self.now().since(asked) > VISIBLE && !facts.reads_all_orders()).then(|| {
            "the request is older than the 60 days of orders that this app may see (scope read_all_orders)".to_owned()
        })
    }

    /// Is the order found the one that some stored request asked for?
    async fn found(&self, row: &ExportRecord, order: ShopOrder) -> Stage<Looked> {
        let requests = self.ledger.requests(&self.name, &row.export.key).await?;
        let asked_for = requests.iter().any(|request| equals(request, &order));
        let look = looking::found(order.id.clone(), order.name.clone(), order.cancelled, asked_for);
        Ok(Looked::of(look, Some(order), None))
    }

    /// Records a look together with everything that follows from it.
    pub(super) async fn take_look(
        &mut self,
        turned: &mut Turned,
        row: &mut ExportRecord,
        looked: Looked,
    ) -> Stage<()> {
        let now = self.now();
        let id = row.export.key.order.clone();
        let event = Event::Looked { look: looked.look.clone(), now };
        let (detail, told) = match (&looked.look, &looked.order) {
            (Look::Found { name, .. }, _) => (format!("found in Shopify as {name}"), Vec::new()),
            (Look::FoundOther, Some(order)) => {
                let problem = found_other(order);
                let told = problem.told(id.as_str());
                (told.sentence.clone(), vec![told])
            }
            (Look::FoundOther | Look::Empty { .. }, _) => ("not there at this moment".to_owned(), Vec::new()),
            (Look::Blind, _) => (looked.blind.clone().unwrap_or_default(), Vec::new()),
        };
        let mut changes = Vec::new();
        let export = apply(&row.export, &event).map_err(broken_rule)?;
        let total = match (&looked.look, &looked.order) {
            (Look::Found { .. }, Some(order)) => {
                order.currency.map(|currency| Money::new(order.total, currency))
            }
            _ => None,
        };
        changes.push(Change::ExportMoved {
            export: export.clone(),
            event: event.word(),
            detail,
            request: None,
            total,
        });
        let wire = looked.said.wire();
        changes.extend(wire.map(|wire| Change::EventWired { key: export.key.clone(), wire }));
        if matches!(export.state, State::Exported { .. }) {
            let made = looked.order.as_ref().and_then(|order| order.created);
            changes.extend(made.map(|at| Change::MadeThere { key: export.key.clone(), at }));
            self.memory.counts.adopted += 1;
            changes.push(Change::ReportDue { order: id.clone(), due: Some(now) });
        }
        if matches!(export.state, State::Held) {
            self.hold_back(&export.key);
            changes.push(Change::ReportDue { order: id.clone(), due: Some(now) });
        }
        changes.push(self.told_by_look(&export, &looked, told));
        self.commit(turned, &changes).await?;
        row.export = export;
        row.total = total.or(row.total);
        Ok(())
    }

    /// What a look changes in the order's problems. The marks of an order that is or may be in Shopify stay.
    fn told_by_look(&mut self, export: &Export, looked: &Looked, told: Vec<Told>) -> Change {
        let id = export.key.order.clone();
        let order = Some(id.clone());
        match &export.state {
            State::Unconfirmed { looks, deadline, .. } => {
                self.memory.counts.unconfirmed += 1;
                let problem =
                    Problem::DestUnconfirmed { token: export.token.clone(), since: *deadline, looks: *looks };
                Change::ProblemOpened { order, told: problem.told(id.as_str()) }
            }
            State::Exported { .. } => Change::ProblemClosed { order, code: "DEST_UNCONFIRMED" },
            State::Held if matches!(looked.look, Look::Blind) => {
                let reason = looked.blind.clone().unwrap_or_default();
                let problem = Problem::DupLookupBlind { token: export.token.clone(), reason };
                Change::Problems { order, told: vec![problem.told(id.as_str())] }
            }
            State::Held
            | State::Seen
            | State::Waiting { .. }
            | State::Skipped
            | State::ClosedByHand
            | State::GivenUp
            | State::Ready
            | State::Sending { .. } => Change::Problems { order, told },
        }
    }

    /// Remembers that this export is not to be tried again in every cycle.
    fn hold_back(&mut self, key: &ExportKey) {
        let now = self.clock.mono();
        self.memory.held_back.insert(key.clone(), now);
    }

    pub(super) fn is_held_back(&self, key: &ExportKey) -> bool {
        let wait = match self.trial {
            adapters::settings::Trial::On => Duration::ZERO,
            adapters::settings::Trial::Off => HELD_BACK,
        };
        self.memory.held_back.get(key).is_some_and(|at| self.clock.mono().since(*at) < wait)
    }

    /// Applies an event that carries nothing else and records it.
    pub(super) async fn move_export(
        &mut self,
        turned: &mut Turned,
        row: &mut ExportRecord,
        event: &Event,
        detail: &str,
    ) -> Stage<()> {
        let export = apply(&row.export, event).map_err(broken_rule)?;
        self.commit(turned, &[super::discover::moved(&export, event, detail)]).await?;
        row.export = export;
        Ok(())
    }
}

/// The order equals what the request asked for: same token, total, currency and units.
pub(super) fn equals(request: &Frozen, order: &ShopOrder) -> bool {
    order.source_identifier == request.token.as_str()
        && order.total == request.expected.amount
        && order.currency == Some(request.expected.currency)
        && order.units == request.units
}

fn found_other(order: &ShopOrder) -> Problem {
    Problem::DupFoundUnledgered {
        shop_order: order.name.clone(),
        id: order.id.clone(),
        cancelled: order.cancelled,
    }
}

/// A transition that the table does not have is a fault of this program: the turn ends, nothing is sent.
pub(super) fn broken_rule(broken: domain::orders::export::BrokenRule) -> Stop {
    Stop::Ledger(adapters::ledger::LedgerError::Store(broken.to_string()))
}

/// Is this moment far enough in the past that Shopify may not show it without a further permission?
pub(super) fn beyond_window(then: Moment, now: Moment) -> bool {
    now.since(then) > VISIBLE
}
