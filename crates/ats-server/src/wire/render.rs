//! Answers: the JSON text of records as their lists show them, a batch at a time.
//!
//! What an answer may show of other records is limited by the store: it drops an answer when one of
//! those changes, and knows which those are. `ats_store::ListQuery` and the answers of the store's
//! port say more.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{Id, ModelKind};
use ats_store::{Error, Integration, Platform, Result, StoredRecord};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    application::{
        Application, ApplicationOfOffer, ApplicationWithRest, Interview, InterviewOfApplication,
        Offer, OfferOfApplication, RejectionReason,
    },
    common::{FieldsShown, HasFields, RoleScope, RoleType, TagName, UserName},
    job::{
        ApplicationStage, HiringTeamMember, Job, JobPosting, JobRole, QuestionOfJob, Roles,
        StageOfJob,
    },
    person::{
        ApplicationOfCandidate, Candidate, CandidateOfApplication, CandidateWithApplications, Tag,
        User,
    },
    related::{ByParent, Related, read, read_with, reference},
};
use crate::api::model_name;

/// The answers of records of one model, in their order.
pub(crate) fn answers(
    store: &dyn Platform,
    integration: &Integration,
    model: ModelKind,
    records: &[&StoredRecord],
) -> Result<Vec<String>> {
    let mut batch = Batch::new(store, integration)?;
    match model {
        ModelKind::User => batch.plain::<User>(records),
        ModelKind::Tag => batch.plain::<Tag>(records),
        ModelKind::ApplicationStage => batch.plain::<ApplicationStage>(records),
        ModelKind::RejectionReason => batch.plain::<RejectionReason>(records),
        ModelKind::Job => batch.jobs(records),
        ModelKind::Candidate => batch.candidates(records),
        ModelKind::Application => batch.applications(records),
        ModelKind::Interview => batch.interviews(records),
        ModelKind::Offer => batch.offers(records),
        other => Err(Error::Damaged {
            what: format!("no list shows {other}"),
        }),
    }
}

pub(super) struct Batch<'a> {
    pub(super) related: Related<'a>,
    shown: BTreeMap<ModelKind, FieldsShown>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(store: &'a dyn Platform, integration: &'a Integration) -> Result<Self> {
        Ok(Self {
            related: Related::new(store, integration),
            shown: shown(store, integration)?,
        })
    }
}

/// What records of each model show of the vendor's own fields.
fn shown(
    store: &dyn Platform,
    integration: &Integration,
) -> Result<BTreeMap<ModelKind, FieldsShown>> {
    let passed_through: BTreeSet<String> = store
        .passthrough_fields(&integration.id)?
        .into_iter()
        .collect();
    let customs = store.custom_fields(&integration.environment)?;
    let mappings = store.custom_mappings(&integration.id)?;
    let of_model = |model: ModelKind| {
        let of_model = customs
            .iter()
            .filter(|custom| custom.model == model_name(model));
        let mapped = of_model.map(|custom| {
            let mut mappings = mappings.iter();
            let mapping = mappings.find(|mapping| mapping.custom_field == custom.id);
            // One without a mapping is there, and has no value.
            let field = mapping.map(|mapping| mapping.integration_field.clone());
            (custom.key.clone(), field.unwrap_or_default())
        });
        FieldsShown {
            passed_through: passed_through.clone(),
            mapped: mapped.collect(),
        }
    };
    let models = [
        ModelKind::Candidate,
        ModelKind::Application,
        ModelKind::Job,
        ModelKind::Offer,
    ];
    Ok(models
        .into_iter()
        .map(|model| (model, of_model(model)))
        .collect())
}

impl Batch<'_> {
    /// Records that show nothing but themselves.
    fn plain<T: DeserializeOwned + Serialize>(
        &self,
        records: &[&StoredRecord],
    ) -> Result<Vec<String>> {
        let texts = records.iter().map(|record| text(&self.own::<T>(record)?));
        texts.collect()
    }

    /// A record with its raw documents, where the integration shows them.
    pub(super) fn own<T: DeserializeOwned>(&self, record: &StoredRecord) -> Result<T> {
        let Related {
            store, integration, ..
        } = &self.related;
        if !integration.settings.api_remote_data {
            return read(record);
        }
        let remote_data = store.remote_data(&integration.id, record)?;
        read_with(record, remote_data.as_deref())
    }

    /// The same for a record with fields of the vendor.
    pub(super) fn own_with_fields<T: DeserializeOwned + HasFields>(
        &self,
        record: &StoredRecord,
    ) -> Result<T> {
        let mut own: T = self.own(record)?;
        self.show(record.model, &mut own);
        Ok(own)
    }

    /// Leaves of the vendor's fields what is to be shown.
    pub(super) fn show<T: HasFields>(&self, model: ModelKind, shape: &mut T) {
        if let Some(shown) = self.shown.get(&model) {
            shape.show(shown);
        }
    }

    fn candidates(&mut self, records: &[&StoredRecord]) -> Result<Vec<String>> {
        let ids: Vec<Id> = records.iter().map(|record| record.id).collect();
        let mut tags = self.tags(&ids)?;
        let mut applications =
            self.related
                .children(ModelKind::Application, "candidate_id", &ids)?;
        let all = applications.values().flatten();
        let mut references = References::of(all);
        references.load(&mut self.related)?;
        let mut texts = Vec::with_capacity(records.len());
        for record in records {
            let mut candidate: Candidate = self.own_with_fields(record)?;
            candidate.tags = self.named_tags(tags.remove(&candidate.id))?;
            let own = applications.remove(&candidate.id).unwrap_or_default();
            let applications = own.iter().map(|record| {
                let mut shown: ApplicationOfCandidate = read(record)?;
                shown.current_stage = references.stage(&self.related, record)?;
                let job = reference(record, "job_id");
                shown.job = self.related.get(job.as_deref())?;
                Ok(shown)
            });
            let applications = applications.collect::<Result<Vec<_>>>()?;
            texts.push(text(&CandidateWithApplications {
                candidate,
                applications,
            })?);
        }
        Ok(texts)
    }

    fn applications(&mut self, records: &[&StoredRecord]) -> Result<Vec<String>> {
        let ids: Vec<Id> = records.iter().map(|record| record.id).collect();
        let mut references = References::of(records.iter().copied());
        references.load(&mut self.related)?;
        let candidates: Vec<Id> = references.ids("candidate_id");
        let tags = self.tags(&candidates)?;
        let mut interviews = self
            .related
            .children(ModelKind::Interview, "application_id", &ids)?;
        let mut offers = self
            .related
            .children(ModelKind::Offer, "application_id", &ids)?;
        let mut texts = Vec::with_capacity(records.len());
        for record in records {
            let application = self.application(record, &references)?;
            let candidate = application.candidate_id.as_deref();
            let mut candidate: Option<CandidateOfApplication> = self.related.get(candidate)?;
            if let Some(candidate) = &mut candidate {
                candidate.tags = self.named_tags(tags.get(&candidate.id).cloned())?;
            }
            let id = &application.id;
            let interviews = all_of::<InterviewOfApplication>(interviews.remove(id))?;
            let offers = all_of::<OfferOfApplication>(offers.remove(id))?;
            texts.push(text(&ApplicationWithRest {
                application,
                candidate,
                interviews,
                offers,
            })?);
        }
        Ok(texts)
    }

    /// An application with its stage and its job.
    pub(super) fn application(
        &self,
        record: &StoredRecord,
        references: &References,
    ) -> Result<Application> {
        let mut application: Application = self.own_with_fields(record)?;
        application.current_stage = references.stage(&self.related, record)?;
        application.job = self.related.get(application.job_id.as_deref())?;
        Ok(application)
    }

    fn jobs(&mut self, records: &[&StoredRecord]) -> Result<Vec<String>> {
        let ids: Vec<Id> = records.iter().map(|record| record.id).collect();
        let of_jobs = |model| self.related.children(model, "job_id", &ids);
        let stages = of_jobs(ModelKind::JobApplicationStage)?;
        let questions = of_jobs(ModelKind::JobScreeningQuestion)?;
        let postings = of_jobs(ModelKind::JobPosting)?;
        let team = of_jobs(ModelKind::JobHiringTeamMember)?;
        for (joins, member) in [
            (&stages, "stage_id"),
            (&questions, "question_id"),
            (&team, "user_id"),
        ] {
            let wanted: Vec<String> = targets(joins, member);
            self.related.load(wanted.iter().map(String::as_str))?;
        }
        let mut texts = Vec::with_capacity(records.len());
        for record in records {
            let mut job: Job = self.own_with_fields(record)?;
            job.stages = self.joined(
                stages.get(&job.id),
                "stage_id",
                |stage: &mut StageOfJob, join: &Place| {
                    stage.index = join.index;
                },
            )?;
            job.stages.sort_by_key(|stage| stage.index);
            job.screening_questions = self.joined(
                questions.get(&job.id),
                "question_id",
                |question: &mut QuestionOfJob, join: &Asked| {
                    question.index = join.index;
                    question.required = join.required;
                    question
                        .precondition_question_id
                        .clone_from(&join.precondition_question_id);
                    question
                        .precondition_options
                        .clone_from(&join.precondition_options);
                },
            )?;
            job.screening_questions
                .sort_by_key(|question| question.index);
            job.job_postings = all_of::<JobPosting>(postings.get(&job.id).cloned())?;
            job.hiring_team = self.team(team.get(&job.id))?;
            texts.push(text(&job)?);
        }
        Ok(texts)
    }

    /// What join records point to, each with what the join says.
    fn joined<T: DeserializeOwned, J: DeserializeOwned>(
        &self,
        joins: Option<&Vec<StoredRecord>>,
        member: &str,
        add: impl Fn(&mut T, &J),
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        for join in joins.into_iter().flatten() {
            let target = reference(join, member);
            if let Some(mut found) = self.related.living::<T>(target.as_deref())? {
                add(&mut found, &read(join)?);
                all.push(found);
            }
        }
        Ok(all)
    }

    fn team(&self, joins: Option<&Vec<StoredRecord>>) -> Result<Vec<HiringTeamMember>> {
        let mut all = Vec::new();
        for join in joins.into_iter().flatten() {
            let user = reference(join, "user_id");
            let Some(user) = self.related.living::<UserName>(user.as_deref())? else {
                continue;
            };
            let Roles { roles } = read(join)?;
            let job_roles = roles.iter().map(|role| JobRole {
                remote_id: None,
                remote_label: None,
                unified_type: Some(RoleType::from(*role)),
                scope: RoleScope::Job,
            });
            all.push(HiringTeamMember {
                user,
                job_roles: job_roles.collect(),
                hiring_team_roles: roles,
            });
        }
        Ok(all)
    }

    fn interviews(&mut self, records: &[&StoredRecord]) -> Result<Vec<String>> {
        let ids: Vec<Id> = records.iter().map(|record| record.id).collect();
        let users =
            self.related
                .children(ModelKind::InterviewingTeamMember, "interview_id", &ids)?;
        let wanted = targets(&users, "user_id");
        self.related.load(wanted.iter().map(String::as_str))?;
        self.load_applications(records)?;
        let mut texts = Vec::with_capacity(records.len());
        for record in records {
            let mut interview: Interview = self.own(record)?;
            let joins = users.get(&interview.id).into_iter().flatten();
            for join in joins {
                let user = reference(join, "user_id");
                interview
                    .users
                    .extend(self.related.living::<UserName>(user.as_deref())?);
            }
            let application = interview.application_id.clone();
            interview.application = self.related.get(application.as_deref())?;
            if let Some(shown) = &mut interview.application {
                let ends = self.ends(application.as_deref())?;
                shown.candidate = ends.candidate;
                shown.job = ends.job;
            }
            texts.push(text(&interview)?);
        }
        Ok(texts)
    }

    fn offers(&mut self, records: &[&StoredRecord]) -> Result<Vec<String>> {
        self.load_applications(records)?;
        let mut texts = Vec::with_capacity(records.len());
        for record in records {
            let mut offer: Offer = self.own_with_fields(record)?;
            let application = offer.application_id.as_deref();
            let is_there = self
                .related
                .get::<ApplicationOfOffer>(application)?
                .is_some();
            offer.application = match is_there {
                true => Some(self.ends(application)?),
                false => None,
            };
            texts.push(text(&offer)?);
        }
        Ok(texts)
    }

    /// Reads the applications that records belong to, with their candidates and jobs.
    fn load_applications(&mut self, records: &[&StoredRecord]) -> Result<()> {
        let ids = records
            .iter()
            .filter_map(|record| reference(record, "application_id"));
        let ids: Vec<String> = ids.collect();
        self.related.load(ids.iter().map(String::as_str))?;
        let mut ends = Vec::new();
        for id in &ids {
            if let Some(found) = self.related.get::<Ends>(Some(id))? {
                ends.extend(found.candidate_id);
                ends.extend(found.job_id);
            }
        }
        self.related.load(ends.iter().map(String::as_str))
    }

    /// Who applies with an application, and for what.
    fn ends(&self, application: Option<&str>) -> Result<ApplicationOfOffer> {
        let Some(ends) = self.related.get::<Ends>(application)? else {
            return Ok(ApplicationOfOffer::default());
        };
        Ok(ApplicationOfOffer {
            candidate: self.related.get(ends.candidate_id.as_deref())?,
            job: self.related.get(ends.job_id.as_deref())?,
        })
    }

    /// The tags of candidates; what they point to is loaded.
    pub(super) fn tags(&mut self, candidates: &[Id]) -> Result<ByParent> {
        let joins = self
            .related
            .children(ModelKind::CandidateTag, "candidate_id", candidates)?;
        let wanted = targets(&joins, "tag_id");
        self.related.load(wanted.iter().map(String::as_str))?;
        Ok(joins)
    }

    pub(super) fn named_tags(&self, joins: Option<Vec<StoredRecord>>) -> Result<Vec<TagName>> {
        let mut tags = Vec::new();
        for join in joins.into_iter().flatten() {
            let tag = reference(&join, "tag_id");
            tags.extend(self.related.living::<TagName>(tag.as_deref())?);
        }
        Ok(tags)
    }
}

/// What applications point to.
#[derive(Default)]
pub(super) struct References {
    all: Vec<Ends>,
    /// The places of stages within jobs, by the ids of both.
    places: std::collections::HashMap<(String, String), u32>,
}

#[derive(Debug, Clone, serde::Deserialize)]
struct Ends {
    #[serde(default)]
    candidate_id: Option<String>,
    #[serde(default)]
    job_id: Option<String>,
    #[serde(default)]
    current_stage_id: Option<String>,
}

/// What a join record says about a stage of a job.
#[derive(serde::Deserialize)]
struct Place {
    #[serde(default)]
    index: Option<u32>,
}

/// What a join record says about a question of a job.
#[derive(serde::Deserialize)]
struct Asked {
    #[serde(default)]
    index: Option<u32>,
    #[serde(default)]
    required: Option<bool>,
    #[serde(default)]
    precondition_question_id: Option<String>,
    #[serde(default)]
    precondition_options: Option<serde_json::Value>,
}

impl References {
    pub(super) fn of<'r>(records: impl Iterator<Item = &'r StoredRecord>) -> Self {
        let all = records.filter_map(|record| serde_json::from_str(&record.content).ok());
        Self {
            all: all.collect(),
            ..Self::default()
        }
    }

    fn ids(&self, member: &str) -> Vec<Id> {
        let ids = self.all.iter().filter_map(|ends| match member {
            "candidate_id" => ends.candidate_id.as_deref(),
            _ => ends.job_id.as_deref(),
        });
        let mut ids: Vec<Id> = ids.filter_map(|id| id.parse().ok()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    pub(super) fn load(&mut self, related: &mut Related<'_>) -> Result<()> {
        let all = self.all.iter().flat_map(|ends| {
            [&ends.candidate_id, &ends.job_id, &ends.current_stage_id]
                .into_iter()
                .flatten()
        });
        related.load(all.map(String::as_str))?;
        let jobs = self.ids("job_id");
        let places = related.children(ModelKind::JobApplicationStage, "job_id", &jobs)?;
        for (job, joins) in places {
            for join in joins {
                if let (Some(stage), Place { index: Some(index) }) =
                    (reference(&join, "stage_id"), read(&join)?)
                {
                    self.places.insert((job.clone(), stage), index);
                }
            }
        }
        Ok(())
    }

    /// The stage that an application is in, with its place in the job.
    fn stage(
        &self,
        related: &Related<'_>,
        application: &StoredRecord,
    ) -> Result<Option<StageOfJob>> {
        let Ok(ends) = serde_json::from_str::<Ends>(&application.content) else {
            return Ok(None);
        };
        let stage = related.get::<StageOfJob>(ends.current_stage_id.as_deref())?;
        let place = ends.job_id.zip(ends.current_stage_id);
        let index = place.and_then(|place| self.places.get(&place).copied());
        Ok(stage.map(|mut stage| {
            stage.index = index;
            stage
        }))
    }
}

fn targets(joins: &ByParent, member: &str) -> Vec<String> {
    let all = joins.values().flatten();
    all.filter_map(|join| reference(join, member)).collect()
}

fn all_of<T: DeserializeOwned>(records: Option<Vec<StoredRecord>>) -> Result<Vec<T>> {
    let records = records.unwrap_or_default();
    records.iter().map(read).collect()
}

fn text<T: Serialize>(shown: &T) -> Result<String> {
    serde_json::to_string(shown).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Error::Damaged {
            what: "an answer cannot be written".to_owned(),
        }
    })
}
