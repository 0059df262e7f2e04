//! What the ledger keeps, as rows in the words of the domain, and the changes that a cycle commits. No SQL here.

mod persons;
mod steps;

pub use persons::{AuditEntry, AuditRecord, NoRole, PersonRecord, Role, SessionRecord, TokenRecord};
pub use steps::{AttemptRecord, DeedRecord, EventRecord, SightRecord, WireRecord};

use crate::ports::{Frozen, Letter};
use crate::witness::Wire;
use domain::ids::{CustomerId, ExportKey, JoorOrderId, JoorSkuId, ShopOrderId, VariantId};
use domain::money::Money;
use domain::orders::export::Export;
use domain::orders::linked::ItemLink;
use domain::orders::order::ExportState;
use domain::orders::reexport::Track;
use domain::problem::Told;
use domain::time::Moment;
use jiff::civil::Date;

/// A connection with its valid settings and its schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionRecord {
    pub name: String,
    /// The settings document (TOML) of the version in force.
    pub settings: String,
    pub settings_version: i64,
    pub paused: bool,
    /// `None`: preview; nothing is sent.
    pub live_since: Option<Moment>,
    /// Shopify's id of the shop that this ledger's history belongs to; set at the first good contact.
    pub shop_id: Option<String>,
    pub created: Moment,
    pub next_due: Moment,
    pub epoch: i64,
    pub lease_owner: Option<String>,
    pub lease_until: Option<Moment>,
    /// The last cycle that read JOOR without an error.
    pub last_good: Option<Moment>,
    /// Day of the last daily proof mail and of the last daily comparison.
    pub last_daily: Option<Date>,
}

/// A settings version: who changed what, when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingVersion {
    pub version: i64,
    pub document: String,
    pub by: String,
    pub at: Moment,
}

/// An order as last seen in JOOR, with what is known about reporting it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    pub id: JoorOrderId,
    /// The row's JSON text as JOOR gave it; the raw text of a broken row too.
    pub head: String,
    /// JOOR's status, in lower-case words (`approved`, `cancelled`, …).
    pub status: String,
    /// `undefined`, `failed`, `success`; empty: unreadable.
    pub export_state: String,
    pub approved: Option<Date>,
    pub modified: Option<Date>,
    pub retailer: String,
    pub retailer_id: String,
    pub po_number: String,
    pub linesheet: String,
    pub ship_start: Option<Date>,
    pub ship_end: Option<Date>,
    pub value: Option<Money>,
    pub units: Option<i64>,
    pub first_seen: Moment,
    pub last_seen: Moment,
    /// The current generation; 1 at first.
    pub generation: u32,
    pub track: Track,
    /// What JOOR acknowledged last of what we wrote.
    pub reported: Option<(ExportState, String)>,
    /// A report left and no clear answer came: the order is read before another one is written.
    pub report_in_flight: bool,
    pub report_tries: u32,
    pub report_due: Option<Moment>,
    /// What was exported, line by line, as text; edits are compared with it.
    pub exported_content: Option<String>,
    /// A person said that this order is exported although it was approved before or on the start day.
    pub export_anyway: bool,
    /// A person confirmed prices that look like stand-ins.
    pub prices_confirmed: bool,
}

impl OrderRecord {
    /// An order of which nothing is known but its number.
    pub fn blank(id: JoorOrderId, now: Moment) -> OrderRecord {
        OrderRecord {
            id,
            head: String::new(),
            status: String::new(),
            export_state: String::new(),
            approved: None,
            modified: None,
            retailer: String::new(),
            retailer_id: String::new(),
            po_number: String::new(),
            linesheet: String::new(),
            ship_start: None,
            ship_end: None,
            value: None,
            units: None,
            first_seen: now,
            last_seen: now,
            generation: 1,
            track: Track::default(),
            reported: None,
            report_in_flight: false,
            report_tries: 0,
            report_due: None,
            exported_content: None,
            export_anyway: false,
            prices_confirmed: false,
        }
    }
}

/// A refusal of a request, kept so that the same request is not sent again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalRecord {
    /// Fingerprint of the request together with what it depends on.
    pub fingerprint: String,
    pub times: u32,
    pub at: Moment,
    pub told: Told,
}

/// An export with what was stored beside its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRecord {
    pub export: Export,
    /// The request that was written down last (or frozen, for a part that has not left yet).
    pub request: Option<Frozen>,
    pub refusal: Option<RefusalRecord>,
    /// Total that Shopify gave, once exported.
    pub total: Option<Money>,
    /// Shopify shows the order cancelled (read there, not assumed).
    pub cancelled: bool,
    pub changed: Moment,
    /// When the Shopify order was made, if it was found or linked later.
    pub shop_created: Option<Moment>,
}

impl ExportRecord {
    /// From when on Shopify counts the age of the order that was exported.
    pub fn made(&self) -> Moment {
        self.shop_created.unwrap_or(self.changed)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowUpKind {
    /// Read the order back and compare it with what was sent.
    ReadBack,
    MoveToLocation,
    RestoreAddress,
    /// Cancel the Shopify order, because a later export is to replace it. The subject is that export's generation.
    CancelEarlier,
    /// Shopify was asked to cancel it: look until it shows that. The subject is the same.
    SeeCancelled,
}

/// A step after an export, with retries of its own. `subject` is the location, the address id or a generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUp {
    pub key: ExportKey,
    pub kind: FollowUpKind,
    pub shop_order: ShopOrderId,
    pub subject: String,
    pub tries: u32,
    pub due: Moment,
    pub done: bool,
}

/// A problem of an order, or of the connection itself if `order` is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemRecord {
    pub id: i64,
    pub order: Option<JoorOrderId>,
    pub told: Told,
    pub opened: Moment,
    pub closed: Option<Moment>,
    /// People were told that it is open, with this severity word; empty: they were told of another place to put it right.
    pub mailed: Option<String>,
    /// People were told that it is over.
    pub closing_mailed: bool,
}

/// What a person asked for; applied by the next turn of the cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub id: i64,
    pub verb: String,
    /// JSON text.
    pub arguments: String,
    pub by: String,
    pub at: Moment,
    /// `None`: not applied yet. Else whether it was done, and the words about it.
    pub outcome: Option<(bool, String)>,
    pub applied: Option<Moment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CycleRecord {
    pub started: Moment,
    pub finished: Moment,
    /// `good`, or the code of the problem that ended it.
    pub outcome: String,
    /// JSON text of counts.
    pub counts: String,
    pub joor_credits: i64,
    pub joor_requests: i64,
    pub shopify_points: i64,
    pub shopify_requests: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRecord {
    pub id: i64,
    /// To those who do not have it yet; at its end, to those whom the outcome is about.
    pub letter: Letter,
    pub queued: Moment,
    pub tries: u32,
    pub due: Moment,
    /// `None` while it waits; `sent`, or the reason why it was given up.
    pub outcome: Option<String>,
}

/// Which variant a JOOR SKU is, as a person said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemLinkRecord {
    pub link: ItemLink,
    pub at: Moment,
}

/// One change of a commit. All changes of a commit are stored together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Inserted or replaced as a whole (`first_seen` is kept from the first insert).
    Order(Box<OrderRecord>),
    /// A new export in state `Seen`; doing nothing if it is there already would hide a double, so it is an error.
    ExportOpened(Export),
    /// The export after an event. Stored only if the row still has `export.version - 1`.
    ExportMoved {
        export: Export,
        event: &'static str,
        detail: String,
        /// Replaces the stored request if given.
        request: Option<Frozen>,
        total: Option<Money>,
    },
    /// Stored requests of parts that have not left yet; refused for exports that are in flight or exported.
    RequestFrozen {
        key: ExportKey,
        request: Frozen,
    },
    /// What may name people goes; numbers, states and totals stay.
    TextsRemoved {
        order: JoorOrderId,
    },
    /// When the report to JOOR is due; `None`: nothing is to be reported.
    ReportDue {
        order: JoorOrderId,
        due: Option<Moment>,
    },
    RefusalNoted {
        key: ExportKey,
        refusal: Option<RefusalRecord>,
    },
    /// When Shopify made the order that was found or linked.
    MadeThere {
        key: ExportKey,
        at: Moment,
    },
    CancelledThere {
        key: ExportKey,
        cancelled: bool,
    },
    /// What Shopify answered to the request of the export that was written down last.
    AnswerNoted {
        key: ExportKey,
        answer: String,
    },
    /// What the decision behind that request had seen, as JSON text. It follows the change that wrote the request down.
    DecisionNoted {
        key: ExportKey,
        decided: String,
    },
    /// What a check of the order saw, as JSON text, where it is not what the last one saw.
    Sighted {
        order: JoorOrderId,
        seen: String,
    },
    /// How JOOR shows an exported order since it was edited there, one fact a line.
    EditSeen {
        order: JoorOrderId,
        content: String,
    },
    /// What was said with Shopify at the last event of the export. It follows the change that stored the event.
    EventWired {
        key: ExportKey,
        wire: Wire,
    },
    /// What was done about the order beside the events of its exports.
    Deed {
        order: JoorOrderId,
        what: &'static str,
        detail: String,
        wire: Option<Wire>,
    },
    /// What may be done or tried again and again: it takes the place of the one with the same words, and of each kind only
    /// the last few are kept.
    DeedAgain {
        order: JoorOrderId,
        what: &'static str,
        detail: String,
        wire: Option<Wire>,
    },
    /// What was said at a deed that was stored before anything left: the last one with these words.
    DeedWired {
        order: JoorOrderId,
        what: &'static str,
        detail: String,
        wire: Wire,
    },
    FollowUp(FollowUp),
    /// Open follow-ups of an export that belong to an earlier attempt are done with.
    FollowUpsDropped {
        key: ExportKey,
    },
    /// These are the open problems of the order (or connection) now: others close, same codes keep their opening time
    /// (sentence, severity and resolution are updated).
    Problems {
        order: Option<JoorOrderId>,
        told: Vec<Told>,
    },
    /// One code of the order (or connection) opened or updated, others untouched.
    ProblemOpened {
        order: Option<JoorOrderId>,
        told: Told,
    },
    ProblemClosed {
        order: Option<JoorOrderId>,
        code: &'static str,
    },
    ProblemsMailed {
        opened: Vec<i64>,
        closed: Vec<i64>,
    },
    CustomerLinked {
        retailer_id: String,
        customer: CustomerId,
        by: String,
    },
    /// A person said which variant a JOOR SKU is, or took that back.
    ItemLinked {
        sku: JoorSkuId,
        variant: VariantId,
        by: String,
    },
    ItemUnlinked {
        sku: JoorSkuId,
    },
    MailQueued {
        letter: Letter,
    },
    /// Whom a mail is for from now on: whoever has it is left out, so that no repeat reaches them.
    MailAddressed {
        id: i64,
        to: Vec<String>,
    },
    MailMoved {
        id: i64,
        tries: u32,
        due: Moment,
        outcome: Option<String>,
    },
    CommandDone {
        id: i64,
        done: bool,
        words: String,
    },
    /// Somebody did something about this connection.
    Audited {
        by: String,
        what: String,
        subject: String,
        detail: String,
    },
    Cycle(CycleRecord),
    NextDue(Moment),
    LastGood(Moment),
    LastDaily(Date),
    ShopIdentity(String),
    Live {
        since: Option<Moment>,
    },
    Paused(bool),
    /// A credential, already sealed; stored with the settings that it belongs to.
    Secret {
        name: String,
        sealed: String,
    },
    /// A new settings version; the document was checked by the caller.
    Settings {
        document: String,
        by: String,
    },
}
