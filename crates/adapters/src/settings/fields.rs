//! What a key of a section may hold: texts, numbers, choices, lists, times and secrets. Each method answers a value or
//! records an error that names the key, what was found and what is allowed.

use super::reader::{LIST_MAX, Section, echo, nearest, quoted};
use super::values::{Parsed, duration_text, parse_date, parse_duration};
use super::words::{Words, words};
use crate::vault::Secret;
use jiff::civil::Date;
use std::time::Duration;
use toml::Value;

/// Characters of a single text; templates may be longer.
const TEXT_CHARS_MAX: usize = 500;
const TEMPLATE_CHARS_MAX: usize = 10_000;
/// Bytes of a secret file.
const SECRET_BYTES_MAX: u64 = 16 * 1024;

impl Section<'_> {
    /// A text that must be there and not empty.
    pub fn required(&self, key: &'static str, allowed: &str) -> String {
        match self.optional(key) {
            Some(text) if text.trim().is_empty() => {
                self.refuse(key, "empty", allowed);
                String::new()
            }
            Some(text) => text.trim().to_owned(),
            // A key that is there but is no text was refused already.
            None if self.has(key) => String::new(),
            None => {
                self.refuse(key, "missing", allowed);
                String::new()
            }
        }
    }

    pub fn optional(&self, key: &'static str) -> Option<String> {
        self.get(key).and_then(|value| self.as_text(key, value, TEXT_CHARS_MAX))
    }

    /// A text that may have several lines.
    pub fn long_text(&self, key: &'static str) -> Option<String> {
        self.get(key).and_then(|value| self.as_text(key, value, TEMPLATE_CHARS_MAX))
    }

    pub fn as_template(&self, key: &str, value: &Value) -> Option<String> {
        self.as_text(key, value, TEMPLATE_CHARS_MAX)
    }

    fn as_text(&self, key: &str, value: &Value, chars_max: usize) -> Option<String> {
        let Value::String(text) = value else {
            self.refuse(key, echo(value), "a text in quotes");
            return None;
        };
        if text.chars().count() > chars_max {
            self.refuse(key, echo(value), format!("a text of at most {chars_max} characters"));
            return None;
        }
        let lines = chars_max == TEMPLATE_CHARS_MAX;
        if text.chars().any(|c| c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'))) {
            self.refuse(key, echo(value), "a text without control characters");
            return None;
        }
        Some(text.clone())
    }

    /// A text that a parser understands; absent is `None`.
    pub fn parsed<T>(&self, key: &'static str, parse: impl Fn(&str) -> Parsed<T>) -> Option<T> {
        let text = self.optional(key)?;
        self.take(key, &text, &parse)
    }

    fn take<T>(&self, key: &str, text: &str, parse: &impl Fn(&str) -> Parsed<T>) -> Option<T> {
        parse(text).map_err(|allowed| self.refuse(key, quoted(text), allowed)).ok()
    }

    /// As [`Section::parsed`], and must be there.
    pub fn required_parsed<T>(
        &self,
        key: &'static str,
        allowed: &str,
        parse: impl Fn(&str) -> Parsed<T>,
    ) -> Option<T> {
        let text = self.required(key, allowed);
        if text.is_empty() { None } else { self.take(key, &text, &parse) }
    }

    pub fn flag(&self, key: &'static str, default: bool) -> bool {
        match self.get(key) {
            None => default,
            Some(Value::Boolean(flag)) => *flag,
            Some(other) => {
                self.refuse(key, echo(other), "true or false, without quotes");
                default
            }
        }
    }

    pub fn number(&self, key: &'static str, default: i64, range: std::ops::RangeInclusive<i64>) -> i64 {
        match self.get(key) {
            None => default,
            Some(Value::Integer(number)) if range.contains(number) => *number,
            Some(other) => {
                let allowed = format!("a whole number from {} to {}", range.start(), range.end());
                self.refuse(key, echo(other), allowed);
                default
            }
        }
    }

    pub fn choice<T: Clone>(&self, key: &'static str, table: Words<T>, default: T) -> T {
        self.optional_choice(key, table).unwrap_or(default)
    }

    pub fn optional_choice<T: Clone>(&self, key: &'static str, table: Words<T>) -> Option<T> {
        let text = self.optional(key)?;
        self.one_of(key, &text, table)
    }

    fn one_of<T: Clone>(&self, key: &str, text: &str, table: Words<T>) -> Option<T> {
        let found = table.iter().find(|(word, _)| *word == text).map(|(_, value)| value.clone());
        if found.is_none() {
            self.refuse(key, quoted(text), nearest(text, &words(table)));
        }
        found
    }

    pub fn choices<T: Clone>(&self, key: &'static str, table: Words<T>) -> Option<Vec<T>> {
        let texts = self.texts(key)?;
        Some(texts.iter().filter_map(|text| self.one_of(key, text, table)).collect())
    }

    /// A list of texts; `None` if the key is absent.
    pub fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        let value = self.get(key)?;
        let Value::Array(items) = value else {
            self.refuse(key, echo(value), "a list of texts: [\"first\", \"second\"]");
            return None;
        };
        if items.len() > LIST_MAX {
            self.refuse(key, format!("{} entries", items.len()), format!("at most {LIST_MAX} entries"));
            return None;
        }
        let texts: Vec<String> =
            items.iter().filter_map(|item| self.as_text(key, item, TEMPLATE_CHARS_MAX)).collect();
        for (index, text) in texts.iter().enumerate() {
            if texts[..index].contains(text) {
                self.refuse(key, quoted(text), "each entry once");
            }
        }
        Some(texts)
    }

    /// A list of which every entry must parse; absent is empty.
    pub fn parsed_list<T>(&self, key: &'static str, parse: impl Fn(&str) -> Parsed<T>) -> Vec<T> {
        let texts = self.texts(key).unwrap_or_default();
        texts.iter().filter_map(|text| self.take(key, text, &parse)).collect()
    }

    /// A duration within bounds.
    pub fn duration(
        &self,
        key: &'static str,
        default: Duration,
        bounds: [Duration; 2],
        why: &str,
    ) -> Duration {
        let [least, most] = bounds;
        let parse = |text: &str| {
            let span = parse_duration(text)?;
            if span < least {
                return Err(format!("at least {}{why}", duration_text(least)));
            }
            if span > most { Err(format!("at most {}", duration_text(most))) } else { Ok(span) }
        };
        self.parsed(key, parse).unwrap_or(default)
    }

    /// A day, as a TOML date or as a text.
    pub fn date(&self, key: &'static str) -> Option<Date> {
        let text = match self.get(key)? {
            Value::Datetime(when) => when.to_string(),
            value => self.as_text(key, value, TEXT_CHARS_MAX)?,
        };
        self.take(key, &text, &parse_date)
    }

    /// A secret, given itself or as the name of a file that holds it. Its value never appears in an error.
    pub fn secret(&self, key: &'static str, key_file: &'static str) -> bool {
        let (inline, file) = (self.get(key), self.get(key_file));
        if (inline.is_some() || file.is_some()) && self.reader.base_dir.is_none() {
            self.refuse(key, "(hidden)", "stored settings hold no secrets; they are kept apart, sealed");
            return true;
        }
        let secret = match (inline, file) {
            (None, None) => return false,
            (Some(_), Some(_)) => {
                let keys = [key, key_file];
                self.contradiction(keys, "both are set", "only one of them: the secret itself, or its file");
                None
            }
            (Some(Value::String(text)), None) => self.clean_secret(key, text),
            (Some(_), None) => {
                self.refuse(key, "(hidden)", "a text in quotes");
                None
            }
            (None, Some(name)) => self.secret_file(key_file, name),
        };
        if let Some(secret) = secret {
            self.reader.secrets.borrow_mut().insert(self.full(key), secret);
        }
        true
    }

    fn clean_secret(&self, key: &str, text: &str) -> Option<Secret> {
        let text = text.trim();
        if text.is_empty() || text.chars().any(char::is_control) {
            self.refuse(key, "(hidden)", "one line that is not empty and has no control characters");
            return None;
        }
        Some(Secret::new(text.to_owned()))
    }

    fn secret_file(&self, key: &'static str, value: &Value) -> Option<Secret> {
        let name = self.as_text(key, value, TEXT_CHARS_MAX)?;
        let path = self.reader.base_dir?.join(&name);
        let size = std::fs::metadata(&path).map(|about| about.len()).unwrap_or(0);
        if size > SECRET_BYTES_MAX {
            self.refuse(key, quoted(&name), format!("a file of at most {SECRET_BYTES_MAX} bytes"));
            return None;
        }
        match std::fs::read_to_string(&path) {
            Ok(text) => self.clean_secret(key, &text),
            Err(error) => {
                let allowed = format!("a file that can be read: {} ({})", path.display(), error.kind());
                self.refuse(key, quoted(&name), allowed);
                None
            }
        }
    }
}
