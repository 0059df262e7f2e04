//! Exactly one cycle for each chosen connection, then the end.

use super::broken;
use crate::compose::{ComposeError, House};
use crate::cycle::commands::take_settings;
use crate::cycle::{Turn, Worker};
use adapters::ledger::records::ConnectionRecord;
use domain::problem::Told;

/// Settings that a command brings in are used at once: the turn that applied them is followed by one under them.
const TURNS_MAX: usize = 3;

/// The end of one connection's cycle.
pub struct Once {
    pub connection: String,
    pub turn: Turn,
    /// Exports whose fate is still open.
    pub unconfirmed: usize,
    pub live: bool,
}

/// What came of one connection.
pub struct Attempt {
    pub connection: String,
    pub outcome: Result<Once, Refused>,
}

/// No worker could be made: its settings or its credentials are refused.
pub struct Refused {
    pub error: ComposeError,
    pub told: Told,
}

/// Runs one cycle of each of these connections (all of them if none is named). One that is refused keeps no other from
/// its cycle.
pub async fn once(house: &House, only: Option<&str>) -> Result<Vec<Attempt>, ComposeError> {
    let mut results = Vec::new();
    for connection in house.ledger.connections().await? {
        if only.is_some_and(|name| name != connection.name) {
            continue;
        }
        let outcome = match worker(house, &connection).await? {
            Ok(mut worker) => Ok(one_cycle(house, &mut worker).await?),
            Err(error) => {
                let told = broken::tell(house, &connection, &error).await?;
                Err(Refused { error, told })
            }
        };
        results.push(Attempt { connection: connection.name, outcome });
    }
    Ok(results)
}

/// A worker, or why there can be none; new settings that wait are taken first if they may be the cure.
async fn worker(
    house: &House,
    connection: &ConnectionRecord,
) -> Result<Result<Worker, ComposeError>, ComposeError> {
    match house.worker(connection).await {
        Ok(worker) => return Ok(Ok(worker)),
        Err(error @ ComposeError::Ledger(_)) => return Err(error),
        Err(_) => take_settings(house, &connection.name).await?,
    }
    let now = house.ledger.connection(&connection.name).await?;
    match house.worker(now.as_ref().unwrap_or(connection)).await {
        Err(error @ ComposeError::Ledger(_)) => Err(error),
        other => Ok(other),
    }
}

/// One whole cycle of a worker that is kept by the caller.
pub async fn one_cycle(house: &House, worker: &mut Worker) -> Result<Once, ComposeError> {
    let mut turn = worker.turn(true).await?;
    for _ in 1..TURNS_MAX {
        let Some(connection) = house.ledger.connection(&worker.name).await? else { break };
        if connection.settings_version == worker.settings_version {
            break;
        }
        let memory = std::mem::take(&mut worker.memory);
        *worker = house.worker(&connection).await?;
        worker.memory = memory;
        turn = worker.turn(true).await?;
    }
    // Everything that is due, also of a long backlog.
    while worker.memory.unsent {
        turn = worker.turn(true).await?;
    }
    let query = adapters::ledger::ExportQuery {
        states: vec!["sending", "unconfirmed"],
        ..adapters::ledger::ExportQuery::default()
    };
    let unconfirmed = house.ledger.exports(&worker.name, &query).await?.len();
    let connection = house.ledger.connection(&worker.name).await?;
    let live = connection.is_some_and(|connection| connection.live_since.is_some());
    worker.release().await?;
    Ok(Once { connection: worker.name.clone(), turn, unconfirmed, live })
}
