//! The file itself: many rows, several programs, sudden ends, wrong files, and the lock.

use super::*;

fn many(count: u32) -> Vec<Change> {
    (0..count)
        .flat_map(|number| {
            let number = (1_000_000 + number).to_string();
            [
                Change::Order(Box::new(order(&number))),
                Change::ExportOpened(export(&number, 1, 1)),
                problems(Some(&number), &[short()]),
            ]
        })
        .collect()
}

#[tokio::test]
async fn a_thousand_orders_are_committed_and_read_back_in_good_time() {
    let desk = Desk::new().await;
    let work = async {
        desk.commit(&many(1000)).await;
        let orders = desk.ledger.orders("shop", &OrderQuery::default()).await.unwrap();
        let exports = desk.ledger.exports("shop", &ExportQuery::default()).await.unwrap();
        let moves: Vec<Change> = exports
            .iter()
            .map(|record| moved(&apply(&record.export, &Event::Held).unwrap(), "held", None))
            .collect();
        desk.commit(&moves).await;
        (orders.len(), exports.len(), desk.ledger.equation_rows("shop").await.unwrap())
    };
    let (orders, exports, equation) = tokio::time::timeout(Duration::from_secs(30), work).await.unwrap();
    assert_eq!((orders, exports, equation.len()), (1000, 1000, 1000));
    assert!(equation.iter().all(|(word, issue, _)| *word == "held" && *issue));
}

#[tokio::test]
async fn two_programs_open_the_same_file_and_one_inserts_commands_while_the_other_commits() {
    let desk = Desk::new().await;
    let other = Ledger::open_existing(&desk.path()).await.unwrap();
    let changes = many(300);
    let commands = async {
        for _ in 0..30 {
            other.insert_command("shop", "retry", "{}", "ada", NOW).await.unwrap();
        }
    };
    let commits = async {
        for some in changes.chunks(90) {
            desk.commit(some).await;
        }
    };
    tokio::join!(commits, commands);
    assert_eq!(desk.ledger.pending_commands("shop").await.unwrap().len(), 30);
    assert_eq!(other.orders("shop", &OrderQuery::default()).await.unwrap().len(), 300);
}

#[tokio::test]
async fn several_programs_may_create_the_same_ledger_at_once() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let opened = futures::future::join_all((0..6).map(|_| Ledger::open(&path))).await;
        for ledger in opened {
            assert_eq!(ledger.unwrap().connections().await.unwrap(), []);
        }
    }
}

const CRASH: &str = "LEDGER_TEST_CRASH_PATH";
/// Enough for the transaction to have begun, and far from enough to finish it.
const POLLS_BEFORE_CRASH: u32 = 200;

/// The test starts itself once more; the child dies in the middle of a commit.
#[tokio::test]
async fn a_process_that_dies_in_the_middle_of_a_commit_leaves_the_old_state() {
    if let Ok(path) = std::env::var(CRASH) {
        return die_in_the_middle(Path::new(&path)).await;
    }
    let desk = Desk::new().await;
    desk.open_order("7").await;
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["a_process_that_dies_in_the_middle_of_a_commit_leaves_the_old_state", "--nocapture"])
        .env(CRASH, desk.path())
        .output()
        .unwrap();
    assert!(!child.status.success(), "the child was to die");
    let words = String::from_utf8_lossy(&child.stderr).into_owned();
    assert!(words.contains("dying in the middle"), "{words}");
    for ledger in [&desk.ledger, &Ledger::open(&desk.path()).await.unwrap()] {
        let orders = ledger.orders("shop", &OrderQuery::default()).await.unwrap();
        assert_eq!(orders.len(), 1);
        assert_eq!(ledger.exports("shop", &ExportQuery::default()).await.unwrap().len(), 1);
    }
    desk.commit(&many(10)).await;
}

async fn die_in_the_middle(path: &Path) {
    let ledger = Ledger::open(path).await.unwrap();
    let changes = many(400);
    let mut commit = std::pin::pin!(ledger.commit("shop", Epoch(1), NOW, &changes));
    let mut polls = 0;
    std::future::poll_fn(|context| {
        polls += 1;
        if polls > POLLS_BEFORE_CRASH {
            eprintln!("dying in the middle");
            std::process::abort();
        }
        commit.as_mut().poll(context)
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_commit_that_is_given_up_in_the_middle_leaves_the_old_state() {
    let desk = Desk::new().await;
    let changes = many(50);
    for polls_max in [1, 2, 3, 5, 20, 60] {
        let mut commit = std::pin::pin!(desk.try_commit(&changes));
        let mut polls = 0;
        let given_up = std::future::poll_fn(|context| {
            polls += 1;
            match commit.as_mut().poll(context) {
                std::task::Poll::Pending if polls < polls_max => std::task::Poll::Pending,
                std::task::Poll::Pending => std::task::Poll::Ready(true),
                std::task::Poll::Ready(_) => std::task::Poll::Ready(false),
            }
        })
        .await;
        assert!(given_up, "{polls_max}");
    }
    assert_eq!(desk.ledger.orders("shop", &OrderQuery::default()).await.unwrap(), []);
    desk.commit(&changes).await;
    assert_eq!(desk.ledger.orders("shop", &OrderQuery::default()).await.unwrap().len(), 50);
}

async fn refusal(path: &Path) -> String {
    match Ledger::open(path).await {
        Err(LedgerError::Store(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_that_is_no_ledger_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "not a ledger ".repeat(500)).unwrap();
    let reason = refusal(&path).await;
    assert!(reason.contains("notes.txt") && reason.contains("not a database"), "{reason}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "not a ledger ".repeat(500), "it is left alone");
    let reason = refusal(folder.path()).await;
    assert!(reason.contains("is not a file"), "{reason}");
    let reason = refusal(&folder.path().join("no folder").join("ledger.db")).await;
    assert!(reason.contains("cannot be created"), "{reason}");
    let missing = folder.path().join("missing.db");
    let error = Ledger::open_existing(&missing).await.unwrap_err();
    assert_eq!(error, LedgerError::NotFound(format!("file {}", missing.display())));
    assert!(!missing.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_ledger_that_cannot_be_written_is_refused_in_words_and_a_new_one_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let Desk { folder, ledger, .. } = Desk::new().await;
    let path = folder.path().join("ledger.db");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    ledger.close().await;
    let allow = |place: &Path, mode| {
        std::fs::set_permissions(place, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(&path, 0o400);
    let reason = refusal(&path).await;
    assert!(reason.contains("ledger.db is read-only"), "{reason}");
    allow(&path, 0o600);
    allow(folder.path(), 0o500);
    let reason = refusal(&path).await;
    allow(folder.path(), 0o700);
    assert!(reason.contains("is read-only"), "{reason}");
    Ledger::open(&path).await.unwrap();
}

async fn alter(path: &Path, sql: &'static str) {
    use sqlx::Connection;
    sqlx::any::install_default_drivers();
    let mut raw = sqlx::AnyConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
}

#[tokio::test]
async fn a_ledger_of_a_newer_release_is_refused_in_words() {
    let desk = Desk::new().await;
    desk.ledger.close().await;
    alter(
        &desk.path(),
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
         values (999, 'later', true, x'00', 0)",
    )
    .await;
    let error = Ledger::open(&desk.path()).await.unwrap_err();
    assert!(matches!(error, LedgerError::NewerSchema { found: 999, .. }), "{error:?}");
    assert!(error.to_string().contains("newer release"), "{error}");
}

#[tokio::test]
async fn a_ledger_whose_schema_was_made_by_another_text_is_refused() {
    let desk = Desk::new().await;
    desk.ledger.close().await;
    alter(&desk.path(), "update _sqlx_migrations set checksum = x'00'").await;
    let reason = refusal(&desk.path()).await;
    assert!(reason.contains("schema change 1 is not the one"), "{reason}");
}

#[test]
fn the_lock_excludes_a_second_holder_and_names_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let lock = LedgerLock::take(&path).unwrap();
    let refused = LedgerLock::take(&path).unwrap_err();
    assert_eq!(refused, LockError::Held { by: format!("process {}", std::process::id()) });
    drop(lock);
    LedgerLock::take(&path).unwrap();
    let nowhere = LedgerLock::take(&folder.path().join("no folder").join("ledger.db"));
    assert!(matches!(nowhere, Err(LockError::Failed(_))), "{nowhere:?}");
}
