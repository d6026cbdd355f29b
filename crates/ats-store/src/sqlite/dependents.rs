//! Who looked what up: writing it down, and finding those who did.

use std::collections::HashSet;

use ats_core::{BundleRef, IntegrationId, Lookup};
use rusqlite::{Transaction, params};

use super::{values::json, writer::Writer};
use crate::{Cause, MappedCommit, Result, lookup_hash};

/// Replaces what a bundle looked up, as far as it differs. `found` is what it looked up before;
/// `None` for a new bundle, whose look-ups were inserted with it.
pub(super) fn write(
    writer: &mut Writer<'_>,
    bundle: i64,
    found: Option<&[u8]>,
    mapped: &MappedCommit,
) -> Result<()> {
    if let Some(found) = found {
        let bytes = bytes(mapped);
        if found == bytes {
            return Ok(());
        }
        let wanted: HashSet<i64> = mapped.lookups.iter().copied().collect();
        let mut delete = writer
            .tx
            .prepare_cached("DELETE FROM lookups WHERE lookup = ?1 AND bundle = ?2")?;
        for lookup in numbers(found).filter(|lookup| !wanted.contains(lookup)) {
            delete.execute([lookup, bundle])?;
        }
        let mut update = writer
            .tx
            .prepare_cached("UPDATE bundles SET lookups = ?2 WHERE key = ?1")?;
        update.execute(params![bundle, bytes])?;
    }
    for lookup in &mapped.lookups {
        writer.statements.insert_lookup.execute([*lookup, bundle])?;
    }
    Ok(())
}

/// Marks what looked up a bundle or one of the groups.
pub(super) fn mark<'a>(
    tx: &Transaction<'_>,
    integration: &IntegrationId,
    stream: &str,
    id: &str,
    groups: impl IntoIterator<Item = Option<&'a str>>,
) -> Result<()> {
    let place = |id: &str| BundleRef {
        stream: stream.to_owned().into(),
        id: id.to_owned(),
    };
    let groups = groups.into_iter().flatten();
    let lookups = std::iter::once(Lookup::Bundle(place(id)))
        .chain(groups.map(|group| Lookup::Group(place(group))));
    let cause = json(&Cause::Related(format!("{stream} {id}")))?;
    let mut statement = tx.prepare_cached(
        "INSERT OR IGNORE INTO due SELECT bundle, ?2 FROM lookups WHERE lookup = ?1",
    )?;
    for lookup in lookups {
        statement.execute(params![lookup_hash(integration, &lookup), cause])?;
    }
    Ok(())
}

/// Look-ups as they stand with their bundle.
pub(super) fn bytes(mapped: &MappedCommit) -> Vec<u8> {
    let numbers = mapped.lookups.iter();
    numbers.flat_map(|number| number.to_le_bytes()).collect()
}

/// The numbers in what [`bytes`] made.
pub(super) fn numbers(bytes: &[u8]) -> impl Iterator<Item = i64> {
    let chunks = bytes.chunks_exact(8);
    chunks.filter_map(|chunk| Some(i64::from_le_bytes(chunk.try_into().ok()?)))
}
