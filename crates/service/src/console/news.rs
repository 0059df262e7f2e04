//! Tells open pages that there is news, so that they read themselves again. While nobody listens, nothing is asked.

use super::Console;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::time::Mono;
use futures::stream;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// How often the ledger's pulse is felt for all listeners of this process together.
const LOOK: Duration = Duration::from_millis(1000);
const ALIVE: Duration = Duration::from_secs(20);

/// The last pulse that was felt.
#[derive(Debug, Default)]
pub struct News {
    felt: tokio::sync::Mutex<Option<(Mono, String)>>,
}

impl Console {
    /// Something that changes whenever a page may have changed; asked of the ledger once a look, however many listen.
    async fn pulse(&self) -> String {
        let now = self.house.clock.mono();
        let mut felt = self.news.felt.lock().await;
        if let Some((at, pulse)) = &*felt
            && now.since(*at) < LOOK
        {
            return pulse.clone();
        }
        // A ledger that cannot be read has no news.
        let pulse = match self.ledger().pulse().await {
            Ok(pulse) => pulse,
            Err(_) => felt.as_ref().map(|(_, pulse)| pulse.clone()).unwrap_or_default(),
        };
        *felt = Some((now, pulse.clone()));
        pulse
    }
}

/// Server-sent events: one `news` for every change.
pub async fn events(State(console): State<Arc<Console>>) -> Response {
    let first = console.pulse().await;
    let listening = stream::unfold((console, first), |(console, last)| async move {
        loop {
            if console.house.stopping.load(std::sync::atomic::Ordering::Relaxed) {
                return None;
            }
            tokio::time::sleep(LOOK).await;
            let pulse = console.pulse().await;
            if pulse != last {
                // Browsers throw away an event without data.
                let event = Event::default().event("news").data("now");
                return Some((Ok::<Event, Infallible>(event), (console, pulse)));
            }
        }
    });
    // Told to proxies of nginx's kind: nothing is gathered up.
    let unbuffered = [("x-accel-buffering", "no")];
    (unbuffered, Sse::new(listening).keep_alive(KeepAlive::new().interval(ALIVE))).into_response()
}
