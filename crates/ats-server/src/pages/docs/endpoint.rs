//! One endpoint of the document: what it takes, what it answers, and how it is tried.

use maud::{Markup, html};
use serde_json::Value;

use super::schema;
use crate::pages::layout::wide;

const METHODS: &[&str] = &["get", "post", "put", "patch", "delete"];

/// One endpoint.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) id: String,
    pub(super) tag: String,
    method: &'static str,
    path: String,
    operation: Value,
}

impl Endpoint {
    /// All of a document, in its order.
    pub(super) fn all(document: &Value) -> Vec<Self> {
        let paths = document["paths"].as_object().into_iter().flatten();
        let found = paths.flat_map(|(path, methods)| {
            METHODS.iter().filter_map(move |method| {
                let operation = methods.get(method)?;
                let id = operation["operationId"].as_str();
                let spelled = format!("{method}{}", path.replace(['/', '{', '}'], "_"));
                Some(Self {
                    id: id.map_or(spelled, str::to_owned),
                    tag: operation["tags"][0]
                        .as_str()
                        .unwrap_or("General")
                        .to_owned(),
                    method,
                    path: path.clone(),
                    operation: operation.clone(),
                })
            })
        });
        found.collect()
    }

    pub(super) fn summary_or_id(&self) -> &str {
        self.operation["summary"].as_str().unwrap_or(&self.id)
    }

    /// The method and the path.
    pub(super) fn call(&self) -> Markup {
        html! {
            span class=(format!("method {}", self.method)) { (self.method.to_uppercase()) } " "
            code { (self.path) }
        }
    }

    /// Everything that the document says about it.
    pub(super) fn shown(&self, document: &Value, base: &str) -> Markup {
        let operation = &self.operation;
        let parameters = operation["parameters"].as_array();
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        html! {
            h1 { (self.summary_or_id()) }
            p { (self.call()) }
            @for paragraph in paragraphs(&operation["description"]) { p { (schema::inline(paragraph)) } }
            @if let Some(parameters) = parameters.filter(|all| !all.is_empty()) {
                h2 { "Parameters" }
                (wide("Parameters", html! {
                    table {
                        thead { tr { th scope="col" { "Name" } th scope="col" { "Where" } th scope="col" { "Type" } th scope="col" { "Meaning" } } }
                        tbody { @for parameter in parameters { (row(schema::resolved(document, parameter), document)) } }
                    }
                }))
            }
            @if !body.is_null() {
                h2 { "Body" }
                div.sheet { (schema::tree(document, body, "required")) }
            }
            h2 { "Try it" }
            pre tabindex="0" aria-label="A call with curl" { code { (self.curl(document, base)) } }
            h2 { "Answers" }
            @for (status, answer) in answers(operation) {
                @let answer = schema::resolved(document, answer);
                section.sheet {
                    h3 { (status_name(status)) }
                    p.quiet { (schema::inline(answer["description"].as_str().unwrap_or_default())) }
                    @let shape = &answer["content"]["application/json"]["schema"];
                    @if status == "5XX" && *shape == operation["responses"]["4XX"]["content"]["application/json"]["schema"] {
                        p { "Its body is the same as above." }
                    } @else if !shape.is_null() { (schema::tree(document, shape, "always there")) }
                }
            }
        }
    }

    /// A call that can be pasted into a terminal.
    fn curl(&self, document: &Value, base: &str) -> String {
        let base = base.trim_end_matches('/');
        let mut lines = vec![format!("curl '{base}{}'", self.path)];
        if self.method != "get" {
            lines.push(format!("-X {}", self.method.to_uppercase()));
        }
        lines.push("-H 'Authorization: Bearer KEY'".to_owned());
        let parameters = self.operation["parameters"]
            .as_array()
            .into_iter()
            .flatten();
        let needs_integration = parameters
            .map(|parameter| schema::resolved(document, parameter))
            .any(|parameter| parameter["name"] == "X-Integration-Id");
        if needs_integration {
            lines.push("-H 'X-Integration-Id: TOOL:ID'".to_owned());
        }
        let body = &self.operation["requestBody"]["content"]["application/json"]["schema"];
        if !body.is_null() {
            let sample = schema::sample(document, body);
            let text = serde_json::to_string(&sample).unwrap_or_default();
            lines.push("-H 'Content-Type: application/json'".to_owned());
            lines.push(format!("-d '{}'", text.replace('\'', "'\\''")));
        }
        lines.join(" \\\n  ")
    }
}

fn row(parameter: &Value, document: &Value) -> Markup {
    let text = |name: &str| parameter[name].as_str().unwrap_or_default();
    html! {
        tr {
            th scope="row" {
                code { (text("name")) }
                @if parameter["required"] == true { " " span.tag { "required" } }
            }
            td { (text("in")) }
            td { (schema::kind(document, &parameter["schema"])) }
            td {
                (schema::inline(text("description")))
                @if let Some(default) = parameter["schema"].get("default").filter(|value| !value.is_null()) {
                    " " span.quiet { "Default: " code { (default) } }
                }
            }
        }
    }
}

/// The answers, what went well first.
fn answers(operation: &Value) -> Vec<(&String, &Value)> {
    let answers = operation["responses"].as_object().into_iter().flatten();
    let mut answers: Vec<_> = answers.collect();
    answers.sort_by_key(|(status, _)| status.as_str());
    answers
}

fn status_name(status: &str) -> String {
    match status {
        "200" => "200: it went well".to_owned(),
        "4XX" => "400 to 499: the call cannot be answered".to_owned(),
        "5XX" => "500 to 599: something failed here or at the vendor".to_owned(),
        status => status.to_owned(),
    }
}

fn paragraphs(text: &Value) -> impl Iterator<Item = &str> {
    let text = text.as_str().unwrap_or_default();
    text.split("\n\n").filter(|part| !part.trim().is_empty())
}
