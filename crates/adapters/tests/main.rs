//! The adapters against doubles and the sandbox: one module for each room.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers included")]

mod http;
mod joor;
mod ledger;
mod outside;
mod post;
mod post_tls;
mod settings;
mod shopify;
mod tls_mail;
