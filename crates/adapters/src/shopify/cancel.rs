//! Cancelling an order and its fulfilments, and reading whether it may be and was done. Whether a cancellation is wanted
//! is decided elsewhere.

use super::ShopClient;
use super::documents;
use super::input;
use super::read;
use super::wire;
use crate::ports::{CallError, Cancellable, Cancelling, Units};
use domain::ids::ShopOrderId;

impl ShopClient {
    pub(super) async fn read_to_cancel(&self, id: &ShopOrderId) -> Result<Option<Cancellable>, CallError> {
        let document = &documents::ORDER_TO_CANCEL;
        let variables = input::OneId { id: id.as_str() };
        let data: wire::OrderToCancel = self.caller.read(document, variables).await?;
        let Some(node) = data.order else { return Ok(None) };
        let call = self.caller.call(document.name);
        let rest: wire::Fulfillments = call.decode(node.clone())?;
        let found = read::cancellable(call.decode(node)?, rest);
        Ok(Some(found).filter(|found| found.order.id == *id))
    }

    /// One sending; repeated by itself only if Shopify surely did not execute it.
    pub(super) async fn ask_to_cancel(&self, id: &ShopOrderId, units: Units, note: &str) -> Cancelling {
        let variables = input::OrderCancel {
            order_id: id.as_str(),
            restock: match units {
                Units::GoBack => true,
                Units::Stay => false,
            },
            staff_note: note,
        };
        let answer: Result<wire::OrderCancelPayload, CallError> =
            self.caller.change(&documents::ORDER_CANCEL, "orderCancel", variables).await;
        match answer {
            Ok(payload) if payload.order_cancel_user_errors.is_empty() => Cancelling::Accepted,
            Ok(payload) => {
                Cancelling::Refused(payload.order_cancel_user_errors.into_iter().map(read::refusal).collect())
            }
            Err(error) => match &error {
                CallError::Throttled { .. }
                | CallError::Unauthorized { .. }
                | CallError::TokenUnavailable { .. }
                | CallError::Forbidden { .. }
                | CallError::Closed { .. } => Cancelling::NotExecuted(error),
                CallError::WrongVersion { .. }
                | CallError::Refused { .. }
                | CallError::NoAnswer { .. }
                | CallError::Garbled { .. } => Cancelling::Unclear { reason: error.to_string() },
            },
        }
    }

    pub(super) async fn undo_fulfilment(&self, id: &str) -> Result<(), CallError> {
        let document = &documents::FULFILLMENT_CANCEL;
        let payload: wire::Payload =
            self.caller.change(document, "fulfillmentCancel", input::OneId { id }).await?;
        super::refused(payload.user_errors)
    }
}
