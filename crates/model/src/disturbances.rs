//! What disturbs an export, and whether a search met it: one that never loses a reply says nothing about lost replies. A
//! world does not show how it came about, so the steps are asked.

use crate::Setup;
use crate::act::{Act, Command, Passing, Reading, Reply, Search, Sees, Shopify, Step, Who, Wish};
use crate::process::overtakes;
use crate::world::{Answer, At, Sight, World, is_over, key_of};
use domain::orders::export::State;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A step that changed something.
struct Taken<'a> {
    act: Act,
    before: &'a World,
    after: &'a World,
}

/// In words, whether a search within these bounds has to meet it, and whether a step is it.
type Disturbance = (&'static str, fn(&Setup) -> bool, fn(&Taken<'_>) -> bool);

const ALL: [Disturbance; 34] = [
    ("Shopify throttles a create", faults::<1>, |step| step.of_shop(Shopify::Throttle)),
    ("Shopify refuses a create for a reason of its own", faults::<1>, |step| step.of_shop(Shopify::Refuse)),
    ("a create is executed and its answer is lost", faults::<1>, |step| {
        step.of_shop(Shopify::Execute(Reply::IsLost))
    }),
    ("a create is executed after nobody waits for it", always, executed_late),
    ("a look-up does not see an order that is there", always, looks_too_early),
    ("a search does not find an order that is there", always, |step| {
        step.is(Step::Judge(Search::Behind)) || step.is(Step::Decide(Search::Behind))
    }),
    ("a search cannot be trusted", faults::<1>, |step| step.is(Step::Judge(Search::Broken))),
    ("a look proves nothing", faults::<1>, |step| step.is(Step::Look(Sees::Nothing))),
    ("a list of JOOR is behind", always, |step| step.is(Step::Discover(Reading::Behind))),
    ("a report to JOOR arrives and its answer is lost", faults::<1>, |step| {
        step.is(Step::WriteReport(Reply::IsLost))
    }),
    ("a report to JOOR is lost", faults::<1>, |step| step.is(Step::WriteReport(Reply::NeverWas))),
    ("a connection breaks while an answer is waited for", faults::<1>, |step| {
        step.is(Step::GiveUp) && matches!(step.was_at(), Some(At::Waiting(export)) if !is_over(export))
    }),
    ("a process dies between its look and its record", faults::<1>, |step| {
        step.dies_at(|at| matches!(at, At::Looked { .. } | At::Clear(_)))
    }),
    ("a process dies before its request leaves", faults::<1>, |step| {
        step.dies_at(|at| matches!(at, At::Asked(_)))
    }),
    ("a process dies with a request out", faults::<1>, dies_with_a_request_out),
    ("a process dies with an answer that is not recorded", faults::<1>, |step| {
        step.dies_at(|at| matches!(at, At::Answered(_, Answer::Created(_))))
    }),
    ("a process dies while it reports", faults::<1>, |step| {
        step.dies_at(|at| matches!(at, At::Reporting(_) | At::Reported(_)))
    }),
    (
        "a request is met that may still leave",
        |setup| setup.retaken && setup.faults > 0,
        |step| matches!(step.act, Act::Process(_, Step::Look(_))) && meets_a_new_request(step),
    ),
    (
        "a process takes over from one that is paused",
        two_with_faults,
        |step| matches!(step.act, Act::Process(who, _) if took_over(step, who)),
    ),
    ("a paused process wakes with a request out", two_with_faults, |step| {
        step.is_stale() && matches!(step.was_at(), Some(At::Waiting(_) | At::Answered(..)))
    }),
    (
        "a paused process wakes and reports",
        |setup| two_with_faults(setup) && setup.frozen_reports,
        |step| {
            step.is_stale()
                && step.is(Step::WriteReport(Reply::Arrives))
                && step.before.joor != step.after.joor
        },
    ),
    ("the wall clock jumps", |setup| setup.jumps > 0, |step| step.act == Act::Time(Passing::Jump)),
    ("an order is set to re-export", wishes::<1>, |step| step.act == Act::Person(Wish::SetToReexport)),
    ("a Shopify order is cancelled", wishes::<1>, |step| matches!(step.act, Act::Person(Wish::Cancel(_)))),
    ("an approval is taken back", wishes::<1>, |step| step.act == Act::Person(Wish::Unapprove)),
    ("an order is approved again", wishes::<1>, |step| step.act == Act::Person(Wish::Approve)),
    ("a backup of the ledger is put back", wishes::<1>, |step| step.act == Act::Person(Wish::RestoreBackup)),
    ("a person says that an order is not there", wishes::<1>, |step| step.is(Step::Obey(Command::NotThere))),
    ("a person links a Shopify order", wishes::<1>, |step| step.is(Step::Obey(Command::Link))),
    ("a person closes an export by hand", wishes::<1>, |step| step.is(Step::Obey(Command::Close))),
    ("a person asks for one more export", wishes::<1>, |step| step.is(Step::Obey(Command::AskAgain))),
    ("a person gives a re-export up", wishes::<2>, |step| step.is(Step::Obey(Command::GiveUp))),
    (
        "a person tries a refused order again",
        |setup| setup.faults > 0 && setup.wishes > 0,
        |step| step.is(Step::Obey(Command::Retry)),
    ),
    ("a person leaves it as it is", wishes::<2>, |step| step.is(Step::Obey(Command::LeaveIt))),
];

fn always(_: &Setup) -> bool {
    true
}

fn faults<const NEEDED: u8>(setup: &Setup) -> bool {
    setup.faults >= NEEDED
}

fn wishes<const NEEDED: u8>(setup: &Setup) -> bool {
    setup.wishes >= NEEDED
}

fn two_with_faults(setup: &Setup) -> bool {
    setup.processes > 1 && setup.faults > 0
}

/// The disturbances that searches have met; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Met(Arc<AtomicU64>);

impl Met {
    pub(crate) fn note(&self, act: Act, before: &World, after: &World) {
        let known = self.0.load(Ordering::Relaxed);
        let step = Taken { act, before, after };
        for (place, (_, _, is_it)) in ALL.iter().enumerate() {
            if known & (1 << place) == 0 && is_it(&step) {
                self.0.fetch_or(1 << place, Ordering::Relaxed);
            }
        }
    }
}

/// What a search within these bounds had to meet and did not.
pub fn missed(setup: &Setup) -> Vec<&'static str> {
    let met = setup.met.0.load(Ordering::Relaxed);
    let missed = |(place, (_, is_due, _)): &(usize, &Disturbance)| met & (1 << place) == 0 && is_due(setup);
    ALL.iter().enumerate().filter(missed).map(|(_, (words, ..))| *words).collect()
}

impl Taken<'_> {
    fn is(&self, step: Step) -> bool {
        matches!(self.act, Act::Process(_, taken) if taken == step)
    }

    /// Shopify did this with a request whose answer somebody waits for.
    fn of_shop(&self, what: Shopify) -> bool {
        matches!(self.act, Act::Shop(index, done) if done == what && self.before.wire[index].awaited.is_some())
    }

    /// Where the process stood that did something.
    fn was_at(&self) -> Option<&At> {
        match self.act {
            Act::Process(who, _) => Some(&self.before.processes[who].at),
            Act::Shop(..) | Act::Person(_) | Act::Time(_) => None,
        }
    }

    fn dies_at(&self, is_there: fn(&At) -> bool) -> bool {
        self.is(Step::Crash) && self.was_at().is_some_and(is_there)
    }

    /// A process goes on in the middle of something, although another one took over.
    fn is_stale(&self) -> bool {
        let Act::Process(who, step) = self.act else { return false };
        let goes_on = !matches!(step, Step::Crash | Step::Start);
        goes_on && self.was_at() != Some(&At::Idle) && !self.before.processes[who].epoch_is_current
    }
}

fn executed_late(step: &Taken<'_>) -> bool {
    matches!(step.act, Act::Shop(index, _) if step.before.wire[index].awaited.is_none())
        && step.after.shop.len() > step.before.shop.len()
}

fn looks_too_early(step: &Taken<'_>) -> bool {
    let Act::Process(who, Step::Look(Sees::WhatIsThere)) = step.act else { return false };
    let At::Looked { export, sight: Sight::Nothing, .. } = &step.after.processes[who].at else {
        return false;
    };
    step.before.shop.iter().any(|order| order.key == key_of(export) && order.hidden > 0)
}

fn dies_with_a_request_out(step: &Taken<'_>) -> bool {
    let Act::Process(who, Step::Crash) = step.act else { return false };
    step.before.wire.iter().any(|request| request.awaited == Some(who as u8))
}

/// The row is met before its deadline, by a process that did not write it down.
fn meets_a_new_request(step: &Taken<'_>) -> bool {
    let rows = &step.before.ledger.rows;
    rows.iter().any(|row| matches!(row.export.state, State::Sending { .. }) && !is_over(&row.export))
        && !step.before.wire.is_empty()
}

fn took_over(step: &Taken<'_>, who: Who) -> bool {
    overtakes(step.before, who) && !overtakes(step.after, who)
}
