//! The lines by which the workspace learns of a new connector, in files that exist already.

use anyhow::{Context, Result, ensure};

use super::name::Name;
use crate::workspace::Workspace;

/// The changed files, with their new text.
pub(super) fn edits(workspace: &Workspace, name: &Name) -> Result<Vec<(String, String)>> {
    let dependency = format!("ats-{}.workspace = true", name.slug());
    let member = format!("ats-{0} = {{ path = \"crates/ats-{0}\" }}", name.slug());
    let factory = format!("        ats_{}::FACTORY,", name.ident());
    let room = format!("    \"ats-{}\",", name.slug());
    let module = format!("pub mod {};", name.ident());
    let edits: [(&str, &str, &str, Insert); 5] = [
        ("Cargo.toml", "ats-ashby = ", &member, Insert::SortedFrom),
        (
            "crates/ats-connectors/Cargo.toml",
            "ats-ashby.workspace",
            &dependency,
            Insert::SortedFrom,
        ),
        (
            "crates/ats-connectors/src/lib.rs",
            "// new-connector:",
            &factory,
            Insert::Above,
        ),
        (
            "xtask/src/tidy/arrows.rs",
            "// new-connector:",
            &room,
            Insert::Above,
        ),
        (
            "crates/ats-simulator/src/lib.rs",
            "pub mod ashby;",
            &module,
            Insert::SortedFrom,
        ),
    ];
    edits
        .into_iter()
        .map(|(path, anchor, line, insert)| {
            let text = workspace.read(path)?;
            let edited = inserted(&text, anchor, line, insert)
                .with_context(|| format!("cannot add a line to {path}"))?;
            Ok((path.to_owned(), edited))
        })
        .collect()
}

/// Where a line goes.
#[derive(Debug, Clone, Copy)]
enum Insert {
    /// Above the line with the anchor.
    Above,
    /// In alphabetical order among the lines that follow the one with the anchor without a gap.
    SortedFrom,
}

fn inserted(text: &str, anchor: &str, line: &str, insert: Insert) -> Result<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    ensure!(!lines.contains(&line), "`{}` is there already", line.trim());
    let anchor_at = lines
        .iter()
        .position(|line| line.trim_start().starts_with(anchor))
        .with_context(|| format!("no line begins with `{anchor}`"))?;
    let at = match insert {
        Insert::Above => anchor_at,
        Insert::SortedFrom => {
            let group = lines.iter().skip(anchor_at);
            let before = group.take_while(|other| !other.trim().is_empty() && **other < line);
            anchor_at + before.count()
        }
    };
    lines.insert(at, line);
    Ok(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_above_its_mark() {
        let text = "[\n    a,\n    // new-connector: above\n]\n";
        let edited = inserted(text, "// new-connector:", "    b,", Insert::Above).unwrap();
        assert_eq!(
            edited,
            "[\n    a,\n    b,\n    // new-connector: above\n]\n"
        );
    }

    #[test]
    fn a_line_keeps_the_order_of_its_group() {
        let text = "x\nats-ashby\nats-core\n\nz\n";
        let add = |line| inserted(text, "ats-ashby", line, Insert::SortedFrom).unwrap();
        assert_eq!(add("ats-bob"), "x\nats-ashby\nats-bob\nats-core\n\nz\n");
        assert_eq!(add("ats-zoe"), "x\nats-ashby\nats-core\nats-zoe\n\nz\n");
        assert_eq!(add("ats-aaa"), "x\nats-aaa\nats-ashby\nats-core\n\nz\n");
    }

    #[test]
    fn a_missing_mark_and_a_second_time_are_errors() {
        assert!(inserted("a\n", "mark", "b", Insert::Above).is_err());
        assert!(inserted("mark\nb\n", "mark", "b", Insert::Above).is_err());
    }
}
