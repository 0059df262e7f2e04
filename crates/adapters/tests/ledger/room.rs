//! Where a test's ledger is: a file in a folder of its own, or a database of its own on the server that the tests were
//! given. Either is gone afterwards.

use adapters::ledger::{Place, ServerAddress};
use sqlx::Connection;

/// The URL of a server on which databases may be made; `cargo xtask test` starts one.
pub const SERVER: &str = "JOOR_SHOPIFY_TEST_POSTGRES";

/// A database that sorts as people do, which the ledger must not depend on.
const ENGLISH: &str = "template template0 locale_provider icu icu_locale 'en-US'";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

pub enum Room {
    Folder(tempfile::TempDir),
    Database(Database),
}

impl Room {
    /// `None`, said on standard error: there is no server to test with.
    pub async fn new(kind: Kind) -> Option<Room> {
        match kind {
            Kind::Sqlite => Some(Room::Folder(tempfile::tempdir().unwrap())),
            Kind::Postgres => Database::new(ENGLISH).await.map(Room::Database),
        }
    }

    pub fn place(&self) -> Place {
        match self {
            Room::Folder(folder) => Place::File(folder.path().join("ledger.db")),
            Room::Database(database) => database.place(),
        }
    }

    /// The place as another process is told of it.
    pub fn words(&self) -> String {
        match self {
            Room::Folder(folder) => folder.path().join("ledger.db").display().to_string(),
            Room::Database(database) => database.url.clone(),
        }
    }

    /// Runs SQL past the ledger.
    pub async fn alter(&self, sql: &'static str) {
        let url = match self {
            Room::Folder(folder) => format!("sqlite://{}", folder.path().join("ledger.db").display()),
            Room::Database(database) => database.url.clone(),
        };
        run(&url, sql.to_owned()).await;
    }
}

/// A database of a test's own. Whoever is still connected to it at the end is thrown out.
pub struct Database {
    server: String,
    name: String,
    pub url: String,
}

impl Database {
    /// With these words behind `create database`.
    pub async fn new(how: &str) -> Option<Database> {
        let Ok(server) = std::env::var(SERVER) else {
            eprintln!(
                "skipped: no PostgreSQL in {SERVER}; `cargo xtask test` starts one, `cargo xtask postgres` too"
            );
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let unique =
            folder.path().file_name().unwrap().to_str().unwrap().trim_start_matches('.').to_lowercase();
        let name = format!("{unique}_{}", std::process::id());
        run(&server, format!("create database \"{name}\" {how}")).await;
        let mut url = url::Url::parse(&server).unwrap();
        url.set_path(&name);
        Some(Database { server, name, url: url.to_string() })
    }

    pub fn address(&self) -> ServerAddress {
        ServerAddress::parse(&self.url).unwrap()
    }

    pub fn place(&self) -> Place {
        Place::Server(self.address())
    }
}

impl Drop for Database {
    /// On a thread of its own, since the test's runtime may be at its end.
    fn drop(&mut self) {
        let (server, sql) = (self.server.clone(), format!("drop database \"{}\" with (force)", self.name));
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run(&server, sql));
        });
        assert!(dropped.join().is_ok() || std::thread::panicking(), "the database {} is left", self.name);
    }
}

pub async fn run(url: &str, sql: String) {
    sqlx::any::install_default_drivers();
    let mut raw = sqlx::AnyConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
}
