//! The judgement after a scene: what stands in both services, in the ledger and in the letterbox.

use super::scenes::{Fate, Scene};
use crate::program::CONNECTION;
use crate::world::{World, generation, joor_number};
use adapters::ledger::records::{EventRecord, ExportRecord};
use adapters::ledger::{ExportQuery, ProblemQuery};
use domain::ids::{JoorOrderId, ShopOrderId};
use domain::orders::export::State;
use rust_decimal::Decimal;
use sandbox::shopify::OrderView as ShopOrder;
use std::collections::BTreeMap;

/// `repeats`: how often something may have been done again.
pub async fn judge(world: &World, scene: &Scene, repeats: usize) -> Result<(), String> {
    nothing_twice(world)?;
    for fate in scene.fates {
        order(world, fate)?;
        ledger(world, fate).await?;
    }
    stock(world)?;
    mails(world, repeats)?;
    let uninvited = world.outside.uninvited();
    if !uninvited.is_empty() {
        return Err(format!("ran into a limit by itself: {}", uninvited.join("; ")));
    }
    let query = ProblemQuery { order: None, open_only: true };
    let open = world.program.desk.problems(CONNECTION, &query).await.map_err(|error| error.to_string())?;
    match open.first() {
        Some(problem) => {
            let (order, told) = (&problem.order, &problem.told);
            Err(format!("a problem is left open: {order:?} {} {}", told.code, told.sentence))
        }
        None => Ok(()),
    }
}

/// The event that the scene is about did happen.
pub async fn is_what_it_says(world: &World, scene: &Scene) -> Result<(), String> {
    let Some((fate, word)) = scene.fates.first().zip(scene.event) else { return Ok(()) };
    let id = JoorOrderId::new(fate.order);
    let events = world.program.desk.events(CONNECTION, &id).await.map_err(|error| error.to_string())?;
    match events.iter().any(|event| event.word == word) {
        true => Ok(()),
        false => {
            let words: Vec<&str> = events.iter().map(|event| event.word.as_str()).collect();
            Err(format!("{} has no event {word}: {}", fate.order, words.join(", ")))
        }
    }
}

/// No token is there twice, not even cancelled.
fn nothing_twice(world: &World) -> Result<(), String> {
    let mut tokens: BTreeMap<String, String> = BTreeMap::new();
    for order in world.sandbox.shop.orders() {
        let token = order.source_identifier.clone().unwrap_or_default();
        let known = joor_number(&order).is_some_and(|id| world.sandbox.joor.order(&id).is_some());
        if !known {
            return Err(format!("{} belongs to no JOOR order: {token:?}", order.name));
        }
        if let Some(other) = tokens.insert(token.clone(), order.name.clone()) {
            return Err(format!("{other} and {} are both there for {token}", order.name));
        }
    }
    Ok(())
}

fn order(world: &World, fate: &Fate) -> Result<(), String> {
    let mut live = world.shop_orders_of(fate.order);
    live.retain(ShopOrder::is_live);
    let generations: Vec<Option<u32>> = live.iter().map(generation).collect();
    if live.len() != fate.parts || generations.iter().any(|found| *found != Some(fate.generation)) {
        let names: Vec<String> = live.iter().map(|order| format!("{:?}", order.source_identifier)).collect();
        return Err(format!("order {} stands in Shopify as {names:?}", fate.order));
    }
    let total: Decimal = live.iter().map(|order| order.total).sum();
    let wanted: Decimal = fate.total.parse().map_err(|_| format!("{} is no amount", fate.total))?;
    if total != wanted {
        return Err(format!("order {} comes to {total} in Shopify, not {wanted}", fate.order));
    }
    let joor = world.sandbox.joor.order(fate.order).ok_or("the order is gone from JOOR")?;
    let description = joor.export_description.unwrap_or_default();
    if joor.export_status != fate.joor {
        return Err(format!("JOOR shows {} as {}: {description}", fate.order, joor.export_status.word()));
    }
    match live.iter().find(|order| !description.contains(&order.name)) {
        Some(order) => Err(format!("JOOR says {description:?} of {}, which is {}", fate.order, order.name)),
        None => Ok(()),
    }
}

/// The ledger says of an order what is so: every part exported, as the order that stands, and how it came to that.
async fn ledger(world: &World, fate: &Fate) -> Result<(), String> {
    let id = JoorOrderId::new(fate.order);
    let query = ExportQuery { order: Some(id.clone()), ..ExportQuery::default() };
    let rows = world.program.desk.exports(CONNECTION, &query).await.map_err(|error| error.to_string())?;
    let mut live = world.shop_orders_of(fate.order);
    live.retain(ShopOrder::is_live);
    let mut last: Vec<_> = rows.iter().filter(|row| row.export.key.generation.0 == fate.generation).collect();
    let ended = fate.generation + u32::from(fate.parts > 0);
    let ends: Vec<_> = rows.iter().filter(|row| row.export.key.generation.0 == ended).collect();
    if let Some(word) = fate.ends {
        if ends.len() != 1 || ends[0].export.state.word() != word {
            let words: Vec<&str> = ends.iter().map(|row| row.export.state.word()).collect();
            return Err(format!("the ledger says of {} that it is {words:?}, not {word}", fate.order));
        }
        if fate.parts == 0 {
            last.clear();
        }
    }
    let newest = rows.iter().map(|row| row.export.key.generation.0).max();
    let expected = if fate.ends.is_some() { ended } else { fate.generation };
    if last.len() != fate.parts || newest != Some(expected) {
        return Err(format!(
            "the ledger has {} parts of {}, up to generation {newest:?}",
            last.len(),
            fate.order
        ));
    }
    for row in last {
        let State::Exported { order, name } = &row.export.state else {
            return Err(format!("the ledger says that {} is {}", row.export.key, row.export.state.word()));
        };
        let token = row.export.token.as_str();
        let found = live.iter().find(|found| found.source_identifier.as_deref() == Some(token));
        let stands = found.is_some_and(|found| gid_is(&found.gid, order) && found.name == *name);
        if !stands {
            return Err(format!(
                "the ledger says that {} is {name} ({order}), and it is {found:?}",
                row.export.key
            ));
        }
    }
    for row in &rows {
        let sent = world.outside.creates_of(row.export.token.as_str());
        if row.export.attempts < sent {
            let (key, attempts) = (&row.export.key, row.export.attempts);
            return Err(format!("{sent} creates of {key} left, and the ledger knows of {attempts}"));
        }
    }
    let events = world.program.desk.events(CONNECTION, &id).await.map_err(|error| error.to_string())?;
    rows.iter().try_for_each(|row| one_chain(row, &events))
}

fn gid_is(gid: &str, order: &ShopOrderId) -> bool {
    gid.rsplit('/').next() == Some(order.number())
}

/// Each change of an export is stored with its event: none is missing, what is sent was ready, what is answered was sent,
/// and the last one ends where the export is.
fn one_chain(row: &ExportRecord, events: &[EventRecord]) -> Result<(), String> {
    let mut chain = events.iter().filter(|event| event.key == row.export.key);
    let opened = chain.next().filter(|event| event.word == "opened");
    let chain: Vec<&EventRecord> = chain.collect();
    let words: Vec<&str> = chain.iter().map(|event| event.word.as_str()).collect();
    let wrong = |what: &str| Err(format!("{}: {what}: {}", row.export.key, words.join(", ")));
    if chain.len() as i64 != row.export.version {
        return wrong(&format!("{} events for version {}", chain.len(), row.export.version));
    }
    let asked = words.iter().filter(|word| **word == "asked").count();
    if asked != row.export.attempts as usize {
        return wrong(&format!("asked {asked} times in {} attempts", row.export.attempts));
    }
    if chain.last().is_some_and(|event| event.state != row.export.state.word()) {
        return wrong(&format!("ends elsewhere than {}", row.export.state.word()));
    }
    let Some(opened) = opened else { return wrong("not opened first") };
    let mut state = &opened.state;
    for event in chain {
        let sends = event.word == "asked";
        let answers = matches!(event.word.as_str(), "created" | "not_executed" | "refused");
        if (sends && *state != "ready") || (answers && *state != "sending") {
            return wrong(&format!("{} from {state}", event.word));
        }
        state = &event.state;
    }
    Ok(())
}

/// What left the shelves is what stands in live orders.
fn stock(world: &World) -> Result<(), String> {
    let mut sold: BTreeMap<String, i64> = BTreeMap::new();
    for order in world.sandbox.shop.orders().iter().filter(|order| order.is_live()) {
        for line in &order.lines {
            *sold.entry(line.variant.clone().unwrap_or_default()).or_default() += line.quantity;
        }
    }
    for (index, variant) in world.brand.styles[0].variants.iter().enumerate() {
        let gid = format!("gid://shopify/ProductVariant/{}", variant.variant_id);
        let there = world.sandbox.shop.stock(&gid);
        let planted = variant.stock[0] + variant.stock[1];
        let taken = sold.get(&gid).copied().unwrap_or_default();
        // The first variant is what a scene restocks.
        let whole = if index == 0 && there + taken == 700 { 700 } else { planted };
        if there + taken != whole {
            return Err(format!("{} has {there} left and {taken} sold of {whole}", variant.sku));
        }
    }
    Ok(())
}

/// A mail may come again only because somebody died, or was broken off, before noting that it left, and then it is the same mail.
fn mails(world: &World, repeats: usize) -> Result<(), String> {
    let mut bodies: BTreeMap<String, (String, usize)> = BTreeMap::new();
    let mut news: BTreeMap<String, String> = BTreeMap::new();
    for arrived in world.post.arrived() {
        let letter = arrived.letter;
        let known = bodies.entry(letter.id.clone()).or_insert_with(|| (letter.body.clone(), 0));
        known.1 += 1;
        if known.0 != letter.body {
            return Err(format!("two different mails have the id {}", letter.id));
        }
        if known.1 > 1 + repeats {
            return Err(format!("mail {} came {} times with {repeats} repeats", letter.id, known.1));
        }
        let said = format!("{:?} {} {}", letter.to, letter.subject, letter.body);
        if let Some(other) = news.insert(said, letter.id.clone()).filter(|other| *other != letter.id) {
            return Err(format!("{other} and {} say the same: {}", letter.id, letter.subject));
        }
    }
    Ok(())
}
