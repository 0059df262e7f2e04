//! The small judgements of a cycle, pure: what a first sight of an order means, what JOOR should hold about it, what of
//! an exported order changed. Nothing here reads or writes.

use adapters::ledger::records::{ExportRecord, OrderRecord};
use adapters::ports::OrderRow;
use domain::money::Money;
use domain::orders::export::State;
use domain::orders::order::{ExportState, Line, Order, OrderStatus};
use domain::orders::reexport::Track;
use domain::problem::{Problem, Severity, Told};
use domain::settings::ReportMode;
use domain::time::Moment;
use jiff::civil::Date;

/// What the first sight of an order means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstSight {
    /// Not this program's business: never approved, or approved and settled before the start.
    Ignore,
    /// To be checked.
    Open,
    /// Visible at once with this reason.
    Skipped(Problem),
    Held(Problem),
}

pub fn first_sight(order: &Order, start: Date) -> FirstSight {
    let before_start = order.approved.is_some_and(|day| day < start);
    match (&order.status, order.export_state) {
        (OrderStatus::Approved, Some(ExportState::Undefined | ExportState::Failed)) => FirstSight::Open,
        (OrderStatus::Approved | OrderStatus::Shipped, Some(ExportState::Success)) if before_start => FirstSight::Ignore,
        (OrderStatus::Approved | OrderStatus::Shipped, Some(ExportState::Success)) => {
            FirstSight::Skipped(Problem::DupSecondExporter { description: order.export_description.clone() })
        }
        (OrderStatus::Approved, None) => FirstSight::Held(Problem::SrcBadPayload {
            field: "export_status".to_owned(),
            expected: "UNDEFINED, FAILED or SUCCESS".to_owned(),
            found: "nothing that can be read".to_owned(),
        }),
        (OrderStatus::Shipped, _) if before_start => FirstSight::Ignore,
        (OrderStatus::Shipped, _) => {
            FirstSight::Skipped(Problem::OrdNotApproved { status: order.status.word().to_owned() })
        }
        (
            OrderStatus::InProgress
            | OrderStatus::Notes
            | OrderStatus::Pending
            | OrderStatus::Cancelled
            | OrderStatus::Unknown(_),
            _,
        ) => FirstSight::Ignore,
    }
}

/// The ledger's row for an order as just read; what only the ledger knows is kept from `old`.
pub fn record_of(row: &OrderRow, old: Option<&OrderRecord>, now: Moment) -> OrderRecord {
    let order = &row.order;
    let fresh = OrderRecord {
        id: order.id.clone(),
        head: row.raw.clone(),
        status: order.status.word().to_owned(),
        export_state: export_state_word(order.export_state).to_owned(),
        approved: order.approved,
        modified: order.modified,
        retailer: order.retailer.name.clone(),
        retailer_id: order.retailer.joor_id.clone(),
        po_number: order.po_number.clone(),
        linesheet: order.linesheet.name.clone(),
        ship_start: order.window_start,
        value: None,
        units: None,
        first_seen: now,
        last_seen: now,
        generation: 1,
        track: Track::default(),
        reported: None,
        report_in_flight: false,
        report_tries: 0,
        report_due: None,
        exported_content: None,
        export_anyway: false,
        prices_confirmed: false,
    };
    let Some(old) = old else { return fresh };
    OrderRecord {
        value: old.value,
        units: old.units,
        first_seen: old.first_seen,
        generation: old.generation,
        track: old.track.clone(),
        reported: old.reported.clone(),
        report_in_flight: old.report_in_flight,
        report_tries: old.report_tries,
        report_due: old.report_due,
        exported_content: old.exported_content.clone(),
        export_anyway: old.export_anyway,
        prices_confirmed: old.prices_confirmed,
        ..fresh
    }
}

/// A row for an order that could not be read.
pub fn record_of_broken(raw: &str, id: &domain::ids::JoorOrderId, old: Option<&OrderRecord>, now: Moment) -> OrderRecord {
    match old {
        Some(old) => OrderRecord { head: raw.to_owned(), last_seen: now, ..old.clone() },
        None => OrderRecord {
            id: id.clone(),
            head: raw.to_owned(),
            status: String::new(),
            export_state: String::new(),
            approved: None,
            modified: None,
            retailer: String::new(),
            retailer_id: String::new(),
            po_number: String::new(),
            linesheet: String::new(),
            ship_start: None,
            value: None,
            units: None,
            first_seen: now,
            last_seen: now,
            generation: 1,
            track: Track::default(),
            reported: None,
            report_in_flight: false,
            report_tries: 0,
            report_due: None,
            exported_content: None,
            export_anyway: false,
            prices_confirmed: false,
        },
    }
}

pub fn export_state_word(state: Option<ExportState>) -> &'static str {
    match state {
        Some(ExportState::Undefined) => "undefined",
        Some(ExportState::Failed) => "failed",
        Some(ExportState::Success) => "success",
        None => "",
    }
}

/// Does the fresh row say anything that the stored one does not? The time of reading alone is no news.
pub fn is_news(fresh: &OrderRecord, old: &OrderRecord) -> bool {
    let old = OrderRecord { last_seen: fresh.last_seen, ..old.clone() };
    *fresh != old
}

/// The readable content of an order, one fact a line: what an edit after export is compared with.
pub fn content(order: &Order, lines: &[Line]) -> String {
    let mut text: Vec<String> = Vec::new();
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            text.push(format!("{name}: {value}"));
        }
    };
    let plain = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
    fact("PO number", plain(&order.po_number));
    fact("ship window", format!("{} to {}", day(order.window_start), day(order.window_end)));
    fact("ship to", plain(&address_line(&order.ship_to)));
    fact("bill to", plain(&address_line(&order.bill_to)));
    fact("payment terms", plain(&order.payment_method.name));
    fact("shipping method", plain(&order.shipping_method.name));
    fact("shipping price", order.shipping_price.map(|p| p.normalize().to_string()).unwrap_or_default());
    fact("discount", discount_line(order));
    fact("comments", plain(&order.comments));
    let mut rows: Vec<String> = lines
        .iter()
        .filter(|line| line.is_live())
        .map(|line| {
            let price = line.unit_price().map(|p| p.normalize().to_string()).unwrap_or_else(|| "no price".to_owned());
            format!("line {}: {} × {} at {price}", line.id, line.quantity.normalize(), plain(&line.label()))
        })
        .collect();
    rows.sort();
    text.extend(rows);
    text.join("\n")
}

fn day(date: Option<Date>) -> String {
    date.map_or_else(|| "open".to_owned(), |date| date.to_string())
}

fn address_line(address: &domain::orders::order::Address) -> String {
    [
        &address.name,
        &address.company,
        &address.line_1,
        &address.line_2,
        &address.city,
        &address.region,
        &address.postcode,
        &address.country,
    ]
    .into_iter()
    .filter(|part| !part.is_empty())
    .map(String::as_str)
    .collect::<Vec<_>>()
    .join(", ")
}

fn discount_line(order: &Order) -> String {
    use domain::orders::order::DiscountPart;
    let parts = order.discount.parts.iter().map(|part| match part {
        DiscountPart::Percentage(percent) => format!("{} %", percent.normalize()),
        DiscountPart::Amount(amount) => amount.normalize().to_string(),
    });
    parts.collect::<Vec<_>>().join(" and ")
}

/// What changed between two contents, for people: at most 20 entries.
pub fn differences(before: &str, after: &str) -> Vec<String> {
    let old: std::collections::BTreeSet<&str> = before.lines().collect();
    let new: std::collections::BTreeSet<&str> = after.lines().collect();
    let gone = old.difference(&new).map(|line| format!("was {line}"));
    let come = new.difference(&old).map(|line| format!("now {line}"));
    gone.chain(come).take(20).collect()
}

/// What JOOR should hold about an order; `None`: nothing is to be written.
pub fn wanted_report(
    record: &OrderRecord,
    exports: &[ExportRecord],
    open: &[Told],
    mode: ReportMode,
) -> Option<(ExportState, String)> {
    let current: Vec<&ExportRecord> =
        exports.iter().filter(|row| row.export.key.generation.0 == record.generation).collect();
    let given_up = record.generation > 1
        && !current.is_empty()
        && current.iter().all(|row| row.export.state == State::ClosedByHand);
    let mut shown: Vec<&ExportRecord> = if given_up {
        exports.iter().filter(|row| row.export.key.generation.0 == record.generation - 1).collect()
    } else {
        current
    };
    // Parts that an edit made needless before they left.
    shown.retain(|row| row.export.key.part.0 == 1 || row.export.state != State::Skipped);
    let names: Vec<&str> = shown
        .iter()
        .filter_map(|row| match &row.export.state {
            State::Exported { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    match mode {
        ReportMode::None => None,
        ReportMode::All | ReportMode::SuccessOnly if !names.is_empty() && names.len() == shown.len() => {
            Some((ExportState::Success, format!("Shopify order {}", names.join(", "))))
        }
        ReportMode::SuccessOnly => None,
        ReportMode::All => {
            let held = shown.iter().any(|row| row.export.state == State::Held);
            let worst = open.iter().filter(|told| told.severity == Severity::Blocker).min_by_key(|told| told.code)?;
            held.then(|| (ExportState::Failed, domain::problem::joor_description(worst)))
        }
    }
}

/// Sum of the totals of an order's exported parts, if they are of one currency.
pub fn exported_total(exports: &[ExportRecord]) -> Option<Money> {
    let totals: Vec<Money> = exports.iter().filter_map(|row| row.total).collect();
    let first = totals.first()?;
    let same = totals.iter().all(|total| total.currency == first.currency);
    same.then(|| Money::new(totals.iter().map(|total| total.amount).sum(), first.currency))
}
