//! Recorded answers of real shops, where they are at hand: each is played to the client and must give the right outcome.

use super::*;
use adapters::ports::{CallError, CustomerKey, Refusal};

/// Reads a recording; `None` where the recordings are not at hand.
fn recording(name: &str) -> Option<Value> {
    let path =
        format!("{}/../../../shared/reference/shopify-captures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    match std::fs::read(&path) {
        Ok(bytes) => {
            eprintln!("read: {name}");
            Some(serde_json::from_slice::<Value>(&bytes).unwrap()["kept"].take())
        }
        Err(_) => {
            eprintln!("skipped: {name} is not at hand");
            None
        }
    }
}

/// A member of a recording by the pointers that lead to it; the first one is a key that is a pointer itself.
fn at<'a>(recording: &'a Value, key: &str, pointer: &str) -> &'a Value {
    recording.get(key).and_then(|value| value.pointer(pointer)).unwrap_or_else(|| panic!("{key} {pointer}"))
}

async fn created(body: &Value) -> Created {
    created_by(ok(body.clone())).await
}

async fn refused(body: &Value) -> Vec<Refusal> {
    match created(body).await {
        Created::Refused(reasons) => reasons,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn created_orders_are_recognised() {
    let cases = [
        (
            "order-create-math-and-payment-states",
            "/cases/pendingNoTax",
            "/response/payload",
            Some((2000, "CAD", false)),
        ),
        (
            "order-create-math-and-payment-states",
            "/cases/paidTaxShipping",
            "/response/payload",
            Some((3190, "CAD", true)),
        ),
        (
            "order-create-math-and-payment-states",
            "/cases/fixedDiscount",
            "/response/payload",
            Some((2900, "CAD", false)),
        ),
        (
            "order-create-math-and-payment-states",
            "/cases/authorization",
            "/response/payload",
            Some((1800, "CAD", false)),
        ),
        (
            "order-create-pending-then-search-and-delete",
            "/operations/existingCreate",
            "/response/payload",
            None,
        ),
        ("order-create-assigned-location", "/operations/create", "/response/payload", None),
        (
            "order-create-inventory-decrement-and-unknown-variant",
            "/workflow/orderCreateDefaultLocation",
            "/response",
            None,
        ),
        ("fulfillment-order-move", "/happyPath", "/create/response/payload", None),
    ];
    for (name, key, pointer, totals) in cases {
        let Some(recording) = recording(name) else { return };
        let Created::Order { order, warnings } = created(at(&recording, key, pointer)).await else {
            panic!("{name} {key}")
        };
        assert!(order.id.as_str().starts_with("gid://shopify/Order/") && warnings.is_empty(), "{name} {key}");
        if let Some((total, currency, paid)) = totals {
            assert_eq!(order.total, cents(total), "{name} {key}");
            assert_eq!(order.currency, Currency::from_code(currency), "{name} {key}");
            assert_eq!(order.paid, paid, "{name} {key}");
        }
    }
}

#[tokio::test]
async fn an_unknown_variant_is_a_refusal() {
    let Some(recording) = recording("order-create-inventory-decrement-and-unknown-variant") else { return };
    let reasons = refused(at(&recording, "/workflow/unresolvedVariantOrderCreate", "/response")).await;
    assert_eq!(reasons.len(), 3);
    assert_eq!((reasons[0].field.as_str(), reasons[1].field.as_str()), ("order", "order.lineItems"));
}

#[tokio::test]
async fn validation_errors_prove_that_nothing_ran() {
    let cases = [
        ("order-create-graphql-validation-errors", "/mutation", "/response"),
        ("graphql-validation-errors", "/cases/invalidSyntax", "/response/payload"),
        ("graphql-validation-errors", "/cases/missingSubselection", "/response/payload"),
        ("graphql-validation-errors", "/cases/missingRequiredVariable", "/response/payload"),
        ("graphql-validation-errors", "/cases/unknownMutationRoot", "/response/payload"),
        ("max-input-size-exceeded", "/mutation", "/response/payload"),
    ];
    for (name, key, pointer) in cases {
        let Some(recording) = recording(name) else { return };
        // Some recordings keep the cases in one member.
        let body = recording.get(key).and_then(|value| value.pointer(pointer)).or_else(|| {
            recording
                .get("/cases")
                .and_then(|cases| cases.pointer(&format!("{}{pointer}", key.trim_start_matches("/cases"))))
        });
        let body = body.unwrap_or_else(|| panic!("{name} {key}"));
        let outcome = created(body).await;
        assert!(
            matches!(
                outcome,
                Created::NotExecuted(CallError::WrongVersion { .. } | CallError::Refused { .. })
            ),
            "{name} {key}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn errors_of_a_resolver_leave_a_create_unclear() {
    if let Some(recording) = recording("internal-server-error") {
        let body = at(&recording, "/directCommentAfterDelete", "/response");
        assert!(matches!(created(body).await, Created::Unclear { .. }));
    }
    if let Some(recording) = recording("graphql-validation-errors") {
        let cases = recording
            .get("/cases/missingRequiredArgument")
            .or_else(|| recording.get("/cases")?.get("missingRequiredArgument"));
        let body = cases.and_then(|case| case.pointer("/response/payload")).expect("the recording");
        assert!(matches!(created(body).await, Created::Unclear { .. }));
    }
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let Some(recording) = recording("access-denied") else { return };
    let body = json!({ "errors": recording["/errors"], "data": { "shopifyPaymentsAccount": null } });
    let stage = Stage::new(vec![ok(body)]);
    let error = stage.shop.facts().await.unwrap_err();
    let missing = ["read_shopify_payments", "read_shopify_payments_accounts"].map(str::to_owned).to_vec();
    assert_eq!(error, CallError::Forbidden { missing });
}

#[tokio::test]
async fn custom_ids_without_a_definition_are_recognised() {
    let Some(recording) = recording("customer-by-identifier") else { return };
    let body = at(&recording, "/customIdMissing", "/payload");
    let stage = Stage::new(vec![ok(body.clone())]);
    let found = stage.shop.customers(&[CustomerKey::CustomId("x".to_owned())]).await.unwrap();
    assert!(found.is_empty());
    let stage = Stage::new(vec![ok(body.clone())]);
    assert_eq!(stage.shop.find_exports(&[token("1")]).await, Ok(adapters::ports::Found::default()));
    let stage = Stage::new(vec![ok(at(&recording, "/emptyIdentifier", "/payload").clone())]);
    assert!(stage.shop.find_exports(&[token("1")]).await.is_err());
}

#[tokio::test]
async fn a_search_whose_filter_was_ignored_is_not_believed() {
    let Some(mut recording) = recording("search-invalid-field-warning") else { return };
    let mut body = recording["/response"].take();
    body["data"] = json!({ "orders": { "nodes": [] } });
    let stage = Stage::new(vec![ok(body)]);
    assert!(matches!(stage.shop.search_source(&token("1")).await, Err(CallError::Garbled { .. })));
}

#[tokio::test]
async fn a_customer_set_without_a_definition_is_refused() {
    let Some(recording) = recording("customer-set-custom-id") else { return };
    let text = recording.to_string();
    assert!(text.contains("Metafield definition of type 'id' is required"));
    let body = find(&recording, "missingDefinition").unwrap()["response"].clone();
    let stage = Stage::new(vec![ok(body)]);
    let customer = domain::orders::decide::NewCustomer {
        custom_id: "x".to_owned(),
        email: String::new(),
        first_name: "Ann".to_owned(),
        last_name: "Day".to_owned(),
        phone: String::new(),
        tags: Vec::new(),
        address: DraftAddress::default(),
    };
    let error = stage.shop.create_customer(&customer).await.unwrap_err();
    assert!(matches!(error, CallError::Refused { reasons } if reasons[0].code == "NOT_FOUND"));
}

#[tokio::test]
async fn moves_that_shopify_refused_are_refused() {
    let Some(recording) = recording("fulfillment-order-move") else { return };
    let location = LocationId::from_number("1").unwrap();
    let cases = [
        ("/happyPath", "/move/response/payload", true),
        ("/unknownLocation", "/move/response/payload", false),
        ("/closed/moveAfterClose", "/response/payload", false),
        ("/progress/moveAfterProgress", "/response/payload", false),
        ("/requestStatus/moveAfterSubmit", "/response/payload", false),
    ];
    for (key, pointer, moved) in cases {
        let stage = Stage::new(vec![ok(at(&recording, key, pointer).clone())]);
        let outcome = stage.shop.move_to_location("gid://shopify/FulfillmentOrder/1", &location).await;
        assert_eq!(outcome.is_ok(), moved, "{key}: {outcome:?}");
    }
}

#[tokio::test]
async fn locations_are_read() {
    let Some(recording) = recording("locations-read") else { return };
    let page =
        at(&recording, "/workflow/connectionRead", "/response/payload/data/filteredIncludeInactive").clone();
    let wanted = page["nodes"].as_array().unwrap().len();
    let definition = json!({ "nodes": [] });
    let facts = json!({
        "shop": { "id": "s", "myshopifyDomain": "d", "currencyCode": "CAD", "plan": { "partnerDevelopment": true } },
        "currentAppInstallation": { "accessScopes": [] },
        "orderDefinition": definition, "customerDefinition": definition, "locations": page
    });
    let stage = Stage::new(vec![data(facts)]);
    let locations = stage.shop.facts().await.unwrap().locations;
    assert!(wanted > 0 && locations.len() == wanted && locations.iter().any(|location| !location.active));
}

#[tokio::test]
async fn variants_with_their_stock_are_read() {
    let Some(recording) = recording("variants-inventory-read") else { return };
    let product = at(&recording, "/data", "/product");
    let mut node = product.pointer("/variants/edges/0/node").unwrap().clone();
    // What the recorded query did not select, and `nodes` where it asked for `edges`.
    node["product"] = json!({ "id": product["id"], "title": product["title"], "status": "ACTIVE" });
    let levels: Vec<Value> = node["inventoryItem"]["inventoryLevels"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| {
            let mut level = edge["node"].clone();
            level["isActive"] = json!(true);
            level["location"]["isActive"] = json!(true);
            level
        })
        .collect();
    node["inventoryItem"]["inventoryLevels"]["nodes"] = json!(levels);
    let id = VariantId::new(node["id"].as_str().unwrap());
    let stage = Stage::new(vec![data(json!({ "nodes": [node] }))]);
    let variants = stage.shop.variants(std::slice::from_ref(&id)).await.unwrap();
    let variant = variants[&id].as_ref().unwrap();
    assert_eq!((variant.sku.as_str(), variant.tracked, variant.available.len()), ("", false, 1));
}

/// The first member of this name, anywhere.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) => members.get(name).or_else(|| {
            members.iter().find_map(|(key, member)| {
                if key.rsplit('/').next() == Some(name) { Some(member) } else { find(member, name) }
            })
        }),
        Value::Array(items) => items.iter().find_map(|item| find(item, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
