//! `adopt`: links what Shopify has already with the orders of JOOR, after asking. Nothing is created or changed outside.

use super::{chosen, not_to_come, prove};
use crate::cli::{AdoptArgs, exit};
use crate::commands::{Failure, Session, link};
use crate::compose::{ComposeError, House};
use crate::show::{counted, tables};
use adapters::ledger::ExportQuery;
use adapters::ledger::records::ConnectionRecord;
use adapters::ports::CallError;
use domain::ids::{JoorOrderId, ShopOrderId};
use domain::money::Money;
use domain::orders::export::State;
use domain::orders::proof::{Difference, Entry, InLedger, InShop};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::path::Path;

/// An order of Shopify that could become the export of an order of JOOR.
struct Candidate {
    connection: String,
    order: JoorOrderId,
    retailer: String,
    shop_order: ShopOrderId,
    name: String,
    worth: Option<Money>,
    total: Option<Money>,
    /// What all orders of which it is a part come to together; the same as `total` for most.
    together: Option<Money>,
    /// Why it cannot be linked now.
    obstacle: Option<String>,
}

impl Candidate {
    fn equal(&self) -> bool {
        self.worth.is_some() && self.worth == self.together
    }

    fn row(&self) -> Vec<String> {
        let money =
            |money: &Option<Money>| money.map_or_else(|| "unknown".to_owned(), |money| money.to_string());
        let remark = match (&self.obstacle, self.equal()) {
            (Some(obstacle), _) => obstacle.clone(),
            (None, true) if self.total == self.together => String::new(),
            (None, true) => "a part; together the totals are equal".to_owned(),
            (None, false) => "totals differ".to_owned(),
        };
        vec![
            self.order.to_string(),
            self.retailer.clone(),
            self.name.clone(),
            money(&self.worth),
            money(&self.total),
            remark,
        ]
    }

    fn json(&self, linked: bool) -> Value {
        json!({
            "connection": self.connection,
            "joor_order": self.order.as_str(),
            "shopify_order": self.name,
            "id": self.shop_order.as_str(),
            "joor_total": self.worth.map(|money| money.to_string()),
            "shopify_total": self.total.map(|money| money.to_string()),
            "equal": self.equal(),
            "obstacle": self.obstacle,
            "linked": linked,
        })
    }
}

pub async fn adopt(session: &Session, house: &House, arguments: &AdoptArgs) -> Result<u8, Failure> {
    let pairs = arguments.file.as_deref().map(pairs).transpose()?;
    if let Some(since) = arguments.since {
        not_to_come(since, house.clock.now().day(), "--since")?;
    }
    let mut candidates = Vec::new();
    for connection in chosen(session, house, arguments.choice.connection.as_deref()).await? {
        candidates.extend(match &pairs {
            Some(pairs) => named(house, &connection, pairs).await?,
            None => found(session, house, connection, arguments.since).await?,
        });
    }
    if candidates.is_empty() {
        session.voice.text("Shopify has no order that is not linked already");
        session.voice.data(json!({ "orders": [] }));
        return Ok(exit::OK);
    }
    let columns = ["JOOR order", "Retailer", "Shopify order", ">JOOR total", ">Shopify total", "Remark"];
    session.voice.text(&tables::wide_table(&columns, candidates.iter().map(Candidate::row)));
    let fits = |one: &Candidate| one.obstacle.is_none() && (one.equal() || arguments.different_too);
    let count = candidates.iter().filter(|one| fits(one)).count();
    let left = candidates.len() - count;
    let question = format!("Link {}? Nothing is created or changed in Shopify.", counted(count, "order"));
    let go = count > 0 && session.confirmed(&question);
    let mut values = Vec::new();
    for one in &candidates {
        let linked = go && fits(one);
        if linked {
            link(session, &house.ledger, &one.connection, &one.order, &one.shop_order).await?;
        }
        values.push(one.json(linked));
    }
    let value = json!({ "orders": values });
    if go && left == 0 {
        session.voice.text(&format!("{} noted; the next cycle links them", counted(count, "command")));
        session.voice.data(value);
        return Ok(exit::OK);
    }
    let what = match go {
        true => format!("{} not linked", counted(left, "order")),
        false if count > 0 => "not confirmed; nothing was linked".to_owned(),
        false => "none of them can be linked".to_owned(),
    };
    let hint =
        "see the remarks; --different-too links orders whose totals differ, --yes answers the question";
    Ok(session.fail_with(value, &Failure::new(exit::FAILED, what, hint)))
}

/// Pairs of a file: JOOR order number, Shopify order id. A first line without any digit holds headings. Programs for
/// tables write semicolons where a comma stands in numbers.
fn pairs(file: &Path) -> Result<Vec<(JoorOrderId, ShopOrderId)>, Failure> {
    let wrong = |what: String| {
        let hint = "one line an order: JOOR order number, comma, Shopify order id (the number in the address of its page)";
        Failure::new(exit::USAGE, format!("{}: {what}", file.display()), hint)
    };
    let text = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let text = String::from_utf8(text).map_err(|_| wrong("it is no text in UTF-8".to_owned()))?;
    let text = text.trim_start_matches('\u{feff}');
    let semicolons = text.lines().next().is_some_and(|line| line.contains(';') && !line.contains(','));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if semicolons { b';' } else { b',' })
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut pairs: Vec<(JoorOrderId, ShopOrderId)> = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let (order, shop_order) = (record.get(0).unwrap_or_default(), record.get(1).unwrap_or_default());
        let bare = shop_order.strip_prefix("gid://shopify/Order/").unwrap_or(shop_order);
        match ShopOrderId::from_number(bare) {
            Some(id) if !order.is_empty() => pairs.push((JoorOrderId::new(order), id)),
            _ if index == 0 && !record.iter().any(|field| field.contains(|c: char| c.is_ascii_digit())) => {}
            _ => return Err(wrong(format!("line {}: `{shop_order}` is no Shopify order id", index + 1))),
        }
    }
    if pairs.is_empty() {
        return Err(wrong("no pair is in it".to_owned()));
    }
    let mut seen = std::collections::BTreeSet::new();
    match pairs.iter().find(|(_, id)| !seen.insert(id.clone())) {
        Some((order, id)) => {
            Err(wrong(format!("Shopify order {} stands twice, the second time for {order}", id.number())))
        }
        None => Ok(pairs),
    }
}

/// Orders that a person paired.
async fn named(
    house: &House,
    connection: &ConnectionRecord,
    pairs: &[(JoorOrderId, ShopOrderId)],
) -> Result<Vec<Candidate>, Failure> {
    let worker = house.worker(connection).await?;
    let ids: Vec<ShopOrderId> = pairs.iter().map(|(_, id)| id.clone()).collect();
    let outside = |error: CallError| Failure::from(ComposeError::Outside(error.to_string()));
    let states = worker.shop.orders(&ids).await.map_err(outside)?;
    let counts = house.ledger.counted(&connection.name).await?;
    let exports = ExportQuery { states: vec!["exported"], ..ExportQuery::default() };
    let exports = house.ledger.exports(&connection.name, &exports).await?;
    let mut candidates = Vec::new();
    for (order, id) in pairs {
        let of_another = exports.iter().find(|row| {
            row.export.key.order != *order
                && matches!(&row.export.state, State::Exported { order, .. } if order == id)
        });
        let record = house.ledger.order(&connection.name, order).await?;
        let state = states.get(id).cloned().flatten();
        let obstacle = match (&record, &state, counts.get(order).map(|counted| counted.state)) {
            (None, _, _) => {
                Some("not in the ledger: run `sync --once`, or move the start with `backfill`".to_owned())
            }
            (_, None, _) => Some("Shopify shows no such order".to_owned()),
            (_, Some(state), _) if state.order.cancelled => Some("cancelled in Shopify".to_owned()),
            (_, _, Some("exported")) => Some("exported already".to_owned()),
            _ if of_another.is_some() => {
                of_another.map(|row| format!("is the export of JOOR order {} already", row.export.key.order))
            }
            (_, _, Some("sending" | "ready")) => Some("being sent right now".to_owned()),
            (Some(_), Some(_), _) => None,
        };
        let shown = state.as_ref().map(|state| &state.order);
        let total = shown.and_then(|order| Some(Money::new(order.total, order.currency?)));
        candidates.push(Candidate {
            connection: connection.name.clone(),
            order: order.clone(),
            retailer: record.as_ref().map(|record| record.retailer.clone()).unwrap_or_default(),
            shop_order: id.clone(),
            name: shown.map_or_else(|| id.number().to_owned(), |order| order.name.clone()),
            worth: record.and_then(|record| record.value),
            total,
            together: total,
            obstacle,
        });
    }
    Ok(candidates)
}

/// Orders that carry our token and are no export in the ledger: a lost or restored ledger.
async fn found(
    session: &Session,
    house: &House,
    connection: ConnectionRecord,
    since: Option<Date>,
) -> Result<Vec<Candidate>, Failure> {
    let today = house.clock.now().day();
    let name = connection.name.clone();
    let proved = prove(session, house, connection, since.unwrap_or(Date::MIN), today).await?;
    let mut candidates = Vec::new();
    for entry in &proved.entries {
        let mut orders = unledgered(entry);
        orders.sort_by_key(|order| order.part);
        let standing: Vec<&InShop> = entry.shop.iter().filter(|order| !order.cancelled).collect();
        let together = together(&standing);
        for order in orders {
            candidates.push(Candidate {
                connection: name.clone(),
                order: entry.order.clone(),
                retailer: entry.retailer.clone(),
                shop_order: order.id.clone(),
                name: order.name.clone(),
                worth: entry.ledger.as_ref().and_then(|ledger| ledger.counted.value),
                total: order.total,
                together,
                obstacle: obstacle(entry, order),
            });
        }
    }
    Ok(candidates)
}

fn unledgered(entry: &Entry) -> Vec<&InShop> {
    let differences = domain::orders::proof::differences(entry);
    let ids: Vec<ShopOrderId> = differences
        .into_iter()
        .filter_map(|difference| match difference {
            Difference::Unledgered { id, .. } => Some(id),
            _ => None,
        })
        .collect();
    entry.shop.iter().filter(|order| ids.contains(&order.id)).collect()
}

/// The sum of the parts of one order.
fn together(orders: &[&InShop]) -> Option<Money> {
    let totals: Vec<Money> = orders.iter().map(|order| order.total).collect::<Option<_>>()?;
    let currency = totals.first()?.currency;
    let same = totals.iter().all(|total| total.currency == currency);
    same.then(|| Money::new(totals.iter().map(|total| total.amount).sum(), currency))
}

fn obstacle(entry: &Entry, order: &InShop) -> Option<String> {
    let Some(ledger) = &entry.ledger else {
        return Some(match entry.joor {
            Some(_) => "not in the ledger: run `sync --once`, or move the start with `backfill`".to_owned(),
            None => "JOOR does not show such an order".to_owned(),
        });
    };
    let differences = domain::orders::proof::differences(entry);
    let doubled = differences.iter().any(|difference| matches!(difference, Difference::Doubled { .. }));
    if ledger.counted.state == "exported" && (doubled || !is_further_part(ledger, order)) {
        let cancelled =
            differences.iter().any(|difference| matches!(difference, Difference::CancelledInShopify { .. }));
        return Some(match cancelled {
            true => "the export that the ledger knows is cancelled: `orders re-export ID`, then `adopt` again".to_owned(),
            false => "the order has its export; look at both in Shopify, and cancel one if it stands for the same goods"
                .to_owned(),
        });
    }
    doubled.then(|| "several stand for the same goods; cancel all but one in Shopify".to_owned())
}

/// Of the export that the ledger knows, a part that it does not know.
fn is_further_part(ledger: &InLedger, order: &InShop) -> bool {
    let mut current = ledger.exports.iter().filter(|export| export.generation == ledger.generation);
    order.generation == Some(ledger.generation) && current.all(|export| Some(export.part) != order.part)
}
