//! A person says that a Shopify order is the export. It takes an open part of the JOOR order, or one that the ledger does
//! not know. Nothing is sent or changed outside.

use super::commands::{Applied, Arguments};
use super::discover::current_exports;
use super::{Stage, Worker};
use adapters::ledger::ExportQuery;
use adapters::ledger::records::{Change, ExportRecord, OrderRecord};
use adapters::ports::ShopOrderState;
use adapters::witness::{self, Wire};
use domain::ids::{Part, ShopOrderId, Token};
use domain::money::Money;
use domain::orders::export::{Event, Export, apply};
use domain::orders::reexport::Track;
use domain::orders::shelf::ShopOrder;
use std::collections::{BTreeMap, BTreeSet};

/// What Shopify says of each order that was asked for.
type States = BTreeMap<ShopOrderId, Option<ShopOrderState>>;

/// The part that a Shopify order becomes.
enum Place {
    Open(Export),
    /// Of an order that the ledger took for one with fewer parts.
    Unknown(Export),
}

impl Worker {
    pub(super) async fn link_order(
        &mut self,
        record: &OrderRecord,
        exports: &[ExportRecord],
        arguments: &Arguments,
    ) -> Stage<Applied> {
        let given = arguments.shop_order.clone().unwrap_or_default();
        let Some(id) = ShopOrderId::from_number(given.rsplit('/').next().unwrap_or_default()) else {
            return Ok(Err(format!(
                "`{given}` is no Shopify order id; it is the number in the order's page"
            )));
        };
        let current = current_exports(record, exports);
        let asked: BTreeSet<ShopOrderId> =
            current.iter().filter_map(|row| linked(row)).chain([&id]).cloned().collect();
        let asked: Vec<ShopOrderId> = asked.into_iter().collect();
        let (states, said) = witness::of(self.shop.orders(&asked)).await;
        let states = match states {
            Ok(states) => states,
            Err(error) => return Ok(Err(format!("Shopify could not be asked: {error}; ask again later"))),
        };
        let Some(ShopOrderState { order, .. }) = states.get(&id).cloned().flatten() else {
            return Ok(Err(format!("Shopify shows no order {}", id.number())));
        };
        if order.cancelled {
            return Ok(Err(format!("{} is cancelled in Shopify, so it cannot be the export", order.name)));
        }
        let taken = ExportQuery { states: vec!["exported"], ..ExportQuery::default() };
        let taken = self.ledger.exports(&self.name, &taken).await?.into_iter().find(|row| {
            let other = row.export.key.order != record.id || row.export.key.generation.0 == record.generation;
            other && linked(row) == Some(&id)
        });
        if let Some(other) = taken {
            let joor = &other.export.key.order;
            return Ok(Err(format!("{} is the export of JOOR order {joor} already", order.name)));
        }
        Ok(match self.place_for(record, &current, &order, &states) {
            Some(place) => {
                let wire = said.about(id.as_str()).wire();
                self.linked_there(record, &current, &place, (&order, wire))
            }
            None => Err("every part of this order is exported already".to_owned()),
        })
    }

    fn linked_there(
        &self,
        record: &OrderRecord,
        current: &[&ExportRecord],
        place: &Place,
        (order, wire): (&ShopOrder, Option<Wire>),
    ) -> Applied {
        let event = Event::Linked { order: order.id.clone(), name: order.name.clone() };
        let (before, opened) = match place {
            Place::Open(export) => (export, None),
            Place::Unknown(export) => (export, Some(Change::ExportOpened(export.clone()))),
        };
        let export = apply(before, &event).map_err(|broken| broken.to_string())?;
        let row = OrderRecord {
            track: Track::of_export(record.approved),
            exported_content: content_behind(record, current),
            ..record.clone()
        };
        let key = export.key.clone();
        let mut changes = vec![Change::Order(Box::new(row))];
        changes.extend(opened);
        changes.push(Change::ExportMoved {
            export,
            event: event.word(),
            detail: "linked by a person".to_owned(),
            request: None,
            total: order.currency.map(|currency| Money::new(order.total, currency)),
        });
        changes.extend(wire.map(|wire| Change::EventWired { key: key.clone(), wire }));
        changes.extend(order.created.map(|at| Change::MadeThere { key, at }));
        changes.push(Change::Problems { order: Some(record.id.clone()), told: Vec::new() });
        changes.push(Change::ReportDue { order: record.id.clone(), due: Some(self.now()) });
        Ok((changes, format!("linked to {}", order.name)))
    }

    /// Its own part, if it is open; else any that is open. Where all of them are exported, one more, if the order carries
    /// our token of another part than those do.
    fn place_for(
        &self,
        record: &OrderRecord,
        current: &[&ExportRecord],
        order: &ShopOrder,
        states: &States,
    ) -> Option<Place> {
        let own = self.part_in(record, &order.source_identifier);
        let mut open = current.iter().filter(|row| linked(row).is_none()).peekable();
        if let Some(first) = open.peek().copied() {
            let row = open.find(|row| Some(row.export.key.part) == own).unwrap_or(first);
            return Some(Place::Open(row.export.clone()));
        }
        let own = own?;
        let carried: Option<BTreeSet<Part>> =
            current.iter().map(|row| self.part_in(record, carried(row, states))).collect();
        if carried?.contains(&own) {
            return None;
        }
        let known: BTreeSet<Part> = current.iter().map(|row| row.export.key.part).collect();
        let part = std::iter::once(own).chain((1..).map(Part)).find(|part| !known.contains(part))?;
        self.new_export(&record.id, record.generation, part.0).ok().map(Place::Unknown)
    }

    /// The part of this order's current generation that a token names.
    fn part_in(&self, record: &OrderRecord, token: &str) -> Option<Part> {
        let joor = &self.checked.joor;
        let key = Token::stored(token).key(&joor.environment, &joor.account)?;
        (key.order == record.id && key.generation.0 == record.generation).then_some(key.part)
    }
}

fn linked(row: &ExportRecord) -> Option<&ShopOrderId> {
    row.export.state.shop_order().map(|(order, _)| order)
}

/// The token that the Shopify order of this part carries; one that Shopify does not show carries the part's own.
fn carried<'a>(row: &'a ExportRecord, states: &'a States) -> &'a str {
    let state = linked(row).and_then(|order| states.get(order)?.as_ref());
    state.map_or(row.export.token.as_str(), |state| state.order.source_identifier.as_str())
}

/// What an edit is compared with: what was sent, if anything was. Else it is read after the link.
fn content_behind(record: &OrderRecord, current: &[&ExportRecord]) -> Option<String> {
    let left = |row: &&ExportRecord| {
        row.request.is_some() && (row.export.state.is_in_flight() || linked(row).is_some())
    };
    record.exported_content.clone().filter(|_| current.iter().any(left))
}
