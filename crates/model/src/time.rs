//! Time in ticks. Now stands still and everything else moves: what lies further back than any rule looks is all the same.

use crate::act::{Act, Passing};
use crate::world::{At, Key, Lease, Process, World, key_of};
use crate::{Mutation, Setup};
use domain::ids::Epoch;
use domain::orders::export::{EMPTY_LOOKS_NEEDED, Export, LOOK_WAITS, State};
use domain::time::{Moment, Mono};
use std::sync::Arc;
use std::time::Duration;

/// The wall clock's now.
pub const NOW: Moment = Moment(1_000_000_000_000);
/// The monotonic clock's now.
pub const MONO: Mono = Mono(Duration::from_secs(1_000_000_000));
/// The longest wait between two looks but one; within a tick, everything else may happen.
pub const TICK: Duration = Duration::from_secs(300);
/// A create request's deadline is one tick after it was written down.
pub const TIMEOUT: Duration = TICK;
/// Ticks of a lease: longer than a request's deadline.
pub const LEASE: u8 = 2;
/// The time between two reads that count as two.
pub const INTERVAL: Duration = TICK;

/// The version that a row of the ledger always has here; a copy in memory is of this one or older.
const NEWEST: i64 = 2;
const OLDER: i64 = 0;

pub fn acts(_: &Setup, world: &World, acts: &mut Vec<Act>) {
    acts.push(Act::Time(Passing::Tick));
    if world.left.jumps > 0 {
        acts.push(Act::Time(Passing::Jump));
    }
}

pub fn take(setup: &Setup, world: &mut World, passing: Passing) {
    match passing {
        Passing::Tick => {
            true_time(setup, world);
            wall_clock(world);
        }
        Passing::Jump => {
            world.left.jumps -= 1;
            wall_clock(world);
        }
    }
}

/// What passes however the clocks of computers stand.
fn true_time(setup: &Setup, world: &mut World) {
    for request in &mut world.wire {
        request.ticks -= 1;
    }
    world.wire.retain(|request| request.ticks > 0);
    for order in &mut world.shop {
        order.hidden = order.hidden.saturating_sub(1);
    }
    world.joor.listed = None;
    world.joor.listed_description = String::new();
    for open in &mut world.judge.open {
        open.ticks = (open.ticks + 1).min(1 + setup.quiet);
    }
    for process in &mut world.processes {
        for (_, _, from) in &mut process.quiet {
            *from = Mono(from.0.saturating_sub(TICK));
        }
    }
}

fn wall_clock(world: &mut World) {
    let ledger = &mut world.ledger;
    for row in &mut ledger.rows {
        earlier(Arc::make_mut(&mut row.export));
    }
    if let Some(since) = &mut ledger.track.undefined_since {
        *since = since.minus(TICK);
    }
    ledger.lease = match ledger.lease {
        Lease::Held(who, ticks) if ticks > 1 => Lease::Held(who, ticks - 1),
        Lease::Orphaned(ticks) if ticks > 1 => Lease::Orphaned(ticks - 1),
        Lease::Held(..) | Lease::Orphaned(_) | Lease::Free => Lease::Free,
    };
    for process in &mut world.processes {
        if let Some(export) = process.holds_mut() {
            earlier(Arc::make_mut(export));
        }
    }
}

fn earlier(export: &mut Export) {
    match &mut export.state {
        State::Waiting { until } => *until = until.minus(TICK),
        State::Sending { deadline, .. } => *deadline = deadline.minus(TICK),
        State::Unconfirmed { deadline, next_look, .. } => {
            *deadline = deadline.minus(TICK);
            *next_look = next_look.minus(TICK);
        }
        State::Seen
        | State::Held
        | State::Skipped
        | State::ClosedByHand
        | State::GivenUp
        | State::Ready
        | State::Exported { .. } => {}
    }
}

/// Makes worlds equal that no rule can tell apart.
pub fn tidy(setup: &Setup, world: &mut World) {
    let attempts: Vec<(Key, u32)> =
        world.ledger.rows.iter().map(|row| (key_of(&row.export), row.export.attempts)).collect();
    let copies: Vec<bool> = world.processes.iter().map(|process| is_newest(world, process)).collect();
    for row in &mut world.ledger.rows {
        plain(setup, &mut row.export, NEWEST);
    }
    for (process, newest) in world.processes.iter_mut().zip(copies) {
        let rows = &world.ledger.rows;
        if let Some(copy) = process.holds_mut() {
            let row = rows.iter().find(|row| row.export.key == copy.key);
            match row.filter(|_| newest) {
                Some(row) => *copy = row.export.clone(),
                None => plain(setup, copy, OLDER),
            }
        }
        tidy_quiet(setup, process, &attempts);
    }
    if let Some(since) = &mut world.ledger.track.undefined_since {
        *since = (*since).max(NOW.minus(INTERVAL));
    }
    world.wire.sort_unstable_by_key(|request| (request.key, request.awaited, request.ticks));
    world.judge.open.sort_unstable_by_key(|open| open.key);
    world.judge.faults.sort_unstable();
}

fn is_newest(world: &World, process: &Process) -> bool {
    process.holds().is_some_and(|copy| {
        world.ledger.row(key_of(copy)).is_some_and(|row| row.export.version == copy.version)
    })
}

/// Only what some rule still asks: the number of requests matters as "any", that of looks as far as waits grow.
fn plain(setup: &Setup, shared: &mut Arc<Export>, version: i64) {
    let mut export = Export { version, attempts: shared.attempts.min(1), ..Export::clone(shared) };
    match &mut export.state {
        State::Waiting { until } => *until = (*until).max(NOW),
        State::Sending { epoch, deadline } => {
            *epoch = Epoch(0);
            *deadline = floor(setup, *deadline);
        }
        State::Unconfirmed { deadline, looks, empty_looks, next_look, .. } => {
            *deadline = floor(setup, *deadline);
            *next_look = (*next_look).max(NOW);
            *looks = (*looks).min(LOOK_WAITS.len() as u32 - 1);
            *empty_looks = (*empty_looks).min(EMPTY_LOOKS_NEEDED);
        }
        State::Seen
        | State::Held
        | State::Skipped
        | State::ClosedByHand
        | State::GivenUp
        | State::Ready
        | State::Exported { .. } => {}
    }
    if export != **shared {
        *shared = Arc::new(export);
    }
}

fn floor(setup: &Setup, deadline: Moment) -> Moment {
    deadline.max(NOW.minus(quiet_time(setup)))
}

pub fn quiet_time(setup: &Setup) -> Duration {
    TICK * u32::from(setup.quiet)
}

fn tidy_quiet(setup: &Setup, process: &mut Process, attempts: &[(Key, u32)]) {
    if matches!(process.at, At::Down) {
        process.quiet.clear();
    }
    let mixed_up = setup.mutated(Mutation::QuietTimeOfAnEarlierRequest);
    process.quiet.retain(|(key, of, _)| mixed_up || attempts.contains(&(*key, *of)));
    for (_, of, from) in &mut process.quiet {
        *of = (*of).min(1);
        *from = (*from).max(Mono(MONO.0.saturating_sub(quiet_time(setup))));
    }
    process.quiet.sort_unstable();
}

/// The moment of an approval; its day is what JOOR shows.
pub fn approved_at(approvals: u8) -> Moment {
    NOW.plus(Duration::from_secs(24 * 3600) * u32::from(approvals))
}
