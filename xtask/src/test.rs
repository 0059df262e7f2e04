//! The test command of the README: every check that a change has to pass, in the order of what fails fastest.

use crate::{tidy, tools};
use std::path::Path;
use std::process::Command;

/// Stories that are not told in both kinds of shop by themselves.
const OTHER_KIND: &str = "test(/^stories::(after|connections|customers|export|items|joor_oddities|mails|reports|running|settings|start|stock|texts)::/)";

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
    step("tests");
    match tools::cargo_tool(root, "nextest") {
        Some(nextest) => {
            let mut command = Command::new(nextest);
            tools::run(command.current_dir(root).args(["nextest", "run", "--workspace"]))?;
            step("stories in a shop that does not enforce custom ids");
            let mut command = Command::new(tools::cargo_tool(root, "nextest").unwrap_or_default());
            command.current_dir(root).args([
                "nextest",
                "run",
                "--package",
                "joor-shopify",
                "--test",
                "stories",
            ]);
            tools::run(command.args(["-E", OTHER_KIND]).env("JOOR_SHOPIFY_SHOP_TAKES_DOUBLES", "1"))
        }
        None => {
            tools::run(cargo(root).args(["test", "--workspace", "--quiet"]))?;
            step("stories in a shop that does not enforce custom ids");
            let mut command = cargo(root);
            command.args(["test", "--quiet", "--package", "joor-shopify", "--test", "stories"]);
            tools::run(command.env("JOOR_SHOPIFY_SHOP_TAKES_DOUBLES", "1"))
        }
    }
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
