//! `Shop`: the handle that tests, brand and judge hold. It seeds, changes and looks, without HTTP; the endpoints are in
//! `http`.

use std::sync::{Arc, Mutex, MutexGuard};

use rust_decimal::Decimal;

use super::cost::Bucket;
use super::gid;
use super::options::ShopOptions;
use super::state::{
    Address, Customer, Definition, Level, Metafield, Order, Place, Product, ShopState, State, Variant,
};
use super::views::{CustomerView, OrderView, StockView, customer_view, order_view, stock_views};
use crate::clock::SandboxClock;
use crate::faults::Faults;

/// One Shopify shop. Clones share it.
#[derive(Clone)]
pub struct Shop {
    state: Arc<Mutex<State>>,
    pub(crate) faults: Faults,
}

/// Whether a variant may be sold below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    Deny,
    Continue,
}

/// A product to begin with.
#[derive(Clone, Debug)]
pub struct ProductSeed {
    pub id: u64,
    pub title: String,
}

/// A variant to begin with; its product is made if it is missing.
#[derive(Clone, Debug)]
pub struct VariantSeed {
    pub product_id: u64,
    pub variant_id: u64,
    pub sku: Option<String>,
    pub barcode: Option<String>,
    pub title: String,
    pub price: Decimal,
    pub policy: Policy,
    pub tracked: bool,
    /// Available units by location.
    pub stock: Vec<(u64, i64)>,
}

/// A location to begin with.
#[derive(Clone, Debug)]
pub struct LocationSeed {
    pub id: u64,
    pub name: String,
    pub active: bool,
}

/// A customer to begin with.
#[derive(Clone, Debug, Default)]
pub struct CustomerSeed {
    pub id: u64,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<String>,
    pub tags: Vec<String>,
    pub tax_exempt: bool,
    pub default_address: Option<Address>,
}

impl std::fmt::Debug for Shop {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The records would fill pages, and among the options are secrets.
        formatter.debug_struct("Shop").finish_non_exhaustive()
    }
}

impl Shop {
    pub fn new(clock: SandboxClock, faults: Faults, options: ShopOptions) -> Shop {
        Shop { state: Arc::new(Mutex::new(State::new(clock, options))), faults }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the shop")
    }

    // What the shop sells.

    pub fn add_product(&self, seed: ProductSeed) -> String {
        let product = Product { title: seed.title, status: "ACTIVE".to_owned() };
        self.state().products.insert(seed.id, product);
        gid::gid("Product", seed.id)
    }

    pub fn add_variant(&self, seed: VariantSeed) -> String {
        let mut state = self.state();
        let now = state.now();
        state.products.entry(seed.product_id).or_insert_with(|| Product {
            title: format!("Product {}", seed.product_id),
            status: "ACTIVE".to_owned(),
        });
        let stock =
            seed.stock.into_iter().map(|(location, available)| (location, Level { available, committed: 0 }));
        state.variants.insert(
            seed.variant_id,
            Variant {
                product: seed.product_id,
                sku: seed.sku,
                barcode: seed.barcode,
                title: seed.title,
                price: seed.price,
                continues_selling: seed.policy == Policy::Continue,
                tracked: seed.tracked,
                stock: stock.collect(),
                updated_at: now,
            },
        );
        gid::gid("ProductVariant", seed.variant_id)
    }

    pub fn set_stock(&self, variant: u64, location: u64, available: i64) {
        let mut state = self.state();
        let now = state.now();
        if let Some(found) = state.variants.get_mut(&variant) {
            found.stock.entry(location).or_default().available = available;
            found.updated_at = now;
        }
    }

    pub fn set_policy(&self, variant: u64, policy: Policy) {
        if let Some(found) = self.state().variants.get_mut(&variant) {
            found.continues_selling = policy == Policy::Continue;
        }
    }

    pub fn set_tracked(&self, variant: u64, tracked: bool) {
        if let Some(found) = self.state().variants.get_mut(&variant) {
            found.tracked = tracked;
        }
    }

    pub fn set_barcode(&self, variant: u64, barcode: Option<&str>) {
        if let Some(found) = self.state().variants.get_mut(&variant) {
            found.barcode = barcode.map(str::to_owned);
        }
    }

    pub fn set_sku(&self, variant: u64, sku: Option<&str>) {
        if let Some(found) = self.state().variants.get_mut(&variant) {
            found.sku = sku.map(str::to_owned);
        }
    }

    pub fn remove_variant(&self, variant: u64) {
        self.state().variants.remove(&variant);
    }

    /// With all its variants.
    pub fn remove_product(&self, product: u64) {
        let mut state = self.state();
        state.products.remove(&product);
        state.variants.retain(|_, variant| variant.product != product);
    }

    pub fn archive_product(&self, product: u64) {
        if let Some(found) = self.state().products.get_mut(&product) {
            found.status = "ARCHIVED".to_owned();
        }
    }

    /// Units that the shop can sell of a variant, over all active locations.
    pub fn stock(&self, variant_gid: &str) -> i64 {
        let state = self.state();
        let variant = gid::number(variant_gid, "ProductVariant").and_then(|id| state.variants.get(&id));
        variant.map_or(0, |found| state.sellable(found))
    }

    pub fn stock_at(&self, variant_gid: &str, location: u64) -> Option<StockView> {
        let id = gid::number(variant_gid, "ProductVariant")?;
        stock_views(&self.state(), id).into_iter().find(|view| view.location == location)
    }

    pub fn add_location(&self, seed: LocationSeed) -> String {
        let place = Place { name: seed.name, active: seed.active };
        self.state().locations.insert(seed.id, place);
        gid::gid("Location", seed.id)
    }

    pub fn deactivate_location(&self, location: u64) {
        if let Some(found) = self.state().locations.get_mut(&location) {
            found.active = false;
        }
    }

    // Who buys.

    pub fn add_customer(&self, seed: CustomerSeed) -> String {
        let mut state = self.state();
        let now = state.now();
        let address = seed.default_address.map(|address| Address { id: state.new_id(), ..address });
        let customer = Customer {
            first_name: seed.first_name,
            last_name: seed.last_name,
            email: seed.email,
            phone: seed.phone,
            tags: seed.tags,
            tax_exempt: seed.tax_exempt,
            default_address: address.as_ref().map(|found| found.id),
            addresses: address.into_iter().collect(),
            ..Customer::empty(now)
        };
        state.customers.insert(seed.id, customer);
        gid::gid("Customer", seed.id)
    }

    pub fn delete_customer(&self, customer: u64) {
        self.state().customers.remove(&customer);
    }

    pub fn customers(&self) -> Vec<CustomerView> {
        self.state().customers.iter().map(|(id, customer)| customer_view(*id, customer)).collect()
    }

    pub fn customer(&self, customer_gid: &str) -> Option<CustomerView> {
        let id = gid::number(customer_gid, "Customer")?;
        self.state().customers.get(&id).map(|customer| customer_view(id, customer))
    }

    // What was bought.

    pub fn orders(&self) -> Vec<OrderView> {
        let mut state = self.state();
        state.settle_cancels();
        state.orders.values().map(order_view).collect()
    }

    pub fn order(&self, order_gid: &str) -> Option<OrderView> {
        self.orders().into_iter().find(|order| order.gid == order_gid)
    }

    /// A person cancels the order in Shopify's admin, whatever its state.
    pub fn cancel_order(&self, order_gid: &str, restock: bool) {
        if let Some(id) = gid::number(order_gid, "Order") {
            self.state().cancel_now(id, restock);
        }
    }

    pub fn delete_order(&self, order_gid: &str) {
        if let Some(id) = gid::number(order_gid, "Order") {
            self.state().orders.remove(&id);
        }
    }

    pub fn mark_paid(&self, order_gid: &str) {
        self.change_order(order_gid, |order| {
            order.received = order.totals.total;
            order.financial = Some("PAID".to_owned());
        });
    }

    /// A person changes the note, as a sign of an edit in Shopify.
    pub fn edit_note(&self, order_gid: &str, note: &str) {
        self.change_order(order_gid, |order| order.note = Some(note.to_owned()));
    }

    /// A person takes the custom id (or any metafield) off the order.
    pub fn remove_metafields(&self, order_gid: &str) {
        self.change_order(order_gid, |order| order.metafields.clear());
    }

    /// Moves the order's creation into the past, out of what the app may see.
    pub fn age_order(&self, order_gid: &str, by: std::time::Duration) {
        self.change_order(order_gid, |order| order.created_at -= by);
    }

    pub(super) fn change_order(&self, order_gid: &str, change: impl FnOnce(&mut Order)) {
        let mut state = self.state();
        let now = state.now();
        if let Some(order) = gid::number(order_gid, "Order").and_then(|id| state.orders.get_mut(&id)) {
            change(order);
            order.updated_at = now;
        }
    }

    /// Everything open ships from where it is assigned.
    pub fn fulfil(&self, order_gid: &str) {
        if let Some(id) = gid::number(order_gid, "Order") {
            self.state().fulfil_now(id);
        }
    }

    /// Makes a definition of type `id`, as set-up would. Owner is `ORDER` or `CUSTOMER`.
    pub fn define_custom_id(&self, owner: &str, namespace: &str, key: &str) {
        let mut state = self.state();
        let id = state.new_id();
        state.definitions.push(Definition {
            id,
            namespace: namespace.to_owned(),
            key: key.to_owned(),
            owner: owner.to_owned(),
            kind: "id".to_owned(),
            unique: true,
        });
    }

    pub fn remove_definitions(&self) {
        self.state().definitions.clear();
    }

    /// Writes a custom id onto a customer, as a merchant might have.
    pub fn set_customer_custom_id(&self, customer: u64, namespace: &str, key: &str, value: &str) {
        if let Some(found) = self.state().customers.get_mut(&customer) {
            found.metafields.push(Metafield {
                namespace: namespace.to_owned(),
                key: key.to_owned(),
                kind: "id".to_owned(),
                value: value.to_owned(),
            });
        }
    }

    // How the shop behaves.

    pub fn set_state(&self, shop_state: ShopState) {
        self.state().shop_state = shop_state;
    }

    pub fn options(&self) -> ShopOptions {
        self.state().options.clone()
    }

    /// Changes any option of the running shop; the bucket starts full again if its size changed.
    pub fn configure(&self, change: impl FnOnce(&mut ShopOptions)) {
        let mut state = self.state();
        change(&mut state.options);
        let (maximum, restore) = (state.options.bucket_maximum, state.options.bucket_restore);
        let changed = state.bucket.maximum != maximum || state.bucket.restore != restore;
        if changed || state.bucket.time_scale != state.options.time_scale {
            let now = state.now();
            state.bucket = Bucket::full(maximum, restore, state.options.time_scale, now);
        }
    }

    /// Makes every token invalid; the static one stays so, granted ones are replaced by asking again.
    pub fn revoke_tokens(&self) {
        let mut state = self.state();
        state.tokens.clear();
        state.static_token_works = false;
    }

    /// Ends the lives of all tokens from the client credentials grant.
    pub fn expire_tokens(&self) {
        self.state().tokens.clear();
    }

    /// Leaves this many points in the bucket.
    pub fn set_points_available(&self, points: f64) {
        let mut state = self.state();
        let now = state.now();
        state.bucket.set_available(points, now);
    }

    // What it cost.

    pub fn points_used(&self) -> u64 {
        self.state().points_used
    }

    pub fn requests(&self) -> u64 {
        self.state().requests
    }

    /// Names of the operations that arrived, in order, answered or not.
    pub fn operations(&self) -> Vec<String> {
        self.state().operations.clone()
    }

    /// Operation, requested and actual points of every executed request.
    pub fn costs(&self) -> Vec<(String, u64, u64)> {
        self.state().costs.clone()
    }
}
