//! How the records look as GraphQL objects: maps by field name. A reference to another object is its id and is opened
//! when somebody selects it; a connection is the list of its nodes. Paging and arguments are `execute`'s.

use serde_json::{Map, Value, json};

use super::gid;
use super::state::{Address, Customer, Metafield, Place, Product, State, Variant};

/// Item ids differ from variant ids in a real shop; a client that confuses them must notice.
const ITEM_OFFSET: u64 = 500_000_000;

pub(crate) fn item_of(variant: u64) -> u64 {
    variant + ITEM_OFFSET
}

pub(crate) fn variant_of(item: u64) -> Option<u64> {
    item.checked_sub(ITEM_OFFSET)
}

impl State {
    /// The object behind an id with its type's name, if it exists.
    pub(crate) fn load(&self, id: &str) -> Option<(&'static str, Map<String, Value>)> {
        let (kind, number) = gid::parse(id)?;
        let (name, value) = match kind {
            "Order" => ("Order", self.order_object(number)?),
            "Customer" => ("Customer", self.customer_object(number)?),
            "ProductVariant" => ("ProductVariant", variant_object(self, number, self.variants.get(&number)?)),
            "Product" => ("Product", product_object(number, self.products.get(&number)?)),
            "InventoryItem" => ("InventoryItem", self.item_object(number)?),
            "InventoryLevel" => ("InventoryLevel", self.level_object(id, number)?),
            "Location" => ("Location", location_object(number, self.locations.get(&number)?)),
            "FulfillmentOrder" => ("FulfillmentOrder", self.fulfillment_order_object(number)?),
            "Fulfillment" => ("Fulfillment", self.fulfillment_object(number)?),
            "LineItem" => ("LineItem", self.line_object(number)?),
            "Job" => ("Job", json!({ "id": id, "done": self.jobs.get(&number)? })),
            "MetafieldDefinition" => ("MetafieldDefinition", self.definition_object(number)?),
            _ => return None,
        };
        match value {
            Value::Object(map) => Some((name, map)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
        }
    }

    pub(crate) fn shop_object(&self) -> Value {
        let options = &self.options;
        json!({
            "id": gid::gid("Shop", self.options.shop_number),
            "name": options.name,
            "myshopifyDomain": options.domain,
            "currencyCode": options.currency,
            "plan": { "partnerDevelopment": options.development },
        })
    }

    pub(crate) fn installation_object(&self) -> Value {
        let scopes: Vec<Value> = self.options.scopes.iter().map(|scope| json!({ "handle": scope })).collect();
        json!({ "accessScopes": scopes })
    }

    fn customer_object(&self, number: u64) -> Option<Value> {
        let orders = self.orders.values().filter(|order| order.customer == Some(number)).count();
        self.customers.get(&number).map(|customer| customer_object(number, customer, orders))
    }

    fn item_object(&self, number: u64) -> Option<Value> {
        let variant_id = variant_of(number)?;
        let variant = self.variants.get(&variant_id)?;
        let levels: Vec<String> =
            variant.stock.keys().map(|location| gid::level(*location, number)).collect();
        Some(json!({
            "id": gid::gid("InventoryItem", number),
            "tracked": variant.tracked,
            "inventoryLevels": levels,
        }))
    }

    fn level_object(&self, id: &str, location: u64) -> Option<Value> {
        let item: u64 = id.split_once("inventory_item_id=")?.1.parse().ok()?;
        let variant = self.variants.get(&variant_of(item)?)?;
        let level = variant.stock.get(&location)?;
        let quantities = [
            ("available", level.available),
            ("committed", level.committed),
            ("on_hand", level.available + level.committed),
        ]
        .map(|(name, quantity)| json!({ "name": name, "quantity": quantity }));
        Some(json!({
            "id": id,
            "isActive": self.locations.get(&location).is_some_and(|place| place.active),
            "location": gid::gid("Location", location),
            "quantities": quantities,
        }))
    }

    pub(crate) fn definition_object(&self, number: u64) -> Option<Value> {
        let found = self.definitions.iter().find(|definition| definition.id == number)?;
        Some(json!({
            "id": gid::gid("MetafieldDefinition", number),
            "type": { "name": found.kind },
            "capabilities": { "uniqueValues": { "enabled": found.unique } },
        }))
    }

    /// Units that the shop as a whole can sell of a variant.
    pub(crate) fn sellable(&self, variant: &Variant) -> i64 {
        let active = |location: &u64| self.locations.get(location).is_some_and(|place| place.active);
        variant.stock.iter().filter(|(location, _)| active(location)).map(|(_, level)| level.available).sum()
    }
}

fn variant_object(state: &State, number: u64, variant: &Variant) -> Value {
    json!({
        "id": gid::gid("ProductVariant", number),
        "sku": variant.sku,
        "barcode": variant.barcode,
        "title": variant.title,
        "inventoryPolicy": if variant.continues_selling { "CONTINUE" } else { "DENY" },
        "inventoryQuantity": state.sellable(variant),
        "inventoryItem": gid::gid("InventoryItem", item_of(number)),
        "product": gid::gid("Product", variant.product),
    })
}

fn product_object(number: u64, product: &Product) -> Value {
    json!({
        "id": gid::gid("Product", number),
        "title": product.title,
        "status": product.status,
    })
}

fn location_object(number: u64, place: &Place) -> Value {
    json!({
        "id": gid::gid("Location", number),
        "name": place.name,
        "isActive": place.active,
    })
}

fn customer_object(number: u64, customer: &Customer, orders: usize) -> Value {
    let addresses: Vec<Value> = customer.addresses.iter().map(address_object).collect();
    json!({
        "id": gid::gid("Customer", number),
        "displayName": customer.display_name(),
        "tags": customer.tags,
        "taxExempt": customer.tax_exempt,
        "defaultEmailAddress": customer.email.as_ref().map(|email| json!({ "emailAddress": email })),
        "defaultAddress": customer.default_address().map(address_object),
        "addressesV2": addresses,
        "numberOfOrders": orders.to_string(),
        "metafields": metafield_objects(&customer.metafields),
    })
}

pub(crate) fn address_object(address: &Address) -> Value {
    json!({
        "id": gid::address(address.id),
        "company": address.company,
        "city": address.city,
        "countryCodeV2": address.country_code,
    })
}

/// Namespace and key are not shown; they are what `metafield` picks by.
fn metafield_objects(metafields: &[Metafield]) -> Vec<Value> {
    let objects = metafields
        .iter()
        .map(|held| json!({ "namespace": held.namespace, "key": held.key, "value": held.value }));
    objects.collect()
}
