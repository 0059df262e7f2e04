//! Static validation of documents by async-graphql over the schema file, and its findings in Shopify's words. Executes
//! nothing: the executing half is in `execute`.

use std::sync::{Arc, OnceLock};

use async_graphql::dynamic::{
    Enum, Field, FieldFuture, InputObject, InputValue, Interface, InterfaceField, Object, Scalar, Schema,
    SchemaBuilder, TypeRef,
};
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::parser::types::{
    BaseType, ExecutableDocument, FieldDefinition, InputValueDefinition, OperationDefinition, OperationType,
    Selection, SelectionSet, Type, TypeDefinition, TypeKind,
};
use async_graphql::{Pos, Request, Response, ServerError, Variables};
use serde_json::{Value, json};

use super::sdl::sdl;

/// The text of the schema that validates, for comparison with the file it was built from.
pub fn executing_sdl() -> String {
    schema().sdl()
}

/// The errors of a document, or nothing.
pub(crate) async fn validate(
    query: &str,
    document: &ExecutableDocument,
    operation: (Option<&str>, &OperationDefinition),
    variables: &Value,
) -> Vec<Value> {
    let mut request = Request::new(query).variables(Variables::from_json(variables.clone()));
    request.set_parsed_query(document.clone());
    if let Some(name) = operation.0 {
        request = request.operation_name(name);
    }
    let response = schema().execute(request).await;
    response.errors.iter().map(|error| described(error, operation)).collect()
}

fn schema() -> &'static Schema {
    static BUILT: OnceLock<Schema> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut builder = Schema::build("QueryRoot", Some("Mutation"), None).extension(StopAfterValidation);
        for (name, definition) in sdl().types() {
            builder = register(builder, name, definition);
        }
        builder.disable_suggestions().finish().expect("the schema file is part of this crate and tested")
    })
}

fn register(builder: SchemaBuilder, name: &str, definition: &TypeDefinition) -> SchemaBuilder {
    match &definition.kind {
        TypeKind::Scalar => builder.register(Scalar::new(name)),
        TypeKind::Enum(found) => {
            let values = found.values.iter().map(|value| value.node.value.node.to_string());
            builder.register(Enum::new(name).items(values))
        }
        TypeKind::InputObject(found) => {
            let fields = found.fields.iter().map(|field| argument(&field.node));
            builder.register(fields.fold(InputObject::new(name), InputObject::field))
        }
        TypeKind::Interface(found) => {
            let fields = found.fields.iter().map(|field| {
                InterfaceField::new(field.node.name.node.as_str(), type_ref(&field.node.ty.node))
            });
            builder.register(fields.fold(Interface::new(name), Interface::field))
        }
        TypeKind::Object(found) => {
            let object =
                found.fields.iter().map(|field| output(&field.node)).fold(Object::new(name), Object::field);
            let interfaces = found.implements.iter().map(|interface| interface.node.as_str());
            builder.register(interfaces.fold(object, |object, interface| object.implement(interface)))
        }
        // The file has none.
        TypeKind::Union(_) => builder,
    }
}

fn output(field: &FieldDefinition) -> Field {
    let built =
        Field::new(field.name.node.as_str(), type_ref(&field.ty.node), |_| FieldFuture::from_value(None));
    field.arguments.iter().fold(built, |built, found| built.argument(argument(&found.node)))
}

fn argument(found: &InputValueDefinition) -> InputValue {
    let built = InputValue::new(found.name.node.as_str(), type_ref(&found.ty.node));
    match &found.default_value {
        Some(default) => built.default_value(default.node.clone()),
        None => built,
    }
}

fn type_ref(ty: &Type) -> TypeRef {
    let base = match &ty.base {
        BaseType::Named(name) => TypeRef::named(name.to_string()),
        BaseType::List(inner) => TypeRef::List(Box::new(type_ref(inner))),
    };
    if ty.nullable { base } else { TypeRef::NonNull(Box::new(base)) }
}

/// Ends a request once its document is found valid.
struct StopAfterValidation;

impl ExtensionFactory for StopAfterValidation {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(StopAfterValidation)
    }
}

#[async_trait::async_trait]
impl Extension for StopAfterValidation {
    async fn execute(&self, _: &ExtensionContext<'_>, _: Option<&str>, _: NextExecute<'_>) -> Response {
        Response::default()
    }
}

fn described(error: &ServerError, operation: (Option<&str>, &OperationDefinition)) -> Value {
    let (message, mut extensions) = in_their_words(&error.message, operation.0);
    let locations: Vec<Value> =
        error.locations.iter().map(|at| json!({ "line": at.line, "column": at.column })).collect();
    let mut path = vec![json!(operation_label(operation))];
    if let Some(at) = error.locations.first() {
        enclosing(&operation.1.selection_set.node, *at, &mut path);
    }
    if extensions.get("code").is_none() {
        extensions["code"] = json!("invalidDocument");
    }
    json!({ "message": message, "locations": locations, "path": path, "extensions": extensions })
}

fn operation_label(operation: (Option<&str>, &OperationDefinition)) -> String {
    let kind = match operation.1.ty {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    };
    match operation.0 {
        Some(name) => format!("{kind} {name}"),
        None => kind.to_owned(),
    }
}

/// Walks down to the field at this place; other places only name the fields around them.
fn enclosing(set: &SelectionSet, at: Pos, path: &mut Vec<Value>) -> bool {
    for item in &set.items {
        let found = match &item.node {
            Selection::Field(field) => {
                path.push(json!(field.node.response_key().node.as_str()));
                if field.pos == at
                    || field.node.name.pos == at
                    || enclosing(&field.node.selection_set.node, at, path)
                {
                    return true;
                }
                path.pop();
                false
            }
            Selection::InlineFragment(fragment) => enclosing(&fragment.node.selection_set.node, at, path),
            Selection::FragmentSpread(_) => false,
        };
        if found {
            return true;
        }
    }
    false
}

/// async-graphql's sentence, and the same in Shopify's shape. The quoted names are the facts.
fn in_their_words(message: &str, operation: Option<&str>) -> (String, Value) {
    let names: Vec<&str> =
        message.split('"').skip(1).step_by(2).map(|name| name.trim_start_matches('$')).collect();
    let name = |index: usize| names.get(index).copied().unwrap_or_default();
    let by = operation.unwrap_or("anonymous query");
    if message.starts_with("Unknown field") {
        let text = format!("Field '{}' doesn't exist on type '{}'", name(0), name(1));
        (text, json!({ "code": "undefinedField", "typeName": name(1), "fieldName": name(0) }))
    } else if message.starts_with("Unknown argument") {
        let text = format!("Field '{}' doesn't accept argument '{}'", name(1), name(0));
        (
            text,
            json!({ "code": "argumentNotAccepted", "name": name(1), "typeName": "Field", "argumentName": name(0) }),
        )
    } else if message.contains("is required but not provided") {
        let text = format!("Field '{}' is missing required arguments: {}", name(0), name(1));
        let code = "missingRequiredArguments";
        (text, json!({ "code": code, "className": "Field", "name": name(0), "arguments": name(1) }))
    } else if message.contains("must have a selection of subfields") {
        let text = format!(
            "Field must have selections (field '{0}' returns {1} but has no selections. Did you mean '{0} {{ ... }}'?)",
            name(0),
            name(1).trim_matches(['!', '[', ']']),
        );
        (
            text,
            json!({ "code": "selectionMismatch", "nodeName": format!("field '{}'", name(0)), "typeName": name(1) }),
        )
    } else if message.contains("must not have a selection") {
        let text = format!("Selections can't be made on scalars (field '{}' returns {})", name(0), name(1));
        (
            text,
            json!({ "code": "selectionMismatch", "nodeName": format!("field '{}'", name(0)), "typeName": name(1) }),
        )
    } else if message.starts_with("Variable") && message.contains("is not used") {
        let text = format!("Variable ${} is declared by {by} but not used", name(0));
        (text, json!({ "code": "variableNotUsed", "variableName": name(0) }))
    } else if message.starts_with("Variable") && message.contains("is not defined") {
        let text = format!("Variable ${} is used by {by} but not declared", name(0));
        (text, json!({ "code": "variableNotDefined", "variableName": name(0) }))
    } else if message.contains("used in position expecting type") {
        let text = format!("Type mismatch on variable ${} ({} / {})", name(0), name(1), name(2));
        (text, json!({ "code": "variableMismatch", "variableName": name(0) }))
    } else if message.starts_with("Unknown directive") {
        let text = format!("Directive @{} is not defined", name(0));
        (text, json!({ "code": "undefinedDirective", "directiveName": name(0) }))
    } else if message.starts_with("Invalid value for argument") {
        (message.to_owned(), json!({ "code": "argumentLiteralsIncompatible" }))
    } else if message.contains("conflict because") {
        (message.to_owned(), json!({ "code": "fieldConflict" }))
    } else {
        (message.to_owned(), json!({}))
    }
}
