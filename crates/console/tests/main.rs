//! Every page with sample data. Set `CONSOLE_PAGES` to a folder to have the pages written there.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers included")]

mod pages;
mod samples;
