//! The posting whose form an application goes through, and what it asks, as the vendor shows it now.
//!
//! Where there is none, the mirror still tells what questions the given answers belong to.

use std::sync::Arc;

use ats_core::{Bundle, ErrorKind, RawJson, Result, action::NewAnswer};
use ats_http::Lane;
use serde_json::json;

use super::{
    desk::{Desk, read},
    sheet::{Sheet, Survey, WirePosting, WireSurvey},
};
use crate::{
    listing::info,
    models::{
        posting::{self, INFO},
        postings::STREAM,
    },
};

/// A published posting.
#[derive(Debug)]
pub(super) struct Posting {
    /// The vendor's id.
    pub(super) id: String,
    /// What it asks.
    pub(super) sheet: Sheet,
}

/// The published posting that stands for a job: the one whose questions the mirror shows, if it is
/// still published.
pub(super) async fn of_job(
    desk: &Desk<'_>,
    job: &str,
    published: Option<Vec<Option<String>>>,
) -> Result<Option<Posting>> {
    let mut known = desk.context.mirror.group(STREAM, job).await?;
    known.retain(|bundle| posting::of(bundle).is_some());
    known.sort_by(|one, other| {
        let rank = |bundle: &Arc<Bundle>| posting::of(bundle).map(|found| found.is_published());
        rank(other).cmp(&rank(one)).then_with(|| {
            let (one, other) = (posting::of(one), posting::of(other));
            one.map(|one| one.rank())
                .cmp(&other.map(|other| other.rank()))
        })
    });
    if desk.is_dry() {
        let mut published = known
            .iter()
            .filter(|bundle| posting::of(bundle).is_some_and(|found| found.is_published()));
        let found = published.find_map(|bundle| Some((bundle, document(bundle)?)));
        return found
            .map(|(bundle, body)| sheet(&body).map(|sheet| Posting::new(&bundle.id, sheet)))
            .transpose();
    }
    let mut ids: Vec<&str> = known.iter().map(|bundle| bundle.id.as_str()).collect();
    let published: Option<Vec<String>> = published.map(|ids| ids.into_iter().flatten().collect());
    if let Some(published) = &published {
        ids.retain(|id| published.iter().any(|published| published == id));
        let others = published.iter().map(String::as_str);
        let others: Vec<&str> = others.filter(|id| !ids.contains(id)).collect();
        ids.extend(others);
    }
    for id in ids {
        // Without the switch for unpublished ones, only a published posting is shown.
        match info(desk.client, INFO, "jobPostingId", id, Lane::Write).await {
            Ok(Some(body)) => return Ok(Some(Posting::new(id, sheet(&body)?))),
            Ok(None) => {}
            Err(error) if error.context("code") == Some("job_posting_not_published") => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

impl Posting {
    fn new(id: &str, sheet: Sheet) -> Self {
        let id = id.to_owned();
        Self { id, sheet }
    }
}

fn document(bundle: &Bundle) -> Option<RawJson> {
    Some(bundle.document(INFO)?.body.clone())
}

fn sheet(body: &RawJson) -> Result<Sheet> {
    Ok(read::<WirePosting>(INFO, body)?.into())
}

/// What is known of the questions that the answers belong to, for a job without a form.
pub(super) async fn known_questions(
    desk: &Desk<'_>,
    job: &str,
    answers: &[NewAnswer],
) -> Result<Sheet> {
    let mut known = Sheet::default();
    if answers.is_empty() {
        return Ok(known);
    }
    let own = desk.context.mirror.group(STREAM, job).await?;
    let others = desk.context.mirror.bundles(STREAM).await?;
    for body in own.iter().chain(&others).filter_map(|one| document(one)) {
        // One posting that cannot be read must not hide the others.
        if let Ok(sheet) = sheet(&body) {
            known.add(sheet);
        }
    }
    if desk.is_dry() {
        return Ok(known);
    }
    let asked = answers
        .iter()
        .filter_map(|answer| {
            answer
                .question_id
                .remote_id()?
                .strip_prefix("survey:")?
                .split_once(':')
        })
        .map(|(survey, _)| survey);
    let mut fresh: Vec<Survey> = Vec::new();
    for id in asked {
        if fresh.iter().all(|survey| survey.id != id) {
            fresh.extend(survey(desk, id).await?);
        }
    }
    known
        .surveys
        .retain(|old| fresh.iter().all(|new| new.id != old.id));
    known.surveys.extend(fresh);
    Ok(known)
}

/// A survey's form as it is now; `None` if there is none.
async fn survey(desk: &Desk<'_>, id: &str) -> Result<Option<Survey>> {
    let body = json!({ "surveyFormDefinitionId": id });
    match desk
        .ask::<WireSurvey>("surveyFormDefinition.info", body)
        .await
    {
        Ok(survey) => Ok(survey.read()),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::InputRejected { .. }
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
