//! The outside going wrong, each time within a bound: answers that drip or break in the middle, names and certificates
//! that prove nothing, a shop that closes in the middle of a cycle, a log that nobody reads any more. Tokens that end or
//! are refused: `connections` and `waits`. A full disk: `outages`. A wrong clock: `days`. Bad ledgers: `bad_ledgers`.

use crate::harness::{CONNECTION, Options, Ran, World, in_both_kinds_of_shop, program, run_to_end, until};
use crate::tls_mail::{Authority, Begins, Identity, TlsMail, Years};
use sandbox::{Fault, Service, When};
use std::io::BufRead;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A byte a second: the head of an answer comes at once, and its end never.
const DRIP: Fault = Fault::Drip(Duration::from_secs(1));
/// A request is given up after 30 seconds; the rest is for a busy machine.
const ONE_REQUEST: Duration = Duration::from_secs(50);

async fn with_credentials_of_an_app(world: &mut World) {
    world.settings.remove("shopify", "access_token");
    world.settings.text("shopify", "client_id", "sandbox-client");
    world.settings.text("shopify", "client_secret", "sandbox-secret");
    world.apply().await;
}

/// One cycle that fails with this code, before anything is created and within the bound.
async fn fails(world: &World, code: &str, bound: Duration) -> String {
    let creates = world.asked("OrderCreate");
    let cycle = tokio::time::timeout(bound, world.run(&["sync", "--once"]));
    let ran = cycle.await.unwrap_or_else(|_| panic!("{code}: not within {bound:?}")).must_end_with(4);
    let problem = &ran.json["connections"][0]["problem"];
    assert_eq!(problem["code"], code, "{:#}", ran.json);
    assert!(world.connection_problems().await.contains(&code.to_owned()), "{code} is shown");
    assert_eq!(world.asked("OrderCreate"), creates, "{code}");
    problem["sentence"].as_str().unwrap_or_default().to_owned()
}

async fn heals(world: &World, id: &str) {
    world.sync().await;
    assert_eq!(world.connection_problems().await, Vec::<String>::new());
    world.order(id).await.must_be("exported", &[]);
    world.shop_order_of(id);
}

async fn a_read_that_drips(service: Service, operation: &str, code: &str) {
    let mut world = World::start().await;
    with_credentials_of_an_app(&mut world).await;
    world.approved(world.plain("99101"));
    world.sandbox.faults.script(service, operation, When::Next, DRIP);
    let said = fails(&world, code, ONE_REQUEST).await;
    assert!(said.contains("no answer in time"), "{said}");
    heals(&world, "99101").await;
    world.finish().await;
}

async fn a_create_that_drips(enforced: bool) {
    let mut options = Options::default();
    options.sandbox.shop.custom_id_enforced = enforced;
    let mut world = World::with(options).await;
    world.approved(world.plain("99102"));
    world.fault("OrderCreate", When::Next, DRIP);
    world.run_as_service().await;
    let shown = world.until_order("99102", "exported").await;
    assert_eq!((shown.requests(), world.asked("OrderCreate")), (1, 1), "{:#}", shown.0);
    assert!(shown.events().contains(&"lost"), "{:#}", shown.0);
    world.shop_order_of("99102");
    until("it is reported", || world.joor_report("99102").0 == "SUCCESS").await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_drips_is_given_up_in_time_and_nothing_is_lost_or_sent_twice() {
    tokio::join!(
        a_read_that_drips(Service::Joor, "GET orders", "SRC_UNAVAILABLE"),
        a_read_that_drips(Service::JoorToken, "token", "SRC_UNAVAILABLE"),
        a_read_that_drips(Service::Shopify, "Variants", "DEST_UNAVAILABLE"),
        a_read_that_drips(Service::ShopifyToken, "token", "CONN_SHOPIFY_TOKEN"),
        a_create_that_drips(true),
        a_create_that_drips(false),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_in_the_middle_is_an_outage_that_ends_by_itself() {
    let mut world = World::start().await;
    with_credentials_of_an_app(&mut world).await;
    world.approved(world.plain("99111"));
    let cut = Fault::CutBody { keep: 12 };
    for (service, operation, code) in [
        (Service::JoorToken, "token", "SRC_UNAVAILABLE"),
        (Service::Joor, "GET orders", "SRC_UNAVAILABLE"),
        (Service::Joor, "GET sku_line_items", "SRC_UNAVAILABLE"),
        (Service::ShopifyToken, "token", "CONN_SHOPIFY_TOKEN"),
        (Service::Shopify, "Variants", "DEST_UNAVAILABLE"),
        (Service::Shopify, "FindOrders", "DEST_UNAVAILABLE"),
    ] {
        world.sandbox.faults.script(service, operation, When::Next, cut.clone());
        let said = fails(&world, code, Duration::from_secs(20)).await;
        assert!(said.contains("no complete answer") || said.contains("body"), "{operation}: {said}");
    }
    // What JOOR did with a report whose answer broke is read again and not guessed.
    world.joor_fault("POST bulk_update", When::Next, cut);
    world.sync_ends_with(4).await;
    assert_eq!((world.asked("OrderCreate"), world.joor_report("99111").0), (1, "SUCCESS".to_owned()));
    world.pass(Duration::from_secs(600));
    heals(&world, "99111").await;
    world.finish().await;
}

/// Not a token that ended, which is renewed once: whatever is asked for with, the answer stays no.
#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_taken_away_in_the_middle_of_a_cycle_are_told_in_time_and_lose_nothing() {
    let mut world = World::start().await;
    world.may_be_refused = true;
    with_credentials_of_an_app(&mut world).await;
    world.approved(world.plain("99151"));
    let no = || Fault::Status { code: 401, body: "{\"errors\":\"no\"}".to_owned(), headers: Vec::new() };
    for (service, operation, code) in [
        (Service::Joor, "GET sku_line_items", "CONN_JOOR_AUTH"),
        (Service::Shopify, "Variants", "CONN_SHOPIFY_AUTH"),
        (Service::Shopify, "FindOrders", "CONN_SHOPIFY_AUTH"),
    ] {
        world.sandbox.faults.script(service, operation, When::Always, no());
        let said = fails(&world, code, Duration::from_secs(20)).await;
        assert!(said.contains("refused") || said.contains("401"), "{operation}: {said}");
        world.sandbox.faults.clear();
    }
    world.sandbox.faults.script(Service::Shopify, "OrderCreate", When::Always, no());
    let cycle = tokio::time::timeout(Duration::from_secs(20), world.run(&["sync", "--once"])).await;
    let ran = cycle.expect("within its bound").must_end_with(4);
    assert_eq!(ran.json["connections"][0]["problem"]["code"], "CONN_SHOPIFY_AUTH", "{:#}", ran.json);
    assert!(world.sandbox.shop.orders().is_empty());
    world.sandbox.faults.clear();
    heals(&world, "99151").await;
    world.finish().await;
}

/// The program as it really runs, with the authorities of this file in place of those of the machine.
async fn really(world: &World, trusted: &str, arguments: &[&str]) -> Ran {
    let mut command = program(&["--json", "--data"]);
    command.arg(world.data_folder()).args(arguments).env("SSL_CERT_FILE", trusted);
    if let Some(database) = &world.database {
        command.env("JOOR_SHOPIFY_LEDGER__URL", database.url());
    }
    let bound = Duration::from_secs(25);
    tokio::time::timeout(bound, run_to_end(command)).await.expect("it ends in time")
}

/// Puts JOOR and Shopify at this host, and tells what a cycle says of it.
async fn said_of_host(world: &World, trusted: &str, host: &str) -> String {
    let mut settings = world.settings.clone();
    settings.text("joor", "api_url", &format!("https://{host}/v4"));
    settings.text("joor", "token_url", &format!("https://{host}/auth"));
    settings.text("shopify", "shop_url", &format!("https://{host}"));
    settings.remove("schedule", "interval").remove("schedule", "quiet_time");
    let file = world.write_file("real.toml", &settings.toml());
    really(world, trusted, &["connection", "apply", &file, "--name", CONNECTION]).await.must_end_with(0);
    let ran = really(world, trusted, &["sync", "--once"]).await.must_end_with(4);
    let problem = &ran.json["connections"][0]["problem"];
    assert_eq!(problem["code"], "SRC_UNAVAILABLE", "{:#}", ran.json);
    problem["sentence"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_or_certificate_that_proves_nothing_is_told_in_words_and_no_request_leaves() {
    let valid = Years(2020, 2090);
    let world = World::start().await;
    world.sync().await;
    let asked = world.sandbox.joor.requests();
    world.approved(world.plain("99121"));
    let (ours, another) = (Authority::new("ours"), Authority::new("another"));
    let trusted = world.write_file("authorities.pem", &ours.pem);
    let said = said_of_host(&world, &trusted, "joor.no-such-host.invalid").await;
    assert!(said.contains("joor.no-such-host.invalid") && said.contains("dns error"), "{said}");
    let wrong: [(Identity, &str); 4] = [
        (another.certify("localhost", valid), "comes from an authority that is not trusted here"),
        (ours.certify("localhost", Years(2020, 2021)), "expired on 2021-01-01"),
        (ours.certify("localhost", Years(2089, 2090)), "not valid yet"),
        (ours.certify("shop.example.com", valid), "is for shop.example.com"),
    ];
    for (identity, words) in wrong {
        let server = TlsMail::start(Begins::Encrypted, &identity).await;
        let said = said_of_host(&world, &trusted, &format!("localhost:{}", server.port)).await;
        assert!(said.contains(words) && said.contains("localhost"), "{words} is not in {said}");
        for secret in ["sandbox-password", "shpat_sandbox", "sandbox-secret"] {
            assert!(!said.contains(secret), "{said}");
        }
        assert_eq!(server.heard(), [], "nothing of the request leaves");
    }
    // One that proves everything is talked to, and is no JOOR.
    let server = TlsMail::start(Begins::Encrypted, &ours.certify("localhost", valid)).await;
    let said = said_of_host(&world, &trusted, &format!("localhost:{}", server.port)).await;
    assert!(!said.contains("certificate"), "{said}");
    assert_eq!((world.sandbox.joor.requests(), world.sandbox.shop.orders().len()), (asked, 0));
    world.apply().await;
    heals(&world, "99121").await;
    world.finish().await;
}

/// One cycle of a trial in which only Shopify is at this address.
async fn said_of_shop(world: &World, trusted: &str, host: &str) -> String {
    let mut settings = world.settings.clone();
    settings.text("shopify", "shop_url", &format!("https://{host}"));
    let file = world.write_file("shop.toml", &settings.toml());
    world.run(&["connection", "apply", &file, "--name", CONNECTION]).await.must_end_with(0);
    let mut command = world.command(&["sync", "--once"]);
    command.env("SSL_CERT_FILE", trusted);
    let bound = Duration::from_secs(25);
    let ran = tokio::time::timeout(bound, run_to_end(command)).await.expect("it ends in time");
    let problem = &ran.must_end_with(4).json["connections"][0]["problem"];
    assert_eq!(problem["code"], "DEST_UNAVAILABLE", "{problem:#}");
    problem["sentence"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_nobody_answers_for_or_that_proves_nothing_is_told_in_words_and_heals() {
    let world = World::start().await;
    world.approved(world.plain("99126"));
    let ours = Authority::new("ours");
    let trusted = world.write_file("authorities.pem", &ours.pem);
    let closed =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("it has one");
    let said = said_of_shop(&world, &trusted, &format!("localhost:{}", closed.port())).await;
    assert!(said.contains("localhost") && said.contains("no connection"), "{said}");
    let valid = Years(2020, 2090);
    let wrong: [(Identity, &str); 3] = [
        (
            Authority::new("another").certify("localhost", valid),
            "comes from an authority that is not trusted here",
        ),
        (ours.certify("localhost", Years(2020, 2021)), "expired on 2021-01-01"),
        (ours.certify("shop.example.com", valid), "is for shop.example.com"),
    ];
    for (identity, words) in wrong {
        let server = TlsMail::start(Begins::Encrypted, &identity).await;
        let said = said_of_shop(&world, &trusted, &format!("localhost:{}", server.port)).await;
        assert!(said.contains(words) && !said.contains("shpat_sandbox"), "{words} is not in {said}");
        assert_eq!(server.heard(), [], "nothing of the request leaves");
    }
    assert_eq!(world.order("99126").await.problems(), Vec::<&str>::new(), "no order is blamed");
    world.apply().await;
    heals(&world, "99126").await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shopify_token_that_ends_in_the_middle_of_a_cycle_is_renewed_and_no_create_is_repeated() {
    in_both_kinds_of_shop(async |world: &mut World| {
        with_credentials_of_an_app(world).await;
        for (step, operation) in ["Variants", "FindOrders", "OrderCreate"].into_iter().enumerate() {
            let id = format!("9913{step}");
            world.approved(world.brand.order(&id, 0).line(world.brand.line(0, step, 1)));
            let creates = world.asked("OrderCreate");
            let ended = Fault::Status { code: 401, body: "{}".to_owned(), headers: Vec::new() };
            world.fault(operation, When::Next, ended);
            let ran = tokio::time::timeout(ONE_REQUEST, world.run(&["sync", "--once"]));
            let ran = ran.await.expect("it ends in time");
            match operation {
                // Refused before it ran, and what leaves after that is a request of its own, with a look before it.
                "OrderCreate" => {
                    assert_eq!((ran.code, world.asked("OrderCreate")), (4, creates + 1), "{:#}", ran.json);
                    assert!(world.shop_orders_of(&id).is_empty());
                }
                _ => assert_eq!((ran.code, world.asked("OrderCreate")), (0, creates + 1), "{:#}", ran.json),
            }
            heals(world, &id).await;
            until("it is reported", || world.joor_report(&id).0 == "SUCCESS").await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_closes_in_the_middle_of_a_cycle_is_told_and_the_orders_go_on_once_it_is_open() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let mut variants = 0..;
        for (status, code) in
            [(402, "CONN_SHOP_UNAVAILABLE"), (423, "CONN_SHOP_UNAVAILABLE"), (403, "CONN_SHOPIFY_SCOPE")]
        {
            for (step, operation) in ["Variants", "FindOrders", "OrderCreate"].into_iter().enumerate() {
                let id = format!("99{status}{step}");
                let line = world.brand.line(0, variants.next().unwrap_or_default(), 1);
                world.approved(world.brand.order(&id, 0).line(line));
                let closed = Fault::Status { code: status, body: "{}".to_owned(), headers: Vec::new() };
                world.fault(operation, When::Next, closed);
                let ran = tokio::time::timeout(ONE_REQUEST, world.sync_ends_with(4));
                let ran = ran.await.expect("it ends in time");
                let problem = &ran.json["connections"][0]["problem"];
                assert_eq!(problem["code"], code, "{operation}: {:#}", ran.json);
                let sentence = problem["sentence"].as_str().unwrap_or_default();
                assert!(sentence.contains(&status.to_string()), "{sentence}");
                assert!(world.shop_orders_of(&id).is_empty());
                assert_eq!(world.order(&id).await.problems(), Vec::<&str>::new(), "no order is blamed");
                heals(world, &id).await;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joor_that_forbids_or_refuses_in_the_middle_of_a_cycle_is_told_and_heals() {
    let world = World::start().await;
    for (number, operation) in ["GET orders", "GET sku_line_items"].into_iter().enumerate() {
        world.approved(world.brand.order(&format!("9914{number}"), 0).line(world.brand.line(number, 0, 1)));
        for (status, code) in [(402, "SRC_UNAVAILABLE"), (403, "CONN_JOOR_AUTH"), (423, "SRC_UNAVAILABLE")] {
            let refused = Fault::Status { code: status, body: String::new(), headers: Vec::new() };
            world.joor_fault(operation, When::Always, refused);
            let said = fails(&world, code, Duration::from_secs(20)).await;
            assert!(said.contains(&status.to_string()), "{operation}: {said}");
            world.sandbox.faults.clear();
        }
    }
    heals(&world, "99141").await;
    world.finish().await;
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_any_more_stops_nothing() {
    let world = World::start().await;
    let mut command = world.command(&["run"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut service = Running(command.spawn().expect("the program starts"));
    let log = service.0.stderr.take().expect("it is piped");
    tokio::task::spawn_blocking(move || {
        let mut lines = std::io::BufReader::new(log).lines();
        assert!(lines.any(|line| line.is_ok_and(|line| line.contains("running"))));
    })
    .await
    .expect("the log is read until the service is up");
    // Both ends of what it says are closed now.
    drop(service.0.stdout.take());
    let warned = Fault::Html { code: 503 };
    world.joor_fault("GET orders", When::Next, warned.clone());
    world.approved(world.plain("99151"));
    until("the first order is there", || world.joor_report("99151").0 == "SUCCESS").await;
    world.fault("Variants", When::Next, warned);
    world.approved(world.brand.order("99152", 1).line(world.brand.line(1, 0, 1)));
    until("the second order is there", || world.joor_report("99152").0 == "SUCCESS").await;
    let id = service.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill is there").success());
    until("it stops", || service.0.try_wait().expect("the child is ours").is_some()).await;
    let ended = service.0.wait().expect("the child is ours");
    assert_eq!(ended.code(), Some(0), "nobody reading is no failure: {ended:?}");
    assert_eq!(world.sandbox.faults.hits().len(), 2);
    for id in ["99151", "99152"] {
        world.order(id).await.must_be("exported", &[]);
        world.shop_order_of(id);
    }
    world.finish().await;
}
