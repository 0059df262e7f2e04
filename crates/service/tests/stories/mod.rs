//! The stories, by what they are about.

mod after;
mod connections;
mod customers;
mod demo;
mod export;
mod items;
mod joor_oddities;
mod mails;
mod mended;
mod money;
mod patience;
mod protocol;
mod re_export;
mod reports;
mod running;
mod settings;
mod start;
mod stock;
mod texts;
