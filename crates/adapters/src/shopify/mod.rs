//! Shopify's Admin GraphQL API behind the port [`Shop`]. Field names stand in `wire.rs` (answers), `input.rs` (requests)
//! and `documents/`; `read.rs` and `write.rs` translate; `call.rs` sends within the live budget of `budget.rs`;
//! `created.rs` says what an answer to a create proves. No decision about an order is taken here.

mod budget;
mod call;
mod cancel;
mod created;
mod customers;
pub mod documents;
mod envelope;
mod find;
mod input;
mod orders;
mod period;
mod read;
mod said;
mod test_orders;
mod token;
mod variants;
mod wire;
mod write;

pub use created::ORDER_QUOTA;
pub use period::{customer_asked, units_asked};
pub use token::Credentials;

use crate::http::{BaseUrl, Transport};
use crate::ports::{
    CallError, Cancellable, Cancelling, Clock, CustomerKey, Found, FoundCustomer, FoundVariant, Frozen,
    Heard, Shop, ShopFacts, ShopOrderState, ShopUsage, TestOrder, Units,
};
use async_trait::async_trait;
use call::Caller;
use domain::ids::{CustomerId, LocationId, ProductId, ShopOrderId, Token, VariantId};
use domain::orders::decide::NewCustomer;
use domain::orders::draft::Draft;
use domain::orders::shelf::{Customer, ShopOrder, Variant};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

/// The version that the documents are written for.
pub const API_VERSION: &str = "2026-07";

const READ_SECS_MAX: u64 = 30;

/// Orders read back in one call, unless Shopify finds that too dear.
const ORDERS_AT_ONCE: usize = 100;

#[derive(Clone, Debug)]
pub struct ShopConfig {
    /// Such as `https://brand.myshopify.com`.
    pub base_url: BaseUrl,
    pub api_version: String,
    pub credentials: Credentials,
    /// For everything but creates, which bring their own.
    pub read_timeout: Duration,
}

impl ShopConfig {
    pub fn new(base_url: BaseUrl, credentials: Credentials) -> ShopConfig {
        ShopConfig {
            base_url,
            api_version: API_VERSION.to_owned(),
            credentials,
            read_timeout: Duration::from_secs(READ_SECS_MAX),
        }
    }
}

/// One shop. Safe to share: several creates at once reserve their points up front.
pub struct ShopClient {
    caller: Caller,
    orders_at_once: AtomicUsize,
    looks_at_once: AtomicUsize,
}

impl ShopClient {
    pub fn new(config: ShopConfig, transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> ShopClient {
        ShopClient {
            caller: Caller::new(config, transport, clock),
            orders_at_once: AtomicUsize::new(ORDERS_AT_ONCE),
            looks_at_once: AtomicUsize::new(orders::LOOKS_AT_ONCE),
        }
    }

    async fn read_facts(&self) -> Result<ShopFacts, CallError> {
        let checked: wire::ShopCheck = self.caller.read(&documents::SHOP_CHECK, custom_id_keys()).await?;
        let mut after = checked.locations.next();
        let mut locations: Vec<_> = checked.locations.nodes.into_iter().map(read::location).collect();
        while let Some(cursor) = after {
            let variables = input::After { id: None, after: cursor };
            let page: wire::Locations = self.caller.read(&documents::LOCATIONS, variables).await?;
            after = page.locations.next();
            locations.extend(page.locations.nodes.into_iter().map(read::location));
        }
        let scopes = checked.current_app_installation.access_scopes.into_iter().map(|scope| scope.handle);
        Ok(ShopFacts {
            shop_id: checked.shop.id,
            domain: checked.shop.myshopify_domain,
            currency_code: checked.shop.currency_code,
            scopes: scopes.collect(),
            version_answered: self.caller.version_answered(),
            order_definition: holds_custom_ids(&checked.order_definition),
            customer_definition: holds_custom_ids(&checked.customer_definition),
            locations,
            development: checked.shop.plan.partner_development,
            clock_offset_seconds: self.caller.clock_offset_seconds(),
        })
    }

    async fn define(&self) -> Result<(), CallError> {
        let document = &documents::METAFIELD_DEFINITIONS;
        let there: wire::Definitions = self.caller.read(document, custom_id_keys()).await?;
        let wanted = [
            (&there.order_definition, "ORDER", write::ORDER_KEY, "JOOR export"),
            (&there.customer_definition, "CUSTOMER", write::CUSTOMER_KEY, "JOOR customer"),
        ];
        for (definition, owner_type, key, name) in wanted {
            if holds_custom_ids(definition) {
                continue;
            }
            let definition = input::NewDefinition {
                name,
                namespace: write::NAMESPACE,
                key,
                owner_type,
                kind: write::CUSTOM_ID_TYPE,
            };
            let payload: wire::Payload = self
                .caller
                .change(
                    &documents::CREATE_METAFIELD_DEFINITION,
                    "metafieldDefinitionCreate",
                    input::CreateDefinition { definition },
                )
                .await?;
            refused(payload.user_errors)?;
        }
        Ok(())
    }
}

fn custom_id_keys() -> input::CustomIdKeys {
    input::CustomIdKeys {
        namespace: write::NAMESPACE,
        order_key: write::ORDER_KEY,
        customer_key: write::CUSTOMER_KEY,
    }
}

/// Is there a definition, and is it of the type that can be looked up?
fn holds_custom_ids(found: &wire::Connection<wire::Definition>) -> bool {
    found.nodes.iter().any(|definition| definition.kind.name == write::CUSTOM_ID_TYPE)
}

fn refused(errors: Vec<wire::UserError>) -> Result<(), CallError> {
    match errors.is_empty() {
        true => Ok(()),
        false => Err(CallError::Refused { reasons: errors.into_iter().map(read::refusal).collect() }),
    }
}

#[async_trait]
impl Shop for ShopClient {
    async fn facts(&self) -> Result<ShopFacts, CallError> {
        self.read_facts().await
    }

    async fn define_custom_ids(&self) -> Result<(), CallError> {
        self.define().await
    }

    async fn find_exports(&self, tokens: &[Token]) -> Result<Found, CallError> {
        self.find_by_token(tokens).await
    }

    async fn search_source(&self, token: &Token) -> Result<Vec<ShopOrder>, CallError> {
        self.search_by_source(token).await
    }

    async fn variants(&self, ids: &[VariantId]) -> Result<BTreeMap<VariantId, Option<Variant>>, CallError> {
        self.variants_by_id(ids).await
    }

    async fn variants_by_code(
        &self,
        skus: &[String],
        barcodes: &[String],
    ) -> Result<Vec<Variant>, CallError> {
        self.variants_by_text(skus, barcodes).await
    }

    async fn customers(
        &self,
        keys: &[CustomerKey],
    ) -> Result<BTreeMap<CustomerKey, Vec<Customer>>, CallError> {
        self.customers_by_key(keys).await
    }

    async fn find_customers(&self, text: &str) -> Result<Vec<FoundCustomer>, CallError> {
        self.customers_with_words(text).await
    }

    async fn find_variants(&self, text: &str) -> Result<Vec<FoundVariant>, CallError> {
        self.variants_with_words(text).await
    }

    async fn gone_products(&self, ids: &[ProductId]) -> Result<BTreeSet<ProductId>, CallError> {
        self.products_not_there(ids).await
    }

    async fn create_customer(&self, customer: &NewCustomer) -> Result<Customer, CallError> {
        self.set_customer(customer).await
    }

    fn freeze(&self, draft: &Draft) -> Frozen {
        write::freeze(draft)
    }

    async fn ask_for_order(&self, request: &Frozen, timeout: Duration) -> Heard {
        let mut answer = None;
        let created = self.create(request, timeout, &mut answer).await;
        Heard { created, answer }
    }

    async fn orders(
        &self,
        ids: &[ShopOrderId],
    ) -> Result<BTreeMap<ShopOrderId, Option<ShopOrderState>>, CallError> {
        self.read_orders(ids).await
    }

    async fn orders_since(&self, day: Date) -> Result<Vec<ShopOrder>, CallError> {
        self.made_since(day).await
    }

    fn freeze_test(&self, order: &TestOrder) -> Frozen {
        test_orders::freeze(order)
    }

    async fn delete_order(&self, id: &ShopOrderId) -> Result<(), CallError> {
        self.delete(id).await
    }

    async fn move_to_location(&self, fulfilment_order: &str, location: &LocationId) -> Result<(), CallError> {
        self.move_order(fulfilment_order, location).await
    }

    async fn set_default_address(&self, customer: &CustomerId, address: &str) -> Result<(), CallError> {
        self.put_default_address(customer, address).await
    }

    fn claims_stock(&self, request: &Frozen) -> bool {
        write::claims_stock(request)
    }

    async fn order_to_cancel(&self, id: &ShopOrderId) -> Result<Option<Cancellable>, CallError> {
        self.read_to_cancel(id).await
    }

    async fn cancel_order(&self, id: &ShopOrderId, units: Units, note: &str) -> Cancelling {
        self.ask_to_cancel(id, units, note).await
    }

    async fn cancel_fulfilment(&self, id: &str) -> Result<(), CallError> {
        self.undo_fulfilment(id).await
    }

    fn usage(&self) -> ShopUsage {
        self.caller.budget.usage()
    }
}
