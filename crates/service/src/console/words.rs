//! From the ledger's rows to what a page shows: amounts, states, problems with their fixes and links.

use super::settings::{FieldPlace, Form, fields_of, fields_of_subject, table_of};
use super::visit::timestamp;
use crate::commands::upper;
use crate::console::buttons::resolution;
use adapters::ledger::OpenProblem;
use adapters::ledger::records::{ConnectionRecord, Role};
use adapters::settings::{Checked, Trial};
use console::look::{Amount, Link, Problem, Tone, Urgency, When};
use domain::ids::{JoorOrderId, ShopOrderId};
use domain::money::Money;
use domain::orders::shelf::Variant;
use domain::problem::{Severity, Subject, SubjectKind, Told, Who, title};
use domain::time::Moment;
use jiff::civil::Date;

/// Exact places beside one problem; of more there is a list on the page of the cause.
const LINKS_MAX: usize = 3;
/// Of a name on a button.
const NAME_CHARS_MAX: usize = 40;

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

/// How near the ship window of the order is that has this problem.
pub fn urgency(one: &OpenProblem, today: Date) -> Option<Urgency> {
    Urgency::of(one.ship_start, one.ship_end, today)
}

/// Where the two worlds show things; empty texts where that is not known.
pub struct Places {
    joor_page: String,
    shop_url: String,
    connection: String,
    /// The settings as their page shows them.
    form: Form,
    /// Of whoever looks: nobody is led to a page that refuses them.
    role: Role,
}

impl Places {
    pub fn of(connection: &ConnectionRecord, trial: Trial, role: Role) -> Places {
        let checked: Option<Checked> = crate::compose::stored(connection, trial).ok();
        let text = |read: fn(&Checked) -> &String| checked.as_ref().map(read).cloned().unwrap_or_default();
        Places {
            joor_page: text(|checked| &checked.settings.orders.order_page),
            shop_url: text(|checked| &checked.shopify.shop_url).trim_end_matches('/').to_owned(),
            connection: connection.name.clone(),
            form: Form::of(&table_of(&connection.settings)),
            role,
        }
    }

    pub fn joor_order(&self, id: &JoorOrderId) -> Option<Link> {
        (!self.joor_page.is_empty())
            .then(|| Link::outside("Open in JOOR", self.joor_page.replace("{order}", id.as_str())))
    }

    /// The order in JOOR. Where nobody said what JOOR's pages are called, an admin is led to the setting that says it.
    pub fn joor_page(&self, id: &JoorOrderId) -> Option<Link> {
        self.joor_order(id).or_else(|| self.name_joor_page())
    }

    fn name_joor_page(&self) -> Option<Link> {
        let href = || format!("/connections/{}/settings#orders.order_page", self.connection);
        let is_missing = self.joor_page.is_empty() && self.role >= Role::Admin;
        is_missing.then(|| Link::here("Name JOOR's order page in the settings", href()).quietly())
    }

    pub fn shop_order(&self, order: &ShopOrderId, name: &str) -> Link {
        let href = format!("{}/admin/orders/{}", self.shop_url, order.number());
        Link::outside(&format!("Open {name} in Shopify"), href)
    }

    /// The page of a variant with its stock.
    pub fn variant(&self, variant: &Variant) -> Option<String> {
        let path = format!("products/{}/variants/{}", variant.product.number(), variant.id.number());
        self.shop("", &path).map(|link| link.href)
    }

    /// A page of the shop's admin.
    pub fn shop(&self, words: &str, path: &str) -> Option<Link> {
        (!self.shop_url.is_empty()).then(|| Link::outside(words, format!("{}/admin/{path}", self.shop_url)))
    }

    /// The very field of the settings.
    fn field(&self, place: FieldPlace) -> Link {
        let words = format!("Setting “{}”", place.label);
        Link::here(&words, format!("/connections/{}/settings#{}", self.connection, place.id))
    }

    fn fields(&self, told: &Told) -> impl Iterator<Item = Link> {
        fields_of(told, &self.form).into_iter().map(|place| self.field(place))
    }

    /// Where a problem is put right: the exact places of what it is about, or else the page where such things are; and the
    /// fields of the settings that put it right too.
    pub fn fixes(&self, told: &Told, order: Option<&JoorOrderId>) -> Vec<Link> {
        let exact: Vec<Link> = match told.subjects.as_slice() {
            few if few.len() <= LINKS_MAX => {
                few.iter().filter_map(|one| self.exact(one, told.code)).collect()
            }
            _ => Vec::new(),
        };
        if !exact.is_empty() {
            let several = exact.len() > 1;
            let named = |(link, subject): (Link, &Subject)| match several {
                true => Link { words: format!("{}: {}", link.words, short(&subject.label)), ..link },
                false => link,
            };
            return exact.into_iter().zip(&told.subjects).map(named).chain(self.fields(told)).collect();
        }
        self.general(told, order)
    }

    /// The page where such things are put right, and the fields of the settings that do.
    pub fn general(&self, told: &Told, order: Option<&JoorOrderId>) -> Vec<Link> {
        let (room, _) = told.code.split_once('_').unwrap_or((told.code, ""));
        let in_joor = || match order {
            Some(order) => self.joor_page(order),
            None => self.name_joor_page(),
        };
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
            (Who::Settings, _) => match told.code {
                // Permissions are granted there, and other integrations switched off.
                "CONN_SHOPIFY_SCOPE" | "DUP_LOOKUP_BLIND" | "DUP_SECOND_EXPORTER" => {
                    self.shop("Apps in Shopify", "settings/apps")
                }
                "SRC_BAD_PAYLOAD" | "DEST_REJECTED" | "MONEY_TOTAL_DIFFERS" | "TAX_CONFLICT" => in_joor(),
                _ => None,
            },
        };
        found.into_iter().chain(self.fields(told)).collect()
    }

    /// The page of this very thing in Shopify.
    fn exact(&self, subject: &Subject, code: &str) -> Option<Link> {
        let id = subject.id.as_str();
        let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        match subject.kind {
            SubjectKind::Variant => {
                let (product, variant) = id.split_once('/')?;
                let words =
                    if code.starts_with("STOCK_") { "Its stock in Shopify" } else { "Open it in Shopify" };
                self.shop(words, &format!("products/{product}/variants/{variant}"))
            }
            SubjectKind::Product => self.shop("Its product in Shopify", &format!("products/{id}")),
            SubjectKind::Customer if is_number => {
                self.shop("The customer in Shopify", &format!("customers/{id}"))
            }
            SubjectKind::ShopOrder if is_number => self.shop("The order in Shopify", &format!("orders/{id}")),
            SubjectKind::ShopOrder => self.shop("The order in Shopify", &address("orders", &[("query", id)])),
            SubjectKind::Location if is_number => {
                self.shop("The location in Shopify", &format!("settings/locations/{id}"))
            }
            SubjectKind::Customer
            | SubjectKind::Location
            | SubjectKind::Item
            | SubjectKind::Retailer
            | SubjectKind::Country
            | SubjectKind::Currency
            | SubjectKind::JoorField
            | SubjectKind::Setting => None,
        }
    }

    /// Where one thing that stands in the way of several orders is put right. `order` is one of them.
    pub fn of_subject(&self, subject: &Subject, code: &str, order: &JoorOrderId) -> Vec<Link> {
        let search = |words: &str, list: &str| self.shop(words, &address(list, &[("query", &subject.id)]));
        let choose = |words: &str, page: &str| self.choose(words, order, page);
        let mut found: Vec<Link> = self.exact(subject, code).into_iter().collect();
        match subject.kind {
            SubjectKind::Item => found.extend(search("Look for it in Shopify", "products")),
            SubjectKind::Retailer => {
                found.extend(choose("Choose the customer", "customer"));
                found.extend(search("Look for them in Shopify", "customers"));
            }
            SubjectKind::Location if found.is_empty() => {
                found.extend(self.shop("Locations in Shopify", "settings/locations"));
            }
            SubjectKind::JoorField => found.extend(self.joor_page(order)),
            SubjectKind::Country
            | SubjectKind::Currency
            | SubjectKind::Setting
            | SubjectKind::Variant
            | SubjectKind::Product
            | SubjectKind::Customer
            | SubjectKind::ShopOrder
            | SubjectKind::Location => {}
        }
        let fields = fields_of_subject(subject, code, &self.form);
        found.extend(fields.into_iter().map(|place| self.field(place)));
        if matches!(subject.kind, SubjectKind::Item | SubjectKind::Product) && code.starts_with("ITEM_") {
            found.extend(choose("Choose the item", "item"));
        }
        found
    }

    /// A page of the order on which an operator chooses something in Shopify.
    fn choose(&self, words: &str, order: &JoorOrderId, page: &str) -> Option<Link> {
        let href = || format!("/orders/{}/{order}/{page}", self.connection);
        (self.role >= Role::Operator).then(|| Link::here(words, href()))
    }

    /// Where a person says which customer or which variant it is.
    fn linking(&self, code: &str, order: &JoorOrderId) -> Option<Link> {
        let at = |words: &str, page: &str| self.choose(words, order, page);
        match code {
            "CUST_NOT_FOUND" | "CUST_AMBIGUOUS" | "CUST_LINK_DEAD" | "CUST_CONTACT_TAKEN" => {
                at("Choose the customer", "customer")
            }
            "ITEM_NOT_FROM_SHOPIFY"
            | "ITEM_NOT_FOUND"
            | "ITEM_AMBIGUOUS"
            | "ITEM_IDS_DISAGREE"
            | "ITEM_LINK_DEAD" => at("Choose the item", "item"),
            _ => None,
        }
    }

    pub fn problem(&self, told: &Told, order: Option<&JoorOrderId>, since: Option<When>) -> Problem {
        let here = order.and_then(|order| self.linking(told.code, order));
        Problem {
            title: title(told.code).to_owned(),
            sentence: full_stop(&told.sentence),
            resolution: full_stop(&resolution(told, order.is_some())),
            who: who_words(told.who).to_owned(),
            code: told.code.to_owned(),
            tone: tone(told.severity),
            since,
            links: here.into_iter().chain(self.fixes(told, order)).collect(),
        }
    }
}

/// What the catalogue marks in a text: names of settings and commands.
pub fn quoted_pieces(text: &str) -> impl Iterator<Item = &str> {
    console::look::pieces(text).into_iter().filter(|(is_code, _)| *is_code).map(|(_, piece)| piece)
}

fn short(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARS_MAX) {
        Some((end, _)) => format!("{}…", name[..end].trim_end()),
        None => name.to_owned(),
    }
}

/// What became of a form that asks for something at an order.
pub fn noted_words(connection: &str, paused: bool) -> String {
    match paused {
        true => format!("Noted. {}", paused_words(connection)),
        false => "Noted. The next cycle does it; this page follows by itself.".to_owned(),
    }
}

pub fn paused_words(connection: &str) -> String {
    format!("The connection {connection} is paused: nothing is checked or sent before somebody resumes it.")
}

pub fn full_stop(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// What a program noted, as a sentence of its own.
pub fn sentence(text: &str) -> String {
    upper(&full_stop(text))
}

/// Pairs that are not empty, as the query of an address.
pub fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<(&str, &str)> = pairs.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
    if pairs.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", super::guard::serde_urlencoded(&pairs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{ProductId, VariantId};
    use domain::problem::{self, LineRef, Shortage};

    impl Places {
        pub fn known() -> Places {
            Places::with(Form::default())
        }

        pub fn with(form: Form) -> Places {
            Places {
                joor_page: "https://joor.example/orders/{order}".to_owned(),
                shop_url: "https://shop.example".to_owned(),
                connection: "brand".to_owned(),
                form,
                role: Role::Admin,
            }
        }
    }

    fn rose() -> LineRef {
        LineRef {
            label: "Rose".to_owned(),
            identifier: "ROSE-M".to_owned(),
            product: ProductId::from_number("7"),
            variant: VariantId::from_number("51"),
            ..LineRef::default()
        }
    }

    fn links(problem: &problem::Problem) -> Vec<(String, String)> {
        let (told, order) = (problem.told("9"), JoorOrderId::new("9"));
        let of = |subject| Places::known().of_subject(subject, told.code, &order);
        told.subjects.iter().flat_map(of).map(|link| (link.words, link.href)).collect()
    }

    #[test]
    fn everything_that_stands_in_the_way_leads_to_the_very_place_where_it_is_put_right() {
        let short = vec![Shortage { line: rose(), ordered: 3, available: 1, promised_before: 0 }];
        let unknown = || LineRef { product: None, variant: None, ..rose() };
        let retailer = || "Rosa & Söhne".to_owned();
        let shop = |path: &str| format!("https://shop.example/admin/{path}");
        for (problem, wanted) in [
            (
                problem::Problem::StockShort { short, lines: 1, place: "Lyon".to_owned() },
                vec![("Its stock in Shopify", shop("products/7/variants/51"))],
            ),
            (
                problem::Problem::ItemRemoved { lines: vec![rose()] },
                vec![("Open it in Shopify", shop("products/7/variants/51"))],
            ),
            (
                problem::Problem::ItemNotFound { lines: vec![unknown()], total: 1 },
                vec![
                    ("Look for it in Shopify", shop("products?query=ROSE-M")),
                    ("Choose the item", "/orders/brand/9/item".to_owned()),
                ],
            ),
            (
                problem::Problem::CustAmbiguous { retailer: retailer(), candidates: Vec::new() },
                vec![
                    ("Choose the customer", "/orders/brand/9/customer".to_owned()),
                    ("Look for them in Shopify", shop("customers?query=Rosa+%26+S%C3%B6hne")),
                ],
            ),
            (
                problem::Problem::AddrIncomplete {
                    kind: problem::AddressKind::Shipping,
                    parts: vec!["city".to_owned()],
                },
                vec![("Open in JOOR", "https://joor.example/orders/9".to_owned())],
            ),
            (
                problem::Problem::TaxRuleMissing { country: "FR".to_owned() },
                vec![("Setting “Tax”", "/connections/brand/settings#tax.rules[1].country".to_owned())],
            ),
            (
                problem::Problem::DupLiveExport { shop_orders: vec!["#1001".to_owned()] },
                vec![("The order in Shopify", shop("orders?query=%231001"))],
            ),
        ] {
            let wanted: Vec<_> = wanted.into_iter().map(|(words, href)| (words.to_owned(), href)).collect();
            assert_eq!(links(&problem), wanted, "{}", problem.code());
        }
    }

    #[test]
    fn a_problem_with_few_subjects_links_each_and_one_with_many_links_their_list() {
        let told = |number: i64| {
            let line = |index: i64| LineRef { variant: VariantId::from_number(&index.to_string()), ..rose() };
            problem::Problem::ItemRemoved { lines: (1..=number).map(line).collect() }.told("9")
        };
        let order = JoorOrderId::new("9");
        let fixes = |number| Places::known().fixes(&told(number), Some(&order));
        assert_eq!(fixes(1)[0].words, "Open it in Shopify");
        assert_eq!(fixes(2)[1].words, "Open it in Shopify: Rose (ROSE-M)");
        let many: Vec<String> = fixes(9).into_iter().map(|link| link.href).collect();
        assert_eq!(many, ["https://shop.example/admin/products"]);
    }

    #[test]
    fn nobody_is_led_to_a_page_that_refuses_them() {
        let retailer = "Rosa".to_owned();
        let told = problem::Problem::CustAmbiguous { retailer, candidates: Vec::new() }.told("9");
        let order = JoorOrderId::new("9");
        let offered = |role| {
            let places = Places { role, ..Places::known() };
            let shown = places.problem(&told, Some(&order), None).links.into_iter();
            let of_cause = told.subjects.iter().flat_map(|one| places.of_subject(one, told.code, &order));
            shown.chain(of_cause).filter(|link| link.href == "/orders/brand/9/customer").count()
        };
        assert_eq!([Role::Viewer, Role::Operator, Role::Admin].map(offered), [0, 2, 2]);
    }

    #[test]
    fn where_joors_order_page_is_not_known_an_admin_is_led_to_the_setting_that_names_it() {
        let kind = problem::AddressKind::Shipping;
        let told = problem::Problem::AddrIncomplete { kind, parts: vec!["city".to_owned()] }.told("9");
        let order = JoorOrderId::new("9");
        let links = |role, joor_page: &str| -> Vec<(String, bool)> {
            let places = Places { role, joor_page: joor_page.to_owned(), ..Places::known() };
            let links = places.fixes(&told, Some(&order)).into_iter();
            links.map(|link| (link.href, link.quiet)).collect()
        };
        let setting = "/connections/brand/settings#orders.order_page".to_owned();
        assert_eq!(links(Role::Admin, ""), [(setting, true)]);
        assert_eq!(links(Role::Operator, ""), []);
        let page = "https://joor.example/orders/9".to_owned();
        assert_eq!(links(Role::Admin, "https://joor.example/orders/{order}"), [(page, false)]);
        let of_many = Places { joor_page: String::new(), ..Places::known() }.general(&told, None);
        assert_eq!(of_many.len(), 1, "the page of a cause says it once");
    }

    #[test]
    fn whoever_asks_of_a_paused_connection_is_told_so() {
        assert!(noted_words("brand", true).contains("brand is paused"));
        assert!(noted_words("brand", false).contains("next cycle"));
    }
}
