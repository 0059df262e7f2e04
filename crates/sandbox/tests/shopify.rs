//! The sandbox's Shopify, called through its router: what it refuses, what it charges, what it keeps, and that its schema
//! is a true part of the official one.

mod reference;

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use sandbox::shopify::{
    Address, CostModel, CustomerSeed, LocationSeed, Policy, SCHEMA_TEXT, Shop, ShopOptions, ShopState,
    VariantSeed, page_size_cost,
};
use sandbox::{Fault, Faults, SandboxClock, Service, When};
use serde_json::{Value, json};
use tower::ServiceExt;

const NEW_YORK: u64 = 11;
const PARIS: u64 = 12;
const OLD_HALL: u64 = 13;
const SHIRT: u64 = 101;
const SCARF: u64 = 102;
const POSTER: u64 = 103;
const ORDER_CREATE: &str =
    "mutation OrderCreate($order: OrderCreateOrderInput!, $options: OrderCreateOptionsInput) {
  orderCreate(order: $order, options: $options) {
    order { id name tags sourceIdentifier displayFinancialStatus displayFulfillmentStatus
      currentTotalPriceSet { shopMoney { amount currencyCode } } totalTaxSet { shopMoney { amount } } }
    userErrors { field message code }
  }
}";

struct Bench {
    shop: Shop,
    clock: SandboxClock,
    faults: Faults,
}

/// A shop with a shirt (deny, 5 units in New York, 2 in Paris), a scarf (continues selling, none) and an untracked
/// poster, both custom-id definitions, and one customer.
fn bench(change: impl FnOnce(&mut ShopOptions)) -> Bench {
    let clock = SandboxClock::starting_at("2026-11-23T10:00:00Z".parse().unwrap());
    let faults = Faults::default();
    let mut options = ShopOptions::default();
    change(&mut options);
    let shop = Shop::new(clock.clone(), faults.clone(), options);
    for (id, name, active) in
        [(NEW_YORK, "New York", true), (PARIS, "Paris", true), (OLD_HALL, "Old hall", false)]
    {
        shop.add_location(LocationSeed { id, name: name.to_owned(), active });
    }
    let variants = [
        (SHIRT, "AB-1", Policy::Deny, true, vec![(NEW_YORK, 5), (PARIS, 2)]),
        (SCARF, "AB-1-RED", Policy::Continue, true, vec![(NEW_YORK, 0)]),
        (POSTER, "P 1", Policy::Deny, false, vec![]),
    ];
    for (variant_id, sku, policy, tracked, stock) in variants {
        shop.add_variant(VariantSeed {
            product_id: variant_id + 1000,
            variant_id,
            sku: Some(sku.to_owned()),
            barcode: Some(format!("400{variant_id}")),
            title: "Default".to_owned(),
            price: "12.00".parse().unwrap(),
            policy,
            tracked,
            stock,
        });
    }
    shop.define_custom_id("ORDER", "joor_shopify", "export");
    shop.define_custom_id("CUSTOMER", "joor_shopify", "customer");
    shop.add_customer(CustomerSeed {
        id: 501,
        email: Some("buyer@store.example".to_owned()),
        first_name: Some("Ann".to_owned()),
        phone: Some("+16135550142".to_owned()),
        default_address: Some(Address { city: Some("Boston".to_owned()), ..Address::default() }),
        ..CustomerSeed::default()
    });
    Bench { shop, clock, faults }
}

fn variant(id: u64) -> String {
    format!("gid://shopify/ProductVariant/{id}")
}

fn line(id: u64, quantity: i64) -> Value {
    let price = json!({ "shopMoney": { "amount": "12.00", "currencyCode": "USD" } });
    json!({ "variantId": variant(id), "quantity": quantity, "requiresShipping": true, "priceSet": price })
}

fn order(lines: &[Value]) -> Value {
    json!({ "currency": "USD", "financialStatus": "PENDING", "lineItems": lines })
}

fn with(mut value: Value, key: &str, inner: Value) -> Value {
    value[key] = inner;
    value
}

impl Bench {
    async fn raw(&self, token: &str, version: &str, kind: &str, body: String) -> Response<Body> {
        let request = Request::post(format!("/admin/api/{version}/graphql.json"))
            .header("x-shopify-access-token", token)
            .header("content-type", kind)
            .body(Body::from(body))
            .unwrap();
        self.shop.router().oneshot(request).await.unwrap()
    }

    async fn call(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let response = self.raw("shpat_sandbox", "2026-07", "application/json", body).await;
        assert_eq!(response.status(), StatusCode::OK);
        json_body(response).await
    }

    /// The payload of `orderCreate`.
    async fn create(&self, order: Value, behaviour: &str) -> Value {
        let variables = json!({ "order": order, "options": { "inventoryBehaviour": behaviour } });
        let answer = self.call(ORDER_CREATE, variables).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"]["orderCreate"].clone()
    }

    async fn created(&self, order: Value, behaviour: &str) -> String {
        let payload = self.create(order, behaviour).await;
        payload["order"]["id"].as_str().unwrap_or_else(|| panic!("refused: {payload}")).to_owned()
    }

    /// Code, field and message of the first user error of a refused creation.
    async fn refusal(&self, order: Value, behaviour: &str) -> (Value, Value, String) {
        let payload = self.create(order, behaviour).await;
        assert!(payload["order"].is_null(), "{payload}");
        let error = &payload["userErrors"][0];
        (error["code"].clone(), error["field"].clone(), error["message"].as_str().unwrap().to_owned())
    }

    async fn find(&self, value: &str) -> Value {
        let query = "query FindOrders($v: String!) { e0: orderByIdentifier(identifier: { customId: {
            namespace: \"joor_shopify\", key: \"export\", value: $v } }) { id cancelledAt } }";
        self.call(query, json!({ "v": value })).await
    }
}

async fn json_body(response: Response<Body>) -> Value {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no error code in {answer}"))
}

fn custom_id(value: &str) -> Value {
    json!([{ "namespace": "joor_shopify", "key": "export", "type": "id", "value": value }])
}

// The gate.

#[tokio::test]
async fn wrong_token_content_type_and_shut_shops_are_refused_by_status() {
    let bench = bench(|_| {});
    let body = json!({ "query": "{ shop { name } }" }).to_string();
    let status = async |token: &str, kind: &str| {
        bench.raw(token, "2026-07", kind, body.clone()).await.status().as_u16()
    };
    assert_eq!(status("nonsense", "application/json").await, 401);
    assert_eq!(status("shpat_sandbox", "application/graphql").await, 415);
    assert_eq!(status("shpat_sandbox", "application/json; charset=utf-8").await, 200);
    let broken = bench.raw("shpat_sandbox", "2026-07", "application/json", "{".to_owned()).await;
    assert_eq!(broken.status(), 400);
    for (state, expected) in [(ShopState::Frozen, 402), (ShopState::Locked, 423), (ShopState::Open, 200)] {
        bench.shop.set_state(state);
        assert_eq!(status("shpat_sandbox", "application/json").await, expected, "{state:?}");
    }
}

#[tokio::test]
async fn answers_name_the_version_that_ran_and_the_sandboxs_date() {
    let bench = bench(|_| {});
    let body = json!({ "query": "{ shop { name } }" }).to_string();
    for (asked, ran) in [("2026-07", "2026-07"), ("2031-01", "2025-10")] {
        let response = bench.raw("shpat_sandbox", asked, "application/json", body.clone()).await;
        assert_eq!(response.headers()["x-shopify-api-version"], ran);
        assert_eq!(response.headers()["date"].to_str().unwrap()[..22], *"Mon, 23 Nov 2026 10:00");
        assert!(response.headers().contains_key("x-request-id"));
    }
}

#[tokio::test]
async fn granted_tokens_work_until_they_end() {
    let bench = bench(|_| {});
    let ask = async |body: &'static str| {
        let request = Request::post("/admin/oauth/access_token")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        bench.shop.router().oneshot(request).await.unwrap()
    };
    let wrong = ask("grant_type=client_credentials&client_id=sandbox-client&client_secret=x").await;
    assert_eq!(wrong.status(), 400);
    let right = "grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox%2Dsecret";
    let granted = json_body(ask(right).await).await;
    assert_eq!(granted["expires_in"], 86399);
    let token = granted["access_token"].as_str().unwrap();
    let body = json!({ "query": "{ shop { name } }" }).to_string();
    let status =
        async || bench.raw(token, "2026-07", "application/json", body.clone()).await.status().as_u16();
    assert_eq!(status().await, 200);
    bench.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(status().await, 401);
}

#[tokio::test]
async fn a_missing_right_denies_the_root_and_leaves_the_shop_alone() {
    let bench = bench(|options| options.scopes = vec!["read_products".to_owned(), "read_orders".to_owned()]);
    let answer = bench.call(ORDER_CREATE, json!({ "order": order(&[line(SHIRT, 1)]) })).await;
    assert_eq!(code(&answer), "ACCESS_DENIED");
    assert_eq!(answer["errors"][0]["path"], json!(["orderCreate"]));
    assert_eq!(answer["data"], json!({ "orderCreate": null }));
    assert!(bench.shop.orders().is_empty());
}

// Documents, variables, limits.

#[tokio::test]
async fn wrong_documents_get_validation_errors_without_data_or_cost() {
    let bench = bench(|_| {});
    let cases = [
        ("query A { shop { nonsense } }", "undefinedField"),
        ("query A { shop(x: 1) { name } }", "argumentNotAccepted"),
        ("mutation A { orderCreate { order { id } userErrors { message } } }", "missingRequiredArguments"),
        ("query A { shop }", "selectionMismatch"),
        ("query A($x: Int) { shop { name } }", "variableNotUsed"),
        ("query A { shop { name @idempotent(key: \"x\") } }", "undefinedDirective"),
        ("query A { shop { ", "PARSE_ERROR"),
        ("mutation A { customerUpdate(input: {}) { userErrors { code } } }", "undefinedField"),
    ];
    for (query, expected) in cases {
        let answer = bench.call(query, json!({})).await;
        assert_eq!(code(&answer), expected, "{query}: {answer}");
        assert!(answer.get("data").is_none() && answer.get("extensions").is_none(), "{answer}");
    }
    let answer = bench.call("query A { shop { nonsense } }", json!({})).await;
    assert_eq!(answer["errors"][0]["path"], json!(["query A", "shop", "nonsense"]));
    assert_eq!(answer["errors"][0]["message"], "Field 'nonsense' doesn't exist on type 'Shop'");
}

#[tokio::test]
async fn variables_that_do_not_fit_are_named() {
    let bench = bench(|_| {});
    let query = "query C($i: CustomerIdentifierInput!) { customerByIdentifier(identifier: $i) { id } }";
    let answer = bench.call(query, json!({ "i": {} })).await;
    assert_eq!(code(&answer), "INVALID_VARIABLE");
    assert_eq!(
        answer["errors"][0]["extensions"]["problems"][0]["explanation"],
        "'CustomerIdentifierInput' requires exactly one argument, but 0 were provided.",
    );
    let wrong = with(order(&[line(SHIRT, 1)]), "currency", json!("DOLLARS"));
    let answer = bench.call(ORDER_CREATE, json!({ "order": wrong })).await;
    assert_eq!(answer["errors"][0]["extensions"]["problems"][0]["path"], json!(["currency"]));
    let unknown = json!({ "order": order(&[]), "options": { "inventoryBehavior": "BYPASS" } });
    assert_eq!(code(&bench.call(ORDER_CREATE, unknown).await), "INVALID_VARIABLE");
    let missing = bench.call(ORDER_CREATE, json!({})).await;
    assert_eq!(
        missing["errors"][0]["message"],
        "Variable $order of type OrderCreateOrderInput! was provided invalid value",
    );
}

#[tokio::test]
async fn lists_over_250_entries_are_refused_before_anything_runs() {
    let bench = bench(|_| {});
    let lines: Vec<Value> = (0..251).map(|_| line(POSTER, 1)).collect();
    let answer = bench.call(ORDER_CREATE, json!({ "order": order(&lines) })).await;
    assert_eq!(code(&answer), "MAX_INPUT_SIZE_EXCEEDED");
    assert_eq!(answer["errors"][0]["path"], json!(["orderCreate", "order", "lineItems"]));
    assert!(answer.get("data").is_none());
    assert!(bench.shop.orders().is_empty());
    let fits = bench.create(order(&lines[..250]), "BYPASS").await;
    assert!(fits["order"].is_object(), "{fits}");
}

// Cost.

#[tokio::test]
async fn requested_cost_follows_the_measured_rules() {
    let cases = [
        (ORDER_CREATE, 10),
        ("mutation { orderCreate(order: {}) { order { id customer { id } } userErrors { message } } }", 11),
        (
            "mutation { orderCreate(order: {}) { order { id fulfillmentOrders(first: 5) { nodes { id status
               assignedLocation { name location { id name } } } } } userErrors { message } } }",
            21,
        ),
        ("query { locations(first: 10) { nodes { id } pageInfo { hasNextPage } } }", 6),
        ("query { a: order(id: \"x\") { id } b: order(id: \"y\") { id } }", 2),
        ("query { orders(first: 50) { edges { cursor node { id customer { id } } } } }", 2 + 7 * 2),
        ("query { nodes(ids: []) { ... on ProductVariant { id product { id } } ... on Order { id } } }", 2),
    ];
    let model = CostModel::over(SCHEMA_TEXT).unwrap();
    for (query, expected) in cases {
        assert_eq!(model.requested(query, &json!({})), Some(expected), "{query}");
    }
    let sizes = [(1, 1), (2, 2), (3, 2), (5, 3), (10, 4), (20, 5), (50, 7), (100, 9), (200, 10), (250, 11)];
    for (n, expected) in sizes {
        assert_eq!(page_size_cost(n), expected, "page of {n}");
    }
}

#[tokio::test]
async fn an_empty_bucket_throttles_without_executing_and_refills_with_time() {
    // A bucket that hardly refills in real time, however slow the machine is.
    let bench = bench(|options| options.bucket_restore = 1.0);
    bench.shop.set_points_available(3.0);
    let variables = json!({ "order": order(&[line(SHIRT, 1)]) });
    let answer = bench.call(ORDER_CREATE, variables.clone()).await;
    assert_eq!(code(&answer), "THROTTLED");
    assert!(answer.get("data").is_none());
    assert_eq!(answer["extensions"]["cost"]["requestedQueryCost"], 10);
    assert!(answer["extensions"]["cost"]["actualQueryCost"].is_null());
    assert!(bench.shop.orders().is_empty());
    bench.clock.advance(Duration::from_secs(100));
    let answer = bench.call(ORDER_CREATE, variables).await;
    assert_eq!(answer["extensions"]["cost"]["actualQueryCost"], 10, "{answer}");
    assert_eq!(bench.shop.points_used(), 10);
    assert_eq!(bench.shop.orders().len(), 1);
}

#[tokio::test]
async fn a_query_over_1000_points_is_refused_and_unused_points_come_back() {
    let bench = bench(|_| {});
    let dear = "query { orders(first: 250) { nodes { fulfillmentOrders(first: 250) { nodes {
        lineItems(first: 250) { nodes { lineItem { id } } } } } } } }";
    assert_eq!(code(&bench.call(dear, json!({})).await), "MAX_COST_EXCEEDED");
    let answer = bench.call("query { orders(first: 250) { nodes { id } } }", json!({})).await;
    let cost = &answer["extensions"]["cost"];
    assert_eq!((&cost["requestedQueryCost"], &cost["actualQueryCost"]), (&json!(13), &json!(2)));
    assert_eq!(cost["throttleStatus"]["currentlyAvailable"], 1998.0);
    let unpaged = bench.call("query { orders { nodes { id } } }", json!({})).await;
    assert_eq!(code(&unpaged), "INVALID_FIELD_ARGUMENTS");
}

// Orders.

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
    let cases = [
        (order(&[]), "INVALID", json!(["order", "lineItems"])),
        (order(&[line(SHIRT, 0)]), "INVALID", json!(["order", "lineItems"])),
        (order(&[line(SHIRT, -1)]), "INVALID", json!(["order", "lineItems"])),
        (order(&[with(line(SHIRT, 1), "priceSet", euro)]), "INVALID", json!(["order", "currency"])),
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
async fn fulfilment_at_a_location_takes_the_units_from_there_at_once() {
    let bench = bench(|_| {});
    let paris = json!({ "locationId": format!("gid://shopify/Location/{PARIS}") });
    let input =
        with(with(order(&[line(SHIRT, 2)]), "fulfillmentStatus", json!("FULFILLED")), "fulfillment", paris);
    let id = bench.created(input, "DECREMENT_OBEYING_POLICY").await;
    let view = bench.shop.order(&id).unwrap();
    assert_eq!(view.fulfillment_status, "FULFILLED");
    assert_eq!(view.fulfilled_at, [format!("gid://shopify/Location/{PARIS}")]);
    let level = bench.shop.stock_at(&variant(SHIRT), PARIS).unwrap();
    assert_eq!((level.available, level.committed, level.on_hand), (0, 0, 0));
    let cancel = "mutation OrderCancel($id: ID!) { orderCancel(orderId: $id, reason: OTHER, restock: true) {
        job { id done } orderCancelUserErrors { field message code } } }";
    let refused = bench.call(cancel, json!({ "id": id })).await;
    let errors = &refused["data"]["orderCancel"]["orderCancelUserErrors"];
    assert_eq!(errors[0]["message"], "Cannot cancel an order that has outstanding fulfillments", "{refused}");
    let read = "query F($id: ID!) { order(id: $id) { fulfillments(first: 5) { id status } } }";
    let fulfillment =
        bench.call(read, json!({ "id": id })).await["data"]["order"]["fulfillments"][0]["id"].clone();
    let undo = "mutation FulfillmentCancel($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { status } userErrors { message } } }";
    let undone = bench.call(undo, json!({ "id": fulfillment })).await;
    assert_eq!(undone["data"]["fulfillmentCancel"]["fulfillment"]["status"], "CANCELLED", "{undone}");
    bench.call(cancel, json!({ "id": id })).await;
    assert!(!bench.shop.order(&id).unwrap().is_live());
    assert_eq!(bench.shop.stock(&variant(SHIRT)), 7);
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

// Custom ids, in both kinds of shop.

#[tokio::test]
async fn a_taken_custom_id_is_refused_where_the_shop_enforces_it() {
    let bench = bench(|options| options.custom_id_enforced = true);
    let input = || with(order(&[line(SHIRT, 1)]), "metafields", custom_id("T-1"));
    let first = bench.created(input(), "DECREMENT_OBEYING_POLICY").await;
    let (code, field, message) = bench.refusal(input(), "DECREMENT_OBEYING_POLICY").await;
    assert_eq!((code, field), (json!("INVALID"), json!(["order", "metafields"])));
    assert!(message.contains("has already been taken"), "{message}");
    assert_eq!(bench.shop.stock(&variant(SHIRT)), 6, "the refused order claimed nothing");
    bench.shop.cancel_order(&first, true);
    assert_eq!(bench.refusal(input(), "BYPASS").await.0, "INVALID");
    bench.shop.delete_order(&first);
    bench.created(input(), "BYPASS").await;
}

#[tokio::test]
async fn a_taken_custom_id_is_accepted_elsewhere_and_the_newest_is_found() {
    let bench = bench(|options| options.custom_id_enforced = false);
    let input = || with(order(&[line(SHIRT, 1)]), "metafields", custom_id("T-1"));
    bench.created(input(), "BYPASS").await;
    let second = bench.created(input(), "BYPASS").await;
    assert_eq!(bench.find("T-1").await["data"]["e0"]["id"], json!(second));
    assert!(bench.find("T-2").await["data"]["e0"].is_null());
}

#[tokio::test]
async fn look_ups_need_the_definition_and_see_sixty_days() {
    let bench = bench(|_| {});
    let id = bench.created(with(order(&[line(SHIRT, 1)]), "metafields", custom_id("T-1")), "BYPASS").await;
    bench.shop.age_order(&id, Duration::from_secs(61 * 24 * 3600));
    assert!(bench.find("T-1").await["data"]["e0"].is_null());
    bench.shop.configure(|options| options.scopes.push("read_all_orders".to_owned()));
    assert_eq!(bench.find("T-1").await["data"]["e0"]["id"], json!(id));
    bench.shop.remove_definitions();
    let blind = bench.find("T-1").await;
    assert_eq!(code(&blind), "NOT_FOUND");
    assert_eq!(blind["data"], json!({ "e0": null }));
}

#[tokio::test]
async fn definitions_are_made_once() {
    let bench = bench(|_| {});
    bench.shop.remove_definitions();
    let query = "mutation CreateMetafieldDefinition($d: MetafieldDefinitionInput!) {
        metafieldDefinitionCreate(definition: $d) { createdDefinition { id type { name } capabilities {
          uniqueValues { enabled } } } userErrors { field message code } } }";
    let definition = |enabled: bool| {
        json!({ "d": { "name": "Export", "namespace": "joor_shopify", "key": "export", "ownerType": "ORDER",
            "type": "id", "capabilities": { "uniqueValues": { "enabled": enabled } } } })
    };
    let codes = async |enabled: bool| {
        let answer = bench.call(query, definition(enabled)).await;
        answer["data"]["metafieldDefinitionCreate"]["userErrors"][0]["code"].clone()
    };
    assert_eq!(codes(false).await, "CAPABILITY_REQUIRED_BUT_DISABLED");
    assert_eq!(codes(true).await, Value::Null);
    assert_eq!(codes(true).await, "TAKEN");
    let read = "query MetafieldDefinitions { metafieldDefinitions(first: 1, ownerType: ORDER,
        namespace: \"joor_shopify\", key: \"export\") { nodes { type { name } } } }";
    let answer = bench.call(read, json!({})).await;
    assert_eq!(answer["data"]["metafieldDefinitions"]["nodes"][0]["type"]["name"], "id");
}

// Searches.

#[tokio::test]
async fn searches_lag_behind_and_unknown_filters_match_everything() {
    let bench = bench(|options| options.search_lag = Duration::from_secs(10));
    let query =
        "query OrdersBySource($q: String!) { orders(first: 5, query: $q) { nodes { sourceIdentifier } } }";
    bench.created(with(order(&[line(SHIRT, 1)]), "sourceIdentifier", json!("live-1-77-1-1")), "BYPASS").await;
    bench.created(with(order(&[line(SHIRT, 1)]), "sourceIdentifier", json!("live-1-78-1-1")), "BYPASS").await;
    let count = |answer: &Value| answer["data"]["orders"]["nodes"].as_array().map_or(0, Vec::len);
    let wanted = json!({ "q": "source_identifier:\"live-1-77-1-1\"" });
    assert_eq!(count(&bench.call(query, wanted.clone()).await), 0);
    bench.clock.advance(Duration::from_secs(11));
    let found = bench.call(query, wanted.clone()).await;
    assert_eq!(count(&found), 1);
    assert_eq!(found["data"]["orders"]["nodes"][0]["sourceIdentifier"], "live-1-77-1-1");
    let misspelt = bench.call(query, json!({ "q": "sourceidentifier:\"live-1-77-1-1\"" })).await;
    assert_eq!(count(&misspelt), 2);
    assert_eq!(misspelt["extensions"]["search"][0]["warnings"][0]["code"], "invalid_field");
    bench.shop.configure(|options| options.ignore_search_filters = true);
    assert_eq!(count(&bench.call(query, wanted).await), 2);
}

#[tokio::test]
async fn variant_search_knows_words_and_or() {
    let bench = bench(|_| {});
    let query =
        "query VariantsBySearch($q: String!) { productVariants(first: 10, query: $q) { nodes { sku } } }";
    let cases = [
        ("sku:'AB-1'", vec!["AB-1", "AB-1-RED"]),
        ("sku:'P 1' OR barcode:'400101'", vec!["AB-1", "P 1"]),
        ("sku:'AB-1' -sku:'AB-1-RED'", vec!["AB-1"]),
        ("(sku:'nothing' OR sku:'P 1') AND product_status:active", vec!["P 1"]),
        ("id:>=102", vec!["AB-1-RED", "P 1"]),
    ];
    for (search, expected) in cases {
        let answer = bench.call(query, json!({ "q": search })).await;
        let nodes = answer["data"]["productVariants"]["nodes"].as_array().unwrap();
        let found: Vec<&str> = nodes.iter().map(|node| node["sku"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{search}");
    }
}

// Reads by id.

#[tokio::test]
async fn nodes_keep_their_places_and_pages_follow_cursors() {
    let bench = bench(|_| {});
    let query = "query Variants($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on ProductVariant { id inventoryQuantity
        inventoryItem { tracked inventoryLevels(first: 10) { nodes { location { name } quantities(names: [\"on_hand\",
        \"available\"]) { name quantity } } } } } } }";
    let product = "gid://shopify/Product/1101";
    let answer = bench.call(query, json!({ "ids": [variant(SHIRT), variant(999), product] })).await;
    let nodes = &answer["data"]["nodes"];
    assert_eq!(nodes[0]["inventoryQuantity"], 7);
    let level = &nodes[0]["inventoryItem"]["inventoryLevels"]["nodes"][1];
    assert_eq!(level["location"]["name"], "Paris");
    assert_eq!(
        level["quantities"],
        json!([{ "name": "on_hand", "quantity": 2 }, { "name": "available", "quantity": 2 }])
    );
    assert_eq!(nodes[1], Value::Null);
    assert_eq!(nodes[2], json!({ "__typename": "Product" }));
    assert_eq!(code(&bench.call(query, json!({ "ids": ["101"] })).await), "RESOURCE_NOT_FOUND");
    let page = "query P($after: String) { productVariants(first: 2, after: $after) { nodes { sku }
        pageInfo { hasNextPage endCursor } } }";
    let first = bench.call(page, json!({})).await["data"]["productVariants"].clone();
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let second =
        bench.call(page, json!({ "after": first["pageInfo"]["endCursor"] })).await["data"]["productVariants"]
            .clone();
    assert_eq!(second["nodes"], json!([{ "sku": "P 1" }]));
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
}

// Customers.

#[tokio::test]
async fn customers_are_found_by_each_identifier() {
    let bench = bench(|_| {});
    bench.shop.set_customer_custom_id(501, "joor_shopify", "customer", "C-9");
    let query =
        "query Customers($i: CustomerIdentifierInput!) { c0: customerByIdentifier(identifier: $i) { id } }";
    let cases = [
        json!({ "emailAddress": " BUYER @store.example" }),
        json!({ "phoneNumber": "+1 (613) 555-0142" }),
        json!({ "id": "gid://shopify/Customer/501" }),
        json!({ "customId": { "namespace": "joor_shopify", "key": "customer", "value": "C-9" } }),
    ];
    for identifier in cases {
        let answer = bench.call(query, json!({ "i": identifier })).await;
        assert_eq!(answer["data"]["c0"]["id"], "gid://shopify/Customer/501", "{answer}");
    }
    let missing = bench.call(query, json!({ "i": { "emailAddress": "no@body.example" } })).await;
    assert!(missing["data"]["c0"].is_null() && missing.get("errors").is_none());
}

#[tokio::test]
async fn customer_set_replaces_lists_and_refuses_what_is_taken() {
    let bench = bench(|_| {});
    let query = "mutation CustomerSet($input: CustomerSetInput!, $identifier: CustomerSetIdentifiers) {
        customerSet(input: $input, identifier: $identifier) { customer { id tags metafield(namespace: \"joor_shopify\",
        key: \"customer\") { value } addressesV2(first: 5) { nodes { city } } } userErrors { field message code } } }";
    let set = async |input: Value, identifier: Value| {
        bench.call(query, json!({ "input": input, "identifier": identifier })).await["data"]["customerSet"]
            .clone()
    };
    let custom = |value: &str| json!({ "customId": { "namespace": "joor_shopify", "key": "customer", "value": value } });
    let input = json!({ "email": "new@store.example", "lastName": "New", "addresses": [{ "city": "Rome", "countryCode": "IT" }] });
    let made = set(input.clone(), custom("C-1")).await;
    assert_eq!(made["customer"]["metafield"]["value"], "C-1", "{made}");
    let again = set(json!({ "tags": ["b", "a"] }), custom("C-1")).await;
    assert_eq!(again["customer"]["id"], made["customer"]["id"]);
    assert_eq!(again["customer"]["tags"], json!(["a", "b"]));
    assert_eq!(again["customer"]["addressesV2"]["nodes"], json!([{ "city": "Rome" }]), "not sent, so kept");
    let cleared = set(json!({ "addresses": [] }), custom("C-1")).await;
    assert_eq!(cleared["customer"]["addressesV2"]["nodes"], json!([]));
    let cases = [
        (set(input.clone(), custom("C-2")).await, "TAKEN"),
        (set(json!({ "phone": "+16135550142" }), custom("C-2")).await, "TAKEN"),
        (set(json!({ "lastName": "X" }), json!({ "email": "x@y.example" })).await, "MISSING_FIELD_REQUIRED"),
        (set(json!({ "email": "a@y.example" }), json!({ "email": "x@y.example" })).await, "INPUT_MISMATCH"),
        (set(json!({ "id": "gid://shopify/Customer/501" }), custom("C-2")).await, "ID_NOT_ALLOWED"),
        (set(json!({ "lastName": "X" }), json!({ "id": "gid://shopify/Customer/9" })).await, "NOT_FOUND"),
        (
            set(
                json!({ "lastName": "X", "addresses": [{ "countryCode": "US", "provinceCode": "XX" }] }),
                Value::Null,
            )
            .await,
            "INVALID",
        ),
    ];
    for (payload, expected) in cases {
        assert!(payload["customer"].is_null(), "{payload}");
        assert_eq!(payload["userErrors"][0]["code"], expected, "{payload}");
    }
    bench.shop.remove_definitions();
    let blind = bench.call(query, json!({ "input": input, "identifier": custom("C-3") })).await;
    assert_eq!(code(&blind), "NOT_FOUND");
}

#[tokio::test]
async fn a_default_address_can_be_put_back() {
    let bench = bench(|_| {});
    let customer = "gid://shopify/Customer/501";
    let read = "query CustomersById($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer { defaultAddress { id city } } } }";
    let default = async || {
        bench.call(read, json!({ "ids": [customer] })).await["data"]["nodes"][0]["defaultAddress"].clone()
    };
    let before = default().await;
    let input = with(order(&[line(SHIRT, 1)]), "customer", json!({ "toAssociate": { "id": customer } }));
    bench
        .created(with(input, "shippingAddress", json!({ "city": "Oslo", "countryCode": "NO" })), "BYPASS")
        .await;
    assert_eq!(default().await["city"], "Oslo");
    let restore = "mutation CustomerUpdateDefaultAddress($c: ID!, $a: ID!) {
        customerUpdateDefaultAddress(customerId: $c, addressId: $a) { customer { id } userErrors { message } } }";
    bench.call(restore, json!({ "c": customer, "a": before["id"] })).await;
    assert_eq!(default().await, before);
    let create = "mutation CustomerAddressCreate($c: ID!, $a: MailingAddressInput!) {
        customerAddressCreate(customerId: $c, address: $a, setAsDefault: true) { address { id } userErrors { field message } } }";
    let add = async |address: Value| {
        bench.call(create, json!({ "c": customer, "a": address })).await["data"]["customerAddressCreate"]
            .clone()
    };
    assert_eq!(add(json!({ "city": "Bonn", "countryCode": "DE" })).await["userErrors"], json!([]));
    assert_eq!(default().await["city"], "Bonn");
    let twice = add(json!({ "city": "Bonn", "countryCode": "DE" })).await;
    assert_eq!(twice["userErrors"][0]["message"], "Address already exists");
}

// After creation.

#[tokio::test]
async fn cancelling_is_a_job_that_gives_back_what_was_claimed() {
    let bench = bench(|options| options.cancel_delay = Duration::from_secs(5));
    let id = bench.created(order(&[line(SHIRT, 4)]), "DECREMENT_OBEYING_POLICY").await;
    let cancel = "mutation OrderCancel($id: ID!, $note: String) { orderCancel(orderId: $id, reason: OTHER, restock: true,
        staffNote: $note) { job { id done } orderCancelUserErrors { field message code } } }";
    let ask = async |id: &str, note: Value| {
        bench.call(cancel, json!({ "id": id, "note": note })).await["data"]["orderCancel"].clone()
    };
    assert_eq!(
        ask(&id, json!("x".repeat(256))).await["orderCancelUserErrors"][0]["field"],
        json!(["staffNote"])
    );
    let job = ask(&id, Value::Null).await["job"].clone();
    assert_eq!(job["done"], false);
    assert_eq!(
        ask(&id, Value::Null).await["orderCancelUserErrors"][0]["message"],
        "Cancellation is already in progress"
    );
    let done = async || {
        bench.call("query Job($id: ID!) { job(id: $id) { done } }", json!({ "id": job["id"] })).await["data"]
            ["job"]["done"]
            .clone()
    };
    assert_eq!(done().await, false);
    bench.clock.advance(Duration::from_secs(6));
    assert_eq!(done().await, true);
    assert_eq!(bench.shop.stock(&variant(SHIRT)), 7);
    let again = ask(&id, Value::Null).await;
    assert_eq!(
        again["orderCancelUserErrors"][0]["message"],
        "Cannot cancel an order that has already been canceled"
    );
    assert_eq!(
        ask("gid://shopify/Order/1", Value::Null).await["orderCancelUserErrors"][0]["code"],
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn fulfilment_orders_move_where_their_items_are_stocked() {
    let bench = bench(|_| {});
    let id = bench.created(order(&[line(SHIRT, 2)]), "DECREMENT_OBEYING_POLICY").await;
    let read =
        "query OrdersState($id: ID!) { order(id: $id) { fulfillmentOrders(first: 5) { nodes { id status
        assignedLocation { location { name } } } } } }";
    let state = async |id: &str| {
        bench.call(read, json!({ "id": id })).await["data"]["order"]["fulfillmentOrders"]["nodes"][0].clone()
    };
    let found = state(&id).await;
    assert_eq!(found["assignedLocation"]["location"]["name"], "New York");
    let query = "mutation MoveFulfillmentOrder($id: ID!, $to: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $to) {
        movedFulfillmentOrder { id assignedLocation { location { name } } } userErrors { field message code } } }";
    let shift = async |id: &Value, to: u64| {
        let variables = json!({ "id": id, "to": format!("gid://shopify/Location/{to}") });
        bench.call(query, variables).await["data"]["fulfillmentOrderMove"].clone()
    };
    assert_eq!(shift(&found["id"], OLD_HALL).await["userErrors"][0]["message"], "Location not found.");
    let moved = shift(&found["id"], PARIS).await;
    assert_eq!(moved["movedFulfillmentOrder"]["assignedLocation"]["location"]["name"], "Paris", "{moved}");
    let stock =
        |at| bench.shop.stock_at(&variant(SHIRT), at).map(|view| (view.available, view.committed)).unwrap();
    assert_eq!((stock(NEW_YORK), stock(PARIS)), ((5, 0), (0, 2)));
    let scarf = bench.created(order(&[line(SCARF, 1)]), "DECREMENT_OBEYING_POLICY").await;
    let refused = shift(&state(&scarf).await["id"], PARIS).await;
    assert!(refused["movedFulfillmentOrder"].is_null(), "{refused}");
    bench.shop.fulfil(&scarf);
    let closed = shift(&state(&scarf).await["id"], NEW_YORK).await;
    assert_eq!(closed["userErrors"][0]["message"], "Cannot change location.");
}

#[tokio::test]
async fn faults_strike_by_operation_name() {
    let bench = bench(|_| {});
    bench.faults.script(Service::Shopify, "OrderCreate", When::Next, Fault::LoseReply);
    let body = json!({ "query": ORDER_CREATE, "operationName": "OrderCreate", "variables": { "order": order(&[line(SHIRT, 1)]) } });
    bench.raw("shpat_sandbox", "2026-07", "application/json", body.to_string()).await;
    assert_eq!(bench.shop.orders().len(), 1, "executed, though nobody heard of it");
    bench.faults.script(Service::Shopify, "OrderCreate", When::Next, Fault::Throttled);
    let response = bench.raw("shpat_sandbox", "2026-07", "application/json", body.to_string()).await;
    assert_eq!(code(&json_body(response).await), "THROTTLED");
    assert_eq!(bench.shop.orders().len(), 1);
    assert_eq!(bench.shop.operations(), ["OrderCreate", "OrderCreate"]);
}

#[tokio::test]
async fn set_up_reads_answer() {
    let bench = bench(|_| {});
    let query = "query ShopCheck { shop { id myshopifyDomain currencyCode enabledPresentmentCurrencies ianaTimezone taxesIncluded
        plan { publicDisplayName partnerDevelopment shopifyPlus } } currentAppInstallation { id accessScopes { handle } } }";
    let answer = bench.call(query, json!({})).await;
    assert_eq!(answer["data"]["shop"]["currencyCode"], "USD");
    assert_eq!(answer["data"]["currentAppInstallation"]["accessScopes"][0]["handle"], "write_orders");
    let query =
        "query Locations { locations(first: 50) { nodes { name isActive address { countryCode } } } }";
    let names = bench.call(query, json!({})).await["data"]["locations"]["nodes"].clone();
    assert_eq!(names.as_array().unwrap().len(), 2, "inactive ones are hidden: {names}");
}
