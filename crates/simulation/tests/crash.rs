//! The program dies at points of every scene and starts again, is broken off and goes on, or is delivered its calls twice:
//! one live order, one report, no mail or unit lost, and a ledger that says so. What does not fit the time here is played by
//! `cargo xtask simulate crashes`, which leaves nothing out.

use adapters::shopify::documents;
use simulation::crash::{Counts, Disturbance, SCENES, disturbances, disturbed, live_folder, undisturbed};
use simulation::outside::Mutation;
use simulation::world::Kind;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// Each kind of shop is played for so long, and in any case at so many points of each scene.
const LONG: Duration = Duration::from_secs(25);
const POINTS: usize = 2;
/// Of so many runs, one is of two or three deaths, until everything that happens once was played.
const OF_MORE: usize = 4;

type Run = (usize, Disturbance);

/// How many of which sort were played.
#[derive(Default)]
struct Played {
    runs: usize,
    of: usize,
}

/// Every scene undisturbed, and then what fits the time, in an order that is another one each day.
async fn what_fits_in_every_scene(kind: Kind) {
    let template = live_folder(kind).await;
    let begun = now();
    let (mut once, mut more): (Vec<Run>, Vec<Run>) = (Vec::new(), Vec::new());
    for (index, scene) in SCENES.iter().enumerate() {
        let seen = undisturbed(scene, kind, template.path()).await.unwrap();
        let (here, in_a_row) = disturbances(&seen, kind);
        once.extend(here.into_iter().map(|one| (index, one)));
        more.extend(in_a_row.into_iter().map(|one| (index, one)));
    }
    let day = today();
    shuffle(&mut once, day);
    shuffle(&mut more, day);
    let mut first = Vec::new();
    for scene in 0..SCENES.len() {
        first.extend(once.iter().filter(|run| run.0 == scene).take(POINTS).cloned());
    }
    once.retain(|run| !first.contains(run));
    let mut all = Counts::default();
    for run in &first {
        all += play(run, kind, template.path()).await;
    }
    let (mut singles, mut rows) =
        (Played { runs: first.len(), of: first.len() + once.len() }, Played::default());
    rows.of = more.len();
    while begun.elapsed() < LONG && (!once.is_empty() || !more.is_empty()) {
        let of_more = once.is_empty() || (all.runs as usize).is_multiple_of(OF_MORE);
        let (queue, played) =
            if of_more && !more.is_empty() { (&mut more, &mut rows) } else { (&mut once, &mut singles) };
        let Some(run) = queue.pop() else { continue };
        all += play(&run, kind, template.path()).await;
        played.runs += 1;
    }
    println!(
        "{kind:?}, in the order of day {day}: {} of {} points once, {} of {} rows of two and three deaths; {all:?}",
        singles.runs, singles.of, rows.runs, rows.of
    );
    assert!(all.deaths > 0 && all.repeats > 0, "{all:?}");
}

async fn play((scene, disturbance): &Run, kind: Kind, template: &Path) -> Counts {
    disturbed(&SCENES[*scene], kind, template, disturbance, None).await.unwrap()
}

/// An order of its own for each day, the same all day long.
fn shuffle(runs: &mut [Run], day: u64) {
    let start = 0xcbf2_9ce4_8422_2325 ^ day;
    runs.sort_by_key(|run| {
        let words = format!("{run:?}");
        let mixed =
            words.bytes().fold(start, |hash, one| (hash ^ u64::from(one)).wrapping_mul(0x100_0000_01b3));
        (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd)
    });
}

#[allow(clippy::disallowed_methods, reason = "how long this machine takes decides how much is played")]
fn now() -> Instant {
    Instant::now()
}

#[allow(clippy::disallowed_methods, reason = "another part of the whole on each day")]
fn today() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 86_400
}

#[tokio::test]
async fn wherever_the_program_dies_or_repeats_itself_there_is_one_order_in_a_shop_that_refuses_doubles() {
    what_fits_in_every_scene(Kind::RefusesDoubles).await;
}

#[tokio::test]
async fn wherever_the_program_dies_or_repeats_itself_there_is_one_order_in_a_shop_that_takes_doubles() {
    what_fits_in_every_scene(Kind::TakesDoubles).await;
}

/// Documents that the worker of these scenes never sends: further pages of large shops, the probe's own, what somebody
/// searches for in the console, and whether a product is gone that a person linked around.
const ELSEWHERE: [&str; 6] =
    ["FindCustomers", "FindVariants", "InventoryLevels", "Locations", "OrderDelete", "Products"];

#[tokio::test]
async fn every_call_of_the_program_stands_in_a_scene() {
    let kind = Kind::RefusesDoubles;
    let template = live_folder(kind).await;
    let mut seen = BTreeSet::new();
    for scene in SCENES {
        seen.extend(undisturbed(scene, kind, template.path()).await.unwrap());
    }
    let joor = ["orders", "sku_line_items", "skus", "price_types", "bulk_update", "auth"];
    let others = ["access_token", "mail"];
    let shopify = documents::ALL.iter().map(|document| document.name);
    for call in shopify.filter(|name| !ELSEWHERE.contains(name)).chain(joor).chain(others) {
        for side in ["before", "after"] {
            assert!(seen.contains(&format!("{side} {call}")), "{call} stands in no scene");
        }
    }
    assert!(seen.contains("ledger"));
}

#[tokio::test]
async fn a_program_that_does_not_look_before_it_sends_again_is_caught() {
    let kind = Kind::TakesDoubles;
    let template = live_folder(kind).await;
    let scene = &SCENES[0];
    let touches = undisturbed(scene, kind, template.path()).await.unwrap();
    let died_after = |what: &str| touches.iter().position(|touch| touch == what).map(|at| at as u64 + 1);
    let at = died_after("after OrderCreate").unwrap();
    let blind = Some(Mutation::LooksAreIgnored);
    // Dead, or broken off and done again by the same process.
    for disturbance in [Disturbance::Deaths(vec![at]), Disturbance::BrokenOff(at)] {
        let wrong = disturbed(scene, kind, template.path(), &disturbance, blind).await.unwrap_err();
        assert!(wrong.contains("are both there"), "{wrong}");
        disturbed(scene, kind, template.path(), &disturbance, None).await.unwrap();
    }
}

#[tokio::test]
async fn a_ledger_that_names_another_order_than_the_one_that_stands_is_caught() {
    let kind = Kind::RefusesDoubles;
    let template = live_folder(kind).await;
    let misread = Some(Mutation::NamesAreMisread);
    let wrong = disturbed(&SCENES[0], kind, template.path(), &Disturbance::BrokenOff(u64::MAX), misread);
    let wrong = wrong.await.unwrap_err();
    assert!(wrong.contains("JOOR says") || wrong.contains("the ledger says"), "{wrong}");
}

/// The judge's other eyes.
#[tokio::test]
async fn mails_that_come_twice_and_amounts_that_are_off_are_caught() {
    let kind = Kind::RefusesDoubles;
    let template = live_folder(kind).await;
    let held = SCENES.iter().find(|scene| scene.name.starts_with("held for stock")).unwrap();
    let undisturbed = Disturbance::Deaths(Vec::new());
    disturbed(held, kind, template.path(), &undisturbed, None).await.unwrap();
    for (mutation, words) in
        [(Mutation::MailsAreRepeated, "say the same"), (Mutation::CentsAreOff, "comes to")]
    {
        let played = disturbed(held, kind, template.path(), &undisturbed, Some(mutation)).await;
        let wrong = played.err().unwrap_or_else(|| panic!("nobody noticed {mutation:?}"));
        assert!(wrong.contains(words), "{mutation:?}: {wrong}");
    }
}
