//! Every document, and the variables of a full request, against the sandbox's schema and the official one where it is
//! at hand.

use super::*;
use adapters::ports::{TestLines, TestOrder};
use adapters::shopify::documents::{ALL, CUSTOMERS, FIND_ORDERS};
use graphql_parser::query::{self, Selection, SelectionSet};
use graphql_parser::schema::{self, InputValue, Type, TypeDefinition};
use std::collections::{BTreeMap, BTreeSet};

type Fields<'a> = BTreeMap<String, (&'a schema::Field<'static, String>, String)>;

struct Schema(Vec<schema::Definition<'static, String>>);

impl Schema {
    fn parse(text: &str) -> Schema {
        let text = without_descriptions(text);
        let document = schema::parse_schema::<String>(&text).expect("the schema parses");
        Schema(document.into_static().definitions)
    }

    fn types(&self) -> impl Iterator<Item = &TypeDefinition<'static, String>> {
        self.0.iter().filter_map(|definition| match definition {
            schema::Definition::TypeDefinition(definition) => Some(definition),
            schema::Definition::SchemaDefinition(_)
            | schema::Definition::TypeExtension(_)
            | schema::Definition::DirectiveDefinition(_) => None,
        })
    }

    /// The fields of an object or interface; `None` for scalars and enums.
    fn fields(&self, name: &str) -> Option<Fields<'_>> {
        let fields = self.types().find_map(|definition| match definition {
            TypeDefinition::Object(object) if object.name == name => Some(&object.fields),
            TypeDefinition::Interface(interface) if interface.name == name => Some(&interface.fields),
            _ => None,
        })?;
        Some(fields.iter().map(|field| (field.name.clone(), (field, base(&field.field_type)))).collect())
    }

    fn input(&self, name: &str) -> Option<&[InputValue<'static, String>]> {
        self.types().find_map(|definition| match definition {
            TypeDefinition::InputObject(input) if input.name == name => Some(input.fields.as_slice()),
            _ => None,
        })
    }

    fn values(&self, name: &str) -> Option<BTreeSet<&str>> {
        self.types().find_map(|definition| match definition {
            TypeDefinition::Enum(found) if found.name == name => {
                Some(found.values.iter().map(|value| value.name.as_str()).collect())
            }
            _ => None,
        })
    }

    /// All that is wrong with a document.
    fn complaints(&self, text: &str) -> Vec<String> {
        let document = query::parse_query::<String>(text).expect("the document parses");
        let mut walk = Walk {
            schema: self,
            document: &document,
            complaints: Vec::new(),
            variables: BTreeMap::new(),
            used: BTreeSet::new(),
        };
        for definition in &document.definitions {
            let (root, set, variables) = match definition {
                query::Definition::Operation(query::OperationDefinition::Query(query)) => {
                    ("QueryRoot", &query.selection_set, &query.variable_definitions)
                }
                query::Definition::Operation(query::OperationDefinition::Mutation(mutation)) => {
                    ("Mutation", &mutation.selection_set, &mutation.variable_definitions)
                }
                query::Definition::Fragment(_) => continue,
                other => panic!("not one of ours: {other:?}"),
            };
            walk.variables = variables
                .iter()
                .map(|variable| (variable.name.clone(), variable.var_type.to_string()))
                .collect();
            walk.set(set, root);
            let unused = walk
                .variables
                .keys()
                .filter(|name| !walk.used.contains(*name))
                .map(|name| format!("${name} is not used"));
            walk.complaints.extend(unused.collect::<Vec<_>>());
        }
        walk.complaints
    }

    /// All that is wrong with a value for an input type.
    fn misfits(&self, value: &Value, kind: &Type<'_, String>, place: &str) -> Vec<String> {
        match (kind, value) {
            (Type::NonNullType(_), Value::Null) => vec![format!("{place} is null")],
            (Type::NonNullType(inner), _) => self.misfits(value, inner, place),
            (_, Value::Null) => Vec::new(),
            (Type::ListType(inner), Value::Array(items)) => {
                items.iter().flat_map(|item| self.misfits(item, inner, place)).collect()
            }
            (Type::ListType(_), _) => vec![format!("{place} is no list")],
            (Type::NamedType(name), _) => self.named_misfits(value, name, place),
        }
    }

    fn named_misfits(&self, value: &Value, name: &str, place: &str) -> Vec<String> {
        if let Some(values) = self.values(name) {
            let known = value.as_str().is_some_and(|value| values.contains(value));
            return if known { Vec::new() } else { vec![format!("{place}: {value} is no {name}")] };
        }
        let Some(fields) = self.input(name) else {
            let fits = match name {
                "Int" => value.is_i64(),
                "Boolean" => value.is_boolean(),
                "String" | "ID" | "Decimal" | "DateTime" | "URL" => value.is_string(),
                _ => false,
            };
            return if fits { Vec::new() } else { vec![format!("{place}: {value} is no {name}")] };
        };
        let Some(members) = value.as_object() else { return vec![format!("{place} is no object")] };
        let mut misfits: Vec<String> = members
            .keys()
            .filter(|key| fields.iter().all(|field| field.name != **key))
            .map(|key| format!("{place}.{key} is unknown"))
            .collect();
        for field in fields {
            let place = format!("{place}.{}", field.name);
            match members.get(&field.name) {
                Some(value) => misfits.extend(self.misfits(value, &field.value_type, &place)),
                None if is_required(field) => misfits.push(format!("{place} is missing")),
                None => {}
            }
        }
        misfits
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    document: &'a query::Document<'a, String>,
    complaints: Vec<String>,
    variables: BTreeMap<String, String>,
    used: BTreeSet<String>,
}

impl Walk<'_> {
    fn set(&mut self, set: &SelectionSet<'_, String>, kind: &str) {
        for selection in &set.items {
            match selection {
                Selection::Field(field) => self.field(field, kind),
                Selection::InlineFragment(fragment) => {
                    let condition =
                        fragment.type_condition.as_ref().map(|query::TypeCondition::On(name)| name.clone());
                    self.set(&fragment.selection_set, &condition.unwrap_or_else(|| kind.to_owned()));
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.definitions.iter().find_map(|definition| match definition {
                        query::Definition::Fragment(fragment) if fragment.name == spread.fragment_name => {
                            Some(fragment)
                        }
                        _ => None,
                    });
                    let fragment = fragment.expect("the fragment is in the document");
                    let query::TypeCondition::On(on) = &fragment.type_condition;
                    if on != kind {
                        self.complaints.push(format!("a fragment on {on} stands in {kind}"));
                    }
                    self.set(&fragment.selection_set, on);
                }
            }
        }
    }

    fn field(&mut self, field: &query::Field<'_, String>, kind: &str) {
        let schema = self.schema;
        let Some(fields) = schema.fields(kind) else {
            self.complaints.push(format!("{kind} is no object"));
            return;
        };
        let Some((defined, base)) = fields.get(&field.name) else {
            self.complaints.push(format!("{kind}.{} does not exist", field.name));
            return;
        };
        for (name, value) in &field.arguments {
            match defined.arguments.iter().find(|argument| argument.name == *name) {
                Some(argument) => self.argument(argument, value),
                None => self.complaints.push(format!("{kind}.{} takes no {name}", field.name)),
            }
        }
        let given = |name: &str| field.arguments.iter().any(|(given, _)| given == name);
        let missing =
            defined.arguments.iter().filter(|argument| is_required(argument) && !given(&argument.name));
        self.complaints
            .extend(missing.map(|argument| format!("{kind}.{} needs {}", field.name, argument.name)));
        let composite = schema.fields(base).is_some();
        if composite == field.selection_set.items.is_empty() {
            self.complaints.push(format!("{kind}.{} has a wrong selection", field.name));
        }
        self.set(&field.selection_set, base);
    }

    fn argument(&mut self, argument: &InputValue<'static, String>, value: &query::Value<'_, String>) {
        let wanted = argument.value_type.to_string();
        match value {
            query::Value::Variable(name) => {
                self.used.insert(name.clone());
                let declared = self.variables.get(name).cloned().unwrap_or_default();
                if declared != wanted && declared.strip_suffix('!') != Some(&wanted) {
                    self.complaints.push(format!("${name} is {declared}, {} wants {wanted}", argument.name));
                }
            }
            query::Value::Enum(value) => {
                let values = self.schema.values(wanted.trim_end_matches('!')).unwrap_or_default();
                if !values.contains(value.as_str()) {
                    self.complaints.push(format!("{value} is no {wanted}"));
                }
            }
            query::Value::Object(members) => {
                let fields = self.schema.input(wanted.trim_end_matches('!')).unwrap_or_default();
                for (name, value) in members {
                    match fields.iter().find(|field| field.name == *name) {
                        Some(field) => self.argument(field, value),
                        None => self.complaints.push(format!("{wanted} has no {name}")),
                    }
                }
            }
            _ => {}
        }
    }
}

fn is_required(value: &InputValue<'_, String>) -> bool {
    matches!(value.value_type, Type::NonNullType(_)) && value.default_value.is_none()
}

fn base(kind: &Type<'_, String>) -> String {
    match kind {
        Type::NamedType(name) => name.clone(),
        Type::ListType(inner) | Type::NonNullType(inner) => base(inner),
    }
}

/// The official schema is nearly four megabytes, most of it prose in block quotes on lines of their own.
fn without_descriptions(text: &str) -> String {
    let mut inside = false;
    let mut kept = String::new();
    for line in text.lines() {
        let quotes = line.matches("\"\"\"").count();
        if !inside && quotes == 0 {
            kept.push_str(line);
            kept.push('\n');
        }
        inside ^= quotes % 2 == 1;
    }
    kept
}

fn schemas() -> Vec<(&'static str, Schema)> {
    let folder = env!("CARGO_MANIFEST_DIR");
    let own = std::fs::read_to_string(format!("{folder}/../sandbox/src/shopify.graphql")).unwrap();
    let mut schemas = vec![("sandbox", Schema::parse(&own))];
    let official = format!("{folder}/../../../shared/reference/shopify-schema/2026-07.graphql");
    match std::fs::read_to_string(&official) {
        Ok(text) => schemas.push(("official", Schema::parse(&text))),
        Err(_) => eprintln!("skipped: the official schema is not at hand"),
    }
    schemas
}

#[test]
fn every_document_and_every_variable_fits_the_schema() {
    let shop = Stage::new(Vec::new()).shop;
    let test_order = |lines| TestOrder {
        token: full_draft().token,
        currency: Currency::from_code("USD").unwrap(),
        lines,
        tag: "probe".to_owned(),
        note: "no sale".to_owned(),
    };
    let variant = full_draft().lines[0].variant.clone();
    let requests = [
        shop.freeze(&full_draft()),
        shop.freeze_test(&test_order(TestLines::OfNoProduct(2))),
        shop.freeze_test(&test_order(TestLines::OneUnitOf(variant))),
    ];
    let bodies = requests.map(|request| serde_json::from_str::<Value>(&request.body).unwrap());
    for (name, schema) in schemas() {
        for document in ALL {
            assert_eq!(
                schema.complaints(&document.query()),
                [""; 0],
                "{} against the {name} schema",
                document.name
            );
        }
        for (document, alias) in [(FIND_ORDERS, 'e'), (CUSTOMERS, 'c')] {
            assert_eq!(schema.complaints(&document.widened(alias, 50)), [""; 0], "{} widened", document.name);
        }
        for (variable, kind) in [("order", "OrderCreateOrderInput"), ("options", "OrderCreateOptionsInput")] {
            for body in &bodies {
                let value = &body["variables"][variable];
                assert_eq!(schema.named_misfits(value, kind, variable), [""; 0], "{name} schema");
            }
        }
    }
}

#[test]
fn the_check_itself_finds_faults() {
    let (_, schema) = schemas().swap_remove(0);
    for (text, wanted) in [
        ("query A { shop { nome } }", "Shop.nome does not exist"),
        ("query A { shop }", "QueryRoot.shop has a wrong selection"),
        ("query A { nodes { id } }", "QueryRoot.nodes needs ids"),
        ("query A($ids: [ID!]) { nodes(ids: $ids) { id } }", "$ids is [ID!], ids wants [ID!]!"),
        ("query A($x: ID!) { shop { id } }", "$x is not used"),
        ("query A { locations(first: 1, sortKey: SIZE) { nodes { id } } }", "SIZE is no LocationSortKeys"),
    ] {
        assert_eq!(schema.complaints(text), [wanted], "{text}");
    }
    let odd = json!({ "inventoryBehavior": "BYPASS", "inventoryBehaviour": "BYPAS", "sendReceipt": "no" });
    assert_eq!(schema.named_misfits(&odd, "OrderCreateOptionsInput", "options").len(), 3);
}
