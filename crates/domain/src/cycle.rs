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

/// A cycle starts one interval after the last one started, and at once if that time is over.
pub fn next_cycle(started: Moment, now: Moment, interval: Duration) -> Moment {
    started.plus(interval).max(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_grows_and_stays_within_a_fifth() {
        for (tries, base) in [(1, 30), (2, 60), (4, 300), (8, 3600), (50, 3600)] {
            let low = back_off(tries, 0).as_secs();
            let high = back_off(tries, u32::MAX).as_secs();
            assert_eq!((low, high), (base * 4 / 5, base * 6 / 5), "{tries}");
        }
    }
}
