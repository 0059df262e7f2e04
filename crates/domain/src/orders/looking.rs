//! What a look for an export proves, and from when on it may prove absence. The looks themselves, their answers and the
//! clocks come from outside.

use crate::ids::{ExportKey, Generation, ShopOrderId};
use crate::orders::export::{Export, Look, State, Unclear};
use crate::settings::QUIET_TIME_DEFAULT;
use crate::time::{Moment, Mono};
use std::collections::BTreeMap;
use std::time::Duration;

/// From when on the quiet time of each request counts, on the monotonic clock of this process. Lost with the process: a
/// new one begins anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Quiet {
    /// By export and attempt: what is known about one request says nothing about the next one.
    from: BTreeMap<(ExportKey, u32), Mono>,
}

impl Quiet {
    /// This process has written the request down; it may leave for as long as `timeout`.
    pub fn asked(&mut self, export: &Export, mono: Mono, timeout: Duration) {
        self.from.insert(request(export), Mono(mono.0.saturating_add(timeout)));
    }

    /// An export in flight is met. If another process has written its request down, that may have been just now; the
    /// wall clock is not asked, because it jumps.
    pub fn met(&mut self, export: &Export, mono: Mono, timeout: Duration) {
        self.from.entry(request(export)).or_insert(Mono(mono.0.saturating_add(timeout)));
    }

    /// Forgets requests about which nothing is open any more.
    pub fn keep<'a>(&mut self, in_flight: impl Iterator<Item = &'a Export>) {
        let open: Vec<(ExportKey, u32)> = in_flight.map(request).collect();
        self.from.retain(|request, _| open.contains(request));
    }

    /// From when on the quiet time of this request counts; `None` if this process has not met it.
    pub fn counts_from(&self, export: &Export) -> Option<Mono> {
        self.from.get(&request(export)).copied()
    }

    /// Has the quiet time passed before a look that is about to be taken? Never for a request that was not met.
    pub fn is_over(&self, export: &Export, mono: Mono, quiet_time: Duration) -> bool {
        self.counts_from(export).is_some_and(|from| mono >= from && mono.since(from) >= quiet_time)
    }
}

fn request(export: &Export) -> (ExportKey, u32) {
    (export.key.clone(), export.attempts)
}

/// How late a shop shows a new order, as measured there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lateness {
    Within(Duration),
    /// Not in the time that was given to it.
    NotWithin(Duration),
    /// Nobody measured it.
    Unmeasured,
}

/// For a shop that was never seen to show a new order in time.
const QUIET_TIME_UNSEEN: Duration = Duration::from_secs(3600);

/// The quiet time in force: the one of the settings, unless this shop was measured to be slower; it then is twice what was
/// measured. A shorter one than the default is for shops that were measured.
pub fn quiet_time_in_force(set: Duration, measured: impl IntoIterator<Item = Lateness>) -> Duration {
    let needed = measured.into_iter().map(|lateness| match lateness {
        Lateness::Within(lag) => lag.saturating_mul(2),
        Lateness::NotWithin(waited) => QUIET_TIME_UNSEEN.max(waited.saturating_mul(2)),
        Lateness::Unmeasured => QUIET_TIME_DEFAULT,
    });
    needed.fold(set, Duration::max)
}

/// Does this look need the search by source identifier as well?
pub fn needs_search(export: &Export, quiet: bool) -> bool {
    match &export.state {
        // A refusal that nevertheless made an order, without its custom id, is found by its source identifier only.
        State::Unconfirmed { cause: Unclear::Refused, .. } => true,
        // Absence takes both.
        State::Unconfirmed { cause: Unclear::NoAnswer, .. } => quiet,
        // An export that was asked for before is searched for too, in case its custom id was taken away.
        State::Seen
        | State::Waiting { .. }
        | State::Held
        | State::Skipped
        | State::ClosedByHand
        | State::GivenUp
        | State::Ready
        | State::Sending { .. }
        | State::Exported { .. } => export.attempts > 0,
    }
}

/// Does this hit of the search count? Before a create, an order that is cancelled and has lost its custom id is in
/// nobody's way.
pub fn hit_counts(export: &Export, cancelled: bool) -> bool {
    !cancelled || matches!(export.state, State::Unconfirmed { .. })
}

/// An order that carries the token: the export, if it stands and is what some stored request asked for.
pub fn found(order: ShopOrderId, name: String, cancelled: bool, asked_for: bool) -> Look {
    if asked_for && !cancelled { Look::Found { order, name } } else { Look::FoundOther }
}

/// May a create leave after this look? What is found is adopted or asked about first; a blind look proves nothing.
pub fn lets_leave(look: &Look) -> bool {
    match look {
        Look::Empty { .. } => true,
        Look::Found { .. } | Look::FoundOther | Look::Blind => false,
    }
}

/// Generations that a look before a create sees beyond the one that is to leave.
const AHEAD: u32 = 2;

/// The generations after this one whose tokens are looked up with its own: a ledger that begins again may be behind.
pub fn generations_ahead(own: Generation) -> impl Iterator<Item = Generation> {
    (1..=AHEAD).map(move |further| Generation(own.0.saturating_add(further)))
}

/// A Shopify order under the token of the generation that is to leave, or of one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub generation: Generation,
    pub cancelled: bool,
    /// The ledger has it as an export of this very order, under whatever generation a person linked it.
    pub known: bool,
}

/// Where an order goes on whose ledger may not know all of its exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ahead {
    /// Here: what the look for the export itself says counts.
    Here,
    /// An order of this later generation stands, and nobody knows whose it is: a person is asked about it.
    Asks(Generation),
    /// The tokens up to the one before this generation are used up by cancelled orders.
    GoesOn(Generation),
}

/// What the orders found under the tokens of `own` and of the generations after it mean.
pub fn ahead(own: Generation, taken: &[Taken]) -> Ahead {
    let here = |one: &&Taken| one.generation == own;
    if taken.iter().filter(here).any(|one| !one.cancelled) {
        return Ahead::Here;
    }
    let stands = taken.iter().filter(|one| one.generation > own && !one.cancelled && !one.known);
    if let Some(later) = stands.map(|one| one.generation).max() {
        return Ahead::Asks(later);
    }
    // Cancelled and not known: the look itself asks about it.
    if taken.iter().filter(here).any(|one| !one.known) {
        return Ahead::Here;
    }
    let used = taken.iter().filter(|one| one.generation >= own && one.cancelled);
    match used.map(|one| one.generation).max() {
        Some(last) => Ahead::GoesOn(Generation(last.0.saturating_add(1))),
        None => Ahead::Here,
    }
}

/// From when on a person who searched Shopify and found nothing is believed: the request cannot be executed any more.
pub fn absence_said_from(export: &Export, quiet_time: Duration) -> Option<Moment> {
    match &export.state {
        State::Unconfirmed { deadline, .. } => Some(deadline.plus(quiet_time)),
        State::Seen
        | State::Waiting { .. }
        | State::Held
        | State::Skipped
        | State::ClosedByHand
        | State::GivenUp
        | State::Ready
        | State::Sending { .. }
        | State::Exported { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Epoch, Generation, JoorOrderId, Part, Token};
    use crate::orders::export::{Event, apply};

    const TIMEOUT: Duration = Duration::from_secs(30);
    const QUIET: Duration = Duration::from_secs(300);

    fn at(secs: u64) -> Mono {
        Mono(Duration::from_secs(secs))
    }

    fn ready() -> Export {
        let key = ExportKey { order: JoorOrderId::new("7"), generation: Generation(1), part: Part(1) };
        let token = Token::new("sandbox", "42", &key).unwrap();
        Export { key, token, state: State::Ready, attempts: 0, version: 1 }
    }

    fn asked(export: &Export) -> Export {
        apply(export, &Event::Asked { epoch: Epoch(1), deadline: Moment(30_000) }).unwrap()
    }

    fn lost(export: &Export) -> Export {
        apply(export, &Event::Lost { now: Moment(30_000) }).unwrap()
    }

    #[test]
    fn quiet_time_begins_with_the_deadline_of_the_request() {
        let export = asked(&ready());
        let mut quiet = Quiet::default();
        assert!(!quiet.is_over(&export, at(10_000), QUIET), "never met");
        quiet.asked(&export, at(100), TIMEOUT);
        quiet.met(&export, at(500), TIMEOUT);
        assert!(!quiet.is_over(&export, at(429), QUIET) && quiet.is_over(&export, at(430), QUIET));
        assert!(!quiet.is_over(&export, at(100), Duration::ZERO), "not before the deadline");
        let mut restarted = Quiet::default();
        restarted.met(&export, at(500), TIMEOUT);
        assert!(!restarted.is_over(&export, at(829), QUIET) && restarted.is_over(&export, at(830), QUIET));
    }

    #[test]
    fn a_shop_measured_slower_than_the_quiet_time_makes_it_longer_never_shorter() {
        let within = |secs| Lateness::Within(Duration::from_secs(secs));
        for (measured, secs) in [
            (vec![], 300),
            (vec![within(0), within(24)], 300),
            (vec![within(0), within(151)], 302),
            (vec![within(400), within(10)], 800),
            (vec![Lateness::NotWithin(Duration::from_secs(120)), within(1)], 3600),
        ] {
            assert_eq!(
                quiet_time_in_force(QUIET, measured.clone()),
                Duration::from_secs(secs),
                "{measured:?}"
            );
        }
        // A short one is for shops that were measured.
        let short = Duration::from_secs(60);
        assert_eq!(quiet_time_in_force(short, [within(1), within(2)]), short);
        assert_eq!(quiet_time_in_force(short, [within(1), Lateness::Unmeasured]), QUIET_TIME_DEFAULT);
    }

    #[test]
    fn each_request_has_a_quiet_time_of_its_own() {
        let first = lost(&asked(&ready()));
        let second = lost(&asked(&Export { state: State::Ready, ..first.clone() }));
        let mut quiet = Quiet::default();
        quiet.asked(&first, at(0), TIMEOUT);
        assert!(quiet.is_over(&first, at(400), QUIET) && !quiet.is_over(&second, at(400), QUIET));
        quiet.asked(&second, at(400), TIMEOUT);
        quiet.keep([&second].into_iter());
        assert!(!quiet.is_over(&first, at(800), QUIET) && quiet.is_over(&second, at(800), QUIET));
    }

    #[test]
    fn the_search_belongs_to_every_proof_of_absence() {
        let refused = apply(&asked(&ready()), &Event::Refused { now: Moment(0) }).unwrap();
        let unclear = lost(&asked(&ready()));
        let again = Export { state: State::Ready, ..unclear.clone() };
        for (export, quiet, needed) in [
            (&ready(), true, false),
            (&again, false, true),
            (&unclear, false, false),
            (&unclear, true, true),
            (&refused, false, true),
        ] {
            assert_eq!(needs_search(export, quiet), needed, "{export:?} {quiet}");
        }
        assert!(hit_counts(&unclear, true) && !hit_counts(&again, true) && hit_counts(&again, false));
    }

    #[test]
    fn only_a_standing_order_that_was_asked_for_is_the_export() {
        let order = || (ShopOrderId::new("gid://shopify/Order/1"), "#1001".to_owned());
        for (cancelled, asked_for, ours) in
            [(false, true, true), (true, true, false), (false, false, false), (true, false, false)]
        {
            let (id, name) = order();
            let look = found(id, name, cancelled, asked_for);
            assert_eq!(look != Look::FoundOther, ours);
            assert!(!lets_leave(&look));
        }
        assert!(lets_leave(&Look::Empty { quiet: false, searched: false }) && !lets_leave(&Look::Blind));
    }

    #[test]
    fn an_order_goes_on_where_shopify_shows_its_last_generation() {
        let taken = |(generation, word): (u32, &str)| Taken {
            generation: Generation(generation),
            cancelled: word.contains("cancelled"),
            known: word.contains("known"),
        };
        let (asks, goes_on) = (|of| Ahead::Asks(Generation(of)), |of| Ahead::GoesOn(Generation(of)));
        for (found, expected) in [
            (vec![], Ahead::Here),
            // Found by the look itself.
            (vec![(2, "stands")], Ahead::Here),
            (vec![(2, "stands"), (3, "stands")], Ahead::Here),
            (vec![(2, "cancelled")], Ahead::Here),
            (vec![(2, "cancelled"), (3, "cancelled")], Ahead::Here),
            (vec![(3, "stands")], asks(3)),
            (vec![(4, "stands")], asks(4)),
            (vec![(3, "stands"), (4, "cancelled")], asks(3)),
            (vec![(2, "cancelled"), (3, "stands"), (4, "stands")], asks(4)),
            (vec![(3, "cancelled")], goes_on(4)),
            (vec![(3, "cancelled"), (4, "cancelled")], goes_on(5)),
            // Linked by a person to an earlier generation, and cancelled for this one.
            (vec![(2, "cancelled known")], goes_on(3)),
            (vec![(2, "cancelled known"), (3, "cancelled")], goes_on(4)),
            // Linked to another part of this generation.
            (vec![(3, "known")], Ahead::Here),
        ] {
            let all: Vec<Taken> = found.iter().copied().map(taken).collect();
            assert_eq!(ahead(Generation(2), &all), expected, "{found:?}");
        }
        assert_eq!(generations_ahead(Generation(2)).map(|one| one.0).collect::<Vec<_>>(), [3, 4]);
    }

    #[test]
    fn a_person_is_believed_once_the_request_cannot_run_any_more() {
        let unclear = lost(&asked(&ready()));
        assert_eq!(absence_said_from(&unclear, QUIET), Some(Moment(330_000)));
        assert_eq!(absence_said_from(&ready(), QUIET), None);
    }
}
