//! Ledgers that cannot be used, that another program holds, that come from another release, or that are copies: nothing is
//! sent without one, and none sends what another one sent. A full disk: `outages`. A lost ledger: `proof`, `protocol`.

use crate::harness::{Options, World, in_both_kinds_with, program, run_to_end, until, until_within};
use sandbox::{Fault, When};
use sqlx::{Connection, Executor, SqliteConnection};
use std::fs::{Permissions, rename, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One request to a file that somebody else holds is given up after 10 seconds; a command makes two of them at most.
const LOCKED: Duration = Duration::from_secs(35);

/// The stories here are about a file.
pub(super) fn in_a_file() -> Options {
    Options { server: None, ..Options::default() }
}

fn ledger(world: &World) -> PathBuf {
    world.data_folder().join("ledger.sqlite")
}

async fn opened(world: &World) -> SqliteConnection {
    let url = format!("sqlite://{}", ledger(world).display());
    SqliteConnection::connect(&url).await.expect("the ledger is there")
}

async fn refused(world: &World, arguments: &[&str], words: &str) {
    let run = tokio::time::timeout(LOCKED, world.run(arguments)).await;
    let ran = run.expect("it ends in time").must_end_with(1);
    let said = format!("{} {}", ran.json["error"], ran.json["hint"]);
    assert!(said.contains(words), "{arguments:?}: {words} is not in {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_is_read_only_is_refused_in_words_and_nothing_is_sent() {
    let world = World::with(in_a_file()).await;
    world.approved(world.plain("99201"));
    let allow = |path: &Path, mode| set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
    for (path, closed, open) in [(ledger(&world), 0o400, 0o600), (world.data_folder(), 0o500, 0o700)] {
        allow(&path, closed);
        for arguments in [&["sync", "--once"][..], &["run"]] {
            refused(&world, arguments, "is read-only").await;
        }
        allow(&path, open);
    }
    assert_eq!((world.sandbox.joor.requests(), world.sandbox.shop.orders().len()), (0, 0));
    world.sync().await;
    world.order("99201").await.must_be("exported", &[]);
    world.shop_order_of("99201");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_another_program_keeps_locked_stops_all_sending_until_it_is_free() {
    let mut world = World::with(in_a_file()).await;
    world.approved(world.plain("99211"));
    world.run_as_service().await;
    world.until_order("99211", "exported").await;
    until("the report is there", || world.joor_report("99211").0 == "SUCCESS").await;

    let mut other = opened(&world).await;
    other.execute("begin immediate").await.expect("the lock is free now and then");
    world.approved(world.brand.order("99212", 1).line(world.brand.line(1, 0, 1)));
    refused(&world, &["orders", "list"], "database is locked").await;
    let told = |world: &World| {
        let mails = world.mails();
        mails.into_iter().filter(|mail| mail.body_text.contains("SYS_STORE")).collect::<Vec<_>>()
    };
    until_within(LOCKED, "people hear of it", || !told(&world).is_empty()).await;
    let mails = told(&world);
    for words in ["nothing is sent", "database is locked"] {
        assert!(mails[0].body_text.contains(words), "{words} is not in {}", mails[0].body_text);
    }
    assert_eq!(world.asked("OrderCreate"), 1, "nothing is sent that cannot be written down first");

    other.execute("rollback").await.expect("the other program ends");
    until_within(LOCKED, "the order arrives", || world.joor_report("99212").0 == "SUCCESS").await;
    world.order("99212").await.must_be("exported", &[]);
    assert_eq!((world.asked("OrderCreate"), told(&world).len()), (2, 1));
    other.close().await.expect("it closes");
    world.finish().await;
}

const CHANGED_BY_A_NEWER_RELEASE: &str = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
     values (999, 'later', true, 'x', 0)";
const AS_BEFORE: &str = "delete from _sqlx_migrations where version = 999";

async fn alter(world: &World, sql: &'static str) {
    let mut file = opened(world).await;
    file.execute(sql).await.expect("the ledger takes it");
    file.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_of_a_newer_release_is_left_alone_and_nothing_is_sent() {
    let world = World::with(in_a_file()).await;
    world.approved(world.plain("99221"));
    alter(&world, CHANGED_BY_A_NEWER_RELEASE).await;
    for arguments in [&["sync", "--once"][..], &["run"], &["orders", "list"]] {
        refused(&world, arguments, "newer release").await;
    }
    assert_eq!((world.sandbox.joor.requests(), world.sandbox.shop.orders().len()), (0, 0));
    alter(&world, AS_BEFORE).await;
    world.sync().await;
    world.order("99221").await.must_be("exported", &[]);
    world.finish().await;
}

/// A newer release may begin to work on the ledger beside this one, or only look at it.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_ledger_a_newer_release_changed_meanwhile_sends_nothing_more_and_says_so() {
    let mut world = World::with(in_a_file()).await;
    world.run_as_service().await;
    world.approved(world.plain("99225"));
    world.until_order("99225", "exported").await;
    alter(&world, CHANGED_BY_A_NEWER_RELEASE).await;
    world.approved(world.brand.order("99226", 1).line(world.brand.line(1, 0, 1)));
    let told = || world.mails().iter().filter(|mail| mail.body_text.contains("newer release")).count();
    until("people hear of it", || told() == 1).await;
    assert!(world.mails().iter().any(|mail| mail.body_text.contains("SYS_STORE")));
    assert_eq!(world.asked("OrderCreate"), 1);
    alter(&world, AS_BEFORE).await;
    until("the order arrives", || world.joor_report("99226").0 == "SUCCESS").await;
    world.stop_service().await;
    world.finish().await;
}

fn beside(world: &World, name: &str) -> PathBuf {
    world.data_folder().with_file_name(name)
}

/// The whole data directory once more, as after a move to another machine.
fn copied(world: &World) {
    let copy = beside(world, "copy");
    std::fs::create_dir(&copy).expect("the story's folder takes another one");
    for file in std::fs::read_dir(world.data_folder()).expect("the data directory is there") {
        let file = file.expect("a file").path();
        let name = file.file_name().expect("it has a name");
        std::fs::copy(&file, copy.join(name)).expect("files can be copied");
    }
}

/// The other data directory is the one that runs from now on.
fn swapped(world: &World) {
    let [here, there, between] =
        [world.data_folder(), beside(world, "copy"), beside(world, "between")].map(PathBuf::from);
    for (from, to) in [(&here, &between), (&there, &here), (&between, &there)] {
        rename(from, to).expect("folders of the story can be renamed");
    }
}

fn away() -> Fault {
    Fault::Status { code: 503, body: String::new(), headers: Vec::new() }
}

async fn cycles(world: &World, count: usize) {
    for _ in 0..count {
        world.sync().await;
    }
}

/// Exports the order, and JOOR does not hear of it.
async fn exported_in_silence(world: &World, id: &str) {
    world.joor_fault("POST bulk_update", When::Always, away());
    world.run(&["sync", "--once"]).await;
    world.sandbox.faults.clear();
    assert_eq!(world.joor_report(id).0, "UNDEFINED");
    world.shop_order_of(id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_ledger_sends_nothing_that_the_other_one_sent_and_both_say_so() {
    in_both_kinds_with(in_a_file(), async |world: &mut World| {
        world.approved(world.plain("99231"));
        cycles(world, 2).await;
        copied(world);
        world.approved(world.brand.order("99232", 1).line(world.brand.line(1, 0, 1)));
        cycles(world, 2).await;
        world.approved(world.brand.order("99233", 0).line(world.brand.line(1, 1, 1)));
        exported_in_silence(world, "99233").await;

        swapped(world);
        cycles(world, 2).await;
        assert_eq!(world.asked("OrderCreate"), 3, "the copy looks before it sends");
        world.order("99231").await.must_be("exported", &[]);
        world.order("99232").await.must_be("skipped", &["DUP_SECOND_EXPORTER"]);
        world.order("99233").await.must_be("held", &["DUP_FOUND_UNLEDGERED"]);
        // The copy is the first to see this one.
        world.approved(world.brand.order("99234", 1).line(world.brand.line(1, 2, 1)));
        cycles(world, 2).await;
        world.order("99234").await.must_be("exported", &[]);

        swapped(world);
        cycles(world, 2).await;
        // Its report waits for the next try.
        assert_eq!(world.order("99233").await.state(), "exported");
        world.order("99234").await.must_be("skipped", &["DUP_SECOND_EXPORTER"]);
        assert_eq!(world.asked("OrderCreate"), 4);
        for id in ["99231", "99232", "99233", "99234"] {
            world.shop_order_of(id);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_from_before_some_exports_finds_them_adopts_them_and_the_proof_holds() {
    in_both_kinds_with(in_a_file(), async |world: &mut World| {
        world.approved(world.plain("99241"));
        cycles(world, 2).await;
        copied(world);
        world.approved(world.brand.order("99242", 1).line(world.brand.line(1, 0, 1)));
        cycles(world, 2).await;
        world.approved(world.brand.order("99243", 0).line(world.brand.line(1, 1, 1)));
        exported_in_silence(world, "99243").await;

        std::fs::copy(beside(world, "copy").join("ledger.sqlite"), ledger(world)).expect("it is put back");
        cycles(world, 2).await;
        world.order("99242").await.must_be("skipped", &["DUP_SECOND_EXPORTER"]);
        world.order("99243").await.must_be("held", &["DUP_FOUND_UNLEDGERED"]);
        assert_eq!(world.asked("OrderCreate"), 3, "what is in Shopify is found and not sent again");
        let shown = world.run(&["adopt"]).await.must_end_with(1);
        assert_eq!(shown.json["orders"].as_array().map(Vec::len), Some(2), "{:#}", shown.json);
        world.run(&["--yes", "adopt"]).await.must_end_with(0);
        cycles(world, 2).await;
        for id in ["99241", "99242", "99243"] {
            world.order(id).await.must_be("exported", &[]);
            world.shop_order_of(id);
            assert_eq!(world.joor_report(id).0, "SUCCESS");
        }
        let proof = world.run(&["proof"]).await.must_end_with(0).json;
        assert_eq!(proof["connections"][0]["holds"], true, "{proof:#}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_copies_that_work_in_the_same_moment_make_one_order_of_each_where_the_shop_refuses_a_taken_id() {
    let mut options = in_a_file();
    options.sandbox.shop.custom_id_enforced = true;
    let world = World::with(options).await;
    world.sync().await;
    copied(&world);
    let ids: Vec<String> = (0..6).map(|number| format!("9925{number}")).collect();
    for (number, id) in ids.iter().enumerate() {
        world.approved(world.brand.order(id, 0).line(world.brand.line(0, number, 1)));
    }
    // The first one's requests are under way while the second one looks and finds nothing.
    world.fault("OrderCreate", When::Times(6), Fault::Slow(Duration::from_secs(4)));
    let first = world.spawn(&["sync", "--once"]);
    until("the first sends", || !world.sandbox.faults.hits().is_empty()).await;
    let mut second = program(&["--trial", "--json", "--data"]);
    second.arg(beside(&world, "copy")).args(["sync", "--once"]);
    run_to_end(second).await;
    first.ended().await;
    world.sandbox.faults.clear();
    assert!(world.asked("OrderCreate") > ids.len(), "both sent the same orders");
    for id in &ids {
        world.until_shown(id, "settled", |shown| matches!(shown.state(), "exported" | "held")).await;
        world.shop_order_of(id);
    }
    world.finish().await;
}
