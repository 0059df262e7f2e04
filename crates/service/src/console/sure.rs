//! Forms that do what is hard to take back ask first. Without script the form leads to a page that asks; with it the
//! browser has asked, and says so in the field `sure`. What the questions are stands here; what is done elsewhere.

use super::Console;
use super::answers::page;
use super::guard::form_bytes;
use super::visit::Visit;
use axum::body::Body;
use axum::extract::{RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use console::Place;
use console::pages::confirm::Confirm;
use std::sync::Arc;

const YES: (&str, &str) = ("sure", "yes");

/// A form as it came, with the parts of its address.
pub struct Form {
    path: Vec<(String, String)>,
    fields: Vec<(String, String)>,
}

pub struct Question {
    pub question: String,
    pub words: String,
    /// On the button.
    pub yes: String,
    /// Where no leads to.
    pub back: String,
}

/// What is to be asked about a form; `None`: nothing.
pub type Asks = fn(&Form) -> Option<Question>;

impl Form {
    fn of(path: &RawPathParams, body: &[u8]) -> Form {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Form {
            path: path.iter().map(owned).collect(),
            fields: url::form_urlencoded::parse(body).into_owned().collect(),
        }
    }

    /// A part of the address.
    fn part(&self, name: &str) -> &str {
        first(&self.path, name)
    }

    fn field(&self, name: &str) -> &str {
        first(&self.fields, name)
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
}

/// Around one route, within the guard.
pub async fn sure(
    State((console, asks)): State<(Arc<Console>, Asks)>,
    path: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = match form_bytes(body).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let form = Form::of(&path, &body);
    let question = (form.field(YES.0) != YES.1).then(|| asks(&form)).flatten();
    match (question, parts.extensions.get::<Visit>()) {
        (Some(question), Some(visit)) => {
            let frame = console.frame(visit, Place::Nowhere).await;
            let own = |(name, _): &(String, String)| name != "csrf" && name != YES.0;
            let asked = page(&Confirm {
                frame,
                question: question.question,
                words: question.words,
                action: parts.uri.path().to_owned(),
                fields: form.fields.into_iter().filter(own).collect(),
                yes: question.yes,
                back: question.back,
            });
            asked.into_response()
        }
        (None, _) | (Some(_), None) => next.run(Request::from_parts(parts, Body::from(body))).await,
    }
}

fn asked(question: String, words: &str, yes: &str, back: String) -> Option<Question> {
    Some(Question { question, words: words.to_owned(), yes: yes.to_owned(), back })
}

/// Of an order's page.
pub fn of_order(form: &Form) -> Option<Question> {
    let (connection, id) = (form.part("connection"), form.part("id"));
    let (question, words, yes) = order_words(form.part("verb"), id)?;
    // Without these the form is refused, in words of its own.
    let filled = match form.part("verb") {
        "close" => !form.field("note").trim().is_empty(),
        "link-order" => !form.field("shop_order").trim().is_empty(),
        _ => true,
    };
    let words = match form.field("note").trim() {
        "" => words.to_owned(),
        note => format!("{words} The reason you gave: {note}"),
    };
    filled.then(|| Question {
        question,
        words,
        yes: yes.to_owned(),
        back: format!("/orders/{connection}/{id}"),
    })
}

/// The question, what the deed does, and the deed itself.
fn order_words(verb: &str, id: &str) -> Option<(String, &'static str, &'static str)> {
    Some(match verb {
        "close" => (
            format!("Close order {id} by hand?"),
            "An order that is not exported is not sent any more. One that is exported stays as it is, and its open \
             questions are settled.",
            "Close it",
        ),
        "not-there" => (
            format!("Is order {id} not in Shopify?"),
            "It is sent again on your word. If it is there after all, it will be there twice: search Shopify for the tag \
             with the JOOR order number first.",
            "It is not there: send it again",
        ),
        "link-order" => (
            format!("Take that Shopify order as the export of order {id}?"),
            "Nothing is sent for this order then, and JOOR is told that it is exported.",
            "Take it",
        ),
        "release" => (
            format!("Export order {id} although something else may have exported it?"),
            "Look in Shopify first: if it is there already, it will be there twice.",
            "Export it anyway",
        ),
        "re-export" => (
            format!("Export order {id} once more?"),
            "A new Shopify order is made as soon as the earlier one is cancelled there.",
            "Export it once more",
        ),
        "give-up" => (
            format!("Give the re-export of order {id} up?"),
            "The earlier Shopify order stays the export, and JOOR is told so.",
            "Give it up",
        ),
        _ => return None,
    })
}

/// The question alone, for a browser that asks by itself.
pub fn order_question(verb: &str, id: &str) -> Option<String> {
    order_words(verb, id).map(|(question, words, _)| format!("{question} {words}"))
}

/// Of a connection's page.
pub fn of_connection(form: &Form) -> Option<Question> {
    let name = form.part("name");
    let back = format!("/connections/{name}");
    match form.part("verb") {
        "pause" => asked(
            format!("Pause {name}?"),
            "Nothing is read or sent until somebody resumes it. What was approved meanwhile is not lost.",
            "Pause it",
            back,
        ),
        "undo" => asked(
            format!("Put version {} of the settings of {name} in force again?", form.field("version")),
            "Orders are checked and sent with these settings from the next cycle on. What was sent stays as it is.",
            "Put it in force",
            back,
        ),
        _ => None,
    }
}

pub fn of_keeping_out(form: &Form) -> Option<Question> {
    asked(
        format!("Keep {} out?", form.field("name")),
        "Every sign-in of this person ends at once. An admin can let them in again.",
        "Keep out",
        "/people".to_owned(),
    )
}

pub fn of_revoking(_: &Form) -> Option<Question> {
    asked(
        "Revoke this token?".to_owned(),
        "Scripts that use it are refused from now on. It cannot be brought back; a new one can be made.",
        "Revoke it",
        "/people".to_owned(),
    )
}
