//! Makes the plan of a seed: a few moments of each day in which something happens, storms of trouble, and a tour that
//! takes every kind of trouble along once.

use super::plan::{DAY, Dice, EVENING, Event, HOUR, ORDINARY, PREPARED, PlannedLine, PlannedOrder, What};
use super::settings::Chosen;
use crate::habits::Habits;
use crate::outside::{Side, Trouble};
use crate::post::MailTrouble;
use std::time::Duration;

/// As far as clocks are usually wrong.
const CLOCK_WRONG_SECS_MAX: i64 = 600;
/// Rarely, and by hours or days.
const CLOCK_JUMPS_HOURS: [i64; 6] = [-70, -26, -3, 2, 9, 40];
/// Answers in JSON that say nothing about what became of the call.
const OTHER_BODIES: [&str; 4] = [
    "{}",
    "null",
    "[]",
    r#"{"data":null,"errors":[{"message":"Internal error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}"#,
];
/// Calls that pass before a trouble strikes.
const SKIP_MAX: u64 = 12;
/// A retailer in France, for which there is no tax rule.
const HELD_RETAILER: usize = 27;
/// Kinds of trouble, as `Planner::kind` numbers them.
const KINDS: u64 = 18;

pub struct Planner {
    dice: Dice,
    /// How late a create may be executed.
    late_max: Duration,
    orders: usize,
    events: Vec<Event>,
}

impl Planner {
    pub fn new(seed: u64, habits: &Habits) -> Planner {
        Planner { dice: Dice::new(seed), late_max: habits.late_max(), orders: 0, events: Vec::new() }
    }

    pub fn plan(mut self, days: u32) -> Vec<Event> {
        for day in 0..days {
            self.day(day);
        }
        self.tour(days);
        self.sorted()
    }

    /// Nothing but the tour.
    pub fn only_the_tour(mut self, days: u32) -> Vec<Event> {
        self.tour(days);
        self.sorted()
    }

    fn sorted(mut self) -> Vec<Event> {
        self.events.sort_by_key(|event| event.at);
        self.events
    }

    /// What is rare, and every kind of trouble: each once, spread over all days but the first, and each with an order that
    /// it can strike.
    fn tour(&mut self, days: u32) {
        let rare = self.rare();
        let (count, days) = (rare.len() as u32, days.saturating_sub(1).max(1));
        for (index, what) in rare.into_iter().enumerate() {
            let day = 1 + index as u32 * days / count;
            let at = DAY * day + Duration::from_secs(self.dice.below(EVENING.as_secs() - 2 * HOUR));
            // What is held is told by mail.
            let retailer = if matches!(what, What::Mail { .. }) { HELD_RETAILER } else { self.dice.index(4) };
            let order = PlannedOrder { retailer, ..self.order() };
            let what = match what {
                What::RowBroken { field, times, .. } => {
                    What::RowBroken { order: order.id.clone(), field, times }
                }
                other => other,
            };
            self.events.push(Event { at, what });
            self.events.push(Event { at, what: What::Approved(order) });
        }
    }

    fn rare(&self) -> Vec<What> {
        let mut rare = Vec::new();
        for number in 0..KINDS {
            for side in [Side::Shopify, Side::Joor] {
                rare.extend(self.trouble(side, number, 4));
            }
        }
        rare.extend(
            [MailTrouble::Away, MailTrouble::TakenUnsaid].map(|trouble| What::Mail { trouble, times: 1 }),
        );
        rare.extend([Side::Joor, Side::Shopify].map(What::TokensExpire));
        rare.push(What::Dies { touches: vec![1 + self.dice.below(20)] });
        rare.push(What::BrokenOff { touches: vec![1 + self.dice.below(20)] });
        rare.push(What::RowBroken { order: String::new(), field: "total", times: 1 });
        rare.push(What::ProductDeleted { style: self.dice.index(ORDINARY) });
        rare.push(What::ProductArchived { style: self.dice.index(ORDINARY) });
        rare.push(What::VariantDeleted { style: self.dice.index(ORDINARY), variant: self.dice.index(15) });
        rare.push(What::CustomerDeleted { number: self.dice.index(40) });
        rare.push(What::CustomerRenamed { number: self.dice.index(40) });
        rare.push(What::CustomerMailChanged { number: self.dice.index(40) });
        // Last: what was planned under a clock far ahead waits.
        rare.extend(CLOCK_JUMPS_HOURS.map(|hours| What::ClockJumps { hours }));
        rare
    }

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
            let what = self.strike();
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
            86..88 => self.gone(),
            88..90 => What::RetailerRenamed { order: self.some_order() },
            90 => self.customer(),
            91..94 => What::Settings(Chosen::by(&self.dice)),
            94 => What::TokensExpire(self.dice.pick(&[Side::Joor, Side::Shopify])),
            95 => self.dice.pick(&[What::Paused, What::Resumed]),
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

    /// Mostly a variant; most of the styles that are named are not sold here, or nothing would be left.
    fn gone(&self) -> What {
        let (style, variant) = (self.dice.index(4 * ORDINARY), self.dice.index(15));
        match self.dice.below(10) {
            0 => What::ProductDeleted { style },
            1 => What::ProductArchived { style },
            _ => What::VariantDeleted { style, variant },
        }
    }

    fn customer(&self) -> What {
        let number = self.dice.index(40);
        match self.dice.below(3) {
            0 => What::CustomerDeleted { number },
            1 => What::CustomerRenamed { number },
            _ => What::CustomerMailChanged { number },
        }
    }

    fn units(&self) -> What {
        What::Units { order: self.some_order(), line: self.dice.index(6), units: self.dice.between(1, 8) }
    }

    fn stock(&self) -> What {
        let style = if self.dice.percent(60) { self.prepared() } else { self.dice.index(ORDINARY) };
        What::Stock { style, variant: self.dice.index(15), units: self.dice.pick(&[0, 2, 5, 12, 40, 900]) }
    }

    /// A trouble of this kind with a call to this side; `None` where the side cannot make it.
    fn trouble(&self, side: Side, number: u64, skip_max: u64) -> Option<What> {
        let trouble = self.kind(number);
        let operation = match (side, &trouble) {
            (Side::Joor, Trouble::OrderRefused | Trouble::ThrottledInBody) => return None,
            (Side::Shopify, Trouble::OrderRefused) => "OrderCreate",
            // A create that a network delivers twice is the crash matrix's matter.
            (_, Trouble::Twice) => "",
            (Side::Shopify, _) if self.dice.percent(65) => "OrderCreate",
            (Side::Joor, _) if self.dice.percent(40) => "bulk_update",
            (_, _) => "",
        };
        let skip = if operation.is_empty() { self.dice.below(skip_max) as u32 } else { 0 };
        Some(What::Trouble { side, operation, skip, trouble })
    }

    fn kind(&self, number: u64) -> Trouble {
        match number {
            0 => Trouble::NotSent,
            1 => Trouble::Unheard,
            2 => Trouble::ReplyLost,
            3 => Trouble::Late(Duration::from_secs(self.dice.below(self.late_max.as_secs()))),
            4 => Trouble::Cut,
            5 => Trouble::Garbage,
            6 => Trouble::DeniedAfterwards(self.dice.pick(&[500, 502, 503])),
            7 => Trouble::Page(self.dice.pick(&[500, 503, 200, 402, 403, 404, 423])),
            8 => Trouble::Slow(Duration::from_secs(self.dice.below(60))),
            9 => Trouble::TooLarge,
            10 => Trouble::Throttled,
            11 => Trouble::OtherBody(self.dice.pick(&OTHER_BODIES)),
            12 => Trouble::Unauthorized,
            13 => Trouble::Drip(Duration::from_millis(self.dice.pick(&[1, 5, 20, 100, 1000]))),
            14 => Trouble::OrderRefused,
            15 => Trouble::ThrottledInBody,
            16 => Trouble::RefusedInJson(self.dice.pick(&[400, 402, 403, 404, 422, 423])),
            _ => Trouble::Twice,
        }
    }

    fn strike(&self) -> What {
        // What leaves a create without a clear answer strikes most.
        let number =
            if self.dice.percent(35) { self.dice.pick(&[1, 2, 3, 3, 3]) } else { self.dice.below(KINDS) };
        let touches = |dice: &Dice| (0..dice.between(1, 3)).map(|_| 1 + dice.below(60)).collect();
        match self.dice.below(22) {
            0..4 => What::Dies { touches: touches(&self.dice) },
            4 => What::BrokenOff { touches: touches(&self.dice) },
            5..7 => What::Mail {
                trouble: self.dice.pick(&[MailTrouble::Away, MailTrouble::TakenUnsaid]),
                times: self.dice.between(1, 3) as usize,
            },
            7 => What::RowBroken {
                order: self.some_order(),
                field: self.dice.pick(&["status", "total", "date_approved", "customer", "export_status"]),
                times: self.dice.between(1, 4) as u32,
            },
            8..13 => self.trouble(Side::Joor, number, SKIP_MAX).unwrap_or(What::TokensExpire(Side::Joor)),
            _ => self.trouble(Side::Shopify, number, SKIP_MAX).unwrap_or(What::TokensExpire(Side::Shopify)),
        }
    }
}
