//! The independent judge: its own reading of the promises, from what the simulation did and from what stands in both
//! services and in the letterbox. It asks the ledger for one thing only, whether a question to a person is open.

use super::letters;
use super::notes::{Note, Notes};
use crate::program::CONNECTION;
use crate::world::{World, generation, joor_number};
use adapters::ledger::ProblemQuery;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use sandbox::brand::{Equation, Role};
use sandbox::joor::{ExportState, OrderSeed, Status};
use sandbox::shopify::OrderView as ShopOrder;
use std::collections::{BTreeMap, BTreeSet};

/// A create may rest on a reading so old: read, asked, executed late.
const READ_BEFORE: SignedDuration = SignedDuration::from_mins(20);
/// Entries of one Shopify order.
const LINES_MAX: usize = 250;

/// Everything that is wrong at the end of a day.
pub async fn judge(world: &World, notes: &mut Notes) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut orders: BTreeMap<String, Vec<ShopOrder>> = BTreeMap::new();
    for order in world.sandbox.shop.orders() {
        match joor_number(&order).filter(|id| notes.orders.contains_key(id)) {
            Some(id) => orders.entry(id).or_default().push(order),
            None => wrong.push(format!("{} belongs to no JOOR order", order.name)),
        }
    }
    let asked = questions(world).await;
    for (id, note) in &notes.orders {
        let found = orders.remove(id).unwrap_or_default();
        nothing_twice(id, note, &found, &mut wrong);
        amounts(world, id, note, &found, &mut wrong);
        fate(world, notes, (id, note), &found, &asked, &mut wrong);
    }
    shelves(world, notes, &mut wrong);
    wrong.extend(
        world.outside.uninvited().into_iter().map(|limit| format!("ran into a limit by itself: {limit}")),
    );
    wrong.extend(world.open().await.into_iter().map(|open| format!("not at rest in the evening: {open}")));
    letters::read(world, notes, &mut wrong);
    letters::nobody_left_out(world, notes, &mut wrong);
    notes.slow_today = false;
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
    let wanted = found.is_empty() || (again && !alive && !note.reapproved);
    if wanted {
        match obstacle(world, notes, note, seed) {
            Some(reason) if !visible => {
                wrong.push(format!("{id} is forgotten; it cannot be exported: {reason}"))
            }
            None if !unsure(notes, seed) => {
                let said = joor.export_description.clone().unwrap_or_default();
                wrong.push(format!("{id} could be exported and is not; JOOR says {said:?}"));
            }
            Some(_) | None => {}
        }
    } else if alive && !again && joor.export_status == ExportState::Failed && lines(seed) <= LINES_MAX {
        let said = joor.export_description.clone().unwrap_or_default();
        wrong.push(format!("{id} is in Shopify, and JOOR says that it is not: {said:?}"));
    } else if joor.export_status != ExportState::Success && !visible {
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

fn unsure(notes: &Notes, seed: &OrderSeed) -> bool {
    [&seed.customer.code, &seed.customer.buyer_email].into_iter().any(|key| notes.gone.contains(key))
}

/// Why the order cannot be exported now.
fn obstacle(world: &World, notes: &Notes, note: &Note, seed: &OrderSeed) -> Option<String> {
    let country = &world.brand.retailers[note.retailer].country;
    if country == "FR" {
        return Some("there is no tax rule for France".to_owned());
    }
    if lines(seed) > LINES_MAX && !notes.split {
        return Some("it has too many lines".to_owned());
    }
    let bypass = seed.collection.code == "MTO";
    for (gid, units) in needs(seed) {
        if role_of(world, &gid) == Some(Role::Archived) {
            return Some(format!("{gid} is archived"));
        }
        let known = ROOMS_OF_STOCK.iter().any(|room| world.sandbox.shop.stock_at(&gid, *room).is_some());
        if !known {
            return Some(format!("{gid} is not there"));
        }
        if !bypass && role_of(world, &gid) != Some(Role::Untracked) && world.sandbox.shop.stock(&gid) < units
        {
            return Some(format!("{units} of {gid} are not there"));
        }
    }
    None
}

const ROOMS_OF_STOCK: [u64; 3] =
    [sandbox::brand::ROOMS[0].id, sandbox::brand::ROOMS[1].id, sandbox::brand::ROOMS[2].id];

/// What the style of a variant is there for.
fn role_of(world: &World, gid: &str) -> Option<Role> {
    let id: u64 = gid.rsplit('/').next()?.parse().ok()?;
    let mut styles = world.brand.styles.iter();
    styles.find(|style| style.variants.iter().any(|variant| variant.variant_id == id)).map(|style| style.role)
}

/// Under `require` no shelf goes below zero, whatever the variant's own policy says. Goods made to order need no stock.
fn shelves(world: &World, notes: &Notes, wrong: &mut Vec<String>) {
    let versions = notes.orders.values().flat_map(|note| &note.versions).map(|(_, seed)| seed);
    let made = versions.filter(|seed| seed.collection.code == "MTO");
    let made: BTreeSet<String> = made.flat_map(|seed| needs(seed).into_keys()).collect();
    for style in &world.brand.styles {
        let counted = !matches!(style.role, Role::Untracked | Role::Vanished);
        let races = style.role == Role::ContinuesSelling && notes.slow_today;
        if !counted || races {
            continue;
        }
        for variant in &style.variants {
            let gid = format!("gid://shopify/ProductVariant/{}", variant.variant_id);
            let units = world.sandbox.shop.stock(&gid);
            if units < 0 && !made.contains(&gid) {
                wrong.push(format!("{} is oversold: {units}", variant.sku));
            }
        }
    }
}
