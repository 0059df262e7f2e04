//! Order: everything about one, and what can be done.

use crate::Frame;
use crate::look::{Amount, Link, Problem, State, Tone, When};
use askama::Template;

#[derive(Template)]
#[template(path = "order.html")]
pub struct Order {
    pub frame: Frame,
    pub id: String,
    pub retailer: String,
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
    /// Where the stock beside the lines is from: "Stock as Shopify had it when the order was sent".
    pub lines_words: &'static str,
    /// When it was read.
    pub lines_when: Option<When>,
    /// Shows the lines that this page leaves out.
    pub more_lines: Option<Link>,
    /// What changed in JOOR since the export.
    pub edits: Vec<Edit>,
    pub exports: Vec<Export>,
    /// What the program will still do by itself.
    pub to_do: Vec<String>,
    pub steps: Vec<Step>,
    /// Shows the steps that this page leaves out.
    pub more_steps: Option<Link>,
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
    /// What the parts come to.
    pub total: Amount,
    /// What Shopify says the total is, once the order is there.
    pub shopify: Option<Amount>,
    pub differs: bool,
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
    /// Who said which variant it is; empty: its identifiers do.
    pub linked_by: String,
    pub quantity: i64,
    pub price: String,
    pub amount: Option<Amount>,
    /// Units that Shopify had; `None`: it does not count them.
    pub stock: Option<i64>,
    /// Of those, promised to orders before this one.
    pub promised: i64,
    /// Units that are missing; 0: none.
    pub missing: i64,
}

/// One thing that is not as it was exported.
pub struct Edit {
    pub what: String,
    /// Empty: it was not there.
    pub was: String,
    /// Empty: it is gone.
    pub now: String,
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
    /// The page with the request and its answer.
    pub wire: Option<String>,
}

/// What was asked for at one step with what was answered, personal data covered.
#[derive(Template)]
#[template(path = "wire.html")]
pub struct Wire {
    pub frame: Frame,
    pub id: String,
    /// The order's page.
    pub href: String,
    pub title: String,
    /// Who answered.
    pub who: &'static str,
    pub when: When,
    pub request: String,
    /// `None`: none came, or none was kept.
    pub answer: Option<String>,
    /// What there is to say where no answer is.
    pub words: &'static str,
}
