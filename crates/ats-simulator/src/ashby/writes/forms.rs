//! `applicationForm.submit`: what an applicant's form does.
//!
//! <https://developers.ashbyhq.com/reference/applicationformsubmit>. How an applicant is matched to
//! a candidate is not documented; here it is by any e-mail address, and a candidate who was known
//! keeps name, contacts and source.

use serde_json::{Map, Value, json};

use super::Written;
use super::applications::{self, Step, plan_of, walk};
use super::candidates::{blank, location, set_mail, set_phone};
use super::files::set_resume;
use super::stages::{first_stage, stages_of};
use super::tags;
use super::values::{check_answer, fields_of, is_blank};
use crate::ashby::desk::{Desk, push};
use crate::ashby::envelope::Refusal;
use crate::ashby::request::Ask;
use crate::ashby::view::is_published;
use crate::ashby::{flag, render, storage, text};

/// Ashby's own address for trying out what an applicant sees when the form is refused.
const FAILING: &str = "testing-fail-validation@example.com";

pub(crate) fn submit_form(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let posting = posting(desk, ask)?;
    let job = desk.job(text(&posting, "jobId").unwrap_or_default())?;
    let wanted_tags = tags_of(desk, ask)?;
    let stage = review_stage(desk, &job)?;
    let form = posting["applicationFormDefinition"].clone();
    let answers = check(desk, ask, &form)?;
    let own = desk.world.new_id();
    let mail = answers.text("_systemfield_email").unwrap_or_default();
    let blocked = &desk.options.blocked_emails;
    if blocked.iter().any(|known| known.eq_ignore_ascii_case(mail)) {
        let now = desk.world.now();
        let blocked = json!({ "id": own, "createdAt": now, "jobPostingId": posting["id"] });
        desk.world.insert("blocked_forms", blocked);
        let message = json!({
            "blocked": true,
            "blockMessageForCandidateHtml": "<p>You have applied to this job before.</p>",
        });
        return Ok(answer(&own, &form, &answers.values, &message));
    }
    let answers = answers.with_files(desk);
    let source = source(desk, ask);
    let candidate = candidate(desk, &answers, &source);
    add_files_and_tags(desk, &candidate, &answers, wanted_tags);
    let candidate = desk.find("candidates", &candidate, "candidate_not_found")?;
    let mut application = applications::blank(desk, &candidate, &job);
    application["source"] = source;
    application["appliedViaJobPostingId"] = posting["id"].clone();
    let submission =
        json!({ "id": own, "formDefinition": form, "submittedValues": answers.values });
    application["applicationFormSubmissions"] = json!([submission]);
    if let Some(resume) = answers.resume() {
        application["resumeFileHandle"] = resume.clone();
    }
    let step = Step {
        stage,
        entered: None,
        reason: Value::Null,
    };
    walk(desk, &mut application, vec![step]);
    applications::insert(desk, application);
    let message = json!({ "blocked": false });
    Ok(answer(&own, &form, &answers.values, &message))
}

fn answer(id: &str, form: &Value, values: &Map<String, Value>, messages: &Value) -> Value {
    json!({
        "submittedFormInstance": { "id": id, "formDefinition": form, "submittedValues": values },
        "formMessages": messages,
    })
}

fn posting(desk: &Desk<'_>, ask: &Ask) -> Result<Value, Refusal> {
    let code = "job_posting_not_found";
    let id = ask.text("jobPostingId").unwrap_or_default();
    let posting = desk.find("job_postings", id, code)?;
    if text(&posting, "jobId").is_none_or(|job| !desk.view().sees_job(job)) {
        return Err(Refusal::not_found(code));
    }
    let drafts = ask.value("allowSubmissionForUnpublishedJobPosting");
    if drafts == Some(&json!(false)) && !is_published(&posting) {
        return Err(Refusal::not_found("job_posting_not_published"));
    }
    Ok(posting)
}

fn tags_of(desk: &Desk<'_>, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let ids = ask.array("tagIds").iter().filter_map(Value::as_str);
    ids.map(|id| desk.find("candidate_tags", id, "candidate_tag_not_found"))
        .map(|tag| Ok(render::plain(&desk.view(), ask, tag?)))
        .collect()
}

/// Applicants wait in the first stage before any interview, or in the first stage at all.
fn review_stage(desk: &Desk<'_>, job: &Value) -> Result<Value, Refusal> {
    let plan = plan_of(desk, job, None)?;
    let review = first_stage(desk, &plan, Some("FirstPreInterviewScreen"));
    let first = || stages_of(desk, &plan).into_iter().next();
    review.or_else(|missing| first().ok_or(missing))
}

/// The answers of a form that passed every check, by path.
struct Answers {
    values: Map<String, Value>,
    /// Uploads that are answers, by path.
    uploads: Vec<(String, Value)>,
}

impl Answers {
    fn text(&self, path: &str) -> Option<&str> {
        self.values.get(path)?.as_str()
    }

    /// Makes files of the uploads, and puts them in the places of their handles.
    fn with_files(mut self, desk: &mut Desk<'_>) -> Self {
        for (path, upload) in &mut self.uploads {
            let file = storage::keep(desk, upload);
            self.values.insert(path.clone(), file.clone());
            *upload = file;
        }
        self
    }

    fn resume(&self) -> Option<&Value> {
        let paths = ["_systemfield_resume", "_systemfield_pre_parsed_resume"];
        let files = self.uploads.iter();
        files
            .filter(|(path, _)| paths.contains(&&**path))
            .map(|(_, file)| file)
            .next()
    }
}

fn check(desk: &mut Desk<'_>, ask: &Ask, form: &Value) -> Result<Answers, Refusal> {
    let given = ask.value("applicationForm").unwrap_or(&Value::Null);
    let given = given["fieldSubmissions"].as_array().into_iter().flatten();
    let mut answers = Answers {
        values: Map::new(),
        uploads: Vec::new(),
    };
    let mut wrong = Vec::new();
    for item in given {
        let path = text(item, "path").unwrap_or_default();
        let mut fields = fields_of(form).map(|field| &field["field"]);
        let Some(field) = fields.find(|field| text(field, "path") == Some(path)) else {
            wrong.push(format!("{path} is no field of the form"));
            continue;
        };
        let title = text(field, "title").unwrap_or_default();
        let value = &item["value"];
        if answers
            .values
            .insert(path.to_owned(), value.clone())
            .is_some()
        {
            wrong.push(format!("{title} is answered twice"));
        } else if is_blank(value) {
            answers.values.remove(path);
        } else if let Err(wanted) = check_answer(field, value) {
            wrong.push(format!("{title} must be {wanted}"));
        } else if text(field, "type") == Some("File") {
            let name = value.as_str().unwrap_or_default();
            let upload = match ask.file(name) {
                Some(part) => Ok(storage::received(desk, part)),
                None => storage::uploaded(desk, name, "ApplicationForm"),
            };
            match upload {
                Ok(upload) => answers.uploads.push((path.to_owned(), upload)),
                Err(_) => wrong.push(format!("{title} names no file that was uploaded for it")),
            }
        }
    }
    for field in fields_of(form).filter(|field| field["isRequired"] == true) {
        let path = text(&field["field"], "path").unwrap_or_default();
        if !answers.values.contains_key(path) {
            let title = text(&field["field"], "title").unwrap_or_default();
            wrong.push(format!("{title} is required"));
        }
    }
    if answers.text("_systemfield_name").is_none() {
        wrong.push("An applicant needs a name".to_owned());
    }
    if answers.text("_systemfield_email") == Some(FAILING) {
        wrong.push("This address is for trying out validation errors".to_owned());
    }
    wrong.dedup();
    match wrong.is_empty() {
        true => Ok(answers),
        false => Err(Refusal::invalid_because(wrong)),
    }
}

/// The source of the tracking link that the form was opened with, or the first inbound one.
fn source(desk: &Desk<'_>, ask: &Ask) -> Value {
    let code = ask
        .value("utmData")
        .and_then(|data| text(data, "utm_source"));
    let mut links = desk.world.collection("source_tracking_links").values();
    let tracked = code.and_then(|code| {
        links.find(|link| flag(link, "enabled") && text(link, "code") == Some(code))
    });
    let source = tracked
        .and_then(|link| text(link, "sourceId"))
        .and_then(|id| desk.world.get("sources", id));
    let mut sources = desk.world.collection("sources").values();
    let inbound = || {
        sources.find(|source| {
            source["sourceType"]["title"] == "Inbound" && !flag(source, "isArchived")
        })
    };
    source.or_else(inbound).cloned().unwrap_or_default()
}

/// The id of the candidate with the applicant's e-mail address, or of a new one.
fn candidate(desk: &mut Desk<'_>, answers: &Answers, source: &Value) -> String {
    let mail = answers.text("_systemfield_email");
    let known = mail.map(|mail| desk.memory.mails.candidates(desk.world, mail));
    if let Some(oldest) = known.into_iter().flatten().next() {
        return oldest;
    }
    let mut candidate = blank(desk, answers.text("_systemfield_name").unwrap_or_default());
    candidate["source"] = source.clone();
    if let Some(mail) = mail {
        set_mail(&mut candidate, mail);
    }
    if let Some(number) = answers.text("_systemfield_phone") {
        set_phone(&mut candidate, number);
    }
    if let Some(place) = answers.values.get("_systemfield_location") {
        candidate["location"] = location(desk, place);
    }
    desk.world.insert("candidates", candidate)
}

fn add_files_and_tags(desk: &mut Desk<'_>, id: &str, answers: &Answers, new_tags: Vec<Value>) {
    let resume = answers.resume();
    if let Some(resume) = resume {
        set_resume(desk, id, resume);
    }
    let files = answers.uploads.iter().map(|(_, file)| file);
    let others: Vec<Value> = files
        .filter(|file| Some(*file) != resume)
        .cloned()
        .collect();
    desk.world.update("candidates", id, |candidate| {
        for file in others {
            push(candidate, "fileHandles", file);
        }
        for tag in new_tags {
            if !tags::has(candidate, text(&tag, "id").unwrap_or_default()) {
                push(candidate, "tags", tag);
            }
        }
    });
}
