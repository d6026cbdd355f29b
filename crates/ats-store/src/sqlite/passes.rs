//! Passes and walks: how they begin, how far they come, how they end.

use std::{collections::BTreeMap, time::Duration};

use ats_core::{Checkpoint, IntegrationId, PageCursor, Timestamp, Usage};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{
    Models, integrations,
    values::{from_json, from_word, instant, json, millis, word},
};
use crate::{
    NewPass, Pass, PassEnd, PassKind, PassState, Problem, Result, Tally, Walk, WalkStart, WalkState,
};

pub(super) fn begin(tx: &Transaction<'_>, id: &IntegrationId, pass: &NewPass) -> Result<i64> {
    let integration = integrations::key(tx, id)?;
    tx.execute(
        "INSERT INTO passes (integration, id, kind, whole, state, started_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            integration,
            pass.id,
            word(&pass.kind)?,
            pass.whole,
            word(&PassState::Running)?,
            millis(pass.started_at)
        ],
    )?;
    let key = tx.last_insert_rowid();
    moved_on(tx, integration, pass.started_at)?;
    Ok(key)
}

pub(super) fn resume(tx: &Transaction<'_>, pass: i64) -> Result<()> {
    tx.execute(
        "UPDATE passes SET state = ?2, ended_at = NULL, problem = NULL, resumed = resumed + 1,
             told = 0
         WHERE key = ?1",
        params![pass, word(&PassState::Running)?],
    )?;
    tx.execute(
        "UPDATE walks SET state = ?2, ended_at = NULL, problem = NULL
         WHERE pass = ?1 AND state = ?3",
        params![pass, word(&WalkState::Open)?, word(&WalkState::Failed)?],
    )?;
    Ok(())
}

pub(super) fn end(tx: &Transaction<'_>, pass: i64, end: &PassEnd) -> Result<()> {
    tx.execute(
        "UPDATE passes SET state = ?2, ended_at = ?3, problem = ?4 WHERE key = ?1",
        params![
            pass,
            word(&end.state)?,
            millis(end.ended_at),
            end.problem.as_ref().map(json).transpose()?
        ],
    )?;
    let integration: Option<i64> = tx
        .query_row(
            "SELECT integration FROM passes WHERE key = ?1",
            [pass],
            |row| row.get(0),
        )
        .optional()?;
    integration.map_or(Ok(()), |integration| {
        moved_on(tx, integration, end.ended_at)
    })
}

pub(super) fn add_usage(tx: &Transaction<'_>, pass: i64, usage: Usage) -> Result<()> {
    let mut statement = tx.prepare_cached(
        "UPDATE passes SET requests = requests + ?2, retries = retries + ?3,
             throttled = throttled + ?4, waited_ms = waited_ms + ?5 WHERE key = ?1",
    )?;
    statement.execute(params![
        pass,
        usage.requests as i64,
        usage.retries as i64,
        usage.throttled as i64,
        usage.waited.as_millis() as i64
    ])?;
    Ok(())
}

pub(super) fn begin_walk(
    tx: &Transaction<'_>,
    id: &IntegrationId,
    pass: i64,
    stream: &str,
    start: &WalkStart,
    at: Timestamp,
) -> Result<i64> {
    let stream = integrations::stream(tx, id, stream)?;
    // Those of the walk before are no longer asked for; how many there were stays with it.
    tx.execute(
        "DELETE FROM rejects WHERE walk = (SELECT max(key) FROM walks WHERE stream = ?1)",
        [stream],
    )?;
    tx.execute(
        "INSERT INTO walks (pass, stream, since, state, started_at, forgotten)
         SELECT ?1, key, ?3, ?4, ?5, forgotten FROM streams WHERE key = ?2",
        params![
            pass,
            stream,
            since(start),
            word(&WalkState::Open)?,
            millis(at)
        ],
    )?;
    let walk = tx.last_insert_rowid();
    moved_on(tx, integrations::key(tx, id)?, at)?;
    Ok(walk)
}

fn since(start: &WalkStart) -> Option<&str> {
    match start {
        WalkStart::Full => None,
        WalkStart::Since(checkpoint) => Some(&checkpoint.0),
    }
}

pub(super) fn restart_walk(tx: &Transaction<'_>, walk: i64, start: &WalkStart) -> Result<()> {
    // Zero is no walk: what this one has seen so far counts as not seen.
    tx.execute("UPDATE sightings SET walk = 0 WHERE walk = ?1", [walk])?;
    tx.execute("DELETE FROM rejects WHERE walk = ?1", [walk])?;
    tx.execute(
        "UPDATE walks SET since = ?2, state = ?3, cursor = NULL, checkpoint = NULL, pages = 0,
             rows = 0, distinct_ids = 0, rejects = 0, losses = 0, problem = NULL, ended_at = NULL,
             forgotten = (SELECT s.forgotten FROM streams AS s WHERE s.key = walks.stream)
         WHERE key = ?1",
        params![walk, since(start), word(&WalkState::Open)?],
    )?;
    Ok(())
}

pub(super) fn fail_walk(
    tx: &Transaction<'_>,
    walk: i64,
    problem: &Problem,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        "UPDATE walks SET state = ?2, problem = ?3, ended_at = ?4 WHERE key = ?1",
        params![walk, word(&WalkState::Failed)?, json(problem)?, millis(at)],
    )?;
    walk_moved_on(tx, walk, at)
}

pub(super) fn complete_walk(
    tx: &Transaction<'_>,
    walk: i64,
    problem: Option<&Problem>,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        "UPDATE walks SET state = ?2, problem = ?3, ended_at = ?4 WHERE key = ?1",
        params![
            walk,
            word(&WalkState::Complete)?,
            problem.map(json).transpose()?,
            millis(at)
        ],
    )?;
    // Without a token the next walk has nowhere to start from but the beginning.
    tx.execute(
        "UPDATE streams SET checkpoint = CASE WHEN w.forgotten = streams.forgotten
             THEN w.checkpoint END FROM walks AS w
         WHERE w.key = ?1 AND streams.key = w.stream",
        [walk],
    )?;
    walk_moved_on(tx, walk, at)
}

pub(super) fn checkpoints(
    db: &Connection,
    id: &IntegrationId,
) -> Result<BTreeMap<String, Checkpoint>> {
    let mut statement = db.prepare_cached(
        "SELECT name, checkpoint FROM streams WHERE integration = ?1 AND checkpoint IS NOT NULL",
    )?;
    let rows = statement.query_map([integrations::key(db, id)?], |row| {
        Ok((row.get(0)?, Checkpoint(row.get(1)?)))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Every stream of the connector is the caller's to know; here it counts that the pass says so, and
/// that none of its walks began at a checkpoint or is unfinished.
pub(super) fn last_full(db: &Connection, id: &IntegrationId) -> Result<Option<Timestamp>> {
    let mut statement = db.prepare_cached(
        "SELECT p.started_at FROM passes AS p
         WHERE p.integration = ?1 AND p.kind = ?2 AND p.whole AND p.state = ?3
           AND NOT EXISTS (SELECT 1 FROM walks AS w WHERE w.pass = p.key
               AND (w.since IS NOT NULL OR w.state <> ?4))
         ORDER BY p.key DESC LIMIT 1",
    )?;
    let started: Option<i64> = statement
        .query_row(
            params![
                integrations::key(db, id)?,
                word(&PassKind::Full)?,
                word(&PassState::Succeeded)?,
                word(&WalkState::Complete)?
            ],
            |row| row.get(0),
        )
        .optional()?;
    started.map(instant).transpose()
}

const COLUMNS: &str = "key, id, kind, state, started_at, ended_at, requests, retries, throttled, \
                       resumed, problem, whole, waited_ms";

pub(super) fn latest(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
    limit: usize,
) -> Result<Vec<Pass>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM passes WHERE integration = ?1 AND kind <> 'NAMED'
         ORDER BY key DESC LIMIT ?2"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![integrations::key(db, id)?, limit as i64])?;
    let mut passes = Vec::new();
    while let Some(row) = rows.next()? {
        passes.push(read(db, models, row)?);
    }
    Ok(passes)
}

/// Passes over everything that have ended, and nobody was told of their end; the oldest first.
pub(super) fn untold(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
    limit: usize,
) -> Result<Vec<Pass>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM passes INDEXED BY passes_untold
         WHERE integration = ?1 AND told = 0 AND whole AND kind <> 'NAMED' AND ended_at IS NOT NULL
         ORDER BY key LIMIT ?2"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![integrations::key(db, id)?, limit as i64])?;
    let mut passes = Vec::new();
    while let Some(row) = rows.next()? {
        passes.push(read(db, models, row)?);
    }
    Ok(passes)
}

pub(super) fn note_told(tx: &Transaction<'_>, pass: i64) -> Result<()> {
    tx.prepare_cached("UPDATE passes SET told = 1 WHERE key = ?1")?
        .execute([pass])?;
    Ok(())
}

pub(super) fn one(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
    pass_id: &str,
) -> Result<Option<Pass>> {
    let sql = format!("SELECT {COLUMNS} FROM passes WHERE integration = ?1 AND id = ?2");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![integrations::key(db, id)?, pass_id])?;
    rows.next()?.map(|row| read(db, models, row)).transpose()
}

fn read(db: &Connection, models: &Models, row: &Row<'_>) -> Result<Pass> {
    let key: i64 = row.get(0)?;
    let count = |index| row.get::<_, i64>(index).map(|count| count as u64);
    let ended_at: Option<i64> = row.get(5)?;
    let problem: Option<String> = row.get(10)?;
    Ok(Pass {
        key,
        id: row.get(1)?,
        kind: from_word(&row.get::<_, String>(2)?)?,
        whole: row.get(11)?,
        state: from_word(&row.get::<_, String>(3)?)?,
        started_at: instant(row.get(4)?)?,
        ended_at: ended_at.map(instant).transpose()?,
        usage: Usage {
            requests: count(6)?,
            retries: count(7)?,
            throttled: count(8)?,
            waited: Duration::from_millis(count(12)?),
        },
        resumed: row.get(9)?,
        tallies: tallies(db, models, key)?,
        walks: walks(db, key)?,
        problem: problem.as_deref().map(from_json).transpose()?,
    })
}

fn tallies(
    db: &Connection,
    models: &Models,
    pass: i64,
) -> Result<BTreeMap<ats_core::ModelKind, Tally>> {
    let mut statement = db.prepare_cached(
        "SELECT model, created, updated, deleted, unchanged, losses, rejects
         FROM tallies WHERE pass = ?1",
    )?;
    let mut rows = statement.query([pass])?;
    let mut tallies = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let count = |index| row.get::<_, i64>(index).map(|count| count as u64);
        let tally = Tally {
            created: count(1)?,
            updated: count(2)?,
            deleted: count(3)?,
            unchanged: count(4)?,
            losses: count(5)?,
            rejects: count(6)?,
        };
        tallies.insert(models.kind(row.get(0)?)?, tally);
    }
    Ok(tallies)
}

fn walks(db: &Connection, pass: i64) -> Result<Vec<Walk>> {
    let mut statement = db.prepare_cached(
        "SELECT w.key, s.name, w.since, w.state, w.cursor, w.checkpoint, w.pages, w.rows,
             w.distinct_ids, w.rejects, w.losses, w.swept, w.problem, w.started_at, w.ended_at
         FROM walks AS w JOIN streams AS s ON s.key = w.stream WHERE w.pass = ?1 ORDER BY w.key",
    )?;
    let mut rows = statement.query([pass])?;
    let mut walks = Vec::new();
    while let Some(row) = rows.next()? {
        let count = |index| row.get::<_, i64>(index).map(|count| count as u64);
        let since: Option<String> = row.get(2)?;
        let problem: Option<String> = row.get(12)?;
        let ended_at: Option<i64> = row.get(14)?;
        walks.push(Walk {
            key: row.get(0)?,
            stream: row.get(1)?,
            start: since.map_or(WalkStart::Full, |since| WalkStart::Since(Checkpoint(since))),
            state: from_word(&row.get::<_, String>(3)?)?,
            cursor: row.get::<_, Option<String>>(4)?.map(PageCursor),
            checkpoint: row.get::<_, Option<String>>(5)?.map(Checkpoint),
            pages: count(6)?,
            rows: count(7)?,
            distinct_ids: count(8)?,
            rejects: count(9)?,
            losses: count(10)?,
            swept: count(11)?,
            problem: problem.as_deref().map(from_json).transpose()?,
            started_at: instant(row.get(13)?)?,
            ended_at: ended_at.map(instant).transpose()?,
        });
    }
    Ok(walks)
}

/// The latest moment that anything of the integration was written at.
pub(super) fn latest_moment(db: &Connection, id: &IntegrationId) -> Result<Option<Timestamp>> {
    let mut statement = db.prepare_cached("SELECT latest FROM integrations WHERE id = ?1")?;
    let latest: Option<i64> = statement
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    latest.map(instant).transpose()
}

/// Moves the latest moment of an integration on; it never goes back.
pub(super) fn moved_on(tx: &Transaction<'_>, integration: i64, at: Timestamp) -> Result<()> {
    let mut statement =
        tx.prepare_cached("UPDATE integrations SET latest = ?2 WHERE key = ?1 AND latest < ?2")?;
    statement.execute(params![integration, millis(at)])?;
    Ok(())
}

fn walk_moved_on(tx: &Transaction<'_>, walk: i64, at: Timestamp) -> Result<()> {
    let integration = "SELECT s.integration FROM walks AS w JOIN streams AS s ON s.key = w.stream
         WHERE w.key = ?1";
    let integration = tx
        .query_row(integration, [walk], |row| row.get(0))
        .optional()?;
    integration.map_or(Ok(()), |integration| moved_on(tx, integration, at))
}
