//! Before approval: orders that JOOR holds as pending, checked against today's stock, items, customers and settings.

use crate::Frame;
use crate::look::{Amount, Problem, State};
use askama::Template;

#[derive(Template)]
#[template(path = "pending.html")]
pub struct Pending {
    pub frame: Frame,
    /// Has JOOR been asked? It costs budget, so a person asks for it.
    pub asked: bool,
    pub failed: Option<String>,
    pub orders: Vec<PendingOrder>,
    /// "The first 50 of more" if JOOR holds more than are checked at once.
    pub note: Option<String>,
}

pub struct PendingOrder {
    pub id: String,
    pub connection: String,
    pub joor: Option<String>,
    pub retailer: String,
    pub ships: String,
    pub total: Option<Amount>,
    /// What would become of it if it were approved now.
    pub state: State,
    pub words: String,
    pub problems: Vec<Problem>,
}
