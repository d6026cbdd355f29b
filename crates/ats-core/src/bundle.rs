//! Raw vendor documents, as they came, and the ways to look them up.
//!
//! A bundle holds the documents that belong to one thing of the vendor. What it only refers to (a
//! department, a source, a plan's stages) stays a bundle of its own and is looked up by name, so
//! that a rename reaches every record without fetching any of them again.

use std::{
    any::Any,
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use async_trait::async_trait;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::Result;

/// One JSON value, kept as the text that the vendor sent. Cheap to clone.
#[derive(Clone)]
pub struct RawJson(Arc<RawValue>);

impl RawJson {
    /// The text as it came.
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// Checks that `text` is one JSON value and keeps it.
    pub fn parse(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(Self::from)
    }

    /// Whether both are the one text in memory. Equal texts that came apart are not.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The value as a tree, for those who change or compare it.
    pub fn to_value(&self) -> serde_json::Value {
        // The text was checked when it was taken in, so this cannot fail; null is the honest rest.
        serde_json::from_str(self.get()).unwrap_or_default()
    }
}

impl From<Box<RawValue>> for RawJson {
    fn from(value: Box<RawValue>) -> Self {
        Self(value.into())
    }
}

impl From<&serde_json::Value> for RawJson {
    fn from(value: &serde_json::Value) -> Self {
        let text = value.to_string();
        // A `Value` always prints as valid JSON.
        Self(
            RawValue::from_string(text)
                .unwrap_or_else(|_| RawValue::NULL.to_owned())
                .into(),
        )
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for RawJson {}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Bodies hold personal data, so a debug print shows only their size.
        write!(f, "RawJson({} bytes)", self.get().len())
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// One document of a bundle, with the place it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The vendor's name of the endpoint, such as `candidate.list`.
    pub endpoint: &'static str,
    /// Tells several answers of one endpoint apart, for example the board that was asked for.
    pub variant: Option<String>,
    /// Where in the answer the document stood, as a JSON pointer with `*` for an index.
    pub at: &'static str,
    /// The document.
    pub body: RawJson,
}

impl Document {
    /// A document from the place `at` in an answer of `endpoint`.
    pub fn new(endpoint: &'static str, at: &'static str, body: impl Into<RawJson>) -> Self {
        Self {
            endpoint,
            variant: None,
            at,
            body: body.into(),
        }
    }

    /// The same, told apart from other answers of the same endpoint.
    #[must_use]
    pub fn variant(mut self, variant: impl Into<String>) -> Self {
        self.variant = Some(variant.into());
        self
    }
}

/// What a bundle is called: the stream that delivers it and its id within the stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleRef {
    /// Name of the stream.
    pub stream: Cow<'static, str>,
    /// Id within the stream, usually the vendor's id of the thing.
    pub id: String,
}

/// The raw documents of one thing of the vendor.
pub struct Bundle {
    /// Id within its stream.
    pub id: String,
    /// What it can be looked up by together with its siblings, for example the job of a posting.
    pub group: Option<String>,
    /// Its documents. An endpoint and variant occur once.
    pub documents: Vec<Document>,
    parsed: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl Bundle {
    /// A bundle of `documents`.
    pub fn new(id: impl Into<String>, documents: Vec<Document>) -> Self {
        Self {
            id: id.into(),
            group: None,
            documents,
            parsed: OnceLock::new(),
        }
    }

    /// Lets the bundle be found by `group` through [`Related::group`].
    #[must_use]
    pub fn in_group(mut self, group: Option<String>) -> Self {
        self.group = group;
        self
    }

    /// The document of `endpoint` that has no variant, or else the first of them.
    pub fn document(&self, endpoint: &str) -> Option<&Document> {
        let of_endpoint = || {
            self.documents
                .iter()
                .filter(|document| document.endpoint == endpoint)
        };
        of_endpoint()
            .find(|document| document.variant.is_none())
            .or_else(|| of_endpoint().next())
    }

    /// All documents of `endpoint`.
    pub fn documents_of<'a>(&'a self, endpoint: &'a str) -> impl Iterator<Item = &'a Document> {
        self.documents
            .iter()
            .filter(move |document| document.endpoint == endpoint)
    }

    /// The result of `parse`, made once for the life of the bundle.
    ///
    /// A reference document is looked up for every record that names it; without this it would be
    /// parsed as often. One bundle is parsed into one type: asking for another gives `None`.
    pub fn parsed<T: Any + Send + Sync>(&self, parse: impl FnOnce(&Self) -> T) -> Option<&T> {
        self.parsed
            .get_or_init(|| Box::new(parse(self)))
            .downcast_ref()
    }
}

impl Clone for Bundle {
    fn clone(&self) -> Self {
        Self::new(self.id.clone(), self.documents.clone()).in_group(self.group.clone())
    }
}

impl PartialEq for Bundle {
    fn eq(&self, other: &Self) -> bool {
        (&self.id, &self.group, &self.documents) == (&other.id, &other.group, &other.documents)
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle")
            .field("id", &self.id)
            .field("group", &self.group)
            .field("documents", &self.documents)
            .finish_non_exhaustive()
    }
}

/// What `map` may look up: the bundles of the streams that its own stream names in `uses`.
pub trait Related: Send + Sync {
    /// The bundle `id` of `stream`.
    fn get(&self, stream: &'static str, id: &str) -> Option<Arc<Bundle>>;

    /// The bundles of `stream` that carry `group`, in the order of their ids.
    fn group(&self, stream: &'static str, group: &str) -> Vec<Arc<Bundle>>;
}

/// What `fetch` may look up to save requests. Asynchronous, since an engine may ask its store.
#[async_trait]
pub trait Known: Send + Sync {
    /// The bundle `id` of `stream` as the last page or pass left it.
    async fn bundle(&self, stream: &'static str, id: &str) -> Result<Option<Arc<Bundle>>>;

    /// All bundles of `stream`, in the order of their ids.
    async fn bundles(&self, stream: &'static str) -> Result<Vec<Arc<Bundle>>>;
}

/// Bundles in memory: the simplest thing that answers [`Related`] and [`Known`].
#[derive(Debug, Default, Clone)]
pub struct Shelf {
    streams: BTreeMap<Cow<'static, str>, BTreeMap<String, Arc<Bundle>>>,
    groups: BTreeMap<Cow<'static, str>, BTreeMap<String, BTreeSet<String>>>,
}

impl Shelf {
    /// Puts a bundle, and gives back the one it replaces.
    pub fn put(&mut self, stream: &'static str, bundle: Arc<Bundle>) -> Option<Arc<Bundle>> {
        let replaced = self.remove(stream, &bundle.id.clone());
        if let Some(group) = &bundle.group {
            let groups = self.groups.entry(stream.into()).or_default();
            groups
                .entry(group.clone())
                .or_default()
                .insert(bundle.id.clone());
        }
        self.streams
            .entry(stream.into())
            .or_default()
            .insert(bundle.id.clone(), bundle);
        replaced
    }

    /// Takes a bundle away.
    pub fn remove(&mut self, stream: &'static str, id: &str) -> Option<Arc<Bundle>> {
        let removed = self.streams.get_mut(stream)?.remove(id)?;
        if let Some(ids) = removed
            .group
            .as_ref()
            .and_then(|group| self.groups.get_mut(stream)?.get_mut(group))
        {
            ids.remove(id);
        }
        Some(removed)
    }

    /// The bundles of `stream`, in the order of their ids.
    pub fn stream(&self, stream: &str) -> impl Iterator<Item = &Arc<Bundle>> {
        self.streams
            .get(stream)
            .into_iter()
            .flat_map(BTreeMap::values)
    }
}

impl Related for Shelf {
    fn get(&self, stream: &'static str, id: &str) -> Option<Arc<Bundle>> {
        self.streams.get(stream)?.get(id).cloned()
    }

    fn group(&self, stream: &'static str, group: &str) -> Vec<Arc<Bundle>> {
        let ids = self.groups.get(stream).and_then(|groups| groups.get(group));
        ids.into_iter()
            .flatten()
            .filter_map(|id| self.get(stream, id))
            .collect()
    }
}

#[async_trait]
impl Known for Shelf {
    async fn bundle(&self, stream: &'static str, id: &str) -> Result<Option<Arc<Bundle>>> {
        Ok(self.get(stream, id))
    }

    async fn bundles(&self, stream: &'static str) -> Result<Vec<Arc<Bundle>>> {
        Ok(self.stream(stream).cloned().collect())
    }
}

/// One look-up that a mapping made, whether or not it found something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lookup {
    /// [`Related::get`].
    Bundle(BundleRef),
    /// [`Related::group`].
    Group(BundleRef),
}

/// Writes down what a mapping looks up, so that an engine knows what to map again when a bundle
/// changes. Misses count too: what is missing today may arrive tomorrow.
pub struct Recorder<'a> {
    inner: &'a dyn Related,
    seen: Mutex<BTreeSet<Lookup>>,
}

impl<'a> Recorder<'a> {
    /// Records look-ups on their way to `inner`.
    pub fn new(inner: &'a dyn Related) -> Self {
        Self {
            inner,
            seen: Mutex::default(),
        }
    }

    /// What was looked up.
    pub fn into_lookups(self) -> BTreeSet<Lookup> {
        self.seen
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, lookup: Lookup) {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(lookup);
    }
}

impl fmt::Debug for Recorder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

impl Related for Recorder<'_> {
    fn get(&self, stream: &'static str, id: &str) -> Option<Arc<Bundle>> {
        self.note(Lookup::Bundle(BundleRef {
            stream: stream.into(),
            id: id.to_owned(),
        }));
        self.inner.get(stream, id)
    }

    fn group(&self, stream: &'static str, group: &str) -> Vec<Arc<Bundle>> {
        self.note(Lookup::Group(BundleRef {
            stream: stream.into(),
            id: group.to_owned(),
        }));
        self.inner.group(stream, group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(id: &str, group: &str) -> Arc<Bundle> {
        Arc::new(Bundle::new(id, Vec::new()).in_group(Some(group.to_owned())))
    }

    #[test]
    fn a_bundle_that_changes_its_group_leaves_the_old_one() {
        let mut shelf = Shelf::default();
        shelf.put("postings", bundle("1", "job a"));
        shelf.put("postings", bundle("2", "job a"));
        let replaced = shelf.put("postings", bundle("1", "job b"));
        assert_eq!(replaced.unwrap().group.as_deref(), Some("job a"));
        let ids = |group| {
            shelf
                .group("postings", group)
                .iter()
                .map(|b| b.id.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (ids("job a"), ids("job b")),
            (vec!["2".to_owned()], vec!["1".to_owned()])
        );
    }

    #[test]
    fn a_recorder_notes_misses_too() {
        let shelf = Shelf::default();
        let recorder = Recorder::new(&shelf);
        assert!(recorder.get("sources", "gone").is_none());
        let expected = Lookup::Bundle(BundleRef {
            stream: "sources".into(),
            id: "gone".into(),
        });
        assert_eq!(recorder.into_lookups(), BTreeSet::from([expected]));
    }

    #[test]
    fn a_bundle_is_parsed_once() {
        let bundle = Bundle::new("1", Vec::new());
        assert_eq!(bundle.parsed(|_| 1_u8), Some(&1));
        assert_eq!(bundle.parsed(|_| 2_u8), Some(&1), "the first result stays");
        assert_eq!(bundle.parsed(|_| "other"), None);
    }

    #[test]
    fn raw_text_survives_as_it_came_and_is_not_printed_in_debug() {
        let raw = RawJson::parse(r#"{"b": 1.10,  "a": "Ada"}"#.into()).unwrap();
        assert_eq!(
            serde_json::to_string(&raw).unwrap(),
            r#"{"b": 1.10,  "a": "Ada"}"#
        );
        assert!(!format!("{raw:?}").contains("Ada"));
    }
}
