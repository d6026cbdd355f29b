//! The floor: downloads every page that the connector downloads, and drops the bytes.
//!
//! Streams run side by side. The pages of one stream come one after another, because the cursor to
//! the next stands in the page. Details are asked for sixteen at a time, a page's details before
//! its next page, as the connector does. The table of listings below is compared with what the
//! connector really asks for before anything is measured (`proof`).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::Result;
use bytes::Bytes;
use futures_util::{
    StreamExt, TryStreamExt,
    future::{try_join, try_join_all, try_join3, try_join5},
    stream,
};
use serde_json::{Value, json};

use crate::{
    client::Client,
    rows::{ApplicationRow, JobRow, ScheduleRow, ids, result, rows, tail},
    truth::Truth,
};

/// Details that are asked for at once, as the connector does.
const AT_ONCE: usize = 16;

/// Listings with pages and a token.
const PAGED: [(&str, &str); 7] = [
    ("user.list", r#"{"includeDeactivated":true}"#),
    ("department.list", ARCHIVED),
    (
        "location.list",
        r#"{"includeArchived":true,"includeLocationHierarchy":true}"#,
    ),
    ("candidateTag.list", ARCHIVED),
    ("candidate.list", "{}"),
    ("offer.list", "{}"),
    ("surveySubmission.list", r#"{"surveyType":"Questionnaire"}"#),
];

/// Listings that come whole.
const WHOLE: [(&str, &str); 3] = [
    ("source.list", ARCHIVED),
    ("archiveReason.list", ARCHIVED),
    ("customField.list", ARCHIVED),
];

const ARCHIVED: &str = r#"{"includeArchived":true}"#;
const JOBS: &str = r#"{"status":["Draft","Open","Closed","Archived"],"includeUnpublishedJobPostingsIds":true,"expand":["location","openings","compensation"]}"#;
const TEMPLATES: &str = r#"{"includeArchived":true,"includeNonSharedInterviews":true}"#;
const UNPUBLISHED: &str = "includeUnpublishedJobPostings";

/// What the next delta walk must know, as the connector does.
#[derive(Debug, Clone, Default)]
struct Kept {
    /// Sync tokens by endpoint.
    tokens: BTreeMap<String, String>,
    /// The stages of every plan are read in every pass.
    plans: BTreeSet<String>,
    /// Postings whose details are there.
    postings: BTreeSet<String>,
}

/// One walk over everything.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    client: &'a Client,
    /// Whether applications' details are read for the answers.
    answers: bool,
    /// What an earlier walk left; empty for a full walk.
    since: Kept,
    kept: Mutex<Kept>,
    truth: Option<Mutex<Truth>>,
}

/// What a walk brought.
#[derive(Debug)]
pub(crate) struct Walked {
    kept: Kept,
    /// What the rows say, if that was wanted.
    pub(crate) truth: Option<Truth>,
}

impl<'a> Walk<'a> {
    /// A full walk that drops what it reads.
    pub(crate) fn new(client: &'a Client, answers: bool) -> Self {
        Self {
            client,
            answers,
            since: Kept::default(),
            kept: Mutex::default(),
            truth: None,
        }
    }

    /// The same, noting what the rows say.
    pub(crate) fn noting(mut self) -> Self {
        self.truth = Some(Mutex::new(Truth::default()));
        self
    }

    /// The same, from where another walk ended: only what changed since, and no details of postings
    /// that are as they were.
    pub(crate) fn since(mut self, before: &Walked) -> Self {
        self.since = before.kept.clone();
        self.kept = Mutex::new(before.kept.clone());
        self
    }

    /// Walks.
    pub(crate) async fn run(self) -> Result<Walked> {
        let paged = PAGED.map(|(endpoint, body)| self.pages(endpoint, body, |_| Ok(())));
        let whole = WHOLE.map(|(endpoint, body)| self.whole(endpoint, body.to_owned()));
        try_join5(
            try_join(try_join_all(paged), try_join_all(whole)),
            self.jobs(),
            self.postings(),
            self.interviews(),
            self.applications(),
        )
        .await?;
        let into = |mutex: Mutex<Truth>| mutex.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Walked {
            kept: lock(&self.kept).clone(),
            truth: self.truth.map(into),
        })
    }

    /// All pages of a listing, each shown to `look`.
    async fn pages(
        &self,
        endpoint: &str,
        body: &str,
        mut look: impl FnMut(&Bytes) -> Result<()>,
    ) -> Result<()> {
        let mut cursor = None;
        loop {
            let (page, next) = self.page(endpoint, body, cursor).await?;
            self.note(endpoint, &page)?;
            look(&page)?;
            match next {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// One page, and the cursor to the next.
    async fn page(
        &self,
        endpoint: &str,
        body: &str,
        cursor: Option<String>,
    ) -> Result<(Bytes, Option<String>)> {
        let mut body: Value = serde_json::from_str(body)?;
        body["limit"] = json!(100);
        if let Some(token) = self.since.tokens.get(endpoint) {
            body["syncToken"] = json!(token);
        }
        if let Some(cursor) = cursor {
            body["cursor"] = json!(cursor);
        }
        let page = self.client.post(endpoint, body.to_string()).await?;
        let tail = tail(&page)?;
        if let Some(token) = tail.sync_token {
            let mut kept = lock(&self.kept);
            kept.tokens.insert(endpoint.to_owned(), token);
        }
        Ok((page, tail.next_cursor))
    }

    async fn whole(&self, endpoint: &str, body: String) -> Result<Bytes> {
        let page = self.client.post(endpoint, body).await?;
        self.note(endpoint, &page)?;
        Ok(page)
    }

    /// Plans, their stages, and jobs; then the stages of plans that only jobs name.
    async fn jobs(&self) -> Result<()> {
        let mut named = BTreeSet::new();
        let jobs = self.pages("job.list", JOBS, |page| {
            for row in rows(page)? {
                let row: JobRow = serde_json::from_str(row.get())?;
                named.extend(row.default_interview_plan_id);
                named.extend(row.interview_plan_ids.into_iter().flatten());
            }
            Ok(())
        });
        let plans = async {
            let mut listed = self.since.plans.clone();
            self.pages("interviewPlan.list", ARCHIVED, |page| {
                listed.extend(ids(page)?);
                Ok(())
            })
            .await?;
            self.stages(&listed).await?;
            lock(&self.kept).plans.clone_from(&listed);
            Ok::<_, anyhow::Error>(listed)
        };
        let ((), listed) = try_join(jobs, plans).await?;
        let unlisted = named.difference(&listed).cloned().collect();
        self.stages(&unlisted).await
    }

    async fn stages(&self, plans: &BTreeSet<String>) -> Result<()> {
        let calls = plans.iter().map(|plan| {
            let body = json!({ "interviewPlanId": plan }).to_string();
            self.whole("interviewStage.list", body)
        });
        side_by_side(calls).await?;
        Ok(())
    }

    /// Boards, every listing of postings, and the details of each posting.
    async fn postings(&self) -> Result<()> {
        let boards = async {
            let boards = ids(&self.whole("jobBoard.list", "{}".to_owned()).await?)?;
            let calls = boards.iter().map(|board| {
                let body = json!({ "jobBoardId": board }).to_string();
                self.whole("jobPosting.list", body)
            });
            try_join_all(calls).await
        };
        let primary = self.whole("jobPosting.list", "{}".to_owned());
        let unpublished = json!({ UNPUBLISHED: true }).to_string();
        let unpublished = self.whole("jobPosting.list", unpublished);
        let (boards, primary, all) = try_join3(boards, primary, unpublished).await?;
        let mut published: BTreeSet<String> = ids(&primary)?.into_iter().collect();
        for board in &boards {
            published.extend(ids(board)?);
        }
        let all: BTreeSet<String> = ids(&all)?.into_iter().chain(published.clone()).collect();
        let due = all.difference(&self.since.postings).map(|posting| {
            let body = match published.contains(posting) {
                true => json!({ "jobPostingId": posting }),
                false => json!({ "jobPostingId": posting, UNPUBLISHED: true }),
            };
            self.info("jobPosting.info", body)
        });
        side_by_side(due).await?;
        lock(&self.kept).postings = all;
        Ok(())
    }

    /// Templates and schedules; then the templates that only schedules name.
    async fn interviews(&self) -> Result<()> {
        let (mut listed, mut named) = (BTreeSet::new(), BTreeSet::new());
        let templates = self.pages("interview.list", TEMPLATES, |page| {
            listed.extend(ids(page)?);
            Ok(())
        });
        let schedules = self.pages("interviewSchedule.list", "{}", |page| {
            for row in rows(page)? {
                let row: ScheduleRow = serde_json::from_str(row.get())?;
                let events = row.interview_events.into_iter().flatten();
                named.extend(events.filter_map(|event| event.interview_id));
            }
            Ok(())
        });
        try_join(templates, schedules).await?;
        if !self.since.tokens.is_empty() {
            // A changed schedule rarely names a new template, and the listed ones are not told here.
            return Ok(());
        }
        let missing = named.difference(&listed);
        side_by_side(missing.map(|id| self.info("interview.info", json!({ "id": id })))).await?;
        Ok(())
    }

    async fn applications(&self) -> Result<()> {
        let mut cursor = None;
        loop {
            let (page, next) = self.page("application.list", "{}", cursor).await?;
            let details = match self.answers {
                true => self.details(&page).await?,
                false => Vec::new(),
            };
            if let Some(truth) = &self.truth {
                lock(truth).applications(&rows(&page)?, &details)?;
            }
            match next {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// The details of a page's applications; none for those who cannot have filled in a form.
    async fn details(&self, page: &Bytes) -> Result<Vec<Option<Bytes>>> {
        let calls = rows(page)?.into_iter().map(|row| async move {
            let row: ApplicationRow = serde_json::from_str(row.get())?;
            let sourced = row.status.as_deref() == Some("Lead");
            if sourced && row.applied_via_job_posting_id.is_none() {
                return Ok(None);
            }
            let body = json!({ "applicationId": row.id, "expand": ["applicationFormSubmissions"] });
            let info = self.client.post("application.info", body.to_string());
            Ok(Some(info.await?))
        });
        side_by_side(calls).await
    }

    async fn info(&self, endpoint: &str, body: Value) -> Result<()> {
        let info = self.client.post(endpoint, body.to_string()).await?;
        if let Some(truth) = &self.truth {
            lock(truth).info(endpoint, result(&info)?)?;
        }
        Ok(())
    }

    fn note(&self, endpoint: &str, page: &Bytes) -> Result<()> {
        match &self.truth {
            Some(truth) => lock(truth).rows(endpoint, &rows(page)?),
            None => Ok(()),
        }
    }
}

/// Runs calls, a bounded number at once, and gives the answers in order.
async fn side_by_side<T>(
    calls: impl Iterator<Item = impl Future<Output = Result<T>>>,
) -> Result<Vec<T>> {
    stream::iter(calls).buffered(AT_ONCE).try_collect().await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
