//! Issues: what is wrong with an integration, and since when.

use ats_core::{Id, IntegrationId, Timestamp};
use rusqlite::{Connection, Transaction, params};

use super::super::values::{instant, millis};
use super::events;
use crate::{Issue, NewEvent, Result};

/// The open issue of a kind.
pub(super) fn open(db: &Connection, id: &IntegrationId, kind: &str) -> Result<Option<Issue>> {
    let mut statement = db.prepare_cached(
        "SELECT id, opened_at FROM issues
         WHERE integration = ?1 AND kind = ?2 AND resolved_at IS NULL",
    )?;
    let mut rows = statement.query([id.as_str(), kind])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(Issue {
        id: row.get(0)?,
        kind: kind.to_owned(),
        opened_at: instant(row.get(1)?)?,
        resolved_at: None,
    }))
}

pub(super) fn note(
    tx: &Transaction<'_>,
    id: &IntegrationId,
    kind: &str,
    is_open: bool,
    now: Timestamp,
    make: &mut dyn FnMut(&Issue) -> NewEvent,
) -> Result<bool> {
    let issue = match (open(tx, id, kind)?, is_open) {
        (None, true) => {
            let issue = Issue {
                id: Id::derive(["issue", id.as_str(), kind, &now.to_string()]).to_string(),
                kind: kind.to_owned(),
                opened_at: now,
                resolved_at: None,
            };
            tx.prepare_cached(
                "INSERT INTO issues (id, integration, kind, opened_at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![issue.id, id.as_str(), kind, millis(now)])?;
            issue
        }
        (Some(mut issue), false) => {
            tx.prepare_cached("UPDATE issues SET resolved_at = ?2 WHERE id = ?1")?
                .execute(params![issue.id, millis(now)])?;
            issue.resolved_at = Some(now);
            issue
        }
        _ => return Ok(false),
    };
    events::add(tx, &make(&issue), None)?;
    Ok(true)
}
