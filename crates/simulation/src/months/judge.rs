//! The independent judge: its own reading of the promises, from what the simulation did and from what stands in both
//! services and in the letterbox. Of the ledger it asks two things, and no word of its rules: whether a question about an
//! order is open to a person, and whether anything is still to be done.

use super::letters;
use super::notes::{Note, Notes};
use super::settings::{Chosen, Fulfilment, Report, Stock};
use crate::program::CONNECTION;
use crate::world::{World, generation, joor_number};
use adapters::ledger::ProblemQuery;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use sandbox::brand::{Equation, ROOMS, Role};
use sandbox::joor::{ExportState, OrderSeed, Status};
use sandbox::shopify::{Metafield, OrderView as ShopOrder};
use std::collections::{BTreeMap, BTreeSet};

/// A create may rest on a reading so old: read, asked, executed late.
const READ_BEFORE: SignedDuration = SignedDuration::from_mins(20);
/// Entries of one Shopify order.
const LINES_MAX: usize = 250;
/// The linesheet whose goods need no stock.
const MADE_TO_ORDER: &str = "MTO";

/// Everything that is wrong at the end of a day: what must never happen, and what must have happened by then.
pub async fn judge(world: &World, notes: &mut Notes) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut orders: BTreeMap<String, Vec<ShopOrder>> = BTreeMap::new();
    for order in world.sandbox.shop.orders() {
        match joor_number(&order).filter(|id| notes.orders.contains_key(id)) {
            Some(id) => orders.entry(id).or_default().push(order),
            None => wrong.push(format!("{} belongs to no JOOR order", order.name)),
        }
    }
    let none = Vec::new();
    for (id, note) in &notes.orders {
        let found = orders.get(id).unwrap_or(&none);
        nothing_twice(id, note, found, &mut wrong);
        amounts(world, id, note, found, &mut wrong);
    }
    shelves(world, notes, &mut wrong);
    customers(world, notes, &mut wrong);
    wrong.extend(
        world.outside.uninvited().into_iter().map(|limit| format!("ran into a limit by itself: {limit}")),
    );
    let asked = questions(world).await;
    for (id, note) in &notes.orders {
        fate(world, notes, (id, note), orders.get(id).unwrap_or(&none), &asked, &mut wrong);
    }
    wrong.extend(world.open().await.into_iter().map(|open| format!("not at rest in the evening: {open}")));
    letters::read(world, notes, &mut wrong);
    letters::nobody_left_out(world, notes, &mut wrong);
    wrong
}

/// Orders about which a person is asked something.
async fn questions(world: &World) -> BTreeSet<String> {
    let query = ProblemQuery { order: None, open_only: true };
    let open = world.program.desk.problems(CONNECTION, &query).await.unwrap_or_default();
    open.into_iter().filter_map(|row| row.order.map(|id| id.as_str().to_owned())).collect()
}

/// One order a token for ever; one generation alive; a new generation only on request and after the old one's end.
fn nothing_twice(id: &str, note: &Note, found: &[ShopOrder], wrong: &mut Vec<String>) {
    let mut tokens = BTreeSet::new();
    let mut ends: BTreeMap<u32, Option<Timestamp>> = BTreeMap::new();
    for order in found {
        if !tokens.insert(order.source_identifier.clone()) {
            wrong.push(format!("{id} is twice in Shopify as {:?}", order.source_identifier));
        }
        let end = ends.entry(generation(order).unwrap_or_default()).or_insert(order.cancelled_at);
        *end = end.zip(order.cancelled_at).map(|(one, other)| one.max(other));
    }
    let alive = ends.values().filter(|end| end.is_none()).count();
    if alive > 1
        && found.iter().filter(|order| order.is_live()).map(generation).collect::<BTreeSet<_>>().len() > 1
    {
        wrong.push(format!("{alive} generations of {id} are alive in Shopify"));
    }
    if ends.len() > 1 + note.reexports.len() {
        wrong.push(format!(
            "{id} was exported {} times and set to re-export {}",
            ends.len(),
            note.reexports.len()
        ));
    }
    for order in found {
        let this = generation(order).unwrap_or_default();
        for (_, end) in ends.range(..this) {
            if end.is_none_or(|end| end > order.created_at) {
                wrong.push(format!("{id} was exported again while the earlier order stood"));
            }
        }
    }
}

/// Every Shopify order, or all its parts together, equals the JOOR order as it was shortly before.
fn amounts(world: &World, id: &str, note: &Note, found: &[ShopOrder], wrong: &mut Vec<String>) {
    let mut generations: BTreeMap<u32, Vec<&ShopOrder>> = BTreeMap::new();
    for order in found {
        generations.entry(generation(order).unwrap_or_default()).or_default().push(order);
    }
    for parts in generations.values() {
        let first = parts.iter().map(|order| order.created_at).min().unwrap_or(Timestamp::MAX);
        let from = first.checked_sub(READ_BEFORE).unwrap_or(first);
        let contents = note.contents(from, first);
        let whole = |seed: &OrderSeed| lines(seed) <= LINES_MAX || parts.len() > 1;
        if !contents.iter().any(|seed| whole(seed) && equals(world, note, seed, parts)) {
            let total: Decimal = parts.iter().map(|order| order.total).sum();
            wrong.push(format!("{id} stands in Shopify at {total}, which JOOR never showed"));
        }
    }
}

fn lines(seed: &OrderSeed) -> usize {
    seed.lines.iter().filter(|line| !line.cancelled && line.quantity > 0).count()
}

fn equals(world: &World, note: &Note, seed: &OrderSeed, parts: &[&ShopOrder]) -> bool {
    let retailer = &world.brand.retailers[note.retailer];
    let (_, currency) = retailer.price_type();
    let total: Decimal = parts.iter().map(|order| order.total).sum();
    let mut sold: BTreeMap<String, i64> = BTreeMap::new();
    for line in parts.iter().flat_map(|order| &order.lines) {
        *sold.entry(line.variant.clone().unwrap_or_default()).or_default() += line.quantity;
    }
    let mut ordered = needs(seed);
    ordered.retain(|_, units| *units > 0);
    total == Equation::of(seed, currency, &retailer.country).total()
        && parts.iter().all(|order| order.currency == currency)
        && sold.values().sum::<i64>() == seed.live_units()
        // A variant that was deleted since is no longer named by the order.
        && sold.iter().all(|(gid, units)| gid.is_empty() || ordered.get(gid) == Some(units))
}

/// Units by variant.
fn needs(seed: &OrderSeed) -> BTreeMap<String, i64> {
    let mut needs: BTreeMap<String, i64> = BTreeMap::new();
    for line in seed.lines.iter().filter(|line| !line.cancelled) {
        let variant = line.upc.clone().unwrap_or_default();
        *needs.entry(format!("gid://shopify/ProductVariant/{variant}")).or_default() += line.quantity;
    }
    needs
}

/// Nothing is forgotten: exported and reported, or visible with its reason; and nothing is held without one.
fn fate(
    world: &World,
    notes: &Notes,
    (id, note): (&str, &Note),
    found: &[ShopOrder],
    asked: &BTreeSet<String>,
    wrong: &mut Vec<String>,
) {
    let (Some(seed), Some(joor)) = (note.current(), world.sandbox.joor.order(id)) else { return };
    let last = found.iter().map(|order| order.created_at).max();
    let again = note.reexports.iter().any(|at| last.is_some_and(|last| *at > last));
    let alive = found.iter().any(ShopOrder::is_live);
    if joor.status != Status::Approved {
        return;
    }
    let visible = asked.contains(id) || joor.export_status == ExportState::Failed;
    // Who reports nothing to JOOR sees nothing there either.
    let told = notes.chosen().report != Report::None;
    let wanted = found.is_empty() || (told && again && !alive && !note.reapproved);
    if wanted {
        match obstacle(world, notes, note, seed) {
            Some(reason) if !visible => {
                wrong.push(format!("{id} is forgotten; it cannot be exported: {reason}"))
            }
            None if refused(world, note, id, seed) && !visible => {
                wrong.push(format!("{id} was refused by Shopify, and nobody is told"));
            }
            None if !unsure(notes, seed) && !refused(world, note, id, seed) => {
                let said = joor.export_description.clone().unwrap_or_default();
                wrong.push(format!("{id} could be exported and is not; JOOR says {said:?}"));
            }
            Some(_) | None => {}
        }
    } else if told && alive && !again && joor.export_status == ExportState::Failed && lines(seed) <= LINES_MAX
    {
        let said = joor.export_description.clone().unwrap_or_default();
        wrong.push(format!("{id} is in Shopify, and JOOR says that it is not: {said:?}"));
    } else if told && joor.export_status != ExportState::Success && !visible {
        let state = joor.export_status.word();
        wrong.push(format!("{id} is in Shopify, JOOR says {state}, and nobody is asked anything"));
    }
    if joor.export_status == ExportState::Success {
        let said = joor.export_description.unwrap_or_default();
        if !found.iter().any(|order| said.contains(&order.name)) {
            wrong.push(format!("JOOR says of {id} {said:?}, and Shopify has no such order"));
        }
    }
}

/// Shopify refused the order as it still is: it waits for a change or for a person.
fn refused(world: &World, note: &Note, id: &str, seed: &OrderSeed) -> bool {
    let Some(at) = world.outside.refused_at(id) else { return false };
    let from = at.checked_sub(READ_BEFORE).unwrap_or(at);
    let same = |other: &&OrderSeed| other.lines == seed.lines && other.customer == seed.customer;
    note.contents(from, at).iter().any(same)
}

fn unsure(notes: &Notes, seed: &OrderSeed) -> bool {
    [&seed.customer.code, &seed.customer.buyer_email].into_iter().any(|key| notes.gone.contains(key))
}

/// Why the order cannot be exported now.
fn obstacle(world: &World, notes: &Notes, note: &Note, seed: &OrderSeed) -> Option<String> {
    let country = &world.brand.retailers[note.retailer].country;
    let chosen = notes.chosen();
    if country == "FR" {
        return Some("there is no tax rule for France".to_owned());
    }
    if lines(seed) > LINES_MAX && !chosen.split {
        return Some("it has too many lines".to_owned());
    }
    let stock = if seed.collection.code == MADE_TO_ORDER { Stock::Bypass } else { chosen.stock };
    needs(seed).into_iter().find_map(|(gid, units)| {
        let archived = number_of(&gid).is_some_and(|number| notes.archived.contains(&number));
        if archived || role_of(world, &gid) == Some(Role::Archived) {
            return Some(format!("{gid} is archived"));
        }
        let known = ROOMS.iter().any(|room| world.sandbox.shop.stock_at(&gid, room.id).is_some());
        if !known {
            return Some(format!("{gid} is not there"));
        }
        let short = is_short(world, stock, &chosen, &gid, units);
        short.then(|| format!("{units} of {gid} are not there"))
    })
}

fn is_short(world: &World, stock: Stock, chosen: &Chosen, gid: &str, units: i64) -> bool {
    let role = role_of(world, gid);
    let here = match chosen.fulfilment {
        Fulfilment::Unfulfilled => None,
        Fulfilment::Fulfilled | Fulfilment::Assigned => {
            Some(world.sandbox.shop.stock_at(gid, ROOMS[0].id).map(|level| level.available))
        }
    };
    let counted = role != Some(Role::Untracked)
        && match stock {
            Stock::Require => true,
            Stock::FollowPolicy => role != Some(Role::ContinuesSelling),
            Stock::AlwaysClaim | Stock::Bypass => false,
        };
    let unheld = stock != Stock::Bypass && here == Some(None);
    let short =
        world.sandbox.shop.stock(gid) < units || here.flatten().is_some_and(|available| available < units);
    unheld || (counted && short)
}

fn number_of(gid: &str) -> Option<u64> {
    gid.rsplit('/').next()?.parse().ok()
}

/// What the style of a variant is there for.
fn role_of(world: &World, gid: &str) -> Option<Role> {
    let id = number_of(gid)?;
    let mut styles = world.brand.styles.iter();
    styles.find(|style| style.variants.iter().any(|variant| variant.variant_id == id)).map(|style| style.role)
}

/// No shelf goes below zero, except by as many units as were sold where that is allowed.
fn shelves(world: &World, notes: &Notes, wrong: &mut Vec<String>) {
    let mut allowed: BTreeMap<String, i64> = BTreeMap::new();
    for order in world.sandbox.shop.orders().iter().filter(|order| order.is_live()) {
        for line in &order.lines {
            let gid = line.variant.clone().unwrap_or_default();
            if may_be_oversold(world, notes, order, &gid) {
                *allowed.entry(gid).or_default() += line.quantity;
            }
        }
    }
    let counted = |role: Role| !matches!(role, Role::Untracked | Role::Vanished);
    for style in world.brand.styles.iter().filter(|style| counted(style.role)) {
        for variant in &style.variants {
            let gid = format!("gid://shopify/ProductVariant/{}", variant.variant_id);
            let units = world.sandbox.shop.stock(&gid);
            let allowed = allowed.get(&gid).copied().unwrap_or_default();
            if units < -allowed {
                wrong.push(format!("{} is oversold: {units}, and {allowed} were allowed", variant.sku));
            }
        }
    }
}

/// Where the settings allow it, and where a request was on its way for long and Shopify itself goes on selling.
fn may_be_oversold(world: &World, notes: &Notes, order: &ShopOrder, gid: &str) -> bool {
    let from = order.created_at.checked_sub(READ_BEFORE).unwrap_or(order.created_at);
    let continues = role_of(world, gid) == Some(Role::ContinuesSelling);
    let slow = || {
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        notes.slow_days.contains(&day(from)) || notes.slow_days.contains(&day(order.created_at))
    };
    notes.chosen_in(from, order.created_at).any(|chosen| match chosen.stock {
        Stock::AlwaysClaim => true,
        Stock::FollowPolicy => continues,
        Stock::Require | Stock::Bypass => continues && slow(),
    })
}

/// Whom the program made a customer has a custom id, and nobody else has the same.
fn customers(world: &World, notes: &Notes, wrong: &mut Vec<String>) {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for customer in world.sandbox.shop.customers() {
        let ours = |field: &&Metafield| field.namespace == "joor_shopify" && field.key == "customer";
        let id = customer.metafields.iter().find(ours).map(|field| field.value.clone());
        let made = !notes.customers_before.contains(&customer.gid);
        match id {
            Some(id) => {
                if let Some(other) = known.insert(id.clone(), customer.gid.clone()) {
                    wrong.push(format!("{id} is twice a customer in Shopify: {other} and {}", customer.gid));
                }
            }
            None if made => wrong.push(format!("{} was made without a custom id", customer.gid)),
            None => {}
        }
    }
}
