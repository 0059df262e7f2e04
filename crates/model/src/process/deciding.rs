//! Decides over an order as it is in JOOR now, and looks first for what may leave. Whether the order could be exported is
//! always yes here, as far as its content goes: what it contains is no matter of the protocol.

use super::{commit, put, sight, tell, turn};
use crate::act::{Search, Who};
use crate::process::looks;
use crate::rules;
use crate::world::{At, Sight, World, key_of, number_of};
use crate::{Mutation, Setup};
use domain::ids::Generation;
use domain::orders::export::{Event, Export, Look, State, Step as Next, next};
use domain::orders::looking::{self, Ahead};
use domain::orders::order::OrderStatus;
use std::sync::Arc;

pub fn decide(setup: &Setup, world: &mut World, who: Who, search: Search) {
    turn(world, who);
    world.ledger.status = world.joor.status.clone();
    let left = rules::has_left(world.ledger.current().map(|row| &*row.export));
    if left {
        clear_parts(setup, world, who);
    } else {
        let event = verdict(setup, world);
        judge_parts(setup, world, who, &event);
    }
    let ready = |row: &&crate::world::Row| matches!(next(&row.export), Next::Send);
    let ready = world.ledger.current().find(ready).map(|row| row.export.clone());
    let Some(export) = ready else { return };
    match rules::ahead(setup, world, &export) {
        // Another part has left already: its generation is not changed any more.
        Ahead::Asks(_) if left => ask_about_later(setup, world, who, &export),
        Ahead::Asks(generation) => {
            if let Some(opened) = go_on(setup, world, who, generation) {
                ask_about_later(setup, world, who, &opened);
            }
        }
        Ahead::GoesOn(generation) if !left => drop(go_on(setup, world, who, generation)),
        Ahead::Here | Ahead::GoesOn(_) => look_first(setup, world, who, &export, search),
    }
}

/// The order goes on at a later generation; what was to leave never left.
fn go_on(setup: &Setup, world: &mut World, who: Who, generation: Generation) -> Option<Arc<Export>> {
    let rows: Vec<Arc<Export>> = world.ledger.current().map(|row| row.export.clone()).collect();
    let open =
        rows.iter().filter(|export| matches!(next(export), Next::Check | Next::Send | Next::Wait { .. }));
    let mut skipped = Vec::new();
    for export in open {
        skipped.push(rules::moved(setup, world, export, Event::Skipped)?);
    }
    commit(setup, world, who, |ledger| {
        skipped.iter().try_for_each(|export| put(ledger, export))?;
        ledger.generation = generation.0;
        ledger.open(1);
        Some(())
    })
    .then(|| world.ledger.row((generation.0, 1)).map(|row| row.export.clone()))
    .flatten()
}

/// An order of a later generation stands in Shopify, and a person is asked about it.
fn ask_about_later(setup: &Setup, world: &mut World, who: Who, export: &Arc<Export>) {
    looks::record(setup, world, who, export, Look::FoundOther, Sight::Nothing, None);
}

fn verdict(setup: &Setup, world: &World) -> Event {
    let ledger = &world.ledger;
    if world.joor.status != OrderStatus::Approved {
        return Event::Skipped;
    }
    let elsewhere = rules::is_settled_elsewhere(&world.joor.status, world.joor.export_state);
    if ledger.generation == 1 && elsewhere && !ledger.export_anyway {
        return Event::Skipped;
    }
    let stands =
        ledger.rows.iter().filter(|row| row.export.key.generation.0 < ledger.generation).any(|row| {
            let cancelled = match &row.export.state {
                State::Exported { order, .. } => {
                    number_of(order).is_some_and(|number| world.shop[number].cancelled)
                }
                _ => false,
            };
            rules::stands_in_the_way(setup, &row.export, cancelled, ledger.export_anyway)
        });
    if stands || ledger.current().any(|row| row.refused) { Event::Held } else { Event::Cleared }
}

/// Moves every part to what was decided; opens the parts that are missing.
fn judge_parts(setup: &Setup, world: &mut World, who: Who, event: &Event) {
    if *event == Event::Cleared {
        commit(setup, world, who, |ledger| {
            for part in ledger.current().count() as u32 + 1..=setup.parts {
                ledger.open(part);
            }
            Some(())
        });
    }
    let wanted = match event {
        Event::Cleared => State::Ready,
        Event::Held => State::Held,
        _ => State::Skipped,
    };
    let rows: Vec<Arc<Export>> = world.ledger.current().map(|row| row.export.clone()).collect();
    for export in rows {
        let waits = matches!(next(&export), Next::Check | Next::Send | Next::Wait { .. });
        if !waits || export.state == wanted {
            continue;
        }
        if let Some(after) = rules::moved(setup, world, &export, event.clone()) {
            commit(setup, world, who, |ledger| {
                ledger.report_due |= after.state == State::Held;
                put(ledger, &after)?;
                tell(setup, ledger, &after);
                Some(())
            });
        }
    }
}

/// Parts of an order of which another part has left are sent as they were frozen.
fn clear_parts(setup: &Setup, world: &mut World, who: Who) {
    let open: Vec<Arc<Export>> = world
        .ledger
        .current()
        .filter(|row| !row.refused && matches!(row.export.state, State::Seen | State::Held))
        .map(|row| row.export.clone())
        .collect();
    for export in open {
        if let Some(after) = rules::moved(setup, world, &export, Event::Cleared) {
            commit(setup, world, who, |ledger| put(ledger, &after));
        }
    }
}

fn look_first(setup: &Setup, world: &mut World, who: Who, export: &Arc<Export>, search: Search) {
    let seen = match setup.mutated(Mutation::SkipLookFirst) {
        true => Sight::Nothing,
        false => sight(world, export),
    };
    let hit = world.visible(key_of(export)).filter(|_| search == Search::WhatIsThere);
    let hit = hit.filter(|_| !setup.mutated(Mutation::SkipLookFirst));
    let hit = hit.map(|number| (number, world.shop[number].cancelled));
    let look = rules::look(setup, export, seen, false, hit, search == Search::WhatIsThere);
    if looking::lets_leave(&look) && !setup.mutated(Mutation::RecordWhatLetsLeave) {
        world.processes[who].at = At::Clear(export.clone());
        return;
    }
    looks::record(setup, world, who, export, look, seen, hit);
}

/// The request was refused and nothing came of it: held until something changes.
pub fn hold_refused(setup: &Setup, world: &mut World, who: Who) {
    let At::Refusing(export) = world.processes[who].at.clone() else { return };
    world.processes[who].at = At::Idle;
    let Some(held) = rules::moved(setup, world, &Export::clone(&export), Event::Held) else { return };
    commit(setup, world, who, |ledger| {
        put(ledger, &held)?;
        tell(setup, ledger, &held);
        if let Some(row) = ledger.row_mut(key_of(&held)) {
            row.refused = true;
        }
        ledger.report_due = true;
        Some(())
    });
}
