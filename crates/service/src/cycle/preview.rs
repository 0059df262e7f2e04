//! A cycle's reading and deciding for chosen orders, with nothing stored and nothing sent.

use super::deciding::Verdict;
use super::discover::{Heads, fresh_row};
use super::{Stage, Stop, Turned, Worker, judge};
use adapters::ledger::records::ConnectionRecord;
use domain::ids::{Epoch, JoorOrderId};
use domain::orders::decide::Promised;
use domain::orders::draft::Draft;
use domain::orders::export::Event;
use domain::problem::{Problem, Told};

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
