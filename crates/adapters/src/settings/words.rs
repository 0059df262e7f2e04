//! The words of every choice in a settings document. One table serves reading, writing and the schema.

use domain::settings::{
    AfterReapproval, ItemKey, Payment, ReportMode, ScarceOrder, Splitting, StockMode, TaxOtherwise,
};

/// How an order arrives, before its location is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FulfilmentWord {
    Unfulfilled,
    Fulfilled,
    AssignedFulfilled,
    Assigned,
}

pub type Words<T> = &'static [(&'static str, T)];

pub const REPORT: Words<ReportMode> =
    &[("all", ReportMode::All), ("success_only", ReportMode::SuccessOnly), ("none", ReportMode::None)];
pub const FULFILMENT: Words<FulfilmentWord> = &[
    ("unfulfilled", FulfilmentWord::Unfulfilled),
    ("fulfilled", FulfilmentWord::Fulfilled),
    ("assigned_fulfilled", FulfilmentWord::AssignedFulfilled),
    ("assigned", FulfilmentWord::Assigned),
];
pub const PAYMENT: Words<Payment> = &[("pending", Payment::Pending), ("paid", Payment::Paid)];
pub const STOCK: Words<StockMode> = &[
    ("require", StockMode::Require),
    ("follow_policy", StockMode::FollowPolicy),
    ("always_claim", StockMode::AlwaysClaim),
    ("bypass", StockMode::Bypass),
];
pub const SCARCE: Words<ScarceOrder> =
    &[("approval", ScarceOrder::Approval), ("ship_window", ScarceOrder::ShipWindow)];
pub const ITEM_KEY: Words<ItemKey> = &[
    ("upc_variant_id", ItemKey::UpcVariantId),
    ("external_variant_id", ItemKey::ExternalVariantId),
    ("sku", ItemKey::Sku),
    ("barcode", ItemKey::Barcode),
];
pub const SPLITTING: Words<Splitting> = &[("hold", Splitting::Hold), ("split", Splitting::Split)];
pub const AFTER_REAPPROVAL: Words<AfterReapproval> = &[
    ("ask", AfterReapproval::Ask),
    ("export", AfterReapproval::Export),
    ("ignore", AfterReapproval::Ignore),
];
pub const OTHERWISE: Words<TaxOtherwise> = &[("hold", TaxOtherwise::Hold), ("none", TaxOtherwise::None)];

pub fn words<T>(table: Words<T>) -> Vec<&'static str> {
    table.iter().map(|(word, _)| *word).collect()
}

pub fn word_of<T: PartialEq>(table: Words<T>, value: &T) -> &'static str {
    table
        .iter()
        .find(|(_, candidate)| candidate == value)
        .map(|(word, _)| *word)
        .expect("every variant stands in its table, which a test walks")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A variant missing from its table would make writing panic, so the number of words is pinned to the enum.
    #[test]
    fn every_choice_has_a_word() {
        for value in [StockMode::Require, StockMode::FollowPolicy, StockMode::AlwaysClaim, StockMode::Bypass]
        {
            assert!(!word_of(STOCK, &value).is_empty());
        }
        for value in [ItemKey::UpcVariantId, ItemKey::ExternalVariantId, ItemKey::Sku, ItemKey::Barcode] {
            assert!(!word_of(ITEM_KEY, &value).is_empty());
        }
        for value in [AfterReapproval::Ask, AfterReapproval::Export, AfterReapproval::Ignore] {
            assert!(!word_of(AFTER_REAPPROVAL, &value).is_empty());
        }
        for value in [ReportMode::All, ReportMode::SuccessOnly, ReportMode::None] {
            assert!(!word_of(REPORT, &value).is_empty());
        }
        for value in [Payment::Pending, Payment::Paid] {
            assert!(!word_of(PAYMENT, &value).is_empty());
        }
        for value in [ScarceOrder::Approval, ScarceOrder::ShipWindow] {
            assert!(!word_of(SCARCE, &value).is_empty());
        }
        for value in [Splitting::Hold, Splitting::Split] {
            assert!(!word_of(SPLITTING, &value).is_empty());
        }
        for value in [TaxOtherwise::Hold, TaxOtherwise::None] {
            assert!(!word_of(OTHERWISE, &value).is_empty());
        }
    }
}
