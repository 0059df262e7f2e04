//! What was said between this program and JOOR or Shopify while a step was done, for people to read beside the step. Never
//! headers, nor the calls that fetch tokens. Who is named in it is covered where it is shown, not here.

use crate::http::Answer;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::future::Future;

/// Calls that are kept of one step; of more, the last ones.
const CALLS_MAX: usize = 50;

/// Longer texts lose the ends of their lists, so that what is left can still be read.
const WIRE_CHARS_MAX: usize = 20_000;

tokio::task_local! {
    static CALLS: RefCell<Vec<Call>>;
}

/// A request with what came back, as JSON texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    pub request: String,
    /// `None`: no answer came.
    pub answer: Option<String>,
}

/// One call as it was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    pub request: Value,
    pub answer: Option<Value>,
}

/// What of a call is about one thing, such as an order of many; `None`: nothing.
pub(crate) type Part = fn(&Exchange, &str) -> Option<Exchange>;

#[derive(Clone, Debug)]
struct Call {
    said: Exchange,
    part: Part,
}

/// The calls of a step, in their order.
#[derive(Clone, Debug, Default)]
pub struct Said(Vec<Call>);

/// Runs a step and hands out what was said meanwhile.
pub async fn of<F: Future>(step: F) -> (F::Output, Said) {
    let heard = async {
        let outcome = step.await;
        (outcome, Said(CALLS.with(RefCell::take)))
    };
    CALLS.scope(RefCell::default(), heard).await
}

impl Said {
    /// What of it is about this one thing.
    pub fn about(&self, thing: &str) -> Said {
        let part = |call: &Call| Some(Call { said: (call.part)(&call.said, thing)?, part: call.part });
        Said(self.0.iter().filter_map(part).collect())
    }

    pub fn and(mut self, later: Said) -> Said {
        self.0.extend(later.0);
        self
    }

    /// The same if anything was said, else the other.
    pub fn or(self, other: Said) -> Said {
        if self.0.is_empty() { other } else { self }
    }

    /// One call as it is, several as a list; `None`: nothing was said.
    pub fn wire(&self) -> Option<Wire> {
        let requests: Vec<Value> = self.0.iter().map(|call| call.said.request.clone()).collect();
        let answers: Vec<Value> =
            self.0.iter().map(|call| call.said.answer.clone().unwrap_or_default()).collect();
        let was_answered = self.0.iter().any(|call| call.said.answer.is_some());
        Some(Wire {
            request: fitting(&alone(requests)?),
            answer: alone(answers).filter(|_| was_answered).map(|all| fitting(&all)),
        })
    }
}

/// A call is about to leave. One that repeats the call before it takes its place: what was throttled, or refused for its
/// token, did nothing.
pub(crate) fn asked(request: impl FnOnce() -> Value, part: Part) {
    let note = |calls: &RefCell<Vec<Call>>| {
        let mut calls = calls.borrow_mut();
        let said = Exchange { request: request(), answer: None };
        let repeats = calls.last().is_some_and(|last| last.said.request == said.request);
        if repeats {
            calls.pop();
        } else if calls.len() >= CALLS_MAX {
            calls.remove(0);
        }
        calls.push(Call { said, part });
    };
    // Without a witness nobody wants to know.
    let _ = CALLS.try_with(note);
}

/// What came back to the call that left last.
pub(crate) fn answered(answer: impl FnOnce() -> Value) {
    let _ = CALLS.try_with(|calls| {
        if let Some(last) = calls.borrow_mut().last_mut() {
            last.said.answer = Some(answer());
        }
    });
}

/// The JSON of an answer. Of anything else nobody knows who is named in it, so only its size is told.
pub(crate) fn body_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| {
        json!(format!("HTTP {}, {} bytes that are no JSON", answer.status, answer.body.len()))
    })
}

fn alone(mut all: Vec<Value>) -> Option<Value> {
    match all.len() {
        0 => None,
        1 => all.pop(),
        _ => Some(Value::Array(all)),
    }
}

fn fitting(value: &Value) -> String {
    for items in [usize::MAX, 50, 10, 2] {
        let text = with_lists_of(items, value).to_string();
        if text.chars().count() <= WIRE_CHARS_MAX {
            return text;
        }
    }
    json!("too long to be kept").to_string()
}

fn with_lists_of(items: usize, value: &Value) -> Value {
    match value {
        Value::Array(all) => {
            let mut some: Vec<Value> = all.iter().take(items).map(|one| with_lists_of(items, one)).collect();
            if all.len() > items {
                some.push(json!(format!("and {} more", all.len() - items)));
            }
            Value::Array(some)
        }
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| (name.clone(), with_lists_of(items, field))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A call is about what its request names.
    fn named(said: &Exchange, thing: &str) -> Option<Exchange> {
        (said.request == thing).then(|| said.clone())
    }

    async fn call(request: &str, answer: Option<&str>) {
        asked(|| json!(request), named);
        if let Some(answer) = answer {
            answered(|| json!(answer));
        }
    }

    #[tokio::test]
    async fn a_step_is_told_with_its_calls_and_a_repeat_takes_the_place_of_what_it_repeats() {
        call("nobody listens", Some("to this")).await;
        let (sum, said) = of(async {
            call("a", Some("throttled")).await;
            call("a", None).await;
            let (_, inner) = of(call("inner", Some("1"))).await;
            assert_eq!(inner.wire().unwrap().request, r#""inner""#);
            call("b", Some("2")).await;
            1 + 1
        })
        .await;
        assert_eq!(sum, 2);
        let wire = |request: &str, answer: Option<&str>| {
            Some(Wire { request: request.to_owned(), answer: answer.map(str::to_owned) })
        };
        assert_eq!(said.wire(), wire(r#"["a","b"]"#, Some(r#"[null,"2"]"#)));
        assert_eq!(said.about("a").wire(), wire(r#""a""#, None), "the answer was lost");
        assert_eq!(said.about("c").wire(), None);
        assert_eq!(said.about("c").or(said.about("b")).wire(), wire(r#""b""#, Some(r#""2""#)));
        assert_eq!(said.about("b").and(said.about("a")).wire(), wire(r#"["b","a"]"#, Some(r#"["2",null]"#)));
    }

    #[tokio::test]
    async fn what_is_too_long_loses_the_ends_of_its_lists_and_can_still_be_read() {
        let (_, said) = of(async {
            asked(|| json!({ "ids": vec!["x".repeat(100); 250] }), named);
            answered(|| json!("y".repeat(30_000)));
        })
        .await;
        let wire = said.wire().unwrap();
        let request: Value = serde_json::from_str(&wire.request).unwrap();
        assert_eq!(
            (request["ids"].as_array().unwrap().len(), &request["ids"][50]),
            (51, &json!("and 200 more"))
        );
        assert_eq!(wire.answer.unwrap(), r#""too long to be kept""#);
    }

    #[tokio::test]
    async fn an_endless_step_keeps_its_last_calls() {
        let (_, said) = of(async {
            for number in 0..CALLS_MAX + 10 {
                call(&number.to_string(), None).await;
            }
        })
        .await;
        assert_eq!((said.0.len(), said.0[0].said.request.clone()), (CALLS_MAX, json!("10")));
    }
}
