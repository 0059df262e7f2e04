//! The discount on a whole order as one amount. Discounts of lines are in their prices already.

use crate::money::{Currency, Decimal};
use crate::orders::lines::AMOUNT_MAX;
use crate::orders::order::{DiscountPart, OrderDiscount};
use crate::problem::Problem;

/// More parts than any person enters; readings grow with them.
const PARTS_MAX: usize = 20;

/// The amount to take off. `exact_goods` is Σ item price × quantity before rounding, `goods` what the lines cost in the
/// shop. An amount rules, a percentage beside it must agree; several parts alone must mean the same either way.
pub fn amount(
    discount: &OrderDiscount,
    exact_goods: Decimal,
    goods: Decimal,
    currency: Currency,
) -> Result<Decimal, Problem> {
    let said = |text: String| format!("amount {text}");
    let mut readings: Vec<String> =
        discount.amount.iter().map(|amount| said(currency_text(*amount, currency))).collect();
    readings.extend(discount.parts.iter().take(PARTS_MAX).map(|part| match part {
        DiscountPart::Percentage(percent) => format!("{} %", percent.normalize()),
        DiscountPart::Amount(amount) => said(currency_text(*amount, currency)),
    }));
    let unmappable = |more: Vec<Decimal>| {
        let computed = more.iter().map(|amount| format!("{} computed", currency_text(*amount, currency)));
        let mut readings: Vec<String> = readings.iter().cloned().chain(computed).collect();
        readings.dedup();
        Problem::DiscountUnmappable { readings }
    };
    let parts: Vec<DiscountPart> = discount.parts.iter().copied().filter(|part| !is_zero(*part)).collect();
    let sane = |amount: Decimal| !is_negative(amount) && amount <= AMOUNT_MAX;
    if parts.len() > PARTS_MAX
        || !parts.iter().all(|part| is_sane(*part))
        || !discount.amount.is_none_or(sane)
    {
        return Err(unmappable(Vec::new()));
    }
    let possible = possible_amounts(&parts, exact_goods);
    let chosen = match (discount.amount, possible.as_slice()) {
        (None, []) => Decimal::ZERO,
        (Some(amount), []) => amount,
        // JOOR's own rounding is unknown, so its amount may be the exact one rounded either way.
        (Some(amount), several)
            if several.iter().any(|exact| (amount - *exact).abs() < currency.minor_unit()) =>
        {
            amount
        }
        (None, several)
            if several.iter().all(|exact| currency.round(*exact) == currency.round(several[0])) =>
        {
            several[0]
        }
        (_, several) => return Err(unmappable(several.to_vec())),
    };
    let chosen = currency.round(chosen);
    if chosen > goods {
        return Err(unmappable(vec![goods]));
    }
    Ok(chosen)
}

fn currency_text(amount: Decimal, currency: Currency) -> String {
    let amount = amount.normalize();
    let places = amount.scale().max(currency.places()) as usize;
    format!("{amount:.places$} {currency}")
}

fn is_negative(amount: Decimal) -> bool {
    amount < Decimal::ZERO
}

fn is_zero(part: DiscountPart) -> bool {
    match part {
        DiscountPart::Percentage(value) | DiscountPart::Amount(value) => value.is_zero(),
    }
}

fn is_sane(part: DiscountPart) -> bool {
    match part {
        DiscountPart::Percentage(percent) => !is_negative(percent) && percent <= Decimal::ONE_HUNDRED,
        DiscountPart::Amount(amount) => !is_negative(amount) && amount <= AMOUNT_MAX,
    }
}

/// What the parts can mean: each of the whole, or one after the other in the order given.
fn possible_amounts(parts: &[DiscountPart], goods: Decimal) -> Vec<Decimal> {
    if parts.is_empty() {
        return Vec::new();
    }
    let of = |percent: Decimal, amount: Decimal| amount * percent.round_dp(10) / Decimal::ONE_HUNDRED;
    let of_the_whole = parts.iter().map(|part| match part {
        DiscountPart::Percentage(percent) => of(*percent, goods),
        DiscountPart::Amount(amount) => *amount,
    });
    let left = parts.iter().fold(goods, |left, part| match part {
        DiscountPart::Percentage(percent) => left - of(*percent, left),
        DiscountPart::Amount(amount) => left - amount,
    });
    vec![of_the_whole.sum(), goods - left]
}

#[cfg(test)]
mod tests {
    use super::*;
    use DiscountPart::{Amount, Percentage};

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// Goods are 123.45 USD.
    fn check(said: Option<&str>, parts: &[(char, &str)], expected: Option<&str>) {
        let parts = parts.iter().map(|(kind, value)| match kind {
            '%' => Percentage(decimal(value)),
            _ => Amount(decimal(value)),
        });
        let discount = OrderDiscount { amount: said.map(decimal), parts: parts.collect() };
        let goods = decimal("123.45");
        let found = amount(&discount, goods, goods, Currency::from_code("USD").unwrap());
        match expected {
            Some(expected) => assert_eq!(found, Ok(decimal(expected)), "{discount:?}"),
            None => assert!(
                matches!(&found, Err(Problem::DiscountUnmappable { readings }) if !readings.is_empty()),
                "{found:?}"
            ),
        }
    }

    #[test]
    fn an_amount_rules_and_a_percentage_must_agree() {
        check(None, &[], Some("0"));
        check(Some("0"), &[], Some("0"));
        check(Some("0"), &[('%', "0")], Some("0"));
        check(Some("10.00"), &[], Some("10.00"));
        check(None, &[('%', "10")], Some("12.35"));
        check(None, &[('a', "7.5")], Some("7.50"));
        check(Some("12.35"), &[('%', "10")], Some("12.35"));
        check(Some("12.34"), &[('%', "10")], Some("12.34"));
        check(Some("12.345"), &[('%', "10")], Some("12.35"));
        check(Some("12.36"), &[('%', "10")], None);
        check(Some("0"), &[('%', "10")], None);
        check(Some("7.50"), &[('a', "7.50")], Some("7.50"));
        check(Some("7.50"), &[('a', "7.51")], None);
    }

    #[test]
    fn several_parts_are_taken_only_if_they_can_be_read_in_one_way() {
        check(None, &[('a', "5"), ('a', "7")], Some("12"));
        check(None, &[('%', "10"), ('a', "5")], Some("17.35"));
        check(None, &[('a', "5"), ('%', "10")], None);
        check(None, &[('%', "10"), ('%', "10")], None);
        check(Some("23.46"), &[('%', "10"), ('%', "10")], Some("23.46"));
        check(Some("24.69"), &[('%', "10"), ('%', "10")], Some("24.69"));
    }

    #[test]
    fn a_discount_that_cannot_be_one_is_refused() {
        check(Some("-1"), &[], None);
        check(Some("123.46"), &[], None);
        check(None, &[('%', "101")], None);
        check(None, &[('%', "-5")], None);
        check(None, &[('a', "-5")], None);
        check(Some("79228162514264337593543950335"), &[], None);
        check(Some("123.45"), &[('%', "100")], Some("123.45"));
        check(None, &[('a', "1"); 21], None);
    }
}
