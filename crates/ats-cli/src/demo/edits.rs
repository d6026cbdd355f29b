//! What happens at the simulated vendor between two passes, and how it is told.

use std::collections::{BTreeMap, BTreeSet};

use ats_simulator::{Change, World, ashby};
use serde::Serialize;
use serde_json::Value;

/// What happens, by the simulator's names, in this order.
const PLOT: [&str; 7] = [
    "edit a candidate's name",
    "add a candidate",
    "add a tag to a candidate",
    "move an application to another stage",
    "rename a source",
    "delete a candidate",
    "delete a posting",
];

/// Steps between two picks, so that neighbours of the plot hit different documents.
const STRIDE: u64 = 13;

/// One thing that happened.
#[derive(Debug, Serialize)]
pub(super) struct Edit {
    /// What, in words.
    what: &'static str,
    /// The simulator's collection.
    collection: &'static str,
    /// The documents of the collection that are new, gone or different, by id.
    documents: Vec<EditedDocument>,
}

/// One document of the vendor, as it was called before and after.
#[derive(Debug, Serialize)]
struct EditedDocument {
    id: String,
    before: Option<Label>,
    after: Option<Label>,
}

/// How a document stands, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Label {
    title: String,
    standing: String,
}

/// Lets it happen.
pub(super) fn make(world: &mut World, seed: u64) -> Vec<Edit> {
    let known = ashby::changes();
    let plot = PLOT.iter().enumerate().filter_map(|(place, name)| {
        let change = known.iter().find(|change| change.name == *name)?;
        let pick = seed.wrapping_add(place as u64).wrapping_mul(STRIDE);
        Some((change, pick))
    });
    plot.map(|(change, pick)| apply(world, change, pick))
        .collect()
}

fn apply(world: &mut World, change: &Change, pick: u64) -> Edit {
    let before = labels(world, change.collection);
    let mark = world.revision();
    (change.apply)(world, pick);
    let after = labels(world, change.collection);
    let documents = world.collection(change.collection).documents();
    let moved = documents.filter(|document| document.revision() > mark);
    let moved: BTreeSet<&str> = moved.map(|document| document.id()).collect();
    let gone = before.keys().map(String::as_str);
    let gone = gone.filter(|id| !after.contains_key(*id));
    let ids: BTreeSet<&str> = gone.chain(moved).collect();
    let documents = ids.into_iter().map(|id| EditedDocument {
        id: id.to_owned(),
        before: before.get(id).cloned(),
        after: after.get(id).cloned(),
    });
    Edit {
        what: change.name,
        collection: change.collection,
        documents: documents.collect(),
    }
}

fn labels(world: &World, collection: &str) -> BTreeMap<String, Label> {
    let documents = world.collection(collection).documents();
    documents
        .map(|document| (document.id().to_owned(), label(document.value())))
        .collect()
}

/// What a person would call a document of the vendor, and what else tells how it stands.
fn label(document: &Value) -> Label {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str);
    let own = ["/name", "/title", "/text"].into_iter().find_map(text);
    let of_two = [text("/candidate/name"), text("/job/title")];
    let title = match own {
        Some(own) => own.to_owned(),
        None => of_two.into_iter().flatten().collect::<Vec<_>>().join(", "),
    };
    let tags = document["tags"].as_array().into_iter().flatten();
    let tags = tags.filter_map(|tag| tag["title"].as_str());
    let standing = [text("/currentInterviewStage/title"), text("/status")];
    let standing = standing.into_iter().flatten().chain(tags);
    Label {
        title,
        standing: standing.collect::<Vec<_>>().join(" + "),
    }
}

impl Edit {
    /// For a person.
    pub(super) fn line(&self) -> String {
        let told = self.documents.iter().map(EditedDocument::told);
        let told = told.collect::<Vec<_>>().join("; ");
        format!("{:<38} {told}", self.what)
    }
}

impl EditedDocument {
    fn told(&self) -> String {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) if before.title != after.title => {
                format!("{} -> {}", before.title, after.title)
            }
            (Some(before), Some(after)) if before.standing != after.standing => format!(
                "{}: {} -> {}",
                after.title,
                or_nothing(&before.standing),
                or_nothing(&after.standing)
            ),
            (before, after) => {
                let label = after.as_ref().or(before.as_ref());
                label.map(|label| label.title.clone()).unwrap_or_default()
            }
        }
    }
}

fn or_nothing(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_of_the_plot_happens_in_a_small_organisation_too() {
        for seed in 0..5 {
            let mut world = ashby::generated_world(seed, 20);
            let edits = make(&mut world, seed);
            let names: Vec<&str> = edits.iter().map(|edit| edit.what).collect();
            assert_eq!(names, PLOT);
            for edit in &edits {
                assert!(!edit.documents.is_empty(), "seed {seed}: {}", edit.what);
            }
        }
    }
}
