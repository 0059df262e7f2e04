//! What people ask for while a cycle may be running: a row that the next turn applies. What a verb means is not known
//! here.

use super::commit::Writing;
use super::connections::require_connection;
use super::records::{AuditEntry, Command};
use super::rows::{Row, kept};
use super::{Ledger, LedgerError, Result, audit, next_number, statements};
use domain::ids::JoorOrderId;
use domain::time::Moment;
use sqlx::{AnyConnection, query};

macro_rules! commands {
    () => {
        "select id, connection, verb, arguments, asked_by, at, applied, done, words from command "
    };
}

statements! {
    INSERT = "insert into command (id, connection, verb, arguments, asked_by, at, joor_order) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    PENDING = concat!(commands!(), "where connection = $1 and applied is null order by id");
    OF_ORDER = concat!(commands!(), "where connection = $1 and joor_order = $2 order by id");
    COMMAND = concat!(commands!(), "where id = $1");
    LATEST = concat!(commands!(), "where id < $2 and ($1 = '' or connection = $1) order by id desc limit $3");
    FINISH = "update command set applied = $3, done = $4, words = $5 where id = $1 and connection = $2 \
        and applied is null";
    FOUND = "select id from command where id = $1 and connection = $2";
}

impl Ledger {
    /// Writes down what a person asks for; needs no lease. The answer is the command's number.
    pub async fn insert_command(
        &self,
        name: &str,
        verb: &str,
        arguments: &str,
        by: &str,
        now: Moment,
    ) -> Result<i64> {
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            require_connection(&mut transaction, name).await?;
            let id = next_number(&mut transaction, "command").await?;
            let order = subject(arguments);
            query(INSERT)
                .bind(id)
                .bind(name)
                .bind(verb)
                .bind(kept(arguments))
                .bind(kept(by))
                .bind(now.0)
                .bind((!order.is_empty()).then_some(order.as_str()))
                .execute(&mut *transaction)
                .await?;
            let number = format!("command {id}");
            let asked =
                AuditEntry { connection: Some(name), detail: &number, ..AuditEntry::of(by, verb, &order) };
            audit::append(&mut transaction, &asked, now).await?;
            transaction.commit().await?;
            Ok(id)
        })
        .await
    }

    /// Commands that no turn has applied yet, in the order they were asked.
    pub async fn pending_commands(&self, name: &str) -> Result<Vec<Command>> {
        let rows = self.rows(query(PENDING).bind(name)).await?;
        rows.iter().map(|row| command_from(&Row(row))).collect()
    }

    /// What was asked for about an order, in the order it was asked.
    pub async fn commands_of(&self, name: &str, order: &JoorOrderId) -> Result<Vec<Command>> {
        let rows = self.rows(query(OF_ORDER).bind(name).bind(order.as_str())).await?;
        rows.iter().map(|row| command_from(&Row(row))).collect()
    }

    /// Commands with their connection, newest first; with a number only those before it.
    pub async fn commands(
        &self,
        connection: Option<&str>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<(String, Command)>> {
        let asked = query(LATEST).bind(connection.unwrap_or_default()).bind(before.unwrap_or(i64::MAX));
        let rows = self.rows(asked.bind(i64::from(limit))).await?;
        rows.iter().map(|row| Ok((Row(row).text("connection")?, command_from(&Row(row))?))).collect()
    }

    pub async fn command(&self, id: i64) -> Result<Option<Command>> {
        let row = self.row(query(COMMAND).bind(id)).await?;
        row.map(|row| command_from(&Row(&row))).transpose()
    }
}

/// The order or the cause that a command is about; empty: the connection itself.
fn subject(arguments: &str) -> String {
    let arguments = serde_json::from_str::<serde_json::Value>(arguments).unwrap_or_default();
    let named = ["order", "code"].iter().find_map(|key| arguments[key].as_str());
    named.unwrap_or_default().to_owned()
}

/// A command is applied once.
pub(super) async fn finish(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    id: i64,
    done: bool,
    words: &str,
) -> Result<()> {
    let finished = query(FINISH)
        .bind(id)
        .bind(writing.name)
        .bind(writing.now.0)
        .bind(i64::from(done))
        .bind(kept(words))
        .execute(&mut *connection)
        .await?;
    if finished.rows_affected() == 1 {
        return Ok(());
    }
    Err(match query(FOUND).bind(id).bind(writing.name).fetch_optional(connection).await? {
        Some(_) => LedgerError::Exists(format!("the outcome of command {id}")),
        None => LedgerError::NotFound(format!("command {id}")),
    })
}

fn command_from(row: &Row) -> Result<Command> {
    let outcome = match (row.number_or_none("done")?, row.text_or_none("words")?) {
        (Some(done), Some(words)) => Some((done != 0, words)),
        (None, _) | (_, None) => None,
    };
    Ok(Command {
        id: row.number("id")?,
        verb: row.text("verb")?,
        arguments: row.text("arguments")?,
        by: row.text("asked_by")?,
        at: row.moment("at")?,
        outcome,
        applied: row.moment_or_none("applied")?,
    })
}
