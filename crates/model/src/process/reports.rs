//! Reads the order in JOOR, watches it once it is exported, and tells JOOR the result.

use super::{commit, turn};
use crate::act::{Reading, Reply, Who};
use crate::properties::UNCALLED_GENERATION;
use crate::rules;
use crate::world::{Asked, At, Ledger, World, number_of};
use crate::{Mutation, Setup};
use domain::orders::export::{Event, State};
use domain::orders::order::{ExportState, Order, OrderStatus};
use domain::orders::reexport::Reading as Meaning;
use domain::orders::reporting::{self, Next, Wanted};
use domain::settings::ReportMode;

pub fn discover(setup: &Setup, world: &mut World, who: Who, reading: Reading) {
    turn(world, who);
    let export_state = match reading {
        Reading::Now => world.joor.export_state,
        Reading::Behind => world.joor.listed.unwrap_or(world.joor.export_state),
    };
    if world.ledger.rows.is_empty() {
        first_seen(setup, world, who, export_state);
        return;
    }
    let mut ledger = world.ledger.clone();
    ledger.status = world.joor.status.clone();
    let shown = reporting::shown_generation(ledger.generation, &ledger.exports());
    let mut rows = ledger.rows.iter().filter(|row| row.export.key.generation.0 == shown);
    let exported = rows.all(|row| matches!(row.export.state, State::Exported { .. }));
    let meaning =
        if exported { watch(setup, world, &mut ledger, export_state, reading) } else { Meaning::Nothing };
    let opens = match meaning {
        Meaning::Reexport => true,
        Meaning::ReexportAfterReapproval => setup.mutated(Mutation::ReapprovalIsReexport),
        Meaning::Nothing | Meaning::Reported | Meaning::ReportAgain => false,
    };
    if opens {
        open_generation(&mut ledger);
    }
    if commit(setup, world, who, |stored| {
        *stored = ledger;
        Some(())
    }) && opens
    {
        if !world.judge.clicked {
            world.blame(UNCALLED_GENERATION);
        }
        world.judge.clicked = false;
        world.judge.click_counts = false;
    }
}

fn first_seen(setup: &Setup, world: &mut World, who: Who, export_state: ExportState) {
    if world.joor.status != OrderStatus::Approved {
        return;
    }
    let status = world.joor.status.clone();
    let skipped = rules::is_settled_elsewhere(&status, export_state);
    commit(setup, world, who, |ledger| {
        ledger.status = status;
        if !setup.mutated(Mutation::SeeWithoutOpening) {
            ledger.open(1);
        }
        Some(())
    });
    world.judge.discovered = true;
    if skipped && let Some(export) = world.ledger.rows.first().map(|row| row.export.clone()) {
        let after = rules::moved(setup, world, &export, Event::Skipped);
        if let (Some(after), Some(row)) = (after, world.ledger.rows.first_mut()) {
            row.export = after;
        }
    }
}

fn watch(
    setup: &Setup,
    world: &World,
    ledger: &mut Ledger,
    export_state: ExportState,
    reading: Reading,
) -> Meaning {
    let description = match reading {
        Reading::Now => world.joor.description.clone(),
        Reading::Behind => world.joor.listed_description.clone(),
    };
    let order = Order { export_description: description, ..world.joor.order(setup, export_state) };
    let wanted = reporting::wanted(ledger.generation, &ledger.exports(), &[], ReportMode::All);
    let ours = reporting::ours(ledger.generation, &ledger.exports());
    if export_state == ExportState::Success && ledger.asked == Asked::Reapproved {
        ledger.asked = Asked::Nothing;
    }
    let (track, meaning) = rules::read(setup, &ledger.track, &order, &ours);
    ledger.track = track;
    match meaning {
        Meaning::ReportAgain if !ledger.report_due => {
            ledger.reported = None;
            ledger.report_due = true;
        }
        Meaning::Reported if !setup.mutated(Mutation::RepeatWhatArrived) => {
            ledger.reported = wanted;
            ledger.report_in_flight = false;
            ledger.report_due = false;
        }
        Meaning::ReexportAfterReapproval => ledger.asked = Asked::Reapproved,
        Meaning::Nothing | Meaning::Reported | Meaning::ReportAgain | Meaning::Reexport => {}
    }
    meaning
}

pub fn open_generation(ledger: &mut Ledger) {
    ledger.generation += 1;
    ledger.track = ledger.track.for_next_generation();
    ledger.reported = None;
    ledger.report_in_flight = false;
    ledger.report_tries = 0;
    ledger.report_due = false;
    ledger.asked = Asked::Nothing;
    ledger.open(1);
}

pub fn report(setup: &Setup, world: &mut World, who: Who) {
    turn(world, who);
    let held = world.ledger.current().any(|row| row.export.state == State::Held);
    let told = if held { std::slice::from_ref(&setup.told) } else { &[] };
    let exports = rules::reported_about(setup, &world.ledger);
    let wanted = reporting::wanted(world.ledger.generation, &exports, told, ReportMode::All);
    let Some(wanted) = wanted.filter(|wanted| world.ledger.reported.as_ref() != Some(wanted)) else {
        commit(setup, world, who, |ledger| {
            ledger.report_due = false;
            Some(())
        });
        return;
    };
    let gone = gone(world, &wanted);
    let mark = world.joor.mark();
    match reporting::next_write(&wanted, &mark, world.ledger.status.word(), gone) {
        Next::There => drop(commit(setup, world, who, |ledger| acknowledged(ledger, wanted, true))),
        Next::Write(_) => begin(setup, world, who, wanted),
        Next::Wait(_) => {}
        // Answered by a person with "leave it": it counts as exported.
        Next::Ask(_) if world.ledger.asked == Asked::Answered => begin(setup, world, who, wanted),
        Next::Ask(_) => {
            commit(setup, world, who, |ledger| {
                ledger.asked = Asked::CancelledThere;
                Some(())
            });
        }
    }
}

/// The name of an order that does not stand any more, where a SUCCESS would be repeated.
fn gone(world: &World, wanted: &Wanted) -> Option<String> {
    let ledger = &world.ledger;
    let shown = reporting::shown_generation(ledger.generation, &ledger.exports());
    let is_of_earlier = shown != ledger.generation;
    if !reporting::repeats_success(wanted, ledger.report_tries, ledger.report_in_flight, is_of_earlier) {
        return None;
    }
    ledger.rows.iter().filter(|row| row.export.key.generation.0 == shown).find_map(|row| {
        match &row.export.state {
            State::Exported { order, name } => {
                number_of(order).is_some_and(|number| world.shop[number].cancelled).then(|| name.clone())
            }
            _ => None,
        }
    })
}

fn begin(setup: &Setup, world: &mut World, who: Who, wanted: Wanted) {
    if commit(setup, world, who, |ledger| {
        ledger.report_in_flight = true;
        Some(())
    }) {
        world.processes[who].at = At::Reporting(wanted);
    }
}

/// The product does not look at its epoch between its commit and this write; see `Setup::frozen_reports`.
pub fn write(setup: &Setup, world: &mut World, who: Who, reply: Reply) {
    let At::Reporting(wanted) = world.processes[who].at.clone() else { return };
    let late = !world.processes[who].epoch_is_current && !setup.frozen_reports;
    if late {
        world.processes[who].at = At::ReportFailed;
        return;
    }
    if reply != Reply::NeverWas {
        world.joor.put(wanted.0, &wanted.1);
        // It has to be repeated, as it was read: whoever took the approval back since then finds it there again.
        world.joor.status = OrderStatus::Approved;
    }
    if reply != Reply::Arrives {
        world.left.faults -= 1;
    }
    world.processes[who].at = match reply {
        Reply::Arrives => At::Reported(wanted),
        Reply::IsLost | Reply::NeverWas => At::ReportFailed,
    };
}

pub fn read_back(setup: &Setup, world: &mut World, who: Who) {
    let At::Reported(wanted) = world.processes[who].at.clone() else { return };
    world.processes[who].at = At::Idle;
    let seen = world.joor.export_state == wanted.0;
    commit(setup, world, who, |ledger| acknowledged(ledger, wanted, seen));
}

pub fn record_failed(setup: &Setup, world: &mut World, who: Who) {
    world.processes[who].at = At::Idle;
    commit(setup, world, who, |ledger| {
        ledger.report_tries = 1;
        ledger.report_in_flight = true;
        Some(())
    });
}

fn acknowledged(ledger: &mut Ledger, wanted: Wanted, seen: bool) -> Option<()> {
    ledger.report_in_flight = false;
    ledger.report_due = false;
    ledger.report_tries = 0;
    if wanted.0 == ExportState::Success {
        ledger.report_tries = 1;
        ledger.track.acknowledge(seen);
    }
    ledger.reported = Some(wanted);
    Some(())
}
