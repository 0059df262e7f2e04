//! The ledger: the only truth about what was read, decided, sent and told. All SQL lives here, in named constants, one
//! text for SQLite and PostgreSQL; what differs between the two stands in `dialect`. Each verb is one transaction, and none
//! is held while anybody talks to the outside. No decision about an order is taken here.

mod attempts;
mod audit;
mod commands;
mod commit;
mod connections;
mod dialect;
mod due;
mod exports;
mod figures;
mod follow_ups;
mod links;
mod listed;
mod lock;
mod measured;
mod migrate;
mod orders;
mod people;
mod persons;
mod place;
mod problems;
pub mod records;
mod refusals;
mod retention;
mod rows;
mod search;
mod sessions;
mod sights;
mod tokens;
mod wanted;
mod wires;

pub use exports::{ExportQuery, order_state};
pub use figures::{CycleBucket, DayExports, OpenProblem, Spans, Worth};
pub use listed::ListedOrder;
pub use lock::{LedgerLock, LockError};
pub use measured::MeasuredRecord;
pub use orders::OrderQuery;
pub use persons::Changed;
pub use place::{Place, ServerAddress};
pub use problems::ProblemQuery;
pub use wanted::{OrderSearch, OrderSort, StateCounts};

use async_trait::async_trait;
use dialect::{Dialect, ServerSays};
use domain::ids::ExportKey;
use domain::time::Moment;
use rows::Asked;
use sqlx::any::{AnyConnectOptions, AnyRow};
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions, Connection, Transaction};
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// Until a server has answered the first time.
const OPENING_MAX: Duration = Duration::from_secs(20);
/// How long an end of the program waits for the database.
const CLOSING_MAX: Duration = Duration::from_secs(10);

/// The ledger of one installation. Clones share the same few database connections.
#[derive(Clone)]
pub struct Ledger {
    store: Arc<Store>,
    gate: Option<Arc<dyn Gate>>,
}

struct Store {
    dialect: Dialect,
    /// May hold a password, so it is never printed.
    options: AnyConnectOptions,
    pool: RwLock<AnyPool>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Ledger").field("dialect", &self.store.dialect).finish_non_exhaustive()
    }
}

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFacts {
    pub version: String,
    /// Its clock.
    pub now: Moment,
}

/// Stands before every transaction that writes. Tests stop the program there, as a crash would.
#[async_trait]
pub trait Gate: fmt::Debug + Send + Sync {
    /// Nothing of the transaction has begun. A gate that never opens stops the caller for good.
    async fn open(&self);
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
    /// The database is there, and no ledger is in it.
    #[error("there is no ledger in {0} yet; hint: run `joor-shopify init`, or restore its backup")]
    Absent(String),
}

pub type Result<T> = std::result::Result<T, LedgerError>;

/// The pool had none to give, or the server took none.
const NO_CONNECTION: &str = "no connection to the database could be had in time";

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> LedgerError {
        LedgerError::Store(match &error {
            sqlx::Error::PoolTimedOut => NO_CONNECTION.to_owned(),
            sqlx::Error::Database(inner) => inner.message().to_owned(),
            sqlx::Error::Io(inner) if has_ended(inner) => "the server ended the connection".to_owned(),
            _ => error.to_string(),
        })
    }
}

fn has_ended(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof].contains(&error.kind())
}

impl Ledger {
    /// Opens the ledger at this place and brings its schema up to date; makes one where none is. `true`: it was made.
    pub async fn make(place: &Place) -> Result<(Ledger, bool)> {
        match place {
            Place::File(path) => {
                let made = !path.exists();
                Ok((Ledger::open(path).await?, made))
            }
            Place::Server(address) => Ledger::connect(address, Absent::IsMade).await,
        }
    }

    /// Opens the ledger that `make` made.
    pub async fn open_at(place: &Place) -> Result<Ledger> {
        match place {
            Place::File(path) => Ledger::open_existing(path).await,
            Place::Server(address) => Ok(Ledger::connect(address, Absent::IsRefused).await?.0),
        }
    }

    /// Opens the ledger, creating the file (readable by its owner only) and bringing its schema up to date.
    pub async fn open(path: &Path) -> Result<Ledger> {
        create_file(path)?;
        Ledger::open_file(path).await
    }

    /// Opens a ledger that is there already. A file with nothing in it is none: whoever takes it for a new ledger has
    /// forgotten what was exported.
    pub async fn open_existing(path: &Path) -> Result<Ledger> {
        match std::fs::metadata(path) {
            Ok(found) if found.is_file() && found.len() == 0 => Err(empty_file(path)),
            Ok(_) | Err(_) => Ledger::open_file(path).await,
        }
    }

    async fn open_file(path: &Path) -> Result<Ledger> {
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
        Dialect::Sqlite.set_up(&mut first).await.map_err(|error| at(&shown, error))?;
        migrate::migrate(Dialect::Sqlite, &mut first, &shown).await?;
        let pool = Dialect::Sqlite.pool().connect_with(options.clone()).await;
        let pool = pool.map_err(|error| at(&shown, error))?;
        first.close().await.map_err(|error| at(&shown, error))?;
        Ok(Ledger::of(Dialect::Sqlite, options, pool))
    }

    fn of(dialect: Dialect, options: AnyConnectOptions, pool: AnyPool) -> Ledger {
        Ledger { store: Arc::new(Store { dialect, options, pool: RwLock::new(pool) }), gate: None }
    }

    async fn connect(address: &ServerAddress, absent: Absent) -> Result<(Ledger, bool)> {
        let opening = open_server(address, absent);
        tokio::time::timeout(OPENING_MAX, opening).await.unwrap_or_else(|_| Err(silent(address, OPENING_MAX)))
    }

    /// What the server says of itself; `None` for a file.
    pub async fn server(&self) -> Result<Option<ServerFacts>> {
        match self.store.dialect {
            Dialect::Sqlite => Ok(None),
            Dialect::Postgres => {
                self.in_time(0, async {
                    let mut connection = self.pool().acquire().await?;
                    let ServerSays { version, .. } = ServerSays::ask(&mut connection).await?;
                    let now = Dialect::Postgres.now(&mut connection, Moment(0)).await?;
                    Ok(Some(ServerFacts { version, now }))
                })
                .await
            }
        }
    }

    /// The same ledger behind a gate.
    pub fn behind(self, gate: Arc<dyn Gate>) -> Ledger {
        Ledger { gate: Some(gate), ..self }
    }

    /// Waits until every database connection is closed; for a clean end of the program.
    pub async fn close(&self) {
        // A server that says nothing keeps nobody.
        drop(tokio::time::timeout(CLOSING_MAX, self.pool().close()).await);
    }

    /// A transaction that writes. Dropped without a commit it leaves nothing behind.
    async fn begin_write(&self) -> Result<Transaction<'static, Any>> {
        if let Some(gate) = &self.gate {
            gate.open().await;
        }
        Ok(self.pool().begin_with(self.store.dialect.begin_write()).await?)
    }

    async fn rows(&self, asked: Asked<'_>) -> Result<Vec<AnyRow>> {
        self.in_time(0, async { Ok(asked.fetch_all(&self.pool()).await?) }).await
    }

    async fn row(&self, asked: Asked<'_>) -> Result<Option<AnyRow>> {
        self.in_time(0, async { Ok(asked.fetch_optional(&self.pool()).await?) }).await
    }

    /// A verb with this many changes, given up if the server says nothing for too long. Whether a commit that was given
    /// up took place is not known; nobody acts on it before reading the ledger again.
    async fn in_time<T>(&self, changes: usize, work: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(most) = self.store.dialect.answer_max(changes) else {
            let done = work.await;
            if matches!(done, Err(LedgerError::Store(_))) {
                // What failed in the middle of a transaction may have left its connection there, for good.
                self.reconnect();
            }
            return done;
        };
        match tokio::time::timeout(most, work).await {
            Ok(Err(LedgerError::Store(reason))) if reason == NO_CONNECTION => {
                self.reconnect();
                Err(LedgerError::Store(reason))
            }
            Ok(done) => done,
            Err(_) => {
                self.reconnect();
                Err(LedgerError::Store(format!("the database gave no answer for {} seconds", most.as_secs())))
            }
        }
    }

    fn pool(&self) -> AnyPool {
        self.store.pool.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Leaves connections behind that may never answer: the next verb makes its own.
    fn reconnect(&self) {
        let fresh = self.store.dialect.pool().connect_lazy_with(self.store.options.clone());
        let mut pool = self.store.pool.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *pool, fresh);
        drop(pool);
        drop(tokio::spawn(async move { old.close().await }));
    }
}

/// What becomes of a database without a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absent {
    IsMade,
    IsRefused,
}

async fn open_server(address: &ServerAddress, absent: Absent) -> Result<(Ledger, bool)> {
    let (dialect, shown) = (Dialect::Postgres, address.to_string());
    let failed = |error| match at(&shown, error) {
        LedgerError::Store(reason) => LedgerError::Store(format!("{reason}; hint: {SERVER_FIX}")),
        other => other,
    };
    sqlx::any::install_default_drivers();
    let options = AnyConnectOptions::from_str(address.whole()).map_err(failed)?.disable_statement_logging();
    let mut first = options.connect().await.map_err(failed)?;
    ServerSays::ask(&mut first).await.map_err(failed)?.check(&shown)?;
    dialect.set_up(&mut first).await.map_err(failed)?;
    let found = Dialect::has_schema(&mut first).await.map_err(failed)?;
    if !found && absent == Absent::IsRefused {
        return Err(LedgerError::Absent(shown));
    }
    migrate::migrate(dialect, &mut first, &shown).await?;
    let pool = dialect.pool().connect_lazy_with(options.clone());
    first.close().await.map_err(failed)?;
    Ok((Ledger::of(dialect, options, pool), !found))
}

const SERVER_FIX: &str = "look whether the server runs, whether this machine may reach it, and whether the URL in \
    `ledger.url` names the right server, database, role and password";

fn silent(address: &ServerAddress, after: Duration) -> LedgerError {
    LedgerError::Store(format!(
        "{address} gave no answer for {} seconds; hint: {SERVER_FIX}",
        after.as_secs()
    ))
}

/// The next number of this kind; part of the caller's transaction.
async fn next_number(connection: &mut AnyConnection, kind: &'static str) -> Result<i64> {
    Dialect::lock_numbers(connection).await?;
    Ok(sqlx::query_scalar(NEXT_NUMBER).bind(kind).fetch_one(connection).await?)
}

const NEXT_NUMBER: &str = "update counter set value = value + 1 where name = $1 returning value";

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

/// Said of a file with nothing in it where a ledger should be.
pub fn empty_file(path: &Path) -> LedgerError {
    LedgerError::Store(format!(
        "{} is empty; hint: restore the ledger from its backup; only if it never held anything, remove the file and run \
         `joor-shopify init`",
        path.display()
    ))
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
    use sqlx::{Executor, Row, SqlSafeStr};

    fn all_statements() -> Vec<(&'static str, &'static str)> {
        [
            attempts::STATEMENTS,
            audit::STATEMENTS,
            commands::STATEMENTS,
            connections::STATEMENTS,
            due::STATEMENTS,
            exports::STATEMENTS,
            figures::STATEMENTS,
            follow_ups::STATEMENTS,
            listed::STATEMENTS,
            measured::STATEMENTS,
            orders::STATEMENTS,
            links::STATEMENTS,
            people::STATEMENTS,
            persons::STATEMENTS,
            problems::STATEMENTS,
            refusals::STATEMENTS,
            retention::STATEMENTS,
            search::STATEMENTS,
            sessions::STATEMENTS,
            sights::STATEMENTS,
            tokens::STATEMENTS,
            wires::STATEMENTS,
            &[("NEXT_NUMBER", NEXT_NUMBER)],
        ]
        .concat()
    }

    async fn ledger(folder: &tempfile::TempDir) -> Ledger {
        Ledger::open(&folder.path().join("ledger.db")).await.unwrap()
    }

    async fn prepare_all(connection: &mut AnyConnection) {
        for (name, sql) in all_statements() {
            assert!(!sql.contains('?'), "{name} has a placeholder that PostgreSQL does not take");
            connection.prepare(sql.into_sql_str()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[tokio::test]
    async fn every_statement_can_be_prepared() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = ledger(&folder).await.pool().acquire().await.unwrap();
        prepare_all(&mut connection).await;
    }

    #[tokio::test]
    async fn every_statement_can_be_prepared_on_postgresql() {
        let Ok(url) = std::env::var("JOOR_SHOPIFY_TEST_POSTGRES") else {
            eprintln!("skipped: no PostgreSQL; `cargo xtask test` starts one");
            return;
        };
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&url).await.unwrap();
        // Never committed, so nothing of it stays.
        let mut transaction = connection.begin().await.unwrap();
        let connection: &mut AnyConnection = &mut transaction;
        for sql in ["create schema statements", "set local search_path to statements"] {
            connection.execute(sql).await.unwrap();
        }
        migrate::migrator(Dialect::Postgres).run(&mut *connection).await.unwrap();
        prepare_all(connection).await;
        for (name, sql) in dialect::ONLY_POSTGRES {
            connection.prepare((*sql).into_sql_str()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    /// How SQLite answers each statement, a line for each step.
    async fn plans() -> Vec<(&'static str, Vec<String>)> {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = ledger(&folder).await.pool().acquire().await.unwrap();
        let mut plans = Vec::new();
        for (name, sql) in all_statements() {
            let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
            let rows = sqlx::raw_sql(explain).fetch_all(&mut *connection).await.unwrap();
            plans.push((name, rows.iter().map(|row| row.get("detail")).collect()));
        }
        plans
    }

    #[tokio::test]
    async fn only_what_is_short_is_read_as_a_whole() {
        let (mut tables, mut indexes) = (Vec::new(), Vec::new());
        for (name, plan) in plans().await {
            for step in plan.iter().filter(|step| step.starts_with("SCAN")) {
                let whole = if step.contains(" INDEX ") { &mut indexes } else { &mut tables };
                whole.push(format!("{name}: {}", step.trim_start_matches("SCAN ")));
            }
        }
        // Lists of orders are looked at below.
        tables.retain(|step| !is_list(step));
        indexes.retain(|step| !is_list(step));
        // One row for each connection, counter or person; one linesheet after the other; open problems.
        let short = [
            "PULSE: connection",
            "PULSE: counter",
            "ADMINS: person",
            "LINESHEETS: known",
            "LINESHEETS: known",
        ];
        assert_eq!(tables, short);
        assert_eq!(
            indexes,
            [
                "CONNECTIONS: c USING INDEX sqlite_autoindex_connection_1",
                "OPEN: p USING INDEX problem_open",
                "OPEN_WEIGHTS: problem USING INDEX problem_open",
                "WORTH: joor_order USING COVERING INDEX order_worth",
                // Those that were not sent yet.
                "DUE: mail USING INDEX mail_waiting",
                "PERSONS: person USING INDEX sqlite_autoindex_person_1",
                "COUNT: o USING COVERING INDEX order_by_state",
                "OPEN_CODES: problem USING INDEX problem_open",
                "LIST: t USING INDEX sqlite_autoindex_api_token_1",
            ]
        );
    }

    fn is_list(name: &str) -> bool {
        ["WALK_", "IN_STATE", "SEARCH_", "COUNT_FOUND", "THESE_"].iter().any(|list| name.starts_with(list))
    }

    /// A hundred thousand orders: a list that everybody opens is walked and not sorted, a search looks at what was made
    /// for it, and a page asks for its own orders only.
    #[tokio::test]
    async fn no_list_of_orders_reads_more_of_their_rows_than_it_shows() {
        let mut seen = (0, 0, 0);
        for (name, plan) in plans().await {
            if name.starts_with("WALK_") || name.starts_with("IN_STATE") {
                let [step] = plan.as_slice() else { panic!("{name}: {plan:?}") };
                assert!(step.contains("USING COVERING INDEX order_by_"), "{name}: {step}");
                seen.0 += 1;
            }
            if name.starts_with("SEARCH_") || name == "COUNT_FOUND" {
                assert_eq!(plan[0], "SCAN o USING COVERING INDEX order_search", "{name}");
                seen.1 += 1;
            }
            if name.starts_with("THESE_") {
                let [page, values, orders @ ..] = plan.as_slice() else { panic!("{name}: {plan:?}") };
                let sorted = "USE TEMP B-TREE FOR ORDER BY";
                let keyed = |step: &String| step.starts_with("SEARCH") && step.contains("(connection=? AND ");
                assert!(page.contains("these") && values.contains("50"), "{name}: {plan:?}");
                let orders: Vec<_> =
                    orders.iter().filter(|step| *step != "SCAN t" && *step != sorted).collect();
                assert!(!orders.is_empty() && orders.iter().all(|step| keyed(step)), "{name}: {plan:?}");
                seen.2 += 1;
            }
        }
        assert_eq!(seen, (14, 13, 3));
    }

    #[tokio::test]
    async fn every_connection_survives_a_power_cut_and_waits_for_others() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(&folder).await;
        let mut connection = ledger.pool().acquire().await.unwrap();
        let mut value = async |pragma: &'static str| -> i64 {
            sqlx::query_scalar(pragma).fetch_one(&mut *connection).await.unwrap()
        };
        assert_eq!(value("pragma synchronous").await, 2);
        assert_eq!(value("pragma foreign_keys").await, 1);
        assert_eq!(value("pragma busy_timeout").await, 10_000);
        let mode: String = sqlx::query_scalar("pragma journal_mode").fetch_one(&ledger.pool()).await.unwrap();
        assert_eq!(mode, "wal");
    }

    /// Nobody waits for a frozen process, and what was committed stays, also where the server is set up otherwise.
    #[tokio::test]
    async fn every_session_on_postgresql_is_bounded_and_survives_a_power_cut() {
        let Ok(url) = std::env::var("JOOR_SHOPIFY_TEST_POSTGRES") else {
            eprintln!("skipped: no PostgreSQL; `cargo xtask test` starts one");
            return;
        };
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&url).await.unwrap();
        connection.execute("set synchronous_commit = off").await.unwrap();
        Dialect::Postgres.set_up(&mut connection).await.unwrap();
        let mut value = async |name: &'static str| -> String {
            let asked = sqlx::query_scalar("select current_setting($1)").bind(name);
            asked.fetch_one(&mut connection).await.unwrap()
        };
        for (name, wanted) in [
            ("synchronous_commit", "on"),
            ("statement_timeout", "15s"),
            ("lock_timeout", "10s"),
            ("idle_in_transaction_session_timeout", "20s"),
            ("tcp_user_timeout", "30000"),
        ] {
            assert_eq!(value(name).await, wanted, "{name}");
        }
    }
}
