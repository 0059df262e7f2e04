//! The ledger: the only truth about what was read, decided, sent and told. All SQL lives here.

pub mod records;
