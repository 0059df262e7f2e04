//! A cycle's reading and deciding for chosen orders, with nothing stored and nothing sent.

use super::deciding::Verdict;
use super::discover::{Heads, current_exports, fresh_row};
use super::{Gathered, Stage, Stop, Turned, Worker, judge};
use adapters::ledger::records::{ConnectionRecord, ExportRecord, OrderRecord};
use adapters::ports::{OrderRow, Row, Units};
use domain::ids::{Epoch, JoorOrderId, ShopOrderId};
use domain::money::Money;
use domain::orders::decide::Promised;
use domain::orders::draft::Draft;
use domain::orders::export::{Event, State};
use domain::orders::order::{ExportState, Order, OrderStatus};
use domain::problem::{Problem, Told};
use domain::time::Moment;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Orders before approval that are decided over at once.
pub const PENDING_MAX: usize = 50;
/// What JOOR calls orders that nobody has approved yet, those nearest to it first.
const BEFORE_APPROVAL: [OrderStatus; 3] = [OrderStatus::Pending, OrderStatus::Notes, OrderStatus::InProgress];

/// An order that is not approved, and what would become of it if it were approved now.
#[derive(Clone, Debug)]
pub struct Pending {
    pub previewed: Previewed,
    /// As JOOR shows it; `None`: it cannot be read.
    pub order: Option<Order>,
    pub value: Option<Money>,
    /// Names of the Shopify orders that an earlier approval led to.
    pub exported_as: Vec<String>,
    /// Alone it is ready; together with those before it there is not enough.
    pub contested: bool,
}

/// Orders before approval, those created last first.
#[derive(Clone, Debug, Default)]
pub struct AllPending {
    pub orders: Vec<Pending>,
    /// JOOR has more of them.
    pub more: bool,
}

/// What would become of an order.
#[derive(Clone, Debug)]
pub struct Previewed {
    pub order: JoorOrderId,
    /// `ready`, `held` or `skipped`.
    pub state: &'static str,
    pub told: Vec<Told>,
    pub drafts: Vec<Draft>,
    pub creates_customer: bool,
}

impl Worker {
    pub async fn preview(
        &mut self,
        connection: ConnectionRecord,
        ids: &[JoorOrderId],
    ) -> Stage<Vec<Previewed>> {
        let mut turned = Turned { connection, epoch: Epoch(-1), lease_until: self.now().plus(super::LEASE) };
        let mut heads = Heads::default();
        let mut results = Vec::new();
        let known = self.records(ids).await?;
        let mut missing: Vec<JoorOrderId> = ids.to_vec();
        for row in self.wholesale.orders_by_id(ids).await.map_err(Stop::Joor)? {
            match row {
                Ok(row) => {
                    let id = row.order.id.clone();
                    missing.retain(|other| *other != id);
                    let mut record = judge::record_of(&row, known.get(&id), self.now());
                    // What would be sent if it were the first export.
                    record.generation = 1;
                    let export = self.new_export(&id, 1, 1).ok();
                    let rows = export.map(|export| fresh_row(export, self.now())).into_iter().collect();
                    heads.exports.insert(id.clone(), rows);
                    heads.records.insert(id.clone(), record);
                    heads.orders.insert(id, row.order);
                }
                Err(broken) => {
                    if let Some(id) = &broken.order {
                        missing.retain(|other| other != id);
                        results.push(told_only(id, &super::discover::bad_payload(&broken)));
                    }
                }
            }
        }
        for id in missing {
            if let Some(record) = known.get(&id) {
                results.push(told_only(&id, &Problem::SrcOrderVanished { seen: record.last_seen }));
            }
        }
        let Some(gathered) = self.gather(&mut turned, heads).await? else { return Ok(results) };
        let mut promised = Promised::default();
        for id in gathered.in_order(self.settings()) {
            let verdict = self.verdict(&turned, &gathered, &id, &mut promised)?;
            results.push(previewed(id, verdict));
        }
        Ok(results)
    }
}

impl Worker {
    /// What would become of a new export of an order if these Shopify orders were cancelled now. `None`: JOOR does not
    /// show the order.
    pub async fn preview_again(
        &mut self,
        connection: ConnectionRecord,
        old: &OrderRecord,
        exports: Vec<ExportRecord>,
        cancelled: &[(ShopOrderId, Units)],
    ) -> Stage<Option<Previewed>> {
        let mut turned = Turned { connection, epoch: Epoch(-1), lease_until: self.now().plus(super::LEASE) };
        let ids = std::slice::from_ref(&old.id);
        let OrderRow { order, raw } = match self.wholesale.orders_by_id(ids).await.map_err(Stop::Joor)?.pop()
        {
            None => return Ok(None),
            Some(Err(broken)) => {
                return Ok(Some(told_only(&old.id, &super::discover::bad_payload(&broken))));
            }
            Some(Ok(row)) => row,
        };
        let row = OrderRow { order: order.clone(), raw };
        let mut record = judge::record_of(&row, Some(old), self.now());
        let mut exports = exports;
        if super::cancelling::is_settled(old, &exports) {
            // As `ask_again` does: asking for an export says that one entered by hand no longer counts.
            let by_hand = |row: &&ExportRecord| row.export.state == State::ClosedByHand;
            record.export_anyway |= current_exports(old, &exports).iter().any(by_hand);
            record.generation += 1;
            let export = self.new_export(&old.id, record.generation, 1).ok();
            exports.extend(export.map(|export| fresh_row(export, self.now())));
        }
        let mut heads = Heads::default();
        heads.exports.insert(old.id.clone(), exports);
        heads.records.insert(old.id.clone(), record);
        heads.orders.insert(old.id.clone(), order);
        let Some(mut gathered) = self.gather(&mut turned, heads).await? else { return Ok(None) };
        self.as_if_cancelled(&mut gathered, cancelled).await?;
        let verdict = self.verdict(&turned, &gathered, &old.id, &mut Promised::default())?;
        Ok(Some(previewed(old.id.clone(), verdict)))
    }

    /// Room for the next generation, with the units back on the shelves from which the orders took them.
    async fn as_if_cancelled(
        &self,
        gathered: &mut Gathered,
        cancelled: &[(ShopOrderId, Units)],
    ) -> Stage<()> {
        let ids: Vec<ShopOrderId> = cancelled.iter().map(|(order, _)| order.clone()).collect();
        let mut states = self.shop.orders(&ids).await.map_err(Stop::Shopify)?;
        for (order, units) in cancelled {
            gathered.make_room(order);
            let Some(state) = states.remove(order).flatten() else { continue };
            let from = state.fulfilment_orders.iter().find_map(|work| work.location.clone());
            match units {
                Units::Stay => {}
                Units::GoBack => gathered.put_back(&state.lines, from.as_ref()),
            }
        }
        Ok(())
    }
}

impl Worker {
    /// Whether it is known which orders are old enough to be left alone: before a connection is live, only if its settings say so.
    pub fn knows_start(&self, connection: &ConnectionRecord) -> bool {
        connection.live_since.is_some() || self.settings().schedule.exported_since.is_some()
    }

    /// What would become of these orders if they were approved after going live.
    pub async fn preview_early(
        &mut self,
        connection: ConnectionRecord,
        ids: &[JoorOrderId],
    ) -> Stage<Vec<Previewed>> {
        let rows = self.wholesale.orders_by_id(ids).await.map_err(Stop::Joor)?;
        self.preview_anew(connection, &rows).await
    }

    /// The same for the orders that JOOR shows as approved last, at most a page of them; also those that another integration
    /// exported.
    pub async fn preview_newest(
        &mut self,
        connection: ConnectionRecord,
        count: usize,
    ) -> Stage<Vec<Previewed>> {
        let rows = self.newest_approved(count).await?;
        self.preview_anew(connection, &rows).await
    }

    /// The orders that JOOR shows as approved last, at most a page of them.
    pub async fn newest_approved(&self, count: usize) -> Stage<Vec<Row<OrderRow>>> {
        let newest = self.wholesale.newest_orders(&OrderStatus::Approved).await;
        let mut rows = newest.map_err(Stop::Joor)?;
        rows.truncate(count);
        Ok(rows)
    }
}

impl Worker {
    /// What would become of these orders if they came for the first time now: JOOR's mark of an export is left out of
    /// account, and what Shopify has of them already takes no stock from them. A connection that is not live counts as
    /// live since before all of them.
    pub async fn preview_anew(
        &mut self,
        connection: ConnectionRecord,
        rows: &[Row<OrderRow>],
    ) -> Stage<Vec<Previewed>> {
        let mut turned = Turned { connection, epoch: Epoch(-1), lease_until: self.now().plus(super::LEASE) };
        let first = rows.iter().flatten().filter_map(|row| row.order.approved).min();
        let since = first.map(|day| day.saturating_sub(1.day())).and_then(start_of_day);
        turned.connection.live_since = turned.connection.live_since.or(since);
        let ids: Vec<JoorOrderId> = rows.iter().flatten().map(|row| row.order.id.clone()).collect();
        let known = self.records(&ids).await?;
        let (mut heads, mut results, mut taken) = (Heads::default(), Vec::new(), Vec::new());
        for row in rows {
            let mut row = match row {
                Ok(row) => OrderRow { order: row.order.clone(), raw: row.raw.clone() },
                Err(broken) => {
                    let id = broken.order.clone().unwrap_or_else(|| JoorOrderId::new("?"));
                    results.push(told_only(&id, &super::discover::bad_payload(broken)));
                    continue;
                }
            };
            let id = row.order.id.clone();
            if row.order.status == OrderStatus::Shipped {
                row.order.status = OrderStatus::Approved;
            }
            row.order.export_state = Some(ExportState::Undefined);
            if known.contains_key(&id) {
                taken.extend(self.exports_of(&id).await?.iter().filter_map(|row| self.taken_by(row)));
            }
            let mut record = judge::record_of(&row, known.get(&id), self.now());
            record.generation = 1;
            let export = self.new_export(&id, 1, 1).ok();
            let fresh = export.map(|export| fresh_row(export, self.now())).into_iter().collect();
            heads.exports.insert(id.clone(), fresh);
            heads.records.insert(id.clone(), record);
            heads.orders.insert(id, row.order);
        }
        let Some(mut gathered) = self.gather(&mut turned, heads).await? else { return Ok(results) };
        if !taken.is_empty() {
            self.as_if_cancelled(&mut gathered, &taken).await?;
        }
        let mut promised = Promised::default();
        for id in gathered.in_order(self.settings()) {
            let verdict = self.verdict(&turned, &gathered, &id, &mut promised)?;
            results.push(previewed(id, verdict));
        }
        Ok(results)
    }

    /// The Shopify order that an export stands as, and whether it took its units from the shelf.
    fn taken_by(&self, row: &ExportRecord) -> Option<(ShopOrderId, Units)> {
        let (order, _) = row.export.state.shop_order().filter(|_| !row.cancelled)?;
        let claims = row.request.as_ref().is_some_and(|request| self.shop.claims_stock(request));
        Some((order.clone(), if claims { Units::GoBack } else { Units::Stay }))
    }
}

fn start_of_day(day: Date) -> Option<Moment> {
    let start = day.to_zoned(TimeZone::UTC).ok()?;
    Some(Moment(start.timestamp().as_millisecond()))
}

impl Worker {
    /// What would become of orders that nobody has approved yet, if somebody approved them now.
    pub async fn preview_pending(&mut self, connection: ConnectionRecord) -> Stage<AllPending> {
        let mut turned = Turned { connection, epoch: Epoch(-1), lease_until: self.now().plus(super::LEASE) };
        let (rows, more) = self.before_approval().await?;
        let mut all = AllPending { orders: Vec::new(), more };
        let mut heads = Heads::default();
        let mut shown: BTreeMap<JoorOrderId, (Order, Vec<String>)> = BTreeMap::new();
        let ids: Vec<JoorOrderId> = rows.iter().flatten().map(|row| row.order.id.clone()).collect();
        let known = self.records(&ids).await?;
        for row in rows {
            let mut row = match row {
                Ok(row) => row,
                Err(broken) => {
                    let id = broken.order.clone().unwrap_or_else(|| JoorOrderId::new("?"));
                    let previewed = told_only(&id, &super::discover::bad_payload(&broken));
                    let exported_as = Vec::new();
                    all.orders.push(Pending {
                        previewed,
                        order: None,
                        value: None,
                        exported_as,
                        contested: false,
                    });
                    continue;
                }
            };
            let id = row.order.id.clone();
            let exported_as = match known.contains_key(&id) {
                true => exported_names(&self.exports_of(&id).await?),
                false => Vec::new(),
            };
            shown.insert(id.clone(), (row.order.clone(), exported_as));
            self.approve(&turned, &mut row.order);
            let mut record = judge::record_of(&row, known.get(&id), self.now());
            record.generation = 1;
            let export = self.new_export(&id, 1, 1).ok();
            let rows = export.map(|export| fresh_row(export, self.now())).into_iter().collect();
            heads.exports.insert(id.clone(), rows);
            heads.records.insert(id.clone(), record);
            heads.orders.insert(id, row.order);
        }
        let Some(gathered) = self.gather(&mut turned, heads).await? else { return Ok(all) };
        let mut promised = Promised::default();
        for id in gathered.in_order(self.settings()) {
            let verdict = self.verdict(&turned, &gathered, &id, &mut Promised::default())?;
            let ready = verdict.event == Event::Cleared;
            let together = self.verdict(&turned, &gathered, &id, &mut promised)?;
            let contested = ready && together.event != Event::Cleared;
            let value = super::deciding::value_of(&verdict).or_else(|| gathered.worth(&id));
            let (order, exported_as) = shown.remove(&id).unzip();
            let exported_as = exported_as.unwrap_or_default();
            all.orders.push(Pending {
                previewed: previewed(id, verdict),
                order,
                value,
                exported_as,
                contested,
            });
        }
        // Orders that cannot be read come last.
        all.orders
            .sort_by_key(|one| Reverse(one.order.as_ref().map(|order| (order.created, order.id.clone()))));
        Ok(all)
    }

    /// As JOOR shows them, those created last first; and whether there are more.
    async fn before_approval(&self) -> Stage<(Vec<Row<OrderRow>>, bool)> {
        let mut all = Vec::new();
        for status in BEFORE_APPROVAL {
            if all.len() > PENDING_MAX {
                break;
            }
            let mut rows = self.wholesale.newest_orders(&status).await.map_err(Stop::Joor)?;
            // A row counts by what it says itself.
            rows.retain(|row| row.as_ref().map_or(true, |row| row.order.status == status));
            rows.sort_by_key(|row| {
                Reverse(row.as_ref().ok().map(|row| (row.order.created, row.order.id.clone())))
            });
            all.extend(rows);
        }
        let more = all.len() > PENDING_MAX;
        all.truncate(PENDING_MAX);
        Ok((all, more))
    }

    /// As if somebody approved the order now. A connection that is not live begins when it goes live, so no order of
    /// today is too old for it.
    fn approve(&self, turned: &Turned, order: &mut Order) {
        let today = self.now().day();
        order.status = OrderStatus::Approved;
        order.export_state = Some(ExportState::Undefined);
        order.approved = Some(match turned.connection.live_since {
            Some(_) => today,
            None => today.max(self.start(turned).saturating_add(1.day())),
        });
    }
}

/// Shopify orders that stand for this order, as far as the ledger knows.
fn exported_names(exports: &[ExportRecord]) -> Vec<String> {
    let standing = exports.iter().filter(|row| !row.cancelled);
    standing.filter_map(|row| Some(row.export.state.shop_order()?.1.to_owned())).collect()
}

fn previewed(order: JoorOrderId, verdict: Verdict) -> Previewed {
    let state = match verdict.event {
        Event::Cleared => "ready",
        Event::Skipped => "skipped",
        _ => "held",
    };
    Previewed {
        order,
        state,
        told: verdict.told,
        drafts: verdict.drafts,
        creates_customer: verdict.create_customer.is_some(),
    }
}

fn told_only(order: &JoorOrderId, problem: &Problem) -> Previewed {
    let told = vec![problem.told(order.as_str())];
    Previewed { order: order.clone(), state: "held", told, drafts: Vec::new(), creates_customer: false }
}
