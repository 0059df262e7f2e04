//! From the ledger's rows to what a page shows: amounts, states, problems with their fixes and links.

use super::visit::timestamp;
use adapters::ledger::records::ConnectionRecord;
use adapters::settings::{Checked, Trial};
use console::look::{Amount, Link, Problem, Tone, When};
use domain::ids::{JoorOrderId, ShopOrderId};
use domain::money::Money;
use domain::problem::{Severity, Told, Who, title};
use domain::time::Moment;
use jiff::civil::Date;

/// Ships this soon or has shipped already: late.
const LATE_DAYS: i64 = 3;

pub fn when(moment: Moment, now: Moment) -> When {
    When::new(timestamp(moment), timestamp(now))
}

pub fn amount(money: &Money) -> Amount {
    Amount::new(&money.currency.text(money.amount), money.currency.code())
}

/// Sums by currency.
pub fn sums<'a>(values: impl IntoIterator<Item = &'a Money>) -> Vec<Amount> {
    let mut sums: Vec<Money> = Vec::new();
    for value in values {
        match sums.iter_mut().find(|sum| sum.currency == value.currency) {
            Some(sum) => sum.amount += value.amount,
            None => sums.push(*value),
        }
    }
    sums.sort_by_key(|sum| std::cmp::Reverse(sum.amount));
    sums.iter().map(amount).collect()
}

pub fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Outage | Severity::Blocker => Tone::Bad,
        Severity::Partial | Severity::Warning => Tone::Wait,
        Severity::Notice => Tone::Idle,
    }
}

/// Whose move it is, as a heading.
pub fn who_words(who: Who) -> &'static str {
    match who {
        Who::BrandInJoor => "For the brand, in JOOR",
        Who::BrandInShopify => "For the brand, in Shopify",
        Who::Settings => "In the settings",
        Who::Nobody => "Passes by itself",
    }
}

/// Does the ship window begin in days, or has it begun?
pub fn is_late(ships: Option<Date>, today: Date) -> bool {
    ships.is_some_and(|ships| {
        ships.since(today).is_ok_and(|span| span.get_days() <= LATE_DAYS.unsigned_abs() as i32)
    })
}

/// Where the two worlds show things; empty texts where that is not known.
pub struct Places {
    joor_page: String,
    shop_url: String,
    connection: String,
}

impl Places {
    pub fn of(connection: &ConnectionRecord, trial: Trial) -> Places {
        let checked: Option<Checked> = crate::compose::stored(connection, trial).ok();
        let text = |read: fn(&Checked) -> &String| checked.as_ref().map(read).cloned().unwrap_or_default();
        Places {
            joor_page: text(|checked| &checked.settings.orders.order_page),
            shop_url: text(|checked| &checked.shopify.shop_url).trim_end_matches('/').to_owned(),
            connection: connection.name.clone(),
        }
    }

    pub fn joor_order(&self, id: &JoorOrderId) -> Option<Link> {
        (!self.joor_page.is_empty())
            .then(|| Link::outside("Open in JOOR", self.joor_page.replace("{order}", id.as_str())))
    }

    pub fn shop_order(&self, order: &ShopOrderId, name: &str) -> Link {
        let href = format!("{}/admin/orders/{}", self.shop_url, order.number());
        Link::outside(&format!("Open {name} in Shopify"), href)
    }

    fn shop(&self, words: &str, path: &str) -> Option<Link> {
        (!self.shop_url.is_empty()).then(|| Link::outside(words, format!("{}/admin/{path}", self.shop_url)))
    }

    fn settings(&self, words: &str) -> Link {
        Link::here(words, format!("/connections/{}/settings", self.connection))
    }

    /// Where a problem of this code is put right.
    pub fn fixes(&self, told: &Told, order: Option<&JoorOrderId>) -> Vec<Link> {
        let (room, _) = told.code.split_once('_').unwrap_or((told.code, ""));
        let in_joor = || order.and_then(|order| self.joor_order(order));
        let found = match (told.who, room) {
            (Who::Nobody, _) => None,
            (Who::BrandInJoor, _) => in_joor(),
            (Who::BrandInShopify, "CUST") => self.shop("Customers in Shopify", "customers"),
            (Who::BrandInShopify, "STOCK") => self.shop("Stock in Shopify", "products/inventory"),
            (Who::BrandInShopify, "ITEM") => self.shop("Products in Shopify", "products"),
            (Who::BrandInShopify, "LOC") => self.shop("Locations in Shopify", "settings/locations"),
            (Who::BrandInShopify, "CONN") => self.shop("Apps in Shopify", "settings/apps"),
            (Who::BrandInShopify, _) => order.and_then(|order| {
                self.shop("Find it in Shopify", &format!("orders?query={}", order.as_str()))
            }),
            (Who::Settings, _) => Some(self.settings("Settings of this connection")),
        };
        found.into_iter().collect()
    }

    pub fn problem(&self, told: &Told, order: Option<&JoorOrderId>, since: Option<When>) -> Problem {
        Problem {
            title: title(told.code).to_owned(),
            sentence: full_stop(&told.sentence),
            resolution: full_stop(&told.resolution),
            who: who_words(told.who).to_owned(),
            code: told.code.to_owned(),
            tone: tone(told.severity),
            since,
            links: self.fixes(told, order),
        }
    }
}

pub fn full_stop(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// Pairs that are not empty, as the query of an address.
pub fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<(&str, &str)> = pairs.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
    if pairs.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", super::guard::serde_urlencoded(&pairs))
}
