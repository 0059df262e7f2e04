//! Makes the exact requests of an order, with everything that must follow them, right before they are written down. A
//! part that was frozen before is taken as it was stored.

use super::deciding::Verdict;
use super::discover::{current_exports, fresh_row};
use super::send::Leaving;
use super::{Gathered, Worker, judge};
use adapters::ledger::records::{FollowUpKind, OrderRecord};
use domain::ids::{ExportKey, Generation, JoorOrderId, Part};
use domain::money::Money;
use domain::orders::decide::CustomerMatch;
use domain::orders::draft::{Draft, DraftFulfilment};
use domain::orders::export::{Export, State};
use domain::orders::reexport::Track;

impl Worker {
    pub(super) fn freeze(&self, gathered: &Gathered, id: &JoorOrderId, verdict: &Verdict) -> Vec<Leaving> {
        let order = &gathered.heads.orders[id];
        let none = Vec::new();
        let content = judge::content(order, gathered.lines.get(id).unwrap_or(&none));
        let track = Track { approved_at_export: order.approved, ..Track::default() };
        let record =
            OrderRecord { track, exported_content: Some(content), ..gathered.heads.records[id].clone() };
        let value = verdict.drafts.iter().map(|draft| draft.expected.amount).sum();
        verdict
            .drafts
            .iter()
            .filter_map(|draft| {
                let part = Part(verdict.drafts.iter().position(|other| other == draft)? as u32 + 1);
                let key = ExportKey { order: id.clone(), generation: Generation(record.generation), part };
                let export =
                    Export { key, token: draft.token.clone(), state: State::Ready, attempts: 0, version: 0 };
                let record =
                    OrderRecord { value: Some(Money::new(value, draft.expected.currency)), ..record.clone() };
                Some(Leaving {
                    row: fresh_row(export, self.now()),
                    request: self.shop.freeze(draft),
                    circumstances: self.circumstances(gathered, draft),
                    follow_ups: self.follow_ups_of(gathered, id, draft),
                    draft: Some(draft.clone()),
                    record,
                })
            })
            .collect()
    }

    /// What has to be done after the order exists; written down with the request, so that a crash loses none of it.
    fn follow_ups_of(
        &self,
        gathered: &Gathered,
        id: &JoorOrderId,
        draft: &Draft,
    ) -> Vec<(FollowUpKind, String)> {
        let mut steps = vec![(FollowUpKind::ReadBack, String::new())];
        if let DraftFulfilment::MoveTo(location) = &draft.fulfilment {
            steps.push((FollowUpKind::MoveToLocation, location.as_str().to_owned()));
        }
        if self.settings().orders.keep_default_address
            && let Some(CustomerMatch::Known(customer)) = gathered.matches.get(id)
            && let Some(address) = &customer.default_address
        {
            steps.push((FollowUpKind::RestoreAddress, address.clone()));
        }
        steps
    }

    /// Parts of a split order that have not left yet, with the requests that were frozen for them.
    pub(super) fn frozen_parts(&self, gathered: &Gathered, id: &JoorOrderId) -> Vec<Leaving> {
        let record = &gathered.heads.records[id];
        current_exports(record, &gathered.heads.exports[id])
            .into_iter()
            .filter(|row| row.export.state == State::Ready)
            .filter_map(|row| {
                let request = row.request.clone()?;
                Some(Leaving {
                    circumstances: format!("{} {}", request.fingerprint, self.settings_version),
                    row: row.clone(),
                    request,
                    draft: None,
                    record: record.clone(),
                    follow_ups: vec![(FollowUpKind::ReadBack, String::new())],
                })
            })
            .collect()
    }
}
