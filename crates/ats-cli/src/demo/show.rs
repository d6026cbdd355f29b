//! What the demo shows: few lines, and only what a newcomer can use.

use std::collections::BTreeMap;

use anyhow::Result;
use ats_core::{Id, ModelKind};
use ats_store::{Change, Pass, StoredRecord};
use serde_json::{Map, Value};

use super::{NAME, Stage};
use crate::{
    access,
    log::{reason_word, word},
    output::{self, say},
    sync::report,
};

/// So many changes of the same sort are shown one by one.
const ONE_BY_ONE: usize = 1;

/// Fields of the sample.
const SHOWN: [&str; 5] = [
    "first_name",
    "last_name",
    "title",
    "source",
    "email_addresses",
];

/// Fields that move with any change and say nothing about it.
const QUIET: [&str; 2] = ["remote_data", "remote_updated_at"];

/// Longer values of the sample are cut.
const WIDTH: usize = 100;

/// Members of a record that name another one, in the order in which they make a good title.
const TITLES: [&str; 7] = [
    "candidate_id",
    "application_id",
    "job_id",
    "tag_id",
    "stage_id",
    "user_id",
    "question_id",
];

impl Stage {
    /// Begins a step of the story.
    pub(super) fn step(&self, title: &str) -> Result<()> {
        if !self.json {
            say!();
            say!("{}", console::style(title).bold());
        }
        Ok(())
    }

    pub(super) fn lines(&self, lines: impl Iterator<Item = String>) -> Result<()> {
        if !self.json {
            for line in lines {
                say!("  {line}");
            }
        }
        Ok(())
    }

    pub(super) fn show_access(&self) -> Result<()> {
        let connected = &self.connected;
        self.lines(access::lines(connected.connector.as_ref(), &connected.access).into_iter())
    }

    /// How much of each model arrived, in two columns, and one record.
    pub(super) fn show_mirror(&self, pass: &Pass) -> Result<()> {
        if self.json {
            return Ok(());
        }
        let cells: Vec<String> = ModelKind::ALL
            .iter()
            .map(|kind| {
                let tally = pass.tallies.get(kind).copied().unwrap_or_default();
                format!("{:<26} {:>7}", kind.name(), tally.created)
            })
            .collect();
        let half = cells.len().div_ceil(2);
        for place in 0..half {
            let right = cells.get(place + half).map_or("", String::as_str);
            say!("  {}    {right}", cells[place]);
        }
        say!("  {}", report::head(pass));
        self.show_record()
    }

    /// Some fields of a candidate, as the API shows them.
    fn show_record(&self) -> Result<()> {
        let Some(record) = self.first_candidate()? else {
            return Ok(());
        };
        let fields: Map<String, Value> = serde_json::from_str(&record.to_json(None)?)?;
        say!("  One of the candidates, in part:");
        for (name, value) in fields {
            if SHOWN.contains(&name.as_str()) {
                say!("    {name:<18} {}", cut(&value.to_string()));
            }
        }
        Ok(())
    }

    /// What a pass changed, each sort of change once.
    pub(super) fn show_changes(&self, pass: &Pass, changes: &[Change]) -> Result<()> {
        if self.json {
            return Ok(());
        }
        say!("  {}", report::head(pass));
        let mut groups: BTreeMap<(ModelKind, &str, String), Vec<&Change>> = BTreeMap::new();
        let mut only_raw = 0;
        for change in changes {
            let fields = change.fields.iter().map(String::as_str);
            let fields: Vec<&str> = fields.filter(|name| !QUIET.contains(name)).collect();
            if change.reason.is_none() && !change.fields.is_empty() && fields.is_empty() {
                only_raw += 1;
                continue;
            }
            let why = match change.reason {
                Some(reason) => reason_word(reason).to_owned(),
                None => fields.join(", "),
            };
            let key = (change.model, word(change.change), why);
            groups.entry(key).or_default().push(change);
        }
        for ((model, what, why), changes) in groups {
            let why = match why.is_empty() {
                true => String::new(),
                false => format!("  ({why})"),
            };
            if changes.len() > ONE_BY_ONE {
                say!(
                    "  {what:<8} {:<26} {} records{why}",
                    model.name(),
                    changes.len()
                );
                continue;
            }
            for change in changes {
                say!(
                    "  {what:<8} {:<26} {}{why}",
                    model.name(),
                    self.title_of(change)?
                );
            }
        }
        if only_raw > 0 {
            let records = output::count(only_raw, "record", "records");
            say!("  and {records} of which only the vendor's raw document is another");
        }
        Ok(())
    }

    fn title_of(&self, change: &Change) -> Result<String> {
        let store = &self.context().store;
        let record = store.record(&self.integration().id, &change.id)?;
        let title = record.map(|record| self.title(&record, 2)).transpose()?;
        Ok(title
            .filter(|title| !title.is_empty())
            .unwrap_or_else(|| change.id.to_string()))
    }

    /// What a person would call a record; `depth` bounds how far it looks at what it belongs to.
    fn title(&self, record: &StoredRecord, depth: usize) -> Result<String> {
        let fields: Map<String, Value> = serde_json::from_str(&record.content)?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let person = [text("first_name"), text("last_name")];
        let person: Vec<&str> = person.into_iter().flatten().collect();
        if !person.is_empty() {
            return Ok(person.join(" "));
        }
        if let Some(own) = text("name").or_else(|| text("title")) {
            return Ok(own.to_owned());
        }
        let mut parts = Vec::new();
        for id in TITLES.iter().filter_map(|name| text(name)).take(2) {
            let Ok(id) = id.parse::<Id>() else { continue };
            let other = self.context().store.record(&self.integration().id, &id)?;
            if let Some(other) = other.filter(|_| depth > 0) {
                parts.push(self.title(&other, depth - 1)?);
            }
        }
        parts.retain(|part| !part.is_empty());
        Ok(parts.join(", "))
    }

    pub(super) fn show_next(&self, keep: bool) -> Result<()> {
        let file = self.context().database.display();
        let database = format!("--database sqlite://{file}");
        self.step("Try next: everything is in one file")?;
        say!(
            "  sqlite3 {file} \"SELECT j.name, count(*) FROM applications a JOIN jobs j ON j.id = a.job_id WHERE a.remote_deleted_at IS NULL GROUP BY j.id ORDER BY 2 DESC LIMIT 5\""
        );
        say!("  ats status {NAME} {database}");
        say!("  ats export {NAME} applications {database} | head -1");
        match keep {
            true => say!("  ats sync {NAME} {database}"),
            false => {
                say!("  ats demo --keep                     the same, with a vendor that stays")
            }
        }
        output::line(
            "  ats connect ashby --name NAME       your own organisation, with a key of yours",
        )
    }
}

/// A value that fits into a line.
fn cut(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        Some((place, _)) => format!("{}…", &text[..place]),
        None => text.to_owned(),
    }
}
