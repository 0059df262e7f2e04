//! What became of the settings and what others would change: versions, putting one in force again, a preview over real
//! orders.

use super::acts::noted;
use super::answers::{Refused, Told, json, no_answer};
use super::connections::find;
use super::given::{At, Given};
use super::settings::{NewSettings, checked};
use crate::console::Console;
use crate::console::asking::{in_time, words};
use crate::console::connections::undo_of;
use crate::console::visit::Visit;
use crate::preview::changes::{Compared, NoAnswer, ORDERS_MAX, compare};
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const ORDERS_DEFAULT: u32 = 10;
const VERSIONS_MAX: usize = 50;

/// The newest versions, at most 50.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SettingsHistory {
    pub connection: String,
    pub versions: Vec<VersionShape>,
}

/// Settings as somebody once put them in force.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "SettingsVersion")]
pub struct VersionShape {
    pub settings_version: i64,
    pub by: String,
    pub at: String,
    pub in_force: bool,
    /// TOML, without secrets.
    pub document: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// The version that is to be in force again.
    settings_version: i64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Previewed {
    /// The whole document, as TOML without secrets.
    document: String,
    /// Orders approved last, at most 50; 10 by default.
    #[serde(default)]
    last: Option<u32>,
}

/// The orders approved last under both settings.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SettingsPreview {
    pub orders: Vec<PreviewedOrder>,
}

/// An order under both settings.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PreviewedOrder {
    pub joor_order: String,
    /// "ready", "held" or "skipped", with the settings in force.
    pub would_be: String,
    /// The same with those of the document.
    pub would_become: String,
    /// Empty: it stays as it is.
    pub changes: Vec<ChangeShape>,
}

/// One thing of an order; an empty text: not there.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Change")]
pub struct ChangeShape {
    pub what: String,
    pub before: String,
    pub after: String,
}

pub async fn history(State(console): State<Arc<Console>>, At(name): At<String>) -> Told {
    let record = find(&console, &name).await?;
    let versions = console.ledger().setting_versions(&name).await?;
    let shape = |version: adapters::ledger::records::SettingVersion| VersionShape {
        settings_version: version.version,
        in_force: version.version == record.settings_version,
        by: version.by,
        at: version.at.to_string(),
        document: version.document,
    };
    let versions = versions.into_iter().rev().take(VERSIONS_MAX).map(shape).collect();
    json(&SettingsHistory { connection: name, versions })
}

pub async fn undo(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    At(name): At<String>,
    given: Given,
) -> Told {
    let record = find(&console, &name).await?;
    let given: Undo = given.read()?;
    match undo_of(&console, &record, &given.settings_version.to_string()).await? {
        Ok(ask) => noted(&console, &visit, &ask).await,
        Err(words) => {
            let hint = format!("see /api/v1/connections/{name}/settings/history");
            Err(Refused::new(StatusCode::CONFLICT, words.trim_end_matches('.'), hint))
        }
    }
}

pub async fn preview(State(console): State<Arc<Console>>, At(name): At<String>, given: Given) -> Told {
    let record = find(&console, &name).await?;
    let given: Previewed = given.read()?;
    let kept = console.ledger().secrets(&name).await?;
    let count = given.last.unwrap_or(ORDERS_DEFAULT).clamp(1, ORDERS_MAX);
    let other = NewSettings::of(given.document);
    let other = checked(&console, &record, &other, |secret| kept.contains_key(secret))?;
    let compared = async {
        compare(&console.house, &record, &other, count).await.map_err(|why| match why {
            NoAnswer::Words(words) => words,
            NoAnswer::Stopped(stop) => words(&stop),
        })
    };
    let compared = in_time("The preview", compared).await.map_err(no_answer)?;
    json(&SettingsPreview { orders: compared.iter().map(shape).collect() })
}

fn shape(one: &Compared) -> PreviewedOrder {
    let changes = one.changes.iter().map(|change| ChangeShape {
        what: change.what.clone(),
        before: change.before.clone(),
        after: change.after.clone(),
    });
    PreviewedOrder {
        joor_order: one.order.to_string(),
        would_be: one.before.state.to_owned(),
        would_become: one.after.state.to_owned(),
        changes: changes.collect(),
    }
}
