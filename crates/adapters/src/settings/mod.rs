//! The settings document of a connection (TOML): read with all its errors at once, checked, written back in full
//! without secrets, and published as a JSON Schema. What the settings mean for an order is the domain's business;
//! process settings (files, mail server, log) are the service's.

mod connect;
mod document;
mod fields;
mod orders;
mod reader;
mod rest;
mod syntax;
mod values;
mod words;
mod write;

use crate::vault::Secret;
use domain::settings::Settings;
use jiff::civil::Date;
use reader::Reader;
use std::collections::BTreeMap;
use std::path::Path;

pub use reader::{SettingError, nearest, quoted};
pub use syntax::syntax_error;
pub use values::{duration_text, is_loopback, parse_duration};

/// Names of the secrets, as they stand in the ledger.
pub const JOOR_CLIENT_SECRET: &str = "joor.client_secret";
pub const JOOR_PASSWORD: &str = "joor.password";
pub const SHOPIFY_ACCESS_TOKEN: &str = "shopify.access_token";
pub const SHOPIFY_CLIENT_SECRET: &str = "shopify.client_secret";

/// A trial runs against test servers on this machine only: it lifts the floors of times and takes plain HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    Off,
    On,
}

/// A document that passed every check.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The whole document written out, defaults included, secrets left out. Checking it again gives the same settings.
    pub document: String,
    pub settings: Settings,
    pub joor: JoorLink,
    pub shopify: ShopLink,
    /// Secrets that stood in this file or in a file that it names, by name.
    pub secrets: BTreeMap<String, Secret>,
}

/// Where JOOR is and who we are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoorLink {
    /// Part of every export token, like the account: letters and digits only.
    pub environment: String,
    pub api_url: String,
    pub token_url: String,
    pub account: String,
    pub client_id: String,
    pub username: String,
}

/// Where the shop is. Without a client id the credentials are one static token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopLink {
    pub shop_url: String,
    pub api_version: String,
    pub client_id: Option<String>,
}

impl Checked {
    /// The names of the secrets that this connection cannot work without.
    pub fn secrets_needed(&self) -> [&'static str; 3] {
        let shopify = match self.shopify.client_id {
            Some(_) => SHOPIFY_CLIENT_SECRET,
            None => SHOPIFY_ACCESS_TOKEN,
        };
        [JOOR_CLIENT_SECRET, JOOR_PASSWORD, shopify]
    }

    /// One error for each secret that is neither in this file nor already kept.
    pub fn secrets_missing(&self, source_name: &str, kept: impl Fn(&str) -> bool) -> Vec<SettingError> {
        self.secrets_needed()
            .into_iter()
            .filter(|name| !self.secrets.contains_key(*name) && !kept(name))
            .map(|name| missing_secret(source_name, name))
            .collect()
    }
}

impl Checked {
    /// The same settings with another start: orders approved on this day or later are exported, those of the day itself
    /// included.
    pub fn exported_since(&self, day: Date) -> Checked {
        let mut other = self.clone();
        other.settings.schedule.exported_since = Some(day);
        other.settings.schedule.include_start_day = true;
        other.document = write::write(&other.settings, &other.joor, &other.shopify);
        other
    }
}

/// Checks a settings file. Secrets given as `…_file` are read relative to `base_dir`. All errors of the file come back
/// at once.
pub fn check(
    source_name: &str,
    text: &str,
    base_dir: &Path,
    trial: Trial,
) -> Result<Checked, Vec<SettingError>> {
    checked(Reader::new(source_name, Some(base_dir), trial), text)
}

/// Secrets that a file does not name although it needs them: told together with its other errors, whatever those are.
pub fn secrets_absent(source_name: &str, text: &str, kept: impl Fn(&str) -> bool) -> Vec<SettingError> {
    let Ok(table) = text.parse::<toml::Table>() else { return Vec::new() };
    let has = |section: &str, key: &str| {
        let section = table.get(section).and_then(toml::Value::as_table);
        section.is_some_and(|keys| keys.contains_key(key) || keys.contains_key(&format!("{key}_file")))
    };
    let app = has("shopify", "client_id");
    let wanted = [
        (JOOR_CLIENT_SECRET, has("joor", "client_secret")),
        (JOOR_PASSWORD, has("joor", "password")),
        (SHOPIFY_CLIENT_SECRET, !app || has("shopify", "client_secret")),
        (SHOPIFY_ACCESS_TOKEN, app || has("shopify", "access_token")),
    ];
    wanted
        .into_iter()
        .filter(|(name, there)| !there && !kept(name))
        .map(|(name, _)| missing_secret(source_name, name))
        .collect()
}

fn missing_secret(source_name: &str, name: &str) -> SettingError {
    let other = match name {
        SHOPIFY_ACCESS_TOKEN => ", or shopify.client_id with shopify.client_secret",
        _ => "",
    };
    SettingError {
        file: source_name.to_owned(),
        key: name.to_owned(),
        value: "missing".to_owned(),
        allowed: format!("write {name} or {name}_file{other}"),
    }
}

/// Checks a document that the ledger holds. It has no secrets; one that turns up is an error.
pub fn check_stored(document: &str, trial: Trial) -> Result<Checked, Vec<SettingError>> {
    checked(Reader::new("stored settings", None, trial), document)
}

/// The JSON Schema of the document, for editors and for the published reference.
pub fn json_schema() -> serde_json::Value {
    document::schema()
}

fn checked(reader: Reader<'_>, text: &str) -> Result<Checked, Vec<SettingError>> {
    let table = match text.parse::<toml::Table>() {
        Ok(table) => table,
        Err(error) => return Err(vec![reader.syntax_error(text, &error)]),
    };
    let root = reader.root(&table);
    let (joor, report) = connect::joor(&root.section("joor"));
    let shopify = connect::shopify(&root.section("shopify"));
    let schedule = rest::schedule(&root.section("schedule"));
    let (orders, rules) = orders::orders(&root.section("orders"));
    let tax = rest::tax(&root.section("tax"));
    let note = rest::note(&root.section("note"));
    let tags = rest::tags(&root.section("tags"));
    let attributes = rest::attributes(&root.section("attributes"));
    let alerts = rest::alerts(&root.section("alerts"), &schedule);
    root.finish();
    let secrets = reader.finish()?;
    let settings = Settings { schedule, orders, rules, tax, note, tags, attributes, report, alerts };
    let document = write::write(&settings, &joor, &shopify);
    Ok(Checked { document, settings, joor, shopify, secrets })
}
