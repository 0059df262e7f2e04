//! Writes checked settings out as a whole document: defaults included, secrets never.

use super::document::{
    AlertsSection, Document, JoorSection, NoteSection, OrdersSection, RuleSection, ScheduleSection,
    ShopifySection, TagsSection, TaxRuleSection, TaxSection, WhenSection,
};
use super::values::{duration_text, rate_text};
use super::words::{
    AFTER_REAPPROVAL, FULFILMENT, FulfilmentWord, ITEM_KEY, OTHERWISE, PAYMENT, REPORT, SCARCE, SPLITTING,
    STOCK, Words, word_of,
};
use super::{JoorLink, ShopLink};
use domain::ids::LocationId;
use domain::settings::{Alerts, Fulfilment, OrderSettings, Rule, Schedule, Settings, TaxSettings};

pub fn write(settings: &Settings, joor: &JoorLink, shopify: &ShopLink) -> String {
    let document = Document {
        joor: joor_section(joor, word_of(REPORT, &settings.report)),
        shopify: shopify_section(shopify),
        schedule: schedule_section(&settings.schedule),
        orders: orders_section(&settings.orders, &settings.rules),
        tax: tax_section(&settings.tax),
        note: NoteSection { template: settings.note.source().to_owned() },
        tags: TagsSection { templates: settings.tags.iter().map(|tag| tag.source().to_owned()).collect() },
        attributes: settings
            .attributes
            .iter()
            .map(|(name, template)| (name.clone(), template.source().to_owned()))
            .collect(),
        alerts: alerts_section(&settings.alerts),
    };
    toml::to_string_pretty(&document)
        .expect("texts, numbers and flags under text keys always have a TOML form")
}

fn joor_section(link: &JoorLink, report: &'static str) -> JoorSection {
    JoorSection {
        environment: link.environment.clone(),
        api_url: link.api_url.clone(),
        token_url: link.token_url.clone(),
        account: link.account.clone(),
        client_id: link.client_id.clone(),
        username: link.username.clone(),
        client_secret: None,
        client_secret_file: None,
        password: None,
        password_file: None,
        report,
    }
}

fn shopify_section(link: &ShopLink) -> ShopifySection {
    ShopifySection {
        shop_url: link.shop_url.clone(),
        api_version: link.api_version.clone(),
        client_id: link.client_id.clone(),
        client_secret: None,
        client_secret_file: None,
        access_token: None,
        access_token_file: None,
    }
}

fn schedule_section(schedule: &Schedule) -> ScheduleSection {
    ScheduleSection {
        interval: duration_text(schedule.interval),
        pause: schedule.pause.map(|window| window.to_string()),
        quiet_time: duration_text(schedule.quiet_time),
        exported_since: schedule.exported_since.map(|day| day.to_string()),
        include_start_day: schedule.include_start_day,
        keep_days: schedule.keep_days.unwrap_or(0),
    }
}

fn fulfilment_words(fulfilment: &Fulfilment) -> (&'static str, Option<String>) {
    let (word, location) = match fulfilment {
        Fulfilment::Unfulfilled => (FulfilmentWord::Unfulfilled, None),
        Fulfilment::Fulfilled(location) => (FulfilmentWord::Fulfilled, location.as_ref()),
        Fulfilment::AssignedFulfilled(location) => (FulfilmentWord::AssignedFulfilled, Some(location)),
        Fulfilment::Assigned(location) => (FulfilmentWord::Assigned, Some(location)),
    };
    (word_of(FULFILMENT, &word), location.map(LocationId::to_string))
}

fn all_words<T: PartialEq>(table: Words<T>, values: &[T]) -> Vec<&'static str> {
    values.iter().map(|value| word_of(table, value)).collect()
}

fn orders_section(orders: &OrderSettings, rules: &[Rule]) -> OrdersSection {
    let (fulfilment, location) = fulfilment_words(&orders.fulfilment);
    OrdersSection {
        fulfilment,
        location,
        payment: word_of(PAYMENT, &orders.payment),
        stock: word_of(STOCK, &orders.stock),
        stock_locations: orders.stock_locations.iter().map(LocationId::to_string).collect(),
        scarce: word_of(SCARCE, &orders.scarce),
        item_keys: all_words(ITEM_KEY, &orders.item_keys),
        create_customers: orders.create_customers,
        customer_tags: orders.customer_tags.clone(),
        keep_default_address: orders.keep_default_address,
        discount_label: orders.discount_label.clone(),
        shipping_label: orders.shipping_label.clone(),
        splitting: word_of(SPLITTING, &orders.splitting),
        stand_in_price: orders.stand_in_price.to_string(),
        allow_zero_price: orders.allow_zero_price,
        currencies: orders.currencies.iter().map(|currency| currency.code().to_owned()).collect(),
        required_fields: orders.required_fields.clone(),
        after_reapproval: word_of(AFTER_REAPPROVAL, &orders.after_reapproval),
        order_page: orders.order_page.clone(),
        rules: rules.iter().map(rule_section).collect(),
    }
}

fn rule_section(rule: &Rule) -> RuleSection {
    let (fulfilment, location) = rule.fulfilment.as_ref().map(fulfilment_words).unzip();
    RuleSection {
        name: rule.name.clone(),
        stock: rule.stock.map(|stock| word_of(STOCK, &stock)),
        fulfilment,
        location: location.flatten(),
        skip: rule.skip,
        when: WhenSection {
            linesheet: rule.when.linesheet.clone(),
            season: rule.when.season.clone(),
            warehouse: rule.when.warehouse.clone(),
            customer_group: rule.when.customer_group.clone(),
            country: rule.when.country.clone(),
        },
    }
}

fn tax_section(tax: &TaxSettings) -> TaxSection {
    TaxSection {
        otherwise: word_of(OTHERWISE, &tax.otherwise),
        rules: tax
            .rules
            .iter()
            .map(|(country, rule)| {
                let section = TaxRuleSection {
                    name: rule.name.clone(),
                    rate: rate_text(rule.rate),
                    on_shipping: rule.on_shipping,
                };
                (country.clone(), section)
            })
            .collect(),
    }
}

fn alerts_section(alerts: &Alerts) -> AlertsSection {
    AlertsSection {
        outages: alerts.outages.clone(),
        orders: alerts.orders.clone(),
        daily: alerts.daily.clone(),
        daily_hour: alerts.daily_hour,
        silence: duration_text(alerts.silence),
    }
}
