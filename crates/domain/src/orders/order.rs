//! A JOOR order as this program understands it. Every text is as the brand or retailer wrote it (trimmed); nothing is
//! mapped, checked or defaulted here.

use crate::ids::{JoorLineId, JoorOrderId, JoorSkuId, JoorStyleId, PriceTypeId};
use crate::money::Decimal;
use jiff::civil::Date;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    InProgress,
    Notes,
    Pending,
    Approved,
    Shipped,
    Cancelled,
    /// A status that this release does not know, in JOOR's own word.
    Unknown(String),
}

impl OrderStatus {
    /// The word that people see.
    pub fn word(&self) -> &str {
        match self {
            OrderStatus::InProgress => "in progress",
            OrderStatus::Notes => "notes",
            OrderStatus::Pending => "pending",
            OrderStatus::Approved => "approved",
            OrderStatus::Shipped => "shipped",
            OrderStatus::Cancelled => "cancelled",
            OrderStatus::Unknown(word) => word,
        }
    }
}

/// JOOR's own mark of whether an order was exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExportState {
    Undefined,
    Failed,
    Success,
}

/// What a number in the place of an export state is taken for. What JOOR means by it is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportGuess {
    pub number: u8,
    pub state: ExportState,
}

/// A thing with a name and the brand's code for it; empty text where JOOR has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    pub code: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retailer {
    /// JOOR's id of the connection between brand and retailer; empty if the order is assigned to nobody.
    pub joor_id: String,
    /// The brand's own code: in a shop fed by this program or by JOOR's, the Shopify customer id.
    pub code: String,
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub code: String,
    /// The store's name.
    pub name: String,
    pub company: String,
    pub line_1: String,
    pub line_2: String,
    pub city: String,
    pub region: String,
    pub postcode: String,
    pub country: String,
    pub phone: String,
    pub email: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscountPart {
    Percentage(Decimal),
    Amount(Decimal),
}

/// The discount on the whole order: the amount that JOOR computed, if it says one, and how it was entered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderDiscount {
    pub amount: Option<Decimal>,
    pub parts: Vec<DiscountPart>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: JoorOrderId,
    pub status: OrderStatus,
    /// `None`: the row carried no export state that can be read, so nothing may be concluded from it.
    pub export_state: Option<ExportState>,
    /// The row carried a number that would let the order be exported. Nothing follows from it alone.
    pub export_guess: Option<ExportGuess>,
    pub export_description: String,
    /// Sum of units over live lines, as JOOR counts.
    pub total_units: Option<Decimal>,
    pub created: Option<Date>,
    pub approved: Option<Date>,
    pub modified: Option<Date>,
    pub comments: String,
    pub internal_comments: String,
    pub retailer: Retailer,
    pub buyer_name: String,
    pub buyer_email: String,
    pub ship_to: Address,
    pub bill_to: Address,
    pub shipping_method: Named,
    pub payment_method: Named,
    pub linesheet: Named,
    pub season: Named,
    pub warehouse: Named,
    pub customer_group: Named,
    pub company_number: Named,
    pub sales_rep: Named,
    pub event: Named,
    pub order_type: Named,
    pub door: Named,
    pub shipping_price: Option<Decimal>,
    pub po_number: String,
    pub window_start: Option<Date>,
    pub window_end: Option<Date>,
    pub price_type: Option<PriceTypeId>,
    pub discount: OrderDiscount,
    /// JOOR's own tax amount; `None` where the order carries none.
    pub tax_amount: Option<Decimal>,
    pub tax_number: String,
}

impl Order {
    /// The export state as far as it is only shown or compared: a number as what it is taken for.
    pub fn shown_export_state(&self) -> Option<ExportState> {
        self.export_state.or(self.export_guess.map(|guess| guess.state))
    }
}

/// One row of an order: a SKU, how many, at which price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub id: JoorLineId,
    pub cancelled: bool,
    /// As written; may be zero, negative or fractional, which the checks refuse.
    pub quantity: Decimal,
    pub sku: JoorSkuId,
    pub style: JoorStyleId,
    pub style_name: String,
    pub style_number: String,
    /// The brand's key of the style: the Shopify product id where the style came from Shopify.
    pub style_identifier: String,
    pub sku_identifier: String,
    pub color: Named,
    pub size: Named,
    pub wholesale_price: Option<Decimal>,
    /// Price after the line's discount; preferred over the wholesale price.
    pub item_price: Option<Decimal>,
}

impl Line {
    pub fn unit_price(&self) -> Option<Decimal> {
        self.item_price.or(self.wholesale_price)
    }

    pub fn is_live(&self) -> bool {
        !self.cancelled && !self.quantity.is_zero()
    }

    /// What people call this line: style, colour and size.
    pub fn label(&self) -> String {
        [&self.style_name, &self.color.name, &self.size.name]
            .into_iter()
            .filter(|text| !text.is_empty())
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What a SKU is called elsewhere, as JOOR's catalogue says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkuIdentifiers {
    pub upc: String,
    pub external_id: String,
    pub sku_identifier: String,
}
