//! Problems: grouped by who can act and by cause; one fix releases many orders.

use crate::Frame;
use crate::look::{Amount, Link, Tone, Urgency, When};
use crate::pages::overview::Needs;
use askama::Template;

#[derive(Template)]
#[template(path = "problems.html")]
pub struct Problems {
    pub frame: Frame,
    /// What is looked for among them.
    pub q: String,
    pub needs: Vec<Needs>,
    /// Of the connections themselves.
    pub of_connections: Vec<crate::look::Problem>,
    /// Causes that orders no longer wait on since yesterday, with how many were released.
    pub released: Vec<Released>,
    /// The orders solved last.
    pub solved: Vec<Solved>,
}

pub struct Released {
    pub title: String,
    pub connection: String,
    pub orders: String,
}

pub struct Solved {
    pub title: String,
    pub order: String,
    pub href: String,
    pub when: When,
}

/// What a cause becomes when nothing waits on it any more.
#[derive(Template)]
#[template(path = "solved.html")]
pub struct SolvedCause {
    pub frame: Frame,
    pub title: String,
    pub code: String,
    /// "Solved: no order of main waits on it."
    pub words: String,
    /// What was released lately, in words.
    pub released: Option<String>,
    /// The orders solved last.
    pub solved: Vec<Solved>,
}

/// One cause with all orders that wait on it.
#[derive(Template)]
#[template(path = "problem.html")]
pub struct OneCause {
    pub frame: Frame,
    pub connection: String,
    pub title: String,
    pub code: String,
    pub tone: Tone,
    pub who: String,
    pub meaning: String,
    pub resolution: String,
    /// "The fix releases 12 orders; the next cycle checks them by itself."
    pub releases: String,
    /// What was released lately, in words.
    pub released: Option<String>,
    pub links: Vec<Link>,
    /// What exactly stands in the way, such as a style, each with the orders that wait on it.
    pub subjects: Vec<Subject>,
    /// Narrows the orders below.
    pub q: String,
    /// The chosen subject as the address names it; empty: none.
    pub on: String,
    /// Only orders that wait on this subject: its words, and the way to all of them.
    pub chosen: Option<(String, String)>,
    pub orders: Vec<WaitingOrder>,
    /// "201 to 400 of 1,204 orders"; empty: all are on this page.
    pub range: String,
    pub previous: Option<String>,
    pub next: Option<String>,
    /// Checks all of them now.
    pub retry_all: Option<String>,
    /// "Check all 12 orders now".
    pub retry_words: String,
}

pub struct Subject {
    pub words: String,
    /// "2 of them on nothing else".
    pub alone: String,
    pub orders: usize,
    /// The orders that wait on it.
    pub href: String,
    pub at_risk: Vec<Amount>,
    pub links: Vec<Link>,
}

pub struct WaitingOrder {
    pub id: String,
    pub href: String,
    pub retailer: String,
    pub value: Option<Amount>,
    pub ships: String,
    pub urgency: Option<Urgency>,
    pub sentence: String,
    pub since: When,
}
