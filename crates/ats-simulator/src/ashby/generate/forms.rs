//! Application forms, survey forms and answers: every type of field that Ashby documents.

use serde_json::{Map, Value, json};

use super::dice::{Dice, HOUR, Kind, day, id, time};
use super::words::SENTENCES;

/// How many different application forms there are. The first has every type of field.
pub(super) const FORMS: u64 = 6;

const SYSTEM: [(&str, &str, &str); 5] = [
    ("_systemfield_name", "String", "Name"),
    ("_systemfield_email", "Email", "Email"),
    ("_systemfield_phone", "Phone", "Phone"),
    ("_systemfield_resume", "File", "Resume"),
    ("_systemfield_location", "Location", "Location"),
];

const CUSTOM: [(&str, &str); 20] = [
    ("String", "Where did you hear of us?"),
    ("Email", "A referee's e-mail"),
    ("Phone", "A second number"),
    ("LongText", "Why us?"),
    ("RichText", "Cover letter"),
    ("Url", "Portfolio"),
    ("Location", "Where would you work?"),
    ("ValueSelect", "Notice period"),
    ("MultiValueSelect", "Languages"),
    ("Boolean", "May you work here?"),
    ("Number", "Years of experience"),
    ("Date", "Earliest start"),
    ("File", "Work sample"),
    ("Score", "Rate yourself"),
    ("EducationHistory", "Education"),
    ("Currency", "Expected salary"),
    ("NumberRange", "Hours a week"),
    ("CompensationRange", "Expected range"),
    ("UUID", "Employee who referred you"),
    ("SocialLink", "A profile"),
];

const OPTIONS: [(&str, &str); 4] = [
    ("now", "At once"),
    ("month", "One month"),
    ("quarter", "Three months"),
    ("other", "Later"),
];

/// One field of a form.
pub(super) fn field(
    seed: u64,
    number: u64,
    path: Option<&str>,
    kind: &str,
    title: &str,
    required: bool,
) -> Value {
    let id = id(seed, Kind::Field, number);
    let mut inner = json!({
        "id": id,
        "type": kind,
        "path": path.unwrap_or(&id),
        "humanReadablePath": "",
        "title": title,
        "isNullable": !required,
    });
    if kind.ends_with("ValueSelect") {
        inner["selectableValues"] = OPTIONS
            .iter()
            .map(|(value, label)| json!({ "label": label, "value": value }))
            .collect();
    }
    let mut field = json!({ "isRequired": required, "field": inner });
    if number.is_multiple_of(3) {
        field["descriptionHtml"] = json!(format!("<p>About <b>{title}</b></p>"));
        field["descriptionPlain"] = json!(format!("About {title}"));
    }
    field
}

/// The `variant`-th application form.
pub(super) fn application_form(seed: u64, variant: u64) -> Value {
    let system: Vec<Value> = (0..)
        .zip(SYSTEM)
        .filter(|(place, _)| *place < 4 || variant.is_multiple_of(2))
        .map(|(place, (path, kind, title))| {
            field(seed, 1_000 + place, Some(path), kind, title, place != 2)
        })
        .collect();
    let custom: Vec<Value> = (0..)
        .zip(CUSTOM)
        .filter(|(place, _)| variant == 0 || (place + variant).is_multiple_of(3))
        .map(|(place, (kind, title))| {
            field(
                seed,
                variant * 100 + place,
                None,
                kind,
                title,
                (place + variant).is_multiple_of(2),
            )
        })
        .collect();
    json!({ "sections": [
        { "fields": system },
        {
            "title": "Questions",
            "descriptionHtml": "<p>Tell us more</p>",
            "descriptionPlain": "Tell us more",
            "fields": custom,
        },
    ]})
}

/// The survey forms, one for each type. The last is archived.
pub(super) fn surveys(seed: u64) -> Vec<Value> {
    let eeoc = [
        ("_systemfield_eeoc_gender", "Gender"),
        ("_systemfield_eeoc_race", "Race"),
        ("_systemfield_eeoc_veteran_status", "Veteran status"),
        ("_systemfield_eeoc_disability_status", "Disability status"),
    ];
    let eeoc = (0..)
        .zip(eeoc)
        .map(|(place, (path, title))| {
            field(seed, 2_000 + place, Some(path), "ValueSelect", title, false)
        })
        .collect();
    let custom = |from: u64, kinds: &[(&str, &str)]| -> Vec<Value> {
        let numbered = (from..).zip(kinds);
        numbered
            .map(|(n, (kind, title))| field(seed, n, None, kind, title, n % 2 == 0))
            .collect()
    };
    let forms = [
        ("EEOC", "Equal opportunity", eeoc),
        (
            "Diversity",
            "Diversity",
            custom(2_100, &[("MultiValueSelect", "How do you identify?")]),
        ),
        (
            "Questionnaire",
            "After the first call",
            custom(2_200, &CUSTOM),
        ),
        (
            "CandidateExperience",
            "How was it?",
            custom(
                2_300,
                &[("Score", "Overall"), ("LongText", "Anything else?")],
            ),
        ),
        (
            "CandidateDataConsent",
            "Consent",
            custom(2_400, &[("Boolean", "Keep my data")]),
        ),
    ];
    (0..)
        .zip(forms)
        .map(|(place, (kind, title, fields))| {
            json!({
                "id": id(seed, Kind::Survey, place),
                "organizationId": id(seed, Kind::Other, 0),
                "title": title,
                "isArchived": place == 4,
                "isDefaultForm": place < 2,
                "formDefinition": { "sections": [{ "fields": fields }] },
                "surveyType": kind,
            })
        })
        .collect()
}

/// Answers to most fields of a form, keyed by path. Required fields are always answered.
pub(super) fn answers(form: &Value, dice: &mut Dice, seed: u64, name: &str, mail: &str) -> Value {
    let mut values = Map::new();
    let sections = form["sections"].as_array().into_iter().flatten();
    for field in sections.flat_map(|section| section["fields"].as_array().into_iter().flatten()) {
        let (kind, path) = (
            field["field"]["type"].as_str(),
            field["field"]["path"].as_str(),
        );
        let (Some(kind), Some(path)) = (kind, path) else {
            continue;
        };
        let value = match path {
            "_systemfield_name" => json!(name),
            "_systemfield_email" => json!(mail),
            _ if field["isRequired"] != true && dice.chance(25) => continue,
            _ => answer(kind, dice, seed),
        };
        values.insert(path.to_owned(), value);
    }
    Value::Object(values)
}

fn answer(kind: &str, dice: &mut Dice, seed: u64) -> Value {
    let number = dice.below(40);
    let date = day(1_760_000_000_000 + i64::try_from(number).unwrap_or(0) * 24 * HOUR);
    let option = dice.place(OPTIONS.len());
    match kind {
        "Email" => json!(format!("referee{number}@example.org")),
        "Phone" => json!(format!("+1 555 01{number:02}")),
        "LongText" => json!(dice.word(SENTENCES)),
        "RichText" => json!({ "type": "PlainText", "value": dice.word(SENTENCES) }),
        "Url" | "SocialLink" => json!(format!("https://example.com/p/{number}")),
        "Location" => json!({ "country": "Germany", "city": "Berlin", "region": "Berlin" }),
        "ValueSelect" => json!(OPTIONS[option].0),
        "MultiValueSelect" => OPTIONS[..=option].iter().map(|(value, _)| *value).collect(),
        "Boolean" => json!(number.is_multiple_of(2)),
        "Number" => json!(number),
        "Date" => json!(date),
        "File" => json!({
            "id": id(seed, Kind::File, number),
            "name": format!("file-{number}.pdf"),
            "handle": format!("synthetic-handle-{number}"),
        }),
        "Score" => json!({ "score": 1 + number % 4 }),
        "EducationHistory" => json!([{
            "schoolName": "Example College",
            "degree": "BSc",
            "startDate": "2012-09-01",
            "endDate": "2015-06-30",
            "isCurrent": false,
        }]),
        "Currency" => json!({ "value": 50_000 + number * 1_000, "currencyCode": "EUR" }),
        "NumberRange" => {
            json!({ "type": "number-range", "minValue": number, "maxValue": number + 8 })
        }
        "CompensationRange" => json!({
            "type": "compensation-range",
            "minValue": 60_000,
            "maxValue": 60_000 + number * 1_000,
            "currencyCode": "USD",
            "interval": "1 YEAR",
        }),
        "UUID" => json!(id(seed, Kind::User, number % 10)),
        _ => json!(format!("Answer {number}")),
    }
}

/// A submission to the questionnaire, or to the survey about the experience.
pub(super) fn submission(seed: u64, survey: &Value, index: u64, at: i64, dice: &mut Dice) -> Value {
    json!({
        "id": id(seed, Kind::SurveySubmission, index),
        "surveyFormDefinitionId": survey["id"],
        "submittedAt": time(at),
        "surveyType": survey["surveyType"],
        "formDefinition": survey["formDefinition"],
        "submittedValues": answers(&survey["formDefinition"], dice, seed, "", ""),
    })
}
