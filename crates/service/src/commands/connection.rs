//! `connection`: apply, list, export, go-live, pause and resume. Testing needs the ports and is done by the doctor.

use super::act::{Ask, ask};
use super::seen::seen;
use super::set_up::{KeyFile, check_name, one_account_once, sealed, vault_for};
use super::{Failure, Outcome, Session};
use crate::cli::{ConnectionCommand, exit};
use crate::compose::House;
use crate::show::counted;
use crate::show::tables::table;
use adapters::ledger::records::{Change, ConnectionRecord};
use adapters::ledger::{Ledger, LedgerError, LockError};
use adapters::settings::{Checked, Trial, check, secrets_absent};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a settings file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// For one commit; nothing is sent meanwhile.
const APPLY_LEASE: Duration = Duration::from_secs(30);

pub async fn run(session: &Session, command: ConnectionCommand) -> Outcome {
    let ledger = session.ledger().await?;
    match command {
        ConnectionCommand::Apply { file, name } => apply(session, &ledger, &file, name.as_deref()).await,
        ConnectionCommand::List => list(session, &ledger).await,
        ConnectionCommand::Export { name } => export(session, &ledger, &name).await,
        ConnectionCommand::GoLive { name, confirm_previous_off } => {
            go_live(session, &ledger, &name, confirm_previous_off).await
        }
        ConnectionCommand::Pause { name } => pause(session, &ledger, &name, Pause::On).await,
        ConnectionCommand::Resume { name } => pause(session, &ledger, &name, Pause::Off).await,
        ConnectionCommand::Test { .. } | ConnectionCommand::Probe(_) => {
            unreachable!("handed to the caller before")
        }
    }
}

async fn apply(session: &Session, ledger: &Ledger, file: &Path, name: Option<&str>) -> Outcome {
    let name = match name {
        Some(name) => name.to_owned(),
        None => file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
    };
    check_name(&name)?;
    let shown = file.display().to_string();
    let text = settings_file(file)?;
    let kept = ledger.secrets(&name).await?;
    let checked = check(&shown, &text, file.parent().unwrap_or(Path::new(".")), session.trial).map_err(
        |mut errors| {
            errors.extend(secrets_absent(&shown, &text, |secret| kept.contains_key(secret)));
            Failure::settings(errors)
        },
    )?;
    let missing = checked.secrets_missing(&shown, |secret| kept.contains_key(secret));
    if !missing.is_empty() {
        return Err(Failure::settings(missing));
    }
    one_account_once(ledger, session.trial, &name, &shown, &checked).await?;
    let (vault, made) = vault_for(&session.config.key_file, &checked)?;
    if made == KeyFile::Made {
        session.voice.talk(&format!(
            "a new key is made in {}; hint: apply every other connection again too, with its credentials",
            session.config.key_file.display()
        ));
    }
    let sealed = sealed(&vault, &name, &checked, &kept)?;
    if let Some(before) = ledger.connection(&name).await? {
        return replace(session, ledger, &before, &checked, &sealed).await;
    }
    let now = session.now();
    ledger.create_connection_with(&name, &checked.document, &sealed, &session.by, now).await?;
    created(session, &name, &checked)
}

/// The text of a settings file.
pub fn settings_file(file: &Path) -> Result<String, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        let what = format!("{} cannot be read: {error}", file.display());
        Failure::new(exit::USAGE, what, "`joor-shopify init` writes an example, connection.example.toml")
    };
    let about = std::fs::metadata(file).map_err(|error| failed(&error))?;
    if about.len() > FILE_BYTES_MAX {
        return Err(failed(&format!("it has {} bytes, at most {FILE_BYTES_MAX} are allowed", about.len())));
    }
    std::fs::read_to_string(file).map_err(|error| failed(&error))
}

fn created(session: &Session, name: &str, checked: &Checked) -> Outcome {
    session.voice.text(&format!(
        "Connection {name}: created for JOOR account {} and {}; it is in preview and sends nothing",
        checked.joor.account, checked.shopify.shop_url
    ));
    session
        .voice
        .data(json!({ "connection": name, "created": true, "settings_version": 1, "applied": true }));
    session.voice.talk(&format!(
        "hint: `joor-shopify connection test {name}`, then `joor-shopify sync --once` and `joor-shopify orders list`"
    ));
    Ok(exit::OK)
}

/// While nobody works on the ledger the settings are applied here; otherwise the one who works does it next.
async fn replace(
    session: &Session,
    ledger: &Ledger,
    before: &ConnectionRecord,
    checked: &Checked,
    sealed: &BTreeMap<String, String>,
) -> Outcome {
    let name = &before.name;
    let waiting = ledger.pending_commands(name).await?.iter().any(|command| command.verb == "settings");
    // Older settings that wait are not wanted any more, even where the present ones are the same.
    if before.settings == checked.document && sealed.is_empty() && !waiting {
        session.voice.text(&format!("Connection {name}: nothing changed"));
        session
            .voice
            .data(json!({ "connection": name, "created": false, "applied": true, "changed": false }));
        return Ok(exit::OK);
    }
    match session.config.ledger.lock() {
        Ok(_lock) => {
            if apply_settings(ledger, session, name, &checked.document, sealed).await? {
                let version = session.connection(ledger, name).await?.settings_version;
                session.voice.text(&format!("Connection {name}: settings version {version} is in force"));
                session.voice.data(
                    json!({ "connection": name, "created": false, "settings_version": version, "applied": true }),
                );
                return Ok(exit::OK);
            }
        }
        Err(LockError::Held { .. }) => {}
        Err(other @ LockError::Failed(_)) => return Err(other.into()),
    }
    ask(session, ledger, Ask::settings(name, &checked.document, sealed)).await
}

/// Puts checked settings in force under a lease of their own; `false` while a process that died still holds one, in
/// which case the next cycle has to do it.
async fn apply_settings(
    ledger: &Ledger,
    session: &Session,
    name: &str,
    document: &str,
    sealed: &BTreeMap<String, String>,
) -> Result<bool, Failure> {
    let now = session.now();
    let owner = format!("settings {}", std::process::id());
    let Some(epoch) = ledger.take_lease(name, &owner, now, APPLY_LEASE).await? else {
        return Ok(false);
    };
    let secret =
        |(name, sealed): (&String, &String)| Change::Secret { name: name.clone(), sealed: sealed.clone() };
    let mut changes: Vec<Change> = sealed.iter().map(secret).collect();
    changes.push(Change::Settings { document: document.to_owned(), by: session.by.clone() });
    // Older settings that still wait would come into force after these.
    for command in
        ledger.pending_commands(name).await?.into_iter().filter(|command| command.verb == "settings")
    {
        let words = "superseded by newer settings".to_owned();
        changes.push(Change::CommandDone { id: command.id, done: false, words });
    }
    let stored = ledger.commit(name, epoch, now, &changes).await;
    ledger.release_lease(name, epoch, session.now()).await?;
    stored?;
    Ok(true)
}

async fn list(session: &Session, ledger: &Ledger) -> Outcome {
    let house = House::open(session.config.clone(), session.trial).await?;
    let house = House { clock: Arc::new(session.clock), ..house };
    let mut connections = Vec::new();
    for connection in &ledger.connections().await? {
        connections.push(seen(&house, connection).await?);
    }
    let mut troubles = String::new();
    for one in &connections {
        if let Some(told) = &one.problem {
            let (name, code) = (&one.name, &told.code);
            let words = format!("\n{name}: {code} {}\n  hint: {}\n", told.sentence, told.resolution);
            troubles.push_str(&words);
        }
    }
    let rows = connections.iter().map(|one| {
        let rest = one.rests_until.as_ref();
        vec![
            one.name.clone(),
            rest.map_or_else(|| one.state.clone(), |end| format!("{}, daily pause until {end}", one.state)),
            one.problem.as_ref().map(|told| told.code.clone()).unwrap_or_default(),
            one.joor_account.clone(),
            one.shop.clone(),
            one.last_good.clone().unwrap_or_else(|| "never".to_owned()),
            one.next_due.clone(),
        ]
    });
    if connections.is_empty() {
        session.voice.talk("No connection yet\n  hint: joor-shopify connection apply FILE");
    } else {
        session.voice.text(&table(
            &["Connection", "State", "Trouble", "JOOR account", "Shop", "Last good cycle", "Next cycle"],
            rows,
        ));
        session.voice.text(&troubles);
    }
    session.voice.data(json!({ "connections": connections }));
    Ok(exit::OK)
}

async fn export(session: &Session, ledger: &Ledger, name: &str) -> Outcome {
    let connection = session.connection(ledger, name).await?;
    let secrets: Vec<String> = ledger.secrets(name).await?.into_keys().collect();
    session.voice.text(&exported(&connection, &secrets));
    session.voice.data(json!({
        "connection": name,
        "settings_version": connection.settings_version,
        "document": connection.settings,
        "secrets_kept": secrets,
    }));
    Ok(exit::OK)
}

/// The settings in force as a file, with the names of the credentials that are kept elsewhere.
pub fn exported(connection: &ConnectionRecord, secrets: &[String]) -> String {
    let mut text =
        format!("# Connection {}, settings version {}\n", connection.name, connection.settings_version);
    for secret in secrets {
        text.push_str(&format!("# {secret} is kept in the ledger\n"));
    }
    text.push_str(&connection.settings);
    text
}

/// Why the connection cannot go live now, before anybody is asked.
pub fn may_go_live(connection: &ConnectionRecord, trial: Trial) -> Result<(), Failure> {
    let name = &connection.name;
    if let Some(since) = connection.live_since {
        let what = format!("connection {name} is live already, since {since}");
        return Err(Failure::new(exit::USAGE, what, "stop it with `joor-shopify connection pause`"));
    }
    // Trials have no history to look at first.
    if connection.last_good.is_none() && trial == Trial::Off {
        let what =
            format!("connection {name} has not read JOOR yet, so nobody can have seen what it would do");
        let hint =
            "run `joor-shopify sync --once`, then look at `joor-shopify orders list` and `orders preview`";
        return Err(Failure::new(exit::FAILED, what, hint));
    }
    Ok(())
}

/// What going live means for the orders that are known.
pub async fn live_words(ledger: &Ledger, name: &str) -> Result<String, LedgerError> {
    let rows = ledger.equation_rows(name).await?;
    let count = |word: &str| rows.iter().filter(|row| row.state == word).count();
    Ok(format!(
        "{} known; {} would be sent, {} are held, {} are skipped",
        counted(rows.len(), "order"),
        count("ready"),
        count("held"),
        count("skipped")
    ))
}

async fn go_live(session: &Session, ledger: &Ledger, name: &str, previous_off: bool) -> Outcome {
    let connection = session.connection(ledger, name).await?;
    may_go_live(&connection, session.trial)?;
    if !previous_off
        && !session.confirmed(
            "Is every other integration that exports these orders switched off? Two would export twice.",
        )
    {
        let hint = "switch it off, then go live with --confirm-previous-off";
        return Err(Failure::new(exit::USAGE, "not confirmed that the previous integration is off", hint));
    }
    session.voice.talk(&format!("Connection {name}: {}", live_words(ledger, name).await?));
    if !session.confirmed("Send approved orders to Shopify from now on?") {
        let hint = "answer the question, or add --yes";
        return Err(Failure::new(exit::USAGE, "not confirmed; the connection stays in preview", hint));
    }
    ask(session, ledger, Ask::connection(name, "go_live", json!({ "confirm_previous_off": true }))).await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pause {
    On,
    Off,
}

async fn pause(session: &Session, ledger: &Ledger, name: &str, wanted: Pause) -> Outcome {
    let connection = session.connection(ledger, name).await?;
    let (verb, already, word) = match wanted {
        Pause::On => ("pause", connection.paused, "paused"),
        Pause::Off => ("resume", !connection.paused, "running"),
    };
    if already {
        let hint = "see `joor-shopify connection list`";
        return Err(Failure::new(exit::USAGE, format!("connection {name} is {word} already"), hint));
    }
    ask(session, ledger, Ask::connection(name, verb, json!({}))).await
}
