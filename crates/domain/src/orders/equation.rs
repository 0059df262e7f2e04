//! The equation of the daily proof: approved = exported (without and with issues) + held + skipped + closed by hand +
//! in flight, in counts, units and values per currency. Which orders belong to a day is the caller's choice.

use crate::money::{Currency, Decimal, Money};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Columns of a line of the table.
const LABEL_COLUMNS: usize = 24;
const COUNT_COLUMNS: usize = 8;
const UNITS_COLUMNS: usize = 8;
/// Without the blank before each.
const VALUE_COLUMNS: usize = 14;
/// More currencies go into further tables below, so that a line stays within 78 columns.
const CURRENCIES_PER_TABLE: usize = 2;

/// An order as the equation counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The word of its [`State`](super::export::State).
    pub state: &'static str,
    /// A problem or a follow-up of it is open.
    pub has_issues: bool,
    pub value: Option<Money>,
    pub units: Option<i64>,
}

/// How many orders, of how many units, and what they are worth. Values are summed per currency and never across.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub count: u64,
    /// Of the orders whose units are known.
    pub units: i64,
    pub values: BTreeMap<Currency, Decimal>,
    /// Orders among `count` whose value is not known.
    pub without_value: u64,
}

impl Sum {
    pub fn add(&mut self, value: Option<Money>, units: Option<i64>) {
        self.count += 1;
        self.units = self.units.saturating_add(units.unwrap_or_default());
        match value {
            Some(money) => {
                let total = self.values.entry(money.currency).or_default();
                *total = total.saturating_add(money.amount);
            }
            None => self.without_value += 1,
        }
    }

    fn join(&mut self, other: &Sum) {
        self.count += other.count;
        self.units = self.units.saturating_add(other.units);
        self.without_value += other.without_value;
        for (currency, amount) in &other.values {
            let total = self.values.entry(*currency).or_default();
            *total = total.saturating_add(*amount);
        }
    }

    /// A currency that is absent is worth the same as one with zero.
    fn equals(&self, other: &Sum) -> bool {
        let same = |currency| self.amount(currency) == other.amount(currency);
        self.count == other.count
            && self.units == other.units
            && self.without_value == other.without_value
            && self.values.keys().chain(other.values.keys()).all(|currency| same(*currency))
    }

    fn amount(&self, currency: Currency) -> Decimal {
        self.values.get(&currency).copied().unwrap_or_default()
    }
}

/// Each side of the proof. One entry an order: the parts of a split order count once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Equation {
    /// Every order counted, whatever became of it. A caller that has JOOR's own count puts it here.
    pub approved: Sum,
    pub exported: Sum,
    pub exported_with_issues: Sum,
    pub held: Sum,
    /// Cancelled ones included.
    pub skipped: Sum,
    pub closed_by_hand: Sum,
    /// Seen, waiting, ready, sending or unconfirmed.
    pub in_flight: Sum,
}

impl Equation {
    /// A word that is no state counts as approved only: such an equation does not balance, and that is how the fault is
    /// seen.
    pub fn of(orders: impl IntoIterator<Item = Counted>) -> Equation {
        let mut equation = Equation::default();
        for order in orders {
            let mut terms = vec![&mut equation.approved];
            match order.state {
                "exported" if order.has_issues => terms.push(&mut equation.exported_with_issues),
                "exported" => terms.push(&mut equation.exported),
                "held" => terms.push(&mut equation.held),
                "skipped" => terms.push(&mut equation.skipped),
                "closed_by_hand" => terms.push(&mut equation.closed_by_hand),
                "seen" | "waiting" | "ready" | "sending" | "unconfirmed" => {
                    terms.push(&mut equation.in_flight)
                }
                _ => {}
            }
            for term in terms {
                term.add(order.value, order.units);
            }
        }
        equation
    }

    /// Is every approved order accounted for, in number and in value?
    pub fn balances(&self) -> bool {
        self.approved.equals(&self.accounted())
    }

    /// Everything on the right-hand side.
    pub fn accounted(&self) -> Sum {
        let mut sum = Sum::default();
        for (_, term) in self.terms() {
            sum.join(term);
        }
        sum
    }

    pub fn terms(&self) -> [(&'static str, &Sum); 6] {
        [
            ("exported", &self.exported),
            ("exported with issues", &self.exported_with_issues),
            ("held", &self.held),
            ("skipped", &self.skipped),
            ("closed by hand", &self.closed_by_hand),
            ("in flight", &self.in_flight),
        ]
    }

    /// Plain text within 78 columns.
    pub fn table(&self) -> String {
        let accounted = self.accounted();
        let currencies: BTreeSet<Currency> =
            self.approved.values.keys().chain(accounted.values.keys()).copied().collect();
        let currencies: Vec<Currency> = currencies.into_iter().collect();
        let mut text = String::new();
        let tables: Vec<&[Currency]> =
            if currencies.is_empty() { vec![&[]] } else { currencies.chunks(CURRENCIES_PER_TABLE).collect() };
        for (index, columns) in tables.into_iter().enumerate() {
            if index > 0 {
                text.push('\n');
            }
            head(&mut text, columns);
            row(&mut text, "  approved", &self.approved, columns);
            for (index, (label, sum)) in self.terms().into_iter().enumerate() {
                row(&mut text, &format!("{} {label}", if index == 0 { '=' } else { '+' }), sum, columns);
            }
            if !self.approved.equals(&accounted) {
                row(&mut text, "! accounted for", &accounted, columns);
            }
        }
        if self.approved.without_value > 0 {
            let _ = writeln!(text, "\nOrders whose value is not known: {}", self.approved.without_value);
        }
        text
    }
}

fn head(text: &mut String, columns: &[Currency]) {
    let _ = write!(text, "{:LABEL_COLUMNS$}{:>COUNT_COLUMNS$}{:>UNITS_COLUMNS$}", "", "orders", "units");
    for currency in columns {
        let _ = write!(text, " {:>VALUE_COLUMNS$}", currency.code());
    }
    text.push('\n');
}

fn row(text: &mut String, label: &str, sum: &Sum, columns: &[Currency]) {
    let _ = write!(text, "{label:LABEL_COLUMNS$}{:>COUNT_COLUMNS$}{:>UNITS_COLUMNS$}", sum.count, sum.units);
    for currency in columns {
        let _ = write!(text, " {:>VALUE_COLUMNS$}", currency.text(sum.amount(*currency)));
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(cents: i64, code: &str) -> Option<Money> {
        Currency::from_code(code).map(|currency| Money::new(Decimal::new(cents, 2), currency))
    }

    fn counted(state: &'static str, has_issues: bool, value: Option<Money>) -> Counted {
        Counted { state, has_issues, value, units: value.is_some().then_some(12) }
    }

    fn brand() -> Equation {
        Equation::of([
            counted("exported", false, money(123_400, "EUR")),
            counted("exported", false, money(50_000, "USD")),
            counted("exported", true, money(20_010, "EUR")),
            counted("held", true, money(9_999, "EUR")),
            counted("held", true, None),
            counted("skipped", false, money(100, "USD")),
            counted("closed_by_hand", false, money(700, "EUR")),
            counted("sending", false, money(1, "EUR")),
        ])
    }

    #[test]
    fn every_state_of_an_export_has_its_place() {
        for word in [
            "seen",
            "waiting",
            "held",
            "skipped",
            "closed_by_hand",
            "ready",
            "sending",
            "unconfirmed",
            "exported",
        ] {
            let equation = Equation::of([counted(word, false, money(100, "EUR"))]);
            assert!(equation.balances(), "{word}");
            assert_eq!(equation.accounted().count, 1, "{word}");
        }
    }

    #[test]
    fn an_order_in_no_known_state_breaks_the_balance() {
        let equation = Equation::of([counted("exported", false, None), counted("lost", false, None)]);
        assert!(!equation.balances());
        assert!(
            equation.table().contains("! accounted for                1       0\n"),
            "{}",
            equation.table()
        );
    }

    #[test]
    fn a_count_or_a_value_that_joor_says_differently_breaks_the_balance() {
        assert!(brand().balances());
        let mut missed = brand();
        missed.approved.add(money(0, "EUR"), None);
        assert!(!missed.balances());
        let mut more_units = brand();
        more_units.approved.units += 1;
        assert!(!more_units.balances());
        let mut worth_more = brand();
        worth_more.approved.values.insert(Currency::from_code("GBP").unwrap(), Decimal::ONE);
        assert!(!worth_more.balances());
        let mut nothing_more = brand();
        nothing_more.approved.values.insert(Currency::from_code("GBP").unwrap(), Decimal::ZERO);
        assert!(nothing_more.balances());
    }

    #[test]
    fn the_table_shows_counts_and_values_per_currency() {
        let expected = [
            "                          orders   units            EUR            USD",
            "  approved                     8      84        1541.10         501.00",
            "= exported                     2      24        1234.00         500.00",
            "+ exported with issues         1      12         200.10           0.00",
            "+ held                         2      12          99.99           0.00",
            "+ skipped                      1      12           0.00           1.00",
            "+ closed by hand               1      12           7.00           0.00",
            "+ in flight                    1      12           0.01           0.00",
            "",
            "Orders whose value is not known: 1",
            "",
        ];
        assert_eq!(brand().table(), expected.join("\n"));
    }

    #[test]
    fn many_currencies_stay_within_78_columns_and_huge_values_do_not_overflow() {
        let codes = ["EUR", "USD", "GBP", "JPY", "KWD"];
        let equation =
            Equation::of(codes.iter().map(|code| counted("held", true, money(99_999_999_999, code))));
        assert!(equation.table().lines().all(|line| line.chars().count() <= 78), "{}", equation.table());
        assert_eq!(equation.table().lines().filter(|line| line.contains("approved")).count(), 3);
        let currency = Currency::from_code("EUR").unwrap();
        let huge = Some(Money::new(Decimal::MAX, currency));
        let equation = Equation::of([counted("held", true, huge), counted("held", true, huge)]);
        assert_eq!(equation.approved.amount(currency), Decimal::MAX);
    }
}
