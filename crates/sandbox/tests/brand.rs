//! The brand is what it promises: always the same, large enough, with every kind of trouble; and the judge is no pushover.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use sandbox::brand::{Brand, DEMO_SEED, Role, START_DAYS_AGO, TAX_RULES};
use sandbox::joor::{ExportState, Status};
use sandbox::{Sandbox, SandboxOptions, judge};
use serde_json::{Value, json};

fn today() -> jiff::civil::Date {
    jiff::civil::date(2026, 10, 5)
}

#[test]
fn same_seed_makes_the_same_brand() {
    assert_eq!(Brand::new(DEMO_SEED), Brand::new(DEMO_SEED));
    assert_ne!(Brand::new(DEMO_SEED).orders, Brand::new(DEMO_SEED + 1).orders);
}

#[test]
fn brand_is_as_large_as_promised() {
    let brand = Brand::new(DEMO_SEED);
    assert!(brand.variant_count() > 1_700, "{}", brand.variant_count());
    assert_eq!(brand.retailers.len(), 40);
    let approved = brand.orders.iter().filter(|order| order.seed.status == Status::Approved).count();
    assert!(approved >= 66, "{approved}");
    assert_eq!(brand.orders.len(), brand.fates.len());
    let buying: BTreeSet<&str> = brand.orders.iter().map(|order| order.seed.customer.name.as_str()).collect();
    assert!(
        brand.retailers.iter().all(|retailer| buying.contains(retailer.name.as_str())),
        "every retailer has ordered"
    );
    let countries: BTreeSet<&str> =
        brand.retailers.iter().map(|retailer| retailer.country.as_str()).collect();
    assert_eq!(countries.len(), 10);
    for country in countries {
        assert_eq!(TAX_RULES.iter().any(|rule| rule.country == country), country != "FR", "{country}");
    }
}

#[test]
fn ids_are_there_once() {
    let brand = Brand::new(DEMO_SEED);
    let variants = || brand.styles.iter().flat_map(|style| &style.variants);
    let ids: BTreeSet<u64> = variants().map(|variant| variant.variant_id).collect();
    assert_eq!(ids.len(), variants().count());
    let skus: BTreeSet<&str> = variants().map(|variant| variant.sku.as_str()).collect();
    assert_eq!(skus.len(), variants().count() - 1, "only the twins share a SKU");
    let orders: BTreeSet<&str> = brand.fates.iter().map(|fate| fate.joor_order.as_str()).collect();
    assert_eq!(orders.len(), brand.orders.len());
    let emails: BTreeSet<&str> = brand.retailers.iter().map(|retailer| retailer.email.as_str()).collect();
    assert_eq!(emails.len(), brand.retailers.len());
}

#[test]
fn every_kind_of_trouble_is_there() {
    let brand = Brand::new(DEMO_SEED);
    let codes: BTreeSet<&str> =
        brand.fates.iter().flat_map(|fate| &fate.problems).map(String::as_str).collect();
    let promised = [
        "ADDR_INCOMPLETE",
        "ADDR_PHONE_INVALID",
        "ADDR_REGION_UNKNOWN",
        "CUST_EMAIL_INVALID",
        "CUST_NOT_FOUND",
        "DISCOUNT_UNMAPPABLE",
        "DUP_SECOND_EXPORTER",
        "ITEM_AMBIGUOUS",
        "ITEM_IDS_DISAGREE",
        "ITEM_NOT_FOUND",
        "ITEM_NOT_FROM_SHOPIFY",
        "ITEM_REMOVED",
        "LOC_INACTIVE",
        "LOC_UNMAPPED",
        "MAP_TEMPLATE",
        "MAP_TOO_LONG",
        "MONEY_CURRENCY",
        "MONEY_ROUNDED",
        "MONEY_TOTAL_DIFFERS",
        "ORD_BEFORE_START",
        "ORD_EMPTY",
        "ORD_NOT_APPROVED",
        "ORD_ON_START_DAY",
        "ORD_RULED_OUT",
        "ORD_TOO_MANY_LINES",
        "PRICE_PLACEHOLDER",
        "SRC_BAD_PAYLOAD",
        "SRC_FIELD_MISSING",
        "STOCK_SHORT",
        "STOCK_UNTRACKED",
        "TAX_CONFLICT",
        "TAX_RULE_MISSING",
    ];
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), promised);
    assert!(brand.fates.iter().any(|fate| fate.problems.len() > 2), "some orders have several");
    let currencies: BTreeSet<&str> =
        brand.fates.iter().filter_map(|fate| fate.total.as_ref()).map(|total| total.1.as_str()).collect();
    assert_eq!(currencies.into_iter().collect::<Vec<_>>(), ["EUR", "GBP", "JPY", "USD"]);
}

#[test]
fn totals_are_whole_minor_units_and_dates_are_clear_of_the_start() {
    let brand = Brand::new(DEMO_SEED);
    for fate in &brand.fates {
        let planned = brand.planned(&fate.joor_order).unwrap();
        assert_eq!(fate.total.is_some(), fate.state == "exported");
        if let Some((total, currency)) = &fate.total {
            let places = if currency == "JPY" { 0 } else { 2 };
            assert_eq!(total.round_dp(places), *total, "{} {total}", fate.joor_order);
            assert!(*total > Decimal::ZERO);
        }
        let before_start = fate.problems.iter().any(|code| code == "ORD_BEFORE_START");
        assert_eq!(planned.approved_days_ago > START_DAYS_AGO, before_start, "{}", fate.joor_order);
        let on_start_day = fate.problems.iter().any(|code| code == "ORD_ON_START_DAY");
        assert_eq!(planned.approved_days_ago == START_DAYS_AGO, on_start_day, "{}", fate.joor_order);
        assert!(planned.approved_days_ago >= 1);
    }
}

/// A fate "exported" must not fail for want of stock: ordinary styles have more than all orders together ask for, and
/// the scarce ones are enough for those who are meant to get them.
#[test]
fn exported_orders_fit_into_the_stock() {
    let brand = Brand::new(DEMO_SEED);
    for style in
        brand.styles.iter().filter(|style| !matches!(style.role, Role::Untracked | Role::ContinuesSelling))
    {
        for variant in &style.variants {
            let sku = variant.variant_id.to_string();
            let asked: i64 = brand
                .fates
                .iter()
                .filter(|fate| fate.state == "exported")
                .flat_map(|fate| &brand.planned(&fate.joor_order).unwrap().seed.lines)
                .filter(|line| !line.cancelled && line.sku_id == format!("SKU{sku}"))
                .map(|line| line.quantity)
                .sum();
            let there = variant.stock[0] + variant.stock[1];
            assert!(asked <= there, "{} {asked} of {there}", variant.sku);
        }
    }
}

#[tokio::test]
async fn brand_is_planted_on_both_sides() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let brand = Brand::new(DEMO_SEED);
    brand.plant(&sandbox, today());
    assert_eq!(sandbox.joor.orders().len(), brand.orders.len());
    assert_eq!(sandbox.joor.price_types().len(), 6);
    let known =
        brand.retailers.iter().filter(|retailer| retailer.known != sandbox::brand::Known::Nowhere).count();
    assert_eq!(sandbox.shop.customers().len(), known);
    let two_rooms = brand.styles.iter().find(|style| style.role == Role::TwoRooms).unwrap();
    let gid = format!("gid://shopify/ProductVariant/{}", two_rooms.variants[0].variant_id);
    assert_eq!(sandbox.shop.stock(&gid), 12);
    let closed = brand.styles.iter().find(|style| style.role == Role::ClosedRoom).unwrap();
    let gid = format!("gid://shopify/ProductVariant/{}", closed.variants[0].variant_id);
    assert_eq!(sandbox.shop.stock(&gid), 0);
    let first = &brand.orders[0];
    let planted = sandbox.joor.order(&first.seed.id).unwrap();
    assert_eq!(
        planted.date_approved,
        Some(today().saturating_sub(jiff::Span::new().days(first.approved_days_ago)))
    );
}

#[tokio::test]
async fn judge_is_content_only_with_the_right_end() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let brand = Brand::new(DEMO_SEED);
    brand.plant(&sandbox, today());
    for verdict in judge::judge(&brand, &sandbox) {
        let fate = brand.fate(&verdict.order).unwrap();
        assert_eq!(verdict.ok, fate.state == "skipped", "nothing was done yet: {verdict:?}");
    }
    let held = brand.fates.iter().find(|fate| fate.state == "held").unwrap();
    let report = |description: &str| {
        sandbox.joor.change(&held.joor_order, |order| {
            order.export_status = ExportState::Failed;
            order.export_description = Some(description.to_owned());
        });
        judge::judge(&brand, &sandbox)
            .into_iter()
            .find(|verdict| verdict.order == held.joor_order)
            .unwrap()
            .ok
    };
    assert!(!report("No idea [ORD_EMPTY]"));
    assert!(report(&format!("It cannot be sent [{}]", held.problems[0])));
    let skipped = brand.fates.iter().find(|fate| fate.state == "skipped").unwrap();
    sandbox.joor.write_success_by_somebody_else(&skipped.joor_order);
    let verdicts = judge::judge(&brand, &sandbox);
    assert!(!verdicts.iter().find(|verdict| verdict.order == skipped.joor_order).unwrap().ok);
}

/// Creates the Shopify order of the brand's first order, with so many units more on its first line.
async fn create(sandbox: &Sandbox, brand: &Brand, more: i64) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let order = &brand.orders[0].seed;
    let line = |index: usize, line: &sandbox::joor::LineSeed| {
        let units = if index == 0 { line.quantity + more } else { line.quantity };
        let price = json!({ "shopMoney": { "amount": line.price().to_string(), "currencyCode": "USD" } });
        json!({ "variantId": format!("gid://shopify/ProductVariant/{}", line.upc.as_ref().unwrap()),
                "quantity": units, "priceSet": price, "requiresShipping": true })
    };
    let lines: Vec<Value> = order.lines.iter().enumerate().map(|(index, seed)| line(index, seed)).collect();
    let body = json!({
        "query": "mutation OrderCreate($order: OrderCreateOrderInput!) { orderCreate(order: $order) { order { id } userErrors { message } } }",
        "operationName": "OrderCreate",
        "variables": { "order": {
            "currency": "USD",
            "sourceIdentifier": format!("live-424242-{}-1-1", order.id),
            "lineItems": lines,
        } },
    });
    let answer = reqwest::Client::new()
        .post(format!("{}/admin/api/2026-07/graphql.json", sandbox.shopify_url()))
        .header("x-shopify-access-token", "shpat_sandbox")
        .json(&body)
        .send()
        .await
        .unwrap();
    let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert!(answer["data"]["orderCreate"]["order"]["id"].is_string(), "{answer}");
}

#[tokio::test]
async fn judge_wants_one_order_of_the_right_total_reported_as_exported() {
    let brand = Brand::new(DEMO_SEED);
    let first = brand.fates[0].joor_order.clone();
    assert_eq!(brand.fates[0].state, "exported");
    for (more, copies, expected) in [(0, 1, true), (1, 1, false), (0, 2, false)] {
        let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
        brand.plant(&sandbox, today());
        for _ in 0..copies {
            create(&sandbox, &brand, more).await;
        }
        let verdict =
            || judge::judge(&brand, &sandbox).into_iter().find(|verdict| verdict.order == first).unwrap();
        assert!(!verdict().ok, "not reported yet: {:?}", verdict());
        sandbox.joor.change(&first, |order| order.export_status = ExportState::Success);
        assert_eq!(verdict().ok, expected, "{:?}", verdict());
    }
}

#[test]
fn small_brand_is_ready_for_single_orders() {
    let brand = Brand::small();
    assert_eq!((brand.styles.len(), brand.retailers.len(), brand.orders.len()), (2, 3, 0));
    let order = brand.order("8001", 1).line(brand.line(0, 2, 3));
    assert_eq!(order.live_units(), 3);
    assert_eq!(order.customer.buyer_email, brand.retailers[1].email);
}
