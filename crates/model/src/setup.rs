//! Which world is searched: the kind of shop, the lengths of time, and how much may go wrong. Bounds are counts of faults
//! and wishes, never of steps: between them everything may happen in any order, as often as it changes something.

use crate::Mutation;
use crate::disturbances::Met;
use domain::orders::note;
use domain::orders::order::{Order, OrderStatus};
use domain::problem::{Problem, Told};

/// Does the shop refuse a second order with the same custom id?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomId {
    Enforced,
    NotEnforced,
}

#[derive(Clone, Debug)]
pub struct Setup {
    pub custom_id: CustomId,
    /// Parts that the order is split into.
    pub parts: u32,
    /// Processes on one ledger.
    pub processes: usize,
    /// Ticks of quiet time: the product's setting.
    pub quiet: u8,
    /// Ticks after its deadline in which Shopify may still execute a request: the longest late execution.
    pub late_max: u8,
    /// Ticks in which a direct look-up does not see a new order.
    pub hidden: u8,
    /// Faults in all: crashes, lost replies, refusals, take-overs, blind looks.
    pub faults: u8,
    /// Wishes of people in all.
    pub wishes: u8,
    /// Jumps of the wall clock.
    pub jumps: u8,
    /// May a lease that a dead process left behind be taken at once? On a file it may: the lock of the operating system
    /// proves that the process is gone. On a server the lease has to end first.
    pub retaken: bool,
    /// May a process write a report to JOOR after another one took over? The product's may, if it froze in between.
    pub frozen_reports: bool,
    /// May an order be approved again on the day on which it was approved?
    pub same_day: bool,
    pub mutation: Option<Mutation>,
    /// What this search and those of its clones have met.
    pub met: Met,
    pub(crate) order: Order,
    pub(crate) told: Told,
}

impl Setup {
    /// The world that every run of the tests searches, in a shop of either kind.
    pub fn usual(custom_id: CustomId) -> Setup {
        Setup {
            custom_id,
            parts: 1,
            processes: 2,
            quiet: 2,
            late_max: 2,
            hidden: 1,
            faults: 2,
            wishes: 2,
            jumps: 0,
            retaken: false,
            frozen_reports: false,
            same_day: false,
            mutation: None,
            met: Met::default(),
            order: Order { status: OrderStatus::Approved, ..note::sample("1") },
            told: Problem::StockClaimFailed.told("1"),
        }
    }

    /// The same world with other bounds, such as `faults=3 wishes=2 parts=2`.
    pub fn with(mut self, bounds: &str) -> Result<Setup, String> {
        for bound in bounds.split_whitespace() {
            let (name, count) = bound.split_once('=').ok_or_else(|| format!("`{bound}` is no bound"))?;
            let count: u8 = count.parse().map_err(|error| format!("`{bound}`: {error}"))?;
            match name {
                "parts" => self.parts = u32::from(count),
                "processes" => self.processes = usize::from(count),
                "quiet" => self.quiet = count,
                "late" => self.late_max = count,
                "hidden" => self.hidden = count,
                "faults" => self.faults = count,
                "wishes" => self.wishes = count,
                "jumps" => self.jumps = count,
                "retaken" => self.retaken = count > 0,
                "frozen" => self.frozen_reports = count > 0,
                _ => return Err(format!("there is no bound `{name}`")),
            }
        }
        Ok(self)
    }

    pub fn mutated(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }
}
