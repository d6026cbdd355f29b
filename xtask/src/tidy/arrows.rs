//! Which crate may use which. The table here is the rule; `docs/architecture.md` shows it.
//!
//! An arrow that is not in the table fails, and so does a crate that is not in it: a new arrow is a
//! decision that stands in a commit of its own, with its reason.

use std::collections::BTreeSet;

use super::Problem;
use crate::workspace::Package;

/// A crate and what it may know.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    name: &'static str,
    owns: &'static str,
    uses: Vec<&'static str>,
    /// Allowed in tests and benches, besides `uses`.
    dev: Vec<&'static str>,
    never: &'static str,
}

/// The connectors. `cargo xtask new-connector` adds its line.
const CONNECTORS: &[&str] = &[
    "ats-ashby",
    // new-connector: its name goes above this line
];

/// The table of rooms.
pub(crate) fn rooms() -> Vec<Room> {
    let room = |name, owns, uses: &[&'static str], dev: &[&'static str], never| Room {
        name,
        owns,
        uses: uses.to_vec(),
        dev: dev.to_vec(),
        never,
    };
    let mut rooms = vec![
        room(
            "ats-core",
            "the vocabulary: models, the `Connector` port, coverage, errors, ids",
            &[],
            &[],
            "anything else of ours; input and output, a clock, a runtime",
        ),
        room(
            "ats-http",
            "HTTP for connectors: sending, retries, downloads, the adaptive limit, redaction",
            &["ats-core"],
            &[],
            "any vendor",
        ),
    ];
    rooms.extend(CONNECTORS.iter().map(|name| {
        room(
            name,
            "one vendor's dialect, streams, mapping and actions",
            &["ats-core", "ats-http"],
            &[],
            "another connector, the simulator, whoever calls it",
        )
    }));
    let registry: Vec<_> = ["ats-core", "ats-http"]
        .iter()
        .chain(CONNECTORS)
        .copied()
        .collect();
    rooms.extend([
        room(
            "ats-connectors",
            "the registry, and the run of the conformance suite",
            &registry,
            &["ats-conformance", "ats-simulator"],
            "whoever calls it",
        ),
        room(
            "ats-conformance",
            "laws, the field prover, evidence, the support matrix, liars",
            &["ats-core", "ats-simulator"],
            &[],
            "any connector",
        ),
        room(
            "ats-simulator",
            "stateful, strict fakes of vendors over real HTTP",
            &[],
            &[],
            "core, http and every connector: shared types would be shared mistakes",
        ),
        room(
            "ats-store",
            "the store port, the embedded store, the vault for credentials",
            &["ats-core"],
            &[],
            "any connector, and when anything is read",
        ),
        room(
            "ats-sync",
            "passes: what to read next, mapping, commit, sweep, retry, schedule; actions; events",
            &["ats-core", "ats-store"],
            &["ats-connectors", "ats-conformance", "ats-simulator"],
            "any connector, HTTP status codes",
        ),
        room(
            "ats-server",
            "the unified HTTP API, webhooks in and out, the connect flow, pages for people",
            &["ats-core", "ats-http", "ats-store", "ats-sync"],
            &["ats-connectors", "ats-simulator"],
            "any connector",
        ),
        room(
            "ats-cli",
            "the binary `ats`, the only place that wires everything",
            &[
                "ats-core",
                "ats-http",
                "ats-conformance",
                "ats-connectors",
                "ats-simulator",
                "ats-server",
                "ats-store",
                "ats-sync",
            ],
            &[],
            "a single connector by name",
        ),
        room(
            "xtask",
            "automation; it shells out",
            &[],
            &[],
            "every crate of the workspace",
        ),
    ]);
    rooms
}

/// The arrows that are not in the table, and the crates that are not.
pub(super) fn check(packages: &[Package], rooms: Vec<Room>) -> Vec<Problem> {
    let ours: BTreeSet<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let problem = |message| Problem {
        place: "xtask/src/tidy/arrows.rs:1".to_owned(),
        message,
        warning: false,
    };
    let mut problems = Vec::new();
    for package in packages {
        let Some(room) = rooms.iter().find(|room| room.name == package.name) else {
            problems.push(problem(format!(
                "the crate {} is not in the table",
                package.name
            )));
            continue;
        };
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let is_dev = dependency.kind.as_deref() == Some("dev");
            let allowed = room.uses.contains(&name) || (is_dev && room.dev.contains(&name));
            if ours.contains(name) && name != package.name && !allowed {
                let how = if is_dev { "uses (in tests)" } else { "uses" };
                problems.push(problem(format!(
                    "{} {how} {name}, which the table does not allow",
                    package.name
                )));
            }
        }
    }
    for room in rooms.iter().filter(|room| !ours.contains(room.name)) {
        problems.push(problem(format!(
            "the table names {}, which is no crate",
            room.name
        )));
    }
    problems
}

/// The table as a document shows it.
pub(crate) fn markdown() -> String {
    let list = |names: &[&str]| match names {
        [] => "nothing".to_owned(),
        names => names
            .iter()
            .map(|name| name.trim_start_matches("ats-"))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let mut table =
        String::from("| crate | owns | may use (ours) | must never know |\n|---|---|---|---|\n");
    for room in rooms() {
        let mut uses = list(&room.uses);
        if !room.dev.is_empty() {
            uses = format!("{uses}; in tests: {}", list(&room.dev));
        }
        table.push_str(&format!(
            "| `{}` | {} | {uses} | {} |\n",
            room.name, room.owns, room.never
        ));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Package {
        let dependencies = dependencies.iter().map(|(name, kind)| Dependency {
            name: (*name).to_owned(),
            kind: kind.map(str::to_owned),
        });
        Package {
            name: name.to_owned(),
            dependencies: dependencies.collect(),
        }
    }

    fn messages(packages: &[Package]) -> Vec<String> {
        let named = |room: &Room| packages.iter().any(|package| package.name == room.name);
        let rooms = rooms().into_iter().filter(named).collect();
        check(packages, rooms)
            .into_iter()
            .map(|problem| problem.message)
            .collect()
    }

    #[test]
    fn an_arrow_of_the_table_is_fine() {
        let packages = [
            package("ats-core", &[("serde", None)]),
            package("ats-http", &[("ats-core", None)]),
            package("ats-simulator", &[]),
            package("ats-conformance", &[("ats-simulator", None)]),
            package(
                "ats-connectors",
                &[("ats-core", None), ("ats-conformance", Some("dev"))],
            ),
        ];
        assert_eq!(messages(&packages), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_that_is_not_in_the_table_fails_and_dev_is_no_way_around() {
        let packages = [
            package("ats-core", &[("ats-http", None)]),
            package("ats-http", &[]),
            package("ats-simulator", &[("ats-core", Some("dev"))]),
        ];
        assert_eq!(
            messages(&packages),
            [
                "ats-core uses ats-http, which the table does not allow",
                "ats-simulator uses (in tests) ats-core, which the table does not allow",
            ]
        );
    }

    #[test]
    fn what_tests_may_use_the_code_may_not() {
        let packages = [
            package("ats-conformance", &[]),
            package("ats-connectors", &[("ats-conformance", None)]),
        ];
        assert_eq!(messages(&packages).len(), 1);
    }

    #[test]
    fn the_table_and_the_crates_are_the_same_set() {
        assert_eq!(
            messages(&[package("ats-stray", &[])]),
            ["the crate ats-stray is not in the table"]
        );
        let problems = check(&[], rooms());
        assert_eq!(problems.len(), rooms().len(), "{problems:?}");
    }
}
