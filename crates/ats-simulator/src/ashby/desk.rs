//! Where a request that writes is worked on: the world, locked for writing, and what the key may
//! see of it. Knows no endpoint.

use serde_json::{Value, json};

use super::envelope::Refusal;
use super::memory::Memory;
use super::render;
use super::request::Ask;
use super::text;
use super::view::{View, job_of};
use crate::keys::KeySpec;
use crate::simulator::Options;
use crate::world::World;

/// Everything that a writing endpoint works with.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) key: &'a KeySpec,
    pub(crate) options: &'a Options,
    pub(crate) memory: &'a Memory,
    /// The webhooks that are pinged before the answer is sent.
    pub(crate) pings: Vec<String>,
}

impl Desk<'_> {
    /// The world as the key sees it now.
    pub(crate) fn view(&self) -> View<'_> {
        View::new(self.world, self.key, self.options, self.memory)
    }

    /// A whole document, or the refusal with this code.
    pub(crate) fn find(&self, collection: &str, id: &str, code: &str) -> Result<Value, Refusal> {
        let document = self.world.collection(collection).document(id);
        let document = document.ok_or_else(|| Refusal::not_found(code))?;
        Ok(document.peek().into_owned())
    }

    pub(crate) fn candidate(&self, id: &str) -> Result<Value, Refusal> {
        let code = "candidate_not_found";
        let found = self.find("candidates", id, code)?;
        match self.view().sees_candidate(&found) {
            true => Ok(found),
            false => Err(Refusal::not_found(code)),
        }
    }

    pub(crate) fn application(&self, id: &str) -> Result<Value, Refusal> {
        let code = "application_not_found";
        let found = self.find("applications", id, code)?;
        match self.view().sees_job(job_of(&found)) {
            true => Ok(found),
            false => Err(Refusal::not_found(code)),
        }
    }

    pub(crate) fn job(&self, id: &str) -> Result<Value, Refusal> {
        let code = "job_not_found";
        let found = self.find("jobs", id, code)?;
        match self.view().sees_job(id) {
            true => Ok(found),
            false => Err(Refusal::not_found(code)),
        }
    }

    /// The document that an optional property names; the vendor documents no code for a source or
    /// a user that is not there.
    pub(crate) fn named(
        &self,
        ask: &Ask,
        property: &str,
        collection: &str,
    ) -> Result<Option<Value>, Refusal> {
        let Some(id) = ask.text(property) else {
            return Ok(None);
        };
        match self.world.collection(collection).document(id) {
            Some(document) => Ok(Some(document.peek().into_owned())),
            None => Err(Refusal::invalid(format!("{property} names nothing"))),
        }
    }

    /// The candidate as an answer shows it.
    pub(crate) fn show_candidate(&self, id: &str) -> Result<Value, Refusal> {
        let candidate = self.find("candidates", id, "candidate_not_found")?;
        Ok(render::candidate(&self.view(), &Ask::default(), candidate))
    }

    /// The application as an answer to a write shows it: with history, without openings.
    pub(crate) fn show_application(&self, id: &str) -> Result<Value, Refusal> {
        let application = self.find("applications", id, "application_not_found")?;
        Ok(render::application(
            &self.view(),
            &Ask::default(),
            application,
        ))
    }
}

/// What an application shows of its candidate.
pub(crate) fn shown_copy(candidate: &Value) -> Value {
    let mut copy = json!({});
    for member in ["id", "name", "primaryEmailAddress", "primaryPhoneNumber"] {
        if let Some(value) = candidate.get(member) {
            copy[member] = value.clone();
        }
    }
    copy
}

/// The ids in an array of a document.
pub(crate) fn ids(document: &Value, member: &str) -> Vec<String> {
    let ids = document.get(member).and_then(Value::as_array);
    let ids = ids.into_iter().flatten();
    ids.filter_map(|id| id.as_str().map(str::to_owned))
        .collect()
}

/// Appends to an array of a document, and makes the array when there is none.
pub(crate) fn push(document: &mut Value, member: &str, value: Value) {
    if !document[member].is_array() {
        document[member] = json!([]);
    }
    if let Some(array) = document[member].as_array_mut() {
        array.push(value);
    }
}

/// The id of a document that surely has one.
pub(crate) fn id_of(document: &Value) -> &str {
    text(document, "id").unwrap_or_default()
}
