//! Integrations, what of them is tracked, and their end.

use ats_core::{IntegrationId, ModelKind};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{
    Models, answers, outbox,
    values::{from_json, from_word, instant, json, millis, word},
};
use crate::{EndUser, Error, Integration, NewEvent, Result, Tracked, vault::Sealed};

const COLUMNS: &str = "id, connector, name, base_url, state, credentials, settings, created_at, \
                       credentials_changed_at, environment, end_user";

/// The key of an integration.
pub(super) fn key(db: &Connection, id: &IntegrationId) -> Result<i64> {
    let mut statement = db.prepare_cached("SELECT key FROM integrations WHERE id = ?1")?;
    let key = statement
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    key.ok_or_else(|| Error::UnknownIntegration { id: id.to_string() })
}

/// The key of a stream; it is given one when it is first heard of.
pub(super) fn stream(tx: &Transaction<'_>, id: &IntegrationId, name: &str) -> Result<i64> {
    let integration = key(tx, id)?;
    let mut insert =
        tx.prepare_cached("INSERT OR IGNORE INTO streams (integration, name) VALUES (?1, ?2)")?;
    insert.execute(params![integration, name])?;
    let mut select =
        tx.prepare_cached("SELECT key FROM streams WHERE integration = ?1 AND name = ?2")?;
    Ok(select.query_row(params![integration, name], |row| row.get(0))?)
}

/// The key of a stream, if it was ever heard of.
pub(super) fn known_stream(db: &Connection, id: &IntegrationId, name: &str) -> Result<Option<i64>> {
    let mut select = db.prepare_cached(
        "SELECT s.key FROM streams AS s JOIN integrations AS i ON i.key = s.integration
         WHERE i.id = ?1 AND s.name = ?2",
    )?;
    Ok(select
        .query_row([id.as_str(), name], |row| row.get(0))
        .optional()?)
}

pub(super) fn save(tx: &Transaction<'_>, integration: &Integration) -> Result<()> {
    let settings = json(&integration.settings)?;
    let mut differ = tx.prepare_cached("SELECT settings <> ?2 FROM integrations WHERE id = ?1")?;
    let differ = differ.query_row([integration.id.as_str(), &settings], |row| row.get(0));
    if differ.optional()?.unwrap_or(false) {
        answers::drop_all(tx, &integration.id)?;
    }
    let mut statement = tx.prepare_cached(
        "INSERT INTO integrations (id, connector, name, base_url, state, credentials, settings,
             created_at, credentials_changed_at, environment, end_user, latest)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, max(?8, ?9))
         ON CONFLICT (id) DO UPDATE SET base_url = excluded.base_url, state = excluded.state,
             credentials = excluded.credentials, settings = excluded.settings,
             credentials_changed_at = excluded.credentials_changed_at,
             environment = excluded.environment, end_user = excluded.end_user,
             latest = max(latest, excluded.credentials_changed_at)",
    )?;
    statement.execute(params![
        integration.id.as_str(),
        integration.connector,
        integration.name,
        integration.base_url,
        word(&integration.state)?,
        integration.credentials.0,
        settings,
        millis(integration.created_at),
        millis(integration.credentials_changed_at),
        integration.environment,
        json(&integration.end_user)?,
    ])?;
    Ok(())
}

pub(super) fn all(db: &Connection) -> Result<Vec<Integration>> {
    let sql = format!("SELECT {COLUMNS} FROM integrations ORDER BY connector, name");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut integrations = Vec::new();
    while let Some(row) = rows.next()? {
        integrations.push(read(row)?);
    }
    Ok(integrations)
}

pub(super) fn one(db: &Connection, id: &IntegrationId) -> Result<Option<Integration>> {
    let sql = format!("SELECT {COLUMNS} FROM integrations WHERE id = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([id.as_str()])?;
    rows.next()?.map(read).transpose()
}

fn read(row: &Row<'_>) -> Result<Integration> {
    let id: String = row.get(0)?;
    let name: String = row.get(2)?;
    let end_user: Option<String> = row.get(10)?;
    Ok(Integration {
        id: id
            .parse()
            .map_err(|_| super::values::damaged("an integration has an odd id"))?,
        connector: row.get(1)?,
        end_user: match end_user {
            Some(text) => from_json(&text)?,
            None => EndUser::named(&name),
        },
        environment: row.get(9)?,
        name,
        base_url: row.get(3)?,
        state: from_word(&row.get::<_, String>(4)?)?,
        credentials: Sealed(row.get(5)?),
        settings: from_json(&row.get::<_, String>(6)?)?,
        created_at: instant(row.get(7)?)?,
        credentials_changed_at: instant(row.get(8)?)?,
    })
}

/// What belongs to one integration, in the order in which it can go.
const ERASE: &[&str] = &[
    "DELETE FROM lookups WHERE bundle IN (SELECT b.key FROM bundles AS b
         JOIN streams AS s ON s.key = b.stream WHERE s.integration = ?1)",
    "DELETE FROM sightings WHERE bundle IN (SELECT b.key FROM bundles AS b
         JOIN streams AS s ON s.key = b.stream WHERE s.integration = ?1)",
    "DELETE FROM due WHERE bundle IN (SELECT b.key FROM bundles AS b
         JOIN streams AS s ON s.key = b.stream WHERE s.integration = ?1)",
    "DELETE FROM losses WHERE bundle IN (SELECT b.key FROM bundles AS b
         JOIN streams AS s ON s.key = b.stream WHERE s.integration = ?1)",
    "DELETE FROM answers WHERE record IN (SELECT key FROM records WHERE integration = ?1)",
    "DELETE FROM links WHERE record IN (SELECT key FROM records WHERE integration = ?1)",
    "DELETE FROM rivals WHERE record IN (SELECT key FROM records WHERE integration = ?1)",
    "DELETE FROM bundles WHERE stream IN (SELECT key FROM streams WHERE integration = ?1)",
    "DELETE FROM rejects WHERE walk IN (SELECT w.key FROM walks AS w
         JOIN passes AS p ON p.key = w.pass WHERE p.integration = ?1)",
    "DELETE FROM walks WHERE pass IN (SELECT key FROM passes WHERE integration = ?1)",
    "DELETE FROM tallies WHERE pass IN (SELECT key FROM passes WHERE integration = ?1)",
    "DELETE FROM passes WHERE integration = ?1",
    "DELETE FROM steps WHERE action IN (SELECT key FROM actions WHERE integration = ?1)",
    "DELETE FROM actions WHERE integration = ?1",
    "DELETE FROM deliveries WHERE integration = ?1",
    "DELETE FROM subscriptions WHERE integration = ?1",
    "DELETE FROM custom_mappings WHERE integration = ?1",
    "DELETE FROM passthrough_fields WHERE integration = ?1",
    "DELETE FROM request_log WHERE integration = (SELECT id FROM integrations WHERE key = ?1)",
    "DELETE FROM connect_links WHERE
         link ->> 'integration' = (SELECT id FROM integrations WHERE key = ?1)",
    "DELETE FROM activations WHERE integration = (SELECT id FROM integrations WHERE key = ?1)",
    // What tells that it is deleted is still to be delivered.
    "DELETE FROM outgoing_deliveries WHERE event IN (SELECT key FROM outgoing_events
         WHERE integration = (SELECT id FROM integrations WHERE key = ?1)
         AND type <> 'integration-deleted')",
    "DELETE FROM outgoing_events WHERE integration = (SELECT id FROM integrations WHERE key = ?1)
         AND type <> 'integration-deleted'",
    "DELETE FROM issues WHERE integration = (SELECT id FROM integrations WHERE key = ?1)",
    "DELETE FROM told WHERE integration = ?1",
    "DELETE FROM changes WHERE integration = ?1",
    "DELETE FROM records WHERE integration = ?1",
    "DELETE FROM layouts WHERE integration = ?1",
    "DELETE FROM aliases WHERE integration = ?1",
    "DELETE FROM tracked WHERE integration = ?1",
    "DELETE FROM streams WHERE integration = ?1",
    "DELETE FROM integrations WHERE key = ?1",
];

/// Erases an integration: its rows are overwritten, and the file is written anew, since older forms
/// of them may stand in places that were free already. Then the log is emptied into the file, so
/// that nothing can be found in either. The event that tells of it is written with the erasing.
pub(super) fn erase(
    connection: &mut Connection,
    id: &IntegrationId,
    event: Option<&NewEvent>,
) -> Result<()> {
    connection.pragma_update(None, "secure_delete", true)?;
    let erased = erase_rows(connection, id, event);
    connection.pragma_update(None, "secure_delete", false)?;
    let written = erased.and_then(|()| write_anew(connection));
    // Also for one that is gone already: the last attempt may have come only so far.
    let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, bool>(0)
    });
    written?;
    // A reader that still looks at an older state keeps it in the log.
    if emptied? {
        return Err(Error::Locked);
    }
    Ok(())
}

fn write_anew(connection: &Connection) -> Result<()> {
    // The copy is as large as what is left, which may be more than memory holds.
    connection.pragma_update(None, "temp_store", "FILE")?;
    let written = connection.execute_batch("VACUUM");
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(written?)
}

fn erase_rows(
    connection: &mut Connection,
    id: &IntegrationId,
    event: Option<&NewEvent>,
) -> Result<()> {
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let key = key(&tx, id)?;
    for statement in ERASE {
        let wants_key = statement.contains("?1");
        if wants_key {
            tx.execute(statement, [key])?;
        } else {
            tx.execute(statement, [])?;
        }
    }
    if let Some(event) = event {
        outbox::add(&tx, event)?;
    }
    tx.commit()?;
    Ok(())
}

pub(super) fn track(
    tx: &Transaction<'_>,
    models: &Models,
    id: &IntegrationId,
    tracked: &[Tracked],
    streams: &[&str],
) -> Result<()> {
    let integration = key(tx, id)?;
    let mut insert = tx.prepare_cached("INSERT OR IGNORE INTO tracked VALUES (?1, ?2, ?3)")?;
    let mut news = 0;
    for Tracked { model, remote_id } in tracked {
        news += insert.execute(params![integration, models.key(*model), remote_id])?;
    }
    if news > 0 {
        let mut forget = tx.prepare_cached(
            "UPDATE streams SET checkpoint = NULL, forgotten = forgotten + 1
             WHERE integration = ?1 AND name = ?2",
        )?;
        for stream in streams {
            forget.execute(params![integration, stream])?;
        }
    }
    Ok(())
}

pub(super) fn tracked(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
) -> Result<Vec<Tracked>> {
    let mut statement = db.prepare_cached(
        "SELECT model, remote_id FROM tracked WHERE integration = ?1 ORDER BY model, remote_id",
    )?;
    let rows = statement.query_map([key(db, id)?], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut tracked = Vec::new();
    for row in rows {
        let (model, remote_id): (i64, String) = row?;
        let model: ModelKind = models.kind(model)?;
        tracked.push(Tracked { model, remote_id });
    }
    Ok(tracked)
}
