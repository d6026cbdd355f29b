//! What a world must become: the records that a person worked out, and how one is told from another.
//!
//! It reads expectations and finds their keys. It compares nothing.

use std::{borrow::Cow, collections::BTreeMap};

use ats_core::ModelKind;
use serde_json::Value;

/// The expected records of the small world, and what is odd in it on purpose.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// Records by model and remote key, without the engine's fields. `_archived` is no field: it
    /// says that the record carries `remote_deleted_at`.
    pub records: BTreeMap<ModelKind, BTreeMap<String, Value>>,
    /// References that lead nowhere on purpose.
    pub dangling: Vec<Dangling>,
    /// Losses that the small world holds on purpose.
    pub losses: Vec<ExpectedLoss>,
    /// Fields that may be null and never are, because the vendor always sends their source or the
    /// rule always gives a value.
    pub always_there: Vec<(ModelKind, String)>,
    /// Places where a text that nobody knows means "no value" by rule, written as a source:
    /// `surveyFormDefinition.list:/results/*/surveyType`. Elsewhere it must stay visible or be
    /// reported as a loss.
    pub open_texts: Vec<String>,
}

/// A reference that leads nowhere on purpose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dangling {
    /// The model that refers.
    pub model: ModelKind,
    /// The field that refers, such as `current_stage_id`.
    pub field: String,
    /// The remote id that it names and nobody has.
    pub target: String,
}

/// A value of the small world that cannot be mapped, on purpose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpectedLoss {
    /// The endpoint that sends it.
    pub endpoint: String,
    /// Where it stands in the document, as a JSON pointer.
    pub path: String,
}

impl Expected {
    /// Reads expectations from JSON texts, one array of records a model, each with its model's name.
    ///
    /// # Errors
    ///
    /// When a name is no model's, a text is no array of records, or two records have the same key.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, String> {
        let mut expected = Self::default();
        for (name, text) in files {
            let model = ModelKind::from_name(name)
                .ok_or_else(|| format!("`{name}` is no model; name the file after one"))?;
            let rows: Vec<Value> = serde_json::from_str(text)
                .map_err(|error| format!("{name}: not a JSON array of records: {error}"))?;
            let records = expected.records.entry(model).or_default();
            for row in rows {
                let key = key_of(model, &row)
                    .ok_or_else(|| format!("{name}: a record without {:?}", key_fields(model)))?;
                if records.insert(key.clone(), row).is_some() {
                    return Err(format!("{name}: the record {key} stands twice"));
                }
            }
        }
        Ok(expected)
    }

    /// The records of `model`; empty when nothing is expected of it.
    pub fn of(&self, model: ModelKind) -> Cow<'_, BTreeMap<String, Value>> {
        self.records
            .get(&model)
            .map_or_else(|| Cow::Owned(BTreeMap::new()), Cow::Borrowed)
    }
}

/// The fields that make a record's remote key.
pub fn key_fields(model: ModelKind) -> &'static [&'static str] {
    match model {
        ModelKind::CandidateTag => &["candidate_id", "tag_id"],
        ModelKind::JobApplicationStage => &["job_id", "stage_id"],
        ModelKind::JobScreeningQuestion => &["job_id", "question_id"],
        ModelKind::JobHiringTeamMember => &["job_id", "user_id"],
        ModelKind::InterviewingTeamMember => &["interview_id", "user_id"],
        _ => &["remote_id"],
    }
}

/// The remote key of a record given as JSON, as [`ats_core::Record::remote_key`] has it.
pub fn key_of(model: ModelKind, record: &Value) -> Option<String> {
    let parts: Option<Vec<&str>> = key_fields(model)
        .iter()
        .map(|field| {
            let text = record.get(*field)?.as_str()?;
            Some(text.strip_prefix("remote:").unwrap_or(text))
        })
        .collect();
    Some(parts?.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_record_is_told_apart_by_both_its_ends() {
        let text = r#"[{"candidate_id":"remote:c","tag_id":"remote:t"}]"#;
        let expected = Expected::parse([("candidate_tags", text)]).unwrap();
        let keys: Vec<_> = expected
            .of(ModelKind::CandidateTag)
            .keys()
            .cloned()
            .collect();
        assert_eq!(keys, ["c/t"]);
    }

    #[test]
    fn an_expectation_that_cannot_be_meant_is_refused() {
        let twice = r#"[{"remote_id":"a"},{"remote_id":"a"}]"#;
        assert!(
            Expected::parse([("users", twice)])
                .unwrap_err()
                .contains("stands twice")
        );
        assert!(
            Expected::parse([("user", "[]")])
                .unwrap_err()
                .contains("no model")
        );
        assert!(
            Expected::parse([("users", "[{}]")])
                .unwrap_err()
                .contains("remote_id")
        );
    }
}
