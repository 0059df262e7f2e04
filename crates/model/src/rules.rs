//! The edge to the product's rules: every decision of this crate goes through here, and here a mutation bends it.

use crate::properties::BROKEN_RULE;
use crate::time::{INTERVAL, MONO, NOW, TIMEOUT, quiet_time};
use crate::world::{Key, Ledger, Sight, World, fresh, key_of, number_of, shop_order};
use crate::{Mutation, Setup};
use domain::ids::Generation;
use domain::orders::export::{Event, Export, Look, State, apply};
use domain::orders::looking::{self, Ahead, Quiet, Taken, generations_ahead};
use domain::orders::order::{ExportState, Order, OrderStatus};
use domain::orders::reexport::{self, Ours, Reading, Track};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The export after the event, as the product's machine says. An event that it does not take is blamed.
pub fn moved(setup: &Setup, world: &mut World, export: &Export, event: Event) -> Option<Arc<Export>> {
    let event = match event {
        Event::Lost { now } if setup.mutated(Mutation::TreatUnclearAsRefused) => Event::Refused { now },
        Event::Lost { .. } if setup.mutated(Mutation::TreatUnclearAsNotExecuted) => Event::NotExecuted,
        event => event,
    };
    match apply(export, &event) {
        Ok(after) => Some(Arc::new(bent(setup, export, &event, after))),
        Err(_) => {
            world.blame(BROKEN_RULE);
            None
        }
    }
}

fn bent(setup: &Setup, before: &Export, event: &Event, after: Export) -> Export {
    let looked_empty = matches!(event, Event::Looked { look: Look::Empty { .. }, .. });
    let unconfirmed = matches!(before.state, State::Unconfirmed { .. });
    let one_look = setup.mutated(Mutation::CreateAfterOneEmptyLook) && looked_empty && unconfirmed;
    let believed = setup.mutated(Mutation::BelieveRefusals) && matches!(event, Event::Refused { .. });
    if one_look || believed { Export { state: State::Seen, ..after } } else { after }
}

/// What a direct look-up showed, and the search where it is needed, mean for this export. `hit`: what the search finds;
/// `trusted`: its answer can be used.
pub fn look(
    setup: &Setup,
    export: &Export,
    sight: Sight,
    quiet: bool,
    hit: Option<(usize, bool)>,
    trusted: bool,
) -> Look {
    let sight = match sight {
        Sight::Blind if setup.mutated(Mutation::BlindLookCounts) => Sight::Nothing,
        sight => sight,
    };
    match sight {
        Sight::Order(number, cancelled) => found(setup, export, number, cancelled),
        Sight::Blind => Look::Blind,
        Sight::Nothing if setup.mutated(Mutation::SkipTheSearch) => Look::Empty { quiet, searched: true },
        Sight::Nothing if !looking::needs_search(export, quiet) => Look::Empty { quiet, searched: false },
        Sight::Nothing => match hit.filter(|(_, cancelled)| looking::hit_counts(export, *cancelled)) {
            Some((number, cancelled)) => found(setup, export, number, cancelled),
            None => Look::Empty { quiet, searched: trusted },
        },
    }
}

fn found(setup: &Setup, export: &Export, number: usize, cancelled: bool) -> Look {
    let (order, name) = shop_order(number);
    let cancelled = cancelled && !setup.mutated(Mutation::CancelledFoundCountsAsExport);
    // A ledger that asked for the order has its request; one that was put back has none.
    match looking::found(order, name, cancelled, export.attempts > 0) {
        Look::Found { .. } if setup.mutated(Mutation::AdoptDoesNotRecord) => Look::Blind,
        look => look,
    }
}

/// The exports that a report to JOOR is about.
pub fn reported_about<'a>(setup: &Setup, ledger: &'a Ledger) -> Vec<&'a Export> {
    let mut exports = ledger.exports();
    if setup.mutated(Mutation::ReportBeforeAllParts) {
        exports.retain(|export| exported_as(export).is_some());
    }
    exports
}

/// Where the order goes on: what the look before a create sees under the tokens of this generation and of later ones, of
/// all parts that may leave.
pub fn ahead(setup: &Setup, world: &World, export: &Export) -> Ahead {
    let own = export.key.generation;
    let ready = world.ledger.current().filter(|row| row.export.state == State::Ready);
    let parts: BTreeSet<u32> = ready.map(|row| row.export.key.part.0).collect();
    let at = |generation: u32, part: &u32| {
        let number = world.visible((generation, *part))?;
        let known = world.ledger.rows.iter().any(|row| exported_as(&row.export) == Some(number));
        let cancelled = world.shop[number].cancelled;
        Some(Taken { generation: Generation(generation), cancelled, known })
    };
    let later: Vec<Key> = generations_ahead(own)
        .filter(|_| !setup.mutated(Mutation::OverlookLaterGenerations))
        .flat_map(|generation| parts.iter().chain([&1]).map(move |part| (generation.0, *part)))
        .collect();
    let here = parts.iter().filter_map(|part| at(own.0, part));
    let taken: Vec<Taken> =
        here.chain(later.iter().filter_map(|(generation, part)| at(*generation, part))).collect();
    looking::ahead(own, &taken)
}

fn exported_as(export: &Export) -> Option<usize> {
    export.state.shop_order().and_then(|(order, _)| number_of(order))
}

/// May a person who says "not there" be believed now?
pub fn absence_is_believed(setup: &Setup, export: &Export) -> bool {
    match looking::absence_said_from(export, quiet_time(setup)) {
        Some(from) => from <= NOW || setup.mutated(Mutation::BelieveNotThereAtOnce),
        None => false,
    }
}

pub fn stands_in_the_way(setup: &Setup, earlier: &Export, cancelled: bool, export_anyway: bool) -> bool {
    !setup.mutated(Mutation::ReexportWithoutCancelled)
        && reexport::stands_in_the_way(earlier, cancelled, export_anyway)
}

/// What a read of an exported order means.
pub fn read(setup: &Setup, track: &Track, order: &Order, ours: &Ours) -> (Track, Reading) {
    let mut track = track.clone();
    if setup.mutated(Mutation::OneReadIsReexport) {
        track.undefined_since.get_or_insert(NOW.minus(INTERVAL));
    }
    if setup.mutated(Mutation::ReapprovalIsReexport) {
        track.left_approved = false;
        track.approved_at_export = order.approved;
    }
    let ours = match setup.mutated(Mutation::AnySuccessIsOurs) {
        true => Ours { words: order.export_description.clone(), ..ours.clone() },
        false => ours.clone(),
    };
    reexport::read(&track, order, &ours, NOW, INTERVAL)
}

/// What the first sight of an order means: exported by somebody else, or to be opened. The service decides this; here
/// stands what it does with the results that occur.
pub fn is_settled_elsewhere(status: &OrderStatus, export_state: ExportState) -> bool {
    *status == OrderStatus::Approved && export_state == ExportState::Success
}

/// The memory of quiet times as the product keeps it, made of what the process holds, used, and taken apart again.
pub fn with_quiet<T>(setup: &Setup, world: &mut World, who: usize, work: impl FnOnce(&mut Quiet) -> T) -> T {
    let mut quiet = Quiet::default();
    let process = &mut world.processes[who];
    for (key, attempts, from) in &process.quiet {
        quiet.asked(&Export { attempts: *attempts, ..fresh(*key) }, *from, Duration::ZERO);
    }
    let result = work(&mut quiet);
    process.quiet.clear();
    for row in &world.ledger.rows {
        let request = request(setup, &row.export);
        if let Some(from) = quiet.counts_from(&request) {
            process.quiet.push((key_of(&request), request.attempts, from));
        }
    }
    result
}

/// The export as the memory of quiet times is asked about it.
pub fn request(setup: &Setup, export: &Export) -> Export {
    match setup.mutated(Mutation::QuietTimeOfAnEarlierRequest) {
        true => Export { attempts: 0, ..export.clone() },
        false => export.clone(),
    }
}

/// A request was written down by this process.
pub fn note_asked(setup: &Setup, world: &mut World, who: usize, export: &Export) {
    let asked = request(setup, export);
    let mixed_up = setup.mutated(Mutation::QuietTimeOfAnEarlierRequest);
    with_quiet(setup, world, who, |quiet| match mixed_up {
        true => quiet.met(&asked, MONO, TIMEOUT),
        false => quiet.asked(&asked, MONO, TIMEOUT),
    });
}

/// Has the quiet time of this request passed, as this process knows it?
pub fn quiet_is_over(setup: &Setup, world: &mut World, who: usize, export: &Export) -> bool {
    if setup.mutated(Mutation::ForgetQuietTime) {
        return true;
    }
    if let (true, State::Unconfirmed { deadline, .. }) =
        (setup.mutated(Mutation::QuietTimeByWallClock), &export.state)
    {
        return deadline.plus(quiet_time(setup)) <= NOW;
    }
    let asked = request(setup, export);
    with_quiet(setup, world, who, |quiet| quiet.is_over(&asked, MONO, quiet_time(setup)))
}

/// The rows in flight, as a process meets them when it settles what is open.
pub fn meet(setup: &Setup, world: &mut World, who: usize) {
    let in_flight: Vec<Export> = world
        .ledger
        .rows
        .iter()
        .filter(|row| row.export.state.is_in_flight())
        .map(|row| request(setup, &row.export))
        .collect();
    let timeout = match setup.mutated(Mutation::QuietTimeFromTheMeeting) {
        true => Duration::ZERO,
        false => TIMEOUT,
    };
    with_quiet(setup, world, who, |quiet| {
        quiet.keep(in_flight.iter());
        for export in &in_flight {
            quiet.met(export, MONO, timeout);
        }
    });
}

/// Is some part of these in flight or exported? Then what is left is sent as it was frozen.
pub fn has_left<'a>(mut exports: impl Iterator<Item = &'a Export>) -> bool {
    exports.any(|export| export.state.is_in_flight() || matches!(export.state, State::Exported { .. }))
}
