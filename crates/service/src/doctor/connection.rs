//! The findings about one connection: JOOR, Shopify, permissions, locations, currencies, clocks. Pure.

use super::{CLOCK_SECONDS_MAX, Finding, Findings};
use crate::commands::told_apart;
use crate::probe::facts::{Fact, Verdict, recorded};
use adapters::ledger::MeasuredRecord;
use adapters::ports::{CallError, ShopFacts};
use adapters::settings::Trial;
use domain::ids::LocationId;
use domain::money::Currency;
use domain::settings::{Fulfilment, Payment, Settings};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// Shopify shows an app without `read_all_orders` this many days; five of them are kept as a margin.
const VISIBLE_DAYS: i64 = 55;

/// A connection as it was found.
#[derive(Clone, Debug)]
pub struct ConnectionInputs {
    pub name: String,
    pub today: Date,
    /// The settings in force, or why they are refused.
    pub settings: Result<Settings, String>,
    pub asked_version: String,
    /// `None`: not asked, since the settings are refused or credentials are missing.
    pub joor: Option<Result<JoorAnswer, CallError>>,
    pub shop: Option<Result<ShopAnswer, CallError>>,
    /// Why nobody could be asked.
    pub unasked: Option<String>,
    pub live: bool,
    pub paused: bool,
    /// What the probe found out.
    pub measured: Vec<MeasuredRecord>,
    pub trial: Trial,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoorAnswer {
    /// Orders that wait for an export, as far as they changed lately.
    pub waiting: usize,
    /// Rows that cannot be read.
    pub broken: usize,
    /// The currency words of the account's price types.
    pub currencies: BTreeSet<String>,
    pub clock_offset_seconds: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopAnswer {
    pub facts: ShopFacts,
    /// The shop that this connection's history belongs to.
    pub known_shop_id: Option<String>,
}

pub fn diagnose(inputs: &ConnectionInputs) -> Vec<Finding> {
    let mut findings = Findings::at(format!("connection {}", inputs.name));
    let settings = match &inputs.settings {
        Ok(settings) => settings,
        Err(reason) => {
            findings.bad("settings", reason, "put the settings file right and apply it again");
            return findings.list;
        }
    };
    settings_in_force(&mut findings, settings, inputs);
    if let Some(reason) = &inputs.unasked {
        let (why, fix) = told_apart(reason);
        let fix =
            fix.unwrap_or("restore the key file, or apply the settings file with the credentials in it");
        findings.bad("credentials", why, fix);
    }
    match &inputs.joor {
        None => {}
        Some(Err(error)) => refused(&mut findings, Side::Joor, error),
        Some(Ok(answer)) => joor(&mut findings, settings, answer),
    }
    match &inputs.shop {
        None => {}
        Some(Err(error)) => refused(&mut findings, Side::Shopify, error),
        Some(Ok(answer)) => shop(&mut findings, settings, inputs, answer),
    }
    super::measured::findings(&mut findings, settings, inputs);
    findings.list
}

fn settings_in_force(findings: &mut Findings, settings: &Settings, inputs: &ConnectionInputs) {
    match (inputs.paused, inputs.live) {
        (true, _) => findings.warn(
            "state",
            "paused; nothing is read or sent",
            format!("joor-shopify connection resume {}", inputs.name),
        ),
        (false, true) => findings.ok("state", "live; approved orders are exported"),
        (false, false) => findings.ok("state", "preview; orders are decided and shown, nothing is sent"),
    }
    if settings.orders.payment == Payment::Paid {
        let why = "orders.payment = \"paid\": every order arrives as paid in Shopify, whether the money is there or not";
        findings.warn("payment", why, "set orders.payment = \"pending\" unless this is meant");
    }
    let alerts = &settings.alerts;
    if [&alerts.outages, &alerts.orders, &alerts.daily].iter().all(|list| list.is_empty()) {
        findings.warn(
            "alerts",
            "nobody hears by mail of held orders or outages",
            "name addresses under [alerts]",
        );
    }
}

/// What JOOR's answer alone says, while a connection is being made.
pub fn of_joor(name: &str, settings: &Settings, answer: &Result<JoorAnswer, CallError>) -> Vec<Finding> {
    let mut findings = Findings::at(format!("connection {name}"));
    match answer {
        Ok(answer) => joor(&mut findings, settings, answer),
        Err(error) => refused(&mut findings, Side::Joor, error),
    }
    findings.list
}

/// What Shopify's answer alone says, while a connection is being made.
pub fn of_shop(inputs: &ConnectionInputs, settings: &Settings) -> Vec<Finding> {
    let mut findings = Findings::at(format!("connection {}", inputs.name));
    match &inputs.shop {
        None => {}
        Some(Ok(answer)) => shop(&mut findings, settings, inputs, answer),
        Some(Err(error)) => refused(&mut findings, Side::Shopify, error),
    }
    findings.list
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Joor,
    Shopify,
}

/// What a failed call means while setting up: which setting to look at.
fn refused(findings: &mut Findings, side: Side, error: &CallError) {
    let (what, section, credentials) = match side {
        Side::Joor => ("JOOR", "joor", "client_id, client_secret, username and password"),
        Side::Shopify => ("Shopify", "shopify", "access_token, or client_id and client_secret"),
    };
    let why = error.to_string();
    match error {
        CallError::Unauthorized { .. } => {
            findings.bad(
                what,
                why,
                format!("check {credentials} under [{section}] and apply the file again"),
            );
        }
        CallError::TokenUnavailable { .. } => {
            findings.bad(what, why, format!("check the addresses under [{section}], then {credentials}"));
        }
        CallError::Forbidden { missing } => {
            let fix = match side {
                Side::Joor => "ask JOOR to give this client the right to read and write orders".to_owned(),
                Side::Shopify => {
                    format!("add {} to the app's access scopes and install it again", missing.join(", "))
                }
            };
            findings.bad(what, why, fix);
        }
        CallError::Closed { .. } => findings.bad(what, why, "open the shop again in Shopify's admin"),
        CallError::WrongVersion { .. } => findings.bad(what, why, "check the addresses and the API version"),
        CallError::Throttled { .. } => {
            findings.warn(what, why, "another program uses the same account now; try again later");
        }
        CallError::Refused { .. } => findings.bad(what, why, format!("check the settings under [{section}]")),
        CallError::NoAnswer { .. } => {
            findings.bad(what, why, format!("check the network, and the addresses under [{section}]"));
        }
        CallError::Garbled { .. } => {
            let fix =
                format!("check the addresses under [{section}]: something else than the API answers there");
            findings.bad(what, why, fix);
        }
    }
}

fn joor(findings: &mut Findings, settings: &Settings, answer: &JoorAnswer) {
    let waiting = answer.waiting;
    findings.ok(
        "JOOR",
        format!("signed in; the orders page is readable, {waiting} approved lately and not exported"),
    );
    if answer.broken > 0 {
        let why = format!("{} order rows cannot be read; each is a problem of its own", answer.broken);
        findings.warn("JOOR orders", why, "see `joor-shopify problems` after the next cycle");
    }
    clock(findings, "JOOR's clock", answer.clock_offset_seconds);
    let allowed =
        |code: &String| settings.orders.currencies.iter().any(|currency| currency.code() == code.as_str());
    let foreign: Vec<&str> =
        answer.currencies.iter().filter(|code| !allowed(code)).map(String::as_str).collect();
    if !foreign.is_empty() {
        let why = format!("JOOR has price types in {}; such orders are held", foreign.join(", "));
        findings.warn("currencies", why, "add them to orders.currencies if they are to be exported");
    }
}

fn clock(findings: &mut Findings, what: &str, offset: Option<i64>) {
    match offset {
        Some(seconds) if seconds.unsigned_abs() > CLOCK_SECONDS_MAX => {
            let why =
                format!("SYS_CLOCK: it differs from the clock here by {} seconds", seconds.unsigned_abs());
            findings.warn(what, why, "let this machine set its clock from the network (NTP)");
        }
        Some(_) => findings.ok(what, format!("within {CLOCK_SECONDS_MAX} seconds of the clock here")),
        None => {}
    }
}

fn shop(findings: &mut Findings, settings: &Settings, inputs: &ConnectionInputs, answer: &ShopAnswer) {
    let facts = &answer.facts;
    findings.ok("Shopify", format!("signed in to {}", facts.domain));
    if let Some(known) = answer.known_shop_id.as_ref().filter(|known| **known != facts.shop_id) {
        let why =
            format!("CONN_WRONG_ACCOUNT: the history belongs to {known}, but {} answers", facts.shop_id);
        findings.bad("shop", why, "put shopify.shop_url back, or make another connection for another shop");
    }
    if facts.version_answered == inputs.asked_version {
        findings.ok("API version", facts.version_answered.clone());
    } else {
        let (asked, answered) = (&inputs.asked_version, &facts.version_answered);
        let why = format!("CONN_API_VERSION: asked for {asked}, answered by {answered}");
        findings.bad("API version", why, "set shopify.api_version to a version that Shopify still serves");
    }
    scopes(findings, settings, inputs.today, facts);
    if facts.order_definition && facts.customer_definition {
        findings.ok("custom ids", custom_ids(inputs));
    } else {
        let fix = format!("joor-shopify connection test {}; it makes them", inputs.name);
        findings.warn("custom ids", "the definitions for orders and customers are not made yet", fix);
    }
    clock(findings, "Shopify's clock", facts.clock_offset_seconds);
    locations(findings, settings, facts);
    let currency = Currency::from_code(&facts.currency_code);
    if currency.is_some_and(|currency| settings.orders.currencies.contains(&currency)) {
        findings.ok("shop currency", facts.currency_code.clone());
    } else {
        let why = format!("the shop's currency {} is not allowed; such orders are held", facts.currency_code);
        findings.warn("shop currency", why, "add it to orders.currencies unless this is meant");
    }
    if facts.development {
        let why = "this is a development store, in which Shopify takes only few orders a minute";
        findings.warn("shop", why, "use it for trying out only");
    }
}

fn custom_ids(inputs: &ConnectionInputs) -> &'static str {
    match recorded(&inputs.measured, Fact::CustomIdUnique) {
        Some((Verdict::AsAssumed, _)) => {
            "both definitions are there, and the shop refuses a taken id: no order twice"
        }
        Some((Verdict::Otherwise | Verdict::Unclear, _)) | None => {
            "both definitions are there, so an order is found again after a lost answer"
        }
    }
}

/// Scopes that exports cannot do without, each with what it is for.
const SCOPES: [(&str, &str); 5] = [
    ("write_orders", "create orders and find them again"),
    ("write_customers", "find and create customers"),
    ("read_products", "match lines with variants"),
    ("read_inventory", "check stock"),
    ("read_locations", "know the locations"),
];
/// Fulfilments, and the work that waits for them, at the shop's own locations.
pub const FULFILMENT_SCOPE: &str = "write_merchant_managed_fulfillment_orders";
const ASSIGN_SCOPE: (&str, &str) = (FULFILMENT_SCOPE, "assign unfulfilled orders to a location");

fn scopes(findings: &mut Findings, settings: &Settings, today: Date, facts: &ShopFacts) {
    let mut needed = SCOPES.to_vec();
    if fulfilments(settings).any(|fulfilment| matches!(fulfilment, Fulfilment::Assigned(_))) {
        needed.push(ASSIGN_SCOPE);
    }
    let missing: Vec<&(&str, &str)> = needed.iter().filter(|(scope, _)| !holds(facts, scope)).collect();
    if missing.is_empty() {
        findings.ok("scopes", "all that exports need");
        // Exports do without it, so a shop without it lacks nothing.
        findings.ok(
            "replacing exports",
            match holds(facts, FULFILMENT_SCOPE) {
                true => "`orders re-export --cancel-previous` may cancel orders and their fulfilments".to_owned(),
                false => format!(
                    "`orders re-export --cancel-previous` may cancel orders; for those that are fulfilled the app would \
                     need {FULFILMENT_SCOPE} too"
                ),
            },
        );
    } else {
        let reasons: Vec<String> =
            missing.iter().map(|(scope, purpose)| format!("{scope} (to {purpose})")).collect();
        let names: Vec<&str> = missing.iter().map(|(scope, _)| *scope).collect();
        let why = format!("CONN_SHOPIFY_SCOPE: missing are {}", reasons.join(", "));
        findings.bad(
            "scopes",
            why,
            format!("add {} to the app's access scopes and install it again", names.join(", ")),
        );
    }
    if facts.reads_all_orders() {
        findings.ok("order window", "orders of any age can be seen");
        return;
    }
    let old = settings
        .schedule
        .exported_since
        .is_some_and(|day| today.since(day).is_ok_and(|span| i64::from(span.get_days()) > VISIBLE_DAYS));
    let why = match old {
        false => "the app sees only the last 60 days of orders in Shopify; what it sent before that cannot be looked up".to_owned(),
        true => format!(
            "the app sees only the last 60 days of orders in Shopify, but schedule.exported_since lies more than \
             {VISIBLE_DAYS} days back; orders approved before the window are held"
        ),
    };
    findings.warn("order window", why, "ask for the scope read_all_orders in the app's settings");
}

/// `write_x` includes `read_x`.
fn holds(facts: &ShopFacts, scope: &str) -> bool {
    let wider = scope.strip_prefix("read_").map(|what| format!("write_{what}"));
    facts.scopes.contains(scope) || wider.is_some_and(|wider| facts.scopes.contains(&wider))
}

fn fulfilments(settings: &Settings) -> impl Iterator<Item = &Fulfilment> {
    std::iter::once(&settings.orders.fulfilment)
        .chain(settings.rules.iter().filter_map(|rule| rule.fulfilment.as_ref()))
}

fn locations(findings: &mut Findings, settings: &Settings, facts: &ShopFacts) {
    let mut named: BTreeSet<&LocationId> = settings.orders.stock_locations.iter().collect();
    let mut undecided = false;
    for fulfilment in fulfilments(settings) {
        match fulfilment {
            Fulfilment::Unfulfilled => {}
            Fulfilment::Fulfilled(None) => undecided = true,
            Fulfilment::Fulfilled(Some(location))
            | Fulfilment::AssignedFulfilled(location)
            | Fulfilment::Assigned(location) => {
                named.insert(location);
            }
        }
    }
    let active: Vec<String> = facts
        .locations
        .iter()
        .filter(|location| location.active)
        .map(|location| format!("{} ({})", location.name, location.id.number()))
        .collect();
    let mut good = true;
    for id in named {
        let fix = format!("name one of {}", active.join(", "));
        match facts.locations.iter().find(|location| location.id == *id) {
            Some(location) if location.active => continue,
            Some(location) => {
                let why = format!("LOC_INACTIVE: location {} ({}) is not active", location.name, id.number());
                findings.bad("locations", why, fix);
            }
            None => {
                let why = format!("LOC_UNMAPPED: the shop has no location {}", id.number());
                findings.bad("locations", why, fix);
            }
        }
        good = false;
    }
    if undecided && active.len() != 1 {
        let why = format!(
            "fulfilment = \"fulfilled\" names no location, but the shop has {} active ones",
            active.len()
        );
        findings.bad("locations", why, format!("set orders.location to one of {}", active.join(", ")));
        good = false;
    }
    if good {
        findings.ok("locations", format!("{} active; all that the settings name are there", active.len()));
    }
}
