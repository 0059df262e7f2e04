//! What cycles took of the two request budgets, against what the other sides give.

use super::answers::No;
use super::visit::timestamp;
use adapters::ledger::records::ConnectionRecord;
use adapters::ledger::{CycleBucket, Ledger};
use console::chart::{Bar, Chart};
use console::look::count;
use console::pages::overview::ChartCard;
use domain::time::Moment;
use std::time::Duration;

const HOURS: usize = 24;
/// JOOR's window.
const WINDOW: Duration = Duration::from_secs(300);
const WINDOWS_AN_HOUR: usize = 12;
/// JOOR gives each account this much in a window.
const JOOR_CREDITS: u64 = 300;
/// What the smallest shop restores in a window, 50 points a second; larger plans give more.
const SHOPIFY_POINTS: u64 = 15_000;

/// Of each hour its busiest five minutes, of the connection that took most: each account has a budget of its own.
pub async fn charts(
    ledger: &Ledger,
    connections: &[ConnectionRecord],
    now: Moment,
) -> Result<Vec<ChartCard>, No> {
    let window = i64::try_from(WINDOW.as_millis()).unwrap_or(i64::MAX);
    let windows = HOURS * WINDOWS_AN_HOUR;
    let from =
        Moment(now.0.saturating_sub(window.saturating_mul(i64::try_from(windows).unwrap_or(i64::MAX))));
    let mut of_each = Vec::new();
    for connection in connections {
        of_each.push(ledger.cycle_buckets(Some(&connection.name), from, now, WINDOW).await?);
    }
    let joor = busiest(&of_each, |bucket| bucket.joor_credits);
    let shopify = busiest(&of_each, |bucket| bucket.shopify_points);
    let chart = |figures: Vec<(Moment, u64)>, unit, summary: String, full| Chart {
        summary,
        of: "Hour",
        unit,
        first: figures.first().map(|(start, _)| label(*start)).unwrap_or_default(),
        last: figures.last().map(|(start, _)| label(*start)).unwrap_or_default(),
        bars: figures.into_iter().map(|(start, figure)| Bar { label: label(start), figure }).collect(),
        full,
    };
    let joor_words = format!(
        "The busiest five minutes of a day took {} of the {JOOR_CREDITS} credits that JOOR gives",
        count(most(&joor))
    );
    let shopify_words = format!(
        "The busiest five minutes of a day took {} points; the smallest Shopify plan restores {} in that time",
        count(most(&shopify)),
        count(usize::try_from(SHOPIFY_POINTS).unwrap_or_default())
    );
    Ok(vec![
        ChartCard {
            title: "JOOR budget".to_owned(),
            chart: chart(joor, "Credits in its busiest five minutes", joor_words, JOOR_CREDITS),
        },
        ChartCard {
            title: "Shopify budget".to_owned(),
            chart: chart(shopify, "Points in its busiest five minutes", shopify_words, SHOPIFY_POINTS),
        },
    ])
}

fn busiest(of_each: &[Vec<CycleBucket>], figure: fn(&CycleBucket) -> i64) -> Vec<(Moment, u64)> {
    let mut found: Vec<(Moment, u64)> = Vec::new();
    for buckets in of_each {
        for (hour, windows) in buckets.chunks(WINDOWS_AN_HOUR).enumerate() {
            let Some(first) = windows.first() else { continue };
            let most = windows.iter().map(figure).max().unwrap_or(0);
            let most = u64::try_from(most).unwrap_or(0);
            match found.get_mut(hour) {
                Some((_, known)) => *known = most.max(*known),
                None => found.push((first.start, most)),
            }
        }
    }
    found
}

fn most(figures: &[(Moment, u64)]) -> usize {
    let most = figures.iter().map(|(_, figure)| *figure).max().unwrap_or(0);
    usize::try_from(most).unwrap_or(usize::MAX)
}

fn label(moment: Moment) -> String {
    timestamp(moment).strftime("%-d %b %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_is_held_against_its_own_budget() {
        let bucket = |credits| CycleBucket {
            start: Moment(0),
            cycles: 1,
            outcomes: Vec::new(),
            joor_credits: credits,
            joor_requests: 0,
            shopify_points: 0,
            shopify_requests: 0,
        };
        let mut one = vec![bucket(10); 2 * WINDOWS_AN_HOUR];
        one[3] = bucket(120);
        let mut other = vec![bucket(20); 2 * WINDOWS_AN_HOUR];
        other[WINDOWS_AN_HOUR] = bucket(90);
        let found = busiest(&[one, other], |bucket| bucket.joor_credits);
        // Never the sum of two accounts.
        assert_eq!(found.iter().map(|(_, figure)| *figure).collect::<Vec<_>>(), [120, 90]);
        assert_eq!(most(&found), 120);
    }
}
