//! The crash matrix over all scenes and both kinds of shop.

use crate::{Watch, runtime, together};
use simulation::crash::{Counts, SCENES, Scene, live_folder, plans, undisturbed, with_deaths};
use simulation::world::Kind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A scene with the deaths that it is played with.
struct Run {
    scene: &'static Scene,
    kind: Kind,
    deaths: Vec<u64>,
}

pub fn run(limit: Duration, only: &str) -> bool {
    let templates = Kind::BOTH.map(|kind| runtime().block_on(live_folder(kind)));
    let template = |kind: Kind| templates[usize::from(kind == Kind::TakesDoubles)].path();
    let mut all = Counts::default();
    let mut runs = Vec::new();
    for scene in SCENES.iter().filter(|scene| scene.name.contains(only)) {
        for kind in Kind::BOTH {
            let touches = match runtime().block_on(undisturbed(scene, kind, template(kind))) {
                Ok(seen) => seen.len() as u64,
                Err(wrong) => {
                    println!("{kind:?}: {wrong}");
                    return false;
                }
            };
            all += Counts { scenes: 1, touches, runs: 1, deaths: 0 };
            runs.extend(plans(touches).into_iter().map(|deaths| Run { scene, kind, deaths }));
        }
    }
    // One death everywhere first; then, spread over all scenes, what fits the time.
    runs.sort_by_key(|run| (run.deaths.len() > 1, spread(run)));
    let singles = runs.iter().filter(|run| run.deaths.len() == 1).count();
    let watch = Watch::start();
    let (next, found) = (AtomicUsize::new(0), Mutex::new((all, Vec::new())));
    let player = || {
        let runtime = runtime();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(run) = runs.get(index).filter(|_| index < singles || watch.elapsed() < limit) else {
                return;
            };
            let played =
                runtime.block_on(with_deaths(run.scene, run.kind, template(run.kind), &run.deaths, None));
            let mut found = found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match played {
                Ok(counts) => found.0 += counts,
                Err(wrong) => found.1.push(format!("{:?}: {wrong}", run.kind)),
            }
        }
    };
    let how_far = || {
        let begun = next.load(Ordering::Relaxed).min(runs.len());
        format!("{:.0} s: {begun} of {} runs begun", watch.elapsed().as_secs_f32(), runs.len())
    };
    let whole = together(player, how_far);
    let (all, wrong) = &*found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    wrong.iter().for_each(|wrong| println!("{wrong}"));
    println!(
        "{} scenes in both kinds of shop, {} touches, {} runs of {} planned, {} deaths, {} wrong, in {:.0} s of this machine",
        all.scenes / 2,
        all.touches,
        all.runs,
        runs.len() as u64 + all.scenes,
        all.deaths,
        wrong.len(),
        watch.elapsed().as_secs_f32()
    );
    whole.is_ok() && wrong.is_empty()
}

/// The same order in every run, without favour to any scene.
fn spread(run: &Run) -> u64 {
    let name = run.scene.name.bytes().map(u64::from);
    let mixed = name.chain(run.deaths.iter().copied()).chain([u64::from(run.kind == Kind::TakesDoubles)]);
    mixed.fold(0xcbf2_9ce4_8422_2325, |hash, one| (hash ^ one).wrapping_mul(0x100_0000_01b3))
}
