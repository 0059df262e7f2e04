//! The note of a chosen real order while its template is written. An order is read from JOOR once and kept for a while,
//! so that typing costs nothing.

use super::super::Console;
use super::super::asking::{in_time, words};
use crate::cycle::Stop;
use adapters::ledger::OrderSearch;
use adapters::ledger::records::ConnectionRecord;
use console::pages::connections::{Note, Word};
use domain::ids::JoorOrderId;
use domain::orders::note::{DEFAULT_NOTE, FIELDS, Template, capped, field};
use domain::orders::order::Order;
use domain::settings::NOTE_CHARS_MAX;
use domain::time::Moment;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

const ORDERS_SHOWN: u32 = 30;
const KEPT_MAX: usize = 50;
const KEPT_FOR: Duration = Duration::from_secs(600);

/// Orders that were read a moment ago, by connection and number.
#[derive(Default)]
pub struct NoteOrders(Mutex<BTreeMap<(String, String), (Moment, Order)>>);

impl NoteOrders {
    fn of(&self, connection: &str, id: &str, now: Moment) -> Option<Order> {
        let mut kept = self.0.lock().ok()?;
        kept.retain(|_, (at, _)| now.since(*at) < KEPT_FOR);
        kept.get(&(connection.to_owned(), id.to_owned())).map(|(_, order)| order.clone())
    }

    fn keep(&self, connection: &str, id: &str, now: Moment, order: &Order) {
        let Ok(mut kept) = self.0.lock() else { return };
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert((connection.to_owned(), id.to_owned()), (now, order.clone()));
    }
}

/// The order, from a moment ago or from JOOR; or words about why not.
pub async fn order_of(console: &Console, record: &ConnectionRecord, id: &str) -> Result<Order, String> {
    let (id, now) = (id.trim(), console.now());
    if id.is_empty() {
        return Err("No order has been read from JOOR yet, so no note can be shown.".to_owned());
    }
    if let Some(order) = console.notes.of(&record.name, id, now) {
        return Ok(order);
    }
    let wanted = JoorOrderId::new(id);
    // JOOR is asked for what this connection knows, and for nothing else.
    let known = console.ledger().order(&record.name, &wanted).await.map_err(|error| error.to_string())?;
    if known.is_none() {
        return Err(format!("The connection {} knows no order {id}.", record.name));
    }
    let read = async {
        let worker = console.house.worker(record).await.map_err(|error| error.to_string())?;
        let ids = std::slice::from_ref(&wanted);
        worker.wholesale.orders_by_id(ids).await.map_err(|error| words(&Stop::Joor(error)))
    };
    match in_time("Reading the order", read).await?.pop() {
        Some(Ok(row)) => {
            console.notes.keep(&record.name, id, now, &row.order);
            Ok(row.order)
        }
        Some(Err(broken)) => Err(format!("Order {id} cannot be read: {} is odd.", broken.field)),
        None => Err(format!("JOOR does not show order {id} any more.")),
    }
}

/// The note that a template makes of an order, or what is wrong with the template.
pub fn text(template: &str, order: &Order) -> String {
    let made = Template::parse(&template.replace("\r\n", "\n")).and_then(|made| made.render(order));
    match made {
        Err(refused) => format!("This template does not work yet: {}.", refused.reason),
        Ok(note) if note.is_empty() => "(The note of this order is empty.)".to_owned(),
        Ok(note) => match capped(&note, NOTE_CHARS_MAX) {
            (note, false) => note,
            (note, true) => format!("{note}\n(Cut off here: Shopify takes {NOTE_CHARS_MAX} characters.)"),
        },
    }
}

/// The editor with the orders to choose from. `shown`: the order that somebody wants to see, or why it is not there.
pub async fn editor(
    console: &Console,
    record: &ConnectionRecord,
    chosen: &str,
    template: &str,
    shown: Option<Result<Order, String>>,
) -> Result<Note, adapters::ledger::LedgerError> {
    let wanted =
        OrderSearch { connection: Some(record.name.clone()), limit: ORDERS_SHOWN, ..OrderSearch::default() };
    let orders = console.ledger().search_orders(&wanted).await?;
    let order = shown.as_ref().and_then(|shown| shown.as_ref().ok());
    let fields = FIELDS.iter().map(|name| {
        let value = order.and_then(|order| field(order, name)).unwrap_or_default();
        ((*name).to_owned(), value)
    });
    let fields = fields.collect();
    let mut words: Vec<Word> = orders
        .iter()
        .map(|order| Word {
            value: order.id.to_string(),
            words: format!("{}, {}", order.id, order.retailer),
            chosen: order.id.as_str() == chosen,
        })
        .collect();
    if words.is_empty() {
        let none = "no order has been read yet".to_owned();
        words.push(Word { value: String::new(), words: none, chosen: true });
    }
    Ok(Note {
        orders: words,
        shown: match shown {
            None => String::new(),
            Some(Ok(order)) => text(template, &order),
            Some(Err(words)) => words,
        },
        fields,
        default: DEFAULT_NOTE.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::orders::note::sample;

    #[test]
    fn a_note_is_shown_as_it_will_be_and_a_fault_of_the_template_in_words() {
        let order = sample("text");
        assert_eq!(text("Season: {{ season }}\r\nPO: {{ po_number }}", &order), "Season: text\nPO: text");
        assert!(text("{{ saison }}", &order).contains("unknown field `saison`"));
        assert!(text("{{ season", &order).starts_with("This template does not work yet"));
        assert!(text("", &order).contains("empty"));
        let long = text(&"{{ season }}".repeat(20), &sample(&"y".repeat(400)));
        assert!(long.contains("Cut off here") && long.chars().count() < 5100, "{long}");
    }
}
