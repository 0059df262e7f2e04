//! Brings the schema of a ledger up to date: each change once, in order, and only if the earlier ones are those that
//! this release carries.

use super::dialect::Dialect;
use super::{LedgerError, Result, at};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, Connection, SqlSafeStr};

/// Every schema change in order; each file is what its checksum in the ledger says.
const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "ledger", include_str!("migrations/0001_ledger.sql"))];

pub(super) fn migrator(dialect: Dialect) -> Migrator {
    let migrations = MIGRATIONS.map(|(version, name, sql)| {
        let migration =
            Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false);
        dialect.migration(migration, sql)
    });
    let mut migrator = Migrator::with_migrations(migrations.to_vec());
    // The transaction around it is the lock.
    migrator.set_locking(false);
    migrator
}

/// All changes in one transaction, so that two programs that start at once do them once.
pub(super) async fn migrate(dialect: Dialect, connection: &mut AnyConnection, shown: &str) -> Result<()> {
    let failed = |error| at(shown, error);
    let mut transaction = connection.begin_with(dialect.begin_write()).await.map_err(failed)?;
    let inside: &mut AnyConnection = &mut transaction;
    dialect.lock_schema(inside).await.map_err(failed)?;
    migrator(dialect).run(inside).await.map_err(|error| migration_error(shown, error))?;
    transaction.commit().await.map_err(failed)
}

fn migration_error(shown: &str, error: MigrateError) -> LedgerError {
    let known = MIGRATIONS[MIGRATIONS.len() - 1].0;
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
