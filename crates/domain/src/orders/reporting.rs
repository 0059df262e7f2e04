//! What JOOR should hold about an order, and whether that may be written now. Reports are not queued: what is wanted is
//! computed from the exports each time and compared with what JOOR holds.

use crate::orders::export::{Export, State};
use crate::orders::order::{ExportState, OrderStatus};
use crate::orders::reexport::Ours;
use crate::problem::{Problem, Severity, Told, joor_description};
use crate::settings::ReportMode;

/// The result and its words.
pub type Wanted = (ExportState, String);

/// What JOOR holds of an order's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub status: OrderStatus,
    pub export_state: Option<ExportState>,
    pub description: String,
}

/// What to do about a wanted report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// JOOR shows it already.
    There,
    /// Write it, repeating this status.
    Write(OrderStatus),
    Wait(String),
    Ask(Problem),
}

/// The generation that people and JOOR should see as the export: the current one, or, if that one was given up, the
/// last one before it that is in Shopify.
pub fn shown_generation(current: u32, exports: &[&Export]) -> u32 {
    let of = |generation| exports.iter().filter(move |export| export.key.generation.0 == generation);
    let given_up = current > 1
        && of(current).next().is_some()
        && of(current).all(|export| export.state == State::GivenUp);
    if !given_up {
        return current;
    }
    let exported = exports.iter().filter(|export| matches!(export.state, State::Exported { .. }));
    exported.map(|export| export.key.generation.0).max().unwrap_or(current)
}

/// What JOOR should hold about an order whose current generation is `current`; `None`: nothing is to be written.
pub fn wanted(current: u32, exports: &[&Export], open: &[Told], mode: ReportMode) -> Option<Wanted> {
    let generation = shown_generation(current, exports);
    let mut shown: Vec<&&Export> =
        exports.iter().filter(|export| export.key.generation.0 == generation).collect();
    // Parts that an edit made needless before they left.
    shown.retain(|export| export.key.part.0 == 1 || export.state != State::Skipped);
    let names: Vec<&str> =
        shown.iter().filter_map(|export| export.state.shop_order().map(|(_, name)| name)).collect();
    match mode {
        ReportMode::None => None,
        ReportMode::All | ReportMode::SuccessOnly if !names.is_empty() && names.len() == shown.len() => {
            Some((ExportState::Success, success_words(&names)))
        }
        ReportMode::SuccessOnly => None,
        ReportMode::All => {
            // Without any export it is held too: its number can stand in no token.
            let held = shown.is_empty() || shown.iter().any(|export| export.state == State::Held);
            let worst =
                open.iter().filter(|told| told.severity == Severity::Blocker).min_by_key(|told| told.code)?;
            held.then(|| (ExportState::Failed, joor_description(worst)))
        }
    }
}

const SUCCESS_BEGINS: &str = "Shopify order ";

fn success_words(names: &[&str]) -> String {
    format!("{SUCCESS_BEGINS}{}", names.join(", "))
}

/// A SUCCESS in the form of ours.
pub fn reads_like_ours(words: &str) -> bool {
    words.starts_with(SUCCESS_BEGINS)
}

/// Our SUCCESS about the generation that people and JOOR see, and about those before it.
pub fn ours(current: u32, exports: &[&Export]) -> Ours {
    let shown = shown_generation(current, exports);
    let words = |generation: u32| {
        let parts = exports.iter().filter(|export| export.key.generation.0 == generation);
        let names: Vec<&str> =
            parts.filter_map(|export| export.state.shop_order().map(|(_, name)| name)).collect();
        (!names.is_empty()).then(|| success_words(&names))
    };
    let wanted = wanted(current, exports, &[], ReportMode::SuccessOnly);
    Ours {
        words: wanted.map(|(_, words)| words).unwrap_or_default(),
        earlier: (1..shown).filter_map(words).collect(),
    }
}

/// May this write repeat a SUCCESS that arrived? Then it may be gone because a person set the order to re-export.
/// `is_of_earlier`: the wanted report is that of an earlier generation, since the current one was given up.
pub fn repeats_success(wanted: &Wanted, tries: u32, in_flight: bool, is_of_earlier: bool) -> bool {
    wanted.0 == ExportState::Success && (tries > 0 || in_flight || is_of_earlier)
}

/// What to do about `wanted` where JOOR holds `mark`. `decided_on`: the status that the ledger knows. `gone`: for a
/// report that repeats a SUCCESS, the name of a Shopify order that does not stand any more.
pub fn next_write(wanted: &Wanted, mark: &Mark, decided_on: &str, gone: Option<String>) -> Next {
    let (state, description) = wanted;
    if mark.export_state == Some(*state) && mark.description == *description {
        return Next::There;
    }
    match &mark.status {
        OrderStatus::Approved | OrderStatus::Shipped if mark.status.word() == decided_on => {}
        other => return Next::Wait(format!("the order is {} in JOOR now", other.word())),
    }
    match (*state, mark.export_state) {
        (ExportState::Failed, Some(ExportState::Success)) => {
            return Next::Wait("JOOR shows the order as exported, which is not ours to overwrite".to_owned());
        }
        // It may be a success, and FAILED is what opens an export.
        (ExportState::Failed, None) => {
            return Next::Wait("nobody can say whether JOOR shows the order as exported".to_owned());
        }
        (ExportState::Failed, Some(ExportState::Undefined | ExportState::Failed))
        | (ExportState::Undefined | ExportState::Success, _) => {}
    }
    match gone {
        Some(shop_order) => Next::Ask(Problem::ChgShopifyCancelled { shop_order }),
        None => Next::Write(mark.status.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(status: OrderStatus, export_state: Option<ExportState>, description: &str) -> Mark {
        Mark { status, export_state, description: description.to_owned() }
    }

    #[test]
    fn a_report_is_written_only_over_what_was_decided_on() {
        use ExportState::{Failed, Success, Undefined};
        use OrderStatus::{Approved, Pending, Shipped};
        let success = (Success, "Shopify order #1".to_owned());
        let failed = (Failed, "held".to_owned());
        let gone = || Some("#1".to_owned());
        let word = |next: Next| match next {
            Next::There => "there",
            Next::Write(_) => "write",
            Next::Wait(_) => "wait",
            Next::Ask(_) => "ask",
        };
        for (wanted, mark, gone, expected) in [
            (&success, mark(Approved, Some(Undefined), ""), None, "write"),
            (&success, mark(Approved, None, ""), None, "write"),
            (&success, mark(Approved, Some(Success), "Shopify order #1"), gone(), "there"),
            (&success, mark(Pending, Some(Success), "Shopify order #1"), None, "there"),
            (&success, mark(Approved, Some(Success), "something else"), None, "write"),
            (&success, mark(Shipped, Some(Undefined), ""), None, "wait"),
            (&success, mark(Pending, Some(Undefined), ""), None, "wait"),
            (&success, mark(Approved, Some(Undefined), ""), gone(), "ask"),
            (&failed, mark(Approved, Some(Success), ""), None, "wait"),
            (&failed, mark(Approved, None, ""), None, "wait"),
            (&failed, mark(Approved, Some(Undefined), ""), None, "write"),
            (&failed, mark(Approved, Some(Failed), "another reason"), None, "write"),
        ] {
            let next = next_write(wanted, &mark, "approved", gone);
            assert_eq!(word(next), expected, "{wanted:?} {mark:?}");
        }
        for (wanted, tries, in_flight, is_of_earlier, expected) in [
            (&success, 0, false, false, false),
            (&success, 1, false, false, true),
            (&success, 0, true, false, true),
            (&success, 0, false, true, true),
            (&failed, 3, true, true, false),
        ] {
            assert_eq!(repeats_success(wanted, tries, in_flight, is_of_earlier), expected, "{wanted:?}");
        }
    }
}
