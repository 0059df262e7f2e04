//! What each answer to a create proves.

use super::*;
use adapters::ports::{CallError, Clock, Refusal};
use adapters::shopify::ORDER_QUOTA;

fn payload(order: Value, user_errors: Value) -> Value {
    json!({ "orderCreate": { "order": order, "userErrors": user_errors } })
}

fn order() -> Value {
    order_json("gid://shopify/Order/900", "sandbox-42-7100412-1-1")
}

async fn is_not_executed(answer: Result<Answer, SendError>) -> CallError {
    match created_by(answer).await {
        Created::NotExecuted(error) => error,
        other => panic!("not executed was expected: {other:?}"),
    }
}

async fn is_unclear(answer: Result<Answer, SendError>) -> String {
    match created_by(answer).await {
        Created::Unclear { reason } => reason,
        other => panic!("unclear was expected: {other:?}"),
    }
}

async fn is_refused(answer: Result<Answer, SendError>) -> Vec<Refusal> {
    match created_by(answer).await {
        Created::Refused(reasons) => reasons,
        other => panic!("refused was expected: {other:?}"),
    }
}

#[tokio::test]
async fn an_order_in_the_answer_is_read_to_the_cent() {
    let Created::Order { order, warnings } = created_by(data(payload(order(), json!([])))).await else {
        panic!("an order was expected")
    };
    assert_eq!(order.id.as_str(), "gid://shopify/Order/900");
    assert_eq!((order.total, order.currency, order.units), (cents(3190), Some(euro()), 12));
    assert_eq!(order.source_identifier, "sandbox-42-7100412-1-1");
    assert!(!order.cancelled && !order.paid && warnings.is_empty());
}

#[tokio::test]
async fn an_order_exists_whatever_stands_beside_it() {
    let with_errors = |errors: Value| json!({ "data": payload(order(), json!([])), "errors": errors });
    let beside = [
        data(payload(
            order(),
            json!([{ "code": "INVALID", "field": ["order", "email"], "message": "Email is odd" }]),
        )),
        ok(with_errors(json!([error("ACCESS_DENIED", json!(["orderCreate", "order", "customer"]))]))),
        ok(with_errors(json!([error("INTERNAL_SERVER_ERROR", json!(["orderCreate"]))]))),
        ok(with_errors(json!([error("THROTTLED", json!(null))]))),
        answer(503, with_errors(json!("late")).to_string()),
        with_header(data(payload(order(), json!([]))), "x-shopify-api-version", "2025-10"),
        ok(json!({ "data": { "elsewhere": [{ "deep": order() }] } })),
    ];
    for (row, answer) in beside.into_iter().enumerate() {
        let Created::Order { order, .. } = created_by(answer).await else { panic!("row {row}") };
        assert_eq!(order.id.as_str(), "gid://shopify/Order/900", "row {row}");
    }
}

#[tokio::test]
async fn warnings_beside_an_order_are_kept() {
    let errors = json!([{ "code": null, "field": null, "message": "Tag is odd" }]);
    let Created::Order { warnings, .. } = created_by(data(payload(order(), errors))).await else {
        panic!("an order")
    };
    assert_eq!(
        warnings,
        [Refusal { code: String::new(), field: String::new(), message: "Tag is odd".to_owned() }]
    );
}

#[tokio::test]
async fn an_order_with_odd_parts_still_exists_and_fits_no_expectation() {
    let odd =
        json!({ "id": "gid://shopify/Order/901", "name": 7, "totalPriceSet": "31.9", "cancelledAt": [] });
    let Created::Order { order, .. } = created_by(data(payload(odd, json!("none")))).await else {
        panic!("an order")
    };
    assert_eq!((order.total, order.currency, order.units), (Decimal::NEGATIVE_ONE, None, -1));
}

#[tokio::test]
async fn only_these_answers_prove_that_nothing_ran() {
    let not_sent = Err(SendError::NotSent { reason: "refused".to_owned() });
    assert!(matches!(is_not_executed(not_sent).await, CallError::NoAnswer { .. }));
    assert!(matches!(is_not_executed(answer(401, "{}")).await, CallError::Unauthorized { status: 401, .. }));
    assert!(matches!(is_not_executed(answer(402, "")).await, CallError::Closed { .. }));
    assert!(matches!(is_not_executed(answer(403, "<html>")).await, CallError::Forbidden { .. }));
    assert!(matches!(is_not_executed(answer(404, "{}")).await, CallError::WrongVersion { .. }));
    assert!(matches!(is_not_executed(answer(423, "")).await, CallError::Closed { .. }));
    let busy = with_header(answer(429, ""), "retry-after", "2.0");
    assert_eq!(
        is_not_executed(busy).await,
        CallError::Throttled { until: NOON.plus(Duration::from_secs(2)) }
    );
    // 10 points and a quarter left in the bucket, less the 4 that are there, at 5 a second.
    let wait = NOON.plus(Duration::from_millis(1250));
    assert_eq!(is_not_executed(throttled(10, 4, 5)).await, CallError::Throttled { until: wait });
    let dear = is_not_executed(ok(json!({ "errors": [error("MAX_COST_EXCEEDED", json!(null))] }))).await;
    assert!(matches!(dear, CallError::Refused { reasons } if reasons[0].code == "MAX_COST_EXCEEDED"));
    let denied = json!([{ "message": "Access denied for orderCreate field.", "path": ["orderCreate"],
        "extensions": { "code": "ACCESS_DENIED", "requiredAccess": "`write_orders` access scope." } }]);
    let denied = is_not_executed(ok(json!({ "errors": denied, "data": { "orderCreate": null } }))).await;
    assert_eq!(denied, CallError::Forbidden { missing: vec!["write_orders".to_owned()] });
}

#[tokio::test]
async fn validation_errors_without_data_prove_that_nothing_ran() {
    for code in ["undefinedField", "argumentNotAccepted", "PARSE_ERROR"] {
        let error =
            is_not_executed(ok(json!({ "errors": [error(code, json!(["mutation OrderCreate"]))] }))).await;
        assert!(matches!(error, CallError::WrongVersion { .. }), "{code}");
    }
    for code in ["INVALID_VARIABLE", "MAX_INPUT_SIZE_EXCEEDED"] {
        let error = is_not_executed(ok(json!({ "errors": [error(code, json!(null))] }))).await;
        assert!(matches!(error, CallError::Refused { .. }), "{code}");
    }
}

#[tokio::test]
async fn everything_else_is_unclear() {
    let root_null = json!({ "orderCreate": null });
    let errors = |errors: Value, data: Value| ok(json!({ "errors": errors, "data": data }));
    let denied_inside = json!([error("ACCESS_DENIED", json!(["orderCreate", "order", "customer"]))]);
    let denied_twice = json!([
        error("ACCESS_DENIED", json!(["orderCreate"])),
        error("INTERNAL_SERVER_ERROR", json!(["orderCreate"]))
    ]);
    let unclear = [
        Err(SendError::Lost { reason: "timeout".to_owned() }),
        Err(SendError::TooLarge { limit: 7 }),
        answer(500, "{}"),
        answer(502, "<html>bad gateway</html>"),
        answer(504, ""),
        answer(400, "{}"),
        answer(422, "{}"),
        answer(430, ""),
        answer(303, ""),
        answer(201, "{}"),
        answer(200, ""),
        answer(200, "<!doctype html><p>hello"),
        answer(200, "{\"data\":{\"orderCreate\":{\"order\":{\"id\":\"gid://shopify/Or"),
        answer(200, "null"),
        answer(200, "[]"),
        answer(200, "{}"),
        answer(200, vec![0xff, 0xfe, 0x00]),
        answer(200, "[".repeat(100_000)),
        ok(json!({ "data": null })),
        ok(json!({ "data": {} })),
        ok(json!({ "data": 7 })),
        ok(json!({ "data": root_null })),
        ok(json!({ "data": { "orderCreate": [] } })),
        data(payload(json!(null), json!([]))),
        data(payload(json!(null), json!("none"))),
        data(payload(json!({ "id": null }), json!([]))),
        data(payload(json!({ "id": "gid://shopify/DraftOrder/1" }), json!([]))),
        ok(json!({ "data": { "orderCreate": { "userErrors": [{ "message": "no order key" }] } } })),
        errors(json!([error("INTERNAL_SERVER_ERROR", json!(["orderCreate"]))]), json!(null)),
        ok(json!({ "errors": [error("INTERNAL_SERVER_ERROR", json!(null))] })),
        ok(json!({ "errors": [{ "message": "no code" }] })),
        ok(json!({ "errors": "a bare sentence" })),
        ok(json!({ "errors": [error("undefinedField", json!(null)), error("TIMEOUT", json!(null))] })),
        errors(denied_inside, root_null.clone()),
        errors(denied_twice, root_null.clone()),
        errors(json!([error("MAX_INPUT_SIZE_EXCEEDED", json!(null))]), root_null.clone()),
        errors(
            json!([error("THROTTLED", json!(null))]),
            json!({ "orderCreate": { "order": null, "userErrors": [] } }),
        ),
    ];
    for (row, answer) in unclear.into_iter().enumerate() {
        let words = format!("row {row}: {answer:?}");
        assert!(!is_unclear(answer).await.is_empty(), "{words}");
    }
}

#[tokio::test]
async fn no_order_and_reasons_is_a_refusal() {
    let errors = json!([
        { "code": "INVALID", "field": ["order", "lineItems"], "message": "Line items Unable to reserve inventory" },
        { "field": ["order", "metafields", "0", "value"], "message": "Value has already been taken" },
    ]);
    let reasons = is_refused(data(payload(json!(null), errors))).await;
    assert_eq!((reasons[0].code.as_str(), reasons[0].field.as_str()), ("INVALID", "order.lineItems"));
    assert_eq!(reasons[1].code, "TAKEN");
}

#[tokio::test]
async fn the_create_quota_of_development_shops_has_a_code_of_ours() {
    let errors = json!([{ "message": "Too many attempts. Please try again later.", "field": null }]);
    let reasons = is_refused(data(payload(json!(null), errors))).await;
    assert_eq!(reasons[0].code, ORDER_QUOTA);
}

#[tokio::test]
async fn an_unreadable_reason_is_still_a_refusal() {
    let reasons = is_refused(data(payload(json!(null), json!([{ "message": 7 }, "odd"])))).await;
    assert_eq!(reasons.len(), 2);
}

#[tokio::test]
async fn a_create_without_points_in_time_is_not_sent() {
    let empty = json!({ "cost": { "requestedQueryCost": 1000, "actualQueryCost": 1000,
        "throttleStatus": { "maximumAvailable": 1000, "currentlyAvailable": 0, "restoreRate": 1 } } });
    let stage = Stage::new(vec![ok(json!({ "data": { "e0": null }, "extensions": empty }))]);
    stage.shop.find_exports(&[token("1")]).await.unwrap();
    let request = frozen(&stage.shop);
    let created = stage.shop.create_order(&request, Duration::from_secs(20)).await;
    let until = NOON.plus(Duration::from_millis(10_050));
    assert_eq!(created, Created::NotExecuted(CallError::Throttled { until }));
    assert_eq!(stage.calls(), 1);
}

#[tokio::test]
async fn the_stored_bytes_are_sent_as_they_are() {
    let stage = Stage::new(vec![data(payload(order(), json!([])))]);
    let request = Frozen { body: "{\"kept\": 1.00}".to_owned(), ..frozen(&stage.shop) };
    stage.shop.create_order(&request, Duration::from_secs(20)).await;
    let asked = stage.script.asked.lock().unwrap();
    assert_eq!(asked[0].body.as_deref(), Some(request.body.as_bytes()));
    assert_eq!(asked[0].url.as_str(), "https://brand.myshopify.com/admin/api/2026-07/graphql.json");
    assert!(asked[0].headers.contains(&("x-shopify-access-token".to_owned(), "shpat_test".to_owned())));
    assert_eq!(asked[0].timeout, Duration::from_secs(20));
}

/// A token endpoint that takes as long as it is told to; nothing else may be asked.
struct SlowToken {
    clock: Arc<StoppedClock>,
    takes: Duration,
}

#[async_trait]
impl Transport for SlowToken {
    async fn send(&self, request: Request) -> Result<Answer, SendError> {
        assert!(request.url.path().ends_with("access_token"), "nothing may leave: {}", request.url);
        self.clock.advance(self.takes);
        ok(json!({ "access_token": "one", "scope": "write_orders", "expires_in": 86_399 }))
    }
}

#[tokio::test]
async fn a_create_whose_time_is_used_up_by_what_comes_before_it_does_not_leave() {
    let clock = Arc::new(StoppedClock::at(NOON));
    let socket = Arc::new(SlowToken { clock: clock.clone(), takes: Duration::from_secs(20) });
    let credentials = Credentials::ClientCredentials { id: "app".to_owned(), secret: Secret::new("hush") };
    let base_url = BaseUrl::parse("https://brand.myshopify.com", Mode::Real).unwrap();
    let shop = ShopClient::new(ShopConfig::new(base_url, credentials), socket, clock.clone());
    let created = shop.create_order(&frozen(&shop), Duration::from_secs(20)).await;
    assert_eq!(created, Created::NotExecuted(CallError::Throttled { until: clock.now() }));
}
