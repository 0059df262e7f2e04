//! Figures about cost and speed. Both the budgets of an export and the console's pages are judged.

use crate::tools;
use std::path::Path;
use std::process::Command;

/// What an export costs, and how long the console's pages take.
const BENCHES: [&str; 2] = ["budgets", "console"];

/// The named bench, or all of them; what follows a name goes to the bench, or for `console` to cargo, such as
/// `--profile dev`.
pub fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let (names, rest) = match arguments.split_first() {
        Some((name, rest)) if BENCHES.contains(&name.as_str()) => (vec![name.as_str()], rest),
        None => (BENCHES.to_vec(), arguments),
        Some((name, _)) => {
            return Err(format!("there is no bench {name:?}; there are: {}", BENCHES.join(", ")));
        }
    };
    for name in names {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(root);
        match name {
            "budgets" => {
                command.args(["run", "--quiet", "--release", "--package", "simulation", "--", "bench"])
            }
            _ => command.args(["bench", "--quiet", "--package", "joor-shopify", "--bench", name]),
        };
        tools::run(command.args(rest))?;
    }
    Ok(())
}
