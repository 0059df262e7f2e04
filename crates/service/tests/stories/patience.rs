//! Stories that need the protocol's own waits of half a minute, all told at the same time: an order that surely is not
//! there is sent again, one that appears late is not; a mail server that was away is made up for.

use crate::harness::{Options, Shown, World, until_within};
use sandbox::{Fault, Service, When};
use std::time::Duration;

/// Looks at 5 and 35 s, and a quiet time that begins with the request's deadline of 30 s.
const PATIENCE: Duration = Duration::from_secs(75);

fn kind(enforced: bool) -> Options {
    let mut options = Options::default();
    options.sandbox.shop.custom_id_enforced = enforced;
    options
}

/// Not executed at all, executed late, answered with a page: each order arrives exactly once.
async fn uncertain_creates(enforced: bool) {
    let mut world = World::with(kind(enforced)).await;
    let faults = [
        Fault::DropBefore,
        Fault::ActLate(Duration::from_secs(3)),
        Fault::Html { code: 502 },
        Fault::Status { code: 500, body: String::new(), headers: Vec::new() },
        Fault::ActLate(Duration::from_secs(20)),
    ];
    for (step, fault) in faults.iter().enumerate() {
        world.approved(world.brand.order(&format!("8700{step}"), 0).line(world.brand.line(0, step, 1)));
        world.fault("OrderCreate", When::Next, fault.clone());
    }
    world.run_as_service().await;
    let all = |world: &World| {
        (0..faults.len()).all(|step| world.joor_report(&format!("8700{step}")).0 == "SUCCESS")
    };
    until_within(PATIENCE, "all five are exported and reported", || all(&world)).await;
    for step in 0..faults.len() {
        let shown = world.order(&format!("8700{step}")).await;
        assert_eq!(shown.state(), "exported", "{:#}", shown.0);
        world.shop_order_of(&format!("8700{step}"));
    }
    // Two that came late were only looked up; the three that never came were sent once more.
    assert_eq!(world.asked("OrderCreate"), faults.len() + 3);
    world.stop_service().await;
    world.finish().await;
}

/// The request was written down, the process died, and the request never left.
async fn killed_before_the_create_left(enforced: bool) {
    let mut world = World::with(kind(enforced)).await;
    // The look at 30 s after the restart comes just after the deadline; with a second of quiet time it would be the next.
    world.settings.text("schedule", "quiet_time", "0s");
    world.apply().await;
    world.approved(world.plain("87010"));
    world.fault("OrderCreate", When::Next, Fault::Slow(Duration::from_secs(3600)));
    world.run_as_service().await;
    until_within(PATIENCE, "the create is on its way", || !world.sandbox.faults.hits().is_empty()).await;
    world.kill_service();
    world.run_as_service().await;
    let told = |shown: &Shown| shown.state() == "unconfirmed" && shown.problems() == ["DEST_UNCONFIRMED"];
    world.until_shown("87010", "looked for, and people know", told).await;
    until_within(PATIENCE, "it is sent again and reported", || world.joor_report("87010").0 == "SUCCESS")
        .await;
    let shown = world.order("87010").await;
    assert_eq!((shown.state(), shown.requests()), ("exported", 2));
    world.shop_order_of("87010");
    world.stop_service().await;
    world.finish().await;
}

/// News survive a mail server that is away and a restart.
async fn mail_server_away() {
    let mut world = World::start().await;
    let away = Fault::Status { code: 451, body: "try later".to_owned(), headers: Vec::new() };
    world.sandbox.faults.script(Service::Smtp, "*", When::Next, away);
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("87030"));
    world.sync().await;
    assert!(world.mails().is_empty(), "{:#?}", world.mails());
    world.run_as_service().await;
    until_within(PATIENCE, "the mail arrives after all", || !world.mails().is_empty()).await;
    let mails = world.mails();
    assert!(mails.len() == 1 && mails[0].body_text.contains("87030"), "{mails:#?}");
    world.stop_service().await;
    world.finish().await;
}

/// Creates that were not executed at all are sent again only after the search by source identifier is empty too; a shop
/// whose searches ignore their filter cannot prove that, so the order waits for a person.
async fn a_search_that_cannot_be_trusted() {
    let mut options = kind(false);
    options.sandbox.shop.ignore_search_filters = true;
    let mut world = World::with(options).await;
    world.approved(world.plain("87040"));
    world.sync().await;
    world.approved(world.brand.order("87041", 0).line(world.brand.line(1, 0, 1)));
    world.fault("OrderCreate", When::Next, Fault::DropBefore);
    world.run_as_service().await;
    world.until_order("87041", "unconfirmed").await;
    let looks = world.asked("FindOrders");
    until_within(PATIENCE, "two more looks", || world.asked("FindOrders") >= looks + 2).await;
    let shown = world.order("87041").await;
    assert_eq!((shown.state(), world.asked("OrderCreate")), ("unconfirmed", 2), "{:#}", shown.0);
    world.retry("87041", &["--not-there"]).await;
    world.until_order("87041", "exported").await;
    world.shop_order_of("87041");
    assert_eq!(world.asked("OrderCreate"), 3, "only after a person said so");
    world.stop_service().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_uncertain_is_waited_for_and_then_done_exactly_once() {
    tokio::join!(
        uncertain_creates(true),
        uncertain_creates(false),
        killed_before_the_create_left(true),
        killed_before_the_create_left(false),
        mail_server_away(),
        a_search_that_cannot_be_trusted(),
    );
}
