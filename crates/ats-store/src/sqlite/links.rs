//! Which records refer to which, so that what a change touches is found without reading records.
//!
//! It owns the list of fields that are followed. What follows from a link is for others.

use ats_core::{Id, ModelKind};
use rusqlite::{CachedStatement, Transaction, params};
use serde::Deserialize;

use crate::Result;

/// The fields of a model that are followed. The first one names what the record belongs to. Databases
/// of before the table was made got the same links by the migration that made it.
fn fields(model: ModelKind) -> &'static [&'static str] {
    match model {
        ModelKind::JobPosting => &["job_id"],
        ModelKind::Application => &["candidate_id", "job_id", "current_stage_id"],
        ModelKind::Interview | ModelKind::Offer => &["application_id"],
        ModelKind::CandidateTag => &["candidate_id", "tag_id"],
        ModelKind::JobApplicationStage => &["job_id", "stage_id"],
        ModelKind::JobScreeningQuestion => &["job_id", "question_id"],
        ModelKind::JobHiringTeamMember => &["job_id", "user_id"],
        ModelKind::InterviewingTeamMember => &["interview_id", "user_id"],
        ModelKind::User
        | ModelKind::Tag
        | ModelKind::RejectionReason
        | ModelKind::ApplicationStage
        | ModelKind::Job
        | ModelKind::ScreeningQuestion
        | ModelKind::Candidate => &[],
    }
}

/// The fields of any model that are followed, as they stand in a content.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    job_id: Option<String>,
    candidate_id: Option<String>,
    current_stage_id: Option<String>,
    application_id: Option<String>,
    interview_id: Option<String>,
    tag_id: Option<String>,
    stage_id: Option<String>,
    question_id: Option<String>,
    user_id: Option<String>,
}

impl Named {
    fn get(&self, field: &str) -> Option<&str> {
        let value = match field {
            "job_id" => &self.job_id,
            "candidate_id" => &self.candidate_id,
            "current_stage_id" => &self.current_stage_id,
            "application_id" => &self.application_id,
            "interview_id" => &self.interview_id,
            "tag_id" => &self.tag_id,
            "stage_id" => &self.stage_id,
            "question_id" => &self.question_id,
            "user_id" => &self.user_id,
            _ => &None,
        };
        value.as_deref()
    }
}

/// What a record refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Links {
    /// What it belongs to.
    pub(super) parents: Vec<Id>,
    /// Everything else.
    pub(super) others: Vec<Id>,
}

impl Links {
    /// The links of a record with this content.
    pub(super) fn of(model: ModelKind, content: &str) -> Self {
        let fields = fields(model);
        let mut links = Self::default();
        if fields.is_empty() {
            return links;
        }
        // A content that is not what it should be refers to nothing.
        let named: Named = serde_json::from_str(content).unwrap_or_default();
        for (index, field) in fields.iter().enumerate() {
            let target: Option<Id> = named.get(field).and_then(|target| target.parse().ok());
            match index {
                0 => links.parents.extend(target),
                _ => links.others.extend(target),
            }
        }
        links
    }

    fn all(&self) -> impl Iterator<Item = Id> {
        self.parents.iter().chain(&self.others).copied()
    }

    /// These and the other ones.
    pub(super) fn and(mut self, others: Self) -> Self {
        self.parents.extend(others.parents);
        self.others.extend(others.others);
        self
    }
}

/// Writes down the links of a record that is new.
pub(super) fn write(
    insert: &mut CachedStatement<'_>,
    model: i64,
    record: i64,
    links: &Links,
) -> Result<()> {
    for target in links.all() {
        insert.execute(params![target.as_str(), model, record])?;
    }
    Ok(())
}

/// Replaces the links of a record, as far as they differ.
pub(super) fn replace(
    tx: &Transaction<'_>,
    insert: &mut CachedStatement<'_>,
    model: i64,
    record: i64,
    (before, now): (&Links, &Links),
) -> Result<()> {
    if before == now {
        return Ok(());
    }
    let mut delete =
        tx.prepare_cached("DELETE FROM links WHERE target = ?1 AND model = ?2 AND record = ?3")?;
    for target in before.all() {
        delete.execute(params![target.as_str(), model, record])?;
    }
    write(insert, model, record, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_is_followed_is_read_and_migrated() {
        let migration = include_str!("migrations/V6__lists.sql");
        let mut followed = 0;
        for model in ModelKind::ALL {
            for (index, field) in fields(*model).iter().enumerate() {
                let target = Id::derive([*field]);
                let links = Links::of(*model, &format!(r#"{{"a":[1],"{field}":"{target}"}}"#));
                assert_eq!(links.all().collect::<Vec<_>>(), [target], "{model} {field}");
                assert_eq!(links.parents.len(), usize::from(index == 0));
                let line = format!("('{model}', '{field}')");
                assert!(migration.contains(&line), "{line}");
                followed += 1;
            }
        }
        assert_eq!(migration.matches("_id')").count(), followed);
    }

    #[test]
    fn links_of_before_the_table_are_found_by_its_migration() {
        let raw = rusqlite::Connection::open_in_memory().unwrap();
        for migration in [
            include_str!("migrations/V1__mirror.sql"),
            include_str!("migrations/V2__actions.sql"),
            include_str!("migrations/V3__forgotten.sql"),
            include_str!("migrations/V4__named.sql"),
            include_str!("migrations/V5__webhooks.sql"),
            "INSERT INTO models VALUES (3, 'applications'), (4, 'jobs');
             INSERT INTO integrations VALUES (1, 'i', '', '', NULL, '', x'', '', 0, 0, 77);
             INSERT INTO records (key, integration, model, id, changed_at, pass, hash, content)
             VALUES (7, 1, 3, 'a', 5, 1, x'', '{\"job_id\":\"j\",\"candidate_id\":\"c\",\"stage_id\":\"s\"}'),
                 (8, 1, 3, 'b', 5, 1, x'', '{\"job_id\":null}'),
                 (9, 1, 4, 'j', 5, 1, x'', '{\"job_id\":\"j\"}');",
            include_str!("migrations/V6__lists.sql"),
        ] {
            raw.execute_batch(migration).unwrap();
        }
        let links = "SELECT group_concat(target || ' ' || model || ' ' || record) FROM links";
        let links: String = raw.query_row(links, [], |row| row.get(0)).unwrap();
        assert_eq!(links, "c 3 7,j 3 7");
        // Nobody knows when what belongs together was touched, so it counts as touched now.
        let touched = "SELECT touched, all_touched FROM integrations";
        let touched = raw.query_row(touched, [], |row| Ok((row.get(0)?, row.get(1)?)));
        assert_eq!(touched, Ok((77, 77)));
    }

    #[test]
    fn what_is_no_reference_is_not_followed() {
        let model = ModelKind::Application;
        for content in ["", "[]", "{}", r#"{"candidate_id":null,"job_id":"no id"}"#] {
            assert_eq!(Links::of(model, content), Links::default(), "{content}");
        }
    }
}
