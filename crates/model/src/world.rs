//! The state of the made-up world. Moments are kept relative to now, so that the world is finite although time goes on.

use crate::Setup;
use crate::act::Command;
use crate::time::{NOW, approved_at};
use domain::ids::{ExportKey, Generation, JoorOrderId, Part, ShopOrderId, Token};
use domain::orders::export::{Export, State};
use domain::orders::order::{ExportState, Order, OrderStatus};
use domain::orders::reexport::Track;
use domain::orders::reporting::{Mark, Wanted};
use domain::time::Mono;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// Orders in Shopify; the place is the number.
    pub shop: Vec<ShopOrder>,
    /// Requests that Shopify has not executed yet and may still execute.
    pub wire: Vec<Request>,
    pub joor: Joor,
    pub ledger: Ledger,
    pub processes: Vec<Process>,
    pub left: Left,
    pub judge: Judge,
}

/// Generation and part.
pub type Key = (u32, u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShopOrder {
    pub key: Key,
    pub cancelled: bool,
    /// Ticks until a look-up sees it.
    pub hidden: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    pub key: Key,
    /// The process that still waits for the answer.
    pub awaited: Option<u8>,
    /// Ticks in which it may still be executed.
    pub ticks: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Joor {
    pub status: OrderStatus,
    pub export_state: ExportState,
    pub description: String,
    pub approvals: u8,
    /// What lists still show.
    pub listed: Option<ExportState>,
    pub listed_description: String,
}

impl Joor {
    pub fn order(&self, setup: &Setup, export_state: ExportState) -> Order {
        Order {
            status: self.status.clone(),
            export_state: Some(export_state),
            approved: Some(approved_at(if setup.same_day { 0 } else { self.approvals }).day()),
            ..setup.order.clone()
        }
    }

    pub fn mark(&self) -> Mark {
        Mark {
            status: self.status.clone(),
            export_state: Some(self.export_state),
            description: self.description.clone(),
        }
    }

    pub fn put(&mut self, export_state: ExportState, description: &str) {
        if self.export_state != export_state {
            self.listed = Some(self.export_state);
            self.listed_description = std::mem::take(&mut self.description);
        }
        self.export_state = export_state;
        self.description = description.to_owned();
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    pub export: Arc<Export>,
    /// The same request was refused before.
    pub refused: bool,
    /// A reason was recorded together with the state.
    pub told: bool,
}

/// What a person is asked about an exported order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    Nothing,
    Reapproved,
    CancelledThere,
    /// Answered with "leave it".
    Answered,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ledger {
    pub rows: Vec<Row>,
    pub generation: u32,
    pub status: OrderStatus,
    pub track: Track,
    pub reported: Option<Wanted>,
    pub report_due: bool,
    pub report_tries: u32,
    pub report_in_flight: bool,
    pub export_anyway: bool,
    pub asked: Asked,
    pub lease: Lease,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lease {
    Free,
    /// Held by this process for so many more ticks of the wall clock.
    Held(u8, u8),
    /// Held by a process that died, where nothing proves that it did.
    Orphaned(u8),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    pub at: At,
    /// Is its epoch the connection's?
    pub epoch_is_current: bool,
    /// From when on quiet time counts, by export and attempt, as this process remembers it.
    pub quiet: Vec<(Key, u32, Mono)>,
}

/// Where a process stands, with what it holds in memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum At {
    Down,
    Idle,
    /// A look was answered and is not judged yet.
    Looked {
        export: Arc<Export>,
        sight: Sight,
        quiet: bool,
        after_refusal: bool,
    },
    /// Looked first, nothing there.
    Clear(Arc<Export>),
    /// Written down, not sent.
    Asked(Arc<Export>),
    /// Sent.
    Waiting(Arc<Export>),
    Answered(Arc<Export>, Answer),
    /// Refused and recorded so: one look is owed.
    OwesLook(Arc<Export>),
    Refusing(Arc<Export>),
    Reporting(Wanted),
    /// JOOR acknowledged.
    Reported(Wanted),
    ReportFailed,
}

/// What a direct look-up showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sight {
    /// The order with this number; cancelled or not when it was looked at.
    Order(usize, bool),
    Nothing,
    Blind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    Created(usize),
    NotExecuted,
    Refused,
    Unclear,
}

/// What may still go wrong or be wished for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Left {
    pub faults: u8,
    pub wishes: u8,
    pub jumps: u8,
}

/// What the judge saw of the world itself, beside what the ledger believes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Judge {
    /// Requests that left and of which nobody proved yet what became of them.
    pub open: Vec<Open>,
    /// "Set to re-export" was clicked since the last generation was opened.
    pub clicked: bool,
    /// So that the program must notice: our SUCCESS had been acknowledged and seen.
    pub click_counts: bool,
    /// A person closed an export by hand and asked for one more while a Shopify order stood.
    pub one_more: bool,
    /// The order was read as approved by this ledger.
    pub discovered: bool,
    /// Shopify orders that a person linked to an export whose token they do not carry.
    pub linked: Vec<(Key, usize)>,
    pub faults: Vec<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Open {
    pub key: Key,
    /// Shopify refused: one look proves enough.
    pub refused: bool,
    pub empty_looks: u8,
    /// The last look was taken after the quiet time.
    pub quiet: bool,
    /// Ticks since the request left.
    pub ticks: u8,
}

impl World {
    pub fn start(setup: &Setup) -> World {
        let process = |at| Process { at, epoch_is_current: false, quiet: Vec::new() };
        let mut processes = vec![process(At::Idle)];
        processes.resize(setup.processes, process(At::Down));
        World {
            shop: Vec::new(),
            wire: Vec::new(),
            joor: Joor {
                status: OrderStatus::Approved,
                export_state: ExportState::Undefined,
                description: String::new(),
                approvals: 0,
                listed: None,
                listed_description: String::new(),
            },
            ledger: Ledger::empty(),
            processes,
            left: Left { faults: setup.faults, wishes: setup.wishes, jumps: setup.jumps },
            judge: Judge::default(),
        }
    }

    /// The live or cancelled order that a look-up by this token sees.
    pub fn visible(&self, key: Key) -> Option<usize> {
        let here = |order: &ShopOrder| order.key == key && order.hidden == 0;
        // A shop that holds two shows one of them; a standing one hides what is cancelled.
        let standing = self.shop.iter().position(|order| here(order) && !order.cancelled);
        standing.or_else(|| self.shop.iter().position(here))
    }

    pub fn blame(&mut self, fault: &'static str) {
        if !self.judge.faults.contains(&fault) {
            self.judge.faults.push(fault);
        }
    }
}

impl Ledger {
    pub fn empty() -> Ledger {
        Ledger {
            rows: Vec::new(),
            generation: 1,
            status: OrderStatus::Approved,
            track: Track::default(),
            reported: None,
            report_due: false,
            report_tries: 0,
            report_in_flight: false,
            export_anyway: false,
            asked: Asked::Nothing,
            lease: Lease::Free,
        }
    }

    pub fn row(&self, key: Key) -> Option<&Row> {
        self.rows.iter().find(|row| key_of(&row.export) == key)
    }

    pub fn row_mut(&mut self, key: Key) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| key_of(&row.export) == key)
    }

    /// The exports of the current generation.
    pub fn current(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.export.key.generation.0 == self.generation)
    }

    pub fn exports(&self) -> Vec<&Export> {
        self.rows.iter().map(|row| &*row.export).collect()
    }

    pub fn open(&mut self, part: u32) {
        self.rows.push(Row { export: Arc::new(fresh((self.generation, part))), refused: false, told: false });
    }
}

/// A new export as the product opens it.
pub fn fresh(key: Key) -> Export {
    let key = ExportKey { order: JoorOrderId::new("1"), generation: Generation(key.0), part: Part(key.1) };
    let token = Token::new("m", "1", &key).expect("the made-up ids are letters and digits");
    Export { key, token, state: State::Seen, attempts: 0, version: 0 }
}

pub fn key_of(export: &Export) -> Key {
    (export.key.generation.0, export.key.part.0)
}

/// Id and name of a Shopify order, by its number.
pub fn shop_order(number: usize) -> (ShopOrderId, String) {
    (ShopOrderId::new(number.to_string()), format!("#{}", number + 1))
}

/// The number of a Shopify order, from its id.
pub fn number_of(order: &ShopOrderId) -> Option<usize> {
    order.as_str().parse().ok()
}

impl Process {
    pub fn holds(&self) -> Option<&Arc<Export>> {
        match &self.at {
            At::Looked { export, .. }
            | At::Clear(export)
            | At::Asked(export)
            | At::Waiting(export)
            | At::Answered(export, _)
            | At::OwesLook(export)
            | At::Refusing(export) => Some(export),
            At::Down | At::Idle | At::Reporting(_) | At::Reported(_) | At::ReportFailed => None,
        }
    }

    pub fn holds_mut(&mut self) -> Option<&mut Arc<Export>> {
        match &mut self.at {
            At::Looked { export, .. }
            | At::Clear(export)
            | At::Asked(export)
            | At::Waiting(export)
            | At::Answered(export, _)
            | At::OwesLook(export)
            | At::Refusing(export) => Some(export),
            At::Down | At::Idle | At::Reporting(_) | At::Reported(_) | At::ReportFailed => None,
        }
    }
}

/// When a deadline lies: a tick after it was written down.
pub fn is_over(export: &Export) -> bool {
    match &export.state {
        State::Sending { deadline, .. } => *deadline <= NOW,
        State::Seen
        | State::Waiting { .. }
        | State::Held
        | State::Skipped
        | State::ClosedByHand
        | State::GivenUp
        | State::Ready
        | State::Unconfirmed { .. }
        | State::Exported { .. } => true,
    }
}

/// All commands that a person may give.
pub const COMMANDS: [Command; 7] = [
    Command::NotThere,
    Command::Link,
    Command::Close,
    Command::GiveUp,
    Command::AskAgain,
    Command::LeaveIt,
    Command::Retry,
];
