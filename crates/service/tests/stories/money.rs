//! To the cent: taxes, discounts, currencies, fine prices and long orders.

use crate::harness::{World, amount, in_both_kinds_of_shop};
use rust_decimal::Decimal;
use sandbox::shopify::OrderView;
use sandbox::{Fault, When};

fn tax_of_lines(order: &OrderView) -> Decimal {
    let lines = order.lines.iter().flat_map(|line| &line.tax_lines);
    lines.chain(order.shipping_lines.iter().flat_map(|line| &line.tax_lines)).map(|tax| tax.amount).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn tax_goes_by_the_billing_country_and_the_taxes_of_the_lines_sum_to_it() {
    let mut world = World::start().await;
    world.settings.tax("GB", "VAT", "20%", true).tax("US", "", "0", false).text(
        "tax.rules.US",
        "name",
        "none",
    );
    world.apply().await;
    let mut order = world.plain("75001").line(world.brand.line(1, 0, 1)).line(world.brand.line(1, 1, 1));
    order.lines[0].item_price = Some(amount("33.35"));
    order.lines[1].item_price = Some(amount("0.99"));
    order.lines[2].item_price = Some(amount("7.77"));
    order.billing_address.country = "United Kingdom".to_owned();
    order.billing_address.state = String::new();
    order.billing_address.zip = "WC1N 3LZ".to_owned();
    world.approved(order.shipping_price(amount("9.90")));
    world.approved(world.plain("75002"));
    world.sync().await;
    let taxed = world.shop_order_of("75001");
    // 85.36 in all, of which 20 % is 17.072.
    assert_eq!((taxed.tax, taxed.total), (amount("17.07"), amount("102.43")));
    assert_eq!(tax_of_lines(&taxed), amount("17.07"));
    let names: Vec<&str> =
        taxed.lines.iter().flat_map(|line| &line.tax_lines).map(|tax| tax.title.as_str()).collect();
    assert!(!names.is_empty() && names.iter().all(|name| *name == "VAT"), "{names:?}");
    let free = world.shop_order_of("75002");
    assert_eq!((free.tax, free.total), (Decimal::ZERO, amount("91.00")));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_country_without_tax_rule_is_held_and_a_rule_releases_it() {
    let mut world = World::start().await;
    world.settings.tax("GB", "VAT", "20%", true);
    world.apply().await;
    world.approved(world.plain("75003"));
    world.sync().await;
    let shown = world.order("75003").await;
    shown.must_be("held", &["TAX_RULE_MISSING"]);
    assert!(shown.sentence("TAX_RULE_MISSING").contains("US"));
    world.settings.text("tax", "otherwise", "none");
    world.apply().await;
    world.sync().await;
    world.order("75003").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn yen_have_no_minor_unit_and_unknown_currencies_are_held() {
    let world = World::start().await;
    let mut order = world.plain("75004").price_type("504");
    order.lines[0].item_price = Some(amount("6830"));
    world.approved(order.discount_percent(amount("3.3")));
    world.approved(world.plain("75005").price_type("505"));
    world.approved(world.plain("75006").price_type("999"));
    world.sync().await;
    let order = world.shop_order_of("75004");
    // 13,660 less 450.78, rounded.
    assert_eq!((order.currency.as_str(), order.total), ("JPY", amount("13209")));
    world.order("75005").await.must_be("held", &["MONEY_CURRENCY"]);
    world.order("75006").await.must_be("held", &["MONEY_CURRENCY"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn discounts_arrive_as_one_amount_and_ambiguous_ones_are_held() {
    let world = World::start().await;
    world.approved(world.plain("75007").discount_percent(amount("10")));
    world.approved(world.plain("75008").discount_amount(amount("7.13")));
    world.approved(world.plain("75009").discount_both(amount("10"), amount("9.10")));
    world.approved(world.plain("75010").discount_both(amount("10"), amount("9.60")));
    world.sync().await;
    for (id, total) in [("75007", "81.90"), ("75008", "83.87"), ("75009", "81.90")] {
        assert_eq!(world.shop_order_of(id).total, amount(total), "{id}");
    }
    world.order("75010").await.must_be("held", &["DISCOUNT_UNMAPPABLE"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_finer_than_cents_is_split_into_two_lines_that_sum_to_the_same() {
    let world = World::start().await;
    let mut order = world.brand.order("75011", 0).line(world.brand.line(0, 0, 4));
    order.lines[0].item_price = Some(amount("12.345"));
    world.approved(order);
    world.sync().await;
    let order = world.shop_order_of("75011");
    assert_eq!((order.total, order.lines.len()), (amount("49.38"), 2));
    assert_eq!(order.lines.iter().map(|line| line.quantity).sum::<i64>(), 4);
    world.order("75011").await.must_be("exported", &["MONEY_ROUNDED"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stand_in_price_is_held_until_it_is_corrected_or_confirmed() {
    let world = World::start().await;
    for id in ["75012", "75013"] {
        let mut order = world.plain(id);
        order.lines[0].item_price = Some(Decimal::ONE);
        world.approved(order);
    }
    let mut order = world.plain("75014");
    order.lines[0].item_price = Some(Decimal::ZERO);
    order.lines[0].wholesale_price = Decimal::ZERO;
    world.approved(order);
    world.sync().await;
    for id in ["75012", "75013", "75014"] {
        world.order(id).await.must_be("held", &["PRICE_PLACEHOLDER"]);
    }
    world.retry("75012", &["--confirm-prices"]).await;
    world.sandbox.joor.edit_price("75013", 0, amount("45.50"));
    world.sync().await;
    assert_eq!(world.shop_order_of("75012").total, amount("2.00"));
    assert_eq!(world.shop_order_of("75013").total, amount("91.00"));
    assert!(world.shop_orders_of("75014").is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_units_do_not_add_up_is_held() {
    let world = World::start().await;
    let mut order = world.plain("75015");
    order.units = Some(9);
    world.approved(order);
    world.sync().await;
    world.order("75015").await.must_be("held", &["MONEY_TOTAL_DIFFERS"]);
    world.sandbox.joor.change("75015", |order| order.units = None);
    world.sync().await;
    world.order("75015").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_whose_rows_a_batch_left_out_are_read_alone_before_anything_is_held() {
    let world = World::start().await;
    world.approved(world.plain("75016"));
    world.approved(world.brand.order("75017", 1).line(world.brand.line(1, 0, 1)));
    let nothing = Fault::ReplaceBody(r#"{"data":[],"errors":[]}"#.to_owned());
    world.joor_fault("GET sku_line_items", When::Next, nothing);
    world.sync().await;
    for id in ["75016", "75017"] {
        world.order(id).await.must_be("exported", &[]);
    }
    world.finish().await;
}

/// 30 variants, ten lines of each.
pub fn long(world: &World, id: &str) -> sandbox::joor::OrderSeed {
    let mut order = world.brand.order(id, 0);
    for step in 0..300 {
        order = order.line(world.brand.line(step % 2, step / 2 % 15, 1));
    }
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_250_lines_are_held_or_split_into_parts_that_sum_to_the_whole() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.settings.tax("US", "Sales tax", "7.7%", true);
        world.apply().await;
        let order = long(world, "75016").discount_percent(amount("3.3")).shipping_price(amount("99.99"));
        world.approved(order);
        world.sync().await;
        world.order("75016").await.must_be("held", &["ORD_TOO_MANY_LINES"]);
        world.settings.text("orders", "splitting", "split");
        world.apply().await;
        world.sync().await;
        world.order("75016").await.must_be("exported", &[]);
        let parts = world.shop_orders_of("75016");
        assert_eq!(parts.len(), 2);
        // 150 × 45.50 + 150 × 110 = 23,325; less 769.73 (769.725), plus 99.99, plus 7.7 % of 22,655.26 = 1,744.46.
        let total: Decimal = parts.iter().map(|part| part.total).sum();
        assert_eq!(total, amount("24399.72"));
        let units: i64 = parts.iter().flat_map(|part| &part.lines).map(|line| line.quantity).sum();
        assert_eq!(units, 300);
        let (state, description) = world.joor_report("75016");
        assert_eq!(state, "SUCCESS");
        assert!(parts.iter().all(|part| description.contains(&part.name)), "{description}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_order_whose_parts_are_torn_apart_by_a_kill_is_completed_and_never_cut_again() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.settings.text("orders", "splitting", "split");
        world.apply().await;
        world.approved(long(world, "75017"));
        // The second part is on its way when the process dies.
        let struck = world.sandbox.faults.hits().len();
        let slowly = Fault::Slow(std::time::Duration::from_millis(700));
        world.fault("OrderCreate", When::Nth(2), slowly);
        let cycle = world.spawn(&["sync", "--once"]);
        crate::harness::until("the second part leaves", || world.sandbox.faults.hits().len() > struck).await;
        cycle.kill();
        world.leases_end();
        // An edit meanwhile does not cut the rest anew.
        world.sandbox.joor.edit_quantity("75017", 0, 5);
        crate::harness::until("both parts are there", || world.shop_orders_of("75017").len() == 2).await;
        world.sync().await;
        world.sync().await;
        let parts = world.shop_orders_of("75017");
        assert_eq!(parts.len(), 2);
        let units: i64 = parts.iter().flat_map(|part| &part.lines).map(|line| line.quantity).sum();
        assert_eq!(units, 300, "as frozen");
        let shown = world.order("75017").await;
        assert_eq!((shown.state(), shown.requests()), ("exported", 2));
        assert_eq!(world.joor_report("75017").0, "SUCCESS");
    })
    .await;
}
