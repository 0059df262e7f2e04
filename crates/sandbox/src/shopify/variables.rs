//! Coercion of variables and arguments to their declared types, with the problems that Shopify would name. Knows the
//! schema's types, no operation's meaning.

use async_graphql::parser::types::{BaseType, Type, TypeKind};
use serde_json::{Map, Value, json};

use super::money;
use super::sdl::sdl;
use super::time::moment;

/// The longest list that an input may hold.
pub(crate) const INPUT_LIST_MAX: usize = 250;

/// These inputs take exactly one of their fields, though the schema cannot say so.
const ONE_OF: [&str; 3] = ["CustomerIdentifierInput", "CustomerSetIdentifiers", "OrderIdentifierInput"];

/// One reason why a value does not fit.
pub(crate) struct Problem {
    pub(crate) path: Vec<Value>,
    pub(crate) explanation: String,
}

/// What a walk over a value finds.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<Problem>,
    /// Lists over the limit, by path without indexes, with their length.
    pub(crate) oversized: Vec<(Vec<String>, usize)>,
}

impl Findings {
    fn blame(&mut self, path: &[Value], explanation: impl Into<String>) {
        self.problems.push(Problem { path: path.to_vec(), explanation: explanation.into() });
    }
}

/// The value with defaults of input objects filled in; findings tell what does not fit.
pub(crate) fn coerce(ty: &Type, value: &Value, path: &mut Vec<Value>, findings: &mut Findings) -> Value {
    if value.is_null() {
        if !ty.nullable {
            findings.blame(path, "Expected value to not be null");
        }
        return Value::Null;
    }
    match &ty.base {
        BaseType::List(inner) => list(inner, value, path, findings),
        BaseType::Named(name) => named(name.as_str(), value, path, findings),
    }
}

fn list(inner: &Type, value: &Value, path: &mut Vec<Value>, findings: &mut Findings) -> Value {
    let Value::Array(items) = value else {
        // GraphQL lets a single value stand for a list of one.
        return Value::Array(vec![coerce(inner, value, path, findings)]);
    };
    if items.len() > INPUT_LIST_MAX {
        let names = path.iter().filter_map(|step| step.as_str().map(str::to_owned)).collect();
        findings.oversized.push((names, items.len()));
    }
    let coerced = items.iter().enumerate().map(|(index, item)| {
        path.push(json!(index));
        let item = coerce(inner, item, path, findings);
        path.pop();
        item
    });
    Value::Array(coerced.collect())
}

fn named(name: &str, value: &Value, path: &mut Vec<Value>, findings: &mut Findings) -> Value {
    match sdl().kind(name) {
        Some(TypeKind::InputObject(_)) => object(name, value, path, findings),
        Some(TypeKind::Enum(found)) => {
            let known = value
                .as_str()
                .is_some_and(|text| found.values.iter().any(|item| item.node.value.node == text));
            if !known {
                let choices: Vec<&str> =
                    found.values.iter().map(|item| item.node.value.node.as_str()).collect();
                findings.blame(path, format!("Expected {value} to be one of: {}", choices.join(", ")));
            }
            value.clone()
        }
        Some(TypeKind::Scalar | TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_)) | None => {
            if let Some(explanation) = scalar_problem(name, value) {
                findings.blame(path, explanation);
            }
            value.clone()
        }
    }
}

fn scalar_problem(name: &str, value: &Value) -> Option<String> {
    let fits = match name {
        "Int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "Float" => value.is_number(),
        "Boolean" => value.is_boolean(),
        "String" => value.is_string(),
        "ID" => value.is_string() || value.is_u64(),
        "Decimal" => money::decimal(value).is_some(),
        "DateTime" => value.as_str().is_some_and(|text| moment(text).is_some()),
        "URL" => value.as_str().is_some_and(|text| text.contains(':') && !text.contains(char::is_whitespace)),
        _ => true,
    };
    (!fits).then(|| format!("Could not coerce value {value} to {name}"))
}

fn object(name: &str, value: &Value, path: &mut Vec<Value>, findings: &mut Findings) -> Value {
    let Value::Object(given) = value else {
        findings.blame(path, format!("Expected {value} to be a key-value object."));
        return Value::Null;
    };
    let fields = sdl().input(name).map(|input| input.fields.as_slice()).unwrap_or_default();
    for key in given.keys().filter(|key| !fields.iter().any(|field| field.node.name.node == key.as_str())) {
        path.push(json!(key));
        findings.blame(path, format!("Field is not defined on {name}"));
        path.pop();
    }
    let mut coerced = Map::new();
    for field in fields.iter().map(|field| &field.node) {
        let key = field.name.node.as_str();
        let default = || field.default_value.as_ref().and_then(|found| found.node.clone().into_json().ok());
        let item = match given.get(key) {
            Some(item) => item.clone(),
            None => match default() {
                Some(item) => item,
                None if field.ty.node.nullable => continue,
                None => Value::Null,
            },
        };
        path.push(json!(key));
        coerced.insert(key.to_owned(), coerce(&field.ty.node, &item, path, findings));
        path.pop();
    }
    let set = coerced.values().filter(|item| !item.is_null()).count();
    if ONE_OF.contains(&name) && set != 1 {
        findings.blame(path, format!("'{name}' requires exactly one argument, but {set} were provided."));
    }
    Value::Object(coerced)
}
