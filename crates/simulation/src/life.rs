//! The life of a process, which may end at any point where it touches something: before or after a call to the outside,
//! and before a transaction of the ledger. What is done after a record and before the next touch leaves no trace, so a
//! death after a record is one before whatever comes next. The work may also be broken off at such a point without a
//! death: then the same process does it again.

use adapters::ledger::Gate;
use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Counts the touches of a process and ends it at a planned one.
#[derive(Debug, Default)]
pub struct Life {
    state: Mutex<State>,
    death: Notify,
}

/// How the work at hand ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With the process.
    Death,
    /// In the middle, as by an error: the process lives, and what was not recorded is done again.
    BrokenOff,
}

#[derive(Debug, Default)]
struct State {
    /// Touches of this process.
    touches: u64,
    /// What was touched by all processes, in order, if anybody wants to know.
    seen: Option<Vec<String>>,
    /// The touch, counted from 1 within its process, at which each process dies; then nobody dies any more.
    deaths: VecDeque<u64>,
    /// Touches from now on at which the work is broken off; the same process begins it anew.
    breaks: VecDeque<u64>,
    /// Touches since the last break.
    since_break: u64,
    end: Option<End>,
}

impl Life {
    /// The first process dies at its first number of touches, the next one at the second number, and so on.
    pub fn plan(&self, deaths: &[u64]) {
        let mut state = self.lock();
        state.deaths = deaths.iter().copied().collect();
        state.touches = 0;
    }

    /// The work is broken off at its first number of touches from now, then at the second number after that, and so on.
    pub fn break_off_at(&self, touches: &[u64]) {
        let mut state = self.lock();
        state.breaks = touches.iter().copied().collect();
        state.since_break = 0;
    }

    /// Deaths that were planned and did not happen: the work was over before.
    pub fn outlived(&self) -> usize {
        self.lock().deaths.len()
    }

    /// From now on every touch is written down.
    pub fn write_down(&self) {
        self.lock().seen = Some(Vec::new());
    }

    pub fn seen(&self) -> Vec<String> {
        self.lock().seen.clone().unwrap_or_default()
    }

    /// Resolves when the work ends before its time.
    pub async fn ends(&self) {
        self.death.notified().await;
    }

    /// How it ended; a process that lives goes on.
    pub fn end(&self) -> End {
        let mut state = self.lock();
        let end = state.end.unwrap_or(End::Death);
        if end == End::BrokenOff {
            state.end = None;
        }
        end
    }

    /// A new process.
    pub fn rebirth(&self) {
        let mut state = self.lock();
        state.end = None;
        state.touches = 0;
    }

    /// Passes, or never returns.
    pub async fn touch(&self, what: impl FnOnce() -> String) {
        if self.ends_here(what) {
            std::future::pending::<()>().await;
        }
    }

    fn ends_here(&self, what: impl FnOnce() -> String) -> bool {
        let mut state = self.lock();
        if state.end.is_some() {
            return true;
        }
        state.touches += 1;
        state.since_break += 1;
        if let Some(seen) = &mut state.seen {
            seen.push(what());
        }
        if state.deaths.front() == Some(&state.touches) {
            state.deaths.pop_front();
            state.end = Some(End::Death);
        } else if state.breaks.front() == Some(&state.since_break) {
            state.breaks.pop_front();
            state.since_break = 0;
            state.end = Some(End::BrokenOff);
        } else {
            return false;
        }
        self.death.notify_one();
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Gate for Life {
    async fn open(&self) {
        self.touch(|| "ledger".to_owned()).await;
    }
}
