//! What a request body may hold, and how Ashby refuses what it may not. Knows no document.

use serde_json::{Map, Value};

use super::endpoints::{Endpoint, Work};
use super::envelope::Refusal;
pub(crate) use super::kind::Kind;
use crate::payload::Part;
use crate::simulator::Options;

/// The largest page, and the default.
pub(crate) const MAX_LIMIT: usize = 100;

/// How a listing is paged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paging {
    /// One answer, no paging parameters.
    Single,
    /// One answer that nevertheless says `moreDataAvailable: false`.
    SingleSaysMore,
    /// `cursor` and `limit`.
    Cursor,
    /// `cursor`, `limit` and `syncToken`.
    Token,
    /// `cursor`, `limit`, `syncToken` and `createdAfter`.
    TokenSince,
}

impl Paging {
    pub(crate) fn is_paged(self) -> bool {
        !matches!(self, Self::Single | Self::SingleSaysMore)
    }

    pub(crate) fn has_token(self) -> bool {
        matches!(self, Self::Token | Self::TokenSince)
    }

    fn params(self) -> &'static [Param] {
        match self {
            Self::Single | Self::SingleSaysMore => &[],
            Self::Cursor => &PAGING[..2],
            Self::Token => &PAGING[..3],
            Self::TokenSince => &PAGING,
        }
    }
}

const PAGING: [Param; 4] = [
    Param {
        name: "cursor",
        kind: Kind::Text,
        required: false,
    },
    Param {
        name: "limit",
        kind: Kind::Limit,
        required: false,
    },
    Param {
        name: "syncToken",
        kind: Kind::Text,
        required: false,
    },
    Param {
        name: "createdAfter",
        kind: Kind::Millis,
        required: false,
    },
];

/// One request property.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
}

/// A checked request body.
#[derive(Debug, Default)]
pub(crate) struct Ask {
    values: Map<String, Value>,
    files: Vec<Part>,
}

impl Ask {
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    pub(crate) fn array(&self, name: &str) -> &[Value] {
        let found = self.values.get(name).and_then(Value::as_array);
        found.map_or(&[], Vec::as_slice)
    }

    /// The file of a multipart request with this part name.
    pub(crate) fn file(&self, name: &str) -> Option<&Part> {
        self.files.iter().find(|part| part.name == name)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.values
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_str()
    }

    pub(crate) fn millis(&self, name: &str) -> Option<i64> {
        self.values.get(name)?.as_i64()
    }

    pub(crate) fn words(&self, name: &str) -> Option<Vec<&str>> {
        let words = self.values.get(name)?.as_array()?;
        Some(words.iter().filter_map(Value::as_str).collect())
    }

    pub(crate) fn expands(&self, what: &str) -> bool {
        self.words("expand")
            .is_some_and(|words| words.contains(&what))
    }

    pub(crate) fn limit(&self) -> usize {
        let limit = self.values.get("limit").and_then(Value::as_u64);
        limit
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(MAX_LIMIT)
    }

    /// Everything that decides which rows a walk has, as one text: a cursor and a token belong to
    /// it. A false flag says the same as a missing one.
    pub(crate) fn scope(&self) -> String {
        let mut parts: Vec<String> = self
            .values
            .iter()
            .filter(|(name, value)| {
                !matches!(name.as_str(), "cursor" | "limit" | "syncToken")
                    && **value != Value::Bool(false)
            })
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        parts.sort();
        parts.join("&")
    }
}

/// Checks a body against the endpoint's properties.
pub(crate) fn check(endpoint: &Endpoint, body: &Value, options: &Options) -> Result<Ask, Refusal> {
    let body = body
        .as_object()
        .ok_or_else(|| Refusal::invalid("The body must be an object"))?;
    let paging = endpoint.work.paging().params();
    let known = || endpoint.params.iter().chain(paging);
    let mut ask = Ask::default();
    for (name, value) in body {
        match known().find(|param| param.name == name) {
            Some(param) => {
                // A null cursor or token was made legal for this one endpoint.
                let optional_null =
                    endpoint.name == "user.list" && matches!(param.name, "cursor" | "syncToken");
                if optional_null && value.is_null() {
                    continue;
                }
                param.kind.check(param.name, value)?;
                ask.values.insert(name.clone(), value.clone());
            }
            None if endpoint.strict => {
                return Err(Refusal::invalid(format!("Unrecognized key: {name}")));
            }
            None => {}
        }
    }
    if let Some(missing) = known().find(|p| p.required && !ask.values.contains_key(p.name)) {
        return Err(Refusal::invalid(format!("{} is required", missing.name)));
    }
    check_options(endpoint, &ask, options)?;
    Ok(ask)
}

/// Checks a multipart body: a text part is the value of the property it is named for, a file part
/// is kept aside.
pub(crate) fn check_parts(
    endpoint: &Endpoint,
    parts: &[Part],
    options: &Options,
) -> Result<Ask, Refusal> {
    let mut body = Map::new();
    let mut files = Vec::new();
    for part in parts {
        let Some(text) = part.text() else {
            files.push(part.clone());
            continue;
        };
        let param = endpoint.params.iter().find(|p| p.name == part.name);
        let value = match param.map(|param| param.kind) {
            Some(kind) if !kind.is_text() => serde_json::from_str(text)
                .map_err(|_| Refusal::invalid(format!("{} must be JSON text", part.name)))?,
            _ => Value::from(text),
        };
        body.insert(part.name.clone(), value);
    }
    let ask = check(endpoint, &Value::Object(body), options)?;
    Ok(Ask { files, ..ask })
}

/// Refuses what the vendor's schema and its text disagree about, when the options say so.
fn check_options(endpoint: &Endpoint, ask: &Ask, options: &Options) -> Result<(), Refusal> {
    if options.refuse_compensation_expand && ask.expands("compensation") {
        return Err(Refusal::invalid(
            "expand: compensation is not one of location, openings",
        ));
    }
    let flag = "includeUnpublishedJobPostings";
    if options.refuse_unpublished_flag && ask.values.contains_key(flag) {
        return Err(Refusal::invalid(format!("Unrecognized key: {flag}")));
    }
    if let Work::Info { param, .. } = endpoint.work
        && ask.text(param).is_none()
    {
        return Err(Refusal::invalid(format!("{param} is required")));
    }
    Ok(())
}
