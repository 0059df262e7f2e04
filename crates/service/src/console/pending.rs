//! Before approval: what would become of orders that nobody has approved in JOOR yet. Nothing is stored or sent.

use super::Console;
use super::answers::{Answer, page};
use super::asking::{in_time, words};
use super::visit::Visit;
use super::words::{Places, amount};
use crate::cycle::{AllPending, PENDING_MAX, Pending};
use adapters::ledger::records::ConnectionRecord;
use axum::extract::{Extension, Query, State};
use console::Place;
use console::look::{Problem, State as Shown, day};
use console::pages::pending::{Pending as PendingPage, PendingOrder};
use domain::orders::order::{Order, OrderStatus};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    check: String,
}

pub async fn pending(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Query(asked): Query<Asked>,
) -> Answer {
    let connections = console.ledger().connections().await?;
    let asked = !asked.check.is_empty();
    let (mut failed, mut notes, mut orders) = (Vec::new(), Vec::new(), Vec::new());
    for connection in connections.iter().filter(|_| asked) {
        match in_time("Reading the orders", ask(&console, connection)).await {
            Ok(all) => {
                let places = Places::of(connection, console.house.trial, visit.role);
                if all.more {
                    notes.push(format!(
                        "JOOR holds more for {}; these are the {PENDING_MAX} newest.",
                        connection.name
                    ));
                }
                orders.extend(all.orders.iter().map(|one| shown(one, connection, &places)));
            }
            Err(words) => failed.push(format!("{}: {words}", connection.name)),
        }
    }
    page(&PendingPage {
        frame: console.frame(&visit, Place::Pending).await,
        asked,
        failed: (!failed.is_empty()).then(|| failed.join(" ")),
        orders,
        note: (!notes.is_empty()).then(|| notes.join(" ")),
    })
}

async fn ask(console: &Console, connection: &ConnectionRecord) -> Result<AllPending, String> {
    let mut worker = console.house.worker(connection).await.map_err(|error| error.to_string())?;
    worker.dry = true;
    worker.preview_pending(connection.clone()).await.map_err(|stop| words(&stop))
}

fn shown(one: &Pending, connection: &ConnectionRecord, places: &Places) -> PendingOrder {
    let id = &one.previewed.order;
    let is_there = !one.exported_as.is_empty();
    let order = one.order.as_ref();
    PendingOrder {
        id: id.to_string(),
        connection: connection.name.clone(),
        joor: places.joor_order(id).map(|link| link.href),
        retailer: order.map(|order| order.retailer.name.clone()).unwrap_or_default(),
        ships: order.map(ships).unwrap_or_default(),
        total: one.value.as_ref().map(amount),
        state: Shown::of(if is_there { "exported" } else { one.previewed.state }),
        words: what_becomes(one, connection),
        problems: match is_there {
            true => Vec::new(),
            // Nothing is linked by way of an order that the ledger does not know.
            false => {
                let shown = |told| Problem {
                    links: places.fixes(told, Some(id)),
                    ..places.problem(told, Some(id), None)
                };
                one.previewed.told.iter().map(shown).collect()
            }
        },
    }
}

fn ships(order: &Order) -> String {
    match (order.window_start, order.window_end) {
        (Some(from), Some(to)) => format!("{} to {}", day(from), day(to)),
        (Some(one), None) | (None, Some(one)) => day(one),
        (None, None) => String::new(),
    }
}

/// Where the order is now, and what its approval would lead to.
fn what_becomes(one: &Pending, connection: &ConnectionRecord) -> String {
    let now = match one.order.as_ref().map(|order| &order.status) {
        Some(OrderStatus::Pending) => "Waits for approval in JOOR.",
        Some(OrderStatus::Notes) => "A note in JOOR, not yet handed in.",
        Some(OrderStatus::InProgress) => "Still being written in JOOR.",
        Some(
            OrderStatus::Approved | OrderStatus::Shipped | OrderStatus::Cancelled | OrderStatus::Unknown(_),
        )
        | None => "",
    };
    if !one.exported_as.is_empty() {
        let there = one.exported_as.join(", ");
        return format!(
            "{now} It is in Shopify already as {there}, from an earlier approval. What another approval does is the \
             setting `orders.after_reapproval`."
        );
    }
    let then = match one.previewed.state {
        "ready" if one.contested => {
            "Alone it would be sent; together with the other orders on this page there is not enough for all."
        }
        "ready" if connection.live_since.is_none() => {
            "If it were approved now, it would be ready. Nothing is sent before the connection is live."
        }
        "ready" if one.previewed.creates_customer => {
            "If it were approved now, its customer would be created and it would be sent."
        }
        "ready" => "If it were approved now, it would be sent.",
        "skipped" => "If it were approved now, it would be left out on purpose.",
        _ => "If it were approved now, it would be held.",
    };
    format!("{now} {then}").trim().to_owned()
}
