//! Custom fields: their definitions, and the two forms in which a record shows its values.
//!
//! Titles come from the definitions, so that a renamed field reaches every record. This must not
//! know which record carries the values.

use std::{collections::BTreeMap, sync::Arc};

use ats_core::{
    Bundle, Document, Mapped, Related,
    model::{CustomFields, FieldOrigin, IntegrationField},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    listing::{Listing, One, Paging},
    wire::{self, lose, text},
};

pub(crate) const STREAM: &str = "custom_fields";

/// Definitions of custom fields, found by the type of object that carries them. Ashby API
/// reference, `customField.list`.
pub(crate) const LISTING: Listing = Listing {
    name: STREAM,
    endpoint: "customField.list",
    paging: Paging::Whole,
    one: One::InListing,
    body: || json!({ "includeArchived": true }),
    models: &[],
    uses: &[],
    group: object_type,
    map,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDefinition {
    title: Option<String>,
    object_type: Option<String>,
    is_archived: Option<bool>,
}

/// A value that a record carries. Ashby API reference, `customFields`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireValue {
    id: Option<String>,
    title: Option<String>,
    value_label: Option<Value>,
    value: Option<Value>,
}

/// What records need of a definition.
struct Definition {
    id: Arc<str>,
    title: Option<Arc<str>>,
    is_archived: bool,
}

/// What a record carries, ready to be shown.
struct Carried {
    embedded_title: Option<String>,
    value: Value,
}

fn object_type(document: &Document) -> Option<String> {
    text(wire::read_quietly::<WireDefinition>(document)?.object_type)
}

/// A definition is no record; reading it here only reports what is odd about it, once.
fn map(document: &Document, _: &dyn Related) -> Mapped {
    let mut mapped = Mapped::default();
    wire::read::<WireDefinition>(document, &mut mapped);
    mapped
}

/// The custom fields of a record: its values by title, and all fields that are defined for its
/// type of object, set or not. An archived field is shown only where it is set.
///
/// `path` is where `values` stand in `document`. A record that carries no value has no map; the
/// vendor sends an empty list then.
pub(crate) fn custom_fields(
    values: Option<Vec<Option<WireValue>>>,
    object_type: &'static str,
    document: &Document,
    path: &str,
    related: &dyn Related,
    mapped: &mut Mapped,
) -> (Option<CustomFields>, Vec<IntegrationField>) {
    let bundles = related.group(STREAM, object_type);
    let definitions = definitions(&bundles);
    let mut carried = carried(values.unwrap_or_default(), document, path, mapped);
    let mut by_title = CustomFields::new();
    let mut fields = Vec::with_capacity(definitions.len());
    for (index, definition) in definitions.iter().enumerate() {
        let value = match carried.remove(&*definition.id) {
            Some(Carried {
                embedded_title,
                value,
            }) => {
                let title = definition.title.as_deref().or(embedded_title.as_deref());
                let key = key(title, &definition.id, clashes(&definitions, index));
                by_title.insert(key, value.clone());
                value
            }
            // Nobody can set an archived field any more, so it is of no use where it is not set.
            None if definition.is_archived => continue,
            None => Value::Null,
        };
        fields.push(field(definition, value));
    }
    // What no definition describes is shown under the title that it brought along.
    for (
        id,
        Carried {
            embedded_title,
            value,
        },
    ) in carried
    {
        let taken = embedded_title
            .as_ref()
            .is_some_and(|title| by_title.contains_key(title));
        by_title.insert(key(embedded_title.as_deref(), &id, taken), value);
    }
    ((!by_title.is_empty()).then_some(by_title), fields)
}

/// The definitions by title, then by id. Equal titles stand side by side.
fn definitions(bundles: &[Arc<Bundle>]) -> Vec<&Definition> {
    let parsed = bundles
        .iter()
        .filter_map(|bundle| bundle.parsed(definition));
    let mut definitions: Vec<_> = parsed.collect();
    definitions.sort_unstable_by(|a, b| (&a.title, &a.id).cmp(&(&b.title, &b.id)));
    definitions
}

fn definition(bundle: &Bundle) -> Definition {
    let document = bundle.documents.first();
    let (title, is_archived) = document
        .and_then(wire::read_quietly::<WireDefinition>)
        .map_or((None, None), |wire| (wire.title, wire.is_archived));
    Definition {
        id: bundle.id.as_str().into(),
        title: text(title).map(Into::into),
        is_archived: is_archived.unwrap_or(false),
    }
}

fn clashes(definitions: &[&Definition], index: usize) -> bool {
    let title = |index: usize| definitions.get(index)?.title.as_deref();
    let own = title(index);
    own.is_some() && (own == title(index + 1) || index > 0 && own == title(index - 1))
}

/// The key of a value: the title alone if that is enough to tell it apart.
fn key(title: Option<&str>, id: &str, clashes: bool) -> String {
    match title {
        Some(title) if clashes => format!("{title} ({id})"),
        Some(title) => title.to_owned(),
        None => id.to_owned(),
    }
}

fn field(definition: &Definition, value: Value) -> IntegrationField {
    IntegrationField {
        id: definition.id.clone(),
        key: definition.id.clone(),
        origin: FieldOrigin::Custom,
        value,
        label: definition.title.clone(),
    }
}

fn carried(
    values: Vec<Option<WireValue>>,
    document: &Document,
    path: &str,
    mapped: &mut Mapped,
) -> BTreeMap<String, Carried> {
    let mut carried = BTreeMap::new();
    for (index, value) in values.into_iter().enumerate() {
        let Some(WireValue {
            id,
            title,
            value_label,
            value,
        }) = value
        else {
            continue;
        };
        let Some(id) = text(id) else {
            lose(
                document,
                &format!("{path}/{index}/id"),
                "the id of a custom field",
                mapped,
            );
            continue;
        };
        let label = value_label.filter(|label| {
            let usable = is_label(label);
            if !usable {
                let path = format!("{path}/{index}/valueLabel");
                lose(document, &path, "a text or a list of texts", mapped);
            }
            usable
        });
        let value = label.or(value).unwrap_or_default();
        carried.insert(
            id,
            Carried {
                embedded_title: text(title),
                value,
            },
        );
    }
    carried
}

fn is_label(label: &Value) -> bool {
    match label {
        Value::String(_) => true,
        Value::Array(labels) => labels.iter().all(Value::is_string),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use ats_core::{RawJson, Shelf};

    use super::*;

    fn shelf(definitions: &[(&str, &str, &str)]) -> Shelf {
        let mut shelf = Shelf::default();
        for (id, title, kind) in definitions {
            let row = json!({ "id": id, "title": title, "objectType": kind });
            let document = Document::new("customField.list", "/results/*", &row);
            let group = object_type(&document);
            shelf.put(
                STREAM,
                Arc::new(Bundle::new(*id, vec![document]).in_group(group)),
            );
        }
        shelf
    }

    fn show(values: Value, shelf: &Shelf) -> (Value, Vec<(String, Value)>, Vec<String>) {
        let document = Document::new("candidate.list", "/results/*", RawJson::from(&values));
        let mut mapped = Mapped::default();
        let values = serde_json::from_value(values).unwrap();
        let (by_title, fields) = custom_fields(
            values,
            "Candidate",
            &document,
            "/customFields",
            shelf,
            &mut mapped,
        );
        let fields = fields
            .into_iter()
            .map(|field| (field.id.to_string(), field.value))
            .collect();
        let losses = mapped.losses.into_iter().map(|loss| loss.path).collect();
        (json!(by_title), fields, losses)
    }

    #[test]
    fn equal_titles_of_one_type_are_told_apart_and_unknown_fields_keep_their_own() {
        let shelf = shelf(&[
            ("2", "Level", "Candidate"),
            ("1", "Level", "Candidate"),
            ("3", "Area", "Candidate"),
            ("4", "Area", "Job"),
        ]);
        let values = json!([
            { "id": "1", "title": "Old name", "value": "a", "valueLabel": "A" },
            { "id": "3", "title": "Area", "value": ["x"], "valueLabel": ["X"] },
            { "id": "9", "title": "Area", "value": { "currencyCode": "EUR" } },
            { "id": "8", "title": "Gone", "value": " kept " },
        ]);
        let (by_title, fields, losses) = show(values, &shelf);
        let expected = json!({
            "Level (1)": "A",
            "Area": ["X"],
            "Area (9)": { "currencyCode": "EUR" },
            "Gone": " kept ",
        });
        assert_eq!(by_title, expected);
        let field = |id: &str, value| (id.to_owned(), value);
        let expected = [
            field("3", json!(["X"])),
            field("1", json!("A")),
            field("2", Value::Null),
        ];
        assert_eq!(fields, expected);
        assert!(losses.is_empty(), "{losses:?}");
    }

    #[test]
    fn no_value_is_no_map_but_the_fields_are_named_all_the_same() {
        let shelf = shelf(&[("1", "Level", "Candidate")]);
        let (by_title, fields, _) = show(Value::Null, &shelf);
        assert_eq!((by_title, fields.len()), (Value::Null, 1));
        assert_eq!(show(json!([]), &shelf).0, Value::Null);
    }

    #[test]
    fn an_odd_entry_costs_only_itself() {
        let values = json!([
            null,
            { "title": "No id", "value": 1 },
            { "id": "1", "title": "Odd label", "value": 2, "valueLabel": { "a": 1 } },
        ]);
        let (by_title, _, losses) = show(values, &Shelf::default());
        assert_eq!(by_title, json!({ "Odd label": 2 }));
        assert_eq!(losses, ["/customFields/1/id", "/customFields/2/valueLabel"]);
    }
}
