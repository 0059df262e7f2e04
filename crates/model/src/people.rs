//! What people do: in JOOR, in Shopify, to the ledger's file, and through the program's own commands.

use crate::act::{Act, Command, Who, Wish};
use crate::process::{commit, put};
use crate::rules;
use crate::world::{Asked, At, Ledger, World, key_of};
use crate::{Mutation, Setup};
use domain::orders::export::{Event, Export, State};
use domain::orders::order::{ExportState, OrderStatus};
use domain::orders::reporting;
use std::sync::Arc;

pub fn acts(_: &Setup, world: &World, acts: &mut Vec<Act>) {
    let mut add = |wish| acts.push(Act::Person(wish));
    if world.joor.status == OrderStatus::Pending {
        add(Wish::Approve);
    }
    if world.left.wishes == 0 {
        return;
    }
    if world.joor.status == OrderStatus::Approved {
        add(Wish::Unapprove);
        if world.joor.export_state == ExportState::Success {
            add(Wish::SetToReexport);
        }
    }
    for (number, order) in world.shop.iter().enumerate() {
        if !order.cancelled {
            add(Wish::Cancel(number));
        }
    }
    if may_restore(world) {
        add(Wish::RestoreBackup);
    }
}

/// A backup is put back while nothing runs, no request may still be executed, and look-ups see what is there.
fn may_restore(world: &World) -> bool {
    !world.ledger.rows.is_empty()
        && world.wire.is_empty()
        && world.shop.iter().all(|order| order.hidden == 0)
        && world.judge.open.is_empty()
        && world.processes.iter().all(|process| matches!(process.at, At::Idle | At::Down))
}

pub fn take(world: &mut World, wish: Wish) {
    if wish != Wish::Approve {
        world.left.wishes -= 1;
    }
    match wish {
        Wish::SetToReexport => {
            let track = &world.ledger.track;
            world.judge.clicked = true;
            world.judge.click_counts = track.acknowledged && track.seen && shows_exported(&world.ledger);
            world.joor.put(ExportState::Undefined, "");
        }
        Wish::Unapprove => world.joor.status = OrderStatus::Pending,
        // JOOR may well forget the result with the approval.
        Wish::Approve => {
            world.joor.status = OrderStatus::Approved;
            world.joor.approvals += 1;
            world.joor.put(ExportState::Undefined, "");
        }
        Wish::Cancel(number) => world.shop[number].cancelled = true,
        Wish::RestoreBackup => {
            world.ledger = Ledger::empty();
            world.judge.clicked = false;
            world.judge.click_counts = false;
            world.judge.discovered = false;
            world.judge.linked.clear();
            for process in &mut world.processes {
                process.epoch_is_current = false;
                process.quiet.clear();
            }
        }
    }
}

fn shows_exported(ledger: &Ledger) -> bool {
    let shown = reporting::shown_generation(ledger.generation, &ledger.exports());
    let mut rows = ledger.rows.iter().filter(|row| row.export.key.generation.0 == shown);
    rows.all(|row| matches!(row.export.state, State::Exported { .. })) && !ledger.rows.is_empty()
}

/// Applies a command, or leaves everything as it is: refused with words.
pub fn command(setup: &Setup, world: &mut World, who: Who, command: Command) {
    match command {
        Command::NotThere => not_there(setup, world, who),
        Command::Close => by_hand(setup, world, who, &Event::ClosedByHand),
        Command::GiveUp => {
            if world.ledger.generation > 1 {
                by_hand(setup, world, who, &Event::GivenUp);
                let given_up = world.ledger.current().all(|row| row.export.state == State::GivenUp);
                world.ledger.report_due |= given_up;
            }
        }
        Command::AskAgain => ask_again(setup, world, who),
        Command::LeaveIt => leave_it(setup, world, who),
        Command::Link => link(setup, world, who),
        Command::Retry => {
            commit(setup, world, who, |ledger| {
                ledger.rows.iter_mut().for_each(|row| row.refused = false);
                Some(())
            });
        }
    }
}

/// An honest person: they say so only if Shopify shows nothing.
fn not_there(setup: &Setup, world: &mut World, who: Who) {
    let current: Vec<Arc<Export>> = world.ledger.current().map(|row| row.export.clone()).collect();
    let unclear = |export: &&Arc<Export>| matches!(export.state, State::Unconfirmed { .. });
    let mut asked = current.iter().filter(unclear).peekable();
    if asked.peek().is_none()
        || asked.clone().any(|export| {
            world.visible(key_of(export)).is_some() || !rules::absence_is_believed(setup, export)
        })
    {
        return;
    }
    let keys: Vec<_> = asked.map(|export| key_of(export)).collect();
    by_hand(setup, world, who, &Event::SaidAbsent);
    let quiet = setup.quiet;
    world.judge.open.retain(|open| !keys.contains(&open.key) || open.ticks <= quiet);
}

/// An honest person: they link an order that stands and that is the export of nothing else, part by part.
fn link(setup: &Setup, world: &mut World, who: Who) {
    let exported = |export: &Export| matches!(export.state, State::Exported { .. });
    let Some(export) = world.ledger.current().map(|row| row.export.clone()).find(|export| !exported(export))
    else {
        return;
    };
    let known = |number: usize| {
        let (id, _) = crate::world::shop_order(number);
        let is = |row: &crate::world::Row| matches!(&row.export.state, State::Exported { order, .. } if *order == id);
        world.ledger.rows.iter().any(is)
    };
    let fits = |(number, order): &(usize, &crate::world::ShopOrder)| {
        order.key.1 == export.key.part.0 && order.hidden == 0 && !order.cancelled && !known(*number)
    };
    let Some(number) = world.shop.iter().enumerate().find(fits).map(|(number, _)| number) else { return };
    let (order, name) = crate::world::shop_order(number);
    let Ok(after) = domain::orders::export::apply(&export, &Event::Linked { order, name }) else { return };
    let after = Arc::new(after);
    let approved = world.joor.order(setup, world.joor.export_state).approved;
    let stored = commit(setup, world, who, |ledger| {
        put(ledger, &after)?;
        ledger.track = domain::orders::reexport::Track::of_export(approved);
        ledger.report_due = true;
        Some(())
    });
    if stored {
        let key = key_of(&after);
        world.judge.open.retain(|open| open.key != key);
        if world.shop[number].key != key {
            world.judge.linked.push((key, number));
        }
    }
}

/// One event for every part that takes it; refused as a whole if a part that is in flight does not.
fn by_hand(setup: &Setup, world: &mut World, who: Who, event: &Event) {
    let current: Vec<Arc<Export>> = world.ledger.current().map(|row| row.export.clone()).collect();
    let mut moved = Vec::new();
    for export in current {
        match domain::orders::export::apply(&export, event) {
            Ok(after) => moved.push(Arc::new(after)),
            Err(_) if export.state.is_in_flight() => return,
            Err(_) => {}
        }
    }
    commit(setup, world, who, |ledger| moved.iter().try_for_each(|export| put(ledger, export)));
}

fn ask_again(setup: &Setup, world: &mut World, who: Who) {
    let ledger = &world.ledger;
    if ledger.rows.is_empty() || !ledger.current().all(|row| row.export.state.is_settled()) {
        return;
    }
    let by_hand = ledger.current().any(|row| row.export.state == State::ClosedByHand);
    let stored = commit(setup, world, who, |ledger| {
        ledger.export_anyway |= by_hand;
        crate::process::open_generation(ledger);
        Some(())
    });
    if stored {
        world.judge.clicked = false;
        world.judge.click_counts = false;
        world.judge.one_more |= by_hand && world.shop.iter().any(|order| !order.cancelled);
    }
}

fn leave_it(setup: &Setup, world: &mut World, who: Who) {
    if world.ledger.asked == Asked::Nothing || world.ledger.asked == Asked::Answered {
        return;
    }
    let forgets = setup.mutated(Mutation::AnsweredIsStillReported);
    let stored = commit(setup, world, who, |ledger| {
        ledger.asked = Asked::Answered;
        ledger.reported = None;
        ledger.report_due = true;
        ledger.report_tries = 0;
        ledger.track = match forgets {
            true => ledger.track.clone(),
            false => ledger.track.unreported(),
        };
        Some(())
    });
    if stored {
        world.judge.click_counts = false;
    }
}
