//! Comparison with the official schema and with recorded answers, where the reference lies beside the repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    FieldDefinition, InputValueDefinition, ServiceDocument, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use sandbox::shopify::{CostModel, SCHEMA_TEXT, executing_sdl};
use serde_json::{Value, json};

fn reference(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference").join(path);
    if !found.exists() {
        eprintln!("skipped: {} is not here", found.display());
        return None;
    }
    Some(found)
}

/// Every member of a schema with what it promises, by a path such as `Order.lineItems(first)`.
fn members(document: &ServiceDocument) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for definition in &document.definitions {
        if let TypeSystemDefinition::Type(found_type) = definition {
            type_members(&found_type.node, &mut found);
        }
    }
    found
}

fn type_members(definition: &TypeDefinition, found: &mut BTreeMap<String, String>) {
    let name = definition.name.node.as_str();
    let fields = |fields: &[&FieldDefinition], found: &mut BTreeMap<String, String>| {
        for field in fields {
            let path = format!("{name}.{}", field.name.node);
            for argument in &field.arguments {
                found.insert(format!("{path}({})", argument.node.name.node), promise(&argument.node));
            }
            found.insert(path, field.ty.node.to_string());
        }
    };
    let kind = match &definition.kind {
        TypeKind::Scalar => "scalar",
        TypeKind::Object(object) => {
            fields(&object.fields.iter().map(|field| &field.node).collect::<Vec<_>>(), found);
            for interface in &object.implements {
                found.insert(format!("{name} implements {}", interface.node), String::new());
            }
            "object"
        }
        TypeKind::Interface(interface) => {
            fields(&interface.fields.iter().map(|field| &field.node).collect::<Vec<_>>(), found);
            "interface"
        }
        TypeKind::Union(_) => "union",
        TypeKind::Enum(values) => {
            for value in &values.values {
                found.insert(format!("{name}.{}", value.node.value.node), "value".to_owned());
            }
            "enum"
        }
        TypeKind::InputObject(input) => {
            for field in &input.fields {
                found.insert(format!("{name}.{}", field.node.name.node), promise(&field.node));
            }
            "input"
        }
    };
    found.insert(name.to_owned(), kind.to_owned());
}

fn promise(value: &InputValueDefinition) -> String {
    match &value.default_value {
        Some(default) => format!("{} = {}", value.ty.node, default.node),
        None => value.ty.node.to_string(),
    }
}

#[test]
fn every_member_of_our_schema_is_an_official_one() {
    let Some(path) = reference("shopify-schema/2026-07.graphql") else { return };
    let official = members(&parse_schema(std::fs::read_to_string(path).unwrap()).unwrap());
    let ours = members(&parse_schema(SCHEMA_TEXT).unwrap());
    let strangers: Vec<String> = ours
        .iter()
        .filter(|(path, promise)| official.get(*path) != Some(promise))
        .map(|(path, promise)| format!("{path}: {promise:?}, officially {:?}", official.get(path)))
        .collect();
    assert!(strangers.is_empty(), "{strangers:#?}");
    assert!(ours.len() > 700, "the file was read: {} members", ours.len());
}

#[test]
fn no_required_argument_or_input_field_was_left_out() {
    let Some(path) = reference("shopify-schema/2026-07.graphql") else { return };
    let official = members(&parse_schema(std::fs::read_to_string(path).unwrap()).unwrap());
    let ours = members(&parse_schema(SCHEMA_TEXT).unwrap());
    let holder = |path: &str| path.split_once('(').map(|(field, _)| field.to_owned());
    let required = official.iter().filter(|(path, promise)| {
        let is_argument = holder(path).is_some_and(|field| ours.contains_key(&field));
        let owner = path.split('.').next().unwrap_or_default();
        let is_input = ours.get(owner).is_some_and(|kind| kind == "input") && path.contains('.');
        (is_argument || is_input) && promise.ends_with('!')
    });
    let missing: Vec<&String> =
        required.map(|(path, _)| path).filter(|path| !ours.contains_key(*path)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_validating_schema_has_exactly_the_members_of_the_file() {
    let file = members(&parse_schema(SCHEMA_TEXT).unwrap());
    let executing = members(&parse_schema(executing_sdl()).unwrap());
    let differences: Vec<&String> = file
        .iter()
        .chain(&executing)
        .filter(|(path, _)| file.get(*path) != executing.get(*path))
        .map(|(path, _)| path)
        .collect();
    assert!(differences.is_empty(), "{differences:?}");
}

/// A recorded request: where, what, with which variables, and what it was charged.
struct Recorded {
    place: String,
    query: String,
    variables: Value,
    requested: u64,
}

fn recorded(place: &str, value: &Value, request: &(Option<String>, Value), found: &mut Vec<Recorded>) {
    match value {
        Value::Object(map) => {
            let inner = map.get("request").filter(|inner| inner.is_object()).unwrap_or(value);
            let text = ["query", "document", "/query", "/document"]
                .iter()
                .find_map(|key| inner.get(*key).and_then(Value::as_str));
            let query =
                text.filter(|text| text.contains('{')).map(str::to_owned).or_else(|| request.0.clone());
            let variables = inner.get("variables").cloned().unwrap_or_else(|| request.1.clone());
            let charged =
                map.get("extensions").and_then(|found| found["cost"]["requestedQueryCost"].as_u64());
            // A text above may belong to another step: the answer must be one to it.
            let answers = |text: &str| {
                let roots = map.get("data").and_then(Value::as_object);
                roots.is_none_or(|roots| roots.keys().all(|key| text.contains(&format!("{key}("))))
            };
            if let (Some(query), Some(requested)) = (query.as_ref().filter(|text| answers(text)), charged) {
                let (query, variables) = (query.clone(), variables.clone());
                found.push(Recorded { place: place.to_owned(), query, variables, requested });
            }
            let request = (query, variables);
            for (key, inner) in map {
                recorded(&format!("{place}/{key}"), inner, &request, found);
            }
        }
        Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(index, inner)| recorded(&format!("{place}/{index}"), inner, request, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_cost_model_charges_what_was_recorded() {
    let (Some(folder), Some(schema)) =
        (reference("shopify-captures"), reference("shopify-schema/2026-07.graphql"))
    else {
        return;
    };
    // The official schema, so that recordings of members beyond ours take part too.
    let model = CostModel::over(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            let file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            recorded(&name, &file["kept"], &(None, json!({})), &mut all);
        }
    }
    let mut compared = Vec::new();
    let mut wrong = Vec::new();
    for request in &all {
        // Counts cost about 10 each and the directive 1: neither is in our schema, nor in the model.
        if request.query.contains("Count(")
            || request.query.contains("@idempotent")
            || request.place.starts_with("idempotency")
        {
            continue;
        }
        let Some(cost) = model.requested(&request.query, &request.variables) else { continue };
        compared.push(format!("{}: {} recorded, {cost} by the model", request.place, request.requested));
        if cost != request.requested {
            wrong.push(compared[compared.len() - 1].clone());
        }
    }
    eprintln!("{} of {} compared\n{}", compared.len(), all.len(), compared.join("\n"));
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(compared.len() >= 60, "{}", compared.len());
}
