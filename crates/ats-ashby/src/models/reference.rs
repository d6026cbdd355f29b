//! What other documents refer to by id: departments, locations, sources, custom fields, interview
//! templates, and the two reference lists that are models themselves, tags and rejection reasons.
//!
//! Archived ones are asked for everywhere, because old records still refer to them.

use ats_core::{
    Bundle, Document, Mapped, ModelKind, Related,
    model::{RejectionReason, RemoteData, Tag},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    listing::{Listing, One, Paging, no_group},
    models::office,
    wire::{self, text},
};

/// Departments. Ashby API reference, `department.list`.
pub(crate) const DEPARTMENTS: Listing = Listing {
    name: "departments",
    endpoint: "department.list",
    paging: Paging::Token,
    one: One::InListing,
    body: with_archived,
    models: &[],
    uses: &[],
    group: no_group,
    map: map_nothing,
};

/// Locations, regions included. Ashby API reference, `location.list`.
pub(crate) const LOCATIONS: Listing = Listing {
    name: "locations",
    endpoint: "location.list",
    body: || json!({ "includeArchived": true, "includeLocationHierarchy": true }),
    map: office::map,
    ..DEPARTMENTS
};

/// Sources of candidates. Ashby API reference, `source.list`.
pub(crate) const SOURCES: Listing = Listing {
    name: "sources",
    endpoint: "source.list",
    paging: Paging::Whole,
    ..DEPARTMENTS
};

/// Interview templates: what an interview is about, not when it is. Ashby API reference,
/// `interview.list`.
pub(crate) const INTERVIEW_TEMPLATES: Listing = Listing {
    name: "interview_templates",
    endpoint: "interview.list",
    body: || json!({ "includeArchived": true, "includeNonSharedInterviews": true }),
    ..DEPARTMENTS
};

/// Reasons to end an application. Ashby API reference, `archiveReason.list`.
pub(crate) const REJECTION_REASONS: Listing = Listing {
    name: "rejection_reasons",
    endpoint: "archiveReason.list",
    paging: Paging::Whole,
    models: &[ModelKind::RejectionReason],
    map: map_reason,
    ..DEPARTMENTS
};

/// Tags of candidates. Ashby API reference, `candidateTag.list`.
pub(crate) const TAGS: Listing = Listing {
    name: "tags",
    endpoint: "candidateTag.list",
    models: &[ModelKind::Tag],
    map: map_tag,
    ..DEPARTMENTS
};

/// What is only looked up by its name. Some of the vendor's things have a name, others a title.
#[derive(Deserialize)]
struct WireNamed {
    #[expect(dead_code, reason = "read to find out whether it can be")]
    name: Option<String>,
    #[expect(dead_code, reason = "read to find out whether it can be")]
    title: Option<String>,
}

/// No records come of it, but a name that cannot be read is reported here, once.
fn map_nothing(document: &Document, _: &dyn Related) -> Mapped {
    let mut mapped = Mapped::default();
    wire::read::<WireNamed>(document, &mut mapped);
    mapped
}

fn with_archived() -> Value {
    json!({ "includeArchived": true })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireReason {
    id: Option<String>,
    text: Option<String>,
    is_archived: Option<bool>,
}

fn map_reason(document: &Document, _: &dyn Related) -> Mapped {
    let mut mapped = Mapped::default();
    let Some(wire) = wire::read::<WireReason>(document, &mut mapped) else {
        return mapped;
    };
    let WireReason {
        id,
        text: name,
        is_archived,
    } = wire;
    let Some(remote_id) = text(id) else {
        return mapped;
    };
    let reason = RejectionReason {
        remote_id,
        name: text(name),
        remote_data: Some(RemoteData::of([document])),
        archived: is_archived.unwrap_or(false),
    };
    mapped.records.push(reason.into());
    mapped
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTag {
    id: Option<String>,
    title: Option<String>,
    is_archived: Option<bool>,
}

fn map_tag(document: &Document, _: &dyn Related) -> Mapped {
    let mut mapped = Mapped::default();
    let Some(wire) = wire::read::<WireTag>(document, &mut mapped) else {
        return mapped;
    };
    let WireTag {
        id,
        title,
        is_archived,
    } = wire;
    let Some(remote_id) = text(id) else {
        return mapped;
    };
    let tag = Tag {
        remote_id,
        name: text(title),
        remote_data: Some(RemoteData::of([document])),
        archived: is_archived.unwrap_or(false),
    };
    mapped.records.push(tag.into());
    mapped
}

/// The name that records show for the thing `id` of `stream`, whatever older copies of it say.
///
/// `key` is where the vendor keeps the name. `None` if the thing is not known, or has no name.
pub(crate) fn name_of(
    related: &dyn Related,
    stream: &'static str,
    id: &str,
    key: &'static str,
) -> Option<String> {
    let bundle = related.get(stream, id)?;
    bundle.parsed(|bundle| name_in(bundle, key))?.clone()
}

fn name_in(bundle: &Bundle, key: &str) -> Option<String> {
    let value = bundle.documents.first()?.body.to_value();
    text(value.get(key)?.as_str().map(str::to_owned))
}
