//! The records of one shop: products, stock, locations, customers, orders. Rules of what may happen to them live in the
//! files named after the rule; how they look in answers is in `objects`.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::cost::Bucket;
use super::options::ShopOptions;
use crate::clock::SandboxClock;

/// What the shop is as a business: open, or shut in one of the ways that answers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShopState {
    Open,
    /// HTTP 402.
    Frozen,
    /// HTTP 423.
    Locked,
    /// Reads work, orders are refused with `SHOP_DORMANT`.
    Dormant,
}

#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(crate) title: String,
    pub(crate) status: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) product: u64,
    pub(crate) sku: Option<String>,
    pub(crate) barcode: Option<String>,
    pub(crate) title: String,
    pub(crate) price: Decimal,
    pub(crate) continues_selling: bool,
    pub(crate) tracked: bool,
    pub(crate) stock: BTreeMap<u64, Level>,
    pub(crate) updated_at: Timestamp,
}

/// Units of one variant at one location; `on_hand` is the sum.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Level {
    pub(crate) available: i64,
    pub(crate) committed: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) active: bool,
}

/// An address of an order or a customer, as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub id: u64,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub address1: Option<String>,
    pub address2: Option<String>,
    pub city: Option<String>,
    pub province_code: Option<String>,
    pub country_code: Option<String>,
    pub zip: Option<String>,
    pub phone: Option<String>,
}

impl Address {
    /// Equal in all that a person reads; the id is not part of it.
    pub fn reads_like(&self, other: &Address) -> bool {
        Address { id: 0, ..self.clone() } == Address { id: 0, ..other.clone() }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) tax_exempt: bool,
    pub(crate) addresses: Vec<Address>,
    pub(crate) default_address: Option<u64>,
    pub(crate) metafields: Vec<Metafield>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Customer {
    pub(crate) fn default_address(&self) -> Option<&Address> {
        let wanted = self.default_address?;
        self.addresses.iter().find(|address| address.id == wanted)
    }

    pub(crate) fn display_name(&self) -> String {
        let names: Vec<&str> =
            [&self.first_name, &self.last_name].into_iter().flatten().map(String::as_str).collect();
        if names.is_empty() {
            return self.email.clone().or_else(|| self.phone.clone()).unwrap_or_default();
        }
        names.join(" ")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metafield {
    pub namespace: String,
    pub key: String,
    pub kind: String,
    pub value: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) id: u64,
    pub(crate) namespace: String,
    pub(crate) key: String,
    pub(crate) owner: String,
    pub(crate) kind: String,
    pub(crate) unique: bool,
}

/// One tax line of a line, a shipping line or an order.
#[derive(Clone, Debug, PartialEq)]
pub struct TaxLine {
    pub title: String,
    pub rate: Decimal,
    pub amount: Decimal,
}

#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) id: u64,
    pub(crate) variant: Option<u64>,
    pub(crate) title: String,
    pub(crate) sku: Option<String>,
    pub(crate) quantity: i64,
    pub(crate) price: Decimal,
    pub(crate) requires_shipping: bool,
    pub(crate) tax_lines: Vec<TaxLine>,
}

#[derive(Clone, Debug)]
pub(crate) struct ShippingLine {
    pub(crate) title: String,
    pub(crate) price: Decimal,
    pub(crate) tax_lines: Vec<TaxLine>,
}

/// The discount code of an order.
#[derive(Clone, Debug, PartialEq)]
pub enum Discount {
    Fixed { code: String, amount: Decimal },
    Percentage { code: String, percentage: Decimal },
    FreeShipping { code: String },
}

impl Discount {
    pub fn code(&self) -> &str {
        match self {
            Discount::Fixed { code, .. }
            | Discount::Percentage { code, .. }
            | Discount::FreeShipping { code } => code,
        }
    }
}

/// What an order adds up to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Totals {
    pub(crate) subtotal: Decimal,
    pub(crate) discount: Decimal,
    pub(crate) shipping: Decimal,
    pub(crate) tax: Decimal,
    pub(crate) total: Decimal,
}

/// Units of one line at one location; `claimed` tells whether stock was taken for them.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) line: usize,
    pub(crate) quantity: i64,
    pub(crate) remaining: i64,
    pub(crate) claimed: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct FulfillmentOrder {
    pub(crate) id: u64,
    pub(crate) status: &'static str,
    pub(crate) location: u64,
    pub(crate) items: Vec<Placed>,
}

#[derive(Clone, Debug)]
pub(crate) struct Fulfillment {
    pub(crate) id: u64,
    pub(crate) status: &'static str,
    pub(crate) location: u64,
    pub(crate) items: Vec<Placed>,
}

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) source_identifier: Option<String>,
    pub(crate) source_name: Option<String>,
    pub(crate) source_url: Option<String>,
    pub(crate) po_number: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) custom_attributes: Vec<(String, String)>,
    pub(crate) metafields: Vec<Metafield>,
    pub(crate) currency: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) shipping_lines: Vec<ShippingLine>,
    pub(crate) discount: Option<Discount>,
    pub(crate) totals: Totals,
    pub(crate) received: Decimal,
    pub(crate) financial: Option<String>,
    pub(crate) inventory: String,
    pub(crate) billing: Option<Address>,
    pub(crate) shipping: Option<Address>,
    pub(crate) customer: Option<u64>,
    pub(crate) fulfillment_orders: Vec<FulfillmentOrder>,
    pub(crate) fulfillments: Vec<Fulfillment>,
    pub(crate) restocked: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) processed_at: Timestamp,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) cancelled_at: Option<Timestamp>,
}

/// A cancellation that was accepted and is not yet carried out.
#[derive(Clone, Debug)]
pub(crate) struct PendingCancel {
    pub(crate) order: u64,
    pub(crate) restock: bool,
    pub(crate) due: Timestamp,
    pub(crate) job: u64,
}

/// Everything that one shop knows.
pub(crate) struct State {
    pub(crate) options: ShopOptions,
    pub(crate) clock: SandboxClock,
    pub(crate) shop_state: ShopState,
    pub(crate) products: BTreeMap<u64, Product>,
    pub(crate) variants: BTreeMap<u64, Variant>,
    pub(crate) locations: BTreeMap<u64, Place>,
    pub(crate) customers: BTreeMap<u64, Customer>,
    pub(crate) orders: BTreeMap<u64, Order>,
    pub(crate) definitions: Vec<Definition>,
    pub(crate) pending_cancels: Vec<PendingCancel>,
    pub(crate) jobs: BTreeMap<u64, bool>,
    pub(crate) next_id: u64,
    pub(crate) next_number: u64,
    pub(crate) bucket: Bucket,
    /// Tokens from the client credentials grant with their end.
    pub(crate) tokens: BTreeMap<String, Timestamp>,
    pub(crate) static_token_works: bool,
    pub(crate) recent_creates: VecDeque<Timestamp>,
    pub(crate) points_used: u64,
    pub(crate) requests: u64,
    pub(crate) operations: Vec<String>,
    /// Requested and actual cost by operation, in the order of arrival.
    pub(crate) costs: Vec<(String, u64, u64)>,
}

impl State {
    pub(crate) fn new(clock: SandboxClock, options: ShopOptions) -> State {
        let now = clock.now();
        State {
            bucket: Bucket::full(options.bucket_maximum, options.bucket_restore, options.time_scale, now),
            options,
            clock,
            shop_state: ShopState::Open,
            products: BTreeMap::new(),
            variants: BTreeMap::new(),
            locations: BTreeMap::new(),
            customers: BTreeMap::new(),
            orders: BTreeMap::new(),
            definitions: Vec::new(),
            pending_cancels: Vec::new(),
            jobs: BTreeMap::new(),
            next_id: 9_000_000_001,
            next_number: 1001,
            tokens: BTreeMap::new(),
            static_token_works: true,
            recent_creates: VecDeque::new(),
            points_used: 0,
            requests: 0,
            operations: Vec::new(),
            costs: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub(crate) fn may(&self, scope: &str) -> bool {
        let granted = |wanted: &str| self.options.scopes.iter().any(|held| held == wanted);
        granted(scope) || scope.strip_prefix("read_").is_some_and(|what| granted(&format!("write_{what}")))
    }

    /// The definition of type `id` for this owner, without which no custom id works.
    pub(crate) fn id_definition(&self, owner: &str, namespace: &str, key: &str) -> Option<&Definition> {
        self.definitions.iter().find(|found| {
            found.owner == owner && found.namespace == namespace && found.key == key && found.kind == "id"
        })
    }
}

/// The text of a JSON field, if there is one that is not null.
pub(crate) fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}
