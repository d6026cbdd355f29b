//! A file that is no database, is locked, or is from a newer program. What needs a file system of
//! its own stands in `mounts.rs`.

use std::fs;

use rusqlite::Connection;

use crate::support::Bench;

#[test]
fn a_file_that_is_no_database_is_left_as_it_is() {
    let bench = Bench::small();
    let text = "this is a letter, and long enough to be taken for a database header by mistake";
    fs::write(bench.database(), text).unwrap();
    let message = bench.json(&["status"]).failed(1, "not_a_database");
    assert!(
        message.contains("ats.db") && message.contains("--database"),
        "{message}"
    );
    let url = bench.simulator.base_url();
    let connect = ["connect", "ashby", "--name", "acme", "--base-url", &url];
    bench
        .json(&[&connect[..], &["--api-key-env", crate::support::KEY]].concat())
        .failed(1, "not_a_database");
    assert_eq!(
        bench.requests(),
        0,
        "the file is looked at before the vendor is asked"
    );
    assert_eq!(fs::read_to_string(bench.database()).unwrap(), text);
}

#[test]
fn the_database_of_another_program_is_left_as_it_is() {
    let bench = Bench::small();
    let other = Connection::open(bench.database()).unwrap();
    other
        .execute_batch("CREATE TABLE letters (text TEXT)")
        .unwrap();
    drop(other);
    let before = fs::read(bench.database()).unwrap();
    bench.json(&["status"]).failed(1, "not_a_database");
    assert!(fs::read(bench.database()).unwrap() == before);
}

#[test]
fn a_database_from_a_newer_program_is_refused_and_left_as_it_is() {
    let bench = Bench::synced();
    let newer = "INSERT INTO refinery_schema_history
                 SELECT 4711, 'from_the_future', applied_on, checksum
                 FROM refinery_schema_history LIMIT 1";
    let database = Connection::open(bench.database()).unwrap();
    database.execute_batch(newer).unwrap();
    for command in [
        &["status"][..],
        &["sync", "acme"],
        &["export", "acme", "jobs", "--out", "x"],
    ] {
        let message = bench.json(command).failed(1, "newer_version");
        assert!(
            message.contains("4711") && message.contains("newer program"),
            "{message}"
        );
    }
    database
        .execute(
            "DELETE FROM refinery_schema_history WHERE version = 4711",
            [],
        )
        .unwrap();
    bench.json(&["sync", "acme"]).ok();
}

#[test]
fn a_database_that_another_process_holds_is_waited_for_and_then_refused() {
    let bench = Bench::connected();
    let holder = Connection::open(bench.database()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let set = ["integrations", "set", "acme", "delta_interval=5m"];
    let message = bench.json(&set).failed(7, "locked");
    assert!(message.contains("try again"), "{message}");
    assert!(
        bench.json(&["status"]).ok()["integrations"].is_array(),
        "reading goes on"
    );
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(bench.json(&set).ok()["settings"]["delta_interval"], "5m");
}

#[test]
fn a_damaged_database_is_told_from_a_defect() {
    let bench = Bench::synced();
    let mut bytes = fs::read(bench.database()).unwrap();
    let from = bytes.len() / 4;
    for byte in bytes.iter_mut().skip(from) {
        *byte ^= 0x55;
    }
    fs::write(bench.database(), bytes).unwrap();
    let _ = fs::remove_file(bench.path("ats.db-wal"));
    let ended = bench.json(&["sync", "acme"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.json()["error"]["code"], "damaged", "{ended:?}");
}
