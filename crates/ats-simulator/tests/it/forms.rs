//! Submitting an application form, and answers to surveys.

use ats_simulator::{Options, Simulator, SurveyKeys, ashby};
use serde_json::{Value, json};

use crate::client::{ask, done, ids, nothing, post_form, refused, small, upload, walk, where_};

const POSTING: &str = "2c000000-0000-4000-8000-000000000001";
const PDF: &[u8] = b"%PDF-1.4 synthetic";

fn field(number: u32) -> String {
    format!("5a000000-0000-4000-8000-{number:012}")
}

/// The least that the form of the posting takes.
async fn least(simulator: &Simulator, mail: &str) -> Value {
    let resume = upload(simulator, "ApplicationForm", "cv.pdf", PDF).await;
    with_resume(mail, &resume)
}

fn with_resume(mail: &str, resume: &str) -> Value {
    json!({
        "jobPostingId": POSTING,
        "applicationForm": { "fieldSubmissions": [
            { "path": "_systemfield_name", "value": "Fay Former" },
            { "path": "_systemfield_email", "value": mail },
            { "path": "_systemfield_resume", "value": resume },
            { "path": field(1), "value": "A text" },
            { "path": field(7), "value": 7 },
            { "path": field(8), "value": true },
        ]},
    })
}

fn answer_more(body: &mut Value, path: &str, value: Value) {
    let fields = body["applicationForm"]["fieldSubmissions"].as_array_mut();
    fields
        .expect("fields")
        .push(json!({ "path": path, "value": value }));
}

fn posting_id(simulator: &Simulator) -> String {
    let found = where_(simulator, "job_postings", |posting| {
        posting["id"] == POSTING
    });
    found[0].clone()
}

#[tokio::test]
async fn a_form_makes_a_candidate_and_an_application_with_the_answers() {
    let simulator = small().await;
    assert_eq!(posting_id(&simulator), POSTING);
    let (_, people) = walk(&simulator, "candidate.list", nothing()).await;
    let (_, applications) = walk(&simulator, "application.list", nothing()).await;
    let mut body = least(&simulator, "fay@example.com").await;
    let tag = where_(&simulator, "candidate_tags", |tag| {
        tag["isArchived"] == false
    })[0]
        .clone();
    body["tagIds"] = json!([tag]);
    answer_more(&mut body, "_systemfield_phone", json!("+1 555 0123"));
    answer_more(
        &mut body,
        &field(3),
        json!({ "type": "PlainText", "value": "Dear all" }),
    );
    let result = done(&simulator, "applicationForm.submit", body.clone()).await;
    assert_eq!(result["formMessages"], json!({ "blocked": false }));
    let instance = &result["submittedFormInstance"];
    let info = json!({
        "submittedFormInstanceId": instance["id"],
        "expand": ["applicationFormSubmissions"],
    });
    let application = done(&simulator, "application.info", info).await;
    assert_eq!(application["status"], "Active");
    assert_eq!(
        application["currentInterviewStage"]["type"],
        "PreInterviewScreen"
    );
    assert_eq!(application["appliedViaJobPostingId"], POSTING);
    assert_eq!(application["source"]["sourceType"]["title"], "Inbound");
    assert_eq!(application["resumeFileHandle"]["name"], "cv.pdf");
    assert_eq!(application["applicationFormSubmissions"], json!([instance]));
    let values = &instance["submittedValues"];
    assert_eq!(values[field(7)], 7);
    assert_eq!(values["_systemfield_resume"]["name"], "cv.pdf");
    let person = json!({ "id": application["candidate"]["id"] });
    let person = done(&simulator, "candidate.info", person).await;
    assert_eq!(person["name"], "Fay Former");
    assert_eq!(person["primaryEmailAddress"]["value"], "fay@example.com");
    assert_eq!(person["primaryPhoneNumber"]["value"], "+1 555 0123");
    assert_eq!(person["resumeFileHandle"], application["resumeFileHandle"]);
    assert_eq!(person["tags"][0]["id"], tag);
    assert_eq!(person["applicationIds"], json!([application["id"]]));
    let delta = json!({ "syncToken": people });
    assert_eq!(
        ids(&simulator, "candidate.list", delta).await,
        [person["id"].clone()]
    );
    let delta = json!({ "syncToken": applications });
    assert_eq!(
        ids(&simulator, "application.list", delta).await,
        [application["id"].clone()]
    );
}

#[tokio::test]
async fn an_applicant_who_is_known_stays_the_same_candidate() {
    let simulator = small().await;
    let known = simulator.read(|world| world.ids("candidates")[0].clone());
    let before = done(&simulator, "candidate.info", json!({ "id": known })).await;
    let mail = before["emailAddresses"][0]["value"]
        .as_str()
        .expect("a mail");
    let body = least(&simulator, &mail.to_uppercase()).await;
    done(&simulator, "applicationForm.submit", body).await;
    let after = done(&simulator, "candidate.info", json!({ "id": known })).await;
    let count = |candidate: &Value| candidate["applicationIds"].as_array().expect("ids").len();
    assert_eq!(count(&after), count(&before) + 1);
    for member in ["name", "source", "emailAddresses"] {
        assert_eq!(after[member], before[member], "{member}");
    }
}

#[tokio::test]
async fn a_form_with_wrong_answers_is_refused_as_a_whole() {
    let simulator = small().await;
    let good = least(&simulator, "fay@example.com").await;
    let drop_field = |path: &str| {
        let mut body = good.clone();
        let fields = body["applicationForm"]["fieldSubmissions"].as_array_mut();
        fields
            .expect("fields")
            .retain(|field| field["path"] != path);
        body
    };
    let replace = |path: &str, value: Value| {
        let mut body = drop_field(path);
        answer_more(&mut body, path, value);
        body
    };
    let resume = upload(&simulator, "CandidateResume", "cv.pdf", PDF).await;
    for body in [
        drop_field("_systemfield_name"),
        drop_field("_systemfield_resume"),
        drop_field(&field(1)),
        replace(&field(1), json!("")),
        replace(&field(7), json!("7")),
        replace(&field(8), json!("true")),
        replace(&field(9), json!("1.1.2026")),
        replace(&field(10), json!("No such option")),
        replace("_systemfield_resume", json!(resume)),
        replace("_systemfield_email", json!("nowhere")),
        replace(
            "_systemfield_email",
            json!("testing-fail-validation@example.com"),
        ),
        replace("_systemfield_nothing", json!("x")),
        json!({ "jobPostingId": POSTING }),
        json!({ "jobPostingId": POSTING, "applicationForm": {} }),
    ] {
        let code = refused(&simulator, "applicationForm.submit", body.clone()).await;
        assert_eq!(code, "invalid_input", "{body}");
    }
    let mut twice = good.clone();
    answer_more(&mut twice, &field(1), json!("again"));
    assert_eq!(
        refused(&simulator, "applicationForm.submit", twice).await,
        "invalid_input"
    );
    let answer = ask(&simulator, "applicationForm.submit", drop_field(&field(1)))
        .await
        .json();
    let message = answer["errors"][0].as_str().expect("a message");
    assert!(message.ends_with("is required"), "{message}");
    let mut body = good;
    body["jobPostingId"] = json!(field(1));
    let code = refused(&simulator, "applicationForm.submit", body).await;
    assert_eq!(code, "job_posting_not_found");
}

#[tokio::test]
async fn an_unpublished_posting_takes_forms_unless_told_not_to() {
    let simulator = small().await;
    simulator.edit(|world| {
        world.update("job_postings", POSTING, |posting| {
            posting["_boards"] = json!([])
        });
    });
    let mut body = least(&simulator, "fay@example.com").await;
    body["allowSubmissionForUnpublishedJobPosting"] = json!(false);
    let code = refused(&simulator, "applicationForm.submit", body.clone()).await;
    assert_eq!(code, "job_posting_not_published");
    body["allowSubmissionForUnpublishedJobPosting"] = json!(true);
    done(&simulator, "applicationForm.submit", body).await;
}

#[tokio::test]
async fn a_blocked_applicant_gets_no_application() {
    let options = Options {
        blocked_emails: vec!["blocked@example.com".to_owned()],
        ..Options::default()
    };
    let simulator = Simulator::start(ashby::small_world(), options)
        .await
        .expect("a free port");
    let before = simulator.read(|world| (world.len("candidates"), world.len("applications")));
    let body = least(&simulator, "Blocked@example.com").await;
    let result = done(&simulator, "applicationForm.submit", body).await;
    assert_eq!(result["formMessages"]["blocked"], true);
    let after = simulator.read(|world| (world.len("candidates"), world.len("applications")));
    assert_eq!(before, after);
    let info = json!({ "submittedFormInstanceId": result["submittedFormInstance"]["id"] });
    let code = refused(&simulator, "application.info", info).await;
    assert_eq!(code, "application_blocked");
}

#[tokio::test]
async fn the_application_may_be_found_later_only() {
    let options = Options {
        form_lag: 2,
        ..Options::default()
    };
    let simulator = Simulator::start(ashby::small_world(), options)
        .await
        .expect("a free port");
    let body = least(&simulator, "fay@example.com").await;
    let result = done(&simulator, "applicationForm.submit", body).await;
    let info = json!({ "submittedFormInstanceId": result["submittedFormInstance"]["id"] });
    for _ in 0..2 {
        let code = refused(&simulator, "application.info", info.clone()).await;
        assert_eq!(code, "application_not_found");
    }
    done(&simulator, "application.info", info).await;
}

#[tokio::test]
async fn a_tracking_link_names_the_source() {
    let simulator = small().await;
    let source = simulator.read(|world| world.ids("sources")[3].clone());
    simulator.edit(|world| {
        let link = json!({
            "code": "abc", "enabled": true, "sourceId": source, "link": "https://jobs.example/?utm_source=abc",
        });
        world.insert("source_tracking_links", link);
    });
    let mut body = least(&simulator, "fay@example.com").await;
    body["utmData"] = json!({ "utm_source": "abc" });
    done(&simulator, "applicationForm.submit", body).await;
    let made = where_(&simulator, "applications", |application| {
        application["source"]["id"] == source.as_str()
            && application["candidate"]["name"] == "Fay Former"
    });
    assert_eq!(made.len(), 1);
}

#[tokio::test]
async fn a_form_may_bring_its_files_along() {
    let simulator = small().await;
    let mut body = with_resume("fay@example.com", "resume_1");
    answer_more(&mut body, &field(12), json!("sample"));
    let text = body["applicationForm"].to_string();
    let parts: [crate::client::Part<'_>; 5] = [
        ("jobPostingId", None, POSTING.as_bytes()),
        ("applicationForm", None, text.as_bytes()),
        ("allowSubmissionForUnpublishedJobPosting", None, b"false"),
        ("resume_1", Some(("cv.pdf", "application/pdf")), PDF),
        ("sample", Some(("sample.txt", "text/plain")), b"Hello"),
    ];
    let answer = post_form(&simulator, "applicationForm.submit", &parts)
        .await
        .json();
    assert_eq!(answer["success"], true, "{answer}");
    let values = &answer["results"]["submittedFormInstance"]["submittedValues"];
    assert_eq!(values["_systemfield_resume"]["name"], "cv.pdf");
    assert_eq!(values[field(12)]["name"], "sample.txt");
    let missing = post_form(&simulator, "applicationForm.submit", &parts[..4]).await;
    assert_eq!(missing.code(), "invalid_input");
}

async fn survey(simulator: &Simulator, kind: &str, values: Value) -> Value {
    let form = where_(simulator, "survey_form_definitions", |form| {
        form["surveyType"] == kind
    });
    let application = simulator.read(|world| {
        let applications = world.collection("applications");
        applications
            .values()
            .next()
            .expect("an application")
            .clone()
    });
    json!({
        "candidateId": application["candidate"]["id"],
        "applicationId": application["id"],
        "surveyFormDefinitionId": form[0],
        "submittedValues": values,
    })
}

fn eeoc_answer(simulator: &Simulator) -> Value {
    simulator.read(|world| {
        let forms = world.collection("survey_form_definitions");
        let form = forms.values().find(|form| form["surveyType"] == "EEOC");
        form.expect("a form")["formDefinition"]["sections"][0]["fields"][0]["field"]
            ["selectableValues"][0]["value"]
            .clone()
    })
}

#[tokio::test]
async fn answers_to_a_questionnaire_can_be_read_and_those_to_an_eeoc_survey_cannot() {
    let simulator = small().await;
    let list = json!({ "surveyType": "Questionnaire" });
    let (_, token) = walk(&simulator, "surveySubmission.list", list.clone()).await;
    let values = json!({ field(35): "A race", field(37): false });
    let body = survey(&simulator, "Questionnaire", values.clone()).await;
    let made = done(&simulator, "surveySubmission.create", body).await;
    assert_eq!(made["submittedValues"], values);
    let answer = json!({ "_systemfield_eeoc_gender": eeoc_answer(&simulator) });
    let body = survey(&simulator, "EEOC", answer).await;
    let secret = done(&simulator, "surveySubmission.create", body).await;
    assert_eq!(secret["surveyType"], "EEOC");
    let mut delta = list;
    delta["syncToken"] = json!(token);
    assert_eq!(
        ids(&simulator, "surveySubmission.list", delta).await,
        [made["id"].clone()]
    );
    let all = where_(&simulator, "survey_submissions", |s| {
        s["surveyType"] == "EEOC"
    });
    assert_eq!(all.len(), 1, "the vendor holds what it never shows");
    for values in [
        nothing(),
        json!({ "_systemfield_eeoc_gender": "no such option" }),
        json!({ "unknown": 1 }),
    ] {
        let body = survey(&simulator, "EEOC", values).await;
        let code = refused(&simulator, "surveySubmission.create", body).await;
        assert_eq!(code, "invalid_input");
    }
    let mut body = survey(&simulator, "Questionnaire", values).await;
    body["candidateId"] = json!(simulator.read(|world| world.ids("candidates")[5].clone()));
    assert_eq!(
        refused(&simulator, "surveySubmission.create", body).await,
        "invalid_input"
    );
}

#[tokio::test]
async fn answers_are_keyed_by_what_the_option_says() {
    for (keys, key, taken) in [
        (
            SurveyKeys::Either,
            "_systemfield_eeoc_gender".to_owned(),
            true,
        ),
        (SurveyKeys::Either, field(31), true),
        (
            SurveyKeys::Ids,
            "_systemfield_eeoc_gender".to_owned(),
            false,
        ),
        (SurveyKeys::Ids, field(31), true),
        (
            SurveyKeys::Paths,
            "_systemfield_eeoc_gender".to_owned(),
            true,
        ),
        (SurveyKeys::Paths, field(31), false),
    ] {
        let options = Options {
            survey_keys: keys,
            ..Options::default()
        };
        let simulator = Simulator::start(ashby::small_world(), options)
            .await
            .expect("a free port");
        let answer = json!({ key.clone(): eeoc_answer(&simulator) });
        let body = survey(&simulator, "EEOC", answer).await;
        let answer = ask(&simulator, "surveySubmission.create", body)
            .await
            .json();
        assert_eq!(answer["success"], taken, "{keys:?} {key}");
    }
}
