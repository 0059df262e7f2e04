//! Reading back: set-up, ids, pages and searches.

use super::*;

#[tokio::test]
async fn set_up_reads_answer() {
    let bench = bench(|_| {});
    let query = "query ShopCheck { shop { id myshopifyDomain currencyCode plan { partnerDevelopment } }
        currentAppInstallation { accessScopes { handle } } }";
    let answer = bench.call(query, json!({})).await;
    assert_eq!(answer["data"]["shop"]["currencyCode"], "USD");
    assert_eq!(answer["data"]["currentAppInstallation"]["accessScopes"][0]["handle"], "write_orders");
    let query = "query Locations { locations(first: 50) { nodes { name isActive } } }";
    let names = bench.call(query, json!({})).await["data"]["locations"]["nodes"].clone();
    assert_eq!(names.as_array().unwrap().len(), 2, "inactive ones are hidden: {names}");
}

#[tokio::test]
async fn nodes_keep_their_places_and_pages_follow_cursors() {
    let bench = bench(|_| {});
    let query = "query Variants($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on ProductVariant { id inventoryQuantity
        inventoryItem { tracked inventoryLevels(first: 10) { nodes { location { name } quantities(names: [\"on_hand\",
        \"available\"]) { name quantity } } } } } } }";
    let product = "gid://shopify/Product/1101";
    let answer = bench.call(query, json!({ "ids": [variant(SHIRT), variant(999), product] })).await;
    let nodes = &answer["data"]["nodes"];
    assert_eq!(nodes[0]["inventoryQuantity"], 7);
    let level = &nodes[0]["inventoryItem"]["inventoryLevels"]["nodes"][1];
    assert_eq!(level["location"]["name"], "Paris");
    assert_eq!(
        level["quantities"],
        json!([{ "name": "on_hand", "quantity": 2 }, { "name": "available", "quantity": 2 }])
    );
    assert_eq!(nodes[1], Value::Null);
    assert_eq!(nodes[2], json!({ "__typename": "Product" }));
    assert_eq!(code(&bench.call(query, json!({ "ids": ["101"] })).await), "RESOURCE_NOT_FOUND");
    let page = "query P($after: String) { productVariants(first: 2, after: $after) { nodes { sku }
        pageInfo { hasNextPage endCursor } } }";
    let first = bench.call(page, json!({})).await["data"]["productVariants"].clone();
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let second =
        bench.call(page, json!({ "after": first["pageInfo"]["endCursor"] })).await["data"]["productVariants"]
            .clone();
    assert_eq!(second["nodes"], json!([{ "sku": "P 1" }]));
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
}

#[tokio::test]
async fn searches_lag_behind_and_unknown_filters_match_everything() {
    let bench = bench(|options| options.search_lag = Duration::from_secs(10));
    let query =
        "query OrdersBySource($q: String!) { orders(first: 5, query: $q) { nodes { sourceIdentifier } } }";
    bench.created(with(order(&[line(SHIRT, 1)]), "sourceIdentifier", json!("live-1-77-1-1")), "BYPASS").await;
    bench.created(with(order(&[line(SHIRT, 1)]), "sourceIdentifier", json!("live-1-78-1-1")), "BYPASS").await;
    let count = |answer: &Value| answer["data"]["orders"]["nodes"].as_array().map_or(0, Vec::len);
    let wanted = json!({ "q": "source_identifier:\"live-1-77-1-1\"" });
    assert_eq!(count(&bench.call(query, wanted.clone()).await), 0);
    bench.clock.advance(Duration::from_secs(11));
    let found = bench.call(query, wanted.clone()).await;
    assert_eq!(count(&found), 1);
    assert_eq!(found["data"]["orders"]["nodes"][0]["sourceIdentifier"], "live-1-77-1-1");
    let misspelt = bench.call(query, json!({ "q": "sourceidentifier:\"live-1-77-1-1\"" })).await;
    assert_eq!(count(&misspelt), 2);
    assert_eq!(misspelt["extensions"]["search"][0]["warnings"][0]["code"], "invalid_field");
    bench.shop.configure(|options| options.ignore_search_filters = true);
    assert_eq!(count(&bench.call(query, wanted).await), 2);
}

#[tokio::test]
async fn variant_search_knows_words_and_or() {
    let bench = bench(|_| {});
    let query =
        "query VariantsBySearch($q: String!) { productVariants(first: 10, query: $q) { nodes { sku } } }";
    let cases = [
        ("sku:'AB-1'", vec!["AB-1", "AB-1-RED"]),
        ("sku:'P 1' OR barcode:'400101'", vec!["AB-1", "P 1"]),
        ("sku:'AB-1' -sku:'AB-1-RED'", vec!["AB-1"]),
        ("(sku:'nothing' OR sku:'P 1') AND product_status:active", vec!["P 1"]),
        ("id:>=102", vec!["AB-1-RED", "P 1"]),
        ("AB-1", vec!["AB-1", "AB-1-RED"]),
        ("sku:B*", vec![]),
        ("sku:AB*", vec!["AB-1", "AB-1-RED"]),
        ("sku:'AB-1-R*'", vec!["AB-1-RED"]),
    ];
    for (search, expected) in cases {
        let answer = bench.call(query, json!({ "q": search })).await;
        let nodes = answer["data"]["productVariants"]["nodes"].as_array().unwrap();
        let found: Vec<&str> = nodes.iter().map(|node| node["sku"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{search}");
    }
}

#[tokio::test]
async fn a_search_without_a_field_looks_at_all_texts_and_counts_orders() {
    let bench = bench(|_| {});
    bench.shop.add_product(ProductSeed { id: SHIRT + 1000, title: "Harrow Poplin Shirt".to_owned() });
    let query =
        "query FindVariants($q: String!) { productVariants(first: 20, query: $q, sortKey: RELEVANCE) {
        nodes { sku inventoryQuantity product { title } } } }";
    for (search, found) in [
        ("harr* popl*", 1),
        (r#""AB-1" shirt*"#, 1),
        (r#""OR" harrow*"#, 0),
        ("harrow* scarf*", 0),
        ("opl*", 0),
    ] {
        let answer = bench.call(query, json!({ "q": search })).await;
        let nodes = answer["data"]["productVariants"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), found, "{search}: {answer}");
    }
    let query = "query FindCustomers($q: String!) { customers(first: 20, query: $q, sortKey: RELEVANCE) {
        nodes { displayName numberOfOrders defaultAddress { company city countryCodeV2 } } } }";
    let customer = json!({ "toAssociate": { "id": "gid://shopify/Customer/501" } });
    bench.created(with(order(&[line(SHIRT, 1)]), "customer", customer), "BYPASS").await;
    for (search, found) in
        [("an*", 1), (r#""buyer@store.example""#, 1), ("id:501 OR (501*)", 1), ("store* day*", 0)]
    {
        let answer = bench.call(query, json!({ "q": search })).await;
        let nodes = answer["data"]["customers"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), found, "{search}: {answer}");
        for node in nodes {
            assert_eq!(
                (&node["numberOfOrders"], &node["defaultAddress"]["city"]),
                (&json!("1"), &json!("Boston"))
            );
        }
    }
}
