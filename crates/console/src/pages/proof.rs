//! Proof: a period side by side, differences first.

use crate::Frame;
use crate::look::{Amount, Link};
use crate::pages::orders::Choice;
use askama::Template;

#[derive(Template)]
#[template(path = "proof.html")]
pub struct Proof {
    pub frame: Frame,
    pub from: String,
    pub to: String,
    pub connections: Vec<Choice>,
    /// What of the address made no sense.
    pub wrong: Option<String>,
    /// One for each connection that was compared.
    pub sides: Vec<Side>,
}

/// What one connection's period is on every side.
pub struct Side {
    pub connection: String,
    /// "All three say the same about 311 orders." or how many differ.
    pub headline: String,
    pub holds: bool,
    /// The period that was really compared, if it is another one.
    pub note: Option<String>,
    /// Why it could not be compared.
    pub failed: Option<String>,
    pub differences: Vec<Difference>,
    pub terms: Vec<Term>,
    /// The same as a file.
    pub csv: String,
}

pub struct Difference {
    pub order: String,
    /// Empty: this program has never seen the order.
    pub href: String,
    pub retailer: String,
    /// What each side says of the order, one fact a line: they stand side by side.
    pub joor: Vec<String>,
    pub here: Vec<String>,
    pub shopify: Vec<String>,
    pub sentence: String,
    pub fix: String,
    pub links: Vec<Link>,
}

/// A line of the equation.
pub struct Term {
    pub words: String,
    pub orders: String,
    pub units: String,
    pub values: Vec<Amount>,
    pub is_sum: bool,
}
