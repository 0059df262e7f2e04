//! When is an order "set to re-export"? JOOR shows no such mark; it takes its own SUCCESS away. These rules tell that
//! apart from a report that never arrived, from a list that lags, and from an order that was approved again.
//! Nothing is sent or stored here.

use crate::orders::export::{Export, State};
use crate::orders::order::{ExportState, Order, OrderStatus};
use crate::time::Moment;
use jiff::civil::Date;
use std::time::Duration;

/// What is known about the report of the current generation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Track {
    /// JOOR acknowledged our SUCCESS.
    pub acknowledged: bool,
    /// And a later read showed it.
    pub seen: bool,
    /// First read that showed UNDEFINED although SUCCESS was written.
    pub undefined_since: Option<Moment>,
    /// A status other than approved was seen since the export.
    pub left_approved: bool,
    /// The approval that was exported.
    pub approved_at_export: Option<Date>,
}

impl Track {
    /// A new export of the order as it was approved then.
    pub fn of_export(approved: Option<Date>) -> Track {
        Track { approved_at_export: approved, ..Track::default() }
    }

    /// Was the order approved once more since it was exported? Then nothing is exported because of it.
    pub fn is_approved_again(&self, approved: Option<Date>) -> bool {
        self.left_approved || approved != self.approved_at_export
    }

    /// JOOR acknowledged our SUCCESS; `seen` if a read after it shows it.
    pub fn acknowledge(&mut self, seen: bool) {
        self.acknowledged = true;
        self.seen |= seen;
        self.undefined_since = None;
    }

    /// JOOR does not hold our SUCCESS any more and it is written anew: until it arrived, its absence is no wish.
    pub fn unreported(&self) -> Track {
        Track { acknowledged: false, seen: false, undefined_since: None, ..self.clone() }
    }

    /// The next generation is opened. What is known about the approval holds until it leaves: it may be given up.
    pub fn for_next_generation(&self) -> Track {
        Track {
            left_approved: self.left_approved,
            approved_at_export: self.approved_at_export,
            ..Track::default()
        }
    }
}

/// Does this export of an earlier generation keep the next one from leaving? `cancelled` as read in Shopify;
/// `export_anyway` if a person said so about the whole order.
pub fn stands_in_the_way(earlier: &Export, cancelled: bool, export_anyway: bool) -> bool {
    match &earlier.state {
        State::Exported { .. } => !cancelled,
        // Settled elsewhere: only a person knows whether that order still stands.
        State::ClosedByHand => !export_anyway,
        State::Seen
        | State::Waiting { .. }
        | State::Held
        | State::Skipped
        | State::GivenUp
        | State::Ready
        | State::Sending { .. }
        | State::Unconfirmed { .. } => false,
    }
}

/// What a read of an exported order means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Nothing,
    /// JOOR holds our SUCCESS: nothing is to be reported any more.
    Reported,
    /// JOOR does not hold our SUCCESS although it should: report again, if the Shopify orders still stand.
    ReportAgain,
    /// Export once more.
    Reexport,
    /// Set to re-export, but also approved again meanwhile: the setting decides.
    ReexportAfterReapproval,
}

/// Lists may be behind. What one shows of an exported order counts only if the order read by its id shows it too, unless
/// it is nothing new or the first sight of a SUCCESS that is gone.
pub fn is_doubted(track: &Track, listed: Option<ExportState>) -> bool {
    match listed {
        None => false,
        Some(ExportState::Undefined) => track.acknowledged && track.undefined_since.is_some(),
        Some(ExportState::Failed) => track.acknowledged,
        Some(ExportState::Success) => !(track.acknowledged && track.seen),
    }
}

/// Our SUCCESS in JOOR, generation by generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ours {
    /// About the current generation; empty: there is none.
    pub words: String,
    /// About those before it.
    pub earlier: Vec<String>,
}

/// Takes in one read of an order whose current generation is exported. A SUCCESS in other words than ours is somebody
/// else's, and no business of this program; one of an earlier generation comes from a list that is behind, or from a report
/// that was held up for as long as a whole re-export takes.
pub fn read(track: &Track, order: &Order, ours: &Ours, now: Moment, interval: Duration) -> (Track, Reading) {
    let mut track = track.clone();
    if order.status != OrderStatus::Approved {
        track.left_approved = true;
    }
    match order.export_state {
        None => (track, Reading::Nothing),
        Some(ExportState::Success) => {
            track.undefined_since = None;
            if order.export_description != ours.words {
                // Only where ours stood there already is it written over again; each write reads the order first.
                let may_be_written = matches!(order.status, OrderStatus::Approved | OrderStatus::Shipped);
                let overwritten = track.acknowledged
                    && track.seen
                    && may_be_written
                    && ours.earlier.contains(&order.export_description);
                return (track, if overwritten { Reading::ReportAgain } else { Reading::Nothing });
            }
            track.acknowledge(true);
            (track, Reading::Reported)
        }
        Some(ExportState::Failed) => (track.unreported(), Reading::ReportAgain),
        Some(ExportState::Undefined) => undefined(track, order, now, interval),
    }
}

fn undefined(mut track: Track, order: &Order, now: Moment, interval: Duration) -> (Track, Reading) {
    let since = *track.undefined_since.get_or_insert(now);
    let twice = now > since && now.since(since) >= interval;
    let reading = match (track.acknowledged && track.seen, twice) {
        // Not acknowledged: the report itself is still due, with its own retries.
        (false, true) => Reading::ReportAgain,
        (_, false) => Reading::Nothing,
        (true, true) if order.status != OrderStatus::Approved => Reading::Nothing,
        (true, true) => {
            if track.is_approved_again(order.approved) {
                Reading::ReexportAfterReapproval
            } else {
                Reading::Reexport
            }
        }
    };
    (track, reading)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ExportKey, Generation, JoorOrderId, Part, ShopOrderId, Token};
    use crate::orders::decide::testing::order;
    use jiff::civil::date;

    const MINUTE: Duration = Duration::from_secs(60);
    const WORDS: &str = "Shopify order #1001";
    const NOW: Moment = Moment(1_000_000);

    fn ours() -> Ours {
        Ours { words: WORDS.to_owned(), earlier: vec!["Shopify order #1000".to_owned()] }
    }

    fn seen() -> Track {
        Track { acknowledged: true, seen: true, approved_at_export: order().approved, ..Track::default() }
    }

    fn read_of(state: Option<ExportState>, status: OrderStatus) -> Order {
        Order { export_state: state, status, export_description: WORDS.to_owned(), ..order() }
    }

    /// Reads the same order twice, `apart` from each other.
    fn twice(track: Track, order: &Order, apart: Duration) -> (Reading, Reading) {
        let (track, first) = read(&track, order, &ours(), NOW, MINUTE);
        (first, read(&track, order, &ours(), NOW.plus(apart), MINUTE).1)
    }

    fn undefined() -> Order {
        read_of(Some(ExportState::Undefined), OrderStatus::Approved)
    }

    #[test]
    fn a_success_that_was_seen_and_is_gone_in_two_reads_means_export_again() {
        assert_eq!(twice(seen(), &undefined(), MINUTE), (Reading::Nothing, Reading::Reexport));
    }

    #[test]
    fn reads_closer_than_an_interval_or_at_the_same_moment_are_one_read() {
        for apart in [Duration::ZERO, Duration::from_secs(59)] {
            assert_eq!(twice(seen(), &undefined(), apart), (Reading::Nothing, Reading::Nothing), "{apart:?}");
        }
        // Even where the interval was lifted, one read twice is one read.
        let (track, _) = read(&seen(), &undefined(), &ours(), NOW, Duration::ZERO);
        assert_eq!(read(&track, &undefined(), &ours(), NOW, Duration::ZERO).1, Reading::Nothing);
    }

    #[test]
    fn a_report_that_never_arrived_is_no_reexport() {
        for (acknowledged, seen) in [(false, false), (true, false), (false, true)] {
            let track =
                Track { acknowledged, seen, approved_at_export: order().approved, ..Track::default() };
            assert_eq!(twice(track, &undefined(), MINUTE), (Reading::Nothing, Reading::ReportAgain));
        }
    }

    #[test]
    fn failed_after_success_is_reported_again_and_never_exported() {
        let failed = read_of(Some(ExportState::Failed), OrderStatus::Approved);
        assert_eq!(twice(seen(), &failed, MINUTE), (Reading::ReportAgain, Reading::ReportAgain));
        // And what follows is our own report that has not arrived yet, not a person's wish.
        let (track, _) = read(&seen(), &failed, &ours(), NOW, MINUTE);
        assert_eq!(twice(track, &undefined(), MINUTE), (Reading::Nothing, Reading::ReportAgain));
    }

    #[test]
    fn a_row_without_a_readable_state_says_nothing() {
        let (track, reading) = read(&seen(), &read_of(None, OrderStatus::Approved), &ours(), NOW, MINUTE);
        assert_eq!((track, reading), (seen(), Reading::Nothing));
    }

    #[test]
    fn a_success_in_between_starts_the_count_anew() {
        let (track, _) = read(&seen(), &undefined(), &ours(), NOW, MINUTE);
        let success = read_of(Some(ExportState::Success), OrderStatus::Approved);
        let (track, _) = read(&track, &success, &ours(), NOW.plus(MINUTE), MINUTE);
        assert_eq!(track.undefined_since, None);
        let (_, reading) = read(&track, &undefined(), &ours(), NOW.plus(MINUTE * 2), MINUTE);
        assert_eq!(reading, Reading::Nothing);
    }

    #[test]
    fn a_list_is_believed_where_nothing_follows_from_it() {
        use ExportState::{Failed, Success, Undefined};
        let fresh = Track::of_export(order().approved);
        let doubted = Track { undefined_since: Some(NOW), ..seen() };
        for (track, listed, expected) in [
            (&fresh, Some(Undefined), false),
            (&fresh, Some(Failed), false),
            (&fresh, Some(Success), true),
            (&seen(), Some(Undefined), false),
            (&doubted, Some(Undefined), true),
            (&seen(), Some(Failed), true),
            (&seen(), Some(Success), false),
            (&doubted, None, false),
        ] {
            assert_eq!(is_doubted(track, listed), expected, "{track:?} {listed:?}");
        }
    }

    #[test]
    fn only_our_own_words_about_this_generation_show_that_the_report_arrived() {
        let track = Track::of_export(order().approved);
        let success = read_of(Some(ExportState::Success), OrderStatus::Approved);
        assert_eq!(read(&track, &success, &ours(), NOW, MINUTE), (seen(), Reading::Reported));
        let earlier = Order { export_description: "Shopify order #1000".to_owned(), ..success };
        assert_eq!(read(&track, &earlier, &ours(), NOW, MINUTE), (track.clone(), Reading::Nothing));
        // Held up until after the report of this generation was seen.
        assert_eq!(read(&seen(), &earlier, &ours(), NOW, MINUTE), (seen(), Reading::ReportAgain));
        let pending = Order { status: OrderStatus::Pending, ..earlier.clone() };
        assert_eq!(read(&seen(), &pending, &ours(), NOW, MINUTE).1, Reading::Nothing);
        let foreign = Order { export_description: "NetSuite 4711".to_owned(), ..earlier };
        assert_eq!(read(&seen(), &foreign, &ours(), NOW, MINUTE), (seen(), Reading::Nothing));
    }

    #[test]
    fn approved_again_meanwhile_is_told_apart() {
        let later = Order { approved: Some(date(2026, 11, 22)), ..undefined() };
        assert_eq!(twice(seen(), &later, MINUTE).1, Reading::ReexportAfterReapproval);
        let pending = read_of(Some(ExportState::Undefined), OrderStatus::Pending);
        let (track, reading) = read(&seen(), &pending, &ours(), NOW, MINUTE);
        assert_eq!((track.left_approved, reading), (true, Reading::Nothing));
        assert_eq!(
            read(&track, &undefined(), &ours(), NOW.plus(MINUTE), MINUTE).1,
            Reading::ReexportAfterReapproval
        );
    }

    #[test]
    fn what_is_known_about_the_approval_outlives_a_generation() {
        let mut track = Track::of_export(order().approved);
        track.acknowledge(false);
        track.acknowledge(true);
        track.acknowledge(false);
        assert_eq!(track, seen());
        let next = Track { left_approved: true, ..track }.for_next_generation();
        let fresh = Track { left_approved: true, ..Track::of_export(order().approved) };
        assert_eq!(next, fresh);
    }

    #[test]
    fn an_earlier_export_stands_in_the_way_until_it_is_cancelled_or_a_person_said_so() {
        let exported = State::Exported { order: ShopOrderId::new("1"), name: "#1".to_owned() };
        for (state, generation, cancelled, anyway, stands) in [
            (exported.clone(), 1, false, false, true),
            (exported.clone(), 1, false, true, true),
            (exported, 1, true, false, false),
            (State::ClosedByHand, 1, false, false, true),
            (State::ClosedByHand, 1, false, true, false),
            (State::ClosedByHand, 2, false, false, true),
            (State::GivenUp, 2, false, false, false),
            (State::Skipped, 1, false, false, false),
        ] {
            let key =
                ExportKey { order: JoorOrderId::new("7"), generation: Generation(generation), part: Part(1) };
            let token = Token::new("sandbox", "1", &key).unwrap();
            let earlier = Export { key, token, state, attempts: 1, version: 3 };
            assert_eq!(stands_in_the_way(&earlier, cancelled, anyway), stands, "{earlier:?}");
        }
    }

    #[test]
    fn an_order_that_is_not_approved_now_is_never_exported_again() {
        let cancelled = read_of(Some(ExportState::Undefined), OrderStatus::Cancelled);
        assert_eq!(twice(seen(), &cancelled, MINUTE), (Reading::Nothing, Reading::Nothing));
    }
}
