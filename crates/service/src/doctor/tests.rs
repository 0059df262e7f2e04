//! Each finding of the doctor.

use super::*;
use crate::probe::facts::{Fact, Measured, Verdict};
use adapters::ports::{CallError, ShopFacts};
use adapters::settings::{Trial, check};
use domain::ids::LocationId;
use domain::orders::shelf::Location;
use domain::settings::Settings;
use domain::time::Moment;
use std::collections::BTreeSet;
use std::path::Path;

fn settings(orders: &str) -> Settings {
    let text = format!(
        "[joor]\naccount = \"1\"\nclient_id = \"c\"\nusername = \"u\"\n[shopify]\nshop_url = \"https://b.example\"\n\
         [alerts]\norders = [\"a@b.example\"]\n{orders}"
    );
    check("test", &text, Path::new("."), Trial::Off).unwrap_or_else(|errors| panic!("{errors:#?}")).settings
}

fn facts() -> ShopFacts {
    let location = |number: &str, name: &str, active| Location {
        id: LocationId::from_number(number).unwrap(),
        name: name.to_owned(),
        active,
    };
    ShopFacts {
        shop_id: "gid://shopify/Shop/1".to_owned(),
        domain: "b.example".to_owned(),
        currency_code: "USD".to_owned(),
        scopes: [
            "write_orders",
            "write_customers",
            "write_products",
            "read_inventory",
            "read_locations",
            "read_all_orders",
        ]
        .map(str::to_owned)
        .into(),
        version_answered: "2026-07".to_owned(),
        order_definition: true,
        customer_definition: true,
        locations: vec![location("7", "Main", true), location("8", "Attic", false)],
        development: false,
        clock_offset_seconds: Some(3),
    }
}

/// Everything is well.
fn healthy(orders: &str) -> ConnectionInputs {
    ConnectionInputs {
        name: "main".to_owned(),
        today: "2026-11-20".parse().unwrap(),
        settings: Ok(settings(orders)),
        asked_version: "2026-07".to_owned(),
        joor: Some(Ok(JoorAnswer {
            waiting: 2,
            broken: 0,
            currencies: BTreeSet::from(["USD".to_owned()]),
            clock_offset_seconds: Some(-4),
        })),
        shop: Some(Ok(ShopAnswer { facts: facts(), known_shop_id: None })),
        unasked: None,
        live: true,
        paused: false,
        measured: Vec::new(),
        trial: Trial::Off,
    }
}

const USD: &str = "[orders]\ncurrencies = [\"USD\"]\n";

/// Exactly one finding that is not ok, as expected.
fn check_one(inputs: &ConnectionInputs, health: Health, what: &str, why: &str, fix: &str) {
    let findings = connection::diagnose(inputs);
    let worse: Vec<&Finding> = findings.iter().filter(|finding| finding.health != Health::Ok).collect();
    let [finding] = worse.as_slice() else { panic!("one finding expected about {what}: {worse:#?}") };
    assert_eq!((finding.health, finding.what.as_str()), (health, what), "{finding:#?}");
    assert!(finding.why.contains(why) && finding.fix.contains(fix), "{finding:#?}");
    assert_eq!(finding.place, "connection main");
}

fn with_shop(orders: &str, change: impl Fn(&mut ShopFacts)) -> ConnectionInputs {
    let mut inputs = healthy(orders);
    let mut facts = facts();
    change(&mut facts);
    inputs.shop = Some(Ok(ShopAnswer { facts, known_shop_id: None }));
    inputs
}

fn without(facts: &mut ShopFacts, scope: &str) {
    assert!(facts.scopes.remove(scope), "{scope} was there");
}

#[test]
fn a_healthy_connection_has_nothing_to_do() {
    let findings = connection::diagnose(&healthy(USD));
    assert_eq!(worst(&findings), Health::Ok, "{findings:#?}");
    assert!(findings.iter().all(|finding| finding.fix.is_empty()));
    assert!(findings.len() >= 8, "every check is shown: {findings:#?}");
}

#[test]
fn every_trouble_of_the_shop_names_its_fix() {
    let table = [
        (
            with_shop(USD, |f| f.version_answered = "2026-10".to_owned()),
            Health::Bad,
            "API version",
            "2026-10",
            "api_version",
        ),
        (with_shop(USD, |f| without(f, "write_orders")), Health::Bad, "scopes", "write_orders", "install"),
        (
            with_shop(USD, |f| without(f, "write_products")),
            Health::Bad,
            "scopes",
            "read_products",
            "read_products",
        ),
        (
            with_shop(USD, |f| without(f, "read_all_orders")),
            Health::Warn,
            "order window",
            "60 days",
            "read_all_orders",
        ),
        (
            with_shop(USD, |f| f.order_definition = false),
            Health::Warn,
            "custom ids",
            "not made",
            "connection test main",
        ),
        (
            with_shop(USD, |f| f.clock_offset_seconds = Some(-61)),
            Health::Warn,
            "Shopify's clock",
            "SYS_CLOCK: it differs from the clock here by 61",
            "NTP",
        ),
        (
            with_shop(USD, |f| f.currency_code = "EUR".to_owned()),
            Health::Warn,
            "shop currency",
            "EUR",
            "orders.currencies",
        ),
        (with_shop(USD, |f| f.development = true), Health::Warn, "shop", "development", "trying out"),
    ];
    for (inputs, health, what, why, fix) in &table {
        check_one(inputs, *health, what, why, fix);
    }
    let mut other = healthy(USD);
    other.shop =
        Some(Ok(ShopAnswer { facts: facts(), known_shop_id: Some("gid://shopify/Shop/2".to_owned()) }));
    check_one(&other, Health::Bad, "shop", "CONN_WRONG_ACCOUNT", "shop_url");
}

#[test]
fn what_only_replacing_exports_needs_is_named_and_nothing_is_broken_without_it() {
    let told = |inputs: &ConnectionInputs| {
        let findings = connection::diagnose(inputs);
        assert_eq!(worst(&findings), Health::Ok, "{findings:#?}");
        findings.into_iter().find(|finding| finding.what == "replacing exports").unwrap().why
    };
    let scope = "write_merchant_managed_fulfillment_orders";
    assert!(told(&healthy(USD)).contains(scope));
    let with = with_shop(USD, |facts| facts.scopes.extend([scope.to_owned()]));
    assert!(!told(&with).contains(scope));
}

#[test]
fn what_was_measured_under_another_version_of_the_api_is_to_be_measured_again() {
    let mut inputs = healthy(USD);
    let result = Measured::new(Fact::CustomIdUnique, Verdict::AsAssumed, "refused");
    inputs.measured = vec![result.record("2026-07", Moment(0))];
    assert_eq!(worst(&connection::diagnose(&inputs)), Health::Ok);
    inputs.measured = vec![result.record("2026-04", Moment(0))];
    check_one(&inputs, Health::Warn, "measured: a taken custom id", "2026-04", "connection probe main");
}

#[test]
fn sixty_seconds_are_still_in_time() {
    let findings = connection::diagnose(&with_shop(USD, |f| f.clock_offset_seconds = Some(60)));
    assert_eq!(worst(&findings), Health::Ok, "{findings:#?}");
}

#[test]
fn a_start_before_the_order_window_is_named() {
    let orders = |day: &str| format!("{USD}[schedule]\nexported_since = \"{day}\"\n");
    let shop = |day: &str| with_shop(&orders(day), |f| without(f, "read_all_orders"));
    check_one(&shop("2026-01-15"), Health::Warn, "order window", "more than 55 days back", "read_all_orders");
    check_one(&shop("2026-11-01"), Health::Warn, "order window", "cannot be looked up", "read_all_orders");
}

#[test]
fn locations_that_the_settings_name_must_be_there_and_active() {
    let orders = |lines: &str| format!("{USD}{lines}\n");
    let assigned =
        |number: &str| orders(&format!("fulfilment = \"assigned_fulfilled\"\nlocation = \"{number}\""));
    assert_eq!(worst(&connection::diagnose(&healthy(&assigned("7")))), Health::Ok);
    check_one(
        &healthy(&assigned("8")),
        Health::Bad,
        "locations",
        "LOC_INACTIVE: location Attic (8)",
        "Main (7)",
    );
    check_one(
        &healthy(&assigned("9")),
        Health::Bad,
        "locations",
        "LOC_UNMAPPED: the shop has no location 9",
        "Main (7)",
    );
    check_one(
        &healthy(&orders("stock_locations = [\"9\"]")),
        Health::Bad,
        "locations",
        "no location 9",
        "Main (7)",
    );
    assert_eq!(worst(&connection::diagnose(&healthy(&orders("fulfilment = \"fulfilled\"")))), Health::Ok);
    let two = with_shop(&orders("fulfilment = \"fulfilled\""), |f| f.locations[1].active = true);
    check_one(&two, Health::Bad, "locations", "2 active ones", "orders.location");
    let rule = format!(
        "{USD}[[orders.rules]]\nname = \"a\"\nwhen = {{ season = [\"s\"] }}\nfulfilment = \"assigned\"\nlocation = \"7\"\n"
    );
    check_one(&healthy(&rule), Health::Bad, "scopes", "write_merchant_managed_fulfillment_orders", "install");
}

#[test]
fn every_trouble_of_the_connection_names_its_fix() {
    check_one(&healthy(&format!("{USD}payment = \"paid\"\n")), Health::Warn, "payment", "paid", "pending");
    let mut inputs = healthy(USD);
    inputs.paused = true;
    check_one(&inputs, Health::Warn, "state", "paused", "resume main");
    let mut inputs = healthy(USD);
    inputs.settings = Err("orders.stock = \"x\"".to_owned());
    check_one(&inputs, Health::Bad, "settings", "orders.stock", "apply");
    let mut inputs = healthy(USD);
    (inputs.joor, inputs.shop, inputs.unasked) =
        (None, None, Some("joor.password is not in the ledger".to_owned()));
    check_one(&inputs, Health::Bad, "credentials", "joor.password", "apply");
}

#[test]
fn every_trouble_with_joor_names_its_fix() {
    let answer = |currencies: &[&str], broken, offset| {
        let mut inputs = healthy(USD);
        let currencies = currencies.iter().map(|code| (*code).to_owned()).collect();
        inputs.joor =
            Some(Ok(JoorAnswer { waiting: 0, broken, currencies, clock_offset_seconds: Some(offset) }));
        inputs
    };
    check_one(&answer(&["USD", "EUR"], 0, 0), Health::Warn, "currencies", "EUR", "orders.currencies");
    check_one(&answer(&["USD"], 3, 0), Health::Warn, "JOOR orders", "3 order rows", "problems");
    check_one(&answer(&["USD"], 0, 3600), Health::Warn, "JOOR's clock", "3600", "NTP");
}

#[test]
fn a_call_that_failed_names_the_setting_to_look_at() {
    let endpoint = || "https://api.example".to_owned();
    let errors = [
        (CallError::Unauthorized { status: 401, endpoint: endpoint() }, Health::Bad, "client_secret"),
        (CallError::TokenUnavailable { reason: "x".to_owned() }, Health::Bad, "addresses"),
        (CallError::NoAnswer { endpoint: endpoint(), reason: "refused".to_owned() }, Health::Bad, "network"),
        (
            CallError::Garbled { endpoint: endpoint(), reason: "HTML".to_owned() },
            Health::Bad,
            "something else",
        ),
        (CallError::Throttled { until: Moment(0) }, Health::Warn, "later"),
        (CallError::WrongVersion { asked: "a".to_owned(), answered: "b".to_owned() }, Health::Bad, "version"),
    ];
    for (error, health, fix) in errors {
        let mut inputs = healthy(USD);
        inputs.joor = Some(Err(error.clone()));
        check_one(&inputs, health, "JOOR", "", fix);
        let mut inputs = healthy(USD);
        inputs.shop = Some(Err(error));
        check_one(&inputs, health, "Shopify", "", fix);
    }
    let mut inputs = healthy(USD);
    inputs.shop = Some(Err(CallError::Forbidden { missing: vec!["write_orders".to_owned()] }));
    check_one(&inputs, Health::Bad, "Shopify", "write_orders", "write_orders");
}

#[test]
fn this_machine_keeps_its_secrets_and_has_a_mail_server() {
    let private = |path: &str| FileInputs { path: path.to_owned(), missing: false, mode: Some(0o100_600) };
    let machine = Machine {
        ledger: private("ledger.sqlite"),
        ledger_refused: None,
        server: None,
        key_file: private("secret.key"),
        key: Some(Ok(())),
        mail: Some(Ok(())),
        mail_wanted: true,
        mail_server: "mail.example:587".to_owned(),
    };
    let found = |machine: Machine| {
        let inputs = Inputs { machine, connections: vec![healthy(USD)] };
        let findings = diagnose(&inputs);
        findings.into_iter().filter(|finding| finding.health != Health::Ok).collect::<Vec<_>>()
    };
    assert_eq!(found(machine.clone()), []);
    let open = Machine {
        key_file: FileInputs { mode: Some(0o100_644), ..private("secret.key") },
        key: Some(Err("it can be read by others".to_owned())),
        ..machine.clone()
    };
    let open = found(open);
    assert_eq!(open.len(), 1, "{open:#?}");
    assert_eq!((open[0].health, open[0].fix.as_str()), (Health::Bad, "chmod 600 secret.key"));
    let silent = found(Machine { mail: None, ..machine.clone() });
    assert_eq!((silent[0].health, silent[0].what.as_str()), (Health::Bad, "mail"));
    let unwanted = found(Machine { mail: None, mail_wanted: false, ..machine.clone() });
    assert_eq!(unwanted[0].health, Health::Warn);
    let refused = found(Machine { mail: Some(Err("connection refused".to_owned())), ..machine });
    assert!(refused[0].why.contains("connection refused") && refused[0].fix.contains("[smtp]"));
}

#[test]
fn a_ledger_on_a_server_says_which_one_it_is_and_whether_it_can_be_trusted() {
    let server = ServerInputs {
        address: "postgres://joor@db.example/orders".to_owned(),
        version: "15.18".to_owned(),
        clock_offset_seconds: 3,
        could_be_anybody: false,
    };
    let found = |server: ServerInputs| {
        let machine = Machine { server: Some(server), ..Machine::default() };
        let findings = diagnose(&Inputs { machine, connections: Vec::new() });
        findings.into_iter().filter(|finding| finding.what.starts_with("ledger")).collect::<Vec<_>>()
    };
    let well = found(server.clone());
    assert_eq!((well.len(), well[0].health), (1, Health::Ok));
    assert_eq!(well[0].why, "postgres://joor@db.example/orders answers; PostgreSQL 15.18");
    let odd = found(ServerInputs { clock_offset_seconds: 61, could_be_anybody: true, ..server });
    assert_eq!(
        odd.iter().map(|finding| finding.health).collect::<Vec<_>>(),
        [Health::Ok, Health::Warn, Health::Warn]
    );
    assert!(odd[1].why.contains("61 seconds") && odd[2].fix.contains("verify-full"), "{odd:#?}");
}

#[test]
fn a_file_that_is_not_there_is_one_finding_and_a_ledger_that_cannot_be_used_leaves_the_rest() {
    let gone = FileInputs { path: "secret.key".to_owned(), missing: true, mode: None };
    let machine = Machine {
        ledger_refused: Some(("ledger.sqlite is no database".to_owned(), "restore it".to_owned())),
        key_file: gone,
        key: Some(Err("cannot read the key file".to_owned())),
        ..Machine::default()
    };
    let findings = diagnose(&Inputs { machine, connections: Vec::new() });
    let found: Vec<(&str, Health)> =
        findings.iter().map(|finding| (finding.what.as_str(), finding.health)).collect();
    assert_eq!(found, [("ledger", Health::Bad), ("key file", Health::Bad), ("mail", Health::Warn)]);
    assert!(findings[1].why.contains("not there") && findings[1].fix.contains("backup"), "{findings:#?}");
    assert_eq!(summary(&findings), "0 ok, 1 warning, 2 bad");
}

#[test]
fn the_table_says_what_to_do_beside_what_was_found() {
    let inputs = with_shop(USD, |f| f.order_definition = false);
    let findings = connection::diagnose(&inputs);
    let shown = table(&findings);
    assert!(shown.contains("What to do") && shown.contains("joor-shopify connection"), "{shown}");
    let value = as_json(&findings);
    assert_eq!(value["findings"].as_array().unwrap().len(), findings.len());
}
