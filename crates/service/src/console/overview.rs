//! Overview: is everything flowing, and what needs somebody?

use super::Console;
use super::answers::{Answer, No, page};
use super::visit::Visit;
use super::words::{is_late, sums, tone, when, who_words};
use adapters::ledger::records::ConnectionRecord;
use adapters::ledger::{OpenProblem, OrderSearch, Spans};
use axum::extract::{Extension, State};
use console::Place;
use console::chart::{Bar, Chart};
use console::look::{State as Shown, Tone, count, counted, day, span};
use console::pages::overview::{Cause, ChartCard, ConnectionCard, EquationRow, Needs, Overview, Speed};
use domain::money::Money;
use domain::problem::{Severity, Who, title};
use domain::time::Moment;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

const CHART_DAYS: u32 = 30;
const HOURS: i64 = 24;
const HOUR: Duration = Duration::from_secs(3600);

pub async fn overview(State(console): State<Arc<Console>>, Extension(visit): Extension<Visit>) -> Answer {
    let now = console.now();
    let ledger = console.ledger();
    let connections = ledger.connections().await?;
    let open = ledger.open_problems(None).await?;
    let days = ledger.exports_per_day(None, now, CHART_DAYS).await?;
    let spans = ledger.approval_to_export(None, now, CHART_DAYS).await?;
    let counts = ledger.order_states(&OrderSearch::default()).await?;
    let needs = needs(&open, now);
    let (tone, headline) = headline(&connections, &open);
    let of_days = |last: usize| days.iter().rev().take(last).map(|day| day.exports).sum::<u64>();
    let equation = counts
        .states
        .iter()
        .filter(|(_, orders)| *orders > 0)
        .rev()
        .map(|(word, orders)| EquationRow {
            state: Shown::of(word),
            orders: count(usize::try_from(*orders).unwrap_or(usize::MAX)),
            values: Vec::new(),
            href: format!("/orders?state={word}"),
        })
        .collect();
    let mut charts = vec![ChartCard { title: "Exports per day".to_owned(), chart: exports_chart(&days) }];
    charts.extend(budget_charts(&console, now).await?);
    page(&Overview {
        frame: console.frame(&visit, Place::Overview).await,
        tone,
        headline,
        connections: connections.iter().map(|one| card(one, &open, now)).collect(),
        needs,
        exported_today: count(usize::try_from(of_days(1)).unwrap_or_default()),
        exported_week: count(usize::try_from(of_days(7)).unwrap_or_default()),
        speed: speed(&spans),
        charts,
        equation,
        equation_words: equation_words(&counts),
    })
}

fn speed(spans: &Spans) -> Option<Speed> {
    Some(Speed { median: span(spans.median()?), p95: span(spans.p95()?) })
}

/// Worse than something to take note of, and somebody's move.
pub fn needs_somebody(open: &OpenProblem) -> bool {
    open.problem.told.severity >= Severity::Partial && open.problem.told.who != Who::Nobody
}

fn headline(connections: &[ConnectionRecord], open: &[OpenProblem]) -> (Tone, String) {
    if connections.is_empty() {
        return (Tone::Idle, "Welcome".to_owned());
    }
    let stopped =
        open.iter().any(|one| one.problem.order.is_none() && one.problem.told.severity >= Severity::Blocker);
    let orders: BTreeSet<_> = open
        .iter()
        .filter(|one| needs_somebody(one))
        .filter_map(|one| one.problem.order.as_ref().map(|order| (&one.connection, order)))
        .collect();
    let all_preview = connections.iter().all(|one| one.live_since.is_none());
    match (stopped, orders.len()) {
        (true, _) => (Tone::Bad, "A connection has stopped.".to_owned()),
        (false, 0) if all_preview => {
            (Tone::Wait, "In preview: orders are checked, and nothing is sent.".to_owned())
        }
        (false, 0) => (Tone::Good, "Everything is flowing.".to_owned()),
        (false, 1) => (Tone::Wait, "1 order needs somebody. Everything else is flowing.".to_owned()),
        (false, number) => {
            (Tone::Wait, format!("{} need somebody. Everything else is flowing.", counted(number, "order")))
        }
    }
}

/// By connection and code.
type ByCause<'a> = BTreeMap<(&'a str, &'static str), Vec<&'a OpenProblem>>;

/// Open problems of orders by who can act and by cause, the dearest first.
pub fn needs(open: &[OpenProblem], now: Moment) -> Vec<Needs> {
    let mut groups: BTreeMap<(u8, &'static str), ByCause<'_>> = BTreeMap::new();
    for one in open.iter().filter(|one| needs_somebody(one) && one.problem.order.is_some()) {
        let who = one.problem.told.who;
        let rank = match who {
            Who::BrandInShopify => 0,
            Who::BrandInJoor => 1,
            Who::Settings => 2,
            Who::Nobody => 3,
        };
        let causes = groups.entry((rank, who_words(who))).or_default();
        causes.entry((one.connection.as_str(), one.problem.told.code)).or_default().push(one);
    }
    groups
        .into_iter()
        .map(|((_, who), causes)| {
            let mut causes: Vec<Cause> = causes
                .into_iter()
                .map(|((connection, code), orders)| cause(connection, code, &orders, now))
                .collect();
            causes.sort_by(|one, other| other.is_late.cmp(&one.is_late).then(other.orders.cmp(&one.orders)));
            Needs { who: who.to_owned(), causes }
        })
        .collect()
}

fn cause(connection: &str, code: &'static str, orders: &[&OpenProblem], now: Moment) -> Cause {
    let ships: Option<Date> = orders.iter().filter_map(|one| one.ship_start).min();
    let values: Vec<&Money> = orders.iter().filter_map(|one| one.value.as_ref()).collect();
    let severity = orders.iter().map(|one| one.problem.told.severity).max().unwrap_or(Severity::Partial);
    Cause {
        title: title(code).to_owned(),
        href: format!("/problems/{connection}/{code}"),
        code: code.to_owned(),
        tone: tone(severity),
        orders: orders.len(),
        at_risk: sums(values),
        ships: ships.map(day),
        is_late: is_late(ships, now.day()),
    }
}

pub fn card(connection: &ConnectionRecord, open: &[OpenProblem], now: Moment) -> ConnectionCard {
    let worst = open
        .iter()
        .filter(|one| one.connection == connection.name && one.problem.order.is_none())
        .max_by_key(|one| one.problem.told.severity);
    let (tone, mode) = match (connection.paused, connection.live_since, worst) {
        (true, ..) => (Tone::Wait, "Paused"),
        (false, _, Some(worst)) if worst.problem.told.severity >= Severity::Blocker => (Tone::Bad, "Stopped"),
        (false, None, _) => (Tone::Wait, "Preview"),
        (false, Some(_), _) => (Tone::Good, "Live"),
    };
    let words = match (worst, connection.live_since) {
        (Some(worst), _) => super::words::full_stop(&worst.problem.told.sentence),
        (None, None) => "Orders are read and checked. Nothing is sent before “Go live”.".to_owned(),
        (None, Some(_)) if connection.paused => {
            "Nothing is read or sent until somebody resumes it.".to_owned()
        }
        (None, Some(_)) => "Orders are read, checked and sent.".to_owned(),
    };
    ConnectionCard {
        name: connection.name.clone(),
        href: format!("/connections/{}", connection.name),
        tone,
        mode: mode.to_owned(),
        words,
        last: connection.last_good.map(|last| when(last, now)),
        next: (!connection.paused).then(|| when(connection.next_due, now)),
    }
}

fn exports_chart(days: &[adapters::ledger::DayExports]) -> Chart {
    let figures: Vec<u64> = days.iter().map(|day| day.exports).collect();
    let (most, sum) = (figures.iter().max().copied().unwrap_or(0), figures.iter().sum::<u64>());
    let label = |at: usize| days.get(at).map(|one| day(one.day)).unwrap_or_default();
    Chart {
        summary: format!("{sum} in {} days, at most {most} a day", days.len()),
        of: "Day",
        unit: "Orders",
        first: label(0),
        last: label(days.len().saturating_sub(1)),
        bars: days.iter().map(|one| Bar { label: day(one.day), figure: one.exports }).collect(),
        full: 0,
    }
}

async fn budget_charts(console: &Console, now: Moment) -> Result<Vec<ChartCard>, No> {
    let from = Moment(now.0 - HOURS * 3_600_000);
    let buckets = console.ledger().cycle_buckets(None, from, now, HOUR).await?;
    let label = |moment: Moment| super::visit::timestamp(moment).strftime("%-d %b %H:00 UTC").to_string();
    let chart = |what: &str, unit: &'static str, figure: fn(&adapters::ledger::CycleBucket) -> i64| {
        let figures: Vec<u64> = buckets.iter().map(|one| u64::try_from(figure(one)).unwrap_or(0)).collect();
        let (most, sum) = (figures.iter().max().copied().unwrap_or(0), figures.iter().sum::<u64>());
        Chart {
            summary: format!(
                "{} {what} in a day, at most {} an hour",
                count(sum as usize),
                count(most as usize)
            ),
            of: "Hour",
            unit,
            first: buckets.first().map(|one| label(one.start)).unwrap_or_default(),
            last: buckets.last().map(|one| label(one.start)).unwrap_or_default(),
            bars: buckets
                .iter()
                .zip(figures)
                .map(|(one, figure)| Bar { label: label(one.start), figure })
                .collect(),
            full: 0,
        }
    };
    Ok(vec![
        ChartCard {
            title: "JOOR budget".to_owned(),
            chart: chart("credits", "Credits", |bucket| bucket.joor_credits),
        },
        ChartCard {
            title: "Shopify budget".to_owned(),
            chart: chart("points", "Points", |bucket| bucket.shopify_points),
        },
    ])
}

fn equation_words(counts: &adapters::ledger::StateCounts) -> String {
    let parts: Vec<String> = counts
        .states
        .iter()
        .rev()
        .filter(|(_, orders)| *orders > 0)
        .map(|(word, orders)| {
            format!(
                "{} {}",
                count(usize::try_from(*orders).unwrap_or_default()),
                Shown::of(word).word.to_lowercase()
            )
        })
        .collect();
    let all: u64 = counts.states.iter().map(|(_, orders)| orders).sum();
    match all {
        0 => "No approved order has been seen yet.".to_owned(),
        _ => format!("{} = {}", count(usize::try_from(all).unwrap_or_default()), parts.join(" + ")),
    }
}

impl Console {
    /// Problems of orders and connections that wait for somebody.
    pub async fn problems_open(&self) -> Result<usize, No> {
        let open = self.ledger().open_problems(None).await?;
        Ok(open.iter().filter(|one| needs_somebody(one)).count())
    }
}
