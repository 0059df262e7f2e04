//! The root fields: which right each needs and which rule answers it.

use serde_json::{Map, Value, json};

use super::execute::{Execution, FieldError};
use super::gid;
use super::search::{Record, matches};
use super::state::State;
use super::time::written;

type Args = Map<String, Value>;

impl Execution<'_> {
    pub(crate) fn query(&mut self, name: &str, args: &Args) -> Result<Value, FieldError> {
        if let Some(scope) = query_scope(name, args).filter(|scope| !self.state.may(scope)) {
            return Err(FieldError::denied(name, scope));
        }
        match name {
            "shop" => Ok(self.state.shop_object()),
            "currentAppInstallation" => Ok(self.state.installation_object()),
            "node" => self.node(&args["id"], name),
            "nodes" => {
                let ids = args["ids"].as_array().cloned().unwrap_or_default();
                ids.iter().map(|id| self.node(id, name)).collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
            "order" => self.one(&args["id"], "Order"),
            "job" => self.one(&args["id"], "Job"),
            "orderByIdentifier" => self.order_by_identifier(&args["identifier"]),
            "customerByIdentifier" => self.state.customer_by_identifier(&args["identifier"]),
            "orders" => {
                let numbers = self.state.visible_orders();
                Ok(self.searched_orders(numbers, args))
            }
            "customers" => Ok(self.searched_customers(args)),
            "productVariants" => Ok(self.searched_variants(args)),
            "locations" => Ok(self.listed_locations(args)),
            "metafieldDefinitions" => Ok(self.state.listed_definitions(args)),
            _ => Err(FieldError::new(
                "undefinedField",
                format!("Field '{name}' is not answered by the sandbox"),
            )),
        }
    }

    pub(crate) fn mutate(&mut self, name: &str, args: &Args) -> Result<Value, FieldError> {
        if let Some(scope) = mutation_scope(name, args).filter(|scope| !self.state.may(scope)) {
            return Err(FieldError::denied(name, scope));
        }
        let state = &mut *self.state;
        match name {
            "orderCreate" => {
                Ok(state.order_create(&args["order"], args.get("options").unwrap_or(&Value::Null)))
            }
            "orderCancel" => Ok(state.order_cancel(args)),
            "orderDelete" => Ok(state.order_delete(args)),
            "fulfillmentOrderMove" => Ok(state.fulfillment_order_move(args)),
            "fulfillmentCancel" => Ok(state.fulfillment_cancel(args)),
            "metafieldDefinitionCreate" => Ok(state.definition_create(&args["definition"])),
            "customerSet" => {
                state.customer_set(&args["input"], args.get("identifier").unwrap_or(&Value::Null))
            }
            "customerAddressCreate" => Ok(state.customer_address_create(args)),
            "customerUpdateDefaultAddress" => Ok(state.customer_update_default_address(args)),
            _ => Err(FieldError::new(
                "undefinedField",
                format!("Field '{name}' is not answered by the sandbox"),
            )),
        }
    }

    /// Unknown ids are null, malformed ones an error of the whole root field.
    fn node(&self, id: &Value, root: &str) -> Result<Value, FieldError> {
        let text = id.as_str().unwrap_or_default();
        let Some((kind, number)) = gid::parse(text) else {
            return Err(FieldError::new("RESOURCE_NOT_FOUND", format!("Invalid id: {text}")));
        };
        if let Some(scope) = kind_scope(kind).filter(|scope| !self.state.may(scope)) {
            return Err(FieldError::denied(root, scope));
        }
        if kind == "Order" && !self.state.visible_orders().contains(&number) {
            return Ok(Value::Null);
        }
        Ok(if self.state.load(text).is_some() { id.clone() } else { Value::Null })
    }

    fn one(&self, id: &Value, kind: &str) -> Result<Value, FieldError> {
        let text = id.as_str().unwrap_or_default();
        let Some((found, number)) = gid::parse(text) else {
            return Err(FieldError::new("RESOURCE_NOT_FOUND", format!("Invalid id: {text}")));
        };
        let hidden = kind == "Order" && !self.state.visible_orders().contains(&number);
        Ok(if found == kind && !hidden && self.state.load(text).is_some() { id.clone() } else { Value::Null })
    }

    fn order_by_identifier(&self, identifier: &Value) -> Result<Value, FieldError> {
        if let Some(id) = identifier.get("id").filter(|id| !id.is_null()) {
            return self.one(id, "Order");
        }
        let custom = &identifier["customId"];
        let part = |name: &str| custom.get(name).and_then(Value::as_str).unwrap_or_default();
        let (namespace, key, value) = (part("namespace"), part("key"), part("value"));
        if self.state.id_definition("ORDER", namespace, key).is_none() {
            return Err(no_id_definition());
        }
        let visible = self.state.visible_orders();
        let shown_until = self.state.now() - self.state.options.lookup_lag;
        // Where the shop let two orders have the same id, the newest answers.
        let found = self.state.orders.values().rev().find(|order| {
            visible.contains(&order.id)
                && order.created_at <= shown_until
                && order
                    .metafields
                    .iter()
                    .any(|held| held.namespace == namespace && held.key == key && held.value == value)
        });
        Ok(found.map_or(Value::Null, |order| json!(gid::gid("Order", order.id))))
    }

    /// Orders of these numbers that match `query`, sorted.
    fn searched_orders(&mut self, numbers: Vec<u64>, args: &Args) -> Value {
        let indexed_until = self.state.indexed_until();
        let state = &*self.state;
        let orders = numbers
            .iter()
            .filter_map(|id| state.orders.get(id))
            .filter(|order| order.created_at <= indexed_until);
        let records: Vec<(u64, Record)> = orders.map(|order| (order.id, Record::of_order(order))).collect();
        let mut kept = self.kept(records, args, "Order");
        let key = args.get("sortKey").and_then(Value::as_str).unwrap_or("ID");
        if matches!(key, "CREATED_AT" | "PROCESSED_AT" | "UPDATED_AT") {
            let orders = &self.state.orders;
            kept.sort_by_key(|id| {
                let moment = orders.get(id).map(|order| match key {
                    "PROCESSED_AT" => order.processed_at,
                    "UPDATED_AT" => order.updated_at,
                    _ => order.created_at,
                });
                (moment, *id)
            });
        }
        listed(kept, args, "Order")
    }

    fn searched_customers(&mut self, args: &Args) -> Value {
        let until = self.state.indexed_until();
        let customers = self.state.customers.iter().filter(|(_, customer)| customer.created_at <= until);
        let records = customers.map(|(id, customer)| (*id, Record::of_customer(*id, customer))).collect();
        listed(self.kept(records, args, "Customer"), args, "Customer")
    }

    fn searched_variants(&mut self, args: &Args) -> Value {
        let state = &*self.state;
        let records = state
            .variants
            .iter()
            .map(|(id, variant)| (*id, Record::of_variant(*id, variant, state)))
            .collect();
        listed(self.kept(records, args, "ProductVariant"), args, "ProductVariant")
    }

    fn listed_locations(&self, args: &Args) -> Value {
        let inactive_too = args.get("includeInactive").and_then(Value::as_bool).unwrap_or_default();
        let locations = self.state.locations.iter().filter(|(_, place)| inactive_too || place.active);
        let mut kept: Vec<u64> = locations.map(|(id, _)| *id).collect();
        if args.get("sortKey").and_then(Value::as_str) == Some("NAME") {
            let places = &self.state.locations;
            kept.sort_by_key(|id| places.get(id).map(|place| place.name.to_lowercase()));
        }
        listed(kept, args, "Location")
    }

    fn kept(&mut self, records: Vec<(u64, Record)>, args: &Args, kind: &str) -> Vec<u64> {
        let query = args.get("query").and_then(Value::as_str).unwrap_or_default();
        let outcome = matches(query, kind, &records, self.state.options.ignore_search_filters);
        if !outcome.warnings.is_empty() {
            let warnings: Vec<Value> = outcome
                .warnings
                .iter()
                .map(|field| {
                    json!({ "field": field, "message": "Invalid search field for this query.", "code": "invalid_field" })
                })
                .collect();
            let path = [self.root_key()];
            self.search.push(json!({ "path": path, "query": query, "warnings": warnings }));
        }
        outcome.kept
    }
}

fn listed(mut numbers: Vec<u64>, args: &Args, kind: &str) -> Value {
    if args.get("reverse").and_then(Value::as_bool).unwrap_or_default() {
        numbers.reverse();
    }
    Value::Array(numbers.into_iter().map(|number| json!(gid::gid(kind, number))).collect())
}

pub(crate) fn no_id_definition() -> FieldError {
    FieldError::new("NOT_FOUND", "Metafield definition of type 'id' is required when using custom ids.")
}

impl State {
    /// Orders that the app may see: the last 60 days, or all with `read_all_orders`.
    pub(crate) fn visible_orders(&self) -> Vec<u64> {
        let oldest = (!self.may("read_all_orders")).then(|| self.now() - self.options.order_window);
        let seen =
            self.orders.values().filter(|order| oldest.is_none_or(|oldest| order.created_at >= oldest));
        seen.map(|order| order.id).collect()
    }

    /// What was created later than this is not yet in the search index.
    pub(crate) fn indexed_until(&self) -> jiff::Timestamp {
        self.now() - self.options.search_lag
    }

    fn listed_definitions(&self, args: &Args) -> Value {
        let wanted = |name: &str, value: &str| {
            args.get(name).and_then(Value::as_str).is_none_or(|given| given == value)
        };
        let found = self.definitions.iter().filter(|found| {
            wanted("ownerType", &found.owner)
                && wanted("namespace", &found.namespace)
                && wanted("key", &found.key)
        });
        Value::Array(found.map(|found| json!(gid::gid("MetafieldDefinition", found.id))).collect())
    }
}

fn kind_scope(kind: &str) -> Option<&'static str> {
    match kind {
        "Order" | "LineItem" | "Fulfillment" => Some("read_orders"),
        "Customer" => Some("read_customers"),
        "ProductVariant" | "Product" => Some("read_products"),
        "InventoryItem" | "InventoryLevel" => Some("read_inventory"),
        "Location" => Some("read_locations"),
        "FulfillmentOrder" => Some("read_merchant_managed_fulfillment_orders"),
        _ => None,
    }
}

fn owner_scope(args: &Args, definition: Option<&str>, write: bool) -> Option<&'static str> {
    let owner = match definition {
        Some(name) => args.get(name).and_then(|found| found.get("ownerType")),
        None => args.get("ownerType"),
    };
    match (owner.and_then(Value::as_str), write) {
        (Some("ORDER"), true) => Some("write_orders"),
        (Some("ORDER"), false) => Some("read_orders"),
        (Some("CUSTOMER"), true) => Some("write_customers"),
        (Some("CUSTOMER"), false) => Some("read_customers"),
        _ => None,
    }
}

fn query_scope(name: &str, args: &Args) -> Option<&'static str> {
    match name {
        "order" | "orders" | "orderByIdentifier" => Some("read_orders"),
        "customers" | "customerByIdentifier" => Some("read_customers"),
        "productVariants" => Some("read_products"),
        "locations" => Some("read_locations"),
        "metafieldDefinitions" => owner_scope(args, None, false),
        _ => None,
    }
}

fn mutation_scope(name: &str, args: &Args) -> Option<&'static str> {
    match name {
        "orderCreate" | "orderCancel" | "orderDelete" => Some("write_orders"),
        "customerSet" | "customerAddressCreate" | "customerUpdateDefaultAddress" => Some("write_customers"),
        "fulfillmentOrderMove" | "fulfillmentCancel" => Some("write_merchant_managed_fulfillment_orders"),
        "metafieldDefinitionCreate" => owner_scope(args, Some("definition"), true),
        _ => None,
    }
}

/// One error inside a payload.
#[derive(Clone, Debug)]
pub(crate) struct UserError {
    pub(crate) code: Option<&'static str>,
    pub(crate) field: Option<Vec<String>>,
    pub(crate) message: String,
}

impl UserError {
    pub(crate) fn new(code: &'static str, field: &[&str], message: impl Into<String>) -> UserError {
        let field = (!field.is_empty()).then(|| field.iter().map(|part| (*part).to_owned()).collect());
        UserError { code: Some(code), field, message: message.into() }
    }

    pub(crate) fn uncoded(field: &[&str], message: impl Into<String>) -> UserError {
        UserError { code: None, ..UserError::new("INVALID", field, message) }
    }

    pub(crate) fn says_taken(&self) -> bool {
        self.message.ends_with("has already been taken")
    }

    pub(crate) fn object(&self) -> Value {
        json!({ "code": self.code, "field": self.field, "message": self.message })
    }
}

pub(crate) fn user_errors(errors: &[UserError]) -> Value {
    Value::Array(errors.iter().map(UserError::object).collect())
}

/// `updated_at` and its kin as the search compares them.
pub(crate) fn stamp(moment: jiff::Timestamp) -> String {
    written(moment)
}
