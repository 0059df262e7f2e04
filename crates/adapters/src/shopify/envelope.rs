//! The envelope around every answer: HTTP status, JSON, top-level errors, cost. Sorts failures of reads and of
//! repeatable mutations into [`CallError`]. What a failed *create* proves is decided in `created.rs`.

use crate::http::Answer;
use crate::ports::{CallError, Refusal};
use domain::time::Moment;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::time::Duration;

/// How long to keep still after a 429 that does not say.
const PAUSE_WITHOUT_HINT: Duration = Duration::from_secs(2);

/// Foreign sentences are cut to this length before they get into errors.
const SENTENCE_CHARACTERS_MAX: usize = 300;

/// The body of an answer with status 200.
#[derive(Debug, Default)]
pub struct Envelope {
    /// `None`: there is no `data` key at all, the document was never executed.
    pub data: Option<Value>,
    pub errors: Vec<TopError>,
    pub cost: Option<Cost>,
    /// Warnings of searches; a filter that Shopify does not know is ignored and only mentioned here.
    pub search_warnings: Vec<String>,
}

/// A member of the top-level `errors`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopError {
    pub message: String,
    pub code: String,
    pub path: Vec<String>,
    /// The sentence that names the scopes, of `ACCESS_DENIED`.
    pub required_access: String,
}

/// What the call cost, and the bucket afterwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    pub requested: f64,
    /// `None` if the call was throttled.
    pub actual: Option<f64>,
    pub maximum: f64,
    pub available: f64,
    pub restore_per_second: f64,
}

impl Envelope {
    /// Reads a body. The error is a reason without any content of the body: that may name people.
    pub fn parse(answer: &Answer) -> Result<Envelope, String> {
        #[derive(Deserialize)]
        struct Raw {
            #[serde(default, deserialize_with = "present")]
            data: Option<Value>,
            errors: Option<Value>,
            extensions: Option<Value>,
        }
        if answer.is_html() {
            return Err("a web page instead of JSON".to_owned());
        }
        let raw: Raw = serde_json::from_str(&answer.text()).map_err(|error| {
            format!(
                "not the JSON of a GraphQL answer ({:?} at line {}, column {})",
                error.classify(),
                error.line(),
                error.column()
            )
        })?;
        let errors = raw.errors.as_ref().map(top_errors).unwrap_or_default();
        if raw.data.is_none() && errors.is_empty() {
            return Err("neither data nor errors".to_owned());
        }
        let extensions = raw.extensions.unwrap_or(Value::Null);
        Ok(Envelope {
            data: raw.data,
            errors,
            cost: cost(&extensions),
            search_warnings: search_warnings(&extensions),
        })
    }

    pub fn is_throttled(&self) -> bool {
        self.errors.iter().any(|error| error.code == "THROTTLED")
    }

    /// Errors of any kind make the whole answer an error.
    pub fn checked(self, call: &Call<'_>) -> Result<Value, CallError> {
        match (self.errors.is_empty(), self.data) {
            (true, Some(data)) if !data.is_null() => Ok(data),
            (true, _) => Err(call.garbled("no data")),
            (false, data) => Err(call.failed(&self.errors, data.is_some())),
        }
    }
}

/// Tells `"data": null` from no `data` at all.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Usually a list of objects; some gateways in front of the API answer a bare sentence.
fn top_errors(value: &Value) -> Vec<TopError> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(errors) => errors.iter().map(top_error).collect(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![top_error(value)],
    }
}

fn top_error(error: &Value) -> TopError {
    let text = |pointer: &str| error.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let path = error.get("path").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    TopError {
        message: sentence(error.as_str().unwrap_or_else(|| text("/message"))),
        code: text("/extensions/code").to_owned(),
        path: path.iter().map(step).collect(),
        required_access: sentence(text("/extensions/requiredAccess")),
    }
}

fn step(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn cost(extensions: &Value) -> Option<Cost> {
    let number = |pointer: &str| extensions.pointer(pointer).and_then(Value::as_f64);
    Some(Cost {
        requested: number("/cost/requestedQueryCost")?,
        actual: number("/cost/actualQueryCost"),
        maximum: number("/cost/throttleStatus/maximumAvailable")?,
        available: number("/cost/throttleStatus/currentlyAvailable")?,
        restore_per_second: number("/cost/throttleStatus/restoreRate").filter(|rate| *rate > 0.0)?,
    })
}

fn search_warnings(extensions: &Value) -> Vec<String> {
    let searches = extensions.get("search").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let warnings = searches.iter().filter_map(|search| search.get("warnings")?.as_array()).flatten();
    let words = |warning: &Value| {
        let text = |name: &str| warning.get(name).and_then(Value::as_str).unwrap_or_default();
        sentence(&format!("{}: {}", text("field"), text("message")))
    };
    warnings.map(words).collect()
}

/// A foreign sentence on one line, cut.
pub fn sentence(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.trim().chars().take(SENTENCE_CHARACTERS_MAX).collect()
}

/// The call an answer belongs to, for errors.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub operation: &'a str,
    /// The version in the address.
    pub version: &'a str,
    /// Host and path.
    pub endpoint: &'a str,
    pub now: Moment,
}

impl Call<'_> {
    pub fn garbled(&self, reason: impl Into<String>) -> CallError {
        CallError::Garbled { endpoint: self.name(), reason: reason.into() }
    }

    pub fn no_answer(&self, reason: impl Into<String>) -> CallError {
        CallError::NoAnswer { endpoint: self.name(), reason: reason.into() }
    }

    fn name(&self) -> String {
        format!("{} ({})", self.endpoint, self.operation)
    }

    pub fn decode<T: DeserializeOwned>(&self, data: Value) -> Result<T, CallError> {
        T::deserialize(data).map_err(|error| self.garbled(without_values(&error.to_string())))
    }

    /// The version that ran, if it is another one than asked for. Shopify answers a version it no longer has with the
    /// oldest one it has, so this is no error of theirs.
    pub fn wrong_version(&self, answer: &Answer) -> Option<CallError> {
        let answered = answer.header("x-shopify-api-version")?;
        (answered != self.version)
            .then(|| CallError::WrongVersion { asked: self.version.to_owned(), answered: sentence(answered) })
    }

    /// The error of a status other than 200.
    pub fn status_error(&self, answer: &Answer) -> CallError {
        let status = answer.status;
        match status {
            300..=399 => CallError::Closed {
                answer: format!(
                    "HTTP {status}: {} points elsewhere; was the shop's address changed?",
                    self.endpoint
                ),
            },
            401 => CallError::Unauthorized { status, endpoint: self.name() },
            402 => {
                CallError::Closed { answer: "HTTP 402: the shop is frozen until its bill is paid".to_owned() }
            }
            403 => CallError::Forbidden {
                missing: vec![format!("access to the shop (HTTP 403{})", said(answer))],
            },
            404 => CallError::WrongVersion {
                asked: format!("{} at {}", self.version, self.endpoint),
                answered: "HTTP 404: no such shop, or no such API version".to_owned(),
            },
            423 => CallError::Closed { answer: "HTTP 423: the shop is locked".to_owned() },
            429 => CallError::Throttled { until: pause_end(answer, self.now) },
            430 => {
                CallError::Closed { answer: "HTTP 430: Shopify's protection refuses our requests".to_owned() }
            }
            400 | 405..=422 => CallError::Refused {
                reasons: vec![Refusal {
                    code: format!("HTTP_{status}"),
                    field: String::new(),
                    message: format!("HTTP {status}{}", said(answer)),
                }],
            },
            500..=599 | 783 => self.no_answer(format!("HTTP {status}")),
            _ => self.garbled(format!("unexpected status HTTP {status}")),
        }
    }

    /// The error that top-level errors amount to. The most telling one decides.
    pub fn failed(&self, errors: &[TopError], executed: bool) -> CallError {
        let with = |code: &str| errors.iter().any(|error| error.code == code);
        if with("THROTTLED") {
            return CallError::Throttled { until: self.now.plus(Duration::from_secs(1)) };
        }
        if with("ACCESS_DENIED") {
            return CallError::Forbidden { missing: missing_scopes(errors) };
        }
        if let Some(error) = errors.iter().find(|error| error.code == "SHOP_INACTIVE") {
            return CallError::Closed { answer: error.message.clone() };
        }
        if let Some(error) = errors.iter().find(|error| !executed && error.blames_document()) {
            return CallError::WrongVersion {
                asked: self.version.to_owned(),
                answered: error.message.clone(),
            };
        }
        if let Some(error) =
            errors.iter().find(|error| matches!(error.code.as_str(), "INTERNAL_SERVER_ERROR" | "TIMEOUT"))
        {
            return self.no_answer(error.message.clone());
        }
        CallError::Refused { reasons: errors.iter().map(TopError::refusal).collect() }
    }
}

impl TopError {
    pub fn refusal(&self) -> Refusal {
        Refusal { code: self.code.clone(), field: self.path.join("."), message: self.message.clone() }
    }

    /// Static validation found the document itself wrong: its codes are the only ones in camel case.
    pub fn blames_document(&self) -> bool {
        self.code == "PARSE_ERROR" || self.code.starts_with(|c: char| c.is_ascii_lowercase())
    }
}

pub fn pause_end(answer: &Answer, now: Moment) -> Moment {
    answer.retry_after(now).unwrap_or_else(|| now.plus(PAUSE_WITHOUT_HINT))
}

/// What a refusing answer says in JSON, if it does.
fn said(answer: &Answer) -> String {
    let said = Envelope::parse(answer).ok().and_then(|envelope| envelope.errors.into_iter().next());
    said.map(|error| format!(": {}", error.message)).unwrap_or_default()
}

/// Shopify names scopes in back quotes: "Required access: `write_orders` access scope".
pub fn missing_scopes(errors: &[TopError]) -> Vec<String> {
    let mut missing = Vec::new();
    for error in errors.iter().filter(|error| error.code == "ACCESS_DENIED") {
        let quoted: Vec<String> =
            error.required_access.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        match quoted.is_empty() {
            true if error.required_access.is_empty() => missing.push(error.message.clone()),
            true => missing.push(error.required_access.clone()),
            false => missing.extend(quoted),
        }
    }
    missing.dedup();
    missing
}

/// Serde's message without the quoted values, which may name people.
fn without_values(message: &str) -> String {
    let kept: Vec<&str> = message.split('"').step_by(2).collect();
    sentence(&kept.join("…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_never_quote_foreign_values() {
        assert_eq!(
            without_values("invalid type: string \"Jane Doe\", expected a boolean"),
            "invalid type: string …, expected a boolean"
        );
    }

    #[test]
    fn scopes_are_found_in_back_quotes() {
        let error = TopError {
            code: "ACCESS_DENIED".to_owned(),
            required_access: "`write_orders` access scope and the `read_customers` scope.".to_owned(),
            ..TopError::default()
        };
        assert_eq!(missing_scopes(&[error]), ["write_orders", "read_customers"]);
    }
}
