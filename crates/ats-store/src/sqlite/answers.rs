//! Answers: the texts of records as their lists show them, and which of them a change makes stale.
//!
//! [`Store::list`](crate::Store::list) says what an answer may show. Here stands what follows from
//! it. To drop too many costs time, to drop too few would show what is no longer so.

use std::collections::BTreeSet;

use ats_core::{Id, IntegrationId, ModelKind};
use rusqlite::{Connection, Transaction, params};

use super::{Models, integrations, records, touch::Touched};
use crate::{Result, StoredRecord};

/// The number of the last change.
pub(super) fn last_change(db: &Connection, id: &IntegrationId) -> Result<i64> {
    let mut statement = db.prepare_cached("SELECT touched FROM integrations WHERE key = ?1")?;
    Ok(statement.query_row([integrations::key(db, id)?], |row| row.get(0))?)
}

pub(super) fn save(
    tx: &Transaction<'_>,
    id: &IntegrationId,
    as_of: i64,
    answers: &[(i64, String)],
) -> Result<bool> {
    if last_change(tx, id)? != as_of {
        return Ok(false);
    }
    let integration = integrations::key(tx, id)?;
    let mut insert = tx.prepare_cached(
        "INSERT OR REPLACE INTO answers
         SELECT key, ?2 FROM records WHERE key = ?1 AND integration = ?3",
    )?;
    for (record, json) in answers {
        insert.execute(params![record, json, integration])?;
    }
    let mut update =
        tx.prepare_cached("UPDATE integrations SET answered = 1 WHERE key = ?1 AND answered = 0")?;
    update.execute([integration])?;
    Ok(true)
}

/// Drops all, and lets those that are being made now come too late.
pub(super) fn drop_all(tx: &Transaction<'_>, id: &IntegrationId) -> Result<()> {
    let integration = integrations::key(tx, id)?;
    let mut delete = tx.prepare_cached(
        "DELETE FROM answers WHERE record IN (SELECT key FROM records WHERE integration = ?1)",
    )?;
    delete.execute([integration])?;
    let mut update = tx.prepare_cached(
        "UPDATE integrations SET answered = 0, touched = touched + 1 WHERE key = ?1",
    )?;
    update.execute([integration])?;
    Ok(())
}

/// Records that have none, in the order of their keys.
pub(super) fn missing(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
    model: ModelKind,
    after: i64,
    limit: usize,
) -> Result<Vec<StoredRecord>> {
    let mut select = db.prepare_cached(
        "SELECT r.key FROM records AS r
         WHERE r.integration = ?1 AND r.model = ?2 AND r.key > ?3
           AND NOT EXISTS (SELECT 1 FROM answers AS a WHERE a.record = r.key)
         ORDER BY r.key LIMIT ?4",
    )?;
    let integration = integrations::key(db, id)?;
    let values = params![integration, models.key(model), after, limit as i64];
    let keys = select.query_map(values, |row| row.get(0))?;
    let keys: Vec<i64> = keys.collect::<rusqlite::Result<_>>()?;
    let found = keys
        .into_iter()
        .map(|key| records::by_key(db, models, integration, key));
    found.filter_map(Result::transpose).collect()
}

/// Whose answers go, each named by what leads to them.
#[derive(Debug, Default)]
struct Stale {
    records: BTreeSet<i64>,
    ids: BTreeSet<Id>,
    /// What refers to these.
    referring: BTreeSet<Id>,
    /// What these belong to that refer to one of these.
    above_referring: BTreeSet<Id>,
    /// What refers to an application that refers to one of these.
    below_applications: BTreeSet<Id>,
    /// The applications of the candidates that carry these tags.
    tagged: BTreeSet<Id>,
}

impl Stale {
    fn add(&mut self, touched: &Touched) {
        if !touched.is_new {
            self.records.insert(touched.record);
        }
        if !touched.elsewhere {
            return;
        }
        self.ids.extend(&touched.links.parents);
        match touched.model {
            ModelKind::Candidate => {
                self.referring.insert(touched.id);
                self.below_applications.insert(touched.id);
            }
            ModelKind::Application => {
                self.referring.insert(touched.id);
            }
            ModelKind::CandidateTag => self.referring.extend(&touched.links.parents),
            ModelKind::Tag => {
                self.above_referring.insert(touched.id);
                self.tagged.insert(touched.id);
            }
            ModelKind::ApplicationStage => {
                self.referring.insert(touched.id);
                self.above_referring.insert(touched.id);
            }
            // The index of a stage is shown wherever an application of the job stands in it.
            ModelKind::JobApplicationStage => {
                self.referring.extend(&touched.links.parents);
                self.above_referring.extend(&touched.links.parents);
            }
            ModelKind::Job => {
                self.referring.insert(touched.id);
                self.above_referring.insert(touched.id);
                self.below_applications.insert(touched.id);
            }
            ModelKind::User | ModelKind::ScreeningQuestion => {
                self.above_referring.insert(touched.id);
            }
            ModelKind::RejectionReason
            | ModelKind::JobPosting
            | ModelKind::Interview
            | ModelKind::Offer
            | ModelKind::JobScreeningQuestion
            | ModelKind::JobHiringTeamMember
            | ModelKind::InterviewingTeamMember => {}
        }
    }
}

/// Drops the answers that show one of the changes.
pub(super) fn forget(
    tx: &Transaction<'_>,
    models: &Models,
    touched: &[&Touched],
    reshown: &[i64],
) -> Result<()> {
    let mut stale = Stale::default();
    stale.records.extend(reshown);
    for touched in touched {
        stale.add(touched);
    }
    let mut delete = tx.prepare_cached("DELETE FROM answers WHERE record = ?1")?;
    for record in &stale.records {
        delete.execute([record])?;
    }
    let mut delete = tx.prepare_cached(
        "DELETE FROM answers WHERE record = (SELECT key FROM records WHERE id = ?1)",
    )?;
    for id in &stale.ids {
        delete.execute([id.as_str()])?;
    }
    let mut delete = tx.prepare_cached(
        "DELETE FROM answers WHERE record IN (SELECT record FROM links WHERE target = ?1)",
    )?;
    for id in &stale.referring {
        delete.execute([id.as_str()])?;
    }
    let mut delete = tx.prepare_cached(
        "DELETE FROM answers WHERE record IN (SELECT p.key FROM links AS l
             JOIN records AS r ON r.key = l.record
             JOIN records AS p ON p.id IN (r.content ->> 'candidate_id', r.content ->> 'job_id',
                 r.content ->> 'interview_id')
             WHERE l.target = ?1)",
    )?;
    for id in &stale.above_referring {
        delete.execute([id.as_str()])?;
    }
    let mut delete = tx.prepare_cached(
        "DELETE FROM answers WHERE record IN (SELECT b.record FROM links AS l
             JOIN records AS a ON a.key = l.record JOIN links AS b ON b.target = a.id
             WHERE l.target = ?1 AND l.model = ?2)",
    )?;
    for id in &stale.below_applications {
        delete.execute(params![id.as_str(), models.key(ModelKind::Application)])?;
    }
    let mut delete = tx.prepare_cached(
        "DELETE FROM answers WHERE record IN (SELECT b.record FROM links AS l
             JOIN records AS r ON r.key = l.record
             JOIN links AS b ON b.target = r.content ->> 'candidate_id'
             WHERE l.target = ?1)",
    )?;
    for id in &stale.tagged {
        delete.execute([id.as_str()])?;
    }
    Ok(())
}
