//! The adapters against doubles and the sandbox: one module for each room.

mod http;
mod joor;
mod ledger;
mod post;
mod settings;
mod shopify;
