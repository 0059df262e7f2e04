//! What is measured in Shopify, in the order in which it is done. At most four orders are asked for, since development
//! stores take five a minute.

use super::facts::{Fact, Measured, Verdict};
use super::orders::{Bench, Step, Took};
use crate::cycle::Stop;
use adapters::ports::{CallError, Created, Refusal, ShopFacts, ShopOrderState, TestLines};
use domain::ids::{LocationId, ShopOrderId, VariantId};
use domain::settings::LINES_MAX;
use std::collections::BTreeMap;
use std::time::Duration;

const FIRST: u32 = 1;
const MARK: u32 = 2;
const LONG: u32 = 3;

/// The results, and whether the search had caught up at the end.
#[derive(Debug, Default)]
pub struct Outcome {
    pub results: Vec<Measured>,
    pub all_seen: bool,
    /// The stock before a unit was taken.
    stock: Levels,
}

/// What the second order with the same custom id was answered.
enum Second {
    Refused(Vec<Refusal>),
    Made(ShopOrderId),
    Unclear(String),
}

/// Fills `outcome` as far as it gets; what is in it counts, whatever comes later.
pub async fn measure(
    bench: &mut Bench<'_>,
    facts: &ShopFacts,
    variant: Option<&VariantId>,
    outcome: &mut Outcome,
) -> Step<()> {
    let request = bench.request(FIRST, TestLines::OfNoProduct(1));
    let first = made(bench.send(&request).await?)?;
    let looked_up = bench.until_looked_up(&request.token).await?;
    outcome.results.push(lateness(Fact::LookUp, looked_up));
    // The very same bytes, as a repeated request would be.
    let second = match bench.send(&request).await? {
        Created::Order { order, .. } => Second::Made(order.id),
        Created::Refused(reasons) => Second::Refused(reasons),
        Created::NotExecuted(error) => Second::Unclear(error.to_string()),
        Created::Unclear { reason } => Second::Unclear(reason),
    };
    outcome.results.push(uniqueness(&first, &second));
    let lines = match variant {
        Some(variant) => TestLines::OneUnitOf(variant.clone()),
        None => TestLines::OfNoProduct(1),
    };
    outcome.stock = levels(bench, variant).await?;
    let mark = bench.request(MARK, lines);
    let made_last = made(bench.send(&mark).await?)?;
    let found = bench.until_found(&mark.token, &made_last).await?;
    outcome.results.push(lateness(Fact::Search, found));
    outcome.all_seen = matches!(found, Took::Within(_));
    outcome.results.push(leavings(bench, &first, &second, outcome.all_seen).await?);
    if variant.is_some() {
        let after = levels(bench, variant).await?;
        let state = bench.state(&made_last).await?;
        outcome.results.push(location(facts, &outcome.stock, &after, state.as_ref()));
    }
    if facts.development {
        let request = bench.request(LONG, TestLines::OfNoProduct(LINES_MAX as u32 + 1));
        outcome.results.push(longest(bench.send(&request).await?));
    }
    Ok(())
}

fn made(created: Created) -> Step<ShopOrderId> {
    match created {
        Created::Order { order, .. } => Ok(order.id),
        Created::Refused(reasons) => Err(Stop::Shopify(CallError::Refused { reasons })),
        Created::NotExecuted(error) => Err(Stop::Shopify(error)),
        Created::Unclear { reason } => {
            Err(Stop::Shopify(CallError::NoAnswer { endpoint: "OrderCreate".to_owned(), reason }))
        }
    }
}

fn lateness(fact: Fact, took: Took) -> Measured {
    let (verdict, time, detail) = match took {
        Took::Within(time) => {
            (Verdict::AsAssumed, time, format!("shows a new order after {}", seconds(time)))
        }
        Took::NotWithin(time) => {
            (Verdict::Otherwise, time, format!("did not show a new order within {}", seconds(time)))
        }
    };
    let amount = i64::try_from(time.as_millis()).ok();
    Measured { amount, ..Measured::new(fact, verdict, detail) }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} seconds", time.as_secs_f64())
}

fn uniqueness(first: &ShopOrderId, second: &Second) -> Measured {
    let fact = Fact::CustomIdUnique;
    match second {
        Second::Refused(reasons) => {
            let one = |reason: &Refusal| format!("{} {}: {}", reason.code, reason.field, reason.message);
            let words: Vec<String> = reasons.iter().map(one).collect();
            let detail = format!("a second order with it is refused ({})", words.join("; "));
            Measured::new(fact, Verdict::AsAssumed, detail)
        }
        Second::Made(id) if id == first => {
            Measured::new(fact, Verdict::AsAssumed, "a second request is answered with the first order")
        }
        Second::Made(_) => Measured::new(
            fact,
            Verdict::Otherwise,
            "this shop takes a second order with a custom id that another order has",
        ),
        Second::Unclear(reason) => Measured::new(fact, Verdict::Unclear, reason.as_str()),
    }
}

/// Orders with the token of the first one that nobody told us about.
async fn leavings(
    bench: &mut Bench<'_>,
    first: &ShopOrderId,
    second: &Second,
    all_seen: bool,
) -> Step<Measured> {
    let fact = Fact::RefusalWhole;
    let hits = bench.search(&bench.token(FIRST)).await?;
    let others: Vec<String> =
        hits.iter().filter(|hit| hit.id != *first).map(|hit| hit.name.clone()).collect();
    bench.known.extend(hits.into_iter().map(|hit| hit.id));
    Ok(match second {
        Second::Made(_) | Second::Unclear(_) => {
            Measured::new(fact, Verdict::Unclear, "nothing was refused, so there is nothing to see")
        }
        Second::Refused(_) if !others.is_empty() => {
            let detail = format!("a refused order was made without its custom id ({})", others.join(", "));
            Measured::new(fact, Verdict::Otherwise, detail)
        }
        Second::Refused(_) if all_seen => {
            Measured::new(fact, Verdict::AsAssumed, "a refused order leaves nothing behind")
        }
        Second::Refused(_) => {
            Measured::new(fact, Verdict::Unclear, "the search did not show what it was asked for in time")
        }
    })
}

type Levels = BTreeMap<LocationId, i64>;

async fn levels(bench: &Bench<'_>, variant: Option<&VariantId>) -> Step<Levels> {
    let Some(variant) = variant else { return Ok(Levels::new()) };
    let mut found = bench.shop.variants(std::slice::from_ref(variant)).await.map_err(Stop::Shopify)?;
    let found = found.remove(variant).flatten();
    Ok(found.filter(|found| found.tracked).map(|found| found.available).unwrap_or_default())
}

/// Locations whose stock is not what it was before, in words.
pub async fn stock_changed(
    bench: &Bench<'_>,
    facts: &ShopFacts,
    variant: Option<&VariantId>,
    outcome: &Outcome,
) -> Step<Vec<String>> {
    let now = levels(bench, variant).await?;
    let changed = outcome.stock.iter().filter_map(|(id, before)| {
        let after = now.get(id).copied().unwrap_or_default();
        (after != *before).then(|| format!("{}: {before} before, {after} now", named(facts, id)))
    });
    Ok(changed.collect())
}

fn named(facts: &ShopFacts, id: &LocationId) -> String {
    let found = facts.locations.iter().find(|location| location.id == *id);
    found.map_or_else(|| id.number().to_owned(), |location| location.name.clone())
}

/// Where did the unit come from, and is the order assigned there?
fn location(facts: &ShopFacts, before: &Levels, after: &Levels, state: Option<&ShopOrderState>) -> Measured {
    let fact = Fact::Location;
    let stocked = before.values().filter(|units| **units > 0).count();
    if stocked < 2 {
        let detail = format!("the variant has stock at {stocked} locations; name one that several have");
        return Measured::new(fact, Verdict::Unclear, detail);
    }
    let taken = before.iter().find(|(id, units)| after.get(*id).is_some_and(|left| left < *units));
    let assigned =
        state.and_then(|state| state.fulfilment_orders.iter().find_map(|part| part.location.clone()));
    let Some((from, units)) = taken else {
        return Measured::new(fact, Verdict::Unclear, "no location has fewer units than before");
    };
    let fullest = before.values().all(|other| other <= units);
    let which = if fullest { "the one with the most units" } else { "not the one with the most units" };
    let whence = format!("of {stocked} locations the unit was taken at {} ({which})", named(facts, from));
    match assigned {
        Some(place) if place == *from => {
            Measured::new(fact, Verdict::AsAssumed, format!("{whence}, where the order is assigned"))
        }
        Some(place) => Measured::new(
            fact,
            Verdict::Otherwise,
            format!("{whence}, but the order is assigned to {}", named(facts, &place)),
        ),
        None => Measured::new(
            fact,
            Verdict::Unclear,
            format!("{whence}; where the order is assigned is not shown"),
        ),
    }
}

fn longest(created: Created) -> Measured {
    let fact = Fact::LinesMax;
    let lines = LINES_MAX + 1;
    match created {
        Created::Order { .. } => {
            let detail = format!("an order with {lines} lines is taken; orders are held or split too early");
            Measured::new(fact, Verdict::Otherwise, detail)
        }
        Created::Refused(reasons) | Created::NotExecuted(CallError::Refused { reasons }) => {
            let words: Vec<String> = reasons.into_iter().map(|reason| reason.message).collect();
            let detail = format!("an order with {lines} lines is refused ({})", words.join("; "));
            Measured::new(fact, Verdict::AsAssumed, detail)
        }
        Created::NotExecuted(error) => Measured::new(fact, Verdict::Unclear, error.to_string()),
        Created::Unclear { reason } => Measured::new(fact, Verdict::Unclear, reason),
    }
}
