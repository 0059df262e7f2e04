//! Turns what was decided into what is sent. Pure, and the same bytes for the same draft: the request is stored before
//! it is sent, and found again by its fingerprint.

use super::call::body;
use super::documents;
use super::input;
use crate::ports::Frozen;
use domain::money::{Currency, Decimal};
use domain::orders::decide::NewCustomer;
use domain::orders::draft::{Claim, Draft, DraftAddress, DraftFulfilment, DraftShipping, DraftTax};
use domain::settings::Payment;
use sha2::{Digest, Sha256};

/// Owned by the merchant, so that the ids outlive the app.
pub const NAMESPACE: &str = "joor_shopify";
pub const ORDER_KEY: &str = "export";
pub const CUSTOMER_KEY: &str = "customer";
/// The metafield type whose values are unique in the shop.
pub const CUSTOM_ID_TYPE: &str = "id";
pub(super) const SOURCE_NAME: &str = "joor";
const GATEWAY: &str = "manual";
const UNCLAIMED: &str = "BYPASS";
/// Words of one search; more of them narrow nothing any more.
const WORDS_MAX: usize = 12;

pub fn freeze(draft: &Draft) -> Frozen {
    let variables = input::OrderCreate { order: order(draft), options: options(draft.claim) };
    let body = body(&documents::ORDER_CREATE, &documents::ORDER_CREATE.query(), variables);
    let digest = Sha256::digest(body.as_bytes());
    Frozen {
        token: draft.token.clone(),
        fingerprint: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        body,
        expected: draft.expected,
        units: draft.units,
    }
}

/// Did the request ask Shopify to take its units from stock? What cannot be read claimed nothing, so that nothing is put
/// on a shelf from which it was not surely taken.
pub fn claims_stock(request: &Frozen) -> bool {
    let body: Option<serde_json::Value> = serde_json::from_str(&request.body).ok();
    let behaviour = body.as_ref().and_then(|body| body.pointer("/variables/options/inventoryBehaviour"));
    behaviour.and_then(serde_json::Value::as_str).is_some_and(|behaviour| behaviour != UNCLAIMED)
}

fn order(draft: &Draft) -> input::Order<'_> {
    let currency = draft.currency;
    let (fulfillment_status, fulfillment) = fulfilment(&draft.fulfilment);
    let (financial_status, transactions) = payment(draft);
    input::Order {
        currency: currency.code(),
        line_items: draft.lines.iter().map(|line| line_item(line, currency)).collect(),
        discount_code: (!draft.discount.is_zero()).then(|| input::DiscountCode {
            item_fixed_discount_code: input::FixedDiscountCode {
                code: &draft.discount_label,
                amount_set: money(draft.discount, currency),
            },
        }),
        shipping_lines: draft.shipping.iter().map(|shipping| shipping_line(shipping, currency)).collect(),
        customer: draft
            .customer
            .as_ref()
            .map(|id| input::OrderCustomer { to_associate: input::AssociatedCustomer { id: id.as_str() } }),
        email: &draft.email,
        shipping_address: address(&draft.ship_to),
        billing_address: address(&draft.bill_to),
        financial_status,
        transactions,
        fulfillment_status,
        fulfillment,
        note: &draft.note,
        custom_attributes: draft
            .attributes
            .iter()
            .map(|(key, value)| input::Attribute { key, value })
            .collect(),
        tags: &draft.tags,
        po_number: &draft.po_number,
        source_name: SOURCE_NAME,
        source_identifier: draft.token.as_str(),
        source_url: &draft.source_url,
        // The first moment of the day, so that an order approved today is not dated in the future.
        processed_at: draft.processed_on.map(|date| format!("{date}T00:00:00Z")),
        metafields: vec![input::Metafield {
            namespace: NAMESPACE,
            key: ORDER_KEY,
            kind: CUSTOM_ID_TYPE,
            value: draft.token.as_str(),
        }],
    }
}

fn options(claim: Claim) -> input::Options {
    input::Options {
        inventory_behaviour: match claim {
            Claim::ObeyingPolicy => "DECREMENT_OBEYING_POLICY",
            Claim::IgnoringPolicy => "DECREMENT_IGNORING_POLICY",
            Claim::Nothing => UNCLAIMED,
        },
        send_receipt: false,
        send_fulfillment_receipt: false,
    }
}

/// No title is sent: with a title, a variant that does not exist would silently become a custom line.
fn line_item(line: &domain::orders::draft::DraftLine, currency: Currency) -> input::LineItem<'_> {
    input::LineItem {
        variant_id: line.variant.as_str(),
        quantity: line.quantity,
        price_set: money(line.unit_price, currency),
        requires_shipping: true,
        taxable: line.tax.is_some(),
        tax_lines: line.tax.iter().map(|tax| tax_line(tax, currency)).collect(),
    }
}

fn tax_line(tax: &DraftTax, currency: Currency) -> input::TaxLine<'_> {
    input::TaxLine {
        title: &tax.name,
        rate: tax.rate.normalize().to_string(),
        price_set: money(tax.amount, currency),
    }
}

fn shipping_line(shipping: &DraftShipping, currency: Currency) -> input::ShippingLine<'_> {
    input::ShippingLine {
        title: &shipping.title,
        code: &shipping.code,
        price_set: money(shipping.price, currency),
        tax_lines: shipping.tax.iter().map(|tax| tax_line(tax, currency)).collect(),
    }
}

fn money(amount: Decimal, currency: Currency) -> input::MoneyBag {
    input::MoneyBag {
        shop_money: input::Money { amount: currency.text(amount), currency_code: currency.code() },
    }
}

/// Always said: an order without a financial status would show none at all. A transaction means money received, so
/// there is one only for paid orders, and never one over nothing.
fn payment(draft: &Draft) -> (&'static str, Vec<input::Transaction>) {
    match draft.payment {
        Payment::Pending => ("PENDING", Vec::new()),
        Payment::Paid if draft.expected.amount.is_zero() => ("PAID", Vec::new()),
        Payment::Paid => (
            "PAID",
            vec![input::Transaction {
                kind: "SALE",
                status: "SUCCESS",
                gateway: GATEWAY,
                amount_set: money(draft.expected.amount, draft.currency),
            }],
        ),
    }
}

fn fulfilment(fulfilment: &DraftFulfilment) -> (Option<&'static str>, Option<input::Fulfillment<'_>>) {
    match fulfilment {
        DraftFulfilment::Unfulfilled | DraftFulfilment::MoveTo(_) => (None, None),
        DraftFulfilment::Fulfilled(location) => (
            Some("FULFILLED"),
            location.as_ref().map(|location| input::Fulfillment {
                location_id: location.as_str(),
                notify_customer: false,
            }),
        ),
    }
}

fn address(address: &DraftAddress) -> Option<input::Address<'_>> {
    (*address != DraftAddress::default()).then(|| input::Address {
        first_name: &address.first_name,
        last_name: &address.last_name,
        company: &address.company,
        address1: &address.line_1,
        address2: &address.line_2,
        city: &address.city,
        province_code: &address.region_code,
        country_code: &address.country_code,
        zip: &address.postcode,
        phone: &address.phone,
    })
}

/// Is the customer's phone sent along?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phone {
    Sent,
    LeftOut,
}

pub fn customer(customer: &NewCustomer, phone: Phone) -> input::CustomerSet<'_> {
    let mut addresses: Vec<input::Address<'_>> = address(&customer.address).into_iter().collect();
    let number = match phone {
        Phone::Sent => customer.phone.as_str(),
        Phone::LeftOut => {
            addresses.iter_mut().for_each(|address| address.phone = "");
            ""
        }
    };
    input::CustomerSet {
        input: input::Customer {
            email: &customer.email,
            first_name: &customer.first_name,
            last_name: &customer.last_name,
            phone: number,
            tags: &customer.tags,
            addresses,
        },
        identifier: input::CustomerIdentifier::CustomId(customer_id(&customer.custom_id)),
    }
}

pub fn customer_id(value: &str) -> input::CustomId<'_> {
    input::CustomId { namespace: NAMESPACE, key: CUSTOMER_KEY, value }
}

pub fn order_id(value: &str) -> input::OrderIdentifier<'_> {
    input::OrderIdentifier::CustomId(input::CustomId { namespace: NAMESPACE, key: ORDER_KEY, value })
}

/// A value in Shopify's search syntax: quoted, so that its own characters cannot end the term.
pub fn quoted(value: &str, quote: char) -> String {
    let mut text = String::from(quote);
    for c in value.chars() {
        if c == '\\' || c == quote {
            text.push('\\');
        }
        text.push(c);
    }
    text.push(quote);
    text
}

/// Words of a free text in Shopify's search syntax, all of which have to be found: plain words by their beginning, others
/// within quotes. What is no word is left out. A text that is an id, or the address of a page that ends with one, finds
/// that object too. Empty: there is nothing to look for.
pub fn words(text: &str) -> String {
    let is_operator = |word: &str| ["AND", "OR", "NOT"].contains(&word.to_uppercase().as_str());
    let term = |word: &str| match word.chars().all(char::is_alphanumeric) && !is_operator(word) {
        true => format!("{word}*"),
        false => quoted(word, '"'),
    };
    let words: Vec<String> = text
        .split_whitespace()
        .filter(|word| word.contains(char::is_alphanumeric))
        .take(WORDS_MAX)
        .map(term)
        .collect();
    let all = words.join(" ");
    match id_in(text) {
        Some(id) => format!("id:{id} OR ({all})"),
        None => all,
    }
}

/// The number of an object, bare, as a global id, or at the end of its page's address.
fn id_in(text: &str) -> Option<&str> {
    let path = text.trim().split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_id = !last.is_empty() && last.len() <= 19 && last.bytes().all(|byte| byte.is_ascii_digit());
    is_id.then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_text_is_searched_by_its_words_and_nothing_in_it_is_syntax() {
        for (text, search) in [
            ("Rose & Thorn", "Rose* Thorn*"),
            ("  rose   THORN ", "rose* THORN*"),
            ("ada@rose.example", r#""ada@rose.example""#),
            ("HAR-PS-01 écru", r#""HAR-PS-01" écru*"#),
            ("not me OR you", r#""not" me* "OR" you*"#),
            ("-x email:*", r#""-x" "email:*""#),
            (r#"a" OR id:>0 ("#, r#""a\"" "OR" "id:>0""#),
            ("\\ ** ()", ""),
            ("back\\slash", r#""back\\slash""#),
            ("4711", "id:4711 OR (4711*)"),
            (
                "https://shop.example/admin/customers/4711?x=1",
                r#"id:4711 OR ("https://shop.example/admin/customers/4711?x=1")"#,
            ),
            ("gid://shopify/ProductVariant/44", r#"id:44 OR ("gid://shopify/ProductVariant/44")"#),
            ("", ""),
        ] {
            assert_eq!(words(text), search, "{text:?}");
        }
        assert_eq!(words(&"a ".repeat(50)).split(' ').count(), WORDS_MAX);
    }

    #[test]
    fn search_values_cannot_leave_their_quotes() {
        assert_eq!(quoted("A'B\\C", '\''), r"'A\'B\\C'");
        assert_eq!(quoted("a\" OR status:any", '"'), r#""a\" OR status:any""#);
    }
}
