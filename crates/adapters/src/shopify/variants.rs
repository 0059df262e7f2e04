//! Variants with their stock, by id and by SKU or barcode.

use super::ShopClient;
use super::documents;
use super::input;
use super::read;
use super::wire;
use super::write;
use crate::ports::CallError;
use domain::ids::VariantId;
use domain::orders::shelf::Variant;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Shopify takes no array longer than this.
const IDS_MAX: usize = 250;

/// Codes in one search: keeps the search text far below what a server may refuse.
const CODES_MAX: usize = 40;

/// Pages of one search; more hits than this means that the filter was ignored.
const PAGES_MAX: usize = 20;

impl ShopClient {
    pub(super) async fn variants_by_id(
        &self,
        ids: &[VariantId],
    ) -> Result<BTreeMap<VariantId, Option<Variant>>, CallError> {
        let distinct: Vec<&VariantId> = ids.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let mut variants = BTreeMap::new();
        for chunk in distinct.chunks(IDS_MAX) {
            let texts: Vec<&str> = chunk.iter().map(|id| id.as_str()).collect();
            let nodes = self.nodes(&documents::VARIANTS, &texts).await?;
            for (id, node) in chunk.iter().zip(nodes) {
                let variant = match node {
                    Some(node) => {
                        Some(self.variant(self.caller.call(documents::VARIANTS.name).decode(node)?).await?)
                    }
                    None => None,
                };
                variants.insert((*id).clone(), variant.filter(|variant| variant.id == **id));
            }
        }
        Ok(variants)
    }

    /// Search is tokenised and its filters may be ignored, so every hit is compared.
    pub(super) async fn variants_by_text(
        &self,
        skus: &[String],
        barcodes: &[String],
    ) -> Result<Vec<Variant>, CallError> {
        let skus: BTreeSet<&str> = skus.iter().map(String::as_str).filter(|sku| !sku.is_empty()).collect();
        let barcodes: BTreeSet<&str> =
            barcodes.iter().map(String::as_str).filter(|code| !code.is_empty()).collect();
        let terms: Vec<String> = skus
            .iter()
            .map(|sku| format!("sku:{}", write::quoted(sku, '\'')))
            .chain(barcodes.iter().map(|code| format!("barcode:{}", write::quoted(code, '\''))))
            .collect();
        let mut variants: BTreeMap<VariantId, Variant> = BTreeMap::new();
        for chunk in terms.chunks(CODES_MAX) {
            for hit in self.search_variants(&chunk.join(" OR ")).await? {
                let wanted = hit.sku.as_deref().is_some_and(|sku| skus.contains(sku))
                    || hit.barcode.as_deref().is_some_and(|code| barcodes.contains(code));
                if wanted {
                    let variant = self.variant(hit).await?;
                    variants.insert(variant.id.clone(), variant);
                }
            }
        }
        Ok(variants.into_values().collect())
    }

    async fn search_variants(&self, search: &str) -> Result<Vec<wire::Variant>, CallError> {
        let document = &documents::VARIANTS_BY_SEARCH;
        let mut hits = Vec::new();
        let mut after = None;
        for _ in 0..PAGES_MAX {
            let variables = input::Search { search, after: after.take() };
            let (page, warnings): (wire::VariantsBySearch, _) =
                self.caller.search(document, variables).await?;
            if let Some(warning) = warnings.first() {
                let reason = format!("the search filter was ignored ({warning})");
                return Err(self.caller.call(document.name).garbled(reason));
            }
            after = page.product_variants.next();
            hits.extend(page.product_variants.nodes);
            if after.is_none() {
                return Ok(hits);
            }
        }
        Err(self
            .caller
            .call(document.name)
            .garbled("far more hits than codes, so the search filter was ignored"))
    }

    /// The variant with all its stock: levels beyond the first page are read on.
    async fn variant(&self, wire: wire::Variant) -> Result<Variant, CallError> {
        let mut after = wire.inventory_item.inventory_levels.next();
        let item = wire.inventory_item.id.clone();
        let mut variant = read::variant(wire);
        while let Some(cursor) = after {
            let document = &documents::INVENTORY_LEVELS;
            let variables = input::After { id: Some(&item), after: cursor };
            let mut data: Value = self.caller.read(document, variables).await?;
            let node = data.get_mut("node").map(Value::take).unwrap_or_default();
            let page: wire::InventoryLevels = self.caller.call(document.name).decode(node)?;
            after = page.inventory_levels.next();
            variant.available.extend(page.inventory_levels.nodes.into_iter().filter_map(read::level));
        }
        Ok(variant)
    }
}
