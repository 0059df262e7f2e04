//! The demo's time: the machine's clock, and leaps over everything that would only be waited for. The program and the
//! pretended services leap together, so that none of them can tell.

use adapters::clock::SystemClock;
use adapters::ports::Clock;
use domain::time::{Moment, Mono};
use sandbox::SandboxClock;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Clones tell the same time.
#[derive(Clone)]
pub struct DemoClock {
    machine: SystemClock,
    leapt: Arc<Mutex<Duration>>,
    services: SandboxClock,
}

impl DemoClock {
    pub fn start(services: SandboxClock) -> DemoClock {
        DemoClock { machine: SystemClock::start(), leapt: Arc::default(), services }
    }

    /// Time passes at once, for the program and for the services.
    pub fn leap(&self, span: Duration) {
        *self.leapt.lock().unwrap_or_else(PoisonError::into_inner) += span;
        self.services.advance(span);
    }

    fn leapt(&self) -> Duration {
        *self.leapt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Moment {
        self.machine.now().plus(self.leapt())
    }

    fn mono(&self) -> Mono {
        Mono(self.machine.mono().0 + self.leapt())
    }
}
