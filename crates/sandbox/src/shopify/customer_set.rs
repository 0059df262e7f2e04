//! `customerSet`: creates or updates by identifier, replacing lists.

use serde_json::{Value, json};

use super::customers::{apply_fields, clean_email, clean_phone, is_nameless, refused};
use super::execute::FieldError;
use super::gid;
use super::order_input::{given, items, read_address};
use super::roots::UserError;
use super::state::{Address, Customer, Metafield, State, text};

impl State {
    pub(crate) fn customer_set(&mut self, input: &Value, identifier: &Value) -> Result<Value, FieldError> {
        // A missing definition is an error of the request, not of the payload.
        let by_custom_id = match given(identifier, "customId") {
            Some(custom) => self.find_customer_custom_id(custom)?,
            None => None,
        };
        Ok(match self.try_customer_set(input, identifier, by_custom_id) {
            Ok(number) => json!({ "customer": gid::gid("Customer", number), "userErrors": [] }),
            Err(errors) => refused("customer", &errors),
        })
    }

    fn try_customer_set(
        &mut self,
        input: &Value,
        identifier: &Value,
        by_custom_id: Option<u64>,
    ) -> Result<u64, Vec<UserError>> {
        check_identifier(input, identifier)?;
        let found = self.identified(input, identifier, by_custom_id)?;
        let mut errors = self.customer_field_errors(input, found, &["input"]);
        let addresses = self.replaced_addresses(input, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let now = self.now();
        let mut customer = match found {
            Some(id) => self.customers.get(&id).cloned().unwrap_or_else(|| Customer::empty(now)),
            None => Customer::empty(now),
        };
        apply_fields(&mut customer, input);
        if let Some(addresses) = addresses {
            customer.default_address = addresses.first().map(|address| address.id);
            customer.addresses = addresses;
        }
        if is_nameless(&customer) {
            let message = "A name, phone number, or email address must be present";
            return Err(vec![UserError::new("INVALID", &["input"], message)]);
        }
        if let Some(custom) = given(identifier, "customId").filter(|_| found.is_none()) {
            customer.metafields.push(Metafield {
                namespace: text(custom, "namespace").unwrap_or_default(),
                key: text(custom, "key").unwrap_or_default(),
                kind: "id".to_owned(),
                value: text(custom, "value").unwrap_or_default(),
            });
        }
        customer.updated_at = now;
        let id = found.unwrap_or_else(|| self.new_id());
        self.customers.insert(id, customer);
        Ok(id)
    }

    /// The customer that the call is about, if it exists already.
    fn identified(
        &self,
        input: &Value,
        identifier: &Value,
        by_custom_id: Option<u64>,
    ) -> Result<Option<u64>, Vec<UserError>> {
        if let Some(id) = text(identifier, "id").or_else(|| text(input, "id")) {
            let known = gid::number(&id, "Customer").filter(|number| self.customers.contains_key(number));
            return match known {
                Some(number) => Ok(Some(number)),
                None => {
                    let message = "Resource matching the identifier was not found.";
                    Err(vec![UserError::new("NOT_FOUND", &["input"], message)])
                }
            };
        }
        if let Some(email) = text(identifier, "email") {
            return Ok(self.find_email(&email));
        }
        if let Some(phone) = text(identifier, "phone") {
            return Ok(self.find_phone(&phone));
        }
        Ok(by_custom_id)
    }

    /// The new list of addresses, if one was sent.
    fn replaced_addresses(&mut self, input: &Value, errors: &mut Vec<UserError>) -> Option<Vec<Address>> {
        given(input, "addresses")?;
        let mut addresses = Vec::new();
        for (index, item) in items(input, "addresses").iter().enumerate() {
            match read_address(item) {
                Ok(address) => addresses.push(Address { id: self.new_id(), ..address }),
                Err((part, message)) => {
                    let index = index.to_string();
                    errors.push(UserError::new("INVALID", &["input", "addresses", &index, part], message));
                }
            }
        }
        Some(addresses)
    }
}

/// Whether two values of an identifying field mean the same.
type Same = fn(&str, &str) -> bool;

/// The identifying field must stand in the input too, with the same value.
fn check_identifier(input: &Value, identifier: &Value) -> Result<(), Vec<UserError>> {
    if identifier.is_null() {
        return Ok(());
    }
    if given(input, "id").is_some() {
        let message = "The id field is not allowed if identifier is provided.";
        return Err(vec![UserError::new("ID_NOT_ALLOWED", &["input"], message)]);
    }
    let same_email = |a: &str, b: &str| clean_email(a).eq_ignore_ascii_case(&clean_email(b));
    let same_phone = |a: &str, b: &str| clean_phone(a) == clean_phone(b);
    let checks: [(&str, Same); 2] = [("email", same_email), ("phone", same_phone)];
    for (field, same) in checks {
        let Some(wanted) = text(identifier, field) else { continue };
        match text(input, field) {
            None => {
                let message = "The input field corresponding to the identifier is required.";
                return Err(vec![UserError::new("MISSING_FIELD_REQUIRED", &["input"], message)]);
            }
            Some(sent) if !same(&sent, &wanted) => {
                let message =
                    "The identifier value does not match the value of the corresponding field in the input.";
                return Err(vec![UserError::new("INPUT_MISMATCH", &["input"], message)]);
            }
            Some(_) => {}
        }
    }
    Ok(())
}
