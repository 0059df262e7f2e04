//! What SQLite and PostgreSQL do not have in common, all of it: how a connection is set up, how a transaction that
//! writes begins, who may claim a connection, whose clock leases go by, how long an answer may take. Every other SQL
//! text is one for both.

use super::{LedgerError, Result};
use domain::time::Moment;
use sqlx::any::AnyPoolOptions;
use sqlx::migrate::Migration;
use sqlx::{Any, AnyConnection, Executor, SqlSafeStr, SqlStr, query, query_scalar};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

/// SQLite: wait for another process's commit instead of failing, survive a power cut.
const SQLITE_SET_UP: [&str; 3] =
    ["pragma busy_timeout = 10000", "pragma synchronous = full", "pragma foreign_keys = on"];
/// SQLite does not wait for a program that makes the file at the same moment, or is just the last to leave it, so this
/// is tried until the time is over that the others are waited for.
const SQLITE_JOURNAL: [&str; 2] = ["pragma busy_timeout = 0", "pragma journal_mode = wal"];
const SQLITE_JOURNAL_PAUSE: Duration = Duration::from_millis(100);
const SQLITE_JOURNAL_TRIES: u32 = 100;
/// SQLite's own number for "locked", the lower byte of every kind of it.
const SQLITE_BUSY: i64 = 5;

/// PostgreSQL: nothing waits longer than a lease lasts. A process that froze within a transaction, or whose machine is
/// gone, loses its transaction and with it every lock, long before its lease ends. What was committed survives a power
/// cut, whatever the server's own setting says.
const POSTGRES_SET_UP: [&str; 2] = [
    "select set_config('statement_timeout', '15s', false), set_config('lock_timeout', '10s', false), \
     set_config('idle_in_transaction_session_timeout', '20s', false), set_config('client_min_messages', 'warning', false), \
     set_config('default_transaction_isolation', 'read committed', false), set_config('tcp_keepalives_idle', '30', false), \
     set_config('tcp_keepalives_interval', '10', false), set_config('tcp_keepalives_count', '3', false), \
     set_config('tcp_user_timeout', '30s', false)",
    "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'",
];

/// The oldest PostgreSQL that this program is tested with, as `server_version_num` counts.
const POSTGRES_OLDEST: i64 = 150_000;

/// Readers beside the one writer that SQLite allows.
const SQLITE_CONNECTIONS_MAX: u32 = 4;
/// Until one of them becomes free or a new one stands: a little longer than the busy timeout above, so that of a file
/// that somebody else keeps locked SQLite's own words come first.
const SQLITE_CONNECT_MAX: Duration = Duration::from_secs(12);
/// Of one process; a server takes 100 of all if nobody set it otherwise.
const POSTGRES_CONNECTIONS_MAX: u32 = 8;
/// Until a connection to the server stands or becomes free.
const POSTGRES_CONNECT_MAX: Duration = Duration::from_secs(10);
/// A server that moved is found again, and what it keeps for a session is given back.
const POSTGRES_LIFETIME: Duration = Duration::from_secs(30 * 60);
const POSTGRES_IDLE: Duration = Duration::from_secs(5 * 60);
/// A verb that the server has not answered after this long, and this much more for each change in it, is given up: a
/// host that is gone says nothing at all.
const POSTGRES_ANSWER_MAX: Duration = Duration::from_secs(20);
const POSTGRES_CHANGE_MAX: Duration = Duration::from_millis(20);

/// Numbers of our own, so that no other program's advisory locks are met.
const SCHEMA_LOCK: &str = "select pg_advisory_xact_lock(7100671, 1)";
const NUMBERS_LOCK: &str = "select pg_advisory_xact_lock(7100671, 2)";
/// Whoever is not first does not wait: a frozen process would be waited for. A command that is being inserted refers to
/// the row and is no reason to step back, hence `no key`.
const CLAIM: &str = "select name from connection where name = $1 for no key update skip locked";
const CLOCK: &str = "select cast(floor(extract(epoch from clock_timestamp()) * 1000) as bigint)";
const HAS_SCHEMA: &str = "select count(*) from pg_class where oid = to_regclass('_sqlx_migrations')";
const SERVER: &str = "select cast(current_setting('server_version_num') as bigint) as number, \
    current_setting('server_version') as version, current_setting('server_encoding') as encoding";

#[cfg(test)]
pub(super) const ONLY_POSTGRES: &[(&str, &str)] = &[
    ("SCHEMA_LOCK", SCHEMA_LOCK),
    ("NUMBERS_LOCK", NUMBERS_LOCK),
    ("CLAIM", CLAIM),
    ("CLOCK", CLOCK),
    ("HAS_SCHEMA", HAS_SCHEMA),
    ("SERVER", SERVER),
];

impl Dialect {
    /// A transaction that will write. On SQLite it takes the write lock at once: one that began as a reader could not
    /// become a writer while another one commits, and no waiting would help it. PostgreSQL locks rows.
    pub fn begin_write(self) -> &'static str {
        match self {
            Dialect::Sqlite => "begin immediate",
            Dialect::Postgres => "begin",
        }
    }

    /// How long a verb with this many changes may take. SQLite waits for locks within its own bound, and asks nobody else.
    pub fn answer_max(self, changes: usize) -> Option<Duration> {
        match self {
            Dialect::Sqlite => None,
            Dialect::Postgres => {
                let changes = u32::try_from(changes).unwrap_or(u32::MAX);
                Some(POSTGRES_ANSWER_MAX + POSTGRES_CHANGE_MAX.saturating_mul(changes))
            }
        }
    }

    pub fn pool(self) -> AnyPoolOptions {
        let options = AnyPoolOptions::new()
            .after_connect(move |connection, _| Box::pin(async move { self.set_up(connection).await }));
        match self {
            Dialect::Sqlite => options
                .max_connections(SQLITE_CONNECTIONS_MAX)
                .acquire_timeout(SQLITE_CONNECT_MAX)
                .test_before_acquire(false)
                .idle_timeout(None)
                .max_lifetime(None),
            // Tested: after a restart of the server every connection in the pool is dead.
            Dialect::Postgres => options
                .max_connections(POSTGRES_CONNECTIONS_MAX)
                .acquire_timeout(POSTGRES_CONNECT_MAX)
                .test_before_acquire(true)
                .idle_timeout(POSTGRES_IDLE)
                .max_lifetime(POSTGRES_LIFETIME),
        }
    }

    pub async fn set_up(self, connection: &mut AnyConnection) -> std::result::Result<(), sqlx::Error> {
        let statements: &[&'static str] = match self {
            Dialect::Sqlite => {
                set_journal(connection).await?;
                &SQLITE_SET_UP
            }
            Dialect::Postgres => &POSTGRES_SET_UP,
        };
        for statement in statements {
            connection.execute(*statement).await?;
        }
        Ok(())
    }

    /// Of two programs that start at once one brings the schema up to date, and the other finds it done. On SQLite the
    /// beginning of the transaction saw to that.
    pub async fn lock_schema(self, connection: &mut AnyConnection) -> std::result::Result<(), sqlx::Error> {
        self.lock(connection, SCHEMA_LOCK).await
    }

    /// Numbers are given by one transaction at a time, whatever kinds it needs in whatever order: two that waited for
    /// each other's counter would both be lost.
    pub async fn lock_numbers(connection: &mut AnyConnection) -> std::result::Result<(), sqlx::Error> {
        Dialect::of(connection).lock(connection, NUMBERS_LOCK).await
    }

    fn of(connection: &AnyConnection) -> Dialect {
        if connection.backend_name() == "PostgreSQL" { Dialect::Postgres } else { Dialect::Sqlite }
    }

    async fn lock(
        self,
        connection: &mut AnyConnection,
        statement: &'static str,
    ) -> std::result::Result<(), sqlx::Error> {
        match self {
            Dialect::Sqlite => Ok(()),
            Dialect::Postgres => query(statement).execute(connection).await.map(drop),
        }
    }

    /// Locks a connection's row for its lease; `false` if another process is at it this very moment.
    pub async fn claim(self, connection: &mut AnyConnection, name: &str) -> Result<bool> {
        match self {
            Dialect::Sqlite => Ok(true),
            Dialect::Postgres => Ok(query(CLAIM).bind(name).fetch_optional(connection).await?.is_some()),
        }
    }

    /// The clock that leases go by. Processes on several machines share the server's; on SQLite all of them have the same
    /// clock anyway.
    pub async fn now(self, connection: &mut AnyConnection, ours: Moment) -> Result<Moment> {
        match self {
            Dialect::Sqlite => Ok(ours),
            Dialect::Postgres => Ok(Moment(query_scalar(CLOCK).fetch_one(connection).await?)),
        }
    }

    /// Is there a ledger at all? Asked of a server only: a file tells by being there.
    pub async fn has_schema(connection: &mut AnyConnection) -> std::result::Result<bool, sqlx::Error> {
        let found: i64 = query_scalar(HAS_SCHEMA).fetch_one(connection).await?;
        Ok(found > 0)
    }

    /// The text of a schema change. On PostgreSQL texts compare byte by byte, as they do on SQLite: no order and no
    /// unique index hangs on the server's languages; and what is unknown sorts before everything else, as it does there.
    /// The checksum is that of the one text for both.
    pub fn migration(self, migration: Migration, sql: &'static str) -> Migration {
        match self {
            Dialect::Sqlite => migration,
            Dialect::Postgres => {
                let text =
                    sql.replace(" text", " text collate \"C\"").replace("/*nulls first*/", " nulls first");
                Migration { sql: safe(text), ..migration }
            }
        }
    }
}

async fn set_journal(connection: &mut AnyConnection) -> std::result::Result<(), sqlx::Error> {
    let [impatient, journal] = SQLITE_JOURNAL;
    connection.execute(impatient).await?;
    for _ in 1..SQLITE_JOURNAL_TRIES {
        match connection.execute(journal).await {
            Err(error) if is_busy(&error) => tokio::time::sleep(SQLITE_JOURNAL_PAUSE).await,
            done => return done.map(drop),
        }
    }
    connection.execute(journal).await.map(drop)
}

fn is_busy(error: &sqlx::Error) -> bool {
    let number = error.as_database_error().and_then(|error| error.code()?.parse::<i64>().ok());
    number.is_some_and(|number| number & 0xff == SQLITE_BUSY)
}

fn safe(text: String) -> SqlStr {
    // Made of a text that is compiled in.
    sqlx::AssertSqlSafe(text).into_sql_str()
}

/// What a server says of itself.
pub(super) struct ServerSays {
    pub version: String,
    pub number: i64,
    pub encoding: String,
}

impl ServerSays {
    pub async fn ask(connection: &mut AnyConnection) -> std::result::Result<ServerSays, sqlx::Error> {
        use sqlx::Row;
        let row = query::<Any>(SERVER).fetch_one(connection).await?;
        Ok(ServerSays {
            version: row.try_get("version")?,
            number: row.try_get("number")?,
            encoding: row.try_get("encoding")?,
        })
    }

    /// Refuses a server that this program was never tried on.
    pub fn check(&self, shown: &str) -> Result<()> {
        let ServerSays { version, number, encoding } = self;
        if *number < POSTGRES_OLDEST {
            return Err(LedgerError::Store(format!(
                "{shown} is PostgreSQL {version}, and this program needs PostgreSQL 15 or newer; hint: upgrade the server, \
                 or name a newer one in ledger.url"
            )));
        }
        if encoding != "UTF8" {
            return Err(LedgerError::Store(format!(
                "the database {shown} has the encoding {encoding}, and this program needs UTF8; hint: make the database \
                 with `create database … encoding 'UTF8' template template0`"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_server_and_another_encoding_are_refused_in_words() {
        let says = |number, encoding: &str| {
            let says = ServerSays { version: "14.11".to_owned(), number, encoding: encoding.to_owned() };
            says.check("postgres://db.example/joor").map_err(|error| error.to_string())
        };
        assert_eq!(says(150_000, "UTF8"), Ok(()));
        let old = says(140_011, "UTF8").unwrap_err();
        assert!(old.contains("is PostgreSQL 14.11") && old.contains("15 or newer"), "{old}");
        let latin = says(150_000, "SQL_ASCII").unwrap_err();
        assert!(latin.contains("encoding SQL_ASCII") && latin.contains("UTF8"), "{latin}");
    }

    #[test]
    fn a_file_that_somebody_keeps_locked_is_given_up_soon_and_in_the_words_of_sqlite() {
        let most = Dialect::Sqlite.pool().get_acquire_timeout();
        assert!(most > Duration::from_secs(10) && most < Duration::from_secs(15), "{most:?}");
    }

    #[test]
    fn a_verb_with_more_changes_may_take_longer_and_none_takes_as_long_as_a_lease() {
        assert_eq!(Dialect::Sqlite.answer_max(5), None);
        let [one, many] = [0, 1000].map(|changes| Dialect::Postgres.answer_max(changes).unwrap());
        assert!(one < many && many < Duration::from_secs(120), "{one:?} {many:?}");
    }
}
