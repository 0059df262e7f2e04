//! The ledger: the only truth about what was read, decided, sent and told. All SQL lives here, in named constants, one
//! text for SQLite and PostgreSQL; what differs between the two stands at the top of this file. Each verb is one
//! transaction, and none is held while anybody talks to the outside. No decision about an order is taken here.

mod commands;
mod commit;
mod connections;
mod due;
mod exports;
mod follow_ups;
mod lock;
mod orders;
mod people;
mod problems;
pub mod records;
mod refusals;
mod rows;

pub use exports::{ExportQuery, order_state};
pub use lock::{LedgerLock, LockError};
pub use orders::{EquationRow, OrderQuery};
pub use problems::ProblemQuery;

use domain::ids::ExportKey;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions, Connection, Executor, SqlSafeStr, Transaction};
use std::path::Path;
use std::str::FromStr;

/// Run on every new connection to SQLite: wait for another process's commit instead of failing, survive a power cut.
const SQLITE_SET_UP: [&str; 4] = [
    "pragma busy_timeout = 10000",
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
];

/// SQLite: a transaction that will write takes the write lock at once. One that began as a reader could not become a
/// writer while another one commits, and no waiting would help it.
const BEGIN_WRITE: &str = "begin immediate";

/// Readers beside the one writer that SQLite allows.
const CONNECTIONS_MAX: u32 = 4;

/// Every schema change in order; each file is what its checksum in the ledger says.
const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "ledger", include_str!("migrations/0001_ledger.sql"))];

/// The ledger of one installation. Clones share the same few database connections.
#[derive(Clone, Debug)]
pub struct Ledger {
    pool: AnyPool,
}

/// Why the ledger did not do it. Nothing was stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Another worker took the connection over: this one must stop.
    #[error(
        "another worker has taken over connection {connection}; nothing was recorded under epoch {epoch}"
    )]
    Fenced { connection: String, epoch: i64 },
    /// The export is not what the change was made for.
    #[error("export {key} {what}")]
    Stale { key: ExportKey, what: String },
    /// What must never be there twice is there already.
    #[error("{0} is already in the ledger")]
    Exists(String),
    #[error(
        "the ledger {path} was written by a newer release (its schema is {found}, this release knows {known}); hint: \
         start the newer release, or restore a backup from before the upgrade"
    )]
    NewerSchema { path: String, found: i64, known: i64 },
    /// The store itself failed.
    #[error("the ledger cannot be used: {0}")]
    Store(String),
    #[error("{0} is not in the ledger")]
    NotFound(String),
}

pub type Result<T> = std::result::Result<T, LedgerError>;

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> LedgerError {
        LedgerError::Store(match &error {
            sqlx::Error::PoolTimedOut => "no database connection became free in time".to_owned(),
            sqlx::Error::Database(inner) => inner.message().to_owned(),
            _ => error.to_string(),
        })
    }
}

impl Ledger {
    /// Opens the ledger, creating the file (readable by its owner only) and bringing its schema up to date.
    pub async fn open(path: &Path) -> Result<Ledger> {
        create_file(path)?;
        Ledger::open_existing(path).await
    }

    /// Opens a ledger that is there already.
    pub async fn open_existing(path: &Path) -> Result<Ledger> {
        let shown = path.display().to_string();
        let found = std::fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => LedgerError::NotFound(format!("file {shown}")),
            _ => LedgerError::Store(format!("{shown}: {error}")),
        })?;
        if !found.is_file() {
            return Err(LedgerError::Store(format!("{shown} is not a file")));
        }
        refuse_read_only(path)?;
        let options = options(path).map_err(|error| at(&shown, error))?;
        // The first connection is made without the pool: the pool would try a broken file again and again.
        let mut first = options.connect().await.map_err(|error| at(&shown, error))?;
        migrate(&mut first, &shown).await?;
        let pool = pool(options).await.map_err(|error| at(&shown, error))?;
        first.close().await.map_err(|error| at(&shown, error))?;
        Ok(Ledger { pool })
    }

    /// Waits until every database connection is closed; for a clean end of the program.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A transaction that writes. Dropped without a commit it leaves nothing behind.
    async fn begin_write(&self) -> Result<Transaction<'static, Any>> {
        Ok(self.pool.begin_with(BEGIN_WRITE).await?)
    }
}

/// The next number of this kind; part of the caller's transaction.
async fn next_number(connection: &mut AnyConnection, kind: &'static str) -> Result<i64> {
    Ok(sqlx::query_scalar(NEXT_NUMBER).bind(kind).fetch_one(connection).await?)
}

const NEXT_NUMBER: &str = "update counter set value = value + 1 where name = $1 returning value";

fn migrator() -> Migrator {
    let migrations = MIGRATIONS.map(|(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.to_vec())
}

/// Brings the schema up to date in one transaction, so that two programs that start at once do it once.
async fn migrate(connection: &mut AnyConnection, shown: &str) -> Result<()> {
    set_up(connection).await.map_err(|error| at(shown, error))?;
    let mut transaction = connection.begin_with(BEGIN_WRITE).await.map_err(|error| at(shown, error))?;
    let inside: &mut AnyConnection = &mut transaction;
    migrator().run(inside).await.map_err(|error| migration_error(shown, error))?;
    transaction.commit().await.map_err(|error| at(shown, error))
}

fn migration_error(shown: &str, error: MigrateError) -> LedgerError {
    let known = MIGRATIONS[MIGRATIONS.len() - 1].0;
    match error {
        MigrateError::VersionMissing(found) => {
            LedgerError::NewerSchema { path: shown.to_owned(), found, known }
        }
        MigrateError::VersionMismatch(version) => LedgerError::Store(format!(
            "{shown}: schema change {version} is not the one that this release carries, so the file was made by a \
             different build or was altered"
        )),
        MigrateError::Execute(inner) | MigrateError::ExecuteMigration(inner, _) => at(shown, inner),
        other => LedgerError::Store(format!("{shown}: {other}")),
    }
}

fn at(shown: &str, error: sqlx::Error) -> LedgerError {
    match LedgerError::from(error) {
        LedgerError::Store(reason) => LedgerError::Store(format!("{shown}: {reason}")),
        other => other,
    }
}

fn options(path: &Path) -> std::result::Result<AnyConnectOptions, sqlx::Error> {
    sqlx::any::install_default_drivers();
    let absolute = std::path::absolute(path)?;
    let file = url::Url::from_file_path(&absolute)
        .map_err(|()| sqlx::Error::Configuration("the path has no absolute form".into()))?;
    Ok(AnyConnectOptions::from_str(&format!("sqlite://{}?mode=rw", file.path()))?.disable_statement_logging())
}

async fn pool(options: AnyConnectOptions) -> std::result::Result<AnyPool, sqlx::Error> {
    AnyPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(|connection, _| Box::pin(set_up(connection)))
        .connect_with(options)
        .await
}

async fn set_up(connection: &mut AnyConnection) -> std::result::Result<(), sqlx::Error> {
    for pragma in SQLITE_SET_UP {
        connection.execute(pragma).await?;
    }
    Ok(())
}

/// Makes an empty file if none is there. One that is there is not even opened: closing it again would take away
/// SQLite's own locks on it in this process.
fn create_file(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(LedgerError::Store(format!("{} cannot be created: {error}", path.display()))),
    }
}

/// Said before SQLite would stumble over it in the middle of a cycle.
fn refuse_read_only(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for place in [path, folder] {
        let found = std::fs::metadata(place)
            .map_err(|error| LedgerError::Store(format!("{}: {error}", place.display())))?;
        if found.permissions().readonly() {
            return Err(LedgerError::Store(format!(
                "{} is read-only; hint: give the user that runs this program the right to write there",
                place.display()
            )));
        }
    }
    Ok(())
}

/// Names the SQL of a file and lists it, so that a test can prepare every statement.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$doc])* const $name: &str = $sql;)+

        #[cfg(test)]
        pub(super) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}
use statements;

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::Row;

    fn all_statements() -> Vec<(&'static str, &'static str)> {
        [
            commands::STATEMENTS,
            connections::STATEMENTS,
            due::STATEMENTS,
            exports::STATEMENTS,
            follow_ups::STATEMENTS,
            orders::STATEMENTS,
            people::STATEMENTS,
            problems::STATEMENTS,
            refusals::STATEMENTS,
            &[("NEXT_NUMBER", NEXT_NUMBER)],
        ]
        .concat()
    }

    async fn ledger(folder: &tempfile::TempDir) -> Ledger {
        Ledger::open(&folder.path().join("ledger.db")).await.unwrap()
    }

    #[tokio::test]
    async fn every_statement_can_be_prepared() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = ledger(&folder).await.pool.acquire().await.unwrap();
        for (name, sql) in all_statements() {
            assert!(!sql.contains('?'), "{name} has a placeholder that PostgreSQL does not take");
            (&mut *connection)
                .prepare(sql.into_sql_str())
                .await
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[tokio::test]
    async fn only_the_list_of_connections_reads_a_whole_table() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = ledger(&folder).await.pool.acquire().await.unwrap();
        let mut whole = Vec::new();
        for (name, sql) in all_statements() {
            let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
            for row in sqlx::raw_sql(explain).fetch_all(&mut *connection).await.unwrap() {
                let plan: String = row.get("detail");
                if plan.starts_with("SCAN") {
                    whole.push(name);
                }
            }
        }
        assert_eq!(whole, ["CONNECTIONS"]);
    }

    #[tokio::test]
    async fn every_connection_survives_a_power_cut_and_waits_for_others() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(&folder).await;
        let mut connection = ledger.pool.acquire().await.unwrap();
        let mut value = async |pragma: &'static str| -> i64 {
            sqlx::query_scalar(pragma).fetch_one(&mut *connection).await.unwrap()
        };
        assert_eq!(value("pragma synchronous").await, 2);
        assert_eq!(value("pragma foreign_keys").await, 1);
        assert_eq!(value("pragma busy_timeout").await, 10_000);
        let mode: String = sqlx::query_scalar("pragma journal_mode").fetch_one(&ledger.pool).await.unwrap();
        assert_eq!(mode, "wal");
    }
}
