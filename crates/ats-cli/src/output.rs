//! Standard output: lines for people, one document for machines.
//!
//! Whoever reads may stop reading, as `head` does. That ends a command quietly.

use std::{
    fmt::{self, Display},
    io::{self, Write},
};

use anyhow::Result;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;

/// Nobody reads standard output any more.
#[derive(Debug)]
pub(crate) struct Closed;

impl Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads the output any more")
    }
}

impl std::error::Error for Closed {}

/// Prints one line, as `println!` does, and gives back from the function if nobody reads it.
macro_rules! say {
    () => { $crate::output::line("")? };
    ($($text:tt)+) => { $crate::output::line(format_args!($($text)+))? };
}
pub(crate) use say;

/// Prints one line.
pub(crate) fn line(text: impl Display) -> Result<()> {
    written(writeln!(io::stdout().lock(), "{text}"))
}

/// Prints one JSON document on a line of its own.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    line(serde_json::to_string(value)?)
}

/// The outcome of writing to standard output.
pub(crate) fn written(outcome: io::Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Closed.into()),
        outcome => Ok(outcome?),
    }
}

/// Rows under a head, in columns. Those at the places in `numbers` are set to the right.
pub(crate) fn table(head: &[&str], rows: Vec<Vec<String>>, numbers: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(head.to_vec());
    table.add_rows(rows);
    for place in numbers {
        if let Some(column) = table.column_mut(*place) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let mut lines: Vec<String> = table
        .lines()
        .map(|line| format!("  {}", line.trim_end()))
        .collect();
    if let Some(head) = lines.first_mut() {
        *head = console::style(&head).dim().to_string();
    }
    lines.join("\n")
}

/// The widest line that a person is shown.
pub(crate) const WIDTH: usize = 100;

/// A text as lines that are not too wide, each after `indent` spaces.
pub(crate) fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let indent = " ".repeat(indent);
    let options = textwrap::Options::new(WIDTH)
        // Ids have hyphens and are to be copied whole.
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .initial_indent(&indent)
        .subsequent_indent(&indent);
    let lines = textwrap::wrap(text, options).into_iter();
    lines.map(std::borrow::Cow::into_owned).collect()
}

/// A number with the right form of its noun.
pub(crate) fn count(number: u64, one: &str, several: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        number => format!("{number} {several}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_sets_numbers_to_the_right_and_leaves_no_spaces_at_the_end() {
        let rows = vec![
            vec!["jobs".into(), "7".into(), "x".into()],
            vec!["candidates".into(), "1200".into(), String::new()],
        ];
        let text = table(&["model", "records", "note"], rows, &[1]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1], "  jobs              7  x");
        assert_eq!(lines[2], "  candidates     1200");
    }

    #[test]
    fn a_long_text_is_broken_between_words_and_never_in_an_id() {
        let id = "0b000003-0000-4000-8000-000000000000";
        let lines = wrapped(&[id; 5].join(" "), 4);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.len() <= WIDTH));
        assert_eq!(lines[2], format!("    {id}"));
    }

    #[test]
    fn one_of_something_is_not_several() {
        assert_eq!(count(1, "loss", "losses"), "1 loss");
        assert_eq!(count(0, "loss", "losses"), "0 losses");
    }
}
