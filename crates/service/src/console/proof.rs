//! Proof: a period as JOOR, the ledger and Shopify have it now, differences first. Compares only when asked to.

mod beside;
mod file;

pub use file::csv;

use super::Console;
use super::answers::{Answer, page};
use super::asking::{WAIT_MAX, in_time, spent_until, words};
use super::buttons::fix;
use super::visit::Visit;
use super::words::{Places, address, amount, sentence};
use crate::cycle::Worker;
use crate::cycle::proving::Proved;
use crate::prove::DAYS;
use adapters::ledger::records::ConnectionRecord;
use axum::extract::{Extension, Query, State};
use console::Place;
use console::look::{count, counted, day};
use console::pages::orders::Choice;
use console::pages::proof::{Difference as Shown, Proof as ProofPage, Side, Term};
use domain::ids::JoorOrderId;
use domain::money::Money;
use domain::orders::equation::Sum;
use domain::orders::proof::Entry;
use domain::time::Moment;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// A file is written from what the page showed for this long.
const KEPT: Duration = Duration::from_secs(10 * 60);
/// What was read of an unfinished comparison is too old to go on with after this long: six windows of JOOR's budget.
const READ_KEPT: Duration = Duration::from_secs(30 * 60);
const KEPT_MAX: usize = 12;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    from: String,
    to: String,
    connection: String,
    compare: String,
}

impl Asked {
    fn period(&self, today: Date) -> Result<(Date, Date), String> {
        period_of(&self.from, &self.to, today)
    }
}

/// The days to compare; or what is wrong about them, in words.
pub fn period_of(from: &str, to: &str, today: Date) -> Result<(Date, Date), String> {
    let date = |name: &str, text: &str, default: Date| match text.trim() {
        "" => Ok(default),
        text => text.parse().map_err(|_| format!("“{name}” is a day such as {today}, and “{text}” is none.")),
    };
    let to = date("to", to, today)?;
    let from = date("Approved from", from, to.saturating_sub(DAYS.days()))?;
    if from > to {
        return Err(format!("The period begins on {} and ends before, on {}.", day(from), day(to)));
    }
    if from > today {
        return Err(format!(
            "The period begins on {}, and today is {} (UTC). Nothing can be compared of days to come.",
            day(from),
            day(today)
        ));
    }
    Ok((from, to))
}

/// What comparisons leave behind: whoever comes back after a spent budget gets on, and the file says what the page said.
#[derive(Default)]
pub struct Proofs(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// Since when, by connection. They remember the lines that they read.
    workers: BTreeMap<String, (Moment, Worker)>,
    proved: Vec<KeptProof>,
}

struct KeptProof {
    connection: String,
    period: (Date, Date),
    settings_version: i64,
    at: Moment,
    proved: Arc<Proved>,
}

pub async fn proof(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Query(asked): Query<Asked>,
) -> Answer {
    let today = console.now().day();
    let connections = console.ledger().connections().await?;
    let mut sides = Vec::new();
    let period = asked.period(today);
    let chosen = chosen(&connections, &asked);
    let mut wrong = period.as_ref().err().cloned();
    if let (Ok(period), false) = (&period, asked.compare.is_empty()) {
        if chosen.is_empty() {
            wrong = Some("There is no such connection. Choose one of the list.".to_owned());
        }
        for connection in chosen {
            sides.push(side(&console, &visit, connection, *period).await);
        }
    }
    let (from, to) = match period {
        Ok((from, to)) => (from.to_string(), to.to_string()),
        Err(_) => (asked.from.clone(), asked.to.clone()),
    };
    page(&ProofPage {
        frame: console.frame(&visit, Place::Proof).await,
        from,
        to,
        connections: connections
            .iter()
            .map(|one| Choice {
                value: one.name.clone(),
                words: one.name.clone(),
                chosen: one.name == asked.connection,
            })
            .collect(),
        wrong,
        sides,
    })
}

fn chosen<'a>(connections: &'a [ConnectionRecord], asked: &Asked) -> Vec<&'a ConnectionRecord> {
    connections.iter().filter(|one| asked.connection.is_empty() || one.name == asked.connection).collect()
}

async fn side(console: &Console, visit: &Visit, connection: &ConnectionRecord, period: (Date, Date)) -> Side {
    let compared = in_time("Comparing", console.prove(connection, period)).await;
    let places = Places::of(connection, console.house.trial, visit.role);
    let (from, to) = (period.0.to_string(), period.1.to_string());
    let name = &connection.name;
    let csv = address("/proof.csv", &[("from", &from), ("to", &to), ("connection", name)]);
    match compared {
        Ok(proved) => shown(&proved, connection, &places, csv),
        Err(words) => Side {
            connection: name.clone(),
            headline: String::new(),
            holds: false,
            note: None,
            failed: Some(words),
            differences: Vec::new(),
            terms: Vec::new(),
            csv,
        },
    }
}

fn shown(proved: &Proved, connection: &ConnectionRecord, places: &Places, csv: String) -> Side {
    let proof = &proved.proof;
    let orders = proved.entries.len();
    let headline = match (proof.differences.len(), proof.equation.balances()) {
        (0, true) if orders == 0 => "No order was approved in this period.".to_owned(),
        (0, true) => {
            format!("JOOR, this program and Shopify say the same about {}.", counted(orders, "order"))
        }
        (0, false) => {
            "The counts do not add up although no order differs. Please report this as a fault of the \
                       program."
                .to_owned()
        }
        (number, _) => format!("{} between JOOR, this program and Shopify.", counted(number, "difference")),
    };
    let entry = |id: &JoorOrderId| proved.entries.iter().find(|entry| entry.order == *id);
    Side {
        connection: connection.name.clone(),
        headline,
        holds: proof.holds(),
        note: (proved.from == proved.start).then(|| {
            format!(
                "Compared from {}: orders approved before belong to whatever exported them then.",
                day(proved.start)
            )
        }),
        failed: None,
        differences: proof
            .differences
            .iter()
            .map(|(id, retailer, difference)| {
                let entry = entry(id);
                let is_known = entry.is_some_and(|entry| entry.ledger.is_some());
                Shown {
                    order: id.to_string(),
                    href: if is_known { format!("/orders/{}/{id}", connection.name) } else { String::new() },
                    retailer: retailer.clone(),
                    joor: entry.map(beside::in_joor).unwrap_or_default(),
                    here: entry.map(beside::here).unwrap_or_default(),
                    shopify: entry.map(beside::in_shopify).unwrap_or_default(),
                    sentence: sentence(&difference.sentence()),
                    fix: fix(difference),
                    links: entry.map(|entry| links(entry, places)).unwrap_or_default(),
                }
            })
            .collect(),
        terms: terms(proved),
        csv,
    }
}

fn links(entry: &Entry, places: &Places) -> Vec<console::look::Link> {
    let there = entry.shop.iter().map(|order| places.shop_order(&order.id, &order.name));
    places.joor_order(&entry.order).into_iter().chain(there).collect()
}

/// The equation, one term a row, and below it what Shopify really has.
fn terms(proved: &Proved) -> Vec<Term> {
    let proof = &proved.proof;
    let term = |words: String, sum: &Sum, is_sum: bool| Term {
        words: match sum.without_value {
            0 => words,
            some => format!("{words} ({some} of unknown value)"),
        },
        orders: count(usize::try_from(sum.count).unwrap_or(usize::MAX)),
        units: count(usize::try_from(sum.units).unwrap_or_default()),
        values: sum.values.iter().map(|(currency, sum)| amount(&Money::new(*sum, *currency))).collect(),
        is_sum,
    };
    let mut terms = vec![term("Approved in JOOR".to_owned(), &proof.equation.approved, true)];
    for (index, (label, sum)) in proof.equation.terms().into_iter().enumerate() {
        terms.push(term(format!("{} {label}", if index == 0 { '=' } else { '+' }), sum, false));
    }
    if !proof.equation.balances() {
        terms.push(term("Accounted for".to_owned(), &proof.equation.accounted(), true));
    }
    terms.push(term("Standing in Shopify".to_owned(), &proof.in_shopify, true));
    terms
}

impl Console {
    /// Compares now. One comparison at a time: each takes of the same budgets.
    pub async fn prove(
        &self,
        connection: &ConnectionRecord,
        period: (Date, Date),
    ) -> Result<Arc<Proved>, String> {
        let mut kept = self.proofs.0.lock().await;
        let now = self.now();
        kept.workers.retain(|_, (since, _)| now.since(*since) < READ_KEPT);
        let name = &connection.name;
        let fits = |(_, worker): &(Moment, Worker)| worker.settings_version == connection.settings_version;
        if !kept.workers.get(name).is_some_and(fits) {
            let mut worker = self.house.worker(connection).await.map_err(|error| error.to_string())?;
            worker.dry = true;
            kept.workers.insert(name.clone(), (now, worker));
        }
        let Kept { workers, proved: known } = &mut *kept;
        let Some((_, worker)) = workers.get_mut(name) else { return Err("Ask again.".to_owned()) };
        let start = worker.start_of(connection);
        if period.1 < start {
            return Err(format!(
                "Orders approved since {} are exported here, and the period ends before, on {}. Earlier orders belong to \
                 whatever exported them then.",
                day(start),
                day(period.1)
            ));
        }
        let proved = Arc::new(compare(worker, connection, period).await?);
        known.retain(|one| now.since(one.at) < KEPT && !(one.connection == *name && one.period == period));
        if known.len() >= KEPT_MAX {
            known.remove(0);
        }
        known.push(KeptProof {
            connection: name.clone(),
            period,
            settings_version: connection.settings_version,
            at: self.now(),
            proved: proved.clone(),
        });
        Ok(proved)
    }

    /// As it was compared a moment ago, else compared now.
    async fn proved(
        &self,
        connection: &ConnectionRecord,
        period: (Date, Date),
    ) -> Result<Arc<Proved>, String> {
        let now = self.now();
        let kept = self.proofs.0.lock().await;
        let known = kept.proved.iter().find(|one| {
            one.connection == connection.name
                && one.period == period
                && one.settings_version == connection.settings_version
                && now.since(one.at) < KEPT
        });
        let known = known.map(|one| one.proved.clone());
        drop(kept);
        match known {
            Some(proved) => Ok(proved),
            None => self.prove(connection, period).await,
        }
    }
}

/// Begins again where a budget is there again soon; what was read of the lines is kept.
async fn compare(
    worker: &mut Worker,
    connection: &ConnectionRecord,
    (from, to): (Date, Date),
) -> Result<Proved, String> {
    loop {
        let stop = match worker.prove(connection.clone(), from, to).await {
            Ok(proved) => return Ok(proved),
            Err(stop) => stop,
        };
        let now = worker.now();
        match spent_until(&stop) {
            Some((_, until)) if until.since(now) < WAIT_MAX / 2 => {
                tokio::time::sleep(until.since(now).max(Duration::from_secs(1))).await;
            }
            Some(_) | None => return Err(words(&stop)),
        }
    }
}
