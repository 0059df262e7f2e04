//! Who did what: rows that are only ever appended, in the transaction of what was done.

use super::records::{AuditEntry, AuditRecord};
use super::rows::{Row, beginning};
use super::{Ledger, Result, next_number, statements};
use domain::time::Moment;
use sqlx::{AnyConnection, query};

/// Longer words about one deed are cut.
const DETAIL_CHARS_MAX: usize = 4000;
const WORD_CHARS_MAX: usize = 200;

statements! {
    APPEND = "insert into audit (id, at, done_by, connection, what, subject, detail) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    LATEST = "select id, at, done_by, connection, what, subject, detail from audit \
        where id < $2 and ($1 = '' or connection = $1) order by id desc limit $3";
}

impl Ledger {
    /// Notes a deed that changed nothing else in the ledger.
    pub async fn note_audit(&self, entry: &AuditEntry<'_>, now: Moment) -> Result<()> {
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            append(&mut transaction, entry, now).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    /// Who did what, newest first; with a number only what was done before it.
    pub async fn audit(
        &self,
        connection: Option<&str>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>> {
        let asked = query(LATEST).bind(connection.unwrap_or_default()).bind(before.unwrap_or(i64::MAX));
        let rows = self.rows(asked.bind(i64::from(limit))).await?;
        rows.iter().map(|row| audit_from(&Row(row))).collect()
    }
}

/// Part of the transaction that does it.
pub(super) async fn append(
    connection: &mut AnyConnection,
    entry: &AuditEntry<'_>,
    now: Moment,
) -> Result<()> {
    let id = next_number(connection, "audit").await?;
    query(APPEND)
        .bind(id)
        .bind(now.0)
        .bind(beginning(entry.by, WORD_CHARS_MAX))
        .bind(entry.connection.unwrap_or_default())
        .bind(beginning(entry.what, WORD_CHARS_MAX))
        .bind(beginning(entry.subject, WORD_CHARS_MAX))
        .bind(beginning(entry.detail, DETAIL_CHARS_MAX))
        .execute(connection)
        .await?;
    Ok(())
}

fn audit_from(row: &Row) -> Result<AuditRecord> {
    let connection = row.text("connection")?;
    Ok(AuditRecord {
        id: row.number("id")?,
        at: row.moment("at")?,
        by: row.text("done_by")?,
        connection: (!connection.is_empty()).then_some(connection),
        what: row.text("what")?,
        subject: row.text("subject")?,
        detail: row.text("detail")?,
    })
}
