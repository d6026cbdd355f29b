//! The matrix as Markdown: one page a connector, and the overview of all.

use std::{collections::BTreeSet, fmt::Write as _};

use ats_core::ModelKind;

use super::{GENERATED, meaning};
use crate::matrix::{ActionRow, Cell, Matrix, ModelRow, Status};

/// More sources than this are counted; the JSON names them all.
const SOURCES: usize = 4;

pub(super) fn overview(matrices: &[Matrix]) -> String {
    let mut page = format!("<!-- {GENERATED} -->\n# What each connector supports\n\n");
    page.push_str(
        "Fields that are supported, of those that the model has. Supported means proven: see the connector's page.\n\n",
    );
    let names = matrices.iter().map(|matrix| {
        let slug = &matrix.connector;
        format!(
            " [{}]({slug}.md) ([interactive]({slug}.html), [JSON]({slug}.json)) |",
            matrix.name
        )
    });
    let _ = writeln!(page, "| model |{}", names.collect::<String>());
    let _ = writeln!(page, "|---|{}", "---|".repeat(matrices.len()));
    for model in ModelKind::ALL {
        let cells = matrices
            .iter()
            .map(|matrix| format!(" {} |", tally(&matrix.models[model.name()])));
        let _ = writeln!(page, "| {model} |{}", cells.collect::<String>());
    }
    let counts = matrices.iter().map(|matrix| {
        let done = matrix
            .actions
            .values()
            .filter(|row| row.status == Status::Supported)
            .count();
        format!(" {done} of {} |", matrix.actions.len())
    });
    let _ = writeln!(page, "| actions |{}", counts.collect::<String>());
    let counts = matrices.iter().map(|matrix| {
        let done = matrix
            .features
            .values()
            .filter(|row| row.status == Status::Supported)
            .count();
        format!(" {done} of {} |", matrix.features.len())
    });
    let _ = writeln!(page, "| features |{}", counts.collect::<String>());
    let witnesses = matrices
        .iter()
        .map(|matrix| format!(" {} |", matrix.witness));
    let _ = writeln!(page, "| witness |{}", witnesses.collect::<String>());
    page
}

fn tally(row: &ModelRow) -> String {
    if row.status != Status::Supported {
        return row.status.text().to_owned();
    }
    let done = row
        .fields
        .values()
        .filter(|cell| cell.status == Status::Supported)
        .count();
    format!("{done} of {}", row.fields.len())
}

pub(super) fn page(matrix: &Matrix) -> String {
    let mut page = format!(
        "<!-- {GENERATED} -->\n# What the {} connector supports\n\n",
        matrix.name
    );
    let _ = writeln!(
        page,
        "Witness: {}. The same with filters and proofs: [{slug}.html]({slug}.html); for programs: [{slug}.json]({slug}.json).\n",
        matrix.witness,
        slug = matrix.connector
    );
    page.push_str("Proof levels:\n\n");
    for level in ["L3", "L4", "constant", "engine"] {
        let _ = writeln!(page, "- `{level}`: {}", meaning(level));
    }
    page.push_str("\nA supported field has at least `L3`. The source is not declared but found, by perturbing what the vendor sends; the permissions by taking them away.\n");
    for model in ModelKind::ALL {
        section(&mut page, *model, &matrix.models[model.name()]);
    }
    page.push_str("\n## Actions\n\nAn input that is supported was set alone: it changed these places of the requests and no others. `L4` was read back too.\n");
    for (name, row) in &matrix.actions {
        action(&mut page, name, row);
    }
    page.push_str("\n## Features\n\n| feature | status | note |\n|---|---|---|\n");
    for (name, row) in &matrix.features {
        let _ = writeln!(
            page,
            "| {name} | {} | {} |",
            row.status.text(),
            noted(row.note.as_deref())
        );
    }
    page.push_str("\n## Laws that hold\n\n| law | rule | note |\n|---|---|---|\n");
    for (id, law) in &matrix.laws {
        let _ = writeln!(
            page,
            "| {id} | {} | {} |",
            escaped(law.title),
            noted(law.note.as_deref())
        );
    }
    page
}

fn section(page: &mut String, model: ModelKind, row: &ModelRow) {
    let _ = writeln!(page, "\n## {model}\n");
    if row.status != Status::Supported {
        let _ = writeln!(
            page,
            "{}: {}",
            row.status.text(),
            noted(row.note.as_deref())
        );
        return;
    }
    if !row.permissions.is_empty() {
        let _ = writeln!(page, "Needs {}.\n", listed(row.permissions.iter().copied()));
    }
    page.push_str("| field | status | proof level | source | permission | note |\n|---|---|---|---|---|---|\n");
    for (name, cell) in &row.fields {
        let _ = writeln!(
            page,
            "| {name} | {} | {} | {} | {} | {} |",
            cell.status.text(),
            cell.level.unwrap_or("-"),
            sources(&cell.source),
            listed(cell.permissions.iter().map(String::as_str)),
            note(cell)
        );
    }
}

fn sources(sources: &BTreeSet<String>) -> String {
    let mut shown: Vec<String> = sources
        .iter()
        .take(SOURCES)
        .map(|source| format!("`{}`", escaped(source)))
        .collect();
    if sources.len() > SOURCES {
        shown.push(format!("and {} more", sources.len() - SOURCES));
    }
    shown.join("<br>")
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn note(cell: &Cell) -> String {
    let note = noted(cell.note.as_deref());
    match cell.vendor {
        Some(vendor) => format!("{note} ([vendor]({vendor}))"),
        None => note,
    }
}

fn noted(note: Option<&str>) -> String {
    escaped(note.unwrap_or_default())
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn action(page: &mut String, name: &str, row: &ActionRow) {
    let needed = listed(row.permissions.iter().map(String::as_str));
    let _ = writeln!(
        page,
        "\n### {name}\n\n{}.{}{}\n",
        row.status.text(),
        row.note
            .as_deref()
            .map_or_else(String::new, |note| format!(" {note}.")),
        match needed.is_empty() {
            true => String::new(),
            false => format!(" Needs {needed}."),
        }
    );
    page.push_str("| input | status | proof | sent as | note |\n|---|---|---|---|---|\n");
    for (input, cell) in &row.inputs {
        let _ = writeln!(
            page,
            "| {input} | {} | {} | {} | {} |",
            cell.status.text(),
            cell.level.unwrap_or_default(),
            sources(&cell.source),
            note(cell)
        );
    }
}
