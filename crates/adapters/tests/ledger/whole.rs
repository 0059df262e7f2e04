//! Ledgers as a whole: many rows, several programs, sudden ends, schemas of other releases.

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

/// On a machine that is busy with other things too, in an unoptimised build.
const GOOD_TIME: Duration = Duration::from_secs(120);

#[tokio::test]
async fn a_thousand_orders_are_committed_and_read_back_in_good_time() {
    let Some(desk) = Desk::new().await else { return };
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
    let (orders, exports, equation) = tokio::time::timeout(GOOD_TIME, work).await.unwrap();
    assert_eq!((orders, exports, equation.len()), (1000, 1000, 1000));
    assert!(equation.iter().all(|row| row.state == "held" && row.has_issues));
}

#[tokio::test]
async fn two_programs_open_the_same_file_and_one_inserts_commands_while_the_other_commits() {
    let Some(desk) = Desk::new().await else { return };
    let other = Ledger::open_at(&desk.place()).await.unwrap();
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
        let Some(room) = Room::new(kind()).await else { return };
        let place = room.place();
        let opened = futures::future::join_all((0..6).map(|_| Ledger::make(&place))).await;
        for ledger in opened {
            assert_eq!(ledger.unwrap().0.connections().await.unwrap(), []);
        }
    }
}

const CRASH: &str = "LEDGER_TEST_CRASH_PLACE";
const DIES: &str = "a_process_that_dies_in_the_middle_of_a_commit_leaves_the_old_state";

fn place_from(words: &str) -> Place {
    match kind() {
        Kind::Sqlite => Place::File(words.into()),
        Kind::Postgres => Place::Server(adapters::ledger::ServerAddress::parse(words).unwrap()),
    }
}

/// Enough for the transaction to have begun, and far from enough to finish it.
const POLLS_BEFORE_CRASH: u32 = 200;

/// The test starts itself once more; the child dies in the middle of a commit.
#[tokio::test]
async fn a_process_that_dies_in_the_middle_of_a_commit_leaves_the_old_state() {
    if let Ok(place) = std::env::var(CRASH) {
        return die_in_the_middle(&place_from(&place)).await;
    }
    let Some(desk) = Desk::new().await else { return };
    desk.open_order("7").await;
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args([&format!("{}::{DIES}", module_path!().split_once("::").unwrap().1), "--exact", "--nocapture"])
        .env(CRASH, desk.room.words())
        .output()
        .unwrap();
    assert!(!child.status.success(), "the child was to die");
    let words = String::from_utf8_lossy(&child.stderr).into_owned();
    assert!(words.contains("dying in the middle"), "{words}");
    for ledger in [&desk.ledger, &Ledger::open_at(&desk.place()).await.unwrap()] {
        let orders = ledger.orders("shop", &OrderQuery::default()).await.unwrap();
        assert_eq!(orders.len(), 1);
        assert_eq!(ledger.exports("shop", &ExportQuery::default()).await.unwrap().len(), 1);
    }
    desk.commit(&many(10)).await;
}

async fn die_in_the_middle(place: &Place) {
    let ledger = Ledger::open_at(place).await.unwrap();
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
    let Some(desk) = Desk::new().await else { return };
    // Long enough that it is in its middle even where the database answers at once.
    let changes = many(200);
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
    assert_eq!(desk.ledger.orders("shop", &OrderQuery::default()).await.unwrap().len(), 200);
}

#[tokio::test]
async fn a_ledger_of_a_newer_release_is_refused_in_words() {
    let Some(desk) = Desk::new().await else { return };
    desk.ledger.close().await;
    desk.room
        .alter(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
             values (999, 'later', true, 'x', 0)",
        )
        .await;
    let error = Ledger::open_at(&desk.place()).await.unwrap_err();
    assert!(matches!(error, LedgerError::NewerSchema { found: 999, .. }), "{error:?}");
    assert!(error.to_string().contains("newer release"), "{error}");
}

#[tokio::test]
async fn a_ledger_whose_schema_was_made_by_another_text_is_refused() {
    let Some(desk) = Desk::new().await else { return };
    desk.ledger.close().await;
    desk.room.alter("update _sqlx_migrations set checksum = 'x'").await;
    let reason = Ledger::open_at(&desk.place()).await.unwrap_err().to_string();
    assert!(reason.contains("schema change 1 is not the one"), "{reason}");
}

/// Characters that one database keeps and the other does not, or that sort differently by language.
#[tokio::test]
async fn foreign_texts_are_kept_and_sorted_alike() {
    let Some(desk) = Desk::new().await else { return };
    for name in ["b", "B", "a-b", "ab", "ä"] {
        desk.ledger.create_connection(name, "x", "ada", NOW).await.unwrap();
    }
    let names: Vec<String> = desk.ledger.connections().await.unwrap().into_iter().map(|c| c.name).collect();
    assert_eq!(names, ["B", "a-b", "ab", "b", "shop", "ä"]);
    let hostile = "a\0b'; drop table export; -- \u{1F600} \u{202E}\r\n\t\\x00 $1 ?".to_owned();
    let odd = OrderRecord { retailer: hostile.clone(), po_number: "\0".to_owned(), ..order("7") };
    desk.commit(&[Change::Order(Box::new(odd))]).await;
    let kept = desk.ledger.order("shop", &id("7")).await.unwrap().unwrap();
    assert_eq!((kept.retailer, kept.po_number.as_str()), (hostile.replace('\0', "\u{fffd}"), "\u{fffd}"));
    for number in ["B1", "a1", "A1", "b1"] {
        desk.commit(&[Change::Order(Box::new(order(number)))]).await;
    }
    let found = desk.ledger.orders("shop", &OrderQuery::default()).await.unwrap();
    let ids: Vec<&str> = found.iter().map(|order| order.id.as_str()).collect();
    assert_eq!(ids, ["7", "A1", "B1", "a1", "b1"]);
}
