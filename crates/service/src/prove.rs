//! `proof`, `adopt` and `backfill`: what is true of a period, linking what Shopify has already, and exporting orders from
//! before the start. All three read both sides; the last two only note commands, after asking.

use crate::cli::{AdoptArgs, BackfillArgs, ProofArgs, exit};
use crate::commands::{Failure, Session, link, note_settings};
use crate::compose::{ComposeError, House};
use crate::cycle::proving::Proved;
use crate::cycle::{Previewed, Stop};
use crate::preview;
use crate::show::proof::{proof_json, proof_text};
use crate::show::{counted, tables};
use adapters::ledger::records::ConnectionRecord;
use adapters::ports::CallError;
use domain::ids::{JoorOrderId, ShopOrderId};
use domain::money::Money;
use domain::orders::proof::{Difference, Entry, InShop};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::path::Path;

/// Days of a proof that names no first day.
const DAYS: i64 = 30;
/// How often a proof that JOOR or Shopify has no time for begins again.
const TRIES: u32 = 3;

pub async fn proof(session: &Session, house: &House, arguments: &ProofArgs) -> Result<u8, Failure> {
    let today = house.clock.now().day();
    let to = arguments.to.unwrap_or(today);
    let from = arguments.from.unwrap_or_else(|| to.saturating_sub(DAYS.days()));
    if from > to {
        let what = format!("the period begins on {from} and ends before, on {to}");
        return Err(Failure::new(exit::USAGE, what, "give --from a day that is not after --to"));
    }
    let mut values = Vec::new();
    let mut differences = 0;
    let mut balanced = true;
    for connection in chosen(session, house, arguments.choice.connection.as_deref()).await? {
        let name = connection.name.clone();
        let proved = prove(session, house, connection, from, to).await?;
        if from < proved.start {
            session.voice.talk(&format!(
                "{name}: orders approved before {} belong to whatever exported them then; see `joor-shopify backfill`",
                proved.start
            ));
        }
        session.voice.text(&proof_text(&name, &proved));
        values.push(proof_json(&name, &proved));
        differences += proved.proof.differences.len();
        balanced &= proved.proof.holds();
    }
    let value = json!({ "connections": values });
    if balanced {
        session.voice.data(value);
        return Ok(exit::OK);
    }
    let what = format!("{} between JOOR, this program and Shopify", counted(differences, "difference"));
    Ok(session.fail_with(value, &Failure::new(exit::FAILED, what, "what to do stands beside each")))
}

/// The connections that a command is about; none at all is an error.
async fn chosen(
    session: &Session,
    house: &House,
    name: Option<&str>,
) -> Result<Vec<ConnectionRecord>, Failure> {
    let connections = session.connections(&house.ledger, name).await?;
    match connections.is_empty() {
        false => Ok(connections),
        true => Err(Failure::new(
            exit::USAGE,
            "there is no connection yet",
            "make one with `joor-shopify connection apply FILE`",
        )),
    }
}

/// Reads and compares; waits where a budget is spent, and begins again then.
async fn prove(
    session: &Session,
    house: &House,
    connection: ConnectionRecord,
    from: Date,
    to: Date,
) -> Result<Proved, Failure> {
    let mut worker = house.worker(&connection).await?;
    worker.dry = true;
    let mut tries = 1;
    loop {
        match worker.prove(connection.clone(), from, to).await {
            Ok(proved) => return Ok(proved),
            Err(
                Stop::Joor(CallError::Throttled { until }) | Stop::Shopify(CallError::Throttled { until }),
            ) if tries < TRIES => {
                tries += 1;
                session.voice.talk(&format!("the request budget is spent; going on at {until}"));
                tokio::time::sleep(until.since(house.clock.now())).await;
            }
            Err(stop) => return Err(ComposeError::Outside(stop.words()).into()),
        }
    }
}

/// An order of Shopify that could become the export of an order of JOOR.
struct Candidate {
    connection: String,
    order: JoorOrderId,
    retailer: String,
    shop_order: ShopOrderId,
    name: String,
    worth: Option<Money>,
    total: Option<Money>,
    /// Why it cannot be linked now.
    obstacle: Option<String>,
}

impl Candidate {
    fn equal(&self) -> bool {
        self.worth.is_some() && self.worth == self.total
    }

    fn row(&self) -> Vec<String> {
        let money =
            |money: &Option<Money>| money.map_or_else(|| "unknown".to_owned(), |money| money.to_string());
        let remark = match (&self.obstacle, self.equal()) {
            (Some(obstacle), _) => obstacle.clone(),
            (None, true) => String::new(),
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
    session.voice.text(&tables::table(&columns, candidates.iter().map(Candidate::row)));
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

/// Pairs of a file: JOOR order number, Shopify order id. Lines that begin with another word than a number are headings.
fn pairs(file: &Path) -> Result<Vec<(JoorOrderId, ShopOrderId)>, Failure> {
    let wrong = |what: String| {
        let hint = "one line an order: JOOR order number, comma, Shopify order id (the number in the address of its page)";
        Failure::new(exit::USAGE, format!("{}: {what}", file.display()), hint)
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_path(file)
        .map_err(|error| wrong(error.to_string()))?;
    let mut pairs: Vec<(JoorOrderId, ShopOrderId)> = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let (order, shop_order) = (record.get(0).unwrap_or_default(), record.get(1).unwrap_or_default());
        let bare = shop_order.strip_prefix("gid://shopify/Order/").unwrap_or(shop_order);
        match ShopOrderId::from_number(bare) {
            Some(id) if !order.is_empty() => pairs.push((JoorOrderId::new(order), id)),
            _ if index == 0 => {}
            _ => return Err(wrong(format!("line {}: `{shop_order}` is no Shopify order id", index + 1))),
        }
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
    let mut candidates = Vec::new();
    for (order, id) in pairs {
        let record = house.ledger.order(&connection.name, order).await?;
        let state = states.get(id).cloned().flatten();
        let obstacle = match (&record, &state, counts.get(order).map(|counted| counted.state)) {
            (None, _, _) => {
                Some("not in the ledger: run `sync --once`, or move the start with `backfill`".to_owned())
            }
            (_, None, _) => Some("Shopify shows no such order".to_owned()),
            (_, Some(state), _) if state.order.cancelled => Some("cancelled in Shopify".to_owned()),
            (_, _, Some("exported")) => Some("exported already".to_owned()),
            (_, _, Some("sending" | "ready")) => Some("being sent right now".to_owned()),
            (Some(_), Some(_), _) => None,
        };
        let shown = state.as_ref().map(|state| &state.order);
        candidates.push(Candidate {
            connection: connection.name.clone(),
            order: order.clone(),
            retailer: record.as_ref().map(|record| record.retailer.clone()).unwrap_or_default(),
            shop_order: id.clone(),
            name: shown.map_or_else(|| id.number().to_owned(), |order| order.name.clone()),
            worth: record.and_then(|record| record.value),
            total: shown.and_then(|order| Some(Money::new(order.total, order.currency?))),
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
        for order in orders {
            candidates.push(Candidate {
                connection: name.clone(),
                order: entry.order.clone(),
                retailer: entry.retailer.clone(),
                shop_order: order.id.clone(),
                name: order.name.clone(),
                worth: entry.ledger.as_ref().and_then(|ledger| ledger.counted.value),
                total: order.total,
                obstacle: obstacle(entry),
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

fn obstacle(entry: &Entry) -> Option<String> {
    let Some(ledger) = &entry.ledger else {
        return Some("not in the ledger: run `sync --once`, or move the start with `backfill`".to_owned());
    };
    if ledger.counted.state == "exported" {
        return Some("the order has its export; cancel one of them in Shopify".to_owned());
    }
    let doubled = domain::orders::proof::differences(entry)
        .into_iter()
        .any(|difference| matches!(difference, Difference::Doubled { .. }));
    doubled.then(|| "several stand for the same goods; cancel all but one in Shopify".to_owned())
}

/// Shows what would become of orders from before the start, and moves the start.
pub async fn backfill(session: &Session, house: &House, arguments: &BackfillArgs) -> Result<u8, Failure> {
    let connections = chosen(session, house, arguments.choice.connection.as_deref()).await?;
    let [connection] = connections.as_slice() else {
        let hint = "name one with --connection";
        return Err(Failure::new(exit::USAGE, "there are several connections", hint));
    };
    let mut worker = house.worker(connection).await?;
    worker.dry = true;
    let start = worker.start_of(connection);
    if arguments.since >= start {
        let what = format!("the start of connection {} is {start} already", connection.name);
        return Err(Failure::new(exit::USAGE, what, "give --since a day before it"));
    }
    worker.checked = worker.checked.exported_since(arguments.since);
    let proved = worker.prove(connection.clone(), arguments.since, start.saturating_sub(1.day())).await;
    let proved = proved.map_err(|stop| Failure::from(ComposeError::Outside(stop.words())))?;
    let (ids, there) = not_exported(&proved);
    let previewed = match ids.is_empty() {
        true => Vec::new(),
        false => worker
            .preview(connection.clone(), &ids)
            .await
            .map_err(|stop| Failure::from(ComposeError::Outside(stop.words())))?,
    };
    show_backfill(session, &previewed, &there);
    let value = json!({
        "connection": connection.name,
        "since": arguments.since.to_string(),
        "preview": preview::as_json(&previewed),
        "in_shopify_already": there.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
    });
    let sent = previewed.iter().filter(|one| one.state == "ready").count();
    let question = format!(
        "Move the start of connection {} to {}? {} would be sent to Shopify.",
        connection.name,
        arguments.since,
        counted(sent, "order")
    );
    if !session.confirmed(&question) {
        let failure =
            Failure::new(exit::FAILED, "not confirmed; the start stays as it is", "add --yes to go on");
        return Ok(session.fail_with(value, &failure));
    }
    let document = &worker.checked.document;
    let command = note_settings(session, &house.ledger, &connection.name, document).await?;
    session
        .voice
        .text(&format!("Noted as command {command}: the next cycle begins with {}", arguments.since));
    let mut value = value;
    value["command"] = json!(command);
    session.voice.data(value);
    Ok(exit::OK)
}

/// Orders of the period that are no export in the ledger, and those of them that stand in Shopify already.
fn not_exported(proved: &Proved) -> (Vec<JoorOrderId>, Vec<JoorOrderId>) {
    let done = |entry: &&Entry| {
        let state = entry.ledger.as_ref().map(|ledger| ledger.counted.state);
        matches!(state, Some("exported" | "closed_by_hand" | "sending" | "unconfirmed"))
    };
    let open = proved.entries.iter().filter(|entry| entry.joor.is_some() && !done(entry));
    let (there, not): (Vec<&Entry>, Vec<&Entry>) =
        open.partition(|entry| entry.shop.iter().any(|order| !order.cancelled));
    let ids = |entries: Vec<&Entry>| entries.into_iter().map(|entry| entry.order.clone()).collect();
    (ids(not), ids(there))
}

fn show_backfill(session: &Session, previewed: &[Previewed], there: &[JoorOrderId]) {
    let rows = previewed.iter().map(|one| {
        let total = one.drafts.first().map(|draft| {
            let sum = one.drafts.iter().map(|draft| draft.expected.amount).sum();
            Money::new(sum, draft.expected.currency).to_string()
        });
        let becomes = match one.state {
            "ready" => "sent".to_owned(),
            other => other.to_owned(),
        };
        let why = one.told.iter().map(|told| told.sentence.as_str()).collect::<Vec<_>>().join("; ");
        vec![one.order.to_string(), becomes, total.unwrap_or_default(), why]
    });
    session.voice.text(&tables::wide_table(&["JOOR order", "Would be", "Total", "Why"], rows));
    for id in there {
        session.voice.text(&format!("{id}: stands in Shopify already; `joor-shopify adopt` links it"));
    }
}
