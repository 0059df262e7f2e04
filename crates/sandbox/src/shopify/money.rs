//! Decimals as Shopify writes and reads them. Sums of orders are in `totals`.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

/// Amounts come as strings (what clients should send) or as JSON numbers, read from their text.
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `20.00` leaves as `20.0`, `31.90` as `31.9`.
pub(crate) fn amount(value: Decimal) -> String {
    let short = value.normalize();
    if short.scale() == 0 { format!("{short}.0") } else { short.to_string() }
}

/// A MoneyBag; the sandbox sells in one currency at a time, so only the shop's side is shown.
pub(crate) fn bag(value: Decimal, currency: &str) -> Value {
    json!({ "shopMoney": { "amount": amount(value), "currencyCode": currency } })
}

pub(crate) fn minor_digits(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

pub(crate) fn to_minor(value: Decimal, currency: &str) -> Decimal {
    value.round_dp_with_strategy(minor_digits(currency), RoundingStrategy::MidpointAwayFromZero)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_lose_trailing_zeros_but_keep_one_decimal() {
        for (given, expected) in [("20.00", "20.0"), ("31.90", "31.9"), ("1.234", "1.234"), ("0", "0.0")] {
            assert_eq!(amount(given.parse().unwrap()), expected);
        }
    }
}
