//! The goods of an order's lines: SKU identifiers, links that people made, variants with stock. Read over all open orders
//! at once; decides nothing.

use super::gather::Gathered;
use super::{Stage, Stop, Worker};
use adapters::ports::BrokenRow;
use domain::ids::{JoorOrderId, JoorStyleId, ProductId, VariantId};
use domain::orders::lines;
use domain::orders::linked::ItemLinks;
use domain::orders::order::Line;
use std::collections::{BTreeMap, BTreeSet};

/// An order is not matched by a part of what JOOR knows of its lines: the rest might say something else. A line that a
/// person linked needs nothing of it.
fn hold_unreadable(gathered: &mut Gathered, ids: &[JoorOrderId], styles: &BTreeMap<JoorStyleId, BrokenRow>) {
    for id in ids {
        let lines = gathered.lines.get(id).into_iter().flatten();
        let known =
            |line: &Line| gathered.skus.contains_key(&line.sku) || gathered.item_links.of(line).is_some();
        let mut unknown = lines.filter(|line| line.is_live() && !known(line));
        if let Some(broken) = unknown.find_map(|line| styles.get(&line.style)) {
            gathered.broken.entry(id.clone()).or_insert_with(|| broken.clone());
        }
    }
}

impl Worker {
    /// What people said about single items.
    pub(super) async fn known_item_links(&self) -> Stage<ItemLinks> {
        let links = self.ledger.item_links(&self.name).await?;
        let items = links.into_iter().map(|(sku, record)| (sku, record.link)).collect();
        Ok(ItemLinks { items, ..ItemLinks::default() })
    }

    /// SKU identifiers and variants with stock of all lines.
    pub(super) async fn read_goods(&mut self, gathered: &mut Gathered, ids: &[JoorOrderId]) -> Stage<()> {
        let rows: Vec<Line> = ids
            .iter()
            .filter_map(|id| gathered.lines.get(id))
            .flatten()
            .filter(|line| line.is_live())
            .cloned()
            .collect();
        let unknown: BTreeSet<JoorStyleId> = rows
            .iter()
            .filter(|line| !gathered.skus.contains_key(&line.sku))
            .map(|line| line.style.clone())
            .filter(|style| !style.as_str().is_empty())
            .collect();
        if !unknown.is_empty() {
            let styles: Vec<JoorStyleId> = unknown.into_iter().collect();
            let read = self.wholesale.sku_identifiers(&styles).await.map_err(Stop::Joor)?;
            gathered.skus.extend(read.known);
            hold_unreadable(gathered, ids, &read.unreadable);
        }
        let mut wanted: BTreeSet<VariantId> = BTreeSet::new();
        for line in &rows {
            let (sku, links) = (gathered.skus.get(&line.sku), &gathered.item_links);
            wanted.extend(lines::wanted_variants(line, sku, links, self.settings()));
        }
        wanted.retain(|id| !gathered.variants.contains_key(id) && !gathered.missing_variants.contains(id));
        if !wanted.is_empty() {
            let ids: Vec<VariantId> = wanted.into_iter().collect();
            for (id, variant) in self.shop.variants(&ids).await.map_err(Stop::Shopify)? {
                match variant {
                    Some(variant) => drop(gathered.variants.insert(id, variant)),
                    None => drop(gathered.missing_variants.insert(id)),
                }
            }
        }
        self.read_by_code(gathered, &rows).await?;
        self.read_doubtful_products(gathered, &rows).await
    }

    /// SKUs and barcodes that the variants read so far do not carry are looked up too.
    async fn read_by_code(&mut self, gathered: &mut Gathered, rows: &[Line]) -> Stage<()> {
        let mut skus = BTreeSet::new();
        let mut barcodes = BTreeSet::new();
        for line in rows {
            let (sku, links) = (gathered.skus.get(&line.sku), &gathered.item_links);
            let (sku, barcode) = lines::wanted_codes(line, sku, links, self.settings(), &gathered.variants);
            skus.extend(sku);
            barcodes.extend(barcode);
        }
        if skus.is_empty() && barcodes.is_empty() {
            return Ok(());
        }
        let (skus, barcodes): (Vec<String>, Vec<String>) =
            (skus.into_iter().collect(), barcodes.into_iter().collect());
        for variant in self.shop.variants_by_code(&skus, &barcodes).await.map_err(Stop::Shopify)? {
            // As it was read first: what this cycle promised since counts from there.
            gathered.variants.entry(variant.id.clone()).or_insert(variant);
        }
        Ok(())
    }

    /// Whether products are still there that linked lines name and their variants are not of.
    async fn read_doubtful_products(&mut self, gathered: &mut Gathered, rows: &[Line]) -> Stage<()> {
        let doubtful =
            rows.iter().filter_map(|line| gathered.item_links.doubtful_product(line, &gathered.variants));
        let doubtful: BTreeSet<ProductId> = doubtful.collect();
        if doubtful.is_empty() {
            return Ok(());
        }
        let doubtful: Vec<ProductId> = doubtful.into_iter().collect();
        let gone = self.shop.gone_products(&doubtful).await.map_err(Stop::Shopify)?;
        gathered.item_links.gone_products.extend(gone);
        Ok(())
    }
}
