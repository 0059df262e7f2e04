//! Lines that a person linked to a Shopify variant: an answer that is remembered for the JOOR SKU. It is one more
//! identifier of the line and decides over no other; where one disagrees, the order is held. Nothing is looked up here.

use crate::ids::{JoorSkuId, ProductId, VariantId};
use crate::orders::lines::{Trouble, product_id, reference};
use crate::orders::note::{capped, one_line};
use crate::orders::order::{Line, SkuIdentifiers};
use crate::orders::shelf::Variant;
use std::collections::{BTreeMap, BTreeSet};

/// A person's answer to "which variant is it?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemLink {
    pub variant: VariantId,
    /// Who said so.
    pub by: String,
}

/// All links of a connection, and what is known of ids that contradict one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemLinks {
    pub items: BTreeMap<JoorSkuId, ItemLink>,
    /// Products that linked lines name and Shopify does not have: they contradict nothing.
    pub gone_products: BTreeSet<ProductId>,
}

impl ItemLinks {
    pub fn of(&self, line: &Line) -> Option<&ItemLink> {
        self.items.get(&line.sku)
    }

    /// The variant that a live line is linked to; it must be read before matching.
    pub fn wanted_variant(&self, line: &Line) -> Option<&VariantId> {
        self.of(line).filter(|_| line.is_live()).map(|link| &link.variant)
    }

    /// The product that a live line names although its linked variant is of another one. Whether Shopify has it must be
    /// known before matching.
    pub fn doubtful_product(
        &self,
        line: &Line,
        variants: &BTreeMap<VariantId, Variant>,
    ) -> Option<ProductId> {
        let linked = variants.get(self.wanted_variant(line)?)?;
        product_id(&line.style_identifier).filter(|product| *product != linked.product)
    }

    /// The product that a line names, unless it is linked and Shopify does not have that product any more.
    pub(super) fn named_product(&self, line: &Line) -> Option<ProductId> {
        let gone = |product: &ProductId| self.of(line).is_some() && self.gone_products.contains(product);
        product_id(&line.style_identifier).filter(|product| !gone(product))
    }
}

impl ItemLink {
    /// What the link says, beside what the identifiers say.
    pub(super) fn said(&self, variant: &str) -> String {
        format!("linked by {}: {variant}", self.person())
    }

    pub(super) fn dead(&self) -> Trouble {
        let number = self.variant.number();
        Trouble::LinkDead(format!("linked by {} to variant {number}, which is not in Shopify", self.person()))
    }

    fn person(&self) -> String {
        capped(&one_line(&self.by), 60).0
    }
}

/// The live lines that a person means: by JOOR's id of the line or of its SKU, else by the SKU, UPC, external id or style
/// number as a problem names them, else by style, colour and size.
pub fn named<'a>(lines: &'a [Line], skus: &BTreeMap<JoorSkuId, SkuIdentifiers>, text: &str) -> Vec<&'a Line> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    let by = |says: &dyn Fn(&Line) -> bool| -> Vec<&'a Line> {
        lines.iter().filter(|line| line.is_live() && says(line)).collect()
    };
    let identifiers = |line: &Line| {
        let sku = skus.get(&line.sku).cloned().unwrap_or_default();
        let shown = reference(line, skus.get(&line.sku)).identifier;
        [line.sku_identifier.clone(), sku.sku_identifier, sku.upc, sku.external_id, shown]
    };
    [
        by(&|line| line.id.as_str() == text),
        by(&|line| line.sku.as_str() == text),
        by(&|line| identifiers(line).iter().any(|known| known.trim() == text)),
        by(&|line| line.style_number.trim() == text),
        by(&|line| reference(line, None).label == text),
    ]
    .into_iter()
    .find(|found| !found.is_empty())
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::decide::testing::line;

    #[test]
    fn a_line_is_found_by_whatever_a_person_sees_of_it_and_never_by_nothing() {
        let mut lines = vec![line(1, "2", "5"), line(2, "2", "5"), line(3, "0", "5")];
        lines[1].style_number = lines[0].style_number.clone();
        let upc = SkuIdentifiers { upc: "400::9".to_owned(), ..SkuIdentifiers::default() };
        let skus = BTreeMap::from([(lines[1].sku.clone(), upc)]);
        for (text, found) in [
            ("l1", &["l1"][..]),
            (" k2 ", &["l2"]),
            ("SKU-1", &["l1"]),
            ("400::9", &["l2"]),
            ("ST-1", &["l1", "l2"]),
            ("Style2 Red M", &["l2"]),
            // Lines without units are no lines.
            ("l3", &[]),
            ("", &[]),
            ("Style9", &[]),
        ] {
            let ids: Vec<&str> = named(&lines, &skus, text).iter().map(|line| line.id.as_str()).collect();
            assert_eq!(ids, found, "{text:?}");
        }
    }
}
