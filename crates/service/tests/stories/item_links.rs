//! A person says on the command line which variant an item is. The answer is weighed against what the line says itself,
//! and a variant that is gone holds the order by name.

use super::items::joor_only;
use crate::harness::World;

impl World {
    async fn link_item(&self, order: &str, line: &str, variant: &str) {
        let arguments = ["orders", "link-item", order, "--line", line, "--variant", variant];
        self.run(&arguments).await.must_end_with(0);
    }

    async fn unlink_item(&self, order: &str, line: &str) {
        self.run(&["orders", "unlink-item", order, "--line", line]).await.must_end_with(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_linked_on_the_command_line_by_the_name_that_the_problem_gives_it() {
    let world = World::start().await;
    world.approved(world.plain("94021").line(joor_only("Sample Bag", "BAG-27")));
    world.sync().await;
    world.order("94021").await.must_be("held", &["ITEM_NOT_FROM_SHOPIFY"]);
    let none = ["orders", "link-item", "94021", "--line", "Sample Bag-OS", "--variant", "BAG"];
    assert_eq!(world.run(&none).await.code, 2, "no number of a variant");
    // What cannot be done is said by the cycle and changes nothing: no such line, no such variant.
    world.link_item("94021", "Hand Bag", &world.variant(0, 3).to_string()).await;
    world.link_item("94021", "Sample Bag-OS", "8999999999999").await;
    world.sync().await;
    world.order("94021").await.must_be("held", &["ITEM_NOT_FROM_SHOPIFY"]);

    world.link_item("94021", "Sample Bag-OS", &world.variant(0, 3).to_string()).await;
    // A preview knows the link once it is made, and not before.
    let preview = async || world.run(&["orders", "preview", "94021"]).await.stdout;
    assert!(preview().await.contains("ITEM_NOT_FROM_SHOPIFY"));
    world.sync().await;
    world.order("94021").await.must_be("exported", &[]);
    assert!(!preview().await.contains("ITEM_NOT_FROM_SHOPIFY"));
    let order = world.shop_order_of("94021");
    assert!(order.lines.iter().any(|line| line.variant == Some(world.gid(0, 3)) && line.quantity == 4));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_variant_that_is_deleted_holds_the_order_by_name_until_it_is_taken_back_or_made_anew() {
    let world = World::start().await;
    world.approved(world.plain("94031").line(joor_only("Sample Bag", "BAG-27")));
    world.sync().await;
    world.link_item("94031", "Sample Bag-OS", &world.variant(0, 3).to_string()).await;
    world.sandbox.shop.archive_product(world.brand.styles[1].product_id);
    // An archived variant is refused at once, and what was linked before stays.
    world.link_item("94031", "Sample Bag-OS", &world.variant(1, 0).to_string()).await;
    world.sync().await;
    world.order("94031").await.must_be("exported", &[]);

    world.sandbox.shop.remove_variant(world.variant(0, 3));
    world.approved(world.plain("94032").line(joor_only("Sample Bag", "BAG-27")));
    world.sync().await;
    let held = world.order("94032").await;
    held.must_be("held", &["ITEM_LINK_DEAD"]);
    let sentence = held.sentence("ITEM_LINK_DEAD");
    let number = world.variant(0, 3).to_string();
    assert!(sentence.contains("Sample Bag") && sentence.contains(&number), "{sentence}");

    world.unlink_item("94032", "Sample Bag-OS").await;
    world.sync().await;
    world.order("94032").await.must_be("held", &["ITEM_NOT_FROM_SHOPIFY"]);
    world.link_item("94032", "Sample Bag-OS", &world.gid(0, 4)).await;
    world.sync().await;
    world.order("94032").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_overrules_no_identifier_but_stands_where_style_and_variant_are_gone() {
    let world = World::start().await;
    // JOOR says one variant, the person another: both are shown and nothing goes.
    let line = world.brand.line(0, 0, 1);
    let sku = line.sku_id.clone();
    world.approved(world.brand.order("94041", 0).line(line));
    world.sandbox.joor.change("94041", |order| order.shipping_address.city.clear());
    world.sync().await;
    world.link_item("94041", &sku, &world.variant(0, 4).to_string()).await;
    world.sandbox.joor.change("94041", |order| order.shipping_address.city = "Portland".to_owned());
    world.sync().await;
    let held = world.order("94041").await;
    held.must_be("held", &["ITEM_IDS_DISAGREE"]);
    let sentence = held.sentence("ITEM_IDS_DISAGREE");
    for number in [world.variant(0, 0), world.variant(0, 4)] {
        assert!(sentence.contains(&number.to_string()), "{sentence}");
    }
    assert!(sentence.contains("linked by"), "{sentence}");
    world.unlink_item("94041", &sku).await;
    world.sync().await;
    assert_eq!(world.shop_order_of("94041").lines[0].variant, Some(world.gid(0, 0)));

    // The product was deleted in Shopify and made anew: JOOR still names the old one.
    let line = world.brand.line(1, 0, 1);
    let (sku, style) = (line.sku_identifier.clone(), world.brand.styles[1].product_id);
    world.approved(world.brand.order("94042", 0).line(line));
    world.sandbox.shop.remove_product(style);
    world.sync().await;
    world.order("94042").await.must_be("held", &["ITEM_NOT_FOUND"]);
    world.link_item("94042", &sku, &world.variant(0, 5).to_string()).await;
    world.sync().await;
    world.order("94042").await.must_be("exported", &[]);
    assert_eq!(world.shop_order_of("94042").lines[0].variant, Some(world.gid(0, 5)));
    world.finish().await;
}
