//! The small judgements of a cycle, pure: what a first sight of an order means, what JOOR should hold about it, what of
//! an exported order changed. Nothing here reads or writes.

use adapters::ledger::records::{ExportRecord, OrderRecord};
use adapters::ports::{BrokenRow, OrderRow};
use domain::ids::JoorOrderId;
use domain::money::Money;
use domain::orders::export::Export;
use domain::orders::order::{ExportState, Order, OrderStatus};
use domain::orders::reporting;
use domain::problem::{Problem, Told};
use domain::settings::ReportMode;
use domain::time::Moment;
use jiff::civil::Date;

/// What the first sight of an order means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstSight {
    /// Not this program's business: never approved, or approved and settled before the start.
    Ignore,
    /// To be checked.
    Open,
    /// Visible at once with this reason.
    Skipped(Problem),
    Held(Problem),
}

pub fn first_sight(order: &Order, start: Date) -> FirstSight {
    let before_start = order.approved.is_some_and(|day| day < start);
    match (&order.status, order.export_state) {
        (OrderStatus::Approved, Some(ExportState::Undefined | ExportState::Failed)) => FirstSight::Open,
        (OrderStatus::Approved | OrderStatus::Shipped, Some(ExportState::Success)) if before_start => {
            FirstSight::Ignore
        }
        (OrderStatus::Approved | OrderStatus::Shipped, Some(ExportState::Success)) => {
            FirstSight::Skipped(Problem::DupSecondExporter { description: order.export_description.clone() })
        }
        (OrderStatus::Approved, None) => FirstSight::Held(Problem::SrcBadPayload {
            field: "export_status".to_owned(),
            expected: "UNDEFINED, FAILED or SUCCESS".to_owned(),
            found: order.export_guess.map_or_else(
                || "nothing that can be read".to_owned(),
                |guess| format!("the number {}, which none of JOOR's lists explains", guess.number),
            ),
        }),
        (OrderStatus::Shipped, _) if before_start => FirstSight::Ignore,
        // Cancelled without ever having been approved.
        (OrderStatus::Cancelled, _) if before_start || order.approved.is_none() => FirstSight::Ignore,
        (OrderStatus::Shipped | OrderStatus::Cancelled, _) => {
            FirstSight::Skipped(Problem::OrdNotApproved { status: order.status.word().to_owned() })
        }
        (
            OrderStatus::InProgress | OrderStatus::Notes | OrderStatus::Pending | OrderStatus::Unknown(_),
            _,
        ) => FirstSight::Ignore,
    }
}

/// JOOR's mark, as far as anything may follow from it. A number counts as what it is taken for where JOOR's own filter says
/// the same: the order stands in that list and in no other one. Likewise where the ledger noted that state, which was
/// the same number then, or where JOOR shows the very words that we reported with it.
pub fn export_state(
    order: &Order,
    filtered: &[ExportState],
    known: Option<&OrderRecord>,
) -> Option<ExportState> {
    order.export_state.or_else(|| {
        let state = order.export_guess?.state;
        let ours = |record: &OrderRecord| {
            let reported = record.reported.as_ref();
            reported.is_some_and(|(told, words)| *told == state && *words == order.export_description)
        };
        let noted = |record: &OrderRecord| record.export_state == export_state_word(Some(state));
        let borne_out = filtered == [state] || known.is_some_and(|record| noted(record) || ours(record));
        borne_out.then_some(state)
    })
}

/// A SUCCESS on an order that is to be exported once more, in words that are not our own report of an earlier export:
/// somebody else exported it meanwhile.
pub fn marked_by_somebody_else(order: &Order, exports: &[ExportRecord]) -> Option<Problem> {
    let description = &order.export_description;
    let ours = |row: &ExportRecord| {
        row.export.state.shop_order().is_some_and(|(_, name)| description.contains(name))
    };
    let foreign = order.export_state == Some(ExportState::Success)
        && !description.trim().is_empty()
        && !exports.iter().any(ours);
    foreign.then(|| Problem::DupSecondExporter { description: description.clone() })
}

/// The ledger's row for an order as just read; what only the ledger knows is kept from `old`.
pub fn record_of(row: &OrderRow, old: Option<&OrderRecord>, now: Moment) -> OrderRecord {
    let order = &row.order;
    let fresh = OrderRecord {
        head: row.raw.clone(),
        status: order.status.word().to_owned(),
        export_state: export_state_word(export_state(order, &[], old)).to_owned(),
        approved: order.approved,
        modified: order.modified,
        retailer: order.retailer.name.clone(),
        retailer_id: order.retailer.joor_id.clone(),
        po_number: order.po_number.clone(),
        linesheet: order.linesheet.name.clone(),
        ship_start: order.window_start,
        ship_end: order.window_end,
        ..OrderRecord::blank(order.id.clone(), now)
    };
    let Some(old) = old else { return fresh };
    OrderRecord {
        value: old.value,
        units: old.units,
        first_seen: old.first_seen,
        generation: old.generation,
        track: old.track.clone(),
        reported: old.reported.clone(),
        report_in_flight: old.report_in_flight,
        report_tries: old.report_tries,
        report_due: old.report_due,
        exported_content: old.exported_content.clone(),
        export_anyway: old.export_anyway,
        prices_confirmed: old.prices_confirmed,
        ..fresh
    }
}

/// A row for an order that could not be read: what the ledger knew stays, with the raw text of now.
pub fn record_of_broken(
    broken: &BrokenRow,
    id: &JoorOrderId,
    old: Option<&OrderRecord>,
    now: Moment,
) -> OrderRecord {
    let status = broken.status.as_ref().map(|status| status.word().to_owned()).unwrap_or_default();
    let blank = || OrderRecord::blank(id.clone(), now);
    let known = old.cloned().unwrap_or_else(blank);
    let export_state = match known.export_state.as_str() {
        "" => export_state_word(broken.export_state).to_owned(),
        noted => noted.to_owned(),
    };
    OrderRecord { head: broken.raw.clone(), status, export_state, last_seen: now, ..known }
}

pub fn export_state_word(state: Option<ExportState>) -> &'static str {
    match state {
        Some(ExportState::Undefined) => "undefined",
        Some(ExportState::Failed) => "failed",
        Some(ExportState::Success) => "success",
        None => "",
    }
}

/// Does the fresh row say anything that the stored one does not? The time of reading alone is no news.
pub fn is_news(fresh: &OrderRecord, old: &OrderRecord) -> bool {
    let old = OrderRecord { last_seen: fresh.last_seen, ..old.clone() };
    *fresh != old
}

/// The generation that people and JOOR should see as the export.
pub fn shown_generation(record: &OrderRecord, exports: &[ExportRecord]) -> u32 {
    let exports: Vec<&Export> = exports.iter().map(|row| &row.export).collect();
    reporting::shown_generation(record.generation, &exports)
}

/// What JOOR should hold about an order; `None`: nothing is to be written. Why an order cannot be exported is not written
/// while it is not approved: its status is not ours, and waiting for it would never end.
pub fn wanted_report(
    record: &OrderRecord,
    exports: &[ExportRecord],
    open: &[Told],
    mode: ReportMode,
) -> Option<reporting::Wanted> {
    let exports: Vec<&Export> = exports.iter().map(|row| &row.export).collect();
    let wanted = reporting::wanted(record.generation, &exports, open, mode);
    wanted.filter(|(state, _)| may_be_written(record, *state))
}

/// Only to an approved or shipped order, and a failure only where JOOR surely shows no success: somebody else may have
/// written one, and FAILED is what opens an export. A row that could not be read has no status.
fn may_be_written(record: &OrderRecord, state: ExportState) -> bool {
    let approved = [OrderStatus::Approved.word(), OrderStatus::Shipped.word(), ""];
    let open = [ExportState::Undefined, ExportState::Failed].map(|state| export_state_word(Some(state)));
    let may_fail = open.contains(&record.export_state.as_str());
    approved.contains(&record.status.as_str()) && (state != ExportState::Failed || may_fail)
}

/// What could not be told to JOOR may be told now, and what waits may have another reason than the one that JOOR shows.
pub fn may_be_written_again(record: &OrderRecord, old: &OrderRecord) -> bool {
    let states = [ExportState::Success, ExportState::Failed];
    states.into_iter().any(|state| may_be_written(record, state) && !may_be_written(old, state))
}

/// Sum of the totals of an order's exported parts, if they are of one currency.
pub fn exported_total(exports: &[ExportRecord]) -> Option<Money> {
    let totals: Vec<Money> = exports.iter().filter_map(|row| row.total).collect();
    let first = totals.first()?;
    let same = totals.iter().all(|total| total.currency == first.currency);
    same.then(|| Money::new(totals.iter().map(|total| total.amount).sum(), first.currency))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{ExportKey, Generation, JoorOrderId, Part, ShopOrderId, Token};
    use domain::orders::export::State;
    use domain::orders::order::ExportGuess;

    fn order(status: OrderStatus, export_state: Option<ExportState>, approved: &str) -> Order {
        let mut order = domain::orders::note::sample("7");
        order.status = status;
        order.export_state = export_state;
        order.approved = approved.parse().ok();
        order
    }

    #[test]
    fn first_sight_makes_every_approved_order_visible() {
        let start: Date = "2026-06-01".parse().unwrap();
        let after = "2026-06-02";
        let before = "2026-05-31";
        let sight = |status, state, day| first_sight(&order(status, state, day), start);
        let code = |sight: FirstSight| match sight {
            FirstSight::Ignore => "ignored".to_owned(),
            FirstSight::Open => "open".to_owned(),
            FirstSight::Skipped(problem) => format!("skipped {}", problem.code()),
            FirstSight::Held(problem) => format!("held {}", problem.code()),
        };
        for (status, state, day, expected) in [
            (OrderStatus::Approved, Some(ExportState::Undefined), after, "open"),
            (OrderStatus::Approved, Some(ExportState::Failed), after, "open"),
            (OrderStatus::Approved, Some(ExportState::Undefined), before, "open"),
            (OrderStatus::Approved, Some(ExportState::Success), after, "skipped DUP_SECOND_EXPORTER"),
            (OrderStatus::Approved, Some(ExportState::Success), before, "ignored"),
            (OrderStatus::Approved, None, after, "held SRC_BAD_PAYLOAD"),
            (OrderStatus::Shipped, Some(ExportState::Undefined), after, "skipped ORD_NOT_APPROVED"),
            (OrderStatus::Shipped, Some(ExportState::Undefined), before, "ignored"),
            (OrderStatus::Pending, Some(ExportState::Undefined), after, "ignored"),
            (OrderStatus::Cancelled, Some(ExportState::Undefined), after, "skipped ORD_NOT_APPROVED"),
            (OrderStatus::Cancelled, Some(ExportState::Undefined), before, "ignored"),
            (OrderStatus::Cancelled, Some(ExportState::Undefined), "never", "ignored"),
            (OrderStatus::Unknown("NEW".to_owned()), None, after, "ignored"),
        ] {
            assert_eq!(code(sight(status.clone(), state, day)), expected, "{status:?} {state:?} {day}");
        }
    }

    #[test]
    fn a_number_counts_only_where_joors_own_filter_or_the_ledger_says_the_same() {
        use ExportState::{Failed, Success, Undefined};
        let guessed = |number, state| {
            let mut order = order(OrderStatus::Approved, None, "2026-06-02");
            order.export_guess = Some(ExportGuess { number, state });
            order.export_description = "held [STOCK_SHORT]".to_owned();
            order
        };
        let noted = |word: &str| OrderRecord { export_state: word.to_owned(), ..record(1) };
        let reported = |state, words: &str| OrderRecord {
            reported: Some((state, words.to_owned())),
            ..noted("undefined")
        };
        let (undefined, failed) = (guessed(0, Undefined), guessed(2, Failed));
        for (order, filtered, known, expected) in [
            (&undefined, &[Undefined][..], None, Some(Undefined)),
            (&failed, &[Failed], None, Some(Failed)),
            // Modified lately, and in no list that says what the number is.
            (&undefined, &[], None, None),
            (&failed, &[], None, None),
            // The filter says otherwise, or it does nothing.
            (&failed, &[Undefined], None, None),
            (&undefined, &[Undefined, Failed], None, None),
            (&undefined, &[], Some(noted("undefined")), Some(Undefined)),
            (&undefined, &[], Some(noted("success")), None),
            (&failed, &[], Some(noted("undefined")), None),
            (&failed, &[], Some(noted("")), None),
            (&failed, &[], Some(reported(Failed, "held [STOCK_SHORT]")), Some(Failed)),
            (&failed, &[], Some(reported(Failed, "held [TAX_CONFLICT]")), None),
            (&failed, &[], Some(reported(Success, "held [STOCK_SHORT]")), None),
        ] {
            let found = export_state(order, filtered, known.as_ref());
            assert_eq!(found, expected, "{:?} {filtered:?} {known:?}", order.export_guess);
        }
        let word = order(OrderStatus::Approved, Some(Success), "2026-06-02");
        assert_eq!(export_state(&word, &[Undefined], None), Some(Success));
        let FirstSight::Held(problem) = first_sight(&failed, "2026-06-01".parse().unwrap()) else {
            panic!("a guess opens nothing")
        };
        assert!(problem.told("7").sentence.contains("but is \"the number 2, which"), "{problem:?}");
    }

    #[test]
    fn a_success_in_words_that_are_not_ours_stops_a_re_export() {
        let exports = [row(1, 1, exported("#1001")), row(2, 1, State::Ready)];
        let marked = |state, description: &str| {
            let mut order = order(OrderStatus::Approved, state, "2026-06-02");
            order.export_description = description.to_owned();
            marked_by_somebody_else(&order, &exports).map(|problem| problem.code())
        };
        let success = Some(ExportState::Success);
        assert_eq!(marked(success, "NetSuite 4711"), Some("DUP_SECOND_EXPORTER"));
        // A person asked for the re-export here: JOOR still shows our report of the first one.
        assert_eq!(marked(success, "Shopify order #1001"), None);
        assert_eq!(marked(success, ""), None);
        assert_eq!(marked(Some(ExportState::Undefined), "NetSuite 4711"), None);
    }

    fn row(generation: u32, part: u32, state: State) -> ExportRecord {
        let key =
            ExportKey { order: JoorOrderId::new("7"), generation: Generation(generation), part: Part(part) };
        let token = Token::new("sandbox", "1", &key).unwrap();
        super::super::discover::fresh_row(Export { key, token, state, attempts: 0, version: 0 }, Moment(0))
    }

    fn exported(name: &str) -> State {
        State::Exported { order: ShopOrderId::new("gid://shopify/Order/1"), name: name.to_owned() }
    }

    fn record(generation: u32) -> OrderRecord {
        let order = order(OrderStatus::Approved, Some(ExportState::Undefined), "2026-06-02");
        let row = OrderRow { order, raw: String::new() };
        OrderRecord { generation, ..record_of(&row, None, Moment(0)) }
    }

    #[test]
    fn joor_hears_of_success_only_when_every_part_is_there() {
        let all = ReportMode::All;
        let half = [row(1, 1, exported("#1")), row(1, 2, State::Ready)];
        assert_eq!(wanted_report(&record(1), &half, &[], all), None);
        let whole = [row(1, 1, exported("#1")), row(1, 2, exported("#2"))];
        let success = Some((ExportState::Success, "Shopify order #1, #2".to_owned()));
        assert_eq!(wanted_report(&record(1), &whole, &[], all), success);
        assert_eq!(wanted_report(&record(1), &whole, &[], ReportMode::None), None);
        let needless = [row(1, 1, exported("#1")), row(1, 2, State::Skipped)];
        assert!(wanted_report(&record(1), &needless, &[], all).is_some());
    }

    #[test]
    fn joor_hears_why_an_order_is_held_but_nothing_while_it_is_unclear() {
        let told = Problem::StockClaimFailed.told("7");
        let held = [row(1, 1, State::Held)];
        let (state, words) =
            wanted_report(&record(1), &held, std::slice::from_ref(&told), ReportMode::All).unwrap();
        assert_eq!(state, ExportState::Failed);
        assert!(words.ends_with("[STOCK_CLAIM_FAILED]"), "{words}");
        assert_eq!(
            wanted_report(&record(1), &held, std::slice::from_ref(&told), ReportMode::SuccessOnly),
            None
        );
        let cancelled = OrderRecord { status: "cancelled".to_owned(), ..record(1) };
        assert_eq!(wanted_report(&cancelled, &held, std::slice::from_ref(&told), ReportMode::All), None);
        assert!(may_be_written_again(&record(1), &cancelled));
        assert!(!may_be_written_again(&cancelled, &record(1)));
        let exported = [row(1, 1, exported("#1"))];
        assert_eq!(wanted_report(&cancelled, &exported, &[], ReportMode::All), None);
        let unclear = OrderRecord { export_state: String::new(), ..record(1) };
        assert_eq!(wanted_report(&unclear, &held, std::slice::from_ref(&told), ReportMode::All), None);
        assert!(may_be_written_again(&record(1), &unclear));
        let theirs = OrderRecord { export_state: "success".to_owned(), ..record(1) };
        assert!(wanted_report(&theirs, &exported, &[], ReportMode::All).is_some());
        let told = std::slice::from_ref(&told);
        assert_eq!(wanted_report(&theirs, &held, told, ReportMode::All), None);
        assert!(may_be_written_again(&record(1), &theirs));
        let seen = [row(1, 1, State::Seen)];
        assert_eq!(wanted_report(&record(1), &seen, told, ReportMode::All), None);
    }

    #[test]
    fn a_re_export_that_is_given_up_reports_the_earlier_order_again() {
        let rows = [row(1, 1, exported("#1")), row(2, 1, State::GivenUp)];
        let success = Some((ExportState::Success, "Shopify order #1".to_owned()));
        assert_eq!(wanted_report(&record(2), &rows, &[], ReportMode::All), success);
    }
}
