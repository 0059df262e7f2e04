//! Orders that must arrive in Shopify, from the ordinary to the hostile.

use rust_decimal::Decimal;
use serde_json::json;

use super::equation::to_minor;
use super::planner::Planner;
use super::retailers::Known;
use super::styles::Role;

/// Retailers in France, whose orders are held for want of a tax rule.
pub const FRENCH: [usize; 2] = [27, 28];

pub fn plan(planner: &mut Planner) {
    ordinary(planner);
    customers(planner);
    money(planner);
    items(planner);
    addresses(planner);
    hostile(planner);
}

fn cents(value: i64) -> Decimal {
    Decimal::new(value, 2)
}

/// One order of every retailer outside France, with and without paid shipping.
fn ordinary(planner: &mut Planner) {
    for retailer in 0..planner.retailers.len() {
        if FRENCH.contains(&retailer) {
            continue;
        }
        let lines = 2 + planner.chance.below(7);
        let order = planner.order(retailer, lines);
        let fee = match (planner.currency(&order).as_str(), retailer % 2) {
            (_, 0) => Decimal::ZERO,
            ("JPY", _) => Decimal::from(1_800),
            (_, _) => cents(2_500),
        };
        let shipping = if fee.is_zero() { "free" } else { "paid" };
        let customer = match planner.retailers[retailer].known {
            Known::ByCode(_) => "known by its code",
            Known::ByEmail(_) => "known by its e-mail",
            Known::Nowhere => "not yet in Shopify",
        };
        let why = format!("an ordinary order, {shipping} shipping, of a customer {customer}");
        planner.exported(order.shipping_price(fee), &[], &why);
    }
}

fn customers(planner: &mut Planner) {
    let order = planner.order(4, 3);
    planner.exported_on(12, order, &[], "the retailer's first order: the customer is created");
    let order = planner.order(4, 2);
    planner.exported_on(12, order, &[], "the same new retailer's second order: no second customer");
    let mut order = planner.order(5, 4);
    order.customer.code = format!("  {} ", order.customer.code);
    planner.exported(order, &[], "the customer's code carries blanks");
    let mut order = planner.order(7, 3);
    order.customer.buyer_email = order.customer.buyer_email.to_uppercase();
    planner.exported(order, &[], "the customer's e-mail is written in capitals");
}

fn money(planner: &mut Planner) {
    let order = planner.order(0, 5).discount_percent(Decimal::TEN);
    planner.exported(order, &[], "10 % off, no amount stated");
    let order = planner.order(1, 5).discount_amount(cents(4_250)).shipping_price(cents(1_995));
    planner.exported(order, &[], "42.50 off, paid shipping");
    let order = planner.order(18, 4);
    let percent = Decimal::new(75, 1);
    let amount = to_minor(planner.equation(&order).goods * percent / Decimal::ONE_HUNDRED, "GBP");
    let order = order.discount_both(percent, amount).shipping_price(cents(1_250));
    planner.exported(order, &[], "7.5 % and its amount agree; VAT on goods less discount and on shipping");
    let order = planner.order(19, 3);
    let tax = planner.equation(&order).tax;
    planner.exported(order.tax(tax), &[], "JOOR's own tax amount agrees with the rule");
    let order = planner.order(23, 6).shipping_price(cents(1_190));
    planner.exported(order, &[], "euro, MwSt shared over six lines and shipping");
    let order = planner.order(14, 7).discount_percent(Decimal::new(33, 1)).shipping_price(cents(3_333));
    planner.exported(order, &[], "Canada: GST on goods less 3.3 % and on shipping");
    let order = planner.order(29, 3).discount_percent(Decimal::new(33, 1)).shipping_price(Decimal::from(950));
    planner.exported(order, &[], "yen: a discount without minor units");
    let order = planner.order(2, 3).price_type("506").tax(Decimal::ZERO);
    planner.exported(order, &[], "the second price type in dollars; JOOR says no tax and so does the rule");
    let mut order = planner.order(3, 2);
    order.lines[0].quantity = 4;
    order.lines[0].wholesale_price = Decimal::new(12_345, 3);
    order.lines[0].item_price = Some(Decimal::new(12_345, 3));
    planner.exported(order, &["MONEY_ROUNDED"], "a price of 12.345, four units");
    let mut order = planner.order(30, 2);
    order.lines[0].quantity = 2;
    order.lines[0].wholesale_price = Decimal::new(12_505, 1);
    order.lines[0].item_price = Some(Decimal::new(12_505, 1));
    planner.exported(order, &["MONEY_ROUNDED"], "a price of 1250.5 yen, two units");
    let mut order = planner.order(8, 3);
    order.lines[1].item_price = Some(order.lines[1].wholesale_price - cents(350));
    order.lines[2].item_price = None;
    planner.exported(order, &[], "one line at a discount of its own, one with only its wholesale price");
}

fn items(planner: &mut Planner) {
    let mut order = planner.order(9, 5);
    order.lines[1].cancelled = true;
    order.lines[3].quantity = 0;
    planner.exported(order, &[], "a cancelled line and one of no units are left out");
    let mut order = planner.order(10, 3);
    order.lines[0].upc = None;
    planner.exported(order, &[], "one SKU without UPC is found by its SKU");
    let order = planner.order(12, 250);
    planner.exported(order, &[], "250 lines, just as many as Shopify takes");
    let order = planner.order(13, 2);
    let line = planner.line(&order, Role::Untracked, 0, 30);
    planner.exported(order.line(line), &["STOCK_UNTRACKED"], "Shopify does not count one of the styles");
    let order = planner.order(0, 1).collection("MTO", "Made to Order");
    let line = planner.line(&order, Role::ContinuesSelling, 2, 40);
    planner.exported(order.line(line), &[], "linesheet MTO asks for no stock");
    let order = planner.order(1, 1);
    let line = planner.line(&order, Role::TwoRooms, 0, 10);
    planner.exported(order.line(line), &[], "ten units, six in each of two rooms");
    let name = "Spring Summer 2027 Preview, Trunk Show and Early Access Drop";
    let order = planner.order(2, 3).collection("SS27-PRE", name);
    planner.exported(order, &["MAP_TOO_LONG"], "the linesheet's name is too long for a tag");
}

fn addresses(planner: &mut Planner) {
    let mut order = planner.order(6, 3);
    order.shipping_address.phone = "ask for Lena".to_owned();
    order.billing_address.phone = "ask for Lena".to_owned();
    planner.exported(order, &["ADDR_PHONE_INVALID"], "the phone is words; it is left out");
    let order = planner.order(26, 3);
    planner.exported(order, &[], "a region unknown in Germany, where none is needed: dropped");
    let mut order = planner.order(20, 2);
    order.billing_address.country = "GB".to_owned();
    order.shipping_address.country = "GBR".to_owned();
    planner.exported(order, &[], "countries as codes of two and three letters");
    let mut order = planner.order(17, 3);
    order.billing_address.line_1 = "PO Box 88".to_owned();
    order.billing_address.name = "Anders Holdings".to_owned();
    planner.exported(order, &[], "billed elsewhere than shipped to");
}

fn hostile(planner: &mut Planner) {
    let mut order = planner.order(1, 2).comments(
        "Please pack 🌿 {{ order.id }} {% for x in y %}{{ 7 * 7 }}{% endfor %}\u{0}\u{7}\r\nBcc: all@example.com\r\n<script>alert(1)</script>",
    );
    order.po_number = "PO\t{{order}}\u{1b}[31m-7".to_owned();
    order.internal_comments = "'; drop table orders; --".to_owned();
    order.sales_rep.name = "Noor\u{202e} <b>Kessler</b>".to_owned();
    order.payment_method.name = "Net 30 {{ settings }} 💸".to_owned();
    order = order.raw("buyer.nickname", json!("{{ secret }}"));
    planner.exported(order, &[], "control characters, templates and emoji in the texts");
    let long = "Handle with care, ship with the jackets. ".repeat(250);
    let order = planner.order(5, 2).comments(&long);
    planner.exported(order, &["MAP_TOO_LONG"], "ten thousand characters of comments");
}
