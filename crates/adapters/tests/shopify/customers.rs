//! Customers by every kind of key.

use super::*;
use adapters::ports::CustomerKey;

pub fn customer_json(id: u32, email: &str) -> Value {
    json!({ "id": format!("gid://shopify/Customer/{id}"), "displayName": "Ann", "taxExempt": false,
        "defaultEmailAddress": { "emailAddress": email }, "defaultAddress": null })
}

#[tokio::test]
async fn customers_are_found_by_every_kind_of_key() {
    let answers = vec![
        data(json!({ "nodes": [customer_json(1, "a@x.com"), null] })),
        data(json!({ "c0": customer_json(2, "b@x.com") })),
        data(json!({ "c0": customer_json(3, "Fresh@X.com"), "c1": null })),
        data(
            json!({ "customers": { "nodes": [customer_json(4, "FRESH@x.com"), customer_json(5, "other@x.com")] } }),
        ),
    ];
    let stage = Stage::new(answers);
    let keys = [
        CustomerKey::Id(CustomerId::from_number("1").unwrap()),
        CustomerKey::Id(CustomerId::from_number("9").unwrap()),
        CustomerKey::CustomId("sandbox-42-900".to_owned()),
        CustomerKey::Email("fresh@x.com".to_owned()),
        CustomerKey::Email("nobody@x.com".to_owned()),
    ];
    let found = stage.shop.customers(&keys).await.unwrap();
    let ids = |key: &CustomerKey| -> Vec<&str> {
        found
            .get(key)
            .map(|all| all.iter().map(|customer| customer.id.number()).collect())
            .unwrap_or_default()
    };
    assert_eq!(keys.each_ref().map(ids), [vec!["1"], vec![], vec!["2"], vec!["3", "4"], vec![]]);
}

#[tokio::test]
async fn an_undefined_custom_id_belongs_to_nobody() {
    let body = json!({ "errors": [error("NOT_FOUND", json!(["c0"]))], "data": { "c0": null } });
    let stage = Stage::new(vec![ok(body)]);
    assert!(stage.shop.customers(&[CustomerKey::CustomId("x".to_owned())]).await.unwrap().is_empty());
}
