//! Answers to screening questions on their way to a vendor.
//!
//! They may be equal-employment data, so no debug print shows one.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Number;

use super::FileInput;
use crate::Reference;

/// An answer to one question.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct NewAnswer {
    /// The question.
    pub question_id: Reference,
    /// The answer: a text, a number, yes or no, a date (`2026-11-25` or an instant), the id of an
    /// option, a list of such ids, or a file. The question's format decides.
    #[schemars(extend("x-ats" = {"leaf": true}))]
    pub answer: AnswerInput,
}

/// An answer in the form that the caller gave it.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AnswerInput {
    /// Yes or no.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A text, a date, or an option.
    Text(String),
    /// Options.
    Many(Vec<String>),
    /// A file.
    File(FileInput),
}

impl AnswerInput {
    /// What kind of answer it is, for messages.
    pub fn shape(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Many(_) => "a list",
            Self::File(_) => "a file",
        }
    }
}

/// Says what kind of answer it is, never the answer.
impl fmt::Debug for AnswerInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnswerInput({})", self.shape())
    }
}
