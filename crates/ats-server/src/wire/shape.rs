//! Picking an answer's members from a stored record.

use ats_store::StoredRecord;
use serde_json::{Map, Value};

/// A record's content together with what the engine knows of it.
pub(super) fn members(record: &StoredRecord) -> Map<String, Value> {
    let content = serde_json::from_str(&record.content);
    let mut members = match content {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    members.insert("id".into(), record.id.to_string().into());
    members.insert("changed_at".into(), record.changed_at.to_string().into());
    let deleted = record.remote_deleted_at.map(|at| at.to_string());
    members.insert("remote_deleted_at".into(), deleted.into());
    members
}

/// Some members of a record, `null` where it has none of that name.
pub(super) fn pick(members: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let member = |name: &&str| {
        let value = members.get(*name).cloned().unwrap_or_default();
        ((*name).to_owned(), value)
    };
    names.iter().map(member).collect()
}
