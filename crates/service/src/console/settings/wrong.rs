//! Errors of a document beside the fields that they are about, and in words for somebody who sees a form and no file.

use super::form::{Form, name_in_row};
use super::keys::{Shape, all_rows, groups, label, plain_word};
use crate::commands::upper;
use adapters::settings::{SettingError, quoted};
use console::pages::connections::Wrong;
use std::collections::BTreeMap;

/// What is wrong, by the name of the field.
#[derive(Debug, Default)]
pub struct Wrongs {
    by_field: BTreeMap<String, Vec<String>>,
    all: Vec<Wrong>,
}

impl Wrongs {
    pub fn of(errors: &[SettingError], form: &Form) -> Wrongs {
        let mut wrongs = Wrongs::default();
        for error in errors {
            let words = words(error);
            let fields: Vec<String> = error.key.split(" + ").map(|key| field_of(key, error, form)).collect();
            for field in &fields {
                let known = wrongs.by_field.entry(field.clone()).or_default();
                if !known.contains(&words) {
                    known.push(words.clone());
                }
            }
            let names: Vec<String> = fields.iter().map(|field| full_label(field)).collect();
            let href = format!("#{}", fields.first().cloned().unwrap_or_default());
            wrongs.all.push(Wrong { href, label: names.join(" and "), words });
        }
        wrongs
    }

    pub fn at(&self, field: &str) -> Vec<String> {
        self.by_field.get(field).cloned().unwrap_or_default()
    }

    /// All of them, each with the way to its field.
    pub fn into_all(self) -> Vec<Wrong> {
        self.all
    }
}

fn words(error: &SettingError) -> String {
    let found = match error.value.as_str() {
        "missing" | "empty" => "Something has to stand here".to_owned(),
        value => format!("{} does not go", upper(value)),
    };
    super::super::words::full_stop(&format!("{found}. Possible is {}", error.allowed))
}

/// The field that a key of the document stands in.
pub fn field_of(key: &str, error: &SettingError, form: &Form) -> String {
    for rows in all_rows() {
        let Some(rest) = key.strip_prefix(&rows.path) else { continue };
        let name = |number: usize| form.value(&name_in_row(rows, number, &rows.fields[0].path)).trim();
        let found = (1..=form.rows(&rows.path)).find(|number| match rows.shape {
            Shape::Sections => rest.starts_with(&format!("[{number}]")),
            Shape::Texts => quoted(name(*number)) == error.value,
            Shape::NamedSections | Shape::NamedTexts => {
                let rest = rest.strip_prefix('.').and_then(|rest| rest.strip_prefix(name(*number)));
                !name(*number).is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }
        });
        let Some(number) = found else { continue };
        let inner = match rows.shape {
            Shape::Sections => rest.split_once("].").map_or("", |(_, inner)| inner),
            Shape::Texts => "",
            Shape::NamedSections => {
                rest.get(1 + name(number).len()..).unwrap_or_default().trim_start_matches('.')
            }
            // Of the two texts of a row the document knows one as a key; the value says which is meant.
            Shape::NamedTexts if error.value == quoted(name(number)) => "",
            Shape::NamedTexts => rows.fields[1].path.as_str(),
        };
        let starts =
            |path: &str| path == inner || path.strip_prefix(inner).is_some_and(|rest| rest.starts_with('.'));
        let field = rows.fields.iter().find(|key| starts(&key.path)).unwrap_or(&rows.fields[0]);
        return name_in_row(rows, number, &field.path);
    }
    key.to_owned()
}

/// "Orders: Stock", or of a row "Rules 2: Name".
pub fn full_label(field: &str) -> String {
    for group in groups() {
        if let Some(key) = group.fields.iter().find(|key| key.path == field) {
            return format!("{}: {}", group.title, key.label);
        }
        let Some(rows) = &group.rows else { continue };
        let Some((number, inner)) =
            field.strip_prefix(&format!("{}[", rows.path)).and_then(|rest| rest.split_once("]."))
        else {
            continue;
        };
        if let Some(key) = rows.fields.iter().find(|key| key.path == inner) {
            return format!("{} {number}: {}", group.title, key.label);
        }
    }
    label(&plain_word(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::settings::form::Form;
    use adapters::settings::{Trial, check_stored};

    fn form(text: &str) -> (Form, Vec<SettingError>) {
        let table: toml::Table = text.parse().unwrap();
        (Form::of(&table), check_stored(text, Trial::Off).expect_err(text))
    }

    const LEAST: &str = "[joor]\naccount = \"1\"\nclient_id = \"c\"\nusername = \"u\"\n\
        [shopify]\nshop_url = \"https://brand.myshopify.com\"\n[orders]\ncurrencies = [\"USD\"]\n";

    /// Each error of the document stands at these fields, and nowhere else.
    fn check(more: &str, fields: &[&str]) {
        let (form, errors) = form(&format!("{LEAST}{more}"));
        let wrongs = Wrongs::of(&errors, &form);
        let found: Vec<&str> = wrongs.by_field.keys().map(String::as_str).collect();
        assert_eq!(found, fields, "{more}: {errors:#?}");
        for wrong in wrongs.into_all() {
            assert!(!wrong.label.contains(['_', '[']), "{more}: {}", wrong.label);
        }
    }

    #[test]
    fn every_error_stands_beside_its_field_and_a_contradiction_beside_both() {
        check("stock = \"sometimes\"\n", &["orders.stock"]);
        check("location = \"1\"\n", &["orders.fulfilment", "orders.location"]);
        check("[alerts]\nsilence = \"1m\"\n", &["alerts.silence", "schedule.interval"]);
        check("[alerts]\ndaily_hour = 24\n", &["alerts.daily_hour"]);
        check("item_keys = []\n", &["orders.item_keys"]);
    }

    #[test]
    fn an_error_of_a_row_stands_in_that_row() {
        let rule = "[[orders.rules]]\nname = \"a\"\nskip = true\nwhen = { country = [\"GB\"] }\n";
        let wrong = "[[orders.rules]]\nname = \"b\"\nstock = \"no\"\nwhen = { country = [\"XX\"] }\n";
        check(&format!("{rule}{wrong}"), &["orders.rules[2].stock", "orders.rules[2].when.country"]);
        check(
            "[[orders.rules]]\nname = \"b\"\nskip = true\nwhen = {}\n",
            &["orders.rules[1].when.linesheet"],
        );
        check(
            "[tax.rules.GB]\nname = \"VAT\"\nrate = \"20\"\n[tax.rules.DE]\nname = \"VAT\"\nrate = \"7%\"\n",
            &["tax.rules[2].rate"],
        );
        check("[tax.rules.Spain]\nname = \"VAT\"\nrate = \"20%\"\n", &["tax.rules[1].country"]);
        check("[tags]\ntemplates = [\"{{ season }}\", \"{{ saison }}\"]\n", &["tags.templates[2].template"]);
        check("[attributes]\nA = \"{{ season }}\"\nB = \"{{ saison }}\"\n", &["attributes[2].template"]);
        let long = "n".repeat(101);
        check(&format!("[attributes]\n{long} = \"{{{{ season }}}}\"\n"), &["attributes[1].name"]);
    }
}
