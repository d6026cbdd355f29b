//! The law of reading one thing alone: by whatever endpoint it comes, it becomes the same records.

use ats_core::{Bundle, ErrorKind, Shelf, Stream};
use serde_json::Value;

use super::{Judged, LawEvidence, compare::fresh, probe::start};
use crate::{
    Failure, Harness,
    mirror::{RelatedView, json},
};

super::declare! {
    "alone/same-records",
    "a thing that is read alone becomes the same records as in its listing",
    "a field goes when an action or an event touches its record, and comes again with the next pass"
        => same_records;
}

async fn same_records(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    let mirror = fresh(harness, &*connector).await?;
    let (mut judged, mut asked) = (0, 0);
    for stream in connector.streams() {
        for bundle in mirror.shelf().stream(stream.name()) {
            asked += 1;
            let failed = || {
                let record = format!("stream {}, bundle {}", stream.name(), bundle.id);
                Failure::default().record(record)
            };
            let alone = match stream.fetch_one(&bundle.id, mirror.shelf()).await {
                // It is walked instead, which brings what a listing brings.
                Err(error) if *error.kind() == ErrorKind::NotAvailable => break,
                Err(error) => return Err(failed().expected("the bundle", "").came(error)),
                Ok(None) => return Err(failed().expected("the bundle", "").came("none")),
                Ok(Some(alone)) => alone,
            };
            let listed = records(stream, bundle, mirror.shelf());
            let alone = records(stream, &alone, mirror.shelf());
            if listed != alone {
                let other = listed.iter().zip(&alone).find(|(one, other)| one != other);
                let (one, other) = match other {
                    Some((one, other)) => (one.to_string(), other.to_string()),
                    None => (listed.len().to_string(), alone.len().to_string()),
                };
                return Err(failed().expected(one, "").came(other));
            }
            judged += 1;
        }
    }
    if judged == 0 && asked > 0 {
        return Ok(LawEvidence::without_object(
            "the vendor cannot be asked for one thing alone",
        ));
    }
    Ok(LawEvidence::judged(judged))
}

/// What a bundle becomes. Raw documents name the endpoint that they came by, and are left out.
fn records(stream: &dyn Stream, bundle: &Bundle, shelf: &Shelf) -> Vec<Value> {
    let mapped = stream.map(bundle, &RelatedView::new(stream, shelf));
    let mut records: Vec<Value> = mapped.records.iter().map(json).collect();
    for record in &mut records {
        if let Some(fields) = record.as_object_mut() {
            fields.remove("remote_data");
        }
    }
    records
}
