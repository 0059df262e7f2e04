//! The sandbox's wall clock: dates, token lives, credit windows and buckets read it, and a test can move it forward.
//! Nobody sleeps here, and the program under test never sees this clock.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A shared clock: real time plus the shift that tests gave it, or one that moves only when told to. Clones tell the
/// same time.
#[derive(Clone, Debug, Default)]
pub struct SandboxClock {
    hands: Arc<Mutex<Hands>>,
}

#[derive(Clone, Copy, Debug)]
enum Hands {
    /// Ahead of real time by so much.
    Running(SignedDuration),
    Stopped(Timestamp),
}

impl Default for Hands {
    fn default() -> Hands {
        Hands::Running(SignedDuration::ZERO)
    }
}

impl SandboxClock {
    pub fn new() -> SandboxClock {
        SandboxClock::default()
    }

    /// A clock that starts at the given moment and then runs at the usual pace.
    pub fn starting_at(moment: Timestamp) -> SandboxClock {
        let clock = SandboxClock::new();
        *clock.lock() = Hands::Running(moment.duration_since(real_now()));
        clock
    }

    /// A clock that stands at the given moment until it is moved.
    pub fn stopped_at(moment: Timestamp) -> SandboxClock {
        let clock = SandboxClock::new();
        *clock.lock() = Hands::Stopped(moment);
        clock
    }

    pub fn now(&self) -> Timestamp {
        match *self.lock() {
            Hands::Running(shift) => real_now().checked_add(shift).unwrap_or(Timestamp::MAX),
            Hands::Stopped(moment) => moment,
        }
    }

    /// The date in UTC; the fakes live in UTC.
    pub fn today(&self) -> Date {
        self.now().to_zoned(TimeZone::UTC).date()
    }

    /// Moves the clock forward for every holder of a clone.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let mut hands = self.lock();
        *hands = match *hands {
            Hands::Running(shift) => Hands::Running(shift.saturating_add(by)),
            Hands::Stopped(moment) => Hands::Stopped(moment.checked_add(by).unwrap_or(Timestamp::MAX)),
        };
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Hands> {
        self.hands.lock().expect("nothing panics while it holds the clock")
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place of the sandbox that reads the real time")]
fn real_now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_move_together() {
        let clock = SandboxClock::starting_at("2026-03-01T12:00:00Z".parse().unwrap());
        let other = clock.clone();
        other.advance(Duration::from_secs(13 * 3600));
        assert_eq!(clock.today(), jiff::civil::date(2026, 3, 2));
    }

    #[test]
    fn a_stopped_clock_moves_only_when_told_to() {
        let start: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let clock = SandboxClock::stopped_at(start);
        assert_eq!(clock.now(), start);
        clock.advance(Duration::from_millis(250));
        assert_eq!(clock.now().duration_since(start), SignedDuration::from_millis(250));
    }
}
