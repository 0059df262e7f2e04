//! The crash matrix: short scenes, each played to its end once without a death and then again and again, dying at every
//! touch, with one, two and three deaths in a row. The judge compares both services, the ledger and the mails.
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

/// What was played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub scenes: u64,
    /// Touches of all scenes: calls before and after, mails, transactions.
    pub touches: u64,
    pub runs: u64,
    pub deaths: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Counts) {
        self.scenes += more.scenes;
        self.touches += more.touches;
        self.runs += more.runs;
        self.deaths += more.deaths;
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

/// Plays a scene without deaths and tells what it touches.
pub async fn undisturbed(scene: &Scene, kind: Kind, template: &Path) -> Result<Vec<String>, String> {
    let (_, seen) =
        play(scene, kind, template, &[], None).await.map_err(|wrong| explained(scene, &[], wrong))?;
    Ok(seen)
}

/// Every plan of one death, then those of two and three.
pub fn plans(touches: u64) -> Vec<Vec<u64>> {
    let one = (1..=touches).map(|first| vec![first]);
    let two = (1..=touches).flat_map(|first| SECOND.map(|second| vec![first, second]));
    let three = (1..=touches).flat_map(|first| THIRD.map(|(second, third)| vec![first, second, third]));
    one.chain(two).chain(three).collect()
}

/// Plays a scene with these deaths; `mutation` breaks the program on purpose. `Err` names the scene, the deaths and what was wrong.
pub async fn with_deaths(
    scene: &Scene,
    kind: Kind,
    template: &Path,
    deaths: &[u64],
    mutation: Option<Mutation>,
) -> Result<Counts, String> {
    let (died, _) = play(scene, kind, template, deaths, mutation)
        .await
        .map_err(|wrong| explained(scene, deaths, wrong))?;
    Ok(Counts { runs: 1, deaths: died, ..Counts::default() })
}

fn explained(scene: &Scene, deaths: &[u64], wrong: String) -> String {
    format!("{} with deaths at {deaths:?}: {wrong}", scene.name)
}

/// Plays a scene once. Without deaths it tells the touches, else the deaths that happened.
async fn play(
    scene: &Scene,
    kind: Kind,
    template: &Path,
    deaths: &[u64],
    mutation: Option<Mutation>,
) -> Result<(u64, Vec<String>), String> {
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
    world.life.plan(deaths);
    if deaths.is_empty() {
        world.life.write_down();
    }
    for step in scene.steps {
        step.take(&world).await;
        world.settle().await?;
    }
    judge::judge(&world, scene, deaths.len()).await?;
    let seen = world.life.seen();
    let counted = if deaths.is_empty() { seen.len() as u64 } else { world.program.deaths };
    world.program.close().await;
    Ok((counted, seen))
}

/// The settings of every scene.
fn settings(sandbox: &Sandbox) -> String {
    format!(
        "{}[schedule]\nexported_since = \"2025-12-01\"\n[alerts]\norders = [\"wholesale@brand.example.com\"]\n\
         outages = [\"it@brand.example.com\"]\ndaily = [\"daily@brand.example.com\"]\n[orders]\ncurrencies = [\"USD\"]\n",
        link(sandbox)
    )
}
