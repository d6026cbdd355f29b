//! Offers, from `offer.list`.
//!
//! The vendor keeps an offer as a row of versions; the list gives the latest, and that is what the
//! record shows.

use ats_core::{
    Document, Mapped, ModelKind, Open, Reference, Related, Timestamp,
    model::{FieldOrigin, IntegrationField, Offer, OfferStatus, RemoteData},
};
use serde::Deserialize;
use serde_json::{Number, json};

use crate::{
    listing::{Listing, One, Paging, no_group},
    models::custom_fields::{WireValue, custom_fields},
    wire::{self, instant, lose, open, text},
};

/// Offers. Ashby API reference, `offer.list`.
pub(crate) const LISTING: Listing = Listing {
    name: "offers",
    endpoint: "offer.list",
    paging: Paging::Token,
    one: One::Info("offer.info", "offerId"),
    body: || json!({}),
    models: &[ModelKind::Offer],
    uses: &["custom_fields"],
    group: no_group,
    map,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOffer {
    id: Option<String>,
    application_id: Option<String>,
    offer_status: Option<String>,
    acceptance_status: Option<String>,
    decided_at: Option<String>,
    latest_version: Option<WireVersion>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireVersion {
    start_date: Option<String>,
    salary: Option<WireSalary>,
    created_at: Option<String>,
    approval_status: Option<String>,
    custom_fields: Option<Vec<Option<WireValue>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSalary {
    value: Option<Number>,
    currency_code: Option<String>,
}

fn map(document: &Document, related: &dyn Related) -> Mapped {
    let mut mapped = Mapped::default();
    let Some(wire) = wire::read::<WireOffer>(document, &mut mapped) else {
        return mapped;
    };
    if let Some(offer) = offer(wire, document, related, &mut mapped) {
        mapped.records.push(offer.into());
    }
    mapped
}

/// Whether the offer may be sent; organisations without approvals leave the status out.
fn is_approved(status: Option<&str>, document: &Document, mapped: &mut Mapped) -> bool {
    match status {
        Some("Approved") => true,
        None | Some("WaitingOnApprovals" | "Declined") => false,
        Some(_) => {
            let path = "/latestVersion/approvalStatus";
            lose(document, path, "a known approval status", mapped);
            false
        }
    }
}

fn offer(
    wire: WireOffer,
    document: &Document,
    related: &dyn Related,
    mapped: &mut Mapped,
) -> Option<Offer> {
    let WireOffer {
        id,
        application_id,
        offer_status,
        acceptance_status,
        decided_at,
        latest_version,
    } = wire;
    let remote_id = text(id)?;
    let WireVersion {
        start_date,
        salary,
        created_at,
        approval_status,
        custom_fields: values,
    } = latest_version.unwrap_or_default();
    let approved = is_approved(text(approval_status).as_deref(), document, mapped);
    let status = status(
        text(offer_status),
        text(acceptance_status),
        approved,
        document,
        mapped,
    );
    let path = "/latestVersion/customFields";
    let (custom_fields, defined_fields) =
        custom_fields(values, "Offer", document, path, related, mapped);
    let salary = salary.map(salary_field);
    let created_at = instant(created_at, document, "/latestVersion/createdAt", mapped);
    let decided_at = instant(decided_at, document, "/decidedAt", mapped);
    Some(Offer {
        remote_id,
        status,
        employment_start_date: day(start_date, document, "/latestVersion/startDate", mapped),
        application_id: text(application_id).map(Reference::remote),
        custom_fields,
        integration_fields: salary.into_iter().chain(defined_fields).collect(),
        remote_created_at: created_at,
        // The vendor gives no time of change; a new version and the decision are the changes that
        // leave a trace.
        remote_updated_at: created_at.max(decided_at),
        remote_data: Some(RemoteData::of([document])),
    })
}

/// The process says how far the offer is; the candidate's answer stands in where it is silent.
fn status(
    offer_status: Option<String>,
    acceptance_status: Option<String>,
    approved: bool,
    document: &Document,
    mapped: &mut Mapped,
) -> Option<Open<OfferStatus>> {
    let (path, raw) = match (offer_status, acceptance_status) {
        (None, None) => return None,
        (None, acceptance_status) => ("/acceptanceStatus", acceptance_status),
        (offer_status, _) => ("/offerStatus", offer_status),
    };
    open(
        raw,
        |raw| known_status(raw, approved),
        document,
        path,
        mapped,
    )
}

fn known_status(raw: &str, approved: bool) -> Option<Open<OfferStatus>> {
    let status = match raw {
        "CandidateAccepted" | "Accepted" => OfferStatus::Accepted,
        "CandidateRejected" | "Declined" => OfferStatus::Declined,
        "OfferCancelled" | "Cancelled" => OfferStatus::Abandoned,
        "WaitingOnCandidateResponse" | "WaitingOnResponse" | "Pending" => OfferStatus::Sent,
        "WaitingOnApprovalStart"
        | "WaitingOnOfferApproval"
        | "WaitingOnApprovalDefinition"
        | "Created" => {
            if approved {
                OfferStatus::Approved
            } else {
                OfferStatus::Draft
            }
        }
        _ => return None,
    };
    Some(status.into())
}

/// The day that a date or a date-time names where it was written, whatever its offset.
fn day(
    value: Option<String>,
    document: &Document,
    path: &str,
    mapped: &mut Mapped,
) -> Option<Timestamp> {
    let value = text(value)?;
    let date = value.split(['T', ' ']).next().map(str::to_owned);
    instant(Some(value), document, path, mapped)?;
    instant(date, document, path, mapped)
}

/// The salary as a field of the vendor's own: the unified model has no place for it.
fn salary_field(salary: WireSalary) -> IntegrationField {
    let WireSalary {
        value,
        currency_code,
    } = salary;
    IntegrationField {
        id: "salary".into(),
        key: "salary".into(),
        origin: FieldOrigin::Default,
        value: json!({ "value": value, "currencyCode": currency_code }),
        label: Some("Salary".into()),
    }
}

#[cfg(test)]
mod tests {
    use ats_core::{Record, Shelf};
    use serde_json::Value;

    use super::*;

    fn map_row(row: &Value) -> (Offer, Vec<String>) {
        let mapped = map(
            &Document::new("offer.list", "/results/*", row),
            &Shelf::default(),
        );
        let losses = mapped.losses.iter().map(|loss| loss.path.clone()).collect();
        let record = mapped.records.into_iter().next();
        let Some(Record::Offer(offer)) = record else {
            panic!("{record:?}")
        };
        (*offer, losses)
    }

    fn status_of(offer: &str, acceptance: &str, approval: &str) -> Value {
        let row = json!({
            "id": "o",
            "offerStatus": offer,
            "acceptanceStatus": acceptance,
            "latestVersion": { "approvalStatus": approval },
        });
        json!(map_row(&row).0.status)
    }

    #[test]
    fn the_process_decides_before_the_answer_and_the_approval_before_it_is_sent() {
        assert_eq!(status_of("CandidateAccepted", "Pending", ""), "ACCEPTED");
        assert_eq!(
            status_of("WaitingOnOfferApproval", "Created", "Declined"),
            "DRAFT"
        );
        assert_eq!(
            status_of("WaitingOnApprovalStart", "Created", "Approved"),
            "APPROVED"
        );
        assert_eq!(status_of("", "Pending", "Approved"), "SENT");
        assert_eq!(status_of("", "Created", "Approved"), "APPROVED");
        assert_eq!(status_of(" ", "", ""), Value::Null);
    }

    #[test]
    fn an_unknown_status_passes_through_and_is_noted() {
        let (offer, losses) = map_row(&json!({ "id": "o", "offerStatus": "Haggling" }));
        assert_eq!(json!(offer.status), "Haggling");
        assert_eq!(losses, ["/offerStatus"]);
    }

    #[test]
    fn the_start_is_the_day_as_written_and_the_last_change_the_later_time() {
        let row = json!({
            "id": "o",
            "decidedAt": "2026-02-01",
            "latestVersion": {
                "startDate": "2026-03-01T23:00:00-05:00",
                "createdAt": "2026-01-15T10:00:00Z",
                "salary": { "value": 90000.5, "currencyCode": "EUR" },
            },
        });
        let (offer, losses) = map_row(&row);
        let start = offer.employment_start_date.map(|start| start.to_string());
        assert_eq!(start.as_deref(), Some("2026-03-01T00:00:00.000Z"));
        let updated = offer.remote_updated_at.map(|updated| updated.to_string());
        assert_eq!(updated.as_deref(), Some("2026-02-01T00:00:00.000Z"));
        let salary = json!({ "value": 90000.5, "currencyCode": "EUR" });
        assert_eq!(offer.integration_fields[0].value, salary);
        assert!(losses.is_empty(), "{losses:?}");
    }

    #[test]
    fn an_impossible_day_is_noted_once() {
        let row = json!({ "id": "o", "latestVersion": { "startDate": "2026-02-30" } });
        let (offer, losses) = map_row(&row);
        assert_eq!(
            (offer.employment_start_date, offer.remote_updated_at),
            (None, None)
        );
        assert_eq!(losses, ["/latestVersion/startDate"]);
    }
}
