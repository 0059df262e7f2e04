//! The page of a connection's settings: sections and keys from the JSON Schema, defaults from a written document of
//! which only the least was given.

use super::{HEAD, cell, escaped};
use adapters::settings::{Trial, check, json_schema};
use domain::orders::note::{DEFAULT_NOTE, FIELDS};
use serde_json::{Map, Value};
use std::fmt::Write;
use std::path::Path;
use toml::Table;

/// The least that a connection must say, with one rule and one tax, so that their defaults show too.
const LEAST: &str = "\
[joor]\naccount = \"1\"\nclient_id = \"c\"\nusername = \"u\"\n\
[shopify]\nshop_url = \"https://brand.myshopify.com\"\n\
[orders]\ncurrencies = [\"USD\"]\n\
[[orders.rules]]\nname = \"r\"\nstock = \"bypass\"\nwhen = { linesheet = [\"MTO\"] }\n\
[tax.rules.GB]\nname = \"VAT\"\nrate = \"20%\"\n";

/// Texts longer than this are shown below the tables.
const DEFAULT_CHARS_MAX: usize = 80;

pub fn page() -> String {
    let schema = json_schema();
    let written = written();
    let given: Table = LEAST.parse().expect("the least document is TOML");
    let filled: Table = written.parse().expect("a written document is TOML");
    let mut page = format!(
        "{HEAD}# Settings of a connection\n\nOne TOML file joins one JOOR account to one Shopify shop. `joor-shopify \
         connection apply FILE` checks all of it, names all mistakes at once, and applies it whole or not at all. Which \
         keys to set for which purpose: [settings by task](../guide/settings-by-task.md). For editors: \
         [connection.schema.json](connection.schema.json).\n\n"
    );
    let mut walk = Walk { schema: &schema, sections: Vec::new() };
    walk.section("", &schema, Some(&given), Some(&filled));
    let place = |header: &str| written.lines().position(|line| line == header).unwrap_or(usize::MAX);
    walk.sections.sort_by_key(|section| (place(&section.header), section.header.clone()));
    for section in &walk.sections {
        page.push_str(&section.text());
    }
    page.push_str(&templates());
    page
}

fn written() -> String {
    let checked = check("the least document", LEAST, Path::new("."), Trial::Off);
    let written = checked.expect("the least document is valid, which a test checks").document;
    // Sections in the order in which they are written, with our names for those that people name themselves.
    written.replace("[tax.rules.GB]", "[tax.rules.COUNTRY]")
}

fn templates() -> String {
    let fields: Vec<String> = FIELDS.iter().map(|field| format!("`{field}`")).collect();
    format!(
        "## Templates\n\nThe note, tags and attributes are templates over the order: `{{{{ field }}}}` is replaced, and \
         `{{% if field %}} … {{% endif %}}` is left out where the field is empty. A template that names an unknown field \
         is refused when it is applied. The same names stand in `orders.required_fields`.\n\nFields: {}.\n\nThe default of \
         `note.template`:\n\n```text\n{DEFAULT_NOTE}\n```\n",
        fields.join(", ")
    )
}

/// A table of the page.
struct Section {
    /// As it stands in a file: `[orders]` or `[[orders.rules]]`.
    header: String,
    about: String,
    rows: Vec<Row>,
}

struct Row {
    key: String,
    kind: String,
    default: String,
    about: String,
    required: bool,
}

impl Section {
    fn text(&self) -> String {
        let mut text = format!("## `{}`\n\n", self.header);
        if !self.about.is_empty() {
            let _ = write!(text, "{}\n\n", self.about);
        }
        if self.rows.is_empty() {
            return text;
        }
        text.push_str("| Key | Value | Default | Meaning |\n| --- | --- | --- | --- |\n");
        for row in &self.rows {
            let _ = writeln!(text, "| `{}` | {} | {} | {} |", row.key, row.kind, row.default, row.about);
        }
        text.push('\n');
        text
    }
}

struct Walk<'a> {
    schema: &'a Value,
    sections: Vec<Section>,
}

impl Walk<'_> {
    /// Takes in the object at `path`, and every object inside it as a section of its own.
    fn section(&mut self, path: &str, object: &Value, given: Option<&Table>, filled: Option<&Table>) {
        let properties = object["properties"].as_object().cloned().unwrap_or_default();
        let required: Vec<&str> =
            object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut rows = Vec::new();
        for (key, value) in &properties {
            let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let tables = [given, filled].map(|table| table.and_then(|table| inner_table(table, key)));
            if self.inside(&inner, value, tables) {
                continue;
            }
            let is_given = given.is_some_and(|table| table.contains_key(key));
            let default = filled.filter(|_| !is_given).and_then(|table| table.get(key));
            rows.push(Row {
                key: key.clone(),
                kind: kind(value),
                required: required.contains(&key.as_str()),
                default: match (required.contains(&key.as_str()), default) {
                    (true, _) => "**required**".to_owned(),
                    (false, Some(default)) => default_text(default),
                    (false, None) => "none".to_owned(),
                },
                about: about(value),
            });
        }
        rows.sort_by_key(|row| (!row.required, row.key.clone()));
        if !path.is_empty() && !rows.is_empty() {
            let repeated = path.ends_with(".rules") && path.starts_with("orders");
            let header = if repeated { format!("[[{path}]]") } else { format!("[{path}]") };
            self.sections.push(Section { header, about: about(object), rows });
        }
    }

    /// Is the value a section of its own? Then it is taken in.
    fn inside(&mut self, path: &str, value: &Value, [given, filled]: [Option<&Table>; 2]) -> bool {
        if let Some(object) = self.resolved(value).filter(|object| object["properties"].is_object()) {
            self.section(path, &object, given, filled);
            return true;
        }
        if let Some(mut object) = self.resolved(&value["items"]) {
            said_here(value, &mut object);
            self.section(path, &object, given, filled);
            return true;
        }
        let named = &value["additionalProperties"];
        if let Some(object) = self.resolved(named) {
            let [given, filled] = [given, filled].map(|table| table.and_then(first_table));
            self.section(&format!("{path}.COUNTRY"), &object, given, filled);
            return true;
        }
        if named.is_object() {
            let header = format!("[{path}]");
            self.sections.push(Section { header, about: about(value), rows: Vec::new() });
            return true;
        }
        false
    }

    fn resolved(&self, value: &Value) -> Option<Value> {
        let name = value["$ref"].as_str()?.strip_prefix("#/$defs/")?;
        let mut object = self.schema["$defs"][name].clone();
        said_here(value, &mut object);
        Some(object)
    }
}

/// What is said where a section is used comes before what is said of its type.
fn said_here(place: &Value, object: &mut Value) {
    if let Some(said) = place["description"].as_str() {
        object["description"] = Value::from(said);
    }
}

fn inner_table<'a>(table: &'a Table, key: &str) -> Option<&'a Table> {
    match table.get(key)? {
        toml::Value::Table(inner) => Some(inner),
        toml::Value::Array(items) => items.first().and_then(toml::Value::as_table),
        _ => None,
    }
}

fn first_table(table: &Table) -> Option<&Table> {
    table.values().next().and_then(toml::Value::as_table)
}

fn about(value: &Value) -> String {
    let text = value["description"].as_str().unwrap_or_default();
    cell(&escaped(&text.split_whitespace().collect::<Vec<_>>().join(" ")))
}

/// The kind of a value, or the words that it may be.
fn kind(value: &Value) -> String {
    if let Some(words) = words(value) {
        return words;
    }
    match value["type"].as_str() {
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some("array") => match words(&value["items"]) {
            Some(words) => format!("list of {words}"),
            None => "list of texts".to_owned(),
        },
        _ => "text".to_owned(),
    }
}

fn words(value: &Value) -> Option<String> {
    let words = value.as_object().and_then(|object: &Map<String, Value>| object.get("enum"))?.as_array()?;
    let words: Vec<String> = words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect();
    Some(words.join(", "))
}

fn default_text(value: &toml::Value) -> String {
    let text = value.to_string();
    match text.chars().count() > DEFAULT_CHARS_MAX || text.contains('\n') {
        true => "see below".to_owned(),
        false => format!("`{}`", cell(&text)),
    }
}
