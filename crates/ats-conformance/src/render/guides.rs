//! The guides of a connector as pages, and the table that says what each box of its key is good for.
//!
//! The table is worked out from the matrix: which models, fields and actions need the permission. So a
//! person reads what breaks without a box, and nobody has to keep that in mind.

use std::fmt::Write;

use ats_core::{Guide, ModelKind};

use super::{GENERATED, markdown::escaped};
use crate::matrix::{Matrix, Status};

/// The line of a guide that the table takes the place of.
const PERMISSIONS: &str = "{permissions}";

/// The feature that subscribing is for.
const WEBHOOKS: &str = "webhook_subscriptions";

/// One page a guide, and the list of them, by path. A connector without guides has none.
pub(super) fn pages(matrix: &Matrix) -> Vec<(String, String)> {
    let manifest = matrix.manifest;
    if manifest.guides.is_empty() {
        return Vec::new();
    }
    let path = |name: &str| format!("{}/{name}.md", matrix.connector);
    let table = permissions(matrix);
    let guides = manifest.guides.iter();
    guides
        .map(|guide| (path(guide.name), page(matrix, guide, &table)))
        .chain([(path("README"), list(matrix))])
        .collect()
}

fn list(matrix: &Matrix) -> String {
    let manifest = matrix.manifest;
    let mut page = format!(
        "<!-- {GENERATED} -->\n# Guides for {}\n\n\
         For the person who looks after {} and connects it. Each can be read alone.\n\n",
        manifest.name, manifest.name
    );
    for guide in manifest.guides {
        let _ = writeln!(page, "- [{}]({}.md)", guide.title, guide.name);
    }
    let _ = writeln!(
        page,
        "\nWhat can be read and done, field by field, with its proof: \
         [the support matrix](../support/{}.md). The vendor's reference: <{}>.",
        matrix.connector, manifest.vendor_docs
    );
    page
}

fn page(matrix: &Matrix, guide: &Guide, table: &str) -> String {
    let mut page = format!("<!-- {GENERATED} -->\n# {}\n", guide.title);
    for (index, step) in guide.steps.iter().enumerate() {
        let _ = writeln!(page, "\n## {}. {}\n", index + 1, step.title);
        for line in step.text.lines() {
            let line = match line.trim() == PERMISSIONS {
                true => table.trim_end(),
                false => line,
            };
            let _ = writeln!(page, "{line}");
        }
    }
    let _ = writeln!(
        page,
        "\nMore about {}: [all guides](README.md).",
        matrix.manifest.name
    );
    page
}

/// Each box with what is missing without it, and the switches beside the boxes.
fn permissions(matrix: &Matrix) -> String {
    let manifest = matrix.manifest;
    let mut text = String::from(
        "| box | not read without it | incomplete without it | not done without it | besides |\n\
         |---|---|---|---|---|\n",
    );
    for tick in manifest.boxes {
        let wanted = tick.permission;
        let cells = [
            tick.label.to_owned(),
            models(matrix, wanted),
            fields(matrix, wanted),
            actions(matrix, wanted),
            escaped(tick.also.unwrap_or_default()),
        ];
        text.push('|');
        for cell in cells {
            match cell.is_empty() {
                true => text.push_str(" |"),
                false => {
                    let _ = write!(text, " {cell} |");
                }
            }
        }
        text.push('\n');
    }
    if !manifest.key_options.is_empty() {
        text.push_str("\n| switch beside the boxes | decides |\n|---|---|\n");
        for option in manifest.key_options {
            let _ = writeln!(text, "| {} | {} |", option.label, escaped(option.decides));
        }
    }
    text
}

/// The models of which nothing can be read without the permission.
fn models(matrix: &Matrix, permission: &str) -> String {
    let models = ModelKind::ALL.iter().filter(|model| {
        let row = &matrix.models[model.name()];
        row.status == Status::Supported && row.permissions.contains(&permission)
    });
    joined(models.map(|model| model.name()))
}

/// The fields of other models that need it, too.
fn fields(matrix: &Matrix, permission: &str) -> String {
    let models = ModelKind::ALL.iter().filter_map(|model| {
        let row = &matrix.models[model.name()];
        if row.status != Status::Supported || row.permissions.contains(&permission) {
            return None;
        }
        let fields = row.fields.iter().filter(|(_, cell)| {
            cell.status == Status::Supported && cell.permissions.contains(permission)
        });
        let fields: Vec<&str> = fields.map(|(name, _)| name.as_str()).collect();
        (!fields.is_empty()).then(|| format!("{} ({})", model.name(), fields.join(", ")))
    });
    joined(models)
}

/// The actions that cannot be done without it, and webhooks.
fn actions(matrix: &Matrix, permission: &str) -> String {
    let actions = matrix
        .actions
        .iter()
        .filter(|(_, row)| row.status == Status::Supported && row.permissions.contains(permission))
        .map(|(name, _)| name.as_str());
    let is_subscribing = matrix
        .features
        .get(WEBHOOKS)
        .is_some_and(|row| row.status == Status::Supported)
        && matrix.webhooks.contains(&permission);
    joined(actions.chain(is_subscribing.then_some(WEBHOOKS)))
}

/// Names in a row, as people read them; fields keep theirs.
fn joined<T: AsRef<str>>(names: impl Iterator<Item = T>) -> String {
    let spaced = |name: T| match name.as_ref().split_once(" (") {
        Some((model, fields)) => format!("{} ({fields}", model.replace('_', " ")),
        None => name.as_ref().replace('_', " "),
    };
    names.map(spaced).collect::<Vec<_>>().join(", ")
}
