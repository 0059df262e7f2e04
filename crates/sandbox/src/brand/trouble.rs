//! Orders that must not arrive in Shopify: every kind of trouble once, and a few orders with several kinds.

use rust_decimal::Decimal;
use serde_json::json;

use super::START_DAYS_AGO;
use super::good::FRENCH;
use super::planner::Planner;
use super::styles::Role;
use crate::joor::{Customer, ExportState, LineSeed, OrderSeed, Status};

pub fn plan(planner: &mut Planner) {
    items(planner);
    money(planner);
    people(planner);
    payload(planner);
    several(planner);
    skipped(planner);
    settings(planner);
}

/// A style that was made in JOOR by hand.
fn joor_only(style_identifier: &str) -> LineSeed {
    let mut line = LineSeed::of_variant(0, 0, "SAMPLE-BAG-OS", 4, Decimal::from(18)).named(
        "Sample Bag",
        "Natural",
        "OS",
    );
    style_identifier.clone_into(&mut line.style_identifier);
    "3399001".clone_into(&mut line.product_id);
    line.sku_id = format!("SAMPLE{}", style_identifier.len());
    line.upc = None;
    line
}

fn items(planner: &mut Planner) {
    let order = planner.order(0, 2).line(joor_only("BAG-27"));
    planner.held(order, &["ITEM_NOT_FROM_SHOPIFY"], "a style whose identifier is no Shopify id");
    let order = planner.order(1, 2).line(joor_only(""));
    planner.held(order, &["ITEM_NOT_FROM_SHOPIFY"], "a style without identifier");
    let order = planner.order(2, 2);
    let line = planner.line(&order, Role::Vanished, 0, 3);
    planner.held(order.line(line), &["ITEM_NOT_FOUND"], "ids that Shopify does not know");
    let order = planner.order(3, 2);
    let mut line = planner.line(&order, Role::Twins, 0, 3);
    line.upc = None;
    planner.held(order.line(line), &["ITEM_AMBIGUOUS"], "no UPC, and two variants share the SKU");
    let mut order = planner.order(5, 2);
    let other = planner.line(&order, Role::Twins, 7, 1);
    order.lines[0].style_identifier = other.style_identifier;
    planner.held(order, &["ITEM_IDS_DISAGREE"], "the variant belongs to another product than the style says");
    let order = planner.order(6, 2);
    let line = planner.line(&order, Role::Archived, 3, 3);
    planner.held(order.line(line), &["ITEM_REMOVED"], "the product was archived");
}

fn money(planner: &mut Planner) {
    for (retailer, price) in [(7, Decimal::new(100, 2)), (8, Decimal::ZERO)] {
        let mut order = planner.order(retailer, 3);
        order.lines[1].wholesale_price = price;
        order.lines[1].item_price = Some(price);
        planner.held(order, &["PRICE_PLACEHOLDER"], "a stand-in price that nobody replaced");
    }
    let order = planner.order(9, 3);
    let amount = (planner.equation(&order).goods / Decimal::TEN).round_dp(2) + Decimal::new(50, 2);
    let order = order.discount_both(Decimal::TEN, amount);
    planner.held(order, &["DISCOUNT_UNMAPPABLE"], "10 % and an amount that is not 10 %");
    for retailer in FRENCH {
        let order = planner.order(retailer, 3);
        planner.held(order, &["TAX_RULE_MISSING"], "no tax rule for France");
    }
    let order = planner.order(21, 3);
    let tax = planner.equation(&order).tax + Decimal::new(123, 2);
    planner.held(order.tax(tax), &["TAX_CONFLICT"], "JOOR's tax amount is not what the rule gives");
    let order = planner.order(23, 2).price_type("505");
    planner.held(order, &["MONEY_CURRENCY"], "Swiss francs are not allowed");
    let order = planner.order(10, 2).price_type("999");
    planner.held(order, &["MONEY_CURRENCY"], "a price type that JOOR does not list");
    let mut order = planner.order(11, 3);
    order.units = Some(order.live_units() + 6);
    planner.held(order, &["MONEY_TOTAL_DIFFERS"], "JOOR counts six units more than the lines have");
    let mut order = planner.order(12, 2);
    for line in &mut order.lines {
        line.cancelled = true;
    }
    planner.held(order, &["ORD_EMPTY"], "every line is cancelled");
    let order = planner.order(13, 252);
    planner.held(order, &["ORD_TOO_MANY_LINES"], "252 lines, Shopify takes 250");
}

fn people(planner: &mut Planner) {
    let mut order = planner.order(0, 2);
    order.shipping_address.city.clear();
    planner.held(order, &["ADDR_INCOMPLETE"], "no city to ship to");
    let mut order = planner.order(1, 2);
    order.shipping_address.country = "Freedonia".to_owned();
    planner.held(order, &["ADDR_INCOMPLETE"], "a country that is none");
    let mut order = planner.order(2, 2);
    order.shipping_address.state = "Narnia".to_owned();
    planner.held(order, &["ADDR_REGION_UNKNOWN"], "a state that the United States do not have");
    let mut order = planner.order(9, 2);
    spoil_email(&mut order);
    planner.held(order, &["CUST_EMAIL_INVALID"], "an unknown retailer whose e-mail is none");
    let mut order = planner.order(10, 2);
    stranger(&mut order, "813902");
    "70681".clone_into(&mut order.customer.code);
    planner.exported(order, &[], "a code of the brand's own, and a retailer nobody knows: a new customer");
}

/// A retailer whom nobody knows and nobody can write to. It has a number of its own, so that no other order's customer
/// can be taken for it.
fn spoil_email(order: &mut OrderSeed) {
    stranger(order, "813901");
    for email in
        [&mut order.customer.buyer_email, &mut order.shipping_address.email, &mut order.billing_address.email]
    {
        "orders at gull".clone_into(email);
    }
}

fn stranger(order: &mut OrderSeed, joor_id: &str) {
    order.customer = Customer {
        id: joor_id.to_owned(),
        code: String::new(),
        name: "Gull & Sons".to_owned(),
        buyer_name: "Perrin Gull".to_owned(),
        buyer_email: "perrin@gullandsons.example.com".to_owned(),
        group: order.customer.group.clone(),
    };
    order.customer.buyer_email.clone_into(&mut order.shipping_address.email);
    order.customer.buyer_email.clone_into(&mut order.billing_address.email);
}

fn payload(planner: &mut Planner) {
    let mut order = planner.order(11, 2);
    order.lines[1].quantity = -2;
    planner.held(order, &["SRC_BAD_PAYLOAD"], "minus two units");
    let mut order = planner.order(12, 2);
    order.lines[0] = order.lines[0].clone().raw("quantity", json!("a dozen"));
    planner.held(order, &["SRC_BAD_PAYLOAD"], "a dozen in words");
    let order = planner.order(13, 2).raw("shipping_price", json!({ "amount": "ask" }));
    planner.held(order, &["SRC_BAD_PAYLOAD"], "a shipping price that is no number");
}

fn several(planner: &mut Planner) {
    let mut order = planner.order(0, 3).line(joor_only("BAG-27"));
    order.lines[0].wholesale_price = Decimal::ONE;
    order.lines[0].item_price = Some(Decimal::ONE);
    order.shipping_address.city.clear();
    let codes = ["ITEM_NOT_FROM_SHOPIFY", "PRICE_PLACEHOLDER", "ADDR_INCOMPLETE"];
    planner.held(order, &codes, "three kinds of trouble at once");
    let mut order = planner.order(1, 3);
    let line = planner.line(&order, Role::Archived, 1, 2);
    order.shipping_address.state = "Narnia".to_owned();
    order.units = Some(1);
    let codes = ["ITEM_REMOVED", "ADDR_REGION_UNKNOWN", "MONEY_TOTAL_DIFFERS"];
    planner.held(order.line(line), &codes, "three others at once");
    let mut order = planner.order(4, 2);
    let line = planner.line(&order, Role::Scarce, 6, 40);
    spoil_email(&mut order);
    planner.held(
        order.line(line),
        &["STOCK_SHORT", "CUST_EMAIL_INVALID"],
        "short of stock, for nobody in particular",
    );
}

fn skipped(planner: &mut Planner) {
    for (retailer, days) in [(2, 31), (14, 44), (23, 75)] {
        let order = planner.order(retailer, 3);
        planner.skipped(
            (days, days),
            order,
            &["ORD_BEFORE_START"],
            "approved before the integration started",
        );
    }
    let mut order = planner.order(3, 3).exported(ExportState::Success, Some("NetSuite SO-20931"));
    order.exported_on = Some("2026-01-15T08:30:00Z".to_owned());
    planner.skipped((3, 0), order, &["DUP_SECOND_EXPORTER"], "another integration reported it as exported");
    let order = planner.order(15, 3).status(Status::Shipped);
    planner.skipped((6, 0), order, &["ORD_NOT_APPROVED"], "shipped before anybody saw it approved");
}

/// Trouble that only the connection's settings make one; `brand::RULES` and its neighbours are those settings.
fn settings(planner: &mut Planner) {
    let mut order = planner.order(4, 2);
    order.po_number.clear();
    planner.held(order, &["SRC_FIELD_MISSING"], "the settings require a PO number, and there is none");
    let order = planner.order(5, 2);
    planner.held_on(START_DAYS_AGO, order, &["ORD_ON_START_DAY"], "approved on the very day of the start");
    let order = planner.order(6, 2).collection("SAMPLES", "Showroom Samples");
    planner.skipped((4, 4), order, &["ORD_RULED_OUT"], "a rule keeps samples out");
    let order = planner.order(7, 2).collection("OLDMILL", "From the Old Mill");
    planner.held(order, &["LOC_INACTIVE"], "a rule assigns it to a room that is closed");
    let order = planner.order(8, 2).collection("ANNEX", "From the Annex");
    planner.held(order, &["LOC_UNMAPPED"], "a rule assigns it to a location that the shop does not have");
    let order = planner.order(9, 2).collection("TRUNK", "Trunk Show");
    planner.held(order, &["MAP_TEMPLATE"], "a template that was tried with other linesheets only");
    let mut order = planner.order(10, 2);
    order.customer = Customer { name: "Somebody at the fair".to_owned(), ..Customer::default() };
    order.shipping_address.email.clear();
    order.billing_address.email.clear();
    planner.held(order, &["CUST_NOT_FOUND"], "nothing on the order says which customer it is");
}
