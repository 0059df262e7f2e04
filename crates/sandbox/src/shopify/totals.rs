//! What an order adds up to: sums of what was sent, never a computed tax.

use rust_decimal::Decimal;

use super::money::to_minor;
use super::state::{Discount, Line, ShippingLine, TaxLine, Totals};

/// The parts of an order that carry money.
pub(crate) struct Parts<'a> {
    pub(crate) lines: &'a [Line],
    pub(crate) shipping_lines: &'a [ShippingLine],
    pub(crate) tax_lines: &'a [TaxLine],
    pub(crate) discount: Option<&'a Discount>,
    pub(crate) taxes_included: bool,
    pub(crate) currency: &'a str,
}

pub(crate) fn totals(parts: &Parts) -> Totals {
    let goods: Decimal = parts.lines.iter().map(|line| line.price * Decimal::from(line.quantity)).sum();
    let shipping_full: Decimal = parts.shipping_lines.iter().map(|line| line.price).sum();
    let (off_goods, off_shipping) = match parts.discount {
        None => (Decimal::ZERO, Decimal::ZERO),
        // A discount takes no more than there is.
        Some(Discount::Fixed { amount, .. }) => ((*amount).min(goods), Decimal::ZERO),
        Some(Discount::Percentage { percentage, .. }) => {
            (to_minor(goods * *percentage / Decimal::ONE_HUNDRED, parts.currency).min(goods), Decimal::ZERO)
        }
        Some(Discount::FreeShipping { .. }) => (Decimal::ZERO, shipping_full),
    };
    let amounts = |lines: &[TaxLine]| lines.iter().map(|line| line.amount).sum::<Decimal>();
    let on_lines: Decimal = parts.lines.iter().map(|line| amounts(&line.tax_lines)).sum();
    let on_shipping: Decimal = parts.shipping_lines.iter().map(|line| amounts(&line.tax_lines)).sum();
    let tax = on_lines + on_shipping + amounts(parts.tax_lines);
    let subtotal = goods - off_goods;
    let shipping = shipping_full - off_shipping;
    let added_tax = if parts.taxes_included { Decimal::ZERO } else { tax };
    Totals {
        subtotal,
        discount: off_goods + off_shipping,
        shipping,
        tax,
        total: subtotal + shipping + added_tax,
    }
}
