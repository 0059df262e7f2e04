//! JOOR's request credits, counted before a request leaves, so that this program never runs into a 429 by itself.
//! No request is sent here.

use crate::http::Answer;
use domain::time::{Moment, Mono};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What a request costs in JOOR: a read 1, a write 5 [D].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    Read,
    /// A read before or after a report; it may use what is kept for reports.
    ReadToReport,
    Write,
}

impl Cost {
    pub fn credits(self) -> u32 {
        match self {
            Cost::Read | Cost::ReadToReport => 1,
            Cost::Write => 5,
        }
    }
}

/// The rules of the account's window; JOOR's are 300 credits in 300 s from the first request, all back at once [D].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub credits: u32,
    pub window: Duration,
    /// Other reads leave this many credits, so that results can still be reported: a bulk write, read before and after.
    pub reserve: u32,
}

impl Default for Quota {
    fn default() -> Quota {
        Quota { credits: 300, window: Duration::from_secs(300), reserve: 10 }
    }
}

/// The credits of every account that this process talks to: all clients of one account count together, however often a
/// client is made anew.
#[derive(Clone, Debug, Default)]
pub struct Accounts(Arc<Mutex<BTreeMap<String, Shared>>>);

pub(super) type Shared = Arc<Mutex<Credits>>;

impl Accounts {
    /// `account` names the account at its address.
    pub(super) fn of(&self, account: String, quota: Quota) -> Shared {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.entry(account).or_insert_with(|| Arc::new(Mutex::new(Credits::new(quota)))).clone()
    }
}

/// Our window and JOOR's begin at different ends of the same request. Around the seam what is spent counts in both
/// windows, since it is not known in which one JOOR counts it.
const SEAM: Duration = Duration::from_secs(2);

/// The account's window as seen from here. Other programs of the same account are seen only through answers.
#[derive(Debug)]
pub struct Credits {
    quota: Quota,
    window: Option<Window>,
    /// Set by a 429: nothing is sent before.
    closed_until: Option<Mono>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    ends: Mono,
    spent: u32,
    /// Of `spent`, what was spent at the seam.
    at_seam: u32,
}

impl Credits {
    pub fn new(quota: Quota) -> Credits {
        Credits { quota, window: None, closed_until: None }
    }

    /// Takes the credits of one request, or says how long to wait.
    pub fn take(&mut self, cost: Cost, now: Mono) -> Result<(), Duration> {
        if let Some(until) = self.closed_until {
            if now < until {
                return Err(until.since(now));
            }
            self.closed_until = None;
        }
        let mut window = self.current(now);
        let limit = match cost {
            Cost::Read => self.quota.credits.saturating_sub(self.quota.reserve),
            Cost::ReadToReport | Cost::Write => self.quota.credits,
        };
        if window.spent.saturating_add(cost.credits()) > limit {
            self.window = Some(window);
            return Err(window.ends.since(now));
        }
        window.spent += cost.credits();
        if window.ends.since(now) <= SEAM * 2 {
            window.at_seam += cost.credits();
        }
        self.window = Some(window);
        Ok(())
    }

    fn current(&self, now: Mono) -> Window {
        let ends = Mono(now.0 + self.quota.window + SEAM);
        match self.window {
            None => Window { ends, spent: 0, at_seam: 0 },
            Some(window) if now >= window.ends => Window { ends, spent: window.at_seam, at_seam: 0 },
            Some(window) => window,
        }
    }

    /// Learns from an answer what the account has left: other programs may use the same account.
    pub fn learn(&mut self, answer: &Answer, now: Mono, wall: Moment) {
        let told = Told::read(answer, wall);
        let Some(window) = &mut self.window else { return };
        if let Some(left) = told.left {
            window.spent = window.spent.max(self.quota.credits.saturating_sub(left));
        }
        // Only ever shortened: a longer wait than JOOR's documented window would be our misreading.
        if let Some(reset) = told.reset {
            window.ends = window.ends.min(Mono(now.0 + reset + SEAM));
        }
    }

    /// JOOR said 429: closed until it says, or until the window's end. Returns the wait.
    pub fn refused(&mut self, retry_after: Option<Duration>, now: Mono) -> Duration {
        let rest = self.current(now).ends.since(now);
        // A 429 in a window that we hardly used means that JOOR's window is another one than ours.
        let wait = retry_after.unwrap_or(rest).max(Duration::from_secs(1));
        self.closed_until = Some(Mono(now.0 + wait));
        self.window = None;
        wait
    }
}

/// What the throttling headers say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    left: Option<u32>,
    reset: Option<Duration>,
}

impl Told {
    /// JOOR documents that such headers exist and names only `X-Throttling-Account-Id`; the names below are inferred
    /// from its prefix [I]. What does not parse is not believed.
    fn read(answer: &Answer, wall: Moment) -> Told {
        let number = |name: &str| answer.header(name).and_then(|text| text.trim().parse::<u64>().ok());
        let left = number("x-throttling-remaining").and_then(|left| u32::try_from(left).ok());
        let reset = number("x-throttling-reset").and_then(|reset| match reset {
            0..=300 => Some(Duration::from_secs(reset)),
            // Seconds since 1970, in this century.
            1_000_000_000..=9_999_999_999 => {
                let at = Moment(i64::try_from(reset).ok()?.saturating_mul(1000));
                Some(at.since(answer.date().unwrap_or(wall)))
            }
            301..=999_999_999 | 10_000_000_000.. => None,
        });
        Told { left, reset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono(Duration::from_secs(seconds))
    }

    fn answer(pairs: &[(&str, &str)]) -> Answer {
        let headers = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Answer { status: 200, headers, body: Vec::new() }
    }

    #[test]
    fn clients_of_one_account_count_together_and_others_apart() {
        let accounts = Accounts::default();
        let take = |account: &str| {
            let credits = accounts.clone().of(account.to_owned(), Quota::default());
            credits.lock().unwrap().take(Cost::Read, at(10))
        };
        for _ in 0..145 {
            take("a").unwrap();
            take("a").unwrap();
        }
        assert!(take("a").is_err(), "a client that is made anew has no credits of its own");
        assert!(take("b").is_ok());
    }

    #[test]
    fn a_window_holds_300_credits_and_reads_leave_room_for_reports() {
        let mut credits = Credits::new(Quota::default());
        for _ in 0..290 {
            credits.take(Cost::Read, at(10)).unwrap();
        }
        assert_eq!(credits.take(Cost::Read, at(20)), Err(Duration::from_secs(292)));
        credits.take(Cost::Write, at(20)).unwrap();
        credits.take(Cost::Write, at(20)).unwrap();
        assert_eq!(credits.take(Cost::Write, at(20)), Err(Duration::from_secs(292)));
        assert!(credits.take(Cost::Read, at(312)).is_ok(), "all credits are back at the next window");
    }

    #[test]
    fn credits_spent_at_the_seam_count_in_both_windows() {
        let mut credits = Credits::new(Quota::default());
        credits.take(Cost::Read, at(0)).unwrap();
        for _ in 0..100 {
            credits.take(Cost::Read, at(299)).unwrap();
        }
        for _ in 0..190 {
            credits.take(Cost::Read, at(303)).unwrap();
        }
        assert!(credits.take(Cost::Read, at(303)).is_err());
    }

    #[test]
    fn a_refusal_closes_until_it_says_or_until_the_window_ends() {
        let mut credits = Credits::new(Quota::default());
        credits.take(Cost::Read, at(0)).unwrap();
        assert_eq!(credits.refused(Some(Duration::from_secs(40)), at(10)), Duration::from_secs(40));
        assert_eq!(credits.take(Cost::Write, at(20)), Err(Duration::from_secs(30)));
        assert!(credits.take(Cost::Write, at(50)).is_ok());
        assert_eq!(credits.refused(None, at(60)), Duration::from_secs(292));
    }

    #[test]
    fn headers_tell_what_others_spent_and_nonsense_is_not_believed() {
        let mut credits = Credits::new(Quota::default());
        credits.take(Cost::Read, at(0)).unwrap();
        for nonsense in ["", "-1", "many", "12345678901234567890123"] {
            credits.learn(&answer(&[("x-throttling-remaining", nonsense)]), at(0), Moment(0));
        }
        assert!(credits.take(Cost::Read, at(0)).is_ok());
        credits.learn(
            &answer(&[("x-throttling-remaining", "3"), ("x-throttling-reset", "60")]),
            at(1),
            Moment(0),
        );
        assert_eq!(credits.take(Cost::Write, at(1)), Err(Duration::from_secs(62)));
        assert_eq!(Told::read(&answer(&[("x-throttling-reset", "1000030")]), Moment(0)).reset, None);
        let dated = answer(&[("x-throttling-reset", "1700000030")]);
        assert_eq!(Told::read(&dated, Moment(1_700_000_000_000)).reset, Some(Duration::from_secs(30)));
    }
}
