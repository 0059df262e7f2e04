//! Looking for an export of which nobody knows whether it is in Shopify.

use super::{commit, put, sight, tell, turn};
use crate::act::{Search, Sees, Step, Who};
use crate::properties::ADOPTED_DEAD;
use crate::world::{At, Sight, World, key_of, number_of};
use crate::{Mutation, Setup, rules};
use domain::orders::export::{Event, Export, Look, State, Step as Next, next};
use domain::orders::looking;
use std::sync::Arc;

use crate::time::NOW;

/// How a look may be judged.
pub fn judgements(world: &World, export: &Export, sight: Sight, quiet: bool, add: &mut impl FnMut(Step)) {
    add(Step::Judge(Search::WhatIsThere));
    if sight == Sight::Nothing && looking::needs_search(export, quiet) {
        if world.visible(key_of(export)).is_some() {
            add(Step::Judge(Search::Behind));
        }
        if world.left.faults > 0 {
            add(Step::Judge(Search::Broken));
        }
    }
}

/// Settles: what is sending without a process that waits for it is lost; what is due is looked for.
pub fn look(setup: &Setup, world: &mut World, who: Who, sees: Sees) {
    let owed = match &world.processes[who].at {
        At::OwesLook(export) => Some(export.clone()),
        _ => None,
    };
    let after_refusal = owed.is_some();
    let Some(export) = owed.or_else(|| due(setup, world, who)) else { return };
    let sight = match sees {
        // Taking over may have cost the last fault.
        Sees::Nothing if world.left.faults == 0 => sight(world, &export),
        Sees::WhatIsThere => sight(world, &export),
        Sees::Nothing => {
            world.left.faults -= 1;
            Sight::Blind
        }
    };
    let quiet = rules::quiet_is_over(setup, world, who, &export);
    if sight == Sight::Nothing {
        note_empty_look(setup, world, &export);
    }
    world.processes[who].at = At::Looked { export, sight, quiet, after_refusal };
}

fn due(setup: &Setup, world: &mut World, who: Who) -> Option<Arc<Export>> {
    turn(world, who);
    rules::meet(setup, world, who);
    let rows: Vec<Arc<Export>> = world.ledger.rows.iter().map(|row| row.export.clone()).collect();
    let mut due = None;
    for export in rows {
        match (&export.state, next(&export)) {
            (State::Sending { .. }, _) => {
                let lost = rules::moved(setup, world, &export, Event::Lost { now: NOW })?;
                commit(setup, world, who, |ledger| put(ledger, &lost));
                if matches!(lost.state, State::Unconfirmed { .. }) {
                    due.get_or_insert(lost);
                }
            }
            (_, Next::Look { not_before }) if not_before <= NOW => drop(due.get_or_insert(export)),
            (_, Next::Look { .. } | Next::Check | Next::Send | Next::Wait { .. } | Next::Rest) => {}
        }
    }
    due
}

/// The judge's own evidence: a look that saw nothing, and whether the quiet time had passed in truth.
fn note_empty_look(setup: &Setup, world: &mut World, export: &Export) {
    let key = key_of(export);
    for open in world.judge.open.iter_mut().filter(|open| open.key == key) {
        open.empty_looks = (open.empty_looks + 1).min(2);
        open.quiet = open.ticks > setup.quiet;
    }
    // After a refusal one look is enough.
    world.judge.open.retain(|open| open.key != key || !open.refused);
}

pub fn judge(setup: &Setup, world: &mut World, who: Who, search: Search) {
    let At::Looked { export, sight, quiet, after_refusal } = world.processes[who].at.clone() else {
        return;
    };
    let quiet = match setup.mutated(Mutation::QuietTimeAskedAfterTheLook) {
        true => rules::quiet_is_over(setup, world, who, &export),
        false => quiet,
    };
    let hit = world.visible(key_of(&export)).filter(|_| search == Search::WhatIsThere);
    let hit = hit.map(|number| (number, world.shop[number].cancelled));
    if search == Search::Broken {
        world.left.faults -= 1;
    }
    let look = rules::look(setup, &export, sight, quiet, hit, search != Search::Broken);
    // What the judge believes: a search that was really made, and found nothing.
    let searched = search != Search::Broken
        && hit.is_none()
        && looking::needs_search(&export, quiet)
        && !setup.mutated(Mutation::SkipTheSearch);
    if let Some(after) = record(setup, world, who, &export, look, sight, hit) {
        if searched {
            let key = key_of(&after);
            world.judge.open.retain(|open| open.key != key || open.empty_looks < 2 || !open.quiet);
        }

        world.processes[who].at = match after_refusal && after.state == State::Seen {
            true => At::Refusing(after),
            false => At::Idle,
        };
    }
}

/// Records what a look proves.
pub fn record(
    setup: &Setup,
    world: &mut World,
    who: Who,
    export: &Arc<Export>,
    look: Look,
    sight: Sight,
    hit: Option<(usize, bool)>,
) -> Option<Arc<Export>> {
    let after = rules::moved(setup, world, export, Event::Looked { look, now: NOW })?;
    let exported = matches!(after.state, State::Exported { .. });
    let held = after.state == State::Held;
    let stored = commit(setup, world, who, |ledger| {
        put(ledger, &after)?;
        tell(setup, ledger, &after);
        ledger.report_due |= exported || held;
        Some(())
    });
    if !stored {
        return None;
    }
    let key = key_of(&after);
    if let State::Exported { order, .. } = &after.state {
        let seen = match sight {
            Sight::Order(number, cancelled) => Some((number, cancelled)),
            Sight::Nothing | Sight::Blind => hit,
        };
        if seen.is_none_or(|(number, cancelled)| cancelled || number_of(order) != Some(number)) {
            world.blame(ADOPTED_DEAD);
        }
        world.judge.open.retain(|open| open.key != key);
    }
    if held {
        // Found, but not ours to adopt: it was executed.
        world.judge.open.retain(|open| open.key != key);
    }
    Some(after)
}
