//! What is said about a command line that was not understood, and help and version, which are asked for the same way.

use crate::cli::exit;
use crate::show::{Voice, note_output};
use adapters::settings::Trial;
use clap::error::ErrorKind;
use serde_json::json;
use std::ffi::OsString;

/// Answers help, version and wrong usage, and tells the exit code. A script that asked for JSON gets a document of a
/// usage that is wrong, too; help and version are texts.
pub fn answer(error: &clap::Error, arguments: &[OsString]) -> u8 {
    let asked = |word: &str| arguments.iter().take_while(|a| *a != "--").any(|a| a == word);
    if !error.use_stderr() {
        note_output(error.print());
        return exit::OK;
    }
    if asked("--json") {
        let trial = if asked("--trial") { Trial::On } else { Trial::Off };
        let voice = Voice::new(true, trial);
        voice.announce();
        let (what, hint) = words(error);
        voice.bad(json!({}), &what, &hint);
    }
    // A closed standard error takes nothing away from the exit code.
    drop(error.print());
    exit::USAGE
}

/// What is wrong, and what to do: clap says both in one text of paragraphs.
fn words(error: &clap::Error) -> (String, String) {
    let none = [ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, ErrorKind::MissingSubcommand];
    if none.contains(&error.kind()) {
        return ("no command was given".to_owned(), "see `joor-shopify --help`".to_owned());
    }
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n").map(one_line).filter(|text| !text.is_empty());
    let first = paragraphs.next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(&first);
    let (what, values) = match first.split_once(" [possible values: ") {
        Some((what, values)) => (what, Some(format!("possible are {}", values.trim_end_matches(']')))),
        None => (first, None),
    };
    let tips: Vec<String> = paragraphs
        .filter(|text| text.starts_with("tip: ") || text.starts_with("Usage: "))
        .map(|text| text.trim_start_matches("tip: ").replace("Usage: ", "usage: "))
        .collect();
    let mut hints: Vec<String> = tips;
    hints.extend(values);
    hints.push("more with --help".to_owned());
    (what.to_owned(), hints.join("; "))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::Parser;

    fn said(line: &str) -> (String, String) {
        let words_of = std::iter::once("joor-shopify").chain(line.split_whitespace());
        words(&Cli::try_parse_from(words_of).expect_err(line))
    }

    #[test]
    fn what_is_wrong_and_what_to_do_are_told_apart() {
        let (what, hint) = said("orders list --problem STOCK_SHRT");
        assert_eq!(what, "invalid value 'STOCK_SHRT' for '--problem <CODE>'");
        assert!(hint.starts_with("a similar value exists: 'STOCK_SHORT'"), "{hint}");
        let (what, hint) = said("orders list --state hold");
        assert_eq!(what, "invalid value 'hold' for '--state <STATE>'");
        assert!(hint.contains("'held'") && hint.contains("possible are unconfirmed, sending"), "{hint}");
        let (what, hint) = said("sync");
        assert_eq!(what, "the following required arguments were not provided: --once");
        assert_eq!(hint, "usage: joor-shopify sync --once; more with --help");
        let (what, _) = said("orders list --limit 0");
        assert!(what.starts_with("invalid value '0' for '--limit <LIMIT>'"), "{what}");
        for line in ["", "--json", "connection --json"] {
            assert_eq!(said(line).0, "no command was given", "{line}");
        }
    }
}
