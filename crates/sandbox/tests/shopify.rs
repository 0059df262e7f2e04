//! The sandbox's Shopify, called through its router: what it refuses, what it charges, what it keeps, and that its schema
//! is a true part of the official one.

mod answers;
mod cost;
mod custom_ids;
mod customers;
mod documents;
mod fulfilment;
mod gate;
mod orders;
mod reads;
mod reference;

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use sandbox::shopify::{
    Address, CustomerSeed, LocationSeed, Policy, ProductSeed, Shop, ShopOptions, ShopState, VariantSeed,
};
use sandbox::{Faults, SandboxClock};
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
        default_address: Some(Address {
            company: Some("Store".to_owned()),
            city: Some("Boston".to_owned()),
            country_code: Some("US".to_owned()),
            ..Address::default()
        }),
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
