//! Short words for what the suite writes: records and bundles on their way into a store.

use ats_core::{
    Bundle, BundleRef, Document, Id, IntegrationId, Lookup, Loss, ModelKind, RawJson, Timestamp,
};
use ats_store::{
    BundleCommit, BundleHash, Cause, DocumentPlace, Documents, Integration, IntegrationState,
    MappedCommit, RecordCommit, Settings, bundle_hash, lookup_hash, pack, vault::Sealed,
};
use chrono::DateTime;
use serde_json::{Map, Value, json};

/// A moment, in seconds since 1970.
pub(crate) fn at(seconds: i64) -> Timestamp {
    DateTime::from_timestamp(seconds, 0).unwrap().into()
}

/// A hash of a text.
pub(crate) fn hash_of(text: &str) -> BundleHash {
    let body = RawJson::from(&Value::from(text));
    bundle_hash(&Bundle::new("", vec![Document::new("", "", body)]))
}

/// An integration of the connector `ashby`.
pub(crate) fn integration(name: &str) -> Integration {
    Integration {
        id: IntegrationId::derive("ashby", name),
        connector: "ashby".to_owned(),
        name: name.to_owned(),
        base_url: None,
        state: IntegrationState::Active,
        environment: ats_store::PRODUCTION.to_owned(),
        end_user: ats_store::EndUser::default(),
        credentials: Sealed(format!("sealed for {name}").into_bytes()),
        settings: Settings::default(),
        created_at: at(1),
        credentials_changed_at: at(2),
    }
}

/// A record on its way into the store, by model and the vendor's id.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    model: ModelKind,
    key: String,
    content: Map<String, Value>,
    fields: Option<(i64, String)>,
    raw: Option<String>,
    documents: Option<Vec<DocumentPlace>>,
    archived: bool,
    candidate: Option<String>,
}

/// A record.
pub(crate) fn record(model: ModelKind, key: &str) -> Shown {
    let mut content = Map::new();
    content.insert("remote_id".to_owned(), key.into());
    Shown {
        model,
        key: key.to_owned(),
        content,
        fields: None,
        raw: None,
        documents: None,
        archived: false,
        candidate: None,
    }
}

/// A candidate.
pub(crate) fn candidate(key: &str) -> Shown {
    record(ModelKind::Candidate, key)
}

/// An application of a candidate.
pub(crate) fn application(key: &str, candidate: &str) -> Shown {
    let mut application = record(ModelKind::Application, key);
    application.candidate = Some(candidate.to_owned());
    application
}

impl Shown {
    pub(crate) fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.content.insert(field.to_owned(), value.into());
        self
    }

    /// The vendor's own fields: the key of their layout, and their values.
    pub(crate) fn fields(mut self, layout: i64, values: &Value) -> Self {
        self.fields = Some((layout, values.to_string()));
        self
    }

    /// It shows raw documents, of which this stands for the text.
    pub(crate) fn raw(mut self, text: &str) -> Self {
        self.raw = Some(text.to_owned());
        self
    }

    /// Its raw documents are in other bundles: path, stream, bundle and index of each.
    pub(crate) fn documents(mut self, places: &[(&str, &str, &str, usize)]) -> Self {
        let place = |&(path, stream, bundle, index): &(&str, &str, &str, usize)| DocumentPlace {
            path: path.to_owned(),
            stream: stream.to_owned(),
            bundle: bundle.to_owned(),
            index,
            body: None,
        };
        self.documents = Some(places.iter().map(place).collect());
        self
    }

    /// It shows a raw document that is in no bundle.
    pub(crate) fn made_up(mut self, path: &str, body: &str) -> Self {
        let place = DocumentPlace {
            path: path.to_owned(),
            stream: String::new(),
            bundle: String::new(),
            index: 0,
            body: Some(RawJson::parse(body.to_owned()).unwrap()),
        };
        self.documents = Some(vec![place]);
        self
    }

    pub(crate) fn archived(mut self) -> Self {
        self.archived = true;
        self
    }

    fn commit(mut self, integration: &IntegrationId) -> RecordCommit {
        let candidate = self.candidate.as_deref();
        let candidate = candidate.map(|key| id_of(integration, ModelKind::Candidate, key));
        if let Some(candidate) = candidate {
            self.content
                .insert("candidate_id".to_owned(), candidate.to_string().into());
        }
        let content = Value::from(self.content).to_string();
        RecordCommit {
            model: self.model,
            id: id_of(integration, self.model, &self.key),
            hash: hash_of(&format!("{content} {:?}", self.fields)),
            content,
            fields: self.fields,
            raw_hash: self.raw.as_deref().map(hash_of),
            documents: self.documents,
            archived: self.archived,
            candidate,
        }
    }
}

/// Our id of a record.
pub(crate) fn id_of(integration: &IntegrationId, model: ModelKind, key: &str) -> Id {
    Id::derive([integration.as_str(), model.name(), key])
}

/// A bundle on its way into the store. It is mapped, to nothing at first.
#[derive(Debug, Clone)]
pub(crate) struct Brought {
    bundle: Bundle,
    documents: Option<Documents>,
    mapped: bool,
    records: Vec<Shown>,
    lookups: Vec<Lookup>,
    losses: Vec<Loss>,
    cause: Cause,
}

/// A bundle of one document that says `text`.
pub(crate) fn bundle(id: &str, text: &str) -> Brought {
    let body = json!({ "id": id, "text": text });
    let documents = vec![Document::new("thing.list", "/results/*", &body)];
    Brought {
        bundle: Bundle::new(id, documents),
        documents: None,
        mapped: true,
        records: Vec::new(),
        lookups: Vec::new(),
        losses: Vec::new(),
        cause: Cause::Fetched,
    }
}

impl Brought {
    /// Another document of an endpoint of its own.
    pub(crate) fn document(mut self, endpoint: &'static str, body: &Value) -> Self {
        let document = Document::new(endpoint, "/results", body);
        self.bundle.documents.push(document);
        self
    }

    pub(crate) fn group(mut self, group: &str) -> Self {
        self.bundle.group = Some(group.to_owned());
        self
    }

    pub(crate) fn gives(mut self, record: Shown) -> Self {
        self.records.push(record);
        self
    }

    pub(crate) fn looks_up(mut self, stream: &'static str, id: &str) -> Self {
        self.lookups.push(Lookup::Bundle(place(stream, id)));
        self
    }

    pub(crate) fn looks_up_group(mut self, stream: &'static str, group: &str) -> Self {
        self.lookups.push(Lookup::Group(place(stream, group)));
        self
    }

    pub(crate) fn loses(mut self, path: &str) -> Self {
        self.losses.push(Loss {
            endpoint: "thing.list",
            path: path.to_owned(),
            expected: "a date",
        });
        self
    }

    /// The engine found it as it was stored and has not mapped it.
    pub(crate) fn unmapped(mut self) -> Self {
        self.mapped = false;
        self
    }

    pub(crate) fn stored(mut self) -> Self {
        self.documents = Some(Documents::AsStored);
        self
    }

    pub(crate) fn dropped(mut self) -> Self {
        self.documents = Some(Documents::Dropped);
        self
    }

    pub(crate) fn because(mut self, cause: Cause) -> Self {
        self.cause = cause;
        self
    }

    /// The bundle itself.
    pub(crate) fn whole(&self) -> Bundle {
        self.bundle.clone()
    }

    /// The hash that it is kept with.
    pub(crate) fn hash(&self) -> BundleHash {
        bundle_hash(&self.bundle)
    }

    pub(crate) fn commit(self, integration: &IntegrationId) -> BundleCommit {
        let mut lookups: Vec<i64> = self
            .lookups
            .iter()
            .map(|lookup| lookup_hash(integration, lookup))
            .collect();
        lookups.sort_unstable();
        lookups.dedup();
        let records = self.records.into_iter();
        let mapped = MappedCommit {
            lookups,
            records: records.map(|record| record.commit(integration)).collect(),
            losses: self.losses,
        };
        BundleCommit {
            id: self.bundle.id.clone(),
            group: self.bundle.group.clone(),
            hash: bundle_hash(&self.bundle),
            documents: self
                .documents
                .unwrap_or_else(|| Documents::Packed(pack(&self.bundle.documents))),
            mapped: self.mapped.then_some(mapped),
            cause: self.cause,
        }
    }
}

fn place(stream: &'static str, id: &str) -> BundleRef {
    BundleRef {
        stream: stream.into(),
        id: id.to_owned(),
    }
}
