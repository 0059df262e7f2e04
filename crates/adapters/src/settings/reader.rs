//! Reads a TOML document key by key and gathers every error instead of stopping at the first. Knows types, unknown
//! keys and secrets; what a key means stands in the files beside it.

use super::Trial;
use crate::vault::Secret;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Table, Value};

/// Entries of a list.
pub const LIST_MAX: usize = 250;
/// Characters of a wrong value that are repeated in an error.
const ECHO_CHARS_MAX: usize = 60;

/// One thing that is wrong: where, what stands there, and what may stand there.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
#[error("{file}: {key} = {value}\n  hint: {allowed}")]
pub struct SettingError {
    pub file: String,
    /// Dotted; both keys joined with ` + ` where they contradict each other.
    pub key: String,
    /// What was found; never a secret.
    pub value: String,
    /// What is allowed, or how to put it right.
    pub allowed: String,
}

pub struct Reader<'a> {
    file: &'a str,
    /// `None`: a stored document, which has no secrets.
    pub base_dir: Option<&'a Path>,
    pub trial: Trial,
    errors: RefCell<Vec<SettingError>>,
    pub secrets: RefCell<BTreeMap<String, Secret>>,
}

/// A table of the document with the keys that were asked for.
pub struct Section<'a> {
    pub reader: &'a Reader<'a>,
    path: String,
    table: Option<&'a Table>,
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Reader<'a> {
    pub fn new(file: &'a str, base_dir: Option<&'a Path>, trial: Trial) -> Reader<'a> {
        Reader { file, base_dir, trial, errors: RefCell::default(), secrets: RefCell::default() }
    }

    pub fn root(&'a self, table: &'a Table) -> Section<'a> {
        Section { reader: self, path: String::new(), table: Some(table), known: RefCell::default() }
    }

    /// All errors, or the secrets that were found.
    pub fn finish(self) -> Result<BTreeMap<String, Secret>, Vec<SettingError>> {
        let errors = self.errors.into_inner();
        if errors.is_empty() { Ok(self.secrets.into_inner()) } else { Err(errors) }
    }

    pub fn syntax_error(&self, text: &str, error: &toml::de::Error) -> SettingError {
        super::syntax_error(self.file, text, error)
    }
}

impl<'a> Section<'a> {
    pub fn trial(&self) -> Trial {
        self.reader.trial
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// Records an error of a key of this section.
    pub fn refuse(&self, key: &str, value: impl Into<String>, allowed: impl Into<String>) {
        self.refuse_path(self.full(key), value, allowed);
    }

    /// Two keys that cannot stand together, both named in full.
    pub fn contradiction(&self, keys: [&str; 2], value: impl Into<String>, allowed: impl Into<String>) {
        let [first, second] = keys.map(|key| if key.contains('.') { key.to_owned() } else { self.full(key) });
        self.refuse_path(format!("{first} + {second}"), value, allowed);
    }

    fn refuse_path(&self, key: String, value: impl Into<String>, allowed: impl Into<String>) {
        self.reader.errors.borrow_mut().push(SettingError {
            file: self.reader.file.to_owned(),
            key,
            value: value.into(),
            allowed: allowed.into(),
        });
    }

    pub fn full(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub fn get(&self, key: &'static str) -> Option<&'a Value> {
        self.known.borrow_mut().push(key);
        self.table.and_then(|table| table.get(key))
    }

    pub fn section(&self, key: &'static str) -> Section<'a> {
        let table = match self.get(key) {
            Some(Value::Table(table)) => Some(table),
            Some(other) => {
                self.refuse(key, echo(other), format!("a section: write [{}]", self.full(key)));
                None
            }
            None => None,
        };
        Section { reader: self.reader, path: self.full(key), table, known: RefCell::default() }
    }

    /// The tables of a list of sections, `[[orders.rules]]`.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'a>> {
        let full = self.full(key);
        let refuse = |value: &Value| self.refuse(key, echo(value), format!("sections: write [[{full}]]"));
        match self.get(key) {
            None => Vec::new(),
            Some(Value::Array(items)) if items.len() > LIST_MAX => {
                self.refuse(key, format!("{} entries", items.len()), format!("at most {LIST_MAX} entries"));
                Vec::new()
            }
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| match item {
                    Value::Table(table) => Some(Section {
                        reader: self.reader,
                        path: format!("{full}[{}]", index + 1),
                        table: Some(table),
                        known: RefCell::default(),
                    }),
                    other => {
                        refuse(other);
                        None
                    }
                })
                .collect(),
            Some(other) => {
                refuse(other);
                Vec::new()
            }
        }
    }

    /// Sections under names of the user's choice, `[tax.rules.GB]`.
    pub fn named_sections(&self, key: &'static str) -> Vec<(String, Section<'a>)> {
        let outer = self.section(key);
        let mut found = Vec::new();
        for (name, value) in outer.table.into_iter().flatten() {
            match value {
                Value::Table(table) => found.push((
                    name.clone(),
                    Section {
                        reader: self.reader,
                        path: outer.full(name),
                        table: Some(table),
                        known: RefCell::default(),
                    },
                )),
                other => {
                    outer.refuse(name, echo(other), format!("a section: write [{}]", outer.full(name)));
                }
            }
        }
        found
    }

    /// Texts under names of the user's choice, `[attributes]`.
    pub fn named_texts(&self) -> Vec<(String, String)> {
        let table = self.table.into_iter().flatten();
        table.filter_map(|(name, value)| Some((name.clone(), self.as_template(name, value)?))).collect()
    }

    pub fn exists(&self) -> bool {
        self.table.is_some()
    }

    /// Is the key there, as a list without entries?
    pub fn is_empty_list(&self, key: &str) -> bool {
        self.table.and_then(|table| table.get(key)).and_then(Value::as_array).is_some_and(Vec::is_empty)
    }

    /// Records an error of this section as a whole.
    pub fn refuse_self(&self, value: impl Into<String>, allowed: impl Into<String>) {
        self.refuse_path(self.path.clone(), value, allowed);
    }

    /// Refuses every key that nobody asked for.
    pub fn finish(&self) {
        let known = self.known.borrow();
        for (key, value) in self.table.into_iter().flatten() {
            if known.contains(&key.as_str()) {
                continue;
            }
            let what = match value {
                Value::Table(_) | Value::Array(_) => "an unknown section",
                Value::String(_)
                | Value::Integer(_)
                | Value::Float(_)
                | Value::Boolean(_)
                | Value::Datetime(_) => "an unknown key",
            };
            // The value is not repeated: a misspelt key may hold a password.
            self.refuse(key, what, nearest(key, &known));
        }
    }
}

/// "one of …", with the nearest word first if one is near.
pub fn nearest(found: &str, allowed: &[&str]) -> String {
    let nearest = allowed
        .iter()
        .map(|word| (strsim::damerau_levenshtein(found, word), word))
        .min()
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4);
    let list = format!("one of {}", allowed.join(", "));
    match nearest {
        Some((_, word)) => format!("did you mean {word}? Allowed is {list}"),
        None => list,
    }
}

pub fn quoted(text: &str) -> String {
    // A password may hide in front of an @ of an address.
    if text.contains("://") && text.contains('@') {
        return "(an address with a user name, hidden)".to_owned();
    }
    let mut shown: String = text.chars().take(ECHO_CHARS_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

pub fn echo(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Datetime(when) => when.to_string(),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Table(_) => "a section".to_owned(),
    }
}
