//! Everything that held an order or kept it out is over by itself in the cycle after its cause is gone: in JOOR, in
//! Shopify, or in the settings. Causes that need a story of their own are told elsewhere.

use crate::harness::{World, amount, in_both_kinds_of_shop};
use sandbox::joor::{LineSeed, Named, OrderSeed, Status};
use sandbox::shopify::CustomerSeed;

/// Order, state and codes while the cause is there.
const CASES: [(&str, &str, &[&str]); 11] = [
    ("98101", "held", &["ITEM_AMBIGUOUS"]),
    ("98102", "held", &["ITEM_IDS_DISAGREE"]),
    ("98103", "held", &["ITEM_REMOVED"]),
    ("98104", "held", &["ITEM_NOT_FROM_SHOPIFY"]),
    ("98105", "held", &["MONEY_CURRENCY"]),
    ("98106", "held", &["DISCOUNT_UNMAPPABLE"]),
    ("98107", "held", &["ORD_EMPTY"]),
    ("98108", "skipped", &["ORD_RULED_OUT"]),
    ("98109", "held", &["CUST_EMAIL_INVALID", "CUST_NOT_FOUND"]),
    ("98110", "held", &["CUST_NOT_FOUND"]),
    ("98111", "held", &["SRC_ORDER_VANISHED"]),
];

fn seed(world: &World, id: &str) -> OrderSeed {
    let plain = || world.plain(id);
    let line = |style, variant| world.brand.line(style, variant, 1);
    let order = |line: LineSeed| world.brand.order(id, 0).line(line);
    match id {
        "98101" => order(LineSeed { upc: None, ..line(0, 5) }),
        "98102" => order(LineSeed { style_identifier: product(world, 1), ..line(0, 1) }),
        "98103" => order(line(1, 2)),
        "98104" => {
            let made = line(0, 3).named("Sample Bag", "Natural", "OS");
            let ids = |line: LineSeed| LineSeed { sku_id: "990071".to_owned(), upc: None, ..line };
            let texts = |line: LineSeed| LineSeed { sku_identifier: "BAG-OS".to_owned(), ..line };
            order(LineSeed { style_identifier: "BAG-27".to_owned(), ..texts(ids(made)) })
        }
        "98105" => plain().price_type("505"),
        "98106" => plain().discount_both(amount("10"), amount("9.60")),
        "98107" => order(line(0, 4).cancelled()),
        "98108" => plain().collection("SMP", "Samples"),
        "98109" | "98110" => {
            let mut order = world.brand.order(id, 2).line(line(0, 6));
            order.customer.id = id.to_owned();
            let email = if id == "98109" { "orders at gull" } else { "later@example.com" };
            for text in [&mut order.customer.buyer_email, &mut order.shipping_address.email] {
                email.clone_into(text);
            }
            order
        }
        _ => order(line(0, 7)),
    }
}

fn product(world: &World, style: usize) -> String {
    world.brand.styles[style].product_id.to_string()
}

async fn cause(world: &mut World) {
    world.settings.set("orders", "create_customers", "false");
    world.settings.rule("name = \"no samples\"\nskip = true\nwhen = { linesheet = [\"SMP\"] }");
    world.apply().await;
    let shared = world.brand.styles[0].variants[5].sku.clone();
    world.sandbox.shop.set_sku(world.variant(0, 8), Some(&shared));
    world.sandbox.shop.archive_product(world.brand.styles[1].product_id);
    // It is seen first, and gone afterwards.
    world.set_stock(0, 7, [0, 0]);
    for (id, ..) in CASES {
        world.approved(seed(world, id));
    }
    world.sync().await;
    world.sandbox.joor.remove("98111");
    world.set_stock(0, 7, [9, 0]);
    world.sync().await;
}

async fn cure(world: &mut World) {
    let joor = world.sandbox.joor.clone();
    let right = product(world, 0);
    joor.change("98102", |order| order.lines[0].style_identifier = right);
    let good = world.brand.line(0, 4, 1);
    joor.change("98104", |order| order.lines[0] = LineSeed { id: order.lines[0].id.clone(), ..good });
    joor.change("98106", |order| order.discount.amount = None);
    joor.change("98106", |order| order.discount.details.truncate(1));
    joor.change("98107", |order| order.lines[0].cancelled = false);
    joor.change("98109", |order| {
        for text in [&mut order.customer.buyer_email, &mut order.shipping_address.email] {
            "later@example.com".clone_into(text);
        }
    });
    joor.add_order(seed(world, "98111"));
    // SKUs, archived goods and stock as they were; and the customer is there.
    world.brand.plant(&world.sandbox, world.sandbox.clock.today());
    let email = Some("later@example.com".to_owned());
    world.sandbox.shop.add_customer(CustomerSeed { id: 7_099_000_000_041, email, ..CustomerSeed::default() });
    world.settings.set("orders", "currencies", r#"["USD", "CHF"]"#);
    let samples = world.settings.toml().replace("[\"SMP\"]", "[\"OTHER\"]");
    let file = world.write_file("samples.toml", &samples);
    world.run(&["connection", "apply", &file, "--name", crate::harness::CONNECTION]).await.must_end_with(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kept_an_order_back_is_over_by_itself_once_its_cause_is_gone() {
    in_both_kinds_of_shop(async |world: &mut World| {
        cause(world).await;
        for (id, state, codes) in CASES {
            world.order(id).await.must_be(state, codes);
        }
        assert_eq!(world.asked("OrderCreate"), 0);
        cure(world).await;
        world.sync().await;
        for (id, _, codes) in CASES {
            let shown = world.order(id).await;
            assert!(shown.state() == "exported" && shown.problems().is_empty(), "{codes:?}: {:#}", shown.0);
            world.shop_order_of(id);
            assert_eq!(world.joor_report(id).0, "SUCCESS", "{codes:?}");
        }
        // One mail said so.
        let solved = world.mails().into_iter().filter(|mail| mail.subject.contains("solved"));
        let texts: String = solved.map(|mail| mail.body_text).collect();
        assert!(texts.contains("98101") && texts.contains("98110"), "{texts}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_taken_back_before_its_export_leaves_when_it_is_approved_again() {
    let world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("98121"));
    world.sync().await;
    world.sandbox.joor.set_status("98121", Status::Pending);
    world.set_stock(0, 0, [9, 0]);
    world.sync().await;
    let shown = world.order("98121").await;
    shown.must_be("skipped", &["ORD_NOT_APPROVED"]);
    assert!(shown.sentence("ORD_NOT_APPROVED").contains("pending"), "{:#}", shown.0);
    world.sandbox.joor.change("98121", |order| order.sales_rep = Named::new("42", "IV", "Ivo Lund"));
    world.sync().await;
    assert!(world.shop_orders_of("98121").is_empty());
    world.sandbox.joor.approve("98121");
    world.sync().await;
    world.order("98121").await.must_be("exported", &[]);
    assert!(world.shop_order_of("98121").note.is_some_and(|note| note.contains("Ivo Lund")));
    world.finish().await;
}
