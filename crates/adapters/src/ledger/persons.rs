//! People who may sign in: their roles, the hashes of their passwords, and wrong passwords that were tried. Each change
//! is audited with it. How a password is checked, and for how long somebody is locked out, is decided elsewhere.

use super::dialect::Dialect;
use super::records::{AuditEntry, PersonRecord, Role};
use super::rows::{Row, unreadable};
use super::{Ledger, LedgerError, Result, audit, sessions, statements};
use domain::time::Moment;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, query, query_scalar};
use std::time::Duration;

macro_rules! persons {
    () => {
        "select name, role, password_hash, created, disabled, failures, locked_until from person "
    };
}

statements! {
    INSERT = "insert into person (name, role, password_hash, created, failures) values ($1, $2, $3, $4, 0) \
        on conflict do nothing";
    PERSONS = concat!(persons!(), "order by name");
    PERSON = concat!(persons!(), "where name = $1");
    ADMINS = "select count(*) from person where role = 'admin' and disabled is null";
    SET_ROLE = "update person set role = $2 where name = $1";
    SET_PASSWORD = "update person set password_hash = $2, failures = 0, locked_until = null where name = $1";
    SET_DISABLED = "update person set disabled = $2 where name = $1";
    COUNT_FAILURE = "update person set failures = failures + 1 where name = $1 returning failures";
    LOCK = "update person set locked_until = $2 where name = $1";
    FORGET_FAILURES = "update person set failures = 0, locked_until = null where name = $1";
}

/// What became of a change that would leave nobody who may change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Changed {
    Done,
    /// Refused: this is the last admin who may sign in. Nothing was stored.
    LastAdmin,
}

impl Ledger {
    /// Somebody new who may sign in. Names are kept in lower case.
    pub async fn create_person(
        &self,
        name: &str,
        role: Role,
        password_hash: &str,
        by: &str,
        now: Moment,
    ) -> Result<()> {
        let name = &name_key(name);
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            let insert = query(INSERT).bind(name).bind(role.word()).bind(password_hash).bind(now.0);
            if insert.execute(&mut *transaction).await?.rows_affected() == 0 {
                return Err(LedgerError::Exists(format!("person {name}")));
            }
            let made = AuditEntry { detail: role.word(), ..AuditEntry::of(by, "create_person", name) };
            audit::append(&mut transaction, &made, now).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    /// Everybody, by name.
    pub async fn persons(&self) -> Result<Vec<PersonRecord>> {
        let rows = self.rows(query(PERSONS)).await?;
        rows.iter().map(|row| person_from(&Row(row))).collect()
    }

    /// Somebody by name, whatever its case.
    pub async fn person(&self, name: &str) -> Result<Option<PersonRecord>> {
        let row = self.row(query(PERSON).bind(name_key(name))).await?;
        row.map(|row| person_from(&Row(&row))).transpose()
    }

    /// How many admins may sign in.
    pub async fn admins(&self) -> Result<u64> {
        let rows = self.rows(query(ADMINS)).await?;
        rows.first().map_or(Ok(0), first_count)
    }

    /// The last admin who may sign in stays one.
    pub async fn set_role(&self, name: &str, role: Role, by: &str, now: Moment) -> Result<Changed> {
        let name = &name_key(name);
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            let person = locked(&mut transaction, name).await?;
            if role != Role::Admin && is_last_admin(&mut transaction, &person).await? {
                return Ok(Changed::LastAdmin);
            }
            query(SET_ROLE).bind(name).bind(role.word()).execute(&mut *transaction).await?;
            let detail = format!("{} to {}", person.role.word(), role.word());
            let set = AuditEntry { detail: &detail, ..AuditEntry::of(by, "set_role", name) };
            audit::append(&mut transaction, &set, now).await?;
            transaction.commit().await?;
            Ok(Changed::Done)
        })
        .await
    }

    /// A new password takes a lock away, and ends every session except the one to keep.
    pub async fn set_password(
        &self,
        name: &str,
        password_hash: &str,
        keep: Option<&str>,
        by: &str,
        now: Moment,
    ) -> Result<()> {
        let name = &name_key(name);
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            locked(&mut transaction, name).await?;
            query(SET_PASSWORD).bind(name).bind(password_hash).execute(&mut *transaction).await?;
            sessions::end_all(&mut transaction, name, keep).await?;
            audit::append(&mut transaction, &AuditEntry::of(by, "set_password", name), now).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    /// Nobody is forgotten: a person who leaves may not sign in any more, and every session ends. The last admin stays.
    pub async fn disable_person(&self, name: &str, by: &str, now: Moment) -> Result<Changed> {
        let name = &name_key(name);
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            let person = locked(&mut transaction, name).await?;
            if is_last_admin(&mut transaction, &person).await? {
                return Ok(Changed::LastAdmin);
            }
            query(SET_DISABLED).bind(name).bind(Some(now.0)).execute(&mut *transaction).await?;
            sessions::end_all(&mut transaction, name, None).await?;
            audit::append(&mut transaction, &AuditEntry::of(by, "disable_person", name), now).await?;
            transaction.commit().await?;
            Ok(Changed::Done)
        })
        .await
    }

    pub async fn enable_person(&self, name: &str, by: &str, now: Moment) -> Result<()> {
        let name = &name_key(name);
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            locked(&mut transaction, name).await?;
            query(SET_DISABLED).bind(name).bind(None::<i64>).execute(&mut *transaction).await?;
            audit::append(&mut transaction, &AuditEntry::of(by, "enable_person", name), now).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    /// Counts a wrong password; `lock` says for how long so many of them lock the person out. `None`: nobody has that
    /// name.
    pub async fn note_failure(
        &self,
        name: &str,
        now: Moment,
        lock: fn(u32) -> Option<Duration>,
    ) -> Result<Option<PersonRecord>> {
        let name = &name_key(name);
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            let counted: Option<i64> =
                query_scalar(COUNT_FAILURE).bind(name).fetch_optional(&mut *transaction).await?;
            let Some(failures) = counted else { return Ok(None) };
            if let Some(span) = lock(u32::try_from(failures).unwrap_or(u32::MAX)) {
                query(LOCK).bind(name).bind(now.plus(span).0).execute(&mut *transaction).await?;
                let detail = format!("{failures} wrong passwords");
                let shut = AuditEntry { detail: &detail, ..AuditEntry::of(name, "lock_person", name) };
                audit::append(&mut transaction, &shut, now).await?;
            }
            let person = found(&mut transaction, name).await?;
            transaction.commit().await?;
            Ok(Some(person))
        })
        .await
    }
}

/// A right password: what was counted before is forgotten.
pub(super) async fn forget_failures(connection: &mut AnyConnection, name: &str) -> Result<()> {
    query(FORGET_FAILURES).bind(name).execute(connection).await?;
    Ok(())
}

/// Names are one whatever their case.
pub(super) fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The person, with nobody else changing people meanwhile: of two admins who remove each other one is refused.
async fn locked(connection: &mut AnyConnection, name: &str) -> Result<PersonRecord> {
    Dialect::lock_numbers(connection).await?;
    found(connection, name).await
}

async fn found(connection: &mut AnyConnection, name: &str) -> Result<PersonRecord> {
    match query(PERSON).bind(name).fetch_optional(connection).await? {
        Some(row) => person_from(&Row(&row)),
        None => Err(LedgerError::NotFound(format!("person {name}"))),
    }
}

async fn is_last_admin(connection: &mut AnyConnection, person: &PersonRecord) -> Result<bool> {
    if person.role != Role::Admin || person.disabled.is_some() {
        return Ok(false);
    }
    let admins: i64 = query_scalar(ADMINS).fetch_one(connection).await?;
    Ok(admins <= 1)
}

fn first_count(row: &AnyRow) -> Result<u64> {
    let count: i64 = sqlx::Row::try_get(row, 0)?;
    u64::try_from(count).map_err(|_| unreadable("count", "an amount"))
}

pub(super) fn person_from(row: &Row) -> Result<PersonRecord> {
    Ok(PersonRecord {
        name: row.text("name")?,
        role: row.role()?,
        password_hash: row.text("password_hash")?,
        created: row.moment("created")?,
        disabled: row.moment_or_none("disabled")?,
        failures: row.count("failures")?,
        locked_until: row.moment_or_none("locked_until")?,
    })
}
