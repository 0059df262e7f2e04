//! The test command of the README: every check that a change has to pass, in the order of what fails fastest.

use crate::{postgres, tidy, tools};
use std::path::Path;
use std::process::Command;

/// Stories that are not told in both kinds of shop by themselves.
const OTHER_KIND: &str = "test(/^stories::(after|connections|customers|export|items|joor_oddities|mails|reports|running|settings|start|stock|texts)::/)";

/// Stories that are told once more with the ledger on PostgreSQL: what is lost, doubled or forgotten would be so here.
const ON_POSTGRES: &str = "test(/^stories::(export|protocol|re_export|reports)::|^stories::running::(a_service_killed|the_service_stops)/)";

pub fn run(root: &Path) -> Result<(), String> {
    tools::debian_packages()?;
    step("format");
    tools::run(cargo(root).args(["fmt", "--all", "--check"]))?;
    step("tidy");
    tidy::run(root)?;
    step("clippy");
    tools::run(cargo(root).args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))?;
    step("licences and bans");
    match tools::cargo_tool(root, "deny") {
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
        None => eprintln!("skipped: cargo-deny is not here"),
    }
    tests(root)
}

fn tests(root: &Path) -> Result<(), String> {
    step("a PostgreSQL server for the tests");
    let server = postgres::Server::start()?;
    step("tests");
    let nextest = tools::cargo_tool(root, "nextest");
    let Some(nextest) = nextest else {
        tools::run(server.told_to(cargo(root).args(["test", "--workspace", "--quiet"])))?;
        step("stories in a shop that does not enforce custom ids");
        let mut command = cargo(root);
        command.args(["test", "--quiet", "--package", "joor-shopify", "--test", "stories"]);
        return tools::run(server.told_to(&mut command).env("JOOR_SHOPIFY_SHOP_TAKES_DOUBLES", "1"));
    };
    let mut command = Command::new(&nextest);
    tools::run(server.told_to(command.current_dir(root).args(["nextest", "run", "--workspace"])))?;
    let stories = |filter: &str, variable: &str| {
        let mut command = Command::new(&nextest);
        // The whole workspace, so that nothing is built anew with other features.
        let filter = format!("binary(stories) & ({filter})");
        command.current_dir(root).args(["nextest", "run", "--workspace", "-E", &filter]);
        tools::run(server.told_to(&mut command).env(variable, "1"))
    };
    step("stories in a shop that does not enforce custom ids");
    stories(OTHER_KIND, "JOOR_SHOPIFY_SHOP_TAKES_DOUBLES")?;
    step("stories with the ledger on PostgreSQL");
    stories(ON_POSTGRES, "JOOR_SHOPIFY_STORIES_ON_POSTGRES")
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
