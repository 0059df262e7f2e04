//! The proof as a file: one row a difference, then one for every order in which nothing differs.

use super::{Asked, chosen, fix};
use crate::console::Console;
use crate::console::answers::{Answer, No};
use crate::console::asking::in_time;
use crate::cycle::proving::Proved;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use domain::ids::JoorOrderId;
use domain::orders::order::ExportState;
use domain::orders::proof::{Difference, Entry};
use std::sync::Arc;

/// Tells spreadsheets that the text is UTF-8.
const MARK: &str = "\u{feff}";
const HEAD: [&str; 15] = [
    "Connection",
    "JOOR order",
    "Retailer",
    "Approved",
    "In JOOR",
    "Here",
    "Value",
    "Currency",
    "Units",
    "In Shopify",
    "Total in Shopify",
    "Difference",
    "Code",
    "What differs",
    "What to do",
];

pub async fn csv(State(console): State<Arc<Console>>, Query(asked): Query<Asked>) -> Answer {
    let connections = console.ledger().connections().await?;
    let period = asked.period(console.now().day()).map_err(No::Refused)?;
    let chosen = chosen(&connections, &asked);
    if chosen.is_empty() {
        return Err(No::NotFound("There is no such connection.".to_owned()));
    }
    let mut rows = vec![HEAD.map(str::to_owned)];
    for connection in chosen {
        let proved = in_time("Comparing", console.proved(connection, period)).await;
        let proved = proved.map_err(|words| No::Failed(format!("{}: {words}", connection.name)))?;
        rows.extend(rows_of(&connection.name, &proved));
    }
    let text = written(&rows).map_err(|error| No::Failed(error.to_string()))?;
    let name = format!("attachment; filename=\"proof-{}-to-{}.csv\"", period.0, period.1);
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, text).into_response())
}

fn written(rows: &[[String; 15]]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(MARK.into());
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell)))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A spreadsheet runs what begins like a formula; behind an apostrophe it is a text.
fn harmless(cell: &str) -> String {
    let begins = cell.starts_with(['\t', '\r', '\n']) || cell.trim_start().starts_with(['=', '+', '-', '@']);
    if begins { format!("'{cell}") } else { cell.to_owned() }
}

fn rows_of(connection: &str, proved: &Proved) -> Vec<[String; 15]> {
    let differences = &proved.proof.differences;
    let entry = |id: &JoorOrderId| proved.entries.iter().find(|entry| entry.order == *id);
    let mut rows: Vec<[String; 15]> = differences
        .iter()
        .filter_map(|(id, _, difference)| Some(row(connection, entry(id)?, Some(difference))))
        .collect();
    let differing: std::collections::BTreeSet<_> = differences.iter().map(|(id, ..)| id).collect();
    let same = proved.entries.iter().filter(|entry| !differing.contains(&entry.order));
    rows.extend(same.map(|entry| row(connection, entry, None)));
    rows
}

fn row(connection: &str, entry: &Entry, difference: Option<&Difference>) -> [String; 15] {
    let joor = entry.joor.as_ref().map(|joor| match joor.export_state {
        None => joor.status.word().to_owned(),
        Some(ExportState::Undefined) => format!("{}, not exported", joor.status.word()),
        Some(ExportState::Failed) => format!("{}, export failed", joor.status.word()),
        Some(ExportState::Success) => format!("{}, exported", joor.status.word()),
    });
    let counted = entry.ledger.as_ref().map(|ledger| ledger.counted);
    let value = counted.and_then(|counted| counted.value);
    let standing = || entry.shop.iter().filter(|order| !order.cancelled);
    let totals = standing().filter_map(|order| order.total.map(|total| total.to_string()));
    [
        connection.to_owned(),
        entry.order.to_string(),
        entry.retailer.clone(),
        entry.approved.map(|day| day.to_string()).unwrap_or_default(),
        joor.unwrap_or_default(),
        counted.map(|counted| counted.state.replace('_', " ")).unwrap_or_default(),
        value.map(|value| value.currency.text(value.amount)).unwrap_or_default(),
        value.map(|value| value.currency.code().to_owned()).unwrap_or_default(),
        counted.and_then(|counted| counted.units).map(|units| units.to_string()).unwrap_or_default(),
        standing().map(|order| order.name.clone()).collect::<Vec<_>>().join(" "),
        totals.collect::<Vec<_>>().join(" + "),
        difference.map(|difference| difference.word().replace('_', " ")).unwrap_or_default(),
        difference.and_then(Difference::code).unwrap_or_default().to_owned(),
        difference.map(Difference::sentence).unwrap_or_default(),
        difference.map(fix).unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for begins in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r1"] {
            assert_eq!(harmless(begins), format!("'{begins}"));
        }
        assert_eq!(harmless("Harbour & Pine = two"), "Harbour & Pine = two");
        let mut row = HEAD.map(str::to_owned);
        row[2] = "=HYPERLINK(\"https://evil.example\", \"A, B\")".to_owned();
        let text = String::from_utf8(written(&[row]).unwrap()).unwrap();
        assert!(text.starts_with("\u{feff}Connection,JOOR order,"), "{text}");
        assert!(text.contains(",\"'=HYPERLINK(\"\"https://evil.example\"\", \"\"A, B\"\")\","), "{text}");
        assert!(text.ends_with("What to do\r\n"), "{text}");
    }
}
