//! Overview: is everything flowing, and what needs somebody?

use super::answers::{Answer, No, page};
use super::flow::{Standing, calm, headline, of_connections};
use super::visit::Visit;
use super::words::{sums, tone, urgency, who_words};
use super::{Console, budgets};
use adapters::ledger::{OpenProblem, Spans, Worth};
use axum::extract::{Extension, State};
use console::Place;
use console::chart::{Bar, Chart};
use console::look::{State as Shown, count, day, span};
use console::pages::overview::{Cause, ChartCard, EquationRow, Needs, Overview, Speed};
use domain::money::Money;
use domain::problem::{Severity, Who, title};
use domain::time::Moment;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use super::flow::card;

const CHART_DAYS: u32 = 30;

pub async fn overview(State(console): State<Arc<Console>>, Extension(visit): Extension<Visit>) -> Answer {
    let now = console.now();
    let ledger = console.ledger();
    let connections = ledger.connections().await?;
    // Two at a time: there are few connections to a ledger, and others wait for them too.
    let (open, spans) =
        tokio::try_join!(ledger.open_problems(None), ledger.approval_to_export(None, now, CHART_DAYS))?;
    let (worth, days) =
        tokio::try_join!(ledger.worth_by_state(), ledger.exports_per_day(None, now, CHART_DAYS))?;
    let mut standing = Vec::new();
    for connection in &connections {
        standing.push(Standing::of(connection, &open, ledger, now).await?);
    }
    let mut all_needs = of_connections(&standing);
    merge(&mut all_needs, needs(&open, now));
    let (tone, headline) = headline(&standing, &open);
    let of_days = |last: usize| days.iter().rev().take(last).map(|day| day.exports).sum::<u64>();
    let mut charts = vec![ChartCard { title: "Exports per day".to_owned(), chart: exports_chart(&days) }];
    charts.extend(budgets::charts(ledger, &connections, now).await?);
    page(&Overview {
        frame: console.frame(&visit, Place::Overview).await,
        tone,
        headline,
        calm: calm(&standing),
        connections: standing.into_iter().map(|one| one.card).collect(),
        needs: all_needs,
        exported_today: count(usize::try_from(of_days(1)).unwrap_or_default()),
        exported_week: count(usize::try_from(of_days(7)).unwrap_or_default()),
        speed: speed(&spans),
        charts,
        equation: equation(&worth),
        equation_words: equation_words(&worth),
    })
}

fn speed(spans: &Spans) -> Option<Speed> {
    Some(Speed {
        over: format!("last {CHART_DAYS} days"),
        median: span(spans.median()?),
        p95: span(spans.p95()?),
    })
}

/// Worse than something to take note of, and somebody's move.
pub fn needs_somebody(open: &OpenProblem) -> bool {
    is_for_somebody(open.problem.told.severity, open.problem.told.who)
}

fn is_for_somebody(severity: Severity, who: Who) -> bool {
    severity >= Severity::Partial && who != Who::Nobody
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
            causes.sort_by(|one, other| other.urgency.cmp(&one.urgency).then(other.orders.cmp(&one.orders)));
            let titles: Vec<String> = causes.iter().map(|cause| cause.title.clone()).collect();
            for cause in &mut causes {
                if titles.iter().filter(|title| **title == cause.title).count() == 1 {
                    cause.connection.clear();
                }
            }
            Needs { who: who.to_owned(), causes }
        })
        .collect()
}

/// Groups of one heading become one; what was there comes first.
fn merge(all: &mut Vec<Needs>, more: Vec<Needs>) {
    for group in more {
        match all.iter_mut().find(|known| known.who == group.who) {
            Some(known) => known.causes.extend(group.causes),
            None => all.push(group),
        }
    }
}

fn cause(connection: &str, code: &'static str, orders: &[&OpenProblem], now: Moment) -> Cause {
    let ships: Option<Date> = orders.iter().filter_map(|one| one.ship_start).min();
    let values: Vec<&Money> = orders.iter().filter_map(|one| one.value.as_ref()).collect();
    let severity = orders.iter().map(|one| one.problem.told.severity).max().unwrap_or(Severity::Partial);
    Cause {
        title: title(code).to_owned(),
        connection: connection.to_owned(),
        href: format!("/problems/{connection}/{code}"),
        code: code.to_owned(),
        tone: tone(severity),
        orders: orders.len(),
        at_risk: sums(values),
        ships: ships.map(day),
        urgency: orders.iter().filter_map(|one| urgency(one, now.day())).max(),
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

/// Every state with its orders and, one under the other, what they are worth in each currency.
fn equation(worth: &[Worth]) -> Vec<EquationRow> {
    let row = |(word, one): (&'static str, &Worth)| EquationRow {
        state: Shown::of(word),
        orders: orders_in(one),
        values: sums(&one.values),
        href: format!("/orders?state={word}"),
    };
    approved(worth).map(row).collect()
}

fn equation_words(worth: &[Worth]) -> String {
    let part = |(word, one): (&'static str, &Worth)| {
        format!("{} {}", orders_in(one), Shown::of(word).word.to_lowercase())
    };
    let parts: Vec<String> = approved(worth).map(part).collect();
    let all: u64 = approved(worth).map(|(_, one)| one.orders).sum();
    match all {
        0 => "No approved order has been seen yet.".to_owned(),
        _ => format!("{} = {}", count(usize::try_from(all).unwrap_or(usize::MAX)), parts.join(" + ")),
    }
}

/// The most finished first; an order that was never approved is nowhere yet.
fn approved(worth: &[Worth]) -> impl Iterator<Item = (&'static str, &Worth)> {
    worth.iter().rev().filter_map(|one| Some((one.state?, one)))
}

fn orders_in(one: &Worth) -> String {
    count(usize::try_from(one.orders).unwrap_or(usize::MAX))
}

impl Console {
    /// Problems of orders and connections that wait for somebody.
    pub async fn problems_open(&self) -> Result<usize, No> {
        let open = self.ledger().open_weights().await?;
        let need = open
            .iter()
            .filter(|(severity, who, _)| is_for_somebody(*severity, *who))
            .map(|(.., number)| number);
        Ok(usize::try_from(need.sum::<u64>()).unwrap_or(usize::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::money::Currency;

    #[test]
    fn what_orders_are_worth_stands_beside_their_number_and_no_currencies_are_added() {
        let money = |amount: &str, code: &str| {
            Money::new(amount.parse().unwrap(), Currency::from_code(code).unwrap())
        };
        let worth = [
            Worth { state: None, orders: 7, values: vec![money("1", "USD")] },
            Worth { state: Some("held"), orders: 2, values: Vec::new() },
            Worth {
                state: Some("exported"),
                orders: 1204,
                values: vec![money("99.5", "EUR"), money("1240311.4", "USD"), money("5000", "JPY")],
            },
        ];
        let shown: Vec<_> = equation(&worth)
            .into_iter()
            .map(|row| {
                let values = row.values.iter().map(|value| format!("{} {}", value.figure, value.currency));
                (row.state.word, row.orders, values.collect::<Vec<_>>().join(", "), row.href)
            })
            .collect();
        let row = |state, orders: &str, values: &str, word: &str| {
            (state, orders.to_owned(), values.to_owned(), format!("/orders?state={word}"))
        };
        assert_eq!(
            shown,
            [
                row("Exported", "1,204", "1,240,311.40 USD, 5,000 JPY, 99.50 EUR", "exported"),
                row("Held", "2", "", "held"),
            ]
        );
        assert_eq!(equation_words(&worth), "1,206 = 1,204 exported + 2 held");
        assert_eq!(equation_words(&worth[..1]), "No approved order has been seen yet.");
    }
}
