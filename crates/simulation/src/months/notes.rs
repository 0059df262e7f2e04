//! What the simulation did, as the judge remembers it: every version of every order, what was asked for, and when the
//! world last changed. Nothing here was learned from the program.

use super::letters::Open;
use jiff::Timestamp;
use jiff::civil::Date;
use sandbox::joor::OrderSeed;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub struct Notes {
    pub orders: BTreeMap<String, Note>,
    /// Parts instead of holding orders of more than 250 lines.
    pub split: bool,
    /// A request to Shopify is or was on its way for longer than its caller waited, today.
    pub slow_today: bool,
    /// Ids and e-mails of Shopify customers that somebody deleted: whom their orders belong to is a person's decision.
    pub gone: BTreeSet<String>,
    pub deaths: u64,
    pub letters_read: usize,
    /// The day of which a proof was due today.
    pub daily: Option<Date>,
    /// Orders that any mail told of.
    pub heard_of: BTreeSet<String>,
    pub told: Open,
}

#[derive(Default)]
pub struct Note {
    /// What JOOR showed, from when on.
    pub versions: Vec<(Timestamp, OrderSeed)>,
    pub retailer: usize,
    /// "Set to re-export" was clicked while JOOR showed SUCCESS.
    pub reexports: Vec<Timestamp>,
    /// Left the status APPROVED at some time, or got another day of approval.
    pub reapproved: bool,
}

impl Note {
    /// Contents that the order had in the given span.
    pub fn contents(&self, from: Timestamp, to: Timestamp) -> Vec<&OrderSeed> {
        let mut found = Vec::new();
        for (index, (since, seed)) in self.versions.iter().enumerate() {
            let until = self.versions.get(index + 1).map_or(Timestamp::MAX, |(next, _)| *next);
            if *since <= to && until >= from {
                found.push(seed);
            }
        }
        found
    }

    pub fn current(&self) -> Option<&OrderSeed> {
        self.versions.last().map(|(_, seed)| seed)
    }
}
