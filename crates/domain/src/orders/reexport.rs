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
