//! Connections: how they are, a check, pausing, resuming and going live.

use super::acts::{Nothing, noted};
use super::answers::{Refused, Told, json, no_answer};
use super::given::{At, Given};
use crate::cli::exit;
use crate::commands::act::Ask;
use crate::commands::{ConnectionShape as Seen, Failure, may_go_live, seen};
use crate::console::Console;
use crate::console::asking::in_time;
use crate::console::visit::Visit;
use crate::doctor::{self, Health};
use adapters::ledger::records::ConnectionRecord;
use axum::extract::{Extension, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json as value;
use std::sync::Arc;

pub type ConnectionShape = Seen;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ConnectionList {
    pub connections: Vec<ConnectionShape>,
}

/// What a check found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Check {
    pub connection: String,
    /// Nothing is bad; there may be warnings.
    pub good: bool,
    pub findings: Vec<FindingShape>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub struct FindingShape {
    /// "ok", "warning" or "bad".
    pub health: String,
    pub what: String,
    pub why: String,
    /// What to do; empty where nothing is wrong.
    pub fix: String,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GoLive {
    /// Must be true: nothing else exports these orders any more.
    confirm_previous_off: bool,
}

pub async fn find(console: &Console, name: &str) -> Result<ConnectionRecord, Refused> {
    let found = console.ledger().connection(name).await?;
    found.ok_or_else(|| {
        Refused::not_found(format!("there is no connection {name:?}"), "take one of /api/v1/connections")
    })
}

pub async fn list(State(console): State<Arc<Console>>) -> Told {
    let mut connections = Vec::new();
    for record in console.ledger().connections().await? {
        connections.push(seen(&console.house, &record).await?);
    }
    json(&ConnectionList { connections })
}

pub async fn one(State(console): State<Arc<Console>>, At(name): At<String>) -> Told {
    let record = find(&console, &name).await?;
    json(&seen(&console.house, &record).await?)
}

pub async fn check(State(console): State<Arc<Console>>, At(name): At<String>, given: Given) -> Told {
    given.read::<Nothing>()?;
    let record = find(&console, &name).await?;
    let looked = async { doctor::look(&console.house, &record).await.map_err(|error| error.to_string()) };
    let found = in_time("The check", looked).await.map_err(no_answer)?;
    json(&Check {
        connection: name,
        good: found.iter().all(|one| one.health != Health::Bad),
        findings: found
            .iter()
            .map(|one| FindingShape {
                health: one.health.word().to_owned(),
                what: one.what.clone(),
                why: one.why.clone(),
                fix: one.fix.clone(),
            })
            .collect(),
    })
}

pub async fn pause(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    At(name): At<String>,
    given: Given,
) -> Told {
    switch(&console, &visit, &name, &given, Switch { verb: "pause", paused: true, already: "paused" }).await
}

pub async fn resume(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    At(name): At<String>,
    given: Given,
) -> Told {
    switch(&console, &visit, &name, &given, Switch { verb: "resume", paused: false, already: "running" })
        .await
}

/// Pausing, or the opposite.
struct Switch {
    verb: &'static str,
    /// How the connection is afterwards.
    paused: bool,
    already: &'static str,
}

async fn switch(console: &Console, visit: &Visit, name: &str, given: &Given, to: Switch) -> Told {
    given.read::<Nothing>()?;
    if find(console, name).await?.paused == to.paused {
        return Err(already(name, to.already));
    }
    noted(console, visit, &Ask::connection(name, to.verb, value!({}))).await
}

fn already(name: &str, word: &str) -> Refused {
    let what = format!("connection {name} is {word} already");
    Failure::new(exit::USAGE, what, format!("see /api/v1/connections/{name}")).into()
}

pub async fn go_live(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    At(name): At<String>,
    given: Given,
) -> Told {
    let record = find(&console, &name).await?;
    let given: GoLive = given.read()?;
    may_go_live(&record, console.house.trial)?;
    if !given.confirm_previous_off {
        let hint = "switch it off, since two would export twice; then say `\"confirm_previous_off\": true`";
        let what = "not confirmed that the previous integration is off";
        return Err(Failure::new(exit::USAGE, what, hint).into());
    }
    noted(&console, &visit, &Ask::connection(&name, "go_live", value!({ "confirm_previous_off": true })))
        .await
}
