//! What stands in the form: from a document, from what somebody sent, and back into a document. Whatever was not changed
//! goes back exactly as it was. Texts only; what a value may be is judged where documents are read.

use super::keys::{Key, Kind, Rows, Shape, all_rows, groups};
use adapters::settings::SettingError;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// More than any document may have.
const ROWS_MAX: usize = 300;
/// Names errors that no document could have.
pub const SOURCE: &str = "this form";

/// Texts by the name of their field, rows numbered from one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    values: BTreeMap<String, String>,
    rows: BTreeMap<String, usize>,
}

pub type Pairs = Vec<(String, String)>;

impl Form {
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map(String::as_str).unwrap_or_default()
    }

    pub fn rows(&self, path: &str) -> usize {
        self.rows.get(path).copied().unwrap_or_default()
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), value.to_owned());
    }

    /// What a document says.
    pub fn of(document: &Table) -> Form {
        let mut form = Form::default();
        for key in groups().iter().flat_map(|group| &group.fields) {
            if let Some(value) = value_at(document, &key.path) {
                form.set(&key.path, &text_of(value));
            }
        }
        for rows in all_rows() {
            let found = rows_of(document, rows);
            form.rows.insert(rows.path.clone(), found.len());
            for (index, values) in found.into_iter().enumerate() {
                for (key, value) in values {
                    form.set(&name_in_row(rows, index + 1, &key), &value);
                }
            }
        }
        form
    }

    /// What somebody sent over what stood there: a field that the sender does not speak of stays.
    pub fn sent(pairs: &Pairs, before: &Form) -> Form {
        let mut given: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in pairs {
            given.entry(name).or_default().push(value);
        }
        let mut form = Form::default();
        // A secret is no part of the form: it would be shown again.
        let is_shown = |key: &&Key| key.kind != Kind::Secret;
        for key in groups().iter().flat_map(|group| &group.fields).filter(is_shown) {
            let sent = given.get(key.path.as_str()).map(|values| sent_text(&key.kind, values));
            if let Some(value) = sent.or_else(|| before.values.get(&key.path).cloned()) {
                form.set(&key.path, &value);
            }
        }
        for rows in all_rows() {
            form.take_rows(rows, &given, before);
        }
        form
    }

    /// Rows in the order of their places, without those that are empty or taken out, numbered anew.
    fn take_rows(&mut self, rows: &Rows, given: &BTreeMap<&str, Vec<&str>>, before: &Form) {
        let start = format!("{}[", rows.path);
        let number = |name: &&str| name.strip_prefix(&start)?.split_once(']')?.0.parse::<usize>().ok();
        let numbers: BTreeSet<usize> = given.keys().filter_map(number).take(ROWS_MAX * 20).collect();
        if numbers.is_empty() {
            self.rows.insert(rows.path.clone(), before.rows(&rows.path));
            let kept = before.values.iter().filter(|(name, _)| name.starts_with(&start));
            self.values.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
            return;
        }
        let mut taken: Vec<(usize, u8, usize)> = Vec::new();
        let about = |number: usize, what: &str| given.get(format!("{start}{number}].{what}").as_str());
        let of_row = |number: usize, key: &Key| {
            let values = given.get(name_in_row(rows, number, &key.path).as_str());
            values.map(|values| sent_text(&key.kind, values)).unwrap_or_default()
        };
        for number in numbers {
            let is_empty = rows.fields.iter().all(|key| {
                let text = of_row(number, key);
                text.trim().is_empty() || (key.kind == Kind::Check && text != "true")
            });
            if !is_empty && about(number, "remove").is_none() {
                let place = about(number, "place").and_then(|values| values.last()?.trim().parse().ok());
                let place: usize = place.unwrap_or(usize::MAX);
                // What moves up stands before the row that is there, what moves down behind it.
                let moved = match place.cmp(&number) {
                    Ordering::Less => 0,
                    Ordering::Equal => 1,
                    Ordering::Greater => 2,
                };
                taken.push((place, moved, number));
            }
        }
        taken.sort_unstable();
        taken.truncate(ROWS_MAX);
        self.rows.insert(rows.path.clone(), taken.len());
        for (index, (_, _, number)) in taken.into_iter().enumerate() {
            for key in &rows.fields {
                self.set(&name_in_row(rows, index + 1, &key.path), &of_row(number, key));
            }
        }
    }

    /// The document that the form says, and what could not even be written into one. `before` is what `document` says.
    pub fn document(&self, before: &Form, document: &Table) -> (Table, Vec<SettingError>) {
        let (mut made, mut errors) = (Table::new(), Vec::new());
        for key in groups().iter().flat_map(|group| &group.fields) {
            let value = match same(self.value(&key.path), before.value(&key.path)) {
                true => value_at(document, &key.path).cloned(),
                false => value_of(&key.kind, self.value(&key.path)),
            };
            if let Some(value) = value {
                put(&mut made, &key.path, value);
            }
        }
        for rows in all_rows() {
            let value = match self.has_same_rows(rows, before) {
                true => value_at(document, &rows.path).cloned(),
                false => Some(self.rows_value(rows, &mut errors)),
            };
            if let Some(value) = value {
                put(&mut made, &rows.path, value);
            }
        }
        (made, errors)
    }

    /// What was changed of `base`, over what stands there by now: everything else is as somebody else left it.
    pub fn over(&self, base: &Form, now: &Form) -> Form {
        let mut form = Form::default();
        for key in groups().iter().flat_map(|group| &group.fields) {
            let is_mine = !same(self.value(&key.path), base.value(&key.path));
            let from = if is_mine { self } else { now };
            if let Some(value) = from.values.get(&key.path) {
                form.set(&key.path, value);
            }
        }
        for rows in all_rows() {
            let from = if self.has_same_rows(rows, base) { now } else { self };
            let start = format!("{}[", rows.path);
            let kept = from.values.iter().filter(|(name, _)| name.starts_with(&start));
            form.values.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
            form.rows.insert(rows.path.clone(), from.rows(&rows.path));
        }
        form
    }

    /// Keys of single fields and of lists that are not the same in both.
    pub fn differing(&self, other: &Form) -> BTreeSet<String> {
        let fields = groups().iter().flat_map(|group| &group.fields).map(|key| &key.path);
        let fields = fields.filter(|path| !same(self.value(path), other.value(path)));
        let lists = all_rows().filter(|rows| !self.has_same_rows(rows, other)).map(|rows| &rows.path);
        fields.chain(lists).cloned().collect()
    }

    pub fn has_same_rows(&self, rows: &Rows, other: &Form) -> bool {
        let count = self.rows(&rows.path);
        count == other.rows(&rows.path)
            && (1..=count).all(|number| {
                rows.fields.iter().all(|key| {
                    let name = name_in_row(rows, number, &key.path);
                    same(self.value(&name), other.value(&name))
                })
            })
    }

    fn rows_value(&self, rows: &Rows, errors: &mut Vec<SettingError>) -> Value {
        let (mut listed, mut named) = (Vec::new(), Table::new());
        for number in 1..=self.rows(&rows.path) {
            let text = |key: &Key| self.value(&name_in_row(rows, number, &key.path));
            let mut row = Table::new();
            let is_named = matches!(rows.shape, Shape::NamedSections | Shape::NamedTexts);
            for key in rows.fields.iter().skip(usize::from(is_named)) {
                match value_of(&key.kind, text(key)) {
                    // A condition without entries is none.
                    Some(Value::Array(items)) if items.is_empty() => {}
                    Some(value) => put(&mut row, &key.path, value),
                    None => {}
                }
            }
            let mut refuse = |value: &str, allowed: &str| {
                errors.push(SettingError {
                    file: SOURCE.to_owned(),
                    key: name_in_row(rows, number, &rows.fields[0].path),
                    value: value.to_owned(),
                    allowed: allowed.to_owned(),
                });
            };
            let only = |row: Table| row.into_iter().next().map_or(Value::from(""), |(_, value)| value);
            match rows.shape {
                Shape::Sections => {
                    row.entry("when").or_insert_with(|| Value::Table(Table::new()));
                    listed.push(Value::Table(row));
                }
                Shape::Texts => listed.push(only(row)),
                Shape::NamedSections | Shape::NamedTexts => {
                    let name = text(&rows.fields[0]).trim().to_owned();
                    let value = if rows.shape == Shape::NamedTexts { only(row) } else { Value::Table(row) };
                    if name.is_empty() {
                        refuse("missing", "a name: it says what this row is about");
                    } else if named.contains_key(&name) {
                        refuse(&format!("{name:?} again"), "each name once");
                    } else {
                        named.insert(name, value);
                    }
                }
            }
        }
        match rows.shape {
            Shape::Sections | Shape::Texts => Value::Array(listed),
            Shape::NamedSections | Shape::NamedTexts => Value::Table(named),
        }
    }
}

/// The name of a field in a row.
pub fn name_in_row(rows: &Rows, number: usize, key: &str) -> String {
    format!("{}[{number}].{key}", rows.path)
}

/// The value at a dotted path.
pub fn value_at<'a>(document: &'a Table, path: &str) -> Option<&'a Value> {
    let mut keys = path.split('.');
    let first = document.get(keys.next()?)?;
    keys.try_fold(first, |value, key| value.as_table()?.get(key))
}

/// Puts a value at a dotted path.
pub fn put(table: &mut Table, path: &str, value: Value) {
    match path.split_once('.') {
        None => drop(table.insert(path.to_owned(), value)),
        Some((first, rest)) => {
            let inner = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// A value as it stands in a field.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

/// The rows that a document has, as texts by field.
fn rows_of(document: &Table, rows: &Rows) -> Vec<Vec<(String, String)>> {
    let of_section = |section: &Value| -> Vec<(String, String)> {
        let Some(section) = section.as_table() else { return Vec::new() };
        let text = |key: &Key| Some((key.path.clone(), text_of(value_at(section, &key.path)?)));
        rows.fields.iter().filter_map(text).collect()
    };
    let first = |text: &str| (rows.fields[0].path.clone(), text.to_owned());
    match (rows.shape, value_at(document, &rows.path)) {
        (Shape::Sections, Some(Value::Array(items))) => items.iter().map(of_section).collect(),
        (Shape::Texts, Some(Value::Array(items))) => {
            items.iter().map(|item| vec![first(&text_of(item))]).collect()
        }
        (Shape::NamedSections, Some(Value::Table(named))) => {
            let row = |(name, section): (&String, &Value)| {
                std::iter::once(first(name)).chain(of_section(section)).collect()
            };
            named.iter().map(row).collect()
        }
        (Shape::NamedTexts, Some(Value::Table(named))) => named
            .iter()
            .map(|(name, text)| vec![first(name), (rows.fields[1].path.clone(), text_of(text))])
            .collect(),
        (Shape::Sections | Shape::Texts | Shape::NamedSections | Shape::NamedTexts, _) => Vec::new(),
    }
}

/// What a browser sends, which ends lines in its own way.
fn sent_text(kind: &Kind, values: &[&str]) -> String {
    match kind {
        Kind::Ranked(_) => {
            let words = values.iter().map(|word| word.trim()).filter(|word| !word.is_empty());
            words.collect::<Vec<_>>().join("\n")
        }
        // A box that is not ticked sends only the hidden field before it.
        Kind::Check => values.last().copied().unwrap_or("false").to_owned(),
        Kind::Line | Kind::Template | Kind::Number | Kind::Choice(_) | Kind::Lines | Kind::Secret => {
            plain_lines(values.last().copied().unwrap_or_default())
        }
    }
}

fn plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn same(one: &str, other: &str) -> bool {
    plain_lines(one) == plain_lines(other)
}

/// A text as a value; `None`: nothing was given, and the default counts.
fn value_of(kind: &Kind, text: &str) -> Option<Value> {
    let trimmed = text.trim();
    match kind {
        Kind::Secret => None,
        Kind::Template => Some(Value::from(text)),
        Kind::Check => Some(Value::from(text == "true")),
        Kind::Lines | Kind::Ranked(_) => {
            let entries = text.lines().map(str::trim).filter(|entry| !entry.is_empty());
            Some(Value::Array(entries.map(Value::from).collect()))
        }
        Kind::Line | Kind::Choice(_) | Kind::Number if trimmed.is_empty() => None,
        Kind::Number => Some(trimmed.parse::<i64>().map_or_else(|_| Value::from(trimmed), Value::from)),
        Kind::Line | Kind::Choice(_) => Some(Value::from(trimmed)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::WHOLE;
    use super::*;
    use adapters::settings::{Trial, check_stored};

    /// A document in which every key stands, with texts that a form could damage.
    fn whole() -> Table {
        let more = "[note]\ntemplate = \"\\n  Season: {{ season }}\\r\\n\\n\"\n[tags]\ntemplates = [\"{% if season %}\\n\
            {{ season }}\\n{% endif %}\", \"b\"]\n[alerts]\norders = [\"a@brand.example\", \"b@brand.example\"]\n";
        let checked = check_stored(&format!("{WHOLE}{more}"), Trial::Off).unwrap();
        checked.document.parse().unwrap()
    }

    /// What a browser sends back of an unchanged form: every field, line ends its own way, boxes only if ticked.
    fn unchanged(form: &Form) -> Pairs {
        let mut pairs = Pairs::new();
        let mut send = |key: &Key, name: &str| {
            let value = form.value(name);
            match &key.kind {
                Kind::Secret => pairs.push((name.to_owned(), String::new())),
                Kind::Ranked(words) => {
                    let mut chosen: Vec<&str> = value.lines().collect();
                    chosen.resize(words.len(), "");
                    pairs.extend(chosen.into_iter().map(|word| (name.to_owned(), word.to_owned())));
                }
                Kind::Check => {
                    pairs.push((name.to_owned(), "false".to_owned()));
                    if value == "true" {
                        pairs.push((name.to_owned(), value.to_owned()));
                    }
                }
                Kind::Line | Kind::Template | Kind::Number | Kind::Choice(_) | Kind::Lines => {
                    let text = plain_lines(value).replace('\n', "\r\n");
                    pairs.push((name.to_owned(), text));
                }
            }
        };
        for key in groups().iter().flat_map(|group| &group.fields) {
            send(key, &key.path);
        }
        for rows in all_rows() {
            // Two empty rows are always there.
            for number in 1..=form.rows(&rows.path) + 2 {
                for key in &rows.fields {
                    send(key, &name_in_row(rows, number, &key.path));
                }
            }
        }
        for rows in all_rows() {
            let places = (1..=form.rows(&rows.path))
                .map(|number| (format!("{}[{number}].place", rows.path), number.to_string()));
            pairs.extend(places);
        }
        pairs
    }

    fn change(pairs: &mut Pairs, name: &str, value: &str) {
        pairs.retain(|(known, _)| known != name);
        pairs.push((name.to_owned(), value.to_owned()));
    }

    fn sent(change_it: impl FnOnce(&mut Pairs)) -> (Table, Vec<SettingError>) {
        let before = Form::of(&whole());
        let mut pairs = unchanged(&before);
        change_it(&mut pairs);
        Form::sent(&pairs, &before).document(&before, &whole())
    }

    #[test]
    fn the_unchanged_form_gives_the_identical_document() {
        for document in [whole(), check_stored(WHOLE, Trial::Off).unwrap().document.parse().unwrap()] {
            let before = Form::of(&document);
            let form = Form::sent(&unchanged(&before), &before);
            assert_eq!(form.document(&before, &document), (document, Vec::new()));
        }
        assert_eq!(sent(Pairs::clear), (whole(), Vec::new()), "what is not sent stays");
    }

    #[test]
    fn every_field_that_is_changed_changes_its_own_setting_and_no_other() {
        let before = Form::of(&whole());
        let mut checked = 0;
        for (name, _) in unchanged(&before) {
            if name.ends_with(".place")
                || groups()
                    .iter()
                    .flat_map(|group| &group.fields)
                    .any(|key| key.path == name && key.kind == Kind::Secret)
            {
                continue;
            }
            let is_new_row = all_rows().any(|rows| {
                let count = before.rows(&rows.path);
                (count + 1..=count + 2).any(|number| name.starts_with(&format!("{}[{number}]", rows.path)))
            });
            if is_new_row {
                continue;
            }
            let value = if before.value(&name) == "true" { "false" } else { "true" };
            let (made, errors) = sent(|pairs| change(pairs, &name, value));
            assert!(errors.is_empty(), "{name}: {errors:?}");
            let after = Form::of(&made);
            let mut expected = before.clone();
            expected.set(&name, value);
            let differ: Vec<&String> = after
                .values
                .keys()
                .chain(expected.values.keys())
                .filter(|key| !same(after.value(key), expected.value(key)) && *key != &name)
                .collect();
            assert!(differ.is_empty(), "{name}: {differ:?}");
            assert!(same(after.value(&name), value), "{name}: {:?}", after.value(&name));
            checked += 1;
        }
        assert!(checked > 60, "{checked}");
    }

    #[test]
    fn rows_are_added_taken_out_and_moved() {
        let rules = |made: &Table| -> Vec<String> {
            let rules = value_at(made, "orders.rules").unwrap().as_array().unwrap();
            rules.iter().map(|rule| rule["name"].as_str().unwrap().to_owned()).collect()
        };
        let (made, _) = sent(|pairs| {
            change(pairs, "orders.rules[3].name", "second");
            change(pairs, "orders.rules[2].name", "first");
        });
        assert_eq!(rules(&made), ["r", "first", "second"]);
        let before = Form::of(&made);
        let moved = |number: usize, place: &str| {
            let mut pairs = unchanged(&before);
            change(&mut pairs, &format!("orders.rules[{number}].place"), place);
            rules(&Form::sent(&pairs, &before).document(&before, &made).0)
        };
        assert_eq!(moved(3, "1"), ["second", "r", "first"]);
        assert_eq!(moved(1, "3"), ["first", "second", "r"]);
        let mut pairs = unchanged(&before);
        change(&mut pairs, "orders.rules[2].remove", "true");
        assert_eq!(rules(&Form::sent(&pairs, &before).document(&before, &made).0), ["r", "second"]);
    }

    #[test]
    fn a_name_twice_or_none_is_an_error_of_its_row() {
        let (_, errors) = sent(|pairs| {
            change(pairs, "tax.rules[2].country", "GB");
            change(pairs, "tax.rules[2].rate", "7%");
            change(pairs, "attributes[2].template", "{{ season }}");
        });
        let keys: Vec<&str> = errors.iter().map(|error| error.key.as_str()).collect();
        assert_eq!(keys, ["tax.rules[2].country", "attributes[2].name"]);
    }

    #[test]
    fn changes_of_two_people_stand_together_and_the_later_one_wins_where_both_changed() {
        let base = Form::of(&whole());
        let (mut mine, mut theirs) = (base.clone(), base.clone());
        mine.set("orders.stock", "bypass");
        mine.set("alerts.daily_hour", "8");
        theirs.set("orders.payment", "paid");
        theirs.set("alerts.daily_hour", "9");
        let both = mine.over(&base, &theirs);
        let of = |name: &str| both.value(name).to_owned();
        assert_eq!(
            (of("orders.stock"), of("orders.payment"), of("alerts.daily_hour")),
            ("bypass".into(), "paid".into(), "8".into())
        );
        assert_eq!(both.rows("orders.rules"), 1);
    }
}
