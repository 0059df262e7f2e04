//! Connections: how they are, what a check finds, the settings in force with their history, and what an admin may do.

use super::Console;
use super::answers::{Answer, No, done, not_done, page};
use super::asking::in_time;
use super::order::asked_words;
use super::overview::card;
use super::visit::Visit;
use super::words::{full_stop, when};
use crate::commands::act::{Ask, note};
use crate::commands::{Failure, exported, live_words, may_go_live};
use crate::doctor::{self, Health};
use adapters::ledger::records::{Command, ConnectionRecord, Role, SettingVersion};
use adapters::settings::check_stored;
use axum::extract::{Extension, Form, Path, Query, State};
use console::Place;
use console::look::Tone;
use console::pages::connections::{Changed, Connection, Connections, Finding, Version};
use domain::time::Moment;
use serde::Deserialize;
use serde_json::json;
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The newest versions on one page, and the lines of one difference.
const VERSIONS_MAX: usize = 50;
const LINES_MAX: usize = 400;
/// A difference of two long documents is told roughly rather than slowly.
const DIFFERENCE_TIME: Duration = Duration::from_millis(50);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    check: String,
}

pub async fn all(State(console): State<Arc<Console>>, Extension(visit): Extension<Visit>) -> Answer {
    let now = console.now();
    let open = console.ledger().open_problems(None).await?;
    let connections = console.ledger().connections().await?;
    page(&Connections {
        frame: console.frame(&visit, Place::Connections).await,
        connections: connections.iter().map(|one| card(one, &open, now)).collect(),
        may_change: visit.may(Role::Admin),
    })
}

pub async fn find(console: &Console, name: &str) -> Result<ConnectionRecord, No> {
    let found = console.ledger().connection(name).await?;
    found.ok_or_else(|| No::NotFound(format!("There is no connection {name}.")))
}

pub async fn one(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let (ledger, now) = (console.ledger(), console.now());
    let record = find(&console, &name).await?;
    let open = ledger.open_problems(Some(&name)).await?;
    let mut waiting = ledger.pending_commands(&name).await?;
    waiting.retain(is_of_connection);
    let secrets: Vec<String> = ledger.secrets(&name).await?.into_keys().collect();
    let mut card = card(&record, &open, now);
    for command in &waiting {
        card.words = format!("{} {}", card.words, asked_words(command, &record));
    }
    let checked = !asked.check.is_empty();
    let findings = match checked {
        true => findings(&console, &record).await,
        false => Vec::new(),
    };
    page(&Connection {
        frame: console.frame(&visit, Place::Connections).await,
        card,
        is_live: record.live_since.is_some(),
        is_paused: record.paused,
        may_change: visit.may(Role::Admin),
        live_words: full_stop(&live_words(ledger, &name).await?),
        findings,
        checked,
        versions: versions(&ledger.setting_versions(&name).await?, record.settings_version, now),
        document: exported(&record, &secrets),
        name,
    })
}

fn is_of_connection(command: &Command) -> bool {
    matches!(command.verb.as_str(), "pause" | "resume" | "go_live" | "settings")
}

async fn findings(console: &Console, record: &ConnectionRecord) -> Vec<Finding> {
    let looked = async { doctor::look(&console.house, record).await.map_err(|error| error.to_string()) };
    match in_time("The check", looked).await {
        Ok(found) => found.iter().map(finding).collect(),
        Err(why) => vec![Finding {
            tone: Tone::Bad,
            word: Health::Bad.word().to_owned(),
            what: "the check itself".to_owned(),
            why,
            fix: "Check again in a minute.".to_owned(),
        }],
    }
}

pub fn finding(found: &doctor::Finding) -> Finding {
    Finding {
        tone: match found.health {
            Health::Ok => Tone::Good,
            Health::Warn => Tone::Wait,
            Health::Bad => Tone::Bad,
        },
        word: found.health.word().to_owned(),
        what: found.what.clone(),
        why: found.why.clone(),
        fix: found.fix.clone(),
    }
}

/// Newest first, each with what it changed of the one before.
fn versions(all: &[SettingVersion], current: i64, now: Moment) -> Vec<Version> {
    let with_before = |index: usize| (&all[index], index.checked_sub(1).map(|before| &all[before]));
    (0..all.len())
        .rev()
        .take(VERSIONS_MAX)
        .map(with_before)
        .map(|(version, before)| Version {
            number: version.version,
            by: version.by.clone(),
            when: when(version.at, now),
            changes: before.map(|before| changes(&before.document, &version.document)).unwrap_or_default(),
            is_current: version.version == current,
        })
        .collect()
}

fn changes(before: &str, after: &str) -> Vec<Changed> {
    let lines = TextDiff::configure().timeout(DIFFERENCE_TIME).diff_lines(before, after);
    let changed = lines.iter_all_changes().filter_map(|change| {
        let added = match change.tag() {
            ChangeTag::Equal => return None,
            ChangeTag::Insert => true,
            ChangeTag::Delete => false,
        };
        Some(Changed { added, text: change.value().trim_end().to_owned() })
    });
    changed.take(LINES_MAX).collect()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    /// Said of going live: nothing else exports these orders.
    previous_off: String,
    /// Of undoing: what is to be in force again.
    version: String,
}

/// What a form of the connection's page asks for.
pub async fn act(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((name, verb)): Path<(String, String)>,
    Form(given): Form<Given>,
) -> Answer {
    let record = find(&console, &name).await?;
    let href = format!("/connections/{name}");
    let ask = match verb.as_str() {
        "pause" => pause_of(&record),
        "resume" => resume_of(&record),
        "go-live" => live_of(&console, &record, &given),
        "undo" => undo_of(&console, &record, &given.version).await?,
        _ => return Err(No::NotFound(format!("Nothing is called “{verb}” here."))),
    };
    match ask {
        Ok(ask) => {
            note(console.ledger(), &ask, &visit.name, console.now()).await?;
            done(&href, "Noted. It is done within seconds; this page follows by itself.")
        }
        Err(words) => not_done(&href, &words),
    }
}

/// What is asked for, or why it cannot be.
pub type Asking = Result<Ask, String>;

fn pause_of(record: &ConnectionRecord) -> Asking {
    match record.paused {
        true => Err(format!("{} is paused already.", record.name)),
        false => Ok(Ask::connection(&record.name, "pause", json!({}))),
    }
}

fn resume_of(record: &ConnectionRecord) -> Asking {
    match record.paused {
        true => Ok(Ask::connection(&record.name, "resume", json!({}))),
        false => Err(format!("{} is running already.", record.name)),
    }
}

fn live_of(console: &Console, record: &ConnectionRecord, given: &Given) -> Asking {
    may_go_live(record, console.house.trial).map_err(|failure| failure.sentence())?;
    if given.previous_off != "yes" {
        return Err("Nobody confirmed that the previous integration is off. Two would export twice: switch it off, then \
                    tick the box."
            .to_owned());
    }
    Ok(Ask::connection(&record.name, "go_live", json!({ "confirm_previous_off": true })))
}

/// An older version as new settings. Its credentials are those that are kept.
pub async fn undo_of(console: &Console, record: &ConnectionRecord, given: &str) -> Result<Asking, No> {
    let ledger = console.ledger();
    let all = ledger.setting_versions(&record.name).await?;
    let number = given.parse::<i64>().ok();
    let Some(version) = all.iter().find(|version| Some(version.version) == number) else {
        return Ok(Err(format!("{} has no settings version {}.", record.name, given)));
    };
    if version.document == record.settings {
        return Ok(Err(format!("Version {} says what is in force already.", version.version)));
    }
    let kept = ledger.secrets(&record.name).await?;
    let source = format!("version {}", version.version);
    let errors = match check_stored(&version.document, console.house.trial) {
        Ok(checked) => checked.secrets_missing(&source, |secret| kept.contains_key(secret)),
        Err(errors) => errors,
    };
    if !errors.is_empty() {
        let words: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let failure = Failure::settings(errors);
        return Ok(Err(format!("{} {}.", failure.sentence(), words.join("; "))));
    }
    Ok(Ok(Ask::settings(&record.name, &version.document, &BTreeMap::new())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_shows_what_it_changed_of_the_one_before() {
        let version = |version, document: &str| SettingVersion {
            version,
            document: document.to_owned(),
            by: "ada".to_owned(),
            at: Moment(version * 1000),
        };
        let all = [version(1, "a = 1\nb = 2\n"), version(2, "a = 1\nb = 3\n"), version(3, "a = 1\nb = 2\n")];
        let shown = versions(&all, 3, Moment(9000));
        let told = |version: &Version| -> Vec<String> {
            let sign = |line: &Changed| format!("{}{}", if line.added { '+' } else { '-' }, line.text);
            version.changes.iter().map(sign).collect()
        };
        assert_eq!(shown.iter().map(|one| one.number).collect::<Vec<_>>(), [3, 2, 1]);
        assert_eq!(told(&shown[0]), ["-b = 3", "+b = 2"]);
        assert_eq!(told(&shown[1]), ["-b = 2", "+b = 3"]);
        assert!(shown[2].changes.is_empty());
        assert!(shown[0].is_current && !shown[1].is_current && !shown[2].is_current);
    }
}
