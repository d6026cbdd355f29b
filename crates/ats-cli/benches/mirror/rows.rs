//! The answers of the simulated vendor, as far as the floor reads them.

use anyhow::{Context, Result};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Rows<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Info<'a> {
    #[serde(borrow)]
    results: &'a RawValue,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobRow {
    pub(crate) default_interview_plan_id: Option<String>,
    pub(crate) interview_plan_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScheduleRow {
    pub(crate) interview_events: Option<Vec<EventRow>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventRow {
    pub(crate) interview_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApplicationRow {
    pub(crate) id: String,
    pub(crate) status: Option<String>,
    pub(crate) applied_via_job_posting_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Tail {
    pub(crate) next_cursor: Option<String>,
    pub(crate) sync_token: Option<String>,
}

/// The rows of a page as they stand there.
pub(crate) fn rows(page: &Bytes) -> Result<Vec<&RawValue>> {
    let rows: Rows<'_> = serde_json::from_slice(page).context("a page is no list")?;
    Ok(rows.results)
}

/// The one document of an answer, as it stands there.
pub(crate) fn result(info: &Bytes) -> Result<&RawValue> {
    let info: Info<'_> = serde_json::from_slice(info).context("an answer has no result")?;
    Ok(info.results)
}

/// The ids of a page's rows.
pub(crate) fn ids(page: &Bytes) -> Result<Vec<String>> {
    let id = |row: &RawValue| Ok(serde_json::from_str::<Identified>(row.get())?.id);
    rows(page)?.into_iter().map(id).collect()
}

/// What stands after the rows. The simulated vendor always puts it last, so that the floor need not
/// read through a page to find the cursor.
pub(crate) fn tail(page: &Bytes) -> Result<Tail> {
    const MARK: &[u8] = b"],\"moreDataAvailable\":";
    let from = page.len().saturating_sub(1024);
    let end = page.get(from..).unwrap_or_default();
    let Some(at) = end.windows(MARK.len()).rposition(|window| window == MARK) else {
        return Ok(Tail::default());
    };
    let rest = end.get(at + 2..).unwrap_or_default();
    serde_json::from_slice(&[b"{", rest].concat()).context("the end of a page is not understood")
}
