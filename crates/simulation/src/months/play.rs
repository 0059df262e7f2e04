//! Plays a plan: lets its events happen, looks with the program in between, and asks the judge at the end of each day.

use super::judge;
use super::notes::Notes;
use super::plan::{DAY, EVENING, ORDINARY, Plan};
use super::settings::Chosen;
use super::told::Told;
use crate::outside::Mutation;
use crate::program::Looked;
use crate::world::{From, World};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sandbox::Sandbox;
use sandbox::brand::{Brand, Role};
use sandbox::joor::{ExportState, OrderSeed, Status};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// An order that could not be exported for so long is given up by its people, who cancel it.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(48);
/// Looks in a row without a change after which the program is left alone until something happens.
const QUIET_LOOKS: usize = 2;
/// Looks that have something to do on one day. A program that needs more goes round in circles.
const TURNS_A_DAY_MAX: u32 = 4_000;
const STEP_MIN: Duration = Duration::from_secs(1);
/// What a clock that was off by no more than this delays is over before the day ends.
const OFF_A_LITTLE: SignedDuration = SignedDuration::from_mins(15);

/// The first day on which something was wrong.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// Counted from 1.
    pub day: u32,
    pub what: Vec<String>,
}

/// Plays the whole plan; `mutation` breaks the program on purpose.
pub async fn play(plan: &Plan, mutation: Option<Mutation>) -> Result<Told, Wrong> {
    play_before(plan, mutation, &|_| {}).await
}

/// Plays it before somebody who is told each day as it begins, counted from 1.
pub async fn play_before(
    plan: &Plan,
    mutation: Option<Mutation>,
    audience: &(dyn Fn(u32) + Sync),
) -> Result<Told, Wrong> {
    let file = |sandbox: &Sandbox| Chosen::FIRST.file(sandbox);
    let world = World::begin(brand(plan.seed), &plan.habits, From::Settings(&file)).await;
    let mut player = Player {
        notes: Notes::of(&world),
        world,
        looks: 0,
        turns_today: 0,
        restless: None,
        begun: Timestamp::UNIX_EPOCH,
        approved: 0,
        paused: false,
        far_off: SignedDuration::ZERO,
        happened: BTreeMap::new(),
    };
    player.world.go_live().await;
    player.world.outside.mutate(mutation);
    player.world.post.mutate(mutation);
    player.begun = player.world.clock.true_now();
    let mut events = plan.events.iter().peekable();
    for day in 0..plan.days {
        audience(day + 1);
        player.turns_today = 0;
        player.give_up();
        player.notes.daily = (day > 0).then(|| player.date());
        while let Some(event) = events.next_if(|event| event.at < DAY * (day + 1)) {
            player.work_until(event.at).await;
            player.let_happen(event).await;
        }
        player.work_until(DAY * day + EVENING).await;
        player.evening(DAY * (day + 1) - Duration::from_secs(60)).await;
        let mut wrong = judge::judge(&player.world, &mut player.notes).await;
        wrong.extend(player.restless.take());
        if !wrong.is_empty() {
            return Err(Wrong { day: day + 1, what: wrong });
        }
    }
    Ok(player.told(plan).await)
}

/// A brand with a smaller catalogue and without orders of its own.
fn brand(seed: u64) -> Brand {
    let mut brand = Brand::new(seed);
    let mut ordinary = 0;
    brand.styles.retain(|style| {
        ordinary += usize::from(style.role == Role::Ordinary);
        style.role != Role::Ordinary || ordinary <= ORDINARY
    });
    brand.orders.clear();
    brand.fates.clear();
    brand
}

pub(super) struct Player {
    pub(super) world: World,
    pub(super) notes: Notes,
    looks: u64,
    turns_today: u32,
    /// What it did when it was found to go round in circles.
    restless: Option<String>,
    begun: Timestamp,
    pub(super) approved: u64,
    pub(super) paused: bool,
    /// How far the program's clock was off today: ahead at most, or else back.
    pub(super) far_off: SignedDuration,
    /// Events that changed something, by kind.
    pub(super) happened: BTreeMap<String, u64>,
}

impl Player {
    /// The program works until it is quiet; the rest of the time it is left alone, as in one long pause between cycles.
    async fn work_until(&mut self, at: Duration) {
        let mut quiet = 0;
        loop {
            let left = self.left(at);
            if left.is_zero() {
                return;
            }
            if quiet >= QUIET_LOOKS {
                self.world.outside.pass(left).await;
                return;
            }
            let looked = self.world.program.look().await;
            self.looks += 1;
            self.turns_today += u32::from(!matches!(looked, Looked::Idle));
            if self.turns_today > TURNS_A_DAY_MAX {
                let open = self.world.open().await.join(", ");
                self.restless = Some(format!("it never rests: {looked:?}; open: {open}"));
                self.world.outside.pass(left).await;
                return;
            }
            quiet = match &looked {
                Looked::Turned(turn) if turn.problem.is_none() && self.world.open().await.is_empty() => {
                    quiet + 1
                }
                Looked::Idle => quiet,
                Looked::Turned(_) | Looked::Died | Looked::BrokenOff | Looked::Failed(_) => 0,
            };
            let left = self.left(at);
            let wait = self.world.program.due_in().max(STEP_MIN).min(left);
            self.world.outside.pass(wait).await;
        }
    }

    /// The services' day.
    pub(super) fn date(&self) -> Date {
        self.world.clock.true_now().to_zoned(TimeZone::UTC).date()
    }

    fn left(&self, at: Duration) -> Duration {
        let passed = self.world.clock.true_now().duration_since(self.begun);
        at.saturating_sub(Duration::try_from(passed).unwrap_or_default())
    }

    /// The weather clears up, and everything has the time that it needs.
    async fn evening(&mut self, end: Duration) {
        self.world.outside.clear();
        self.world.sandbox.faults.clear();
        self.world.post.clear();
        self.world.life.plan(&[]);
        self.world.life.break_off_at(&[]);
        if self.paused {
            self.paused = false;
            self.world.program.command("resume", &json!({})).await;
        }
        self.mend_clock();
        self.work_until(end).await;
        self.notes.deaths = self.world.program.deaths;
    }

    /// From now on nothing waits because of a clock that was wrong; only mails may have told of other days.
    fn mend_clock(&mut self) {
        self.world.clock.set_skew(0);
        let now = self.world.clock.true_now();
        let far_off = std::mem::replace(&mut self.far_off, SignedDuration::ZERO);
        if far_off.abs() > OFF_A_LITTLE {
            let until = now.saturating_add(far_off.max(SignedDuration::ZERO)).unwrap_or(now);
            self.notes.far_off_until = self.notes.far_off_until.max(until).max(now);
        }
    }

    /// In the morning people give up what was held for long.
    fn give_up(&mut self) {
        let now = self.world.clock.true_now();
        let old = |versions: &[(Timestamp, OrderSeed)]| {
            versions.last().is_some_and(|(since, _)| now.duration_since(*since) > GIVEN_UP_AFTER)
        };
        let held: Vec<String> = self
            .notes
            .orders
            .iter()
            .filter(|(_, note)| old(&note.versions))
            .map(|(id, _)| id.clone())
            .filter(|id| {
                let joor = self.world.sandbox.joor.order(id);
                joor.is_some_and(|order| {
                    order.export_status == ExportState::Failed && order.status == Status::Approved
                })
            })
            .collect();
        for id in held {
            self.set_status(&id, Status::Approved, Status::Cancelled);
        }
    }

    async fn told(self, plan: &Plan) -> Told {
        let Player { world, looks, approved, mut happened, .. } = self;
        let strikes = [
            ("Dies", world.program.deaths),
            ("BrokenOff", world.program.broken_off),
            ("RowBroken", world.sandbox.faults.hits().len() as u64),
        ];
        happened.extend(strikes.map(|(kind, times)| (kind.to_owned(), times)));
        let told = Told {
            days: plan.days,
            events: plan.events.len(),
            happened,
            approved,
            exports: world.sandbox.shop.orders().len() as u64,
            creates: world.outside.creates(),
            calls: world.outside.calls(),
            looks,
            troubles: world.outside.met(),
            mail_troubles: world.post.troubles_by_kind(),
            restarts: world.program.deaths,
            mails: world.post.arrived().len(),
        };
        world.program.close().await;
        told
    }
}
