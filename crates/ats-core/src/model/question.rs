//! Questions that applicants answer, and the formats of their answers.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Model, ModelKind};
use crate::{Open, Reference};

/// What the id of a select option is derived under.
pub(super) const OPTION: &str = "screening_question_options";

/// A question that applicants answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScreeningQuestion {
    /// The vendor's id of the question.
    pub remote_id: String,
    /// The question.
    pub title: Option<String>,
    /// Explanation, text or HTML.
    pub description: Option<String>,
    /// The form of the answer.
    pub format: Option<QuestionFormat>,
    /// Whether the question serves equal-employment or other diversity statistics.
    pub category: Option<Open<QuestionCategory>>,
}

/// Why a question is asked, where that matters to those who handle the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub enum QuestionCategory {
    /// Equal-employment data.
    #[serde(rename = "EEO")]
    Eeo,
    /// Other diversity data.
    #[serde(rename = "DEMOGRAPHIC")]
    Demographic,
}

/// The form of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum QuestionFormat {
    /// Free text.
    Text {
        /// How the input looks.
        display_type: Option<TextDisplay>,
        /// Longest text, in characters.
        max_length: Option<u32>,
    },
    /// A number.
    Number {
        /// How the input looks.
        display_type: Option<NumberDisplay>,
        /// Greatest value.
        max: Option<f64>,
        /// Least value.
        min: Option<f64>,
    },
    /// A file.
    File {
        /// MIME types that are taken; `null` if the vendor does not say.
        accepted_mime_types: Option<Vec<String>>,
        /// Greatest size; `null` if the vendor does not say.
        max_file_size_bytes: Option<u64>,
    },
    /// One of several options.
    SingleSelect {
        /// The options.
        options: Vec<SelectOption>,
        /// How the input looks.
        display_type: Option<SelectDisplay>,
    },
    /// Yes or no.
    Boolean,
    /// A day.
    Date,
    /// Some of several options.
    MultiSelect {
        /// The options.
        options: Vec<SelectOption>,
    },
    /// A text to read; nothing to answer.
    Information,
    /// A form that the unified API has no word for.
    Unknown {
        /// The question as the vendor sends it.
        raw_question: Value,
    },
}

/// How a text input looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TextDisplay {
    /// One line.
    SingleLine,
    /// Several lines.
    MultiLine,
    /// An e-mail address.
    Email,
    /// A web address.
    Url,
}

/// How a number input looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NumberDisplay {
    /// A slider.
    Slider,
    /// A field.
    Field,
}

/// How a select input looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SelectDisplay {
    /// A drop-down list.
    Dropdown,
    /// Radio buttons.
    Radio,
}

/// An option of a select question.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SelectOption {
    /// Our id of the option, derived from the question's id and the vendor's value.
    pub id: Reference,
    /// What people read.
    pub name: String,
    /// The vendor's value.
    pub remote_id: Option<String>,
}

impl SelectOption {
    /// The option `value` of the question `question`, both as the vendor calls them.
    pub fn new(question: &str, value: String, name: String) -> Self {
        Self {
            id: Reference::remote(format!("{question}/{value}")),
            name,
            remote_id: Some(value),
        }
    }
}

impl Model for ScreeningQuestion {
    const KIND: ModelKind = ModelKind::ScreeningQuestion;

    fn remote_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.remote_id)
    }

    fn references(&mut self, visit: &mut dyn FnMut(&mut Reference, &'static str)) {
        let (QuestionFormat::SingleSelect { options, .. }
        | QuestionFormat::MultiSelect { options }) = (match &mut self.format {
            Some(format) => format,
            None => return,
        })
        else {
            return;
        };
        for option in options {
            visit(&mut option.id, OPTION);
        }
    }
}
