//! Problems that few orders ever have: each is made to happen, names the thing, and is over once its cause is gone. What
//! concerns a whole connection is in `outages`.

use crate::harness::{World, amount, in_both_kinds_of_shop, quoted, until, until_within};
use sandbox::brand::ROOMS;
use sandbox::shopify::{CustomerSeed, LocationSeed, VariantSeed};
use sandbox::{Fault, When};
use serde_json::json;
use std::time::Duration;

/// The first wait of a step that is tried again, with time for the machine.
const BACK_OFF: Duration = Duration::from_secs(75);

/// The order is held for this reason alone: the terminal says it with these words and a way out, the mail carries it,
/// JOOR shows it, and nothing is in Shopify.
async fn stopped(world: &World, id: &str, code: &str, words: &[&str]) {
    let shown = world.order(id).await;
    shown.must_be("held", &[code]);
    names(&shown.sentence(code), words);
    assert!(shown.detail(code)["resolution"].as_str().is_some_and(|text| text.len() > 20), "{:#}", shown.0);
    let (state, description) = world.joor_report(id);
    assert!(state == "FAILED" && description.ends_with(&format!("[{code}]")), "{state}: {description}");
    let told = |mail: &sandbox::Mail| mail.body_text.contains(code) && mail.body_text.contains(id);
    assert!(world.mails().iter().any(told), "{code} of {id} is not mailed: {:#?}", world.mails());
    assert!(world.shop_orders_of(id).is_empty());
}

/// The order was exported, with this mark.
async fn marked(world: &World, id: &str, code: &str, words: &[&str]) {
    let shown = world.order(id).await;
    shown.must_be("exported", &[code]);
    names(&shown.sentence(code), words);
    assert_eq!(world.joor_report(id).0, "SUCCESS");
}

#[track_caller]
fn names(sentence: &str, words: &[&str]) {
    for word in words {
        assert!(sentence.contains(word), "{word:?} is not in {sentence:?}");
    }
}

/// Shopify refuses the next call of this operation with a user error, and does nothing.
pub(super) fn refuse(world: &World, operation: &str, code: &str, field: &[&str], message: &str) {
    let mut root = operation.to_owned();
    root[..1].make_ascii_lowercase();
    let errors = json!([{ "code": code, "field": field, "message": message }]);
    let body = json!({ "data": { root: { "order": null, "customer": null, "userErrors": errors } } });
    let refused = Fault::Status { code: 200, body: body.to_string(), headers: Vec::new() };
    world.fault(operation, When::Next, refused);
}

/// A retailer whom Shopify does not know by code.
fn stranger(world: &World, id: &str, joor_id: &str, email: &str) -> sandbox::joor::OrderSeed {
    let mut order = world.brand.order(id, 2).line(world.brand.line(0, 0, 1));
    order.customer.id = joor_id.to_owned();
    order.customer.buyer_email = email.to_owned();
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn two_customers_of_one_e_mail_are_asked_about_once_and_the_choice_is_remembered() {
    in_both_kinds_of_shop(async |world: &mut World| {
        for id in [7_099_000_000_021, 7_099_000_000_022] {
            let email = Some("twin@example.com".to_owned());
            world.sandbox.shop.add_customer(CustomerSeed { id, email, ..CustomerSeed::default() });
        }
        world.approved(stranger(world, "96001", "820001", "twin@example.com"));
        world.sync().await;
        let words = ["2 Shopify customers", "Salt House Supply", "7099000000021", "7099000000022"];
        stopped(world, "96001", "CUST_AMBIGUOUS", &words[..1]).await;
        let sentence = world.order("96001").await.sentence("CUST_AMBIGUOUS");
        names(&sentence, &words[2..]);
        world.retry("96001", &["--link-customer", "7099000000022"]).await;
        world.approved(stranger(world, "96002", "820001", "twin@example.com"));
        world.sync().await;
        for id in ["96001", "96002"] {
            world.order(id).await.must_be("exported", &[]);
            let customer = world.shop_order_of(id).customer;
            assert_eq!(customer.as_deref(), Some("gid://shopify/Customer/7099000000022"));
        }
        assert_eq!(world.asked("CustomerSet"), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_e_mail_that_somebody_took_between_look_and_creation_holds_the_order_until_it_is_free() {
    let world = World::start().await;
    world.approved(stranger(&world, "96003", "820002", "quick@example.com"));
    refuse(&world, "CustomerSet", "TAKEN", &["input", "email"], "Email has already been taken");
    world.sync().await;
    stopped(&world, "96003", "CUST_CONTACT_TAKEN", &["e-mail", "another Shopify customer"]).await;
    world.sync().await;
    world.order("96003").await.must_be("exported", &[]);
    assert_eq!(world.asked("CustomerSet"), 2);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_and_a_region_that_shopify_would_refuse_are_left_out_and_kept_as_details() {
    let world = World::start().await;
    let mut order = world.plain("96004");
    order.shipping_address.phone = "ring twice".to_owned();
    world.approved(order);
    let mut order = world.plain("96005");
    order.shipping_address.country = "Germany".to_owned();
    order.shipping_address.state = "Nirgendwo".to_owned();
    order.shipping_address.zip = "80469".to_owned();
    world.approved(order);
    world.sync().await;
    marked(&world, "96004", "ADDR_PHONE_INVALID", &["ring twice"]).await;
    marked(&world, "96005", "ADDR_REGION_UNKNOWN", &["Nirgendwo", "shipping address", "DE"]).await;
    let (first, second) = (world.shop_order_of("96004"), world.shop_order_of("96005"));
    assert_eq!(first.shipping_address.and_then(|address| address.phone), None);
    assert_eq!(second.shipping_address.and_then(|address| address.province_code), None);
    let detail = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    assert!(first.custom_attributes.contains(&detail("JOOR phone", "ring twice")));
    assert!(second.custom_attributes.contains(&detail("JOOR region", "Nirgendwo")));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_that_the_assigned_location_does_not_stock_hold_the_order_until_they_arrive() {
    let mut world = World::start().await;
    let pop_up = LocationSeed { id: 88_104_021, name: "Pop-up Store".to_owned(), active: true };
    world.sandbox.shop.add_location(pop_up);
    world.settings.text("orders", "fulfilment", "assigned");
    world.settings.text("orders", "location", "88104021");
    world.apply().await;
    world.approved(world.plain("96006"));
    world.sync().await;
    let shown = world.order("96006").await;
    assert!(shown.problems().contains(&"STOCK_NOT_HELD_AT_LOCATION"), "{:#}", shown.0);
    names(&shown.sentence("STOCK_NOT_HELD_AT_LOCATION"), &["Wren Poplin Shirt", "Pop-up Store"]);
    assert!(world.shop_orders_of("96006").is_empty());
    world.sandbox.shop.set_stock(world.variant(0, 0), 88_104_021, 2);
    world.sync().await;
    world.sync().await;
    world.order("96006").await.must_be("exported", &[]);
    assert_eq!(world.shop_order_of("96006").assigned_locations, ["gid://shopify/Location/88104021"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_whose_stock_nobody_counts_are_exported_and_named() {
    let world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.sandbox.shop.set_tracked(world.variant(0, 0), false);
    world.approved(world.plain("96007").line(world.brand.line(1, 0, 1)));
    world.sync().await;
    marked(&world, "96007", "STOCK_UNTRACKED", &["1 line", "Wren Poplin Shirt"]).await;
    world.sandbox.shop.set_tracked(world.variant(0, 0), true);
    world.approved(world.plain("96008"));
    world.sync().await;
    stopped(&world, "96008", "STOCK_SHORT", &["Wren Poplin Shirt", "2 ordered"]).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sources_that_disagree_about_the_tax_hold_the_order_until_one_is_corrected() {
    let mut world = World::start().await;
    world.settings.tax("US", "Sales tax", "10%", false);
    world.apply().await;
    let exempt = |tax_exempt| CustomerSeed {
        id: 7_099_000_000_031,
        email: Some("exempt@example.com".to_owned()),
        tax_exempt,
        ..CustomerSeed::default()
    };
    world.sandbox.shop.add_customer(exempt(true));
    world.approved(world.plain("96009").tax(amount("8.10")));
    world.approved(stranger(&world, "96010", "820003", "exempt@example.com"));
    // What agrees to the cent is no conflict, and neither is JOOR's 0.
    world.approved(world.plain("96011").tax(amount("9.10")));
    world.approved(world.plain("96012").tax(amount("0")));
    world.sync().await;
    stopped(&world, "96009", "TAX_CONFLICT", &["JOOR says 8.1 USD", "Sales tax 10 %", "9.10 USD"]).await;
    stopped(&world, "96010", "TAX_CONFLICT", &["tax exempt in Shopify", "4.55 USD"]).await;
    for id in ["96011", "96012"] {
        world.order(id).await.must_be("exported", &[]);
        assert_eq!(world.shop_order_of(id).tax, amount("9.10"));
    }
    world.sandbox.joor.change("96009", |order| order.tax_amount = Some(amount("9.1")));
    world.sandbox.shop.add_customer(exempt(false));
    world.sync().await;
    for id in ["96009", "96010"] {
        world.order(id).await.must_be("exported", &[]);
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_fails_on_one_order_holds_that_order_until_it_is_corrected() {
    let mut world = World::start().await;
    let template = "{% if linesheet_code == 'TRUNK' %}{{ linesheet - 1 }}{% endif %}";
    world.settings.text("note", "template", template);
    world.apply().await;
    world.approved(world.plain("96013").collection("TRUNK", "Trunk Show"));
    world.approved(world.plain("96014"));
    world.sync().await;
    stopped(&world, "96013", "MAP_TEMPLATE", &["note", "line 1"]).await;
    world.order("96014").await.must_be("exported", &[]);
    world.settings.text("note", "template", "{{ linesheet }}");
    world.apply().await;
    world.sync().await;
    world.order("96013").await.must_be("exported", &[]);
    assert_eq!(world.shop_order_of("96013").note.as_deref(), Some("Trunk Show"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_shopify_would_refuse_is_cut_and_kept_whole_as_a_detail() {
    let mut world = World::start().await;
    world.settings.set("tags", "templates", &format!("[{}]", quoted("{{ season }}, {{ linesheet }}")));
    world.apply().await;
    let name = "Resort Capsule for the Northern Mountain Stores";
    world.approved(world.plain("96015").collection("LONG", name));
    world.sync().await;
    marked(&world, "96015", "MAP_TOO_LONG", &["Tag 1", "40 characters"]).await;
    let order = world.shop_order_of("96015");
    assert!(order.tags.iter().all(|tag| tag.chars().count() <= 40 && !tag.contains(',')), "{:?}", order.tags);
    let kept = |(name, text): &(String, String)| name == "JOOR tag 1" && text.ends_with("Mountain Stores");
    assert!(order.custom_attributes.iter().any(kept), "{:?}", order.custom_attributes);
    world.finish().await;
}

struct Refusal {
    id: &'static str,
    /// Ours, and Shopify's.
    codes: (&'static str, &'static str),
    field: &'static [&'static str],
    message: &'static str,
    words: &'static [&'static str],
}

const REFUSALS: [Refusal; 3] = [
    Refusal {
        id: "96016",
        codes: ("DEST_DATE_INVALID", "PROCESSED_AT_INVALID"),
        field: &["order", "processedAt"],
        message: "Processed at is not a valid date",
        words: &["does not accept the date"],
    },
    Refusal {
        id: "96017",
        codes: ("SYS_UNEXPECTED", "REDUNDANT_CUSTOMER_FIELDS"),
        field: &["order", "customer"],
        message: "Only one may be given",
        words: &["order creation"],
    },
    Refusal {
        id: "96018",
        codes: ("DEST_REJECTED", "INVALID"),
        field: &["order", "lineItems", "0", "priceSet"],
        message: "Sold below its minimum",
        words: &["Sold below its minimum", "priceSet"],
    },
];

/// Refusals that a retry alone can undo: they are not repeated in every cycle, and a person lets them go.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_shopify_refuses_for_a_reason_is_sent_again_only_when_a_person_says_so() {
    in_both_kinds_of_shop(async |world: &mut World| {
        for Refusal { id, codes: (code, shop_code), field, message, words } in REFUSALS {
            world.approved(world.plain(id));
            refuse(world, "OrderCreate", shop_code, field, message);
            let before = world.asked("OrderCreate");
            world.sync().await;
            stopped(world, id, code, words).await;
            world.sync().await;
            assert_eq!(
                world.asked("OrderCreate"),
                before + 1,
                "{code}: not sent again while nothing changed"
            );
            world.retry(id, &[]).await;
            world.sync().await;
            world.order(id).await.must_be("exported", &[]);
            world.shop_order_of(id);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_that_somebody_else_sold_at_the_location_in_the_same_moment_is_told() {
    let room = ROOMS[1].id;
    let mut world = World::start().await;
    world.settings.text("orders", "location", &room.to_string());
    for (id, variant, fulfilment, call) in
        [("96020", 1, "assigned_fulfilled", "OrderCreate"), ("96021", 2, "assigned", "MoveFulfillmentOrder")]
    {
        world.settings.text("orders", "fulfilment", fulfilment);
        world.apply().await;
        world.set_stock(0, variant, [50, 2]);
        world.approved(world.brand.order(id, 0).line(world.brand.line(0, variant, 2)));
        let struck = world.sandbox.faults.hits().len();
        world.fault(call, When::Next, Fault::Slow(Duration::from_millis(600)));
        let cycle = world.spawn(&["sync", "--once"]);
        until("the call is on its way", || world.sandbox.faults.hits().len() > struck).await;
        world.set_stock(0, variant, [50, 1]);
        assert_eq!(cycle.ended().await, 0);
        let sku = world.brand.styles[0].variants[variant].sku.clone();
        marked(&world, id, "DEST_READBACK_DIFFERS", &[&format!("{} has -1 of {sku}", ROOMS[1].name)]).await;
        assert_eq!(
            world.sandbox.shop.stock_at(&world.gid(0, variant), room).map(|at| at.available),
            Some(-1)
        );
    }
    world.finish().await;
}

/// A colleague deletes a product between creation and read-back.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_not_what_was_sent_is_told_with_the_difference() {
    in_both_kinds_of_shop(async |world: &mut World| {
        // A variant that only this order has.
        let variant = VariantSeed { sku: Some("GONE-1".to_owned()), ..spare(world) };
        world.sandbox.shop.add_variant(variant.clone());
        let mut line = world.brand.line(0, 0, 1);
        line.upc = Some(variant.variant_id.to_string());
        line.sku_identifier = "GONE-1".to_owned();
        line.sku_id = "990061".to_owned();
        world.approved(world.plain("96022").line(line));
        world.fault("OrdersState", When::Next, Fault::Slow(Duration::from_millis(600)));
        let cycle = world.spawn(&["sync", "--once"]);
        until("the read-back is on its way", || !world.sandbox.faults.hits().is_empty()).await;
        world.sandbox.shop.remove_variant(variant.variant_id);
        assert_eq!(cycle.ended().await, 0);
        let name = world.shop_order_of("96022").name;
        let words = [name.as_str(), "1 line", "without a product"];
        marked(world, "96022", "DEST_READBACK_DIFFERS", &words).await;
    })
    .await;
}

fn spare(world: &World) -> VariantSeed {
    VariantSeed {
        product_id: world.brand.styles[0].product_id,
        variant_id: 46_799_000_000_001,
        sku: None,
        barcode: None,
        title: "Spare".to_owned(),
        price: amount("99"),
        policy: sandbox::shopify::Policy::Deny,
        tracked: true,
        stock: vec![(ROOMS[0].id, 10)],
    }
}

/// Shopify puts the order's address before the customer's own and will not have that back at once; JOOR is down when it
/// is to hear of another order. Both are told, and made up for.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_and_a_report_that_are_not_taken_are_told_and_tried_again() {
    let mut world = World::start().await;
    let email = world.brand.retailers[1].email.clone();
    let default = |world: &World| {
        let customers = world.sandbox.shop.customers();
        let customer = customers.into_iter().find(|customer| customer.email.as_deref() == Some(&email));
        customer.and_then(|customer| customer.default_address).expect("a default address")
    };
    let before = default(&world);
    refuse(&world, "CustomerUpdateDefaultAddress", "INVALID", &["addressId"], "The address is being changed");
    world.approved(world.brand.order("96023", 1).line(world.brand.line(0, 0, 1)));
    world.sync().await;
    let words = ["default address", "The address is being changed"];
    marked(&world, "96023", "CUST_DEFAULT_ADDRESS_CHANGED", &words).await;
    assert_ne!(default(&world), before);
    world.approved(world.brand.order("96024", 0).line(world.brand.line(1, 0, 1)));
    let down = Fault::Status { code: 503, body: String::new(), headers: Vec::new() };
    world.joor_fault("POST bulk_update", When::Next, down);
    world.sync_ends_with(4).await;
    let shown = world.order("96024").await;
    shown.must_be("exported", &["BACK_STATUS_FAILED"]);
    names(&shown.sentence("BACK_STATUS_FAILED"), &["the export itself is not affected", "503"]);
    assert_eq!(world.joor_report("96024").0, "UNDEFINED");
    world.run_as_service().await;
    until_within(BACK_OFF, "the address is back", || default(&world) == before).await;
    until_within(BACK_OFF, "the report is there", || world.joor_report("96024").0 == "SUCCESS").await;
    for id in ["96023", "96024"] {
        world.until_shown(id, "without a question", |shown| shown.problems().is_empty()).await;
        world.shop_order_of(id);
    }
    world.stop_service().await;
    world.finish().await;
}
