//! The statements that run for every bundle and record, prepared once for a commit.

use rusqlite::{CachedStatement, Transaction};

use crate::Result;

pub(super) struct Statements<'a> {
    pub(super) find_bundle: CachedStatement<'a>,
    pub(super) insert_bundle: CachedStatement<'a>,
    pub(super) see: CachedStatement<'a>,
    pub(super) insert_lookup: CachedStatement<'a>,
    pub(super) find_record: CachedStatement<'a>,
    pub(super) insert_record: CachedStatement<'a>,
    pub(super) insert_link: CachedStatement<'a>,
}

impl<'a> Statements<'a> {
    pub(super) fn new(tx: &'a Transaction<'_>) -> Result<Self> {
        let prepare = |sql| tx.prepare_cached(sql);
        Ok(Self {
            find_bundle: prepare(
                "SELECT key, grp, hash, lookups, documents IS NOT NULL FROM bundles
                 WHERE stream = ?1 AND id = ?2",
            )?,
            insert_bundle: prepare(
                "INSERT INTO bundles (stream, id, grp, hash, lookups, documents)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (stream, id) DO NOTHING",
            )?,
            see: prepare(
                "INSERT INTO sightings VALUES (?1, ?2) ON CONFLICT (bundle)
                 DO UPDATE SET walk = excluded.walk WHERE walk <> excluded.walk",
            )?,
            insert_lookup: prepare("INSERT OR IGNORE INTO lookups VALUES (?1, ?2)")?,
            find_record: prepare(
                "SELECT key, bundle, hash, raw_hash, deleted_at, documents IS NOT NULL
                 FROM records WHERE id = ?1",
            )?,
            insert_record: prepare(
                "INSERT INTO records (integration, model, id, bundle, changed_at, deleted_at, reason,
                     pass, hash, raw_hash, layout, field_values, documents, content, touched_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
                 ON CONFLICT (id) DO NOTHING",
            )?,
            insert_link: prepare("INSERT OR IGNORE INTO links VALUES (?1, ?2, ?3)")?,
        })
    }
}
