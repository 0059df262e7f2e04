//! Asking JOOR and Shopify while a person waits for the page: never for long, and with words about when to come back.

use super::visit::timestamp;
use crate::cycle::Stop;
use adapters::ports::CallError;
use domain::time::Moment;
use std::time::Duration;

/// A page that takes longer is given up, in words.
pub const WAIT_MAX: Duration = Duration::from_secs(60);

/// The answer, or words about why there is none.
pub async fn in_time<T>(what: &str, asked: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    match tokio::time::timeout(WAIT_MAX, asked).await {
        Ok(answer) => answer,
        Err(_) => {
            Err(format!("{what} takes longer than a minute. Ask again in a moment, or for less at once."))
        }
    }
}

/// When a budget that is spent is there again.
pub fn spent_until(stop: &Stop) -> Option<(&'static str, Moment)> {
    match stop {
        Stop::Joor(CallError::Throttled { until }) => Some(("JOOR", *until)),
        Stop::Shopify(CallError::Throttled { until }) => Some(("Shopify", *until)),
        Stop::Joor(_) | Stop::Shopify(_) | Stop::Ledger(_) => None,
    }
}

/// Why there is no answer.
pub fn words(stop: &Stop) -> String {
    match spent_until(stop) {
        Some((side, until)) => format!(
            "The request budget of {side} is spent for now. Ask again after {}.",
            timestamp(until).strftime("%H:%M:%S UTC")
        ),
        None => super::words::full_stop(&stop.words()),
    }
}
