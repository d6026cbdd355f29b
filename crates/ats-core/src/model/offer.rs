//! Offers.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::{CustomFields, IntegrationField, Model, ModelKind, RemoteData, visit_optional};
use crate::{Open, Reference, Timestamp};

/// One offer to a candidate.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Offer {
    /// The vendor's id.
    pub remote_id: String,
    /// How far it has come.
    pub status: Option<Open<OfferStatus>>,
    /// The first day of work, as midnight UTC.
    pub employment_start_date: Option<Timestamp>,
    /// The application it belongs to.
    #[schemars(extend("x-ats" = {"ref": "applications"}))]
    pub application_id: Option<Reference>,
    /// Custom fields by title.
    pub custom_fields: Option<CustomFields>,
    /// All custom fields the vendor defines for offers, set or not, and the salary.
    pub integration_fields: Vec<IntegrationField>,
    /// When the vendor created it.
    pub remote_created_at: Option<Timestamp>,
    /// When the vendor last changed it.
    pub remote_updated_at: Option<Timestamp>,
    /// Raw documents.
    #[schemars(extend("x-ats" = {"pii": true}))]
    pub remote_data: Option<RemoteData>,
}

/// How far an offer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OfferStatus {
    /// The candidate said yes.
    Accepted,
    /// The candidate said no.
    Declined,
    /// With the candidate.
    Sent,
    /// Approved, not yet sent.
    Approved,
    /// Being written or approved.
    Draft,
    /// Called off.
    Abandoned,
}

impl Model for Offer {
    const KIND: ModelKind = ModelKind::Offer;

    fn remote_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.remote_id)
    }

    fn references(&mut self, visit: &mut dyn FnMut(&mut Reference, &'static str)) {
        visit_optional(&mut self.application_id, ModelKind::Application, visit);
    }

    fn remote_data(&mut self) -> Option<&mut Option<RemoteData>> {
        Some(&mut self.remote_data)
    }

    fn integration_fields(&mut self) -> Option<&mut Vec<IntegrationField>> {
        Some(&mut self.integration_fields)
    }
}
