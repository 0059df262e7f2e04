//! From columns to the words of the domain and back, by hand and checked: what cannot be read is an error with the
//! column's name, never a default. No SQL here.

use super::records::{FollowUpKind, Role};
use super::{LedgerError, Result};
use crate::ports::Frozen;
use domain::ids::{Epoch, ExportKey, Generation, JoorOrderId, Part, ShopOrderId, Token};
use domain::money::{Currency, Decimal, Money};
use domain::orders::export::{State, Unclear};
use domain::orders::order::ExportState;
use domain::problem::{Problem, Severity, Told, Who};
use domain::time::Moment;
use jiff::civil::Date;
use sqlx::Any;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::OnceLock;

/// State words from the least finished to the most finished; the place in this list is stored as the state's rank.
pub(super) const STATE_WORDS: [&str; 9] =
    ["unconfirmed", "sending", "ready", "seen", "waiting", "held", "skipped", "closed_by_hand", "exported"];
/// A re-export that was given up is closed by hand as far as its order is concerned.
pub(super) const GIVEN_UP: &str = "given_up";

/// A row whose columns are read by name.
pub(super) struct Row<'a>(pub &'a AnyRow);

impl Row<'_> {
    fn column<'r, T>(&'r self, name: &str) -> Result<T>
    where
        T: sqlx::Decode<'r, Any> + sqlx::Type<Any>,
    {
        Ok(sqlx::Row::try_get(self.0, name)?)
    }

    pub fn text(&self, name: &str) -> Result<String> {
        self.column(name)
    }

    pub fn text_or_none(&self, name: &str) -> Result<Option<String>> {
        self.column(name)
    }

    pub fn number(&self, name: &str) -> Result<i64> {
        self.column(name)
    }

    pub fn number_or_none(&self, name: &str) -> Result<Option<i64>> {
        self.column(name)
    }

    pub fn count(&self, name: &str) -> Result<u32> {
        u32::try_from(self.number(name)?).map_err(|_| unreadable(name, "a count"))
    }

    /// How many there are.
    pub fn amount(&self, name: &str) -> Result<u64> {
        u64::try_from(self.number(name)?).map_err(|_| unreadable(name, "an amount"))
    }

    pub fn truth(&self, name: &str) -> Result<bool> {
        Ok(self.number(name)? != 0)
    }

    pub fn moment(&self, name: &str) -> Result<Moment> {
        self.number(name).map(Moment)
    }

    pub fn moment_or_none(&self, name: &str) -> Result<Option<Moment>> {
        Ok(self.number_or_none(name)?.map(Moment))
    }

    pub fn date_or_none(&self, name: &str) -> Result<Option<Date>> {
        self.parsed_or_none(name, "a day")
    }

    /// An amount with its currency, from the two columns `<name>_amount` and `<name>_currency`.
    pub fn money_or_none(&self, name: &str) -> Result<Option<Money>> {
        let amount: Option<Decimal> = self.parsed_or_none(&format!("{name}_amount"), "a decimal")?;
        let currency = self.currency_or_none(&format!("{name}_currency"))?;
        match (amount, currency) {
            (Some(amount), Some(currency)) => Ok(Some(Money::new(amount, currency))),
            (None, None) => Ok(None),
            (Some(_), None) | (None, Some(_)) => Err(unreadable(name, "an amount with its currency")),
        }
    }

    pub fn currency_or_none(&self, name: &str) -> Result<Option<Currency>> {
        let code = self.text_or_none(name)?;
        let known = |code: String| Currency::from_code(&code).ok_or_else(|| unreadable(name, "a currency"));
        code.map(known).transpose()
    }

    fn parsed_or_none<T: FromStr>(&self, name: &str, what: &str) -> Result<Option<T>> {
        match self.text_or_none(name)? {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| unreadable(name, what)),
        }
    }

    pub fn key(&self) -> Result<ExportKey> {
        Ok(ExportKey {
            order: JoorOrderId::new(self.text("joor_order")?),
            generation: Generation(self.count("generation")?),
            part: Part(self.count("part")?),
        })
    }

    pub fn code(&self) -> Result<&'static str> {
        let code = self.text("code")?;
        static_code(&code).ok_or_else(|| {
            LedgerError::Store(format!("this release does not know the problem code `{code}`"))
        })
    }

    pub fn severity(&self) -> Result<Severity> {
        Severity::from_str(&self.text("severity")?).map_err(|_| unreadable("severity", "a severity"))
    }

    pub fn role(&self) -> Result<Role> {
        self.text("role")?.parse().map_err(|_| unreadable("role", "a role"))
    }

    /// The state word of an order, from its rank; `None` if it was never approved and has no export.
    pub fn state_of_order(&self) -> Result<Option<&'static str>> {
        self.number_or_none("state_rank")?.map(state_word).transpose()
    }

    pub fn who(&self) -> Result<Who> {
        Who::from_str(&self.text("who")?).map_err(|_| unreadable("who", "a mover"))
    }

    /// The columns code, severity, who, sentence and resolution. What it is about is stored with open problems only.
    pub fn told(&self) -> Result<Told> {
        Ok(Told {
            code: self.code()?,
            severity: self.severity()?,
            who: self.who()?,
            sentence: self.text("sentence")?,
            resolution: self.text("resolution")?,
            subjects: Vec::new(),
        })
    }

    /// The columns body, fingerprint, expected and units behind a prefix, with the export's token.
    pub fn frozen_or_none(&self, prefix: &str) -> Result<Option<Frozen>> {
        let Some(body) = self.text_or_none(&format!("{prefix}body"))? else { return Ok(None) };
        let expected = self.money_or_none(&format!("{prefix}expected"))?;
        Ok(Some(Frozen {
            token: Token::stored(self.text("token")?),
            body,
            fingerprint: self.text(&format!("{prefix}fingerprint"))?,
            expected: expected.ok_or_else(|| unreadable("expected_amount", "an amount"))?,
            units: self.number(&format!("{prefix}units"))?,
        }))
    }

    pub fn state(&self) -> Result<State> {
        let word = self.text("state")?;
        Ok(match word.as_str() {
            "seen" => State::Seen,
            "waiting" => State::Waiting { until: self.moment("wait_until")? },
            "held" => State::Held,
            "skipped" => State::Skipped,
            "closed_by_hand" => State::ClosedByHand,
            GIVEN_UP => State::GivenUp,
            "ready" => State::Ready,
            "sending" => State::Sending {
                epoch: Epoch(self.number("sending_epoch")?),
                deadline: self.moment("deadline")?,
            },
            "unconfirmed" => State::Unconfirmed {
                deadline: self.moment("deadline")?,
                cause: cause_from(&self.text("unclear_cause")?)?,
                looks: self.count("looks")?,
                empty_looks: self.count("empty_looks")?,
                next_look: self.moment("next_look")?,
            },
            "exported" => State::Exported {
                order: ShopOrderId::new(self.text("shop_order")?),
                name: self.text("shop_name")?,
            },
            _ => return Err(unreadable("state", "a state of an export")),
        })
    }
}

/// A state as it is stored.
#[derive(Debug, Default)]
pub(super) struct StateColumns<'a> {
    pub word: &'static str,
    pub rank: i64,
    pub wait_until: Option<i64>,
    pub sending_epoch: Option<i64>,
    pub deadline: Option<i64>,
    pub unclear_cause: Option<&'static str>,
    pub looks: Option<i64>,
    pub empty_looks: Option<i64>,
    pub next_look: Option<i64>,
    pub shop_order: Option<&'a str>,
    pub shop_name: Option<&'a str>,
}

impl StateColumns<'_> {
    pub fn of(state: &State) -> StateColumns<'_> {
        let plain = StateColumns { word: state.word(), rank: state_rank(state), ..StateColumns::default() };
        match state {
            State::Seen
            | State::Held
            | State::Skipped
            | State::ClosedByHand
            | State::GivenUp
            | State::Ready => plain,
            State::Waiting { until } => StateColumns { wait_until: Some(until.0), ..plain },
            State::Sending { epoch, deadline } => {
                StateColumns { sending_epoch: Some(epoch.0), deadline: Some(deadline.0), ..plain }
            }
            State::Unconfirmed { deadline, cause, looks, empty_looks, next_look } => StateColumns {
                deadline: Some(deadline.0),
                unclear_cause: Some(cause_word(*cause)),
                looks: Some(i64::from(*looks)),
                empty_looks: Some(i64::from(*empty_looks)),
                next_look: Some(next_look.0),
                ..plain
            },
            State::Exported { order, name } => {
                StateColumns { shop_order: Some(order.as_str()), shop_name: Some(name), ..plain }
            }
        }
    }
}

/// How far from finished: the place of the state's word in [`STATE_WORDS`].
pub(super) fn state_rank(state: &State) -> i64 {
    match state {
        State::Unconfirmed { .. } => 0,
        State::Sending { .. } => 1,
        State::Ready => 2,
        State::Seen => 3,
        State::Waiting { .. } => 4,
        State::Held => 5,
        State::Skipped => 6,
        State::ClosedByHand | State::GivenUp => 7,
        State::Exported { .. } => 8,
    }
}

pub(super) fn state_word(rank: i64) -> Result<&'static str> {
    usize::try_from(rank)
        .ok()
        .and_then(|index| STATE_WORDS.get(index).copied())
        .ok_or_else(|| unreadable("state_rank", "the rank of a state"))
}

fn cause_word(cause: Unclear) -> &'static str {
    match cause {
        Unclear::NoAnswer => "no_answer",
        Unclear::Refused => "refused",
    }
}

fn cause_from(word: &str) -> Result<Unclear> {
    [Unclear::NoAnswer, Unclear::Refused]
        .into_iter()
        .find(|cause| cause_word(*cause) == word)
        .ok_or_else(|| unreadable("unclear_cause", "a cause"))
}

pub(super) fn export_state_word(state: ExportState) -> &'static str {
    match state {
        ExportState::Undefined => "undefined",
        ExportState::Failed => "failed",
        ExportState::Success => "success",
    }
}

pub(super) fn export_state_from(word: &str) -> Result<ExportState> {
    [ExportState::Undefined, ExportState::Failed, ExportState::Success]
        .into_iter()
        .find(|state| export_state_word(*state) == word)
        .ok_or_else(|| unreadable("reported_state", "an export state"))
}

pub(super) fn kind_word(kind: FollowUpKind) -> &'static str {
    match kind {
        FollowUpKind::ReadBack => "read_back",
        FollowUpKind::MoveToLocation => "move_to_location",
        FollowUpKind::RestoreAddress => "restore_address",
        FollowUpKind::CancelEarlier => "cancel_earlier",
        FollowUpKind::SeeCancelled => "see_cancelled",
    }
}

pub(super) fn kind_from(word: &str) -> Result<FollowUpKind> {
    [
        FollowUpKind::ReadBack,
        FollowUpKind::MoveToLocation,
        FollowUpKind::RestoreAddress,
        FollowUpKind::CancelEarlier,
        FollowUpKind::SeeCancelled,
    ]
    .into_iter()
    .find(|kind| kind_word(*kind) == word)
    .ok_or_else(|| unreadable("kind", "a kind of follow-up"))
}

/// A statement whose parameters are being bound.
pub(super) type Asked<'q> = Query<'q, Any, AnyArguments>;

/// Binds the key of an export as the first four parameters.
pub(super) fn keyed<'q>(asked: Asked<'q>, name: &str, key: &ExportKey) -> Asked<'q> {
    asked
        .bind(name.to_owned())
        .bind(key.order.as_str().to_owned())
        .bind(i64::from(key.generation.0))
        .bind(i64::from(key.part.0))
}

/// Binds the eleven columns of a state.
pub(super) fn with_state<'q>(asked: Asked<'q>, state: &State) -> Asked<'q> {
    let columns = StateColumns::of(state);
    asked
        .bind(columns.word)
        .bind(columns.rank)
        .bind(columns.wait_until)
        .bind(columns.sending_epoch)
        .bind(columns.deadline)
        .bind(columns.unclear_cause)
        .bind(columns.looks)
        .bind(columns.empty_looks)
        .bind(columns.next_look)
        .bind(columns.shop_order.map(str::to_owned))
        .bind(columns.shop_name.map(kept))
}

/// Foreign text as both databases can keep it: PostgreSQL has no place for the character zero.
pub(super) fn kept(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The beginning of a text, this many characters.
pub(super) fn beginning(text: &str, chars: usize) -> String {
    kept(text).chars().take(chars).collect()
}

/// The two columns of an amount.
pub(super) fn money_columns(money: Option<&Money>) -> (Option<String>, Option<&'static str>) {
    (money.map(|m| m.amount.to_string()), money.map(|m| m.currency.code()))
}

pub(super) fn date_column(date: Option<Date>) -> Option<String> {
    date.map(|day| day.to_string())
}

pub(super) fn moment_column(moment: Option<Moment>) -> Option<i64> {
    moment.map(|at| at.0)
}

/// Codes are permanent, so every stored code is one of the catalogue.
fn static_code(code: &str) -> Option<&'static str> {
    static CODES: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    CODES.get_or_init(|| Problem::samples().iter().map(Problem::code).collect()).get(code).copied()
}

pub(super) fn unreadable(column: &str, what: &str) -> LedgerError {
    LedgerError::Store(format!("column {column} does not hold {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_places_of_the_words() {
        let at = Moment(1);
        let states = [
            State::Unconfirmed {
                deadline: at,
                cause: Unclear::Refused,
                looks: 0,
                empty_looks: 0,
                next_look: at,
            },
            State::Sending { epoch: Epoch(1), deadline: at },
            State::Ready,
            State::Seen,
            State::Waiting { until: at },
            State::Held,
            State::Skipped,
            State::ClosedByHand,
            State::Exported { order: ShopOrderId::new("1"), name: "#1".to_owned() },
        ];
        for (state, word) in states.iter().zip(STATE_WORDS) {
            assert_eq!((state.word(), state_word(state_rank(state)).unwrap()), (word, word));
        }
    }

    #[test]
    fn every_code_of_the_catalogue_is_read_back_and_no_other() {
        for problem in Problem::samples() {
            assert_eq!(static_code(problem.code()), Some(problem.code()));
        }
        assert_eq!(static_code("NO_SUCH_CODE"), None);
    }
}
