//! Which fields of the form put a problem right: those that its resolution names, or the very row that it is about. The
//! catalogue names settings by their keys, so there is no second list of what is mended where.

use super::form::{Form, name_in_row};
use super::keys::{Rows, all_rows, group, key};
use super::wrong::{field_of, full_label};
use crate::console::words::quoted_pieces;
use adapters::settings::SettingError;
use domain::problem::{Subject, SubjectKind, Told};

/// Of one problem.
const FIELDS_MAX: usize = 3;

/// A field of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPlace {
    /// The anchor on the page of the settings.
    pub id: String,
    /// "Orders: Stock".
    pub label: String,
}

/// Where in the settings a problem is put right, the likeliest first; none where no setting puts it right.
pub fn fields_of(told: &Told, form: &Form) -> Vec<FieldPlace> {
    let own = told.subjects.iter().flat_map(|subject| fields_of_subject(subject, told.code, form));
    let mut found: Vec<FieldPlace> = Vec::new();
    for place in own {
        if !found.contains(&place) {
            found.push(place);
        }
    }
    // Where the very row is known, its list as a whole says nothing more.
    let rows_of = |place: &FieldPlace| place.id.split('[').next().unwrap_or_default().to_owned();
    let known: Vec<String> = found.iter().map(rows_of).collect();
    found.extend(named(told, form).into_iter().filter(|place| !known.contains(&rows_of(place))));
    found.truncate(FIELDS_MAX);
    found
}

/// Where one thing that stands in the way is put right in the settings.
pub fn fields_of_subject(subject: &Subject, code: &str, form: &Form) -> Vec<FieldPlace> {
    let found = match (subject.kind, code) {
        (SubjectKind::Country, _) => field(&format!("tax.rules.{}", subject.id), form),
        (SubjectKind::Currency, _) => field("orders.currencies", form),
        (SubjectKind::JoorField, "SRC_FIELD_MISSING") => field("orders.required_fields", form),
        (SubjectKind::Setting, "ORD_RULED_OUT") => row("orders.rules", &subject.id, form),
        (SubjectKind::Setting, _) => template(&subject.id, form),
        _ => None,
    };
    found.into_iter().collect()
}

fn named(told: &Told, form: &Form) -> Vec<FieldPlace> {
    match told.code {
        // Every key that is wrong stands in the sentence; without any, it is the credentials that are missing.
        "CONN_SETTINGS" => {
            let words = told.sentence.split([' ', ',', ';', '`', '"']);
            let found: Vec<FieldPlace> =
                words.filter_map(|word| field(word.trim_end_matches([':', '.']), form)).collect();
            if found.is_empty() { accounts(form) } else { found }
        }
        "CONN_WRONG_ACCOUNT" => accounts(form),
        // What a template made is put right in that template, which is found by its name.
        "MAP_TEMPLATE" | "MAP_TOO_LONG" => Vec::new(),
        _ => quoted_pieces(&told.resolution).filter_map(|quoted| field(quoted, form)).collect(),
    }
}

fn accounts(form: &Form) -> Vec<FieldPlace> {
    ["joor", "shopify"].into_iter().filter_map(|part| field(part, form)).collect()
}

/// The field of a key as documents write it; `None`: no such setting.
fn field(named: &str, form: &Form) -> Option<FieldPlace> {
    let named = named.split(" = ").next().unwrap_or_default().trim();
    if let Some(group) = group(named).filter(|group| group.rows.is_none() || !group.fields.is_empty()) {
        return Some(FieldPlace { id: named.to_owned(), label: group.title.clone() });
    }
    if key(named).is_some() {
        return Some(place(named));
    }
    // A secret that a file holds is typed into the form itself.
    if let Some(secret) = named.strip_suffix("_file").filter(|secret| key(secret).is_some()) {
        return Some(place(secret));
    }
    let rows = all_rows().find(|rows| {
        named.strip_prefix(&rows.path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })?;
    if named == rows.path {
        return Some(in_rows(rows, 1));
    }
    let error = SettingError {
        file: String::new(),
        key: named.to_owned(),
        value: String::new(),
        allowed: String::new(),
    };
    let is_row = |number: usize| named.starts_with(&format!("{}[{number}].", rows.path));
    let found = field_of(named, &error, form);
    match found != named || (1..=form.rows(&rows.path)).any(is_row) {
        true => Some(place(&found)),
        // No row of this name yet: the first empty one.
        false => Some(in_rows(rows, form.rows(&rows.path) + 1)),
    }
}

fn place(id: &str) -> FieldPlace {
    FieldPlace { id: id.to_owned(), label: full_label(id) }
}

/// The first field of a row; one that is not filled in yet has no number.
fn in_rows(rows: &Rows, number: usize) -> FieldPlace {
    let title = super::keys::group_of(rows).map(|group| group.title.clone()).unwrap_or_default();
    FieldPlace { id: name_in_row(rows, number, &rows.fields[0].path), label: title }
}

/// The row whose first field says this.
fn row(path: &str, name: &str, form: &Form) -> Option<FieldPlace> {
    let rows = all_rows().find(|rows| rows.path == path)?;
    let first = |number: usize| name_in_row(rows, number, &rows.fields[0].path);
    let found = (1..=form.rows(path)).find(|number| form.value(&first(*number)).trim() == name.trim());
    Some(found.map_or_else(|| in_rows(rows, 1), |number| place(&first(number))))
}

/// The template of the note, of a tag by its number, or of an attribute by its name.
fn template(target: &str, form: &Form) -> Option<FieldPlace> {
    let lower = target.to_lowercase();
    if let Some(number) = lower.strip_prefix("tag ") {
        let rows = all_rows().find(|rows| rows.path == "tags.templates")?;
        let number = number.parse().ok().filter(|number| (1..=form.rows(&rows.path)).contains(number));
        return Some(number.map_or_else(
            || in_rows(rows, 1),
            |number| place(&name_in_row(rows, number, &rows.fields[0].path)),
        ));
    }
    if lower.starts_with("attribute ") {
        return row("attributes", &target["attribute ".len()..], form);
    }
    field("note.template", form)
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
