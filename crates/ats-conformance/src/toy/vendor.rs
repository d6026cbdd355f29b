//! The toy vendor: documents, keys, a listing protocol and a log, all in memory.
//!
//! It speaks a small language of its own (an envelope with `results`, `more`, `cursor` and `token`)
//! so that a law which passes here and at a real vendor rests on neither. It must not know the
//! connector that reads it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ats_simulator::{Fault, FaultKind};
use serde_json::{Value, json};

use super::trouble::{self, Harm};
use crate::remote::Sent;

/// The key that holds every permission.
pub(crate) const FULL_KEY: &str = "toy-secret-7f3a9c51e0d24b68";

/// The most rows that a page of the vendor holds.
pub(crate) const PAGE: usize = 100;

/// Every listing: its endpoint, its collection and the permission it needs.
pub(crate) const LISTS: [(&str, &str, &str); 4] = [
    ("source.list", "sources", "sourcesRead"),
    ("tag.list", "tags", "tagsRead"),
    ("candidate.list", "candidates", "candidatesRead"),
    ("application.list", "applications", "applicationsRead"),
];

/// The endpoint that gives the details of one application.
pub(crate) const DETAILS: &str = "application.info";

/// The codes with which a token is refused.
pub(crate) const TOKEN_CODES: [&str; 2] = ["token_expired", "token_invalid"];

/// The codes with which a cursor is refused.
pub(crate) const CURSOR_CODES: [&str; 2] = ["cursor_expired", "cursor_invalid"];

/// What the vendor sends back.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// The connection broke, before or within the answer.
    Lost,
    /// An answer that arrived whole.
    Reply {
        /// The HTTP status it stands for.
        status: u16,
        /// The wish to be asked later, as it was written.
        retry_after: Option<String>,
        /// The body.
        body: String,
    },
}

/// The vendor.
#[derive(Debug)]
pub(crate) struct Vendor(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    documents: BTreeMap<String, BTreeMap<String, Document>>,
    revision: u64,
    token_age: u64,
    cursor_age: u64,
    page: usize,
    keys: BTreeMap<String, BTreeSet<String>>,
    faults: Vec<Fault>,
    log: Vec<Sent>,
}

#[derive(Debug)]
struct Document {
    revision: u64,
    body: Value,
}

/// Where a listing stands.
#[derive(Debug, Clone)]
struct Place {
    since: u64,
    started: u64,
    after: String,
    salt: u64,
}

impl Vendor {
    /// A vendor without documents, whose pages hold at most `cap` rows.
    pub(crate) fn new(cap: Option<usize>) -> Self {
        let mut state = State {
            page: cap.unwrap_or(PAGE).clamp(1, PAGE),
            ..State::default()
        };
        let all = LISTS
            .iter()
            .map(|(_, _, permission)| (*permission).to_owned());
        state.keys.insert(FULL_KEY.to_owned(), all.collect());
        Self(Mutex::new(state))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a document; whoever listed before will be told of it.
    pub(crate) fn put(&self, collection: &str, body: Value) {
        let mut state = self.state();
        state.revision += 1;
        let revision = state.revision;
        let id = body["id"].as_str().unwrap_or_default().to_owned();
        let documents = state.documents.entry(collection.to_owned()).or_default();
        documents.insert(id, Document { revision, body });
    }

    /// Takes a document away. No listing mentions it.
    pub(crate) fn remove(&self, collection: &str, id: &str) {
        if let Some(documents) = self.state().documents.get_mut(collection) {
            documents.remove(id);
        }
    }

    /// All documents of a collection.
    pub(crate) fn documents(&self, collection: &str) -> Vec<Value> {
        let state = self.state();
        let documents = state.documents.get(collection).into_iter().flatten();
        documents
            .map(|(_, document)| document.body.clone())
            .collect()
    }

    /// How many rows a page holds.
    pub(crate) fn page_size(&self) -> usize {
        self.state().page
    }

    /// Adds a key and gives its secret.
    pub(crate) fn add_key(&self, permissions: &BTreeSet<String>) -> String {
        let mut state = self.state();
        let secret = format!("toy-secret-of-key-{:04}", state.keys.len());
        state.keys.insert(secret.clone(), permissions.clone());
        secret
    }

    /// Adds a fault to the script.
    pub(crate) fn inject(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Empties the script.
    pub(crate) fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// Makes all tokens given so far expired ones.
    pub(crate) fn expire_tokens(&self) {
        self.state().token_age += 1;
    }

    /// Makes all cursors given so far expired ones.
    pub(crate) fn expire_cursors(&self) {
        self.state().cursor_age += 1;
    }

    /// The requests so far.
    pub(crate) fn log(&self) -> Vec<Sent> {
        self.state().log.clone()
    }

    /// Forgets the requests so far.
    pub(crate) fn clear_log(&self) {
        self.state().log.clear();
    }

    /// A token for everything that happens from now on.
    pub(crate) fn token_of_now(&self) -> String {
        let state = self.state();
        state.token(state.revision)
    }

    /// Answers a request.
    pub(crate) fn ask(&self, endpoint: &str, key: &str, body: &Value) -> Answer {
        let mut state = self.state();
        let harm = trouble::take(&mut state.faults, endpoint, body);
        let answer = match &harm {
            Some(FaultKind::Reset) => Answer::Lost,
            harm => trouble::spoil(
                state.answer(endpoint, key, body, harm.as_ref()),
                harm.as_ref(),
            ),
        };
        let status = match &answer {
            Answer::Lost => 0,
            Answer::Reply { status, .. } => *status,
        };
        state.log.push(Sent {
            endpoint: endpoint.to_owned(),
            body: body.clone(),
            status,
        });
        answer
    }
}

impl State {
    fn answer(&self, endpoint: &str, key: &str, body: &Value, harm: Harm<'_>) -> Answer {
        let Some(permissions) = self.keys.get(key) else {
            return refusal(403, "unknown_key");
        };
        if endpoint == "key.info" {
            return reply(json!({ "success": true, "results": permissions }));
        }
        let needed = needs(endpoint);
        let revoked = matches!(harm, Some(FaultKind::RevokedPermission));
        if needed.is_none_or(|needed| revoked || !permissions.contains(needed)) {
            return refusal(403, "missing_permission");
        }
        match (endpoint, LISTS.iter().find(|list| list.0 == endpoint)) {
            (DETAILS, _) => self.details(body),
            (_, Some((_, collection, _))) => self.page(collection, body, harm),
            _ => refusal(404, "no_such_endpoint"),
        }
    }

    fn details(&self, body: &Value) -> Answer {
        let id = body["id"].as_str().unwrap_or_default();
        match self
            .documents
            .get("applications")
            .and_then(|all| all.get(id))
        {
            Some(document) => reply(json!({ "success": true, "results": document.body })),
            None => refusal(200, "application_not_found"),
        }
    }

    fn page(&self, collection: &str, body: &Value, harm: Harm<'_>) -> Answer {
        let place = match self.place(body) {
            Ok(place) => place,
            Err(code) => return refusal(200, code),
        };
        let rows = self.documents.get(collection).into_iter().flatten();
        let mut rows = rows
            .filter(|(id, document)| **id > place.after && document.revision > place.since)
            .map(|(id, document)| (id, self.row(collection, &document.body)))
            .peekable();
        let mut page: Vec<_> = rows.by_ref().take(self.page).collect();
        let mut more = rows.peek().is_some();
        let mut next = Place {
            after: page.last().map_or(String::new(), |(id, _)| (*id).clone()),
            ..place.clone()
        };
        if let Some(FaultKind::EmptyMiddlePage) = harm {
            page.clear();
            more = true;
            next = Place {
                salt: place.salt + 1,
                ..place.clone()
            };
        }
        if let Some(FaultKind::RepeatCursor) = harm {
            more = true;
            next = Place {
                after: String::new(),
                salt: u64::MAX,
                ..place.clone()
            };
        }
        let results: Vec<Value> = page.into_iter().map(|(_, row)| row).collect();
        let mut answer = json!({ "success": true, "results": results, "more": more });
        if more {
            answer["cursor"] = self.cursor(&next).into();
        } else {
            answer["token"] = self.token(place.started).into();
        }
        reply(answer)
    }

    /// A row of a list: short of the details, and with copies of what it refers to brought up to date.
    fn row(&self, collection: &str, body: &Value) -> Value {
        let mut row = body.clone();
        if let Some(fields) = row.as_object_mut() {
            fields.remove("rejectedAt");
            let source = fields.get("sourceId").and_then(Value::as_str);
            let source = source.and_then(|id| self.documents.get("sources")?.get(id));
            if collection == "candidates" {
                let name = source.map_or(Value::Null, |source| source.body["name"].clone());
                fields.insert("sourceName".to_owned(), name);
            }
        }
        row
    }

    fn token(&self, revision: u64) -> String {
        format!("token:{}:{revision}", self.token_age)
    }

    fn cursor(&self, place: &Place) -> String {
        let Place {
            since,
            started,
            after,
            salt,
        } = place;
        format!(
            "cursor:{}:{since}:{started}:{salt}:{after}",
            self.cursor_age
        )
    }

    /// Where the request continues, or the code of the refusal.
    fn place(&self, body: &Value) -> Result<Place, &'static str> {
        if let Some(cursor) = body["cursor"].as_str() {
            let parts: Vec<&str> = cursor.splitn(6, ':').collect();
            let [_, age, since, started, salt, after] = parts[..] else {
                return Err("cursor_invalid");
            };
            if number(age) != Some(self.cursor_age) {
                return Err("cursor_expired");
            }
            let (since, started, salt) = (number(since), number(started), number(salt));
            let place = since
                .zip(started)
                .zip(salt)
                .map(|((since, started), salt)| Place {
                    since,
                    started,
                    after: after.to_owned(),
                    salt,
                });
            return place.ok_or("cursor_invalid");
        }
        let mut since = 0;
        if let Some(token) = body["token"].as_str() {
            let parts: Vec<&str> = token.splitn(3, ':').collect();
            let [_, age, revision] = parts[..] else {
                return Err("token_invalid");
            };
            if number(age) != Some(self.token_age) {
                return Err("token_expired");
            }
            since = number(revision).ok_or("token_invalid")?;
        }
        Ok(Place {
            since,
            started: self.revision,
            after: String::new(),
            salt: 0,
        })
    }
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok()
}

/// The permission that an endpoint needs.
fn needs(endpoint: &str) -> Option<&'static str> {
    let list = if endpoint == DETAILS {
        "application.list"
    } else {
        endpoint
    };
    LISTS
        .iter()
        .find(|(name, _, _)| *name == list)
        .map(|(_, _, permission)| *permission)
}

/// An answer with status 200.
pub(super) fn reply(body: Value) -> Answer {
    Answer::Reply {
        status: 200,
        retry_after: None,
        body: body.to_string(),
    }
}

/// A refusal in the vendor's envelope.
pub(super) fn refusal(status: u16, code: &str) -> Answer {
    let body = json!({ "success": false, "code": code }).to_string();
    Answer::Reply {
        status,
        retry_after: None,
        body,
    }
}
