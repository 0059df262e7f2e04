//! The request that leaves, and the customer that is created.

use super::*;
use domain::orders::decide::NewCustomer;

fn variables(draft: &Draft) -> Value {
    let stage = Stage::new(Vec::new());
    let body: Value = serde_json::from_str(&stage.shop.freeze(draft).body).unwrap();
    assert_eq!(body["operationName"], "OrderCreate");
    body["variables"].clone()
}

fn money(amount: &str) -> Value {
    json!({ "shopMoney": { "amount": amount, "currencyCode": "EUR" } })
}

#[test]
fn everything_decided_is_in_the_one_request() {
    let tax = |amount| json!([{ "title": "VAT", "rate": "0.1", "priceSet": money(amount) }]);
    let address = |second: Option<&str>| {
        let mut address = json!({
            "firstName": "Ann", "lastName": "Day", "company": "Shop & Co", "address1": "1 St", "city": "New York",
            "provinceCode": "NY", "countryCode": "US", "zip": "10001", "phone": "+12125550100"
        });
        if let Some(second) = second {
            address["address2"] = json!(second);
        }
        address
    };
    let expected = json!({
        "order": {
            "currency": "EUR",
            "lineItems": [{
                "variantId": "gid://shopify/ProductVariant/11", "quantity": 2, "priceSet": money("12.00"),
                "requiresShipping": true, "taxable": true, "taxLines": tax("2.40")
            }],
            "discountCode": { "itemFixedDiscountCode": { "code": "Wholesale", "amountSet": money("0.50") } },
            "shippingLines": [{ "title": "Ground", "code": "GROUND", "priceSet": money("5.00"), "taxLines": tax("0.50") }],
            "customer": { "toAssociate": { "id": "gid://shopify/Customer/5" } },
            "email": "buyer@example.com",
            "shippingAddress": address(Some("2nd floor")),
            "billingAddress": address(None),
            "financialStatus": "PAID",
            "transactions": [{ "kind": "SALE", "status": "SUCCESS", "gateway": "manual", "amountSet": money("31.40") }],
            "fulfillmentStatus": "FULFILLED",
            "fulfillment": { "locationId": "gid://shopify/Location/3", "notifyCustomer": false },
            "note": "Net 30\n\"urgent\" 🌹",
            "customAttributes": [{ "key": "JOOR order", "value": "7100412" }],
            "tags": ["JOOR 7100412", "wholesale"],
            "poNumber": "PO-77",
            "sourceName": "joor",
            "sourceIdentifier": "sandbox-42-7100412-1-1",
            "sourceUrl": "https://www.joor.com/orders/7100412",
            "processedAt": "2026-10-01T00:00:00Z",
            "metafields": [{ "namespace": "joor_shopify", "key": "export", "type": "id", "value": "sandbox-42-7100412-1-1" }]
        },
        "options": { "inventoryBehaviour": "DECREMENT_OBEYING_POLICY", "sendReceipt": false, "sendFulfillmentReceipt": false }
    });
    assert_eq!(variables(&full_draft()), expected);
}

#[test]
fn what_there_is_not_is_left_out() {
    let expected = json!({
        "order": {
            "currency": "EUR",
            "lineItems": [{
                "variantId": "gid://shopify/ProductVariant/11", "quantity": 2, "priceSet": money("12.00"),
                "requiresShipping": true, "taxable": false
            }],
            "financialStatus": "PENDING",
            "sourceName": "joor",
            "sourceIdentifier": "sandbox-42-7100412-1-1",
            "metafields": [{ "namespace": "joor_shopify", "key": "export", "type": "id", "value": "sandbox-42-7100412-1-1" }]
        },
        "options": { "inventoryBehaviour": "BYPASS", "sendReceipt": false, "sendFulfillmentReceipt": false }
    });
    assert_eq!(variables(&plain_draft()), expected);
}

#[test]
fn amounts_have_the_places_of_their_currency() {
    for (code, expected) in [("JPY", "1235"), ("USD", "1234.50"), ("KWD", "1234.500")] {
        let mut draft = plain_draft();
        draft.currency = Currency::from_code(code).unwrap();
        draft.lines[0].unit_price = Decimal::new(12345, 1);
        assert_eq!(
            variables(&draft)["order"]["lineItems"][0]["priceSet"]["shopMoney"]["amount"],
            expected,
            "{code}"
        );
    }
}

#[test]
fn fulfilment_and_stock_follow_the_draft() {
    let mut draft = plain_draft();
    draft.fulfilment = DraftFulfilment::MoveTo(LocationId::from_number("3").unwrap());
    draft.claim = Claim::IgnoringPolicy;
    let moved = variables(&draft);
    assert!(moved["order"].get("fulfillment").is_none() && moved["order"].get("fulfillmentStatus").is_none());
    assert_eq!(moved["options"]["inventoryBehaviour"], "DECREMENT_IGNORING_POLICY");
    draft.fulfilment = DraftFulfilment::Fulfilled(None);
    let fulfilled = variables(&draft);
    assert_eq!(fulfilled["order"]["fulfillmentStatus"], "FULFILLED");
    assert!(fulfilled["order"].get("fulfillment").is_none());
}

#[test]
fn the_same_draft_gives_the_same_bytes_and_another_gives_others() {
    let shop = Stage::new(Vec::new()).shop;
    let one = shop.freeze(&full_draft());
    assert_eq!(one, Stage::new(Vec::new()).shop.freeze(&full_draft()));
    let mut other = full_draft();
    other.lines[0].quantity = 3;
    assert_ne!(one.fingerprint, shop.freeze(&other).fingerprint);
    assert!(one.fingerprint.len() == 64 && one.fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(
        (one.token.as_str(), one.units, one.expected.amount),
        ("sandbox-42-7100412-1-1", 2, cents(3140))
    );
}

fn customer_json(id: u32) -> Value {
    json!({
        "id": format!("gid://shopify/Customer/{id}"), "displayName": "Ann Day", "taxExempt": true,
        "defaultEmailAddress": { "emailAddress": "buyer@example.com" },
        "defaultAddress": { "id": "gid://shopify/MailingAddress/1?model_name=CustomerAddress" }
    })
}

fn new_customer() -> NewCustomer {
    NewCustomer {
        custom_id: "sandbox-42-900".to_owned(),
        email: "buyer@example.com".to_owned(),
        first_name: "Ann".to_owned(),
        last_name: "Day".to_owned(),
        phone: "+12125550100".to_owned(),
        tags: vec!["JOOR".to_owned()],
        address: full_draft().ship_to,
    }
}

fn set(customer: Value, errors: Value) -> Result<Answer, SendError> {
    data(json!({ "customerSet": { "customer": customer, "userErrors": errors } }))
}

#[tokio::test]
async fn a_customer_is_created_by_its_custom_id() {
    let stage = Stage::new(vec![set(customer_json(8), json!([]))]);
    let customer = stage.shop.create_customer(&new_customer()).await.unwrap();
    assert_eq!((customer.id.number(), customer.tax_exempt), ("8", true));
    let sent = &stage.bodies()[0]["variables"];
    assert_eq!(
        sent["identifier"],
        json!({ "customId": { "namespace": "joor_shopify", "key": "customer", "value": "sandbox-42-900" } })
    );
    assert_eq!(sent["input"]["addresses"][0]["countryCode"], "US");
    assert_eq!(sent["input"]["phone"], "+12125550100");
}

#[tokio::test]
async fn a_taken_phone_is_left_out_once() {
    let taken = json!([{ "field": ["input", "phone"], "message": "Phone has already been taken" }]);
    let stage = Stage::new(vec![set(json!(null), taken.clone()), set(customer_json(8), json!([]))]);
    stage.shop.create_customer(&new_customer()).await.unwrap();
    let again = stage.bodies().pop().unwrap();
    assert!(!again.to_string().contains("+12125550100"), "{again}");

    let stage = Stage::new(vec![set(json!(null), taken.clone()), set(json!(null), taken)]);
    assert!(stage.shop.create_customer(&new_customer()).await.is_err());
}

#[tokio::test]
async fn a_taken_email_is_told_with_its_field() {
    let taken = json!([
        { "field": ["input", "email"], "message": "Email has already been taken" },
        { "field": ["input", "phone"], "message": "Phone is invalid", "code": "INVALID" },
    ]);
    let stage = Stage::new(vec![set(json!(null), taken)]);
    let error = stage.shop.create_customer(&new_customer()).await.unwrap_err();
    let adapters::ports::CallError::Refused { reasons } = error else { panic!("{error}") };
    assert_eq!((reasons[0].code.as_str(), reasons[0].field.as_str()), ("TAKEN", "input.email"));
}
