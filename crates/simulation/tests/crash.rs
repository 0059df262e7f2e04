//! The program dies at points of every scene and starts again: one live order, one report, no mail or unit lost. Every
//! point, and two and three deaths in a row, are tried by `cargo xtask simulate crashes`.

use simulation::crash::{Counts, SCENES, live_folder, plans, undisturbed, with_deaths};
use simulation::world::Kind;

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
                all += with_deaths(scene, kind, template.path(), &deaths).await.unwrap();
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
