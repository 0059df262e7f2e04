//! Connections: what joins a JOOR account to a Shopify shop, its tests, its settings and their history.

use crate::Frame;
use crate::look::{State, Tone, When};
use crate::pages::overview::ConnectionCard;
use askama::Template;

#[derive(Template)]
#[template(path = "connections.html")]
pub struct Connections {
    pub frame: Frame,
    pub connections: Vec<ConnectionCard>,
    pub may_change: bool,
}

#[derive(Template)]
#[template(path = "connection.html")]
pub struct Connection {
    pub frame: Frame,
    pub name: String,
    pub card: ConnectionCard,
    pub is_live: bool,
    pub is_paused: bool,
    pub may_change: bool,
    /// What going live means for the orders that are known.
    pub live_words: String,
    /// What the last check found; empty: none was made with this page.
    pub findings: Vec<Finding>,
    pub checked: bool,
    pub versions: Vec<Version>,
    /// The settings in force, as `connection export` prints them.
    pub document: String,
}

pub struct Finding {
    pub tone: Tone,
    pub word: String,
    pub what: String,
    pub why: String,
    pub fix: String,
}

pub struct Version {
    pub number: i64,
    pub by: String,
    pub when: When,
    pub changes: Vec<Changed>,
    pub is_current: bool,
}

/// One line that a version took away or added.
pub struct Changed {
    pub added: bool,
    pub text: String,
}

/// The settings as one form.
#[derive(Template)]
#[template(path = "settings.html")]
pub struct Settings {
    pub frame: Frame,
    pub connection: String,
    pub sections: Vec<Section>,
    pub wrong: Vec<String>,
    pub preview: Option<SettingsPreview>,
    pub may_change: bool,
}

pub struct Section {
    pub key: String,
    pub title: String,
    pub hint: String,
    pub fields: Vec<Field>,
}

pub struct Field {
    pub name: String,
    pub label: String,
    pub hint: String,
    pub default: String,
    /// It is set to something else than the default.
    pub is_own: bool,
    pub value: String,
    pub kind: FieldKind,
    pub wrong: Option<String>,
}

pub enum FieldKind {
    Line,
    Lines,
    Check,
    Choice(Vec<String>),
    Secret,
}

/// What new settings would change of the last orders.
pub struct SettingsPreview {
    pub words: String,
    pub orders: Vec<PreviewedOrder>,
}

pub struct PreviewedOrder {
    pub id: String,
    pub retailer: String,
    pub before: State,
    pub after: State,
    pub changes: Vec<String>,
}
