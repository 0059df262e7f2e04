//! Exactly one cycle for each chosen connection, then the end.

use crate::compose::{ComposeError, House};
use crate::cycle::{Turn, Worker};

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

/// Runs one cycle of each of these connections (all of them if none is named).
pub async fn once(house: &House, only: Option<&str>) -> Result<Vec<Once>, ComposeError> {
    let mut results = Vec::new();
    for connection in house.ledger.connections().await? {
        if only.is_some_and(|name| name != connection.name) {
            continue;
        }
        let mut worker = house.worker(&connection).await?;
        results.push(one_cycle(house, &mut worker).await?);
    }
    Ok(results)
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
