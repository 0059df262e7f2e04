//! Who drives the cycles. An engine only gives liveness; safety is the ledger's. Not here: what a cycle does.

mod alarm;
mod broken;
mod embedded;
mod once;

pub use alarm::{Alarms, Watched, silent_since};
pub use broken::{tell, told};
pub use embedded::{Ended, Stopped, run};
pub use once::{Attempt, Once, Refused, once, one_cycle};
