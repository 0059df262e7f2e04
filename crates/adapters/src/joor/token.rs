//! The bearer token: fetched with the password grant, kept, renewed before it ends or when it is refused. Whoever
//! needs one while it is being fetched waits for that one fetch.

use super::JoorConfig;
use super::wire::{Object, Value};
use crate::http::{Answer, Method, Request, SendError, Transport};
use crate::ports::{CallError, Clock};
use crate::vault::Secret;
use domain::time::Mono;
use std::time::Duration;

/// Renewed this long before the end.
const MARGIN: Duration = Duration::from_secs(300);

/// Where the answer does not say how long the token lives; JOOR's example says ten hours [D].
const LIFE_UNSAID: Duration = Duration::from_secs(900);

pub struct Tokens {
    held: tokio::sync::Mutex<Option<Held>>,
}

struct Held {
    token: Secret,
    renew_at: Mono,
}

impl Tokens {
    pub fn new() -> Tokens {
        Tokens { held: tokio::sync::Mutex::new(None) }
    }

    /// The token to use. `refused` is the one that JOOR just answered with 401: another is fetched unless somebody
    /// else already did. `sent` is called for each request that leaves.
    pub async fn current(
        &self,
        refused: Option<&Secret>,
        config: &JoorConfig,
        transport: &dyn Transport,
        clock: &dyn Clock,
        sent: impl Fn(),
    ) -> Result<Secret, CallError> {
        let mut held = self.held.lock().await;
        if let Some(held) = &*held
            && clock.mono() < held.renew_at
            && refused != Some(&held.token)
        {
            return Ok(held.token.clone());
        }
        sent();
        let asked = clock.mono();
        let answer = transport.send(request(config)).await.map_err(unavailable)?;
        let (token, life) = read(&answer, config, clock)?;
        // A token that lives only minutes is used for at least half of them.
        let margin = MARGIN.min(life / 2);
        *held = Some(Held { token: token.clone(), renew_at: Mono(asked.0 + (life - margin)) });
        Ok(token)
    }
}

/// The password grant. JOOR's pages say multipart [D]; clients in use send this form [O].
fn request(config: &JoorConfig) -> Request {
    let login = &config.login;
    Request::new(Method::Post, config.token_url.url(), config.timeout)
        .header("accept", "application/json")
        .form([
            ("client_id", login.client_id.as_str()),
            ("client_secret", login.client_secret.expose()),
            ("grant_type", "password"),
            ("username", login.username.as_str()),
            ("password", login.password.expose()),
        ])
}

fn unavailable(error: SendError) -> CallError {
    CallError::TokenUnavailable { reason: error.to_string() }
}

/// Nothing of the body goes into a message: it may echo what was sent.
fn read(answer: &Answer, config: &JoorConfig, clock: &dyn Clock) -> Result<(Secret, Duration), CallError> {
    match answer.status {
        200..=299 => {}
        400 | 401 | 403 => {
            return Err(CallError::Unauthorized {
                status: answer.status,
                endpoint: crate::http::endpoint(&config.token_url.url()),
            });
        }
        429 if let Some(until) = answer.retry_after(clock.now()) => {
            return Err(CallError::Throttled { until });
        }
        status => {
            return Err(CallError::TokenUnavailable {
                reason: format!("the token endpoint answered HTTP {status}"),
            });
        }
    }
    let garbled = |reason: &str| CallError::TokenUnavailable { reason: reason.to_owned() };
    let text = zeroize::Zeroizing::new(answer.text().into_owned());
    let fields = Value::parse(&text).and_then(|value| Object::row(value).ok());
    let fields = fields
        .ok_or_else(|| garbled("the token endpoint answered with something else than a JSON object"))?;
    let token = fields.text("access_token").unwrap_or_default();
    // A header can hold no other characters, so this is no token.
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(garbled("the token endpoint answered without a usable token"));
    }
    let seconds = fields.decimal("expires_in").ok().flatten().and_then(|number| u64::try_from(number).ok());
    let life = seconds.filter(|seconds| *seconds > 0).map_or(LIFE_UNSAID, Duration::from_secs);
    Ok((Secret::new(token), life.min(Duration::from_secs(30 * 86_400))))
}
