//! What a JOOR order is made of, as a test or the brand writes it down: seeds with believable defaults. Knows no JSON.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    InProgress,
    Notes,
    Pending,
    Approved,
    Shipped,
    Cancelled,
}

impl Status {
    pub const ALL: [Status; 6] = [
        Status::InProgress,
        Status::Notes,
        Status::Pending,
        Status::Approved,
        Status::Shipped,
        Status::Cancelled,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Status::InProgress => "IN_PROGRESS",
            Status::Notes => "NOTES",
            Status::Pending => "PENDING",
            Status::Approved => "APPROVED",
            Status::Shipped => "SHIPPED",
            Status::Cancelled => "CANCELLED",
        }
    }

    pub fn from_word(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.word() == word)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportState {
    Undefined,
    Success,
    Failed,
}

impl ExportState {
    pub const ALL: [ExportState; 3] = [ExportState::Undefined, ExportState::Success, ExportState::Failed];

    pub fn word(self) -> &'static str {
        match self {
            ExportState::Undefined => "UNDEFINED",
            ExportState::Success => "SUCCESS",
            ExportState::Failed => "FAILED",
        }
    }

    /// The documentation calls the field an integer; clients see words. The fake can speak both.
    pub fn number(self) -> i64 {
        match self {
            ExportState::Undefined => 0,
            ExportState::Success => 1,
            ExportState::Failed => 2,
        }
    }

    pub fn from_text(text: &str) -> Option<ExportState> {
        ExportState::ALL.into_iter().find(|state| state.word() == text || state.number().to_string() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Address {
    pub code: String,
    pub name: String,
    pub company: String,
    pub line_1: String,
    pub line_2: String,
    pub city: String,
    pub state: String,
    pub zip: String,
    pub country: String,
    pub phone: String,
    pub email: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Named {
    pub id: String,
    pub code: String,
    pub name: String,
}

impl Named {
    pub fn new(id: &str, code: &str, name: &str) -> Named {
        Named { id: id.to_owned(), code: code.to_owned(), name: name.to_owned() }
    }
}

/// The retailer of an order.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Customer {
    pub id: String,
    /// The brand's own code: a Shopify customer id where the retailer is known there.
    pub code: String,
    pub name: String,
    pub buyer_name: String,
    pub buyer_email: String,
    pub group: Named,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscountKind {
    Percentage,
    Amount,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Discount {
    /// The amount taken off; `None` where JOOR states only the details.
    pub amount: Option<Decimal>,
    pub details: Vec<(DiscountKind, Decimal)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LineSeed {
    pub id: String,
    /// JOOR's id of the SKU.
    pub sku_id: String,
    /// JOOR's id of the style.
    pub product_id: String,
    pub product_name: String,
    /// The Shopify product id where the style came from Shopify.
    pub style_identifier: String,
    pub style_number: String,
    pub sku_identifier: String,
    /// The Shopify variant id where the style came from Shopify. Not in the line: `GET skus` tells it.
    pub upc: Option<String>,
    pub sku_external_id: Option<String>,
    pub color: String,
    pub size: String,
    pub wholesale_price: Decimal,
    /// After the line's own discount; `None` leaves the field out.
    pub item_price: Option<Decimal>,
    pub quantity: i64,
    pub cancelled: bool,
    /// Fields that replace the usual ones in the row, by dotted path.
    pub raw: BTreeMap<String, Value>,
}

impl LineSeed {
    /// A line of a style that came from Shopify, in the way of the managed integration.
    pub fn of_variant(
        product_id: u64,
        variant_id: u64,
        sku: &str,
        quantity: i64,
        price: Decimal,
    ) -> LineSeed {
        LineSeed {
            id: String::new(),
            sku_id: format!("SKU{variant_id}"),
            product_id: format!("3{}", product_id % 1_000_000_000),
            product_name: format!("Style {product_id}"),
            style_identifier: product_id.to_string(),
            style_number: sku.split('-').next().unwrap_or(sku).to_owned(),
            sku_identifier: sku.to_owned(),
            upc: Some(variant_id.to_string()),
            sku_external_id: None,
            color: "Natural".to_owned(),
            size: "M".to_owned(),
            wholesale_price: price,
            item_price: Some(price),
            quantity,
            cancelled: false,
            raw: BTreeMap::new(),
        }
    }

    pub fn named(mut self, name: &str, color: &str, size: &str) -> LineSeed {
        self.product_name = name.to_owned();
        self.color = color.to_owned();
        self.size = size.to_owned();
        self
    }

    pub fn cancelled(mut self) -> LineSeed {
        self.cancelled = true;
        self
    }

    /// Another JSON value in the row, by dotted path, e.g. `line_item_sku.product.identifier`.
    pub fn raw(mut self, path: &str, value: Value) -> LineSeed {
        self.raw.insert(path.to_owned(), value);
        self
    }

    /// What JOOR counts as the price of one unit.
    pub fn price(&self) -> Decimal {
        self.item_price.unwrap_or(self.wholesale_price)
    }
}

/// A whole order, as it is planted and as it is looked at later.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderSeed {
    pub id: String,
    pub status: Status,
    pub export_status: ExportState,
    pub export_description: Option<String>,
    pub exported_on: Option<String>,
    /// `None` in the three dates: the day of planting.
    pub date_created: Option<Date>,
    pub date_approved: Option<Date>,
    pub date_modified: Option<Date>,
    pub price_type_id: String,
    /// Units, where JOOR's figure is not the sum of the live lines.
    pub units: Option<i64>,
    pub comments: String,
    pub internal_comments: String,
    pub tracking_number: Option<String>,
    pub customer: Customer,
    pub shipping_address: Address,
    pub billing_address: Address,
    pub shipping_method: Named,
    pub payment_method: Named,
    pub shipping_price: Option<Decimal>,
    pub po_number: String,
    pub window: Option<(Date, Date)>,
    pub collection: Named,
    pub season: Named,
    pub warehouse: Named,
    pub sales_rep: Named,
    pub order_type: Named,
    pub door: Option<Named>,
    pub discount: Discount,
    pub tax_amount: Option<Decimal>,
    pub tax_number: String,
    pub lines: Vec<LineSeed>,
    /// Fields that replace the usual ones in the row, by dotted path.
    pub raw: BTreeMap<String, Value>,
}

impl OrderSeed {
    /// Approved, not exported, no lines yet; everything else as an ordinary domestic order has it.
    pub fn new(id: &str) -> OrderSeed {
        let address = Address {
            code: "SH1".to_owned(),
            name: "Alder Row Goods".to_owned(),
            company: "Alder Row Goods LLC".to_owned(),
            line_1: "48 Cannery Lane".to_owned(),
            city: "Astoria".to_owned(),
            state: "OR".to_owned(),
            zip: "97103".to_owned(),
            country: "United States".to_owned(),
            phone: "+1 503 555 0142".to_owned(),
            email: "buying@alderrow.example.com".to_owned(),
            ..Address::default()
        };
        OrderSeed {
            id: id.to_owned(),
            status: Status::Approved,
            export_status: ExportState::Undefined,
            export_description: None,
            exported_on: None,
            date_created: None,
            date_approved: None,
            date_modified: None,
            price_type_id: "501".to_owned(),
            units: None,
            comments: String::new(),
            internal_comments: String::new(),
            tracking_number: None,
            customer: Customer {
                id: "910001".to_owned(),
                code: String::new(),
                name: "Alder Row Goods".to_owned(),
                buyer_name: "Ines Calloway".to_owned(),
                buyer_email: "buying@alderrow.example.com".to_owned(),
                group: Named::new("1", "BTQ", "Boutiques"),
            },
            billing_address: Address { code: "BL1".to_owned(), ..address.clone() },
            shipping_address: address,
            shipping_method: Named::new("12", "GRD", "Ground"),
            payment_method: Named::new("7", "N30", "Net 30"),
            shipping_price: Some(Decimal::ZERO),
            po_number: format!("PO-{id}"),
            window: None,
            collection: Named::new("990101", "CORE", "Core"),
            season: Named::new("3301", "SS27", "Spring Summer 2027"),
            warehouse: Named::new("1", "DEF", "Default"),
            sales_rep: Named::new("41", "NK", "Noor Kessler"),
            order_type: Named::new("2", "RO", "Re-order"),
            door: None,
            discount: Discount::default(),
            tax_amount: None,
            tax_number: String::new(),
            lines: Vec::new(),
            raw: BTreeMap::new(),
        }
    }

    pub fn customer(mut self, customer: Customer) -> OrderSeed {
        self.customer = customer;
        self
    }

    pub fn addresses(mut self, shipping: Address, billing: Address) -> OrderSeed {
        self.shipping_address = shipping;
        self.billing_address = billing;
        self
    }

    pub fn line(mut self, line: LineSeed) -> OrderSeed {
        self.lines.push(line);
        self
    }

    pub fn lines(mut self, lines: impl IntoIterator<Item = LineSeed>) -> OrderSeed {
        self.lines.extend(lines);
        self
    }

    pub fn status(mut self, status: Status) -> OrderSeed {
        self.status = status;
        self
    }

    pub fn exported(mut self, state: ExportState, description: Option<&str>) -> OrderSeed {
        self.export_status = state;
        self.export_description = description.map(str::to_owned);
        self
    }

    pub fn approved_on(mut self, date: Date) -> OrderSeed {
        self.date_created = Some(date);
        self.date_approved = Some(date);
        self.date_modified = Some(date);
        self
    }

    pub fn price_type(mut self, id: &str) -> OrderSeed {
        self.price_type_id = id.to_owned();
        self
    }

    pub fn shipping_price(mut self, price: Decimal) -> OrderSeed {
        self.shipping_price = Some(price);
        self
    }

    pub fn collection(mut self, code: &str, name: &str) -> OrderSeed {
        self.collection.code = code.to_owned();
        self.collection.name = name.to_owned();
        self
    }

    /// The percentage and no amount.
    pub fn discount_percent(mut self, percent: Decimal) -> OrderSeed {
        self.discount = Discount { amount: None, details: vec![(DiscountKind::Percentage, percent)] };
        self
    }

    pub fn discount_amount(mut self, amount: Decimal) -> OrderSeed {
        self.discount = Discount { amount: Some(amount), details: vec![(DiscountKind::Amount, amount)] };
        self
    }

    /// The percentage beside the amount that it comes to, or does not.
    pub fn discount_both(mut self, percent: Decimal, amount: Decimal) -> OrderSeed {
        self.discount = Discount { amount: Some(amount), details: vec![(DiscountKind::Percentage, percent)] };
        self
    }

    pub fn tax(mut self, amount: Decimal) -> OrderSeed {
        self.tax_amount = Some(amount);
        self
    }

    pub fn comments(mut self, comments: &str) -> OrderSeed {
        self.comments = comments.to_owned();
        self
    }

    /// Another JSON value in the row, by dotted path, e.g. `shipping_address.city`.
    pub fn raw(mut self, path: &str, value: Value) -> OrderSeed {
        self.raw.insert(path.to_owned(), value);
        self
    }

    pub fn live_units(&self) -> i64 {
        self.lines.iter().filter(|line| !line.cancelled).map(|line| line.quantity).sum()
    }
}
