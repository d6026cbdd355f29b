//! Actions: what can be done at a vendor beside reading its listings.
//!
//! It owns the names of the actions, their inputs, and what a connector is given and gives back. It
//! must not know any vendor's endpoint, nor how a ledger is kept.

mod answer;
mod context;
mod file;
mod input;
mod once;
mod outcome;
mod parse;
mod validate;

use schemars::{Schema, generate::SchemaSettings};

pub use answer::{AnswerInput, NewAnswer};
pub use context::{ActionContext, Journal, Mirror, PlannedCall, StepState, Unjournaled};
pub use file::{AttachmentType, FileContent, FileInput, NewAttachment};
pub use input::{
    AddAttachmentToApplication, AddAttachmentToCandidate, AddNoteToApplication,
    AddResultLinkToApplication, AddResultLinkToCandidate, AddTagToCandidate, AttributeInput,
    ContactType, CreateApplication, CreateCandidate, GdprConsent, Gender,
    GetApplicationAttachments, GetCandidateAttachments, MoveApplicationToStage, NewApplication,
    NewCandidate, NewEmail, NewLocation, NewPhone, NewSource, NoteType, RejectApplication,
    RemoveTagFromCandidate, ResultDetails, SalaryExpectations, SalaryPeriodInput, SocialLinkInput,
    SourcedBy, TagInput,
};
pub use once::{Once, Settled};
pub use outcome::{Attachment, Outcome, Output, Target, Warning};
pub use parse::{ActionInputs, Parsed};

use crate::{ModelKind, Reference};

/// What an action's input can tell about itself.
pub(crate) trait Input {
    /// Shows every reference to `visit`, with the input's path and the model it points to. Questions
    /// are not among them: an unknown one is no error.
    fn references(&mut self, visit: &mut dyn FnMut(&'static str, ModelKind, &mut Reference));

    /// The answers to screening questions, if the action takes any.
    fn answers(&mut self) -> Option<&mut Vec<NewAnswer>> {
        None
    }

    /// Checks what a schema cannot say.
    fn validate(&self) -> crate::Result<()> {
        Ok(())
    }
}

/// Declares the actions once: the kinds and the typed inputs get a variant for each.
macro_rules! actions {
    ($($(#[$doc:meta])* $slot:ident: $input:ident;)*) => {
        /// One of the actions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ActionKind {
            $($(#[$doc])* $input,)*
        }

        impl ActionKind {
            /// All actions, in the order of the coverage table.
            pub const ALL: &'static [Self] = &[$(Self::$input,)*];

            /// The action's name in coverage tables and on the command line.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$input => stringify!($slot),)* }
            }

            /// The JSON Schema of the input: the request body of the unified API and the ids of
            /// its path.
            pub fn schema(self) -> Schema {
                let settings = SchemaSettings::draft2020_12().with(|settings| {
                    settings.inline_subschemas = true;
                });
                let generator = settings.into_generator();
                match self { $(Self::$input => generator.into_root_schema_for::<$input>(),)* }
            }
        }

        /// One action with its input.
        #[derive(Debug, Clone)]
        pub enum Action {
            $($(#[$doc])* $input(Box<$input>),)*
        }

        impl Action {
            /// Which action it is.
            pub fn kind(&self) -> ActionKind {
                match self { $(Self::$input(_) => ActionKind::$input,)* }
            }

            /// Shows every reference to `visit`, with the input's path and the model it points to.
            pub fn references(
                &mut self,
                visit: &mut dyn FnMut(&'static str, ModelKind, &mut Reference),
            ) {
                match self { $(Self::$input(input) => input.references(visit),)* }
            }

            /// The answers to screening questions, if the action takes any.
            pub fn answers(&mut self) -> Option<&mut Vec<NewAnswer>> {
                match self { $(Self::$input(input) => input.answers(),)* }
            }

            pub(crate) fn validate(&self) -> crate::Result<()> {
                match self { $(Self::$input(input) => input.validate(),)* }
            }

            pub(crate) fn read(
                kind: ActionKind,
                input: serde_json::Value,
            ) -> Result<Self, serde_path_to_error::Error<serde_json::Error>> {
                match kind { $(ActionKind::$input => {
                    serde_path_to_error::deserialize(input).map(|input| Self::$input(Box::new(input)))
                })* }
            }
        }
    };
}

actions! {
    /// A candidate, with an application to a job.
    create_candidate: CreateCandidate;
    /// An application of a candidate to a job.
    create_application: CreateApplication;
    /// A tag on a candidate.
    add_tag_to_candidate: AddTagToCandidate;
    /// One tag less on a candidate.
    remove_tag_from_candidate: RemoveTagFromCandidate;
    /// A file on an application.
    add_attachment_to_application: AddAttachmentToApplication;
    /// Another stage for an application.
    move_application_to_stage: MoveApplicationToStage;
    /// The end of an application.
    reject_application: RejectApplication;
    /// A link to a result, on an application.
    add_result_link_to_application: AddResultLinkToApplication;
    /// A note on an application.
    add_note_to_application: AddNoteToApplication;
    /// The files of an application.
    get_application_attachments: GetApplicationAttachments;
    /// A file on a candidate.
    add_attachment_to_candidate: AddAttachmentToCandidate;
    /// A link to a result, on a candidate.
    add_result_link_to_candidate: AddResultLinkToCandidate;
    /// The files of a candidate.
    get_candidate_attachments: GetCandidateAttachments;
}

impl ActionKind {
    /// The action of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether it changes nothing at the vendor.
    pub const fn only_reads(self) -> bool {
        matches!(
            self,
            Self::GetApplicationAttachments | Self::GetCandidateAttachments
        )
    }
}

impl std::fmt::Display for ActionKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
