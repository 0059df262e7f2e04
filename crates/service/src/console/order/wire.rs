//! What was asked for at one step of an order with what was answered, on a page of its own, since both may be long.

use super::timeline::{DEED, deed_number, event_words, number, what_words};
use super::{find, page_frame};
use crate::console::Console;
use crate::console::answers::{Answer, No, page};
use crate::console::masked;
use crate::console::visit::Visit;
use crate::console::words::when;
use adapters::ledger::records::{AttemptRecord, WireRecord};
use adapters::ledger::{Ledger, LedgerError};
use axum::extract::{Extension, Path, State};
use console::pages::order::Wire;
use domain::ids::{ExportKey, Generation, JoorOrderId, Part};
use domain::time::Moment;
use std::sync::Arc;

const NO_ANSWER: &str = "No answer was kept: none came, or the program stopped before it did.";

/// What the page shows, not covered yet.
struct Said {
    title: String,
    at: Moment,
    who: &'static str,
    request: String,
    answer: Option<String>,
    /// Where there is no answer.
    words: &'static str,
}

pub async fn wire(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, id, called)): Path<(String, String, String)>,
) -> Answer {
    let about = find(&console, &connection, &id).await?;
    let order = &about.order.id;
    let Some(said) = said(console.ledger(), &connection, order, &called).await? else {
        return Err(No::NotFound(format!("No request of order {order} is called “{called}”.")));
    };
    page(&Wire {
        frame: page_frame(&console, &visit).await,
        id: order.to_string(),
        href: format!("/orders/{connection}/{order}"),
        title: said.title,
        who: said.who,
        when: when(said.at, console.now()),
        request: masked::request(&said.request),
        answer: said.answer.as_deref().map(masked::request),
        words: said.words,
    })
}

async fn said(
    ledger: &Ledger,
    connection: &str,
    order: &JoorOrderId,
    called: &str,
) -> Result<Option<Said>, LedgerError> {
    if called.starts_with(DEED) {
        let deeds = ledger.deeds(connection, order).await?;
        let Some(deed) = deeds.iter().find(|deed| deed_number(deed) == called) else { return Ok(None) };
        let wire = ledger.deed_wire(connection, order, deed.id).await?;
        let title = what_words(&deed.what, &deed.detail).1;
        return Ok(wire.map(|wire| of_step(title, wire)));
    }
    let attempts = ledger.attempts(connection, order).await?;
    let is_called = |one: &AttemptRecord| number(&one.key, one.version) == called;
    if let Some(attempt) = attempts.into_iter().find(is_called) {
        return Ok(Some(of_attempt(attempt)));
    }
    let Some((key, version)) = event_called(order, called) else { return Ok(None) };
    let wire = ledger.event_wire(connection, &key, version).await?;
    Ok(wire.map(|wire| of_step(event_words(&wire.what, &key).1, wire)))
}

/// `None`: no event is called so, however large its numbers.
fn event_called(order: &JoorOrderId, called: &str) -> Option<(ExportKey, i64)> {
    let mut parts = called.split('.');
    let (generation, part) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let version = parts.next()?.parse().ok()?;
    let key = ExportKey { order: order.clone(), generation: Generation(generation), part: Part(part) };
    (number(&key, version) == called).then_some((key, version))
}

fn of_attempt(attempt: AttemptRecord) -> Said {
    let (title, words) = match attempt.attempt {
        Some(number) => (format!("Request {number}"), NO_ANSWER),
        None => ("A request that did not leave".to_owned(), "It did not leave, so there is no answer."),
    };
    let (at, request, answer) = (attempt.at, attempt.request.body, attempt.answer);
    Said { title, at, who: "Shopify", request, answer, words }
}

fn of_step(title: String, record: WireRecord) -> Said {
    let who = if record.what.starts_with("report") { "JOOR" } else { "Shopify" };
    let (request, answer) = (record.wire.request, record.wire.answer);
    Said { title, at: record.at, who, request, answer, words: NO_ANSWER }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_one_name_and_any_other_is_nobodys() {
        let order = JoorOrderId::new("7");
        let called = |name: &str| event_called(&order, name).map(|(key, version)| number(&key, version));
        assert_eq!(called("2.1.14").as_deref(), Some("2.1.14"));
        for odd in [
            "",
            "2",
            "2.1",
            "2.1.",
            "2.1.x",
            "02.1.4",
            "+2.1.4",
            "2.1.4.5",
            "99999999999.1.4",
            "2.1.99999999999999999999",
        ] {
            assert_eq!(called(odd), None, "{odd}");
        }
    }
}
