//! When the next cycle of a connection is due, how long failed steps wait, and in which order scarce work is done.

use crate::time::Moment;
use std::time::Duration;

/// Waits of the back-off policy; the last one repeats.
const BACK_OFF: [Duration; 8] = [
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(120),
    Duration::from_secs(300),
    Duration::from_secs(600),
    Duration::from_secs(1200),
    Duration::from_secs(2400),
    Duration::from_secs(3600),
];

/// The wait before try number `tries` + 1 (the first failure is `tries` = 1), spread by up to 20 % either way.
/// `chance` is uniform over all of `u32`.
pub fn back_off(tries: u32, chance: u32) -> Duration {
    let index = (tries.max(1) as usize - 1).min(BACK_OFF.len() - 1);
    let base = u64::try_from(BACK_OFF[index].as_millis()).unwrap_or(u64::MAX);
    let spread = base * 2 / 5;
    let part = spread * u64::from(chance) / u64::from(u32::MAX);
    Duration::from_millis(base - spread / 2 + part)
}

/// The last wait of the back-off policy, spread as far as it goes.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(3600 * 6 / 5);

/// What is due by now. Nothing that is stored waits for longer than `longest`: what seems to was stored while the wall
/// clock was ahead, and is due as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub now: Moment,
    pub longest: Duration,
}

impl Due {
    /// Where something else than the back-off policy lets things wait too.
    pub fn with(now: Moment, other_wait: Duration) -> Due {
        Due { now, longest: LONGEST_BACK_OFF.max(other_wait) }
    }

    /// The last moment that anything honestly waits for.
    pub fn latest(self) -> Moment {
        self.now.plus(self.longest)
    }

    /// When it really is due.
    pub fn at(self, stored: Moment) -> Moment {
        if stored > self.latest() { self.now } else { stored }
    }
}

impl From<Moment> for Due {
    fn from(now: Moment) -> Due {
        Due::with(now, Duration::ZERO)
    }
}

/// A cycle starts one interval after the last one started, and at once if that time is over.
pub fn next_cycle(started: Moment, now: Moment, interval: Duration) -> Moment {
    started.plus(interval).max(now)
}

const MINUTE_MILLIS: i64 = 60_000;
const DAY_MINUTES: u32 = 24 * 60;
const DAY_MILLIS: i64 = DAY_MINUTES as i64 * MINUTE_MILLIS;

/// A time of every day, in UTC, in which a connection rests. It may reach over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PauseWindow {
    from_minute: u32,
    to_minute: u32,
}

/// Where a moment stands to a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    Until(Moment),
    /// The last one ended at this moment.
    EndedAt(Moment),
}

impl PauseWindow {
    /// Minutes of the day. `None`: no such times, or a window without length.
    pub fn new(from_minute: u32, to_minute: u32) -> Option<PauseWindow> {
        let fits = from_minute < DAY_MINUTES && to_minute < DAY_MINUTES && from_minute != to_minute;
        fits.then_some(PauseWindow { from_minute, to_minute })
    }

    pub fn at(self, now: Moment) -> Rest {
        let (from, to) = (i64::from(self.from_minute), i64::from(self.to_minute));
        let length = ((to - from) * MINUTE_MILLIS).rem_euclid(DAY_MILLIS);
        let since_start = (now.0 - from * MINUTE_MILLIS).rem_euclid(DAY_MILLIS);
        let end = Moment(now.0 - since_start + length);
        if since_start < length { Rest::Until(end) } else { Rest::EndedAt(end) }
    }

    /// The end of the window, if the moment is within it.
    pub fn end(self, now: Moment) -> Option<Moment> {
        match self.at(now) {
            Rest::Until(end) => Some(end),
            Rest::EndedAt(_) => None,
        }
    }
}

/// `22:00-06:00`.
impl std::fmt::Display for PauseWindow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let PauseWindow { from_minute: from, to_minute: to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_later_than_anything_waits_is_due_and_everything_else_waits() {
        let (now, hour) = (Moment(1_790_000_000_000), Duration::from_secs(3600));
        let due = Due::from(now);
        assert_eq!(due.at(now.minus(hour)), now.minus(hour));
        // The last wait of the back-off policy, as long as it can be.
        let last = now.plus(back_off(99, u32::MAX));
        assert_eq!((due.at(last), due.latest()), (last, last));
        assert_eq!(due.at(last.plus(Duration::from_millis(1))), now);
        assert_eq!(Due::with(now, hour * 24).at(now.plus(hour * 24)), now.plus(hour * 24));
        assert_eq!(Due::with(now, Duration::ZERO), due);
    }

    #[test]
    fn a_pause_is_within_the_day_or_reaches_over_midnight() {
        let at = |text: &str| Moment(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        let night = PauseWindow::new(22 * 60, 6 * 60).unwrap();
        let noon = PauseWindow::new(12 * 60, 12 * 60 + 30).unwrap();
        assert_eq!(
            (night.to_string(), noon.to_string()),
            ("22:00-06:00".to_owned(), "12:00-12:30".to_owned())
        );
        for (window, now, rest) in [
            (night, "2026-11-23T21:59:59Z", Rest::EndedAt(at("2026-11-23T06:00:00Z"))),
            (night, "2026-11-23T22:00:00Z", Rest::Until(at("2026-11-24T06:00:00Z"))),
            (night, "2026-11-24T05:59:59Z", Rest::Until(at("2026-11-24T06:00:00Z"))),
            (night, "2026-11-24T06:00:00Z", Rest::EndedAt(at("2026-11-24T06:00:00Z"))),
            (noon, "2026-11-24T12:10:00Z", Rest::Until(at("2026-11-24T12:30:00Z"))),
            (noon, "2026-11-25T11:59:00Z", Rest::EndedAt(at("2026-11-24T12:30:00Z"))),
        ] {
            assert_eq!(window.at(at(now)), rest, "{window} at {now}");
        }
        assert_eq!((PauseWindow::new(60, 60), PauseWindow::new(0, 24 * 60)), (None, None));
    }

    #[test]
    fn back_off_grows_and_stays_within_a_fifth() {
        for (tries, base) in [(1, 30), (2, 60), (4, 300), (8, 3600), (50, 3600)] {
            let low = back_off(tries, 0).as_secs();
            let high = back_off(tries, u32::MAX).as_secs();
            assert_eq!((low, high), (base * 4 / 5, base * 6 / 5), "{tries}");
        }
    }
}
