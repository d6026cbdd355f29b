//! The mapping of one application, from its row and its details.
//!
//! It owns what becomes of both documents. When the details are fetched, and what answers look
//! like, belongs elsewhere.

use ats_core::{
    Document, Mapped, Open, RawJson, Reference, Related, Timestamp,
    model::{Answer, Application, ApplicationStage, Outcome, RemoteData},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    models::{
        answers::{Answers, Place, WireForm, WireSubmission},
        custom_fields::{WireValue, custom_fields},
        form, reference, stages, surveys,
    },
    wire::{self, instant, lose, open, text},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireApplication {
    id: Option<String>,
    status: Option<String>,
    archive_reason: Option<WireReason>,
    archived_at: Option<String>,
    current_interview_stage: Option<WireStage>,
    job: Option<WireLink>,
    candidate: Option<WireLink>,
    custom_fields: Option<Vec<Option<WireValue>>>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct WireReason {
    id: Option<String>,
    text: Option<String>,
}

#[derive(Deserialize)]
struct WireStage {
    id: Option<String>,
    title: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct WireLink {
    id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireInfo {
    application_history: Option<Vec<Option<WireEvent>>>,
    application_form_submissions: Option<Vec<Option<WireSubmission>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEvent {
    stage_id: Option<String>,
    entered_stage_at: Option<String>,
    stage_number: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSurvey {
    survey_form_definition_id: Option<String>,
    submitted_at: Option<String>,
    form_definition: Option<WireForm>,
    submitted_values: Option<Map<String, Value>>,
}

/// What an application is mapped from.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    /// Its row of `application.list`.
    pub(crate) row: &'a Document,
    /// Its `application.info`, where that was read.
    pub(crate) info: Option<&'a Document>,
    /// What both refer to.
    pub(crate) related: &'a dyn Related,
}

/// Maps an application, and the stage that it stands in if no plan has it.
pub(crate) fn map(sources: Sources<'_>, read_answers: bool) -> Mapped {
    let mut mapped = Mapped::default();
    if let Some(wire) = wire::read(sources.row, &mut mapped) {
        map_wire(wire, &sources, read_answers, &mut mapped);
    }
    mapped
}

fn map_wire(wire: WireApplication, sources: &Sources<'_>, read_answers: bool, mapped: &mut Mapped) {
    let WireApplication {
        id,
        status,
        archive_reason,
        archived_at,
        current_interview_stage: stage,
        job,
        candidate,
        custom_fields: values,
        created_at,
        updated_at,
    } = wire;
    let Sources { row, info, related } = *sources;
    let Some(remote_id) = text(id) else { return };
    let WireInfo {
        application_history,
        application_form_submissions,
    } = info
        .and_then(|info| wire::read(info, mapped))
        .unwrap_or_default();
    let status = text(status);
    let is_archived = status.as_deref() == Some("Archived");
    let archived_at = instant(archived_at, row, "/archivedAt", mapped);
    let rejected_at = archived_at.or_else(|| {
        let history = application_history.filter(|_| is_archived)?;
        entered_archive(history, stage.as_ref(), sources, mapped)
    });
    let surveys = if read_answers {
        surveys(&remote_id, related, mapped)
    } else {
        Vec::new()
    };
    let remote_data = remote_data(row, info, &surveys);
    let forms = application_form_submissions.filter(|_| read_answers);
    let answers = answers(forms, surveys, info, mapped);
    let (custom_fields, integration_fields) =
        custom_fields(values, "Application", row, "/customFields", related, mapped);
    let stage_id = stage.as_ref().map(|stage| stage.id.clone());
    let application = Application {
        remote_id,
        outcome: open(status, outcome, row, "/status", mapped),
        rejection_reason_name: archive_reason
            .filter(|_| is_archived)
            .and_then(|reason| reason_name(reason, related)),
        rejected_at: rejected_at.filter(|_| is_archived),
        current_stage_id: link(stage_id, row, "/currentInterviewStage/id", mapped),
        job_id: link(job.map(|job| job.id), row, "/job/id", mapped),
        candidate_id: link(candidate.map(|of| of.id), row, "/candidate/id", mapped),
        screening_question_answers: answers,
        custom_fields,
        integration_fields,
        // The vendor links to candidates only.
        remote_url: None,
        remote_created_at: instant(created_at, row, "/createdAt", mapped),
        remote_updated_at: instant(updated_at, row, "/updatedAt", mapped),
        remote_data: Some(remote_data),
    };
    mapped.records.push(application.into());
    if let Some(stage) = stage.and_then(|stage| unlisted_stage(stage, sources)) {
        mapped.records.push(stage.into());
    }
}

/// A link to the thing with this id. Where there is a thing, an id is due.
fn link(
    id: Option<Option<String>>,
    document: &Document,
    path: &str,
    mapped: &mut Mapped,
) -> Option<Reference> {
    let link = text(id?).map(Reference::remote);
    if link.is_none() {
        lose(document, path, "an id", mapped);
    }
    link
}

fn outcome(status: &str) -> Option<Open<Outcome>> {
    let outcome = match status {
        "Hired" => Outcome::Hired,
        "Archived" => Outcome::Declined,
        "Active" | "Lead" => Outcome::Pending,
        _ => return None,
    };
    Some(outcome.into())
}

fn reason_name(reason: WireReason, related: &dyn Related) -> Option<String> {
    let WireReason { id, text: embedded } = reason;
    let shared =
        text(id).and_then(|id| reference::name_of(related, "rejection_reasons", &id, "text"));
    shared.or_else(|| text(embedded))
}

/// When the application came to a stage for ended ones, for the last time.
///
/// The history names stages without saying what they are for, so each is looked up.
fn entered_archive(
    history: Vec<Option<WireEvent>>,
    current: Option<&WireStage>,
    sources: &Sources<'_>,
    mapped: &mut Mapped,
) -> Option<Timestamp> {
    let numbered = history
        .into_iter()
        .enumerate()
        .filter_map(|(index, event)| {
            let event = event?;
            let stage_id = text(event.stage_id)?;
            is_archive(&stage_id, current, sources.related).then_some((
                event.stage_number,
                index,
                event.entered_stage_at,
            ))
        });
    let (_, index, entered_at) = numbered.max_by_key(|(number, index, _)| (*number, *index))?;
    let path = format!("/applicationHistory/{index}/enteredStageAt");
    instant(entered_at, sources.info?, &path, mapped)
}

fn is_archive(stage_id: &str, current: Option<&WireStage>, related: &dyn Related) -> bool {
    let shared = related.get(stages::STREAM, stage_id).and_then(|bundle| {
        let stage = wire::read_quietly::<WireStage>(bundle.documents.first()?)?;
        text(stage.kind)
    });
    let embedded = || {
        let current = current.filter(|current| current.id.as_deref() == Some(stage_id))?;
        text(current.kind.clone())
    };
    shared.or_else(embedded).as_deref() == Some("Archived")
}

/// The stage that the application stands in, if no plan that can be read has it: a plan may be
/// private to a job or gone, but the application must not point to nothing.
fn unlisted_stage(stage: WireStage, sources: &Sources<'_>) -> Option<ApplicationStage> {
    let WireStage { id, title, kind: _ } = stage;
    let remote_id = text(id)?;
    if sources.related.get(stages::STREAM, &remote_id).is_some() {
        return None;
    }
    Some(ApplicationStage {
        remote_id,
        name: text(title),
        status: None,
        custom_fields: None,
        remote_data: Some(RemoteData::of([sources.row])),
    })
}

/// A questionnaire that the applicant filled in.
struct Survey {
    submitted_at: Option<Timestamp>,
    form_id: Option<String>,
    submission: WireSubmission,
    document: Document,
}

/// The questionnaires of an application, oldest first.
fn surveys(application_id: &str, related: &dyn Related, mapped: &mut Mapped) -> Vec<Survey> {
    let bundles = related.group(surveys::STREAM, application_id);
    let documents = bundles.iter().filter_map(|bundle| bundle.documents.first());
    let mut surveys: Vec<_> = documents
        .filter_map(|document| survey(document, mapped))
        .collect();
    // They come in the order of their ids, which says nothing about time.
    surveys.sort_by_key(|survey| survey.submitted_at);
    surveys
}

fn survey(document: &Document, mapped: &mut Mapped) -> Option<Survey> {
    let WireSurvey {
        survey_form_definition_id,
        submitted_at,
        form_definition,
        submitted_values,
    } = wire::read(document, mapped)?;
    Some(Survey {
        submitted_at: instant(submitted_at, document, "/submittedAt", mapped),
        form_id: text(survey_form_definition_id),
        submission: WireSubmission {
            form_definition,
            submitted_values,
        },
        document: document.clone(),
    })
}

/// The row, the details, and all questionnaires as one list.
fn remote_data(row: &Document, info: Option<&Document>, surveys: &[Survey]) -> RemoteData {
    let data = RemoteData::of(std::iter::once(row).chain(info));
    let Some(first) = surveys.first() else {
        return data;
    };
    let texts: Vec<_> = surveys
        .iter()
        .map(|survey| survey.document.body.get())
        .collect();
    match RawJson::parse(format!("[{}]", texts.join(","))) {
        Ok(list) => data.with(format!("/{}", first.document.endpoint), list),
        // Values between commas and brackets are always a list.
        Err(_) => data,
    }
}

/// The answers of the application's forms, then those of questionnaires; `None` if nothing was
/// ever submitted.
fn answers(
    forms: Option<Vec<Option<WireSubmission>>>,
    surveys: Vec<Survey>,
    info: Option<&Document>,
    mapped: &mut Mapped,
) -> Option<Vec<Answer>> {
    let mut answers = Answers::default();
    let mut submitted = false;
    let forms = forms.into_iter().flatten().enumerate();
    for (index, form) in forms.filter_map(|(index, form)| Some((index, form?))) {
        let path = format!("/applicationFormSubmissions/{index}");
        let place = Place {
            document: info?,
            path: &path,
        };
        submitted = true;
        answers.add(form, &|path| Some(path.to_owned()), place, mapped);
    }
    for survey in surveys {
        let form_id = survey.form_id.as_deref();
        let id = |path: &str| Some(form::survey_question_id(form_id?, path));
        let place = Place {
            document: &survey.document,
            path: "",
        };
        submitted = true;
        answers.add(survey.submission, &id, place, mapped);
    }
    submitted.then(|| answers.into_vec())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ats_core::{Bundle, Record, Shelf};
    use serde_json::json;

    use super::*;

    fn map_with(row: &Value, info: Option<Value>, related: &Shelf) -> (Application, Vec<Record>) {
        let row_document = Document::new("application.list", "/results/*", row);
        let info = info.map(|info| Document::new("application.info", "/results", &info));
        let sources = Sources {
            row: &row_document,
            info: info.as_ref(),
            related,
        };
        let mapped = map(sources, true);
        assert!(mapped.losses.is_empty(), "{:?}", mapped.losses);
        let mut records = mapped.records.into_iter();
        let Some(Record::Application(application)) = records.next() else {
            panic!("no application comes first")
        };
        (*application, records.collect())
    }

    fn put(shelf: &mut Shelf, stream: &'static str, id: &str, group: Option<&str>, row: &Value) {
        let bundle = Bundle::new(id, vec![Document::new("thing.list", "/results/*", row)]);
        shelf.put(stream, Arc::new(bundle.in_group(group.map(str::to_owned))));
    }

    #[test]
    fn the_history_tells_when_an_application_was_archived_if_the_row_does_not() {
        let mut shelf = Shelf::default();
        put(
            &mut shelf,
            stages::STREAM,
            "end",
            None,
            &json!({ "type": "Archived" }),
        );
        put(
            &mut shelf,
            stages::STREAM,
            "call",
            None,
            &json!({ "type": "Active" }),
        );
        let event = |stage: &str, number, at: &str| json!({ "stageId": stage, "stageNumber": number, "enteredStageAt": at });
        let info = json!({ "applicationHistory": [
            event("end", 3, "2026-03-03T00:00:00Z"),
            event("end", 1, "2026-03-01T00:00:00Z"),
            event("call", 4, "2026-03-04T00:00:00Z"),
        ]});
        let rejected_at = |row: Value| {
            let (application, _) = map_with(&row, Some(info.clone()), &shelf);
            application.rejected_at.map(|at| at.to_string())
        };
        let row = |status: &str, at: &str| json!({ "id": "a", "status": status, "archivedAt": at });
        let expected = |text: &str| Some(text.to_owned());
        assert_eq!(
            rejected_at(row("Archived", "")),
            expected("2026-03-03T00:00:00.000Z")
        );
        let dated = row("Archived", "2026-05-05T00:00:00Z");
        assert_eq!(rejected_at(dated), expected("2026-05-05T00:00:00.000Z"));
        assert_eq!(rejected_at(row("Active", "2026-05-05T00:00:00Z")), None);
    }

    #[test]
    fn a_stage_of_no_plan_is_taken_from_the_application() {
        let row =
            json!({ "id": "a", "currentInterviewStage": { "id": "s", "title": "Old stage" } });
        let mut shelf = Shelf::default();
        let (application, others) = map_with(&row, None, &shelf);
        assert_eq!(application.current_stage_id, Some(Reference::remote("s")));
        let [Record::ApplicationStage(stage)] = others.as_slice() else {
            panic!("{others:?}")
        };
        assert_eq!(
            (stage.remote_id.as_str(), stage.name.as_deref()),
            ("s", Some("Old stage"))
        );
        put(
            &mut shelf,
            stages::STREAM,
            "s",
            None,
            &json!({ "title": "Stage" }),
        );
        assert!(map_with(&row, None, &shelf).1.is_empty());
    }

    #[test]
    fn a_link_without_an_id_is_noted() {
        let row = json!({ "id": "a", "job": { "title": "Baker" }, "candidate": null });
        let document = Document::new("application.list", "/results/*", &row);
        let related = Shelf::default();
        let sources = Sources {
            row: &document,
            info: None,
            related: &related,
        };
        let losses = map(sources, true).losses.into_iter().map(|loss| loss.path);
        assert_eq!(losses.collect::<Vec<_>>(), ["/job/id"]);
    }

    #[test]
    fn questionnaires_come_last_in_the_order_of_time_and_nothing_submitted_is_null() {
        let row = json!({ "id": "a" });
        let mut shelf = Shelf::default();
        let answers = |info: Value, shelf: &Shelf| {
            json!(
                map_with(&row, Some(info), shelf)
                    .0
                    .screening_question_answers
            )
        };
        assert_eq!(
            answers(json!({ "applicationFormSubmissions": [] }), &shelf),
            Value::Null
        );
        let submitted = |at: &str, path: &str, value: &str| {
            json!({
                "submittedAt": at,
                "surveyFormDefinitionId": "f",
                "formDefinition": { "sections": [{ "fields": [
                    { "field": { "path": path, "type": "String", "title": "Q" } },
                ]}]},
                "submittedValues": { path: value },
            })
        };
        put(
            &mut shelf,
            surveys::STREAM,
            "1",
            Some("a"),
            &submitted("2026-02-02T00:00:00Z", "q", "new"),
        );
        put(
            &mut shelf,
            surveys::STREAM,
            "2",
            Some("a"),
            &submitted("2026-01-01T00:00:00Z", "q", "old"),
        );
        put(
            &mut shelf,
            surveys::STREAM,
            "3",
            Some("b"),
            &submitted("2026-01-01T00:00:00Z", "q", "else"),
        );
        let form = submitted("", "q", "form");
        let found = answers(json!({ "applicationFormSubmissions": [form] }), &shelf);
        let pairs: Vec<_> = found.as_array().into_iter().flatten().collect();
        let pair = |index: usize| {
            (
                &pairs[index]["question"]["remote_id"],
                &pairs[index]["answer"],
            )
        };
        assert_eq!(pairs.len(), 2, "{found}");
        assert_eq!(pair(0), (&json!("q"), &json!({ "content": "form" })));
        assert_eq!(
            pair(1),
            (&json!("survey:f:q"), &json!({ "content": "new" }))
        );
        let location = submitted("", "_systemfield_location", "Bonn");
        let found = answers(
            json!({ "applicationFormSubmissions": [location] }),
            &Shelf::default(),
        );
        assert_eq!(found, json!([]));
    }
}
