//! Which places of the vendor's documents decide about which fields: every place gets other values,
//! and what moves tells.
//!
//! Nothing about a source is declared anywhere, so nothing can be out of date. It knows streams and
//! bundles only, and no store.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ats_core::{Bundle, Document, Loss, RawJson};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    change::{changed, escaped, others, shaken, shows},
    mapping::{Base, Seen, Subject, View},
};

/// A place in a document of the vendor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    /// The vendor's endpoint.
    pub endpoint: &'static str,
    /// Which of several answers of that endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Where in the answer, as a JSON pointer; the row of a page is `*`.
    pub path: String,
    /// What the vendor sent there.
    pub value: Value,
    /// The stream of the document.
    pub stream: &'static str,
    /// The bundle of the document, usually the vendor's id of the thing.
    pub bundle: String,
    /// Whether it is the record's own bundle, and not one that it refers to.
    pub own: bool,
    /// Whether the field shows what stands there. Otherwise the place takes part in the decision.
    pub direct: bool,
}

/// What moves the fields of a record.
#[derive(Debug, Default)]
pub(super) struct Traced {
    /// The vendor's id, or for a join record the two ids that make it.
    pub(super) key: String,
    /// The places that move each field; those it shows come first, and own ones before others.
    pub(super) places: BTreeMap<String, Vec<Place>>,
    /// The losses whose place moves a field.
    pub(super) lost: BTreeMap<String, Loss>,
    /// All documents, own ones first.
    pub(super) documents: Vec<Seen>,
}

/// What one mapping gave.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    /// The record, or if it is gone the one that took its place.
    record: Option<Map<String, Value>>,
    /// Whether it has another id.
    renamed: bool,
    losses: Vec<Loss>,
}

impl Subject<'_> {
    /// Traces the record; `None` if its bundle does not give it as it is mapped now.
    pub(super) fn trace(&self) -> Option<Traced> {
        let view = View::new(self.related);
        let base = Base::of(self, &view)?;
        let mut traced = Traced {
            key: base.key.clone(),
            documents: self.documents(&view),
            ..Traced::default()
        };
        for seen in traced.documents.clone() {
            let document = &seen.bundle.documents[seen.index];
            let body = document.body.to_value();
            let mut search = Search {
                subject: self,
                base: &base,
                seen: &seen,
                // A body that is printed again may differ in its numbers.
                before: Outcome::default(),
                body: body.clone(),
                traced: &mut traced,
            };
            search.before = search.with(&body, &seen.bundle.id);
            search.descend(&body, "");
        }
        for places in traced.places.values_mut() {
            // That something is there at all matters where none of its parts does.
            let is_part = |place: &Place| !place.value.is_object() && !place.value.is_array();
            if places.iter().any(is_part) {
                places.retain(is_part);
            }
            places.sort_by_key(|place| (!place.direct, !place.own));
        }
        Some(traced)
    }
}

/// The search through one document.
struct Search<'a> {
    subject: &'a Subject<'a>,
    base: &'a Base,
    seen: &'a Seen,
    before: Outcome,
    body: Value,
    traced: &'a mut Traced,
}

impl Search<'_> {
    fn document(&self) -> &Document {
        &self.seen.bundle.documents[self.seen.index]
    }

    /// What the subject becomes with another value at a place of this document. A bundle that is
    /// called by that value gets another name with it.
    fn with_other(&self, path: &str, value: &Value, other: &Value) -> Outcome {
        let bundle = self.seen.bundle.id.as_str();
        let name = other.as_str().filter(|_| value.as_str() == Some(bundle));
        let body = changed(&self.body, path, Some(other.clone()));
        self.with(&body, name.unwrap_or(bundle))
    }

    /// What the subject becomes with another body of this document, and its bundle called `name`.
    fn with(&self, body: &Value, name: &str) -> Outcome {
        let mut documents = self.seen.bundle.documents.clone();
        documents[self.seen.index].body = RawJson::from(body);
        self.with_documents(documents, name)
    }

    /// What the subject becomes without what stands at a place, or without the whole document.
    fn without(&self, path: &str) -> Outcome {
        let name = self.seen.bundle.id.as_str();
        if !path.is_empty() {
            return self.with(&changed(&self.body, path, None), name);
        }
        let mut documents = self.seen.bundle.documents.clone();
        documents.remove(self.seen.index);
        self.with_documents(documents, name)
    }

    fn with_documents(&self, documents: Vec<Document>, name: &str) -> Outcome {
        let old = &self.seen.bundle;
        let changed = Arc::new(Bundle::new(name, documents).in_group(old.group.clone()));
        let subject = self.subject;
        let own = if self.seen.own {
            &changed
        } else {
            &subject.bundle
        };
        let view = View::instead(subject.related, self.seen, Arc::clone(&changed));
        let (mut records, losses) = subject.map(own, &view);
        let same = records.remove(&subject.id).map(|(_, fields)| fields);
        let renamed = same.is_none();
        // Another id makes another record; the new one that is most like the old stands for it.
        let record = same.or_else(|| {
            let new = records.into_iter();
            let new = new.filter(|(id, _)| !self.base.ids.contains(id));
            new.map(|(_, (_, fields))| fields)
                .max_by_key(|fields| self.alike(fields))
        });
        Outcome {
            record,
            renamed,
            losses,
        }
    }

    /// How many fields are as they were.
    fn alike(&self, fields: &Map<String, Value>) -> usize {
        let before = self.base.record.iter();
        let same =
            before.filter(|(name, value)| !value.is_null() && fields.get(*name) == Some(*value));
        same.count()
    }

    /// Looks at `value`, which stands at `path`. Gives the fields that it or a part of it moves.
    fn descend(&mut self, value: &Value, path: &str) -> BTreeSet<String> {
        let children: Vec<(String, &Value)> = match value {
            Value::Object(map) => map
                .iter()
                .map(|(key, child)| (escaped(key), child))
                .collect(),
            Value::Array(items) => {
                let items = items.iter().enumerate();
                items
                    .map(|(index, child)| (index.to_string(), child))
                    .collect()
            }
            _ => Vec::new(),
        };
        let mut moved = BTreeSet::new();
        if children.is_empty() || self.loss_at(path).is_some() {
            moved = self.leaf(value, path);
        }
        if children.is_empty() {
            return moved;
        }
        let taken_away = self.without(path);
        let is_read = taken_away != self.before
            || [shaken(value, true), shaken(value, false)]
                .into_iter()
                .any(|other| self.with_other(path, value, &other) != self.before);
        if is_read {
            for (step, child) in children {
                moved.extend(self.descend(child, &format!("{path}/{step}")));
            }
            // What only the whole moves comes from its being there.
            for field in self.moved(&taken_away) {
                if moved.insert(field.clone()) {
                    self.found(&field, value, path, false);
                }
            }
        }
        moved
    }

    /// What was reported as unmappable at exactly this place.
    fn loss_at(&self, path: &str) -> Option<&Loss> {
        let endpoint = self.document().endpoint;
        let mut losses = self.base.losses.iter().filter(|_| self.seen.own);
        losses.find(|loss| loss.endpoint == endpoint && loss.path == path)
    }

    fn leaf(&mut self, value: &Value, path: &str) -> BTreeSet<String> {
        let loss = self.loss_at(path).cloned();
        let mut moves: BTreeMap<String, bool> = BTreeMap::new();
        for other in others(value, loss.is_some()) {
            let outcome = self.with_other(path, value, &other);
            for field in self.moved(&outcome) {
                let now = outcome
                    .record
                    .as_ref()
                    .and_then(|record| record.get(&field));
                // What was invented in an empty place shows, and yet the value is from elsewhere.
                let is_from_here = !value.is_null() || self.base.record[&field].is_null();
                let direct = is_from_here && now.is_some_and(|now| shows(now, &other));
                // A record with another id looks other things up; only the id is from here.
                if outcome.renamed && !(direct && now.is_some_and(Value::is_string)) {
                    continue;
                }
                *moves.entry(field).or_default() |= direct;
            }
        }
        for (field, direct) in &moves {
            if let Some(loss) = &loss {
                self.traced
                    .lost
                    .entry(field.clone())
                    .or_insert_with(|| loss.clone());
            }
            self.found(field, value, path, *direct);
        }
        moves.into_keys().collect()
    }

    /// The fields that differ from what they were.
    fn moved(&self, outcome: &Outcome) -> Vec<String> {
        let (Some(before), Some(after)) = (&self.before.record, &outcome.record) else {
            return Vec::new();
        };
        let names = before
            .iter()
            .filter(|(name, value)| after.get(*name) != Some(*value));
        names.map(|(name, _)| name.clone()).collect()
    }

    fn found(&mut self, field: &str, value: &Value, path: &str, direct: bool) {
        let document = self.document();
        let place = Place {
            endpoint: document.endpoint,
            variant: document.variant.clone(),
            path: format!("{}{path}", document.at),
            value: value.clone(),
            stream: self.seen.stream,
            bundle: self.seen.bundle.id.clone(),
            own: self.seen.own,
            direct,
        };
        self.traced
            .places
            .entry(field.to_owned())
            .or_default()
            .push(place);
    }
}
