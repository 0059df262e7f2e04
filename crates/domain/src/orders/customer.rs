//! Which customer of the shop a retailer is, and what a customer to create looks like. Nothing is looked up here:
//! [`keys`] and [`other_keys`] say what to look for, [`choose`] takes what was found.

use crate::ids::CustomerId;
use crate::orders::decide::{CustomerMatch, NewCustomer};
use crate::orders::draft::DraftAddress;
use crate::orders::note::{capped, one_line};
use crate::orders::order::Order;
use crate::orders::shelf::Customer;
use crate::problem::Problem;
use crate::settings::OrderSettings;

/// Characters of an e-mail address, and of a name, that Shopify takes.
const CONTACT_CHARS_MAX: usize = 255;
const TAG_CHARS_MAX: usize = 255;

/// A way to find the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// The retailer's code is a Shopify customer id.
    Code(CustomerId),
    /// Remembered from an earlier choice or creation.
    Link(CustomerId),
    /// The custom id that this program gives to customers it creates.
    CustomId,
    Email(String),
}

/// What each key found. Keys that were not asked for stay empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub by_code: Option<Customer>,
    pub by_link: Option<Customer>,
    pub by_custom_id: Option<Customer>,
    pub by_email: Vec<Customer>,
}

/// What names the customer, in order of rank: a code that is a Shopify customer id, and what somebody chose.
pub fn keys(order: &Order, link: Option<&CustomerId>) -> Vec<Key> {
    let link = link.cloned().map(Key::Link);
    code(order).map(Key::Code).into_iter().chain(link).collect()
}

/// What may find the customer where nothing names one, or only a code that is none of Shopify's: many brands number
/// their retailers themselves.
pub fn other_keys(order: &Order) -> Vec<Key> {
    let custom_id = (!order.retailer.joor_id.trim().is_empty()).then_some(Key::CustomId);
    let email = email(order).filter(|text| is_email(text)).map(Key::Email);
    custom_id.into_iter().chain(email).collect()
}

/// The customer of this order, from what [`keys`] found, and [`other_keys`] where that was nobody.
pub fn choose(
    order: &Order,
    link: Option<&CustomerId>,
    found: &Found,
    settings: &OrderSettings,
) -> CustomerMatch {
    if let Some(customer) = found.by_code.as_ref().or(found.by_link.as_ref()) {
        return CustomerMatch::Known(customer.clone());
    }
    // What somebody chose is not replaced by a guess.
    if let Some(dead) = link {
        return CustomerMatch::LinkDead(dead.clone());
    }
    if let Some(customer) = &found.by_custom_id {
        return CustomerMatch::Known(customer.clone());
    }
    match found.by_email.as_slice() {
        [customer] => CustomerMatch::Known(customer.clone()),
        [] if settings.create_customers && !order.retailer.joor_id.trim().is_empty() => {
            CustomerMatch::ToCreate
        }
        [] => CustomerMatch::NotFound { tried: tried(order) },
        several => CustomerMatch::Several(several.iter().map(candidate).collect()),
    }
}

fn tried(order: &Order) -> Vec<String> {
    let mut tried = Vec::new();
    let retailer_code = one_line(&order.retailer.code);
    if !retailer_code.is_empty() {
        tried.push(format!("customer code {}", capped(&retailer_code, 60).0));
    }
    if !order.retailer.joor_id.trim().is_empty() {
        tried.push(format!("JOOR retailer id {}", capped(&one_line(&order.retailer.joor_id), 60).0));
    }
    tried.extend(email(order).map(|email| format!("e-mail {}", capped(&email, 100).0)));
    tried
}

fn candidate(customer: &Customer) -> String {
    format!("{} ({}, {})", one_line(&customer.name), one_line(&customer.email), customer.id.number())
}

fn code(order: &Order) -> Option<CustomerId> {
    let text = order.retailer.code.trim();
    CustomerId::from_number(text.strip_prefix("gid://shopify/Customer/").unwrap_or(text))
}

/// The custom id of a customer of ours: unique per JOOR environment, account and retailer. `None` where a part has
/// other characters than letters and digits, so that no two retailers can share one.
pub fn custom_id(environment: &str, account: &str, retailer: &str) -> Option<String> {
    let fits = |text: &str| {
        !text.is_empty() && text.len() <= 60 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let parts = [environment.trim(), account.trim(), retailer.trim()];
    parts.iter().all(|part| fits(part)).then(|| parts.join("-"))
}

/// The e-mail of the order: the buyer's, else the one of the shipping address.
pub fn email(order: &Order) -> Option<String> {
    [&order.buyer_email, &order.ship_to.email]
        .into_iter()
        .map(|text| one_line(text))
        .find(|text| !text.is_empty())
}

/// Would Shopify take it? It wants a domain with a dot.
pub fn is_email(text: &str) -> bool {
    let options =
        email_address::Options::default().with_required_tld().without_display_text().without_domain_literal();
    text.len() <= CONTACT_CHARS_MAX
        && !text.contains(char::is_whitespace)
        && email_address::EmailAddress::parse_with_options(text, options).is_ok()
}

/// Never altered silently: an e-mail that cannot be one stops the order.
pub fn check_email(order: &Order) -> Option<Problem> {
    let given = email(order)?;
    (!is_email(&given)).then(|| Problem::CustEmailInvalid { email: capped(&given, CONTACT_CHARS_MAX).0 })
}

/// What stops the order about its customer.
pub fn check(order: &Order, found: &CustomerMatch) -> Option<Problem> {
    let retailer = retailer(order);
    match found {
        CustomerMatch::Known(_) | CustomerMatch::ToCreate => None,
        CustomerMatch::LinkDead(id) => {
            Some(Problem::CustLinkDead { retailer, customer: id.number().to_owned() })
        }
        CustomerMatch::Several(candidates) => {
            Some(Problem::CustAmbiguous { retailer, candidates: candidates.clone() })
        }
        CustomerMatch::Taken { field } => Some(Problem::CustContactTaken { retailer, field: field.clone() }),
        CustomerMatch::NotFound { tried } => Some(Problem::CustNotFound { retailer, tried: tried.clone() }),
    }
}

/// What people call the retailer of this order.
pub fn retailer(order: &Order) -> String {
    [&order.retailer.name, &order.retailer.code, &order.retailer.joor_id]
        .into_iter()
        .map(|text| capped(&one_line(text), 100).0)
        .find(|text| !text.is_empty())
        .unwrap_or_else(|| "a retailer without a name".to_owned())
}

/// The customer to create. The phone is left out by the caller if Shopify says that somebody else has it.
pub fn new_customer(
    order: &Order,
    custom_id: String,
    address: &DraftAddress,
    settings: &OrderSettings,
) -> NewCustomer {
    NewCustomer {
        custom_id,
        email: email(order).filter(|text| is_email(text)).unwrap_or_default(),
        first_name: address.first_name.clone(),
        last_name: address.last_name.clone(),
        phone: address.phone.clone(),
        tags: settings.customer_tags.iter().map(|tag| capped(&one_line(tag), TAG_CHARS_MAX).0).collect(),
        address: address.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::note::sample;

    fn order(code: &str, email: &str) -> Order {
        let mut order = sample("");
        order.retailer.name = "Rose & Thorn".to_owned();
        order.retailer.joor_id = "555".to_owned();
        order.retailer.code = code.to_owned();
        order.buyer_email = email.to_owned();
        order
    }

    fn customer(number: &str) -> Customer {
        Customer {
            id: CustomerId::from_number(number).unwrap(),
            name: format!("Customer {number}"),
            email: "a@b.co".to_owned(),
            tax_exempt: false,
            default_address: None,
        }
    }

    fn settings(create_customers: bool) -> OrderSettings {
        OrderSettings { create_customers, ..crate::orders::decide::testing::settings().orders }
    }

    #[test]
    fn a_code_and_a_link_name_the_customer_and_the_rest_may_find_one() {
        let id = |number| CustomerId::from_number(number).unwrap();
        assert_eq!(keys(&order("77", "a@b.co"), None), [Key::Code(id("77"))]);
        assert_eq!(keys(&order("77", "a@b.co"), Some(&id("9"))), [Key::Code(id("77")), Key::Link(id("9"))]);
        assert_eq!(keys(&order("R-77", "a@b.co"), Some(&id("9"))), [Key::Link(id("9"))]);
        assert_eq!(keys(&order("R-77", "a@b.co"), None), []);
        assert_eq!(other_keys(&order("R-77", "a@b.co")), [Key::CustomId, Key::Email("a@b.co".to_owned())]);
        assert_eq!(other_keys(&order("", "not an e-mail")), [Key::CustomId]);
    }

    #[test]
    fn the_customer_is_chosen_by_rank_and_never_guessed() {
        let link = CustomerId::from_number("9").unwrap();
        let check =
            |code: &str, link: Option<&CustomerId>, found: Found, create: bool, expected: CustomerMatch| {
                assert_eq!(choose(&order(code, "a@b.co"), link, &found, &settings(create)), expected);
            };
        let by_code =
            || Found { by_code: Some(customer("77")), by_link: Some(customer("9")), ..Found::default() };
        check("77", Some(&link), by_code(), true, CustomerMatch::Known(customer("77")));
        let by_link = || Found { by_link: Some(customer("9")), ..Found::default() };
        check("77", Some(&link), by_link(), true, CustomerMatch::Known(customer("9")));
        check("77", None, Found::default(), true, CustomerMatch::ToCreate);
        check("", Some(&link), Found::default(), true, CustomerMatch::LinkDead(link.clone()));
        let ours =
            Found { by_custom_id: Some(customer("5")), by_email: vec![customer("6")], ..Found::default() };
        check("", None, ours, true, CustomerMatch::Known(customer("5")));
        let one = Found { by_email: vec![customer("6")], ..Found::default() };
        check("", None, one.clone(), true, CustomerMatch::Known(customer("6")));
        check("77", None, one, true, CustomerMatch::Known(customer("6")));
        let two = Found { by_email: vec![customer("6"), customer("7")], ..Found::default() };
        let several = vec!["Customer 6 (a@b.co, 6)".to_owned(), "Customer 7 (a@b.co, 7)".to_owned()];
        check("", None, two, true, CustomerMatch::Several(several));
        check("", None, Found::default(), true, CustomerMatch::ToCreate);
        let tried = ["customer code R1", "JOOR retailer id 555", "e-mail a@b.co"].map(str::to_owned).to_vec();
        check("R1", None, Found::default(), false, CustomerMatch::NotFound { tried });
    }

    #[test]
    fn an_order_of_nobody_creates_nobody() {
        let mut order = order("", "");
        order.retailer = crate::orders::order::Retailer::default();
        assert_eq!((keys(&order, None), other_keys(&order)), (vec![], vec![]));
        let nobody = choose(&order, None, &Found::default(), &settings(true));
        assert_eq!(nobody, CustomerMatch::NotFound { tried: vec![] });
        assert!(matches!(check(&order, &nobody), Some(Problem::CustNotFound { .. })));
    }

    #[test]
    fn each_match_that_is_no_customer_has_its_problem() {
        let order = order("", "");
        let code = |found| {
            check(&order, &found).map(|problem| format!("{problem:?}").split(' ').next().unwrap().to_owned())
        };
        assert_eq!(code(CustomerMatch::Known(customer("1"))), None);
        assert_eq!(code(CustomerMatch::ToCreate), None);
        let dead = CustomerMatch::LinkDead(CustomerId::from_number("1").unwrap());
        assert_eq!(code(dead).as_deref(), Some("CustLinkDead"));
        assert_eq!(code(CustomerMatch::Several(vec![])).as_deref(), Some("CustAmbiguous"));
        let taken = CustomerMatch::Taken { field: "email".to_owned() };
        assert_eq!(code(taken).as_deref(), Some("CustContactTaken"));
    }

    #[test]
    fn e_mails_are_checked_and_the_shipping_address_helps_out() {
        for (text, good) in [
            ("buyer@rose.example", true),
            ("a.b+c@rose.co.uk", true),
            ("foo@", false),
            ("@bar.com", false),
            ("foo@bar", false),
            ("foo@@bar.com", false),
            ("Ada <ada@rose.example>", false),
            ("a@b.co, c@d.co", false),
            ("a b@c.co", false),
        ] {
            assert_eq!(is_email(text), good, "{text}");
            let problem = check_email(&order("", text));
            assert_eq!(problem.is_none(), good, "{text}");
        }
        assert!(!is_email(&format!("{}@b.co", "a".repeat(300))));
        let mut without = order("", " ");
        assert_eq!((email(&without), check_email(&without)), (None, None));
        without.ship_to.email = "store@rose.example".to_owned();
        assert_eq!(email(&without).as_deref(), Some("store@rose.example"));
    }

    #[test]
    fn custom_ids_are_unique_and_safe_in_a_search() {
        assert_eq!(custom_id("production", "42", " 555 ").as_deref(), Some("production-42-555"));
        for bad in ["", "5-5", "5 5", "é", "5\"5"] {
            assert_eq!(custom_id("production", "42", bad), None, "{bad:?}");
        }
    }
}
