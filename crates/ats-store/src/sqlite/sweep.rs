//! Sweeping: finding what a complete walk did not bring, and setting tombstones.

use std::collections::BTreeMap;

use ats_core::{Id, IntegrationId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    Models, bundles, dependents, integrations, passes, records, rivals,
    settle::Moment,
    values::{damaged, word},
    writer::Writer,
};
use crate::{Cause, DeletionReason, Missing, MissingOfModel, Removal, Result, Swept};

/// Bundles of the walk's stream that it did not bring. A walk that has not ended, or did not begin
/// at the beginning, cannot tell.
const UNSEEN: &str = "FROM walks AS w JOIN bundles AS b ON b.stream = w.stream
     LEFT JOIN sightings AS g ON g.bundle = b.key
     WHERE w.key = ?1 AND w.state = 'ENDED' AND w.since IS NULL
       AND (g.walk IS NULL OR g.walk <> w.key)";

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
    // A record that a bundle gives which is not missing only changes hands.
    let mut of_models = db.prepare_cached(&format!(
        "WITH unseen AS MATERIALIZED (SELECT b.key {UNSEEN})
         SELECT r.model, count(*) FROM records AS r
         WHERE r.deleted_at IS NULL AND r.bundle IN (SELECT key FROM unseen)
           AND NOT EXISTS (SELECT 1 FROM rivals AS v WHERE v.record = r.key
               AND v.bundle NOT IN (SELECT key FROM unseen))
         GROUP BY r.model"
    ))?;
    let live = records::counts(db, models, &of_walk(db, walk)?.id)?;
    let mut rows = of_models.query([walk])?;
    while let Some(row) = rows.next()? {
        let model = models.kind(row.get(0)?)?;
        let share = MissingOfModel {
            missing: row.get::<_, i64>(1)? as u64,
            live: live.get(&model).map_or(0, |count| count.live),
        };
        missing.models.insert(model, share);
    }
    Ok(missing)
}

/// What a walk belongs to.
struct OfWalk {
    pass: i64,
    integration: i64,
    id: IntegrationId,
    stream: String,
}

fn of_walk(db: &Connection, walk: i64) -> Result<OfWalk> {
    let mut statement = db.prepare_cached(
        "SELECT w.pass, i.key, i.id, s.name FROM walks AS w JOIN streams AS s ON s.key = w.stream
         JOIN integrations AS i ON i.key = s.integration WHERE w.key = ?1",
    )?;
    let (pass, integration, id, stream): (i64, i64, String, String) = statement
        .query_row([walk], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?
        .ok_or_else(|| damaged("a walk is not there"))?;
    let id = id
        .parse()
        .map_err(|_| damaged("an integration has an odd id"))?;
    Ok(OfWalk {
        pass,
        integration,
        id,
        stream,
    })
}

pub(super) fn sweep(
    tx: &Transaction<'_>,
    models: &Models,
    walk: i64,
    reason: DeletionReason,
    at: Timestamp,
    limit: usize,
) -> Result<Swept> {
    let of_walk = of_walk(tx, walk)?;
    let mut writer = Writer::new(tx, models)?;
    let moment = Moment {
        integration: of_walk.integration,
        pass: of_walk.pass,
        at,
        touched_at: writer.ledger.moment(tx, of_walk.integration, at)?,
        cause: &Cause::Swept,
        first: true,
    };
    let mut select = tx.prepare_cached(&format!(
        "SELECT b.key, b.id, b.grp, b.lookups {UNSEEN} ORDER BY b.id LIMIT ?2"
    ))?;
    let rows = select.query_map(params![walk, limit as i64], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    let unseen: Vec<(i64, String, Option<String>, Vec<u8>)> =
        rows.collect::<rusqlite::Result<_>>()?;
    for (key, bundle, group, lookups) in &unseen {
        for record in rivals::given_by(tx, *key)? {
            writer.take_back(&moment, record, *key, reason)?;
        }
        let groups = [group.as_deref()];
        dependents::mark(tx, &of_walk.id, &of_walk.stream, bundle, groups)?;
        bundles::remove(tx, *key, lookups)?;
    }
    writer.close()?;
    tx.prepare_cached("UPDATE walks SET swept = swept + ?2 WHERE key = ?1")?
        .execute(params![walk, unseen.len() as i64])?;
    passes::moved_on(tx, of_walk.integration, at)?;
    Ok(Swept {
        bundles: unseen.len() as u64,
        done: unseen.len() < limit,
    })
}

/// Takes away one bundle that the vendor says is gone.
pub(super) fn remove(tx: &Transaction<'_>, models: &Models, removal: &Removal) -> Result<bool> {
    let integration = integrations::key(tx, &removal.integration)?;
    let stream = integrations::stream(tx, &removal.integration, &removal.stream)?;
    let mut select =
        tx.prepare_cached("SELECT key, grp, lookups FROM bundles WHERE stream = ?1 AND id = ?2")?;
    let found: Option<(i64, Option<String>, Vec<u8>)> = select
        .query_row(params![stream, removal.bundle], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((key, group, lookups)) = found else {
        return Ok(false);
    };
    let mut writer = Writer::new(tx, models)?;
    let moment = Moment {
        integration,
        pass: removal.pass,
        at: removal.at,
        touched_at: writer.ledger.moment(tx, integration, removal.at)?,
        cause: &removal.cause,
        first: true,
    };
    for record in rivals::given_by(tx, key)? {
        writer.take_back(&moment, record, key, removal.reason)?;
    }
    let (id, stream) = (&removal.integration, &removal.stream);
    dependents::mark(tx, id, stream, &removal.bundle, [group.as_deref()])?;
    bundles::remove(tx, key, &lookups)?;
    writer.close()?;
    passes::moved_on(tx, integration, removal.at)?;
    Ok(true)
}

pub(super) fn merge(tx: &Transaction<'_>, id: &IntegrationId, from: &Id, into: &Id) -> Result<()> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO aliases VALUES (?1, ?2, ?3)
         ON CONFLICT (old) DO UPDATE SET new = excluded.new",
    )?;
    insert.execute(params![
        from.as_str(),
        into.as_str(),
        integrations::key(tx, id)?
    ])?;
    Ok(())
}

/// A candidate that is gone and whose applications moved to another one was merged into it.
pub(super) fn settle_merges(tx: &Transaction<'_>, id: &IntegrationId) -> Result<u64> {
    let merged = word(&DeletionReason::Merged)?;
    let mut waiting = tx.prepare_cached(
        "SELECT r.key FROM aliases AS a JOIN records AS r ON r.id = a.old
         WHERE a.integration = ?1 AND r.bundle IS NULL AND r.reason <> ?2",
    )?;
    let waiting = waiting.query_map(params![integrations::key(tx, id)?, merged], |row| {
        row.get(0)
    })?;
    let waiting: Vec<i64> = waiting.collect::<rusqlite::Result<_>>()?;
    let mut record = tx.prepare_cached("UPDATE records SET reason = ?2 WHERE key = ?1")?;
    let mut line = tx.prepare_cached(
        "UPDATE changes SET reason = ?2 WHERE kind = 'deleted'
             AND seq = (SELECT max(seq) FROM changes WHERE record = ?1 AND kind <> 'created')",
    )?;
    for key in &waiting {
        record.execute(params![key, merged])?;
        line.execute(params![key, merged])?;
    }
    Ok(waiting.len() as u64)
}
