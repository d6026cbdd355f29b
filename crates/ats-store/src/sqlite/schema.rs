//! The file's schema: migrations, numbers of the models, and the views that people query.
//!
//! Migrations only go forward. Views are made from the models' schemas, so that a new field is a
//! new column without anybody writing it down a second time.

use std::{collections::BTreeMap, ops::RangeInclusive, path::Path};

use ats_core::{ModelKind, fields};
use rusqlite::{Connection, MAIN_DB, OptionalExtension, TransactionBehavior};

use super::{Models, failure};
use crate::{Error, Result};

mod embedded {
    //! The migrations, in the order of their numbers.

    refinery::embed_migrations!("src/sqlite/migrations");
}

/// Marks a file as one of ours: "ATS1".
const APPLICATION_ID: i32 = 0x4154_5331;

/// Settings of every connection that writes. Records of one or two kilobytes would leave a third of
/// every page of the usual size empty.
const SETTINGS: &str = "
    PRAGMA page_size = 8192;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 8000;
    PRAGMA cache_size = -24576;
    PRAGMA temp_store = MEMORY;
";

/// How many pages the log may have before they are written into the file: 64 to 256 MB.
const LOG_PAGES: RangeInclusive<i64> = 8_000..=32_000;

/// Lets the log grow with the file. Ids come in no order, so every page of a large index changes with
/// each commit; the longer the log, the more often it holds a page that is written only once.
pub(super) fn size_log(connection: &Connection) -> Result<()> {
    let ask = |sql| -> Result<i64> {
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_row([], |row| row.get(0))?)
    };
    let wanted = log_pages(ask("PRAGMA page_count")?);
    let present = ask("PRAGMA wal_autocheckpoint")?;
    // A little more or less is not worth a change.
    if (wanted - present).abs() > present / 8 {
        connection.pragma_update(None, "wal_autocheckpoint", wanted)?;
    }
    Ok(())
}

fn log_pages(file_pages: i64) -> i64 {
    (file_pages / 4).clamp(*LOG_PAGES.start(), *LOG_PAGES.end())
}

/// Brings the file up to date, unless it is not ours or from a newer program.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<()> {
    // Whoever comes second waits for whoever migrates, and then finds it done.
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    let opening = |error| failure::opening(path, error);
    if connection.is_readonly(MAIN_DB).map_err(opening)? {
        return Err(Error::ReadOnly);
    }
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(opening)?;
    let application: i32 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(opening)?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(Error::NotADatabase {
            path: path.to_owned(),
        });
    }
    let found = applied(connection)?;
    let migrations = embedded::migrations::runner().set_grouped(true);
    let known = migrations.get_migrations().iter();
    let known = known
        .map(|migration| i64::from(migration.version()))
        .max()
        .unwrap_or_default();
    if found > known {
        return Err(Error::NewerVersion { found, known });
    }
    connection.execute_batch(SETTINGS).map_err(opening)?;
    if found < known {
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        if let Err(error) = migrations.run(connection)
            && applied(connection)? < known
        {
            return Err(failure::migrating(error));
        }
    }
    if is_stale(connection)? {
        let transaction = connection.transaction()?;
        refresh(&transaction)?;
        transaction.commit()?;
    }
    Ok(())
}

/// The number of the last migration that the file has seen.
fn applied(connection: &Connection) -> Result<i64> {
    let history = "SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history'";
    let exists = connection
        .query_row(history, [], |_| Ok(()))
        .optional()?
        .is_some();
    if !exists {
        return Ok(0);
    }
    let version = "SELECT coalesce(max(version), 0) FROM refinery_schema_history";
    Ok(connection.query_row(version, [], |row| row.get(0))?)
}

/// Whether a view or a model is missing, or a view is not what this program would make.
fn is_stale(connection: &Connection) -> Result<bool> {
    let known: i64 = connection.query_row("SELECT count(*) FROM models", [], |row| row.get(0))?;
    if known < ModelKind::ALL.len() as i64 {
        return Ok(true);
    }
    let mut statement =
        connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'view'")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let there: BTreeMap<String, String> = rows.collect::<rusqlite::Result<_>>()?;
    let numbers = models(connection)?;
    Ok(ModelKind::ALL
        .iter()
        .any(|kind| there.get(kind.name()) != Some(&view(*kind, numbers.key(*kind)))))
}

fn refresh(connection: &Connection) -> Result<()> {
    for kind in ModelKind::ALL {
        connection.execute(
            "INSERT OR IGNORE INTO models (name) VALUES (?1)",
            [kind.name()],
        )?;
    }
    let numbers = models(connection)?;
    for kind in ModelKind::ALL {
        let name = kind.name();
        connection.execute_batch(&format!("DROP VIEW IF EXISTS {name}"))?;
        connection.execute_batch(&view(*kind, numbers.key(*kind)))?;
    }
    Ok(())
}

/// The numbers of the models. A model that an older program knew and this one does not is left out.
pub(super) fn models(connection: &Connection) -> Result<Models> {
    let mut statement = connection.prepare("SELECT key, name FROM models")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let mut models = Models::default();
    for row in rows {
        let (key, name) = row?;
        if let Some(kind) = ModelKind::from_name(&name) {
            models.keys.insert(kind, key);
            models.kinds.insert(key, kind);
        }
    }
    Ok(models)
}

/// The view of a model: one column a field, named as in the API, and the integration.
///
/// Raw documents are kept compressed, which SQL cannot undo, so `remote_data` is null here.
fn view(kind: ModelKind, number: i64) -> String {
    let schema = kind.schema();
    let properties = schema.get("properties").and_then(|value| value.as_object());
    let names = properties.into_iter().flatten().map(|(name, _)| name);
    let fields = fields(kind);
    let columns = names.map(|name| {
        let engine = fields.get(name).is_some_and(|field| field.engine);
        // Quoted, since a field may be called as a word of SQL is, such as `index`.
        format!("    {} AS \"{name}\"", column(name, engine))
    });
    let columns: Vec<String> = columns.collect();
    format!(
        "CREATE VIEW {} AS SELECT\n{},\n    i.id AS integration_id\n\
         FROM records AS r JOIN integrations AS i ON i.key = r.integration\n\
         WHERE r.model = {number}",
        kind.name(),
        columns.join(",\n")
    )
}

fn column(name: &str, engine: bool) -> String {
    match name {
        "id" => "r.id".to_owned(),
        "changed_at" => date("r.changed_at"),
        "remote_deleted_at" => date("r.deleted_at"),
        "remote_data" => "NULL".to_owned(),
        "integration_fields" => INTEGRATION_FIELDS.to_owned(),
        _ if engine => "NULL".to_owned(),
        name => format!("json_extract(r.content, '$.{name}')"),
    }
}

/// The list of the vendor's own fields: the definitions with the record's values.
const INTEGRATION_FIELDS: &str = "(SELECT json_group_array(json_object(
        'id', d.value -> '$.id', 'key', d.value -> '$.key', 'type', d.value -> '$.type',
        'value', r.field_values -> ('$[' || d.key || ']'), 'label', d.value -> '$.label'))
        FROM layouts AS l, json_each(l.definitions) AS d WHERE l.integration = r.integration AND l.key = r.layout)";

/// An instant as `Timestamp` prints it, also before 1970.
fn date(column: &str) -> String {
    format!("strftime('%Y-%m-%dT%H:%M:%fZ', {column} / 1000.0, 'unixepoch')")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_grows_with_the_file_within_bounds() {
        assert_eq!(
            [0, 40_000, 1_000_000].map(log_pages),
            [8_000, 10_000, 32_000]
        );
        let connection = Connection::open_in_memory().unwrap();
        let sized = |before: i64| -> i64 {
            let name = "wal_autocheckpoint";
            connection.pragma_update(None, name, before).unwrap();
            size_log(&connection).unwrap();
            let after = connection.pragma_query_value(None, name, |row| row.get(0));
            after.unwrap()
        };
        // A change of an eighth is left alone.
        assert_eq!(
            [1000, 7112, 9142, 9143, 20_000].map(sized),
            [8000, 7112, 9142, 8000, 8000]
        );
    }
}
