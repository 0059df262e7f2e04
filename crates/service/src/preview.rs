//! `orders preview`: reads orders as they are now, decides over them with the settings in force (or with those of a
//! file), and shows what would be sent. Stores nothing and sends nothing. What other settings would change of orders is
//! in `changes`.

pub mod changes;

use crate::compose::{ComposeError, House};
use crate::cycle::{Previewed, Worker};
use crate::show;
use crate::show::shapes::{
    DraftAttribute, DraftLine, DraftShape, DraftShipping, DraftTax, PreviewProblem, PreviewShape, value_of,
};
use adapters::ledger::OrderSearch;
use adapters::settings::{self, Checked};
use domain::ids::JoorOrderId;
use domain::orders::draft::{Claim, Draft, DraftFulfilment};
use serde_json::Value;
use std::path::Path;

/// What to preview.
pub struct Wanted {
    pub ids: Vec<JoorOrderId>,
    /// Instead of ids: so many orders, those approved last.
    pub last: Option<u32>,
    pub connection: Option<String>,
}

/// Settings of a file, checked like `connection apply` does; the ledger's secrets stay in use.
pub fn settings_of(path: &Path, text: &str, house: &House) -> Result<Checked, ComposeError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    settings::check(&path.display().to_string(), text, folder, house.trial).map_err(ComposeError::Settings)
}

/// What orders would become.
#[derive(Default)]
pub struct Preview {
    pub orders: Vec<Previewed>,
    /// Connections whose orders are looked at as if they were approved after going live, since nobody knows when that is.
    pub as_if_live: Vec<String>,
}

/// Previews orders of each connection that has them.
pub async fn preview(
    house: &House,
    wanted: &Wanted,
    other: Option<&Checked>,
) -> Result<Preview, ComposeError> {
    let mut all = Preview::default();
    for connection in house.ledger.connections().await? {
        if wanted.connection.as_ref().is_some_and(|name| *name != connection.name) {
            continue;
        }
        let mut worker: Worker = house.worker(&connection).await?;
        worker.dry = true;
        if let Some(other) = other {
            worker.checked = other.clone();
        }
        let as_if_live = !worker.knows_start(&connection);
        let name = connection.name.clone();
        let found = match wanted.last {
            Some(count) if as_if_live => worker.preview_newest(connection, count as usize).await,
            Some(count) => {
                let ids = last_approved(house, &name, count).await?;
                worker.preview(connection, &ids).await
            }
            None if as_if_live => worker.preview_early(connection, &wanted.ids).await,
            None => worker.preview(connection, &wanted.ids).await,
        };
        let found = found.map_err(|stop| ComposeError::Outside(stop.words()))?;
        if as_if_live && !found.is_empty() {
            all.as_if_live.push(name);
        }
        all.orders.extend(found);
    }
    Ok(all)
}

/// The orders approved last, as far as the ledger knows them.
pub async fn last_approved(house: &House, name: &str, count: u32) -> Result<Vec<JoorOrderId>, ComposeError> {
    let mut ids = Vec::new();
    loop {
        let wanted = OrderSearch {
            connection: Some(name.to_owned()),
            limit: count.saturating_sub(ids.len() as u32),
            offset: ids.len() as u32,
            ..OrderSearch::default()
        };
        let found = house.ledger.search_orders(&wanted).await?;
        if found.is_empty() {
            return Ok(ids);
        }
        ids.extend(found.into_iter().map(|order| order.id));
    }
}

pub fn as_json(previewed: &[Previewed]) -> Value {
    Value::Array(previewed.iter().map(|one| value_of(&shape(one))).collect())
}

pub fn shape(one: &Previewed) -> PreviewShape {
    PreviewShape {
        joor_order: one.order.to_string(),
        would_be: one.state.to_owned(),
        problems: one
            .told
            .iter()
            .map(|told| PreviewProblem {
                code: told.code.to_owned(),
                severity: told.severity.word().to_owned(),
                sentence: told.sentence.clone(),
                resolution: told.resolution.clone(),
            })
            .collect(),
        creates_customer: one.creates_customer,
        shopify_orders: one.drafts.iter().map(draft_shape).collect(),
    }
}

fn draft_shape(draft: &Draft) -> DraftShape {
    let currency = draft.currency;
    let line = |line: &domain::orders::draft::DraftLine| DraftLine {
        variant: line.variant.as_str().to_owned(),
        quantity: line.quantity,
        price: currency.text(line.unit_price),
        tax: line
            .tax
            .as_ref()
            .map(|tax| DraftTax { name: tax.name.clone(), amount: currency.text(tax.amount) }),
    };
    let attribute =
        |(key, value): &(String, String)| DraftAttribute { key: key.clone(), value: value.clone() };
    DraftShape {
        total: draft.expected.to_string(),
        units: draft.units,
        lines: draft.lines.iter().map(line).collect(),
        discount: currency.text(draft.discount),
        shipping: draft.shipping.as_ref().map(|shipping| DraftShipping {
            title: shipping.title.clone(),
            price: currency.text(shipping.price),
        }),
        customer: draft.customer.as_ref().map(|customer| customer.as_str().to_owned()),
        fulfilment: fulfilment_words(&draft.fulfilment),
        stock: claim_words(draft.claim).to_owned(),
        note: draft.note.clone(),
        tags: draft.tags.clone(),
        attributes: draft.attributes.iter().map(attribute).collect(),
        po_number: draft.po_number.clone(),
        processed_on: draft.processed_on.map(|day| day.to_string()),
    }
}

pub fn fulfilment_words(fulfilment: &DraftFulfilment) -> String {
    match fulfilment {
        DraftFulfilment::Unfulfilled => "unfulfilled".to_owned(),
        DraftFulfilment::Fulfilled(None) => "fulfilled".to_owned(),
        DraftFulfilment::Fulfilled(Some(location)) => format!("fulfilled at location {}", location.number()),
        DraftFulfilment::MoveTo(location) => {
            format!("assigned to location {}, unfulfilled", location.number())
        }
    }
}

pub fn claim_words(claim: Claim) -> &'static str {
    match claim {
        Claim::ObeyingPolicy => "claimed, refused if Shopify's policy says so",
        Claim::IgnoringPolicy => "claimed even below zero",
        Claim::Nothing => "not claimed",
    }
}

/// The preview for people.
pub fn as_text(previewed: &[Previewed]) -> String {
    let mut text = String::new();
    for one in previewed {
        text.push_str(&format!("Order {}: would be {}\n", one.order, one.state));
        for told in &one.told {
            text.push_str(&format!("  {} {}\n    hint: {}\n", told.code, told.sentence, told.resolution));
        }
        if one.creates_customer {
            text.push_str("  a customer would be created in Shopify first\n");
        }
        for draft in &one.drafts {
            text.push_str(&draft_text(draft));
        }
        text.push('\n');
    }
    text
}

fn draft_text(draft: &Draft) -> String {
    let currency = draft.currency;
    let mut rows = Vec::new();
    for line in &draft.lines {
        let tax = line
            .tax
            .as_ref()
            .map(|tax| format!("{} {}", tax.name, currency.text(tax.amount)))
            .unwrap_or_default();
        rows.push(vec![
            line.variant.number().to_owned(),
            line.quantity.to_string(),
            currency.text(line.unit_price),
            tax,
        ]);
    }
    let mut text = format!("{}\n", show::tables::table(&["Variant", ">Units", ">Price", ">Tax"], rows));
    if !draft.discount.is_zero() {
        text.push_str(&format!(
            "  discount   −{} ({})\n",
            currency.text(draft.discount),
            draft.discount_label
        ));
    }
    if let Some(shipping) = &draft.shipping {
        text.push_str(&format!("  shipping    {} ({})\n", currency.text(shipping.price), shipping.title));
    }
    text.push_str(&format!("  total       {} for {} units\n", draft.expected, draft.units));
    text.push_str(&format!("  stock       {}\n", claim_words(draft.claim)));
    text.push_str(&format!("  fulfilment  {}\n", fulfilment_words(&draft.fulfilment)));
    text.push_str(&format!("  tags        {}\n", draft.tags.join(", ")));
    for (index, line) in draft.note.lines().enumerate() {
        text.push_str(&format!("  {}  {line}\n", if index == 0 { "note      " } else { "          " }));
    }
    text
}
