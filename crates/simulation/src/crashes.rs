//! The crash matrix over all scenes and both kinds of shop.

use crate::{Watch, runtime, together};
use simulation::crash::{
    Counts, Disturbance, SCENES, Scene, disturbances, disturbed, live_folder, undisturbed,
};
use simulation::world::Kind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A scene with what disturbs it.
struct Run {
    scene: &'static Scene,
    kind: Kind,
    disturbance: Disturbance,
}

pub fn run(limit: Option<Duration>, only: &str) -> bool {
    let templates = Kind::BOTH.map(|kind| runtime().block_on(live_folder(kind)));
    let template = |kind: Kind| templates[usize::from(kind == Kind::TakesDoubles)].path();
    let mut all = Counts::default();
    let mut runs = Vec::new();
    for scene in SCENES.iter().filter(|scene| scene.name.contains(only)) {
        for kind in Kind::BOTH {
            let seen = match runtime().block_on(undisturbed(scene, kind, template(kind))) {
                Ok(seen) => seen,
                Err(wrong) => {
                    println!("{kind:?}: {wrong}");
                    return false;
                }
            };
            all += Counts { scenes: 1, touches: seen.len() as u64, runs: 1, ..Counts::default() };
            let (once, more) = disturbances(&seen, kind);
            let run = |disturbance| Run { scene, kind, disturbance };
            runs.extend(once.into_iter().chain(more).map(run));
        }
    }
    // Once everywhere first; then, spread over all scenes, what fits the time.
    runs.sort_by_key(|run| (!run.disturbance.is_single(), spread(run)));
    let singles = runs.iter().filter(|run| run.disturbance.is_single()).count();
    let watch = Watch::start();
    let (next, found) = (AtomicUsize::new(0), Mutex::new((all, Vec::new())));
    let player = || {
        let runtime = runtime();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let in_time = || limit.is_none_or(|limit| watch.elapsed() < limit);
            let Some(run) = runs.get(index).filter(|_| index < singles || in_time()) else {
                return;
            };
            let Run { scene, kind, disturbance } = run;
            let played = runtime.block_on(disturbed(scene, *kind, template(*kind), disturbance, None));
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
        "{} scenes in both kinds of shop, {} touches, {} runs of {} planned, {} deaths, {} repeats, {} wrong, in {:.0} s of this machine",
        all.scenes / 2,
        all.touches,
        all.runs,
        runs.len() as u64 + all.scenes,
        all.deaths,
        all.repeats,
        wrong.len(),
        watch.elapsed().as_secs_f32()
    );
    whole.is_ok() && wrong.is_empty()
}

/// The same order in every run, without favour to any scene.
fn spread(run: &Run) -> u64 {
    let words = format!("{} {:?} {:?}", run.scene.name, run.disturbance, run.kind);
    words
        .bytes()
        .map(u64::from)
        .fold(0xcbf2_9ce4_8422_2325, |hash, one| (hash ^ one).wrapping_mul(0x100_0000_01b3))
}
