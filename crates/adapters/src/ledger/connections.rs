//! Connections: settings and their versions, sealed secrets, leases and epochs, schedule and finished cycles. Orders
//! and exports are elsewhere; secrets arrive sealed and leave sealed.

use super::commit::Writing;
use super::records::{AuditEntry, ConnectionRecord, CycleRecord, SettingVersion};
use super::rows::Row;
use super::{Ledger, LedgerError, Result, audit, migrate, next_number, statements};
use domain::ids::Epoch;
use domain::time::Moment;
use jiff::civil::Date;
use sqlx::{AnyConnection, query, query_scalar};
use std::collections::BTreeMap;
use std::time::Duration;

macro_rules! connections {
    () => {
        "select c.name, c.settings_version, c.paused, c.live_since, c.shop_id, c.created, c.next_due, c.epoch, \
         c.lease_owner, c.lease_until, c.last_good, c.last_daily, v.document from connection c \
         join setting_version v on v.connection = c.name and v.version = c.settings_version "
    };
}

statements! {
    CONNECTIONS = concat!(connections!(), "order by c.name");
    CONNECTION = concat!(connections!(), "where c.name = $1");
    INSERT_CONNECTION = "insert into connection (name, settings_version, paused, created, next_due, epoch) \
        values ($1, 1, 0, $2, $2, 0) on conflict do nothing";
    INSERT_VERSION = "insert into setting_version (connection, version, document, changed_by, at) \
        values ($1, $2, $3, $4, $5)";
    VERSIONS = "select version, document, changed_by, at from setting_version where connection = $1 order by version";
    RAISE_VERSION = "update connection set settings_version = settings_version + 1 where name = $1 \
        returning settings_version";
    PUT_SECRET = "insert into secret (connection, name, sealed, at) values ($1, $2, $3, $4) \
        on conflict (connection, name) do update set sealed = excluded.sealed, at = excluded.at";
    SECRETS = "select name, sealed from secret where connection = $1";
    EXISTS = "select count(*) from connection where name = $1";
    TAKE_LEASE = "update connection set epoch = epoch + 1, lease_owner = $2, lease_until = $3 where name = $1 \
        and (lease_owner is null or lease_owner = $2 or lease_until <= $4) returning epoch";
    RENEW_LEASE = "update connection set lease_until = $3 where name = $1 and epoch = $2 and lease_owner is not null";
    RELEASE_LEASE = "update connection set lease_owner = null, lease_until = $3 where name = $1 and epoch = $2";
    HOLD_EPOCH = "update connection set pulse = pulse + 1 where name = $1 and epoch = $2 \
        returning (select max(version) from _sqlx_migrations)";
    STIR = "update connection set pulse = pulse + 1 where name = $1";
    SET_NEXT_DUE = "update connection set next_due = $2 where name = $1";
    SET_LAST_GOOD = "update connection set last_good = $2 where name = $1";
    SET_LAST_DAILY = "update connection set last_daily = $2 where name = $1";
    SET_SHOP = "update connection set shop_id = $2 where name = $1";
    SET_LIVE = "update connection set live_since = $2 where name = $1";
    SET_PAUSED = "update connection set paused = $2 where name = $1";
    INSERT_CYCLE = "insert into cycle (id, connection, started, finished, outcome, counts, joor_credits, \
        joor_requests, shopify_points, shopify_requests) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    CYCLES = "select started, finished, outcome, counts, joor_credits, joor_requests, shopify_points, \
        shopify_requests from cycle where connection = $1 order by id desc limit $2";
}

impl Ledger {
    /// A new connection in preview, due at once, with its first settings version.
    pub async fn create_connection(&self, name: &str, document: &str, by: &str, now: Moment) -> Result<()> {
        self.create_connection_with(name, document, &BTreeMap::new(), by, now).await
    }

    /// The same with its sealed credentials, so that no connection is ever without them.
    pub async fn create_connection_with(
        &self,
        name: &str,
        document: &str,
        sealed: &BTreeMap<String, String>,
        by: &str,
        now: Moment,
    ) -> Result<()> {
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            let made = query(INSERT_CONNECTION).bind(name).bind(now.0).execute(&mut *transaction).await?;
            if made.rows_affected() == 0 {
                return Err(LedgerError::Exists(format!("connection {name}")));
            }
            insert_version(&mut transaction, name, 1, document, by, now).await?;
            for (secret, sealed) in sealed {
                let put =
                    query(PUT_SECRET).bind(name).bind(secret.as_str()).bind(sealed.as_str()).bind(now.0);
                put.execute(&mut *transaction).await?;
            }
            let made = AuditEntry { connection: Some(name), ..AuditEntry::of(by, "create_connection", name) };
            audit::append(&mut transaction, &made, now).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    pub async fn connections(&self) -> Result<Vec<ConnectionRecord>> {
        let rows = self.rows(query(CONNECTIONS)).await?;
        rows.iter().map(|row| connection_from(&Row(row))).collect()
    }

    pub async fn connection(&self, name: &str) -> Result<Option<ConnectionRecord>> {
        let row = self.row(query(CONNECTION).bind(name)).await?;
        row.map(|row| connection_from(&Row(&row))).transpose()
    }

    /// Every settings version, oldest first.
    pub async fn setting_versions(&self, name: &str) -> Result<Vec<SettingVersion>> {
        let rows = self.rows(query(VERSIONS).bind(name)).await?;
        rows.iter()
            .map(|row| {
                let row = Row(row);
                Ok(SettingVersion {
                    version: row.number("version")?,
                    document: row.text("document")?,
                    by: row.text("changed_by")?,
                    at: row.moment("at")?,
                })
            })
            .collect()
    }

    /// Stores a sealed secret over an earlier one of the same name.
    pub async fn put_secret(&self, name: &str, secret: &str, sealed: &str, now: Moment) -> Result<()> {
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            stir(&mut transaction, name).await?;
            let put = query(PUT_SECRET).bind(name).bind(secret).bind(sealed).bind(now.0);
            put.execute(&mut *transaction).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    /// Sealed secrets by name.
    pub async fn secrets(&self, name: &str) -> Result<BTreeMap<String, String>> {
        let rows = self.rows(query(SECRETS).bind(name)).await?;
        rows.iter().map(|row| Ok((Row(row).text("name")?, Row(row).text("sealed")?))).collect()
    }

    /// Takes the connection over, with an epoch that nobody had before; `None` while somebody else's lease is alive. How
    /// long it lasts is told by the clock that all processes share.
    pub async fn take_lease(
        &self,
        name: &str,
        owner: &str,
        now: Moment,
        ttl: Duration,
    ) -> Result<Option<Epoch>> {
        let dialect = self.store.dialect;
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            require_connection(&mut transaction, name).await?;
            if !dialect.claim(&mut transaction, name).await? {
                return Ok(None);
            }
            let now = dialect.now(&mut transaction, now).await?;
            let epoch: Option<i64> = query_scalar(TAKE_LEASE)
                .bind(name)
                .bind(owner)
                .bind(now.plus(ttl).0)
                .bind(now.0)
                .fetch_optional(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(epoch.map(Epoch))
        })
        .await
    }

    /// `false` if the lease was released or taken over: stop working.
    pub async fn renew_lease(&self, name: &str, epoch: Epoch, now: Moment, ttl: Duration) -> Result<bool> {
        let dialect = self.store.dialect;
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            let until = dialect.now(&mut transaction, now).await?.plus(ttl);
            let renewed =
                query(RENEW_LEASE).bind(name).bind(epoch.0).bind(until.0).execute(&mut *transaction).await?;
            transaction.commit().await?;
            Ok(renewed.rows_affected() == 1)
        })
        .await
    }

    /// Gives the lease back early; does nothing if somebody else has it by now.
    pub async fn release_lease(&self, name: &str, epoch: Epoch, now: Moment) -> Result<()> {
        let dialect = self.store.dialect;
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            let now = dialect.now(&mut transaction, now).await?;
            query(RELEASE_LEASE).bind(name).bind(epoch.0).bind(now.0).execute(&mut *transaction).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    /// Finished cycles, newest first.
    pub async fn cycles(&self, name: &str, limit: u32) -> Result<Vec<CycleRecord>> {
        let rows = self.rows(query(CYCLES).bind(name).bind(i64::from(limit))).await?;
        rows.iter().map(|row| cycle_from(&Row(row))).collect()
    }
}

/// Locks the connection's row for this transaction and makes sure that the epoch is still the one that works on it, and
/// that no newer release changed the schema since this one opened the ledger. The connection's pulse beats with it.
pub(super) async fn hold_epoch(connection: &mut AnyConnection, writing: &Writing<'_>) -> Result<()> {
    let Writing { name, epoch, .. } = *writing;
    let held: Option<i64> =
        query_scalar(HOLD_EPOCH).bind(name).bind(epoch.0).fetch_optional(&mut *connection).await?;
    match held {
        Some(found) if found > migrate::KNOWN => {
            Err(LedgerError::NewerSchema { path: "in use".to_owned(), found, known: migrate::KNOWN })
        }
        Some(_) => Ok(()),
        None => {
            require_connection(connection, name).await?;
            Err(LedgerError::Fenced { connection: name.to_owned(), epoch: epoch.0 })
        }
    }
}

pub(super) async fn require_connection(connection: &mut AnyConnection, name: &str) -> Result<()> {
    let found: i64 = query_scalar(EXISTS).bind(name).fetch_one(connection).await?;
    if found == 1 { Ok(()) } else { Err(LedgerError::NotFound(format!("connection {name}"))) }
}

/// Something that pages show of the connection changes; an error if it is not there.
pub(super) async fn stir(connection: &mut AnyConnection, name: &str) -> Result<()> {
    let stirred = query(STIR).bind(name).execute(connection).await?;
    if stirred.rows_affected() == 1 {
        Ok(())
    } else {
        Err(LedgerError::NotFound(format!("connection {name}")))
    }
}

pub(super) async fn set_next_due(connection: &mut AnyConnection, name: &str, due: Moment) -> Result<()> {
    query(SET_NEXT_DUE).bind(name).bind(due.0).execute(connection).await?;
    Ok(())
}

pub(super) async fn set_last_good(connection: &mut AnyConnection, name: &str, at: Moment) -> Result<()> {
    query(SET_LAST_GOOD).bind(name).bind(at.0).execute(connection).await?;
    Ok(())
}

pub(super) async fn set_last_daily(connection: &mut AnyConnection, name: &str, day: Date) -> Result<()> {
    query(SET_LAST_DAILY).bind(name).bind(day.to_string()).execute(connection).await?;
    Ok(())
}

pub(super) async fn set_shop(connection: &mut AnyConnection, name: &str, shop: &str) -> Result<()> {
    query(SET_SHOP).bind(name).bind(shop).execute(connection).await?;
    Ok(())
}

pub(super) async fn set_live(
    connection: &mut AnyConnection,
    name: &str,
    since: Option<Moment>,
) -> Result<()> {
    query(SET_LIVE).bind(name).bind(since.map(|at| at.0)).execute(connection).await?;
    Ok(())
}

pub(super) async fn set_paused(connection: &mut AnyConnection, name: &str, paused: bool) -> Result<()> {
    query(SET_PAUSED).bind(name).bind(i64::from(paused)).execute(connection).await?;
    Ok(())
}

pub(super) async fn put_sealed(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    secret: &str,
    sealed: &str,
) -> Result<()> {
    query(PUT_SECRET)
        .bind(writing.name)
        .bind(secret)
        .bind(sealed)
        .bind(writing.now.0)
        .execute(&mut *connection)
        .await?;
    Ok(())
}

pub(super) async fn new_settings(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    document: &str,
    by: &str,
) -> Result<()> {
    let version: i64 = query_scalar(RAISE_VERSION).bind(writing.name).fetch_one(&mut *connection).await?;
    insert_version(connection, writing.name, version, document, by, writing.now).await
}

pub(super) async fn insert_cycle(
    connection: &mut AnyConnection,
    name: &str,
    cycle: &CycleRecord,
) -> Result<()> {
    let id = next_number(connection, "cycle").await?;
    query(INSERT_CYCLE)
        .bind(id)
        .bind(name)
        .bind(cycle.started.0)
        .bind(cycle.finished.0)
        .bind(cycle.outcome.as_str())
        .bind(cycle.counts.as_str())
        .bind(cycle.joor_credits)
        .bind(cycle.joor_requests)
        .bind(cycle.shopify_points)
        .bind(cycle.shopify_requests)
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_version(
    connection: &mut AnyConnection,
    name: &str,
    version: i64,
    document: &str,
    by: &str,
    now: Moment,
) -> Result<()> {
    query(INSERT_VERSION)
        .bind(name)
        .bind(version)
        .bind(document)
        .bind(by)
        .bind(now.0)
        .execute(connection)
        .await?;
    Ok(())
}

fn connection_from(row: &Row) -> Result<ConnectionRecord> {
    Ok(ConnectionRecord {
        name: row.text("name")?,
        settings: row.text("document")?,
        settings_version: row.number("settings_version")?,
        paused: row.truth("paused")?,
        live_since: row.moment_or_none("live_since")?,
        shop_id: row.text_or_none("shop_id")?,
        created: row.moment("created")?,
        next_due: row.moment("next_due")?,
        epoch: row.number("epoch")?,
        lease_owner: row.text_or_none("lease_owner")?,
        lease_until: row.moment_or_none("lease_until")?,
        last_good: row.moment_or_none("last_good")?,
        last_daily: row.date_or_none("last_daily")?,
    })
}

fn cycle_from(row: &Row) -> Result<CycleRecord> {
    Ok(CycleRecord {
        started: row.moment("started")?,
        finished: row.moment("finished")?,
        outcome: row.text("outcome")?,
        counts: row.text("counts")?,
        joor_credits: row.number("joor_credits")?,
        joor_requests: row.number("joor_requests")?,
        shopify_points: row.number("shopify_points")?,
        shopify_requests: row.number("shopify_requests")?,
    })
}
