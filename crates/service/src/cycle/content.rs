//! What an order says, one fact a line: what is kept of it at its export, and compared with what JOOR says later.

use domain::money::Decimal;
use domain::orders::order::{Address, DiscountPart, Line, Named, Order};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// The readable content of an order, one fact a line: what an edit after export is compared with.
pub fn content(order: &Order, lines: &[Line]) -> String {
    let mut text: Vec<String> = Vec::new();
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            text.push(format!("{name}: {value}"));
        }
    };
    let plain = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
    fact("PO number", plain(&order.po_number));
    fact("ship window", format!("{} to {}", day(order.window_start), day(order.window_end)));
    fact("ship to", plain(&address_line(&order.ship_to)));
    fact("bill to", plain(&address_line(&order.bill_to)));
    fact("payment terms", plain(&order.payment_method.name));
    fact("shipping method", plain(&order.shipping_method.name));
    fact("shipping price", order.shipping_price.map(|p| p.normalize().to_string()).unwrap_or_default());
    fact("discount", discount_line(order));
    fact("comments", plain(&order.comments));
    for (name, value) in LATER_FACTS.iter().zip(later_facts(order)) {
        fact(name, plain(&value));
    }
    let mut rows: Vec<String> = lines
        .iter()
        .filter(|line| line.is_live())
        .map(|line| {
            let price =
                line.unit_price().map(|p| p.normalize().to_string()).unwrap_or_else(|| "no price".to_owned());
            format!("line {}: {} × {} at {price}", line.id, line.quantity.normalize(), plain(&line.label()))
        })
        .collect();
    rows.sort();
    text.extend(rows);
    text.join("\n")
}

/// Facts that an earlier release did not keep, in the order of [`later_facts`]. The first is always there, so it tells
/// which contents know of them.
const LATER_FACTS: [&str; 15] = [
    "retailer's JOOR number",
    "buyer",
    "buyer's e-mail",
    "shipping contact",
    "billing contact",
    "price type",
    "discount amount",
    "tax",
    "linesheet",
    "season",
    "warehouse",
    "sales rep",
    "event",
    "order type",
    "door",
];

/// Facts of this order, not of what it names: a retailer or a linesheet that is called otherwise is the same one, so it is
/// told by its number or code.
fn later_facts(order: &Order) -> [String; LATER_FACTS.len()] {
    let named = |one: &Named| if one.code.is_empty() { &one.name } else { &one.code }.clone();
    let contact = |address: &Address| {
        let parts = [&address.phone, &address.email].into_iter().filter(|part| !part.is_empty());
        parts.map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    let number =
        |number: Option<Decimal>| number.map(|number| number.normalize().to_string()).unwrap_or_default();
    let retailer = &order.retailer.joor_id;
    [
        if retailer.is_empty() { "none".to_owned() } else { retailer.clone() },
        order.buyer_name.clone(),
        order.buyer_email.clone(),
        contact(&order.ship_to),
        contact(&order.bill_to),
        order.price_type.as_ref().map(ToString::to_string).unwrap_or_default(),
        number(order.discount.amount),
        number(order.tax_amount),
        named(&order.linesheet),
        named(&order.season),
        named(&order.warehouse),
        named(&order.sales_rep),
        named(&order.event),
        named(&order.order_type),
        named(&order.door),
    ]
}

/// Does this line state a fact that an earlier release did not keep?
fn is_later(line: &str) -> bool {
    LATER_FACTS.iter().any(|name| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(": ")))
}

fn day(date: Option<Date>) -> String {
    date.map_or_else(|| "open".to_owned(), |date| date.to_string())
}

fn address_line(address: &Address) -> String {
    [
        &address.name,
        &address.company,
        &address.line_1,
        &address.line_2,
        &address.city,
        &address.region,
        &address.postcode,
        &address.country,
    ]
    .into_iter()
    .filter(|part| !part.is_empty())
    .map(String::as_str)
    .collect::<Vec<_>>()
    .join(", ")
}

fn discount_line(order: &Order) -> String {
    let parts = order.discount.parts.iter().map(|part| match part {
        DiscountPart::Percentage(percent) => format!("{} %", percent.normalize()),
        DiscountPart::Amount(amount) => amount.normalize().to_string(),
    });
    parts.collect::<Vec<_>>().join(" and ")
}

/// The lines of a content that can be compared with an earlier one: what was not kept then cannot be said to have changed.
pub fn comparable<'a>(before: &str, after: &'a str) -> impl Iterator<Item = &'a str> {
    let knows_all = before.lines().any(is_later);
    after.lines().filter(move |line| knows_all || !is_later(line))
}

/// What changed between two contents, for people: at most 20 entries.
pub fn differences(before: &str, after: &str) -> Vec<String> {
    let old: BTreeSet<&str> = before.lines().collect();
    let new: BTreeSet<&str> = comparable(before, after).collect();
    let gone = old.difference(&new).map(|line| format!("was {line}"));
    let come = new.difference(&old).map(|line| format!("now {line}"));
    gone.chain(come).take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::orders::order::{OrderDiscount, Retailer};

    #[test]
    fn every_fact_of_an_order_that_is_exported_is_seen_to_change() {
        let order = domain::orders::note::sample("7");
        let before = content(&order, &[]);
        let text = || "another".to_owned();
        let named = || Named { name: text(), code: String::new() };
        type Edit = fn(&mut Order, String, Named);
        let edits: [(&str, Edit); 23] = [
            ("PO number", |order, text, _| order.po_number = text),
            ("ship window", |order, _, _| order.window_end = "2027-01-01".parse().ok()),
            ("ship to", |order, text, _| order.ship_to.city = text),
            ("bill to", |order, text, _| order.bill_to.line_1 = text),
            ("payment terms", |order, _, named| order.payment_method = named),
            ("shipping method", |order, _, named| order.shipping_method = named),
            ("shipping price", |order, _, _| order.shipping_price = "77".parse().ok()),
            ("comments", |order, text, _| order.comments = text),
            ("retailer's JOOR number", |order, text, _| order.retailer.joor_id = text),
            ("buyer", |order, text, _| order.buyer_name = text),
            ("buyer's e-mail", |order, text, _| order.buyer_email = text),
            ("shipping contact", |order, text, _| order.ship_to.phone = text),
            ("billing contact", |order, text, _| order.bill_to.email = text),
            ("price type", |order, text, _| order.price_type = Some(domain::ids::PriceTypeId::new(text))),
            ("discount amount", |order, _, _| {
                order.discount = OrderDiscount { amount: "7".parse().ok(), parts: Vec::new() };
            }),
            ("tax", |order, _, _| order.tax_amount = "7".parse().ok()),
            ("linesheet", |order, _, named| order.linesheet = named),
            ("season", |order, _, named| order.season = named),
            ("warehouse", |order, _, named| order.warehouse = named),
            ("sales rep", |order, _, named| order.sales_rep = named),
            ("event", |order, _, named| order.event = named),
            ("order type", |order, _, named| order.order_type = named),
            ("door", |order, _, named| order.door = named),
        ];
        for (name, edit) in edits {
            let mut edited = order.clone();
            edit(&mut edited, text(), named());
            let told = differences(&before, &content(&edited, &[]));
            assert!(told.iter().any(|line| line.starts_with(&format!("now {name}: "))), "{name}: {told:?}");
        }
        let retailer = Retailer { name: text(), code: text(), ..order.retailer.clone() };
        let linesheet = Named { name: text(), code: "SS27".to_owned() };
        let before = Order { linesheet: Named { code: "SS27".to_owned(), ..Named::default() }, ..order };
        let renamed = Order { retailer, linesheet, ..before.clone() };
        let (before, renamed) = (content(&before, &[]), content(&renamed, &[]));
        assert!(differences(&before, &renamed).is_empty(), "a new name is no edit");
    }

    #[test]
    fn what_an_earlier_release_did_not_keep_is_no_edit() {
        let order = domain::orders::note::sample("7");
        let kept: Vec<String> =
            content(&order, &[]).lines().filter(|line| !is_later(line)).map(str::to_owned).collect();
        let kept = kept.join("\n");
        assert!(differences(&kept, &content(&order, &[])).is_empty());
        let edited = Order { po_number: "other".to_owned(), ..order };
        assert_eq!(differences(&kept, &content(&edited, &[])).len(), 2);
    }

    #[test]
    fn an_edit_is_told_line_by_line() {
        let before = "PO number: 1\nline 9: 2 × Shirt at 5";
        let after = "PO number: 1\nline 9: 3 × Shirt at 5";
        assert_eq!(differences(before, after), ["was line 9: 2 × Shirt at 5", "now line 9: 3 × Shirt at 5"]);
        assert!(differences(before, before).is_empty());
    }
}
