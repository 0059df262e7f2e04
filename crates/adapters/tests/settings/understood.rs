//! Documents that are understood: every key, every default, secrets and trials.

use super::*;
use adapters::settings::check_stored;
use domain::ids::LocationId;
use domain::money::{Currency, Decimal};
use domain::settings::{Fulfilment, ItemKey, ReportMode, StockMode, TaxOtherwise};
use std::time::Duration;

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
