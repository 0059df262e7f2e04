//! Who is let in, before anybody looks at the document: tokens, rights, content types, shut shops, and scripted faults.

use sandbox::{Fault, Service, When};

use super::*;

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
