//! What a sandbox shop is like: its currency, plan, rights and habits.

use std::time::Duration;

/// The order in which locations are asked for stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routing {
    ById,
    /// The one with the most units first.
    FullestFirst,
    /// Stock is taken from the first location and the order assigned to the last one.
    Elsewhere,
}

/// How the shop behaves. The default is an honest development store with every right, without the create quota.
#[derive(Clone, Debug)]
pub struct ShopOptions {
    /// The number in the shop's own id, by which two shops are told apart.
    pub shop_number: u64,
    pub name: String,
    pub domain: String,
    pub currency: String,
    /// Whether a second order with a taken custom id is refused. Documentation says so; nobody recorded it.
    pub custom_id_enforced: bool,
    /// Whether a second order with a taken custom id is neither refused nor made: the first one is the answer.
    pub taken_id_answers_first: bool,
    /// Whether the refusal of a taken custom id leaves an order behind that has no custom id.
    pub refusal_leaves_order: bool,
    /// How long a new order stays invisible to the look-up by custom id.
    pub lookup_lag: Duration,
    /// Which location gives the stock of a new order.
    pub routing: Routing,
    /// The longest list that an input may hold.
    pub input_list_max: usize,
    /// Whether a cancelled order can be deleted.
    pub orders_deletable: bool,
    /// Whether it is a development store.
    pub development: bool,
    /// How long a new order or customer stays invisible to searches.
    pub search_lag: Duration,
    /// Whether every search filter is ignored, as happens to a misspelt one.
    pub ignore_search_filters: bool,
    /// How long a cancellation takes after it was accepted.
    pub cancel_delay: Duration,
    pub scopes: Vec<String>,
    /// The version that is answered as asked; every other one runs on the oldest that is still accessible.
    pub api_version: String,
    pub static_token: String,
    pub client_id: String,
    pub client_secret: String,
    pub token_life: Duration,
    /// `Some(5)` is the limit of development stores.
    pub order_quota_per_minute: Option<u32>,
    pub bucket_maximum: f64,
    /// Points per second.
    pub bucket_restore: f64,
    /// A demo may refill faster than real time.
    pub time_scale: f64,
    /// How far a shop without `read_all_orders` can look back.
    pub order_window: Duration,
}

impl Default for ShopOptions {
    fn default() -> ShopOptions {
        ShopOptions {
            shop_number: 1,
            name: "Sandbox Shop".to_owned(),
            domain: "sandbox-shop.myshopify.com".to_owned(),
            currency: "USD".to_owned(),
            custom_id_enforced: true,
            taken_id_answers_first: false,
            refusal_leaves_order: false,
            lookup_lag: Duration::ZERO,
            routing: Routing::ById,
            input_list_max: 250,
            orders_deletable: true,
            development: false,
            search_lag: Duration::ZERO,
            ignore_search_filters: false,
            cancel_delay: Duration::ZERO,
            scopes: ShopOptions::all_scopes(),
            api_version: "2026-07".to_owned(),
            static_token: "shpat_sandbox".to_owned(),
            client_id: "sandbox-client".to_owned(),
            client_secret: "sandbox-secret".to_owned(),
            token_life: Duration::from_secs(24 * 3600 - 1),
            order_quota_per_minute: None,
            bucket_maximum: 2000.0,
            bucket_restore: 100.0,
            time_scale: 1.0,
            order_window: Duration::from_secs(60 * 24 * 3600),
        }
    }
}

impl ShopOptions {
    /// The rights that the program asks for, without `read_all_orders`, which Shopify rarely grants.
    pub fn all_scopes() -> Vec<String> {
        let scopes = [
            "write_orders",
            "write_customers",
            "read_products",
            "read_inventory",
            "read_locations",
            "write_merchant_managed_fulfillment_orders",
        ];
        scopes.map(str::to_owned).to_vec()
    }
}
