//! The sandbox proves itself: over real sockets, without the program.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

mod brand;
mod joor;
mod mailbox;
mod shopify;
