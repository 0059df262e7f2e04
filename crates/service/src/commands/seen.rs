//! A connection as a list shows it: how it is, what keeps it from working, when it works next.

use crate::compose::{ComposeError, House, stored};
use crate::engine::told;
use adapters::ledger::records::{ConnectionRecord, ProblemRecord};
use adapters::ledger::{Ledger, LedgerError, ProblemQuery};
use domain::problem::{Severity, Told};
use schemars::JsonSchema;
use serde::Serialize;

/// A connection with its state.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Connection")]
pub struct ConnectionShape {
    pub name: String,
    /// "preview": nothing is sent; "live"; "paused"; or "refused": its settings or credentials cannot be used.
    pub state: String,
    /// What keeps it from working.
    pub problem: Option<Trouble>,
    pub joor_account: String,
    pub shop: String,
    pub settings_version: i64,
    pub live_since: Option<String>,
    /// Start of the last cycle that was good.
    pub last_good: Option<String>,
    pub next_due: String,
    /// End of the daily pause that it is in.
    pub rests_until: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Trouble {
    pub code: String,
    pub sentence: String,
    pub resolution: String,
}

pub async fn seen(house: &House, connection: &ConnectionRecord) -> Result<ConnectionShape, ComposeError> {
    let refused = house.worker(connection).await.err().map(|error| told(&error));
    let state = if refused.is_some() { "refused" } else { state_word(connection) };
    let trouble = match refused {
        Some(told) => Some(told),
        None => outage(&house.ledger, &connection.name).await?,
    };
    let (joor_account, shop, rest) = match stored(connection, house.trial) {
        Ok(checked) => (
            format!("{} ({})", checked.joor.account, checked.joor.environment),
            checked.shopify.shop_url,
            checked.settings.schedule.pause.and_then(|window| window.end(house.clock.now())),
        ),
        Err(_) => (String::new(), String::new(), None),
    };
    Ok(ConnectionShape {
        name: connection.name.clone(),
        state: state.to_owned(),
        problem: trouble.map(|told| Trouble {
            code: told.code.to_owned(),
            sentence: told.sentence,
            resolution: told.resolution,
        }),
        joor_account,
        shop,
        settings_version: connection.settings_version,
        live_since: connection.live_since.map(|moment| moment.to_string()),
        last_good: connection.last_good.map(|moment| moment.to_string()),
        next_due: connection.next_due.to_string(),
        rests_until: rest.map(|end| end.to_string()),
    })
}

/// The outage that keeps a connection from working, as the last cycle left it.
async fn outage(ledger: &Ledger, name: &str) -> Result<Option<Told>, LedgerError> {
    let query = ProblemQuery { order: None, open_only: true };
    let open = ledger.problems(name, &query).await?;
    let outage = |row: &ProblemRecord| row.order.is_none() && row.told.severity == Severity::Outage;
    Ok(open.into_iter().rev().find(outage).map(|row| row.told))
}

fn state_word(connection: &ConnectionRecord) -> &'static str {
    match (connection.paused, connection.live_since) {
        (true, _) => "paused",
        (false, None) => "preview",
        (false, Some(_)) => "live",
    }
}
