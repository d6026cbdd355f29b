//! Scope configs.

use rusqlite::{Connection, Transaction, params};

use super::super::values::{from_json, json};
use crate::{Result, ScopeConfig};

pub(super) fn save(tx: &Transaction<'_>, config: &ScopeConfig) -> Result<()> {
    if config.is_default {
        tx.prepare_cached("UPDATE scope_configs SET is_default = 0 WHERE environment = ?1")?
            .execute([&config.environment])?;
    }
    tx.prepare_cached(
        "INSERT INTO scope_configs (id, environment, name, is_default, settings)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, is_default = excluded.is_default,
             settings = excluded.settings",
    )?
    .execute(params![
        config.id,
        config.environment,
        config.name,
        config.is_default,
        json(&config.settings)?
    ])?;
    Ok(())
}

pub(super) fn of(db: &Connection, environment: &str) -> Result<Vec<ScopeConfig>> {
    let mut statement = db.prepare_cached(
        "SELECT id, environment, name, is_default, settings FROM scope_configs
         WHERE environment = ?1 ORDER BY name",
    )?;
    let mut rows = statement.query([environment])?;
    let mut configs = Vec::new();
    while let Some(row) = rows.next()? {
        configs.push(ScopeConfig {
            id: row.get(0)?,
            environment: row.get(1)?,
            name: row.get(2)?,
            is_default: row.get(3)?,
            settings: from_json(&row.get::<_, String>(4)?)?,
        });
    }
    Ok(configs)
}

pub(super) fn remove(tx: &Transaction<'_>, id: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM scope_configs WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}
