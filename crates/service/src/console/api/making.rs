//! A new connection in one request: checked whole, stored whole, in preview.

use super::answers::{Refused, Told, Wrong, json};
use super::connections;
use super::given::Given;
use super::settings::{SOURCE, refused, wrong};
use crate::commands::seen;
use crate::commands::set_up::{check_name, one_account_once, sealed, vault_for};
use crate::console::Console;
use crate::console::visit::Visit;
use adapters::settings::{Checked, SettingError, check_stored};
use adapters::vault::Secret;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConnection {
    /// 1 to 40 small letters, digits and `-`, and not `new`.
    name: String,
    /// The whole document, as TOML without secrets. What it leaves out has its default.
    document: String,
    /// Every secret that it needs, by name, such as "joor.password".
    secrets: BTreeMap<String, String>,
}

pub async fn make(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    given: Given,
) -> Told {
    let NewConnection { name, document, secrets } = given.read()?;
    let ledger = console.ledger();
    if check_name(&name).is_err() {
        let allowed = "1 to 40 small letters, digits and `-`, and not `new`".to_owned();
        let wrong = vec![Wrong { key: "name".to_owned(), value: name, allowed }];
        return Err(Refused::wrong(
            StatusCode::UNPROCESSABLE_ENTITY,
            "no connection can be called so",
            wrong,
        ));
    }
    if ledger.connection(&name).await?.is_some() {
        let what = format!("there is a connection {name} already");
        let hint = format!("take another name, or change /api/v1/connections/{name}/settings");
        return Err(Refused::new(StatusCode::CONFLICT, what, hint));
    }
    let checked = checked(&console, &document, secrets)?;
    one_account_once(ledger, console.house.trial, &name, SOURCE, &checked).await?;
    let (vault, _) = vault_for(&console.house.config.key_file, &checked)?;
    let sealed = sealed(&vault, &name, &checked, &BTreeMap::new())?;
    ledger.create_connection_with(&name, &checked.document, &sealed, &visit.name, console.now()).await?;
    let record = connections::find(&console, &name).await?;
    json(&seen(&console.house, &record).await?)
}

/// All that is wrong with the document and its secrets together.
fn checked(console: &Console, document: &str, given: BTreeMap<String, String>) -> Result<Checked, Refused> {
    let mut checked = check_stored(document, console.house.trial).map_err(refused)?;
    let needed = checked.secrets_needed();
    let unknown = given.keys().filter(|secret| !needed.contains(&secret.as_str()));
    let unknown = unknown.map(|secret| wrong(secret, "given", &format!("one of {}", needed.join(", "))));
    let mut errors: Vec<SettingError> = unknown.collect();
    errors.extend(checked.secrets_missing(SOURCE, |secret| given.contains_key(secret)));
    if !errors.is_empty() {
        return Err(refused(errors));
    }
    checked.secrets = given.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
    Ok(checked)
}
