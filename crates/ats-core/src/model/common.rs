//! What several models share: places, custom fields, raw data.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Document, RawJson};

/// Custom fields by title. Values are the vendor's; select values are their labels.
pub type CustomFields = Map<String, Value>;

/// A place. Every part may be missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Location {
    /// City or town.
    pub city: Option<String>,
    /// ISO 3166 alpha-2 code where it can be derived, otherwise the vendor's text.
    pub country: Option<String>,
    /// The place as the vendor writes it.
    pub raw: Option<String>,
    /// State, region or county.
    pub state: Option<String>,
    /// First line of the street address.
    pub street_1: Option<String>,
    /// Second line of the street address.
    pub street_2: Option<String>,
    /// Postal code.
    pub zip_code: Option<String>,
}

/// Whether something is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActivityStatus {
    /// In use.
    Active,
    /// No longer in use.
    Inactive,
}

/// A field of the vendor that has no place in the unified model.
///
/// Its texts are shared: every record of a model repeats the same definitions.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct IntegrationField {
    /// The vendor's id of the field.
    pub id: Arc<str>,
    /// The key under which the field is addressed; equal to the id where the vendor has none.
    pub key: Arc<str>,
    /// Whether the vendor or the customer defined it.
    #[serde(rename = "type")]
    pub origin: FieldOrigin,
    /// The value, as the vendor sends it (labels for select fields); `null` when unset.
    pub value: Value,
    /// The title that people see.
    pub label: Option<Arc<str>>,
}

/// Who defined a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FieldOrigin {
    /// The vendor.
    Default,
    /// The customer.
    Custom,
}

/// The raw documents that a record was mapped from, by endpoint path such as `/candidate.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct RemoteData(BTreeMap<Cow<'static, str>, RawJson>);

impl RemoteData {
    /// The documents given, each under its endpoint.
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        documents
            .into_iter()
            .fold(Self::default(), |data, document| {
                data.with(format!("/{}", document.endpoint), document.body.clone())
            })
    }

    /// Adds a document under an endpoint path.
    #[must_use]
    pub fn with(mut self, path: impl Into<Cow<'static, str>>, body: RawJson) -> Self {
        self.0.insert(path.into(), body);
        self
    }

    /// The documents, each with its endpoint path, in the order of the paths.
    pub fn documents(&self) -> impl Iterator<Item = (&str, &RawJson)> {
        self.0.iter().map(|(path, body)| (path.as_ref(), body))
    }
}

impl JsonSchema for RemoteData {
    fn schema_name() -> Cow<'static, str> {
        "RemoteData".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": true })
    }

    fn inline_schema() -> bool {
        true
    }
}
