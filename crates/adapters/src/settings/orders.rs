//! The section `[orders]` and its rules: how an order is carried over, and for which orders it is done otherwise.

use super::reader::{Section, nearest, quoted};
use super::values::{parse_amount, parse_country, parse_location, parse_order_page};
use super::words::{
    AFTER_REAPPROVAL, FULFILMENT, FulfilmentWord, ITEM_KEY, PAYMENT, SCARCE, SPLITTING, STOCK, word_of,
};
use domain::ids::LocationId;
use domain::money::{Currency, Decimal};
use domain::orders::note::FIELDS;
use domain::settings::{
    AfterReapproval, Fulfilment, ItemKey, OrderSettings, Payment, Rule, RuleWhen, ScarceOrder, Splitting,
    StockMode, TAG_CHARS_MAX,
};

const LABEL_CHARS_MAX: usize = 100;

pub fn orders(section: &Section<'_>) -> (OrderSettings, Vec<Rule>) {
    let settings = OrderSettings {
        fulfilment: fulfilment(section).unwrap_or(Fulfilment::Unfulfilled),
        payment: section.choice("payment", PAYMENT, Payment::Pending),
        stock: section.choice("stock", STOCK, StockMode::Require),
        stock_locations: section.parsed_list("stock_locations", parse_location),
        scarce: section.choice("scarce", SCARCE, ScarceOrder::Approval),
        item_keys: item_keys(section),
        create_customers: section.flag("create_customers", true),
        customer_tags: customer_tags(section),
        keep_default_address: section.flag("keep_default_address", true),
        discount_label: label(section, "discount_label", "JOOR discount"),
        shipping_label: label(section, "shipping_label", "Shipping"),
        splitting: section.choice("splitting", SPLITTING, Splitting::Hold),
        stand_in_price: section.parsed("stand_in_price", parse_amount).unwrap_or(Decimal::new(100, 2)),
        allow_zero_price: section.flag("allow_zero_price", false),
        currencies: currencies(section),
        required_fields: section.parsed_list("required_fields", parse_field),
        after_reapproval: section.choice("after_reapproval", AFTER_REAPPROVAL, AfterReapproval::Ask),
        order_page: section.parsed("order_page", parse_order_page).unwrap_or_default(),
    };
    let rules = section.sections("rules").iter().map(rule).collect::<Vec<Rule>>();
    for (index, rule) in rules.iter().enumerate() {
        if !rule.name.is_empty() && rules[..index].iter().any(|other| other.name == rule.name) {
            section.refuse(&format!("rules[{}].name", index + 1), quoted(&rule.name), "a name of its own");
        }
    }
    section.finish();
    (settings, rules)
}

/// Fulfilment and its location belong together; `None` if neither is given.
fn fulfilment(section: &Section<'_>) -> Option<Fulfilment> {
    let word = section.optional_choice("fulfilment", FULFILMENT);
    let location = section.parsed("location", parse_location);
    let missing = |word: FulfilmentWord| {
        // A location that is there but wrong has its own error already.
        if !section.has("location") {
            let value = format!("{:?} without a location", word_of(FULFILMENT, &word));
            section.contradiction(["fulfilment", "location"], value, "a location beside it");
        }
        None
    };
    let unused = |location: &LocationId, value: &str| {
        let value = format!("{value} with location {:?}", location.number());
        let allowed = "no location, or fulfilment = fulfilled, assigned_fulfilled or assigned";
        section.contradiction(["fulfilment", "location"], value, allowed);
    };
    match (word, location) {
        (None, None) => None,
        // A word that is there but wrong has its own error already.
        (None, Some(_)) if section.has("fulfilment") => None,
        (None, Some(location)) => {
            unused(&location, "no fulfilment");
            None
        }
        (Some(FulfilmentWord::Unfulfilled), Some(location)) => {
            unused(&location, "\"unfulfilled\"");
            None
        }
        (Some(FulfilmentWord::Unfulfilled), None) => Some(Fulfilment::Unfulfilled),
        (Some(FulfilmentWord::Fulfilled), location) => Some(Fulfilment::Fulfilled(location)),
        (Some(word @ (FulfilmentWord::AssignedFulfilled | FulfilmentWord::Assigned)), None) => missing(word),
        (Some(FulfilmentWord::AssignedFulfilled), Some(location)) => {
            Some(Fulfilment::AssignedFulfilled(location))
        }
        (Some(FulfilmentWord::Assigned), Some(location)) => Some(Fulfilment::Assigned(location)),
    }
}

fn item_keys(section: &Section<'_>) -> Vec<ItemKey> {
    match section.choices("item_keys", ITEM_KEY) {
        None => vec![ItemKey::UpcVariantId, ItemKey::Sku],
        Some(keys) => {
            if keys.is_empty() {
                let allowed = "at least one of upc_variant_id, external_variant_id, sku, barcode";
                section.refuse("item_keys", "no usable entry", allowed);
            }
            keys
        }
    }
}

fn currencies(section: &Section<'_>) -> Vec<Currency> {
    let allowed = "the currencies that may be exported, such as [\"USD\", \"EUR\"]; there is no default, so that \
                   no order can arrive in a currency that nobody meant";
    if !section.has("currencies") {
        section.refuse("currencies", "missing", allowed);
    }
    let found = section.parsed_list("currencies", |text| {
        Currency::from_code(text)
            .ok_or_else(|| "a currency code of ISO 4217 in capitals, such as USD, EUR or JPY".to_owned())
    });
    if section.is_empty_list("currencies") {
        section.refuse("currencies", "an empty list", allowed);
    }
    found
}

fn customer_tags(section: &Section<'_>) -> Vec<String> {
    let tags = section.parsed_list("customer_tags", |text| {
        let good = !text.trim().is_empty()
            && text.chars().count() <= TAG_CHARS_MAX
            && !text.contains([',', '\n', '\r']);
        good.then(|| text.trim().to_owned())
            .ok_or_else(|| format!("a tag of 1 to {TAG_CHARS_MAX} characters without a comma"))
    });
    if section.has("customer_tags") { tags } else { vec!["JOOR".to_owned()] }
}

fn label(section: &Section<'_>, key: &'static str, default: &str) -> String {
    section
        .parsed(key, |text| {
            let good = !text.trim().is_empty() && text.chars().count() <= LABEL_CHARS_MAX;
            good.then(|| text.trim().to_owned())
                .ok_or_else(|| format!("a text of 1 to {LABEL_CHARS_MAX} characters"))
        })
        .unwrap_or_else(|| default.to_owned())
}

/// A field is named as in templates.
fn parse_field(text: &str) -> Result<String, String> {
    if FIELDS.contains(&text) { Ok(text.to_owned()) } else { Err(nearest(text, FIELDS)) }
}

fn rule(section: &Section<'_>) -> Rule {
    let name = section.required("name", "a name that people recognise, such as \"made to order\"");
    let when = when(&section.section("when"));
    let stock = section.optional_choice("stock", STOCK);
    let fulfilment = fulfilment(section);
    let skip = section.flag("skip", false);
    if when == RuleWhen::default() && !section.has("when") {
        let allowed = "at least one condition; a rule for every order belongs into [orders] itself";
        section.refuse("when", "missing", allowed);
    }
    let changes = section.has("stock") || section.has("fulfilment");
    if skip && changes {
        let other = if section.has("stock") { "stock" } else { "fulfilment" };
        let allowed = "only skip, since a skipped order is not exported at all";
        section.contradiction(["skip", other], "both are set", allowed);
    }
    if !skip && !changes {
        section.refuse("name", quoted(&name), "a rule that says something: stock, fulfilment or skip");
    }
    section.finish();
    Rule { name, when, stock, fulfilment, skip }
}

fn when(section: &Section<'_>) -> RuleWhen {
    let plain = |text: &str| {
        let text = text.trim();
        (!text.is_empty())
            .then(|| text.to_owned())
            .ok_or_else(|| "a code or name that is not empty".to_owned())
    };
    let keys = ["linesheet", "season", "warehouse", "customer_group"];
    let [linesheet, season, warehouse, customer_group] = keys.map(|key| section.parsed_list(key, plain));
    let country = section.parsed_list("country", parse_country);
    let when = RuleWhen { linesheet, season, warehouse, customer_group, country };
    let given = keys.iter().chain(&["country"]).any(|key| section.has(key) && !section.is_empty_list(key));
    if section.exists() && !given {
        section.refuse_self(
            "no condition",
            "at least one of linesheet, season, warehouse, customer_group, country",
        );
    }
    section.finish();
    when
}
