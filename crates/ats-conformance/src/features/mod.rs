//! What proves each feature. A claimed feature without a rule here is red.

mod calls;
mod create;
mod live;
mod webhooks;

use ats_core::{ModelKind, Support};

pub use webhooks::WebhookSample;

use crate::{
    Claim, Context, Evidence, Fact, Failure,
    act::Stage,
    prove::{distinct_case, slot_gap_case, tamper_case, trace_case, value_case},
};

/// The laws that together prove `delta_syncs`.
const DELTA_LAWS: [&str; 4] = [
    "delta/any-mix-converges",
    "delta/each-change-arrives",
    "economy/full-pass",
    "economy/quiet-delta",
];

/// The laws that together prove that credentials can be tested.
const CHECK_LAWS: [&str; 2] = ["permissions/check-tells", "permissions/declared-is-needed"];

/// Proves a claimed feature by the rule that stands here for it; without a rule the claim is red.
pub(crate) fn feature_case(
    context: &Context,
    name: &'static str,
    support: Support<()>,
) -> Result<Evidence, Failure> {
    let claim = Claim::Feature(name);
    if support.gap().is_some() {
        return slot_gap_case(claim, support);
    }
    match name {
        "delta_syncs" => laws(context, &DELTA_LAWS)?,
        "scope_testing" => {
            laws(context, &CHECK_LAWS)?;
            context.block_on(writes_are_tested(context))?;
        }
        "per_model_tests" | "per_field_tests" => {
            laws(context, &CHECK_LAWS)?;
            // Asked for here, since no pass can be awaited within another.
            let needs = context.scopes()?.needs().clone();
            context.subject()?;
            context.block_on(live::live_tests(context, &needs))?;
        }
        "candidate_source_tracking" => proven(context, ModelKind::Candidate, "source")?,
        "source_writing" => context.block_on(create::sources_are_written(context))?,
        "sync_only_created_applications" => context.block_on(create::created_is_named(context))?,
        "connection_guide" | "prerequisites" | "create_credentials" => guide(context, name)?,
        "api_passthrough" => context.block_on(calls::own_calls(context))?,
        "webhook_subscriptions" => webhooks::webhooks(context)?,
        "eeo_questions" => eeo(context)?,
        _ => return slot_gap_case(claim, support),
    }
    Ok(Evidence::of(claim, Fact::Holds))
}

fn laws(context: &Context, ids: &[&str]) -> Result<(), Failure> {
    ids.iter().try_for_each(|id| context.law(id).map(drop))
}

fn failed(feature: &str) -> Failure {
    Failure::of(format_args!("feature {feature} is supported"))
}

/// Whether a field is claimed and reaches the level that support needs.
fn proven(context: &Context, model: ModelKind, name: &str) -> Result<(), Failure> {
    let field = context
        .tables()
        .claimed(model)
        .find(|field| field.name == name);
    let Some(field) = field else {
        return Err(Failure::of(format_args!("{model}.{name} proves a feature"))
            .expected("a claimed field", "the rule of the feature")
            .came("a gap"));
    };
    value_case(context, model, name)?;
    distinct_case(context, model, field)?;
    trace_case(context, model, field)?;
    tamper_case(context, model, field).map(drop)
}

fn eeo(context: &Context) -> Result<(), Failure> {
    proven(context, ModelKind::ScreeningQuestion, "category")?;
    let expected = context
        .subject()?
        .expected
        .of(ModelKind::ScreeningQuestion)
        .into_owned();
    for category in ["EEO", "DEMOGRAPHIC"] {
        if !expected
            .values()
            .any(|record| record["category"] == category)
        {
            return Err(failed("eeo_questions")
                .expected(
                    format_args!("a question of the category {category}"),
                    "the small world",
                )
                .came("none"));
        }
    }
    Ok(())
}

/// The check of a key tells for each action which permissions are missing.
async fn writes_are_tested(context: &Context) -> Result<(), Failure> {
    let stage = Stage::set(context.harness()).await?;
    let all = stage.remote.all_permissions();
    for missing in &all {
        let rest = all.iter().filter(|other| *other != missing).cloned();
        let connector = stage.remote.connector_with(&rest.collect());
        let access = connector.check().await;
        let access = access.map_err(|error| failed("scope_testing").came(error))?;
        for (name, slot) in connector.actions().slots() {
            let needed = slot
                .yes()
                .is_some_and(|write| write.permissions.contains(&missing.as_str()));
            let told = access
                .missing_for_actions
                .get(name)
                .is_some_and(|lacking| lacking.contains(missing));
            if needed != told {
                return Err(failed("scope_testing")
                    .record(format_args!("{name} without {missing}"))
                    .expected(format_args!("told: {needed}"), "the connector's table")
                    .came(format_args!("told: {told}")));
            }
        }
    }
    Ok(())
}

/// A guide of this name has steps, and the one about credentials shows which boxes to tick.
fn guide(context: &Context, name: &'static str) -> Result<(), Failure> {
    let manifest = context.tables().manifest;
    let Some(guide) = manifest.guides.iter().find(|guide| guide.name == name) else {
        return Err(failed(name)
            .expected("a guide of this name", "the manifest")
            .came("none"));
    };
    let empty = |text: &str| text.trim().is_empty();
    let hollow = guide
        .steps
        .iter()
        .any(|step| empty(step.title) || empty(step.text));
    if guide.steps.is_empty() || hollow || empty(guide.title) {
        return Err(failed(name)
            .expected("steps with titles and texts", "the rule")
            .came("an empty one"));
    }
    let mut lines = guide.steps.iter().flat_map(|step| step.text.lines());
    if name == "create_credentials" && !lines.any(|line| line.trim() == "{permissions}") {
        return Err(failed(name)
            .expected("the place for the table of boxes", "the rule")
            .came("none"));
    }
    Ok(())
}
