//! An approved order arrives in Shopify: once, complete, and in the way that the settings say.

use crate::harness::{World, amount, in_both_kinds_of_shop, quoted};
use sandbox::brand::ROOMS;
use sandbox::joor::Named;

const PAGE: &str = "https://joor.example/ra/orders/review/{order}?tab=overview";

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_order_arrives_once_unfulfilled_and_unpaid_with_the_right_total() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let order = world.plain("71001").line(world.brand.line(1, 3, 3)).shipping_price(amount("12.50"));
        world.approved(order);
        world.sync().await;
        world.sync().await;

        let shop_order = world.shop_order_of("71001");
        assert_eq!((shop_order.total, shop_order.currency.as_str()), (amount("433.50"), "USD"));
        assert_eq!(shop_order.fulfillment_status, "UNFULFILLED");
        assert_eq!(shop_order.financial_status.as_deref(), Some("PENDING"));
        let lines: Vec<_> =
            shop_order.lines.iter().map(|line| (line.variant.clone(), line.quantity, line.price)).collect();
        let wanted =
            vec![(Some(world.gid(0, 0)), 2, amount("45.50")), (Some(world.gid(1, 3)), 3, amount("110"))];
        assert_eq!(lines, wanted);
        assert!(shop_order.lines.iter().all(|line| line.requires_shipping));
        assert_eq!(world.asked("OrderCreate"), 1, "one call made it");

        let shown = world.order("71001").await;
        shown.must_be("exported", &[]);
        assert_eq!(shown.shopify_order(), Some(shop_order.name.as_str()));
        let report = ("SUCCESS".to_owned(), format!("Shopify order {}", shop_order.name));
        assert_eq!(world.joor_report("71001"), report);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_carries_addresses_note_tags_attributes_source_and_custom_id() {
    let mut world = World::start().await;
    world.settings.text("orders", "order_page", PAGE);
    world.settings.set("tags", "templates", r#"["{{ linesheet }}", "{{ season_code }}"]"#);
    world.settings.set("attributes", "\"JOOR order\"", &quoted("{{ order }}"));
    world.apply().await;
    let mut order = world.plain("71002").comments("Leave at the side door");
    order.billing_address.line_1 = "PO Box 88".to_owned();
    order.billing_address.company = "Juniper Holdings".to_owned();
    order.window = Some((jiff::civil::date(2027, 2, 1), jiff::civil::date(2027, 3, 15)));
    world.approved(order);
    world.sync().await;

    let order = world.shop_order_of("71002");
    let shipping = order.shipping_address.expect("a shipping address");
    let parts =
        [shipping.address1, shipping.city, shipping.province_code, shipping.country_code, shipping.zip];
    assert_eq!(parts.map(Option::unwrap_or_default), ["118 Congress St", "Portland", "ME", "US", "04101"]);
    let billing = order.billing_address.expect("a billing address");
    assert_eq!(
        (billing.address1.as_deref(), billing.company.as_deref()),
        (Some("PO Box 88"), Some("Juniper Holdings"))
    );
    let note = order.note.unwrap_or_default();
    for line in [
        "Payment terms: Net 30",
        "Shipping method: Ground",
        "Linesheet: Core",
        "Season: SS27",
        "Ship window: 2027-02-01 to 2027-03-15",
        "Sales rep: Noor Kessler",
        "Comments: Leave at the side door",
    ] {
        assert!(note.lines().any(|found| found == line), "{line} is not in the note:\n{note}");
    }
    let mut tags = order.tags.clone();
    tags.sort();
    assert_eq!(tags, ["Core", "JOOR 71002", "SS27"]);
    assert!(order.custom_attributes.contains(&("JOOR order".to_owned(), "71002".to_owned())));
    assert_eq!(order.po_number.as_deref(), Some("PO-71002"));
    assert_eq!(order.source_name.as_deref(), Some("joor"));
    assert_eq!(order.source_url.as_deref(), Some(PAGE.replace("{order}", "71002").as_str()));
    let token = "sandbox-424242-71002-1-1";
    assert_eq!(order.source_identifier.as_deref(), Some(token));
    let custom_id =
        order.metafields.iter().find(|field| field.namespace == "joor_shopify" && field.key == "export");
    assert_eq!(custom_id.map(|field| (field.kind.as_str(), field.value.as_str())), Some(("id", token)));
    assert!(order.processed_at <= world.sandbox.clock.now(), "never in the future");
    assert_eq!(order.customer.as_deref(), Some("gid://shopify/Customer/7090800000000"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_of_a_department_store_goes_into_the_attributes() {
    let mut world = World::start().await;
    world.settings.set("attributes", "Door", &quoted("{{ door_code }} {{ door }}"));
    world.apply().await;
    let mut order = world.plain("71003");
    order.door = Some(Named::new("5", "D-17", "Fifth Avenue"));
    world.approved(order);
    world.sync().await;
    let attributes = world.shop_order_of("71003").custom_attributes;
    assert!(attributes.contains(&("Door".to_owned(), "D-17 Fifth Avenue".to_owned())), "{attributes:?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_can_arrive_fulfilled_at_the_chosen_location() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.settings.text("orders", "fulfilment", "fulfilled");
        world.settings.text("orders", "location", &ROOMS[1].id.to_string());
        world.apply().await;
        world.approved(world.plain("71004"));
        world.sync().await;
        let order = world.shop_order_of("71004");
        assert_eq!(order.fulfillment_status, "FULFILLED");
        assert_eq!(order.fulfilled_at, [format!("gid://shopify/Location/{}", ROOMS[1].id)]);
        world.order("71004").await.must_be("exported", &[]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_can_arrive_fulfilled_at_the_sole_location_without_naming_it() {
    let mut world = World::start().await;
    world.settings.text("orders", "fulfilment", "fulfilled");
    world.apply().await;
    world.approved(world.plain("71005"));
    world.sync().await;
    let several = world.order("71005").await;
    several.must_be("held", &["LOC_UNMAPPED"]);
    assert!(several.sentence("LOC_UNMAPPED").contains("several locations"), "{:#}", several.0);
    world.sandbox.shop.deactivate_location(ROOMS[1].id);
    world.sync().await;
    let order = world.shop_order_of("71005");
    assert_eq!((order.fulfillment_status.as_str(), order.fulfilled_at.len()), ("FULFILLED", 1));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_can_be_assigned_to_a_location_and_fulfilled_there() {
    let mut world = World::start().await;
    world.settings.text("orders", "fulfilment", "assigned_fulfilled");
    world.settings.text("orders", "location", &ROOMS[1].id.to_string());
    world.apply().await;
    world.approved(world.plain("71006"));
    world.sync().await;
    let order = world.shop_order_of("71006");
    assert_eq!(order.fulfilled_at, [format!("gid://shopify/Location/{}", ROOMS[1].id)]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_can_be_assigned_to_a_location_without_being_fulfilled() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.settings.text("orders", "fulfilment", "assigned");
        world.settings.text("orders", "location", &format!("gid://shopify/Location/{}", ROOMS[1].id));
        world.apply().await;
        world.approved(world.plain("71007"));
        world.sync().await;
        world.sync().await;
        let order = world.shop_order_of("71007");
        assert_eq!(order.fulfillment_status, "UNFULFILLED");
        assert_eq!(order.assigned_locations, [format!("gid://shopify/Location/{}", ROOMS[1].id)]);
        assert_eq!(world.asked("MoveFulfillmentOrder"), 1, "moved once");
        world.order("71007").await.must_be("exported", &[]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_is_closed_or_unknown_holds_the_order_until_it_is_right() {
    let mut world = World::start().await;
    world.settings.text("orders", "fulfilment", "assigned");
    world.settings.text("orders", "location", &ROOMS[2].id.to_string());
    world.apply().await;
    world.approved(world.plain("71008"));
    world.sync().await;
    world.order("71008").await.must_be("held", &["LOC_INACTIVE"]);
    world.settings.text("orders", "location", "99");
    world.apply().await;
    world.sync().await;
    world.order("71008").await.must_be("held", &["LOC_UNMAPPED"]);
    world.settings.text("orders", "location", &ROOMS[0].id.to_string());
    world.apply().await;
    world.sync().await;
    world.order("71008").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_connection_can_be_paid_and_a_rule_can_fulfil_or_skip_some_orders() {
    let mut world = World::start().await;
    world.settings.text("orders", "payment", "paid");
    world.settings.rule("name = \"samples\"\nskip = true\nwhen = { linesheet = [\"samples\"] }");
    world.settings.rule("name = \"showroom\"\nfulfilment = \"fulfilled\"\nlocation = \"88104001\"\nwhen = { season = [\"SS27\"], linesheet = [\"SHOW\"] }");
    world.apply().await;
    world.approved(world.plain("71009"));
    world.approved(world.plain("71010").collection("SMP", "Samples"));
    world.approved(world.plain("71011").collection("SHOW", "Showroom"));
    world.sync().await;
    let plain = world.shop_order_of("71009");
    assert_eq!(
        (plain.financial_status.as_deref(), plain.fulfillment_status.as_str()),
        (Some("PAID"), "UNFULFILLED")
    );
    world.order("71010").await.must_be("skipped", &["ORD_RULED_OUT"]);
    assert_eq!(world.joor_report("71010"), ("UNDEFINED".to_owned(), String::new()));
    assert_eq!(world.shop_order_of("71011").fulfillment_status, "FULFILLED");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_orders_of_one_brand_arrive_each_once() {
    let world = World::start().await;
    let numbers: Vec<String> = (0..120).map(|step| format!("7{:04}", 2000 + step)).collect();
    for (step, number) in numbers.iter().enumerate() {
        world.approved(world.brand.order(number, step % 3).line(world.brand.line(step % 2, step % 15, 1)));
    }
    world.sync().await;
    world.sync().await;
    for number in &numbers {
        world.shop_order_of(number);
        assert_eq!(world.joor_report(number).0, "SUCCESS", "{number}");
    }
    world.finish().await;
}
