//! API keys.

use ats_core::{Id, Timestamp};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Row, Transaction, params};

use super::{
    super::values::{instant, millis},
    hash,
};
use crate::{ApiKey, Error, NewApiKey, Result};

const COLUMNS: &str = "id, name, environment, created_at, last_used_at, revoked_at";

/// When a key was last used is noted no more often than this: it must not cost a write a request.
const NOTED_EVERY_MINUTES: i64 = 10;

pub(super) fn create(
    tx: &Transaction<'_>,
    name: &str,
    environment: &str,
    now: Timestamp,
) -> Result<NewApiKey> {
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret).map_err(|error| Error::Database {
        source: Box::new(error),
    })?;
    let key = format!("ats_{}", URL_SAFE_NO_PAD.encode(secret));
    let kept = hash(&key);
    // The id follows from the hash of the hash: it tells nothing of the key.
    let id = Id::derive(["api key", &URL_SAFE_NO_PAD.encode(&kept)]).to_string();
    tx.prepare_cached(
        "INSERT INTO api_keys (id, name, environment, hash, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![id, name, environment, kept, millis(now)])?;
    Ok(NewApiKey {
        id,
        key,
        environment: environment.to_owned(),
    })
}

pub(super) fn all(db: &Connection) -> Result<Vec<ApiKey>> {
    let sql = format!("SELECT {COLUMNS} FROM api_keys ORDER BY created_at, id");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(read(row)?);
    }
    Ok(keys)
}

pub(super) fn revoke(tx: &Transaction<'_>, id: &str, now: Timestamp) -> Result<bool> {
    let changed = tx
        .prepare_cached("UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")?
        .execute(params![id, millis(now)])?;
    Ok(changed > 0)
}

/// The key of this hash, unless it was revoked.
pub(super) fn of_hash(db: &Connection, hash: &[u8]) -> Result<Option<ApiKey>> {
    let sql = format!("SELECT {COLUMNS} FROM api_keys WHERE hash = ?1 AND revoked_at IS NULL");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([hash])?;
    rows.next()?.map(read).transpose()
}

pub(super) fn is_worth_noting(key: &ApiKey, now: Timestamp) -> bool {
    key.last_used_at.is_none_or(|last| {
        let since = DateTime::<Utc>::from(now) - DateTime::<Utc>::from(last);
        since >= TimeDelta::minutes(NOTED_EVERY_MINUTES)
    })
}

pub(super) fn note_use(tx: &Transaction<'_>, id: &str, now: Timestamp) -> Result<()> {
    tx.prepare_cached("UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1")?
        .execute(params![id, millis(now)])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<ApiKey> {
    let moment = |millis: Option<i64>| millis.map(instant).transpose();
    Ok(ApiKey {
        id: row.get(0)?,
        name: row.get(1)?,
        environment: row.get(2)?,
        created_at: instant(row.get(3)?)?,
        last_used_at: moment(row.get(4)?)?,
        revoked_at: moment(row.get(5)?)?,
    })
}
