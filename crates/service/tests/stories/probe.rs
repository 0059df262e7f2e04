//! `connection probe`: against shops of every kind it measures what they do, tells it, and leaves nothing behind.

use crate::harness::{CONNECTION, Call, Options, Ran, SLOWLY, World, until};
use sandbox::shopify::Routing;
use sandbox::{Fault, When};
use serde_json::Value;
use std::time::Duration;

pub(super) async fn probing(change: impl FnOnce(&mut Options)) -> World {
    let mut options = Options::default();
    options.sandbox.shop.custom_id_enforced = true;
    options.sandbox.shop.development = true;
    change(&mut options);
    let mut world = World::with(options).await;
    world.may_be_refused = true;
    world.approved(world.plain("97001"));
    world.sync().await;
    world.order("97001").await.must_be("exported", &[]);
    world.set_stock(1, 0, [3, 9]);
    world
}

pub(super) async fn probe(world: &World, more: &[&str]) -> Ran {
    let arguments: Vec<&str> = ["connection", "probe", CONNECTION].iter().chain(more).copied().collect();
    world.run(&arguments).await
}

#[track_caller]
fn fact<'a>(ran: &'a Ran, word: &str) -> (&'a str, &'a Value) {
    let facts = ran.json["facts"].as_array().expect("facts");
    let found = facts.iter().find(|fact| fact["fact"] == word);
    let found = found.unwrap_or_else(|| panic!("{word} is not in {:#}", ran.json));
    (found["verdict"].as_str().unwrap_or_default(), found)
}

async fn doctor(world: &World) -> String {
    world.run(&["doctor"]).await.must_end_with(0).stdout
}

/// The one exported order, and the stock of the probed variant.
#[track_caller]
fn nothing_is_left(world: &World) {
    let orders = world.sandbox.shop.orders();
    let names: Vec<_> = orders.iter().map(|order| (&order.name, &order.tags)).collect();
    assert_eq!(orders.len(), 1, "{names:?}");
    world.shop_order_of("97001");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_probe_asks_first_measures_and_leaves_nothing_behind() {
    let world = probing(|options| options.sandbox.shop.search_lag = Duration::from_millis(700)).await;
    let variant = world.variant(1, 0).to_string();
    assert!(doctor(&world).await.contains("not measured: a taken custom id, what a refusal leaves"));
    // Nobody agreed; and on a live shop `--yes` is not enough.
    let ran = probe(&world, &["--variant", &variant]).await.must_end_with(2);
    for said in ["development store", "tagged joor-shopify-probe", "251 lines", "JOOR is only read"] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    world.sandbox.shop.configure(|shop| shop.development = false);
    let ran = probe(&world, &["--yes"]).await.must_end_with(2);
    assert!(ran.stderr.contains("--on-live-shop"), "{}", ran.stderr);
    probe(&world, &["--on-live-shop"]).await.must_end_with(2);
    assert_eq!(world.asked("OrderCreate"), 1, "nothing was made");
    // Both words: nothing that only a development store should see.
    let ran = probe(&world, &["--yes", "--on-live-shop"]).await.must_end_with(0);
    assert_eq!((world.asked("OrderCreate"), &ran.json["removed"]), (4, &Value::from(2)), "{:#}", ran.json);
    world.sandbox.shop.configure(|shop| shop.development = true);

    let reports = world.sandbox.joor.operations().iter().filter(|name| name.contains("bulk_update")).count();
    let ran = probe(&world, &["--yes", "--variant", &variant]).await.must_end_with(0);
    for word in [
        "custom_id_unique",
        "refusal_whole",
        "look_up",
        "search",
        "location",
        "lines_max",
        "joor_units",
        "joor_export_state",
    ] {
        assert_eq!(fact(&ran, word).0, "as assumed", "{word}: {:#}", ran.json);
    }
    let (_, refusal) = fact(&ran, "custom_id_unique");
    assert!(
        refusal["detail"].as_str().is_some_and(|said| said.contains("has already been taken")),
        "{refusal}"
    );
    let lag = fact(&ran, "search").1["amount"].as_i64().expect("milliseconds");
    assert!((500..3000).contains(&lag), "{lag}");
    assert_eq!(
        (&ran.json["removed"], &ran.json["left"]),
        (&Value::from(2), &Value::from(Vec::<String>::new()))
    );
    assert_eq!(world.asked("OrderCreate"), 8);
    nothing_is_left(&world);
    assert_eq!(world.stock(1, 0), 12, "the unit is put back");
    let again = world.sandbox.joor.operations().iter().filter(|name| name.contains("bulk_update")).count();
    assert_eq!(again, reports, "JOOR is only read");
    let told = doctor(&world).await;
    for said in ["measured: a taken custom id", "the shop refuses a taken id", "not measured:"] {
        assert!(told.contains(said), "{said}: {told}");
    }
    world.sync().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_does_not_work_beside_the_service() {
    let mut world = probing(|_| {}).await;
    world.run_as_service().await;
    let orders = world.sandbox.shop.orders().len();
    let refused = probe(&world, &["--yes"]).await.must_end_with(3);
    assert!(refused.stderr.contains("working on this ledger"), "{}", refused.stderr);
    assert_eq!(world.sandbox.shop.orders().len(), orders);
    world.stop_service().await;
    probe(&world, &["--yes"]).await.must_end_with(0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_is_not_as_assumed_is_told_and_cleaned_up_all_the_same() {
    let world = probing(|options| options.sandbox.joor.integer_export_state = true).await;
    let variant = world.variant(1, 0).to_string();
    world.sandbox.shop.configure(|shop| {
        shop.custom_id_enforced = false;
        shop.routing = Routing::Elsewhere;
        shop.input_list_max = 1000;
    });
    let ran = probe(&world, &["--yes", "--variant", &variant]).await.must_end_with(0);
    for word in ["custom_id_unique", "location", "lines_max", "joor_export_state"] {
        assert_eq!(fact(&ran, word).0, "otherwise", "{word}: {:#}", ran.json);
    }
    assert_eq!(fact(&ran, "refusal_whole").0, "unclear");
    assert_eq!(ran.json["removed"], 4);
    // Put back where the order was assigned, which is not where it was taken.
    assert!(ran.stderr.contains("the stock of the variant differs from before"), "{}", ran.stderr);
    nothing_is_left(&world);
    let told = doctor(&world).await;
    for said in ["takes a second order", "never run a second", "an order is found again"] {
        assert!(told.contains(said), "{said}: {told}");
    }

    world.sandbox.shop.configure(|shop| {
        shop.custom_id_enforced = true;
        shop.refusal_leaves_order = true;
        shop.lookup_lag = Duration::from_millis(1500);
        shop.search_lag = Duration::from_millis(600);
        shop.routing = Routing::FullestFirst;
    });
    world.set_stock(1, 0, [3, 9]);
    let ran = probe(&world, &["--yes", "--variant", &variant]).await.must_end_with(0);
    assert_eq!(fact(&ran, "refusal_whole").0, "otherwise", "{:#}", ran.json);
    let (verdict, location) = fact(&ran, "location");
    assert_eq!(verdict, "as assumed");
    assert!(location["detail"].as_str().is_some_and(|said| said.contains("(the one with the most units)")));
    // Slower than the quiet time of one second: twice as much is in force.
    let lag = fact(&ran, "look_up").1["amount"].as_i64().expect("milliseconds");
    assert!((1000..3500).contains(&lag), "{lag}");
    assert!(ran.json["quiet_seconds_in_force"].as_f64().is_some_and(|secs| secs >= 2.0), "{:#}", ran.json);
    assert!(ran.stderr.contains("too short for this shop"), "{}", ran.stderr);
    assert!(doctor(&world).await.contains("too short for how late this shop shows orders"));
    nothing_is_left(&world);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_in_which_a_search_shows_nothing_is_given_more_time_before_an_order_counts_as_absent() {
    let mut world = probing(|_| {}).await;
    world.sandbox.shop.configure(|shop| {
        shop.search_lag = Duration::from_secs(1800);
        shop.orders_deletable = false;
    });
    let ran = probe(&world, &["--yes"]).await.must_end_with(1);
    assert_eq!((fact(&ran, "search").0, fact(&ran, "refusal_whole").0), ("otherwise", "unclear"));
    assert_eq!(ran.json["left"].as_array().map(Vec::len), Some(2), "{:#}", ran.json);
    assert!(ran.stderr.contains("stay in the shop") && ran.stderr.contains("cancelled"), "{}", ran.stderr);
    assert_eq!(ran.json["quiet_seconds_in_force"], 3600.0);

    // Test orders are nobody's export.
    world.run(&["proof"]).await.must_end_with(0);
    world.run(&["adopt"]).await.must_end_with(0);
    // A lost request; after its deadline and the quiet time of the settings a person is not believed yet.
    world.approved(world.brand.order("97002", 0).line(world.brand.line(0, 1, 1)));
    world.fault("OrderCreate", When::Next, Fault::DropBefore);
    world.sync().await;
    world.order("97002").await.must_be("unconfirmed", &["DEST_UNCONFIRMED"]);
    let asked = world.asked("OrderCreate");
    world.pass(Duration::from_secs(300));
    world.retry("97002", &["--not-there"]).await;
    world.sync().await;
    assert_eq!((world.order("97002").await.state(), world.asked("OrderCreate")), ("unconfirmed", asked));

    // The next probe finds the shop quick again and removes what the first one had to leave.
    world.sandbox.shop.configure(|shop| {
        shop.search_lag = Duration::ZERO;
        shop.orders_deletable = true;
    });
    let ran = probe(&world, &["--yes"]).await.must_end_with(0);
    assert_eq!(
        (&ran.json["removed"], fact(&ran, "search").0),
        (&Value::from(4), "as assumed"),
        "{:#}",
        ran.json
    );
    nothing_is_left(&world);
    world.retry("97002", &["--not-there"]).await;
    world.sync().await;
    world.order("97002").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_probe_left_behind_is_removed_by_the_next_one() {
    let world = probing(|_| {}).await;
    let variant = world.variant(1, 0).to_string();
    let kills = [(Call::OrderCreate, 1, 2), (Call::OrderCreate, 3, 3), (Call::OrderDelete, 1, 2)];
    for (step, (call, number, left)) in kills.into_iter().enumerate() {
        let struck = world.sandbox.faults.hits().len();
        world.sandbox.faults.script(call.service(), call.name(), When::Nth(number), Fault::Slow(SLOWLY));
        let name = format!("probe-{step}");
        let child =
            world.spawn_as(&name, &["--yes", "connection", "probe", CONNECTION, "--variant", &variant]);
        until("the probe is on its way", || world.sandbox.faults.hits().len() > struck).await;
        child.kill();
        world.leases_end();
        // What was asked for is done afterwards.
        until("the call is executed", || world.sandbox.shop.orders().len() == left).await;
        let ran = probe(&world, &["--yes"]).await.must_end_with(0);
        assert!(ran.stderr.contains("that an earlier probe left behind"), "{}", ran.stderr);
        assert_eq!(ran.json["removed"].as_u64(), Some(left as u64 - 1 + 2), "{:#}", ran.json);
        nothing_is_left(&world);
        assert_eq!(world.stock(1, 0), 12);
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_in_joor_is_watched_without_writing_anything() {
    let world = probing(|_| {}).await;
    let child = world
        .spawn_as("watch", &["connection", "probe", CONNECTION, "--watch", "97001", "--click", "re-export"]);
    until("the row was read", || child.log().contains("Now click")).await;
    world.sandbox.joor.set_to_reexport("97001");
    until("the click was seen", || child.log().contains("\"ok\":true")).await;
    let log = child.log();
    assert!(log.contains("export_status from \\\"SUCCESS\\\" to \\\"UNDEFINED\\\""), "{log}");
    assert!(log.contains("joor_re_export") && log.contains("as assumed"), "{log}");
    assert_eq!(child.ended().await, 0);
    assert!(doctor(&world).await.contains("measured: a re-export in JOOR"));
    probe(&world, &["--watch", "1", "--click", "approve"]).await.must_end_with(1);
    let ran = probe(&world, &["--joor-only"]).await.must_end_with(0);
    assert_eq!(fact(&ran, "joor_units").0, "as assumed");
    assert_eq!(world.asked("OrderCreate"), 1, "nothing was made in Shopify");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_that_cannot_go_on_says_why_keeps_what_it_knows_and_removes_what_it_made() {
    let world = probing(|_| {}).await;
    let said = |ran: &Ran| format!("{} {}", ran.json["error"], ran.json["hint"]);
    // A slip of the pen is noticed before anything is made.
    let ran = probe(&world, &["--yes", "--variant", "4711"]).await.must_end_with(2);
    assert!(said(&ran).contains("no variant 4711"), "{}", said(&ran));
    world.sandbox.shop.configure(|shop| {
        shop.scopes.retain(|scope| scope != "write_orders");
        shop.scopes.push("read_orders".to_owned());
    });
    let ran = probe(&world, &["--yes"]).await.must_end_with(4);
    assert!(said(&ran).contains("write_orders"), "{}", said(&ran));
    world.sandbox.shop.configure(|shop| shop.scopes = sandbox::ShopOptions::all_scopes());
    nothing_is_left(&world);

    // JOOR is away at the end: what Shopify showed is kept.
    let away = || Fault::Status { code: 503, body: String::new(), headers: Vec::new() };
    world.joor_fault("*", When::Always, away());
    let ran = probe(&world, &["--yes"]).await.must_end_with(4);
    assert!(said(&ran).contains("JOOR") && said(&ran).contains("503"), "{}", said(&ran));
    assert_eq!((fact(&ran, "custom_id_unique").0, fact(&ran, "lines_max").0), ("as assumed", "as assumed"));
    world.sandbox.faults.clear();
    nothing_is_left(&world);
    assert!(doctor(&world).await.contains("measured: a taken custom id"));

    // Shopify is away when the last order is made, and then when all are to be removed.
    world.fault("OrderCreate", When::Nth(3), away());
    let ran = probe(&world, &["--yes"]).await.must_end_with(4);
    assert!(said(&ran).contains("503"), "{}", said(&ran));
    assert_eq!(fact(&ran, "look_up").0, "as assumed", "{:#}", ran.json);
    world.sandbox.faults.clear();
    nothing_is_left(&world);
    world.fault("OrderDelete", When::Always, away());
    let ran = probe(&world, &["--yes"]).await.must_end_with(1);
    assert_eq!(ran.json["left"].as_array().map(Vec::len), Some(2), "{:#}", ran.json);
    assert!(said(&ran).contains("probe again"), "{}", said(&ran));
    world.sandbox.faults.clear();
    let ran = probe(&world, &["--yes"]).await.must_end_with(0);
    assert_eq!(ran.json["removed"], 4, "{:#}", ran.json);
    nothing_is_left(&world);
    world.finish().await;
}
