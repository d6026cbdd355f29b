//! Answers to questionnaires, from `surveySubmission.list`: looked up by the application they
//! belong to.
//!
//! They are no model of their own. What they hold is read where the application is mapped.

use ats_core::{Document, Mapped, Related};
use serde::Deserialize;
use serde_json::json;

use crate::{
    listing::{Listing, One, Paging},
    wire::{self, text},
};

/// Name of the stream.
pub(crate) const STREAM: &str = "survey_submissions";

/// Questionnaire submissions. Ashby API reference, `surveySubmission.list`.
///
/// The vendor gives out answers to no other survey that asks applicants.
pub(crate) const LISTING: Listing = Listing {
    name: STREAM,
    endpoint: "surveySubmission.list",
    paging: Paging::Token,
    one: One::InListing,
    body: || json!({ "surveyType": "Questionnaire" }),
    models: &[],
    uses: &[],
    group: application_id,
    map,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOwner {
    application_id: Option<String>,
}

fn application_id(document: &Document) -> Option<String> {
    text(wire::read_quietly::<WireOwner>(document)?.application_id)
}

/// Reports an owner that cannot be read: no application would ever look such a submission up.
fn map(document: &Document, _: &dyn Related) -> Mapped {
    let mut mapped = Mapped::default();
    wire::read::<WireOwner>(document, &mut mapped);
    mapped
}

#[cfg(test)]
mod tests {
    use ats_core::Shelf;

    use super::*;

    #[test]
    fn a_submission_is_found_by_its_application_or_its_owner_is_reported() {
        let row = |owner| {
            Document::new(
                "surveySubmission.list",
                "/results/*",
                &json!({ "applicationId": owner }),
            )
        };
        assert_eq!(application_id(&row(json!("a"))), Some("a".into()));
        let odd = row(json!({ "id": "a" }));
        assert_eq!(application_id(&odd), None);
        assert_eq!(
            map(&odd, &Shelf::default()).losses[0].path,
            "/applicationId"
        );
    }
}
