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
    /// The version that the form was made of.
    pub version: i64,
    pub groups: Vec<Group>,
    pub wrong: Vec<Wrong>,
    /// Why nothing was done, where no field is to blame.
    pub refused: Option<String>,
    pub preview: Option<SettingsPreview>,
    /// Tells the settings that were previewed last from others.
    pub seen: String,
    /// How many orders a preview looks at.
    pub last: String,
    pub last_max: u32,
    pub note: Note,
    pub may_change: bool,
}

/// A part of the form.
pub struct Group {
    pub key: String,
    pub title: String,
    pub hint: String,
    pub fields: Vec<Field>,
    pub rows: Option<Rows>,
}

/// Fields that are there as often as people want.
pub struct Rows {
    /// Who set them last; `None`: as they are by default.
    pub origin: Option<Origin>,
    pub rows: Vec<FormRow>,
    /// Empty ones to add.
    pub more: Vec<FormRow>,
    /// The order of the rows matters.
    pub is_ordered: bool,
}

pub struct FormRow {
    /// What the names of its fields begin with.
    pub name: String,
    pub number: usize,
    pub fields: Vec<Field>,
}

pub struct Field {
    pub name: String,
    pub label: String,
    pub hint: String,
    pub default: String,
    /// `None`: it is as by default.
    pub origin: Option<Origin>,
    /// It stands in a row, whose origin is told once.
    pub in_row: bool,
    pub value: String,
    pub kind: FieldKind,
    pub wrong: Vec<String>,
}

/// The version that set it.
#[derive(Clone)]
pub struct Origin {
    pub version: i64,
    pub by: String,
    pub when: When,
}

pub enum FieldKind {
    Line,
    Lines,
    Number,
    Check,
    Choice(Vec<Word>),
    /// Several choices, the first of which comes first.
    Ranked(Vec<Vec<Word>>),
    /// A text over an order. Where it is shown while it is typed; empty: nowhere.
    Template(String),
    /// What is there, in words, and what was typed before, sealed.
    Secret {
        there: String,
        sealed: String,
    },
}

/// A word that may be chosen.
pub struct Word {
    pub value: String,
    pub words: String,
    pub chosen: bool,
}

/// One thing that is wrong, with the way to its field.
#[derive(Debug)]
pub struct Wrong {
    pub href: String,
    pub label: String,
    pub words: String,
}

/// The note of a real order.
pub struct Note {
    pub orders: Vec<Word>,
    pub shown: String,
    /// What templates may name, with what it is for the chosen order.
    pub fields: Vec<(String, String)>,
    pub default: String,
}

/// What new settings would change of the last orders.
pub struct SettingsPreview {
    pub words: String,
    pub failed: bool,
    pub orders: Vec<PreviewedOrder>,
}

pub struct PreviewedOrder {
    pub id: String,
    pub href: String,
    pub retailer: String,
    pub before: State,
    pub after: State,
    pub changes: Vec<Change>,
}

/// One thing of an order, before and after; empty: not there.
pub struct Change {
    pub what: String,
    pub before: String,
    pub after: String,
}

/// A connection that is being made, step by step.
#[derive(Template)]
#[template(path = "new_connection.html")]
pub struct NewConnection {
    pub frame: Frame,
    /// Empty: it has no name yet.
    pub name: String,
    /// The name that was typed and does not go.
    pub named: String,
    pub steps: Vec<Step>,
    /// The word of this step, as the form sends it.
    pub step: String,
    pub title: String,
    pub words: String,
    pub button: String,
    pub fields: Vec<Field>,
    pub wrong: Vec<Wrong>,
    pub refused: Option<String>,
    pub findings: Vec<Finding>,
    pub look: Option<SettingsLook>,
    /// Others that were begun.
    pub begun: Vec<Begun>,
}

pub struct Step {
    pub words: String,
    pub href: String,
    pub is_done: bool,
    pub is_current: bool,
}

/// What would become of the last orders.
pub struct SettingsLook {
    pub words: String,
    pub orders: Vec<LookedOrder>,
}

pub struct LookedOrder {
    pub id: String,
    pub retailer: String,
    pub state: State,
    pub total: String,
    pub words: Vec<String>,
}

/// A connection that somebody began and did not finish.
pub struct Begun {
    pub name: String,
    pub href: String,
    pub by: String,
    pub when: When,
    pub words: String,
}
