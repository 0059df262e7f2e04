//! The connection itself: credentials, hosts, shop and account go wrong, say so, and recover.

use crate::harness::{Options, World};
use sandbox::shopify::ShopState;
use sandbox::{Fault, Sandbox, SandboxOptions, Service, When};

/// One cycle that ends with exit code 4 and exactly this problem, and then one that is good and exports.
async fn fails_and_recovers(mut world: World, code: &str, mend: impl AsyncFnOnce(&mut World)) -> World {
    world.may_be_refused = true;
    world.approved(world.plain("83001"));
    let ran = world.sync_ends_with(4).await;
    assert_eq!(ran.json["connections"][0]["problem"]["code"], code, "{:#}", ran.json);
    assert_eq!(world.connection_problems().await, [code]);
    assert!(world.mails().iter().any(|mail| mail.body_text.contains(code)), "{:#?}", world.mails());
    mend(&mut world).await;
    world.sync().await;
    assert_eq!(world.connection_problems().await, Vec::<String>::new());
    world.order("83001").await.must_be("exported", &[]);
    world.shop_order_of("83001");
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_joor_password_is_told_and_the_right_one_heals() {
    let mut world = World::start().await;
    world.settings.text("joor", "password", "wrong");
    world.apply().await;
    let world = fails_and_recovers(world, "CONN_JOOR_AUTH", async |world: &mut World| {
        world.settings.text("joor", "password", "sandbox-password");
        world.apply().await;
    });
    world.await.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_shopify_token_is_told_and_the_right_one_heals() {
    let mut world = World::start().await;
    world.settings.text("shopify", "access_token", "shpat_wrong");
    world.apply().await;
    let world = fails_and_recovers(world, "CONN_SHOPIFY_AUTH", async |world: &mut World| {
        world.settings.text("shopify", "access_token", "shpat_sandbox");
        world.apply().await;
    });
    world.await.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_shop_is_told_and_nothing_is_lost() {
    let world = World::start().await;
    world.sandbox.shop.set_state(ShopState::Frozen);
    let world = fails_and_recovers(world, "CONN_SHOP_UNAVAILABLE", async |world: &mut World| {
        world.sandbox.shop.set_state(ShopState::Open);
    });
    world.await.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_named() {
    let world = World::start().await;
    world.sandbox.shop.configure(|shop| shop.scopes.retain(|scope| scope != "write_orders"));
    let world = fails_and_recovers(world, "CONN_SHOPIFY_SCOPE", async |world: &mut World| {
        let told = world.run(&["problems"]).await.stdout;
        assert!(told.contains("_orders"), "{told}");
        world.sandbox.shop.configure(|shop| shop.scopes = sandbox::ShopOptions::all_scopes());
    });
    world.await.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_answers_in_another_version_is_told() {
    let world = World::start().await;
    world.sandbox.shop.configure(|shop| shop.api_version = "2026-10".to_owned());
    let world = fails_and_recovers(world, "CONN_API_VERSION", async |world: &mut World| {
        world.sandbox.shop.configure(|shop| shop.api_version = "2026-07".to_owned());
    });
    world.await.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_nobody_reaches_are_told() {
    // Bound and given back: nobody listens there.
    let nobody =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let mut world = World::start().await;
    let there = world.settings.clone();
    world.settings.text("shopify", "shop_url", &format!("http://{nobody}"));
    world.apply().await;
    let back = there.clone();
    let mut world = fails_and_recovers(world, "DEST_UNAVAILABLE", async |world: &mut World| {
        world.settings = back;
        world.apply().await;
    })
    .await;
    world.settings.text("joor", "api_url", &format!("http://{nobody}/v4"));
    world.apply().await;
    world.sync_ends_with(4).await;
    assert_eq!(world.connection_problems().await, ["SRC_UNAVAILABLE"]);
    world.settings = there;
    world.apply().await;
    world.sync().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn html_and_bodies_without_end_instead_of_json_are_a_clear_problem() {
    let world = World::start().await;
    world.approved(world.plain("83002"));
    world.joor_fault("GET orders", When::Next, Fault::Html { code: 200 });
    let ran = world.sync_ends_with(4).await;
    assert_eq!(ran.json["connections"][0]["problem"]["code"], "SRC_UNAVAILABLE");
    world.joor_fault("GET orders", When::Next, Fault::Oversized(64 * 1024 * 1024));
    world.sync_ends_with(4).await;
    world.fault("Variants", When::Next, Fault::Html { code: 502 });
    let ran = world.sync_ends_with(4).await;
    assert_eq!(ran.json["connections"][0]["problem"]["code"], "DEST_UNAVAILABLE");
    world.fault("FindOrders", When::Next, Fault::Garbage);
    world.sync_ends_with(4).await;
    world.sync().await;
    world.order("83002").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_lead_to_another_shop_stop_everything() {
    let mut world = World::start().await;
    world.approved(world.plain("83003"));
    world.sync().await;
    let mut options = SandboxOptions::default();
    options.shop.shop_number = 2;
    options.shop.domain = "other-brand.myshopify.com".to_owned();
    let other = Sandbox::start(options).await.expect("a second sandbox");
    world.brand.plant(&other, other.clock.today());
    world.settings.text("shopify", "shop_url", &other.shopify_url());
    world.apply().await;
    world.approved(world.brand.order("83004", 1).line(world.brand.line(1, 0, 1)));
    let ran = world.sync_ends_with(4).await;
    assert_eq!(ran.json["connections"][0]["problem"]["code"], "CONN_WRONG_ACCOUNT", "{:#}", ran.json);
    assert!(other.shop.orders().is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_end_in_the_middle_of_a_service_are_renewed() {
    let mut world = World::start().await;
    world.may_be_refused = true;
    world.settings.remove("shopify", "access_token");
    world.settings.text("shopify", "client_id", "sandbox-client").text(
        "shopify",
        "client_secret",
        "sandbox-secret",
    );
    world.apply().await;
    world.approved(world.plain("83005"));
    world.run_as_service().await;
    world.until_order("83005", "exported").await;
    let given = world.sandbox.joor.tokens_given();
    world.sandbox.joor.expire_tokens();
    world.sandbox.shop.expire_tokens();
    world.approved(world.brand.order("83006", 1).line(world.brand.line(1, 0, 1)));
    world.until_order("83006", "exported").await;
    assert!(world.sandbox.joor.tokens_given() > given);
    assert_eq!(world.connection_problems().await, Vec::<String>::new());
    world.stop_service().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_refused_in_the_middle_of_a_cycle_is_renewed_within_it() {
    let world = World::start().await;
    world.approved(world.plain("83007"));
    let refused = Fault::Status { code: 401, body: "{}".to_owned(), headers: Vec::new() };
    world.joor_fault("GET sku_line_items", When::Next, refused);
    world.sync().await;
    world.order("83007").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_at_the_create_itself_leaves_the_order_for_later() {
    let world = World::start().await;
    world.approved(world.plain("83008"));
    let refused =
        Fault::Status { code: 401, body: "{\"errors\":\"Invalid API key\"}".to_owned(), headers: Vec::new() };
    world.fault("OrderCreate", When::Next, refused);
    world.sync_ends_with(4).await;
    world.sync().await;
    let shown = world.order("83008").await;
    shown.must_be("exported", &[]);
    assert_eq!(shown.requests(), 2);
    world.shop_order_of("83008");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_shop_that_takes_few_orders_a_minute_is_waited_for() {
    let mut options = Options::default();
    options.sandbox.shop.order_quota_per_minute = Some(2);
    let mut world = World::with(options).await;
    world.may_be_refused = true;
    for id in ["83010", "83011", "83012"] {
        world.approved(world.brand.order(id, 0).line(world.brand.line(1, 0, 1)));
    }
    world.run(&["sync", "--once"]).await;
    assert_eq!(world.sandbox.shop.orders().len(), 2);
    assert!(world.connection_problems().await.contains(&"DEST_ORDER_QUOTA".to_owned()));
    let open = world.run(&["orders", "list", "--state", "seen", "--state", "ready"]).await.json;
    assert_eq!(open["orders"].as_array().map(Vec::len), Some(1), "{open:#}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn testing_a_connection_makes_the_custom_ids_once_and_doctor_makes_nothing() {
    let world = World::preview().await;
    let made = || world.asked("CreateMetafieldDefinition");
    let doctor = world.run(&["doctor"]).await;
    assert_eq!(made(), 0, "{}", doctor.stdout);
    world.run(&["connection", "test", crate::harness::CONNECTION]).await.must_end_with(0);
    assert_eq!(made(), 2, "one for orders and one for customers");
    world.run(&["connection", "test", crate::harness::CONNECTION]).await.must_end_with(0);
    world.sync().await;
    assert_eq!(made(), 2);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_and_connection_test_say_what_is_wrong_and_what_to_do() {
    let mut world = World::start().await;
    world.may_be_refused = true;
    world.run(&["connection", "test", crate::harness::CONNECTION]).await.must_end_with(0);
    world.run(&["doctor"]).await.must_end_with(0);
    world.sandbox.faults.script(
        Service::JoorToken,
        "token",
        When::Always,
        Fault::Status { code: 401, body: "{\"error\":\"invalid_grant\"}".to_owned(), headers: Vec::new() },
    );
    world.sandbox.shop.configure(|shop| shop.scopes.retain(|scope| scope != "read_products"));
    let ran = world.run(&["doctor"]).await;
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("read_products"), "{}", ran.stdout);
    assert_eq!(world.asked("OrderCreate"), 0);
    world.finish().await;
}
