//! Settings documents from the outside: every wrong input is refused with key, value and what is allowed; every good
//! one survives being written and read again.

use adapters::settings::{Checked, SettingError, Trial, check, check_stored, json_schema};
use domain::ids::LocationId;
use domain::money::{Currency, Decimal};
use domain::settings::{Fulfilment, ItemKey, ReportMode, StockMode, TaxOtherwise};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// The least that a document must say, by section.
fn least() -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        (
            "joor",
            "account = \"1234\"\nclient_id = \"c\"\nusername = \"u\"\nclient_secret = \"s3cr\"\npassword = \"pw-7\"\n".to_owned(),
        ),
        ("shopify", "shop_url = \"https://brand.myshopify.com\"\naccess_token = \"shpat_1\"\n".to_owned()),
        ("orders", "currencies = [\"USD\"]\n".to_owned()),
    ])
}

fn document(sections: &BTreeMap<&'static str, String>) -> String {
    sections.iter().map(|(name, body)| format!("[{name}]\n{body}\n")).collect()
}

fn read(text: &str) -> Result<Checked, Vec<SettingError>> {
    check("brand.toml", text, Path::new("."), Trial::Off)
}

/// The least document with one more line in a section.
fn with(section: &'static str, line: &str) -> String {
    let mut sections = least();
    sections.entry(section).or_default().push_str(&format!("{line}\n"));
    document(&sections)
}

/// The least document where a line that starts with `key` says something else, or nothing.
fn changed(section: &'static str, key: &str, line: &str) -> String {
    let mut sections = least();
    let body = sections.get_mut(section).unwrap();
    let kept: Vec<&str> = body.lines().filter(|old| !old.starts_with(&format!("{key} ="))).collect();
    *body = format!("{}\n{line}\n", kept.join("\n"));
    document(&sections)
}

/// Exactly one error, which names the key, shows the value and says what is allowed.
fn refused(text: &str, key: &str, value: &str, allowed: &str) {
    let errors = read(text).expect_err(key);
    let [error] = errors.as_slice() else { panic!("one error expected for {key}: {errors:#?}") };
    assert_eq!(error.file, "brand.toml");
    assert_eq!(error.key, key, "{error}");
    assert!(error.value.contains(value), "{error}: the value should contain {value}");
    assert!(error.allowed.contains(allowed), "{error}: should allow {allowed}");
}

#[test]
fn every_wrong_input_names_its_key_its_value_and_what_is_allowed() {
    // joor
    refused(&changed("joor", "account", ""), "joor.account", "missing", "number of the JOOR account");
    refused(
        &changed("joor", "account", "account = \"12-4\""),
        "joor.account",
        "12-4",
        "letters and digits only",
    );
    refused(&changed("joor", "account", "account = 1234"), "joor.account", "1234", "a text in quotes");
    refused(
        &changed("joor", "client_id", "client_id = \" \""),
        "joor.client_id",
        "empty",
        "client id that JOOR issued",
    );
    refused(
        &changed("joor", "username", "username = \"a\\u0007b\""),
        "joor.username",
        "a",
        "without control characters",
    );
    refused(
        &with("joor", "environment = \"test-1\""),
        "joor.environment",
        "test-1",
        "letters and digits only",
    );
    refused(
        &with("joor", "api_url = \"http://api.example\""),
        "joor.api_url",
        "http://api.example",
        "https://",
    );
    refused(
        &with("joor", "token_url = \"https://u:pw@x.example/\""),
        "joor.token_url",
        "hidden",
        "without user",
    );
    refused(
        &with("joor", "api_url = \"https://apisandbox.jooraccess.com/v4\""),
        "joor.environment + joor.api_url",
        "apisandbox",
        "same environment",
    );
    refused(&with("joor", "report = \"some\""), "joor.report", "some", "success_only");
    refused(
        &with("joor", "password_file = \"p.txt\""),
        "joor.password + joor.password_file",
        "both",
        "only one",
    );
    refused(&changed("joor", "password", "password = 7"), "joor.password", "(hidden)", "text in quotes");
    refused(&changed("joor", "password", "password = \"\""), "joor.password", "(hidden)", "not empty");
    refused(
        &changed("joor", "password", "password_file = \"/nowhere/pw\""),
        "joor.password_file",
        "/nowhere/pw",
        "a file that can be read",
    );
    refused(
        &changed("joor", "password", "pasword = \"pw-7\""),
        "joor.pasword",
        "unknown key",
        "did you mean password?",
    );
    // shopify
    refused(&changed("shopify", "shop_url", ""), "shopify.shop_url", "missing", "brand.myshopify.com");
    refused(
        &changed("shopify", "shop_url", "shop_url = \"brand.myshopify.com\""),
        "shopify.shop_url",
        "brand.myshopify.com",
        "https://",
    );
    refused(
        &changed("shopify", "shop_url", "shop_url = \"https://x.example/admin\""),
        "shopify.shop_url",
        "/admin",
        "without a path",
    );
    refused(&with("shopify", "api_version = \"2026-05\""), "shopify.api_version", "2026-05", "2026-07");
    refused(
        &with("shopify", "client_id = \"a\""),
        "shopify.access_token + shopify.client_id",
        "both",
        "either a static access_token",
    );
    refused(
        &changed("shopify", "access_token", "client_secret = \"x\""),
        "shopify.client_secret + shopify.client_id",
        "only the secret",
        "client_id beside client_secret",
    );
    // schedule
    refused(&with("schedule", "interval = \"59s\""), "schedule.interval", "59s", "at least 1m");
    refused(&with("schedule", "interval = 60"), "schedule.interval", "60", "a text in quotes");
    refused(&with("schedule", "interval = \"60\""), "schedule.interval", "60", "with its unit");
    refused(&with("schedule", "interval = \"25h\""), "schedule.interval", "25h", "at most");
    refused(&with("schedule", "quiet_time = \"10s\""), "schedule.quiet_time", "10s", "at least 1m");
    refused(
        &with("schedule", "exported_since = \"1.11.2026\""),
        "schedule.exported_since",
        "1.11.2026",
        "2026-11-01",
    );
    refused(
        &with("schedule", "include_start_day = \"yes\""),
        "schedule.include_start_day",
        "yes",
        "true or false",
    );
    refused(
        &with("schedule", "intervall = \"60s\""),
        "schedule.intervall",
        "unknown key",
        "did you mean interval?",
    );
}

#[test]
fn every_wrong_input_about_orders_names_its_key_its_value_and_what_is_allowed() {
    refused(&with("orders", "stock = \"bypas\""), "orders.stock", "bypas", "did you mean bypass?");
    refused(&with("orders", "payment = \"unpaid\""), "orders.payment", "unpaid", "one of pending, paid");
    refused(
        &with("orders", "fulfilment = \"assigned\""),
        "orders.fulfilment + orders.location",
        "without",
        "a location",
    );
    refused(
        &with("orders", "fulfilment = \"unfulfilled\"\nlocation = \"7\""),
        "orders.fulfilment + orders.location",
        "7",
        "no location",
    );
    refused(&with("orders", "location = \"7\""), "orders.fulfilment + orders.location", "7", "no location");
    refused(
        &with("orders", "fulfilment = \"assigned\"\nlocation = \"Main\""),
        "orders.location",
        "Main",
        "number of a Shopify location",
    );
    refused(&with("orders", "stock_locations = [\"x\"]"), "orders.stock_locations", "x", "Shopify location");
    refused(&with("orders", "stock_locations = \"7\""), "orders.stock_locations", "7", "a list of texts");
    refused(&with("orders", "scarce = \"random\""), "orders.scarce", "random", "ship_window");
    refused(&with("orders", "item_keys = []"), "orders.item_keys", "no usable", "upc_variant_id");
    refused(&with("orders", "item_keys = [\"sku\", \"sku\"]"), "orders.item_keys", "sku", "each entry once");
    refused(&with("orders", "create_customers = 1"), "orders.create_customers", "1", "true or false");
    refused(&with("orders", "customer_tags = [\"a,b\"]"), "orders.customer_tags", "a,b", "without a comma");
    refused(&with("orders", "discount_label = \"\""), "orders.discount_label", "\"\"", "1 to 100 characters");
    refused(&with("orders", "splitting = \"cut\""), "orders.splitting", "cut", "hold, split");
    refused(&with("orders", "stand_in_price = 1.0"), "orders.stand_in_price", "1", "a text in quotes");
    refused(&with("orders", "stand_in_price = \"one\""), "orders.stand_in_price", "one", "1.00");
    refused(&with("orders", "stand_in_price = \"-1\""), "orders.stand_in_price", "-1", "1.00");
    refused(&changed("orders", "currencies", ""), "orders.currencies", "missing", "USD");
    refused(&changed("orders", "currencies", "currencies = []"), "orders.currencies", "empty list", "USD");
    refused(
        &changed("orders", "currencies", "currencies = [\"usd\"]"),
        "orders.currencies",
        "usd",
        "in capitals",
    );
    refused(
        &changed("orders", "currencies", "currencies = [\"XAU\"]"),
        "orders.currencies",
        "XAU",
        "ISO 4217",
    );
    refused(
        &with("orders", "required_fields = [\"po_numbr\"]"),
        "orders.required_fields",
        "po_numbr",
        "po_number",
    );
    refused(
        &with("orders", "after_reapproval = \"yes\""),
        "orders.after_reapproval",
        "yes",
        "ask, export, ignore",
    );
    refused(
        &with("orders", "order_page = \"https://x.example/1\""),
        "orders.order_page",
        "x.example",
        "{order}",
    );
    refused(
        &with("orders", "order_page = \"javascript:{order}\""),
        "orders.order_page",
        "javascript",
        "https://",
    );
    refused(
        &with("orders", "fulfillment = \"fulfilled\""),
        "orders.fulfillment",
        "unknown key",
        "did you mean fulfilment?",
    );
}

#[test]
fn every_wrong_rule_is_refused() {
    let rule = |lines: &str| with("orders", &format!("[[orders.rules]]\n{lines}"));
    let when = "when = { linesheet = [\"MTO\"] }";
    refused(
        &rule(&format!("{when}\nstock = \"bypass\"")),
        "orders.rules[1].name",
        "missing",
        "a name that people",
    );
    refused(&rule("name = \"a\"\nskip = true"), "orders.rules[1].when", "missing", "at least one condition");
    refused(
        &rule("name = \"a\"\nskip = true\nwhen = { season = [] }"),
        "orders.rules[1].when",
        "no condition",
        "linesheet",
    );
    refused(&rule(&format!("name = \"a\"\n{when}")), "orders.rules[1].name", "a", "says something");
    refused(
        &rule(&format!("name = \"a\"\n{when}\nskip = true\nstock = \"bypass\"")),
        "orders.rules[1].skip + orders.rules[1].stock",
        "both",
        "only skip",
    );
    refused(
        &rule(&format!("name = \"a\"\n{when}\nfulfilment = \"assigned\"")),
        "orders.rules[1].fulfilment + orders.rules[1].location",
        "without",
        "a location",
    );
    refused(
        &rule("name = \"a\"\nskip = true\nwhen = { country = [\"England\"] }"),
        "orders.rules[1].when.country",
        "England",
        "two letters",
    );
    refused(
        &rule("name = \"a\"\nskip = true\nwhen = { linesheets = [\"x\"], season = [\"y\"] }"),
        "orders.rules[1].when.linesheets",
        "unknown",
        "did you mean linesheet?",
    );
    refused(
        &rule(&format!(
            "name = \"a\"\n{when}\nskip = true\n[[orders.rules]]\nname = \"a\"\n{when}\nskip = true"
        )),
        "orders.rules[2].name",
        "a",
        "a name of its own",
    );
    refused(&with("orders", "rules = 5"), "orders.rules", "5", "[[orders.rules]]");
}

#[test]
fn every_wrong_input_of_the_other_sections_is_refused() {
    let tax = |lines: &str| with("tax", lines);
    refused(&tax("otherwise = \"free\""), "tax.otherwise", "free", "hold, none");
    refused(
        &tax("[tax.rules.XX]\nname = \"VAT\"\nrate = \"20%\""),
        "tax.rules.XX",
        "unknown country",
        "two letters",
    );
    refused(&tax("[tax.rules.GB]\nrate = \"20%\""), "tax.rules.GB.name", "missing", "VAT");
    refused(&tax("[tax.rules.GB]\nname = \"VAT\""), "tax.rules.GB.rate", "missing", "20%");
    refused(&tax("[tax.rules.GB]\nname = \"VAT\"\nrate = \"20\""), "tax.rules.GB.rate", "20", "0.2");
    refused(
        &tax("[tax.rules.GB]\nname = \"VAT\"\nrate = 0.2"),
        "tax.rules.GB.rate",
        "0.2",
        "a text in quotes",
    );
    refused(&tax("rules = { GB = \"20%\" }"), "tax.rules.GB", "20%", "a section");
    refused(
        &tax("[tax.rules.GB]\nname = \"VAT\"\nrate = \"20%\"\n[tax.rules.gb]\nname = \"VAT\"\nrate = \"5%\""),
        "tax.rules.gb",
        "same country",
        "each country once",
    );
    refused(&with("note", "template = \"{{ colour }}\""), "note.template", "colour", "colour");
    refused(&with("note", "template = \"{{ order\""), "note.template", "order", "");
    refused(&with("tags", "templates = [\"{{ nothing }}\"]"), "tags.templates", "nothing", "nothing");
    refused(&with("attributes", "\"Door\" = \"{{ dor }}\""), "attributes.Door", "dor", "dor");
    refused(&with("attributes", "\"Door\" = 5"), "attributes.Door", "5", "a text in quotes");
    refused(&with("alerts", "orders = [\"nobody\"]"), "alerts.orders", "nobody", "e-mail address");
    refused(
        &with("alerts", "outages = [\"a@b.example\\r\\nBcc: x@y.example\"]"),
        "alerts.outages",
        "a@b",
        "",
    );
    refused(&with("alerts", "daily_hour = 24"), "alerts.daily_hour", "24", "from 0 to 23");
    refused(
        &with("alerts", "silence = \"90s\""),
        "alerts.silence + schedule.interval",
        "1m 30s",
        "two intervals",
    );
    refused(&with("alert", "daily_hour = 4"), "alert", "unknown section", "did you mean alerts?");
    refused(&with("joor", "[alerts]\norders = 1"), "alerts.orders", "1", "a list of texts");
    refused(
        "joor = 5\n[shopify]\nshop_url = \"https://a.example\"\n[orders]\ncurrencies = [\"USD\"",
        "line 5",
        "not readable",
        "key = ",
    );
}

#[test]
fn all_errors_of_a_file_come_at_once_and_none_shows_a_secret() {
    let text = "[joor]\npasword = \"hunter2\"\naccount = \"1-2\"\n[shopify]\nshop_url = \"ftp://x\"\naccess_token = 99887766\n\
                [schedule]\ninterval = \"1s\"\n[extra]\ntoken = \"hunter3\"\n";
    let errors = read(text).unwrap_err();
    let keys: Vec<&str> = errors.iter().map(|error| error.key.as_str()).collect();
    for key in [
        "joor.pasword",
        "joor.account",
        "joor.client_id",
        "joor.username",
        "shopify.shop_url",
        "shopify.access_token",
        "schedule.interval",
        "orders.currencies",
        "extra",
    ] {
        assert!(keys.contains(&key), "{key} is not among {keys:?}");
    }
    let told = errors.iter().map(ToString::to_string).collect::<String>();
    for secret in ["hunter2", "hunter3", "99887766"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[test]
fn a_syntax_error_names_the_line_and_not_what_stands_there() {
    let errors = read("[joor]\naccount = \"1\"\npassword = \"hunter2\n").unwrap_err();
    assert_eq!(errors[0].key, "line 3");
    assert!(!errors[0].to_string().contains("hunter2"), "{}", errors[0]);
}

const FULL: &str = r#"
[joor]
environment = "sandbox"
account = "42"
client_id = "c"
username = "u"
report = "success_only"
[shopify]
shop_url = "https://brand.myshopify.com/"
client_id = "app"
client_secret = "very"
[schedule]
interval = "90s"
quiet_time = "10m"
exported_since = 2026-11-01
include_start_day = true
[orders]
fulfilment = "assigned"
location = "gid://shopify/Location/77"
payment = "paid"
stock = "follow_policy"
stock_locations = ["77", "78"]
item_keys = ["sku", "barcode"]
currencies = ["USD", "JPY"]
stand_in_price = "0.50"
required_fields = ["po_number"]
order_page = "https://joor.example/orders/{order}?tab=overview"
[[orders.rules]]
name = "made to order"
when = { linesheet = ["MTO"], country = ["us"] }
stock = "bypass"
fulfilment = "fulfilled"
[[orders.rules]]
name = "not ours"
when = { warehouse = ["LA"] }
skip = true
[tax]
otherwise = "none"
[tax.rules.GB]
name = "VAT"
rate = "20%"
on_shipping = true
[note]
template = """
PO {{ po_number }}
"Quoted" and 'single', back\\slash, ümlaut
{{ comments }}"""
[tags]
templates = ["{{ linesheet }}"]
[attributes]
"JOOR order" = "{{ order }}"
[alerts]
outages = ["ops@brand.example"]
orders = ["sales@brand.example"]
daily_hour = 5
silence = "2h"
"#;

#[test]
fn a_full_document_is_understood_and_survives_being_written_and_read_again() {
    let first = read(FULL).unwrap();
    let settings = &first.settings;
    let location = LocationId::from_number("77").unwrap();
    assert_eq!(settings.orders.fulfilment, Fulfilment::Assigned(location));
    assert_eq!(settings.orders.item_keys, [ItemKey::Sku, ItemKey::Barcode]);
    assert_eq!(
        settings.orders.currencies,
        [Currency::from_code("USD").unwrap(), Currency::from_code("JPY").unwrap()]
    );
    assert_eq!(settings.schedule.interval, Duration::from_secs(90));
    assert_eq!(settings.schedule.exported_since, Some("2026-11-01".parse().unwrap()));
    assert_eq!(settings.tax.rules["GB"].rate, Decimal::new(2, 1));
    assert_eq!(settings.tax.otherwise, TaxOtherwise::None);
    assert_eq!(settings.report, ReportMode::SuccessOnly);
    assert_eq!(settings.rules[0].stock, Some(StockMode::Bypass));
    assert_eq!(settings.rules[0].when.country, ["US"]);
    assert!(settings.rules[1].skip);
    assert_eq!(first.joor.api_url, "https://apisandbox.jooraccess.com/v4");
    assert_eq!(first.shopify.shop_url, "https://brand.myshopify.com");
    assert_eq!(first.secrets["shopify.client_secret"].expose(), "very");

    let second = check_stored(&first.document, Trial::Off).unwrap();
    assert_eq!(second.document, first.document);
    assert_eq!(second.settings, first.settings);
    assert_eq!((&second.joor, &second.shopify), (&first.joor, &first.shopify));
    assert!(second.secrets.is_empty());
    assert!(!first.document.contains("very"), "{}", first.document);
}

#[test]
fn the_least_document_gets_every_default_and_survives_too() {
    let first = read(&document(&least())).unwrap();
    assert_eq!(first.settings.orders.fulfilment, Fulfilment::Unfulfilled);
    assert_eq!(first.settings.orders.stock, StockMode::Require);
    assert_eq!(first.settings.orders.item_keys, [ItemKey::UpcVariantId, ItemKey::Sku]);
    assert_eq!(first.settings.schedule.interval, Duration::from_secs(60));
    assert_eq!(first.settings.schedule.quiet_time, Duration::from_secs(300));
    assert_eq!(first.joor.token_url, "https://atlas.jooraccess.com/auth/");
    let second = check_stored(&first.document, Trial::Off).unwrap();
    assert_eq!((&second.settings, &second.document), (&first.settings, &first.document));
}

#[test]
fn secrets_that_are_neither_in_the_file_nor_kept_are_named() {
    let checked = read(FULL).unwrap();
    let missing = |kept: &[&str]| -> Vec<String> {
        checked
            .secrets_missing("brand.toml", |name| kept.contains(&name))
            .into_iter()
            .map(|e| e.key)
            .collect()
    };
    assert_eq!(missing(&[]), ["joor.client_secret", "joor.password"]);
    assert_eq!(missing(&["joor.client_secret", "joor.password"]), Vec::<String>::new());
}

#[test]
fn secrets_are_read_from_files_beside_the_document() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pw.txt"), "from-a-file\n").unwrap();
    let text = changed("joor", "password", "password_file = \"pw.txt\"");
    let checked = check("brand.toml", &text, folder.path(), Trial::Off).unwrap();
    assert_eq!(checked.secrets["joor.password"].expose(), "from-a-file");
}

#[test]
fn stored_settings_hold_no_secrets() {
    let errors = check_stored(&document(&least()), Trial::Off).unwrap_err();
    let keys: Vec<&str> = errors.iter().map(|error| error.key.as_str()).collect();
    assert_eq!(keys, ["joor.client_secret", "joor.password", "shopify.access_token"]);
}

#[test]
fn a_trial_lifts_the_floors_and_stays_on_this_machine() {
    let text = "[joor]\napi_url = \"http://127.0.0.1:4000/v4\"\ntoken_url = \"http://localhost:4000/auth/\"\naccount = \"1\"\n\
                client_id = \"c\"\nusername = \"u\"\n[shopify]\nshop_url = \"http://[::1]:4001\"\n[schedule]\n\
                interval = \"1s\"\nquiet_time = \"0s\"\n[orders]\ncurrencies = [\"USD\"]\n";
    let checked = check("trial.toml", text, Path::new("."), Trial::On).unwrap();
    assert_eq!(checked.settings.schedule.interval, Duration::from_secs(1));
    assert_eq!(check_stored(&checked.document, Trial::On).unwrap().settings, checked.settings);
    let keys = |errors: Vec<SettingError>| errors.into_iter().map(|error| error.key).collect::<Vec<_>>();
    let off = check("trial.toml", text, Path::new("."), Trial::Off);
    assert_eq!(
        keys(off.unwrap_err()),
        ["joor.api_url", "joor.token_url", "shopify.shop_url", "schedule.interval", "schedule.quiet_time"]
    );
    let real = check("brand.toml", &document(&least()), Path::new("."), Trial::On);
    assert_eq!(keys(real.unwrap_err()), ["joor.api_url", "joor.token_url", "shopify.shop_url"]);
}

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
