//! Lines that a person links to a Shopify variant: what each line of an order says, and the commands that make a link and
//! take it back. A link is remembered for the JOOR SKU, so it counts for every order. How it is weighed is the domain's.

use super::commands::{Applied, Arguments};
use super::discover::{Heads, fresh_row};
use super::{Gathered, Stage, Stop, Turned, Worker, judge};
use adapters::ledger::records::{Change, ConnectionRecord, ItemLinkRecord, OrderRecord};
use adapters::ports::OrderRow;
use domain::ids::{Epoch, JoorOrderId, JoorSkuId, VariantId};
use domain::orders::lines::{self, Index, Live, Trouble, variant_name};
use domain::orders::linked::named;
use domain::orders::order::{Line, SkuIdentifiers};
use domain::orders::shelf::ProductState;
use domain::problem::LineRef;
use std::collections::BTreeMap;

/// The live lines of an order, each with what it is in the shop right now.
#[derive(Clone, Debug)]
pub struct OrderItems {
    pub retailer: String,
    pub lines: Vec<ItemLine>,
}

impl OrderItems {
    /// Where the lines cannot be read.
    pub fn none(order: &OrderRecord) -> OrderItems {
        OrderItems { retailer: order.retailer.clone(), lines: Vec::new() }
    }
}

#[derive(Clone, Debug)]
pub struct ItemLine {
    pub line: Line,
    pub reference: LineRef,
    pub identifiers: SkuIdentifiers,
    pub quantity: i64,
    /// The variant's name, or why there is none.
    pub matched: Result<String, Trouble>,
    pub link: Option<ItemLinkRecord>,
}

impl Worker {
    /// Reads an order's lines and matches them, without storing anything. `None`: JOOR does not show them.
    pub async fn order_items(
        &mut self,
        connection: ConnectionRecord,
        old: &OrderRecord,
    ) -> Stage<Option<OrderItems>> {
        let mut turned = Turned { connection, epoch: Epoch(-1), lease_until: self.now().plus(super::LEASE) };
        let ids = std::slice::from_ref(&old.id);
        let read = self.wholesale.orders_by_id(ids).await.map_err(Stop::Joor)?;
        let Some(OrderRow { order, raw }) = read.into_iter().flatten().next() else { return Ok(None) };
        let retailer = order.retailer.name.clone();
        let row = OrderRow { order: order.clone(), raw };
        // Also of an order that a rule skips the lines are looked at.
        let record = OrderRecord { export_anyway: true, ..judge::record_of(&row, Some(old), self.now()) };
        let mut heads = Heads::default();
        let export = self.new_export(&old.id, record.generation, 1).ok();
        let rows = export.map(|export| fresh_row(export, self.now())).into_iter().collect();
        heads.exports.insert(old.id.clone(), rows);
        heads.records.insert(old.id.clone(), record);
        heads.orders.insert(old.id.clone(), order);
        let Some(gathered) = self.gather(&mut turned, heads).await? else { return Ok(None) };
        let links = self.ledger.item_links(&self.name).await?;
        Ok(self.matched_lines(&gathered, &old.id, &links).map(|lines| OrderItems { retailer, lines }))
    }

    fn matched_lines(
        &self,
        gathered: &Gathered,
        id: &JoorOrderId,
        links: &BTreeMap<JoorSkuId, ItemLinkRecord>,
    ) -> Option<Vec<ItemLine>> {
        let settings = &self.settings().orders;
        let index = Index::new(&gathered.variants, settings);
        let (live, _) = lines::live(gathered.heads.orders.get(id)?, gathered.lines.get(id)?);
        let item = |Live { line, quantity }: Live<'_>| {
            let sku = gathered.skus.get(&line.sku);
            let matched = lines::match_line(line, sku, &gathered.item_links, settings, &index);
            ItemLine {
                line: line.clone(),
                reference: lines::reference(line, sku),
                identifiers: sku.cloned().unwrap_or_default(),
                quantity,
                matched: matched.map(variant_name),
                link: links.get(&line.sku).cloned(),
            }
        };
        Some(live.into_iter().map(item).collect())
    }

    /// A person says which variant a line is.
    pub(super) async fn link_item(
        &mut self,
        record: &OrderRecord,
        arguments: &Arguments,
        by: &str,
    ) -> Stage<Applied> {
        let given = arguments.variant.clone().unwrap_or_default();
        let Some(id) = VariantId::from_number(given.rsplit('/').next().unwrap_or_default()) else {
            return Ok(Err(format!(
                "`{given}` is no Shopify variant id; it is the number in the variant's page"
            )));
        };
        let line = match self.line_of(record, arguments).await? {
            Ok(line) => line,
            Err(words) => return Ok(Err(words)),
        };
        let found = match self.shop.variants(std::slice::from_ref(&id)).await {
            Ok(mut found) => found.remove(&id).flatten(),
            Err(error) => return Ok(Err(format!("Shopify could not be asked: {error}; ask again later"))),
        };
        let Some(variant) = found else {
            return Ok(Err(format!("Shopify shows no variant {}", id.number())));
        };
        let (label, name) = (label(&line), variant_name(&variant));
        if variant.product_state == ProductState::Archived {
            return Ok(Err(format!("{name} is archived in Shopify, so no order can be sent with it")));
        }
        let changes = vec![
            Change::ItemLinked { sku: line.sku.clone(), variant: id, by: by.to_owned() },
            audited(by, "item_linked", record, format!("{label} is {name}")),
        ];
        let words =
            format!("{label} is linked to {name}; every order with it is checked again in this cycle");
        Ok(Ok((changes, words)))
    }

    /// A person takes the link of an item back. The line need not be in the order any more.
    pub(super) async fn unlink_item(
        &mut self,
        record: &OrderRecord,
        arguments: &Arguments,
        by: &str,
    ) -> Stage<Applied> {
        let links = self.ledger.item_links(&self.name).await?;
        let named = JoorSkuId::new(arguments.line.clone().unwrap_or_default().trim());
        let (sku, label) = match links.contains_key(&named) {
            true => (named.clone(), format!("the JOOR SKU {named}")),
            false => match self.line_of(record, arguments).await? {
                Ok(line) => (line.sku.clone(), label(&line)),
                Err(words) => return Ok(Err(words)),
            },
        };
        let Some(link) = links.get(&sku) else {
            return Ok(Err(format!("{label} is not linked to a variant")));
        };
        let was = format!("{label} was variant {}, linked by {}", link.link.variant.number(), link.link.by);
        let changes = vec![Change::ItemUnlinked { sku }, audited(by, "item_unlinked", record, was)];
        Ok(Ok((changes, format!("{label} is not linked any more"))))
    }

    /// The one line that is meant; all lines of one SKU are one item.
    async fn line_of(&self, record: &OrderRecord, arguments: &Arguments) -> Stage<Result<Line, String>> {
        let given = arguments.line.clone().unwrap_or_default();
        let later = |error| format!("JOOR could not be asked for the lines: {error}; ask again later");
        let mut read = match self.wholesale.lines(std::slice::from_ref(&record.id)).await {
            Ok(read) => read,
            Err(error) => return Ok(Err(later(error))),
        };
        let Some(Ok(lines)) = read.remove(&record.id) else {
            return Ok(Err(
                "the order's lines cannot be read from JOOR at the moment; ask again later".to_owned()
            ));
        };
        let mut styles: Vec<_> = lines.iter().map(|line| line.style.clone()).collect();
        styles.retain(|style| !style.as_str().is_empty());
        styles.sort();
        styles.dedup();
        let skus = match self.wholesale.sku_identifiers(&styles).await {
            Ok(skus) => skus.known,
            Err(error) => return Ok(Err(later(error))),
        };
        let mut found = named(&lines, &skus, &given);
        found.dedup_by(|one, other| one.sku == other.sku);
        Ok(match found.as_slice() {
            [line] if line.sku.as_str().is_empty() => {
                Err(format!("{} has no SKU in JOOR, so no link can be remembered", label(line)))
            }
            [line] => Ok((*line).clone()),
            [] => {
                Err(format!("order {} has no line `{given}`; it is named as the problem names it", record.id))
            }
            several => {
                let lines: Vec<String> =
                    several.iter().map(|line| format!("{} ({})", label(line), line.id)).collect();
                Err(format!("`{given}` may be {}; name the line by the number behind it", lines.join(" or ")))
            }
        })
    }
}

fn label(line: &Line) -> String {
    let LineRef { label, style_number, identifier, .. } = lines::reference(line, None);
    [label, style_number, identifier]
        .into_iter()
        .find(|text| !text.trim().is_empty())
        .unwrap_or_else(|| format!("line {}", line.id))
}

fn audited(by: &str, what: &str, record: &OrderRecord, detail: String) -> Change {
    Change::Audited { by: by.to_owned(), what: what.to_owned(), subject: record.id.to_string(), detail }
}
