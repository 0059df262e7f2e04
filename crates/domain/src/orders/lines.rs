//! The lines of an order: which are live, how many units, at which price, and which variant each one is.
//! Not here: whether there is stock, and what the order costs as a whole.

use crate::ids::{ProductId, VariantId};
use crate::money::{Currency, Decimal};
use crate::orders::linked::ItemLinks;
use crate::orders::note::{capped, one_line};
use crate::orders::order::{Line, Order, SkuIdentifiers};
use crate::orders::shelf::{ProductState, Variant};
use crate::problem::{LineRef, Problem};
use crate::settings::{ItemKey, OrderSettings, Settings};
use rust_decimal::RoundingStrategy;
use std::collections::BTreeMap;

/// No wholesale line has more units; a larger number is a slip, and stays far from every overflow.
const QUANTITY_MAX: i64 = 10_000_000;
/// No order is worth more in any currency; likewise.
pub const AMOUNT_MAX: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);
const LABEL_CHARS_MAX: usize = 200;

/// A live line with its whole number of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live<'a> {
    pub line: &'a Line,
    pub quantity: i64,
}

/// The live lines, and what is wrong with their numbers. Cancelled and zero rows are left out.
pub fn live<'a>(order: &Order, lines: &'a [Line]) -> (Vec<Live<'a>>, Vec<Problem>) {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for line in lines.iter().filter(|line| line.is_live()) {
        match whole(line.quantity) {
            Some(quantity) => found.push(Live { line, quantity }),
            None => problems.push(bad_number(line, "quantity", "a whole number of units", line.quantity)),
        }
        if let Some(price) = line
            .unit_price()
            .filter(|price| price.is_sign_negative() && !price.is_zero() || *price > AMOUNT_MAX)
        {
            problems.push(bad_number(line, "price", "an amount that is not negative", price));
        }
    }
    if !problems.is_empty() {
        return (found, problems);
    }
    if found.is_empty() {
        problems.push(Problem::OrdEmpty { rows: lines.len() });
        return (found, problems);
    }
    let units: i64 = found.iter().map(|live| live.quantity).sum();
    match order.total_units {
        Some(total) if total == Decimal::from(units) => {}
        Some(total) => problems.push(Problem::MoneyTotalDiffers {
            what: "number of units".to_owned(),
            joor: total.normalize().to_string(),
            built: units.to_string(),
        }),
        // Nothing else shows that no line is missing.
        None => problems.push(Problem::SrcBadPayload {
            field: "total".to_owned(),
            expected: "the number of units".to_owned(),
            found: "nothing".to_owned(),
        }),
    }
    (found, problems)
}

/// Do these rows hold as many units as the order says? Whole numbers are another question.
pub fn add_up(order: &Order, lines: &[Line]) -> bool {
    let mut quantities = lines.iter().filter(|line| line.is_live()).map(|line| line.quantity);
    // As JOOR wrote them, so they may be too large for any sum.
    let units = quantities.try_fold(Decimal::ZERO, |sum, quantity| sum.checked_add(quantity));
    order.total_units.map_or(!lines.is_empty(), |total| units == Some(total))
}

fn whole(quantity: Decimal) -> Option<i64> {
    let fits =
        quantity.fract().is_zero() && quantity > Decimal::ZERO && quantity <= Decimal::from(QUANTITY_MAX);
    fits.then(|| i64::try_from(quantity).ok()).flatten()
}

fn bad_number(line: &Line, field: &str, expected: &str, found: Decimal) -> Problem {
    Problem::SrcBadPayload {
        field: format!("{field} of line {} ({})", one_line(line.id.as_str()), reference(line, None).label),
        expected: expected.to_owned(),
        found: found.to_string(),
    }
}

/// The line as a person finds it again.
pub fn reference(line: &Line, sku: Option<&SkuIdentifiers>) -> LineRef {
    let short = |text: &str| capped(&one_line(text), LABEL_CHARS_MAX).0;
    let upc = sku.map(|sku| sku.upc.as_str()).unwrap_or_default();
    let external = sku.map(|sku| sku.external_id.as_str()).unwrap_or_default();
    let identifier = [sku_text(line, sku), upc, external, line.style_identifier.trim()]
        .into_iter()
        .find(|text| !text.trim().is_empty())
        .unwrap_or_default();
    LineRef {
        label: short(&line.label()),
        style_number: short(&line.style_number),
        identifier: short(identifier),
        product: product_id(&line.style_identifier),
        variant: None,
    }
}

/// Lines whose price is missing or looks like a stand-in, unless a person confirmed the prices.
/// A missing price cannot be confirmed.
pub fn check_prices(live: &[Live<'_>], settings: &OrderSettings, confirmed: bool) -> Option<Problem> {
    let lines: Vec<(LineRef, Option<Decimal>)> = live
        .iter()
        .filter(|live| match live.line.unit_price() {
            None => true,
            Some(_) if confirmed => false,
            Some(price) if price.is_zero() => !settings.allow_zero_price,
            Some(price) => price == settings.stand_in_price,
        })
        .map(|live| (reference(live.line, None), live.line.unit_price()))
        .collect();
    (!lines.is_empty()).then_some(Problem::PricePlaceholder { lines })
}

/// The exact price of the line, rounded to the minor unit.
pub fn line_total(live: &Live<'_>, currency: Currency) -> Decimal {
    currency.round(price(live) * Decimal::from(live.quantity))
}

/// A price has at most ten places here, so that every product with a quantity stays exact.
pub fn price(live: &Live<'_>) -> Decimal {
    live.line.unit_price().unwrap_or_default().round_dp(10)
}

/// Quantities at prices in whole minor units whose sum is the rounded line total: one entry if the price divides,
/// else two that differ by one unit.
pub fn split_price(live: &Live<'_>, currency: Currency) -> Vec<(i64, Decimal)> {
    let quantity = Decimal::from(live.quantity);
    let total = line_total(live, currency);
    let low = (total / quantity).round_dp_with_strategy(currency.places(), RoundingStrategy::ToZero);
    let left = ((total - low * quantity) / currency.minor_unit()).round();
    let dearer = i64::try_from(left).unwrap_or(0).clamp(0, live.quantity);
    [(live.quantity - dearer, low), (dearer, low + currency.minor_unit())]
        .into_iter()
        .filter(|(units, _)| *units > 0)
        .collect()
}

/// Lines whose price is finer than the minor unit.
pub fn rounded(live: &[Live<'_>], currency: Currency) -> Option<Problem> {
    let lines: Vec<LineRef> = live
        .iter()
        .filter(|live| !currency.is_exact(price(live)))
        .map(|live| reference(live.line, None))
        .collect();
    (!lines.is_empty()).then_some(Problem::MoneyRounded { lines })
}

/// The variants that the ids on a live line name, and the one that a person linked it to; they must be read before
/// matching.
pub fn wanted_variants(
    line: &Line,
    sku: Option<&SkuIdentifiers>,
    links: &ItemLinks,
    settings: &Settings,
) -> Vec<VariantId> {
    if !line.is_live() {
        return Vec::new();
    }
    let named = settings.orders.item_keys.iter().filter_map(|key| named_variant(*key, sku));
    let mut wanted: Vec<VariantId> =
        named.map(|(id, _)| id).chain(links.wanted_variant(line).cloned()).collect();
    wanted.sort();
    wanted.dedup();
    wanted
}

/// The SKU and the barcode of a line that must be looked up too, because a variant that its ids name does not carry
/// them: only so can a disagreement be seen. Call it after the variants of [`wanted_variants`] were read.
pub fn wanted_codes(
    line: &Line,
    sku: Option<&SkuIdentifiers>,
    links: &ItemLinks,
    settings: &Settings,
    variants: &BTreeMap<VariantId, Variant>,
) -> (Option<String>, Option<String>) {
    let keys = &settings.orders.item_keys;
    let named: Vec<&Variant> =
        wanted_variants(line, sku, links, settings).iter().filter_map(|id| variants.get(id)).collect();
    let unless_carried = |key: ItemKey, code: &str, carries: fn(&Variant, &str) -> bool| {
        let wanted =
            keys.contains(&key) && !code.is_empty() && !named.iter().any(|variant| carries(variant, code));
        wanted.then(|| code.to_owned())
    };
    (
        unless_carried(ItemKey::Sku, sku_text(line, sku), |variant, code| variant.sku.trim() == code),
        unless_carried(ItemKey::Barcode, barcode_text(sku), |variant, code| variant.barcode.trim() == code),
    )
}

/// Does an id that Shopify lacks contradict the others? A UPC that is a bare number may simply be a barcode.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Certainty {
    SurelyAnId,
    MaybeABarcode,
}

fn named_variant(key: ItemKey, sku: Option<&SkuIdentifiers>) -> Option<(VariantId, Certainty)> {
    let sku = sku?;
    match key {
        ItemKey::UpcVariantId => match sku.upc.rsplit_once("::") {
            Some((_, id)) => Some((variant_id(id)?, Certainty::SurelyAnId)),
            None => Some((variant_id(&sku.upc)?, Certainty::MaybeABarcode)),
        },
        ItemKey::ExternalVariantId => Some((variant_id(&sku.external_id)?, Certainty::SurelyAnId)),
        ItemKey::Sku | ItemKey::Barcode => None,
    }
}

fn variant_id(text: &str) -> Option<VariantId> {
    let text = text.trim();
    VariantId::from_number(text.strip_prefix("gid://shopify/ProductVariant/").unwrap_or(text))
}

pub(super) fn product_id(text: &str) -> Option<ProductId> {
    let text = text.trim();
    ProductId::from_number(text.strip_prefix("gid://shopify/Product/").unwrap_or(text))
}

fn sku_text<'a>(line: &'a Line, sku: Option<&'a SkuIdentifiers>) -> &'a str {
    let on_line = line.sku_identifier.trim();
    if on_line.is_empty() { sku.map(|sku| sku.sku_identifier.trim()).unwrap_or_default() } else { on_line }
}

fn barcode_text(sku: Option<&SkuIdentifiers>) -> &str {
    let upc = sku.map(|sku| sku.upc.trim()).unwrap_or_default();
    upc.split_once("::").map_or(upc, |(barcode, _)| barcode.trim())
}

/// Variants that were read, found by id and by code.
pub struct Index<'a> {
    by_id: &'a BTreeMap<VariantId, Variant>,
    by_sku: BTreeMap<&'a str, Vec<&'a Variant>>,
    by_barcode: BTreeMap<&'a str, Vec<&'a Variant>>,
}

impl<'a> Index<'a> {
    /// Codes are indexed only if the settings use them.
    pub fn new(variants: &'a BTreeMap<VariantId, Variant>, settings: &OrderSettings) -> Index<'a> {
        let by = |key: ItemKey, code: fn(&Variant) -> &str| {
            let mut index: BTreeMap<&'a str, Vec<&'a Variant>> = BTreeMap::new();
            if settings.item_keys.contains(&key) {
                for variant in variants.values().filter(|variant| !code(variant).is_empty()) {
                    index.entry(code(variant)).or_default().push(variant);
                }
            }
            index
        };
        Index {
            by_id: variants,
            by_sku: by(ItemKey::Sku, |variant| variant.sku.trim()),
            by_barcode: by(ItemKey::Barcode, |variant| variant.barcode.trim()),
        }
    }
}

/// Why a line is no variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing on the line leads to Shopify, and its style has no Shopify product id.
    NotFromShopify,
    NotFound,
    /// The variants that fit.
    Ambiguous(Vec<String>),
    /// What each identifier says.
    Disagree(Vec<String>),
    Archived(ProductId, VariantId),
    /// A person linked the line to a variant that Shopify does not have; what the link says.
    LinkDead(String),
}

struct Answer<'a> {
    said: String,
    variants: Vec<&'a Variant>,
}

/// The one variant that all identifiers of a line and its link agree on. Identifiers that do not parse as their kind, and
/// codes that no variant carries, take no part; of a linked line neither do ids of what Shopify does not have.
pub fn match_line<'a>(
    line: &Line,
    sku: Option<&SkuIdentifiers>,
    links: &ItemLinks,
    settings: &OrderSettings,
    index: &Index<'a>,
) -> Result<&'a Variant, Trouble> {
    let product = links.named_product(line);
    let (mut answers, mut dead) = answers(line, sku, settings, index);
    if let Some(link) = links.of(line) {
        let variant = index.by_id.get(&link.variant).ok_or_else(|| link.dead())?;
        answers.push(Answer { said: link.said(&variant_name(variant)), variants: vec![variant] });
        dead.clear();
    }
    if answers.is_empty() {
        return Err(if product.is_some() { Trouble::NotFound } else { Trouble::NotFromShopify });
    }
    let mut fitting: Vec<&Variant> = answers[0].variants.clone();
    fitting.retain(|variant| {
        let everywhere =
            answers.iter().all(|answer| answer.variants.iter().any(|other| other.id == variant.id));
        everywhere && product.as_ref().is_none_or(|product| *product == variant.product)
    });
    match fitting.as_slice() {
        [variant] if dead.is_empty() => match variant.product_state {
            ProductState::Archived => Err(Trouble::Archived(variant.product.clone(), variant.id.clone())),
            ProductState::Active | ProductState::Draft | ProductState::Unknown => Ok(variant),
        },
        several if several.len() > 1 && dead.is_empty() => {
            Err(Trouble::Ambiguous(several.iter().map(|variant| variant_name(variant)).collect()))
        }
        _ => {
            let said_product =
                product.map(|product| format!("style identifier: product {}", product.number()));
            let said = answers.into_iter().map(|answer| answer.said).chain(dead);
            Err(Trouble::Disagree(said_product.into_iter().chain(said).collect()))
        }
    }
}

/// What each identifier says, and what is said by ids that Shopify does not have.
fn answers<'a>(
    line: &Line,
    sku: Option<&SkuIdentifiers>,
    settings: &OrderSettings,
    index: &Index<'a>,
) -> (Vec<Answer<'a>>, Vec<String>) {
    let mut answers = Vec::new();
    let mut dead = Vec::new();
    for key in &settings.item_keys {
        let (word, code, variants) = match key {
            ItemKey::UpcVariantId | ItemKey::ExternalVariantId => {
                let word = if *key == ItemKey::UpcVariantId { "UPC" } else { "external id" };
                let Some((id, certainty)) = named_variant(*key, sku) else { continue };
                let variants: Vec<&Variant> = index.by_id.get(&id).into_iter().collect();
                if variants.is_empty() && certainty == Certainty::SurelyAnId {
                    dead.push(format!("{word}: variant {}, which is not in Shopify", id.number()));
                }
                (word, id.number().to_owned(), variants)
            }
            ItemKey::Sku => ("SKU", one_line(sku_text(line, sku)), codes(&index.by_sku, sku_text(line, sku))),
            ItemKey::Barcode => {
                ("barcode", one_line(barcode_text(sku)), codes(&index.by_barcode, barcode_text(sku)))
            }
        };
        if !variants.is_empty() {
            let names: Vec<String> = variants.iter().take(5).map(|variant| variant_name(variant)).collect();
            let said = format!("{word} {}: {}", capped(&code, 60).0, names.join(" or "));
            answers.push(Answer { said, variants });
        }
    }
    (answers, dead)
}

fn codes<'a>(index: &BTreeMap<&'a str, Vec<&'a Variant>>, code: &str) -> Vec<&'a Variant> {
    if code.is_empty() { Vec::new() } else { index.get(code).cloned().unwrap_or_default() }
}

/// A variant as a person finds it again.
pub fn variant_name(variant: &Variant) -> String {
    let name = [one_line(&variant.product_title), one_line(&variant.title)].join(" ");
    let (id, product) = (variant.id.number(), variant.product.number());
    format!("{} (variant {id} of product {product})", capped(name.trim(), 100).0)
}

/// The variant of every live line, or all lines in trouble at once.
pub fn match_all<'a>(
    live: &[Live<'_>],
    skus: &BTreeMap<crate::ids::JoorSkuId, SkuIdentifiers>,
    links: &ItemLinks,
    settings: &OrderSettings,
    index: &Index<'a>,
) -> (Vec<Option<&'a Variant>>, Vec<Problem>) {
    let (mut foreign, mut missing, mut removed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ambiguous, mut disagreeing, mut unlinked) = (Vec::new(), Vec::new(), Vec::new());
    let mut variants = Vec::with_capacity(live.len());
    for Live { line, .. } in live {
        let sku = skus.get(&line.sku);
        let matched = match_line(line, sku, links, settings, index);
        variants.push(matched.as_ref().ok().copied());
        match matched {
            Ok(_) => {}
            Err(Trouble::NotFromShopify) => foreign.push(reference(line, sku)),
            Err(Trouble::NotFound) => missing.push(reference(line, sku)),
            Err(Trouble::Archived(product, variant)) => {
                removed.push(LineRef {
                    product: Some(product),
                    variant: Some(variant),
                    ..reference(line, sku)
                });
            }
            Err(Trouble::Ambiguous(found)) => ambiguous.push((reference(line, sku), found)),
            Err(Trouble::Disagree(said)) => disagreeing.push((reference(line, sku), said)),
            Err(Trouble::LinkDead(said)) => unlinked.push((reference(line, sku), vec![said])),
        }
    }
    let total = live.len();
    let mut problems = Vec::new();
    if !foreign.is_empty() {
        problems.push(Problem::ItemNotFromShopify { lines: foreign, total });
    }
    if !missing.is_empty() {
        problems.push(Problem::ItemNotFound { lines: missing, total });
    }
    if !removed.is_empty() {
        problems.push(Problem::ItemRemoved { lines: removed });
    }
    if !ambiguous.is_empty() {
        problems.push(Problem::ItemAmbiguous { lines: ambiguous });
    }
    if !disagreeing.is_empty() {
        problems.push(Problem::ItemIdsDisagree { lines: disagreeing });
    }
    if !unlinked.is_empty() {
        problems.push(Problem::ItemLinkDead { lines: unlinked });
    }
    (variants, problems)
}

#[cfg(test)]
mod tests;
