//! Customers: looking them up by id, e-mail and custom id, creating one, putting a default address back.

use super::ShopClient;
use super::documents;
use super::input;
use super::read;
use super::wire;
use super::write::{self, Phone};
use crate::ports::{CallError, CustomerKey, Refusal};
use domain::ids::CustomerId;
use domain::orders::decide::NewCustomer;
use domain::orders::shelf::Customer;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const IDS_MAX: usize = 100;
const ALIASES_MAX: usize = 50;
const EMAILS_PER_SEARCH_MAX: usize = 40;
const PAGES_MAX: usize = 20;

type Customers = BTreeMap<CustomerKey, Vec<Customer>>;

impl ShopClient {
    pub(super) async fn customers_by_key(&self, keys: &[CustomerKey]) -> Result<Customers, CallError> {
        let (mut ids, mut emails, mut custom_ids) = (Vec::new(), Vec::new(), Vec::new());
        for key in keys.iter().collect::<BTreeSet<_>>() {
            match key {
                CustomerKey::Id(id) => ids.push(id),
                CustomerKey::Email(email) => emails.push(email.as_str()),
                CustomerKey::CustomId(custom_id) => custom_ids.push(custom_id.as_str()),
            }
        }
        let mut customers = self.by_id(&ids).await?;
        customers.extend(self.by_custom_id(&custom_ids).await?);
        customers.extend(self.by_email(&emails).await?);
        Ok(customers)
    }

    async fn by_id(&self, ids: &[&CustomerId]) -> Result<Customers, CallError> {
        let mut customers = Customers::new();
        for chunk in ids.chunks(IDS_MAX) {
            let texts: Vec<&str> = chunk.iter().map(|id| id.as_str()).collect();
            let nodes = self.nodes(&documents::CUSTOMERS_BY_ID, &texts).await?;
            for (id, node) in chunk.iter().zip(nodes) {
                let Some(node) = node else { continue };
                let customer =
                    read::customer(self.caller.call(documents::CUSTOMERS_BY_ID.name).decode(node)?);
                customers.insert(CustomerKey::Id((*id).clone()), vec![customer]);
            }
        }
        Ok(customers)
    }

    /// A custom id that is not defined in the shop belongs to nobody.
    async fn by_custom_id(&self, custom_ids: &[&str]) -> Result<Customers, CallError> {
        let mut customers = Customers::new();
        for chunk in custom_ids.chunks(ALIASES_MAX) {
            let identifiers: Vec<_> = chunk
                .iter()
                .map(|value| input::CustomerIdentifier::CustomId(write::customer_id(value)))
                .collect();
            let found = match self.by_identifier(&identifiers).await {
                Err(CallError::Refused { reasons })
                    if reasons.iter().all(|reason| reason.code == "NOT_FOUND") =>
                {
                    continue;
                }
                found => found?,
            };
            for (custom_id, customer) in chunk.iter().zip(found) {
                if let Some(customer) = customer {
                    customers.insert(CustomerKey::CustomId((*custom_id).to_owned()), vec![customer]);
                }
            }
        }
        Ok(customers)
    }

    /// The direct look-up sees customers made a moment ago; the search sees several with one address.
    async fn by_email(&self, emails: &[&str]) -> Result<Customers, CallError> {
        let mut customers = Customers::new();
        for chunk in emails.chunks(EMAILS_PER_SEARCH_MAX) {
            let identifiers: Vec<_> =
                chunk.iter().map(|email| input::CustomerIdentifier::EmailAddress(email)).collect();
            let direct = self.by_identifier(&identifiers).await?;
            let searched = self.search_emails(chunk).await?;
            for (email, customer) in chunk.iter().zip(direct) {
                let mut same: Vec<Customer> = customer.into_iter().collect();
                for hit in searched.iter().filter(|hit| same_email(&hit.email, email)) {
                    if same.iter().all(|known| known.id != hit.id) {
                        same.push(hit.clone());
                    }
                }
                if !same.is_empty() {
                    customers.insert(CustomerKey::Email((*email).to_owned()), same);
                }
            }
        }
        Ok(customers)
    }

    async fn by_identifier(
        &self,
        identifiers: &[input::CustomerIdentifier<'_>],
    ) -> Result<Vec<Option<Customer>>, CallError> {
        let document = &documents::CUSTOMERS;
        let envelope = self.caller.ask_aliased(document, 'c', identifiers).await?;
        let call = self.caller.call(document.name);
        let mut data = envelope.checked(&call)?;
        let mut customers = Vec::with_capacity(identifiers.len());
        for index in 0..identifiers.len() {
            let Some(customer) = data.get_mut(format!("c{index}")) else {
                return Err(call.garbled("fewer customers than asked for"));
            };
            let customer: Option<wire::Customer> = call.decode(customer.take())?;
            customers.push(customer.map(read::customer));
        }
        Ok(customers)
    }

    async fn search_emails(&self, emails: &[&str]) -> Result<Vec<Customer>, CallError> {
        let document = &documents::CUSTOMERS_BY_SEARCH;
        let terms: Vec<String> =
            emails.iter().map(|email| format!("email:{}", write::quoted(email, '"'))).collect();
        let search = terms.join(" OR ");
        let mut hits = Vec::new();
        let mut after = None;
        for _ in 0..PAGES_MAX {
            let variables = input::Search { search: &search, after: after.take() };
            let (page, warnings): (wire::CustomersBySearch, _) =
                self.caller.search(document, variables).await?;
            if let Some(warning) = warnings.first() {
                let reason = format!("the search filter was ignored ({warning})");
                return Err(self.caller.call(document.name).garbled(reason));
            }
            after = page.customers.next();
            hits.extend(page.customers.nodes.into_iter().map(read::customer));
            if after.is_none() {
                return Ok(hits);
            }
        }
        Err(self
            .caller
            .call(document.name)
            .garbled("far more hits than addresses, so the search filter was ignored"))
    }

    /// Repeatable: the custom id makes a second call find what the first one made.
    pub(super) async fn set_customer(&self, customer: &NewCustomer) -> Result<Customer, CallError> {
        match self.set_customer_with(customer, Phone::Sent).await {
            Err(CallError::Refused { reasons }) if only_the_phone(&reasons) => {
                self.set_customer_with(customer, Phone::LeftOut).await
            }
            answer => answer,
        }
    }

    async fn set_customer_with(&self, customer: &NewCustomer, phone: Phone) -> Result<Customer, CallError> {
        let document = &documents::CUSTOMER_SET;
        let payload: wire::Payload =
            self.caller.change(document, "customerSet", write::customer(customer, phone)).await?;
        match payload.customer {
            Some(customer) => {
                let customer: wire::Customer = self.caller.call(document.name).decode(customer)?;
                Ok(read::customer(customer))
            }
            None => {
                super::refused(payload.user_errors)?;
                Err(self.caller.call(document.name).garbled("neither a customer nor a reason"))
            }
        }
    }

    pub(super) async fn put_default_address(
        &self,
        customer: &CustomerId,
        address: &str,
    ) -> Result<(), CallError> {
        let variables = input::DefaultAddress { customer_id: customer.as_str(), address_id: address };
        let document = &documents::CUSTOMER_UPDATE_DEFAULT_ADDRESS;
        let payload: wire::Payload =
            self.caller.change(document, "customerUpdateDefaultAddress", variables).await?;
        super::refused(payload.user_errors)?;
        match payload.customer {
            Some(_) => Ok(()),
            None => Err(self.caller.call(document.name).garbled("neither a customer nor a reason")),
        }
    }

    /// Objects by id, each in the place of its id; `None` where Shopify has none, or one of another kind.
    pub(super) async fn nodes(
        &self,
        document: &documents::Document,
        ids: &[&str],
    ) -> Result<Vec<Option<Value>>, CallError> {
        let mut data: Value = self.caller.read(document, input::Ids { ids: ids.to_vec() }).await?;
        match data.get_mut("nodes").map(Value::take) {
            Some(Value::Array(nodes)) if nodes.len() == ids.len() => {
                Ok(nodes.into_iter().map(|node| Some(node).filter(|node| node.get("id").is_some())).collect())
            }
            _ => Err(self.caller.call(document.name).garbled("another number of objects than asked for")),
        }
    }
}

fn only_the_phone(reasons: &[Refusal]) -> bool {
    !reasons.is_empty() && reasons.iter().all(|reason| reason.field.rsplit('.').next() == Some("phone"))
}

fn same_email(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}
