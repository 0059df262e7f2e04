//! Which Shopify customer a retailer is: what JOOR says of it, whom Shopify finds, and the command that links the two. The
//! same for the lines of an order is in `items`. JOOR and Shopify are asked while the person waits.

mod items;

pub use items::{item, link_item, unlink_item};

use super::Console;
use super::answers::{Answer, done, not_done, page};
use super::asking::{in_time, words};
use super::connections;
use super::order::find;
use super::visit::Visit;
use super::words::Places;
use crate::cli::RetryArgs;
use crate::commands::Failure;
use crate::commands::act::{Ask, note, retry_of};
use crate::cycle::{Stop, Worker};
use adapters::ledger::records::OrderRecord;
use adapters::ports::FoundCustomer;
use axum::extract::{Extension, Form, Path, Query, State};
use console::Place;
use console::look::{count, counted};
use console::pages::linking::{Customer, LinkCustomer, Search};
use console::pages::order::Fact;
use domain::ids::{CustomerId, JoorOrderId};
use domain::orders::customer::email;
use domain::orders::order::{Address, Order};
use serde::Deserialize;
use std::sync::Arc;

/// Shopify gives no more at once.
const FOUND_MAX: usize = 20;
/// A longer text finds nothing more.
const SEARCH_CHARS_MAX: usize = 200;
/// Numbers of waiting orders that are named.
const NAMED_MAX: usize = 5;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    line: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    customer: String,
    line: String,
    variant: String,
    item: String,
}

pub async fn customer(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let about = find(&console, &connection, &id).await?;
    let record = connections::find(&console, &connection).await?;
    let (order, ledger) = (&about.order, console.ledger());
    let linked = ledger.customer_links(&connection).await?.remove(&order.retailer_id);
    let waiting = ledger.orders_without_customer(&connection, &order.retailer_id).await?;
    let worker = console.house.worker(&record).await?;
    let in_joor = in_time("Reading the order", in_joor(&worker, &order.id)).await;
    let texts = match asked.q.trim() {
        "" => likely(order, in_joor.as_ref().ok()),
        given => vec![short(given)],
    };
    let found = in_time("The search", find_customers(&worker, &texts)).await;
    let places = Places::of(&record, console.house.trial, visit.role);
    let name = retailer_name(order);
    let hits = found.as_ref().map(Vec::len).unwrap_or_default();
    page(&LinkCustomer {
        frame: console.frame(&visit, Place::Orders).await,
        order: order.id.to_string(),
        href: format!("/orders/{connection}/{}", order.id),
        facts: facts(order, in_joor.as_ref().ok()),
        joor_failed: in_joor.err(),
        linked: linked.as_ref().map(|id| format!("{name} is linked to customer {}.", id.number())),
        releases: releases(&of_retailer(&name, &waiting, linked.is_some()), &waiting, "the customer"),
        search: Search {
            words: search_words(hits, "customer", &texts),
            text: asked_or_first(&asked.q, &texts),
            failed: found.as_ref().err().cloned(),
        },
        found: found.into_iter().flatten().map(|one| shown(one, &places, linked.as_ref())).collect(),
        retailer: name,
    })
}

/// The order as JOOR has it now.
async fn in_joor(worker: &Worker, id: &JoorOrderId) -> Result<Order, String> {
    let read = worker.wholesale.orders_by_id(std::slice::from_ref(id)).await;
    let read =
        read.map_err(|error| format!("{} What is known already is shown.", words(&Stop::Joor(error))))?;
    let row = read.into_iter().flatten().find(|row| row.order.id == *id);
    row.map(|row| row.order).ok_or_else(|| {
        "JOOR does not show the order at the moment. What is known already is shown.".to_owned()
    })
}

/// Everybody whom one of these texts finds, each once.
async fn find_customers(worker: &Worker, texts: &[String]) -> Result<Vec<FoundCustomer>, String> {
    let mut found: Vec<FoundCustomer> = Vec::new();
    for text in texts {
        let hits = worker.shop.find_customers(text).await;
        for hit in hits.map_err(|error| words(&Stop::Shopify(error)))? {
            if found.iter().all(|known| known.id != hit.id) {
                found.push(hit);
            }
        }
    }
    found.truncate(FOUND_MAX);
    Ok(found)
}

/// What to look for before somebody says it: the retailer's name, and its e-mail.
fn likely(record: &OrderRecord, order: Option<&Order>) -> Vec<String> {
    let name = order.map_or(&record.retailer, |order| &order.retailer.name).trim().to_owned();
    let email = order.and_then(email);
    [Some(name), email]
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .map(|text| short(&text))
        .collect()
}

fn short(text: &str) -> String {
    text.chars().take(SEARCH_CHARS_MAX).collect()
}

fn asked_or_first(asked: &str, texts: &[String]) -> String {
    if asked.trim().is_empty() { texts.first().cloned().unwrap_or_default() } else { asked.trim().to_owned() }
}

/// How many were found by what.
fn search_words(hits: usize, noun: &str, texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| format!("“{text}”")).collect();
    let texts = texts.join(" or ");
    match hits {
        _ if texts.is_empty() => "Say what to look for.".to_owned(),
        0 => format!("Looked for {texts}."),
        FOUND_MAX => format!("The first {FOUND_MAX} that fit {texts}."),
        number => format!("{} for {texts}.", counted(number, noun)),
    }
}

fn retailer_name(order: &OrderRecord) -> String {
    let name = order.retailer.trim();
    if name.is_empty() { "the retailer".to_owned() } else { name.to_owned() }
}

/// Of whom there are orders that wait, or what is so if there are none.
fn of_retailer(retailer: &str, waiting: &[JoorOrderId], is_linked: bool) -> String {
    match (waiting.is_empty(), is_linked) {
        (false, _) => format!("of {retailer}"),
        (true, true) => format!("No order of {retailer} waits for its customer any more."),
        (true, false) => format!("No order of {retailer} waits for its customer."),
    }
}

/// What waits on the answer, and what it does. `about` narrows the orders, or is the whole sentence if there are none.
fn releases(about: &str, waiting: &[JoorOrderId], what: &str) -> String {
    let mut named: Vec<String> = waiting.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    if waiting.len() > NAMED_MAX {
        named.push(format!("{} more", count(waiting.len() - NAMED_MAX)));
    }
    let named = named.join(", ");
    let orders = [counted(waiting.len(), "order").as_str(), about].join(" ");
    let orders = orders.trim_end();
    match waiting.len() {
        0 => about.to_owned(),
        1 => format!(
            "{orders} waits on this: {named}. Once {what} is linked, the next cycle lets it go, unless something else is \
             wrong with it."
        ),
        _ => format!(
            "{orders} wait on this: {named}. Once {what} is linked, the next cycle lets them go, unless something else is \
             wrong with one."
        ),
    }
}

/// What a link that was just asked for lets go.
fn released(waiting: usize) -> String {
    match waiting {
        0 => "The next cycle knows it.".to_owned(),
        1 => "The 1 order that waited on this is checked again in the next cycle.".to_owned(),
        many => {
            format!("All {} that waited on this are checked again in the next cycle.", counted(many, "order"))
        }
    }
}

fn facts(record: &OrderRecord, order: Option<&Order>) -> Vec<Fact> {
    let text = |read: &dyn Fn(&Order) -> String| order.map(read).unwrap_or_default();
    let name = order.map_or(&record.retailer, |order| &order.retailer.name);
    [
        ("Name", name.clone()),
        ("Code", text(&|order| order.retailer.code.clone())),
        ("JOOR id", record.retailer_id.clone()),
        ("Buyer", text(&|order| order.buyer_name.clone())),
        ("E-mail", text(&|order| email(order).unwrap_or_default())),
        ("Ships to", text(&|order| address_line(&order.ship_to))),
        ("Bills to", text(&|order| address_line(&order.bill_to))),
    ]
    .into_iter()
    .filter(|(_, value)| !value.trim().is_empty())
    .map(|(name, value)| Fact { name, value })
    .collect()
}

fn address_line(address: &Address) -> String {
    let region = [address.region.trim(), address.postcode.trim()].join(" ");
    let parts = [&address.name, &address.line_1, &address.line_2, &address.city, &region, &address.country];
    let parts: Vec<&str> =
        parts.into_iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

fn shown(found: FoundCustomer, places: &Places, linked: Option<&CustomerId>) -> Customer {
    let place = [found.company, found.city, found.country];
    let place: Vec<String> = place.into_iter().filter(|part| !part.trim().is_empty()).collect();
    let number = found.id.number().to_owned();
    Customer {
        admin: places.shop("Open in Shopify", &format!("customers/{number}")),
        name: if found.name.trim().is_empty() { "No name".to_owned() } else { found.name },
        email: found.email,
        place: place.join(", "),
        orders: found.orders.and_then(|orders| usize::try_from(orders).ok()).map(count).unwrap_or_default(),
        is_linked: linked == Some(&found.id),
        number,
    }
}

/// Links the retailer of this order, once for all of its orders.
pub async fn link_customer(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, id)): Path<(String, String)>,
    Form(given): Form<Given>,
) -> Answer {
    let about = find(&console, &connection, &id).await?;
    let ledger = console.ledger();
    let href = format!("/orders/{connection}/{}", about.order.id);
    let retry = RetryArgs {
        id: about.order.id.to_string(),
        link_customer: Some(given.customer.clone()),
        ..RetryArgs::default()
    };
    let waiting = ledger.orders_without_customer(&connection, &about.order.retailer_id).await?;
    let (name, customer) = (retailer_name(&about.order), given.customer.trim());
    let words = format!("{name} is linked to customer {customer}. {}", released(waiting.len()));
    let ask = retry_of(&about, &retry);
    noted(&console, &visit, ask, &format!("{href}/customer"), (&href, &words)).await
}

/// Notes down what was asked for and says so at the second address, or at the first one why it cannot be.
async fn noted(
    console: &Console,
    visit: &Visit,
    ask: Result<Ask, Failure>,
    back: &str,
    (href, words): (&str, &str),
) -> Answer {
    match ask {
        Err(failure) => not_done(back, &failure.sentence()),
        Ok(ask) => {
            note(console.ledger(), &ask, &visit.name, console.now()).await?;
            done(href, words)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_many_orders_a_link_lets_go() {
        let orders = |number: usize| -> Vec<JoorOrderId> {
            (1..=number).map(|id| JoorOrderId::new(id.to_string())).collect()
        };
        for (waiting, is_linked, words) in [
            (0, false, "No order of Rose waits for its customer."),
            (0, true, "any more"),
            (1, false, "1 order of Rose waits on this: 1. Once"),
            (3, false, "3 orders of Rose wait on this: 1, 2, 3. Once"),
            (1007, false, "1,007 orders of Rose wait on this: 1, 2, 3, 4, 5, 1,002 more. Once"),
        ] {
            let waiting = orders(waiting);
            let said = releases(&of_retailer("Rose", &waiting, is_linked), &waiting, "the customer");
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn a_search_says_what_it_looked_for() {
        let texts = ["rose".to_owned(), "a@b.co".to_owned()];
        assert_eq!(search_words(1, "customer", &texts), "1 customer for “rose” or “a@b.co”.");
        assert_eq!(search_words(0, "customer", &texts[..1]), "Looked for “rose”.");
        assert_eq!(search_words(20, "variant", &texts[..1]), "The first 20 that fit “rose”.");
        assert_eq!(search_words(0, "customer", &[]), "Say what to look for.");
    }
}
