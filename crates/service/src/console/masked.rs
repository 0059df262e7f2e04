//! Requests and answers as a page may show them: laid out, with personal data and anything like a secret covered.

use serde_json::Value;

/// Names of fields whose text says who somebody is or lets somebody in.
const COVERED: [&str; 22] = [
    "email",
    "phone",
    "firstname",
    "lastname",
    "name",
    "company",
    "address1",
    "address2",
    "line_1",
    "line_2",
    "city",
    "zip",
    "postcode",
    "provincecode",
    "password",
    "token",
    "access_token",
    "client_secret",
    "authorization",
    "customerid",
    "note",
    "contactemail",
];
const COVER: &str = "•••";

/// The text laid out if it is JSON; otherwise nothing of it is shown, since nobody knows what is in it.
pub fn request(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            cover(&mut value);
            serde_json::to_string_pretty(&value).unwrap_or_default()
        }
        Err(_) => format!("{} bytes that are no JSON", text.len()),
    }
}

fn cover(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let known = COVERED.contains(&name.to_lowercase().as_str());
                match field {
                    Value::String(text) if known && !text.is_empty() => *text = COVER.to_owned(),
                    Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
                    Value::Array(_) | Value::Object(_) => cover(field),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(cover),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
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
}
