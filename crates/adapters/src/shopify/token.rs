//! The access token: fixed, or fetched with the client credentials grant and renewed well before it expires. Never
//! logged, never in an error. What a refused token means for a call is decided by the caller.

use crate::http::{Answer, Method, Request, Transport};
use crate::ports::{CallError, Clock};
use crate::vault::Secret;
use domain::time::Mono;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use url::Url;

/// How the shop lets us in.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A token that does not expire.
    Static(Secret),
    /// Client credentials grant of an app that the shop's own organisation made.
    ClientCredentials { id: String, secret: Secret },
}

/// Renewed when less than this is left, so that no call leaves with a token about to expire.
const LIFE_LEFT_MIN: Duration = Duration::from_secs(15 * 60);

/// The documented life, for an answer that does not say.
const LIFE_WITHOUT_WORD: Duration = Duration::from_secs(60 * 60);

/// A renewal that failed is not tried again at once while the old token still works.
const RENEWAL_PAUSE: Duration = Duration::from_secs(60);

pub struct Tokens {
    credentials: Credentials,
    url: Url,
    timeout: Duration,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    /// Held while fetching: callers that need a token at the same time wait for the one fetch.
    held: Mutex<Option<Held>>,
}

struct Held {
    token: Secret,
    expires: Mono,
    renew_after: Mono,
}

#[derive(Deserialize)]
struct Grant {
    access_token: String,
    expires_in: Option<f64>,
}

impl Tokens {
    pub fn new(
        credentials: Credentials,
        url: Url,
        timeout: Duration,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Tokens {
        Tokens { credentials, url, timeout, transport, clock, held: Mutex::new(None) }
    }

    /// The token to send, fetched or renewed if need be.
    pub async fn current(&self) -> Result<Secret, CallError> {
        let (id, secret) = match &self.credentials {
            Credentials::Static(token) => return Ok(token.clone()),
            Credentials::ClientCredentials { id, secret } => (id, secret),
        };
        let mut held = self.held.lock().await;
        let now = self.clock.mono();
        if let Some(held) = held.as_ref().filter(|held| now < held.renew_after) {
            return Ok(held.token.clone());
        }
        match self.fetch(id, secret).await {
            Ok(fresh) => {
                let token = fresh.token.clone();
                *held = Some(fresh);
                Ok(token)
            }
            Err(error) => match held.as_mut().filter(|held| now < held.expires) {
                Some(old) => {
                    tracing::warn!(%error, "The Shopify token could not be renewed yet; the old one still works");
                    old.renew_after = Mono(now.0.saturating_add(RENEWAL_PAUSE));
                    Ok(old.token.clone())
                }
                None => {
                    *held = None;
                    Err(error)
                }
            },
        }
    }

    /// Forgets a token that was refused, so that the next call fetches another. `false` if another fetch is useless,
    /// because the token is fixed.
    pub async fn refused(&self, token: &Secret) -> bool {
        match &self.credentials {
            Credentials::Static(_) => false,
            Credentials::ClientCredentials { .. } => {
                let mut held = self.held.lock().await;
                // Somebody else may have renewed it meanwhile.
                if held.as_ref().is_some_and(|held| held.token == *token) {
                    *held = None;
                }
                true
            }
        }
    }

    async fn fetch(&self, id: &str, secret: &Secret) -> Result<Held, CallError> {
        let pairs =
            [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret.expose())];
        let request = Request::new(Method::Post, self.url.clone(), self.timeout)
            .header("accept", "application/json")
            .form(pairs);
        let endpoint = request.endpoint();
        let unavailable =
            |reason: String| CallError::TokenUnavailable { reason: format!("{endpoint}: {reason}") };
        let answer = self.transport.send(request).await.map_err(|error| unavailable(error.to_string()))?;
        match answer.status {
            200 => self.held(&answer).ok_or_else(|| unavailable("an answer without a token".to_owned())),
            status @ (400..=404 | 422) => Err(CallError::Unauthorized { status, endpoint }),
            status => Err(unavailable(format!("HTTP {status}"))),
        }
    }

    fn held(&self, answer: &Answer) -> Option<Held> {
        let grant: Grant = serde_json::from_slice(&answer.body).ok()?;
        if grant.access_token.trim().is_empty() {
            return None;
        }
        let said = grant.expires_in.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let life = said.unwrap_or(LIFE_WITHOUT_WORD);
        let now = self.clock.mono().0;
        // Half of a short life, so that a token of few minutes is not renewed before every call.
        let margin = LIFE_LEFT_MIN.min(life / 2);
        Some(Held {
            token: Secret::new(grant.access_token),
            expires: Mono(now.saturating_add(life)),
            renew_after: Mono(now.saturating_add(life - margin)),
        })
    }
}
