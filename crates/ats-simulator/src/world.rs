//! The vendor's documents: collections of JSON by id, each with the revision of its last change.
//!
//! Knows no vendor. A document is what the vendor holds; what a listing shows of it is for the
//! vendor's module to say. Keys that begin with `_` are bookkeeping of the simulator.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

/// The vendor's time when a world without dates begins: 2026-06-01, 00:00 UTC.
const BEGIN_MS: i64 = 1_780_272_000_000;

/// Makes documents on demand, so that an organisation of any size costs no memory until it is read.
pub(crate) trait Maker: Send + Sync {
    /// The whole document.
    fn make(&self, index: u64) -> Value;

    /// The document without the parts that no listing shows.
    fn make_row(&self, index: u64) -> Value {
        self.make(index)
    }
}

#[derive(Clone)]
enum Content {
    Written(Box<Value>),
    Lazy {
        maker: Arc<dyn Maker>,
        index: u64,
        // In a box, since most documents of a large organisation are never kept.
        kept: OnceLock<Box<Value>>,
    },
}

/// One document and the revision of its last change.
#[derive(Clone)]
pub struct Document {
    id: Arc<str>,
    revision: u64,
    content: Content,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("id", &self.id)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

impl Document {
    /// The document's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The world's revision when the document last changed.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The whole document.
    pub fn value(&self) -> &Value {
        match &self.content {
            Content::Written(value) => value,
            Content::Lazy { maker, index, kept } => {
                kept.get_or_init(|| Box::new(maker.make(*index)))
            }
        }
    }

    /// The whole document, made anew rather than kept when nobody has read it yet.
    pub(crate) fn peek(&self) -> Cow<'_, Value> {
        self.look(|maker, index| maker.make(index))
    }

    /// What listings may show of the document; it may lack parts that no listing shows.
    pub(crate) fn peek_row(&self) -> Cow<'_, Value> {
        self.look(|maker, index| maker.make_row(index))
    }

    fn look(&self, make: impl FnOnce(&dyn Maker, u64) -> Value) -> Cow<'_, Value> {
        match &self.content {
            Content::Written(value) => Cow::Borrowed(value),
            Content::Lazy { maker, index, kept } => match kept.get() {
                Some(value) => Cow::Borrowed(value),
                None => Cow::Owned(make(&**maker, *index)),
            },
        }
    }
}

/// The documents of one kind, in the order they appeared.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    documents: BTreeMap<u64, Document>,
    places: HashMap<Arc<str>, u64>,
    next: u64,
}

impl Collection {
    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The document with this id.
    pub fn document(&self, id: &str) -> Option<&Document> {
        self.documents.get(self.places.get(id)?)
    }

    /// The content of the document with this id.
    pub fn get(&self, id: &str) -> Option<&Value> {
        self.document(id).map(Document::value)
    }

    /// Every document, oldest first.
    pub fn documents(&self) -> impl DoubleEndedIterator<Item = &Document> {
        self.documents.values()
    }

    /// The content of every document, oldest first.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.documents().map(Document::value)
    }

    /// The documents after a place, with their places.
    pub(crate) fn after(&self, place: u64) -> impl Iterator<Item = (u64, &Document)> {
        self.documents
            .range(place + 1..)
            .map(|(place, document)| (*place, document))
    }

    fn put(&mut self, document: Document) {
        let place = *self
            .places
            .entry(Arc::clone(&document.id))
            .or_insert_with(|| {
                self.next += 1;
                self.next
            });
        self.documents.insert(place, document);
    }

    fn document_mut(&mut self, id: &str) -> Option<&mut Document> {
        self.documents.get_mut(self.places.get(id)?)
    }
}

/// Everything the vendor holds for one organisation.
#[derive(Clone, Debug)]
pub struct World {
    collections: BTreeMap<String, Collection>,
    empty: Collection,
    revision: u64,
    sealed: u64,
    now_ms: i64,
    minted: u64,
    /// What changed since it was last asked for; none while nobody watches.
    journal: Option<Vec<Entry>>,
}

/// One change of one document.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) collection: String,
    pub(crate) id: String,
    /// The document before; none when it is new.
    pub(crate) before: Option<Value>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            collections: BTreeMap::new(),
            empty: Collection::default(),
            revision: 0,
            sealed: 0,
            now_ms: BEGIN_MS,
            minted: 0,
            journal: None,
        }
    }
}

impl World {
    /// Builds a world from JSON arrays, each given with the name of its collection.
    ///
    /// # Errors
    ///
    /// When a text is not a JSON array of objects that have a text `id`; the message names the
    /// collection and the position.
    pub fn from_documents<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<World, String> {
        let mut world = World::default();
        for (collection, text) in files {
            let rows: Vec<Value> = serde_json::from_str(text)
                .map_err(|e| format!("{collection}: not a JSON array of documents: {e}"))?;
            for (index, row) in rows.into_iter().enumerate() {
                if !row.get("id").is_some_and(Value::is_string) {
                    return Err(format!(
                        "{collection}[{index}]: a document needs an `id` of text"
                    ));
                }
                world.insert(collection, row);
            }
        }
        world.seal();
        Ok(world)
    }

    /// The documents of one kind; empty when the world has none.
    pub fn collection(&self, name: &str) -> &Collection {
        self.collections.get(name).unwrap_or(&self.empty)
    }

    /// The names of the collections that hold or held a document.
    pub fn collections(&self) -> Vec<String> {
        self.collections.keys().cloned().collect()
    }

    /// One document's content.
    pub fn get(&self, collection: &str, id: &str) -> Option<&Value> {
        self.collection(collection).get(id)
    }

    /// The ids of one kind, oldest first.
    pub fn ids(&self, collection: &str) -> Vec<String> {
        self.collection(collection)
            .documents()
            .map(|d| d.id().to_owned())
            .collect()
    }

    /// How many documents of one kind there are.
    pub fn len(&self, collection: &str) -> usize {
        self.collection(collection).len()
    }

    /// Whether there is no document of one kind.
    pub fn is_empty(&self, collection: &str) -> bool {
        self.len(collection) == 0
    }

    /// Counts every change of the world.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Adds a document, or replaces the one with the same id, and returns the id. A document
    /// without an id gets a new one.
    pub fn insert(&mut self, collection: &str, mut document: Value) -> String {
        let id = match document.get("id").and_then(Value::as_str) {
            Some(id) => id.to_owned(),
            None => {
                let id = self.new_id();
                if let Some(object) = document.as_object_mut() {
                    object.insert("id".to_owned(), Value::from(id.clone()));
                }
                id
            }
        };
        self.follow_clock(&document);
        self.put(collection, &id, Content::Written(Box::new(document)));
        id
    }

    /// Adds a document that is made when it is read.
    pub(crate) fn insert_lazy(
        &mut self,
        collection: &str,
        id: &str,
        maker: &Arc<dyn Maker>,
        index: u64,
    ) {
        let content = Content::Lazy {
            maker: Arc::clone(maker),
            index,
            kept: OnceLock::new(),
        };
        self.put(collection, id, content);
    }

    /// Changes a document, moves its `updatedAt` (if it has one) to a later vendor time, and bumps
    /// its revision. Says whether there was such a document.
    pub fn update(&mut self, collection: &str, id: &str, change: impl FnOnce(&mut Value)) -> bool {
        let now = self.now();
        self.update_silently(collection, id, |value| {
            change(value);
            if let Some(updated) = value.get_mut("updatedAt") {
                *updated = Value::from(now);
            }
        })
    }

    /// Changes a document and bumps its revision, but leaves `updatedAt` as it is.
    pub fn update_silently(
        &mut self,
        collection: &str,
        id: &str,
        change: impl FnOnce(&mut Value),
    ) -> bool {
        let revision = self.revision + 1;
        let Some(document) = self
            .collections
            .get_mut(collection)
            .and_then(|c| c.document_mut(id))
        else {
            return false;
        };
        let mut value = document.peek().into_owned();
        let before = self.journal.is_some().then(|| value.clone());
        change(&mut value);
        document.content = Content::Written(Box::new(value));
        document.revision = revision;
        self.revision = revision;
        self.note(collection, id, before);
        true
    }

    /// Deletes a document without a trace. Says whether there was one.
    pub fn remove(&mut self, collection: &str, id: &str) -> bool {
        let Some(known) = self.collections.get_mut(collection) else {
            return false;
        };
        let Some(place) = known.places.remove(id) else {
            return false;
        };
        let removed = known.documents.remove(&place);
        self.revision += 1;
        if self.journal.is_some() {
            let before = removed.map(|document| document.peek().into_owned());
            self.note(collection, id, before);
        }
        true
    }

    /// Keeps a journal of every change from now on.
    pub(crate) fn watch(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// What changed since the last time; nothing when nobody watches.
    pub(crate) fn take_journal(&mut self) -> Vec<Entry> {
        self.journal
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    fn note(&mut self, collection: &str, id: &str, before: Option<Value>) {
        if let Some(journal) = &mut self.journal {
            journal.push(Entry {
                collection: collection.to_owned(),
                id: id.to_owned(),
                before,
            });
        }
    }

    /// A new vendor time, later than every time before it.
    pub fn now(&mut self) -> String {
        self.now_ms += 1_000;
        DateTime::<Utc>::from_timestamp_millis(self.now_ms)
            .unwrap_or_default()
            .to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// A new id that no document has.
    pub fn new_id(&mut self) -> String {
        self.minted += 1;
        format!("ff000000-0000-4000-8000-{:012x}", self.minted)
    }

    /// The revision up to which embedded copies agree with the documents they copy.
    pub(crate) fn sealed(&self) -> u64 {
        self.sealed
    }

    /// Declares the embedded copies of all documents so far to be up to date.
    pub(crate) fn seal(&mut self) {
        self.sealed = self.revision;
    }

    fn put(&mut self, collection: &str, id: &str, content: Content) {
        if self.journal.is_some() {
            let before = self.collection(collection).document(id);
            let before = before.map(|document| document.peek().into_owned());
            self.note(collection, id, before);
        }
        self.revision += 1;
        let document = Document {
            id: Arc::from(id),
            revision: self.revision,
            content,
        };
        if let Some(known) = self.collections.get_mut(collection) {
            known.put(document);
        } else {
            let mut new = Collection::default();
            new.put(document);
            self.collections.insert(collection.to_owned(), new);
        }
    }

    /// Moves the clock past a document's own dates, so that a later change is later.
    fn follow_clock(&mut self, document: &Value) {
        for key in ["createdAt", "updatedAt"] {
            let time = document.get(key).and_then(Value::as_str);
            if let Some(Ok(time)) = time.map(DateTime::parse_from_rfc3339) {
                self.now_ms = self.now_ms.max(time.timestamp_millis());
            }
        }
    }
}
