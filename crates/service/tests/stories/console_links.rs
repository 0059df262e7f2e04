//! A person says in the browser which customer a retailer is, and which variant an item is: found by search, chosen with
//! one button, remembered, and taken back.

use super::console::{HOSTILE, added, admin, as_somebody, opened};
use super::console_pages::{says, until_page};
use super::items::joor_only;
use crate::harness::World;
use rust_decimal::Decimal;
use sandbox::shopify::{Address, CustomerSeed, Policy, ProductSeed, VariantSeed};
use sandbox::{Fault, When};

const CUSTOMER: u64 = 7_090_900_000_001;
pub const BAG: u64 = 8_900_000_000_001;
const BAG_PRODUCT: u64 = 8_900_000_000;

fn nothing_raw(body: &str) {
    for raw in ["<script>", "<img src=x", "onerror='a'"] {
        assert!(!body.contains(raw), "{raw} in\n{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_found_by_search_is_linked_once_and_three_orders_go() {
    let mut world = World::start().await;
    world.settings.set("orders", "create_customers", "false");
    world.apply().await;
    let name = world.brand.retailers[2].name.clone();
    let gid = world.sandbox.shop.add_customer(CustomerSeed {
        id: CUSTOMER,
        email: Some("accounts@elsewhere.example.com".to_owned()),
        first_name: Some(name.clone()),
        last_name: Some(HOSTILE.to_owned()),
        default_address: Some(Address {
            company: Some("Gull Trading".to_owned()),
            city: Some("Portland".to_owned()),
            country_code: Some("US".to_owned()),
            ..Address::default()
        }),
        ..CustomerSeed::default()
    });
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let orders = ["94001", "94002", "94003"];
    for id in orders {
        world.approved(world.brand.order(id, 2).line(world.brand.line(0, 0, 1)));
    }
    // Another retailer's order waits on something else.
    let mut other = world.plain("94004");
    other.shipping_address.city.clear();
    world.approved(other);
    for id in orders {
        world.until_order(id, "held").await.must_be("held", &["CUST_NOT_FOUND"]);
    }
    let page = "/orders/brand/94001/customer";
    admin.get("/orders/brand/94001").await.must_say("Choose the customer").must_say(page);

    // Whoever may not act does not search through customers either.
    let password = added(&mut admin, "vic", "Viewer").await;
    let mut vic = as_somebody(&browser, "vic", &password).await;
    vic.get(page).await.must_be(403);
    for shown in ["/orders/brand/94001", "/problems/brand/CUST_NOT_FOUND"] {
        admin.get(shown).await.must_be(200).must_say(page);
        let seen = vic.get(shown).await.must_be(200);
        assert!(!seen.body.contains(page), "{shown} leads a viewer to what refuses them: {}", seen.body);
    }
    vic.post(page, &[("customer", &CUSTOMER.to_string())]).await.must_be(403);

    let link = format!(r#"name="customer" value="{CUSTOMER}""#);
    let shown = admin.get(page).await.must_be(200).must_say("3 orders of").must_say("wait on this");
    for words in
        ["94001, 94002, 94003", "Gull Trading, Portland, US", "accounts@elsewhere.example.com", &link]
    {
        assert!(shown.body.contains(words), "{words} is not in\n{}", shown.body);
    }
    let shown = shown.must_say(&format!("/admin/customers/{CUSTOMER}"));
    assert!(shown.body.contains(&world.brand.retailers[2].email), "the retailer as JOOR has it");
    nothing_raw(&shown.body);
    for (query, found) in [
        ("accounts%40elsewhere.example.com", true),
        ("gull+tradi", true),
        (&CUSTOMER.to_string(), true),
        (&format!("https%3A%2F%2Fshop.example%2Fadmin%2Fcustomers%2F{CUSTOMER}"), true),
        ("nobody+at+all", false),
        ("%22%20OR%20id%3A%3E0", false),
        ("%3Cscript%3E", true),
    ] {
        let searched = admin.get(&format!("{page}?q={query}")).await.must_be(200);
        assert_eq!(searched.body.contains(&link), found, "{query}: {}", searched.body);
        assert_eq!(searched.body.contains("Nobody is found"), !found, "{query}: {}", searched.body);
        nothing_raw(&searched.body);
    }
    world.fault("FindCustomers", When::Next, Fault::DropBefore);
    admin.get(page).await.must_be(200).must_say("Shopify gave no answer").must_say("94001, 94002, 94003");

    admin.post(page, &[("customer", "rose")]).await.must_lead_to(page);
    admin.get(page).await.must_say("no Shopify id of kind Customer");
    admin.post(page, &[("customer", &CUSTOMER.to_string())]).await.must_lead_to("/orders/brand/94001");
    admin.get("/orders/brand/94001").await.must_say("All 3 orders that waited on this");
    for id in orders {
        world.until_order(id, "exported").await;
        assert_eq!(world.shop_order_of(id).customer.as_ref(), Some(&gid));
    }
    world.order("94004").await.must_be("held", &["ADDR_INCOMPLETE"]);
    let after = admin.get(page).await.must_be(200).must_say("waits for its customer any more");
    after.must_say("linked now");
    admin.post(page, &[("customer", &CUSTOMER.to_string())]).await.must_lead_to(page);
    admin.get(page).await.must_say("exported as");
    world.finish().await;
}

/// The bag that JOOR's style is, as somebody made it in Shopify.
pub fn add_bag(world: &World) {
    world.sandbox.shop.add_product(ProductSeed { id: BAG_PRODUCT, title: format!("Sample Bag {HOSTILE}") });
    world.sandbox.shop.add_variant(VariantSeed {
        product_id: BAG_PRODUCT,
        variant_id: BAG,
        sku: Some("BAG-N".to_owned()),
        barcode: Some("4006381333931".to_owned()),
        title: "Natural".to_owned(),
        price: Decimal::from(99),
        policy: Policy::Deny,
        tracked: true,
        stock: vec![(sandbox::brand::ROOMS[0].id, 50)],
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_found_by_search_is_linked_once_and_every_order_with_it_goes_with_that_variant() {
    let mut world = World::start().await;
    add_bag(&world);
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    for id in ["94011", "94012"] {
        world.approved(world.plain(id).line(joor_only("Sample Bag", "BAG-27")));
    }
    for id in ["94011", "94012"] {
        world.until_order(id, "held").await.must_be("held", &["ITEM_NOT_FROM_SHOPIFY"]);
    }
    let page = "/orders/brand/94011/item";
    admin.get("/orders/brand/94011").await.must_say("Choose the item").must_say(page);
    // The one line in trouble is chosen, and looked for by its name.
    let shown = admin.get(page).await.must_be(200).must_say("Which variant is Sample Bag Natural OS?");
    let button = format!(r#"name="variant" value="{BAG}""#);
    // What one link lets go is said before it is made, and how many orders that is.
    let shown = shown.must_say("2 orders wait on this: 94011, 94012. Once the item is linked");
    for words in [button.as_str(), "the style did not come from there", "BAG-N", "4006381333931", ">50<"] {
        assert!(shown.body.contains(words), "{words} is not in\n{}", shown.body);
    }
    nothing_raw(&shown.body);
    let line = shown.between(r#"name="line" value=""#, "\"");
    for (query, found) in
        [("bag-n", true), ("4006381333931", true), (&BAG.to_string(), true), ("skirt+x", false)]
    {
        let searched = admin.get(&format!("{page}?line={line}&q={query}")).await.must_be(200);
        assert_eq!(searched.body.contains(&button), found, "{query}: {}", searched.body);
    }
    admin.get(&format!("{page}?line=nothing")).await.must_say("no such line any more");
    world.fault("FindVariants", When::Next, Fault::DropBefore);
    admin.get(page).await.must_be(200).must_say("Shopify gave no answer");

    let (bag, item) = (BAG.to_string(), shown.between(r#"name="item" value=""#, "\""));
    let given = [("line", line.as_str()), ("item", item.as_str()), ("variant", bag.as_str())];
    admin.post(page, &given).await.must_lead_to("/orders/brand/94011");
    let noted = admin.get("/orders/brand/94011").await.must_say("Noted: the item is variant");
    noted.must_say("All 2 orders that waited on this are checked again in the next cycle.");
    for id in ["94011", "94012"] {
        world.until_order(id, "exported").await;
        let order = world.shop_order_of(id);
        let variant = format!("gid://shopify/ProductVariant/{BAG}");
        let sent = order.lines.iter().find(|line| line.variant.as_ref() == Some(&variant)).expect("the bag");
        assert_eq!((sent.quantity, sent.price), (4, Decimal::from(18)), "at JOOR's price");
    }
    admin.get("/orders/brand/94011").await.must_be(200).must_say("linked by admin");
    admin.get(&format!("{page}?line={line}")).await.must_say("No order waits for this item.");
    let linked = admin.get(page).await.must_be(200).must_say("by admin").must_say("Take the link back");
    nothing_raw(&linked.body);
    let deeds = admin.get("/activity").await.must_say("Link an item").must_say("Item linked");
    assert!(deeds.body.contains(&format!("variant {BAG}")), "{}", deeds.body);

    // Taken back, the next order with it waits again.
    let sku = linked.between(r#"/item/unlink""#, "</form>");
    let sku =
        sku.split_once(r#"name="line" value=""#).and_then(|(_, rest)| rest.split_once('"')).expect("a SKU").0;
    admin.post(&format!("{page}/unlink"), &[("line", sku)]).await.must_lead_to(page);
    until_page(&mut admin, page, "no link", |page| !page.body.contains("Take the link back")).await;
    world.approved(world.plain("94013").line(joor_only("Sample Bag", "BAG-27")));
    world.until_order("94013", "held").await.must_be("held", &["ITEM_NOT_FROM_SHOPIFY"]);
    until_page(&mut admin, "/activity", "the undo", says("Item not linked any more")).await;
    world.order("94011").await.must_be("exported", &[]);
    world.finish().await;
}
