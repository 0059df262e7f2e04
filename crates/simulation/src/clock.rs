//! Stopped time: the services and the program share it, and it moves only when somebody waits. The program's wall clock
//! may be wrong; its monotonic clock starts anew with each process.

use adapters::ports::Clock;
use domain::time::{Moment, Mono};
use futures::future::BoxFuture;
use jiff::Timestamp;
use sandbox::SandboxClock;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct SimClock {
    services: SandboxClock,
    hands: Arc<Mutex<Hands>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Hands {
    /// All the time that ever passed.
    passed: Duration,
    /// What had passed when the process started.
    started: Duration,
    /// How far the program's wall clock is ahead of everybody else's, in milliseconds.
    skew: i64,
}

impl SimClock {
    pub fn stopped_at(moment: Timestamp) -> SimClock {
        SimClock { services: SandboxClock::stopped_at(moment), hands: Arc::default() }
    }

    /// The same time as the services tell it.
    pub fn services(&self) -> SandboxClock {
        self.services.clone()
    }

    /// The true time.
    pub fn true_now(&self) -> Timestamp {
        self.services.now()
    }

    /// Time passes for everybody.
    pub fn pass(&self, span: Duration) {
        self.services.advance(span);
        self.lock().passed += span;
    }

    /// A new process: its monotonic clock begins at zero.
    pub fn restart(&self) {
        let mut hands = self.lock();
        hands.started = hands.passed;
    }

    /// Somebody sets the clock of the program's machine, ahead or back.
    pub fn set_skew(&self, milliseconds: i64) {
        self.lock().skew = milliseconds;
    }

    fn lock(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SimClock {
    fn now(&self) -> Moment {
        Moment(self.services.now().as_millisecond().saturating_add(self.lock().skew))
    }

    fn mono(&self) -> Mono {
        let hands = self.lock();
        Mono(hands.passed.saturating_sub(hands.started))
    }

    fn wait(&self, span: Duration) -> BoxFuture<'_, ()> {
        self.pass(span);
        Box::pin(std::future::ready(()))
    }
}
