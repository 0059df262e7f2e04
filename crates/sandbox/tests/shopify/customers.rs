//! Customers: look-ups, the upsert and addresses.

use super::*;

#[tokio::test]
async fn customers_are_found_by_each_identifier() {
    let bench = bench(|_| {});
    bench.shop.set_customer_custom_id(501, "joor_shopify", "customer", "C-9");
    let query =
        "query Customers($i: CustomerIdentifierInput!) { c0: customerByIdentifier(identifier: $i) { id } }";
    let cases = [
        json!({ "emailAddress": " BUYER @store.example" }),
        json!({ "phoneNumber": "+1 (613) 555-0142" }),
        json!({ "id": "gid://shopify/Customer/501" }),
        json!({ "customId": { "namespace": "joor_shopify", "key": "customer", "value": "C-9" } }),
    ];
    for identifier in cases {
        let answer = bench.call(query, json!({ "i": identifier })).await;
        assert_eq!(answer["data"]["c0"]["id"], "gid://shopify/Customer/501", "{answer}");
    }
    let missing = bench.call(query, json!({ "i": { "emailAddress": "no@body.example" } })).await;
    assert!(missing["data"]["c0"].is_null() && missing.get("errors").is_none());
}

#[tokio::test]
async fn customer_set_replaces_lists_and_refuses_what_is_taken() {
    let bench = bench(|_| {});
    let query = "mutation CustomerSet($input: CustomerSetInput!, $identifier: CustomerSetIdentifiers) {
        customerSet(input: $input, identifier: $identifier) { customer { id tags metafield(namespace: \"joor_shopify\",
        key: \"customer\") { value } addressesV2(first: 5) { nodes { city } } } userErrors { field message code } } }";
    let set = async |input: Value, identifier: Value| {
        bench.call(query, json!({ "input": input, "identifier": identifier })).await["data"]["customerSet"]
            .clone()
    };
    let custom = |value: &str| json!({ "customId": { "namespace": "joor_shopify", "key": "customer", "value": value } });
    let input = json!({ "email": "new@store.example", "lastName": "New", "addresses": [{ "city": "Rome", "countryCode": "IT" }] });
    let made = set(input.clone(), custom("C-1")).await;
    assert_eq!(made["customer"]["metafield"]["value"], "C-1", "{made}");
    let again = set(json!({ "tags": ["b", "a"] }), custom("C-1")).await;
    assert_eq!(again["customer"]["id"], made["customer"]["id"]);
    assert_eq!(again["customer"]["tags"], json!(["a", "b"]));
    assert_eq!(again["customer"]["addressesV2"]["nodes"], json!([{ "city": "Rome" }]), "not sent, so kept");
    let cleared = set(json!({ "addresses": [] }), custom("C-1")).await;
    assert_eq!(cleared["customer"]["addressesV2"]["nodes"], json!([]));
    let cases = [
        (set(input.clone(), custom("C-2")).await, "TAKEN"),
        (set(json!({ "phone": "+16135550142" }), custom("C-2")).await, "TAKEN"),
        (set(json!({ "lastName": "X" }), json!({ "email": "x@y.example" })).await, "MISSING_FIELD_REQUIRED"),
        (set(json!({ "email": "a@y.example" }), json!({ "email": "x@y.example" })).await, "INPUT_MISMATCH"),
        (set(json!({ "id": "gid://shopify/Customer/501" }), custom("C-2")).await, "ID_NOT_ALLOWED"),
        (set(json!({ "lastName": "X" }), json!({ "id": "gid://shopify/Customer/9" })).await, "NOT_FOUND"),
        (
            set(
                json!({ "lastName": "X", "addresses": [{ "countryCode": "US", "provinceCode": "XX" }] }),
                Value::Null,
            )
            .await,
            "INVALID",
        ),
    ];
    for (payload, expected) in cases {
        assert!(payload["customer"].is_null(), "{payload}");
        assert_eq!(payload["userErrors"][0]["code"], expected, "{payload}");
    }
    bench.shop.remove_definitions();
    let blind = bench.call(query, json!({ "input": input, "identifier": custom("C-3") })).await;
    assert_eq!(code(&blind), "NOT_FOUND");
}

#[tokio::test]
async fn a_default_address_can_be_put_back() {
    let bench = bench(|_| {});
    let customer = "gid://shopify/Customer/501";
    let read = "query CustomersById($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer { defaultAddress { id city } } } }";
    let default = async || {
        bench.call(read, json!({ "ids": [customer] })).await["data"]["nodes"][0]["defaultAddress"].clone()
    };
    let before = default().await;
    let input = with(order(&[line(SHIRT, 1)]), "customer", json!({ "toAssociate": { "id": customer } }));
    bench
        .created(with(input, "shippingAddress", json!({ "city": "Oslo", "countryCode": "NO" })), "BYPASS")
        .await;
    assert_eq!(default().await["city"], "Oslo");
    let restore = "mutation CustomerUpdateDefaultAddress($c: ID!, $a: ID!) {
        customerUpdateDefaultAddress(customerId: $c, addressId: $a) { customer { id } userErrors { message } } }";
    bench.call(restore, json!({ "c": customer, "a": before["id"] })).await;
    assert_eq!(default().await, before);
    let create = "mutation CustomerAddressCreate($c: ID!, $a: MailingAddressInput!) {
        customerAddressCreate(customerId: $c, address: $a, setAsDefault: true) { address { id } userErrors { field message } } }";
    let add = async |address: Value| {
        bench.call(create, json!({ "c": customer, "a": address })).await["data"]["customerAddressCreate"]
            .clone()
    };
    assert_eq!(add(json!({ "city": "Bonn", "countryCode": "DE" })).await["userErrors"], json!([]));
    assert_eq!(default().await["city"], "Bonn");
    let twice = add(json!({ "city": "Bonn", "countryCode": "DE" })).await;
    assert_eq!(twice["userErrors"][0]["message"], "Address already exists");
}
