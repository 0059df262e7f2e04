//! Reads everything that deciding needs, batched over all open orders: lines, SKU identifiers, variants with stock,
//! customers, price types, earlier generations. Decides nothing.

use super::discover::Heads;
use super::{Stage, Stop, Turned, Worker};
use adapters::ledger::records::{Change, OrderRecord};
use adapters::ports::{BrokenRow, CustomerKey, OrderRow, PriceType, Row, ShopFacts};
use domain::ids::{ExportKey, JoorOrderId, JoorSkuId, LocationId, ShopOrderId, Token, VariantId};
use domain::money::{Currency, Decimal, Money};
use domain::orders::customer::{self, Found, Key};
use domain::orders::decide::{CustomerMatch, Facts, scarce_key};
use domain::orders::export::State;
use domain::orders::linked::ItemLinks;
use domain::orders::order::{Line, Order, SkuIdentifiers};
use domain::orders::shelf::{Customer, Variant};
use domain::problem::Problem;
use domain::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};

/// All that was read for the orders of a cycle.
pub struct Gathered {
    pub heads: Heads,
    pub lines: BTreeMap<JoorOrderId, Vec<Line>>,
    pub broken: BTreeMap<JoorOrderId, BrokenRow>,
    pub skus: BTreeMap<JoorSkuId, SkuIdentifiers>,
    pub variants: BTreeMap<VariantId, Variant>,
    pub missing_variants: BTreeSet<VariantId>,
    pub item_links: ItemLinks,
    pub matches: BTreeMap<JoorOrderId, CustomerMatch>,
    pub price_types: Vec<PriceType>,
    pub shop: ShopFacts,
    /// Retailers whose customer Shopify refused to create, by JOOR's id.
    pub refused_customers: BTreeMap<String, Problem>,
    /// Earlier exports as Shopify shows them now: cancelled or gone.
    cancelled: BTreeSet<ShopOrderId>,
    /// Earlier exports that this program is cancelling.
    being_cancelled: BTreeSet<ExportKey>,
}

impl Worker {
    /// `None` if no order is open.
    pub(super) async fn gather(&mut self, turned: &mut Turned, heads: Heads) -> Stage<Option<Gathered>> {
        if heads.orders.is_empty() {
            return Ok(None);
        }
        let shop = self.shop_facts(turned).await?;
        let mut gathered = Gathered {
            heads,
            lines: BTreeMap::new(),
            broken: BTreeMap::new(),
            skus: BTreeMap::new(),
            variants: BTreeMap::new(),
            missing_variants: BTreeSet::new(),
            item_links: self.known_item_links().await?,
            matches: BTreeMap::new(),
            price_types: self.wholesale.price_types().await.map_err(Stop::Joor)?,
            shop,
            refused_customers: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            being_cancelled: BTreeSet::new(),
        };
        let ids: Vec<JoorOrderId> = gathered.heads.orders.keys().cloned().collect();
        let wanting: Vec<JoorOrderId> =
            ids.iter().filter(|id| self.needs_lines(turned, &gathered, id)).cloned().collect();
        self.read_lines(&mut gathered, &wanting, false).await?;
        self.keep_lease(turned).await?;
        self.read_goods(&mut gathered, &wanting).await?;
        self.keep_lease(turned).await?;
        self.read_customers(&mut gathered, &wanting).await?;
        self.read_earlier(turned, &mut gathered).await?;
        Ok(Some(gathered))
    }

    /// Orders that their head alone rules out cost no further call.
    fn needs_lines(&self, turned: &Turned, gathered: &Gathered, id: &JoorOrderId) -> bool {
        let order = &gathered.heads.orders[id];
        let record = &gathered.heads.records[id];
        domain::orders::decide::ruled_out(
            order,
            self.settings(),
            self.start_for(turned, record),
            record.export_anyway,
        )
        .is_none()
    }

    async fn read_customers(&mut self, gathered: &mut Gathered, ids: &[JoorOrderId]) -> Stage<()> {
        let links = self.ledger.customer_links(&self.name).await?;
        let orders = &gathered.heads.orders;
        let orders: BTreeMap<&JoorOrderId, &Order> =
            ids.iter().filter_map(|id| Some((id, orders.get(id)?))).collect();
        let link = |order: &Order| links.get(&order.retailer.joor_id);
        let named =
            orders.iter().map(|(id, order)| (*id, self.wires(order, customer::keys(order, link(order)))));
        let mut found = self.found_customers(named.collect()).await?;
        // A link that is dead stays a question; a code of the brand's own is none of Shopify's.
        let is_open = |id: &JoorOrderId, order: &Order| {
            let named = &found[id];
            named.by_code.is_none() && named.by_link.is_none() && link(order).is_none()
        };
        let others = orders.iter().filter(|(id, order)| is_open(id, order));
        let others = others.map(|(id, order)| (*id, self.wires(order, customer::other_keys(order))));
        found.extend(self.found_customers(others.collect()).await?);
        let choose = |(id, order): (&&JoorOrderId, &&Order)| {
            let chosen = customer::choose(order, link(order), &found[*id], &self.settings().orders);
            ((*id).clone(), chosen)
        };
        let chosen: Vec<(JoorOrderId, CustomerMatch)> = orders.iter().map(choose).collect();
        gathered.matches.extend(chosen);
        Ok(())
    }

    /// The keys as Shopify is asked for them.
    fn wires(&self, order: &Order, keys: Vec<Key>) -> Vec<(Key, CustomerKey)> {
        keys.into_iter().filter_map(|key| self.shop_key(order, &key).map(|wire| (key, wire))).collect()
    }

    async fn found_customers(
        &self,
        asked: BTreeMap<&JoorOrderId, Vec<(Key, CustomerKey)>>,
    ) -> Stage<BTreeMap<JoorOrderId, Found>> {
        let wires: BTreeSet<&CustomerKey> = asked.values().flatten().map(|(_, wire)| wire).collect();
        let wires: Vec<CustomerKey> = wires.into_iter().cloned().collect();
        let known = match wires.is_empty() {
            true => BTreeMap::new(),
            false => self.shop.customers(&wires).await.map_err(Stop::Shopify)?,
        };
        Ok(asked.into_iter().map(|(id, pairs)| (id.clone(), found_by(&pairs, &known))).collect())
    }

    fn shop_key(&self, order: &Order, key: &Key) -> Option<CustomerKey> {
        match key {
            Key::Code(id) | Key::Link(id) => Some(CustomerKey::Id(id.clone())),
            Key::CustomId => self.custom_id(order).map(CustomerKey::CustomId),
            Key::Email(email) => Some(CustomerKey::Email(email.clone())),
        }
    }

    fn custom_id(&self, order: &Order) -> Option<String> {
        let joor = &self.checked.joor;
        customer::custom_id(&joor.environment, &joor.account, &order.retailer.joor_id)
    }

    /// Earlier generations are read in Shopify: only what is cancelled there makes room for the next one.
    async fn read_earlier(&mut self, turned: &mut Turned, gathered: &mut Gathered) -> Stage<()> {
        let mut earlier: BTreeMap<ShopOrderId, (JoorOrderId, ExportKey, bool, domain::time::Moment)> =
            BTreeMap::new();
        for id in gathered.heads.orders.keys() {
            let record = &gathered.heads.records[id];
            for row in gathered.heads.exports[id]
                .iter()
                .filter(|row| row.export.key.generation.0 < record.generation)
            {
                if let State::Exported { order, .. } = &row.export.state {
                    earlier.insert(
                        order.clone(),
                        (id.clone(), row.export.key.clone(), row.cancelled, row.made()),
                    );
                }
            }
        }
        if earlier.is_empty() {
            return Ok(());
        }
        gathered.being_cancelled = self.being_cancelled().await?.into_iter().collect();
        let ids: Vec<ShopOrderId> = earlier.keys().cloned().collect();
        let mut changes = Vec::new();
        for (shop_order, state) in self.shop.orders(&ids).await.map_err(Stop::Shopify)? {
            let Some((_, key, known, made)) = earlier.get(&shop_order) else { continue };
            // Gone counts as cancelled only while Shopify would show it.
            let visible =
                gathered.shop.reads_all_orders() || self.now().since(*made) <= super::settle::VISIBLE;
            let cancelled = *known || state.map_or(visible, |state| state.order.cancelled);
            if cancelled {
                gathered.cancelled.insert(shop_order);
            }
            if cancelled != *known {
                changes.push(Change::CancelledThere { key: key.clone(), cancelled });
            }
        }
        Ok(self.commit(turned, &changes).await?)
    }

    /// Heads and lines of a chunk as they are right now, with whatever the changes need.
    pub(super) async fn refresh(
        &mut self,
        turned: &mut Turned,
        gathered: &mut Gathered,
        ids: &[JoorOrderId],
    ) -> Stage<()> {
        let mut rows: BTreeMap<JoorOrderId, Row<OrderRow>> = BTreeMap::new();
        for row in self.wholesale.orders_by_id(ids).await.map_err(Stop::Joor)? {
            let id = match &row {
                Ok(row) => Some(row.order.id.clone()),
                Err(broken) => broken.order.clone(),
            };
            if let Some(id) = id {
                rows.insert(id, row);
            }
        }
        let mut changes = Vec::new();
        let mut other_buyer = Vec::new();
        for id in ids {
            let exports = self.exports_of(id).await?;
            gathered.heads.exports.insert(id.clone(), exports);
            if self.has_left(gathered, id) {
                // Never cut again, but it has to be wanted still.
                match rows.remove(id) {
                    Some(Ok(row)) => drop(gathered.heads.orders.insert(id.clone(), row.order)),
                    Some(Err(_)) | None => drop(gathered.heads.orders.remove(id)),
                }
                continue;
            }
            match rows.remove(id) {
                Some(Ok(row)) => {
                    let old = &gathered.heads.records[id];
                    let record = super::judge::record_of(&row, Some(old), self.now());
                    if super::judge::is_news(&record, old) {
                        changes.push(Change::Order(Box::new(record.clone())));
                    }
                    gathered.heads.records.insert(id.clone(), record);
                    let before = gathered.heads.orders.insert(id.clone(), row.order);
                    let keys = |order: &Order| {
                        (order.retailer.clone(), customer::keys(order, None), customer::other_keys(order))
                    };
                    let now = &gathered.heads.orders[id];
                    if before.is_some_and(|before| keys(&before) != keys(now)) {
                        other_buyer.push(id.clone());
                    }
                }
                Some(Err(broken)) => drop(gathered.broken.insert(id.clone(), broken)),
                None => drop(gathered.heads.orders.remove(id)),
            }
        }
        self.commit(turned, &changes).await?;
        let here: Vec<JoorOrderId> = ids
            .iter()
            .filter(|id| gathered.heads.orders.contains_key(*id) && !gathered.broken.contains_key(*id))
            .cloned()
            .collect();
        self.read_lines(gathered, &here, true).await?;
        self.read_goods(gathered, &here).await?;
        if !other_buyer.is_empty() {
            // Found by what the order said before. One that has to be created now waits for the next cycle.
            self.read_customers(gathered, &other_buyer).await?;
        }
        Ok(())
    }
}

fn found_by(pairs: &[(Key, CustomerKey)], known: &BTreeMap<CustomerKey, Vec<Customer>>) -> Found {
    let mut found = Found::default();
    for (key, wire) in pairs {
        let customers = known.get(wire).cloned().unwrap_or_default();
        let first = customers.first().cloned();
        match key {
            Key::Code(_) => found.by_code = first,
            Key::Link(_) => found.by_link = first,
            Key::CustomId => found.by_custom_id = first,
            Key::Email(_) => found.by_email = customers,
        }
    }
    found
}

impl Gathered {
    /// Orders in the order in which scarce stock is given out.
    pub(super) fn in_order(&self, settings: &Settings) -> Vec<JoorOrderId> {
        let mut ids: Vec<JoorOrderId> = self.heads.orders.keys().cloned().collect();
        ids.sort_by_cached_key(|id| scarce_key(settings, &self.heads.orders[id]));
        ids
    }

    /// What an order is worth before tax as far as JOOR says: the value at risk of one that is held.
    pub(super) fn worth(&self, id: &JoorOrderId) -> Option<Money> {
        let order = self.heads.orders.get(id)?;
        let price_type = order.price_type.as_ref()?;
        let known = self.price_types.iter().find(|known| known.id == *price_type)?;
        let currency = Currency::from_code(&known.currency_code)?;
        let goods = self
            .lines
            .get(id)?
            .iter()
            .filter(|line| line.is_live())
            .try_fold(Decimal::ZERO, |sum, line| {
                sum.checked_add(line.unit_price()?.checked_mul(line.quantity)?)
            })?;
        let shipping = order.shipping_price.unwrap_or_default();
        let worth = goods.checked_sub(order.discount.amount.unwrap_or_default())?.checked_add(shipping)?;
        Some(Money::new(currency.round(worth), currency))
    }

    /// Live units of an order as far as its lines are readable.
    pub(super) fn units(&self, id: &JoorOrderId) -> Option<i64> {
        let live = self.lines.get(id)?.iter().filter(|line| line.is_live());
        let sum =
            live.map(|line| line.quantity).try_fold(Decimal::ZERO, |sum, units| sum.checked_add(units))?;
        i64::try_from(sum).ok().filter(|units| *units > 0)
    }

    pub(super) fn is_cancelled(&self, order: &ShopOrderId) -> bool {
        self.cancelled.contains(order)
    }

    /// Decides as if this earlier order were cancelled.
    pub(super) fn make_room(&mut self, order: &ShopOrderId) {
        self.cancelled.insert(order.clone());
    }

    /// Decides as if these units were on the shelf again: where they were taken from, or where the variant is kept.
    pub(super) fn put_back(&mut self, units: &[(Option<VariantId>, i64)], from: Option<&LocationId>) {
        for (id, quantity) in units {
            let Some(variant) = id.as_ref().and_then(|id| self.variants.get_mut(id)) else { continue };
            let kept = from.filter(|location| variant.available.contains_key(*location));
            let Some(location) = kept.or(variant.available.keys().next()).cloned() else { continue };
            *variant.available.entry(location).or_default() += quantity;
        }
    }

    pub(super) fn is_being_cancelled(&self, key: &ExportKey) -> bool {
        self.being_cancelled.contains(key)
    }

    /// The outcome for a retailer's customer counts for all of its orders of this cycle.
    pub(super) fn set_match(&mut self, id: &JoorOrderId, retailer: &str, outcome: &CustomerMatch) {
        let same: Vec<JoorOrderId> = self
            .heads
            .orders
            .iter()
            .filter(|(other, order)| {
                *other == id || (!retailer.is_empty() && order.retailer.joor_id == retailer)
            })
            .map(|(other, _)| other.clone())
            .collect();
        for other in same {
            if matches!(self.matches.get(&other), Some(CustomerMatch::ToCreate)) {
                self.matches.insert(other, outcome.clone());
            }
        }
    }

    pub(super) fn facts<'a>(
        &'a self,
        worker: &'a Worker,
        turned: &Turned,
        record: &OrderRecord,
        order: &Order,
        tokens: &'a dyn Fn(u32) -> Result<Token, Problem>,
    ) -> Facts<'a> {
        let price_type =
            order.price_type.as_ref().and_then(|id| self.price_types.iter().find(|known| known.id == *id));
        let word = price_type.map_or("", |known| known.currency_code.as_str());
        let start = worker.start_for(turned, record);
        Facts {
            settings: worker.settings(),
            today: worker.now().day(),
            start,
            export_anyway: record.export_anyway,
            currency: Currency::from_code(word),
            currency_word: word,
            skus: &self.skus,
            variants: &self.variants,
            item_links: &self.item_links,
            locations: &self.shop.locations,
            customer: self
                .matches
                .get(&order.id)
                .cloned()
                .unwrap_or(CustomerMatch::NotFound { tried: Vec::new() }),
            customer_custom_id: worker.custom_id(order),
            tokens,
            prices_confirmed: record.prices_confirmed,
        }
    }
}
