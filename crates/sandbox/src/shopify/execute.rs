//! Runs a validated operation over the state: selections, arguments, references, pages, null propagation. What the root
//! fields do is in `roots`; how records look is in `objects`.

use async_graphql::Pos;
use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, Field, FieldDefinition, OperationDefinition, Selection,
    SelectionSet, Type,
};
use async_graphql::{Name, Positioned};
use serde_json::{Map, Value, json};

use super::cost::root_type;
use super::pages;
use super::sdl::{base_name, is_connection, sdl};
use super::state::State;
use super::variables::{Findings, coerce};

/// Why a field could not be answered; it becomes a top-level error.
#[derive(Debug)]
pub(crate) struct FieldError {
    pub(crate) message: String,
    pub(crate) extensions: Value,
}

impl FieldError {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> FieldError {
        FieldError { message: message.into(), extensions: json!({ "code": code }) }
    }

    pub(crate) fn denied(field: &str, scope: &str) -> FieldError {
        let required = format!("`{scope}` access scope.");
        FieldError {
            message: format!("Access denied for {field} field. Required access: {required}"),
            extensions: json!({
                "code": "ACCESS_DENIED",
                "documentation": "https://shopify.dev/api/usage/access-scopes",
                "requiredAccess": required,
            }),
        }
    }
}

/// A null where none may be; the nearest nullable field above becomes null.
struct Nulled;

/// An operation being run.
pub(crate) struct Execution<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Map<String, Value>,
    pub(crate) state: &'a mut State,
    pub(crate) errors: Vec<Value>,
    /// `extensions.search` of the answer.
    pub(crate) search: Vec<Value>,
    path: Vec<Value>,
}

impl<'a> Execution<'a> {
    pub(crate) fn new(
        document: &'a ExecutableDocument,
        variables: &'a Map<String, Value>,
        state: &'a mut State,
    ) -> Execution<'a> {
        Execution { document, variables, state, errors: Vec::new(), search: Vec::new(), path: Vec::new() }
    }

    /// The `data` of the answer. Root fields run one after the other.
    pub(crate) fn run(&mut self, operation: &'a OperationDefinition) -> Value {
        let root = root_type(operation);
        self.object(&[&operation.selection_set.node], root, &Map::new()).unwrap_or(Value::Null)
    }

    /// Root arguments that hold too long lists, before anything runs.
    pub(crate) fn oversized(&self, operation: &'a OperationDefinition) -> Vec<Value> {
        let root = root_type(operation);
        let mut found = Vec::new();
        for (key, fields) in self.grouped(&[&operation.selection_set.node], root) {
            let Some(definition) = sdl().field(root, fields[0].node.name.node.as_str()) else { continue };
            let mut findings = Findings::default();
            self.arguments(&fields[0].node, definition, &mut findings);
            let most = self.state.options.input_list_max;
            for (path, size) in findings.oversized.into_iter().filter(|(_, size)| *size > most) {
                let path: Vec<String> = std::iter::once(key.clone()).chain(path).collect();
                found.push(json!({
                    "message": format!("The input array size of {size} is greater than the maximum allowed of {most}."),
                    "locations": [position(fields[0].pos)],
                    "path": path,
                    "extensions": { "code": "MAX_INPUT_SIZE_EXCEEDED" },
                }));
            }
        }
        found
    }

    fn object(
        &mut self,
        sets: &[&'a SelectionSet],
        type_name: &str,
        thing: &Map<String, Value>,
    ) -> Result<Value, Nulled> {
        let mut answer = Map::new();
        for (key, fields) in self.grouped(sets, type_name) {
            let first = &fields[0].node;
            let name = first.name.node.as_str();
            if name == "__typename" {
                answer.insert(key, json!(type_name));
                continue;
            }
            let Some(definition) = sdl().field(type_name, name) else { continue };
            self.path.push(json!(key));
            let value = self.field(type_name, thing, &fields, definition);
            self.path.pop();
            answer.insert(key, value?);
        }
        Ok(Value::Object(answer))
    }

    fn field(
        &mut self,
        type_name: &str,
        thing: &Map<String, Value>,
        fields: &[&'a Positioned<Field>],
        definition: &FieldDefinition,
    ) -> Result<Value, Nulled> {
        let mut findings = Findings::default();
        let args = self.arguments(&fields[0].node, definition, &mut findings);
        let raw = match findings.problems.first() {
            Some(problem) => {
                Err(FieldError::new("argumentLiteralsIncompatible", problem.explanation.clone()))
            }
            None => self.raw(type_name, thing, definition, &args),
        };
        let sets: Vec<&SelectionSet> = fields.iter().map(|field| &field.node.selection_set.node).collect();
        let completed = match raw {
            Ok(value) => self.complete(&definition.ty.node, &sets, value),
            Err(error) => {
                self.blame(error, fields[0].pos);
                Err(Nulled)
            }
        };
        // A null climbs until a nullable field stops it.
        if definition.ty.node.nullable { Ok(completed.unwrap_or(Value::Null)) } else { completed }
    }

    fn raw(
        &mut self,
        type_name: &str,
        thing: &Map<String, Value>,
        definition: &FieldDefinition,
        args: &Map<String, Value>,
    ) -> Result<Value, FieldError> {
        let name = definition.name.node.as_str();
        if matches!(type_name, "QueryRoot" | "Mutation") {
            let value =
                if type_name == "Mutation" { self.mutate(name, args)? } else { self.query(name, args)? };
            return self.paged(definition, value, args);
        }
        if let Some(scope) = field_scope(type_name, name).filter(|scope| !self.state.may(scope)) {
            return Err(FieldError::denied(name, scope));
        }
        let value = thing.get(name).cloned().unwrap_or_default();
        let value = match (type_name, name) {
            ("InventoryLevel", "quantities") => pages::named_quantities(&value, &args["names"]),
            ("InventoryItem", "inventoryLevels") => self.active_levels(value),
            ("Customer", "metafield") => pages::metafield(thing, args),
            ("Order", "fulfillments") => pages::first_of(value, args),
            _ => value,
        };
        self.paged(definition, value, args)
    }

    fn paged(
        &mut self,
        definition: &FieldDefinition,
        value: Value,
        args: &Map<String, Value>,
    ) -> Result<Value, FieldError> {
        match value {
            Value::Array(nodes) if is_connection(base_name(&definition.ty.node)) => pages::page(nodes, args),
            other => Ok(other),
        }
    }

    fn complete(&mut self, ty: &Type, sets: &[&'a SelectionSet], value: Value) -> Result<Value, Nulled> {
        if value.is_null() {
            return if ty.nullable { Ok(Value::Null) } else { Err(Nulled) };
        }
        match &ty.base {
            BaseType::List(inner) => {
                let Value::Array(items) = value else { return Err(Nulled) };
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    self.path.push(json!(index));
                    let completed = self.complete(inner, sets, item);
                    self.path.pop();
                    list.push(if inner.nullable { completed.unwrap_or(Value::Null) } else { completed? });
                }
                Ok(Value::Array(list))
            }
            BaseType::Named(name) if sdl().is_composite(name.as_str()) => {
                self.composite(ty, name.as_str(), sets, value)
            }
            BaseType::Named(_) => Ok(value),
        }
    }

    fn composite(
        &mut self,
        ty: &Type,
        name: &str,
        sets: &[&'a SelectionSet],
        value: Value,
    ) -> Result<Value, Nulled> {
        match value {
            Value::Object(map) => self.object(sets, name, &map),
            Value::String(id) => match self.state.load(&id) {
                Some((found, map)) if sdl().fits(found, name) => self.object(sets, found, &map),
                Some(_) | None => {
                    if ty.nullable {
                        Ok(Value::Null)
                    } else {
                        Err(Nulled)
                    }
                }
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => Err(Nulled),
        }
    }

    fn grouped(
        &self,
        sets: &[&'a SelectionSet],
        type_name: &str,
    ) -> Vec<(String, Vec<&'a Positioned<Field>>)> {
        let mut groups: Vec<(String, Vec<&'a Positioned<Field>>)> = Vec::new();
        for set in sets {
            self.collect(set, type_name, &mut groups);
        }
        groups
    }

    fn collect(
        &self,
        set: &'a SelectionSet,
        type_name: &str,
        groups: &mut Vec<(String, Vec<&'a Positioned<Field>>)>,
    ) {
        for item in set.items.iter().filter(|item| self.wanted(item.node.directives())) {
            match &item.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.as_str();
                    match groups.iter_mut().find(|(found, _)| found == key) {
                        Some((_, fields)) => fields.push(field),
                        None => groups.push((key.to_owned(), vec![field])),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    if condition.is_none_or(|found| sdl().fits(type_name, found.node.on.node.as_str())) {
                        self.collect(&fragment.node.selection_set.node, type_name, groups);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                    if let Some(fragment) = fragment
                        && sdl().fits(type_name, fragment.node.type_condition.node.on.node.as_str())
                    {
                        self.collect(&fragment.node.selection_set.node, type_name, groups);
                    }
                }
            }
        }
    }

    /// `@skip` and `@include`.
    fn wanted(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.node.get_argument("if").map(|value| self.constant(&value.node));
            let holds = condition.and_then(|value| value.as_bool()).unwrap_or_default();
            match directive.node.name.node.as_str() {
                "skip" => !holds,
                "include" => holds,
                _ => true,
            }
        })
    }

    fn arguments(
        &self,
        field: &Field,
        definition: &FieldDefinition,
        findings: &mut Findings,
    ) -> Map<String, Value> {
        let mut args = Map::new();
        for argument in definition.arguments.iter().map(|argument| &argument.node) {
            let name = argument.name.node.as_str();
            let given = field.get_argument(name).filter(|value| !self.absent(&value.node));
            let value = match given {
                Some(value) => self.constant(&value.node),
                None => match &argument.default_value {
                    Some(default) => default.node.clone().into_json().unwrap_or_default(),
                    None => continue,
                },
            };
            let coerced = coerce(&argument.ty.node, &value, &mut vec![json!(name)], findings);
            args.insert(name.to_owned(), coerced);
        }
        args
    }

    /// A variable that was not given counts as no argument at all.
    fn absent(&self, value: &async_graphql_value::Value) -> bool {
        matches!(value, async_graphql_value::Value::Variable(name) if !self.variables.contains_key(name.as_str()))
    }

    fn constant(&self, value: &async_graphql_value::Value) -> Value {
        let lookup = |name: Name| {
            let value = self.variables.get(name.as_str()).cloned().unwrap_or_default();
            async_graphql::Value::from_json(value)
        };
        value
            .clone()
            .into_const_with(lookup)
            .ok()
            .and_then(|found| found.into_json().ok())
            .unwrap_or_default()
    }

    fn blame(&mut self, error: FieldError, at: Pos) {
        self.errors.push(json!({
            "message": error.message,
            "locations": [position(at)],
            "path": self.path,
            "extensions": error.extensions,
        }));
    }

    pub(crate) fn root_key(&self) -> Value {
        self.path.first().cloned().unwrap_or_default()
    }

    /// Levels of inactive locations are not shown.
    fn active_levels(&self, value: Value) -> Value {
        let Value::Array(levels) = value else { return value };
        let active = |level: &Value| {
            let location = level.as_str().and_then(super::gid::parse).map(|(_, id)| id);
            location.and_then(|id| self.state.locations.get(&id)).is_some_and(|place| place.active)
        };
        Value::Array(levels.into_iter().filter(active).collect())
    }
}

/// Rights that guard fields inside objects.
fn field_scope(type_name: &str, field: &str) -> Option<&'static str> {
    match (type_name, field) {
        ("Order", "customer") => Some("read_customers"),
        ("InventoryItem", "inventoryLevels") => Some("read_inventory"),
        ("LineItem", "variant") => Some("read_products"),
        _ => None,
    }
}

pub(crate) fn position(at: Pos) -> Value {
    json!({ "line": at.line, "column": at.column })
}
