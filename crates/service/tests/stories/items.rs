//! Only goods that came from Shopify are sent, and never a guess.

use crate::harness::World;
use sandbox::joor::LineSeed;

/// A line that nothing leads to Shopify.
pub fn joor_only(name: &str, style_identifier: &str) -> LineSeed {
    let mut line = LineSeed::of_variant(0, 0, &format!("{name}-OS"), 4, rust_decimal::Decimal::from(18));
    line = line.named(name, "Natural", "OS");
    line.style_identifier = style_identifier.to_owned();
    line.product_id = format!("99{}", name.len());
    line.sku_id = format!("X{name}");
    line.upc = None;
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn styles_that_did_not_come_from_shopify_are_all_named_at_once() {
    let world = World::start().await;
    let order = world.plain("74001").line(joor_only("Sample Bag", "BAG-27")).line(joor_only("Gift Box", ""));
    world.approved(order);
    world.sync().await;
    let shown = world.order("74001").await;
    shown.must_be("held", &["ITEM_NOT_FROM_SHOPIFY"]);
    let sentence = shown.sentence("ITEM_NOT_FROM_SHOPIFY");
    assert!(
        sentence.contains("2 of 3 lines") && sentence.contains("Sample Bag") && sentence.contains("Gift Box"),
        "{sentence}"
    );
    assert!(world.shop_orders_of("74001").is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_that_shopify_does_not_have_holds_the_order_until_it_does() {
    let world = World::start().await;
    world.approved(world.plain("74002"));
    world.sandbox.shop.remove_variant(world.variant(0, 0));
    world.sync().await;
    world.order("74002").await.must_be("held", &["ITEM_NOT_FOUND"]);
    world.brand.plant(&world.sandbox, world.sandbox.clock.today());
    world.sync().await;
    world.order("74002").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_product_holds_the_order() {
    let world = World::start().await;
    world.approved(world.plain("74003"));
    world.sandbox.shop.archive_product(world.brand.styles[0].product_id);
    world.sync().await;
    world.order("74003").await.must_be("held", &["ITEM_REMOVED"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn identifiers_that_disagree_stop_the_order_and_show_both() {
    let world = World::start().await;
    let mut line = world.brand.line(0, 0, 1);
    line.sku_identifier = world.brand.styles[0].variants[7].sku.clone();
    world.approved(world.brand.order("74004", 0).line(line));
    let mut line = world.brand.line(1, 0, 1);
    line.style_identifier = world.brand.styles[0].product_id.to_string();
    world.approved(world.brand.order("74005", 0).line(line));
    world.sync().await;
    let shown = world.order("74004").await;
    shown.must_be("held", &["ITEM_IDS_DISAGREE"]);
    world.order("74005").await.must_be("held", &["ITEM_IDS_DISAGREE"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_without_variant_id_is_found_by_its_sku_and_a_shared_sku_is_never_guessed() {
    let world = World::start().await;
    let mut line = world.brand.line(0, 0, 1);
    line.upc = None;
    world.approved(world.brand.order("74006", 0).line(line));
    let mut line = world.brand.line(0, 5, 1);
    line.upc = None;
    world.approved(world.brand.order("74007", 0).line(line));
    let shared = world.brand.styles[0].variants[5].sku.clone();
    world.sandbox.shop.set_sku(world.variant(0, 6), Some(&shared));
    world.sync().await;
    world.order("74006").await.must_be("exported", &[]);
    assert_eq!(world.shop_order_of("74006").lines[0].variant, Some(world.gid(0, 0)));
    world.order("74007").await.must_be("held", &["ITEM_AMBIGUOUS"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_trouble_of_an_order_is_told_at_once() {
    let world = World::start().await;
    let mut order = world.plain("74008").line(joor_only("Sample Bag", "BAG-27"));
    order.lines[0].item_price = Some(rust_decimal::Decimal::ONE);
    order.lines[0].wholesale_price = rust_decimal::Decimal::ONE;
    order.shipping_address.city.clear();
    world.approved(order);
    world.sync().await;
    let wanted = ["ITEM_NOT_FROM_SHOPIFY", "PRICE_PLACEHOLDER", "ADDR_INCOMPLETE"];
    world.order("74008").await.must_be("held", &wanted);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_lines_and_lines_without_units_are_left_out() {
    let world = World::start().await;
    let order =
        world.plain("74009").line(world.brand.line(0, 1, 3).cancelled()).line(world.brand.line(0, 2, 0));
    world.approved(order);
    let order = world.brand.order("74010", 0).line(world.brand.line(0, 1, 3).cancelled());
    world.approved(order);
    world.sync().await;
    assert_eq!(world.shop_order_of("74009").lines.len(), 1);
    world.order("74010").await.must_be("held", &["ORD_EMPTY"]);
    world.finish().await;
}
