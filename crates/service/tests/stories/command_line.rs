//! The command line in both voices: words for people, one JSON document for scripts, and failures that say what to do.

use crate::harness::{CONNECTION, Ran, World, program, run_to_end, until};
use sandbox::{Fault, When};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

/// The program with JSON on a data directory of its own, without a trial.
async fn at(data: &Path, arguments: &[&str]) -> Ran {
    let mut command = program(&["--json", "--data"]);
    command.arg(data).args(arguments);
    run_to_end(command).await
}

/// One document is all of standard output, and it says the same as the exit code.
#[track_caller]
fn one_document(what: &[&str], ran: Ran, code: i32) -> Value {
    assert_eq!(ran.code, code, "exit code of {what:?}\n{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 1, "{what:?}: {}", ran.stdout);
    assert!(!ran.stderr.contains("panicked"), "{what:?}: {}", ran.stderr);
    assert_eq!(ran.json["ok"], code == 0, "{what:?}: {}", ran.stdout);
    if code == 0 {
        assert!(ran.json.get("error").is_none(), "{what:?}: {}", ran.stdout);
        return ran.json;
    }
    for part in ["error", "hint"] {
        let words = ran.json[part].as_str().unwrap_or_default();
        assert!(!words.is_empty() && !words.contains("hint:"), "{part} of {what:?}: {}", ran.stdout);
    }
    if let Some(errors) = ran.json.get("errors") {
        for error in errors.as_array().expect("errors are a list") {
            for part in ["file", "key", "value", "allowed"] {
                assert!(error[part].as_str().is_some_and(|text| !text.is_empty()), "{what:?}: {error}");
            }
            let key = error["key"].as_str().unwrap_or_default();
            assert!(ran.stderr.contains(key), "people hear of {key}, too: {}", ran.stderr);
        }
    }
    ran.json
}

async fn says(world: &World, arguments: &[&str], code: i32) -> Value {
    one_document(arguments, world.run(arguments).await, code)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_answers_a_script_with_one_document_when_it_succeeds() {
    let mut world = World::preview().await;
    world.may_be_refused = true;
    world.approved(world.plain("87001"));
    let mut order = world.plain("87002");
    order.shipping_address.city.clear();
    world.approved(order);
    let file = world.write_file("settings.toml", &world.settings.toml());
    let long_ago = world.sandbox.clock.today().saturating_sub(jiff::ToSpan::days(40)).to_string();
    for arguments in [
        &["init"][..],
        &["connection", "apply", &file, "--name", CONNECTION],
        &["connection", "list"],
        &["connection", "test", CONNECTION],
        &["connection", "export", CONNECTION],
        &["doctor"],
        &["problems"],
        &["orders", "preview", "87001"],
        &["--yes", "connection", "go-live", CONNECTION, "--confirm-previous-off"],
        &["sync", "--once"],
        &["orders", "list", "--problem", "addr_incomplete"],
        &["orders", "show", "87001"],
        &["proof"],
        &["adopt"],
        &["--yes", "backfill", "--since", &long_ago],
        &["orders", "retry", "87002"],
        &["orders", "close", "87002", "--note", "entered by hand"],
        &["sync", "--once"],
        &["orders", "reopen", "87002"],
        &["orders", "close", "87001", "--note", "leave it"],
        &["connection", "pause", CONNECTION],
        &["sync", "--once"],
        &["connection", "resume", CONNECTION],
        &["config", "show", "--origin"],
    ] {
        says(&world, arguments, 0).await;
    }
    let listed = says(&world, &["orders", "list", "--state", "exported"], 0).await;
    assert_eq!(listed["orders"].as_array().map(Vec::len), Some(1), "{listed:#}");
    says(&world, &["orders", "re-export", "87001"], 0).await;
    says(&world, &["orders", "re-export", "87001", "--give-up"], 2).await;
    world.sync().await;
    says(&world, &["orders", "re-export", "87001", "--give-up"], 0).await;
    world.sync().await;
    // The schema is a document of its own.
    let schema = world.run(&["config", "schema"]).await.must_end_with(0);
    assert!(schema.json["properties"].is_object() && schema.json.get("ok").is_none(), "{}", schema.stdout);
    for arguments in [["--help", ""], ["--version", ""], ["orders", "--help"]] {
        let arguments: Vec<&str> = arguments.into_iter().filter(|word| !word.is_empty()).collect();
        let ran =
            run_to_end(program(&["--json"].iter().chain(&arguments).copied().collect::<Vec<_>>())).await;
        assert!(ran.code == 0 && ran.stdout.contains("joor-shopify"), "{arguments:?}: {ran:?}");
    }
    service_ends_with_a_document(&world).await;
    world.finish().await;
}

/// `run` says at its end what it did.
async fn service_ends_with_a_document(world: &World) {
    let read = world.sandbox.joor.operations().len();
    let child = world.command(&["run"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("the program starts");
    until("several cycles have run", || world.sandbox.joor.operations().len() > read + 12).await;
    says(world, &["run"], 3).await;
    says(world, &["sync", "--once"], 3).await;
    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(asked.expect("kill is there").success());
    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await;
    let output = output.expect("waiting does not panic").expect("the child is ours");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!((output.status.code(), stdout.lines().count()), (Some(0), 1), "{stdout}");
    let said: Value = serde_json::from_str(&stdout).expect("a document");
    assert_eq!((&said["ok"], &said["stopped"]), (&true.into(), &"signal".into()), "{said}");
    assert!(said["cycles"].as_u64().is_some_and(|cycles| cycles >= 1), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_answers_a_script_with_one_document_when_it_fails() {
    let mut world = World::start().await;
    world.may_be_refused = true;
    let mut order = world.plain("87011");
    order.shipping_address.city.clear();
    world.approved(order);
    world.sync().await;
    let wrong = world.write_file("wrong.toml", &world.settings.toml().replace("stock", "stok"));
    world.settings.text("orders", "stock", "sometimes").set("orders", "curencies", "[]");
    let worse = world.write_file("worse.toml", &world.settings.toml());
    world.settings.remove("orders", "stock").remove("orders", "curencies");
    for (arguments, code, word) in [
        (&[][..], 2, "no command"),
        (&["ordres"], 2, "ordres"),
        (&["init", "twice"], 2, "twice"),
        (&["demo", "--fast"], 2, "--fast"),
        (&["run", "--fast"], 2, "--fast"),
        (&["connection", "apply", "nowhere.toml"], 2, "nowhere.toml"),
        (&["connection", "apply", &worse, "--name", CONNECTION], 2, "2 settings are wrong"),
        (&["connection", "apply", &wrong, "--name", "Not A Name"], 2, "Not A Name"),
        (&["connection", "list", "--all"], 2, "--all"),
        (&["connection", "test", "nobody"], 2, "nobody"),
        (&["connection", "export", "nobody"], 2, "nobody"),
        (&["connection", "go-live", CONNECTION], 2, "live already"),
        (&["connection", "pause", "nobody"], 2, "nobody"),
        (&["connection", "resume", CONNECTION], 2, "running already"),
        (&["doctor", "--connection", "nobody"], 2, "nobody"),
        (&["sync"], 2, "--once"),
        (&["sync", "--once", "--connection", "nobody"], 2, "nobody"),
        (&["orders", "list", "--problem", "NOPE"], 2, "NOPE"),
        (&["orders", "list", "--state", "hold"], 2, "hold"),
        (&["orders", "show", "1"], 2, "order 1"),
        (&["orders", "preview", "1"], 1, "no such order"),
        (&["orders", "preview", "87011", "--settings", "nowhere.toml"], 2, "nowhere.toml"),
        (&["orders", "preview", "87011", "--settings", &worse], 2, "settings are wrong"),
        (&["orders", "preview", "87011", "--connection", "nobody"], 2, "nobody"),
        (&["orders", "retry", "1"], 2, "order 1"),
        (&["orders", "re-export", "87011"], 2, "87011"),
        (&["orders", "re-export", "87011", "--give-up"], 2, "no re-export"),
        (&["orders", "close", "87011"], 2, "--note"),
        (&["orders", "reopen", "87011"], 2, "87011"),
        (&["problems"], 1, "1 problem needs a person"),
        (&["problems", "--connection", "nobody"], 2, "nobody"),
        (&["proof", "--from", "2026-02-02", "--to", "2026-01-01"], 2, "2026-02-02"),
        (&["adopt", "--file", "nowhere.csv"], 2, "nowhere.csv"),
        (&["backfill"], 2, "--since"),
        (&["config", "show", "--orign"], 2, "--orign"),
        (&["config", "schema", "please"], 2, "please"),
    ] {
        let said = says(&world, arguments, code).await;
        assert!(said["error"].as_str().is_some_and(|error| error.contains(word)), "{arguments:?}: {said}");
        assert_eq!(said["trial"], true, "{arguments:?}: {said}");
    }
    let near = says(&world, &["orders", "list", "--problem", "STOCK_SHRT"], 2).await;
    assert!(near["hint"].as_str().is_some_and(|hint| hint.contains("STOCK_SHORT")), "{near}");
    let near = says(&world, &["orders", "list", "--state", "hold"], 2).await;
    assert!(near["hint"].as_str().is_some_and(|hint| hint.contains("'held'")), "{near}");

    world.joor_fault("GET orders", When::Always, Fault::Html { code: 503 });
    let said = says(&world, &["sync", "--once"], 4).await;
    assert_eq!(said["connections"][0]["problem"]["code"], "SRC_UNAVAILABLE", "{said}");
    says(&world, &["connection", "test", CONNECTION], 1).await;
    says(&world, &["doctor"], 1).await;
    says(&world, &["orders", "preview", "87011"], 4).await;
    let state = says(&world, &["connection", "list"], 0).await;
    assert_eq!(state["connections"][0]["problem"]["code"], "SRC_UNAVAILABLE", "{state}");
    world.sandbox.faults.clear();
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_lost_damaged_or_empty_are_named_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder for the story");
    let data = folder.path().join("data");
    for arguments in [
        &["run"][..],
        &["sync", "--once"],
        &["doctor"],
        &["orders", "list"],
        &["problems"],
        &["connection", "list"],
        &["connection", "test", "brand"],
    ] {
        let said = one_document(arguments, at(&data, arguments).await, 2);
        assert!(said["hint"].as_str().is_some_and(|hint| hint.contains("joor-shopify init")), "{said}");
    }
    one_document(&["init"], at(Path::new("/proc/nowhere/data"), &["init"]).await, 1);
    one_document(&["init"], at(&data, &["init"]).await, 0);
    let findings = async |code: i32| {
        let said = one_document(&["doctor"], at(&data, &["doctor"]).await, code);
        let all = said["findings"].as_array().cloned().unwrap_or_default();
        let row =
            |one: &Value| format!("{} {}", one["what"].as_str().unwrap(), one["state"].as_str().unwrap());
        all.iter().map(row).collect::<Vec<String>>()
    };
    assert_eq!(
        findings(0).await,
        ["ledger ok", "key file ok", "key ok", "mail warning", "connections warning"]
    );

    let (key, kept) = (data.join("secret.key"), data.join("kept.key"));
    std::fs::rename(&key, &kept).unwrap();
    assert_eq!(findings(1).await, ["ledger ok", "key file bad", "mail warning", "connections warning"]);
    std::fs::rename(&kept, &key).unwrap();

    let ledger = data.join("ledger.sqlite");
    let whole = std::fs::read(&ledger).unwrap();
    for (content, word) in [("", "is empty"), (&"not a ledger ".repeat(500)[..], "not a database")] {
        std::fs::write(&ledger, content).unwrap();
        assert_eq!(findings(1).await, ["ledger bad", "key file ok", "key ok", "mail warning"]);
        for arguments in [&["orders", "list"][..], &["sync", "--once"], &["run"], &["init"]] {
            let said = one_document(arguments, at(&data, arguments).await, 1);
            assert!(
                said["error"].as_str().is_some_and(|error| error.contains(word)),
                "{arguments:?}: {said}"
            );
        }
        assert_eq!(std::fs::read_to_string(&ledger).unwrap(), content, "it is left alone");
    }
    std::fs::write(&ledger, whole).unwrap();

    // Whatever keeps the lock's file from being written, such as a read-only directory.
    let lock = data.join("ledger.sqlite.lock");
    std::fs::remove_file(&lock).ok();
    std::fs::create_dir(&lock).unwrap();
    let said = one_document(&["sync"], at(&data, &["sync", "--once"]).await, 1);
    assert!(said["hint"].as_str().is_some_and(|hint| hint.contains("right to write")), "{said}");
    std::fs::remove_dir(&lock).unwrap();

    std::fs::write(data.join("config.toml"), "[log]\nlevel = 5\n[smtp]\nport = 0\n").unwrap();
    for arguments in [&["config", "show"][..], &["init"], &["run"], &["orders", "list"]] {
        let said = one_document(arguments, at(&data, arguments).await, 2);
        assert_eq!(said["errors"].as_array().map(Vec::len), Some(2), "{said}");
    }
    let mut demo = program(&["demo", "--exit", "--json"]);
    demo.env("TMPDIR", folder.path().join("nowhere"));
    one_document(&["demo"], run_to_end(demo).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn results_that_cannot_be_written_are_no_success_and_a_reader_that_left_is_no_failure() {
    let world = World::start().await;
    let run = async |arguments: &[&str], stdout: Stdio, stderr: Stdio| {
        let mut command = program(&["--trial", "--data"]);
        command.arg(world.data_folder()).args(arguments);
        let child = command.stdout(stdout).stderr(stderr).spawn().expect("the program starts");
        let waited = tokio::task::spawn_blocking(move || child.wait_with_output()).await;
        waited.expect("waiting does not panic").expect("the child is ours")
    };
    let nobody = || {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        Stdio::from(writer)
    };
    let full = || Stdio::from(std::fs::File::options().write(true).open("/dev/full").expect("a full device"));
    for arguments in
        [&["connection", "list"][..], &["--json", "connection", "list"], &["--help"], &["--version"]]
    {
        let output = run(arguments, full(), Stdio::piped()).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("cannot be written to standard output"), "{arguments:?}: {said}");
        let output = run(arguments, nobody(), Stdio::piped()).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(!said.contains("panicked") && !said.contains("error"), "{arguments:?}: {said}");
    }
    for verb in ["pause", "resume"] {
        let output = run(&["connection", verb, CONNECTION], Stdio::piped(), Stdio::piped()).await;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.starts_with("Noted as command "), "{said}");
        world.sync().await;
    }
    for (arguments, code) in [(&["sync", "--once"][..], 0), (&["orders", "show", "1"], 2), (&["ordres"], 2)] {
        let output = run(arguments, Stdio::piped(), nobody()).await;
        assert_eq!(output.status.code(), Some(code), "nobody listens to {arguments:?}");
    }
    world.finish().await;
}

/// A key that opens nothing of what was sealed before.
const OTHER_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

fn write_key(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

async fn listed(world: &World) -> Value {
    says(world, &["connection", "list"], 0).await["connections"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_cannot_be_opened_are_an_outage_and_new_ones_are_taken_while_the_service_runs() {
    let mut world = World::start().await;
    world.approved(world.plain("87021"));
    world.sync().await;
    assert_eq!(listed(&world).await["problem"], Value::Null);
    let key = world.data_folder().join("secret.key");
    let right = std::fs::read_to_string(&key).unwrap();
    write_key(&key, OTHER_KEY);

    let said = says(&world, &["sync", "--once"], 1).await;
    assert_eq!(said["connections"][0]["problem"]["code"], "CONN_SETTINGS", "{said}");
    assert_eq!(world.connection_problems().await, ["CONN_SETTINGS"]);
    let shown = listed(&world).await;
    assert_eq!((&shown["state"], &shown["problem"]["code"]), (&"refused".into(), &"CONN_SETTINGS".into()));
    let doctor = says(&world, &["doctor"], 1).await;
    let bad = |one: &&Value| one["what"] == "credentials" && one["state"] == "bad";
    assert!(doctor["findings"].as_array().unwrap().iter().any(|one| bad(&one)), "{doctor:#}");
    says(&world, &["sync", "--once"], 1).await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1, "told once: {mails:#?}");
    assert_eq!(mails[0].to, ["it@brand.example.com"]);
    assert!(mails[0].body_text.contains("CONN_SETTINGS") && mails[0].body_text.contains("key"), "{mails:#?}");

    // The right key is back: nothing else has to be done.
    write_key(&key, &right);
    world.sync().await;
    assert_eq!(world.connection_problems().await, Vec::<String>::new());
    assert!(world.mails()[1].subject.contains("solved"), "{:#?}", world.mails());

    // Lost for good: the service runs on, and takes the credentials that somebody applies.
    std::fs::remove_file(&key).unwrap();
    world.run_as_service().await;
    until("the outage is mailed", || world.mails().len() == 3).await;
    assert_eq!(world.connection_problems().await, ["CONN_SETTINGS"]);
    world.approved(world.plain("87022"));
    world.apply().await;
    world.until_order("87022", "exported").await;
    until("its end is mailed", || world.mails().len() == 4).await;
    world.stop_service().await;
    assert_eq!(listed(&world).await["state"], "live");
    assert_eq!(world.connection_problems().await, Vec::<String>::new());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_settings_that_are_refused_are_an_outage_with_every_setting_named() {
    let mut world = World::start().await;
    world.may_be_refused = true;
    world.approved(world.plain("87031"));
    // Made in a trial, and refused without it; mails go to whom the settings name all the same.
    let mut command = world.command(&[]);
    let mail: Vec<_> =
        command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    command = program(&["--json", "--data"]);
    command.arg(world.data_folder()).args(["sync", "--once"]).envs(mail);
    let said = one_document(&["sync"], run_to_end(command).await, 2);
    let keys: Vec<&str> =
        said["errors"].as_array().unwrap().iter().filter_map(|one| one["key"].as_str()).collect();
    assert!(keys.contains(&"schedule.interval") && keys.contains(&"joor.api_url"), "{said:#}");
    assert_eq!(said["connections"][0]["problem"]["code"], "CONN_SETTINGS", "{said:#}");
    assert_eq!(world.mails().len(), 1);
    assert_eq!(world.mails()[0].to, ["it@brand.example.com"]);
    let shown = one_document(&["connection", "list"], world.run_for_real(&["connection", "list"]).await, 0);
    assert_eq!(shown["connections"][0]["state"], "refused", "{shown:#}");
    let preview = world.run_for_real(&["orders", "preview", "87031"]).await;
    assert!(one_document(&["orders", "preview"], preview, 2)["errors"].is_array());
    world.sync().await;
    assert_eq!(world.connection_problems().await, Vec::<String>::new());
    world.order("87031").await.must_be("exported", &[]);
    world.finish().await;
}
