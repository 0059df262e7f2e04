//! Reads and repeatable mutations: statuses, envelopes, repeats, chunks, odd bodies.

use super::customers::customer_json;
use super::*;
use adapters::ports::CallError;
use domain::ids::ShopOrderId;

async fn look(stage: &Stage) -> Result<adapters::ports::Found, CallError> {
    stage.shop.find_exports(&[token("1")]).await
}

async fn error_of(answer: Result<Answer, SendError>) -> CallError {
    let stage = Stage::new(vec![answer]);
    look(&stage).await.expect_err("an error was expected")
}

#[tokio::test]
async fn each_status_says_what_the_caller_can_do() {
    for (status, wanted) in [
        (301, "closed"),
        (303, "closed"),
        (400, "refused"),
        (401, "unauthorized"),
        (402, "closed"),
        (403, "forbidden"),
        (404, "wrong version"),
        (406, "refused"),
        (422, "refused"),
        (423, "closed"),
        (430, "closed"),
        (500, "no answer"),
        (502, "no answer"),
        (504, "no answer"),
        (530, "no answer"),
        (540, "no answer"),
        (783, "no answer"),
        (204, "garbled"),
        (999, "garbled"),
    ] {
        let kind = match error_of(answer(status, "<html>x</html>")).await {
            CallError::Throttled { .. } => "throttled",
            CallError::Unauthorized { .. } => "unauthorized",
            CallError::TokenUnavailable { .. } => "token",
            CallError::Forbidden { .. } => "forbidden",
            CallError::Closed { .. } => "closed",
            CallError::WrongVersion { .. } => "wrong version",
            CallError::Refused { .. } => "refused",
            CallError::NoAnswer { .. } => "no answer",
            CallError::Garbled { .. } => "garbled",
        };
        assert_eq!(kind, wanted, "HTTP {status}");
    }
}

#[tokio::test]
async fn odd_bodies_are_garbled_and_quote_nothing() {
    let odd = [
        answer(200, ""),
        answer(200, "<html>Jane Doe</html>"),
        answer(200, "{\"data\":{\"e0\":{\"name\":\"Jane"),
        answer(200, "{}"),
        answer(200, "7"),
        answer(200, "{\"data\":".repeat(5000)),
        answer(200, vec![0x80, 0x81]),
        ok(json!({ "data": null })),
        ok(json!({ "data": ["Jane Doe"] })),
        Err(SendError::TooLarge { limit: 20 }),
    ];
    for (row, answer) in odd.into_iter().enumerate() {
        let error = error_of(answer).await;
        assert!(matches!(error, CallError::Garbled { .. }), "row {row}: {error}");
        assert!(!error.to_string().contains("Jane"), "row {row}: {error}");
    }
}

#[tokio::test]
async fn top_level_errors_say_what_the_caller_can_do() {
    let one = |code: &str, data: Value| ok(json!({ "errors": [error(code, json!(["e0"]))], "data": data }));
    let empty = || json!({ "e0": null });
    assert!(matches!(error_of(one("ACCESS_DENIED", empty())).await, CallError::Forbidden { .. }));
    assert!(matches!(error_of(one("SHOP_INACTIVE", empty())).await, CallError::Closed { .. }));
    assert!(matches!(error_of(one("INTERNAL_SERVER_ERROR", json!(null))).await, CallError::NoAnswer { .. }));
    assert!(matches!(error_of(one("INVALID_FIELD_ARGUMENTS", empty())).await, CallError::Refused { .. }));
    let undefined = ok(json!({ "errors": [error("undefinedField", json!(null))] }));
    assert!(matches!(error_of(undefined).await, CallError::WrongVersion { .. }));
    assert!(matches!(error_of(ok(json!({ "errors": "odd" }))).await, CallError::Refused { .. }));
    assert!(matches!(
        error_of(Err(SendError::NotSent { reason: "dns".into() })).await,
        CallError::NoAnswer { .. }
    ));
    assert!(matches!(
        error_of(Err(SendError::Lost { reason: "cut".into() })).await,
        CallError::NoAnswer { .. }
    ));
}

#[tokio::test]
async fn another_version_than_asked_for_stops_before_anything_is_believed() {
    let answer = with_header(data(json!({ "e0": null })), "x-shopify-api-version", "2025-10");
    let wanted = CallError::WrongVersion { asked: "2026-07".to_owned(), answered: "2025-10".to_owned() };
    assert_eq!(error_of(answer).await, wanted);
}

#[tokio::test]
async fn a_throttled_read_is_repeated_and_counted() {
    let stage = Stage::new(vec![throttled(1, 1500, 100), data(json!({ "e0": null }))]);
    look(&stage).await.unwrap();
    let usage = stage.shop.usage();
    assert_eq!((usage.requests, usage.throttled, usage.points), (2, 1, 10));
}

#[tokio::test]
async fn a_read_that_would_wait_long_says_until_when() {
    // 752 points and the cushion, at 50 points a second.
    let stage = Stage::new(vec![throttled(752, 0, 50)]);
    let until = NOON.plus(Duration::from_millis(15_090));
    assert_eq!(look(&stage).await, Err(CallError::Throttled { until }));
    stage.is_played();
}

#[tokio::test]
async fn a_429_is_obeyed() {
    let stage =
        Stage::new(vec![with_header(answer(429, ""), "retry-after", "1"), data(json!({ "e0": null }))]);
    look(&stage).await.unwrap();

    let stage = Stage::new(vec![with_header(answer(429, ""), "retry-after", "120")]);
    assert_eq!(look(&stage).await, Err(CallError::Throttled { until: NOON.plus(Duration::from_secs(120)) }));
    stage.is_played();
}

#[tokio::test]
async fn found_absent_and_doubtful_are_told_apart() {
    let tokens: Vec<Token> = ["1", "2", "3"].map(token).into();
    let found = order_json("gid://shopify/Order/9", tokens[0].as_str());
    let body = json!({
        "data": { "e0": found, "e1": null, "e2": null },
        "errors": [error("INTERNAL_SERVER_ERROR", json!(["e2"]))]
    });
    let stage = Stage::new(vec![ok(body)]);
    let found = stage.shop.find_exports(&tokens).await.unwrap();
    assert_eq!(found.orders.keys().collect::<Vec<_>>(), [&tokens[0]]);
    assert_eq!(found.absent.iter().collect::<Vec<_>>(), [&tokens[1]]);
    assert_eq!(
        stage.bodies()[0]["variables"]["e2"],
        json!({ "customId": { "namespace": "joor_shopify", "key": "export", "value": tokens[2].as_str() } })
    );
}

#[tokio::test]
async fn one_order_that_cannot_be_read_blinds_its_own_look_only() {
    let tokens: Vec<Token> = ["1", "2", "3"].map(token).into();
    let fine = order_json("gid://shopify/Order/9", tokens[0].as_str());
    let body = json!({ "data": { "e0": fine, "e1": { "id": 7 }, "e2": null } });
    let found = Stage::new(vec![ok(body)]).shop.find_exports(&tokens).await.unwrap();
    assert_eq!(found.orders.keys().collect::<Vec<_>>(), [&tokens[0]]);
    assert_eq!(found.absent.iter().collect::<Vec<_>>(), [&tokens[2]]);
}

#[tokio::test]
async fn an_error_without_a_place_makes_every_empty_look_doubtful() {
    let body = json!({ "data": { "e0": null, "e1": null }, "errors": [error("INTERNAL_SERVER_ERROR", json!(null))] });
    let stage = Stage::new(vec![ok(body)]);
    assert!(stage.shop.find_exports(&[token("1"), token("2")]).await.is_err());
}

#[tokio::test]
async fn a_missing_definition_proves_nothing() {
    for root in [json!({ "e0": null }), json!(null)] {
        let stage =
            Stage::new(vec![ok(json!({ "errors": [error("NOT_FOUND", json!(["e0"]))], "data": root }))]);
        assert_eq!(look(&stage).await, Ok(adapters::ports::Found::default()));
    }
}

/// A chunk of fifty orders, each with the two generations that may follow, is one call.
#[tokio::test]
async fn tokens_are_looked_up_a_hundred_and_fifty_at_a_time() {
    let tokens: Vec<Token> = (0..320).map(|order| token(&order.to_string())).collect();
    let page = |count: usize| data((0..count).map(|index| (format!("e{index}"), json!(null))).collect());
    let stage = Stage::new(vec![page(150), page(150), page(20)]);
    let found = stage.shop.find_exports(&tokens).await.unwrap();
    assert_eq!(found.absent.len(), 320);
    stage.is_played();
}

#[tokio::test]
async fn a_search_is_believed_only_if_the_source_is_echoed() {
    let own = order_json("gid://shopify/Order/9", token("1").as_str());
    let other = order_json("gid://shopify/Order/8", "somebody-else");
    let hits = |nodes: Value| data(json!({ "orders": { "nodes": nodes } }));
    let stage = Stage::new(vec![hits(json!([other, own])), hits(json!([])), hits(json!([other]))]);
    let found = stage.shop.search_source(&token("1")).await.unwrap();
    assert_eq!(found.iter().map(|order| order.id.number()).collect::<Vec<_>>(), ["9"]);
    assert_eq!(stage.shop.search_source(&token("1")).await.unwrap(), []);
    assert!(matches!(stage.shop.search_source(&token("1")).await, Err(CallError::Garbled { .. })));
    assert_eq!(stage.bodies()[0]["variables"]["search"], "source_identifier:\"sandbox-42-1-1-1\"");
}

#[tokio::test]
async fn a_search_with_a_warning_is_not_believed() {
    let warning =
        json!({ "field": "source_identifier", "code": "invalid_field", "message": "Invalid search field" });
    let body = json!({ "data": { "orders": { "nodes": [] } }, "extensions": { "search": [{ "warnings": [warning] }] } });
    let stage = Stage::new(vec![ok(body)]);
    assert!(matches!(stage.shop.search_source(&token("1")).await, Err(CallError::Garbled { .. })));
}

fn state_json(id: u32) -> Value {
    let mut state = order_json(&format!("gid://shopify/Order/{id}"), "t");
    let rest = json!({
        "cancelledAt": "2026-10-01T10:00:00Z", "displayFinancialStatus": "SOMETHING_NEW",
        "displayFulfillmentStatus": "FULFILLED",
        "lineItems": { "nodes": [{ "currentQuantity": 2, "variant": { "id": "gid://shopify/ProductVariant/11" } },
            { "currentQuantity": 1, "variant": null }] },
        "fulfillmentOrders": { "nodes": [{ "id": "gid://shopify/FulfillmentOrder/1", "status": "OPEN",
            "assignedLocation": { "location": null } }] },
        "customer": customer_json(1, "a@x.com")
    });
    for (name, value) in rest.as_object().unwrap() {
        state[name] = value.clone();
    }
    state
}

#[tokio::test]
async fn orders_are_read_back_with_lines_and_fulfilment() {
    let ids = ["7", "8"].map(|id| ShopOrderId::from_number(id).unwrap());
    let stage = Stage::new(vec![data(json!({ "nodes": [state_json(7), null] }))]);
    let states = stage.shop.orders(&ids).await.unwrap();
    let state = states[&ids[0]].as_ref().unwrap();
    assert_eq!(state.lines, [(VariantId::from_number("11"), 2), (None, 1)]);
    assert!(state.order.cancelled && state.order.paid && state.fulfilled && state.fulfilment_orders[0].open);
    assert!(states[&ids[1]].is_none());
}

#[tokio::test]
async fn orders_that_are_too_dear_at_once_are_read_in_halves() {
    let ids = ["7", "8"].map(|id| ShopOrderId::from_number(id).unwrap());
    let dear = ok(json!({ "errors": [error("MAX_COST_EXCEEDED", json!(null))] }));
    let one = |id| data(json!({ "nodes": [state_json(id)] }));
    let stage = Stage::new(vec![dear, one(7), one(8), one(7), one(8)]);
    // 100 at once were allowed, then two: one by one from here on.
    assert_eq!(stage.shop.orders(&ids).await.unwrap().values().flatten().count(), 2);
    assert_eq!(stage.shop.orders(&ids).await.unwrap().values().flatten().count(), 2);
    stage.is_played();
}

#[tokio::test]
async fn looks_that_are_too_dear_at_once_are_taken_in_halves() {
    let tokens: Vec<Token> = ["1", "2", "3"].map(token).into();
    let dear = ok(json!({ "errors": [error("MAX_COST_EXCEEDED", json!(null))] }));
    let none = || data(json!({ "e0": null }));
    let stage = Stage::new(vec![dear, none(), none(), none(), none(), none(), none()]);
    for _ in 0..2 {
        assert_eq!(stage.shop.find_exports(&tokens).await.unwrap().absent.len(), 3);
    }
    stage.is_played();
}

fn facts_json() -> Value {
    let definition = json!({ "nodes": [{ "type": { "name": "id" } }] });
    let text = json!({ "nodes": [{ "type": { "name": "single_line_text_field" } }] });
    json!({
        "shop": { "id": "gid://shopify/Shop/1", "myshopifyDomain": "brand.myshopify.com", "currencyCode": "EUR",
            "plan": { "partnerDevelopment": true } },
        "currentAppInstallation": { "accessScopes": [{ "handle": "write_orders" }, { "handle": "read_all_orders" }] },
        "orderDefinition": definition, "customerDefinition": text,
        "locations": { "nodes": [{ "id": "gid://shopify/Location/1", "name": "Main", "isActive": true }],
            "pageInfo": { "hasNextPage": true, "endCursor": "next" } }
    })
}

#[tokio::test]
async fn facts_hold_scopes_definitions_locations_and_clock() {
    let more = json!({ "locations": { "nodes": [{ "id": "gid://shopify/Location/2", "name": "Old", "isActive": false }],
        "pageInfo": { "hasNextPage": false, "endCursor": null } } });
    let dated = with_header(data(more), "date", "Thu, 01 Oct 2026 12:00:07 GMT");
    let stage = Stage::new(vec![data(facts_json()), dated]);
    let facts = stage.shop.facts().await.unwrap();
    assert!(
        facts.reads_all_orders() && facts.development && facts.order_definition && !facts.customer_definition
    );
    assert_eq!(facts.locations.iter().map(|location| location.active).collect::<Vec<_>>(), [true, false]);
    assert_eq!((facts.clock_offset_seconds, facts.version_answered.as_str()), (Some(7), "2026-07"));
}

#[tokio::test]
async fn only_missing_definitions_are_created() {
    let definitions = json!({ "orderDefinition": { "nodes": [{ "type": { "name": "id" } }] }, "customerDefinition": { "nodes": [] } });
    let created = json!({ "metafieldDefinitionCreate": { "createdDefinition": { "id": "gid://shopify/MetafieldDefinition/1" }, "userErrors": [] } });
    let stage = Stage::new(vec![data(definitions), data(created)]);
    stage.shop.define_custom_ids().await.unwrap();
    let wanted = json!({ "name": "JOOR customer", "namespace": "joor_shopify", "key": "customer", "ownerType": "CUSTOMER", "type": "id" });
    assert_eq!(stage.bodies()[1]["variables"]["definition"], wanted);
}

#[tokio::test]
async fn moves_and_addresses_tell_refusals() {
    let moved = json!({ "fulfillmentOrderMove": { "movedFulfillmentOrder": null,
        "userErrors": [{ "field": ["id"], "message": "Location not found.", "code": null }] } });
    let put = json!({ "customerUpdateDefaultAddress": { "customer": null, "userErrors": [] } });
    let stage = Stage::new(vec![data(moved), data(put)]);
    let location = LocationId::from_number("3").unwrap();
    let customer = CustomerId::from_number("5").unwrap();
    let error = stage.shop.move_to_location("gid://shopify/FulfillmentOrder/1", &location).await.unwrap_err();
    assert!(matches!(error, CallError::Refused { reasons } if reasons[0].message == "Location not found."));
    assert!(stage.shop.set_default_address(&customer, "a").await.is_err(), "no customer and no reason");
}

#[tokio::test]
async fn what_a_person_searches_for_is_shown_as_shopify_found_it() {
    let customer = json!({ "id": "gid://shopify/Customer/4", "displayName": "Rose & Thorn", "numberOfOrders": "12",
        "defaultEmailAddress": { "emailAddress": "ada@rose.example" },
        "defaultAddress": { "company": "Rose Ltd", "city": "Bath", "countryCodeV2": "GB" } });
    let bare = json!({ "id": "gid://shopify/Customer/5", "displayName": "Rose", "numberOfOrders": "0",
        "defaultEmailAddress": null, "defaultAddress": null });
    let variant = json!({ "id": "gid://shopify/ProductVariant/11", "title": "Red / M", "sku": "ROSE-M", "barcode": null,
        "inventoryQuantity": 7, "product": { "id": "gid://shopify/Product/1", "title": "Rose", "status": "ARCHIVED" } });
    let stage = Stage::new(vec![
        data(json!({ "customers": { "nodes": [customer, bare] } })),
        data(json!({ "productVariants": { "nodes": [variant] } })),
        data(json!({ "nodes": [{ "id": "gid://shopify/Product/1" }, null] })),
    ]);
    let found = stage.shop.find_customers("rose & \"thorn").await.unwrap();
    let place = (found[0].company.as_str(), found[0].city.as_str(), found[0].country.as_str());
    assert_eq!((found[0].id.number(), place, found[0].orders), ("4", ("Rose Ltd", "Bath", "GB"), Some(12)));
    assert_eq!((found[1].email.as_str(), found[1].city.as_str(), found[1].orders), ("", "", Some(0)));
    let found = stage.shop.find_variants("ROSE-M").await.unwrap();
    assert_eq!((found[0].id.number(), found[0].available), ("11", Some(7)));
    assert_eq!(found[0].product_state, domain::orders::shelf::ProductState::Archived);
    let product = |number: &str| domain::ids::ProductId::from_number(number).unwrap();
    let gone = stage.shop.gone_products(&[product("1"), product("2"), product("2")]).await.unwrap();
    assert_eq!(gone.into_iter().collect::<Vec<_>>(), [product("2")]);
    let bodies = stage.bodies();
    assert_eq!(bodies[0]["variables"], json!({ "search": r#"rose* "\"thorn""# }));
    assert_eq!(bodies[1]["variables"], json!({ "search": r#""ROSE-M""# }));
    // Nothing to look for asks nothing.
    assert_eq!(stage.shop.find_customers(" & ").await.unwrap(), []);
    assert_eq!(stage.shop.find_variants("").await.unwrap(), []);
}

#[tokio::test]
async fn nobody_chooses_from_a_search_whose_filter_was_ignored() {
    let warned = |root: &str| {
        ok(
            json!({ "data": { root: { "nodes": [] } }, "extensions": { "search": [{ "path": [root], "query": "x",
            "warnings": [{ "field": "id", "message": "Invalid search field", "code": "invalid_field" }] }] } }),
        )
    };
    let stage = Stage::new(vec![warned("customers"), warned("productVariants")]);
    let customers = stage.shop.find_customers("4711").await;
    assert!(
        matches!(&customers, Err(CallError::Garbled { reason, .. }) if reason.contains("ignored")),
        "{customers:?}"
    );
    let variants = stage.shop.find_variants("4711").await;
    assert!(
        matches!(&variants, Err(CallError::Garbled { reason, .. }) if reason.contains("ignored")),
        "{variants:?}"
    );
}

#[tokio::test]
async fn a_period_is_read_to_its_last_page_and_each_page_is_asked_for_by_the_cursor_before_it() {
    let page = |ids: std::ops::Range<u64>, next: Option<&str>| {
        let order =
            |id: u64| order_json(&format!("gid://shopify/Order/{id}"), &format!("sandbox-42-{id}-1-1"));
        let nodes: Vec<Value> = ids.map(order).collect();
        let page_info = json!({ "hasNextPage": next.is_some(), "endCursor": next });
        data(json!({ "orders": { "nodes": nodes, "pageInfo": page_info } }))
    };
    let stage = Stage::new(vec![page(1..101, Some("c1")), page(101..201, Some("c2")), page(201..204, None)]);
    let found = stage.shop.orders_since(jiff::civil::date(2026, 10, 1)).await.unwrap();
    stage.is_played();
    let names: Vec<String> = (1..204).map(|id| format!("gid://shopify/Order/{id}")).collect();
    assert_eq!(found.iter().map(|order| order.id.as_str()).collect::<Vec<_>>(), names);
    let bodies = stage.bodies();
    let after: Vec<&Value> = bodies.iter().map(|body| &body["variables"]["after"]).collect();
    assert_eq!(after, [&Value::Null, &json!("c1"), &json!("c2")]);
    let searches: std::collections::BTreeSet<String> =
        bodies.iter().map(|body| body["variables"]["search"].to_string()).collect();
    assert_eq!(searches.len(), 1, "{searches:?}");

    // One page that cannot be read is no shorter period.
    let stage = Stage::new(vec![page(1..101, Some("c1")), answer(200, "<html>")]);
    assert!(stage.shop.orders_since(jiff::civil::date(2026, 10, 1)).await.is_err());
}
