//! Simulations, in a profile of their own: built quickly, and several times as fast as the tests' one.

use crate::tools;
use std::path::Path;
use std::process::Command;

/// Passes the arguments on: `crashes …`, or those of simulated months.
pub fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command.args(["run", "--quiet", "--profile", "simulation", "--package", "simulation", "--"]);
    if arguments.first().is_none_or(|first| first.starts_with("--")) {
        command.arg("months");
    }
    tools::run(command.args(arguments))
}
