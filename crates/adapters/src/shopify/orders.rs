//! Orders: looking for exports, creating one, reading them back. What an answer to a create proves is in `created.rs`.

use super::ShopClient;
use super::call::{Sent, WAIT_MAX};
use super::created;
use super::documents;
use super::envelope::{Call, Envelope};
use super::input;
use super::read;
use super::wire;
use super::write;
use crate::http::SendError;
use crate::ports::{CallError, Created, Found, Frozen, ShopOrderState};
use domain::ids::{LocationId, ShopOrderId, Token};
use domain::orders::shelf::ShopOrder;
use domain::time::Moment;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Look-ups in one query, at a point each: far below the 1,000 points of a query, and enough for one call a chunk of
/// orders with the generations that may follow.
pub(super) const LOOKS_AT_ONCE: usize = 150;

/// Of the answer to a create; a good one has some hundred.
const HEARD_CHARS_MAX: usize = 20_000;

impl ShopClient {
    pub(super) async fn find_by_token(&self, tokens: &[Token]) -> Result<Found, CallError> {
        let mut waiting: Vec<&Token> = tokens.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let mut found = Found::default();
        while !waiting.is_empty() {
            let size = self.looks_at_once.load(Ordering::Relaxed).clamp(1, waiting.len());
            let chunk = &waiting[..size];
            let identifiers: Vec<_> = chunk.iter().map(|token| write::order_id(token.as_str())).collect();
            let envelope = self.caller.ask_aliased(&documents::FIND_ORDERS, 'e', &identifiers).await?;
            let call = self.caller.call(documents::FIND_ORDERS.name);
            match found_in(envelope, chunk, &call) {
                Err(error) if size > 1 && is_too_dear(&error) => {
                    self.looks_at_once.store(size / 2, Ordering::Relaxed);
                }
                Err(error) => return Err(error),
                Ok(part) => {
                    found.orders.extend(part.orders);
                    found.absent.extend(part.absent);
                    waiting.drain(..size);
                }
            }
        }
        Ok(found)
    }

    pub(super) async fn search_by_source(&self, token: &Token) -> Result<Vec<ShopOrder>, CallError> {
        let search = format!("source_identifier:{}", write::quoted(token.as_str(), '"'));
        let variables = input::Search { search: &search, after: None };
        let document = &documents::ORDERS_BY_SOURCE;
        let (data, warnings): (wire::OrdersBySource, _) = self.caller.search(document, variables).await?;
        let call = self.caller.call(document.name);
        if let Some(warning) = warnings.first() {
            return Err(call.garbled(format!("the search filter was ignored ({warning})")));
        }
        let hits: Vec<ShopOrder> = data.orders.nodes.into_iter().map(read::order).collect();
        let strangers = hits.len();
        let own: Vec<ShopOrder> =
            hits.into_iter().filter(|order| order.source_identifier == token.as_str()).collect();
        match own.is_empty() && strangers > 0 {
            true => Err(call.garbled("the search gave other orders only, so its filter was ignored")),
            false => Ok(own),
        }
    }

    /// One sending and no other, whatever comes of it; `heard` is the beginning of what came back.
    pub(super) async fn create(
        &self,
        request: &Frozen,
        timeout: Duration,
        heard: &mut Option<String>,
    ) -> Created {
        let operation = documents::ORDER_CREATE.name;
        let started = self.caller.mono();
        let permit = match self.caller.budget.reserve(operation, 1, WAIT_MAX.min(timeout / 2)).await {
            Ok(permit) => permit,
            Err(error) => return Created::NotExecuted(error),
        };
        let token = match self.caller.tokens.current().await {
            Ok(token) => token,
            Err(error) => {
                permit.cancel();
                return Created::NotExecuted(error);
            }
        };
        let left = timeout.saturating_sub(self.caller.mono().since(started));
        if left.is_zero() {
            permit.cancel();
            return Created::NotExecuted(CallError::Throttled { until: self.caller.now() });
        }
        let (sent, permit) = self.caller.send_once(request.body.clone(), &token, left, permit).await;
        let answer = match sent {
            Sent::Answer(answer) => answer,
            Sent::Failed(error @ SendError::NotSent { .. }) => {
                permit.cancel();
                return Created::NotExecuted(self.caller.call(operation).no_answer(error.to_string()));
            }
            Sent::Failed(error @ (SendError::Lost { .. } | SendError::TooLarge { .. })) => {
                return Created::Unclear { reason: error.to_string() };
            }
        };
        *heard = Some(answer.text().chars().take(HEARD_CHARS_MAX).collect());
        let envelope = Envelope::parse(&answer).ok();
        permit.settle(envelope.as_ref().and_then(|envelope| envelope.cost.as_ref()));
        let until = self.throttled_until(&answer, envelope.as_ref());
        if answer.status == 401 {
            // The next call fetches another token; this request is not sent again from here.
            self.caller.tokens.refused(&token).await;
        }
        created::classify(&answer, &self.caller.call(operation), until)
    }

    fn throttled_until(&self, answer: &crate::http::Answer, envelope: Option<&Envelope>) -> Moment {
        match (answer.status, envelope) {
            (429, _) => self.caller.throttled(answer),
            (200, Some(envelope)) if envelope.is_throttled() => {
                self.caller.budget.count_throttled();
                self.caller.throttled_until(documents::ORDER_CREATE.name)
            }
            _ => self.caller.now(),
        }
    }

    pub(super) async fn read_orders(
        &self,
        ids: &[ShopOrderId],
    ) -> Result<BTreeMap<ShopOrderId, Option<ShopOrderState>>, CallError> {
        let mut waiting: Vec<&ShopOrderId> = ids.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let mut states = BTreeMap::new();
        while !waiting.is_empty() {
            let size = self.orders_at_once.load(Ordering::Relaxed).clamp(1, waiting.len());
            let chunk = &waiting[..size];
            let texts: Vec<&str> = chunk.iter().map(|id| id.as_str()).collect();
            match self.nodes(&documents::ORDERS_STATE, &texts).await {
                Err(error) if size > 1 && is_too_dear(&error) => {
                    self.orders_at_once.store(size / 2, Ordering::Relaxed);
                }
                Err(error) => return Err(error),
                Ok(nodes) => {
                    let call = self.caller.call(documents::ORDERS_STATE.name);
                    for (id, node) in chunk.iter().zip(nodes) {
                        let state = node.map(|node| order_state(node, &call)).transpose()?;
                        states.insert((*id).clone(), state.filter(|state| state.order.id == **id));
                    }
                    waiting.drain(..size);
                }
            }
        }
        Ok(states)
    }

    pub(super) async fn move_order(
        &self,
        fulfilment_order: &str,
        location: &LocationId,
    ) -> Result<(), CallError> {
        let variables =
            input::MoveFulfillmentOrder { id: fulfilment_order, new_location_id: location.as_str() };
        let document = &documents::MOVE_FULFILLMENT_ORDER;
        let payload: wire::Payload = self.caller.change(document, "fulfillmentOrderMove", variables).await?;
        super::refused(payload.user_errors)?;
        match payload.moved_fulfillment_order {
            Some(_) => Ok(()),
            None => Err(self.caller.call(document.name).garbled("neither a moved order nor a reason")),
        }
    }
}

/// One query asked for more points than Shopify gives for one.
fn is_too_dear(error: &CallError) -> bool {
    matches!(error, CallError::Refused { reasons } if reasons.iter().any(|reason| reason.code == "MAX_COST_EXCEEDED"))
}

fn order_state(node: Value, call: &Call<'_>) -> Result<ShopOrderState, CallError> {
    let rest: wire::OrderRest = call.decode(node.clone())?;
    Ok(read::order_state(call.decode(node)?, rest))
}

/// Sorts an answer to aliased look-ups. An alias with an error, and every empty alias beside an error without a path,
/// is neither found nor absent: only a clean `null` proves absence.
fn found_in(envelope: Envelope, tokens: &[&Token], call: &Call<'_>) -> Result<Found, CallError> {
    let mut found = Found::default();
    let errors = &envelope.errors;
    let mut data = match envelope.data {
        Some(Value::Object(data)) => data,
        Some(_) | None if errors.iter().any(|error| error.code == "NOT_FOUND") => return Ok(found),
        data if !errors.is_empty() => return Err(call.failed(errors, data.is_some())),
        _ => return Err(call.garbled("no data")),
    };
    let mut unreadable = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let alias = format!("e{index}");
        let doubtful = errors.iter().any(|error| error.path.first().is_none_or(|first| *first == alias));
        match data.remove(&alias) {
            Some(Value::Null) if !doubtful => {
                found.absent.insert((*token).clone());
            }
            Some(Value::Null) | None => {}
            Some(order) => match wire::Order::deserialize(order).map(read::order) {
                Ok(order) => drop(found.orders.insert((*token).clone(), order)),
                // Neither found nor absent: the look is blind for this one and counts for the others.
                Err(_) => unreadable.push(*token),
            },
        }
    }
    for token in unreadable {
        tracing::warn!(%token, "Shopify's answer has an order for this token that cannot be read");
    }
    let definition_missing = errors.iter().all(|error| error.code == "NOT_FOUND");
    match errors.is_empty() || definition_missing || !found.orders.is_empty() || !found.absent.is_empty() {
        true => Ok(found),
        false => Err(call.failed(errors, true)),
    }
}
