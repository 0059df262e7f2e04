//! What is true of wholesale orders on their way into a shop: the order, its checks, its draft, and the life of its
//! export. Not here: how an order is read, sent or stored.

pub mod order;
pub mod shelf;
pub mod note;
pub mod lines;
pub mod stock;
pub mod address;
pub mod customer;
pub mod discount;
pub mod tax;
pub mod draft;
pub mod texts;
pub mod parts;
pub mod decide;
pub mod export;
pub mod reexport;
pub mod equation;
