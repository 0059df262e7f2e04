//! What is true of orders, money, stock, customers, settings and exports.
//!
//! Everything here is pure and synchronous: no async, no sockets, no clock, no SQL, no serialisation, and no field
//! name of JOOR or Shopify. Time and chance come in as arguments.

pub mod cycle;
pub mod ids;
pub mod money;
pub mod orders;
pub mod problem;
pub mod settings;
pub mod time;
