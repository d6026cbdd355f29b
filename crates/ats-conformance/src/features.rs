//! What proves each feature. A claimed feature without a rule here is red.

use std::collections::BTreeMap;

use ats_core::{
    ActionKind, Connector, Effect, ErrorKind, Headers, ModelKind, Output, PassthroughCall, Support,
};
use secrecy::SecretString;

use crate::{
    Claim, Context, Evidence, Fact, Failure,
    act::{Stage, input_case},
    live::{self, LiveReport, Needs, Standing},
    prove::{distinct_case, slot_gap_case, tamper_case, trace_case, value_case},
};

/// A genuine call of one of the vendor's webhooks.
#[derive(Debug, Clone)]
pub struct WebhookSample {
    /// The headers, by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The bytes as they came.
    pub body: Vec<u8>,
    /// The secret they were signed with.
    pub secret: String,
}

impl Headers for WebhookSample {
    fn get(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_lowercase()).map(String::as_str)
    }
}

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
            context.block_on(live_tests(context, &needs))?;
        }
        "candidate_source_tracking" => proven(context, ModelKind::Candidate, "source")?,
        "source_writing" => context.block_on(sources_are_written(context))?,
        "sync_only_created_applications" => context.block_on(created_is_named(context))?,
        "connection_guide" | "prerequisites" | "create_credentials" => guide(context, name)?,
        "api_passthrough" => context.block_on(own_calls(context))?,
        "webhook_subscriptions" => webhooks(context)?,
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

/// With every permission everything that is there shows; with one less exactly what needs it is
/// named, model by model and field by field. Nothing but reading endpoints is asked.
async fn live_tests(context: &Context, needs: &Needs) -> Result<(), Failure> {
    let harness = context.harness();
    let stage = Stage::set(harness).await?;
    let full = look(&stage, &*stage.connector, needs).await?;
    let expected = stage.mirror.records();
    for (model, report) in &full.models {
        let there = expected
            .get(model)
            .is_some_and(|of_model| !of_model.is_empty());
        if there != (report.standing == Standing::Works) {
            return Err(failed("per_model_tests")
                .record(model)
                .expected(format_args!("records are there: {there}"), "a full pass")
                .came(format_args!("{:?}", report.standing)));
        }
    }
    for missing in stage.remote.permissions() {
        let all = stage.remote.permissions();
        let rest = all.iter().filter(|other| **other != missing).cloned();
        let connector = stage.remote.connector_with(&rest.collect());
        let lesser = look(&stage, &*connector, needs).await?;
        let names = |standing: &Standing| match standing {
            Standing::MissingPermission {
                missing_permissions,
            } => missing_permissions.contains(&missing),
            _ => false,
        };
        for (model, report) in &lesser.models {
            let declared = context
                .tables()
                .reads
                .get(model)
                .is_some_and(|read| read.permissions.contains(&missing.as_str()));
            if declared != names(&report.standing) {
                return Err(failed("per_model_tests")
                    .record(format_args!("{model} without {missing}"))
                    .expected(format_args!("named: {declared}"), "the connector's table")
                    .came(format_args!("{:?}", report.standing)));
            }
            for (field, found) in &report.fields {
                let needed = declared
                    || needs
                        .get(&(*model, field.clone()))
                        .is_some_and(|needs| needs.contains(&missing));
                let is_gap = matches!(found.standing, Standing::NotAvailable { .. });
                let failed_for_it = matches!(found.standing, Standing::Failed { .. });
                if !is_gap && !failed_for_it && needed != names(&found.standing) {
                    return Err(failed("per_field_tests")
                        .record(format_args!("{model}.{field} without {missing}"))
                        .expected(format_args!("named: {needed}"), "taking it away")
                        .came(format_args!("{:?}", found.standing)));
                }
            }
        }
    }
    Ok(())
}

/// Examines what a key shows, and makes sure that nothing but reading endpoints is asked for it.
async fn look(
    stage: &Stage,
    connector: &dyn Connector,
    needs: &Needs,
) -> Result<LiveReport, Failure> {
    let access = connector.check().await;
    let access = access.map_err(|error| failed("per_field_tests").came(error))?;
    let before = stage.remote.writes().len();
    let report = live::examine(connector, &access, needs, usize::MAX).await;
    match stage.remote.writes().get(before) {
        Some(sent) => Err(failed("per_field_tests")
            .expected("nothing but reading endpoints", "the rule")
            .came(format_args!("a call of {}", sent.endpoint))),
        None => Ok(report),
    }
}

/// The named source is written and read back, and so is the integration's default one.
async fn sources_are_written(context: &Context) -> Result<(), Failure> {
    for kind in [ActionKind::CreateCandidate, ActionKind::CreateApplication] {
        let trials = context.harness().trials();
        let trial = trials.into_iter().find(|trial| trial.action == kind);
        let Some(trial) = trial else {
            return Err(failed("source_writing")
                .expected(format_args!("a trial of {kind}"), "the harness")
                .came("none"));
        };
        let evidence = input_case(context, &trial, "source.name").await?;
        let is_read_back = |(_, fact): &(Claim, Fact)| matches!(fact, Fact::ReadBack { .. });
        if !evidence.facts.iter().any(is_read_back) {
            return Err(failed("source_writing")
                .expected("the source in a record", "the rule")
                .came("none"));
        }
        let named = trial
            .variations
            .iter()
            .find(|variation| variation.input == "source.name");
        let source = named.and_then(|named| named.change["source"]["name"].as_str());
        let stage = Stage::set(context.harness()).await?;
        let by_default = stage.perform_from(source, kind, &trial.input).await;
        let by_default = by_default.map_err(|error| failed("source_writing").came(error))?;
        let stage = Stage::set(context.harness()).await?;
        let mut input = trial.input.clone();
        input["source"] = serde_json::json!({ "name": source });
        let by_name = stage.perform(kind, &input).await;
        let by_name = by_name.map_err(|error| failed("source_writing").came(error))?;
        if by_default.writes != by_name.writes {
            return Err(failed("source_writing")
                .expected("the same requests as for the named source", "the rule")
                .came("others when it is the integration's default"));
        }
    }
    Ok(())
}

/// What is created is named, so that an engine can limit itself to it, and can be read alone.
async fn created_is_named(context: &Context) -> Result<(), Failure> {
    const FEATURE: &str = "sync_only_created_applications";
    let kind = ActionKind::CreateApplication;
    let trials = context.harness().trials();
    let Some(trial) = trials.into_iter().find(|trial| trial.action == kind) else {
        return Err(failed(FEATURE)
            .expected("a trial of create_application", "the harness")
            .came("none"));
    };
    let mut stage = Stage::set(context.harness()).await?;
    let before = stage.mirror.records();
    let done = stage.perform(kind, &trial.input).await;
    let done = done.map_err(|error| failed(FEATURE).came(error))?;
    for target in &done.outcome.touched {
        let streams = stage.connector.streams();
        let stream = streams.iter().find(|stream| stream.name() == target.stream);
        let found = match stream {
            Some(stream) => stream.fetch_one(&target.id, stage.mirror.shelf()).await,
            None => Ok(None),
        };
        if !matches!(found, Ok(Some(_))) {
            return Err(failed(FEATURE)
                .record(format_args!("{} of {}", target.id, target.stream))
                .expected("one bundle, read alone", "the port")
                .came(format_args!("{found:?}")));
        }
    }
    let connector = std::sync::Arc::clone(&stage.connector);
    stage.mirror.delta_pass(&*connector).await;
    let after = stage.mirror.records();
    for model in [ModelKind::Candidate, ModelKind::Application] {
        let old = before.get(&model);
        let new: Vec<&String> = after
            .get(&model)
            .into_iter()
            .flatten()
            .map(|(key, _)| key)
            .filter(|key| old.is_none_or(|old| !old.contains_key(*key)))
            .collect();
        let named: Vec<&String> = done
            .outcome
            .created
            .iter()
            .filter(|(of, _)| *of == model)
            .map(|(_, id)| id)
            .collect();
        if new != named || new.len() != 1 {
            return Err(failed(FEATURE)
                .record(model)
                .expected(format_args!("{new:?}"), "what a pass finds new")
                .came(format_args!("{named:?}")));
        }
    }
    match &done.outcome.output {
        Output::Application(_) => Ok(()),
        other => Err(failed(FEATURE)
            .expected("an application", "the rule")
            .came(format_args!("{other:?}"))),
    }
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

/// A call is handed on and its answer handed back, and no path leads elsewhere.
async fn own_calls(context: &Context) -> Result<(), Failure> {
    const FEATURE: &str = "api_passthrough";
    let harness = context.harness();
    let stage = Stage::set(harness).await?;
    let (Some(passthrough), Some(call)) = (stage.connector.passthrough(), harness.own_call())
    else {
        return Err(failed(FEATURE)
            .expected(
                "calls of the vendor's API, and one to try",
                "the connector and the harness",
            )
            .came("none"));
    };
    let answer = passthrough.call(&call).await;
    let answer = answer.map_err(|error| failed(FEATURE).came(error))?;
    let sent = stage.remote.requests();
    if answer.status != 200 || answer.body.is_empty() || sent.len() != 1 {
        return Err(failed(FEATURE)
            .expected("one request, and its answer", "the rule")
            .came(format_args!(
                "{} requests, status {}",
                sent.len(),
                answer.status
            )));
    }
    let lost = PassthroughCall {
        path: "/no.such.endpoint".to_owned(),
        ..call.clone()
    };
    let answer = passthrough.call(&lost).await;
    let answer = answer.map_err(|error| failed(FEATURE).came(error))?;
    if answer.status < 400 {
        return Err(failed(FEATURE)
            .expected("the vendor's refusal, handed back", "the rule")
            .came(answer.status));
    }
    stage.remote.clear_requests();
    for path in [
        "https://example.com/x",
        "//example.com/x",
        "/../x",
        "/%2e%2e/x",
        "/a/%2F/b",
        "\\\\example.com",
        "no-slash",
        "",
    ] {
        let elsewhere = PassthroughCall {
            path: path.to_owned(),
            ..call.clone()
        };
        let refused = passthrough.call(&elsewhere).await;
        let is_input = matches!(
            refused.as_ref().map_err(ats_core::Error::kind),
            Err(ErrorKind::InputInvalid { .. })
        );
        if !is_input || !stage.remote.requests().is_empty() {
            return Err(failed(FEATURE)
                .record(format_args!("path `{path}`"))
                .expected("an error of the input, and no request", "the rule")
                .came(format_args!("{refused:?}")));
        }
    }
    Ok(())
}

/// A genuine call is told from a forged one, and says the same when it is repeated.
fn webhooks(context: &Context) -> Result<(), Failure> {
    const FEATURE: &str = "webhook_subscriptions";
    let stage = context.block_on(Stage::set(context.harness()))?;
    let (Some(webhooks), Some(sample)) = (
        stage.connector.webhooks(),
        context.harness().webhook_sample(),
    ) else {
        return Err(failed(FEATURE)
            .expected(
                "webhooks, and a genuine call",
                "the connector and the harness",
            )
            .came("none"));
    };
    let secret = SecretString::from(sample.secret.clone());
    let mut flipped = sample.body.clone();
    if let Some(last) = flipped.last_mut() {
        *last ^= 1;
    }
    let mut longer = sample.body.clone();
    longer.push(b'\n');
    let other = SecretString::from(format!("{}x", sample.secret));
    let unsigned = WebhookSample {
        headers: BTreeMap::new(),
        ..sample.clone()
    };
    let verdicts = [
        (
            "as it came",
            webhooks.is_genuine(&sample, &sample.body, &secret),
            true,
        ),
        (
            "with a byte changed",
            webhooks.is_genuine(&sample, &flipped, &secret),
            false,
        ),
        (
            "with a byte more",
            webhooks.is_genuine(&sample, &longer, &secret),
            false,
        ),
        (
            "under another secret",
            webhooks.is_genuine(&sample, &sample.body, &other),
            false,
        ),
        (
            "unsigned",
            webhooks.is_genuine(&unsigned, &sample.body, &secret),
            false,
        ),
    ];
    for (what, came, expected) in verdicts {
        if came != expected {
            return Err(failed(FEATURE)
                .record(what)
                .expected(format_args!("genuine: {expected}"), "the rule")
                .came(format_args!("genuine: {came}")));
        }
    }
    let one = webhooks.read(&sample.body);
    let one = one.map_err(|error| failed(FEATURE).came(error))?;
    let again = webhooks.read(&sample.body);
    let again = again.map_err(|error| failed(FEATURE).came(error))?;
    let named = one.effects.iter().any(|effect| match effect {
        Effect::Read(target) | Effect::Gone(target) => {
            let streams = stage.connector.streams();
            streams.iter().any(|stream| stream.name() == target.stream)
        }
        Effect::Merged { .. } | Effect::Walk(_) => true,
    });
    if one != again || one.dedupe_key.is_empty() || !named || webhooks.events().is_empty() {
        return Err(failed(FEATURE)
            .expected(
                "the same reading twice, and something that follows",
                "the rule",
            )
            .came(format_args!("{one:?}, then {again:?}")));
    }
    if webhooks.read(b"not an event").is_ok() {
        return Err(failed(FEATURE)
            .expected("an error for what is no event", "the rule")
            .came("an event"));
    }
    Ok(())
}
