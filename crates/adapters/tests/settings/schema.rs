//! The schema of the document against the reader.

use super::*;
use adapters::settings::json_schema;

/// The schema and the reader are two lists of the same keys; this keeps them one.
#[test]
fn the_schema_names_exactly_the_keys_that_the_reader_knows() {
    let schema = json_schema();
    let properties = |name: &str| -> Vec<String> {
        let object = match name {
            "" => &schema,
            name => &schema["$defs"][name],
        };
        object["properties"]
            .as_object()
            .unwrap_or_else(|| panic!("{name} in {schema:#}"))
            .keys()
            .cloned()
            .collect::<std::collections::BTreeSet<String>>()
            .into_iter()
            .collect()
    };
    let unknown = |text: String, key: &str| -> Vec<String> {
        let errors = read(&text).unwrap_err();
        let error =
            errors.iter().find(|error| error.key == key).unwrap_or_else(|| panic!("{key} in {errors:#?}"));
        let mut allowed: Vec<String> =
            error.allowed.split("one of ").nth(1).unwrap().split(", ").map(str::to_owned).collect();
        allowed.sort();
        allowed.dedup();
        allowed
    };
    assert_eq!(unknown(with("zzzzzz", "a = 1"), "zzzzzz"), properties(""));
    for (section, object) in [
        ("joor", "JoorSection"),
        ("shopify", "ShopifySection"),
        ("schedule", "ScheduleSection"),
        ("orders", "OrdersSection"),
        ("tax", "TaxSection"),
        ("note", "NoteSection"),
        ("tags", "TagsSection"),
        ("alerts", "AlertsSection"),
    ] {
        assert_eq!(unknown(with(section, "zzzzzz = 1"), &format!("{section}.zzzzzz")), properties(object));
    }
    let rule =
        "[[orders.rules]]\nname = \"a\"\nskip = true\nzzzzzz = 1\nwhen = { season = [\"s\"], zzzzzz = 1 }";
    assert_eq!(unknown(with("orders", rule), "orders.rules[1].zzzzzz"), properties("RuleSection"));
    assert_eq!(unknown(with("orders", rule), "orders.rules[1].when.zzzzzz"), properties("WhenSection"));
    let tax = "[tax.rules.GB]\nname = \"VAT\"\nrate = \"1%\"\nzzzzzz = 1";
    assert_eq!(unknown(with("tax", tax), "tax.rules.GB.zzzzzz"), properties("TaxRuleSection"));
    let default = |name: &str, key: &str| schema["$defs"][name]["properties"][key]["default"].clone();
    assert_eq!(default("ScheduleSection", "quiet_time"), "5m");
    assert_eq!(default("OrdersSection", "create_customers"), true);
    assert_eq!(default("JoorSection", "account"), serde_json::Value::Null, "a required key has no default");
    let required = |name: &str| schema["$defs"][name]["required"].clone();
    assert_eq!(required("JoorSection"), serde_json::json!(["account", "client_id", "username"]));
    assert_eq!(required("ShopifySection"), serde_json::json!(["shop_url"]));
    assert_eq!(required("OrdersSection"), serde_json::json!(["currencies"]));
    assert_eq!(schema["required"], serde_json::json!(["joor", "shopify", "orders"]));
}
