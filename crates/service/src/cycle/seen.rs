//! What a decision saw of an order, as the ledger keeps it and people read it: lines with their stock, and the parts of
//! the total. Nothing is decided by it.

use domain::money::{Currency, Decimal};
use domain::orders::decide::{Facts, Promised, SeenLine, look};
use domain::orders::lines::{Live, price};
use domain::orders::note::{capped, one_line};
use domain::orders::order::{Line as JoorLine, Order};
use domain::orders::parts::Sums;
use serde::{Deserialize, Serialize};

/// Lines that are kept; further ones are only counted.
const LINES_MAX: usize = 500;
const TEXT_CHARS_MAX: usize = 80;
/// What the ledger takes.
const BYTES_MAX: usize = 200_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// The currency's code; empty: unknown.
    pub currency: String,
    pub lines: Vec<Line>,
    /// Lines that are not kept.
    pub more: usize,
    pub total: Option<Total>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Line {
    pub style: String,
    /// Number of the style, colour and size.
    pub detail: String,
    pub sku: String,
    /// Who said which variant it is; empty: its identifiers do.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub linked_by: String,
    pub units: i64,
    pub price: Option<String>,
    pub amount: Option<String>,
    /// Units that Shopify had; `None`: not counted there, or the line leads to no variant.
    pub stock: Option<i64>,
    /// Of those, promised to earlier orders.
    pub promised: i64,
    /// What the order lacks of this variant, over all of its lines.
    pub missing: i64,
}

/// Goods − discount + shipping + tax.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Total {
    pub goods: String,
    pub discount: String,
    pub shipping: String,
    pub tax: String,
    /// Such as "VAT 20 %"; empty: no tax.
    pub tax_name: String,
    pub total: String,
}

impl Seen {
    /// What the ledger kept; `None` for a text of another release that cannot be read.
    pub fn read(text: &str) -> Option<Seen> {
        serde_json::from_str(text).ok()
    }
}

/// In place of what a decision saw: JOOR's own text of what it could not read.
const UNREADABLE: &str = "JOOR sent: ";

pub(super) fn unreadable(raw: &str) -> Option<String> {
    (!raw.is_empty()).then(|| format!("{UNREADABLE}{raw}"))
}

/// JOOR's own text, if that is what the ledger kept.
pub fn raw_of(text: &str) -> Option<&str> {
    text.strip_prefix(UNREADABLE)
}

/// What a decision over this order sees, as text; `None` for an order without lines. The same for the same facts.
pub(super) fn seen(
    order: &Order,
    lines: &[JoorLine],
    facts: &Facts<'_>,
    promised: &Promised,
) -> Option<String> {
    let found = look(order, lines, facts, promised);
    if found.lines.is_empty() {
        return None;
    }
    let currency = facts.currency;
    Some(bounded(Seen {
        currency: currency.map(|currency| currency.code().to_owned()).unwrap_or_default(),
        lines: found.lines.iter().take(LINES_MAX).map(|line| line_of(line, currency)).collect(),
        more: found.lines.len().saturating_sub(LINES_MAX),
        total: found.sums.as_ref().map(total_of),
    }))
}

/// As text, with fewer lines if it is longer than the ledger takes.
fn bounded(mut seen: Seen) -> String {
    loop {
        let text = serde_json::to_string(&seen).expect("texts and numbers only");
        if text.len() <= BYTES_MAX || seen.lines.is_empty() {
            return text;
        }
        let kept = seen.lines.len() / 2;
        seen.more += seen.lines.len() - kept;
        seen.lines.truncate(kept);
    }
}

fn line_of(seen: &SeenLine<'_>, currency: Option<Currency>) -> Line {
    let (line, short) = (seen.line, |text: &str| capped(&one_line(text), TEXT_CHARS_MAX).0);
    let live = Live { line, quantity: seen.quantity };
    let detail = [&line.style_number, &line.color.name, &line.size.name].map(|text| short(text));
    let places = |price: Decimal, currency: Currency| {
        let price = price.normalize();
        format!("{price:.0$}", price.scale().max(currency.places()) as usize)
    };
    let priced = currency.filter(|_| line.unit_price().is_some());
    // A price that no line has is a problem of its order, and may be too large for any product.
    let amount = |currency: Currency| {
        let exact = price(&live).checked_mul(Decimal::from(live.quantity))?;
        Some(currency.text(exact))
    };
    Line {
        style: short(&line.style_name),
        detail: detail.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", "),
        sku: short(&seen.identifier),
        linked_by: short(seen.linked_by.as_deref().unwrap_or_default()),
        units: seen.quantity,
        price: priced.map(|currency| places(price(&live), currency)),
        amount: priced.and_then(amount),
        stock: seen.level.map(|level| level.available),
        promised: seen.level.map_or(0, |level| level.promised),
        missing: seen.level.map_or(0, |level| level.missing),
    }
}

fn total_of(sums: &Sums) -> Total {
    let text = |amount: Decimal| sums.currency.text(amount);
    let tax = sums.tax.as_ref();
    let name = |tax: &domain::orders::tax::Tax| {
        let name = capped(&one_line(&tax.name), TEXT_CHARS_MAX).0;
        format!("{name} {} %", (tax.rate * Decimal::ONE_HUNDRED).normalize())
    };
    Total {
        goods: text(sums.base.goods),
        discount: text(sums.base.discount),
        shipping: text(sums.base.shipping),
        tax: text(tax.map_or(Decimal::ZERO, |tax| tax.amount)),
        tax_name: tax.map(name).unwrap_or_default(),
        total: text(sums.total()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_read_again_and_bounded_whatever_strangers_write() {
        let line = Line { style: "\u{7}\"".repeat(80), sku: "é".repeat(80), units: 5, ..Line::default() };
        let seen = Seen { lines: vec![line; LINES_MAX], more: 7, ..Seen::default() };
        let text = bounded(seen);
        assert!(text.len() <= BYTES_MAX, "{} bytes", text.len());
        let read = Seen::read(&text).unwrap();
        assert_eq!(read.lines.len() + read.more, LINES_MAX + 7);
        assert!(read.lines.len() > LINES_MAX / 8, "{}", read.lines.len());
        assert_eq!(bounded(read), text, "what was kept once is kept again");
        assert_eq!(Seen::read("no JSON"), None);
        assert_eq!(Seen::read(r#"{"later":1}"#), Some(Seen::default()), "a later release may say more");
    }
}
