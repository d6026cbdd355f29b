//! Where a field comes from, in words.

use ats_core::Timestamp;
use ats_store::{Cause, ChangeKind, DeletionReason, PassKind};
use ats_sync::{Brought, DocumentName, Found, Looked, Origin, Place};
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::layout::moment;

/// So many places are shown at once; the others are behind a fold.
const PLACES: usize = 3;

/// Where a value comes from, or why there is none.
pub(super) fn origin(origin: &Origin) -> Markup {
    match origin {
        Origin::Vendor { places: all } => {
            let direct = all.first().is_some_and(|place| place.direct);
            places(all, if direct { "" } else { "decided by " })
        }
        Origin::Computed { documents } => {
            html! { "Made of several places, none of which decides alone: " (names(documents)) }
        }
        Origin::Documents { documents } => {
            html! { "The documents as they came: " (names(documents)) }
        }
        Origin::Derived { parts } => html! { "A hash of " (parts.join(", ")) },
        Origin::Changed { change, fields } => html! {
            @match change {
                Some(ChangeKind::Created) => "When it arrived",
                Some(ChangeKind::Deleted) => "When it was found gone",
                Some(ChangeKind::Restored) => "When it came back",
                Some(ChangeKind::Updated) | None => "When it last changed",
            }
            @if !fields.is_empty() { ": " (fields.join(", ")) }
        },
        Origin::Tombstone { reason: None, .. } => html! { "The record lives" },
        Origin::Tombstone {
            reason: Some(reason),
            merged_into,
        } => html! {
            (reason_word(*reason))
            @if let Some(id) = merged_into { " (" code { (id) } ")" }
        },
        Origin::Gap { reason, vendor, .. } => {
            html! { "Not filled by the connector: " (reason) @if let Some(vendor) = vendor { " " (link(vendor)) } }
        }
        Origin::AlwaysNull { reason, vendor } => {
            html! { "Always empty at this vendor: " (reason) " " (link(vendor)) }
        }
        Origin::SwitchedOff => {
            html! { "Switched off by the scope of the integration." }
        }
        Origin::Lost {
            endpoint,
            path,
            expected,
        } => {
            html! { "The vendor sent something else than " (expected) " at " code { (endpoint) ":" (path) } }
        }
        Origin::Absent {
            looked_at,
            decided_by,
        } => absent(looked_at, decided_by),
        Origin::PermissionMissing { stream, message } => {
            html! { code { (stream) } " could not be read: " (message) }
        }
        Origin::NotKept { usual } => {
            html! { "No raw document is kept. Usually from " (sources(usual)) }
        }
        Origin::Gone { usual } => {
            html! { "The last value: nothing gives the record any more. It came from " (sources(usual)) }
        }
        Origin::Anonymised => {
            html! { "Emptied: the record has been gone for long, and only ids are kept." }
        }
        Origin::Stale => {
            html! { "The stored documents do not give this record as they are mapped now; " code { "ats remap" } " brings it up to date." }
        }
    }
}

/// The pass that brought a value.
pub(super) fn brought(brought: &Brought, home: &str, now: Timestamp) -> Markup {
    let kind = match brought.kind {
        Some(PassKind::Full) => "a full sync",
        Some(PassKind::Delta) => "a delta sync",
        Some(PassKind::Named) => "a reading of single things",
        None => "a sync",
    };
    html! {
        a href=(format!("{home}/passes/{}", brought.pass_id)) { (kind) } ", " (moment(brought.at, now))
        @if brought.cause != Cause::Fetched { ", " (cause_word(&brought.cause)) }
    }
}

/// Why something was written.
pub(super) fn cause_word(cause: &Cause) -> String {
    match cause {
        Cause::Fetched => "the vendor sent it".to_owned(),
        Cause::Related(what) => format!("because {what} changed"),
        Cause::Swept => "a full sync did not bring it".to_owned(),
        Cause::Handover => "another document took over".to_owned(),
        Cause::Scope => "something was switched off or on".to_owned(),
        Cause::Anonymised => "emptied long after it was gone".to_owned(),
        Cause::Remap => "stored documents were mapped again".to_owned(),
        Cause::Action(name) => format!("after the action {name}"),
        Cause::Webhook(event) => format!("announced by the event {event}"),
    }
}

/// Why a record is gone.
pub(super) fn reason_word(reason: DeletionReason) -> &'static str {
    match reason {
        DeletionReason::Gone => "gone at the vendor",
        DeletionReason::Archived => "archived at the vendor",
        DeletionReason::Merged => "merged into another one",
        DeletionReason::AccessLost => "hidden from the new credentials",
    }
}

fn absent(looked_at: &[Looked], decided_by: &[Place]) -> Markup {
    // Places that hold something explain more than empty ones.
    let filled: Vec<Place> = decided_by
        .iter()
        .filter(|place| !place.value.is_null())
        .cloned()
        .collect();
    html! {
        @if !filled.is_empty() { (places(&filled, "empty because of ")) }
        @if looked_at.is_empty() && filled.is_empty() { "The vendor has nothing that it could come from" }
        @for looked in looked_at {
            div {
                @match looked.found {
                    Found::NoDocument => "no document for ",
                    Found::Missing => "nothing at ",
                    Found::Null => "empty at ",
                    Found::Value => "in spite of ",
                }
                code { (looked.source) }
                @if let Some(value) = &looked.value { " " (cut(value)) }
            }
        }
    }
}

fn places(all: &[Place], word: &str) -> Markup {
    let (first, rest) = all.split_at(all.len().min(PLACES));
    html! {
        @for (index, one) in first.iter().enumerate() { (place(one, if index == 0 { word } else { "and " })) }
        @if !rest.is_empty() {
            details {
                summary { "and " (rest.len()) " more" }
                @for one in rest { (place(one, "")) }
            }
        }
    }
}

fn place(place: &Place, word: &str) -> Markup {
    html! {
        div {
            (word) code { (place.endpoint) ":" (place.path) }
            @if let Some(variant) = &place.variant { " (" (variant) ")" }
            @if !place.direct { " " span.quiet { (cut(&place.value)) } }
            @if !place.own { " " span.quiet { "of " (place.stream) " " (place.bundle) } }
        }
    }
}

fn sources(usual: &[String]) -> Markup {
    html! { @for (index, source) in usual.iter().enumerate() { @if index > 0 { ", " } code { (source) } } }
}

fn names(documents: &[DocumentName]) -> Markup {
    html! { @for (index, one) in documents.iter().enumerate() {
        @if index > 0 { ", " }
        code { (one.path) }
        @if !one.bundle.is_empty() { " of " (one.stream) " " (one.bundle) }
    } }
}

fn link(vendor: &str) -> Markup {
    html! { @if vendor.starts_with("https://") { a href=(vendor) rel="noreferrer" { "the vendor's page" } } @else { (vendor) } }
}

fn cut(value: &Value) -> String {
    let text = value.to_string();
    match text.chars().count() > 60 {
        true => text.chars().take(57).chain("…".chars()).collect(),
        false => text,
    }
}
