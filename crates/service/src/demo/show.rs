//! What the demo prints: every order with what happened and why, the mails, the cost, the equation, and the judge.

use super::troubles::Troubles;
use super::{CONNECTION, MISHAPS};
use crate::compose::{ComposeError, House};
use crate::cycle::Worker;
use crate::show::order::state_without_export;
use crate::show::proof::equation_json;
use crate::show::{clean, tables};
use adapters::ledger::records::{ExportRecord, OrderRecord};
use adapters::ledger::{ExportQuery, OrderQuery, ProblemQuery};
use domain::orders::equation::Equation;
use domain::orders::export::State;
use domain::problem::Told;
use sandbox::Sandbox;
use sandbox::brand::Brand;
use sandbox::judge::Verdict;
use serde_json::{Value, json};

/// Lines of a mail that are printed.
const MAIL_LINES: usize = 18;

/// The end of a demo.
pub struct Shown {
    pub json: Value,
    pub text: String,
    pub in_flight: u64,
    pub balances: bool,
    /// Orders that did not meet their fate.
    pub wrong: Vec<String>,
}

impl Shown {
    /// Every order met its fate, none is on its way, none is unaccounted for, and every trouble came to pass.
    pub fn is_well(&self, missing_troubles: &[&str]) -> bool {
        self.in_flight == 0 && self.balances && self.wrong.is_empty() && missing_troubles.is_empty()
    }
}

struct Line {
    order: String,
    retailer: String,
    state: String,
    problems: Vec<Told>,
    shop_order: String,
    total: String,
}

pub async fn gather(
    house: &House,
    workers: &[&Worker],
    sandbox: &Sandbox,
    brand: &Brand,
    verdicts: Vec<Verdict>,
    troubles: &Troubles,
) -> Result<Shown, ComposeError> {
    let mut lines = Vec::new();
    let mut rows = Vec::new();
    for connection in [CONNECTION, MISHAPS] {
        for record in house.ledger.orders(connection, &OrderQuery::default()).await? {
            lines.push(line(house, connection, record).await?);
        }
        rows.extend(house.ledger.equation_rows(connection).await?);
    }
    let equation = Equation::of(rows);
    let mut wrong: Vec<String> = verdicts
        .iter()
        .filter(|verdict| !verdict.ok)
        .map(|verdict| format!("{}: expected {}, found {}", verdict.order, verdict.expected, verdict.found))
        .collect();
    wrong.extend(differing(brand, &lines));
    let mails = sandbox.mailbox.mails();
    let credits: u64 = workers.iter().map(|worker| worker.wholesale.usage().credits).sum();
    let points: u64 = workers.iter().map(|worker| worker.shop.usage().points).sum();
    let requests: u64 =
        workers.iter().map(|worker| worker.wholesale.usage().requests + worker.shop.usage().requests).sum();
    let mut text = order_table(&lines);
    text.push('\n');
    text.push_str(&troubles.text());
    text.push_str(&mail_text(&mails));
    text.push_str(&format!("\nCost: {credits} JOOR credits, {points} Shopify points, {requests} requests\n"));
    text.push_str(&format!("\n{}\n", equation.table()));
    text.push_str(&match wrong.len() {
        0 => format!("Judge: all {} orders met their fate\n", verdicts.len()),
        _ => format!(
            "Judge: {} of {} orders did not meet their fate:\n  {}\n",
            wrong.len(),
            verdicts.len(),
            wrong.join("\n  ")
        ),
    });
    let json = json!({
        "orders": lines.iter().map(line_json).collect::<Vec<_>>(),
        "mails": mails.iter().map(|mail| json!({ "to": mail.to, "subject": mail.subject, "body": mail.body_text })).collect::<Vec<_>>(),
        "cost": {
            "joor_credits": credits,
            "shopify_points": points,
            "requests": requests,
        },
        "troubles": troubles.json(),
        "equation": equation_json(&equation),
        "judge": { "orders": verdicts.len(), "wrong": wrong },
    });
    Ok(Shown { json, text, in_flight: equation.in_flight.count, balances: equation.balances(), wrong })
}

async fn line(house: &House, connection: &str, record: OrderRecord) -> Result<Line, ComposeError> {
    let query = ExportQuery { order: Some(record.id.clone()), ..ExportQuery::default() };
    let exports = house.ledger.exports(connection, &query).await?;
    let problems = ProblemQuery { order: Some(record.id.clone()), open_only: true };
    let problems = house.ledger.problems(connection, &problems).await?;
    let current: Vec<&ExportRecord> =
        exports.iter().filter(|row| row.export.key.generation.0 == record.generation).collect();
    let without = || state_without_export(problems.iter().map(|row| row.told.code));
    let state =
        adapters::ledger::order_state(current.iter().map(|row| &row.export.state)).unwrap_or_else(without);
    let names: Vec<String> = exports
        .iter()
        .filter_map(|row| match &row.export.state {
            State::Exported { name, .. } => {
                Some(if row.cancelled { format!("{name} (cancelled)") } else { name.clone() })
            }
            _ => None,
        })
        .collect();
    Ok(Line {
        order: record.id.as_str().to_owned(),
        retailer: clean(&record.retailer),
        state: state.to_owned(),
        problems: problems.into_iter().map(|row| row.told).collect(),
        shop_order: names.join(", "),
        total: record.value.map(|value| value.to_string()).unwrap_or_default(),
    })
}

/// The ledger's own view against the fates: state and every code that must be there.
fn differing(brand: &Brand, lines: &[Line]) -> Vec<String> {
    let mut wrong = Vec::new();
    for fate in &brand.fates {
        let Some(line) = lines.iter().find(|line| line.order == fate.joor_order) else {
            wrong.push(format!("{}: not in the ledger", fate.joor_order));
            continue;
        };
        let missing: Vec<&String> = fate
            .problems
            .iter()
            .filter(|code| !line.problems.iter().any(|told| told.code == **code))
            .collect();
        if line.state != fate.state || !missing.is_empty() {
            let found: Vec<&str> = line.problems.iter().map(|told| told.code).collect();
            wrong.push(format!(
                "{}: expected {} {:?}, the ledger says {} {:?} ({})",
                fate.joor_order, fate.state, fate.problems, line.state, found, fate.why
            ));
        }
    }
    wrong
}

fn line_json(line: &Line) -> Value {
    json!({
        "joor_order": line.order,
        "state": line.state,
        "problems": line.problems.iter().map(|told| told.code).collect::<Vec<_>>(),
        "shopify_order": (!line.shop_order.is_empty()).then_some(&line.shop_order),
        "total": line.total,
    })
}

fn order_table(lines: &[Line]) -> String {
    let rows = lines.iter().map(|line| {
        let why = match line.problems.as_slice() {
            [] => String::new(),
            problems => problems
                .iter()
                .map(|told| format!("{} {}", told.code, told.sentence))
                .collect::<Vec<_>>()
                .join("; "),
        };
        vec![
            line.order.clone(),
            line.retailer.chars().take(24).collect(),
            line.state.clone(),
            line.shop_order.clone(),
            line.total.clone(),
            shortened(&why, 150),
        ]
    });
    tables::wide_table(&["JOOR order", "Retailer", "State", "Shopify order", "Total", "Why"], rows)
}

fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    format!("{} …", text.chars().take(limit).collect::<String>())
}

fn mail_text(mails: &[sandbox::Mail]) -> String {
    let mut text = format!("\n\n{} mails were sent:\n", mails.len());
    for mail in mails {
        text.push_str(&format!("\n  To: {}\n  Subject: {}\n", mail.to.join(", "), mail.subject));
        // The mails of the brand are worth reading; of the mishaps their subjects say enough.
        let shown = if mail.subject.contains(&format!("] {MISHAPS}:")) { 0 } else { MAIL_LINES };
        for line in mail.body_text.lines().take(shown) {
            text.push_str(&format!("  | {line}\n"));
        }
        let more = if shown == 0 { 0 } else { mail.body_text.lines().count().saturating_sub(shown) };
        if more > 0 {
            text.push_str(&format!("  | … {more} more lines\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_is_well_only_if_nothing_at_all_is_amiss() {
        let shown = |in_flight, balances, wrong: &[&str]| Shown {
            json: Value::Null,
            text: String::new(),
            in_flight,
            balances,
            wrong: wrong.iter().map(|text| (*text).to_owned()).collect(),
        };
        assert!(shown(0, true, &[]).is_well(&[]));
        assert!(!shown(1, true, &[]).is_well(&[]), "an order is on its way");
        assert!(!shown(0, false, &[]).is_well(&[]), "the numbers do not add up");
        assert!(!shown(0, true, &["7100001: held"]).is_well(&[]), "an order met another fate");
        assert!(!shown(0, true, &[]).is_well(&["STOCK_SHORT"]), "a trouble did not come to pass");
    }
}
