//! Alarms about the program itself: nothing good was heard for too long, and the ledger cannot be used. They go out past
//! the outbox, since the outbox is in the part that may be stuck. Each is mailed once until it is over.

use crate::alerts::{Silence, silence_letter, store_letter};
use crate::cycle::{Heard, Worker, silence_is_noted};
use adapters::ledger::records::ConnectionRecord;
use adapters::ledger::{Ledger, LedgerError};
use adapters::ports::{Letter, Post};
use domain::cycle::{Due, Rest};
use domain::ids::ConnectionName;
use domain::settings::Settings;
use domain::time::Moment;
use std::sync::Arc;
use std::time::Duration;

/// A mail server that takes no alarm is not asked at every look.
const MAIL_AGAIN: Duration = Duration::from_secs(60);

/// A connection as the watch over it sees it, whatever its worker is busy with.
pub struct Watched {
    name: String,
    ledger: Ledger,
    post: Option<Arc<dyn Post>>,
    settings: Settings,
    heard: Arc<Heard>,
}

impl Watched {
    pub fn of(worker: &Worker) -> Watched {
        Watched {
            name: worker.name.clone(),
            ledger: worker.ledger.clone(),
            post: worker.post.clone(),
            settings: worker.settings().clone(),
            heard: worker.memory.heard.clone(),
        }
    }

    /// A silence was mailed, which the next turn notes.
    pub fn has_rung(&self) -> bool {
        self.heard.to_note().is_some()
    }
}

/// What people were told about one connection already.
#[derive(Debug, Default)]
pub struct Alarms {
    /// The beginning of the silence.
    silence: Option<Moment>,
    store: bool,
    /// A letter that did not leave is not tried again before.
    again: Option<Moment>,
}

impl Alarms {
    /// Mails when no cycle was good for longer than the settings allow. The next turn notes it in the ledger, so that
    /// the end of the silence is mailed too and a restart within it repeats nothing.
    pub async fn silence(&mut self, watched: &Watched, connection: &ConnectionRecord, now: Moment) {
        let heard = watched.heard.last();
        let Some(heard) = silent_since(&watched.settings, connection, heard, now) else {
            self.silence = None;
            return;
        };
        let told = self.silence == Some(heard) || self.waits(now);
        if told || silence_is_noted(&watched.ledger, &watched.name).await {
            return;
        }
        let silence = Silence { connection: ConnectionName::new(connection.name.clone()), since: heard };
        let letter = silence_letter(&silence, &watched.settings.alerts);
        if self.mail(watched, letter, now).await {
            self.silence = Some(heard);
            watched.heard.mailed(heard);
        }
    }

    /// Mails when the ledger itself failed, or is another release's by now; other errors of a turn are no matter of the
    /// store.
    pub async fn store(&mut self, watched: &Watched, error: &LedgerError, now: Moment) {
        let reason = match error {
            LedgerError::Store(reason) => reason.clone(),
            LedgerError::NewerSchema { .. } => error.to_string(),
            LedgerError::Fenced { .. }
            | LedgerError::Stale { .. }
            | LedgerError::Exists(_)
            | LedgerError::NotFound(_)
            | LedgerError::Absent(_) => return,
        };
        if self.store || self.waits(now) {
            return;
        }
        let name = ConnectionName::new(watched.name.clone());
        let letter = store_letter(&name, &reason, now, &watched.settings.alerts);
        self.store = self.mail(watched, letter, now).await;
    }

    fn waits(&self, now: Moment) -> bool {
        self.again.is_some_and(|again| Due::from(now).at(again) > now)
    }

    /// True once the letter left.
    async fn mail(&mut self, watched: &Watched, letter: Option<Letter>, now: Moment) -> bool {
        let (Some(post), Some(letter)) = (&watched.post, letter) else { return false };
        let sent = post.send(&letter).await;
        self.again = sent.is_err().then(|| now.plus(MAIL_AGAIN));
        if let Err(error) = &sent {
            tracing::error!(reason = %error, "an alarm could not be mailed");
        }
        sent.is_ok()
    }

    /// A turn was stored again, so the next failure is a new one.
    pub fn store_works(&mut self) {
        self.store = false;
    }
}

/// Since when no cycle was good, if that is longer than the settings allow. `heard`: what this process knows of later
/// cycles than the ledger does.
pub fn silent_since(
    settings: &Settings,
    connection: &ConnectionRecord,
    heard: Option<Moment>,
    now: Moment,
) -> Option<Moment> {
    let heard = heard.or(connection.last_good).unwrap_or(connection.created);
    // In a daily pause nothing can be heard.
    let heard = match settings.schedule.pause.map(|window| window.at(now)) {
        Some(Rest::Until(_)) => now,
        Some(Rest::EndedAt(end)) => heard.max(end),
        None => heard,
    };
    let is_silent = now.since(heard) >= settings.alerts.silence;
    (is_silent && !connection.paused && connection.live_since.is_some()).then_some(heard)
}
