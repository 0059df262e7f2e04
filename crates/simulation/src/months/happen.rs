//! Lets the events of a plan happen: what people do in both services and to the program, and what goes wrong.

use super::plan::{Event, PlannedOrder, What};
use super::play::Player;
use crate::outside::{Side, Trouble};
use crate::program::document;
use jiff::SignedDuration;
use rust_decimal::Decimal;
use sandbox::brand::ROOMS;
use sandbox::joor::{ExportState, OrderSeed, Status};
use sandbox::shopify::OrderView as ShopOrder;
use sandbox::{Fault, Service, When};
use serde_json::json;

impl Player {
    pub(super) async fn let_happen(&mut self, event: &Event) {
        if self.happens(&event.what).await {
            *self.happened.entry(event.what.kind()).or_default() += 1;
        }
    }

    /// Did it change anything? What only plans a strike says no here: strikes are counted where they strike.
    async fn happens(&mut self, what: &What) -> bool {
        match what {
            What::Approved(planned) => self.approve(planned),
            What::Units { order, line, units } => self.change(order, |seed| {
                let line = line % seed.lines.len();
                seed.lines[line].quantity = *units;
            }),
            What::Price { order, line, hundredths } => self.reprice(order, *line, *hundredths),
            What::TakenBack { order } => self.set_status(order, Status::Approved, Status::Pending),
            What::ApprovedAgain { order } => self.approve_again(order),
            What::CancelledInJoor { order } => self.set_status(order, Status::Approved, Status::Cancelled),
            What::CancelledInShopify { order } => self.cancel_in_shopify(order),
            What::SetToReexport { order } => self.set_to_reexport(order),
            What::Replaced { order } => self.replace(order).await,
            What::RetailerRenamed { order } => self.change(order, |seed| {
                seed.customer.name.push_str(" & Sons");
                seed.shipping_address.company.push_str(" & Sons");
            }),
            What::Stock { .. }
            | What::VariantDeleted { .. }
            | What::ProductDeleted { .. }
            | What::ProductArchived { .. } => self.goods(what),
            What::CustomerDeleted { number }
            | What::CustomerRenamed { number }
            | What::CustomerMailChanged { number } => self.customer(what, *number),
            What::Settings(_) | What::Paused | What::Resumed | What::Retried { .. } => {
                self.command(what).await
            }
            What::TokensExpire(Side::Joor) => {
                self.world.sandbox.joor.expire_tokens();
                true
            }
            What::TokensExpire(Side::Shopify) => {
                self.world.sandbox.shop.expire_tokens();
                true
            }
            What::ClockWrong { seconds } => self.set_clock(seconds * 1000),
            What::ClockJumps { hours } => self.set_clock(hours * 3_600_000),
            What::Trouble { .. }
            | What::RowBroken { .. }
            | What::Mail { .. }
            | What::Dies { .. }
            | What::BrokenOff { .. } => {
                self.plan_strike(what);
                false
            }
        }
    }

    /// What strikes later, if anything comes its way.
    fn plan_strike(&mut self, what: &What) {
        match what {
            What::Trouble { side, operation, skip, trouble } => {
                if matches!(trouble, Trouble::Late(_) | Trouble::Slow(_) | Trouble::Drip(_)) {
                    self.notes.slow_days.insert(self.date());
                }
                self.world.outside.plan(*side, operation, *skip, trouble.clone());
            }
            What::RowBroken { order, field, times } => {
                let (order_id, field) = (order.clone(), (*field).to_owned());
                let fault = Fault::BrokenRow { order_id, field, value: json!({ "broken": [1] }) };
                self.world.sandbox.faults.script(Service::Joor, "GET orders", When::Times(*times), fault);
            }
            What::Mail { trouble, times } => self.world.post.trouble(*trouble, *times),
            What::Dies { touches } => self.world.life.plan(touches),
            What::BrokenOff { touches } => self.world.life.break_off_at(touches),
            other => unreachable!("{other:?} happens at once"),
        }
    }

    async fn command(&mut self, what: &What) -> bool {
        let now = self.world.clock.true_now();
        let (verb, arguments) = match what {
            What::Settings(chosen) => {
                self.notes.settings.push((now, *chosen));
                ("settings", json!({ "document": document(&chosen.file(&self.world.sandbox)) }))
            }
            What::Paused if !self.paused => ("pause", json!({})),
            What::Resumed if self.paused => ("resume", json!({})),
            What::Retried { order } if self.notes.orders.contains_key(order) => {
                ("retry", json!({ "order": order }))
            }
            _ => return false,
        };
        self.paused = (self.paused || verb == "pause") && verb != "resume";
        self.world.program.command(verb, &arguments).await;
        true
    }

    /// Until the evening, when somebody notices.
    fn set_clock(&mut self, milliseconds: i64) -> bool {
        self.world.clock.set_skew(milliseconds);
        let off = SignedDuration::from_millis(milliseconds);
        self.far_off = if self.far_off.is_positive() { self.far_off.max(off) } else { off };
        true
    }

    fn goods(&mut self, what: &What) -> bool {
        let shop = &self.world.sandbox.shop;
        let styles = &self.world.brand.styles;
        match what {
            What::Stock { style, variant, units } => self.variant(*style, *variant).is_some_and(|id| {
                shop.set_stock(id, ROOMS[0].id, *units);
                shop.set_stock(id, ROOMS[1].id, 0);
                true
            }),
            What::VariantDeleted { style, variant } => self.variant(*style, *variant).is_some_and(|id| {
                shop.remove_variant(id);
                true
            }),
            What::ProductDeleted { style } => styles.get(*style).is_some_and(|style| {
                style.variants.iter().for_each(|variant| shop.remove_variant(variant.variant_id));
                true
            }),
            What::ProductArchived { style } => styles.get(*style).is_some_and(|style| {
                shop.archive_product(style.product_id);
                self.notes.archived.extend(style.variants.iter().map(|variant| variant.variant_id));
                true
            }),
            _ => false,
        }
    }

    fn variant(&self, style: usize, variant: usize) -> Option<u64> {
        let style = self.world.brand.styles.get(style)?;
        Some(style.variants[variant % style.variants.len()].variant_id)
    }

    /// Whom the orders of a changed customer belong to may be a person's decision.
    fn customer(&mut self, what: &What, number: usize) -> bool {
        let shop = &self.world.sandbox.shop;
        let customers = shop.customers();
        let Some(customer) = customers.get(number % customers.len().max(1)) else { return false };
        let id = customer.gid.rsplit('/').next().unwrap_or_default();
        let number: u64 = id.parse().unwrap_or_default();
        match what {
            What::CustomerRenamed { .. } => {
                shop.rename_customer(number, "Somebody", "Else");
                return true;
            }
            What::CustomerMailChanged { .. } => {
                shop.set_customer_email(number, Some(&format!("{id}@moved.example.com")))
            }
            _ => shop.delete_customer(number),
        }
        self.notes.gone.insert(id.to_owned());
        self.notes.gone.extend(customer.email.clone());
        true
    }

    fn cancel_in_shopify(&mut self, order: &str) -> bool {
        let mut found = self.world.shop_orders_of(order);
        found.retain(ShopOrder::is_live);
        for order in &found {
            self.world.sandbox.shop.cancel_order(&order.gid, true);
        }
        !found.is_empty()
    }

    fn approve(&mut self, planned: &PlannedOrder) -> bool {
        let brand = &self.world.brand;
        let retailer = planned.retailer % brand.retailers.len();
        let (_, currency) = brand.retailers[retailer].price_type();
        let mut order = brand.order(&planned.id, retailer);
        for line in &planned.lines {
            let style = &brand.styles[line.style % brand.styles.len()];
            order = order.line(style.line(line.variant % style.variants.len(), line.units, currency));
        }
        if planned.discount_permille > 0 {
            order = order.discount_percent(Decimal::new(planned.discount_permille, 1));
        } else if planned.discount_amount > 0 {
            order = order.discount_amount(amount(planned.discount_amount, currency));
        }
        order = order.shipping_price(amount(planned.shipping, currency));
        if planned.made_to_order {
            order = order.collection("MTO", "Made to Order");
        }
        self.approved += 1;
        self.world.sandbox.joor.add_order(order);
        self.notes.orders.entry(planned.id.clone()).or_default().retailer = retailer;
        self.note(&planned.id);
        true
    }

    fn change(&mut self, order: &str, change: impl FnOnce(&mut OrderSeed)) -> bool {
        let there = self.world.sandbox.joor.order(order).is_some();
        if there {
            self.world.sandbox.joor.change(order, change);
            self.note(order);
        }
        there
    }

    fn reprice(&mut self, order: &str, line: usize, hundredths: i64) -> bool {
        let Some(note) = self.notes.orders.get(order) else { return false };
        let (_, currency) = self.world.brand.retailers[note.retailer].price_type();
        let price = amount(hundredths, currency);
        self.change(order, |seed| {
            let line = line % seed.lines.len();
            seed.lines[line].wholesale_price = price;
            seed.lines[line].item_price = Some(price);
        })
    }

    pub(super) fn set_status(&mut self, order: &str, from: Status, to: Status) -> bool {
        let there = self.world.sandbox.joor.order(order).is_some_and(|found| found.status == from);
        if there {
            self.world.sandbox.joor.set_status(order, to);
            self.note(order);
            if let Some(note) = self.notes.orders.get_mut(order) {
                note.reapproved = true;
            }
        }
        there
    }

    fn approve_again(&mut self, order: &str) -> bool {
        let open = self.world.sandbox.joor.order(order).is_some_and(|found| found.status != Status::Approved);
        if open {
            self.world.sandbox.joor.approve(order);
            self.note(order);
        }
        open
    }

    /// JOOR shows the order as exported, and no write that may still undo a click is on its way: nobody can help that.
    fn shows_exported(&self, order: &str) -> bool {
        let found = self.world.sandbox.joor.order(order);
        let exported = found.is_some_and(|found| {
            found.export_status == ExportState::Success && found.status == Status::Approved
        });
        exported && !self.world.outside.joor_writes_late()
    }

    /// JOOR offers the click on exported orders.
    fn set_to_reexport(&mut self, order: &str) -> bool {
        let exported = self.shows_exported(order);
        if exported {
            self.world.sandbox.joor.set_to_reexport(order);
            self.note_reexport(order);
        }
        exported
    }

    /// The command line offers it for an order that stands in Shopify and is reported.
    async fn replace(&mut self, order: &str) -> bool {
        let stands = self.world.shop_orders_of(order).iter().any(ShopOrder::is_live);
        let offered = stands && self.shows_exported(order);
        if offered {
            let arguments = json!({ "order": order, "cancel_previous": true });
            self.world.program.command("re_export", &arguments).await;
            self.note_reexport(order);
        }
        offered
    }

    fn note_reexport(&mut self, order: &str) {
        let now = self.world.clock.true_now();
        if let Some(note) = self.notes.orders.get_mut(order) {
            note.reexports.push(now);
        }
    }

    fn note(&mut self, order: &str) {
        let now = self.world.clock.true_now();
        if let (Some(seed), Some(note)) =
            (self.world.sandbox.joor.order(order), self.notes.orders.get_mut(order))
        {
            note.versions.push((now, seed));
        }
    }
}

/// An amount of hundredths; yen have none.
fn amount(hundredths: i64, currency: &str) -> Decimal {
    if currency == "JPY" { Decimal::from(hundredths) } else { Decimal::new(hundredths, 2) }
}
