//! Problems: grouped by who can act and by cause; one fix releases many orders.

use crate::Frame;
use crate::look::{Amount, Link, Tone, When};
use crate::pages::overview::Needs;
use askama::Template;

#[derive(Template)]
#[template(path = "problems.html")]
pub struct Problems {
    pub frame: Frame,
    pub needs: Vec<Needs>,
    /// Of the connections themselves.
    pub of_connections: Vec<crate::look::Problem>,
    /// Solved lately.
    pub solved: Vec<Solved>,
}

pub struct Solved {
    pub title: String,
    pub order: String,
    pub href: String,
    pub when: When,
}

/// One cause with all orders that wait on it.
#[derive(Template)]
#[template(path = "problem.html")]
pub struct OneCause {
    pub frame: Frame,
    pub title: String,
    pub code: String,
    pub tone: Tone,
    pub who: String,
    pub meaning: String,
    pub resolution: String,
    /// "The fix releases 12 orders; the next cycle checks them by itself."
    pub releases: String,
    pub links: Vec<Link>,
    /// What exactly stands in the way, such as a style, each with the orders that wait on it.
    pub subjects: Vec<Subject>,
    pub orders: Vec<WaitingOrder>,
    /// Checks all of them now.
    pub retry_all: Option<String>,
}

pub struct Subject {
    pub words: String,
    pub orders: usize,
    pub at_risk: Vec<Amount>,
    pub links: Vec<Link>,
}

pub struct WaitingOrder {
    pub id: String,
    pub href: String,
    pub retailer: String,
    pub value: Option<Amount>,
    pub ships: String,
    pub is_late: bool,
    pub sentence: String,
    pub since: When,
}
