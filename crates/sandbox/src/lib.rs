//! A pretended outside world for tests and the demo: JOOR v4, Shopify's Admin GraphQL API and a mail server, all on
//! loopback, with state, rules and scripted faults. It shares no type with the program and imports none of its crates.

pub mod clock;
pub mod faults;
pub mod joor;
pub mod mailbox;
pub mod server;
