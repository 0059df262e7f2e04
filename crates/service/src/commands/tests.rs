//! The commands as a person types them, on a data directory of their own.

use super::*;
use adapters::ledger::LedgerLock;
use clap::Parser;
use std::path::Path;

const BRAND: &str = "[joor]\naccount = \"1234\"\nclient_id = \"c\"\nusername = \"u\"\nclient_secret = \"s3cr\"\n\
                     password = \"pw-7\"\n[shopify]\nshop_url = \"https://brand.example\"\naccess_token = \"shpat_1\"\n\
                     [orders]\ncurrencies = [\"USD\"]\n";

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Desk {
        let desk = Desk { folder: tempfile::tempdir().unwrap() };
        assert_eq!(desk.run("init").await, exit::OK);
        desk
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    async fn run(&self, line: &str) -> u8 {
        let data = self.data().display().to_string();
        let words = ["joor-shopify", "--data", &data].into_iter().chain(line.split_whitespace());
        let cli = Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
        match dispatch(cli, [("USER".to_owned(), "anna".to_owned())]).await {
            Dispatched::Done(code) => code,
            other => panic!("{line} is not done here: {other:?}"),
        }
    }

    async fn ledger(&self) -> Ledger {
        Ledger::open_existing(&self.data().join("ledger.sqlite")).await.unwrap()
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions()) & 0o777
}

#[cfg(unix)]
#[tokio::test]
async fn init_makes_private_files_and_replaces_none() {
    let desk = Desk::new().await;
    for name in ["ledger.sqlite", "secret.key", "config.toml", "connection.example.toml"] {
        assert_eq!(mode(&desk.data().join(name)), 0o600, "{name}");
    }
    let key = std::fs::read(desk.data().join("secret.key")).unwrap();
    std::fs::write(desk.data().join("config.toml"), "# mine\n").unwrap();
    assert_eq!(desk.run("init").await, exit::OK);
    assert_eq!(std::fs::read(desk.data().join("secret.key")).unwrap(), key);
    assert_eq!(std::fs::read_to_string(desk.data().join("config.toml")).unwrap(), "# mine\n");
}

#[tokio::test]
async fn init_makes_no_second_key_while_credentials_are_sealed_with_the_first() {
    let desk = Desk::new().await;
    let file = desk.write("main.toml", BRAND);
    assert_eq!(desk.run(&format!("connection apply {file}")).await, exit::OK);
    std::fs::remove_file(desk.data().join("secret.key")).unwrap();
    assert_eq!(desk.run("init").await, exit::FAILED);
    assert!(!desk.data().join("secret.key").exists());
}

#[tokio::test]
async fn applying_seals_the_secrets_and_keeps_them_out_of_the_document() {
    let desk = Desk::new().await;
    let file = desk.write("main.toml", BRAND);
    assert_eq!(desk.run(&format!("connection apply {file}")).await, exit::OK);
    let ledger = desk.ledger().await;
    let connection = ledger.connection("main").await.unwrap().unwrap();
    assert!(connection.live_since.is_none(), "a new connection is in preview");
    for secret in ["s3cr", "pw-7", "shpat_1"] {
        assert!(!connection.settings.contains(secret));
    }
    let sealed = ledger.secrets("main").await.unwrap();
    let vault = Vault::open(&desk.data().join("secret.key")).unwrap();
    assert_eq!(vault.unseal("main", "joor.password", &sealed["joor.password"]).unwrap().expose(), "pw-7");
    assert_eq!(sealed.len(), 3);
    for line in
        ["connection list", "connection list --json", "connection export main", "config show --origin"]
    {
        assert_eq!(desk.run(line).await, exit::OK, "{line}");
    }
}

#[tokio::test]
async fn what_was_exported_can_be_applied_again_without_its_secrets() {
    let desk = Desk::new().await;
    let file = desk.write("main.toml", BRAND);
    desk.run(&format!("connection apply {file}")).await;
    let document = desk.ledger().await.connection("main").await.unwrap().unwrap().settings;
    let again =
        desk.write("again.toml", &document.replace("scarce = \"approval\"", "scarce = \"ship_window\""));
    assert_eq!(desk.run(&format!("connection apply {again} --name main")).await, exit::OK);
    let connection = desk.ledger().await.connection("main").await.unwrap().unwrap();
    assert_eq!(connection.settings_version, 2, "nobody runs, so it is in force at once");
    assert!(connection.settings.contains("ship_window"));
    assert_eq!(desk.ledger().await.setting_versions("main").await.unwrap()[1].by, "anna");
    assert!(connection.lease_until.is_none_or(|until| until <= SystemClock::start().now()));
}

#[tokio::test]
async fn while_another_process_works_new_settings_wait_as_a_command() {
    let desk = Desk::new().await;
    let file = desk.write("main.toml", BRAND);
    desk.run(&format!("connection apply {file}")).await;
    let lock = LedgerLock::take(&desk.data().join("ledger.sqlite")).unwrap();
    let changed = desk.write("changed.toml", &BRAND.replace("\"USD\"", "\"EUR\""));
    assert_eq!(desk.run(&format!("connection apply {changed} --name main")).await, exit::OK);
    drop(lock);
    let ledger = desk.ledger().await;
    assert_eq!(ledger.connection("main").await.unwrap().unwrap().settings_version, 1);
    let pending = ledger.pending_commands("main").await.unwrap();
    assert_eq!((pending.len(), pending[0].verb.as_str()), (1, "settings"));
    let arguments: Value = serde_json::from_str(&pending[0].arguments).unwrap();
    assert!(arguments["document"].as_str().unwrap().contains("EUR"));
}

#[tokio::test]
async fn settings_that_wait_never_come_into_force_after_newer_ones() {
    let desk = Desk::new().await;
    let file = desk.write("main.toml", BRAND);
    desk.run(&format!("connection apply {file}")).await;
    let older = desk.write("older.toml", &BRAND.replace("\"USD\"", "\"EUR\""));
    let waits = async || {
        let lock = LedgerLock::take(&desk.data().join("ledger.sqlite")).unwrap();
        assert_eq!(desk.run(&format!("connection apply {older} --name main")).await, exit::OK);
        drop(lock);
        desk.ledger().await.pending_commands("main").await.unwrap()[0].id
    };
    let superseded = async |id: i64| {
        let ledger = desk.ledger().await;
        assert!(ledger.pending_commands("main").await.unwrap().is_empty());
        let (done, words) = ledger.command(id).await.unwrap().unwrap().outcome.unwrap();
        assert!(!done && words.contains("superseded"), "{words}");
        ledger.connection("main").await.unwrap().unwrap().settings
    };
    // Newer settings that differ, and newer ones that are those in force.
    let first = waits().await;
    let newer = desk.write("newer.toml", &BRAND.replace("\"USD\"", "\"GBP\""));
    assert_eq!(desk.run(&format!("connection apply {newer} --name main")).await, exit::OK);
    assert!(superseded(first).await.contains("GBP"));
    let second = waits().await;
    assert_eq!(desk.run(&format!("connection apply {newer} --name main")).await, exit::OK);
    assert!(superseded(second).await.contains("GBP"));
}

#[tokio::test]
async fn a_lost_key_is_made_anew_only_when_all_credentials_are_given_again() {
    let desk = Desk::new().await;
    let file = desk.write("main.toml", BRAND);
    desk.run(&format!("connection apply {file}")).await;
    let key = desk.data().join("secret.key");
    let before = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let partial = desk.write("partial.toml", &BRAND.replace("password = \"pw-7\"\n", ""));
    assert_eq!(desk.run(&format!("connection apply {partial} --name main")).await, exit::FAILED);
    assert!(!key.exists(), "the old password would be lost without a word");
    assert_eq!(desk.run(&format!("connection apply {file}")).await, exit::OK);
    assert_ne!(std::fs::read(&key).unwrap(), before);
    let vault = Vault::open(&key).unwrap();
    let sealed = desk.ledger().await.secrets("main").await.unwrap();
    for (name, secret) in
        [("joor.client_secret", "s3cr"), ("joor.password", "pw-7"), ("shopify.access_token", "shpat_1")]
    {
        assert_eq!(vault.unseal("main", name, &sealed[name]).unwrap().expose(), secret);
    }
}

#[tokio::test]
async fn a_wrong_file_changes_nothing_and_says_usage() {
    let desk = Desk::new().await;
    let wrong = desk.write("main.toml", &BRAND.replace("account = \"1234\"", "acount = \"1234\""));
    assert_eq!(desk.run(&format!("connection apply {wrong}")).await, exit::USAGE);
    let bare = desk.write("bare.toml", &BRAND.replace("password = \"pw-7\"\n", ""));
    assert_eq!(desk.run(&format!("connection apply {bare}")).await, exit::USAGE);
    assert_eq!(desk.run("connection apply nowhere.toml").await, exit::USAGE);
    let good = desk.write("Bad Name.toml", BRAND).replace("Bad Name", "good");
    std::fs::write(&good, BRAND).unwrap();
    assert_eq!(desk.run(&format!("connection apply {good} --name Bad_Name")).await, exit::USAGE);
    assert!(desk.ledger().await.connections().await.unwrap().is_empty());
}

#[tokio::test]
async fn one_joor_account_has_one_connection_and_keeps_it() {
    let desk = Desk::new().await;
    let file = desk.write("main.toml", BRAND);
    assert_eq!(desk.run(&format!("connection apply {file}")).await, exit::OK);
    assert_eq!(desk.run(&format!("connection apply {file} --name second")).await, exit::USAGE);
    let other = desk.write("other.toml", &BRAND.replace("1234", "999"));
    assert_eq!(desk.run(&format!("connection apply {other} --name main")).await, exit::USAGE);
    assert_eq!(desk.run(&format!("connection apply {other}")).await, exit::OK);
}

#[tokio::test]
async fn going_live_needs_a_preview_and_two_confirmations() {
    let desk = Desk::new().await;
    let file = desk.write("main.toml", BRAND);
    desk.run(&format!("connection apply {file}")).await;
    assert_eq!(desk.run("connection go-live main --yes --confirm-previous-off").await, exit::FAILED);
    let ledger = desk.ledger().await;
    let now = SystemClock::start().now();
    let lease = std::time::Duration::from_secs(5);
    let epoch = ledger.take_lease("main", "test", now, lease).await.unwrap().unwrap();
    let change = adapters::ledger::records::Change::LastGood(now);
    ledger.commit("main", epoch, now, &[change]).await.unwrap();
    // No terminal in a test: questions are answered with no.
    assert_eq!(desk.run("connection go-live main").await, exit::USAGE);
    assert_eq!(desk.run("connection go-live main --confirm-previous-off").await, exit::USAGE);
    assert!(ledger.pending_commands("main").await.unwrap().is_empty());
    assert_eq!(desk.run("connection go-live main --confirm-previous-off --yes").await, exit::OK);
    assert_eq!(ledger.pending_commands("main").await.unwrap()[0].verb, "go_live");
}

#[tokio::test]
async fn unknown_orders_connections_and_ledgers_are_named() {
    let desk = Desk { folder: tempfile::tempdir().unwrap() };
    for line in ["orders list", "run", "sync --once", "doctor"] {
        assert_eq!(desk.run(line).await, exit::USAGE, "{line}: no ledger yet");
    }
    desk.run("init").await;
    for line in [
        "orders show 1",
        "orders retry 1",
        "orders list --connection x",
        "connection export x",
        "problems --connection x",
    ] {
        assert_eq!(desk.run(line).await, exit::USAGE, "{line}");
    }
    for line in ["orders list", "problems", "connection list", "config schema", "config show --json"] {
        assert_eq!(desk.run(line).await, exit::OK, "{line}");
    }
}

#[tokio::test]
async fn wrong_process_settings_stop_every_command() {
    let desk = Desk::new().await;
    std::fs::write(desk.data().join("config.toml"), "[log]\nlevel = 5\n").unwrap();
    assert_eq!(desk.run("orders list").await, exit::USAGE);
}
