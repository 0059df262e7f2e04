//! What the simulation did, as the judge remembers it: every version of every order, what was asked for, and when the
//! world last changed. Nothing here was learned from the program.

use super::letters::Open;
use super::settings::Chosen;
use crate::world::World;
use jiff::Timestamp;
use jiff::civil::Date;
use sandbox::joor::OrderSeed;
use std::collections::{BTreeMap, BTreeSet};

pub struct Notes {
    pub orders: BTreeMap<String, Note>,
    /// The settings, from when on.
    pub settings: Vec<(Timestamp, Chosen)>,
    /// Days on which some request was meant to take longer than others.
    pub slow_days: BTreeSet<Date>,
    /// Ids and e-mails of Shopify customers that somebody deleted or gave another e-mail: whom their orders belong to is
    /// a person's decision.
    pub gone: BTreeSet<String>,
    /// Shopify's customers before the program came.
    pub customers_before: BTreeSet<String>,
    /// Numbers of variants whose product is archived.
    pub archived: BTreeSet<u64>,
    /// When the clock was last far off, ahead or back.
    pub far_off_until: Timestamp,
    pub deaths: u64,
    pub letters_read: usize,
    /// The day of which a proof was due today.
    pub daily: Option<Date>,
    /// Orders that any mail told of.
    pub heard_of: BTreeSet<String>,
    pub told: Open,
}

impl Notes {
    pub fn of(world: &World) -> Notes {
        Notes {
            orders: BTreeMap::new(),
            settings: vec![(Timestamp::MIN, Chosen::FIRST)],
            slow_days: BTreeSet::new(),
            gone: BTreeSet::new(),
            customers_before: world.sandbox.shop.customers().into_iter().map(|one| one.gid).collect(),
            archived: BTreeSet::new(),
            far_off_until: Timestamp::UNIX_EPOCH,
            deaths: 0,
            letters_read: 0,
            daily: None,
            heard_of: BTreeSet::new(),
            told: Open::new(),
        }
    }

    /// The settings in force.
    pub fn chosen(&self) -> Chosen {
        self.settings.last().map_or(Chosen::FIRST, |(_, chosen)| *chosen)
    }

    /// All settings that were in force in this span.
    pub fn chosen_in(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Chosen> {
        within(&self.settings, from, to).copied()
    }
}

/// What held at some time of a span, of things that hold from a moment on until the next one.
fn within<T>(versions: &[(Timestamp, T)], from: Timestamp, to: Timestamp) -> impl Iterator<Item = &T> {
    versions.iter().enumerate().filter_map(move |(index, (since, version))| {
        let until = versions.get(index + 1).map_or(Timestamp::MAX, |(next, _)| *next);
        (*since <= to && until >= from).then_some(version)
    })
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
        within(&self.versions, from, to).collect()
    }

    pub fn current(&self) -> Option<&OrderSeed> {
        self.versions.last().map(|(_, seed)| seed)
    }
}
