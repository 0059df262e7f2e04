//! The program: cycles, mails, command line.

pub mod alerts;
