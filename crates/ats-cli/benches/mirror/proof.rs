//! Shows that the bench can be trusted before it prints a figure: the check finds what is wrong with
//! a mirror, and the floor asks for what the connector asks for.

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use tokio::runtime::Runtime;

use crate::{
    ats::{Ats, KEY},
    client::Client,
    measure::{by_endpoint, changeable, truth},
    mirror::{check, differences},
    walk::Walk,
};

/// Damage to a mirror, and the model that the check must name.
const DAMAGES: [(&str, &str, &str); 6] = [
    (
        "a record has a tombstone",
        "UPDATE records SET deleted_at = changed_at, reason = 'GONE'
         WHERE key = (SELECT max(r.key) FROM records AS r
         JOIN models AS m ON m.key = r.model WHERE m.name = 'offers')",
        "offers",
    ),
    (
        "a record is missing",
        "DELETE FROM records WHERE key = (SELECT max(r.key) FROM records AS r
         JOIN models AS m ON m.key = r.model WHERE m.name = 'candidates')",
        "candidates",
    ),
    (
        "a record says something else",
        "UPDATE records SET content = json_set(content, '$.name', 'Another name')
         WHERE key = (SELECT max(r.key) FROM records AS r
         JOIN models AS m ON m.key = r.model WHERE m.name = 'tags')",
        "tags",
    ),
    (
        "a link leads elsewhere",
        "UPDATE records SET content = json_set(content, '$.candidate_id', 'elsewhere')
         WHERE key = (SELECT max(r.key) FROM records AS r
         JOIN models AS m ON m.key = r.model WHERE m.name = 'applications')",
        "applications",
    ),
    (
        "a join record is missing",
        "DELETE FROM records WHERE key = (SELECT max(r.key) FROM records AS r
         JOIN models AS m ON m.key = r.model WHERE m.name = 'candidate_tags')",
        "candidate_tags",
    ),
    (
        "a raw document is another one's",
        "UPDATE bundles SET documents = (SELECT documents FROM bundles AS b
         JOIN streams AS s ON s.key = b.stream WHERE s.name = 'users' ORDER BY b.key LIMIT 1)
         WHERE key = (SELECT max(b.key) FROM bundles AS b
         JOIN streams AS s ON s.key = b.stream WHERE s.name = 'users')",
        "users",
    ),
];

/// A pass over a small organisation passes the check, and the same mirror, damaged, does not.
pub(crate) fn the_check_finds_damage(runtime: &Runtime, candidates: usize) -> Result<()> {
    let simulator = changeable(runtime, candidates)?;
    let (truth, _) = truth(runtime, &simulator.base_url(), true)?;
    let ats = Ats::connect(&simulator.base_url(), KEY, &[])?;
    ats.sync("FULL")?;
    check(&ats, &truth, true)?;
    for (damage, sql, model) in DAMAGES {
        // A copy of the file would leave out the log; a savepoint could not be seen from outside.
        let file = ats.file();
        let whole = std::fs::read(&file).context("cannot read the database")?;
        let connection = Connection::open(&file)?;
        let rows = connection.execute(sql, []).context(damage)?;
        ensure!(rows == 1, "{damage}: {rows} rows were changed, not one");
        connection.close().map_err(|(_, error)| error)?;
        let found = differences(&ats, &truth, true)?;
        ensure!(
            matches!(found.as_slice(), [one] if one.starts_with(&format!("{model}:"))),
            "{damage}, and the check says {found:?}"
        );
        std::fs::write(&file, whole).context("cannot mend the database")?;
    }
    check(&ats, &truth, true)
}

/// The floor sends the requests of a full pass, no more and no fewer.
pub(crate) fn the_floor_asks_for_the_same(runtime: &Runtime, candidates: usize) -> Result<()> {
    for answers in [true, false] {
        let simulator = changeable(runtime, candidates)?;
        let client = Client::new(&simulator.base_url(), KEY)?;
        runtime.block_on(Walk::new(&client, answers).run())?;
        let floor = by_endpoint(&simulator);
        let settings: &[&str] = if answers {
            &[]
        } else {
            &["screening_answers=false"]
        };
        let ats = Ats::connect(&simulator.base_url(), KEY, settings)?;
        simulator.clear_log();
        ats.sync("FULL")?;
        let pass = by_endpoint(&simulator);
        ensure!(
            floor == pass,
            "the floor is none: it asks for {floor:?}, and a pass for {pass:?}"
        );
    }
    Ok(())
}
