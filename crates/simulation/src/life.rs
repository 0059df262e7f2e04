//! The life of a process, which may end at any point where it touches something: before or after a call to the outside,
//! and before a transaction of the ledger. What is done after a record and before the next touch leaves no trace, so a
//! death after a record is one before whatever comes next.

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

#[derive(Debug, Default)]
struct State {
    /// Touches of this process.
    touches: u64,
    /// What was touched by all processes, in order, if anybody wants to know.
    seen: Option<Vec<String>>,
    /// The touch, counted from 1 within its process, at which each process dies; then nobody dies any more.
    deaths: VecDeque<u64>,
    dead: bool,
}

impl Life {
    /// The first process dies at its first number of touches, the next one at the second number, and so on.
    pub fn plan(&self, deaths: &[u64]) {
        let mut state = self.lock();
        state.deaths = deaths.iter().copied().collect();
        state.touches = 0;
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

    /// Resolves when the process dies.
    pub async fn death(&self) {
        self.death.notified().await;
    }

    /// A new process.
    pub fn rebirth(&self) {
        let mut state = self.lock();
        state.dead = false;
        state.touches = 0;
    }

    /// Passes, or never returns.
    pub async fn touch(&self, what: impl FnOnce() -> String) {
        if self.dies(what) {
            std::future::pending::<()>().await;
        }
    }

    fn dies(&self, what: impl FnOnce() -> String) -> bool {
        let mut state = self.lock();
        if state.dead {
            return true;
        }
        state.touches += 1;
        if let Some(seen) = &mut state.seen {
            seen.push(what());
        }
        if state.deaths.front() != Some(&state.touches) {
            return false;
        }
        state.deaths.pop_front();
        state.dead = true;
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
