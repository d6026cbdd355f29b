//! Tests of how answers are checked and turned into what the vendor takes.

use ats_core::ErrorKind;

use super::*;

/// A sheet with one field of each type on the form, and two surveys.
fn sheet() -> Sheet {
    let field = |path: &str, kind: &str| Field {
        path: path.to_owned(),
        kind: kind.to_owned(),
        options: [("a", "Apple"), ("b", "Pear")]
            .map(|(value, label)| (value.to_owned(), label.to_owned()))
            .into(),
        ..Field::default()
    };
    let kinds = [
        "String",
        "LongText",
        "RichText",
        "Phone",
        "Email",
        "Url",
        "UUID",
        "Number",
        "Score",
        "Boolean",
        "Date",
        "ValueSelect",
        "MultiValueSelect",
        "File",
        "EducationHistory",
    ];
    let mut fields: Vec<Field> = kinds.iter().map(|kind| field(kind, kind)).collect();
    fields.push(field("_systemfield_phone", "Phone"));
    let required = Field {
        is_required: true,
        ..field("gender", "ValueSelect")
    };
    let survey = |id: &str| Survey {
        id: id.to_owned(),
        kind: Some("EEOC".to_owned()),
        fields: vec![required.clone(), field("String", "String")],
    };
    Sheet {
        fields,
        surveys: vec![survey("one"), survey("two")],
    }
}

fn given(question: &str, answer: Value) -> NewAnswer {
    let answer = json!({ "question_id": format!("remote:{question}"), "answer": answer });
    serde_json::from_value(answer).unwrap()
}

/// What the vendor is given for one answer; none where it says nothing.
fn value(kind: &str, answer: Value) -> Result<Option<Value>> {
    let sheet = sheet();
    let answers = sort(&sheet, &[given(kind, answer)])?;
    assert!(answers.warnings.is_empty(), "{kind}");
    Ok(answers
        .form
        .first()
        .map(|answered| match &answered.content {
            Content::Value(value) => value.clone(),
            Content::File(file) => json!({ "file": file.name }),
        }))
}

#[test]
fn each_type_takes_what_the_vendor_says_and_refuses_the_rest_without_quoting_it() {
    const UUID: &str = "00000000-0000-4000-8000-00000000000f";
    let file = json!({ "name": "a.pdf", "data_url": "https://a.example/a.pdf" });
    let good = [
        ("String", json!("x"), json!("x")),
        ("LongText", json!("x\ny"), json!("x\ny")),
        (
            "RichText",
            json!("x"),
            json!({ "type": "PlainText", "value": "x" }),
        ),
        ("Phone", json!("+49 30 1"), json!("+49 30 1")),
        ("Email", json!(" a@b.example "), json!("a@b.example")),
        (
            "Url",
            json!("https://a.example"),
            json!("https://a.example"),
        ),
        ("UUID", json!(UUID), json!(UUID)),
        ("Number", json!(3), json!(3)),
        ("Number", json!(-2.0), json!(-2)),
        ("Score", json!(4), json!({ "score": 4 })),
        ("Boolean", json!(false), json!(false)),
        ("Date", json!("2026-02-28"), json!("2026-02-28")),
        (
            "Date",
            json!("2026-02-28T23:30:00-02:00"),
            json!("2026-03-01"),
        ),
        ("ValueSelect", json!("a"), json!("a")),
        ("ValueSelect", json!(" pear"), json!("b")),
        ("ValueSelect", json!(["a"]), json!("a")),
        (
            "MultiValueSelect",
            json!(["Apple", "b", "a"]),
            json!(["a", "b"]),
        ),
        ("MultiValueSelect", json!("b"), json!(["b"])),
        ("File", file, json!({ "file": "a.pdf" })),
    ];
    for (kind, answer, expected) in good {
        assert_eq!(
            value(kind, answer.clone()).unwrap(),
            Some(expected),
            "{kind} {answer}"
        );
    }
    let bad = [
        ("String", json!(7)),
        ("RichText", json!(true)),
        ("Phone", json!("marker")),
        ("Email", json!("marker@")),
        ("Url", json!("ftp://marker.example")),
        ("UUID", json!("marker")),
        ("Number", json!("marker")),
        ("Number", json!(2.5)),
        ("Score", json!(5)),
        ("Boolean", json!("marker")),
        ("Date", json!("2026-02-30")),
        ("Date", json!("marker")),
        ("ValueSelect", json!("marker")),
        ("ValueSelect", json!(["a", "b"])),
        ("MultiValueSelect", json!(["a", "marker"])),
        ("File", json!("marker")),
    ];
    for (kind, answer) in bad {
        let error = value(kind, answer.clone()).unwrap_err();
        let field = Some("screening_question_answers[0].answer".to_owned());
        assert_eq!(
            *error.kind(),
            ErrorKind::InputInvalid { field },
            "{kind} {answer}"
        );
        let text = error.to_string();
        assert!(text.contains(kind) && !text.contains("marker"), "{text}");
    }
}

#[test]
fn an_empty_answer_says_nothing() {
    assert_eq!(value("String", json!(" ")).unwrap(), None);
    assert_eq!(value("MultiValueSelect", json!([])).unwrap(), None);
}

#[test]
fn what_cannot_be_answered_is_a_warning() {
    let sheet = sheet();
    let answers = [
        given("nobody", json!("x")),
        given("_systemfield_phone", json!("+49 30 1")),
        given("survey:three:gender", json!("a")),
        given("EducationHistory", json!("x")),
    ];
    let answers = sort(&sheet, &answers).unwrap();
    assert!(answers.is_empty());
    let inputs: Vec<_> = answers
        .warnings
        .iter()
        .filter_map(|one| one.input.as_deref())
        .collect();
    let expected = [
        "screening_question_answers[0].question_id",
        "screening_question_answers[1].question_id",
        "screening_question_answers[2].question_id",
        "screening_question_answers[3].answer",
    ];
    assert_eq!(inputs, expected);
}

#[test]
fn answers_to_surveys_go_by_survey_and_a_survey_that_is_begun_is_answered_as_it_demands() {
    let sheet = sheet();
    let given = |questions: &[&str]| -> Vec<NewAnswer> {
        let answers = questions.iter().map(|question| given(question, json!("a")));
        answers.collect()
    };
    let whole = given(&[
        "survey:one:gender",
        "survey:two:gender",
        "survey:one:String",
    ]);
    let answers = sort(&sheet, &whole).unwrap();
    let sizes: Vec<_> = answers
        .surveys
        .iter()
        .map(|one| (&*one.survey.id, one.values.len()))
        .collect();
    assert_eq!(sizes, [("one", 2), ("two", 1)]);
    let Err(error) = sort(&sheet, &given(&["survey:one:String"])) else {
        panic!("a demanded answer was missing");
    };
    assert!(error.to_string().contains("`gender`"), "{error}");
    for twice in ["String", "survey:one:gender"] {
        let Err(error) = sort(&sheet, &given(&[twice, twice])) else {
            panic!("{twice} was answered twice");
        };
        assert!(error.to_string().contains("twice"), "{error}");
    }
}
