//! What happens to orders after their creation: cancelling, moving, cancelling fulfilments.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::customers::refused;
use super::gid;
use super::order_input::flag;
use super::roots::{UserError, user_errors};
use super::state::{Fulfillment, FulfillmentOrder, PendingCancel, Placed, State};

const STAFF_NOTE_LETTERS_MAX: usize = 255;

impl State {
    pub(crate) fn order_cancel(&mut self, args: &Map<String, Value>) -> Value {
        let errors = self.cancel_refusals(args);
        if !errors.is_empty() {
            return json!({ "job": null, "orderCancelUserErrors": user_errors(&errors) });
        }
        let arguments = Value::Object(args.clone());
        let order = args["orderId"].as_str().and_then(|id| gid::number(id, "Order")).unwrap_or_default();
        let job = self.new_id();
        self.jobs.insert(job, false);
        self.pending_cancels.push(PendingCancel {
            order,
            restock: flag(&arguments, "restock"),
            due: self.now() + self.options.cancel_delay,
            job,
        });
        json!({ "job": { "id": gid::gid("Job", job), "done": false }, "orderCancelUserErrors": [] })
    }

    fn cancel_refusals(&self, args: &Map<String, Value>) -> Vec<UserError> {
        let arguments = Value::Object(args.clone());
        let mut errors = Vec::new();
        let number = args["orderId"].as_str().and_then(|id| gid::number(id, "Order"));
        let Some(order) = number.and_then(|id| self.orders.get(&id)) else {
            return vec![UserError::new("NOT_FOUND", &["orderId"], "Order does not exist")];
        };
        let note = arguments.get("staffNote").and_then(Value::as_str);
        if note.is_some_and(|note| note.chars().count() > STAFF_NOTE_LETTERS_MAX) {
            let message = "Staff note is too long. Maximum length is 255 characters.";
            errors.push(UserError::new("INVALID", &["staffNote"], message));
        }
        if order.cancelled_at.is_some() {
            let message = "Cannot cancel an order that has already been canceled";
            errors.push(UserError::new("INVALID", &["orderId"], message));
        } else if self.pending_cancels.iter().any(|pending| pending.order == order.id) {
            errors.push(UserError::new("INVALID", &[], "Cancellation is already in progress"));
        } else if order.fulfillments.iter().any(|found| found.status == "SUCCESS") {
            let message = "Cannot cancel an order that has outstanding fulfillments";
            errors.push(UserError::new("INVALID", &["orderId"], message));
        }
        let at_closed_location = order.fulfillment_orders.iter().any(|found| {
            found.status == "OPEN" && !self.locations.get(&found.location).is_some_and(|place| place.active)
        });
        if at_closed_location && flag(&arguments, "restock") && order.received > Decimal::ZERO {
            let message = "Cannot restock an order at a location that is deactivated";
            errors.push(UserError::new("INVALID", &["orderId"], message));
        }
        errors
    }

    /// Only a cancelled order can be deleted, and not in every shop.
    pub(crate) fn order_delete(&mut self, args: &Map<String, Value>) -> Value {
        self.settle_cancels();
        let number = args["orderId"].as_str().and_then(|id| gid::number(id, "Order"));
        let error = match number.and_then(|id| self.orders.get(&id)) {
            None => UserError::new("NOT_FOUND", &["orderId"], "Order does not exist"),
            Some(order) if order.cancelled_at.is_some() && self.options.orders_deletable => {
                self.orders.remove(&order.id.clone());
                return json!({ "deletedId": args["orderId"], "userErrors": [] });
            }
            Some(_) => UserError::new("INVALID", &["orderId"], "Order cannot be deleted"),
        };
        refused("deletedId", &[error])
    }

    /// Carries out the cancellations whose time has come.
    pub(crate) fn settle_cancels(&mut self) {
        let now = self.now();
        let (due, later) =
            std::mem::take(&mut self.pending_cancels).into_iter().partition(|pending| pending.due <= now);
        self.pending_cancels = later;
        for pending in Vec::<PendingCancel>::into_iter(due) {
            self.jobs.insert(pending.job, true);
            self.cancel_now(pending.order, pending.restock);
        }
    }

    pub(crate) fn cancel_now(&mut self, number: u64, restock: bool) {
        let now = self.now();
        let Some(mut order) = self.orders.remove(&number) else { return };
        if order.cancelled_at.is_none() {
            self.release(&order, restock);
            order.cancelled_at = Some(now);
            order.closed_at = Some(now);
            order.updated_at = now;
            for found in &mut order.fulfillment_orders {
                found.status = "CLOSED";
                found.items.iter_mut().for_each(|item| item.remaining = 0);
            }
        }
        self.orders.insert(number, order);
    }

    pub(crate) fn fulfillment_order_move(&mut self, args: &Map<String, Value>) -> Value {
        match self.try_move(args) {
            Ok(moved) => {
                json!({ "movedFulfillmentOrder": gid::gid("FulfillmentOrder", moved), "userErrors": [] })
            }
            Err(error) => refused("movedFulfillmentOrder", &[error]),
        }
    }

    fn try_move(&mut self, args: &Map<String, Value>) -> Result<u64, UserError> {
        let number = |name: &str, kind: &str| {
            args.get(name).and_then(Value::as_str).and_then(|id| gid::number(id, kind))
        };
        let id = number("id", "FulfillmentOrder").unwrap_or_default();
        let Some((order, found)) = self.find_fulfillment_order(id) else {
            return Err(UserError::uncoded(&["id"], "Fulfillment order does not exist."));
        };
        let target = number("newLocationId", "Location").unwrap_or_default();
        if !self.locations.get(&target).is_some_and(|place| place.active) {
            return Err(UserError::uncoded(&["id"], "Location not found."));
        }
        if found.status != "OPEN" {
            return Err(UserError::uncoded(&[], "Cannot change location."));
        }
        let (order_number, source, items) = (order.id, found.location, found.items.clone());
        let variants: Vec<Option<u64>> = items.iter().map(|item| order.lines[item.line].variant).collect();
        let stocked = |variant: &Option<u64>| {
            let found = variant.and_then(|id| self.variants.get(&id));
            found.is_none_or(|found| !found.tracked || found.stock.contains_key(&target))
        };
        if !variants.iter().all(stocked) {
            let message =
                "The fulfillment order could not be moved: an item is not stocked at the new location.";
            return Err(UserError::uncoded(&["id"], message));
        }
        for (item, variant) in items.iter().zip(&variants).filter(|(item, _)| item.claimed) {
            self.shift(*variant, source, item.remaining, -item.remaining);
            self.shift(*variant, target, -item.remaining, item.remaining);
        }
        // An open fulfilment order that is already there takes the units over.
        let moved = match self.orders.get_mut(&order_number) {
            Some(order) => move_items(&mut order.fulfillment_orders, id, target),
            None => id,
        };
        Ok(moved)
    }

    pub(crate) fn fulfillment_cancel(&mut self, args: &Map<String, Value>) -> Value {
        let number = args
            .get("id")
            .and_then(Value::as_str)
            .and_then(|id| gid::number(id, "Fulfillment"))
            .unwrap_or_default();
        let owner =
            self.orders.values().find(|order| order.fulfillments.iter().any(|found| found.id == number));
        let Some(owner) = owner.map(|order| order.id) else {
            return refused("fulfillment", &[UserError::uncoded(&["id"], "Fulfillment not found.")]);
        };
        let (id, now) = (self.new_id(), self.now());
        let Some(order) = self.orders.get_mut(&owner) else { return Value::Null };
        let Some(found) = order.fulfillments.iter_mut().find(|found| found.id == number) else {
            return Value::Null;
        };
        if found.status != "SUCCESS" {
            let message = "Fulfillment can't be canceled because it is already canceled.";
            return refused("fulfillment", &[UserError::uncoded(&["id"], message)]);
        }
        found.status = "CANCELLED";
        let location = found.location;
        let items: Vec<Placed> =
            found.items.iter().map(|item| Placed { remaining: item.quantity, ..item.clone() }).collect();
        let back: Vec<(Option<u64>, i64)> = items
            .iter()
            .filter(|item| item.claimed)
            .map(|item| (order.lines[item.line].variant, item.quantity))
            .collect();
        order.fulfillment_orders.push(FulfillmentOrder { id, status: "OPEN", location, items });
        order.updated_at = now;
        // The units are on the shelf again and wait for their order.
        for (variant, quantity) in back {
            self.shift(variant, location, 0, quantity);
        }
        json!({ "fulfillment": gid::gid("Fulfillment", number), "userErrors": [] })
    }
}

fn move_items(all: &mut [FulfillmentOrder], id: u64, target: u64) -> u64 {
    let there =
        all.iter().position(|found| found.id != id && found.location == target && found.status == "OPEN");
    let Some(here) = all.iter().position(|found| found.id == id) else { return id };
    let Some(there) = there else {
        all[here].location = target;
        return id;
    };
    let items = std::mem::take(&mut all[here].items);
    all[here].status = "CLOSED";
    all[there].items.extend(items);
    all[there].id
}

impl State {
    /// Ships everything that is open, as a person in the admin would.
    pub(crate) fn fulfil_now(&mut self, number: u64) {
        let now = self.now();
        let Some(mut order) = self.orders.remove(&number) else { return };
        for found in order.fulfillment_orders.iter_mut().filter(|found| found.status == "OPEN") {
            for item in found.items.iter().filter(|item| item.claimed) {
                self.shift(order.lines[item.line].variant, found.location, 0, -item.remaining);
            }
            found.status = "CLOSED";
            let shipped = found.items.clone();
            found.items.iter_mut().for_each(|item| item.remaining = 0);
            order.fulfillments.push(Fulfillment {
                id: self.new_id(),
                status: "SUCCESS",
                location: found.location,
                items: shipped,
            });
        }
        order.updated_at = now;
        self.orders.insert(number, order);
    }
}
