//! The sandbox proves itself: over real sockets, without the program.

mod joor;
mod mailbox;
