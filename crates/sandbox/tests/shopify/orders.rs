//! Orders as they are created: totals, stock, refusals, and what is kept.

use super::*;

#[tokio::test]
async fn totals_are_sums_of_what_was_sent() {
    let bench = bench(|_| {});
    let money = |amount: &str| json!({ "shopMoney": { "amount": amount, "currencyCode": "USD" } });
    let tax = |amount: &str| json!([{ "title": "VAT", "rate": "0.1", "priceSet": money(amount) }]);
    let shipping = json!([{ "title": "Ground", "priceSet": money("5.00"), "taxLines": tax("0.50") }]);
    let taxed = with(line(SHIRT, 2), "taxLines", tax("2.40"));
    let payload = bench.create(with(order(&[taxed]), "shippingLines", shipping), "BYPASS").await;
    assert_eq!(payload["order"]["currentTotalPriceSet"]["shopMoney"]["amount"], "31.9");
    assert_eq!(payload["order"]["totalTaxSet"]["shopMoney"]["amount"], "2.9");
    let taxed = with(order(&[with(line(SHIRT, 2), "taxLines", tax("2.40"))]), "taxesIncluded", json!(true));
    let payload = bench.create(taxed, "BYPASS").await;
    assert_eq!(
        payload["order"]["currentTotalPriceSet"]["shopMoney"]["amount"], "24.0",
        "prices held their tax"
    );
    let discount = json!({ "itemFixedDiscountCode": { "code": "X", "amountSet": money("5.00") } });
    let lines = [with(line(SHIRT, 1), "priceSet", money("30.00"))];
    let shipping = json!([{ "title": "Ground", "priceSet": money("4.00") }]);
    let discounted = with(with(order(&lines), "discountCode", discount), "shippingLines", shipping);
    bench.created(discounted, "BYPASS").await;
    let view = bench.shop.orders().pop().unwrap();
    let amounts = [view.subtotal, view.discount_total, view.shipping_total, view.total]
        .map(|amount| amount.to_string());
    assert_eq!(amounts, ["25.00", "5.00", "4.00", "29.00"]);
}

#[tokio::test]
async fn claims_follow_policy_and_the_whole_shop_counts() {
    let bench = bench(|_| {});
    let short = bench.refusal(order(&[line(POSTER, 1), line(SHIRT, 8)]), "DECREMENT_OBEYING_POLICY").await;
    assert_eq!(short.0, "INVALID");
    assert_eq!(short.1, json!(["order", "lineItems"]));
    assert_eq!(short.2, "Line items Unable to reserve inventory");
    assert_eq!(bench.shop.stock(&variant(SHIRT)), 7);
    let twice = [line(SHIRT, 4), line(SHIRT, 4)];
    assert_eq!(bench.refusal(order(&twice), "DECREMENT_OBEYING_POLICY").await.0, "INVALID");
    bench.created(order(&[line(SHIRT, 7)]), "DECREMENT_OBEYING_POLICY").await;
    assert_eq!(bench.shop.stock(&variant(SHIRT)), 0);
    let level = bench.shop.stock_at(&variant(SHIRT), NEW_YORK).unwrap();
    assert_eq!((level.available, level.committed, level.on_hand), (0, 5, 5));
    bench.created(order(&[line(SCARF, 3), line(POSTER, 9)]), "DECREMENT_OBEYING_POLICY").await;
    assert_eq!(bench.shop.stock(&variant(SCARF)), -3);
    bench.created(order(&[line(SHIRT, 2)]), "DECREMENT_IGNORING_POLICY").await;
    assert_eq!(bench.shop.stock(&variant(SHIRT)), -2);
    bench.created(order(&[line(SHIRT, 50)]), "BYPASS").await;
    assert_eq!(bench.shop.stock(&variant(SHIRT)), -2);
}

#[tokio::test]
async fn an_unknown_variant_without_title_has_its_three_errors_and_with_title_becomes_a_custom_line() {
    let bench = bench(|_| {});
    let payload = bench.create(order(&[line(SHIRT, 1), line(999, 1)]), "BYPASS").await;
    assert!(payload["order"].is_null());
    let found: Vec<&str> = payload["userErrors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["message"].as_str().unwrap())
        .collect();
    assert_eq!(
        found,
        ["Order Line items is invalid", "Line items Name can't be blank", "Line items Title can't be blank",]
    );
    bench.created(order(&[with(line(999, 1), "title", json!("Gone"))]), "DECREMENT_OBEYING_POLICY").await;
    assert_eq!(bench.shop.orders()[0].lines[0].variant, None);
}

#[tokio::test]
async fn inputs_that_shopify_refuses_are_refused() {
    let bench = bench(|_| {});
    let base = || order(&[line(SHIRT, 1)]);
    let address = |country: &str, province: &str| json!({ "countryCode": country, "provinceCode": province });
    let euro = json!({ "shopMoney": { "amount": "1.00", "currencyCode": "EUR" } });
    let tax = json!([{ "title": "VAT", "rate": "0.1" }]);
    let nobody = json!({ "toAssociate": { "id": "gid://shopify/Customer/999" } });
    let both = with(base(), "customerId", json!("gid://shopify/Customer/501"));
    let known = json!({ "toAssociate": { "id": "gid://shopify/Customer/501" } });
    let hall = json!({ "locationId": format!("gid://shopify/Location/{OLD_HALL}") });
    let ids = json!([{ "namespace": "other", "key": "export", "type": "id", "value": "1" }]);
    let two = json!({ "shopMoney": { "amount": "1.00", "currencyCode": "USD" }, "presentmentMoney": euro["shopMoney"] });
    let codes = json!({ "freeShippingDiscountCode": { "code": "A" },
        "itemPercentageDiscountCode": { "code": "B", "percentage": 10 } });
    let cases = [
        (order(&[]), "INVALID", json!(["order", "lineItems"])),
        (order(&[line(SHIRT, 0)]), "INVALID", json!(["order", "lineItems"])),
        (order(&[line(SHIRT, -1)]), "INVALID", json!(["order", "lineItems"])),
        (order(&[with(line(SHIRT, 1), "priceSet", euro)]), "INVALID", json!(["order", "currency"])),
        (order(&[with(line(SHIRT, 1), "priceSet", two)]), "INVALID", json!(["order", "presentmentCurrency"])),
        (with(base(), "discountCode", codes), "INVALID", json!(["order", "discountCode"])),
        (with(base(), "tags", json!(["x".repeat(41)])), "INVALID", json!(["order", "tags"])),
        (with(base(), "note", json!("x".repeat(5001))), "INVALID", json!(["order", "note"])),
        (with(base(), "email", json!("foo@")), "INVALID", json!(["order", "email"])),
        (
            with(base(), "shippingAddress", address("US", "XX")),
            "INVALID",
            json!(["order", "shippingAddress", "province"]),
        ),
        (
            with(base(), "billingAddress", address("FR", "NY")),
            "INVALID",
            json!(["order", "billingAddress", "province"]),
        ),
        (with(base(), "customer", nobody), "INVALID", json!(["order", "customer"])),
        (with(both, "customer", known), "REDUNDANT_CUSTOMER_FIELDS", json!(["order"])),
        (with(base(), "fulfillment", hall), "INVALID", json!(["order", "fulfillment", "locationId"])),
        (with(base(), "metafields", ids), "INVALID", json!(["order", "metafields"])),
        (
            with(order(&[with(line(SHIRT, 1), "taxLines", tax.clone())]), "taxLines", tax),
            "INVALID",
            json!(["order", "taxLines"]),
        ),
    ];
    for (input, expected, field) in cases {
        let (code, found, message) = bench.refusal(input, "BYPASS").await;
        assert_eq!((code, found), (json!(expected), field), "{message}");
    }
    bench.shop.set_state(ShopState::Dormant);
    assert_eq!(bench.refusal(base(), "BYPASS").await.0, "SHOP_DORMANT");
    assert!(bench.shop.orders().is_empty());
}

#[tokio::test]
async fn what_was_sent_is_kept_and_shown() {
    let bench = bench(|_| {});
    let input = with(order(&[line(SHIRT, 1)]), "tags", json!(["zeta", "alpha"]));
    let input = with(input, "sourceIdentifier", json!("JOOR-1"));
    let input = with(input, "processedAt", json!("2030-01-01T00:00:00Z"));
    let address = json!({ "lastName": "Doe", "company": "Shop", "countryCode": "US", "provinceCode": "NY" });
    let input = with(input, "shippingAddress", address);
    let input = with(input, "customer", json!({ "toAssociate": { "id": "gid://shopify/Customer/501" } }));
    let payload = bench.create(input, "BYPASS").await;
    assert_eq!(payload["order"]["name"], "#1001");
    assert_eq!(payload["order"]["tags"], json!(["alpha", "zeta"]));
    assert_eq!(payload["order"]["displayFinancialStatus"], "PENDING");
    assert_eq!(payload["order"]["displayFulfillmentStatus"], "UNFULFILLED");
    let view = &bench.shop.orders()[0];
    assert!(view.processed_at <= bench.clock.now(), "a future date is clamped");
    let customer = bench.shop.customer("gid://shopify/Customer/501").unwrap();
    assert_eq!(customer.default_address.unwrap().company.as_deref(), Some("Shop"));
    assert_eq!(customer.addresses.len(), 2, "the earlier default stays in the list");
    let mut silent = order(&[line(SHIRT, 1)]);
    silent.as_object_mut().unwrap().remove("financialStatus");
    assert!(bench.create(silent, "BYPASS").await["order"]["displayFinancialStatus"].is_null());
}

#[tokio::test]
async fn a_sixth_order_in_a_minute_is_too_many_for_a_development_store() {
    let bench = bench(|options| options.order_quota_per_minute = Some(5));
    for _ in 0..5 {
        bench.created(order(&[line(POSTER, 1)]), "BYPASS").await;
    }
    let (code, _, message) = bench.refusal(order(&[line(POSTER, 1)]), "BYPASS").await;
    assert_eq!((code, message.as_str()), (Value::Null, "Too many attempts. Please try again later."));
    bench.clock.advance(Duration::from_secs(61));
    bench.created(order(&[line(POSTER, 1)]), "BYPASS").await;
}
