//! Makes the exact requests of an order, with everything that must follow them, right before they are written down. A
//! part that was frozen before is taken as it was stored.

use super::deciding::{REFUSAL_KEPT, Verdict};
use super::discover::{current_exports, fresh_row, moved};
use super::send::Leaving;
use super::{Gathered, Worker, content};
use adapters::ledger::records::{Change, FollowUpKind, OrderRecord};
use domain::ids::{ExportKey, Generation, JoorOrderId, Part};
use domain::money::Money;
use domain::orders::decide::CustomerMatch;
use domain::orders::draft::{Claim, Draft, DraftFulfilment};
use domain::orders::export::{Event, Export, State, apply};
use domain::orders::order::{Order, OrderStatus};
use domain::orders::reexport::Track;
use domain::time::Mono;
use std::time::Duration;

impl Worker {
    pub(super) fn freeze(&self, gathered: &Gathered, id: &JoorOrderId, verdict: &Verdict) -> Vec<Leaving> {
        let order = &gathered.heads.orders[id];
        let none = Vec::new();
        let content = content::content(order, gathered.lines.get(id).unwrap_or(&none));
        let track = Track::of_export(order.approved);
        let record =
            OrderRecord { track, exported_content: Some(content), ..gathered.heads.records[id].clone() };
        let value = verdict.drafts.iter().map(|draft| draft.expected.amount).sum();
        let units = Some(verdict.drafts.iter().map(|draft| draft.units).sum());
        verdict
            .drafts
            .iter()
            .filter_map(|draft| {
                let part = Part(verdict.drafts.iter().position(|other| other == draft)? as u32 + 1);
                let key = ExportKey { order: id.clone(), generation: Generation(record.generation), part };
                let export =
                    Export { key, token: draft.token.clone(), state: State::Ready, attempts: 0, version: 0 };
                let record = OrderRecord {
                    value: Some(Money::new(value, draft.expected.currency)),
                    units,
                    ..record.clone()
                };
                Some(Leaving {
                    row: fresh_row(export, self.now()),
                    request: self.shop.freeze(draft),
                    circumstances: self.circumstances(gathered, draft),
                    follow_ups: self.follow_ups_of(gathered, id, draft),
                    draft: Some(draft.clone()),
                    latest: Mono(Duration::ZERO),
                    record,
                    answer: None,
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
        // Shopify claims from the shop as a whole; where units are taken from one location, its stock is compared after.
        let leaves = match &draft.fulfilment {
            DraftFulfilment::Fulfilled(Some(location)) | DraftFulfilment::MoveTo(location)
                if draft.claim != Claim::Nothing =>
            {
                location.as_str()
            }
            DraftFulfilment::Fulfilled(_) | DraftFulfilment::Unfulfilled | DraftFulfilment::MoveTo(_) => "",
        };
        let mut steps = vec![(FollowUpKind::ReadBack, leaves.to_owned())];
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

    /// Parts of a split order that have not left yet, with the requests that were frozen for them. What kept one of them
    /// behind is over or is looked at again: it leaves as frozen, or waits as it is. None leaves of an order that JOOR does
    /// not show as approved any more.
    pub(super) fn frozen_parts(
        &self,
        gathered: &Gathered,
        id: &JoorOrderId,
        changes: &mut Vec<Change>,
    ) -> Vec<Leaving> {
        let record = &gathered.heads.records[id];
        let mut leaving = Vec::new();
        if !gathered.heads.orders.get(id).is_some_and(is_wanted) {
            return leaving;
        }
        for row in current_exports(record, &gathered.heads.exports[id]) {
            let Some(request) = row.request.clone() else { continue };
            let circumstances = format!("{} {}", request.fingerprint, self.settings_version);
            let refused = row.refusal.as_ref().is_some_and(|refusal| {
                refusal.fingerprint.starts_with(&circumstances) && self.now().since(refusal.at) < REFUSAL_KEPT
            });
            if !is_to_leave(row) || refused || self.is_held_back(&row.export.key) {
                continue;
            }
            if row.export.state != State::Ready {
                let Ok(export) = apply(&row.export, &Event::Cleared) else { continue };
                changes.push(moved(&export, &Event::Cleared, "sent as it was frozen"));
            }
            leaving.push(Leaving {
                circumstances,
                row: row.clone(),
                request,
                draft: None,
                latest: Mono(Duration::ZERO),
                record: record.clone(),
                follow_ups: Vec::new(),
                answer: None,
            });
        }
        leaving
    }
}

/// Approved, or shipped already.
pub(super) fn is_wanted(order: &Order) -> bool {
    matches!(order.status, OrderStatus::Approved | OrderStatus::Shipped)
}

/// A frozen part that is neither in Shopify nor on its way, and not left out.
pub(super) fn is_to_leave(row: &adapters::ledger::records::ExportRecord) -> bool {
    matches!(row.export.state, State::Seen | State::Waiting { .. } | State::Held | State::Ready)
}
