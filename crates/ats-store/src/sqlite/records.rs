//! Reading records back, and the raw documents that they show.

use std::{
    collections::{BTreeMap, HashSet},
    sync::LazyLock,
};

use ats_core::{Id, IntegrationId, ModelKind};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Models, bundles, integrations,
    values::{damaged, from_packed_json, from_word, instant, millis},
};
use crate::{DocumentPlace, ModelCount, RecordQuery, Result, StoredRecord};

const COLUMNS: &str = "r.key, r.model, r.id, r.content, l.definitions, r.field_values, \
                       r.changed_at, r.deleted_at, r.reason, r.bundle, r.documents, r.pass";

/// The models with a place for raw documents. Asking a model's schema costs more than reading the
/// documents.
static HAVE_PLACE: LazyLock<HashSet<ModelKind>> = LazyLock::new(|| {
    let models = ModelKind::ALL.iter().copied();
    let have = models.filter(|kind| ats_core::fields(*kind).contains_key("remote_data"));
    have.collect()
});

pub(super) fn one(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
    record: &Id,
) -> Result<Option<StoredRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM records AS r LEFT JOIN layouts AS l
             ON l.integration = r.integration AND l.key = r.layout
         WHERE r.id = ?1 AND r.integration = ?2"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![record.as_str(), integrations::key(db, id)?])?;
    rows.next()?.map(|row| read(models, row)).transpose()
}

/// A record by its key.
pub(super) fn by_key(
    db: &Connection,
    models: &Models,
    integration: i64,
    key: i64,
) -> Result<Option<StoredRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM records AS r LEFT JOIN layouts AS l
             ON l.integration = r.integration AND l.key = r.layout
         WHERE r.key = ?1 AND r.integration = ?2"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([key, integration])?;
    rows.next()?.map(|row| read(models, row)).transpose()
}

/// The records with these ids, in their order; those that are not there are left out.
pub(super) fn by_ids(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
    ids: &[Id],
) -> Result<Vec<StoredRecord>> {
    let found = ids.iter().map(|record| one(db, models, id, record));
    found.filter_map(Result::transpose).collect()
}

/// The living records of a model that refer to one of these.
pub(super) fn children(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
    model: ModelKind,
    parents: &[Id],
) -> Result<Vec<StoredRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM links AS k JOIN records AS r ON r.key = k.record
         LEFT JOIN layouts AS l ON l.integration = r.integration AND l.key = r.layout
         WHERE k.target = ?1 AND k.model = ?2 AND r.integration = ?3 AND r.deleted_at IS NULL
         ORDER BY k.record"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let integration = integrations::key(db, id)?;
    let mut records = Vec::new();
    for parent in parents {
        let values = params![parent.as_str(), models.key(model), integration];
        let mut rows = statement.query(values)?;
        while let Some(row) = rows.next()? {
            records.push(read(models, row)?);
        }
    }
    Ok(records)
}

/// The key of a record.
pub(super) fn key(db: &Connection, integration: i64, record: &Id) -> Result<Option<i64>> {
    let mut statement =
        db.prepare_cached("SELECT key FROM records WHERE id = ?1 AND integration = ?2")?;
    let key = statement.query_row(params![record.as_str(), integration], |row| row.get(0));
    Ok(key.optional()?)
}

pub(super) fn page(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
    query: RecordQuery,
) -> Result<Vec<StoredRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM records AS r LEFT JOIN layouts AS l
             ON l.integration = r.integration AND l.key = r.layout
         WHERE r.integration = ?1 AND r.model = ?2 AND r.key > ?3
           AND (?4 OR r.deleted_at IS NULL) AND (?5 IS NULL OR r.changed_at >= ?5)
         ORDER BY r.key LIMIT ?6"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![
        integrations::key(db, id)?,
        models.key(query.model),
        query.after,
        query.include_deleted,
        query.changed_since.map(millis),
        query.limit as i64
    ])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(read(models, row)?);
    }
    Ok(records)
}

pub(super) fn of_candidate(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
    candidate: &Id,
) -> Result<Vec<StoredRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM links AS k JOIN records AS r ON r.key = k.record
         LEFT JOIN layouts AS l ON l.integration = r.integration AND l.key = r.layout
         WHERE k.target = ?1 AND r.integration = ?2 AND r.deleted_at IS NULL ORDER BY k.record"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![candidate.as_str(), integrations::key(db, id)?])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(read(models, row)?);
    }
    Ok(records)
}

fn read(models: &Models, row: &Row<'_>) -> Result<StoredRecord> {
    let id: String = row.get(2)?;
    let definitions: Option<String> = row.get(4)?;
    let values: Option<String> = row.get(5)?;
    let deleted_at: Option<i64> = row.get(7)?;
    let reason: Option<String> = row.get(8)?;
    let documents: Option<Vec<u8>> = row.get(10)?;
    Ok(StoredRecord {
        key: row.get(0)?,
        model: models.kind(row.get(1)?)?,
        id: id.parse().map_err(|_| damaged("a record has an odd id"))?,
        content: row.get(3)?,
        fields: definitions.zip(values),
        changed_at: instant(row.get(6)?)?,
        remote_deleted_at: deleted_at.map(instant).transpose()?,
        reason: reason.as_deref().map(from_word).transpose()?,
        bundle: row.get(9)?,
        documents: documents.as_deref().map(from_packed_json).transpose()?,
        pass: row.get(11)?,
    })
}

pub(super) fn remote_data(
    db: &Connection,
    id: &IntegrationId,
    record: &StoredRecord,
) -> Result<Option<String>> {
    let shows = integrations::one(db, id)?.is_some_and(|found| found.settings.keeps_documents());
    if !shows || !HAVE_PLACE.contains(&record.model) || record.bundle.is_none() {
        return Ok(None);
    }
    let mut documents: BTreeMap<String, String> = BTreeMap::new();
    match &record.documents {
        None => {
            let Some((_, giver)) = bundles::giver(db, id, record)? else {
                return Ok(None);
            };
            for document in giver.bundle.documents {
                documents.insert(
                    format!("/{}", document.endpoint),
                    document.body.get().to_owned(),
                );
            }
        }
        Some(places) => {
            for place in places {
                let body = match &place.body {
                    Some(body) => Some(body.get().to_owned()),
                    None => document(db, id, place)?,
                };
                if let Some(body) = body {
                    documents.insert(place.path.clone(), body);
                }
            }
        }
    }
    let members = documents.into_iter().map(|(path, body)| {
        let path = serde_json::Value::from(path);
        format!("{path}:{body}")
    });
    let members: Vec<String> = members.collect();
    Ok(Some(format!("{{{}}}", members.join(","))))
}

fn document(db: &Connection, id: &IntegrationId, place: &DocumentPlace) -> Result<Option<String>> {
    let stored = bundles::one(db, id, &place.stream, &place.bundle)?;
    let document = stored.and_then(|stored| stored.bundle.documents.into_iter().nth(place.index));
    Ok(document.map(|document| document.body.get().to_owned()))
}

/// The record that `record` was merged into, through as many merges as there were.
pub(super) fn alias(db: &Connection, id: &IntegrationId, record: &Id) -> Result<Option<Id>> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE merged (old, new, steps) AS (
             SELECT a.old, a.new, 1 FROM aliases AS a JOIN records AS r ON r.id = a.old
             WHERE a.old = ?1 AND a.integration = ?2 AND r.reason = 'merged'
             UNION ALL
             SELECT a.old, a.new, m.steps + 1 FROM merged AS m JOIN aliases AS a ON a.old = m.new
             JOIN records AS r ON r.id = a.old WHERE r.reason = 'merged' AND m.steps < 100)
         SELECT new FROM merged WHERE steps < 100 ORDER BY steps DESC LIMIT 1",
    )?;
    let alias: Option<String> = statement
        .query_row(
            params![record.as_str(), integrations::key(db, id)?],
            |row| row.get(0),
        )
        .optional()?;
    alias
        .map(|alias| alias.parse().map_err(|_| damaged("an alias has an odd id")))
        .transpose()
}

/// Candidates by e-mail address. It reads all candidates: only a dry run asks.
pub(super) fn candidates_with_email(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
    email: &str,
) -> Result<Vec<String>> {
    let mut select = db.prepare_cached(
        "SELECT DISTINCT r.content ->> 'remote_id', r.content ->> 'remote_created_at'
         FROM records AS r, json_each(r.content, '$.email_addresses') AS e
         WHERE r.integration = ?1 AND r.model = ?2 AND r.deleted_at IS NULL
           AND lower(trim(e.value ->> 'email_address')) = ?3
         ORDER BY 2, 1",
    )?;
    let model = models.key(ModelKind::Candidate);
    let email = email.trim().to_ascii_lowercase();
    let rows = select.query_map(params![integrations::key(db, id)?, model, email], |row| {
        row.get(0)
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn counts(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
) -> Result<BTreeMap<ModelKind, ModelCount>> {
    let integration = integrations::key(db, id)?;
    let mut counts: BTreeMap<ModelKind, ModelCount> = BTreeMap::new();
    // Two counts in an index each: a look at the records themselves would read the whole file.
    let mut all = db.prepare_cached(
        "SELECT model, count(*) FROM records WHERE integration = ?1 GROUP BY model",
    )?;
    let mut rows = all.query([integration])?;
    while let Some(row) = rows.next()? {
        counts.entry(models.kind(row.get(0)?)?).or_default().live = row.get::<_, i64>(1)? as u64;
    }
    let mut deleted = db.prepare_cached(
        "SELECT model, count(*) FROM records INDEXED BY records_deleted
         WHERE integration = ?1 AND deleted_at IS NOT NULL GROUP BY model",
    )?;
    let mut rows = deleted.query([integration])?;
    while let Some(row) = rows.next()? {
        let count = counts.entry(models.kind(row.get(0)?)?).or_default();
        count.deleted = row.get::<_, i64>(1)? as u64;
        count.live = count.live.saturating_sub(count.deleted);
    }
    Ok(counts)
}

pub(super) fn layouts(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
) -> Result<Vec<(ModelKind, String)>> {
    let integration = integrations::key(db, id)?;
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT r.model, l.definitions FROM records AS r
         JOIN layouts AS l ON l.integration = r.integration AND l.key = r.layout
         WHERE r.integration = ?1 AND r.layout IS NOT NULL",
    )?;
    let mut rows = statement.query([integration])?;
    let mut layouts = Vec::new();
    while let Some(row) = rows.next()? {
        layouts.push((models.kind(row.get(0)?)?, row.get(1)?));
    }
    Ok(layouts)
}
