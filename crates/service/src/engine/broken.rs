//! Connections that no worker can be made for: their stored settings are refused, or their credentials cannot be opened.
//! It is an outage like any other: open in the ledger, mailed once, over with the next good cycle. What is wrong with
//! settings is found elsewhere.

use crate::alerts::{Digest, OpenProblem, digest_letters, page};
use crate::compose::{self, ComposeError, House};
use crate::cycle::LEASE;
use crate::cycle::commands::take_settings;
use adapters::ledger::ProblemQuery;
use adapters::ledger::records::{Change, ConnectionRecord, ProblemRecord};
use adapters::ports::PostError;
use adapters::settings::Trial;
use domain::ids::ConnectionName;
use domain::problem::{Problem, Told};
use domain::settings::Alerts;
use domain::time::Moment;
use std::collections::BTreeMap;
use std::time::Duration;

const CODE: &str = "CONN_SETTINGS";
/// A mail server that did not take the mail is asked again after this long.
const AFTER_FAILED_MAIL: Duration = Duration::from_secs(60);

/// What this process said about each broken connection.
#[derive(Debug, Default)]
pub struct Broken(BTreeMap<String, Said>);

#[derive(Debug)]
struct Said {
    /// Logged once for each reason.
    reason: String,
    /// When the mail is tried next.
    mail_at: Moment,
}

/// How far the mail got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mailed {
    Done,
    Later,
}

impl Broken {
    /// Says what is wrong, once, and takes new settings, which may be the cure.
    pub async fn mend(
        &mut self,
        house: &House,
        connection: &ConnectionRecord,
        error: &ComposeError,
    ) -> Result<(), ComposeError> {
        let (name, reason, now) = (&connection.name, error.to_string(), house.clock.now());
        if self.0.get(name).is_none_or(|said| said.reason != reason) {
            tracing::error!(connection = %name, reason, "the connection cannot be worked on");
            self.0.insert(name.clone(), Said { reason, mail_at: now });
        }
        if let Some(open) = open(house, connection, &told(error)).await?
            && let Some(said) = self.0.get_mut(name)
            && said.mail_at <= now
            && mail(house, connection, open).await? == Mailed::Later
        {
            said.mail_at = now.plus(AFTER_FAILED_MAIL);
        }
        take_settings(house, name).await
    }

    /// A worker could be made: what was said is over.
    pub fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }
}

/// The same in a run that makes one cycle and ends: what is wrong is stored and mailed.
pub async fn tell(
    house: &House,
    connection: &ConnectionRecord,
    error: &ComposeError,
) -> Result<Told, ComposeError> {
    let told = told(error);
    if let Some(open) = open(house, connection, &told).await? {
        mail(house, connection, open).await?;
    }
    Ok(told)
}

/// The outage as people read it.
pub fn told(error: &ComposeError) -> Told {
    let reason = match error {
        ComposeError::Settings(errors) => {
            let keys: Vec<&str> = errors.iter().map(|error| error.key.as_str()).collect();
            format!("its stored settings are refused: {}", keys.join(", "))
        }
        ComposeError::Vault(_)
        | ComposeError::Words(_)
        | ComposeError::Outside(_)
        | ComposeError::Ledger(_) => error.to_string(),
    };
    Problem::ConnSettings { reason }.told("")
}

/// The open problem as the ledger has it; `None` while somebody else holds the lease.
async fn open(
    house: &House,
    connection: &ConnectionRecord,
    told: &Told,
) -> Result<Option<ProblemRecord>, ComposeError> {
    let known = stored(house, connection).await?;
    if known.as_ref().is_some_and(|row| row.told == *told) {
        return Ok(known);
    }
    let change = Change::ProblemOpened { order: None, told: told.clone() };
    match commit(house, connection, change).await? {
        true => stored(house, connection).await,
        false => Ok(None),
    }
}

async fn stored(house: &House, connection: &ConnectionRecord) -> Result<Option<ProblemRecord>, ComposeError> {
    let query = ProblemQuery { order: None, open_only: true };
    let mut rows = house.ledger.problems(&connection.name, &query).await?.into_iter();
    Ok(rows.find(|row| row.order.is_none() && row.told.code == CODE))
}

/// Past the outbox, which a worker delivers; the mark in the ledger keeps it to one mail, and lets the end be mailed.
async fn mail(
    house: &House,
    connection: &ConnectionRecord,
    open: ProblemRecord,
) -> Result<Mailed, ComposeError> {
    let (Some(post), None) = (&house.post, &open.mailed) else { return Ok(Mailed::Done) };
    let path = ["connections", &connection.name];
    let console = house.config.console.for_mails();
    let problem = OpenProblem {
        order: None,
        retailer: String::new(),
        value: None,
        told: open.told,
        links: console.iter().map(|console| page(console, &path)).collect(),
        since: open.opened,
        orders_blocked: 0,
    };
    let digest = Digest {
        connection: ConnectionName::new(connection.name.clone()),
        at: open.opened,
        console,
        new: vec![problem],
        worse: Vec::new(),
        solved: Vec::new(),
    };
    for letter in digest_letters(&digest, &alerts(connection, house.trial)) {
        match post.send(&letter).await {
            Ok(()) => {}
            Err(PostError::Never(reason)) => tracing::error!(reason, "a mail is refused and given up"),
            Err(PostError::Later(reason)) => {
                tracing::warn!(reason, "a mail could not be sent yet and is tried again");
                return Ok(Mailed::Later);
            }
        }
    }
    let change = Change::ProblemsMailed { opened: vec![open.id], closed: Vec::new() };
    commit(house, connection, change).await?;
    Ok(Mailed::Done)
}

/// Stored under a lease of its own; `false` while somebody else holds it.
async fn commit(house: &House, connection: &ConnectionRecord, change: Change) -> Result<bool, ComposeError> {
    let (name, now) = (&connection.name, house.clock.now());
    let Some(epoch) = house.ledger.take_lease(name, &house.owner, now, LEASE).await? else {
        return Ok(false);
    };
    let stored = house.ledger.commit(name, epoch, now, &[change]).await;
    house.ledger.release_lease(name, epoch, now).await?;
    stored?;
    Ok(true)
}

/// Who hears of outages. Settings that are refused for another reason still name people.
fn alerts(connection: &ConnectionRecord, trial: Trial) -> Alerts {
    match compose::stored(connection, trial) {
        Ok(checked) => checked.settings.alerts,
        Err(_) => Alerts {
            outages: addresses(&connection.settings),
            orders: Vec::new(),
            daily: Vec::new(),
            daily_hour: 0,
            silence: Duration::ZERO,
        },
    }
}

fn addresses(document: &str) -> Vec<String> {
    let Ok(table) = document.parse::<toml::Table>() else { return Vec::new() };
    let list = table.get("alerts").and_then(|alerts| alerts.get("outages")).and_then(toml::Value::as_array);
    let texts = list.into_iter().flatten().filter_map(toml::Value::as_str);
    texts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use adapters::settings::SettingError;

    #[test]
    fn refused_settings_still_say_who_hears_of_it() {
        let document = "[orders]\nstock = \"sometimes\"\n[alerts]\noutages = [\"it@brand.example\", 5]\n";
        assert_eq!(addresses(document), ["it@brand.example"]);
        assert_eq!(addresses("[alerts]\noutages = 1"), Vec::<String>::new());
        assert_eq!(addresses("[alerts"), Vec::<String>::new());
    }

    #[test]
    fn the_outage_names_the_settings_that_are_refused() {
        let error = SettingError {
            file: "settings of connection main".to_owned(),
            key: "orders.stock".to_owned(),
            value: "\"sometimes\"".to_owned(),
            allowed: "require".to_owned(),
        };
        let told = told(&ComposeError::Settings(vec![error]));
        assert_eq!(told.code, CODE);
        assert!(told.sentence.contains("orders.stock") && told.resolution.contains("connection apply"));
    }
}
