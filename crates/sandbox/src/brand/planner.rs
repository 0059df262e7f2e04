//! Writes down orders with their fates. Which orders there are is decided in `good`, `scarce` and `trouble`.

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::chance::Chance;
use super::equation::Equation;
use super::retailers::Retailer;
use super::styles::{Role, Style};
use super::{Brand, Fate, price_types};
use crate::joor::{LineSeed, Named, OrderSeed, PriceType};

/// An order before it has dates.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    pub seed: OrderSeed,
    pub approved_days_ago: i64,
    pub modified_days_ago: i64,
    /// Start and end of the ship window, in days from today.
    pub window: (i64, i64),
}

impl Planned {
    /// The order as it is planted on the given day.
    pub fn on(&self, today: Date) -> OrderSeed {
        let day = |days_from_now: i64| today.saturating_add(days_from_now.days());
        let mut seed = self.seed.clone();
        seed.date_created = Some(day(-self.approved_days_ago - 4));
        seed.date_approved = Some(day(-self.approved_days_ago));
        seed.date_modified = Some(day(-self.modified_days_ago));
        seed.window = Some((day(self.window.0), day(self.window.1)));
        seed
    }
}

pub struct Planner {
    pub chance: Chance,
    pub retailers: Vec<Retailer>,
    styles: Vec<Style>,
    price_types: Vec<PriceType>,
    orders: Vec<Planned>,
    fates: Vec<Fate>,
    next_id: u64,
}

impl Planner {
    pub fn new(chance: Chance, styles: Vec<Style>, retailers: Vec<Retailer>) -> Planner {
        let price_types = price_types();
        Planner {
            chance,
            retailers,
            styles,
            price_types,
            orders: Vec::new(),
            fates: Vec::new(),
            next_id: 7_100_400,
        }
    }

    pub fn brand(self) -> Brand {
        Brand {
            name: "Gorse & Gale".to_owned(),
            styles: self.styles,
            retailers: self.retailers,
            price_types: self.price_types,
            orders: self.orders,
            fates: self.fates,
        }
    }

    /// An order without lines.
    pub fn bare(&mut self, retailer: usize) -> OrderSeed {
        self.next_id += 1 + self.chance.below(9) as u64;
        let mut order = order_of(&self.retailers[retailer], &self.next_id.to_string());
        let sheets = [
            ("990101", "CORE27", "Core 27"),
            ("990102", "SP1-27", "Spring Drop 1"),
            ("990103", "HOL", "Holiday"),
        ];
        let (id, code, name) = *self.chance.pick(&sheets);
        order.collection = Named::new(id, code, name);
        let terms = [
            ("7", "N30", "Net 30"),
            ("8", "N60", "Net 60"),
            ("9", "CC", "Credit card"),
            ("10", "PP", "Prepaid"),
        ];
        let (id, code, name) = *self.chance.pick(&terms);
        order.payment_method = Named::new(id, code, name);
        let methods = [("12", "GRD", "Ground"), ("13", "EXP", "Express"), ("14", "PAL", "Pallet freight")];
        let (id, code, name) = *self.chance.pick(&methods);
        order.shipping_method = Named::new(id, code, name);
        order
    }

    /// An order with that many lines of ordinary styles, each of another variant.
    pub fn order(&mut self, retailer: usize, lines: usize) -> OrderSeed {
        let order = self.bare(retailer);
        let currency = self.currency(&order);
        let ordinary: Vec<usize> = self.of_role(Role::Ordinary).collect();
        let mut chosen: Vec<(usize, usize)> = Vec::new();
        while chosen.len() < lines {
            let style = *self.chance.pick(&ordinary);
            let variant = self.chance.below(self.styles[style].variants.len());
            if !chosen.contains(&(style, variant)) {
                chosen.push((style, variant));
            }
        }
        let mut seeds = Vec::new();
        for (style, variant) in chosen {
            let quantity = if lines > 100 { 1 } else { self.chance.between(1, 6) };
            seeds.push(self.styles[style].line(variant, quantity, &currency));
        }
        order.lines(seeds)
    }

    /// A line of the style that plays this role, at the order's price.
    pub fn line(&self, order: &OrderSeed, role: Role, variant: usize, quantity: i64) -> LineSeed {
        let style = self.of_role(role).next().expect("every role has a style in the whole brand");
        self.styles[style].line(variant, quantity, &self.currency(order))
    }

    fn of_role(&self, role: Role) -> impl Iterator<Item = usize> {
        self.styles.iter().enumerate().filter(move |(_, style)| style.role == role).map(|(index, _)| index)
    }

    pub fn currency(&self, order: &OrderSeed) -> String {
        let known = self.price_types.iter().find(|price_type| price_type.id == order.price_type_id);
        known.map_or_else(|| "USD".to_owned(), |price_type| price_type.currency.clone())
    }

    fn country(&self, order: &OrderSeed) -> String {
        let retailer = self.retailers.iter().find(|retailer| retailer.joor_id == order.customer.id);
        retailer.map_or_else(|| "US".to_owned(), |retailer| retailer.country.clone())
    }

    pub fn equation(&self, order: &OrderSeed) -> Equation {
        Equation::of(order, &self.currency(order), &self.country(order))
    }

    /// A day on which an order may have been approved since the start, but neither today nor on the start day.
    pub fn some_day(&mut self) -> i64 {
        self.chance.between(1, 29)
    }

    pub fn exported(&mut self, order: OrderSeed, problems: &[&str], why: &str) {
        let day = self.some_day();
        self.exported_on(day, order, problems, why);
    }

    pub fn exported_on(&mut self, days_ago: i64, order: OrderSeed, problems: &[&str], why: &str) {
        let total = (self.equation(&order).total(), self.currency(&order));
        self.write(days_ago, days_ago, order, ("exported", problems, why), Some(total));
    }

    pub fn held(&mut self, order: OrderSeed, problems: &[&str], why: &str) {
        let day = self.some_day();
        self.held_on(day, order, problems, why);
    }

    pub fn held_on(&mut self, days_ago: i64, order: OrderSeed, problems: &[&str], why: &str) {
        self.write(days_ago, days_ago, order, ("held", problems, why), None);
    }

    /// Somebody touched it on the given day, so that lists of late changes show it.
    pub fn skipped(
        &mut self,
        (approved, modified): (i64, i64),
        order: OrderSeed,
        problems: &[&str],
        why: &str,
    ) {
        self.write(approved, modified, order, ("skipped", problems, why), None);
    }

    fn write(
        &mut self,
        approved_days_ago: i64,
        modified_days_ago: i64,
        seed: OrderSeed,
        (state, problems, why): (&str, &[&str], &str),
        total: Option<(Decimal, String)>,
    ) {
        let start = self.chance.between(20, 90);
        let window = (start, start + self.chance.between(14, 45));
        self.fates.push(Fate {
            joor_order: seed.id.clone(),
            state: state.to_owned(),
            problems: problems.iter().map(|code| (*code).to_owned()).collect(),
            total: total.map(|(total, currency)| (total.normalize(), currency)),
            why: why.to_owned(),
        });
        self.orders.push(Planned { seed, approved_days_ago, modified_days_ago, window });
    }
}

/// What every order of a retailer has in common.
pub fn order_of(retailer: &Retailer, id: &str) -> OrderSeed {
    let address = retailer.address();
    let mut order = OrderSeed::new(id).customer(retailer.customer()).addresses(address.clone(), address);
    order.price_type_id = retailer.price_type().0.to_owned();
    order
}
