//! A believable wholesale brand for the demo and the tests: styles, retailers, stock and orders from one seed, and for
//! every order the fate that it must meet. Nothing here knows how the program decides; totals are computed by
//! `brand/equation.rs` alone.

mod chance;
mod equation;
mod good;
mod planner;
mod plant;
mod retailers;
mod scarce;
mod styles;
mod trouble;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::Sandbox;
use crate::joor::{LineSeed, OrderSeed, PriceType};
use chance::Chance;
use planner::Planner;

pub use equation::{Equation, TAX_RULES, TaxRule};
pub use planner::Planned;
pub use retailers::{Known, Retailer};
pub use styles::{Role, Style, Variant};

/// The seed of the demo.
pub const DEMO_SEED: u64 = 20_260_701;
/// Orders approved earlier than this many days ago are before the start of the integration.
pub const START_DAYS_AGO: i64 = 30;
/// The currencies that the connection is meant to allow; the brand also has a price type in CHF.
pub const CURRENCIES_ALLOWED: [&str; 4] = ["USD", "EUR", "GBP", "JPY"];

/// A field that the connection is meant to require.
pub const REQUIRED_FIELD: &str = "po_number";
/// Rules of the connection that some fates count on, in the words of its settings file.
pub const RULES: &str = r#"
[[orders.rules]]
name = "no samples"
skip = true
when = { linesheet = ["SAMPLES"] }
[[orders.rules]]
name = "from the Old Mill"
fulfilment = "assigned"
location = "88104003"
when = { linesheet = ["OLDMILL"] }
[[orders.rules]]
name = "from the Annex"
fulfilment = "assigned"
location = "88104009"
when = { linesheet = ["ANNEX"] }
"#;
/// The template of an attribute; its author tried it with every linesheet but one.
pub const SHOW_TEMPLATE: &str = "{% if linesheet_code == 'TRUNK' %}{{ linesheet - 1 }}{% endif %}";

/// What must become of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Fate {
    pub joor_order: String,
    /// `exported`, `held` or `skipped`.
    pub state: String,
    /// Codes that must be among the order's problems.
    pub problems: Vec<String>,
    /// Of an exported order: what Shopify's order must come to, and the currency.
    pub total: Option<(Decimal, String)>,
    pub why: String,
}

/// A place where stock lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub id: u64,
    pub name: &'static str,
    pub active: bool,
}

/// In the order of `Variant::stock`.
pub const ROOMS: [Room; 3] = [
    Room { id: 88_104_001, name: "Portland Warehouse", active: true },
    Room { id: 88_104_002, name: "Reno Stockroom", active: true },
    Room { id: 88_104_003, name: "Old Mill", active: false },
];

#[derive(Clone, Debug, PartialEq)]
pub struct Brand {
    pub name: String,
    pub styles: Vec<Style>,
    pub retailers: Vec<Retailer>,
    pub price_types: Vec<PriceType>,
    pub orders: Vec<Planned>,
    pub fates: Vec<Fate>,
}

impl Brand {
    /// The whole brand. The same seed makes the same brand.
    pub fn new(seed: u64) -> Brand {
        let mut chance = Chance::new(seed);
        let styles = styles::all(&mut chance);
        let mut planner = Planner::new(chance, styles, retailers::all());
        good::plan(&mut planner);
        scarce::plan(&mut planner);
        trouble::plan(&mut planner);
        planner.brand()
    }

    /// Two styles, three retailers (known by code, known by e-mail, unknown), plenty of stock, no orders.
    pub fn small() -> Brand {
        let mut chance = Chance::new(1);
        let styles = styles::few(&mut chance);
        let few = retailers::all().into_iter().enumerate().filter(|(index, _)| [0, 2, 4].contains(index));
        Planner::new(chance, styles, few.map(|(_, retailer)| retailer).collect()).brand()
    }

    /// Puts everything into both sides, with dates counted from the given day.
    pub fn plant(&self, sandbox: &Sandbox, today: Date) {
        plant::plant(self, sandbox, today);
    }

    /// An approved order of one of the brand's retailers, without lines.
    pub fn order(&self, id: &str, retailer: usize) -> OrderSeed {
        planner::order_of(&self.retailers[retailer], id)
    }

    /// A line at the wholesale price in US dollars.
    pub fn line(&self, style: usize, variant: usize, quantity: i64) -> LineSeed {
        self.styles[style].line(variant, quantity, "USD")
    }

    pub fn variant_count(&self) -> usize {
        self.styles
            .iter()
            .filter(|style| style.role != Role::Vanished)
            .map(|style| style.variants.len())
            .sum()
    }

    pub fn fate(&self, joor_order: &str) -> Option<&Fate> {
        self.fates.iter().find(|fate| fate.joor_order == joor_order)
    }

    pub fn planned(&self, joor_order: &str) -> Option<&Planned> {
        self.orders.iter().find(|planned| planned.seed.id == joor_order)
    }
}

fn price_types() -> Vec<PriceType> {
    vec![
        PriceType::new("501", "USD", "1"),
        PriceType::new("502", "EUR", "1"),
        PriceType::new("503", "GBP", "1"),
        PriceType::new("504", "JPY", "1"),
        PriceType::new("505", "CHF", "1"),
        PriceType::new("506", "USD", "2"),
    ]
}
