//! Makes a plan that fails short: days after the failure are cut off, then events are left out by halves, quarters and
//! one by one, as long as what is left still fails.

use super::plan::{Event, Plan};
use super::play::{Wrong, play};
use crate::outside::Mutation;

/// A plan that fails, and how often it was played to find it.
pub struct Short {
    pub plan: Plan,
    pub wrong: Wrong,
    pub plays: usize,
}

/// Shortens until nothing can be left out any more, or until somebody had enough, who is told the plays that were spent
/// and the events that are left.
pub async fn shrink(
    plan: &Plan,
    wrong: Wrong,
    mutation: Option<Mutation>,
    enough: &(dyn Fn(usize, usize) -> bool + Sync),
) -> Short {
    let mut short = Short { plan: plan.until(wrong.day), wrong, plays: 0 };
    let mut piece = short.plan.events.len().div_ceil(2).max(1);
    loop {
        let mut start = 0;
        let mut shorter = false;
        while start < short.plan.events.len() && !enough(short.plays, short.plan.events.len()) {
            let end = (start + piece).min(short.plan.events.len());
            let kept: Vec<Event> = [&short.plan.events[..start], &short.plan.events[end..]].concat();
            let tried = Plan { events: kept, ..short.plan.clone() };
            short.plays += 1;
            match play(&tried, mutation).await {
                Err(wrong) => {
                    short.plan = tried.until(wrong.day);
                    short.wrong = wrong;
                    shorter = true;
                }
                Ok(_) => start = end,
            }
        }
        if enough(short.plays, short.plan.events.len()) || (piece == 1 && !shorter) {
            return short;
        }
        if piece > 1 {
            piece = piece.div_ceil(2);
        }
    }
}
