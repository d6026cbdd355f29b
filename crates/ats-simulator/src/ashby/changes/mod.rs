//! Ways to change an Ashby world, so that a delta pass has something to see. Each works on any
//! world: it picks its document, and does nothing where there is none.
//!
//! A change touches what the vendor would touch. A rename of something that others refer to leaves
//! the others alone, since the reference does not say that it moves them.

mod interviews;
mod jobs;
mod merge;
mod metadata;
mod people;

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::world::{Document, World};
use crate::{Change, ChangeKind};

/// Every way to change a world.
pub fn changes() -> Vec<Change> {
    let rooms = [
        people::CHANGES,
        merge::CHANGES,
        metadata::CHANGES,
        jobs::CHANGES,
        interviews::CHANGES,
    ];
    rooms.concat()
}

const fn change(
    kind: ChangeKind,
    collection: &'static str,
    name: &'static str,
    apply: fn(&mut World, u64),
) -> Change {
    Change {
        name,
        kind,
        collection,
        apply,
    }
}

/// The id of the document at place `pick` (round and round), or of the next one that fits.
fn pick(
    world: &World,
    collection: &str,
    pick: u64,
    fits: impl Fn(&Value) -> bool,
) -> Option<String> {
    let documents = world.collection(collection);
    let place = usize::try_from(pick.checked_rem(documents.len() as u64)?).ok()?;
    let fits = |document: &&Document| fits(&document.peek());
    let found = documents
        .documents()
        .skip(place)
        .find(fits)
        .or_else(|| documents.documents().take(place).find(fits));
    found.map(|document| document.id().to_owned())
}

fn any(_: &Value) -> bool {
    true
}

/// A copy of the document at place `pick`, or of the next one that fits.
fn sample(
    world: &World,
    collection: &str,
    place: u64,
    fits: impl Fn(&Value) -> bool,
) -> Option<Value> {
    let id = pick(world, collection, place, fits)?;
    Some(
        world
            .collection(collection)
            .document(&id)?
            .peek()
            .into_owned(),
    )
}

/// The ids of the documents whose member has this value.
fn ids_where(world: &World, collection: &str, key: &str, value: &str) -> Vec<String> {
    let documents = world.collection(collection).documents();
    let fitting = documents.filter(|document| {
        let content: Cow<'_, Value> = document.peek_row();
        content.get(key).and_then(Value::as_str) == Some(value)
    });
    fitting.map(|document| document.id().to_owned()).collect()
}

/// Gives a text member a new value that it never had, and that still shows the old one.
fn rename(world: &mut World, collection: &str, place: u64, key: &str) {
    let mark = world.revision();
    let named = |document: &Value| document[key].is_string();
    if let Some(id) = pick(world, collection, place, named) {
        world.update(collection, &id, |document| renew(&mut document[key], mark));
    }
}

/// Marks a text with a number in place of the mark it may carry already.
fn renew(text: &mut Value, mark: u64) {
    if let Some(old) = text.as_str() {
        let base = old.split(" ~").next().unwrap_or_default();
        *text = json!(format!("{base} ~{mark}"));
    }
}

/// Archives one that is not archived yet.
fn archive(world: &mut World, collection: &str, place: u64) {
    if let Some(id) = pick(world, collection, place, |document| {
        document["isArchived"] == false
    }) {
        world.update(collection, &id, |document| {
            document["isArchived"] = json!(true)
        });
    }
}

/// Adds to an array member, which it makes when it is missing.
fn push(document: &mut Value, key: &str, item: Value) {
    match document[key].as_array_mut() {
        Some(items) => items.push(item),
        None => document[key] = json!([item]),
    }
}
