//! What an order comes to, by the rules that the brand was promised and by nobody's code but this: goods less discount,
//! plus shipping, plus the billing country's tax, each to the minor unit and half away from zero.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::joor::{DiscountKind, OrderSeed};

/// A tax rule of the demo's connection: on goods less discount and on shipping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxRule {
    /// Of the billing address, ISO 3166-1 alpha-2.
    pub country: &'static str,
    pub name: &'static str,
    /// In percent. Zero: a country without tax.
    pub percent: u32,
}

const fn rule(country: &'static str, name: &'static str, percent: u32) -> TaxRule {
    TaxRule { country, name, percent }
}

/// France is missing on purpose; a country that is not listed is held.
pub const TAX_RULES: [TaxRule; 9] = [
    rule("GB", "VAT", 20),
    rule("DE", "MwSt", 19),
    rule("CA", "GST", 5),
    rule("US", "", 0),
    rule("JP", "", 0),
    rule("AU", "", 0),
    rule("NL", "", 0),
    rule("SE", "", 0),
    rule("DK", "", 0),
];

/// The parts of an order's total, each in the order's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Equation {
    pub goods: Decimal,
    pub discount: Decimal,
    pub shipping: Decimal,
    pub tax: Decimal,
}

impl Equation {
    pub fn of(order: &OrderSeed, currency: &str, billing_country: &str) -> Equation {
        let live = order.lines.iter().filter(|line| !line.cancelled);
        let goods: Decimal = live.map(|line| line.price() * Decimal::from(line.quantity)).sum();
        let shipping = order.shipping_price.unwrap_or_default();
        let discount = match (order.discount.amount, order.discount.details.first()) {
            (Some(amount), _) => amount,
            (None, Some((DiscountKind::Percentage, percent))) => {
                to_minor(goods * *percent / Decimal::ONE_HUNDRED, currency)
            }
            (None, Some((DiscountKind::Amount, amount))) => *amount,
            (None, None) => Decimal::ZERO,
        };
        let percent =
            TAX_RULES.iter().find(|rule| rule.country == billing_country).map_or(0, |rule| rule.percent);
        let base = goods - discount + shipping;
        let tax = to_minor(base * Decimal::from(percent) / Decimal::ONE_HUNDRED, currency);
        Equation { goods, discount, shipping, tax }
    }

    pub fn total(&self) -> Decimal {
        self.goods - self.discount + self.shipping + self.tax
    }
}

/// Half away from zero to the currency's minor unit.
pub fn to_minor(amount: Decimal, currency: &str) -> Decimal {
    let places = if currency == "JPY" { 0 } else { 2 };
    amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::joor::LineSeed;

    #[test]
    fn parts_are_rounded_where_the_rules_say_so() {
        let line = LineSeed::of_variant(1, 2, "A", 3, Decimal::new(3335, 2));
        let order = OrderSeed::new("1").line(line).discount_percent(Decimal::new(125, 1));
        let order = order.shipping_price(Decimal::new(990, 2));
        let equation = Equation::of(&order, "GBP", "GB");
        // 100.05, of which 12.5 % is 12.50625; 20 % of 97.44 is 19.488.
        assert_eq!(equation.discount, Decimal::new(1251, 2));
        assert_eq!(equation.tax, Decimal::new(1949, 2));
        assert_eq!(equation.total(), Decimal::new(11_693, 2));
    }
}
