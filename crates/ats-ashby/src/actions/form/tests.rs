//! Tests of how a form is filled in.

use ats_core::{ActionKind, action::CreateApplication};
use serde_json::Value;

use super::*;
use crate::actions::{answers, sheet::WirePosting};

fn field(path: &str, kind: &str, title: &str, required: bool) -> Value {
    json!({ "isRequired": required, "field": { "path": path, "type": kind, "title": title } })
}

fn sheet(fields: &[Value]) -> Sheet {
    let own = [
        field(NAME, "String", "Name", true),
        field(EMAIL, "Email", "E-mail", true),
    ];
    let fields: Vec<&Value> = own.iter().chain(fields).collect();
    let form = json!({ "applicationFormDefinition": { "sections": [{ "fields": fields }] } });
    let posting: WirePosting = serde_json::from_value(form).unwrap();
    posting.into()
}

fn input(more: Value) -> CreateApplication {
    let mut input = json!({ "job_id": "remote:j", "candidate": {
        "first_name": " Ada ", "last_name": "Byron", "email_address": "ada@a.example",
    } });
    for (name, value) in more.as_object().unwrap() {
        match name.as_str() {
            "phone_number" | "location" | "social_links" => {
                input["candidate"][name] = value.clone()
            }
            _ => input[name] = value.clone(),
        }
    }
    match ActionKind::CreateApplication.parse(input).unwrap().action {
        ats_core::Action::CreateApplication(input) => *input,
        _ => panic!("another action"),
    }
}

/// The entries, the titles of what is missing, and the attachments that were used.
fn filled(
    sheet: &Sheet,
    more: Value,
    has_resume: bool,
) -> (Vec<(String, Value)>, Vec<String>, Vec<usize>) {
    let input = input(more);
    let wish = Wish::of_application(&input).unwrap();
    let answers = answers::sort(sheet, &input.screening_question_answers).unwrap();
    let filled = fill(sheet, &wish, &answers.form, has_resume).unwrap();
    let entries = filled.entries.iter().map(|entry| {
        let value = match &entry.content {
            Content::Value(value) => value.clone(),
            Content::File(file) => json!({ "file": file.name }),
        };
        (entry.field.path.clone(), value)
    });
    let missing = filled.missing.iter().map(|field| field.title().to_owned());
    (entries.collect(), missing.collect(), filled.used.clone())
}

fn file(name: &str, kind: &str) -> Value {
    json!({ "name": name, "data": "aGk=", "content_type": "text/plain", "type": kind })
}

#[test]
fn the_applicants_own_data_goes_into_its_fields_and_what_is_demanded_and_missing_is_told() {
    let sheet = sheet(&[
        field(PHONE, "Phone", "Phone", true),
        field(LOCATION_PATH, "Location", "Where", true),
        field("q", "String", "Why?", true),
        field("o", "String", "What else?", false),
    ]);
    let (entries, missing, _) = filled(&sheet, json!({}), false);
    assert_eq!(entries[0], (NAME.to_owned(), json!("Ada Byron")));
    assert_eq!(entries[1], (EMAIL.to_owned(), json!("ada@a.example")));
    assert_eq!(missing, ["Phone", "Where", "Why?"]);
    let whole = json!({
        "phone_number": "+49 30 1",
        "location": { "country": "DE", "city": "Bonn", "street_1": "Am Hang 1" },
        "screening_question_answers": [{ "question_id": "remote:q", "answer": "Because" }],
    });
    let (entries, missing, _) = filled(&sheet, whole, false);
    assert_eq!(missing, [""; 0]);
    let expected = [
        (PHONE.to_owned(), json!("+49 30 1")),
        (
            LOCATION_PATH.to_owned(),
            json!({ "city": "Bonn", "country": "DE" }),
        ),
        ("q".to_owned(), json!("Because")),
    ];
    assert_eq!(entries[2..], expected);
}

#[test]
fn links_go_into_fields_that_ask_for_them_and_into_no_others() {
    let sheet = sheet(&[
        field("l", "Url", "Your LinkedIn", true),
        field("g", "String", "GitHub profile", false),
        field("s", "String", "What do you think of our website?", false),
        field("t", "LongText", "LinkedIn", false),
    ]);
    let links = [
        "https://a.example",
        "https://github.com/a",
        "https://linkedin.com/in/a",
    ];
    let links = links.map(|url| json!({ "url": url }));
    let (entries, missing, _) = filled(&sheet, json!({ "social_links": links }), false);
    let found: Vec<_> = entries[2..].iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(found, ["g", "l"]);
    assert_eq!(missing, [""; 0]);
}

#[test]
fn files_go_into_their_fields_and_a_resume_replaces_none_unless_the_form_demands_one() {
    let files = json!({ "attachments": [
        file("cv.pdf", "CV"), file("other.pdf", "OTHER"), file("letter.pdf", "COVER_LETTER"),
        file("cv2.pdf", "CV"),
    ] });
    let with = |required| {
        sheet(&[
            field("_systemfield_resume", "File", "Resume", required),
            field("c", "File", "Cover letter", false),
        ])
    };
    for (required, has_resume, used) in [
        (false, false, vec![2, 0]),
        (false, true, vec![2]),
        (true, true, vec![2, 0]),
    ] {
        let (_, _, found) = filled(&with(required), files.clone(), has_resume);
        assert_eq!(found, used, "{required} {has_resume}");
    }
    let own = sheet(&[field("p", "File", "Papers", true)]);
    let (_, missing, found) = filled(&own, files, true);
    assert_eq!(
        (missing.len(), found),
        (0, vec![0]),
        "the form demands a file"
    );
}

#[test]
fn a_form_that_asks_what_the_api_has_no_word_for_cannot_be_filled() {
    let sheet = sheet(&[field("e", "EducationHistory", "Schools", true)]);
    let input = input(json!({}));
    let wish = Wish::of_application(&input).unwrap();
    let filled = fill(&sheet, &wish, &[], false).unwrap();
    assert_eq!(filled.unfillable().unwrap().title(), "Schools");
    assert!(fill(&Sheet::default(), &wish, &[], false).is_none());
}
