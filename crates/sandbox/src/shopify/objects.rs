//! How the records look as GraphQL objects: maps by field name. A reference to another object is its id and is opened
//! when somebody selects it; a connection is the list of its nodes. Paging and arguments are `execute`'s.

use serde_json::{Map, Value, json};

use super::gid;
use super::money::{amount, two_digits};
use super::state::{Address, Customer, Metafield, Place, Product, State, TaxLine, Variant};
use super::time::written;

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
            "Shop" => ("Shop", self.shop_object()),
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
            "enabledPresentmentCurrencies": options.enabled_currencies,
            "ianaTimezone": options.timezone,
            "taxesIncluded": options.taxes_included,
            "plan": { "publicDisplayName": options.plan_name, "partnerDevelopment": false, "shopifyPlus": false },
        })
    }

    pub(crate) fn installation_object(&self) -> Value {
        let scopes: Vec<Value> = self.options.scopes.iter().map(|scope| json!({ "handle": scope })).collect();
        json!({ "id": gid::gid("AppInstallation", 1), "accessScopes": scopes })
    }

    fn customer_object(&self, number: u64) -> Option<Value> {
        let customer = self.customers.get(&number)?;
        let mut orders: Vec<u64> = self
            .orders
            .values()
            .filter(|order| order.customer == Some(number))
            .map(|order| order.id)
            .collect();
        orders.sort_unstable();
        Some(customer_object(number, customer, &orders))
    }

    fn item_object(&self, number: u64) -> Option<Value> {
        let variant_id = variant_of(number)?;
        let variant = self.variants.get(&variant_id)?;
        let levels: Vec<String> =
            variant.stock.keys().map(|location| gid::level(*location, number)).collect();
        Some(json!({
            "id": gid::gid("InventoryItem", number),
            "legacyResourceId": number.to_string(),
            "sku": variant.sku,
            "tracked": variant.tracked,
            "requiresShipping": true,
            "inventoryLevels": levels,
        }))
    }

    fn level_object(&self, id: &str, location: u64) -> Option<Value> {
        let item: u64 = id.split_once("inventory_item_id=")?.1.parse().ok()?;
        let variant = self.variants.get(&variant_of(item)?)?;
        let level = variant.stock.get(&location)?;
        let updated = written(variant.updated_at);
        let quantities: Vec<Value> = [
            ("available", level.available),
            ("committed", level.committed),
            ("on_hand", level.available + level.committed),
            ("incoming", 0),
            ("reserved", 0),
            ("damaged", 0),
            ("quality_control", 0),
            ("safety_stock", 0),
        ]
        .into_iter()
        .map(|(name, quantity)| {
            let touched = matches!(name, "available" | "committed").then(|| updated.clone());
            let own =
                format!("gid://shopify/InventoryQuantity/{location}?inventory_item_id={item}&name={name}");
            json!({ "id": own, "name": name, "quantity": quantity, "updatedAt": touched })
        })
        .collect();
        Some(json!({
            "id": id,
            "isActive": self.locations.get(&location).is_some_and(|place| place.active),
            "item": gid::gid("InventoryItem", item),
            "location": gid::gid("Location", location),
            "quantities": quantities,
            "updatedAt": updated,
        }))
    }

    pub(crate) fn definition_object(&self, number: u64) -> Option<Value> {
        let found = self.definitions.iter().find(|definition| definition.id == number)?;
        let unique_possible = matches!(found.kind.as_str(), "id" | "single_line_text_field");
        Some(json!({
            "id": gid::gid("MetafieldDefinition", number),
            "name": found.name,
            "namespace": found.namespace,
            "key": found.key,
            "ownerType": found.owner,
            "type": { "name": found.kind },
            "capabilities": {
                "adminFilterable": { "eligible": true, "enabled": found.filterable },
                "uniqueValues": { "eligible": unique_possible, "enabled": found.unique },
            },
        }))
    }

    /// Units that the shop as a whole can sell of a variant.
    pub(crate) fn sellable(&self, variant: &Variant) -> i64 {
        let active = |location: &u64| self.locations.get(location).is_some_and(|place| place.active);
        variant.stock.iter().filter(|(location, _)| active(location)).map(|(_, level)| level.available).sum()
    }
}

fn variant_object(state: &State, number: u64, variant: &Variant) -> Value {
    let product = state.products.get(&variant.product);
    let product_title = product.map(|product| product.title.as_str()).unwrap_or_default();
    json!({
        "id": gid::gid("ProductVariant", number),
        "legacyResourceId": number.to_string(),
        "sku": variant.sku,
        "barcode": variant.barcode,
        "title": variant.title,
        "displayName": format!("{product_title} - {}", variant.title),
        "price": two_digits(variant.price),
        "taxable": true,
        "inventoryPolicy": if variant.continues_selling { "CONTINUE" } else { "DENY" },
        "inventoryQuantity": state.sellable(variant),
        "inventoryItem": gid::gid("InventoryItem", item_of(number)),
        "product": gid::gid("Product", variant.product),
        "updatedAt": written(variant.updated_at),
    })
}

fn product_object(number: u64, product: &Product) -> Value {
    json!({
        "id": gid::gid("Product", number),
        "legacyResourceId": number.to_string(),
        "title": product.title,
        "vendor": product.vendor,
        "status": product.status,
    })
}

fn location_object(number: u64, place: &Place) -> Value {
    json!({
        "id": gid::gid("Location", number),
        "legacyResourceId": number.to_string(),
        "name": place.name,
        "isActive": place.active,
        "isFulfillmentService": false,
        "fulfillsOnlineOrders": place.active,
        "shipsInventory": place.active,
        "address": { "countryCode": place.country },
    })
}

fn customer_object(number: u64, customer: &Customer, orders: &[u64]) -> Value {
    let addresses: Vec<Value> = customer.addresses.iter().map(address_object).collect();
    json!({
        "id": gid::gid("Customer", number),
        "legacyResourceId": number.to_string(),
        "firstName": customer.first_name,
        "lastName": customer.last_name,
        "displayName": customer.display_name(),
        "note": customer.note,
        "tags": customer.tags,
        "taxExempt": customer.tax_exempt,
        "createdAt": written(customer.created_at),
        "updatedAt": written(customer.updated_at),
        "numberOfOrders": orders.len().to_string(),
        "defaultEmailAddress": customer.email.as_ref().map(|email| json!({ "emailAddress": email })),
        "defaultPhoneNumber": customer.phone.as_ref().map(|phone| json!({ "phoneNumber": phone })),
        "defaultAddress": customer.default_address().map(address_object),
        "addressesV2": addresses,
        "metafields": metafield_objects(number, &customer.metafields),
        "orders": orders.iter().map(|order| gid::gid("Order", *order)).collect::<Vec<_>>(),
    })
}

pub(crate) fn address_object(address: &Address) -> Value {
    let names = [&address.first_name, &address.last_name];
    let name: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
    let country = address.country_code.as_deref();
    json!({
        "id": gid::address(address.id),
        "firstName": address.first_name,
        "lastName": address.last_name,
        "name": if name.is_empty() { None } else { Some(name.join(" ")) },
        "company": address.company,
        "address1": address.address1,
        "address2": address.address2,
        "city": address.city,
        "province": super::regions::province_name(country, address.province_code.as_deref()),
        "provinceCode": address.province_code,
        "country": country.and_then(super::regions::country_name),
        "countryCodeV2": country,
        "zip": address.zip,
        "phone": address.phone,
    })
}

pub(crate) fn metafield_objects(owner: u64, metafields: &[Metafield]) -> Vec<Value> {
    let objects = metafields.iter().enumerate().map(|(index, metafield)| {
        json!({
            "id": gid::gid("Metafield", owner + index as u64),
            "namespace": metafield.namespace,
            "key": metafield.key,
            "type": metafield.kind,
            "value": metafield.value,
        })
    });
    objects.collect()
}

pub(crate) fn tax_objects(lines: &[TaxLine], currency: &str) -> Vec<Value> {
    let money = |value| json!({ "amount": amount(value), "currencyCode": currency });
    let objects = lines.iter().map(|line| {
        let rate: f64 = line.rate.to_string().parse().unwrap_or_default();
        json!({
            "title": line.title,
            "rate": rate,
            "ratePercentage": rate * 100.0,
            "priceSet": { "shopMoney": money(line.amount), "presentmentMoney": money(line.amount) },
        })
    });
    objects.collect()
}
