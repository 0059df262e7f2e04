//! The life of a connection, simulated: the real program with its real clients and a real ledger, in stopped time,
//! between the pretended services. A development tool; nothing of it is in the product.

pub mod bench;
pub mod clock;
pub mod crash;
pub mod habits;
pub mod life;
pub mod months;
pub mod outside;
pub mod post;
pub mod program;
pub mod world;
