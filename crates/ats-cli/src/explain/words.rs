//! An explanation as people read it.

use ats_store::{Cause, ChangeKind, PassKind};
use ats_sync::{Brought, DocumentName, FieldExplanation, Found, Looked, Origin, Place};

use super::cut;
use crate::{
    log,
    output::{WIDTH, wrapped},
};

/// Where values begin.
const VALUES: usize = 28;

/// Where what is told about a field begins.
const INDENT: usize = 4;

/// So many places are shown of a field that is one of many.
const PLACES: usize = 3;

/// One field: its value, where it comes from, and the pass if it is not the `usual` one.
pub(super) fn lines(field: &FieldExplanation, usual: Option<&Brought>, all: bool) -> Vec<String> {
    let value = cut(&field.value, WIDTH - VALUES);
    let name = console::style(format!("{:<width$}", field.field, width = VALUES - 1)).bold();
    let mut lines = vec![format!("{name} {value}")];
    lines.extend(origin(&field.origin, all));
    if let Some(brought) = &field.brought
        && usual != Some(brought)
    {
        lines.extend(wrapped(&format!("brought by {}", pass(brought)), INDENT));
    }
    lines
}

/// A pass in words.
pub(super) fn pass(brought: &Brought) -> String {
    let kind = match brought.kind {
        Some(PassKind::Full) => "the full pass",
        Some(PassKind::Delta) => "the delta pass",
        Some(PassKind::Named) => "a reading of single things",
        None => "the pass",
    };
    let cause = match &brought.cause {
        Cause::Fetched => String::new(),
        Cause::Related(what) => format!(", because {what} changed"),
        Cause::Swept => ", whose full walk did not bring it".to_owned(),
        Cause::Handover => ", when another document took over".to_owned(),
        Cause::Scope => ", after something was switched off or on".to_owned(),
        Cause::Anonymised => ", long after it was gone".to_owned(),
        Cause::Remap => ", which mapped stored documents again".to_owned(),
        Cause::Action(name) => format!(", after the action {name}"),
        Cause::Webhook(event) => format!(", which the event {event} announced"),
    };
    format!("{kind} {} at {}{cause}", brought.pass_id, brought.at)
}

fn origin(origin: &Origin, all: bool) -> Vec<String> {
    let told = |text: String| wrapped(&text, INDENT);
    match origin {
        Origin::Vendor { places } => {
            let direct = places.first().is_some_and(|place| place.direct);
            places_of(places, if direct { "from" } else { "decided by" }, all)
        }
        Origin::Computed { documents } => told(format!(
            "made of several places, none of which decides alone: {}",
            documents_in_words(documents)
        )),
        Origin::Documents { documents } => told(format!(
            "the documents as they came: {}",
            documents_in_words(documents)
        )),
        Origin::Derived { parts } => told(format!("a hash of {}", parts.join(", "))),
        Origin::Changed { change, fields } => {
            let what = match change {
                Some(ChangeKind::Created) => "when it arrived".to_owned(),
                Some(ChangeKind::Deleted) => "when it was found gone".to_owned(),
                Some(ChangeKind::Restored) => "when it came back".to_owned(),
                Some(ChangeKind::Updated) | None => "when it last changed".to_owned(),
            };
            let of = match fields.is_empty() {
                true => String::new(),
                false => format!(": {}", fields.join(", ")),
            };
            told(format!("{what}{of}"))
        }
        Origin::Tombstone { reason: None, .. } => told("the record lives".to_owned()),
        Origin::Tombstone {
            reason: Some(reason),
            merged_into,
        } => {
            let into = merged_into.map_or_else(String::new, |id| format!(" ({id})"));
            told(format!("{}{into}", log::reason_word(*reason)))
        }
        Origin::Gap { reason, vendor, .. } => {
            let vendor = vendor.map_or_else(String::new, |vendor| format!(" ({vendor})"));
            told(format!("not filled by the connector: {reason}{vendor}"))
        }
        Origin::AlwaysNull { reason, vendor } => {
            told(format!("always empty at this vendor: {reason} ({vendor})"))
        }
        Origin::SwitchedOff => {
            told("switched off by the scope of the integration; `ats scopes` changes it".to_owned())
        }
        Origin::Lost {
            endpoint,
            path,
            expected,
        } => told(format!(
            "the vendor sent something else than {expected} at {endpoint}:{path}"
        )),
        Origin::Absent {
            looked_at,
            decided_by,
        } => absent(looked_at, decided_by, all),
        Origin::PermissionMissing { stream, message } => {
            told(format!("`{stream}` could not be read: {message}"))
        }
        Origin::NotKept { usual } => {
            let mut lines = told("no raw document is kept to explain it from".to_owned());
            lines.extend(usually("usually from", usual, all));
            lines
        }
        Origin::Gone { usual } => {
            let mut lines = told("the last value: nothing gives the record any more".to_owned());
            lines.extend(usually("it came from", usual, all));
            lines
        }
        Origin::Anonymised => {
            told("emptied: the record has been gone for long, and only ids are kept".to_owned())
        }
        Origin::Stale => told(
            "the stored documents do not give this record as they are mapped now; `ats remap` \
             brings it up to date"
                .to_owned(),
        ),
    }
}

fn absent(looked_at: &[Looked], decided_by: &[Place], all: bool) -> Vec<String> {
    let mut lines = Vec::new();
    // Places that hold something explain more than empty ones.
    let filled: Vec<Place> = decided_by
        .iter()
        .filter(|place| !place.value.is_null())
        .cloned()
        .collect();
    if !filled.is_empty() {
        lines.extend(places_of(&filled, "empty because of", all));
    }
    if looked_at.is_empty() && filled.is_empty() {
        let empty: Vec<String> = decided_by.iter().map(name).collect();
        lines.extend(match empty.is_empty() {
            true => wrapped("the vendor has nothing that it could come from", INDENT),
            false => usually("nothing at", &empty, all),
        });
    }
    let shown = shown(looked_at.len(), all);
    for looked in &looked_at[..shown] {
        let (word, what) = match looked.found {
            Found::NoDocument => ("no document for", None),
            Found::Missing => ("nothing at", None),
            Found::Null => ("empty at", None),
            Found::Value => ("in spite of", looked.value.as_ref()),
        };
        let what = what.map_or_else(String::new, |value| cut(value, WIDTH / 3));
        lines.extend(columns(&format!("{word} {}", looked.source), &what));
    }
    lines.extend(more(looked_at.len() - shown));
    lines
}

fn places_of(places: &[Place], word: &str, all: bool) -> Vec<String> {
    let shown = shown(places.len(), all);
    let mut lines = Vec::new();
    for (index, place) in places[..shown].iter().enumerate() {
        let word = match index {
            0 => word,
            _ if place.direct => "and",
            _ => "with",
        };
        let name = format!("{word} {}", name(place));
        lines.extend(columns(&name, &cut(&place.value, WIDTH / 3)));
        if !place.own && all {
            let text = format!("of {} {}", place.stream, place.bundle);
            lines.extend(wrapped(&text, INDENT + word.len() + 1));
        }
    }
    lines.extend(more(places.len() - shown));
    lines
}

fn name(place: &Place) -> String {
    let variant = place.variant.as_deref();
    let variant = variant.map_or_else(String::new, |variant| format!(" ({variant})"));
    format!("{}:{}{variant}", place.endpoint, place.path)
}

/// A place and what is there: on one line if they fit, else on two.
fn columns(place: &str, what: &str) -> Vec<String> {
    let line = format!("{:INDENT$}{place}  {what}", "");
    let line = line.trim_end().to_owned();
    if console::measure_text_width(&line) <= WIDTH {
        return vec![line];
    }
    let mut lines = wrapped(place, INDENT);
    lines.extend(wrapped(what, INDENT * 2));
    lines
}

fn usually(word: &str, sources: &[String], all: bool) -> Vec<String> {
    let shown = shown(sources.len(), all);
    let lines = sources[..shown].iter();
    let mut lines: Vec<String> = lines
        .flat_map(|source| wrapped(&format!("{word} {source}"), INDENT))
        .collect();
    lines.extend(more(sources.len() - shown));
    lines
}

fn shown(count: usize, all: bool) -> usize {
    // One more line says no less than "and 1 more".
    match all || count <= PLACES + 1 {
        true => count,
        false => PLACES,
    }
}

fn more(count: usize) -> Option<String> {
    (count > 0).then(|| format!("{:INDENT$}and {count} more; name the field to see them", ""))
}

fn documents_in_words(documents: &[DocumentName]) -> String {
    let names = documents
        .iter()
        .map(|document| match document.bundle.is_empty() {
            true => format!("{} (made up of parts)", document.path),
            false => format!(
                "{} of {} {}",
                document.path, document.stream, document.bundle
            ),
        });
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use ats_core::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    fn place(path: &str, value: Value, direct: bool) -> Place {
        Place {
            endpoint: "job.list",
            variant: None,
            path: path.to_owned(),
            value,
            stream: "jobs",
            bundle: "0b000003-0000-4000-8000-000000000000".to_owned(),
            own: true,
            direct,
        }
    }

    fn field(value: Value, origin: Origin) -> FieldExplanation {
        FieldExplanation {
            field: "name".to_owned(),
            value,
            origin,
            brought: None,
        }
    }

    fn plain(field: &FieldExplanation, all: bool) -> Vec<String> {
        let lines = lines(field, None, all).into_iter();
        lines
            .map(|line| console::strip_ansi_codes(&line).into_owned())
            .collect()
    }

    #[test]
    fn a_field_is_its_value_and_the_place_that_it_shows() {
        let places = vec![place("/results/*/title", json!("Cook"), true)];
        let lines = plain(&field(json!("Cook"), Origin::Vendor { places }), false);
        assert_eq!(
            lines,
            [
                "name                        \"Cook\"",
                "    from job.list:/results/*/title  \"Cook\"",
            ]
        );
    }

    #[test]
    fn of_many_places_the_first_are_shown_unless_the_field_is_asked_for() {
        let places: Vec<_> = (0..9)
            .map(|index| place(&format!("/results/*/{index}"), json!(index), false))
            .collect();
        let field = field(json!([1]), Origin::Vendor { places });
        let few = plain(&field, false);
        assert_eq!(few.len(), 1 + PLACES + 1);
        assert!(few[1].contains("decided by") && few[2].contains("with "));
        assert_eq!(few[4], "    and 6 more; name the field to see them");
        assert_eq!(plain(&field, true).len(), 10);
    }

    #[test]
    fn an_empty_field_says_what_is_where_it_usually_comes_from() {
        let looked = |path: &str, found, value| Looked {
            source: format!("job.list:/results/*/{path}"),
            found,
            value,
        };
        let looked_at = vec![
            looked("closedAt", Found::Null, None),
            looked("status", Found::Value, Some(json!("Open"))),
        ];
        let decided_by = vec![place("/results/*/closedAt", Value::Null, true)];
        let lines = plain(
            &field(
                Value::Null,
                Origin::Absent {
                    looked_at,
                    decided_by,
                },
            ),
            false,
        );
        assert_eq!(
            lines[1..],
            [
                "    empty at job.list:/results/*/closedAt",
                "    in spite of job.list:/results/*/status  \"Open\"",
            ]
        );
    }

    #[test]
    fn no_line_is_too_wide_whatever_the_vendor_sends() {
        let long = json!("word ".repeat(100));
        let deep = "/results/*".to_owned() + &"/compensationTiers/0".repeat(5);
        let mut field = field(
            long.clone(),
            Origin::Vendor {
                places: vec![place(&deep, long, true)],
            },
        );
        field.brought = Some(Brought {
            pass_id: "Rje3i1DLZHKcDxdJqMx1SrP6".to_owned(),
            kind: Some(PassKind::Delta),
            at: Timestamp::parse("2026-01-02").unwrap(),
            cause: Cause::Related("sources 1a000003-0000-4000-8000-000000000002".to_owned()),
        });
        for line in plain(&field, true) {
            assert!(console::measure_text_width(&line) <= WIDTH, "{line}");
        }
    }
}
