//! The JSON of orders, problems, previews and proofs: what the command line prints with `--json` and what the API answers
//! is made of these, and so is the published description of the API.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// As a value, to which a caller may add.
pub fn value_of(shape: &impl Serialize) -> Value {
    serde_json::to_value(shape).expect("texts, numbers, lists and maps with texts as keys")
}

/// An order as a list shows it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Order")]
pub struct OrderShape {
    pub connection: String,
    /// JOOR's order number.
    pub joor_order: String,
    /// The least finished part's state: unconfirmed, sending, ready, seen, waiting, held, skipped, closed_by_hand or
    /// exported.
    pub state: String,
    /// Codes of open problems, the worst first.
    pub problems: Vec<String>,
    /// Name of the first Shopify order of the current export, such as #1001.
    pub shopify_order: Option<String>,
    pub shopify_orders: Vec<String>,
    /// What Shopify's orders come to, such as "91.00 USD".
    pub total: Option<String>,
    /// The order's value in JOOR, such as "91.00 USD".
    pub value: Option<String>,
    pub retailer: String,
    pub po_number: String,
    /// Day of the approval in JOOR.
    pub approved: Option<String>,
    /// 1 for the first export, one more for each re-export.
    pub generation: u32,
}

/// Everything about one order.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "OrderStory")]
pub struct StoryShape {
    #[serde(flatten)]
    pub order: OrderShape,
    /// Open problems with their words.
    pub details: Vec<ToldShape>,
    /// Exports of all generations.
    pub exports: Vec<ExportShape>,
    pub events: Vec<EventShape>,
    /// What is still to do after the export.
    pub follow_ups: Vec<String>,
    /// What was asked for and is not applied yet.
    pub commands: Vec<String>,
    /// It was approved once more in JOOR since the export, which exports nothing by itself.
    pub approved_again: bool,
    pub joor_status: String,
    pub joor_export_state: String,
    /// JOOR's own text of the order or the line that cannot be read, while that is what is wrong.
    pub unreadable: Option<String>,
}

/// What is wrong, and what to do.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Told")]
pub struct ToldShape {
    /// Stable; see the reference of problems.
    pub code: String,
    pub severity: String,
    /// Who can put it right.
    pub who: String,
    pub sentence: String,
    pub resolution: String,
}

/// One export of an order: a generation, of which there is one for each Shopify order.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Export")]
pub struct ExportShape {
    pub generation: u32,
    pub part: u32,
    pub state: String,
    /// By this text the Shopify order is found again.
    pub token: String,
    /// Create requests so far.
    pub requests: u32,
    pub shopify_id: Option<String>,
    pub shopify_order: Option<String>,
    pub cancelled: bool,
    pub total: Option<String>,
}

/// A step in the life of an export.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub struct EventShape {
    pub at: String,
    pub generation: u32,
    pub part: u32,
    pub event: String,
    /// The state after it.
    pub state: String,
    pub detail: String,
}

/// A problem of an order or of a whole connection.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemShape {
    pub connection: String,
    /// null: of the connection itself.
    pub joor_order: Option<String>,
    #[serde(flatten)]
    pub told: ToldShape,
    pub opened: String,
    /// null: it is open.
    pub closed: Option<String>,
}

/// What would become of an order now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Preview")]
pub struct PreviewShape {
    pub joor_order: String,
    /// "ready": it would be sent.
    pub would_be: String,
    pub problems: Vec<PreviewProblem>,
    pub creates_customer: bool,
    /// What would be sent to Shopify.
    pub shopify_orders: Vec<DraftShape>,
}

/// What cancelling the earlier Shopify order and exporting anew would do now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReExportPreview")]
pub struct ReplaceShape {
    pub joor_order: String,
    /// All of it in sentences.
    pub words: Vec<String>,
    /// The Shopify orders that would be cancelled.
    pub cancels: Vec<CancelShape>,
    /// What cancelling needs and the app has not.
    pub missing_scopes: Vec<String>,
    /// The new export as it is checked now; null: JOOR does not show the order.
    pub new_export: Option<PreviewShape>,
}

/// A Shopify order that would be cancelled.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Cancelled")]
pub struct CancelShape {
    pub shopify_order: String,
    pub id: String,
    pub total: String,
    pub units: i64,
    /// Cancelled before it.
    pub fulfilments: Vec<String>,
    /// Its units go back to stock.
    pub restocks: bool,
}

/// What would be wrong, and what to do.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PreviewProblem {
    pub code: String,
    pub severity: String,
    pub sentence: String,
    pub resolution: String,
}

/// A Shopify order before it is made.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Draft")]
pub struct DraftShape {
    pub total: String,
    pub units: i64,
    pub lines: Vec<DraftLine>,
    pub discount: String,
    pub shipping: Option<DraftShipping>,
    pub customer: Option<String>,
    pub fulfilment: String,
    pub stock: String,
    pub note: String,
    pub tags: Vec<String>,
    pub attributes: Vec<DraftAttribute>,
    pub po_number: String,
    pub processed_on: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DraftLine {
    pub variant: String,
    pub quantity: i64,
    pub price: String,
    pub tax: Option<DraftTax>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DraftTax {
    pub name: String,
    pub amount: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DraftShipping {
    pub title: String,
    pub price: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DraftAttribute {
    pub key: String,
    pub value: String,
}

/// JOOR, this program and Shopify, compared for a period.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Proof")]
pub struct ProofShape {
    pub connection: String,
    /// First day of approval that was compared.
    pub from: String,
    pub to: String,
    /// Nothing differs, and the counts add up.
    pub holds: bool,
    pub equation: EquationShape,
    pub in_shopify: SumShape,
    pub differences: Vec<DifferenceShape>,
}

/// What became of the approved orders: `approved` is the sum of the others.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Equation")]
pub struct EquationShape {
    pub approved: SumShape,
    pub exported: SumShape,
    pub exported_with_issues: SumShape,
    pub held: SumShape,
    pub skipped: SumShape,
    pub closed_by_hand: SumShape,
    pub in_flight: SumShape,
    pub balances: bool,
}

/// Count, units, and values by currency.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Sum")]
pub struct SumShape {
    pub count: u64,
    pub units: i64,
    pub values: BTreeMap<String, String>,
}

/// An order about which JOOR, this program and Shopify do not say the same.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Difference")]
pub struct DifferenceShape {
    pub joor_order: String,
    pub retailer: String,
    pub difference: String,
    pub code: Option<String>,
    pub sentence: String,
    pub fix: String,
}
