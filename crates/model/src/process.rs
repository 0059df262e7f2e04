//! A process: the steps of the product's cycle between two moments in which it may be stopped, paused or overtaken. The
//! jobs of a cycle may come in any order here, and in the product only in one.

use crate::act::{Act, Command, Reading, Reply, Search, Sees, Step, Who};
use crate::people;
use crate::properties::{STALE_WRITE, UNPROVEN_CREATE};
use crate::rules;
use crate::time::{LEASE, NOW};
use crate::world::{Answer, At, COMMANDS, Lease, Ledger, Open, Request, Sight, World, is_over, key_of};
use crate::{Mutation, Setup};
use domain::orders::export::{Event, Export, State, Step as Next, next};
use domain::orders::reexport::is_doubted;
use std::sync::Arc;

mod deciding;
mod looks;
mod reports;

pub use reports::open_generation;

pub fn acts(setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    for (who, process) in world.processes.iter().enumerate() {
        let mut add = |step| acts.push(Act::Process(who, step));
        let knows = process.at != At::Idle || !process.quiet.is_empty();
        if world.left.faults > 0 && knows && process.at != At::Down {
            add(Step::Crash);
        }
        match &process.at {
            At::Down => add(Step::Start),
            At::Idle => {
                if may_turn(world, who) {
                    jobs(setup, world, &mut add);
                }
            }
            At::Looked { export, sight, quiet, .. } => {
                looks::judgements(world, export, *sight, *quiet, &mut add)
            }
            At::Clear(_) => add(Step::WriteDown),
            At::Asked(_) => add(Step::Leave),
            At::Waiting(export) => {
                if is_over(export) || world.left.faults > 0 {
                    add(Step::GiveUp);
                }
            }
            At::Answered(..) | At::ReportFailed => add(Step::Record),
            At::OwesLook(_) => sees(world, &mut add),
            At::Refusing(_) => add(Step::HoldRefused),
            At::Reporting(_) => {
                add(Step::WriteReport(Reply::Arrives));
                if world.left.faults > 0 {
                    add(Step::WriteReport(Reply::IsLost));
                    add(Step::WriteReport(Reply::NeverWas));
                }
            }
            At::Reported(_) => add(Step::ReadBack),
        }
    }
}

/// What a process may begin.
fn jobs(setup: &Setup, world: &World, add: &mut impl FnMut(Step)) {
    let ledger = &world.ledger;
    add(Step::Discover(Reading::Now));
    // What is doubted is read by its id at once.
    let doubted = is_doubted(&ledger.track, world.joor.listed) && !setup.mutated(Mutation::BelieveLists);
    if world.joor.listed.is_some() && !doubted {
        add(Step::Discover(Reading::Behind));
    }
    if ledger.rows.iter().any(|row| row.export.state.is_in_flight()) {
        sees(world, add);
    }
    let open = |export: &Export| matches!(next(export), Next::Check | Next::Send | Next::Wait { .. });
    if ledger.current().any(|row| open(&row.export)) {
        add(Step::Decide(Search::WhatIsThere));
        if ledger.current().any(|row| row.export.attempts > 0) && !world.shop.is_empty() {
            add(Step::Decide(Search::Behind));
        }
    }
    if ledger.report_due {
        add(Step::Report);
    }
    if world.left.wishes > 0 {
        COMMANDS.into_iter().for_each(|command| add(Step::Obey(command)));
    }
}

fn sees(world: &World, add: &mut impl FnMut(Step)) {
    add(Step::Look(Sees::WhatIsThere));
    if world.left.faults > 0 {
        add(Step::Look(Sees::Nothing));
    }
}

pub fn take(setup: &Setup, world: &mut World, who: Who, step: Step) {
    match step {
        Step::Start => world.processes[who].at = At::Idle,
        Step::Crash => crash(setup, world, who),
        Step::Discover(reading) => reports::discover(setup, world, who, reading),
        Step::Look(sees) => looks::look(setup, world, who, sees),
        Step::Judge(search) => looks::judge(setup, world, who, search),
        Step::Decide(search) => deciding::decide(setup, world, who, search),
        Step::WriteDown => write_down(setup, world, who),
        Step::Leave => leave(setup, world, who),
        Step::GiveUp => give_up(world, who),
        Step::Record => match world.processes[who].at.clone() {
            At::Answered(export, answer) => record(setup, world, who, &export, answer),
            _ => reports::record_failed(setup, world, who),
        },
        Step::HoldRefused => deciding::hold_refused(setup, world, who),
        Step::Report => reports::report(setup, world, who),
        Step::WriteReport(reply) => reports::write(setup, world, who, reply),
        Step::ReadBack => reports::read_back(setup, world, who),
        Step::Obey(command) => obey(setup, world, who, command),
    }
}

fn crash(setup: &Setup, world: &mut World, who: Who) {
    world.left.faults -= 1;
    stop_waiting(world, who);
    world.processes[who].at = At::Down;
    world.processes[who].quiet.clear();
    world.processes[who].epoch_is_current = false;
    if let Lease::Held(owner, ticks) = world.ledger.lease
        && usize::from(owner) == who
    {
        world.ledger.lease = if setup.retaken { Lease::Free } else { Lease::Orphaned(ticks) };
    }
}

/// Is the lease free, ours, or over? Taking over from a process that is at work costs a fault.
fn may_turn(world: &World, who: Who) -> bool {
    match world.ledger.lease {
        Lease::Held(owner, _) => usize::from(owner) == who,
        Lease::Orphaned(_) => false,
        Lease::Free => world.left.faults > 0 || !overtakes(world, who),
    }
}

/// Is another process in the middle of something under the epoch that counts?
pub(crate) fn overtakes(world: &World, who: Who) -> bool {
    world.processes.iter().enumerate().any(|(other, process)| {
        other != who && process.epoch_is_current && !matches!(process.at, At::Idle | At::Down)
    })
}

/// Takes the lease with a new epoch: every other process's writes are over.
pub fn turn(world: &mut World, who: Who) {
    if world.ledger.lease == Lease::Free && overtakes(world, who) {
        world.left.faults -= 1;
    }
    for process in &mut world.processes {
        process.epoch_is_current = false;
    }
    world.processes[who].epoch_is_current = true;
    world.ledger.lease = Lease::Held(who as u8, LEASE);
}

/// One transaction of the ledger, under the process's epoch. `None` from `change`: an older version, nothing is stored.
pub fn commit(
    setup: &Setup,
    world: &mut World,
    who: Who,
    change: impl FnOnce(&mut Ledger) -> Option<()>,
) -> bool {
    let current = world.processes[who].epoch_is_current;
    if !current && !setup.mutated(Mutation::IgnoreEpoch) {
        world.processes[who].at = At::Idle;
        return false;
    }
    let mut ledger = world.ledger.clone();
    if change(&mut ledger).is_none() {
        world.processes[who].at = At::Idle;
        return false;
    }
    if current {
        ledger.lease = Lease::Held(who as u8, LEASE);
    } else if ledger != world.ledger {
        world.blame(STALE_WRITE);
    }
    world.ledger = ledger;
    true
}

/// Puts an export that has moved once; refused if the row moved on meanwhile.
pub fn put(ledger: &mut Ledger, export: &Arc<Export>) -> Option<()> {
    let row = ledger.row_mut(key_of(export))?;
    if row.export.version + 1 != export.version {
        return None;
    }
    row.export = export.clone();
    row.told = false;
    Some(())
}

/// Records why an export is held, together with the state.
pub fn tell(setup: &Setup, ledger: &mut Ledger, export: &Export) {
    let held = export.state == State::Held && !setup.mutated(Mutation::HoldWithoutReason);
    if let Some(row) = ledger.row_mut(key_of(export)) {
        row.told = held;
    }
}

fn write_down(setup: &Setup, world: &mut World, who: Who) {
    let At::Clear(export) = world.processes[who].at.clone() else { return };
    let deadline = NOW.plus(crate::time::TIMEOUT);
    let event = Event::Asked { epoch: domain::ids::Epoch(0), deadline };
    let Some(asked) = rules::moved(setup, world, &export, event) else { return };
    let approved = world.joor.order(setup, world.joor.export_state).approved;
    let stored = commit(setup, world, who, |ledger| {
        put(ledger, &asked)?;
        ledger.track = domain::orders::reexport::Track::of_export(approved);
        Some(())
    });
    if stored {
        rules::note_asked(setup, world, who, &asked);
        world.processes[who].at = At::Asked(asked);
    }
}

fn leave(setup: &Setup, world: &mut World, who: Who) {
    let At::Asked(export) = world.processes[who].at.clone() else { return };
    if is_over(&export) && !setup.mutated(Mutation::LeaveAfterTheDeadline) {
        world.processes[who].at = At::Answered(export, Answer::NotExecuted);
        return;
    }
    let key = key_of(&export);
    if world.judge.open.iter().any(|open| open.key == key) {
        world.blame(UNPROVEN_CREATE);
        world.judge.open.retain(|open| open.key != key);
    }
    world.judge.open.push(Open { key, refused: false, empty_looks: 0, quiet: false, ticks: 0 });
    world.wire.push(Request { key, awaited: Some(who as u8), ticks: 1 + setup.late_max });
    world.processes[who].at = At::Waiting(export);
}

fn give_up(world: &mut World, who: Who) {
    let At::Waiting(export) = world.processes[who].at.clone() else { return };
    if !is_over(&export) {
        world.left.faults -= 1;
    }
    stop_waiting(world, who);
    world.processes[who].at = At::Answered(export, Answer::Unclear);
}

/// The connection is closed: whatever is still answered on it reaches nobody.
fn stop_waiting(world: &mut World, who: Who) {
    for request in world.wire.iter_mut().filter(|request| request.awaited == Some(who as u8)) {
        request.awaited = None;
    }
}

fn record(setup: &Setup, world: &mut World, who: Who, export: &Arc<Export>, answer: Answer) {
    let event = match answer {
        Answer::Created(number) => {
            let (order, name) = crate::world::shop_order(number);
            Event::Created { order, name }
        }
        Answer::NotExecuted => Event::NotExecuted,
        Answer::Refused => Event::Refused { now: NOW },
        Answer::Unclear => Event::Lost { now: NOW },
    };
    let Some(after) = rules::moved(setup, world, export, event) else {
        world.processes[who].at = At::Idle;
        return;
    };
    let exported = matches!(after.state, State::Exported { .. });
    let stored = commit(setup, world, who, |ledger| {
        put(ledger, &after)?;
        ledger.report_due |= exported;
        Some(())
    });
    if !stored {
        return;
    }
    let key = key_of(&after);
    match answer {
        Answer::Created(_) | Answer::NotExecuted => world.judge.open.retain(|open| open.key != key),
        Answer::Refused => {
            for open in world.judge.open.iter_mut().filter(|open| open.key == key) {
                open.refused = true;
            }
        }
        Answer::Unclear => {}
    }
    world.processes[who].at = match answer {
        Answer::Refused if matches!(after.state, State::Unconfirmed { .. }) => At::OwesLook(after),
        Answer::Created(_) | Answer::NotExecuted | Answer::Refused | Answer::Unclear => At::Idle,
    };
}

fn obey(setup: &Setup, world: &mut World, who: Who, command: Command) {
    let before = world.ledger.clone();
    let lease = world.ledger.lease;
    let process = world.processes.clone();
    let left = world.left;
    turn(world, who);
    people::command(setup, world, who, command);
    world.ledger.lease = lease;
    if world.ledger == before {
        // Refused with words: nothing happened.
        world.processes = process;
        world.left = left;
        return;
    }
    world.ledger.lease = Lease::Held(who as u8, LEASE);
    world.left.wishes -= 1;
}

/// What a look-up by this export's token shows now.
pub fn sight(world: &World, export: &Export) -> Sight {
    match world.visible(key_of(export)) {
        Some(number) => Sight::Order(number, world.shop[number].cancelled),
        None => Sight::Nothing,
    }
}
