//! The plan of simulated months: who does what and when, all from one seed. A plan is a list of events of which any may
//! be left out; the rest still makes sense.

use super::planner::Planner;
use super::settings::Chosen;
use crate::habits::Habits;
use crate::outside::{Side, Trouble, at, kind};
use crate::post::MailTrouble;
use adapters::clock::SeededChance;
use adapters::ports::Chance;
use std::fmt;
use std::time::Duration;

pub const DAY: Duration = Duration::from_secs(24 * 3600);
pub const HOUR: u64 = 3600;
/// The brand's ordinary styles that are sold here; those prepared for trouble come after them.
pub const ORDINARY: usize = 24;
pub const PREPARED: usize = 8;
/// Between this hour and the end of the day nothing new happens, so that everything must have come to rest by then.
pub const EVENING: Duration = Duration::from_secs(10 * HOUR);

#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub days: u32,
    pub habits: Habits,
    pub events: Vec<Event>,
}

#[derive(Clone, Debug)]
pub struct Event {
    /// From the beginning.
    pub at: Duration,
    pub what: What,
}

/// One line: style, variant and units, as numbers that the brand takes by remainder.
#[derive(Clone, Copy, Debug)]
pub struct PlannedLine {
    pub style: usize,
    pub variant: usize,
    pub units: i64,
}

#[derive(Clone, Debug, Default)]
pub struct PlannedOrder {
    pub id: String,
    pub retailer: usize,
    pub lines: Vec<PlannedLine>,
    /// In tenths of a percent; 0: none.
    pub discount_permille: i64,
    /// In hundredths.
    pub discount_amount: i64,
    pub shipping: i64,
    pub made_to_order: bool,
}

/// `Replaced`: a person wants the Shopify order cancelled and the order exported anew. `RowBroken`: JOOR's lists show the
/// order with a field of the wrong type. `BrokenOff`: the work is broken off at these touches and begun anew by the same
/// process. `ClockWrong` lasts until the evening; `ClockJumps` is that by hours or days.
#[derive(Clone, Debug)]
pub enum What {
    Approved(PlannedOrder),
    Units { order: String, line: usize, units: i64 },
    Price { order: String, line: usize, hundredths: i64 },
    TakenBack { order: String },
    ApprovedAgain { order: String },
    CancelledInJoor { order: String },
    CancelledInShopify { order: String },
    SetToReexport { order: String },
    Replaced { order: String },
    Stock { style: usize, variant: usize, units: i64 },
    VariantDeleted { style: usize, variant: usize },
    ProductDeleted { style: usize },
    ProductArchived { style: usize },
    RetailerRenamed { order: String },
    CustomerDeleted { number: usize },
    CustomerRenamed { number: usize },
    CustomerMailChanged { number: usize },
    Settings(Chosen),
    Paused,
    Resumed,
    TokensExpire(Side),
    Trouble { side: Side, operation: &'static str, skip: u32, trouble: Trouble },
    RowBroken { order: String, field: &'static str, times: u32 },
    Mail { trouble: MailTrouble, times: usize },
    Dies { touches: Vec<u64> },
    BrokenOff { touches: Vec<u64> },
    ClockWrong { seconds: i64 },
    ClockJumps { hours: i64 },
    Retried { order: String },
}

/// Every kind of event, as `What::kind` names them; troubles of calls and mails are named by their own kinds.
pub const EVENTS: [&str; 27] = [
    "Approved",
    "ApprovedAgain",
    "BrokenOff",
    "CancelledInJoor",
    "CancelledInShopify",
    "ClockJumps",
    "ClockWrong",
    "CustomerDeleted",
    "CustomerMailChanged",
    "CustomerRenamed",
    "Dies",
    "Paused",
    "Price",
    "ProductArchived",
    "ProductDeleted",
    "Replaced",
    "Resumed",
    "RetailerRenamed",
    "Retried",
    "RowBroken",
    "SetToReexport",
    "Settings",
    "Stock",
    "TakenBack",
    "TokensExpire",
    "Units",
    "VariantDeleted",
];

/// Every kind of trouble that a call meets at Shopify.
pub const TROUBLES: [&str; 18] = [
    "Cut",
    "DeniedAfterwards",
    "Drip",
    "Garbage",
    "Late",
    "NotSent",
    "OrderRefused",
    "OtherBody",
    "Page",
    "RefusedInJson",
    "ReplyLost",
    "Slow",
    "Throttled",
    "ThrottledInBody",
    "TooLarge",
    "Twice",
    "Unauthorized",
    "Unheard",
];

/// Troubles that JOOR cannot make.
pub const NOT_AT_JOOR: [&str; 2] = ["OrderRefused", "ThrottledInBody"];

/// Every kind of trouble that a mail meets.
pub const MAIL_TROUBLES: [&str; 2] = ["Away", "TakenUnsaid"];

/// All kinds of which none may be missing from simulated months.
pub fn all_kinds() -> Vec<String> {
    let here = EVENTS.iter().chain(&TROUBLES).chain(&MAIL_TROUBLES).map(|kind| (*kind).to_owned());
    let there = TROUBLES.iter().filter(|kind| !NOT_AT_JOOR.contains(kind)).map(|kind| at(Side::Joor, kind));
    here.chain(there).collect()
}

impl What {
    /// The name of the event, or of the trouble that it plans.
    pub fn kind(&self) -> String {
        match self {
            What::Trouble { side, trouble, .. } => at(*side, &kind(trouble)),
            What::Mail { trouble, .. } => format!("{trouble:?}"),
            other => format!("{other:?}").split([' ', '(']).next().unwrap_or_default().to_owned(),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at.as_secs();
        let (day, hour, minute) = (seconds / 86_400 + 1, seconds / HOUR % 24, seconds / 60 % 60);
        write!(f, "day {day:>3} +{hour:02}:{minute:02}  {:?}", self.what)
    }
}

impl Plan {
    /// The plan of a seed.
    pub fn new(seed: u64, days: u32) -> Plan {
        let habits = Habits::of(seed);
        let events = Planner::new(seed, &habits).plan(days);
        Plan { seed, days, habits, events }
    }

    /// Every kind of trouble and what is rare, each once and with an order that it can strike, and nothing else.
    pub fn tour(seed: u64, days: u32) -> Plan {
        let habits = Habits::of(seed);
        let events = Planner::new(seed, &habits).only_the_tour(days);
        Plan { seed, days, habits, events }
    }

    /// The same plan, ended after this day (counted from 1).
    pub fn until(&self, days: u32) -> Plan {
        let end = DAY * days;
        let events = self.events.iter().filter(|event| event.at < end).cloned().collect();
        Plan { days, events, ..self.clone() }
    }
}

pub struct Dice(SeededChance);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(SeededChance::new(seed.wrapping_mul(0x9e37_79b9).wrapping_add(11)))
    }

    /// A number below the bound.
    pub fn below(&self, bound: u64) -> u64 {
        self.0.number() % bound.max(1)
    }

    pub fn index(&self, bound: usize) -> usize {
        self.below(bound as u64) as usize
    }

    pub fn between(&self, least: i64, most: i64) -> i64 {
        least + self.below((most - least + 1) as u64) as i64
    }

    /// True that often of a hundred times.
    pub fn percent(&self, often: u64) -> bool {
        self.below(100) < often
    }

    pub fn pick<T: Clone>(&self, from: &[T]) -> T {
        from[self.index(from.len())].clone()
    }
}
