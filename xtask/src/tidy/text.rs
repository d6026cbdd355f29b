//! Rules about single lines of text.
//!
//! What a rule looks for is put together from parts here, so that this file does not break it.

use super::{File, Problem};

/// No white space at the end of a line. Fixtures are the vendor's words and stay as they are.
pub(super) fn trailing_space(file: File<'_>) -> Vec<Problem> {
    if file.path.starts_with("fixtures/") {
        return Vec::new();
    }
    lines_with(file, "white space at the end of the line", |line| {
        line.ends_with([' ', '\t', '\r'])
    })
}

/// Nothing is left open: finish it, or write down a gap.
pub(super) fn open_ends(file: File<'_>) -> Vec<Problem> {
    const MARKS: [&str; 3] = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
    ];
    if file.path == "Cargo.lock" {
        return Vec::new();
    }
    lines_with(
        file,
        "an open end; finish it, or make it a gap with a reason",
        |line| words(line).any(|word| MARKS.contains(&word)),
    )
}

/// No path of somebody's machine.
pub(super) fn machine_paths(file: File<'_>) -> Vec<Problem> {
    const PATHS: [&str; 3] = [
        concat!("/wo", "rk"),
        concat!("/tm", "p"),
        concat!("/ro", "ot"),
    ];
    lines_with(file, "a path of one machine", |line| {
        PATHS.iter().any(|path| has_path(line, path))
    })
}

/// Code in documents compiles or is left out; a fence that is never compiled goes stale.
pub(super) fn ignored_fences(file: File<'_>) -> Vec<Problem> {
    const FENCE: &str = concat!("``", "`");
    lines_with(
        file,
        "an ignored code fence; let it compile, or use `text`",
        |line| {
            let Some((_, attributes)) = line.split_once(FENCE) else {
                return false;
            };
            words(attributes).any(|word| word == "ignore")
        },
    )
}

/// A lint is expected with a reason, so that it is noticed when it is no longer needed.
///
/// Code that several test binaries share is compiled several times, and a lint may fire in one and
/// not in the other. There `allow` is the honest word; it needs its reason all the same.
pub(super) fn allows(file: File<'_>) -> Vec<Problem> {
    const ALLOW: [&str; 2] = [concat!("#[al", "low("), concat!("#![al", "low(")];
    const EXPECT: [&str; 2] = [concat!("#[ex", "pect("), concat!("#![ex", "pect(")];
    if !file.is_rust() {
        return Vec::new();
    }
    let shared = file.path.contains("/tests/");
    let mut problems = Vec::new();
    for (number, line) in file.lines() {
        let starts =
            |marks: [&str; 2]| marks.iter().any(|mark| line.trim_start().starts_with(mark));
        if starts(ALLOW) && !shared {
            problems
                .push(file.problem(number, "write `expect` with a `reason` instead of `allow`"));
        } else if (starts(ALLOW) || starts(EXPECT)) && !has_reason(file, number) {
            problems.push(file.problem(number, "a lint that is silenced needs a `reason`"));
        }
    }
    problems
}

/// Whether the attribute that begins at the line gives a reason. It may be wrapped, and ends with
/// the first line that closes it.
fn has_reason(file: File<'_>, line: usize) -> bool {
    for text in file.text.lines().skip(line - 1).take(6) {
        if text.contains("reason =") {
            return true;
        }
        if text.trim_end().ends_with(")]") {
            return false;
        }
    }
    false
}

fn lines_with(file: File<'_>, message: &str, is_bad: impl Fn(&str) -> bool) -> Vec<Problem> {
    file.lines()
        .filter(|(_, line)| is_bad(line))
        .map(|(number, _)| file.problem(number, message))
        .collect()
}

/// The runs of letters, digits and underscores.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

/// Whether `path` stands in the line as the start of an absolute path.
fn has_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line
            .get(at + path.len()..)
            .and_then(|text| text.chars().next());
        let inside = |c: char| c.is_alphanumeric() || "_-.~}/:*".contains(c);
        !before.is_some_and(inside)
            && !after.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, text: &str, rule: fn(File<'_>) -> Vec<Problem>) -> usize {
        rule(File { path, text }).len()
    }

    #[test]
    fn trailing_space_is_found_outside_fixtures() {
        assert_eq!(at("a.md", "a\nb\n", trailing_space), 0);
        assert_eq!(
            at("a.md", "a \nb\t\nc\r\n", trailing_space),
            2,
            "lines() takes the carriage return"
        );
        assert_eq!(at("fixtures/a.json", "a \n", trailing_space), 0);
    }

    #[test]
    fn open_ends_are_found_as_whole_words() {
        assert_eq!(at("a.rs", "a to-do list\nTODOS\n", open_ends), 0);
        assert_eq!(
            at("a.rs", concat!("// TO", "DO: b\n# FIX", "ME\n"), open_ends),
            2
        );
    }

    #[test]
    fn machine_paths_are_found_and_urls_are_not() {
        let fine = concat!("https://a.com/wo", "rk\ncrates/wo", "rk/a\n/wo", "rker\n");
        assert_eq!(at("a.md", fine, machine_paths), 0);
        let bad = concat!("see /wo", "rk/main\n`/tm", "p/a`\n(/ro", "ot)\n");
        assert_eq!(at("a.md", bad, machine_paths), 3);
    }

    #[test]
    fn ignored_fences_are_found() {
        assert_eq!(at("a.md", "```rust\n```\n```no_run\n", ignored_fences), 0);
        let bad = concat!("``", "`ignore\n/// ``", "`rust,ignore\n");
        assert_eq!(at("a.md", bad, ignored_fences), 2);
    }

    #[test]
    fn lints_are_expected_with_a_reason() {
        let fine = "#[expect(a, reason = \"b\")]\n#[expect(\n    a,\n    reason = \"b\"\n)]\n";
        assert_eq!(at("a.rs", fine, allows), 0);
        let bad = concat!(
            "#[al",
            "low(a)]\n#[ex",
            "pect(a)]\nfn f() {}\n// reason = no\n"
        );
        assert_eq!(at("a.rs", bad, allows), 2);
        let shared = concat!("#[al", "low(a, reason = \"b\")]\n#[al", "low(a)]\n");
        assert_eq!(at("crates/a/tests/b.rs", shared, allows), 1);
        assert_eq!(at("crates/a/src/b.rs", shared, allows), 2);
    }
}
