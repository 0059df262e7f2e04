//! Plays a plan: lets its events happen, looks with the program in between, and asks the judge at the end of each day.

use super::judge;
use super::notes::Notes;
use super::plan::{DAY, EVENING, Event, ORDINARY, Plan, PlannedOrder, What};
use super::told::Told;
use crate::outside::{Mutation, Side, Trouble};
use crate::program::{Looked, document, link};
use crate::world::{From, World};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use sandbox::brand::{Brand, CURRENCIES_ALLOWED, ROOMS, Role, TAX_RULES};
use sandbox::joor::{ExportState, OrderSeed, Status};
use sandbox::shopify::OrderView as ShopOrder;
use sandbox::{Fault, Sandbox, Service, When};
use serde_json::json;
use std::time::Duration;

/// An order that could not be exported for so long is given up by its people, who cancel it.
const GIVEN_UP_AFTER: jiff::SignedDuration = jiff::SignedDuration::from_hours(48);
/// Looks in a row without a change after which the program is left alone until something happens.
const QUIET_LOOKS: usize = 2;
const STEP_MIN: Duration = Duration::from_secs(1);

/// The first day on which something was wrong.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// Counted from 1.
    pub day: u32,
    pub what: Vec<String>,
}

/// Plays the whole plan; `mutation` breaks the program on purpose.
pub async fn play(plan: &Plan, mutation: Option<Mutation>) -> Result<Told, Wrong> {
    play_before(plan, mutation, &|_| {}).await
}

/// Plays it before somebody who is told each day as it begins, counted from 1.
pub async fn play_before(
    plan: &Plan,
    mutation: Option<Mutation>,
    audience: &(dyn Fn(u32) + Sync),
) -> Result<Told, Wrong> {
    let file = |sandbox: &Sandbox| settings(sandbox, false, 1);
    let world = World::begin(brand(plan.seed), plan.kind, From::Settings(&file)).await;
    let mut player =
        Player { world, notes: Notes::default(), looks: 0, begun: Timestamp::UNIX_EPOCH, approved: 0 };
    player.world.go_live().await;
    player.world.outside.mutate(mutation);
    player.world.post.mutate(mutation);
    player.begun = player.world.clock.true_now();
    let mut events = plan.events.iter().peekable();
    for day in 0..plan.days {
        audience(day + 1);
        player.give_up();
        player.notes.daily = (day > 0).then(|| player.date());
        while let Some(event) = events.next_if(|event| event.at < DAY * (day + 1)) {
            player.work_until(event.at).await;
            player.let_happen(event).await;
        }
        player.work_until(DAY * day + EVENING).await;
        player.evening(DAY * (day + 1) - Duration::from_secs(60)).await;
        let wrong = judge::judge(&player.world, &mut player.notes).await;
        if !wrong.is_empty() {
            return Err(Wrong { day: day + 1, what: wrong });
        }
    }
    Ok(player.told(plan).await)
}

/// A brand with a smaller catalogue and without orders of its own.
fn brand(seed: u64) -> Brand {
    let mut brand = Brand::new(seed);
    let mut ordinary = 0;
    brand.styles.retain(|style| {
        ordinary += usize::from(style.role == Role::Ordinary);
        style.role != Role::Ordinary || ordinary <= ORDINARY
    });
    brand.orders.clear();
    brand.fates.clear();
    brand
}

struct Player {
    world: World,
    notes: Notes,
    looks: u64,
    begun: Timestamp,
    approved: u64,
}

impl Player {
    /// The program works until it is quiet; the rest of the time it is left alone, as in one long pause between cycles.
    async fn work_until(&mut self, at: Duration) {
        let mut quiet = 0;
        loop {
            let left = self.left(at);
            if left.is_zero() {
                return;
            }
            if quiet >= QUIET_LOOKS {
                self.world.outside.pass(left).await;
                return;
            }
            let looked = self.world.program.look().await;
            self.looks += 1;
            quiet = match &looked {
                Looked::Turned(turn) if turn.problem.is_none() && self.world.open().await.is_empty() => {
                    quiet + 1
                }
                Looked::Idle => quiet,
                Looked::Turned(_) | Looked::Died | Looked::Failed(_) => 0,
            };
            let left = self.left(at);
            let wait = self.world.program.due_in().max(STEP_MIN).min(left);
            self.world.outside.pass(wait).await;
        }
    }

    /// The services' day.
    fn date(&self) -> Date {
        self.world.clock.true_now().to_zoned(TimeZone::UTC).date()
    }

    fn left(&self, at: Duration) -> Duration {
        let passed = self.world.clock.true_now().duration_since(self.begun);
        at.saturating_sub(Duration::try_from(passed).unwrap_or_default())
    }

    /// The weather clears up, and everything has the time that it needs.
    async fn evening(&mut self, end: Duration) {
        self.world.outside.clear();
        self.world.sandbox.faults.clear();
        self.world.post.clear();
        self.world.life.plan(&[]);
        self.world.clock.set_skew(0);
        self.work_until(end).await;
        self.notes.deaths = self.world.program.deaths;
    }

    /// In the morning people give up what was held for long.
    fn give_up(&mut self) {
        let now = self.world.clock.true_now();
        let old = |versions: &[(Timestamp, OrderSeed)]| {
            versions.last().is_some_and(|(since, _)| now.duration_since(*since) > GIVEN_UP_AFTER)
        };
        let held: Vec<String> = self
            .notes
            .orders
            .iter()
            .filter(|(_, note)| old(&note.versions))
            .map(|(id, _)| id.clone())
            .filter(|id| {
                let joor = self.world.sandbox.joor.order(id);
                joor.is_some_and(|order| {
                    order.export_status == ExportState::Failed && order.status == Status::Approved
                })
            })
            .collect();
        for id in held {
            self.set_status(&id, Status::Approved, Status::Cancelled);
        }
    }

    async fn let_happen(&mut self, event: &Event) {
        match &event.what {
            What::Approved(planned) => self.approve(planned),
            What::Units { order, line, units } => self.change(order, |seed| {
                let line = line % seed.lines.len();
                seed.lines[line].quantity = *units;
            }),
            What::Price { order, line, hundredths } => self.reprice(order, *line, *hundredths),
            What::TakenBack { order } => {
                self.set_status(order, Status::Approved, Status::Pending);
            }
            What::ApprovedAgain { order } => self.approve_again(order),
            What::CancelledInJoor { order } => self.set_status(order, Status::Approved, Status::Cancelled),
            What::CancelledInShopify { order } => {
                for found in self.world.shop_orders_of(order).iter().filter(|found| found.is_live()) {
                    self.world.sandbox.shop.cancel_order(&found.gid, true);
                }
            }
            What::SetToReexport { order } => self.set_to_reexport(order),
            What::Replaced { order } => self.replace(order).await,
            What::Stock { style, variant, units } => {
                if let Some(id) = self.variant(*style, *variant) {
                    self.world.sandbox.shop.set_stock(id, ROOMS[0].id, *units);
                    self.world.sandbox.shop.set_stock(id, ROOMS[1].id, 0);
                }
            }
            What::VariantDeleted { style, variant } => {
                if let Some(id) = self.variant(*style, *variant) {
                    self.world.sandbox.shop.remove_variant(id);
                }
            }
            What::RetailerRenamed { order } => self.change(order, |seed| {
                seed.customer.name.push_str(" & Sons");
                seed.shipping_address.company.push_str(" & Sons");
            }),
            What::CustomerDeleted { number } => self.delete_customer(*number),
            What::Settings { split, minutes } => {
                let file = settings(&self.world.sandbox, *split, *minutes);
                self.world.program.command("settings", &json!({ "document": document(&file) })).await;
                self.notes.split = *split;
            }
            What::TokensExpire(Side::Joor) => self.world.sandbox.joor.expire_tokens(),
            What::TokensExpire(Side::Shopify) => self.world.sandbox.shop.expire_tokens(),
            What::Trouble { side, operation, skip, trouble } => {
                self.plan_trouble(*side, operation, *skip, trouble);
            }
            What::RowBroken { order, field, times } => {
                let (order_id, field) = (order.clone(), (*field).to_owned());
                let fault = Fault::BrokenRow { order_id, field, value: json!({ "broken": [1] }) };
                self.world.sandbox.faults.script(Service::Joor, "GET orders", When::Times(*times), fault);
            }
            What::Mail { trouble, times } => self.world.post.trouble(*trouble, *times),
            What::Dies { touches } => self.world.life.plan(touches),
            What::ClockWrong { seconds } => self.world.clock.set_skew(seconds * 1000),
            What::Retried { order } => {
                self.world.program.command("retry", &json!({ "order": order })).await;
            }
        }
    }

    fn approve(&mut self, planned: &PlannedOrder) {
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
    }

    fn change(&mut self, order: &str, change: impl FnOnce(&mut OrderSeed)) {
        if self.world.sandbox.joor.order(order).is_some() {
            self.world.sandbox.joor.change(order, change);
            self.note(order);
        }
    }

    fn reprice(&mut self, order: &str, line: usize, hundredths: i64) {
        let Some(note) = self.notes.orders.get(order) else { return };
        let (_, currency) = self.world.brand.retailers[note.retailer].price_type();
        let price = amount(hundredths, currency);
        self.change(order, |seed| {
            let line = line % seed.lines.len();
            seed.lines[line].wholesale_price = price;
            seed.lines[line].item_price = Some(price);
        });
    }

    fn set_status(&mut self, order: &str, from: Status, to: Status) {
        if self.world.sandbox.joor.order(order).is_some_and(|found| found.status == from) {
            self.world.sandbox.joor.set_status(order, to);
            self.note(order);
            if let Some(note) = self.notes.orders.get_mut(order) {
                note.reapproved = true;
            }
        }
    }

    fn approve_again(&mut self, order: &str) {
        if self.world.sandbox.joor.order(order).is_some_and(|found| found.status != Status::Approved) {
            self.world.sandbox.joor.approve(order);
            self.note(order);
        }
    }

    /// JOOR offers the click on exported orders.
    fn set_to_reexport(&mut self, order: &str) {
        let exported = self.world.sandbox.joor.order(order).is_some_and(|found| {
            found.export_status == ExportState::Success && found.status == Status::Approved
        });
        if exported {
            self.world.sandbox.joor.set_to_reexport(order);
            let now = self.world.clock.true_now();
            if let Some(note) = self.notes.orders.get_mut(order) {
                note.reexports.push(now);
            }
        }
    }

    /// The command line offers it for an order that stands in Shopify and is reported.
    async fn replace(&mut self, order: &str) {
        let reported = self.world.sandbox.joor.order(order).is_some_and(|found| {
            found.export_status == ExportState::Success && found.status == Status::Approved
        });
        if reported && self.world.shop_orders_of(order).iter().any(ShopOrder::is_live) {
            let arguments = json!({ "order": order, "cancel_previous": true });
            self.world.program.command("re_export", &arguments).await;
            let now = self.world.clock.true_now();
            if let Some(note) = self.notes.orders.get_mut(order) {
                note.reexports.push(now);
            }
        }
    }

    fn delete_customer(&mut self, number: usize) {
        let customers = self.world.sandbox.shop.customers();
        let Some(customer) = customers.get(number % customers.len().max(1)) else { return };
        let id = customer.gid.rsplit('/').next().unwrap_or_default();
        self.world.sandbox.shop.delete_customer(id.parse().unwrap_or_default());
        self.notes.gone.insert(id.to_owned());
        self.notes.gone.extend(customer.email.clone());
    }

    fn plan_trouble(&mut self, side: Side, operation: &str, skip: u32, trouble: &Trouble) {
        let trouble = match (side, trouble) {
            // A report that JOOR carries out minutes later may undo what a person clicked meanwhile; nobody can help
            // that.
            (Side::Joor, Trouble::Late(_) | Trouble::Slow(_)) => Trouble::ReplyLost,
            (_, other) => other.clone(),
        };
        self.notes.slow_today |= matches!(trouble, Trouble::Late(_) | Trouble::Slow(_));
        self.world.outside.plan(side, operation, skip, trouble);
    }

    fn variant(&self, style: usize, variant: usize) -> Option<u64> {
        let style = self.world.brand.styles.get(style)?;
        Some(style.variants[variant % style.variants.len()].variant_id)
    }

    fn note(&mut self, order: &str) {
        let now = self.world.clock.true_now();
        if let (Some(seed), Some(note)) =
            (self.world.sandbox.joor.order(order), self.notes.orders.get_mut(order))
        {
            note.versions.push((now, seed));
        }
    }

    async fn told(self, plan: &Plan) -> Told {
        let Player { world, looks, approved, .. } = self;
        let mut troubles = world.outside.met();
        troubles.insert("BrokenRow".to_owned(), world.sandbox.faults.hits().len() as u64);
        let told = Told {
            days: plan.days,
            events: plan.events.len(),
            approved,
            exports: world.sandbox.shop.orders().len() as u64,
            creates: world.outside.creates(),
            calls: world.outside.calls(),
            looks,
            troubles,
            mail_troubles: world.post.troubles_met(),
            restarts: world.program.deaths,
            mails: world.post.arrived().len(),
        };
        world.program.close().await;
        told
    }
}

/// An amount of hundredths; yen have none.
fn amount(hundredths: i64, currency: &str) -> Decimal {
    if currency == "JPY" { Decimal::from(hundredths) } else { Decimal::new(hundredths, 2) }
}

/// The connection's file. Goods made to order need no stock.
fn settings(sandbox: &Sandbox, split: bool, minutes: u64) -> String {
    let mut tax = String::new();
    for rule in TAX_RULES {
        let name = if rule.percent == 0 { "tax free" } else { rule.name };
        let (country, percent) = (rule.country, rule.percent);
        tax.push_str(&format!(
            "[tax.rules.{country}]\nname = \"{name}\"\nrate = \"{percent}%\"\non_shipping = true\n"
        ));
    }
    let currencies = CURRENCIES_ALLOWED.map(|code| format!("\"{code}\"")).join(", ");
    let splitting = if split { "split" } else { "hold" };
    format!(
        "{}[schedule]\nexported_since = \"2025-12-01\"\ninterval = \"{minutes}m\"\n[orders]\ncurrencies = [{currencies}]\n\
         splitting = \"{splitting}\"\n[alerts]\noutages = [\"it@brand.example.com\"]\norders = [\"wholesale@brand.example.com\"]\n\
         daily = [\"daily@brand.example.com\"]\nsilence = \"24h\"\n[tax]\notherwise = \"hold\"\n{tax}",
        link(sandbox)
    )
}
