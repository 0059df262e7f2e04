//! The program dies at points of every scene and starts again: one live order, one report, no mail or unit lost. Every
//! point, and two and three deaths in a row, are tried by `cargo xtask simulate crashes`.

use adapters::shopify::documents;
use simulation::crash::{Counts, SCENES, live_folder, plans, undisturbed, with_deaths};
use simulation::outside::Mutation;
use simulation::world::Kind;
use std::collections::BTreeSet;

/// Points of a scene that are tried here.
const POINTS: u64 = 3;

async fn some_deaths_in_every_scene(kind: Kind) {
    let template = live_folder(kind).await;
    let mut all = Counts::default();
    for (index, scene) in SCENES.iter().enumerate() {
        let seen = undisturbed(scene, kind, template.path()).await.unwrap();
        let touches = seen.len() as u64;
        // Another remainder for each scene, so that together they meet every kind of point.
        let step = (touches / POINTS).max(1);
        for deaths in plans(touches) {
            let here = deaths[0] % step == index as u64 % step;
            if here && (deaths.len() == 1 || deaths[0] / step == index as u64 % POINTS) {
                all += with_deaths(scene, kind, template.path(), &deaths, None).await.unwrap();
            }
        }
    }
    println!("{all:?}");
    assert!(all.deaths >= all.runs, "{all:?}");
}

#[tokio::test]
async fn wherever_the_program_dies_there_is_one_order_in_a_shop_that_refuses_doubles() {
    some_deaths_in_every_scene(Kind::RefusesDoubles).await;
}

#[tokio::test]
async fn wherever_the_program_dies_there_is_one_order_in_a_shop_that_takes_doubles() {
    some_deaths_in_every_scene(Kind::TakesDoubles).await;
}

/// Documents that the worker of these scenes never sends: further pages of large shops, and the probe's own.
const ELSEWHERE: [&str; 3] = ["InventoryLevels", "Locations", "OrderDelete"];

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
    let deaths = [died_after("after OrderCreate").unwrap()];
    let blind = Some(Mutation::LooksAreIgnored);
    let wrong = with_deaths(scene, kind, template.path(), &deaths, blind).await.unwrap_err();
    assert!(wrong.contains("are both there"), "{wrong}");
    with_deaths(scene, kind, template.path(), &deaths, None).await.unwrap();
}
