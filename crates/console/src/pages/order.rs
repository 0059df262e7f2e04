//! Order: everything about one, and what can be done.

use crate::Frame;
use crate::look::{Amount, Link, Problem, State, Tone, When};
use askama::Template;

#[derive(Template)]
#[template(path = "order.html")]
pub struct Order {
    pub frame: Frame,
    pub id: String,
    /// `/orders/CONNECTION/ID`.
    pub href: String,
    pub state: State,
    /// One sentence that says where the order is: "In Shopify as #1001 since 3 days."
    pub headline: String,
    pub links: Vec<Link>,
    pub facts: Vec<Fact>,
    pub problems: Vec<Problem>,
    /// Asked for and not applied yet.
    pub asked: Vec<String>,
    pub actions: Vec<Action>,
    pub equation: Option<Equation>,
    pub lines: Vec<Line>,
    /// When the stock beside the lines was read.
    pub lines_when: Option<When>,
    /// What changed in JOOR since the export.
    pub edits: Vec<String>,
    pub exports: Vec<Export>,
    pub steps: Vec<Step>,
    pub may_act: bool,
}

pub struct Fact {
    pub name: &'static str,
    pub value: String,
}

/// Something a person may do with the order now.
pub struct Action {
    pub words: String,
    /// What it does, in a sentence.
    pub hint: String,
    pub kind: ActionKind,
    pub main: bool,
    /// What is asked before a form is sent; hard to take back, so it stands apart.
    pub sure: Option<String>,
}

pub enum ActionKind {
    /// A page that shows or asks more.
    Page { href: String },
    /// A form that is sent at once.
    Form { action: String, fields: Vec<(String, String)> },
    /// A form with one text.
    Text { action: String, name: &'static str, label: &'static str, fields: Vec<(String, String)> },
}

/// How the total comes about.
pub struct Equation {
    pub rows: Vec<EquationRow>,
    pub total: Amount,
    /// What JOOR says the total is, if it says another thing.
    pub joor: Option<Amount>,
    pub words: String,
}

pub struct EquationRow {
    pub name: String,
    pub value: Amount,
}

pub struct Line {
    pub style: String,
    pub detail: String,
    pub sku: String,
    pub quantity: i64,
    pub price: String,
    pub amount: Option<Amount>,
    /// Units that Shopify had; `None`: not asked for.
    pub stock: Option<i64>,
    pub is_short: bool,
}

pub struct Export {
    pub generation: u32,
    pub part: u32,
    pub state: State,
    pub shopify: Option<Link>,
    pub cancelled: bool,
    pub total: Option<Amount>,
    pub requests: u32,
    pub token: String,
}

/// Something that happened.
pub struct Step {
    pub when: When,
    pub tone: Tone,
    pub words: String,
    pub detail: String,
    pub by: String,
    /// The request and the answer, masked.
    pub request: Option<String>,
    pub answer: Option<String>,
}
