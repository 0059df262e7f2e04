//! The description of the API as OpenAPI 3.1, made from the table of routes and from the types that are read and answered.

use super::answers::Refused;
use super::operation::{Operation, Shape};
use crate::console::routes::Access;
use adapters::ledger::records::Role;
use axum::Json;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

const ABOUT: &str = "What `joor-shopify` does on the command line and in its console, for a brand's own programs. Sign in \
    with a token of the page “People”: `Authorization: Bearer TOKEN`. Whatever changes an order or a connection is noted \
    as a command (status 202) and applied by the next cycle, within seconds while the program runs; the command's \
    address tells what became of it. A refusal says what happened, what to do, and which values are wrong. One token may \
    ask 600 times in a minute, with up to 512 kB each.";

pub async fn openapi() -> Json<Value> {
    Json(document())
}

/// As it stands in the reference.
pub fn text() -> String {
    format!("{:#}\n", document())
}

pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for route in super::routes() {
        let Some(operation) = &route.operation else { continue };
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] =
            described(&mut generator, route.path, route.access, operation);
    }
    let error = Refused::json_schema(&mut generator);
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Error".to_owned(), error.to_value());
    json!({
        "openapi": "3.1.0",
        "info": { "title": "joor-shopify", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "responses": { "Refused": {
                "description": "What happened, what to do, and which values are wrong.",
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
            } },
        },
    })
}

fn described(generator: &mut SchemaGenerator, path: &str, access: Access, operation: &Operation) -> Value {
    let mut parameters: Vec<Value> = in_address(path).map(in_path).collect();
    if let Some(query) = operation.query {
        parameters.extend(in_query(generator, query));
    }
    let role = match access {
        Access::Open => "open",
        Access::Role(role) => role.word(),
    };
    let mut value = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "description": who(access),
        "x-role": role,
        "security": match access {
            Access::Open => json!([]),
            Access::Role(_) => json!([{ "token": [] }]),
        },
        "parameters": parameters,
        "responses": responses(generator, access, operation),
    });
    if let Some(body) = operation.body {
        let schema = body(generator);
        value["requestBody"] = json!({ "content": { "application/json": { "schema": schema } } });
    }
    value
}

fn who(access: Access) -> &'static str {
    match access {
        Access::Open => "For everybody.",
        Access::Role(Role::Viewer) => "For every token.",
        Access::Role(Role::Operator) => "For tokens of operators and admins.",
        Access::Role(Role::Admin) => "For tokens of admins.",
    }
}

fn in_address(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn in_path(name: &str) -> Value {
    let words = match name {
        "connection" => "Name of the connection.",
        "order" => "JOOR order number.",
        "code" => "Code of the problem, such as STOCK_SHORT.",
        "command" => "Number of the command.",
        _ => "",
    };
    json!({ "name": name, "in": "path", "required": true, "description": words, "schema": { "type": "string" } })
}

/// Each field of the type is a parameter; none is needed.
fn in_query(generator: &mut SchemaGenerator, query: Shape) -> Vec<Value> {
    let schema = query(generator).to_value();
    let Some(properties) = schema["properties"].as_object() else { return Vec::new() };
    let parameter = |(name, property): (&String, &Value)| {
        let mut parameter = json!({ "name": name, "in": "query", "schema": { "type": "string" } });
        if let Some(words) = property.get("description") {
            parameter["description"] = words.clone();
        }
        parameter
    };
    properties.iter().map(parameter).collect()
}

fn responses(generator: &mut SchemaGenerator, access: Access, operation: &Operation) -> Value {
    let schema = (operation.answer)(generator);
    let good = match operation.status {
        202 => "Noted; the next cycle applies it.",
        _ => "The answer.",
    };
    let answer = json!({ "description": good, "content": { "application/json": { "schema": schema } } });
    let refused = json!({ "$ref": "#/components/responses/Refused" });
    let mut responses = json!({ "default": refused });
    responses[operation.status.to_string()] = answer.clone();
    if operation.or_at_once {
        responses["200"] = answer;
        responses["200"]["description"] = json!("It is so already.");
    }
    if matches!(access, Access::Role(_)) {
        for status in ["401", "403", "429"] {
            responses[status] = refused.clone();
        }
    }
    responses
}
