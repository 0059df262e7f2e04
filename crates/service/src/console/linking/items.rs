//! Which Shopify variant a line of an order is: every line with what it is now, a search, and the commands that link an
//! item and take a link back.

use super::super::Console;
use super::super::answers::{Answer, page};
use super::super::asking::{in_time, words};
use super::super::connections;
use super::super::order::find;
use super::super::visit::Visit;
use super::super::words::{Places, address, full_stop, when};
use super::{Asked, Given, asked_or_first, noted, released, releases, search_words, short};
use crate::commands::act::{link_item_of, unlink_item_of};
use crate::cycle::{ItemLine, OrderItems, Stop, Worker};
use adapters::ledger::records::ItemLinkRecord;
use adapters::ports::FoundVariant;
use axum::extract::{Extension, Form, Path, Query, State};
use console::Place;
use console::look::Tone;
use console::pages::linking::{Chosen, Item, LinkItem, Linked, Search, Variant};
use console::pages::order::Fact;
use domain::ids::JoorOrderId;
use domain::orders::lines::Trouble;
use domain::orders::shelf::ProductState;
use domain::problem::Subject;
use domain::time::Moment;
use std::collections::BTreeMap;
use std::sync::Arc;

pub async fn item(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let about = find(&console, &connection, &id).await?;
    let record = connections::find(&console, &connection).await?;
    let places = Places::of(&record, console.house.trial, visit.role);
    let mut worker = console.house.worker(&record).await?;
    worker.dry = true;
    let read = async { worker.order_items(record, &about.order).await.map_err(|stop| words(&stop)) };
    let (items, lines_failed) = match in_time("Reading the lines", read).await {
        Ok(Some(items)) => (items, None),
        Ok(None) => {
            let words = "JOOR does not show the lines of this order at the moment.".to_owned();
            (OrderItems::none(&about.order), Some(words))
        }
        Err(words) => (OrderItems::none(&about.order), Some(words)),
    };
    let href = format!("/orders/{connection}/{}", about.order.id);
    let line = chosen_line(&items.lines, &asked.line);
    let is_unknown = line.is_none() && !asked.line.is_empty() && lines_failed.is_none();
    let waiting = console.ledger().orders_without_item(&connection).await?;
    let chosen = match line {
        Some(line) => Some(chosen(&worker, line, &asked.q, &places, &waiting).await),
        None => None,
    };
    let unknown = || "The order has no such line any more. These are its lines now.".to_owned();
    let now = console.now();
    let is_chosen = |one: &ItemLine| line.is_some_and(|line| line.line.id == one.line.id);
    page(&LinkItem {
        frame: console.frame(&visit, Place::Orders).await,
        order: about.order.id.to_string(),
        lines: items.lines.iter().map(|one| shown(one, &href, is_chosen(one), &waiting, now)).collect(),
        href,
        retailer: items.retailer.clone(),
        lines_failed: lines_failed.or(is_unknown.then(unknown)),
        chosen,
    })
}

/// The line that is asked for, else the only one that is in trouble.
fn chosen_line<'a>(lines: &'a [ItemLine], asked: &str) -> Option<&'a ItemLine> {
    if !asked.is_empty() {
        return lines.iter().find(|one| one.line.id.as_str() == asked);
    }
    let mut in_trouble = lines.iter().filter(|one| one.matched.is_err());
    in_trouble.next().filter(|_| in_trouble.next().is_none())
}

/// Orders that wait on an item, by what their problems call it.
type Waiting = BTreeMap<String, Vec<JoorOrderId>>;

async fn chosen(worker: &Worker, line: &ItemLine, asked: &str, places: &Places, waiting: &Waiting) -> Chosen {
    let texts = match asked.trim() {
        "" => likely(line),
        given => vec![short(given)],
    };
    let (used, found) = match in_time("The search", find_variants(worker, &texts)).await {
        Ok((used, found)) => (used, Ok(found)),
        Err(words) => (texts.first().cloned().into_iter().collect(), Err(words)),
    };
    let hits = found.as_ref().map(Vec::len).unwrap_or_default();
    let item = Subject::of_line(&line.reference).label;
    Chosen {
        releases: match waiting.get(&item) {
            Some(orders) => releases("", orders, "the item"),
            None => releases("No order waits for this item.", &[], "the item"),
        },
        item,
        line: line.line.id.to_string(),
        label: label(line),
        facts: facts(line),
        search: Search {
            words: search_words(hits, "variant", &used),
            text: asked_or_first(asked, &used),
            failed: found.as_ref().err().cloned(),
        },
        found: found.into_iter().flatten().map(|one| variant(one, places, line.link.as_ref())).collect(),
    }
}

/// What to look for before somebody says it, the most exact first.
fn likely(line: &ItemLine) -> Vec<String> {
    let sku = [&line.line.sku_identifier, &line.identifiers.sku_identifier];
    let sku = sku.into_iter().find(|text| !text.trim().is_empty()).cloned().unwrap_or_default();
    let mut texts: Vec<String> = Vec::new();
    for text in [sku, line.line.label(), line.line.style_name.clone()] {
        let text = short(text.trim());
        if !text.is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// What the first of these texts finds that finds something, and which one that is.
async fn find_variants(
    worker: &Worker,
    texts: &[String],
) -> Result<(Vec<String>, Vec<FoundVariant>), String> {
    for text in texts {
        let found = worker.shop.find_variants(text).await;
        let found = found.map_err(|error| words(&Stop::Shopify(error)))?;
        if !found.is_empty() {
            return Ok((vec![text.clone()], found));
        }
    }
    Ok((texts.to_vec(), Vec::new()))
}

fn label(line: &ItemLine) -> String {
    let reference = &line.reference;
    [&reference.label, &reference.style_number, &reference.identifier]
        .into_iter()
        .find(|text| !text.trim().is_empty())
        .cloned()
        .unwrap_or_else(|| format!("line {}", line.line.id))
}

fn facts(line: &ItemLine) -> Vec<Fact> {
    let (joor, identifiers) = (&line.line, &line.identifiers);
    [
        ("Style", joor.style_name.clone()),
        ("Style number", joor.style_number.clone()),
        ("Colour", joor.color.name.clone()),
        ("Size", joor.size.name.clone()),
        ("Units", line.quantity.to_string()),
        ("SKU", line.reference.identifier.clone()),
        ("UPC", identifiers.upc.clone()),
        ("External id", identifiers.external_id.clone()),
        ("Style identifier", joor.style_identifier.clone()),
        ("Now", matched_words(&line.matched)),
    ]
    .into_iter()
    .filter(|(_, value)| !value.trim().is_empty())
    .map(|(name, value)| Fact { name, value })
    .collect()
}

fn matched_words(matched: &Result<String, Trouble>) -> String {
    match matched {
        Ok(name) => name.clone(),
        Err(Trouble::NotFromShopify) => {
            "Nothing on the line leads to Shopify: the style did not come from there.".to_owned()
        }
        Err(Trouble::NotFound) => "Its identifiers lead to no variant in Shopify.".to_owned(),
        Err(Trouble::Ambiguous(variants)) => {
            format!("Several variants share its identifiers: {}.", variants.join("; "))
        }
        Err(Trouble::Disagree(said)) => format!("What it says does not agree: {}.", said.join("; ")),
        Err(Trouble::Archived(..)) => "Its product is archived in Shopify.".to_owned(),
        Err(Trouble::LinkDead(said)) => full_stop(&said.replacen('l', "L", 1)),
    }
}

fn shown(one: &ItemLine, href: &str, is_chosen: bool, waiting: &Waiting, now: Moment) -> Item {
    let detail = [&one.reference.style_number, &one.reference.identifier];
    let detail: Vec<&str> = detail.into_iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    Item {
        label: label(one),
        detail: detail.join(" · "),
        quantity: one.quantity,
        tone: if one.matched.is_ok() { Tone::Good } else { Tone::Bad },
        words: matched_words(&one.matched),
        linked: one.link.as_ref().map(|record| Linked {
            variant: record.link.variant.number().to_owned(),
            by: record.link.by.clone(),
            when: when(record.at, now),
            sku: one.line.sku.to_string(),
        }),
        waiting: waiting.get(&Subject::of_line(&one.reference).label).map_or(0, Vec::len),
        href: address(&format!("{href}/item"), &[("line", one.line.id.as_str())]),
        is_chosen,
    }
}

fn variant(found: FoundVariant, places: &Places, link: Option<&ItemLinkRecord>) -> Variant {
    let name = format!("{} {}", found.product_title, found.title).trim().to_owned();
    let number = found.id.number().to_owned();
    let path = format!("products/{}/variants/{number}", found.product.number());
    Variant {
        admin: places.shop("Open in Shopify", &path),
        name: if name.is_empty() { "No title".to_owned() } else { name },
        sku: found.sku,
        barcode: found.barcode,
        stock: found.available,
        state: match found.product_state {
            ProductState::Active | ProductState::Unknown => "",
            ProductState::Archived => "Archived",
            ProductState::Draft => "Draft",
        }
        .to_owned(),
        is_archived: found.product_state == ProductState::Archived,
        is_linked: link.is_some_and(|record| record.link.variant == found.id),
        number,
    }
}

/// Says which variant a line is.
pub async fn link_item(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, id)): Path<(String, String)>,
    Form(given): Form<Given>,
) -> Answer {
    let about = find(&console, &connection, &id).await?;
    let href = format!("/orders/{connection}/{}", about.order.id);
    let waiting = console.ledger().orders_without_item(&connection).await?;
    let waiting = waiting.get(&given.item).map_or(0, Vec::len);
    let words = format!("Noted: the item is variant {}. {}", given.variant.trim(), released(waiting));
    let ask = link_item_of(&about, &given.line, &given.variant);
    noted(&console, &visit, ask, &format!("{href}/item"), (&href, &words)).await
}

/// Takes a link back.
pub async fn unlink_item(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, id)): Path<(String, String)>,
    Form(given): Form<Given>,
) -> Answer {
    let about = find(&console, &connection, &id).await?;
    let href = format!("/orders/{connection}/{}/item", about.order.id);
    let words = "Noted: the link is taken back in the next cycle. What was exported with it stays as it is.";
    noted(&console, &visit, unlink_item_of(&about, &given.line), &href, (&href, words)).await
}
