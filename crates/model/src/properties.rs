//! What must hold in every world that can be reached, and a few things that must be possible, so that the rest means
//! something.

use crate::Setup;
use crate::world::{Asked, Row, ShopOrder, World, key_of, number_of};
use domain::orders::export::{Export, State, Step, next};
use domain::orders::order::{ExportState, OrderStatus};
use domain::orders::reporting;
use domain::settings::ReportMode;
use stateright::Property;

pub const TWICE: &str = "never two live Shopify orders of one generation and part";
pub const TWO_GENERATIONS: &str = "never live Shopify orders of two generations of one part";
pub const UNPROVEN_CREATE: &str = "no create follows an unclear answer without its looks and its quiet time";
pub const STALE_WRITE: &str = "a stale epoch changes nothing";
pub const UNCALLED_GENERATION: &str = "only a click opens a generation; approving again opens none";
pub const LOST_CLICK: &str = "a click stays visible until it is honoured or a person is asked";
pub const ADOPTED_DEAD: &str = "what is adopted stands in Shopify";
pub const FALSE_SUCCESS: &str = "JOOR shows SUCCESS only for an order whose every part reached Shopify";
pub const INVISIBLE: &str = "every export is in Shopify, waits with a reason, was closed by a person, or has a next step; what was approved has a row";
pub const BROKEN_RULE: &str = "the machine takes every event that it meets";

pub const REPORTED: &str = "an order is exported and reported";
pub const SECOND_GENERATION: &str = "a second generation reaches Shopify";
pub const EXECUTED_LATE: &str = "a request is executed after nobody waits for it";
pub const ASKED_AGAIN: &str = "an order that surely was not there is asked for once more";
pub const CAUGHT_UP: &str = "a ledger that is behind finds a later generation and goes on there";
pub const USED_UP: &str = "an order leaves under a generation after one that is used up";
pub const QUESTION: &str = "a person is asked about an order approved again";

pub const ALL_RULES: [&str; 10] = [
    TWICE,
    TWO_GENERATIONS,
    UNPROVEN_CREATE,
    STALE_WRITE,
    UNCALLED_GENERATION,
    LOST_CLICK,
    ADOPTED_DEAD,
    FALSE_SUCCESS,
    INVISIBLE,
    BROKEN_RULE,
];

/// A name, and whether it is so in a world.
type Rule = (&'static str, fn(&Setup, &World) -> bool);

const ALWAYS: [Rule; 10] = [
    (TWICE, |_, world| most_live(world, |order| order.key) <= 1),
    (TWO_GENERATIONS, |_, world| {
        // Unless a person closed the earlier one by hand, although it stood, and asked for one more export all the same.
        world.judge.one_more || most_live(world, |order| (0, order.key.1)) <= 1
    }),
    (UNPROVEN_CREATE, |_, world| !world.judge.faults.contains(&UNPROVEN_CREATE)),
    (STALE_WRITE, |_, world| !world.judge.faults.contains(&STALE_WRITE)),
    (UNCALLED_GENERATION, |_, world| !world.judge.faults.contains(&UNCALLED_GENERATION)),
    (LOST_CLICK, |_, world| click_is_visible(world)),
    (ADOPTED_DEAD, |_, world| !world.judge.faults.contains(&ADOPTED_DEAD)),
    (FALSE_SUCCESS, success_is_true),
    (INVISIBLE, |_, world| is_visible(world)),
    (BROKEN_RULE, |_, world| !world.judge.faults.contains(&BROKEN_RULE)),
];

const POSSIBLE: [Rule; 7] = [
    (REPORTED, |_, world| world.joor.export_state == ExportState::Success),
    (SECOND_GENERATION, |_, world| world.shop.iter().any(|order| order.key.0 == 2)),
    (EXECUTED_LATE, |_, world| executed_late(world)),
    (ASKED_AGAIN, |_, world| sent_again(world)),
    (CAUGHT_UP, |_, world| gone_on(world).any(|state| *state == State::Held)),
    (USED_UP, |_, world| gone_on(world).any(|state| matches!(state, State::Exported { .. }))),
    (QUESTION, |_, world| world.ledger.asked == Asked::Reapproved),
];

pub fn all() -> Vec<Property<Setup>> {
    let mut properties: Vec<Property<Setup>> =
        ALWAYS.into_iter().map(|(name, holds)| Property::always(name, holds)).collect();
    properties.extend(POSSIBLE.into_iter().map(|(name, occurs)| Property::sometimes(name, occurs)));
    properties
}

/// The most live orders that share a key.
fn most_live(world: &World, key: impl Fn(&ShopOrder) -> (u32, u32)) -> usize {
    let live = || world.shop.iter().filter(|order| !order.cancelled);
    live().map(|order| live().filter(|other| key(other) == key(order)).count()).max().unwrap_or(0)
}

fn click_is_visible(world: &World) -> bool {
    !world.judge.click_counts
        || world.joor.export_state == ExportState::Undefined
        || world.ledger.asked != Asked::Nothing
}

fn success_is_true(setup: &Setup, world: &World) -> bool {
    world.joor.export_state != ExportState::Success
        || world.shop.iter().any(|one| {
            (1..=setup.parts).all(|part| world.shop.iter().any(|order| order.key == (one.key.0, part)))
        })
}

fn is_visible(world: &World) -> bool {
    let unseen = world.judge.discovered && world.ledger.rows.is_empty();
    !unseen && world.ledger.rows.iter().all(|row| row_is_visible(world, row))
}

fn row_is_visible(world: &World, row: &Row) -> bool {
    let key = key_of(&row.export);
    match &row.export.state {
        State::Exported { order, .. } => number_of(order).is_some_and(|number| {
            let linked = world.judge.linked.contains(&(key, number));
            linked || world.shop.get(number).is_some_and(|order| order.key == key)
        }),
        State::Held => row.told,
        State::ClosedByHand | State::GivenUp => true,
        State::Seen
        | State::Waiting { .. }
        | State::Skipped
        | State::Ready
        | State::Sending { .. }
        | State::Unconfirmed { .. } => !matches!(next(&row.export), Step::Rest),
    }
}

fn executed_late(world: &World) -> bool {
    world.ledger.rows.iter().any(|row| {
        matches!(row.export.state, State::Unconfirmed { .. })
            && world.shop.iter().any(|order| order.key == key_of(&row.export) && order.hidden > 0)
            && world.judge.open.iter().any(|open| open.ticks > 1)
    })
}

fn sent_again(world: &World) -> bool {
    world.ledger.rows.iter().any(|row| row.export.attempts > 0 && row.export.state == State::Ready)
}

/// The states of current exports in place of one that was to leave under an earlier generation.
fn gone_on(world: &World) -> impl Iterator<Item = &State> {
    let ledger = &world.ledger;
    let before =
        |export: &Export| export.key.generation.0 < ledger.generation && export.state == State::Skipped;
    let any = ledger.rows.iter().any(|row| before(&row.export));
    ledger.current().map(|row| &row.export.state).filter(move |_| any)
}

/// A run may end here: exported and reported, or visibly waiting for a person or a change.
pub fn is_good_end(world: &World) -> bool {
    let ledger = &world.ledger;
    let rows = || ledger.rows.iter();
    if !world.wire.is_empty() || rows().any(|row| row.export.state.is_in_flight()) {
        return false;
    }
    let waits = rows().any(|row| {
        matches!(row.export.state, State::Held | State::Skipped | State::ClosedByHand | State::GivenUp)
            && row.export.key.generation.0 == ledger.generation
    });
    let asked = matches!(ledger.asked, Asked::Reapproved | Asked::CancelledThere);
    let exported = !ledger.rows.is_empty()
        && ledger.current().all(|row| matches!(row.export.state, State::Exported { .. }));
    let wanted = reporting::wanted(ledger.generation, &ledger.exports(), &[], ReportMode::All);
    let reported = !ledger.report_due
        && wanted.is_some_and(|(state, words)| {
            world.joor.export_state == state && world.joor.description == words
        });
    let not_approved = world.joor.status != OrderStatus::Approved;
    waits || asked || (exported && (reported || not_approved)) || (ledger.rows.is_empty() && not_approved)
}
