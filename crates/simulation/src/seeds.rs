//! Months from one seed, or from as many as fit the time.

use crate::{Months, Watch, players, runtime};
use simulation::months::{Plan, Told, play, shrink};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Days of a simulated month.
const MONTH: u32 = 30;
/// Plays that may be spent on making a failing plan short.
const SHRINK_PLAYS_MAX: usize = 150;

pub fn run(months: Months) -> bool {
    let days = months.months * MONTH;
    if months.plan {
        Plan::new(months.seed, days).events.iter().for_each(|event| println!("{event}"));
        return true;
    }
    let watch = Watch::start();
    let limit = Duration::from_secs(months.seconds.unwrap_or(0));
    let next = AtomicU64::new(months.seed);
    let failed = AtomicBool::new(false);
    let all = Mutex::new((0, Told::default()));
    let player = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let begins = seed == months.seed || watch.elapsed() < limit;
            if !begins || failed.load(Ordering::Relaxed) {
                return;
            }
            match one(&Plan::new(seed, days)) {
                Some(told) => {
                    let mut all = all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    all.0 += 1;
                    all.1 += &told;
                }
                None => failed.store(true, Ordering::Relaxed),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..players() {
            scope.spawn(player);
        }
    });
    let (seeds, told) = &*all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    println!(
        "{seeds} seeds of {} months each, from seed {}, in {:.0} s of this machine",
        months.months,
        months.seed,
        watch.elapsed().as_secs_f32()
    );
    println!("{told}");
    !failed.load(Ordering::Relaxed)
}

/// Plays one plan; if it fails, says how little of it fails too.
fn one(plan: &Plan) -> Option<Told> {
    runtime().block_on(async {
        let wrong = match play(plan, None).await {
            Ok(told) => return Some(told),
            Err(wrong) => wrong,
        };
        println!("seed {} fails on day {}:\n  {}", plan.seed, wrong.day, wrong.what.join("\n  "));
        let short = shrink(plan, wrong, None, SHRINK_PLAYS_MAX).await;
        println!("shortened to {} events in {} plays:", short.plan.events.len(), short.plays);
        short.plan.events.iter().for_each(|event| println!("  {event}"));
        println!("which fails on day {}:\n  {}", short.wrong.day, short.wrong.what.join("\n  "));
        None
    })
}
