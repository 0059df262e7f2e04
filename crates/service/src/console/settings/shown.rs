//! The form as a page shows it: each field with its value, its default, and who set it.

use super::form::{Form, name_in_row, value_at};
use super::keys::{self, Key, Kind, plain_word};
use super::wrong::Wrongs;
use crate::console::words::when;
use adapters::ledger::records::SettingVersion;
use console::pages::connections::{Field, FieldKind, FormRow, Group, Origin, Rows, Word};
use domain::time::Moment;
use serde_json::Value;
use std::collections::BTreeMap;
use toml::Table;

/// Versions that are looked through for who set something.
const VERSIONS_MAX: usize = 100;
/// Empty rows to fill in.
const ROWS_MORE: usize = 2;
const DEFAULT_CHARS_MAX: usize = 80;

/// What a form is shown with.
pub struct Showing<'a> {
    pub form: &'a Form,
    pub wrongs: &'a Wrongs,
    pub origins: &'a Origins,
    /// Names of the secrets that the ledger keeps.
    pub kept: &'a BTreeMap<String, String>,
    /// What was typed just now, sealed.
    pub sealed: &'a BTreeMap<String, String>,
    /// Where a note is shown while it is typed.
    pub note_from: &'a str,
}

impl Showing<'_> {
    pub fn groups(&self) -> Vec<Group> {
        keys::groups()
            .iter()
            .map(|group| Group {
                key: group.key.clone(),
                title: group.title.clone(),
                hint: group.hint.clone(),
                fields: group.fields.iter().map(|key| self.field(key, &key.path, false)).collect(),
                rows: group.rows.as_ref().map(|rows| self.rows(rows)),
            })
            .collect()
    }

    fn rows(&self, rows: &keys::Rows) -> Rows {
        let count = self.form.rows(&rows.path);
        let row = |number: usize, shown: usize| FormRow {
            name: format!("{}[{number}]", rows.path),
            number: shown,
            fields: rows
                .fields
                .iter()
                .map(|key| self.field(key, &name_in_row(rows, number, &key.path), true))
                .collect(),
        };
        Rows {
            origin: self.origins.of(&rows.path),
            rows: (1..=count).map(|number| row(number, number)).collect(),
            more: (count + 1..=count + ROWS_MORE).map(|number| row(number, 0)).collect(),
            is_ordered: rows.shape.is_ordered() && count > 1,
        }
    }

    pub fn field(&self, key: &Key, name: &str, in_row: bool) -> Field {
        let value = self.form.value(name).to_owned();
        let kind = match &key.kind {
            Kind::Line => FieldKind::Line,
            Kind::Number => FieldKind::Number,
            Kind::Check => FieldKind::Check,
            Kind::Lines => FieldKind::Lines,
            Kind::Template => {
                let from = if name == "note.template" { self.note_from } else { "" };
                FieldKind::Template(from.to_owned())
            }
            Kind::Choice(words) => FieldKind::Choice(choice(words, &value, key.default.is_none())),
            Kind::Ranked(words) => {
                let mut chosen: Vec<&str> = value.lines().collect();
                chosen.resize(chosen.len().max(words.len()), "");
                FieldKind::Ranked(chosen.into_iter().map(|one| choice(words, one, true)).collect())
            }
            Kind::Secret => self.secret(name),
        };
        Field {
            name: name.to_owned(),
            label: key.label.clone(),
            hint: key.hint.clone(),
            default: key.default.as_ref().map(default_words).unwrap_or_default(),
            origin: if in_row { None } else { self.origins.of(name) },
            in_row,
            value,
            kind,
            wrong: self.wrongs.at(name),
        }
    }

    fn secret(&self, name: &str) -> FieldKind {
        let sealed = self.sealed.get(name).cloned().unwrap_or_default();
        let there = match (sealed.is_empty(), self.kept.contains_key(name)) {
            (false, _) => "typed; type again to change it",
            (true, true) => "kept; type to replace",
            (true, false) => "none yet",
        };
        FieldKind::Secret { there: there.to_owned(), sealed }
    }
}

fn choice(words: &[String], value: &str, may_be_empty: bool) -> Vec<Word> {
    let word = |text: &str, shown: &str| Word {
        value: text.to_owned(),
        words: shown.to_owned(),
        chosen: text == value,
    };
    let known = words.iter().any(|word| word == value);
    let mut all = Vec::new();
    if may_be_empty || value.is_empty() {
        all.push(word("", "–"));
    }
    all.extend(words.iter().map(|text| word(text, &plain_word(text))));
    // What somebody sent stays to be seen, even if it is no word.
    if !known && !value.is_empty() {
        all.push(word(value, value));
    }
    all
}

fn default_words(value: &Value) -> String {
    let text = match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => plain_word(text),
        Value::Array(items) => items.iter().map(default_words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    match text.contains('\n') || text.chars().count() > DEFAULT_CHARS_MAX {
        true => String::new(),
        false => text,
    }
}

/// Who set what stands in the settings in force.
#[derive(Default)]
pub struct Origins {
    /// Newest first, the one in force at the beginning.
    versions: Vec<(SettingVersion, Table)>,
    now: Option<Moment>,
}

impl Origins {
    pub fn of_versions(all: &[SettingVersion], current: i64, now: Moment) -> Origins {
        let upto = all.iter().filter(|version| version.version <= current).rev().take(VERSIONS_MAX);
        let read = |version: &SettingVersion| Some((version.clone(), version.document.parse().ok()?));
        Origins { versions: upto.filter_map(read).collect(), now: Some(now) }
    }

    /// The version since which it is as it is; `None`: it is as by default.
    pub fn of(&self, path: &str) -> Option<Origin> {
        let (_, newest) = self.versions.first()?;
        let value = value_at(newest, path)?;
        let default = keys::key(path).and_then(|key| key.default.clone());
        let is_empty = match value {
            toml::Value::Array(items) => items.is_empty(),
            toml::Value::Table(items) => items.is_empty(),
            _ => false,
        };
        if default.is_some_and(|default| serde_json::to_value(value).is_ok_and(|value| value == default))
            || (is_empty && keys::key(path).is_none())
        {
            return None;
        }
        let same = self.versions.iter().take_while(|(_, older)| value_at(older, path) == Some(value));
        let (version, _) = same.last()?;
        let at = when(version.at, self.now?);
        Some(Origin { version: version.version, by: version.by.clone(), when: at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use adapters::settings::{Trial, check_stored};

    #[test]
    fn a_setting_says_since_which_version_it_is_as_it_is() {
        let version = |version: i64, more: &str| SettingVersion {
            version,
            document: check_stored(&format!("{}{more}", keys::WHOLE), Trial::Off).unwrap().document,
            by: format!("person {version}"),
            at: Moment(version * 1000),
        };
        let all = [
            version(1, "[alerts]\ndaily_hour = 9\n"),
            version(2, "[alerts]\ndaily_hour = 8\n"),
            version(3, "[alerts]\ndaily_hour = 8\nsilence = \"7h\"\n"),
            version(4, "[alerts]\ndaily_hour = 7\n"),
        ];
        let of = |current: i64, path: &str| {
            Origins::of_versions(&all, current, Moment(9000)).of(path).map(|origin| origin.version)
        };
        assert_eq!(of(3, "alerts.daily_hour"), Some(2));
        assert_eq!(of(3, "alerts.silence"), Some(3));
        assert_eq!(of(4, "alerts.silence"), None, "it is as by default again");
        assert_eq!(of(3, "orders.rules"), Some(1));
        assert_eq!(of(3, "orders.payment"), None);
        assert_eq!(of(3, "joor.account"), Some(1), "it has no default");
    }
}
