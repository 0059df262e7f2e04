//! Customers: the rules of e-mail and phone, look-ups, and the small changes. The upsert is in `customer_set`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::execute::FieldError;
use super::gid;
use super::order_input::{flag, given, items, read_address};
use super::roots::{UserError, no_id_definition, user_errors};
use super::state::{Address, Customer, State, text};

const NAME_LETTERS_MAX: usize = 255;
const EMAIL_LETTERS_MAX: usize = 255;
const NOTE_LETTERS_MAX: usize = 5000;
const TAGS_MAX: usize = 250;
const TAG_LETTERS_MAX: usize = 255;

impl Customer {
    pub(crate) fn empty(now: Timestamp) -> Customer {
        Customer {
            first_name: None,
            last_name: None,
            email: None,
            phone: None,
            note: None,
            tags: Vec::new(),
            tax_exempt: false,
            addresses: Vec::new(),
            default_address: None,
            metafields: Vec::new(),
            created_at: now,
            updated_at: now,
        }
    }
}

/// White space is removed, even inside.
pub(crate) fn clean_email(email: &str) -> String {
    email.chars().filter(|letter| !letter.is_whitespace()).collect()
}

pub(crate) fn email_is_valid(email: &str) -> bool {
    let email = clean_email(email);
    let Some((local, domain)) = email.split_once('@') else { return false };
    let labels: Vec<&str> = domain.split('.').collect();
    !local.is_empty()
        && !domain.contains('@')
        && labels.len() >= 2
        && labels.iter().all(|label| !label.is_empty())
        && !email.contains(['<', '>', ',', ';', '"'])
}

/// The number in E.164, or nothing if it cannot be one. Ten national digits are read as North American.
pub(crate) fn clean_phone(phone: &str) -> Option<String> {
    let bare: String =
        phone.chars().filter(|letter| !letter.is_whitespace() && !"()-.".contains(*letter)).collect();
    let (digits, national) = match bare.strip_prefix('+') {
        Some(rest) => (rest.to_owned(), false),
        None => (bare, true),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match (national, digits.len()) {
        (false, 8..=15) => Some(format!("+{digits}")),
        (true, 10) => Some(format!("+1{digits}")),
        (_, _) => None,
    }
}

impl State {
    pub(crate) fn find_email(&self, email: &str) -> Option<u64> {
        let wanted = clean_email(email).to_lowercase();
        let found = self.customers.iter().find(|(_, customer)| {
            customer.email.as_ref().is_some_and(|held| clean_email(held).to_lowercase() == wanted)
        });
        found.map(|(id, _)| *id)
    }

    pub(crate) fn find_phone(&self, phone: &str) -> Option<u64> {
        let wanted = clean_phone(phone)?;
        self.customers
            .iter()
            .find(|(_, customer)| customer.phone.as_ref() == Some(&wanted))
            .map(|(id, _)| *id)
    }

    /// The customer whose metafield of type `id` has this value.
    pub(crate) fn find_customer_custom_id(&self, custom: &Value) -> Result<Option<u64>, FieldError> {
        let part = |name: &str| custom.get(name).and_then(Value::as_str).unwrap_or_default();
        let (namespace, key, value) = (part("namespace"), part("key"), part("value"));
        if self.id_definition("CUSTOMER", namespace, key).is_none() {
            return Err(no_id_definition());
        }
        let found = self.customers.iter().find(|(_, customer)| {
            customer
                .metafields
                .iter()
                .any(|held| held.namespace == namespace && held.key == key && held.value == value)
        });
        Ok(found.map(|(id, _)| *id))
    }

    pub(crate) fn customer_by_identifier(&self, identifier: &Value) -> Result<Value, FieldError> {
        let found = if let Some(id) = text(identifier, "id") {
            gid::number(&id, "Customer").filter(|number| self.customers.contains_key(number))
        } else if let Some(email) = text(identifier, "emailAddress") {
            self.find_email(&email)
        } else if let Some(phone) = text(identifier, "phoneNumber") {
            self.find_phone(&phone)
        } else {
            self.find_customer_custom_id(&identifier["customId"])?
        };
        Ok(found.map_or(Value::Null, |number| json!(gid::gid("Customer", number))))
    }

    /// What is wrong with the plain fields of a customer's input; `path` leads to them.
    pub(crate) fn customer_field_errors(
        &self,
        input: &Value,
        own: Option<u64>,
        path: &[&str],
    ) -> Vec<UserError> {
        let mut errors = Vec::new();
        let mut blame = |code: &'static str, field: &str, message: &str| {
            let path: Vec<&str> = path.iter().copied().chain([field]).collect();
            errors.push(UserError::new(code, &path, message));
        };
        if let Some(email) = text(input, "email").filter(|email| !email.is_empty()) {
            if email.chars().count() > EMAIL_LETTERS_MAX {
                blame("TOO_LONG", "email", "Email is too long (maximum is 255 characters)");
            } else if !email_is_valid(&email) {
                blame("INVALID", "email", "Email is invalid");
            } else if self.find_email(&email).is_some_and(|owner| Some(owner) != own) {
                blame("TAKEN", "email", "Email has already been taken");
            }
        }
        if let Some(phone) = text(input, "phone").filter(|phone| !phone.is_empty()) {
            if clean_phone(&phone).is_none() {
                blame("INVALID", "phone", "Phone is invalid");
            } else if self.find_phone(&phone).is_some_and(|owner| Some(owner) != own) {
                blame("TAKEN", "phone", "Phone has already been taken");
            }
        }
        let longer =
            |key: &str, limit: usize| text(input, key).is_some_and(|found| found.chars().count() > limit);
        if longer("firstName", NAME_LETTERS_MAX) {
            blame("TOO_LONG", "firstName", "First name is too long (maximum is 255 characters)");
        }
        if longer("lastName", NAME_LETTERS_MAX) {
            blame("TOO_LONG", "lastName", "Last name is too long (maximum is 255 characters)");
        }
        if longer("note", NOTE_LETTERS_MAX) {
            blame("TOO_LONG", "note", "Note is too long (maximum is 5000 characters)");
        }
        if items(input, "tags").len() > TAGS_MAX {
            blame("TOO_LONG", "tags", "Customers must have 250 tags or less.");
        }
        let long_tag = |tag: &Value| tag.as_str().is_some_and(|tag| tag.chars().count() > TAG_LETTERS_MAX);
        if items(input, "tags").iter().any(long_tag) {
            blame("TOO_LONG", "tags", "Tags is too long (maximum is 255 characters)");
        }
        if input.get("taxExempt").is_some_and(Value::is_null) {
            blame("INVALID", "taxExempt", "Tax exempt is of unexpected type NilClass");
        }
        errors
    }

    pub(crate) fn customer_address_create(&mut self, args: &Map<String, Value>) -> Value {
        let number =
            args.get("customerId").and_then(Value::as_str).and_then(|id| gid::number(id, "Customer"));
        let Some(number) = number.filter(|id| self.customers.contains_key(id)) else {
            return refused("address", &[UserError::uncoded(&["customerId"], "Customer does not exist")]);
        };
        let input = &args["address"];
        let read = match read_address(input) {
            Ok(read) => read,
            Err((part, message)) => {
                return refused("address", &[UserError::uncoded(&["address", part], message)]);
            }
        };
        let errors = address_text_errors(input);
        if !errors.is_empty() {
            return refused("address", &errors);
        }
        let (id, now) = (self.new_id(), self.now());
        let Some(customer) = self.customers.get_mut(&number) else { return Value::Null };
        if customer.addresses.iter().any(|held| held.reads_like(&read)) {
            return refused("address", &[UserError::uncoded(&["address"], "Address already exists")]);
        }
        let address = Address { id, ..read };
        if customer.addresses.is_empty() || flag(&Value::Object(args.clone()), "setAsDefault") {
            customer.default_address = Some(id);
        }
        customer.addresses.push(address.clone());
        customer.updated_at = now;
        json!({ "address": super::objects::address_object(&address), "userErrors": [] })
    }

    pub(crate) fn customer_update_default_address(&mut self, args: &Map<String, Value>) -> Value {
        let id = |name: &str, kind: &str| {
            args.get(name).and_then(Value::as_str).and_then(|id| gid::number(id, kind))
        };
        let now = self.now();
        let number = id("customerId", "Customer");
        let Some((number, customer)) =
            number.and_then(|id| self.customers.get_mut(&id).map(|found| (id, found)))
        else {
            return refused("customer", &[UserError::uncoded(&["customerId"], "Customer does not exist")]);
        };
        let wanted = id("addressId", "MailingAddress");
        let Some(address) = wanted.filter(|wanted| customer.addresses.iter().any(|held| held.id == *wanted))
        else {
            return refused("customer", &[UserError::uncoded(&["addressId"], "Address does not exist")]);
        };
        customer.default_address = Some(address);
        customer.updated_at = now;
        json!({ "customer": gid::gid("Customer", number), "userErrors": [] })
    }
}

/// Fields that were sent replace; `null` clears; fields that were not sent stay.
pub(crate) fn apply_fields(customer: &mut Customer, input: &Value) {
    let sent = |key: &str| input.get(key).map(|_| text(input, key).filter(|found| !found.is_empty()));
    if let Some(name) = sent("firstName") {
        customer.first_name = name;
    }
    if let Some(name) = sent("lastName") {
        customer.last_name = name;
    }
    if let Some(email) = sent("email") {
        customer.email = email.map(|found| clean_email(&found));
    }
    if let Some(phone) = sent("phone") {
        customer.phone = phone.and_then(|found| clean_phone(&found));
    }
    if let Some(note) = sent("note") {
        customer.note = note;
    }
    if let Some(exempt) = input.get("taxExempt").and_then(Value::as_bool) {
        customer.tax_exempt = exempt;
    }
    if given(input, "tags").is_some() {
        customer.tags = items(input, "tags").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        customer.tags.sort();
        customer.tags.dedup();
    }
}

pub(crate) fn is_nameless(customer: &Customer) -> bool {
    [&customer.first_name, &customer.last_name, &customer.email, &customer.phone]
        .into_iter()
        .all(Option::is_none)
}

/// A payload whose object is null.
pub(crate) fn refused(object: &str, errors: &[UserError]) -> Value {
    json!({ object: null, "userErrors": user_errors(errors) })
}

fn address_text_errors(input: &Value) -> Vec<UserError> {
    let labels = [
        ("address1", "Address1"),
        ("address2", "Address2"),
        ("city", "City"),
        ("company", "Company"),
        ("firstName", "First name"),
        ("lastName", "Last name"),
        ("zip", "Zip"),
    ];
    let mut errors = Vec::new();
    for (key, label) in labels {
        let Some(found) = text(input, key) else { continue };
        let mut blame =
            |what: &str| errors.push(UserError::uncoded(&["address", key], format!("{label} {what}")));
        if found.chars().count() > NAME_LETTERS_MAX {
            blame("is too long (maximum is 255 characters)");
        }
        if found.contains('<') && found.contains('>') {
            blame("cannot contain HTML tags");
        }
        if found.contains("http://") || found.contains("https://") {
            blame("cannot contain URL");
        }
        if found.chars().any(|letter| matches!(u32::from(letter), 0x1F300..=0x1FAFF | 0x2600..=0x27BF)) {
            blame("cannot contain emojis");
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_and_phones_follow_the_recorded_rules() {
        for bad in ["foo@", "@bar.com", "foo@bar", "foo@@bar.com"] {
            assert!(!email_is_valid(bad), "{bad}");
        }
        assert!(email_is_valid("a b@c.example "));
        assert_eq!(clean_phone("+1 (613) 450-5293").as_deref(), Some("+16134505293"));
        assert_eq!(clean_phone("+1234abcd"), None);
    }
}
