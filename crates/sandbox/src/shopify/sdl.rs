//! The schema file, parsed once, with the few questions that execution, variables and cost ask of it.

use std::collections::HashMap;
use std::sync::OnceLock;

use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputObjectType, ServiceDocument, Type, TypeDefinition, TypeKind,
    TypeSystemDefinition,
};
use async_graphql::{Positioned, parser};

/// The subset of Shopify's schema that the sandbox speaks.
pub const SCHEMA_TEXT: &str = include_str!("../shopify.graphql");

pub(crate) struct Sdl {
    types: HashMap<String, TypeDefinition>,
}

/// The parsed schema file.
pub(crate) fn sdl() -> &'static Sdl {
    static PARSED: OnceLock<Sdl> = OnceLock::new();
    PARSED.get_or_init(|| Sdl::parse(SCHEMA_TEXT).expect("the schema file is part of this crate and tested"))
}

impl From<ServiceDocument> for Sdl {
    fn from(document: ServiceDocument) -> Sdl {
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(found) => Some((found.node.name.node.to_string(), found.node)),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        });
        Sdl { types: types.collect() }
    }
}

impl Sdl {
    pub(crate) fn parse(text: &str) -> Option<Sdl> {
        parser::parse_schema(text).ok().map(Sdl::from)
    }

    pub(crate) fn types(&self) -> impl Iterator<Item = (&String, &TypeDefinition)> {
        self.types.iter()
    }

    pub(crate) fn kind(&self, name: &str) -> Option<&TypeKind> {
        self.types.get(name).map(|found| &found.kind)
    }

    pub(crate) fn fields(&self, type_name: &str) -> &[Positioned<FieldDefinition>] {
        match self.kind(type_name) {
            Some(TypeKind::Object(object)) => &object.fields,
            Some(TypeKind::Interface(interface)) => &interface.fields,
            Some(TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_))
            | None => &[],
        }
    }

    pub(crate) fn field(&self, type_name: &str, field: &str) -> Option<&FieldDefinition> {
        self.fields(type_name).iter().map(|found| &found.node).find(|found| found.name.node == field)
    }

    pub(crate) fn input(&self, type_name: &str) -> Option<&InputObjectType> {
        match self.kind(type_name) {
            Some(TypeKind::InputObject(input)) => Some(input),
            Some(
                TypeKind::Scalar
                | TypeKind::Union(_)
                | TypeKind::Enum(_)
                | TypeKind::Object(_)
                | TypeKind::Interface(_),
            )
            | None => None,
        }
    }

    /// Whether a value of this type has fields of its own.
    pub(crate) fn is_composite(&self, type_name: &str) -> bool {
        matches!(self.kind(type_name), Some(TypeKind::Object(_) | TypeKind::Interface(_)))
    }

    pub(crate) fn is_interface(&self, type_name: &str) -> bool {
        matches!(self.kind(type_name), Some(TypeKind::Interface(_)))
    }

    /// Whether an object of type `object` may stand where `wanted` is asked for.
    pub(crate) fn fits(&self, object: &str, wanted: &str) -> bool {
        object == wanted
            || match self.kind(object) {
                Some(TypeKind::Object(found)) => found.implements.iter().any(|name| name.node == wanted),
                Some(
                    TypeKind::Scalar
                    | TypeKind::Union(_)
                    | TypeKind::Enum(_)
                    | TypeKind::InputObject(_)
                    | TypeKind::Interface(_),
                )
                | None => false,
            }
    }
}

/// The name at the heart of a type: `Order` of `[Order!]!`.
pub(crate) fn base_name(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => base_name(inner),
    }
}

pub(crate) fn is_connection(type_name: &str) -> bool {
    type_name.ends_with("Connection")
}
