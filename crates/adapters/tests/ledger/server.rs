//! What only a server can go through: several processes, locks, its own clock, TLS, restarts, silence.

use super::room::Database;
use adapters::ledger::records::Change;
use adapters::ledger::{Ledger, LedgerError, Place, ServerAddress};
use adapters::ports::Letter;
use domain::ids::Epoch;
use domain::problem::Problem;
use domain::time::Moment;
use sqlx::{Connection, Executor};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const NOW: Moment = Moment(1_790_000_000_000);
const TTL: Duration = Duration::from_secs(60);

async fn made(database: &Database, connections: &[&str]) -> Ledger {
    let (ledger, is_new) = Ledger::make(&database.place()).await.unwrap();
    assert!(is_new);
    for name in connections {
        ledger.create_connection(name, "x", "ada", NOW).await.unwrap();
    }
    ledger
}

fn at(url: &str) -> Place {
    Place::Server(ServerAddress::parse(url).unwrap())
}

async fn refusal(place: &Place) -> String {
    Ledger::open_at(place).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_database_without_a_ledger_is_not_taken_for_a_new_one_and_a_ledger_is_made_once() {
    let Some(database) = Database::new("").await else { return };
    let absent = Ledger::open_at(&database.place()).await.unwrap_err();
    assert_eq!(absent, LedgerError::Absent(database.address().to_string()));
    assert!(absent.to_string().contains("joor-shopify init"), "{absent}");
    let ledger = made(&database, &["shop"]).await;
    let (again, is_new) = Ledger::make(&database.place()).await.unwrap();
    assert!(!is_new);
    assert_eq!(again.connections().await.unwrap().len(), 1);
    let facts = ledger.server().await.unwrap().unwrap();
    assert!(
        facts.version.starts_with(char::is_numeric) && facts.now > NOW.minus(TTL * 60 * 24 * 365),
        "{facts:?}"
    );
}

#[tokio::test]
async fn leases_go_by_the_clock_of_the_server_and_nobody_waits_for_a_claim() {
    let Some(database) = Database::new("").await else { return };
    let ledger = made(&database, &["shop"]).await;
    assert_eq!(ledger.take_lease("shop", "one", Moment(0), TTL).await.unwrap(), Some(Epoch(1)));
    let late = NOW.plus(TTL * 60 * 24 * 3650);
    assert_eq!(ledger.take_lease("shop", "two", late, TTL).await.unwrap(), None, "our clock may be wrong");
    ledger.release_lease("shop", Epoch(1), NOW).await.unwrap();

    let mut frozen = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    frozen.execute("begin").await.unwrap();
    frozen.execute("update connection set epoch = epoch where name = 'shop'").await.unwrap();
    let asked =
        tokio::time::timeout(Duration::from_secs(5), ledger.take_lease("shop", "two", NOW, TTL)).await;
    assert_eq!(asked.expect("it does not wait").unwrap(), None);
    frozen.execute("rollback").await.unwrap();
    // A command that is being written refers to the connection and keeps nobody from it.
    frozen.execute("begin").await.unwrap();
    frozen.execute("select 1 from connection where name = 'shop' for key share").await.unwrap();
    assert_eq!(ledger.take_lease("shop", "two", NOW, TTL).await.unwrap(), Some(Epoch(2)));
    frozen.close().await.unwrap();
}

/// Of processes that ask at the same time, one gets the connection.
#[tokio::test]
async fn of_many_processes_that_claim_a_connection_at_once_one_gets_it() {
    let Some(database) = Database::new("").await else { return };
    let ledger = made(&database, &["shop"]).await;
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(Ledger::open_at(&database.place()).await.unwrap());
    }
    for round in 1..=10 {
        let claims = others.iter().enumerate().map(|(number, other)| async move {
            other.take_lease("shop", &format!("process {number}"), NOW, TTL).await.unwrap()
        });
        let taken: Vec<Epoch> = futures::future::join_all(claims).await.into_iter().flatten().collect();
        assert_eq!(taken, [Epoch(round)]);
        ledger.release_lease("shop", Epoch(round), NOW).await.unwrap();
    }
}

/// How many statements in this database wait for a lock.
async fn waiting(database: &Database) -> i64 {
    let mut raw = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    let asked = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let found = sqlx::query_scalar(asked).fetch_one(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    found
}

async fn until_waiting(database: &Database, wanted: i64) {
    let watch = async { while waiting(database).await < wanted {} };
    tokio::time::timeout(Duration::from_secs(8), watch).await.expect("they wait for the lock");
}

async fn locking(database: &Database, sql: &'static str) -> sqlx::AnyConnection {
    let mut raw = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    raw.execute("begin").await.unwrap();
    raw.execute(sql).await.unwrap();
    raw
}

/// Numbers of two kinds, taken in opposite orders by two connections at once.
#[tokio::test]
async fn two_connections_that_take_numbers_in_opposite_orders_do_not_wait_for_each_other_forever() {
    let Some(database) = Database::new("").await else { return };
    let ledger = made(&database, &["one", "two"]).await;
    let mut held = locking(&database, "update counter set value = value where name = 'problem'").await;
    let mut working = JoinSet::new();
    for (number, name) in ["one", "two"].into_iter().enumerate() {
        let epoch = ledger.take_lease(name, name, NOW, TTL).await.unwrap().unwrap();
        let letter = Letter {
            to: vec!["a@b.example".to_owned()],
            subject: "s".to_owned(),
            body: "b".to_owned(),
            id: name.to_owned(),
        };
        let problem = Change::ProblemOpened { order: None, told: Problem::StockClaimFailed.told("7") };
        let mut changes = vec![problem, Change::MailQueued { letter }];
        if number == 1 {
            changes.reverse();
        }
        let ledger = ledger.clone();
        working.spawn(async move { ledger.commit(name, epoch, NOW, &changes).await });
        until_waiting(&database, number as i64 + 1).await;
    }
    held.execute("rollback").await.unwrap();
    for done in working.join_all().await {
        done.unwrap();
    }
    assert_eq!(ledger.mails_due(NOW).await.unwrap().len(), 2);
    held.close().await.unwrap();
}

#[tokio::test]
async fn a_server_that_refuses_is_told_about_in_words_without_the_password() {
    let Some(database) = Database::new("").await else { return };
    made(&database, &[]).await;
    let mut url = url::Url::parse(&database.url).unwrap();
    url.set_password(Some("s3cret")).unwrap();
    let reason = refusal(&at(url.as_str())).await;
    assert!(reason.contains("password authentication failed") && !reason.contains("s3cret"), "{reason}");
    url.set_port(Some(1)).unwrap();
    let reason = refusal(&at(url.as_str())).await;
    assert!(reason.contains("127.0.0.1:1/") && !reason.contains("s3cret"), "{reason}");
    let mut nowhere = url::Url::parse(&database.url).unwrap();
    nowhere.set_path("no such database");
    let reason = refusal(&at(nowhere.as_str())).await;
    assert!(reason.contains("does not exist") && !reason.contains("for-tests-only"), "{reason}");
    let Some(ascii) = Database::new("encoding 'SQL_ASCII' locale 'C' template template0").await else {
        return;
    };
    let reason = refusal(&ascii.place()).await;
    assert!(reason.contains("encoding SQL_ASCII") && reason.contains("UTF8"), "{reason}");
}

/// The server's certificate, made for 127.0.0.1 and signed by itself.
const CERTIFICATE: &str = "JOOR_SHOPIFY_TEST_POSTGRES_CERTIFICATE";

#[tokio::test]
async fn a_server_is_proved_by_its_certificate_where_the_url_says_so() {
    let Some(database) = Database::new("").await else { return };
    let Ok(certificate) = std::env::var(CERTIFICATE) else { return eprintln!("skipped: no {CERTIFICATE}") };
    made(&database, &["shop"]).await;
    let with = |more: &str| at(&format!("{}?{more}", database.url));
    for good in ["sslmode=require".to_owned(), format!("sslmode=verify-full&sslrootcert={certificate}")] {
        let ledger = Ledger::open_at(&with(&good)).await.unwrap_or_else(|error| panic!("{good}: {error}"));
        assert_eq!(ledger.connections().await.unwrap().len(), 1, "{good}");
    }
    let reason = refusal(&with("sslmode=verify-full")).await;
    assert!(reason.contains("certificate") && !reason.contains("for-tests-only"), "{reason}");
    let elsewhere = database.url.replace("127.0.0.1", "127.0.0.2");
    let listening = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let port = listening.local_addr().unwrap().port();
    let server = Wire::server_of(&database.url);
    tokio::spawn(async move {
        while let Ok((client, _)) = listening.accept().await {
            tokio::spawn(pass(client, server.clone()));
        }
    });
    let mut other = url::Url::parse(&elsewhere).unwrap();
    other.set_port(Some(port)).unwrap();
    let reason = refusal(&at(&format!("{other}?sslmode=verify-full&sslrootcert={certificate}"))).await;
    assert!(reason.contains("not valid for"), "the name counts: {reason}");
}

/// Between a ledger and its server: can cut every connection, or keep all that is said.
struct Wire {
    /// Connections that stood before this many cuts are dead.
    cuts: Arc<AtomicU64>,
    /// Connections that stand.
    open: Arc<AtomicU64>,
    /// While it is silent nothing passes, and what was begun before or meanwhile never goes on.
    silent: Arc<AtomicBool>,
    url: String,
}

impl Wire {
    fn server_of(url: &str) -> String {
        let url = url::Url::parse(url).unwrap();
        format!("{}:{}", url.host_str().unwrap(), url.port().unwrap())
    }

    async fn to(url: &str) -> Wire {
        let server = Wire::server_of(url);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut through = url::Url::parse(url).unwrap();
        through.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let wire = Wire {
            cuts: Arc::default(),
            open: Arc::default(),
            silent: Arc::default(),
            url: through.to_string(),
        };
        let (cuts, open, silent) = (wire.cuts.clone(), wire.open.clone(), wire.silent.clone());
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (cuts, open, silent, server) =
                    (cuts.clone(), open.clone(), silent.clone(), server.clone());
                tokio::spawn(async move {
                    let before = cuts.load(Ordering::Relaxed);
                    open.fetch_add(1, Ordering::Relaxed);
                    let mut server = TcpStream::connect(server).await.unwrap();
                    tokio::select! {
                        biased;
                        () = holds(|| silent.load(Ordering::Relaxed)) => std::future::pending().await,
                        () = holds(|| cuts.load(Ordering::Relaxed) != before) => {}
                        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                    }
                    drop((client, server));
                    open.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        wire
    }
}

async fn pass(mut client: TcpStream, server: String) {
    let mut server = TcpStream::connect(server).await.unwrap();
    drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
}

/// For the life of a connection through the wire; whoever waits for it puts a bound on it.
async fn holds(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn connections_that_the_server_cut_are_made_anew_without_anybody_noticing() {
    let Some(database) = Database::new("").await else { return };
    made(&database, &["shop"]).await;
    let wire = Wire::to(&database.url).await;
    let ledger = Ledger::open_at(&at(&wire.url)).await.unwrap();
    for round in 0..5 {
        let reads = futures::future::join_all((0..6).map(|_| ledger.connections())).await;
        assert!(reads.iter().all(Result::is_ok), "{round}: {reads:?}");
        wire.cuts.fetch_add(1, Ordering::Relaxed);
        let cut = holds(|| wire.open.load(Ordering::Relaxed) == 0);
        tokio::time::timeout(Duration::from_secs(10), cut).await.expect("all are cut");
    }
}

/// As many as the pool has connections: none of them ever comes back.
const ALL: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

#[tokio::test]
async fn a_server_that_falls_silent_keeps_nobody_for_long_and_is_found_again() {
    let Some(database) = Database::new("").await else { return };
    made(&database, &ALL).await;
    let wire = Wire::to(&database.url).await;
    let ledger = Ledger::open_at(&at(&wire.url)).await.unwrap();
    let mut working = JoinSet::new();
    for name in ALL {
        let epoch = ledger.take_lease(name, "one", NOW, TTL).await.unwrap().unwrap();
        assert_eq!(epoch, Epoch(1));
    }
    let held = locking(&database, "update connection set epoch = epoch").await;
    for name in ALL {
        let ledger = ledger.clone();
        working.spawn(async move { ledger.commit(name, Epoch(1), NOW, &[Change::Paused(true)]).await });
    }
    until_waiting(&database, 8).await;
    wire.silent.store(true, Ordering::Relaxed);
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut nobody = url::Url::parse(&database.url).unwrap();
    nobody.set_port(Some(mute.local_addr().unwrap().port())).unwrap();
    let nobody = at(nobody.as_str());
    let both = async { tokio::join!(working.join_all(), refusal(&nobody)) };
    let (committed, opened) = tokio::time::timeout(Duration::from_secs(40), both).await.expect("bounded");
    for outcome in committed {
        let reason = outcome.unwrap_err().to_string();
        assert!(reason.contains("no answer for 20 seconds"), "{reason}");
    }
    assert!(
        opened.contains("gave no answer for 20 seconds") && !opened.contains("for-tests-only"),
        "{opened}"
    );
    wire.silent.store(false, Ordering::Relaxed);
    held.close().await.unwrap();
    let again = ledger.commit("a", Epoch(1), NOW, &[Change::Paused(true)]);
    tokio::time::timeout(Duration::from_secs(9), again).await.expect("new connections are made").unwrap();
    assert!(ledger.connection("a").await.unwrap().unwrap().paused);
}
