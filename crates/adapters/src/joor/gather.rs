//! Lines and SKUs of one batch: whose row is whose, and what is kept of the catalogue. How batches are cut is decided
//! in `mod.rs`.

use super::JoorClient;
use super::call::{Failure, Paging, Query};
use super::read;
use super::wire::{ApiError, Fault, Object, Value};
use crate::ports::{BrokenRow, Row, Skus};
use domain::ids::{JoorOrderId, JoorSkuId, JoorStyleId};
use domain::orders::order::{Line, SkuIdentifiers};
use domain::time::Mono;
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

/// Price types and SKU identifiers are asked for again after this time, so that what the brand mends in JOOR is seen
/// without a restart.
pub(super) const CATALOGUE_LIFE: Duration = Duration::from_secs(3600);

/// SKUs kept in memory, about 20 MB; above that the store is emptied and filled anew.
const SKUS_KEPT_MAX: usize = 100_000;

pub(super) type Lines = BTreeMap<JoorOrderId, Row<Vec<Line>>>;

type KeptSku = (JoorSkuId, SkuIdentifiers);

/// The SKUs of each style, with the time of reading.
pub(super) type KeptSkus = BTreeMap<JoorStyleId, (Mono, Vec<KeptSku>)>;

impl JoorClient {
    /// The lines of one batch; `None` if something in the answer belongs to an order that cannot be told.
    pub(super) async fn lines_of(&self, ids: &[JoorOrderId]) -> Result<Option<Lines>, Failure> {
        let query: Query = vec![("order_ids", joined(ids.iter().map(JoorOrderId::as_str)))];
        let paging = Paging::Suspected(&self.lines_complete);
        let found = self.list(&["orders", "sku_line_items"], &query, paging).await?;
        let mut all: Lines = ids.iter().map(|id| (id.clone(), Ok(Vec::new()))).collect();
        let mut ownerless = None;
        for text in &found.rows {
            let value = Value::kept(text);
            let order = read::order_id(value, "order_id");
            let line = read::line(value).map_err(|fault| read::broken(order.clone(), fault, text));
            let Some(entry) = order.as_ref().and_then(|order| all.get_mut(order)) else {
                ownerless = Some(unasked(order, text));
                continue;
            };
            match (entry.as_mut(), line) {
                (Ok(lines), Ok(line)) => lines.push(line),
                (Ok(_), Err(broken)) => *entry = Err(broken),
                // The first broken line is the one that is shown.
                (Err(_), _) => {}
            }
        }
        for error in &found.errors {
            let named = error.order().map(JoorOrderId::new).filter(|id| all.contains_key(id));
            match named {
                Some(id) => {
                    let broken = read::refused(&id, error);
                    all.insert(id, Err(broken));
                }
                None => ownerless = Some(unowned(error)),
            }
        }
        match (ownerless, ids) {
            (None, _) => Ok(Some(all)),
            // Asked for alone, it can only be about this order.
            (Some(broken), [only]) => {
                let broken = BrokenRow { order: Some(only.clone()), ..broken };
                Ok(Some(BTreeMap::from([(only.clone(), Err(broken))])))
            }
            (Some(_), _) => Ok(None),
        }
    }

    /// The SKUs of one batch of styles; those that could be read go into the store. `None` if a row that cannot be read
    /// names no style of the batch.
    pub(super) async fn fetch_skus(&self, styles: &[JoorStyleId]) -> Result<Option<Skus>, Failure> {
        let query: Query = vec![("product_ids", joined(styles.iter().map(JoorStyleId::as_str)))];
        let found = self.list(&["skus"], &query, Paging::Suspected(&self.skus_complete)).await?;
        // What the catalogue does not have is known to be missing.
        let unknown = |error: &&ApiError| error.status == "NOT_FOUND";
        if let Some(error) = found.errors.iter().find(|error| !unknown(error)) {
            let [only] = styles else { return Ok(None) };
            let unreadable = BTreeMap::from([(only.clone(), refused_skus(&error.words()))]);
            return Ok(Some(Skus { unreadable, ..Skus::default() }));
        }
        let mut by_style: BTreeMap<JoorStyleId, Vec<KeptSku>> =
            styles.iter().map(|style| (style.clone(), Vec::new())).collect();
        let mut unreadable = BTreeMap::new();
        for text in &found.rows {
            match read::sku(Value::kept(text)) {
                // Of a style that was not asked for, the answer may hold a part only.
                Ok((style, sku, identifiers)) => {
                    by_style.entry(style).and_modify(|skus| skus.push((sku, identifiers)));
                }
                Err(fault) => {
                    let named = style_of_sku(Value::kept(text)).filter(|style| by_style.contains_key(style));
                    // Asked for alone, it can only be of this style.
                    let only = || <&[JoorStyleId; 1]>::try_from(styles).ok().map(|[only]| only.clone());
                    let Some(style) = named.or_else(only) else { return Ok(None) };
                    let fault = Fault { field: format!("skus.{}", fault.field), ..fault };
                    unreadable.entry(style).or_insert_with(|| read::broken(None, fault, text));
                }
            }
        }
        let known = by_style.values().flatten().cloned().collect();
        // Asked for again, so that what the brand mends in JOOR is seen at once.
        by_style.retain(|style, _| !unreadable.contains_key(style));
        let now = self.clock.mono();
        let mut kept = self.skus.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (read, _)| now.since(*read) < CATALOGUE_LIFE);
        kept.extend(by_style.into_iter().map(|(style, skus)| (style, (now, skus))));
        Ok(Some(Skus { known, unreadable }))
    }

    pub(super) fn kept_skus(
        &self,
        styles: &[JoorStyleId],
    ) -> (BTreeMap<JoorSkuId, SkuIdentifiers>, Vec<JoorStyleId>) {
        let now = self.clock.mono();
        let mut kept = self.skus.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut found, mut missing) = (BTreeMap::new(), Vec::new());
        for style in styles {
            match kept.get(style) {
                Some((read, skus)) if now.since(*read) < CATALOGUE_LIFE => found.extend(skus.iter().cloned()),
                Some(_) | None => missing.push(style.clone()),
            }
        }
        if kept.values().map(|(_, skus)| skus.len()).sum::<usize>() > SKUS_KEPT_MAX {
            kept.clear();
        }
        missing.sort();
        missing.dedup();
        (found, missing)
    }
}

pub(super) fn warn_of(errors: &[ApiError]) {
    for error in errors {
        tracing::warn!(joor.error = %error.status, "JOOR answered with an error that names no order: {}", error.message);
    }
}

pub(super) fn joined<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    ids.collect::<Vec<_>>().join(",")
}

/// The style of a SKU of which something else cannot be read.
fn style_of_sku(value: Value<'_>) -> Option<JoorStyleId> {
    let row = Object::row(value).ok()?;
    row.required("product_id", "the style id").ok().map(JoorStyleId::new)
}

/// A style of which JOOR refuses to list the SKUs, even when asked for alone.
pub(super) fn refused_skus(words: &str) -> BrokenRow {
    BrokenRow {
        order: None,
        status: None,
        export_state: None,
        field: "skus".to_owned(),
        expected: "the SKUs of the style, without an error from JOOR".to_owned(),
        found: words.to_owned(),
        raw: String::new(),
    }
}

fn unasked(order: Option<JoorOrderId>, text: &str) -> BrokenRow {
    BrokenRow {
        field: "order_id".to_owned(),
        expected: "the id of an order that was asked for".to_owned(),
        found: order.map_or_else(|| "nothing".to_owned(), |id| id.as_str().chars().take(60).collect()),
        order: None,
        status: None,
        export_state: None,
        raw: text.to_owned(),
    }
}

fn unowned(error: &ApiError) -> BrokenRow {
    BrokenRow {
        order: None,
        status: None,
        export_state: None,
        field: "errors".to_owned(),
        expected: "lines without an error from JOOR".to_owned(),
        found: error.words(),
        raw: String::new(),
    }
}
