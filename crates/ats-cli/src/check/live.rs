//! `ats check --live`: what the first pages of every stream show under this key.
//!
//! The conformance suite looks; here stands only how it is told.

use std::collections::BTreeMap;

use ats_conformance::live::{LiveModel, LiveReport, Standing};

use crate::output;

/// So many fields of one standing are named on a line of their own.
type ByWord<'a> = BTreeMap<String, Vec<&'a str>>;

/// The report as people read it. `label` names the box of a permission.
pub(super) fn lines(report: &LiveReport, label: &dyn Fn(&str) -> String) -> Vec<String> {
    let title = format!("Seen live ({} requests, nothing kept)", report.requests);
    let mut lines = vec![console::style(title).bold().to_string()];
    for (model, found) in &report.models {
        let records = output::count(found.records as u64, "record", "records");
        let word = word(&found.standing, label);
        lines.push(match found.records {
            0 => format!("  {:<26} {word}", model.name()),
            _ => format!("  {:<26} {word}, {records} looked at", model.name()),
        });
        if found.standing == Standing::Works {
            for (word, fields) in fields(found, label) {
                let text = format!("{word}: {}", fields.join(", "));
                lines.extend(output::wrapped(&text, 31));
            }
        }
    }
    lines
}

/// The fields that do not simply work, by what is to be said of them.
fn fields<'a>(model: &'a LiveModel, label: &dyn Fn(&str) -> String) -> ByWord<'a> {
    let mut by_word = ByWord::new();
    for (name, field) in &model.fields {
        if field.standing != Standing::Works {
            by_word
                .entry(word(&field.standing, label))
                .or_default()
                .push(name);
        }
    }
    by_word
}

fn word(standing: &Standing, label: &dyn Fn(&str) -> String) -> String {
    match standing {
        Standing::Works => "works".to_owned(),
        Standing::MissingPermission {
            missing_permissions,
        } => {
            let boxes = missing_permissions.iter().map(|name| label(name));
            format!("missing {}", boxes.collect::<Vec<_>>().join(", "))
        }
        Standing::MayBeHidden { key_option } => {
            format!("nothing seen; `{key_option}` may be off")
        }
        Standing::NothingYet => "nothing to see yet".to_owned(),
        Standing::Failed { message } => format!("could not be read: {message}"),
        Standing::NotAvailable { reason } => format!("not available: {reason}"),
    }
}
