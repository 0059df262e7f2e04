//! Tokens: fetched once, renewed before they expire and once after a 401; never repeated for a create.

use super::*;
use adapters::ports::CallError;

fn client_credentials() -> Credentials {
    Credentials::ClientCredentials { id: "app".to_owned(), secret: Secret::new("hush") }
}

fn grant(token: &str, life: u32) -> Result<Answer, SendError> {
    ok(json!({ "access_token": token, "scope": "write_orders", "expires_in": life }))
}

fn absent() -> Result<Answer, SendError> {
    data(json!({ "e0": null }))
}

fn tokens_sent(stage: &Stage) -> Vec<String> {
    let asked = stage.script.asked.lock().unwrap();
    let headers = asked.iter().flat_map(|request| &request.headers);
    headers.filter(|(name, _)| name == "x-shopify-access-token").map(|(_, value)| value.clone()).collect()
}

async fn look(stage: &Stage) -> Result<(), CallError> {
    stage.shop.find_exports(&[token("1")]).await.map(|_| ())
}

#[tokio::test]
async fn a_token_is_fetched_once_and_renewed_well_before_it_expires() {
    let answers = vec![grant("one", 86_399), absent(), absent(), grant("two", 86_399), absent()];
    let stage = Stage::with(client_credentials(), answers);
    look(&stage).await.unwrap();
    look(&stage).await.unwrap();
    stage.clock.advance(Duration::from_secs(86_399 - 600));
    look(&stage).await.unwrap();
    assert_eq!(tokens_sent(&stage), ["one", "one", "two"]);
    let asked = stage.script.asked.lock().unwrap();
    assert_eq!(asked[0].url.as_str(), "https://brand.myshopify.com/admin/oauth/access_token");
    assert_eq!(
        asked[0].body.as_deref(),
        Some(b"grant_type=client_credentials&client_id=app&client_secret=hush".as_slice())
    );
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let stage = Stage::with(
        client_credentials(),
        vec![grant("one", 900), answer(401, "{}"), grant("two", 900), absent()],
    );
    look(&stage).await.unwrap();
    assert_eq!(tokens_sent(&stage), ["one", "two"]);

    let answers = vec![grant("one", 900), answer(401, "{}"), grant("two", 900), answer(401, "{}")];
    let stage = Stage::with(client_credentials(), answers);
    assert!(matches!(look(&stage).await, Err(CallError::Unauthorized { status: 401, .. })));
    stage.is_played();
}

#[tokio::test]
async fn a_fixed_token_is_not_renewed() {
    let stage = Stage::new(vec![answer(401, "{}")]);
    assert!(matches!(look(&stage).await, Err(CallError::Unauthorized { status: 401, .. })));
}

#[tokio::test]
async fn a_create_with_a_refused_token_is_not_repeated_but_the_next_call_renews() {
    let stage = Stage::with(
        client_credentials(),
        vec![grant("one", 900), answer(401, "{}"), grant("two", 900), absent()],
    );
    let request = frozen(&stage.shop);
    let created = stage.shop.create_order(&request, Duration::from_secs(20)).await;
    assert!(matches!(created, Created::NotExecuted(CallError::Unauthorized { .. })), "{created:?}");
    look(&stage).await.unwrap();
    assert_eq!(tokens_sent(&stage), ["one", "two"]);
}

#[tokio::test]
async fn calls_at_once_share_one_fetch() {
    let stage = Stage::with(client_credentials(), vec![grant("one", 900), absent(), absent(), absent()]);
    let (a, b, c) = tokio::join!(look(&stage), look(&stage), look(&stage));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(tokens_sent(&stage), ["one", "one", "one"]);
}

#[tokio::test]
async fn a_failed_renewal_keeps_the_old_token_while_it_lives() {
    let answers = vec![grant("one", 86_399), absent(), answer(503, ""), absent(), absent()];
    let stage = Stage::with(client_credentials(), answers);
    look(&stage).await.unwrap();
    stage.clock.advance(Duration::from_secs(86_399 - 600));
    look(&stage).await.unwrap();
    look(&stage).await.unwrap();
    assert_eq!(tokens_sent(&stage), ["one", "one", "one"]);
}

#[tokio::test]
async fn what_the_token_endpoint_says_is_told_without_the_secret() {
    let refused = [answer(400, "{\"error\":\"shop_not_permitted\"}"), answer(401, ""), answer(403, "")];
    for answer in refused {
        let error = look(&Stage::with(client_credentials(), vec![answer])).await.unwrap_err();
        assert!(matches!(error, CallError::Unauthorized { .. }), "{error}");
    }
    let unavailable = [
        Err(SendError::Lost { reason: "timeout".to_owned() }),
        answer(500, ""),
        answer(302, ""),
        answer(200, "<html>"),
        ok(json!({ "access_token": " " })),
        ok(json!({ "access_token": 7 })),
    ];
    for answer in unavailable {
        let error = look(&Stage::with(client_credentials(), vec![answer])).await.unwrap_err();
        assert!(matches!(error, CallError::TokenUnavailable { .. }), "{error}");
        assert!(!error.to_string().contains("hush"));
    }
}

#[tokio::test]
async fn a_create_without_a_token_is_not_executed() {
    let stage = Stage::with(client_credentials(), vec![answer(500, "")]);
    let request = frozen(&stage.shop);
    let created = stage.shop.create_order(&request, Duration::from_secs(20)).await;
    assert!(matches!(created, Created::NotExecuted(CallError::TokenUnavailable { .. })), "{created:?}");
}
