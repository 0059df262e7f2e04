//! Linking: which Shopify customer a retailer is, and which variant a line is, found by search and chosen by a person.

use crate::Frame;
use crate::look::{Link, Tone, When};
use crate::pages::order::Fact;
use askama::Template;

#[derive(Template)]
#[template(path = "link_customer.html")]
pub struct LinkCustomer {
    pub frame: Frame,
    pub order: String,
    /// `/orders/CONNECTION/ID`.
    pub href: String,
    pub retailer: String,
    /// The retailer as JOOR has it.
    pub facts: Vec<Fact>,
    /// Why that is not all there is, if JOOR did not answer.
    pub joor_failed: Option<String>,
    /// The customer that it is linked to now.
    pub linked: Option<String>,
    /// How many orders wait on this, and what a link does.
    pub releases: String,
    pub search: Search,
    pub found: Vec<Customer>,
}

/// What was looked for, and how that went.
pub struct Search {
    pub text: String,
    /// "2 customers hold “rose”."
    pub words: String,
    /// Why Shopify gave no answer.
    pub failed: Option<String>,
}

pub struct Customer {
    pub number: String,
    pub name: String,
    pub email: String,
    pub place: String,
    /// Orders that Shopify counts.
    pub orders: String,
    pub admin: Option<Link>,
    /// The retailer is linked to this one already.
    pub is_linked: bool,
}

#[derive(Template)]
#[template(path = "link_item.html")]
pub struct LinkItem {
    pub frame: Frame,
    pub order: String,
    /// `/orders/CONNECTION/ID`.
    pub href: String,
    pub retailer: String,
    pub lines: Vec<Item>,
    /// Why the lines are not shown.
    pub lines_failed: Option<String>,
    pub chosen: Option<Chosen>,
}

/// A line of the order with what it is in the shop.
pub struct Item {
    pub label: String,
    pub detail: String,
    pub quantity: i64,
    pub tone: Tone,
    /// The variant, or why there is none.
    pub words: String,
    pub linked: Option<Linked>,
    /// Orders that wait because nobody knows which variant it is.
    pub waiting: usize,
    /// This page with the line chosen.
    pub href: String,
    pub is_chosen: bool,
}

pub struct Linked {
    pub variant: String,
    pub by: String,
    pub when: When,
    /// JOOR's id of the SKU, by which the link is taken back.
    pub sku: String,
}

/// The line that is to be linked.
pub struct Chosen {
    /// JOOR's id of the line.
    pub line: String,
    pub label: String,
    /// What its identifiers say.
    pub facts: Vec<Fact>,
    /// What problems call the item.
    pub item: String,
    /// How many orders wait on this, and what a link does.
    pub releases: String,
    pub search: Search,
    pub found: Vec<Variant>,
}

pub struct Variant {
    pub number: String,
    pub name: String,
    pub sku: String,
    pub barcode: String,
    pub stock: Option<i64>,
    /// "Archived", "Draft"; empty: active.
    pub state: String,
    /// Nothing can be sent with it.
    pub is_archived: bool,
    pub admin: Option<Link>,
    pub is_linked: bool,
}
