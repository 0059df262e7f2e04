//! The default engine: a loop over due connections in this process, with bounded concurrency. It waits here and nowhere
//! else, stops softly, and raises the silence alarm, which must not depend on the part that is stuck.

use super::alarm::{Alarms, Watched};
use super::broken::Broken;
use crate::compose::{ComposeError, House};
use crate::cycle::{Turn, Worker};
use adapters::ledger::LedgerError;
use adapters::ledger::records::ConnectionRecord;
use domain::time::Mono;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};

/// How often the loop looks for commands and due connections. Looking only reads.
const TICK: Duration = Duration::from_millis(500);
/// A soft stop waits this long for what is on its way; it is longer than a create request may take.
const SOFT_STOP: Duration = Duration::from_secs(45);
/// A connection whose turn failed in the ledger is tried again after this long, and so is a ledger that cannot be read.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// While a connection rests it is looked so often whether the pause is over.
const REST_LOOK: Duration = Duration::from_secs(300);

struct Slot {
    worker: Worker,
    due: Mono,
    place: Place,
}

/// The watch over a connection, which goes on while its worker is busy.
struct Watch {
    alarms: Alarms,
    watched: Watched,
}

/// All connections of this process.
#[derive(Default)]
struct Connections {
    /// Those that wait for their next turn.
    slots: BTreeMap<String, Slot>,
    /// Those of which a turn goes on, with its task.
    busy: BTreeMap<String, Id>,
    watches: BTreeMap<String, Watch>,
    /// Those whose last turn broke off, with the time of the next try.
    broken_off: BTreeMap<String, Mono>,
    broken: Broken,
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

/// Runs until `stop` resolves. Connections that are added meanwhile join by themselves, and none waits for another's turn.
pub async fn run(house: &House, stop: impl Future<Output = ()>) -> Result<Ended, ComposeError> {
    let mut all = Connections::default();
    let mut turns: JoinSet<Done> = JoinSet::new();
    let mut cycles = 0;
    let mut away = Away::default();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(done) = turns.join_next() => {
                cycles += all.take_back(done, house).await;
                continue;
            }
            () = tokio::time::sleep(away.pause()) => {}
        }
        let outcome = tokio::select! {
            biased;
            () = &mut stop => break,
            outcome = round(house, &mut all, &mut turns) => outcome,
        };
        match outcome {
            Ok(()) => away.is_over(),
            // Fails closed: without a ledger nothing is sent, and the loop tries again.
            Err(error) => {
                away.say(&error);
                if let ComposeError::Ledger(error) = &error {
                    for watch in all.watches.values_mut() {
                        watch.alarms.store(&watch.watched, error, house.clock.now()).await;
                    }
                }
            }
        }
    }
    house.stopping.store(true, Ordering::Relaxed);
    if !turns.is_empty() {
        tracing::info!("stopping: what is on its way is finished first");
    }
    let finish = async {
        while let Some(done) = turns.join_next().await {
            cycles += all.take_back(done, house).await;
        }
    };
    let stopped = match tokio::time::timeout(SOFT_STOP, finish).await {
        Ok(()) => Stopped::Softly,
        Err(_) => {
            tracing::warn!("stopped hard; open requests are looked up at the next start");
            Stopped::Hard
        }
    };
    for slot in all.slots.values() {
        // A lease that cannot be given back ends by itself.
        if let Err(error) = slot.worker.release().await {
            tracing::warn!(connection = %slot.worker.name, reason = %error, "the lease could not be given back");
        }
    }
    Ok(Ended { cycles, stopped })
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

/// One look at all connections; for each that is due a turn begins, as far as so many may go on at once.
async fn round(house: &House, all: &mut Connections, turns: &mut JoinSet<Done>) -> Result<(), ComposeError> {
    let now = house.clock.now();
    let mut due = Vec::new();
    for (connection, commanded) in connections(house).await? {
        let name = &connection.name;
        let busy = all.busy.contains_key(name);
        if all.broken_off.get(name).is_some_and(|until| *until > house.clock.mono()) {
            continue;
        }
        let is_current = |slot: &Slot| slot.worker.settings_version == connection.settings_version;
        if !busy && !all.slots.get(name).is_some_and(is_current) {
            match house.worker(&connection).await {
                Ok(worker) => all.renew(worker, &connection),
                Err(error @ ComposeError::Ledger(_)) => return Err(error),
                Err(error) => {
                    all.slots.remove(name);
                    all.broken.mend(house, &connection, &error).await?;
                    continue;
                }
            }
        }
        let mut rang = false;
        if let Some(watch) = all.watches.get_mut(name) {
            watch.alarms.silence(&watch.watched, &connection, now).await;
            // An alarm is noted by a turn.
            rang = watch.watched.has_rung();
        }
        let is_due = |slot: &&Slot| slot.due <= house.clock.mono() || commanded || rang;
        due.extend(all.slots.get(name).filter(is_due).map(|slot| (slot.due, name.clone())));
    }
    // Whoever waits longest comes first.
    due.sort();
    for (_, name) in due {
        if turns.len() >= house.config.connections_at_once.max(1) {
            break;
        }
        if let Some(slot) = all.slots.remove(&name) {
            let task = turns.spawn(one_turn(name.clone(), slot));
            all.busy.insert(name, task.id());
        }
    }
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

/// A turn that is over, with its worker.
struct Done {
    name: String,
    slot: Slot,
    turn: Result<Turn, LedgerError>,
    whole_cycle: bool,
}

async fn one_turn(name: String, mut slot: Slot) -> Done {
    let before = slot.worker.memory.next_cycle;
    let turn = slot.worker.turn(false).await;
    // Every whole cycle sets the time of the next one.
    let whole_cycle = slot.worker.memory.next_cycle != before;
    Done { name, slot, turn, whole_cycle }
}

impl Connections {
    /// A worker for new settings; what the process remembers is kept.
    fn renew(&mut self, mut worker: Worker, connection: &ConnectionRecord) {
        let name = connection.name.clone();
        self.broken.forget(&name);
        let mut place = Place::default();
        // At the start, what is open from before is looked at at once.
        let mut due = worker.clock.mono();
        if let Some(old) = self.slots.remove(&name) {
            worker.memory = old.worker.memory;
            place = old.place;
            due = old.due.min(worker.next_cycle(connection));
        }
        let watched = Watched::of(&worker);
        let alarms = self.watches.remove(&name).map(|watch| watch.alarms).unwrap_or_default();
        self.watches.insert(name.clone(), Watch { alarms, watched });
        self.slots.insert(name, Slot { worker, due, place });
    }

    /// The worker waits for its next turn. Returns how many whole cycles its last one was.
    async fn take_back(&mut self, done: Result<Done, JoinError>, house: &House) -> u64 {
        let Done { name, mut slot, turn, whole_cycle } = match done {
            Ok(done) => done,
            // A fault of this program in one turn: the others go on, and so does this connection with a new worker.
            Err(error) => {
                tracing::error!(reason = %error, "a turn broke off; open requests are looked up by the next one");
                let again = Mono(house.clock.mono().0 + AFTER_FAILURE);
                let names = self.busy.extract_if(.., |_, task| *task == error.id());
                self.broken_off.extend(names.map(|(name, _)| (name, again)));
                return 0;
            }
        };
        self.busy.remove(&name);
        let watch = self.watches.get_mut(&name);
        match turn {
            Ok(turn) => {
                let rests = slot.worker.rests_until().is_some();
                slot.due = next_look(slot.worker.mono_at(turn.next_due), rests, slot.worker.clock.mono());
                slot.note_place(if turn.fenced { Place::Elsewhere } else { Place::Here });
                watch.into_iter().for_each(|watch| watch.alarms.store_works());
                if let Some(problem) = &turn.problem {
                    let told = problem.told("");
                    tracing::warn!(connection = name, code = told.code, "{}", told.sentence);
                }
            }
            Err(error) => {
                slot.due = Mono(slot.worker.clock.mono().0 + AFTER_FAILURE);
                tracing::error!(connection = name, cause = %error, "{}", ended_early(&error));
                if let Some(watch) = watch {
                    watch.alarms.store(&watch.watched, &error, house.clock.now()).await;
                }
            }
        }
        self.slots.insert(name, slot);
        u64::from(whole_cycle)
    }
}

/// A pause ends at a time of the wall clock, which a machine that slept sees only when it looks.
fn next_look(due: Mono, rests: bool, now: Mono) -> Mono {
    if rests { due.min(Mono(now.0 + REST_LOOK)) } else { due }
}

fn ended_early(error: &LedgerError) -> &'static str {
    match error {
        LedgerError::Stale { .. } => "the ledger changed in the same moment; the next turn reads it again",
        LedgerError::Fenced { .. }
        | LedgerError::Exists(_)
        | LedgerError::NewerSchema { .. }
        | LedgerError::Store(_)
        | LedgerError::Absent(_)
        | LedgerError::NotFound(_) => "the turn ended early; nothing is sent without the ledger",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_rests_is_looked_at_every_five_minutes() {
        let at = |seconds| Mono(Duration::from_secs(seconds));
        let (now, evening) = (at(1000), at(30_000));
        assert_eq!(next_look(evening, true, now), at(1300));
        assert_eq!(next_look(at(1100), true, now), at(1100), "the pause ends before");
        assert_eq!(next_look(evening, false, now), evening, "a long interval is no pause");
    }
}
