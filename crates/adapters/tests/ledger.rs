//! The ledger on both databases: one suite for both, and what only a file or only a server can go through.

#[allow(clippy::duplicate_mod, reason = "the suite is told twice, and asks where it is")]
#[path = "ledger/suite.rs"]
mod on_postgres;
#[allow(clippy::duplicate_mod, reason = "the suite is told twice, and asks where it is")]
#[path = "ledger/suite.rs"]
mod on_sqlite;

mod file;
mod room;
mod server;
