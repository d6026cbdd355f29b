//! What the simulated vendor holds, and whether a mirror holds the same.
//!
//! Of each row it keeps digests only, so that an organisation of any size fits. What a record must
//! say stands in `rules`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use bytes::Bytes;
use serde_json::{Value, value::RawValue};
use sha2::{Digest, Sha256};

use crate::{
    rows::result,
    rules::{JOINS, RULES, Rule, our_id, text},
};

/// Sixteen bytes that stand for a text.
pub(crate) type Mark = [u8; 16];

/// One record: what it is called, what it says, and what it says with its raw documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    pub(crate) key: Mark,
    pub(crate) says: Mark,
    pub(crate) with_raw: Mark,
}

/// Lines by model.
pub(crate) type Lines = BTreeMap<&'static str, Vec<Line>>;

/// Everything that the vendor holds.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    /// Rows by the endpoint that listed them.
    pub(crate) rows: BTreeMap<String, u64>,
    lines: Lines,
}

impl Truth {
    /// All rows of all listings.
    pub(crate) fn total(&self) -> u64 {
        self.rows.values().sum()
    }

    /// Takes in the rows of a page.
    pub(crate) fn rows(&mut self, endpoint: &str, rows: &[&RawValue]) -> Result<()> {
        *self.rows.entry(endpoint.to_owned()).or_default() += rows.len() as u64;
        if endpoint == "interviewSchedule.list" {
            return rows.iter().try_for_each(|row| self.schedule(row));
        }
        let Some(rule) = RULES.iter().find(|rule| rule.endpoint == endpoint) else {
            return Ok(());
        };
        rows.iter()
            .try_for_each(|row| self.add(rule, row, &[row.get()]))
    }

    /// Takes in the details of one thing.
    pub(crate) fn info(&mut self, endpoint: &str, document: &RawValue) -> Result<()> {
        match RULES.iter().find(|rule| rule.endpoint == endpoint) {
            Some(rule) => self.add(rule, document, &[document.get()]),
            None => Ok(()),
        }
    }

    /// Takes in a page of applications with their details.
    pub(crate) fn applications(
        &mut self,
        rows: &[&RawValue],
        details: &[Option<Bytes>],
    ) -> Result<()> {
        let endpoint = "application.list";
        *self.rows.entry(endpoint.to_owned()).or_default() += rows.len() as u64;
        let rule = RULES.iter().find(|rule| rule.endpoint == endpoint);
        let rule = rule.context("applications are compared")?;
        for (index, row) in rows.iter().enumerate() {
            match details.get(index).and_then(Option::as_ref) {
                Some(info) => self.add(rule, row, &[row.get(), result(info)?.get()])?,
                None => self.add(rule, row, &[row.get()])?,
            }
        }
        Ok(())
    }

    /// The events of a schedule are the interviews; what they belong to stands beside them.
    fn schedule(&mut self, row: &RawValue) -> Result<()> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Schedule<'a> {
            application_id: Value,
            interview_stage_id: Value,
            #[serde(borrow)]
            interview_events: Option<Vec<&'a RawValue>>,
        }
        let schedule: Schedule<'_> = serde_json::from_str(row.get())?;
        let rule = RULES.iter().find(|rule| rule.model == "interviews");
        let rule = rule.context("interviews are compared")?;
        for event in schedule.interview_events.into_iter().flatten() {
            let mut value: Value = serde_json::from_str(event.get())?;
            value["applicationId"] = schedule.application_id.clone();
            value["interviewStageId"] = schedule.interview_stage_id.clone();
            self.add_value(rule, &value, &[event.get()])?;
        }
        Ok(())
    }

    fn add(&mut self, rule: &Rule, row: &RawValue, raw: &[&str]) -> Result<()> {
        self.add_value(rule, &serde_json::from_str(row.get())?, raw)
    }

    fn add_value(&mut self, rule: &Rule, value: &Value, raw: &[&str]) -> Result<()> {
        let id = text(&value["id"]).context("a row of the simulated vendor has no id")?;
        let says: Vec<Value> = rule.fields.iter().map(|(_, form)| form.of(value)).collect();
        let deleted = rule.archived && value["isArchived"] == true;
        self.join(rule.model, &id, value);
        let line = Line::new(&id, &says, deleted, raw);
        self.lines.entry(rule.model).or_default().push(line);
        Ok(())
    }

    /// Adds the join records that stand as a list in the row.
    fn join(&mut self, model: &str, id: &str, row: &Value) {
        let (join, list, member, other) = match model {
            "candidates" => ("candidate_tags", "tags", "id", "tags"),
            "jobs" => ("job_hiring_team_members", "hiringTeam", "userId", "users"),
            "interviews" => ("interviewing_team_members", "interviewers", "id", "users"),
            _ => return,
        };
        let members = row[list].as_array().into_iter().flatten();
        let members: BTreeSet<String> = members.filter_map(|one| text(&one[member])).collect();
        let lines = self.lines.entry(join).or_default();
        lines.extend(
            members
                .iter()
                .map(|member| Line::join(&our_id(model, id), &our_id(other, member))),
        );
    }

    /// What differs between this and a mirror, model by model; empty if nothing does.
    pub(crate) fn differences(&self, mirror: Lines, raw: bool) -> Vec<String> {
        let models = RULES.iter().map(|rule| rule.model);
        let models = models.chain(JOINS.iter().map(|(model, _)| *model));
        let mut mirror = mirror;
        models
            .filter_map(|model| {
                let wanted = sorted(self.lines.get(model).cloned().unwrap_or_default(), raw);
                let found = sorted(mirror.remove(model).unwrap_or_default(), raw);
                difference(model, &wanted, &found)
            })
            .collect()
    }
}

impl Line {
    /// A record's line.
    pub(crate) fn new(id: &str, says: &[Value], deleted: bool, raw: &[&str]) -> Self {
        let says: Vec<String> = says.iter().map(Value::to_string).collect();
        let mut parts: Vec<&str> = says.iter().map(String::as_str).collect();
        parts.push(if deleted { "deleted" } else { "live" });
        let says = mark(&parts);
        parts.extend(raw);
        Self {
            key: mark(&[id]),
            says,
            with_raw: mark(&parts),
        }
    }

    /// A join record's line: its two ends, as our ids.
    pub(crate) fn join(left: &str, right: &str) -> Self {
        let says = mark(&[]);
        Self {
            key: mark(&[left, right]),
            says,
            with_raw: says,
        }
    }
}

fn mark(parts: &[&str]) -> Mark {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let mut mark = Mark::default();
    for (byte, hashed) in mark.iter_mut().zip(hasher.finalize()) {
        *byte = hashed;
    }
    mark
}

/// What is compared, in the order of the keys.
fn sorted(lines: Vec<Line>, raw: bool) -> Vec<(Mark, Mark)> {
    let pair = |line: Line| (line.key, if raw { line.with_raw } else { line.says });
    let mut pairs: Vec<_> = lines.into_iter().map(pair).collect();
    pairs.sort_unstable();
    pairs
}

fn difference(model: &str, wanted: &[(Mark, Mark)], found: &[(Mark, Mark)]) -> Option<String> {
    if wanted == found {
        return None;
    }
    let keys = |pairs: &[(Mark, Mark)]| pairs.iter().map(|pair| pair.0).collect::<BTreeSet<_>>();
    let (vendor, mirror) = (keys(wanted), keys(found));
    let equal = found
        .iter()
        .filter(|pair| wanted.binary_search(pair).is_ok());
    let shared = mirror.intersection(&vendor).count();
    Some(format!(
        "{model}: the vendor has {}, the mirror {}; missing {}, too many {}, with other content {}",
        wanted.len(),
        found.len(),
        vendor.difference(&mirror).count(),
        found.len().saturating_sub(shared),
        shared.saturating_sub(equal.count()),
    ))
}
