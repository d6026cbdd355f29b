//! The law of odd rows: one of them costs itself and nothing else.

use ats_core::Bundle;
use ats_simulator::FaultKind;
use serde_json::{Value, json};

use super::{
    Judged, LawEvidence,
    probe::{Bench, End},
};
use crate::{Failure, Harness};

super::declare! {
    "rows/bad-rows-cost-only-themselves",
    "a row that is no object, has no id or an id of the wrong type is rejected; the others arrive",
    "one odd row costs a page, or stops the sync" => bad_rows;
}

async fn bad_rows(harness: &dyn Harness) -> Judged {
    let bench = Bench::start(harness, 3).await?;
    let rows = [
        json!("no object"),
        json!({ "name": "no id" }),
        json!({ "id": 7 }),
        json!(null),
    ];
    let mut judged = 0;
    for (stream, honest) in &bench.streams {
        let mut rejected = false;
        for spot in bench.spots().iter().filter(|spot| spot.stream == *stream) {
            for row in &rows {
                let kind = FaultKind::BadRow(row.clone());
                let read = bench.harmed(spot, 0, 1, kind).await?;
                let came = match &read.end {
                    End::Complete => difference_of_content(honest.bundles(), read.bundles()),
                    end => Some(end.to_string()),
                };
                if let Some(came) = came {
                    return Err(Failure::default()
                        .expected(format!("the row {row} costs only itself: {spot}"), "")
                        .came(came));
                }
                rejected |= read.rejects() > honest.rejects();
                judged += read.rejects() - honest.rejects();
            }
        }
        if !rejected && honest.bundles().count() > 0 {
            return Err(Failure::default()
                .expected(format!("stream {stream} says that it rejected a row"), "")
                .came("the row vanished without a word"));
        }
    }
    Ok(LawEvidence::judged(judged))
}

/// The first difference in content. The vendor wrote the page anew, so the text may differ.
fn difference_of_content<'a>(
    expected: impl Iterator<Item = &'a Bundle>,
    came: impl Iterator<Item = &'a Bundle>,
) -> Option<String> {
    let content = |bundle: &Bundle| -> (String, Vec<(&'static str, Value)>) {
        let documents = bundle.documents.iter();
        let documents = documents.map(|document| (document.endpoint, document.body.to_value()));
        (bundle.id.clone(), documents.collect())
    };
    let (expected, came): (Vec<_>, Vec<_>) =
        (expected.map(content).collect(), came.map(content).collect());
    let missing = expected.iter().find(|bundle| !came.contains(bundle));
    let extra = came.iter().find(|bundle| !expected.contains(bundle));
    missing
        .map(|(id, _)| format!("the bundle {id} did not come as before"))
        .or_else(|| extra.map(|(id, _)| format!("the bundle {id} came, which nobody expected")))
}
