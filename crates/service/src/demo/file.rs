//! The connection files of the demo, as a brand would write them.

use sandbox::{Sandbox, brand};

/// The brand's connection.
pub fn of_the_brand(sandbox: &Sandbox) -> String {
    let start = sandbox.clock.today().saturating_sub(jiff::ToSpan::days(brand::START_DAYS_AGO));
    let mut tax = String::new();
    for rule in brand::TAX_RULES {
        tax.push_str(&format!(
            "[tax.rules.{}]\nname = \"{}\"\nrate = \"{}%\"\non_shipping = true\n",
            rule.country,
            if rule.percent == 0 { "tax free" } else { rule.name },
            rule.percent
        ));
    }
    let currencies = brand::CURRENCIES_ALLOWED.map(|code| format!("\"{code}\"")).join(", ");
    let link = link(sandbox, "access_token = \"shpat_sandbox\"");
    format!(
        r#"{link}
[schedule]
exported_since = "{start}"
[orders]
currencies = [{currencies}]
required_fields = ["{required}"]
order_page = "{ORDER_PAGE}"
{rules}
[tax]
otherwise = "hold"
{tax}
[tags]
templates = ["{{{{ linesheet }}}}", "{{{{ season }}}}"]
[attributes]
"JOOR order" = "{{{{ order }}}}"
"Show" = "{show}"
{ALERTS}"#,
        required = brand::REQUIRED_FIELD,
        rules = brand::RULES,
        show = brand::SHOW_TEMPLATE,
    )
}

/// The connection of the mishaps; its app renews its token, and goods for the fair leave from the pop-up store.
pub fn of_the_mishaps(sandbox: &Sandbox, pop_up: u64) -> String {
    let start = sandbox.clock.today().saturating_sub(jiff::ToSpan::days(90));
    let shop = sandbox.shop.options();
    let app = format!("client_id = \"{}\"\nclient_secret = \"{}\"", shop.client_id, shop.client_secret);
    let link = link(sandbox, &app);
    format!(
        r#"{link}
[schedule]
exported_since = "{start}"
[orders]
currencies = ["USD"]
order_page = "{ORDER_PAGE}"
[[orders.rules]]
name = "shown at the fair"
fulfilment = "assigned"
location = "{pop_up}"
when = {{ linesheet = ["FAIR"] }}
[[orders.rules]]
name = "sold at the fair"
stock = "bypass"
fulfilment = "assigned"
location = "{pop_up}"
when = {{ linesheet = ["SOLD"] }}
{ALERTS}daily_hour = 0
"#
    )
}

/// As a brand copies it from its browser. JOOR of the sandbox has no pages, so that nobody comes anywhere by it.
const ORDER_PAGE: &str = "https://www.joor.example/orders/review/{order}";

const ALERTS: &str = r#"
[alerts]
outages = ["it@brand.example.com"]
orders = ["wholesale@brand.example.com"]
daily = ["wholesale@brand.example.com"]
"#;

fn link(sandbox: &Sandbox, credentials: &str) -> String {
    let joor = sandbox.joor.options();
    format!(
        r#"[joor]
environment = "sandbox"
api_url = "{}"
token_url = "{}"
account = "{}"
client_id = "{}"
client_secret = "{}"
username = "{}"
password = "{}"
[shopify]
shop_url = "{}"
{credentials}
"#,
        sandbox.joor_api_url(),
        sandbox.joor_token_url(),
        joor.account,
        joor.client_id,
        joor.client_secret,
        joor.username,
        joor.password,
        sandbox.shopify_url(),
    )
}
