//! Links to results. Ashby has no place of its own for them: they become custom fields where figures
//! are given and the key may make fields, and else a note.
//!
//! Custom fields are seen by the whole organisation, so each is made once: under a lock, and after a
//! look at those that there are.

use std::fmt::Write;

use ats_core::{
    ErrorKind, Outcome, Output, Result, Target, Warning,
    action::{AddResultLinkToApplication, AddResultLinkToCandidate, ResultDetails},
};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    desk::{APPLICATION, CANDIDATE, Desk, remote},
    note,
    step::{Settling, Step},
};
use crate::models::custom_fields;

const LIST: &str = "customField.list";

/// The stream that keeps them.
const FIELDS: &str = custom_fields::STREAM;

/// The step of the note; a journal that knows it has gone that way already.
const NOTE: &str = "note";

/// Whom the result is about.
struct Subject<'a> {
    /// The vendor's name of the kind of thing.
    object: &'static str,
    id: &'a str,
    stream: &'static str,
    candidate: String,
    /// What a note begins with, since it stands at the candidate.
    job: Option<String>,
}

/// The result.
struct Link<'a> {
    label: &'a str,
    url: &'a str,
    details: Option<&'a ResultDetails>,
}

/// An application, as far as a result needs it.
#[derive(Debug, Deserialize)]
struct WireApplication {
    candidate: Linked,
    job: Option<Titled>,
}

#[derive(Debug, Deserialize)]
struct Linked {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Titled {
    title: Option<String>,
}

/// A custom field. Ashby API reference, `customField.list`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    id: String,
    title: Option<String>,
    object_type: Option<String>,
    field_type: Option<String>,
    is_archived: Option<bool>,
}

/// Adds a result to an application.
pub(super) async fn on_application(
    desk: &Desk<'_>,
    input: &AddResultLinkToApplication,
) -> Result<Outcome> {
    let id = remote("application_id", &input.application_id)?;
    let application: WireApplication = desk.named(APPLICATION, "application_id", id).await?;
    let subject = Subject {
        object: "Application",
        id,
        stream: "applications",
        candidate: application.candidate.id,
        job: application.job.and_then(|job| job.title),
    };
    let link = Link {
        label: &input.label,
        url: &input.url,
        details: input.details.as_ref(),
    };
    add(desk, &subject, &link).await
}

/// Adds a result to a candidate.
pub(super) async fn on_candidate(
    desk: &Desk<'_>,
    input: &AddResultLinkToCandidate,
) -> Result<Outcome> {
    let id = remote("candidate_id", &input.candidate_id)?;
    let candidate: Linked = desk.named(CANDIDATE, "candidate_id", id).await?;
    let subject = Subject {
        object: "Candidate",
        id,
        stream: "candidates",
        candidate: candidate.id,
        job: None,
    };
    let link = Link {
        label: &input.label,
        url: &input.url,
        details: input.details.as_ref(),
    };
    add(desk, &subject, &link).await
}

async fn add(desk: &Desk<'_>, subject: &Subject<'_>, link: &Link<'_>) -> Result<Outcome> {
    let mut outcome = Outcome::from(Output::Done);
    let why_note = match link.details {
        None => "no `details` were given".to_owned(),
        Some(_) if was_noted(desk).await? => "an earlier attempt had begun with it".to_owned(),
        Some(details) => match write_fields(desk, subject, link, details).await? {
            Fields::Written(ids) => {
                for id in ids {
                    // A field that the mirror has need not be read again: its value stands elsewhere.
                    if desk.context.mirror.bundle(FIELDS, &id).await?.is_none() {
                        outcome.touched.push(Target::new(FIELDS, id));
                    }
                }
                outcome
                    .touched
                    .push(Target::new(subject.stream, subject.id));
                outcome.warnings.push(Warning::new(format!(
                    "Ashby has no result links: the link and the attributes were written into \
                     custom fields whose names begin with `{}`",
                    details.custom_field_name_prefix.trim()
                )));
                return Ok(outcome);
            }
            Fields::Impossible(why) => why,
        },
    };
    let html = html(subject, link);
    note::html(desk, NOTE, &subject.candidate, &html).await?;
    outcome.warnings.push(Warning::new(format!(
        "Ashby has no result links: the link was added as a note on the candidate, because {why_note}"
    )));
    Ok(outcome)
}

/// Whether an earlier attempt has sent the note, or was about to.
async fn was_noted(desk: &Desk<'_>) -> Result<bool> {
    if desk.is_dry() {
        return Ok(false);
    }
    Ok(desk.context.journal.recall(NOTE).await?.is_some())
}

/// What came of the attempt to use custom fields.
enum Fields {
    /// They were written; these are their ids.
    Written(Vec<String>),
    /// They cannot be used, and why.
    Impossible(String),
}

/// A value and the field that it goes into.
struct Entry {
    /// The step that makes the field.
    step: String,
    title: String,
    /// The type that a new field gets, and those that an old one may have.
    new: &'static str,
    usable: &'static [&'static str],
    value: String,
}

async fn write_fields(
    desk: &Desk<'_>,
    subject: &Subject<'_>,
    link: &Link<'_>,
    details: &ResultDetails,
) -> Result<Fields> {
    let entries = entries(link, details);
    let ids = {
        let _held = match desk.is_dry() {
            true => None,
            false => Some(desk.context.journal.hold("custom fields").await?),
        };
        match field_ids(desk, subject.object, &entries).await {
            Ok(Ok(ids)) => ids,
            Ok(Err(why)) => return Ok(Fields::Impossible(why)),
            Err(error) => match error.kind() {
                ErrorKind::PermissionMissing { permission } => {
                    let permission = permission
                        .as_deref()
                        .unwrap_or("hiringProcessMetadataWrite");
                    return Ok(Fields::Impossible(format!(
                        "the API key lacks the permission {permission}, which custom fields need"
                    )));
                }
                _ => return Err(error),
            },
        }
    };
    let pairs = ids.iter().zip(&entries);
    let values: Vec<Value> = pairs
        .map(|(id, entry)| json!({ "fieldId": id, "fieldValue": entry.value }))
        .collect();
    let body = json!({
        "objectId": subject.id, "objectType": subject.object, "values": values,
    });
    Step::new(
        desk,
        "set values",
        "customField.setValues",
        body,
        Settling::Harmless,
    )
    .run(desk)
    .await?;
    Ok(Fields::Written(ids))
}

/// The link and the attributes, each with its field. Of two attributes with one name the last one
/// counts.
fn entries(link: &Link<'_>, details: &ResultDetails) -> Vec<Entry> {
    let prefix = &details.custom_field_name_prefix;
    let mut entries = vec![Entry {
        step: "field of the link".to_owned(),
        title: title(prefix, link.label),
        new: "Url",
        usable: &["Url", "String", "LongText"],
        value: link.url.to_owned(),
    }];
    for (index, attribute) in details.attributes.iter().enumerate() {
        let title = title(prefix, &attribute.key);
        let mut others = entries.iter_mut().skip(1);
        if let Some(known) = others.find(|known| is_same(&known.title, &title)) {
            known.value.clone_from(&attribute.value);
            continue;
        }
        entries.push(Entry {
            step: format!("field of attribute {}", index + 1),
            title,
            new: "String",
            usable: &["String", "LongText"],
            value: attribute.value.clone(),
        });
    }
    entries
}

/// `Acme:` and `Score` give `Acme: Score`.
fn title(prefix: &str, name: &str) -> String {
    format!("{} {}", prefix.trim(), name.trim())
        .trim()
        .to_owned()
}

/// The ids of the fields, those that are missing newly made; or why the fields that there are cannot
/// be used. Nothing is made before all is known to be usable.
async fn field_ids(
    desk: &Desk<'_>,
    object: &'static str,
    entries: &[Entry],
) -> Result<Result<Vec<String>, String>> {
    let listed: Vec<Field> = desk
        .all(FIELDS, LIST, json!({ "includeArchived": true }))
        .await?;
    let mut known = Vec::with_capacity(entries.len());
    for entry in entries {
        match find(&listed, object, entry) {
            Ok(field) => known.push(field),
            Err(why) => return Ok(Err(why)),
        }
    }
    let mut ids = Vec::with_capacity(entries.len());
    for (entry, known) in entries.iter().zip(known) {
        match known {
            Some(field) => ids.push(field.id.clone()),
            None => ids.push(create(desk, object, entry).await?),
        }
    }
    Ok(Ok(ids))
}

/// The field of an entry, if there is one.
fn find<'f>(listed: &'f [Field], object: &str, entry: &Entry) -> Result<Option<&'f Field>, String> {
    let same = listed.iter().filter(|field| field.is(object, &entry.title));
    let usable = |field: &&Field| {
        let kind = field.field_type.as_deref().unwrap_or_default();
        field.is_archived != Some(true) && entry.usable.contains(&kind)
    };
    if let Some(field) = same.clone().find(usable) {
        return Ok(Some(field));
    }
    match same.min_by_key(|field| field.is_archived == Some(true)) {
        None => Ok(None),
        Some(field) if field.is_archived == Some(true) => {
            Err(format!("the custom field `{}` is archived", entry.title))
        }
        Some(field) => Err(format!(
            "the custom field `{}` is of the type {}, which takes no text",
            entry.title,
            field.field_type.as_deref().unwrap_or("unknown")
        )),
    }
}

impl Field {
    fn is(&self, object: &str, title: &str) -> bool {
        let own = self.title.as_deref().unwrap_or_default();
        self.object_type.as_deref() == Some(object) && is_same(own, title)
    }
}

/// Whether people would take two titles for one.
fn is_same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

async fn create(desk: &Desk<'_>, object: &'static str, entry: &Entry) -> Result<String> {
    let body = json!({ "title": entry.title, "objectType": object, "fieldType": entry.new });
    let look = Box::new(|| -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async {
            let listed: Vec<Field> = desk.listed(LIST, json!({})).await?;
            let same = listed.into_iter();
            let same = same.filter(|field| field.is(object, &entry.title));
            Ok(same.map(|field| field.id).collect())
        })
    });
    Step::new(
        desk,
        &*entry.step,
        "customField.create",
        body,
        Settling::New(look),
    )
    .assumed("<new custom field>")
    .run(desk)
    .await
}

/// The note: in tags that Ashby keeps, and nothing of the input can become one.
fn html(subject: &Subject<'_>, link: &Link<'_>) -> String {
    let escape = note::escape;
    let mut html = String::new();
    if let Some(job) = &subject.job {
        let _ = write!(html, "[{}] ", escape(job));
    }
    let (url, label) = (escape(link.url), escape(link.label));
    let _ = write!(html, "<a href=\"{url}\">{label}</a>");
    let attributes = link.details.into_iter().flat_map(|details| {
        let prefix = &details.custom_field_name_prefix;
        let pairs = details.attributes.iter();
        pairs.map(move |pair| (title(prefix, &pair.key), &pair.value))
    });
    let items: String = attributes
        .map(|(title, value)| format!("<li><b>{}</b>: {}</li>", escape(&title), escape(value)))
        .collect();
    if !items.is_empty() {
        let _ = write!(html, "<ul>{items}</ul>");
    }
    html
}

#[cfg(test)]
mod tests {
    use ats_core::action::AttributeInput;

    use super::*;

    fn details(prefix: &str, pairs: &[(&str, &str)]) -> ResultDetails {
        let attribute = |(key, value): &(&str, &str)| AttributeInput {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        };
        ResultDetails {
            custom_field_name_prefix: prefix.to_owned(),
            attributes: pairs.iter().map(attribute).collect(),
        }
    }

    fn field(id: &str, title: &str, kind: &str) -> Field {
        Field {
            id: id.to_owned(),
            title: Some(title.to_owned()),
            object_type: Some("Candidate".to_owned()),
            field_type: Some(kind.to_owned()),
            is_archived: Some(false),
        }
    }

    fn link<'a>(details: Option<&'a ResultDetails>) -> Link<'a> {
        Link {
            label: "Report <1>",
            url: "https://a.de/?x=1&y=\"2\"",
            details,
        }
    }

    #[test]
    fn each_attribute_has_a_field_that_the_prefix_begins() {
        let details = details("Acme: ", &[("Score", "1"), ("Level", "B"), ("Score", "2")]);
        let entries = entries(&link(Some(&details)), &details);
        let shown: Vec<_> = entries
            .iter()
            .map(|entry| (&*entry.title, &*entry.value, entry.new))
            .collect();
        assert_eq!(
            shown,
            [
                ("Acme: Report <1>", "https://a.de/?x=1&y=\"2\"", "Url"),
                ("Acme: Score", "2", "String"),
                ("Acme: Level", "B", "String"),
            ]
        );
        let steps: std::collections::HashSet<_> = entries.iter().map(|entry| &entry.step).collect();
        assert_eq!(steps.len(), 3);
        assert_eq!(title("", "Score"), "Score");
    }

    #[test]
    fn a_field_is_used_only_if_it_takes_the_value() {
        let details = details("Acme:", &[("Score", "1")]);
        let score = &entries(&link(Some(&details)), &details)[1];
        let find = |listed: &[Field]| {
            find(listed, "Candidate", score).map(|field| field.map(|field| field.id.clone()))
        };
        assert_eq!(
            find(&[field("1", "acme: score", "LongText")]),
            Ok(Some("1".into()))
        );
        assert_eq!(find(&[field("1", "Acme: Other", "String")]), Ok(None));
        let of_application = Field {
            object_type: Some("Application".to_owned()),
            ..field("1", "Acme: Score", "String")
        };
        assert_eq!(find(&[of_application]), Ok(None));
        let number = field("1", "Acme: Score", "Number");
        assert!(find(std::slice::from_ref(&number)).is_err_and(|why| why.contains("Number")));
        let second = field("2", "Acme: Score", "String");
        assert_eq!(find(&[number, second.clone()]), Ok(Some("2".into())));
        let archived = Field {
            is_archived: Some(true),
            ..second
        };
        assert!(find(&[archived]).is_err_and(|why| why.contains("archived")));
    }

    #[test]
    fn a_note_shows_the_input_as_text() {
        let details = details("Acme:", &[("<Score>", "1 & 2")]);
        let subject = Subject {
            object: "Application",
            id: "a",
            stream: "applications",
            candidate: "c".to_owned(),
            job: Some("R&D".to_owned()),
        };
        assert_eq!(
            html(&subject, &link(Some(&details))),
            "[R&amp;D] <a href=\"https://a.de/?x=1&amp;y=&quot;2&quot;\">Report &lt;1&gt;</a>\
             <ul><li><b>Acme: &lt;Score&gt;</b>: 1 &amp; 2</li></ul>"
        );
        assert!(!html(&subject, &link(None)).contains("<ul>"));
    }
}
