//! The goods of an order: its lines with the stock that a decision saw, how its total comes about, and what is not as it
//! was exported.

use super::Facts;
use crate::cycle::content::comparable;
use crate::cycle::judge::shown_generation;
use crate::cycle::seen::{Line as SeenLine, Seen};
use adapters::ledger::records::{AttemptRecord, ExportRecord, SightRecord};
use console::look::{Amount, Link, grouped};
use console::pages::order::{Edit, Equation, EquationRow, Line};
use domain::money::{Currency, Decimal, Money};
use domain::orders::export::State;
use domain::time::Moment;
use std::collections::BTreeMap;

/// Lines that the page shows at first.
const LINES_MAX: usize = 40;
/// More edits than anybody reads.
const EDITS_MAX: usize = 100;

/// What a decision saw, and where that is from.
pub struct Goods {
    pub seen: Seen,
    pub at: Moment,
    pub words: &'static str,
}

/// Of an order that left, what the request was decided on; of another one, what its last check saw.
pub fn goods(facts: &Facts) -> Option<Goods> {
    let generation = shown_generation(&facts.order, &facts.exports);
    let shown = || facts.exports.iter().filter(move |row| row.export.key.generation.0 == generation);
    let left = shown()
        .any(|row| row.export.state.is_in_flight() || matches!(row.export.state, State::Exported { .. }));
    let of_attempt = |attempt: &AttemptRecord| {
        let seen = Seen::read(attempt.decided.as_deref()?)?;
        Some(Goods { seen, at: attempt.at, words: "Stock as Shopify had it when the order was sent" })
    };
    let of_sight = |sight: &SightRecord| {
        let seen = Seen::read(&sight.words)?;
        Some(Goods { seen, at: sight.at, words: "Stock as Shopify had it at the last check" })
    };
    let attempts = facts.attempts.iter().filter(|one| one.key.generation.0 == generation);
    // The parts of an order are decided together; the first one leaves first.
    let sent = attempts.min_by_key(|one| (one.key.part.0, std::cmp::Reverse(one.version)));
    let sent = sent.filter(|_| left).and_then(of_attempt);
    sent.or_else(|| facts.sight.as_ref().and_then(of_sight))
}

/// Lines of which there is not enough come first. With a link where not all are shown.
pub fn lines(goods: &Goods, href: &str, all: bool) -> (Vec<Line>, Option<Link>) {
    let seen = &goods.seen;
    let mut sorted: Vec<&SeenLine> = seen.lines.iter().collect();
    sorted.sort_by_key(|line| line.missing == 0);
    let shown = if all { sorted.len() } else { LINES_MAX };
    // What the ledger did not keep cannot be shown.
    let words = match seen.more {
        0 => format!("Show all {} lines", sorted.len()),
        more => format!("Show {} of {} lines", sorted.len(), sorted.len() + more),
    };
    let more = (!all && sorted.len() > shown).then(|| Link::here(&words, format!("{href}?all=yes")));
    let lines = sorted.into_iter().take(shown).map(|line| Line {
        style: line.style.clone(),
        detail: line.detail.clone(),
        sku: line.sku.clone(),
        linked_by: line.linked_by.clone(),
        quantity: line.units,
        price: line.price.as_deref().map(grouped).unwrap_or_default(),
        amount: line.amount.as_deref().map(|amount| Amount::new(amount, &seen.currency)),
        stock: line.stock,
        promised: line.promised.min(line.stock.unwrap_or_default()),
        missing: line.missing,
    });
    (lines.collect(), more)
}

/// How the total comes about, and whether Shopify shows the same one.
pub fn equation(goods: &Goods, facts: &Facts) -> Option<Equation> {
    let (total, currency) = (goods.seen.total.as_ref()?, &goods.seen.currency);
    let zero = |amount: &str| amount.parse::<Decimal>().is_ok_and(|amount| amount.is_zero());
    let mut rows = vec![("Goods".to_owned(), total.goods.clone())];
    if !zero(&total.discount) {
        rows.push(("Discount".to_owned(), format!("-{}", total.discount)));
    }
    if !zero(&total.shipping) {
        rows.push(("Shipping".to_owned(), total.shipping.clone()));
    }
    if !zero(&total.tax) {
        let name = if total.tax_name.is_empty() { "Tax" } else { total.tax_name.as_str() };
        rows.push((name.to_owned(), total.tax.clone()));
    }
    let shopify = in_shopify(facts);
    let expected = Currency::from_code(currency).zip(total.total.parse::<Decimal>().ok());
    let expected = expected.map(|(currency, amount)| Money::new(amount, currency));
    let differs = shopify.is_some() && shopify != expected;
    let words = match (&shopify, &expected) {
        (None, _) => "By JOOR's numbers. Shopify shows no total of it yet.".to_owned(),
        (Some(_), _) if !differs => "Shopify shows the same total, to the cent.".to_owned(),
        (Some(shopify), Some(expected)) if shopify.currency == expected.currency => {
            let gap = Money::new(shopify.amount - expected.amount, shopify.currency);
            let more = if gap.amount.is_sign_negative() { "less" } else { "more" };
            let gap = Money::new(gap.amount.abs(), gap.currency);
            format!("Shopify shows {gap} {more} than JOOR's numbers come to.")
        }
        (Some(_), _) => "Shopify shows another currency than JOOR.".to_owned(),
    };
    Some(Equation {
        rows: rows
            .into_iter()
            .map(|(name, value)| EquationRow { name, value: Amount::new(&value, currency) })
            .collect(),
        total: Amount::new(&total.total, currency),
        shopify: shopify.as_ref().map(crate::console::words::amount),
        differs,
        words,
    })
}

/// The sum over all parts; `None` as long as one of them is not there.
fn in_shopify(facts: &Facts) -> Option<Money> {
    let generation = shown_generation(&facts.order, &facts.exports);
    let needed = |row: &&ExportRecord| {
        row.export.key.generation.0 == generation
            && (row.export.key.part.0 == 1 || row.export.state != State::Skipped)
    };
    let parts: Vec<&ExportRecord> = facts.exports.iter().filter(needed).collect();
    let there = |row: &&ExportRecord| matches!(row.export.state, State::Exported { .. });
    let totals: Vec<Money> = parts.iter().filter(|row| there(row)).filter_map(|row| row.total).collect();
    let first = totals.first()?;
    let whole = totals.len() == parts.len() && totals.iter().all(|one| one.currency == first.currency);
    whole.then(|| Money::new(totals.iter().map(|total| total.amount).sum(), first.currency))
}

/// What is not as it was exported, line by line: both texts say one fact a line, as `name: value`.
pub fn edits(exported: &str, now: &str) -> Vec<Edit> {
    let (was, is) = (facts_of(exported.lines()), facts_of(comparable(exported, now)));
    let changed = was.iter().filter(|(name, fact)| is.get(*name) != Some(fact)).map(|(name, fact)| Edit {
        what: fact.what(name),
        was: fact.value.clone(),
        now: is.get(name).map(|fact| fact.value.clone()).unwrap_or_default(),
    });
    let added = is.iter().filter(|(name, _)| !was.contains_key(*name)).map(|(name, fact)| Edit {
        what: fact.what(name),
        was: String::new(),
        now: fact.value.clone(),
    });
    changed.chain(added).take(EDITS_MAX).collect()
}

#[derive(PartialEq, Eq)]
struct Fact {
    /// What a line of the order is called; empty for other facts.
    label: String,
    value: String,
}

impl Fact {
    fn what(&self, name: &str) -> String {
        if !self.label.is_empty() {
            return self.label.clone();
        }
        let mut chars = name.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
    }
}

/// Facts by name. A line of the order, `line 7: 4 × Blazer Navy 38 at 108.33`, is called as people call it.
fn facts_of<'a>(content: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, Fact> {
    let fact = |text: &'_ str| {
        let (name, value) = text.split_once(": ").unwrap_or((text, ""));
        let parts = name.starts_with("line ").then(|| value.split_once(" × ")).flatten();
        let parts = parts.and_then(|(units, rest)| Some((units, rest.rsplit_once(" at ")?)));
        match parts {
            Some((units, (label, price))) => {
                Fact { label: label.to_owned(), value: format!("{units} at {price}") }
            }
            None => Fact { label: String::new(), value: value.to_owned() },
        }
    };
    content.map(|text| (text.split_once(": ").map_or(text, |(name, _)| name), fact(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_told_line_by_line_as_people_call_them() {
        let exported = "PO number: PO-1\ncomments: By air\nline 7: 4 × Blazer at dawn Navy 38 at 108.33\n\
                        line 8: 1 × Skirt at 20\nline 9: 2 × Sock at 3";
        let now = "PO number: PO-1\nship to: Lyon\nline 7: 6 × Blazer at dawn Navy 38 at 108.33\n\
                   line 8: 1 × Skirt at 19.50\nline 10: 5 × Hat at 8";
        let found: Vec<(String, String, String)> =
            edits(exported, now).into_iter().map(|edit| (edit.what, edit.was, edit.now)).collect();
        let told: Vec<(&str, &str, &str)> =
            found.iter().map(|(what, was, now)| (what.as_str(), was.as_str(), now.as_str())).collect();
        assert_eq!(
            told,
            [
                ("Comments", "By air", ""),
                ("Blazer at dawn Navy 38", "4 at 108.33", "6 at 108.33"),
                ("Skirt", "1 at 20", "1 at 19.50"),
                ("Sock", "2 at 3", ""),
                ("Hat", "", "5 at 8"),
                ("Ship to", "", "Lyon"),
            ]
        );
        assert!(edits(now, now).is_empty());
    }

    #[test]
    fn lines_that_are_short_come_first_and_a_long_order_leads_to_the_rest() {
        let line = |missing: i64| SeenLine { units: 5, stock: Some(2), missing, ..SeenLine::default() };
        let mut seen = Seen { lines: vec![line(0); 60], more: 3, ..Seen::default() };
        seen.lines.push(SeenLine { promised: 9, ..line(3) });
        let goods = Goods { seen, at: Moment(0), words: "" };
        let (shown, more) = lines(&goods, "/orders/main/7", false);
        assert_eq!(
            (shown.len(), shown[0].missing, shown[0].promised, shown[1].missing),
            (LINES_MAX, 3, 2, 0)
        );
        let more = more.unwrap();
        assert_eq!(
            (more.words.as_str(), more.href.as_str()),
            ("Show 61 of 64 lines", "/orders/main/7?all=yes")
        );
        let (shown, more) = lines(&goods, "/orders/main/7", true);
        assert!(shown.len() == 61 && more.is_none());
    }
}
