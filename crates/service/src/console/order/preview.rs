//! What would be sent for one order at this moment, or everything that keeps it from being sent. Nothing is stored.

use super::super::Console;
use super::super::answers::{Answer, No, page};
use super::super::asking::{in_time, words};
use super::super::visit::Visit;
use super::super::words::{Places, full_stop};
use super::find;
use crate::commands::act::About;
use crate::cycle::Previewed;
use crate::preview::{claim_words, fulfilment_words};
use adapters::ledger::ExportQuery;
use adapters::ledger::records::ConnectionRecord;
use adapters::ports::CustomerKey;
use axum::extract::{Extension, Path, State};
use console::Place;
use console::look::{Amount, State as Shown, day};
use console::pages::preview::{Draft as ShownDraft, DraftLine, Preview};
use domain::ids::VariantId;
use domain::money::{Currency, Decimal};
use domain::orders::draft::{Draft, DraftFulfilment, DraftTax};
use domain::orders::shelf::{Customer, Location, Variant};
use std::collections::BTreeMap;
use std::sync::Arc;

pub async fn preview(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, id)): Path<(String, String)>,
) -> Answer {
    let about = find(&console, &connection, &id).await?;
    let record = console.ledger().connection(&connection).await?;
    let record = record.ok_or_else(|| No::NotFound(format!("There is no connection {connection}.")))?;
    let places = Places::of(&record, console.house.trial, visit.role);
    let id = about.order.id.clone();
    let mut shown_page = Preview {
        frame: console.frame(&visit, Place::Orders).await,
        id: id.to_string(),
        href: format!("/orders/{connection}/{id}"),
        retailer: about.order.retailer.clone(),
        state: None,
        words: String::new(),
        failed: None,
        problems: Vec::new(),
        drafts: Vec::new(),
    };
    if about.state() == "exported" {
        shown_page.state = Some(Shown::of("exported"));
        shown_page.words =
            "It is in Shopify already, so nothing would be sent. What a new export would be is on the page \
                            “Export it again”."
                .to_owned();
        return page(&shown_page);
    }
    match in_time("The preview", read(&console, &record, &about)).await {
        Ok(None) => shown_page.failed = Some(format!("JOOR does not show order {id} at the moment.")),
        Ok(Some((one, start))) => {
            shown_page.state = Some(Shown::of(one.state));
            shown_page.words = becomes(&one, &record, start).to_owned();
            shown_page.problems = one.told.iter().map(|told| places.problem(told, Some(&id), None)).collect();
            let names = Names::read(&console, &record, &one.drafts).await;
            shown_page.drafts = shown(&one.drafts, &names, &places, one.creates_customer);
        }
        Err(failed) => shown_page.failed = Some(failed),
    }
    page(&shown_page)
}

async fn read(
    console: &Console,
    record: &ConnectionRecord,
    about: &About,
) -> Result<Option<(Previewed, Start)>, String> {
    let mut worker = console.house.worker(record).await.map_err(|error| full_stop(&error.to_string()))?;
    worker.dry = true;
    let id = &about.order.id;
    if about.order.generation < 2 {
        let (ids, record) = (std::slice::from_ref(id), record.clone());
        let (start, found) = match worker.knows_start(&record) {
            true => (Start::Known, worker.preview(record, ids).await),
            false => (Start::Unknown, worker.preview_early(record, ids).await),
        };
        return Ok(found.map_err(|stop| words(&stop))?.pop().map(|one| (one, start)));
    }
    // A re-export is decided over with what its earlier exports are now.
    let query = ExportQuery { order: Some(id.clone()), ..ExportQuery::default() };
    let exports = console.ledger().exports(&record.name, &query).await;
    let exports = exports.map_err(|error| full_stop(&error.to_string()))?;
    let found = worker.preview_again(record.clone(), &about.order, exports, &[]).await;
    Ok(found.map_err(|stop| words(&stop))?.map(|one| (one, Start::Known)))
}

/// From which day orders are exported.
#[derive(Clone, Copy)]
enum Start {
    Known,
    /// It will be the day of going live.
    Unknown,
}

fn becomes(one: &Previewed, record: &ConnectionRecord, start: Start) -> &'static str {
    match one.state {
        "ready" if matches!(start, Start::Unknown) => {
            "The connection is not live. If the order were approved after that, this would be sent."
        }
        "held" if matches!(start, Start::Unknown) => {
            "The connection is not live. If the order were approved after that, it would be held. All that stands in the way is \
             said here at once."
        }
        "ready" if record.paused => "It would be sent once somebody resumes the connection.",
        "ready" if record.live_since.is_none() => "It would be sent as soon as the connection is live.",
        "ready" if one.creates_customer => "Its customer would be created, and it would be sent.",
        "ready" => "It would be sent in the next cycle.",
        "skipped" => "It would be left out on purpose.",
        _ => "It would be held. All that stands in the way is said here at once.",
    }
}

/// What people call the things that a draft names by number. Without an answer the numbers have to do.
#[derive(Default)]
pub struct Names {
    variants: BTreeMap<VariantId, Option<Variant>>,
    customers: BTreeMap<CustomerKey, Vec<Customer>>,
    locations: Vec<Location>,
}

impl Names {
    pub async fn read(console: &Console, record: &ConnectionRecord, drafts: &[Draft]) -> Names {
        let Ok(worker) = console.house.worker(record).await else { return Names::default() };
        let mut ids: Vec<VariantId> =
            drafts.iter().flat_map(|draft| &draft.lines).map(|line| line.variant.clone()).collect();
        ids.sort();
        ids.dedup();
        let mut keys: Vec<CustomerKey> =
            drafts.iter().filter_map(|draft| draft.customer.clone()).map(CustomerKey::Id).collect();
        keys.dedup();
        let located = |draft: &&Draft| {
            matches!(draft.fulfilment, DraftFulfilment::Fulfilled(Some(_)) | DraftFulfilment::MoveTo(_))
        };
        let mut names = Names::default();
        if !ids.is_empty() {
            names.variants = worker.shop.variants(&ids).await.unwrap_or_default();
        }
        if !keys.is_empty() {
            names.customers = worker.shop.customers(&keys).await.unwrap_or_default();
        }
        if drafts.iter().find(located).is_some() {
            names.locations = worker.shop.facts().await.map(|facts| facts.locations).unwrap_or_default();
        }
        names
    }

    fn customer(&self, draft: &Draft, creates: bool) -> String {
        let Some(id) = &draft.customer else {
            return match creates {
                true => format!("Created first: {}", draft.email),
                false => "None".to_owned(),
            };
        };
        let known = self.customers.get(&CustomerKey::Id(id.clone())).and_then(|found| found.first());
        match known.map(|customer| customer.name.trim()) {
            Some(name) if !name.is_empty() => format!("{name} ({})", id.number()),
            _ => id.number().to_owned(),
        }
    }

    fn fulfilment(&self, fulfilment: &DraftFulfilment) -> String {
        let id = match fulfilment {
            DraftFulfilment::Fulfilled(Some(id)) | DraftFulfilment::MoveTo(id) => id,
            DraftFulfilment::Unfulfilled | DraftFulfilment::Fulfilled(None) => {
                return fulfilment_words(fulfilment);
            }
        };
        let known = self.locations.iter().find(|location| location.id == *id);
        let words = fulfilment_words(fulfilment);
        known.map_or(words.clone(), |location| words.replace(id.number(), &location.name))
    }
}

pub fn shown(drafts: &[Draft], names: &Names, places: &Places, creates: bool) -> Vec<ShownDraft> {
    let title = |index: usize| match drafts.len() {
        1 => "The Shopify order".to_owned(),
        all => format!("Shopify order {} of {all}", index + 1),
    };
    let one = |(index, draft)| draft_shown(title(index), draft, names, places, creates);
    drafts.iter().enumerate().map(one).collect()
}

fn draft_shown(title: String, draft: &Draft, names: &Names, places: &Places, creates: bool) -> ShownDraft {
    let mut facts = vec![
        ("Customer", names.customer(draft, creates)),
        ("Fulfilment", names.fulfilment(&draft.fulfilment)),
        ("Stock", claim_words(draft.claim).to_owned()),
    ];
    if !draft.po_number.is_empty() {
        facts.push(("PO number", draft.po_number.clone()));
    }
    facts.extend(draft.processed_on.map(|date| ("Dated", day(date))));
    ShownDraft {
        title,
        lines: lines(draft, names, places),
        sum: sum(draft),
        total: shown_amount(draft.expected.amount, draft.expected.currency),
        units: draft.units,
        facts,
        tags: draft.tags.clone(),
        attributes: draft.attributes.clone(),
        note: draft.note.clone(),
    }
}

fn lines(draft: &Draft, names: &Names, places: &Places) -> Vec<DraftLine> {
    let one = |line: &domain::orders::draft::DraftLine| {
        let known = names.variants.get(&line.variant).and_then(Option::as_ref);
        let name = known.map(|variant| format!("{} {}", variant.product_title, variant.title));
        DraftLine {
            name: name.unwrap_or_else(|| format!("Variant {}", line.variant.number())),
            detail: known.map(|variant| variant.sku.clone()).unwrap_or_default(),
            href: known.and_then(|variant| places.variant(variant)).unwrap_or_default(),
            quantity: line.quantity,
            price: shown_amount(line.unit_price, draft.currency),
            amount: shown_amount(line.unit_price * Decimal::from(line.quantity), draft.currency),
            tax: line.tax.as_ref().map(|tax| tax_words(tax, draft.currency)).unwrap_or_default(),
        }
    };
    draft.lines.iter().map(one).collect()
}

fn tax_words(tax: &DraftTax, currency: Currency) -> String {
    format!("{} {}", tax.name, shown_amount(tax.amount, currency).figure)
}

fn shown_amount(amount: Decimal, currency: Currency) -> Amount {
    Amount::new(&currency.text(amount), currency.code())
}

/// From the goods to the total; what is zero is left out, except the goods.
fn sum(draft: &Draft) -> Vec<(String, Amount)> {
    let tax_of = |tax: &Option<DraftTax>| tax.as_ref().map_or(Decimal::ZERO, |tax| tax.amount);
    let goods: Decimal = draft.lines.iter().map(|line| line.unit_price * Decimal::from(line.quantity)).sum();
    let shipping = draft.shipping.as_ref().map_or(Decimal::ZERO, |shipping| shipping.price);
    let tax: Decimal = draft.lines.iter().map(|line| tax_of(&line.tax)).sum::<Decimal>()
        + draft.shipping.as_ref().map_or(Decimal::ZERO, |shipping| tax_of(&shipping.tax));
    let discount = match draft.discount_label.trim() {
        "" => "Discount".to_owned(),
        label => format!("Discount ({label})"),
    };
    let shipped = match &draft.shipping {
        Some(shipping) => format!("Shipping ({})", shipping.title),
        None => "Shipping".to_owned(),
    };
    let mut rows = vec![("Goods".to_owned(), goods)];
    rows.extend(
        [(discount, -draft.discount), (shipped, shipping), ("Tax".to_owned(), tax)]
            .into_iter()
            .filter(|(_, amount)| !amount.is_zero()),
    );
    rows.into_iter().map(|(name, amount)| (name, shown_amount(amount, draft.currency))).collect()
}
