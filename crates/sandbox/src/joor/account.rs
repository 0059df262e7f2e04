//! What a JOOR account remembers: orders with their earlier versions, the catalogue, tokens and credits. No JSON, no
//! HTTP.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::order::OrderSeed;
use super::{JoorOptions, PriceType, Sku};

/// An order and every version it had, so that a lagging list can show the one from before.
#[derive(Clone, Debug)]
struct History {
    versions: Vec<(Timestamp, OrderSeed)>,
}

impl History {
    fn current(&self) -> &OrderSeed {
        &self.versions.last().expect("an order has a version from its first moment").1
    }
}

/// The fixed window of JOOR's credits. It starts with the first call after the last one ended.
#[derive(Clone, Debug, Default)]
pub struct Credits {
    started: Option<Timestamp>,
    used: u32,
    pub used_ever: u64,
}

impl Credits {
    /// Takes credits for a call; `false` where the window has not enough left.
    pub fn take(&mut self, price: u32, now: Timestamp, options: &JoorOptions) -> bool {
        if self.left(now, options) < price {
            return false;
        }
        self.started.get_or_insert(now);
        self.used += price;
        self.used_ever += u64::from(price);
        true
    }

    pub fn left(&mut self, now: Timestamp, options: &JoorOptions) -> u32 {
        if self.started.is_some_and(|started| elapsed(started, now) >= options.credit_window) {
            self.started = None;
            self.used = 0;
        }
        options.credit_quota.saturating_sub(self.used)
    }

    /// Until the full quota is back.
    pub fn resets_in(&self, now: Timestamp, options: &JoorOptions) -> Duration {
        self.started
            .map_or(Duration::ZERO, |started| options.credit_window.saturating_sub(elapsed(started, now)))
    }
}

fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}

#[derive(Debug)]
pub struct Account {
    pub options: JoorOptions,
    orders: BTreeMap<String, History>,
    pub price_types: Vec<PriceType>,
    skus: BTreeMap<String, Vec<Sku>>,
    /// Access token to its end.
    pub tokens: HashMap<String, Timestamp>,
    pub tokens_given: u32,
    pub credits: Credits,
    pub operations: Vec<String>,
    next_line: u64,
}

impl Account {
    pub fn new(options: JoorOptions) -> Account {
        Account {
            options,
            orders: BTreeMap::new(),
            price_types: Vec::new(),
            skus: BTreeMap::new(),
            tokens: HashMap::new(),
            tokens_given: 0,
            credits: Credits::default(),
            operations: Vec::new(),
            next_line: 61_200_001,
        }
    }

    pub fn add_order(&mut self, mut order: OrderSeed, now: Timestamp, today: Date) {
        order.date_created.get_or_insert(today);
        order.date_approved.get_or_insert(today);
        order.date_modified.get_or_insert(today);
        for line in &mut order.lines {
            if line.id.is_empty() {
                line.id = self.next_line.to_string();
                self.next_line += 1;
            }
            let known = self.skus.entry(line.product_id.clone()).or_default();
            if known.iter().all(|sku| sku.id != line.sku_id) {
                known.push(Sku {
                    id: line.sku_id.clone(),
                    product_id: line.product_id.clone(),
                    external_id: line.sku_external_id.clone(),
                    sku_identifier: line.sku_identifier.clone(),
                    upc: line.upc.clone(),
                    color: line.color.clone(),
                    size: line.size.clone(),
                });
            }
        }
        // What was there before the sandbox began to serve is no news to any list.
        let since = if self.operations.is_empty() { Timestamp::UNIX_EPOCH } else { now };
        self.orders.insert(order.id.clone(), History { versions: vec![(since, order)] });
    }

    pub fn add_price_type(&mut self, price_type: PriceType) {
        self.price_types.retain(|known| known.id != price_type.id);
        self.price_types.push(price_type);
    }

    pub fn add_sku(&mut self, sku: Sku) {
        let known = self.skus.entry(sku.product_id.clone()).or_default();
        known.retain(|other| other.id != sku.id);
        known.push(sku);
    }

    pub fn skus_of(&self, product_id: &str) -> &[Sku] {
        self.skus.get(product_id).map_or(&[], Vec::as_slice)
    }

    pub fn remove(&mut self, order: &str) {
        self.orders.remove(order);
    }

    pub fn order(&self, order: &str) -> Option<&OrderSeed> {
        self.orders.get(order).map(History::current)
    }

    pub fn current(&self) -> impl Iterator<Item = &OrderSeed> {
        self.orders.values().map(History::current)
    }

    /// The orders as lists show them: each in the newest version that is older than the lag.
    pub fn listed(&self, now: Timestamp) -> impl Iterator<Item = &OrderSeed> {
        let lag = self.options.list_lag;
        self.orders.values().filter_map(move |history| {
            let shown = history.versions.iter().rev().find(|(since, _)| elapsed(*since, now) >= lag);
            shown.map(|(_, order)| order)
        })
    }

    /// Changes an order; JOOR then says that it was modified today.
    pub fn edit(
        &mut self,
        order: &str,
        now: Timestamp,
        today: Date,
        change: impl FnOnce(&mut OrderSeed, Date),
    ) {
        let history =
            self.orders.get_mut(order).unwrap_or_else(|| panic!("the sandbox has no JOOR order {order}"));
        let mut edited = history.current().clone();
        change(&mut edited, today);
        edited.date_modified = Some(today);
        history.versions.push((now, edited));
    }
}
