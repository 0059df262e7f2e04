//! Settings of a connection as one document. What is given is text: no file of the server is read, and no secret leaves.

use super::acts::{Noted, noted};
use super::answers::{Refused, Told, Wrong, json};
use super::connections::find;
use super::given::{At, Given};
use crate::commands::Failure;
use crate::commands::act::Ask;
use crate::compose::stored;
use crate::console::Console;
use crate::console::visit::Visit;
use adapters::ledger::records::ConnectionRecord;
use adapters::settings::{Checked, SettingError, check_stored};
use adapters::vault::Secret;
use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const SOURCE: &str = "document";

/// The settings in force.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Settings")]
pub struct SettingsShape {
    pub connection: String,
    pub settings_version: i64,
    /// TOML, with every default written out.
    pub document: String,
    /// Names of the secrets that are kept.
    pub secrets_kept: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSettings {
    /// The whole document, as TOML without secrets. What it leaves out has its default.
    document: String,
    /// New secrets by name, such as "joor.password"; those left out stay as they are.
    #[serde(default)]
    secrets: BTreeMap<String, String>,
    /// The version that was read before: refused if somebody changed the settings since.
    #[serde(default)]
    settings_version: Option<i64>,
}

impl NewSettings {
    /// With the secrets that are kept.
    pub fn of(document: String) -> NewSettings {
        NewSettings { document, secrets: BTreeMap::new(), settings_version: None }
    }
}

pub async fn show(State(console): State<Arc<Console>>, At(name): At<String>) -> Told {
    let record = find(&console, &name).await?;
    json(&SettingsShape {
        connection: name.clone(),
        settings_version: record.settings_version,
        document: record.settings,
        secrets_kept: console.ledger().secrets(&name).await?.into_keys().collect(),
    })
}

pub async fn change(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    At(name): At<String>,
    given: Given,
) -> Told {
    let record = find(&console, &name).await?;
    let given: NewSettings = given.read()?;
    let now = record.settings_version;
    if let Some(version) = given.settings_version.filter(|version| *version != now) {
        let what = format!("version {version} is not in force any more: somebody saved version {now}");
        return Err(Refused::new(StatusCode::CONFLICT, what, "read the settings again, then change those"));
    }
    let kept = console.ledger().secrets(&name).await?;
    let checked = checked(&console, &record, &given, |secret| kept.contains_key(secret))?;
    let mut sealed = BTreeMap::new();
    if !given.secrets.is_empty() {
        let vault = console.house.vault().map_err(Failure::from)?;
        for (secret, value) in &given.secrets {
            let text = vault.seal(&name, secret, &Secret::new(value.clone())).map_err(Failure::from)?;
            sealed.insert(secret.clone(), text);
        }
    }
    let waiting = console.ledger().pending_commands(&name).await?;
    // Older settings that wait are not wanted any more, even where the present ones are the same.
    let is_waiting = waiting.iter().any(|command| command.verb == "settings");
    if checked.document == record.settings && sealed.is_empty() && !is_waiting {
        let verb = "settings".to_owned();
        let told = Noted { command: None, connection: name, verb, applied: true, outcome: None };
        return Ok(Json(told).into_response());
    }
    noted(&console, &visit, &Ask::settings(&name, &checked.document, &sealed)).await
}

/// All that is wrong with the document and its secrets together.
pub fn checked(
    console: &Console,
    record: &ConnectionRecord,
    given: &NewSettings,
    kept: impl Fn(&str) -> bool,
) -> Result<Checked, Refused> {
    let checked = check_stored(&given.document, console.house.trial).map_err(refused)?;
    let needed = checked.secrets_needed();
    let mut errors: Vec<SettingError> = given
        .secrets
        .keys()
        .filter(|secret| !needed.contains(&secret.as_str()))
        .map(|secret| wrong(secret, "given", &format!("one of {}", needed.join(", "))))
        .collect();
    errors
        .extend(checked.secrets_missing(SOURCE, |secret| given.secrets.contains_key(secret) || kept(secret)));
    // A connection that moves to another account would lose the history of the first.
    if let Ok(before) = stored(record, console.house.trial) {
        let account = |checked: &Checked| (checked.joor.environment.clone(), checked.joor.account.clone());
        if account(&before) != account(&checked) {
            let (environment, number) = account(&before);
            let allowed = format!(
                "the account that this connection was made for: {number:?} ({environment}); make another connection for \
                 another account"
            );
            errors.push(wrong("joor.account", &checked.joor.account, &allowed));
        }
    }
    if errors.is_empty() { Ok(checked) } else { Err(refused(errors)) }
}

pub fn wrong(key: &str, value: &str, allowed: &str) -> SettingError {
    SettingError {
        file: SOURCE.to_owned(),
        key: key.to_owned(),
        value: value.to_owned(),
        allowed: allowed.to_owned(),
    }
}

pub fn refused(errors: Vec<SettingError>) -> Refused {
    let (what, _) = crate::show::setting_words(errors.len());
    let errors = errors.into_iter().map(Wrong::from).collect();
    Refused::wrong(StatusCode::UNPROCESSABLE_ENTITY, what, errors)
}
