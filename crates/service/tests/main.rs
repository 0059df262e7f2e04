//! Stories through the front door: the real program as a child process, between a JOOR, a Shopify and a mailbox that run
//! here over loopback HTTP and SMTP. The harness says how a world is made and looked at; each file of stories is a
//! sentence group of the mission. Nothing of the program is called as a library.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod harness;
mod promises;
mod reference;
mod stories;
#[path = "../../adapters/tests/tls_mail.rs"]
mod tls_mail;
