//! The sixteen unified models, their list, and the record that is one of them.
//!
//! A model holds what a mapper can know. Three fields more belong to the engine and stand in
//! [`Envelope`]. Join models are never mapped: they are derived here from lists on their parent.

mod application;
mod candidate;
mod common;
mod interview;
mod job;
mod offer;
mod organization;
mod question;

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::{Serialize, Serializer};

pub use application::{
    Answer, AnswerType, AnswerValue, AnsweredQuestion, Application, ApplicationStage, Outcome,
    RejectionReason,
};
pub use candidate::{Candidate, CandidateTag, EmailAddress, PhoneNumber, SocialMedia, Tag};
pub use common::{
    ActivityStatus, CustomFields, FieldOrigin, IntegrationField, Location, RemoteData,
};
pub use interview::{Interview, InterviewingTeamMember};
pub use job::{
    EmploymentType, HiringTeamRole, Job, JobApplicationStage, JobHiringTeamMember, JobPosting,
    JobPostingStatus, JobPostingVisibility, JobScreeningQuestion, JobStatus, JobVisibility,
    PreconditionOptions, RemoteWorkStatus, SalaryPeriod,
};
pub use offer::{Offer, OfferStatus};
pub use organization::{RoleScope, RoleType, SystemRole, User};
pub use question::{
    NumberDisplay, QuestionCategory, QuestionFormat, ScreeningQuestion, SelectDisplay,
    SelectOption, TextDisplay,
};

use crate::{Id, IntegrationId, Reference, Timestamp};

/// What every model can tell about itself.
pub trait Model: Serialize + JsonSchema {
    /// Which model it is.
    const KIND: ModelKind;

    /// The vendor's id, or for a join record the two ids that make it.
    fn remote_key(&self) -> Cow<'_, str>;

    /// Shows every reference to `visit`, with the name of what it points to.
    fn references(&mut self, visit: &mut dyn FnMut(&mut Reference, &'static str));

    /// The join records that stand as lists on this record.
    fn joins(&self) -> Vec<Record> {
        Vec::new()
    }

    /// Whether the vendor itself calls the record archived and will not use it again.
    fn archived(&self) -> bool {
        false
    }

    /// Where the raw documents stand; a join record has no place for them.
    fn remote_data(&mut self) -> Option<&mut Option<RemoteData>> {
        None
    }

    /// Where the vendor's own fields stand; most models have no place for them.
    fn integration_fields(&mut self) -> Option<&mut Vec<IntegrationField>> {
        None
    }
}

/// Declares the models once: `Record` and `ModelKind` get a variant for each, and connectors a slot
/// (see `Reads`), so that a new line here breaks every connector until it answers.
macro_rules! models {
    ($($(#[$doc:meta])* $slot:ident: $model:ident;)*) => {
        /// One of the sixteen models.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ModelKind {
            $($(#[$doc])* $model,)*
        }

        impl ModelKind {
            /// All models: what is referred to comes before what refers to it.
            pub const ALL: &'static [Self] = &[$(Self::$model,)*];

            /// The model's name in coverage tables and file names, such as `job_postings`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$model => stringify!($slot),)* }
            }

            /// The JSON Schema of the model's records as the unified API shows them.
            pub fn schema(self) -> Schema {
                let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
                match self { $(Self::$model => generator.into_root_schema_for::<Envelope<$model>>(),)* }
            }
        }

        /// One record of any model.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Record {
            $($(#[$doc])* $model(Box<$model>),)*
        }

        $(impl From<$model> for Record {
            fn from(record: $model) -> Self {
                Self::$model(Box::new(record))
            }
        })*

        impl Record {
            /// Which model it is.
            pub fn kind(&self) -> ModelKind {
                match self { $(Self::$model(_) => ModelKind::$model,)* }
            }

            /// The vendor's id, or for a join record the two ids that make it. Stable only before
            /// [`Record::identify`].
            pub fn remote_key(&self) -> Cow<'_, str> {
                match self { $(Self::$model(record) => record.remote_key(),)* }
            }

            /// Shows every reference to `visit`, with the name of what it points to.
            pub fn references(&mut self, visit: &mut dyn FnMut(&mut Reference, &'static str)) {
                match self { $(Self::$model(record) => record.references(visit),)* }
            }

            /// The join records that stand as lists on this record.
            pub fn joins(&self) -> Vec<Record> {
                match self { $(Self::$model(record) => record.joins(),)* }
            }

            /// Whether the vendor itself calls the record archived.
            pub fn archived(&self) -> bool {
                match self { $(Self::$model(record) => record.archived(),)* }
            }

            /// Takes the raw documents off the record, so that they can be kept once and not in
            /// every record that shows them.
            pub fn take_remote_data(&mut self) -> Option<RemoteData> {
                match self { $(Self::$model(record) => record.remote_data()?.take(),)* }
            }

            /// Takes the vendor's own fields off the record; `None` if the model has no place for
            /// them.
            pub fn take_integration_fields(&mut self) -> Option<Vec<IntegrationField>> {
                match self {
                    $(Self::$model(record) => record.integration_fields().map(std::mem::take),)*
                }
            }
        }

        /// One answer for each model, in the order of their declaration. There is no `Default`:
        /// a connector that does not answer for a model does not compile.
        #[derive(Debug, Clone)]
        pub struct Reads<'a> {
            $($(#[$doc])* pub $slot: crate::Support<crate::Read<'a>>,)*
        }

        impl<'a> Reads<'a> {
            /// The answers, each with its model.
            pub fn slots(&self) -> Vec<(ModelKind, &crate::Support<crate::Read<'a>>)> {
                vec![$((ModelKind::$model, &self.$slot),)*]
            }
        }
    };
}

models! {
    /// A member of the customer's own organisation.
    users: User;
    /// A label on candidates.
    tags: Tag;
    /// A reason to reject an application.
    rejection_reasons: RejectionReason;
    /// A step that an application can stand in.
    application_stages: ApplicationStage;
    /// An opening to hire for.
    jobs: Job;
    /// A public or internal advertisement of a job.
    job_postings: JobPosting;
    /// A question that applicants answer.
    screening_questions: ScreeningQuestion;
    /// A person who may be hired.
    candidates: Candidate;
    /// A candidate's try for one job.
    applications: Application;
    /// One meeting with a candidate.
    interviews: Interview;
    /// One offer to a candidate.
    offers: Offer;
    /// Which tags a candidate carries.
    candidate_tags: CandidateTag;
    /// Which stages a job has, in order.
    job_application_stages: JobApplicationStage;
    /// Which questions a job asks, in order.
    job_screening_questions: JobScreeningQuestion;
    /// Who hires for a job.
    job_hiring_team_members: JobHiringTeamMember;
    /// Who interviews.
    interviewing_team_members: InterviewingTeamMember;
}

impl ModelKind {
    /// The model with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for ModelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for ModelKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Record {
    /// Our id of the record, and the record with its references turned into our ids.
    pub fn identify(mut self, integration: &IntegrationId) -> (Id, Self) {
        let derive = |what: &str, key: &str| Id::derive([integration.as_str(), what, key]);
        let id = derive(self.kind().name(), &self.remote_key());
        self.references(&mut |reference, target| reference.identify(&|key| derive(target, key)));
        (id, self)
    }
}

/// A record as the unified API shows it: with the fields that only an engine can fill.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Envelope<R> {
    /// Our id, derived from the integration, the model and the vendor's id.
    #[schemars(extend("x-ats" = {"engine": true}))]
    pub id: Id,
    /// The record's content.
    #[serde(flatten)]
    pub record: R,
    /// When the mapped content last changed, by the engine's clock.
    #[schemars(extend("x-ats" = {"engine": true}))]
    pub changed_at: Timestamp,
    /// When the engine found the record gone or archived; `null` while it lives.
    #[schemars(extend("x-ats" = {"engine": true}))]
    pub remote_deleted_at: Option<Timestamp>,
}

/// Shows an optional reference to a visitor.
fn visit_optional(
    reference: &mut Option<Reference>,
    target: ModelKind,
    visit: &mut dyn FnMut(&mut Reference, &'static str),
) {
    if let Some(reference) = reference {
        visit(reference, target.name());
    }
}

/// The key of a join record: its two ends.
fn join_key<'a>(left: &Reference, right: &Reference) -> Cow<'a, str> {
    let text = |reference: &Reference| reference.remote_id().unwrap_or_default().to_owned();
    Cow::Owned(format!("{}/{}", text(left), text(right)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_gets_our_id_and_so_do_its_references() {
        let integration = IntegrationId::derive("ashby", "test");
        let tag = CandidateTag {
            candidate_id: Reference::remote("c"),
            tag_id: Reference::remote("t"),
        };
        let (id, record) = Record::from(tag).identify(&integration);
        let json = serde_json::to_value(&record).unwrap();
        let expected = |model, key| Id::derive([integration.as_str(), model, key]).to_string();
        assert_eq!(id.to_string(), expected("candidate_tags", "c/t"));
        assert_eq!(json["candidate_id"], expected("candidates", "c"));
        assert_eq!(json["tag_id"], expected("tags", "t"));
    }

    #[test]
    fn what_is_kept_apart_can_be_taken_off_a_record() {
        let mut reason = Record::from(RejectionReason {
            remote_id: "r".into(),
            name: None,
            remote_data: Some(RemoteData::default()),
            archived: false,
        });
        assert_eq!(reason.take_remote_data(), Some(RemoteData::default()));
        assert_eq!(reason.take_remote_data(), None);
        assert_eq!(reason.take_integration_fields(), None);
    }

    #[test]
    fn an_envelope_prints_as_one_flat_object_with_raw_documents_inside() {
        let reason = RejectionReason {
            remote_id: "r".into(),
            name: Some("Withdrew".into()),
            remote_data: Some(RemoteData::default().with(
                "/archiveReason.list",
                crate::RawJson::parse("{\"id\" : 1}".into()).unwrap(),
            )),
            archived: true,
        };
        let at = Timestamp::parse("2026-01-02").unwrap();
        let (id, record) = Record::from(reason).identify(&IntegrationId::derive("a", "b"));
        let text = serde_json::to_string(&Envelope {
            id,
            record,
            changed_at: at,
            remote_deleted_at: None,
        })
        .unwrap();
        assert_eq!(
            text,
            format!(
                r#"{{"id":"{id}","remote_id":"r","name":"Withdrew","remote_data":{{"/archiveReason.list":{{"id" : 1}}}},"changed_at":"2026-01-02T00:00:00.000Z","remote_deleted_at":null}}"#
            )
        );
    }
}
