//! Moving an application to another stage, and rejecting it. Ashby knows one call for both:
//! `application.changeStage`.

use ats_core::{
    Outcome, Output, Result, Target, Warning,
    action::{MoveApplicationToStage, RejectApplication},
};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::json;

use super::{
    desk::{APPLICATION, Desk, invalid, remote},
    note,
    step::{Settling, Step},
};

/// An application, as far as its stage is concerned.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Standing {
    pub(super) id: String,
    status: Option<String>,
    current_interview_stage: Option<Stage>,
    archive_reason: Option<Named>,
}

/// A stage of an interview plan.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stage {
    id: String,
    title: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    order_in_interview_plan: Option<i64>,
    interview_plan_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    id: String,
    is_archived: Option<bool>,
}

impl Stage {
    fn is(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    fn title(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.id)
    }
}

impl Standing {
    fn plan(&self) -> Result<&str> {
        let stage = self.current_interview_stage.as_ref();
        let plan = stage.and_then(|stage| stage.interview_plan_id.as_deref());
        plan.ok_or_else(|| {
            invalid(
                "application_id",
                "the application stands in no stage of an interview plan",
            )
        })
    }

    /// Whether it is rejected for this reason.
    fn is_out_for(&self, reason: &str) -> bool {
        let given = self.archive_reason.as_ref().map(|given| &*given.id);
        self.status.as_deref() == Some("Archived") && given == Some(reason)
    }

    fn is_in(&self, stage: &str) -> bool {
        let current = self.current_interview_stage.as_ref();
        current.is_some_and(|current| current.id == stage)
    }
}

/// Moves an application to a stage of its own plan.
pub(super) async fn change(desk: &Desk<'_>, input: &MoveApplicationToStage) -> Result<Outcome> {
    let application = remote("application_id", &input.application_id)?;
    let wanted = remote("stage_id", &input.stage_id)?;
    let standing: Standing = desk
        .named(APPLICATION, "application_id", application)
        .await?;
    let stages: Vec<Stage> = desk.stages_of(standing.plan()?).await?;
    let mut outcome = Outcome::from(Output::Done);
    let target = match stages.iter().find(|stage| stage.id == wanted) {
        Some(stage) => stage,
        None => {
            let (stage, warning) = same_title(desk, &stages, wanted).await?;
            outcome.warnings.push(warning);
            stage
        }
    };
    if target.is("Archived") {
        return Err(invalid(
            "stage_id",
            format!(
                "`{}` is the stage of rejected applications; reject the application instead, with a \
                 reason",
                target.title()
            ),
        ));
    }
    if !standing.is_in(&target.id) {
        let body = json!({ "applicationId": standing.id, "interviewStageId": target.id });
        let look = Box::new(|| -> BoxFuture<'_, Result<Vec<String>>> {
            Box::pin(reached(*desk, application, &target.id, None))
        });
        Step::new(
            desk,
            "change stage",
            "application.changeStage",
            body,
            Settling::New(look),
        )
        .run(desk)
        .await?;
    }
    // An earlier attempt may have moved it and died before the mirror knew.
    outcome
        .touched
        .push(Target::new("applications", application));
    Ok(outcome)
}

/// The stage, once the application stands in it and, if a reason is given, is archived for it: what
/// a change of the stage makes. The vendor's automations run with each change, so that none is sent
/// twice.
async fn reached(
    desk: Desk<'_>,
    application: &str,
    stage: &str,
    reason: Option<&str>,
) -> Result<Vec<String>> {
    let standing: Standing = desk
        .named(APPLICATION, "application_id", application)
        .await?;
    let is_there = standing.is_in(stage) && reason.is_none_or(|reason| standing.is_out_for(reason));
    Ok(is_there.then(|| stage.to_owned()).into_iter().collect())
}

/// The stage of the same title and type in the application's own plan.
async fn same_title<'s>(
    desk: &Desk<'_>,
    own: &'s [Stage],
    wanted: &str,
) -> Result<(&'s Stage, Warning)> {
    let Some(other) = desk.stage::<Stage>(wanted).await? else {
        return Err(invalid("stage_id", "Ashby has no such stage"));
    };
    let same = |stage: &&Stage| stage.title == other.title && stage.kind == other.kind;
    let Some(found) = own.iter().find(same) else {
        return Err(invalid(
            "stage_id",
            format!(
                "`{}` belongs to another interview plan than the application, whose own plan has no \
                 stage of that title; choose one of the stages of the application's job",
                other.title()
            ),
        ));
    };
    let warning = Warning::about(
        "stage_id",
        format!(
            "the stage belongs to another interview plan; the application was moved to the stage \
             `{}` of its own plan, remote:{}",
            found.title(),
            found.id
        ),
    );
    Ok((found, warning))
}

/// Rejects an application for a reason.
pub(super) async fn reject(desk: &Desk<'_>, input: &RejectApplication) -> Result<Outcome> {
    let application = remote("application_id", &input.application_id)?;
    let reason = remote("rejection_reason_id", &input.rejection_reason_id)?;
    let standing: Standing = desk
        .named(APPLICATION, "application_id", application)
        .await?;
    let mut outcome = Outcome::from(Output::Done);
    if !standing.is_out_for(reason) {
        ensure_reason(desk, reason).await?;
        let stages: Vec<Stage> = desk.stages_of(standing.plan()?).await?;
        let archived = stages.iter().filter(|stage| stage.is("Archived"));
        let archived = archived.min_by_key(|stage| stage.order_in_interview_plan.unwrap_or(0));
        let Some(archived) = archived else {
            return Err(invalid(
                "application_id",
                "the application's interview plan has no stage for rejected applications",
            ));
        };
        let body = json!({
            "applicationId": standing.id,
            "interviewStageId": archived.id,
            "archiveReasonId": reason,
        });
        let look = Box::new(|| -> BoxFuture<'_, Result<Vec<String>>> {
            Box::pin(reached(*desk, application, &archived.id, Some(reason)))
        });
        Step::new(
            desk,
            "archive",
            "application.changeStage",
            body,
            Settling::New(look),
        )
        .run(desk)
        .await?;
    }
    outcome
        .touched
        .push(Target::new("applications", application));
    if let Some(text) = input.note.as_deref().filter(|text| !text.trim().is_empty()) {
        note::add(desk, application, text, &mut outcome).await?;
    }
    Ok(outcome)
}

/// Makes sure that there is such a reason, and that it may still be given.
async fn ensure_reason(desk: &Desk<'_>, reason: &str) -> Result<()> {
    let reasons: Vec<Named> = desk
        .all(
            "rejection_reasons",
            "archiveReason.list",
            json!({ "includeArchived": true }),
        )
        .await?;
    let found = reasons.iter().find(|found| found.id == reason);
    match found {
        None => Err(invalid(
            "rejection_reason_id",
            "Ashby has no such reason; list the rejection reasons",
        )),
        Some(found) if found.is_archived == Some(true) => Err(invalid(
            "rejection_reason_id",
            "the reason is archived; choose another one",
        )),
        Some(_) => Ok(()),
    }
}
