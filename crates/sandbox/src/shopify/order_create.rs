//! `orderCreate`: refuses, or creates the whole order with its stock, fulfilment and customer in one act.

use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::gid;
use super::inventory::{Claiming, Placement};
use super::money::decimal;
use super::options::Routing;
use super::order_input::{Draft, flag, given, items};
use super::roots::{UserError, user_errors};
use super::state::{Address, Customer, Fulfillment, FulfillmentOrder, Order, ShopState, State, Totals, text};
use super::time::moment;
use super::totals::{Parts, totals};

const QUOTA_WINDOW: Duration = Duration::from_secs(60);

impl State {
    /// The payload of `orderCreate`.
    pub(crate) fn order_create(&mut self, order: &Value, options: &Value) -> Value {
        match self.try_order_create(order, options) {
            Ok(number) => json!({ "order": gid::gid("Order", number), "userErrors": [] }),
            Err(errors) => {
                if self.options.taken_id_answers_first
                    && let Some(first) = self.holder_of_custom_id(order)
                {
                    return json!({ "order": gid::gid("Order", first), "userErrors": [] });
                }
                if self.options.refusal_leaves_order && errors.iter().any(UserError::says_taken) {
                    self.leave_behind(order, options);
                }
                json!({ "order": null, "userErrors": user_errors(&errors) })
            }
        }
    }

    /// The order without what was refused.
    fn leave_behind(&mut self, order: &Value, options: &Value) {
        let mut rest = order.clone();
        if let Some(fields) = rest.as_object_mut() {
            fields.remove("metafields");
        }
        drop(self.try_order_create(&rest, options));
    }

    fn try_order_create(&mut self, input: &Value, options: &Value) -> Result<u64, Vec<UserError>> {
        if self.shop_state == ShopState::Dormant {
            return Err(vec![UserError::new(
                "SHOP_DORMANT",
                &["order"],
                "Shop is dormant and cannot create orders",
            )]);
        }
        self.check_quota()?;
        let draft = self.draft(input)?;
        let behaviour = text(options, "inventoryBehaviour").unwrap_or_else(|| "BYPASS".to_owned());
        let claiming = Claiming::from_name(&behaviour);
        if claiming == Claiming::ObeyingPolicy && !self.stock_suffices(&draft.lines) {
            let message = "Line items Unable to reserve inventory";
            return Err(vec![UserError::new("INVALID", &["order", "lineItems"], message)]);
        }
        let customer = self.customer_of(input, &draft);
        let forced = given(input, "fulfillment")
            .and_then(|found| text(found, "locationId"))
            .and_then(|id| gid::number(&id, "Location"));
        let fulfilled = forced.is_some() || text(input, "fulfillmentStatus").as_deref() == Some("FULFILLED");
        let mut placements = self.placements(&draft.lines, forced, claiming);
        self.claim(&draft.lines, &placements, fulfilled);
        if self.options.routing == Routing::Elsewhere && forced.is_none() {
            let last = self.locations.iter().rfind(|(_, place)| place.active).map_or(0, |(id, _)| *id);
            placements.iter_mut().for_each(|placement| placement.location = last);
        }
        let number = self.insert_order(input, draft, behaviour, customer);
        self.open_fulfillment(number, &placements, fulfilled);
        Ok(number)
    }

    /// Development stores take only a few orders a minute.
    fn check_quota(&mut self) -> Result<(), Vec<UserError>> {
        let now = self.now();
        let Some(quota) = self.options.order_quota_per_minute else { return Ok(()) };
        while self.recent_creates.front().is_some_and(|at| *at + QUOTA_WINDOW <= now) {
            self.recent_creates.pop_front();
        }
        if self.recent_creates.len() >= quota as usize {
            return Err(vec![UserError::uncoded(&[], "Too many attempts. Please try again later.")]);
        }
        self.recent_creates.push_back(now);
        Ok(())
    }

    fn insert_order(&mut self, input: &Value, draft: Draft, inventory: String, customer: Option<u64>) -> u64 {
        let now = self.now();
        let number = self.next_number;
        self.next_number += 1;
        let id = self.new_id();
        let totals = totals(&Parts {
            lines: &draft.lines,
            shipping_lines: &draft.shipping_lines,
            tax_lines: &draft.tax_lines,
            discount: draft.discount.as_ref(),
            taxes_included: flag(input, "taxesIncluded"),
            currency: &draft.currency,
        });
        let payment = Payment::read(input, totals);
        let pairs = items(input, "customAttributes").iter();
        let custom_attributes = pairs.filter_map(|pair| text(pair, "key").zip(text(pair, "value"))).collect();
        let processed_at =
            text(input, "processedAt").and_then(|found| moment(&found)).map_or(now, |at| at.min(now));
        self.orders.insert(
            id,
            Order {
                id,
                name: format!("#{number}"),
                source_identifier: text(input, "sourceIdentifier"),
                source_name: text(input, "sourceName"),
                source_url: text(input, "sourceUrl"),
                po_number: text(input, "poNumber"),
                note: text(input, "note"),
                email: text(input, "email"),
                tags: draft.tags,
                custom_attributes,
                metafields: draft.metafields,
                currency: draft.currency,
                lines: draft.lines,
                shipping_lines: draft.shipping_lines,
                discount: draft.discount,
                totals,
                received: payment.received,
                financial: payment.status,
                inventory,
                billing: draft.billing,
                shipping: draft.shipping,
                customer,
                fulfillment_orders: Vec::new(),
                fulfillments: Vec::new(),
                restocked: text(input, "fulfillmentStatus").as_deref() == Some("RESTOCKED"),
                created_at: now,
                updated_at: now,
                processed_at,
                closed_at: None,
                cancelled_at: None,
            },
        );
        id
    }

    /// One fulfilment order per location; fulfilled ones are closed and have their fulfilment.
    fn open_fulfillment(&mut self, number: u64, placements: &[Placement], fulfilled: bool) {
        let mut locations: Vec<u64> = placements.iter().map(|placement| placement.location).collect();
        locations.sort_unstable();
        locations.dedup();
        for location in locations {
            let items = self.placed(placements, location, !fulfilled);
            let (id, fulfillment_id) = (self.new_id(), self.new_id());
            let Some(order) = self.orders.get_mut(&number) else { continue };
            order.fulfillment_orders.push(FulfillmentOrder {
                id,
                status: if fulfilled { "CLOSED" } else { "OPEN" },
                location,
                items: items.clone(),
            });
            if fulfilled {
                order.fulfillments.push(Fulfillment {
                    id: fulfillment_id,
                    status: "SUCCESS",
                    location,
                    items,
                });
            }
        }
    }

    /// The customer that the order belongs to, found or made as the input says.
    fn customer_of(&mut self, input: &Value, draft: &Draft) -> Option<u64> {
        let associated = given(input, "customer").and_then(|found| given(found, "toAssociate"));
        let by_id = associated.and_then(|found| text(found, "id")).or_else(|| text(input, "customerId"));
        let email = associated.and_then(|found| text(found, "email")).or_else(|| text(input, "email"));
        let email = email.filter(|found| !found.trim().is_empty());
        let number = match by_id.and_then(|id| gid::number(&id, "Customer")) {
            Some(number) => Some(number),
            None => email.map(|email| self.customer_with_email(&email)),
        };
        if let Some(number) = number {
            self.give_address(number, draft.shipping.as_ref().or(draft.billing.as_ref()));
        }
        number
    }

    fn customer_with_email(&mut self, email: &str) -> u64 {
        let number = self.find_email(email);
        number.unwrap_or_else(|| {
            let id = self.new_id();
            let mut customer = Customer::empty(self.now());
            customer.email = Some(super::customers::clean_email(email));
            self.customers.insert(id, customer);
            id
        })
    }

    /// The order's address becomes the customer's default one and names a customer without a name.
    fn give_address(&mut self, number: u64, address: Option<&Address>) {
        let Some(address) = address else { return };
        let (now, id) = (self.now(), self.new_id());
        let Some(customer) = self.customers.get_mut(&number) else { return };
        if customer.first_name.is_none() && customer.last_name.is_none() {
            customer.first_name.clone_from(&address.first_name);
            customer.last_name.clone_from(&address.last_name);
        }
        let known = customer.addresses.iter().find(|found| found.reads_like(address)).map(|found| found.id);
        if known.is_none() {
            customer.addresses.push(Address { id, ..address.clone() });
        }
        customer.default_address = Some(known.unwrap_or(id));
        customer.updated_at = now;
    }
}

/// What was paid, and what the order shows about it.
struct Payment {
    status: Option<String>,
    received: Decimal,
}

impl Payment {
    fn read(input: &Value, totals: Totals) -> Payment {
        let mut received = Decimal::ZERO;
        let mut authorized = Decimal::ZERO;
        for transaction in items(input, "transactions") {
            let amount =
                transaction.get("amountSet").and_then(|set| decimal(set.get("shopMoney")?.get("amount")?));
            let amount = amount.unwrap_or_default();
            let kind = text(transaction, "kind").unwrap_or_else(|| "SALE".to_owned());
            let status = text(transaction, "status").unwrap_or_else(|| "SUCCESS".to_owned());
            match (kind.as_str(), status.as_str()) {
                ("SALE" | "CAPTURE", "SUCCESS") => received += amount,
                ("AUTHORIZATION", "SUCCESS") => authorized += amount,
                _ => {}
            }
        }
        let said = text(input, "financialStatus");
        if said.as_deref() == Some("PAID") && items(input, "transactions").is_empty() {
            received = totals.total;
        }
        let derived = if received > Decimal::ZERO {
            Some(if received >= totals.total { "PAID" } else { "PARTIALLY_PAID" })
        } else {
            (authorized > Decimal::ZERO).then_some("AUTHORIZED")
        };
        Payment { status: said.or_else(|| derived.map(str::to_owned)), received }
    }
}
