//! The last refusal of an export's request, so that the same request is not sent again and again. When it may be sent
//! again is decided elsewhere.

use super::exports::require_export;
use super::records::RefusalRecord;
use super::rows::{Row, kept, keyed};
use super::{Result, statements};
use domain::ids::ExportKey;
use sqlx::{AnyConnection, query};

statements! {
    NOTE = "insert into refusal (connection, joor_order, generation, part, fingerprint, times, at, code, \
        severity, who, sentence, resolution) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
        on conflict (connection, joor_order, generation, part) do update set fingerprint = excluded.fingerprint, \
        times = excluded.times, at = excluded.at, code = excluded.code, severity = excluded.severity, \
        who = excluded.who, sentence = excluded.sentence, resolution = excluded.resolution";
    FORGET = "delete from refusal where connection = $1 and joor_order = $2 and generation = $3 and part = $4";
}

pub(super) async fn note(
    connection: &mut AnyConnection,
    name: &str,
    key: &ExportKey,
    refusal: Option<&RefusalRecord>,
) -> Result<()> {
    require_export(connection, name, key).await?;
    let asked = match refusal {
        None => keyed(query(FORGET), name, key),
        Some(refusal) => keyed(query(NOTE), name, key)
            .bind(refusal.fingerprint.as_str())
            .bind(i64::from(refusal.times))
            .bind(refusal.at.0)
            .bind(refusal.told.code)
            .bind(refusal.told.severity.word())
            .bind(refusal.told.who.word())
            .bind(kept(&refusal.told.sentence))
            .bind(kept(&refusal.told.resolution)),
    };
    asked.execute(connection).await?;
    Ok(())
}

/// The joined columns of a refusal; all of them are null where there is none.
pub(super) fn from_row(row: &Row) -> Result<Option<RefusalRecord>> {
    let Some(fingerprint) = row.text_or_none("fingerprint")? else { return Ok(None) };
    Ok(Some(RefusalRecord {
        fingerprint,
        times: row.count("times")?,
        at: row.moment("at")?,
        told: row.told()?,
    }))
}
