//! What is true of wholesale orders on their way into a shop: the order, its checks, its draft, and the life of its
//! export. Not here: how an order is read, sent or stored.

pub mod address;
pub mod customer;
pub mod decide;
pub mod discount;
pub mod draft;
pub mod equation;
pub mod export;
pub mod lines;
pub mod linked;
pub mod looking;
pub mod note;
pub mod order;
pub mod parts;
pub mod proof;
pub mod reexport;
pub mod reporting;
pub mod shelf;
pub mod start;
pub mod stock;
pub mod tax;
pub mod texts;
