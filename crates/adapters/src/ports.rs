//! The ports: what the service asks of the outside, in the words of the domain. Errors are named by what the caller
//! can do about them. No implementation here.

mod found;
mod mail;

pub use found::{FoundCustomer, FoundVariant};
pub use mail::{Letter, Missed, Post, PostError, Receipts};

use async_trait::async_trait;
use domain::ids::{
    CustomerId, JoorOrderId, JoorSkuId, JoorStyleId, LocationId, PriceTypeId, ProductId, ShopOrderId, Token,
    VariantId,
};
use domain::money::{Currency, Money};
use domain::orders::decide::NewCustomer;
use domain::orders::draft::Draft;
use domain::orders::order::{ExportState, Line, Order, OrderStatus, SkuIdentifiers};
use domain::orders::shelf::{Customer, Location, ShopOrder, Variant};
use domain::time::{Moment, Mono};
use futures::future::BoxFuture;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Wall clock and monotonic clock of this process.
pub trait Clock: Send + Sync {
    fn now(&self) -> Moment;
    fn mono(&self) -> Mono;
    /// Resolves once the span has passed. A clock that is stopped leaps instead.
    fn wait(&self, span: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(span))
    }
}

/// Randomness for ids and spread.
pub trait Chance: Send + Sync {
    fn number(&self) -> u64;
}

/// Why a call to the outside gave nothing. The text of `reason` never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Not executed; may be repeated at this time.
    #[error("the request budget is spent until {until}")]
    Throttled { until: Moment },
    /// The credentials are refused (401 after one renewal, or the token endpoint said no).
    #[error("credentials are refused: HTTP {status} from {endpoint}")]
    Unauthorized { status: u16, endpoint: String },
    /// A token could not be renewed although the credentials may be right.
    #[error("the token could not be renewed: {reason}")]
    TokenUnavailable { reason: String },
    /// A scope or permission is missing.
    #[error("permission is missing: {}", .missing.join(", "))]
    Forbidden { missing: Vec<String> },
    /// The shop is frozen, locked or dormant.
    #[error("the shop is not available: {answer}")]
    Closed { answer: String },
    /// The document or the path does not fit the API version.
    #[error("the API does not fit: asked {asked}, answered {answered}")]
    WrongVersion { asked: String, answered: String },
    /// A clear refusal of this request.
    #[error("refused: {}", .reasons.iter().map(|r| r.message.as_str()).collect::<Vec<_>>().join("; "))]
    Refused { reasons: Vec<Refusal> },
    /// No answer, or one that says nothing (timeout, connection lost, 5xx).
    #[error("no answer from {endpoint}: {reason}")]
    NoAnswer { endpoint: String, reason: String },
    /// An answer that cannot be read (HTML, cut body, wrong shape, over the size limit).
    #[error("the answer of {endpoint} cannot be read: {reason}")]
    Garbled { endpoint: String, reason: String },
}

/// One reason of a refusal, in the other side's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    pub code: String,
    /// Path of the field, dotted; empty if none was named.
    pub field: String,
    pub message: String,
}

// ---------------------------------------------------------------- JOOR

/// A row that may be unreadable: one broken order never ends a cycle.
pub type Row<T> = Result<T, BrokenRow>;

/// A row that cannot be read, with its text kept (personal data and all: it stays in the ledger, never in a log).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRow {
    /// `None` if not even the order id could be read.
    pub order: Option<JoorOrderId>,
    /// The order's status if that much could be read: a report has to repeat it.
    pub status: Option<OrderStatus>,
    /// So its export state, if it came as a word.
    pub export_state: Option<ExportState>,
    pub field: String,
    pub expected: String,
    pub found: String,
    pub raw: String,
}

/// SKUs of JOOR's catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skus {
    pub known: BTreeMap<JoorSkuId, SkuIdentifiers>,
    /// Styles of which a SKU could not be read: what is not known of them is not known to be missing.
    pub unreadable: BTreeMap<JoorStyleId, BrokenRow>,
}

/// An order as read, with the row's own JSON text for the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    pub order: Order,
    pub raw: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OrderFilter {
    pub status: Option<OrderStatus>,
    pub export_state: Option<ExportState>,
    pub approved_from: Option<Date>,
    pub approved_to: Option<Date>,
    pub modified_since: Option<Date>,
}

/// One result to be written to JOOR; the status is repeated as re-read by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub order: JoorOrderId,
    pub status: OrderStatus,
    pub export_state: ExportState,
    /// At most 255 characters.
    pub description: String,
}

/// What a report call did, item by item; items in neither list are unclear.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reported {
    pub acknowledged: BTreeSet<JoorOrderId>,
    pub refused: BTreeMap<JoorOrderId, String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceType {
    pub id: PriceTypeId,
    pub name: String,
    /// In JOOR's own word.
    pub currency_code: String,
}

/// JOOR, read and reported to. Implementations count credits and never run into a 429 by themselves: a call that does
/// not fit the window answers `Throttled` at once instead of waiting.
#[async_trait]
pub trait Wholesale: Send + Sync {
    /// All pages of a list. Rows are returned as JOOR gave them; the caller checks that each carries what was asked for.
    async fn orders(&self, filter: &OrderFilter) -> Result<Vec<Row<OrderRow>>, CallError>;
    /// One page of the orders in this status, those first that were created last, as far as JOOR sorts.
    async fn newest_orders(&self, status: &OrderStatus) -> Result<Vec<Row<OrderRow>>, CallError>;
    /// Orders by id, batched. Ids that JOOR does not return are absent from the answer.
    async fn orders_by_id(&self, ids: &[JoorOrderId]) -> Result<Vec<Row<OrderRow>>, CallError>;
    /// So, right before or after a report, with credits that are kept for that.
    async fn orders_to_report(&self, ids: &[JoorOrderId]) -> Result<Vec<Row<OrderRow>>, CallError>;
    /// All lines of these orders, batched (batch size is learned). An order whose lines cannot be read is an `Err` row.
    /// Orders without any row have an empty list.
    async fn lines(&self, ids: &[JoorOrderId]) -> Result<BTreeMap<JoorOrderId, Row<Vec<Line>>>, CallError>;
    /// What the SKUs of these styles are called elsewhere.
    async fn sku_identifiers(&self, styles: &[JoorStyleId]) -> Result<Skus, CallError>;
    async fn price_types(&self) -> Result<Vec<PriceType>, CallError>;
    /// Writes results in bulk. `Err` means that the whole call is unclear or was not executed, as the error says.
    async fn report(&self, reports: &[Report]) -> Result<Reported, CallError>;
    /// How many seconds JOOR's clock was ahead of ours at its last answer.
    fn clock_offset_seconds(&self) -> Option<i64>;
    fn usage(&self) -> JoorUsage;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct JoorUsage {
    pub credits: u64,
    pub requests: u64,
    /// The most orders that one call by id took.
    pub orders_at_once: usize,
    /// The most orders whose lines one call took.
    pub lines_at_once: usize,
}

// ---------------------------------------------------------------- Shopify

/// What is known about the shop itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopFacts {
    /// Shopify's id of the shop: one ledger, one shop.
    pub shop_id: String,
    pub domain: String,
    pub currency_code: String,
    pub scopes: BTreeSet<String>,
    /// The version that answered.
    pub version_answered: String,
    /// The custom-id definition of exports is there, of type `id`.
    pub order_definition: bool,
    pub customer_definition: bool,
    pub locations: Vec<Location>,
    pub development: bool,
    /// Their clock minus ours, from the Date header.
    pub clock_offset_seconds: Option<i64>,
}

impl ShopFacts {
    pub fn reads_all_orders(&self) -> bool {
        self.scopes.contains("read_all_orders")
    }
}

/// The create request exactly as it leaves: stored before it is sent, sent as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    pub token: Token,
    /// The JSON body.
    pub body: String,
    /// SHA-256 of the body, hex.
    pub fingerprint: String,
    pub expected: Money,
    pub units: i64,
}

/// An order that is no sale: made to find out what the shop does, and removed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestOrder {
    pub token: Token,
    pub currency: Currency,
    pub lines: TestLines,
    pub tag: String,
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestLines {
    /// So many lines without a product, at nothing each. No stock is touched.
    OfNoProduct(u32),
    /// One unit at nothing, taken out of the stock.
    OneUnitOf(VariantId),
}

/// The answer to a create, by what it proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// An order id was in the answer: it exists, whatever else the answer says. Refusals beside it are warnings.
    Order { order: ShopOrder, warnings: Vec<Refusal> },
    /// Surely not executed.
    NotExecuted(CallError),
    /// `order: null` with user errors.
    Refused(Vec<Refusal>),
    /// Everything else: it may or may not exist.
    Unclear { reason: String },
}

/// The answer to a create as it came, with what it proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub created: Created,
    /// The body of the answer; `None`: none came.
    pub answer: Option<String>,
}

/// Looking for exports by custom id.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Found {
    /// Orders that carry the token, by token.
    pub orders: BTreeMap<Token, ShopOrder>,
    /// Tokens for which Shopify clearly answered "none": HTTP 200, no errors, null.
    pub absent: BTreeSet<Token>,
}

/// More about an order in Shopify, read back later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopOrderState {
    pub order: ShopOrder,
    /// Variant and quantity of each line; `None` where the line has no variant.
    pub lines: Vec<(Option<VariantId>, i64)>,
    pub fulfilment_orders: Vec<FulfilmentOrder>,
    /// The customer with its default address as it is now.
    pub customer: Option<Customer>,
    pub fulfilled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FulfilmentOrder {
    /// Global id.
    pub id: String,
    pub open: bool,
    pub location: Option<LocationId>,
}

/// An order that may have to be cancelled, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellable {
    pub order: ShopOrder,
    /// Those that stand: as long as there is one, Shopify cancels no order.
    pub fulfilments: Vec<Fulfilment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fulfilment {
    /// Global id.
    pub id: String,
    /// What people call it, such as `#1001-F1`.
    pub name: String,
}

/// What becomes of the units of a cancelled order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// To the shelf from which the order took them.
    GoBack,
    /// Nothing was taken, or nobody knows.
    Stay,
}

/// The answer to a cancellation, by what it proves. That an order is cancelled is only ever read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cancelling {
    /// Shopify will carry it out.
    Accepted,
    /// Refused with user errors.
    Refused(Vec<Refusal>),
    /// Surely not executed.
    NotExecuted(CallError),
    /// Everything else: it may or may not be carried out.
    Unclear { reason: String },
}

/// A way to find a customer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CustomerKey {
    Id(CustomerId),
    Email(String),
    /// Our own custom id, see [`NewCustomer::custom_id`].
    CustomId(String),
}

/// The shop. Implementations keep the live cost budget: a call waits at most a few seconds for points, else `Throttled`.
#[async_trait]
pub trait Shop: Send + Sync {
    /// Shop, scopes, version, definitions and locations in as few calls as possible.
    async fn facts(&self) -> Result<ShopFacts, CallError>;
    /// Creates the two custom-id definitions if they are missing; one that is already there is fine.
    async fn define_custom_ids(&self) -> Result<(), CallError>;
    /// Looks up tokens by custom id, aliased in few queries.
    async fn find_exports(&self, tokens: &[Token]) -> Result<Found, CallError>;
    /// Orders whose echoed source identifier equals the token exactly. `Garbled` if the search gave others only,
    /// since then the filter was ignored.
    async fn search_source(&self, token: &Token) -> Result<Vec<ShopOrder>, CallError>;
    /// Variants with stock at active locations; ids that Shopify does not have are `None`.
    async fn variants(&self, ids: &[VariantId]) -> Result<BTreeMap<VariantId, Option<Variant>>, CallError>;
    /// Variants whose SKU or barcode equals one of these exactly.
    async fn variants_by_code(&self, skus: &[String], barcodes: &[String])
    -> Result<Vec<Variant>, CallError>;
    /// Customers by key; a key without a customer is absent. By e-mail there may be several.
    async fn customers(
        &self,
        keys: &[CustomerKey],
    ) -> Result<BTreeMap<CustomerKey, Vec<Customer>>, CallError>;
    /// The first 20 customers whose name, e-mail or phone hold these words, or whose id it is; for a person to choose from.
    async fn find_customers(&self, text: &str) -> Result<Vec<FoundCustomer>, CallError>;
    /// The first 20 variants whose title, SKU or barcode hold these words, or whose id it is; likewise.
    async fn find_variants(&self, text: &str) -> Result<Vec<FoundVariant>, CallError>;
    /// Those of these products that Shopify does not have.
    async fn gone_products(&self, ids: &[ProductId]) -> Result<BTreeSet<ProductId>, CallError>;
    /// Creates a customer by its custom id. `Refused` with code `TAKEN` names the field.
    async fn create_customer(&self, customer: &NewCustomer) -> Result<Customer, CallError>;
    /// The exact request for a draft. Pure.
    fn freeze(&self, draft: &Draft) -> Frozen;
    /// Sends a stored request once, never again by itself. Gives up at `timeout`.
    async fn ask_for_order(&self, request: &Frozen, timeout: Duration) -> Heard;
    /// As [`Shop::ask_for_order`], for whoever wants to know only what the answer proves.
    async fn create_order(&self, request: &Frozen, timeout: Duration) -> Created {
        self.ask_for_order(request, timeout).await.created
    }
    /// Reads orders back; an order that Shopify does not show is `None`.
    async fn orders(
        &self,
        ids: &[ShopOrderId],
    ) -> Result<BTreeMap<ShopOrderId, Option<ShopOrderState>>, CallError>;
    /// Every order that carries this program's source name and was created on this day (UTC) or later; without the scope
    /// `read_all_orders` Shopify shows the last 60 days of them.
    async fn orders_since(&self, day: Date) -> Result<Vec<ShopOrder>, CallError>;
    /// The exact request for a test order. Pure.
    fn freeze_test(&self, order: &TestOrder) -> Frozen;
    /// Deletes a cancelled order; Shopify allows that for some orders only.
    async fn delete_order(&self, id: &ShopOrderId) -> Result<(), CallError>;
    async fn move_to_location(&self, fulfilment_order: &str, location: &LocationId) -> Result<(), CallError>;
    /// Makes an address that the customer already has the default one again.
    async fn set_default_address(&self, customer: &CustomerId, address: &str) -> Result<(), CallError>;
    /// Does this request take its units from stock? Pure.
    fn claims_stock(&self, request: &Frozen) -> bool;
    /// Reads an order with what keeps it from being cancelled; one that Shopify does not show is `None`.
    async fn order_to_cancel(&self, id: &ShopOrderId) -> Result<Option<Cancellable>, CallError>;
    /// Asks for the cancellation of an order once, refunding nothing and notifying nobody. The note, of at most 255
    /// characters, is for the staff.
    async fn cancel_order(&self, id: &ShopOrderId, units: Units, note: &str) -> Cancelling;
    async fn cancel_fulfilment(&self, id: &str) -> Result<(), CallError>;
    fn usage(&self) -> ShopUsage;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ShopUsage {
    /// Actual cost as Shopify counted it.
    pub points: u64,
    pub requests: u64,
    pub throttled: u64,
}
