//! Variants with their stock, by id and by code.

use super::*;
use adapters::ports::CallError;

fn variant_json(id: u32, sku: &str, barcode: &str) -> Value {
    let level = |location: u32, active: bool, available: i64| {
        json!({
            "isActive": true, "location": { "id": format!("gid://shopify/Location/{location}"), "isActive": active },
            "quantities": [{ "name": "available", "quantity": available }]
        })
    };
    json!({
        "id": format!("gid://shopify/ProductVariant/{id}"), "sku": sku, "barcode": barcode, "title": "M",
        "inventoryPolicy": "CONTINUE", "product": { "id": "gid://shopify/Product/1", "title": "Rose", "status": "UNLISTED" },
        "inventoryItem": { "id": "gid://shopify/InventoryItem/7", "tracked": true, "inventoryLevels": {
            "nodes": [level(1, true, -2), level(2, false, 9)], "pageInfo": { "hasNextPage": false, "endCursor": null } } }
    })
}

#[tokio::test]
async fn variants_come_with_the_stock_of_active_locations() {
    let ids = ["11", "12", "13"].map(|id| VariantId::from_number(id).unwrap());
    let stage = Stage::new(vec![data(json!({ "nodes": [variant_json(11, "A", "B"), null, {}] }))]);
    let variants = stage.shop.variants(&ids).await.unwrap();
    let variant = variants[&ids[0]].as_ref().unwrap();
    assert_eq!(
        variant.available.iter().map(|(at, units)| (at.number(), *units)).collect::<Vec<_>>(),
        [("1", -2)]
    );
    assert_eq!((variants[&ids[1]].is_none(), variants[&ids[2]].is_none()), (true, true));
}

#[tokio::test]
async fn stock_at_very_many_locations_is_read_on() {
    let mut variant = variant_json(11, "A", "B");
    variant["inventoryItem"]["inventoryLevels"]["pageInfo"] =
        json!({ "hasNextPage": true, "endCursor": "x" });
    let more = json!({ "nodes": [{ "isActive": true, "location": { "id": "gid://shopify/Location/51", "isActive": true },
        "quantities": [{ "name": "available", "quantity": 4.0 }] }], "pageInfo": { "hasNextPage": false, "endCursor": null } });
    let stage = Stage::new(vec![
        data(json!({ "nodes": [variant] })),
        data(json!({ "node": { "id": "i", "inventoryLevels": more } })),
    ]);
    let id = VariantId::from_number("11").unwrap();
    let variants = stage.shop.variants(std::slice::from_ref(&id)).await.unwrap();
    assert_eq!(variants[&id].as_ref().unwrap().available.values().sum::<i64>(), 2);
}

#[tokio::test]
async fn fewer_objects_than_asked_for_are_not_believed() {
    let ids = ["11", "12"].map(|id| VariantId::from_number(id).unwrap());
    let stage = Stage::new(vec![data(json!({ "nodes": [null] }))]);
    assert!(matches!(stage.shop.variants(&ids).await, Err(CallError::Garbled { .. })));
}

#[tokio::test]
async fn variants_are_read_250_at_a_time() {
    let ids: Vec<VariantId> = (1..=300).map(|id| VariantId::from_number(&id.to_string()).unwrap()).collect();
    let stage = Stage::new(vec![
        data(json!({ "nodes": vec![json!(null); 250] })),
        data(json!({ "nodes": vec![json!(null); 50] })),
    ]);
    assert_eq!(stage.shop.variants(&ids).await.unwrap().len(), 300);
}

#[tokio::test]
async fn codes_are_quoted_compared_exactly_and_paged() {
    let page = |nodes: Value, next: bool| {
        data(
            json!({ "productVariants": { "nodes": nodes, "pageInfo": { "hasNextPage": next, "endCursor": "c1" } } }),
        )
    };
    let answers = vec![
        page(json!([variant_json(1, "A'1", "x"), variant_json(2, "a'1", "x")]), true),
        page(json!([variant_json(3, "y", "400"), variant_json(1, "A'1", "x")]), false),
    ];
    let stage = Stage::new(answers);
    let variants =
        stage.shop.variants_by_code(&["A'1".to_owned(), String::new()], &["400".to_owned()]).await.unwrap();
    assert_eq!(variants.iter().map(|variant| variant.id.number()).collect::<Vec<_>>(), ["1", "3"]);
    let bodies = stage.bodies();
    assert_eq!(bodies[0]["variables"], json!({ "search": r"sku:'A\'1' OR barcode:'400'" }));
    assert_eq!(bodies[1]["variables"]["after"], "c1");
    assert_eq!(Stage::new(Vec::new()).shop.variants_by_code(&[], &[]).await.unwrap(), []);
}
