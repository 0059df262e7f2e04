//! What people are told: the outbox of mails. Mails survive restarts here; they are sent elsewhere.

use super::commit::Writing;
use super::records::MailRecord;
use super::rows::{Row, kept};
use super::{Ledger, LedgerError, Result, next_number, statements};
use crate::ports::Letter;
use domain::cycle::Due;
use domain::time::Moment;
use sqlx::{AnyConnection, query};

macro_rules! mails {
    () => {
        "select id, connection, letter_id, recipients, subject, body, queued, tries, due, outcome from mail "
    };
}

statements! {
    QUEUE = "insert into mail (id, connection, letter_id, recipients, subject, body, queued, tries, due) \
        values ($1, $2, $3, $4, $5, $6, $7, 0, $7) on conflict do nothing";
    ADDRESS_MAIL = "update mail set recipients = $3 where id = $1 and connection = $2";
    MOVE_MAIL = "update mail set tries = $3, due = $4, outcome = $5 where id = $1 and connection = $2";
    DUE = concat!(mails!(), "where outcome is null and (due <= $1 or due > $2) order by due, id");
    MAILS = concat!(mails!(), "where connection = $1 order by id desc limit $2");
}

impl Ledger {
    /// Mails of all connections that are to be tried now, with their connection.
    pub async fn mails_due(&self, due: impl Into<Due>) -> Result<Vec<(String, MailRecord)>> {
        let due: Due = due.into();
        let rows = self.rows(query(DUE).bind(due.now.0).bind(due.latest().0)).await?;
        rows.iter().map(|row| Ok((Row(row).text("connection")?, mail_from(&Row(row))?))).collect()
    }

    /// Mails of a connection, newest first.
    pub async fn mails(&self, name: &str, limit: u32) -> Result<Vec<MailRecord>> {
        let rows = self.rows(query(MAILS).bind(name).bind(i64::from(limit))).await?;
        rows.iter().map(|row| mail_from(&Row(row))).collect()
    }
}

pub(super) async fn queue(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    letter: &Letter,
) -> Result<()> {
    let id = next_number(connection, "mail").await?;
    let queued = query(QUEUE)
        .bind(id)
        .bind(writing.name)
        .bind(letter.id.as_str())
        .bind(list(&letter.to))
        .bind(kept(&letter.subject))
        .bind(kept(&letter.body))
        .bind(writing.now.0)
        .execute(connection)
        .await?;
    if queued.rows_affected() == 1 {
        Ok(())
    } else {
        Err(LedgerError::Exists(format!("letter {}", letter.id)))
    }
}

pub(super) async fn address_mail(
    connection: &mut AnyConnection,
    name: &str,
    id: i64,
    to: &[String],
) -> Result<()> {
    let addressed = query(ADDRESS_MAIL).bind(id).bind(name).bind(list(to)).execute(connection).await?;
    if addressed.rows_affected() == 1 { Ok(()) } else { Err(LedgerError::NotFound(format!("mail {id}"))) }
}

pub(super) async fn move_mail(
    connection: &mut AnyConnection,
    name: &str,
    id: i64,
    tries: u32,
    due: Moment,
    outcome: Option<&str>,
) -> Result<()> {
    let moved = query(MOVE_MAIL)
        .bind(id)
        .bind(name)
        .bind(i64::from(tries))
        .bind(due.0)
        .bind(outcome)
        .execute(connection)
        .await?;
    if moved.rows_affected() == 1 { Ok(()) } else { Err(LedgerError::NotFound(format!("mail {id}"))) }
}

fn list(addresses: &[String]) -> String {
    serde_json::Value::from(addresses.to_vec()).to_string()
}

fn mail_from(row: &Row) -> Result<MailRecord> {
    let to = serde_json::from_str(&row.text("recipients")?)
        .map_err(|_| LedgerError::Store("column recipients does not hold a list of addresses".to_owned()))?;
    Ok(MailRecord {
        id: row.number("id")?,
        letter: Letter {
            to,
            subject: row.text("subject")?,
            body: row.text("body")?,
            id: row.text("letter_id")?,
        },
        queued: row.moment("queued")?,
        tries: row.count("tries")?,
        due: row.moment("due")?,
        outcome: row.text_or_none("outcome")?,
    })
}
