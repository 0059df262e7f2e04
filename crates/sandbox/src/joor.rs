//! A JOOR account: the v4 calls that an exporter needs, with tokens, credits and the oddities of the real service, and
//! the hands of the brand's people as plain functions. v2 is not here.

mod account;
mod http;
mod order;
mod read;
mod token;
mod wire;
mod write;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::clock::SandboxClock;
use crate::faults::Faults;
use account::Account;

pub use order::{Address, Customer, Discount, DiscountKind, ExportState, LineSeed, Named, OrderSeed, Status};

/// An order as it stands in JOOR now.
pub type OrderView = OrderSeed;

/// How this JOOR behaves. May be changed while it runs.
#[derive(Clone, Debug)]
pub struct JoorOptions {
    pub account: String,
    pub client_id: String,
    pub client_secret: String,
    pub username: String,
    pub password: String,
    pub token_life: Duration,
    pub credit_quota: u32,
    /// JOOR's window is 300 s; a demo may take a shorter one.
    pub credit_window: Duration,
    /// Ids that one call takes; more is answered with 400.
    pub order_ids_max: usize,
    pub line_order_ids_max: usize,
    pub sku_product_ids_max: usize,
    pub bulk_update_max: usize,
    /// Line rows of an answer where the call names no page size; `None`: all.
    pub line_page_size: Option<usize>,
    /// A changed order shows up changed in lists only after this; asked for by its id it is always fresh.
    pub list_lag: Duration,
    /// The `export_status` filter is accepted and has no effect.
    pub ignores_export_filter: bool,
    /// Rows carry 0, 1, 2 in place of UNDEFINED, SUCCESS, FAILED.
    pub integer_export_state: bool,
    /// `exported_on` is a plain date.
    pub exported_on_is_date: bool,
    /// Numbers as strings, "" for nothing, padded codes, `line1`, one element for a list, fields nobody knows.
    pub oddities: bool,
}

impl Default for JoorOptions {
    fn default() -> JoorOptions {
        JoorOptions {
            account: "424242".to_owned(),
            client_id: "sandbox-client".to_owned(),
            client_secret: "sandbox-client-secret".to_owned(),
            username: "integration@brand.example.com".to_owned(),
            password: "sandbox-password".to_owned(),
            token_life: Duration::from_secs(36_000),
            credit_quota: 300,
            credit_window: Duration::from_secs(300),
            order_ids_max: 200,
            line_order_ids_max: 50,
            sku_product_ids_max: 50,
            bulk_update_max: 200,
            line_page_size: None,
            list_lag: Duration::ZERO,
            ignores_export_filter: false,
            integer_export_state: false,
            exported_on_is_date: false,
            oddities: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceType {
    pub id: String,
    pub name: String,
    pub currency: String,
}

impl PriceType {
    pub fn new(id: &str, currency: &str, label: &str) -> PriceType {
        PriceType { id: id.to_owned(), name: format!("{currency}-{label}"), currency: currency.to_owned() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sku {
    pub id: String,
    pub product_id: String,
    pub external_id: Option<String>,
    pub sku_identifier: String,
    pub upc: Option<String>,
    pub color: String,
    pub size: String,
}

/// One JOOR account. Clones share it.
#[derive(Clone, Debug)]
pub struct Joor {
    account: Arc<Mutex<Account>>,
    clock: SandboxClock,
    faults: Faults,
}

impl Joor {
    pub fn new(clock: SandboxClock, faults: Faults, options: JoorOptions) -> Joor {
        let account = Account::new(options);
        Joor { account: Arc::new(Mutex::new(account)), clock, faults }
    }

    /// `/auth/` and everything under `/v4/`.
    pub fn router(&self) -> axum::Router {
        http::router(self.clone())
    }

    /// Puts an order in place. Dates that the seed leaves open are today's; its SKUs join the catalogue.
    pub fn add_order(&self, seed: OrderSeed) {
        let (now, today) = (self.clock.now(), self.clock.today());
        self.lock().add_order(seed, now, today);
    }

    pub fn add_price_type(&self, price_type: PriceType) {
        self.lock().add_price_type(price_type);
    }

    /// A catalogue SKU without an order, or another shape for one that lines already made known.
    pub fn add_sku(&self, sku: Sku) {
        self.lock().add_sku(sku);
    }

    pub fn price_types(&self) -> Vec<PriceType> {
        self.lock().price_types.clone()
    }

    pub fn approve(&self, order: &str) {
        self.edit(order, |order, today| {
            order.status = Status::Approved;
            order.date_approved = Some(today);
        });
    }

    pub fn set_status(&self, order: &str, status: Status) {
        self.edit(order, |order, _| order.status = status);
    }

    pub fn cancel(&self, order: &str) {
        self.set_status(order, Status::Cancelled);
    }

    /// The line is counted from 0.
    pub fn edit_quantity(&self, order: &str, line: usize, quantity: i64) {
        self.edit(order, |order, _| order.lines[line].quantity = quantity);
    }

    pub fn edit_price(&self, order: &str, line: usize, price: Decimal) {
        self.edit(order, |order, _| {
            order.lines[line].wholesale_price = price;
            order.lines[line].item_price = Some(price);
        });
    }

    /// Any other change that a person makes; it counts as a modification of today.
    pub fn change(&self, order: &str, change: impl FnOnce(&mut OrderSeed)) {
        self.edit(order, |order, _| change(order));
    }

    /// What the user's "set to re-export" does: the export state is as if nobody had exported the order.
    pub fn set_to_reexport(&self, order: &str) {
        self.edit(order, |order, _| {
            order.export_status = ExportState::Undefined;
            order.export_description = None;
            order.exported_on = None;
        });
    }

    /// Another integration reports the order as exported.
    pub fn write_success_by_somebody_else(&self, order: &str) {
        let stamp = self.clock.now().to_string();
        self.edit(order, |order, _| {
            order.export_status = ExportState::Success;
            order.export_description = Some("Exported".to_owned());
            order.exported_on = Some(stamp);
        });
    }

    /// The order disappears, as a deleted draft does.
    pub fn remove(&self, order: &str) {
        self.lock().remove(order);
    }

    pub fn order(&self, order: &str) -> Option<OrderView> {
        self.lock().order(order).cloned()
    }

    pub fn orders(&self) -> Vec<OrderView> {
        self.lock().current().cloned().collect()
    }

    pub fn change_options(&self, change: impl FnOnce(&mut JoorOptions)) {
        change(&mut self.lock().options);
    }

    pub fn options(&self) -> JoorOptions {
        self.lock().options.clone()
    }

    /// Every token given so far stops working.
    pub fn expire_tokens(&self) {
        self.lock().tokens.clear();
    }

    pub fn tokens_given(&self) -> u32 {
        self.lock().tokens_given
    }

    /// All credits ever used.
    pub fn credits_used(&self) -> u64 {
        self.lock().credits.used_ever
    }

    /// The credits that the running window has left.
    pub fn credits_left(&self) -> u32 {
        let now = self.clock.now();
        let mut account = self.lock();
        let Account { credits, options, .. } = &mut *account;
        credits.left(now, options)
    }

    /// Calls that arrived, refused ones and token requests included.
    pub fn requests(&self) -> u64 {
        self.lock().operations.len() as u64
    }

    /// What was called, in order: `token`, `GET orders`, `POST bulk_update`, …
    pub fn operations(&self) -> Vec<String> {
        self.lock().operations.clone()
    }

    fn edit(&self, order: &str, change: impl FnOnce(&mut OrderSeed, Date)) {
        let (now, today) = (self.clock.now(), self.clock.today());
        self.lock().edit(order, now, today, change);
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
