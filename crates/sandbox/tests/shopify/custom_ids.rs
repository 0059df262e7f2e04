//! Custom ids in both kinds of shop, and the definitions that they need.

use super::*;

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
