//! What happened to an order: events of its exports, requests, what checks saw, what was done.

use crate::ports::Frozen;
use crate::witness::Wire;
use domain::ids::ExportKey;
use domain::time::Moment;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    pub key: ExportKey,
    /// Of the export, after the event.
    pub version: i64,
    pub at: Moment,
    pub epoch: i64,
    pub word: String,
    /// State after the event.
    pub state: String,
    /// One line for people.
    pub detail: String,
    /// What was said with Shopify is kept beside it.
    pub wired: bool,
}

/// A request as it was written down, with what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRecord {
    pub key: ExportKey,
    /// Of the export that wrote it down.
    pub version: i64,
    /// Which attempt left with it; `None`: it was written down without leaving.
    pub attempt: Option<i64>,
    pub at: Moment,
    pub request: Frozen,
    /// What Shopify answered.
    pub answer: Option<String>,
    /// What the decision behind it had seen, as JSON text.
    pub decided: Option<String>,
}

/// Words about an order as they were at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SightRecord {
    pub at: Moment,
    pub words: String,
}

/// What was done about an order beside the events of its exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeedRecord {
    pub id: i64,
    pub at: Moment,
    pub what: String,
    /// One line for people.
    pub detail: String,
    /// What was said with JOOR or Shopify is kept beside it.
    pub wired: bool,
}

/// What was said at a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireRecord {
    pub at: Moment,
    /// The word of the event, or what was done.
    pub what: String,
    pub wire: Wire,
}
