//! One request with its answer, on a page of its own, since both may be long.

use super::timeline::wire_number;
use super::{find, page_frame};
use crate::console::Console;
use crate::console::answers::{Answer, No, page};
use crate::console::masked;
use crate::console::visit::Visit;
use crate::console::words::when;
use axum::extract::{Extension, Path, State};
use console::pages::order::Wire;
use std::sync::Arc;

pub async fn wire(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, id, number)): Path<(String, String, String)>,
) -> Answer {
    let about = find(&console, &connection, &id).await?;
    let order = &about.order.id;
    let attempts = console.ledger().attempts(&connection, order).await?;
    let Some(attempt) = attempts.into_iter().find(|attempt| wire_number(attempt) == number) else {
        return Err(No::NotFound(format!("No request of order {order} is called “{number}”.")));
    };
    let title = match attempt.attempt {
        Some(number) => format!("Request {number}"),
        None => "A request that did not leave".to_owned(),
    };
    page(&Wire {
        frame: page_frame(&console, &visit).await,
        id: order.to_string(),
        href: format!("/orders/{connection}/{order}"),
        title,
        when: when(attempt.at, console.now()),
        request: masked::request(&attempt.request.body),
        answer: attempt.answer.as_deref().map(masked::request),
        words: match attempt.attempt {
            Some(_) => "No answer was kept: none came, or the program stopped before it did.",
            None => "It did not leave, so there is no answer.",
        },
    })
}
