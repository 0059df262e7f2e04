//! The look before any create: for the export itself, and for later generations of its order, which a ledger that begins
//! again does not know. What is found is adopted or asked about; what cannot be seen is held. Nothing is sent here.

use super::discover::{current_exports, fresh_row, moved};
use super::send::Leaving;
use super::settle::{LookUp, Looked, beyond_window};
use super::{Stage, Turned, Worker};
use adapters::ledger::records::{Change, ExportRecord};
use domain::ids::{ExportKey, Generation, JoorOrderId, Part, Token};
use domain::orders::export::{Event, Look, State, apply};
use domain::orders::looking::{self, Ahead, Taken, generations_ahead};
use domain::orders::shelf::ShopOrder;
use domain::time::Moment;
use std::collections::{BTreeMap, BTreeSet};

impl Worker {
    /// Looks for every token before any create. Returns the parts that may leave: surely nothing is there for them.
    pub(super) async fn look_first(
        &mut self,
        turned: &mut Turned,
        leaving: Vec<Leaving>,
    ) -> Stage<Vec<Leaving>> {
        if leaving.is_empty() {
            return Ok(leaving);
        }
        let own = leaving.iter().map(|part| part.row.export.token.clone());
        let later = leaving.iter().flat_map(|part| self.tokens_ahead(&part.row.export.key));
        let tokens: Vec<Token> = own.chain(later.map(|(_, token)| token)).collect();
        let sight = self.look_up(turned, &tokens).await?;
        let ahead = self.all_ahead(&leaving, &sight).await?;
        let mut gone_on = BTreeSet::new();
        let mut clear = Vec::new();
        for mut part in leaving {
            let id = part.row.export.key.order.clone();
            let was_frozen = part.draft.is_none();
            match &ahead[&id] {
                // Another part has left already: its generation is not changed any more.
                (Ahead::Asks(_), found) if was_frozen => {
                    self.take_look(turned, &mut part.row, asked_about(found.clone(), &sight)).await?;
                }
                (Ahead::Asks(generation) | Ahead::GoesOn(generation), found) if !was_frozen => {
                    if gone_on.insert(id.clone()) {
                        self.go_on(turned, &id, *generation, found.clone(), &sight).await?;
                    }
                }
                (Ahead::Here | Ahead::Asks(_) | Ahead::GoesOn(_), _) => {
                    match self.first_look(&part, &sight).await? {
                        None => clear.push(part),
                        Some(looked) => self.take_look(turned, &mut part.row, looked).await?,
                    }
                }
            }
        }
        Ok(clear)
    }

    /// The tokens of later generations that this part must not meet. The first part stands for the whole order, which
    /// may have been cut otherwise. An id of which no token can be made was never sent.
    fn tokens_ahead(&self, own: &ExportKey) -> Vec<(Generation, Token)> {
        let parts = BTreeSet::from([Part(1), own.part]);
        generations_ahead(own.generation)
            .flat_map(|generation| parts.iter().map(move |part| (generation, *part)))
            .filter_map(|(generation, part)| {
                let key = ExportKey { generation, part, ..own.clone() };
                self.token(&key).ok().map(|token| (generation, token))
            })
            .collect()
    }

    /// Where each of the orders goes on, with the Shopify order that says so.
    async fn all_ahead(
        &self,
        leaving: &[Leaving],
        sight: &LookUp,
    ) -> Stage<BTreeMap<JoorOrderId, (Ahead, Option<ShopOrder>)>> {
        let mut taken: BTreeMap<JoorOrderId, Vec<(Taken, &ShopOrder)>> = BTreeMap::new();
        for part in leaving {
            let key = &part.row.export.key;
            let seen = taken.entry(key.order.clone()).or_default();
            let own = (key.generation, part.row.export.token.clone());
            for (generation, token) in std::iter::once(own).chain(self.tokens_ahead(key)) {
                let Some(order) = sight.found.orders.get(&token) else { continue };
                seen.push((Taken { generation, cancelled: order.cancelled, known: false }, order));
            }
        }
        let mut ahead = BTreeMap::new();
        for part in leaving {
            let key = &part.row.export.key;
            let Some(mut seen) = taken.remove(&key.order) else { continue };
            let rows = if seen.is_empty() { Vec::new() } else { self.exports_of(&key.order).await? };
            for (one, order) in &mut seen {
                one.known = rows.iter().any(|row| is_export(row, order));
            }
            let all: Vec<Taken> = seen.iter().map(|(one, _)| *one).collect();
            let meaning = looking::ahead(key.generation, &all);
            let says_so = seen.iter().find(|(one, _)| match meaning {
                Ahead::Here => false,
                Ahead::Asks(generation) => one.generation == generation && !one.cancelled,
                Ahead::GoesOn(generation) => one.generation.0 + 1 == generation.0,
            });
            ahead.insert(key.order.clone(), (meaning, says_so.map(|(_, order)| (*order).clone())));
        }
        Ok(ahead)
    }

    /// The order goes on at `generation`: what was to leave never left, and its number is not used any more. An order
    /// that stands is asked about there.
    async fn go_on(
        &mut self,
        turned: &mut Turned,
        id: &JoorOrderId,
        generation: Generation,
        found: Option<ShopOrder>,
        sight: &LookUp,
    ) -> Stage<()> {
        let Some(mut record) = self.ledger.order(&self.name, id).await? else { return Ok(()) };
        let Ok(export) = self.new_export(id, generation.0, 1) else { return Ok(()) };
        let name = found.as_ref().map_or("a later export", |order| order.name.as_str());
        let detail = format!("Shopify has {name}, so this order goes on with export {}", generation.0);
        tracing::info!(order.number = %id, "{detail}");
        let mut changes = Vec::new();
        for row in current_exports(&record, &self.exports_of(id).await?) {
            if let Ok(export) = apply(&row.export, &Event::Skipped) {
                changes.push(moved(&export, &Event::Skipped, &detail));
            }
        }
        record.generation = generation.0;
        changes.push(Change::Order(Box::new(record)));
        changes.push(Change::ExportOpened(export.clone()));
        self.commit(turned, &changes).await?;
        let mut row = fresh_row(export, self.now());
        match found.filter(|order| !order.cancelled) {
            Some(order) => self.take_look(turned, &mut row, asked_about(Some(order), sight)).await,
            None => Ok(()),
        }
    }

    /// `None`: surely nothing there, the create may leave.
    async fn first_look(&mut self, part: &Leaving, sight: &LookUp) -> Stage<Option<Looked>> {
        let looked = self.look(&part.row, sight).await?;
        let said = looked.said.clone();
        let blind = |reason: &str| Looked { said, ..Looked::of(Look::Blind, None, Some(reason.to_owned())) };
        let approved = part.record.approved.and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok());
        let approved = approved.map(|day| Moment(day.timestamp().as_millisecond()));
        let unclear =
            |token: &Token| !sight.found.absent.contains(token) && !sight.found.orders.contains_key(token);
        Ok(match looked.look {
            Look::Empty { .. }
                if approved.is_some_and(|at| beyond_window(at, self.now()))
                    && !sight.facts.reads_all_orders() =>
            {
                Some(blind(
                    "it was approved more than 55 days ago, and without the scope read_all_orders Shopify shows this \
                     app only 60 days of orders",
                ))
            }
            Look::Empty { .. }
                if self.tokens_ahead(&part.row.export.key).iter().any(|(_, token)| unclear(token)) =>
            {
                Some(blind("Shopify gave no clear answer to the look-up of later exports"))
            }
            ref look if looking::lets_leave(look) => None,
            Look::Empty { .. } | Look::Found { .. } | Look::FoundOther | Look::Blind => Some(looked),
        })
    }
}

fn asked_about(order: Option<ShopOrder>, sight: &LookUp) -> Looked {
    let said = order.as_ref().map(|order| sight.said.about(&order.source_identifier)).unwrap_or_default();
    Looked { said, ..Looked::of(Look::FoundOther, order, None) }
}

fn is_export(row: &ExportRecord, found: &ShopOrder) -> bool {
    matches!(&row.export.state, State::Exported { order, .. } if *order == found.id)
}
