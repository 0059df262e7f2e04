//! Documents and variables that do not fit the schema, and lists that are too long.

use super::*;

#[tokio::test]
async fn wrong_documents_get_validation_errors_without_data_or_cost() {
    let bench = bench(|_| {});
    let cases = [
        ("query A { shop { nonsense } }", "undefinedField"),
        ("query A { shop(x: 1) { name } }", "argumentNotAccepted"),
        ("mutation A { orderCreate { order { id } userErrors { message } } }", "missingRequiredArguments"),
        ("query A { shop }", "selectionMismatch"),
        ("query A($x: Int) { shop { name } }", "variableNotUsed"),
        ("query A { shop { name @idempotent(key: \"x\") } }", "undefinedDirective"),
        ("query A { shop { ", "PARSE_ERROR"),
        (
            "mutation A { customerUpdateDefaultAddress(customerId: \"x\", addressId: \"y\") { userErrors { code } } }",
            "undefinedField",
        ),
    ];
    for (query, expected) in cases {
        let answer = bench.call(query, json!({})).await;
        assert_eq!(code(&answer), expected, "{query}: {answer}");
        assert!(answer.get("data").is_none() && answer.get("extensions").is_none(), "{answer}");
    }
    let answer = bench.call("query A { shop { nonsense } }", json!({})).await;
    assert_eq!(answer["errors"][0]["path"], json!(["query A", "shop", "nonsense"]));
    assert_eq!(answer["errors"][0]["message"], "Field 'nonsense' doesn't exist on type 'Shop'");
}

#[tokio::test]
async fn variables_that_do_not_fit_are_named() {
    let bench = bench(|_| {});
    let query = "query C($i: CustomerIdentifierInput!) { customerByIdentifier(identifier: $i) { id } }";
    let answer = bench.call(query, json!({ "i": {} })).await;
    assert_eq!(code(&answer), "INVALID_VARIABLE");
    assert_eq!(
        answer["errors"][0]["extensions"]["problems"][0]["explanation"],
        "'CustomerIdentifierInput' requires exactly one argument, but 0 were provided.",
    );
    let wrong = with(order(&[line(SHIRT, 1)]), "currency", json!("DOLLARS"));
    let answer = bench.call(ORDER_CREATE, json!({ "order": wrong })).await;
    assert_eq!(answer["errors"][0]["extensions"]["problems"][0]["path"], json!(["currency"]));
    let unknown = json!({ "order": order(&[]), "options": { "inventoryBehavior": "BYPASS" } });
    assert_eq!(code(&bench.call(ORDER_CREATE, unknown).await), "INVALID_VARIABLE");
    let missing = bench.call(ORDER_CREATE, json!({})).await;
    assert_eq!(
        missing["errors"][0]["message"],
        "Variable $order of type OrderCreateOrderInput! was provided invalid value",
    );
}

#[tokio::test]
async fn lists_over_250_entries_are_refused_before_anything_runs() {
    let bench = bench(|_| {});
    let lines: Vec<Value> = (0..251).map(|_| line(POSTER, 1)).collect();
    let answer = bench.call(ORDER_CREATE, json!({ "order": order(&lines) })).await;
    assert_eq!(code(&answer), "MAX_INPUT_SIZE_EXCEEDED");
    assert_eq!(answer["errors"][0]["path"], json!(["orderCreate", "order", "lineItems"]));
    assert!(answer.get("data").is_none());
    assert!(bench.shop.orders().is_empty());
    let fits = bench.create(order(&lines[..250]), "BYPASS").await;
    assert!(fits["order"].is_object(), "{fits}");
}
