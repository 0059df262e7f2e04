//! From our words to JOOR's: parameters of lists and the body of a report. Nothing is sent here.

use super::read;
use super::wire::{Envelope, Object, Value};
use crate::ports::{OrderFilter, Report, Reported};
use domain::ids::JoorOrderId;
use domain::orders::order::{ExportState, OrderStatus};

/// JOOR cuts or refuses longer descriptions [D].
const DESCRIPTION_CHARS_MAX: usize = 255;

pub fn status_word(status: &OrderStatus) -> &str {
    match status {
        OrderStatus::InProgress => "IN_PROGRESS",
        OrderStatus::Notes => "NOTES",
        OrderStatus::Pending => "PENDING",
        OrderStatus::Approved => "APPROVED",
        OrderStatus::Shipped => "SHIPPED",
        OrderStatus::Cancelled => "CANCELLED",
        OrderStatus::Unknown(word) => word,
    }
}

pub fn export_word(state: ExportState) -> &'static str {
    match state {
        ExportState::Undefined => "UNDEFINED",
        ExportState::Failed => "FAILED",
        ExportState::Success => "SUCCESS",
    }
}

/// The parameters of `GET /v4/orders` [O].
pub fn filter(filter: &OrderFilter) -> Vec<(&'static str, String)> {
    let status = filter.status.as_ref().map(|status| ("status", status_word(status).to_owned()));
    let export = filter.export_state.map(|state| ("export_status", export_word(state).to_owned()));
    let dates = [
        ("date_approved_start", filter.approved_from),
        ("date_approved_end", filter.approved_to),
        ("last_modified", filter.modified_since),
    ];
    let dates = dates.into_iter().filter_map(|(name, date)| Some((name, date?.to_string())));
    status.into_iter().chain(export).chain(dates).collect()
}

pub fn in_status(status: &OrderStatus) -> Vec<(&'static str, String)> {
    filter(&OrderFilter { status: Some(status.clone()), ..OrderFilter::default() })
}

/// The parameters of `GET /v4/orders` for the newest orders in a status [O].
pub fn newest(status: &OrderStatus) -> Vec<(&'static str, String)> {
    let mut query = in_status(status);
    // The names of the fields that sort are written down nowhere; this is what the row calls it [I].
    query.extend([("sort_by", "date_created".to_owned()), ("sort_order", "DESCENDING".to_owned())]);
    query
}

#[derive(serde::Serialize)]
struct Update<'a> {
    id: &'a str,
    status: &'a str,
    export_status: &'static str,
    export_description: String,
}

/// The body of `POST /v4/orders/bulk_update` [O]: an array even for one order.
pub fn reports(reports: &[Report]) -> Vec<u8> {
    let updates: Vec<Update<'_>> = reports
        .iter()
        .map(|report| Update {
            id: report.order.as_str(),
            status: status_word(&report.status),
            export_status: export_word(report.export_state),
            export_description: report.description.chars().take(DESCRIPTION_CHARS_MAX).collect(),
        })
        .collect();
    serde_json::to_vec(&updates).expect("texts always become JSON")
}

/// What the answer proves of each report. An error that names an order refuses it; a row that echoes what was asked
/// for acknowledges it; everything else stays unclear.
pub fn reported(sent: &[Report], envelope: &Envelope<'_>) -> Reported {
    let mut all = Reported::default();
    for error in &envelope.errors {
        let named = error.order().and_then(|id| sent.iter().find(|report| report.order.as_str() == id));
        // With one report there is only one order that an error without a name can be about.
        let about = named.or(if error.order().is_none() && sent.len() == 1 { sent.first() } else { None });
        match about {
            Some(report) => {
                all.refused.entry(report.order.clone()).or_insert_with(|| error.words());
            }
            None => {
                tracing::warn!(joor.error = %error.status, "JOOR answered a report with an error that names no order of it")
            }
        }
    }
    for row in &envelope.data {
        if let Some(id) = acknowledged(sent, *row)
            && !all.refused.contains_key(&id)
        {
            all.acknowledged.insert(id);
        }
    }
    all
}

fn acknowledged(sent: &[Report], row: Value<'_>) -> Option<JoorOrderId> {
    let Ok(object) = Object::row(row) else {
        let id = row.text()?;
        return sent.iter().find(|report| report.order.as_str() == id).map(|report| report.order.clone());
    };
    let id = object.text("id").ok()?;
    let report = sent.iter().find(|report| report.order.as_str() == id)?;
    // Where the row echoes the export state, it must be the one that was written.
    let echo = object.text("export_status").ok().and_then(|text| read::export_state(&text));
    (echo.is_none() || echo == Some(report.export_state)).then(|| report.order.clone())
}
