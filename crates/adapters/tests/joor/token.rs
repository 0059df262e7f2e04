//! The token: fetched once, renewed once, never shown.

use super::*;

#[tokio::test]
async fn one_token_is_fetched_and_used_until_five_minutes_before_its_end() {
    let world = new_world(|_, _| nothing());
    let filter = OrderFilter::default();
    let both = futures::future::join(world.joor.orders(&filter), world.joor.orders(&filter)).await;
    assert!(both.0.is_ok() && both.1.is_ok());
    assert_eq!(world.tokens(), 1, "two callers wait for one fetch");
    let form = world.double.tokens.lock().unwrap()[0].clone();
    let sent = "client_id=client&client_secret=hush-client&grant_type=password&username=brand%2Bapi&password=hush%26password";
    assert_eq!(form, sent);
    world.clock.advance(Duration::from_secs(36_000 - 301));
    world.joor.orders(&filter).await.unwrap();
    assert_eq!((world.tokens(), world.calls()[2].bearer.as_str()), (1, "Bearer token-1"));
    world.clock.advance(Duration::from_secs(1));
    world.joor.orders(&filter).await.unwrap();
    assert_eq!((world.tokens(), world.calls()[3].bearer.as_str()), (2, "Bearer token-2"));
    assert_eq!((world.joor.usage().requests, world.joor.usage().credits), (6, 4));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_then_the_refusal_is_told() {
    let world =
        new_world(|seen, _| if seen.bearer == "Bearer token-1" { answer(401, "") } else { nothing() });
    assert!(world.joor.orders(&OrderFilter::default()).await.is_ok());
    assert_eq!((world.tokens(), world.calls().len()), (2, 2));

    let stubborn = new_world(|_, _| answer(401, "nope"));
    let error = stubborn.joor.orders(&OrderFilter::default()).await.unwrap_err();
    assert!(matches!(error, CallError::Unauthorized { status: 401, .. }), "{error:?}");
    assert_eq!((stubborn.tokens(), stubborn.calls().len()), (2, 2));
}

#[tokio::test]
async fn refused_logins_are_told_apart_from_a_token_endpoint_in_trouble() {
    for (outcome, refused) in [
        (answer(401, r#"{"error": "invalid_grant", "echo": "hush&password"}"#), true),
        (answer(400, "hush-client"), true),
        (answer(503, ""), false),
        (answer(200, "<html>hush-client</html>"), false),
        (answer(200, r#"{"access_token": ""}"#), false),
        (answer(200, r#"{"access_token": "a b"}"#), false),
        (answer(302, ""), false),
        (Err(SendError::Lost { reason: "reset".to_owned() }), false),
    ] {
        let world = world_with_token(|_, _| nothing(), move |_| outcome.clone());
        let error = world.joor.orders(&OrderFilter::default()).await.unwrap_err();
        match &error {
            CallError::Unauthorized { .. } => assert!(refused, "{error:?}"),
            CallError::TokenUnavailable { .. } => assert!(!refused, "{error:?}"),
            other => panic!("{other:?}"),
        }
        assert!(!format!("{error:?} {error}").contains("hush"), "{error:?}");
        assert!(world.calls().is_empty());
    }
}

#[tokio::test]
async fn the_life_of_a_token_may_be_a_text_short_or_unsaid() {
    for (life, seconds) in [("\"600\"", 300), ("60", 30), ("null", 600), ("-5", 600), ("\"soon\"", 600)] {
        let world = world_with_token(|_, _| nothing(), move |number| token(number, life));
        for (wait, tokens) in [(0, 1), (seconds - 1, 1), (1, 2)] {
            world.clock.advance(Duration::from_secs(wait));
            world.joor.orders(&OrderFilter::default()).await.unwrap();
            assert_eq!(world.tokens(), tokens, "{life} after {wait}");
        }
    }
}
