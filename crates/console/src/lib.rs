//! What people see in a browser: the pages as data and templates, the stylesheet, the script. Not here: where the data
//! comes from, who may see it, addresses of JOOR and Shopify, the ledger. A page is a value; rendering it does nothing
//! else.

pub mod assets;
pub mod chart;
pub mod frame;
pub mod look;
pub mod pages;

pub use frame::{Frame, Notice, Person, Place};

use askama::Template;

/// A whole page as HTML. Templates only write into memory; if one fails all the same, people read that and nothing half.
pub fn html(page: &impl Template) -> String {
    page.render().unwrap_or_else(|error| format!("This page could not be made: {error}"))
}
