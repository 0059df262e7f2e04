//! What a request gives: parts of its address, parameters behind it, a JSON body. What cannot be understood is refused
//! with all of it named.

use super::answers::{Refused, Wrong};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::money::Decimal;
use jiff::civil::Date;
use serde::de::DeserializeOwned;

/// Parameters, unknown ones refused by their type.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Asked<T>, Refused> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Asked(asked)),
            Err(error) => Err(not_understood("the parameters", &error)),
        }
    }
}

/// Parts of the address.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for At<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<At<T>, Refused> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(at)) => Ok(At(at)),
            Err(error) => Err(not_understood("the address", &error)),
        }
    }
}

/// The body as it came; no body says nothing, as `{}` does.
pub struct Given(Bytes);

impl<S: Send + Sync> FromRequest<S> for Given {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Given, Refused> {
        let kind = request.headers().get(axum::http::header::CONTENT_TYPE);
        let is_json = kind.is_none_or(|kind| {
            kind.to_str().is_ok_and(|kind| {
                let kind = kind.split(';').next().unwrap_or_default();
                kind.trim().eq_ignore_ascii_case("application/json")
            })
        });
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|error| not_understood("the body", &error))?;
        if !is_json && !body.is_empty() {
            return Err(Refused::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the body is not said to be JSON",
                "send JSON, with `Content-Type: application/json`",
            ));
        }
        Ok(Given(body))
    }
}

impl Given {
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        let body: &[u8] = if self.0.is_empty() { b"{}" } else { &self.0 };
        serde_json::from_slice(body).map_err(|error| not_understood("the body", &error))
    }
}

fn not_understood(what: &str, error: &dyn std::fmt::Display) -> Refused {
    Refused::new(
        StatusCode::BAD_REQUEST,
        format!("{what} cannot be understood: {error}"),
        "see what is taken there in /api/v1/openapi.json",
    )
}

/// Reads values and keeps everything that is wrong about them.
#[derive(Default)]
pub struct Reading(Vec<Wrong>);

impl Reading {
    pub fn day(&mut self, key: &str, text: Option<&str>) -> Option<Date> {
        self.parsed(key, text, "a day such as 2026-11-24")
    }

    pub fn amount(&mut self, key: &str, text: Option<&str>) -> Option<Decimal> {
        self.parsed(key, text, "an amount such as 1200.50")
    }

    /// A number within bounds.
    pub fn number(&mut self, key: &str, text: Option<&str>, default: u32, (least, most): (u32, u32)) -> u32 {
        let allowed = format!("a number from {least} to {most}");
        let found: Option<u32> = self.parsed(key, text, &allowed);
        match found {
            Some(number) if (least..=most).contains(&number) => number,
            Some(number) => {
                self.refuse(key, &number.to_string(), &allowed);
                default
            }
            None => default,
        }
    }

    pub fn refuse(&mut self, key: &str, value: &str, allowed: &str) {
        self.0.push(Wrong { key: key.to_owned(), value: value.to_owned(), allowed: allowed.to_owned() });
    }

    fn parsed<T: std::str::FromStr>(&mut self, key: &str, text: Option<&str>, allowed: &str) -> Option<T> {
        let text = text?.trim();
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.refuse(key, text, allowed);
        }
        parsed
    }

    /// Everything could be understood, or nothing is done.
    pub fn finish(self) -> Result<(), Refused> {
        match self.0.len() {
            0 => Ok(()),
            1 => Err(Refused::wrong(StatusCode::BAD_REQUEST, "1 parameter cannot be understood", self.0)),
            number => {
                let words = format!("{number} parameters cannot be understood");
                Err(Refused::wrong(StatusCode::BAD_REQUEST, words, self.0))
            }
        }
    }
}
