//! Documents that are refused: each wrong input by its key, and all of them at once.

use super::*;

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
