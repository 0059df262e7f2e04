//! What a route answers: a page, a way on, or a no in words.

use super::visit;
use crate::commands::Failure;
use crate::compose::ComposeError;
use adapters::ledger::LedgerError;
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use console::pages::lone::Message;
use console::{Frame, Notice, Place};

/// Either way it is an answer.
pub type Answer = Result<Response, No>;

pub fn page(page: &impl Template) -> Answer {
    Ok(Html(console::html(page)).into_response())
}

/// After a form: the browser reads this page, with words about what was done.
pub fn on_to(href: &str, notice: Option<&Notice>) -> Answer {
    let mut answer = (StatusCode::SEE_OTHER, [(header::LOCATION, own_path(href))]).into_response();
    if let Some(notice) = notice {
        visit::leave_notice(answer.headers_mut(), notice);
    }
    Ok(answer)
}

pub fn done(href: &str, words: &str) -> Answer {
    on_to(href, Some(&Notice { words: words.to_owned(), bad: false }))
}

pub fn not_done(href: &str, words: &str) -> Answer {
    on_to(href, Some(&Notice { words: words.to_owned(), bad: true }))
}

/// A path of this console; whatever else it is becomes the overview.
pub fn own_path(href: &str) -> HeaderValue {
    let own = href.starts_with('/') && !href.starts_with("//") && !href.contains('\\');
    let path = if own { href } else { "/" };
    HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"))
}

/// Why there is no page.
#[derive(Debug)]
pub enum No {
    /// It is not there. What, in words.
    NotFound(String),
    /// It cannot be done, and why.
    Refused(String),
    /// The role does not reach.
    NotAllowed(String),
    /// The ledger or the outside failed.
    Failed(String),
}

impl From<LedgerError> for No {
    fn from(error: LedgerError) -> No {
        No::Failed(error.to_string())
    }
}

impl From<ComposeError> for No {
    fn from(error: ComposeError) -> No {
        No::Failed(error.to_string())
    }
}

impl From<Failure> for No {
    fn from(failure: Failure) -> No {
        No::Refused(failure.sentence())
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let (status, title, words) = match self {
            No::NotFound(words) => (StatusCode::NOT_FOUND, "This is not here", words),
            No::Refused(words) => (StatusCode::CONFLICT, "That cannot be done", words),
            No::NotAllowed(words) => (StatusCode::FORBIDDEN, "You may not do that", words),
            No::Failed(words) => {
                (StatusCode::SERVICE_UNAVAILABLE, "This page cannot be shown right now", words)
            }
        };
        lone(status, title, &words)
    }
}

/// A page with a message and the way back.
pub fn lone(status: StatusCode, title: &str, words: &str) -> Response {
    let message = Message {
        frame: Frame::new(Place::Nowhere, None, ""),
        title: title.to_owned(),
        words: words.to_owned(),
        href: "/".to_owned(),
        link: "To the overview".to_owned(),
    };
    (status, Html(console::html(&message))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for elsewhere in
            ["https://evil.example/", "//evil.example", "/\\evil.example", "", "javascript:x", "/a\nb"]
        {
            assert_eq!(own_path(elsewhere), "/", "{elsewhere:?}");
        }
        assert_eq!(own_path("/orders?state=held"), "/orders?state=held");
    }
}
