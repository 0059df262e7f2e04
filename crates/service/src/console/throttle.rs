//! Guessing passwords is slow: after some failures a name, and the place that guesses, have to wait longer and longer.
//! The ledger remembers failures of people who exist; this remembers the rest, for as long as the process lives.

use domain::time::Moment;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Failures that cost nothing.
const FREE: u32 = 4;
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// Who has not failed for this long begins anew.
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);
const REMEMBERED_MAX: usize = 10_000;

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Moment,
}

#[derive(Debug, Default)]
pub struct Throttle {
    failed: Mutex<HashMap<String, Failures>>,
}

/// How long somebody with so many failures waits after the last one.
pub fn wait_after(failures: u32) -> Duration {
    match failures.checked_sub(FREE) {
        None | Some(0) => Duration::ZERO,
        Some(more) => FIRST.saturating_mul(1 << (more - 1).min(10)).min(LONGEST),
    }
}

impl Throttle {
    /// `Some`: not before then.
    pub fn locked_until(&self, who: &str, now: Moment) -> Option<Moment> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = failed.get(who)?;
        let until = failures.last.plus(wait_after(failures.count));
        (until > now).then_some(until)
    }

    pub fn note_failure(&self, who: &str, now: Moment) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= REMEMBERED_MAX {
            failed.retain(|_, failures| failures.last.plus(FORGOTTEN) > now);
        }
        if failed.len() >= REMEMBERED_MAX {
            // A flood of names that nobody could keep: all of them begin anew.
            failed.clear();
        }
        let entry = failed.entry(who.to_owned()).or_insert(Failures { count: 0, last: now });
        if entry.last.plus(FORGOTTEN) <= now {
            entry.count = 0;
        }
        entry.count = entry.count.saturating_add(1);
        entry.last = now;
    }

    pub fn forget(&self, who: &str) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).remove(who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_becomes_slower_and_slower_and_is_forgotten() {
        let throttle = Throttle::default();
        let mut now = Moment(1_000_000);
        for _ in 0..FREE {
            assert_eq!(throttle.locked_until("ada", now), None);
            throttle.note_failure("ada", now);
        }
        let mut before = Duration::ZERO;
        for _ in 0..12 {
            throttle.note_failure("ada", now);
            let until = throttle.locked_until("ada", now).expect("has to wait");
            let wait = Duration::from_millis(u64::try_from(until.0 - now.0).unwrap());
            assert!(wait >= before && wait <= LONGEST, "{wait:?} after {before:?}");
            before = wait;
            now = until;
        }
        assert_eq!(before, LONGEST);
        assert_eq!(throttle.locked_until("somebody else", now), None);
        throttle.note_failure("ada", now.plus(FORGOTTEN));
        assert_eq!(throttle.locked_until("ada", now.plus(FORGOTTEN)), None);
    }
}
