//! Everything that talks to something: JOOR, Shopify, the ledger, mail, the clock, key files, settings files,
//! passwords; and [`witness`], which tells what was said meanwhile.
//!
//! Each outside is a port in [`ports`] with few verbs in the words of the domain. Field names of JOOR and Shopify stay
//! in their `wire.rs`, SQL stays in `ledger`, HTTP stays in `http.rs`. No decision about an order is taken here.

pub mod clock;
pub mod http;
pub mod joor;
pub mod ledger;
pub mod passwords;
pub mod ports;
pub mod post;
pub mod settings;
pub mod shopify;
pub mod vault;
pub mod witness;
