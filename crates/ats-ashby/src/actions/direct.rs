//! Making a candidate and an application without a form.

use async_trait::async_trait;
use ats_core::{Error, ErrorKind, Once, PlannedCall, Result, Settled, StepState};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    create::{Beginning, Made},
    desk::{CANDIDATE, Desk},
    links,
    people::{self, Person},
    profile::{place, put},
    wish::Wish,
};
use crate::{client::Body, listing::object};

/// The name of the step that makes the candidate.
pub(super) const CANDIDATE_STEP: &str = "candidate";

/// The name of the step that makes the application.
pub(super) const APPLICATION_STEP: &str = "application";

/// The vendor's word for the stage in which applications are looked through.
const FIRST_STAGE: &str = "FirstPreInterviewScreen";

/// Makes the application, and the candidate unless there is one.
pub(super) async fn create(
    desk: &Desk<'_>,
    wish: &Wish<'_>,
    known: &[Person],
    beginning: &Beginning,
    source: Option<&str>,
) -> Result<Made> {
    // What an earlier attempt began is its own, although it is found by its address by now.
    let begun = match desk.is_dry() {
        true => None,
        false => desk.context.journal.recall(CANDIDATE_STEP).await?,
    };
    let (candidate, is_new) = match known.first().filter(|_| begun.is_none()) {
        Some(person) => (person.id.clone(), false),
        None => (new_candidate(desk, wish, source).await?, true),
    };
    let application = new_application(desk, wish, &candidate, beginning, source).await?;
    Ok(Made {
        candidate,
        application,
        is_new,
    })
}

async fn new_candidate(desk: &Desk<'_>, wish: &Wish<'_>, source: Option<&str>) -> Result<String> {
    let candidate = wish.candidate;
    let mut body = Body::new();
    put(&mut body, "name", Some(&wish.name()));
    put(&mut body, "email", Some(&candidate.email_address));
    put(&mut body, "phoneNumber", candidate.phone_number.as_deref());
    links::put_on_create(&links::read(&candidate.social_links), &mut body);
    let further = candidate.additional_email_addresses.iter();
    let further: Vec<&str> = further.map(|one| one.email_address.as_str()).collect();
    if !further.is_empty() {
        body.insert("alternateEmailAddresses".into(), json!(further));
    }
    if let Some(location) = &candidate.location {
        body.insert("location".into(), place(location));
    }
    put(&mut body, "sourceId", source);
    put(&mut body, "creditedToUserId", wish.credited);
    let write = Creation {
        desk: *desk,
        step: CANDIDATE_STEP,
        endpoint: "candidate.create",
        body: body.into(),
        assumed: "<new candidate>",
        of: Of::Candidate(&candidate.email_address),
    };
    write.run().await
}

async fn new_application(
    desk: &Desk<'_>,
    wish: &Wish<'_>,
    candidate: &str,
    beginning: &Beginning,
    source: Option<&str>,
) -> Result<String> {
    let mut body = Body::new();
    put(&mut body, "candidateId", Some(candidate));
    put(&mut body, "jobId", Some(wish.job));
    put(&mut body, "sourceId", source);
    put(&mut body, "creditedToUserId", wish.credited);
    put(
        &mut body,
        "interviewPlanId",
        beginning.other_plan.as_deref(),
    );
    let of = Of::Application {
        candidate,
        job: wish.job,
    };
    let write = |first: Option<&str>| {
        let mut body = body.clone();
        put(&mut body, "interviewStageId", first);
        Creation {
            desk: *desk,
            step: APPLICATION_STEP,
            endpoint: "application.create",
            body: body.into(),
            assumed: "<new application>",
            of,
        }
    };
    if let Some(stage) = beginning.stage.as_deref() {
        return write(Some(stage)).run().await;
    }
    match write(Some(FIRST_STAGE)).run().await {
        // A plan without such a stage: the vendor's own first stage then.
        Err(error) if is_about_stage(&error) => write(None).run().await,
        made => made,
    }
}

fn is_about_stage(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::InputRejected { .. } => true,
        ErrorKind::NotFound => error.context("code") == Some("interview_stage_not_found"),
        _ => false,
    }
}

/// A call that makes something.
struct Creation<'a> {
    desk: Desk<'a>,
    step: &'static str,
    endpoint: &'static str,
    body: Value,
    assumed: &'static str,
    of: Of<'a>,
}

/// What is made, by what it is found again.
#[derive(Clone, Copy)]
enum Of<'a> {
    /// A candidate with this address.
    Candidate(&'a str),
    /// An application of the candidate to the job.
    Application { candidate: &'a str, job: &'a str },
}

#[derive(Deserialize)]
struct WireCreated {
    id: String,
}

impl Creation<'_> {
    async fn run(&self) -> Result<String> {
        let result = self.desk.context.once(self).await?;
        Ok(result.as_str().unwrap_or_default().to_owned())
    }

    async fn applications(&self, candidate: &str) -> Result<Vec<String>> {
        let person: Option<Person> = self.desk.one(CANDIDATE, candidate).await?;
        Ok(person.unwrap_or_default().applications().to_vec())
    }
}

#[async_trait]
impl Once for Creation<'_> {
    fn step(&self) -> &str {
        self.step
    }

    fn call(&self) -> PlannedCall {
        PlannedCall {
            endpoint: self.endpoint.to_owned(),
            body: self.body.clone(),
        }
    }

    fn assumed(&self) -> Value {
        json!(self.assumed)
    }

    async fn before(&self) -> Result<Value> {
        Ok(match self.of {
            // It is only made where there is none.
            Of::Candidate(_) => json!({ "at": people::now(&self.desk) }),
            Of::Application { candidate, .. } => {
                json!({ "applications": self.applications(candidate).await? })
            }
        })
    }

    async fn send(&self) -> Result<Value> {
        let body = object(self.body.clone());
        let answer = self.desk.client.write(self.endpoint, body).await?;
        match serde_json::from_str::<WireCreated>(answer.results.get()) {
            Ok(made) => Ok(json!(made.id)),
            Err(_) => Err(Error::new(
                ErrorKind::OutcomeUnknown,
                self.endpoint,
                "the vendor's answer does not name what was made",
            )),
        }
    }

    async fn settle(&self, before: &Value) -> Result<Settled> {
        let found = match self.of {
            Of::Candidate(email) => {
                let at = before["at"].as_u64().unwrap_or_default();
                let found = people::with_email_since(&self.desk, email, at).await?;
                found.into_iter().next().map(|person| person.id)
            }
            Of::Application { candidate, job } => {
                let old = people::ids(before, "applications");
                let now = self.applications(candidate).await?;
                let new = now.iter().filter(|id| !old.contains(&id.as_str()));
                let found = people::for_job(&self.desk, new, job).await?;
                found.into_iter().next().map(|found| found.id)
            }
        };
        Ok(found.map_or(Settled::Missing, |id| Settled::Done(json!(id))))
    }
}

/// Whether an earlier attempt went this way.
pub(super) async fn is_begun(desk: &Desk<'_>) -> Result<bool> {
    let is_begun = |state: Option<StepState>| state.is_some();
    let journal = desk.context.journal;
    Ok(is_begun(journal.recall(CANDIDATE_STEP).await?)
        || is_begun(journal.recall(APPLICATION_STEP).await?))
}
