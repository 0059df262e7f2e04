//! What people and scripts get to see on the command line: data to standard output, talk to standard error, tables for
//! people, JSON for scripts. What the words are about is decided elsewhere.

pub mod order;
pub mod tables;

use adapters::settings::{SettingError, Trial};
use serde_json::{Value, json};
use std::io::Write;

/// Characters of one text in a table cell; the whole text is in `orders show` and in JSON.
const CELL_CHARS_MAX: usize = 60;

/// Said in every output of a trial.
pub const TRIAL_WORDS: &str = "Trial: test servers on this machine only, waits are shortened";

/// How this run speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voice {
    pub json: bool,
    pub trial: Trial,
}

impl Voice {
    pub fn new(json: bool, trial: Trial) -> Voice {
        Voice { json, trial }
    }

    /// Says that this is a trial, once at the start.
    pub fn announce(self) {
        match self.trial {
            Trial::Off => {}
            Trial::On => self.talk(TRIAL_WORDS),
        }
    }

    /// Data for people; nothing in JSON mode, where [`Voice::data`] speaks.
    pub fn text(self, text: &str) {
        if !self.json {
            out(&format!("{}\n", text.trim_end_matches('\n')));
        }
    }

    /// Data for scripts: one JSON object, marked if this is a trial.
    pub fn data(self, value: Value) {
        if self.json {
            out(&format!("{}\n", self.marked(value)));
        }
    }

    /// The object as printed.
    pub fn marked(self, mut value: Value) -> Value {
        if let (Trial::On, Value::Object(object)) = (self.trial, &mut value) {
            object.insert("trial".to_owned(), Value::Bool(true));
        }
        value
    }

    /// Talk: progress, hints, what was done.
    pub fn talk(self, text: &str) {
        // A closed standard error takes nothing away from what is being done.
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// All errors of settings, for people on standard error, for scripts as data.
    pub fn setting_errors(self, errors: &[SettingError]) {
        self.data(json!({ "ok": false, "errors": errors }));
        for error in errors {
            self.talk(&format!("error: {error}"));
        }
        let count = errors.len();
        let words =
            if count == 1 { "1 setting is wrong".to_owned() } else { format!("{count} settings are wrong") };
        self.talk(&format!("{words}; nothing was changed"));
    }
}

/// A reader that went away (`| head`) ends the output, not the program's work.
fn out(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// A text from outside for the terminal: control characters (escape sequences among them) and characters that turn the
/// direction of writing are replaced.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if is_hostile(c) { '·' } else { c }).collect()
}

/// As [`clean`], on one line and short enough for a table.
pub fn cell(text: &str) -> String {
    let clean = clean(text);
    let mut chars = clean.chars();
    let short: String = chars.by_ref().take(CELL_CHARS_MAX).collect();
    if chars.next().is_some() { format!("{short}…") } else { short }
}

fn is_hostile(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_text_cannot_move_the_cursor_or_turn_the_line() {
        assert_eq!(clean("a\u{1b}[2Jb\r\nc\u{202e}d"), "a·[2Jb··c·d");
        assert_eq!(cell(&"é".repeat(100)).chars().count(), CELL_CHARS_MAX + 1);
        assert_eq!(cell("plain 👗"), "plain 👗");
    }

    #[test]
    fn json_of_a_trial_says_so() {
        let value = json!({ "orders": [] });
        assert_eq!(Voice::new(true, Trial::On).marked(value.clone()), json!({ "orders": [], "trial": true }));
        assert_eq!(Voice::new(true, Trial::Off).marked(value.clone()), value);
    }
}
