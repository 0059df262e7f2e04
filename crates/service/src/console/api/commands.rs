//! What was asked for, and what became of it.

use super::answers::{Refused, Told, json};
use super::given::{Asked, At, Reading};
use crate::console::Console;
use adapters::ledger::records::Command;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

const LIMIT: u32 = 50;
const LIMIT_MAX: u32 = 200;

/// Something that was asked for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Command")]
pub struct CommandShape {
    pub command: i64,
    pub connection: String,
    pub verb: String,
    /// null: it is about the connection itself.
    pub joor_order: Option<String>,
    /// Who asked.
    pub by: String,
    pub at: String,
    /// "noted": the next cycle applies it; "done"; or "refused".
    pub state: String,
    /// What came of it, or why it was refused.
    pub words: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CommandList {
    pub commands: Vec<CommandShape>,
    /// Value of `before` for the next older ones; null: there are none.
    pub next_before: Option<i64>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Only of this connection.
    connection: Option<String>,
    /// Only what was asked for before the command of this number.
    before: Option<String>,
    /// At most this many, up to 200; 50 by default.
    limit: Option<String>,
}

pub async fn list(State(console): State<Arc<Console>>, Asked(asked): Asked<Wanted>) -> Told {
    let mut reading = Reading::default();
    let limit = reading.number("limit", asked.limit.as_deref(), LIMIT, (1, LIMIT_MAX));
    let before = asked.before.as_deref().map(str::parse::<i64>);
    if let Some(Err(_)) = before {
        reading.refuse("before", asked.before.as_deref().unwrap_or_default(), "the number of a command");
    }
    reading.finish()?;
    let before = before.and_then(Result::ok);
    // One more than is shown says whether there is more.
    let mut found = console.ledger().commands(asked.connection.as_deref(), before, limit + 1).await?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let commands: Vec<CommandShape> =
        found.iter().map(|(connection, command)| shape(connection, command)).collect();
    let next_before = commands.last().filter(|_| has_more).map(|last| last.command);
    json(&CommandList { commands, next_before })
}

pub async fn one(State(console): State<Arc<Console>>, At(id): At<String>) -> Told {
    let no = || Refused::not_found(format!("there is no command {id}"), "see /api/v1/commands");
    let number: i64 = id.parse().map_err(|_| no())?;
    // The number before the next one is this one, and its connection comes with it.
    let found = console.ledger().commands(None, number.checked_add(1), 1).await?;
    let (connection, command) = found.first().filter(|(_, one)| one.id == number).ok_or_else(no)?;
    json(&shape(connection, command))
}

/// Arguments are left out: those of settings hold a whole document.
fn shape(connection: &str, command: &Command) -> CommandShape {
    let arguments: Value = serde_json::from_str(&command.arguments).unwrap_or_default();
    let (state, words) = match &command.outcome {
        None => ("noted", None),
        Some((true, words)) => ("done", Some(words.clone())),
        Some((false, words)) => ("refused", Some(words.clone())),
    };
    CommandShape {
        command: command.id,
        connection: connection.to_owned(),
        verb: command.verb.clone(),
        joor_order: arguments["order"].as_str().map(str::to_owned),
        by: command.by.clone(),
        at: command.at.to_string(),
        state: state.to_owned(),
        words,
    }
}
