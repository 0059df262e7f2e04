//! What a process remembers of a connection between two turns, and what a cycle counts.

use super::daily::Comparing;
use super::tell::Heard;
use adapters::ports::{Row, ShopFacts};
use domain::ids::{Epoch, ExportKey, JoorOrderId};
use domain::orders::looking::Quiet;
use domain::orders::order::Line;
use domain::time::Mono;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What this process remembers between turns; losing it costs calls, never safety.
#[derive(Default)]
pub struct Memory {
    /// From when on the quiet time of requests without a clear answer counts in this process.
    pub quiet: Quiet,
    /// Lines of open orders.
    pub lines: BTreeMap<JoorOrderId, KnownLines>,
    /// When JOOR's credits did not reach for the lines of all.
    pub lines_short: Option<Mono>,
    pub facts: Option<ShopFacts>,
    pub last_record: Option<Mono>,
    /// Where the round of by-id reads of known open orders stands.
    pub round: usize,
    /// Until when Shopify or JOOR asked us to wait.
    pub wait_until: Option<Mono>,
    /// When the lines of an exported order were last compared.
    pub edit_checked: BTreeMap<JoorOrderId, Mono>,
    /// Orders that a person linked, until it is noted what they are in JOOR.
    pub linked: BTreeSet<JoorOrderId>,
    /// Lines that a proof read before its budget was spent.
    pub proved_lines: BTreeMap<JoorOrderId, Row<Vec<Line>>>,
    /// Exports that a look held back: asked again after a while only.
    pub held_back: BTreeMap<ExportKey, Mono>,
    /// Tries in a row to create a retailer's customer that Shopify did not answer, by JOOR's id of the retailer.
    pub silent_customers: BTreeMap<String, u32>,
    /// How far today's comparison with JOOR's approvals has come.
    pub comparing: Comparing,
    /// Ready orders were left for a cycle that follows at once.
    pub unsent: bool,
    /// When the next cycle is due, as this process knows it; idle cycles are not written down.
    pub next_cycle: Option<Mono>,
    /// The lease that this process took last.
    pub epoch: Option<Epoch>,
    pub heard: Arc<Heard>,
    /// Usage of the ports before this turn.
    pub usage: (Usage, Usage),
    pub counts: Counts,
}

#[derive(Clone, Debug)]
pub struct KnownLines {
    /// The order's own change date when the lines were read.
    pub modified: Option<jiff::civil::Date>,
    /// The day on which they were read.
    pub read_on: jiff::civil::Date,
    pub read_at: Mono,
    pub lines: Vec<Line>,
}

/// What a cycle did, for people and metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    pub listed: u64,
    pub new: u64,
    pub decided: u64,
    pub ready: u64,
    pub exported: u64,
    pub adopted: u64,
    pub unconfirmed: u64,
    pub reported: u64,
    pub customers_created: u64,
    pub follow_ups: u64,
    pub mails: u64,
}

/// Cost and requests on one side.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub cost: i64,
    pub requests: i64,
}
