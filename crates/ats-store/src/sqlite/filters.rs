//! What a record of a list has to be like: which filter leads to the records, and which are checked
//! on each.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
};

use ats_core::{Id, ModelKind};
use rusqlite::params;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::{lists::List, records};
use crate::{Filter, Result, record_id};

/// So many applications are looked up to find what they belong to. If there are more, most of a list
/// has one of them, and it is quicker to look at each record of the list.
const FEW: usize = 2000;

/// How the records are found that are checked then.
pub(super) enum Lead<'a> {
    /// Every one in the order of the list.
    All,
    /// These, which rise.
    Keys(Vec<i64>),
    /// Those that refer to one of these.
    Referring(&'a [Id]),
}

/// What is checked on each record.
pub(super) struct Checks<'a> {
    list: &'a List<'a>,
    filters: Vec<&'a Filter>,
    /// The fields that are looked at.
    fields: Vec<&'a str>,
    /// The texts of each filter, as they are compared.
    lowered: Vec<HashSet<String>>,
}

impl<'a> Checks<'a> {
    pub(super) fn new(list: &'a List<'a>) -> Result<(Lead<'a>, Self)> {
        let mut ids: Option<BTreeSet<Id>> = None;
        let mut filters = Vec::new();
        for filter in &list.query.filters {
            let named: BTreeSet<Id> = match filter {
                Filter::Ids(ids) => ids.iter().copied().collect(),
                Filter::RemoteIds(remote_ids) => {
                    let model = list.query.model;
                    let remote_ids = remote_ids.iter();
                    remote_ids
                        .map(|remote_id| record_id(list.id, model, remote_id))
                        .collect()
                }
                filter => {
                    filters.push(filter);
                    continue;
                }
            };
            ids = Some(match ids {
                None => named,
                Some(ids) => ids.intersection(&named).copied().collect(),
            });
        }
        let lead = match ids {
            Some(ids) => Lead::Keys(keys(list, &ids)?),
            None => lead(list, &mut filters)?,
        };
        let fields = filters.iter().flat_map(|filter| match filter {
            Filter::Is { field, .. }
            | Filter::IsIgnoringCase { field, .. }
            | Filter::Contains { field, .. }
            | Filter::Since { field, .. } => vec![*field],
            Filter::Email(_) => vec!["email_addresses", "email"],
            Filter::OfApplicationOf(_) => vec!["application_id"],
            Filter::Ids(_)
            | Filter::RemoteIds(_)
            | Filter::RefersTo(_)
            | Filter::WithApplicationOf(_) => Vec::new(),
        });
        let checks = Self {
            list,
            fields: fields.collect(),
            lowered: filters.iter().map(|filter| lowered(filter)).collect(),
            filters,
        };
        Ok((lead, checks))
    }

    /// Whether a record is as all filters want it.
    pub(super) fn hold(&self, key: i64, id: &str, content: &str) -> Result<bool> {
        let found = if self.fields.is_empty() {
            Vec::new()
        } else {
            let mut reader = serde_json::Deserializer::from_str(content);
            // A content that is not what it should be has none of the fields.
            Wanted(&self.fields)
                .deserialize(&mut reader)
                .unwrap_or_default()
        };
        let field = |name: &str| {
            let mut found = found.iter();
            found.find_map(|(field, value)| (*field == name).then_some(value))
        };
        let text = |name: &str| field(name).and_then(Value::as_str);
        for (filter, lowered) in self.filters.iter().zip(&self.lowered) {
            let is = |text: Option<&str>| {
                text.is_some_and(|text| lowered.contains(&text.trim().to_lowercase()))
            };
            let holds = match filter {
                Filter::Is { field, values } => {
                    let text = text(field);
                    text.is_some_and(|text| values.iter().any(|value| value == text))
                }
                Filter::IsIgnoringCase { field, .. } => is(text(field)),
                Filter::Contains { field, .. } => text(field).is_some_and(|text| {
                    let text = text.to_lowercase();
                    lowered.iter().any(|value| text.contains(value))
                }),
                // Moments are printed in one form, in which they stand as they follow.
                Filter::Since { field, moment } => {
                    text(field).is_some_and(|text| *text >= *moment.to_string())
                }
                Filter::Email(_) => {
                    let addresses = field("email_addresses").and_then(Value::as_array);
                    let mut addresses = addresses.into_iter().flatten();
                    is(text("email"))
                        || addresses.any(|address| is(address["email_address"].as_str()))
                }
                Filter::RefersTo(targets) => any(targets, |target| refers(self.list, key, target))?,
                Filter::WithApplicationOf(targets) => {
                    any(targets, |target| has_application(self.list, id, target))?
                }
                Filter::OfApplicationOf(targets) => match text("application_id") {
                    None => false,
                    Some(application) => any(targets, |target| {
                        application_refers(self.list, application, target)
                    })?,
                },
                // They lead to the records.
                Filter::Ids(_) | Filter::RemoteIds(_) => true,
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn lowered(filter: &Filter) -> HashSet<String> {
    let values = match filter {
        Filter::IsIgnoringCase { values, .. } | Filter::Contains { values, .. } => values,
        Filter::Email(values) => values,
        _ => return HashSet::new(),
    };
    let values = values.iter();
    values.map(|value| value.trim().to_lowercase()).collect()
}

fn any(targets: &[Id], holds: impl Fn(&Id) -> Result<bool>) -> Result<bool> {
    for target in targets {
        if holds(target)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn keys(list: &List<'_>, ids: &BTreeSet<Id>) -> Result<Vec<i64>> {
    let found = ids
        .iter()
        .map(|id| records::key(list.db, list.integration, id));
    let mut keys: Vec<i64> = found.filter_map(Result::transpose).collect::<Result<_>>()?;
    keys.sort_unstable();
    Ok(keys)
}

/// The filter that leads to few records; it is checked no more.
fn lead<'a>(list: &List<'_>, filters: &mut Vec<&'a Filter>) -> Result<Lead<'a>> {
    for (index, filter) in filters.iter().enumerate() {
        let lead = match filter {
            // In the order of moments links lead nowhere: all of them would have to be sorted.
            Filter::RefersTo(targets) if !list.by_moment() => Some(Lead::Referring(targets)),
            Filter::WithApplicationOf(targets) => few(list, targets, CANDIDATES)?.map(Lead::Keys),
            Filter::OfApplicationOf(targets) => {
                few(list, targets, OF_APPLICATIONS)?.map(Lead::Keys)
            }
            _ => None,
        };
        if let Some(lead) = lead {
            filters.remove(index);
            return Ok(lead);
        }
    }
    Ok(Lead::All)
}

/// The candidates of applications.
const CANDIDATES: &str = "SELECT c.key FROM links AS l JOIN records AS a ON a.key = l.record
     JOIN records AS c ON c.id = a.content ->> 'candidate_id'
     WHERE l.target = ?1 AND l.model = ?2 AND a.deleted_at IS NULL AND c.model = ?3";

/// What belongs to applications.
const OF_APPLICATIONS: &str =
    "SELECT o.record FROM links AS l JOIN records AS a ON a.key = l.record
     JOIN links AS o ON o.target = a.id
     WHERE l.target = ?1 AND l.model = ?2 AND o.model = ?3";

/// What `sql` gives for the applications that refer to one of these, unless they are many.
fn few(list: &List<'_>, targets: &[Id], sql: &str) -> Result<Option<Vec<i64>>> {
    let applications = list.number(ModelKind::Application);
    let mut count = list.db.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM links WHERE target = ?1 AND model = ?2 LIMIT ?3)",
    )?;
    let mut left = FEW;
    for target in targets {
        let values = params![target.as_str(), applications, left as i64 + 1];
        let found: i64 = count.query_row(values, |row| row.get(0))?;
        match left.checked_sub(found as usize) {
            None => return Ok(None),
            Some(rest) => left = rest,
        }
    }
    let mut select = list.db.prepare_cached(sql)?;
    let mut keys: Vec<i64> = Vec::new();
    for target in targets {
        let values = params![target.as_str(), applications, list.model];
        for key in select.query_map(values, |row| row.get(0))? {
            keys.push(key?);
        }
    }
    keys.sort_unstable();
    keys.dedup();
    Ok(Some(keys))
}

fn refers(list: &List<'_>, record: i64, target: &Id) -> Result<bool> {
    let mut select = list.db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM links WHERE target = ?1 AND model = ?2 AND record = ?3)",
    )?;
    let values = params![target.as_str(), list.model, record];
    Ok(select.query_row(values, |row| row.get(0))?)
}

fn has_application(list: &List<'_>, candidate: &str, target: &Id) -> Result<bool> {
    let mut select = list.db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM links AS c JOIN links AS l
             ON l.target = ?2 AND l.model = c.model AND l.record = c.record
             JOIN records AS a ON a.key = c.record
             WHERE c.target = ?1 AND c.model = ?3 AND a.deleted_at IS NULL)",
    )?;
    let applications = list.number(ModelKind::Application);
    let values = params![candidate, target.as_str(), applications];
    Ok(select.query_row(values, |row| row.get(0))?)
}

fn application_refers(list: &List<'_>, application: &str, target: &Id) -> Result<bool> {
    let mut select = list.db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM records AS a JOIN links AS l
             ON l.target = ?2 AND l.model = ?3 AND l.record = a.key WHERE a.id = ?1)",
    )?;
    let applications = list.number(ModelKind::Application);
    let values = params![application, target.as_str(), applications];
    Ok(select.query_row(values, |row| row.get(0))?)
}

/// Reads some fields of an object, and skips the others.
struct Wanted<'a, 'f>(&'f [&'a str]);

impl<'a, 'de> DeserializeSeed<'de> for Wanted<'a, '_> {
    type Value = Vec<(&'a str, Value)>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'a, 'de> Visitor<'de> for Wanted<'a, '_> {
    type Value = Vec<(&'a str, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::with_capacity(self.0.len());
        while let Some(name) = map.next_key_seed(Name(self.0))? {
            match name {
                Some(field) => found.push((field, map.next_value()?)),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

/// Reads the name of a field, if it is one of these.
struct Name<'a, 'f>(&'f [&'a str]);

impl<'a, 'de> DeserializeSeed<'de> for Name<'a, '_> {
    type Value = Option<&'a str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for Name<'a, '_> {
    type Value = Option<&'a str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().copied().find(|field| *field == name))
    }
}
