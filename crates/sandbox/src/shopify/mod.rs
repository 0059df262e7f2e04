//! One Shopify shop over its Admin GraphQL API: `Shop` is the handle, `http` the two endpoints, `execute` and `roots`
//! answer queries over `state`. The schema is the file `shopify.graphql`; rules are facts about the real service, and
//! nothing here knows the program under test.

mod cost;
mod customer_set;
mod customers;
mod definitions;
mod execute;
mod gid;
mod handle;
mod hands;
mod http;
mod inventory;
mod money;
mod objects;
mod options;
mod order_changes;
mod order_create;
mod order_input;
mod order_objects;
mod pages;
mod regions;
mod roots;
mod sdl;
mod search;
mod state;
mod time;
mod totals;
mod validate;
mod variables;
mod views;

pub use cost::{CostModel, page_size_cost};
pub use handle::{CustomerSeed, LocationSeed, Policy, ProductSeed, Shop, VariantSeed};
pub use options::{Routing, ShopOptions};
pub use sdl::SCHEMA_TEXT;
pub use state::{Address, Discount, Metafield, ShopState, TaxLine};
pub use validate::executing_sdl;
pub use views::{CustomerView, LineView, OrderView, ShippingView, StockView};
