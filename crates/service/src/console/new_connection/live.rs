//! The live tests of a connection that is not stored yet: what JOOR and Shopify say to it, in words about whose credentials
//! are wrong and what to do, and a dry look at the last orders. Nothing is changed anywhere.

use super::begun::Draft;
use super::{Extra, No};
use crate::compose::Ports;
use crate::console::Console;
use crate::console::asking::{in_time, words};
use crate::console::connections::finding;
use crate::console::words::full_stop;
use crate::cycle::{Previewed, Stop};
use crate::doctor::{self, Health};
use adapters::ledger::records::ConnectionRecord;
use adapters::ports::{CallError, OrderRow, Row};
use adapters::settings::{Checked, SHOPIFY_ACCESS_TOKEN};
use adapters::vault::Secret;
use console::look::{State as Shown, counted};
use console::pages::connections::{Finding, LookedOrder, SettingsLook};
use domain::money::Currency;

/// The approved orders that a dry look is about.
const ORDERS: usize = 10;

/// What came of a test.
pub struct Tested {
    pub is_good: bool,
    /// What is wrong, in words.
    pub refused: Option<String>,
    pub findings: Vec<Finding>,
}

fn failed(words: String) -> Tested {
    Tested { is_good: false, refused: Some(words), findings: Vec::new() }
}

/// Signs in at JOOR and reads the list of orders.
pub async fn joor(console: &Console, draft: &mut Draft, checked: Checked) -> Tested {
    let mut secrets = checked.secrets.clone();
    // Nobody asks the shop in this step; the ports are made as a pair.
    secrets.insert(SHOPIFY_ACCESS_TOKEN.to_owned(), Secret::new("none yet"));
    let today = console.now().day();
    let asked = async {
        let ports = console.house.ports_with(&checked, &secrets).map_err(|error| error.to_string())?;
        Ok(doctor::try_joor(ports.wholesale.as_ref(), today).await)
    };
    let answer = match in_time("The test of JOOR", asked).await {
        Ok(answer) => answer,
        Err(words) => return failed(words),
    };
    let mut settings = checked.settings;
    if let Ok(answer) = &answer {
        settings.orders.currencies =
            answer.currencies.iter().filter_map(|code| Currency::from_code(code)).collect();
        draft.currencies = settings.orders.currencies.iter().map(|one| one.code().to_owned()).collect();
    }
    let found = doctor::of_joor(&draft.name, &settings, &answer);
    let whose = "They are the four that JOOR gave you for its API: client id, client secret, user and password. Compare each \
                 with JOOR's mail; a password of the JOOR website does not go. If all are right, ask JOOR's support.";
    tested("JOOR", whose, answer.err().as_ref(), &found)
}

/// Signs in at Shopify and looks at what an export needs.
pub async fn shopify(console: &Console, draft: &mut Draft, checked: Checked) -> Tested {
    let today = console.now().day();
    let asked = async {
        let ports =
            console.house.ports_with(&checked, &checked.secrets).map_err(|error| error.to_string())?;
        Ok(doctor::try_shop(ports.shop.as_ref(), &draft.name, &checked, today).await)
    };
    let (inputs, mut found) = match in_time("The test of Shopify", asked).await {
        Ok(answer) => answer,
        Err(words) => return failed(words),
    };
    for one in found.iter_mut().filter(|one| one.what == "custom ids" && one.health == Health::Warn) {
        "Nothing: the first cycle of the connection makes them.".clone_into(&mut one.fix);
    }
    let error = match &inputs.shop {
        Some(Ok(answer)) => {
            let code = Currency::from_code(&answer.facts.currency_code);
            draft.currencies.extend(code.map(|one| one.code().to_owned()));
            None
        }
        Some(Err(error)) => Some(error),
        None => None,
    };
    let whose = "They are those of the app in this shop's admin, under Settings, Apps and sales channels, Develop apps: its \
                 Admin API access token, or its client id and secret. Make sure that it is this shop and that the app is \
                 installed in it.";
    tested("Shopify", whose, error, &found)
}

fn tested(side: &str, whose: &str, error: Option<&CallError>, found: &[doctor::Finding]) -> Tested {
    let is_good = doctor::worst(found) < Health::Bad;
    let refused = match error {
        Some(CallError::Unauthorized { .. }) => {
            Some(format!("{side} does not take these credentials. {whose}"))
        }
        Some(CallError::TokenUnavailable { .. }) => Some(format!(
            "{side} gives no access with these credentials: the address or the credentials are wrong. {whose}"
        )),
        Some(error) => {
            let fix = found.iter().find(|one| one.health == Health::Bad).map_or("", |one| one.fix.as_str());
            Some(format!("{} What to do: {}", full_stop(&format!("{side}: {error}")), full_stop(fix)))
        }
        None if is_good => None,
        None => Some(format!(
            "{side} answers, but exports need more: see “bad” below, mend it there and test again."
        )),
    };
    Tested { is_good, refused, findings: found.iter().map(finding).collect() }
}

/// What would become of the orders approved last.
pub async fn look(console: &Console, draft: &Draft, checked: &Checked) -> Extra {
    let asked = async {
        looked(console, draft, checked).await.map_err(|no| match no {
            No::NotFound(words) | No::Refused(words) | No::NotAllowed(words) | No::Failed(words) => words,
        })
    };
    let look = match in_time("The look at the last orders", asked).await {
        Ok((rows, previewed)) => shown(&rows, &previewed),
        Err(why) => SettingsLook {
            words: format!("The last orders cannot be looked at: {}", full_stop(&why)),
            orders: Vec::new(),
        },
    };
    Extra { look: Some(look), ..Extra::default() }
}

async fn looked(
    console: &Console,
    draft: &Draft,
    checked: &Checked,
) -> Result<(Vec<Row<OrderRow>>, Vec<Previewed>), No> {
    let stopped = |stop: Stop| No::Failed(words(&stop));
    let now = console.now();
    let record = ConnectionRecord {
        name: draft.name.clone(),
        settings: checked.document.clone(),
        settings_version: 0,
        paused: false,
        live_since: None,
        shop_id: None,
        created: now,
        next_due: now,
        epoch: -1,
        lease_owner: None,
        lease_until: None,
        last_good: None,
        last_daily: None,
    };
    let ports: Ports = console.house.ports_with(checked, &checked.secrets)?;
    let mut worker = console.house.worker_over(&record, checked.clone(), ports);
    worker.dry = true;
    let rows = worker.newest_approved(ORDERS).await.map_err(stopped)?;
    let previewed = worker.preview_anew(record, &rows).await.map_err(stopped)?;
    Ok((rows, previewed))
}

fn shown(rows: &[Row<OrderRow>], previewed: &[Previewed]) -> SettingsLook {
    let ready = previewed.iter().filter(|one| one.state == "ready").count();
    let words = match previewed.len() {
        0 => "JOOR has no approved order yet. The first one is checked as soon as it is approved.".to_owned(),
        all => format!(
            "Of the last {}, {ready} would be sent, as if they were approved after going live. Orders that are held say \
             what is missing; each goes by itself once it is there.",
            counted(all, "approved order")
        ),
    };
    let orders = previewed.iter().map(|one| {
        let row = rows.iter().flatten().find(|row| row.order.id == one.order);
        LookedOrder {
            id: one.order.to_string(),
            retailer: row.map(|row| row.order.retailer.name.clone()).unwrap_or_default(),
            state: Shown::of(one.state),
            total: one.drafts.first().map(|draft| draft.expected.to_string()).unwrap_or_default(),
            words: one.told.iter().map(|told| full_stop(&told.sentence)).collect(),
        }
    });
    SettingsLook { words, orders: orders.collect() }
}
