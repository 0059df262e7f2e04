//! What the probe can find out: each fact with what exports assume of it, what guards them if it is false, and how a
//! result is kept and told. Pure.

use adapters::ledger::MeasuredRecord;
use adapters::settings::Trial;
use domain::orders::looking::{Lateness, quiet_time_in_force};
use domain::time::Moment;
use std::time::Duration;

/// The tag of every test order.
pub const TAG: &str = "joor-shopify-probe";

/// Something about JOOR or Shopify that their documentation does not settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    CustomIdUnique,
    RefusalWhole,
    LookUp,
    Search,
    Location,
    LinesMax,
    JoorUnits,
    JoorFilters,
    JoorExportState,
    JoorBatch,
    JoorReExport,
    JoorReApproval,
}

impl Fact {
    pub const ALL: [Fact; 12] = [
        Fact::CustomIdUnique,
        Fact::RefusalWhole,
        Fact::LookUp,
        Fact::Search,
        Fact::Location,
        Fact::LinesMax,
        Fact::JoorUnits,
        Fact::JoorFilters,
        Fact::JoorExportState,
        Fact::JoorBatch,
        Fact::JoorReExport,
        Fact::JoorReApproval,
    ];

    /// As it stands in the ledger and in JSON. Codes are for ever.
    pub fn word(self) -> &'static str {
        match self {
            Fact::CustomIdUnique => "custom_id_unique",
            Fact::RefusalWhole => "refusal_whole",
            Fact::LookUp => "look_up",
            Fact::Search => "search",
            Fact::Location => "location",
            Fact::LinesMax => "lines_max",
            Fact::JoorUnits => "joor_units",
            Fact::JoorFilters => "joor_filters",
            Fact::JoorExportState => "joor_export_state",
            Fact::JoorBatch => "joor_batch",
            Fact::JoorReExport => "joor_re_export",
            Fact::JoorReApproval => "joor_re_approval",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Fact::CustomIdUnique => "a taken custom id",
            Fact::RefusalWhole => "what a refusal leaves",
            Fact::LookUp => "look-up by custom id",
            Fact::Search => "search by source identifier",
            Fact::Location => "location of the stock",
            Fact::LinesMax => "lines of an order",
            Fact::JoorUnits => "JOOR's total",
            Fact::JoorFilters => "JOOR's list filters",
            Fact::JoorExportState => "JOOR's export status",
            Fact::JoorBatch => "JOOR's batches",
            Fact::JoorReExport => "a re-export in JOOR",
            Fact::JoorReApproval => "a new approval in JOOR",
        }
    }

    /// What holds if the fact is not as assumed, for whoever reads the warning.
    pub fn guard(self) -> &'static str {
        match self {
            Fact::CustomIdUnique => {
                "nothing to set: quiet time and an empty search come before every second request; never run a second \
                 copy of this program on the same JOOR account"
            }
            Fact::RefusalWhole => {
                "nothing to set: after every refusal the search by source identifier has to be empty too"
            }
            Fact::LookUp | Fact::Search => {
                "a quiet time of twice what was measured (one hour if nothing was seen) is in force; set \
                 schedule.quiet_time to at least that"
            }
            Fact::Location => {
                "use orders.fulfilment = \"assigned\" if the location matters; its stock is compared after the move"
            }
            Fact::LinesMax => "nothing to set: longer orders are held or split before they are sent",
            Fact::JoorUnits => {
                "such orders are held as MONEY_TOTAL_DIFFERS; compare them with JOOR's pages before going live"
            }
            Fact::JoorFilters => {
                "nothing to set: each row is judged by what it says itself; it costs more credits"
            }
            Fact::JoorExportState => {
                "look at `orders list --problem DUP_SECOND_EXPORTER`: the meaning of numbers is a guess"
            }
            Fact::JoorBatch => "nothing to set: the batch size is learned by halves",
            Fact::JoorReExport => "ask for a further export with `joor-shopify orders re-export ID`",
            Fact::JoorReApproval => {
                "a new approval looks like \"set to re-export\" there, so orders.after_reapproval decides about both: by \
                 default a person is asked"
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    AsAssumed,
    /// Measured, and it is not what exports would like; the guard holds.
    Otherwise,
    /// It was tried, and nothing can be concluded.
    Unclear,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Verdict::AsAssumed => "as assumed",
            Verdict::Otherwise => "otherwise",
            Verdict::Unclear => "unclear",
        }
    }

    fn of(word: &str) -> Verdict {
        [Verdict::AsAssumed, Verdict::Otherwise]
            .into_iter()
            .find(|verdict| verdict.word() == word)
            .unwrap_or(Verdict::Unclear)
    }
}

/// One result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    pub fact: Fact,
    pub verdict: Verdict,
    /// Milliseconds of a delay, or a number of things.
    pub amount: Option<i64>,
    pub detail: String,
}

impl Measured {
    pub fn new(fact: Fact, verdict: Verdict, detail: impl Into<String>) -> Measured {
        Measured { fact, verdict, amount: None, detail: detail.into() }
    }

    pub fn record(&self, api_version: &str, at: Moment) -> MeasuredRecord {
        MeasuredRecord {
            fact: self.fact.word().to_owned(),
            verdict: self.verdict.word().to_owned(),
            amount: self.amount,
            detail: self.detail.clone(),
            api_version: api_version.to_owned(),
            at,
        }
    }
}

/// The record of a fact with its verdict, if it was ever measured.
pub fn recorded(records: &[MeasuredRecord], fact: Fact) -> Option<(Verdict, &MeasuredRecord)> {
    let record = records.iter().find(|record| record.fact == fact.word())?;
    Some((Verdict::of(&record.verdict), record))
}

/// How late an order was seen; `None`: nothing was concluded. Beyond this much the quiet time of the settings would be
/// too short.
pub fn lateness(records: &[MeasuredRecord], fact: Fact) -> Option<Lateness> {
    let (verdict, record) = recorded(records, fact)?;
    let millis = Duration::from_millis(u64::try_from(record.amount?).ok()?);
    match verdict {
        Verdict::AsAssumed => Some(Lateness::Within(millis)),
        Verdict::Otherwise => Some(Lateness::NotWithin(millis)),
        Verdict::Unclear => None,
    }
}

/// The quiet time in force. In a trial waits are shortened, so a shop that nobody measured has the one of the settings.
pub fn quiet_time(set: Duration, records: &[MeasuredRecord], trial: Trial) -> Duration {
    let unmeasured = (trial == Trial::Off).then_some(Lateness::Unmeasured);
    let late = |fact| lateness(records, fact).or(unmeasured);
    quiet_time_in_force(set, [Fact::LookUp, Fact::Search].into_iter().filter_map(late))
}

/// A new approval looks like "set to re-export" in this JOOR account: it takes the export status away and keeps its date.
pub fn hides_reapproval(records: &[MeasuredRecord]) -> bool {
    let found = recorded(records, Fact::JoorReApproval);
    found.is_some_and(|(verdict, record)| verdict == Verdict::Otherwise && record.amount == Some(HIDDEN))
}

/// In place of an amount: a new approval took the export status away and kept its date.
pub const HIDDEN: i64 = 1;
