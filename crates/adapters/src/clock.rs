//! The clocks and the dice: the only file that reads the machine's time, and from which decisions take chance. Stopped and seeded versions
//! are here too, for tests and the demo.

use crate::ports::{Chance, Clock};
use domain::time::{Moment, Mono};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The machine's clocks. The monotonic one starts when this is made.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
    /// How far a trial set the wall clock ahead.
    ahead: Duration,
}

impl SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the clock that others are handed")]
    pub fn start() -> SystemClock {
        SystemClock { started: Instant::now(), ahead: Duration::ZERO }
    }

    /// For trials: the wall clock is ahead by this span; the monotonic one cannot tell.
    pub fn set_ahead(ahead: Duration) -> SystemClock {
        SystemClock { ahead, ..SystemClock::start() }
    }

    pub fn is_ahead(&self) -> Duration {
        self.ahead
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the clock that others are handed")]
    fn now(&self) -> Moment {
        let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        let machine = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(span) => Moment(millis(span)),
            Err(before) => Moment(-millis(before.duration())),
        };
        machine.plus(self.ahead)
    }

    fn mono(&self) -> Mono {
        Mono(self.started.elapsed())
    }
}

/// A clock that moves only when told to.
#[derive(Debug)]
pub struct StoppedClock {
    hands: Mutex<(Moment, Mono)>,
}

impl StoppedClock {
    pub fn at(now: Moment) -> StoppedClock {
        StoppedClock { hands: Mutex::new((now, Mono(Duration::ZERO))) }
    }

    /// Moves both clocks on.
    pub fn advance(&self, span: Duration) {
        let mut hands = self.hands.lock().unwrap_or_else(PoisonError::into_inner);
        hands.0 = hands.0.plus(span);
        hands.1 = Mono(hands.1.0 + span);
    }

    /// Sets the wall clock, as an administrator might; the monotonic one does not notice.
    pub fn set_wall(&self, now: Moment) {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner).0 = now;
    }
}

impl Clock for StoppedClock {
    fn now(&self) -> Moment {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn mono(&self) -> Mono {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

/// The machine's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn number(&self) -> u64 {
        getrandom::u64().expect("Linux, macOS and Windows always give random bytes once they have started")
    }
}

/// The same numbers for the same seed (SplitMix64).
#[derive(Debug)]
pub struct SeededChance {
    state: Mutex<u64>,
}

impl SeededChance {
    pub fn new(seed: u64) -> SeededChance {
        SeededChance { state: Mutex::new(seed) }
    }
}

impl Chance for SeededChance {
    fn number(&self) -> u64 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stopped_clock_moves_only_when_told_to() {
        let clock = StoppedClock::at(Moment(1_000));
        assert_eq!((clock.now(), clock.mono()), (Moment(1_000), Mono(Duration::ZERO)));
        clock.advance(Duration::from_secs(2));
        clock.set_wall(Moment(500));
        assert_eq!((clock.now(), clock.mono()), (Moment(500), Mono(Duration::from_secs(2))));
    }

    #[test]
    fn the_system_clock_is_in_this_century_and_never_goes_backwards() {
        let clock = SystemClock::start();
        let first = clock.mono();
        assert!(clock.now() > Moment(1_700_000_000_000));
        assert!(clock.mono() >= first);
    }

    #[test]
    fn a_clock_set_ahead_shows_a_later_time_and_measures_the_same_spans() {
        let day = Duration::from_secs(24 * 3600);
        let (clock, later) = (SystemClock::start(), SystemClock::set_ahead(day));
        assert!(later.now() >= clock.now().plus(day - Duration::from_secs(60)));
        assert!(later.mono() < Mono(day));
    }

    #[test]
    fn seeded_chance_repeats_and_system_chance_does_not() {
        let (one, two) = (SeededChance::new(7), SeededChance::new(7));
        let numbers: Vec<u64> = (0..3).map(|_| one.number()).collect();
        assert_eq!(numbers, (0..3).map(|_| two.number()).collect::<Vec<_>>());
        assert_ne!(numbers[0], numbers[1]);
        assert_ne!(SystemChance.number(), SystemChance.number());
    }
}
