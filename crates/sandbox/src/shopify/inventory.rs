//! Where units come from: routing to locations, claiming, giving back. Only the shop-wide total decides whether a claim
//! is possible.

use std::collections::BTreeMap;

use super::options::Routing;
use super::state::{Line, Order, Placed, State};

/// How an order treats stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claiming {
    Bypass,
    IgnoringPolicy,
    ObeyingPolicy,
}

impl Claiming {
    pub(crate) fn from_name(name: &str) -> Claiming {
        match name {
            "DECREMENT_IGNORING_POLICY" => Claiming::IgnoringPolicy,
            "DECREMENT_OBEYING_POLICY" => Claiming::ObeyingPolicy,
            _ => Claiming::Bypass,
        }
    }
}

/// Units of one line at one location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) line: usize,
    pub(crate) location: u64,
    pub(crate) quantity: i64,
    pub(crate) claimed: bool,
}

impl State {
    /// Whether every variant that stops selling at zero has enough for all its lines together.
    pub(crate) fn stock_suffices(&self, lines: &[Line]) -> bool {
        let mut wanted: BTreeMap<u64, i64> = BTreeMap::new();
        for line in lines {
            if let Some(variant) = line.variant {
                *wanted.entry(variant).or_default() += line.quantity;
            }
        }
        wanted.iter().all(|(id, quantity)| {
            let variant = self.variants.get(id);
            variant.is_none_or(|found| {
                !found.tracked || found.continues_selling || self.sellable(found) >= *quantity
            })
        })
    }

    /// Chooses locations line by line, as claims made one after the other would.
    pub(crate) fn placements(
        &self,
        lines: &[Line],
        forced: Option<u64>,
        claiming: Claiming,
    ) -> Vec<Placement> {
        let mut taken: BTreeMap<(u64, u64), i64> = BTreeMap::new();
        let mut placements = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let variant = line.variant.and_then(|id| self.variants.get(&id).map(|found| (id, found)));
            let claimed = claiming != Claiming::Bypass && variant.is_some_and(|(_, found)| found.tracked);
            let parts = match (forced, variant) {
                (Some(location), _) => vec![(location, line.quantity)],
                (None, Some((id, _))) => self.route(id, line.quantity, &taken, claimed),
                (None, None) => vec![(self.first_location(), line.quantity)],
            };
            for (location, quantity) in parts {
                if let Some((id, _)) = variant {
                    *taken.entry((id, location)).or_default() += quantity;
                }
                placements.push(Placement { line: index, location, quantity, claimed });
            }
        }
        placements
    }

    /// The first location that has all units, else several, else the first that stocks the variant at all.
    fn route(
        &self,
        id: u64,
        quantity: i64,
        taken: &BTreeMap<(u64, u64), i64>,
        split: bool,
    ) -> Vec<(u64, i64)> {
        let Some(variant) = self.variants.get(&id) else { return vec![(self.first_location(), quantity)] };
        let active = |location: u64| self.locations.get(&location).is_some_and(|place| place.active);
        let mut levels: Vec<(u64, i64)> = variant
            .stock
            .iter()
            .filter(|(location, _)| active(**location))
            .map(|(location, level)| {
                (*location, level.available - taken.get(&(id, *location)).copied().unwrap_or_default())
            })
            .collect();
        if self.options.routing == Routing::FullestFirst {
            levels.sort_by_key(|(_, available)| std::cmp::Reverse(*available));
        }
        if let Some((location, _)) = levels.iter().find(|(_, available)| *available >= quantity) {
            return vec![(*location, quantity)];
        }
        let first = levels.first().map_or_else(|| self.first_location(), |(location, _)| *location);
        if !split {
            return vec![(first, quantity)];
        }
        let mut left = quantity;
        let mut parts = Vec::new();
        for (location, available) in levels.iter().filter(|(_, available)| *available > 0) {
            let part = left.min(*available);
            parts.push((*location, part));
            left -= part;
        }
        // What nobody has makes one location's stock negative.
        match parts.first_mut() {
            Some((_, quantity)) if left > 0 => *quantity += left,
            Some(_) => parts.retain(|(_, quantity)| *quantity > 0),
            None => parts.push((first, quantity)),
        }
        parts
    }

    fn first_location(&self) -> u64 {
        let active = self.locations.iter().find(|(_, place)| place.active);
        active.or_else(|| self.locations.iter().next()).map_or(0, |(id, _)| *id)
    }

    /// Takes units out of `available`; they wait in `committed` unless they leave at once.
    pub(crate) fn claim(&mut self, lines: &[Line], placements: &[Placement], leaves_now: bool) {
        let now = self.now();
        for placement in placements.iter().filter(|placement| placement.claimed) {
            let variant = lines[placement.line].variant.and_then(|id| self.variants.get_mut(&id));
            if let Some(variant) = variant {
                let level = variant.stock.entry(placement.location).or_default();
                level.available -= placement.quantity;
                level.committed += if leaves_now { 0 } else { placement.quantity };
                variant.updated_at = now;
            }
        }
    }

    /// Changes the stock of one line's variant at a location.
    pub(crate) fn shift(&mut self, variant: Option<u64>, location: u64, available: i64, committed: i64) {
        let now = self.now();
        if let Some(variant) = variant.and_then(|id| self.variants.get_mut(&id)).filter(|found| found.tracked)
        {
            let level = variant.stock.entry(location).or_default();
            level.available += available;
            level.committed += committed;
            variant.updated_at = now;
        }
    }

    /// Ends the open claims of an order. Restocking adds the units whether they were ever taken or not.
    pub(crate) fn release(&mut self, order: &Order, restock: bool) {
        for fulfillment_order in order.fulfillment_orders.iter().filter(|found| found.status == "OPEN") {
            let location = fulfillment_order.location;
            let usable = self.locations.get(&location).is_some_and(|place| place.active);
            for item in &fulfillment_order.items {
                let back = if restock && usable { item.remaining } else { 0 };
                let committed = if item.claimed { item.remaining } else { 0 };
                self.shift(order.lines[item.line].variant, location, back, -committed);
            }
        }
    }

    pub(crate) fn placed(&mut self, placements: &[Placement], location: u64, remaining: bool) -> Vec<Placed> {
        let here: Vec<Placement> =
            placements.iter().filter(|found| found.location == location).copied().collect();
        let items = here.into_iter().map(|found| Placed {
            line: found.line,
            quantity: found.quantity,
            remaining: if remaining { found.quantity } else { 0 },
            claimed: found.claimed,
        });
        items.collect()
    }
}
