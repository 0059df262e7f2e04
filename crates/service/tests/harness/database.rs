//! PostgreSQL for stories: a database of a story's own on the server that the tests were given, or a server of its own that
//! the story may restart. Either is gone at the end.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The URL of a server on which databases may be made; `cargo xtask test` starts one.
const GIVEN: &str = "JOOR_SHOPIFY_TEST_POSTGRES";
/// A program that starts a server when called with `postgres`.
const STARTER: &str = "JOOR_SHOPIFY_TEST_POSTGRES_STARTER";

/// The server of this run of the tests; `None`, said on standard error: there is none.
pub fn given_server() -> Option<String> {
    let found = std::env::var(GIVEN).ok();
    if found.is_none() {
        eprintln!(
            "skipped: no PostgreSQL in {GIVEN}; `cargo xtask test` starts one, `cargo xtask postgres` too"
        );
    }
    found
}

fn psql(url: &str, sql: &str) -> String {
    let output = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname", url, "--command", sql])
        .output()
        .expect("psql comes with the server");
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A database of one world. Whoever is still connected to it at the end is thrown out.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    pub fn on(server: &str) -> Database {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let database =
            Database { server: server.to_owned(), name: format!("story_{}_{number}", std::process::id()) };
        database.make();
        database
    }

    pub fn url(&self) -> String {
        let (front, _) = self.server.rsplit_once('/').expect("a URL with a database");
        format!("{front}/{}", self.name)
    }

    fn make(&self) {
        psql(&self.server, &format!("create database {}", self.name));
    }

    fn remove(&self) {
        psql(&self.server, &format!("drop database {} with (force)", self.name));
    }

    /// Everything in it is lost.
    pub fn forget(&self) {
        self.remove();
        self.make();
    }

    /// The time of every lease is over.
    pub fn leases_end(&self) {
        psql(&self.url(), "update connection set lease_until = 1");
    }

    /// From now on, for every connection, it takes nothing more, or takes everything again.
    pub fn read_only(&self, read_only: bool) {
        let name = &self.name;
        psql(&self.server, &format!("alter database {name} set default_transaction_read_only = {read_only}"));
        let others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = ";
        psql(&self.server, &format!("{others}'{name}'"));
    }

    /// Who works on each connection under which epoch.
    pub fn owners(&self) -> Vec<(String, i64, String)> {
        let sql = "select name, epoch, coalesce(lease_owner, '') from connection";
        let rows = psql(&self.url(), sql);
        let row = |line: &str| {
            let mut cells = line.split('|').map(str::to_owned);
            let mut cell = || cells.next().expect("three columns");
            (cell(), cell().parse().expect("an epoch is a number"), cell())
        };
        rows.lines().map(row).collect()
    }

    /// The epoch in force, and that of every event, oldest first.
    pub fn epochs(&self) -> (i64, Vec<i64>) {
        let number = |text: &str| text.parse::<i64>().expect("an epoch is a number");
        let events = psql(&self.url(), "select epoch from export_event order by at, version");
        (number(&psql(&self.url(), "select epoch from connection")), events.lines().map(number).collect())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.remove();
        }
    }
}

/// A server that only one story uses.
pub struct OwnServer {
    child: Child,
    say: Option<ChildStdin>,
    hear: BufReader<ChildStdout>,
    pub url: String,
}

impl OwnServer {
    /// `None`, said on standard error: nobody here can start one.
    pub fn start() -> Option<OwnServer> {
        let Ok(starter) = std::env::var(STARTER) else {
            eprintln!("skipped: no {STARTER}; `cargo xtask test` sets it");
            return None;
        };
        let mut command = Command::new(starter);
        let piped = command.arg("postgres").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn().expect("the starter is there");
        let say = child.stdin.take();
        let hear = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut server = OwnServer { child, say, hear, url: String::new() };
        server.url = server.line();
        Some(server)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.hear.read_line(&mut line).expect("the starter says a line");
        assert!(!line.is_empty(), "the starter ended");
        line.trim().to_owned()
    }

    /// Killed and started again, with what was committed.
    pub fn restart(&mut self) {
        writeln!(self.say.as_mut().expect("it runs"), "restart").expect("the starter listens");
        assert_eq!(self.line(), "restarted");
    }
}

impl Drop for OwnServer {
    /// It ends with its input.
    fn drop(&mut self) {
        drop(self.say.take());
        drop(self.child.wait());
    }
}
