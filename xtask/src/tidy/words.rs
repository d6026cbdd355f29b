//! One word for one thing: words that the project does not use, and what it says instead.
//!
//! Only words stand here that have no honest other use in this project. The vendor's own words
//! (fixtures), licences and generated pages are left alone.

use super::{File, Problem};

/// A word that is not used, in parts so that this table does not break its own rule.
struct Banned {
    parts: [&'static str; 2],
    instead: &'static str,
}

const BANNED: &[Banned] = &[
    Banned {
        parts: ["adap", "ter"],
        instead: "connector",
    },
    Banned {
        parts: ["third ", "party"],
        instead: "vendor, or name it",
    },
    Banned {
        parts: ["third-", "party"],
        instead: "vendor, or name it",
    },
    Banned {
        parts: ["upstream ", "system"],
        instead: "vendor",
    },
    Banned {
        parts: ["linked ", "account"],
        instead: "integration",
    },
    Banned {
        parts: ["book", "mark"],
        instead: "checkpoint",
    },
    Banned {
        parts: ["soft ", "delete"],
        instead: "tombstone",
    },
    Banned {
        parts: ["soft-", "delete"],
        instead: "tombstone",
    },
    Banned {
        parts: ["soft_", "delete"],
        instead: "tombstone",
    },
    Banned {
        parts: ["mock ", "data"],
        instead: "world",
    },
];

/// The vocabulary of `docs/architecture.md` is kept.
pub(super) fn vocabulary(file: File<'_>) -> Vec<Problem> {
    let exempt = file.path.starts_with("fixtures/")
        || file.path.starts_with("docs/support/")
        || file.path.starts_with("LICENSE-")
        || file.path == "Cargo.lock";
    if exempt {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for (number, line) in file.lines() {
        let line = line.to_lowercase();
        for Banned { parts, instead } in BANNED {
            let word = parts.concat();
            if line.contains(&word) {
                problems.push(file.problem(number, format!("`{word}`: say {instead}")));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projects_words_are_fine() {
        let text = "A connector keeps a checkpoint and leaves a tombstone.\nA party of three.\n";
        assert!(
            vocabulary(File {
                path: "docs/a.md",
                text
            })
            .is_empty()
        );
    }

    #[test]
    fn another_word_for_the_same_thing_is_found_in_any_case() {
        let text = concat!("struct GreenhouseAdap", "ter;\na Third-", "party\n");
        let found = vocabulary(File {
            path: "crates/a.rs",
            text,
        });
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].message.ends_with("say connector"), "{found:?}");
        assert!(
            vocabulary(File {
                path: "fixtures/a.json",
                text
            })
            .is_empty()
        );
    }
}
