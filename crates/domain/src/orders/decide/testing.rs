//! A small brand for the tests of the rules: settings, an order that passes every check, and a shelf.

use super::*;
use crate::ids::{JoorLineId, JoorOrderId, JoorStyleId, LocationId, ProductId};
use crate::orders::note::{DEFAULT_NOTE, Template, sample};
use crate::orders::order::{Address, Named, Retailer};
use crate::orders::shelf::{ProductState, WhenSoldOut};
use crate::settings::*;
use jiff::civil::date;
use std::time::Duration;

pub const TODAY: Date = date(2026, 11, 23);
pub const START: Date = date(2026, 11, 1);

pub fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn currency(code: &str) -> Currency {
    Currency::from_code(code).unwrap()
}

pub fn settings() -> Settings {
    Settings {
        schedule: Schedule {
            pause: None,
            interval: INTERVAL_FLOOR,
            quiet_time: QUIET_TIME_DEFAULT,
            exported_since: None,
            include_start_day: false,
            keep_days: None,
        },
        orders: OrderSettings {
            fulfilment: Fulfilment::Unfulfilled,
            payment: Payment::Pending,
            stock: StockMode::Require,
            stock_locations: Vec::new(),
            scarce: ScarceOrder::Approval,
            item_keys: vec![ItemKey::UpcVariantId],
            create_customers: true,
            customer_tags: vec!["wholesale".to_owned()],
            keep_default_address: true,
            discount_label: "JOOR discount".to_owned(),
            shipping_label: "Shipping".to_owned(),
            splitting: Splitting::Hold,
            stand_in_price: Decimal::ONE,
            allow_zero_price: false,
            currencies: ["USD", "EUR", "JPY", "KWD"].map(currency).to_vec(),
            required_fields: Vec::new(),
            after_reapproval: AfterReapproval::Ask,
            order_page: "https://joor.example/orders/{order}".to_owned(),
        },
        rules: Vec::new(),
        tax: TaxSettings { rules: BTreeMap::new(), otherwise: TaxOtherwise::Hold },
        note: Template::parse(DEFAULT_NOTE).unwrap(),
        tags: Vec::new(),
        attributes: Vec::new(),
        report: ReportMode::All,
        alerts: Alerts { silence: Duration::from_secs(3600), ..Alerts::default() },
    }
}

fn address() -> Address {
    Address {
        name: "Rose & Thorn".to_owned(),
        line_1: "12 Bleecker St".to_owned(),
        city: "New York".to_owned(),
        region: "NY".to_owned(),
        postcode: "10012".to_owned(),
        country: "USA".to_owned(),
        phone: "212 555 0147".to_owned(),
        ..Address::default()
    }
}

pub fn order() -> Order {
    Order {
        id: JoorOrderId::new("7100412"),
        approved: Some(date(2026, 11, 20)),
        retailer: Retailer {
            joor_id: "555".to_owned(),
            code: "77".to_owned(),
            name: "Rose & Thorn".to_owned(),
        },
        buyer_name: "Ada Lovelace".to_owned(),
        buyer_email: "ada@rose.example".to_owned(),
        ship_to: address(),
        bill_to: address(),
        shipping_method: Named { name: "UPS Ground".to_owned(), code: "UPS".to_owned() },
        shipping_price: Some(decimal("12.50")),
        po_number: "PO-1".to_owned(),
        ..sample("")
    }
}

/// A line of variant `variant` (of product `variant` × 10).
pub fn line(variant: u32, quantity: &str, price: &str) -> Line {
    Line {
        id: JoorLineId::new(format!("l{variant}")),
        cancelled: false,
        quantity: decimal(quantity),
        sku: JoorSkuId::new(format!("k{variant}")),
        style: JoorStyleId::new(format!("s{variant}")),
        style_name: format!("Style{variant}"),
        style_number: format!("ST-{variant}"),
        style_identifier: format!("{variant}0"),
        sku_identifier: format!("SKU-{variant}"),
        color: Named { name: "Red".to_owned(), code: String::new() },
        size: Named { name: "M".to_owned(), code: String::new() },
        wholesale_price: Some(decimal(price)),
        item_price: None,
    }
}

pub fn location(number: &str) -> LocationId {
    LocationId::from_number(number).unwrap()
}

pub fn variant(number: u32, available: &[(&str, i64)]) -> Variant {
    Variant {
        id: VariantId::from_number(&number.to_string()).unwrap(),
        product: ProductId::from_number(&format!("{number}0")).unwrap(),
        product_title: format!("Style{number}"),
        product_state: ProductState::Active,
        title: "Red / M".to_owned(),
        sku: format!("SKU-{number}"),
        barcode: format!("BAR-{number}"),
        when_sold_out: WhenSoldOut::Stop,
        tracked: true,
        available: available.iter().map(|(place, units)| (location(place), *units)).collect(),
    }
}

pub fn known_customer() -> CustomerMatch {
    CustomerMatch::Known(Customer {
        id: CustomerId::from_number("77").unwrap(),
        name: "Rose & Thorn".to_owned(),
        email: "ada@rose.example".to_owned(),
        tax_exempt: false,
        default_address: None,
    })
}

/// Everything around one decision.
pub struct World {
    pub settings: Settings,
    pub order: Order,
    pub lines: Vec<Line>,
    /// JOOR does not say how many units the order has.
    pub without_total: bool,
    pub currency: Option<Currency>,
    pub skus: BTreeMap<JoorSkuId, SkuIdentifiers>,
    pub variants: BTreeMap<VariantId, Variant>,
    pub item_links: ItemLinks,
    pub locations: Vec<Location>,
    pub customer: CustomerMatch,
    pub custom_id: Option<String>,
    pub prices_confirmed: bool,
    pub export_anyway: bool,
    pub start: Start,
    pub promised: Promised,
}

impl World {
    /// Two lines, 3 × 20.00 and 2 × 7.25, plus 12.50 for shipping: 87.00 USD.
    pub fn new() -> World {
        let place =
            |number: &str, name: &str| Location { id: location(number), name: name.to_owned(), active: true };
        let mut world = World {
            settings: settings(),
            order: order(),
            lines: Vec::new(),
            without_total: false,
            currency: Some(currency("USD")),
            skus: BTreeMap::new(),
            variants: BTreeMap::new(),
            item_links: ItemLinks::default(),
            locations: vec![place("1", "Brooklyn"), place("2", "Reno")],
            customer: known_customer(),
            custom_id: Some("production-42-555".to_owned()),
            prices_confirmed: false,
            export_anyway: false,
            start: Start::named(START),
            promised: Promised::default(),
        };
        world.add(line(1, "3", "20.00"), variant(1, &[("1", 5), ("2", 5)]));
        world.add(line(2, "2", "7.25"), variant(2, &[("1", 2)]));
        world
    }

    pub fn add(&mut self, line: Line, variant: Variant) {
        let upc = variant.id.number().to_owned();
        self.skus.insert(line.sku.clone(), SkuIdentifiers { upc, ..SkuIdentifiers::default() });
        self.lines.push(line);
        self.variants.insert(variant.id.clone(), variant);
    }

    pub fn decide(&mut self) -> Decision {
        let mut promised = self.promised.clone();
        let order = self.order_as_read();
        let decision = self.with_facts(|facts| decide(&order, &self.lines, facts, &mut promised));
        self.promised = promised;
        decision
    }

    pub fn look(&self) -> Seen<'_> {
        let order = self.order_as_read();
        self.with_facts(|facts| look(&order, &self.lines, facts, &self.promised))
    }

    /// With the number of its units, unless a test says another one or none.
    fn order_as_read(&self) -> Order {
        let units: Decimal = self.lines.iter().filter(|line| line.is_live()).map(|line| line.quantity).sum();
        let total = self.order.total_units.or(Some(units)).filter(|_| !self.without_total);
        Order { total_units: total, ..self.order.clone() }
    }

    fn with_facts<R>(&self, run: impl FnOnce(&Facts<'_>) -> R) -> R {
        let id = self.order.id.clone();
        let tokens = |part: u32| {
            let key = crate::ids::ExportKey {
                order: id.clone(),
                generation: crate::ids::Generation(1),
                part: crate::ids::Part(part),
            };
            Token::new("production", "42", &key).map_err(|refused| Problem::SrcBadPayload {
                field: refused.what.to_owned(),
                expected: "letters and digits".to_owned(),
                found: refused.value,
            })
        };
        let facts = Facts {
            settings: &self.settings,
            today: TODAY,
            start: self.start,
            export_anyway: self.export_anyway,
            currency: self.currency,
            currency_word: "DOGE",
            skus: &self.skus,
            variants: &self.variants,
            item_links: &self.item_links,
            locations: &self.locations,
            customer: self.customer.clone(),
            customer_custom_id: self.custom_id.clone(),
            tokens: &tokens,
            prices_confirmed: self.prices_confirmed,
        };
        run(&facts)
    }

    pub fn drafts(&mut self) -> (Vec<Draft>, Vec<Problem>) {
        match self.decide() {
            Decision::Export { drafts, marks, .. } => (drafts, marks),
            other => panic!("not exported: {other:?}"),
        }
    }
}
