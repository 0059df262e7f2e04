//! The default engine: a loop over due connections in this process, with bounded concurrency. It waits here and nowhere
//! else, stops softly, and raises the silence alarm, which must not depend on the part that is stuck.

use super::alarm::Alarms;
use crate::compose::{ComposeError, House};
use crate::cycle::Worker;
use adapters::ledger::LedgerError;
use adapters::ledger::records::ConnectionRecord;
use domain::time::Moment;
use futures::StreamExt;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How often the loop looks for commands and due connections. Looking only reads.
const TICK: Duration = Duration::from_millis(500);
/// A soft stop waits this long for what is on its way; it is longer than a create request may take.
const SOFT_STOP: Duration = Duration::from_secs(45);
/// A connection whose turn failed in the ledger is tried again after this long.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

struct Slot {
    worker: Worker,
    due: Moment,
    alarms: Alarms,
}

/// Runs until `stop` resolves. Connections that are added meanwhile join by themselves.
pub async fn run(house: &House, stop: impl Future<Output = ()>) -> Result<(), ComposeError> {
    let mut slots: BTreeMap<String, Slot> = BTreeMap::new();
    let mut broken = Broken::default();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            () = tokio::time::sleep(TICK) => {}
        }
        let outcome = {
            let round = round(house, &mut slots, &mut broken);
            tokio::pin!(round);
            tokio::select! {
                outcome = &mut round => outcome,
                () = &mut stop => {
                    house.stopping.store(true, Ordering::Relaxed);
                    tracing::info!("stopping: what is on its way is finished first");
                    if tokio::time::timeout(SOFT_STOP, round).await.is_err() {
                        tracing::warn!("stopped hard; open requests are looked up at the next start");
                    }
                    break;
                }
            }
        };
        if let Err(error) = outcome {
            // Fails closed: without a ledger nothing is sent, and the loop tries again.
            tracing::error!(reason = %error, "the ledger cannot be used, so nothing is sent");
            if let ComposeError::Ledger(error) = &error {
                for slot in slots.values_mut() {
                    slot.alarms.store(&slot.worker, error).await;
                }
            }
            tokio::time::sleep(TICK).await;
        }
    }
    for slot in slots.values() {
        slot.worker.release().await?;
    }
    Ok(())
}

/// Connections that no worker can be made for: their settings or their credentials are refused.
#[derive(Default)]
struct Broken {
    /// What was logged about each; said again only when it changes.
    said: BTreeMap<String, String>,
}

impl Broken {
    /// Says what is wrong, once, and takes new settings, which may be the cure.
    async fn mend(
        &mut self,
        house: &House,
        connection: &ConnectionRecord,
        reason: &str,
    ) -> Result<(), ComposeError> {
        if self.said.get(&connection.name).is_none_or(|said| said != reason) {
            tracing::error!(connection = %connection.name, reason, "the connection cannot be worked on");
            self.said.insert(connection.name.clone(), reason.to_owned());
        }
        crate::cycle::commands::take_settings(house, &connection.name).await
    }
}

/// One look at all connections, and a turn for each that is due.
async fn round(
    house: &House,
    slots: &mut BTreeMap<String, Slot>,
    broken: &mut Broken,
) -> Result<(), ComposeError> {
    let now = house.clock.now();
    let mut due = Vec::new();
    for connection in house.ledger.connections().await? {
        let mut slot = match slots.remove(&connection.name) {
            Some(slot) if slot.worker.settings_version == connection.settings_version => slot,
            old => match renewed(house, &connection, old).await {
                Ok(slot) => slot,
                Err(error) => {
                    broken.mend(house, &connection, &error.to_string()).await?;
                    continue;
                }
            },
        };
        slot.alarms.silence(&slot.worker, &connection, now).await;
        let commanded = !house.ledger.pending_commands(&connection.name).await?.is_empty();
        if slot.due <= now || commanded {
            due.push(slot);
        } else {
            slots.insert(connection.name.clone(), slot);
        }
    }
    let done: Vec<Slot> = futures::stream::iter(due)
        .map(one_turn)
        .buffer_unordered(house.config.connections_at_once.max(1))
        .collect()
        .await;
    slots.extend(done.into_iter().map(|slot| (slot.worker.name.clone(), slot)));
    Ok(())
}

/// A worker for new settings; what the process remembers is kept.
async fn renewed(
    house: &House,
    connection: &ConnectionRecord,
    old: Option<Slot>,
) -> Result<Slot, ComposeError> {
    let mut worker = house.worker(connection).await?;
    let mut alarms = Alarms::default();
    if let Some(old) = old {
        worker.memory = old.worker.memory;
        alarms = old.alarms;
    }
    Ok(Slot { worker, due: connection.next_due, alarms })
}

async fn one_turn(mut slot: Slot) -> Slot {
    match slot.worker.turn(false).await {
        Ok(turn) => {
            slot.due = turn.next_due;
            slot.alarms.store_works();
            if let Some(problem) = &turn.problem {
                let told = problem.told("");
                tracing::warn!(connection = %slot.worker.name, code = told.code, "{}", told.sentence);
            }
        }
        Err(error) => {
            slot.due = slot.worker.now().plus(AFTER_FAILURE);
            let reason = match &error {
                LedgerError::Stale { .. } => {
                    "the ledger changed in the same moment; the next turn reads it again"
                }
                LedgerError::Fenced { .. }
                | LedgerError::Exists(_)
                | LedgerError::NewerSchema { .. }
                | LedgerError::Store(_)
                | LedgerError::NotFound(_) => "the turn ended early; nothing is sent without the ledger",
            };
            tracing::error!(connection = %slot.worker.name, cause = %error, "{reason}");
            slot.alarms.store(&slot.worker, &error).await;
        }
    }
    slot
}
