//! Months from one seed, or from as many as fit the time. Seeds are cut, never days or events of one.

use crate::{Months, Watch, runtime, together};
use simulation::months::{Plan, Told, Wrong, play_before, shrink};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Days of a simulated month.
const MONTH: u32 = 30;
/// Every plan of so many months takes every kind of event and trouble along, and each of them comes to something.
const MONTHS_FOR_ALL: u32 = 3;
/// Plays that may be spent on making a failing plan short.
const SHRINK_PLAYS_MAX: usize = 150;

/// What all players know of each other.
struct Board {
    months: Months,
    watch: Watch,
    next: AtomicU64,
    failed: AtomicBool,
    notes: Mutex<Notes>,
}

#[derive(Default)]
struct Notes {
    /// How far each seed is that is being played.
    playing: BTreeMap<u64, String>,
    /// The longest that a seed took.
    longest: Duration,
    seeds: u64,
    told: Told,
}

pub fn run(months: Months) -> bool {
    if months.plan {
        Plan::new(months.seed, months.days()).events.iter().for_each(|event| println!("{event}"));
        return true;
    }
    let board = Board {
        months,
        watch: Watch::start(),
        next: AtomicU64::new(months.seed),
        failed: AtomicBool::new(false),
        notes: Mutex::default(),
    };
    let whole = together(|| board.play_what_fits(), || board.how_far());
    let notes = board.notes();
    if let Err(reason) = &whole {
        println!("{reason} while playing {:?}", notes.playing.keys());
    }
    let (seeds, seconds) = (notes.seeds, board.watch.elapsed().as_secs_f32());
    println!("{seeds} seeds of {} months each, from seed {}, in {seconds:.0} s", months.months, months.seed);
    println!("{}", notes.told);
    let missing = if months.months >= MONTHS_FOR_ALL { notes.told.missing() } else { Vec::new() };
    if !missing.is_empty() {
        println!("nothing came of these kinds of events and troubles: {}", missing.join(", "));
    }
    // That each kind of trouble can strike is a test's matter: which do depends on how many seeds fit.
    whole.is_ok() && !board.failed.load(Ordering::Relaxed)
}

impl Months {
    fn days(&self) -> u32 {
        self.months * MONTH
    }
}

impl Board {
    fn play_what_fits(&self) {
        while let Some(seed) = self.next_seed() {
            let begun = self.watch.elapsed();
            let told = runtime().block_on(self.one(seed));
            let took = self.watch.elapsed().saturating_sub(begun);
            let mut notes = self.notes();
            notes.playing.remove(&seed);
            let Some(told) = told else {
                self.failed.store(true, Ordering::Relaxed);
                return;
            };
            notes.longest = notes.longest.max(took);
            notes.seeds += 1;
            notes.told += &told;
            println!("seed {seed}: {}, in {:.0} s", told.in_short(), took.as_secs_f32());
        }
    }

    /// The first seed is played in any case, a further one if as much time is left as the longest took so far.
    fn next_seed(&self) -> Option<u64> {
        let limit = Duration::from_secs(self.months.seconds.unwrap_or(0));
        let ends = self.watch.elapsed() + self.notes().longest;
        let seed = self.next.fetch_add(1, Ordering::Relaxed);
        let begins = seed == self.months.seed || ends < limit;
        (begins && !self.failed.load(Ordering::Relaxed)).then_some(seed)
    }

    /// Plays one seed; if it fails, says how little of its plan fails too.
    async fn one(&self, seed: u64) -> Option<Told> {
        let plan = Plan::new(seed, self.months.days());
        let audience = |day| self.is_at(seed, format!("day {day}"));
        match play_before(&plan, None, &audience).await {
            Ok(told) => Some(told),
            Err(wrong) => {
                self.tell_shortened(&plan, wrong).await;
                None
            }
        }
    }

    async fn tell_shortened(&self, plan: &Plan, wrong: Wrong) {
        let Plan { seed, .. } = plan;
        println!("seed {seed} fails on day {}:\n  {}", wrong.day, wrong.what.join("\n  "));
        let until = self.watch.elapsed() + Duration::from_secs(self.months.shrink_seconds);
        let enough = |plays, left| {
            self.is_at(*seed, format!("being shortened: {left} events are left after {plays} plays"));
            plays >= SHRINK_PLAYS_MAX || self.watch.elapsed() >= until
        };
        let short = shrink(plan, wrong, None, &enough).await;
        println!("seed {seed}, shortened to {} events in {} plays:", short.plan.events.len(), short.plays);
        short.plan.events.iter().for_each(|event| println!("  {event}"));
        println!("which fails on day {}:\n  {}", short.wrong.day, short.wrong.what.join("\n  "));
        println!("again: cargo xtask simulate --seed {seed} --months {}", self.months.months);
    }

    fn is_at(&self, seed: u64, place: String) {
        self.notes().playing.insert(seed, place);
    }

    fn how_far(&self) -> String {
        let notes = self.notes();
        let playing: Vec<String> =
            notes.playing.iter().map(|(seed, place)| format!("seed {seed}: {place}")).collect();
        let seconds = self.watch.elapsed().as_secs_f32();
        format!("{seconds:.0} s, {} seeds done; {}", notes.seeds, playing.join(", "))
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
