//! The test command of the README: every check that a change has to pass, in the order of what fails fastest.

use crate::{tidy, tools};
use std::path::Path;
use std::process::Command;

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
            tools::run(command.current_dir(root).args(["nextest", "run", "--workspace"]))
        }
        None => tools::run(cargo(root).args(["test", "--workspace", "--quiet"])),
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
