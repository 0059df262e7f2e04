//! Two brands in one process: what keeps one busy, silent or broken is nothing to the other. Several processes for them
//! are in `postgres`.

use crate::harness::{Daemon, World, until};
use sandbox::{Fault, Sandbox, Service, When};
use std::time::Duration;

/// Comes first wherever connections are listed.
const NEIGHBOUR: &str = "a-neighbour";
/// A write of the ledger in the middle of the first cycle.
const WRITE: &str = "8";
const HOUR: Duration = Duration::from_secs(3600);

/// As many connections are worked on at once.
fn at_once(world: &World, number: u8) {
    let text = format!("[cycle]\nconnections_at_once = {number}\n");
    std::fs::write(world.data_folder().join("config.toml"), text).expect("the data folder takes a file");
}

fn lists_asked(sandbox: &Sandbox) -> usize {
    sandbox.joor.operations().iter().filter(|name| *name == "GET orders").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brand_that_is_always_due_leaves_the_others_their_turn() {
    let mut world = World::start().await;
    let neighbour = world.neighbour(NEIGHBOUR).await;
    at_once(&world, 1);
    // Each of its cycles takes longer than its interval of one second.
    let slowly = Fault::Slow(Duration::from_millis(900));
    neighbour.faults.script(Service::Joor, "GET orders", When::Always, slowly);
    world.approved(world.plain("86301"));
    world.run_as_service().await;
    world.until_order("86301", "exported").await;
    let before = lists_asked(&neighbour);
    until("the neighbour had its turn too", || lists_asked(&neighbour) > before + 3).await;
    world.stop_service().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brand_whose_joor_does_not_answer_is_not_waited_for() {
    let mut world = World::start().await;
    let neighbour = world.neighbour(NEIGHBOUR).await;
    at_once(&world, 2);
    neighbour.faults.script(Service::Joor, "GET orders", When::Always, Fault::Slow(HOUR));
    world.run_as_service().await;
    until("the neighbour waits for its JOOR", || lists_asked(&neighbour) > 0).await;
    for id in ["86302", "86303"] {
        world.approved(world.brand.order(id, 0).line(world.brand.line(1, 0, 1)));
        until("it is exported and reported", || world.joor_report(id).0 == "SUCCESS").await;
    }
    assert_eq!(lists_asked(&neighbour), 1, "the neighbour still waits for its first answer");
    world.kill_service();
    world.finish().await;
}

/// The alarm rings while a turn goes on, and what it says reaches those of the brand that is silent.
#[tokio::test(flavor = "multi_thread")]
async fn a_silence_that_begins_while_a_turn_is_stuck_is_mailed_from_beside_it() {
    let mut world = World::start().await;
    world.settings.text("alerts", "silence", "1h");
    world.apply().await;
    world.sync().await;
    world.pass(HOUR - Duration::from_secs(8));
    world.joor_fault("GET orders", When::Always, Fault::Slow(HOUR));
    world.run_as_service().await;
    until("the turn is stuck", || !world.sandbox.faults.hits().is_empty()).await;
    assert!(world.mails().is_empty(), "{:#?}", world.mails());
    until("the silence is told", || !world.mails().is_empty()).await;
    let mails = world.mails();
    assert!(mails.len() == 1 && mails[0].body_text.contains("SYS_SILENCE"), "{mails:#?}");
    assert_eq!(world.sandbox.faults.hits().len(), 1, "the turn is stuck still");
    world.kill_service();
    world.finish().await;
}

/// A fault of the program itself ends one turn. The brand goes on with what the ledger knows, the other at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_breaks_off_is_taken_up_again_and_stops_nobody() {
    let world = World::start().await;
    world.approved(world.plain("86304"));
    let mut command = world.command(&["run"]);
    command.env("JOOR_SHOPIFY_TRIAL_PANICS_AT_WRITE", WRITE);
    let service = Daemon::start(command, &world.data_folder().join("broken-off.log"));
    until("a turn broke off", || service.log().contains("a turn broke off")).await;
    assert_ne!(world.order("86304").await.state(), "exported");

    let neighbour = world.neighbour(NEIGHBOUR).await;
    neighbour.joor.add_order(world.plain("86305"));
    let reported = |sandbox: &Sandbox, id: &str| {
        sandbox.joor.order(id).is_some_and(|order| order.export_status.word() == "SUCCESS")
    };
    until("the other brand is served", || reported(&neighbour, "86305")).await;
    assert!(!reported(&world.sandbox, "86304"), "the first one waits a little after its fault");
    until("the first one goes on", || reported(&world.sandbox, "86304")).await;
    world.shop_order_of("86304");
    service.terminate();
    assert_eq!(service.ended().await, 0);
    world.finish().await;
}
