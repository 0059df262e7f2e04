//! The settings document as a type, with one sentence for each key: the JSON Schema and the reference page are made of
//! it. Reading is not done with this type, since it must report every error at once.

use super::words::{
    AFTER_REAPPROVAL, FULFILMENT, ITEM_KEY, OTHERWISE, PAYMENT, REPORT, SCARCE, SPLITTING, STOCK, words,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The settings of a connection: one JOOR account joined to one Shopify shop.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Document {
    pub joor: JoorSection,
    pub shopify: ShopifySection,
    pub schedule: ScheduleSection,
    pub orders: OrdersSection,
    pub tax: TaxSection,
    pub note: NoteSection,
    pub tags: TagsSection,
    /// Additional details of the Shopify order: name = template.
    pub attributes: BTreeMap<String, String>,
    pub alerts: AlertsSection,
}

/// Where JOOR is and who we are there.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct JoorSection {
    /// `production` or `sandbox`; another word needs both addresses. Letters and digits: part of every export token.
    pub environment: String,
    /// Base address of the API; by default that of the environment.
    pub api_url: String,
    /// Address of the token endpoint; by default that of the environment.
    pub token_url: String,
    /// Number of the JOOR account. Letters and digits: part of every export token.
    pub account: String,
    /// Client id issued by JOOR.
    pub client_id: String,
    /// Login of the user that JOOR issued with the client id.
    pub username: String,
    /// Secret of the client id. Sealed into the ledger when applied and never shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// File that holds the client secret, instead of the secret itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<String>,
    /// Password of the user. Sealed into the ledger when applied and never shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// File that holds the password, instead of the password itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<String>,
    /// Which results are written back to JOOR: all, successes only, or none.
    #[schemars(extend("enum" = words(REPORT)))]
    pub report: &'static str,
}

/// Where the shop is. Credentials are a static access token, or client id and client secret of an app.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ShopifySection {
    /// Address of the shop, such as `https://brand.myshopify.com`.
    pub shop_url: String,
    /// Version of the Admin API.
    pub api_version: String,
    /// Client id of an app of your own organisation; needs `client_secret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Secret of the client id. Sealed into the ledger when applied and never shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// File that holds the client secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<String>,
    /// Static token of a custom app. Sealed into the ledger when applied and never shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// File that holds the access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_file: Option<String>,
}

/// When the program looks for orders, and which ones.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ScheduleSection {
    /// From the start of one cycle to the start of the next; at least 60 s.
    pub interval: String,
    /// Time of day in UTC in which nothing is read or sent, such as `22:00-06:00`; by default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<String>,
    /// After an unclear answer of Shopify nothing is sent again for at least this long; at least 60 s, and at least
    /// 5 minutes in a shop that `connection probe` has not measured.
    pub quiet_time: String,
    /// Orders approved before this day are left alone; by default the day of going live. An earlier day is a backfill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exported_since: Option<String>,
    /// Export orders approved on the start day itself too, which an earlier integration may have exported already.
    pub include_start_day: bool,
    /// Days after which requests, answers and texts of a settled order are removed from the ledger, which may name people;
    /// numbers, states and totals stay. At least 90; 0: never.
    pub keep_days: u16,
}

/// How an order is carried over.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OrdersSection {
    /// How orders arrive: unfulfilled, fulfilled, assigned to the location and fulfilled, or assigned and unfulfilled.
    #[schemars(extend("enum" = words(FULFILMENT)))]
    pub fulfilment: &'static str,
    /// Shopify location for `fulfilled` (optional), `assigned_fulfilled` and `assigned`: its number or id. Shopify claims
    /// stock from the shop as a whole: stock at this location is checked before and compared after, not claimed there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Payment status of the order in Shopify; `paid` marks every order of the connection as paid.
    #[schemars(extend("enum" = words(PAYMENT)))]
    pub payment: &'static str,
    /// `require`: every unit must be there. `follow_policy`: products that continue selling are exempt. `always_claim`:
    /// stock is taken without looking. `bypass`: stock is neither checked nor taken.
    #[schemars(extend("enum" = words(STOCK)))]
    pub stock: &'static str,
    /// Locations whose units count; empty: all active locations.
    pub stock_locations: Vec<String>,
    /// Who gets scarce stock first: the earlier approval, or the earlier start of the ship window.
    #[schemars(extend("enum" = words(SCARCE)))]
    pub scarce: &'static str,
    /// How a line finds its Shopify variant, in this order; identifiers that disagree stop the order.
    #[schemars(extend("items" = serde_json::json!({"type": "string", "enum": words(ITEM_KEY)})))]
    pub item_keys: Vec<&'static str>,
    /// Create a customer for a retailer that is not found; otherwise the order is held.
    pub create_customers: bool,
    /// Tags of created customers.
    pub customer_tags: Vec<String>,
    /// Put a customer's default address back when Shopify replaced it with the order's address.
    pub keep_default_address: bool,
    /// Name of the discount on the Shopify order.
    pub discount_label: String,
    /// Name of the shipping line where the JOOR order names no shipping method.
    pub shipping_label: String,
    /// Orders of more than 250 lines: hold them, or split them into several Shopify orders.
    #[schemars(extend("enum" = words(SPLITTING)))]
    pub splitting: &'static str,
    /// A price that stands for "not known yet"; lines with it hold the order.
    pub stand_in_price: String,
    /// A price of zero is meant, not a stand-in.
    pub allow_zero_price: bool,
    /// Currencies that may be exported; every other currency holds the order.
    pub currencies: Vec<String>,
    /// Order fields that must not be empty, by their names in templates.
    pub required_fields: Vec<String>,
    /// An order set to re-export after it was approved again: ask a person, export, or ignore.
    #[schemars(extend("enum" = words(AFTER_REAPPROVAL)))]
    pub after_reapproval: &'static str,
    /// Address of an order's page in JOOR as your browser shows it, with `{order}` for its number, such as
    /// `https://…/orders/review/{order}`; empty: nothing leads to JOOR.
    pub order_page: String,
    /// Other settings for some orders. Of the matching rules the first that sets the stock rule, or the fulfilment, wins; any
    /// with `skip` leaves the order out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleSection>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RuleSection {
    /// A name that people recognise.
    pub name: String,
    /// Stock rule for these orders.
    #[schemars(extend("enum" = words(STOCK)))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<&'static str>,
    /// Fulfilment of these orders; a location stands beside it.
    #[schemars(extend("enum" = words(FULFILMENT)))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfilment: Option<&'static str>,
    /// Location of this rule's fulfilment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// These orders are not exported at all.
    pub skip: bool,
    pub when: WhenSection,
}

/// Every condition that is given must match; texts match codes or names without regard to case.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WhenSection {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub linesheet: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub season: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warehouse: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub customer_group: Vec<String>,
    /// Billing countries as codes of two letters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub country: Vec<String>,
}

/// Taxes by billing country. Without any rule no tax is added.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TaxSection {
    /// An order of a country without a rule: hold it, or export it without tax.
    #[schemars(extend("enum" = words(OTHERWISE)))]
    pub otherwise: &'static str,
    /// One section for each billing country, named by its code of two letters.
    pub rules: BTreeMap<String, TaxRuleSection>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TaxRuleSection {
    /// Name of the tax as it stands on the order.
    pub name: String,
    /// The rate, written as `20%` or `0.2`.
    pub rate: String,
    /// Tax the shipping price too.
    pub on_shipping: bool,
}

/// The note on the Shopify order.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct NoteSection {
    /// A template over the fields of the order.
    pub template: String,
}

/// Tags of the Shopify order, besides the one with the JOOR order number.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TagsSection {
    /// One template for each tag; an empty result adds no tag.
    pub templates: Vec<String>,
}

/// Who hears what by mail. An empty list: nobody.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AlertsSection {
    /// Mail addresses for outages of the connection.
    pub outages: Vec<String>,
    /// Mail addresses for held orders and everything else about orders.
    pub orders: Vec<String>,
    /// Mail addresses for the daily proof.
    pub daily: Vec<String>,
    /// Hour of the day in UTC at which the daily mail is due.
    #[schemars(range(min = 0, max = 23))]
    pub daily_hour: u8,
    /// Alarm when no cycle was good for this long.
    pub silence: String,
}

/// Keys without a default. Everything else may be left out.
const REQUIRED: &[&str] =
    &["account", "client_id", "username", "shop_url", "currencies", "name", "when", "rate"];
const REQUIRED_SECTIONS: &[&str] = &["joor", "shopify", "orders"];

/// The least document, which shows what everything else is by default.
const LEAST: &str = "[joor]\naccount = \"1\"\nclient_id = \"c\"\nusername = \"u\"\n\
                     [shopify]\nshop_url = \"https://brand.myshopify.com\"\n[orders]\ncurrencies = [\"USD\"]\n";

pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Document).to_value();
    add_defaults(&mut schema);
    schema["title"] = Value::from("joor-shopify: settings of a connection");
    let mut root_required = true;
    loosen(&mut schema, &mut root_required);
    schema
}

/// Defaults are taken from what an almost empty document turns into, so they cannot differ from it.
fn add_defaults(schema: &mut Value) {
    let least = super::check_stored(LEAST, super::Trial::Off)
        .expect("the least document is valid, which a test shows");
    let document: toml::Table = least.document.parse().expect("a document that we wrote can be read");
    for (section, keys) in &document {
        let reference = schema["properties"][section]["$ref"].as_str().unwrap_or_default();
        let Some(name) = reference.strip_prefix("#/$defs/").map(str::to_owned) else { continue };
        for (key, value) in keys.as_table().into_iter().flatten() {
            if let (false, Ok(default)) = (REQUIRED.contains(&key.as_str()), serde_json::to_value(value)) {
                schema["$defs"][&name]["properties"][key]["default"] = default;
            }
        }
    }
}

/// The type describes what is written, in which every key stands; a person may leave out all that have a default, and
/// TOML has no null.
fn loosen(value: &mut Value, root: &mut bool) {
    let Value::Object(object) = value else {
        if let Value::Array(items) = value {
            items.iter_mut().for_each(|item| loosen(item, root));
        }
        return;
    };
    if let Some(Value::Array(keys)) = object.get_mut("required") {
        let kept = if std::mem::take(root) { REQUIRED_SECTIONS } else { REQUIRED };
        keys.retain(|key| key.as_str().is_some_and(|key| kept.contains(&key)));
        // A shop's client id is one of two ways; JOOR's is the only one. The Option keeps the former out of the list.
        if keys.is_empty() {
            object.remove("required");
        }
    }
    if let Some(Value::Array(types)) = object.get("type")
        && let Some(kind) = types.iter().find(|kind| *kind != "null").cloned()
    {
        object.insert("type".to_owned(), kind);
    }
    object.values_mut().for_each(|inner| loosen(inner, root));
}
