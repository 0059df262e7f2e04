//! Who drives the cycles. An engine only gives liveness; safety is the ledger's. Not here: what a cycle does.

mod alarm;
mod embedded;
mod once;

pub use alarm::Alarms;
pub use embedded::run;
pub use once::{Once, once, one_cycle};
