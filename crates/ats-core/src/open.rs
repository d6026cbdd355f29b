//! Enums that let unknown values through.
//!
//! A vendor adds a value whenever it likes. That must never cost a record, nor the value itself.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// A value of the unified API's list, or the vendor's own text where the list has no word for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Open<E> {
    /// A value of the list.
    Known(E),
    /// The vendor's text.
    Other(String),
}

impl<E> From<E> for Open<E> {
    fn from(value: E) -> Self {
        Self::Known(value)
    }
}

impl<E: Serialize> Serialize for Open<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Other(text) => serializer.serialize_str(text),
        }
    }
}

impl<E: JsonSchema> JsonSchema for Open<E> {
    fn schema_name() -> Cow<'static, str> {
        format!("Open{}", E::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [E::json_schema(generator), { "type": "string" }] })
    }

    fn inline_schema() -> bool {
        true
    }
}
