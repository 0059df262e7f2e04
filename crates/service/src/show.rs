//! What people and scripts get to see on the command line: data to standard output, talk to standard error, tables for
//! people, JSON for scripts. What the words are about is decided elsewhere.

pub mod order;
pub mod proof;
pub mod shapes;
pub mod tables;

use adapters::clock::SystemClock;
use adapters::settings::{SettingError, Trial, duration_text};
use domain::problem::Told;
use serde_json::{Value, json};
use std::io::{ErrorKind, Write};
use std::sync::OnceLock;
use std::time::Duration;

/// Characters of one text in a table cell; the whole text is in `orders show` and in JSON.
const CELL_CHARS_MAX: usize = 60;

/// Said in every output of a trial.
pub const TRIAL_WORDS: &str = "Trial: test servers on this machine only, waits are shortened";

/// How this run speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voice {
    pub json: bool,
    pub trial: Trial,
    /// How far a trial set its clock ahead.
    pub clock_ahead: Duration,
}

impl Voice {
    pub fn new(json: bool, trial: Trial) -> Voice {
        Voice { json, trial, clock_ahead: Duration::ZERO }
    }

    /// Says from now on that this run has another time of day, if it has.
    pub fn with_clock(self, clock: SystemClock) -> Voice {
        let voice = Voice { clock_ahead: clock.is_ahead(), ..self };
        if !voice.clock_ahead.is_zero() {
            voice.talk(&format!("Trial: the clock is set ahead by {}", duration_text(voice.clock_ahead)));
        }
        voice
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
        if !self.json && !text.is_empty() {
            out(&format!("{}\n", text.trim_end_matches('\n')));
        }
    }

    /// Data for scripts, once in a run that ends with exit code 0: one JSON object, marked if this is a trial.
    pub fn data(self, value: Value) {
        self.print(with(value, json!({ "ok": true })));
    }

    /// The same in a run that ends with another exit code: beside the data stands what is wrong and what to do.
    pub fn bad(self, value: Value, error: &str, hint: &str) {
        self.print(with(value, json!({ "ok": false, "error": error, "hint": hint })));
    }

    /// JSON that is a document of its own and takes no mark.
    pub fn document(self, value: &Value) {
        if self.json {
            out(&format!("{value}\n"));
        }
    }

    fn print(self, value: Value) {
        self.document(&self.marked(value));
    }

    /// The object as printed.
    pub fn marked(self, mut value: Value) -> Value {
        if let (Trial::On, Value::Object(object)) = (self.trial, &mut value) {
            object.insert("trial".to_owned(), Value::Bool(true));
            if !self.clock_ahead.is_zero() {
                object.insert("clock_ahead".to_owned(), Value::from(duration_text(self.clock_ahead)));
            }
        }
        value
    }

    /// Talk: progress, hints, what was done.
    pub fn talk(self, text: &str) {
        // A closed standard error takes nothing away from what is being done.
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// All errors of settings, for people on standard error, for scripts as data.
    pub fn setting_errors(self, value: Value, errors: &[SettingError]) {
        let (what, hint) = setting_words(errors.len());
        self.bad(with(value, json!({ "errors": errors })), &what, hint);
        for error in errors {
            self.talk(&format!("error: {error}"));
        }
        self.talk(&what);
    }
}

/// What is said above a list of wrong settings, and what to do.
pub fn setting_words(count: usize) -> (String, &'static str) {
    let are = if count == 1 { "1 setting is".to_owned() } else { format!("{count} settings are") };
    (
        format!("{are} wrong; nothing was changed"),
        "put right what `errors` names: file, key, value, and what is allowed",
    )
}

/// A problem of a connection, in the documents that carry one.
pub fn told_json(told: &Told) -> Value {
    json!({ "code": told.code, "sentence": told.sentence, "resolution": told.resolution })
}

/// "1 warning", "3 warnings".
pub fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn with(mut value: Value, more: Value) -> Value {
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    value
}

/// Why standard output took nothing more; the first reason of this run.
static OUTPUT_REFUSED: OnceLock<String> = OnceLock::new();

/// A reader that went away (`| head`) ends the output, not the program's work. Any other failure is kept for the end of
/// the run.
fn out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    note_output(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
}

/// How a write to standard output went.
pub fn note_output(written: std::io::Result<()>) {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            OUTPUT_REFUSED.get_or_init(|| error.to_string());
        }
        Err(_) | Ok(()) => {}
    }
}

/// Why not all results could be written, if so.
pub fn output_refused() -> Option<&'static str> {
    OUTPUT_REFUSED.get().map(String::as_str)
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
        let later = Voice { clock_ahead: Duration::from_secs(25 * 3600), ..Voice::new(true, Trial::On) };
        assert_eq!(later.marked(json!({})), json!({ "trial": true, "clock_ahead": "25h" }));
    }
}
