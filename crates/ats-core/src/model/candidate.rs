//! Candidates and their tags.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    CustomFields, IntegrationField, Location, Model, ModelKind, Record, RemoteData, join_key,
};
use crate::{Reference, Timestamp};

/// A person who may be hired.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Candidate {
    /// The vendor's id. Vendors that merge duplicates change it.
    pub remote_id: String,
    /// Given name.
    #[schemars(extend("x-ats" = {"pii": true}))]
    pub first_name: Option<String>,
    /// Family name.
    #[schemars(extend("x-ats" = {"pii": true}))]
    pub last_name: Option<String>,
    /// Present employer.
    #[schemars(extend("x-ats" = {"pii": true}))]
    pub company: Option<String>,
    /// Present position.
    #[schemars(extend("x-ats" = {"pii": true}))]
    pub title: Option<String>,
    /// Whether only some users may see the candidate.
    pub confidential: Option<bool>,
    /// Where the candidate came from, in the vendor's words.
    pub source: Option<String>,
    /// Phone numbers as entered, the main one first.
    #[schemars(extend("x-ats" = {"pii": true}))]
    pub phone_numbers: Vec<PhoneNumber>,
    /// E-mail addresses, the main one first.
    #[schemars(extend("x-ats" = {"pii": true}))]
    pub email_addresses: Vec<EmailAddress>,
    /// Profiles and web sites.
    #[schemars(extend("x-ats" = {"pii": true}))]
    pub social_media: Vec<SocialMedia>,
    /// Where the candidate lives.
    #[schemars(extend("x-ats" = {"pii": true}))]
    pub location: Option<Location>,
    /// Custom fields by title.
    pub custom_fields: Option<CustomFields>,
    /// All custom fields the vendor defines for candidates, set or not.
    pub integration_fields: Vec<IntegrationField>,
    /// The candidate in the vendor's user interface.
    #[schemars(extend("x-ats" = {"kind": "url"}))]
    pub remote_url: Option<String>,
    /// When the vendor created it.
    pub remote_created_at: Option<Timestamp>,
    /// When the vendor last changed it.
    pub remote_updated_at: Option<Timestamp>,
    /// Raw documents.
    #[schemars(extend("x-ats" = {"pii": true}))]
    pub remote_data: Option<RemoteData>,
    /// The tags the candidate carries; becomes [`CandidateTag`] records.
    #[serde(skip)]
    pub tags: Vec<Reference>,
}

/// A phone number as entered, not normalised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PhoneNumber {
    /// The number.
    pub phone_number: String,
    /// What kind of number, in upper case: `PERSONAL`, `WORK`, …
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// An e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EmailAddress {
    /// The address.
    pub email_address: String,
    /// What kind of address, in upper case: `PERSONAL`, `WORK`, …
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// A profile or web site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SocialMedia {
    /// Its address.
    pub link: Option<String>,
    /// What kind of site, in upper case: `LINKEDIN`, `GITHUB`, …
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The user's name there, where the address shows it.
    pub username: Option<String>,
}

/// A label on candidates.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Tag {
    /// The vendor's id.
    pub remote_id: String,
    /// The label.
    pub name: Option<String>,
    /// Raw documents.
    pub remote_data: Option<RemoteData>,
    /// Whether the vendor has archived it, which sets `remote_deleted_at`.
    #[serde(skip)]
    pub archived: bool,
}

/// One tag of one candidate.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CandidateTag {
    /// The candidate.
    #[schemars(extend("x-ats" = {"ref": "candidates"}))]
    pub candidate_id: Reference,
    /// The tag.
    #[schemars(extend("x-ats" = {"ref": "tags"}))]
    pub tag_id: Reference,
}

impl Model for Candidate {
    const KIND: ModelKind = ModelKind::Candidate;

    fn remote_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.remote_id)
    }

    fn references(&mut self, _: &mut dyn FnMut(&mut Reference, &'static str)) {}

    fn joins(&self) -> Vec<Record> {
        let candidate_id = || Reference::remote(self.remote_id.clone());
        let join = |tag_id| CandidateTag {
            candidate_id: candidate_id(),
            tag_id,
        };
        self.tags
            .iter()
            .cloned()
            .map(|tag_id| join(tag_id).into())
            .collect()
    }

    fn remote_data(&mut self) -> Option<&mut Option<RemoteData>> {
        Some(&mut self.remote_data)
    }

    fn integration_fields(&mut self) -> Option<&mut Vec<IntegrationField>> {
        Some(&mut self.integration_fields)
    }
}

impl Model for Tag {
    const KIND: ModelKind = ModelKind::Tag;

    fn remote_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.remote_id)
    }

    fn references(&mut self, _: &mut dyn FnMut(&mut Reference, &'static str)) {}

    fn archived(&self) -> bool {
        self.archived
    }

    fn remote_data(&mut self) -> Option<&mut Option<RemoteData>> {
        Some(&mut self.remote_data)
    }
}

impl Model for CandidateTag {
    const KIND: ModelKind = ModelKind::CandidateTag;

    fn remote_key(&self) -> Cow<'_, str> {
        join_key(&self.candidate_id, &self.tag_id)
    }

    fn references(&mut self, visit: &mut dyn FnMut(&mut Reference, &'static str)) {
        visit(&mut self.candidate_id, ModelKind::Candidate.name());
        visit(&mut self.tag_id, ModelKind::Tag.name());
    }
}
