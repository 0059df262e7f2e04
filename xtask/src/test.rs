//! The test command of the README: every check that a change has to pass, in the order of what fails fastest.

use crate::simulate::{self, PROFILE};
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

fn with_nextest(root: &Path, server: &postgres::Server, nextest: &Path) -> Result<(), String> {
    // Always the whole workspace, so that nothing is built anew with other features.
    let run = ["nextest", "run", "--workspace", "--cargo-profile", PROFILE];
    let mut command = Command::new(nextest);
    tools::run(server.told_to(command.current_dir(root).args(run)))?;
    let stories = |filter: &str, variable: &str| {
        let mut command = Command::new(nextest);
        let filter = format!("binary(stories) & ({filter})");
        command.current_dir(root).args(run).args(["-E", &filter]);
        tools::run(server.told_to(&mut command).env(variable, "1"))
    };
    step("stories in a shop that does not enforce custom ids");
    stories(OTHER_KIND, "JOOR_SHOPIFY_SHOP_TAKES_DOUBLES")?;
    step("stories with the ledger on PostgreSQL");
    stories(ON_POSTGRES, "JOOR_SHOPIFY_STORIES_ON_POSTGRES")
}

fn with_cargo(root: &Path, server: &postgres::Server) -> Result<(), String> {
    let run = ["test", "--quiet", "--profile", PROFILE];
    tools::run(server.told_to(cargo(root).args(run).arg("--workspace")))?;
    step("stories in a shop that does not enforce custom ids");
    let mut command = cargo(root);
    command.args(run).args(["--package", "joor-shopify", "--test", "stories"]);
    tools::run(server.told_to(&mut command).env("JOOR_SHOPIFY_SHOP_TAKES_DOUBLES", "1"))
}

/// The stories in which the program is killed, with the program as it is released.
pub fn kills(root: &Path) -> Result<(), String> {
    tools::debian_packages()?;
    step("release build");
    tools::run(cargo(root).args(["build", "--release", "--package", "joor-shopify"]))?;
    let program = tools::builds()?.join("release").join("joor-shopify");
    let server = postgres::Server::start()?;
    step("stories in which the program is killed");
    let mut command = match tools::cargo_tool(root, "nextest") {
        Some(nextest) => {
            let mut command = Command::new(nextest);
            command.args(["nextest", "run", "--workspace", "--cargo-profile", PROFILE]);
            command.args(["-E", "binary(stories) & test(kill)"]);
            command
        }
        None => {
            let mut command = cargo(root);
            command.args(["test", "--quiet", "--profile", PROFILE, "--package", "joor-shopify"]);
            command.args(["--test", "stories", "kill"]);
            command
        }
    };
    command.current_dir(root).env("JOOR_SHOPIFY_STORIES_PROGRAM", program);
    tools::run(server.told_to(&mut command))
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
