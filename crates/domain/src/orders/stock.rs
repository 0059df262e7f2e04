//! Is there enough, where, and who gets scarce units: stock modes, rules, locations. Nothing is reserved in the shop
//! here; what earlier orders of a cycle were promised is kept in [`Promised`].

use crate::ids::{LocationId, VariantId};
use crate::orders::address;
use crate::orders::decide::Promised;
use crate::orders::draft::{Claim, DraftFulfilment};
use crate::orders::order::{Named, Order};
use crate::orders::shelf::{Location, Variant, WhenSoldOut};
use crate::problem::{LineRef, Problem, Shortage};
use crate::settings::{Fulfilment, Rule, RuleWhen, ScarceOrder, Settings, StockMode};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Linesheets with this code are made to order: no stock is checked or claimed.
const MADE_TO_ORDER: &str = "MTO";

/// What holds for one order after all rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    pub stock: StockMode,
    pub fulfilment: Fulfilment,
    /// The name of the rule that keeps the order out.
    pub skip: Option<String>,
}

/// First match wins, for each setting on its own. Made-to-order outranks every rule about stock.
pub fn effective(order: &Order, settings: &Settings) -> Effective {
    let matching: Vec<&Rule> = settings.rules.iter().filter(|rule| applies(&rule.when, order)).collect();
    let made_to_order = order.linesheet.code.trim().eq_ignore_ascii_case(MADE_TO_ORDER);
    let stock = matching.iter().find_map(|rule| rule.stock).unwrap_or(settings.orders.stock);
    Effective {
        stock: if made_to_order { StockMode::Bypass } else { stock },
        fulfilment: matching
            .iter()
            .find_map(|rule| rule.fulfilment.clone())
            .unwrap_or_else(|| settings.orders.fulfilment.clone()),
        skip: matching.iter().find(|rule| rule.skip).map(|rule| rule.name.clone()),
    }
}

fn applies(when: &RuleWhen, order: &Order) -> bool {
    let fits = |wanted: &[String], named: &Named| {
        let same = |word: &String, text: &str| {
            let text = text.trim();
            !text.is_empty() && word.trim().to_lowercase() == text.to_lowercase()
        };
        wanted.is_empty() || wanted.iter().any(|word| same(word, &named.code) || same(word, &named.name))
    };
    let country = || address::country(&order.bill_to.country);
    fits(&when.linesheet, &order.linesheet)
        && fits(&when.season, &order.season)
        && fits(&when.warehouse, &order.warehouse)
        && fits(&when.customer_group, &order.customer_group)
        && (when.country.is_empty()
            || country()
                .is_some_and(|code| when.country.iter().any(|wanted| wanted.eq_ignore_ascii_case(code))))
}

/// A line that wants units of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want<'a> {
    pub line: LineRef,
    pub variant: &'a Variant,
    pub quantity: i64,
}

/// What the check found: what stops the order, what is worth knowing, and what to add to the promises if it passes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    pub problems: Vec<Problem>,
    pub marks: Vec<Problem>,
    pub promise: BTreeMap<VariantId, i64>,
}

pub fn check(
    wants: &[Want<'_>],
    effective: &Effective,
    settings: &Settings,
    locations: &[Location],
    promised: &Promised,
) -> Checked {
    let mut checked = Checked::default();
    let looks = match effective.stock {
        StockMode::Require | StockMode::FollowPolicy => true,
        StockMode::AlwaysClaim | StockMode::Bypass => false,
    };
    if looks {
        checked
            .problems
            .extend(settings.orders.stock_locations.iter().filter_map(|id| bad_location(id, locations)));
    }
    let place = fulfilment_location(&effective.fulfilment, locations);
    if place.is_none() && effective.fulfilment == Fulfilment::Fulfilled(None) {
        // Shopify would choose from whose shelf the goods leave.
        checked.problems.push(Problem::LocUnmapped { location: String::new() });
    }
    if let Some(id) = place {
        checked
            .problems
            .extend(bad_location(id, locations).filter(|problem| !checked.problems.contains(problem)));
        if effective.stock != StockMode::Bypass {
            checked.problems.extend(not_held(wants, id, locations));
        }
    }
    let needs = needs(wants);
    if looks {
        if let Some(Found { short, place }) = find_short(&needs, effective, settings, locations, promised) {
            let short = short.into_iter().map(|(_, short)| short).collect();
            checked.problems.push(Problem::StockShort { short, lines: wants.len(), place });
        }
        let untracked: Vec<LineRef> =
            wants.iter().filter(|want| !want.variant.tracked).map(|want| want.line.clone()).collect();
        if !untracked.is_empty() {
            checked.marks.push(Problem::StockUntracked { lines: untracked });
        }
    }
    if effective.stock != StockMode::Bypass {
        let claimed = needs.iter().filter(|need| need.variant.tracked);
        checked.promise = claimed.map(|need| (need.variant.id.clone(), need.quantity)).collect();
    }
    checked
}

/// All units that the order wants of each variant, under the name of the first line.
fn needs<'a>(wants: &[Want<'a>]) -> Vec<Want<'a>> {
    let mut needs: Vec<Want<'a>> = Vec::new();
    let mut places: BTreeMap<&VariantId, usize> = BTreeMap::new();
    for want in wants {
        match places.get(&want.variant.id) {
            Some(place) => needs[*place].quantity += want.quantity,
            None => {
                places.insert(&want.variant.id, needs.len());
                needs.push(want.clone());
            }
        }
    }
    needs
}

/// What a want finds on the shelf that it is checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    pub available: i64,
    /// Of those, promised to earlier orders.
    pub promised: i64,
    /// Units of the variant that the order lacks, over all of its lines.
    pub missing: i64,
}

/// The shelf of every want, as [`check`] sees it; `None`: Shopify does not count the variant's units.
pub fn levels(
    wants: &[Want<'_>],
    effective: &Effective,
    settings: &Settings,
    locations: &[Location],
    promised: &Promised,
) -> Vec<Option<Level>> {
    let looks = match effective.stock {
        StockMode::Require | StockMode::FollowPolicy => true,
        StockMode::AlwaysClaim | StockMode::Bypass => false,
    };
    let needs = needs(wants);
    let found = looks.then(|| find_short(&needs, effective, settings, locations, promised)).flatten();
    let counts = |id: &LocationId| counts(id, settings, locations);
    let level = |want: &Want<'_>| {
        let id = &want.variant.id;
        let short = found.iter().flat_map(|found| &found.short).find(|(variant, _)| *variant == id);
        match short {
            Some((_, short)) => Level {
                available: short.available,
                promised: short.promised_before,
                missing: (short.ordered - (short.available - short.promised_before).max(0)).max(0),
            },
            None => Level {
                available: units(want.variant, counts),
                promised: promised.0.get(id).copied().unwrap_or(0),
                missing: 0,
            },
        }
    };
    wants.iter().map(|want| want.variant.tracked.then(|| level(want))).collect()
}

fn counts(id: &LocationId, settings: &Settings, locations: &[Location]) -> bool {
    let chosen = &settings.orders.stock_locations;
    let active = locations.iter().any(|location| location.active && location.id == *id);
    active && (chosen.is_empty() || chosen.contains(id))
}

fn units(variant: &Variant, counts: impl Fn(&LocationId) -> bool) -> i64 {
    let levels = variant.available.iter().filter(|(location, _)| counts(location));
    levels.map(|(_, units)| *units).fold(0, i64::saturating_add)
}

/// What is short, by variant, and where it was looked for.
struct Found<'a> {
    short: Vec<(&'a VariantId, Shortage)>,
    place: String,
}

/// The check of the shop's units first; one at the assigned location, if there is one, after it.
fn find_short<'a>(
    needs: &[Want<'a>],
    effective: &Effective,
    settings: &Settings,
    locations: &[Location],
    promised: &Promised,
) -> Option<Found<'a>> {
    let chosen = &settings.orders.stock_locations;
    let place = if chosen.is_empty() {
        "all locations".to_owned()
    } else {
        chosen.iter().map(|id| location_name(id, locations)).collect::<Vec<_>>().join(", ")
    };
    let counts = |id: &LocationId| counts(id, settings, locations);
    shortages(needs, effective, promised, counts).map(|short| Found { short, place }).or_else(|| {
        let active = |id: &LocationId| locations.iter().any(|place| place.active && place.id == *id);
        let at = fulfilment_location(&effective.fulfilment, locations).filter(|id| active(id))?;
        let place = location_name(at, locations);
        shortages(needs, effective, promised, |id| id == at).map(|short| Found { short, place })
    })
}

fn shortages<'a>(
    needs: &[Want<'a>],
    effective: &Effective,
    promised: &Promised,
    counts: impl Fn(&LocationId) -> bool,
) -> Option<Vec<(&'a VariantId, Shortage)>> {
    let exempt = |variant: &Variant| {
        !variant.tracked
            || effective.stock == StockMode::FollowPolicy && variant.when_sold_out == WhenSoldOut::Continue
    };
    let short: Vec<(&VariantId, Shortage)> = needs
        .iter()
        .filter(|need| !exempt(need.variant))
        .filter_map(|need| {
            let available = units(need.variant, &counts);
            let promised_before = promised.0.get(&need.variant.id).copied().unwrap_or(0);
            (available.saturating_sub(promised_before) < need.quantity).then(|| {
                let (line, ordered, available) = (need.line.clone(), need.quantity, available.max(0));
                (&need.variant.id, Shortage { line, ordered, available, promised_before })
            })
        })
        .collect();
    (!short.is_empty()).then_some(short)
}

fn not_held(wants: &[Want<'_>], id: &LocationId, locations: &[Location]) -> Option<Problem> {
    let known = locations.iter().any(|location| location.active && location.id == *id);
    let lines: Vec<LineRef> = wants
        .iter()
        .filter(|want| known && want.variant.tracked && !want.variant.available.contains_key(id))
        .map(|want| want.line.clone())
        .collect();
    (!lines.is_empty())
        .then(|| Problem::StockNotHeldAtLocation { lines, location: location_name(id, locations) })
}

fn bad_location(id: &LocationId, locations: &[Location]) -> Option<Problem> {
    match locations.iter().find(|location| location.id == *id) {
        None => Some(Problem::LocUnmapped { location: id.number().to_owned() }),
        Some(location) if !location.active => Some(Problem::LocInactive { location: location.name.clone() }),
        Some(_) => None,
    }
}

fn location_name(id: &LocationId, locations: &[Location]) -> String {
    let known = locations.iter().find(|location| location.id == *id);
    known.map_or_else(|| id.number().to_owned(), |location| location.name.clone())
}

/// The location at which an order is fulfilled or to which it is assigned: the chosen one, or the only active one.
fn fulfilment_location<'a>(fulfilment: &'a Fulfilment, locations: &'a [Location]) -> Option<&'a LocationId> {
    match fulfilment {
        Fulfilment::Unfulfilled => None,
        Fulfilment::Fulfilled(None) => {
            let mut active = locations.iter().filter(|location| location.active);
            let first = active.next()?;
            active.next().is_none().then_some(&first.id)
        }
        Fulfilment::Fulfilled(Some(id)) | Fulfilment::AssignedFulfilled(id) | Fulfilment::Assigned(id) => {
            Some(id)
        }
    }
}

/// What the create call does with stock.
pub fn claim(stock: StockMode) -> Claim {
    match stock {
        StockMode::Require | StockMode::FollowPolicy => Claim::ObeyingPolicy,
        StockMode::AlwaysClaim => Claim::IgnoringPolicy,
        StockMode::Bypass => Claim::Nothing,
    }
}

/// Fulfilled without a named location means the only active one; [`check`] holds the order where there are several.
pub fn fulfilment(chosen: &Fulfilment, locations: &[Location]) -> DraftFulfilment {
    match chosen {
        Fulfilment::Unfulfilled => DraftFulfilment::Unfulfilled,
        Fulfilment::Fulfilled(_) | Fulfilment::AssignedFulfilled(_) => {
            DraftFulfilment::Fulfilled(fulfilment_location(chosen, locations).cloned())
        }
        Fulfilment::Assigned(id) => DraftFulfilment::MoveTo(id.clone()),
    }
}

/// Sorts orders so that scarce units go to whom they are due: smaller first. A missing day comes last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScarceKey {
    window: (bool, Option<Date>),
    approved: (bool, Option<Date>),
    /// Order numbers count as numbers: fewer digits are smaller.
    digits: usize,
    id: String,
}

pub fn scarce_key(settings: &Settings, order: &Order) -> ScarceKey {
    let window = match settings.orders.scarce {
        ScarceOrder::Approval => None,
        ScarceOrder::ShipWindow => order.window_start,
    };
    let id = order.id.as_str().trim_start_matches('0');
    ScarceKey {
        window: (window.is_none(), window),
        approved: (order.approved.is_none(), order.approved),
        digits: id.len(),
        id: id.to_owned(),
    }
}

#[cfg(test)]
mod tests;
