//! Problems as a list, and another check of everything that waits on one.

use super::answers::{Refused, Told, json};
use super::given::{Asked, At, Given, Reading};
use crate::commands::act::{note, retry_cause_of};
use crate::console::Console;
use crate::console::visit::Visit;
use crate::cycle::CAUSE_ORDERS_MAX;
use crate::show::order::{needs_person, problem_shape};
use crate::show::shapes::ProblemShape;
use adapters::ledger::ProblemQuery;
use adapters::ledger::records::ProblemRecord;
use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1_000;
const PAGES_MAX: u32 = 2_000;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProblemList {
    pub problems: Vec<ProblemShape>,
    /// Problems on all pages together.
    pub total: usize,
    /// Of them, those that are open and wait for somebody.
    pub need_somebody: usize,
    pub page: u32,
    /// null: this is the last page.
    pub next_page: Option<u32>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Only of this connection.
    connection: Option<String>,
    /// Only of this JOOR order.
    joor_order: Option<String>,
    /// Only of this code, such as STOCK_SHORT.
    code: Option<String>,
    /// true: solved ones too.
    all: Option<String>,
    /// At most this many on a page, up to 1000; 100 by default.
    limit: Option<String>,
    /// From 1.
    page: Option<String>,
}

/// What was noted for the orders of one problem.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Retried {
    /// Orders that are checked again.
    pub orders: Vec<String>,
    /// The command that does it; /api/v1/commands/NUMBER tells what became of it.
    pub command: i64,
}

pub async fn list(State(console): State<Arc<Console>>, Asked(asked): Asked<Wanted>) -> Told {
    let mut reading = Reading::default();
    let limit = reading.number("limit", asked.limit.as_deref(), LIMIT, (1, LIMIT_MAX));
    let page = reading.number("page", asked.page.as_deref(), 1, (1, PAGES_MAX));
    let code = known_code(&mut reading, asked.code.as_deref());
    let open_only = match asked.all.as_deref() {
        None | Some("false") => true,
        Some("true") => false,
        Some(other) => {
            reading.refuse("all", other, "true or false");
            true
        }
    };
    reading.finish()?;
    let ledger = console.ledger();
    let mut found: Vec<(String, ProblemRecord)> = Vec::new();
    for connection in ledger.connections().await? {
        let name = connection.name;
        if asked.connection.as_ref().is_some_and(|wanted| *wanted != name) {
            continue;
        }
        let order = asked.joor_order.as_deref().map(domain::ids::JoorOrderId::new);
        let own = ledger.problems(&name, &ProblemQuery { order, open_only }).await?;
        found.extend(own.into_iter().map(|one| (name.clone(), one)));
    }
    found.retain(|(_, one)| code.as_ref().is_none_or(|code| one.told.code == *code));
    found.sort_by_key(|(_, one)| (std::cmp::Reverse(one.told.severity), one.opened, one.id));
    let first = (page as usize - 1).saturating_mul(limit as usize);
    let shown: Vec<ProblemShape> = found
        .iter()
        .skip(first)
        .take(limit as usize)
        .map(|(connection, one)| problem_shape(connection, one))
        .collect();
    json(&ProblemList {
        next_page: (first + shown.len() < found.len() && page < PAGES_MAX).then_some(page + 1),
        total: found.len(),
        need_somebody: found.iter().filter(|(_, one)| needs_person(one)).count(),
        problems: shown,
        page,
    })
}

fn known_code(reading: &mut Reading, code: Option<&str>) -> Option<String> {
    let code = code?.to_uppercase();
    if !Problem::CODES.contains(&code.as_str()) {
        reading.refuse("code", &code, "a code of the reference of problems, such as STOCK_SHORT");
    }
    Some(code)
}

pub async fn retry_all(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    At((connection, code)): At<(String, String)>,
    given: Given,
) -> Told {
    given.read::<super::acts::Nothing>()?;
    super::connections::find(&console, &connection).await?;
    let (ledger, code) = (console.ledger(), code.to_uppercase());
    let waiting = ledger.orders_of_cause(&connection, &code, CAUSE_ORDERS_MAX).await?;
    let orders: Vec<String> = waiting.iter().map(ToString::to_string).collect();
    if orders.is_empty() {
        let error = format!("no order of {connection} waits on {code}");
        return Err(Refused::not_found(error, "see /api/v1/problems"));
    }
    let command = note(ledger, &retry_cause_of(&connection, &code), &visit.name, console.now()).await?;
    Ok((StatusCode::ACCEPTED, Json(Retried { orders, command })).into_response())
}
