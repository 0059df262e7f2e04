//! Every request that was written down for the exports of an order, with Shopify's answer to it and what the decision
//! behind it had seen.

use super::records::AttemptRecord;
use super::rows::{Row, beginning, keyed, unreadable};
use super::{Ledger, LedgerError, Result, statements};
use domain::ids::{ExportKey, JoorOrderId};
use sqlx::{AnyConnection, query};

/// Longer answers are cut.
const ANSWER_CHARS_MAX: usize = 20_000;
const DECIDED_CHARS_MAX: usize = 200_000;

macro_rules! last {
    () => {
        "where connection = $1 and joor_order = $2 and generation = $3 and part = $4 and version = \
         (select max(l.version) from attempt l where l.connection = $1 and l.joor_order = $2 and l.generation = $3 \
         and l.part = $4)"
    };
}

statements! {
    NOTE_ANSWER = concat!("update attempt set answer = $5 ", last!());
    NOTE_DECISION = concat!("update attempt set decided = $5 ", last!());
    ATTEMPTS = "select a.joor_order, a.generation, a.part, a.version, a.attempt, a.at, a.body, a.fingerprint, \
        a.expected_amount, a.expected_currency, a.units, a.answer, a.decided, e.token from attempt a join export e \
        on e.connection = a.connection and e.joor_order = a.joor_order and e.generation = a.generation \
        and e.part = a.part where a.connection = $1 and a.joor_order = $2 \
        order by a.generation, a.part, a.version";
}

impl Ledger {
    /// Every request that was written down for this order, by generation and part, oldest first.
    pub async fn attempts(&self, name: &str, order: &JoorOrderId) -> Result<Vec<AttemptRecord>> {
        let rows = self.rows(query(ATTEMPTS).bind(name).bind(order.as_str())).await?;
        rows.iter().map(|row| attempt_from(&Row(row))).collect()
    }
}

pub(super) async fn note_answer(
    connection: &mut AnyConnection,
    name: &str,
    key: &ExportKey,
    answer: &str,
) -> Result<()> {
    note(connection, NOTE_ANSWER, name, key, beginning(answer, ANSWER_CHARS_MAX)).await
}

/// A decision that is too long is left out: half of it could not be read.
pub(super) async fn note_seen(
    connection: &mut AnyConnection,
    name: &str,
    key: &ExportKey,
    decided: &str,
) -> Result<()> {
    if decided.len() > DECIDED_CHARS_MAX {
        return Ok(());
    }
    note(connection, NOTE_DECISION, name, key, beginning(decided, DECIDED_CHARS_MAX)).await
}

async fn note(
    connection: &mut AnyConnection,
    statement: &'static str,
    name: &str,
    key: &ExportKey,
    words: String,
) -> Result<()> {
    let noted = keyed(query(statement), name, key).bind(words).execute(connection).await?;
    if noted.rows_affected() == 1 {
        return Ok(());
    }
    Err(LedgerError::NotFound(format!("a request of export {key}")))
}

fn attempt_from(row: &Row) -> Result<AttemptRecord> {
    Ok(AttemptRecord {
        key: row.key()?,
        version: row.number("version")?,
        attempt: row.number_or_none("attempt")?,
        at: row.moment("at")?,
        request: row.frozen_or_none("")?.ok_or_else(|| unreadable("body", "a request"))?,
        answer: row.text_or_none("answer")?,
        decided: row.text_or_none("decided")?,
    })
}
