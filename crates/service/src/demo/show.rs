//! What the demo prints: every order with what happened and why, the mails, the cost, the equation, and the judge.

use super::CONNECTION;
use crate::compose::{ComposeError, House};
use crate::cycle::Worker;
use crate::show::{clean, tables};
use adapters::ledger::records::{ExportRecord, OrderRecord};
use adapters::ledger::{ExportQuery, OrderQuery, ProblemQuery};
use domain::orders::equation::{Equation, Sum};
use domain::orders::export::State;
use domain::problem::Told;
use sandbox::Sandbox;
use sandbox::brand::Brand;
use sandbox::judge::Verdict;
use serde_json::{Value, json};

/// The end of a demo.
pub struct Shown {
    pub json: Value,
    pub text: String,
    pub in_flight: u64,
    pub balances: bool,
    /// Orders that did not meet their fate.
    pub wrong: Vec<String>,
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
    worker: &Worker,
    sandbox: &Sandbox,
    brand: &Brand,
    verdicts: Vec<Verdict>,
) -> Result<Shown, ComposeError> {
    let mut lines = Vec::new();
    for record in house.ledger.orders(CONNECTION, &OrderQuery::default()).await? {
        lines.push(line(house, record).await?);
    }
    let equation = worker.equation().await?;
    let mut wrong: Vec<String> = verdicts
        .iter()
        .filter(|verdict| !verdict.ok)
        .map(|verdict| format!("{}: expected {}, found {}", verdict.order, verdict.expected, verdict.found))
        .collect();
    wrong.extend(differing(brand, &lines));
    let mails = sandbox.mailbox.mails();
    let usage = worker.wholesale.usage();
    let shop = worker.shop.usage();
    let mut text = order_table(&lines);
    text.push_str(&mail_text(&mails));
    text.push_str(&format!(
        "\nCost: {} JOOR credits, {} Shopify points, {} requests\n",
        usage.credits,
        shop.points,
        usage.requests + shop.requests
    ));
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
            "joor_credits": usage.credits,
            "shopify_points": shop.points,
            "requests": usage.requests + shop.requests,
        },
        "equation": equation_json(&equation),
        "judge": { "orders": verdicts.len(), "wrong": wrong },
    });
    Ok(Shown { json, text, in_flight: equation.in_flight.count, balances: equation.balances(), wrong })
}

async fn line(house: &House, record: OrderRecord) -> Result<Line, ComposeError> {
    let query = ExportQuery { order: Some(record.id.clone()), ..ExportQuery::default() };
    let exports = house.ledger.exports(CONNECTION, &query).await?;
    let problems = ProblemQuery { order: Some(record.id.clone()), open_only: true };
    let problems = house.ledger.problems(CONNECTION, &problems).await?;
    let current: Vec<&ExportRecord> =
        exports.iter().filter(|row| row.export.key.generation.0 == record.generation).collect();
    let state = adapters::ledger::order_state(current.iter().map(|row| &row.export.state)).unwrap_or("seen");
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
        let state =
            line.state == fate.state || (line.state == "closed_by_hand" && !line.shop_order.is_empty());
        if !state || !missing.is_empty() {
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
        "shopify_order": line.shop_order,
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
        for line in mail.body_text.lines().take(18) {
            text.push_str(&format!("  | {line}\n"));
        }
        let more = mail.body_text.lines().count().saturating_sub(18);
        if more > 0 {
            text.push_str(&format!("  | … {more} more lines\n"));
        }
    }
    text
}

/// The equation with each term in counts and in values per currency.
fn equation_json(equation: &Equation) -> Value {
    let sum = |sum: &Sum| {
        let values: serde_json::Map<String, Value> = sum
            .values
            .iter()
            .map(|(currency, amount)| (currency.code().to_owned(), json!(currency.text(*amount))))
            .collect();
        json!({ "count": sum.count, "values": values })
    };
    json!({
        "approved": sum(&equation.approved),
        "exported": sum(&equation.exported),
        "exported_with_issues": sum(&equation.exported_with_issues),
        "held": sum(&equation.held),
        "skipped": sum(&equation.skipped),
        "closed_by_hand": sum(&equation.closed_by_hand),
        "in_flight": sum(&equation.in_flight),
        "balances": equation.balances(),
    })
}
