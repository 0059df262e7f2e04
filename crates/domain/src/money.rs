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
/// Ties go to the earlier weight. All weights zero: everything goes to the first. A negative weight counts as zero.
pub fn share(total: Decimal, weights: &[Decimal], currency: Currency) -> Vec<Decimal> {
    if weights.is_empty() {
        return Vec::new();
    }
    let Some(units) = whole_units(total, currency) else {
        let mut shares = vec![Decimal::ZERO; weights.len()];
        shares[0] = total;
        return shares;
    };
    share_units(units, &as_integers(weights, units))
        .into_iter()
        .map(|share| Decimal::from_i128_with_scale(share, currency.places()))
        .collect()
}

/// The amount in minor units; `None` for an amount beyond any order, which is then not divided.
fn whole_units(amount: Decimal, currency: Currency) -> Option<i128> {
    let factor = Decimal::from(10_u64.pow(currency.places()));
    let units = currency.round(amount).checked_mul(factor)?;
    let limit = Decimal::from(1_000_000_000_000_000_000_i64);
    (units.abs() < limit).then(|| units.trunc().mantissa() / 10_i128.pow(units.trunc().scale()))
}

/// Weights on one scale as integers, small enough that a product with `units` cannot overflow. What is cut off is
/// far below a minor unit; the sum of the shares does not depend on it.
fn as_integers(weights: &[Decimal], units: i128) -> Vec<i128> {
    const PLACES: u32 = 8;
    let mut integers: Vec<i128> = weights
        .iter()
        .map(|weight| {
            let weight = weight.max(&Decimal::ZERO).round_dp(PLACES).normalize();
            weight.mantissa().saturating_mul(10_i128.pow(PLACES - weight.scale()))
        })
        .collect();
    let spare_bits = units.unsigned_abs().leading_zeros().saturating_sub(2);
    while integers.iter().any(|weight| 128 - weight.leading_zeros() > spare_bits) {
        integers.iter_mut().for_each(|weight| *weight >>= 1);
    }
    integers
}

fn share_units(units: i128, weights: &[i128]) -> Vec<i128> {
    let sum: i128 = weights.iter().fold(0, |sum: i128, weight| sum.saturating_add(*weight));
    let mut shares = vec![0; weights.len()];
    if sum == 0 {
        shares[0] = units;
        return shares;
    }
    let mut remainders = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        shares[index] = (units * weight).div_euclid(sum);
        remainders.push((std::cmp::Reverse((units * weight).rem_euclid(sum)), index));
    }
    // Fewer units are left than there are weights with a remainder, so each gets at most one.
    let left = usize::try_from(units - shares.iter().sum::<i128>()).unwrap_or(0);
    remainders.sort();
    for (_, index) in remainders.into_iter().take(left) {
        shares[index] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::from_code(code).unwrap()
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn minor_units_follow_the_currency() {
        for (code, amount, text) in [
            ("USD", "2.345", "2.35"),
            ("USD", "-2.345", "-2.35"),
            ("JPY", "2.5", "3"),
            ("KWD", "2.3455", "2.346"),
            ("EUR", "7", "7.00"),
        ] {
            assert_eq!(currency(code).text(decimal(amount)), text, "{code} {amount}");
        }
    }

    #[test]
    fn only_codes_of_currencies_with_minor_units_are_known() {
        for bad in ["", "usd", "US", "XAU", "XXX", "EURO"] {
            assert!(Currency::from_code(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn left_over_units_go_to_the_largest_remainders_and_ties_to_the_earlier() {
        for (total, weights, shares) in [
            ("10.00", vec!["1", "1", "1"], vec!["3.34", "3.33", "3.33"]),
            ("0.05", vec!["1", "2", "3"], vec!["0.01", "0.02", "0.02"]),
            ("1.00", vec!["0", "0"], vec!["1.00", "0"]),
            ("0", vec!["5", "5"], vec!["0", "0"]),
            ("3.00", vec!["-4", "1"], vec!["0", "3.00"]),
        ] {
            let weights: Vec<Decimal> = weights.into_iter().map(decimal).collect();
            let shares: Vec<Decimal> = shares.into_iter().map(decimal).collect();
            assert_eq!(share(decimal(total), &weights, currency("USD")), shares, "{total} {weights:?}");
        }
    }

    #[test]
    fn amounts_beyond_any_order_are_not_lost_in_an_overflow() {
        let all = share(Decimal::MAX, &[Decimal::MAX, Decimal::MAX], currency("KWD"));
        assert_eq!(all, [Decimal::MAX, Decimal::ZERO]);
        let shares = share(decimal("900000000000.01"), &[Decimal::MAX, Decimal::MAX], currency("USD"));
        assert_eq!(shares.iter().sum::<Decimal>(), decimal("900000000000.01"));
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_total_and_differ_from_the_exact_share_by_less_than_one_unit(
            units in 0_i64..1_000_000_000_000,
            weights in proptest::collection::vec(0_i64..10_000_000_000, 1..60),
            places in 0_u32..5,
            code in prop_oneof![Just("USD"), Just("JPY"), Just("KWD")],
        ) {
            let currency = currency(code);
            let total = Decimal::from(units) * currency.minor_unit();
            let weights: Vec<Decimal> = weights.into_iter().map(|weight| Decimal::new(weight, places)).collect();
            let shares = share(total, &weights, currency);
            prop_assert_eq!(shares.iter().sum::<Decimal>(), total);
            let sum: Decimal = weights.iter().sum();
            for (share, weight) in shares.iter().zip(&weights) {
                prop_assert!(currency.is_exact(*share) && *share >= Decimal::ZERO);
                if !sum.is_zero() {
                    prop_assert!((*share * sum - total * *weight).abs() < sum * currency.minor_unit());
                }
            }
        }

        #[test]
        fn rounding_is_idempotent_and_within_half_a_unit(mantissa in any::<i64>(), scale in 0_u32..10) {
            let amount = Decimal::new(mantissa, scale);
            for code in ["USD", "JPY", "KWD"] {
                let currency = currency(code);
                let rounded = currency.round(amount);
                prop_assert!(currency.is_exact(rounded));
                prop_assert!((rounded - amount).abs() * Decimal::TWO <= currency.minor_unit());
            }
        }
    }
}
