//! The program: cycles, engines, mails, command line and demo. Rules of orders live in `domain`, everything that talks
//! to something lives in `adapters`.

pub mod alerts;
pub mod cli;
pub mod commands;
pub mod compose;
pub mod config;
pub mod console;
pub mod cycle;
pub mod demo;
pub mod doctor;
pub mod engine;
pub mod preview;
pub mod probe;
pub mod prove;
pub mod reference;
pub mod replace;
pub mod show;
pub mod trial_clock;
pub mod trial_death;
pub mod work;
