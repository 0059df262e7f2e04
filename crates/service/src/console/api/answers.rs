//! What the API answers: JSON, or a refusal in one shape: what happened, what to do, and every wrong value by its name.

use crate::cli::exit;
use crate::commands::{Failure, told_apart};
use crate::compose::ComposeError;
use crate::console::answers::No;
use adapters::ledger::LedgerError;
use adapters::settings::SettingError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

/// Either way it is JSON.
pub type Told = Result<Response, Refused>;

const JSON: &str = "application/json";
const DESCRIBED: &str = "the addresses and what they take are described in /api/v1/openapi.json";

/// Why something was not done.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct Refused {
    #[serde(skip)]
    #[schemars(skip)]
    pub status: StatusCode,
    /// What happened.
    pub error: String,
    /// What to do.
    pub hint: String,
    /// Every value that is wrong; empty where none is to blame.
    pub errors: Vec<Wrong>,
    #[serde(skip)]
    #[schemars(skip)]
    retry_after_secs: Option<u64>,
    #[serde(skip)]
    #[schemars(skip)]
    sign_in: Option<&'static str>,
}

/// A value that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WrongValue")]
pub struct Wrong {
    /// The parameter, or the key of the settings.
    pub key: String,
    pub value: String,
    /// What is allowed, or how to put it right.
    pub allowed: String,
}

impl From<SettingError> for Wrong {
    fn from(error: SettingError) -> Wrong {
        Wrong { key: error.key, value: error.value, allowed: error.allowed }
    }
}

impl Refused {
    pub fn new(status: StatusCode, error: impl Into<String>, hint: impl Into<String>) -> Refused {
        let (error, hint) = (error.into(), hint.into());
        Refused { status, error, hint, errors: Vec::new(), retry_after_secs: None, sign_in: None }
    }

    pub fn not_found(error: impl Into<String>, hint: impl Into<String>) -> Refused {
        Refused::new(StatusCode::NOT_FOUND, error, hint)
    }

    pub fn wrong(status: StatusCode, error: impl Into<String>, errors: Vec<Wrong>) -> Refused {
        let hint = "put right what `errors` names: key, value, and what is allowed";
        Refused { errors, ..Refused::new(status, error, hint) }
    }

    pub fn too_often(error: &str, secs: u64) -> Refused {
        let secs = secs.max(1);
        let hint = format!("ask again in {secs} s, and less often");
        Refused { retry_after_secs: Some(secs), ..Refused::new(StatusCode::TOO_MANY_REQUESTS, error, hint) }
    }

    /// Nobody is known by this token, or none was given.
    pub fn unknown(sign_in: &'static str, error: &str) -> Refused {
        let hint =
            "send `Authorization: Bearer TOKEN`; an admin makes tokens on the page “People” of the console";
        Refused { sign_in: Some(sign_in), ..Refused::new(StatusCode::UNAUTHORIZED, error, hint) }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (retry, sign_in) = (self.retry_after_secs, self.sign_in);
        let mut answer = (self.status, Json(self)).into_response();
        if let Some(secs) = retry {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if let Some(words) = sign_in {
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(words));
        }
        answer
    }
}

impl From<No> for Refused {
    fn from(no: No) -> Refused {
        let (status, words) = match no {
            No::NotFound(words) => (StatusCode::NOT_FOUND, words),
            No::Refused(words) => (StatusCode::CONFLICT, words),
            No::NotAllowed(words) => (StatusCode::FORBIDDEN, words),
            No::Failed(words) => return unavailable(&words),
        };
        let hint = match status {
            StatusCode::NOT_FOUND => "take names and numbers from /api/v1/connections and /api/v1/orders",
            _ => "look at its present state, then decide anew",
        };
        Refused::new(status, words, hint)
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Refused {
        let status = match (failure.exit, failure.errors.is_empty()) {
            (_, false) => StatusCode::UNPROCESSABLE_ENTITY,
            (exit::OUTSIDE, _) => StatusCode::BAD_GATEWAY,
            (exit::FAILED, _) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::CONFLICT,
        };
        let errors = failure.errors.into_iter().map(Wrong::from).collect();
        Refused { errors, ..Refused::new(status, failure.what, failure.hint) }
    }
}

impl From<LedgerError> for Refused {
    fn from(error: LedgerError) -> Refused {
        match error {
            LedgerError::NotFound(what) => {
                Refused::not_found(format!("{what} is not there"), "see /api/v1/connections")
            }
            other => unavailable(&other.to_string()),
        }
    }
}

impl From<ComposeError> for Refused {
    fn from(error: ComposeError) -> Refused {
        Refused::from(Failure::from(error))
    }
}

fn unavailable(words: &str) -> Refused {
    let (what, hint) = told_apart(words);
    let hint = hint.unwrap_or("try again in a minute; if it stays, run `joor-shopify doctor` on the server");
    Refused::new(StatusCode::SERVICE_UNAVAILABLE, what, hint)
}

/// JOOR or Shopify could not be asked in time.
pub fn no_answer(words: String) -> Refused {
    Refused::new(StatusCode::BAD_GATEWAY, words, "ask again in a minute")
}

pub fn json(value: &impl Serialize) -> Told {
    Ok(Json(value).into_response())
}

/// A refusal that came from elsewhere, an unknown address or another host, in the shape that scripts know.
pub fn reworded(answer: Response, asked: &str) -> Response {
    let status = answer.status();
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_ours = kind.is_some_and(|kind| kind.starts_with(JSON));
    if is_ours || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let (error, hint) = match status {
        StatusCode::NOT_FOUND => (format!("there is nothing at {asked}"), DESCRIBED),
        StatusCode::METHOD_NOT_ALLOWED => (format!("{asked} does not take this method"), DESCRIBED),
        StatusCode::MISDIRECTED_REQUEST => (
            "this address is not known here".to_owned(),
            "set `console.url` to the address that programs use, or ask this machine itself",
        ),
        _ => (format!("{asked} cannot be answered: {status}"), DESCRIBED),
    };
    let mut told = Refused::new(status, error, hint).into_response();
    if let Some(allow) = answer.headers().get(header::ALLOW) {
        told.headers_mut().insert(header::ALLOW, allow.clone());
    }
    told
}
