//! The closed list of problems: a code for ever, facts as data, one sentence, the fix, who can do it, and the retry
//! policy. No order is checked here and nobody is told here.

mod subject;
mod words;

pub use subject::{Subject, SubjectKind};
pub use words::{UnknownWord, joor_description, said, title};

use crate::ids::{ProductId, ShopOrderId, Token, VariantId};
use crate::money::{Currency, Decimal, Money};
use crate::time::Moment;
use jiff::civil::Date;
use std::time::Duration;

/// How bad it is, in order of rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Normal and visible; never mailed by itself.
    Notice,
    /// Exported or exportable, but someone should look.
    Warning,
    /// The order is in Shopify; one later step is open.
    Partial,
    /// This order is not exported until it is solved.
    Blocker,
    /// A connection is affected; many orders wait.
    Outage,
}

/// Whose move it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    BrandInJoor,
    BrandInShopify,
    Settings,
    /// It passes by itself.
    Nobody,
}

/// What the program does meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Checked again in every cycle; goes on once the cause changed.
    OnChange,
    /// Tried again after growing waits.
    BackOff,
    /// Waits for a time that the other side named.
    Window,
    /// Looked up until it is clear; nothing is sent before.
    Verify,
    /// A person chooses.
    Ask,
}

/// A line of an order as a person finds it again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineRef {
    /// Style, colour and size.
    pub label: String,
    pub style_number: String,
    /// The SKU identifier, or whatever identifier JOOR carried.
    pub identifier: String,
    /// What it is in Shopify, as far as that is known.
    pub product: Option<ProductId>,
    pub variant: Option<VariantId>,
}

/// A line that asks for more than there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    pub line: LineRef,
    pub ordered: i64,
    pub available: i64,
    /// Of the units there, how many earlier orders of the same cycle were promised.
    pub promised_before: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    Shipping,
    Billing,
}

/// Everything that can stop, delay or mark an order or a connection. One variant, one code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    // Connections
    ConnJoorAuth {
        status: u16,
        endpoint: String,
    },
    ConnShopifyAuth {
        shop: String,
        status: u16,
    },
    ConnShopifyToken {
        since: Moment,
        reason: String,
    },
    ConnShopifyScope {
        missing: Vec<String>,
        purpose: String,
    },
    ConnShopUnavailable {
        shop: String,
        answer: String,
    },
    ConnApiVersion {
        asked: String,
        answered: String,
    },
    ConnWrongAccount {
        was: String,
        is: String,
    },
    /// No worker can be made for the connection: its stored settings are refused, or its credentials cannot be opened.
    ConnSettings {
        reason: String,
    },
    // Reading from JOOR
    SrcUnavailable {
        endpoint: String,
        reason: String,
    },
    SrcRateLimit {
        until: Moment,
    },
    SrcBadPayload {
        field: String,
        expected: String,
        found: String,
    },
    SrcFieldMissing {
        fields: Vec<String>,
    },
    SrcOrderVanished {
        seen: Moment,
    },
    SrcMissedOrder {
        approved: Option<Date>,
    },
    // Is it to be exported?
    OrdNotApproved {
        status: String,
    },
    OrdBeforeStart {
        approved: Option<Date>,
        start: Date,
    },
    /// Approved on the very day of the start: the earlier integration may have exported it already, so a person decides.
    OrdOnStartDay {
        start: Date,
        approved: Date,
    },
    OrdRuledOut {
        rule: String,
    },
    OrdEmpty {
        rows: usize,
    },
    OrdTooManyLines {
        lines: usize,
        limit: usize,
    },
    // Customer and address
    CustNotFound {
        retailer: String,
        tried: Vec<String>,
    },
    CustAmbiguous {
        retailer: String,
        candidates: Vec<String>,
    },
    CustContactTaken {
        retailer: String,
        field: String,
    },
    CustEmailInvalid {
        email: String,
    },
    CustLinkDead {
        retailer: String,
        customer: String,
    },
    CustDefaultAddressChanged {
        customer: String,
        reason: String,
    },
    AddrIncomplete {
        kind: AddressKind,
        parts: Vec<String>,
    },
    AddrRegionUnknown {
        kind: AddressKind,
        region: String,
        country: String,
    },
    AddrPhoneInvalid {
        phone: String,
    },
    // Items
    ItemNotFromShopify {
        lines: Vec<LineRef>,
        total: usize,
    },
    ItemNotFound {
        lines: Vec<LineRef>,
        total: usize,
    },
    ItemAmbiguous {
        lines: Vec<(LineRef, Vec<String>)>,
    },
    /// Each line with what its identifiers say, side by side.
    ItemIdsDisagree {
        lines: Vec<(LineRef, Vec<String>)>,
    },
    ItemRemoved {
        lines: Vec<LineRef>,
    },
    /// Each line with what its link says.
    ItemLinkDead {
        lines: Vec<(LineRef, Vec<String>)>,
    },
    // Stock and location
    StockShort {
        short: Vec<Shortage>,
        lines: usize,
        place: String,
    },
    StockClaimFailed,
    StockNotHeldAtLocation {
        lines: Vec<LineRef>,
        location: String,
    },
    StockUntracked {
        lines: Vec<LineRef>,
    },
    LocUnmapped {
        /// Empty: none is named, and the shop has several.
        location: String,
    },
    LocInactive {
        location: String,
    },
    LocAssignFailed {
        shop_order: String,
        location: String,
        reason: String,
    },
    // Money
    /// `found` is the currency code, or what JOOR gave instead of one.
    MoneyCurrency {
        found: String,
        allowed: Vec<Currency>,
    },
    MoneyTotalDiffers {
        what: String,
        joor: String,
        built: String,
    },
    MoneyRounded {
        lines: Vec<LineRef>,
    },
    PricePlaceholder {
        lines: Vec<(LineRef, Option<Decimal>)>,
    },
    DiscountUnmappable {
        readings: Vec<String>,
    },
    TaxRuleMissing {
        country: String,
    },
    TaxConflict {
        first: String,
        second: String,
    },
    // Texts
    MapTemplate {
        target: String,
        reason: String,
    },
    MapTooLong {
        target: String,
        limit: usize,
    },
    // Shopify
    DestRateLimit {
        until: Moment,
    },
    DestOrderQuota {
        until: Moment,
    },
    DestUnavailable {
        reason: String,
    },
    DestUnconfirmed {
        token: Token,
        since: Moment,
        looks: u32,
    },
    DestRejected {
        message: String,
        field: String,
    },
    DestDateInvalid {
        date: String,
    },
    DestReadbackDiffers {
        shop_order: String,
        sent: Option<Money>,
        found: Option<Money>,
        differences: Vec<String>,
    },
    // Duplicates
    DupLiveExport {
        shop_orders: Vec<String>,
    },
    DupFoundUnledgered {
        shop_order: String,
        id: ShopOrderId,
        cancelled: bool,
    },
    DupLookupBlind {
        token: Token,
        reason: String,
    },
    DupSecondExporter {
        description: String,
    },
    // After the export
    ChgJoorEdited {
        shop_order: String,
        changes: Vec<String>,
    },
    /// Set to re-export after a re-approval: exporting again needs a person's word.
    ChgJoorReapproved {
        shop_order: String,
    },
    ChgJoorCancelled {
        shop_order: String,
    },
    ChgShopifyCancelled {
        shop_order: String,
    },
    BackStatusFailed {
        reason: String,
        status_changed: Option<String>,
    },
    // The integration itself
    SysSilence {
        since: Moment,
        for_at_least: Duration,
    },
    SysStore {
        reason: String,
    },
    SysClock {
        seconds: i64,
    },
    SysUnexpected {
        id: String,
        step: String,
    },
}

/// A problem as it is stored, mailed and shown: words, and what exactly they are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub code: &'static str,
    pub severity: Severity,
    pub who: Who,
    pub sentence: String,
    pub resolution: String,
    pub subjects: Vec<Subject>,
}

/// Two problems of one code are one: the worse severity, and whatever either says, so that nothing is lost.
pub fn one_per_code(told: Vec<Told>) -> Vec<Told> {
    let mut kept: Vec<Told> = Vec::with_capacity(told.len());
    for new in told {
        let Some(known) = kept.iter_mut().find(|known| known.code == new.code) else {
            kept.push(new);
            continue;
        };
        known.severity = known.severity.max(new.severity);
        if known.sentence != new.sentence {
            known.sentence = format!("{}; {}", known.sentence, new.sentence);
        }
        if known.resolution != new.resolution {
            known.resolution = format!("{}; {}", known.resolution, new.resolution);
        }
        for subject in new.subjects {
            if !known.subjects.contains(&subject) {
                known.subjects.push(subject);
            }
        }
    }
    kept
}

impl Problem {
    /// Words for people. `order` is the JOOR order number, or empty for a problem of a connection.
    pub fn told(&self, order: &str) -> Told {
        Told {
            code: self.code(),
            severity: self.severity(),
            who: self.who(),
            sentence: self.sentence(order),
            resolution: self.resolution(),
            subjects: self.subjects(),
        }
    }

    /// Does it keep an order from being sent?
    pub fn blocks(&self) -> bool {
        self.severity() >= Severity::Blocker
    }
}
