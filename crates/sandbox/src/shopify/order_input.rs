//! Reads the input of `orderCreate` and collects every reason to refuse it that needs no look at stock or at other
//! orders. The creation itself is in `order_create`.

use rust_decimal::Decimal;
use serde_json::Value;

use super::gid;
use super::money::decimal;
use super::regions;
use super::roots::UserError;
use super::state::{Address, Discount, Line, Metafield, ShippingLine, State, TaxLine, text};

const NOTE_LETTERS_MAX: usize = 5000;
const TAG_LETTERS_MAX: usize = 40;

/// Money and lines of an order to be created.
pub(crate) struct Draft {
    pub(crate) currency: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) shipping_lines: Vec<ShippingLine>,
    pub(crate) tax_lines: Vec<TaxLine>,
    pub(crate) discount: Option<Discount>,
    pub(crate) billing: Option<Address>,
    pub(crate) shipping: Option<Address>,
    pub(crate) tags: Vec<String>,
    pub(crate) metafields: Vec<Metafield>,
}

pub(crate) fn items<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(crate) fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or_default()
}

/// A member that is there and not null.
pub(crate) fn given<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    value.get(key).filter(|found| !found.is_null())
}

fn invalid(field: &[&str], message: impl Into<String>) -> UserError {
    UserError::new("INVALID", field, message)
}

impl State {
    /// The draft, or every complaint at once.
    pub(crate) fn draft(&mut self, order: &Value) -> Result<Draft, Vec<UserError>> {
        let currency = text(order, "currency").unwrap_or_else(|| self.options.currency.clone());
        let mut errors = Vec::new();
        check_currencies(order, &currency, &mut errors);
        check_texts(order, &mut errors);
        check_tax_sides(order, &mut errors);
        self.check_customer_fields(order, &mut errors);
        let lines = self.lines(order, &mut errors);
        let shipping_lines = self.shipping_lines(order, &mut errors);
        let discount = discount(order, &mut errors);
        let billing = self.address(order, "billingAddress", &mut errors);
        let shipping = self.address(order, "shippingAddress", &mut errors);
        self.check_fulfillment(order, &mut errors);
        let metafields = self.metafields(order, &mut errors);
        let mut tags: Vec<String> =
            items(order, "tags").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        tags.sort();
        tags.dedup();
        if !errors.is_empty() {
            return Err(errors);
        }
        let tax_lines = tax_lines(order);
        Ok(Draft {
            currency,
            lines,
            shipping_lines,
            tax_lines,
            discount,
            billing,
            shipping,
            tags,
            metafields,
        })
    }

    fn lines(&mut self, order: &Value, errors: &mut Vec<UserError>) -> Vec<Line> {
        let inputs = items(order, "lineItems");
        if inputs.is_empty() {
            errors.push(invalid(&["order", "lineItems"], "Line items must have at least one line item"));
        }
        let mut nameless = false;
        let mut lines = Vec::with_capacity(inputs.len());
        for input in inputs {
            let line = self.line_of(input, errors);
            nameless |= line.title.trim().is_empty();
            lines.push(line);
        }
        if nameless {
            // The real answer does not say which line it means, so neither does this one.
            errors.push(invalid(&["order"], "Order Line items is invalid"));
            errors.push(invalid(&["order", "lineItems"], "Line items Name can't be blank"));
            errors.push(invalid(&["order", "lineItems"], "Line items Title can't be blank"));
        }
        lines
    }

    fn line_of(&mut self, input: &Value, errors: &mut Vec<UserError>) -> Line {
        let wanted = text(input, "variantId").and_then(|id| gid::number(&id, "ProductVariant"));
        let id = self.new_id();
        let variant = wanted.and_then(|number| self.variants.get(&number).map(|found| (number, found)));
        let product = variant.and_then(|(_, found)| self.products.get(&found.product));
        let quantity = input.get("quantity").and_then(Value::as_i64).unwrap_or_default();
        if quantity < 1 {
            errors.push(invalid(
                &["order", "lineItems"],
                "Line items Quantity must be greater than or equal to 1",
            ));
        }
        let sent_price = shop_amount(input, "priceSet");
        if sent_price.is_some_and(|price| price < Decimal::ZERO) {
            errors.push(invalid(
                &["order", "lineItems"],
                "Line items Price must be greater than or equal to 0",
            ));
        }
        let title = text(input, "title").filter(|title| !title.trim().is_empty());
        Line {
            id,
            variant: variant.map(|(number, _)| number),
            title: title.or_else(|| product.map(|found| found.title.clone())).unwrap_or_default(),
            sku: variant.and_then(|(_, found)| found.sku.clone()),
            quantity,
            price: sent_price.or_else(|| variant.map(|(_, found)| found.price)).unwrap_or_default(),
            requires_shipping: flag(input, "requiresShipping"),
            tax_lines: tax_lines(input),
        }
    }

    fn shipping_lines(&mut self, order: &Value, errors: &mut Vec<UserError>) -> Vec<ShippingLine> {
        let mut lines = Vec::new();
        for input in items(order, "shippingLines") {
            let price = shop_amount(input, "priceSet").unwrap_or_default();
            if price < Decimal::ZERO {
                let message = "Shipping lines Price must be greater than or equal to 0";
                errors.push(invalid(&["order", "shippingLines"], message));
            }
            if text(input, "title").is_none_or(|title| title.trim().is_empty()) {
                errors.push(invalid(&["order", "shippingLines"], "Shipping lines Title can't be blank"));
            }
            lines.push(ShippingLine {
                title: text(input, "title").unwrap_or_default(),
                price,
                tax_lines: tax_lines(input),
            });
        }
        lines
    }

    /// Country and region must exist and belong together.
    fn address(&mut self, order: &Value, key: &str, errors: &mut Vec<UserError>) -> Option<Address> {
        let input = given(order, key)?;
        match read_address(input) {
            Ok(address) => Some(Address { id: self.new_id(), ..address }),
            Err((part, message)) => {
                errors.push(invalid(&["order", key, part], message));
                None
            }
        }
    }

    fn check_customer_fields(&self, order: &Value, errors: &mut Vec<UserError>) {
        if given(order, "customerId").is_some() && given(order, "customer").is_some() {
            let message = "Only one of customer_id and customer can be provided";
            errors.push(UserError::new("REDUNDANT_CUSTOMER_FIELDS", &["order"], message));
        }
        let associated = given(order, "customer").and_then(|customer| given(customer, "toAssociate"));
        let id = associated.and_then(|found| text(found, "id")).or_else(|| text(order, "customerId"));
        if let Some(id) = id {
            let known =
                gid::number(&id, "Customer").is_some_and(|number| self.customers.contains_key(&number));
            if !known {
                errors.push(invalid(&["order", "customer"], "Customer does not exist"));
            }
        }
    }

    fn check_fulfillment(&self, order: &Value, errors: &mut Vec<UserError>) {
        if let Some(location) = given(order, "fulfillment").and_then(|found| text(found, "locationId")) {
            let number = gid::number(&location, "Location");
            let usable = number.and_then(|id| self.locations.get(&id)).is_some_and(|place| place.active);
            if !usable {
                errors.push(invalid(&["order", "fulfillment", "locationId"], "Location is invalid"));
            }
        }
    }

    fn metafields(&self, order: &Value, errors: &mut Vec<UserError>) -> Vec<Metafield> {
        let mut found = Vec::new();
        let field = ["order", "metafields"];
        for input in items(order, "metafields") {
            let (Some(namespace), Some(key), Some(value)) =
                (text(input, "namespace"), text(input, "key"), text(input, "value"))
            else {
                errors.push(invalid(&field, "Metafields Namespace, key and value can't be blank"));
                continue;
            };
            let definition = self
                .definitions
                .iter()
                .find(|known| known.owner == "ORDER" && known.namespace == namespace && known.key == key);
            let kind = text(input, "type")
                .or_else(|| definition.map(|known| known.kind.clone()))
                .unwrap_or_default();
            if kind == "id" && definition.is_none_or(|known| known.kind != "id") {
                errors.push(invalid(&field, "Metafields Type id requires a metafield definition of type id"));
            } else if definition.is_some_and(|known| known.kind != kind) {
                errors.push(invalid(&field, "Metafields Type must be consistent with the definition's type"));
            }
            if value.trim().is_empty() {
                errors.push(invalid(&field, "Metafields Value can't be blank"));
            }
            let definition_is_id = definition.is_some_and(|known| known.kind == "id");
            if definition_is_id
                && self.options.custom_id_enforced
                && self.custom_id_taken(&namespace, &key, &value)
            {
                errors.push(invalid(&field, "Metafields Value has already been taken"));
            }
            found.push(Metafield { namespace, key, kind, value });
        }
        found
    }

    /// Cancelled orders keep their ids; deleted ones do not.
    fn custom_id_taken(&self, namespace: &str, key: &str, value: &str) -> bool {
        self.holder(namespace, key, value).is_some()
    }

    fn holder(&self, namespace: &str, key: &str, value: &str) -> Option<u64> {
        let holds = |held: &Metafield| held.namespace == namespace && held.key == key && held.value == value;
        self.orders.values().find(|order| order.metafields.iter().any(holds)).map(|order| order.id)
    }

    /// The first order that has a custom id of this input.
    pub(crate) fn holder_of_custom_id(&self, order: &Value) -> Option<u64> {
        items(order, "metafields").iter().find_map(|input| {
            self.holder(&text(input, "namespace")?, &text(input, "key")?, &text(input, "value")?)
        })
    }
}

/// The address as stored, or the part that is wrong with a sentence.
pub(crate) fn read_address(input: &Value) -> Result<Address, (&'static str, &'static str)> {
    let country = match (text(input, "countryCode"), text(input, "country")) {
        // The code wins over a contradicting name.
        (Some(code), _) => Some(regions::country_code(&code).ok_or(("country", "Country is invalid"))?),
        (None, Some(name)) => Some(regions::country_code(&name).ok_or(("country", "Country is invalid"))?),
        (None, None) => None,
    };
    let asked = text(input, "provinceCode")
        .or_else(|| text(input, "province"))
        .filter(|found| !found.trim().is_empty());
    let province = match (&country, asked) {
        // Countries without zones drop the region silently.
        (Some(country), Some(_)) if !regions::has_regions(country) || country == "SG" => None,
        (Some(country), Some(asked)) => {
            Some(regions::region_code(country, &asked).ok_or(("province", "Province is invalid"))?)
        }
        (None, asked) => asked,
        (Some(_), None) => None,
    };
    Ok(Address {
        id: 0,
        first_name: text(input, "firstName"),
        last_name: text(input, "lastName"),
        company: text(input, "company"),
        address1: text(input, "address1"),
        address2: text(input, "address2"),
        city: text(input, "city"),
        province_code: province,
        country_code: country,
        zip: text(input, "zip"),
        phone: text(input, "phone"),
    })
}

fn check_texts(order: &Value, errors: &mut Vec<UserError>) {
    if text(order, "note").is_some_and(|note| note.chars().count() > NOTE_LETTERS_MAX) {
        errors.push(invalid(&["order", "note"], "Note is too long (maximum is 5000 characters)"));
    }
    let long = |tag: &Value| tag.as_str().is_some_and(|tag| tag.chars().count() > TAG_LETTERS_MAX);
    if items(order, "tags").iter().any(long) {
        errors.push(invalid(&["order", "tags"], "Tags is too long (maximum is 40 characters)"));
    }
    let shaped = |email: &String| super::customers::email_is_valid(email);
    if text(order, "email").filter(|email| !email.trim().is_empty()).is_some_and(|email| !shaped(&email)) {
        errors.push(invalid(&["order", "email"], "Email is invalid"));
    }
}

fn check_tax_sides(order: &Value, errors: &mut Vec<UserError>) {
    let on_lines = items(order, "lineItems").iter().any(|line| !items(line, "taxLines").is_empty());
    if on_lines && !items(order, "taxLines").is_empty() {
        let message = "Tax lines must be specified on the order or on line items, not on both";
        errors.push(invalid(&["order", "taxLines"], message));
    }
}

/// Every shop amount must be in the order's currency; presentment amounts need their currency named.
fn check_currencies(value: &Value, currency: &str, errors: &mut Vec<UserError>) {
    let mut mixed = false;
    let mut presentment = false;
    walk_money(value, &mut |side, found| match side {
        "shopMoney" => mixed |= found != currency,
        _ => presentment = true,
    });
    if mixed {
        errors.push(invalid(
            &["order", "currency"],
            format!("All shop money must be in the order's currency {currency}"),
        ));
    }
    if presentment && given(value, "presentmentCurrency").is_none() {
        let message = "Presentment currency is required where presentment money is used";
        errors.push(invalid(&["order", "presentmentCurrency"], message));
    }
}

fn walk_money(value: &Value, seen: &mut impl FnMut(&str, &str)) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                if let ("shopMoney" | "presentmentMoney", Some(code)) =
                    (key.as_str(), text(inner, "currencyCode"))
                {
                    seen(key, &code);
                } else {
                    walk_money(inner, seen);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| walk_money(inner, seen)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn shop_amount(value: &Value, key: &str) -> Option<Decimal> {
    decimal(value.get(key)?.get("shopMoney")?.get("amount")?)
}

fn tax_lines(value: &Value) -> Vec<TaxLine> {
    let lines = items(value, "taxLines").iter().map(|line| TaxLine {
        title: text(line, "title").unwrap_or_default(),
        rate: line.get("rate").and_then(decimal).unwrap_or_default(),
        // Tax is never computed from the rate.
        amount: shop_amount(line, "priceSet").unwrap_or_default(),
    });
    lines.collect()
}

fn discount(order: &Value, errors: &mut Vec<UserError>) -> Option<Discount> {
    let input = given(order, "discountCode")?;
    let fixed = given(input, "itemFixedDiscountCode").map(|found| Discount::Fixed {
        code: text(found, "code").unwrap_or_default(),
        amount: shop_amount(found, "amountSet").unwrap_or_default(),
    });
    let percentage = given(input, "itemPercentageDiscountCode").map(|found| Discount::Percentage {
        code: text(found, "code").unwrap_or_default(),
        percentage: found.get("percentage").and_then(decimal).unwrap_or_default(),
    });
    let free = given(input, "freeShippingDiscountCode")
        .map(|found| Discount::FreeShipping { code: text(found, "code").unwrap_or_default() });
    let mut all: Vec<Discount> = [fixed, percentage, free].into_iter().flatten().collect();
    let negative = all.iter().any(|found| match found {
        Discount::Fixed { amount, .. } => *amount < Decimal::ZERO,
        Discount::Percentage { percentage, .. } => {
            *percentage < Decimal::ZERO || *percentage > Decimal::ONE_HUNDRED
        }
        Discount::FreeShipping { .. } => false,
    });
    if all.len() != 1 || negative {
        errors.push(invalid(&["order", "discountCode"], "Exactly one valid discount code must be provided"));
    }
    all.pop()
}
