//! Amounts, currencies and rounding. No prices, no rules of orders.

use iso_currency::Currency as Iso;
pub use rust_decimal::Decimal;
use rust_decimal::RoundingStrategy;

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(Iso);

impl Currency {
    /// Capitals as in ISO 4217; anything else is `None`.
    pub fn from_code(code: &str) -> Option<Currency> {
        Iso::from_code(code).filter(|iso| iso.exponent().is_some()).map(Currency)
    }

    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Decimal places of the minor unit: 2 for USD, 0 for JPY, 3 for KWD.
    pub fn places(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(2))
    }

    /// One minor unit, such as 0.01 USD.
    pub fn minor_unit(self) -> Decimal {
        Decimal::new(1, self.places())
    }

    /// Rounds half away from zero to the minor unit.
    pub fn round(self, amount: Decimal) -> Decimal {
        amount.round_dp_with_strategy(self.places(), RoundingStrategy::MidpointAwayFromZero)
    }

    /// Is the amount a whole number of minor units?
    pub fn is_exact(self, amount: Decimal) -> bool {
        self.round(amount) == amount
    }

    /// The amount with exactly the places of the minor unit, as sent to Shopify and shown to people.
    pub fn text(self, amount: Decimal) -> String {
        format!("{:.1$}", self.round(amount), self.places() as usize)
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Currency) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Currency) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

/// An amount in a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    pub amount: Decimal,
    pub currency: Currency,
}

impl Money {
    pub fn new(amount: Decimal, currency: Currency) -> Money {
        Money { amount, currency }
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.currency.text(self.amount), self.currency)
    }
}

/// Shares `total` (a whole number of minor units) over weights by largest remainder; the shares sum to `total` exactly.
/// Ties go to the earlier weight. All weights zero: everything goes to the first.
pub fn share(total: Decimal, weights: &[Decimal], currency: Currency) -> Vec<Decimal> {
    if weights.is_empty() {
        return Vec::new();
    }
    let sum: Decimal = weights.iter().sum();
    if sum.is_zero() {
        let mut shares = vec![Decimal::ZERO; weights.len()];
        shares[0] = total;
        return shares;
    }
    let unit = currency.minor_unit();
    let exact: Vec<Decimal> = weights.iter().map(|weight| total * *weight / sum).collect();
    let mut shares: Vec<Decimal> = exact
        .iter()
        .map(|part| part.round_dp_with_strategy(currency.places(), RoundingStrategy::ToNegativeInfinity))
        .collect();
    let mut left = total - shares.iter().sum::<Decimal>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| (exact[*b] - shares[*b]).cmp(&(exact[*a] - shares[*a])).then(a.cmp(b)));
    let mut turn = order.iter().cycle();
    while left >= unit {
        let index = *turn.next().expect("a cycle over at least one weight never ends");
        shares[index] += unit;
        left -= unit;
    }
    shares
}
