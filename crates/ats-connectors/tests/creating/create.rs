//! Creating candidates and applications.

use ats_core::{
    ActionKind::{self, CreateApplication, CreateCandidate},
    ErrorKind, ModelKind, Output, Target,
};
use ats_simulator::{Options, SurveyKeys};
use serde_json::{Value, json};

use crate::{
    inputs::{
        ANALYST, ENGINEER, EXECUTIVE, INTERN, REFERRAL, TECHNICAL, answer, application, both_ways,
        census, code, file, messages, plain, question, survey, whole, with, writes,
    },
    support::{Book, Vendor},
};

#[tokio::test]
async fn an_application_with_answers_goes_through_the_form_with_everything() {
    let vendor = Vendor::start(Options::default()).await;
    let outcome = vendor.act(CreateApplication, whole()).await.unwrap();
    assert_eq!(messages(&outcome), [""; 0]);
    let made = vendor.document("applications", application(&outcome));
    assert_eq!(
        made["appliedViaJobPostingId"],
        "2c000000-0000-4000-8000-000000000001"
    );
    assert_eq!(made["currentInterviewStage"]["id"], TECHNICAL);
    assert_eq!(made["source"]["id"], REFERRAL);
    assert!(made["creditedToUser"].is_object(), "{made}");
    let values = &made["applicationFormSubmissions"][0]["submittedValues"];
    let value = |number: u32| &values[&question(number)["remote:".len()..]];
    assert_eq!(
        value(3),
        &json!({ "type": "PlainText", "value": "Dear team" })
    );
    assert_eq!(value(11), &json!(["de", "ja"]));
    assert_eq!(value(12)["name"], "sample.pdf");
    assert_eq!(values["_systemfield_resume"]["name"], "ada.pdf");
    let candidate = made["candidate"]["id"].as_str().unwrap();
    let person = vendor.document("candidates", candidate);
    assert_eq!(person["name"], "Ada Byron");
    assert_eq!(person["source"]["id"], REFERRAL);
    assert!(person["creditedToUser"].is_object());
    assert_eq!(person["emailAddresses"].as_array().unwrap().len(), 3);
    assert_eq!(person["location"]["locationSummary"], "Bonn, NRW, DE");
    let links = json!([
        { "type": "LinkedIn", "url": "https://www.linkedin.com/in/ada" },
        { "type": "Twitter", "url": "https://twitter.com/ada" },
    ]);
    assert_eq!(person["socialLinks"], links);
    let files = person["fileHandles"].as_array().unwrap();
    let names: Vec<_> = files
        .iter()
        .filter_map(|file| file["name"].as_str())
        .collect();
    assert!(
        names.contains(&"paper.pdf") && names.contains(&"sample.pdf"),
        "{names:?}"
    );
    assert_eq!(vendor.sent("surveySubmission.create").len(), 3);
    assert_eq!(vendor.sent("candidate.create").len(), 0);
    assert_eq!(
        outcome.created,
        [
            (ModelKind::Candidate, candidate.to_owned()),
            (ModelKind::Application, application(&outcome).to_owned()),
        ]
    );
    let touched: Vec<_> = outcome.touched.iter().map(|target| target.stream).collect();
    assert_eq!(
        touched,
        ["candidates", "survey_submissions", "applications"]
    );
}

#[tokio::test]
async fn without_a_form_the_candidate_and_the_application_are_made_and_answers_become_a_note() {
    let vendor = Vendor::start(Options::default()).await;
    let input = with(whole(), "job_id", format!("remote:{ANALYST}"));
    let input = with(input, "stage_id", Value::Null);
    let outcome = vendor.act(CreateApplication, input).await.unwrap();
    let made = vendor.document("applications", application(&outcome));
    assert_eq!(made["appliedViaJobPostingId"], Value::Null);
    assert_eq!(made["source"]["id"], REFERRAL);
    let candidate = made["candidate"]["id"].as_str().unwrap();
    let person = vendor.document("candidates", candidate);
    assert_eq!(person["resumeFileHandle"]["name"], "ada.pdf");
    assert_eq!(person["emailAddresses"].as_array().unwrap().len(), 3);
    assert_eq!(person["socialLinks"].as_array().unwrap().len(), 2);
    assert_eq!(person["source"]["id"], REFERRAL);
    let notes = vendor.sent("candidate.createNote");
    let text = notes[0]["note"]["value"].as_str().unwrap();
    assert!(text.contains("How did you hear about us?: "), "{text}");
    assert!(
        text.contains("Current notice period: Three months"),
        "{text}"
    );
    assert!(text.contains("Work sample: sample.pdf"), "{text}");
    assert!(
        !text.contains("female") && !text.contains("two_or_more"),
        "{text}"
    );
    assert_eq!(vendor.sent("surveySubmission.create").len(), 3);
    let messages = messages(&outcome);
    assert!(
        messages.len() == 1 && messages[0].contains("as a note"),
        "{messages:?}"
    );
}

#[tokio::test]
async fn a_form_that_demands_what_nobody_gave_is_left_alone_unless_there_are_answers() {
    let vendor = Vendor::start(Options::default()).await;
    let outcome = vendor
        .act(CreateApplication, plain(EXECUTIVE))
        .await
        .unwrap();
    let made = vendor.document("applications", application(&outcome));
    assert_eq!(made["appliedViaJobPostingId"], Value::Null);
    assert_eq!(made["currentInterviewStage"]["type"], "PreInterviewScreen");
    assert_eq!(made["status"], "Active");
    // Everything that a form demands may be in the input without an answer.
    let outcome = vendor.act(CreateApplication, plain(INTERN)).await.unwrap();
    let made = vendor.document("applications", application(&outcome));
    assert!(made["appliedViaJobPostingId"].is_string());
    vendor.simulator.clear_log();
    let answers = json!([answer(question(8), true)]);
    let input = with(plain(ENGINEER), "screening_question_answers", answers);
    let error = vendor.act(CreateApplication, input).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::InputInvalid { .. }),
        "{error}"
    );
    for title in ["Resume", "Current notice period", "Years of Rust"] {
        assert!(error.to_string().contains(title), "{error}");
    }
    assert_eq!(writes(&vendor), [""; 0]);
}

#[tokio::test]
async fn nobody_can_apply_for_a_job_that_is_not_open() {
    let vendor = Vendor::start(Options::default()).await;
    for (job, state) in [(3, "draft"), (5, "closed"), (6, "archived")] {
        let job = format!("0b000000-0000-4000-8000-00000000000{job}");
        for dry in [false, true] {
            let error = match dry {
                true => vendor.plan(CreateApplication, plain(&job)).await.map(drop),
                false => vendor.act(CreateApplication, plain(&job)).await.map(drop),
            };
            let error = error.unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Conflict { what: "job_closed" });
            assert!(error.to_string().contains(state), "{error}");
        }
    }
    assert_eq!(writes(&vendor), [""; 0]);
    let nowhere = "0b000000-0000-4000-8000-0000000000ff";
    let field = Some("job_id".to_owned());
    let found = code(vendor.act(CreateApplication, plain(nowhere)).await);
    assert_eq!(found, ErrorKind::InputInvalid { field });
}

fn known(job: &str, email: &str) -> Value {
    let mut input = plain(job);
    input["candidate"]["email_address"] = json!(email);
    input
}

#[tokio::test]
async fn a_second_application_to_a_job_is_refused_unless_the_first_was_rejected() {
    let vendor = Vendor::start(Options::default()).await;
    let what = "application_already_exists";
    for email in ["ZOE@example.com", "jc.garcia@example.com"] {
        let found = code(vendor.act(CreateApplication, known(ENGINEER, email)).await);
        assert_eq!(found, ErrorKind::Conflict { what }, "{email}");
        let dry = vendor.plan(CreateApplication, known(ENGINEER, email)).await;
        assert_eq!(*dry.unwrap_err().kind(), ErrorKind::Conflict { what });
    }
    assert_eq!(writes(&vendor), [""; 0]);
    // Sam was rejected once.
    let outcome = vendor
        .act(CreateApplication, known(ENGINEER, "sam@example.org"))
        .await
        .unwrap();
    let again = code(
        vendor
            .act(CreateApplication, known(ENGINEER, "sam@example.org"))
            .await,
    );
    assert_eq!(again, ErrorKind::Conflict { what });
    assert_eq!(outcome.created.len(), 1, "the candidate was there");
}

#[tokio::test]
async fn a_known_candidate_is_used_and_only_what_is_missing_is_filled_in() {
    let vendor = Vendor::start(Options::default()).await;
    let id = "3a000000-0000-4000-8000-000000000005";
    let before = vendor.document("candidates", id);
    let mut input = known(EXECUTIVE, "M.Alali@example.com");
    input["source"] = json!({ "name": "Employee Referral" });
    input["candidate"]["phone_number"] = json!("+49 30 5");
    input["candidate"]["location"] = json!({ "country": "DE" });
    input["candidate"]["social_links"] =
        json!([{ "url": "https://linkedin.com/in/m-alali" }, { "url": "https://github.com/m" }]);
    let outcome = vendor.act(CreateApplication, input).await.unwrap();
    let made = vendor.document("applications", application(&outcome));
    assert_eq!(made["candidate"]["id"], id);
    assert_eq!(made["source"]["id"], REFERRAL);
    let updates = vendor.sent("candidate.update");
    assert_eq!(updates.len(), 1);
    let mut members: Vec<_> = updates[0].as_object().unwrap().keys().cloned().collect();
    let mut expected = vec![
        "candidateId",
        "phoneNumber",
        "sendNotifications",
        "socialLinks",
    ];
    expected.retain(|member| *member != "phoneNumber" || before["phoneNumbers"] == json!([]));
    members.sort();
    assert_eq!(members, expected);
    let after = vendor.document("candidates", id);
    assert_eq!(after["name"], before["name"]);
    assert_eq!(after["source"], before["source"]);
    assert_eq!(after["location"], before["location"]);
    assert_eq!(after["socialLinks"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_resume_is_not_replaced_by_another_one() {
    let vendor = Vendor::start(Options::default()).await;
    let id = "3a000000-0000-4000-8000-000000000003";
    let before = vendor.document("candidates", id);
    let input = with(
        known(EXECUTIVE, "jc.garcia@example.com"),
        "attachments",
        json!([file("new.pdf", "CV")]),
    );
    let outcome = vendor.act(CreateApplication, input).await.unwrap();
    let after = vendor.document("candidates", id);
    assert_eq!(after["resumeFileHandle"], before["resumeFileHandle"]);
    assert!(after["fileHandles"].to_string().contains("new.pdf"));
    assert!(messages(&outcome)[0].contains("résumé"));
}

#[tokio::test]
async fn a_block_and_a_refusal_are_told_and_not_worked_around() {
    let options = Options {
        blocked_emails: vec!["ada@example.com".to_owned()],
        ..Options::default()
    };
    let vendor = Vendor::start(options).await;
    let before = census(&vendor);
    let error = vendor
        .act(CreateApplication, plain(INTERN))
        .await
        .unwrap_err();
    let what = "application_blocked";
    assert_eq!(*error.kind(), ErrorKind::Conflict { what });
    assert!(
        error
            .to_string()
            .contains("You have applied to this job before"),
        "{error}"
    );
    let input = known(INTERN, "testing-fail-validation@example.com");
    let error = vendor.act(CreateApplication, input).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::InputRejected { .. }),
        "{error}"
    );
    assert!(
        error.to_string().contains("trying out validation"),
        "{error}"
    );
    assert_eq!(vendor.sent("candidate.create").len(), 0);
    assert_eq!(census(&vendor), before);
}

#[tokio::test]
async fn sources_come_from_the_input_or_the_integration_and_doubts_are_warnings() {
    let mut vendor = Vendor::start(Options::default()).await;
    vendor.default_source = Some("Employee Referral");
    let outcome = vendor
        .act(CreateApplication, plain(EXECUTIVE))
        .await
        .unwrap();
    let made = vendor.document("applications", application(&outcome));
    assert_eq!(made["source"]["id"], REFERRAL);
    let input = with(plain(INTERN), "source", json!({ "name": "LinkedIn" }));
    let outcome = vendor.act(CreateApplication, input).await.unwrap();
    let made = vendor.document("applications", application(&outcome));
    assert_eq!(made["source"]["sourceType"]["title"], "Inbound");
    assert!(messages(&outcome)[0].contains("2 sources"));
    let input = with(plain(ANALYST), "source", json!({ "name": "Old Job Fair" }));
    let outcome = vendor.act(CreateApplication, input).await.unwrap();
    assert!(messages(&outcome)[0].contains("archived"));
    assert!(vendor.sent("application.create").last().unwrap()["sourceId"].is_null());
}

#[tokio::test]
async fn a_stage_is_one_of_the_jobs_and_may_be_of_another_plan_than_the_default_one() {
    let vendor = Vendor::start(Options::default()).await;
    let stage = |job: &str, stage: u32| {
        let stage = format!("remote:2a000000-0000-4000-8000-0000000000{stage:02}");
        with(plain(job), "stage_id", stage)
    };
    for wrong in [3, 15, 99] {
        let field = Some("stage_id".to_owned());
        let found = code(vendor.act(CreateApplication, stage(EXECUTIVE, wrong)).await);
        assert_eq!(found, ErrorKind::InputInvalid { field }, "{wrong}");
    }
    assert_eq!(writes(&vendor), [""; 0]);
    let outcome = vendor
        .act(CreateApplication, stage(ENGINEER, 31))
        .await
        .unwrap();
    let made = vendor.document("applications", application(&outcome));
    let found = made["currentInterviewStage"]["id"].as_str().unwrap();
    assert!(found.ends_with("31"), "{found}");
}

#[tokio::test]
async fn the_older_action_gives_the_candidate() {
    let vendor = Vendor::start(Options::default()).await;
    let mut input = plain(EXECUTIVE);
    input["application"] = json!({ "job_id": input["job_id"] });
    input.as_object_mut().unwrap().remove("job_id");
    let outcome = vendor.act(CreateCandidate, input).await.unwrap();
    let Output::Candidate(id) = &outcome.output else {
        panic!("{:?}", outcome.output);
    };
    assert_eq!(vendor.document("candidates", id)["name"], "Ada Byron");
    assert_eq!(outcome.touched[0], Target::new("candidates", id));
}

#[tokio::test]
async fn surveys_are_answered_by_whichever_key_the_vendor_takes() {
    for survey_keys in [SurveyKeys::Ids, SurveyKeys::Paths] {
        let options = Options {
            survey_keys,
            ..Options::default()
        };
        let vendor = Vendor::start(options).await;
        let answers = json!([survey(1, "_systemfield_eeoc_gender", "decline")]);
        let input = with(plain(INTERN), "screening_question_answers", answers);
        let before = vendor.count("survey_submissions");
        let outcome = vendor.act(CreateApplication, input).await.unwrap();
        assert_eq!(messages(&outcome), [""; 0]);
        assert_eq!(vendor.count("survey_submissions"), before + 1);
    }
}

#[tokio::test]
async fn a_dry_run_asks_nothing_and_plans_the_calls_that_are_made_then() {
    let [form, direct] = both_ways();
    let stage = "remote:2a000000-0000-4000-8000-000000000031";
    for input in [form, with(direct, "stage_id", stage)] {
        let vendor = Vendor::start(Options::default()).await;
        let (planned, dry) = vendor.plan(CreateApplication, input.clone()).await.unwrap();
        assert_eq!(vendor.asked(), [""; 0]);
        let outcome = vendor.act(CreateApplication, input).await.unwrap();
        assert_eq!(messages(&dry), messages(&outcome));
        let planned: Vec<&str> = planned.iter().map(|call| call.endpoint.as_str()).collect();
        let mut planned = sorted(planned.into_iter().map(str::to_owned).collect());
        let mut made = sorted(writes(&vendor));
        planned.retain(|endpoint| !endpoint.contains("url of"));
        made.retain(|endpoint| !endpoint.contains('/'));
        assert_eq!(planned, made);
    }
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

#[tokio::test]
async fn a_missing_permission_is_named_before_anything_is_made() {
    let vendor = Vendor::start(Options::default()).await;
    for permission in [
        "candidatesRead",
        "candidatesWrite",
        "hiringProcessMetadataRead",
        "interviewsRead",
        "jobsRead",
    ] {
        let connector = vendor.without(permission);
        let (book, kind) = (Book::default(), ActionKind::CreateApplication);
        let before = census(&vendor);
        let done = vendor
            .perform(&*connector, &book, kind, whole(), false)
            .await;
        let permission = Some(permission.to_owned());
        assert_eq!(code(done), ErrorKind::PermissionMissing { permission });
        assert_eq!(census(&vendor), before);
    }
}
