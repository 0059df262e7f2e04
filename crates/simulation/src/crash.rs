//! The crash matrix: short scenes, each played to its end once undisturbed and then again and again: dying at every touch,
//! with one, two and three deaths in a row; broken off at every touch and done again by the same process; with every call
//! delivered twice. The judge compares both services, the ledger and the mails.
//! Scenes are in `crash/scenes.rs`, the judgement in `crash/judge.rs`.

mod judge;
mod scenes;

pub use scenes::{SCENES, Scene};

use crate::habits::Habits;
use crate::outside::Mutation;
use crate::program::link;
use crate::world::{From, Kind, World};
use sandbox::Sandbox;
use sandbox::brand::Brand;
use std::path::Path;

/// Where the second process dies, counted in its own touches; the next few after the restart, and some later ones.
const SECOND: [u64; 6] = [1, 2, 3, 5, 8, 13];
/// Where the second and the third process die.
const THIRD: [(u64, u64); 3] = [(1, 1), (2, 3), (6, 4)];

/// What disturbs a scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// The touches, each counted within its process, at which one process after the other dies.
    Deaths(Vec<u64>),
    /// The touch at which the work is broken off; the process lives, and what was not recorded is done again.
    BrokenOff(u64),
    /// The call that is delivered twice.
    Twice(u64),
}

/// What was played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub scenes: u64,
    /// Touches of all scenes: calls before and after, mails, transactions.
    pub touches: u64,
    pub runs: u64,
    pub deaths: u64,
    /// Times that work was broken off, or a call delivered twice.
    pub repeats: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Counts) {
        self.scenes += more.scenes;
        self.touches += more.touches;
        self.runs += more.runs;
        self.deaths += more.deaths;
        self.repeats += more.repeats;
    }
}

/// A folder with a connection that is live already.
pub async fn live_folder(kind: Kind) -> tempfile::TempDir {
    let mut world = World::begin(Brand::small(), &Habits::plain(kind), From::Settings(&settings)).await;
    world.go_live().await;
    let folder = crate::world::folder();
    world.freeze(folder.path()).await;
    folder
}

/// Plays a scene undisturbed and tells what it touches.
pub async fn undisturbed(scene: &Scene, kind: Kind, template: &Path) -> Result<Vec<String>, String> {
    let wrong = |wrong| format!("{}, undisturbed: {wrong}", scene.name);
    let world = play(scene, kind, template, None, |world| world.life.write_down()).await.map_err(wrong)?;
    judge::judge(&world, scene, 0).await.map_err(wrong)?;
    judge::is_what_it_says(&world, scene).await.map_err(wrong)?;
    let seen = world.life.seen();
    world.program.close().await;
    Ok(seen)
}

/// Every plan of one death, then those of two and three.
pub fn plans(touches: u64) -> Vec<Vec<u64>> {
    let one = (1..=touches).map(|first| vec![first]);
    let two = (1..=touches).flat_map(|first| SECOND.map(|second| vec![first, second]));
    let three = (1..=touches).flat_map(|first| THIRD.map(|(second, third)| vec![first, second, third]));
    one.chain(two).chain(three).collect()
}

/// Everything that disturbs a scene with these touches: what happens once first, then two and three deaths. A create that a
/// network delivers twice is two orders where the shop takes doubles, which no program can help.
pub fn disturbances(seen: &[String], kind: Kind) -> (Vec<Disturbance>, Vec<Disturbance>) {
    let calls = seen.iter().filter_map(|touch| touch.strip_prefix("before ")).filter(|call| *call != "mail");
    let twice = calls.zip(1..).filter(|(call, _)| kind == Kind::RefusesDoubles || *call != "OrderCreate");
    let touches = seen.len() as u64;
    let (one, more) = plans(touches).into_iter().map(Disturbance::Deaths).partition(|plan| plan.is_single());
    let mut once: Vec<Disturbance> = one;
    once.extend((1..=touches).map(Disturbance::BrokenOff));
    once.extend(twice.map(|(_, number)| Disturbance::Twice(number)));
    (once, more)
}

impl Disturbance {
    pub fn is_single(&self) -> bool {
        match self {
            Disturbance::Deaths(deaths) => deaths.len() == 1,
            Disturbance::BrokenOff(_) | Disturbance::Twice(_) => true,
        }
    }

    /// How often something is done again because of it.
    fn times(&self) -> usize {
        match self {
            Disturbance::Deaths(deaths) => deaths.len(),
            Disturbance::BrokenOff(_) | Disturbance::Twice(_) => 1,
        }
    }

    fn plan(&self, world: &World) {
        match self {
            Disturbance::Deaths(deaths) => world.life.plan(deaths),
            Disturbance::BrokenOff(touch) => world.life.break_off_at(&[*touch]),
            Disturbance::Twice(call) => world.outside.deliver_twice(world.outside.calls() + call),
        }
    }
}

/// Plays a scene disturbed; `mutation` breaks the program on purpose. `Err` names the scene, what disturbed it and what was
/// wrong.
pub async fn disturbed(
    scene: &Scene,
    kind: Kind,
    template: &Path,
    disturbance: &Disturbance,
    mutation: Option<Mutation>,
) -> Result<Counts, String> {
    let wrong = |wrong| format!("{} with {disturbance:?}: {wrong}", scene.name);
    let world =
        play(scene, kind, template, mutation, |world| disturbance.plan(world)).await.map_err(wrong)?;
    judge::judge(&world, scene, disturbance.times()).await.map_err(wrong)?;
    let repeats = world.program.broken_off + u64::from(matches!(disturbance, Disturbance::Twice(_)));
    let counts = Counts { runs: 1, deaths: world.program.deaths, repeats, ..Counts::default() };
    world.program.close().await;
    Ok(counts)
}

/// Plays a scene once, from the moment on which `disturb` is told.
async fn play(
    scene: &Scene,
    kind: Kind,
    template: &Path,
    mutation: Option<Mutation>,
    disturb: impl FnOnce(&World),
) -> Result<World, String> {
    let with_scene = |sandbox: &Sandbox| format!("{}{}", settings(sandbox), scene.settings);
    let from = if scene.from_the_start || !scene.settings.is_empty() {
        From::Settings(&with_scene)
    } else {
        From::Copy(template)
    };
    let from_the_start = scene.from_the_start;
    let prepared = matches!(from, From::Settings(_)) && !from_the_start;
    let habits = Habits { lookup_lag: scene.lag, search_lag: scene.lag, ..Habits::plain(kind) };
    let mut world = World::begin(Brand::small(), &habits, from).await;
    if prepared {
        world.go_live().await;
    }
    world.outside.mutate(mutation);
    world.post.mutate(mutation);
    disturb(&world);
    for step in scene.steps {
        step.take(&mut world).await;
        world.settle().await?;
    }
    Ok(world)
}

/// The settings of every scene.
pub fn settings(sandbox: &Sandbox) -> String {
    format!(
        "{}[schedule]\nexported_since = \"2025-12-01\"\n[alerts]\norders = [\"wholesale@brand.example.com\"]\n\
         outages = [\"it@brand.example.com\"]\ndaily = [\"daily@brand.example.com\"]\n[orders]\ncurrencies = [\"USD\"]\n",
        link(sandbox)
    )
}
