//! The source of what is created: found by its title, since the vendor has no way to make one.

use ats_core::{Result, Warning};
use serde::Deserialize;
use serde_json::json;

use super::desk::Desk;
use crate::models::reference;

/// A source of the vendor.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    id: String,
    title: Option<String>,
    is_archived: Option<bool>,
    source_type: Option<SourceType>,
}

#[derive(Debug, Clone, Deserialize)]
struct SourceType {
    title: Option<String>,
}

/// What a name led to.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    /// The vendor's id of the source.
    pub(super) id: Option<String>,
    /// What a person should know.
    pub(super) warning: Option<Warning>,
}

/// Finds the source that the caller names, or the integration's default.
pub(super) async fn find(desk: &Desk<'_>, name: Option<&str>) -> Result<Found> {
    let name = name.map(str::trim).filter(|name| !name.is_empty());
    let default = desk.context.default_source.map(str::trim);
    let default = default.filter(|name| !name.is_empty());
    let Some(wanted) = name.or(default) else {
        return Ok(Found::default());
    };
    let body = json!({ "includeArchived": true });
    let sources: Vec<Source> = desk
        .all(reference::SOURCES.name, "source.list", body)
        .await?;
    Ok(choose(&sources, wanted, name.is_some()))
}

fn choose(sources: &[Source], wanted: &str, is_input: bool) -> Found {
    let same = |source: &&Source| {
        let title = source.title.as_deref().unwrap_or_default();
        title.trim().to_lowercase() == wanted.to_lowercase()
    };
    let (archived, mut open): (Vec<&Source>, Vec<&Source>) = sources
        .iter()
        .filter(same)
        .partition(|source| source.is_archived == Some(true));
    let is_inbound = |source: &Source| source.kind() == Some("Inbound");
    open.sort_by_key(|source| (!is_inbound(source), source.id.as_str()));
    let message = match (open.as_slice(), archived.is_empty()) {
        ([_], _) => None,
        ([], true) => Some(format!(
            "Ashby has no source `{wanted}`, so none was set; an administrator can add it in Ashby \
             under Admin, Candidate Sources"
        )),
        ([], false) => Some(format!(
            "the source `{wanted}` is archived in Ashby, so none was set; an administrator can \
             restore it under Admin, Candidate Sources"
        )),
        ([first, ..], _) => Some(format!(
            "Ashby has {} sources called `{wanted}`; the one of the type `{}` was set; rename or \
             archive the others under Admin, Candidate Sources, so that the name is clear",
            open.len(),
            first.kind().unwrap_or("unknown"),
        )),
    };
    let warning = message.map(|message| match is_input {
        true => Warning::about("source.name", message),
        false => Warning::new(format!("the integration's default source: {message}")),
    });
    Found {
        id: open.first().map(|source| source.id.clone()),
        warning,
    }
}

impl Source {
    fn kind(&self) -> Option<&str> {
        self.source_type.as_ref()?.title.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn choose(wanted: &str, is_input: bool) -> (Option<String>, Option<String>, String) {
        let source = |id: &str, title: &str, kind: &str, archived: bool| -> Value {
            json!({ "id": id, "title": title, "isArchived": archived, "sourceType": { "title": kind } })
        };
        let sources = json!([
            source("1", "Careers", "Inbound", false),
            source("2", "Twice", "Agencies", false),
            source("3", "Twice", "Inbound", false),
            source("4", "Old", "Inbound", true),
            source("5", "careers", "Inbound", true),
        ]);
        let sources: Vec<Source> = serde_json::from_value(sources).unwrap();
        let Found { id, warning } = super::choose(&sources, wanted, is_input);
        let input = warning.as_ref().and_then(|warning| warning.input.clone());
        let message = warning.map(|warning| warning.message).unwrap_or_default();
        (id, input, message)
    }

    #[test]
    fn a_source_is_found_by_its_title_whatever_its_case_and_archived_ones_do_not_count() {
        assert_eq!(
            choose("CAREERS", true),
            (Some("1".into()), None, String::new())
        );
    }

    #[test]
    fn what_is_not_clear_is_a_warning_that_says_what_to_do() {
        for (wanted, id, says) in [
            ("Twice", Some("3"), "rename or archive"),
            ("Old", None, "restore"),
            ("Nowhere", None, "can add it"),
        ] {
            let (found, input, message) = choose(wanted, true);
            assert_eq!(found.as_deref(), id, "{wanted}");
            assert_eq!(input.as_deref(), Some("source.name"));
            assert!(
                message.contains(says) && message.contains("Admin, Candidate Sources"),
                "{message}"
            );
        }
        let (_, input, message) = choose("Nowhere", false);
        assert_eq!(input, None);
        assert!(message.contains("default source"), "{message}");
    }
}
