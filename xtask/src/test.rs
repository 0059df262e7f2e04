//! The test command of the README: every check that a change has to pass, in the order of what fails fastest.

use crate::simulate::{self, PROFILE};
use crate::{postgres, tidy, tools};
use std::path::Path;
use std::process::Command;

/// Stories that are not told in both kinds of shop by themselves.
const OTHER_KIND: &str = "test(/^stories::(after|connections|customers|export|guided|item_links|items|joor_oddities|mails|mended|money|others_go_on|proof|proof_odd|rare|rare_rules|reports|running|settings|start|stock|texts)::/) \
    | test(stories::console_links::a_customer_found_by_search_is_linked_once_and_three_orders_go) \
    | test(stories::console_links::an_item_found_by_search_is_linked_once_and_every_order_with_it_goes_with_that_variant) \
    | test(stories::console_again::from_its_page_an_order_is_cancelled_and_exported_once_more_and_one_that_is_paid_for_is_not) \
    | test(stories::console_settings::a_first_connection_is_made_in_the_browser_step_by_step_and_exports_its_first_order) \
    | test(stories::console_settings::a_change_is_previewed_on_real_orders_saved_and_in_force_in_the_next_cycle)";

/// Stories that are told once more with the ledger on PostgreSQL: what is lost, doubled or forgotten would be so here.
const ON_POSTGRES: &str =
    "test(/^stories::(export|protocol|re_export|reports)::|^stories::running::the_service_stops|kill/)";

/// Stories in which the program is killed, on each kind of ledger: none of them is left out.
const KILLS: &str = "test(kill) | test(dies_before_each_write)";

const WITHOUT_DENY: &str = "NOT CHECKED: licences and bans, because cargo-deny could not be installed";

/// Set: the shops of all stories take a second order with a taken custom id.
const TAKES_DOUBLES: &str = "JOOR_SHOPIFY_SHOP_TAKES_DOUBLES";
/// Set: the ledgers of all stories are on the server.
const LEDGER_ON_POSTGRES: &str = "JOOR_SHOPIFY_STORIES_ON_POSTGRES";

pub fn run(root: &Path) -> Result<(), String> {
    tools::debian_packages()?;
    step("format");
    tools::run(cargo(root).args(["fmt", "--all", "--check"]))?;
    step("tidy");
    tidy::run(root)?;
    step("clippy");
    // With the profile of the tests: what both need of macros and build scripts is built once.
    tools::run(cargo(root).args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--profile",
        PROFILE,
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))?;
    step("licences and bans");
    let deny = tools::cargo_tool(root, "deny");
    match &deny {
        Some(deny) => {
            let mut command = Command::new(deny);
            tools::run(command.current_dir(root).args([
                "check",
                "--hide-inclusion-graph",
                "licenses",
                "bans",
                "sources",
            ]))?;
        }
        None => eprintln!("{WITHOUT_DENY}"),
    }
    tests(root)?;
    // Said where it is read.
    if deny.is_none() {
        eprintln!("{WITHOUT_DENY}");
    }
    Ok(())
}

fn tests(root: &Path) -> Result<(), String> {
    step("a PostgreSQL server for the tests");
    let server = postgres::Server::start()?;
    step("axe for the pages");
    // The tests look for it where it is put.
    tools::axe(root)?;
    step("tests");
    match tools::cargo_tool(root, "nextest") {
        Some(nextest) => with_nextest(root, &server, &nextest)?,
        None => with_cargo(root, &server)?,
    }
    step("simulated months");
    simulate::what_fits()
}

/// Every test once, with whichever runner is here.
fn all_tests(root: &Path, nextest: Option<&Path>) -> Command {
    let Some(nextest) = nextest else {
        let mut command = cargo(root);
        command.args(["test", "--quiet", "--profile", PROFILE, "--workspace"]);
        return command;
    };
    let mut command = Command::new(nextest);
    // Always the whole workspace, so that nothing is built anew with other features.
    command.current_dir(root).args(["nextest", "run", "--workspace", "--cargo-profile", PROFILE]);
    command
}

fn with_nextest(root: &Path, server: &postgres::Server, nextest: &Path) -> Result<(), String> {
    // Always the whole workspace, so that nothing is built anew with other features.
    let run = ["nextest", "run", "--workspace", "--cargo-profile", PROFILE];
    tools::run(server.told_to(&mut all_tests(root, Some(nextest))))?;
    let stories = |filter: &str, variable: &str| {
        let mut command = Command::new(nextest);
        let filter = format!("binary(stories) & ({filter})");
        command.current_dir(root).args(run).args(["-E", &filter]);
        tools::run(server.told_to(&mut command).env(variable, "1"))
    };
    step("stories in a shop that does not enforce custom ids");
    stories(OTHER_KIND, TAKES_DOUBLES)?;
    step("stories with the ledger on PostgreSQL");
    stories(ON_POSTGRES, LEDGER_ON_POSTGRES)
}

fn with_cargo(root: &Path, server: &postgres::Server) -> Result<(), String> {
    let run = ["test", "--quiet", "--profile", PROFILE];
    tools::run(server.told_to(&mut all_tests(root, None)))?;
    // Without nextest no story can be chosen: all of them are told again.
    for (name, variable) in [
        ("stories in a shop that does not enforce custom ids", TAKES_DOUBLES),
        ("stories with the ledger on PostgreSQL", LEDGER_ON_POSTGRES),
    ] {
        step(name);
        let mut command = cargo(root);
        command.args(run).args(["--package", "joor-shopify", "--test", "stories", "stories::"]);
        tools::run(server.told_to(&mut command).env(variable, "1"))?;
    }
    Ok(())
}

/// The stories in which the program is killed, with the program as it is released.
pub fn kills(root: &Path) -> Result<(), String> {
    tools::debian_packages()?;
    step("release build");
    tools::run(cargo(root).args(["build", "--release", "--package", "joor-shopify"]))?;
    let program = tools::builds()?.join("release").join("joor-shopify");
    let server = postgres::Server::start()?;
    let nextest = tools::cargo_tool(root, "nextest");
    for (name, variable) in [("SQLite", None), ("PostgreSQL", Some(LEDGER_ON_POSTGRES))] {
        step(&format!("stories in which the program is killed, with the ledger on {name}"));
        let mut command = match &nextest {
            Some(nextest) => {
                let mut command = Command::new(nextest);
                command.args(["nextest", "run", "--workspace", "--cargo-profile", PROFILE]);
                command.args(["-E", &format!("binary(stories) & ({KILLS})")]);
                command
            }
            None => {
                let mut command = cargo(root);
                command.args(["test", "--quiet", "--profile", PROFILE, "--package", "joor-shopify"]);
                command.args(["--test", "stories", "kill"]);
                command
            }
        };
        command.current_dir(root).env("JOOR_SHOPIFY_STORIES_PROGRAM", &program);
        tools::run(server.told_to(&mut command).envs(variable.map(|name| (name, "1"))))?;
    }
    Ok(())
}

/// The pictures of the README, taken by a journey, with as many colours as it takes for them to look the same.
pub fn screenshots(root: &Path) -> Result<(), String> {
    tools::debian_packages()?;
    tools::debian_packages_for_pictures()?;
    let folder = root.join("docs/images");
    let mut command = cargo(root);
    command.args(["test", "--quiet", "--profile", PROFILE, "--package", "joor-shopify", "--test", "browser"]);
    tools::run(command.arg("pictures").env("JOOR_SHOPIFY_PICTURES", &folder))?;
    let mut fewer = Command::new("pngquant");
    fewer.args(["--force", "--strip", "--speed", "1", "--ext", ".png", "64"]);
    tools::run(fewer.args(["overview", "order", "problems"].map(|name| folder.join(format!("{name}.png")))))
}

/// The reference pages are written by the same code that compares them.
pub fn write_reference(root: &Path) -> Result<(), String> {
    let mut command = cargo(root);
    command.args(["test", "--quiet", "--package", "joor-shopify", "--test", "stories", "reference"]);
    tools::run(command.env("JOOR_SHOPIFY_WRITE_REFERENCE", "1"))
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

fn step(name: &str) {
    eprintln!("== {name}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_nextest_cargo_itself_runs_every_test_of_the_workspace() {
        let words =
            |nextest: Option<&Path>| format!("{:?}", all_tests(Path::new("."), nextest)).replace('"', "");
        let (with, without) = (words(Some(Path::new("cargo-nextest"))), words(None));
        assert!(with.contains("cargo-nextest nextest run --workspace --cargo-profile tests"), "{with}");
        assert!(without.contains("cargo test --quiet --profile tests --workspace"), "{without}");
        assert!(!without.contains("nextest"), "{without}");
    }
}
