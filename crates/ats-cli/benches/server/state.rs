//! What the database says while the server is at work: whether a pass is over, whether answers are
//! missing. It only reads.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rusqlite::{Connection, OpenFlags, OptionalExtension};

/// How long a pass, or the making of answers, may take.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// How often it is looked.
const LOOK: Duration = Duration::from_millis(200);

/// The models that lists show.
const LISTS: &str = "('users', 'jobs', 'application_stages', 'tags', 'rejection_reasons', \
                     'applications', 'candidates', 'interviews', 'offers')";

/// Opens the database beside the server.
pub(crate) fn open(file: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(15))?;
    Ok(connection)
}

/// Waits until every record that a list shows has its answer; gives how many there are.
pub(crate) fn filled(file: &Path) -> Result<i64> {
    let database = open(file)?;
    let missing = format!(
        "SELECT 1 FROM records AS r WHERE r.model IN (SELECT key FROM models WHERE name IN {LISTS})
             AND NOT EXISTS (SELECT 1 FROM answers AS a WHERE a.record = r.key) LIMIT 1"
    );
    let begin = Instant::now();
    loop {
        let looked = Instant::now();
        let one: Option<i64> = database
            .query_row(&missing, [], |row| row.get(0))
            .optional()?;
        if one.is_none() {
            let count = "SELECT count(*) FROM answers";
            return Ok(database.query_row(count, [], |row| row.get(0))?);
        }
        ensure!(begin.elapsed() < PATIENCE, "answers are still missing");
        // In a large mirror looking takes time from what is waited for.
        std::thread::sleep(LOOK.max(looked.elapsed() * 9));
    }
}

/// Waits until a pass is over, which must have succeeded.
pub(crate) fn passed(file: &Path, pass: &str) -> Result<()> {
    let database = open(file)?;
    let begin = Instant::now();
    loop {
        let state: Option<String> = database
            .query_row("SELECT state FROM passes WHERE id = ?1", [pass], |row| {
                row.get(0)
            })
            .optional()?;
        match state.context("there is no such pass")?.as_str() {
            "SUCCEEDED" => return Ok(()),
            "RUNNING" if begin.elapsed() < PATIENCE => std::thread::sleep(LOOK),
            state => bail!("a pass is {state}"),
        }
    }
}
