//! A ledger that an older program wrote: what it holds is found by the searches of this one, and the older program
//! refuses it from then on.

use super::*;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, Connection, SqlSafeStr};

/// Never edited after release.
const FIRST: &str = include_str!("../../src/ledger/migrations/0001_ledger.sql");

/// Orders as the first release stored them. 7: held, of a part that is exported and one that is not. 8: closed by
/// hand, then exported again. 9: never approved. 10: approved and not looked at yet, worth more than anybody's order. 11: with a
/// problem.
const CONTENT: &str = "
insert into connection (name, settings_version, paused, created, next_due, epoch) values ('shop', 1, 0, 5, 5, 1);
insert into setting_version (connection, version, document, changed_by, at) values ('shop', 1, 'x', 'ada', 5);
insert into joor_order (connection, id, head, status, export_state, approved, retailer, retailer_id, po_number, linesheet,
    ship_start, value_amount, value_currency, first_seen, last_seen, generation, track_acknowledged, track_seen,
    track_left_approved, report_in_flight, report_tries, export_anyway, prices_confirmed) values
('shop', '7', '{}', 'approved', '', '2026-09-01', 'MAISON ÉTÉ', 'r1', 'PO-1', 'SS27', '2027-01-31', '1200.10', 'USD', 40, 90, 1, 0, 0, 0, 0, 0, 0, 0),
('shop', '8', '{}', 'cancelled', '', '2026-08-01', 'Rosa', 'r2', '', 'SS27', null, '99.995', 'KWD', 41, 91, 2, 0, 0, 0, 0, 0, 0, 0),
('shop', '9', '{}', 'pending', '', null, 'Rosa', 'r2', 'po 9', 'FW26', null, null, null, 42, 92, 1, 0, 0, 0, 0, 0, 0, 0),
('shop', '10', '{}', 'approved', '', '2026-09-02', 'Kyōto', 'r3', '', '', null, '99999999999999999999', 'JPY', 43, 93, 1, 0, 0, 0, 0, 0, 0, 0),
('shop', '11', '{}', 'approved', '', '2026-09-03', 'b_z%', 'r4', '', '', null, '-12.50', 'USD', 44, 94, 1, 0, 0, 0, 0, 0, 0, 0);
insert into export (connection, joor_order, generation, part, token, state, state_rank, shop_order, shop_name, attempts,
    version, total_amount, total_currency, cancelled, changed) values
('shop', '7', 1, 1, 'a', 'exported', 8, 'gid://shopify/Order/1', '#1', 1, 3, '600.05', 'USD', 0, 60),
('shop', '7', 1, 2, 'b', 'held', 5, null, null, 0, 2, null, null, 0, 60),
('shop', '8', 1, 1, 'c', 'closed_by_hand', 7, null, null, 0, 2, null, null, 0, 60),
('shop', '8', 2, 1, 'd', 'exported', 8, 'gid://shopify/Order/2', '#2', 1, 3, '99.995', 'KWD', 0, 60);
insert into export_event (connection, joor_order, generation, part, version, at, epoch, word, state, detail) values
('shop', '7', 1, 1, 3, 10040, 1, 'created', 'exported', '');
insert into problem (id, connection, joor_order, code, severity, who, sentence, resolution, opened, closing_mailed) values
(1, 'shop', '11', 'ORD_EMPTY', 'blocker', 'brand_in_joor', 's', 'r', 50, 0);
insert into attempt (connection, joor_order, generation, part, version, attempt, at, body, fingerprint, expected_amount,
    expected_currency, units) values ('shop', '7', 1, 1, 2, 1, 55, 'body', 'f', '600.05', 'USD', 6);
insert into command (id, connection, verb, arguments, asked_by, at) values (1, 'shop', 'retry', '{\"order\":\"7\"}', 'ada', 50);
update counter set value = 1 where name in ('problem', 'command');
";

/// What the first release did with a ledger when it opened it.
async fn open_as_first(room: &Room) -> Result<AnyConnection, MigrateError> {
    sqlx::any::install_default_drivers();
    let url = match kind() {
        Kind::Sqlite => format!("sqlite://{}?mode=rwc", room.words()),
        Kind::Postgres => room.words(),
    };
    let mut raw = AnyConnection::connect(&url).await.unwrap();
    let first = Migration::new(1, "ledger".into(), MigrationType::Simple, FIRST.into_sql_str(), false);
    let text = FIRST.replace(" text", " text collate \"C\"");
    let first = match kind() {
        Kind::Sqlite => first,
        Kind::Postgres => Migration { sql: sqlx::AssertSqlSafe(text).into_sql_str(), ..first },
    };
    let mut migrator = Migrator::with_migrations(vec![first]);
    migrator.set_locking(false);
    migrator.run(&mut raw).await?;
    Ok(raw)
}

async fn found(ledger: &Ledger, wanted: OrderSearch) -> Vec<String> {
    let found = ledger.search_orders(&wanted).await.unwrap();
    found.iter().map(|order| order.id.to_string()).collect()
}

fn text(words: &str) -> OrderSearch {
    OrderSearch { text: words.to_owned(), ..OrderSearch::default() }
}

#[tokio::test]
async fn the_orders_of_an_older_ledger_are_found_and_the_older_program_refuses_it_afterwards() {
    let Some(room) = Room::new(kind()).await else { return };
    let mut raw = open_as_first(&room).await.unwrap();
    sqlx::raw_sql(CONTENT).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();

    let ledger = Ledger::open_at(&room.place()).await.unwrap();
    let all = ledger.search_orders(&OrderSearch::default()).await.unwrap();
    let seen: Vec<_> =
        all.iter().map(|order| (order.id.as_str(), order.state, order.approval_seen)).collect();
    assert_eq!(
        seen,
        [
            ("11", Some("seen"), Some(Moment(44))),
            ("10", Some("seen"), Some(Moment(43))),
            ("7", Some("held"), Some(Moment(40))),
            ("8", Some("exported"), Some(Moment(41))),
            ("9", None, None),
        ]
    );
    assert_eq!(all[2].total, Some(usd("600.05")));
    assert_eq!(all[0].open.iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["ORD_EMPTY"]);
    // The database made only English letters small when it filled what orders are found by.
    for words in ["maison", "ÉTÉ", "été", "ison ét", "po-1", " 7 "] {
        assert_eq!(found(&ledger, text(words)).await, ["7"], "{words}");
    }
    for (words, id) in [("b_z%", "11"), ("KYŌTO", "10"), ("kyōto", "10"), ("PO 9", "9")] {
        assert_eq!(found(&ledger, text(words)).await, [id], "{words}");
    }
    assert_eq!(found(&ledger, text("bxz")).await, Vec::<String>::new());
    // By value: nothing and what is beyond reason first, then below zero, then by amount whatever the currency.
    let by_value = OrderSearch {
        sort: OrderSort::Value,
        descending: false,
        text: "1".to_owned(),
        ..OrderSearch::default()
    };
    assert_eq!(found(&ledger, by_value.clone()).await, ["10", "11", "7"]);
    let from = OrderSearch { value_min: Some("99.995".parse().unwrap()), text: String::new(), ..by_value };
    assert_eq!(found(&ledger, from).await, ["8", "7"]);
    assert_eq!(ledger.linesheets(None).await.unwrap(), ["FW26", "SS27"]);
    let spans = ledger.approval_to_export(None, Moment(20_000), 1).await.unwrap();
    assert_eq!(spans.sorted(), [10]);
    let attempts = ledger.attempts("shop", &id("7")).await.unwrap();
    assert_eq!((attempts.len(), attempts[0].answer.clone(), attempts[0].decided.clone()), (1, None, None));
    assert_eq!(ledger.persons().await.unwrap(), []);
    // What it did not keep is not there; a command of its time waits and is applied as any other.
    assert_eq!(ledger.sight("shop", &id("7")).await.unwrap(), None);
    assert_eq!(ledger.commands_of("shop", &id("7")).await.unwrap(), []);
    assert_eq!(ledger.pending_commands("shop").await.unwrap()[0].id, 1);

    // It goes on as any other: rows are as those of this release, and the next one is found like them.
    let epoch = ledger.take_lease("shop", "one", NOW, TTL).await.unwrap().unwrap();
    let old = ledger.order("shop", &id("7")).await.unwrap().unwrap();
    assert_eq!((old.ship_start, old.ship_end), (Some(date(2027, 1, 31)), None));
    let kept = OrderRecord { last_seen: LATER, ..old };
    let changes = [Change::Order(Box::new(kept)), Change::Order(Box::new(order("12")))];
    ledger.commit("shop", epoch, NOW, &changes).await.unwrap();
    let now = ledger.search_orders(&text("été")).await.unwrap();
    assert_eq!((now[0].approval_seen, now[0].state), (Some(Moment(40)), Some("held")));
    ledger.close().await;

    let refused = open_as_first(&room).await.map(drop);
    assert!(matches!(refused, Err(MigrateError::VersionMissing(2))), "{refused:?}");
}
