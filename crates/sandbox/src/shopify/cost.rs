//! What a query costs in points, by the rules measured in recordings, and the leaky bucket that pays for it.

use async_graphql::parser;
use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::sdl::{Sdl, base_name, is_connection};

/// No single query may ask for more, whatever the plan.
pub(crate) const QUERY_COST_MAX: u64 = 1000;
const PAGE_SIZE_MAX: i64 = 250;
const MUTATION_COST: u64 = 10;
const CONNECTION_COST: u64 = 2;

/// Types whose values cost nothing: they come with the object that holds them.
const FREE: [&str; 5] = ["InventoryItemMeasurement", "MoneyBag", "MoneyV2", "PageInfo", "Weight"];

/// The cost model over any schema, for comparison with recordings.
pub struct CostModel(Sdl);

impl CostModel {
    pub fn over(schema: &str) -> Option<CostModel> {
        Sdl::parse(schema).map(CostModel)
    }

    /// The requested points of a document with one operation; `None` if it does not parse or asks for something that
    /// the schema does not have.
    pub fn requested(&self, query: &str, variables: &Value) -> Option<u64> {
        let document = parser::parse_query(query).ok()?;
        let (_, operation) = document.operations.iter().next()?;
        let variables = variables.as_object().cloned().unwrap_or_default();
        let mut costing = Costing::new(&self.0, &document, &variables);
        let requested = costing.requested(&operation.node);
        (!costing.strays).then_some(requested)
    }
}

/// A document with its variables, as the cost walk sees it.
pub(crate) struct Costing<'a> {
    schema: &'a Sdl,
    document: &'a ExecutableDocument,
    variables: &'a Map<String, Value>,
    /// Complaints about missing or too large page sizes.
    pub(crate) complaints: Vec<Value>,
    /// Whether the document asks for something that the schema does not have.
    pub(crate) strays: bool,
}

/// The measured size of a page of n nodes.
pub fn page_size_cost(n: u64) -> u64 {
    const TABLE: [(u64, u64); 10] =
        [(1, 1), (3, 2), (5, 3), (10, 4), (20, 5), (50, 7), (100, 9), (200, 10), (250, 11), (u64::MAX, 11)];
    if n == 0 {
        return 0;
    }
    // 4 and 6 to 9, 11 to 19 … were not recorded: the next recorded size above is taken.
    TABLE.iter().find(|(up_to, _)| n <= *up_to).map_or(11, |(_, cost)| *cost)
}

impl<'a> Costing<'a> {
    pub(crate) fn new(
        schema: &'a Sdl,
        document: &'a ExecutableDocument,
        variables: &'a Map<String, Value>,
    ) -> Costing<'a> {
        Costing { schema, document, variables, complaints: Vec::new(), strays: false }
    }

    /// The points that the operation may need at most.
    pub(crate) fn requested(&mut self, operation: &'a OperationDefinition) -> u64 {
        let root = root_type(operation);
        let mut total = 0;
        for field in self.fields(&operation.selection_set.node, root) {
            total += match operation.ty {
                OperationType::Mutation => MUTATION_COST + self.payload(field, root),
                OperationType::Query | OperationType::Subscription => self.field(field, root),
            };
        }
        total
    }

    /// What stands directly in a mutation's payload comes with the mutation.
    fn payload(&mut self, field: &'a Field, root: &str) -> u64 {
        let Some(payload) = self.type_of(root, field) else { return 0 };
        let mut total = 0;
        for direct in self.fields(&field.selection_set.node, payload) {
            if let Some(inner) = self.type_of(payload, direct) {
                total += self.selection(&direct.selection_set.node, inner);
            }
        }
        total
    }

    fn field(&mut self, field: &'a Field, parent: &str) -> u64 {
        let Some(ty) = self.type_of(parent, field) else { return 0 };
        if !self.schema.is_composite(ty) {
            return 0;
        }
        if is_connection(ty) {
            let size = self.page_size(field);
            let node = self.connection_node(field, ty);
            return CONNECTION_COST + page_size_cost(size) * (1 + node);
        }
        let own = u64::from(!FREE.contains(&ty));
        own + self.selection(&field.selection_set.node, ty)
    }

    /// The cost of the objects inside one node; `nodes` and `edges` ask for the same ones.
    fn connection_node(&mut self, field: &'a Field, connection: &str) -> u64 {
        let mut costs = vec![0];
        for part in self.fields(&field.selection_set.node, connection) {
            let Some(ty) = self.type_of(connection, part) else { continue };
            match part.name.node.as_str() {
                "nodes" => costs.push(self.selection(&part.selection_set.node, ty)),
                "edges" => {
                    for edge in self.fields(&part.selection_set.node, ty) {
                        if let Some(node) = self.type_of(ty, edge).filter(|_| edge.name.node == "node") {
                            costs.push(self.selection(&edge.selection_set.node, node));
                        }
                    }
                }
                _ => {}
            }
        }
        costs.into_iter().max().unwrap_or_default()
    }

    /// An interface costs as much as its dearest object.
    fn selection(&mut self, set: &'a SelectionSet, ty: &str) -> u64 {
        if !self.schema.is_interface(ty) {
            return self.fields(set, ty).into_iter().map(|field| self.field(field, ty)).sum();
        }
        self.objects_of(ty).into_iter().map(|object| self.selection(set, object)).max().unwrap_or_default()
    }

    fn fields(&mut self, set: &'a SelectionSet, ty: &str) -> Vec<&'a Field> {
        let mut found = Vec::new();
        collect(self.schema, self.document, set, ty, &mut found);
        let known = |field: &&Field| field.name.node == "__typename" || self.type_of(ty, field).is_some();
        self.strays |= !found.iter().all(known);
        found
    }

    fn type_of(&self, parent: &str, field: &Field) -> Option<&'a str> {
        self.schema.field(parent, field.name.node.as_str()).map(|found| base_name(&found.ty.node))
    }

    /// The objects that may stand for an interface.
    fn objects_of(&self, interface: &str) -> Vec<&'a String> {
        let names = self.schema.types().map(|(name, _)| name);
        names.filter(|name| name.as_str() != interface && self.schema.fits(name, interface)).collect()
    }

    fn page_size(&mut self, field: &Field) -> u64 {
        let given = ["first", "last"].iter().find_map(|name| {
            let value = field.get_argument(name)?;
            value
                .node
                .clone()
                .into_const_with(|variable| Ok::<_, ()>(self.constant(&variable)))
                .ok()?
                .into_json()
                .ok()
        });
        let name = field.name.node.as_str();
        match given.as_ref().and_then(Value::as_i64) {
            Some(size) if (0..=PAGE_SIZE_MAX).contains(&size) => size.unsigned_abs(),
            Some(size) => {
                self.complain(
                    field,
                    name,
                    format!("first/last of '{name}' must be between 0 and 250, not {size}"),
                );
                0
            }
            None => {
                self.complain(field, name, format!("you must provide one of first or last for '{name}'"));
                0
            }
        }
    }

    fn constant(&self, variable: &str) -> async_graphql::Value {
        let value = self.variables.get(variable).cloned().unwrap_or_default();
        async_graphql::Value::from_json(value).unwrap_or_default()
    }

    fn complain(&mut self, field: &Field, name: &str, message: String) {
        let at = field.name.pos;
        self.complaints.push(json!({
            "message": message,
            "locations": [{ "line": at.line, "column": at.column }],
            "path": [name],
            "extensions": { "code": "INVALID_FIELD_ARGUMENTS" },
        }));
    }
}

/// The fields that an object of this type is asked for, fragments opened.
fn collect<'d>(
    schema: &Sdl,
    document: &'d ExecutableDocument,
    set: &'d SelectionSet,
    ty: &str,
    found: &mut Vec<&'d Field>,
) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => found.push(&field.node),
            Selection::InlineFragment(fragment) => {
                let wanted =
                    fragment.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                if wanted.is_none_or(|wanted| schema.fits(ty, wanted)) {
                    collect(schema, document, &fragment.node.selection_set.node, ty, found);
                }
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node)
                    && schema.fits(ty, fragment.node.type_condition.node.on.node.as_str())
                {
                    collect(schema, document, &fragment.node.selection_set.node, ty, found);
                }
            }
        }
    }
}

pub(crate) fn root_type(operation: &OperationDefinition) -> &'static str {
    match operation.ty {
        OperationType::Query | OperationType::Subscription => "QueryRoot",
        OperationType::Mutation => "Mutation",
    }
}

/// The leaky bucket of one app and shop.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) maximum: f64,
    pub(crate) restore: f64,
    /// How much faster than real time the bucket refills; only a demo sets it.
    pub(crate) time_scale: f64,
    available: f64,
    at: Timestamp,
}

impl Bucket {
    pub(crate) fn full(maximum: f64, restore: f64, time_scale: f64, now: Timestamp) -> Bucket {
        Bucket { maximum, restore, time_scale, available: maximum, at: now }
    }

    pub(crate) fn available(&mut self, now: Timestamp) -> f64 {
        let seconds = now.duration_since(self.at).as_secs_f64().max(0.0);
        self.at = now;
        self.available = (self.available + seconds * self.restore * self.time_scale).min(self.maximum);
        self.available
    }

    /// Takes the points if they are there.
    pub(crate) fn take(&mut self, points: u64, now: Timestamp) -> bool {
        let enough = self.available(now) >= points as f64;
        if enough {
            self.available -= points as f64;
        }
        enough
    }

    pub(crate) fn give_back(&mut self, points: u64) {
        self.available = (self.available + points as f64).min(self.maximum);
    }

    pub(crate) fn set_available(&mut self, points: f64, now: Timestamp) {
        self.at = now;
        self.available = points.min(self.maximum);
    }

    pub(crate) fn report(&mut self, requested: u64, actual: Option<u64>, now: Timestamp) -> Value {
        let available = self.available(now).floor();
        json!({
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": self.maximum,
                "currentlyAvailable": available,
                "restoreRate": self.restore * self.time_scale,
            },
        })
    }
}

impl<'a> Costing<'a> {
    /// What the answer turned out to cost: the same rules over what is really there.
    pub(crate) fn actual(&mut self, operation: &'a OperationDefinition, data: &Value) -> u64 {
        let root = root_type(operation);
        let mut total = 0;
        for field in self.fields(&operation.selection_set.node, root) {
            let value = &data[field.response_key().node.as_str()];
            total += match operation.ty {
                OperationType::Mutation => MUTATION_COST + self.actual_payload(field, root, value),
                // A look-up costs its point even if nothing is found.
                OperationType::Query | OperationType::Subscription => {
                    self.actual_field(field, root, value).max(1)
                }
            };
        }
        total
    }

    fn actual_payload(&mut self, field: &'a Field, root: &str, value: &Value) -> u64 {
        let Some(payload) = self.type_of(root, field) else { return 0 };
        let mut total = 0;
        for direct in self.fields(&field.selection_set.node, payload) {
            if let Some(inner) = self.type_of(payload, direct) {
                let value = &value[direct.response_key().node.as_str()];
                total += self.actual_selection(&direct.selection_set.node, inner, value);
            }
        }
        total
    }

    fn actual_field(&mut self, field: &'a Field, parent: &str, value: &Value) -> u64 {
        let Some(ty) =
            self.type_of(parent, field).filter(|ty| self.schema.is_composite(ty) && !value.is_null())
        else {
            return 0;
        };
        if is_connection(ty) {
            return self.actual_connection(field, ty, value);
        }
        let own = u64::from(!FREE.contains(&ty));
        let inner = match value {
            Value::Array(items) => items
                .iter()
                .map(|item| self.actual_selection(&field.selection_set.node, ty, item))
                .max()
                .unwrap_or_default(),
            other => self.actual_selection(&field.selection_set.node, ty, other),
        };
        own + inner
    }

    fn actual_connection(&mut self, field: &'a Field, connection: &str, value: &Value) -> u64 {
        let mut total = CONNECTION_COST;
        for part in self.fields(&field.selection_set.node, connection) {
            let Some(ty) = self.type_of(connection, part) else { continue };
            let Value::Array(items) = &value[part.response_key().node.as_str()] else { continue };
            let inner =
                items.iter().map(|item| self.actual_selection(&part.selection_set.node, ty, item)).max();
            total = total
                .max(CONNECTION_COST + page_size_cost(items.len() as u64) * (1 + inner.unwrap_or_default()));
        }
        total
    }

    fn actual_selection(&mut self, set: &'a SelectionSet, ty: &str, value: &Value) -> u64 {
        if value.is_null() {
            return 0;
        }
        if !self.schema.is_interface(ty) {
            return self
                .fields(set, ty)
                .into_iter()
                .map(|field| self.actual_field(field, ty, &value[field.response_key().node.as_str()]))
                .sum();
        }
        self.objects_of(ty)
            .into_iter()
            .map(|object| self.actual_selection(set, object, value))
            .max()
            .unwrap_or_default()
    }
}
