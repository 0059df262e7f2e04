//! What people look for among orders, and how it is compared: texts and amounts are stored beside an order in the form
//! in which they are searched and sorted. No statements here.

use super::records::OrderRecord;
use super::rows::{Asked, STATE_WORDS, beginning};
use domain::money::Decimal;
use jiff::civil::Date;

/// Of what is typed into the search.
const TEXT_CHARS_MAX: usize = 100;
// As in the migration, which filled these columns for the orders that were there.
const NUMBER_CHARS_MAX: usize = 40;
const FOUND_CHARS_MAX: usize = 100;
const RETAILER_CHARS_MAX: usize = 60;
const LINESHEET_CHARS_MAX: usize = 100;
/// What amounts are stored times, so that they sort as numbers.
const VALUE_SCALE: i64 = 10_000;
const BILLION: i64 = 1_000_000_000;
/// Stands for an order without a value; smaller than any.
const NO_VALUE: i64 = -i64::MAX;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderSort {
    #[default]
    Approved,
    /// The first day of the ship window.
    Ships,
    /// The amount, whatever its currency.
    Value,
    Retailer,
    Number,
    /// From the least to the most finished.
    State,
}

/// Which orders, and how they are sorted; everything given must hold. What an order does not say sorts before what
/// others say, and matches no bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderSearch {
    /// `None`: orders of all connections.
    pub connection: Option<String>,
    /// Contained in number, retailer or PO number, whatever its case.
    pub text: String,
    /// State words; empty: all, and orders without a state too.
    pub states: Vec<String>,
    /// Orders on which a problem of this code is open.
    pub code: Option<String>,
    pub linesheet: Option<String>,
    /// Days are included at both ends.
    pub approved_from: Option<Date>,
    pub approved_to: Option<Date>,
    pub ships_from: Option<Date>,
    pub ships_to: Option<Date>,
    pub value_min: Option<Decimal>,
    pub value_max: Option<Decimal>,
    pub sort: OrderSort,
    pub descending: bool,
    pub limit: u32,
    pub offset: u32,
}

impl Default for OrderSearch {
    /// All orders, approved last first.
    fn default() -> OrderSearch {
        OrderSearch {
            connection: None,
            text: String::new(),
            states: Vec::new(),
            code: None,
            linesheet: None,
            approved_from: None,
            approved_to: None,
            ships_from: None,
            ships_to: None,
            value_min: None,
            value_max: None,
            sort: OrderSort::Approved,
            descending: true,
            limit: 50,
            offset: 0,
        }
    }
}

/// How many orders are in each state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateCounts {
    /// Every state word, from the least to the most finished.
    pub states: Vec<(&'static str, u64)>,
    /// Orders that were never approved and have no export.
    pub none: u64,
}

impl StateCounts {
    pub fn total(&self) -> u64 {
        self.matching(&[])
    }

    pub fn of(&self, word: &str) -> u64 {
        self.states.iter().find(|(known, _)| *known == word).map_or(0, |(_, orders)| *orders)
    }

    /// Orders in one of these states; without any: all of them.
    pub fn matching(&self, words: &[String]) -> u64 {
        let chosen = |word: &str| words.is_empty() || words.iter().any(|wanted| wanted == word);
        let counted = self.states.iter().filter(|(word, _)| chosen(word)).map(|(_, orders)| orders);
        counted.sum::<u64>() + if words.is_empty() { self.none } else { 0 }
    }
}

impl OrderSearch {
    /// Is anything asked for beside connection and state?
    pub(super) fn is_narrowed(&self) -> bool {
        let bounds = [self.approved_from, self.approved_to, self.ships_from, self.ships_to];
        !self.text.trim().is_empty()
            || self.code.is_some()
            || self.linesheet.is_some()
            || bounds.iter().any(Option::is_some)
            || self.value_min.is_some()
            || self.value_max.is_some()
    }

    /// Binds the filters; without ranks every state is wanted.
    pub(super) fn bound_to<'q>(&self, asked: Asked<'q>, connection: &str, ranks: &[i64]) -> Asked<'q> {
        let mut asked = asked.bind(connection.to_owned()).bind(i64::from(ranks.is_empty()));
        for index in 0..STATE_WORDS.len() {
            asked = asked.bind(ranks.get(index).copied().unwrap_or(-1));
        }
        for (from, to) in [(self.approved_from, self.approved_to), (self.ships_from, self.ships_to)] {
            let (from, to) = days(from, to);
            asked = asked.bind(from).bind(to);
        }
        let (least, most) = self.values();
        let (text, other) = patterns(&self.text);
        asked
            .bind(least)
            .bind(most)
            .bind(self.linesheet.as_deref().map(linesheet_key).unwrap_or_default())
            .bind(text)
            .bind(other)
            .bind(self.code.clone().unwrap_or_default())
    }

    /// An order without a value is found only if no bound is given.
    fn values(&self) -> (i64, i64) {
        let none = self.value_min.is_none() && self.value_max.is_none();
        let least = self.value_min.map_or(NO_VALUE + 1, |least| value_sort(least).unwrap_or(i64::MAX));
        let most = self.value_max.map_or(i64::MAX, |most| value_sort(most).unwrap_or(i64::MAX));
        (if none { NO_VALUE } else { least }, most)
    }
}

/// An order without the day is found only if no bound is given; an empty text sorts before every day, and `~` after.
fn days(from: Option<Date>, to: Option<Date>) -> (String, String) {
    let any = if to.is_some() { "0" } else { "" };
    let from = from.map_or(any.to_owned(), |day| day.to_string());
    (from, to.map_or("~".to_owned(), |day| day.to_string()))
}

/// What is looked for as a pattern, and a second one for rows that the migration filled: the database made letters small
/// only where they are English. Empty: nothing is looked for.
fn patterns(text: &str) -> (String, String) {
    let text = beginning(text.trim(), TEXT_CHARS_MAX);
    if text.is_empty() {
        return (String::new(), String::new());
    }
    let pattern = |text: &str| {
        let plain = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        format!("%{plain}%")
    };
    let other = text.to_uppercase().to_ascii_lowercase();
    (pattern(&text.to_lowercase()), if text.is_ascii() { String::new() } else { pattern(&other) })
}

/// The wanted ranks; empty: all; `None`: none of the words is a state, so nothing can match.
pub(super) fn ranks(words: &[String]) -> Option<Vec<i64>> {
    let wanted = |word: &&str| words.iter().any(|known| known == word);
    let ranks: Vec<i64> =
        (0_i64..).zip(STATE_WORDS).filter(|(_, word)| wanted(word)).map(|(rank, _)| rank).collect();
    (words.is_empty() || !ranks.is_empty()).then_some(ranks)
}

/// What an order is found by.
pub(super) fn found_by(order: &OrderRecord) -> String {
    let part = |text: &str, chars| beginning(text, chars).to_lowercase();
    format!(
        "{} {} {}",
        part(order.id.as_str(), NUMBER_CHARS_MAX),
        part(&order.retailer, FOUND_CHARS_MAX),
        part(&order.po_number, FOUND_CHARS_MAX)
    )
}

pub(super) fn retailer_key(retailer: &str) -> String {
    beginning(retailer, RETAILER_CHARS_MAX).to_lowercase()
}

pub(super) fn linesheet_key(linesheet: &str) -> String {
    beginning(linesheet, LINESHEET_CHARS_MAX)
}

/// What was added up in two parts, as an amount again.
pub(super) fn amount_of(billions: i64, rest: i64) -> Decimal {
    let scaled = Decimal::from(billions) * Decimal::from(BILLION) + Decimal::from(rest);
    (scaled / Decimal::from(VALUE_SCALE)).normalize()
}

/// `None`: too large to be anybody's order.
pub(super) fn value_sort(amount: Decimal) -> Option<i64> {
    i64::try_from(amount.checked_mul(Decimal::from(VALUE_SCALE))?.round()).ok()
}
