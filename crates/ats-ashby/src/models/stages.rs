//! Application stages, from `interviewStage.list` of every interview plan.
//!
//! The vendor offers no deltas here, so every pass reads all plans: one request for each.

use async_trait::async_trait;
use ats_core::{
    Bundle, Document, Error, ErrorKind, Known, Mapped, ModelKind, Next, PageCursor, PageRequest,
    RawJson, RawPage, Related, Result, Stream,
    model::{ApplicationStage, RemoteData},
};
use ats_http::Lane;
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::plans;
use crate::{
    client::{Client, lane},
    listing::{ROW, object, only_walked, side_by_side, with_ids},
    wire::{self, text},
};

/// Name of the stream.
pub(crate) const STREAM: &str = "stages";

/// The endpoint that lists the stages of one plan. Ashby API reference,
/// [`interviewStage.list`](https://developers.ashbyhq.com/reference/interviewstagelist).
pub(crate) const ENDPOINT: &str = "interviewStage.list";

/// So many plans make a page: what a crash in mid-pass may cost.
const PLANS_A_PAGE: usize = 50;

/// The stages of all plans, a bundle for each stage, found by their plan.
#[derive(Debug)]
pub(crate) struct Stages {
    client: Client,
}

impl Stages {
    /// The stream.
    pub(crate) fn boxed(client: &Client) -> Box<dyn Stream> {
        Box::new(Self {
            client: client.clone(),
        })
    }
}

#[async_trait]
impl Stream for Stages {
    fn name(&self) -> &'static str {
        STREAM
    }

    fn models(&self) -> &'static [ModelKind] {
        &[ModelKind::ApplicationStage]
    }

    fn uses(&self) -> &'static [&'static str] {
        &[plans::STREAM]
    }

    async fn fetch(&self, request: &PageRequest, known: &dyn Known) -> Result<RawPage> {
        let plans = known.bundles(plans::STREAM).await?;
        if plans.is_empty() {
            self.ensure_no_plans(lane(request)).await?;
        }
        // The cursor is the last plan of the page before, and plans come in the order of their ids.
        let after = request.cursor.as_ref().map(|PageCursor(id)| id.as_str());
        let ids = plans.iter().map(|plan| plan.id.as_str());
        let mut ids = ids.filter(|id| after.is_none_or(|after| *id > after));
        let page: Vec<&str> = ids.by_ref().take(PLANS_A_PAGE).collect();
        let next = match (ids.next(), page.last()) {
            (Some(_), Some(last)) => Next::Page(PageCursor((*last).to_owned())),
            _ => Next::Done { checkpoint: None },
        };
        let lane = lane(request);
        let calls = page
            .iter()
            .map(|plan| of_plan(&self.client, plan, lane))
            .collect();
        let answers = side_by_side(calls).await?;
        let mut raw = RawPage {
            bundles: Vec::new(),
            rejects: Vec::new(),
            next,
        };
        for (plan, rows) in page.into_iter().zip(answers) {
            let (rows, rejects) = with_ids(ENDPOINT, rows.unwrap_or_default());
            raw.rejects.extend(rejects);
            raw.bundles
                .extend(rows.into_iter().map(|(id, row)| bundle(id, row, plan)));
        }
        Ok(raw)
    }

    async fn fetch_one(&self, _: &str, _: &dyn Known) -> Result<Option<Bundle>> {
        Err(only_walked(STREAM))
    }

    fn map(&self, bundle: &Bundle, related: &dyn Related) -> Mapped {
        let mut mapped = Mapped::default();
        if let Some(document) = bundle.document(ENDPOINT) {
            let stage = stage(document, related, &mut mapped);
            mapped.records.extend(stage.map(Into::into));
        }
        mapped
    }
}

impl Stages {
    /// Without plans there are no stages; but plans that could not be read are no missing plans.
    async fn ensure_no_plans(&self, lane: Lane) -> Result<()> {
        let body = object(json!({ "includeArchived": true, "limit": 1 }));
        let rows = self
            .client
            .some(plans::LISTING.endpoint, body, lane)
            .await?;
        if rows.is_empty() {
            return Ok(());
        }
        let message =
            "the interview plans have not been read, so their stages cannot be; try again";
        Err(Error::new(ErrorKind::Unavailable, ENDPOINT, message))
    }
}

fn bundle(id: String, row: RawJson, plan: &str) -> Bundle {
    Bundle::new(id, vec![Document::new(ENDPOINT, ROW, row)]).in_group(Some(plan.to_owned()))
}

/// The stages of a plan as they came; `None` if the plan is gone.
pub(crate) async fn of_plan(
    client: &Client,
    plan: &str,
    lane: Lane,
) -> Result<Option<Vec<RawJson>>> {
    let body = object(json!({ "interviewPlanId": plan }));
    match client.whole(ENDPOINT, body, lane).await {
        Ok(rows) => Ok(Some(rows)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireStage {
    id: Option<String>,
    title: Option<String>,
    order_in_interview_plan: Option<i64>,
    interview_plan_id: Option<String>,
}

/// The stage in a row of the listing.
pub(crate) fn stage(
    document: &Document,
    related: &dyn Related,
    mapped: &mut Mapped,
) -> Option<ApplicationStage> {
    let wire = wire::read::<WireStage>(document, mapped)?;
    let WireStage {
        id,
        title,
        order_in_interview_plan: _,
        interview_plan_id,
    } = wire;
    let plan = text(interview_plan_id).and_then(|plan| related.get(plans::STREAM, &plan));
    let plan = plan.iter().flat_map(|plan| &plan.documents);
    Some(ApplicationStage {
        remote_id: text(id)?,
        name: text(title),
        status: None,
        custom_fields: None,
        remote_data: Some(RemoteData::of(std::iter::once(document).chain(plan))),
    })
}

/// The place of a stage in its plan. The vendor's document gives 0 where the row says nothing.
fn order(row: &Document) -> i64 {
    let wire = wire::read_quietly::<WireStage>(row);
    wire.and_then(|wire| wire.order_in_interview_plan)
        .unwrap_or(0)
}

/// The ids of a plan's stages in their order.
pub(crate) fn in_order(related: &dyn Related, plan: &str) -> Vec<String> {
    let stages = related.group(STREAM, plan);
    let place = |bundle: &Bundle| {
        bundle
            .parsed(|bundle| bundle.documents.first().map_or(0, order))
            .copied()
            .unwrap_or(0)
    };
    let mut stages: Vec<_> = stages
        .iter()
        .map(|stage| (place(stage), &stage.id))
        .collect();
    stages.sort_unstable();
    stages.into_iter().map(|(_, id)| id.clone()).collect()
}

/// The stages of a plan that is at hand as one list, in their order.
pub(crate) fn in_list(
    list: &Document,
    related: &dyn Related,
    mapped: &mut Mapped,
) -> Vec<ApplicationStage> {
    let rows: Vec<Box<RawValue>> = serde_json::from_str(list.body.get()).unwrap_or_default();
    let mut stages = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        let row = Document::new(ENDPOINT, ROW, row);
        let before = mapped.losses.len();
        let stage = stage(&row, related, mapped);
        for loss in mapped.losses.iter_mut().skip(before) {
            loss.path.insert_str(0, &format!("/{index}"));
        }
        stages.extend(stage.map(|stage| (order(&row), stage)));
    }
    stages.sort_by(|(a, one), (b, other)| (a, &one.remote_id).cmp(&(b, &other.remote_id)));
    stages.into_iter().map(|(_, stage)| stage).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ats_core::Shelf;

    use super::*;

    fn row(id: &str, order: i64) -> Bundle {
        let row = json!({ "id": id, "title": " Screen ", "orderInInterviewPlan": order, "interviewPlanId": "p" });
        bundle(id.to_owned(), RawJson::from(&row), "p")
    }

    #[test]
    fn the_place_in_the_plan_goes_before_the_id() {
        let mut shelf = Shelf::default();
        for (id, order) in [("a", 2), ("b", 1), ("c", 10), ("d", 1)] {
            shelf.put(STREAM, Arc::new(row(id, order)));
        }
        assert_eq!(in_order(&shelf, "p"), ["b", "d", "a", "c"]);
    }

    #[test]
    fn a_stage_shows_its_plan_once_the_plan_is_known() {
        let mut shelf = Shelf::default();
        let paths = |shelf: &Shelf| {
            let stage = stage(&row("a", 0).documents[0], shelf, &mut Mapped::default()).unwrap();
            assert_eq!(stage.name.as_deref(), Some("Screen"));
            let data = serde_json::to_value(stage.remote_data).unwrap();
            data.as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(paths(&shelf), ["/interviewStage.list"]);
        let plan = json!({ "id": "p", "title": "Default" });
        let document = Document::new(plans::LISTING.endpoint, ROW, &plan);
        shelf.put(plans::STREAM, Arc::new(Bundle::new("p", vec![document])));
        assert_eq!(
            paths(&shelf),
            ["/interviewPlan.list", "/interviewStage.list"]
        );
    }
}
