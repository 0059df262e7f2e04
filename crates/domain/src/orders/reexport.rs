//! When is an order "set to re-export"? JOOR shows no such mark; it takes its own SUCCESS away. These rules tell that
//! apart from a report that never arrived, from a list that lags, and from an order that was approved again.
//! Nothing is sent or stored here.

use crate::orders::order::{ExportState, Order, OrderStatus};
use crate::time::Moment;
use jiff::civil::Date;
use std::time::Duration;

/// What is known about the report of the current generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// What a read of an exported order means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Nothing,
    /// JOOR does not hold our SUCCESS although it should: report again, if the Shopify orders still stand.
    ReportAgain,
    /// Export once more.
    Reexport,
    /// Set to re-export, but also approved again meanwhile: the setting decides.
    ReexportAfterReapproval,
}

/// Takes in one read of an order whose current generation is exported.
pub fn read(track: &Track, order: &Order, now: Moment, interval: Duration) -> (Track, Reading) {
    let mut track = track.clone();
    if order.status != OrderStatus::Approved {
        track.left_approved = true;
    }
    match order.export_state {
        None => (track, Reading::Nothing),
        Some(ExportState::Success) => {
            track.acknowledged = true;
            track.seen = true;
            track.undefined_since = None;
            (track, Reading::Nothing)
        }
        Some(ExportState::Failed) => {
            track.undefined_since = None;
            (track, Reading::ReportAgain)
        }
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
            let reapproved = track.left_approved || order.approved != track.approved_at_export;
            if reapproved { Reading::ReexportAfterReapproval } else { Reading::Reexport }
        }
    };
    (track, reading)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::decide::testing::order;
    use jiff::civil::date;

    const MINUTE: Duration = Duration::from_secs(60);
    const NOW: Moment = Moment(1_000_000);

    fn seen() -> Track {
        Track { acknowledged: true, seen: true, approved_at_export: order().approved, ..Track::default() }
    }

    fn read_of(state: Option<ExportState>, status: OrderStatus) -> Order {
        Order { export_state: state, status, ..order() }
    }

    /// Reads the same order twice, `apart` from each other.
    fn twice(track: Track, order: &Order, apart: Duration) -> (Reading, Reading) {
        let (track, first) = read(&track, order, NOW, MINUTE);
        (first, read(&track, order, NOW.plus(apart), MINUTE).1)
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
        let (track, _) = read(&seen(), &undefined(), NOW, Duration::ZERO);
        assert_eq!(read(&track, &undefined(), NOW, Duration::ZERO).1, Reading::Nothing);
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
    }

    #[test]
    fn a_row_without_a_readable_state_says_nothing() {
        let (track, reading) = read(&seen(), &read_of(None, OrderStatus::Approved), NOW, MINUTE);
        assert_eq!((track, reading), (seen(), Reading::Nothing));
    }

    #[test]
    fn a_success_in_between_starts_the_count_anew() {
        let (track, _) = read(&seen(), &undefined(), NOW, MINUTE);
        let success = read_of(Some(ExportState::Success), OrderStatus::Approved);
        let (track, _) = read(&track, &success, NOW.plus(MINUTE), MINUTE);
        assert_eq!(track.undefined_since, None);
        let (_, reading) = read(&track, &undefined(), NOW.plus(MINUTE * 2), MINUTE);
        assert_eq!(reading, Reading::Nothing);
    }

    #[test]
    fn approved_again_meanwhile_is_told_apart() {
        let later = Order { approved: Some(date(2026, 11, 22)), ..undefined() };
        assert_eq!(twice(seen(), &later, MINUTE).1, Reading::ReexportAfterReapproval);
        let pending = read_of(Some(ExportState::Undefined), OrderStatus::Pending);
        let (track, reading) = read(&seen(), &pending, NOW, MINUTE);
        assert_eq!((track.left_approved, reading), (true, Reading::Nothing));
        assert_eq!(read(&track, &undefined(), NOW.plus(MINUTE), MINUTE).1, Reading::ReexportAfterReapproval);
    }

    #[test]
    fn an_order_that_is_not_approved_now_is_never_exported_again() {
        let cancelled = read_of(Some(ExportState::Undefined), OrderStatus::Cancelled);
        assert_eq!(twice(seen(), &cancelled, MINUTE), (Reading::Nothing, Reading::Nothing));
    }
}
