//! The stream of jobs. What a job's documents mean belongs to `job`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use ats_core::{
    Bundle, Document, ErrorKind, Known, Mapped, ModelKind, PageRequest, RawJson, RawPage, Related,
    Result, Stream,
};
use ats_http::Lane;
use serde_json::json;

use super::{custom_fields, job, plans, postings, reference, stages};
use crate::{
    client::{Body, Client, Page, lane},
    listing::{ROW, object, only_walked, side_by_side, with_ids},
};

const STREAM: &str = "jobs";

/// Jobs with their stages, questions and hiring teams.
#[derive(Debug)]
pub(crate) struct Jobs {
    client: Client,
    /// The vendor's document tells of this expansion in one place and leaves it out in another.
    /// Set once the vendor refused it.
    without_compensation: AtomicBool,
}

impl Jobs {
    /// The stream.
    pub(crate) fn boxed(client: &Client) -> Box<dyn Stream> {
        Box::new(Self {
            client: client.clone(),
            without_compensation: AtomicBool::new(false),
        })
    }
}

#[async_trait]
impl Stream for Jobs {
    fn name(&self) -> &'static str {
        STREAM
    }

    fn models(&self) -> &'static [ModelKind] {
        &[
            ModelKind::Job,
            ModelKind::JobApplicationStage,
            ModelKind::JobScreeningQuestion,
            ModelKind::JobHiringTeamMember,
            ModelKind::ApplicationStage,
        ]
    }

    fn uses(&self) -> &'static [&'static str] {
        const USES: &[&str] = &[
            reference::DEPARTMENTS.name,
            reference::LOCATIONS.name,
            plans::STREAM,
            stages::STREAM,
            postings::STREAM,
            custom_fields::LISTING.name,
        ];
        USES
    }

    async fn fetch(&self, request: &PageRequest, known: &dyn Known) -> Result<RawPage> {
        let page = self.page(request).await?;
        let (rows, rejects) = with_ids(job::LIST, page.rows);
        let bundle = |(id, row)| Bundle::new(id, vec![Document::new(job::LIST, ROW, row)]);
        let mut bundles: Vec<_> = rows.into_iter().map(bundle).collect();
        self.add_stages(&mut bundles, known, lane(request)).await?;
        Ok(RawPage {
            bundles,
            rejects,
            next: page.next,
        })
    }

    async fn fetch_one(&self, _: &str, _: &dyn Known) -> Result<Option<Bundle>> {
        Err(only_walked(STREAM))
    }

    fn map(&self, bundle: &Bundle, related: &dyn Related) -> Mapped {
        job::map(bundle, related)
    }
}

impl Jobs {
    async fn page(&self, request: &PageRequest) -> Result<Page> {
        if self.without_compensation.load(Ordering::Relaxed) {
            return self
                .client
                .page(job::LIST, body(&["location"]), request)
                .await;
        }
        let body_of_all = body(&["location", "openings", "compensation"]);
        match self.client.page(job::LIST, body_of_all, request).await {
            Err(error) if matches!(error.kind(), ErrorKind::InputRejected { .. }) => {
                let page = self
                    .client
                    .page(job::LIST, body(&["location"]), request)
                    .await?;
                tracing::warn!(
                    endpoint = job::LIST,
                    "the vendor refuses to expand jobs by their compensation; pay comes from postings only",
                );
                self.without_compensation.store(true, Ordering::Relaxed);
                Ok(page)
            }
            answer => answer,
        }
    }

    /// Adds the stages of plans that the listing of plans does not hold, such as drafts.
    async fn add_stages(
        &self,
        bundles: &mut [Bundle],
        known: &dyn Known,
        lane: Lane,
    ) -> Result<()> {
        let mut wanted = Vec::new();
        let mut due = BTreeSet::new();
        for (index, bundle) in bundles.iter_mut().enumerate() {
            for plan in bundle
                .document(job::LIST)
                .map(job::plans_of)
                .unwrap_or_default()
            {
                if known.bundle(plans::STREAM, &plan).await?.is_some() {
                    continue;
                }
                let before = known.bundle(STREAM, &bundle.id).await?;
                match before.and_then(|before| unchanged_stages(&before, bundle, &plan)) {
                    Some(stages) => bundle.documents.push(stages),
                    None => {
                        due.insert(plan.clone());
                        wanted.push((index, plan));
                    }
                }
            }
        }
        let calls = due.iter().map(|plan| self.stages(plan, lane)).collect();
        let answers: BTreeMap<_, _> = due.iter().zip(side_by_side(calls).await?).collect();
        for (index, plan) in wanted {
            let Some(bundle) = bundles.get_mut(index) else {
                continue;
            };
            let stages = match answers.get(&plan) {
                Some(Some(stages)) => Some(stages.clone()),
                // What was read while the key might is better than nothing.
                _ => {
                    let before = known.bundle(STREAM, &bundle.id).await?;
                    before.and_then(|before| job::own_stages(&before, &plan).cloned())
                }
            };
            bundle.documents.extend(stages);
        }
        Ok(())
    }

    /// The stages of a plan as one document, which is empty if the plan is gone. `None` if the key
    /// may read jobs and no interviews, which leaves the jobs as they are.
    async fn stages(&self, plan: &str, lane: Lane) -> Result<Option<Document>> {
        let rows = match stages::of_plan(&self.client, plan, lane).await {
            Err(error) if matches!(error.kind(), ErrorKind::PermissionMissing { .. }) => {
                tracing::warn!(plan, %error, "the stages of a job's plan cannot be read");
                return Ok(None);
            }
            answer => answer?.unwrap_or_default(),
        };
        let document = |list| Document::new(stages::ENDPOINT, "/results", list).variant(plan);
        Ok(list(&rows).map(document))
    }
}

fn body(expand: &[&str]) -> Body {
    object(json!({
        "status": ["Draft", "Open", "Closed", "Archived"],
        "includeUnpublishedJobPostingsIds": true,
        "expand": expand,
    }))
}

/// The stages of `plan` that `before` holds, while the job itself is the same.
fn unchanged_stages(before: &Bundle, now: &Bundle, plan: &str) -> Option<Document> {
    let same = before.document(job::LIST) == now.document(job::LIST);
    job::own_stages(before, plan).filter(|_| same).cloned()
}

/// The rows as one list again.
fn list(rows: &[RawJson]) -> Option<RawJson> {
    let rows: Vec<&str> = rows.iter().map(RawJson::get).collect();
    RawJson::parse(format!("[{}]", rows.join(","))).ok()
}
