//! Orders: find one, or those that belong together.

use crate::Frame;
use crate::look::{Amount, State};
use askama::Template;

#[derive(Template)]
#[template(path = "orders.html")]
pub struct Orders {
    pub frame: Frame,
    pub filters: Filters,
    pub tabs: Vec<Tab>,
    pub columns: Vec<Column>,
    pub rows: Vec<OrderRow>,
    /// "1 to 50 of 1,240 orders".
    pub range: String,
    pub previous: Option<String>,
    pub next: Option<String>,
    /// There is an order at all, whatever the filters.
    pub any: bool,
    pub with_connection: bool,
}

/// What the address says; empty: not filtered.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    pub q: String,
    pub state: String,
    pub code: String,
    pub linesheet: String,
    pub connection: String,
    pub approved_from: String,
    pub approved_to: String,
    pub ships_from: String,
    pub ships_to: String,
    pub value_min: String,
    pub value_max: String,
    pub sort: String,
    /// What the user may choose from.
    pub codes: Vec<Choice>,
    pub linesheets: Vec<Choice>,
    pub connections: Vec<Choice>,
    /// More is filtered than the first line of the form shows.
    pub is_open: bool,
    /// What of the address could not be understood, and what is allowed.
    pub wrong: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub words: String,
    pub chosen: bool,
}

pub struct Tab {
    pub words: String,
    pub count: String,
    pub href: String,
    pub current: bool,
}

pub struct Column {
    pub words: &'static str,
    pub number: bool,
    /// Sorts by this column; `None`: cannot be sorted by.
    pub href: Option<String>,
    /// "ascending" or "descending" if it is the one.
    pub sorted: Option<&'static str>,
}

pub struct OrderRow {
    pub id: String,
    pub href: String,
    pub connection: String,
    pub state: State,
    pub retailer: String,
    pub po_number: String,
    pub linesheet: String,
    pub approved: String,
    pub ships: String,
    pub value: Option<Amount>,
    /// Name of the Shopify order, such as `#1001`.
    pub shopify: String,
    /// The worst problem in a few words.
    pub problem: String,
    pub more_problems: usize,
}

impl OrderRow {
    /// "PO 4711"; a number that says itself that it is one stands alone.
    pub fn po_words(&self) -> String {
        let says_so = self.po_number.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("po"));
        if says_so { self.po_number.clone() } else { format!("PO {}", self.po_number) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purchase_order_is_called_so_once() {
        let said = |number: &str| {
            let row = OrderRow {
                id: String::new(),
                href: String::new(),
                connection: String::new(),
                state: State::of("held"),
                retailer: String::new(),
                po_number: number.to_owned(),
                linesheet: String::new(),
                approved: String::new(),
                ships: String::new(),
                value: None,
                shopify: String::new(),
                problem: String::new(),
                more_problems: 0,
            };
            row.po_words()
        };
        for (number, words) in [("4711", "PO 4711"), ("PO-77", "PO-77"), ("po 7", "po 7"), ("é", "PO é")] {
            assert_eq!(said(number), words);
        }
    }
}
