//! The tax of an order by its billing country, and its shares. Rates are settings; JOOR's amount is only compared.

use crate::money::{Currency, Decimal, share};
use crate::orders::address;
use crate::orders::note::{capped, one_line};
use crate::orders::order::Order;
use crate::problem::Problem;
use crate::settings::{TaxOtherwise, TaxRule, TaxSettings};

/// The tax of a whole order, computed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tax {
    pub name: String,
    pub rate: Decimal,
    pub on_shipping: bool,
    pub amount: Decimal,
}

/// What the tax is computed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    pub goods: Decimal,
    pub discount: Decimal,
    pub shipping: Decimal,
}

/// The tax of the order; `None`: none. `exempt`: the customer is marked tax exempt in the shop.
pub fn tax(
    order: &Order,
    settings: &TaxSettings,
    base: Base,
    exempt: bool,
    currency: Currency,
) -> Result<Option<Tax>, Problem> {
    let rule = rule(order, settings)?.filter(|rule| rule.rate > Decimal::ZERO);
    let tax = rule.map(|rule| Tax {
        name: rule.name.clone(),
        rate: rule.rate,
        on_shipping: rule.on_shipping,
        amount: currency.round(rule.rate * taxed(base, rule.on_shipping)),
    });
    let ours = tax.as_ref().map_or(Decimal::ZERO, |tax| tax.amount);
    let percent = |tax: &Tax| (tax.rate * Decimal::ONE_HUNDRED).normalize();
    let rule_says = match &tax {
        Some(tax) => {
            format!("the tax rule ({} {} %) gives {} {currency}", tax.name, percent(tax), currency.text(ours))
        }
        None => "the settings give no tax".to_owned(),
    };
    if exempt && tax.is_some() {
        let first = "the customer is tax exempt in Shopify".to_owned();
        return Err(Problem::TaxConflict { first, second: rule_says });
    }
    // JOOR writes 0 where it knows of no tax, so only another amount says something.
    match order.tax_amount.filter(|amount| !amount.is_zero()) {
        Some(amount) if amount != ours => {
            let first = format!("JOOR says {} {currency} of tax", amount.normalize());
            Err(Problem::TaxConflict { first, second: rule_says })
        }
        Some(_) | None => Ok(tax),
    }
}

fn rule<'a>(order: &Order, settings: &'a TaxSettings) -> Result<Option<&'a TaxRule>, Problem> {
    if settings.rules.is_empty() {
        return Ok(None);
    }
    let country = address::country(&order.bill_to.country);
    match (country.and_then(|code| settings.rules.get(code)), settings.otherwise) {
        (Some(rule), _) => Ok(Some(rule)),
        (None, TaxOtherwise::None) => Ok(None),
        (None, TaxOtherwise::Hold) => {
            let given = capped(&one_line(&order.bill_to.country), 60).0;
            let country = country.map_or_else(
                || if given.is_empty() { "no country".to_owned() } else { given },
                str::to_owned,
            );
            Err(Problem::TaxRuleMissing { country })
        }
    }
}

fn taxed(base: Base, on_shipping: bool) -> Decimal {
    base.goods - base.discount + if on_shipping { base.shipping } else { Decimal::ZERO }
}

/// The tax of each line and of shipping, to the minor unit; they sum to the amount exactly.
pub fn shares(tax: &Tax, line_totals: &[Decimal], base: Base, currency: Currency) -> (Vec<Decimal>, Decimal) {
    let mut weights = share(base.goods - base.discount, line_totals, currency);
    weights.push(if tax.on_shipping { base.shipping } else { Decimal::ZERO });
    let mut shares = share(tax.amount, &weights, currency);
    let shipping = shares.pop().unwrap_or_default();
    (shares, shipping)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::note::sample;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn usd() -> Currency {
        Currency::from_code("USD").unwrap()
    }

    fn settings(otherwise: TaxOtherwise) -> TaxSettings {
        let rule = |name: &str, rate: &str, on_shipping| TaxRule {
            name: name.to_owned(),
            rate: decimal(rate),
            on_shipping,
        };
        let rules = [
            ("GB", rule("VAT", "0.2", true)),
            ("DE", rule("MwSt", "0.19", false)),
            ("US", rule("", "0", false)),
        ];
        TaxSettings { rules: rules.map(|(code, rule)| (code.to_owned(), rule)).into(), otherwise }
    }

    fn base() -> Base {
        Base { goods: decimal("100.03"), discount: decimal("10.00"), shipping: decimal("5.00") }
    }

    fn check(
        country: &str,
        joor: Option<&str>,
        exempt: bool,
        otherwise: TaxOtherwise,
        expected: Result<&str, &str>,
    ) {
        let mut order = sample("");
        order.bill_to.country = country.to_owned();
        order.tax_amount = joor.map(decimal);
        let found = tax(&order, &settings(otherwise), base(), exempt, usd());
        match expected {
            Ok(amount) => {
                let amount = decimal(amount);
                assert_eq!(found.unwrap().map_or(Decimal::ZERO, |tax| tax.amount), amount, "{country}");
            }
            Err(word) => assert!(format!("{:?}", found.unwrap_err()).contains(word), "{country} {word}"),
        }
    }

    #[test]
    fn the_rule_of_the_billing_country_is_applied_once_to_goods_less_discount() {
        use TaxOtherwise::{Hold, None as Nothing};
        check("United Kingdom", None, false, Hold, Ok("19.01"));
        check("DE", None, false, Hold, Ok("17.11"));
        check("US", None, true, Hold, Ok("0"));
        check("FR", None, false, Nothing, Ok("0"));
        check("FR", None, false, Hold, Err("TaxRuleMissing { country: \"FR\" }"));
        check("", None, false, Hold, Err("TaxRuleMissing { country: \"no country\" }"));
    }

    #[test]
    fn sources_that_disagree_are_shown_side_by_side() {
        use TaxOtherwise::{Hold, None as Nothing};
        check("GB", Some("19.01"), false, Hold, Ok("19.01"));
        check("GB", Some("0"), false, Hold, Ok("19.01"));
        check("GB", Some("19.00"), false, Hold, Err("JOOR says 19 USD of tax"));
        check("US", Some("8.25"), false, Hold, Err("the settings give no tax"));
        check("FR", Some("8.25"), false, Nothing, Err("TaxConflict"));
        check("GB", None, true, Hold, Err("tax exempt in Shopify"));
    }

    #[test]
    fn without_any_rules_no_country_is_asked_for() {
        let settings = TaxSettings { rules: [].into(), otherwise: TaxOtherwise::Hold };
        assert_eq!(tax(&sample(""), &settings, base(), true, usd()), Ok(None));
        let charged = Order { tax_amount: Some(Decimal::ONE), ..sample("") };
        assert!(matches!(tax(&charged, &settings, base(), false, usd()), Err(Problem::TaxConflict { .. })));
    }

    #[test]
    fn shares_follow_what_each_line_costs_after_the_discount() {
        let tax =
            Tax { name: "VAT".to_owned(), rate: decimal("0.2"), on_shipping: true, amount: decimal("19.01") };
        let (lines, shipping) = shares(&tax, &[decimal("60.02"), decimal("40.01")], base(), usd());
        assert_eq!((lines, shipping), (vec![decimal("10.81"), decimal("7.20")], decimal("1.00")));
        let untaxed = Tax { on_shipping: false, ..tax };
        let (lines, shipping) = shares(&untaxed, &[decimal("60.02"), decimal("40.01")], base(), usd());
        assert_eq!((lines.iter().sum::<Decimal>(), shipping), (decimal("19.01"), Decimal::ZERO));
    }
}
