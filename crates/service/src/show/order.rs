//! Orders and problems as people read them: a line in a list, the whole story of one order. Words only; what is read
//! from where stands in the commands.

use super::shapes::{EventShape, ExportShape, OrderShape, ProblemShape, StoryShape, ToldShape, value_of};
use super::tables::{table, wide_table};
use super::{cell, clean};
use crate::cycle::judge::shown_generation;
use adapters::ledger::records::{
    Command, EventRecord, ExportRecord, FollowUp, FollowUpKind, OrderRecord, ProblemRecord,
};
use adapters::ledger::{ListedOrder, order_state};
use domain::orders::export::State;
use domain::orders::order::{ExportState, OrderStatus};
use domain::problem::{Severity, Told, Who};
use serde_json::Value;

/// An order with its exports of all generations and its open problems.
#[derive(Clone, Debug)]
pub struct Row {
    pub connection: String,
    pub order: OrderRecord,
    pub exports: Vec<ExportRecord>,
    pub problems: Vec<Told>,
}

/// An order for which no export can be opened, since its number can stand in no custom id, is held; else it was just seen.
pub fn state_without_export(mut open: impl Iterator<Item = &'static str>) -> &'static str {
    if open.any(|code| code == "SRC_BAD_PAYLOAD") { "held" } else { "seen" }
}

/// The same for an order of a list.
pub fn state_of(order: &ListedOrder) -> &'static str {
    order.state.unwrap_or_else(|| state_without_export(order.open.iter().map(|(code, _)| *code)))
}

impl Row {
    pub fn new(
        connection: &str,
        order: OrderRecord,
        exports: Vec<ExportRecord>,
        mut problems: Vec<Told>,
    ) -> Row {
        problems.sort_by(|one, other| other.severity.cmp(&one.severity).then(one.code.cmp(other.code)));
        Row { connection: connection.to_owned(), order, exports, problems }
    }

    /// The parts of the current generation, or of the one that counts since that one was given up.
    pub fn parts(&self) -> impl Iterator<Item = &ExportRecord> {
        let shown = shown_generation(&self.order, &self.exports);
        self.exports.iter().filter(move |export| export.export.key.generation.0 == shown)
    }

    /// The word of the least finished part.
    pub fn state(&self) -> &'static str {
        let without = || state_without_export(self.problems.iter().map(|told| told.code));
        order_state(self.parts().map(|part| &part.export.state)).unwrap_or_else(without)
    }

    /// Names of the Shopify orders of the current generation, such as `#1001`.
    pub fn shop_orders(&self) -> Vec<&str> {
        self.parts().filter_map(|part| exported(&part.export.state).map(|(_, name)| name)).collect()
    }

    pub fn total(&self) -> Option<String> {
        let mut totals = self.parts().filter_map(|part| part.total);
        let first = totals.next()?;
        let sum =
            totals.fold(first, |sum, next| domain::money::Money::new(sum.amount + next.amount, sum.currency));
        Some(sum.to_string())
    }

    fn value(&self) -> String {
        self.order.value.map(|value| value.to_string()).or_else(|| self.total()).unwrap_or_default()
    }

    fn codes(&self) -> Vec<&'static str> {
        self.problems.iter().map(|told| told.code).collect()
    }

    pub fn json(&self) -> Value {
        value_of(&self.shape())
    }

    pub fn shape(&self) -> OrderShape {
        let texts = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
        OrderShape {
            connection: self.connection.clone(),
            joor_order: self.order.id.to_string(),
            state: self.state().to_owned(),
            problems: texts(self.codes()),
            shopify_order: self.shop_orders().first().map(|name| (*name).to_owned()),
            shopify_orders: texts(self.shop_orders()),
            total: self.total(),
            value: self.order.value.map(|value| value.to_string()),
            retailer: self.order.retailer.clone(),
            po_number: self.order.po_number.clone(),
            approved: self.order.approved.map(|day| day.to_string()),
            generation: self.order.generation,
        }
    }
}

fn exported(state: &State) -> Option<(&str, &str)> {
    state.shop_order().map(|(order, name)| (order.as_str(), name))
}

/// The state as people say it.
pub fn state_words(word: &str) -> String {
    word.replace('_', " ")
}

/// The list of orders.
pub fn table_of(rows: &[Row], with_connection: bool) -> String {
    let mut columns = vec!["Order", "State", "Approved", "Retailer", ">Value", "Shopify", "Problems"];
    if with_connection {
        columns.insert(0, "Connection");
    }
    let lines = rows.iter().map(|row| {
        let mut line = vec![
            row.order.id.to_string(),
            state_words(row.state()),
            row.order.approved.map(|day| day.to_string()).unwrap_or_default(),
            cell(&row.order.retailer),
            row.value(),
            row.shop_orders().join(", "),
            row.codes().join(", "),
        ];
        if with_connection {
            line.insert(0, row.connection.clone());
        }
        line
    });
    table(&columns, lines)
}

/// Everything about one order.
#[derive(Clone, Debug)]
pub struct Story {
    pub row: Row,
    pub events: Vec<EventRecord>,
    pub follow_ups: Vec<FollowUp>,
    /// Asked for and not applied yet.
    pub commands: Vec<Command>,
    /// The order's page in JOOR; empty: unknown.
    pub page: String,
    /// JOOR's own text of what could not be read.
    pub unreadable: Option<String>,
}

impl Story {
    pub fn text(&self) -> String {
        let order = &self.row.order;
        let mut out = format!("Order {}: {}\n", order.id, state_words(self.row.state()));
        let mut fact = |name: &str, value: String| {
            if !value.is_empty() {
                out.push_str(&format!("  {name:<17} {}\n", clean(&value)));
            }
        };
        let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
        fact("Retailer", order.retailer.clone());
        fact("PO number", order.po_number.clone());
        fact("Linesheet", order.linesheet.clone());
        fact("Value", self.row.value());
        fact("Units", order.units.map(|units| units.to_string()).unwrap_or_default());
        fact("Approved", day(order.approved));
        fact("Approved again", approved_again(order).unwrap_or_default());
        fact("Ship window from", day(order.ship_start));
        fact("In JOOR", joor_words(order));
        fact("Reported to JOOR", reported_words(order));
        fact("JOOR page", self.page.clone());
        fact("Connection", self.row.connection.clone());
        out.push_str(&self.problems_text());
        if let Some(text) = &self.unreadable {
            out.push_str(&format!("\nWhat JOOR sent\n  {}\n", clean(text)));
        }
        out.push_str(&self.exports_text());
        out.push_str(&self.open_text());
        out.push_str(&self.events_text());
        out
    }

    fn problems_text(&self) -> String {
        let mut out = String::new();
        for told in &self.row.problems {
            out.push_str(&format!(
                "\n{} ({})\n  {}\n",
                told.code,
                told.severity.word(),
                clean(&told.sentence)
            ));
            out.push_str(&format!("  hint: {}\n", clean(&told.resolution)));
            if told.who != Who::Nobody {
                out.push_str(&format!("  whose move: {}\n", told.who.word()));
            }
        }
        out
    }

    fn exports_text(&self) -> String {
        if self.row.exports.is_empty() {
            return String::new();
        }
        let rows = self.row.exports.iter().map(|record| {
            let export = &record.export;
            let (_, name) = exported(&export.state).unwrap_or_default();
            let cancelled = if record.cancelled { " (cancelled)" } else { "" };
            vec![
                export.key.generation.0.to_string(),
                export.key.part.0.to_string(),
                state_words(export.state.word()),
                format!("{name}{cancelled}"),
                record.total.map(|total| total.to_string()).unwrap_or_default(),
                export.attempts.to_string(),
                export.token.to_string(),
            ]
        });
        let columns = ["Export", "Part", "State", "Shopify", ">Total", ">Requests", "Token"];
        format!("\nExports\n{}\n", table(&columns, rows))
    }

    fn open_text(&self) -> String {
        let mut out = String::new();
        for follow_up in &self.follow_ups {
            let what = follow_up_words(follow_up.kind);
            out.push_str(&format!(
                "\nStill to do: {what}, tried {} times, next at {}\n",
                follow_up.tries, follow_up.due
            ));
        }
        for command in &self.commands {
            let verb = command.verb.replace('_', " ");
            out.push_str(&format!(
                "\nAsked for: {verb} by {} at {}; the next cycle applies it\n",
                clean(&command.by),
                command.at
            ));
        }
        out
    }

    fn events_text(&self) -> String {
        if self.events.is_empty() {
            return String::new();
        }
        let rows = self.events.iter().map(|event| {
            vec![
                event.at.to_string(),
                format!("{}/{}", event.key.generation.0, event.key.part.0),
                state_words(&event.word),
                state_words(&event.state),
                event.detail.clone(),
            ]
        });
        format!("\nHistory\n{}\n", table(&["When", "Export", "What", "State", "Detail"], rows))
    }

    pub fn json(&self) -> Value {
        value_of(&self.shape())
    }

    pub fn shape(&self) -> StoryShape {
        StoryShape {
            order: self.row.shape(),
            details: self.row.problems.iter().map(told_shape).collect(),
            exports: self.row.exports.iter().map(export_shape).collect(),
            events: self.events.iter().map(event_shape).collect(),
            follow_ups: self.follow_ups.iter().map(|one| follow_up_words(one.kind).to_owned()).collect(),
            commands: self.commands.iter().map(|command| command.verb.clone()).collect(),
            approved_again: approved_again(&self.row.order).is_some(),
            joor_status: self.row.order.status.clone(),
            joor_export_state: self.row.order.export_state.clone(),
            unreadable: self.unreadable.clone(),
        }
    }
}

fn told_shape(told: &Told) -> ToldShape {
    ToldShape {
        code: told.code.to_owned(),
        severity: told.severity.word().to_owned(),
        who: told.who.word().to_owned(),
        sentence: told.sentence.clone(),
        resolution: told.resolution.clone(),
    }
}

fn export_shape(record: &ExportRecord) -> ExportShape {
    let export = &record.export;
    let found = exported(&export.state);
    ExportShape {
        generation: export.key.generation.0,
        part: export.key.part.0,
        state: export.state.word().to_owned(),
        token: export.token.to_string(),
        requests: export.attempts,
        shopify_id: found.map(|(id, _)| id.to_owned()),
        shopify_order: found.map(|(_, name)| name.to_owned()),
        cancelled: record.cancelled,
        total: record.total.map(|total| total.to_string()),
    }
}

fn event_shape(event: &EventRecord) -> EventShape {
    EventShape {
        at: event.at.to_string(),
        generation: event.key.generation.0,
        part: event.key.part.0,
        event: event.word.clone(),
        state: event.state.clone(),
        detail: event.detail.clone(),
    }
}

fn joor_words(order: &OrderRecord) -> String {
    let state = if order.export_state.is_empty() { "unreadable" } else { &order.export_state };
    format!("{}, export state {state}, last read {}", order.status, order.last_seen)
}

/// What became of another approval after the export; `None` if there was none.
pub fn approved_again(order: &OrderRecord) -> Option<String> {
    let approved = order.status == OrderStatus::Approved.word();
    let again = order.exported_content.is_some() && order.track.is_approved_again(order.approved);
    (approved && again).then(|| "in JOOR since the export; approving again exports nothing".to_owned())
}

fn reported_words(order: &OrderRecord) -> String {
    match &order.reported {
        None => String::new(),
        Some((ExportState::Success, words)) => format!("success: {words}"),
        Some((ExportState::Failed, words)) => format!("failed: {words}"),
        Some((ExportState::Undefined, words)) => format!("undefined: {words}"),
    }
}

pub fn follow_up_words(kind: FollowUpKind) -> &'static str {
    match kind {
        FollowUpKind::ReadBack => "compare the Shopify order with what was sent",
        FollowUpKind::MoveToLocation => "assign the order to its location",
        FollowUpKind::RestoreAddress => "put the customer's default address back",
        FollowUpKind::CancelEarlier => "cancel the earlier Shopify order",
        FollowUpKind::SeeCancelled => "see that Shopify cancelled the earlier order",
    }
}

/// Open, and worse than something to take note of.
pub fn needs_person(problem: &ProblemRecord) -> bool {
    problem.closed.is_none() && problem.told.severity >= Severity::Partial
}

pub fn problem_table(problems: &[(String, ProblemRecord)], with_connection: bool) -> String {
    let mut columns = vec!["Since", "Severity", "Order", "Problem", "What to do"];
    if with_connection {
        columns.insert(0, "Connection");
    }
    let rows = problems.iter().map(|(connection, problem)| {
        let told = &problem.told;
        let solved = problem.closed.map(|at| format!(" (solved {at})")).unwrap_or_default();
        let mut row = vec![
            problem.opened.to_string(),
            told.severity.word().to_owned(),
            problem.order.as_ref().map(ToString::to_string).unwrap_or_else(|| "connection".to_owned()),
            format!("{}{solved}: {}", told.code, told.sentence),
            told.resolution.clone(),
        ];
        if with_connection {
            row.insert(0, connection.clone());
        }
        row
    });
    wide_table(&columns, rows)
}

pub fn problem_json(connection: &str, problem: &ProblemRecord) -> Value {
    value_of(&problem_shape(connection, problem))
}

pub fn problem_shape(connection: &str, problem: &ProblemRecord) -> ProblemShape {
    ProblemShape {
        connection: connection.to_owned(),
        joor_order: problem.order.as_ref().map(ToString::to_string),
        told: told_shape(&problem.told),
        opened: problem.opened.to_string(),
        closed: problem.closed.map(|at| at.to_string()),
    }
}

#[cfg(test)]
#[path = "order_tests.rs"]
pub(crate) mod tests;
