//! Journeys of people at the console: a real browser at the real program, between the same JOOR, Shopify and mailbox as
//! in the stories. What pages say word by word is a matter of the stories; here is judged what only a browser can tell:
//! that a person gets there with a mouse, with keys alone, without script and on a phone, and that pages come alive.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

#[path = "../harness/mod.rs"]
#[allow(dead_code, unused_imports, reason = "made for the stories, which use all of it")]
mod harness;
mod journeys;
mod pages;
mod walk;
mod window;
