//! Orders as a list: filters and order in the address, so that a view can be sent to a colleague.

use super::Console;
use super::answers::{Answer, page};
use super::visit::Visit;
use super::words::{address, amount};
use crate::show::order::state_of;
use adapters::ledger::{ListedOrder, OrderSearch, OrderSort, StateCounts};
use axum::extract::{Extension, Query, State};
use console::Place;
use console::look::{State as Shown, count, day};
use console::pages::orders::{Choice, Column, Filters, OrderRow, Orders, Tab};
use domain::money::Decimal;
use domain::problem::title;
use jiff::civil::Date;
use serde::Deserialize;
use std::sync::Arc;

const PAGE: u32 = 50;
/// Nobody turns more pages than these; a filter finds what is behind them.
const PAGES_MAX: u32 = 2_000;
/// The tabs above the list, and the states behind each.
const TABS: [(&str, &str, &[&str]); 6] = [
    ("", "All", &[]),
    ("held", "Held", &["held"]),
    ("open", "On the way", &["seen", "waiting", "ready", "sending", "unconfirmed"]),
    ("exported", "Exported", &["exported"]),
    ("skipped", "Skipped", &["skipped"]),
    ("closed_by_hand", "Closed by hand", &["closed_by_hand"]),
];
const COLUMNS: [(&str, Option<(&str, OrderSort)>); 7] = [
    ("Order", Some(("number", OrderSort::Number))),
    ("State", Some(("state", OrderSort::State))),
    ("Retailer", Some(("retailer", OrderSort::Retailer))),
    ("Approved", Some(("approved", OrderSort::Approved))),
    ("Ships from", Some(("ships", OrderSort::Ships))),
    ("Value", Some(("value", OrderSort::Value))),
    ("Shopify", None),
];

/// The address of a list, as text: what cannot be understood is said, not refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    state: String,
    code: String,
    linesheet: String,
    connection: String,
    approved_from: String,
    approved_to: String,
    ships_from: String,
    ships_to: String,
    value_min: String,
    value_max: String,
    /// A column, with a `-` before it: descending.
    sort: String,
    page: String,
}

impl Asked {
    /// The address of the same list with one thing changed; a page number is not kept.
    fn with(&self, key: &str, value: &str) -> String {
        let own = [
            ("q", &self.q),
            ("state", &self.state),
            ("code", &self.code),
            ("linesheet", &self.linesheet),
            ("connection", &self.connection),
            ("approved_from", &self.approved_from),
            ("approved_to", &self.approved_to),
            ("ships_from", &self.ships_from),
            ("ships_to", &self.ships_to),
            ("value_min", &self.value_min),
            ("value_max", &self.value_max),
            ("sort", &self.sort),
        ];
        let mut pairs: Vec<(&str, &str)> = own
            .iter()
            .filter(|(name, _)| *name != key)
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        pairs.push((key, value));
        address("/orders", &pairs)
    }

    fn page(&self) -> u32 {
        self.page.parse::<u32>().unwrap_or(1).clamp(1, PAGES_MAX)
    }

    fn sorted(&self) -> (OrderSort, bool) {
        let (name, descending) = match self.sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (self.sort.as_str(), false),
        };
        let found = COLUMNS.iter().filter_map(|(_, sort)| *sort).find(|(known, _)| *known == name);
        found.map_or((OrderSort::Approved, true), |(_, sort)| (sort, descending))
    }

    fn states(&self) -> Vec<String> {
        match TABS.iter().find(|(key, ..)| *key == self.state) {
            Some((_, _, states)) => states.iter().map(|state| (*state).to_owned()).collect(),
            None => vec![self.state.clone()],
        }
    }

    /// What to look for, and what of the address made no sense.
    fn search(&self) -> (OrderSearch, Vec<String>) {
        let mut wrong = Vec::new();
        let mut date = |name: &str, text: &str| -> Option<Date> {
            let parsed = text.parse().ok();
            if parsed.is_none() && !text.is_empty() {
                wrong.push(format!("“{name}” is a day such as 2026-11-24, and “{text}” is none."));
            }
            parsed
        };
        let days = [
            date("Approved from", &self.approved_from),
            date("Approved to", &self.approved_to),
            date("Ships from", &self.ships_from),
            date("Ships to", &self.ships_to),
        ];
        let mut number = |name: &str, text: &str| -> Option<Decimal> {
            let parsed = text.trim().replace(',', "").parse().ok();
            if parsed.is_none() && !text.is_empty() {
                wrong.push(format!("“{name}” is a number such as 1200.50, and “{text}” is none."));
            }
            parsed
        };
        let values = [number("Value at least", &self.value_min), number("Value at most", &self.value_max)];
        let (sort, descending) = self.sorted();
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let search = OrderSearch {
            connection: given(&self.connection),
            text: self.q.trim().to_owned(),
            states: self.states(),
            code: given(&self.code),
            linesheet: given(&self.linesheet),
            approved_from: days[0],
            approved_to: days[1],
            ships_from: days[2],
            ships_to: days[3],
            value_min: values[0],
            value_max: values[1],
            sort,
            descending,
            limit: PAGE,
            offset: (self.page() - 1) * PAGE,
        };
        (search, wrong)
    }
}

pub async fn list(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Query(asked): Query<Asked>,
) -> Answer {
    let ledger = console.ledger();
    let (search, wrong) = asked.search();
    // Each looks at all orders; neither waits for the other.
    let (rows, counts) = tokio::try_join!(ledger.search_orders(&search), ledger.order_states(&search))?;
    let any = !rows.is_empty()
        || !ledger.search_orders(&OrderSearch { limit: 1, ..OrderSearch::default() }).await?.is_empty();
    let connections: Vec<String> = ledger.connections().await?.into_iter().map(|one| one.name).collect();
    let choice =
        |value: String, words: String, current: &str| Choice { chosen: value == current, value, words };
    let codes = ledger.open_codes(search.connection.as_deref()).await?;
    let linesheets = ledger.linesheets(search.connection.as_deref()).await?;
    let filters = Filters {
        codes: codes
            .into_iter()
            .map(|(code, orders)| choice(code.to_owned(), format!("{} ({orders})", title(code)), &asked.code))
            .collect(),
        linesheets: linesheets.into_iter().map(|name| choice(name.clone(), name, &asked.linesheet)).collect(),
        connections: connections
            .iter()
            .map(|name| choice(name.clone(), name.clone(), &asked.connection))
            .collect(),
        is_open: [
            &asked.linesheet,
            &asked.connection,
            &asked.approved_from,
            &asked.approved_to,
            &asked.ships_from,
        ]
        .into_iter()
        .chain([&asked.ships_to, &asked.value_min, &asked.value_max])
        .any(|value| !value.is_empty()),
        q: asked.q.clone(),
        state: asked.state.clone(),
        code: asked.code.clone(),
        linesheet: asked.linesheet.clone(),
        connection: asked.connection.clone(),
        approved_from: asked.approved_from.clone(),
        approved_to: asked.approved_to.clone(),
        ships_from: asked.ships_from.clone(),
        ships_to: asked.ships_to.clone(),
        value_min: asked.value_min.clone(),
        value_max: asked.value_max.clone(),
        sort: asked.sort.clone(),
        wrong,
    };
    let found = counts.matching(&search.states);
    let (number, shown) = (asked.page(), rows.len() as u64);
    let first = u64::from(search.offset) + 1;
    let turn = |to: u32| {
        let rest = asked.with("page", &to.to_string());
        if to == 1 { asked.with("page", "") } else { rest }
    };
    page(&Orders {
        frame: console.frame(&visit, Place::Orders).await,
        filters,
        tabs: tabs(&asked, &counts),
        columns: columns(&asked),
        range: format!("{} to {} of {}", big(first), big(first + shown.saturating_sub(1)), big(found)),
        previous: (number > 1).then(|| turn(number - 1)),
        next: (first + shown <= found && number < PAGES_MAX).then(|| turn(number + 1)),
        rows: rows.iter().map(row).collect(),
        any,
        with_connection: connections.len() > 1,
    })
}

fn big(number: u64) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX))
}

fn tabs(asked: &Asked, counts: &StateCounts) -> Vec<Tab> {
    let tab = |key: &str, words: &str, states: &[&str]| {
        let states: Vec<String> = states.iter().map(|state| (*state).to_owned()).collect();
        Tab {
            words: words.to_owned(),
            count: big(counts.matching(&states)),
            href: asked.with("state", key),
            current: asked.state == key,
        }
    };
    let mut tabs: Vec<Tab> = TABS.iter().map(|(key, words, states)| tab(key, words, states)).collect();
    // A single state, as other pages ask for it, stands behind the tab that it is a part of.
    if !tabs.iter().any(|tab| tab.current) {
        let state = asked.state.as_str();
        let place = TABS.iter().position(|(.., states)| states.contains(&state));
        let at = place.map_or(tabs.len(), |place| place + 1);
        tabs.insert(at, tab(state, Shown::of(state).word, &[state]));
    }
    tabs
}

fn columns(asked: &Asked) -> Vec<Column> {
    let (current, descending) = asked.sorted();
    COLUMNS
        .iter()
        .map(|(words, sort)| {
            let is_current = sort.is_some_and(|(_, sort)| sort == current);
            Column {
                words,
                number: *words == "Value",
                href: sort.map(|(name, _)| {
                    let turned = if is_current && !descending { format!("-{name}") } else { name.to_owned() };
                    asked.with("sort", &turned)
                }),
                sorted: is_current.then_some(if descending { "descending" } else { "ascending" }),
            }
        })
        .collect()
}

fn row(order: &ListedOrder) -> OrderRow {
    let worst = order.open.first();
    OrderRow {
        id: order.id.to_string(),
        href: format!("/orders/{}/{}", order.connection, order.id),
        connection: order.connection.clone(),
        state: Shown::of(state_of(order)),
        retailer: order.retailer.clone(),
        po_number: order.po_number.clone(),
        linesheet: order.linesheet.clone(),
        approved: order.approved.map(day).unwrap_or_default(),
        ships: order.ship_start.map(day).unwrap_or_default(),
        value: order.value.or(order.total).as_ref().map(amount),
        shopify: order.shop_orders.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", "),
        problem: worst.map(|(code, _)| title(code).to_owned()).unwrap_or_default(),
        more_problems: order.open.len().saturating_sub(1),
    }
}
