//! What is published of a route beside its address and role: name, words, what it takes and what it answers.

use super::acts::Noted;
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Puts a type's schema among the shared ones and answers a reference to it.
pub type Shape = fn(&mut SchemaGenerator) -> Schema;

#[derive(Clone, Copy)]
pub struct Operation {
    pub id: &'static str,
    pub summary: &'static str,
    pub query: Option<Shape>,
    pub body: Option<Shape>,
    pub answer: Shape,
    /// Of an answer that is no refusal.
    pub status: u16,
    /// With status 200 instead where there was nothing to do.
    pub or_at_once: bool,
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// The parameters themselves are wanted, not a reference to them.
fn flat<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

/// A route that answers at once.
pub fn answers<T: JsonSchema>(id: &'static str, summary: &'static str) -> Operation {
    Operation { id, summary, query: None, body: None, answer: of::<T>, status: 200, or_at_once: false }
}

/// A route that notes a command: the next cycle applies it.
pub fn noted(id: &'static str, summary: &'static str) -> Operation {
    Operation { status: 202, ..answers::<Noted>(id, summary) }
}

impl Operation {
    pub fn query<T: JsonSchema>(self) -> Operation {
        Operation { query: Some(flat::<T>), ..self }
    }

    pub fn body<T: JsonSchema>(self) -> Operation {
        Operation { body: Some(of::<T>), ..self }
    }

    pub fn or_at_once(self) -> Operation {
        Operation { or_at_once: true, ..self }
    }

    pub fn answered_by<T: JsonSchema>(self) -> Operation {
        Operation { answer: of::<T>, ..self }
    }
}
