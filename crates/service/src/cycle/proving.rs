//! Reads what the proof of a period compares: JOOR's approved orders, the ledger, and Shopify's orders, by the name that
//! they carry and by their custom ids. Stores nothing and changes nothing outside. What differs is said in
//! `domain::orders::proof`.

use super::settle::VISIBLE;
use super::{Stage, Stop, Turned, Worker, content, edits, judge};
use adapters::ledger::OrderQuery;
use adapters::ledger::records::{ConnectionRecord, ExportRecord, OrderRecord};
use adapters::ports::{BrokenRow, CallError, OrderFilter, OrderRow, ShopOrderState};
use adapters::shopify::units_asked;
use domain::ids::{Epoch, ExportKey, Generation, JoorOrderId, Part, ShopOrderId, Token, VariantId};
use domain::money::Money;
use domain::orders::equation::Counted;
use domain::orders::export::State;
use domain::orders::looking::generations_ahead;
use domain::orders::order::{ExportState, OrderStatus};
use domain::orders::proof::{
    Asked, Entry, InJoor, InLedger, InShop, NO_PRODUCT, OurExport, Proof, Units, Unreadable,
};
use domain::orders::shelf::ShopOrder;
use domain::problem::Problem;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Orders that are read with one call when their lines are compared; few enough that one window of JOOR's credits takes
/// them also where JOOR answers one order a call.
const READ_TOGETHER: usize = 50;

/// Stands for the number of orders of which not even that can be read.
pub const NAMELESS: &str = "?";

/// A proof with the period that it really covers.
pub struct Proved {
    pub from: Date,
    pub to: Date,
    /// Orders before this day belong to whatever exported them then.
    pub start: Date,
    pub entries: Vec<Entry>,
    pub proof: Proof,
}

/// A Shopify order and the export whose token it carries, as source identifier or as custom id.
struct Made {
    key: Option<ExportKey>,
    order: ShopOrder,
}

impl Worker {
    /// Compares all orders approved from one day to another, both included.
    pub async fn prove(&mut self, connection: ConnectionRecord, from: Date, to: Date) -> Stage<Proved> {
        let turned = Turned { connection, epoch: Epoch(-1), lease_until: self.now().plus(super::LEASE) };
        let start = self.start(&turned);
        let from = from.max(start);
        let (mut heads, mut unreadable) = self.approved_in(from, to).await?;
        let mut made = self.made_in_shopify(from).await?;
        let counted = self.ledger.counted(&self.name).await?;
        let records = self.known_orders(&heads, &unreadable, &made, from, to).await?;
        let records: BTreeMap<JoorOrderId, OrderRecord> = records
            .into_iter()
            // Orders that were never approved while this program looked.
            .filter(|(id, _)| counted.contains_key(id) || made.contains_key(id))
            .collect();
        let mut ids: BTreeSet<JoorOrderId> = heads.keys().cloned().collect();
        ids.extend(records.keys().chain(unreadable.keys()).cloned());
        unreadable.extend(self.read_elsewhere(&mut heads, &records).await?);
        // In Shopify under our name, and neither the ledger nor JOOR's list knows the order.
        ids.extend(self.strangers(&made, &ids, &mut heads).await?);
        let facts = self.shop.facts().await.map_err(Stop::Shopify)?;
        if facts.order_definition {
            self.add_by_custom_id(&ids, &mut made).await?;
        }
        let all_visible = facts.reads_all_orders();
        let mut entries = Vec::with_capacity(ids.len());
        for id in ids {
            let exports = self.exports_of(&id).await?;
            let shop = made.remove(&id).unwrap_or_default();
            let record = records.get(&id);
            entries.push(Entry {
                retailer: record.map(|record| record.retailer.clone()).unwrap_or_default(),
                approved: heads
                    .get(&id)
                    .and_then(|row| row.order.approved)
                    .or(record.and_then(|record| record.approved)),
                joor: heads.get(&id).map(in_joor).or_else(|| unreadable.get(&id).map(not_readable)),
                ledger: record
                    .map(|record| self.in_ledger(record, counted.get(&id).copied(), &exports, all_visible)),
                shop: shop.into_iter().map(Self::in_shop).collect(),
                order: id,
            });
        }
        // Approved today and not read yet: the next cycle does.
        let today = self.now().day();
        entries.retain(|entry| !is_new(entry, today));
        self.read_lines_there(&mut entries).await?;
        self.read_edits(&mut entries, &heads, &records).await?;
        let proof = Proof::of(&entries);
        Ok(Proved { from, to, start, entries, proof })
    }

    /// JOOR's orders of the period, and those of them that cannot be read. A row counts by the day that it carries itself;
    /// of one that cannot be read JOOR's word is taken.
    async fn approved_in(
        &self,
        from: Date,
        to: Date,
    ) -> Stage<(BTreeMap<JoorOrderId, OrderRow>, BTreeMap<JoorOrderId, BrokenRow>)> {
        let filter =
            OrderFilter { approved_from: Some(from), approved_to: Some(to), ..OrderFilter::default() };
        let (mut heads, mut unreadable) = (BTreeMap::new(), BTreeMap::new());
        for row in self.wholesale.orders(&filter).await.map_err(Stop::Joor)? {
            match row {
                Ok(row) if row.order.approved.is_some_and(|day| (from..=to).contains(&day)) => {
                    heads.insert(row.order.id.clone(), row);
                }
                Ok(_) => {}
                Err(broken) => {
                    let id = broken.order.clone().unwrap_or_else(|| JoorOrderId::new(NAMELESS));
                    unreadable.insert(id, broken);
                }
            }
        }
        // Seen twice while the pages moved: once is enough.
        unreadable.retain(|id, _| !heads.contains_key(id));
        Ok((heads, unreadable))
    }

    /// Orders of the ledger that JOOR's list did not show: approved anew, cancelled and no longer approved on any day, or
    /// gone. Returns those that JOOR has and that cannot be read.
    async fn read_elsewhere(
        &self,
        heads: &mut BTreeMap<JoorOrderId, OrderRow>,
        records: &BTreeMap<JoorOrderId, OrderRecord>,
    ) -> Stage<BTreeMap<JoorOrderId, BrokenRow>> {
        let ids: Vec<JoorOrderId> = records.keys().filter(|id| !heads.contains_key(*id)).cloned().collect();
        let mut unreadable = BTreeMap::new();
        if ids.is_empty() {
            return Ok(unreadable);
        }
        for row in self.wholesale.orders_by_id(&ids).await.map_err(Stop::Joor)? {
            match row {
                Ok(row) => drop(heads.insert(row.order.id.clone(), row)),
                Err(broken) => unreadable.extend(broken.order.clone().map(|id| (id, broken))),
            }
        }
        Ok(unreadable)
    }

    /// Shopify's orders that carry a token of this JOOR account, by JOOR order.
    async fn made_in_shopify(&self, from: Date) -> Stage<BTreeMap<JoorOrderId, Vec<Made>>> {
        // A day earlier: the two sides may count days in different places of the world.
        let since = from.saturating_sub(1.day());
        let mut made: BTreeMap<JoorOrderId, Vec<Made>> = BTreeMap::new();
        for order in self.shop.orders_since(since).await.map_err(Stop::Shopify)? {
            let order = self.by_its_source(order);
            if let Some(key) = &order.key {
                made.entry(key.order.clone()).or_default().push(order);
            }
        }
        Ok(made)
    }

    fn by_its_source(&self, order: ShopOrder) -> Made {
        let joor = &self.checked.joor;
        let token = Token::stored(order.source_identifier.clone());
        Made { key: token.key(&joor.environment, &joor.account), order }
    }

    /// Adds what the list of sources does not show: orders whose source was taken away or changed keep their custom id.
    async fn add_by_custom_id(
        &self,
        ids: &BTreeSet<JoorOrderId>,
        made: &mut BTreeMap<JoorOrderId, Vec<Made>>,
    ) -> Stage<()> {
        let mut keys: BTreeMap<Token, ExportKey> = BTreeMap::new();
        for id in ids {
            let exports = self.exports_of(id).await?;
            let known = exports.into_iter().map(|row| row.export.key);
            let first = ExportKey { order: id.clone(), generation: Generation(1), part: Part(1) };
            let mut asked: BTreeSet<ExportKey> = known.chain([first]).collect();
            let last = asked.iter().map(|key| key.generation).max().unwrap_or(Generation(1));
            let ahead = generations_ahead(last);
            asked.extend(ahead.map(|generation| ExportKey { order: id.clone(), generation, part: Part(1) }));
            // An id of which no token can be made was never sent.
            keys.extend(asked.into_iter().filter_map(|key| Some((self.token(&key).ok()?, key))));
        }
        let tokens: Vec<Token> = keys.keys().cloned().collect();
        let mut found = self.shop.find_exports(&tokens).await.map_err(Stop::Shopify)?;
        for (token, key) in keys {
            let Some(order) = found.orders.remove(&token) else {
                if !found.absent.contains(&token) {
                    let reason = format!("no clear answer to the look-up of {token}, so nothing is proved");
                    let endpoint = "orderByIdentifier".to_owned();
                    return Err(Stop::Shopify(CallError::Garbled { endpoint, reason }));
                }
                continue;
            };
            let listed = made.entry(key.order.clone()).or_default();
            if !listed.iter().any(|known| known.order.id == order.id) {
                listed.push(Made { key: Some(key), order });
            }
        }
        Ok(())
    }

    /// The ledger's orders that were approved in the period. What it knows from elsewhere in time is no stranger.
    async fn known_orders(
        &self,
        heads: &BTreeMap<JoorOrderId, OrderRow>,
        unreadable: &BTreeMap<JoorOrderId, BrokenRow>,
        made: &BTreeMap<JoorOrderId, Vec<Made>>,
        from: Date,
        to: Date,
    ) -> Stage<BTreeMap<JoorOrderId, OrderRecord>> {
        let mut known: BTreeMap<JoorOrderId, OrderRecord> = BTreeMap::new();
        for record in self.ledger.orders(&self.name, &OrderQuery::default()).await? {
            let within = record.approved.is_some_and(|day| (from..=to).contains(&day));
            let asked_for = heads.contains_key(&record.id) || unreadable.contains_key(&record.id);
            if within || asked_for || (record.approved.is_none() && made.contains_key(&record.id)) {
                known.insert(record.id.clone(), record);
            }
        }
        Ok(known)
    }

    /// JOOR orders that Shopify names and the ledger does not. One that JOOR or the ledger places in another period is none
    /// of them; one that JOOR shows without a day of approval belongs to every period.
    async fn strangers(
        &self,
        made: &BTreeMap<JoorOrderId, Vec<Made>>,
        known: &BTreeSet<JoorOrderId>,
        heads: &mut BTreeMap<JoorOrderId, OrderRow>,
    ) -> Stage<Vec<JoorOrderId>> {
        let open: Vec<JoorOrderId> = made.keys().filter(|id| !known.contains(*id)).cloned().collect();
        let elsewhere = self.records(&open).await?;
        let mut open: Vec<JoorOrderId> = open.into_iter().filter(|id| !elsewhere.contains_key(id)).collect();
        if !open.is_empty() {
            let rows = self.wholesale.orders_by_id(&open).await.map_err(Stop::Joor)?;
            for row in rows.into_iter().flatten() {
                match row.order.approved {
                    Some(_) => open.retain(|id| *id != row.order.id),
                    None => drop(heads.insert(row.order.id.clone(), row)),
                }
            }
        }
        Ok(open)
    }

    fn in_ledger(
        &self,
        record: &OrderRecord,
        counted: Option<Counted>,
        exports: &[ExportRecord],
        all_visible: bool,
    ) -> InLedger {
        let unknown =
            Counted { state: "skipped", has_issues: false, value: record.value, units: record.units };
        let now = self.now();
        let ours =
            exports.iter().map(|row| OurExport {
                generation: row.export.key.generation.0,
                part: row.export.key.part.0,
                state: row.export.state.clone(),
                asked: row.request.as_ref().filter(|_| row.export.attempts > 0).and_then(|request| {
                    Some(Asked { total: request.expected, units: units_asked(request)? })
                }),
                visible: all_visible || now.since(row.made()) <= VISIBLE,
            });
        InLedger {
            counted: counted.unwrap_or(unknown),
            generation: judge::shown_generation(record, exports),
            exports: ours.collect(),
            edits: Vec::new(),
        }
    }

    fn in_shop(Made { key, order }: Made) -> InShop {
        InShop {
            generation: key.as_ref().map(|key| key.generation.0),
            part: key.as_ref().map(|key| key.part.0),
            total: order.currency.map(|currency| Money::new(order.total, currency)),
            cancelled: order.cancelled,
            id: order.id,
            name: order.name,
            units: None,
        }
    }

    /// Reads the lines of all orders that stand, and the orders that the list did not show: linked ones, older ones.
    async fn read_lines_there(&self, entries: &mut [Entry]) -> Stage<()> {
        let mut wanted: BTreeSet<ShopOrderId> = BTreeSet::new();
        for entry in entries.iter() {
            wanted.extend(entry.shop.iter().filter(|order| !order.cancelled).map(|order| order.id.clone()));
            wanted.extend(not_listed(entry));
        }
        let wanted: Vec<ShopOrderId> = wanted.into_iter().collect();
        let mut read: BTreeMap<ShopOrderId, ShopOrderState> = BTreeMap::new();
        for chunk in wanted.chunks(READ_TOGETHER) {
            let states = self.shop.orders(chunk).await.map_err(Stop::Shopify)?;
            read.extend(states.into_iter().filter_map(|(id, state)| Some((id, state?))));
        }
        for entry in entries {
            for id in not_listed(entry) {
                let order = read.get(&id).map(|state| self.by_its_source(state.order.clone()));
                entry.shop.extend(order.map(Self::in_shop));
            }
            for order in &mut entry.shop {
                order.units = read.get(&order.id).map(units_there);
            }
        }
        Ok(())
    }

    /// Lines of many orders may cost more credits than JOOR gives at once. What was read so far is kept, so that a
    /// command that begins again later gets on.
    async fn lines_of_all(&mut self, ids: &[JoorOrderId]) -> Stage<()> {
        let open: Vec<JoorOrderId> =
            ids.iter().filter(|id| !self.memory.proved_lines.contains_key(id)).cloned().collect();
        for chunk in open.chunks(READ_TOGETHER) {
            let lines = self.wholesale.lines(chunk).await.map_err(Stop::Joor)?;
            self.memory.proved_lines.extend(lines);
        }
        Ok(())
    }

    /// What changed in JOOR since the export.
    async fn read_edits(
        &mut self,
        entries: &mut [Entry],
        heads: &BTreeMap<JoorOrderId, OrderRow>,
        records: &BTreeMap<JoorOrderId, OrderRecord>,
    ) -> Stage<()> {
        let exported: Vec<JoorOrderId> = records
            .values()
            .filter(|record| record.exported_content.is_some() && heads.contains_key(&record.id))
            .map(|record| record.id.clone())
            .collect();
        if exported.is_empty() {
            return Ok(());
        }
        if !self.dry {
            self.memory.proved_lines.clear();
        }
        self.lines_of_all(&exported).await?;
        let lines = std::mem::take(&mut self.memory.proved_lines);
        for entry in entries {
            let (Some(ledger), Some(Ok(lines))) = (&mut entry.ledger, lines.get(&entry.order)) else {
                continue;
            };
            let content = content::content(&heads[&entry.order].order, lines);
            let exports = self.exports_of(&entry.order).await?;
            if let Some(Problem::ChgJoorEdited { changes, .. }) =
                edits::edit_of(&records[&entry.order], &exports, &content)
            {
                ledger.edits = changes;
            }
        }
        Ok(())
    }
}

fn is_new(entry: &Entry, today: Date) -> bool {
    let untouched = entry.joor.as_ref().is_some_and(|joor| joor.export_state == Some(ExportState::Undefined));
    entry.ledger.is_none() && entry.shop.is_empty() && untouched && entry.approved >= Some(today)
}

/// Exports of the current generation that Shopify's list did not show.
fn not_listed(entry: &Entry) -> Vec<ShopOrderId> {
    let Some(ledger) = &entry.ledger else { return Vec::new() };
    let current = ledger.exports.iter().filter(|export| export.generation == ledger.generation);
    current
        .filter_map(|export| match &export.state {
            State::Exported { order, .. } => Some(order.clone()),
            _ => None,
        })
        .filter(|id| !entry.shop.iter().any(|order| order.id == *id))
        .collect()
}

/// JOOR shows the order, and hardly anything is known of it.
fn not_readable(broken: &BrokenRow) -> InJoor {
    let BrokenRow { status, field, expected, found, .. } = broken.clone();
    InJoor {
        status: status.unwrap_or_else(|| OrderStatus::Unknown("unreadable".to_owned())),
        export_state: None,
        description: String::new(),
        units: None,
        unreadable: Some(Unreadable { field, expected, found }),
    }
}

fn in_joor(row: &OrderRow) -> InJoor {
    InJoor {
        status: row.order.status.clone(),
        export_state: row.order.shown_export_state(),
        description: row.order.export_description.clone(),
        units: row.order.total_units.and_then(|units| units.normalize().try_into().ok()),
        unreadable: None,
    }
}

fn units_there(state: &ShopOrderState) -> Units {
    let mut units = Units::new();
    for (variant, quantity) in &state.lines {
        let variant = variant.clone().unwrap_or_else(|| VariantId::new(NO_PRODUCT));
        *units.entry(variant).or_default() += quantity;
    }
    units
}
