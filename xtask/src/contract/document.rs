//! The vendor's OpenAPI document: where each endpoint's schemas stand, and validation by them.

use std::{cell::RefCell, collections::HashMap, fs, path::Path, rc::Rc};

use anyhow::{Context, Result, anyhow};
use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use super::{Side, Violation, leaves, traffic::Exchange, undeclared};

/// The name under which schemas refer to the document.
const URI: &str = "urn:vendor:openapi";

/// An OpenAPI 3.1 document.
#[derive(Debug)]
pub(super) struct Document {
    root: Value,
}

/// Validates exchanges; keeps each endpoint's schema once it is compiled.
pub(super) struct Checker<'a> {
    document: &'a Document,
    registry: Registry<'a>,
    compiled: RefCell<HashMap<String, Rc<Validator>>>,
}

impl Document {
    /// Reads the document from a YAML file.
    pub(super) fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the OpenAPI document {}", path.display()))?;
        Self::parse(&text)
    }

    /// Reads the document from YAML.
    pub(super) fn parse(text: &str) -> Result<Self> {
        // The limits guard against documents made to exhaust memory. This one is the developer's
        // own file, and a large one.
        // And YAML 1.2 knows two booleans; `n` is a name.
        let options = serde_saphyr::options! { budget: None, strict_booleans: true };
        let root: Value = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| anyhow!("the OpenAPI document is not valid YAML: {error}"))?;
        root.pointer("/paths")
            .context("the OpenAPI document has no `paths`")?;
        Ok(Self { root })
    }

    /// Prepares validation.
    pub(super) fn checker(&self) -> Result<Checker<'_>> {
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .add(URI, &self.root)
            .and_then(|builder| builder.prepare())
            .map_err(|error| anyhow!("the OpenAPI document cannot be indexed: {error}"))?;
        Ok(Checker {
            document: self,
            registry,
            compiled: RefCell::default(),
        })
    }

    /// The value at a JSON pointer.
    pub(super) fn at(&self, pointer: &str) -> Option<&Value> {
        self.root.pointer(pointer)
    }

    fn request_schema(&self, endpoint: &str) -> Option<String> {
        let pointer =
            format!("/paths/~1{endpoint}/post/requestBody/content/application~1json/schema");
        self.at(&pointer).map(|_| pointer)
    }

    /// The schema of an answer: one of the alternatives if the document tells success and error
    /// apart, so that a violation reads as "results are missing" and not as "fits none of two".
    fn response_schema(&self, endpoint: &str, status: u16, success: bool) -> Option<String> {
        let of_status = |status: &str| {
            let pointer = format!(
                "/paths/~1{endpoint}/post/responses/{status}/content/application~1json/schema"
            );
            self.at(&pointer).map(|_| pointer)
        };
        // The document describes errors beside the success of 200, whatever their status.
        let pointer = of_status(&status.to_string()).or_else(|| of_status("200"))?;
        let alternatives = self.at(&pointer)?.get("oneOf").and_then(Value::as_array);
        let of_this_sort = |schema: &Value| self.is_error(schema) != success;
        let mut fitting = alternatives.into_iter().flatten().enumerate();
        let chosen = fitting
            .find(|(_, schema)| of_this_sort(schema))
            .map(|(index, _)| index);
        Some(
            match (chosen, fitting.any(|(_, schema)| of_this_sort(schema))) {
                (Some(index), false) => format!("{pointer}/oneOf/{index}"),
                _ => pointer,
            },
        )
    }

    /// The titles of the alternatives are not reliable, but only errors have an `errorInfo`.
    fn is_error(&self, schema: &Value) -> bool {
        let mut all = Vec::new();
        undeclared::expand(self, schema, 0, &mut all);
        all.iter()
            .any(|schema| schema.pointer("/properties/errorInfo").is_some())
    }
}

impl Checker<'_> {
    /// What in the exchange does not follow the document.
    pub(super) fn check(&self, exchange: &Exchange) -> Result<Vec<Violation>> {
        let Exchange {
            endpoint,
            request,
            status,
            response,
        } = exchange;
        let mut violations = Vec::new();
        match self.document.request_schema(endpoint) {
            Some(schema) => {
                self.body(&schema, endpoint, Side::Request, request, &mut violations)?
            }
            None => violations.push(unknown(endpoint, Side::Request)),
        }
        let success = *status == 200 && response.get("success") != Some(&Value::Bool(false));
        match self.document.response_schema(endpoint, *status, success) {
            Some(schema) => {
                self.body(&schema, endpoint, Side::Response, response, &mut violations)?;
            }
            None => violations.push(unknown(endpoint, Side::Response)),
        }
        Ok(violations)
    }

    fn body(
        &self,
        schema: &str,
        endpoint: &str,
        side: Side,
        body: &Value,
        violations: &mut Vec<Violation>,
    ) -> Result<()> {
        let validator = self.validator(schema)?;
        let mut found = leaves::of(validator.iter_errors(body));
        found.extend(undeclared::in_body(self.document, schema, body));
        violations.extend(found.into_iter().map(|leaf| Violation {
            endpoint: endpoint.to_owned(),
            side,
            null: leaf.null,
            path: leaf.path,
            rule: leaf.rule,
            message: leaf.message,
        }));
        Ok(())
    }

    fn validator(&self, pointer: &str) -> Result<Rc<Validator>> {
        if let Some(validator) = self.compiled.borrow().get(pointer) {
            return Ok(validator.clone());
        }
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&self.registry)
            .should_validate_formats(true)
            .build(&json!({ "$ref": format!("{URI}#{pointer}") }))
            .map_err(|error| anyhow!("the schema at {pointer} cannot be used: {error}"))?;
        let validator = Rc::new(validator);
        self.compiled
            .borrow_mut()
            .insert(pointer.to_owned(), validator.clone());
        Ok(validator)
    }
}

fn unknown(endpoint: &str, side: Side) -> Violation {
    Violation {
        endpoint: endpoint.to_owned(),
        side,
        path: String::new(),
        rule: "unknown".to_owned(),
        null: false,
        message: "the document has no schema for this endpoint".to_owned(),
    }
}
