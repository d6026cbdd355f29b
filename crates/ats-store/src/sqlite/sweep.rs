//! Sweeping: finding what a complete walk did not bring, and setting tombstones.

use std::collections::BTreeMap;

use ats_core::{IntegrationId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    Models, bundles, commit,
    commit::Tallies,
    integrations,
    settle::{self, Moment},
    values::{damaged, word},
};
use crate::{Cause, DeletionReason, Missing, MissingOfModel, Result, Swept};

/// Bundles of the walk's stream that it did not bring.
const UNSEEN: &str = "FROM bundles AS b LEFT JOIN sightings AS g ON g.bundle = b.key
     WHERE b.stream = (SELECT stream FROM walks WHERE key = ?1)
       AND (g.walk IS NULL OR g.walk <> ?1)";

pub(super) fn missing(db: &Connection, models: &Models, walk: i64) -> Result<Missing> {
    let mut count = db.prepare_cached(&format!("SELECT count(*) {UNSEEN}"))?;
    let bundles: i64 = count.query_row([walk], |row| row.get(0))?;
    let mut missing = Missing {
        bundles: bundles as u64,
        models: BTreeMap::new(),
    };
    if bundles == 0 {
        return Ok(missing);
    }
    // A record that another bundle gives too only changes hands.
    let mut of_models = db.prepare_cached(&format!(
        "SELECT r.model, count(*) FROM records AS r
         WHERE r.deleted_at IS NULL AND r.bundle IN (SELECT b.key {UNSEEN})
           AND NOT EXISTS (SELECT 1 FROM rivals AS v WHERE v.record = r.key)
         GROUP BY r.model"
    ))?;
    let mut live = db.prepare_cached(
        "SELECT count(*) FROM records WHERE deleted_at IS NULL AND model = ?2 AND integration =
             (SELECT s.integration FROM walks AS w JOIN streams AS s ON s.key = w.stream
              WHERE w.key = ?1)",
    )?;
    let mut rows = of_models.query([walk])?;
    while let Some(row) = rows.next()? {
        let model: i64 = row.get(0)?;
        let gone: i64 = row.get(1)?;
        let live: i64 = live.query_row([walk, model], |row| row.get(0))?;
        let share = MissingOfModel {
            missing: gone as u64,
            live: live as u64,
        };
        missing.models.insert(models.kind(model)?, share);
    }
    Ok(missing)
}

pub(super) fn sweep(
    tx: &Transaction<'_>,
    models: &Models,
    walk: i64,
    reason: DeletionReason,
    at: Timestamp,
    limit: usize,
) -> Result<Swept> {
    let mut of_walk = tx.prepare_cached(
        "SELECT w.pass, i.key, i.id, s.name FROM walks AS w JOIN streams AS s ON s.key = w.stream
         JOIN integrations AS i ON i.key = s.integration WHERE w.key = ?1",
    )?;
    let (pass, integration, id, stream): (i64, i64, String, String) = of_walk
        .query_row([walk], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?
        .ok_or_else(|| damaged("a walk is not there"))?;
    let id: IntegrationId = id
        .parse()
        .map_err(|_| damaged("an integration has an odd id"))?;
    let moment = Moment {
        tx,
        models,
        integration,
        pass,
        at,
        cause: &Cause::Swept,
    };
    let mut select = tx.prepare_cached(&format!(
        "SELECT b.key, b.id, b.grp, b.lookups {UNSEEN} LIMIT ?2"
    ))?;
    let rows = select.query_map(params![walk, limit as i64], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    let unseen: Vec<(i64, String, Option<String>, Vec<u8>)> =
        rows.collect::<rusqlite::Result<_>>()?;
    let mut tallies = Tallies::new();
    for (key, bundle, group, lookups) in &unseen {
        for (record, _) in settle::given_by(tx, *key)? {
            moment.take_back(record, *key, reason, &mut tallies)?;
        }
        commit::mark_dependents(tx, &id, &stream, bundle, [group.as_deref()])?;
        bundles::remove(tx, *key, lookups)?;
    }
    commit::write_tallies(tx, models, &tallies)?;
    tx.prepare_cached("UPDATE walks SET swept = swept + ?2 WHERE key = ?1")?
        .execute(params![walk, unseen.len() as i64])?;
    Ok(Swept {
        bundles: unseen.len() as u64,
        done: unseen.len() < limit,
    })
}

/// A candidate that is gone and whose applications moved to another one was merged into it.
pub(super) fn settle_merges(tx: &Transaction<'_>, id: &IntegrationId) -> Result<u64> {
    let integration = integrations::key(tx, id)?;
    let merged = word(&DeletionReason::Merged)?;
    let mut changes = tx.prepare_cached(
        "UPDATE changes SET reason = ?2 WHERE integration = ?1 AND kind = 'deleted'
             AND record IN (SELECT r.key FROM aliases AS a JOIN records AS r ON r.id = a.old
                 WHERE a.integration = ?1 AND r.bundle IS NULL AND r.reason <> ?2)
             AND seq = (SELECT max(seq) FROM changes AS c WHERE c.record = changes.record)",
    )?;
    let waiting: i64 = tx.query_row(
        "SELECT count(*) FROM aliases AS a JOIN records AS r ON r.id = a.old
         WHERE a.integration = ?1 AND r.bundle IS NULL AND r.reason <> ?2",
        params![integration, merged],
        |row| row.get(0),
    )?;
    if waiting == 0 {
        return Ok(0);
    }
    changes.execute(params![integration, merged])?;
    let mut records = tx.prepare_cached(
        "UPDATE records SET reason = ?2 WHERE bundle IS NULL AND reason <> ?2
             AND id IN (SELECT old FROM aliases WHERE integration = ?1)",
    )?;
    Ok(records.execute(params![integration, merged])? as u64)
}
