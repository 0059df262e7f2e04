//! The plan of simulated months: who does what and when, all from one seed. A plan is a list of events of which any may
//! be left out; the rest still makes sense.

use crate::outside::{Side, Trouble};
use crate::post::MailTrouble;
use crate::world::Kind;
use adapters::clock::SeededChance;
use adapters::ports::Chance;
use std::fmt;
use std::time::Duration;

pub const DAY: Duration = Duration::from_secs(24 * 3600);
const HOUR: u64 = 3600;
/// The brand's ordinary styles that are sold here; those prepared for trouble come after them.
pub const ORDINARY: usize = 24;
const PREPARED: usize = 8;
/// What was planned under a clock that is ahead waits until the right clock gets there: with days, the day's end would
/// be too early to ask for rest.
const CLOCK_WRONG_SECS_MAX: i64 = 600;
/// Answers in JSON that say nothing about what became of the call.
const OTHER_BODIES: [&str; 4] = [
    "{}",
    "null",
    "[]",
    r#"{"data":null,"errors":[{"message":"Internal error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}"#,
];
/// Between this hour and the end of the day nothing new happens, so that everything must have come to rest by then.
pub const EVENING: Duration = Duration::from_secs(10 * HOUR);

#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub days: u32,
    pub kind: Kind,
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
/// order with a field of the wrong type.
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
    RetailerRenamed { order: String },
    CustomerDeleted { number: usize },
    Settings { split: bool, minutes: u64 },
    TokensExpire(Side),
    Trouble { side: Side, operation: &'static str, skip: u32, trouble: Trouble },
    RowBroken { order: String, field: &'static str, times: u32 },
    Mail { trouble: MailTrouble, times: usize },
    Dies { touches: Vec<u64> },
    ClockWrong { seconds: i64 },
    Retried { order: String },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at.as_secs();
        let (day, hour, minute) = (seconds / 86_400 + 1, seconds / HOUR % 24, seconds / 60 % 60);
        write!(f, "day {day:>3} +{hour:02}:{minute:02}  {:?}", self.what)
    }
}

impl Plan {
    /// The plan of a seed. Even seeds get a shop that refuses doubles, odd ones a shop that takes them.
    pub fn new(seed: u64, days: u32) -> Plan {
        let kind = if seed.is_multiple_of(2) { Kind::RefusesDoubles } else { Kind::TakesDoubles };
        let mut planner = Planner { dice: Dice::new(seed), orders: 0, events: Vec::new() };
        for day in 0..days {
            planner.day(day);
        }
        planner.events.sort_by_key(|event| event.at);
        Plan { seed, days, kind, events: planner.events }
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

    fn between(&self, least: i64, most: i64) -> i64 {
        least + self.below((most - least + 1) as u64) as i64
    }

    /// True that often of a hundred times.
    pub fn percent(&self, often: u64) -> bool {
        self.below(100) < often
    }

    fn pick<T: Clone>(&self, from: &[T]) -> T {
        from[self.index(from.len())].clone()
    }
}

struct Planner {
    dice: Dice,
    orders: usize,
    events: Vec<Event>,
}

impl Planner {
    /// A few moments of the day in which something happens, often several things at once.
    fn day(&mut self, day: u32) {
        for _ in 0..self.dice.between(1, 3) {
            let at = DAY * day + Duration::from_secs(self.dice.below(EVENING.as_secs() - HOUR));
            if self.dice.percent(35) {
                self.storm(at);
            }
            for _ in 0..self.dice.between(1, 4) {
                let later = Duration::from_secs(self.dice.below(20 * 60));
                let what = self.something();
                self.events.push(Event { at: at + later, what });
            }
        }
    }

    /// Troubles that strike together.
    fn storm(&mut self, at: Duration) {
        for _ in 0..self.dice.between(1, 4) {
            let later = Duration::from_secs(self.dice.below(600));
            let what = self.trouble();
            self.events.push(Event { at: at + later, what });
        }
    }

    fn something(&mut self) -> What {
        match self.dice.below(100) {
            0..43 => What::Approved(self.order()),
            43..45 => What::Replaced { order: self.some_order() },
            45..50 => self.units(),
            50..53 => {
                What::Price { order: self.some_order(), line: 0, hundredths: self.dice.between(1_500, 9_900) }
            }
            53..57 => What::TakenBack { order: self.some_order() },
            57..62 => What::ApprovedAgain { order: self.some_order() },
            62..65 => What::CancelledInJoor { order: self.some_order() },
            65..70 => What::CancelledInShopify { order: self.some_order() },
            70..76 => What::SetToReexport { order: self.some_order() },
            76..86 => self.stock(),
            86..88 => {
                What::VariantDeleted { style: self.dice.index(4 * ORDINARY), variant: self.dice.index(15) }
            }
            88..90 => What::RetailerRenamed { order: self.some_order() },
            90..91 => What::CustomerDeleted { number: self.dice.index(40) },
            91..94 => What::Settings { split: self.dice.percent(60), minutes: self.dice.pick(&[1, 1, 2, 5]) },
            94..96 => What::TokensExpire(self.dice.pick(&[Side::Joor, Side::Shopify])),
            96..98 => {
                What::ClockWrong { seconds: self.dice.between(-CLOCK_WRONG_SECS_MAX, CLOCK_WRONG_SECS_MAX) }
            }
            _ => What::Retried { order: self.some_order() },
        }
    }

    fn order(&mut self) -> PlannedOrder {
        self.orders += 1;
        let count = match self.dice.below(100) {
            0 => self.dice.between(251, 300),
            1 => self.dice.between(60, 250),
            _ => self.dice.between(1, 6),
        };
        let long = count > 50;
        let lines = (0..count).map(|index| PlannedLine {
            style: if long { index as usize } else { self.style() },
            variant: self.dice.index(15),
            units: if long { 1 } else { self.dice.between(1, 6) },
        });
        let lines = lines.collect();
        let (permille, amount) = match self.dice.below(10) {
            0..2 => (self.dice.pick(&[50, 100, 125, 333]), 0),
            2 => (0, self.dice.between(100, 900)),
            _ => (0, 0),
        };
        PlannedOrder {
            id: (7_200_000 + self.orders).to_string(),
            retailer: self.dice.index(40),
            lines,
            discount_permille: permille,
            discount_amount: amount,
            shipping: self.dice.pick(&[0, 0, 1_250, 2_995]),
            made_to_order: self.dice.percent(3),
        }
    }

    /// Mostly ordinary ones.
    fn style(&self) -> usize {
        if self.dice.percent(85) { self.dice.index(ORDINARY) } else { self.prepared() }
    }

    fn prepared(&self) -> usize {
        ORDINARY + self.dice.index(PREPARED)
    }

    /// Lately approved ones are touched most.
    fn some_order(&self) -> String {
        let back = self.dice.below(12.min(self.orders.max(1) as u64)) as usize;
        (7_200_000 + self.orders.saturating_sub(back)).to_string()
    }

    fn units(&self) -> What {
        What::Units { order: self.some_order(), line: self.dice.index(6), units: self.dice.between(1, 8) }
    }

    fn stock(&self) -> What {
        let style = if self.dice.percent(60) { self.prepared() } else { self.dice.index(ORDINARY) };
        What::Stock { style, variant: self.dice.index(15), units: self.dice.pick(&[0, 2, 5, 12, 40, 900]) }
    }

    fn trouble(&self) -> What {
        let seconds = |dice: &Dice| Duration::from_secs(dice.below(280));
        let trouble = match self.dice.below(17) {
            0 => Trouble::NotSent,
            1 | 2 => Trouble::Unheard,
            3 | 4 => Trouble::ReplyLost,
            5..8 => Trouble::Late(seconds(&self.dice)),
            8 => Trouble::Cut,
            9 => Trouble::Garbage,
            10 => Trouble::DeniedAfterwards(self.dice.pick(&[500, 502, 503])),
            11 => Trouble::Page(self.dice.pick(&[500, 503, 200, 402, 403, 404, 423])),
            12 => Trouble::Slow(Duration::from_secs(self.dice.below(60))),
            13 => Trouble::TooLarge,
            14 => Trouble::Throttled,
            15 => Trouble::OtherBody(self.dice.pick(&OTHER_BODIES)),
            _ => Trouble::Unauthorized,
        };
        match self.dice.below(21) {
            0..4 => What::Dies {
                touches: (0..self.dice.between(1, 3)).map(|_| 1 + self.dice.below(60)).collect(),
            },
            4..6 => What::Mail {
                trouble: self.dice.pick(&[MailTrouble::Away, MailTrouble::TakenUnsaid]),
                times: self.dice.between(1, 3) as usize,
            },
            6..12 => What::Trouble { side: Side::Shopify, operation: "OrderCreate", skip: 0, trouble },
            12..14 => What::Trouble { side: Side::Joor, operation: "bulk_update", skip: 0, trouble },
            14..17 => What::Trouble {
                side: Side::Shopify,
                operation: "",
                skip: self.dice.below(12) as u32,
                trouble,
            },
            17..20 => {
                What::Trouble { side: Side::Joor, operation: "", skip: self.dice.below(12) as u32, trouble }
            }
            _ => What::RowBroken {
                order: self.some_order(),
                field: self.dice.pick(&["status", "total", "date_approved", "customer", "export_status"]),
                times: self.dice.between(1, 4) as u32,
            },
        }
    }
}
