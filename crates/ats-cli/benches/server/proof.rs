//! Shows that the bench can be trusted before it prints a figure: pages that say something wrong are
//! found.

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use tokio::runtime::Runtime;

use crate::{measure::Site, process::Process, state, truth::Truth, vendor, walk::Walk};

/// So many candidates are enough, on pages of this size.
const CANDIDATES: usize = 60;
const PAGE: usize = 25;

/// One candidate.
const ONE: &str = "(SELECT max(r.key) FROM records AS r JOIN models AS m ON m.key = r.model
     WHERE m.name = 'candidates')";

/// Damage, what mends it, and what the comparison then says.
const DAMAGES: [(&str, &str, &str); 4] = [
    (
        "UPDATE answers SET json = json_set(json, '$.title', 'Another title') WHERE record = ?1",
        "DELETE FROM answers WHERE record = ?1",
        "the server says",
    ),
    (
        "UPDATE answers SET json = json_insert(json, '$.applications[#]', json('{}'))
         WHERE record = ?1",
        "DELETE FROM answers WHERE record = ?1",
        "the server says",
    ),
    (
        "UPDATE answers SET json = (SELECT json FROM answers WHERE record <> ?1 AND record IN
             (SELECT key FROM records WHERE model = (SELECT model FROM records WHERE key = ?1)))
         WHERE record = ?1",
        "DELETE FROM answers WHERE record = ?1",
        "came twice",
    ),
    (
        "UPDATE records SET deleted_at = changed_at, reason = 'GONE' WHERE key = ?1",
        "UPDATE records SET deleted_at = NULL, reason = NULL WHERE key = ?1",
        "the pages had",
    ),
];

/// The pages of a small mirror pass the comparison, and damaged ones do not.
pub(crate) fn the_check_finds_damage(runtime: &Runtime) -> Result<()> {
    let simulator = vendor::start(runtime, CANDIDATES)?;
    let site = Site::new(vendor::mirrored(&simulator)?)?;
    let truth = Truth::read(&site.ats)?;
    let server = Process::serve(&site.ats)?;
    state::filled(&site.ats.file())?;
    let target = site.target(&server)?;
    let walk = || runtime.block_on(Walk::compared(&target, PAGE, &truth));
    walk()?;
    let database = Connection::open(site.ats.file())?;
    database.busy_timeout(std::time::Duration::from_secs(15))?;
    let one: i64 = database.query_row(&format!("SELECT {ONE}"), [], |row| row.get(0))?;
    for (damage, mend, says) in DAMAGES {
        let rows = database.execute(damage, [one])?;
        ensure!(rows == 1, "{damage}: {rows} rows were changed, not one");
        let found = walk()
            .err()
            .with_context(|| format!("not found: {damage}"))?;
        ensure!(
            found.to_string().contains(says),
            "{damage}, and the comparison says {found}"
        );
        database.execute(mend, [one])?;
        // The server makes an answer that is missing, and keeps it.
        walk()?;
        state::filled(&site.ats.file())?;
    }
    server.stop()
}
