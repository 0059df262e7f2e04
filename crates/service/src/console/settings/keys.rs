//! Every setting as a field of a form: its words, its kind and its default come from the JSON Schema of the document, so
//! there is no second list. How a field looks, and what somebody typed into it, is elsewhere.

use adapters::settings::{Trial, check_stored, json_schema};
use serde_json::Value;
use std::sync::LazyLock;

/// A part of the form.
pub struct Group {
    /// `orders`, or `orders.rules` for a list of sections.
    pub key: String,
    pub title: String,
    pub hint: String,
    pub fields: Vec<Key>,
    pub rows: Option<Rows>,
}

pub struct Key {
    /// Dotted, as errors name it; relative to its row if it stands in one.
    pub path: String,
    pub label: String,
    pub hint: String,
    pub kind: Kind,
    pub default: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Line,
    /// A text over the order, of several lines.
    Template,
    Number,
    Check,
    /// One of these words; empty: none of them.
    Choice(Vec<String>),
    /// Some of these words, in an order that matters.
    Ranked(Vec<String>),
    /// One entry a line.
    Lines,
    /// Kept apart from the document, sealed.
    Secret,
}

/// Fields that are there as often as people want.
pub struct Rows {
    pub path: String,
    pub shape: Shape,
    pub fields: Vec<Key>,
}

/// How the rows stand in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Sections, one after the other.
    Sections,
    /// Sections under a name, which is the first field.
    NamedSections,
    /// Texts under a name, which is the first field.
    NamedTexts,
    /// Texts, one after the other.
    Texts,
}

impl Shape {
    /// Does it matter which row comes first?
    pub fn is_ordered(self) -> bool {
        matches!(self, Shape::Sections | Shape::Texts)
    }
}

/// Texts over an order; the schema knows them as texts only.
const TEMPLATES: [&str; 3] = ["note.template", "tags.templates", "attributes"];

/// Every key that there is, in the order in which documents are written.
pub const WHOLE: &str = r#"
[joor]
environment = "production"
account = "1"
client_id = "c"
username = "u"
[shopify]
shop_url = "https://brand.myshopify.com"
client_id = "c"
[schedule]
pause = "22:00-06:00"
exported_since = "2026-11-01"
[orders]
fulfilment = "assigned"
location = "1"
currencies = ["USD"]
[[orders.rules]]
name = "r"
stock = "bypass"
fulfilment = "assigned"
location = "1"
when = { linesheet = ["l"], season = ["s"], warehouse = ["w"], customer_group = ["g"], country = ["GB"] }
[tax.rules.GB]
name = "VAT"
rate = "20%"
[attributes]
season = "{{ season }}"
"#;

/// All groups, made once.
pub fn groups() -> &'static [Group] {
    static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| Walk::new().groups());
    &GROUPS
}

/// A field outside of rows.
pub fn key(path: &str) -> Option<&'static Key> {
    groups().iter().flat_map(|group| &group.fields).find(|key| key.path == path)
}

pub fn group(name: &str) -> Option<&'static Group> {
    groups().iter().find(|group| group.key == name)
}

pub fn group_of(rows: &Rows) -> Option<&'static Group> {
    groups().iter().find(|group| group.rows.as_ref().is_some_and(|known| known.path == rows.path))
}

pub fn is_choice(key: &Key) -> bool {
    matches!(key.kind, Kind::Choice(_))
}

pub fn all_rows() -> impl Iterator<Item = &'static Rows> {
    groups().iter().filter_map(|group| group.rows.as_ref())
}

struct Walk {
    schema: Value,
    /// `[orders]` and `stock = …` as they follow each other in a written document.
    lines: Vec<String>,
}

impl Walk {
    fn new() -> Walk {
        let whole = check_stored(WHOLE, Trial::Off).expect("a document that a test checks");
        Walk { schema: json_schema(), lines: whole.document.lines().map(str::to_owned).collect() }
    }

    fn groups(&self) -> Vec<Group> {
        let mut groups = Vec::new();
        for (name, place) in self.sorted(&self.schema, "[") {
            let section = self.resolved(&place);
            let mut group = Group {
                title: if name == "joor" { "JOOR".to_owned() } else { label(&name) },
                hint: hint(&place, &section),
                fields: Vec::new(),
                rows: self.rows(&name, &place),
                key: name.clone(),
            };
            let mut after = Vec::new();
            for (key, value) in self.sorted(&section, &format!("[{name}]")) {
                if is_file_of_secret(&section, &key) {
                    continue;
                }
                let path = format!("{name}.{key}");
                match self.rows(&path, &value) {
                    Some(rows) if rows.shape == Shape::Sections => after.push(Group {
                        key: path,
                        title: label(&key),
                        hint: hint(&value, &Value::Null),
                        fields: Vec::new(),
                        rows: Some(rows),
                    }),
                    Some(rows) => {
                        group.hint = format!("{} {}", group.hint, hint(&value, &Value::Null));
                        group.rows = Some(rows);
                    }
                    None => group.fields.push(field(&section, path, &key, &value)),
                }
            }
            groups.push(group);
            groups.extend(after);
        }
        groups
    }

    fn rows(&self, path: &str, value: &Value) -> Option<Rows> {
        let template = |path: &str| Key {
            path: path.to_owned(),
            label: "Template".to_owned(),
            hint: String::new(),
            kind: Kind::Template,
            default: None,
        };
        let named = |path: &str, hint: &str| Key {
            path: path.to_owned(),
            label: label(path),
            hint: hint.to_owned(),
            kind: Kind::Line,
            default: None,
        };
        let (items, others) = (&value["items"], &value["additionalProperties"]);
        let (shape, fields) = if items["$ref"].is_string() {
            (Shape::Sections, self.fields_of(items, "", &format!("[[{path}]]")))
        } else if others["$ref"].is_string() {
            let mut fields = vec![named("country", "A code of two letters.")];
            fields.extend(self.fields_of(others, "", &format!("[{path}.")));
            (Shape::NamedSections, fields)
        } else if others.is_object() {
            (Shape::NamedTexts, vec![named("name", ""), template("template")])
        } else if items.is_object() && TEMPLATES.contains(&path) {
            (Shape::Texts, vec![template("template")])
        } else {
            return None;
        };
        Some(Rows { path: path.to_owned(), shape, fields })
    }

    /// The fields of a section inside a row; those of a section inside it stand beside them.
    fn fields_of(&self, place: &Value, path: &str, header: &str) -> Vec<Key> {
        let section = self.resolved(place);
        let mut fields = Vec::new();
        for (key, value) in self.sorted(&section, header) {
            let full = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if value["$ref"].is_string() {
                fields.extend(self.fields_of(&value, &full, header));
                continue;
            }
            let mut found = field(&section, full, &key, &value);
            if !path.is_empty() {
                found.label = label(&format!("{path}_{key}"));
            }
            fields.push(found);
        }
        fields
    }

    fn resolved(&self, place: &Value) -> Value {
        match place["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
            Some(name) => self.schema["$defs"][name].clone(),
            None => Value::Null,
        }
    }

    /// The properties of an object as they follow each other in a document behind this header.
    fn sorted(&self, object: &Value, header: &str) -> Vec<(String, Value)> {
        let mut found: Vec<(String, Value)> = object["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let from = self.lines.iter().position(|line| line.starts_with(header)).unwrap_or_default();
        found.sort_by_cached_key(|(key, _)| {
            let starts = [format!("{key} = "), format!("[{key}]"), format!("[{key}.")];
            let is_it = |line: &String| starts.iter().any(|start| line.starts_with(start));
            self.lines[from..].iter().position(is_it).unwrap_or(usize::MAX)
        });
        found
    }
}

fn field(section: &Value, path: String, key: &str, value: &Value) -> Key {
    let is_secret = section["properties"].get(format!("{key}_file")).is_some();
    let kind = match (words(value), words(&value["items"]), value["type"].as_str()) {
        _ if is_secret => Kind::Secret,
        _ if TEMPLATES.contains(&path.as_str()) => Kind::Template,
        (Some(words), ..) => Kind::Choice(words),
        (None, Some(words), _) => Kind::Ranked(words),
        (None, None, Some("boolean")) => Kind::Check,
        (None, None, Some("integer")) => Kind::Number,
        (None, None, Some("array")) => Kind::Lines,
        (None, None, _) => Kind::Line,
    };
    Key {
        path,
        label: label(key),
        hint: hint(value, &Value::Null),
        kind,
        default: value.get("default").cloned(),
    }
}

/// A file that holds a secret is for settings files; a browser names no file of the server.
fn is_file_of_secret(section: &Value, key: &str) -> bool {
    key.strip_suffix("_file").is_some_and(|secret| section["properties"].get(secret).is_some())
}

fn words(value: &Value) -> Option<Vec<String>> {
    let words = value.get("enum")?.as_array()?;
    Some(words.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// What is said where it is used, else of its type; names of the file format become words.
fn hint(place: &Value, object: &Value) -> String {
    let said = |value: &Value| value["description"].as_str().map(str::to_owned);
    let text = said(place).or_else(|| said(object)).unwrap_or_default();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::new();
    for (index, piece) in text.split('`').enumerate() {
        match index % 2 {
            0 => out.push_str(piece),
            _ => out.push_str(&format!("“{}”", plain_word(piece))),
        }
    }
    out
}

/// A word of the file format as people read it.
pub fn plain_word(word: &str) -> String {
    match word.contains([' ', '/', '{', ':']) {
        true => word.to_owned(),
        false => word.replace('_', " "),
    }
}

/// `shop_url` as a label.
pub fn label(key: &str) -> String {
    let words = key.split(['_', '.']).map(|word| match word {
        "url" => "address",
        "api" => "API",
        word => word,
    });
    let text = words.collect::<Vec<_>>().join(" ");
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Paths of all values that the schema knows, rows with `[]`; files of secrets are left out.
    fn leaves(schema: &Value, object: &Value, path: &str, found: &mut BTreeSet<String>) {
        let inside = |place: &Value| {
            let name = place["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/"));
            name.map(|name| schema["$defs"][name].clone())
        };
        for (key, value) in object["properties"].as_object().unwrap() {
            if is_file_of_secret(object, key) {
                continue;
            }
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if let Some(section) = inside(value) {
                leaves(schema, &section, &path, found);
            } else if let Some(section) =
                inside(&value["items"]).or_else(|| inside(&value["additionalProperties"]))
            {
                leaves(schema, &section, &format!("{path}[]"), found);
            } else {
                found.insert(path);
            }
        }
    }

    #[test]
    fn every_setting_of_the_schema_has_a_field_and_every_field_a_setting() {
        let schema = json_schema();
        let mut known = BTreeSet::new();
        leaves(&schema, &schema, "", &mut known);
        let mut shown = BTreeSet::new();
        for group in groups() {
            shown.extend(group.fields.iter().map(|key| key.path.clone()));
            let Some(rows) = &group.rows else { continue };
            match rows.shape {
                Shape::Texts | Shape::NamedTexts => drop(shown.insert(rows.path.clone())),
                Shape::Sections => {
                    shown.extend(rows.fields.iter().map(|key| format!("{}[].{}", rows.path, key.path)));
                }
                Shape::NamedSections => {
                    let fields = rows.fields.iter().skip(1);
                    shown.extend(fields.map(|key| format!("{}[].{}", rows.path, key.path)));
                }
            }
        }
        assert_eq!(shown, known);
        assert!(known.contains("orders.rules[].when.country") && known.contains("tax.rules[].on_shipping"));
    }

    #[test]
    fn the_groups_stand_as_in_a_document_and_their_fields_too() {
        let titles: Vec<&str> = groups().iter().map(|group| group.title.as_str()).collect();
        assert_eq!(
            titles,
            ["JOOR", "Shopify", "Schedule", "Orders", "Rules", "Tax", "Note", "Tags", "Attributes", "Alerts"]
        );
        let of = |at: usize| -> Vec<&str> {
            groups()[at].fields.iter().map(|key| key.path.split_once('.').unwrap().1).collect()
        };
        assert_eq!(
            of(2),
            ["interval", "pause", "quiet_time", "exported_since", "include_start_day", "keep_days"]
        );
        assert_eq!(of(3)[..4], ["fulfilment", "location", "payment", "stock"]);
    }

    #[test]
    fn secrets_are_kept_apart_and_files_of_the_server_are_not_offered() {
        let kinds = |path: &str| key(path).map(|key| key.kind.clone());
        for secret in ["joor.client_secret", "joor.password", "shopify.client_secret", "shopify.access_token"]
        {
            assert_eq!(kinds(secret), Some(Kind::Secret), "{secret}");
            assert_eq!(kinds(&format!("{secret}_file")), None);
        }
        assert!(matches!(kinds("orders.item_keys"), Some(Kind::Ranked(words)) if words.len() == 4));
        assert_eq!(kinds("note.template"), Some(Kind::Template));
        assert_eq!(kinds("alerts.daily_hour"), Some(Kind::Number));
        assert_eq!(kinds("alerts.daily"), Some(Kind::Lines));
    }

    #[test]
    fn every_field_outside_of_conditions_has_words() {
        for group in groups() {
            assert!(!group.hint.is_empty(), "{}", group.key);
            for key in &group.fields {
                assert!(!key.hint.is_empty() && !key.hint.contains('`'), "{}", key.path);
            }
        }
    }
}
