//! What JOOR and Shopify are asked for at once: customers and variants to link, and orders before approval.

use super::answers::{Told, json, no_answer};
use super::connections::find;
use super::given::{Asked, At, Reading};
use crate::console::Console;
use crate::console::asking::{in_time, words};
use crate::cycle::{Pending, Stop, Worker};
use crate::preview;
use crate::show::shapes::PreviewShape;
use adapters::ports::{FoundCustomer, FoundVariant};
use axum::extract::State;
use domain::orders::shelf::ProductState;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const TEXT_CHARS_MAX: usize = 200;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// What to look for, up to 200 characters.
    q: Option<String>,
}

impl Wanted {
    fn text(&self) -> Result<String, super::answers::Refused> {
        let text = self.q.as_deref().unwrap_or_default().trim();
        let mut reading = Reading::default();
        if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX {
            reading.refuse("q", text, &format!("1 to {TEXT_CHARS_MAX} characters to look for"));
        }
        reading.finish()?;
        Ok(text.to_owned())
    }
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Customers {
    pub customers: Vec<CustomerShape>,
}

/// A customer of the shop.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Customer")]
pub struct CustomerShape {
    /// What `link-customer` takes.
    pub customer: String,
    pub name: String,
    pub email: String,
    pub company: String,
    pub city: String,
    pub country: String,
    /// Orders that Shopify counts; null: not known.
    pub orders: Option<u64>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Items {
    pub items: Vec<ItemShape>,
}

/// A variant of the shop.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Item")]
pub struct ItemShape {
    /// What `link-item` takes.
    pub variant: String,
    pub product: String,
    pub title: String,
    pub sku: String,
    pub barcode: String,
    /// The product is archived: its variant cannot be sold.
    pub archived: bool,
    /// Units at all locations; null: Shopify does not count them.
    pub available: Option<i64>,
}

/// Orders before approval, those created last first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PendingOrders {
    pub orders: Vec<PendingShape>,
    /// JOOR has more of them.
    pub more: bool,
}

/// What would become of an order if it were approved now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "PendingOrder")]
pub struct PendingShape {
    pub retailer: String,
    pub value: Option<String>,
    /// Shopify orders that an earlier approval led to.
    pub exported_as: Vec<String>,
    /// Alone it would be sent; together with those before it there is not enough stock.
    pub contested: bool,
    pub preview: PreviewShape,
}

async fn worker(console: &Console, name: &str) -> Result<Worker, super::answers::Refused> {
    let record = find(console, name).await?;
    let mut worker = console.house.worker(&record).await?;
    worker.dry = true;
    Ok(worker)
}

pub async fn customers(
    State(console): State<Arc<Console>>,
    At(name): At<String>,
    Asked(asked): Asked<Wanted>,
) -> Told {
    let text = asked.text()?;
    let worker = worker(&console, &name).await?;
    let search =
        async { worker.shop.find_customers(&text).await.map_err(|error| words(&Stop::Shopify(error))) };
    let found = in_time("The search", search).await.map_err(no_answer)?;
    json(&Customers { customers: found.into_iter().map(customer).collect() })
}

fn customer(found: FoundCustomer) -> CustomerShape {
    CustomerShape {
        customer: found.id.number().to_owned(),
        name: found.name,
        email: found.email,
        company: found.company,
        city: found.city,
        country: found.country,
        orders: found.orders,
    }
}

pub async fn items(
    State(console): State<Arc<Console>>,
    At(name): At<String>,
    Asked(asked): Asked<Wanted>,
) -> Told {
    let text = asked.text()?;
    let worker = worker(&console, &name).await?;
    let search =
        async { worker.shop.find_variants(&text).await.map_err(|error| words(&Stop::Shopify(error))) };
    let found = in_time("The search", search).await.map_err(no_answer)?;
    json(&Items { items: found.into_iter().map(item).collect() })
}

fn item(found: FoundVariant) -> ItemShape {
    ItemShape {
        variant: found.id.number().to_owned(),
        product: found.product_title,
        title: found.title,
        sku: found.sku,
        barcode: found.barcode,
        archived: found.product_state == ProductState::Archived,
        available: found.available,
    }
}

pub async fn pending(State(console): State<Arc<Console>>, At(name): At<String>) -> Told {
    let record = find(&console, &name).await?;
    let mut worker = worker(&console, &name).await?;
    let read = async { worker.preview_pending(record).await.map_err(|stop| words(&stop)) };
    let all = in_time("Reading the orders", read).await.map_err(no_answer)?;
    json(&PendingOrders { orders: all.orders.iter().map(pending_order).collect(), more: all.more })
}

fn pending_order(one: &Pending) -> PendingShape {
    PendingShape {
        retailer: one.order.as_ref().map(|order| order.retailer.name.clone()).unwrap_or_default(),
        value: one.value.map(|value| value.to_string()),
        exported_as: one.exported_as.clone(),
        contested: one.contested,
        preview: preview::shape(&one.previewed),
    }
}
