//! The ledger on PostgreSQL: the same promises, several processes on one ledger, and a server that goes away. Without a
//! server these stories say so and end; `cargo xtask test` starts one. Other stories are told on PostgreSQL too when
//! `JOOR_SHOPIFY_STORIES_ON_POSTGRES` is set.

use crate::harness::{Call, Options, OwnServer, SLOWLY, World, given_server, until, until_within};
use sandbox::{Fault, When};
use std::collections::BTreeMap;
use std::time::Duration;

/// A lease, and the time until a standby asks again.
const LEASE_OVER: Duration = Duration::from_secs(180);

async fn world_on(server: &str) -> World {
    World::with(Options { server: Some(server.to_owned()), ..Options::default() }).await
}

async fn world_of_kind(server: &str, enforced: bool) -> World {
    let mut options = Options { server: Some(server.to_owned()), ..Options::default() };
    options.sandbox.shop.custom_id_enforced = enforced;
    World::with(options).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_lives_its_whole_life_on_postgresql() {
    let Some(server) = given_server() else { return };
    let world = world_on(&server).await;
    world.set_stock(0, 1, [0, 0]);
    world.approved(world.plain("99001"));
    world.approved(world.brand.order("99002", 0).line(world.brand.line(0, 1, 1)));
    world.sync().await;
    world.sync().await;
    world.order("99001").await.must_be("exported", &[]);
    world.order("99002").await.must_be("held", &["STOCK_SHORT"]);
    assert_eq!((world.joor_report("99001").0.as_str(), world.mails().len()), ("SUCCESS", 1));
    world.set_stock(0, 1, [5, 0]);
    world.sync().await;
    world.order("99002").await.must_be("exported", &[]);
    let first = world.shop_order_of("99001");
    world.sandbox.shop.cancel_order(&first.gid, true);
    world.sandbox.joor.set_to_reexport("99001");
    for _ in 0..3 {
        world.sync().await;
    }
    let again = world.order("99001").await;
    again.must_be("exported", &[]);
    assert_eq!((again.generation(), world.shop_orders_of("99001").len()), (2, 2));

    let doctor = world.run(&["doctor"]).await.json;
    let findings = doctor["findings"].as_array().cloned().unwrap_or_default();
    let ledger = findings.iter().find(|finding| finding["what"] == "ledger").expect("it looks at the ledger");
    assert_eq!(ledger["state"], "ok", "{ledger:#}");
    assert!(ledger["why"].as_str().is_some_and(|why| why.contains("PostgreSQL 1")), "{ledger:#}");
    let password = server.split(':').nth(2).and_then(|rest| rest.split('@').next()).expect("a password");
    for arguments in [&["doctor"][..], &["config", "show", "--origin"], &["init"], &["connection", "list"]] {
        let ran = world.run(arguments).await;
        assert!(!ran.stdout.contains(password) && !ran.stderr.contains(password), "{arguments:?}: {ran:#?}");
    }
    assert!(!world.data_folder().join("ledger.sqlite").exists(), "nothing is in a file");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_create_and_record_there_is_one_order_once_the_lease_is_over() {
    let Some(server) = given_server() else { return };
    let world = world_on(&server).await;
    world.approved(world.plain("99011"));
    world.fault("OrderCreate", When::Next, Fault::Slow(SLOWLY));
    let cycle = world.spawn(&["sync", "--once"]);
    until("the order is on its way", || world.asked("OrderCreate") == 1).await;
    cycle.kill();
    until("the order exists", || world.shop_orders_of("99011").len() == 1).await;
    let busy = world.sync_ends_with(3).await;
    assert!(busy.json.to_string().contains("another process works on this connection"), "{}", busy.stdout);
    assert_eq!(world.order("99011").await.state(), "sending");
    world.leases_end();
    world.sync().await;
    let shown = world.order("99011").await;
    shown.must_be("exported", &[]);
    assert_eq!((shown.requests(), world.asked("OrderCreate")), (1, 1));
    assert!(shown.events().contains(&"found"), "{:?}", shown.events());
    assert_eq!(world.joor_report("99011").0, "SUCCESS");
    world.finish().await;
}

/// How a lease ends while its process stands still.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LeaseEnds {
    Early,
    /// After its real two minutes.
    ByItself,
}

/// A process stands still at this call for longer than its lease, another one takes over, and then the first goes on.
async fn frozen_at(world: &World, call: Call, id: &str, lease: LeaseEnds) {
    let asked = world.asked("OrderCreate");
    let hits = world.sandbox.faults.hits().len();
    world.sandbox.faults.script(call.service(), call.name(), When::Next, Fault::Slow(SLOWLY));
    world.approved(world.plain(id));
    let first = world.spawn_as("first", &["run"]);
    until("the first process reaches the call", || world.sandbox.faults.hits().len() > hits).await;
    first.freeze();
    let (frozen, _) = world.database.as_ref().expect("a database").epochs();
    if lease == LeaseEnds::Early {
        world.leases_end();
    }
    let mut second = world.spawn_as("second", &["run"]);
    if lease == LeaseEnds::ByItself {
        let taken = || world.database.as_ref().expect("a database").epochs().0 > frozen;
        until_within(LEASE_OVER, "the second process takes over", taken).await;
    }
    world.until_order(id, "exported").await;
    until("the report is there", || world.joor_report(id).0 == "SUCCESS").await;
    // A report that was on its way arrives without the second process: it may still be about to take over.
    let epochs = || world.database.as_ref().expect("a database").epochs();
    until("the second process works under an epoch of its own", || epochs().0 > frozen).await;
    let (_, before) = epochs();

    first.thaw();
    until("the first process notices", || first.log().contains("another process works on this connection"))
        .await;
    let (_, after) = world.database.as_ref().expect("a database").epochs();
    assert_eq!(
        after.iter().filter(|of| **of <= frozen).count(),
        before.iter().filter(|of| **of <= frozen).count()
    );
    assert_eq!(world.asked("OrderCreate"), asked + 1, "{call:?}: one create in all\n{}", first.log());
    let shown = world.order(id).await;
    assert_eq!((shown.state(), shown.requests()), ("exported", 1), "{call:?}: {:#}", shown.0);
    world.shop_order_of(id);
    assert!(!second.has_ended(), "{}", second.log());
    for process in [first, second] {
        process.terminate();
        assert_eq!(process.ended().await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_frozen_past_its_lease_records_nothing_and_creates_nothing() {
    let Some(server) = given_server() else { return };
    let in_one = async |enforced: bool| {
        let world = world_of_kind(&server, enforced).await;
        // Before anything is written down, after the request left, and while JOOR is told.
        frozen_at(&world, Call::FindOrders, "99021", LeaseEnds::Early).await;
        frozen_at(&world, Call::OrderCreate, "99022", LeaseEnds::Early).await;
        frozen_at(&world, Call::JoorReport, "99023", LeaseEnds::Early).await;
        world.finish().await;
    };
    tokio::join!(in_one(true), in_one(false));
}

/// Nothing is shortened here: the lease lasts its two minutes, and a standby asks again every half a minute.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stood_still_for_minutes_is_followed_by_its_standby_and_doubles_nothing() {
    let Some(server) = given_server() else { return };
    let in_one = async |enforced: bool, call: Call, id: &str| {
        let world = world_of_kind(&server, enforced).await;
        frozen_at(&world, call, id, LeaseEnds::ByItself).await;
        world.finish().await;
    };
    tokio::join!(
        in_one(true, Call::OrderCreate, "99024"),
        in_one(false, Call::OrderCreate, "99025"),
        in_one(false, Call::FindOrders, "99026"),
    );
}

/// As a standby of the database does, or one whose disk is full.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_nothing_more_stops_all_sending_until_it_does() {
    let Some(server) = given_server() else { return };
    let mut world = world_on(&server).await;
    world.approved(world.plain("99041"));
    world.run_as_service().await;
    world.until_order("99041", "exported").await;
    until("the report is there", || world.joor_report("99041").0 == "SUCCESS").await;
    world.database.as_ref().expect("a database").read_only(true);
    world.approved(world.brand.order("99042", 1).line(world.brand.line(1, 0, 1)));
    let told = |world: &World| {
        let mails = world.mails();
        mails.into_iter().filter(|mail| mail.body_text.contains("SYS_STORE")).collect::<Vec<_>>()
    };
    until_within(Duration::from_secs(60), "people hear of it", || !told(&world).is_empty()).await;
    let said = told(&world)[0].body_text.clone();
    assert!(said.contains("nothing is sent") && said.contains("read-only"), "{said}");
    assert_eq!(world.asked("OrderCreate"), 1, "nothing is sent that cannot be written down first");
    world.database.as_ref().expect("a database").read_only(false);
    let reported = || world.joor_report("99042").0 == "SUCCESS";
    until_within(Duration::from_secs(60), "the order arrives", reported).await;
    world.order("99042").await.must_be("exported", &[]);
    assert_eq!((world.asked("OrderCreate"), told(&world).len()), (2, 1));
    world.stop_service().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_connections_and_one_takes_over_when_the_other_stops() {
    let Some(server) = given_server() else { return };
    let mut world = world_on(&server).await;
    world.run_as_service().await;
    for step in 0..4 {
        world.approved(world.brand.order(&format!("9903{step}"), 0).line(world.brand.line(0, step, 1)));
    }
    let standby = world.spawn_as("standby", &["run"]);
    for step in 0..4 {
        world.until_order(&format!("9903{step}"), "exported").await;
    }
    // What a person asks for reaches whoever works, and settings too, while both run.
    world.settings.text("orders", "stock", "bypass");
    world.apply().await;
    until("the standby has tried", || standby.log().contains("another process works on this connection"))
        .await;
    world.stop_service().await;
    world.set_stock(1, 0, [0, 0]);
    world.approved(world.brand.order("99035", 0).line(world.brand.line(1, 0, 1)));
    world.until_order("99035", "exported").await;
    for id in ["99030", "99031", "99032", "99033", "99035"] {
        world.shop_order_of(id);
    }
    standby.terminate();
    assert_eq!(standby.ended().await, 0);
    world.finish().await;
}

/// Two brands in one ledger, and two processes that both want to work on both.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_and_two_connections_each_connection_has_one_owner_at_a_time() {
    let Some(server) = given_server() else { return };
    let world = world_on(&server).await;
    let other = world.neighbour("other").await;

    let database = world.database.as_ref().expect("a database");
    let mut owners: BTreeMap<(String, i64), String> = BTreeMap::new();
    let mut looked = || {
        for (name, epoch, owner) in database.owners() {
            if !owner.is_empty() {
                let known = owners.entry((name.clone(), epoch)).or_insert_with(|| owner.clone());
                assert_eq!(*known, owner, "{name} has two owners in epoch {epoch}");
            }
        }
        owners.values().collect::<std::collections::BTreeSet<_>>().len()
    };
    let first = world.spawn_as("one", &["run"]);
    until("the first process works", || looked() >= 1).await;
    let second = world.spawn_as("two", &["run"]);
    let approved = |id: String, number: usize| {
        world.approved(world.brand.order(&id, 0).line(world.brand.line(0, number, 1)));
        other.joor.add_order(world.brand.order(&id, 0).line(world.brand.line(0, number, 1)));
    };
    let reported = |id: &str| {
        let there = other.joor.order(id).is_some_and(|order| order.export_status.word() == "SUCCESS");
        there && world.joor_report(id).0 == "SUCCESS"
    };
    for number in 0..4 {
        approved(format!("9920{number}"), number);
    }
    until("both brands are exported", || {
        looked();
        (0..4).all(|number| reported(&format!("9920{number}")))
    })
    .await;
    let busy = "another process works on this connection";
    until("one of them was told", || first.log().contains(busy) || second.log().contains(busy)).await;
    // Whoever is left works on both.
    first.kill();
    world.leases_end();
    for number in 4..6 {
        approved(format!("9920{number}"), number);
    }
    // A process that was told that somebody else works asks again after a quarter of a lease.
    until_within(Duration::from_secs(90), "the rest is exported", || {
        looked();
        (4..6).all(|number| reported(&format!("9920{number}")))
    })
    .await;
    assert_eq!(looked(), 2, "both processes have worked");
    for (asked, orders) in [
        (world.asked("OrderCreate"), world.sandbox.shop.orders().len()),
        (
            other.shop.operations().iter().filter(|name| *name == "OrderCreate").count(),
            other.shop.orders().len(),
        ),
    ] {
        assert_eq!((asked, orders), (6, 6));
    }
    second.terminate();
    assert_eq!(second.ended().await, 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_restarted_under_load_loses_nothing_and_doubles_nothing() {
    let Some(mut server) = OwnServer::start() else { return };
    let mut world = world_on(&server.url).await;
    let ids: Vec<String> = (0..16).map(|step| format!("991{step:02}")).collect();
    for (step, id) in ids.iter().enumerate() {
        world.approved(world.brand.order(id, 0).line(world.brand.line(step % 2, step % 4, 1)));
    }
    world.fault("OrderCreate", When::Times(16), Fault::Slow(Duration::from_millis(150)));
    world.run_as_service().await;
    for already in [3, 10] {
        let enough = || world.sandbox.shop.orders().len() >= already;
        until_within(Duration::from_secs(60), "orders arrive", enough).await;
        server.restart();
    }
    for id in &ids {
        let shown = world.until_order(id, "exported").await;
        assert_eq!(shown.requests(), 1, "{:#}", shown.0);
        world.shop_order_of(id);
    }
    let reported = || ids.iter().all(|id| world.joor_report(id).0 == "SUCCESS");
    until_within(Duration::from_secs(60), "all are reported", reported).await;
    assert_eq!(world.asked("OrderCreate"), 16, "no request left twice");
    let alarms = world.mails().into_iter().filter(|mail| mail.subject.contains("ledger")).count();
    assert!(alarms <= 2, "one mail for each time that it was away, not {alarms}: {:#?}", world.mails());
    world.stop_service().await;
    // Its database has to go before the server does.
    world.finish().await;
}
