//! The matrix as one page that needs nothing else: filters, and a proof behind every cell.

use std::{collections::BTreeSet, fmt::Write as _};

use ats_core::ModelKind;

use super::{GENERATED, meaning};
use crate::{
    Fact,
    case::RERUN,
    matrix::{ActionRow, Cell, Matrix, ModelRow},
};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

pub(super) fn page(matrix: &Matrix) -> String {
    let mut page = format!(
        "<!DOCTYPE html><!-- {GENERATED} -->\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    );
    let name = escaped(&matrix.name);
    let _ = writeln!(
        page,
        "<title>What the {name} connector supports</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>"
    );
    let _ = writeln!(page, "<h1>What the {name} connector supports</h1>");
    let _ = writeln!(
        page,
        "<p>Witness: <strong>{}</strong>. Open a status to see its proof.</p>",
        escaped(&matrix.witness)
    );
    filters(&mut page, matrix);
    page.push_str("</header>\n<main>\n");
    for model in ModelKind::ALL {
        section(&mut page, matrix, *model, &matrix.models[model.name()]);
    }
    for (name, row) in &matrix.actions {
        action(&mut page, matrix, name, row);
    }
    let features = matrix
        .features
        .iter()
        .map(|(name, row)| (name, row.status.text(), row.note.as_deref()));
    slots(&mut page, "Features", "feature", features.collect());
    laws(&mut page, matrix);
    let _ = write!(
        page,
        "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    );
    page
}

fn filters(page: &mut String, matrix: &Matrix) {
    let mut permissions = BTreeSet::new();
    let mut statuses = BTreeSet::new();
    for row in matrix.models.values() {
        for cell in row.fields.values() {
            permissions.extend(cell.permissions.iter().map(String::as_str));
            statuses.insert(cell.status.text());
        }
    }
    let models: Vec<&str> = ModelKind::ALL.iter().map(|model| model.name()).collect();
    page.push_str("<form id=\"filter\" aria-label=\"Filter the fields\">\n");
    choice(page, "model", models);
    choice(page, "status", statuses.into_iter().collect());
    choice(page, "permission", permissions.into_iter().collect());
    page.push_str("<label>field <input name=\"field\" type=\"search\" autocomplete=\"off\"></label>\n<output name=\"count\" aria-live=\"polite\"></output>\n</form>\n");
}

fn choice(page: &mut String, name: &str, values: Vec<&str>) {
    let _ = write!(
        page,
        "<label>{name} <select name=\"{name}\"><option value=\"\">any</option>"
    );
    for value in values {
        let value = escaped(value);
        let _ = write!(page, "<option>{value}</option>");
    }
    page.push_str("</select></label>\n");
}

fn section(page: &mut String, matrix: &Matrix, model: ModelKind, row: &ModelRow) {
    let _ = writeln!(
        page,
        "<section data-model=\"{model}\" id=\"{model}\">\n<h2>{model}</h2>"
    );
    let note = row
        .note
        .as_deref()
        .map(|note| format!(" {}", escaped(note)))
        .unwrap_or_default();
    let needed = row.permissions.iter();
    let needed: Vec<String> = needed
        .map(|permission| format!("<code>{}</code>", escaped(permission)))
        .collect();
    let needs = (!needed.is_empty()).then(|| format!(" Needs {}.", needed.join(", ")));
    let _ = writeln!(
        page,
        "<p>{}.{note}{}</p>",
        row.status.text(),
        needs.unwrap_or_default()
    );
    page.push_str("<table>\n<thead><tr><th scope=\"col\">field</th><th scope=\"col\">status and proof</th><th scope=\"col\">permission</th><th scope=\"col\">note</th></tr></thead>\n<tbody>\n");
    for (name, cell) in &row.fields {
        let permissions: Vec<String> = cell.permissions.iter().map(|name| escaped(name)).collect();
        let _ = writeln!(
            page,
            "<tr data-field=\"{name}\" data-status=\"{status}\" data-permission=\"{spaced}\"><th scope=\"row\">{name}</th><td data-label=\"status\">{proof}</td><td data-label=\"permission\">{shown}</td><td data-label=\"note\">{note}</td></tr>",
            status = cell.status.text(),
            spaced = permissions.join(" "),
            proof = proof(matrix, &format!("read::{model}::{name}"), cell),
            shown = permissions
                .iter()
                .map(|name| format!("<code>{name}</code>"))
                .collect::<Vec<_>>()
                .join(" "),
            note = note_of(cell),
        );
    }
    page.push_str("</tbody>\n</table>\n</section>\n");
}

fn note_of(cell: &Cell) -> String {
    let note = escaped(cell.note.as_deref().unwrap_or_default());
    match cell.vendor {
        Some(vendor) => format!("{note} <a href=\"{}\">vendor</a>", escaped(vendor)),
        None => note,
    }
}

/// A status that opens: what is known, where it comes from, which cases say so, how to run them.
fn proof(matrix: &Matrix, place: &str, cell: &Cell) -> String {
    let status = cell.status.text();
    let level = cell
        .level
        .map(|level| format!(" <b>{level}</b>"))
        .unwrap_or_default();
    let mut proof = format!(
        "<details><summary><span class=\"{}\">{status}</span>{level}</summary>",
        status.to_lowercase()
    );
    let _ = write!(proof, "<p>{}</p>", meaning(cell.level.unwrap_or_default()));
    list(
        &mut proof,
        "found out",
        cell.proof.facts.iter().filter_map(told),
    );
    list(
        &mut proof,
        "comes from",
        cell.source
            .iter()
            .map(|source| format!("<code>{}</code>", escaped(source))),
    );
    list(
        &mut proof,
        "cases",
        cell.proof
            .cases
            .iter()
            .map(|case| format!("<code>{}</code>", escaped(case))),
    );
    let _ = write!(
        proof,
        "<p>again: <code>{RERUN} {}::{place}</code></p></details>",
        matrix.connector
    );
    proof
}

/// One action with its inputs.
fn action(page: &mut String, matrix: &Matrix, name: &str, row: &ActionRow) {
    let _ = writeln!(
        page,
        "<section data-model=\"{name}\" id=\"{name}\">\n<h2>Action: {name}</h2>"
    );
    let needed: Vec<String> = row
        .permissions
        .iter()
        .map(|permission| format!("<code>{}</code>", escaped(permission)))
        .collect();
    let needs = (!needed.is_empty()).then(|| format!(" Needs {}.", needed.join(", ")));
    let _ = writeln!(
        page,
        "<p>{}. {}{}</p>",
        row.status.text(),
        escaped(row.note.as_deref().unwrap_or_default()),
        needs.unwrap_or_default()
    );
    page.push_str("<table>\n<thead><tr><th scope=\"col\">input</th><th scope=\"col\">status and proof</th><th scope=\"col\">note</th></tr></thead>\n<tbody>\n");
    for (input, cell) in &row.inputs {
        let _ = writeln!(
            page,
            "<tr data-field=\"{input}\" data-status=\"{status}\" data-permission=\"{spaced}\"><th scope=\"row\">{input}</th><td data-label=\"status\">{proof}</td><td data-label=\"note\">{note}</td></tr>",
            status = cell.status.text(),
            spaced = cell
                .permissions
                .iter()
                .map(|name| escaped(name))
                .collect::<Vec<_>>()
                .join(" "),
            proof = proof(matrix, &format!("action::{name}::input::{input}"), cell),
            note = note_of(cell),
        );
    }
    page.push_str("</tbody>\n</table>\n</section>\n");
}

fn list(page: &mut String, title: &str, items: impl Iterator<Item = String>) {
    let items: String = items.fold(String::new(), |mut items, item| {
        let _ = write!(items, "<li>{item}</li>");
        items
    });
    if !items.is_empty() {
        let _ = write!(page, "<p>{title}</p><ul>{items}</ul>");
    }
}

fn told(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::Verified { records } => format!("as expected on {records} records"),
        Fact::Distinct { values } => format!("{values} different values"),
        Fact::Falsifiable { alterations } => format!("{alterations} alterations, each noticed"),
        Fact::Hardened { values } => format!("{values} wrong values survived"),
        Fact::Constant => "null in every world and under every perturbation".to_owned(),
        Fact::Absent => "no value in any world and under any perturbation".to_owned(),
        Fact::Engine => "right on the reference engine".to_owned(),
        Fact::ReadBack { field } => format!("read back as <code>{}</code>", escaped(field)),
        Fact::Sent { .. } | Fact::Traced { .. } | Fact::Scoped { .. } | Fact::Holds => return None,
    })
}

fn slots(page: &mut String, title: &str, kind: &str, rows: Vec<(&String, &str, Option<&str>)>) {
    let _ = writeln!(
        page,
        "<section>\n<h2>{title}</h2>\n<table>\n<thead><tr><th scope=\"col\">{kind}</th><th scope=\"col\">status</th><th scope=\"col\">note</th></tr></thead>\n<tbody>"
    );
    for (name, status, note) in rows {
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{name}</th><td data-label=\"status\"><span class=\"{}\">{status}</span></td><td data-label=\"note\">{}</td></tr>",
            status.to_lowercase(),
            escaped(note.unwrap_or_default())
        );
    }
    page.push_str("</tbody>\n</table>\n</section>\n");
}

fn laws(page: &mut String, matrix: &Matrix) {
    page.push_str("<section>\n<h2>Laws that hold</h2>\n<ul>\n");
    for (id, law) in &matrix.laws {
        let note = law
            .note
            .as_deref()
            .map(|note| format!(" ({})", escaped(note)))
            .unwrap_or_default();
        let _ = writeln!(
            page,
            "<li><details><summary>{}{note}</summary><p>Where it is broken, {}.</p><p>again: <code>{RERUN} {}::law::{}</code></p></details></li>",
            escaped(law.title),
            escaped(law.why),
            matrix.connector,
            id.replace('/', "::")
        );
    }
    page.push_str("</ul>\n</section>\n");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
