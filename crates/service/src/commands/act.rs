//! What people ask for, written down as a command that the next cycle applies. Before that it is checked whether the
//! order is there and whether its state allows it, so that people hear a no at once and in words.

use super::{Failure, Outcome, Session};
use crate::cli::{LinkItemArgs, RetryArgs, exit};
use crate::cycle::judge::shown_generation;
use crate::show::order::state_without_export;
use adapters::ledger::records::{ExportRecord, OrderRecord};
use adapters::ledger::{ExportQuery, Ledger, LedgerError, ProblemQuery, order_state};
use domain::ids::{CustomerId, JoorOrderId, ShopOrderId, VariantId};
use domain::time::Moment;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NOTE_CHARS_MAX: usize = 1000;

/// A command before it is written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    connection: String,
    verb: &'static str,
    arguments: Value,
}

impl Ask {
    pub fn connection(connection: &str, verb: &'static str, arguments: Value) -> Ask {
        Ask { connection: connection.to_owned(), verb, arguments }
    }

    /// New settings with the sealed credentials that belong to them: both are put in force together.
    pub fn settings(connection: &str, document: &str, sealed: &BTreeMap<String, String>) -> Ask {
        Ask::connection(connection, "settings", json!({ "document": document, "sealed": sealed }))
    }

    /// The same over the version that somebody saw: refused if there is another one by then.
    pub fn settings_over(
        seen_version: i64,
        connection: &str,
        document: &str,
        sealed: &BTreeMap<String, String>,
    ) -> Ask {
        let arguments = json!({ "document": document, "sealed": sealed, "seen_version": seen_version });
        Ask::connection(connection, "settings", arguments)
    }

    pub fn of_connection(&self) -> &str {
        &self.connection
    }

    pub fn verb(&self) -> &'static str {
        self.verb
    }

    fn order(about: &About, verb: &'static str, more: Value) -> Ask {
        let mut arguments = json!({ "order": about.order.id.as_str() });
        if let (Value::Object(arguments), Value::Object(more)) = (&mut arguments, more) {
            arguments.extend(more);
        }
        Ask { connection: about.connection.clone(), verb, arguments }
    }
}

/// Writes the command down; the next cycle applies it.
pub async fn note(ledger: &Ledger, ask: &Ask, by: &str, now: Moment) -> Result<i64, LedgerError> {
    ledger.insert_command(&ask.connection, ask.verb, &ask.arguments.to_string(), by, now).await
}

/// Writes the command down and says when it takes effect.
pub async fn ask(session: &Session, ledger: &Ledger, ask: Ask) -> Outcome {
    let id = note(ledger, &ask, &session.by, session.now()).await?;
    let about = match ask.arguments["order"].as_str() {
        Some(order) => format!("order {order}"),
        None => format!("connection {}", ask.connection),
    };
    let verb = ask.verb.replace('_', " ");
    session.voice.text(&format!("Noted as command {id}: {verb} of {about}; the next cycle applies it"));
    session
        .voice
        .data(json!({ "command": id, "connection": ask.connection, "verb": ask.verb, "applied": false }));
    session
        .voice
        .talk("hint: a running `joor-shopify run` does it by itself; otherwise `joor-shopify sync --once`");
    Ok(exit::OK)
}

/// Notes that this Shopify order is the export of that order, one of several; what is said is the caller's business.
pub async fn link(
    session: &Session,
    ledger: &Ledger,
    connection: &str,
    order: &JoorOrderId,
    shop_order: &ShopOrderId,
) -> Result<(), Failure> {
    let arguments = json!({ "order": order.as_str(), "shop_order": shop_order.as_str() });
    ledger
        .insert_command(connection, "link_order", &arguments.to_string(), &session.by, session.now())
        .await?;
    Ok(())
}

/// Notes settings that were checked and asked about before; what is said is the caller's business.
pub async fn note_settings(
    session: &Session,
    ledger: &Ledger,
    connection: &str,
    document: &str,
) -> Result<i64, Failure> {
    let arguments = json!({ "document": document, "sealed": {} }).to_string();
    Ok(ledger.insert_command(connection, "settings", &arguments, &session.by, session.now()).await?)
}

/// Cancel the earlier Shopify orders, then export anew. Whether that can be is checked by `cycle::cancelling`.
pub fn replace_of(about: &About) -> Ask {
    Ask::order(about, "re_export", json!({ "cancel_previous": true }))
}

/// Every order of the connection that waits on this cause is checked again.
pub fn retry_cause_of(connection: &str, code: &str) -> Ask {
    Ask::connection(connection, "retry_cause", json!({ "code": code }))
}

/// Notes the guided re-export of this order; what is said is the caller's business.
pub async fn note_replace(session: &Session, ledger: &Ledger, about: &About) -> Result<i64, Failure> {
    Ok(note(ledger, &replace_of(about), &session.by, session.now()).await?)
}

/// An order with the parts of its current generation, or of the one that counts since that one was given up.
#[derive(Clone, Debug)]
pub struct About {
    pub connection: String,
    pub order: OrderRecord,
    pub parts: Vec<ExportRecord>,
    /// Held, because something in Shopify carries its token.
    pub found_other: bool,
    /// Where there is no export that says it.
    pub without_export: &'static str,
}

impl About {
    pub async fn of(ledger: &Ledger, connection: &str, order: OrderRecord) -> Result<About, LedgerError> {
        let query = ExportQuery { order: Some(order.id.clone()), ..ExportQuery::default() };
        let mut parts = ledger.exports(connection, &query).await?;
        let shown = shown_generation(&order, &parts);
        parts.retain(|part| part.export.key.generation.0 == shown);
        let query = ProblemQuery { order: Some(order.id.clone()), open_only: true };
        let open = ledger.problems(connection, &query).await?;
        let found_other = open.iter().any(|row| row.told.code == "DUP_FOUND_UNLEDGERED");
        let without_export = state_without_export(open.iter().map(|row| row.told.code));
        Ok(About { connection: connection.to_owned(), order, parts, found_other, without_export })
    }

    pub fn state(&self) -> &'static str {
        order_state(self.parts.iter().map(|part| &part.export.state)).unwrap_or(self.without_export)
    }
}

/// Finds an order by its JOOR number, in the named connection or in whichever has it.
pub async fn find(
    session: &Session,
    ledger: &Ledger,
    connection: Option<&str>,
    id: &str,
) -> Result<About, Failure> {
    let id = JoorOrderId::new(id.trim());
    let mut found = Vec::new();
    let connections = session.connections(ledger, connection).await?;
    for connection in &connections {
        if let Some(order) = ledger.order(&connection.name, &id).await? {
            found.push((connection.name.clone(), order));
        }
    }
    let Some((connection, order)) = found.pop() else {
        let hint = "take the number from `joor-shopify orders list`; an order approved just now is seen in the next cycle";
        return Err(Failure::new(exit::USAGE, format!("order {id} is not in the ledger"), hint));
    };
    if let Some((other, _)) = found.pop() {
        let what = format!("order {id} is in connections {other} and {connection}");
        return Err(Failure::new(exit::USAGE, what, "name one with --connection"));
    }
    Ok(About::of(ledger, &connection, order).await?)
}

pub async fn retry(session: &Session, ledger: &Ledger, retry: &RetryArgs) -> Outcome {
    let about = find(session, ledger, retry.choice.connection.as_deref(), &retry.id).await?;
    ask(session, ledger, retry_of(&about, retry)?).await
}

pub fn retry_of(about: &About, retry: &RetryArgs) -> Result<Ask, Failure> {
    if let Some(order) = &retry.link_order {
        may(
            about,
            &["unconfirmed", "held", "seen", "waiting", "ready", "skipped"],
            "be linked to a Shopify order",
        )?;
        let order = number(order, "Order", ShopOrderId::from_number)?;
        return Ok(Ask::order(about, "link_order", json!({ "shop_order": order.as_str() })));
    }
    if retry.not_there {
        may(about, &["unconfirmed"], "be sent again on your word")?;
        return Ok(Ask::order(about, "not_there", json!({})));
    }
    may(about, &["seen", "held", "waiting", "ready", "skipped"], "be tried again")?;
    let mut more = json!({});
    if let Some(customer) = &retry.link_customer {
        let customer = number(customer, "Customer", CustomerId::from_number)?;
        more["link_customer"] = json!(customer.as_str());
    }
    for (key, given) in [("export_anyway", retry.export_anyway), ("confirm_prices", retry.confirm_prices)] {
        if given {
            more[key] = json!(true);
        }
    }
    Ok(Ask::order(about, "retry", more))
}

pub async fn link_item(session: &Session, ledger: &Ledger, link: &LinkItemArgs) -> Outcome {
    let about = find(session, ledger, link.choice.connection.as_deref(), &link.id).await?;
    ask(session, ledger, link_item_of(&about, &link.line, &link.variant)?).await
}

/// Which variant a line of the order is, remembered for its JOOR SKU.
pub fn link_item_of(about: &About, line: &str, variant: &str) -> Result<Ask, Failure> {
    may(about, &["seen", "held", "waiting", "ready", "skipped"], "have an item linked")?;
    let variant = number(variant, "ProductVariant", VariantId::from_number)?;
    Ok(Ask::order(about, "link_item", json!({ "line": named(line)?, "variant": variant.as_str() })))
}

pub async fn unlink_item(
    session: &Session,
    ledger: &Ledger,
    id: &str,
    line: &str,
    connection: Option<&str>,
) -> Outcome {
    let about = find(session, ledger, connection, id).await?;
    ask(session, ledger, unlink_item_of(&about, line)?).await
}

/// In every state of the order: the link counts for others too.
pub fn unlink_item_of(about: &About, line: &str) -> Result<Ask, Failure> {
    Ok(Ask::order(about, "unlink_item", json!({ "line": named(line)? })))
}

fn named(line: &str) -> Result<&str, Failure> {
    let line = line.trim();
    if line.is_empty() || line.chars().count() > NOTE_CHARS_MAX {
        let hint = "its SKU, UPC, style number or name, as the problem names it";
        return Err(Failure::new(exit::USAGE, "no line is named", hint));
    }
    Ok(line)
}

/// A Shopify id as people copy it: the number of the page's address, or the global id.
fn number<T>(text: &str, kind: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Failure> {
    let bare = text.trim().strip_prefix(&format!("gid://shopify/{kind}/")).unwrap_or(text);
    parse(bare).ok_or_else(|| {
        let hint = format!(
            "the number in the address of its page, or an id such as gid://shopify/{kind}/1234567890"
        );
        Failure::new(exit::USAGE, format!("{text:?} is no Shopify id of kind {kind}"), hint)
    })
}

pub async fn re_export(
    session: &Session,
    ledger: &Ledger,
    id: &str,
    give_up: bool,
    connection: Option<&str>,
) -> Outcome {
    let about = find(session, ledger, connection, id).await?;
    ask(session, ledger, re_export_of(&about, give_up)?).await
}

pub fn re_export_of(about: &About, give_up: bool) -> Result<Ask, Failure> {
    if give_up {
        if about.order.generation < 2 {
            let what = format!("order {} has no re-export that could be given up", about.order.id);
            let hint = format!("see `joor-shopify orders show {}`", about.order.id);
            return Err(Failure::new(exit::USAGE, what, hint));
        }
        may(about, &["seen", "held", "waiting", "ready", "skipped"], "give up its re-export")?;
        return Ok(Ask::order(about, "give_up", json!({})));
    }
    // Whether what was found is cancelled there is read when it is done.
    let states: &[&str] = match about.found_other {
        true => &["exported", "closed_by_hand", "held"],
        false => &["exported", "closed_by_hand"],
    };
    may(about, states, "be exported again")?;
    Ok(Ask::order(about, "re_export", json!({})))
}

pub async fn close(
    session: &Session,
    ledger: &Ledger,
    id: &str,
    note: &str,
    connection: Option<&str>,
) -> Outcome {
    let about = find(session, ledger, connection, id).await?;
    ask(session, ledger, close_of(&about, note)?).await
}

pub fn close_of(about: &About, note: &str) -> Result<Ask, Failure> {
    let note = note.trim();
    if note.is_empty() || note.chars().count() > NOTE_CHARS_MAX {
        let hint = format!("1 to {NOTE_CHARS_MAX} characters that say why");
        return Err(Failure::new(exit::USAGE, "the note is empty or too long", hint));
    }
    may(about, &["seen", "held", "waiting", "ready", "skipped", "exported"], "be closed by hand")?;
    Ok(Ask::order(about, "close", json!({ "note": note })))
}

pub async fn reopen(session: &Session, ledger: &Ledger, id: &str, connection: Option<&str>) -> Outcome {
    let about = find(session, ledger, connection, id).await?;
    ask(session, ledger, reopen_of(&about)?).await
}

pub fn reopen_of(about: &About) -> Result<Ask, Failure> {
    may(about, &["closed_by_hand"], "be reopened")?;
    Ok(Ask::order(about, "reopen", json!({})))
}

/// Does the order's state allow it? If not, says what the state is and what to do instead.
fn may(about: &About, states: &[&str], what: &str) -> Result<(), Failure> {
    let state = about.state();
    if states.contains(&state) {
        return Ok(());
    }
    let id = &about.order.id;
    let (is, hint) = match state {
        "exported" => {
            let names: Vec<&str> = about
                .parts
                .iter()
                .filter_map(|part| part.export.state.shop_order().map(|(_, name)| name))
                .collect();
            let hint = format!(
                "to export it once more, cancel it in Shopify and run `joor-shopify orders re-export {id}`"
            );
            (format!("exported as {}", names.join(", ")), hint)
        }
        "closed_by_hand" => {
            ("closed by hand".to_owned(), format!("take that back with `joor-shopify orders reopen {id}`"))
        }
        "sending" => ("being sent right now".to_owned(), "wait for the end of the cycle".to_owned()),
        "unconfirmed" => (
            "sent without a clear answer, and the program is looking for it in Shopify".to_owned(),
            format!(
                "wait, or search Shopify for the tag `JOOR {id}` and run `joor-shopify orders retry {id}` with \
                 --link-order NUMBER or --not-there"
            ),
        ),
        other => (other.to_owned(), format!("see `joor-shopify orders show {id}`")),
    };
    Err(Failure::new(exit::USAGE, format!("order {id} cannot {what}: it is {is}"), hint))
}

#[cfg(test)]
#[path = "act_tests.rs"]
mod tests;
