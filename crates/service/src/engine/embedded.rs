//! The default engine: a loop over due connections in this process, with bounded concurrency. It waits here and nowhere
//! else, stops softly, and raises the silence alarm, which must not depend on the part that is stuck.

use super::alarm::Alarms;
use super::broken::Broken;
use crate::compose::{ComposeError, House};
use crate::cycle::Worker;
use adapters::ledger::LedgerError;
use adapters::ledger::records::ConnectionRecord;
use domain::time::Mono;
use futures::StreamExt;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often the loop looks for commands and due connections. Looking only reads.
const TICK: Duration = Duration::from_millis(500);
/// A soft stop waits this long for what is on its way; it is longer than a create request may take.
const SOFT_STOP: Duration = Duration::from_secs(45);
/// A connection whose turn failed in the ledger is tried again after this long, and so is a ledger that cannot be read.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

struct Slot {
    worker: Worker,
    due: Mono,
    alarms: Alarms,
    place: Place,
}

/// Where a connection is worked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Here,
    /// In another process, which shares the ledger.
    Elsewhere,
}

impl Slot {
    /// Says so when the connection changes hands.
    fn note_place(&mut self, place: Place) {
        if self.place == place {
            return;
        }
        self.place = place;
        let connection = &self.worker.name;
        match place {
            Place::Here => tracing::info!(connection, "this process works on the connection now"),
            Place::Elsewhere => {
                tracing::info!(connection, "another process works on this connection; this one stands by");
            }
        }
    }
}

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Whole cycles of all connections.
    pub cycles: u64,
    pub stopped: Stopped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Whatever was on its way was finished.
    Softly,
    /// Something took too long; the next start looks it up.
    Hard,
}

/// Runs until `stop` resolves. Connections that are added meanwhile join by themselves.
pub async fn run(house: &House, stop: impl Future<Output = ()>) -> Result<Ended, ComposeError> {
    let mut slots: BTreeMap<String, Slot> = BTreeMap::new();
    let mut broken = Broken::default();
    let cycles = AtomicU64::new(0);
    let mut stopped = Stopped::Softly;
    let mut away = Away::default();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            () = tokio::time::sleep(away.pause()) => {}
        }
        let outcome = {
            let round = round(house, &mut slots, &mut broken, &cycles);
            tokio::pin!(round);
            tokio::select! {
                outcome = &mut round => outcome,
                () = &mut stop => {
                    house.stopping.store(true, Ordering::Relaxed);
                    tracing::info!("stopping: what is on its way is finished first");
                    if tokio::time::timeout(SOFT_STOP, round).await.is_err() {
                        stopped = Stopped::Hard;
                        tracing::warn!("stopped hard; open requests are looked up at the next start");
                    }
                    break;
                }
            }
        };
        match outcome {
            Ok(()) => away.is_over(),
            // Fails closed: without a ledger nothing is sent, and the loop tries again.
            Err(error) => {
                away.say(&error);
                if let ComposeError::Ledger(error) = &error {
                    for slot in slots.values_mut() {
                        slot.alarms.store(&slot.worker, error).await;
                    }
                }
            }
        }
    }
    for slot in slots.values() {
        // A lease that cannot be given back ends by itself.
        if let Err(error) = slot.worker.release().await {
            tracing::warn!(connection = %slot.worker.name, reason = %error, "the lease could not be given back");
        }
    }
    Ok(Ended { cycles: cycles.load(Ordering::Relaxed), stopped })
}

/// A ledger that cannot be read: said once until it can be read again, and tried again less and less often.
#[derive(Default)]
struct Away {
    failures: u32,
}

impl Away {
    fn pause(&self) -> Duration {
        TICK.saturating_mul(1 << self.failures.min(8)).min(AFTER_FAILURE)
    }

    fn say(&mut self, error: &ComposeError) {
        if self.failures == 0 {
            tracing::error!(reason = %error, "the ledger cannot be used, so nothing is sent");
        }
        self.failures = self.failures.saturating_add(1);
    }

    fn is_over(&mut self) {
        if self.failures > 0 {
            tracing::info!("the ledger can be used again");
            self.failures = 0;
        }
    }
}

/// One look at all connections, and a turn for each that is due.
async fn round(
    house: &House,
    slots: &mut BTreeMap<String, Slot>,
    broken: &mut Broken,
    cycles: &AtomicU64,
) -> Result<(), ComposeError> {
    let now = house.clock.now();
    let mut due = Vec::new();
    // Everything is read before a worker is taken out: what it remembers is not lost with an answer.
    for (connection, commanded) in connections(house).await? {
        let mut slot = match slots.remove(&connection.name) {
            Some(slot) if slot.worker.settings_version == connection.settings_version => slot,
            old => match house.worker(&connection).await {
                Ok(worker) => {
                    broken.forget(&connection.name);
                    renewed(worker, &connection, old)
                }
                Err(error @ ComposeError::Ledger(_)) => {
                    slots.extend(due.into_iter().chain(old).map(named));
                    return Err(error);
                }
                Err(error) => {
                    broken.mend(house, &connection, &error).await?;
                    continue;
                }
            },
        };
        slot.alarms.silence(&mut slot.worker, &connection, now).await;
        if slot.due <= house.clock.mono() || commanded {
            due.push(slot);
        } else {
            slots.insert(connection.name.clone(), slot);
        }
    }
    let done: Vec<Slot> = futures::stream::iter(due)
        .map(|slot| one_turn(slot, cycles))
        .buffer_unordered(house.config.connections_at_once.max(1))
        .collect()
        .await;
    slots.extend(done.into_iter().map(named));
    Ok(())
}

/// Every connection, and whether somebody asked for something there.
async fn connections(house: &House) -> Result<Vec<(ConnectionRecord, bool)>, ComposeError> {
    let mut found = Vec::new();
    for connection in house.ledger.connections().await? {
        let commanded = !house.ledger.pending_commands(&connection.name).await?.is_empty();
        found.push((connection, commanded));
    }
    Ok(found)
}

fn named(slot: Slot) -> (String, Slot) {
    (slot.worker.name.clone(), slot)
}

/// A worker for new settings; what the process remembers is kept.
fn renewed(mut worker: Worker, connection: &ConnectionRecord, old: Option<Slot>) -> Slot {
    let (mut alarms, mut place) = (Alarms::default(), Place::default());
    if let Some(old) = old {
        worker.memory = old.worker.memory;
        (alarms, place) = (old.alarms, old.place);
    }
    let due = worker.next_cycle(connection);
    Slot { worker, due, alarms, place }
}

async fn one_turn(mut slot: Slot, cycles: &AtomicU64) -> Slot {
    let before = slot.worker.memory.next_cycle;
    let turn = slot.worker.turn(false).await;
    // Every whole cycle sets the time of the next one.
    if slot.worker.memory.next_cycle != before {
        cycles.fetch_add(1, Ordering::Relaxed);
    }
    match turn {
        Ok(turn) => {
            slot.due = slot.worker.mono_at(turn.next_due);
            slot.note_place(if turn.fenced { Place::Elsewhere } else { Place::Here });
            slot.alarms.store_works();
            if let Some(problem) = &turn.problem {
                let told = problem.told("");
                tracing::warn!(connection = %slot.worker.name, code = told.code, "{}", told.sentence);
            }
        }
        Err(error) => {
            slot.due = Mono(slot.worker.clock.mono().0 + AFTER_FAILURE);
            let reason = match &error {
                LedgerError::Stale { .. } => {
                    "the ledger changed in the same moment; the next turn reads it again"
                }
                LedgerError::Fenced { .. }
                | LedgerError::Exists(_)
                | LedgerError::NewerSchema { .. }
                | LedgerError::Store(_)
                | LedgerError::Absent(_)
                | LedgerError::NotFound(_) => "the turn ended early; nothing is sent without the ledger",
            };
            tracing::error!(connection = %slot.worker.name, cause = %error, "{reason}");
            slot.alarms.store(&slot.worker, &error).await;
        }
    }
    slot
}
