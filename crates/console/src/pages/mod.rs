//! The pages, one file each: the data that a page shows, and the template that shows it.

pub mod activity;
pub mod again;
pub mod confirm;
pub mod connections;
pub mod linking;
pub mod lone;
pub mod order;
pub mod orders;
pub mod overview;
pub mod pending;
pub mod people;
pub mod preview;
pub mod problems;
pub mod proof;
