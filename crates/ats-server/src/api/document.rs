//! What handlers cannot say about themselves to the OpenAPI document.

use aide::{
    openapi::{
        MediaType, Parameter, ParameterData, ParameterSchemaOrContent, ReferenceOr, RequestBody,
        SchemaObject,
    },
    transform::TransformOperation,
};
use schemars::{Schema, json_schema};
use serde_json::Value;

/// The names in braces of a path.
pub(crate) fn placeholders(path: &str) -> Vec<&str> {
    let parts = path.split('/');
    parts
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .collect()
}

/// An id in the path.
pub(crate) fn path_parameter<'a>(
    mut operation: TransformOperation<'a>,
    name: &str,
) -> TransformOperation<'a> {
    let what = match name {
        "job_id" => "Our id of the job, or `remote:` and the vendor's.".to_owned(),
        _ => format!(
            "Our id of the {}.",
            name.trim_end_matches("_id").replace('_', " ")
        ),
    };
    let parameter = Parameter::Path {
        parameter_data: data(name, what, true),
        style: Default::default(),
    };
    let parameters = &mut operation.inner_mut().parameters;
    parameters.push(ReferenceOr::Item(parameter));
    operation
}

/// A parameter of the query.
pub(crate) fn query_parameter<'a>(
    mut operation: TransformOperation<'a>,
    name: &str,
    what: &str,
) -> TransformOperation<'a> {
    let parameter = Parameter::Query {
        parameter_data: data(name, what.to_owned(), false),
        allow_reserved: false,
        style: Default::default(),
        allow_empty_value: None,
    };
    let parameters = &mut operation.inner_mut().parameters;
    parameters.push(ReferenceOr::Item(parameter));
    operation
}

/// A header that may be sent.
pub(crate) fn header<'a>(
    mut operation: TransformOperation<'a>,
    name: &str,
    what: &str,
) -> TransformOperation<'a> {
    let parameter = Parameter::Header {
        parameter_data: data(name, what.to_owned(), false),
        style: Default::default(),
    };
    let parameters = &mut operation.inner_mut().parameters;
    parameters.push(ReferenceOr::Item(parameter));
    operation
}

fn data(name: &str, description: String, required: bool) -> ParameterData {
    ParameterData {
        name: name.to_owned(),
        description: Some(description),
        required,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(SchemaObject {
            json_schema: json_schema!({ "type": "string" }),
            external_docs: None,
            example: None,
        }),
        example: None,
        examples: Default::default(),
        explode: None,
        extensions: Default::default(),
    }
}

/// A JSON body of this schema.
pub(crate) fn body(
    mut operation: TransformOperation<'_>,
    schema: Schema,
) -> TransformOperation<'_> {
    let media = MediaType {
        schema: Some(SchemaObject {
            json_schema: schema,
            external_docs: None,
            example: None,
        }),
        ..MediaType::default()
    };
    operation.inner_mut().request_body = Some(ReferenceOr::Item(RequestBody {
        content: [("application/json".to_owned(), media)]
            .into_iter()
            .collect(),
        required: true,
        ..RequestBody::default()
    }));
    operation
}

/// Takes members out of the schema of an object.
pub(crate) fn without_members(schema: &mut Schema, names: &[&str]) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.retain(|name, _| !names.contains(&name.as_str()));
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| !name.as_str().is_some_and(|name| names.contains(&name)));
    }
    schema.remove("$schema");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_a_path_are_no_part_of_the_body() {
        assert_eq!(placeholders("/a/{b_id}/c"), ["b_id"]);
        let mut schema = ats_core::ActionKind::AddTagToCandidate.schema();
        without_members(&mut schema, &["candidate_id"]);
        let text = schema.to_value().to_string();
        assert!(!text.contains("candidate_id") && text.contains("tag"));
    }
}
