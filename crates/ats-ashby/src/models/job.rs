//! The unified job, made of a job, the posting that stands for it, its department, its location and
//! the stages of its plans. How these are read belongs to the streams.

use std::sync::Arc;

use ats_core::{
    Bundle, Document, Mapped, Open, Reference, Related,
    model::{
        EmploymentType, Job, JobPostingVisibility, JobScreeningQuestion, JobStatus, JobVisibility,
        RemoteData,
    },
};
use serde::Deserialize;

use super::{
    custom_fields::{self, WireValue},
    office::{self, Office, WireOffice},
    posting::{self, Posting},
    postings, reference,
    salary::{self, Salary, WireJobPay},
    stages,
    team::{self, WireMember},
    workplace::{Place, remote_work_status},
};
use crate::wire::{self, instant, open, text};

/// The endpoint that lists jobs. Ashby API reference,
/// [`job.list`](https://developers.ashbyhq.com/reference/joblist).
pub(crate) const LIST: &str = "job.list";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireJob {
    id: Option<String>,
    title: Option<String>,
    confidential: Option<bool>,
    status: Option<String>,
    employment_type: Option<String>,
    location_id: Option<String>,
    location: Option<WireOffice>,
    department_id: Option<String>,
    default_interview_plan_id: Option<String>,
    interview_plan_ids: Option<Vec<Option<String>>>,
    custom_fields: Option<Vec<Option<WireValue>>>,
    custom_requisition_id: Option<String>,
    hiring_team: Option<Vec<Option<WireMember>>>,
    compensation: Option<WireJobPay>,
    created_at: Option<String>,
    updated_at: Option<String>,
    opened_at: Option<String>,
    closed_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePlans {
    default_interview_plan_id: Option<String>,
    interview_plan_ids: Option<Vec<Option<String>>>,
}

/// The ids of the plans that a row of the listing names, the default one first.
pub(crate) fn plans_of(row: &Document) -> Vec<String> {
    let wire = wire::read_quietly::<WirePlans>(row);
    wire.map_or_else(Vec::new, |wire| {
        plans(wire.default_interview_plan_id, wire.interview_plan_ids)
    })
}

fn plans(default: Option<String>, all: Option<Vec<Option<String>>>) -> Vec<String> {
    let mut plans: Vec<String> = Vec::new();
    for plan in std::iter::once(default)
        .chain(all.into_iter().flatten())
        .filter_map(text)
    {
        if !plans.contains(&plan) {
            plans.push(plan);
        }
    }
    plans
}

/// The document of the job's own that lists the stages of `plan`.
pub(crate) fn own_stages<'a>(bundle: &'a Bundle, plan: &str) -> Option<&'a Document> {
    let mut own = bundle.documents_of(stages::ENDPOINT);
    own.find(|document| document.variant.as_deref() == Some(plan))
}

/// The posting that stands for a job.
#[derive(Clone, Copy)]
pub(crate) struct Chosen<'a> {
    pub(crate) posting: &'a Posting,
    pub(crate) bundle: &'a Bundle,
}

/// The records of a job, and the stages of plans that no listing shows.
pub(crate) fn map(bundle: &Bundle, related: &dyn Related) -> Mapped {
    let mut mapped = Mapped::default();
    if let Some(document) = bundle.document(LIST) {
        let job = job(bundle, document, related, &mut mapped);
        mapped.records.extend(job.map(Into::into));
    }
    mapped
}

fn job(
    bundle: &Bundle,
    document: &Document,
    related: &dyn Related,
    mapped: &mut Mapped,
) -> Option<Job> {
    let wire = wire::read::<WireJob>(document, mapped)?;
    let WireJob {
        id,
        title,
        confidential,
        status,
        employment_type,
        location_id,
        location,
        department_id,
        default_interview_plan_id,
        interview_plan_ids,
        custom_fields,
        custom_requisition_id,
        hiring_team,
        compensation,
        created_at,
        updated_at,
        opened_at,
        closed_at,
    } = wire;
    let remote_id = text(id)?;
    let postings = related.group(postings::STREAM, &remote_id);
    let chosen = chosen(&postings);
    let location_id = text(location_id);
    let listed = location_id
        .as_deref()
        .and_then(|id| office::bundle(related, id));
    let embedded = location.map(Office::from);
    let place = Place::find(listed.as_deref(), embedded.as_ref(), document);
    let Salary {
        from,
        to,
        currency,
        period,
    } = salary(chosen, compensation.as_ref(), document, mapped);
    let (custom_fields, integration_fields) = custom_fields::custom_fields(
        custom_fields,
        "Job",
        document,
        "/customFields",
        related,
        mapped,
    );
    let plans = plans(default_interview_plan_id, interview_plan_ids);
    Some(Job {
        name: text(title),
        job_code: text(custom_requisition_id),
        description: chosen.and_then(|chosen| chosen.posting.description.clone()),
        confidential,
        weekly_hours: None,
        employment_type: open(
            employment_type,
            self::employment_type,
            document,
            "/employmentType",
            mapped,
        ),
        status: open(status, self::status, document, "/status", mapped),
        visibility: visibility(confidential, &postings).map(Into::into),
        category: None,
        department: department(text(department_id), chosen, related),
        post_url: chosen.and_then(|chosen| post_url(chosen.posting)),
        experience_level: None,
        remote_work_status: remote_work_status(chosen, place.as_ref(), mapped),
        salary_amount: None,
        salary_amount_from: from,
        salary_amount_to: to,
        salary_currency: currency,
        salary_period: period,
        location: place.and_then(|place| place.office.place.clone()),
        custom_fields,
        integration_fields,
        remote_url: None,
        opened_at: instant(opened_at, document, "/openedAt", mapped),
        closed_at: instant(closed_at, document, "/closedAt", mapped),
        remote_created_at: instant(created_at, document, "/createdAt", mapped),
        remote_updated_at: instant(updated_at, document, "/updatedAt", mapped),
        contact_id: None,
        remote_data: Some(remote_data(document, chosen)),
        stages: stages_of(&plans, bundle, related, mapped),
        screening_questions: questions(&remote_id, chosen),
        hiring_team: team::roles(hiring_team, document, mapped),
        remote_id,
    })
}

fn remote_data(document: &Document, chosen: Option<Chosen<'_>>) -> RemoteData {
    let posting = chosen
        .into_iter()
        .flat_map(|chosen| posting::shown(chosen.bundle));
    RemoteData::of(std::iter::once(document).chain(posting))
}

fn chosen(postings: &[Arc<Bundle>]) -> Option<Chosen<'_>> {
    let known = postings.iter().filter_map(|bundle| {
        Some(Chosen {
            posting: posting::of(bundle)?,
            bundle,
        })
    });
    known.min_by(|a, b| a.posting.rank().cmp(&b.posting.rank()))
}

/// `Temporary` is left as it is: work for a season is something else.
fn employment_type(vendor: &str) -> Option<Open<EmploymentType>> {
    Some(match vendor {
        "FullTime" => EmploymentType::FullTime.into(),
        "PartTime" => EmploymentType::PartTime.into(),
        "Intern" => EmploymentType::Internship.into(),
        "Contract" => EmploymentType::Contract.into(),
        "Temporary" => Open::Other(vendor.to_owned()),
        _ => return None,
    })
}

fn status(vendor: &str) -> Option<Open<JobStatus>> {
    Some(match vendor {
        "Open" => JobStatus::Open.into(),
        "Closed" => JobStatus::Closed.into(),
        "Draft" => JobStatus::Draft.into(),
        "Archived" => JobStatus::Archived.into(),
        _ => return None,
    })
}

/// Who can find the job: as wide as its widest posting. A confidential job stays confidential even
/// so, which never overstates who may know of it.
fn visibility(confidential: Option<bool>, postings: &[Arc<Bundle>]) -> Option<JobVisibility> {
    if confidential == Some(true) {
        return Some(JobVisibility::Confidential);
    }
    let shown: Vec<_> = postings
        .iter()
        .filter_map(|bundle| posting::of(bundle)?.visibility())
        .collect();
    let by_reach = [
        (JobPostingVisibility::Public, JobVisibility::Public),
        (JobPostingVisibility::Unlisted, JobVisibility::Unlisted),
        (JobPostingVisibility::Internal, JobVisibility::Internal),
    ];
    by_reach
        .into_iter()
        .find_map(|(posting, job)| shown.contains(&posting).then_some(job))
}

fn department(
    id: Option<String>,
    chosen: Option<Chosen<'_>>,
    related: &dyn Related,
) -> Option<String> {
    id.and_then(|id| reference::name_of(related, reference::DEPARTMENTS.name, &id, "name"))
        .or_else(|| chosen?.posting.department.clone())
}

/// The public page of the job. The vendor's link leads to the form, one step below the page.
fn post_url(posting: &Posting) -> Option<String> {
    let is_public = posting.reach == posting::Reach::External || posting.is_listed == Some(true);
    if !posting.is_published() || !is_public {
        return None;
    }
    let page = |link: &String| link.strip_suffix("/application").unwrap_or(link).to_owned();
    posting
        .external_link
        .clone()
        .or_else(|| posting.apply_link.as_ref().map(page))
}

fn salary(
    chosen: Option<Chosen<'_>>,
    own: Option<&WireJobPay>,
    document: &Document,
    mapped: &mut Mapped,
) -> Salary {
    let posting = chosen.and_then(|chosen| {
        let pay = chosen.posting.pay.as_ref()?;
        Some((pay, chosen.bundle.document(posting::INFO)?))
    });
    salary::salary(posting, own.map(|own| (own, document)), mapped)
}

/// The stages of all the job's plans, since an application may stand in any of them. Stages of
/// plans that no listing shows become records here.
fn stages_of(
    plans: &[String],
    bundle: &Bundle,
    related: &dyn Related,
    mapped: &mut Mapped,
) -> Vec<Reference> {
    let mut ids = Vec::new();
    for plan in plans {
        let listed = stages::in_order(related, plan);
        if !listed.is_empty() {
            ids.extend(listed);
        } else if let Some(own) = own_stages(bundle, plan) {
            let stages = stages::in_list(own, related, mapped);
            ids.extend(stages.iter().map(|stage| stage.remote_id.clone()));
            mapped.records.extend(stages.into_iter().map(Into::into));
        }
    }
    ids.into_iter().map(Reference::remote).collect()
}

/// The questions of the form that an application would be made with: there is none without a
/// published posting.
fn questions(job_id: &str, chosen: Option<Chosen<'_>>) -> Vec<JobScreeningQuestion> {
    let published = chosen.filter(|chosen| chosen.posting.is_published());
    let asked = published
        .into_iter()
        .flat_map(|chosen| &chosen.posting.asked);
    let question = |(asked, index): (&super::questions::Asked, u32)| JobScreeningQuestion {
        job_id: Reference::remote(job_id),
        question_id: Reference::remote(asked.question.remote_id.clone()),
        index,
        required: asked.required,
        precondition_question_id: None,
        precondition_options: None,
    };
    asked.zip(0..).map(question).collect()
}

#[cfg(test)]
mod tests;
