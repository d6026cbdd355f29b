//! No answer to an equal-employment question and no byte of a file is in a log, an error, a warning,
//! a plan or the memory of steps, whatever happens.

use std::{
    io,
    sync::{Arc, Mutex},
};

use ats_core::ActionKind::CreateApplication;
use ats_simulator::{Fault, FaultKind, Options};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Book, Vendor};

const POSTING: &str = "2c000000-0000-4000-8000-000000000001";
const EEOC: &str = "2d000000-0000-4000-8000-000000000001";
const RACE: &str = "_systemfield_eeoc_race";
const VETERAN: &str = "_systemfield_eeoc_veteran_status";

/// An answer to a survey, an answer in the form, and what a file holds, also as base64.
const MARKERS: [&str; 4] = ["SURVEYMARKER", "FORMMARKER", "FILEMARKER", "RklMRU1BUktFUg"];

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Lets the engineer's posting ask for any text where the law wants an answer.
async fn vendor() -> Vendor {
    let mut world = ats_simulator::ashby::small_world();
    let into_text = |form: &mut Value| {
        for field in form["sections"][0]["fields"].as_array_mut().unwrap() {
            if field["field"]["path"] == RACE {
                field["field"]["type"] = json!("String");
            }
        }
    };
    world.update("survey_form_definitions", EEOC, |survey| {
        into_text(&mut survey["formDefinition"]);
    });
    world.update("job_postings", POSTING, |posting| {
        into_text(&mut posting["surveyFormDefinitions"][0]["formDefinition"]);
        let form = &mut posting["applicationFormDefinition"]["sections"][0]["fields"];
        form.as_array_mut().unwrap().push(json!({
            "isRequired": false,
            "field": {
                "id": "5a000000-0000-4000-8000-000000000099", "type": "String", "path": VETERAN,
                "humanReadablePath": VETERAN, "title": "Veteran status", "isNullable": true,
            },
        }));
    });
    Vendor::with(world, Options::default()).await
}

fn input() -> Value {
    let answer = |question: &str, answer: Value| json!({ "question_id": format!("remote:{question}"), "answer": answer });
    let own = |number: u32| format!("5a000000-0000-4000-8000-0000000000{number:02}");
    json!({
        "job_id": "remote:0b000000-0000-4000-8000-000000000001",
        "candidate": {
            "first_name": "Ada", "last_name": "Byron", "email_address": "ada@example.com",
        },
        "screening_question_answers": [
            answer(&own(1), json!("Now")),
            answer(&own(7), json!(4)),
            answer(&own(8), json!(true)),
            answer(VETERAN, json!("FORMMARKER")),
            answer(&format!("survey:{EEOC}:{RACE}"), json!("SURVEYMARKER")),
            answer(&format!("survey:{EEOC}:_systemfield_eeoc_gender"), json!("decline")),
        ],
        "attachments": [
            { "name": "cv.txt", "content_type": "text/plain", "data": "RklMRU1BUktFUg==", "type": "CV" },
            { "name": "o.txt", "content_type": "text/plain", "data": "RklMRU1BUktFUg==", "type": "OTHER" },
        ],
    })
}

/// An answer of another form than the question's.
fn wrong(index: usize, answer: Value) -> Value {
    let mut input = input();
    input["screening_question_answers"][index]["answer"] = answer;
    input
}

#[tokio::test]
async fn nothing_that_must_not_be_seen_is_seen() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::info!("the log is heard");

    let mut seen = String::new();
    let refused = |code: &str| FaultKind::SuccessFalse {
        code: code.to_owned(),
        http: 200,
    };
    let faults = [
        None,
        Some(("surveySubmission.create", FaultKind::ApplyThenReset)),
        Some(("surveySubmission.create", refused("SURVEYMARKER"))),
        Some(("surveySubmission.create", refused("invalid_input"))),
        Some(("surveySubmission.create", FaultKind::Malformed)),
        Some(("applicationForm.submit", FaultKind::ApplyThenReset)),
        Some(("applicationForm.submit", refused("FORMMARKER"))),
        Some(("applicationForm.submit", FaultKind::Truncated)),
        Some(("file.createFileUploadHandle", refused("FILEMARKER"))),
    ];
    for fault in faults {
        let vendor = vendor().await;
        // The vendor's own words may be the secret itself; a code about a file is not one.
        let is_file = matches!(&fault, Some(("file.createFileUploadHandle", _)));
        if let Some((endpoint, kind)) = fault {
            vendor.simulator.inject(Fault::once(endpoint, kind));
        }
        let book = Book::default();
        let done = vendor.act_with(&book, CreateApplication, input()).await;
        if !is_file {
            seen.push_str(&format!("{done:?}"));
        }
        if let Err(error) = &done {
            seen.push_str(&if is_file {
                String::new()
            } else {
                error.to_string()
            });
        }
        seen.push_str(&format!("{:?}", book.steps()));
    }
    let vendor = vendor().await;
    let outcome = vendor.act(CreateApplication, input()).await.unwrap();
    assert!(outcome.warnings.is_empty(), "{:?}", outcome.warnings);
    assert_eq!(vendor.sent("surveySubmission.create").len(), 1);
    let (planned, dry) = self::vendor()
        .await
        .plan(CreateApplication, input())
        .await
        .unwrap();
    seen.push_str(&format!("{planned:?} {dry:?}"));
    assert!(
        seen.contains("<answer>"),
        "the plan shows that there are answers"
    );
    let secret = [
        wrong(3, json!(["FORMMARKER"])),
        wrong(4, json!(["SURVEYMARKER"])),
        wrong(5, json!("SURVEYMARKER")),
    ];
    for input in secret {
        let error = vendor.act(CreateApplication, input).await.unwrap_err();
        seen.push_str(&format!("{error} {error:?}"));
    }
    let action = CreateApplication.parse(input()).unwrap();
    seen.push_str(&format!("{action:?}"));
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("the log is heard"));
    for marker in MARKERS {
        assert!(!seen.contains(marker), "{marker} in {seen}");
        assert!(!logged.contains(marker), "{marker} in {logged}");
    }
}
