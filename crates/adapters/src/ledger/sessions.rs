//! Where people are signed in. A session is found by the hash of its token; how long one lasts is decided elsewhere.

use super::persons::{forget_failures, name_key, person_from};
use super::records::{AuditEntry, PersonRecord, SessionRecord};
use super::rows::{Row, beginning};
use super::{Ledger, LedgerError, Result, audit, statements};
use domain::time::Moment;
use sqlx::{AnyConnection, query, query_scalar};

/// What a browser says of itself may be long.
const AGENT_CHARS_MAX: usize = 300;
const ADDRESS_CHARS_MAX: usize = 100;

statements! {
    INSERT = "insert into session (hash, person, created, seen, expires, agent, address) \
        select $1, p.name, $3, $4, $5, $6, $7 from person p where p.name = $2 and p.disabled is null";
    KNOWN = "select count(*) from session where hash = $1";
    REMOVE_EXPIRED = "delete from session where expires <= $1";
    FIND = "select s.hash, s.person, s.created as began, s.seen, s.expires, s.agent, s.address, p.name, p.role, \
        p.password_hash, p.created, p.disabled, p.failures, p.locked_until from session s join person p \
        on p.name = s.person where s.hash = $1 and s.expires > $2 and p.disabled is null";
    TOUCH = "update session set seen = $2, expires = $3 where hash = $1 and expires > $2";
    END = "delete from session where hash = $1 returning person";
    END_ALL = "delete from session where person = $1 and hash <> $2";
    LIST = "select hash, person, created as began, seen, expires, agent, address from session \
        where expires > $2 and ($1 = '' or person = $1) order by seen desc, hash";
}

impl Ledger {
    /// Somebody gave the right password: what was counted against the person is forgotten, and sessions that are over
    /// are removed.
    pub async fn create_session(&self, session: &SessionRecord) -> Result<()> {
        let (person, now) = (&name_key(&session.person), session.created);
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            query(REMOVE_EXPIRED).bind(now.0).execute(&mut *transaction).await?;
            let known: i64 =
                query_scalar(KNOWN).bind(session.hash.as_str()).fetch_one(&mut *transaction).await?;
            if known > 0 {
                return Err(LedgerError::Exists("the session".to_owned()));
            }
            let made = query(INSERT)
                .bind(session.hash.as_str())
                .bind(person)
                .bind(session.created.0)
                .bind(session.seen.0)
                .bind(session.expires.0)
                .bind(beginning(&session.agent, AGENT_CHARS_MAX))
                .bind(beginning(&session.address, ADDRESS_CHARS_MAX))
                .execute(&mut *transaction)
                .await?;
            if made.rows_affected() == 0 {
                return Err(LedgerError::NotFound(format!("person {person}")));
            }
            forget_failures(&mut transaction, person).await?;
            let signed = AuditEntry { detail: &session.address, ..AuditEntry::of(person, "sign_in", person) };
            audit::append(&mut transaction, &signed, now).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    /// The session with this hash and its person, unless it is over or the person may not sign in any more.
    pub async fn session(&self, hash: &str, now: Moment) -> Result<Option<(SessionRecord, PersonRecord)>> {
        let row = self.row(query(FIND).bind(hash).bind(now.0)).await?;
        row.map(|row| Ok((session_from(&Row(&row))?, person_from(&Row(&row))?))).transpose()
    }

    /// Somebody used the session; it lasts until then. `false`: it is over.
    pub async fn touch_session(&self, hash: &str, now: Moment, expires: Moment) -> Result<bool> {
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            let touch = query(TOUCH).bind(hash).bind(now.0).bind(expires.0);
            let touched = touch.execute(&mut *transaction).await?;
            transaction.commit().await?;
            Ok(touched.rows_affected() == 1)
        })
        .await
    }

    /// Signs out one session. `false`: it was over before.
    pub async fn end_session(&self, hash: &str, by: &str, now: Moment) -> Result<bool> {
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            let ended: Option<String> =
                query_scalar(END).bind(hash).fetch_optional(&mut *transaction).await?;
            let Some(person) = ended else { return Ok(false) };
            audit::append(&mut transaction, &AuditEntry::of(by, "end_session", &person), now).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Signs somebody out everywhere, except in the session to keep; says how many sessions ended.
    pub async fn end_sessions(&self, person: &str, keep: Option<&str>, by: &str, now: Moment) -> Result<u64> {
        let person = &name_key(person);
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            let ended = end_all(&mut transaction, person, keep).await?;
            if ended == 0 {
                return Ok(0);
            }
            let detail = format!("{ended} sessions");
            let out = AuditEntry { detail: &detail, ..AuditEntry::of(by, "end_sessions", person) };
            audit::append(&mut transaction, &out, now).await?;
            transaction.commit().await?;
            Ok(ended)
        })
        .await
    }

    /// Sessions that are not over, of one person or of everybody, used last first.
    pub async fn sessions(&self, person: Option<&str>, now: Moment) -> Result<Vec<SessionRecord>> {
        let person = person.map(name_key).unwrap_or_default();
        let rows = self.rows(query(LIST).bind(person).bind(now.0)).await?;
        rows.iter().map(|row| session_from(&Row(row))).collect()
    }
}

pub(super) async fn end_all(connection: &mut AnyConnection, person: &str, keep: Option<&str>) -> Result<u64> {
    let end = query(END_ALL).bind(person).bind(keep.unwrap_or_default());
    Ok(end.execute(connection).await?.rows_affected())
}

fn session_from(row: &Row) -> Result<SessionRecord> {
    Ok(SessionRecord {
        hash: row.text("hash")?,
        person: row.text("person")?,
        created: row.moment("began")?,
        seen: row.moment("seen")?,
        expires: row.moment("expires")?,
        agent: row.text("agent")?,
        address: row.text("address")?,
    })
}
