//! Simulations, and the profile that they share with the tests of CI: built quickly, and several times as fast as what a
//! developer debugs.

use crate::tools;
use std::path::Path;
use std::process::Command;

pub const PROFILE: &str = "tests";
/// Passes the arguments on: `crashes …`, or those of simulated months.
pub fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command.args(["run", "--quiet", "--profile", PROFILE, "--package", "simulation", "--"]);
    if arguments.first().is_none_or(|first| first.starts_with("--")) {
        command.arg("months");
    }
    tools::run(command.args(arguments))
}

/// As many seeds of three months as fit three minutes, with the program that was built together with the tests.
pub fn what_fits() -> Result<(), String> {
    let built = tools::builds()?.join(PROFILE).join("simulation");
    tools::run(Command::new(built).args(["months", "--seed", "1", "--months", "3", "--seconds", "180"]))
}
