//! Figures over time and over all orders, for charts and for what needs somebody: exports by day, how long orders took,
//! what cycles used, open and solved problems, and a pulse that beats with every change.

use super::records::ProblemRecord;
use super::rows::Row;
use super::{Ledger, Result, problems, statements, wanted};
use domain::money::Money;
use domain::problem::{Severity, Who};
use domain::time::Moment;
use jiff::civil::Date;
use sqlx::query;
use std::collections::BTreeMap;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const DAYS_MAX: u32 = 400;
/// The row of each order is read for its span, with the whole text that JOOR gave; more would say nothing new.
const SPANS_MAX: i64 = 2_000;
const BUCKETS_MAX: i64 = 500;

macro_rules! problems_with_orders {
    () => {
        "select p.connection, p.id, p.joor_order, p.code, p.severity, p.who, p.sentence, p.resolution, p.subjects, \
         p.opened, p.closed, p.mailed, p.closing_mailed, o.retailer, o.po_number, o.value_amount, o.value_currency, \
         o.ship_start, o.ship_end, o.state_rank from problem p left join joor_order o \
         on o.connection = p.connection and o.id = p.joor_order "
    };
}

macro_rules! not_open_again {
    () => {
        "and not exists (select 1 from problem again where again.connection = p.connection \
         and again.joor_order = p.joor_order and again.code = p.code and again.closed is null)"
    };
}

statements! {
    EXPORTS_PER_DAY = "select at / 86400000 as day, count(*) as exports from export_event \
        where state = 'exported' and at >= $2 and ($1 = '' or connection = $1) group by 1 order by 1";
    /// Of the first export of an order: a later one has no approval of its own.
    SPANS = "select e.at - coalesce(o.approval_seen, o.first_seen) as took from export_event e join joor_order o \
        on o.connection = e.connection and o.id = e.joor_order where e.state = 'exported' and e.at >= $2 \
        and e.generation = 1 and ($1 = '' or e.connection = $1) order by e.at desc limit $3";
    CYCLES = "select (started - $2) / $4 as bucket, outcome, count(*) as cycles, \
        cast(sum(joor_credits) as bigint) as joor_credits, cast(sum(joor_requests) as bigint) as joor_requests, \
        cast(sum(shopify_points) as bigint) as shopify_points, \
        cast(sum(shopify_requests) as bigint) as shopify_requests from cycle where started >= $2 and started < $3 \
        and ($1 = '' or connection = $1) group by 1, outcome order by 1, outcome";
    OPEN = concat!(problems_with_orders!(), "where p.closed is null and ($1 = '' or p.connection = $1)");
    SOLVED = concat!(
        problems_with_orders!(),
        "where p.closed >= $2 and ($1 = '' or p.connection = $1) ",
        not_open_again!(),
        " order by p.closed desc, p.id desc limit $3"
    );
    SOLVED_COUNTS = concat!(
        "select p.connection, p.code, count(distinct p.joor_order) as orders from problem p where p.closed >= $1 \
         and p.joor_order <> '' ",
        not_open_again!(),
        " group by p.connection, p.code"
    );
    OPEN_WEIGHTS = "select severity, who, count(*) as problems from problem where closed is null \
        group by severity, who order by severity, who";
    /// In two parts, since a sum of the largest amounts has no place in one number.
    WORTH = "select state_rank, value_currency, count(*) as orders, \
        cast(sum(value_sort / 1000000000) as bigint) as billions, \
        cast(sum(value_sort % 1000000000) as bigint) as rest from joor_order group by state_rank, value_currency";
    PULSE = "select 'connection ' || name as name, pulse as beat from connection \
        union all select 'counter ' || name, value from counter order by 1";
}

/// Exports that were finished on one day, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayExports {
    pub day: Date,
    pub exports: u64,
}

/// How long each of several things took, in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    sorted: Vec<i64>,
}

impl Spans {
    pub fn new(mut seconds: Vec<i64>) -> Spans {
        seconds.sort_unstable();
        Spans { sorted: seconds }
    }

    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// Shortest first.
    pub fn sorted(&self) -> &[i64] {
        &self.sorted
    }

    /// Half of them took no longer.
    pub fn median(&self) -> Option<i64> {
        self.percentile(50)
    }

    /// 95 of 100 took no longer.
    pub fn p95(&self) -> Option<i64> {
        self.percentile(95)
    }

    /// The smallest that so many of 100 do not exceed.
    fn percentile(&self, percent: usize) -> Option<i64> {
        let rank = (self.sorted.len() * percent).div_ceil(100);
        self.sorted.get(rank.checked_sub(1)?).copied()
    }
}

/// What the cycles that began within a stretch of time used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CycleBucket {
    pub start: Moment,
    pub cycles: u64,
    /// How they ended, each word with its number.
    pub outcomes: Vec<(String, u64)>,
    pub joor_credits: i64,
    pub joor_requests: i64,
    pub shopify_points: i64,
    pub shopify_requests: i64,
}

/// A problem with what its order is worth and when it ships.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenProblem {
    pub connection: String,
    pub problem: ProblemRecord,
    /// Empty for a problem of the connection itself.
    pub retailer: String,
    pub po_number: String,
    pub value: Option<Money>,
    pub ship_start: Option<Date>,
    pub ship_end: Option<Date>,
    /// The order's state word.
    pub state: Option<&'static str>,
}

/// The orders in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worth {
    /// The state's word; `None`: never approved, and without an export.
    pub state: Option<&'static str>,
    pub orders: u64,
    /// One sum for each currency: amounts of different currencies are never added. What has no value, or one that is
    /// nobody's order, is in none.
    pub values: Vec<Money>,
}

impl Ledger {
    /// Orders and their values by state, from the least to the most finished; only states with orders.
    pub async fn worth_by_state(&self) -> Result<Vec<Worth>> {
        let mut found: BTreeMap<Option<i64>, Worth> = BTreeMap::new();
        for row in self.rows(query(WORTH)).await? {
            let row = Row(&row);
            let state = row.state_of_order()?;
            let worth = found.entry(row.number_or_none("state_rank")?);
            let worth = worth.or_insert_with(|| Worth { state, orders: 0, values: Vec::new() });
            worth.orders += row.amount("orders")?;
            let sums = (row.number_or_none("billions")?, row.number_or_none("rest")?);
            if let (Some(currency), (Some(billions), Some(rest))) =
                (row.currency_or_none("value_currency")?, sums)
            {
                worth.values.push(Money::new(wanted::amount_of(billions, rest), currency));
            }
        }
        Ok(found.into_values().collect())
    }

    /// Exports of each of the last days, today included, oldest first.
    pub async fn exports_per_day(
        &self,
        connection: Option<&str>,
        now: Moment,
        days: u32,
    ) -> Result<Vec<DayExports>> {
        let days = i64::from(days.clamp(1, DAYS_MAX));
        let first = day_number(now) - days + 1;
        let mut found: Vec<DayExports> = (first..first + days)
            .map(|number| DayExports { day: beginning_of(number).day(), exports: 0 })
            .collect();
        let asked = query(EXPORTS_PER_DAY).bind(connection.unwrap_or_default());
        for row in self.rows(asked.bind(beginning_of(first).0)).await? {
            let row = Row(&row);
            let place = usize::try_from(row.number("day")? - first).ok();
            // A clock that went backwards may have left exports of tomorrow.
            if let Some(day) = place.and_then(|place| found.get_mut(place)) {
                day.exports = row.amount("exports")?;
            }
        }
        Ok(found)
    }

    /// From the moment in which an order was first seen approved until it was in Shopify, for what was exported on the
    /// last days; of the latest of them, where they are very many.
    pub async fn approval_to_export(
        &self,
        connection: Option<&str>,
        now: Moment,
        days: u32,
    ) -> Result<Spans> {
        let since = now.minus(DAY * days.clamp(1, DAYS_MAX));
        let asked = query(SPANS).bind(connection.unwrap_or_default()).bind(since.0).bind(SPANS_MAX);
        let rows = self.rows(asked).await?;
        let seconds = rows.iter().map(|row| Ok(Row(row).number("took")?.max(0) / 1000));
        Ok(Spans::new(seconds.collect::<Result<Vec<_>>>()?))
    }

    /// What cycles used between two moments, in stretches of this length, oldest first; the last one may be shorter.
    pub async fn cycle_buckets(
        &self,
        connection: Option<&str>,
        from: Moment,
        to: Moment,
        bucket: Duration,
    ) -> Result<Vec<CycleBucket>> {
        let length = i64::try_from(bucket.as_millis()).unwrap_or(i64::MAX).max(1);
        let span = to.0.saturating_sub(from.0).max(0);
        let buckets = (span / length + i64::from(span % length > 0)).min(BUCKETS_MAX);
        let mut found: Vec<CycleBucket> = (0..buckets)
            .map(|place| CycleBucket {
                start: Moment(from.0 + place * length),
                cycles: 0,
                outcomes: Vec::new(),
                joor_credits: 0,
                joor_requests: 0,
                shopify_points: 0,
                shopify_requests: 0,
            })
            .collect();
        let asked = query(CYCLES).bind(connection.unwrap_or_default()).bind(from.0).bind(to.0).bind(length);
        for row in self.rows(asked).await? {
            let row = Row(&row);
            let place = usize::try_from(row.number("bucket")?).ok();
            let Some(bucket) = place.and_then(|place| found.get_mut(place)) else { continue };
            let cycles = row.amount("cycles")?;
            bucket.cycles += cycles;
            bucket.outcomes.push((row.text("outcome")?, cycles));
            bucket.joor_credits += row.number("joor_credits")?;
            bucket.joor_requests += row.number("joor_requests")?;
            bucket.shopify_points += row.number("shopify_points")?;
            bucket.shopify_requests += row.number("shopify_requests")?;
        }
        Ok(found)
    }

    /// Every open problem with its order, oldest first.
    pub async fn open_problems(&self, connection: Option<&str>) -> Result<Vec<OpenProblem>> {
        let rows = self.rows(query(OPEN).bind(connection.unwrap_or_default())).await?;
        let mut found = rows.iter().map(|row| with_order(&Row(row))).collect::<Result<Vec<_>>>()?;
        // Sorted here: for the sake of the order SQLite would go through everything that was ever solved.
        found.sort_by_key(|open| open.problem.id);
        Ok(found)
    }

    /// How many orders no longer wait on a cause that was solved for them since then, by connection and code.
    pub async fn solved_counts(&self, since: Moment) -> Result<BTreeMap<(String, &'static str), u64>> {
        let rows = self.rows(query(SOLVED_COUNTS).bind(since.0)).await?;
        let of = |row| {
            let row = Row(row);
            Ok(((row.text("connection")?, row.code()?), row.amount("orders")?))
        };
        rows.iter().map(of).collect()
    }

    /// How many problems are open, by how bad they are and whose move it is.
    pub async fn open_weights(&self) -> Result<Vec<(Severity, Who, u64)>> {
        let rows = self.rows(query(OPEN_WEIGHTS)).await?;
        rows.iter()
            .map(|row| Ok((Row(row).severity()?, Row(row).who()?, Row(row).amount("problems")?)))
            .collect()
    }

    /// Problems that closed since then and are not open again, closed last first.
    pub async fn solved_problems(
        &self,
        connection: Option<&str>,
        since: Moment,
        limit: u32,
    ) -> Result<Vec<OpenProblem>> {
        let asked = query(SOLVED).bind(connection.unwrap_or_default()).bind(since.0);
        let rows = self.rows(asked.bind(i64::from(limit))).await?;
        rows.iter().map(|row| with_order(&Row(row))).collect()
    }

    /// Another text whenever something was stored that pages show.
    pub async fn pulse(&self) -> Result<String> {
        let rows = self.rows(query(PULSE)).await?;
        let beats =
            rows.iter().map(|row| Ok(format!("{}={}", Row(row).text("name")?, Row(row).number("beat")?)));
        Ok(beats.collect::<Result<Vec<_>>>()?.join(";"))
    }
}

fn day_number(moment: Moment) -> i64 {
    moment.0.div_euclid(i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX))
}

fn beginning_of(day: i64) -> Moment {
    Moment(day.saturating_mul(i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX)))
}

fn with_order(row: &Row) -> Result<OpenProblem> {
    Ok(OpenProblem {
        connection: row.text("connection")?,
        problem: problems::problem_from(row)?,
        retailer: row.text_or_none("retailer")?.unwrap_or_default(),
        po_number: row.text_or_none("po_number")?.unwrap_or_default(),
        value: row.money_or_none("value")?,
        ship_start: row.date_or_none("ship_start")?,
        ship_end: row.date_or_none("ship_end")?,
        state: row.state_of_order()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_and_nineteen_of_twenty_took_no_longer() {
        let spans = Spans::new((1..=20).rev().collect());
        assert_eq!((spans.count(), spans.median(), spans.p95()), (20, Some(10), Some(19)));
        let one = Spans::new(vec![7]);
        assert_eq!((one.median(), one.p95()), (Some(7), Some(7)));
        let none = Spans::new(Vec::new());
        assert_eq!((none.median(), none.p95()), (None, None));
    }
}
