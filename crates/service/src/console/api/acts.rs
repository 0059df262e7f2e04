//! What a program asks for of an order. It becomes the same command that the command line and the pages write; the next
//! cycle applies it, and the command's own address tells what became of it.

use super::answers::{Refused, Told};
use super::given::{At, Given};
use crate::cli::{RetryArgs, exit};
use crate::commands::Failure;
use crate::commands::act::{
    About, Ask, close_of, link_item_of, note, re_export_of, reopen_of, replace_of, retry_of, unlink_item_of,
};
use crate::console::Console;
use crate::console::order::find;
use crate::console::visit::Visit;
use crate::cycle::cancelling::earlier_orders;
use adapters::ledger::ExportQuery;
use adapters::ledger::records::ExportRecord;
use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Something that was noted, and is applied by the next cycle.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Noted {
    /// Its number; null: there was nothing to do.
    pub command: Option<i64>,
    pub connection: String,
    pub verb: String,
    /// true: it is in force already.
    pub applied: bool,
    /// Where its outcome is told.
    pub outcome: Option<String>,
}

/// Writes the command down.
pub async fn noted(console: &Console, visit: &Visit, ask: &Ask) -> Told {
    let id = note(console.ledger(), ask, &visit.name, console.now()).await?;
    let outcome = format!("/api/v1/commands/{id}");
    let told = Noted {
        command: Some(id),
        connection: ask.of_connection().to_owned(),
        verb: ask.verb().to_owned(),
        applied: false,
        outcome: Some(outcome.clone()),
    };
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, outcome)], Json(told)).into_response())
}

/// An order with everything that a verb decides by.
pub struct Case {
    about: About,
    /// Of all generations.
    exports: Vec<ExportRecord>,
    given: Given,
}

/// What a verb comes to: a command, or why not.
pub type Verb = fn(&Case) -> Result<Ask, Refused>;

pub async fn act(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    At((connection, order)): At<(String, String)>,
    given: Given,
    verb: Verb,
) -> Told {
    let about = find(&console, &connection, &order).await?;
    let query = ExportQuery { order: Some(about.order.id.clone()), ..ExportQuery::default() };
    let exports = console.ledger().exports(&connection, &query).await?;
    let ask = verb(&Case { about, exports, given })?;
    noted(&console, &visit, &ask).await
}

/// No body is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retry {
    /// Export it although it was approved before or on the start day.
    export_anyway: bool,
    /// The prices that look like stand-ins are meant.
    confirm_prices: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkCustomer {
    /// Number or id of the Shopify customer.
    customer: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkOrder {
    /// Number or id of the Shopify order, not its name.
    shop_order: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkItem {
    /// The line of the order: its SKU, UPC, style number or name, as the problem names it.
    line: String,
    /// Number or id of the Shopify variant.
    variant: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnlinkItem {
    /// The line of the order: its SKU, UPC, style number or name.
    line: String,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReExport {
    /// Cancel the earlier Shopify order first, its fulfilments before it. This cannot be undone; `re-export/preview` says
    /// beforehand what it would do. Without it, somebody has to cancel it in Shopify.
    cancel_previous: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// Why; kept with the order.
    note: String,
}

fn plain(case: &Case) -> RetryArgs {
    RetryArgs { id: case.about.order.id.to_string(), ..RetryArgs::default() }
}

pub fn retry(case: &Case) -> Result<Ask, Refused> {
    let Retry { export_anyway, confirm_prices } = case.given.read()?;
    Ok(retry_of(&case.about, &RetryArgs { export_anyway, confirm_prices, ..plain(case) })?)
}

pub fn link_customer(case: &Case) -> Result<Ask, Refused> {
    let given: LinkCustomer = case.given.read()?;
    Ok(retry_of(&case.about, &RetryArgs { link_customer: Some(given.customer), ..plain(case) })?)
}

pub fn link_order(case: &Case) -> Result<Ask, Refused> {
    let given: LinkOrder = case.given.read()?;
    Ok(retry_of(&case.about, &RetryArgs { link_order: Some(given.shop_order), ..plain(case) })?)
}

pub fn link_item(case: &Case) -> Result<Ask, Refused> {
    let given: LinkItem = case.given.read()?;
    Ok(link_item_of(&case.about, &given.line, &given.variant)?)
}

pub fn unlink_item(case: &Case) -> Result<Ask, Refused> {
    let given: UnlinkItem = case.given.read()?;
    Ok(unlink_item_of(&case.about, &given.line)?)
}

pub fn not_there(case: &Case) -> Result<Ask, Refused> {
    case.given.read::<Nothing>()?;
    Ok(retry_of(&case.about, &RetryArgs { not_there: true, ..plain(case) })?)
}

pub fn re_export(case: &Case) -> Result<Ask, Refused> {
    let given: ReExport = case.given.read()?;
    if !given.cancel_previous {
        return Ok(re_export_of(&case.about, false)?);
    }
    let id = &case.about.order.id;
    earlier_orders(&case.about.order, &case.exports).map_err(|none| {
        Failure::new(exit::USAGE, none.words(id), format!("see `joor-shopify orders show {id}`"))
    })?;
    Ok(replace_of(&case.about))
}

pub fn give_up(case: &Case) -> Result<Ask, Refused> {
    case.given.read::<Nothing>()?;
    Ok(re_export_of(&case.about, true)?)
}

pub fn close(case: &Case) -> Result<Ask, Refused> {
    let given: Close = case.given.read()?;
    Ok(close_of(&case.about, &given.note)?)
}

pub fn reopen(case: &Case) -> Result<Ask, Refused> {
    case.given.read::<Nothing>()?;
    Ok(reopen_of(&case.about)?)
}
