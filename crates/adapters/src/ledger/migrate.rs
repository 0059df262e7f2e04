//! Brings the schema of a ledger up to date: each change once, in order, and only if the earlier ones are those that
//! this release carries.

use super::dialect::Dialect;
use super::{LedgerError, Result, at};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, Connection, SqlSafeStr};

/// Its number, its name and its text.
type Change = (i64, &'static str, &'static str);

/// Every schema change in order; each file is what its checksum in the ledger says.
const MIGRATIONS: [Change; 7] = [
    (1, "ledger", include_str!("migrations/0001_ledger.sql")),
    (2, "console", include_str!("migrations/0002_console.sql")),
    (3, "order", include_str!("migrations/0003_order.sql")),
    (4, "subjects", include_str!("migrations/0004_subjects.sql")),
    (5, "worth", include_str!("migrations/0005_worth.sql")),
    (6, "made", include_str!("migrations/0006_made.sql")),
    (7, "wire", include_str!("migrations/0007_wire.sql")),
];

/// The last one.
pub(super) const KNOWN: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

#[cfg(test)]
pub(super) fn migrator(dialect: Dialect) -> Migrator {
    migrator_of(dialect, &MIGRATIONS)
}

fn migrator_of(dialect: Dialect, changes: &[Change]) -> Migrator {
    let migrations = changes.iter().map(|(version, name, sql)| {
        let migration =
            Migration::new(*version, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false);
        dialect.migration(migration, sql)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    // The transaction around it is the lock.
    migrator.set_locking(false);
    migrator
}

/// All changes in one transaction, so that two programs that start at once do them once.
pub(super) async fn migrate(dialect: Dialect, connection: &mut AnyConnection, shown: &str) -> Result<()> {
    bring_up(dialect, connection, shown, &MIGRATIONS).await
}

async fn bring_up(
    dialect: Dialect,
    connection: &mut AnyConnection,
    shown: &str,
    changes: &[Change],
) -> Result<()> {
    let failed = |error| at(shown, error);
    let mut transaction = connection.begin_with(dialect.begin_write()).await.map_err(failed)?;
    let inside: &mut AnyConnection = &mut transaction;
    dialect.lock_schema(inside).await.map_err(failed)?;
    let known = changes.last().map_or(0, |change| change.0);
    migrator_of(dialect, changes).run(inside).await.map_err(|error| migration_error(shown, known, error))?;
    transaction.commit().await.map_err(failed)
}

fn migration_error(shown: &str, known: i64, error: MigrateError) -> LedgerError {
    match error {
        MigrateError::VersionMissing(found) => {
            LedgerError::NewerSchema { path: shown.to_owned(), found, known }
        }
        MigrateError::VersionMismatch(version) => LedgerError::Store(format!(
            "{shown}: schema change {version} is not the one that this release carries, so the ledger was made by a \
             different build or was altered"
        )),
        MigrateError::Execute(inner) | MigrateError::ExecuteMigration(inner, _) => at(shown, inner),
        other => LedgerError::Store(format!("{shown}: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::any::AnyConnectOptions;
    use sqlx::{ConnectOptions, Executor, query_scalar};
    use std::str::FromStr;

    /// What a later release may carry: one change that works, and one that fails in its middle.
    const LATER: Change = (8, "later", "alter table connection add column later bigint not null default 7");
    const BROKEN: Change = (9, "broken", "create table half (x bigint); insert into nowhere values (1)");

    async fn connected(path: &std::path::Path) -> AnyConnection {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite://{}?mode=rwc", path.display());
        AnyConnectOptions::from_str(&url).unwrap().connect().await.unwrap()
    }

    #[tokio::test]
    async fn an_older_ledger_is_brought_up_to_date_whole_or_not_at_all_and_then_the_older_release_refuses_it()
    {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = connected(&folder.path().join("ledger.sqlite")).await;
        migrate(Dialect::Sqlite, &mut ledger, "the ledger").await.unwrap();
        let order = "insert into connection (name, settings_version, paused, created, next_due, epoch) \
            values ('brand', 1, 0, 0, 0, 4)";
        ledger.execute(order).await.unwrap();
        // A later release whose second change fails leaves the ledger as the older release knows it.
        let later = [&MIGRATIONS[..], &[LATER]].concat();
        let broken = [&later[..], &[BROKEN]].concat();
        let failing = bring_up(Dialect::Sqlite, &mut ledger, "the ledger", &broken).await;
        assert!(matches!(failing, Err(LedgerError::Store(_))), "{failing:?}");
        migrate(Dialect::Sqlite, &mut ledger, "the ledger").await.unwrap();
        let half = "select count(*) from sqlite_master where name = 'half'";
        assert_eq!(query_scalar::<_, i64>(half).fetch_one(&mut ledger).await.unwrap(), 0);
        // One that works keeps what is there, and may be started again.
        for _ in 0..2 {
            bring_up(Dialect::Sqlite, &mut ledger, "the ledger", &later).await.unwrap();
        }
        let kept = "select epoch + later from connection where name = 'brand'";
        assert_eq!(query_scalar::<_, i64>(kept).fetch_one(&mut ledger).await.unwrap(), 11);
        let refused = migrate(Dialect::Sqlite, &mut ledger, "the ledger").await.unwrap_err();
        assert!(matches!(refused, LedgerError::NewerSchema { found: 8, known: 7, .. }), "{refused:?}");
    }
}
