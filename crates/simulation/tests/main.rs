//! Deaths at many points, and simulated days.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod bench;
mod crash;
mod months;
