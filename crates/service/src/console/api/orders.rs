//! Orders as a list and one by one, and what would be sent.

use super::answers::{Refused, Told, json, no_answer};
use super::connections;
use super::given::{Asked, At, Reading};
use crate::cli::STATES;
use crate::commands::story_of;
use crate::console::Console;
use crate::console::asking::{in_time, words};
use crate::console::order::again::planned;
use crate::console::order::find;
use crate::preview;
use crate::replace;
use crate::show::order::state_of;
use crate::show::shapes::OrderShape;
use adapters::ledger::{ListedOrder, OrderSearch, OrderSort};
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::JoorOrderId;
use domain::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const LIMIT: u32 = 50;
const LIMIT_MAX: u32 = 200;
/// Nobody turns more pages than these; a filter finds what is behind them.
const PAGES_MAX: u32 = 2_000;
const SORTS: [(&str, OrderSort); 6] = [
    ("approved", OrderSort::Approved),
    ("ships", OrderSort::Ships),
    ("value", OrderSort::Value),
    ("retailer", OrderSort::Retailer),
    ("number", OrderSort::Number),
    ("state", OrderSort::State),
];

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrderList {
    pub orders: Vec<OrderShape>,
    /// Orders on all pages together.
    pub total: u64,
    pub page: u32,
    /// null: this is the last page.
    pub next_page: Option<u32>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Only of this connection.
    connection: Option<String>,
    /// Contained in number, retailer or PO number, whatever its case.
    q: Option<String>,
    /// A state, or several with commas between them.
    state: Option<String>,
    /// Only orders with this open problem, such as STOCK_SHORT.
    code: Option<String>,
    linesheet: Option<String>,
    /// First day of approval.
    approved_from: Option<String>,
    approved_to: Option<String>,
    /// First day on which the ship window may begin.
    ships_from: Option<String>,
    ships_to: Option<String>,
    value_min: Option<String>,
    value_max: Option<String>,
    /// approved, ships, value, retailer, number or state; a `-` before it turns it round. `-approved` by default.
    sort: Option<String>,
    /// At most this many on a page, up to 200; 50 by default.
    limit: Option<String>,
    /// From 1.
    page: Option<String>,
}

impl Wanted {
    fn search(&self) -> Result<(OrderSearch, u32), Refused> {
        let mut reading = Reading::default();
        let states: Vec<String> =
            self.state.iter().flat_map(|text| text.split(',')).map(|state| state.trim().to_owned()).collect();
        for unknown in states.iter().filter(|state| !STATES.contains(&state.as_str())) {
            reading.refuse("state", unknown, &format!("one or more of {}", STATES.join(", ")));
        }
        let code = self.code.as_ref().map(|code| code.to_uppercase());
        if let Some(unknown) = code.as_ref().filter(|code| !Problem::CODES.contains(&code.as_str())) {
            reading.refuse("code", unknown, "a code of the reference of problems, such as STOCK_SHORT");
        }
        let sort = self.sort.as_deref().unwrap_or("-approved");
        let (name, descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
        let found = SORTS.iter().find(|(known, _)| *known == name).map(|(_, sort)| *sort);
        if found.is_none() {
            let names = SORTS.map(|(name, _)| name).join(", ");
            reading.refuse("sort", sort, &format!("one of {names}, with a - before it to turn it round"));
        }
        let limit = reading.number("limit", self.limit.as_deref(), LIMIT, (1, LIMIT_MAX));
        let page = reading.number("page", self.page.as_deref(), 1, (1, PAGES_MAX));
        let search = OrderSearch {
            connection: self.connection.clone(),
            text: self.q.as_deref().unwrap_or_default().trim().to_owned(),
            states,
            code,
            linesheet: self.linesheet.clone(),
            approved_from: reading.day("approved_from", self.approved_from.as_deref()),
            approved_to: reading.day("approved_to", self.approved_to.as_deref()),
            ships_from: reading.day("ships_from", self.ships_from.as_deref()),
            ships_to: reading.day("ships_to", self.ships_to.as_deref()),
            value_min: reading.amount("value_min", self.value_min.as_deref()),
            value_max: reading.amount("value_max", self.value_max.as_deref()),
            sort: found.unwrap_or_default(),
            descending,
            limit,
            offset: (page - 1) * limit,
        };
        reading.finish()?;
        Ok((search, page))
    }
}

pub async fn list(State(console): State<Arc<Console>>, Asked(asked): Asked<Wanted>) -> Told {
    let (search, page) = asked.search()?;
    let ledger = console.ledger();
    let (orders, total) = tokio::try_join!(ledger.search_orders(&search), ledger.count_orders(&search))?;
    let is_last = u64::from(search.offset) + orders.len() as u64 >= total || orders.is_empty();
    json(&OrderList {
        orders: orders.iter().map(shape).collect(),
        total,
        page,
        next_page: (!is_last && page < PAGES_MAX).then_some(page + 1),
    })
}

fn shape(order: &ListedOrder) -> OrderShape {
    let names: Vec<String> = order.shop_orders.iter().map(|(_, name)| name.clone()).collect();
    OrderShape {
        connection: order.connection.clone(),
        joor_order: order.id.to_string(),
        state: state_of(order).to_owned(),
        problems: order.open.iter().map(|(code, _)| (*code).to_owned()).collect(),
        shopify_order: names.first().cloned(),
        shopify_orders: names,
        total: order.total.map(|total| total.to_string()),
        value: order.value.map(|value| value.to_string()),
        retailer: order.retailer.clone(),
        po_number: order.po_number.clone(),
        approved: order.approved.map(|day| day.to_string()),
        generation: order.generation,
    }
}

pub async fn one(State(console): State<Arc<Console>>, At((connection, order)): At<(String, String)>) -> Told {
    let about = find(&console, &connection, &order).await?;
    // The page's address in JOOR is for people.
    let story = story_of(console.ledger(), &about, String::new()).await?;
    json(&story.shape())
}

pub async fn preview(
    State(console): State<Arc<Console>>,
    At((connection, order)): At<(String, String)>,
) -> Told {
    let record = connections::find(&console, &connection).await?;
    let mut worker = console.house.worker(&record).await?;
    worker.dry = true;
    let ids = [JoorOrderId::new(order.trim())];
    let read = async { worker.preview(record, &ids).await.map_err(|stop| words(&stop)) };
    let found = in_time("Reading the order", read).await.map_err(no_answer)?;
    let Some(one) = found.first() else {
        let error = format!("JOOR shows no order {order} to the connection {connection}");
        return Err(Refused::not_found(error, "take the number of an order that is there"));
    };
    json(&preview::shape(one))
}

/// What `cancel_previous` would do, before anybody asks for it.
pub async fn re_export_preview(
    State(console): State<Arc<Console>>,
    At((connection, order)): At<(String, String)>,
) -> Told {
    let about = find(&console, &connection, &order).await?;
    let record = connections::find(&console, &connection).await?;
    let id = &about.order.id;
    match planned(&console, &record, &about).await.map_err(no_answer)? {
        Ok(plan) => json(&replace::shape(id.as_str(), &plan)),
        Err(obstacle) => {
            let why = replace::refused(&obstacle, id);
            Err(Refused::new(StatusCode::CONFLICT, why.what, why.hint))
        }
    }
}
