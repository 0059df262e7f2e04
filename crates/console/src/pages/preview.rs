//! What would be sent for one order today, or everything that keeps it from being sent.

use crate::Frame;
use crate::look::{Amount, Problem, State};
use askama::Template;

#[derive(Template)]
#[template(path = "preview.html")]
pub struct Preview {
    pub frame: Frame,
    pub id: String,
    /// `/orders/CONNECTION/ID`.
    pub href: String,
    pub retailer: String,
    /// What would become of it; `None`: it could not be found out.
    pub state: Option<State>,
    pub words: String,
    /// Why it could not be found out.
    pub failed: Option<String>,
    pub problems: Vec<Problem>,
    /// One for each Shopify order.
    pub drafts: Vec<Draft>,
}

/// A Shopify order as it would be made.
pub struct Draft {
    pub title: String,
    pub lines: Vec<DraftLine>,
    /// Goods, discount, shipping and tax, in the order of the sum.
    pub sum: Vec<(String, Amount)>,
    pub total: Amount,
    pub units: i64,
    /// Customer, location, stock, dates: name and words.
    pub facts: Vec<(&'static str, String)>,
    pub tags: Vec<String>,
    pub attributes: Vec<(String, String)>,
    pub note: String,
}

pub struct DraftLine {
    pub name: String,
    pub detail: String,
    pub href: String,
    pub quantity: i64,
    pub price: Amount,
    pub amount: Amount,
    pub tax: String,
}
