//! The table of endpoints: permission, parameters, strictness, and where the rows come from.
//!
//! One line of the API reference each, <https://developers.ashbyhq.com/reference>. Behaviour lives
//! in `request`, `keep`, `render`, `lookup` and `writes`; the table only names it.

mod jobs;
mod people;
mod reference;
mod writing;

use serde_json::Value;

use super::desk::Desk;
use super::envelope::Refusal;
use super::keep::Keep;
use super::render::Row;
use super::request::{Ask, Kind, Paging, Param};
use super::view::View;

/// One endpoint.
pub(crate) struct Endpoint {
    pub(crate) name: &'static str,
    pub(crate) permission: &'static str,
    pub(crate) params: &'static [Param],
    /// Whether an unknown request property is refused rather than ignored.
    pub(crate) strict: bool,
    /// Whether a form of parts is taken beside JSON.
    pub(crate) multipart: bool,
    pub(crate) work: Work,
}

/// Rows of a nested list, each with the revision of its last change.
pub(crate) type Rows = fn(&View<'_>, &Ask) -> Result<Vec<(u64, Value)>, Refusal>;

/// How an endpoint comes to its answer.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// The documents of a collection.
    List {
        collection: &'static str,
        paging: Paging,
        keep: Keep,
        row: Row,
    },
    /// Rows that have no collection of their own.
    Nested { paging: Paging, rows: Rows },
    /// One document by id.
    Info {
        collection: &'static str,
        param: &'static str,
        missing: &'static str,
        keep: Keep,
        row: Row,
    },
    /// Anything else; gives the `results`.
    Answer(fn(&View<'_>, &Ask) -> Result<Value, Refusal>),
    /// Changes the world; gives the `results`. A refusal leaves the world as it was.
    Write(fn(&mut Desk<'_>, &Ask) -> Result<Value, Refusal>),
}

impl Work {
    pub(crate) fn paging(&self) -> Paging {
        match self {
            Self::List { paging, .. } | Self::Nested { paging, .. } => *paging,
            Self::Info { .. } | Self::Answer(_) | Self::Write(_) => Paging::Single,
        }
    }
}

const fn optional(name: &'static str, kind: Kind) -> Param {
    Param {
        name,
        kind,
        required: false,
    }
}

const fn required(name: &'static str, kind: Kind) -> Param {
    Param {
        name,
        kind,
        required: true,
    }
}

const fn flag(name: &'static str) -> Param {
    optional(name, Kind::Bool)
}

const fn endpoint(
    name: &'static str,
    permission: &'static str,
    params: &'static [Param],
    work: Work,
) -> Endpoint {
    Endpoint {
        name,
        permission,
        params,
        strict: false,
        multipart: false,
        work,
    }
}

const fn strict(endpoint: Endpoint) -> Endpoint {
    Endpoint {
        strict: true,
        ..endpoint
    }
}

const fn list(collection: &'static str, paging: Paging, keep: Keep, row: Row) -> Work {
    Work::List {
        collection,
        paging,
        keep,
        row,
    }
}

/// An info endpoint; `keep` says what the key may see, with an empty request.
const fn info(
    collection: &'static str,
    param: &'static str,
    missing: &'static str,
    keep: Keep,
    row: Row,
) -> Work {
    Work::Info {
        collection,
        param,
        missing,
        keep,
        row,
    }
}

const JOBS: &str = "jobsRead";
const CANDIDATES: &str = "candidatesRead";
const INTERVIEWS: &str = "interviewsRead";
const METADATA: &str = "hiringProcessMetadataRead";
const ORGANIZATION: &str = "organizationRead";
const ARCHIVED: Param = flag("includeArchived");

/// Every endpoint.
pub(crate) fn all() -> impl Iterator<Item = &'static Endpoint> {
    [
        jobs::ENDPOINTS,
        people::ENDPOINTS,
        reference::ENDPOINTS,
        writing::ENDPOINTS,
    ]
    .into_iter()
    .flatten()
}
