//! Requests and answers as a page may show them: laid out, with personal data and anything like a secret covered.

use domain::orders::reporting::reads_like_ours;
use serde_json::Value;

/// Names of fields whose content says who somebody is or lets somebody in. In small letters without `_`.
const COVERED: [&str; 53] = [
    "accesstoken",
    "address1",
    "address2",
    "apikey",
    "attention",
    "authorization",
    "buyer",
    "buyername",
    "city",
    "clientsecret",
    "company",
    "companyname",
    "contact",
    "contactemail",
    "contactname",
    "cookie",
    "customerid",
    "customername",
    "defaultemailaddress",
    "defaultphonenumber",
    "displayname",
    "email",
    "emailaddress",
    // Why an order is held may name anybody.
    "exportdescription",
    "fax",
    "firstname",
    "fullname",
    "lastname",
    "latitude",
    "line1",
    "line2",
    "longitude",
    "mobile",
    "name",
    "note",
    "password",
    "phone",
    "phonenumber",
    "postalcode",
    "postcode",
    "province",
    "provincecode",
    "recipient",
    "retailer",
    "retailername",
    "salesrep",
    "secret",
    "signature",
    "taxid",
    "token",
    "vatnumber",
    "zip",
    "zipcode",
];
/// Everything below these is somebody's, but for the fields in [`OPEN`].
const PERSONAL: [&str; 11] = [
    "address",
    "addresses",
    "billingaddress",
    "billto",
    "buyeridentity",
    "defaultaddress",
    "mailingaddress",
    "shippingaddress",
    "shipto",
    // Written from the brand's templates, which may name the retailer or the buyer.
    "tags",
    "customattributes",
];
/// What stays readable below them: which countries are meant, and what an attribute is called.
const OPEN: [&str; 4] = ["country", "countrycode", "countrycodev2", "key"];
const COVER: &str = "•••";
/// Shopify's ids of people and of where they are.
const PERSON_IDS: [&str; 2] = ["gid://shopify/Customer/", "gid://shopify/MailingAddress/"];
const ORDER_ID: &str = "gid://shopify/Order/";
const QUERY: &str = "query";

/// The text laid out if it is JSON; otherwise nothing of it is shown, since nobody knows what is in it.
pub fn request(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            shorten_document(&mut value);
            cover(&mut value);
            serde_json::to_string_pretty(&value).unwrap_or_default()
        }
        Err(_) => format!("{} bytes that are no JSON", text.len()),
    }
}

/// The document of a request is the same every time: its first words say which one it is.
fn shorten_document(value: &mut Value) {
    if let Some(Value::String(document)) = value.get_mut(QUERY)
        && let Some((first, _)) = document.split_once('{')
    {
        let first = first.lines().filter(|line| !line.trim_start().starts_with('#'));
        *document = format!("{} …", first.collect::<Vec<_>>().join(" ").trim());
    }
}

fn cover(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // A Shopify order is called by a number.
            let is_order =
                fields.get("id").and_then(Value::as_str).is_some_and(|id| id.starts_with(ORDER_ID));
            for (name, field) in fields {
                let name = plain(name);
                if PERSONAL.contains(&name.as_str()) {
                    cover_all(field);
                } else if COVERED.contains(&name.as_str())
                    && !(is_order && name == "name")
                    && !names_orders(&name, field)
                {
                    cover_whole(field);
                } else {
                    cover(field);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(cover),
        Value::String(text) => cover_within(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What JOOR is told of an exported order: the names of its Shopify orders.
fn names_orders(name: &str, field: &Value) -> bool {
    name == "exportdescription" && field.as_str().is_some_and(reads_like_ours)
}

/// Every text below, but for what stays readable.
fn cover_all(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match OPEN.contains(&plain(name).as_str()) {
                    true => cover(field),
                    false => cover_all(field),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(cover_all),
        Value::String(_) | Value::Number(_) | Value::Null | Value::Bool(_) => cover_whole(value),
    }
}

/// A covered field is covered whatever its content is; an object below it by its own names.
fn cover_whole(value: &mut Value) {
    match value {
        Value::String(text) if text.is_empty() => {}
        Value::String(_) | Value::Number(_) => *value = Value::String(COVER.to_owned()),
        Value::Array(values) => values.iter_mut().for_each(cover_whole),
        Value::Object(_) => cover(value),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Words in a sentence that name somebody: mail addresses, and ids of customers and of their addresses.
fn cover_within(text: &mut String) {
    let is_somebody = |words: &str| words.contains('@') || PERSON_IDS.iter().any(|id| words.contains(id));
    if is_somebody(text) {
        let shown = |word: &str| match is_somebody(word) {
            true => COVER.to_owned(),
            false => word.to_owned(),
        };
        *text = text.split(' ').map(shown).collect::<Vec<_>>().join(" ");
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_secrets_are_covered_and_goods_are_not() {
        let shown = request(
            r#"{"order":{"email":"a@b.example","shippingAddress":{"firstName":"Ada","city":"Lyon","countryCode":"FR"},
            "lineItems":[{"variantId":"gid://shopify/ProductVariant/4","quantity":2}]},"token":"shpat_x"}"#,
        );
        for hidden in ["a@b.example", "Ada", "Lyon", "shpat_x"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert!(shown.contains("ProductVariant/4") && shown.contains("FR"), "{shown}");
        assert_eq!(request("secret text"), "11 bytes that are no JSON");
    }

    #[test]
    fn a_customer_that_was_created_and_a_report_name_nobody_and_say_what_was_done() {
        let shown = request(
            r##"[{"operationName":"CustomerSet","variables":{"input":{"email":"ada@maison.example","firstName":"Ada",
            "lastName":"Lovelace","phone":"+33 1","tags":["JOOR","Maison Ada"],"addresses":[{"address1":"12 rue Ada",
            "city":"Lyon","zip":"69001","provinceCode":"ARA","company":"Maison Ada","phone":"+33 1","countryCode":"FR"}]},
            "identifier":{"customId":{"namespace":"joor_shopify","key":"customer","value":"sandbox-42-555"}}}},
            {"data":{"customerSet":{"customer":{"id":"gid://shopify/Customer/77","displayName":"Ada L","taxExempt":false,
            "defaultEmailAddress":{"emailAddress":"Ada at home"},"defaultPhoneNumber":{"phoneNumber":"+33 1"},
            "defaultAddress":{"id":"gid://shopify/MailingAddress/5?model_name=CustomerAddress"}}}}},
            {"path":"orders/bulk_update","body":[{"id":"7","status":"APPROVED","export_status":"SUCCESS",
            "export_description":"Shopify order #1001"},{"id":"8","export_description":"No customer for Maison Ada [X]"}]},
            {"operationName":"CustomerUpdateDefaultAddress","variables":{"addressId":"gid://shopify/MailingAddress/6?m=C"}},
            {"data":[{"id":7,"buyer_name":"Ada","customer_name":"Maison Ada","ship_to":{"city":"Lyon"},"retailer":"Maison Ada"}],
            "errors":[{"status":"NOT_FOUND","message":"Order 7 of ada@maison.example is gone","details":{"id":"7"}}]}]"##,
        );
        for hidden in
            ["Ada", "Lovelace", "rue", "Lyon", "69001", "ARA", "+33", "/77", "maison.example", "/6?"]
        {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
        for told in [
            "CustomerSet",
            "sandbox-42-555",
            "FR",
            "APPROVED",
            "SUCCESS",
            "Shopify order #1001",
            "NOT_FOUND",
            "is gone",
        ] {
            assert!(shown.contains(told), "{told} not in {shown}");
        }
    }

    #[test]
    fn nobody_is_named_wherever_a_brand_or_shopify_puts_a_name() {
        let shown = request(
            r##"{"query":"mutation OrderCreate($order: X) { orderCreate { order { id } } }","variables":{"order":{
            "customAttributes":[{"key":"Buyer","value":"Ada Lovelace"},{"key":"Store","value":"Maison Ada"}],
            "tags":["joor-7","Maison Ada"],"note":"For Ada","billingAddress":{"zip":69001,"unknown":"12 rue Ada",
            "countryCode":"FR","lines":["Ada","rue"]},"customer":{"toAssociate":{"id":"gid://shopify/Customer/77"}},
            "phone":["+33 1"],"taxLines":[{"title":"VAT"}],"sourceIdentifier":"sandbox-42-7-1-1"}},
            "data":{"orderCreate":{"order":{"id":"gid://shopify/Order/9","name":"#1009"},
            "customer":{"id":"gid://shopify/Customer/77","displayName":"Ada L"},
            "userErrors":[{"message":"Email ada@maison.example is taken by gid://shopify/Customer/77"}]}}}"##,
        );
        for hidden in ["Ada", "69001", "rue", "/77", "+33", "maison.example", "orderCreate { order"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
        for told in ["mutation OrderCreate", "Buyer", "FR", "#1009", "VAT", "sandbox-42-7-1-1", "is taken by"]
        {
            assert!(shown.contains(told), "{told} not in {shown}");
        }
    }
}
