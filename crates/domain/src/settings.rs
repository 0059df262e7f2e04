//! The settings of a connection that decide over orders, already checked: contradictions and unknown names cannot get
//! here. How they are written, read and explained to people is the adapters' business.

use crate::cycle::PauseWindow;
use crate::ids::LocationId;
use crate::money::{Currency, Decimal};
use crate::orders::note::Template;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::time::Duration;

/// JOOR's interval is not published; ours is 60 s and can only be made longer.
pub const INTERVAL_FLOOR: Duration = Duration::from_secs(60);
pub const QUIET_TIME_FLOOR: Duration = Duration::from_secs(60);
pub const QUIET_TIME_DEFAULT: Duration = Duration::from_secs(300);
/// Entries that Shopify takes in any input array.
pub const LINES_MAX: usize = 250;
pub const TAG_CHARS_MAX: usize = 40;
pub const NOTE_CHARS_MAX: usize = 5000;
pub const DESCRIPTION_CHARS_MAX: usize = 255;

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub schedule: Schedule,
    pub orders: OrderSettings,
    /// First match wins, for each setting on its own; a match that skips always does.
    pub rules: Vec<Rule>,
    pub tax: TaxSettings,
    pub note: Template,
    pub tags: Vec<Template>,
    pub attributes: Vec<(String, Template)>,
    pub report: ReportMode,
    pub alerts: Alerts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// From the start of one cycle to the start of the next.
    pub interval: Duration,
    /// In this time of day nothing is read or sent.
    pub pause: Option<PauseWindow>,
    /// After an unclear answer nothing is sent again for at least this long after the request's deadline.
    pub quiet_time: Duration,
    /// Orders approved before this day are left alone. `None`: the day of going live.
    pub exported_since: Option<Date>,
    /// Orders approved on the start day itself are exported too, because a person said so.
    pub include_start_day: bool,
    /// Days after which the texts of a settled order are removed; ids and totals stay. `None`: never.
    pub keep_days: Option<u16>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OrderSettings {
    pub fulfilment: Fulfilment,
    pub payment: Payment,
    pub stock: StockMode,
    /// Locations whose units count; empty: all active ones.
    pub stock_locations: Vec<LocationId>,
    pub scarce: ScarceOrder,
    /// How a line's identifiers name a variant, in this order.
    pub item_keys: Vec<ItemKey>,
    pub create_customers: bool,
    pub customer_tags: Vec<String>,
    /// Put the customer's default address back after Shopify overwrote it.
    pub keep_default_address: bool,
    /// Title of the discount code in Shopify.
    pub discount_label: String,
    /// Title of the shipping line where the order names no method.
    pub shipping_label: String,
    pub splitting: Splitting,
    pub stand_in_price: Decimal,
    /// A price of zero is meant, not a stand-in.
    pub allow_zero_price: bool,
    pub currencies: Vec<Currency>,
    /// Order fields that must not be empty, by the names that templates use.
    pub required_fields: Vec<String>,
    pub after_reapproval: AfterReapproval,
    /// The page of an order in JOOR, with `{order}` for its number; empty: no link.
    pub order_page: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fulfilment {
    Unfulfilled,
    /// At the named location, or at the only one that the shop has.
    Fulfilled(Option<LocationId>),
    /// Assigned to the location and marked fulfilled, as JOOR's own integration does.
    AssignedFulfilled(LocationId),
    /// Assigned to the location and still unfulfilled: moved after creation.
    Assigned(LocationId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payment {
    Pending,
    Paid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockMode {
    /// Every tracked unit must be there; "continue selling" is ignored.
    Require,
    /// Variants that continue selling are exempt.
    FollowPolicy,
    /// Claimed without looking; stock may go below zero.
    AlwaysClaim,
    /// Neither checked nor claimed.
    Bypass,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScarceOrder {
    /// Day of approval, then order number.
    Approval,
    /// Start of the ship window, then day of approval, then order number.
    ShipWindow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKey {
    /// The UPC is the Shopify variant id, alone or behind a barcode as `<barcode>::<variant id>`.
    UpcVariantId,
    /// The SKU's external id is the Shopify variant id.
    ExternalVariantId,
    /// The SKU identifier is the variant's SKU.
    Sku,
    /// The UPC is the variant's barcode.
    Barcode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Splitting {
    Hold,
    Split,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterReapproval {
    Ask,
    Export,
    Ignore,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportMode {
    All,
    SuccessOnly,
    None,
}

/// Other settings for some orders. Every condition that is present must match; texts match without case, by code or name.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Rule {
    pub name: String,
    pub when: RuleWhen,
    pub stock: Option<StockMode>,
    pub fulfilment: Option<Fulfilment>,
    /// The order is not exported at all.
    pub skip: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RuleWhen {
    pub linesheet: Vec<String>,
    pub season: Vec<String>,
    pub warehouse: Vec<String>,
    pub customer_group: Vec<String>,
    /// Billing country, ISO 3166-1 alpha-2.
    pub country: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxSettings {
    /// By billing country, ISO 3166-1 alpha-2 in capitals. No rules at all: no tax.
    pub rules: BTreeMap<String, TaxRule>,
    pub otherwise: TaxOtherwise,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxRule {
    pub name: String,
    /// A fraction: 0.2 is 20 %. Zero: this country is tax free.
    pub rate: Decimal,
    pub on_shipping: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxOtherwise {
    Hold,
    None,
}

/// Who hears what by mail. An empty list: nobody.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Alerts {
    /// Outages.
    pub outages: Vec<String>,
    /// Orders that are held, and everything else of orders.
    pub orders: Vec<String>,
    /// The daily proof.
    pub daily: Vec<String>,
    /// Hour of the day in UTC at which the daily mail is due.
    pub daily_hour: u8,
    /// An alarm when no cycle was good for this long.
    pub silence: Duration,
}
