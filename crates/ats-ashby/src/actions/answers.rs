//! Answers to questions: which question each one answers, whether it has the question's form, and
//! what the vendor takes for it.
//!
//! No message quotes an answer: it may be equal-employment data, and one rule for all is safer than
//! two.

use ats_core::{
    FileInput, Result, Timestamp, Warning,
    action::{AnswerInput, NewAnswer},
};
use serde_json::{Value, json};

use super::{
    desk::{invalid, remote},
    sheet::{Field, Sheet, Survey},
};

/// What stands in a field of a form.
#[derive(Clone)]
pub(super) enum Content {
    /// A value as the vendor takes it.
    Value(Value),
    /// A file that has to be uploaded first.
    File(FileInput),
}

/// An answer to a question of the application form.
pub(super) struct Answered<'s> {
    /// The question.
    pub(super) field: &'s Field,
    /// The answer.
    pub(super) content: Content,
    /// The input it came from.
    pub(super) input: String,
}

/// The answers to one survey.
pub(super) struct Surveyed<'s> {
    /// The survey.
    pub(super) survey: &'s Survey,
    /// The answers.
    pub(super) values: Vec<(&'s Field, Value)>,
}

/// Answers that were checked, by where they go.
#[derive(Default)]
pub(super) struct Answers<'s> {
    /// Those to the application form.
    pub(super) form: Vec<Answered<'s>>,
    /// Those to surveys.
    pub(super) surveys: Vec<Surveyed<'s>>,
    /// Those that go nowhere.
    pub(super) warnings: Vec<Warning>,
}

impl Answers<'_> {
    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.form.is_empty() && self.surveys.is_empty()
    }
}

/// Why an answer cannot be given.
#[derive(Debug, PartialEq)]
enum Problem {
    /// The question wants something else.
    Wrong(&'static str),
    /// The unified API has no form of answer for it.
    Unsupported,
}

/// Finds the question of each answer in `sheet` and checks it.
pub(super) fn sort<'s>(sheet: &'s Sheet, given: &[NewAnswer]) -> Result<Answers<'s>> {
    let mut answers = Answers::default();
    for (index, given) in given.iter().enumerate() {
        let input = format!("screening_question_answers[{index}]");
        let question = remote(&format!("{input}.question_id"), &given.question_id)?;
        let Some((survey, field)) = find(sheet, question) else {
            answers.warnings.push(Warning::about(
                format!("{input}.question_id"),
                "the job asks no such question now; the answer was left out",
            ));
            continue;
        };
        let path = format!("{input}.answer");
        let refuse = |what: &str| {
            let title = field.title();
            invalid(&path, format_args!("the question `{title}` {what}"))
        };
        let content = match content(field, &given.answer) {
            Ok(Some(content)) => content,
            Ok(None) => continue,
            Err(Problem::Wrong(wanted)) => return Err(refuse(wanted)),
            Err(Problem::Unsupported) => {
                let message = format!(
                    "the question `{}` has a form that cannot be answered through the API; the \
                     answer was left out",
                    field.title()
                );
                answers.warnings.push(Warning::about(path, message));
                continue;
            }
        };
        let twice = "is answered twice";
        let Some(survey) = survey else {
            if answers.form.iter().any(|one| one.field.path == field.path) {
                return Err(refuse(twice));
            }
            let input = path;
            let answered = Answered {
                field,
                content,
                input,
            };
            answers.form.push(answered);
            continue;
        };
        let Content::Value(value) = content else {
            return Err(refuse("belongs to a survey, which takes no files"));
        };
        let values = surveyed(&mut answers.surveys, survey);
        if values.iter().any(|(one, _)| one.path == field.path) {
            return Err(refuse(twice));
        }
        values.push((field, value));
    }
    ensure_whole(&answers.surveys)?;
    Ok(answers)
}

fn find<'s>(sheet: &'s Sheet, question: &str) -> Option<(Option<&'s Survey>, &'s Field)> {
    let own = sheet.fields.iter().filter(|field| !field.is_profile());
    let mut own = own.filter(|field| field.path == question);
    own.next().map(|field| (None, field)).or_else(|| {
        sheet.surveys.iter().find_map(|survey| {
            let mut fields = survey.fields.iter();
            let field = fields.find(|field| survey.question_id(field) == question)?;
            Some((Some(survey), field))
        })
    })
}

fn surveyed<'a, 's>(
    all: &'a mut Vec<Surveyed<'s>>,
    survey: &'s Survey,
) -> &'a mut Vec<(&'s Field, Value)> {
    let place = all.iter().position(|one| one.survey.id == survey.id);
    let place = place.unwrap_or(all.len());
    if place == all.len() {
        let values = Vec::new();
        all.push(Surveyed { survey, values });
    }
    &mut all[place].values
}

/// A survey that is begun has to be answered as far as it demands.
fn ensure_whole(surveys: &[Surveyed<'_>]) -> Result<()> {
    for Surveyed { survey, values } in surveys {
        let is_missing = |field: &&Field| {
            field.is_required && values.iter().all(|(known, _)| known.path != field.path)
        };
        if let Some(field) = survey.fields.iter().find(is_missing) {
            return Err(missing(&[field.title()]));
        }
    }
    Ok(())
}

/// Questions that must be answered are not.
pub(super) fn missing(titles: &[&str]) -> ats_core::Error {
    let titles: Vec<String> = titles.iter().map(|title| format!("`{title}`")).collect();
    let message = format!("the job demands an answer to {}", titles.join(", "));
    invalid("screening_question_answers", message)
}

/// Whether the unified API has a form of answer for this type.
pub(super) fn is_supported(kind: &str) -> bool {
    const SUPPORTED: &[&str] = &[
        "String",
        "Phone",
        "LongText",
        "RichText",
        "Email",
        "Url",
        "Number",
        "Score",
        "Boolean",
        "Date",
        "ValueSelect",
        "MultiValueSelect",
        "File",
        "UUID",
    ];
    SUPPORTED.contains(&kind)
}

/// What the vendor takes for an answer; `None` for one that says nothing. Ashby API reference,
/// `applicationForm.submit`.
fn content(field: &Field, answer: &AnswerInput) -> Result<Option<Content>, Problem> {
    let kind = field.kind.as_str();
    if !is_supported(kind) {
        return Err(Problem::Unsupported);
    }
    match answer {
        AnswerInput::Text(text) if text.trim().is_empty() => return Ok(None),
        AnswerInput::Many(choices) if choices.is_empty() => return Ok(None),
        _ => {}
    }
    let value = match (kind, answer) {
        ("File", AnswerInput::File(file)) => return Ok(Some(Content::File(file.clone()))),
        ("String" | "LongText", AnswerInput::Text(text)) => json!(text),
        ("RichText", AnswerInput::Text(text)) => json!({ "type": "PlainText", "value": text }),
        ("Phone", AnswerInput::Text(text)) if text.contains(|c: char| c.is_ascii_digit()) => {
            json!(text)
        }
        ("Email", AnswerInput::Text(text)) if is_email(text.trim()) => json!(text.trim()),
        ("Url", AnswerInput::Text(text)) if is_url(text.trim()) => json!(text.trim()),
        ("UUID", AnswerInput::Text(text)) if is_uuid(text.trim()) => json!(text.trim()),
        ("Number", AnswerInput::Number(number)) => {
            whole(number).ok_or(Problem::Wrong("takes whole numbers only"))?
        }
        ("Score", AnswerInput::Number(number)) => {
            let score = whole(number).and_then(|score| score.as_i64());
            let score = score.filter(|score| (1..=4).contains(score));
            json!({ "score": score.ok_or(Problem::Wrong("takes a score from 1 to 4"))? })
        }
        ("Boolean", AnswerInput::Boolean(yes)) => json!(yes),
        ("Date", AnswerInput::Text(text)) => day(text).ok_or(Problem::Wrong(DATE))?,
        ("ValueSelect", AnswerInput::Text(text)) => json!(option(field, text)?),
        ("ValueSelect", AnswerInput::Many(many)) if many.len() == 1 => {
            json!(option(field, &many[0])?)
        }
        ("MultiValueSelect", AnswerInput::Text(text)) => json!([option(field, text)?]),
        ("MultiValueSelect", AnswerInput::Many(many)) => {
            let mut chosen: Vec<&str> = Vec::with_capacity(many.len());
            for text in many {
                let option = option(field, text)?;
                if !chosen.contains(&option) {
                    chosen.push(option);
                }
            }
            json!(chosen)
        }
        _ => return Err(Problem::Wrong(wanted(kind))),
    };
    Ok(Some(Content::Value(value)))
}

const DATE: &str = "takes a date such as 2026-11-25";

fn wanted(kind: &str) -> &'static str {
    match kind {
        "Phone" => "takes a telephone number",
        "Email" => "takes an e-mail address",
        "Url" => "takes a URL that begins with https:// or http://",
        "UUID" => "takes a UUID",
        "Number" => "takes a number",
        "Score" => "takes a score from 1 to 4",
        "Boolean" => "takes true or false",
        "Date" => DATE,
        "ValueSelect" => "takes one of its options",
        "MultiValueSelect" => "takes a list of its options",
        "File" => "takes a file",
        _ => "takes a text",
    }
}

/// The value of the option that is meant: by its value, else by what people read.
fn option<'f>(field: &'f Field, meant: &str) -> Result<&'f str, Problem> {
    let options = &field.options;
    let by_value = options.iter().find(|(value, _)| value == meant);
    let found = by_value.or_else(|| {
        let same = |label: &str| label.trim().to_lowercase() == meant.trim().to_lowercase();
        options.iter().find(|(_, label)| same(label))
    });
    let none = "has no such option; list the job's questions to see its options";
    found
        .map(|(value, _)| value.as_str())
        .ok_or(Problem::Wrong(none))
}

fn whole(number: &serde_json::Number) -> Option<Value> {
    if number.is_i64() || number.is_u64() {
        return Some(json!(number));
    }
    let text = number.to_string();
    let (whole, rest) = text.split_once('.')?;
    let is_whole = rest.chars().all(|c| c == '0');
    is_whole
        .then(|| whole.parse::<i64>().ok())
        .flatten()
        .map(|whole| json!(whole))
}

/// A day, or the day of an instant.
fn day(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Ok(day) = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(json!(day.to_string()));
    }
    let instant = Timestamp::parse(text)?.to_string();
    Some(json!(instant.get(..10)?))
}

fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
    }) && !text.contains(char::is_whitespace)
}

fn is_url(text: &str) -> bool {
    let url = url::Url::parse(text);
    url.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
