//! The unified interview: an event of an interview schedule, titled by its template. A schedule
//! without events is no interview yet. How both are read belongs to `interviews`.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{
    Bundle, Document, Mapped, RawJson, Reference, Related,
    model::{Interview, RemoteData},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{place, reference};
use crate::wire::{self, instant, lose, text};

/// The endpoint that lists schedules. Ashby API reference,
/// [`interviewSchedule.list`](https://developers.ashbyhq.com/reference/interviewschedulelist).
pub(crate) const LIST: &str = "interviewSchedule.list";

/// The endpoint that shows one template. Ashby API reference,
/// [`interview.info`](https://developers.ashbyhq.com/reference/interviewinfo).
pub(crate) const TEMPLATE: &str = "interview.info";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSchedule {
    status: Option<String>,
    application_id: Option<String>,
    interview_stage_id: Option<String>,
    interview_events: Option<Vec<Option<WireEvent>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEvent {
    id: Option<String>,
    interview_id: Option<String>,
    interviewers: Option<Vec<Option<WireInterviewer>>>,
    interviewer_user_ids: Option<Vec<Option<String>>>,
    created_at: Option<String>,
    updated_at: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
    location: Option<String>,
    meeting_link: Option<String>,
    interview: Option<WireTemplate>,
}

#[derive(Deserialize)]
struct WireInterviewer {
    id: Option<String>,
}

#[derive(Deserialize)]
struct WireTemplate {
    title: Option<String>,
}

/// The document of the bundle's own that shows the template `id`.
pub(crate) fn template_of<'a>(bundle: &'a Bundle, id: &str) -> Option<&'a Document> {
    bundle
        .documents_of(TEMPLATE)
        .find(|template| template.variant.as_deref() == Some(id))
}

/// A schedule as its events see it.
struct Schedule<'a> {
    bundle: &'a Bundle,
    document: &'a Document,
    canceled: Option<bool>,
    application: Option<String>,
    stage: Option<String>,
}

/// The interviews of a schedule: one for each event.
pub(crate) fn map(bundle: &Bundle, related: &dyn Related) -> Mapped {
    let mut mapped = Mapped::default();
    if let Some(document) = bundle.document(LIST) {
        events(bundle, document, related, &mut mapped);
    }
    mapped
}

fn events(bundle: &Bundle, document: &Document, related: &dyn Related, mapped: &mut Mapped) {
    let Some(wire) = wire::read::<WireSchedule>(document, mapped) else {
        return;
    };
    let WireSchedule {
        status,
        application_id,
        interview_stage_id,
        interview_events,
    } = wire;
    let schedule = Schedule {
        bundle,
        document,
        canceled: canceled(status, document, mapped),
        application: text(application_id),
        stage: text(interview_stage_id),
    };
    let raw = alone(document);
    for (index, event) in interview_events.into_iter().flatten().enumerate() {
        let Some(event) = event else { continue };
        let remote_data = raw.get(index).cloned();
        if let Some(interview) = schedule.interview(event, index, remote_data, related, mapped) {
            mapped.records.push(interview.into());
        }
    }
}

impl Schedule<'_> {
    fn interview(
        &self,
        event: WireEvent,
        index: usize,
        raw: Option<RawJson>,
        related: &dyn Related,
        mapped: &mut Mapped,
    ) -> Option<Interview> {
        let WireEvent {
            id,
            interview_id,
            interviewers,
            interviewer_user_ids,
            created_at,
            updated_at,
            start_time,
            end_time,
            location,
            meeting_link,
            interview,
        } = event;
        let document = self.document;
        let at = |key: &str| format!("/interviewEvents/{index}/{key}");
        let Some(remote_id) = text(id) else {
            lose(document, &at("id"), "the id of an event", mapped);
            return None;
        };
        let interviewers = match interviewers {
            Some(interviewers) => users(interviewers, document, &at("interviewers"), mapped),
            None => interviewer_user_ids
                .into_iter()
                .flatten()
                .map(text)
                .collect(),
        };
        Some(Interview {
            remote_id,
            title: self.title(text(interview_id), interview, related),
            starting_at: instant(start_time, document, &at("startTime"), mapped),
            ending_at: instant(end_time, document, &at("endTime"), mapped),
            location: place::of_address(None, location),
            video_conferencing_url: text(meeting_link),
            canceled: self.canceled,
            application_id: self.application.clone().map(Reference::remote),
            stage_id: self.stage.clone().map(Reference::remote),
            remote_created_at: instant(created_at, document, &at("createdAt"), mapped),
            remote_updated_at: instant(updated_at, document, &at("updatedAt"), mapped),
            remote_data: raw.map(|raw| RemoteData::default().with(format!("/{LIST}"), raw)),
            interviewers: once_each(interviewers),
        })
    }

    /// The title of the template, by the listing of templates before any copy.
    fn title(
        &self,
        template: Option<String>,
        embedded: Option<WireTemplate>,
        related: &dyn Related,
    ) -> Option<String> {
        let listed = template.as_deref().and_then(|id| {
            reference::name_of(related, reference::INTERVIEW_TEMPLATES.name, id, "title")
        });
        let own = || {
            let document = template_of(self.bundle, template.as_deref()?)?;
            text(wire::read_quietly::<WireTemplate>(document)?.title)
        };
        listed.or_else(own).or_else(|| text(embedded?.title))
    }
}

/// Whether the schedule was called off. What an unheard status says about that is not known.
fn canceled(status: Option<String>, document: &Document, mapped: &mut Mapped) -> Option<bool> {
    match text(status)?.as_str() {
        "Cancelled" => Some(true),
        "NeedsScheduling"
        | "WaitingOnCandidateBooking"
        | "WaitingOnCandidateAvailability"
        | "CandidateAvailabilitySubmitted"
        | "Scheduled"
        | "WaitingOnFeedback"
        | "Complete"
        | "OnHold"
        | "Unknown" => Some(false),
        _ => {
            lose(document, "/status", "a known status", mapped);
            None
        }
    }
}

fn users(
    interviewers: Vec<Option<WireInterviewer>>,
    document: &Document,
    path: &str,
    mapped: &mut Mapped,
) -> Vec<Option<String>> {
    let mut users = Vec::with_capacity(interviewers.len());
    for (index, interviewer) in interviewers.into_iter().enumerate() {
        let Some(WireInterviewer { id }) = interviewer else {
            continue;
        };
        let id = text(id);
        if id.is_none() {
            lose(
                document,
                &format!("{path}/{index}/id"),
                "the id of a user",
                mapped,
            );
        }
        users.push(id);
    }
    users
}

/// References to the users, each once: a user is in an interview or is not.
fn once_each(users: Vec<Option<String>>) -> Vec<Reference> {
    let mut seen = BTreeSet::new();
    let users = users
        .into_iter()
        .flatten()
        .filter(|user| seen.insert(user.clone()));
    users.map(Reference::remote).collect()
}

/// The schedule once for each of its events, with that event alone in it.
fn alone(document: &Document) -> Vec<RawJson> {
    const EVENTS: &str = "interviewEvents";
    type Members<'a> = BTreeMap<String, &'a RawValue>;
    let members: Option<Members<'_>> = serde_json::from_str(document.body.get()).ok();
    let Some(mut members) = members else {
        return Vec::new();
    };
    let events = members
        .remove(EVENTS)
        .and_then(|events| serde_json::from_str::<Vec<&RawValue>>(events.get()).ok());
    let alone = |event: &RawValue| {
        let list = RawValue::from_string(format!("[{event}]")).ok()?;
        let mut members = members.clone();
        members.insert(EVENTS.to_owned(), &list);
        RawJson::parse(serde_json::to_string(&members).ok()?).ok()
    };
    let events = events.unwrap_or_default();
    if events.len() == 1 {
        // The one event is alone already, and the document can be kept once.
        return vec![document.body.clone()];
    }
    // All of them or none, so that each stands at the index of its event.
    events
        .into_iter()
        .map(alone)
        .collect::<Option<Vec<_>>>()
        .unwrap_or_default()
}

/// The ids of the templates that the schedule's events name.
pub(crate) fn templates_named(bundle: &Bundle) -> BTreeSet<String> {
    let schedule = bundle
        .document(LIST)
        .and_then(wire::read_quietly::<WireSchedule>);
    let events = schedule.and_then(|schedule| schedule.interview_events);
    let events = events.into_iter().flatten().flatten();
    events
        .filter_map(|event| text(event.interview_id))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ats_core::{Shelf, model::Record};
    use serde_json::{Value, json};

    use super::*;
    use crate::listing::ROW;

    fn schedule(events: &Value) -> Bundle {
        let row = json!({ "id": "s", "status": "Cancelled", "interviewEvents": events });
        Bundle::new("s", vec![Document::new(LIST, ROW, &row)])
    }

    fn mapped(bundle: &Bundle, shelf: &Shelf) -> (Vec<Interview>, Vec<String>) {
        let mapped = map(bundle, shelf);
        let interview = |record| match record {
            Record::Interview(interview) => *interview,
            other => panic!("not an interview: {other:?}"),
        };
        let losses = mapped.losses.into_iter().map(|loss| loss.path).collect();
        (mapped.records.into_iter().map(interview).collect(), losses)
    }

    #[test]
    fn the_listed_template_names_an_event_before_any_copy_does() {
        let embedded = json!({ "title": "Copy" });
        let bundle = schedule(&json!([{ "id": "e", "interviewId": "t", "interview": embedded }]));
        let title = |bundle: &Bundle, shelf: &Shelf| mapped(bundle, shelf).0[0].title.clone();
        let mut shelf = Shelf::default();
        assert_eq!(title(&bundle, &shelf).as_deref(), Some("Copy"));
        let mut with_own = bundle.clone();
        let own = json!({ "title": "Own" });
        with_own
            .documents
            .push(Document::new(TEMPLATE, "/results", &own).variant("t"));
        assert_eq!(title(&with_own, &shelf).as_deref(), Some("Own"));
        let mut without = bundle.clone();
        without
            .documents
            .push(Document::new(TEMPLATE, "/results", &Value::Null).variant("t"));
        let title_of_none = title(&without, &shelf);
        assert_eq!(
            title_of_none.as_deref(),
            Some("Copy"),
            "there is no such template"
        );
        let listed = Document::new("interview.list", ROW, &json!({ "title": " Listed " }));
        shelf.put(
            "interview_templates",
            Arc::new(Bundle::new("t", vec![listed])),
        );
        assert_eq!(title(&with_own, &shelf).as_deref(), Some("Listed"));
    }

    #[test]
    fn an_event_shows_its_schedule_without_the_other_events() {
        let bundle = schedule(&json!([{ "id": "a" }, { "id": "b" }]));
        let (interviews, _) = mapped(&bundle, &Shelf::default());
        assert_eq!(interviews[1].canceled, Some(true));
        let data = json!(interviews[1].remote_data);
        let expected =
            json!({ "id": "s", "status": "Cancelled", "interviewEvents": [{ "id": "b" }] });
        assert_eq!(data["/interviewSchedule.list"], expected);
    }

    #[test]
    fn an_odd_event_or_interviewer_costs_only_itself() {
        let events = json!([
            { "startTime": "2026-01-01" },
            7,
            { "id": "e", "endTime": "soon", "interviewers": [{ "id": "u" }, {}, null, { "id": "u" }] },
        ]);
        let (interviews, losses) = mapped(&schedule(&events), &Shelf::default());
        let users: Vec<_> = interviews
            .iter()
            .map(|one| one.interviewers.clone())
            .collect();
        assert_eq!(users, [vec![Reference::remote("u")]]);
        let expected = [
            "/interviewEvents/1",
            "/interviewEvents/0/id",
            "/interviewEvents/2/interviewers/1/id",
            "/interviewEvents/2/endTime",
        ];
        assert_eq!(losses, expected);
    }
}
