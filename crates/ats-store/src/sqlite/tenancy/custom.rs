//! Custom fields, and which of the vendor's fields records show.

use ats_core::IntegrationId;
use rusqlite::{Connection, Transaction, params};

use super::super::integrations;
use crate::{CustomField, CustomMapping, Result};

pub(super) fn save(tx: &Transaction<'_>, field: &CustomField) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO custom_fields (id, environment, model, key, label, description)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET label = excluded.label,
             description = excluded.description",
    )?
    .execute(params![
        field.id,
        field.environment,
        field.model,
        field.key,
        field.label,
        field.description
    ])?;
    Ok(())
}

pub(super) fn of(db: &Connection, environment: &str) -> Result<Vec<CustomField>> {
    let mut statement = db.prepare_cached(
        "SELECT id, environment, model, key, label, description FROM custom_fields
         WHERE environment = ?1 ORDER BY model, key",
    )?;
    let mut rows = statement.query([environment])?;
    let mut fields = Vec::new();
    while let Some(row) = rows.next()? {
        fields.push(CustomField {
            id: row.get(0)?,
            environment: row.get(1)?,
            model: row.get(2)?,
            key: row.get(3)?,
            label: row.get(4)?,
            description: row.get(5)?,
        });
    }
    Ok(fields)
}

pub(super) fn remove(tx: &Transaction<'_>, id: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM custom_mappings WHERE custom_field = ?1")?
        .execute([id])?;
    tx.prepare_cached("DELETE FROM custom_fields WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

pub(super) fn map(
    tx: &Transaction<'_>,
    id: &IntegrationId,
    custom_field: &str,
    integration_field: Option<&str>,
) -> Result<()> {
    let integration = integrations::key(tx, id)?;
    match integration_field {
        Some(field) => tx
            .prepare_cached("INSERT OR REPLACE INTO custom_mappings VALUES (?1, ?2, ?3)")?
            .execute(params![integration, custom_field, field])?,
        None => tx
            .prepare_cached(
                "DELETE FROM custom_mappings WHERE integration = ?1 AND custom_field = ?2",
            )?
            .execute(params![integration, custom_field])?,
    };
    Ok(())
}

pub(super) fn mappings(db: &Connection, id: &IntegrationId) -> Result<Vec<CustomMapping>> {
    let mut statement = db.prepare_cached(
        "SELECT custom_field, integration_field FROM custom_mappings WHERE integration = ?1
         ORDER BY custom_field",
    )?;
    let mut rows = statement.query([integrations::key(db, id)?])?;
    let mut mappings = Vec::new();
    while let Some(row) = rows.next()? {
        mappings.push(CustomMapping {
            custom_field: row.get(0)?,
            integration_field: row.get(1)?,
        });
    }
    Ok(mappings)
}

pub(super) fn set_passthrough(
    tx: &Transaction<'_>,
    id: &IntegrationId,
    field: &str,
    enabled: bool,
) -> Result<()> {
    let sql = match enabled {
        true => "INSERT OR IGNORE INTO passthrough_fields VALUES (?1, ?2)",
        false => "DELETE FROM passthrough_fields WHERE integration = ?1 AND field = ?2",
    };
    tx.prepare_cached(sql)?
        .execute(params![integrations::key(tx, id)?, field])?;
    Ok(())
}

pub(super) fn passthrough(db: &Connection, id: &IntegrationId) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT field FROM passthrough_fields WHERE integration = ?1 ORDER BY field",
    )?;
    let rows = statement.query_map([integrations::key(db, id)?], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
