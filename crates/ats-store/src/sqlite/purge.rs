//! Taking records away for good, of models that are switched off.

use ats_core::{IntegrationId, ModelKind};
use rusqlite::{Transaction, params};

use super::{Models, integrations};
use crate::Result;

/// Which records.
const GONE: &str =
    "SELECT key FROM records WHERE integration = ?1 AND model = ?2 AND deleted_at IS NOT NULL";

/// What belongs to a record, in the order in which it can go.
const BELONGINGS: [&str; 4] = ["answers", "links", "rivals", "changes"];

pub(super) fn purge(
    tx: &Transaction<'_>,
    models: &Models,
    id: &IntegrationId,
    off: &[ModelKind],
) -> Result<u64> {
    let integration = integrations::key(tx, id)?;
    let mut gone = 0;
    for model in off {
        let values = params![integration, models.key(*model)];
        // Some of what belongs to records is only found by a look at all of it.
        let any = tx.prepare_cached(GONE)?.exists(values)?;
        if !any {
            continue;
        }
        for table in BELONGINGS {
            let sql = format!("DELETE FROM {table} WHERE record IN ({GONE})");
            tx.prepare_cached(&sql)?.execute(values)?;
        }
        let sql = format!("DELETE FROM records WHERE key IN ({GONE})");
        gone += tx.prepare_cached(&sql)?.execute(values)? as u64;
    }
    Ok(gone)
}
