//! The start: which orders are new enough to be exported, as far as a day of approval tells that.

use jiff::ToSpan;
use jiff::civil::Date;

/// From which day of approval orders are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    pub day: Date,
    /// The first and the last day of approval of which nobody can say whether it lies before or behind the start.
    pub unclear: (Date, Date),
}

impl Start {
    /// A day that somebody named: only of that day itself it is not clear what was exported before.
    pub fn named(day: Date) -> Start {
        Start { day, unclear: (day, day) }
    }

    /// A moment that fell on this day of UTC. Where JOOR's days begin is not known [U]: an order from before that moment may
    /// carry the next day, and one from after it the day before.
    pub fn moment(day: Date, was_there_before: bool) -> Start {
        let unclear = match was_there_before {
            true => (day, day.saturating_add(1.day())),
            false => (day.saturating_sub(1.day()), day),
        };
        Start { day, unclear }
    }

    pub fn is_unclear(&self, day: Date) -> bool {
        (self.unclear.0..=self.unclear.1).contains(&day)
    }
}
